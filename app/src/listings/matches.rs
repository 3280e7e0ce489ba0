//! The ranked answers of the other side, why, and what people say of them.

use keqiao_market::{
    Error, ListingView, Paged, feedback, hints,
    matching::{self, DismissedView, MatchOrder, MatchView},
    weights::{self, InForce},
};
use keqiao_model::{Coded, Cooperation, FeedbackCode, Field, Fields, INDUSTRY_GROUP, ListingHint, ListingKind};
use keqiao_search::{Explanation, Facet, Property, Weighed, WordReason};
use leptos::prelude::*;

use super::{form::options, index_notice, search::region_name, summary_meta};
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    interests::claim_button,
    t,
    ui::{self, ButtonStyle, Input, Tone},
    words::{code_label, label},
};

/// The first so many of a page are explained at once; of the others the reasons are a click away.
const EXPLAINED: usize = 3;
/// A word that adds less than this share of the score is no reason.
const LEAST_SHOWN: f32 = 0.005;
/// Words that are shown where none tells anything.
const ALWAYS_SHOWN: usize = 3;

/// The page of one listing's matches.
pub(super) async fn page(cx: &Cx, kind: ListingKind, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let matches =
        matching::matches(&cx.market, &cx.actor, kind, number, MatchOrder::from_code(cx.query.get("sort")), cx.query.page()).await?;
    let dismissed = matching::dismissed(&cx.market, &cx.actor, kind, number).await?;
    let listing = keqiao_market::listings::listing(&cx.market, &cx.actor, kind, number).await?;
    let in_force = weights::in_force(&cx.market).await?;
    let title = t!(cx.lang, "matches.title", title = listing.summary.title);
    let form = form.unwrap_or_default();
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &listing, (&matches, &in_force), &dismissed, &form)))
}

/// What somebody says of one match. Each match has a form of its own, so its fields carry the number of the other listing.
pub(super) async fn submit(cx: &Cx, kind: ListingKind, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor, once) = (&cx.market, &cx.actor, submission.once());
    let other = submission.value("other");
    let said = |name: &str| submission.value(&format!("{name}.{other}"));
    let action = submission.action();
    let (done, flash) = match action {
        "useful" | "not_useful" => {
            let fields: Fields = [("verdict", action), ("code", said("code")), ("reason", said("reason"))].into_iter().collect();
            (feedback::judge(market, actor, kind, number, other, &fields, once).await, "flash.judged")
        }
        "revoke" => (feedback::revoke(market, actor, kind, number, other, once).await, "flash.revoked"),
        "restore" => (feedback::restore(market, actor, kind, number, other, once).await, "flash.restored"),
        _ => return Err(PageError::NotFound),
    };
    match done {
        // Back to the match that was judged: it says what was said of it.
        Ok(()) => Ok(Outcome::GoTo(format!("{}#{}", cx.here(&cx.query), match_id(other)), Some(flash))),
        Err(Error::Invalid(mut errors)) => {
            for error in &mut errors {
                error.field = format!("{}.{other}", error.field);
            }
            Ok(Outcome::Refused(Form::refused(submission, errors)))
        }
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(
    cx: &Cx,
    listing: &ListingView,
    (matches, in_force): (&Paged<MatchView>, &InForce),
    dismissed: &[DismissedView],
    form: &Form,
) -> AnyView {
    let s = &listing.summary;
    let back = cx.href(&Route::Listing(s.kind, s.number.clone()));
    let (heading, lead) = match s.kind {
        ListingKind::Demand => (t!(cx.lang, "matches.for_demand"), t!(cx.lang, "matches.for_demand_lead")),
        ListingKind::Achievement => (t!(cx.lang, "matches.for_achievement"), t!(cx.lang, "matches.for_achievement_lead")),
    };
    let items: Vec<AnyView> = matches.items.iter().enumerate().map(|(place, m)| item(cx, listing, m, place < EXPLAINED, form)).collect();
    let list = if items.is_empty() {
        let to = cx.href(&Route::Listings(s.kind.opposite()));
        let waits = !s.state.is_indexed();
        let text = if waits { t!(cx.lang, "matches.none_before") } else { t!(cx.lang, "matches.none_text") };
        ui::empty(cx, t!(cx.lang, "matches.none"), text, Some((t!(cx.lang, "matches.search_instead"), to)))
    } else {
        view! { <ol class="match-list">{items}</ol> }.into_any()
    };
    let ask = (listing.own && s.kind == ListingKind::Demand).then(|| {
        let to = format!("{}?demand={}", cx.href(&Route::Experts), s.number);
        ui::button_link(t!(cx.lang, "experts.ask_about_demand"), &to, ButtonStyle::Secondary)
    });
    let labels = [("code", t!(cx.lang, "matches.why_not")), ("reason", t!(cx.lang, "matches.why_not_words"))];
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, &s.title, &back)}
        {ui::page_title(heading, Some(&s.number), ask)}
        {ui::lead(lead)}
        {listing.own.then(|| better(cx, listing))}
        {index_notice(cx)}
        {(matches.total > 1).then(|| toolbar(cx, matches.total))}
        {list}
        {ui::pager(cx, matches.total, matches.per_page)}
        {(matches.total > 0).then(|| weights(cx, in_force))}
        {dismissed_part(cx, dismissed)}
    }
    .into_any()
}

