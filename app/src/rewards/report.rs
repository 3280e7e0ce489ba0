//! A unit's annual report on conversion, as a page, to print, and as files.

use keqiao_market::{
    CHINA, Paged,
    rewards::{self, AnnualReport},
    sheets::{self, Cell, Sheet},
};
use keqiao_model::{Coded, ContractKind, ConversionWay};
use leptos::prelude::*;
use uuid::Uuid;

use super::{acts_for_institute, tax};
use crate::{
    Cx, Page, PageError, Route, t,
    ui::{self, Align, ButtonStyle},
    words::code_label,
};

/// Years offered besides the current one.
const YEARS_BACK: i32 = 4;
/// Contracts and people listed on the page; the file has all of them.
const LISTED: usize = 100;

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let unit: Option<Uuid> = cx.query.get("organisation").parse().ok();
    if unit.is_none() && !acts_for_institute(cx) {
        return choose(cx).await;
    }
    let this = cx.now.to_offset(CHINA).year();
    let year = cx.query.get("year").parse().ok().filter(|year| (1980..=this).contains(year)).unwrap_or(this);
    let report = rewards::annual_report(&cx.market, &cx.actor, unit, year).await?;
    let name = format!("conversion-{}-{year}", report.credit_code);
    match cx.query.get("format") {
        "xlsx" => return Ok(Page::file(format!("{name}.xlsx"), sheets::XLSX, sheets::xlsx(&tables(cx, &report))?)),
        "csv" => return Ok(Page::file(format!("{name}.csv"), ui::CSV, ui::sheet_csv(&summary_sheet(cx, &report)))),
        _ => {}
    }
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "rewards.report_title"), move || view(&cx, &report, this)))
}

/// The units an officer may read about; for everyone else what the page is for.
async fn choose(cx: &Cx) -> Result<Page, PageError> {
    let units = if cx.actor.is_officer() { Some(rewards::units(&cx.market, &cx.actor, cx.query.page()).await?) } else { None };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "rewards.report_title"), move || unit_list(&cx, units)))
}

fn unit_list(cx: &Cx, units: Option<Paged<(Uuid, String)>>) -> AnyView {
    let title = t!(cx.lang, "rewards.report_title");
    let Some(units) = units else {
        let action = (t!(cx.lang, "rewards.to_organisation"), cx.href(&Route::OrganisationNew));
        return ui::empty(cx, title, t!(cx.lang, "rewards.report_none"), Some(action));
    };
    let list = if units.items.is_empty() {
        ui::empty(cx, t!(cx.lang, "rewards.report_units"), t!(cx.lang, "rewards.report_no_units"), None)
    } else {
        let items: Vec<AnyView> = units
            .items
            .iter()
            .map(|(id, name)| {
                let to = cx.here(&cx.query.with("organisation", &id.to_string()));
                view! { <li><a href=to>{name.clone()}</a></li> }.into_any()
            })
            .collect();
        view! { <ul>{items}</ul> }.into_any()
    };
    view! {
        {ui::page_title(title, None, None)}
        {ui::lead(t!(cx.lang, "rewards.report_units_text"))}
        {list}
        {ui::pager(cx, units.total, units.per_page)}
    }
    .into_any()
}

/// The figures of the report in the order of display.
fn figures(cx: &Cx, r: &AnnualReport) -> Vec<(String, Cell)> {
    let number = |n: usize| Cell::Number(i64::try_from(n).unwrap_or(i64::MAX));
    let count = |n: u64| Cell::Number(i64::try_from(n).unwrap_or(i64::MAX));
    let (income, net, pool) = r.rewarded();
    // Hundredths of a per cent, cut off.
    let share = if net.fen() > 0 { i64::try_from(i128::from(pool.fen()) * 10_000 / i128::from(net.fen())).unwrap_or(0) } else { 0 };
    [
        (t!(cx.lang, "rewards.listed"), count(r.listed)),
        (t!(cx.lang, "rewards.listed_in_all"), count(r.listed_in_all)),
        (t!(cx.lang, "rewards.converted"), number(r.converted)),
        (t!(cx.lang, "rewards.contracts_count"), Cell::Number(r.count())),
        (t!(cx.lang, "rewards.contracts_value"), Cell::Money(r.value().fen())),
        (t!(cx.lang, "rewards.technical_value"), Cell::Money(r.technical_value().fen())),
        (t!(cx.lang, "rewards.received_year"), Cell::Money(r.received().fen())),
        (t!(cx.lang, "rewards.split_income"), Cell::Money(income.fen())),
        (t!(cx.lang, "rewards.split_net"), Cell::Money(net.fen())),
        (t!(cx.lang, "rewards.split_pool"), Cell::Money(pool.fen())),
        (t!(cx.lang, "rewards.split_share"), Cell::Share(share)),
        (t!(cx.lang, "rewards.people_count"), number(r.people.len())),
    ]
    .into_iter()
    .map(|(label, cell)| (label.to_owned(), cell))
    .collect()
}

