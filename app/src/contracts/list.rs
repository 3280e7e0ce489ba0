//! The public register, and the contracts of the organisation acted for. Everything chosen stands in the address.

use keqiao_market::{
    Paged,
    contracts::{self, ContractSummary, Filter, Scope},
};
use keqiao_model::{Coded, ContractKind, ContractState, Field, OUTSIDE};
use leptos::prelude::*;
use time::OffsetDateTime;

use super::export;
use crate::{
    Cx, Form, Page, PageError, Query, Route,
    listings::{options, region_name},
    review::due_badge,
    t,
    ui::{self, ButtonStyle, Input, ResultItem},
    words::code_label,
};

/// Parameters of the filter form.
const FILTERS: [&str; 5] = ["kind", "field", "region", "year", "state"];
/// Years offered besides the current one.
const YEARS_BACK: i32 = 4;
/// Longest search, characters.
const QUERY_MAX: usize = 100;

/// The city, its counties, and outside it.
pub(super) fn region_options(cx: &Cx) -> Vec<(String, String)> {
    let regions = cx.market.config().regions.iter().map(|r| r.code.clone());
    regions.chain([OUTSIDE.to_owned()]).map(|code| (code.clone(), region_name(cx, &code))).collect()
}

fn this_year(at: OffsetDateTime) -> i32 {
    at.to_offset(keqiao_market::CHINA).year()
}

/// What the address asks for. Unknown values are ignored: an old link never fails.
fn filter(cx: &Cx) -> Filter {
    let own = cx.query.get("tab") == "own";
    Filter {
        scope: if own { Scope::Own } else { Scope::Public },
        query: cx.query.get("q").trim().chars().take(QUERY_MAX).collect(),
        kind: ContractKind::from_code(cx.query.get("kind")),
        field: Field::from_code(cx.query.get("field")),
        region: Some(cx.market.current(cx.query.get("region")))
            .filter(|code| region_options(cx).iter().any(|(known, _)| known == code))
            .map(str::to_owned),
        year: cx.query.get("year").parse().ok().filter(|year| (1980..=9999).contains(year)),
        state: ContractState::from_code(cx.query.get("state")).filter(|_| own),
    }
}

/// The register, or one's own contracts.
pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let filter = filter(cx);
    if let format @ ("csv" | "xlsx") = cx.query.get("format") {
        return export::file(cx, &filter, format).await;
    }
    let found = contracts::contracts(&cx.market, &cx.actor, &filter, cx.query.page()).await?;
    let public = filter.scope == Scope::Public;
    let title = if public { t!(cx.lang, "contracts.title") } else { t!(cx.lang, "contracts.own") };
    let lead = if public { t!(cx.lang, "contracts.lead") } else { t!(cx.lang, "contracts.own_lead") };
    let cx = cx.clone();
    let page = Page::new(title, move || view(&cx, &filter, &found));
    Ok(if public { page.public(lead) } else { page })
}

fn view(cx: &Cx, filter: &Filter, found: &Paged<ContractSummary>) -> AnyView {
    let own = filter.scope == Scope::Own;
    let records = cx.actor.organisation().is_some();
    let record = records.then(|| ui::button_link(t!(cx.lang, "contracts.record"), &cx.href(&Route::ContractNew), ButtonStyle::Primary));
    let import = cx.actor.person().is_some_and(|p| p.officer.is_some());
    let import =
        import.then(|| ui::button_link(t!(cx.lang, "register_import.title"), &cx.href(&Route::ContractImport), ButtonStyle::Secondary));
    let beside = (record.is_some() || import.is_some()).then(|| ui::buttons(record.into_iter().chain(import).collect()));
    let tabs = (records || own || cx.actor.is_broker()).then(|| {
        let to_own = format!("{}{}", cx.href(&cx.route), Query(vec![("tab".to_owned(), "own".to_owned())]).to_search());
        let tabs = vec![
            (t!(cx.lang, "contracts.register").to_owned(), cx.href(&cx.route), !own, None),
            (t!(cx.lang, "contracts.own").to_owned(), to_own, own, None),
        ];
        ui::tabs(t!(cx.lang, "contracts.title"), tabs)
    });
    let export = export::links(cx, found.total);
    let lead = if own { t!(cx.lang, "contracts.own_lead") } else { t!(cx.lang, "contracts.lead") };
    let ways = view! {
        <p class="hint">
            <a href=cx.href(&Route::Certificates)>{t!(cx.lang, "certificates.title")}</a>" · "
            <a href=cx.href(&Route::Rules)>{t!(cx.lang, "rules.title")}</a>
        </p>
    };
    let list = if found.items.is_empty() {
        none(cx, filter, records)
    } else {
        ui::results(found.items.iter().map(|c| line(cx, c, own)).collect())
    };
    view! {
        {ui::page_title(t!(cx.lang, "contracts.title"), None, beside)}
        {ui::lead(lead)}
        {ways}
        {tabs}
        {ui::search_form(cx, t!(cx.lang, "contracts.search_label"), t!(cx.lang, "contracts.search_placeholder"))}
        <div class="search-page">
            {ui::filter_panel(cx, &FILTERS, filters(cx, filter))}
            <section class="search-results" aria-labelledby="results-title">
                <h2 class="hidden-text" id="results-title">{t!(cx.lang, "contracts.results")}</h2>
                {chips(cx, filter)}
                <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "contracts.count", n = ui::count(found.total))}</p>{export}</div>
                {list}
                {ui::pager(cx, found.total, found.per_page)}
            </section>
        </div>
    }
    .into_any()
}

