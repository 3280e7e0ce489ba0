//! The way to every part, and whether the house is well.

use std::time::Instant;

use keqiao_market::{
    accounts,
    audit::{self, AuditFilter},
    letters,
    matching::{self, EmbeddingStatus},
};
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Route, t,
    ui::{self, Tone},
};

/// An index this many events behind is worth a look.
const LAG_WORTH_A_LOOK: u64 = 100;

struct Overview {
    people: u64,
    letters: u64,
    entries: u64,
    /// Events that the index has not taken in; `None` when the database does not answer.
    lag: Option<u64>,
    documents: usize,
    database: &'static str,
    milliseconds: u128,
    /// Nothing when there is no embeddings end point.
    embeddings: Option<EmbeddingStatus>,
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let people = accounts::people(&cx.market, &cx.actor, "", 1).await?.total;
    let letters = letters::mail_log(&cx.market, &cx.actor, 1).await?.total;
    let entries = audit::entries(&cx.market, &cx.actor, &AuditFilter::default(), 1).await?.total;
    let asked = Instant::now();
    let lag = matching::index_lag(&cx.market).await.ok();
    let overview = Overview {
        people,
        letters,
        entries,
        lag,
        documents: cx.market.search_index().len(),
        database: database_name(&format!("{:?}", cx.market.database().get_database_backend())),
        milliseconds: asked.elapsed().as_millis(),
        embeddings: matching::embedding_status(&cx.market).await?,
    };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "admin.title"), move || view(&cx, &overview)))
}

/// What the makers call their database.
fn database_name(backend: &str) -> &'static str {
    if backend == "Sqlite" { "SQLite" } else { "PostgreSQL" }
}

fn view(cx: &Cx, overview: &Overview) -> AnyView {
    let part = |label: &str, value: &str, hint: &str, route: Route| ui::stat(label, value, hint, Some(cx.href(&route)));
    let parts = vec![
        part(t!(cx.lang, "admin.people"), &ui::count(overview.people), t!(cx.lang, "admin.people_hint"), Route::AdminPeople),
        part(t!(cx.lang, "admin.mail"), &ui::count(overview.letters), t!(cx.lang, "admin.mail_hint"), Route::AdminMail),
        part(t!(cx.lang, "admin.audit"), &ui::count(overview.entries), t!(cx.lang, "admin.audit_hint"), Route::AdminAudit),
    ];
    let more = [
        (t!(cx.lang, "admin.targets"), t!(cx.lang, "admin.targets_hint"), cx.href(&Route::AdminTargets)),
        (t!(cx.lang, "ui.nav.import"), t!(cx.lang, "admin.import_hint"), cx.href(&Route::Import)),
        (t!(cx.lang, "ui.nav.organisations"), t!(cx.lang, "admin.organisations_hint"), cx.href(&Route::Organisations)),
    ];
    let more = more
        .into_iter()
        .map(|(title, hint, href)| ui::Task { title: title.to_owned(), href: Some(href), hint: hint.to_owned(), ..ui::Task::default() })
        .collect();
    view! {
        {ui::page_title(t!(cx.lang, "admin.title"), None, None)}
        {ui::stats(parts)}
        {ui::section("more", t!(cx.lang, "admin.more"), ui::task_list(more))}
        {ui::section("health", t!(cx.lang, "admin.health"), health(cx, overview))}
    }
    .into_any()
}

fn health(cx: &Cx, overview: &Overview) -> AnyView {
    let index = match overview.lag {
        Some(0) => (t!(cx.lang, "admin.index_up_to_date").to_owned(), Tone::Good),
        Some(lag) => {
            let tone = if lag < LAG_WORTH_A_LOOK { Tone::Info } else { Tone::Warn };
            (t!(cx.lang, "admin.index_behind", n = ui::count(lag)), tone)
        }
        None => (t!(cx.lang, "admin.index_unknown").to_owned(), Tone::Warn),
    };
    let database = match overview.lag {
        Some(_) => (t!(cx.lang, "admin.database_answers", ms = overview.milliseconds), Tone::Good),
        None => (t!(cx.lang, "admin.database_silent").to_owned(), Tone::Bad),
    };
    let with_badge = |text: String, (words, tone): (String, Tone)| view! { {text}" "{ui::badge(&words, tone)} }.into_any();
    let documents = t!(cx.lang, "admin.documents", n = ui::count(i128::try_from(overview.documents).unwrap_or(i128::MAX)));
    let mut rows = vec![
        (t!(cx.lang, "admin.index").to_owned(), with_badge(documents, index)),
        (t!(cx.lang, "admin.database").to_owned(), with_badge(overview.database.to_owned(), database)),
        (t!(cx.lang, "admin.version").to_owned(), env!("CARGO_PKG_VERSION").into_any()),
        (t!(cx.lang, "admin.address").to_owned(), cx.site.base_url.clone().into_any()),
        (t!(cx.lang, "admin.time").to_owned(), ui::date_time(cx, cx.now)),
    ];
    if let Some(status) = &overview.embeddings {
        let how_far = with_badge(embedded(cx, status), waiting(cx, status));
        let fails = status.failing.as_ref().map(|(since, why)| {
            let words = t!(cx.lang, "admin.embeddings_failing", at = ui::date_time_text(cx, *since));
            let text = view! { <p>{words}</p><p><bdi>{why.clone()}</bdi></p> }.into_any();
            ui::notice(cx, Tone::Warn, text)
        });
        rows.insert(1, (t!(cx.lang, "admin.embeddings").to_owned(), view! { {how_far}{fails} }.into_any()));
    }
    ui::definition_list(rows)
}

fn embedded(cx: &Cx, status: &EmbeddingStatus) -> String {
    let EmbeddingStatus { model, embedded, refused, .. } = status;
    t!(cx.lang, "admin.embedded", model = model, n = ui::count(*embedded), refused = ui::count(*refused))
}

fn waiting(cx: &Cx, status: &EmbeddingStatus) -> (String, Tone) {
    match status.waiting {
        0 => (t!(cx.lang, "admin.embeddings_up_to_date").to_owned(), Tone::Good),
        waiting => (t!(cx.lang, "admin.embeddings_waiting", n = ui::count(waiting)), Tone::Info),
    }
}
