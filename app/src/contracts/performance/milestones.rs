//! The milestones of a contract: the list, what each side can do, and the form.

use keqiao_market::performance::{CRITERIA_MAX, MilestoneView, PerformanceView, WORDS_MAX};
use keqiao_model::{Coded, Fields, Instalment, MilestoneMove, MilestoneState, format_date};
use leptos::prelude::*;

use crate::{
    Cx, Form, t,
    ui::{self, Align, ButtonStyle, Input, Tone},
    words::code_label,
};

pub(super) fn part(cx: &Cx, shown: &PerformanceView, form: &Form) -> AnyView {
    let list = if shown.milestones.is_empty() {
        let text =
            if shown.plans { t!(cx.lang, "performance.milestones_empty_seller") } else { t!(cx.lang, "performance.milestones_empty") };
        view! { <p>{text}</p> }.into_any()
    } else {
        let acts = shown.milestones.iter().any(|m| m.editable || !m.moves.is_empty());
        let mut head = vec![
            t!(cx.lang, "performance.milestone"),
            t!(cx.lang, "performance.due_on"),
            t!(cx.lang, "performance.amount"),
            t!(cx.lang, "performance.state"),
        ];
        if acts {
            head.push(t!(cx.lang, "performance.actions"));
        }
        let rows = shown.milestones.iter().map(|m| row(cx, m, acts, form)).collect();
        let align = [Align::Start, Align::Start, Align::End];
        ui::record_table(t!(cx.lang, "performance.milestones"), head.into_iter().map(str::to_owned).collect(), rows, &align)
    };
    let plan = shown.plans.then(|| plan(cx, shown, form));
    ui::section(
        "milestones",
        t!(cx.lang, "performance.milestones"),
        view! { <div class="spaced">{list}{unplanned(cx, shown)}{plan}</div> }.into_any(),
    )
}

/// Instalments that no milestone stands for yet, each with the way to the form filled from it.
fn unplanned(cx: &Cx, shown: &PerformanceView) -> Option<AnyView> {
    if shown.unplanned.is_empty() {
        return None;
    }
    let items: Vec<AnyView> = shown
        .unplanned
        .iter()
        .map(|(place, instalment)| {
            let name = instalment_name(cx, *place, instalment);
            let amount = ui::money(cx, instalment.amount.fen());
            let due = instalment.due.map(|due| view! { " · "{ui::day(cx, due)} });
            let to = format!("{}#plan", cx.here(&cx.query.with("milestone", "").with("instalment", &(place + 1).to_string())));
            view! { <li><a href=to>{name}</a>{due}" · "{amount}</li> }.into_any()
        })
        .collect();
    let words = t!(cx.lang, "performance.unplanned");
    Some(ui::notice(cx, Tone::Info, view! { <p>{words}</p><ul>{items}</ul> }.into_any()))
}

/// What an instalment is called: by its condition, or else by its place.
fn instalment_name(cx: &Cx, place: usize, instalment: &Instalment) -> String {
    if instalment.condition.is_empty() { t!(cx.lang, "performance.instalment", n = place + 1) } else { instalment.condition.clone() }
}

fn row(cx: &Cx, m: &MilestoneView, acts: bool, form: &Form) -> Vec<AnyView> {
    let criteria = (!m.criteria.is_empty()).then(|| ui::details(t!(cx.lang, "performance.criteria"), false, ui::paragraphs(&m.criteria)));
    let late = m.overdue.then(|| view! { " "{ui::badge(t!(cx.lang, "performance.overdue"), Tone::Bad)} });
    let mut facts: Vec<String> = Vec::new();
    if let Some(at) = m.delivered_at {
        facts.push(t!(cx.lang, "performance.delivered_at", at = ui::date_text(cx, at)));
    }
    if let Some(at) = m.decided_at {
        let at = ui::date_text(cx, at);
        facts.push(if m.state == MilestoneState::Accepted {
            t!(cx.lang, "performance.accepted_at", at = at)
        } else {
            t!(cx.lang, "performance.rejected_at", at = at)
        });
    }
    let facts = (!facts.is_empty()).then(|| view! { <p class="hint">{facts.join(" · ")}</p> });
    let reason = (!m.reason.is_empty()).then(|| ui::paragraphs(&m.reason));
    let amount = if m.amount.fen() == 0 { "–".to_owned() } else { ui::money(cx, m.amount.fen()) };
    let mut cells = vec![
        view! { {m.title.clone()}{criteria} }.into_any(),
        view! { {ui::day(cx, m.due_on)}{late} }.into_any(),
        amount.into_any(),
        view! { {ui::state_badge(cx, MilestoneState::GROUP, m.state.code())}{facts}{reason} }.into_any(),
    ];
    if acts {
        cells.push(actions(cx, m, form));
    }
    cells
}

