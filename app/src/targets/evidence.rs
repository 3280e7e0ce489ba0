//! One figure down to its evidence: the entries of the ledger that it is the sum of.

use keqiao_market::{
    Paged,
    ledger::{self, By, LedgerFilter, LedgerLine, LedgerSubject, Total},
    targets::is_money,
};
use keqiao_model::{Coded, ContractKind, Field, Figure, ListingKind, RefusalCode};
use leptos::prelude::*;

use super::parts::{Split, entries_href, exact, name, rule_box, split_chart};
use crate::{
    Cx, Form, Page, PageError, Route,
    listings::{options, region_name},
    t,
    ui::{self, Align, Bar, Input, Tone},
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
    /// By field and by type, while nothing is chosen; only money has both.
    splits: Option<(Vec<Total>, Vec<Total>)>,
}

/// What the address asks for. Unknown values are ignored: an old link never fails.
fn filter(cx: &Cx) -> LedgerFilter {
    LedgerFilter {
        year: cx.query.get("year").parse().ok().filter(|year| (1..=9_999).contains(year)),
        region: cx.market.region(cx.query.get("region")).map(|region| region.code.clone()),
        field: Field::from_code(cx.query.get("field")),
        kind: ContractKind::from_code(cx.query.get("kind")),
    }
}

pub(super) async fn page(cx: &Cx, figure: &str) -> Result<Page, PageError> {
    let figure = Figure::from_code(figure).ok_or(PageError::NotFound)?;
    let filter = filter(cx);
    let whole = filter == LedgerFilter::default();
    let lines = ledger::entries(&cx.market, figure, &filter, cx.query.page()).await?;
    let total = ledger::total(&cx.market, figure, &filter).await?;
    let years = ledger::totals(&cx.market, figure, By::Year).await?.iter().filter_map(|part| part.year).collect();
    let splits = if whole && is_money(figure) {
        Some((ledger::totals(&cx.market, figure, By::Field).await?, ledger::totals(&cx.market, figure, By::Kind).await?))
    } else {
        None
    };
    let evidence = Evidence { figure, filter, lines, total, years, splits };
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
        view! { {lines(cx, evidence)}{ui::pager(cx, evidence.lines.total, evidence.lines.per_page)} }.into_any()
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
    let form = Form::filled(FILTERS.iter().map(|name| (*name, cx.query.get(name))).collect());
    let years = evidence.years.iter().rev().map(|year| (year.to_string(), year.to_string())).collect();
    let counties = cx.market.counties().map(|county| (county.code.clone(), region_name(cx, &county.code)));
    let city = (cx.market.config().city.clone(), t!(cx.lang, "targets.elsewhere").to_owned());
    let trained = evidence.figure == Figure::BrokersTrained;
    let contract = (!trained).then(|| {
        view! {
            {ui::select(cx, &form, Input::new("field", t!(cx.lang, "targets.field")).blank(t!(cx.lang, "targets.all_fields")), options::<Field>(cx.lang))}
            {ui::select(cx, &form, Input::new("kind", t!(cx.lang, "targets.kind")).blank(t!(cx.lang, "targets.all_kinds")), options::<ContractKind>(cx.lang))}
        }
    });
    let body = view! {
        {ui::select(cx, &form, Input::new("year", t!(cx.lang, "targets.year")).blank(t!(cx.lang, "targets.all_years")), years)}
        {ui::select(cx, &form, Input::new("region", t!(cx.lang, "targets.county")).blank(t!(cx.lang, "targets.all_counties")), counties.chain([city]).collect())}
        {contract}
    }
    .into_any();
    ui::filter_panel(cx, &FILTERS, body)
}

fn chips(cx: &Cx, evidence: &Evidence) -> AnyView {
    let filter = &evidence.filter;
    let chosen = [
        ("year", t!(cx.lang, "targets.year"), filter.year.map(|year| year.to_string())),
        ("region", t!(cx.lang, "targets.county"), filter.region.as_deref().map(|code| place(cx, code))),
        ("field", t!(cx.lang, "targets.field"), filter.field.map(|field| code_label(cx.lang, Field::GROUP, field.code()))),
        ("kind", t!(cx.lang, "targets.kind"), filter.kind.map(|kind| code_label(cx.lang, ContractKind::GROUP, kind.code()))),
    ];
    let chips: Vec<(String, String, String)> =
        chosen.into_iter().filter_map(|(name, label, value)| Some((label.to_owned(), value?, cx.here(&cx.query.with(name, ""))))).collect();
    ui::chips(cx, chips, &cx.href(&cx.route))
}

/// Where an entry counts: a county, or the city itself.
fn place(cx: &Cx, code: &str) -> String {
    if code == cx.market.config().city { t!(cx.lang, "targets.elsewhere").to_owned() } else { region_name(cx, code) }
}

fn lines(cx: &Cx, evidence: &Evidence) -> AnyView {
    let money = is_money(evidence.figure);
    let rows = evidence.lines.items.iter().map(|line| row(cx, evidence.figure, money, line)).collect();
    let amount = if money { t!(cx.lang, "targets.amount") } else { t!(cx.lang, "targets.number_counted") };
    let mut head = vec![t!(cx.lang, "targets.subject"), t!(cx.lang, "targets.on"), t!(cx.lang, "targets.county")];
    let mut align = vec![Align::Start; 3];
    if evidence.figure != Figure::BrokersTrained {
        head.push(if money { t!(cx.lang, "targets.parties") } else { t!(cx.lang, "targets.contract") });
        align.push(Align::Start);
    }
    head.push(amount);
    align.push(Align::End);
    ui::record_table(t!(cx.lang, "targets.entries"), head.into_iter().map(str::to_owned).collect(), rows, &align)
}

fn row(cx: &Cx, figure: Figure, money: bool, line: &LedgerLine) -> Vec<AnyView> {
    let reversed = (line.amount < 0).then(|| {
        let why = (!line.code.is_empty()).then(|| match line.code.strip_prefix("amendment:") {
            Some(place) => t!(cx.lang, "amendments.in_ledger", place = place),
            None => code_label(cx.lang, RefusalCode::GROUP, &line.code),
        });
        view! { " "{ui::badge(t!(cx.lang, "targets.reversed"), Tone::Warn)}<span class="hint">{why}</span> }
    });
    let mut cells =
        vec![view! { <div>{subject(cx, line)}{reversed}</div> }.into_any(), ui::day(cx, line.on), place(cx, &line.region).into_any()];
    if figure != Figure::BrokersTrained {
        cells.push(if money { parties(cx, line) } else { contract(cx, line) });
    }
    let sign = if line.amount > 0 && !money { "+" } else { "" };
    cells.push(if money { exact(cx, figure, line.amount).into_any() } else { format!("{sign}{}", ui::count(line.amount)).into_any() });
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
