//! One contract, as its reader may see it: everything for its parties and officers, the public part for everyone.

use std::sync::LazyLock;

use keqiao_market::{
    Subject,
    attachments::{self, AttachmentView},
    contracts::{self, ContractDetail, ContractParty, ContractSummary, ContractText, ContractView},
    history::{self, HistoryEntry},
    performance::Progress,
};
use keqiao_model::{
    Coded, ContractKind, ContractMove, ContractSection, ContractState, ContractSubkind, Field, LegalKind, ListingKind, RefusalCode,
    Stateful, TEXT_MAX,
};
use leptos::prelude::*;
use uuid::Uuid;

use super::{amend, facts, labels::label, performance, sections::problem_list, texts};
use crate::{
    Cx, Form, Page, PageError, Query, Route,
    listings::{files, region_name},
    t,
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::code_label,
};

pub(super) type Facts = Vec<(String, AnyView)>;

/// Kinds of files, as an `accept` attribute says them; what they hold is checked when they arrive.
pub(super) static ACCEPT: LazyLock<String> = LazyLock::new(|| format!(".{}", attachments::accepted_extensions().join(",.")));

/// The page of one contract; with `?print=yes`, the sheet to be printed.
pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let contract = contracts::contract(&cx.market, &cx.actor, number).await?;
    let (attached, texts, history) = if contract.detail.is_some() {
        let id = contract.summary.id;
        let attached = attachments::attachments(&cx.market, &cx.actor, Subject::Contract, id).await?;
        let texts = contracts::texts(&cx.market, &cx.actor, number).await?;
        (attached, texts, history::history(&cx.market, Subject::Contract, id).await?)
    } else {
        (Vec::new(), Vec::new(), Vec::new())
    };
    let progress = performance::beside(cx, &contract).await?;
    let s = &contract.summary;
    let title = format!("{} {}", s.number, s.title);
    let description = t!(cx.lang, "contracts.description", seller = s.seller.1, buyer = s.buyer.1, title = s.title);
    let (public, print) = (contract.is_public, form.is_none() && cx.query.get("print") == "yes");
    let cx = cx.clone();
    let page = Page::new(title, move || {
        if print {
            sheet(&cx, &contract, &attached)
        } else {
            view(&cx, &contract, &attached, &texts, progress, history, &form.unwrap_or_default())
        }
    });
    Ok(if public && !print { page.public(description) } else { page })
}

fn view(
    cx: &Cx,
    contract: &ContractView,
    attached: &[AttachmentView],
    texts: &[ContractText],
    progress: Option<Progress>,
    history: Vec<HistoryEntry>,
    form: &Form,
) -> AnyView {
    let s = &contract.summary;
    let file = label(cx, "file");
    let labels =
        [("file", file.as_str()), ("code", t!(cx.lang, "contracts.cancel_code")), ("reason", t!(cx.lang, "contracts.cancel_reason"))];
    // Handing in checks the whole form, whose fields stand on pages of their own.
    let elsewhere = |field: &str| ContractSection::of(field).is_some_and(|section| section != ContractSection::Files);
    let (there, here): (Vec<_>, Vec<_>) = form.errors.iter().cloned().partition(|e| elsewhere(&e.field));
    let missing = (!there.is_empty()).then(|| {
        let body = view! { <p>{t!(cx.lang, "contracts.form_incomplete")}</p>{problem_list(cx, &s.number, &there)} };
        ui::notice(cx, Tone::Bad, body.into_any())
    });
    let form = &Form { fields: form.fields.clone(), errors: here };
    let inside = contract.detail.is_some();
    let files = (inside && (contract.editable || !attached.is_empty())).then(|| file_part(cx, contract, attached, form));
    let history = (!history.is_empty()).then(|| ui::section("history", t!(cx.lang, "contracts.history"), timeline(cx, history)));
    let main = view! {
        {contract.detail.as_ref().map(|detail| decision(cx, s.state, detail))}
        {contract_facts(cx, contract)}
        {files}
        {texts::part(cx, texts)}
        {history}
    }
    .into_any();
    let amount = ui::money_compact(cx, s.value.fen());
    let mut registered = registered(cx, s);
    if let Some((name, _)) = contract.detail.as_ref().and_then(|d| d.first_review.as_ref()) {
        registered.push((t!(cx.lang, "contracts.first_reviewer").to_owned(), name.clone().into_any()));
    }
    let worth = view! {
        <div class="target-head">
            <p class="stat-label">{t!(cx.lang, "contracts.value")}</p>
            <p class="big-amount">{amount}</p>
            {(!registered.is_empty()).then(|| ui::definition_list(registered))}
        </div>
    }
    .into_any();
    let progress = progress.map(|p| performance::card(cx, &s.number, &p));
    let aside = view! { {actions(cx, contract, attached.is_empty(), form)}{worth}{progress} }.into_any();
    let badge = ui::state_badge(cx, ContractState::GROUP, s.state.code());
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::breadcrumb(cx, &[(t!(cx.lang, "contracts.title"), cx.href(&Route::Contracts))])}
        {ui::page_title(&s.title, Some(&s.number), Some(badge))}
        {missing}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

