//! Indicators that counties report outside the ledger: what was approved, for everyone; reporting and deciding, for officers.

mod list;
mod new;
mod one;

use leptos::prelude::*;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Indicators => list::page(cx).await,
        Route::IndicatorNew => new::page(cx, form).await,
        Route::Indicator(id) => one::page(cx, id, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::IndicatorNew => new::submit(cx, submission).await,
        Route::Indicator(id) => one::submit(cx, id, submission).await,
        _ => Err(PageError::NotFound),
    }
}

/// What somebody typed, with the addresses in it as links.
fn linked(text: &str) -> AnyView {
    let lines: Vec<AnyView> = text
        .lines()
        .map(|line| {
            let words: Vec<AnyView> = line
                .split_inclusive(char::is_whitespace)
                .map(|word| {
                    let address = word.trim();
                    if address.starts_with("https://") || address.starts_with("http://") {
                        let (to, shown) = (address.to_owned(), word.to_owned());
                        view! { <a href=to rel="nofollow noopener noreferrer">{shown}</a> }.into_any()
                    } else {
                        word.to_owned().into_any()
                    }
                })
                .collect();
            view! { <p>{words}</p> }.into_any()
        })
        .collect();
    view! { <div class="typed">{lines}</div> }.into_any()
}
