//! Signing in, registering, signing out.

use keqiao_market::{
    Error,
    accounts::{self, NAME_MAX, Registration},
};
use keqiao_model::PASSWORD_MIN;
use leptos::prelude::*;

use super::{DEMO_ACCOUNTS, DEMO_PASSWORD};
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    ui::{self, ButtonStyle, Input, Tone},
    words::label,
};

/// Longest address to go on to.
const NEXT_MAX: usize = 2_000;

/// Where to go on after signing in, when it is a page of ours: anything else would let a link to us lead people elsewhere.
fn page_of_ours(next: &str) -> Option<&str> {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= NEXT_MAX
        && !next.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace());
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let entrance = |route: &Route| {
        matches!(route, Route::SignIn | Route::SignOut | Route::Register | Route::Forgot | Route::Reset(_) | Route::Verify(_))
    };
    Route::parse(path).filter(|(_, route)| ours && !entrance(route)).map(|_| next)
}

/// Where to go after signing in.
fn destination(cx: &Cx, next: &str) -> String {
    page_of_ours(next).map_or_else(|| cx.href(&Route::Work), str::to_owned)
}

/// Another page of the entrance, with the page to go on to.
fn with_next(cx: &Cx, route: &Route, next: &str) -> String {
    format!("{}{}", cx.href(route), Query(vec![("next".to_owned(), next.to_owned())]).to_search())
}

/// What the address asks for, in a form not yet sent.
fn asked(cx: &Cx, form: Option<Form>) -> Form {
    form.unwrap_or_else(|| Form::filled([("next", cx.query.get("next")), ("email", cx.query.get("email"))].into_iter().collect()))
}

pub(super) fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let form = asked(cx, form);
    if cx.actor.person().is_some() {
        return Err(PageError::Redirect(destination(cx, &form.value("next"))));
    }
    let cx = cx.clone();
    let description = t!(cx.lang, "accounts.sign_in_description");
    Ok(Page::new(t!(cx.lang, "accounts.sign_in"), move || view(&cx, &form)).public(description))
}

fn view(cx: &Cx, form: &Form) -> AnyView {
    let (email, password) = (t!(cx.lang, "accounts.email"), t!(cx.lang, "accounts.password"));
    let next = page_of_ours(&form.value("next")).unwrap_or_default().to_owned();
    let body = view! {
        {ui::hidden("next", &next)}
        {ui::text(cx, form, Input::new("email", email).kind("email").autocomplete("username").required())}
        {ui::text(cx, form, Input::new("password", password).kind("password").autocomplete("current-password").required())}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "accounts.sign_in"), "sign_in", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "accounts.forgot"), &cx.href(&Route::Forgot), ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    let register = with_next(cx, &Route::Register, &next);
    view! {
        {ui::error_summary(cx, form, &[("email", email), ("password", password)])}
        {ui::page_title(t!(cx.lang, "accounts.sign_in"), None, None)}
        <div class="narrow stack">
            {ui::form(cx, &cx.href(&Route::SignIn), false, body)}
            <p>{t!(cx.lang, "accounts.no_account")}" "<a href=register>{t!(cx.lang, "accounts.register")}</a></p>
            {demo_accounts(cx, &next)}
        </div>
    }
    .into_any()
}

/// Who can sign in to the demo; each address is a link that fills it in.
fn demo_accounts(cx: &Cx, next: &str) -> Option<AnyView> {
    if !cx.site.demo {
        return None;
    }
    let rows = DEMO_ACCOUNTS
        .iter()
        .map(|(email, role)| {
            let query = Query(vec![("email".to_owned(), (*email).to_owned()), ("next".to_owned(), next.to_owned())]);
            let href = format!("{}{}", cx.href(&Route::SignIn), query.to_search());
            (label(cx.lang, "accounts.demo", role), view! { <a href=href>{*email}</a> }.into_any())
        })
        .collect();
    let body = view! {
        <div class="stack">
            <p>{t!(cx.lang, "accounts.demo_text")}</p>
            <p>{t!(cx.lang, "accounts.demo_password")}" "<code>{DEMO_PASSWORD}</code></p>
            {ui::definition_list(rows)}
            <p>{t!(cx.lang, "accounts.demo_mail")}" "<a href=cx.href(&Route::AdminMail)>{t!(cx.lang, "admin.mail")}</a></p>
        </div>
    }
    .into_any();
    Some(ui::notice(cx, Tone::Info, body))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let (email, password) = (submission.value("email"), submission.value("password"));
    let to = destination(cx, submission.value("next"));
    match accounts::sign_in(&cx.market, email, password, &cx.agent, &cx.peer).await {
        Ok(session) => Ok(Outcome::SignedIn { token: session.token, to }),
        Err(error) => Outcome::refused(submission, error),
    }
}

