//! Deals and their threads.

use keqiao_market::{
    Subject,
    attachments::{self, AttachmentView},
    deals::{self, DealSummary, DealView},
    history::{self, HistoryEntry},
};
use keqiao_model::{Coded, ContractState, DealMove, DealState, DeclineCode, Stateful};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    interests::decline_options,
    listings::{files, summary_result},
    t,
    ui::{self, ButtonStyle, Input, Message, ResultItem, TimelineItem, Tone},
    words::code_label,
};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Deals => list(cx).await,
        Route::Deal(number) => one(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let Route::Deal(number) = cx.route.clone() else { return Err(PageError::NotFound) };
    let (fields, once) = (&submission.fields, submission.once());
    let done = match submission.action() {
        "write" => deals::write_message(&cx.market, &cx.actor, &number, fields, once).await,
        "attach" => attach(cx, &number, submission).await,
        "detach" => match submission.value("attachment").parse() {
            Ok(id) => attachments::detach(&cx.market, &cx.actor, id).await,
            Err(_) => return Err(PageError::NotFound),
        },
        action => {
            let Some(by) = DealMove::from_code(action) else { return Err(PageError::NotFound) };
            deals::move_deal(&cx.market, &cx.actor, &number, by, fields, submission.version(), once).await
        }
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

async fn attach(cx: &Cx, number: &str, submission: &Submission) -> keqiao_market::Result<()> {
    let deal = deals::deal(&cx.market, &cx.actor, number).await?;
    let Some(file) = submission.files.iter().find(|f| f.field == "file") else {
        return Err(keqiao_market::Error::field("file", "file_required"));
    };
    let file = attachments::NewFile { name: &file.name, bytes: file.bytes.clone(), confidential: false };
    attachments::attach(&cx.market, &cx.actor, Subject::Deal, deal.summary.id, file, submission.once()).await?;
    Ok(())
}

async fn list(cx: &Cx) -> Result<Page, PageError> {
    let open = match cx.query.get("state") {
        "over" => Some(false),
        "all" => None,
        _ => Some(true),
    };
    let deals = deals::deals(&cx.market, &cx.actor, open, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "deals.title"), move || {
        let link = |code: &str, words: &str, current: bool| {
            let to = format!("{}{}", cx.href(&cx.route), Query(vec![("state".to_owned(), code.to_owned())]).to_search());
            (words.to_owned(), to, current, None)
        };
        let tabs = vec![
            link("", t!(cx.lang, "deals.open"), open == Some(true)),
            link("over", t!(cx.lang, "deals.over"), open == Some(false)),
            link("all", t!(cx.lang, "deals.all"), open.is_none()),
        ];
        let items: Vec<AnyView> = deals.items.iter().map(|d| deal_line(&cx, d)).collect();
        let list = if items.is_empty() {
            let to = cx.href(&Route::Interests);
            ui::empty(&cx, t!(cx.lang, "deals.none"), t!(cx.lang, "deals.none_text"), Some((t!(cx.lang, "interests.title"), to)))
        } else {
            ui::results(items)
        };
        view! {
            {ui::page_title(t!(cx.lang, "deals.title"), None, None)}
            {ui::tabs(t!(cx.lang, "deals.title"), tabs)}
            {list}
            {ui::pager(&cx, deals.total, deals.per_page)}
        }
        .into_any()
    }))
}

/// One deal in a list.
pub(crate) fn deal_line(cx: &Cx, deal: &DealSummary) -> AnyView {
    ui::result_item(ResultItem {
        badges: vec![ui::state_badge(cx, DealState::GROUP, deal.state.code())],
        meta: vec![
            deal.number.clone().into_any(),
            format!("{} ↔ {}", deal.buyer.1, deal.seller.1).into_any(),
            ui::date_time(cx, deal.updated_at),
        ],
        ..ResultItem::new(deal.title.clone().into_any(), cx.href(&Route::Deal(deal.number.clone())))
    })
}

async fn one(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let deal = deals::deal(&cx.market, &cx.actor, number).await?;
    let history = history::history(&cx.market, Subject::Deal, deal.summary.id).await?;
    let files = attachments::attachments(&cx.market, &cx.actor, Subject::Deal, deal.summary.id).await?;
    let title = format!("{number} {}", deal.summary.title);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &deal, history, &files, &form.unwrap_or_default())))
}

