//! Who knows about a subject: people named on public achievements, and their organisations. Everything chosen stands in the address.

use keqiao_market::{
    ListingSummary,
    experts::{self, Expert, ExpertKind, Experts},
};
use keqiao_model::{Coded, Field, ListingKind};
use keqiao_search::{Facet, SearchRequest};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Route,
    listings::{region_name, search, summary_result},
    questions::ask::ask_href,
    t,
    ui::{self, ButtonStyle, ResultItem},
    words::code_label,
};

/// What experts are narrowed by.
const FACETS: [Facet; 2] = [Facet::Field, Facet::Region];

/// The page of the route.
pub(crate) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let by = if cx.query.get("by") == "organisations" { ExpertKind::Organisation } else { ExpertKind::Person };
    let demand = cx.query.get("demand");
    if !demand.is_empty() {
        let (demand, found) = experts::experts_for(&cx.market, &cx.actor, demand, by, cx.query.page()).await?;
        let cx = cx.clone();
        return Ok(Page::new(t!(cx.lang, "experts.ask_about_demand"), move || for_demand(&cx, by, &demand, &found)));
    }
    let request = search::request(cx, ListingKind::Achievement, &FACETS);
    let found = experts::experts(&cx.market, request.clone(), by, cx.query.page()).await?;
    let title = t!(cx.lang, "experts.title");
    let full = match request.query.trim() {
        "" => title.to_owned(),
        typed => t!(cx.lang, "listings.search_title", q = typed, side = title),
    };
    let cx = cx.clone();
    let lead = t!(cx.lang, "experts.lead");
    Ok(Page::new(full, move || view(&cx, by, &request, &found)).public(lead))
}

/// People or organisations, one tab each.
fn tabs(cx: &Cx, by: ExpertKind, found: &Experts) -> AnyView {
    let tab = |kind: ExpertKind, words: &str, count: u64| {
        let code = if kind == ExpertKind::Organisation { "organisations" } else { "" };
        (words.to_owned(), cx.here(&cx.query.with("by", code)), kind == by, Some(count))
    };
    let tabs = vec![
        tab(ExpertKind::Person, t!(cx.lang, "experts.people"), found.people),
        tab(ExpertKind::Organisation, t!(cx.lang, "experts.organisations"), found.organisations),
    ];
    ui::tabs(t!(cx.lang, "experts.by"), tabs)
}

/// The way to what the reader asked and was asked.
fn own_questions(cx: &Cx) -> Option<AnyView> {
    cx.actor.person()?;
    Some(ui::button_link(t!(cx.lang, "experts.my_questions"), &cx.href(&Route::Questions), ButtonStyle::Secondary))
}

fn view(cx: &Cx, by: ExpertKind, request: &SearchRequest, found: &Experts) -> AnyView {
    let own: Vec<&str> = FACETS.iter().map(|facet| facet.code()).collect();
    let panel = ui::filter_panel(cx, &own, search::facets(cx, &FACETS, request, &found.facets));
    let list = if found.page.items.is_empty() {
        let filtered = !request.query.trim().is_empty() || !request.filters.is_empty();
        let (text, action) = if filtered {
            (t!(cx.lang, "experts.none_found"), (t!(cx.lang, "listings.clear"), cx.href(&cx.route)))
        } else {
            let to = cx.href(&Route::Listings(ListingKind::Achievement));
            (t!(cx.lang, "experts.none_yet"), (t!(cx.lang, "experts.see_achievements"), to))
        };
        ui::empty(cx, t!(cx.lang, "experts.nothing"), text, Some(action))
    } else {
        ui::results(found.page.items.iter().map(|expert| line(cx, expert, "")).collect())
    };
    view! {
        {ui::page_title(t!(cx.lang, "experts.title"), None, own_questions(cx))}
        {ui::lead(t!(cx.lang, "experts.lead"))}
        {ui::suggesting_form(cx, t!(cx.lang, "experts.search_label"), t!(cx.lang, "experts.search_placeholder"), ListingKind::Achievement)}
        <div class="search-page">
            {panel}
            <section class="search-results" aria-labelledby="results-title">
                <h2 class="hidden-text" id="results-title">{t!(cx.lang, "experts.results")}</h2>
                {search::chips(cx, request)}
                {search::correction(cx, found.correction.as_ref())}
                {search::partly(cx, found.partly)}
                {search::also(cx, request, &found.also)}
                {tabs(cx, by, found)}
                {list}
                {ui::pager(cx, found.page.total, found.page.per_page)}
            </section>
        </div>
    }
    .into_any()
}

