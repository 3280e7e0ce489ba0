//! Reporting a value with its evidence.

use keqiao_market::{CHINA, reports};
use keqiao_model::{ReportedIndicator, TEXT_MAX};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::{options, region_name},
    t,
    ui::{self, ButtonStyle, Input},
};

/// Years back that the form offers.
const YEARS_BACK: i64 = 6;

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    if !reports::may_report(&cx.actor) {
        return Err(PageError::NotFound);
    }
    let form =
        form.unwrap_or_else(|| Form::filled(["indicator", "year", "region"].map(|name| (name, cx.query.get(name))).into_iter().collect()));
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "indicators.report"), move || view(&cx, &form)))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match reports::report(&cx.market, &cx.actor, &submission.fields, submission.once()).await {
        Ok(id) => Ok(Outcome::Go(Route::Indicator(id), Some("flash.indicator_reported"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// What the fields of a value are called.
pub(super) fn labels(cx: &Cx) -> [(&'static str, &'static str); 5] {
    [
        ("indicator", t!(cx.lang, "targets.indicator")),
        ("year", t!(cx.lang, "targets.year")),
        ("region", t!(cx.lang, "targets.place_of")),
        ("value", t!(cx.lang, "targets.reported_value")),
        ("evidence", t!(cx.lang, "indicators.evidence")),
    ]
}

/// The fields of value and evidence.
pub(super) fn fields(cx: &Cx, form: &Form) -> AnyView {
    let value = Input::new("value", t!(cx.lang, "targets.reported_value")).hint(t!(cx.lang, "indicators.value_hint"));
    let evidence = Input::new("evidence", t!(cx.lang, "indicators.evidence")).hint(t!(cx.lang, "indicators.evidence_hint"));
    view! {
        {ui::text(cx, form, value.required().inputmode("decimal").width(10))}
        {ui::textarea(cx, form, evidence.required().rows(5).max(TEXT_MAX))}
    }
    .into_any()
}

fn view(cx: &Cx, form: &Form) -> AnyView {
    let this = i64::from(cx.now.to_offset(CHINA).year());
    let years = (this - YEARS_BACK..=this).rev().map(|year| (year.to_string(), year.to_string())).collect();
    let regions = cx.market.config().regions.iter().filter(|region| cx.actor.is_officer_of(&region.code));
    let regions: Vec<(String, String)> = regions.map(|region| (region.code.clone(), region_name(cx, &region.code))).collect();
    let region = (regions.len() > 1).then(|| {
        let input = Input::new("region", t!(cx.lang, "targets.place_of")).hint(t!(cx.lang, "indicators.region_hint"));
        ui::select(cx, form, input.blank(t!(cx.lang, "targets.whole_city")), regions)
    });
    let body = view! {
        {ui::select(cx, form, Input::new("indicator", t!(cx.lang, "targets.indicator")).required(), options::<ReportedIndicator>(cx.lang))}
        {ui::select(cx, form, Input::new("year", t!(cx.lang, "targets.year")).required(), years)}
        {region}
        {fields(cx, form)}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "indicators.send"), "report", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "indicators.cancel"), &cx.href(&Route::Indicators), ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    view! {
        {ui::error_summary(cx, form, &labels(cx))}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "targets.title"), cx.href(&Route::Targets)), (t!(cx.lang, "indicators.title"), cx.href(&Route::Indicators))])}
        {ui::page_title(t!(cx.lang, "indicators.report"), None, None)}
        {ui::lead(t!(cx.lang, "indicators.report_lead"))}
        {ui::form(cx, &cx.href(&cx.route), false, body)}
    }
    .into_any()
}
