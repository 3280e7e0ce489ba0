//! What waits for an officer: listings, contracts with those overdue first, changes of registered contracts.

use keqiao_market::{
    CHINA, ListingSummary, Paged,
    contracts::{self, AmendmentQueueItem, ContractSummary},
    review,
};
use keqiao_model::{AmendmentKind, Coded, ContractState};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Query, Route,
    contracts::contract_line,
    listings::summary_meta,
    rules::holidays_missing,
    t,
    ui::{self, ButtonStyle, ResultItem, Tone},
    words::code_label,
};

enum Waiting {
    Listings(Paged<ListingSummary>),
    Contracts(Paged<ContractSummary>, Option<ContractState>),
    Amendments(Paged<AmendmentQueueItem>),
}

struct Counts {
    listings: u64,
    contracts: u64,
    amendments: u64,
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let (market, actor, place) = (&cx.market, &cx.actor, cx.query.page());
    let counts = Counts {
        listings: review::review_count(market, actor).await?,
        contracts: contracts::contract_queue_count(market, actor).await?,
        amendments: contracts::amendment_queue_count(market, actor).await?,
    };
    let waiting = match cx.query.get("tab") {
        "contracts" => {
            let stage = ContractState::from_code(cx.query.get("stage")).filter(|s| s.waits());
            Waiting::Contracts(contracts::contract_queue(market, actor, stage, place).await?, stage)
        }
        "amendments" => Waiting::Amendments(contracts::amendment_queue(market, actor, place).await?),
        _ => Waiting::Listings(review::review_queue(market, actor, place).await?),
    };
    let missing = contracts::missing_holidays(market).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "review.title"), move || view(&cx, &counts, &waiting, &missing)))
}

fn view(cx: &Cx, counts: &Counts, waiting: &Waiting, missing: &[i32]) -> AnyView {
    let tab = |code: &str, words: &str, current: bool, count: u64| {
        let to = format!("{}{}", cx.href(&cx.route), Query(vec![("tab".to_owned(), code.to_owned())]).to_search());
        (words.to_owned(), to, current, Some(count))
    };
    let tabs = vec![
        tab("", t!(cx.lang, "review.listings"), matches!(waiting, Waiting::Listings(_)), counts.listings),
        tab("contracts", t!(cx.lang, "review.contracts"), matches!(waiting, Waiting::Contracts(..)), counts.contracts),
        tab("amendments", t!(cx.lang, "amendments.title"), matches!(waiting, Waiting::Amendments(_)), counts.amendments),
    ];
    let (lines, total, per_page): (Vec<AnyView>, u64, u64) = match waiting {
        Waiting::Listings(found) => (found.items.iter().map(|l| listing_line(cx, l)).collect(), found.total, found.per_page),
        Waiting::Contracts(found, _) => (found.items.iter().map(|c| contract_line(cx, c)).collect(), found.total, found.per_page),
        Waiting::Amendments(found) => (found.items.iter().map(|a| amendment_line(cx, a)).collect(), found.total, found.per_page),
    };
    let filter = match waiting {
        Waiting::Contracts(_, stage) => Some(stages(cx, *stage)),
        _ => None,
    };
    let missing = match waiting {
        Waiting::Contracts(..) => holidays_missing(cx, missing),
        _ => Vec::new(),
    };
    let staged = matches!(waiting, Waiting::Contracts(_, Some(_)));
    let list = if lines.is_empty() && staged {
        let all = format!("{}?tab=contracts", cx.href(&cx.route));
        ui::empty(cx, t!(cx.lang, "review.none"), t!(cx.lang, "review.none_of_stage"), Some((t!(cx.lang, "review.all_stages"), all)))
    } else if lines.is_empty() {
        let to = Some((t!(cx.lang, "work.title"), cx.href(&Route::Work)));
        ui::empty(cx, t!(cx.lang, "review.none"), t!(cx.lang, "review.none_text"), to)
    } else {
        ui::results(lines)
    };
    view! {
        {ui::page_title(t!(cx.lang, "review.title"), None, Some(ui::buttons(vec![
            ui::button_link(t!(cx.lang, "review.precision"), &cx.href(&Route::ReviewPrecision), ButtonStyle::Secondary),
            ui::button_link(t!(cx.lang, "matches.pairs"), &cx.href(&Route::Pairs), ButtonStyle::Quiet),
            ui::button_link(t!(cx.lang, "rules.title"), &cx.href(&Route::Rules), ButtonStyle::Quiet),
        ])))}
        {ui::tabs(t!(cx.lang, "review.title"), tabs)}
        {missing}
        {filter}
        {list}
        {ui::pager(cx, total, per_page)}
    }
    .into_any()
}

/// The stages of a decision, each with an address of its own.
fn stages(cx: &Cx, stage: Option<ContractState>) -> AnyView {
    let tab = |at: Option<ContractState>, words: String| {
        let to = cx.here(&cx.query.with("stage", at.map_or("", |s| s.code())));
        (words, to, at == stage, None)
    };
    let stages = ContractState::WAITING.map(|s| tab(Some(s), code_label(cx.lang, ContractState::GROUP, s.code())));
    let tabs = [tab(None, t!(cx.lang, "review.all_stages").to_owned())].into_iter().chain(stages).collect();
    ui::tabs(t!(cx.lang, "review.stage"), tabs)
}

fn listing_line(cx: &Cx, l: &ListingSummary) -> AnyView {
    let waited = (cx.now - l.updated_at).whole_days();
    let mut meta = summary_meta(cx, l);
    meta.push(t!(cx.lang, "review.waiting", n = waited).into_any());
    ui::result_item(ResultItem {
        meta,
        ..ResultItem::new(l.title.clone().into_any(), cx.href(&Route::ReviewListing(l.kind, l.number.clone())))
    })
}

fn amendment_line(cx: &Cx, a: &AmendmentQueueItem) -> AnyView {
    let c = &a.contract;
    let meta = [
        c.registration_number.clone().unwrap_or_else(|| c.number.clone()),
        format!("{} → {}", c.seller.1, c.buyer.1),
        t!(cx.lang, "review.waiting", n = (cx.now - a.created_at).whole_days()),
    ];
    ui::result_item(ResultItem {
        badges: vec![ui::badge(&code_label(cx.lang, AmendmentKind::GROUP, a.kind.code()), Tone::Warn)],
        meta: meta.map(IntoAny::into_any).into(),
        side: Some(view! { <span class="amount">{ui::money_compact(cx, c.value.fen())}</span> }.into_any()),
        ..ResultItem::new(c.title.clone().into_any(), cx.href(&Route::ContractAmend(c.number.clone())))
    })
}

/// By when a waiting contract must be decided: how overdue it is, or how many working days are left.
pub(crate) fn due_badge(cx: &Cx, contract: &ContractSummary) -> Option<AnyView> {
    let due = contract.due_on.filter(|_| contract.state.waits())?;
    let today = cx.now.to_offset(CHINA).date();
    let calendar = &cx.market.config().calendar;
    Some(if due < today {
        // On a weekend after the last day no working day has passed yet.
        let late = calendar.between(due, today);
        let words = if late == 0 { t!(cx.lang, "review.is_overdue").to_owned() } else { t!(cx.lang, "review.overdue_by", n = late) };
        ui::badge(&words, Tone::Bad)
    } else {
        ui::badge(&t!(cx.lang, "review.days_left", n = calendar.between(today, due)), Tone::Neutral)
    })
}
