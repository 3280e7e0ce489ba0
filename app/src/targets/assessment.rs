//! The report by which the city, its counties and departments are assessed: to read, to print, and as a file. Everyone may read it: it is
//! made of public totals and approved values.

use keqiao_market::{
    sheets::{Cell, Sheet},
    targets::{self, Assessment, AssessmentPart, FigureAssessment, Measure, Part, ReportedAssessment, ReportedPart},
};
use keqiao_model::{Figure, ReportedIndicator};
use leptos::prelude::*;

use super::{
    overview,
    parts::{
        asked_year, cell, downloads, file, light, measure_name, measured, name, pace_rule, part_name, short, split_notices, year_name,
        year_tabs,
    },
};
use crate::{
    Cx, Page, PageError, Route, t,
    ui::{self, Align},
};

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let report = targets::assessment(&cx.market, asked_year(cx)).await?;
    if let Some(page) = file(cx, "assessment", || vec![overview::sheet(cx, &report), reported_sheet(cx, &report)])? {
        return Ok(page);
    }
    let title = t!(cx.lang, "targets.assessment_title", year = year_name(cx, report.year));
    let description = t!(cx.lang, "targets.assessment_lead", city = cx.city());
    let cx = cx.clone();
    Ok(Page::new(title.clone(), move || view(&cx, &title, &report)).public(description))
}

fn view(cx: &Cx, title: &str, report: &Assessment) -> AnyView {
    let time = ui::date_time_text(cx, report.as_of);
    let as_of = match report.last_posted {
        Some(posted) => t!(cx.lang, "targets.as_of_posted", time = time, posted = ui::date_time_text(cx, posted)),
        None => t!(cx.lang, "targets.as_of", time = time),
    };
    let closed = match &report.closed {
        Some(month) => {
            let to = cx.href(&Route::Snapshot(month.clone()));
            view! { <p>{t!(cx.lang, "targets.corrected_since", month = month)}" "<a href=to>{t!(cx.lang, "targets.see_snapshot")}</a></p> }
                .into_any()
        }
        None => view! { <p>{t!(cx.lang, "targets.never_closed")}</p> }.into_any(),
    };
    let nothing = report.figures.iter().all(|f| f.parts.iter().all(|p| p.progress.total == 0 && p.progress.target.is_none()));
    let empty = nothing.then(|| ui::notice(cx, ui::Tone::Info, view! { <p>{t!(cx.lang, "targets.nothing_in_year")}</p> }.into_any()));
    let figures: Vec<AnyView> = report.figures.iter().map(|figure| figure_table(cx, report, figure)).collect();
    let reported: Vec<AnyView> =
        report.reported.iter().flat_map(|indicator| split_notices(cx, Measure::Reported(indicator.indicator), &indicator.splits)).collect();
    view! {
        <div class="assessment">
            {ui::breadcrumb(cx, &[(t!(cx.lang, "targets.title"), cx.href(&Route::Targets))])}
            {ui::page_title(title, None, None)}
            {ui::lead(&t!(cx.lang, "targets.assessment_lead", city = cx.city()))}
            {year_tabs(cx, &report.years, report.year)}
            <div class="spaced">
                <p class="hint">{as_of}</p>
                {empty}
                {closed}
                <p class="rule">{pace_rule(cx)}</p>
                {downloads(cx)}
            </div>
            {ui::section("summary", t!(cx.lang, "targets.at_a_glance"), summary(cx, report))}
            {ui::section("figures", t!(cx.lang, "targets.each_indicator"), view! { <div class="spaced">{figures}</div> }.into_any())}
            {ui::section("reported", t!(cx.lang, "targets.reported"), view! {
                <div class="spaced"><p>{t!(cx.lang, "targets.reported_text")}</p>{reported_table(cx, report)}{reported}</div>
            }.into_any())}
        </div>
    }
    .into_any()
}

/// Figures across, parts down: the share that is reached and the light.
fn summary(cx: &Cx, report: &Assessment) -> AnyView {
    let with_target: Vec<&FigureAssessment> =
        report.figures.iter().filter(|figure| figure.parts.iter().any(|part| part.progress.target.is_some())).collect();
    if with_target.is_empty() {
        return view! { <p>{t!(cx.lang, "targets.no_targets")}</p> }.into_any();
    }
    let counties = cx.market.counties().map(|county| Part::County(county.code.clone()));
    let departments = cx.market.config().departments.iter().map(|department| Part::Department(department.code.clone()));
    let rows = std::iter::once(Part::City)
        .chain(counties)
        .chain(departments)
        .map(|part| {
            let cells = with_target.iter().map(|figure| {
                let found = figure.parts.iter().find(|p| p.part == part).map(|p| p.progress);
                match found.and_then(|progress| Some((progress, progress.target?))) {
                    Some((progress, target)) => view! { {ui::percent(progress.total, target)}" "{light(cx, progress.light)} }.into_any(),
                    None => "–".into_any(),
                }
            });
            std::iter::once(part_name(cx, &part).into_any()).chain(cells).collect()
        })
        .collect();
    let head = std::iter::once(t!(cx.lang, "targets.place_of").to_owned()).chain(with_target.iter().map(|f| name(cx, f.figure))).collect();
    ui::table(t!(cx.lang, "targets.at_a_glance"), head, rows, &[])
}

