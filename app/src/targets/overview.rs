//! How far the city has come toward its targets: of the whole plan or a year, of the whole city or one of its parts.

use std::collections::BTreeSet;

use keqiao_market::{
    ledger::{self, By, LedgerFilter, Total},
    sheets::{Cell, Sheet},
    targets::{self, Assessment, AssessmentPart, FigureAssessment, Measure, Part, Progress, WHOLE_PLAN},
};
use keqiao_model::Figure;
use leptos::prelude::*;

use super::{
    growth::growth,
    parts::{
        Split, asked_year, cell, downloads, entries_href_of, exact, file, light, light_words, name, pace_rule, pace_words, part_name,
        place_name, rule_box, sentence, short, split_chart, split_notices, year_name, year_tabs,
    },
};
use crate::{
    Cx, Page, PageError, Route,
    listings::region_name,
    t,
    ui::{self, Align, Bar, GroupedChart},
};

/// The figure that the page is about first of all.
const FIRST: Figure = Figure::ContractValue;
/// The other figures of the plan.
const OTHERS: [Figure; 3] = [Figure::AchievementsConverted, Figure::EnterprisesServed, Figure::BrokersTrained];
/// What counts toward no target and is never added to contract value.
const APART: [Figure; 3] = [Figure::AbsorbedValue, Figure::TechnicalValue, Figure::TechnicalIncome];

/// What the page shows.
struct Shown {
    report: Assessment,
    part: Part,
    months: Vec<Total>,
    /// By year and county, of the whole plan and city.
    years: Vec<Total>,
}

impl Shown {
    fn figure(&self, figure: Figure) -> Option<(&FigureAssessment, &AssessmentPart)> {
        let figure = self.report.figures.iter().find(|f| f.figure == figure)?;
        Some((figure, figure.parts.iter().find(|part| part.part == self.part)?))
    }
}

/// The part of the city that the address asks for. A county that is no more leads to what it became.
fn asked_part(cx: &Cx) -> Part {
    let asked = cx.query.get("region");
    if let Some(department) = cx.market.department(asked) {
        return Part::Department(department.code.clone());
    }
    match cx.market.region(asked) {
        Some(region) if region.code != cx.market.config().city => Part::County(region.code.clone()),
        _ => Part::City,
    }
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let (year, part) = (asked_year(cx), asked_part(cx));
    let report = targets::progress(&cx.market, year).await?;
    if let Some(page) = file(cx, "targets", || vec![sheet(cx, &report)])? {
        return Ok(page);
    }
    let region = (part != Part::City).then(|| part.code(&cx.market).to_owned());
    let filter = LedgerFilter { year: (year != WHOLE_PLAN).then_some(year), region, ..LedgerFilter::default() };
    let months = ledger::totals_within(&cx.market, FIRST, By::Month, &filter).await?;
    let plan = cx.market.config().plan;
    let mut years = Vec::new();
    if report.is_whole() && part == Part::City {
        years = ledger::totals(&cx.market, FIRST, By::YearRegion).await?;
        years.retain(|part| part.year.is_some_and(|year| plan.holds(year)));
    }
    let shown = Shown { report, part, months, years };
    let title = t!(cx.lang, "targets.title");
    let description = t!(cx.lang, "targets.description", city = cx.city());
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, title, &shown)).public(description))
}

/// The parts of the city as tabs.
fn part_tabs(cx: &Cx, chosen: &Part) -> AnyView {
    let counties = cx.market.counties().map(|county| Part::County(county.code.clone()));
    let departments = cx.market.config().departments.iter().map(|department| Part::Department(department.code.clone()));
    let tabs = std::iter::once(Part::City)
        .chain(counties)
        .chain(departments)
        .map(|part| {
            let code = if part == Part::City { "" } else { part.code(&cx.market) };
            (part_name(cx, &part), cx.here(&cx.query.with("region", code)), part == *chosen, None)
        })
        .collect();
    ui::tabs(t!(cx.lang, "targets.choose_part"), tabs)
}

