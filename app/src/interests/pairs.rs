//! The best pairs of the market that nobody has taken up.

use keqiao_market::{
    ListingSummary, Paged, brokers,
    matching::{self, PAIRS_MAX, PairFilter, PairView},
};
use keqiao_model::{Coded, Field, ListingKind};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::{options, region_name, summary_meta},
    t,
    ui::{self, ButtonStyle, Input, ResultItem, Tone},
    words::code_label,
};

/// Names in the address.
const FILTERS: [&str; 2] = ["field", "region"];

/// What the address asks for. Unknown values are ignored: an old link never fails.
fn filter(cx: &Cx) -> PairFilter {
    PairFilter {
        field: Field::from_code(cx.query.get("field")),
        region: cx.market.region(cx.query.get("region")).map(|region| region.code.clone()),
    }
}

/// A broker claims a pair, from here or from a list of matches.
pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action() != "claim" {
        return Err(PageError::NotFound);
    }
    let (demand, achievement) = (submission.value("demand"), submission.value("achievement"));
    match brokers::claim_pair(&cx.market, &cx.actor, demand, achievement, submission.once()).await {
        Ok(id) => Ok(Outcome::Go(Route::Claim(id), Some("flash.claimed"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let filter = filter(cx);
    let found = matching::best_pairs(&cx.market, &cx.actor, &filter, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "matches.pairs"), move || view(&cx, &filter, &found, &form.unwrap_or_default())))
}

fn view(cx: &Cx, filter: &PairFilter, found: &Paged<PairView>, refused: &Form) -> AnyView {
    let form = Form::filled(FILTERS.iter().map(|name| (*name, cx.query.get(name))).collect());
    let regions = cx.market.config().regions.iter().map(|r| (r.code.clone(), region_name(cx, &r.code))).collect();
    let body = view! {
        {ui::select(cx, &form, Input::new("field", t!(cx.lang, "fields.field")).blank(t!(cx.lang, "matches.all_fields")), options::<Field>(cx.lang))}
        {ui::select(cx, &form, Input::new("region", t!(cx.lang, "listings.region")).blank(t!(cx.lang, "matches.all_regions")), regions)}
    }
    .into_any();
    let chosen = [
        ("field", t!(cx.lang, "fields.field"), filter.field.map(|f| code_label(cx.lang, Field::GROUP, f.code()))),
        ("region", t!(cx.lang, "listings.region"), filter.region.as_deref().map(|code| region_name(cx, code))),
    ];
    let chips: Vec<(String, String, String)> =
        chosen.into_iter().filter_map(|(name, label, value)| Some((label.to_owned(), value?, cx.here(&cx.query.with(name, ""))))).collect();
    let list = if found.items.is_empty() {
        let action = if chips.is_empty() {
            (t!(cx.lang, "work.title"), cx.href(&Route::Work))
        } else {
            (t!(cx.lang, "listings.clear"), cx.href(&cx.route))
        };
        ui::empty(cx, t!(cx.lang, "matches.no_pairs"), t!(cx.lang, "matches.no_pairs_text"), Some(action))
    } else {
        ui::results(found.items.iter().map(|pair| line(cx, pair)).collect())
    };
    let cut =
        (found.total >= PAIRS_MAX).then(|| view! { <p class="hint">{t!(cx.lang, "matches.pairs_cut", n = ui::count(PAIRS_MAX))}</p> });
    view! {
        {ui::error_summary(cx, refused, &[])}
        {ui::page_title(t!(cx.lang, "matches.pairs"), None, None)}
        {ui::lead(t!(cx.lang, "matches.pairs_lead"))}
        <div class="search-page">
            {ui::filter_panel(cx, &FILTERS, body)}
            <section class="search-results" aria-labelledby="pairs-title">
                <h2 class="hidden-text" id="pairs-title">{t!(cx.lang, "listings.results")}</h2>
                {ui::chips(cx, chips, &cx.href(&cx.route))}
                <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "matches.pair_count", n = ui::count(found.total))}</p></div>
                {list}
                {cut}
                {ui::pager(cx, found.total, found.per_page)}
            </section>
        </div>
    }
    .into_any()
}

/// The button with which a broker claims a pair, or the way to the claim it holds.
pub(crate) fn claim_button(cx: &Cx, one: &ListingSummary, other: &ListingSummary, claim: Option<Uuid>) -> AnyView {
    if let Some(id) = claim {
        return ui::button_link(t!(cx.lang, "brokers.to_claim"), &cx.href(&Route::Claim(id)), ButtonStyle::Secondary);
    }
    let (demand, achievement) = if one.kind == ListingKind::Demand { (one, other) } else { (other, one) };
    let values = [("demand", demand.number.as_str()), ("achievement", achievement.number.as_str())];
    ui::post_button(cx, &cx.href(&Route::Pairs), t!(cx.lang, "brokers.claim_pair"), "claim", &values, ButtonStyle::Secondary)
}

/// A demand, the achievement that fits it, and the way to recommend the two.
pub(super) fn line(cx: &Cx, pair: &PairView) -> AnyView {
    let (demand, best) = (&pair.demand, &pair.achievement);
    let to = cx.href(&Route::Listing(best.kind, best.number.clone()));
    let matches = cx.href(&Route::Matches(demand.kind, demand.number.clone()));
    let mut meta = summary_meta(cx, demand);
    meta.push(t!(cx.lang, "matches.score_text", n = pair.relative).into_any());
    meta.push(view! { <a href=matches>{t!(cx.lang, "listings.see_matches")}</a> }.into_any());
    let side = cx.actor.is_broker().then(|| {
        let with = Query(vec![("with".to_owned(), best.number.clone())]).to_search();
        let to = format!("{}{with}", cx.href(&Route::InterestNew(demand.kind, demand.number.clone())));
        view! { {claim_button(cx, demand, best, pair.claim)}{ui::button_link(t!(cx.lang, "matches.recommend"), &to, ButtonStyle::Quiet)} }
            .into_any()
    });
    let mut badges = Vec::new();
    if pair.claim.is_some() {
        badges.push(ui::badge(t!(cx.lang, "brokers.yours"), Tone::Good));
    }
    if pair.near {
        badges.push(ui::badge(t!(cx.lang, "brokers.near"), Tone::Accent));
    }
    let answer = view! {
        "→ "<a href=to lang=best.language.tag()>{best.title.clone()}</a>" "<span class="hint">{best.number.clone()}" · "{best.organisation.clone()}</span>
    };
    ui::result_item(ResultItem {
        badges,
        meta,
        snippet: Some(answer.into_any()),
        side,
        ..ResultItem::new(demand.title.clone().into_any(), cx.href(&Route::Listing(demand.kind, demand.number.clone())))
    })
}
