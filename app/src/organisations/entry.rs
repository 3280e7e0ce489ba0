//! Two ways to an organisation: ask to join one that is here, or enter one that is not.

use keqiao_market::{Error, organisations};
use keqiao_model::OrganisationKind;
use leptos::prelude::*;

use super::fields::{data, labels};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input, Tone},
};

/// The field of the way to join; the other way has a `credit_code` of its own on the same page.
const JOIN_CODE: &str = "join_code";

pub(super) fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let form = form.unwrap_or_default();
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "organisations.add"), move || view(&cx, &form)))
}

fn view(cx: &Cx, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let exists = form.errors.iter().any(|error| error.code == "organisation_exists").then(|| {
        let code = form.value("credit_code");
        let join = ui::post_button(cx, &here, t!(cx.lang, "organisations.ask"), "join", &[(JOIN_CODE, &code)], ButtonStyle::Primary);
        ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "organisations.exists")}</p>{join} }.into_any())
    });
    let unverified = cx.actor.person().is_some_and(|person| !person.verified).then(|| {
        let to = cx.href(&Route::Account);
        let words = t!(cx.lang, "organisations.verify_first");
        ui::notice(cx, Tone::Warn, view! { <p>{words}" "<a href=to>{t!(cx.lang, "accounts.account")}</a></p> }.into_any())
    });
    let code_label = t!(cx.lang, "organisations.credit_code");
    let code =
        |name: &str| Input::new(name, code_label).hint(t!(cx.lang, "organisations.credit_code_hint")).width(30).required().credit_code();
    let join = view! {
        <p>{t!(cx.lang, "organisations.join_text")}</p>
        {ui::text(cx, form, code(JOIN_CODE))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "organisations.ask"), "join", ButtonStyle::Secondary)])}
    }
    .into_any();
    let kind = Input::new("kind", t!(cx.lang, "organisations.kind")).hint(t!(cx.lang, "organisations.kind_hint")).required();
    let create = view! {
        <p>{t!(cx.lang, "organisations.create_text")}</p>
        {ui::text(cx, form, code("credit_code"))}
        {ui::radios(cx, form, kind, options::<OrganisationKind>(cx.lang))}
        {data(cx, form)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "organisations.create"), "create", ButtonStyle::Primary)])}
    }
    .into_any();
    let names: Vec<(&str, &str)> = labels(cx.lang).into_iter().chain([(JOIN_CODE, code_label)]).collect();
    view! {
        {ui::error_summary(cx, form, &names)}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "organisations.title"), cx.href(&Route::Organisations))])}
        {ui::page_title(t!(cx.lang, "organisations.add"), None, None)}
        {exists}
        {unverified}
        <div class="narrow">
            {ui::section("join", t!(cx.lang, "organisations.join"), ui::form(cx, &here, false, join))}
            {ui::section("create", t!(cx.lang, "organisations.create_title"), ui::form(cx, &here, false, create))}
        </div>
    }
    .into_any()
}

pub(super) async fn create(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match organisations::create(&cx.market, &cx.actor, &submission.fields, submission.once()).await {
        Ok(id) => Ok(Outcome::Go(Route::Organisation(id), Some("flash.organisation_created"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

pub(super) async fn join(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    ask(cx, submission, submission.value(JOIN_CODE), JOIN_CODE).await
}

/// Asks to join; what is wrong with the credit code is said at `field`.
pub(super) async fn ask(cx: &Cx, submission: &Submission, credit_code: &str, field: &str) -> Result<Outcome, PageError> {
    match organisations::ask_to_join(&cx.market, &cx.actor, credit_code, submission.once()).await {
        Ok(id) => Ok(Outcome::Go(Route::Organisation(id), Some("flash.join_asked"))),
        Err(Error::Invalid(mut errors)) => {
            for error in errors.iter_mut().filter(|error| error.field == "credit_code") {
                field.clone_into(&mut error.field);
            }
            Outcome::refused(submission, Error::Invalid(errors))
        }
        Err(error) => Outcome::refused(submission, error),
    }
}
