//! One table of past contracts: what would be entered, how far it is, what was entered, and the errors as a file.

use std::time::Duration;

use keqiao_market::{
    contracts::{self, ImportRow, ImportSummary, ImportView, column_head},
    imports::{BatchState, RowProblem},
    sheets::{Cell, Sheet, XLSX, xlsx},
};
use keqiao_model::{Coded, ContractSubkind};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    imports::{figure, problem_section, problem_words, state_badge},
    t,
    ui::{self, Align, ButtonStyle, Tone},
    words::code_label,
};

/// How long a form waits for the end; a longer import goes on, and its page says how far it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// A batch of one's own, or its errors as a file.
pub(super) async fn page(cx: &Cx, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let format = cx.query.get("errors");
    if !format.is_empty() {
        let sheet = error_sheet(cx, &contracts::import_problems(&cx.market, &cx.actor, id).await?);
        return Ok(if format == "xlsx" {
            Page::file("import-errors.xlsx", XLSX, xlsx(&[sheet])?)
        } else {
            Page::file("import-errors.csv", ui::CSV, ui::sheet_csv(&sheet))
        });
    }
    let batch = contracts::import_batch(&cx.market, &cx.actor, id).await?;
    let title = t!(cx.lang, "imports.one", file = batch.summary.file_name);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &batch, &form.unwrap_or_default())))
}

/// Bringing it in, taking it up again, or forgetting it.
pub(super) async fn submit(cx: &Cx, id: Uuid, submission: &Submission) -> Result<Outcome, PageError> {
    match submission.action() {
        "commit" => match contracts::commit_import(&cx.market, &cx.actor, id, submission.version(), PATIENCE).await {
            Ok(done) => Ok(Outcome::Go(cx.route.clone(), done.then_some("flash.imported"))),
            Err(error) => Outcome::refused(submission, error),
        },
        "discard" => match contracts::discard_import(&cx.market, &cx.actor, id).await {
            Ok(()) => Ok(Outcome::Go(Route::ContractImport, Some("flash.batch_discarded"))),
            Err(error) => Outcome::refused(submission, error),
        },
        _ => Err(PageError::NotFound),
    }
}

fn view(cx: &Cx, batch: &ImportView, form: &Form) -> AnyView {
    let s = &batch.summary;
    let body = match s.state {
        BatchState::Preview => preview(cx, batch),
        BatchState::Running => running(cx, batch),
        BatchState::Done => done(cx, s, batch.read),
    };
    let errors = (batch.problems_total > 0).then(|| {
        let link = |words: &str, format: &str| {
            let to = cx.here(&Query(vec![("errors".to_owned(), format.to_owned())]));
            ui::button_link(words, &to, ButtonStyle::Quiet)
        };
        ui::buttons(vec![link(t!(cx.lang, "register_import.errors_xlsx"), "xlsx"), link(t!(cx.lang, "register_import.errors_csv"), "csv")])
    });
    view! {
        {ui::error_summary(cx, form, &[])}
        {ui::back_link(cx, t!(cx.lang, "register_import.title"), &cx.href(&Route::ContractImport))}
        {ui::page_title(&s.file_name, Some(t!(cx.lang, "register_import.title")), Some(state_badge(cx, s.state)))}
        {body}
        {problem_section(cx, &batch.problems, batch.problems_total, |name| column_head(name, cx.lang))}
        {errors}
        {unknown(cx, batch)}
    }
    .into_any()
}

/// The button that enters the rows.
fn commit_form(cx: &Cx, batch: &ImportView, words: &str) -> AnyView {
    let body = view! {
        {ui::hidden("version", &batch.version.to_string())}
        {ui::buttons(vec![ui::button(words, "commit", ButtonStyle::Primary)])}
    }
    .into_any();
    ui::form(cx, &cx.href(&cx.route), false, body)
}

fn preview(cx: &Cx, batch: &ImportView) -> AnyView {
    let s = &batch.summary;
    let figures = vec![
        figure(t!(cx.lang, "imports.read_rows"), batch.read),
        figure(t!(cx.lang, "imports.good"), s.good),
        figure(t!(cx.lang, "imports.refused"), s.bad),
    ];
    let here = cx.href(&cx.route);
    let enter = if s.good > 0 {
        let words = t!(cx.lang, "register_import.commit", n = ui::count(s.good));
        view! { <p>{t!(cx.lang, "register_import.will_enter")}</p>{commit_form(cx, batch, &words)} }.into_any()
    } else {
        ui::notice(cx, Tone::Warn, t!(cx.lang, "imports.nothing_good").into_any())
    };
    let kept = t!(cx.lang, "imports.kept", at = ui::date_time_text(cx, s.expires_at));
    let rows = (!batch.rows.is_empty()).then(|| ui::section("rows", t!(cx.lang, "imports.rows"), rows(cx, &batch.rows, s.good)));
    view! {
        <div class="stack">
            {ui::stats(figures)}
            {enter}
            {ui::post_button(cx, &here, t!(cx.lang, "imports.discard"), "discard", &[], ButtonStyle::Secondary)}
            <p class="hint">{kept}</p>
        </div>
        {rows}
    }
    .into_any()
}

