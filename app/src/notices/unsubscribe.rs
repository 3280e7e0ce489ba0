//! The page behind the link below every letter. Looking at it changes nothing; nobody needs to sign in.

use keqiao_market::{
    Error,
    notices::{self, Kind, MailChoice, MailWay, Subscription},
};
use leptos::prelude::*;

use super::kind_label;
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle},
};

/// The kind of the letter that led here.
fn kind_of(cx: &Cx) -> Option<Kind> {
    Kind::from_code(cx.query.get("kind"))
}

pub(super) async fn page(cx: &Cx, token: &str) -> Result<Page, PageError> {
    let found = match notices::subscription(&cx.market, token, kind_of(cx)).await {
        Ok(found) => found,
        Err(Error::NotFound) => return Ok(unknown(cx)),
        Err(error) => return Err(error.into()),
    };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "notices.unsubscribe"), move || view(&cx, &found)))
}

/// A link that leads to nobody: it was cut off, or the account is gone.
fn unknown(cx: &Cx) -> Page {
    let cx = cx.clone();
    let title = t!(cx.lang, "notices.unknown_link");
    let page = Page::new(title, move || {
        let settings = ui::button_link(t!(cx.lang, "notices.settings"), &cx.href(&Route::NoticeSettings), ButtonStyle::Primary);
        ui::no_page(&cx, title, t!(cx.lang, "notices.unknown_link_text"), vec![settings])
    });
    page.status(404)
}

/// What was chosen on the page; or the one post of a mail program (RFC 8058), which is answered with the page and not sent elsewhere.
pub(super) async fn submit(cx: &Cx, token: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let one_click = submission.value("List-Unsubscribe") == "One-Click";
    let choice = match (submission.action(), kind_of(cx)) {
        ("without", Some(kind)) => MailChoice::Without(kind),
        ("daily", _) => MailChoice::Daily,
        ("off", _) => MailChoice::Off,
        ("usual", _) => MailChoice::Usual,
        _ if one_click => MailChoice::Off,
        _ => return Err(PageError::NotFound),
    };
    match notices::unsubscribe(&cx.market, token, choice).await {
        Ok(()) if one_click => Ok(Outcome::Again(Form::default())),
        Ok(()) => Ok(Outcome::GoTo(cx.here(&cx.query), Some("flash.saved"))),
        Err(Error::NotFound) => Ok(Outcome::Again(Form::default())),
        Err(error) => Err(error.into()),
    }
}

fn view(cx: &Cx, found: &Subscription) -> AnyView {
    let here = cx.here(&cx.query);
    let press = |words: &str, action: &str, style: ButtonStyle| ui::post_button(cx, &here, words, action, &[], style);
    let mut ways = Vec::new();
    if let Some((kind, _)) = found.kind.filter(|(_, mail)| *mail != MailWay::Off) {
        let words = t!(cx.lang, "notices.stop_kind", kind = kind_label(cx, kind));
        ways.push(press(&words, "without", ButtonStyle::Primary));
    }
    if found.instant > 0 {
        ways.push(press(t!(cx.lang, "notices.all_daily"), "daily", ButtonStyle::Secondary));
    }
    if found.instant + found.daily > 0 {
        ways.push(press(t!(cx.lang, "notices.all_off"), "off", ButtonStyle::Secondary));
    }
    if found.off > 0 {
        ways.push(press(t!(cx.lang, "notices.all_usual"), "usual", ButtonStyle::Quiet));
    }
    let facts = vec![
        (t!(cx.lang, "notices.address").to_owned(), found.address.clone().into_any()),
        (t!(cx.lang, "notices.mail_instant").to_owned(), t!(cx.lang, "notices.n_kinds", n = found.instant).into_any()),
        (t!(cx.lang, "notices.mail_daily").to_owned(), t!(cx.lang, "notices.n_kinds", n = found.daily).into_any()),
        (t!(cx.lang, "notices.mail_off").to_owned(), t!(cx.lang, "notices.n_kinds", n = found.off).into_any()),
    ];
    let settings = cx.href(&Route::NoticeSettings);
    view! {
        {ui::page_title(t!(cx.lang, "notices.unsubscribe"), None, None)}
        {ui::lead(t!(cx.lang, "notices.unsubscribe_lead"))}
        {ui::definition_list(facts)}
        {ui::buttons(ways)}
        <p class="hint">{t!(cx.lang, "notices.account_mail_stays")}</p>
        <p><a href=settings>{t!(cx.lang, "notices.to_settings")}</a></p>
    }
    .into_any()
}
