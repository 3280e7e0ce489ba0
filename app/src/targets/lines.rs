//! Entries of the ledger, each with its evidence.

use keqiao_market::{
    ledger::{LedgerLine, LedgerSubject},
    sheets::{Cell, Sheet},
    targets::{Measure, is_money},
};
use keqiao_model::{Coded, ContractKind, Field, Figure, ListingKind, RefusalCode};
use leptos::prelude::*;

use super::parts::{cell, exact, name};
use crate::{
    Cx, Route,
    listings::region_name,
    t,
    ui::{self, Align, Tone},
    words::{code_label, find},
};

/// Where an entry counts: a county, or the city itself.
pub(super) fn place(cx: &Cx, code: &str) -> String {
    if code == cx.market.config().city { t!(cx.lang, "targets.elsewhere").to_owned() } else { region_name(cx, code) }
}

/// Entries of one figure.
pub(super) fn lines(cx: &Cx, figure: Figure, lines: &[LedgerLine]) -> AnyView {
    let money = is_money(figure);
    let rows = lines.iter().map(|line| row(cx, figure, money, line)).collect();
    let amount = if money { t!(cx.lang, "targets.amount") } else { t!(cx.lang, "targets.number_counted") };
    let mut head = vec![t!(cx.lang, "targets.subject"), t!(cx.lang, "targets.on"), t!(cx.lang, "targets.county")];
    let mut align = vec![Align::Start; 3];
    if figure != Figure::BrokersTrained {
        head.push(if money { t!(cx.lang, "targets.parties") } else { t!(cx.lang, "targets.contract") });
        align.push(Align::Start);
    }
    head.push(amount);
    align.push(Align::End);
    ui::record_table(t!(cx.lang, "targets.entries"), head.into_iter().map(str::to_owned).collect(), rows, &align)
}

