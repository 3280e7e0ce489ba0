//! Brokers: directory, board, claims, commissions, fees and introductions.

mod board;
mod claim;
mod commission;
mod directory;
mod evidence;
mod fees;
mod introductions;
mod profile;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Brokers => directory::page(cx).await,
        Route::Broker(id) => profile::page(cx, id, form).await,
        Route::Board => board::page(cx, form).await,
        Route::Claim(id) => claim::page(cx, id, form).await,
        Route::DealCommission(number) => commission::page(cx, &number, form).await,
        Route::Fees => fees::page(cx, form).await,
        Route::Introductions => introductions::page(cx).await,
        Route::Introduction(number) => evidence::page(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::Broker(id) => profile::submit(cx, id, submission).await,
        Route::Board => board::submit(cx, submission).await,
        Route::Claim(id) => claim::submit(cx, id, submission).await,
        Route::DealCommission(number) => commission::submit(cx, &number, submission).await,
        Route::Fees => fees::submit(cx, submission).await,
        Route::Introduction(number) => evidence::submit(cx, &number, submission).await,
        _ => Err(PageError::NotFound),
    }
}
