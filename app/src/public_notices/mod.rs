//! Public notices (公示) and the objections to them.

mod form;
mod list;
mod view;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::PublicNotices => list::page(cx).await,
        Route::PublicNotice(number) => view::page(cx, &number, form).await,
        Route::DealNotice(number) => form::page(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::PublicNotice(number) => view::submit(cx, &number, submission).await,
        Route::DealNotice(number) => form::submit(cx, &number, submission).await,
        _ => Err(PageError::NotFound),
    }
}
