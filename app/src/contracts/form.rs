//! The form of a contract: recorded from a deal or without one, saved as a draft, handed in from its own page once its text is attached.

use keqiao_market::{
    Error,
    contracts::{self, ContractView},
    deals::{self, DealView},
    interests,
    room::terms,
};
use keqiao_model::{Coded, ContractKind, ContractSubkind, Field, Fields, LegalKind, ListingKind, PaymentWay, TEXT_MAX, TITLE_MAX};
use leptos::prelude::*;

use super::{list::region_options, view::decision};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input},
    words::code_label,
};

/// Who is in the contract, and what the form still asks of them.
struct Parties {
    seller: String,
    /// Nobody yet when the form asks for the buyer.
    buyer: Option<String>,
    /// Number of the deal it comes from.
    deal: Option<String>,
    /// What the seller may have converted; asked only with the buyer.
    achievements: Vec<(String, String)>,
}

/// Fields and what they are called, in the order of the form.
pub(super) fn labels(cx: &Cx) -> [(&'static str, &'static str); 15] {
    [
        ("title", t!(cx.lang, "contracts.name")),
        ("subkind", t!(cx.lang, "contracts.kind")),
        ("field", t!(cx.lang, "fields.field")),
        ("summary", t!(cx.lang, "contracts.summary")),
        ("buyer_name", t!(cx.lang, "contracts.buyer_name")),
        ("buyer_credit_code", t!(cx.lang, "contracts.buyer_credit_code")),
        ("buyer_region", t!(cx.lang, "contracts.buyer_region")),
        ("buyer_legal_kind", t!(cx.lang, "contracts.buyer_legal_kind")),
        ("achievement", t!(cx.lang, "contracts.achievement")),
        ("signed_on", t!(cx.lang, "contracts.signed_on")),
        ("starts_on", t!(cx.lang, "contracts.starts_on")),
        ("ends_on", t!(cx.lang, "contracts.ends_on")),
        ("value", t!(cx.lang, "contracts.value")),
        ("technical_value", t!(cx.lang, "contracts.technical_value")),
        ("payment", t!(cx.lang, "contracts.payment")),
    ]
}

/// A new contract: of the deal in the address, or of the organisation acted for.
pub(super) async fn new_page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let number = cx.query.get("deal").trim();
    if !number.is_empty() {
        let deal = deals::deal(&cx.market, &cx.actor, number).await?;
        return new_of_deal(cx, &deal, form).await;
    }
    let title = t!(cx.lang, "contracts.record");
    let Some(seller) = cx.actor.organisation().cloned() else {
        let cx = cx.clone();
        return Ok(Page::new(title, move || {
            let action = (t!(cx.lang, "listings.to_organisation"), cx.href(&Route::OrganisationNew));
            let empty = ui::empty(&cx, t!(cx.lang, "listings.need_organisation"), t!(cx.lang, "contracts.need_organisation"), Some(action));
            view! { {ui::page_title(title, None, None)}{empty} }.into_any()
        }));
    };
    let parties = Parties { seller: seller.name, buyer: None, deal: None, achievements: achievements(cx).await? };
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, title, &parties, None, &form.unwrap_or_default())))
}

async fn new_of_deal(cx: &Cx, deal: &DealView, form: Option<Form>) -> Result<Page, PageError> {
    if !deal.may_sign {
        // Recorded meanwhile, or not this person's to record: what there is says where it stands.
        let to =
            deal.contract.as_ref().map_or_else(|| Route::Deal(deal.summary.number.clone()), |(number, _)| Route::Contract(number.clone()));
        return Err(PageError::Redirect(cx.href(&to)));
    }
    let field = [&deal.achievement, &deal.demand].into_iter().flatten().find_map(|l| l.field);
    let terms = terms::accepted_terms(&cx.market, &cx.actor, &deal.summary.number).await?;
    let form = form.unwrap_or_else(|| {
        let mut fields: Fields = [("title", deal.summary.title.as_str()), ("field", field.map_or("", |f| f.code()))].into_iter().collect();
        // What both sides accepted is what the contract says, unless somebody types otherwise.
        if let Some(terms) = &terms {
            fields.push("kind", terms.kind.code());
            fields.push("value", terms.price.format_input());
            fields.push("technical_value", terms.price.format_input());
            fields.push("payment", terms.payment.code());
        }
        Form::filled(fields)
    });
    let s = &deal.summary;
    let parties =
        Parties { seller: s.seller.1.clone(), buyer: Some(s.buyer.1.clone()), deal: Some(s.number.clone()), achievements: Vec::new() };
    let title = t!(cx.lang, "contracts.record");
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, title, &parties, None, &form)))
}

