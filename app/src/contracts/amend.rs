//! 变更登记: what is registered is changed with reason and evidence; the seller proposes, an officer decides, everyone reads what changed.

use keqiao_market::{
    attachments::NewFile,
    contracts::{self, AMENDMENT_REASON_MAX, AmendmentView, Amendments, Change, ContractView},
};
use keqiao_model::{AmendmentKind, AmendmentMove, AmendmentState, Coded, Fen, Fields, Stateful, TEXT_MAX, parse_date};
use leptos::prelude::*;

use super::view::ACCEPT;
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::files,
    t,
    ui::{self, Align, ButtonStyle, Input},
    words::code_label,
};

/// Ways from the page of a registered contract to its certificate and its changes.
pub(super) fn links(cx: &Cx, contract: &ContractView) -> Vec<AnyView> {
    let s = &contract.summary;
    if !contract.is_public {
        return Vec::new();
    }
    let certificate = (contract.own || cx.actor.is_officer() || cx.actor.is_admin()) && contract.detail.is_some();
    let mut links = Vec::new();
    if certificate {
        let to = cx.href(&Route::Certificate(s.number.clone()));
        links.push(ui::button_link(t!(cx.lang, "certificates.open"), &to, ButtonStyle::Secondary));
    }
    let words = if contract.selling { t!(cx.lang, "amendments.propose") } else { t!(cx.lang, "amendments.title") };
    let style = if contract.selling { ButtonStyle::Secondary } else { ButtonStyle::Quiet };
    links.push(ui::button_link(words, &cx.href(&Route::ContractAmend(s.number.clone())), style));
    vec![ui::buttons(links)]
}

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let found = contracts::amendments(&cx.market, &cx.actor, number, cx.query.page()).await?;
    let title = t!(cx.lang, "amendments.of", number = number);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &found, form)))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let once = submission.once();
    let (done, flash) = if submission.action() == "propose" {
        let file = submission.files.iter().find(|f| f.field == "file");
        let file = file.map(|f| NewFile { name: &f.name, bytes: f.bytes.clone(), confidential: false, reason: "" });
        let proposed = contracts::propose_amendment(&cx.market, &cx.actor, number, &submission.fields, file, once).await;
        (proposed.map(|_| ()), "flash.amendment_proposed")
    } else {
        let (Some(by), Ok(place)) = (AmendmentMove::from_code(submission.action()), submission.value("place").parse::<i64>()) else {
            return Err(PageError::NotFound);
        };
        let words = submission.value(&format!("words.{place}")).to_owned();
        let contract_version = submission.value("contract_version").parse().unwrap_or(0);
        let decided =
            contracts::decide_amendment(&cx.market, &cx.actor, number, place, by, &words, submission.version(), contract_version, once);
        (decided.await, if by == AmendmentMove::Withdraw { "flash.amendment_withdrawn" } else { "flash.decided" })
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, found: &Amendments, form: Option<Form>) -> AnyView {
    let c = &found.contract;
    let form_or_new = form.clone().unwrap_or_default();
    let labels = [
        ("kind", t!(cx.lang, "amendments.kind")),
        ("value", t!(cx.lang, "contracts.value")),
        ("technical_value", t!(cx.lang, "contracts.technical_value")),
        ("buyer_credit_code", t!(cx.lang, "contracts.buyer_credit_code")),
        ("buyer_name", t!(cx.lang, "contracts.buyer_name")),
        ("ends_on", t!(cx.lang, "contracts.ends_on")),
        ("reason", t!(cx.lang, "amendments.reason")),
        ("file", t!(cx.lang, "amendments.file")),
        ("words", t!(cx.lang, "amendments.words")),
    ];
    let items: Vec<AnyView> =
        found.list.items.iter().map(|a| view! { <li>{amendment(cx, a, found.contract_version, &form_or_new)}</li> }.into_any()).collect();
    let list = if items.is_empty() {
        let to = (t!(cx.lang, "amendments.to_contract"), cx.href(&Route::Contract(c.number.clone())));
        ui::empty(cx, t!(cx.lang, "amendments.none"), t!(cx.lang, "amendments.none_text"), Some(to))
    } else {
        view! { <ol class="results">{items}</ol>{ui::pager(cx, found.list.total, found.list.per_page)} }.into_any()
    };
    let propose = (!found.now.is_empty()).then(|| propose(cx, found, form));
    let trail =
        [(t!(cx.lang, "contracts.title"), cx.href(&Route::Contracts)), (c.number.as_str(), cx.href(&Route::Contract(c.number.clone())))];
    view! {
        {ui::error_summary(cx, &form_or_new, &labels)}
        {ui::breadcrumb(cx, &trail)}
        {ui::page_title(t!(cx.lang, "amendments.title"), Some(&c.title), None)}
        {ui::lead(t!(cx.lang, "amendments.lead"))}
        {propose}
        {ui::section("amendments", t!(cx.lang, "amendments.list"), list)}
    }
    .into_any()
}

