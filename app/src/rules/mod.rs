//! Rules that law and guide date: for everyone to read, for officers of the city to change.

mod edit;
mod list;

use keqiao_market::rules::{Rule, RuleLine, Standing};
use keqiao_model::{Coded, Fen, RefusalCode, RuleKind, RuleUnit};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, Tone},
    words::code_label,
};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Rules => list::page(cx).await,
        Route::RuleNew => edit::new_page(cx, form),
        Route::Rule(id) => edit::page(cx, id, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::RuleNew => edit::add(cx, submission).await,
        Route::Rule(id) => edit::submit(cx, id, submission).await,
        _ => Err(PageError::NotFound),
    }
}

/// What a rule says, in its unit.
pub(crate) fn value_text(cx: &Cx, kind: RuleKind, value: i64) -> String {
    match kind.unit() {
        RuleUnit::Money => ui::money(cx, value),
        RuleUnit::Days if matches!(kind, RuleKind::DecisionDays | RuleKind::DecisionDaysLarge) => {
            t!(cx.lang, "rules.working_days", n = value)
        }
        RuleUnit::Days => t!(cx.lang, "rules.days", n = value),
        RuleUnit::Permille => format!("{}%", percent_input(value)),
        RuleUnit::InUse if value == 0 => t!(cx.lang, "rules.not_in_use").to_owned(),
        RuleUnit::InUse => t!(cx.lang, "rules.in_use").to_owned(),
    }
}

/// Per mille as per cent, as people type it.
fn percent_input(value: i64) -> String {
    if value % 10 == 0 { (value / 10).to_string() } else { format!("{}.{}", value / 10, value % 10) }
}

/// A value as it is typed.
fn value_input(kind: RuleKind, value: i64) -> String {
    match kind.unit() {
        RuleUnit::Money => Fen::new(value).format_input(),
        RuleUnit::Days => value.to_string(),
        RuleUnit::Permille => percent_input(value),
        RuleUnit::InUse => if value == 0 { "no" } else { "yes" }.to_owned(),
    }
}

/// What a rule is about: its kind, of a ground of refusal the ground.
fn name(cx: &Cx, kind: RuleKind, key: &str) -> String {
    if key.is_empty() { code_label(cx.lang, RuleKind::GROUP, kind.code()) } else { code_label(cx.lang, RefusalCode::GROUP, key) }
}

/// Where it is written.
fn source(cx: &Cx, rule: &Rule) -> String {
    if rule.article.is_empty() {
        rule.source.clone()
    } else {
        t!(cx.lang, "rules.source_article", source = rule.source, article = rule.article)
    }
}

fn standing(cx: &Cx, line: &RuleLine) -> AnyView {
    let (words, tone) = match line.standing {
        Standing::InForce => (t!(cx.lang, "rules.in_force"), Tone::Good),
        Standing::Later => (t!(cx.lang, "rules.later"), Tone::Info),
        Standing::Earlier => (t!(cx.lang, "rules.earlier"), Tone::Neutral),
        Standing::Withdrawn => (t!(cx.lang, "rules.withdrawn"), Tone::Bad),
    };
    ui::badge(words, tone)
}

/// That in some years only weekends are off, because nobody entered their holidays.
pub(crate) fn holidays_missing(cx: &Cx, years: &[i32]) -> Vec<AnyView> {
    let words = |year: &i32| t!(cx.lang, "rules.holidays_missing", year = year);
    years.iter().map(|year| ui::notice(cx, Tone::Warn, words(year).into_any())).collect()
}
