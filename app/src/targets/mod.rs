//! The targets and the figures behind them.

mod evidence;
mod overview;
mod parts;

use crate::{Cx, Form, Page, PageError, Route};

/// The page of the route; neither page has a form to refuse.
pub(crate) async fn page(cx: &Cx, _form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Targets => overview::page(cx).await,
        Route::Target(figure) => evidence::page(cx, &figure).await,
        _ => Err(PageError::NotFound),
    }
}