fn view(cx: &Cx, title: &str, shown: &Shown) -> AnyView {
    let time = ui::date_time_text(cx, shown.report.as_of);
    let as_of = match shown.report.last_posted {
        Some(posted) => t!(cx.lang, "targets.as_of_posted", time = time, posted = ui::date_time_text(cx, posted)),
        None => t!(cx.lang, "targets.as_of", time = time),
    };
    let cards = |figures: &[Figure]| -> Vec<AnyView> { figures.iter().filter_map(|figure| card(cx, shown, *figure)).collect() };
    let year = cx.query.with("region", "").to_search();
    let ways = [
        (format!("{}{year}", cx.href(&Route::Assessment)), t!(cx.lang, "targets.assessment")),
        (format!("{}{year}", cx.href(&Route::Indicators)), t!(cx.lang, "indicators.title")),
        (cx.href(&Route::Snapshots), t!(cx.lang, "targets.snapshots")),
    ];
    let ways: Vec<AnyView> = ways.into_iter().map(|(to, words)| view! { <li><a href=to>{words}</a></li> }.into_any()).collect();
    view! {
        {ui::page_title(title, None, None)}
        {ui::lead(t!(cx.lang, "targets.lead"))}
        {year_tabs(cx, &shown.report.years, shown.report.year)}
        {part_tabs(cx, &shown.part)}
        <div class="spaced">
            <p class="hint">{as_of}" · "<a href=format!("{}#counting", cx.href(&Route::About))>{t!(cx.lang, "targets.rules")}</a></p>
            {first(cx, shown)}
        </div>
        {ui::section("others", t!(cx.lang, "targets.others"), view! { <div class="target-cards">{cards(&OTHERS)}</div> }.into_any())}
        {ui::section("apart", t!(cx.lang, "targets.apart"), view! {
            <div class="spaced"><p>{t!(cx.lang, "targets.apart_text")}</p><div class="target-cards">{cards(&APART)}</div></div>
        }.into_any())}
        {ui::section("more", t!(cx.lang, "targets.more_pages"), view! { <div class="spaced"><ul>{ways}</ul>{downloads(cx)}</div> }.into_any())}
    }
    .into_any()
}

/// The entries behind a figure of what is shown, optionally narrowed once more.
fn entries(cx: &Cx, shown: &Shown, figure: Figure, by: Option<(&str, &str)>) -> String {
    let year = if shown.report.is_whole() { String::new() } else { shown.report.year.to_string() };
    let region = if shown.part == Part::City { "" } else { shown.part.code(&cx.market) };
    let mut query = crate::Query::default().with("year", &year).with("region", region);
    if let Some((name, value)) = by {
        query = query.with(name, value);
    }
    entries_href_of(cx, figure, &query)
}

/// Total, progress, light and words of a figure in the part and period that are shown.
fn head(cx: &Cx, shown: &Shown, figure: Figure, progress: Progress) -> AnyView {
    let bar = progress.target.map(|target| {
        let percent = ui::percent(progress.total, target);
        ui::progress(t!(cx.lang, "targets.progress_label"), progress.total, target, &percent)
    });
    let standing = progress.light.map(|_| view! { <p>{t!(cx.lang, "targets.standing")}" "{light(cx, progress.light)}</p> });
    let pace: Vec<AnyView> = pace_words(cx, figure, progress).into_iter().map(|words| view! { <p>{words}</p> }.into_any()).collect();
    let evidence =
        (progress.total != 0).then(|| view! { <p><a href=entries(cx, shown, figure, None)>{t!(cx.lang, "targets.evidence")}</a></p> });
    view! {
        <p class="stat-value">{short(cx, figure, progress.total)}</p>
        {bar}
        <p>{sentence(cx, figure, progress)}</p>
        {standing}
        {(progress.target.is_some() || progress.total != 0).then_some(pace)}
        {rule_box(cx, figure)}
        {evidence}
    }
    .into_any()
}

