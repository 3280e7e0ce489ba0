//! The table of indicators, to read and to fill.

use keqiao_model::{Fields, Fit, Indicator, IndicatorFit, ListingKind, Operator};
use leptos::prelude::*;

use super::{
    content::{Tone, badge},
    fields::{error_text, field_id},
    icons::icon,
    table::record_table,
};
use crate::{Cx, Form, t, words};

/// Rows a form shows at least.
const ROWS: usize = 3;

/// Rows of indicators to fill, in the fields `<prefix>.0.name` and so on. The button below sends the form with `action` set to
/// `more_indicators`: draw it again with `Outcome::Again`, after adding nothing: a full table always gets one more empty row.
pub fn indicator_editor(cx: &Cx, form: &Form, prefix: &str) -> AnyView {
    let filled: Vec<(usize, Fields)> = form.rows(prefix);
    let next = filled.last().map_or(0, |(index, _)| index + 1);
    let more = form.fields.value("action") == "more_indicators";
    let blank_rows = ROWS.saturating_sub(filled.len()).max(usize::from(more));
    let rows: Vec<AnyView> = filled
        .into_iter()
        .chain((next..next + blank_rows).map(|index| (index, Fields::default())))
        .enumerate()
        .map(|(place, (index, fields))| row(cx, form, &format!("{prefix}.{index}"), place + 1, &fields))
        .collect();
    let error = form.error(cx.lang, prefix);
    let titles = [
        t!(cx.lang, "ui.indicator.name"),
        t!(cx.lang, "ui.indicator.operator"),
        t!(cx.lang, "ui.indicator.value"),
        t!(cx.lang, "ui.indicator.value_max"),
        t!(cx.lang, "ui.indicator.unit"),
        t!(cx.lang, "ui.indicator.method"),
    ];
    let titles: Vec<AnyView> = titles.into_iter().map(|title| view! { <th scope="col">{title}</th> }.into_any()).collect();
    view! {
        <div class="indicators" id=field_id(prefix)>
            {error_text(cx, prefix, error)}
            <table class="editor">
                <caption class="hidden-text">{t!(cx.lang, "ui.indicator.caption")}</caption>
                <thead><tr>{titles}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="hint">{t!(cx.lang, "ui.indicator.hint")}</p>
            <button class="button secondary" type="submit" name="action" value="more_indicators">
                {icon(cx, "plus")}
                {t!(cx.lang, "ui.indicator.more")}
            </button>
        </div>
    }
    .into_any()
}

fn row(cx: &Cx, form: &Form, path: &str, number: usize, fields: &Fields) -> AnyView {
    let cell = |column: &str, label: &str, class: &'static str| {
        let name = format!("{path}.{column}");
        let value = fields.value(column).to_owned();
        let numeric = column.starts_with("value").then_some("text");
        let (label, error) = label_and_error(cx, form, &name, label, number);
        let refused = error.is_some();
        let described = refused.then(|| format!("{}-error", field_id(&name)));
        view! {
            <td class=class>
                {label}
                <input
                    class="input"
                    id=field_id(&name)
                    name=name.clone()
                    type="text"
                    inputmode=numeric
                    value=value
                    aria-invalid=refused.then_some("true")
                    aria-describedby=described
                />
                {error}
            </td>
        }
        .into_any()
    };
    let operator = format!("{path}.operator");
    let chosen = fields.value("operator");
    let options: Vec<AnyView> = Operator::ALL
        .iter()
        .map(|operator| {
            let words = words::code_label(cx.lang, "operator", operator.code());
            view! { <option value=operator.code() selected=operator.code() == chosen>{words}</option> }.into_any()
        })
        .collect();
    let (operator_label, operator_error) = label_and_error(cx, form, &operator, t!(cx.lang, "ui.indicator.operator"), number);
    view! {
        <tr>
            {cell("name", t!(cx.lang, "ui.indicator.name"), "editor-name")}
            <td class="editor-operator">
                {operator_label}
                <select class="input select" id=field_id(&operator) name=operator.clone()>{options}</select>
                {operator_error}
            </td>
            {cell("value", t!(cx.lang, "ui.indicator.value"), "editor-value")}
            {cell("value_max", t!(cx.lang, "ui.indicator.value_max"), "editor-value")}
            {cell("unit", t!(cx.lang, "ui.indicator.unit"), "editor-unit")}
            {cell("method", t!(cx.lang, "ui.indicator.method"), "editor-method")}
        </tr>
    }
    .into_any()
}

