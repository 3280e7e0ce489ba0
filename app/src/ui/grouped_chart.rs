//! A chart of several series on top of each other: years, each made of counties.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::{
    chart::{figure, share, start},
    html::escape,
    table::{Align, table},
};
use crate::{Cx, t};

const ROOM: f64 = 220.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 30.0;
/// Colours there are; more parts begin again.
const COLOURS: usize = 8;

/// Bars made of parts.
pub struct GroupedChart {
    /// Unique on the page.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// What the bars stand for (year), the first column of the table.
    pub label_title: String,
    /// Names of the parts (counties), the other columns.
    pub parts: Vec<String>,
    /// Bars in order, each with a value for every part.
    pub bars: Vec<(String, Vec<i64>)>,
    /// Writes a value.
    pub format: Box<dyn Fn(i64) -> String>,
}

/// Upright bars made of parts, with a legend.
pub fn grouped_chart(cx: &Cx, chart: GroupedChart) -> AnyView {
    let sum = |values: &[i64]| values.iter().copied().map(|value| value.max(0)).fold(0_i64, i64::saturating_add);
    let longest = chart.bars.iter().map(|(_, values)| sum(values)).max().unwrap_or(0).max(1);
    let base = TOP + ROOM;
    let dense = if chart.bars.len() > 5 { "bars stacked dense" } else { "bars stacked" };
    let mut svg = start(&chart.id, &chart.title, &chart.summary, dense, base + BOTTOM, false);
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let slot = 100.0 / chart.bars.len().max(1) as f64;
    let mut middle = slot / 2.0;
    for (label, values) in &chart.bars {
        let mut top = base;
        for (part, value) in values.iter().enumerate() {
            let height = share(*value, longest) * ROOM;
            top -= height;
            let name = escape(chart.parts.get(part).map_or("", String::as_str));
            let words = escape(&(chart.format)(*value));
            let _ = write!(
                svg,
                r#"<rect class="part-{colour}" x="{x:.2}%" y="{top:.1}" width="{width:.2}%" height="{height:.1}"><title>{label} {name}: {words}</title></rect>"#,
                colour = part % COLOURS,
                label = escape(label),
                x = middle - slot * 0.29,
                width = slot * 0.58,
            );
        }
        let _ = write!(
            svg,
            r#"<text class="bar-value" x="{middle:.2}%" y="{over:.1}">{total}</text><text class="bar-label" x="{middle:.2}%" y="{under:.1}">{label}</text>"#,
            over = top - 8.0,
            under = base + 21.0,
            total = escape(&(chart.format)(sum(values))),
            label = escape(label),
        );
        middle += slot;
    }
    let _ = write!(svg, r#"<line class="axis" x1="0" x2="100%" y1="{base}" y2="{base}"/></svg>"#);
    let legend: Vec<AnyView> = chart
        .parts
        .iter()
        .enumerate()
        .map(|(part, name)| view! { <li class=format!("part-{}", part % COLOURS)>{name.clone()}</li> }.into_any())
        .collect();
    let legend = view! { <ul class="legend">{legend}</ul> }.into_any();
    let rows = chart
        .bars
        .iter()
        .map(|(label, values)| {
            let total = (chart.format)(sum(values));
            let values = values.iter().map(|value| (chart.format)(*value).into_any());
            std::iter::once(label.clone().into_any()).chain(values).chain(std::iter::once(total.into_any())).collect()
        })
        .collect();
    let mut align = vec![Align::End; chart.parts.len() + 2];
    if let Some(first) = align.first_mut() {
        *first = Align::Start;
    }
    let head =
        std::iter::once(chart.label_title).chain(chart.parts).chain(std::iter::once(t!(cx.lang, "ui.chart.total").to_owned())).collect();
    let table = table(&chart.title, head, rows, &align);
    figure(cx, &chart.title, &chart.summary, svg, Some(legend), table)
}
