//! Organisations: who is in the market, joining one, looking after one's own.

mod edit;
mod entry;
mod fields;
mod list;
mod view;

use keqiao_market::organisations;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Organisations => list::page(cx).await,
        Route::OrganisationNew => entry::page(cx, form),
        Route::Organisation(id) => view::page(cx, id, form).await,
        Route::OrganisationEdit(id) => edit::page(cx, id, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::OrganisationNew => match submission.action() {
            "join" => entry::join(cx, submission).await,
            "create" => entry::create(cx, submission).await,
            _ => Err(PageError::NotFound),
        },
        Route::Organisation(id) => match submission.action() {
            "join" => {
                let organisation = organisations::organisation(&cx.market, &cx.actor, id).await?;
                entry::ask(cx, submission, &organisation.credit_code, "").await
            }
            "leave" => edit::leave(cx, id, submission, "flash.left").await,
            "take_back" => edit::leave(cx, id, submission, "flash.request_taken_back").await,
            _ => Err(PageError::NotFound),
        },
        Route::OrganisationEdit(id) => edit::submit(cx, id, submission).await,
        _ => Err(PageError::NotFound),
    }
}
