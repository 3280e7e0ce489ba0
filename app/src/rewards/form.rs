//! Drawing up a split and changing a draft.

use keqiao_market::rewards::{self, RewardForm};
use keqiao_model::{Coded, ConversionWay, FieldError, REWARD_NOTE_MAX, RewardRole};
use leptos::prelude::*;

use super::rule_line;
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::options,
    t,
    ui::{self, Align, ButtonStyle, Input},
    words::{code_label, error_words},
};

/// The button that adds a row for one more person.
pub(super) const MORE: &str = "more_people";

/// The contract that a new split is for: named by the address, or by a form that came back.
fn contract_of(cx: &Cx, form: Option<&Form>) -> String {
    form.map(|f| f.value("contract")).filter(|c| !c.is_empty()).unwrap_or_else(|| cx.query.get("contract").to_owned())
}

pub(super) async fn new_page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let contract = contract_of(cx, form.as_ref());
    let contract = Some(contract.as_str()).filter(|c| !c.is_empty());
    let achievement = Some(cx.query.get("achievement")).filter(|a| !a.is_empty());
    let title = t!(cx.lang, "rewards.new_title");
    let shown = match rewards::reward_form(&cx.market, &cx.actor, contract, achievement).await {
        Ok(shown) => shown,
        Err(keqiao_market::Error::Invalid(errors)) => {
            let cx = cx.clone();
            return Ok(Page::new(title, move || unable(&cx, &errors)));
        }
        Err(error) => return Err(error.into()),
    };
    let form = form.unwrap_or_else(|| Form::filled(shown.fields.clone()));
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &shown, &form)))
}

/// The form of a saved split.
pub(super) async fn edit_page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let shown = rewards::saved_form(&cx.market, &cx.actor, number).await?;
    let version = shown.saved.as_ref().map_or(0, |(_, version)| *version);
    let form = match form {
        Some(form) if form.is_stale() => form.at_version(version),
        Some(form) => form,
        None => Form::filled(shown.fields.clone()).at_version(version),
    };
    let title = format!("{} {number}", t!(cx.lang, "rewards.edit_title"));
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &shown, &form)))
}

pub(super) async fn create(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action() == MORE {
        return Ok(Outcome::Again(Form::again(submission)));
    }
    let contract = Some(submission.value("contract")).filter(|c| !c.is_empty());
    let propose = submission.action() == "hand_in";
    match rewards::create_reward(&cx.market, &cx.actor, contract, &submission.fields, propose, submission.once()).await {
        Ok(number) => Ok(Outcome::Go(Route::Reward(number), Some(told(propose)))),
        Err(error) => Outcome::refused(submission, error),
    }
}

pub(super) async fn save(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action() == MORE {
        return Ok(Outcome::Again(Form::again(submission)));
    }
    let propose = submission.action() == "hand_in";
    let (version, once) = (submission.version(), submission.once());
    match rewards::save_reward(&cx.market, &cx.actor, number, &submission.fields, propose, version, once).await {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(told(propose)))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn told(propose: bool) -> &'static str {
    if propose { "rewards.told_proposed" } else { "rewards.told_saved" }
}

/// No split can be drawn up here: why.
fn unable(cx: &Cx, errors: &[FieldError]) -> AnyView {
    let why = errors.first().map(|e| error_words(cx.lang, e)).unwrap_or_default();
    let to = cx.href(&Route::Rewards);
    ui::empty(cx, t!(cx.lang, "rewards.unable"), &why, Some((t!(cx.lang, "rewards.title"), to)))
}

fn labels(cx: &Cx) -> Vec<(&'static str, &'static str)> {
    vec![
        ("way", t!(cx.lang, "rewards.way")),
        ("achievement", t!(cx.lang, "rewards.achievement")),
        ("on_date", t!(cx.lang, "rewards.on_date")),
        ("income", t!(cx.lang, "rewards.income")),
        ("costs", t!(cx.lang, "rewards.costs")),
        ("pool", t!(cx.lang, "rewards.pool")),
        ("note", t!(cx.lang, "rewards.note")),
        ("people", t!(cx.lang, "rewards.people")),
    ]
}

/// What the split is about, and the rules that apply.
fn about(cx: &Cx, shown: &RewardForm) -> AnyView {
    let mut facts = vec![(t!(cx.lang, "rewards.unit").to_owned(), shown.unit.1.clone().into_any())];
    if let Some(c) = &shown.contract {
        let to = cx.href(&Route::Contract(c.number.clone()));
        facts
            .push((t!(cx.lang, "rewards.contract").to_owned(), view! { <a href=to>{c.number.clone()}</a>" "{c.title.clone()} }.into_any()));
        facts.push((t!(cx.lang, "rewards.signed_on").to_owned(), ui::day(cx, c.signed_on)));
        facts.push((t!(cx.lang, "rewards.received").to_owned(), ui::money(cx, shown.received.fen()).into_any()));
        if shown.split.fen() > 0 {
            facts.push((t!(cx.lang, "rewards.split_elsewhere").to_owned(), ui::money(cx, shown.split.fen()).into_any()));
        }
    }
    let rules =
        shown.rules.iter().map(|(way, rule)| (code_label(cx.lang, ConversionWay::GROUP, way.code()), rule_line(cx, rule))).collect();
    view! {
        {ui::definition_list(facts)}
        {ui::heading(3, t!(cx.lang, "rewards.rules"))}
        {ui::definition_list(rules)}
    }
    .into_any()
}