/// Number and day of registration.
fn registered(cx: &Cx, contract: &ContractSummary) -> Facts {
    let mut facts: Facts = Vec::new();
    if let Some(number) = &contract.registration_number {
        facts.push((t!(cx.lang, "contracts.registration_number").to_owned(), number.clone().into_any()));
    }
    if let Some(at) = contract.registered_at {
        facts.push((t!(cx.lang, "contracts.registered_at").to_owned(), ui::date(cx, at)));
    }
    if let Some(at) = contract.completed_at.filter(|_| contract.state == ContractState::Completed) {
        facts.push((t!(cx.lang, "contracts.completed_at").to_owned(), ui::date(cx, at)));
    }
    if contract.state.waits() {
        let stages =
            [(t!(cx.lang, "contracts.submitted_on"), contract.submitted_at), (t!(cx.lang, "contracts.accepted_on"), contract.accepted_at)];
        facts.extend(stages.into_iter().filter_map(|(words, at)| Some((words.to_owned(), ui::date(cx, at?)))));
    }
    if let Some(day) = contract.due_on {
        facts.push((t!(cx.lang, "contracts.due_on").to_owned(), ui::day(cx, day)));
    }
    facts
}

/// Why it was returned, refused or cancelled; a draft that was taken back keeps what it was returned for.
pub(super) fn decision(cx: &Cx, state: ContractState, detail: &ContractDetail) -> AnyView {
    let (tone, words) = match state {
        ContractState::Draft | ContractState::Returned => (Tone::Warn, t!(cx.lang, "contracts.returned")),
        ContractState::Refused => (Tone::Bad, t!(cx.lang, "contracts.refused")),
        ContractState::Cancelled => (Tone::Bad, t!(cx.lang, "contracts.cancelled")),
        ContractState::Submitted
        | ContractState::Accepted
        | ContractState::SecondReview
        | ContractState::Registered
        | ContractState::Completed => return ().into_any(),
    };
    if detail.reason.is_empty() {
        return ().into_any();
    }
    let code = detail.code.map(|code| view! { <p>{code_label(cx.lang, RefusalCode::GROUP, code.code())}</p> });
    ui::notice(cx, tone, view! { <p><strong>{words}</strong></p>{code}{ui::paragraphs(&detail.reason)} }.into_any())
}

/// Everything a contract says that its reader may see, section by section; also what an officer decides on.
pub(crate) fn contract_facts(cx: &Cx, contract: &ContractView) -> AnyView {
    all_facts(cx, contract, true)
}

