//! The members of a deal: who they are, whom to add, whom to remove.

use keqiao_market::{
    deals::{self, DealView},
    room::members::{self, MembersView},
};
use keqiao_model::{Coded, DealRole};
use leptos::prelude::*;

use super::back;
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let deal = deals::deal(&cx.market, &cx.actor, number).await?;
    let members = members::members(&cx.market, &cx.actor, number).await?;
    let title = format!("{} {number}", t!(cx.lang, "deals.members"));
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &deal, &members, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let once = submission.once();
    let done = match submission.action() {
        "add" => members::add_member(&cx.market, &cx.actor, number, &submission.fields, once).await,
        "remove" => match submission.value("person").parse() {
            Ok(person) => {
                let left = cx.actor.id() == Some(person);
                match members::remove_member(&cx.market, &cx.actor, number, person, once).await {
                    Ok(()) if left => return Ok(Outcome::Go(Route::Deals, Some("flash.saved"))),
                    other => other,
                }
            }
            Err(_) => return Err(PageError::NotFound),
        },
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, deal: &DealView, members: &MembersView, form: &Form) -> AnyView {
    let (s, here) = (&deal.summary, cx.href(&cx.route));
    let labels = [("person", t!(cx.lang, "deals.member")), ("role", t!(cx.lang, "deals.role"))];
    let side_name = |id: Option<uuid::Uuid>| match id {
        Some(id) if id == s.buyer.0 => s.buyer.1.clone(),
        Some(_) => s.seller.1.clone(),
        None => code_label(cx.lang, DealRole::GROUP, DealRole::Broker.code()),
    };
    let rows = members
        .members
        .iter()
        .map(|m| {
            let id = m.person_id.to_string();
            let own = cx.actor.id() == Some(m.person_id);
            let remove = (m.may_change || (own && m.organisation_id.is_some())).then(|| {
                let words = if own { t!(cx.lang, "deals.leave") } else { t!(cx.lang, "deals.remove_member") };
                let label = view! { {words}<span class="hidden-text">{m.name.clone()}</span> };
                let body = view! {
                    {ui::hidden("person", &id)}
                    <button class="button quiet" type="submit" name="action" value="remove">{label}</button>
                }
                .into_any();
                ui::form(cx, &here, false, body)
            });
            vec![
                m.name.clone().into_any(),
                side_name(m.organisation_id).into_any(),
                code_label(cx.lang, DealRole::GROUP, m.role.code()).into_any(),
                ui::date_time(cx, m.added_at),
                remove.into_any(),
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "deals.member"),
        t!(cx.lang, "deals.side"),
        t!(cx.lang, "deals.role"),
        t!(cx.lang, "deals.since"),
        t!(cx.lang, "deals.member_actions"),
    ];
    let roles = || {
        DealRole::ALL
            .iter()
            .filter(|r| **r != DealRole::Broker)
            .map(|r| (r.code().to_owned(), code_label(cx.lang, DealRole::GROUP, r.code())))
            .collect::<Vec<_>>()
    };
    let mut people: Vec<(String, String)> = members.addable.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    // A part is changed by naming the same person again.
    let me = cx.actor.id();
    people.extend(
        members.members.iter().filter(|m| m.may_change && Some(m.person_id) != me).map(|m| (m.person_id.to_string(), m.name.clone())),
    );
    let add = if people.is_empty() {
        let mine = members.members.iter().any(|m| m.may_change);
        mine.then(|| view! { <p class="hint">{t!(cx.lang, "deals.nobody_to_add")}</p> }).into_any()
    } else {
        let body = view! {
            {ui::select(cx, form, Input::new("person", t!(cx.lang, "deals.member")).required(), people)}
            {ui::select(cx, form, Input::new("role", t!(cx.lang, "deals.role")).hint(t!(cx.lang, "deals.role_hint")).required(), roles())}
            {ui::buttons(vec![ui::button(t!(cx.lang, "deals.add_member"), "add", ButtonStyle::Primary)])}
        }
        .into_any();
        ui::section("add", t!(cx.lang, "deals.add_member"), ui::form(cx, &here, false, body))
    };
    view! {
        {ui::error_summary(cx, form, &labels)}
        {back(cx, &s.number)}
        {ui::page_title(t!(cx.lang, "deals.members"), Some(&s.number), None)}
        {ui::lead(t!(cx.lang, "deals.members_lead"))}
        {ui::record_table(t!(cx.lang, "deals.member_list"), head.map(str::to_owned).to_vec(), rows, &[])}
        {add}
    }
    .into_any()
}