fn view(cx: &Cx, shown: &RewardForm, form: &Form) -> AnyView {
    let labels = labels(cx);
    let input = |name: &'static str| Input::new(name, labels.iter().find(|(n, _)| *n == name).map_or("", |(_, l)| *l));
    let ways: Vec<(String, String)> =
        shown.ways.iter().map(|w| (w.code().to_owned(), code_label(cx.lang, ConversionWay::GROUP, w.code()))).collect();
    let deducts = shown.ways.iter().any(|w| w.deducts_costs());
    let without_contract = shown.contract.is_none().then(|| {
        let achievements = shown.achievements.iter().map(|(number, title)| (number.clone(), format!("{number} {title}"))).collect();
        view! {
            {ui::select(cx, form, input("achievement").required(), achievements)}
            {ui::date_input(cx, form, input("on_date").required().hint(t!(cx.lang, "rewards.on_date_hint")))}
        }
    });
    let contract = shown.contract.as_ref().filter(|_| shown.saved.is_none()).map(|c| ui::hidden("contract", &c.number));
    let version = shown.saved.is_some().then(|| ui::hidden("version", &form.value("version")));
    let body = view! {
        {contract}
        {version}
        {ui::radios(cx, form, input("way").required(), ways)}
        {without_contract}
        {ui::money_input(cx, form, input("income").required().hint(t!(cx.lang, "rewards.income_hint")))}
        {deducts.then(|| ui::money_input(cx, form, input("costs").hint(t!(cx.lang, "rewards.costs_hint"))))}
        {ui::money_input(cx, form, input("pool").required().hint(t!(cx.lang, "rewards.pool_hint")))}
        {ui::textarea(cx, form, input("note").hint(t!(cx.lang, "rewards.note_hint")).rows(3).max(REWARD_NOTE_MAX))}
        {people(cx, form)}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "rewards.propose"), "hand_in", ButtonStyle::Primary),
            ui::button(t!(cx.lang, "rewards.save_draft"), "save", ButtonStyle::Secondary),
        ])}
    }
    .into_any();
    let title = if shown.saved.is_some() { t!(cx.lang, "rewards.edit_title") } else { t!(cx.lang, "rewards.new_title") };
    let number = shown.saved.as_ref().map(|(number, _)| number.as_str());
    let mut trail = vec![(t!(cx.lang, "rewards.title"), cx.href(&Route::Rewards))];
    if let Some(number) = number {
        trail.push((number, cx.href(&cx.route)));
    }
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::breadcrumb(cx, &trail)}
        {ui::page_title(title, number, None)}
        {ui::lead(t!(cx.lang, "rewards.new_lead"))}
        {ui::conflict(cx, form, &shown.fields, &labels)}
        {ui::two_columns(ui::form(cx, &cx.href(&cx.route), false, body), about(cx, shown))}
    }
    .into_any()
}

/// The rows of people: those typed, and blank ones.
fn people(cx: &Cx, form: &Form) -> AnyView {
    let mut rows: Vec<usize> = form.rows("people").into_iter().map(|(index, _)| index).collect();
    let next = rows.last().map_or(0, |last| last + 1);
    let more = usize::from(form.value("action") == MORE);
    let blank = 2_usize.saturating_sub(rows.len()).max(more);
    rows.extend(next..next + blank);
    let rows: Vec<AnyView> = rows
        .into_iter()
        .map(|i| {
            let share = Input::new(format!("people.{i}.share"), t!(cx.lang, "rewards.share")).inputmode("decimal").width(5).suffix("%");
            view! {
                <div class="field-row">
                    {ui::text(cx, form, Input::new(format!("people.{i}.name"), t!(cx.lang, "rewards.name")))}
                    {ui::select(cx, form, Input::new(format!("people.{i}.role"), t!(cx.lang, "rewards.role")), options::<RewardRole>(cx.lang))}
                    {ui::text(cx, form, share)}
                </div>
            }
            .into_any()
        })
        .collect();
    view! {
        <fieldset class="rows" id=ui::field_id("people")>
            <legend>{t!(cx.lang, "rewards.people")}</legend>
            {ui::error_text(cx, "people", form.error(cx.lang, "people"))}
            {rows}
            {ui::button(t!(cx.lang, "rewards.more_people"), MORE, ButtonStyle::Quiet)}
        </fieldset>
    }
    .into_any()
}

/// Who gets what, with the sum.
pub(super) fn people_table(cx: &Cx, people: &[rewards::RewardShare], pool: i64, signatures: bool) -> AnyView {
    let mut head =
        vec![t!(cx.lang, "rewards.name"), t!(cx.lang, "rewards.role"), t!(cx.lang, "rewards.share"), t!(cx.lang, "rewards.amount")];
    if signatures {
        head.push(t!(cx.lang, "rewards.signature"));
    }
    let blank = |mut cells: Vec<AnyView>| {
        if signatures {
            cells.push(().into_any());
        }
        cells
    };
    let percent = |share: i64| format!("{}%", keqiao_model::format_percent(share));
    let mut rows: Vec<Vec<AnyView>> = people
        .iter()
        .map(|p| {
            blank(vec![
                p.name.clone().into_any(),
                code_label(cx.lang, RewardRole::GROUP, p.role.code()).into_any(),
                percent(p.share).into_any(),
                ui::money(cx, p.amount.fen()).into_any(),
            ])
        })
        .collect();
    let sum = people.iter().map(|p| p.share).sum();
    rows.push(blank(vec![t!(cx.lang, "rewards.total").into_any(), ().into_any(), percent(sum).into_any(), ui::money(cx, pool).into_any()]));
    let head = head.into_iter().map(str::to_owned).collect();
    ui::table(t!(cx.lang, "rewards.people"), head, rows, &[Align::Start, Align::Start, Align::End, Align::End])
}

/// The address of the form of a saved split.
pub(super) fn edit_href(cx: &Cx) -> String {
    cx.here(&Query::default().with("edit", "yes"))
}
