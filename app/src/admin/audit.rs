//! Who did what, newest first.

use keqiao_market::{
    Paged, Subject,
    audit::{self, AuditEntry, AuditFilter, AuditSubject},
};
use keqiao_model::Lang;
use leptos::prelude::*;

use super::trail;
use crate::{
    Cx, Page, PageError, Route, t, ui,
    words::{code_label, find, label},
};

/// What entries can be filtered by, in the order of the tabs.
const SUBJECTS: [Subject; 9] = [
    Subject::Person,
    Subject::Organisation,
    Subject::Listing,
    Subject::Interest,
    Subject::Deal,
    Subject::Contract,
    Subject::Target,
    Subject::Import,
    Subject::House,
];

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let subject = SUBJECTS.into_iter().find(|subject| subject.code() == cx.query.get("about"));
    let filter = AuditFilter { person: cx.query.get("person").parse().ok(), subject };
    let found = audit::entries(&cx.market, &cx.actor, &filter, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "admin.audit"), move || view(&cx, &filter, &found)))
}

fn view(cx: &Cx, filter: &AuditFilter, found: &Paged<AuditEntry>) -> AnyView {
    let tab = |code: &str, words: String| {
        let current = code == filter.subject.map_or("", Subject::code);
        (words, cx.here(&cx.query.with("about", code)), current, None)
    };
    let everything = tab("", t!(cx.lang, "admin.everything").to_owned());
    let kinds = SUBJECTS.iter().map(|subject| tab(subject.code(), label(cx.lang, "admin.subject", subject.code())));
    let tabs = [everything].into_iter().chain(kinds).collect();
    let mut chips = Vec::new();
    if let Some(person) = filter.person {
        let name = found.items.iter().filter_map(|entry| entry.person.as_ref()).find(|(id, _)| *id == person).map(|(_, name)| name.clone());
        let without = cx.here(&cx.query.with("person", ""));
        chips.push((t!(cx.lang, "admin.who").to_owned(), name.unwrap_or_else(|| person.to_string()), without));
    }
    let list = if found.items.is_empty() {
        let clear = Some((t!(cx.lang, "admin.all_entries"), cx.href(&cx.route)));
        ui::empty(cx, t!(cx.lang, "admin.no_entries"), t!(cx.lang, "admin.no_entries_text"), clear)
    } else {
        let head = [
            t!(cx.lang, "admin.when"),
            t!(cx.lang, "admin.who"),
            t!(cx.lang, "admin.what"),
            t!(cx.lang, "admin.about"),
            t!(cx.lang, "admin.detail"),
        ];
        let rows = found.items.iter().map(|entry| row(cx, entry)).collect();
        ui::record_table(t!(cx.lang, "admin.audit"), head.map(str::to_owned).to_vec(), rows, &[])
    };
    view! {
        {trail(cx)}
        {ui::page_title(t!(cx.lang, "admin.audit"), None, None)}
        {ui::lead(t!(cx.lang, "admin.audit_text"))}
        {ui::tabs(t!(cx.lang, "admin.about"), tabs)}
        {ui::chips(cx, chips, &cx.here(&cx.query.with("person", "")))}
        <div class="toolbar"><p class="found" role="status">{t!(cx.lang, "admin.entry_count", n = ui::count(found.total))}</p></div>
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

fn link(href: String, words: &str) -> AnyView {
    view! { <a href=href>{words.to_owned()}</a> }.into_any()
}

fn row(cx: &Cx, entry: &AuditEntry) -> Vec<AnyView> {
    let who = match &entry.person {
        Some((id, name)) => link(cx.href(&Route::AdminPerson(*id)), name),
        None => t!(cx.lang, "admin.nobody_signed_in").into_any(),
    };
    vec![ui::date_time(cx, entry.at), who, action_words(cx.lang, entry).into_any(), about(cx, entry), particulars(&entry.detail).into_any()]
}

/// What was done: an action of its own, or a move of a state.
fn action_words(lang: Lang, entry: &AuditEntry) -> String {
    if let Some(words) = find(lang, &format!("admin.action.{}", entry.action)) {
        return words.to_owned();
    }
    match entry.action.split_once('.') {
        Some((subject, by)) => code_label(lang, &format!("{subject}_move"), by),
        None => entry.action.clone(),
    }
}

fn about(cx: &Cx, entry: &AuditEntry) -> AnyView {
    let kind = label(cx.lang, "admin.subject", &entry.subject_kind);
    let name = match &entry.subject {
        AuditSubject::Person(id, name) => link(cx.href(&Route::AdminPerson(*id)), name),
        AuditSubject::Organisation(id, name) => link(cx.href(&Route::Organisation(*id)), name),
        AuditSubject::Listing(side, number) => link(cx.href(&Route::Listing(*side, number.clone())), number),
        AuditSubject::Deal(number) => link(cx.href(&Route::Deal(number.clone())), number),
        AuditSubject::Contract(number) => link(cx.href(&Route::Contract(number.clone())), number),
        AuditSubject::Other => ().into_any(),
    };
    view! { {kind}" "{name} }.into_any()
}

/// Particulars in one line, as they are stored.
fn particulars(detail: &serde_json::Value) -> String {
    match detail {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(pairs) => {
            pairs.iter().map(|(name, value)| format!("{name}: {}", particulars(value))).collect::<Vec<_>>().join("; ")
        }
        serde_json::Value::Array(values) => values.iter().map(particulars).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
