//! One claim: the pair, what is to be done for it, what was done, and the ways on from here.

use keqiao_market::{
    Paged,
    brokers::{self, ActivityView, ClaimView, NOTE_MAX, PairSide, TASK_MAX, TaskView},
    interests, introductions,
};
use keqiao_model::{ActivityKind, ClaimMove, ClaimStage, ClaimState, Coded, ListingKind, TEXT_MAX};
use leptos::prelude::*;
use uuid::Uuid;

use super::board::{due, title_of};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::{options, summary_result},
    t,
    ui::{self, ButtonStyle, Input, TimelineItem, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let (market, actor) = (&cx.market, &cx.actor);
    let claim = brokers::claim(market, actor, id).await?;
    let tasks = brokers::tasks(market, actor, id).await?;
    let activities = brokers::activities(market, actor, id, cx.query.page()).await?;
    let title = title_of(cx, &claim);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &claim, &tasks, &activities, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor, fields) = (&cx.market, &cx.actor, &submission.fields);
    let (version, once) = (submission.version(), submission.once());
    let action = submission.action();
    let done = match action {
        "stage" => brokers::set_stage(market, actor, id, submission.value("stage"), version, once).await,
        "note" => brokers::save_note(market, actor, id, fields, version, once).await,
        "task" => brokers::add_task(market, actor, id, fields, once).await,
        "task_done" | "task_open" => match submission.value("task").parse() {
            Ok(task) => brokers::move_task(market, actor, task, action == "task_done", version, once).await,
            Err(_) => return Err(PageError::NotFound),
        },
        "activity" => brokers::add_activity(market, actor, id, fields, once).await,
        "recommend" => {
            let claim = brokers::claim(market, actor, id).await?;
            let (demand, achievement) = (&claim.demand.number, &claim.achievement.number);
            interests::recommend_pair(market, actor, ListingKind::Demand, demand, achievement, fields, once).await
        }
        "introduce" => {
            return match introductions::introduce(market, actor, id, fields, version, once).await {
                Ok(number) => Ok(Outcome::Go(Route::Introduction(number), Some("flash.introduced"))),
                Err(error) => Outcome::refused(submission, error),
            };
        }
        "release" => {
            return match brokers::release_claim(market, actor, id, version, once).await {
                Ok(()) => Ok(Outcome::Go(Route::Board, Some("flash.claim_released"))),
                Err(error) => Outcome::refused(submission, error),
            };
        }
        _ => return Err(PageError::NotFound),
    };
    let flash = if action == "recommend" { "flash.recommended" } else { "flash.saved" };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, claim: &ClaimView, tasks: &[TaskView], activities: &Paged<ActivityView>, form: &Form) -> AnyView {
    let labels = [
        ("stage", t!(cx.lang, "brokers.stage")),
        ("note", t!(cx.lang, "brokers.note")),
        ("title", t!(cx.lang, "brokers.task")),
        ("due_on", t!(cx.lang, "brokers.task_due")),
        ("kind", t!(cx.lang, "brokers.activity_kind")),
        ("text", t!(cx.lang, "brokers.activity_text")),
        ("message", t!(cx.lang, "interests.note")),
        ("subject", t!(cx.lang, "brokers.subject")),
    ];
    let stands = claim.state == ClaimState::Active;
    let worked_on = matches!(claim.state, ClaimState::Active | ClaimState::Dealt);
    let badge = ui::state_badge(cx, ClaimState::GROUP, claim.state.code());
    let pair = view! { {side(cx, &claim.demand)}{side(cx, &claim.achievement)} }.into_any();
    let main = view! {
        {(!stands).then(|| ui::notice(cx, Tone::Warn, view! { <p>{over(cx, claim)}</p> }.into_any()))}
        {ui::section("pair", t!(cx.lang, "brokers.pair"), pair)}
        {ui::section("tasks", t!(cx.lang, "brokers.tasks"), tasks_part(cx, tasks, worked_on, form))}
        {ui::section("activities", t!(cx.lang, "brokers.activities"), activities_part(cx, activities, worked_on, form))}
    }
    .into_any();
    let aside = view! { {stands.then(|| ways(cx, claim, form))}{facts(cx, claim)} }.into_any();
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "brokers.board"), &cx.href(&Route::Board))}
        {ui::page_title(&title_of(cx, claim), Some(t!(cx.lang, "brokers.claim")), Some(badge))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

/// Why nothing more can be done for it here.
fn over(cx: &Cx, claim: &ClaimView) -> &'static str {
    match claim.state {
        ClaimState::Dealt => t!(cx.lang, "brokers.over_dealt"),
        ClaimState::Released => t!(cx.lang, "brokers.over_released"),
        ClaimState::Expired | ClaimState::Active => t!(cx.lang, "brokers.over_expired"),
    }
}

