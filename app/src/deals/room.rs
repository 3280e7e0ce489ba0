//! The page of a deal: where it stands, what the next move needs, the thread, the documents, what is due.

use keqiao_market::{
    Subject,
    attachments::{self, AttachmentView},
    deals::{self, DealView, MessageView},
    history::{self, HistoryEntry},
    room::{
        documents::{self, DocumentView},
        messages::{self, MESSAGE_MAX},
        trials::TrialView,
    },
};
use keqiao_model::{Coded, ContractState, DealMove, DealState, DeclineCode, Need, Stateful, TrialOutcome, format_date};
use leptos::prelude::*;

use super::{ATTACHED, detail, documents as papers};
use crate::{
    Cx, Form, Page, PageError, Query, Route,
    interests::decline_options,
    listings::{files, summary_result},
    t,
    ui::{self, ButtonStyle, Input, Message, TimelineItem, Tone},
    words::code_label,
};

struct Room {
    deal: DealView,
    history: Vec<HistoryEntry>,
    documents: Vec<DocumentView>,
    /// Files from before deals had documents.
    older: Vec<AttachmentView>,
}

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let deal = deals::deal(&cx.market, &cx.actor, number).await?;
    let history = history::history(&cx.market, Subject::Deal, deal.summary.id).await?;
    let documents = documents::documents(&cx.market, &cx.actor, number).await?;
    // Whoever opens the thread has read it.
    messages::mark_read(&cx.market, &cx.actor, number).await?;
    let title = format!("{number} {}", deal.summary.title);
    let older = attachments::attachments(&cx.market, &cx.actor, Subject::Deal, deal.summary.id).await?;
    let room = Room { deal, history, documents, older };
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, room, &form.unwrap_or_default())))
}

