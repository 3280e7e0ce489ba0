//! Who sold and bought most.

use keqiao_market::{
    dashboard::{Board, Top},
    ledger::OrganisationTotal,
};
use leptos::prelude::*;

use super::short;
use crate::{
    Cx, Route, t,
    ui::{self, Align, Bar, BarChart},
};

/// Organisations that fit into a chart; the table has all of them.
const DRAWN: usize = 10;

pub(super) fn view(cx: &Cx, board: &Board, found: &Top) -> AnyView {
    if found.sellers.is_empty() && found.buyers.is_empty() {
        let to = (t!(cx.lang, "targets.to_contracts"), cx.href(&Route::Contracts));
        let title = t!(cx.lang, "dashboard.no_contracts", year = board.year);
        return ui::empty(cx, &title, t!(cx.lang, "dashboard.no_contracts_text"), Some(to));
    }
    view! {
        {side(cx, "sellers", t!(cx.lang, "dashboard.sellers"), &found.sellers, found.sold)}
        {side(cx, "buyers", t!(cx.lang, "dashboard.buyers"), &found.buyers, found.bought)}
        <p class="hint">{t!(cx.lang, "dashboard.never_added")}</p>
    }
    .into_any()
}

fn side(cx: &Cx, id: &str, title: &str, organisations: &[OrganisationTotal], total: i64) -> Option<AnyView> {
    let first = organisations.first()?;
    let shown = organisations.iter().fold(0_i64, |sum, o| sum.saturating_add(o.amount));
    let summary = t!(
        cx.lang,
        "dashboard.top_summary",
        name = first.name,
        value = short(cx, first.amount),
        n = organisations.len(),
        percent = ui::percent(shown, total)
    );
    let again = cx.clone();
    let chart = BarChart {
        id: format!("top-{id}"),
        title: title.to_owned(),
        summary,
        label_title: t!(cx.lang, "dashboard.organisation").to_owned(),
        value_title: t!(cx.lang, "contracts.value").to_owned(),
        series: organisations
            .iter()
            .take(DRAWN)
            .map(|o| Bar { label: ui::excerpt(&o.name, 24), value: o.amount, href: Some(cx.href(&Route::Organisation(o.id))) })
            .collect(),
        target: None,
        format: Box::new(move |value| short(&again, value)),
    };
    let rows = (1..)
        .zip(organisations)
        .map(|(place, o): (usize, _)| {
            vec![
                view! { <span class="hint">{place}"  "</span><a href=cx.href(&Route::Organisation(o.id))>{o.name.clone()}</a> }.into_any(),
                ui::count(o.contracts).into_any(),
                ui::money(cx, o.amount).into_any(),
                ui::percent(o.amount, total).into_any(),
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "dashboard.organisation"),
        t!(cx.lang, "dashboard.contracts"),
        t!(cx.lang, "contracts.value"),
        t!(cx.lang, "dashboard.share"),
    ];
    let table = ui::table(title, head.map(str::to_owned).to_vec(), rows, &[Align::Start, Align::End, Align::End, Align::End]);
    Some(ui::section(id, title, view! { <div class="spaced">{ui::bar_list(cx, chart)}{table}</div> }.into_any()))
}