fn side(cx: &Cx, side: &PairSide) -> AnyView {
    match &side.summary {
        Some(summary) => ui::results(vec![summary_result(cx, summary, true)]),
        None => {
            let number = &side.number;
            ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "brokers.gone", number = number)}</p> }.into_any())
        }
    }
}

fn facts(cx: &Cx, claim: &ClaimView) -> AnyView {
    let mut facts = vec![
        (t!(cx.lang, "brokers.stage").to_owned(), code_label(cx.lang, ClaimStage::GROUP, claim.stage.code()).into_any()),
        (t!(cx.lang, "brokers.claimed_at").to_owned(), ui::date_time(cx, claim.claimed_at)),
        (t!(cx.lang, "brokers.touched_at").to_owned(), ui::date_time(cx, claim.touched_at)),
    ];
    if claim.state == ClaimState::Active {
        facts.push((t!(cx.lang, "brokers.ends").to_owned(), ui::date_time(cx, claim.ends_at)));
    }
    if claim.recommended {
        facts.push((t!(cx.lang, "brokers.recommended").to_owned(), t!(cx.lang, "brokers.yes").into_any()));
    }
    let link = |route: Route, words: &str| {
        let words = words.to_owned();
        view! { <a href=cx.href(&route)>{words}</a> }.into_any()
    };
    if let Some(number) = &claim.introduction {
        facts.push((t!(cx.lang, "brokers.introduction").to_owned(), link(Route::Introduction(number.clone()), number)));
    }
    if let Some(number) = &claim.deal {
        facts.push((t!(cx.lang, "brokers.deal").to_owned(), link(Route::Deal(number.clone()), number)));
    }
    if claim.state != ClaimState::Active && !claim.note.is_empty() {
        facts.push((t!(cx.lang, "brokers.note").to_owned(), ui::paragraphs(&claim.note)));
    }
    ui::definition_list(facts)
}

/// What the broker can do with a claim that stands.
fn ways(cx: &Cx, claim: &ClaimView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let version = claim.version.to_string();
    let of = |action: &str, stored: &[(&str, &str)]| {
        if form.value("action") == action { form.clone() } else { Form::filled(stored.iter().map(|(n, v)| (*n, *v)).collect()) }
    };
    let open = |action: &str| form.value("action") == action;
    let stage_form = of("stage", &[("stage", claim.stage.code())]);
    let stage = view! {
        {ui::hidden("version", &version)}
        {ui::select(cx, &stage_form, Input::new("stage", t!(cx.lang, "brokers.stage")).without_blank(), options::<ClaimStage>(cx.lang))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.move"), "stage", ButtonStyle::Secondary)])}
    }
    .into_any();
    let note_form = of("note", &[("note", &claim.note)]);
    let note = view! {
        {ui::hidden("version", &version)}
        {ui::textarea(cx, &note_form, Input::new("note", t!(cx.lang, "brokers.note")).hint(t!(cx.lang, "brokers.note_hint")).rows(4).max(NOTE_MAX))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.save"), "note", ButtonStyle::Secondary)])}
    }
    .into_any();
    let recommend = (!claim.recommended).then(|| {
        let message = Input::new("message", t!(cx.lang, "interests.note")).hint(t!(cx.lang, "interests.note_hint")).required();
        let body = view! {
            {ui::textarea(cx, &of("recommend", &[]), message.rows(4).max(interests::MESSAGE_MAX))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "interests.recommend"), "recommend", ButtonStyle::Primary)])}
        }
        .into_any();
        ui::details(t!(cx.lang, "brokers.recommend"), open("recommend"), ui::form(cx, &here, false, body))
    });
    let introduce = claim.introduction.is_none().then(|| {
        let subject = Input::new("subject", t!(cx.lang, "brokers.subject")).hint(t!(cx.lang, "brokers.subject_hint")).required();
        let months = cx.market.config().periods.introduction_months;
        let body = view! {
            <p>{t!(cx.lang, "brokers.introduce_text", months = months)}</p>
            {ui::hidden("version", &version)}
            {ui::textarea(cx, &of("introduce", &[]), subject.rows(4).max(introductions::SUBJECT_MAX))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.introduce"), "introduce", ButtonStyle::Primary)])}
        }
        .into_any();
        ui::details(t!(cx.lang, "brokers.introduce"), open("introduce"), ui::form(cx, &here, false, body))
    });
    let release = claim.moves.contains(&ClaimMove::Release).then(|| {
        let words = code_label(cx.lang, ClaimMove::GROUP, ClaimMove::Release.code());
        let button = ui::post_button(cx, &here, &words, "release", &[("version", &version)], ButtonStyle::Danger);
        ui::details(&words, open("release"), view! { <p>{t!(cx.lang, "brokers.release_text")}</p>{button} }.into_any())
    });
    view! {
        <div class="actions">
            {ui::form(cx, &here, false, stage)}
            {introduce}
            {recommend}
            {ui::details(t!(cx.lang, "brokers.note"), open("note") || !claim.note.is_empty(), ui::form(cx, &here, false, note))}
            {release}
        </div>
    }
    .into_any()
}

