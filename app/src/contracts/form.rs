//! A new contract: recorded from a deal or without one, with what a draft needs. The rest of the form follows, a part at a time.

use keqiao_market::{
    Error, contracts,
    deals::{self, DealView},
    interests,
    room::terms,
};
use keqiao_model::{Coded, ContractKind, ContractSubkind, Field, Fields, LegalKind, ListingKind, PaymentWay, TEXT_MAX, TITLE_MAX};
use leptos::prelude::*;

use super::{
    labels::{label, labels, labels_of},
    list::region_options,
};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input},
    words::code_label,
};

/// Who is in the contract, and what the form still asks of them.
pub(super) struct Parties {
    pub(super) seller: String,
    /// Nobody yet when the form asks for the buyer.
    pub(super) buyer: Option<String>,
    /// Number of the deal it comes from.
    pub(super) deal: Option<String>,
    /// What the seller may have converted; asked only with the buyer.
    pub(super) achievements: Vec<(String, String)>,
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
    Ok(Page::new(title, move || view(&cx, title, &parties, &form.unwrap_or_default())))
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
            fields.push("payment", terms.payment.code());
        }
        Form::filled(fields)
    });
    let s = &deal.summary;
    let parties =
        Parties { seller: s.seller.1.clone(), buyer: Some(s.buyer.1.clone()), deal: Some(s.number.clone()), achievements: Vec::new() };
    let title = t!(cx.lang, "contracts.record");
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, title, &parties, &form)))
}

/// What the organisation acted for has on the market, to be named as converted.
pub(super) async fn achievements(cx: &Cx) -> Result<Vec<(String, String)>, PageError> {
    let own = interests::counters(&cx.market, &cx.actor, ListingKind::Demand).await?;
    Ok(own.into_iter().map(|l| (l.number.clone(), format!("{} {}", l.number, l.title))).collect())
}

/// The fields as the market reads them: the form asks for the subkind only, which says the kind; 技术交易额 follows from the deductions and is not
/// typed.
pub(super) fn posted(fields: &Fields) -> Fields {
    let mut fields = fields.clone();
    fields.0.retain(|(name, _)| !matches!(name.as_str(), "kind" | "technical_value" | "deduction_reason"));
    if let Some(subkind) = ContractSubkind::from_code(fields.value("subkind").trim()) {
        fields.push("kind", subkind.kind().code());
    }
    fields
}

/// A refused form: reasons in the order of the form, and what was wrong with the kind said at the subkind.
pub(super) fn refused(cx: &Cx, submission: &Submission, error: Error) -> Result<Outcome, PageError> {
    let Error::Invalid(mut errors) = error else { return Outcome::refused(submission, error) };
    let order = labels(cx);
    errors.retain(|e| e.field != "kind");
    errors.sort_by_key(|e| order.iter().position(|(field, _)| e.field.split('.').next() == Some(*field)));
    Outcome::refused(submission, Error::Invalid(errors))
}

pub(super) async fn create(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let deal = Some(cx.query.get("deal").trim()).filter(|number| !number.is_empty());
    match contracts::create_contract(&cx.market, &cx.actor, deal, &posted(&submission.fields), submission.once()).await {
        Ok(number) => Ok(Outcome::Go(Route::ContractEdit(number), Some("flash.contract_recorded"))),
        Err(error) => refused(cx, submission, error),
    }
}

fn view(cx: &Cx, title: &str, parties: &Parties, form: &Form) -> AnyView {
    let input = |name: &'static str| Input::new(name, label(cx, name));
    let (back_words, back) = match &parties.deal {
        Some(deal) => (deal.clone(), Route::Deal(deal.clone())),
        None => (t!(cx.lang, "contracts.title").to_owned(), Route::Contracts),
    };
    let body = view! {
        {ui::fieldset(t!(cx.lang, "contracts.part_subject"), outline_fields(cx, form))}
        {ui::fieldset(t!(cx.lang, "contracts.parties"), party_fields(cx, parties, form))}
        {ui::fieldset(t!(cx.lang, "contracts.part_term"), term_fields(cx, form))}
        {ui::fieldset(t!(cx.lang, "contracts.part_price"), view! {
            {ui::money_input(cx, form, input("value").required().hint(t!(cx.lang, "contracts.value_hint")))}
            {ui::radios(cx, form, input("payment").required(), options::<PaymentWay>(cx.lang))}
        }.into_any())}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "contracts.save"), "save", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "contracts.leave"), &cx.href(&back), ButtonStyle::Quiet),
        ])}
        <p class="hint">{t!(cx.lang, "contracts.files_later")}</p>
    }
    .into_any();
    let to = format!("{}{}", cx.href(&cx.route), cx.query.to_search());
    let named = labels_of(cx, form);
    let named: Vec<(&str, &str)> = named.iter().map(|(field, label)| (field.as_str(), label.as_str())).collect();
    view! {
        {ui::error_summary(cx, form, &named)}
        {ui::back_link(cx, &back_words, &cx.href(&back))}
        {ui::page_title(title, None, None)}
        <div class="narrow">{ui::form(cx, &to, false, body)}</div>
    }
    .into_any()
}

/// Title, kind, field and summary.
pub(super) fn outline_fields(cx: &Cx, form: &Form) -> AnyView {
    let input = |name: &'static str| Input::new(name, label(cx, name));
    let subkinds = ContractKind::ALL
        .iter()
        .map(|kind| {
            let subkinds = kind.subkinds().iter().map(|s| (s.code().to_owned(), code_label(cx.lang, ContractSubkind::GROUP, s.code())));
            (code_label(cx.lang, ContractKind::GROUP, kind.code()), subkinds.collect())
        })
        .collect();
    view! {
        {ui::text(cx, form, input("title").required().max(TITLE_MAX).hint(t!(cx.lang, "contracts.name_hint")))}
        {ui::select_grouped(cx, form, input("subkind").required(), subkinds)}
        {ui::select(cx, form, input("field").required(), options::<Field>(cx.lang))}
        {ui::textarea(cx, form, input("summary").required().rows(5).max(TEXT_MAX).hint(t!(cx.lang, "contracts.summary_hint")))}
    }
    .into_any()
}

/// Day of signing, first and last day.
pub(super) fn term_fields(cx: &Cx, form: &Form) -> AnyView {
    let input = |name: &'static str| Input::new(name, label(cx, name));
    view! {
        {ui::date_input(cx, form, input("signed_on").required())}
        {ui::date_input(cx, form, input("starts_on").required())}
        {ui::date_input(cx, form, input("ends_on").required())}
    }
    .into_any()
}

/// Seller and buyer: as the deal has them, or the buyer to be named.
pub(super) fn party_fields(cx: &Cx, parties: &Parties, form: &Form) -> AnyView {
    let input = |name: &'static str| Input::new(name, label(cx, name));
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
