//! The fields of an organisation: what they are called, and the part of a form that is the same when it is entered and when it is changed.

use keqiao_market::organisations::OrganisationView;
use keqiao_model::{Fields, INDUSTRIES, INDUSTRY_GROUP, Lang, LegalKind, OUTSIDE};
use leptos::prelude::*;

use crate::{
    Cx, Form,
    listings::{options, region_name},
    t,
    ui::{self, Input},
    words::code_label,
};

/// Longest name and summary, characters, as the model has them.
const NAME_MAX: usize = 120;
const SUMMARY_MAX: usize = 2_000;

/// Names of the fields and what they are called, in the order of the form.
pub(super) fn labels(lang: Lang) -> [(&'static str, &'static str); 9] {
    [
        ("credit_code", t!(lang, "organisations.credit_code")),
        ("name", t!(lang, "organisations.name")),
        ("name_en", t!(lang, "organisations.name_en")),
        ("kind", t!(lang, "organisations.kind")),
        ("legal_kind", t!(lang, "organisations.legal_kind")),
        ("region", t!(lang, "organisations.region")),
        ("industry", t!(lang, "organisations.industry")),
        ("summary", t!(lang, "organisations.summary")),
        ("website", t!(lang, "organisations.website")),
    ]
}

/// The regions of the city, and outside it.
pub(super) fn region_options(cx: &Cx) -> Vec<(String, String)> {
    let regions = cx.market.config().regions.iter().map(|region| region.code.clone());
    regions.chain([OUTSIDE.to_owned()]).map(|code| (code.clone(), region_name(cx, &code))).collect()
}

/// What can be changed later; credit code and kind come before it.
pub(super) fn data(cx: &Cx, form: &Form) -> AnyView {
    let industries = INDUSTRIES.iter().map(|c| ((*c).to_owned(), format!("{c} {}", code_label(cx.lang, INDUSTRY_GROUP, c)))).collect();
    let name = Input::new("name", t!(cx.lang, "organisations.name")).hint(t!(cx.lang, "organisations.name_hint"));
    let region = Input::new("region", t!(cx.lang, "organisations.region")).hint(t!(cx.lang, "organisations.region_hint"));
    let website = Input::new("website", t!(cx.lang, "organisations.website")).hint(t!(cx.lang, "organisations.website_hint"));
    view! {
        {ui::text(cx, form, name.autocomplete("organization").lang(Lang::Zh).max(NAME_MAX).required())}
        {ui::text(cx, form, Input::new("name_en", t!(cx.lang, "organisations.name_en")).lang(Lang::En))}
        {ui::select(cx, form, Input::new("legal_kind", t!(cx.lang, "organisations.legal_kind")).required(), options::<LegalKind>(cx.lang))}
        {ui::select(cx, form, region.required(), region_options(cx))}
        {ui::select(cx, form, Input::new("industry", t!(cx.lang, "organisations.industry")), industries)}
        {ui::textarea(cx, form, Input::new("summary", t!(cx.lang, "organisations.summary")).hint(t!(cx.lang, "organisations.summary_hint")).max(SUMMARY_MAX))}
        {ui::text(cx, form, website.kind("url").autocomplete("url"))}
    }
    .into_any()
}

/// The form of an organisation as it stands.
pub(super) fn stored(organisation: &OrganisationView) -> Form {
    let fields: Fields = [
        ("credit_code", organisation.credit_code.as_str()),
        ("name", &organisation.name),
        ("name_en", &organisation.name_en),
        ("kind", organisation.kind.code()),
        ("legal_kind", organisation.legal_kind.code()),
        ("region", &organisation.region),
        ("industry", &organisation.industry),
        ("summary", &organisation.summary),
        ("website", &organisation.website),
        ("version", &organisation.version.to_string()),
    ]
    .into_iter()
    .collect();
    Form::filled(fields)
}

/// The name in the reader's language, where there is one.
pub(super) fn shown_name(cx: &Cx, organisation: &OrganisationView) -> String {
    let english = cx.lang == Lang::En && !organisation.name_en.is_empty();
    if english { organisation.name_en.clone() } else { organisation.name.clone() }
}
