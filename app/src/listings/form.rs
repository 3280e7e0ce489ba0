//! The form of a demand or an achievement: saved as a draft or handed in.

use keqiao_market::{
    ListingSummary,
    listings::{self, ListingView},
    similar::{self, SEEN, SimilarListing},
};
use keqiao_model::{
    Coded, Cooperation, Field, Fields, INDUSTRIES, INDUSTRY_GROUP, IpKind, IpStatus, Lang, ListingKind, Ownership, PriceKind, SUMMARY_MAX,
    TEXT_MAX,
};
use leptos::prelude::*;

use super::{
    field_label,
    similar::{near_question, of_form},
};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input, Tone},
    words::code_label,
};

/// Fields in the order of the form, for the summary of errors.
const NAMES: [&str; 30] = [
    "title",
    "language",
    "one_sentence",
    "summary",
    "background",
    "current",
    "problem",
    "tried",
    "advantage",
    "indicators",
    "trl",
    "trl_evidence",
    "applications",
    "field",
    "industry",
    "chain_node",
    "discipline",
    "keywords",
    "cooperation",
    "price_kind",
    "price_min",
    "price_max",
    "deadline",
    "ownership",
    "funding",
    "ip",
    "inventors",
    "detail",
    SEEN,
    "version",
];

/// Code and words of every value of a list.
pub(crate) fn options<T: Coded>(lang: Lang) -> Vec<(String, String)> {
    T::all().iter().map(|v| (v.code().to_owned(), code_label(lang, T::GROUP, v.code()))).collect()
}

pub(super) async fn new_page(cx: &Cx, kind: ListingKind, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let title = new_title(cx, kind);
    if cx.actor.organisation().is_none() {
        let cx = cx.clone();
        return Ok(Page::new(title, move || {
            let to = cx.href(&Route::OrganisationNew);
            let first = ui::empty(
                &cx,
                t!(cx.lang, "listings.need_organisation"),
                t!(cx.lang, "listings.need_organisation_text"),
                Some((t!(cx.lang, "listings.to_organisation"), to)),
            );
            view! { {ui::page_title(title, None, None)}{first} }.into_any()
        }));
    }
    let form = form.unwrap_or_else(|| Form::filled([("language", cx.lang.tag())].into_iter().collect::<Fields>()));
    let around = around(cx, kind, None, &form).await?;
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, kind, title, None, &around, &form)))
}

/// The button that looks for matches without scripts.
const LOOK: &str = "matches";

/// What a form is shown with.
struct Around {
    /// Listings of the same side that may be the same thing.
    near: Vec<SimilarListing>,
    /// Listings of the other side that would match it, once somebody looked.
    matches: Option<Vec<ListingSummary>>,
}

async fn around(cx: &Cx, kind: ListingKind, number: Option<&str>, form: &Form) -> Result<Around, PageError> {
    let looked = form.value("action") == LOOK;
    Ok(Around {
        near: of_form(cx, kind, number, form).await?,
        matches: if looked { Some(similar::live_matches(&cx.market, &cx.actor, kind, &form.fields).await?) } else { None },
    })
}

/// What would match the listing while it is written: found by a script as one types, or with the button.
fn live(cx: &Cx, kind: ListingKind, matches: Option<&Vec<ListingSummary>>) -> AnyView {
    let side = if kind == ListingKind::Demand { "demand" } else { "achievement" };
    let address = format!("/suggest/matches?kind={side}&lang={}", cx.lang.tag());
    let items: Vec<AnyView> = matches
        .into_iter()
        .flatten()
        .map(|m| {
            let to = cx.href(&Route::Listing(m.kind, m.number.clone()));
            view! { <li><a href=to target="_blank" rel="noopener">{m.title.clone()}</a>" "<span class="hint">{m.organisation.clone()}</span></li> }
                .into_any()
        })
        .collect();
    let status = match matches {
        Some(found) if found.is_empty() => t!(cx.lang, "listings.live_none").to_owned(),
        Some(found) => t!(cx.lang, "listings.live_found", n = found.len()),
        None => String::new(),
    };
    let body = view! {
        <div data-live=address data-live-found=t!(cx.lang, "listings.live_found") data-live-none=t!(cx.lang, "listings.live_none")>
            <p class="hint">{t!(cx.lang, "listings.live_hint")}</p>
            <p role="status">{status}</p>
            <ul class="live-matches">{items}</ul>
            {ui::buttons(vec![ui::button(t!(cx.lang, "listings.live_look"), LOOK, ButtonStyle::Secondary)])}
        </div>
    }
    .into_any();
    ui::fieldset(t!(cx.lang, "listings.live"), body)
}