fn orders(cx: &Cx) -> [(&'static str, &'static str); 4] {
    MatchOrder::ALL.map(|order| {
        let words = match order {
            MatchOrder::Fit => t!(cx.lang, "matches.sort_fit"),
            MatchOrder::Text => t!(cx.lang, "matches.sort_text"),
            MatchOrder::Newest => t!(cx.lang, "listings.sort_newest"),
            MatchOrder::Deadline => t!(cx.lang, "listings.sort_deadline"),
        };
        (order.code(), words)
    })
}

/// What has a weight here: without an embeddings end point nothing is known of meanings.
pub(crate) fn weighed(cx: &Cx) -> impl Iterator<Item = Weighed> {
    let embeds = cx.market.config().embeddings.is_some();
    Weighed::ALL.into_iter().filter(move |what| embeds || *what != Weighed::Property(Property::Meaning))
}

/// What has a weight, in words.
pub(crate) fn weighed_words(cx: &Cx, what: Weighed) -> String {
    match what {
        Weighed::Indicators => t!(cx.lang, "matches.indicators").to_owned(),
        Weighed::Facet(facet) => label(cx.lang, "matches.facet", facet.code()),
        Weighed::Property(property) => label(cx.lang, "matches.property", property.code()),
        Weighed::Kin => t!(cx.lang, "matches.kin").to_owned(),
    }
}

/// A weight as a share of the best word score, to a tenth of a per cent.
#[allow(clippy::cast_possible_truncation, reason = "a percentage")]
pub(crate) fn weight_words(weight: f32) -> String {
    let permille = (f64::from(weight) * 1_000.0).round() as i64;
    if permille % 10 == 0 { format!("{} %", permille / 10) } else { format!("{}.{} %", permille / 10, permille % 10) }
}

/// What a match's score can be made of, beside words, and how much of the best one's words each is worth now.
fn weights(cx: &Cx, in_force: &InForce) -> AnyView {
    let rows: Vec<AnyView> = weighed(cx)
        .map(|what| {
            let most = weight_words(in_force.weights.of(what));
            view! { <li>{weighed_words(cx, what)}" "<span class="hint">"≤ "{most}</span></li> }.into_any()
        })
        .collect();
    let learnt = in_force.learnt_at.map(|at| {
        view! { <p class="hint">{t!(cx.lang, "matches.weights_learnt", day = ui::date_text(cx, at))}</p> }
    });
    ui::details(
        t!(cx.lang, "matches.weights"),
        false,
        view! { <p>{t!(cx.lang, "matches.weights_text")}</p><ul class="reasons">{rows}</ul>{learnt} }.into_any(),
    )
}

#[allow(clippy::cast_possible_truncation, reason = "a percentage")]
fn per_cent(part: f32, whole: f32) -> String {
    format!("{} %", (f64::from(part) / f64::from(whole.max(f32::MIN_POSITIVE)) * 100.0).round() as i64)
}

fn toolbar(cx: &Cx, total: u64) -> AnyView {
    view! {
        <div class="toolbar">
            <p class="found">{t!(cx.lang, "listings.count", n = ui::count(total))}</p>
            {ui::sort_links(cx, &orders(cx))}
        </div>
    }
    .into_any()
}

/// What the owner can state so that the listing is matched better.
fn better(cx: &Cx, listing: &ListingView) -> Option<AnyView> {
    let s = &listing.summary;
    let edit = cx.href(&Route::ListingEdit(s.kind, s.number.clone()));
    let items: Vec<AnyView> = hints::hints(&listing.content)
        .into_iter()
        .map(|hint| {
            let to = format!("{edit}#{}", ui::field_id(hints::field_of(hint)));
            view! { <li><a href=to>{code_label(cx.lang, ListingHint::GROUP, hint.code())}</a></li> }.into_any()
        })
        .collect();
    (!items.is_empty()).then(|| ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "matches.better")}</p><ul>{items}</ul> }.into_any()))
}

