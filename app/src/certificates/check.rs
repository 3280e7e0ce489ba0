//! What a certificate is worth: anybody types its code, or scans it.

use keqiao_market::contracts::{self, Checked, ContractSummary, certificate_code};
use keqiao_model::{AmendmentKind, Coded, ContractKind, ContractState};
use leptos::prelude::*;
use time::Date;

use super::{amended_words, spaced};
use crate::{
    Cx, Page, PageError, Route,
    listings::region_name,
    t,
    ui::{self, Tone},
    words::code_label,
};

/// The form; with a code in the address, on to what it is worth.
pub(super) fn form_page(cx: &Cx) -> Result<Page, PageError> {
    let code = certificate_code(cx.query.get("code"));
    if !code.is_empty() {
        return Err(PageError::Redirect(cx.href(&Route::CertificateCheck(code))));
    }
    let lead = t!(cx.lang, "certificates.lead");
    let cx = cx.clone();
    let page = Page::new(t!(cx.lang, "certificates.title"), move || {
        view! {
            {ui::page_title(t!(cx.lang, "certificates.title"), None, None)}
            {ui::lead(lead)}
            {form(&cx, "")}
        }
        .into_any()
    });
    Ok(page.public(lead))
}

fn form(cx: &Cx, code: &str) -> AnyView {
    view! {
        <form class="form" method="get" action=cx.href(&Route::Certificates)>
            <div class="field">
                <label class="label" for="code">{t!(cx.lang, "certificates.code")}</label>
                <p class="hint" id="code-hint">{t!(cx.lang, "certificates.code_hint")}</p>
                <input
                    class="input width-30"
                    id="code"
                    type="text"
                    name="code"
                    value=code.to_owned()
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="code-hint"
                />
            </div>
            <div class="buttons"><button class="button" type="submit">{t!(cx.lang, "certificates.check")}</button></div>
        </form>
    }
    .into_any()
}

pub(super) async fn page(cx: &Cx, code: &str) -> Result<Page, PageError> {
    let typed = certificate_code(code);
    let checked = contracts::check_certificate(&cx.market, code, &cx.peer).await?;
    let status = if checked == Checked::Unknown { 404 } else { 200 };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "certificates.title"), move || view(&cx, &typed, &checked)).status(status))
}

fn view(cx: &Cx, code: &str, checked: &Checked) -> AnyView {
    let body = match checked {
        Checked::Valid { contract, amended } => valid(cx, contract, amended),
        Checked::Cancelled { registration_number, at } => {
            let words = t!(cx.lang, "certificates.cancelled", day = ui::date_text(cx, *at));
            let facts = vec![(t!(cx.lang, "contracts.registration_number").to_owned(), registration_number.clone().into_any())];
            let words = view! { <p><strong>{words}</strong></p> }.into_any();
            view! { {ui::notice(cx, Tone::Bad, words)}{ui::definition_list(facts)} }.into_any()
        }
        Checked::Unknown => {
            let words =
                view! { <p><strong>{t!(cx.lang, "certificates.unknown")}</strong></p><p>{t!(cx.lang, "certificates.unknown_text")}</p> };
            view! { {ui::notice(cx, Tone::Bad, words.into_any())}{form(cx, &spaced(code))} }.into_any()
        }
    };
    let again = (*checked != Checked::Unknown).then(|| {
        let to = cx.href(&Route::Certificates);
        view! { <p><a href=to>{t!(cx.lang, "certificates.another")}</a></p> }
    });
    view! {
        {ui::breadcrumb(cx, &[(t!(cx.lang, "certificates.title"), cx.href(&Route::Certificates))])}
        {ui::page_title(t!(cx.lang, "certificates.result"), Some(&spaced(code)), None)}
        {body}
        {again}
    }
    .into_any()
}

fn valid(cx: &Cx, contract: &ContractSummary, amended: &[(AmendmentKind, Date)]) -> AnyView {
    let words = if amended.is_empty() {
        view! { <p><strong>{t!(cx.lang, "certificates.valid")}</strong></p> }.into_any()
    } else {
        let since = t!(cx.lang, "certificates.valid_amended", changes = amended_words(cx, amended));
        view! { <p><strong>{t!(cx.lang, "certificates.valid")}</strong></p><p>{since}</p> }.into_any()
    };
    let number = contract.registration_number.clone().unwrap_or_default();
    let to = cx.href(&Route::Contract(contract.number.clone()));
    let mut facts: Vec<(&str, AnyView)> = vec![
        (t!(cx.lang, "contracts.registration_number"), view! { <a href=to>{number}</a> }.into_any()),
        (t!(cx.lang, "contracts.name"), contract.title.clone().into_any()),
        (t!(cx.lang, "contracts.kind"), code_label(cx.lang, ContractKind::GROUP, contract.kind.code()).into_any()),
        (t!(cx.lang, "contracts.seller"), contract.seller.1.clone().into_any()),
        (t!(cx.lang, "contracts.buyer"), contract.buyer.1.clone().into_any()),
        (t!(cx.lang, "contracts.value"), ui::money(cx, contract.value.fen()).into_any()),
        (t!(cx.lang, "contracts.technical_value"), ui::money(cx, contract.technical_value.fen()).into_any()),
        (t!(cx.lang, "contracts.signed_on"), ui::day(cx, contract.signed_on)),
        (t!(cx.lang, "contracts.state"), code_label(cx.lang, ContractState::GROUP, contract.state.code()).into_any()),
    ];
    if let Some(at) = contract.registered_at {
        facts.push((t!(cx.lang, "contracts.registered_at"), ui::date(cx, at)));
    }
    facts.push((
        t!(cx.lang, "certificates.authority_label"),
        t!(cx.lang, "certificates.authority", region = region_name(cx, &contract.region)).into_any(),
    ));
    let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
    let tone = if amended.is_empty() { Tone::Good } else { Tone::Warn };
    view! { {ui::notice(cx, tone, words)}<p class="hint">{t!(cx.lang, "certificates.compare")}</p>{ui::definition_list(facts)} }.into_any()
}
