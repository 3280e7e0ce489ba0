//! What the pages of targets say the same way: names, amounts, lights, addresses, charts, files.

use keqiao_market::{
    sheets::{self, Cell, Sheet},
    targets::{Measure, Part, Progress, Split as Parted, WHOLE_PLAN, is_money},
};
use keqiao_model::{Coded, Figure, Lang, Light, ReportedIndicator, format_percent, pace};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Query, Route,
    listings::region_name,
    t,
    ui::{self, Bar, BarChart, Tone},
    words::{code_label, fill, label},
};

/// What a figure is called.
pub(super) fn name(cx: &Cx, figure: Figure) -> String {
    code_label(cx.lang, Figure::GROUP, figure.code())
}

/// What it counts, in words.
pub(super) fn rule(cx: &Cx, figure: Figure) -> String {
    label(cx.lang, "targets.rule", figure.code())
}

/// A value of a figure for headlines and charts: money rounded, a number with what it counts.
pub(super) fn short(cx: &Cx, figure: Figure, value: i64) -> String {
    match (is_money(figure), value) {
        // Nothing is not rounded.
        (true, 0) => ui::money(cx, 0),
        (true, _) => ui::money_compact(cx, value),
        (false, _) => fill(&label(cx.lang, "targets.unit", figure.code()), &[("n", &ui::count(value))]),
    }
}

/// A value of a figure to the fen.
pub(super) fn exact(cx: &Cx, figure: Figure, value: i64) -> String {
    if is_money(figure) { ui::money(cx, value) } else { short(cx, figure, value) }
}

/// The entries of a figure, optionally narrowed by one parameter.
pub(super) fn entries_href(cx: &Cx, figure: Figure, by: Option<(&str, &str)>) -> String {
    let query = by.map(|(name, value)| Query::default().with(name, value)).unwrap_or_default();
    entries_href_of(cx, figure, &query)
}

/// The entries of a figure, narrowed by a query.
pub(super) fn entries_href_of(cx: &Cx, figure: Figure, query: &Query) -> String {
    format!("{}{}", cx.href(&Route::Target(figure.code().to_owned())), query.to_search())
}

/// How far a figure has come, in a sentence.
pub(super) fn sentence(cx: &Cx, figure: Figure, progress: Progress) -> String {
    let words = |value| short(cx, figure, value);
    let total = words(progress.total);
    let Some(target) = progress.target else { return t!(cx.lang, "targets.sentence_no_target", total = total) };
    let percent = ui::percent(progress.total, target);
    if progress.total >= target {
        return t!(cx.lang, "targets.sentence_reached", total = total, target = words(target), percent = percent);
    }
    let left = words(target.saturating_sub(progress.total));
    if is_money(figure) {
        t!(cx.lang, "targets.sentence_money", total = total, target = words(target), percent = percent, left = left)
    } else {
        t!(cx.lang, "targets.sentence_count", total = total, target = words(target), percent = percent, left = left)
    }
}

/// What a figure is split by.
pub(super) enum Split {
    Year,
    County,
    Field,
    Kind,
}

impl Split {
    fn code(&self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::County => "county",
            Self::Field => "field",
            Self::Kind => "kind",
        }
    }
}

/// The chart of a figure by one property, its bars leading to the entries behind them. `id` keeps charts of one page apart.
pub(super) fn split_chart(cx: &Cx, figure: Figure, split: &Split, series: Vec<Bar>) -> BarChart {
    let (title, column) = match split {
        Split::Year => (t!(cx.lang, "targets.chart_by_year"), t!(cx.lang, "targets.year")),
        Split::County => (t!(cx.lang, "targets.chart_by_county"), t!(cx.lang, "targets.county")),
        Split::Field => (t!(cx.lang, "targets.chart_by_field"), t!(cx.lang, "targets.field")),
        Split::Kind => (t!(cx.lang, "targets.chart_by_kind"), t!(cx.lang, "targets.kind")),
    };
    let total = series.iter().fold(0_i64, |sum, bar| sum.saturating_add(bar.value));
    let most = series.iter().filter(|bar| bar.value > 0).max_by_key(|bar| bar.value);
    let summary = match most {
        Some(bar) => {
            t!(cx.lang, "targets.most", label = bar.label, value = short(cx, figure, bar.value), percent = ui::percent(bar.value, total))
        }
        None => t!(cx.lang, "targets.nothing_yet").to_owned(),
    };
    let again = cx.clone();
    BarChart {
        id: format!("{}-{}", figure.code(), split.code()),
        title: t!(cx.lang, "targets.chart_title", figure = name(cx, figure), by = title),
        summary,
        label_title: column.to_owned(),
        value_title: name(cx, figure),
        series,
        target: None,
        format: Box::new(move |value| short(&again, figure, value)),
    }
}

