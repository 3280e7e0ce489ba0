//! The public page of an organisation, with what it asks for and what it offers.

use keqiao_market::{
    ListingSummary, Paged,
    interests::{RESPONSES_MAX, ResponseFigures, response_figures},
    listings,
    organisations::{self, OrganisationView, Standing},
};
use keqiao_model::{Coded, INDUSTRY_GROUP, Lang, LegalKind, ListingKind, OrganisationKind};
use leptos::prelude::*;
use time::Duration;
use uuid::Uuid;

use super::fields::shown_name;
use crate::{
    Cx, Form, Page, PageError, Query, Route, kind_path,
    listings::{region_name, summary_result},
    t,
    ui::{self, ButtonStyle, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let organisation = organisations::organisation(&cx.market, &cx.actor, id).await?;
    let side = side(cx, &organisation);
    let listed = listings::listings_of(&cx.market, id, side, cx.query.page()).await?;
    let response = response_figures(&cx.market, id).await?;
    let title = shown_name(cx, &organisation);
    let description = ui::excerpt(&organisation.summary.split_whitespace().collect::<Vec<_>>().join(" "), 150);
    let description = if description.is_empty() { t!(cx.lang, "organisations.description", name = title) } else { description };
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &organisation, side, &listed, &response, &form.unwrap_or_default())).public(description))
}

/// The side asked for; otherwise the one the organisation stands on.
fn side(cx: &Cx, organisation: &OrganisationView) -> ListingKind {
    match cx.query.get("side") {
        "demands" => ListingKind::Demand,
        "achievements" => ListingKind::Achievement,
        _ if organisation.achievements > organisation.demands => ListingKind::Achievement,
        _ => ListingKind::Demand,
    }
}

