//! The notice centre: what a person was told, by the page it points to.

use keqiao_market::{
    Paged,
    db::{from_micros, micros},
    notices::{self, NoticeGroup, NoticeView},
};
use leptos::prelude::*;

use crate::{
    Cx, Outcome, Page, PageError, Route, Submission, letters, t,
    ui::{self, ButtonStyle, Tone},
};

/// Whether only what was not read is shown.
fn only_unread(cx: &Cx) -> bool {
    cx.query.get("show") == "unread"
}

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let found = notices::notices(&cx.market, &cx.actor, only_unread(cx), cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "notices.title"), move || view(&cx, &found)))
}

/// Opening a notice, or marking as read what was there when the page was drawn.
pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action() == "open" {
        let id = submission.value("notice").parse().map_err(|_| PageError::NotFound)?;
        let path = notices::open_notice(&cx.market, &cx.actor, id).await?;
        return Ok(Outcome::GoTo(format!("{}{path}", cx.lang.prefix()), None));
    }
    let until = submission.value("until").parse().map_or(cx.now, from_micros).min(cx.now);
    match submission.action() {
        "read" if !submission.value("path").is_empty() => {
            notices::mark_read(&cx.market, &cx.actor, submission.value("path"), until).await?;
        }
        "read_all" => notices::mark_read(&cx.market, &cx.actor, "", until).await?,
        _ => return Err(PageError::NotFound),
    }
    Ok(Outcome::GoTo(cx.here(&cx.query), Some("flash.notices_read")))
}

fn view(cx: &Cx, found: &Paged<NoticeGroup>) -> AnyView {
    let unread = only_unread(cx);
    let tabs = vec![
        (t!(cx.lang, "notices.all").to_owned(), cx.here(&cx.query.with("show", "")), !unread, None),
        (t!(cx.lang, "notices.unread").to_owned(), cx.here(&cx.query.with("show", "unread")), unread, Some(cx.unread)),
    ];
    let items: Vec<AnyView> = found.items.iter().map(|found| view! { <li>{group(cx, found)}</li> }.into_any()).collect();
    let list = if items.is_empty() {
        let (title, text) = if unread {
            (t!(cx.lang, "notices.none_unread"), t!(cx.lang, "notices.none_unread_text"))
        } else {
            (t!(cx.lang, "notices.none"), t!(cx.lang, "notices.none_text"))
        };
        let action = if unread {
            (t!(cx.lang, "notices.see_all"), cx.href(&cx.route))
        } else {
            (t!(cx.lang, "notices.settings"), cx.href(&Route::NoticeSettings))
        };
        ui::empty(cx, title, text, Some(action))
    } else {
        view! { <ol class="results">{items}</ol> }.into_any()
    };
    let mut ways = Vec::new();
    if cx.unread > 0 {
        let now = micros(cx.now).to_string();
        let values = [("until", now.as_str())];
        let label = t!(cx.lang, "notices.read_all");
        ways.push(ui::post_button(cx, &cx.here(&cx.query), label, "read_all", &values, ButtonStyle::Secondary));
    }
    ways.push(ui::button_link(t!(cx.lang, "notices.settings"), &cx.href(&Route::NoticeSettings), ButtonStyle::Quiet));
    view! {
        {ui::page_title(t!(cx.lang, "notices.title"), None, Some(ui::buttons(ways)))}
        {ui::tabs(t!(cx.lang, "notices.title"), tabs)}
        {list}
        {ui::pager(cx, found.total, found.per_page)}
    }
    .into_any()
}

/// What one page has to say.
fn group(cx: &Cx, group: &NoticeGroup) -> AnyView {
    let Some(newest) = group.notices.first() else { return ().into_any() };
    let href = format!("{}{}", cx.lang.prefix(), group.path);
    let here = cx.here(&cx.query);
    let badge = (group.unread > 0).then(|| {
        let words = t!(cx.lang, "notices.n_unread", n = ui::count(group.unread));
        view! { <div class="badges">{ui::badge(&words, Tone::Accent)}</div> }
    });
    let lines: Vec<AnyView> = group.notices.iter().map(|notice| line(cx, notice)).collect();
    let hidden = group.total.saturating_sub(group.notices.len() as u64);
    let more = (hidden > 0).then(|| view! { <p class="hint">{t!(cx.lang, "notices.earlier", n = ui::count(hidden))}</p> });
    let id = newest.id.to_string();
    let until = micros(newest.at).to_string();
    let read = (group.unread > 0).then(|| {
        let values = [("path", group.path.as_str()), ("until", until.as_str())];
        ui::post_button(cx, &here, t!(cx.lang, "notices.mark_read"), "read", &values, ButtonStyle::Quiet)
    });
    view! {
        <article class="result">
            <div class="result-main">
                <h2 class="result-title"><a href=href>{letters::about(cx.lang, &newest.letter)}</a></h2>
                {badge}
                <ul class="notice-lines">{lines}</ul>
                {more}
            </div>
            <div class="result-side">
                {ui::post_button(cx, &here, t!(cx.lang, "notices.open"), "open", &[("notice", &id)], ButtonStyle::Secondary)}
                {read}
            </div>
        </article>
    }
    .into_any()
}

fn line(cx: &Cx, notice: &NoticeView) -> AnyView {
    let class = if notice.read { "" } else { "unread" };
    let mark = (!notice.read).then(|| view! { <span class="hidden-text">{t!(cx.lang, "notices.is_unread")}" "</span> });
    view! { <li class=class>{mark}{ui::date_time(cx, notice.at)}{ui::paragraphs(&letters::sentence(cx.lang, &notice.letter))}</li> }
        .into_any()
}
