//! The log of mail: every letter in its words. In the demo people read their mail here, so links can be followed.

use keqiao_market::{
    Paged,
    letters::{self, MailState, MailView, Wording as _},
};
use leptos::prelude::*;

use super::trail;
use crate::{
    Cx, Page, PageError, Route,
    letters::Words,
    t,
    ui::{self, Tone},
    words::label,
};

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let log = letters::mail_log(&cx.market, &cx.actor, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "admin.mail"), move || view(&cx, &log)))
}

fn view(cx: &Cx, log: &Paged<MailView>) -> AnyView {
    let list = if log.items.is_empty() {
        let back = Some((t!(cx.lang, "page.to_home"), cx.href(&Route::Home)));
        ui::empty(cx, t!(cx.lang, "admin.no_mail"), t!(cx.lang, "admin.no_mail_text"), back)
    } else {
        let items: Vec<AnyView> = log.items.iter().map(|mail| view! { <li>{letter(cx, mail)}</li> }.into_any()).collect();
        view! { <ul class="plain-list">{items}</ul> }.into_any()
    };
    let about = if cx.site.demo { t!(cx.lang, "admin.mail_demo") } else { t!(cx.lang, "admin.mail_text") };
    view! {
        {trail(cx)}
        {ui::page_title(t!(cx.lang, "admin.mail"), None, None)}
        {ui::lead(about)}
        {list}
        {ui::pager(cx, log.total, log.per_page)}
    }
    .into_any()
}

fn letter(cx: &Cx, mail: &MailView) -> AnyView {
    let (subject, text) = Words::new(&cx.site.base_url).letter(mail.lang, &mail.letter);
    let tone = match mail.state {
        MailState::Queued => Tone::Info,
        MailState::Sent => Tone::Good,
        MailState::Failed => Tone::Bad,
    };
    let attempts = (mail.attempts > 1).then(|| t!(cx.lang, "admin.attempts", n = mail.attempts));
    let error = (!mail.error.is_empty()).then(|| {
        let words = mail.error.clone();
        ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "admin.mail_error")}" "{words}</p> }.into_any())
    });
    let address = mail.address.clone();
    let body = view! { {error}<div class="typed" lang=mail.lang.tag()>{with_links(cx, &text)}</div> }.into_any();
    view! {
        <p>
            {ui::badge(&label(cx.lang, "admin.mail_state", mail.state.code()), tone)}
            " "<strong>{address}</strong>" "{ui::date_time(cx, mail.sent_at.unwrap_or(mail.created_at))}" "{attempts}
        </p>
        {ui::details(&subject, false, body)}
    }
    .into_any()
}

/// Paragraphs of a letter; a line that is a page of ours is a link to it, wherever the reader reached us.
fn with_links(cx: &Cx, text: &str) -> Vec<AnyView> {
    text.trim_end()
        .split("\n\n")
        .map(|paragraph| {
            let ours = paragraph.strip_prefix(cx.site.base_url.as_str()).filter(|path| path.starts_with('/') && !path.contains('\n'));
            let words = paragraph.to_owned();
            match ours {
                Some(path) => {
                    let path = path.to_owned();
                    view! { <p><a href=path>{words}</a></p> }.into_any()
                }
                None => view! { <p>{words}</p> }.into_any(),
            }
        })
        .collect()
}
