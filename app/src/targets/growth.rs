//! A figure as it grows month by month, beside the pace its target asks for.

use keqiao_market::{
    CHINA,
    ledger::Total,
    targets::{self, WHOLE_PLAN},
};
use keqiao_model::{Figure, pace};
use leptos::prelude::*;
use time::{Date, Month};

use super::parts::{name, short, year_name};
use crate::{
    Cx, t,
    ui::{self, LineChart, LinePoint},
};

/// Total against expected pace by month, in a year or over the whole plan; `months` are totals by year and month. Nothing when nothing
/// counts in the period and nothing is expected.
pub(super) fn growth(cx: &Cx, figure: Figure, year: i64, months: &[Total], target: Option<i64>) -> Option<AnyView> {
    let period = targets::period(&cx.market, year)?;
    let today = cx.now.to_offset(CHINA).date();
    let target = target.filter(|target| *target > 0);
    let mut points = Vec::new();
    let (mut total, mut any) = (0_i64, false);
    for of in period.first.year()..=period.last.year() {
        for number in 1..=12_u8 {
            let month = Month::try_from(number).ok()?;
            let last = Date::from_calendar_date(of, month, month.length(of)).ok()?;
            let first = Date::from_calendar_date(of, month, 1).ok()?;
            let own = months.iter().filter(|part| part.year == Some(i64::from(of)) && part.month == Some(i64::from(number)));
            for part in own {
                any = true;
                total = total.saturating_add(part.amount);
            }
            points.push(LinePoint {
                label: if year == WHOLE_PLAN { format!("{of}-{number:02}") } else { format!("{number:02}") },
                total: (first <= today).then_some(total),
                expected: target.map(|target| pace::expected(target, period, last)),
            });
        }
    }
    if !any && target.is_none() {
        return None;
    }
    let span = year_name(cx, year);
    let so_far = short(cx, figure, total);
    let summary = match target {
        Some(target) => t!(
            cx.lang,
            "targets.growth_summary",
            total = so_far,
            expected = short(cx, figure, pace::expected(target, period, today)),
            target = short(cx, figure, target),
        ),
        None => t!(cx.lang, "targets.growth_no_target", total = so_far),
    };
    let again = cx.clone();
    let chart = LineChart {
        id: format!("{}-growth", figure.code()),
        title: t!(cx.lang, "targets.growth_title", figure = name(cx, figure), year = span),
        summary,
        label_title: t!(cx.lang, "targets.month").to_owned(),
        total_title: t!(cx.lang, "targets.growth_total").to_owned(),
        expected_title: t!(cx.lang, "targets.growth_expected").to_owned(),
        points,
        format: Box::new(move |value| short(&again, figure, value)),
    };
    Some(ui::line_chart(cx, chart))
}
