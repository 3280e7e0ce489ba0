//! One split: what it says, what the reader can do, and the statement to print.

use keqiao_market::{
    Subject,
    history::{self, HistoryEntry},
    rewards::{self, RewardView},
};
use keqiao_model::{Coded, ConversionWay, ListingKind, RewardMove, RewardState, TEXT_MAX};
use leptos::prelude::*;

use super::{
    form::{self, people_table},
    rule_line,
};
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let reward = rewards::reward(&cx.market, &cx.actor, number).await?;
    let written = form.as_ref().is_some_and(|f| matches!(f.value("action").as_str(), "save" | "hand_in" | form::MORE));
    if reward.editable && (written || (form.is_none() && cx.query.get("edit") == "yes")) {
        return form::edit_page(cx, number, form).await;
    }
    let history = if reward.own { history::history(&cx.market, Subject::Reward, reward.id).await? } else { Vec::new() };
    let print = form.is_none() && cx.query.get("print") == "yes";
    let title = format!("{} {}", reward.summary.number, reward.summary.title);
    let cx = cx.clone();
    Ok(Page::new(title, move || if print { statement(&cx, &reward) } else { view(&cx, &reward, history, &form.unwrap_or_default()) }))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let Some(by) = RewardMove::from_code(submission.action()) else { return Err(PageError::NotFound) };
    let flash = match by {
        RewardMove::Propose => "rewards.told_proposed",
        RewardMove::Approve => "rewards.told_approved",
        RewardMove::Return => "rewards.told_returned",
        RewardMove::Withdraw => "rewards.told_withdrawn",
    };
    let (version, once) = (submission.version(), submission.once());
    match rewards::move_reward(&cx.market, &cx.actor, number, by, &submission.fields, version, once).await {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, reward: &RewardView, history: Vec<HistoryEntry>, form: &Form) -> AnyView {
    let s = &reward.summary;
    let labels = [
        ("reason", t!(cx.lang, "rewards.reason")),
        ("income", t!(cx.lang, "rewards.income")),
        ("costs", t!(cx.lang, "rewards.costs")),
        ("pool", t!(cx.lang, "rewards.pool")),
        ("note", t!(cx.lang, "rewards.note")),
        ("people", t!(cx.lang, "rewards.people")),
        ("way", t!(cx.lang, "rewards.way")),
        ("on_date", t!(cx.lang, "rewards.on_date")),
    ];
    let note = (!reward.note.is_empty()).then(|| ui::section("note", t!(cx.lang, "rewards.note"), ui::paragraphs(&reward.note)));
    let happened = (!history.is_empty()).then(|| ui::section("history", t!(cx.lang, "rewards.history"), timeline(cx, history)));
    let main = view! {
        {standing(cx, reward)}
        {ui::section("facts", t!(cx.lang, "rewards.summary"), ui::definition_list(facts(cx, reward, true)))}
        {ui::section("people", t!(cx.lang, "rewards.people"), people_table(cx, &reward.people, s.pool.fen(), false))}
        {note}
        {happened}
    }
    .into_any();
    let badge = ui::state_badge(cx, RewardState::GROUP, s.state.code());
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "rewards.title"), cx.href(&Route::Rewards))])}
        {ui::page_title(&s.title, Some(&s.number), Some(badge))}
        {ui::two_columns(main, actions(cx, reward, form))}
    }
    .into_any()
}

/// What the reader should know first.
fn standing(cx: &Cx, reward: &RewardView) -> AnyView {
    match reward.summary.state {
        RewardState::Returned => {
            let words = t!(cx.lang, "rewards.returned");
            ui::notice(cx, Tone::Warn, view! { <p><strong>{words}</strong></p>{ui::paragraphs(&reward.reason)} }.into_any())
        }
        RewardState::Proposed if reward.named => ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "rewards.named")}</p> }.into_any()),
        RewardState::Proposed => ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "rewards.waiting")}</p> }.into_any()),
        RewardState::Draft | RewardState::Approved | RewardState::Withdrawn => ().into_any(),
    }
}