/// As on the screen with links, or as on paper without.
fn all_facts(cx: &Cx, contract: &ContractView, links: bool) -> AnyView {
    let detail = contract.detail.as_ref();
    let link = |route: Route, words: &str| {
        let words = words.to_owned();
        if links { view! { <a href=cx.href(&route)>{words}</a> }.into_any() } else { words.into_any() }
    };
    let summary = detail.map(|d| ui::section("summary", t!(cx.lang, "contracts.summary"), ui::paragraphs(&d.content.summary)));
    let party = |who: &'static str, (id, name): &(Uuid, String), detail: Option<&ContractParty>| {
        let mut facts: Facts = vec![(who.to_owned(), link(Route::Organisation(*id), name))];
        if let Some(party) = detail {
            facts.push((t!(cx.lang, "contracts.credit_code").to_owned(), party.credit_code.clone().into_any()));
            facts.push((
                t!(cx.lang, "contracts.legal_kind").to_owned(),
                code_label(cx.lang, LegalKind::GROUP, &party.legal_kind).into_any(),
            ));
            facts.push((t!(cx.lang, "contracts.seat").to_owned(), region_name(cx, &party.region).into_any()));
        }
        ui::definition_list(facts)
    };
    let s = &contract.summary;
    let seller = party(t!(cx.lang, "contracts.seller"), &s.seller, detail.map(|d| &d.seller));
    let buyer = party(t!(cx.lang, "contracts.buyer"), &s.buyer, detail.map(|d| &d.buyer));
    let amounts = vec![
        (t!(cx.lang, "contracts.value").to_owned(), ui::money(cx, s.value.fen()).into_any()),
        (t!(cx.lang, "contracts.technical_value").to_owned(), ui::money(cx, s.technical_value.fen()).into_any()),
    ];
    let more = detail.map(|d| facts::of_price(cx, d)).unwrap_or_default();
    let rest = detail.map(|d| facts::rights_and_clauses(cx, d));
    view! {
        {ui::section("subject", t!(cx.lang, "contracts.part_subject"), ui::definition_list(subject(cx, s, detail, &link)))}
        {ui::section("parties", t!(cx.lang, "contracts.parties"), view! { <div class="stack">{seller}{buyer}</div> }.into_any())}
        {ui::section("price", t!(cx.lang, "contracts.part_price"), ui::definition_list(amounts.into_iter().chain(more).collect()))}
        {summary}
        {rest}
    }
    .into_any()
}

fn subject(cx: &Cx, contract: &ContractSummary, detail: Option<&ContractDetail>, link: &impl Fn(Route, &str) -> AnyView) -> Facts {
    let mut facts: Facts = Vec::new();
    let mut fact = |label: &str, value: AnyView| facts.push((label.to_owned(), value));
    let kind = code_label(cx.lang, ContractKind::GROUP, contract.kind.code());
    let subkind = code_label(cx.lang, ContractSubkind::GROUP, contract.subkind.code());
    fact(t!(cx.lang, "contracts.kind"), if kind == subkind { kind } else { format!("{kind} · {subkind}") }.into_any());
    fact(t!(cx.lang, "fields.field"), code_label(cx.lang, Field::GROUP, contract.field.code()).into_any());
    fact(t!(cx.lang, "contracts.signed_on"), ui::day(cx, contract.signed_on));
    if let Some(content) = detail.map(|d| &d.content) {
        let term = view! { {ui::day(cx, content.starts_on)}" – "{ui::day(cx, content.ends_on)} };
        fact(t!(cx.lang, "contracts.part_term"), term.into_any());
    }
    fact(t!(cx.lang, "contracts.region"), region_name(cx, &contract.region).into_any());
    let Some(detail) = detail else { return facts };
    for (label, value) in facts::of_subject(cx, detail) {
        fact(&label, value);
    }
    if let Some(number) = &detail.deal {
        fact(t!(cx.lang, "contracts.deal"), link(Route::Deal(number.clone()), number));
    }
    if let Some(number) = &detail.demand {
        fact(t!(cx.lang, "contracts.demand"), link(Route::Listing(ListingKind::Demand, number.clone()), number));
    }
    if let Some(number) = &detail.achievement {
        fact(t!(cx.lang, "contracts.achievement"), link(Route::Listing(ListingKind::Achievement, number.clone()), number));
    }
    if let Some(file) = &detail.imported_from {
        fact(t!(cx.lang, "register_import.from"), file.clone().into_any());
    }
    fact(t!(cx.lang, "contracts.recorded_at"), ui::date(cx, detail.created_at));
    facts
}

