//! Disputes about a contract: what they are about, and how they ended.

use keqiao_market::performance::{DisputeView, PerformanceView, WORDS_MAX};
use keqiao_model::{Coded, DisputeMove, DisputeState};
use leptos::prelude::*;

use crate::{
    Cx, Form, t,
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::code_label,
};

pub(super) fn part(cx: &Cx, shown: &PerformanceView, form: &Form) -> AnyView {
    let list = if shown.disputes.is_empty() {
        view! { <p>{t!(cx.lang, "performance.disputes_empty")}</p> }.into_any()
    } else {
        ui::timeline(shown.disputes.iter().map(|d| item(cx, d, form)).collect())
    };
    let raise = (shown.acts && !shown.progress.disputed).then(|| {
        let body = view! {
            <p class="hint">{t!(cx.lang, "performance.raise_hint")}</p>
            {ui::textarea(cx, form, Input::new("dispute", t!(cx.lang, "performance.dispute_text")).required().rows(4).max(WORDS_MAX))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "performance.raise"), "raise", ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::details(t!(cx.lang, "performance.raise"), form.value("action") == "raise", ui::form(cx, &cx.href(&cx.route), false, body))
    });
    ui::section("disputes", t!(cx.lang, "performance.disputes"), view! { {list}{raise} }.into_any())
}

fn item(cx: &Cx, d: &DisputeView, form: &Form) -> TimelineItem {
    let settled = d.settled_at.map(|at| {
        view! {
            <p class="hint">{t!(cx.lang, "performance.settled_at", at = ui::date_text(cx, at))}</p>
            {ui::paragraphs(&d.outcome)}
        }
    });
    let settle = d.may_settle.then(|| {
        let (id, words) = (d.id.to_string(), code_label(cx.lang, DisputeMove::GROUP, DisputeMove::Settle.code()));
        let body = view! {
            {ui::hidden("dispute_id", &id)}
            {ui::hidden("version", &d.version.to_string())}
            {ui::textarea(cx, form, Input::new(format!("outcome.{id}"), t!(cx.lang, "performance.outcome")).required().rows(3).max(WORDS_MAX))}
            {ui::buttons(vec![ui::button(&words, "settle", ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::details(&words, form.value("dispute_id") == id, ui::form(cx, &cx.href(&cx.route), false, body))
    });
    let meta = t!(cx.lang, "performance.raised_by", name = d.organisation, at = ui::date_time_text(cx, d.at));
    TimelineItem {
        title: code_label(cx.lang, DisputeState::GROUP, d.state.code()),
        meta: meta.into_any(),
        body: Some(view! { {ui::paragraphs(&d.text)}{settled}{settle} }.into_any()),
        tone: if d.state == DisputeState::Open { Tone::Bad } else { Tone::Good },
    }
}
