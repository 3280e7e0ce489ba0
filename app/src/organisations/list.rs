//! Everybody in the market, by name. Everything chosen stands in the address.

use keqiao_market::{
    Paged,
    organisations::{self, OrganisationView},
};
use keqiao_model::{Coded, INDUSTRY_GROUP, Lang, OrganisationKind};
use leptos::prelude::*;

use super::fields::{region_options, shown_name};
use crate::{
    Cx, Form, Page, PageError, Route,
    listings::{options, region_name},
    t,
    ui::{self, ButtonStyle, Input, ResultItem},
    words::code_label,
};

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    // Unknown values are ignored: an old link never fails.
    let kind = OrganisationKind::from_code(cx.query.get("kind"));
    let region = Some(cx.query.get("region")).filter(|code| region_options(cx).iter().any(|(known, _)| known == code));
    let found = organisations::organisations(&cx.market, cx.query.get("q"), kind, region, cx.query.page()).await?;
    let region = region.map(str::to_owned);
    let cx = cx.clone();
    let description = t!(cx.lang, "organisations.lead");
    Ok(Page::new(t!(cx.lang, "organisations.title"), move || view(&cx, kind, region.as_deref(), &found)).public(description))
}

fn view(cx: &Cx, kind: Option<OrganisationKind>, region: Option<&str>, found: &Paged<OrganisationView>) -> AnyView {
    let add = t!(cx.lang, "organisations.add");
    let beside = ui::button_link(add, &cx.href(&Route::OrganisationNew), ButtonStyle::Secondary);
    let form = Form::filled(cx.query.0.iter().cloned().collect());
    let filters = view! {
        {ui::select(cx, &form, Input::new("kind", t!(cx.lang, "organisations.kind")).blank(t!(cx.lang, "organisations.any")), options::<OrganisationKind>(cx.lang))}
        {ui::select(cx, &form, Input::new("region", t!(cx.lang, "organisations.region")).blank(t!(cx.lang, "organisations.any")), region_options(cx))}
    }
    .into_any();
    let list = if found.items.is_empty() {
        let filtered = !cx.query.get("q").trim().is_empty() || kind.is_some() || region.is_some();
        let (text, action) = if filtered {
            (t!(cx.lang, "organisations.none_found"), (t!(cx.lang, "organisations.clear"), cx.href(&cx.route)))
        } else {
            (t!(cx.lang, "organisations.none_yet"), (add, cx.href(&Route::OrganisationNew)))
        };
        ui::empty(cx, t!(cx.lang, "organisations.nothing"), text, Some(action))
    } else {
        ui::results(found.items.iter().map(|organisation| line(cx, organisation)).collect())
    };
    view! {
        {ui::page_title(t!(cx.lang, "organisations.title"), None, Some(beside))}
        {ui::lead(t!(cx.lang, "organisations.lead"))}
        {ui::search_form(cx, t!(cx.lang, "organisations.search_label"), t!(cx.lang, "organisations.search_placeholder"))}
        <div class="search-page">
            {ui::filter_panel(cx, &["kind", "region"], filters)}
            <section class="search-results" aria-labelledby="results-title">
                <h2 class="hidden-text" id="results-title">{t!(cx.lang, "organisations.results")}</h2>
                {chips(cx, kind, region)}
                <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "organisations.count", n = ui::count(found.total))}</p></div>
                {list}
                {ui::pager(cx, found.total, found.per_page)}
            </section>
        </div>
    }
    .into_any()
}

fn chips(cx: &Cx, kind: Option<OrganisationKind>, region: Option<&str>) -> AnyView {
    let without = |name: &str| cx.here(&cx.query.with(name, ""));
    let words = cx.query.get("q").trim();
    let mut chips = Vec::new();
    if !words.is_empty() {
        chips.push((t!(cx.lang, "listings.words").to_owned(), words.to_owned(), without("q")));
    }
    if let Some(kind) = kind {
        chips.push((
            t!(cx.lang, "organisations.kind").to_owned(),
            code_label(cx.lang, OrganisationKind::GROUP, kind.code()),
            without("kind"),
        ));
    }
    if let Some(region) = region {
        chips.push((t!(cx.lang, "organisations.region").to_owned(), region_name(cx, region), without("region")));
    }
    ui::chips(cx, chips, &cx.href(&cx.route))
}

fn line(cx: &Cx, organisation: &OrganisationView) -> AnyView {
    let mut meta = vec![code_label(cx.lang, OrganisationKind::GROUP, organisation.kind.code()), region_name(cx, &organisation.region)];
    if !organisation.industry.is_empty() {
        meta.push(code_label(cx.lang, INDUSTRY_GROUP, &organisation.industry));
    }
    if organisation.demands > 0 {
        meta.push(t!(cx.lang, "organisations.n_demands", n = ui::count(organisation.demands)));
    }
    if organisation.achievements > 0 {
        meta.push(t!(cx.lang, "organisations.n_achievements", n = ui::count(organisation.achievements)));
    }
    let snippet = ui::excerpt(&organisation.summary, 120);
    let name = shown_name(cx, organisation);
    let original = (name != organisation.name).then(|| {
        let name = organisation.name.clone();
        view! { <span lang=Lang::Zh.tag()>{name}</span> }.into_any()
    });
    ui::result_item(ResultItem {
        meta: original.into_iter().chain(meta.into_iter().map(IntoAny::into_any)).collect(),
        snippet: (!snippet.is_empty()).then(|| snippet.into_any()),
        ..ResultItem::new(name.into_any(), cx.href(&Route::Organisation(organisation.id)))
    })
}
