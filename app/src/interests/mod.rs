//! Interests, recommendations, pairs worth recommending, and what waits for a person.

mod list;
mod outcomes;
mod pairs;
mod send;
mod view;
mod work;

pub(crate) use self::{outcomes::feedback_section, pairs::claim_button, view::decline_options};
use keqiao_market::interests as market;
use keqiao_model::InterestMove;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::InterestNew(kind, number) => send::page(cx, kind, &number, form).await,
        Route::Interests => list::page(cx).await,
        Route::Interest(id) => view::page(cx, id, form).await,
        Route::Pairs => pairs::page(cx, form).await,
        Route::Work => work::page(cx).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::InterestNew(kind, number) => send::submit(cx, kind, &number, submission).await,
        Route::Pairs => pairs::submit(cx, submission).await,
        Route::Interest(id) => {
            let Some(by) = InterestMove::from_code(submission.action()) else { return Err(PageError::NotFound) };
            let answered =
                market::answer_interest(&cx.market, &cx.actor, id, by, &submission.fields, submission.version(), submission.once()).await;
            match answered {
                Ok(Some(deal)) => Ok(Outcome::Go(Route::Deal(deal), Some("flash.deal_opened"))),
                Ok(None) if by == InterestMove::Acknowledge => Ok(Outcome::Go(cx.route.clone(), Some("flash.acknowledged"))),
                Ok(None) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
                Err(error) => Outcome::refused(submission, error),
            }
        }
        _ => Err(PageError::NotFound),
    }
}
