//! Approved values against the targets of the plan; below them, for officers, what was reported.

use keqiao_market::{
    Paged,
    reports::{self, ReportFilter, ReportView},
    sheets::{Cell, Sheet},
    targets::{self, Assessment, Measure, Part, ReportedAssessment, ReportedPart},
};
use keqiao_model::{Coded, ReportState};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Route,
    listings::region_name,
    t,
    targets::{asked_year, cell, downloads, file, measure_name, measured, place_name, split_notices, year_name, year_tabs},
    ui::{self, Align, ButtonStyle, ResultItem, Tone},
    words::code_label,
};

/// What the page shows.
struct Shown {
    report: Assessment,
    part: Part,
    /// Of officers: what was reported, in which state.
    reports: Option<(Option<ReportState>, Paged<ReportView>, u64)>,
}

/// The city or the county that the address asks for.
fn asked_part(cx: &Cx) -> Part {
    match cx.market.region(cx.query.get("region")) {
        Some(region) if region.code != cx.market.config().city => Part::County(region.code.clone()),
        _ => Part::City,
    }
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let (report, part) = (targets::progress(&cx.market, asked_year(cx)).await?, asked_part(cx));
    if let Some(page) = file(cx, "indicators", || vec![sheet(cx, &report, &part)])? {
        return Ok(page);
    }
    let reports = if reports::may_report(&cx.actor) || cx.actor.is_admin() {
        let state = ReportState::from_code(cx.query.get("state"));
        let filter = ReportFilter { state, ..ReportFilter::default() };
        let found = reports::reports(&cx.market, &cx.actor, &filter, cx.query.page()).await?;
        Some((state, found, reports::waiting(&cx.market, &cx.actor).await?))
    } else {
        None
    };
    let shown = Shown { report, part, reports };
    let title = t!(cx.lang, "indicators.title");
    let description = t!(cx.lang, "indicators.lead", city = cx.city());
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, title, &shown)).public(description))
}

fn view(cx: &Cx, title: &str, shown: &Shown) -> AnyView {
    let report = reports::may_report(&cx.actor)
        .then(|| ui::button_link(t!(cx.lang, "indicators.report"), &cx.href(&Route::IndicatorNew), ButtonStyle::Primary));
    let parts = std::iter::once(Part::City).chain(cx.market.counties().map(|county| Part::County(county.code.clone())));
    let tabs = parts
        .map(|part| {
            let code = if part == Part::City { "" } else { part.code(&cx.market) };
            let words = if part == Part::City { t!(cx.lang, "targets.whole_city").to_owned() } else { region_name(cx, code) };
            (words, cx.here(&cx.query.with("region", code)), part == shown.part, None)
        })
        .collect();
    let splits: Vec<AnyView> =
        shown.report.reported.iter().flat_map(|i| split_notices(cx, Measure::Reported(i.indicator), &i.splits)).collect();
    let time = ui::date_time_text(cx, shown.report.as_of);
    view! {
        {ui::breadcrumb(cx, &[(t!(cx.lang, "targets.title"), cx.href(&Route::Targets))])}
        {ui::page_title(title, None, report)}
        {ui::lead(&t!(cx.lang, "indicators.lead", city = cx.city()))}
        {year_tabs(cx, &shown.report.years, shown.report.year)}
        {ui::tabs(t!(cx.lang, "targets.choose_part"), tabs)}
        <div class="spaced">
            <p class="hint">{t!(cx.lang, "targets.as_of", time = time)}</p>
            <p class="rule">{t!(cx.lang, "indicators.rule")}</p>
            {table(cx, shown)}
            {splits}
            {downloads(cx)}
        </div>
        {reported(cx, shown)}
    }
    .into_any()
}

fn part_of<'a>(indicator: &'a ReportedAssessment, part: &Part) -> Option<&'a ReportedPart> {
    indicator.parts.iter().find(|p| p.part == *part)
}

/// How a value stands against its target: words, and a tone beside them.
fn standing(cx: &Cx, part: &ReportedPart) -> (&'static str, Tone) {
    match (part.reached(), part.value) {
        (Some(true), _) => (t!(cx.lang, "targets.reached"), Tone::Good),
        (Some(false), _) => (t!(cx.lang, "targets.not_reached"), Tone::Warn),
        (None, Some(_)) => (t!(cx.lang, "targets.no_target"), Tone::Neutral),
        (None, None) => (t!(cx.lang, "targets.not_reported"), Tone::Neutral),
    }
}

fn table(cx: &Cx, shown: &Shown) -> AnyView {
    let rows = shown.report.reported.iter().filter_map(|indicator| row(cx, indicator, part_of(indicator, &shown.part)?)).collect();
    let head = [
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.reported_value"),
        t!(cx.lang, "targets.target"),
        t!(cx.lang, "targets.percent"),
        t!(cx.lang, "targets.standing_of"),
        t!(cx.lang, "indicators.evidence"),
    ];
    let align = [Align::Start, Align::End, Align::End, Align::End, Align::Start, Align::Start];
    let caption = t!(cx.lang, "indicators.table", year = year_name(cx, shown.report.year));
    ui::record_table(&caption, head.map(str::to_owned).to_vec(), rows, &align)
}

