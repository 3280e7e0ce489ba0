//! What the broker of a deal gets: proposed by the broker, agreed by each side that pays.

use keqiao_market::commissions::{self, CommissionView, DealCommission, Payer};
use keqiao_model::{Coded, CommissionState, CommissionWay, format_percent};
use leptos::prelude::*;
use time::OffsetDateTime;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input, Tone},
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let commission = commissions::commission(&cx.market, &cx.actor, number).await?;
    let title = t!(cx.lang, "brokers.commission_title", number = number);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &commission, form)))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor, once) = (&cx.market, &cx.actor, submission.once());
    let edition = submission.value("edition").parse().unwrap_or(0);
    let (done, flash) = match submission.action() {
        "propose" => (commissions::propose(market, actor, number, &submission.fields, edition, once).await, "flash.proposed"),
        "agree" => (commissions::agree(market, actor, number, edition, once).await, "flash.agreed"),
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, commission: &DealCommission, form: Option<Form>) -> AnyView {
    let labels = [
        ("way", t!(cx.lang, "brokers.way")),
        ("rate", t!(cx.lang, "brokers.rate")),
        ("amount", t!(cx.lang, "brokers.amount")),
        ("buyer_share", t!(cx.lang, "brokers.buyer_share")),
    ];
    let errors = form.as_ref().map(|form| ui::error_summary(cx, form, &labels));
    let part = |id: &str, title: &str, shown: &Option<CommissionView>| {
        shown.as_ref().map(|shown| ui::section(id, title, one(cx, commission, shown)))
    };
    let nothing = (commission.agreed.is_none() && commission.proposed.is_none()).then(|| {
        let text = if commission.may_propose { t!(cx.lang, "brokers.propose_first") } else { t!(cx.lang, "brokers.nothing_proposed_text") };
        ui::empty(cx, t!(cx.lang, "brokers.nothing_proposed"), text, None)
    });
    let agree = commission.proposed.as_ref().filter(|_| commission.may_agree).map(|proposed| {
        let (here, edition) = (cx.href(&cx.route), proposed.edition.to_string());
        let words = t!(cx.lang, "brokers.agree");
        let button = ui::post_button(cx, &here, words, "agree", &[("edition", &edition)], ButtonStyle::Primary);
        ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "brokers.agree_text")}</p>{button} }.into_any())
    });
    let propose = commission.may_propose.then(|| {
        let title = if commission.edition == 0 { t!(cx.lang, "brokers.propose") } else { t!(cx.lang, "brokers.propose_other") };
        ui::section("propose", title, proposal(cx, commission, form))
    });
    let deal = cx.href(&Route::Deal(commission.deal.clone()));
    view! {
        {errors}
        {ui::back_link(cx, &commission.title, &deal)}
        {ui::page_title(t!(cx.lang, "brokers.commission"), Some(&commission.deal), None)}
        {ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "brokers.law_963")}</p><p>{t!(cx.lang, "brokers.rounding")}</p> }.into_any())}
        {nothing}
        {agree}
        {part("agreed", t!(cx.lang, "brokers.agreed"), &commission.agreed)}
        {part("proposed", t!(cx.lang, "brokers.proposed"), &commission.proposed)}
        {propose}
    }
    .into_any()
}

/// A rate or a sum, in words.
pub(super) fn measure(cx: &Cx, way: CommissionWay, rate: i64, amount: i64) -> String {
    match way {
        CommissionWay::Percent => t!(cx.lang, "brokers.of_value", rate = format_percent(rate)),
        CommissionWay::Fixed => ui::money(cx, amount),
    }
}

fn one(cx: &Cx, commission: &DealCommission, shown: &CommissionView) -> AnyView {
    let accepted = |at: &Option<(OffsetDateTime, String)>, payer: Payer| match at {
        _ if !shown.is_paid_by(payer) => t!(cx.lang, "brokers.pays_nothing").into_any(),
        Some((at, name)) => view! { {ui::date_time(cx, *at)}" "{name.clone()} }.into_any(),
        None => t!(cx.lang, "brokers.not_yet").into_any(),
    };
    let side = |name: &str, share: i64| t!(cx.lang, "brokers.pays_share", name = name, share = share);
    let mut facts = vec![
        (t!(cx.lang, "brokers.state").to_owned(), ui::state_badge(cx, CommissionState::GROUP, shown.state.code())),
        (t!(cx.lang, "brokers.single").to_owned(), commission.broker.clone().into_any()),
        (t!(cx.lang, "brokers.fee").to_owned(), measure(cx, shown.way, shown.rate, shown.amount).into_any()),
        (t!(cx.lang, "deals.buyer").to_owned(), side(&commission.buyer, shown.buyer_share).into_any()),
        (t!(cx.lang, "deals.seller").to_owned(), side(&commission.seller, 100 - shown.buyer_share).into_any()),
        (t!(cx.lang, "brokers.buyer_agreed").to_owned(), accepted(&shown.buyer_accepted, Payer::Buyer)),
        (t!(cx.lang, "brokers.seller_agreed").to_owned(), accepted(&shown.seller_accepted, Payer::Seller)),
        (
            t!(cx.lang, "brokers.proposed_by").to_owned(),
            view! { {shown.proposed_by.clone()}" "{ui::date_time(cx, shown.created_at)} }.into_any(),
        ),
    ];
    if let Some((value, registered)) = commission.contract {
        let (fee, buyer, seller) = shown.of_value(value);
        let words = if registered { t!(cx.lang, "brokers.due_now") } else { t!(cx.lang, "brokers.due_then") };
        let parts = t!(cx.lang, "brokers.parts", fee = ui::money(cx, fee), buyer = ui::money(cx, buyer), seller = ui::money(cx, seller));
        facts.push((words.to_owned(), parts.into_any()));
    }
    ui::definition_list(facts)
}

fn proposal(cx: &Cx, commission: &DealCommission, form: Option<Form>) -> AnyView {
    let last = commission.proposed.as_ref().or(commission.agreed.as_ref());
    let form = form.filter(|form| form.value("action") == "propose").unwrap_or_else(|| {
        Form::filled(last.map_or_else(
            || [("way", CommissionWay::Percent.code()), ("buyer_share", "50")].into_iter().collect(),
            CommissionView::to_fields,
        ))
    });
    let rate =
        Input::new("rate", t!(cx.lang, "brokers.rate")).hint(t!(cx.lang, "brokers.rate_hint")).inputmode("decimal").width(10).suffix("%");
    let share = Input::new("buyer_share", t!(cx.lang, "brokers.buyer_share"))
        .hint(t!(cx.lang, "brokers.buyer_share_hint"))
        .inputmode("numeric")
        .width(10)
        .suffix("%")
        .required();
    let again = commission.agreed.as_ref().map(|_| view! { <p class="hint">{t!(cx.lang, "brokers.propose_again")}</p> });
    let body = view! {
        {ui::hidden("edition", &commission.edition.to_string())}
        {again}
        {ui::radios(cx, &form, Input::new("way", t!(cx.lang, "brokers.way")).required(), options::<CommissionWay>(cx.lang))}
        {ui::text(cx, &form, rate)}
        {ui::money_input(cx, &form, Input::new("amount", t!(cx.lang, "brokers.amount")).hint(t!(cx.lang, "brokers.amount_hint")))}
        {ui::text(cx, &form, share)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.send_proposal"), "propose", ButtonStyle::Primary)])}
    }
    .into_any();
    ui::form(cx, &cx.href(&cx.route), false, body)
}
