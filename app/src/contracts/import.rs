//! Past contracts from a table: choosing a file, its columns, the template, and the batches.

use std::sync::{Arc, LazyLock};

use keqiao_market::{
    contracts::{self, ImportSummary, columns},
    imports::{BatchState, accepted_types},
    sheets::{Cell, Sheet, XLSX, xlsx},
};
use keqiao_model::{Coded, ContractIp, ContractKind, ContractSubkind, Field, INDUSTRIES, LegalKind, Objective, PaymentWay, PlanSource};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Site, Submission, imports,
    listings::region_name,
    t,
    ui::{self, Align, ButtonStyle, Input, Tone},
    words::{code_label, find},
};

/// Kinds of files, as an `accept` attribute says them; what they hold decides.
static ACCEPT: LazyLock<String> = LazyLock::new(|| format!(".{}", accepted_types().join(",.")));

/// The form of a new batch, or the template.
pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let batches = contracts::import_batches(&cx.market, &cx.actor).await?;
    if cx.query.get("template") == "xlsx" {
        return Ok(Page::file("contracts-template.xlsx", XLSX, xlsx(&template(cx))?));
    }
    let cx = cx.clone();
    let form = form.unwrap_or_default();
    Ok(Page::new(t!(cx.lang, "register_import.title"), move || view(&cx, &batches, &form)))
}

fn view(cx: &Cx, batches: &[ImportSummary], form: &Form) -> AnyView {
    let labels = [("file", t!(cx.lang, "imports.file"))];
    let limits = &cx.market.config().limits;
    // A file to be brought in may be larger than an attachment.
    let import = Cx { site: Arc::new(Site { upload_limit: limits.import_bytes, ..(*cx.site).clone() }), ..cx.clone() };
    let hint = t!(cx.lang, "imports.file_hint", rows = ui::count(limits.import_rows as u64));
    let template = cx.here(&Query(vec![("template".to_owned(), "xlsx".to_owned())]));
    let body = view! {
        {ui::file(&import, form, Input::new("file", t!(cx.lang, "imports.file")).required().accept(&ACCEPT).hint(hint))}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "imports.read"), "read", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "register_import.template"), &template, ButtonStyle::Secondary),
        ])}
    }
    .into_any();
    let unverified = cx.actor.person().is_some_and(|p| !p.verified).then(|| {
        let to = cx.href(&Route::Account);
        let words = view! { <p>{t!(cx.lang, "imports.verify")}" "<a href=to>{t!(cx.lang, "work.to_account")}</a></p> };
        ui::notice(cx, Tone::Warn, words.into_any())
    });
    let waiting = (!batches.is_empty()).then(|| ui::section("batches", t!(cx.lang, "imports.batches"), batch_table(cx, batches)));
    let about = view! { <p>{t!(cx.lang, "register_import.columns_text")}</p>{column_table(cx)} };
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "contracts.title"), &cx.href(&Route::Contracts))}
        {ui::page_title(t!(cx.lang, "register_import.title"), None, None)}
        {ui::lead(t!(cx.lang, "register_import.lead"))}
        {unverified}
        <div class="narrow">{ui::form(cx, &cx.href(&cx.route), true, body)}</div>
        {waiting}
        {ui::section("columns", t!(cx.lang, "imports.columns"), about.into_any())}
    }
    .into_any()
}

fn batch_table(cx: &Cx, batches: &[ImportSummary]) -> AnyView {
    let head = vec![
        t!(cx.lang, "imports.file").to_owned(),
        t!(cx.lang, "imports.state").to_owned(),
        t!(cx.lang, "imports.good").to_owned(),
        t!(cx.lang, "register_import.entered").to_owned(),
        t!(cx.lang, "imports.read_at").to_owned(),
        t!(cx.lang, "imports.kept_until").to_owned(),
    ];
    let rows = batches
        .iter()
        .map(|b| {
            let (to, name) = (cx.href(&Route::ContractImportBatch(b.id)), b.file_name.clone());
            vec![
                view! { <a href=to>{name}</a> }.into_any(),
                imports::state_badge(cx, b.state),
                ui::count(b.good).into_any(),
                if b.state == BatchState::Preview { ().into_any() } else { ui::count(b.created).into_any() },
                ui::date_time(cx, b.created_at),
                ui::date_time(cx, b.expires_at),
            ]
        })
        .collect();
    let align = [Align::Start, Align::Start, Align::End, Align::End];
    ui::record_table(t!(cx.lang, "register_import.batches_caption"), head, rows, &align)
}

