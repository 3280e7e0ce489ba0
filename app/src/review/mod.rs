//! What waits for an officer: listings to publish or return, contracts to register or refuse; how good the matching is, and by which weights.

mod contract;
mod precision;
mod queue;
mod weights;

use keqiao_market::{
    ListingView, Subject,
    attachments::{self, AttachmentView},
    listings::{self, ReturnReason},
    similar::{self, SimilarListing},
};
use keqiao_model::{Coded, ListingKind, ListingMove, ListingState, TEXT_MAX};
use leptos::prelude::*;

pub(crate) use self::queue::due_badge;
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::{field_label, files, full_text, near_notice, summary_result},
    t,
    ui::{self, ButtonStyle, Input},
};

/// Fields an officer may comment on, in the order of the form.
const DEMAND_FIELDS: [&str; 14] = [
    "title",
    "summary",
    "background",
    "current",
    "problem",
    "tried",
    "indicators",
    "trl",
    "field",
    "industry",
    "keywords",
    "cooperation",
    "deadline",
    "detail",
];
const ACHIEVEMENT_FIELDS: [&str; 14] = [
    "title",
    "one_sentence",
    "summary",
    "advantage",
    "applications",
    "indicators",
    "trl",
    "trl_evidence",
    "field",
    "keywords",
    "cooperation",
    "ip",
    "inventors",
    "detail",
];

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    // Letters lead here: whoever is signed out signs in first and learns nothing by it.
    cx.actor.signed_in()?;
    match cx.route.clone() {
        Route::Review => queue::page(cx).await,
        Route::ReviewPrecision => precision::page(cx).await,
        Route::ReviewWeights => weights::page(cx, form).await,
        Route::ReviewListing(kind, number) => listing_page(cx, kind, &number, form).await,
        Route::ReviewContract(number) => contract::page(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let (version, once) = (submission.version(), submission.once());
    let done = match cx.route.clone() {
        Route::ReviewListing(kind, number) => {
            let Some(by) = ListingMove::from_code(submission.action()) else { return Err(PageError::NotFound) };
            let reasons: Vec<ReturnReason> = submission
                .fields
                .0
                .iter()
                .filter_map(|(name, text)| {
                    let field = name.strip_prefix("reason.")?;
                    (!text.trim().is_empty()).then(|| ReturnReason {
                        field: if field == "general" { String::new() } else { field.to_owned() },
                        text: text.trim().to_owned(),
                    })
                })
                .collect();
            listings::move_listing(&cx.market, &cx.actor, kind, &number, by, &reasons, version, once).await
        }
        Route::ReviewContract(number) => return contract::submit(cx, &number, submission).await,
        Route::ReviewWeights => return weights::submit(cx, submission).await,
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::Go(Route::Review, Some(if submission.action() == "return" { "flash.returned" } else { "flash.decided" }))),
        Err(error) => Outcome::refused(submission, error),
    }
}

async fn listing_page(cx: &Cx, kind: ListingKind, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let listing = listings::listing(&cx.market, &cx.actor, kind, number).await?;
    if !listing.moves.contains(&ListingMove::Publish) {
        // Decided meanwhile, or never this officer's: the listing itself says where it stands.
        return Err(PageError::Redirect(cx.href(&Route::Listing(kind, number.to_owned()))));
    }
    let attached = attachments::attachments(&cx.market, &cx.actor, Subject::Listing, listing.summary.id).await?;
    let mut near = similar::similar(&cx.market, &cx.actor, kind, number).await?;
    near.retain(|s| s.near);
    let title = t!(cx.lang, "review.one", title = listing.summary.title);
    let cx = cx.clone();
    Ok(Page::new(title, move || listing_view(&cx, &listing, &attached, &near, &form.unwrap_or_default())))
}

fn listing_view(cx: &Cx, listing: &ListingView, attached: &[AttachmentView], near: &[SimilarListing], form: &Form) -> AnyView {
    let s = &listing.summary;
    let names = if s.kind == ListingKind::Demand { &DEMAND_FIELDS } else { &ACHIEVEMENT_FIELDS };
    let fields: Vec<AnyView> = names
        .iter()
        .map(|name| ui::textarea(cx, form, Input::new(format!("reason.{name}"), field_label(cx.lang, name)).rows(2).max(TEXT_MAX)))
        .collect();
    let opened = form.value("action") == ListingMove::Return.code();
    let version = listing.version.to_string();
    let back = view! {
        {ui::hidden("version", &version)}
        {ui::textarea(cx, form, Input::new("reason.general", t!(cx.lang, "review.general")).rows(3).max(TEXT_MAX))}
        {ui::details(t!(cx.lang, "review.by_field"), opened, view! { {fields} }.into_any())}
        {ui::buttons(vec![ui::button(t!(cx.lang, "review.return"), ListingMove::Return.code(), ButtonStyle::Secondary)])}
    }
    .into_any();
    let here = cx.href(&cx.route);
    let aside = view! {
        <div class="actions">
            {ui::post_button(cx, &here, t!(cx.lang, "review.publish"), ListingMove::Publish.code(), &[("version", &version)], ButtonStyle::Primary)}
            {ui::details(t!(cx.lang, "review.return"), opened, ui::form(cx, &here, false, back))}
        </div>
    }
    .into_any();
    let main = view! {
        {near_notice(cx, near)}
        {ui::results(vec![summary_result(cx, s, true)])}
        {full_text(cx, listing)}
        {files(cx, attached, false)}
    }
    .into_any();
    let badge = ui::state_badge(cx, ListingState::GROUP, s.state.code());
    let general = t!(cx.lang, "review.general");
    let by_field: Vec<(String, String)> =
        names.iter().map(|name| (format!("reason.{name}"), field_label(cx.lang, name).to_string())).collect();
    let by_field = by_field.iter().map(|(name, label)| (name.as_str(), label.as_str()));
    let labels: Vec<(&str, &str)> = [("reason", general), ("reason.general", general)].into_iter().chain(by_field).collect();
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "review.title"), &cx.href(&Route::Review))}
        {ui::page_title(&s.title, Some(&s.number), Some(badge))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}
