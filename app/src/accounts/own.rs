//! One's own account: profile, password, address, sessions, organisations.

use keqiao_market::{
    Person,
    accounts::{self, NAME_MAX, SessionView},
};
use keqiao_model::{Coded, Lang, OrganisationKind, PASSWORD_MIN};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input, Tone},
    words::{code_label, label},
};

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let person = cx.actor.signed_in()?.clone();
    let sessions = accounts::sessions(&cx.market, &cx.actor).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "accounts.account"), move || view(&cx, &person, &sessions, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor) = (&cx.market, &cx.actor);
    let here = |flash| Ok(Outcome::Go(Route::Account, Some(flash)));
    let done = match submission.action() {
        "profile" => {
            let lang = Lang::from_tag(submission.value("lang"));
            accounts::update_profile(market, actor, submission.value("name"), lang).await.map(|()| here("flash.saved"))
        }
        "password" => {
            let (current, password) = (submission.value("current"), submission.value("password"));
            accounts::change_password(market, actor, current, password).await.map(|()| here("flash.password_changed"))
        }
        "verify" => accounts::ask_verification(market, actor).await.map(|()| here("flash.verification_sent")),
        "switch" => {
            let Ok(id) = submission.value("organisation").parse() else { return Err(PageError::NotFound) };
            let switched = accounts::switch_organisation(market, actor, id).await;
            switched.map(|()| Ok(Outcome::Go(Route::Work, Some("flash.switched"))))
        }
        "end" => {
            let Ok(id) = submission.value("session").parse() else { return Err(PageError::NotFound) };
            accounts::end_session(market, actor, id).await.map(|()| here("flash.session_ended"))
        }
        "everywhere" => accounts::sign_out_everywhere(market, actor).await.map(|()| Ok(Outcome::SignedOut)),
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(outcome) => outcome,
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, person: &Person, sessions: &[SessionView], form: &Form) -> AnyView {
    let labels = [
        ("name", t!(cx.lang, "accounts.name")),
        ("lang", t!(cx.lang, "accounts.lang")),
        ("current", t!(cx.lang, "accounts.current_password")),
        ("password", t!(cx.lang, "accounts.new_password")),
    ];
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::page_title(t!(cx.lang, "accounts.account"), Some(&person.email), None)}
        <div class="narrow">
            {ui::section("email", t!(cx.lang, "accounts.email"), address(cx, person))}
            {ui::section("profile", t!(cx.lang, "accounts.profile"), profile(cx, person, form))}
            {ui::section("organisations", t!(cx.lang, "accounts.organisations"), organisations(cx, person))}
            {ui::section("change-password", t!(cx.lang, "accounts.change_password"), password(cx, person, form))}
            {ui::section("sessions", t!(cx.lang, "accounts.sessions"), session_list(cx, sessions))}
        </div>
    }
    .into_any()
}

fn address(cx: &Cx, person: &Person) -> AnyView {
    let here = cx.href(&Route::Account);
    let (words, tone) =
        if person.verified { (t!(cx.lang, "accounts.verified"), Tone::Good) } else { (t!(cx.lang, "accounts.unverified"), Tone::Warn) };
    let resend = (!person.verified).then(|| {
        view! {
            <p>{t!(cx.lang, "accounts.unverified_text")}</p>
            {ui::post_button(cx, &here, t!(cx.lang, "accounts.resend"), "verify", &[], ButtonStyle::Secondary)}
        }
    });
    view! { <p>{person.email.clone()}" "{ui::badge(words, tone)}</p>{resend} }.into_any()
}

/// The language of a profile in its own words.
fn languages(cx: &Cx) -> Vec<(String, String)> {
    Lang::ALL.iter().map(|lang| (lang.tag().to_owned(), label(cx.lang, "listings.language", lang.tag()))).collect()
}

fn profile(cx: &Cx, person: &Person, form: &Form) -> AnyView {
    let stored = Form::filled([("name", person.name.as_str()), ("lang", person.lang.tag())].into_iter().collect());
    let form = if form.value("action") == "profile" { form } else { &stored };
    let body = view! {
        {ui::text(cx, form, Input::new("name", t!(cx.lang, "accounts.name")).autocomplete("name").max(NAME_MAX).required())}
        {ui::radios(cx, form, Input::new("lang", t!(cx.lang, "accounts.lang")).hint(t!(cx.lang, "accounts.lang_hint")), languages(cx))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "accounts.save"), "profile", ButtonStyle::Primary)])}
    }
    .into_any();
    ui::form(cx, &cx.href(&Route::Account), false, body)
}