fn row(cx: &Cx, indicator: &ReportedAssessment, part: &ReportedPart) -> Option<Vec<AnyView>> {
    let measure = Measure::Reported(indicator.indicator);
    let words = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| measured(cx, measure, value)).into_any();
    let percent = part.value.zip(part.target).map_or_else(|| "–".to_owned(), |(value, target)| ui::percent(value, target));
    let links: Vec<AnyView> = part
        .reports
        .iter()
        .map(|report| {
            let to = cx.href(&Route::Indicator(report.id));
            let words = format!("{} {}: {}", place_name(cx, &report.region), report.year, measured(cx, measure, report.value));
            view! { <li><a href=to>{words}</a></li> }.into_any()
        })
        .collect();
    let evidence = if links.is_empty() { "–".into_any() } else { view! { <ul class="meta">{links}</ul> }.into_any() };
    let (standing, tone) = standing(cx, part);
    Some(vec![
        measure_name(cx, measure).into_any(),
        words(part.value),
        words(part.target),
        percent.into_any(),
        ui::badge(standing, tone),
        evidence,
    ])
}

/// What officers reported, with what waits for the reader.
fn reported(cx: &Cx, shown: &Shown) -> Option<AnyView> {
    let (state, found, waiting) = shown.reports.as_ref()?;
    let tab = |chosen: Option<ReportState>, count: Option<u64>| {
        let words =
            chosen.map_or_else(|| t!(cx.lang, "indicators.any_state").to_owned(), |s| code_label(cx.lang, ReportState::GROUP, s.code()));
        (words, cx.here(&cx.query.with("state", chosen.map_or("", ReportState::code))), chosen == *state, count)
    };
    let states = ReportState::ALL.iter().map(|state| {
        let count = (*state == ReportState::Submitted && *waiting > 0).then_some(*waiting);
        tab(Some(*state), count)
    });
    let tabs = std::iter::once(tab(None, None)).chain(states).collect();
    let list = if found.items.is_empty() {
        let action = reports::may_report(&cx.actor).then(|| (t!(cx.lang, "indicators.report"), cx.href(&Route::IndicatorNew)));
        ui::empty(cx, t!(cx.lang, "indicators.none"), t!(cx.lang, "indicators.none_text"), action)
    } else {
        ui::results(found.items.iter().map(|report| line(cx, report)).collect())
    };
    let body = view! {
        {ui::tabs(t!(cx.lang, "indicators.state"), tabs)}
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any();
    Some(ui::section("reports", t!(cx.lang, "indicators.reports"), body))
}

fn line(cx: &Cx, report: &ReportView) -> AnyView {
    let measure = Measure::Reported(report.indicator);
    let meta = vec![
        place_name(cx, &report.region).into_any(),
        report.year.to_string().into_any(),
        report.reporter.clone().into_any(),
        ui::date(cx, report.updated_at),
    ];
    ui::result_item(ResultItem {
        badges: vec![ui::state_badge(cx, ReportState::GROUP, report.state.code())],
        meta,
        snippet: Some(ui::excerpt(&report.evidence, 140).into_any()),
        side: Some(view! { <span class="amount">{measured(cx, measure, report.value)}</span> }.into_any()),
        ..ResultItem::new(measure_name(cx, measure).into_any(), cx.href(&Route::Indicator(report.id)))
    })
}

fn sheet(cx: &Cx, report: &Assessment, part: &Part) -> Sheet {
    let heads = [
        t!(cx.lang, "targets.indicator"),
        t!(cx.lang, "targets.year"),
        t!(cx.lang, "targets.place_of"),
        t!(cx.lang, "targets.reported_value"),
        t!(cx.lang, "targets.target"),
        t!(cx.lang, "targets.standing_of"),
    ];
    let place = if *part == Part::City { t!(cx.lang, "targets.whole_city").to_owned() } else { place_name(cx, part.code(&cx.market)) };
    let rows = report.reported.iter().filter_map(|indicator| Some((indicator.indicator, part_of(indicator, part)?)));
    let rows = rows.map(|(indicator, part)| {
        let measure = Measure::Reported(indicator);
        vec![
            Cell::Text(measure_name(cx, measure)),
            Cell::Text(year_name(cx, report.year)),
            Cell::Text(place.clone()),
            cell(measure, part.value),
            cell(measure, part.target),
            Cell::Text(standing(cx, part).0.to_owned()),
        ]
    });
    Sheet { name: t!(cx.lang, "indicators.title").to_owned(), heads: heads.map(str::to_owned).to_vec(), rows: rows.collect() }
}
