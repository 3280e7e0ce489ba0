//! The market at a glance: what it is, what is in it, how far it has come, and where to begin.

use keqiao_market::{
    ListingSummary,
    matching::{self, Found},
    organisations,
    targets::{self, Progress},
};
use keqiao_model::{Coded, Field, Figure, ListingKind, OrganisationKind};
use keqiao_search::{Facet, SearchRequest, Sort};
use leptos::prelude::*;
use time::OffsetDateTime;

use crate::{
    Cx, Page, PageError, Query, Route,
    listings::summary_result,
    t,
    ui::{self, ButtonStyle},
    words::code_label,
};

/// How many of the newest listings of a side are shown.
const NEWEST: usize = 5;
/// How many fields of a side are offered.
const FIELDS: usize = 6;

/// One side of the market.
struct Side {
    kind: ListingKind,
    newest: Vec<ListingSummary>,
    /// Published listings by field, the most first.
    fields: Vec<(String, usize)>,
    count: u64,
}

/// Everything the page shows.
struct Glance {
    demands: Side,
    achievements: Side,
    organisations: u64,
    contract_value: Progress,
    as_of: OffsetDateTime,
}

async fn side(cx: &Cx, kind: ListingKind) -> Result<Side, PageError> {
    let request = SearchRequest { sort: Sort::Newest, limit: 1, mark: false, ..SearchRequest::new(kind, "") };
    let Found { page, mut facets, .. } = matching::search_listings(&cx.market, request, 1).await?;
    let mut fields = facets.remove(&Facet::Field).unwrap_or_default();
    fields.retain(|(code, count)| !code.is_empty() && *count > 0);
    fields.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    fields.truncate(FIELDS);
    // The number is the one that the search behind it shows.
    Ok(Side { kind, newest: page.items.into_iter().map(|found| found.listing).take(NEWEST).collect(), fields, count: page.total })
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let overview = targets::target_page(&cx.market).await?;
    let contract_value = overview.figures.iter().find(|f| f.figure == Figure::ContractValue).map(|f| f.whole).unwrap_or_default();
    let glance = Glance {
        demands: side(cx, ListingKind::Demand).await?,
        achievements: side(cx, ListingKind::Achievement).await?,
        organisations: organisations::count(&cx.market).await?,
        contract_value,
        as_of: overview.as_of,
    };
    let description = t!(cx.lang, "home.description", city = cx.city());
    let title = t!(cx.lang, "ui.brand");
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &glance)).public(description))
}

fn view(cx: &Cx, glance: &Glance) -> AnyView {
    view! {
        {hero(cx)}
        {figures(cx, glance)}
        {progress(cx, glance)}
        <div class="home-columns">
            {newest(cx, &glance.demands)}
            {newest(cx, &glance.achievements)}
        </div>
        {how(cx)}
    }
    .into_any()
}

