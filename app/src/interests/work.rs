//! What waits for the signed-in person, and what is theirs.

use keqiao_market::{
    ListingSummary, Paged,
    contracts::{self, ContractSummary, Filter, Scope},
    deals::{self, DealSummary},
    interests::{self, Direction, InterestView},
    introductions, listings,
    matching::{self, PairFilter, PairView},
    performance::{self, DueKind, DueMilestone},
    questions, review,
};
use keqiao_model::{InterestState, ListingKind};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Query, Route,
    contracts::contract_line,
    deals::deal_line,
    listings::summary_result,
    t,
    ui::{self, ButtonStyle, Tone},
};

use super::{list::line, pairs::line as pair_line};

/// Pairs shown to a broker; the rest has a page of its own.
const PAIRS: usize = 5;

struct Work {
    waiting: Paged<InterestView>,
    listings: Paged<ListingSummary>,
    deals: Paged<DealSummary>,
    contracts: Paged<ContractSummary>,
    pairs: Vec<PairView>,
    review: u64,
    register: u64,
    members: u64,
    introductions: u64,
    questions: u64,
    milestones: Vec<DueMilestone>,
    reports: u64,
}

/// The few best pairs that nobody has taken up.
async fn best_pairs(cx: &Cx) -> Result<Vec<PairView>, PageError> {
    let mut pairs = matching::best_pairs(&cx.market, &cx.actor, &PairFilter::default(), 1).await?.items;
    pairs.retain(|pair| pair.claim.is_none());
    pairs.truncate(PAIRS);
    Ok(pairs)
}

/// The page a person sees after signing in.
pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let person = cx.actor.signed_in()?.clone();
    let (market, actor) = (&cx.market, &cx.actor);
    let open: Vec<InterestState> = InterestState::ALL.iter().copied().filter(|s| s.is_open()).collect();
    let work = Work {
        waiting: interests::interests(market, actor, Direction::Received, &open, 1).await?,
        listings: listings::own_listings(market, actor, None, cx.query.page()).await?,
        deals: deals::deals(market, actor, Some(true), 1).await?,
        contracts: contracts::contracts(market, actor, &Filter { scope: Scope::Own, ..Filter::default() }, 1).await?,
        pairs: if person.broker { best_pairs(cx).await? } else { Vec::new() },
        review: if person.officer.is_some() { review::review_count(market, actor).await? } else { 0 },
        register: if person.officer.is_some() { contracts::contract_queue_count(market, actor).await? } else { 0 },
        members: review::membership_requests(market, actor).await?,
        introductions: introductions::waiting(market, actor).await?,
        questions: questions::waiting_questions(market, actor).await?,
        milestones: performance::due_milestones(market, actor).await?,
        reports: keqiao_market::reports::waiting(market, actor).await?,
    };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "work.title"), move || view(&cx, &person, &work)))
}

