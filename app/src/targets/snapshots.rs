//! The closed months of the ledger: what it said then, what it says now, and what was posted in between.

use keqiao_market::{
    Paged,
    ledger::{self, Closed, ClosedLine, ClosedMonth, LedgerLine},
    sheets::{Cell, Sheet},
    targets::Measure,
};
use keqiao_model::Figure;
use leptos::prelude::*;

use super::{
    lines::{place, posted, sheet},
    parts::{cell, downloads, exact, file, name},
};
use crate::{
    Cx, Page, PageError, Route, t,
    ui::{self, Align, Tone},
};

/// How much of a hash is shown in a list.
const HASH: usize = 16;

pub(super) async fn list(cx: &Cx) -> Result<Page, PageError> {
    let months = ledger::snapshots(&cx.market, cx.query.page()).await?;
    let title = t!(cx.lang, "targets.snapshots");
    let description = t!(cx.lang, "targets.snapshots_lead");
    let cx = cx.clone();
    Ok(Page::new(title, move || list_view(&cx, title, &months)).public(description))
}

fn list_view(cx: &Cx, title: &str, months: &Paged<(ClosedMonth, i64)>) -> AnyView {
    let body = if months.items.is_empty() {
        let action = Some((t!(cx.lang, "targets.title"), cx.href(&Route::Targets)));
        ui::empty(cx, t!(cx.lang, "targets.no_snapshots"), t!(cx.lang, "targets.no_snapshots_text"), action)
    } else {
        let rows = months
            .items
            .iter()
            .map(|(month, value)| {
                let to = cx.href(&Route::Snapshot(month.month.clone()));
                vec![
                    view! { <a href=to>{month.month.clone()}</a> }.into_any(),
                    exact(cx, Figure::ContractValue, *value).into_any(),
                    ui::date_time(cx, month.frozen_at),
                    ui::count(month.seq).into_any(),
                    view! { <code>{month.head.chars().take(HASH).collect::<String>()}</code> }.into_any(),
                ]
            })
            .collect();
        let head = [
            t!(cx.lang, "targets.month"),
            t!(cx.lang, "targets.value_then"),
            t!(cx.lang, "targets.frozen_at"),
            t!(cx.lang, "targets.last_entry"),
            t!(cx.lang, "targets.hash"),
        ];
        let align = [Align::Start, Align::End, Align::Start, Align::End, Align::Start];
        let table = ui::record_table(title, head.map(str::to_owned).to_vec(), rows, &align);
        view! { {table}{ui::pager(cx, months.total, months.per_page)} }.into_any()
    };
    view! {
        {ui::breadcrumb(cx, &[(t!(cx.lang, "targets.title"), cx.href(&Route::Targets))])}
        {ui::page_title(title, None, None)}
        {ui::lead(t!(cx.lang, "targets.snapshots_lead"))}
        {body}
    }
    .into_any()
}

pub(super) async fn page(cx: &Cx, month: &str) -> Result<Page, PageError> {
    let closed = ledger::snapshot(&cx.market, month).await?;
    let title = t!(cx.lang, "targets.snapshot_title", month = closed.month.month);
    if matches!(cx.query.get("format"), "csv" | "xlsx") {
        let later = ledger::corrections_export(&cx.market, month).await?;
        let sheets = || vec![totals_sheet(cx, &closed), sheet(cx, t!(cx.lang, "targets.corrections"), &later)];
        if let Some(page) = file(cx, &format!("ledger-{}", closed.month.month), sheets)? {
            return Ok(page);
        }
    }
    let later = ledger::corrections(&cx.market, month, cx.query.page()).await?;
    let description = t!(cx.lang, "targets.snapshot_lead", month = closed.month.month);
    let cx = cx.clone();
    Ok(Page::new(title.clone(), move || view(&cx, &title, &closed, &later)).public(description))
}

/// What became of a figure over all years and places.
fn sum(lines: &[ClosedLine], figure: Figure) -> (i64, i64) {
    let of = lines.iter().filter(|line| line.figure == figure);
    of.fold((0, 0), |(then, now), line| (i64::saturating_add(then, line.then), i64::saturating_add(now, line.now)))
}

