//! A chart of steps that fewer and fewer take.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::{
    chart::{figure, share, start},
    format::percent,
    html::escape,
    table::{Align, table},
};
use crate::{Cx, t};

/// Height of one step.
const LINE: usize = 50;

/// A chart of steps.
pub struct FunnelChart {
    /// Unique on the page.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// What the steps are, the first column of the table.
    pub label_title: String,
    /// What is counted, the second column.
    pub value_title: String,
    /// Names of the steps and how many took them, in order.
    pub steps: Vec<(String, i64)>,
}

/// Steps below each other, each as wide as the share that took it, with the share of the step before.
pub fn funnel_chart(cx: &Cx, chart: FunnelChart, count: impl Fn(i64) -> String) -> AnyView {
    let first = chart.steps.first().map_or(0, |(_, value)| *value);
    let most = chart.steps.iter().map(|(_, value)| *value).max().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let mut svg = start(&chart.id, &chart.title, &chart.summary, "bar-list funnel", (chart.steps.len() * LINE) as f64, true);
    let mut before: Option<i64> = None;
    let mut rows = Vec::new();
    for (place, (label, value)) in chart.steps.iter().enumerate() {
        let of_before = before.filter(|n| *n > 0).map(|n| percent(*value, n));
        let of_first = if first > 0 { percent(*value, first) } else { "–".to_owned() };
        let words = match &of_before {
            Some(share) => t!(cx.lang, "ui.chart.of_before", n = count(*value), percent = share),
            None => count(*value),
        };
        let (y, width) = (place * LINE, share(*value, most) * 100.0);
        let _ = write!(
            svg,
            r#"<g class="bar" tabindex="0" role="img" aria-label="{name}: {said}"><text class="bar-label" x="0" y="{text}">{name}</text><text class="bar-value" x="100%" y="{text}">{said}</text><rect class="bar-ground" x="0" y="{bar}" width="100%" height="16" rx="4"/><rect x="{x:.2}%" y="{bar}" width="{width:.2}%" height="16" rx="4"/></g>"#,
            name = escape(label),
            said = escape(&words),
            text = y + 16,
            bar = y + 24,
            x = (100.0 - width) / 2.0,
        );
        rows.push(vec![
            label.clone().into_any(),
            count(*value).into_any(),
            of_before.unwrap_or_else(|| "–".to_owned()).into_any(),
            of_first.into_any(),
        ]);
        before = Some(*value);
    }
    svg.push_str("</svg>");
    let head = vec![
        chart.label_title,
        chart.value_title,
        t!(cx.lang, "ui.chart.share_before").to_owned(),
        t!(cx.lang, "ui.chart.share_first").to_owned(),
    ];
    let table = table(&chart.title, head, rows, &[Align::Start, Align::End, Align::End, Align::End]);
    figure(cx, &chart.title, &chart.summary, svg, None, table)
}
