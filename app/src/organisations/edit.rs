//! Looking after an organisation: its data and its members.

use keqiao_market::{
    Error,
    organisations::{self, MemberView, OrganisationView},
};
use keqiao_model::{Coded, OrganisationKind};
use leptos::prelude::*;
use uuid::Uuid;

use super::fields::{data, labels, shown_name, stored};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let organisation = organisations::organisation(&cx.market, &cx.actor, id).await?;
    if !organisation.may_edit && organisation.members.is_none() {
        return Err(PageError::Forbidden);
    }
    let title = t!(cx.lang, "organisations.edit_title", name = shown_name(cx, &organisation));
    let cx = cx.clone();
    Ok(Page::new(title.clone(), move || view(&cx, &title, &organisation, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor) = (&cx.market, &cx.actor);
    let saved = |flash| Ok(Outcome::Go(Route::OrganisationEdit(id), Some(flash)));
    if submission.action() == "save" {
        return match organisations::update(market, actor, id, &submission.fields, submission.version()).await {
            Ok(()) => Ok(Outcome::Go(Route::Organisation(id), Some("flash.saved"))),
            Err(error) => Outcome::refused(submission, error),
        };
    }
    let Ok(person) = submission.value("person").parse::<Uuid>() else { return Err(PageError::NotFound) };
    let done = match submission.action() {
        "accept" => organisations::answer_membership(market, actor, id, person, true).await,
        "decline" => organisations::answer_membership(market, actor, id, person, false).await,
        "promote" => organisations::set_manager(market, actor, id, person, true).await,
        "demote" => organisations::set_manager(market, actor, id, person, false).await,
        "remove" => organisations::remove_member(market, actor, id, person).await,
        _ => return Err(PageError::NotFound),
    };
    match done {
        // Whoever gave up managing cannot see this page any more.
        Ok(()) if actor.id() == Some(person) => Ok(Outcome::Go(Route::Organisation(id), Some("flash.saved"))),
        Ok(()) if submission.action() == "accept" => saved("flash.member_accepted"),
        Ok(()) if submission.action() == "decline" => saved("flash.member_declined"),
        Ok(()) => saved("flash.saved"),
        // Somebody else was quicker: the page shows how it stands now.
        Err(Error::NotFound) => Outcome::refused(submission, Error::Stale),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// Leaves the organisation, or takes back the request to join it.
pub(super) async fn leave(cx: &Cx, id: Uuid, submission: &Submission, flash: &'static str) -> Result<Outcome, PageError> {
    let person = cx.actor.signed_in()?.id;
    match organisations::remove_member(&cx.market, &cx.actor, id, person).await {
        Ok(()) => Ok(Outcome::Go(Route::Organisation(id), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, title: &str, organisation: &OrganisationView, form: &Form) -> AnyView {
    let trail = [
        (t!(cx.lang, "organisations.title"), cx.href(&Route::Organisations)),
        (organisation.name.as_str(), cx.href(&Route::Organisation(organisation.id))),
    ];
    let members = organisation
        .members
        .as_ref()
        .map(|members| ui::section("members", t!(cx.lang, "organisations.members"), members_part(cx, members)));
    view! {
        {ui::error_summary(cx, form, &labels(cx.lang))}
        {ui::breadcrumb(cx, &trail)}
        {ui::page_title(title, None, None)}
        {organisation.may_edit.then(|| ui::section("data", t!(cx.lang, "organisations.data"), data_part(cx, organisation, form)))}
        {members}
    }
    .into_any()
}

fn data_part(cx: &Cx, organisation: &OrganisationView, form: &Form) -> AnyView {
    let as_stored = stored(organisation);
    let form = if form.value("action") == "save" { form } else { &as_stored };
    let fixed = vec![
        (t!(cx.lang, "organisations.credit_code").to_owned(), organisation.credit_code.clone().into_any()),
        (t!(cx.lang, "organisations.kind").to_owned(), code_label(cx.lang, OrganisationKind::GROUP, organisation.kind.code()).into_any()),
    ];
    let body = view! {
        {ui::hidden("version", &form.value("version"))}
        {ui::hidden("credit_code", &organisation.credit_code)}
        {ui::hidden("kind", organisation.kind.code())}
        {data(cx, form)}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "organisations.save"), "save", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "organisations.cancel"), &cx.href(&Route::Organisation(organisation.id)), ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    view! {
        <div class="narrow stack">
            {ui::definition_list(fixed)}
            <p class="hint">{t!(cx.lang, "organisations.fixed")}</p>
            {ui::form(cx, &cx.href(&cx.route), false, body)}
        </div>
    }
    .into_any()
}

fn members_part(cx: &Cx, members: &[MemberView]) -> AnyView {
    if members.is_empty() {
        let (title, text) = (t!(cx.lang, "organisations.no_members"), t!(cx.lang, "organisations.no_members_text"));
        return ui::empty(cx, title, text, None);
    }
    let head = [
        t!(cx.lang, "organisations.member"),
        t!(cx.lang, "organisations.member_email"),
        t!(cx.lang, "organisations.member_role"),
        t!(cx.lang, "organisations.member_since"),
        t!(cx.lang, "organisations.member_actions"),
    ];
    let rows = members.iter().map(|member| row(cx, member)).collect();
    ui::record_table(t!(cx.lang, "organisations.members"), head.map(str::to_owned).to_vec(), rows, &[])
}

fn row(cx: &Cx, member: &MemberView) -> Vec<AnyView> {
    let here = cx.href(&cx.route);
    let id = member.person_id.to_string();
    let act = |words: &str, action: &str, style: ButtonStyle| ui::post_button(cx, &here, words, action, &[("person", &id)], style);
    let own = cx.actor.id() == Some(member.person_id);
    let (role, actions) = if member.pending {
        let actions = if own {
            Vec::new()
        } else {
            vec![
                act(t!(cx.lang, "organisations.accept"), "accept", ButtonStyle::Primary),
                act(t!(cx.lang, "organisations.decline"), "decline", ButtonStyle::Secondary),
            ]
        };
        (ui::badge(t!(cx.lang, "organisations.role_pending"), Tone::Warn), actions)
    } else if member.manager {
        let actions = vec![
            act(t!(cx.lang, "organisations.demote"), "demote", ButtonStyle::Quiet),
            act(t!(cx.lang, "organisations.remove"), "remove", ButtonStyle::Quiet),
        ];
        (ui::badge(t!(cx.lang, "organisations.role_manager"), Tone::Good), actions)
    } else {
        let actions = vec![
            act(t!(cx.lang, "organisations.promote"), "promote", ButtonStyle::Quiet),
            act(t!(cx.lang, "organisations.remove"), "remove", ButtonStyle::Quiet),
        ];
        (ui::badge(t!(cx.lang, "organisations.role_member"), Tone::Neutral), actions)
    };
    vec![
        member.name.clone().into_any(),
        member.email.clone().into_any(),
        role,
        ui::date(cx, member.since),
        view! { <div class="buttons">{actions}</div> }.into_any(),
    ]
}