fn new_title(cx: &Cx, kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => t!(cx.lang, "listings.post_demand"),
        ListingKind::Achievement => t!(cx.lang, "listings.list_achievement"),
    }
}

pub(super) async fn edit_page(cx: &Cx, kind: ListingKind, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let listing = listings::listing(&cx.market, &cx.actor, kind, number).await?;
    if !listing.own || !listing.summary.state.is_editable() {
        return Err(if listing.own { PageError::Redirect(cx.href(&Route::Listing(kind, number.to_owned()))) } else { PageError::NotFound });
    }
    let title = t!(cx.lang, "listings.edit_title", number = number);
    let saved = listing.content.to_fields();
    let form = match form {
        Some(form) if form.is_stale() => form.at_version(listing.version),
        Some(form) => form,
        None => Form::filled(saved).at_version(listing.version),
    };
    let around = around(cx, kind, Some(number), &form).await?;
    let cx = cx.clone();
    Ok(Page::new(title.clone(), move || view(&cx, kind, &title, Some(&listing), &around, &form)))
}

pub(super) async fn create(cx: &Cx, kind: ListingKind, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action().starts_with("more_") || submission.action() == LOOK {
        return Ok(Outcome::Again(Form::again(submission)));
    }
    let submit = submission.action() == "submit";
    if let Err(error) = check(cx, kind, None, submission, submit).await {
        return Outcome::refused(submission, error);
    }
    match listings::create_listing(&cx.market, &cx.actor, kind, &submission.fields, submit, submission.once()).await {
        Ok(number) => Ok(Outcome::Go(Route::Listing(kind, number), Some(if submit { "flash.submitted" } else { "flash.saved" }))),
        Err(error) => Outcome::refused(submission, error),
    }
}

