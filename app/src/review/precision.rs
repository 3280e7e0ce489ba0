//! How good is the matching? Counts of judged pairs, each leading to the pairs behind it. Everything chosen stands in the address.

use keqiao_market::{
    feedback::{self, JudgedPair, JudgedReason, JudgedSide, Precision, PrecisionFilter, Share},
    weights::may_weigh,
};
use keqiao_model::{Coded, Field, Judgement};
use leptos::prelude::*;

use crate::{
    Cx, Form, Page, PageError, Query, Route,
    listings::region_name,
    t,
    ui::{self, Align, Bar, BarChart, ButtonStyle, Input, Tone},
    words::code_label,
};

/// Names in the address that the panel of filters has fields for; a month of another year goes with the year.
const FILTERS: [&str; 3] = ["year", "region", "month"];
/// What stands in the address for demands without a field.
const NO_FIELD: &str = "none";

/// Year and month of `2026-08`.
fn month_of(text: &str) -> Option<(i32, u8)> {
    let (year, month) = text.split_once('-')?;
    let (year, month) = (year.parse().ok()?, month.parse().ok()?);
    ((1..=9_998).contains(&year) && (1..=12).contains(&month)).then_some((year, month))
}

fn month_text((year, month): (i32, u8)) -> String {
    format!("{year:04}-{month:02}")
}

/// What the address asks for. Unknown values are ignored: an old link never fails.
fn filter(cx: &Cx) -> PrecisionFilter {
    let get = |name: &str| cx.query.get(name);
    let outside = keqiao_model::OUTSIDE;
    PrecisionFilter {
        year: get("year").parse().ok().filter(|year| (1..=9_998).contains(year)),
        month: month_of(get("month")),
        region: Some(get("region")).filter(|code| *code == outside || cx.market.region(code).is_some()).map(str::to_owned),
        field: if get("field") == NO_FIELD { Some(None) } else { Field::from_code(get("field")).map(Some) },
        reason: JudgedReason::from_key(get("reason")),
        useful: match get("useful") {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
    }
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let filter = filter(cx);
    let found = feedback::precision(&cx.market, &cx.actor, &filter, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "review.precision"), move || view(&cx, &filter, &found)))
}

fn field_name(cx: &Cx, field: Option<Field>) -> String {
    field.map_or_else(|| t!(cx.lang, "review.no_field").to_owned(), |f| code_label(cx.lang, Field::GROUP, f.code()))
}

fn field_key(field: Option<Field>) -> &'static str {
    field.map_or(NO_FIELD, |f| f.code())
}

fn reason_words(cx: &Cx, reason: JudgedReason) -> String {
    let (group, code) = reason.label();
    code_label(cx.lang, group, code)
}

/// Nothing was judged, nothing is claimed.
fn share_text(share: Share) -> String {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    if share.judged == 0 { "–".to_owned() } else { ui::percent(number(share.useful), number(share.judged)) }
}

