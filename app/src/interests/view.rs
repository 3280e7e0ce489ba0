//! Interests sent and received, one of them, and recommendations.

use keqiao_market::{
    Paged,
    interests::{self, Direction, InterestView, RecommendationView},
};
use keqiao_model::{Coded, DeclineCode, InterestMove, InterestState, ListingKind};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    Cx, Form, Page, PageError, Query, Route,
    listings::summary_result,
    t,
    ui::{self, ButtonStyle, Input, ResultItem},
    words::code_label,
};

enum Tab {
    Interests(Paged<InterestView>),
    Recommendations(Paged<RecommendationView>),
}

/// Sent, received and recommended, one tab each.
pub(super) async fn list(cx: &Cx) -> Result<Page, PageError> {
    let page = cx.query.page();
    let tab = match cx.query.get("tab") {
        "sent" => Tab::Interests(interests::interests(&cx.market, &cx.actor, Direction::Sent, page).await?),
        "recommended" => Tab::Recommendations(interests::recommendations(&cx.market, &cx.actor, page).await?),
        _ => Tab::Interests(interests::interests(&cx.market, &cx.actor, Direction::Received, page).await?),
    };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "interests.title"), move || draw_list(&cx, tab)))
}

fn draw_list(cx: &Cx, tab: Tab) -> AnyView {
    let chosen = cx.query.get("tab");
    let link = |code: &str, words: &str| {
        let to = format!("{}{}", cx.href(&cx.route), Query(vec![("tab".to_owned(), code.to_owned())]).to_search());
        (words.to_owned(), to, chosen == code || (code.is_empty() && !matches!(chosen, "sent" | "recommended")), None)
    };
    let tabs = vec![
        link("", t!(cx.lang, "interests.received")),
        link("sent", t!(cx.lang, "interests.sent")),
        link("recommended", t!(cx.lang, "interests.recommended")),
    ];
    let search = cx.href(&Route::Listings(ListingKind::Demand));
    let none =
        |text: &str| ui::empty(cx, t!(cx.lang, "interests.none"), text, Some((t!(cx.lang, "interests.look_around"), search.clone())));
    let (list, total, per_page) = match tab {
        Tab::Interests(paged) => {
            let items: Vec<AnyView> = paged.items.iter().map(|i| line(cx, i)).collect();
            (if items.is_empty() { none(t!(cx.lang, "interests.none_text")) } else { ui::results(items) }, paged.total, paged.per_page)
        }
        Tab::Recommendations(paged) => {
            let items: Vec<AnyView> = paged.items.iter().map(|r| recommended(cx, r)).collect();
            (
                if items.is_empty() { none(t!(cx.lang, "interests.none_recommended")) } else { ui::results(items) },
                paged.total,
                paged.per_page,
            )
        }
    };
    view! {
        {ui::page_title(t!(cx.lang, "interests.title"), None, None)}
        {ui::tabs(t!(cx.lang, "interests.title"), tabs)}
        {list}
        {ui::pager(cx, total, per_page)}
    }
    .into_any()
}

/// One interest in a list.
pub(super) fn line(cx: &Cx, interest: &InterestView) -> AnyView {
    let other = if interest.outgoing { &interest.to.1 } else { &interest.from.1 };
    let message = ui::excerpt(&interest.message, 100);
    ui::result_item(ResultItem {
        badges: vec![ui::state_badge(cx, InterestState::GROUP, interest.state.code())],
        meta: vec![other.clone().into_any(), interest.listing.number.clone().into_any(), ui::date_time(cx, interest.created_at)],
        snippet: Some(message.into_any()),
        ..ResultItem::new(interest.listing.title.clone().into_any(), cx.href(&Route::Interest(interest.id)))
    })
}

fn recommended(cx: &Cx, r: &RecommendationView) -> AnyView {
    // The reader's own side is the one it answers from.
    let (target, own) =
        if cx.actor.belongs_to(r.demand.organisation_id) { (&r.achievement, &r.demand) } else { (&r.demand, &r.achievement) };
    let with = Query(vec![("with".to_owned(), own.number.clone())]).to_search();
    let contact = format!("{}{with}", cx.href(&Route::InterestNew(target.kind, target.number.clone())));
    let concerned = cx.actor.belongs_to(own.organisation_id);
    ui::result_item(ResultItem {
        meta: vec![
            own.title.clone().into_any(),
            t!(cx.lang, "interests.by_broker", name = r.broker).into_any(),
            ui::date_time(cx, r.created_at),
        ],
        snippet: Some(r.note.clone().into_any()),
        side: concerned.then(|| ui::button_link(t!(cx.lang, "listings.send_interest"), &contact, ButtonStyle::Secondary)),
        ..ResultItem::new(target.title.clone().into_any(), cx.href(&Route::Listing(target.kind, target.number.clone())))
    })
}

