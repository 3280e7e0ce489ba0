//! One question, its answer, and the ways to answer it.

use keqiao_market::{
    Subject,
    history::{self, HistoryEntry},
    questions::{self, ANSWER_MAX, QuestionView},
};
use keqiao_model::{Coded, QuestionMove, QuestionState};
use leptos::prelude::*;

use super::list::badges;
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::summary_result,
    t,
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let question = questions::question(&cx.market, &cx.actor, number).await?;
    let history = history::history(&cx.market, Subject::Question, question.id).await?;
    let cx = cx.clone();
    let title = t!(cx.lang, "questions.one", number = number);
    Ok(Page::new(title, move || view(&cx, &question, history, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let Some(by) = QuestionMove::from_code(submission.action()) else { return Err(PageError::NotFound) };
    let (version, once) = (submission.version(), submission.once());
    match questions::move_question(&cx.market, &cx.actor, number, by, &submission.fields, version, once).await {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, question: &QuestionView, history: Vec<HistoryEntry>, form: &Form) -> AnyView {
    let labels = [("answer", t!(cx.lang, "questions.answer"))];
    let about: Vec<AnyView> =
        [&question.demand, &question.achievement].into_iter().flatten().map(|listing| summary_result(cx, listing, false)).collect();
    let answer = (!question.answer.is_empty()).then(|| {
        let title = match question.state {
            QuestionState::Declined => t!(cx.lang, "questions.why_declined"),
            _ => t!(cx.lang, "questions.answer"),
        };
        ui::section("answered", title, ui::paragraphs(&question.answer))
    });
    let main = view! {
        {ui::section("question", t!(cx.lang, "questions.text"), ui::paragraphs(&question.text))}
        {answer}
        {answering(cx, question, form)}
        {ui::section("about", t!(cx.lang, "interests.about"), ui::results(about))}
        {ui::details(t!(cx.lang, "listings.history"), false, timeline(cx, history))}
    }
    .into_any();
    let aside = view! { {withdrawing(cx, question)}{facts(cx, question)} }.into_any();
    let beside = view! { <div class="badges">{badges(cx, question)}</div> }.into_any();
    let title = t!(cx.lang, "questions.to", name = question.expert);
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "questions.title"), &cx.href(&Route::Questions))}
        {ui::page_title(&title, Some(&question.number), Some(beside))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

/// The form of those who are asked: an answer, or why there is none.
fn answering(cx: &Cx, question: &QuestionView, form: &Form) -> Option<AnyView> {
    let moves: Vec<QuestionMove> = question.moves.iter().copied().filter(|by| *by != QuestionMove::Withdraw).collect();
    if moves.is_empty() {
        return None;
    }
    let buttons = moves
        .into_iter()
        .map(|by| {
            let style = if by == QuestionMove::Answer { ButtonStyle::Primary } else { ButtonStyle::Secondary };
            ui::button(&code_label(cx.lang, QuestionMove::GROUP, by.code()), by.code(), style)
        })
        .collect();
    let input = Input::new("answer", t!(cx.lang, "questions.answer")).hint(t!(cx.lang, "questions.answer_hint"));
    let body = view! {
        {ui::hidden("version", &question.version.to_string())}
        {ui::textarea(cx, form, input.required().rows(8).max(ANSWER_MAX))}
        {ui::buttons(buttons)}
    }
    .into_any();
    Some(ui::section("answering", t!(cx.lang, "questions.your_answer"), ui::form(cx, &cx.href(&cx.route), false, body)))
}

fn withdrawing(cx: &Cx, question: &QuestionView) -> Option<AnyView> {
    question.moves.contains(&QuestionMove::Withdraw).then(|| {
        let by = QuestionMove::Withdraw;
        let version = question.version.to_string();
        let label = code_label(cx.lang, QuestionMove::GROUP, by.code());
        ui::post_button(cx, &cx.href(&cx.route), &label, by.code(), &[("version", &version)], ButtonStyle::Secondary)
    })
}

fn facts(cx: &Cx, question: &QuestionView) -> AnyView {
    let organisation =
        |(id, name): &(uuid::Uuid, String)| view! { <a href=cx.href(&Route::Organisation(*id))>{name.clone()}</a> }.into_any();
    let mut facts = vec![
        (t!(cx.lang, "questions.from").to_owned(), organisation(&question.from)),
        (t!(cx.lang, "questions.asked_by").to_owned(), question.from_person.clone().into_any()),
        (t!(cx.lang, "questions.asked_of").to_owned(), organisation(&question.to)),
        (t!(cx.lang, "questions.expert").to_owned(), question.expert.clone().into_any()),
        (t!(cx.lang, "questions.asked_at").to_owned(), ui::date_time(cx, question.created_at)),
    ];
    match question.answered_at {
        Some(at) => {
            facts.push((t!(cx.lang, "questions.answered_by").to_owned(), question.answered_by.clone().into_any()));
            facts.push((t!(cx.lang, "questions.answered_at").to_owned(), ui::date_time(cx, at)));
        }
        None => facts.push((t!(cx.lang, "questions.due").to_owned(), ui::day(cx, question.due))),
    }
    ui::definition_list(facts)
}

fn timeline(cx: &Cx, entries: Vec<HistoryEntry>) -> AnyView {
    let items = entries
        .into_iter()
        .map(|entry| TimelineItem {
            title: code_label(cx.lang, QuestionState::GROUP, &entry.to),
            meta: view! { {entry.person.clone()}" "{ui::date_time(cx, entry.at)} }.into_any(),
            body: None,
            tone: Tone::of_state(&entry.to),
        })
        .collect();
    ui::timeline(items)
}