/// The figure of the plan: sentence, progress, pace, and where it comes from.
fn first(cx: &Cx, shown: &Shown) -> Option<AnyView> {
    let (figure, part) = shown.figure(FIRST)?;
    let place = (shown.part != Part::City).then(|| part_name(cx, &shown.part));
    let above = [Some(year_name(cx, shown.report.year)), place].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let outside = (shown.report.is_whole() && shown.part == Part::City && figure.outside != 0).then(|| {
        let words = t!(cx.lang, "targets.outside_plan", amount = short(cx, FIRST, figure.outside));
        view! { <p class="hint">{words}</p> }
    });
    let parts = (shown.part == Part::City).then(|| {
        view! {
            <div class="home-columns">
                {(!figure.years.is_empty()).then(|| ui::section("years", t!(cx.lang, "targets.by_year"), by_year(cx, figure)))}
                {ui::section("counties", t!(cx.lang, "targets.by_county"), by_county(cx, shown, figure))}
            </div>
            {years_of_counties(cx, figure, &shown.years)}
            {ui::section("ranking", t!(cx.lang, "targets.ranking"), ranking(cx, shown, figure))}
        }
    });
    Some(
        view! {
            <section class="target-head" id="contract-value" aria-labelledby="contract-value-title">
                <h2 id="contract-value-title">{name(cx, FIRST)}</h2>
                <p class="hint">{above}</p>
                {head(cx, shown, FIRST, part.progress)}
                {outside}
            </section>
            {growth(cx, FIRST, shown.report.year, &shown.months, part.progress.target)}
            {parts}
        }
        .into_any(),
    )
}

/// The chart by year, and the targets of the years, if they have any.
fn by_year(cx: &Cx, figure: &FigureAssessment) -> AnyView {
    let bars = figure
        .years
        .iter()
        .map(|(year, progress)| {
            let year = year.to_string();
            let query = crate::Query::default().with("year", &year);
            Bar { value: progress.total, href: Some(entries_href_of(cx, figure.figure, &query)), label: year }
        })
        .collect();
    let rows = figure.years.iter().map(|(year, progress)| (year.to_string(), *progress)).collect();
    let targets = against(cx, figure.figure, t!(cx.lang, "targets.against_years"), t!(cx.lang, "targets.year"), rows);
    view! { <div class="spaced">{ui::bar_chart(cx, split_chart(cx, figure.figure, &Split::Year, bars))}{targets}</div> }.into_any()
}

/// The chart by county, in the order of the configuration.
fn by_county(cx: &Cx, shown: &Shown, figure: &FigureAssessment) -> AnyView {
    let total = |part: &Part| figure.parts.iter().find(|p| p.part == *part).map_or(0, |p| p.progress.total);
    let mut bars: Vec<Bar> = cx
        .market
        .counties()
        .map(|county| Bar {
            label: region_name(cx, &county.code),
            value: total(&Part::County(county.code.clone())),
            href: Some(entries(cx, shown, figure.figure, Some(("region", &county.code)))),
        })
        .collect();
    let elsewhere = total(&Part::Elsewhere);
    if elsewhere != 0 {
        bars.push(Bar {
            label: t!(cx.lang, "targets.elsewhere").to_owned(),
            value: elsewhere,
            href: Some(entries(cx, shown, figure.figure, Some(("region", &cx.market.config().city)))),
        });
    }
    ui::bar_list(cx, split_chart(cx, figure.figure, &Split::County, bars))
}

