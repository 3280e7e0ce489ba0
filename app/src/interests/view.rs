//! One interest: what it says, by when it must be answered, and the ways to answer it.

use keqiao_market::{
    history::HistoryEntry,
    interests::{self, Due, InterestView},
};
use keqiao_model::{Coded, Cooperation, DeclineCode, IndicatorAnswer, InterestMove, InterestState, ListingKind};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    Cx, Form, Page, PageError, Query, Route,
    listings::summary_result,
    t,
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::{code_label, label},
};

/// The page of one interest.
pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let interest = interests::interest(&cx.market, &cx.actor, id).await?;
    let history = interests::timeline(&cx.market, &cx.actor, id).await?;
    let title = t!(cx.lang, "interests.one", title = interest.listing.title);
    let cx = cx.clone();
    Ok(Page::new(title, move || draw(&cx, &interest, history, &form.unwrap_or_default())))
}

/// The sender's name, or that it does not want to be named yet.
pub(super) fn sender_name(cx: &Cx, interest: &InterestView) -> String {
    interest.from.as_ref().map_or_else(|| t!(cx.lang, "interests.unnamed").to_owned(), |(_, name)| name.clone())
}

/// How many working days are left.
fn days_left(cx: &Cx, due: Due) -> String {
    match due.days_left {
        _ if due.over => t!(cx.lang, "interests.over").to_owned(),
        0 => t!(cx.lang, "interests.due_today").to_owned(),
        n => t!(cx.lang, "interests.days_left", n = n),
    }
}

/// How urgent an open interest is.
pub(super) fn due_badge(cx: &Cx, interest: &InterestView) -> Option<AnyView> {
    let due = interest.due?;
    let soon = due.days_left <= cx.market.config().periods.reminder_days;
    let tone = if due.over {
        Tone::Bad
    } else if soon {
        Tone::Warn
    } else {
        Tone::Neutral
    };
    Some(ui::badge(&days_left(cx, due), tone))
}

/// By when it must be answered, for both sides in their words.
fn due_notice(cx: &Cx, interest: &InterestView) -> Option<AnyView> {
    let due = interest.due?;
    let (day, left) = (ui::date_text(cx, due.at), days_left(cx, due));
    let words = if interest.outgoing {
        t!(cx.lang, "interests.due_sender", day = day, left = left)
    } else {
        t!(cx.lang, "interests.due_receiver", day = day, left = left)
    };
    let weekends = due.weekends_only.then(|| view! { <p>{t!(cx.lang, "interests.weekends_only")}</p> });
    let tone = if interest.outgoing { Tone::Info } else { Tone::Warn };
    Some(ui::notice(cx, tone, view! { <p>{words}</p>{weekends} }.into_any()))
}

fn facts(cx: &Cx, interest: &InterestView) -> AnyView {
    let organisation = |o: &(Uuid, String)| view! { <a href=cx.href(&Route::Organisation(o.0))>{o.1.clone()}</a> }.into_any();
    let from = match &interest.from {
        Some(from) => view! { {organisation(from)}" · "{interest.from_person.clone()} }.into_any(),
        None => t!(cx.lang, "interests.unnamed").into_any(),
    };
    let mut facts = vec![
        (t!(cx.lang, "interests.from").to_owned(), from),
        (t!(cx.lang, "interests.to").to_owned(), organisation(&interest.to)),
        (t!(cx.lang, "interests.at").to_owned(), ui::date_time(cx, interest.created_at)),
    ];
    let mut fact = |label: &str, value: Option<AnyView>| facts.extend(value.map(|value| (label.to_owned(), value)));
    fact(t!(cx.lang, "interests.broker"), interest.broker.clone().map(IntoAny::into_any));
    let way = interest.cooperation.map(|way| code_label(cx.lang, Cooperation::GROUP, way.code()).into_any());
    fact(t!(cx.lang, "interests.cooperation"), way);
    fact(t!(cx.lang, "interests.acknowledged"), interest.acknowledged_at.map(|at| ui::date_time(cx, at)));
    fact(t!(cx.lang, "interests.due"), interest.due.map(|due| ui::date(cx, due.at)));
    fact(t!(cx.lang, "interests.answered"), interest.answered_at.map(|at| ui::date_time(cx, at)));
    fact(t!(cx.lang, "interests.code"), interest.code.map(|code| code_label(cx.lang, DeclineCode::GROUP, code.code()).into_any()));
    fact(t!(cx.lang, "interests.words"), (!interest.reason.is_empty()).then(|| ui::paragraphs(&interest.reason)));
    ui::definition_list(facts)
}

/// What the sender says of each indicator.
fn indicators(cx: &Cx, interest: &InterestView) -> Option<AnyView> {
    if interest.indicators.is_empty() {
        return None;
    }
    let rows = interest
        .indicators
        .iter()
        .map(|stated| {
            let tone = if stated.answer == IndicatorAnswer::Meets { Tone::Good } else { Tone::Warn };
            let answer = ui::badge(&code_label(cx.lang, IndicatorAnswer::GROUP, stated.answer.code()), tone);
            let value = if stated.value.is_empty() { t!(cx.lang, "interests.no_value").to_owned() } else { stated.value.clone() };
            vec![stated.wanted.name.clone().into_any(), stated.wanted.expression().into_any(), answer, value.into_any()]
        })
        .collect();
    let head = [
        t!(cx.lang, "ui.indicator.name"),
        t!(cx.lang, "ui.indicator.wanted"),
        t!(cx.lang, "interests.indicator_answer"),
        t!(cx.lang, "interests.indicator_value"),
    ];
    let title = t!(cx.lang, "interests.indicators_stated");
    Some(ui::section("indicators", title, ui::record_table(title, head.map(str::to_owned).to_vec(), rows, &[])))
}