/// The form of the kind in the address, or the kinds to choose from.
fn propose(cx: &Cx, found: &Amendments, form: Option<Form>) -> AnyView {
    let kinds = AmendmentKind::ALL.iter().map(|kind| {
        let label = code_label(cx.lang, AmendmentKind::GROUP, kind.code());
        if found.may_propose.contains(kind) {
            let to = format!("{}#propose", cx.here(&Query(vec![("kind".to_owned(), kind.code().to_owned())])));
            view! { <li><a href=to>{label}</a></li> }.into_any()
        } else {
            view! { <li>{label}" "<span class="hint">{t!(cx.lang, "amendments.waits")}</span></li> }.into_any()
        }
    });
    let kinds: Vec<AnyView> = kinds.collect();
    let proposing = form.filter(|f| f.value("action") == "propose");
    let code = proposing.as_ref().map_or_else(|| cx.query.get("kind").to_owned(), |f| f.value("kind"));
    let kind = AmendmentKind::from_code(&code).filter(|k| proposing.is_some() || found.may_propose.contains(k));
    let body = kind.and_then(|kind| {
        let now = found.now.iter().find(|(k, _)| *k == kind).map(|(_, change)| change)?;
        Some(propose_form(cx, kind, now, proposing))
    });
    let body = view! { <p>{t!(cx.lang, "amendments.choose")}</p><ul>{kinds}</ul>{body} }.into_any();
    ui::section("propose", t!(cx.lang, "amendments.propose"), body)
}

fn propose_form(cx: &Cx, kind: AmendmentKind, now: &Change, form: Option<Form>) -> AnyView {
    let form = form.unwrap_or_else(|| Form::filled(begin(now)));
    let fields = match kind {
        AmendmentKind::Amount => view! {
            {ui::money_input(cx, &form, Input::new("value", t!(cx.lang, "contracts.value")).required().hint(t!(cx.lang, "contracts.value_hint")))}
            {ui::money_input(cx, &form, Input::new("technical_value", t!(cx.lang, "contracts.technical_value")).required()
                .hint(t!(cx.lang, "contracts.technical_value_hint")))}
        }
        .into_any(),
        AmendmentKind::Parties => view! {
            {ui::text(cx, &form, Input::new("buyer_credit_code", t!(cx.lang, "contracts.buyer_credit_code")).required().credit_code().width(30)
                .hint(t!(cx.lang, "contracts.buyer_credit_code_hint")))}
            {ui::text(cx, &form, Input::new("buyer_name", t!(cx.lang, "contracts.buyer_name")).required()
                .hint(t!(cx.lang, "contracts.buyer_name_hint")))}
        }
        .into_any(),
        AmendmentKind::Term => ui::date_input(cx, &form, Input::new("ends_on", t!(cx.lang, "contracts.ends_on")).required()),
    };
    let body = view! {
        {ui::hidden("kind", kind.code())}
        {ui::definition_list(vec![(t!(cx.lang, "amendments.now").to_owned(), change_text(cx, now))])}
        {fields}
        {ui::textarea(cx, &form, Input::new("reason", t!(cx.lang, "amendments.reason")).required().rows(4).max(AMENDMENT_REASON_MAX))}
        {ui::file(cx, &form, Input::new("file", t!(cx.lang, "amendments.file")).required().accept(&ACCEPT)
            .hint(t!(cx.lang, "amendments.file_hint")))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "amendments.send"), "propose", ButtonStyle::Primary)])}
    }
    .into_any();
    let here = cx.here(&Query(vec![("kind".to_owned(), kind.code().to_owned())]));
    ui::fieldset(&code_label(cx.lang, AmendmentKind::GROUP, kind.code()), ui::form(cx, &here, true, body))
}

/// What the register says now, to be changed; a buyer is named anew.
fn begin(now: &Change) -> Fields {
    match now {
        Change::Amount { value, technical_value } => {
            let typed = |fen: i64| Fen::new(fen).format_input();
            [("value", typed(*value)), ("technical_value", typed(*technical_value))].into_iter().collect()
        }
        Change::Term { ends_on } => [("ends_on", ends_on.clone())].into_iter().collect(),
        Change::Parties { .. } => Fields::default(),
    }
}