pub(super) fn file_part(cx: &Cx, contract: &ContractView, attached: &[AttachmentView], form: &Form) -> AnyView {
    let add = contract.editable.then(|| {
        let types = attachments::accepted_extensions().join(t!(cx.lang, "listings.separator"));
        let hint = t!(cx.lang, "contracts.file_hint", types = types);
        let body = view! {
            {ui::file(cx, form, Input::new("file", t!(cx.lang, "listings.add_file")).accept(&ACCEPT).hint(hint))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "listings.upload"), "attach", ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::form(cx, &cx.href(&cx.route), true, body)
    });
    let missing = attached.is_empty().then(|| ui::notice(cx, Tone::Info, t!(cx.lang, "contracts.files_missing").into_any()));
    ui::section("files", t!(cx.lang, "contracts.files"), view! { {missing}{files(cx, attached, contract.editable)}{add} }.into_any())
}

fn timeline(cx: &Cx, entries: Vec<HistoryEntry>) -> AnyView {
    let items = entries
        .into_iter()
        .map(|e| {
            let code = (!e.code.is_empty()).then(|| view! { <p>{code_label(cx.lang, RefusalCode::GROUP, &e.code)}</p> });
            let said = (code.is_some() || !e.reason.is_empty()).then(|| view! { {code}{ui::paragraphs(&e.reason)} }.into_any());
            TimelineItem {
                title: code_label(cx.lang, ContractMove::GROUP, &e.action),
                meta: view! { {e.person.clone()}" "{ui::date_time(cx, e.at)} }.into_any(),
                body: said,
                tone: Tone::of_state(&e.to),
            }
        })
        .collect();
    ui::timeline(items)
}

/// What the reader can do next: the moves the state table allows, the form, the sheet.
fn actions(cx: &Cx, contract: &ContractView, no_files: bool, form: &Form) -> AnyView {
    let s = &contract.summary;
    let here = cx.href(&cx.route);
    let version = contract.version.to_string();
    let mut parts: Vec<AnyView> = Vec::new();
    let decides = |by: &ContractMove| {
        matches!(by, ContractMove::Accept | ContractMove::Pass | ContractMove::Register | ContractMove::Return | ContractMove::Refuse)
    };
    if contract.moves.iter().any(decides) {
        let to = cx.href(&Route::ReviewContract(s.number.clone()));
        parts.push(ui::button_link(t!(cx.lang, "contracts.decide"), &to, ButtonStyle::Primary));
    }
    for by in contract.moves.iter().filter(|by| !decides(by)) {
        let words = code_label(cx.lang, ContractMove::GROUP, by.code());
        if s.state.transition(*by).is_some_and(|t| t.reason) {
            parts.push(cancellation(cx, *by, &words, &version, form));
        } else {
            let style = if *by == ContractMove::Submit && !no_files { ButtonStyle::Primary } else { ButtonStyle::Secondary };
            parts.push(ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], style));
        }
    }
    if contract.editable {
        let to = cx.href(&Route::ContractEdit(s.number.clone()));
        let style = if no_files || s.state == ContractState::Returned { ButtonStyle::Primary } else { ButtonStyle::Secondary };
        parts.push(ui::button_link(t!(cx.lang, "listings.edit"), &to, style));
        if !contract.selling {
            parts.push(view! { <p class="hint">{t!(cx.lang, "contracts.seller_submits")}</p> }.into_any());
        }
    }
    if contract.editable && contract.selling {
        parts.push(related_button(cx, contract.related, &version));
    }
    parts.extend(amend::links(cx, contract));
    let to = cx.here(&Query(vec![("print".to_owned(), "yes".to_owned())]));
    parts.push(ui::button_link(t!(cx.lang, "contracts.print"), &to, ButtonStyle::Quiet));
    view! { <div class="actions">{parts}</div> }.into_any()
}