fn password(cx: &Cx, person: &Person, form: &Form) -> AnyView {
    let (current, new) = (t!(cx.lang, "accounts.current_password"), t!(cx.lang, "accounts.new_password"));
    let hint = t!(cx.lang, "accounts.password_hint", min = PASSWORD_MIN);
    let body = view! {
        // Password managers file the new password under this name.
        <input type="text" name="username" autocomplete="username" value=person.email.clone() hidden=true readonly=true />
        {ui::text(cx, form, Input::new("current", current).kind("password").autocomplete("current-password").required())}
        {ui::text(cx, form, Input::new("password", new).hint(hint).kind("password").autocomplete("new-password").required())}
        <p class="hint">{t!(cx.lang, "accounts.change_password_text")}</p>
        {ui::buttons(vec![ui::button(t!(cx.lang, "accounts.change_password"), "password", ButtonStyle::Secondary)])}
    }
    .into_any();
    ui::form(cx, &cx.href(&Route::Account), false, body)
}

fn organisations(cx: &Cx, person: &Person) -> AnyView {
    let new = cx.href(&Route::OrganisationNew);
    if person.organisations.is_empty() {
        let (title, text) = (t!(cx.lang, "accounts.no_organisation"), t!(cx.lang, "accounts.no_organisation_text"));
        return ui::empty(cx, title, text, Some((t!(cx.lang, "accounts.add_organisation"), new)));
    }
    let items = person
        .organisations
        .iter()
        .map(|organisation| {
            let current = person.organisation.as_ref().is_some_and(|o| o.id == organisation.id);
            let id = organisation.id.to_string();
            let role = if organisation.manager { t!(cx.lang, "accounts.manager") } else { t!(cx.lang, "accounts.member") };
            let switch = t!(cx.lang, "accounts.switch");
            let side = if current {
                ui::badge(t!(cx.lang, "accounts.acting"), Tone::Good)
            } else {
                ui::post_button(cx, &cx.href(&Route::Account), switch, "switch", &[("organisation", &id)], ButtonStyle::Secondary)
            };
            ui::result_item(ui::ResultItem {
                meta: vec![code_label(cx.lang, OrganisationKind::GROUP, organisation.kind.code()).into_any(), role.into_any()],
                side: Some(side),
                ..ui::ResultItem::new(organisation.name.clone().into_any(), cx.href(&Route::Organisation(organisation.id)))
            })
        })
        .collect();
    view! { <div class="stack">{ui::results(items)}<p><a href=new>{t!(cx.lang, "accounts.add_organisation")}</a></p></div> }.into_any()
}

fn session_list(cx: &Cx, sessions: &[SessionView]) -> AnyView {
    let here = cx.href(&Route::Account);
    let rows = sessions
        .iter()
        .map(|session| {
            let agent = if session.agent.is_empty() { t!(cx.lang, "accounts.unknown_browser").to_owned() } else { session.agent.clone() };
            let id = session.id.to_string();
            let end = if session.current {
                ui::badge(t!(cx.lang, "accounts.this_session"), Tone::Info)
            } else {
                ui::post_button(cx, &here, t!(cx.lang, "accounts.end_session"), "end", &[("session", &id)], ButtonStyle::Quiet)
            };
            vec![
                agent.into_any(),
                session.peer.clone().into_any(),
                ui::date_time(cx, session.seen_at),
                ui::date_time(cx, session.created_at),
                end,
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "accounts.browser"),
        t!(cx.lang, "accounts.peer"),
        t!(cx.lang, "accounts.seen"),
        t!(cx.lang, "accounts.signed_in"),
        t!(cx.lang, "accounts.session_action"),
    ];
    view! {
        <div class="stack">
            <p>{t!(cx.lang, "accounts.sessions_text")}</p>
            {ui::record_table(t!(cx.lang, "accounts.sessions"), head.map(str::to_owned).to_vec(), rows, &[])}
            {ui::post_button(cx, &here, t!(cx.lang, "accounts.everywhere"), "everywhere", &[], ButtonStyle::Danger)}
        </div>
    }
    .into_any()
}
