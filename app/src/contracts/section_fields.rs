//! The fields of each part of a contract's form.

use keqiao_model::{
    Clause, Coded, ContractIp, ContractKind, ContractSection, ContractSubkind, DeductionKind, INDUSTRIES, INDUSTRY_GROUP, LINES_MAX,
    Licence, MonopolyClause, Objective, PaymentWay, PlanSource, RoyaltyBase, TextState, suggest_places,
};
use leptos::prelude::*;

use super::{form, labels::label, sections::Beside};
use crate::{
    Cx, Form,
    listings::options,
    t,
    ui::{self, Input},
    words::code_label,
};

/// Empty lines that a table offers beyond the filled ones.
const MORE: usize = 2;

/// The fields of a part.
pub(super) fn fields(cx: &Cx, section: ContractSection, beside: &Beside, form: &Form) -> AnyView {
    match section {
        ContractSection::Parties => form::party_fields(cx, &beside.parties, form),
        ContractSection::Subject => subject(cx, form),
        ContractSection::Amounts => amounts(cx, beside, form),
        ContractSection::Payment => payment(cx, form),
        ContractSection::Ip => ip(cx, beside, form),
        ContractSection::Clauses => clauses(cx, beside, form),
        ContractSection::Files | ContractSection::Check => ().into_any(),
    }
}

fn input(cx: &Cx, name: &str) -> Input {
    Input::new(name, label(cx, name))
}

fn subject(cx: &Cx, form: &Form) -> AnyView {
    let industries = INDUSTRIES.iter().map(|c| ((*c).to_owned(), format!("{c} {}", code_label(cx.lang, INDUSTRY_GROUP, c)))).collect();
    view! {
        {form::outline_fields(cx, form)}
        {ui::select(cx, form, input(cx, "industry").required().hint(t!(cx.lang, "contracts.industry_hint")), industries)}
        {ui::select(cx, form, input(cx, "objective").required(), options::<Objective>(cx.lang))}
        {ui::select(cx, form, input(cx, "plan_source").required(), options::<PlanSource>(cx.lang))}
        {ui::fieldset(t!(cx.lang, "contracts.part_term"), form::term_fields(cx, form))}
        {ui::fieldset(t!(cx.lang, "contracts.part_transfer"), view! {
            {ui::money_input(cx, form, input(cx, "new_input").hint(t!(cx.lang, "contracts.new_input_hint")))}
            {ui::money_input(cx, form, input(cx, "new_output").hint(t!(cx.lang, "contracts.new_output_hint")))}
        }.into_any())}
    }
    .into_any()
}

/// How many lines a table shows.
fn lines(form: &Form, table: &str) -> usize {
    let filled = form.rows(table).last().map_or(0, |(index, _)| index + 1);
    (filled + MORE).min(LINES_MAX)
}

fn amounts(cx: &Cx, beside: &Beside, form: &Form) -> AnyView {
    let rows: Vec<AnyView> = (0..lines(form, "deductions"))
        .map(|row| {
            let at = |column: &str| input(cx, &format!("deductions.{row}.{column}"));
            let body = view! {
                <div class="side-by-side">
                    {ui::select(cx, form, at("kind"), options::<DeductionKind>(cx.lang))}
                    {ui::money_input(cx, form, at("amount"))}
                </div>
                <div class="side-by-side">
                    {ui::text(cx, form, at("words"))}
                    {ui::text(cx, form, at("reason"))}
                </div>
            }
            .into_any();
            ui::fieldset(&t!(cx.lang, "contracts.deduction_line", n = row + 1), body)
        })
        .collect();
    let s = &beside.contract.summary;
    let deducted = beside.detail.registration.deducted();
    let follows = vec![
        (t!(cx.lang, "contracts.value").to_owned(), ui::money(cx, s.value.fen()).into_any()),
        (t!(cx.lang, "contracts.deducted").to_owned(), ui::money(cx, deducted.fen()).into_any()),
        (t!(cx.lang, "contracts.technical_value").to_owned(), ui::money(cx, s.technical_value.fen()).into_any()),
    ];
    let error = ui::error_text(cx, "deductions", form.error(cx.lang, "deductions"));
    view! {
        {ui::money_input(cx, form, input(cx, "value").required().hint(t!(cx.lang, "contracts.value_hint")))}
        {ui::section("deductions", t!(cx.lang, "contracts.deductions"), view! {
            <p class="hint">{t!(cx.lang, "contracts.deductions_hint")}</p>
            {error}
            <div class="stack">{rows}</div>
        }.into_any())}
        {ui::section("saved-amounts", t!(cx.lang, "contracts.saved_amounts"), view! {
            {ui::definition_list(follows)}
            <p class="hint">{t!(cx.lang, "contracts.technical_value_follows")}</p>
        }.into_any())}
    }
    .into_any()
}