fn actions(cx: &Cx, m: &MilestoneView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let (id, version) = (m.id.to_string(), m.version.to_string());
    let values = [("milestone_id", id.as_str()), ("version", version.as_str())];
    let mut parts: Vec<AnyView> = m
        .moves
        .iter()
        .map(|by| {
            let words = code_label(cx.lang, MilestoneMove::GROUP, by.code());
            match by {
                MilestoneMove::Deliver | MilestoneMove::Accept => {
                    ui::post_button(cx, &here, &words, by.code(), &values, ButtonStyle::Secondary)
                }
                MilestoneMove::Reject => {
                    let field = format!("reason.{id}");
                    let open = !form.value(&field).is_empty() || (form.value("milestone_id") == id && form.value("action") == by.code());
                    let body = view! {
                        {ui::hidden("milestone_id", &id)}
                        {ui::hidden("version", &version)}
                        {ui::textarea(cx, form, Input::new(field, t!(cx.lang, "performance.reject_reason")).required().rows(3).max(WORDS_MAX))}
                        {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
                    }
                    .into_any();
                    ui::details(&words, open, ui::form(cx, &here, false, body))
                }
            }
        })
        .collect();
    if m.editable {
        let to = format!("{}#plan", cx.here(&cx.query.with("milestone", &id)));
        parts.push(ui::button_link(t!(cx.lang, "performance.edit"), &to, ButtonStyle::Quiet));
        parts.push(ui::post_button(cx, &here, t!(cx.lang, "performance.remove"), "remove_milestone", &values, ButtonStyle::Quiet));
    }
    view! { {parts} }.into_any()
}

/// The form of a milestone: a new one, or the one that the address names.
fn plan(cx: &Cx, shown: &PerformanceView, form: &Form) -> AnyView {
    let sent = form.value("action") == "plan";
    let wanted = if sent { form.value("milestone_id") } else { cx.query.get("milestone").to_owned() };
    let edited = shown.milestones.iter().find(|m| m.editable && m.id.to_string() == wanted);
    let named = |place: usize| (place + 1).to_string() == cx.query.get("instalment");
    let instalment = shown.unplanned.iter().find(|(place, _)| named(*place)).filter(|_| !sent && edited.is_none());
    let filled = match (edited.filter(|_| !sent), instalment) {
        (Some(m), _) => Form::filled(fields_of(m)),
        (None, Some((place, instalment))) => Form::filled(fields_from(cx, *place, instalment)),
        (None, None) if sent => form.clone(),
        (None, None) => Form::default(),
    };
    let marks = edited.map(|m| view! { {ui::hidden("milestone_id", &m.id.to_string())}{ui::hidden("version", &m.version.to_string())} });
    let hint = t!(cx.lang, "performance.milestone_amount_hint", value = ui::money(cx, shown.progress.value.fen()));
    let empty = cx.here(&cx.query.with("milestone", "").with("instalment", ""));
    let cancel = (edited.is_some() || instalment.is_some())
        .then(|| ui::button_link(t!(cx.lang, "performance.cancel_edit"), &empty, ButtonStyle::Quiet));
    let buttons = std::iter::once(ui::button(t!(cx.lang, "performance.save"), "plan", ButtonStyle::Primary)).chain(cancel).collect();
    let body = view! {
        {marks}
        {ui::text(cx, &filled, Input::new("title", t!(cx.lang, "performance.milestone_title")).required())}
        {ui::date_input(cx, &filled, Input::new("due_on", t!(cx.lang, "performance.due_on")).required())}
        {ui::money_input(cx, &filled, Input::new("milestone_amount", t!(cx.lang, "performance.milestone_amount")).hint(hint))}
        {ui::textarea(cx, &filled, Input::new("criteria", t!(cx.lang, "performance.criteria")).rows(3).max(CRITERIA_MAX))}
        {ui::buttons(buttons)}
    }
    .into_any();
    let title = if edited.is_some() { t!(cx.lang, "performance.edit_milestone") } else { t!(cx.lang, "performance.add_milestone") };
    let open = sent || edited.is_some() || instalment.is_some() || shown.milestones.is_empty();
    view! { <div id="plan">{ui::details(title, open, ui::form(cx, &cx.href(&cx.route), false, body))}</div> }.into_any()
}

fn fields_from(cx: &Cx, place: usize, instalment: &Instalment) -> Fields {
    [
        ("title", instalment_name(cx, place, instalment)),
        ("due_on", instalment.due.map(format_date).unwrap_or_default()),
        ("milestone_amount", instalment.amount.format_input()),
    ]
    .into_iter()
    .collect()
}

fn fields_of(m: &MilestoneView) -> Fields {
    [
        ("title", m.title.clone()),
        ("due_on", format_date(m.due_on)),
        ("milestone_amount", if m.amount.fen() == 0 { String::new() } else { m.amount.format_input() }),
        ("criteria", m.criteria.clone()),
    ]
    .into_iter()
    .collect()
}
