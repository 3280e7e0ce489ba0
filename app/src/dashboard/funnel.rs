//! From the match to the registered amount.

use keqiao_market::dashboard::{Board, Funnel, Stage, Step};
use leptos::prelude::*;

use super::{share, short, signed};
use crate::{
    Cx, Query, Route, t,
    ui::{self, Align, Bar, BarChart, ButtonStyle, FunnelChart},
    words::label,
};

/// What a step is called.
pub(super) fn step_name(cx: &Cx, step: Step) -> String {
    label(cx.lang, "dashboard.step", step.code())
}

/// What a stage is called.
pub(super) fn stage_name(cx: &Cx, stage: Stage) -> String {
    label(cx.lang, "dashboard.stage", stage.code())
}

fn of(found: &Funnel, step: Step) -> u64 {
    found.steps.iter().find(|(one, _)| *one == step).map_or(0, |(_, n)| *n)
}

/// Whether nothing happened at all.
fn is_empty(found: &Funnel) -> bool {
    let listings = found.demands + found.achievements + found.judged;
    listings + found.registered == 0 && of(found, Step::Sent) == 0 && found.pipeline.iter().all(|p| p.number == 0)
}

pub(super) fn view(cx: &Cx, board: &Board, found: &Funnel) -> AnyView {
    if is_empty(found) {
        let ways = view! {
            {ui::empty(cx, t!(cx.lang, "dashboard.nothing"), t!(cx.lang, "dashboard.nothing_text", year = board.year).as_str(), None)}
            {ui::buttons(vec![
                ui::button_link(t!(cx.lang, "review.title"), &cx.href(&Route::Review), ButtonStyle::Secondary),
                ui::button_link(t!(cx.lang, "ui.nav.import"), &cx.href(&Route::Import), ButtonStyle::Quiet),
            ])}
        };
        return ways.into_any();
    }
    let published = found.demands + found.achievements;
    let stats = vec![
        ui::stat(
            t!(cx.lang, "dashboard.published"),
            &ui::count(published),
            &t!(cx.lang, "dashboard.published_hint", demands = ui::count(found.demands), achievements = ui::count(found.achievements)),
            None,
        ),
        ui::stat(
            t!(cx.lang, "dashboard.matched"),
            &ui::count(found.matched),
            &t!(cx.lang, "dashboard.matched_hint", percent = share(found.matched, published)),
            None,
        ),
        ui::stat(
            t!(cx.lang, "dashboard.judged"),
            &ui::count(found.judged),
            &t!(cx.lang, "dashboard.judged_hint", percent = share(found.useful, found.judged)),
            Some(of_year(&cx.href(&Route::ReviewPrecision), board)),
        ),
        ui::stat(
            t!(cx.lang, "dashboard.registered"),
            &ui::count(found.registered),
            &t!(cx.lang, "dashboard.registered_hint", n = ui::count(found.from_deals)),
            Some(of_year(&cx.href(&Route::Contracts), board)),
        ),
    ];
    view! {
        {ui::stats(stats)}
        {steps(cx, board, found)}
        {pipeline(cx, board, found)}
    }
    .into_any()
}

/// A page with the year of the board.
fn of_year(page: &str, board: &Board) -> String {
    format!("{page}{}", Query(vec![("year".to_owned(), board.year.to_string())]).to_search())
}

/// The steps, with every share of the step before in words.
fn steps(cx: &Cx, board: &Board, found: &Funnel) -> AnyView {
    let (sent, registered) = (of(found, Step::Sent), of(found, Step::Registered));
    if sent == 0 {
        return ui::empty(cx, t!(cx.lang, "dashboard.no_interests"), t!(cx.lang, "dashboard.no_interests_text"), None);
    }
    let summary = t!(
        cx.lang,
        "dashboard.funnel_summary",
        year = board.year,
        sent = ui::count(sent),
        registered = ui::count(registered),
        percent = share(registered, sent)
    );
    let chart = FunnelChart {
        id: "funnel-steps".to_owned(),
        title: t!(cx.lang, "dashboard.funnel").to_owned(),
        summary,
        label_title: t!(cx.lang, "dashboard.step_title").to_owned(),
        value_title: t!(cx.lang, "dashboard.number").to_owned(),
        steps: found.steps.iter().map(|(step, n)| (step_name(cx, *step), signed(*n))).collect(),
    };
    let words: Vec<AnyView> = found
        .steps
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, before), (step, n)] if *before > 0 => {
                let (step, percent) = (step_name(cx, *step), share(*n, *before));
                let said =
                    t!(cx.lang, "dashboard.conversion", before = ui::count(*before), n = ui::count(*n), step = step, percent = percent);
                Some(view! { <li>{said}</li> }.into_any())
            }
            _ => None,
        })
        .collect();
    view! {
        {ui::funnel_chart(cx, chart, ui::count)}
        <ul>{words}</ul>
        <p class="hint">{t!(cx.lang, "dashboard.funnel_rule")}</p>
    }
    .into_any()
}

/// Money on its way, and what arrived.
fn pipeline(cx: &Cx, board: &Board, found: &Funnel) -> AnyView {
    let waiting: i64 = found.pipeline.iter().filter(|p| p.stage != Stage::Registered).fold(0, |sum, p| sum.saturating_add(p.value));
    let registered = found.pipeline.iter().find(|p| p.stage == Stage::Registered).map_or(0, |p| p.value);
    let again = cx.clone();
    let title = t!(cx.lang, "dashboard.pipeline");
    let chart = BarChart {
        id: "funnel-pipeline".to_owned(),
        title: title.to_owned(),
        summary: t!(
            cx.lang,
            "dashboard.pipeline_summary",
            year = board.year,
            waiting = short(cx, waiting),
            registered = short(cx, registered)
        ),
        label_title: t!(cx.lang, "dashboard.stage_title").to_owned(),
        value_title: t!(cx.lang, "contracts.value").to_owned(),
        series: found
            .pipeline
            .iter()
            .map(|p| Bar {
                label: stage_name(cx, p.stage),
                value: p.value,
                href: match p.stage {
                    Stage::Waiting => Some(super::work::contracts_href(cx)),
                    Stage::Registered => Some(cx.here(&cx.query.with("tab", "amounts"))),
                    Stage::Agreed | Stage::Recorded => None,
                },
            })
            .collect(),
        target: None,
        format: Box::new(move |value| short(&again, value)),
    };
    let rows = found
        .pipeline
        .iter()
        .map(|p| {
            let technical = p.technical.map_or_else(|| "–".to_owned(), |fen| ui::money(cx, fen));
            vec![
                stage_name(cx, p.stage).into_any(),
                ui::count(p.number).into_any(),
                ui::money(cx, p.value).into_any(),
                technical.into_any(),
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "dashboard.stage_title"),
        t!(cx.lang, "dashboard.number"),
        t!(cx.lang, "contracts.value"),
        t!(cx.lang, "contracts.technical_value"),
    ];
    view! {
        {ui::bar_list(cx, chart)}
        {ui::table(title, head.map(str::to_owned).to_vec(), rows, &[Align::Start, Align::End, Align::End, Align::End])}
        <p class="hint">{t!(cx.lang, "dashboard.pipeline_rule")}</p>
    }
    .into_any()
}
