//! How organisations answer those who ask them.

use keqiao_market::{
    dashboard::{INTERESTS_MAX, Responses},
    interests::ResponseFigures,
};
use keqiao_model::{Coded, Field};
use leptos::prelude::*;
use time::Duration;

use super::{share, signed};
use crate::{
    Cx, Route, t,
    ui::{self, Align, Bar, BarChart},
    words::code_label,
};

/// What a field is called, or that there is none.
pub(super) fn field_name(cx: &Cx, field: Option<Field>) -> String {
    field.map_or_else(|| t!(cx.lang, "review.no_field").to_owned(), |f| code_label(cx.lang, Field::GROUP, f.code()))
}

/// Days with one decimal.
fn days(cx: &Cx, time: Option<Duration>) -> String {
    let Some(time) = time else { return "–".to_owned() };
    let tenths = time.whole_minutes().saturating_mul(10) / (24 * 60);
    t!(cx.lang, "dashboard.days", n = format!("{}.{}", tenths / 10, tenths % 10))
}

pub(super) fn view(cx: &Cx, found: &Responses) -> AnyView {
    let whole = &found.whole;
    if whole.counted + whole.waiting == 0 {
        let to = (t!(cx.lang, "matches.pairs"), cx.href(&Route::Pairs));
        return ui::empty(cx, t!(cx.lang, "dashboard.no_interests"), t!(cx.lang, "dashboard.no_interests_text"), Some(to));
    }
    let stats = vec![
        ui::stat(
            t!(cx.lang, "dashboard.answered"),
            &share(whole.answered, whole.counted),
            &t!(cx.lang, "dashboard.answered_hint", n = ui::count(whole.answered), of = ui::count(whole.counted)),
            None,
        ),
        ui::stat(t!(cx.lang, "dashboard.median"), &days(cx, whole.median), t!(cx.lang, "dashboard.median_hint"), None),
        ui::stat(t!(cx.lang, "dashboard.still_waiting"), &ui::count(whole.waiting), t!(cx.lang, "dashboard.still_waiting_hint"), None),
    ];
    let cut = found.cut.then(|| view! { <p class="hint">{t!(cx.lang, "dashboard.cut", n = ui::count(INTERESTS_MAX))}</p> });
    view! {
        {ui::stats(stats)}
        {cut}
        {fields(cx, found)}
        {organisations(cx, found)}
        <p class="hint">{t!(cx.lang, "dashboard.response_rule")}</p>
    }
    .into_any()
}

fn fields(cx: &Cx, found: &Responses) -> Option<AnyView> {
    let mut asked: Vec<_> = found.fields.iter().filter(|(_, figures)| figures.counted > 0).collect();
    let permille = |f: &ResponseFigures| signed(f.answered).saturating_mul(1_000) / signed(f.counted).max(1);
    asked.sort_by_key(|(_, figures)| permille(figures));
    let worst = asked.first()?;
    let summary =
        t!(cx.lang, "dashboard.fields_summary", field = field_name(cx, worst.0), percent = share(worst.1.answered, worst.1.counted));
    let chart = BarChart {
        id: "responses-fields".to_owned(),
        title: t!(cx.lang, "dashboard.response_fields").to_owned(),
        summary,
        label_title: t!(cx.lang, "targets.field").to_owned(),
        value_title: t!(cx.lang, "dashboard.answered").to_owned(),
        series: asked
            .iter()
            .map(|(field, figures)| Bar {
                label: field_name(cx, *field),
                value: permille(figures),
                href: field.map(|field| super::narrowed(cx, "field", field.code())),
            })
            .collect(),
        target: None,
        format: Box::new(|value| ui::percent(value, 1_000)),
    };
    Some(ui::bar_list(cx, chart))
}

fn organisations(cx: &Cx, found: &Responses) -> Option<AnyView> {
    let rows: Vec<Vec<AnyView>> = found
        .organisations
        .iter()
        .map(|((id, name), figures)| {
            vec![
                view! { <a href=cx.href(&Route::Organisation(*id))>{name.clone()}</a> }.into_any(),
                ui::count(figures.counted).into_any(),
                ui::count(figures.answered).into_any(),
                share(figures.answered, figures.counted).into_any(),
                days(cx, figures.median).into_any(),
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "dashboard.organisation"),
        t!(cx.lang, "dashboard.interests"),
        t!(cx.lang, "dashboard.answers"),
        t!(cx.lang, "dashboard.answered"),
        t!(cx.lang, "dashboard.median"),
    ];
    let align = [Align::Start, Align::End, Align::End, Align::End, Align::End];
    (!rows.is_empty()).then(|| ui::table(t!(cx.lang, "dashboard.response_organisations"), head.map(str::to_owned).to_vec(), rows, &align))
}
