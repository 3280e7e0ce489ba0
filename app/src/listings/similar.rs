//! Listings of the same side that say much the same.

use keqiao_market::similar::{self, SEEN, SIMILAR, SimilarListing};
use keqiao_model::ListingKind;
use leptos::prelude::*;

use super::{field_label, summary_meta};
use crate::{
    Cx, Form, PageError, Route, t,
    ui::{self, Input, Tone},
};

/// Whether a form came back, or comes again, because of near-duplicates.
pub(super) fn is_warned(form: &Form) -> bool {
    form.errors.iter().any(|e| e.code == SIMILAR) || form.has(SEEN, "yes")
}

/// What a form has to show of near-duplicates: nothing unless it came back because of them.
pub(super) async fn of_form(cx: &Cx, kind: ListingKind, number: Option<&str>, form: &Form) -> Result<Vec<SimilarListing>, PageError> {
    if !is_warned(form) {
        return Ok(Vec::new());
    }
    Ok(similar::near_duplicates(&cx.market, &cx.actor, kind, number, &form.fields).await?)
}

/// As [`of_form`], for a draft that is handed in from its own page.
pub(super) async fn of_draft(cx: &Cx, kind: ListingKind, number: &str, form: &Form) -> Result<Vec<SimilarListing>, PageError> {
    if !is_warned(form) {
        return Ok(Vec::new());
    }
    Ok(similar::near_saved(&cx.market, &cx.actor, kind, number).await?)
}

/// Links to near-duplicates, each with how much alike it is; nothing when there are none.
pub(crate) fn near_notice(cx: &Cx, near: &[SimilarListing]) -> AnyView {
    if near.is_empty() {
        return ().into_any();
    }
    let items: Vec<AnyView> = near
        .iter()
        .map(|s| {
            let to = cx.href(&Route::Listing(s.listing.kind, s.listing.number.clone()));
            let facts = t!(cx.lang, "listings.alike", number = s.listing.number, organisation = s.listing.organisation, n = s.percent);
            view! { <li><a href=to lang=s.listing.language.tag()>{s.listing.title.clone()}</a>" "<span class="hint">{facts}</span></li> }
                .into_any()
        })
        .collect();
    ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "listings.near")}</p><ul>{items}</ul> }.into_any())
}

/// The near-duplicates of a form and the box that says they were seen; nothing unless the form was stopped because of them.
pub(super) fn near_question(cx: &Cx, near: &[SimilarListing], form: &Form) -> AnyView {
    if near.is_empty() && !is_warned(form) {
        return ().into_any();
    }
    view! {
        {near_notice(cx, near)}
        {ui::checkbox(cx, form, Input::new(SEEN, field_label(cx.lang, SEEN)), "yes")}
    }
    .into_any()
}

/// Public listings like this one, below it.
pub(super) fn similar_section(cx: &Cx, kind: ListingKind, similar: &[SimilarListing]) -> Option<AnyView> {
    let title = match kind {
        ListingKind::Demand => t!(cx.lang, "listings.similar_demands"),
        ListingKind::Achievement => t!(cx.lang, "listings.similar_achievements"),
    };
    let items: Vec<AnyView> = similar
        .iter()
        .map(|s| {
            let to = cx.href(&Route::Listing(s.listing.kind, s.listing.number.clone()));
            let title = s.listing.title.clone();
            ui::result_item(ui::ResultItem { meta: summary_meta(cx, &s.listing), ..ui::ResultItem::new(title.into_any(), to) })
        })
        .collect();
    (!items.is_empty()).then(|| ui::section("similar", title, ui::results(items)))
}
