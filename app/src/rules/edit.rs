//! Adding a rule, reading one, correcting it, withdrawing it.

use keqiao_market::{
    CHINA,
    rules::{self, RuleChange, RuleLine, may_edit},
};
use keqiao_model::{Coded, Fields, RefusalCode, RuleKind, RuleUnit, TEXT_MAX, format_date};
use leptos::prelude::*;
use uuid::Uuid;

use super::{name, source, standing, value_input, value_text};
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::{code_label, label},
};

/// Adding one of the kind in the address; without a kind, the kinds to choose from.
pub(super) fn new_page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    if !may_edit(&cx.market, &cx.actor) {
        return Err(PageError::Forbidden);
    }
    let form = form.unwrap_or_else(|| Form::filled([("kind", cx.query.get("kind"))].into_iter().collect()));
    let kind = RuleKind::from_code(&form.value("kind"));
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "rules.add"), move || match kind {
        Some(kind) => new_view(&cx, kind, &form),
        None => kinds(&cx),
    }))
}

pub(super) async fn add(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match rules::add_rule(&cx.market, &cx.actor, &submission.fields, submission.once()).await {
        Ok(id) => Ok(Outcome::Go(Route::Rule(id), Some("flash.rule_added"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// Fields and what they are called, in the order of the form.
fn labels(cx: &Cx) -> [(&'static str, &'static str); 8] {
    [
        ("kind", t!(cx.lang, "rules.kind")),
        ("key", t!(cx.lang, "rules.ground")),
        ("value", t!(cx.lang, "rules.value")),
        ("valid_from", t!(cx.lang, "rules.valid_from")),
        ("source", t!(cx.lang, "rules.source")),
        ("article", t!(cx.lang, "rules.article")),
        ("note", t!(cx.lang, "rules.note")),
        ("reason", t!(cx.lang, "rules.withdraw_reason")),
    ]
}

fn kinds(cx: &Cx) -> AnyView {
    let items: Vec<AnyView> = RuleKind::ALL
        .iter()
        .map(|kind| {
            let to = cx.here(&Query(vec![("kind".to_owned(), kind.code().to_owned())]));
            view! { <li><a href=to>{code_label(cx.lang, RuleKind::GROUP, kind.code())}</a></li> }.into_any()
        })
        .collect();
    view! {
        {ui::breadcrumb(cx, &[(t!(cx.lang, "rules.title"), cx.href(&Route::Rules))])}
        {ui::page_title(t!(cx.lang, "rules.add"), None, None)}
        {ui::lead(t!(cx.lang, "rules.choose_kind"))}
        <ul>{items}</ul>
    }
    .into_any()
}

fn new_view(cx: &Cx, kind: RuleKind, form: &Form) -> AnyView {
    let ground = (kind == RuleKind::Refusal)
        .then(|| ui::select(cx, form, Input::new("key", t!(cx.lang, "rules.ground")).required(), options::<RefusalCode>(cx.lang)));
    let body = view! {
        {ui::hidden("kind", kind.code())}
        {ground}
        {value_fields(cx, kind, form)}
        {written_fields(cx, form)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "rules.save_new"), "add", ButtonStyle::Primary)])}
    }
    .into_any();
    let here = cx.here(&Query(vec![("kind".to_owned(), kind.code().to_owned())]));
    view! {
        {ui::error_summary(cx, form, &labels(cx))}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "rules.title"), cx.href(&Route::Rules))])}
        {ui::page_title(&code_label(cx.lang, RuleKind::GROUP, kind.code()), Some(t!(cx.lang, "rules.add")), None)}
        {ui::lead(t!(cx.lang, "rules.add_lead"))}
        {ui::form(cx, &here, false, body)}
    }
    .into_any()
}

/// What a rule says, typed in its unit, and from when.
fn value_fields(cx: &Cx, kind: RuleKind, form: &Form) -> AnyView {
    let input = Input::new("value", t!(cx.lang, "rules.value")).required();
    let value = match kind.unit() {
        RuleUnit::Money => ui::money_input(cx, form, input.hint(t!(cx.lang, "rules.money_hint"))),
        RuleUnit::Days => ui::text(cx, form, input.inputmode("numeric").width(10).suffix(t!(cx.lang, "rules.days_unit"))),
        RuleUnit::Permille => ui::text(cx, form, input.inputmode("decimal").width(10).suffix("%").hint(t!(cx.lang, "rules.percent_hint"))),
        RuleUnit::InUse => {
            let choices = [("yes", t!(cx.lang, "rules.in_use")), ("no", t!(cx.lang, "rules.not_in_use"))];
            ui::radios(cx, form, input, choices.map(|(code, words)| (code.to_owned(), words.to_owned())).into())
        }
    };
    let day = Input::new("valid_from", t!(cx.lang, "rules.valid_from")).required().hint(t!(cx.lang, "rules.valid_from_hint"));
    view! { {value}{ui::date_input(cx, form, day)} }.into_any()
}

/// Where a rule is written.
fn written_fields(cx: &Cx, form: &Form) -> AnyView {
    view! {
        {ui::text(cx, form, Input::new("source", t!(cx.lang, "rules.source")).required().hint(t!(cx.lang, "rules.source_hint")))}
        {ui::text(cx, form, Input::new("article", t!(cx.lang, "rules.article")).width(20))}
        {ui::textarea(cx, form, Input::new("note", t!(cx.lang, "rules.note")).rows(3).max(TEXT_MAX))}
    }
    .into_any()
}