fn view(cx: &Cx, room: Room, form: &Form) -> AnyView {
    let Room { deal, history, documents, older } = room;
    let s = &deal.summary;
    let here = cx.href(&cx.route);
    let labels = [
        ("body", t!(cx.lang, "deals.message")),
        ("code", t!(cx.lang, "deals.why_lost")),
        ("reason", t!(cx.lang, "interests.words")),
        ("title", t!(cx.lang, "deals.document_title")),
        ("document_kind", t!(cx.lang, "deals.document_kind")),
        ("file", t!(cx.lang, "deals.file")),
        (ATTACHED, t!(cx.lang, "deals.attached")),
        ("note", t!(cx.lang, "deals.version_note")),
        ("starts_on", t!(cx.lang, "deals.trial_from")),
        ("ends_on", t!(cx.lang, "deals.trial_to")),
        ("goal", t!(cx.lang, "deals.trial_goal")),
        ("outcome", t!(cx.lang, "deals.trial_outcome")),
        ("outcome_note", t!(cx.lang, "deals.trial_note")),
        ("due_on", t!(cx.lang, "deals.due_on")),
        ("due_what", t!(cx.lang, "deals.due_what")),
    ];
    let listings: Vec<AnyView> = [&deal.demand, &deal.achievement].into_iter().flatten().map(|l| summary_result(cx, l, false)).collect();
    let lost = (s.state == DealState::Lost).then(|| {
        let why = deal.code.map(|c| code_label(cx.lang, DeclineCode::GROUP, c.code())).unwrap_or_default();
        ui::notice(cx, Tone::Bad, view! { <p><strong>{why}</strong></p>{ui::paragraphs(&deal.reason)} }.into_any())
    });
    let add_document = (deal.may_write && deal.nda_signed && deal.on_a_side).then(|| {
        let open = form.value("action") == "document";
        ui::details(t!(cx.lang, "deals.add_document"), open, papers::new_form(cx, form, &here))
    });
    let before_nda = (!deal.nda_signed).then(|| ui::notice(cx, Tone::Info, t!(cx.lang, "deals.nda_first").into_any()));
    let shown = if deal.nda_signed { papers::list(cx, &s.number, &documents) } else { ().into_any() };
    let main = view! {
        {way(cx, s.state)}
        {lost}
        {actions(cx, &deal, form)}
        {next(cx, &deal)}
        {trial(cx, &deal, form, &here)}
        {ui::section("thread", t!(cx.lang, "deals.thread"), view! { {thread(cx, &deal)}{write(cx, &deal, form, &here)} }.into_any())}
        {ui::section("documents", t!(cx.lang, "deals.documents"), view! { {before_nda}{shown}{files(cx, &older, false)}{add_document} }.into_any())}
        {ui::section("listings", t!(cx.lang, "interests.about"), ui::results(listings))}
        {ui::details(t!(cx.lang, "listings.history"), false, timeline(cx, history))}
    }
    .into_any();
    let aside = view! { {rooms(cx, &deal)}{facts(cx, &deal)}{due(cx, &deal, form, &here)} }.into_any();
    let badge = ui::state_badge(cx, DealState::GROUP, s.state.code());
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "deals.title"), &cx.href(&Route::Deals))}
        {ui::page_title(&s.title, Some(&s.number), Some(badge))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

/// The way of a deal that succeeds, and how far it is.
fn way(cx: &Cx, state: DealState) -> Option<AnyView> {
    let reached = DealState::PATH.iter().position(|p| *p == state).unwrap_or(match state {
        DealState::Trial => 1,
        DealState::Notice => 2,
        _ => 0,
    });
    let names = DealState::PATH.iter().map(|p| code_label(cx.lang, DealState::GROUP, p.code())).collect();
    (state != DealState::Lost).then(|| ui::steps(cx, t!(cx.lang, "deals.progress"), names, reached))
}

/// What the next moves need, and where to do it.
fn next(cx: &Cx, deal: &DealView) -> AnyView {
    let number = &deal.summary.number;
    if deal.next.is_empty() {
        return ().into_any();
    }
    let place = |need: Need| match need {
        Need::NdaSigned => Some(Route::DealNda(number.clone())),
        Need::TermsAccepted => Some(Route::DealTerms(number.clone())),
        Need::NoticePublished | Need::NoticeEnded | Need::ObjectionsAnswered => Some(Route::DealNotice(number.clone())),
        _ => None,
    };
    let moves: Vec<AnyView> = deal
        .next
        .iter()
        .map(|next| {
            let items: Vec<AnyView> = next
                .needs
                .iter()
                .map(|n| {
                    let words = code_label(cx.lang, Need::GROUP, n.need.code());
                    let (sign, told) = if n.met { ("✓", t!(cx.lang, "deals.need_met")) } else { ("○", t!(cx.lang, "deals.need_open")) };
                    let words = match place(n.need) {
                        Some(to) => view! { <a href=cx.href(&to)>{words}</a> }.into_any(),
                        None => words.into_any(),
                    };
                    let class = if n.met { "need met" } else { "need" };
                    view! { <li class=class><span aria-hidden="true">{sign}</span>{words}<span class="hidden-text">{told}</span></li> }
                        .into_any()
                })
                .collect();
            view! { <h3>{code_label(cx.lang, DealMove::GROUP, next.by.code())}</h3><ul class="needs">{items}</ul> }.into_any()
        })
        .collect();
    ui::section("next", t!(cx.lang, "deals.next"), moves.into_any())
}

fn trial(cx: &Cx, deal: &DealView, form: &Form, here: &str) -> Option<AnyView> {
    let trial = deal.trial.as_ref()?;
    let TrialView { starts_on, ends_on, goal, outcome, outcome_note, overdue } = trial;
    let mut facts = vec![
        (
            t!(cx.lang, "deals.trial_period").to_owned(),
            format!("{} – {}", ui::day_text(cx, *starts_on), ui::day_text(cx, *ends_on)).into_any(),
        ),
        (t!(cx.lang, "deals.trial_goal").to_owned(), ui::paragraphs(goal)),
    ];
    if let Some(outcome) = outcome {
        facts.push((t!(cx.lang, "deals.trial_outcome").to_owned(), code_label(cx.lang, TrialOutcome::GROUP, outcome.code()).into_any()));
        facts.push((t!(cx.lang, "deals.trial_note").to_owned(), ui::paragraphs(outcome_note)));
    }
    let late = overdue.then(|| ui::notice(cx, Tone::Warn, t!(cx.lang, "deals.trial_overdue").into_any()));
    let end = (outcome.is_none() && deal.on_a_side && deal.summary.state == DealState::Trial).then(|| {
        let outcomes =
            TrialOutcome::ALL.iter().map(|o| (o.code().to_owned(), code_label(cx.lang, TrialOutcome::GROUP, o.code()))).collect();
        let body = view! {
            {ui::radios(cx, form, Input::new("outcome", t!(cx.lang, "deals.trial_outcome")).required(), outcomes)}
            {ui::textarea(cx, form, Input::new("outcome_note", t!(cx.lang, "deals.trial_note")).required().rows(3))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "deals.trial_end"), "end_trial", ButtonStyle::Primary)])}
        }
        .into_any();
        ui::form(cx, here, false, body)
    });
    Some(ui::section("trial", t!(cx.lang, "deals.trial"), view! { {late}{ui::definition_list(facts)}{end} }.into_any()))
}

