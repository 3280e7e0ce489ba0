//! Searching one side of the market. Everything chosen stands in the address.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use keqiao_market::matching::{self, Found};
use keqiao_model::{Coded, Cooperation, Fen, Field, INDUSTRY_GROUP, Lang, ListingKind};
use keqiao_search::{Also, Bounds, Correction, Facet, Labels, SearchRequest, Sort, Synonyms};
use leptos::prelude::*;

use super::{index_notice, marked, summary_meta};
use crate::{
    Cx, Form, Page, PageError, Route, t,
    ui::{self, ButtonStyle, FacetOption, Input, ResultItem, Tone},
    words::code_label,
};

/// The words of a facet value.
fn facet_label(cx: &Cx, facet: Facet, code: &str) -> String {
    match facet {
        Facet::Field => code_label(cx.lang, Field::GROUP, code),
        Facet::Industry => code_label(cx.lang, INDUSTRY_GROUP, code),
        Facet::Region => region_name(cx, code),
        Facet::Trl => format!("TRL {code}"),
        Facet::Cooperation => code_label(cx.lang, Cooperation::GROUP, code),
    }
}

/// The name of a region, or that it lies outside the city.
pub(crate) fn region_name(cx: &Cx, code: &str) -> String {
    match cx.market.region(code) {
        Some(region) => match cx.lang {
            Lang::Zh => region.zh.clone(),
            Lang::En => region.en.clone(),
        },
        None => t!(cx.lang, "listings.outside").to_owned(),
    }
}

fn facet_legend(cx: &Cx, facet: Facet) -> &'static str {
    match facet {
        Facet::Field => t!(cx.lang, "fields.field"),
        Facet::Industry => t!(cx.lang, "fields.industry"),
        Facet::Region => t!(cx.lang, "listings.region"),
        Facet::Trl => t!(cx.lang, "listings.trl"),
        Facet::Cooperation => t!(cx.lang, "fields.cooperation"),
    }
}

/// Names of the ranges in addresses.
const RANGES: [&str; 4] = ["price_min", "price_max", "trl_min", "trl_max"];
/// Longest synonym, in bytes, that an address can leave out, and how many.
const LONGEST_WORD: usize = 80;
const MOST_WORDS: usize = 20;

/// What people may write behind `field:` and `region:`: codes, and their words in both languages.
fn labels(cx: &Cx) -> Labels {
    let mut labels = Labels::default();
    for field in Field::all() {
        labels.add(Facet::Field, field.code(), field.code());
        for lang in Lang::ALL {
            labels.add(Facet::Field, &code_label(lang, Field::GROUP, field.code()), field.code());
        }
    }
    for region in &cx.market.config().regions {
        let former = region.former.iter().flat_map(|f| [&f.code, &f.zh, &f.en]);
        for label in [&region.code, &region.zh, &region.en].into_iter().chain(former).filter(|label| !label.is_empty()) {
            labels.add(Facet::Region, label, &region.code);
        }
    }
    labels
}

/// The ends of a range that the address names; what is no number leaves its end open.
fn bounds(cx: &Cx, name: &str, read: impl Fn(&str) -> Option<i64>) -> Bounds {
    let end = |which: &str| Some(cx.query.get(&format!("{name}_{which}"))).filter(|typed| !typed.trim().is_empty()).and_then(&read);
    Bounds { min: end("min"), max: end("max") }
}

