//! The list of public notices, for everyone.

use keqiao_market::{
    Paged,
    public_notices::{self, NoticeFilter, NoticeSummary},
};
use keqiao_model::{Coded, Cooperation, NoticeState};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Query, Route, t,
    ui::{self, ResultItem, Tone},
    words::code_label,
};

/// Longest search, characters.
const QUERY_MAX: usize = 100;

/// What the address asks for. Unknown values are ignored: an old link never fails.
fn filter(cx: &Cx) -> NoticeFilter {
    NoticeFilter {
        running: match cx.query.get("state") {
            "running" => Some(true),
            "ended" => Some(false),
            _ => None,
        },
        query: cx.query.get("q").trim().chars().take(QUERY_MAX).collect(),
    }
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let filter = filter(cx);
    let found = public_notices::public_notices(&cx.market, &filter, cx.query.page()).await?;
    let page = {
        let cx = cx.clone();
        Page::new(t!(cx.lang, "public_notices.title"), move || view(&cx, &filter, &found))
    };
    Ok(page.public(t!(cx.lang, "public_notices.lead")))
}

fn view(cx: &Cx, filter: &NoticeFilter, found: &Paged<NoticeSummary>) -> AnyView {
    let tab = |code: &str, words: &str, current: bool| (words.to_owned(), cx.here(&cx.query.with("state", code)), current, None);
    let tabs = vec![
        tab("", t!(cx.lang, "public_notices.all"), filter.running.is_none()),
        tab("running", t!(cx.lang, "public_notices.running"), filter.running == Some(true)),
        tab("ended", t!(cx.lang, "public_notices.ended"), filter.running == Some(false)),
    ];
    let list = if found.items.is_empty() {
        let everything = (t!(cx.lang, "public_notices.show_all"), cx.href(&Route::PublicNotices));
        let (text, action) = if *filter == NoticeFilter::default() {
            (t!(cx.lang, "public_notices.none_text"), None)
        } else {
            (t!(cx.lang, "public_notices.none_found"), Some(everything))
        };
        ui::empty(cx, t!(cx.lang, "public_notices.none"), text, action)
    } else {
        ui::results(found.items.iter().map(|n| line(cx, n)).collect())
    };
    let chips = if filter.query.is_empty() {
        Vec::new()
    } else {
        vec![(t!(cx.lang, "listings.words").to_owned(), filter.query.clone(), cx.here(&cx.query.with("q", "")))]
    };
    let everything = cx.here(&Query(cx.query.0.iter().filter(|(name, _)| name == "state").cloned().collect()));
    view! {
        {ui::page_title(t!(cx.lang, "public_notices.title"), None, None)}
        {ui::lead(t!(cx.lang, "public_notices.lead"))}
        {ui::tabs(t!(cx.lang, "public_notices.title"), tabs)}
        {ui::search_form(cx, t!(cx.lang, "public_notices.search_label"), t!(cx.lang, "public_notices.search_placeholder"))}
        {ui::chips(cx, chips, &everything)}
        <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "public_notices.count", n = ui::count(found.total))}</p></div>
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

/// How long a running notice still stands, in words.
pub(super) fn left(cx: &Cx, notice: &NoticeSummary) -> Option<String> {
    if notice.state != NoticeState::Running {
        return None;
    }
    let day = |at: time::OffsetDateTime| at.to_offset(keqiao_market::CHINA).date();
    Some(match (day(notice.ends_at) - day(cx.now)).whole_days() {
        0 => t!(cx.lang, "public_notices.last_day").to_owned(),
        days => t!(cx.lang, "public_notices.days_left", n = days),
    })
}

/// Where a notice stands, and what the reader should know at once.
pub(super) fn badges(cx: &Cx, notice: &NoticeSummary) -> Vec<AnyView> {
    let tone = match notice.state {
        NoticeState::Running => Tone::Info,
        NoticeState::Ended => Tone::Good,
        NoticeState::Stopped => Tone::Neutral,
    };
    let mut badges = vec![ui::badge(&code_label(cx.lang, NoticeState::GROUP, notice.state.code()), tone)];
    if notice.interested {
        badges.push(ui::badge(t!(cx.lang, "public_notices.related"), Tone::Warn));
    }
    badges
}

fn line(cx: &Cx, notice: &NoticeSummary) -> AnyView {
    let mut meta = vec![notice.number.clone(), notice.organisation.1.clone(), format!("→ {}", notice.buyer)];
    meta.extend(notice.way.map(|way| code_label(cx.lang, Cooperation::GROUP, way.code())));
    meta.push(t!(cx.lang, "public_notices.until", day = ui::date_text(cx, notice.ends_at)));
    meta.extend(left(cx, notice));
    if notice.objections > 0 {
        meta.push(t!(cx.lang, "public_notices.objection_count", n = notice.objections));
    }
    ui::result_item(ResultItem {
        badges: badges(cx, notice),
        meta: meta.into_iter().map(IntoAny::into_any).collect(),
        side: Some(view! { <span class="amount">{ui::money_compact(cx, notice.price.fen())}</span> }.into_any()),
        ..ResultItem::new(notice.title.clone().into_any(), cx.href(&Route::PublicNotice(notice.number.clone())))
    })
}