fn view(cx: &Cx, deal: &DealView, history: Vec<HistoryEntry>, attached: &[AttachmentView], form: &Form) -> AnyView {
    let s = &deal.summary;
    let here = cx.href(&cx.route);
    let labels = [
        ("body", t!(cx.lang, "deals.message")),
        ("code", t!(cx.lang, "deals.why_lost")),
        ("reason", t!(cx.lang, "interests.words")),
        ("file", t!(cx.lang, "listings.add_file")),
    ];
    let messages = std::iter::once(Message {
        author: t!(cx.lang, "deals.opening").to_owned(),
        organisation: String::new(),
        at: s.created_at,
        own: false,
        text: deal.opening.clone(),
        below: None,
    })
    .chain(deal.messages.iter().map(|m| Message {
        author: m.person.clone(),
        organisation: m.organisation.clone(),
        at: m.at,
        own: m.own,
        text: m.body.clone(),
        below: None,
    }))
    .collect();
    let write = deal.may_write.then(|| {
        let body = view! {
            {ui::textarea(cx, form, Input::new("body", t!(cx.lang, "deals.message")).required().rows(4).max(deals::MESSAGE_MAX))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "deals.send"), "write", ButtonStyle::Primary)])}
        }
        .into_any();
        ui::form(cx, &here, false, body)
    });
    let add_file = deal.may_write.then(|| {
        let types = attachments::accepted_extensions().join(t!(cx.lang, "listings.separator"));
        let hint = t!(cx.lang, "listings.file_hint", types = types);
        let body = view! {
            {ui::file(cx, form, Input::new("file", t!(cx.lang, "listings.add_file")).hint(hint))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "listings.upload"), "attach", ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::form(cx, &here, true, body)
    });
    let listings: Vec<AnyView> = [&deal.demand, &deal.achievement].into_iter().flatten().map(|l| summary_result(cx, l, false)).collect();
    let reached = DealState::PATH.iter().position(|p| *p == s.state).unwrap_or(match s.state {
        DealState::Trial => 1,
        DealState::Notice => 2,
        _ => 0,
    });
    let names = DealState::PATH.iter().map(|p| code_label(cx.lang, DealState::GROUP, p.code())).collect();
    let way = (s.state != DealState::Lost).then(|| ui::steps(cx, t!(cx.lang, "deals.progress"), names, reached));
    let lost = (s.state == DealState::Lost).then(|| {
        let why = deal.code.map(|c| code_label(cx.lang, DeclineCode::GROUP, c.code())).unwrap_or_default();
        ui::notice(cx, Tone::Bad, view! { <p><strong>{why}</strong></p>{ui::paragraphs(&deal.reason)} }.into_any())
    });
    let main = view! {
        {way}
        {lost}
        {ui::section("thread", t!(cx.lang, "deals.thread"), view! { {ui::thread(cx, messages)}{write} }.into_any())}
        {ui::section("files", t!(cx.lang, "listings.files"), view! { {files(cx, attached, deal.may_write)}{add_file} }.into_any())}
        {ui::section("listings", t!(cx.lang, "interests.about"), ui::results(listings))}
        {ui::details(t!(cx.lang, "listings.history"), false, timeline(cx, history))}
    }
    .into_any();
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
    let aside = view! { {actions(cx, deal, form)}{ui::definition_list(facts)} }.into_any();
    let badge = ui::state_badge(cx, DealState::GROUP, s.state.code());
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "deals.title"), &cx.href(&Route::Deals))}
        {ui::page_title(&s.title, Some(&s.number), Some(badge))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
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
    for (place, by) in deal.moves.iter().enumerate() {
        let words = code_label(cx.lang, DealMove::GROUP, by.code());
        let reasoned = deal.summary.state.transition(*by).is_some_and(|t| t.reason);
        if reasoned {
            let body = view! {
                {ui::hidden("version", &version)}
                {ui::select(cx, form, Input::new("code", t!(cx.lang, "deals.why_lost")).required(), decline_options(cx))}
                {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "interests.words")).rows(3))}
                {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
            }
            .into_any();
            parts.push(ui::details(&words, form.value("action") == by.code(), ui::form(cx, &here, false, body)));
        } else {
            let style = if place == 0 && !deal.may_sign { ButtonStyle::Primary } else { ButtonStyle::Secondary };
            parts.push(ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], style));
        }
    }
    if parts.is_empty() { ().into_any() } else { view! { <div class="actions">{parts}</div> }.into_any() }
}
