//! The directory of brokers. Everything chosen stands in the address.

use keqiao_market::{
    Paged,
    brokers::{self, BrokerFilter, BrokerView},
};
use keqiao_model::{BrokerGrade, Coded, Field};
use leptos::prelude::*;

use crate::{
    Cx, Form, Page, PageError, Route,
    listings::{options, region_name},
    t,
    ui::{self, ButtonStyle, Input, ResultItem, Tone},
    words::code_label,
};

/// Names in the address.
const FILTERS: [&str; 3] = ["field", "region", "grade"];

/// Regions of the city, the city first.
pub(super) fn region_options(cx: &Cx) -> Vec<(String, String)> {
    cx.market.config().regions.iter().map(|r| (r.code.clone(), region_name(cx, &r.code))).collect()
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    // Unknown values are ignored: an old link never fails.
    let filter = BrokerFilter {
        name: cx.query.get("q").trim().to_owned(),
        field: Field::from_code(cx.query.get("field")),
        region: cx.market.region(cx.query.get("region")).map(|region| region.code.clone()),
        grade: BrokerGrade::from_code(cx.query.get("grade")),
    };
    let found = brokers::brokers(&cx.market, &filter, cx.query.page()).await?;
    let cx = cx.clone();
    let lead = t!(cx.lang, "brokers.lead");
    Ok(Page::new(t!(cx.lang, "brokers.title"), move || view(&cx, &filter, &found)).public(lead))
}

fn view(cx: &Cx, filter: &BrokerFilter, found: &Paged<BrokerView>) -> AnyView {
    let own = cx.actor.person().filter(|p| p.broker).map(|person| {
        let to = cx.href(&Route::Broker(person.id));
        ui::button_link(t!(cx.lang, "brokers.own_profile"), &to, ButtonStyle::Secondary)
    });
    let form = Form::filled(cx.query.0.iter().cloned().collect());
    let any = t!(cx.lang, "brokers.any");
    let body = view! {
        {ui::select(cx, &form, Input::new("field", t!(cx.lang, "brokers.field")).blank(any), options::<Field>(cx.lang))}
        {ui::select(cx, &form, Input::new("region", t!(cx.lang, "brokers.region")).blank(any), region_options(cx))}
        {ui::select(cx, &form, Input::new("grade", t!(cx.lang, "brokers.grade")).blank(any), options::<BrokerGrade>(cx.lang))}
    }
    .into_any();
    let chips = chips(cx, filter);
    let list = if found.items.is_empty() {
        let (text, action) = if chips.is_empty() {
            (t!(cx.lang, "brokers.none_yet"), (t!(cx.lang, "brokers.to_about"), cx.href(&Route::About)))
        } else {
            (t!(cx.lang, "brokers.none_found"), (t!(cx.lang, "listings.clear"), cx.href(&cx.route)))
        };
        ui::empty(cx, t!(cx.lang, "brokers.nothing"), text, Some(action))
    } else {
        ui::results(found.items.iter().map(|broker| line(cx, broker)).collect())
    };
    view! {
        {ui::page_title(t!(cx.lang, "brokers.title"), None, own)}
        {ui::lead(t!(cx.lang, "brokers.lead"))}
        {ui::search_form(cx, t!(cx.lang, "brokers.search_label"), t!(cx.lang, "brokers.search_placeholder"))}
        <div class="search-page">
            {ui::filter_panel(cx, &FILTERS, body)}
            <section class="search-results" aria-labelledby="results-title">
                <h2 class="hidden-text" id="results-title">{t!(cx.lang, "listings.results")}</h2>
                {ui::chips(cx, chips, &cx.href(&cx.route))}
                <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "brokers.count", n = ui::count(found.total))}</p></div>
                {list}
                {ui::pager(cx, found.total, found.per_page)}
            </section>
        </div>
    }
    .into_any()
}

fn chips(cx: &Cx, filter: &BrokerFilter) -> Vec<(String, String, String)> {
    let chosen = [
        ("q", t!(cx.lang, "listings.words"), Some(filter.name.clone()).filter(|name| !name.is_empty())),
        ("field", t!(cx.lang, "brokers.field"), filter.field.map(|f| code_label(cx.lang, Field::GROUP, f.code()))),
        ("region", t!(cx.lang, "brokers.region"), filter.region.as_deref().map(|code| region_name(cx, code))),
        ("grade", t!(cx.lang, "brokers.grade"), filter.grade.map(|g| code_label(cx.lang, BrokerGrade::GROUP, g.code()))),
    ];
    chosen.into_iter().filter_map(|(name, label, value)| Some((label.to_owned(), value?, cx.here(&cx.query.with(name, ""))))).collect()
}

/// The grade of a broker, if it has one.
pub(super) fn grade(cx: &Cx, broker: &BrokerView) -> Option<AnyView> {
    broker.profile.grade.map(|grade| ui::badge(&code_label(cx.lang, BrokerGrade::GROUP, grade.code()), Tone::Good))
}

fn line(cx: &Cx, broker: &BrokerView) -> AnyView {
    let mut meta: Vec<AnyView> = broker.agencies.iter().map(|(_, name)| name.clone().into_any()).collect();
    meta.extend(broker.profile.fields.iter().take(3).map(|field| code_label(cx.lang, Field::GROUP, field.code()).into_any()));
    meta.extend(broker.profile.regions.iter().take(3).map(|code| region_name(cx, code).into_any()));
    meta.push(t!(cx.lang, "brokers.n_deals", n = ui::count(broker.deals)).into_any());
    meta.push(t!(cx.lang, "brokers.n_contracts", n = ui::count(broker.contracts)).into_any());
    let snippet = ui::excerpt(&broker.profile.summary, 120);
    ui::result_item(ResultItem {
        badges: grade(cx, broker).into_iter().collect(),
        meta,
        snippet: (!snippet.is_empty()).then(|| snippet.into_any()),
        ..ResultItem::new(broker.name.clone().into_any(), cx.href(&Route::Broker(broker.id)))
    })
}
