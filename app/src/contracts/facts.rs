//! What the registration form adds to what a contract says, for those who may read all of it.

use keqiao_market::contracts::ContractDetail;
use keqiao_model::{
    Clause, Coded, ContractIp, DeductionKind, INDUSTRY_GROUP, Licence, MonopolyClause, Objective, PaymentWay, PlanSource, RoyaltyBase,
};
use leptos::prelude::*;

use super::view::Facts;
use crate::{Cx, t, ui, words::code_label};

fn coded<T: Coded>(cx: &Cx, value: T) -> AnyView {
    code_label(cx.lang, T::GROUP, value.code()).into_any()
}

/// Industry, objective, programme; of transfers what they are expected to bring.
pub(super) fn of_subject(cx: &Cx, detail: &ContractDetail) -> Facts {
    let data = &detail.registration;
    let mut facts: Facts = Vec::new();
    let mut fact = |label: &str, value: Option<AnyView>| facts.extend(value.map(|value| (label.to_owned(), value)));
    let industry = (!data.industry.is_empty())
        .then(|| format!("{} {}", data.industry, code_label(cx.lang, INDUSTRY_GROUP, &data.industry)).into_any());
    fact(t!(cx.lang, "fields.industry"), industry);
    fact(t!(cx.lang, "contracts.objective"), data.objective.map(|o: Objective| coded(cx, o)));
    fact(t!(cx.lang, "contracts.plan_source"), data.plan_source.map(|p: PlanSource| coded(cx, p)));
    fact(t!(cx.lang, "contracts.new_input"), data.new_input.map(|a| ui::money(cx, a.fen()).into_any()));
    fact(t!(cx.lang, "contracts.new_output"), data.new_output.map(|a| ui::money(cx, a.fen()).into_any()));
    facts
}

/// Deductions with their reasons, the way of payment, instalments.
pub(super) fn of_price(cx: &Cx, detail: &ContractDetail) -> Facts {
    let data = &detail.registration;
    let mut facts: Facts = Vec::new();
    if !data.deductions.is_empty() {
        let items: Vec<AnyView> = data
            .deductions
            .iter()
            .map(|line| {
                let kind = code_label(cx.lang, DeductionKind::GROUP, line.kind.code());
                let amount = ui::money(cx, line.amount.fen());
                let (words, reason) = (line.words.clone(), line.reason.clone());
                view! { <li>{kind}" "{words}" "{amount}<br /><span class="hint">{reason}</span></li> }.into_any()
            })
            .collect();
        facts.push((t!(cx.lang, "contracts.deductions").to_owned(), view! { <ul>{items}</ul> }.into_any()));
    }
    facts.push((t!(cx.lang, "contracts.payment").to_owned(), coded::<PaymentWay>(cx, detail.content.payment)));
    if !data.payments.is_empty() {
        let items: Vec<AnyView> = data
            .payments
            .iter()
            .map(|line| {
                let due = line.due.map(|day| ui::day(cx, day));
                let amount = ui::money(cx, line.amount.fen());
                view! { <li>{due}" "{amount}" "{line.condition.clone()}</li> }.into_any()
            })
            .collect();
        facts.push((t!(cx.lang, "contracts.instalments").to_owned(), view! { <ol>{items}</ol> }.into_any()));
    }
    if let Some(base) = data.royalty_base {
        facts.push((t!(cx.lang, "contracts.royalty_base").to_owned(), coded::<RoyaltyBase>(cx, base)));
    }
    facts
}

/// Intellectual property, and the check-lists of clauses as far as they are answered.
pub(super) fn rights_and_clauses(cx: &Cx, detail: &ContractDetail) -> AnyView {
    let data = &detail.registration;
    let mut rights: Facts = Vec::new();
    let mut right = |label: &str, value: Option<AnyView>| rights.extend(value.map(|value| (label.to_owned(), value)));
    right(t!(cx.lang, "contracts.ip"), data.ip.map(|ip: ContractIp| coded(cx, ip)));
    right(t!(cx.lang, "contracts.ip_numbers"), (!data.ip_numbers.is_empty()).then(|| ui::paragraphs(&data.ip_numbers.join("\n"))));
    right(t!(cx.lang, "contracts.ip_share"), (!data.ip_share.is_empty()).then(|| ui::paragraphs(&data.ip_share)));
    right(t!(cx.lang, "contracts.licence"), data.licence.map(|l: Licence| coded(cx, l)));
    let rights = (!rights.is_empty()).then(|| ui::section("ip", t!(cx.lang, "contracts.ip_title"), ui::definition_list(rights)));
    let answered = |answers: Facts, title: &str| (!answers.is_empty()).then(|| ui::details(title, false, ui::definition_list(answers)));
    let required = data
        .clauses
        .required
        .iter()
        .map(|a| {
            let words = if a.missing { t!(cx.lang, "contracts.clause_missing").to_owned() } else { a.place.clone() };
            (code_label(cx.lang, Clause::GROUP, a.clause.code()), words.into_any())
        })
        .collect();
    let monopoly = data
        .clauses
        .monopoly
        .iter()
        .map(|a| {
            let words = if a.flagged { a.words.clone() } else { t!(cx.lang, "contracts.monopoly_none").to_owned() };
            (code_label(cx.lang, MonopolyClause::GROUP, a.clause.code()), words.into_any())
        })
        .collect();
    let lists = [answered(required, t!(cx.lang, "contracts.clauses")), answered(monopoly, t!(cx.lang, "contracts.monopoly"))];
    let clauses = lists
        .iter()
        .any(Option::is_some)
        .then(|| ui::section("clauses", t!(cx.lang, "contracts.clauses_title"), view! { {Vec::from(lists)} }.into_any()));
    view! { {rights}{clauses} }.into_any()
}
