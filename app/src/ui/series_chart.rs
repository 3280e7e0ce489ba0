//! Charts of several series beside each other: this year and last, 输出 and 吸纳. Nothing is stacked, for what may not be added must not look added.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::{
    chart::{figure, share, start},
    html::escape,
    table::{Align, table},
};
use crate::Cx;

const ROOM: f64 = 200.0;
/// Room above for the words of the bars that are looked at.
const TOP: f64 = 34.0;
const BOTTOM: f64 = 30.0;
/// Height of the name over lying bars, of one bar, and of what parts them from the next ones.
const NAME: usize = 26;
const LINE: usize = 20;
const GAP: usize = 12;
/// Width of lying bars, in per cent: the rest is for their values.
const LYING: f64 = 70.0;

/// One place with a value of every series.
#[derive(Debug, Clone, Default)]
pub struct SeriesRow {
    /// What it stands for.
    pub label: String,
    /// A value of every series.
    pub values: Vec<i64>,
    /// Where it leads.
    pub href: Option<String>,
}

/// A chart of several series.
pub struct SeriesChart {
    /// Unique on the page.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// What the places stand for, the first column of the table.
    pub label_title: String,
    /// Names of the series, the other columns.
    pub series: Vec<String>,
    /// The places in order.
    pub rows: Vec<SeriesRow>,
    /// Writes a value.
    pub format: Box<dyn Fn(i64) -> String>,
}

impl SeriesChart {
    fn longest(&self) -> i64 {
        self.rows.iter().flat_map(|row| row.values.iter().copied()).max().unwrap_or(0).max(1)
    }

    /// What a place says, in one line.
    fn said(&self, row: &SeriesRow) -> String {
        let values: Vec<String> =
            self.series.iter().zip(&row.values).map(|(name, value)| format!("{name} {}", (self.format)(*value))).collect();
        format!("{}: {}", row.label, values.join(" · "))
    }

    fn finish(self, cx: &Cx, drawing: String) -> AnyView {
        let legend: Vec<AnyView> = self
            .series
            .iter()
            .enumerate()
            .map(|(part, name)| view! { <li class=format!("part-{part}")>{name.clone()}</li> }.into_any())
            .collect();
        let legend = view! { <ul class="legend">{legend}</ul> }.into_any();
        let rows = self
            .rows
            .into_iter()
            .map(|row| {
                let label = match row.href {
                    Some(href) => view! { <a href=href>{row.label}</a> }.into_any(),
                    None => row.label.into_any(),
                };
                std::iter::once(label).chain(row.values.iter().map(|value| (self.format)(*value).into_any())).collect()
            })
            .collect();
        let align: Vec<Align> = std::iter::once(Align::Start).chain(self.series.iter().map(|_| Align::End)).collect();
        let head = std::iter::once(self.label_title).chain(self.series).collect();
        let table = table(&self.title, head, rows, &align);
        figure(cx, &self.title, &self.summary, drawing, Some(legend), table)
    }
}

/// A place that leads somewhere is a link; one that does not can be reached by the keyboard all the same.
fn reachable(row: &SeriesRow, said: &str, drawing: &str) -> String {
    let said = escape(said);
    match &row.href {
        Some(href) => format!(r#"<a href="{}" aria-label="{said}">{drawing}</a>"#, escape(href)),
        None => format!(r#"<g tabindex="0" role="img" aria-label="{said}">{drawing}</g>"#),
    }
}

/// Upright bars side by side, for many short names such as months: the values of a place are told when it is pointed at or reached.
pub fn series_chart(cx: &Cx, chart: SeriesChart) -> AnyView {
    let longest = chart.longest();
    let base = TOP + ROOM;
    let mut svg = start(&chart.id, &chart.title, &chart.summary, "bars series", base + BOTTOM, true);
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let (slot, width) = (100.0 / chart.rows.len().max(1) as f64, 0.76 / chart.series.len().max(1) as f64);
    let mut left = 0.0;
    for row in &chart.rows {
        let said = chart.said(row);
        let mut drawing = String::new();
        let mut x = left + slot * 0.12;
        for (part, value) in row.values.iter().enumerate() {
            let height = (share(*value, longest) * ROOM).max(1.0);
            let _ = write!(
                drawing,
                r#"<rect class="part-{part}" x="{x:.2}%" y="{top:.1}" width="{bar:.2}%" height="{height:.1}" rx="2"/>"#,
                top = base - height,
                bar = slot * width * 0.94,
            );
            x += slot * width;
        }
        let _ = write!(
            drawing,
            r#"<text class="bar-label" x="{middle:.2}%" y="{under:.1}">{label}</text><text class="bar-said" x="50%" y="14">{words}</text>"#,
            middle = left + slot / 2.0,
            under = base + 21.0,
            label = escape(&row.label),
            words = escape(&said),
        );
        svg.push_str(&reachable(row, &said, &drawing));
        left += slot;
    }
    let _ = write!(svg, r#"<line class="axis" x1="0" x2="100%" y1="{base}" y2="{base}"/></svg>"#);
    chart.finish(cx, svg)
}

/// Lying bars one below the other, for long names such as counties and fields.
pub fn series_list(cx: &Cx, chart: SeriesChart) -> AnyView {
    let longest = chart.longest();
    let step = NAME + LINE * chart.series.len() + GAP;
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let mut svg = start(&chart.id, &chart.title, &chart.summary, "bar-list series", (chart.rows.len() * step) as f64, true);
    for (place, row) in chart.rows.iter().enumerate() {
        let top = place * step;
        let mut drawing = format!(r#"<text class="bar-label" x="0" y="{}">{}</text>"#, top + 16, escape(&row.label));
        for (part, value) in row.values.iter().enumerate() {
            let y = top + NAME + LINE * part;
            let _ = write!(
                drawing,
                r#"<rect class="part-{part}" x="0" y="{y}" width="{width:.2}%" height="12" rx="3"/><text class="bar-value" x="100%" y="{words}">{value}</text>"#,
                width = (share(*value, longest) * LYING).max(0.3),
                words = y + 11,
                value = escape(&(chart.format)(*value)),
            );
        }
        svg.push_str(&reachable(row, &chart.said(row), &drawing));
    }
    svg.push_str("</svg>");
    chart.finish(cx, svg)
}
