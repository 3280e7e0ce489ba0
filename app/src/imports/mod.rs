//! Bringing in files: a file is read and shown first, then brought in once.

mod batch;
mod upload;

pub(crate) use batch::{figure, problem_section, problem_words};
use keqiao_market::imports::BatchState;
use keqiao_model::{Lang, ListingKind};
use leptos::prelude::AnyView;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::field_label,
    t,
    ui::{self, Tone},
    words::find,
};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route {
        Route::Import => upload::page(cx, form).await,
        Route::ImportBatch(id) => batch::page(cx, id, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route {
        Route::Import => upload::submit(cx, submission).await,
        Route::ImportBatch(id) => batch::submit(cx, id, submission).await,
        _ => Err(PageError::NotFound),
    }
}

/// What a side is called.
fn side(cx: &Cx, kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => t!(cx.lang, "listings.demands"),
        ListingKind::Achievement => t!(cx.lang, "listings.achievements"),
    }
}

/// What a column is called: as in the form of a listing, unless it is a column of files only.
fn column_label(lang: Lang, name: &str) -> String {
    let column = name.split('.').next().unwrap_or_default();
    find(lang, &format!("imports.column.{column}")).map_or_else(|| field_label(lang, column), str::to_owned)
}

/// Where a batch stands.
pub(crate) fn state_badge(cx: &Cx, state: BatchState) -> AnyView {
    match state {
        BatchState::Preview => ui::badge(t!(cx.lang, "imports.state_preview"), Tone::Warn),
        BatchState::Running => ui::badge(t!(cx.lang, "imports.state_running"), Tone::Info),
        BatchState::Done => ui::badge(t!(cx.lang, "imports.state_done"), Tone::Good),
    }
}
