//! One batch: what would happen, the button that makes it happen, and what happened.

use keqiao_market::imports::{self, BatchRow, BatchState, BatchView, ImportReport, RowProblem, RowState};
use keqiao_model::FieldError;
use leptos::prelude::*;
use uuid::Uuid;

use super::{column_label, side, state_badge};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input, Tone},
    words::error_words,
};

/// Reasons told at once when a whole file was kept out.
const REASONS: usize = 5;

/// A batch of one's own.
pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let batch = imports::batch(&cx.market, &cx.actor, id).await?;
    let title = t!(cx.lang, "imports.one", file = batch.summary.file_name);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &batch, &form.unwrap_or_default())))
}

/// Bringing it in, or forgetting it.
pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    match submission.action() {
        "commit" => {
            let whole = submission.value("all_or_nothing") == "yes";
            match imports::commit_batch(&cx.market, &cx.actor, id, whole, submission.version()).await {
                Ok(report) if report.stopped => Ok(Outcome::Refused(Form::refused(submission, kept_out(cx, &report)))),
                Ok(_) => Ok(Outcome::Go(cx.route.clone(), Some("flash.imported"))),
                Err(error) => Outcome::refused(submission, error),
            }
        }
        "discard" => match imports::discard_batch(&cx.market, &cx.actor, id).await {
            Ok(()) => Ok(Outcome::Go(Route::Import, Some("flash.batch_discarded"))),
            Err(error) => Outcome::refused(submission, error),
        },
        _ => Err(PageError::NotFound),
    }
}

/// Why nothing was brought in: the rows refused may be others than those of the preview, when the market changed meanwhile.
fn kept_out(cx: &Cx, report: &ImportReport) -> Vec<FieldError> {
    let first = report.problems.iter().filter(|p| !p.warning).take(REASONS);
    let rows = first.map(|p| FieldError::new("", "import_at_line").with("line", p.line).with("words", problem_words(cx, p)));
    std::iter::once(FieldError::new("all_or_nothing", "import_stopped").with("n", report.refused)).chain(rows).collect()
}

/// Column and reason of a problem, with the text that was refused.
pub(crate) fn problem_words(cx: &Cx, problem: &RowProblem) -> String {
    let words = error_words(cx.lang, &problem.error);
    match problem.error.args.iter().find(|(name, value)| name == "value" && !value.is_empty()) {
        Some((_, value)) => t!(cx.lang, "imports.with_value", words = words, value = value),
        None => words,
    }
}

fn view(cx: &Cx, batch: &BatchView, form: &Form) -> AnyView {
    let s = &batch.summary;
    let labels = [("all_or_nothing", t!(cx.lang, "imports.all_or_nothing"))];
    let body = match (s.state, &batch.report) {
        (BatchState::Preview, _) => preview(cx, batch, form),
        (BatchState::Running, _) => {
            let again = cx.href(&cx.route);
            let words = view! { <p>{t!(cx.lang, "imports.running")}" "<a href=again>{t!(cx.lang, "imports.look_again")}</a></p> };
            ui::notice(cx, Tone::Info, words.into_any())
        }
        (BatchState::Done, report) => done(cx, batch, report.as_ref()),
    };
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "imports.title"), &cx.href(&Route::Import))}
        {ui::page_title(&s.file_name, Some(side(cx, s.kind)), Some(state_badge(cx, s.state)))}
        {body}
        {problem_section(cx, &batch.problems, batch.problems_total, |name| column_label(cx.lang, name))}
        {unknown(cx, batch)}
    }
    .into_any()
}

/// A number with what it counts.
pub(crate) fn figure(label: &str, number: u64) -> AnyView {
    ui::stat(label, &ui::count(number), "", None)
}

fn preview(cx: &Cx, batch: &BatchView, form: &Form) -> AnyView {
    let s = &batch.summary;
    let figures = vec![
        figure(t!(cx.lang, "imports.read_rows"), batch.read),
        figure(t!(cx.lang, "imports.good"), s.good),
        figure(t!(cx.lang, "imports.refused"), s.bad),
    ];
    let here = cx.href(&cx.route);
    let commit = (s.good > 0).then(|| {
        let after = if batch.publishes { t!(cx.lang, "imports.will_publish") } else { t!(cx.lang, "imports.will_wait") };
        let body = view! {
            {ui::hidden("version", &batch.version.to_string())}
            <p>{after}</p>
            {ui::checkbox(cx, form, Input::new("all_or_nothing", t!(cx.lang, "imports.all_or_nothing")).hint(t!(cx.lang, "imports.all_or_nothing_hint")), "yes")}
            {ui::buttons(vec![ui::button(&t!(cx.lang, "imports.commit", n = ui::count(s.good)), "commit", ButtonStyle::Primary)])}
        }
        .into_any();
        ui::form(cx, &here, false, body)
    });
    let nothing = (s.good == 0).then(|| ui::notice(cx, Tone::Warn, t!(cx.lang, "imports.nothing_good").into_any()));
    let owner = batch.organisation.as_ref().map(|name| view! { <p>{t!(cx.lang, "imports.default_owner", name = name)}</p> });
    let kept = t!(cx.lang, "imports.kept", at = ui::date_time_text(cx, s.expires_at));
    let rows = (!batch.rows.is_empty()).then(|| ui::section("rows", t!(cx.lang, "imports.rows"), rows(cx, &batch.rows, s.good)));
    view! {
        <div class="stack">
            {ui::stats(figures)}
            {nothing}
            {owner}
            {commit}
            {ui::post_button(cx, &here, t!(cx.lang, "imports.discard"), "discard", &[], ButtonStyle::Secondary)}
            <p class="hint">{kept}</p>
        </div>
        {rows}
    }
    .into_any()
}

