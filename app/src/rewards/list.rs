//! The splits of a unit, and for officers the approved ones of their region.

use keqiao_market::{
    Paged,
    rewards::{self, RewardFilter, RewardSummary},
};
use keqiao_model::{Coded, ConversionWay, RewardState};
use leptos::prelude::*;

use super::acts_for_institute;
use crate::{
    Cx, Page, PageError, Query, Route, t,
    ui::{self, ButtonStyle, ResultItem},
    words::code_label,
};

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let officer = cx.actor.is_officer();
    let region = officer && (cx.query.get("tab") == "region" || cx.actor.organisation().is_none());
    let filter = RewardFilter { region, state: RewardState::from_code(cx.query.get("state")).filter(|_| !region) };
    let found = rewards::rewards(&cx.market, &cx.actor, filter, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "rewards.title"), move || view(&cx, filter, &found)))
}

fn view(cx: &Cx, filter: RewardFilter, found: &Paged<RewardSummary>) -> AnyView {
    let institute = acts_for_institute(cx);
    let mut ways = Vec::new();
    if institute {
        ways.push(ui::button_link(t!(cx.lang, "rewards.new_own_use"), &cx.href(&Route::RewardNew), ButtonStyle::Secondary));
    }
    if institute || cx.actor.is_officer() {
        ways.push(ui::button_link(t!(cx.lang, "rewards.report"), &cx.href(&Route::RewardReport), ButtonStyle::Secondary));
    }
    let scopes = (cx.actor.is_officer() && cx.actor.organisation().is_some()).then(|| {
        let to_region = format!("{}{}", cx.href(&cx.route), Query::default().with("tab", "region").to_search());
        let tabs = vec![
            (t!(cx.lang, "rewards.own").to_owned(), cx.href(&cx.route), !filter.region, None),
            (t!(cx.lang, "rewards.region").to_owned(), to_region, filter.region, None),
        ];
        ui::tabs(t!(cx.lang, "rewards.title"), tabs)
    });
    let states = (!filter.region && institute).then(|| {
        let all = (t!(cx.lang, "rewards.all").to_owned(), cx.here(&cx.query.with("state", "")), filter.state.is_none(), None);
        let each = RewardState::ALL.iter().map(|s| {
            let words = code_label(cx.lang, RewardState::GROUP, s.code());
            (words, cx.here(&cx.query.with("state", s.code())), filter.state == Some(*s), None)
        });
        ui::tabs(t!(cx.lang, "rewards.state"), std::iter::once(all).chain(each).collect())
    });
    let list = if found.items.is_empty() {
        none(cx, filter, institute)
    } else {
        ui::results(found.items.iter().map(|s| line(cx, s, filter.region)).collect())
    };
    let lead = if filter.region { t!(cx.lang, "rewards.region_lead") } else { t!(cx.lang, "rewards.lead") };
    view! {
        {ui::page_title(t!(cx.lang, "rewards.title"), None, (!ways.is_empty()).then(|| ui::buttons(ways)))}
        {ui::lead(lead)}
        {scopes}
        {states}
        <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "rewards.count", n = ui::count(found.total))}</p></div>
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

fn none(cx: &Cx, filter: RewardFilter, institute: bool) -> AnyView {
    let (text, action) = if filter.region {
        (t!(cx.lang, "rewards.none_region"), (t!(cx.lang, "rewards.report"), cx.href(&Route::RewardReport)))
    } else if cx.actor.organisation().is_none() {
        (t!(cx.lang, "rewards.none_unit"), (t!(cx.lang, "rewards.to_organisation"), cx.href(&Route::OrganisationNew)))
    } else if filter.state.is_some() {
        (t!(cx.lang, "rewards.none_found"), (t!(cx.lang, "rewards.show_all"), cx.href(&cx.route)))
    } else {
        let text = if institute { t!(cx.lang, "rewards.none_own") } else { t!(cx.lang, "rewards.not_institute") };
        let to = format!("{}{}", cx.href(&Route::Contracts), Query::default().with("tab", "own").to_search());
        (text, (t!(cx.lang, "rewards.to_contracts"), to))
    };
    ui::empty(cx, t!(cx.lang, "rewards.none"), text, Some(action))
}

fn line(cx: &Cx, s: &RewardSummary, with_unit: bool) -> AnyView {
    let unit = with_unit.then(|| s.unit.1.clone());
    let about = s.contract.clone().or_else(|| s.achievement.clone());
    let meta = [Some(s.number.clone()), unit, about, Some(code_label(cx.lang, ConversionWay::GROUP, s.way.code()))];
    let pool = ui::money_compact(cx, s.pool.fen());
    ui::result_item(ResultItem {
        badges: vec![ui::state_badge(cx, RewardState::GROUP, s.state.code())],
        meta: meta.into_iter().flatten().map(IntoAny::into_any).collect(),
        side: Some(view! { <span class="hint">{t!(cx.lang, "rewards.pool")}</span>" "<span class="amount">{pool}</span> }.into_any()),
        ..ResultItem::new(s.title.clone().into_any(), cx.href(&Route::Reward(s.number.clone())))
    })
}
