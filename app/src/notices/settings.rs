//! How the signed-in person wants to be told of each kind.

use keqiao_market::notices::{self, MailChoice, MailWay, Setting, Topic};
use keqiao_model::Fields;
use leptos::prelude::*;

use super::kind_label;
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input},
};

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let settings = notices::settings(&cx.market, &cx.actor).await?;
    let form = form.unwrap_or_else(|| {
        let mut fields = Fields::default();
        for setting in &settings {
            let code = setting.kind.code();
            fields.push(format!("mail.{code}"), setting.mail.code());
            if setting.in_app {
                fields.push(format!("in_app.{code}"), "yes");
            }
        }
        Form::filled(fields)
    });
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "notices.settings"), move || view(&cx, &settings, &form)))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor, once) = (&cx.market, &cx.actor, submission.once());
    let done = match submission.action() {
        "save" => notices::save_settings(market, actor, &submission.fields, once).await,
        "daily" => notices::choose_mail(market, actor, MailChoice::Daily, once).await,
        "off" => notices::choose_mail(market, actor, MailChoice::Off, once).await,
        "usual" => notices::choose_mail(market, actor, MailChoice::Usual, once).await,
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// What a way of mail is called.
fn way_label(cx: &Cx, way: MailWay) -> &'static str {
    match way {
        MailWay::Instant => t!(cx.lang, "notices.mail_instant"),
        MailWay::Daily => t!(cx.lang, "notices.mail_daily"),
        MailWay::Off => t!(cx.lang, "notices.mail_off"),
    }
}

fn topic_label(cx: &Cx, topic: Topic) -> &'static str {
    match topic {
        Topic::Interests => t!(cx.lang, "notices.topic.interests"),
        Topic::Deals => t!(cx.lang, "notices.topic.deals"),
        Topic::Contracts => t!(cx.lang, "notices.topic.contracts"),
        Topic::Sales => t!(cx.lang, "notices.topic.sales"),
        Topic::Brokers => t!(cx.lang, "notices.topic.brokers"),
        Topic::Questions => t!(cx.lang, "notices.topic.questions"),
        Topic::Administration => t!(cx.lang, "notices.topic.administration"),
    }
}

fn row(cx: &Cx, form: &Form, setting: &Setting) -> Vec<AnyView> {
    let (code, label) = (setting.kind.code(), kind_label(cx, setting.kind));
    let ways = MailWay::ALL.into_iter().map(|way| (way.code().to_owned(), way_label(cx, way).to_owned())).collect();
    let mail = Input::new(format!("mail.{code}"), t!(cx.lang, "notices.mail_of", kind = label)).hide_label().without_blank();
    let in_app = Input::new(format!("in_app.{code}"), t!(cx.lang, "notices.show"));
    vec![label.into_any(), ui::checkbox(cx, form, in_app, "yes"), ui::select(cx, form, mail, ways)]
}

fn view(cx: &Cx, settings: &[Setting], form: &Form) -> AnyView {
    let here = cx.href(&cx.route);
    let names: Vec<(String, String)> =
        settings.iter().map(|setting| (format!("mail.{}", setting.kind.code()), kind_label(cx, setting.kind))).collect();
    let labels: Vec<(&str, &str)> = names.iter().map(|(name, label)| (name.as_str(), label.as_str())).collect();
    let parts: Vec<AnyView> = Topic::ALL
        .into_iter()
        .filter_map(|topic| {
            let rows: Vec<Vec<AnyView>> = settings.iter().filter(|s| s.kind.topic() == topic).map(|s| row(cx, form, s)).collect();
            let head = [t!(cx.lang, "notices.what"), t!(cx.lang, "notices.in_app"), t!(cx.lang, "notices.mail")];
            let head = head.into_iter().map(str::to_owned).collect();
            (!rows.is_empty()).then(|| ui::record_table(topic_label(cx, topic), head, rows, &[]))
        })
        .collect();
    let body = view! { {parts}{ui::buttons(vec![ui::button(t!(cx.lang, "notices.save"), "save", ButtonStyle::Primary)])} }.into_any();
    let press = |words: &str, action: &str| ui::post_button(cx, &here, words, action, &[], ButtonStyle::Secondary);
    let shortcuts = vec![
        press(t!(cx.lang, "notices.all_daily"), "daily"),
        press(t!(cx.lang, "notices.all_off"), "off"),
        press(t!(cx.lang, "notices.all_usual"), "usual"),
    ];
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "notices.title"), &cx.href(&Route::Notices))}
        {ui::page_title(t!(cx.lang, "notices.settings"), None, None)}
        {ui::lead(t!(cx.lang, "notices.settings_lead"))}
        {ui::section("mail", t!(cx.lang, "notices.all_mail"), ui::buttons(shortcuts))}
        {ui::section("kinds", t!(cx.lang, "notices.each_kind"), ui::form(cx, &here, false, body))}
    }
    .into_any()
}