/// What a split says, as on the screen with links or as on paper without.
fn facts(cx: &Cx, reward: &RewardView, links: bool) -> Vec<(String, AnyView)> {
    let s = &reward.summary;
    let mut facts: Vec<(String, AnyView)> = Vec::new();
    let mut fact = |label: &str, value: AnyView| facts.push((label.to_owned(), value));
    let link = |route: Route, words: &str| {
        let words = words.to_owned();
        if links { view! { <a href=cx.href(&route)>{words}</a> }.into_any() } else { words.into_any() }
    };
    fact(t!(cx.lang, "rewards.unit"), link(Route::Organisation(s.unit.0), &s.unit.1));
    if let Some(number) = &s.contract {
        fact(t!(cx.lang, "rewards.contract"), link(Route::Contract(number.clone()), number));
        fact(t!(cx.lang, "rewards.signed_on"), ui::day(cx, s.on));
    } else {
        fact(t!(cx.lang, "rewards.on_date"), ui::day(cx, s.on));
    }
    if let Some(number) = &s.achievement {
        fact(t!(cx.lang, "rewards.achievement"), link(Route::Listing(ListingKind::Achievement, number.clone()), number));
    }
    fact(t!(cx.lang, "rewards.way"), code_label(cx.lang, ConversionWay::GROUP, s.way.code()).into_any());
    fact(t!(cx.lang, "rewards.income"), ui::money(cx, s.income.fen()).into_any());
    if s.way.deducts_costs() {
        fact(t!(cx.lang, "rewards.costs"), ui::money(cx, s.costs.fen()).into_any());
        fact(t!(cx.lang, "rewards.net"), ui::money(cx, s.net().fen()).into_any());
    }
    if let Some(rule) = &reward.rule {
        let words = if links { rule_line(cx, rule) } else { super::cited(cx, rule).into_any() };
        fact(t!(cx.lang, "rewards.rule"), words);
        fact(t!(cx.lang, "rewards.floor"), ui::money(cx, reward.floor.fen()).into_any());
    }
    let share = ui::percent(s.pool.fen(), s.net().fen());
    let pool = t!(cx.lang, "rewards.pool_share", amount = ui::money(cx, s.pool.fen()), share = share);
    let stock = (s.way == ConversionWay::Equity).then(|| view! { <p class="hint">{t!(cx.lang, "rewards.pool_stock")}</p> });
    fact(t!(cx.lang, "rewards.pool"), view! { {pool}{stock} }.into_any());
    fact(t!(cx.lang, "rewards.person"), reward.person.clone().into_any());
    if let Some((name, at)) = &reward.approved {
        let words = t!(cx.lang, "rewards.approved_on", name = name, at = ui::date_time_text(cx, *at));
        fact(t!(cx.lang, "rewards.approved_by"), words.into_any());
    }
    facts
}

fn actions(cx: &Cx, reward: &RewardView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let version = reward.version.to_string();
    let decides = |by: &RewardMove| matches!(by, RewardMove::Approve | RewardMove::Return);
    let mut parts: Vec<AnyView> = Vec::new();
    for by in reward.moves.iter().filter(|by| !(reward.named && decides(by))) {
        let words = code_label(cx.lang, RewardMove::GROUP, by.code());
        parts.push(match by {
            RewardMove::Return => {
                let body = view! {
                    {ui::hidden("version", &version)}
                    {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "rewards.reason")).required().rows(3).max(TEXT_MAX))}
                    {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
                }
                .into_any();
                ui::details(&words, form.value("action") == by.code(), ui::form(cx, &here, false, body))
            }
            RewardMove::Propose | RewardMove::Approve => {
                ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], ButtonStyle::Primary)
            }
            RewardMove::Withdraw => ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], ButtonStyle::Quiet),
        });
    }
    if reward.editable {
        parts.push(ui::button_link(t!(cx.lang, "rewards.edit"), &form::edit_href(cx), ButtonStyle::Secondary));
    }
    let print = cx.here(&Query::default().with("print", "yes"));
    parts.push(ui::button_link(t!(cx.lang, "rewards.print"), &print, ButtonStyle::Quiet));
    view! { <div class="actions">{parts}</div> }.into_any()
}

fn timeline(cx: &Cx, entries: Vec<HistoryEntry>) -> AnyView {
    let items = entries
        .into_iter()
        .map(|e| TimelineItem {
            title: code_label(cx.lang, RewardMove::GROUP, &e.action),
            meta: view! { {e.person.clone()}" "{ui::date_time(cx, e.at)} }.into_any(),
            body: (!e.reason.is_empty()).then(|| ui::paragraphs(&e.reason)),
            tone: Tone::of_state(&e.to),
        })
        .collect();
    ui::timeline(items)
}

/// The statement: what was split and how, with lines to sign on.
fn statement(cx: &Cx, reward: &RewardView) -> AnyView {
    let s = &reward.summary;
    let number = (t!(cx.lang, "rewards.number").to_owned(), s.number.clone().into_any());
    let facts = std::iter::once(number).chain(facts(cx, reward, false)).collect();
    let unapproved = (s.state != RewardState::Approved)
        .then(|| ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "rewards.not_approved")}</p> }.into_any()));
    let lines: Vec<AnyView> = [t!(cx.lang, "rewards.sign_unit"), t!(cx.lang, "rewards.sign_head"), t!(cx.lang, "rewards.sign_day")]
        .into_iter()
        .map(|label| view! { <p class="signature-line">{label}</p> }.into_any())
        .collect();
    let printed = t!(cx.lang, "rewards.printed", at = ui::date_time_text(cx, cx.now));
    let trail = [(t!(cx.lang, "rewards.title"), cx.href(&Route::Rewards)), (s.number.as_str(), cx.href(&cx.route))];
    view! {
        {ui::breadcrumb(cx, &trail)}
        <div class="narrow">
            {ui::page_title(t!(cx.lang, "rewards.statement"), Some(&s.title), None)}
            {unapproved}
            {ui::definition_list(facts)}
            {people_table(cx, &reward.people, s.pool.fen(), true)}
            {(!reward.note.is_empty()).then(|| ui::paragraphs(&reward.note))}
            <div class="signatures">{lines}</div>
            <p class="hint">{printed}</p>
        </div>
    }
    .into_any()
}
