//! Searching one side of the market. Everything chosen stands in the address.

use std::collections::{BTreeMap, BTreeSet};

use keqiao_market::matching::{self, Found};
use keqiao_model::{Coded, Cooperation, Field, INDUSTRY_GROUP, Lang, ListingKind};
use keqiao_search::{Facet, SearchRequest, Sort};
use leptos::prelude::*;

use super::{index_notice, marked, summary_meta};
use crate::{
    Cx, Page, PageError, Route, t,
    ui::{self, ButtonStyle, FacetOption, ResultItem},
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

/// What the address asks for. Unknown values are ignored: an old link never fails.
fn request(cx: &Cx, kind: ListingKind) -> SearchRequest {
    let mut filters: BTreeMap<Facet, BTreeSet<String>> = BTreeMap::new();
    for facet in Facet::all() {
        let chosen: BTreeSet<String> =
            cx.query.all(facet.code()).into_iter().filter(|v| !v.is_empty() && v.len() <= 40).map(str::to_owned).collect();
        if !chosen.is_empty() {
            filters.insert(facet, chosen);
        }
    }
    let sort = Sort::from_code(cx.query.get("sort")).unwrap_or(Sort::Relevance);
    SearchRequest { kind, query: cx.query.get("q").to_owned(), filters, sort, offset: 0, limit: 20, mark: true }
}

/// The search page of a side.
pub(crate) async fn page(cx: &Cx, kind: ListingKind) -> Result<Page, PageError> {
    let request = request(cx, kind);
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
    let panel = ui::filter_panel(cx, &Facet::all().iter().map(|f| f.code()).collect::<Vec<_>>(), facets(cx, request, &found));
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
        let (text, action) = if request.query.is_empty() && request.filters.is_empty() {
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
        {index_notice(cx)}
        {ui::search_form(cx, t!(cx.lang, "listings.search_label"), t!(cx.lang, "listings.search_placeholder"))}
        <div class="search-page">
            {panel}
            <section class="search-results" aria-labelledby="results-title">
                <h2 class="hidden-text" id="results-title">{t!(cx.lang, "listings.results")}</h2>
                {chips(cx, request)}
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

fn facets(cx: &Cx, request: &SearchRequest, found: &Found) -> AnyView {
    Facet::all()
        .into_iter()
        .map(|facet| {
            let chosen = request.filters.get(&facet).cloned().unwrap_or_default();
            let counted = found.facets.get(&facet).cloned().unwrap_or_default();
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

fn chips(cx: &Cx, request: &SearchRequest) -> AnyView {
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
    if chips.is_empty() { ().into_any() } else { ui::chips(cx, chips, &cx.href(&cx.route)) }
}