/// What the owner dismissed, folded, with the way back.
fn dismissed_part(cx: &Cx, dismissed: &[DismissedView]) -> Option<AnyView> {
    let here = cx.here(&cx.query);
    let items: Vec<AnyView> = dismissed
        .iter()
        .map(|d| {
            let other = &d.other;
            let to = cx.href(&Route::Listing(other.kind, other.number.clone()));
            let code = d.code.map(|c| code_label(cx.lang, FeedbackCode::GROUP, c.code()).into_any());
            let meta = [Some(other.number.clone().into_any()), Some(other.organisation.clone().into_any()), code, Some(ui::date(cx, d.at))];
            let restore = || {
                let values = [("other", other.number.as_str())];
                ui::post_button(cx, &here, t!(cx.lang, "matches.restore"), "restore", &values, ButtonStyle::Secondary)
            };
            ui::result_item(ui::ResultItem {
                meta: meta.into_iter().flatten().collect(),
                snippet: (!d.reason.is_empty()).then(|| d.reason.clone().into_any()),
                side: d.may_restore.then(restore),
                ..ui::ResultItem::new(other.title.clone().into_any(), to)
            })
        })
        .collect();
    (!items.is_empty()).then(|| ui::details(&t!(cx.lang, "matches.dismissed", n = items.len()), false, ui::results(items)))
}

fn item(cx: &Cx, listing: &ListingView, m: &MatchView, explained: bool, form: &Form) -> AnyView {
    let other = &m.other;
    let to = cx.href(&Route::Listing(other.kind, other.number.clone()));
    let with = Query(vec![("with".to_owned(), listing.summary.number.clone())]).to_search();
    let contact = format!("{}{with}", cx.href(&Route::InterestNew(other.kind, other.number.clone())));
    let action = if listing.own {
        ui::button_link(t!(cx.lang, "listings.send_interest"), &contact, ButtonStyle::Primary)
    } else if cx.actor.is_broker() {
        let recommend = ui::button_link(t!(cx.lang, "matches.recommend"), &contact, ButtonStyle::Primary);
        view! { {recommend}{claim_button(cx, &listing.summary, other, None)} }.into_any()
    } else {
        ().into_any()
    };
    let snippet = ui::excerpt(&other.summary, 140);
    let meta: Vec<AnyView> = summary_meta(cx, other).into_iter().map(|m| view! { <li>{m}</li> }.into_any()).collect();
    view! {
        <li class="match" id=match_id(&other.number)>
            <div class="match-head">
                <h2 class="result-title"><a href=to lang=other.language.tag()>{other.title.clone()}</a></h2>
                {ui::progress(t!(cx.lang, "matches.score"), m.relative, 100, &t!(cx.lang, "matches.score_text", n = m.relative))}
            </div>
            <ul class="meta">{meta}</ul>
            <p lang=other.language.tag()>{snippet}</p>
            {reasons(cx, &m.explanation, explained)}
            {verdict(cx, m, form, action)}
        </li>
    }
    .into_any()
}

/// Where a match stands on its page.
fn match_id(number: &str) -> String {
    format!("match-{number}")
}

