//! Questions asked and received.

use keqiao_market::{
    Paged,
    questions::{self, QuestionView, Side},
};
use keqiao_model::{Coded, QuestionState};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Route, t,
    ui::{self, ResultItem, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let side = if cx.query.get("tab") == "asked" { Side::Asked } else { Side::Received };
    let state = QuestionState::from_code(cx.query.get("state"));
    let found = questions::questions(&cx.market, &cx.actor, side, state, cx.query.page()).await?;
    let waiting = questions::waiting_questions(&cx.market, &cx.actor).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "questions.title"), move || view(&cx, side, state, &found, waiting)))
}

fn view(cx: &Cx, side: Side, state: Option<QuestionState>, found: &Paged<QuestionView>, waiting: u64) -> AnyView {
    let tab = |code: &str, words: &str, count: Option<u64>, current: bool| {
        (words.to_owned(), cx.here(&cx.query.with("tab", code)), current, count)
    };
    let tabs = vec![
        tab("", t!(cx.lang, "questions.received"), (waiting > 0).then_some(waiting), side == Side::Received),
        tab("asked", t!(cx.lang, "questions.asked"), None, side == Side::Asked),
    ];
    let of = |chosen: Option<QuestionState>| {
        let code = chosen.map_or("", QuestionState::code);
        let words =
            chosen.map_or_else(|| t!(cx.lang, "questions.any_state").to_owned(), |s| code_label(cx.lang, QuestionState::GROUP, s.code()));
        (words, cx.here(&cx.query.with("state", code)), chosen == state, None)
    };
    let states = std::iter::once(of(None)).chain(QuestionState::ALL.iter().copied().map(Some).map(of)).collect();
    let list = if found.items.is_empty() {
        let (text, action) = match (side, state) {
            (_, Some(_)) => {
                (t!(cx.lang, "questions.none_in_state"), (t!(cx.lang, "questions.any_state"), cx.here(&cx.query.with("state", ""))))
            }
            (Side::Asked, None) => (t!(cx.lang, "questions.none_asked"), (t!(cx.lang, "questions.find"), cx.href(&Route::Experts))),
            (Side::Received, None) => (t!(cx.lang, "questions.none_received"), (t!(cx.lang, "experts.title"), cx.href(&Route::Experts))),
        };
        ui::empty(cx, t!(cx.lang, "questions.none"), text, Some(action))
    } else {
        ui::results(found.items.iter().map(|question| line(cx, question)).collect())
    };
    view! {
        {ui::page_title(t!(cx.lang, "questions.title"), None, None)}
        {ui::lead(t!(cx.lang, "questions.lead"))}
        {ui::tabs(t!(cx.lang, "questions.title"), tabs)}
        {ui::tabs(t!(cx.lang, "questions.state"), states)}
        <h2 class="hidden-text">{t!(cx.lang, "listings.results")}</h2>
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

/// How a question stands: its state, and that it is late.
pub(super) fn badges(cx: &Cx, question: &QuestionView) -> Vec<AnyView> {
    let tone = match question.state {
        QuestionState::Asked => Tone::Warn,
        QuestionState::Answered => Tone::Good,
        QuestionState::Declined => Tone::Bad,
        QuestionState::Withdrawn => Tone::Neutral,
    };
    let state = ui::badge(&code_label(cx.lang, QuestionState::GROUP, question.state.code()), tone);
    let late = question.overdue.then(|| ui::badge(t!(cx.lang, "questions.overdue"), Tone::Bad));
    std::iter::once(state).chain(late).collect()
}

fn line(cx: &Cx, question: &QuestionView) -> AnyView {
    let other = if question.outgoing { &question.to.1 } else { &question.from.1 };
    let mut meta = vec![
        question.number.clone().into_any(),
        other.clone().into_any(),
        t!(cx.lang, "questions.to_expert", name = question.expert).into_any(),
        ui::date(cx, question.created_at),
    ];
    if question.state == QuestionState::Asked {
        meta.push(t!(cx.lang, "questions.due_on", day = ui::day_text(cx, question.due)).into_any());
    }
    let title = question.achievement.as_ref().map_or_else(|| question.number.clone(), |achievement| achievement.title.clone());
    ui::result_item(ResultItem {
        badges: badges(cx, question),
        meta,
        snippet: Some(ui::excerpt(&question.text, 140).into_any()),
        ..ResultItem::new(title.into_any(), cx.href(&Route::Question(question.number.clone())))
    })
}
