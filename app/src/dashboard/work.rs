//! What waits, and what waits too long.

use keqiao_market::dashboard::{Work, WorkKind};
use leptos::prelude::*;

use super::signed;
use crate::{
    Cx, Query, Route, t,
    ui::{self, Align, SeriesChart, SeriesRow, Tone},
    words::label,
};

/// What a kind of work is called.
pub(super) fn work_name(cx: &Cx, kind: WorkKind) -> String {
    label(cx.lang, "dashboard.work", kind.code())
}

/// The queue of contracts.
pub(super) fn contracts_href(cx: &Cx) -> String {
    format!("{}{}", cx.href(&Route::Review), Query(vec![("tab".to_owned(), "contracts".to_owned())]).to_search())
}

/// Where a kind of work is done; what organisations do among themselves has no queue for officers.
fn queue(cx: &Cx, kind: WorkKind) -> Option<String> {
    // An administrator without a region has no queue.
    let officer = cx.actor.is_officer();
    match kind {
        WorkKind::Contracts | WorkKind::Amendments => officer.then(|| contracts_href(cx)),
        WorkKind::Listings => officer.then(|| cx.href(&Route::Review)),
        WorkKind::Objections => {
            Some(format!("{}{}", cx.href(&Route::PublicNotices), Query(vec![("state".to_owned(), "running".to_owned())]).to_search()))
        }
        WorkKind::Reports => officer.then(|| cx.href(&Route::Indicators)),
        WorkKind::Disputes => Some(cx.href(&Route::Contracts)),
        WorkKind::Interests | WorkKind::Questions => None,
    }
}

pub(super) fn view(cx: &Cx, work: &[Work]) -> AnyView {
    let waiting: u64 = work.iter().map(|w| w.waiting).sum();
    let overdue: u64 = work.iter().filter_map(|w| w.overdue).sum();
    if waiting == 0 {
        let to = (t!(cx.lang, "work.title"), cx.href(&Route::Work));
        return ui::empty(cx, t!(cx.lang, "dashboard.no_work"), t!(cx.lang, "dashboard.no_work_text"), Some(to));
    }
    let summary = t!(cx.lang, "dashboard.work_summary", waiting = ui::count(waiting), overdue = ui::count(overdue));
    let tone = if overdue > 0 { Tone::Warn } else { Tone::Good };
    let chart = SeriesChart {
        id: "work".to_owned(),
        title: t!(cx.lang, "dashboard.work_title").to_owned(),
        summary: summary.clone(),
        label_title: t!(cx.lang, "dashboard.work_kind").to_owned(),
        series: vec![t!(cx.lang, "dashboard.waiting").to_owned(), t!(cx.lang, "dashboard.overdue").to_owned()],
        rows: work
            .iter()
            .filter(|w| w.waiting > 0)
            .map(|w| SeriesRow {
                label: work_name(cx, w.kind),
                values: vec![signed(w.waiting), signed(w.overdue.unwrap_or(0))],
                href: queue(cx, w.kind),
            })
            .collect(),
        format: Box::new(ui::count),
    };
    let rows = work.iter().map(|w| row(cx, w)).collect();
    let head = [
        t!(cx.lang, "dashboard.work_kind"),
        t!(cx.lang, "dashboard.waiting"),
        t!(cx.lang, "dashboard.overdue"),
        t!(cx.lang, "dashboard.soon"),
        t!(cx.lang, "dashboard.oldest"),
    ];
    let align = [Align::Start, Align::End, Align::End, Align::End, Align::Start];
    view! {
        {ui::notice(cx, tone, view! { <p>{summary}</p> }.into_any())}
        {ui::table(t!(cx.lang, "dashboard.work_title"), head.map(str::to_owned).to_vec(), rows, &align)}
        {ui::series_list(cx, chart)}
        <p class="hint">{t!(cx.lang, "dashboard.work_rule")}</p>
    }
    .into_any()
}

fn row(cx: &Cx, work: &Work) -> Vec<AnyView> {
    let name = work_name(cx, work.kind);
    let name = match queue(cx, work.kind) {
        Some(href) if work.waiting > 0 => view! { <a href=href>{name}</a> }.into_any(),
        _ => name.into_any(),
    };
    // A dash where no period is set: nothing of it can be overdue.
    let maybe = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), ui::count);
    let overdue = match work.overdue {
        Some(n) if n > 0 => ui::badge(&ui::count(n), Tone::Warn),
        other => maybe(other).into_any(),
    };
    let oldest = work.oldest.map_or_else(
        || "–".into_any(),
        |at| {
            let days = t!(cx.lang, "review.waiting", n = (cx.now - at).whole_days());
            view! { {ui::date(cx, at)}" "<span class="hint">{days}</span> }.into_any()
        },
    );
    vec![name, ui::count(work.waiting).into_any(), overdue, maybe(work.soon).into_any(), oldest]
}
