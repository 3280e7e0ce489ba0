//! One figure down to its evidence: the entries of the ledger that it is the sum of.

use keqiao_market::{
    Paged,
    ledger::{self, By, LedgerFilter, LedgerLine, Total},
    targets::{self, Measure, WHOLE_PLAN, has_fields, is_money},
};
use keqiao_model::{Coded, ContractKind, Field, Figure};
use leptos::prelude::*;

use super::{
    growth::growth,
    lines::{lines, sheet},
    parts::{Split, downloads, entries_href, exact, file, name, place_name, rule_box, split_chart},
};
use crate::{
    Cx, Form, Page, PageError, Route,
    listings::{options, region_name},
    t,
    ui::{self, Bar, Input},
    words::code_label,
};

/// Names in the address.
const FILTERS: [&str; 4] = ["year", "region", "field", "kind"];

/// What the page shows.
struct Evidence {
    figure: Figure,
    filter: LedgerFilter,
    lines: Paged<LedgerLine>,
    total: i64,
    years: Vec<i64>,
    /// By month, of what is chosen.
    months: Vec<Total>,
    /// The target of the year and place that are chosen; none when a field or a type is.
    target: Option<i64>,
    /// By field and by type, while nothing is chosen; only money has both.
    splits: Option<(Vec<Total>, Vec<Total>)>,
}

/// The county or department that the address asks for; a county that is no more is what it became.
fn region(cx: &Cx) -> Option<String> {
    let asked = cx.query.get("region");
    let department = cx.market.department(asked).map(|department| department.code.clone());
    department.or_else(|| cx.market.region(asked).map(|region| region.code.clone()))
}

/// What the address asks for. Unknown values are ignored: an old link never fails.
fn filter(cx: &Cx) -> LedgerFilter {
    LedgerFilter {
        year: cx.query.get("year").parse().ok().filter(|year| (1..=9_999).contains(year)),
        region: region(cx),
        field: Field::from_code(cx.query.get("field")),
        kind: ContractKind::from_code(cx.query.get("kind")),
    }
}

pub(super) async fn page(cx: &Cx, figure: &str) -> Result<Page, PageError> {
    let figure = Figure::from_code(figure).ok_or(PageError::NotFound)?;
    let filter = filter(cx);
    let whole = filter == LedgerFilter::default();
    if matches!(cx.query.get("format"), "csv" | "xlsx") {
        let lines = ledger::export(&cx.market, figure, &filter).await?;
        let title = name(cx, figure);
        if let Some(page) = file(cx, figure.code(), || vec![sheet(cx, &title, &lines)])? {
            return Ok(page);
        }
    }
    let lines = ledger::entries(&cx.market, figure, &filter, cx.query.page()).await?;
    let total = ledger::total(&cx.market, figure, &filter).await?;
    let years = ledger::totals(&cx.market, figure, By::Year).await?.iter().filter_map(|part| part.year).collect();
    let splits = if whole && is_money(figure) {
        Some((ledger::totals(&cx.market, figure, By::Field).await?, ledger::totals(&cx.market, figure, By::Kind).await?))
    } else {
        None
    };
    let months = ledger::totals_within(&cx.market, figure, By::Month, &filter).await?;
    let (year, place) = (filter.year.unwrap_or(WHOLE_PLAN), filter.region.as_deref().unwrap_or(&cx.market.config().city));
    let aims = if filter.field.is_none() && filter.kind.is_none() { targets::targets(&cx.market).await? } else { Vec::new() };
    let aim = aims.into_iter().find(|t| t.measure == Measure::Figure(figure) && t.year == year && t.region == place);
    let target = aim.map(|aim| aim.amount);
    let evidence = Evidence { figure, filter, lines, total, years, months, target, splits };
    let words = name(cx, figure);
    let title = t!(cx.lang, "targets.entries_title", figure = words);
    let description = super::parts::rule(cx, figure);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &words, &evidence)).public(description))
}

fn view(cx: &Cx, title: &str, evidence: &Evidence) -> AnyView {
    let chosen = evidence.filter != LedgerFilter::default();
    let total_words = if chosen { t!(cx.lang, "targets.filtered_total") } else { t!(cx.lang, "targets.total") };
    let list = if evidence.lines.total > 0 {
        view! { {lines(cx, evidence.figure, &evidence.lines.items)}{downloads(cx)}{ui::pager(cx, evidence.lines.total, evidence.lines.per_page)} }.into_any()
    } else if chosen {
        let clear = Some((t!(cx.lang, "targets.clear"), cx.href(&cx.route)));
        ui::empty(cx, t!(cx.lang, "targets.none_match"), t!(cx.lang, "targets.none_match_text"), clear)
    } else {
        let (text, action) = if evidence.figure == Figure::BrokersTrained {
            (t!(cx.lang, "targets.nobody_yet_text"), None)
        } else {
            (t!(cx.lang, "targets.not_yet_text"), Some((t!(cx.lang, "targets.to_contracts"), cx.href(&Route::Contracts))))
        };
        ui::empty(cx, t!(cx.lang, "targets.not_yet"), text, action)
    };
    view! {
        {ui::breadcrumb(cx, &[(t!(cx.lang, "targets.title"), cx.href(&Route::Targets))])}
        {ui::page_title(title, None, None)}
        <div class="spaced">
        {rule_box(cx, evidence.figure)}
        {growth(cx, evidence.figure, evidence.filter.year.unwrap_or(WHOLE_PLAN), &evidence.months, evidence.target)}
        {splits(cx, evidence)}
        <div class="search-page">
            {filters(cx, evidence)}
            <section class="search-results" aria-labelledby="entries-title">
                <h2 class="hidden-text" id="entries-title">{t!(cx.lang, "targets.results")}</h2>
                {chips(cx, evidence)}
                <div class="toolbar">
                    <p class="found" role="status">{t!(cx.lang, "targets.found", n = ui::count(evidence.lines.total))}</p>
                    <div class="found">{total_words}" "{exact(cx, evidence.figure, evidence.total)}</div>
                </div>
                {list}
                <p class="hint">{t!(cx.lang, "targets.entries_lead")}</p>
            </section>
        </div>
        </div>
    }
    .into_any()
}

