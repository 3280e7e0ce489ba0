//! The board: what a broker carries, by stage. Cards move by the choice on them; an awake page lets them be dragged too.

use keqiao_market::{
    Error, Paged,
    brokers::{self, Board, ClaimView, TaskView},
    deals::DealSummary,
};
use keqiao_model::{ClaimStage, ClaimState, Coded, DealState, Field};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input, ResultItem, Tone},
    words::code_label,
};

/// Names in the address.
const FILTERS: [&str; 1] = ["field"];

enum Shown {
    Board(Box<Board>, Vec<TaskView>),
    Past(Paged<ClaimView>),
}

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let (market, actor) = (&cx.market, &cx.actor);
    let shown = if cx.query.get("tab") == "past" {
        Shown::Past(brokers::past_claims(market, actor, cx.query.page()).await?)
    } else {
        let field = Field::from_code(cx.query.get("field"));
        Shown::Board(Box::new(brokers::board(market, actor, field).await?), brokers::open_tasks(market, actor).await?)
    };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "brokers.board"), move || view(&cx, &shown, &form.unwrap_or_default())))
}

/// The name of the field with the stage of a claim: each card has a form of its own.
fn stage_field(claim: &str) -> String {
    format!("stage.{claim}")
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor, once) = (&cx.market, &cx.actor, submission.once());
    let done = match submission.action() {
        "stage" => {
            let claim = submission.value("claim");
            let (Ok(id), name) = (claim.parse(), stage_field(claim)) else { return Err(PageError::NotFound) };
            let moved = brokers::set_stage(market, actor, id, submission.value(&name), submission.version(), once).await;
            moved.map_err(|error| match error {
                Error::Invalid(mut errors) => {
                    errors.iter_mut().filter(|e| e.field == "stage").for_each(|e| e.field.clone_from(&name));
                    Error::Invalid(errors)
                }
                other => other,
            })
        }
        "task_done" => match submission.value("task").parse() {
            Ok(id) => brokers::move_task(market, actor, id, true, submission.version(), once).await,
            Err(_) => return Err(PageError::NotFound),
        },
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::GoTo(cx.here(&cx.query), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, shown: &Shown, form: &Form) -> AnyView {
    let past = matches!(shown, Shown::Past(_));
    let to_past = format!("{}{}", cx.href(&cx.route), Query(vec![("tab".to_owned(), "past".to_owned())]).to_search());
    let tabs = vec![
        (t!(cx.lang, "brokers.tab_now").to_owned(), cx.href(&cx.route), !past, None),
        (t!(cx.lang, "brokers.tab_past").to_owned(), to_past, past, None),
    ];
    let ways = [
        (Route::Pairs, t!(cx.lang, "brokers.to_pairs"), ButtonStyle::Primary),
        (Route::Introductions, t!(cx.lang, "brokers.introductions"), ButtonStyle::Secondary),
        (Route::Fees, t!(cx.lang, "brokers.fees"), ButtonStyle::Secondary),
    ];
    let mut ways: Vec<AnyView> = ways.iter().map(|(route, words, style)| ui::button_link(words, &cx.href(route), *style)).collect();
    if let Some(person) = cx.actor.person() {
        ways.push(ui::button_link(t!(cx.lang, "brokers.own_profile"), &cx.href(&Route::Broker(person.id)), ButtonStyle::Quiet));
    }
    let body = match shown {
        Shown::Board(board, tasks) => draw_board(cx, board, tasks, form),
        Shown::Past(claims) => draw_past(cx, claims),
    };
    view! {
        {ui::error_summary(cx, form, &[("stage", t!(cx.lang, "brokers.stage"))])}
        {ui::page_title(t!(cx.lang, "brokers.board"), None, Some(ui::buttons(ways)))}
        {ui::lead(t!(cx.lang, "brokers.board_lead"))}
        {ui::tabs(t!(cx.lang, "brokers.board"), tabs)}
        {body}
    }
    .into_any()
}

fn draw_past(cx: &Cx, claims: &Paged<ClaimView>) -> AnyView {
    if claims.items.is_empty() {
        let action = (t!(cx.lang, "brokers.tab_now"), cx.href(&cx.route));
        return ui::empty(cx, t!(cx.lang, "brokers.no_past"), t!(cx.lang, "brokers.no_past_text"), Some(action));
    }
    let items = claims
        .items
        .iter()
        .map(|claim| {
            ui::result_item(ResultItem {
                badges: vec![ui::state_badge(cx, ClaimState::GROUP, claim.state.code())],
                meta: vec![
                    claim.demand.number.clone().into_any(),
                    claim.achievement.number.clone().into_any(),
                    ui::date(cx, claim.claimed_at),
                ],
                ..ResultItem::new(title_of(cx, claim).into_any(), cx.href(&Route::Claim(claim.id)))
            })
        })
        .collect();
    view! { {ui::results(items)}{ui::pager(cx, claims.total, claims.per_page)} }.into_any()
}

/// The title of the demand, or its number when it is not public any more.
pub(super) fn title_of(cx: &Cx, claim: &ClaimView) -> String {
    let number = &claim.demand.number;
    claim.demand.summary.as_ref().map_or_else(|| t!(cx.lang, "brokers.gone", number = number), |s| s.title.clone())
}

fn draw_board(cx: &Cx, board: &Board, tasks: &[TaskView], form: &Form) -> AnyView {
    let chosen = Form::filled(cx.query.0.iter().cloned().collect());
    let blank = t!(cx.lang, "matches.all_fields");
    let filter = ui::select(cx, &chosen, Input::new("field", t!(cx.lang, "brokers.field")).blank(blank), options::<Field>(cx.lang));
    let chips: Vec<(String, String, String)> = Field::from_code(cx.query.get("field"))
        .map(|f| {
            (t!(cx.lang, "brokers.field").to_owned(), code_label(cx.lang, Field::GROUP, f.code()), cx.here(&cx.query.with("field", "")))
        })
        .into_iter()
        .collect();
    let filtered = !chips.is_empty();
    let nothing = board.stages.iter().all(|s| s.claims.is_empty()) && board.deals.is_empty();
    let columns = if nothing {
        let (text, action) = if filtered {
            (t!(cx.lang, "brokers.board_none_found"), (t!(cx.lang, "listings.clear"), cx.href(&cx.route)))
        } else {
            (t!(cx.lang, "brokers.board_none_yet"), (t!(cx.lang, "brokers.to_pairs"), cx.href(&Route::Pairs)))
        };
        ui::empty(cx, t!(cx.lang, "brokers.board_empty"), text, Some(action))
    } else {
        let stages: Vec<AnyView> = board
            .stages
            .iter()
            .map(|s| {
                let cards = s.claims.iter().map(|claim| claim_card(cx, claim, form)).collect();
                column(cx, Some(s.stage), &code_label(cx.lang, ClaimStage::GROUP, s.stage.code()), cards)
            })
            .collect();
        let deals: Vec<AnyView> = board
            .deals
            .iter()
            .map(|d| {
                let title = code_label(cx.lang, DealState::GROUP, d.state.code());
                column(cx, None, &title, d.deals.iter().map(|deal| deal_card(cx, deal)).collect())
            })
            .collect();
        let deals = (!deals.is_empty())
            .then(|| ui::section("deals", t!(cx.lang, "brokers.board_deals"), view! { <div class="board">{deals}</div> }.into_any()));
        let more = board.more.then(|| {
            let to = cx.href(&Route::Deals);
            view! { <p><a href=to>{t!(cx.lang, "brokers.all_deals")}</a></p> }
        });
        let claims = view! { <div class="board" data-board=t!(cx.lang, "brokers.drag_hint")>{stages}</div> }.into_any();
        view! { {ui::section("claims", t!(cx.lang, "brokers.board_claims"), claims)}{deals}{more} }.into_any()
    };
    let limit = cx.market.config().periods.claims;
    view! {
        {ui::filter_panel(cx, &FILTERS, filter)}
        {ui::chips(cx, chips, &cx.href(&cx.route))}
        <p class="hint">{t!(cx.lang, "brokers.claims_held", n = board.held, max = limit)}</p>
        {columns}
        {tasks_part(cx, tasks)}
    }
    .into_any()
}

fn column(cx: &Cx, stage: Option<ClaimStage>, title: &str, cards: Vec<AnyView>) -> AnyView {
    let count = ui::count(cards.len() as u64);
    let none = cards.is_empty().then(|| view! { <p class="hint">{t!(cx.lang, "brokers.column_empty")}</p> });
    view! {
        <section class="board-column" data-stage=stage.map(|s| s.code())>
            <h3 class="board-title">{title.to_owned()}" "<span class="tab-count">{count}</span></h3>
            {none}
            <ul class="board-cards">{cards}</ul>
        </section>
    }
    .into_any()
}

fn claim_card(cx: &Cx, claim: &ClaimView, form: &Form) -> AnyView {
    let id = claim.id.to_string();
    let achievement = claim.achievement.summary.as_ref().map_or_else(|| claim.achievement.number.clone(), |s| s.title.clone());
    let mut badges: Vec<AnyView> = Vec::new();
    if claim.overdue > 0 {
        badges.push(ui::badge(&t!(cx.lang, "brokers.n_overdue", n = claim.overdue), Tone::Bad));
    } else if claim.tasks > 0 {
        badges.push(ui::badge(&t!(cx.lang, "brokers.n_tasks", n = claim.tasks), Tone::Info));
    }
    if claim.ends_at - cx.now < time::Duration::days(3) {
        badges.push(ui::badge(t!(cx.lang, "brokers.ends_soon"), Tone::Warn));
    }
    let name = stage_field(&id);
    // The card that was refused shows what was chosen; the others where they stand.
    let stored = Form::filled([(name.clone(), claim.stage.code().to_owned())].into_iter().collect());
    let form = if form.value("claim") == id && !form.errors.is_empty() { form } else { &stored };
    let label = t!(cx.lang, "brokers.stage_of", title = title_of(cx, claim));
    let body = view! {
        {ui::hidden("claim", &id)}
        {ui::hidden("version", &claim.version.to_string())}
        {ui::select(cx, form, Input::new(name, label).hide_label().without_blank(), options::<ClaimStage>(cx.lang))}
        {ui::button(t!(cx.lang, "brokers.move"), "stage", ButtonStyle::Quiet)}
    }
    .into_any();
    view! {
        <li class="board-card" data-card=id.clone()>
            <p class="board-card-title"><a href=cx.href(&Route::Claim(claim.id))>{title_of(cx, claim)}</a></p>
            <p class="board-card-with">"→ "{achievement}</p>
            <div class="badges">{badges}</div>
            <p class="hint">{t!(cx.lang, "brokers.ends")}" "{ui::date(cx, claim.ends_at)}</p>
            <div class="board-move">{ui::form(cx, &cx.here(&cx.query), false, body)}</div>
        </li>
    }
    .into_any()
}

fn deal_card(cx: &Cx, deal: &DealSummary) -> AnyView {
    let due = deal.due.as_ref().map(|(day, what)| {
        let what = what.clone();
        view! { <p class="hint">{ui::day(cx, *day)}" "{what}</p> }
    });
    view! {
        <li class="board-card">
            <p class="board-card-title"><a href=cx.href(&Route::Deal(deal.number.clone()))>{deal.title.clone()}</a></p>
            <p class="board-card-with">{format!("{} ↔ {}", deal.buyer.1, deal.seller.1)}</p>
            <p class="hint">{deal.number.clone()}" · "{ui::date(cx, deal.updated_at)}</p>
            {due}
            <p><a href=cx.href(&Route::DealCommission(deal.number.clone()))>{t!(cx.lang, "brokers.commission")}</a></p>
        </li>
    }
    .into_any()
}

fn tasks_part(cx: &Cx, tasks: &[TaskView]) -> Option<AnyView> {
    if tasks.is_empty() {
        return None;
    }
    let here = cx.here(&cx.query);
    let rows = tasks
        .iter()
        .map(|task| {
            let (id, version) = (task.id.to_string(), task.version.to_string());
            let done = t!(cx.lang, "brokers.task_done");
            let pair = task.claim.map(|claim| view! { <a href=cx.href(&Route::Claim(claim))>{task.number.clone()}</a> });
            vec![
                task.title.clone().into_any(),
                due(cx, task),
                pair.into_any(),
                ui::post_button(cx, &here, done, "task_done", &[("task", &id), ("version", &version)], ButtonStyle::Quiet),
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "brokers.task"),
        t!(cx.lang, "brokers.task_due"),
        t!(cx.lang, "brokers.task_pair"),
        t!(cx.lang, "brokers.task_action"),
    ];
    let table = ui::record_table(t!(cx.lang, "brokers.tasks_caption"), head.map(str::to_owned).to_vec(), rows, &[]);
    Some(ui::section("tasks", t!(cx.lang, "brokers.tasks"), table))
}

/// By when, and whether that is over.
pub(super) fn due(cx: &Cx, task: &TaskView) -> AnyView {
    let overdue = task.overdue.then(|| ui::badge(t!(cx.lang, "brokers.overdue"), Tone::Bad));
    match task.due_on {
        Some(day) => view! { {ui::day(cx, day)}" "{overdue} }.into_any(),
        None => t!(cx.lang, "brokers.no_due").into_any(),
    }
}
