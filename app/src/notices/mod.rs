//! What the signed-in person was told, how it wants to be told, and the page behind the link below every letter.

mod list;
mod settings;
mod unsubscribe;

use keqiao_market::notices::Kind;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission, t, words::code_label};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Notices => list::page(cx).await,
        Route::NoticeSettings => settings::page(cx, form).await,
        Route::Unsubscribe(token) => unsubscribe::page(cx, &token).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::Notices => list::submit(cx, submission).await,
        Route::NoticeSettings => settings::submit(cx, submission).await,
        Route::Unsubscribe(token) => unsubscribe::submit(cx, &token, submission).await,
        _ => Err(PageError::NotFound),
    }
}

/// What a kind of notice is called.
fn kind_label(cx: &Cx, kind: Kind) -> String {
    use keqiao_model::Coded as _;
    let words = match kind {
        Kind::ListingSubmitted => t!(cx.lang, "notices.kind.listing_submitted"),
        Kind::ListingReviewed => t!(cx.lang, "notices.kind.listing_reviewed"),
        Kind::InterestSent => t!(cx.lang, "notices.kind.interest_sent"),
        Kind::InterestAnswered => t!(cx.lang, "notices.kind.interest_answered"),
        Kind::PairRecommended => t!(cx.lang, "notices.kind.pair_recommended"),
        Kind::MessageWritten => t!(cx.lang, "notices.kind.message_written"),
        Kind::DealMoved => t!(cx.lang, "notices.kind.deal_moved"),
        Kind::ContractMoved => t!(cx.lang, "notices.kind.contract_moved"),
        Kind::MembershipAsked => t!(cx.lang, "notices.kind.membership_asked"),
        Kind::MembershipAnswered => t!(cx.lang, "notices.kind.membership_answered"),
        Kind::Told(told) => return code_label(cx.lang, keqiao_model::NoticeKind::GROUP, told.code()),
    };
    words.to_owned()
}
