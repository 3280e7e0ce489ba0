//! Interests sent and received, what refusals say, and recommendations.

use keqiao_market::{
    Paged,
    interests::{self, Direction, InterestView, RecommendationView, Refusal},
};
use keqiao_model::{Coded, InterestState, ListingKind};
use leptos::prelude::*;

use super::{
    outcomes::refusal_list,
    view::{due_badge, sender_name},
};
use crate::{
    Cx, Page, PageError, Query, Route, t,
    ui::{self, ButtonStyle, ResultItem},
    words::code_label,
};

/// The states that wait for somebody, as one choice in the address.
const OPEN: &str = "open";

enum Tab {
    Interests(Paged<InterestView>, Vec<Refusal>),
    Recommendations(Paged<RecommendationView>),
}

/// The states that the address asks for; none for all of them.
fn states(cx: &Cx) -> Vec<InterestState> {
    match cx.query.get("state") {
        OPEN => InterestState::ALL.iter().copied().filter(|s| s.is_open()).collect(),
        code => InterestState::from_code(code).into_iter().collect(),
    }
}

/// Sent, received and recommended, one tab each.
pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let (market, actor, page) = (&cx.market, &cx.actor, cx.query.page());
    let states = states(cx);
    let tab = match cx.query.get("tab") {
        "sent" => {
            let sent = interests::interests(market, actor, Direction::Sent, &states, page).await?;
            Tab::Interests(sent, interests::refusals(market, actor).await?)
        }
        "recommended" => Tab::Recommendations(interests::recommendations(market, actor, page).await?),
        _ => Tab::Interests(interests::interests(market, actor, Direction::Received, &states, page).await?, Vec::new()),
    };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "interests.title"), move || draw(&cx, tab)))
}

fn draw(cx: &Cx, tab: Tab) -> AnyView {
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
    let (body, below, total, per_page) = match tab {
        Tab::Interests(paged, refusals) => {
            let items: Vec<AnyView> = paged.items.iter().map(|i| line(cx, i)).collect();
            let list = if !items.is_empty() {
                ui::results(items)
            } else if states(cx).is_empty() {
                none(t!(cx.lang, "interests.none_text"))
            } else {
                let all = (t!(cx.lang, "interests.all_states"), cx.here(&cx.query.with("state", "")));
                ui::empty(cx, t!(cx.lang, "interests.none"), t!(cx.lang, "interests.none_in_state"), Some(all))
            };
            let why =
                (!refusals.is_empty()).then(|| ui::section("refusals", t!(cx.lang, "interests.refusals"), refusal_list(cx, &refusals)));
            (view! { {state_links(cx)}{list} }.into_any(), why, paged.total, paged.per_page)
        }
        Tab::Recommendations(paged) => {
            let items: Vec<AnyView> = paged.items.iter().map(|r| recommended(cx, r)).collect();
            let list = if items.is_empty() { none(t!(cx.lang, "interests.none_recommended")) } else { ui::results(items) };
            (list, None, paged.total, paged.per_page)
        }
    };
    view! {
        {ui::page_title(t!(cx.lang, "interests.title"), None, None)}
        {ui::tabs(t!(cx.lang, "interests.title"), tabs)}
        {body}
        {ui::pager(cx, total, per_page)}
        {below}
    }
    .into_any()
}

/// One state each, in the address; what waits comes first.
fn state_links(cx: &Cx) -> AnyView {
    let states = states(cx);
    let chosen = |of: &[InterestState]| states.as_slice() == of;
    let open: Vec<InterestState> = InterestState::ALL.iter().copied().filter(|s| s.is_open()).collect();
    let link = |words: String, code: &str, current: bool| (words, cx.here(&cx.query.with("state", code)), current, None);
    let mut links = vec![
        link(t!(cx.lang, "interests.all_states").to_owned(), "", chosen(&[])),
        link(t!(cx.lang, "interests.open").to_owned(), OPEN, chosen(&open)),
    ];
    for state in InterestState::ALL.iter().filter(|s| !s.is_open()) {
        links.push(link(code_label(cx.lang, InterestState::GROUP, state.code()), state.code(), chosen(&[*state])));
    }
    ui::tabs(t!(cx.lang, "interests.state"), links)
}

/// One interest in a list.
pub(super) fn line(cx: &Cx, interest: &InterestView) -> AnyView {
    let other = if interest.outgoing { interest.to.1.clone() } else { sender_name(cx, interest) };
    let message = ui::excerpt(&interest.message, 100);
    let state = ui::state_badge(cx, InterestState::GROUP, interest.state.code());
    ui::result_item(ResultItem {
        badges: std::iter::once(state).chain(due_badge(cx, interest)).collect(),
        meta: vec![other.into_any(), interest.listing.number.clone().into_any(), ui::date_time(cx, interest.created_at)],
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