/// Somewhere to begin: words and address.
type Way = (&'static str, String);

/// Where this reader begins, the most likely first.
fn ways(cx: &Cx) -> Vec<Way> {
    let to = |words, route: Route| (words, cx.href(&route));
    let demand = || to(t!(cx.lang, "home.way_demand"), Route::ListingNew(ListingKind::Demand));
    let achievement = || to(t!(cx.lang, "home.way_achievement"), Route::ListingNew(ListingKind::Achievement));
    let work = || to(t!(cx.lang, "home.way_work"), Route::Work);
    if cx.actor.person().is_none() {
        let demo = cx.site.demo.then(|| to(t!(cx.lang, "home.way_demo"), Route::SignIn));
        return [demand(), achievement(), to(t!(cx.lang, "home.way_register"), Route::Register)].into_iter().chain(demo).collect();
    }
    if cx.actor.is_officer() {
        return vec![to(t!(cx.lang, "home.way_review"), Route::Review), work(), to(t!(cx.lang, "home.way_targets"), Route::Targets)];
    }
    if cx.actor.is_broker() {
        return vec![work(), to(t!(cx.lang, "home.way_browse"), Route::Listings(ListingKind::Demand))];
    }
    match cx.actor.organisation().map(|o| o.kind) {
        None => vec![to(t!(cx.lang, "home.way_organisation"), Route::OrganisationNew), work()],
        Some(OrganisationKind::Institute) => vec![achievement(), work(), demand()],
        Some(OrganisationKind::Enterprise | OrganisationKind::Agency) => vec![demand(), work(), achievement()],
    }
}

fn hero(cx: &Cx) -> AnyView {
    // Who researches looks for demands, everyone else for achievements; the first button is what Enter presses.
    let researcher = cx.actor.organisation().is_some_and(|o| o.kind == OrganisationKind::Institute);
    let kind = if researcher { ListingKind::Demand } else { ListingKind::Achievement };
    let words = |kind| match kind {
        ListingKind::Demand => t!(cx.lang, "home.search_demands"),
        ListingKind::Achievement => t!(cx.lang, "home.search_achievements"),
    };
    let (here, elsewhere) = (cx.href(&Route::Listings(kind)), cx.href(&Route::Listings(kind.opposite())));
    let links: Vec<AnyView> = ways(cx).into_iter().map(|(label, href)| view! { <li><a href=href>{label}</a></li> }.into_any()).collect();
    view! {
        <div class="hero">
            <h1>{t!(cx.lang, "home.headline")}</h1>
            <p>{t!(cx.lang, "home.lead")}</p>
            <form class="hero-search" role="search" method="get" action=here aria-label=t!(cx.lang, "home.search_label")>
                <label class="hidden-text" for="hero-q">{t!(cx.lang, "home.search_label")}</label>
                <input class="input" id="hero-q" type="search" name="q" placeholder=t!(cx.lang, "home.search_placeholder") />
                <button class="button" type="submit">{ui::icon(cx, "search")}{words(kind)}</button>
                <button class="button secondary" type="submit" formaction=elsewhere>{words(kind.opposite())}</button>
            </form>
            <nav aria-label=t!(cx.lang, "home.ways")><ul class="hero-links">{links}</ul></nav>
        </div>
    }
    .into_any()
}

fn figures(cx: &Cx, glance: &Glance) -> AnyView {
    let value = glance.contract_value.total;
    let value = if value == 0 { ui::money(cx, 0) } else { ui::money_compact(cx, value) };
    let stat = |label, value: String, route: Route| ui::stat(label, &value, "", Some(cx.href(&route)));
    let stats = ui::stats(vec![
        stat(t!(cx.lang, "home.open_demands"), ui::count(glance.demands.count), Route::Listings(ListingKind::Demand)),
        stat(t!(cx.lang, "home.achievements"), ui::count(glance.achievements.count), Route::Listings(ListingKind::Achievement)),
        stat(t!(cx.lang, "home.organisations"), ui::count(glance.organisations), Route::Organisations),
        stat(t!(cx.lang, "home.contract_value"), value, Route::Targets),
    ]);
    view! { <section class="home-figures" aria-label=t!(cx.lang, "home.figures")>{stats}</section> }.into_any()
}

fn progress(cx: &Cx, glance: &Glance) -> AnyView {
    let Progress { total, target: Some(target), .. } = glance.contract_value else { return ().into_any() };
    let money = |fen| ui::money_compact(cx, fen);
    let text = t!(cx.lang, "home.progress_text", total = money(total), target = money(target), percent = ui::percent(total, target));
    let none = (total == 0).then(|| view! { <p>{t!(cx.lang, "home.progress_none")}</p> });
    let body = view! {
        <div class="target-head">
            {ui::progress(t!(cx.lang, "home.progress_label"), total, target, &text)}
            {none}
            <p>
                <a href=cx.href(&Route::Targets)>{t!(cx.lang, "home.progress_more")}</a>
                " "
                <span class="hint">{t!(cx.lang, "home.as_of", time = ui::date_time_text(cx, glance.as_of))}</span>
            </p>
        </div>
    }
    .into_any();
    ui::section("progress", t!(cx.lang, "home.progress_title"), body)
}

fn newest(cx: &Cx, side: &Side) -> AnyView {
    let all = cx.href(&Route::Listings(side.kind));
    let (id, title, more, none, none_text, post, by_field) = match side.kind {
        ListingKind::Demand => (
            "newest-demands",
            t!(cx.lang, "home.newest_demands"),
            t!(cx.lang, "home.all_demands"),
            t!(cx.lang, "home.no_demands"),
            t!(cx.lang, "home.no_demands_text"),
            t!(cx.lang, "home.way_demand"),
            t!(cx.lang, "home.demands_by_field"),
        ),
        ListingKind::Achievement => (
            "newest-achievements",
            t!(cx.lang, "home.newest_achievements"),
            t!(cx.lang, "home.all_achievements"),
            t!(cx.lang, "home.no_achievements"),
            t!(cx.lang, "home.no_achievements_text"),
            t!(cx.lang, "home.way_achievement"),
            t!(cx.lang, "home.achievements_by_field"),
        ),
    };
    if side.newest.is_empty() {
        let action = Some((post, cx.href(&Route::ListingNew(side.kind))));
        return ui::section(id, title, ui::empty(cx, none, none_text, action));
    }
    let items = side.newest.iter().map(|listing| summary_result(cx, listing, false)).collect();
    let fields: Vec<AnyView> = side
        .fields
        .iter()
        .map(|(code, count)| {
            let href = format!("{all}{}", Query::default().with(Facet::Field.code(), code).to_search());
            let words = code_label(cx.lang, Field::GROUP, code);
            view! { <li><a href=href>{words}" "{ui::count(*count as u64)}</a></li> }.into_any()
        })
        .collect();
    let fields = (!fields.is_empty()).then(|| view! { <nav aria-label=by_field><ul class="keywords">{fields}</ul></nav> });
    let body = view! {
        <div class="spaced">
            {fields}
            {ui::results(items)}
            {ui::button_link(more, &all, ButtonStyle::Secondary)}
        </div>
    }
    .into_any();
    ui::section(id, title, body)
}

/// The way through the market for each who takes part in it.
fn how(cx: &Cx) -> AnyView {
    let cards = view! {
        <div class="spaced"><div class="roles">
            {role(cx, t!(cx.lang, "home.how_company"), [
                t!(cx.lang, "home.how_company_1"),
                t!(cx.lang, "home.how_company_2"),
                t!(cx.lang, "home.how_company_3"),
                t!(cx.lang, "home.how_company_4"),
            ], t!(cx.lang, "home.way_demand"), Route::ListingNew(ListingKind::Demand))}
            {role(cx, t!(cx.lang, "home.how_researcher"), [
                t!(cx.lang, "home.how_researcher_1"),
                t!(cx.lang, "home.how_researcher_2"),
                t!(cx.lang, "home.how_researcher_3"),
                t!(cx.lang, "home.how_researcher_4"),
            ], t!(cx.lang, "home.way_achievement"), Route::ListingNew(ListingKind::Achievement))}
            {role(cx, t!(cx.lang, "home.how_broker"), [
                t!(cx.lang, "home.how_broker_1"),
                t!(cx.lang, "home.how_broker_2"),
                t!(cx.lang, "home.how_broker_3"),
                t!(cx.lang, "home.how_broker_4"),
            ], t!(cx.lang, "home.way_browse"), Route::Listings(ListingKind::Demand))}
            {role(cx, t!(cx.lang, "home.how_bureau"), [
                t!(cx.lang, "home.how_bureau_1"),
                t!(cx.lang, "home.how_bureau_2"),
                t!(cx.lang, "home.how_bureau_3"),
                t!(cx.lang, "home.how_bureau_4"),
            ], t!(cx.lang, "home.way_targets"), Route::Targets)}
        </div>
        <p><a href=cx.href(&Route::About)>{t!(cx.lang, "home.how_more")}</a></p></div>
    }
    .into_any();
    ui::section("how", t!(cx.lang, "home.how"), cards)
}

fn role(cx: &Cx, title: &'static str, steps: [&'static str; 4], action: &str, route: Route) -> AnyView {
    let steps: Vec<AnyView> = steps.into_iter().map(|step| view! { <li>{step}</li> }.into_any()).collect();
    view! {
        <div class="card spaced">
            <h3 class="card-title">{title}</h3>
            <ol>{steps}</ol>
            {ui::button_link(action, &cx.href(&route), ButtonStyle::Secondary)}
        </div>
    }
    .into_any()
}