pub(super) async fn save(cx: &Cx, kind: ListingKind, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action().starts_with("more_") || submission.action() == LOOK {
        return Ok(Outcome::Again(Form::again(submission)));
    }
    let submit = submission.action() == "submit";
    if let Err(error) = check(cx, kind, Some(number), submission, submit).await {
        return Outcome::refused(submission, error);
    }
    match listings::save_listing(&cx.market, &cx.actor, kind, number, &submission.fields, submit, submission.version(), submission.once())
        .await
    {
        Ok(()) => Ok(Outcome::Go(Route::Listing(kind, number.to_owned()), Some(if submit { "flash.submitted" } else { "flash.saved" }))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// Before something is handed in: does the market say it already?
async fn check(cx: &Cx, kind: ListingKind, number: Option<&str>, submission: &Submission, submit: bool) -> keqiao_market::Result<()> {
    if submit { similar::check_similar(&cx.market, &cx.actor, kind, number, &submission.fields).await } else { Ok(()) }
}

/// One labelled field with its hint, if the locales have one.
fn input(cx: &Cx, name: &str) -> Input {
    let input = Input::new(name, field_label(cx.lang, name));
    match crate::words::find(cx.lang, &format!("fields.{name}_hint")) {
        Some(hint) => input.hint(hint),
        None => input,
    }
}

fn view(cx: &Cx, kind: ListingKind, title: &str, listing: Option<&ListingView>, around: &Around, form: &Form) -> AnyView {
    let labels: Vec<(String, String)> = NAMES.iter().map(|n| ((*n).to_owned(), field_label(cx.lang, n))).collect();
    let labels: Vec<(&str, &str)> = labels.iter().map(|(n, l)| (n.as_str(), l.as_str())).collect();
    let long = |name: &str, rows: u8| ui::textarea(cx, form, input(cx, name).rows(rows).max(TEXT_MAX));
    let required = |name: &str, rows: u8| ui::textarea(cx, form, input(cx, name).rows(rows).max(TEXT_MAX).required());
    let languages = Lang::ALL.iter().map(|l| (l.tag().to_owned(), crate::words::label(cx.lang, "listings.language", l.tag()))).collect();
    let demand = kind == ListingKind::Demand;
    let what = if demand {
        view! {
            {required("background", 4)}
            {long("current", 3)}
            {required("problem", 6)}
            {long("tried", 3)}
        }
        .into_any()
    } else {
        view! { {required("advantage", 5)}{long("applications", 3)} }.into_any()
    };
    let levels = (1..=9).map(|l| (l.to_string(), code_label(cx.lang, "trl", &l.to_string()))).collect();
    let industries = INDUSTRIES.iter().map(|c| ((*c).to_owned(), format!("{c} {}", code_label(cx.lang, INDUSTRY_GROUP, c)))).collect();
    let industry = if demand { input(cx, "industry").required() } else { input(cx, "industry") };
    let place = if demand {
        ui::text(cx, form, input(cx, "chain_node"))
    } else {
        ui::text(cx, form, input(cx, "discipline").inputmode("numeric").width(10))
    };
    let amounts = if demand {
        (t!(cx.lang, "listings.budget_min"), t!(cx.lang, "listings.budget_max"))
    } else {
        (t!(cx.lang, "listings.price_min"), t!(cx.lang, "listings.price_max"))
    };
    let amount = |name: &str, label: &str| ui::money_input(cx, form, Input::new(name, label).hint(t!(cx.lang, "listings.amount_hint")));
    let price_kind = (!demand).then(|| ui::radios(cx, form, input(cx, "price_kind").required(), options::<PriceKind>(cx.lang)));
    let deadline = ui::date_input(cx, form, if demand { input(cx, "deadline").required() } else { input(cx, "deadline") });
    let rights = (!demand).then(|| {
        ui::fieldset(
            t!(cx.lang, "listings.rights"),
            view! {
                {ui::select(cx, form, input(cx, "ownership").required(), options::<Ownership>(cx.lang))}
                {ui::text(cx, form, input(cx, "funding"))}
                {rights_rows(cx, form)}
                {inventor_rows(cx, form)}
            }
            .into_any(),
        )
    });
    let trl = input(cx, "trl").required();
    let evidence = (!demand).then(|| required("trl_evidence", 3));
    let one = (!demand).then(|| ui::text(cx, form, input(cx, "one_sentence").required().max(200)));
    let buttons = ui::buttons(vec![
        ui::button(t!(cx.lang, "listings.submit"), "submit", ButtonStyle::Primary),
        ui::button(t!(cx.lang, "listings.save_draft"), "save", ButtonStyle::Secondary),
    ]);
    let body = view! {
        // Enter in a field saves: without it the browser would press the first button, which adds a row.
        <button class="hidden-text" type="submit" name="action" value="save" tabindex="-1" aria-hidden="true"></button>
        {ui::hidden("version", &form.value("version"))}
        {ui::fieldset(t!(cx.lang, "listings.part_what"), view! {
            {ui::text(cx, form, input(cx, "title").required().max(keqiao_model::TITLE_MAX))}
            {ui::radios(cx, form, input(cx, "language").required(), languages)}
            {one}
            {ui::textarea(cx, form, input(cx, "summary").rows(5).max(SUMMARY_MAX).required())}
            {what}
        }.into_any())}
        {ui::fieldset(t!(cx.lang, "listings.part_indicators"), view! {
            {ui::indicator_editor(cx, form, "indicators")}
            {ui::select(cx, form, trl, levels)}
            {evidence}
        }.into_any())}
        {ui::fieldset(t!(cx.lang, "listings.part_place"), view! {
            {ui::select(cx, form, input(cx, "field").required(), options::<Field>(cx.lang))}
            {ui::select(cx, form, industry, industries)}
            {place}
            {ui::text(cx, form, input(cx, "keywords"))}
        }.into_any())}
        {ui::fieldset(t!(cx.lang, "listings.part_terms"), view! {
            {ui::checkboxes(cx, form, input(cx, "cooperation").required(), options::<Cooperation>(cx.lang))}
            {price_kind}
            {amount("price_min", amounts.0)}
            {amount("price_max", amounts.1)}
            {deadline}
        }.into_any())}
        {rights}
        {ui::fieldset(t!(cx.lang, "listings.part_detail"), view! {
            {ui::notice(cx, Tone::Info, t!(cx.lang, "listings.detail_notice").into_any())}
            {long("detail", 6)}
        }.into_any())}
        {live(cx, kind, around.matches.as_ref())}
        {near_question(cx, &around.near, form)}
        {buttons}
        <p class="hint">{t!(cx.lang, "listings.files_later")}</p>
    }
    .into_any();
    let returned = listing.filter(|l| !l.returned.is_empty()).map(|l| {
        let items: Vec<AnyView> = l
            .returned
            .iter()
            .map(|r| {
                let to = format!("#{}", ui::field_id(&r.field));
                let name = if r.field.is_empty() { String::new() } else { field_label(cx.lang, &r.field) };
                view! { <li><a href=to>{name}</a>" "{r.text.clone()}</li> }.into_any()
            })
            .collect();
        ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "listings.returned_because")}</p><ul>{items}</ul> }.into_any())
    });
    let conflict = listing.map(|l| ui::conflict(cx, form, &l.content.to_fields(), &labels));
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::page_title(title, None, None)}
        {conflict}
        {returned}
        {ui::form(cx, &cx.href(&cx.route), false, body)}
    }
    .into_any()
}

