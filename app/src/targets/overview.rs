//! How far the city has come toward its targets.

use std::collections::BTreeSet;

use keqiao_market::{
    ledger::{self, By, Total},
    targets::{self, FigureOverview, Overview, Progress},
};
use keqiao_model::Figure;
use leptos::prelude::*;

use super::parts::{Split, entries_href, exact, name, rule_box, sentence, short, split_chart};
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
const APART: [Figure; 2] = [Figure::AbsorbedValue, Figure::TechnicalValue];

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let overview = targets::target_page(&cx.market).await?;
    let parts = ledger::totals(&cx.market, FIRST, By::YearRegion).await?;
    let title = t!(cx.lang, "targets.title");
    let description = t!(cx.lang, "targets.description", city = cx.city());
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, title, &overview, &parts)).public(description))
}

fn view(cx: &Cx, title: &str, overview: &Overview, parts: &[Total]) -> AnyView {
    let time = ui::date_time_text(cx, overview.as_of);
    let as_of = match overview.last_posted {
        Some(posted) => t!(cx.lang, "targets.as_of_posted", time = time, posted = ui::date_time_text(cx, posted)),
        None => t!(cx.lang, "targets.as_of", time = time),
    };
    let cards = |figures: &[Figure]| -> Vec<AnyView> {
        figures.iter().filter_map(|figure| overview.figures.iter().find(|f| f.figure == *figure)).map(|figure| card(cx, figure)).collect()
    };
    let first = overview.figures.iter().find(|f| f.figure == FIRST).map(|figure| first(cx, figure, parts));
    view! {
        {ui::page_title(title, None, None)}
        {ui::lead(t!(cx.lang, "targets.lead"))}
        <div class="spaced">
            <p class="hint">{as_of}" · "<a href=format!("{}#counting", cx.href(&Route::About))>{t!(cx.lang, "targets.rules")}</a></p>
            {first}
        </div>
        {ui::section("others", t!(cx.lang, "targets.others"), view! { <div class="target-cards">{cards(&OTHERS)}</div> }.into_any())}
        {ui::section("apart", t!(cx.lang, "targets.apart"), view! {
            <div class="spaced"><p>{t!(cx.lang, "targets.apart_text")}</p><div class="target-cards">{cards(&APART)}</div></div>
        }.into_any())}
    }
    .into_any()
}

/// The figure of the plan: sentence, progress, and where it comes from.
fn first(cx: &Cx, figure: &FigureOverview, parts: &[Total]) -> AnyView {
    let evidence = (figure.whole.total != 0)
        .then(|| view! { <p><a href=entries_href(cx, figure.figure, None)>{t!(cx.lang, "targets.evidence")}</a></p> });
    let charts = (figure.whole.total != 0).then(|| {
        view! {
            <div class="home-columns">
                {ui::section("years", t!(cx.lang, "targets.by_year"), by_year(cx, figure))}
                {ui::section("counties", t!(cx.lang, "targets.by_county"), by_county(cx, figure))}
            </div>
            {years_of_counties(cx, figure, parts)}
        }
    });
    view! {
        <section class="target-head" id="contract-value" aria-labelledby="contract-value-title">
            <h2 id="contract-value-title">{name(cx, figure.figure)}</h2>
            <p class="stat-value">{short(cx, figure.figure, figure.whole.total)}</p>
            {bar(cx, figure)}
            <p>{sentence(cx, figure.figure, figure.whole)}</p>
            {rule_box(cx, figure.figure)}
            {evidence}
        </section>
        {charts}
    }
    .into_any()
}

/// The chart by year, and the targets of the years, if they have any.
fn by_year(cx: &Cx, figure: &FigureOverview) -> AnyView {
    let rows = figure.years.iter().map(|(year, progress)| (year.to_string(), *progress)).collect();
    let targets = against(cx, figure, t!(cx.lang, "targets.against_years"), t!(cx.lang, "targets.year"), rows);
    view! { <div class="spaced">{ui::bar_chart(cx, split_chart(cx, figure.figure, &Split::Year, years(cx, figure)))}{targets}</div> }
        .into_any()
}

/// The chart by county, and the targets of the counties, if they have any.
fn by_county(cx: &Cx, figure: &FigureOverview) -> AnyView {
    let rows = figure.counties.iter().map(|(code, progress)| (region_name(cx, code), *progress)).collect();
    let targets = against(cx, figure, t!(cx.lang, "targets.against_counties"), t!(cx.lang, "targets.county"), rows);
    view! { <div class="spaced">{ui::bar_list(cx, split_chart(cx, figure.figure, &Split::County, counties(cx, figure)))}{targets}</div> }
        .into_any()
}