fn view(cx: &Cx, title: &str, closed: &Closed, later: &Paged<LedgerLine>) -> AnyView {
    let month = &closed.month;
    let facts = vec![
        (t!(cx.lang, "targets.frozen_at").to_owned(), ui::date_time(cx, month.frozen_at)),
        (t!(cx.lang, "targets.last_entry").to_owned(), ui::count(month.seq).into_any()),
        (t!(cx.lang, "targets.hash").to_owned(), view! { <code class="hash">{month.head.clone()}</code> }.into_any()),
    ];
    let changed = closed.lines.iter().any(|line| line.then != line.now);
    let verdict = if changed {
        ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "targets.snapshot_changed")}</p> }.into_any())
    } else {
        ui::notice(cx, Tone::Good, view! { <p>{t!(cx.lang, "targets.snapshot_unchanged")}</p> }.into_any())
    };
    let difference = |figure, then: i64, now: i64| exact(cx, figure, now.saturating_sub(then));
    let totals = Figure::ALL
        .iter()
        .map(|figure| (figure, sum(&closed.lines, *figure)))
        .map(|(figure, (then, now))| {
            vec![
                name(cx, *figure).into_any(),
                exact(cx, *figure, then).into_any(),
                exact(cx, *figure, now).into_any(),
                difference(*figure, then, now).into_any(),
            ]
        })
        .collect();
    let columns = [t!(cx.lang, "targets.then"), t!(cx.lang, "targets.now"), t!(cx.lang, "targets.difference")];
    let head = std::iter::once(t!(cx.lang, "targets.indicator")).chain(columns).map(str::to_owned).collect();
    let totals = ui::table(t!(cx.lang, "targets.totals"), head, totals, &[Align::Start, Align::End, Align::End, Align::End]);
    let rows = closed
        .lines
        .iter()
        .map(|line| {
            vec![
                name(cx, line.figure).into_any(),
                line.year.to_string().into_any(),
                place(cx, &line.region).into_any(),
                exact(cx, line.figure, line.then).into_any(),
                exact(cx, line.figure, line.now).into_any(),
                difference(line.figure, line.then, line.now).into_any(),
            ]
        })
        .collect();
    let head = [t!(cx.lang, "targets.indicator"), t!(cx.lang, "targets.year"), t!(cx.lang, "targets.county")];
    let head = head.into_iter().chain(columns).map(str::to_owned).collect();
    let align = [Align::Start, Align::Start, Align::Start, Align::End, Align::End, Align::End];
    let by_place = t!(cx.lang, "targets.totals_by_place");
    let by_place = ui::details(by_place, false, ui::table(by_place, head, rows, &align));
    let entries = if later.items.is_empty() {
        view! { <p>{t!(cx.lang, "targets.no_corrections")}</p> }.into_any()
    } else {
        view! {
            <p class="found" role="status">{t!(cx.lang, "targets.found", n = ui::count(later.total))}</p>
            {posted(cx, t!(cx.lang, "targets.corrections"), &later.items)}
            {ui::pager(cx, later.total, later.per_page)}
        }
        .into_any()
    };
    let trail = [(t!(cx.lang, "targets.title"), cx.href(&Route::Targets)), (t!(cx.lang, "targets.snapshots"), cx.href(&Route::Snapshots))];
    view! {
        {ui::breadcrumb(cx, &trail)}
        {ui::page_title(title, None, None)}
        {ui::lead(&t!(cx.lang, "targets.snapshot_lead", month = month.month))}
        <div class="spaced">{verdict}{ui::definition_list(facts)}{downloads(cx)}</div>
        {ui::section("totals", t!(cx.lang, "targets.totals"), view! { <div class="spaced">{totals}{by_place}</div> }.into_any())}
        {ui::section("corrections", t!(cx.lang, "targets.corrections"), view! {
            <div class="spaced"><p>{t!(cx.lang, "targets.corrections_text")}</p>{entries}</div>
        }.into_any())}
    }
    .into_any()
}

fn totals_sheet(cx: &Cx, closed: &Closed) -> Sheet {
    let heads = [
        t!(cx.lang, "targets.month"),
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.year"),
        t!(cx.lang, "targets.county"),
        t!(cx.lang, "targets.then"),
        t!(cx.lang, "targets.now"),
        t!(cx.lang, "targets.difference"),
    ];
    let rows = closed.lines.iter().map(|line| {
        let measure = Measure::Figure(line.figure);
        vec![
            Cell::Text(closed.month.month.clone()),
            Cell::Text(name(cx, line.figure)),
            Cell::Text(line.year.to_string()),
            Cell::Text(place(cx, &line.region)),
            cell(measure, Some(line.then)),
            cell(measure, Some(line.now)),
            cell(measure, Some(line.now.saturating_sub(line.then))),
        ]
    });
    Sheet { name: closed.month.month.clone(), heads: heads.map(str::to_owned).to_vec(), rows: rows.collect() }
}