/// The thread: each message with its answers below it.
fn thread(cx: &Cx, deal: &DealView) -> AnyView {
    let answers = |id: uuid::Uuid| deal.messages.iter().filter(move |m| m.parent == Some(id));
    let mut shown = vec![Message {
        author: t!(cx.lang, "deals.opening").to_owned(),
        organisation: String::new(),
        at: deal.summary.created_at,
        own: false,
        text: deal.opening.clone(),
        below: None,
    }];
    for message in deal.messages.iter().filter(|m| m.parent.is_none()) {
        let replies: Vec<Message> = answers(message.id).map(|m| drawn(cx, deal, m, None)).collect();
        let below = (!replies.is_empty()).then(|| ui::thread(cx, replies));
        shown.push(drawn(cx, deal, message, below));
    }
    ui::thread(cx, shown)
}

fn drawn(cx: &Cx, deal: &DealView, message: &MessageView, replies: Option<AnyView>) -> Message {
    let read = message.read.then(|| view! { <span class="hint">{t!(cx.lang, "deals.read")}</span> });
    let answer = (deal.may_write && message.parent.is_none()).then(|| {
        let query = Query(vec![("answer".to_owned(), message.id.to_string())]);
        let to = format!("{}{}#write", cx.href(&cx.route), query.to_search());
        view! { <a href=to>{t!(cx.lang, "deals.answer")}<span class="hidden-text">{message.person.clone()}</span></a> }
    });
    let below = view! { {files(cx, &message.files, false)}<p class="message-foot">{read}" "{answer}</p>{replies} }.into_any();
    Message {
        author: message.person.clone(),
        organisation: message.organisation.clone(),
        at: message.at,
        own: message.own,
        text: message.body.clone(),
        below: Some(below),
    }
}

fn write(cx: &Cx, deal: &DealView, form: &Form, here: &str) -> Option<AnyView> {
    if !deal.may_write {
        return None;
    }
    let typed = form.value("parent");
    let parent = if typed.is_empty() { cx.query.get("answer").to_owned() } else { typed };
    let answered = deal.messages.iter().find(|m| m.id.to_string() == parent);
    let answering = answered.map(|m| {
        let all = cx.href(&cx.route);
        view! {
            {ui::hidden("parent", &parent)}
            <p class="hint">
                {t!(cx.lang, "deals.answering", name = m.person, text = ui::excerpt(&m.body, 60))}" "
                <a href=all>{t!(cx.lang, "deals.not_answering")}</a>
            </p>
        }
    });
    let file = (deal.nda_signed && deal.on_a_side).then(|| {
        let types = attachments::accepted_extensions().join(t!(cx.lang, "listings.separator"));
        ui::file(cx, form, Input::new(ATTACHED, t!(cx.lang, "deals.attached")).hint(t!(cx.lang, "listings.file_hint", types = types)))
    });
    let body = view! {
        {answering}
        {ui::textarea(cx, form, Input::new("body", t!(cx.lang, "deals.message")).required().rows(4).max(MESSAGE_MAX))}
        {file}
        {ui::buttons(vec![ui::button(t!(cx.lang, "deals.send"), "write", ButtonStyle::Primary)])}
    }
    .into_any();
    Some(view! { <div id="write">{ui::form(cx, here, true, body)}</div> }.into_any())
}