/// What was done and what was planned, part by part; nothing when no part has a target.
fn against(cx: &Cx, figure: Figure, caption: &str, column: &str, rows: Vec<(String, Progress)>) -> Option<AnyView> {
    let rows: Vec<Vec<AnyView>> = rows
        .into_iter()
        .filter_map(|(label, progress)| {
            let target = progress.target?;
            Some(vec![
                label.into_any(),
                exact(cx, figure, progress.total).into_any(),
                exact(cx, figure, target).into_any(),
                ui::percent(progress.total, target).into_any(),
                light(cx, progress.light),
            ])
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let head =
        [column, t!(cx.lang, "targets.done"), t!(cx.lang, "targets.target"), t!(cx.lang, "targets.percent"), t!(cx.lang, "targets.light")];
    let align = [Align::Start, Align::End, Align::End, Align::End, Align::Start];
    Some(ui::details(caption, false, ui::table(caption, head.map(str::to_owned).to_vec(), rows, &align)))
}

/// Counties and departments by the share of the target they reached.
fn ranking(cx: &Cx, shown: &Shown, figure: &FigureAssessment) -> AnyView {
    let table = |caption: &str, column: &str, wanted: &dyn Fn(&Part) -> bool| {
        let rows: Vec<Vec<AnyView>> =
            figure.parts.iter().filter(|p| wanted(&p.part)).map(|part| ranked(cx, shown, figure.figure, part)).collect();
        let head = [
            column,
            t!(cx.lang, "targets.rank"),
            t!(cx.lang, "targets.percent"),
            t!(cx.lang, "targets.light"),
            t!(cx.lang, "targets.done"),
            t!(cx.lang, "targets.expected"),
            t!(cx.lang, "targets.target"),
        ];
        let align = [Align::Start, Align::End, Align::End, Align::Start, Align::End, Align::End, Align::End];
        (!rows.is_empty()).then(|| ui::table(caption, head.map(str::to_owned).to_vec(), rows, &align))
    };
    view! {
        <div class="spaced">
            {table(t!(cx.lang, "targets.ranking_counties"), t!(cx.lang, "targets.county"), &|part| matches!(part, Part::County(_)))}
            {table(t!(cx.lang, "targets.ranking_departments"), t!(cx.lang, "targets.department"), &|part| matches!(part, Part::Department(_)))}
            {split_notices(cx, Measure::Figure(figure.figure), &figure.splits)}
            <p class="rule">{pace_rule(cx)}</p>
        </div>
    }
    .into_any()
}

fn ranked(cx: &Cx, shown: &Shown, figure: Figure, part: &AssessmentPart) -> Vec<AnyView> {
    let code = part.part.code(&cx.market);
    let progress = part.progress;
    let words = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| short(cx, figure, value)).into_any();
    let here = cx.here(&cx.query.with("region", code));
    let total = entries(cx, shown, figure, Some(("region", code)));
    vec![
        view! { <a href=here>{place_name(cx, code)}</a> }.into_any(),
        part.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string()).into_any(),
        progress
            .target
            .map_or_else(|| t!(cx.lang, "targets.no_target").to_owned(), |target| ui::percent(progress.total, target))
            .into_any(),
        light(cx, progress.light),
        view! { <a href=total>{short(cx, figure, progress.total)}</a> }.into_any(),
        words(progress.expected),
        words(progress.target),
    ]
}

