//! What administrators look after: people, targets, mail, the record of what was done, and the health of the house.

mod audit;
mod mail;
mod overview;
mod people;
mod targets;

use leptos::prelude::*;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission, t, ui};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Admin => overview::page(cx).await,
        Route::AdminPeople => people::list(cx).await,
        Route::AdminPerson(id) => people::page(cx, id, form).await,
        Route::AdminTargets => targets::page(cx, form).await,
        Route::AdminMail => mail::page(cx).await,
        Route::AdminAudit => audit::page(cx).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::AdminPerson(id) => people::submit(cx, id, submission).await,
        Route::AdminTargets => targets::submit(cx, submission).await,
        _ => Err(PageError::NotFound),
    }
}

/// The way back to the overview, for whoever may go there: the city's officers set targets, and in the demo officers read mail.
fn trail(cx: &Cx) -> Option<AnyView> {
    cx.actor.is_admin().then(|| ui::breadcrumb(cx, &[(t!(cx.lang, "admin.title"), cx.href(&Route::Admin))]))
}
