//! One contract before an officer: what it says, what the checks found, and what may be decided.

use keqiao_market::{
    Subject,
    attachments::{self, AttachmentView},
    contracts::{self, ContractText, ContractView, Finding, FindingKind},
    rules,
};
use keqiao_model::{Clause, Coded, ContractMove, ContractState, MonopolyClause, RefusalCode, RuleKind, TEXT_MAX};
use leptos::prelude::*;

use super::due_badge;
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    contracts::{contract_facts, contract_texts, related_button},
    listings::files,
    rules::holidays_missing,
    t,
    ui::{self, ButtonStyle, Input, Tone},
    words::code_label,
};

/// What an officer decides.
const DECISIONS: [ContractMove; 5] =
    [ContractMove::Accept, ContractMove::Pass, ContractMove::Register, ContractMove::Return, ContractMove::Refuse];

/// A decision, or an answer to a finding.
pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (version, once) = (submission.version(), submission.once());
    if submission.action() == "answer" {
        return match contracts::answer_finding(&cx.market, &cx.actor, number, &submission.fields, once).await {
            Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.finding_answered"))),
            Err(error) => Outcome::refused(submission, error),
        };
    }
    if submission.action() == "related" {
        let is = submission.value("related") == "yes";
        return match contracts::declare_related(&cx.market, &cx.actor, number, is, version, once).await {
            Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
            Err(error) => Outcome::refused(submission, error),
        };
    }
    let Some(by) = ContractMove::from_code(submission.action()).filter(|by| DECISIONS.contains(by)) else {
        return Err(PageError::NotFound);
    };
    let (code, reason) = (submission.value("code"), submission.value("reason"));
    match contracts::move_contract(&cx.market, &cx.actor, number, by, code, reason, version, once).await {
        Ok(()) => Ok(match by {
            ContractMove::Accept => Outcome::Go(cx.route.clone(), Some("flash.contract_accepted")),
            ContractMove::Pass => Outcome::Go(Route::Contract(number.to_owned()), Some("flash.contract_passed")),
            ContractMove::Return => Outcome::Go(Route::Contract(number.to_owned()), Some("flash.returned")),
            _ => Outcome::Go(Route::Contract(number.to_owned()), Some("flash.decided")),
        }),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// The page of one contract.
pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let contract = contracts::contract(&cx.market, &cx.actor, number).await?;
    if !contract.summary.state.waits() || !contract.moves.iter().any(|by| DECISIONS.contains(by)) {
        return Err(PageError::Redirect(cx.href(&Route::Contract(number.to_owned()))));
    }
    let findings = contracts::findings(&cx.market, &cx.actor, number).await?;
    let attached = attachments::attachments(&cx.market, &cx.actor, Subject::Contract, contract.summary.id).await?;
    let texts = contracts::texts(&cx.market, &cx.actor, number).await?;
    let grounds = rules::grounds(&cx.market, contract.summary.signed_on).await?;
    let title = t!(cx.lang, "review.one", title = contract.summary.title);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &contract, &findings, &attached, &texts, &grounds, &form.unwrap_or_default())))
}

fn view(
    cx: &Cx,
    contract: &ContractView,
    findings: &[Finding],
    attached: &[AttachmentView],
    texts: &[ContractText],
    grounds: &[RefusalCode],
    form: &Form,
) -> AnyView {
    let main = view! {
        {due(cx, contract)}
        {ui::section("checks", t!(cx.lang, "review.findings_title"), checks(cx, findings, form))}
        {contract_facts(cx, contract)}
        {ui::section("files", t!(cx.lang, "listings.files"), view! { {files(cx, attached, false)}{contract_texts(cx, texts)} }.into_any())}
    }
    .into_any();
    let badge = ui::state_badge(cx, ContractState::GROUP, contract.summary.state.code());
    let refused = form.value("action") == ContractMove::Refuse.code();
    let labels = [
        ("reason", if refused { t!(cx.lang, "review.refusal_words") } else { t!(cx.lang, "review.what_to_mend") }),
        ("code", t!(cx.lang, "review.refusal")),
        ("answer", t!(cx.lang, "review.answer_label")),
    ];
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "review.title"), &format!("{}?tab=contracts", cx.href(&Route::Review)))}
        {ui::page_title(&contract.summary.title, Some(&contract.summary.number), Some(badge))}
        {ui::two_columns(main, decisions(cx, contract, grounds, form))}
    }
    .into_any()
}

/// Until when it must be decided, and who reviewed it first.
fn due(cx: &Cx, contract: &ContractView) -> AnyView {
    let due = contract.summary.due_on.map(|day| {
        let today = cx.now.to_offset(keqiao_market::CHINA).date();
        let text = ui::day_text(cx, day);
        let words = t!(cx.lang, "review.due", day = text);
        let badge = due_badge(cx, &contract.summary);
        let missing = holidays_missing(cx, &cx.market.config().calendar.unknown(today.min(day), day));
        let words = view! { {words}" "{badge} }.into_any();
        view! { {ui::notice(cx, if day < today { Tone::Bad } else { Tone::Info }, words)}{missing} }
    });
    let first = contract.detail.as_ref().and_then(|d| d.first_review.as_ref()).map(|(name, at)| {
        let words = t!(cx.lang, "review.second_hint", name = name, day = ui::date_text(cx, *at));
        ui::notice(cx, Tone::Info, words.into_any())
    });
    view! { {due}{first} }.into_any()
}

