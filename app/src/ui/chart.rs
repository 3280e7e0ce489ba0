//! Charts of one series. Lengths are shares of the drawing's width, so that words keep their size on every screen.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::{
    html::{escape, inert},
    table::{Align, table},
};
use crate::{Cx, t};

/// Height of the room for bars, in pixels.
const ROOM: f64 = 200.0;
/// Room above for the words over the highest bar.
const TOP: f64 = 28.0;
/// Room below for the names of the bars.
const BOTTOM: f64 = 30.0;
/// Height of one line of a list of bars.
const LINE: usize = 46;

/// One bar.
#[derive(Debug, Clone, Default)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How long it is.
    pub value: i64,
    /// Where it leads.
    pub href: Option<String>,
}

/// A chart of one series.
pub struct BarChart {
    /// Unique on the page.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// What the bars stand for (year, county), the first column of the table.
    pub label_title: String,
    /// What their lengths are, the second column.
    pub value_title: String,
    /// The bars in order.
    pub series: Vec<Bar>,
    /// A line to reach.
    pub target: Option<i64>,
    /// Writes a value.
    pub format: Box<dyn Fn(i64) -> String>,
}

/// Where a value lies between nothing and the longest.
pub(super) fn share(value: i64, longest: i64) -> f64 {
    if longest <= 0 {
        return 0.0;
    }
    // Only a length on the screen: no amount comes out of it.
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let share = value.max(0) as f64 / longest as f64;
    share.clamp(0.0, 1.0)
}

/// The frame of a chart: drawing, sentence, and the same as a table.
pub(super) fn figure(cx: &Cx, title: &str, summary: &str, drawing: String, legend: Option<AnyView>, table: AnyView) -> AnyView {
    view! {
        <figure class="chart">
            <figcaption><span class="chart-title">{title.to_owned()}</span><span class="chart-summary">{summary.to_owned()}</span></figcaption>
            {legend}
            {inert(drawing)}
            <details class="details chart-table"><summary>{t!(cx.lang, "ui.chart.table")}</summary><div class="details-body">{table}</div></details>
        </figure>
    }
    .into_any()
}

/// The start of a drawing with its name and description. A drawing with links is a group, since an image hides what is in it.
pub(super) fn start(id: &str, title: &str, summary: &str, class: &str, height: f64, links: bool) -> String {
    let (id, title, summary) = (escape(id), escape(title), escape(summary));
    let role = if links { "group" } else { "img" };
    format!(
        r#"<svg class="chart-drawing {class}" role="{role}" width="100%" height="{height}" aria-labelledby="{id}-title {id}-desc"><title id="{id}-title">{title}</title><desc id="{id}-desc">{summary}</desc>"#
    )
}

impl BarChart {
    fn longest(&self) -> i64 {
        self.series.iter().map(|bar| bar.value).chain(self.target).max().unwrap_or(0).max(1)
    }

    fn start(&self, class: &str, height: f64) -> String {
        start(&self.id, &self.title, &self.summary, class, height, self.series.iter().any(|bar| bar.href.is_some()))
    }

    fn finish(self, cx: &Cx, drawing: String) -> AnyView {
        let target = self.target.map(|target| vec![t!(cx.lang, "ui.chart.target").into_any(), (self.format)(target).into_any()]);
        let rows = self
            .series
            .into_iter()
            .map(|bar| {
                let label = match bar.href {
                    Some(href) => view! { <a href=href>{bar.label}</a> }.into_any(),
                    None => bar.label.into_any(),
                };
                vec![label, (self.format)(bar.value).into_any()]
            })
            .chain(target)
            .collect();
        let table = table(&self.title, vec![self.label_title, self.value_title], rows, &[Align::Start, Align::End]);
        figure(cx, &self.title, &self.summary, drawing, None, table)
    }
}

/// The bar of a link, or of none.
fn linked(bar: &Bar, drawing: &str) -> String {
    match &bar.href {
        Some(href) => format!(r#"<a href="{}">{drawing}</a>"#, escape(href)),
        None => drawing.to_owned(),
    }
}

/// Upright bars, for few and short names such as years, with a line for the target.
pub fn bar_chart(cx: &Cx, chart: BarChart) -> AnyView {
    let longest = chart.longest();
    let base = TOP + ROOM;
    let dense = if chart.series.len() > 5 { "bars dense" } else { "bars" };
    let mut svg = chart.start(dense, base + BOTTOM);
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let slot = 100.0 / chart.series.len().max(1) as f64;
    let mut middle = slot / 2.0;
    for bar in &chart.series {
        let height = if bar.value == 0 { 0.0 } else { (share(bar.value, longest) * ROOM).max(1.0) };
        let top = base - height;
        let value = escape(&(chart.format)(bar.value));
        let label = escape(&bar.label);
        let drawing = format!(
            r#"<g class="bar"><title>{label}: {value}</title><rect x="{x:.2}%" y="{top:.1}" width="{width:.2}%" height="{height:.1}" rx="3"/><text class="bar-value" x="{middle:.2}%" y="{over:.1}">{value}</text><text class="bar-label" x="{middle:.2}%" y="{under:.1}">{label}</text></g>"#,
            x = middle - slot * 0.29,
            width = slot * 0.58,
            over = top - 8.0,
            under = base + 21.0,
        );
        svg.push_str(&linked(bar, &drawing));
        middle += slot;
    }
    let _ = write!(svg, r#"<line class="axis" x1="0" x2="100%" y1="{base}" y2="{base}"/>"#);
    if let Some(target) = chart.target {
        let y = base - share(target, longest) * ROOM;
        let words = escape(&t!(cx.lang, "ui.chart.target_line", value = (chart.format)(target)));
        let _ = write!(
            svg,
            r#"<line class="target" x1="0" x2="100%" y1="{y:.1}" y2="{y:.1}"/><text class="target-words" x="0" y="{:.1}">{words}</text>"#,
            y - 8.0
        );
    }
    svg.push_str("</svg>");
    chart.finish(cx, svg)
}

/// Lying bars below their names, for many or long names such as fields and counties.
pub fn bar_list(cx: &Cx, chart: BarChart) -> AnyView {
    let longest = chart.longest();
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let mut svg = chart.start("bar-list", (chart.series.len() * LINE) as f64);
    for (place, bar) in chart.series.iter().enumerate() {
        let y = place * LINE;
        let width = share(bar.value, longest) * 100.0;
        let value = escape(&(chart.format)(bar.value));
        let label = escape(&bar.label);
        let drawing = format!(
            r#"<g class="bar"><text class="bar-label" x="0" y="{words}">{label}</text><text class="bar-value" x="100%" y="{words}">{value}</text><rect class="bar-ground" x="0" y="{bar}" width="100%" height="10" rx="5"/><rect x="0" y="{bar}" width="{width:.2}%" height="10" rx="5"/></g>"#,
            words = y + 16,
            bar = y + 24,
        );
        svg.push_str(&linked(bar, &drawing));
    }
    svg.push_str("</svg>");
    chart.finish(cx, svg)
}
