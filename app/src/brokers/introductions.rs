//! Introductions: made by a broker, received by a party, bypassed by a contract.

use keqiao_market::{
    Paged,
    introductions::{self, IntroductionSummary, Scope},
};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Query, Route, t,
    ui::{self, ResultItem, Tone},
};

fn code(scope: Scope) -> &'static str {
    match scope {
        Scope::Made => "made",
        Scope::Received => "received",
        Scope::Bypassed => "bypassed",
    }
}

/// The lists that the reader has, the first the one it sees without asking.
fn scopes(cx: &Cx) -> Vec<Scope> {
    let mut scopes = Vec::new();
    if cx.actor.is_broker() {
        scopes.push(Scope::Made);
    }
    if cx.actor.is_officer() || cx.actor.is_admin() {
        scopes.push(Scope::Bypassed);
    }
    if cx.actor.organisation().is_some() || scopes.is_empty() {
        scopes.push(Scope::Received);
    }
    scopes
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let scopes = scopes(cx);
    let scope = scopes.iter().copied().find(|s| code(*s) == cx.query.get("tab")).or(scopes.first().copied()).unwrap_or(Scope::Received);
    let found = introductions::introductions(&cx.market, &cx.actor, scope, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "brokers.introductions"), move || view(&cx, &scopes, scope, &found)))
}

fn view(cx: &Cx, scopes: &[Scope], scope: Scope, found: &Paged<IntroductionSummary>) -> AnyView {
    let tabs = scopes
        .iter()
        .map(|s| {
            let words = match s {
                Scope::Made => t!(cx.lang, "brokers.tab_made"),
                Scope::Received => t!(cx.lang, "brokers.tab_received"),
                Scope::Bypassed => t!(cx.lang, "brokers.tab_bypassed"),
            };
            let to = format!("{}{}", cx.href(&cx.route), Query(vec![("tab".to_owned(), code(*s).to_owned())]).to_search());
            (words.to_owned(), to, *s == scope, None)
        })
        .collect();
    let list = if found.items.is_empty() {
        let (text, action) = match scope {
            Scope::Made => (t!(cx.lang, "brokers.none_made"), Some((t!(cx.lang, "brokers.board"), cx.href(&Route::Board)))),
            Scope::Received => (t!(cx.lang, "brokers.none_received"), Some((t!(cx.lang, "brokers.title"), cx.href(&Route::Brokers)))),
            Scope::Bypassed => (t!(cx.lang, "brokers.none_bypassed"), None),
        };
        ui::empty(cx, t!(cx.lang, "brokers.no_introductions"), text, action)
    } else {
        ui::results(found.items.iter().map(|i| line(cx, i)).collect())
    };
    view! {
        {ui::page_title(t!(cx.lang, "brokers.introductions"), None, None)}
        {ui::lead(t!(cx.lang, "brokers.introductions_lead"))}
        {ui::tabs(t!(cx.lang, "brokers.introductions"), tabs)}
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

/// How an introduction stands.
pub(super) fn badges(cx: &Cx, introduction: &IntroductionSummary) -> Vec<AnyView> {
    let mut badges = Vec::new();
    if introduction.bypassed {
        badges.push(ui::badge(t!(cx.lang, "brokers.bypassed"), Tone::Bad));
    }
    badges.push(match (&introduction.buyer_acknowledged, &introduction.seller_acknowledged) {
        (Some(_), Some(_)) => ui::badge(t!(cx.lang, "brokers.acknowledged_both"), Tone::Good),
        (None, None) => ui::badge(t!(cx.lang, "brokers.acknowledged_none"), Tone::Warn),
        _ => ui::badge(t!(cx.lang, "brokers.acknowledged_one"), Tone::Warn),
    });
    if introduction.over {
        badges.push(ui::badge(t!(cx.lang, "brokers.introduction_over"), Tone::Neutral));
    }
    badges
}

fn line(cx: &Cx, introduction: &IntroductionSummary) -> AnyView {
    let parties = format!("{} ↔ {}", introduction.buyer.1, introduction.seller.1);
    ui::result_item(ResultItem {
        badges: badges(cx, introduction),
        meta: vec![
            introduction.number.clone().into_any(),
            t!(cx.lang, "interests.by_broker", name = introduction.broker.1).into_any(),
            ui::date(cx, introduction.made_at),
        ],
        snippet: Some(ui::excerpt(&introduction.subject, 120).into_any()),
        ..ResultItem::new(parties.into_any(), cx.href(&Route::Introduction(introduction.number.clone())))
    })
}
