//! The targets and the figures behind them.

use crate::{Cx, Form, Outcome, Page, PageError, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let _ = (cx, form);
    Err(PageError::NotFound)
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let _ = (cx, submission);
    Err(PageError::NotFound)
}