/// What the organisation acted for has on the market, to be named as converted.
async fn achievements(cx: &Cx) -> Result<Vec<(String, String)>, PageError> {
    let own = interests::counters(&cx.market, &cx.actor, ListingKind::Demand).await?;
    Ok(own.into_iter().map(|l| (l.number.clone(), format!("{} {}", l.number, l.title))).collect())
}

/// A draft or a returned contract.
pub(super) async fn edit_page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let contract = contracts::contract(&cx.market, &cx.actor, number).await?;
    let Some(detail) = contract.detail.as_ref().filter(|_| contract.own) else { return Err(PageError::NotFound) };
    if !contract.editable {
        return Err(PageError::Redirect(cx.href(&Route::Contract(number.to_owned()))));
    }
    // The seller names the buyer of a contract that comes from no deal.
    let asks = contract.selling && detail.deal.is_none();
    let mut achievements = if asks && cx.actor.acts_for(detail.seller.id) { achievements(cx).await? } else { Vec::new() };
    if let Some(chosen) = detail.achievement.as_ref().filter(|chosen| !achievements.iter().any(|(number, _)| number == *chosen)) {
        achievements.push((chosen.clone(), chosen.clone()));
    }
    let parties = Parties {
        seller: detail.seller.name.clone(),
        buyer: (!asks).then(|| detail.buyer.name.clone()),
        deal: detail.deal.clone(),
        achievements,
    };
    let form = match form {
        Some(form) if form.is_stale() => form.at_version(contract.version),
        Some(form) => form,
        None => {
            let mut fields = detail.content.to_fields();
            fields.push("buyer_name", detail.buyer.name.as_str());
            fields.push("buyer_credit_code", detail.buyer.credit_code.as_str());
            fields.push("achievement", detail.achievement.as_deref().unwrap_or_default());
            Form::filled(fields).at_version(contract.version)
        }
    };
    let title = t!(cx.lang, "contracts.edit_title", number = number);
    let cx = cx.clone();
    Ok(Page::new(title.clone(), move || view(&cx, &title, &parties, Some(&contract), &form)))
}

/// The fields as the market reads them: the form asks for the subkind only, which says the kind.
fn posted(submission: &Submission) -> Fields {
    let mut fields = submission.fields.clone();
    fields.0.retain(|(name, _)| name != "kind");
    if let Some(subkind) = ContractSubkind::from_code(fields.value("subkind").trim()) {
        fields.push("kind", subkind.kind().code());
    }
    fields
}

/// A refused form: reasons in the order of the form, and what was wrong with the kind said at the subkind.
fn refused(cx: &Cx, submission: &Submission, error: Error) -> Result<Outcome, PageError> {
    let Error::Invalid(mut errors) = error else { return Outcome::refused(submission, error) };
    let labels = labels(cx);
    errors.retain(|e| e.field != "kind");
    errors.sort_by_key(|e| labels.iter().position(|(field, _)| *field == e.field));
    Outcome::refused(submission, Error::Invalid(errors))
}

pub(super) async fn create(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let deal = Some(cx.query.get("deal").trim()).filter(|number| !number.is_empty());
    match contracts::create_contract(&cx.market, &cx.actor, deal, &posted(submission), submission.once()).await {
        Ok(number) => Ok(Outcome::Go(Route::Contract(number), Some("flash.contract_recorded"))),
        Err(error) => refused(cx, submission, error),
    }
}

pub(super) async fn save(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (version, once) = (submission.version(), submission.once());
    match contracts::save_contract(&cx.market, &cx.actor, number, &posted(submission), version, once).await {
        Ok(()) => Ok(Outcome::Go(Route::Contract(number.to_owned()), Some("flash.saved"))),
        Err(error) => refused(cx, submission, error),
    }
}