/// When this was so, and the rule behind the figure.
pub(super) fn rule_box(cx: &Cx, figure: Figure) -> AnyView {
    view! { <p class="rule"><strong>{t!(cx.lang, "targets.definition")}</strong>" "{rule(cx, figure)}</p> }.into_any()
}

/// What a measure is called.
pub(crate) fn measure_name(cx: &Cx, measure: Measure) -> String {
    match measure {
        Measure::Figure(figure) => name(cx, figure),
        Measure::Reported(indicator) => code_label(cx.lang, ReportedIndicator::GROUP, indicator.code()),
    }
}

/// A value of a measure for tables: money rounded, a share in per cent, a number.
pub(crate) fn measured(cx: &Cx, measure: Measure, value: i64) -> String {
    match measure {
        Measure::Figure(figure) => short(cx, figure, value),
        Measure::Reported(indicator) if indicator.is_share() => format!("{}%", format_percent(value)),
        Measure::Reported(_) => ui::count(value),
    }
}

/// A value of a measure in a file.
pub(crate) fn cell(measure: Measure, value: Option<i64>) -> Cell {
    match value {
        None => Cell::Empty,
        Some(value) if measure.is_money() => Cell::Money(value),
        Some(value) if measure.is_share() => Cell::Share(value),
        Some(value) => Cell::Number(value),
    }
}

/// What a part of the city is called: a county, a department, or all of it. A county that is no more is called as it is today.
pub(crate) fn place_name(cx: &Cx, code: &str) -> String {
    match cx.market.department(code) {
        Some(department) => match cx.lang {
            Lang::Zh => department.zh.clone(),
            Lang::En => department.en.clone(),
        },
        None => region_name(cx, code),
    }
}

/// The same for a part of a report.
pub(crate) fn part_name(cx: &Cx, part: &Part) -> String {
    match part {
        Part::City => t!(cx.lang, "targets.whole_city").to_owned(),
        Part::Elsewhere => t!(cx.lang, "targets.elsewhere").to_owned(),
        Part::County(code) | Part::Department(code) => place_name(cx, code),
    }
}

/// A year, or the whole plan with its years.
pub(crate) fn year_name(cx: &Cx, year: i64) -> String {
    if year != WHOLE_PLAN {
        return year.to_string();
    }
    let plan = cx.market.config().plan;
    t!(cx.lang, "targets.plan_years", first = plan.first, last = plan.last)
}

/// The year that the address asks for, of those that can be chosen; the whole plan otherwise.
pub(crate) fn asked_year(cx: &Cx) -> i64 {
    cx.query.get("year").parse().ok().filter(|year| (2000..=2100).contains(year)).unwrap_or(WHOLE_PLAN)
}

/// The whole plan and the years that can be chosen, as tabs.
pub(crate) fn year_tabs(cx: &Cx, years: &[i64], chosen: i64) -> AnyView {
    let plan = cx.market.config().plan;
    let mut all: Vec<i64> = years.iter().copied().chain(plan.first..=plan.last).chain([chosen]).filter(|y| *y != WHOLE_PLAN).collect();
    all.sort_unstable();
    all.dedup();
    let tabs = std::iter::once(WHOLE_PLAN)
        .chain(all)
        .map(|year| {
            let value = if year == WHOLE_PLAN { String::new() } else { year.to_string() };
            (year_name(cx, year), cx.here(&cx.query.with("year", &value)), year == chosen, None)
        })
        .collect();
    ui::tabs(t!(cx.lang, "targets.choose_year"), tabs)
}