/// Saying that seller and buyer are related, or that they are not.
pub(crate) fn related_button(cx: &Cx, related: bool, version: &str) -> AnyView {
    let (words, hint, value) = if related {
        (t!(cx.lang, "contracts.unrelated_say"), t!(cx.lang, "contracts.related_said"), "no")
    } else {
        (t!(cx.lang, "contracts.related_say"), t!(cx.lang, "contracts.related_hint"), "yes")
    };
    let values = [("version", version), ("related", value)];
    let button = ui::post_button(cx, &cx.href(&cx.route), words, "related", &values, ButtonStyle::Secondary);
    ui::details(t!(cx.lang, "contracts.related"), related, view! { <p class="hint">{hint}</p>{button} }.into_any())
}

/// Cancelling a registration takes what it counted out of the figures: it opens on demand, and needs a code and words.
fn cancellation(cx: &Cx, by: ContractMove, words: &str, version: &str, form: &Form) -> AnyView {
    let codes = RefusalCode::ALL.iter().map(|c| (c.code().to_owned(), code_label(cx.lang, RefusalCode::GROUP, c.code()))).collect();
    let body = view! {
        {ui::hidden("version", version)}
        <p class="hint">{t!(cx.lang, "contracts.cancel_hint")}</p>
        {ui::select(cx, form, Input::new("code", t!(cx.lang, "contracts.cancel_code")).required(), codes)}
        {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "contracts.cancel_reason")).required().rows(3).max(TEXT_MAX))}
        {ui::buttons(vec![ui::button(words, by.code(), ButtonStyle::Danger)])}
    }
    .into_any();
    ui::details(words, form.value("action") == by.code(), ui::form(cx, &cx.href(&cx.route), false, body))
}

/// The sheet: what the contract says and nothing to press, for the file of a party or of the registry.
fn sheet(cx: &Cx, contract: &ContractView, attached: &[AttachmentView]) -> AnyView {
    let s = &contract.summary;
    let files = (!attached.is_empty()).then(|| {
        let names: Vec<AnyView> = attached
            .iter()
            .map(|f| {
                let name = f.name.clone();
                let sum = f.sha256.clone();
                view! { <li>{name}<br /><span class="hint">"SHA-256 "{sum}</span></li> }.into_any()
            })
            .collect();
        ui::section("files", t!(cx.lang, "contracts.files"), view! { <ol>{names}</ol> }.into_any())
    });
    let state = code_label(cx.lang, ContractState::GROUP, s.state.code());
    let above = t!(cx.lang, "contracts.sheet", city = cx.city());
    let printed = t!(cx.lang, "contracts.printed", at = ui::date_time_text(cx, cx.now));
    let mut head = vec![
        (t!(cx.lang, "contracts.number").to_owned(), s.number.clone().into_any()),
        (t!(cx.lang, "contracts.state").to_owned(), state.into_any()),
    ];
    head.extend(registered(cx, s));
    let trail = [(t!(cx.lang, "contracts.title"), cx.href(&Route::Contracts)), (s.number.as_str(), cx.href(&cx.route))];
    view! {
        {ui::breadcrumb(cx, &trail)}
        <div class="narrow">
            {ui::page_title(&s.title, Some(&above), None)}
            {ui::definition_list(head)}
            {all_facts(cx, contract, false)}
            {files}
            <p class="hint">{printed}</p>
        </div>
    }
    .into_any()
}
