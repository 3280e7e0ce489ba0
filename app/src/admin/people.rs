//! Who there is, and what each may do.

use keqiao_market::{
    Paged,
    accounts::{self, PersonView, Roles},
};
use keqiao_model::Fields;
use leptos::prelude::*;
use uuid::Uuid;

use super::trail;
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::region_name,
    t,
    ui::{self, ButtonStyle, Input, Tone},
    words::label,
};

pub(super) async fn list(cx: &Cx) -> Result<Page, PageError> {
    let found = accounts::people(&cx.market, &cx.actor, cx.query.get("q"), cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "admin.people"), move || list_view(&cx, &found)))
}

fn list_view(cx: &Cx, found: &Paged<PersonView>) -> AnyView {
    let head = [
        t!(cx.lang, "admin.name"),
        t!(cx.lang, "admin.email"),
        t!(cx.lang, "admin.roles"),
        t!(cx.lang, "admin.organisations"),
        t!(cx.lang, "admin.registered"),
    ];
    let list = if found.items.is_empty() {
        let clear = Some((t!(cx.lang, "admin.everybody"), cx.href(&cx.route)));
        ui::empty(cx, t!(cx.lang, "admin.nobody"), t!(cx.lang, "admin.nobody_text"), clear)
    } else {
        let rows = found.items.iter().map(|person| row(cx, person)).collect();
        ui::record_table(t!(cx.lang, "admin.people"), head.map(str::to_owned).to_vec(), rows, &[])
    };
    view! {
        {trail(cx)}
        {ui::page_title(t!(cx.lang, "admin.people"), None, None)}
        {ui::search_form(cx, t!(cx.lang, "admin.people_search"), t!(cx.lang, "admin.people_placeholder"))}
        <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "admin.people_count", n = ui::count(found.total))}</p></div>
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

fn row(cx: &Cx, person: &PersonView) -> Vec<AnyView> {
    let to = cx.href(&Route::AdminPerson(person.id));
    let name = person.name.clone();
    vec![
        view! { <a href=to>{name}</a> }.into_any(),
        person.email.clone().into_any(),
        view! { <div class="badges">{role_badges(cx, person)}</div> }.into_any(),
        organisation_links(cx, person),
        ui::date(cx, person.created_at),
    ]
}

fn role_badges(cx: &Cx, person: &PersonView) -> Vec<AnyView> {
    let roles = &person.roles;
    let mut badges = Vec::new();
    if roles.disabled {
        badges.push(ui::badge(t!(cx.lang, "admin.shut_out"), Tone::Bad));
    }
    if roles.admin {
        badges.push(ui::badge(t!(cx.lang, "admin.role_admin"), Tone::Accent));
    }
    if let Some(region) = &roles.officer_region {
        badges.push(ui::badge(&t!(cx.lang, "admin.role_officer", region = region_name(cx, region)), Tone::Info));
    }
    if roles.broker {
        badges.push(ui::badge(t!(cx.lang, "admin.role_broker"), Tone::Good));
    }
    if !person.verified {
        badges.push(ui::badge(t!(cx.lang, "accounts.unverified"), Tone::Warn));
    }
    if person.demo {
        badges.push(ui::badge(t!(cx.lang, "admin.demo"), Tone::Neutral));
    }
    badges
}

fn organisation_links(cx: &Cx, person: &PersonView) -> AnyView {
    if person.organisations.is_empty() {
        return t!(cx.lang, "ui.none").into_any();
    }
    let items: Vec<AnyView> = person
        .organisations
        .iter()
        .map(|(id, name)| {
            let (to, name) = (cx.href(&Route::Organisation(*id)), name.clone());
            view! { <p><a href=to>{name}</a></p> }.into_any()
        })
        .collect();
    items.into_any()
}

pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let person = accounts::person(&cx.market, &cx.actor, id).await?;
    let cx = cx.clone();
    Ok(Page::new(person.name.clone(), move || view(&cx, &person, &form.unwrap_or_else(|| stored(&person)))))
}

/// The form of a person's roles as they stand.
fn stored(person: &PersonView) -> Form {
    let mut fields = Fields::default();
    for (name, given) in [("broker", person.roles.broker), ("admin", person.roles.admin), ("disabled", person.roles.disabled)] {
        if given {
            fields.push(name, "yes");
        }
    }
    fields.push("officer_region", person.roles.officer_region.clone().unwrap_or_default());
    fields.push("version", person.version.to_string());
    Form::filled(fields)
}

pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    let given = |name: &str| submission.value(name) == "yes";
    let region = submission.value("officer_region");
    let roles = Roles {
        broker: given("broker"),
        officer_region: (!region.is_empty()).then(|| region.to_owned()),
        admin: given("admin"),
        disabled: given("disabled"),
    };
    match accounts::set_roles(&cx.market, &cx.actor, id, roles, submission.version()).await {
        Ok(()) => Ok(Outcome::Go(Route::AdminPerson(id), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, person: &PersonView, form: &Form) -> AnyView {
    let (broker, officer) = (t!(cx.lang, "admin.role_broker"), t!(cx.lang, "admin.officer_region"));
    let (admin, disabled) = (t!(cx.lang, "admin.role_admin"), t!(cx.lang, "admin.disabled"));
    let regions = cx.market.config().regions.iter().map(|region| (region.code.clone(), region_name(cx, &region.code))).collect();
    let region = Input::new("officer_region", officer).hint(t!(cx.lang, "admin.officer_hint")).blank(t!(cx.lang, "admin.no_officer"));
    let body = view! {
        {ui::hidden("version", &form.value("version"))}
        {ui::checkbox(cx, form, Input::new("broker", broker).hint(t!(cx.lang, "admin.broker_hint")), "yes")}
        {ui::select(cx, form, region, regions)}
        {ui::checkbox(cx, form, Input::new("admin", admin).hint(t!(cx.lang, "admin.admin_hint")), "yes")}
        {ui::checkbox(cx, form, Input::new("disabled", disabled).hint(t!(cx.lang, "admin.disabled_hint")), "yes")}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "admin.save"), "roles", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "admin.cancel"), &cx.href(&Route::AdminPeople), ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    let done = format!("{}{}", cx.href(&Route::AdminAudit), Query(vec![("person".to_owned(), person.id.to_string())]).to_search());
    let facts = vec![
        (t!(cx.lang, "admin.email").to_owned(), person.email.clone().into_any()),
        (t!(cx.lang, "admin.lang").to_owned(), label(cx.lang, "listings.language", person.lang.tag()).into_any()),
        (t!(cx.lang, "admin.organisations").to_owned(), organisation_links(cx, person)),
        (t!(cx.lang, "admin.registered").to_owned(), ui::date_time(cx, person.created_at)),
        (t!(cx.lang, "admin.audit").to_owned(), view! { <a href=done>{t!(cx.lang, "admin.what_they_did")}</a> }.into_any()),
    ];
    let labels = [("broker", broker), ("officer_region", officer), ("admin", admin), ("disabled", disabled)];
    let trail = [(t!(cx.lang, "admin.title"), cx.href(&Route::Admin)), (t!(cx.lang, "admin.people"), cx.href(&Route::AdminPeople))];
    let badges = view! { <div class="badges">{role_badges(cx, person)}</div> }.into_any();
    let main = ui::section("roles", t!(cx.lang, "admin.roles"), ui::form(cx, &cx.href(&cx.route), false, body));
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::breadcrumb(cx, &trail)}
        {ui::page_title(&person.name, None, Some(badges))}
        {ui::two_columns(main, ui::definition_list(facts))}
    }
    .into_any()
}