fn change_text(cx: &Cx, change: &Change) -> AnyView {
    match change {
        Change::Amount { value, technical_value } => {
            let words = t!(cx.lang, "amendments.amounts", value = ui::money(cx, *value), technical = ui::money(cx, *technical_value));
            words.into_any()
        }
        Change::Parties { name, credit_code, .. } => view! { {name.clone()}" "<span class="hint">{credit_code.clone()}</span> }.into_any(),
        Change::Term { ends_on } => match parse_date(ends_on) {
            Some(day) => ui::day(cx, day),
            None => ends_on.clone().into_any(),
        },
    }
}

fn amendment(cx: &Cx, a: &AmendmentView, contract_version: i64, form: &Form) -> AnyView {
    let kind = code_label(cx.lang, AmendmentKind::GROUP, a.kind.code());
    let badge = ui::state_badge(cx, AmendmentState::GROUP, a.state.code());
    let table = a.change.as_ref().map(|(before, after)| {
        let heads = [t!(cx.lang, "amendments.kind"), t!(cx.lang, "amendments.before"), t!(cx.lang, "amendments.after")];
        let caption = t!(cx.lang, "amendments.caption", place = a.place);
        let row = vec![kind.clone().into_any(), change_text(cx, before), change_text(cx, after)];
        ui::record_table(&caption, heads.map(str::to_owned).into(), vec![row], &[Align::Start])
    });
    let mut facts = vec![(t!(cx.lang, "amendments.proposed_at").to_owned(), ui::date(cx, a.created_at))];
    if let Some(at) = a.decided_at {
        facts.push((t!(cx.lang, "amendments.decided_at").to_owned(), ui::date(cx, at)));
    }
    let mut evidence = None;
    if let Some(detail) = &a.detail {
        facts.push((t!(cx.lang, "amendments.by").to_owned(), detail.person.clone().into_any()));
        facts.push((t!(cx.lang, "amendments.reason").to_owned(), ui::paragraphs(&detail.reason)));
        if !detail.decided_by.is_empty() {
            facts.push((t!(cx.lang, "amendments.decided_by").to_owned(), detail.decided_by.clone().into_any()));
        }
        if !detail.decision.is_empty() {
            facts.push((t!(cx.lang, "amendments.words").to_owned(), ui::paragraphs(&detail.decision)));
        }
        evidence = detail.file.as_ref().map(|file| files(cx, std::slice::from_ref(file), false));
    }
    view! {
        <div class="amendment">
        <h3>{t!(cx.lang, "amendments.one", place = a.place, kind = kind)}" "{badge}</h3>
        {table}
        {ui::definition_list(facts)}
        {evidence}
        {decision(cx, a, contract_version, form)}
        </div>
    }
    .into_any()
}

/// What the reader may do with an amendment that waits.
fn decision(cx: &Cx, a: &AmendmentView, contract_version: i64, form: &Form) -> AnyView {
    if a.moves.is_empty() {
        return ().into_any();
    }
    let (place, version, contract_version) = (a.place.to_string(), a.version.to_string(), contract_version.to_string());
    let own = form.value("place") == place;
    let blank = Form::default();
    let words = a.moves.iter().any(|by| a.state.transition(*by).is_some_and(|t| t.reason));
    let words = words.then(|| {
        let input = Input::new(format!("words.{place}"), t!(cx.lang, "amendments.words")).rows(3).max(TEXT_MAX);
        ui::textarea(cx, if own { form } else { &blank }, input.hint(t!(cx.lang, "amendments.words_hint")))
    });
    let buttons = a.moves.iter().map(|by| {
        let style = match by {
            AmendmentMove::Approve => ButtonStyle::Primary,
            AmendmentMove::Refuse => ButtonStyle::Danger,
            AmendmentMove::Withdraw => ButtonStyle::Secondary,
        };
        ui::button(&code_label(cx.lang, AmendmentMove::GROUP, by.code()), by.code(), style)
    });
    let body = view! {
        {ui::hidden("place", &place)}
        {ui::hidden("version", &version)}
        {ui::hidden("contract_version", &contract_version)}
        {words}
        {ui::buttons(buttons.collect())}
    }
    .into_any();
    ui::form(cx, &cx.href(&cx.route), false, body)
}
