//! The ranked answers of the other side, and why.

use keqiao_market::{
    Paged,
    matching::{self, MatchView},
};
use keqiao_model::{Coded, Cooperation, Field, INDUSTRY_GROUP, ListingKind};
use keqiao_search::{Explanation, Facet};
use leptos::prelude::*;

use super::{index_notice, search::region_name, summary_meta};
use crate::{
    Cx, Page, PageError, Query, Route, t,
    ui::{self, ButtonStyle},
    words::{code_label, label},
};

/// The page of one listing's matches.
pub(super) async fn page(cx: &Cx, kind: ListingKind, number: &str) -> Result<Page, PageError> {
    let matches = matching::matches(&cx.market, &cx.actor, kind, number, cx.query.page()).await?;
    let listing = keqiao_market::listings::listing(&cx.market, &cx.actor, kind, number).await?;
    let title = t!(cx.lang, "matches.title", title = listing.summary.title);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &listing, matches)))
}

fn view(cx: &Cx, listing: &keqiao_market::ListingView, matches: Paged<MatchView>) -> AnyView {
    let s = &listing.summary;
    let back = cx.href(&Route::Listing(s.kind, s.number.clone()));
    let (heading, lead) = match s.kind {
        ListingKind::Demand => (t!(cx.lang, "matches.for_demand"), t!(cx.lang, "matches.for_demand_lead")),
        ListingKind::Achievement => (t!(cx.lang, "matches.for_achievement"), t!(cx.lang, "matches.for_achievement_lead")),
    };
    let items: Vec<AnyView> = matches.items.iter().map(|m| item(cx, listing, m)).collect();
    let list = if items.is_empty() {
        let to = cx.href(&Route::Listings(s.kind.opposite()));
        ui::empty(cx, t!(cx.lang, "matches.none"), t!(cx.lang, "matches.none_text"), Some((t!(cx.lang, "matches.search_instead"), to)))
    } else {
        view! { <ol class="match-list">{items}</ol> }.into_any()
    };
    view! {
        {ui::back_link(cx, &s.title, &back)}
        {ui::page_title(heading, Some(&s.number), None)}
        {ui::lead(lead)}
        {index_notice(cx)}
        {list}
        {ui::pager(cx, matches.total, matches.per_page)}
    }
    .into_any()
}

fn item(cx: &Cx, listing: &keqiao_market::ListingView, m: &MatchView) -> AnyView {
    let other = &m.other;
    let to = cx.href(&Route::Listing(other.kind, other.number.clone()));
    let with = Query(vec![("with".to_owned(), listing.summary.number.clone())]).to_search();
    let contact = format!("{}{with}", cx.href(&Route::InterestNew(other.kind, other.number.clone())));
    let action = if listing.own {
        ui::button_link(t!(cx.lang, "listings.send_interest"), &contact, ButtonStyle::Primary)
    } else if cx.actor.is_broker() {
        ui::button_link(t!(cx.lang, "matches.recommend"), &contact, ButtonStyle::Primary)
    } else {
        ().into_any()
    };
    let snippet = ui::excerpt(&other.summary, 140);
    let meta: Vec<AnyView> = summary_meta(cx, other).into_iter().map(|m| view! { <li>{m}</li> }.into_any()).collect();
    view! {
        <li class="match">
            <div class="match-head">
                <h2 class="result-title"><a href=to lang=other.language.tag()>{other.title.clone()}</a></h2>
                {ui::progress(t!(cx.lang, "matches.score"), m.relative, 100, &t!(cx.lang, "matches.score_text", n = m.relative))}
            </div>
            <ul class="meta">{meta}</ul>
            <p lang=other.language.tag()>{snippet}</p>
            {reasons(cx, &m.explanation)}
            {action}
        </li>
    }
    .into_any()
}

/// The value of a facet in words.
fn facet_words(cx: &Cx, facet: Facet, code: &str) -> String {
    match facet {
        Facet::Field => code_label(cx.lang, Field::GROUP, code),
        Facet::Industry => code_label(cx.lang, INDUSTRY_GROUP, code),
        Facet::Region => region_name(cx, code),
        Facet::Trl => format!("TRL {code}"),
        Facet::Cooperation => code_label(cx.lang, Cooperation::GROUP, code),
    }
}

/// Why: the words that agree, in which fields, and the facets that agree; the parts add up to the score.
pub(crate) fn reasons(cx: &Cx, explanation: &Explanation) -> AnyView {
    let total = f64::from(explanation.text_score + explanation.facet_score).max(f64::MIN_POSITIVE);
    #[allow(clippy::cast_possible_truncation, reason = "a percentage")]
    let share = |weight: f32| format!("{} %", (f64::from(weight) / total * 100.0).round() as i64);
    let words: Vec<AnyView> = explanation
        .words
        .iter()
        .map(|w| {
            let fields =
                w.fields.iter().map(|f| label(cx.lang, "matches.in", f)).collect::<Vec<_>>().join(t!(cx.lang, "listings.separator"));
            view! { <li><b>{w.word.clone()}</b>" "<span class="hint">{fields}" · "{share(w.weight)}</span></li> }.into_any()
        })
        .collect();
    let facets: Vec<AnyView> = explanation
        .facets
        .iter()
        .map(|f| view! { <li><b>{facet_words(cx, f.facet, &f.code)}</b>" "<span class="hint">{label(cx.lang, "matches.facet", f.facet.code())}" · "{share(f.weight)}</span></li> }.into_any())
        .collect();
    let other = (explanation.other > 0.0)
        .then(|| view! { <li><span class="hint">{t!(cx.lang, "matches.other_words")}" · "{share(explanation.other)}</span></li> });
    let facets = (!facets.is_empty())
        .then(|| view! { <h3 class="reason-head">{t!(cx.lang, "matches.facets_agree")}</h3><ul class="reasons">{facets}</ul> });
    let body = view! {
        <h3 class="reason-head">{t!(cx.lang, "matches.words_agree")}</h3>
        <ul class="reasons">{words}{other}</ul>
        {facets}
    }
    .into_any();
    ui::details(t!(cx.lang, "matches.why"), true, body)
}
