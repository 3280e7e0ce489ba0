//! The statement of fees: of a broker in full, of a payer its own part.

use keqiao_market::{
    Error,
    commissions::{self, Due, FeeLine, FeeScope, FeeStatement, Payer},
};
use keqiao_model::{CommissionWay, Fields};
use leptos::prelude::*;

use super::commission::measure;
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    ui::{self, Align, ButtonStyle, Input, Tone},
};

/// Fields of the form with which a payment is written down; each deal has one, so they carry its number.
const FIELDS: [&str; 4] = ["payer", "amount", "paid_on", "note"];

fn scope(cx: &Cx) -> FeeScope {
    if cx.actor.is_broker() && cx.query.get("as") != "payer" { FeeScope::Broker } else { FeeScope::Payer }
}

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let scope = scope(cx);
    let statement = commissions::fees(&cx.market, &cx.actor, scope, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "brokers.fees"), move || view(&cx, scope, &statement, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action() != "pay" {
        return Err(PageError::NotFound);
    }
    let deal = submission.value("deal");
    let fields: Fields = FIELDS.iter().map(|name| (*name, submission.value(&format!("{name}.{deal}")))).collect();
    match commissions::record_payment(&cx.market, &cx.actor, deal, &fields, submission.once()).await {
        Ok(()) => Ok(Outcome::GoTo(cx.here(&cx.query), Some("flash.saved"))),
        Err(Error::Invalid(mut errors)) => {
            errors.iter_mut().filter(|e| !e.field.is_empty()).for_each(|e| e.field = format!("{}.{deal}", e.field));
            Ok(Outcome::Refused(Form::refused(submission, errors)))
        }
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, scope: FeeScope, statement: &FeeStatement, form: &Form) -> AnyView {
    let labels = [
        ("payer", t!(cx.lang, "brokers.payer")),
        ("amount", t!(cx.lang, "brokers.paid_amount")),
        ("paid_on", t!(cx.lang, "brokers.paid_on")),
        ("note", t!(cx.lang, "brokers.payment_note")),
    ];
    let tabs = (cx.actor.is_broker() && cx.actor.organisation().is_some()).then(|| {
        let to = format!("{}{}", cx.href(&cx.route), Query(vec![("as".to_owned(), "payer".to_owned())]).to_search());
        let tabs = vec![
            (t!(cx.lang, "brokers.fees_broker").to_owned(), cx.href(&cx.route), scope == FeeScope::Broker, None),
            (t!(cx.lang, "brokers.fees_payer").to_owned(), to, scope == FeeScope::Payer, None),
        ];
        ui::tabs(t!(cx.lang, "brokers.fees"), tabs)
    });
    let total = &statement.total;
    let figures = vec![
        ui::stat(t!(cx.lang, "brokers.due"), &ui::money(cx, total.due), "", None),
        ui::stat(t!(cx.lang, "brokers.paid"), &ui::money(cx, total.paid), "", None),
        ui::stat(t!(cx.lang, "brokers.open"), &ui::money(cx, total.open()), "", None),
    ];
    let lines = &statement.lines;
    let list = if lines.items.is_empty() {
        let (text, action) = match scope {
            FeeScope::Broker => (t!(cx.lang, "brokers.no_fees_broker"), (t!(cx.lang, "brokers.board"), cx.href(&Route::Board))),
            FeeScope::Payer => (t!(cx.lang, "brokers.no_fees_payer"), (t!(cx.lang, "deals.title"), cx.href(&Route::Deals))),
        };
        ui::empty(cx, t!(cx.lang, "brokers.no_fees"), text, Some(action))
    } else {
        let items: Vec<AnyView> = lines.items.iter().map(|fee| line(cx, fee, form)).collect();
        view! { {ui::stats(figures)}<div class="stack">{items}</div> }.into_any()
    };
    let lead = match scope {
        FeeScope::Broker => t!(cx.lang, "brokers.fees_lead"),
        FeeScope::Payer => t!(cx.lang, "brokers.fees_payer_lead"),
    };
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::page_title(t!(cx.lang, "brokers.fees"), None, None)}
        {ui::lead(lead)}
        {tabs}
        {list}
        {ui::pager(cx, lines.total, lines.per_page)}
    }
    .into_any()
}