fn summary_sheet(cx: &Cx, r: &AnnualReport) -> Sheet {
    let mut rows: Vec<Vec<Cell>> = vec![
        vec![t!(cx.lang, "rewards.unit").into(), r.unit.1.as_str().into()],
        vec![t!(cx.lang, "rewards.credit_code").into(), r.credit_code.as_str().into()],
        vec![t!(cx.lang, "rewards.year").into(), Cell::Text(r.year.to_string())],
    ];
    rows.extend(figures(cx, r).into_iter().map(|(label, cell)| vec![label.into(), cell]));
    if let Some(note) = &r.tax {
        rows.extend(tax::lines(cx, note).into_iter().map(|(label, amount)| vec![label.into(), Cell::Money(amount)]));
    }
    sheet(t!(cx.lang, "rewards.summary"), &[t!(cx.lang, "rewards.indicator"), t!(cx.lang, "rewards.value")], rows)
}

fn sheet(name: &str, heads: &[&str], rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { name: name.to_owned(), heads: heads.iter().map(|h| (*h).to_owned()).collect(), rows }
}

fn kind_heads(cx: &Cx) -> [&'static str; 5] {
    [
        t!(cx.lang, "rewards.kind"),
        t!(cx.lang, "rewards.contracts_count"),
        t!(cx.lang, "rewards.contracts_value"),
        t!(cx.lang, "rewards.technical_value"),
        t!(cx.lang, "rewards.received_year"),
    ]
}

fn contract_heads(cx: &Cx) -> [&'static str; 6] {
    [
        t!(cx.lang, "rewards.registration_number"),
        t!(cx.lang, "rewards.contract_title"),
        t!(cx.lang, "rewards.kind"),
        t!(cx.lang, "rewards.buyer"),
        t!(cx.lang, "rewards.registered_on"),
        t!(cx.lang, "rewards.contracts_value"),
    ]
}

fn split_heads(cx: &Cx) -> [&'static str; 6] {
    [
        t!(cx.lang, "rewards.number"),
        t!(cx.lang, "rewards.contract"),
        t!(cx.lang, "rewards.way"),
        t!(cx.lang, "rewards.income"),
        t!(cx.lang, "rewards.net"),
        t!(cx.lang, "rewards.pool"),
    ]
}

/// The whole report as tables.
fn tables(cx: &Cx, r: &AnnualReport) -> Vec<Sheet> {
    let kind = |kind: ContractKind| Cell::Text(code_label(cx.lang, ContractKind::GROUP, kind.code()));
    let kinds = r.kinds.iter().map(|k| {
        vec![
            kind(k.kind),
            Cell::Number(k.contracts),
            Cell::Money(k.value.fen()),
            Cell::Money(k.technical_value.fen()),
            Cell::Money(k.received.fen()),
        ]
    });
    let contracts = r.contracts.iter().map(|c| {
        vec![
            c.registration_number.as_str().into(),
            c.title.as_str().into(),
            kind(c.kind),
            c.buyer.as_str().into(),
            Cell::Day(c.registered_on),
            Cell::Money(c.value.fen()),
        ]
    });
    let splits = r.splits.iter().map(|s| {
        vec![
            s.number.as_str().into(),
            s.contract.clone().unwrap_or_default().into(),
            code_label(cx.lang, ConversionWay::GROUP, s.way.code()).into(),
            Cell::Money(s.income.fen()),
            Cell::Money(s.net().fen()),
            Cell::Money(s.pool.fen()),
        ]
    });
    let people = r.people.iter().map(|(name, amount)| vec![name.as_str().into(), Cell::Money(amount.fen())]);
    vec![
        summary_sheet(cx, r),
        sheet(t!(cx.lang, "rewards.conversions"), &kind_heads(cx), kinds.collect()),
        sheet(t!(cx.lang, "rewards.contracts"), &contract_heads(cx), contracts.collect()),
        sheet(t!(cx.lang, "rewards.splits"), &split_heads(cx), splits.collect()),
        sheet(t!(cx.lang, "rewards.people_year"), &[t!(cx.lang, "rewards.name"), t!(cx.lang, "rewards.amount")], people.collect()),
    ]
}