/// The experts of the best matches of a demand, for those who may see its matches.
fn for_demand(cx: &Cx, by: ExpertKind, demand: &ListingSummary, found: &Experts) -> AnyView {
    let all = cx.href(&Route::Experts);
    let list = if found.page.items.is_empty() {
        ui::empty(
            cx,
            t!(cx.lang, "experts.nothing"),
            t!(cx.lang, "experts.none_for_demand"),
            Some((t!(cx.lang, "experts.all"), all.clone())),
        )
    } else {
        ui::results(found.page.items.iter().map(|expert| line(cx, expert, &demand.number)).collect())
    };
    view! {
        {ui::back_link(cx, &demand.title, &cx.href(&Route::Listing(demand.kind, demand.number.clone())))}
        {ui::page_title(t!(cx.lang, "experts.ask_about_demand"), Some(&demand.number), own_questions(cx))}
        {ui::lead(t!(cx.lang, "experts.of_matches"))}
        {ui::results(vec![summary_result(cx, demand, false)])}
        <h2 class="hidden-text">{t!(cx.lang, "experts.results")}</h2>
        {tabs(cx, by, found)}
        {list}
        {ui::pager(cx, found.page.total, found.page.per_page)}
        <p><a href=all>{t!(cx.lang, "experts.all")}</a></p>
    }
    .into_any()
}

/// A person or an organisation with the achievements that speak for it, and the way to ask a person of another organisation.
fn line(cx: &Cx, expert: &Expert, demand: &str) -> AnyView {
    let organisation = cx.href(&Route::Organisation(expert.organisation_id));
    let name = expert.person.clone().unwrap_or_else(|| expert.organisation.clone());
    let mut meta: Vec<AnyView> = Vec::new();
    if expert.person.is_some() {
        meta.push(expert.organisation.clone().into_any());
    }
    meta.push(region_name(cx, &expert.region).into_any());
    meta.extend(expert.fields.iter().take(3).map(|field| code_label(cx.lang, Field::GROUP, field.code()).into_any()));
    meta.push(t!(cx.lang, "experts.n_achievements", n = ui::count(expert.achievements as u64)).into_any());
    let best: Vec<AnyView> = expert
        .best
        .iter()
        .enumerate()
        .map(|(place, listing)| {
            let to = cx.href(&Route::Listing(listing.kind, listing.number.clone()));
            let separator = (place > 0).then(|| t!(cx.lang, "listings.separator"));
            view! { {separator}<a href=to lang=listing.language.tag()>{listing.title.clone()}</a> }.into_any()
        })
        .collect();
    let snippet = view! { {t!(cx.lang, "experts.best")}" "{best} }.into_any();
    let asked = expert.person.as_deref().zip(expert.best.first()).filter(|_| !cx.actor.belongs_to(expert.organisation_id));
    let side = asked.map(|(person, achievement)| {
        let to = ask_href(cx, &achievement.number, person, demand);
        let label = t!(cx.lang, "experts.ask_named", name = person);
        view! { <a class="button secondary" href=to aria-label=label>{t!(cx.lang, "experts.ask")}</a> }.into_any()
    });
    ui::result_item(ResultItem { meta, snippet: Some(snippet), side, ..ResultItem::new(name.into_any(), organisation) })
}