/// Rows already filled, and blank ones up to a number; one more when its button was pressed.
fn rows_to_draw(form: &Form, prefix: &str, least: usize) -> Vec<(usize, Fields)> {
    let mut rows = form.rows(prefix);
    let next = rows.last().map_or(0, |(index, _)| index + 1);
    let more = usize::from(form.value("action") == format!("more_{prefix}"));
    let blank = least.saturating_sub(rows.len()).max(more);
    rows.extend((next..next + blank).map(|index| (index, Fields::default())));
    rows
}

fn rights_rows(cx: &Cx, form: &Form) -> AnyView {
    let rows: Vec<AnyView> = rows_to_draw(form, "ip", 2)
        .into_iter()
        .map(|(i, _)| {
            view! {
                <div class="field-row">
                    {ui::select(cx, form, Input::new(format!("ip.{i}.kind"), t!(cx.lang, "listings.ip_kind")), options::<IpKind>(cx.lang))}
                    {ui::text(cx, form, Input::new(format!("ip.{i}.number"), t!(cx.lang, "listings.ip_number")))}
                    {ui::select(cx, form, Input::new(format!("ip.{i}.status"), t!(cx.lang, "listings.ip_status")), options::<IpStatus>(cx.lang))}
                </div>
            }
            .into_any()
        })
        .collect();
    group(cx, form, "ip", rows, t!(cx.lang, "listings.more_ip"))
}

fn inventor_rows(cx: &Cx, form: &Form) -> AnyView {
    let rows: Vec<AnyView> = rows_to_draw(form, "inventors", 2)
        .into_iter()
        .map(|(i, _)| {
            view! {
                <div class="field-row">
                    {ui::text(cx, form, Input::new(format!("inventors.{i}.name"), t!(cx.lang, "listings.inventor_name")))}
                    {ui::text(cx, form, Input::new(format!("inventors.{i}.share"), t!(cx.lang, "listings.inventor_share")).inputmode("numeric").width(5).suffix("%"))}
                </div>
            }
            .into_any()
        })
        .collect();
    group(cx, form, "inventors", rows, t!(cx.lang, "listings.more_inventors"))
}

fn group(cx: &Cx, form: &Form, name: &str, rows: Vec<AnyView>, more: &str) -> AnyView {
    let error = ui::error_text(cx, name, form.error(cx.lang, name));
    view! {
        <fieldset class="rows" id=ui::field_id(name)>
            <legend>{field_label(cx.lang, name)}</legend>
            {error}
            {rows}
            {ui::button(more, &format!("more_{name}"), ButtonStyle::Quiet)}
        </fieldset>
    }
    .into_any()
}
