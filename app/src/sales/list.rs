//! The list of sales, for everyone.

use keqiao_market::{
    Paged,
    sales::{self, SalePhase, SaleSummary},
};
use keqiao_model::{Coded, ListingKind, PricingWay, SaleState};
use leptos::prelude::*;
use time::OffsetDateTime;

use crate::{
    Cx, Page, PageError, Route, t,
    ui::{self, ResultItem, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let wanted = match cx.query.get("state") {
        "open" => Some(SalePhase::Open),
        "coming" => Some(SalePhase::Coming),
        "over" => Some(SalePhase::Over),
        _ => None,
    };
    let found = sales::sales(&cx.market, wanted, cx.query.page()).await?;
    let page = {
        let cx = cx.clone();
        Page::new(t!(cx.lang, "sales.title"), move || view(&cx, wanted, &found))
    };
    Ok(page.public(t!(cx.lang, "sales.lead")))
}

fn view(cx: &Cx, wanted: Option<SalePhase>, found: &Paged<SaleSummary>) -> AnyView {
    let tab = |code: &str, words: &str, phase: Option<SalePhase>| {
        (words.to_owned(), cx.here(&cx.query.with("state", code)), wanted == phase, None)
    };
    let tabs = vec![
        tab("", t!(cx.lang, "sales.all"), None),
        tab("open", t!(cx.lang, "sales.open"), Some(SalePhase::Open)),
        tab("coming", t!(cx.lang, "sales.coming"), Some(SalePhase::Coming)),
        tab("over", t!(cx.lang, "sales.over"), Some(SalePhase::Over)),
    ];
    let list = if found.items.is_empty() {
        let (text, action) = match wanted {
            Some(_) => (t!(cx.lang, "sales.none_found"), (t!(cx.lang, "sales.show_all"), cx.href(&Route::Sales))),
            None => {
                let to = cx.href(&Route::Listings(ListingKind::Achievement));
                (t!(cx.lang, "sales.none_text"), (t!(cx.lang, "sales.to_achievements"), to))
            }
        };
        ui::empty(cx, t!(cx.lang, "sales.none"), text, Some(action))
    } else {
        ui::results(found.items.iter().map(|s| line(cx, s)).collect())
    };
    view! {
        {ui::page_title(t!(cx.lang, "sales.title"), None, None)}
        {ui::lead(t!(cx.lang, "sales.lead"))}
        {ui::tabs(t!(cx.lang, "sales.title"), tabs)}
        <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "sales.count", n = ui::count(found.total))}</p></div>
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

/// A moment to the second: bids and ends are told apart by it.
pub(super) fn moment(cx: &Cx, at: OffsetDateTime) -> String {
    format!("{}:{:02}", ui::date_time_text(cx, at), at.second())
}

/// How it is sold, and where it stands.
pub(super) fn badges(cx: &Cx, sale: &SaleSummary) -> Vec<AnyView> {
    let state = match (sale.state, sale.phase) {
        (SaleState::Announced, SalePhase::Open) => ui::badge(t!(cx.lang, "sales.open"), Tone::Info),
        (SaleState::Announced, SalePhase::Coming) => ui::badge(t!(cx.lang, "sales.coming"), Tone::Neutral),
        (SaleState::Announced, SalePhase::Over) => ui::badge(t!(cx.lang, "sales.settling"), Tone::Warn),
        (state, _) => {
            let tone = if state == SaleState::Sold { Tone::Good } else { Tone::Neutral };
            ui::badge(&code_label(cx.lang, SaleState::GROUP, state.code()), tone)
        }
    };
    vec![ui::badge(&code_label(cx.lang, PricingWay::GROUP, sale.way.code()), Tone::Accent), state]
}

/// What the price of a sale is called.
pub(super) fn price_label(cx: &Cx, way: PricingWay) -> &'static str {
    if way == PricingWay::Auction { t!(cx.lang, "sales.start_price") } else { t!(cx.lang, "sales.listed_price") }
}

fn line(cx: &Cx, sale: &SaleSummary) -> AnyView {
    let when = match sale.phase {
        SalePhase::Coming => t!(cx.lang, "sales.opens_on", time = ui::date_time_text(cx, sale.opens_at)),
        SalePhase::Open => t!(cx.lang, "sales.closes_on", time = moment(cx, sale.closes_at)),
        SalePhase::Over => t!(cx.lang, "sales.closed_on", time = ui::date_time_text(cx, sale.closes_at)),
    };
    let mut meta = vec![sale.number.clone(), sale.organisation.1.clone(), when];
    if sale.bids > 0 {
        meta.push(t!(cx.lang, "sales.bid_count", n = sale.bids));
    }
    let (words, amount) = match sale.highest {
        Some(highest) => (t!(cx.lang, "sales.highest"), highest),
        None => (price_label(cx, sale.way), sale.price),
    };
    let amount = ui::money_compact(cx, amount.fen());
    ui::result_item(ResultItem {
        badges: badges(cx, sale),
        meta: meta.into_iter().map(IntoAny::into_any).collect(),
        side: Some(view! { <span class="hint">{words}</span>" "<span class="amount">{amount}</span> }.into_any()),
        ..ResultItem::new(sale.title.clone().into_any(), cx.href(&Route::Sale(sale.number.clone())))
    })
}