/// The same list without search and filters.
fn everything(cx: &Cx) -> String {
    cx.here(&Query(cx.query.0.iter().filter(|(name, _)| name == "tab").cloned().collect()))
}

fn none(cx: &Cx, filter: &Filter, records: bool) -> AnyView {
    let asked = Filter { scope: filter.scope, ..Filter::default() } != *filter;
    let (text, action) = if asked {
        (t!(cx.lang, "contracts.none_found"), (t!(cx.lang, "contracts.clear"), everything(cx)))
    } else if filter.scope == Scope::Own && records {
        (t!(cx.lang, "contracts.none_own"), (t!(cx.lang, "contracts.record"), cx.href(&Route::ContractNew)))
    } else if filter.scope == Scope::Own {
        (t!(cx.lang, "contracts.none_own"), (t!(cx.lang, "deals.title"), cx.href(&Route::Deals)))
    } else {
        (t!(cx.lang, "contracts.none_yet"), (t!(cx.lang, "contracts.to_targets"), cx.href(&Route::Targets)))
    };
    ui::empty(cx, t!(cx.lang, "contracts.nothing"), text, Some(action))
}

fn filters(cx: &Cx, filter: &Filter) -> AnyView {
    let form = Form::filled(cx.query.0.iter().cloned().collect());
    let input = |name: &'static str, label: &'static str| Input::new(name, label).blank(t!(cx.lang, "contracts.any"));
    let now = this_year(cx.now);
    let mut years: Vec<i32> = (now - YEARS_BACK..=now).rev().collect();
    years.extend(filter.year.filter(|year| !(now - YEARS_BACK..=now).contains(year)));
    let years = years.into_iter().map(|year| (year.to_string(), year.to_string())).collect();
    let state = (filter.scope == Scope::Own)
        .then(|| ui::select(cx, &form, input("state", t!(cx.lang, "contracts.state")), options::<ContractState>(cx.lang)));
    view! {
        {state}
        {ui::select(cx, &form, input("kind", t!(cx.lang, "contracts.kind")), options::<ContractKind>(cx.lang))}
        {ui::select(cx, &form, input("field", t!(cx.lang, "fields.field")), options::<Field>(cx.lang))}
        {ui::select(cx, &form, input("region", t!(cx.lang, "contracts.region")), region_options(cx))}
        {ui::select(cx, &form, input("year", t!(cx.lang, "contracts.year")), years)}
    }
    .into_any()
}

fn chips(cx: &Cx, filter: &Filter) -> AnyView {
    let without = |name: &str| cx.here(&cx.query.with(name, ""));
    let mut chips = Vec::new();
    let mut chip = |name: &str, label: &str, value: String| chips.push((label.to_owned(), value, without(name)));
    if !filter.query.is_empty() {
        chip("q", t!(cx.lang, "listings.words"), filter.query.clone());
    }
    if let Some(state) = filter.state {
        chip("state", t!(cx.lang, "contracts.state"), code_label(cx.lang, ContractState::GROUP, state.code()));
    }
    if let Some(kind) = filter.kind {
        chip("kind", t!(cx.lang, "contracts.kind"), code_label(cx.lang, ContractKind::GROUP, kind.code()));
    }
    if let Some(field) = filter.field {
        chip("field", t!(cx.lang, "fields.field"), code_label(cx.lang, Field::GROUP, field.code()));
    }
    if let Some(region) = &filter.region {
        chip("region", t!(cx.lang, "contracts.region"), region_name(cx, region));
    }
    if let Some(year) = filter.year {
        chip("year", t!(cx.lang, "contracts.year"), year.to_string());
    }
    ui::chips(cx, chips, &everything(cx))
}

/// One contract in a list of contracts in any state; in the officers' queue it leads to the decision and says how long it has waited.
pub(crate) fn contract_line(cx: &Cx, contract: &ContractSummary) -> AnyView {
    line(cx, contract, true)
}

fn line(cx: &Cx, contract: &ContractSummary, with_state: bool) -> AnyView {
    let queued = cx.route == Route::Review;
    let to = if queued { Route::ReviewContract(contract.number.clone()) } else { Route::Contract(contract.number.clone()) };
    let mut meta = vec![
        contract.registration_number.clone().unwrap_or_else(|| contract.number.clone()),
        format!("{} → {}", contract.seller.1, contract.buyer.1),
        code_label(cx.lang, ContractKind::GROUP, contract.kind.code()),
        code_label(cx.lang, Field::GROUP, contract.field.code()),
        region_name(cx, &contract.region),
        t!(cx.lang, "contracts.signed", day = ui::day_text(cx, contract.signed_on)),
    ];
    if queued {
        meta.push(t!(cx.lang, "review.waiting", n = (cx.now - contract.updated_at).whole_days()));
    }
    let mut badges = if with_state { vec![ui::state_badge(cx, ContractState::GROUP, contract.state.code())] } else { Vec::new() };
    if queued {
        badges.extend(due_badge(cx, contract));
        meta.extend(contract.due_on.map(|day| t!(cx.lang, "review.due", day = ui::day_text(cx, day))));
    }
    let amount = ui::money_compact(cx, contract.value.fen());
    ui::result_item(ResultItem {
        badges,
        meta: meta.into_iter().map(IntoAny::into_any).collect(),
        side: Some(view! { <span class="amount">{amount}</span> }.into_any()),
        ..ResultItem::new(contract.title.clone().into_any(), cx.href(&to))
    })
}