/// Ways into the parts of the room that have pages of their own.
fn rooms(cx: &Cx, deal: &DealView) -> AnyView {
    let number = &deal.summary.number;
    let mut links = vec![
        (Route::DealNda(number.clone()), t!(cx.lang, "deals.nda")),
        (Route::DealTerms(number.clone()), t!(cx.lang, "deals.terms")),
        (Route::DealMembers(number.clone()), t!(cx.lang, "deals.members")),
    ];
    if deal.broker.is_some() {
        links.push((Route::DealCommission(number.clone()), t!(cx.lang, "deals.commission")));
    }
    let mut items: Vec<AnyView> =
        links.into_iter().map(|(to, words)| view! { <li><a href=cx.href(&to)>{words}</a></li> }.into_any()).collect();
    if deal.on_a_side {
        let to = detail::log_of(cx, number);
        items.push(view! { <li><a href=to>{t!(cx.lang, "deals.disclosures")}</a></li> }.into_any());
    }
    view! { <nav aria-label=t!(cx.lang, "deals.rooms")><ul class="room-links">{items}</ul></nav> }.into_any()
}

fn facts(cx: &Cx, deal: &DealView) -> AnyView {
    let s = &deal.summary;
    let organisation = |o: &(uuid::Uuid, String)| view! { <a href=cx.href(&Route::Organisation(o.0))>{o.1.clone()}</a> }.into_any();
    let mut facts = vec![
        (t!(cx.lang, "deals.buyer").to_owned(), organisation(&s.buyer)),
        (t!(cx.lang, "deals.seller").to_owned(), organisation(&s.seller)),
        (t!(cx.lang, "deals.opened").to_owned(), ui::date_time(cx, s.created_at)),
    ];
    if let Some(broker) = &deal.broker {
        facts.push((t!(cx.lang, "interests.broker").to_owned(), broker.clone().into_any()));
    }
    if let Some((number, state)) = &deal.contract {
        let to = cx.href(&Route::Contract(number.clone()));
        facts.push((
            t!(cx.lang, "deals.contract").to_owned(),
            view! { <a href=to>{number.clone()}</a>" "{ui::state_badge(cx, ContractState::GROUP, state.code())} }.into_any(),
        ));
    }
    if let Some((day, what)) = &s.due {
        let words = t!(cx.lang, "deals.due_short", day = ui::day_text(cx, *day), what = what);
        facts.push((t!(cx.lang, "deals.due").to_owned(), words.into_any()));
    }
    ui::definition_list(facts)
}

fn due(cx: &Cx, deal: &DealView, form: &Form, here: &str) -> Option<AnyView> {
    if !deal.may_write {
        return None;
    }
    let again = form.value("action") == "due";
    let filled = match &deal.summary.due {
        Some((day, what)) if !again => Form::filled([("due_on", format_date(*day)), ("due_what", what.clone())].into_iter().collect()),
        _ => form.clone(),
    };
    let body = view! {
        {ui::date_input(cx, &filled, Input::new("due_on", t!(cx.lang, "deals.due_on")))}
        {ui::text(cx, &filled, Input::new("due_what", t!(cx.lang, "deals.due_what")))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "deals.set_due"), "due", ButtonStyle::Secondary)])}
    }
    .into_any();
    Some(ui::details(t!(cx.lang, "deals.set_due"), again, ui::form(cx, here, false, body)))
}