/// The first good rows as they were understood.
fn rows(cx: &Cx, rows: &[ImportRow], good: u64) -> AnyView {
    let head = |field: &str| column_head(field, cx.lang);
    let heads = vec![
        t!(cx.lang, "imports.line").to_owned(),
        head("registration_number"),
        head("title"),
        head("subkind"),
        head("seller_name"),
        head("buyer_name"),
        head("signed_on"),
        head("registered_on"),
        t!(cx.lang, "contracts.value").to_owned(),
        t!(cx.lang, "contracts.technical_value").to_owned(),
    ];
    let drawn = rows
        .iter()
        .map(|r| {
            vec![
                ui::count(r.line).into_any(),
                r.registration_number.clone().into_any(),
                r.title.clone().into_any(),
                code_label(cx.lang, ContractSubkind::GROUP, &r.subkind).into_any(),
                r.parties.0.clone().into_any(),
                r.parties.1.clone().into_any(),
                r.signed_on.clone().into_any(),
                r.registered_on.clone().into_any(),
                ui::money(cx, r.amounts.0).into_any(),
                ui::money(cx, r.amounts.1).into_any(),
            ]
        })
        .collect();
    let shown = t!(cx.lang, "imports.rows_shown", n = rows.len(), total = ui::count(good));
    let mut align = [Align::Start; 10];
    align[8] = Align::End;
    align[9] = Align::End;
    ui::record_table(&shown, heads, drawn, &align)
}

fn running(cx: &Cx, batch: &ImportView) -> AnyView {
    let s = &batch.summary;
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let words = t!(cx.lang, "register_import.progress", done = ui::count(s.done), total = ui::count(s.good));
    let again = cx.href(&cx.route);
    let state = if s.left {
        let words = t!(cx.lang, "register_import.resume");
        view! { {ui::notice(cx, Tone::Warn, t!(cx.lang, "register_import.left").into_any())}{commit_form(cx, batch, words)} }.into_any()
    } else {
        let words = view! { <p>{t!(cx.lang, "imports.running")}" "<a href=again>{t!(cx.lang, "imports.look_again")}</a></p> };
        ui::notice(cx, Tone::Info, words.into_any())
    };
    view! {
        <div class="stack">
            {ui::progress(t!(cx.lang, "register_import.entered"), whole(s.done), whole(s.good), &words)}
            {state}
        </div>
    }
    .into_any()
}

fn done(cx: &Cx, summary: &ImportSummary, read: u64) -> AnyView {
    let figures = vec![
        figure(t!(cx.lang, "imports.read_rows"), read),
        figure(t!(cx.lang, "register_import.entered"), summary.created),
        figure(t!(cx.lang, "imports.refused"), summary.bad),
    ];
    let (tone, words) = if summary.created > 0 {
        (Tone::Good, t!(cx.lang, "register_import.done"))
    } else {
        (Tone::Info, t!(cx.lang, "register_import.done_nothing"))
    };
    view! {
        <div class="stack">
            {ui::stats(figures)}
            {ui::notice(cx, tone, words.into_any())}
            {ui::buttons(vec![
                ui::button_link(t!(cx.lang, "contracts.register"), &cx.href(&Route::Contracts), ButtonStyle::Primary),
                ui::button_link(t!(cx.lang, "imports.another"), &cx.href(&Route::ContractImport), ButtonStyle::Secondary),
            ])}
        </div>
    }
    .into_any()
}

/// Columns nobody knows: what stands below them is not read.
fn unknown(cx: &Cx, batch: &ImportView) -> AnyView {
    if batch.unknown_columns.is_empty() {
        return ().into_any();
    }
    let to = format!("{}#columns", cx.href(&Route::ContractImport));
    let names = batch.unknown_columns.join(t!(cx.lang, "listings.separator"));
    let body = view! {
        <p>{t!(cx.lang, "imports.unknown_text")}" "<a href=to>{t!(cx.lang, "imports.columns")}</a></p>
        <p><strong>{names}</strong></p>
    };
    ui::section("unknown", t!(cx.lang, "imports.unknown"), ui::notice(cx, Tone::Warn, body.into_any()))
}

/// Every problem, a line each.
fn error_sheet(cx: &Cx, problems: &[RowProblem]) -> Sheet {
    let typed = |p: &RowProblem| p.error.args.iter().find(|(name, _)| name == "value").map_or_else(String::new, |(_, v)| v.clone());
    let rows = problems
        .iter()
        .map(|p| {
            let column = if p.error.field.is_empty() { String::new() } else { column_head(&p.error.field, cx.lang) };
            let fate = if p.warning { t!(cx.lang, "imports.problem_taken") } else { t!(cx.lang, "imports.problem_refused") };
            let line = Cell::Number(i64::try_from(p.line).unwrap_or(i64::MAX));
            vec![line, column.into(), problem_words(cx, p).into(), typed(p).into(), fate.into()]
        })
        .collect();
    Sheet {
        name: t!(cx.lang, "imports.problems").to_owned(),
        heads: vec![
            t!(cx.lang, "imports.line").to_owned(),
            t!(cx.lang, "imports.problem_column").to_owned(),
            t!(cx.lang, "imports.problem").to_owned(),
            t!(cx.lang, "register_import.typed").to_owned(),
            t!(cx.lang, "imports.problem_fate").to_owned(),
        ],
        rows,
    }
}