/// One rule; with forms for those who may change it.
pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let (line, changes) = rules::rule(&cx.market, &cx.actor, id).await?;
    let title = name(cx, line.rule.kind, &line.rule.key);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &line, changes, form)))
}

pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    let (version, once) = (submission.version(), submission.once());
    let (done, flash) = match submission.action() {
        "change" => (rules::change_rule(&cx.market, &cx.actor, id, &submission.fields, version, once).await, "flash.saved"),
        "withdraw" => {
            let reason = submission.value("reason");
            (rules::withdraw_rule(&cx.market, &cx.actor, id, reason, version, once).await, "flash.rule_withdrawn")
        }
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, line: &RuleLine, changes: Vec<RuleChange>, form: Option<Form>) -> AnyView {
    let rule = &line.rule;
    let mut facts = vec![
        (t!(cx.lang, "rules.value").to_owned(), value_text(cx, rule.kind, rule.value).into_any()),
        (t!(cx.lang, "rules.valid_from").to_owned(), ui::day(cx, rule.valid_from)),
    ];
    if let Some(day) = line.until {
        facts.push((t!(cx.lang, "rules.until").to_owned(), ui::day(cx, day)));
    }
    facts.push((t!(cx.lang, "rules.source").to_owned(), source(cx, rule).into_any()));
    if !rule.note.is_empty() {
        facts.push((t!(cx.lang, "rules.note").to_owned(), ui::paragraphs(&rule.note)));
    }
    if rule.withdrawn {
        facts.push((t!(cx.lang, "rules.withdraw_reason").to_owned(), ui::paragraphs(&rule.reason)));
    }
    let all = format!("{}{}", cx.href(&Route::Rules), Query(vec![("kind".to_owned(), rule.kind.code().to_owned())]).to_search());
    let edits = may_edit(&cx.market, &cx.actor);
    let refused = form.clone().unwrap_or_default();
    let forms = (edits && !rule.withdrawn).then(|| forms(cx, line, form));
    let history = (!changes.is_empty()).then(|| {
        let items = changes.into_iter().map(|c| TimelineItem {
            title: label(cx.lang, "admin.action", &c.action),
            meta: view! { {c.person}" "{ui::date_time(cx, c.at)} }.into_any(),
            body: None,
            tone: Tone::Neutral,
        });
        ui::section("history", t!(cx.lang, "rules.history"), ui::timeline(items.collect()))
    });
    let kind = code_label(cx.lang, RuleKind::GROUP, rule.kind.code());
    let above = (!rule.key.is_empty()).then_some(kind.as_str());
    view! {
        {ui::error_summary(cx, &refused, &labels(cx))}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "rules.title"), cx.href(&Route::Rules))])}
        {ui::page_title(&name(cx, rule.kind, &rule.key), above, Some(standing(cx, line)))}
        {ui::definition_list(facts)}
        <p><a href=all>{t!(cx.lang, "rules.all_of_kind")}</a></p>
        {forms}
        {history}
    }
    .into_any()
}

/// What is not yet in force can be changed; of what is, only where it is written.
fn forms(cx: &Cx, line: &RuleLine, form: Option<Form>) -> AnyView {
    let rule = &line.rule;
    let later = rule.valid_from > cx.now.to_offset(CHINA).date();
    let saved: Fields = [
        ("value", value_input(rule.kind, rule.value)),
        ("valid_from", format_date(rule.valid_from)),
        ("source", rule.source.clone()),
        ("article", rule.article.clone()),
        ("note", rule.note.clone()),
    ]
    .into_iter()
    .collect();
    let action = form.as_ref().map(|f| f.value("action")).unwrap_or_default();
    let typed = form.clone().filter(|_| action == "change").unwrap_or_else(|| Form::filled(saved));
    let here = cx.href(&cx.route);
    let version = rule.version.to_string();
    let value = later.then(|| value_fields(cx, rule.kind, &typed));
    let body = view! {
        {ui::hidden("version", &version)}
        {value}
        {written_fields(cx, &typed)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "rules.save"), "change", ButtonStyle::Primary)])}
    }
    .into_any();
    let hint = if later { t!(cx.lang, "rules.change_hint") } else { t!(cx.lang, "rules.correct_hint") };
    let add = Query(vec![("kind".to_owned(), rule.kind.code().to_owned())]).to_search();
    let add = format!("{}{add}", cx.href(&Route::RuleNew));
    let leaving = form.filter(|_| action == "withdraw").unwrap_or_default();
    let withdraw = view! {
        {ui::hidden("version", &version)}
        <p class="hint">{t!(cx.lang, "rules.withdraw_hint")}</p>
        {ui::textarea(cx, &leaving, Input::new("reason", t!(cx.lang, "rules.withdraw_reason")).required().rows(3).max(TEXT_MAX))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "rules.withdraw"), "withdraw", ButtonStyle::Danger)])}
    }
    .into_any();
    let correct = view! {
        <p class="hint">{hint}</p>
        {ui::form(cx, &here, false, body)}
        <p><a href=add>{t!(cx.lang, "rules.add_another")}</a></p>
    }
    .into_any();
    view! {
        {ui::section("correct", t!(cx.lang, "rules.correct"), correct)}
        {ui::details(t!(cx.lang, "rules.withdraw"), action == "withdraw", ui::form(cx, &here, false, withdraw))}
    }
    .into_any()
}