/// What the integrity checks found, each with its rule and its answer.
fn checks(cx: &Cx, findings: &[Finding], form: &Form) -> AnyView {
    if findings.is_empty() {
        return view! { <p class="hint">{t!(cx.lang, "review.findings_none")}</p> }.into_any();
    }
    let items: Vec<AnyView> =
        findings.iter().enumerate().map(|(place, f)| view! { <li>{finding(cx, f, place, form)}</li> }.into_any()).collect();
    view! { <ul class="findings">{items}</ul> }.into_any()
}

fn finding(cx: &Cx, finding: &Finding, place: usize, form: &Form) -> AnyView {
    let links: Vec<AnyView> =
        finding.contracts.iter().map(|n| view! { " "<a href=cx.href(&Route::Contract(n.clone()))>{n.clone()}</a> }.into_any()).collect();
    let group = if finding.kind == FindingKind::MonopolyClause { MonopolyClause::GROUP } else { Clause::GROUP };
    let about: Vec<AnyView> = finding.about.iter().map(|code| view! { <li>{code_label(cx.lang, group, code)}</li> }.into_any()).collect();
    let about = (!about.is_empty()).then(|| view! { <ul>{about}</ul> });
    let rule = finding.rule.as_ref().map(|rule| {
        let article = if rule.article.is_empty() { String::new() } else { t!(cx.lang, "review.article", article = rule.article) };
        let words = format!("{} {}{article}", code_label(cx.lang, RuleKind::GROUP, rule.kind.code()), rule.source);
        view! { <p class="hint">{t!(cx.lang, "review.rule")}" "<a href=cx.href(&Route::Rule(rule.id))>{words}</a></p> }
    });
    let others = finding.others();
    let note = (!finding.note.is_empty()).then(|| view! { <p>{finding.note.clone()}</p> });
    let own = form.value("kind") == finding.kind.code() && form.value("others") == others;
    let said = finding.answer.as_ref().map(|answer| {
        let by = t!(cx.lang, "review.answered_by", name = answer.person, day = ui::date_text(cx, answer.at));
        view! { {ui::paragraphs(&answer.text)}<p class="hint">{by}</p> }
    });
    let blank = Form::default();
    let name = format!("answer-{place}");
    let body = view! {
        {ui::hidden("kind", finding.kind.code())}
        {ui::hidden("others", &others)}
        {ui::textarea(cx, if own { form } else { &blank }, Input::new("answer", t!(cx.lang, "review.answer_label")).required().rows(2)
            .max(TEXT_MAX).hint(t!(cx.lang, "review.answer_hint")))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "review.answer"), "answer", ButtonStyle::Secondary)])}
    }
    .into_any();
    let answered = finding.answer.is_some();
    let (words, tone) =
        if answered { (t!(cx.lang, "review.answered"), Tone::Good) } else { (t!(cx.lang, "review.unanswered"), Tone::Warn) };
    let summary = if answered { t!(cx.lang, "review.answer_again") } else { t!(cx.lang, "review.answer") };
    let form = ui::form(cx, &cx.href(&cx.route), false, body);
    view! {
        <div id=name>
            <p>{ui::badge(words, tone)}" "<strong>{code_label(cx.lang, FindingKind::GROUP, finding.kind.code())}</strong>{links}</p>
            {about}
            {note}
            {rule}
            {said}
            {ui::details(summary, own || !answered, form)}
        </div>
    }
    .into_any()
}

/// What may be decided now.
fn decisions(cx: &Cx, contract: &ContractView, grounds: &[RefusalCode], form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let version = contract.version.to_string();
    let may = |by: ContractMove| contract.moves.contains(&by);
    let go = |by: ContractMove, words: &str, hint: Option<&'static str>| {
        may(by).then(|| {
            let hint = hint.map(|hint| view! { <p class="hint">{hint}</p> });
            view! { {ui::post_button(cx, &here, words, by.code(), &[("version", &version)], ButtonStyle::Primary)}{hint} }
        })
    };
    let refusals = grounds.iter().map(|c| (c.code().to_owned(), code_label(cx.lang, RefusalCode::GROUP, c.code()))).collect();
    let action = form.value("action");
    let back = may(ContractMove::Return).then(|| {
        let body = view! {
            {ui::hidden("version", &version)}
            {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "review.what_to_mend")).required().rows(3))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "review.return_contract"), ContractMove::Return.code(), ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::details(t!(cx.lang, "review.return_contract"), action == ContractMove::Return.code(), ui::form(cx, &here, false, body))
    });
    let refuse = may(ContractMove::Refuse).then(|| {
        let body = view! {
            {ui::hidden("version", &version)}
            {ui::select(cx, form, Input::new("code", t!(cx.lang, "review.refusal")).required(), refusals)}
            {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "review.refusal_words")).required().rows(3))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "review.refuse"), ContractMove::Refuse.code(), ButtonStyle::Danger)])}
        }
        .into_any();
        ui::details(t!(cx.lang, "review.refuse"), action == ContractMove::Refuse.code(), ui::form(cx, &here, false, body))
    });
    view! {
        <div class="actions">
            {go(ContractMove::Accept, t!(cx.lang, "review.accept"), Some(t!(cx.lang, "review.accept_hint")))}
            {go(ContractMove::Pass, t!(cx.lang, "review.pass"), Some(t!(cx.lang, "review.pass_hint")))}
            {go(ContractMove::Register, t!(cx.lang, "review.register"), None)}
            {back}
            {refuse}
            {related_button(cx, contract.related, &version)}
        </div>
    }
    .into_any()
}