fn figure_table(cx: &Cx, report: &Assessment, figure: &FigureAssessment) -> AnyView {
    let rows = figure.parts.iter().map(|part| figure_row(cx, report, figure.figure, part)).collect();
    let head = [
        t!(cx.lang, "targets.place_of"),
        t!(cx.lang, "targets.rank"),
        t!(cx.lang, "targets.done"),
        t!(cx.lang, "targets.target"),
        t!(cx.lang, "targets.percent"),
        t!(cx.lang, "targets.expected"),
        t!(cx.lang, "targets.forecast"),
        t!(cx.lang, "targets.light"),
        t!(cx.lang, "targets.corrected"),
    ];
    let align = [Align::Start, Align::End, Align::End, Align::End, Align::End, Align::End, Align::End, Align::Start, Align::End];
    let table = ui::table(&name(cx, figure.figure), head.map(str::to_owned).to_vec(), rows, &align);
    view! { {table}{split_notices(cx, Measure::Figure(figure.figure), &figure.splits)} }.into_any()
}

fn figure_row(cx: &Cx, report: &Assessment, figure: Figure, part: &AssessmentPart) -> Vec<AnyView> {
    let progress = part.progress;
    let words = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| short(cx, figure, value)).into_any();
    let year = if report.is_whole() { String::new() } else { report.year.to_string() };
    let region = if part.part == Part::City { "" } else { part.part.code(&cx.market) };
    let query = crate::Query::default().with("year", &year).with("region", region);
    let to = super::parts::entries_href_of(cx, figure, &query);
    let corrected = match (&part.part, &report.closed) {
        (Part::Department(_), _) | (_, None) => "–".to_owned(),
        (_, Some(_)) => short(cx, figure, part.corrected),
    };
    vec![
        part_name(cx, &part.part).into_any(),
        part.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string()).into_any(),
        view! { <a href=to>{short(cx, figure, progress.total)}</a> }.into_any(),
        words(progress.target),
        progress.target.map_or_else(|| "–".to_owned(), |target| ui::percent(progress.total, target)).into_any(),
        words(progress.expected),
        words(progress.forecast),
        light(cx, progress.light),
        corrected.into_any(),
    ]
}

/// Whether a reported target is reached, in words.
fn reached_words(cx: &Cx, part: &ReportedPart) -> &'static str {
    match (part.reached(), part.value) {
        (Some(true), _) => t!(cx.lang, "targets.reached"),
        (Some(false), _) => t!(cx.lang, "targets.not_reached"),
        (None, None) => t!(cx.lang, "targets.not_reported"),
        (None, Some(_)) => t!(cx.lang, "targets.no_target"),
    }
}

fn reported_table(cx: &Cx, report: &Assessment) -> AnyView {
    let rows = report.reported.iter().map(|indicator| reported_row(cx, indicator)).collect();
    let counties = cx.market.counties().map(|county| part_name(cx, &Part::County(county.code.clone())));
    let fixed = [
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.target"),
        t!(cx.lang, "targets.whole_city"),
        t!(cx.lang, "targets.standing_of"),
    ];
    let head: Vec<String> = fixed.map(str::to_owned).into_iter().chain(counties).collect();
    let align: Vec<Align> =
        head.iter().enumerate().map(|(column, _)| if matches!(column, 0 | 3) { Align::Start } else { Align::End }).collect();
    ui::table(t!(cx.lang, "targets.reported"), head, rows, &align)
}

fn reported_row(cx: &Cx, indicator: &ReportedAssessment) -> Vec<AnyView> {
    let measure = Measure::Reported(indicator.indicator);
    let words = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| measured(cx, measure, value)).into_any();
    let city = indicator.parts.iter().find(|part| part.part == Part::City);
    let counties = indicator.parts.iter().filter(|part| part.part != Part::City);
    [
        measure_name(cx, measure).into_any(),
        words(city.and_then(|part| part.target)),
        words(city.and_then(|part| part.value)),
        city.map_or("–", |part| reached_words(cx, part)).into_any(),
    ]
    .into_iter()
    .chain(counties.map(|part| words(part.value)))
    .collect()
}

/// Reported indicators as a table for a file.
pub(crate) fn reported_sheet(cx: &Cx, report: &Assessment) -> Sheet {
    let heads = [
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.year"),
        t!(cx.lang, "targets.place_of"),
        t!(cx.lang, "targets.reported_value"),
        t!(cx.lang, "targets.target"),
        t!(cx.lang, "targets.standing_of"),
    ];
    let year = year_name(cx, report.year);
    let row = |indicator: ReportedIndicator, part: &ReportedPart| {
        let measure = Measure::Reported(indicator);
        vec![
            Cell::Text(measure_name(cx, measure)),
            Cell::Text(year.clone()),
            Cell::Text(part_name(cx, &part.part)),
            cell(measure, part.value),
            cell(measure, part.target),
            Cell::Text(reached_words(cx, part).to_owned()),
        ]
    };
    let rows =
        report.reported.iter().flat_map(|indicator| indicator.parts.iter().map(|part| row(indicator.indicator, part)).collect::<Vec<_>>());
    Sheet { name: t!(cx.lang, "targets.reported").to_owned(), heads: heads.map(str::to_owned).to_vec(), rows: rows.collect() }
}