fn timeline(cx: &Cx, history: Vec<HistoryEntry>) -> AnyView {
    let items = history
        .into_iter()
        .map(|e| TimelineItem {
            title: code_label(cx.lang, InterestMove::GROUP, &e.action),
            meta: view! { {e.person.clone()}" "{ui::date_time(cx, e.at)} }.into_any(),
            body: None,
            tone: Tone::of_state(&e.to),
        })
        .collect();
    ui::details(t!(cx.lang, "interests.history"), false, ui::timeline(items))
}

/// What a sender whose interest came to nothing can do: improve what was criticised, and ask again.
fn next_step(cx: &Cx, interest: &InterestView) -> Option<AnyView> {
    if !interest.outgoing || interest.state.is_open() || interest.state == InterestState::Accepted {
        return None;
    }
    // The advice is for whoever offers an achievement.
    let offers = interest.listing.kind == ListingKind::Demand;
    let improve = interest.code.filter(|_| offers).map(|code| view! { <p>{label(cx.lang, "interests.improve", code.code())}</p> });
    let again = interest.listing.state.is_indexed().then(|| {
        let with = interest.counter.as_ref().map(|counter| ("with".to_owned(), counter.number.clone()));
        let contact = Route::InterestNew(interest.listing.kind, interest.listing.number.clone());
        let to = format!("{}{}", cx.href(&contact), Query(with.into_iter().collect()).to_search());
        view! { <p><a href=to>{t!(cx.lang, "interests.again")}</a></p> }
    });
    (improve.is_some() || again.is_some()).then(|| ui::notice(cx, Tone::Info, view! { {improve}{again} }.into_any()))
}

/// That the sender is not named yet, said to either side.
fn hidden_notice(cx: &Cx, interest: &InterestView) -> Option<AnyView> {
    if !interest.hidden || !interest.state.is_open() {
        return None;
    }
    let words = if interest.outgoing { t!(cx.lang, "interests.hidden_own") } else { t!(cx.lang, "interests.hidden_sender") };
    Some(ui::notice(cx, Tone::Info, view! { <p>{words}</p> }.into_any()))
}

fn draw(cx: &Cx, interest: &InterestView, history: Vec<HistoryEntry>, form: &Form) -> AnyView {
    let labels = [("code", t!(cx.lang, "interests.code")), ("reason", t!(cx.lang, "interests.words"))];
    let listings = std::iter::once(&interest.listing).chain(&interest.counter).map(|l| summary_result(cx, l, false)).collect();
    let deal = interest
        .deal
        .as_ref()
        .map(|number| ui::button_link(t!(cx.lang, "interests.to_deal"), &cx.href(&Route::Deal(number.clone())), ButtonStyle::Primary));
    let badge = ui::state_badge(cx, InterestState::GROUP, interest.state.code());
    let fit = (!interest.fit.is_empty()).then(|| ui::section("fit", t!(cx.lang, "interests.fit"), ui::paragraphs(&interest.fit)));
    let main = view! {
        {due_notice(cx, interest)}
        {hidden_notice(cx, interest)}
        {next_step(cx, interest)}
        {ui::section("message", t!(cx.lang, "interests.message"), ui::paragraphs(&interest.message))}
        {fit}
        {indicators(cx, interest)}
        {ui::section("listings", t!(cx.lang, "interests.about"), ui::results(listings))}
        {timeline(cx, history)}
    }
    .into_any();
    let aside = view! { <div class="actions">{deal}{answers(cx, interest, form)}</div>{facts(cx, interest)} }.into_any();
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "interests.title"), &cx.href(&Route::Interests))}
        {ui::page_title(&interest.listing.title, Some(t!(cx.lang, "interests.single")), Some(badge))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

fn answers(cx: &Cx, interest: &InterestView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let version = interest.version.to_string();
    let parts: Vec<AnyView> = interest
        .moves
        .iter()
        .map(|by| {
            let words = code_label(cx.lang, InterestMove::GROUP, by.code());
            if *by == InterestMove::Decline {
                let reason = Input::new("reason", t!(cx.lang, "interests.words")).hint(t!(cx.lang, "interests.words_hint"));
                let body = view! {
                    {ui::hidden("version", &version)}
                    {ui::select(cx, form, Input::new("code", t!(cx.lang, "interests.code")).required(), decline_options(cx))}
                    {ui::textarea(cx, form, reason.required().rows(3).max(interests::MESSAGE_MAX))}
                    {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
                }
                .into_any();
                ui::details(&words, form.value("action") == by.code(), ui::form(cx, &here, false, body))
            } else {
                let style = if *by == InterestMove::Accept { ButtonStyle::Primary } else { ButtonStyle::Secondary };
                ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], style)
            }
        })
        .collect();
    parts.into_any()
}

/// Codes of declining or giving up, with their words.
pub(crate) fn decline_options(cx: &Cx) -> Vec<(String, String)> {
    DeclineCode::ALL.iter().map(|c| (c.code().to_owned(), code_label(cx.lang, DeclineCode::GROUP, c.code()))).collect()
}
