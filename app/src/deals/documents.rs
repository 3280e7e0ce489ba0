//! Documents of a deal and their versions.

use keqiao_market::{
    attachments,
    room::documents::{self, DocumentView, VersionView},
};
use keqiao_model::{Coded, DocumentKind};
use leptos::prelude::*;
use uuid::Uuid;

use super::{back, file_of};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str, id: Uuid, form: Option<Form>) -> Result<Page, PageError> {
    let document = documents::document(&cx.market, &cx.actor, number, id).await?;
    let (cx, number) = (cx.clone(), number.to_owned());
    Ok(Page::new(document.title.clone(), move || view(&cx, &number, &document, &form.unwrap_or_default())))
}

/// A new document, or a version of one.
pub(super) async fn submit(cx: &Cx, number: &str, to: Option<Uuid>, submission: &Submission) -> Result<Outcome, PageError> {
    let file = file_of(submission);
    match documents::add_document(&cx.market, &cx.actor, number, to, &submission.fields, file, submission.once()).await {
        Ok(id) => Ok(Outcome::Go(Route::DealDocument(number.to_owned(), id), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn size(bytes: i64) -> String {
    format!("{} kB", (bytes + 1023) / 1024)
}

fn link(cx: &Cx, version: &VersionView) -> AnyView {
    if !version.readable {
        return view! { {version.name.clone()}" "<span class="hint">{t!(cx.lang, "deals.sides_only")}</span> }.into_any();
    }
    view! { <a href=format!("/attachments/{}", version.attachment)>{version.name.clone()}</a>" "<span class="hint">{size(version.size)}</span> }
        .into_any()
}

/// The documents of a deal as its page lists them.
pub(super) fn list(cx: &Cx, number: &str, documents: &[DocumentView]) -> AnyView {
    let rows: Vec<Vec<AnyView>> = documents
        .iter()
        .map(|d| {
            let to = cx.href(&Route::DealDocument(number.to_owned(), d.id));
            let (last, who, at) = match d.versions.first() {
                Some(v) => (link(cx, v), format!("{} {}", v.person, v.organisation).into_any(), ui::date_time(cx, v.at)),
                None => (().into_any(), ().into_any(), ().into_any()),
            };
            vec![
                view! { <a href=to>{d.title.clone()}</a> }.into_any(),
                code_label(cx.lang, DocumentKind::GROUP, d.kind.code()).into_any(),
                d.edition.to_string().into_any(),
                last,
                who,
                at,
            ]
        })
        .collect();
    if rows.is_empty() {
        return view! { <p class="hint">{t!(cx.lang, "deals.no_documents")}</p> }.into_any();
    }
    let head = [
        t!(cx.lang, "deals.document"),
        t!(cx.lang, "deals.document_kind"),
        t!(cx.lang, "deals.edition"),
        t!(cx.lang, "deals.file"),
        t!(cx.lang, "deals.by"),
        t!(cx.lang, "deals.at"),
    ];
    ui::record_table(t!(cx.lang, "deals.document_list"), head.map(str::to_owned).to_vec(), rows, &[])
}

/// The fields of a new document.
pub(super) fn new_form(cx: &Cx, form: &Form, here: &str) -> AnyView {
    let kinds = DocumentKind::ALL.iter().map(|k| (k.code().to_owned(), code_label(cx.lang, DocumentKind::GROUP, k.code()))).collect();
    let body = view! {
        {ui::text(cx, form, Input::new("title", t!(cx.lang, "deals.document_title")).required())}
        {ui::select(cx, form, Input::new("document_kind", t!(cx.lang, "deals.document_kind")).required(), kinds)}
        {file_and_note(cx, form)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "deals.add_document"), "document", ButtonStyle::Secondary)])}
    }
    .into_any();
    ui::form(cx, here, true, body)
}

fn file_and_note(cx: &Cx, form: &Form) -> AnyView {
    let types = attachments::accepted_extensions().join(t!(cx.lang, "listings.separator"));
    let hint = t!(cx.lang, "listings.file_hint", types = types);
    view! {
        {ui::file(cx, form, Input::new("file", t!(cx.lang, "deals.file")).hint(hint).required())}
        {ui::text(cx, form, Input::new("note", t!(cx.lang, "deals.version_note")))}
    }
    .into_any()
}

fn view(cx: &Cx, number: &str, document: &DocumentView, form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let labels = [("file", t!(cx.lang, "deals.file")), ("note", t!(cx.lang, "deals.version_note"))];
    let rows = document
        .versions
        .iter()
        .map(|v| {
            vec![
                v.edition.to_string().into_any(),
                link(cx, v),
                v.note.clone().into_any(),
                format!("{} {}", v.person, v.organisation).into_any(),
                ui::date_time(cx, v.at),
                view! { <code class="hash">{v.sha256.clone()}</code> }.into_any(),
            ]
        })
        .collect();
    let head = [
        t!(cx.lang, "deals.edition"),
        t!(cx.lang, "deals.file"),
        t!(cx.lang, "deals.version_note"),
        t!(cx.lang, "deals.by"),
        t!(cx.lang, "deals.at"),
        t!(cx.lang, "deals.hash"),
    ];
    let body = view! {
        {ui::hidden("edition", &document.edition.to_string())}
        {file_and_note(cx, form)}
        {ui::buttons(vec![ui::button(t!(cx.lang, "deals.add_version"), "version", ButtonStyle::Primary)])}
    }
    .into_any();
    let kind = code_label(cx.lang, DocumentKind::GROUP, document.kind.code());
    view! {
        {ui::error_summary(cx, form, &labels)}
        {back(cx, number)}
        {ui::page_title(&document.title, Some(&kind), None)}
        {ui::lead(t!(cx.lang, "deals.document_lead"))}
        {ui::record_table(t!(cx.lang, "deals.versions"), head.map(str::to_owned).to_vec(), rows, &[])}
        {document.versions.first().is_some_and(|v| v.readable).then(|| ui::section("add", t!(cx.lang, "deals.add_version"), ui::form(cx, &here, true, body)))}
    }
    .into_any()
}
