//! Rewards for 职务科技成果: how income is split, and the unit's annual report.

mod form;
mod list;
mod report;
mod tax;
mod view;

use keqiao_market::rules::Rule;
use keqiao_model::{OrganisationKind, format_percent};
use leptos::prelude::*;

pub(crate) use self::tax::card as tax_card;
use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission, t};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Rewards => list::page(cx).await,
        Route::RewardNew => form::new_page(cx, form).await,
        Route::RewardReport => report::page(cx).await,
        Route::Reward(number) => view::page(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::RewardNew => form::create(cx, submission).await,
        Route::Reward(number) => match submission.action() {
            "save" | "hand_in" | form::MORE => form::save(cx, &number, submission).await,
            _ => view::submit(cx, &number, submission).await,
        },
        _ => Err(PageError::NotFound),
    }
}

/// Whether the reader acts for an institute.
fn acts_for_institute(cx: &Cx) -> bool {
    cx.actor.organisation().is_some_and(|o| o.kind == OrganisationKind::Institute)
}

/// Law and article, in words.
fn cited(cx: &Cx, rule: &Rule) -> String {
    if rule.article.is_empty() {
        t!(cx.lang, "rewards.cite_source", source = rule.source)
    } else {
        t!(cx.lang, "rewards.cite", source = rule.source, article = rule.article)
    }
}

/// A rule with what it wants, leading to its page.
fn rule_line(cx: &Cx, rule: &Rule) -> AnyView {
    let to = cx.href(&Route::Rule(rule.id));
    let share = t!(cx.lang, "rewards.rule_text", share = format_percent(rule.value.saturating_mul(10)));
    view! { <a href=to>{cited(cx, rule)}</a>" · "{share} }.into_any()
}