/// The first good rows, and what each would do.
fn rows(cx: &Cx, rows: &[BatchRow], good: u64) -> AnyView {
    let head = vec![
        t!(cx.lang, "imports.line").to_owned(),
        t!(cx.lang, "imports.row_title").to_owned(),
        t!(cx.lang, "imports.row_owner").to_owned(),
        t!(cx.lang, "imports.row_id").to_owned(),
        t!(cx.lang, "imports.row_fate").to_owned(),
    ];
    let drawn = rows
        .iter()
        .map(|row| {
            // A hash says nothing to people: the row has no number of its own.
            let id = if row.external_id.starts_with("sha:") { String::new() } else { row.external_id.clone() };
            let fate = match row.state {
                RowState::New => ui::badge(t!(cx.lang, "imports.row_new"), Tone::Good),
                RowState::Changed => ui::badge(t!(cx.lang, "imports.row_changed"), Tone::Info),
                RowState::Unchanged => ui::badge(t!(cx.lang, "imports.row_unchanged"), Tone::Neutral),
            };
            vec![ui::count(row.line).into_any(), row.title.clone().into_any(), row.organisation.clone().into_any(), id.into_any(), fate]
        })
        .collect();
    let shown = t!(cx.lang, "imports.rows_shown", n = rows.len(), total = ui::count(good));
    ui::record_table(&shown, head, drawn, &[])
}

fn done(cx: &Cx, batch: &BatchView, report: Option<&ImportReport>) -> AnyView {
    let figures = report.map(|r| {
        ui::stats(vec![
            figure(t!(cx.lang, "imports.read_rows"), r.read),
            figure(t!(cx.lang, "imports.created"), r.created),
            figure(t!(cx.lang, "imports.updated"), r.updated),
            figure(t!(cx.lang, "imports.unchanged"), r.unchanged),
            figure(t!(cx.lang, "imports.refused"), r.refused),
        ])
    });
    let changed = report.map_or(0, |r| r.created + r.updated);
    let (tone, words) = match (changed, batch.publishes) {
        (0, _) => (Tone::Info, t!(cx.lang, "imports.done_nothing")),
        (_, true) => (Tone::Good, t!(cx.lang, "imports.done_published")),
        (_, false) => (Tone::Good, t!(cx.lang, "imports.done_waiting")),
    };
    let kind = batch.summary.kind;
    let see = if batch.publishes { Route::Listings(kind) } else { Route::Work };
    let see_words = if batch.publishes { side(cx, kind) } else { t!(cx.lang, "work.title") };
    view! {
        <div class="stack">
            {figures}
            {ui::notice(cx, tone, words.into_any())}
            {ui::buttons(vec![
                ui::button_link(see_words, &cx.href(&see), ButtonStyle::Primary),
                ui::button_link(t!(cx.lang, "imports.another"), &cx.href(&Route::Import), ButtonStyle::Secondary),
            ])}
        </div>
    }
    .into_any()
}

/// What is wrong with which line: the first problems of so many. `column` names a column.
pub(crate) fn problem_section(cx: &Cx, problems: &[RowProblem], total: u64, column: impl Fn(&str) -> String) -> AnyView {
    if problems.is_empty() {
        return ().into_any();
    }
    let head = vec![
        t!(cx.lang, "imports.line").to_owned(),
        t!(cx.lang, "imports.problem_column").to_owned(),
        t!(cx.lang, "imports.problem").to_owned(),
        t!(cx.lang, "imports.problem_fate").to_owned(),
    ];
    let rows = problems
        .iter()
        .map(|p| {
            let column = if p.error.field.is_empty() { String::new() } else { column(&p.error.field) };
            let fate = if p.warning {
                ui::badge(t!(cx.lang, "imports.problem_taken"), Tone::Warn)
            } else {
                ui::badge(t!(cx.lang, "imports.problem_refused"), Tone::Bad)
            };
            vec![ui::count(p.line).into_any(), column.into_any(), problem_words(cx, p).into_any(), fate]
        })
        .collect();
    let shown = t!(cx.lang, "imports.problems_shown", n = problems.len(), total = ui::count(total));
    ui::section("problems", t!(cx.lang, "imports.problems"), ui::record_table(&shown, head, rows, &[]))
}

/// Columns nobody knows: what stands below them is not read.
fn unknown(cx: &Cx, batch: &BatchView) -> AnyView {
    if batch.unknown_columns.is_empty() {
        return ().into_any();
    }
    let to = format!("{}#columns", cx.href(&Route::Import));
    let names = batch.unknown_columns.join(t!(cx.lang, "listings.separator"));
    let body = view! {
        <p>{t!(cx.lang, "imports.unknown_text")}" "<a href=to>{t!(cx.lang, "imports.columns")}</a></p>
        <p><strong>{names}</strong></p>
    };
    ui::section("unknown", t!(cx.lang, "imports.unknown"), ui::notice(cx, Tone::Warn, body.into_any()))
}