fn line(cx: &Cx, fee: &FeeLine, form: &Form) -> AnyView {
    let sides = [(Payer::Buyer, &fee.buyer), (Payer::Seller, &fee.seller)];
    let rows: Vec<Vec<AnyView>> =
        sides.iter().filter_map(|(payer, side)| side.as_ref().map(|(name, due)| amounts(cx, *payer, name, due))).collect();
    let head = [t!(cx.lang, "brokers.payer"), t!(cx.lang, "brokers.due"), t!(cx.lang, "brokers.paid"), t!(cx.lang, "brokers.open")];
    let caption = t!(cx.lang, "brokers.fee_of", number = fee.deal);
    let table = ui::record_table(&caption, head.map(str::to_owned).to_vec(), rows, &[Align::Start, Align::End, Align::End, Align::End]);
    let payments: Vec<AnyView> = fee
        .payments
        .iter()
        .map(|payment| {
            let day = payment.paid_on.map(|day| ui::day(cx, day));
            let (who, amount, note) = (payer_words(cx, payment.payer), ui::money(cx, payment.amount), payment.note.clone());
            view! { <li>{day}" · "{who}" · "{amount}" "<span class="hint">{note}</span></li> }.into_any()
        })
        .collect();
    let payments = (!payments.is_empty())
        .then(|| view! { <h3 class="reason-head">{t!(cx.lang, "brokers.payments")}</h3><ul class="reasons">{payments}</ul> });
    let record = fee.may_record.then(|| {
        let open = form.value("deal") == fee.deal;
        ui::details(t!(cx.lang, "brokers.record_payment"), open, payment_form(cx, fee, form))
    });
    let contract = match &fee.contract {
        Some(number) => view! { <a href=cx.href(&Route::Contract(number.clone()))>{number.clone()}</a> }.into_any(),
        None => ui::badge(t!(cx.lang, "brokers.not_due"), Tone::Neutral),
    };
    let rate = (fee.way == CommissionWay::Percent).then(|| measure(cx, fee.way, fee.rate, 0));
    let body = view! {
        <p class="hint">
            <a href=cx.href(&Route::DealCommission(fee.deal.clone()))>{fee.deal.clone()}</a>" · "
            {t!(cx.lang, "interests.by_broker", name = fee.broker)}" · "{contract}" "{rate.map(|rate| format!("· {rate}"))}
        </p>
        {table}
        {payments}
        {record}
    }
    .into_any();
    ui::card(&fee.title, body)
}

fn payer_words(cx: &Cx, payer: Payer) -> &'static str {
    match payer {
        Payer::Buyer => t!(cx.lang, "deals.buyer"),
        Payer::Seller => t!(cx.lang, "deals.seller"),
    }
}

fn amounts(cx: &Cx, payer: Payer, name: &str, due: &Due) -> Vec<AnyView> {
    vec![
        format!("{} · {name}", payer_words(cx, payer)).into_any(),
        ui::money(cx, due.due).into_any(),
        ui::money(cx, due.paid).into_any(),
        ui::money(cx, due.open()).into_any(),
    ]
}

fn payment_form(cx: &Cx, fee: &FeeLine, form: &Form) -> AnyView {
    let empty = Form::default();
    let form = if form.value("deal") == fee.deal { form } else { &empty };
    let name = |field: &str| format!("{field}.{}", fee.deal);
    let payers = [(Payer::Buyer, &fee.buyer), (Payer::Seller, &fee.seller)]
        .into_iter()
        .filter_map(|(payer, side)| {
            side.as_ref().map(|(organisation, _)| (payer.code().to_owned(), format!("{} · {organisation}", payer_words(cx, payer))))
        })
        .collect();
    let body = view! {
        {ui::hidden("deal", &fee.deal)}
        {ui::select(cx, form, Input::new(name("payer"), t!(cx.lang, "brokers.payer")).required(), payers)}
        {ui::money_input(cx, form, Input::new(name("amount"), t!(cx.lang, "brokers.paid_amount")).required())}
        {ui::date_input(cx, form, Input::new(name("paid_on"), t!(cx.lang, "brokers.paid_on")).required())}
        {ui::text(cx, form, Input::new(name("note"), t!(cx.lang, "brokers.payment_note")))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.record_payment"), "pay", ButtonStyle::Secondary)])}
    }
    .into_any();
    ui::form(cx, &cx.here(&cx.query), false, body)
}