fn view(
    cx: &Cx,
    organisation: &OrganisationView,
    side: ListingKind,
    listed: &Paged<ListingSummary>,
    response: &ResponseFigures,
    form: &Form,
) -> AnyView {
    let name = shown_name(cx, organisation);
    let kind = ui::badge(&code_label(cx.lang, OrganisationKind::GROUP, organisation.kind.code()), Tone::Neutral);
    let summary = (!organisation.summary.is_empty())
        .then(|| ui::section("summary", t!(cx.lang, "organisations.summary"), ui::paragraphs(&organisation.summary)));
    let main = view! { {summary}{listings_part(cx, organisation, side, listed)} }.into_any();
    let aside = view! { {ways(cx, organisation)}{facts(cx, organisation)}{response_part(cx, response)} }.into_any();
    view! {
        {ui::error_summary(cx, form, &[])}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "organisations.title"), cx.href(&Route::Organisations))])}
        {ui::page_title(&name, None, Some(kind))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

fn listings_part(cx: &Cx, organisation: &OrganisationView, side: ListingKind, listed: &Paged<ListingSummary>) -> AnyView {
    let tab = |kind: ListingKind, words: &str, count: u64| {
        let query = Query(vec![("side".to_owned(), kind_path(kind).to_owned())]);
        (words.to_owned(), cx.here(&query), kind == side, Some(count))
    };
    let tabs = vec![
        tab(ListingKind::Demand, t!(cx.lang, "listings.demands"), organisation.demands),
        tab(ListingKind::Achievement, t!(cx.lang, "listings.achievements"), organisation.achievements),
    ];
    let list = if listed.items.is_empty() {
        let everything = match side {
            ListingKind::Demand => t!(cx.lang, "organisations.all_demands"),
            ListingKind::Achievement => t!(cx.lang, "organisations.all_achievements"),
        };
        let action = Some((everything, cx.href(&Route::Listings(side))));
        ui::empty(cx, t!(cx.lang, "organisations.no_listings"), t!(cx.lang, "organisations.no_listings_text"), action)
    } else {
        ui::results(listed.items.iter().map(|listing| summary_result(cx, listing, false)).collect())
    };
    let body = view! {
        {ui::tabs(t!(cx.lang, "organisations.listings"), tabs)}
        {list}
        {ui::pager(cx, listed.total, listed.per_page)}
    }
    .into_any();
    ui::section("listings", t!(cx.lang, "organisations.listings"), body)
}

/// Days and hours, as far as they matter; below an hour only that.
fn duration_text(cx: &Cx, time: Duration) -> String {
    match (time.whole_days(), time.whole_hours() % 24) {
        (0, 0) => t!(cx.lang, "organisations.below_an_hour").to_owned(),
        (0, hours) => t!(cx.lang, "organisations.hours", hours = hours),
        (days, hours) => t!(cx.lang, "organisations.days_and_hours", days = days, hours = hours),
    }
}

/// How this organisation answers those who ask, with the rule by which it is counted.
fn response_part(cx: &Cx, response: &ResponseFigures) -> AnyView {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let waiting = (response.waiting > 0)
        .then(|| view! { <p>{t!(cx.lang, "organisations.response_waiting", n = ui::count(response.waiting))}</p> }.into_any());
    let figures = if response.counted == 0 {
        let none = (response.waiting == 0).then(|| view! { <p>{t!(cx.lang, "organisations.response_none")}</p> });
        view! { {none}{waiting} }.into_any()
    } else {
        let rate = t!(
            cx.lang,
            "organisations.response_share",
            percent = ui::percent(number(response.answered), number(response.counted)),
            answered = ui::count(response.answered),
            counted = ui::count(response.counted)
        );
        let mut facts = vec![(t!(cx.lang, "organisations.response_rate").to_owned(), rate.into_any())];
        if let Some(median) = response.median {
            facts.push((t!(cx.lang, "organisations.response_median").to_owned(), duration_text(cx, median).into_any()));
        }
        view! { {ui::definition_list(facts)}{waiting} }.into_any()
    };
    let (day, max) = (ui::date_text(cx, response.as_of), ui::count(RESPONSES_MAX));
    let rule = t!(cx.lang, "organisations.response_rule", day = day, max = max);
    ui::card(t!(cx.lang, "organisations.response"), view! { {figures}<p class="hint">{rule}</p> }.into_any())
}

fn facts(cx: &Cx, organisation: &OrganisationView) -> AnyView {
    let mut facts: Vec<(String, AnyView)> = Vec::new();
    let mut fact = |label: &str, value: AnyView| facts.push((label.to_owned(), value));
    let registered = organisation.name.clone();
    fact(t!(cx.lang, "organisations.name"), view! { <span lang=Lang::Zh.tag()>{registered}</span> }.into_any());
    if !organisation.name_en.is_empty() {
        let english = organisation.name_en.clone();
        fact(t!(cx.lang, "organisations.name_en"), view! { <span lang=Lang::En.tag()>{english}</span> }.into_any());
    }
    fact(t!(cx.lang, "organisations.credit_code"), organisation.credit_code.clone().into_any());
    fact(t!(cx.lang, "organisations.legal_kind"), code_label(cx.lang, LegalKind::GROUP, organisation.legal_kind.code()).into_any());
    fact(t!(cx.lang, "organisations.region"), region_name(cx, &organisation.region).into_any());
    if !organisation.industry.is_empty() {
        fact(t!(cx.lang, "organisations.industry"), code_label(cx.lang, INDUSTRY_GROUP, &organisation.industry).into_any());
    }
    if !organisation.website.is_empty() {
        let href = organisation.website.clone();
        let words = href.clone();
        fact(t!(cx.lang, "organisations.website"), view! { <a href=href rel="nofollow noopener external">{words}</a> }.into_any());
    }
    fact(t!(cx.lang, "organisations.since"), ui::date(cx, organisation.created_at));
    ui::definition_list(facts)
}

/// What the reader can do here: join, leave, look after it.
fn ways(cx: &Cx, organisation: &OrganisationView) -> AnyView {
    let here = cx.href(&cx.route);
    let mut parts: Vec<AnyView> = Vec::new();
    let waiting = organisation.members.iter().flatten().filter(|member| member.pending).count();
    if organisation.may_edit || organisation.members.is_some() {
        let words = if organisation.may_edit { t!(cx.lang, "organisations.edit") } else { t!(cx.lang, "organisations.see_members") };
        let style = if organisation.may_edit { ButtonStyle::Primary } else { ButtonStyle::Secondary };
        parts.push(ui::button_link(words, &cx.href(&Route::OrganisationEdit(organisation.id)), style));
    }
    if waiting > 0 {
        parts.push(view! { <p>{t!(cx.lang, "organisations.n_waiting", n = waiting)}</p> }.into_any());
    }
    match organisation.standing {
        Standing::None if cx.actor.person().is_some() => {
            parts.push(ui::post_button(cx, &here, t!(cx.lang, "organisations.ask"), "join", &[], ButtonStyle::Secondary));
        }
        Standing::None => {}
        Standing::Pending => {
            parts.push(view! { <p>{t!(cx.lang, "organisations.pending")}</p> }.into_any());
            parts.push(ui::post_button(cx, &here, t!(cx.lang, "organisations.take_back"), "take_back", &[], ButtonStyle::Secondary));
        }
        Standing::Member | Standing::Manager => {
            let leave = ui::post_button(cx, &here, t!(cx.lang, "organisations.leave"), "leave", &[], ButtonStyle::Danger);
            let body = view! { <p>{t!(cx.lang, "organisations.leave_text")}</p>{leave} }.into_any();
            parts.push(ui::details(t!(cx.lang, "organisations.leave"), false, body));
        }
    }
    if parts.is_empty() { ().into_any() } else { view! { <div class="actions">{parts}</div> }.into_any() }
}