/// What the address asks for, by these facets. Unknown values are ignored: an old link never fails.
pub(crate) fn request(cx: &Cx, kind: ListingKind, facets: &[Facet]) -> SearchRequest {
    let mut filters: BTreeMap<Facet, BTreeSet<String>> = BTreeMap::new();
    for facet in facets.iter().copied() {
        let chosen = cx.query.all(facet.code()).into_iter().filter(|v| !v.is_empty() && v.len() <= 40);
        // The code of a region that is no more leads to what became of it.
        let chosen: BTreeSet<String> = chosen.map(|v| if facet == Facet::Region { cx.market.current(v) } else { v }.to_owned()).collect();
        if !chosen.is_empty() {
            filters.insert(facet, chosen);
        }
    }
    let sort = Sort::from_code(cx.query.get("sort")).unwrap_or(Sort::Relevance);
    let without = cx.query.all("nosyn").into_iter().filter(|word| word.len() <= LONGEST_WORD).take(MOST_WORDS).map(str::to_owned);
    SearchRequest {
        filters,
        price: bounds(cx, "price", |typed| Fen::parse_yuan(typed).ok().map(Fen::fen)),
        trl: bounds(cx, "trl", |typed| typed.parse().ok().filter(|level| (1..=9).contains(level))),
        labels: Arc::new(labels(cx)),
        synonyms: Synonyms { on: cx.query.get("syn") != "0", without: without.collect() },
        exact: cx.query.get("exact") == "1",
        sort,
        ..SearchRequest::new(kind, cx.query.get("q"))
    }
}

/// The search page of a side.
pub(crate) async fn page(cx: &Cx, kind: ListingKind) -> Result<Page, PageError> {
    let request = request(cx, kind, &Facet::all());
    let found = matching::search_listings(&cx.market, request.clone(), cx.query.page()).await?;
    let (title, description) = match kind {
        ListingKind::Demand => (t!(cx.lang, "listings.demands"), t!(cx.lang, "listings.demands_lead")),
        ListingKind::Achievement => (t!(cx.lang, "listings.achievements"), t!(cx.lang, "listings.achievements_lead")),
    };
    let full = if request.query.trim().is_empty() {
        title.to_owned()
    } else {
        t!(cx.lang, "listings.search_title", q = request.query.trim(), side = title)
    };
    let cx = cx.clone();
    Ok(Page::new(full, move || view(&cx, kind, title, description, &request, found)).public(description))
}

fn view(cx: &Cx, kind: ListingKind, title: &str, lead: &str, request: &SearchRequest, found: Found) -> AnyView {
    let post = match kind {
        ListingKind::Demand => t!(cx.lang, "listings.post_demand"),
        ListingKind::Achievement => t!(cx.lang, "listings.list_achievement"),
    };
    let beside = ui::button_link(post, &cx.href(&Route::ListingNew(kind)), ButtonStyle::Primary);
    let own: Vec<&str> = Facet::all().iter().map(|f| f.code()).chain(RANGES).collect();
    let filters = view! { {facets(cx, &Facet::all(), request, &found.facets)}{ranges(cx, kind)} };
    let panel = ui::filter_panel(cx, &own, filters.into_any());
    let sorts = [
        (Sort::Relevance.code(), t!(cx.lang, "listings.sort_relevance")),
        (Sort::Newest.code(), t!(cx.lang, "listings.sort_newest")),
        (Sort::Deadline.code(), t!(cx.lang, "listings.sort_deadline")),
    ];
    let total = found.page.total;
    let items: Vec<AnyView> = found
        .page
        .items
        .iter()
        .map(|item| {
            let to = cx.href(&Route::Listing(kind, item.listing.number.clone()));
            ui::result_item(ResultItem {
                meta: summary_meta(cx, &item.listing),
                snippet: Some(marked(&item.snippet)),
                ..ResultItem::new(marked(&item.title), to)
            })
        })
        .collect();
    let list = if items.is_empty() {
        let (text, action) = if is_open(request) {
            (t!(cx.lang, "listings.none_yet"), Some((post, cx.href(&Route::ListingNew(kind)))))
        } else {
            (t!(cx.lang, "listings.none_found"), Some((t!(cx.lang, "listings.clear"), cx.href(&cx.route))))
        };
        ui::empty(cx, t!(cx.lang, "listings.nothing"), text, action)
    } else {
        ui::results(items)
    };
    view! {
        {ui::page_title(title, None, Some(beside))}
        {ui::lead(lead)}
        {ui::suggesting_form(cx, t!(cx.lang, "listings.search_label"), t!(cx.lang, "listings.search_placeholder"), kind)}
        {help(cx)}
        {index_notice(cx)}
        <div class="search-page">
            {panel}
            <section class="search-results" aria-labelledby="results-title">
                <h2 class="hidden-text" id="results-title">{t!(cx.lang, "listings.results")}</h2>
                {chips(cx, request)}
                {correction(cx, found.correction.as_ref())}
                {partly(cx, found.partly)}
                {also(cx, request, &found.also)}
                <div class="toolbar">
                    <p class="found" role="status">{t!(cx.lang, "listings.count", n = ui::count(total))}</p>
                    {ui::sort_links(cx, &sorts)}
                </div>
                {list}
                {ui::pager(cx, found.page.total, found.page.per_page)}
            </section>
        </div>
    }
    .into_any()
}

