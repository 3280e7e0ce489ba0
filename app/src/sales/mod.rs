//! Sales of achievements at a listed price or by auction.

mod form;
mod list;
mod view;

use keqiao_market::{
    ListingView,
    sales::{self, SaleSummary},
};
use keqiao_model::{ListingKind, ListingState};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle},
};

/// The announced sale of an achievement, to be shown on its page.
pub(crate) async fn of_listing(cx: &Cx, listing: &ListingView) -> Result<Option<SaleSummary>, PageError> {
    match listing.summary.kind {
        ListingKind::Achievement => Ok(sales::open_sale(&cx.market, listing.summary.id).await?),
        ListingKind::Demand => Ok(None),
    }
}

/// The way from an achievement to its sale, or for its owner to a new one.
pub(crate) fn way_to_sale(cx: &Cx, listing: &ListingView, sale: Option<&SaleSummary>) -> AnyView {
    let s = &listing.summary;
    if let Some(sale) = sale {
        let words = t!(cx.lang, "sales.see_sale", number = sale.number);
        return ui::button_link(&words, &cx.href(&Route::Sale(sale.number.clone())), ButtonStyle::Secondary);
    }
    if listing.own && s.kind == ListingKind::Achievement && s.state == ListingState::Published {
        return ui::button_link(t!(cx.lang, "sales.offer"), &cx.href(&Route::SaleNew(s.number.clone())), ButtonStyle::Secondary);
    }
    ().into_any()
}

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Sales => list::page(cx).await,
        Route::Sale(number) => view::page(cx, &number, form).await,
        Route::SaleNew(number) => form::page(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::Sale(number) => view::submit(cx, &number, submission).await,
        Route::SaleNew(number) => form::submit(cx, &number, submission).await,
        _ => Err(PageError::NotFound),
    }
}
