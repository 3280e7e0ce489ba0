//! The home page and what the market is about.

mod about;
mod front;

use crate::{Cx, Form, Page, PageError, Route};

/// The page of the route; neither page has a form to refuse.
pub(crate) async fn page(cx: &Cx, _form: Option<Form>) -> Result<Page, PageError> {
    match cx.route {
        Route::Home => front::page(cx).await,
        Route::About => Ok(about::page(cx)),
        _ => Err(PageError::NotFound),
    }
}
