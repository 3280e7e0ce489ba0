//! The targets, the figures behind them, the report of assessment, and the closed months of the ledger.

mod assessment;
mod evidence;
mod growth;
mod lines;
mod overview;
mod parts;
mod snapshots;

pub(crate) use self::parts::{asked_year, cell, downloads, file, measure_name, measured, place_name, split_notices, year_name, year_tabs};
use crate::{Cx, Form, Page, PageError, Route};

/// The page of the route; none of them has a form to refuse.
pub(crate) async fn page(cx: &Cx, _form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Targets => overview::page(cx).await,
        Route::Target(figure) => evidence::page(cx, &figure).await,
        Route::Assessment => assessment::page(cx).await,
        Route::Snapshots => snapshots::list(cx).await,
        Route::Snapshot(month) => snapshots::page(cx, &month).await,
        _ => Err(PageError::NotFound),
    }
}
