//! What the links of letters lead to: a new password, a confirmed address.

use keqiao_market::accounts;
use keqiao_model::PASSWORD_MIN;
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input},
};

pub(super) fn forgot_page(cx: &Cx, form: Option<Form>) -> Page {
    let form = form.unwrap_or_else(|| match cx.actor.person() {
        Some(person) => Form::filled([("email", person.email.as_str())].into_iter().collect()),
        None => Form::default(),
    });
    let cx = cx.clone();
    let email = t!(cx.lang, "accounts.email");
    Page::new(t!(cx.lang, "accounts.forgot_title"), move || {
        let body = view! {
            {ui::text(&cx, &form, Input::new("email", email).kind("email").autocomplete("username").required())}
            {ui::buttons(vec![ui::button(t!(cx.lang, "accounts.send_link"), "send", ButtonStyle::Primary)])}
        }
        .into_any();
        view! {
            {ui::error_summary(&cx, &form, &[("email", email)])}
            {ui::back_link(&cx, t!(cx.lang, "accounts.sign_in"), &cx.href(&Route::SignIn))}
            {ui::page_title(t!(cx.lang, "accounts.forgot_title"), None, None)}
            {ui::lead(t!(cx.lang, "accounts.forgot_text"))}
            <div class="narrow">{ui::form(&cx, &cx.href(&cx.route), false, body)}</div>
        }
        .into_any()
    })
}

pub(super) async fn forgot(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match accounts::ask_reset(&cx.market, submission.value("email"), &cx.peer).await {
        Ok(()) => Ok(Outcome::Go(Route::SignIn, Some("flash.reset_sent"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

pub(super) fn reset_page(cx: &Cx, form: Option<Form>) -> Page {
    let form = form.unwrap_or_default();
    let cx = cx.clone();
    let password = t!(cx.lang, "accounts.new_password");
    Page::new(t!(cx.lang, "accounts.reset_title"), move || {
        let hint = t!(cx.lang, "accounts.password_hint", min = PASSWORD_MIN);
        let body = view! {
            {ui::text(&cx, &form, Input::new("password", password).hint(hint).kind("password").autocomplete("new-password").required())}
            {ui::buttons(vec![
                ui::button(t!(cx.lang, "accounts.set_password"), "reset", ButtonStyle::Primary),
                ui::button_link(t!(cx.lang, "accounts.new_link"), &cx.href(&Route::Forgot), ButtonStyle::Quiet),
            ])}
        }
        .into_any();
        view! {
            {ui::error_summary(&cx, &form, &[("password", password)])}
            {ui::page_title(t!(cx.lang, "accounts.reset_title"), None, None)}
            {ui::lead(t!(cx.lang, "accounts.reset_text"))}
            <div class="narrow">{ui::form(&cx, &cx.href(&cx.route), false, body)}</div>
        }
        .into_any()
    })
}

pub(super) async fn reset(cx: &Cx, token: &str, submission: &Submission) -> Result<Outcome, PageError> {
    match accounts::reset_password(&cx.market, token, submission.value("password")).await {
        Ok(()) => Ok(Outcome::Go(Route::SignIn, Some("flash.password_set"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// One button, because scanners of mail follow every link and would use it up.
pub(super) fn verify_page(cx: &Cx, form: Option<Form>) -> Page {
    let form = form.unwrap_or_default();
    let cx = cx.clone();
    Page::new(t!(cx.lang, "accounts.verify_title"), move || {
        let again = (!form.errors.is_empty()).then(|| {
            let to = cx.href(&Route::Account);
            view! { <p>{t!(cx.lang, "accounts.verify_again")}" "<a href=to>{t!(cx.lang, "accounts.account")}</a></p> }
        });
        view! {
            {ui::error_summary(&cx, &form, &[])}
            {ui::page_title(t!(cx.lang, "accounts.verify_title"), None, None)}
            {ui::lead(t!(cx.lang, "accounts.verify_text"))}
            {ui::post_button(&cx, &cx.href(&cx.route), t!(cx.lang, "accounts.confirm"), "confirm", &[], ButtonStyle::Primary)}
            {again}
        }
        .into_any()
    })
}

pub(super) async fn verify(cx: &Cx, token: &str, submission: &Submission) -> Result<Outcome, PageError> {
    match accounts::verify_email(&cx.market, token).await {
        Ok(()) => {
            let to = if cx.actor.person().is_some() { Route::Work } else { Route::SignIn };
            Ok(Outcome::Go(to, Some("flash.verified")))
        }
        Err(error) => Outcome::refused(submission, error),
    }
}
