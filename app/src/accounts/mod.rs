//! Registering, signing in, the own account.

mod demo;
mod links;
mod own;
mod sign_in;

pub use self::demo::{DEMO_ACCOUNTS, DEMO_PASSWORD};
use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match &cx.route {
        Route::SignIn => sign_in::page(cx, form),
        Route::Register => sign_in::register_page(cx, form),
        Route::SignOut => sign_in::sign_out_page(cx),
        Route::Forgot => Ok(links::forgot_page(cx, form)),
        Route::Reset(_) => Ok(links::reset_page(cx, form)),
        Route::Verify(_) => Ok(links::verify_page(cx, form)),
        Route::Account => own::page(cx, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match &cx.route {
        Route::SignIn => sign_in::submit(cx, submission).await,
        Route::Register => sign_in::register(cx, submission).await,
        Route::SignOut => sign_in::sign_out(cx).await,
        Route::Forgot => links::forgot(cx, submission).await,
        Route::Reset(token) => links::reset(cx, token, submission).await,
        Route::Verify(token) => links::verify(cx, token, submission).await,
        Route::Account => own::submit(cx, submission).await,
        _ => Err(PageError::NotFound),
    }
}