fn view(cx: &Cx, person: &keqiao_market::Person, work: &Work) -> AnyView {
    let organisation = person.organisation.as_ref();
    let mut notices: Vec<AnyView> = Vec::new();
    if !person.verified {
        let to = cx.href(&Route::Account);
        notices.push(ui::notice(
            cx,
            Tone::Warn,
            view! { <p>{t!(cx.lang, "work.verify")}" "<a href=to>{t!(cx.lang, "work.to_account")}</a></p> }.into_any(),
        ));
    }
    if organisation.is_none() && person.officer.is_none() {
        let to = cx.href(&Route::OrganisationNew);
        notices.push(ui::notice(
            cx,
            Tone::Info,
            view! { <p>{t!(cx.lang, "listings.need_organisation_text")}" "<a href=to>{t!(cx.lang, "listings.to_organisation")}</a></p> }
                .into_any(),
        ));
    }
    let mut figures = Vec::new();
    if person.officer.is_some() {
        figures.push(ui::stat(
            t!(cx.lang, "work.review"),
            &ui::count(work.review),
            t!(cx.lang, "work.review_hint"),
            Some(cx.href(&Route::Review)),
        ));
        let to = format!("{}{}", cx.href(&Route::Review), Query(vec![("tab".to_owned(), "contracts".to_owned())]).to_search());
        figures.push(ui::stat(t!(cx.lang, "work.register"), &ui::count(work.register), t!(cx.lang, "work.register_hint"), Some(to)));
    }
    if organisation.is_some() {
        figures.push(ui::stat(
            t!(cx.lang, "work.waiting"),
            &ui::count(work.waiting.total),
            t!(cx.lang, "work.waiting_hint"),
            Some(format!("{}{}", cx.href(&Route::Interests), Query(vec![("state".to_owned(), "open".to_owned())]).to_search())),
        ));
        figures.push(ui::stat(
            t!(cx.lang, "work.deals"),
            &ui::count(work.deals.total),
            t!(cx.lang, "work.deals_hint"),
            Some(cx.href(&Route::Deals)),
        ));
        let more = [
            (work.introductions, t!(cx.lang, "work.introductions"), t!(cx.lang, "work.introductions_hint"), Route::Introductions),
            (work.questions, t!(cx.lang, "work.questions"), t!(cx.lang, "work.questions_hint"), Route::Questions),
        ];
        for (count, label, hint, to) in more.into_iter().filter(|(count, ..)| *count > 0) {
            figures.push(ui::stat(label, &ui::count(count), hint, Some(cx.href(&to))));
        }
    }
    if work.reports > 0 {
        let to = format!("{}{}", cx.href(&Route::Indicators), Query(vec![("state".to_owned(), "submitted".to_owned())]).to_search());
        figures.push(ui::stat(t!(cx.lang, "work.reports"), &ui::count(work.reports), t!(cx.lang, "work.reports_hint"), Some(to)));
    }
    if let Some(o) = organisation.filter(|_| work.members > 0) {
        figures.push(ui::stat(
            t!(cx.lang, "work.members"),
            &ui::count(work.members),
            t!(cx.lang, "work.members_hint"),
            Some(cx.href(&Route::OrganisationEdit(o.id))),
        ));
    }
    let part = |id: &str, title: &str, items: Vec<AnyView>| (!items.is_empty()).then(|| ui::section(id, title, ui::results(items)));
    let own = if organisation.is_some() && work.listings.total == 0 {
        Some(ui::empty(
            cx,
            t!(cx.lang, "work.no_listings"),
            t!(cx.lang, "work.no_listings_text"),
            Some((t!(cx.lang, "listings.post_demand"), cx.href(&Route::ListingNew(ListingKind::Demand)))),
        ))
    } else {
        part("listings", t!(cx.lang, "work.listings"), work.listings.items.iter().map(|l| summary_result(cx, l, true)).collect())
    };
    let pairs: Vec<AnyView> = work.pairs.iter().map(|pair| pair_line(cx, pair)).collect();
    let pairs = (!pairs.is_empty()).then(|| {
        let all = cx.href(&Route::Pairs);
        let body = view! { {ui::results(pairs)}<p><a href=all>{t!(cx.lang, "work.all_pairs")}</a></p> }.into_any();
        ui::section("pairs", t!(cx.lang, "work.pairs"), body)
    });
    let mut ways = Vec::new();
    if organisation.is_some_and(|o| o.kind != keqiao_model::OrganisationKind::Agency) {
        let (demand, achievement) =
            (cx.href(&Route::ListingNew(ListingKind::Demand)), cx.href(&Route::ListingNew(ListingKind::Achievement)));
        ways.push(ui::button_link(t!(cx.lang, "listings.post_demand"), &demand, ButtonStyle::Primary));
        ways.push(ui::button_link(t!(cx.lang, "listings.list_achievement"), &achievement, ButtonStyle::Secondary));
        ways.push(ui::button_link(t!(cx.lang, "work.import"), &cx.href(&Route::Import), ButtonStyle::Quiet));
    }
    if keqiao_market::reports::may_report(&cx.actor) {
        ways.push(ui::button_link(t!(cx.lang, "work.report_indicator"), &cx.href(&Route::IndicatorNew), ButtonStyle::Quiet));
    }
    if keqiao_market::targets::may_set_targets(&cx.market, &cx.actor) {
        ways.push(ui::button_link(t!(cx.lang, "work.set_targets"), &cx.href(&Route::AdminTargets), ButtonStyle::Quiet));
    }
    if cx.site.demo && (person.officer.is_some() || person.admin) {
        ways.push(ui::button_link(t!(cx.lang, "work.mail"), &cx.href(&Route::AdminMail), ButtonStyle::Quiet));
    }
    let beside = (!ways.is_empty()).then(|| ui::buttons(ways));
    view! {
        {ui::page_title(t!(cx.lang, "work.title"), organisation.map(|o| o.name.as_str()), beside)}
        {notices}
        {ui::stats(figures)}
        {part("waiting", t!(cx.lang, "work.waiting"), work.waiting.items.iter().map(|i| line(cx, i)).collect())}
        {part("milestones", t!(cx.lang, "work.milestones"), work.milestones.iter().map(|m| milestone(cx, m)).collect())}
        {pairs}
        {part("deals", t!(cx.lang, "work.deals"), work.deals.items.iter().map(|d| deal_line(cx, d)).collect())}
        {part("contracts", t!(cx.lang, "work.contracts"), work.contracts.items.iter().map(|c| contract_line(cx, c)).collect())}
        {own}
        {ui::pager(cx, work.listings.total, work.listings.per_page)}
    }
    .into_any()
}

/// A milestone that the organisation has to deliver soon or to accept.
fn milestone(cx: &Cx, m: &DueMilestone) -> AnyView {
    let (words, tone) = match m.kind {
        DueKind::Deliver => (t!(cx.lang, "work.milestone_deliver"), Tone::Warn),
        DueKind::Accept => (t!(cx.lang, "work.milestone_accept"), Tone::Info),
    };
    let day = ui::day_text(cx, m.due_on);
    let due = if m.overdue { t!(cx.lang, "work.milestone_overdue", day = day) } else { t!(cx.lang, "work.milestone_due", day = day) };
    let late = m.overdue && m.kind == DueKind::Deliver;
    let to = cx.href(&Route::ContractPerformance(m.contract.clone()));
    ui::result_item(ui::ResultItem {
        badges: vec![ui::badge(words, if late { Tone::Bad } else { tone })],
        meta: [m.contract.clone(), m.contract_title.clone(), due].into_iter().map(IntoAny::into_any).collect(),
        ..ui::ResultItem::new(m.title.clone().into_any(), to)
    })
}