fn bar(cx: &Cx, figure: &FigureOverview) -> Option<AnyView> {
    let target = figure.whole.target?;
    let percent = ui::percent(figure.whole.total, target);
    Some(ui::progress(t!(cx.lang, "targets.progress_label"), figure.whole.total, target, &percent))
}

fn years(cx: &Cx, figure: &FigureOverview) -> Vec<Bar> {
    figure
        .years
        .iter()
        .map(|(year, progress)| {
            let year = year.to_string();
            Bar { value: progress.total, href: Some(entries_href(cx, figure.figure, Some(("year", &year)))), label: year }
        })
        .collect()
}

fn counties(cx: &Cx, figure: &FigureOverview) -> Vec<Bar> {
    let county = |(code, progress): &(String, Progress)| Bar {
        label: region_name(cx, code),
        value: progress.total,
        href: Some(entries_href(cx, figure.figure, Some(("region", code)))),
    };
    let city = &cx.market.config().city;
    let elsewhere = (figure.elsewhere != 0).then(|| Bar {
        label: t!(cx.lang, "targets.elsewhere").to_owned(),
        value: figure.elsewhere,
        href: Some(entries_href(cx, figure.figure, Some(("region", city)))),
    });
    figure.counties.iter().map(county).chain(elsewhere).collect()
}

/// What was done and what was planned, part by part; nothing when no part has a target.
fn against(cx: &Cx, figure: &FigureOverview, caption: &str, column: &str, rows: Vec<(String, Progress)>) -> Option<AnyView> {
    let planned: Vec<(String, Progress, i64)> =
        rows.into_iter().filter_map(|(label, progress)| progress.target.map(|target| (label, progress, target))).collect();
    if planned.is_empty() {
        return None;
    }
    let rows = planned
        .into_iter()
        .map(|(label, progress, target)| {
            vec![
                label.into_any(),
                exact(cx, figure.figure, progress.total).into_any(),
                exact(cx, figure.figure, target).into_any(),
                ui::percent(progress.total, target).into_any(),
            ]
        })
        .collect();
    let head = [column, t!(cx.lang, "targets.done"), t!(cx.lang, "targets.target"), t!(cx.lang, "targets.percent")];
    let table = ui::table(caption, head.map(str::to_owned).to_vec(), rows, &[Align::Start, Align::End, Align::End, Align::End]);
    Some(ui::details(caption, false, table))
}

/// Each year, made of its counties. One year alone would only repeat the counties.
fn years_of_counties(cx: &Cx, figure: &FigureOverview, parts: &[Total]) -> Option<AnyView> {
    let years: BTreeSet<i64> = parts.iter().filter_map(|part| part.year).collect();
    if years.len() < 2 {
        return None;
    }
    let mut regions: Vec<&str> = figure.counties.iter().map(|(code, _)| code.as_str()).collect();
    let rest = cx.market.config().city.as_str();
    if figure.elsewhere != 0 {
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
    let chart = GroupedChart {
        id: "years-counties".to_owned(),
        title: t!(cx.lang, "targets.chart_title", figure = name(cx, of), by = t!(cx.lang, "targets.chart_years_counties")),
        summary: t!(cx.lang, "targets.years_counties_summary", years = span, total = short(cx, of, figure.whole.total)),
        label_title: t!(cx.lang, "targets.year").to_owned(),
        parts: names.collect(),
        bars: years.iter().map(|year| (year.to_string(), regions.iter().map(|region| value(*year, region)).collect())).collect(),
        format: Box::new(move |value| short(&again, of, value)),
    };
    Some(ui::section("years-counties-part", t!(cx.lang, "targets.years_counties"), ui::grouped_chart(cx, chart)))
}

/// Another figure: the same, smaller.
fn card(cx: &Cx, figure: &FigureOverview) -> AnyView {
    let more = (figure.whole.total != 0).then(|| {
        let body = view! { <div class="spaced">{by_year(cx, figure)}{by_county(cx, figure)}</div> }.into_any();
        view! {
            <p><a href=entries_href(cx, figure.figure, None)>{t!(cx.lang, "targets.evidence")}</a></p>
            {ui::details(t!(cx.lang, "targets.more"), false, body)}
        }
    });
    view! {
        <div class="card spaced">
            <h3 class="card-title">{name(cx, figure.figure)}</h3>
            <p class="stat-value">{short(cx, figure.figure, figure.whole.total)}</p>
            {bar(cx, figure)}
            <p>{sentence(cx, figure.figure, figure.whole)}</p>
            {rule_box(cx, figure.figure)}
            {more}
        </div>
    }
    .into_any()
}