/// What the reader said of a match, and the ways to say it; `action` is what else can be done with it.
fn verdict(cx: &Cx, m: &MatchView, form: &Form, action: AnyView) -> AnyView {
    let here = cx.here(&cx.query);
    let number = m.other.number.as_str();
    let press = |words: &str, by: &str| ui::post_button(cx, &here, words, by, &[("other", number)], ButtonStyle::Secondary);
    let said = m.verdict.as_ref().map(|v| {
        let why = v.code.map(|c| code_label(cx.lang, FeedbackCode::GROUP, c.code())).unwrap_or_default();
        let (words, tone) = if v.useful {
            (t!(cx.lang, "matches.said_useful").to_owned(), Tone::Good)
        } else {
            (t!(cx.lang, "matches.said_not_useful", why = why), Tone::Warn)
        };
        ui::badge(&words, tone)
    });
    let mut buttons = vec![action];
    if m.verdict.as_ref().is_none_or(|v| !v.useful) {
        buttons.push(press(t!(cx.lang, "matches.useful"), "useful"));
    }
    if m.verdict.is_some() {
        buttons.push(press(t!(cx.lang, "matches.revoke"), "revoke"));
    }
    let open = form.value("other") == number && form.value("action") == "not_useful";
    let code = Input::new(format!("code.{number}"), t!(cx.lang, "matches.why_not")).required();
    let reason = Input::new(format!("reason.{number}"), t!(cx.lang, "matches.why_not_words")).rows(2).max(feedback::REASON_MAX);
    let body = view! {
        {ui::hidden("other", number)}
        {ui::select(cx, form, code, options::<FeedbackCode>(cx.lang))}
        {ui::textarea(cx, form, reason)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "matches.not_useful"), "not_useful", ButtonStyle::Secondary)])}
    }
    .into_any();
    view! {
        {said}
        {ui::buttons(buttons)}
        {ui::details(t!(cx.lang, "matches.not_useful"), open, ui::form(cx, &here, false, body))}
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

/// Why: the words that agree, in which fields, the properties and indicators that agree, and what kin adds; the parts add up to the score.
fn reasons(cx: &Cx, explanation: &Explanation, open: bool) -> AnyView {
    let share = |weight: f32| per_cent(weight, explanation.score());
    // Lone characters, bare numbers and what rounds to nothing explain nothing to a person: they are summed up, unless there is nothing else.
    let is_telling = |w: &&WordReason| {
        w.weight >= LEAST_SHOWN * explanation.score() && w.word.chars().nth(1).is_some() && w.word.contains(|c: char| c.is_alphabetic())
    };
    let (mut shown, mut rest): (Vec<&WordReason>, Vec<&WordReason>) = explanation.words.iter().partition(is_telling);
    if shown.is_empty() {
        shown = rest.drain(..rest.len().min(ALWAYS_SHOWN)).collect();
    }
    let other_words = explanation.other + rest.iter().map(|w| w.weight).sum::<f32>();
    let words: Vec<AnyView> = shown
        .into_iter()
        .map(|w| {
            let fields =
                w.fields.iter().map(|f| label(cx.lang, "matches.in", f)).collect::<Vec<_>>().join(t!(cx.lang, "listings.separator"));
            let stands_for =
                w.stands_for.as_ref().map(|word| view! { <span class="hint">{t!(cx.lang, "matches.stands_for", word = word)}" "</span> });
            view! { <li><b>{w.word.clone()}</b>" "{stands_for}<span class="hint">{fields}" · "{share(w.weight)}</span></li> }.into_any()
        })
        .collect();
    let line = |name: String, what: &str, weight: f32| {
        view! { <li><b>{name}</b>" "<span class="hint">{what.to_owned()}" · "{share(weight)}</span></li> }.into_any()
    };
    let facets = explanation
        .facets
        .iter()
        .map(|f| line(facet_words(cx, f.facet, &f.code), &label(cx.lang, "matches.facet", f.facet.code()), f.weight));
    let properties = explanation.properties.iter().map(|p| {
        view! { <li>{label(cx.lang, "matches.property", p.property.code())}" "<span class="hint">{share(p.weight)}</span></li> }.into_any()
    });
    let kin = (explanation.kin > 0.0)
        .then(|| view! { <li>{t!(cx.lang, "matches.kin")}" "<span class="hint">{share(explanation.kin)}</span></li> }.into_any());
    let agreeing: Vec<AnyView> = facets.chain(properties).chain(kin).collect();
    let other = (other_words > 0.0)
        .then(|| view! { <li><span class="hint">{t!(cx.lang, "matches.other_words")}" · "{share(other_words)}</span></li> });
    let agreeing = (!agreeing.is_empty())
        .then(|| view! { <h3 class="reason-head">{t!(cx.lang, "matches.facets_agree")}</h3><ul class="reasons">{agreeing}</ul> });
    let indicators = (!explanation.indicators.is_empty()).then(|| {
        view! {
            <h3 class="reason-head">{t!(cx.lang, "matches.indicators")}" "<span class="hint">{share(explanation.indicator_score)}</span></h3>
            {ui::indicator_fits(cx, &explanation.indicators)}
        }
    });
    let body = view! {
        <h3 class="reason-head">{t!(cx.lang, "matches.words_agree")}</h3>
        <ul class="reasons">{words}{other}</ul>
        {agreeing}
        {indicators}
    }
    .into_any();
    ui::details(t!(cx.lang, "matches.why"), open, body)
}