/// One interest, with the ways to answer it.
pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let interest = interests::interest(&cx.market, &cx.actor, id).await?;
    let title = t!(cx.lang, "interests.one", title = interest.listing.title);
    let cx = cx.clone();
    Ok(Page::new(title, move || draw(&cx, &interest, &form.unwrap_or_default())))
}

fn draw(cx: &Cx, interest: &InterestView, form: &Form) -> AnyView {
    let labels = [("code", t!(cx.lang, "interests.code")), ("reason", t!(cx.lang, "interests.words"))];
    let organisation = |o: &(Uuid, String)| view! { <a href=cx.href(&Route::Organisation(o.0))>{o.1.clone()}</a> }.into_any();
    let mut facts = vec![
        (t!(cx.lang, "interests.from").to_owned(), view! { {organisation(&interest.from)}" · "{interest.from_person.clone()} }.into_any()),
        (t!(cx.lang, "interests.to").to_owned(), organisation(&interest.to)),
        (t!(cx.lang, "interests.at").to_owned(), ui::date_time(cx, interest.created_at)),
    ];
    if let Some(broker) = &interest.broker {
        facts.push((t!(cx.lang, "interests.broker").to_owned(), broker.clone().into_any()));
    }
    if let Some(at) = interest.answered_at {
        facts.push((t!(cx.lang, "interests.answered").to_owned(), ui::date_time(cx, at)));
    }
    if let Some(code) = interest.code {
        facts.push((t!(cx.lang, "interests.code").to_owned(), code_label(cx.lang, DeclineCode::GROUP, code.code()).into_any()));
    }
    if !interest.reason.is_empty() {
        facts.push((t!(cx.lang, "interests.words").to_owned(), ui::paragraphs(&interest.reason)));
    }
    let listings = std::iter::once(&interest.listing).chain(&interest.counter).map(|l| summary_result(cx, l, false)).collect();
    let deal = interest
        .deal
        .as_ref()
        .map(|number| ui::button_link(t!(cx.lang, "interests.to_deal"), &cx.href(&Route::Deal(number.clone())), ButtonStyle::Primary));
    let badge = ui::state_badge(cx, InterestState::GROUP, interest.state.code());
    let main = view! {
        {ui::section("message", t!(cx.lang, "interests.message"), ui::paragraphs(&interest.message))}
        {ui::section("listings", t!(cx.lang, "interests.about"), ui::results(listings))}
    }
    .into_any();
    let aside = view! { <div class="actions">{deal}{answers(cx, interest, form)}</div>{ui::definition_list(facts)} }.into_any();
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "interests.title"), &cx.href(&Route::Interests))}
        {ui::page_title(&interest.listing.title, Some(t!(cx.lang, "interests.single")), Some(badge))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

fn answers(cx: &Cx, interest: &InterestView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let version = interest.version.to_string();
    let parts: Vec<AnyView> = interest
        .moves
        .iter()
        .map(|by| {
            let words = code_label(cx.lang, InterestMove::GROUP, by.code());
            if *by == InterestMove::Decline {
                let body = view! {
                    {ui::hidden("version", &version)}
                    {ui::select(cx, form, Input::new("code", t!(cx.lang, "interests.code")).required(), decline_options(cx))}
                    {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "interests.words")).rows(3).max(interests::MESSAGE_MAX))}
                    {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
                }
                .into_any();
                ui::details(&words, form.value("action") == by.code(), ui::form(cx, &here, false, body))
            } else {
                let style = if *by == InterestMove::Accept { ButtonStyle::Primary } else { ButtonStyle::Secondary };
                ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], style)
            }
        })
        .collect();
    parts.into_any()
}

/// Codes of declining or giving up, with their words.
pub(crate) fn decline_options(cx: &Cx) -> Vec<(String, String)> {
    DeclineCode::ALL.iter().map(|c| (c.code().to_owned(), code_label(cx.lang, DeclineCode::GROUP, c.code()))).collect()
}