/// Each year, made of its counties. One year alone would only repeat the counties.
fn years_of_counties(cx: &Cx, figure: &FigureAssessment, parts: &[Total]) -> Option<AnyView> {
    let years: BTreeSet<i64> = parts.iter().filter_map(|part| part.year).collect();
    if years.len() < 2 {
        return None;
    }
    let mut regions: Vec<&str> = cx.market.counties().map(|county| county.code.as_str()).collect();
    let rest = cx.market.config().city.as_str();
    if figure.parts.iter().any(|part| part.part == Part::Elsewhere) {
        regions.push(rest);
    }
    let value = |year: i64, region: &str| {
        let of = |part: &&Total| part.year == Some(year) && part.region.as_deref() == Some(region);
        parts.iter().filter(of).fold(0_i64, |sum, part| sum.saturating_add(part.amount))
    };
    let names = regions.iter().map(|code| if *code == rest { t!(cx.lang, "targets.elsewhere").to_owned() } else { region_name(cx, code) });
    let span = match (years.first(), years.last()) {
        (Some(from), Some(to)) => format!("{from}–{to}"),
        _ => String::new(),
    };
    let again = cx.clone();
    let of = figure.figure;
    let total = parts.iter().fold(0_i64, |sum, part| sum.saturating_add(part.amount));
    let chart = GroupedChart {
        id: "years-counties".to_owned(),
        title: t!(cx.lang, "targets.chart_title", figure = name(cx, of), by = t!(cx.lang, "targets.chart_years_counties")),
        summary: t!(cx.lang, "targets.years_counties_summary", years = span, total = short(cx, of, total)),
        label_title: t!(cx.lang, "targets.year").to_owned(),
        parts: names.collect(),
        bars: years.iter().map(|year| (year.to_string(), regions.iter().map(|region| value(*year, region)).collect())).collect(),
        format: Box::new(move |value| short(&again, of, value)),
    };
    Some(ui::section("years-counties-part", t!(cx.lang, "targets.years_counties"), ui::grouped_chart(cx, chart)))
}

/// Another figure: the same, smaller.
fn card(cx: &Cx, shown: &Shown, of: Figure) -> Option<AnyView> {
    let (figure, part) = shown.figure(of)?;
    let more = (shown.part == Part::City && part.progress.total != 0).then(|| {
        let counties = figure.parts.iter().filter(|p| matches!(p.part, Part::County(_)));
        let counties = counties.map(|p| (part_name(cx, &p.part), p.progress)).collect();
        let caption = t!(cx.lang, "targets.against_counties");
        let body = view! {
            <div class="spaced">
                {by_year(cx, figure)}
                {by_county(cx, shown, figure)}
                {against(cx, of, caption, t!(cx.lang, "targets.county"), counties)}
                {split_notices(cx, Measure::Figure(of), &figure.splits)}
            </div>
        }
        .into_any();
        ui::details(t!(cx.lang, "targets.more"), false, body)
    });
    Some(
        view! {
            <div class="card spaced">
                <h3 class="card-title">{name(cx, of)}</h3>
                {head(cx, shown, of, part.progress)}
                {more}
            </div>
        }
        .into_any(),
    )
}

/// Every figure and part as a table for a file.
pub(super) fn sheet(cx: &Cx, report: &Assessment) -> Sheet {
    let heads = [
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.year"),
        t!(cx.lang, "targets.place_of"),
        t!(cx.lang, "targets.done"),
        t!(cx.lang, "targets.target"),
        t!(cx.lang, "targets.percent"),
        t!(cx.lang, "targets.expected"),
        t!(cx.lang, "targets.forecast"),
        t!(cx.lang, "targets.light"),
        t!(cx.lang, "targets.rank"),
        t!(cx.lang, "targets.corrected"),
    ];
    let year = year_name(cx, report.year);
    let rows = report.figures.iter().flat_map(|figure| figure.parts.iter().map(move |part| (figure.figure, part)));
    let rows = rows
        .map(|(figure, part)| {
            let (progress, measure) = (part.progress, Measure::Figure(figure));
            vec![
                Cell::Text(name(cx, figure)),
                Cell::Text(year.clone()),
                Cell::Text(part_name(cx, &part.part)),
                cell(measure, Some(progress.total)),
                cell(measure, progress.target),
                progress.permille.map_or(Cell::Empty, |permille| Cell::Share(permille.saturating_mul(10))),
                cell(measure, progress.expected),
                cell(measure, progress.forecast),
                Cell::Text(light_words(cx, progress.light)),
                part.rank.and_then(|rank| i64::try_from(rank).ok()).map_or(Cell::Empty, Cell::Number),
                if report.closed.is_some() { cell(measure, Some(part.corrected)) } else { Cell::Empty },
            ]
        })
        .collect();
    Sheet { name: t!(cx.lang, "targets.title").to_owned(), heads: heads.map(str::to_owned).to_vec(), rows }
}