/// Which heads mean which column, and how what stands below them is read.
fn column_table(cx: &Cx) -> AnyView {
    let head = vec![
        t!(cx.lang, "imports.column_field").to_owned(),
        t!(cx.lang, "register_import.needed").to_owned(),
        t!(cx.lang, "imports.column_headers").to_owned(),
        t!(cx.lang, "imports.column_note").to_owned(),
    ];
    let rows = columns()
        .into_iter()
        .filter(|c| c.read)
        .map(|c| {
            let note = find(cx.lang, &format!("register_import.note.{}", c.field)).unwrap_or_default();
            let needed = if c.is_optional() { t!(cx.lang, "register_import.optional") } else { t!(cx.lang, "register_import.required") };
            let heads = c.heads.join(t!(cx.lang, "listings.separator"));
            vec![c.head(cx.lang).into_any(), needed.into_any(), heads.into_any(), note.into_any()]
        })
        .collect();
    ui::record_table(t!(cx.lang, "imports.columns_caption"), head, rows, &[])
}

/// Heads to be filled, and what may stand below those with a list of words.
fn template(cx: &Cx) -> Vec<Sheet> {
    let columns: Vec<_> = columns().into_iter().filter(|c| c.read).collect();
    let words: Vec<(&str, Vec<String>)> = vec![
        ("kind", labels::<ContractKind>(cx)),
        ("subkind", ContractKind::ALL.iter().flat_map(|k| subkinds(cx, *k)).collect()),
        ("field", labels::<Field>(cx)),
        ("ip", labels::<ContractIp>(cx)),
        ("plan_source", labels::<PlanSource>(cx)),
        ("objective", labels::<Objective>(cx)),
        ("industry", INDUSTRIES.iter().map(|code| (*code).to_owned()).collect()),
        ("payment", labels::<PaymentWay>(cx)),
        ("seller_legal_kind", labels::<LegalKind>(cx)),
        ("seller_region", cx.market.config().regions.iter().map(|r| region_name(cx, &r.code)).collect()),
    ];
    let rows: Vec<Vec<Cell>> = words
        .into_iter()
        .flat_map(|(field, words)| words.into_iter().map(move |word| (field, word)))
        .map(|(field, word)| vec![contracts::column_head(field, cx.lang).into(), word.into()])
        .collect();
    let notes = columns.iter().map(|c| {
        let note = find(cx.lang, &format!("register_import.note.{}", c.field)).unwrap_or_default();
        let needed = if c.is_optional() { t!(cx.lang, "register_import.optional") } else { t!(cx.lang, "register_import.required") };
        vec![c.head(cx.lang).into(), needed.into(), note.into()]
    });
    let head = |key: &str| key.to_owned();
    vec![
        Sheet {
            name: t!(cx.lang, "contracts.title").to_owned(),
            heads: columns.iter().map(|c| c.head(cx.lang).to_owned()).collect(),
            rows: Vec::new(),
        },
        Sheet {
            name: t!(cx.lang, "register_import.words").to_owned(),
            heads: vec![head(t!(cx.lang, "imports.column_field")), head(t!(cx.lang, "register_import.word"))],
            rows,
        },
        Sheet {
            name: t!(cx.lang, "imports.column_note").to_owned(),
            heads: vec![
                head(t!(cx.lang, "imports.column_field")),
                head(t!(cx.lang, "register_import.needed")),
                head(t!(cx.lang, "imports.column_note")),
            ],
            rows: notes.collect(),
        },
    ]
}

fn labels<C: Coded>(cx: &Cx) -> Vec<String> {
    C::all().iter().map(|c| code_label(cx.lang, C::GROUP, c.code())).collect()
}

fn subkinds(cx: &Cx, kind: ContractKind) -> Vec<String> {
    kind.subkinds().iter().map(|s| code_label(cx.lang, ContractSubkind::GROUP, s.code())).collect()
}

/// Reads the file and goes to its preview.
pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let read = match submission.files.iter().find(|f| f.field == "file") {
        Some(file) => contracts::preview_import(&cx.market, &cx.actor, &file.name, file.bytes.clone()).await,
        None => Err(keqiao_market::Error::field("file", "file_required")),
    };
    match read {
        Ok(id) => Ok(Outcome::Go(Route::ContractImportBatch(id), None)),
        Err(error) => Outcome::refused(submission, error),
    }
}