pub(super) fn register_page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let form = asked(cx, form);
    if cx.actor.person().is_some() {
        return Err(PageError::Redirect(destination(cx, &form.value("next"))));
    }
    let cx = cx.clone();
    let description = t!(cx.lang, "accounts.register_description");
    Ok(Page::new(t!(cx.lang, "accounts.register"), move || register_view(&cx, &form)).public(description))
}

fn register_view(cx: &Cx, form: &Form) -> AnyView {
    let (name, email, password) = (t!(cx.lang, "accounts.name"), t!(cx.lang, "accounts.email"), t!(cx.lang, "accounts.password"));
    let next = page_of_ours(&form.value("next")).unwrap_or_default().to_owned();
    let hint = t!(cx.lang, "accounts.password_hint", min = PASSWORD_MIN);
    let privacy = format!("{}#privacy", cx.href(&Route::About));
    let body = view! {
        {ui::hidden("next", &next)}
        {ui::text(cx, form, Input::new("email", email).hint(t!(cx.lang, "accounts.email_hint")).kind("email").autocomplete("username").required())}
        {ui::text(cx, form, Input::new("name", name).hint(t!(cx.lang, "accounts.name_hint")).autocomplete("name").max(NAME_MAX).required())}
        {ui::text(cx, form, Input::new("password", password).hint(hint).kind("password").autocomplete("new-password").required())}
        <p class="hint">{t!(cx.lang, "accounts.consent")}" "<a href=privacy>{t!(cx.lang, "accounts.privacy")}</a></p>
        {ui::buttons(vec![ui::button(t!(cx.lang, "accounts.register"), "register", ButtonStyle::Primary)])}
    }
    .into_any();
    let sign_in = with_next(cx, &Route::SignIn, &next);
    view! {
        {ui::error_summary(cx, form, &[("email", email), ("name", name), ("password", password)])}
        {ui::page_title(t!(cx.lang, "accounts.register"), None, None)}
        {ui::lead(t!(cx.lang, "accounts.register_lead"))}
        <div class="narrow stack">
            {ui::form(cx, &cx.href(&Route::Register), false, body)}
            <p>{t!(cx.lang, "accounts.have_account")}" "<a href=sign_in>{t!(cx.lang, "accounts.sign_in")}</a></p>
        </div>
    }
    .into_any()
}

pub(super) async fn register(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let value = |name: &str| submission.value(name).to_owned();
    let registration =
        Registration { email: value("email"), name: value("name"), password: value("password"), lang: cx.lang, peer: cx.peer.clone() };
    if let Err(error) = accounts::register(&cx.market, registration, submission.once()).await {
        return Outcome::refused(submission, error);
    }
    match accounts::sign_in(&cx.market, submission.value("email"), submission.value("password"), &cx.agent, &cx.peer).await {
        Ok(session) => Ok(Outcome::SignedIn { token: session.token, to: destination(cx, submission.value("next")) }),
        // The address may have had an account before; its owner has a letter that says so.
        Err(Error::Invalid(_) | Error::TooMany { .. }) => {
            Ok(Outcome::GoTo(with_next(cx, &Route::SignIn, submission.value("next")), Some("flash.check_mail")))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn sign_out_page(cx: &Cx) -> Result<Page, PageError> {
    if cx.actor.person().is_none() {
        return Err(PageError::Redirect(cx.href(&Route::Home)));
    }
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "accounts.sign_out"), move || {
        view! {
            {ui::page_title(t!(cx.lang, "accounts.sign_out"), None, None)}
            {ui::lead(t!(cx.lang, "accounts.sign_out_text"))}
            {ui::post_button(&cx, &cx.href(&Route::SignOut), t!(cx.lang, "accounts.sign_out"), "", &[], ButtonStyle::Primary)}
        }
        .into_any()
    }))
}

/// Signing out twice is fine: the cookie goes in any case.
pub(super) async fn sign_out(cx: &Cx) -> Result<Outcome, PageError> {
    match accounts::sign_out(&cx.market, &cx.actor).await {
        Ok(()) | Err(Error::SignIn) => Ok(Outcome::SignedOut),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::page_of_ours;

    #[test]
    fn only_pages_of_ours() {
        for next in ["/", "/en", "/work", "/en/demands?q=%E7%94%B5&page=2", "/deals/JY-2026-000001#messages"] {
            assert_eq!(page_of_ours(next), Some(next));
        }
        let elsewhere =
            ["", "work", "//example.com", "/\\example.com", "/work\n", "https://example.com/work", "/%2f/example.com", "/nowhere/at/all"];
        for next in elsewhere.into_iter().chain(["/signin", "/en/signout", "/signin?next=/work"]) {
            assert_eq!(page_of_ours(next), None, "{next}");
        }
    }
}