fn view(cx: &Cx, filter: &PrecisionFilter, found: &Precision) -> AnyView {
    let chips = chips(cx, filter);
    let body = if found.whole.judged == 0 {
        let (text, action) = if chips.is_empty() {
            (t!(cx.lang, "review.nothing_judged_text"), (t!(cx.lang, "review.title"), cx.href(&Route::Review)))
        } else {
            (t!(cx.lang, "review.none_judged_text"), (t!(cx.lang, "listings.clear"), cx.href(&cx.route)))
        };
        ui::empty(cx, t!(cx.lang, "review.nothing_judged"), text, Some(action))
    } else {
        figures(cx, found)
    };
    let weights = may_weigh(&cx.market, &cx.actor)
        .then(|| ui::button_link(t!(cx.lang, "weights.title"), &cx.href(&Route::ReviewWeights), ButtonStyle::Secondary));
    view! {
        {ui::breadcrumb(cx, &[(t!(cx.lang, "review.title"), cx.href(&Route::Review))])}
        {ui::page_title(t!(cx.lang, "review.precision"), None, weights)}
        {ui::lead(t!(cx.lang, "review.precision_lead"))}
        <div class="spaced">
            <p class="rule"><strong>{t!(cx.lang, "targets.definition")}</strong>" "{t!(cx.lang, "review.precision_rule")}</p>
            <div class="search-page">
                {filters(cx, found)}
                <section class="search-results" aria-labelledby="precision-title">
                    <h2 class="hidden-text" id="precision-title">{t!(cx.lang, "listings.results")}</h2>
                    {ui::chips(cx, chips, &cx.href(&cx.route))}
                    <div class="spaced">{body}</div>
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn filters(cx: &Cx, found: &Precision) -> AnyView {
    let form = Form::filled(FILTERS.iter().map(|name| (*name, cx.query.get(name))).collect());
    let years = found.years.iter().map(|year| (year.to_string(), year.to_string())).collect();
    let regions = found.regions.iter().map(|code| (code.clone(), region_name(cx, code))).collect();
    let body = view! {
        {ui::select(cx, &form, Input::new("year", t!(cx.lang, "targets.year")).blank(t!(cx.lang, "targets.all_years")), years)}
        {ui::select(cx, &form, Input::new("region", t!(cx.lang, "listings.region")).blank(t!(cx.lang, "matches.all_regions")), regions)}
    }
    .into_any();
    ui::filter_panel(cx, &FILTERS, body)
}

fn chips(cx: &Cx, filter: &PrecisionFilter) -> Vec<(String, String, String)> {
    let useful = filter.useful.map(|u| if u { t!(cx.lang, "review.useful") } else { t!(cx.lang, "review.not_useful") }.to_owned());
    let chosen = [
        ("year", t!(cx.lang, "targets.year"), filter.year.map(|year| year.to_string())),
        ("month", t!(cx.lang, "review.month"), filter.month.map(month_text)),
        ("region", t!(cx.lang, "listings.region"), filter.region.as_deref().map(|code| region_name(cx, code))),
        ("field", t!(cx.lang, "fields.field"), filter.field.map(|field| field_name(cx, field))),
        ("reason", t!(cx.lang, "review.reason"), filter.reason.map(|reason| reason_words(cx, reason))),
        ("useful", t!(cx.lang, "review.verdict"), useful),
    ];
    chosen.into_iter().filter_map(|(name, label, value)| Some((label.to_owned(), value?, cx.here(&cx.query.with(name, ""))))).collect()
}

/// This page with one more thing chosen, at the list of pairs.
fn narrowed(cx: &Cx, query: &Query) -> String {
    format!("{}#pairs", cx.here(query))
}

fn number(href: String, n: u64) -> AnyView {
    if n == 0 { "0".into_any() } else { view! { <a href=href>{ui::count(n)}</a> }.into_any() }
}

fn figures(cx: &Cx, found: &Precision) -> AnyView {
    let whole = found.whole;
    let query = &cx.query;
    let stats = vec![
        ui::stat(t!(cx.lang, "review.share"), &share_text(whole), t!(cx.lang, "review.share_hint"), None),
        ui::stat(t!(cx.lang, "review.judged"), &ui::count(whole.judged), "", Some(narrowed(cx, query))),
        ui::stat(t!(cx.lang, "review.useful"), &ui::count(whole.useful), "", Some(narrowed(cx, &query.with("useful", "yes")))),
    ];
    let fields: Vec<(String, &'static str, String, Share)> =
        found.fields.iter().map(|(field, share)| (field_name(cx, *field), "field", field_key(*field).to_owned(), *share)).collect();
    let months: Vec<(String, &'static str, String, Share)> =
        found.months.iter().map(|(month, share)| (month_text(*month), "month", month_text(*month), *share)).collect();
    let (by_field, by_month) = (t!(cx.lang, "review.by_technical_field"), t!(cx.lang, "review.by_month"));
    view! {
        {ui::stats(stats)}
        {ui::section("fields", by_field, view! {
            <div class="spaced">{chart(cx, "precision-fields", by_field, t!(cx.lang, "fields.field"), &fields)}{shares(cx, by_field, t!(cx.lang, "fields.field"), &fields)}</div>
        }.into_any())}
        {ui::section("months", by_month, view! {
            <div class="spaced">{chart(cx, "precision-months", by_month, t!(cx.lang, "review.month"), &months)}{shares(cx, by_month, t!(cx.lang, "review.month"), &months)}</div>
        }.into_any())}
        {reasons(cx, found)}
        {ui::section("pairs", t!(cx.lang, "review.judged_pairs"), view! {
            {pairs(cx, found)}
            {ui::pager(cx, found.pairs.total, found.pairs.per_page)}
        }.into_any())}
    }
    .into_any()
}

/// Rows of judged pairs: how many, how many useful, which share; each number leads to its pairs.
fn shares(cx: &Cx, caption: &str, column: &str, rows: &[(String, &'static str, String, Share)]) -> AnyView {
    let rows = rows
        .iter()
        .map(|(label, name, code, share)| {
            let chosen = cx.query.with(name, code);
            vec![
                label.clone().into_any(),
                number(narrowed(cx, &chosen), share.judged),
                number(narrowed(cx, &chosen.with("useful", "yes")), share.useful),
                share_text(*share).into_any(),
            ]
        })
        .collect();
    let head = [column, t!(cx.lang, "review.judged"), t!(cx.lang, "review.useful"), t!(cx.lang, "review.share")];
    ui::table(caption, head.map(str::to_owned).to_vec(), rows, &[Align::Start, Align::End, Align::End, Align::End])
}

fn chart(cx: &Cx, id: &str, title: &str, column: &str, rows: &[(String, &'static str, String, Share)]) -> AnyView {
    let series = rows
        .iter()
        .map(|(label, name, code, share)| Bar {
            label: label.clone(),
            value: i64::try_from(share.useful.saturating_mul(1_000) / share.judged.max(1)).unwrap_or(0),
            href: Some(narrowed(cx, &cx.query.with(name, code))),
        })
        .collect();
    ui::bar_list(
        cx,
        BarChart {
            id: id.to_owned(),
            title: title.to_owned(),
            summary: t!(cx.lang, "review.chart_summary").to_owned(),
            label_title: column.to_owned(),
            value_title: t!(cx.lang, "review.share").to_owned(),
            series,
            target: None,
            format: Box::new(|value| ui::percent(value, 1_000)),
        },
    )
}

fn reasons(cx: &Cx, found: &Precision) -> Option<AnyView> {
    let rows: Vec<Vec<AnyView>> = found
        .reasons
        .iter()
        .map(|(reason, count)| {
            let source = match reason {
                JudgedReason::Feedback(_) => t!(cx.lang, "review.of_matches"),
                JudgedReason::Decline(_) => t!(cx.lang, "review.of_outcomes"),
            };
            let to = narrowed(cx, &cx.query.with("reason", &reason.key()));
            vec![reason_words(cx, *reason).into_any(), source.into_any(), number(to, *count)]
        })
        .collect();
    let title = t!(cx.lang, "review.reasons");
    let head = [t!(cx.lang, "review.reason"), t!(cx.lang, "review.said_where"), t!(cx.lang, "review.pair_count")];
    (!rows.is_empty()).then(|| {
        let table = ui::table(title, head.map(str::to_owned).to_vec(), rows, &[Align::Start, Align::Start, Align::End]);
        ui::section("reasons", title, table)
    })
}

fn pairs(cx: &Cx, found: &Precision) -> AnyView {
    let rows = found.pairs.items.iter().map(|pair| row(cx, pair)).collect();
    let head = [
        t!(cx.lang, "review.demand"),
        t!(cx.lang, "review.achievement"),
        t!(cx.lang, "review.verdict"),
        t!(cx.lang, "review.said_by"),
        t!(cx.lang, "review.when"),
    ];
    ui::record_table(t!(cx.lang, "review.judged_pairs"), head.map(str::to_owned).to_vec(), rows, &[])
}

fn row(cx: &Cx, pair: &JudgedPair) -> Vec<AnyView> {
    let (words, tone) =
        if pair.useful { (t!(cx.lang, "review.useful"), Tone::Good) } else { (t!(cx.lang, "review.not_useful"), Tone::Warn) };
    let why = pair.reason.map(|reason| view! { " "<span class="hint">{reason_words(cx, reason)}</span> });
    vec![
        side(cx, &pair.demand),
        side(cx, &pair.achievement),
        view! { {ui::badge(words, tone)}{why} }.into_any(),
        code_label(cx.lang, Judgement::GROUP, pair.by.code()).into_any(),
        ui::date(cx, pair.at),
    ]
}

/// A listing by its title where the reader may open it, by its number otherwise.
fn side(cx: &Cx, side: &JudgedSide) -> AnyView {
    match &side.title {
        Some(title) => {
            let to = cx.href(&Route::Listing(side.kind, side.number.clone()));
            view! { <a href=to>{title.clone()}</a>" "<span class="hint">{side.number.clone()}</span> }.into_any()
        }
        None => side.number.clone().into_any(),
    }
}