fn payment(cx: &Cx, form: &Form) -> AnyView {
    let rows: Vec<AnyView> = (0..lines(form, "payments"))
        .map(|row| {
            let at = |column: &str| input(cx, &format!("payments.{row}.{column}"));
            view! {
                <div class="side-by-side">
                    {ui::date_input(cx, form, at("due"))}
                    {ui::money_input(cx, form, at("amount"))}
                    {ui::text(cx, form, at("condition"))}
                </div>
            }
            .into_any()
        })
        .collect();
    let error = ui::error_text(cx, "payments", form.error(cx.lang, "payments"));
    let base = input(cx, "royalty_base").hint(t!(cx.lang, "contracts.royalty_base_hint"));
    view! {
        {ui::radios(cx, form, input(cx, "payment").required(), options::<PaymentWay>(cx.lang))}
        {ui::section("payments", t!(cx.lang, "contracts.instalments"), view! {
            <p class="hint">{t!(cx.lang, "contracts.instalments_hint")}</p>
            {error}
            <div class="stack">{rows}</div>
        }.into_any())}
        {ui::select(cx, form, base, options::<RoyaltyBase>(cx.lang))}
    }
    .into_any()
}

fn ip(cx: &Cx, beside: &Beside, form: &Form) -> AnyView {
    let content = &beside.detail.content;
    let licence =
        (content.kind == ContractKind::License).then(|| ui::radios(cx, form, input(cx, "licence").required(), options::<Licence>(cx.lang)));
    let patents = content.subkind.is_patent().then(|| {
        let kind = code_label(cx.lang, ContractSubkind::GROUP, content.subkind.code());
        view! { <p class="hint">{t!(cx.lang, "contracts.ip_of_patents", kind = kind)}</p> }
    });
    let numbers = input(cx, "ip_numbers").rows(3).hint(t!(cx.lang, "contracts.ip_numbers_hint"));
    view! {
        {patents}
        {ui::select(cx, form, input(cx, "ip").required(), options::<ContractIp>(cx.lang))}
        {ui::textarea(cx, form, numbers)}
        {ui::textarea(cx, form, input(cx, "ip_share").rows(3).max(500).hint(t!(cx.lang, "contracts.ip_share_hint")))}
        {licence}
    }
    .into_any()
}

/// The two check-lists; where a clause is not answered, what the text as read suggests.
fn clauses(cx: &Cx, beside: &Beside, form: &Form) -> AnyView {
    let text: Vec<&str> = beside.texts.iter().filter(|t| t.state == TextState::Extracted).map(|t| t.text.as_str()).collect();
    let suggested = suggest_places(&text.join("\n"));
    let patents = beside.detail.registration.concerns_patents(&beside.detail.content);
    let required: Vec<AnyView> = Clause::required(patents)
        .map(|clause| {
            let name = format!("clauses.{clause}");
            let answers = vec![
                ("stated".to_owned(), t!(cx.lang, "contracts.clause_stated").to_owned()),
                ("missing".to_owned(), t!(cx.lang, "contracts.clause_missing").to_owned()),
            ];
            let place = input(cx, &format!("{name}.place"));
            let found = suggested.iter().find(|(c, _)| *c == clause).map(|(_, place)| place);
            let place = match found {
                Some(found) => place.hint(t!(cx.lang, "contracts.clause_found", place = found)),
                None => place,
            };
            view! {
                {ui::radios(cx, form, input(cx, &name).required(), answers)}
                {ui::text(cx, form, place)}
            }
            .into_any()
        })
        .collect();
    let monopoly: Vec<AnyView> = MonopolyClause::ALL
        .iter()
        .map(|clause| {
            let name = format!("monopoly.{clause}");
            let answers = vec![
                ("none".to_owned(), t!(cx.lang, "contracts.monopoly_none").to_owned()),
                ("flagged".to_owned(), t!(cx.lang, "contracts.monopoly_flagged").to_owned()),
            ];
            view! {
                {ui::radios(cx, form, input(cx, &name).required(), answers)}
                {ui::text(cx, form, input(cx, &format!("{name}.words")))}
            }
            .into_any()
        })
        .collect();
    let unread = text.is_empty().then(|| view! { <p class="hint">{t!(cx.lang, "contracts.clauses_unread")}</p> });
    view! {
        {ui::section("required-clauses", t!(cx.lang, "contracts.clauses"), view! {
            <p class="hint">{t!(cx.lang, "contracts.clauses_hint")}</p>
            {unread}
            <div class="stack">{required}</div>
        }.into_any())}
        {ui::section("monopoly-clauses", t!(cx.lang, "contracts.monopoly"), view! {
            <p class="hint">{t!(cx.lang, "contracts.monopoly_hint")}</p>
            <div class="stack">{monopoly}</div>
        }.into_any())}
    }
    .into_any()
}
