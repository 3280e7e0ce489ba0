//! Questions to experts: asking, the list, and one question with its answer.

pub(crate) mod ask;
mod list;
mod view;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Questions => list::page(cx).await,
        Route::QuestionNew => ask::page(cx, form).await,
        Route::Question(number) => view::page(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::QuestionNew => ask::submit(cx, submission).await,
        Route::Question(number) => view::submit(cx, &number, submission).await,
        _ => Err(PageError::NotFound),
    }
}
