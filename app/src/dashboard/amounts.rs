//! Registered money of the year.

use keqiao_market::dashboard::{Amounts, Board, Money};
use keqiao_model::{Coded, ContractKind, Field, Figure};
use leptos::prelude::*;

use super::{narrowed, short};
use crate::{
    Cx, Query, Route,
    listings::region_name,
    t,
    ui::{self, SeriesChart, SeriesRow},
    words::code_label,
};

fn figure(cx: &Cx, figure: Figure) -> String {
    code_label(cx.lang, Figure::GROUP, figure.code())
}

/// What a place of the ledger is called: a county, or the city itself.
pub(super) fn place(cx: &Cx, code: &str) -> String {
    if code == cx.market.config().city { t!(cx.lang, "targets.elsewhere").to_owned() } else { region_name(cx, code) }
}

pub(super) fn view(cx: &Cx, board: &Board, found: &Amounts) -> AnyView {
    if found.total.is_none() && found.before.is_none() {
        let to = (t!(cx.lang, "targets.to_contracts"), cx.href(&Route::Contracts));
        let title = t!(cx.lang, "dashboard.no_contracts", year = board.year);
        return ui::empty(cx, &title, t!(cx.lang, "dashboard.no_contracts_text"), Some(to));
    }
    let evidence = |figure: Figure| {
        let query = Query(vec![("year".to_owned(), board.year.to_string())]);
        Some(format!("{}{}", cx.href(&Route::Target(figure.code().to_owned())), query.to_search()))
    };
    let total = found.total;
    let stat = |one: Figure, value: i64, hint: &str| ui::stat(&figure(cx, one), &short(cx, value), hint, evidence(one));
    let before = t!(cx.lang, "dashboard.before", year = board.year - 1, value = short(cx, found.before.value));
    let stats = vec![
        stat(Figure::ContractValue, total.value, &before),
        stat(Figure::TechnicalValue, total.technical, t!(cx.lang, "dashboard.technical_hint")),
        stat(Figure::AbsorbedValue, total.absorbed, t!(cx.lang, "dashboard.absorbed_hint")),
        stat(Figure::TechnicalIncome, total.income, t!(cx.lang, "dashboard.income_hint")),
    ];
    let regions = found.regions.iter().map(|(code, money)| {
        let county = *code != cx.market.config().city;
        (place(cx, code), *money, county.then(|| narrowed(cx, "region", code)).filter(|_| !board.own_county))
    });
    let fields = found
        .fields
        .iter()
        .map(|(field, money)| (code_label(cx.lang, Field::GROUP, field.code()), *money, Some(narrowed(cx, "field", field.code()))));
    let kinds = found
        .kinds
        .iter()
        .map(|(kind, money)| (code_label(cx.lang, ContractKind::GROUP, kind.code()), *money, Some(narrowed(cx, "kind", kind.code()))));
    view! {
        {ui::stats(stats)}
        {months(cx, board, found)}
        {parts(cx, "regions", t!(cx.lang, "dashboard.by_county"), t!(cx.lang, "targets.county"), regions.collect())}
        <div class="home-columns">
            {parts(cx, "fields", t!(cx.lang, "dashboard.by_field"), t!(cx.lang, "targets.field"), fields.collect())}
            {parts(cx, "kinds", t!(cx.lang, "dashboard.by_kind"), t!(cx.lang, "targets.kind"), kinds.collect())}
        </div>
        <p class="hint">{t!(cx.lang, "dashboard.never_added")}</p>
    }
    .into_any()
}

/// The months of the year beside those of the year before.
fn months(cx: &Cx, board: &Board, found: &Amounts) -> AnyView {
    let rows: Vec<SeriesRow> = (1..=12)
        .zip(&found.months)
        .map(|(month, (now, before))| SeriesRow { label: month.to_string(), values: vec![now.value, before.value], href: None })
        .collect();
    let best = (1..=12).zip(&found.months).filter(|(_, (now, _))| now.value > 0).max_by_key(|(_, (now, _))| now.value);
    let summary = match best {
        Some((month, (now, _))) => t!(
            cx.lang,
            "dashboard.months_summary",
            year = board.year,
            value = short(cx, found.total.value),
            month = month,
            most = short(cx, now.value)
        ),
        None => t!(cx.lang, "dashboard.months_none", year = board.year, before = short(cx, found.before.value)),
    };
    let again = cx.clone();
    ui::series_chart(
        cx,
        SeriesChart {
            id: "amounts-months".to_owned(),
            title: t!(cx.lang, "dashboard.by_month", figure = figure(cx, Figure::ContractValue)),
            summary,
            label_title: t!(cx.lang, "review.month").to_owned(),
            series: vec![board.year.to_string(), (board.year - 1).to_string()],
            rows,
            format: Box::new(move |value| short(&again, value)),
        },
    )
}

/// Money by one property: 成交额, 技术交易额 and 吸纳 beside each other.
fn parts(cx: &Cx, id: &str, title: &str, column: &str, parts: Vec<(String, Money, Option<String>)>) -> Option<AnyView> {
    let total = parts.iter().fold(0_i64, |sum, (_, money, _)| sum.saturating_add(money.value));
    let most = parts.iter().filter(|(_, money, _)| money.value > 0).max_by_key(|(_, money, _)| money.value);
    let summary = match most {
        Some((label, money, _)) => {
            t!(cx.lang, "targets.most", label = label, value = short(cx, money.value), percent = ui::percent(money.value, total))
        }
        None => t!(cx.lang, "dashboard.no_sales").to_owned(),
    };
    let again = cx.clone();
    (!parts.is_empty()).then(|| {
        ui::series_list(
            cx,
            SeriesChart {
                id: format!("amounts-{id}"),
                title: title.to_owned(),
                summary,
                label_title: column.to_owned(),
                series: [Figure::ContractValue, Figure::TechnicalValue, Figure::AbsorbedValue].map(|f| figure(cx, f)).to_vec(),
                rows: parts
                    .into_iter()
                    .map(|(label, money, href)| SeriesRow { label, values: vec![money.value, money.technical, money.absorbed], href })
                    .collect(),
                format: Box::new(move |value| short(&again, value)),
            },
        )
    })
}
