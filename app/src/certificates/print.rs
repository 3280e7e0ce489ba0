//! The sheet that certifies a registration, for paper.

use keqiao_market::{
    Error,
    contracts::{self, Certificate, ContractParty},
};
use keqiao_model::{Coded, ContractKind, ContractState, ContractSubkind};
use leptos::prelude::*;

use super::{amended_words, qr::qr, spaced};
use crate::{
    Cx, Page, PageError, Route,
    listings::region_name,
    t,
    ui::{self, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let certificate = match contracts::certificate(&cx.market, &cx.actor, number).await {
        Err(Error::NotFound) => {
            // Whoever may still read the contract is told there that its registration was cancelled.
            let contract = contracts::contract(&cx.market, &cx.actor, number).await?.summary;
            let cancelled = contract.state == ContractState::Cancelled;
            return Err(if cancelled { PageError::Redirect(cx.href(&Route::Contract(contract.number))) } else { PageError::NotFound });
        }
        found => found?,
    };
    let registered = certificate.contract.registration_number.clone().unwrap_or_default();
    let title = t!(cx.lang, "certificates.print_title", number = registered);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &certificate)))
}

fn view(cx: &Cx, certificate: &Certificate) -> AnyView {
    let c = &certificate.contract;
    let check = Route::CertificateCheck(certificate.code.clone());
    let address = format!("{}{}", cx.site.base_url, cx.href(&check));
    let code = qr(&address, t!(cx.lang, "certificates.qr"));
    let kind = code_label(cx.lang, ContractKind::GROUP, c.kind.code());
    let subkind = code_label(cx.lang, ContractSubkind::GROUP, c.subkind.code());
    let party =
        |p: &ContractParty| view! { {p.name.clone()}<br /><span class="certificate-code">{p.credit_code.clone()}</span> }.into_any();
    let (from, to) = certificate.term;
    let mut facts: Vec<(&str, AnyView)> = vec![
        (t!(cx.lang, "contracts.registration_number"), c.registration_number.clone().unwrap_or_default().into_any()),
        (t!(cx.lang, "contracts.name"), c.title.clone().into_any()),
        (t!(cx.lang, "contracts.kind"), if kind == subkind { kind } else { format!("{kind} · {subkind}") }.into_any()),
        (t!(cx.lang, "contracts.seller"), party(&certificate.seller)),
        (t!(cx.lang, "contracts.buyer"), party(&certificate.buyer)),
        (t!(cx.lang, "contracts.value"), ui::money(cx, c.value.fen()).into_any()),
        (t!(cx.lang, "contracts.technical_value"), ui::money(cx, c.technical_value.fen()).into_any()),
        (t!(cx.lang, "contracts.signed_on"), ui::day(cx, c.signed_on)),
        (t!(cx.lang, "contracts.part_term"), view! { {ui::day(cx, from)}" – "{ui::day(cx, to)} }.into_any()),
    ];
    if let Some(at) = c.registered_at {
        facts.push((t!(cx.lang, "contracts.registered_at"), ui::date(cx, at)));
    }
    if !certificate.amended.is_empty() {
        facts.push((t!(cx.lang, "certificates.amended"), amended_words(cx, &certificate.amended).into_any()));
    }
    let rows: Vec<AnyView> = facts
        .into_iter()
        .map(|(label, value)| view! { <tr><th scope="row">{label.to_owned()}</th><td>{value}</td></tr> }.into_any())
        .collect();
    let trail =
        [(t!(cx.lang, "contracts.title"), cx.href(&Route::Contracts)), (c.number.as_str(), cx.href(&Route::Contract(c.number.clone())))];
    let heading = t!(cx.lang, "certificates.heading");
    let authority = t!(cx.lang, "certificates.authority", region = region_name(cx, &c.region));
    let printed = t!(cx.lang, "contracts.printed", at = ui::date_time_text(cx, cx.now));
    view! {
        {ui::breadcrumb(cx, &trail)}
        <div class="screen-only">{ui::notice(cx, Tone::Info, t!(cx.lang, "certificates.print_hint").into_any())}</div>
        <article class="certificate" aria-labelledby="certificate-heading">
            <p class="certificate-city">{cx.city().to_owned()}</p>
            <h1 id="certificate-heading">{heading}</h1>
            <p>{t!(cx.lang, "certificates.certifies")}</p>
            <table class="certificate-table">
                <caption class="hidden-text">{heading}</caption>
                <tbody>{rows}</tbody>
            </table>
            <div class="certificate-foot">
                <div class="certificate-check">
                    {code}
                    <p>
                        {t!(cx.lang, "certificates.code")}" "<strong class="certificate-code">{spaced(&certificate.code)}</strong><br />
                        <span class="hint">{t!(cx.lang, "certificates.check_at", address = address)}</span>
                    </p>
                </div>
                <p class="certificate-authority">{authority}<br />{c.registered_at.map(|at| ui::date(cx, at))}</p>
            </div>
            <p class="hint">{printed}</p>
        </article>
    }
    .into_any()
}