fn tasks_part(cx: &Cx, tasks: &[TaskView], worked_on: bool, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let rows: Vec<Vec<AnyView>> = tasks
        .iter()
        .map(|task| {
            let (id, version) = (task.id.to_string(), task.version.to_string());
            let values = [("task", id.as_str()), ("version", version.as_str())];
            let (words, action) = match task.done_at {
                Some(_) => (t!(cx.lang, "brokers.task_open"), "task_open"),
                None => (t!(cx.lang, "brokers.task_done"), "task_done"),
            };
            let state = match task.done_at {
                Some(at) => view! { {ui::badge(t!(cx.lang, "brokers.done"), Tone::Good)}" "{ui::date(cx, at)} }.into_any(),
                None => due(cx, task),
            };
            vec![task.title.clone().into_any(), state, ui::post_button(cx, &here, words, action, &values, ButtonStyle::Quiet)]
        })
        .collect();
    let head = [t!(cx.lang, "brokers.task"), t!(cx.lang, "brokers.task_due"), t!(cx.lang, "brokers.task_action")];
    let table = if rows.is_empty() {
        view! { <p class="hint">{t!(cx.lang, "brokers.no_tasks")}</p> }.into_any()
    } else {
        ui::record_table(t!(cx.lang, "brokers.tasks_caption"), head.map(str::to_owned).to_vec(), rows, &[])
    };
    let add = worked_on.then(|| {
        let empty = Form::default();
        let form = if form.value("action") == "task" { form } else { &empty };
        let body = view! {
            {ui::text(cx, form, Input::new("title", t!(cx.lang, "brokers.task")).required().max(TASK_MAX))}
            {ui::date_input(cx, form, Input::new("due_on", t!(cx.lang, "brokers.task_due")))}
            {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.add_task"), "task", ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::form(cx, &here, false, body)
    });
    view! { {table}{add} }.into_any()
}

fn activities_part(cx: &Cx, activities: &Paged<ActivityView>, worked_on: bool, form: &Form) -> AnyView {
    let items: Vec<TimelineItem> = activities
        .items
        .iter()
        .map(|activity| TimelineItem {
            title: code_label(cx.lang, ActivityKind::GROUP, activity.kind.code()),
            meta: ui::date_time(cx, activity.at),
            body: Some(ui::paragraphs(&activity.text)),
            tone: Tone::Neutral,
        })
        .collect();
    let list = if items.is_empty() {
        view! { <p class="hint">{t!(cx.lang, "brokers.no_activities")}</p> }.into_any()
    } else {
        ui::timeline(items)
    };
    let add = worked_on.then(|| {
        let empty = Form::default();
        let form = if form.value("action") == "activity" { form } else { &empty };
        let text = Input::new("text", t!(cx.lang, "brokers.activity_text")).required().rows(3).max(TEXT_MAX);
        let body = view! {
            {ui::select(cx, form, Input::new("kind", t!(cx.lang, "brokers.activity_kind")).required(), options::<ActivityKind>(cx.lang))}
            {ui::textarea(cx, form, text)}
            {ui::buttons(vec![ui::button(t!(cx.lang, "brokers.add_activity"), "activity", ButtonStyle::Secondary)])}
        }
        .into_any();
        ui::form(cx, &cx.href(&cx.route), false, body)
    });
    view! { {add}{list}{ui::pager(cx, activities.total, activities.per_page)} }.into_any()
}
