//! What both pages say the same way: amounts, addresses, charts.

use keqiao_market::targets::{Progress, is_money};
use keqiao_model::{Coded, Figure};
use leptos::prelude::*;

use crate::{
    Cx, Query, Route, t,
    ui::{self, Bar, BarChart},
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
