//! Demands and achievements: search, reading, writing, matches.

mod form;
mod marked;
mod matches;
pub(crate) mod search;
mod similar;
mod view;

use keqiao_market::{Subject, attachments, listings, matching, similar as market_similar};
use keqiao_model::{ListingKind, ListingMove};

pub(crate) use self::{
    form::options,
    marked::marked,
    matches::{weighed, weighed_words, weight_words},
    search::region_name,
    similar::near_notice,
    view::{field_label, files, full_text, summary_meta, summary_result},
};
use leptos::prelude::*;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission, t, ui};

/// Says that searches are answered more simply than usual, while they are.
pub(crate) fn index_notice(cx: &Cx) -> AnyView {
    if !matching::index_status(&cx.market).is_simple() {
        return ().into_any();
    }
    ui::notice(cx, ui::Tone::Info, view! { <p role="status">{t!(cx.lang, "listings.rebuilding")}</p> }.into_any())
}

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Listings(kind) => search::page(cx, kind).await,
        Route::ListingNew(kind) => form::new_page(cx, kind, form).await,
        Route::ListingEdit(kind, number) => form::edit_page(cx, kind, &number, form).await,
        Route::Listing(kind, number) => view::page(cx, kind, &number, form).await,
        Route::Matches(kind, number) => matches::page(cx, kind, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::ListingNew(kind) => form::create(cx, kind, submission).await,
        Route::ListingEdit(kind, number) => form::save(cx, kind, &number, submission).await,
        Route::Listing(kind, number) => act(cx, kind, &number, submission).await,
        Route::Matches(kind, number) => matches::submit(cx, kind, &number, submission).await,
        _ => Err(PageError::NotFound),
    }
}

/// A move from the listing's own page, or a file added or taken away.
async fn act(cx: &Cx, kind: ListingKind, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let done = match submission.action() {
        "attach" => attach(cx, kind, number, submission).await,
        "detach" => match submission.value("attachment").parse() {
            Ok(id) => attachments::detach(&cx.market, &cx.actor, id).await,
            Err(_) => return Err(PageError::NotFound),
        },
        action => {
            let Some(by) = ListingMove::from_code(action) else { return Err(PageError::NotFound) };
            if by == ListingMove::Submit {
                let seen = submission.fields.has(market_similar::SEEN, "yes");
                if let Err(error) = market_similar::check_saved(&cx.market, &cx.actor, kind, number, seen).await {
                    return Outcome::refused(submission, error);
                }
            }
            let reasons = [listings::ReturnReason { field: String::new(), text: submission.value("reason").to_owned() }];
            listings::move_listing(&cx.market, &cx.actor, kind, number, by, &reasons, submission.version(), submission.once()).await
        }
    };
    match done {
        Ok(()) if submission.action() == "revise" => Ok(Outcome::Go(Route::ListingEdit(kind, number.to_owned()), Some("flash.revising"))),
        Ok(()) if submission.action() == "submit" => Ok(Outcome::Go(cx.route.clone(), Some("flash.submitted"))),
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

async fn attach(cx: &Cx, kind: ListingKind, number: &str, submission: &Submission) -> keqiao_market::Result<()> {
    let listing = listings::listing(&cx.market, &cx.actor, kind, number).await?;
    let Some(file) = submission.files.iter().find(|f| f.field == "file") else {
        return Err(keqiao_market::Error::field("file", "file_required"));
    };
    let confidential = submission.value("confidential") == "yes";
    let file = attachments::NewFile { name: &file.name, bytes: file.bytes.clone(), confidential, reason: submission.value("file_reason") };
    attachments::attach(&cx.market, &cx.actor, Subject::Listing, listing.summary.id, file, submission.once()).await?;
    Ok(())
}