fn timeline(cx: &Cx, entries: Vec<HistoryEntry>) -> AnyView {
    let items = entries
        .into_iter()
        .map(|e| TimelineItem {
            title: code_label(cx.lang, DealState::GROUP, &e.to),
            meta: view! { {e.person.clone()}" "{ui::date_time(cx, e.at)} }.into_any(),
            body: (!e.reason.is_empty()).then(|| ui::paragraphs(&e.reason)),
            tone: Tone::of_state(&e.to),
        })
        .collect();
    ui::timeline(items)
}

fn actions(cx: &Cx, deal: &DealView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let version = deal.version.to_string();
    let mut parts: Vec<AnyView> = Vec::new();
    if deal.may_sign {
        let to = format!("{}{}", cx.href(&Route::ContractNew), Query(vec![("deal".to_owned(), deal.summary.number.clone())]).to_search());
        parts.push(ui::button_link(t!(cx.lang, "deals.record_contract"), &to, ButtonStyle::Primary));
    }
    if deal.summary.state == DealState::Introduced && deal.on_a_side {
        let to = cx.href(&Route::DealNda(deal.summary.number.clone()));
        parts.push(ui::button_link(t!(cx.lang, "deals.to_nda"), &to, ButtonStyle::Primary));
    }
    let lacks = |need: Need| deal.next.iter().any(|n| n.needs.iter().any(|v| v.need == need && !v.met));
    if deal.summary.state == DealState::Terms && deal.on_a_side && lacks(Need::TermsAccepted) {
        let to = cx.href(&Route::DealTerms(deal.summary.number.clone()));
        parts.push(ui::button_link(t!(cx.lang, "deals.to_terms"), &to, ButtonStyle::Primary));
    }
    // A move whose needs are open is told of in the check-list, not offered.
    let waits = |by: &DealMove| deal.next.iter().any(|n| n.by == *by && n.needs.iter().any(|v| !v.met && !v.brought));
    for (place, by) in deal.moves.iter().filter(|by| !waits(by)).enumerate() {
        let words = code_label(cx.lang, DealMove::GROUP, by.code());
        let reasoned = deal.summary.state.transition(*by).is_some_and(|t| t.reason);
        let again = form.value("action") == by.code();
        if matches!(*by, DealMove::PublishNotice | DealMove::ReopenTerms) {
            let to = cx.href(&Route::DealNotice(deal.summary.number.clone()));
            parts.push(ui::button_link(&words, &to, ButtonStyle::Secondary));
        } else if *by == DealMove::StartTrial {
            let body = view! {
                {ui::hidden("version", &version)}
                {ui::date_input(cx, form, Input::new("starts_on", t!(cx.lang, "deals.trial_from")).required())}
                {ui::date_input(cx, form, Input::new("ends_on", t!(cx.lang, "deals.trial_to")).required())}
                {ui::textarea(cx, form, Input::new("goal", t!(cx.lang, "deals.trial_goal")).required().rows(3))}
                {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Primary)])}
            }
            .into_any();
            parts.push(ui::details(&words, again, ui::form(cx, &here, false, body)));
        } else if reasoned {
            let code = (*by == DealMove::Lose)
                .then(|| ui::select(cx, form, Input::new("code", t!(cx.lang, "deals.why_lost")).required(), decline_options(cx)));
            let body = view! {
                {ui::hidden("version", &version)}
                {code}
                {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "interests.words")).rows(3))}
                {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
            }
            .into_any();
            parts.push(ui::details(&words, again, ui::form(cx, &here, false, body)));
        } else {
            let style = if place == 0 && !deal.may_sign { ButtonStyle::Primary } else { ButtonStyle::Secondary };
            parts.push(ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], style));
        }
    }
    if parts.is_empty() { ().into_any() } else { view! { <div class="actions">{parts}</div> }.into_any() }
}