fn label_and_error(cx: &Cx, form: &Form, name: &str, label: &str, number: usize) -> (AnyView, Option<AnyView>) {
    let row = t!(cx.lang, "ui.indicator.row", n = number);
    let label = view! {
        <label class="cell-label" for=field_id(name)>{label.to_owned()}<span class="hidden-text">{row}</span></label>
    };
    (label.into_any(), error_text(cx, name, form.error(cx.lang, name)))
}

/// A table of indicators to read; nothing when there are none.
pub fn indicator_table(cx: &Cx, indicators: &[Indicator], kind: ListingKind) -> AnyView {
    if indicators.is_empty() {
        return ().into_any();
    }
    let rows = indicators
        .iter()
        .map(|indicator| {
            let expression = indicator.expression();
            let cells = [indicator.name.clone(), expression, indicator.method.clone()];
            cells.into_iter().map(|cell| if cell.is_empty() { missing(cx) } else { cell.into_any() }).collect()
        })
        .collect();
    let value = match kind {
        ListingKind::Demand => t!(cx.lang, "ui.indicator.wanted"),
        ListingKind::Achievement => t!(cx.lang, "ui.indicator.reached"),
    };
    let head = [t!(cx.lang, "ui.indicator.name"), value, t!(cx.lang, "ui.indicator.method")];
    record_table(t!(cx.lang, "ui.indicator.caption"), head.map(str::to_owned).to_vec(), rows, &[])
}

/// What is wanted beside what is offered, with a verdict in words for each; nothing when nothing is wanted.
pub(crate) fn indicator_fits(cx: &Cx, fits: &[IndicatorFit]) -> AnyView {
    if fits.is_empty() {
        return ().into_any();
    }
    let rows = fits
        .iter()
        .map(|fit| {
            let offered = match &fit.offered {
                Some(offered) => offered_cell(&fit.wanted, offered),
                None => missing(cx),
            };
            vec![fit.wanted.name.clone().into_any(), fit.wanted.expression().into_any(), offered, verdict(cx, fit)]
        })
        .collect();
    let head = [
        t!(cx.lang, "ui.indicator.name"),
        t!(cx.lang, "ui.indicator.fit_wanted"),
        t!(cx.lang, "ui.indicator.fit_offered"),
        t!(cx.lang, "ui.indicator.fit_verdict"),
    ];
    let table = record_table(t!(cx.lang, "ui.indicator.fit_caption"), head.map(str::to_owned).to_vec(), rows, &[]);
    view! { <div class="fits">{table}</div> }.into_any()
}

/// The offered requirement, below its own name where that differs.
fn offered_cell(wanted: &Indicator, offered: &Indicator) -> AnyView {
    let name = (offered.name.trim() != wanted.name.trim()).then(|| view! { <span class="fit-name">{offered.name.clone()}</span> });
    view! { {name} {offered.expression()} }.into_any()
}

fn verdict(cx: &Cx, fit: &IndicatorFit) -> AnyView {
    let (tone, sign, words) = match fit.fit {
        Fit::Met => (Tone::Good, "✓", t!(cx.lang, "ui.indicator.fit_met")),
        Fit::Missed => (Tone::Bad, "✗", t!(cx.lang, "ui.indicator.fit_missed")),
        Fit::Unstated => (Tone::Neutral, "–", t!(cx.lang, "ui.indicator.fit_unstated")),
        Fit::Incomparable => (Tone::Warn, "?", t!(cx.lang, "ui.indicator.fit_incomparable")),
    };
    let percent = fit.margin.map_or(0.0, |margin| margin.abs() * 100.0);
    // Beyond ten times, and below half a percent, a number says no more than the verdict.
    let shown = (0.5..1_000.0).contains(&percent).then(|| format!("{percent:.0}%"));
    let over = shown.and_then(|percent| match fit.fit {
        Fit::Met if fit.margin > Some(0.0) => Some(t!(cx.lang, "ui.indicator.fit_over", percent = percent)),
        Fit::Missed => Some(t!(cx.lang, "ui.indicator.fit_under", percent = percent)),
        _ => None,
    });
    let over = over.map(|words| view! { <span class="fit-margin">{words}</span> });
    view! { <span class="fit" aria-hidden="true">{sign}</span> {badge(words, tone)} {over} }.into_any()
}

/// A dash, with words for readers of the screen.
fn missing(cx: &Cx) -> AnyView {
    view! { <span class="missing"><span aria-hidden="true">"—"</span><span class="hidden-text">{t!(cx.lang, "ui.none")}</span></span> }
        .into_any()
}