/// Fields and types, each leading to its entries.
fn splits(cx: &Cx, evidence: &Evidence) -> Option<AnyView> {
    let (fields, kinds) = evidence.splits.as_ref().filter(|(fields, _)| !fields.is_empty())?;
    let bars = |parts: &[Total], name: &str, group: &str, code: &dyn Fn(&Total) -> Option<&'static str>| -> Vec<Bar> {
        let mut bars: Vec<Bar> = parts
            .iter()
            .filter_map(|part| {
                let code = code(part)?;
                let href = Some(entries_href(cx, evidence.figure, Some((name, code))));
                Some(Bar { label: code_label(cx.lang, group, code), value: part.amount, href })
            })
            .collect();
        bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
        bars
    };
    let fields = bars(fields, "field", Field::GROUP, &|part| part.field.map(|field| field.code()));
    let kinds = bars(kinds, "kind", ContractKind::GROUP, &|part| part.kind.map(|kind| kind.code()));
    let charts = view! {
        <div class="home-columns">
            {ui::bar_list(cx, split_chart(cx, evidence.figure, &Split::Field, fields))}
            {ui::bar_list(cx, split_chart(cx, evidence.figure, &Split::Kind, kinds))}
        </div>
    }
    .into_any();
    Some(ui::details(t!(cx.lang, "targets.fields_kinds"), false, charts))
}

fn filters(cx: &Cx, evidence: &Evidence) -> AnyView {
    let chosen =
        |name: &str| if name == "region" { evidence.filter.region.clone().unwrap_or_default() } else { cx.query.get(name).to_owned() };
    let form = Form::filled(FILTERS.iter().map(|name| (*name, chosen(name))).collect());
    let years = evidence.years.iter().rev().map(|year| (year.to_string(), year.to_string())).collect();
    let counties = cx.market.counties().map(|county| (county.code.clone(), region_name(cx, &county.code)));
    let city = (cx.market.config().city.clone(), t!(cx.lang, "targets.elsewhere").to_owned());
    let fields = has_fields(evidence.figure);
    let of_departments = if fields { &cx.market.config().departments[..] } else { &[] };
    let departments: Vec<_> = of_departments.iter().map(|department| (department.code.clone(), place_name(cx, &department.code))).collect();
    let groups = if departments.is_empty() { Vec::new() } else { vec![(t!(cx.lang, "targets.departments").to_owned(), departments)] };
    let places = std::iter::once((t!(cx.lang, "targets.counties").to_owned(), counties.chain([city]).collect())).chain(groups).collect();
    let contract = fields.then(|| {
        view! {
            {ui::select(cx, &form, Input::new("field", t!(cx.lang, "targets.field")).blank(t!(cx.lang, "targets.all_fields")), options::<Field>(cx.lang))}
            {ui::select(cx, &form, Input::new("kind", t!(cx.lang, "targets.kind")).blank(t!(cx.lang, "targets.all_kinds")), options::<ContractKind>(cx.lang))}
        }
    });
    let body = view! {
        {ui::select(cx, &form, Input::new("year", t!(cx.lang, "targets.year")).blank(t!(cx.lang, "targets.all_years")), years)}
        {ui::select_grouped(cx, &form, Input::new("region", t!(cx.lang, "targets.place_of")).blank(t!(cx.lang, "targets.all_counties")), places)}
        {contract}
    }
    .into_any();
    ui::filter_panel(cx, &FILTERS, body)
}

fn chips(cx: &Cx, evidence: &Evidence) -> AnyView {
    let filter = &evidence.filter;
    let chosen = [
        ("year", t!(cx.lang, "targets.year"), filter.year.map(|year| year.to_string())),
        ("region", t!(cx.lang, "targets.place_of"), filter.region.as_deref().map(|code| chosen_place(cx, code))),
        ("field", t!(cx.lang, "targets.field"), filter.field.map(|field| code_label(cx.lang, Field::GROUP, field.code()))),
        ("kind", t!(cx.lang, "targets.kind"), filter.kind.map(|kind| code_label(cx.lang, ContractKind::GROUP, kind.code()))),
    ];
    let chips: Vec<(String, String, String)> =
        chosen.into_iter().filter_map(|(name, label, value)| Some((label.to_owned(), value?, cx.here(&cx.query.with(name, ""))))).collect();
    ui::chips(cx, chips, &cx.href(&cx.route))
}

/// A place that was chosen: the city itself, a county, a department.
fn chosen_place(cx: &Cx, code: &str) -> String {
    if cx.market.department(code).is_some() { place_name(cx, code) } else { super::lines::place(cx, code) }
}
