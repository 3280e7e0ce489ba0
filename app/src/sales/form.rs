//! Offering an achievement at a listed price or by auction.

use keqiao_market::{ListingSummary, sales};
use keqiao_model::{ListingKind, ListingState, PricingWay, TEXT_MAX};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::summary_result,
    t,
    ui::{self, ButtonStyle, Input, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let (listing, announced) = sales::sale_form(&cx.market, &cx.actor, number).await?;
    if let (Some(sale), None) = (announced, &form) {
        return Err(PageError::Redirect(cx.href(&Route::Sale(sale))));
    }
    let form = form.unwrap_or_else(|| Form::filled([("rules", t!(cx.lang, "sales.rules_template"))].into_iter().collect()));
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "sales.new_title"), move || view(&cx, &listing, &form)))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    match sales::announce(&cx.market, &cx.actor, number, &submission.fields, submission.once()).await {
        Ok(sale) => Ok(Outcome::Go(Route::Sale(sale), Some("sales.announced"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// Fields and what they are called, in the order of the form.
fn labels(cx: &Cx) -> [(&'static str, &'static str); 7] {
    [
        ("way", t!(cx.lang, "sales.way")),
        ("price", t!(cx.lang, "sales.price")),
        ("step", t!(cx.lang, "sales.step")),
        ("deposit", t!(cx.lang, "sales.deposit")),
        ("opens_at", t!(cx.lang, "sales.opens_at")),
        ("closes_at", t!(cx.lang, "sales.closes_at")),
        ("rules", t!(cx.lang, "sales.rules")),
    ]
}

fn view(cx: &Cx, listing: &ListingSummary, form: &Form) -> AnyView {
    let label = |name: &str| labels(cx).into_iter().find(|(n, _)| *n == name).map_or("", |(_, label)| label);
    let input = |name: &'static str| Input::new(name, label(name));
    let time = |name: &'static str| input(name).kind("datetime-local").width(20);
    let ways = [PricingWay::Listed, PricingWay::Auction].map(|w| (w.code().to_owned(), code_label(cx.lang, "pricing_way", w.code())));
    let minutes = cx.market.config().periods.auction_extension_seconds / 60;
    let body = view! {
        {ui::radios(cx, form, input("way").required().hint(t!(cx.lang, "sales.way_hint", n = minutes)), ways.to_vec())}
        {ui::money_input(cx, form, input("price").required().hint(t!(cx.lang, "sales.price_hint")))}
        {ui::money_input(cx, form, input("step").hint(t!(cx.lang, "sales.step_hint")))}
        {ui::money_input(cx, form, input("deposit").hint(t!(cx.lang, "sales.deposit_hint")))}
        {ui::text(cx, form, time("opens_at").hint(t!(cx.lang, "sales.opens_hint")))}
        {ui::text(cx, form, time("closes_at").required().hint(t!(cx.lang, "sales.closes_hint")))}
        {ui::textarea(cx, form, input("rules").required().hint(t!(cx.lang, "sales.rules_hint")).rows(8).max(TEXT_MAX))}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "sales.announce"), "announce", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "interests.cancel"), &cx.href(&Route::Listing(ListingKind::Achievement, listing.number.clone())), ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    let unable = (listing.state != ListingState::Published)
        .then(|| ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "sales.only_published")}</p> }.into_any()));
    view! {
        {ui::error_summary(cx, form, &labels(cx))}
        {ui::page_title(t!(cx.lang, "sales.new_title"), None, None)}
        {ui::lead(t!(cx.lang, "sales.new_lead"))}
        {unable}
        {ui::results(vec![summary_result(cx, listing, true)])}
        {ui::form(cx, &cx.href(&cx.route), false, body)}
    }
    .into_any()
}
