//! What was received under a contract: the list, the form with its evidence, and taking back what was recorded wrongly.

use std::sync::LazyLock;

use keqiao_market::{
    attachments,
    performance::{PerformanceView, RECEIPT_NOTE_MAX, ReceiptView, WORDS_MAX},
};
use keqiao_model::{Coded, ReceiptMove, ReceiptState};
use leptos::prelude::*;

use crate::{
    Cx, Form, t,
    ui::{self, Align, ButtonStyle, Input},
    words::code_label,
};

/// Kinds of files, as an `accept` attribute says them; what they hold is checked when they arrive.
static ACCEPT: LazyLock<String> = LazyLock::new(|| format!(".{}", attachments::accepted_extensions().join(",.")));

pub(super) fn part(cx: &Cx, shown: &PerformanceView, form: &Form) -> AnyView {
    let records = shown.sells && shown.acts;
    let list = if shown.receipts.items.is_empty() {
        let text = if records { t!(cx.lang, "performance.receipts_empty_seller") } else { t!(cx.lang, "performance.receipts_empty") };
        view! { <p>{text}</p> }.into_any()
    } else {
        let acts = shown.receipts.items.iter().any(|r| r.reversible);
        let mut head = vec![
            t!(cx.lang, "performance.received_on"),
            t!(cx.lang, "performance.amount"),
            t!(cx.lang, "performance.file"),
            t!(cx.lang, "performance.state"),
        ];
        if acts {
            head.push(t!(cx.lang, "performance.actions"));
        }
        let rows = shown.receipts.items.iter().map(|r| row(cx, r, acts, form)).collect();
        let head = head.into_iter().map(str::to_owned).collect();
        view! {
            {ui::record_table(t!(cx.lang, "performance.receipts_caption"), head, rows, &[Align::Start, Align::End])}
            {ui::pager(cx, shown.receipts.total, shown.receipts.per_page)}
        }
        .into_any()
    };
    let add = records.then(|| record(cx, shown, form));
    ui::section("receipts", t!(cx.lang, "performance.receipts"), view! { {list}{add} }.into_any())
}

fn row(cx: &Cx, r: &ReceiptView, acts: bool, form: &Form) -> Vec<AnyView> {
    let note = (!r.note.is_empty()).then(|| ui::paragraphs(&r.note));
    let reason = (!r.reason.is_empty()).then(|| ui::paragraphs(&r.reason));
    let file = r.file.as_ref().map(|(id, name)| view! { <a href=format!("/attachments/{id}")>{name.clone()}</a> });
    let milestone =
        r.milestone.as_ref().map(|title| view! { <p class="hint">{t!(cx.lang, "performance.received_for", title = title)}</p> });
    let recorded = t!(cx.lang, "performance.recorded_by", name = r.person, at = ui::date_text(cx, r.at));
    let mut cells = vec![
        view! { {ui::day(cx, r.received_on)}{milestone}{note} }.into_any(),
        ui::money(cx, r.amount.fen()).into_any(),
        view! { {file}<p class="hint">{recorded}</p> }.into_any(),
        view! { {ui::state_badge(cx, ReceiptState::GROUP, r.state.code())}{reason} }.into_any(),
    ];
    if acts {
        cells.push(if r.reversible { reversal(cx, r, form) } else { ().into_any() });
    }
    cells
}

fn reversal(cx: &Cx, r: &ReceiptView, form: &Form) -> AnyView {
    let (id, words) = (r.id.to_string(), code_label(cx.lang, ReceiptMove::GROUP, ReceiptMove::Reverse.code()));
    let body = view! {
        {ui::hidden("receipt", &id)}
        {ui::hidden("version", &r.version.to_string())}
        <p class="hint">{t!(cx.lang, "performance.reversal_hint")}</p>
        {ui::textarea(cx, form, Input::new(format!("reason.{id}"), t!(cx.lang, "performance.reversal_reason")).required().rows(3).max(WORDS_MAX))}
        {ui::buttons(vec![ui::button(&words, "reverse", ButtonStyle::Danger)])}
    }
    .into_any();
    ui::details(&words, form.value("receipt") == id, ui::form(cx, &cx.href(&cx.route), false, body))
}

fn record(cx: &Cx, shown: &PerformanceView, form: &Form) -> AnyView {
    let left = shown.progress.value.fen() - shown.progress.received.fen();
    if left <= 0 {
        return view! { <p class="hint">{t!(cx.lang, "performance.receipts_full")}</p> }.into_any();
    }
    let sent = form.value("action") == "record";
    let filled = if sent { form.clone() } else { Form::default() };
    let hint = t!(cx.lang, "performance.amount_hint", left = ui::money(cx, left));
    let types = attachments::accepted_extensions().join(t!(cx.lang, "listings.separator"));
    let milestones: Vec<(String, String)> = shown.milestones.iter().map(|m| (m.id.to_string(), m.title.clone())).collect();
    let milestone = (!milestones.is_empty()).then(|| {
        let input = Input::new("milestone", t!(cx.lang, "performance.for_milestone")).blank(t!(cx.lang, "performance.no_milestone"));
        ui::select(cx, &filled, input, milestones)
    });
    let file = Input::new("file", t!(cx.lang, "performance.file")).required().accept(&ACCEPT);
    let body = view! {
        {ui::money_input(cx, &filled, Input::new("amount", t!(cx.lang, "performance.amount")).required().hint(hint))}
        {ui::date_input(cx, &filled, Input::new("received_on", t!(cx.lang, "performance.received_on")).required())}
        {milestone}
        {ui::file(cx, &filled, file.hint(t!(cx.lang, "performance.file_hint", types = types)))}
        {ui::textarea(cx, &filled, Input::new("note", t!(cx.lang, "performance.note")).rows(2).max(RECEIPT_NOTE_MAX))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "performance.record"), "record", ButtonStyle::Primary)])}
    }
    .into_any();
    ui::details(t!(cx.lang, "performance.record"), sent, ui::form(cx, &cx.href(&cx.route), true, body))
}
