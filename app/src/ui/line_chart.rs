//! A chart of something that grows month by month, beside what was expected of it.

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
/// Words below the drawing; on a phone every second of them has room.
const TICKS: usize = 6;

/// One moment.
#[derive(Debug, Clone, Default)]
pub struct LinePoint {
    /// What it is called.
    pub label: String,
    /// What had come together by then; nothing for what is still to come.
    pub total: Option<i64>,
    /// What was expected by then.
    pub expected: Option<i64>,
}

/// Two lines over the same moments.
pub struct LineChart {
    /// Unique on the page.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// What the moments are (month), the first column of the table.
    pub label_title: String,
    /// Name of the line of totals.
    pub total_title: String,
    /// Name of the line of what was expected.
    pub expected_title: String,
    /// The moments in order.
    pub points: Vec<LinePoint>,
    /// Writes a value.
    pub format: Box<dyn Fn(i64) -> String>,
}

impl LineChart {
    /// What a moment says, in words.
    fn words(&self, point: &LinePoint) -> String {
        let part = |title: &str, value: Option<i64>| value.map(|value| format!("{title} {}", (self.format)(value)));
        let parts = [part(&self.total_title, point.total), part(&self.expected_title, point.expected)];
        format!("{}: {}", point.label, parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    }
}

/// Where the points of one line lie: per cent from the left, pixels from the top.
fn places(points: &[LinePoint], value: impl Fn(&LinePoint) -> Option<i64>, longest: i64) -> Vec<(f64, f64, usize)> {
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let slot = 100.0 / points.len().max(1) as f64;
    let mut middle = slot / 2.0;
    let mut places = Vec::new();
    for (index, point) in points.iter().enumerate() {
        if let Some(value) = value(point) {
            places.push((middle, TOP + ROOM - share(value, longest) * ROOM, index));
        }
        middle += slot;
    }
    places
}

fn line(svg: &mut String, class: &str, places: &[(f64, f64, usize)]) {
    for (from, to) in places.iter().zip(places.iter().skip(1)) {
        let _ = write!(svg, r#"<line class="{class}" x1="{:.2}%" y1="{:.1}" x2="{:.2}%" y2="{:.1}"/>"#, from.0, from.1, to.0, to.1);
    }
}

/// Totals as a line with a point for each moment, what was expected as a dashed one. Each point can be reached by keyboard and says its
/// values.
pub fn line_chart(cx: &Cx, chart: LineChart) -> AnyView {
    let longest = chart.points.iter().flat_map(|p| [p.total, p.expected]).flatten().max().unwrap_or(0).max(1);
    let base = TOP + ROOM;
    let mut svg = start(&chart.id, &chart.title, &chart.summary, "line-chart", base + BOTTOM, true);
    let _ = write!(svg, r#"<line class="axis" x1="0" x2="100%" y1="{base}" y2="{base}"/>"#);
    line(&mut svg, "line-expected", &places(&chart.points, |point| point.expected, longest));
    let totals = places(&chart.points, |point| point.total, longest);
    line(&mut svg, "line-total", &totals);
    for (x, y, index) in &totals {
        let Some(point) = chart.points.get(*index) else { continue };
        let words = escape(&chart.words(point));
        let _ = write!(
            svg,
            r#"<g class="line-point" tabindex="0" role="img" aria-label="{words}"><title>{words}</title><circle cx="{x:.2}%" cy="{y:.1}" r="4.5"/></g>"#
        );
    }
    if let Some((x, y, index)) = totals.last()
        && let Some(total) = chart.points.get(*index).and_then(|point| point.total)
    {
        let anchor = if *x > 70.0 { "line-words at-end" } else { "line-words" };
        let _ =
            write!(svg, r#"<text class="{anchor}" x="{x:.2}%" y="{:.1}">{}</text>"#, (y - 12.0).max(14.0), escape(&(chart.format)(total)));
    }
    let every = chart.points.len().div_ceil(TICKS).max(1);
    let ticks = places(&chart.points, |_| Some(0), longest);
    for (tick, (x, _, index)) in ticks.iter().step_by(every).enumerate() {
        let label = escape(chart.points.get(*index).map_or("", |point| point.label.as_str()));
        // The first one would reach over the edge.
        let class = match tick {
            0 => "bar-label at-start",
            tick if tick % 2 == 1 => "bar-label between",
            _ => "bar-label",
        };
        let _ = write!(svg, r#"<text class="{class}" x="{x:.2}%" y="{:.1}">{label}</text>"#, base + 21.0);
    }
    svg.push_str("</svg>");
    let legend = view! {
        <ul class="legend lines">
            <li class="line-total">{chart.total_title.clone()}</li>
            <li class="line-expected">{chart.expected_title.clone()}</li>
        </ul>
    }
    .into_any();
    let none = t!(cx.lang, "ui.chart.to_come");
    let words = |value: Option<i64>| value.map_or_else(|| none.to_owned(), |value| (chart.format)(value)).into_any();
    let rows = chart.points.iter().map(|point| vec![point.label.clone().into_any(), words(point.total), words(point.expected)]).collect();
    let head = vec![chart.label_title.clone(), chart.total_title.clone(), chart.expected_title.clone()];
    let table = table(&chart.title, head, rows, &[Align::Start, Align::End, Align::End]);
    figure(cx, &chart.title, &chart.summary, svg, Some(legend), table)
}