/// Entries of any figure, as they were posted.
pub(super) fn posted(cx: &Cx, caption: &str, lines: &[LedgerLine]) -> AnyView {
    let rows = lines
        .iter()
        .map(|line| {
            vec![
                ui::date_time(cx, line.posted_at),
                name(cx, line.figure).into_any(),
                view! { <div>{subject(cx, line)}{reversed(cx, line)}</div> }.into_any(),
                ui::day(cx, line.on),
                place(cx, &line.region).into_any(),
                signed(cx, line.figure, line.amount).into_any(),
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "targets.posted_at"),
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.subject"),
        t!(cx.lang, "targets.on"),
        t!(cx.lang, "targets.county"),
        t!(cx.lang, "targets.amount"),
    ];
    let align = [Align::Start, Align::Start, Align::Start, Align::Start, Align::Start, Align::End];
    ui::record_table(caption, head.map(str::to_owned).to_vec(), rows, &align)
}

/// An amount of an entry with its sign, where it is a number of things.
fn signed(cx: &Cx, figure: Figure, amount: i64) -> String {
    if is_money(figure) {
        return exact(cx, figure, amount);
    }
    let sign = if amount > 0 { "+" } else { "" };
    format!("{sign}{}", ui::count(amount))
}

/// That an entry takes another back, and why.
fn reversed(cx: &Cx, line: &LedgerLine) -> Option<AnyView> {
    (line.amount < 0).then(|| {
        let why = reason(cx, line);
        view! { " "{ui::badge(t!(cx.lang, "targets.reversed"), Tone::Warn)}" "<span class="hint">{why}</span> }.into_any()
    })
}

/// Why an entry takes another back: a ground of cancelling, or nothing that is known here.
fn reason(cx: &Cx, line: &LedgerLine) -> String {
    match line.code.strip_prefix("amendment:") {
        Some(place) => t!(cx.lang, "amendments.in_ledger", place = place),
        None => find(cx.lang, &format!("codes.{}.{}", RefusalCode::GROUP, line.code)).unwrap_or_default().to_owned(),
    }
}

/// Entries as a table for a file.
pub(super) fn sheet(cx: &Cx, title: &str, lines: &[LedgerLine]) -> Sheet {
    let heads = [
        t!(cx.lang, "targets.place"),
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.on"),
        t!(cx.lang, "targets.posted_at"),
        t!(cx.lang, "targets.county"),
        t!(cx.lang, "targets.field"),
        t!(cx.lang, "targets.kind"),
        t!(cx.lang, "targets.subject"),
        t!(cx.lang, "targets.contract"),
        t!(cx.lang, "targets.amount"),
        t!(cx.lang, "targets.reversed"),
    ];
    let rows = lines
        .iter()
        .map(|line| {
            let what = match &line.subject {
                LedgerSubject::Contract(number) => number.clone(),
                LedgerSubject::Achievement(number, title) => format!("{number} {}", title.clone().unwrap_or_default()),
                LedgerSubject::Enterprise(_, name) => name.clone(),
                LedgerSubject::Certificate(number) => number.clone(),
                LedgerSubject::Receipt => t!(cx.lang, "targets.receipt").to_owned(),
            };
            vec![
                Cell::Number(line.seq),
                Cell::Text(name(cx, line.figure)),
                Cell::Day(line.on),
                Cell::Text(ui::date_time_text(cx, line.posted_at)),
                Cell::Text(place(cx, &line.region)),
                line.field.map_or(Cell::Empty, |f| Cell::Text(code_label(cx.lang, Field::GROUP, f.code()))),
                line.kind.map_or(Cell::Empty, |k| Cell::Text(code_label(cx.lang, ContractKind::GROUP, k.code()))),
                Cell::Text(what.trim().to_owned()),
                line.contract.as_ref().map_or(Cell::Empty, |c| Cell::Text(format!("{} {}", c.number, c.title))),
                cell(Measure::Figure(line.figure), Some(line.amount)),
                Cell::Text(if line.amount < 0 { reason(cx, line) } else { String::new() }),
            ]
        })
        .collect();
    Sheet { name: title.to_owned(), heads: heads.map(str::to_owned).to_vec(), rows }
}

fn row(cx: &Cx, figure: Figure, money: bool, line: &LedgerLine) -> Vec<AnyView> {
    let what = view! { <div>{subject(cx, line)}{reversed(cx, line)}</div> }.into_any();
    let mut cells = vec![what, ui::day(cx, line.on), place(cx, &line.region).into_any()];
    if figure != Figure::BrokersTrained {
        cells.push(if money { parties(cx, line) } else { contract(cx, line) });
    }
    cells.push(signed(cx, figure, line.amount).into_any());
    cells
}

/// What an entry counts, leading there where everyone may read it.
fn subject(cx: &Cx, line: &LedgerLine) -> AnyView {
    match &line.subject {
        LedgerSubject::Contract(number) => {
            let kinds = [
                line.kind.map(|k| code_label(cx.lang, ContractKind::GROUP, k.code())),
                line.field.map(|f| code_label(cx.lang, Field::GROUP, f.code())),
            ];
            let registration = t!(cx.lang, "targets.registration", number = number);
            let facts: Vec<String> = std::iter::once(registration).chain(kinds.into_iter().flatten()).collect();
            view! { {contract(cx, line)}<p class="hint">{facts.join(" · ")}</p> }.into_any()
        }
        LedgerSubject::Achievement(number, Some(title)) => {
            let to = cx.href(&Route::Listing(ListingKind::Achievement, number.clone()));
            view! { <a href=to>{title.clone()}</a><p class="hint">{number.clone()}</p> }.into_any()
        }
        LedgerSubject::Achievement(number, None) => t!(cx.lang, "targets.hidden_achievement", number = number).into_any(),
        LedgerSubject::Enterprise(id, name) => view! { <a href=cx.href(&Route::Organisation(*id))>{name.clone()}</a> }.into_any(),
        LedgerSubject::Certificate(number) => t!(cx.lang, "targets.certificate", number = number).into_any(),
        LedgerSubject::Receipt => view! { {contract(cx, line)}<p class="hint">{t!(cx.lang, "targets.receipt")}</p> }.into_any(),
    }
}

/// The contract that is the evidence, while it is in the public register.
fn contract(cx: &Cx, line: &LedgerLine) -> AnyView {
    match &line.contract {
        Some(contract) => {
            let to = cx.href(&Route::Contract(contract.number.clone()));
            view! { <a href=to>{contract.title.clone()}</a> }.into_any()
        }
        None => view! { <span class="hint">{t!(cx.lang, "targets.taken_back")}</span> }.into_any(),
    }
}

fn parties(cx: &Cx, line: &LedgerLine) -> AnyView {
    let Some(contract) = &line.contract else { return "–".into_any() };
    let party = |(id, name): &(uuid::Uuid, String)| view! { <a href=cx.href(&Route::Organisation(*id))>{name.clone()}</a> };
    view! { <div>{party(&contract.seller)}" → "{party(&contract.buyer)}</div> }.into_any()
}