fn view(cx: &Cx, r: &AnnualReport, this: i32) -> AnyView {
    let print = cx.query.get("print") == "yes";
    let years = (this - YEARS_BACK..=this).rev().chain((r.year < this - YEARS_BACK).then_some(r.year));
    let tabs: Vec<_> = years
        .map(|year| {
            let words = t!(cx.lang, "rewards.report_year", year = year);
            (words, cx.here(&cx.query.with("year", &year.to_string())), year == r.year, None)
        })
        .collect();
    let link = |words: &str, name: &str, value: &str| ui::button_link(words, &cx.here(&cx.query.with(name, value)), ButtonStyle::Secondary);
    let ways = (!print && !r.is_empty()).then(|| {
        ui::buttons(vec![
            link(t!(cx.lang, "rewards.report_xlsx"), "format", "xlsx"),
            link(t!(cx.lang, "rewards.report_csv"), "format", "csv"),
            link(t!(cx.lang, "rewards.report_print"), "print", "yes"),
        ])
    });
    let unit = vec![
        (t!(cx.lang, "rewards.unit").to_owned(), r.unit.1.clone().into_any()),
        (t!(cx.lang, "rewards.credit_code").to_owned(), r.credit_code.clone().into_any()),
        (t!(cx.lang, "rewards.year").to_owned(), r.year.to_string().into_any()),
    ];
    let body = if r.is_empty() {
        let title = t!(cx.lang, "rewards.report_empty", year = r.year);
        let action = (t!(cx.lang, "rewards.title"), cx.href(&Route::Rewards));
        ui::empty(cx, &title, t!(cx.lang, "rewards.report_empty_text"), Some(action))
    } else {
        parts(cx, r, !print)
    };
    let printed = print.then(|| view! { <p class="hint">{t!(cx.lang, "rewards.printed", at = ui::date_time_text(cx, cx.now))}</p> });
    view! {
        {ui::breadcrumb(cx, &[(t!(cx.lang, "rewards.title"), cx.href(&Route::Rewards))])}
        {ui::page_title(t!(cx.lang, "rewards.report_title"), None, ways)}
        {ui::lead(t!(cx.lang, "rewards.report_lead"))}
        {(!print).then(|| ui::tabs(t!(cx.lang, "rewards.report_years"), tabs))}
        {ui::definition_list(unit)}
        {body}
        {printed}
    }
    .into_any()
}

/// A cell as people read it.
fn shown(cx: &Cx, cell: &Cell) -> AnyView {
    match cell {
        Cell::Money(fen) => ui::money(cx, *fen).into_any(),
        Cell::Number(n) => ui::count(*n).into_any(),
        Cell::Share(_) => format!("{}%", cell.text()).into_any(),
        Cell::Day(day) => ui::day(cx, *day),
        Cell::Text(text) => text.clone().into_any(),
        Cell::Empty => ().into_any(),
    }
}

fn parts(cx: &Cx, r: &AnnualReport, links: bool) -> AnyView {
    let owned = |heads: &[&str]| heads.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>();
    let drawn = |sheet: &Sheet, align: &[Align]| {
        let rows = sheet.rows.iter().take(LISTED).map(|row| row.iter().map(|cell| shown(cx, cell)).collect()).collect();
        let more = (sheet.rows.len() > LISTED).then(|| view! { <p class="hint">{t!(cx.lang, "rewards.contracts_more", n = LISTED)}</p> });
        view! { {ui::table(&sheet.name, sheet.heads.clone(), rows, align)}{more} }.into_any()
    };
    let figures = figures(cx, r).into_iter().map(|(label, cell)| (label, shown(cx, &cell))).collect();
    let tables = tables(cx, r);
    let (money, words) = (Align::End, Align::Start);
    let kinds = match tables.get(1).filter(|t| !t.rows.is_empty()) {
        Some(table) => drawn(table, &[words, money, money, money, money]),
        None => view! { <p>{t!(cx.lang, "rewards.conversions_none")}</p> }.into_any(),
    };
    let contracts = (!r.contracts.is_empty()).then(|| {
        let rows = r.contracts.iter().take(LISTED).map(|c| {
            let title = if links {
                let to = cx.href(&Route::Contract(c.number.clone()));
                view! { <a href=to>{c.title.clone()}</a> }.into_any()
            } else {
                c.title.clone().into_any()
            };
            vec![
                c.registration_number.clone().into_any(),
                title,
                code_label(cx.lang, ContractKind::GROUP, c.kind.code()).into_any(),
                c.buyer.clone().into_any(),
                ui::day(cx, c.registered_on),
                ui::money(cx, c.value.fen()).into_any(),
            ]
        });
        let align = [words, words, words, words, words, money];
        let table = ui::table(t!(cx.lang, "rewards.contracts"), owned(&contract_heads(cx)), rows.collect(), &align);
        let more = (r.contracts.len() > LISTED).then(|| view! { <p class="hint">{t!(cx.lang, "rewards.contracts_more", n = LISTED)}</p> });
        ui::section("contracts", t!(cx.lang, "rewards.contracts"), view! { {table}{more} }.into_any())
    });
    let splits = match tables.get(3).filter(|t| !t.rows.is_empty()) {
        Some(table) => drawn(table, &[words, words, words, money, money, money]),
        None => view! { <p>{t!(cx.lang, "rewards.splits_none")}</p> }.into_any(),
    };
    let people = tables
        .get(4)
        .filter(|t| !t.rows.is_empty())
        .map(|table| ui::section("people", t!(cx.lang, "rewards.people_year"), drawn(table, &[words, money])));
    view! {
        {ui::section("summary", t!(cx.lang, "rewards.summary"), ui::definition_list(figures))}
        {ui::section("conversions", t!(cx.lang, "rewards.conversions"), kinds)}
        {contracts}
        {ui::section("splits", t!(cx.lang, "rewards.splits"), splits)}
        {people}
        {r.tax.as_ref().filter(|note| note.income.fen() > 0).map(|note| tax::card(cx, note))}
    }
    .into_any()
}
