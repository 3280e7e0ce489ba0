//! Deals and what lives in them: thread, documents, confidentiality, terms, members; and who read what was confidential.

mod detail;
mod documents;
mod members;
mod nda;
mod room;
mod terms;

use keqiao_market::{
    deals::{self, DealSummary},
    room::{documents::DocumentFile, messages, trials},
};
use keqiao_model::{Coded, DealMove, DealState, FieldError};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    ui::{self, ResultItem, Tone},
};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Deals => list(cx).await,
        Route::Deal(number) => room::page(cx, &number, form).await,
        Route::DealNda(number) => nda::page(cx, &number, form).await,
        Route::DealTerms(number) => terms::page(cx, &number, form).await,
        Route::DealMembers(number) => members::page(cx, &number, form).await,
        Route::DealDocument(number, id) => documents::page(cx, &number, id, form).await,
        Route::ListingDetail(kind, number) => detail::page(cx, kind, &number).await,
        Route::Disclosures => detail::log(cx).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::Deal(number) => submit_room(cx, &number, submission).await,
        Route::DealNda(number) => nda::submit(cx, &number, submission).await,
        Route::DealTerms(number) => terms::submit(cx, &number, submission).await,
        Route::DealMembers(number) => members::submit(cx, &number, submission).await,
        Route::DealDocument(number, id) => documents::submit(cx, &number, Some(id), submission).await,
        _ => Err(PageError::NotFound),
    }
}

async fn submit_room(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (fields, once) = (&submission.fields, submission.once());
    let (market, actor) = (&cx.market, &cx.actor);
    let done = match submission.action() {
        "write" => {
            let file = file_in(submission, ATTACHED);
            messages::write_message(market, actor, number, fields, file, once).await.map_err(at_message)
        }
        "document" => return documents::submit(cx, number, None, submission).await,
        "end_trial" => trials::end_trial(market, actor, number, fields, once).await,
        "due" => deals::set_due(market, actor, number, fields, once).await,
        action => {
            let Some(by) = DealMove::from_code(action) else { return Err(PageError::NotFound) };
            deals::move_deal(market, actor, number, by, fields, submission.version(), once).await
        }
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// The field for the file of a message: the page has another form with a `file`.
const ATTACHED: &str = "attached";

/// The file of a form.
fn file_of(submission: &Submission) -> Option<DocumentFile<'_>> {
    file_in(submission, "file")
}

fn file_in<'a>(submission: &'a Submission, field: &str) -> Option<DocumentFile<'a>> {
    let file = submission.files.iter().find(|f| f.field == field)?;
    Some(DocumentFile { name: &file.name, bytes: file.bytes.clone() })
}

/// What is wrong with the file of a message, at its field.
fn at_message(error: keqiao_market::Error) -> keqiao_market::Error {
    match error {
        keqiao_market::Error::Invalid(errors) => keqiao_market::Error::Invalid(
            errors.into_iter().map(|e| if e.field == "file" { FieldError { field: ATTACHED.to_owned(), ..e } } else { e }).collect(),
        ),
        other => other,
    }
}

async fn list(cx: &Cx) -> Result<Page, PageError> {
    let open = match cx.query.get("state") {
        "over" => Some(false),
        "all" => None,
        _ => Some(true),
    };
    let deals = deals::deals(&cx.market, &cx.actor, open, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "deals.title"), move || {
        let link = |code: &str, words: &str, current: bool| {
            let to = format!("{}{}", cx.href(&cx.route), Query(vec![("state".to_owned(), code.to_owned())]).to_search());
            (words.to_owned(), to, current, None)
        };
        let tabs = vec![
            link("", t!(cx.lang, "deals.open"), open == Some(true)),
            link("over", t!(cx.lang, "deals.over"), open == Some(false)),
            link("all", t!(cx.lang, "deals.all"), open.is_none()),
        ];
        let items: Vec<AnyView> = deals.items.iter().map(|d| deal_line(&cx, d)).collect();
        let list = if items.is_empty() {
            let to = cx.href(&Route::Interests);
            ui::empty(&cx, t!(cx.lang, "deals.none"), t!(cx.lang, "deals.none_text"), Some((t!(cx.lang, "interests.title"), to)))
        } else {
            ui::results(items)
        };
        let log = view! { <a href=cx.href(&Route::Disclosures)>{t!(cx.lang, "deals.disclosures")}</a> }.into_any();
        view! {
            {ui::page_title(t!(cx.lang, "deals.title"), None, Some(log))}
            {ui::tabs(t!(cx.lang, "deals.title"), tabs)}
            {list}
            {ui::pager(&cx, deals.total, deals.per_page)}
        }
        .into_any()
    }))
}

/// One deal in a list.
pub(crate) fn deal_line(cx: &Cx, deal: &DealSummary) -> AnyView {
    let mut badges = vec![ui::state_badge(cx, DealState::GROUP, deal.state.code())];
    if deal.unread > 0 {
        badges.push(ui::badge(&t!(cx.lang, "deals.unread", n = deal.unread), Tone::Info));
    }
    let today = cx.now.to_offset(keqiao_market::CHINA).date();
    if let Some((day, what)) = &deal.due {
        let words = t!(cx.lang, "deals.due_short", day = ui::day_text(cx, *day), what = what);
        let overdue = *day < today && deal.state.is_open();
        badges.push(if overdue {
            ui::badge(&t!(cx.lang, "deals.overdue", due = words), Tone::Bad)
        } else {
            ui::badge(&words, Tone::Neutral)
        });
    }
    ui::result_item(ResultItem {
        badges,
        meta: vec![
            deal.number.clone().into_any(),
            format!("{} ↔ {}", deal.buyer.1, deal.seller.1).into_any(),
            ui::date_time(cx, deal.updated_at),
        ],
        ..ResultItem::new(deal.title.clone().into_any(), cx.href(&Route::Deal(deal.number.clone())))
    })
}

/// The way back to a deal from one of its pages.
fn back(cx: &Cx, number: &str) -> AnyView {
    ui::back_link(cx, t!(cx.lang, "deals.back"), &cx.href(&Route::Deal(number.to_owned())))
}