/// How something stands against its pace: icon and word, never a colour alone.
pub(crate) fn light(cx: &Cx, light: Option<Light>) -> AnyView {
    let Some(light) = light else { return "–".into_any() };
    let (icon, tone) = match light {
        Light::Ahead => ("star", Tone::Good),
        Light::OnPace => ("check", Tone::Good),
        Light::Behind => ("clock", Tone::Warn),
        Light::FarBehind => ("alert", Tone::Bad),
    };
    let words = light_words(cx, Some(light));
    view! { <span class=format!("badge light {}", tone.class())>{ui::icon(cx, icon)}{words}</span> }.into_any()
}

/// The same in words.
pub(crate) fn light_words(cx: &Cx, light: Option<Light>) -> String {
    light.map_or_else(String::new, |light| code_label(cx.lang, Light::GROUP, light.code()))
}

/// What the pace asks for by today and where things go, in sentences.
pub(super) fn pace_words(cx: &Cx, figure: Figure, progress: Progress) -> Vec<String> {
    let words = |value| short(cx, figure, value);
    let mut sentences = Vec::new();
    if let Some(expected) = progress.expected {
        sentences.push(t!(cx.lang, "targets.expected_sentence", expected = words(expected)));
    }
    sentences.push(match progress.forecast {
        Some(forecast) => t!(cx.lang, "targets.forecast_sentence", forecast = words(forecast)),
        None => t!(cx.lang, "targets.no_forecast", days = pace::FORECAST_FROM_DAY),
    });
    sentences
}

/// How pace, forecast and lights are worked out.
pub(crate) fn pace_rule(cx: &Cx) -> String {
    let percent = |permille: i64| format!("{}%", permille / 10);
    t!(
        cx.lang,
        "targets.pace_rule",
        ahead = percent(pace::AHEAD_FROM),
        on = percent(pace::ON_PACE_FROM),
        behind = percent(pace::BEHIND_FROM),
        days = pace::FORECAST_FROM_DAY,
    )
}

/// Whether the targets of parts add up to the whole.
pub(crate) fn split_notices(cx: &Cx, measure: Measure, splits: &[Parted]) -> Vec<AnyView> {
    splits
        .iter()
        .map(|split| {
            let (year, sum) = (year_name(cx, split.year), measured(cx, measure, split.counties));
            let parts = if split.departments { t!(cx.lang, "targets.of_departments") } else { t!(cx.lang, "targets.of_counties") };
            let difference = measured(cx, measure, split.differs_by.saturating_abs());
            let (words, tone) = match split.differs_by.signum() {
                0 => (t!(cx.lang, "targets.split_even", year = year, parts = parts, sum = sum), Tone::Good),
                1 => (t!(cx.lang, "targets.split_less", year = year, parts = parts, sum = sum, difference = difference), Tone::Warn),
                _ => (t!(cx.lang, "targets.split_more", year = year, parts = parts, sum = sum, difference = difference), Tone::Warn),
            };
            ui::notice(cx, tone, view! { <p>{words}</p> }.into_any())
        })
        .collect()
}

/// Tables as the file that the address asks for; `None` when it asks for a page.
pub(crate) fn file(cx: &Cx, name: &str, sheets: impl FnOnce() -> Vec<Sheet>) -> Result<Option<Page>, PageError> {
    match cx.query.get("format") {
        "csv" => {
            let sheet = sheets().into_iter().next().unwrap_or_default();
            Ok(Some(Page::file(format!("{name}.csv"), ui::CSV, ui::sheet_csv(&sheet))))
        }
        "xlsx" => Ok(Some(Page::file(format!("{name}.xlsx"), sheets::XLSX, sheets::xlsx(&sheets())?))),
        _ => Ok(None),
    }
}

/// Where what is shown can be had as a file.
pub(crate) fn downloads(cx: &Cx) -> AnyView {
    let link = |format: &str| cx.here(&cx.query.with("format", format));
    view! {
        <p class="hint">
            {t!(cx.lang, "targets.download")}" "
            <a href=link("csv")>"CSV"</a>" "
            <a href=link("xlsx")>"XLSX"</a>
        </p>
    }
    .into_any()
}
