//! The officers' board.

use crate::{Cx, Form, Outcome, Page, PageError, Submission};

/// The page of the route.
pub(crate) async fn page(_cx: &Cx, _form: Option<Form>) -> Result<Page, PageError> {
    Err(PageError::NotFound)
}

/// A form posted to the route.
pub(crate) async fn submit(_cx: &Cx, _submission: &Submission) -> Result<Outcome, PageError> {
    Err(PageError::NotFound)
}