fn view(cx: &Cx, title: &str, parties: &Parties, contract: Option<&ContractView>, form: &Form) -> AnyView {
    let labels = labels(cx);
    let label = |name: &str| labels.iter().find(|(field, _)| *field == name).map_or("", |(_, label)| label);
    let input = |name: &'static str| Input::new(name, label(name));
    let subkinds = ContractKind::ALL
        .iter()
        .map(|kind| {
            let subkinds = kind.subkinds().iter().map(|s| (s.code().to_owned(), code_label(cx.lang, ContractSubkind::GROUP, s.code())));
            (code_label(cx.lang, ContractKind::GROUP, kind.code()), subkinds.collect())
        })
        .collect();
    let (back_words, back) = match (contract, &parties.deal) {
        (Some(contract), _) => (contract.summary.number.clone(), Route::Contract(contract.summary.number.clone())),
        (None, Some(deal)) => (deal.clone(), Route::Deal(deal.clone())),
        (None, None) => (t!(cx.lang, "contracts.title").to_owned(), Route::Contracts),
    };
    let body = view! {
        {ui::hidden("version", &form.value("version"))}
        {ui::fieldset(t!(cx.lang, "contracts.part_subject"), view! {
            {ui::text(cx, form, input("title").required().max(TITLE_MAX).hint(t!(cx.lang, "contracts.name_hint")))}
            {ui::select_grouped(cx, form, input("subkind").required(), subkinds)}
            {ui::select(cx, form, input("field").required(), options::<Field>(cx.lang))}
            {ui::textarea(cx, form, input("summary").required().rows(5).max(TEXT_MAX).hint(t!(cx.lang, "contracts.summary_hint")))}
        }.into_any())}
        {ui::fieldset(t!(cx.lang, "contracts.parties"), party_fields(cx, parties, form, input))}
        {ui::fieldset(t!(cx.lang, "contracts.part_term"), view! {
            {ui::date_input(cx, form, input("signed_on").required())}
            {ui::date_input(cx, form, input("starts_on").required())}
            {ui::date_input(cx, form, input("ends_on").required())}
        }.into_any())}
        {ui::fieldset(t!(cx.lang, "contracts.part_price"), view! {
            {ui::money_input(cx, form, input("value").required().hint(t!(cx.lang, "contracts.value_hint")))}
            {ui::money_input(cx, form, input("technical_value").required().hint(t!(cx.lang, "contracts.technical_value_hint")))}
            {ui::radios(cx, form, input("payment").required(), options::<PaymentWay>(cx.lang))}
        }.into_any())}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "contracts.save"), "save", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "contracts.leave"), &cx.href(&back), ButtonStyle::Quiet),
        ])}
        <p class="hint">{t!(cx.lang, "contracts.files_later")}</p>
    }
    .into_any();
    let conflict = contract.and_then(|c| c.detail.as_ref()).map(|detail| ui::conflict(cx, form, &detail.content.to_fields(), &labels));
    let decided = contract.and_then(|c| c.detail.as_ref().map(|detail| decision(cx, c.summary.state, detail)));
    let to = format!("{}{}", cx.href(&cx.route), cx.query.to_search());
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, &back_words, &cx.href(&back))}
        {ui::page_title(title, None, None)}
        {conflict}
        {decided}
        <div class="narrow">{ui::form(cx, &to, false, body)}</div>
    }
    .into_any()
}

/// Seller and buyer: as the deal has them, or the buyer to be named.
fn party_fields(cx: &Cx, parties: &Parties, form: &Form, input: impl Fn(&'static str) -> Input) -> AnyView {
    let mut known = vec![(t!(cx.lang, "contracts.seller").to_owned(), parties.seller.clone().into_any())];
    if let Some(buyer) = &parties.buyer {
        known.push((t!(cx.lang, "contracts.buyer").to_owned(), buyer.clone().into_any()));
    }
    if let Some(deal) = &parties.deal {
        let (to, words) = (cx.href(&Route::Deal(deal.clone())), deal.clone());
        known.push((t!(cx.lang, "contracts.deal").to_owned(), view! { <a href=to>{words}</a> }.into_any()));
    }
    let asked = parties.buyer.is_none().then(|| {
        let more = ["buyer_region", "buyer_legal_kind"];
        let open = more.iter().any(|name| !form.value(name).is_empty() || form.errors.iter().any(|e| e.field == *name));
        let by_code = t!(cx.lang, "contracts.by_code");
        let stranger = view! {
            {ui::select(cx, form, input("buyer_region").blank(by_code), region_options(cx))}
            {ui::select(cx, form, input("buyer_legal_kind").blank(by_code), options::<LegalKind>(cx.lang))}
        }
        .into_any();
        let converted = (!parties.achievements.is_empty()).then(|| {
            let input = input("achievement").hint(t!(cx.lang, "contracts.achievement_hint")).blank(t!(cx.lang, "contracts.no_achievement"));
            ui::select(cx, form, input, parties.achievements.clone())
        });
        view! {
            {ui::text(cx, form, input("buyer_name").required().hint(t!(cx.lang, "contracts.buyer_name_hint")))}
            {ui::text(cx, form, input("buyer_credit_code").required().credit_code().width(20).hint(t!(cx.lang, "contracts.buyer_credit_code_hint")))}
            {ui::details(t!(cx.lang, "contracts.stranger"), open, stranger)}
            {converted}
        }
    });
    view! { {ui::definition_list(known)}{asked} }.into_any()
}