fn is_open(request: &SearchRequest) -> bool {
    request.query.trim().is_empty() && request.filters.is_empty() && request.price.is_open() && request.trl.is_open()
}

/// What can be written in the search field beyond words.
pub(crate) fn help(cx: &Cx) -> AnyView {
    let rows = [
        ("\"…\"", t!(cx.lang, "search.help_phrase")),
        ("-…", t!(cx.lang, "search.help_without")),
        (t!(cx.lang, "search.example_or"), t!(cx.lang, "search.help_or")),
        (t!(cx.lang, "search.example_place"), t!(cx.lang, "search.help_place")),
        (t!(cx.lang, "search.example_property"), t!(cx.lang, "search.help_property")),
    ];
    let rows = rows.into_iter().map(|(typed, means)| (typed.to_owned(), means.into_any())).collect();
    ui::details(t!(cx.lang, "search.help"), false, ui::definition_list(rows))
}

/// Whether something else was probably meant, and the way to it or back.
pub(crate) fn correction(cx: &Cx, correction: Option<&Correction>) -> AnyView {
    let Some(Correction { query, searched }) = correction else { return ().into_any() };
    let typed = cx.query.get("q").to_owned();
    let body = if *searched {
        let to = cx.here(&cx.query.with("exact", "1"));
        view! {
            <p>{t!(cx.lang, "search.showing")}" "<strong>{query.clone()}</strong></p>
            <p>{t!(cx.lang, "search.instead")}" "<a class="search-instead" href=to>{typed}</a></p>
        }
        .into_any()
    } else {
        let to = cx.here(&cx.query.with("q", query));
        view! { <p>{t!(cx.lang, "search.did_you_mean")}" "<a class="search-meant" href=to>{query.clone()}</a></p> }.into_any()
    };
    ui::notice(cx, Tone::Info, body)
}

/// Says that no result has all the words.
pub(crate) fn partly(cx: &Cx, partly: bool) -> AnyView {
    if !partly {
        return ().into_any();
    }
    ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "search.partly")}</p> }.into_any())
}

/// Other words that were searched too, each with a way to leave it out.
pub(crate) fn also(cx: &Cx, request: &SearchRequest, also: &[Also]) -> AnyView {
    let link = |words: &str, query: &crate::Query| view! { " "<a href=cx.here(query)>{words.to_owned()}</a> }.into_any();
    if request.query.trim().is_empty() {
        return ().into_any();
    }
    if !request.synonyms.on {
        let with = link(t!(cx.lang, "search.synonyms_on"), &cx.query.with("syn", ""));
        return view! { <p class="also">{t!(cx.lang, "search.synonyms_off")}{with}</p> }.into_any();
    }
    let restore = (!request.synonyms.without.is_empty()).then(|| link(t!(cx.lang, "search.synonyms_all"), &cx.query.with("nosyn", "")));
    if also.is_empty() {
        return restore.map_or_else(|| ().into_any(), |restore| view! { <p class="also">{restore}</p> }.into_any());
    }
    let words: Vec<AnyView> = also
        .iter()
        .map(|other| {
            let mut query = cx.query.on_page(1);
            query.0.push(("nosyn".to_owned(), other.word.clone()));
            let label = t!(cx.lang, "search.synonym_remove", word = other.word, typed = other.typed);
            view! { <li><a class="chip" href=cx.here(&query) aria-label=label>{other.word.clone()}{ui::icon(cx, "close")}</a></li> }
                .into_any()
        })
        .collect();
    let none = link(t!(cx.lang, "search.synonyms_none"), &cx.query.with("nosyn", "").with("syn", "0"));
    view! { <div class="chips also"><p>{t!(cx.lang, "search.also")}</p><ul>{words}</ul>{restore}{none}</div> }.into_any()
}

