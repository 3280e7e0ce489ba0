//! The public page of a broker; its own shows the form to change it.

use keqiao_market::brokers::{self, BrokerView, hours_field};
use keqiao_model::{BrokerGrade, Coded, Field, TEXT_MAX, TrainingModule};
use leptos::prelude::*;
use uuid::Uuid;

use super::directory::{grade, region_options};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::{options, region_name},
    t,
    ui::{self, ButtonStyle, Input},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let broker = brokers::broker(&cx.market, &cx.actor, id).await?;
    let description = ui::excerpt(&broker.profile.summary.split_whitespace().collect::<Vec<_>>().join(" "), 150);
    let description = if description.is_empty() { t!(cx.lang, "brokers.description", name = broker.name) } else { description };
    let cx = cx.clone();
    Ok(Page::new(broker.name.clone(), move || view(&cx, &broker, form)).public(description))
}

pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action() != "save" || cx.actor.signed_in()?.id != id {
        return Err(PageError::NotFound);
    }
    match brokers::save_profile(&cx.market, &cx.actor, &submission.fields, submission.version(), submission.once()).await {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn labels(cx: &Cx) -> Vec<(String, String)> {
    let mut labels: Vec<(String, String)> = [
        ("grade", t!(cx.lang, "brokers.grade")),
        ("certificate", t!(cx.lang, "brokers.certificate")),
        ("issuer", t!(cx.lang, "brokers.issuer")),
        ("fields", t!(cx.lang, "brokers.fields")),
        ("regions", t!(cx.lang, "brokers.regions")),
        ("summary", t!(cx.lang, "brokers.summary")),
    ]
    .into_iter()
    .map(|(name, label)| (name.to_owned(), label.to_owned()))
    .collect();
    labels.extend(TrainingModule::ALL.iter().map(|m| (hours_field(*m), code_label(cx.lang, TrainingModule::GROUP, m.code()))));
    labels
}

fn view(cx: &Cx, broker: &BrokerView, form: Option<Form>) -> AnyView {
    let profile = &broker.profile;
    let separator = t!(cx.lang, "listings.separator");
    let mut facts: Vec<(String, AnyView)> = Vec::new();
    let mut fact = |label: &str, value: String| {
        if !value.is_empty() {
            facts.push((label.to_owned(), value.into_any()));
        }
    };
    fact(
        t!(cx.lang, "brokers.fields"),
        profile.fields.iter().map(|f| code_label(cx.lang, Field::GROUP, f.code())).collect::<Vec<_>>().join(separator),
    );
    fact(t!(cx.lang, "brokers.regions"), profile.regions.iter().map(|code| region_name(cx, code)).collect::<Vec<_>>().join(separator));
    fact(t!(cx.lang, "brokers.certificate"), profile.certificate.clone());
    fact(t!(cx.lang, "brokers.issuer"), profile.issuer.clone());
    for (module, hours) in &profile.hours {
        fact(&code_label(cx.lang, TrainingModule::GROUP, module.code()), t!(cx.lang, "brokers.n_hours", n = hours));
    }
    if !broker.agencies.is_empty() {
        let agencies: Vec<AnyView> = broker
            .agencies
            .iter()
            .map(|(id, name)| view! { <p><a href=cx.href(&Route::Organisation(*id))>{name.clone()}</a></p> }.into_any())
            .collect();
        facts.insert(0, (t!(cx.lang, "brokers.agency").to_owned(), agencies.into_any()));
    }
    let summary = if profile.summary.is_empty() {
        view! { <p class="hint">{t!(cx.lang, "brokers.no_summary")}</p> }.into_any()
    } else {
        ui::paragraphs(&profile.summary)
    };
    let figures = vec![
        ui::stat(t!(cx.lang, "brokers.deals"), &ui::count(broker.deals), t!(cx.lang, "brokers.deals_hint"), None),
        ui::stat(t!(cx.lang, "brokers.contracts"), &ui::count(broker.contracts), t!(cx.lang, "brokers.contracts_hint"), None),
    ];
    let refused = form.is_some();
    let form = form.unwrap_or_else(|| Form::filled(profile.to_fields()));
    // A form that came back stale is drawn from what is stored now.
    let form = if form.is_stale() { form.at_version(profile.version) } else { form };
    let labels = labels(cx);
    let labels: Vec<(&str, &str)> = labels.iter().map(|(name, label)| (name.as_str(), label.as_str())).collect();
    let edit = broker.own.then(|| {
        let body = view! { {ui::conflict(cx, &form, &profile.to_fields(), &labels)}{fields(cx, &form)} }.into_any();
        ui::details(t!(cx.lang, "brokers.edit"), refused || profile.version == 0, body)
    });
    let main = view! {
        {ui::stats(figures)}
        {ui::section("summary-text", t!(cx.lang, "brokers.summary"), summary)}
        {edit}
    }
    .into_any();
    let errors = if refused { ui::error_summary(cx, &form, &labels) } else { ().into_any() };
    view! {
        {errors}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "brokers.title"), cx.href(&Route::Brokers))])}
        {ui::page_title(&broker.name, Some(t!(cx.lang, "brokers.single")), grade(cx, broker))}
        {ui::two_columns(main, ui::definition_list(facts))}
    }
    .into_any()
}

fn fields(cx: &Cx, form: &Form) -> AnyView {
    let hours: Vec<AnyView> = TrainingModule::ALL
        .iter()
        .map(|module| {
            let label = code_label(cx.lang, TrainingModule::GROUP, module.code());
            let input = Input::new(hours_field(*module), label).inputmode("numeric").width(10).suffix(t!(cx.lang, "brokers.hours_unit"));
            ui::text(cx, form, input)
        })
        .collect();
    let certificate = Input::new("certificate", t!(cx.lang, "brokers.certificate")).hint(t!(cx.lang, "brokers.certificate_hint")).width(30);
    let fields_input = Input::new("fields", t!(cx.lang, "brokers.fields")).hint(t!(cx.lang, "brokers.fields_hint"));
    let grade = Input::new("grade", t!(cx.lang, "brokers.grade")).blank(t!(cx.lang, "brokers.no_grade"));
    let summary = Input::new("summary", t!(cx.lang, "brokers.summary")).hint(t!(cx.lang, "brokers.summary_hint")).max(TEXT_MAX);
    let body = view! {
        {ui::hidden("version", &form.value("version"))}
        {ui::select(cx, form, grade, options::<BrokerGrade>(cx.lang))}
        {ui::text(cx, form, certificate)}
        {ui::text(cx, form, Input::new("issuer", t!(cx.lang, "brokers.issuer")).width(30))}
        {ui::checkboxes(cx, form, fields_input, options::<Field>(cx.lang))}
        {ui::checkboxes(cx, form, Input::new("regions", t!(cx.lang, "brokers.regions")), region_options(cx))}
        {ui::fieldset(t!(cx.lang, "brokers.hours"), hours.into_any())}
        {ui::textarea(cx, form, summary)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.save"), "save", ButtonStyle::Primary)])}
    }
    .into_any();
    ui::form(cx, &cx.href(&cx.route), false, body)
}
