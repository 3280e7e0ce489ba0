//! The confidentiality agreement of a deal: to read, to sign, to replace.

use keqiao_market::room::nda::{self, NDA_MAX, NdaView};
use keqiao_model::{Coded, NdaState};
use leptos::prelude::*;

use super::back;
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let shown = nda::nda(&cx.market, &cx.actor, number).await?;
    let title = format!("{} {number}", t!(cx.lang, "deals.nda"));
    let (cx, number) = (cx.clone(), number.to_owned());
    Ok(Page::new(title, move || view(&cx, &number, &shown, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (fields, once) = (&submission.fields, submission.once());
    match submission.action() {
        "sign" => match nda::sign_nda(&cx.market, &cx.actor, number, fields, &cx.peer, once).await {
            Ok(true) => Ok(Outcome::Go(Route::Deal(number.to_owned()), Some("flash.nda_in_force"))),
            Ok(false) => Ok(Outcome::Go(Route::Deal(number.to_owned()), Some("flash.nda_signed"))),
            Err(error) => Outcome::refused(submission, error),
        },
        "replace" => match nda::replace_nda(&cx.market, &cx.actor, number, fields, once).await {
            Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
            Err(error) => Outcome::refused(submission, error),
        },
        _ => Err(PageError::NotFound),
    }
}

fn view(cx: &Cx, number: &str, shown: &NdaView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let labels =
        [("name", t!(cx.lang, "deals.nda_name")), ("agree", t!(cx.lang, "deals.nda_agree")), ("text", t!(cx.lang, "deals.nda_text"))];
    let signer = cx.actor.person().map(|p| p.name.clone()).unwrap_or_default();
    let sign = shown.may_sign.then(|| {
        let body = view! {
            {ui::hidden("hash", &shown.text_hash)}
            {ui::text(cx, form, Input::new("name", t!(cx.lang, "deals.nda_name")).hint(t!(cx.lang, "deals.nda_name_hint", name = signer)).required().width(20))}
            {ui::checkbox(cx, form, Input::new("agree", t!(cx.lang, "deals.nda_agree")), "yes")}
            {ui::buttons(vec![ui::button(t!(cx.lang, "deals.nda_sign"), "sign", ButtonStyle::Primary)])}
        }
        .into_any();
        ui::section("sign", t!(cx.lang, "deals.nda_sign"), ui::form(cx, &here, false, body))
    });
    let replace = shown.may_replace.then(|| {
        let again = form.value("action") == "replace";
        let filled = if again { form.clone() } else { Form::filled([("text", shown.text.as_str())].into_iter().collect()) };
        let text = Input::new("text", t!(cx.lang, "deals.nda_text")).hint(t!(cx.lang, "deals.nda_text_hint")).rows(16).max(NDA_MAX);
        let body = view! {
            {ui::textarea(cx, &filled, text)}
            {ui::buttons(vec![ui::button(t!(cx.lang, "deals.nda_replace"), "replace", ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::details(t!(cx.lang, "deals.nda_replace"), again, ui::form(cx, &here, false, body))
    });
    let rows = shown
        .signatures
        .iter()
        .map(|s| {
            vec![
                s.organisation.clone().into_any(),
                s.name.clone().into_any(),
                ui::date_time(cx, s.at),
                view! { <code class="hash">{s.text_hash.clone()}</code> }.into_any(),
            ]
        })
        .collect::<Vec<_>>();
    let head = [t!(cx.lang, "deals.side"), t!(cx.lang, "deals.nda_signer"), t!(cx.lang, "deals.at"), t!(cx.lang, "deals.hash")];
    let signatures = if rows.is_empty() {
        ui::notice(cx, Tone::Info, t!(cx.lang, "deals.nda_unsigned").into_any())
    } else {
        ui::record_table(t!(cx.lang, "deals.nda_signature_list"), head.map(str::to_owned).to_vec(), rows, &[])
    };
    let mut facts = vec![
        (t!(cx.lang, "deals.edition").to_owned(), shown.edition.to_string().into_any()),
        (
            t!(cx.lang, "deals.nda_by").to_owned(),
            if shown.proposed_by.is_empty() {
                t!(cx.lang, "deals.nda_standard", version = nda::STANDARD_VERSION).into_any()
            } else {
                shown.proposed_by.clone().into_any()
            },
        ),
        (t!(cx.lang, "deals.at").to_owned(), ui::date_time(cx, shown.created_at)),
        (t!(cx.lang, "deals.hash").to_owned(), view! { <code class="hash">{shown.text_hash.clone()}</code> }.into_any()),
    ];
    for (edition, state, hash) in &shown.earlier {
        let words = t!(cx.lang, "deals.nda_earlier", edition = edition);
        let state = code_label(cx.lang, NdaState::GROUP, state.code());
        facts.push((words, view! { {state}" "<code class="hash">{hash.clone()}</code> }.into_any()));
    }
    view! {
        {ui::error_summary(cx, form, &labels)}
        {back(cx, number)}
        {ui::page_title(t!(cx.lang, "deals.nda"), Some(number), Some(ui::state_badge(cx, NdaState::GROUP, shown.state.code())))}
        {ui::two_columns(
            view! {
                <div class="agreement" lang="zh-CN">{ui::paragraphs(&shown.text)}</div>
                {ui::section("signatures", t!(cx.lang, "deals.nda_signatures"), signatures)}
                {sign}
                {replace}
            }
            .into_any(),
            ui::definition_list(facts),
        )}
    }
    .into_any()
}