/// Fields for the ranges: price and maturity.
fn ranges(cx: &Cx, kind: ListingKind) -> AnyView {
    let form = Form::filled(cx.query.0.iter().cloned().collect());
    let price = if kind == ListingKind::Demand { t!(cx.lang, "listings.budget") } else { t!(cx.lang, "listings.price") };
    let levels = || (1..=9).map(|level: i64| (level.to_string(), format!("TRL {level}"))).collect::<Vec<_>>();
    let level = |name: &'static str, label: &'static str| {
        ui::select(cx, &form, Input::new(name, label).blank(t!(cx.lang, "search.any_level")), levels())
    };
    let amount = |name: &'static str, label: &'static str| ui::text(cx, &form, Input::new(name, label).width(12).inputmode("text"));
    view! {
        <fieldset class="facet">
            <legend>{price}</legend>
            {amount("price_min", t!(cx.lang, "search.at_least"))}
            {amount("price_max", t!(cx.lang, "search.at_most"))}
            <p class="hint">{t!(cx.lang, "search.price_hint")}</p>
        </fieldset>
        <fieldset class="facet">
            <legend>{t!(cx.lang, "search.levels")}</legend>
            {level("trl_min", t!(cx.lang, "search.at_least"))}
            {level("trl_max", t!(cx.lang, "search.at_most"))}
        </fieldset>
    }
    .into_any()
}

/// Codes with counts, facet by facet.
pub(crate) fn facets(cx: &Cx, shown: &[Facet], request: &SearchRequest, found: &BTreeMap<Facet, Vec<(String, usize)>>) -> AnyView {
    shown
        .iter()
        .copied()
        .map(|facet| {
            let chosen = request.filters.get(&facet).cloned().unwrap_or_default();
            let counted = found.get(&facet).cloned().unwrap_or_default();
            let mut options: Vec<FacetOption> = counted
                .iter()
                .filter(|(code, _)| !code.is_empty())
                .map(|(code, count)| FacetOption {
                    label: facet_label(cx, facet, code),
                    count: *count as u64,
                    checked: chosen.contains(code),
                    code: code.clone(),
                })
                .collect();
            for code in &chosen {
                if !options.iter().any(|o| &o.code == code) {
                    options.push(FacetOption { label: facet_label(cx, facet, code), count: 0, checked: true, code: code.clone() });
                }
            }
            ui::facet(cx, facet.code(), facet_legend(cx, facet), options)
        })
        .collect::<Vec<_>>()
        .into_any()
}

/// What was chosen, each with a way to take it back.
pub(crate) fn chips(cx: &Cx, request: &SearchRequest) -> AnyView {
    let mut chips = Vec::new();
    if !request.query.trim().is_empty() {
        chips.push((t!(cx.lang, "listings.words").to_owned(), request.query.clone(), cx.here(&cx.query.with("q", ""))));
    }
    for (facet, codes) in &request.filters {
        for code in codes {
            chips.push((
                facet_legend(cx, *facet).to_owned(),
                facet_label(cx, *facet, code),
                cx.here(&cx.query.without(facet.code(), code)),
            ));
        }
    }
    let price = if request.kind == ListingKind::Demand { t!(cx.lang, "listings.budget") } else { t!(cx.lang, "listings.price") };
    let ends = [
        (price, "price_min", request.price.min.is_some(), "≥"),
        (price, "price_max", request.price.max.is_some(), "≤"),
        (t!(cx.lang, "listings.trl"), "trl_min", request.trl.min.is_some(), "≥"),
        (t!(cx.lang, "listings.trl"), "trl_max", request.trl.max.is_some(), "≤"),
    ];
    for (legend, name, _, sign) in ends.into_iter().filter(|(_, _, given, _)| *given) {
        chips.push((legend.to_owned(), format!("{sign} {}", cx.query.get(name).trim()), cx.here(&cx.query.with(name, ""))));
    }
    if chips.is_empty() { ().into_any() } else { ui::chips(cx, chips, &cx.href(&cx.route)) }
}
