//! One reported value: its evidence, what became of it, and the decision of the city.

use keqiao_market::{
    Subject,
    history::{self, HistoryEntry},
    reports::{self, ReportView},
    targets::Measure,
};
use keqiao_model::{Coded, ReportMove, ReportState, TEXT_MAX, format_percent};
use leptos::prelude::*;
use uuid::Uuid;

use super::{linked, new};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    targets::{measure_name, measured, place_name},
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let report = reports::one(&cx.market, &cx.actor, id).await?;
    // Names of officers are for officers.
    let history = if report.reporter.is_empty() { Vec::new() } else { history::history(&cx.market, Subject::Report, id).await? };
    let measure = Measure::Reported(report.indicator);
    let title = format!("{} {}", measure_name(cx, measure), report.year);
    let public = matches!(report.state, ReportState::Approved | ReportState::Replaced);
    let description = t!(cx.lang, "indicators.one_description", indicator = title, place = place_name(cx, &report.region));
    let cx = cx.clone();
    let shown = title.clone();
    let page = Page::new(title, move || view(&cx, &shown, &report, history, form));
    Ok(if public { page.public(description) } else { page })
}

pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    let Some(by) = ReportMove::from_code(submission.action()) else { return Err(PageError::NotFound) };
    let (version, once) = (submission.version(), submission.once());
    match reports::move_report(&cx.market, &cx.actor, id, by, &submission.fields, version, once).await {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, title: &str, report: &ReportView, history: Vec<HistoryEntry>, form: Option<Form>) -> AnyView {
    let measure = Measure::Reported(report.indicator);
    let errors = form.clone().unwrap_or_default();
    let labels: Vec<(&str, &str)> = new::labels(cx).into_iter().chain([("reason", t!(cx.lang, "indicators.reason"))]).collect();
    let mut facts = vec![
        (t!(cx.lang, "targets.reported_value").to_owned(), measured(cx, measure, report.value).into_any()),
        (t!(cx.lang, "targets.place_of").to_owned(), place_name(cx, &report.region).into_any()),
        (t!(cx.lang, "targets.year").to_owned(), report.year.to_string().into_any()),
        (t!(cx.lang, "indicators.reported_at").to_owned(), ui::date_time(cx, report.updated_at)),
    ];
    if let Some(at) = report.decided_at {
        facts.push((t!(cx.lang, "indicators.decided_at").to_owned(), ui::date_time(cx, at)));
    }
    for (label, name) in [(t!(cx.lang, "indicators.reporter"), &report.reporter), (t!(cx.lang, "indicators.decider"), &report.decider)] {
        if !name.is_empty() {
            facts.push((label.to_owned(), name.clone().into_any()));
        }
    }
    let returned = (report.state == ReportState::Returned && !report.reason.is_empty()).then(|| {
        let words = view! { <p><strong>{t!(cx.lang, "indicators.why_returned")}</strong></p>{ui::paragraphs(&report.reason)} }.into_any();
        ui::notice(cx, Tone::Warn, words)
    });
    let replaced = (report.state == ReportState::Replaced).then(|| {
        let to = cx.href(&Route::Indicators);
        let words = view! { <p>{t!(cx.lang, "indicators.replaced")}" "<a href=to>{t!(cx.lang, "indicators.title")}</a></p> }.into_any();
        ui::notice(cx, Tone::Info, words)
    });
    let beside = view! { <div class="badges">{ui::state_badge(cx, ReportState::GROUP, report.state.code())}</div> }.into_any();
    let history = (!history.is_empty()).then(|| ui::details(t!(cx.lang, "listings.history"), false, timeline(cx, history)));
    view! {
        {ui::error_summary(cx, &errors, &labels)}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "targets.title"), cx.href(&Route::Targets)), (t!(cx.lang, "indicators.title"), cx.href(&Route::Indicators))])}
        {ui::page_title(title, None, Some(beside))}
        <div class="spaced">
            {returned}
            {replaced}
            {ui::definition_list(facts)}
        </div>
        {ui::section("evidence", t!(cx.lang, "indicators.evidence"), linked(&report.evidence))}
        {again(cx, report, form.as_ref())}
        {deciding(cx, report, &errors)}
        {history}
    }
    .into_any()
}

/// The form of those who hand a returned value in once more.
fn again(cx: &Cx, report: &ReportView, form: Option<&Form>) -> Option<AnyView> {
    let by = ReportMove::Submit;
    if !report.moves.contains(&by) {
        return None;
    }
    let value = if report.indicator.is_share() { format_percent(report.value) } else { report.value.to_string() };
    let saved = || Form::filled([("value", value.clone()), ("evidence", report.evidence.clone())].into_iter().collect());
    let form = form.cloned().unwrap_or_else(saved);
    let body = view! {
        {ui::hidden("version", &report.version.to_string())}
        {new::fields(cx, &form)}
        {ui::buttons(vec![ui::button(&code_label(cx.lang, ReportMove::GROUP, by.code()), by.code(), ButtonStyle::Primary)])}
    }
    .into_any();
    Some(ui::section("again", t!(cx.lang, "indicators.correct"), ui::form(cx, &cx.href(&cx.route), false, body)))
}

/// The form of those who decide.
fn deciding(cx: &Cx, report: &ReportView, form: &Form) -> Option<AnyView> {
    let moves: Vec<ReportMove> = report.moves.iter().copied().filter(|by| *by != ReportMove::Submit).collect();
    if moves.is_empty() {
        return None;
    }
    let buttons = moves
        .into_iter()
        .map(|by| {
            let style = if by == ReportMove::Approve { ButtonStyle::Primary } else { ButtonStyle::Secondary };
            ui::button(&code_label(cx.lang, ReportMove::GROUP, by.code()), by.code(), style)
        })
        .collect();
    let reason = Input::new("reason", t!(cx.lang, "indicators.reason")).hint(t!(cx.lang, "indicators.reason_hint"));
    let body = view! {
        {ui::hidden("version", &report.version.to_string())}
        {ui::textarea(cx, form, reason.rows(3).max(TEXT_MAX))}
        {ui::buttons(buttons)}
    }
    .into_any();
    Some(ui::section("deciding", t!(cx.lang, "indicators.decide"), ui::form(cx, &cx.href(&cx.route), false, body)))
}

fn timeline(cx: &Cx, history: Vec<HistoryEntry>) -> AnyView {
    let items = history
        .into_iter()
        .map(|entry| {
            let state = code_label(cx.lang, ReportState::GROUP, &entry.to);
            let meta = view! { {entry.person}" "{ui::date_time(cx, entry.at)} }.into_any();
            let body = (!entry.reason.is_empty()).then(|| ui::paragraphs(&entry.reason));
            TimelineItem { title: state, meta, body, tone: Tone::of_state(&entry.to) }
        })
        .collect();
    ui::timeline(items)
}
