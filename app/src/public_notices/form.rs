//! Putting the name and the price of a deal's achievement on public notice.

use keqiao_market::public_notices::{self, NOTE_MAX, NoticeForm};
use keqiao_model::{Cooperation, Fields, FirstRefusal, SUMMARY_MAX};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input, Tone},
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let start = public_notices::notice_form(&cx.market, &cx.actor, number).await?;
    if let Some(current) = &start.current {
        return Err(PageError::Redirect(cx.href(&Route::PublicNotice(current.clone()))));
    }
    let form = form.unwrap_or_else(|| Form::filled(begin(&start)));
    // Sent again, it goes from the deal as it is now.
    let form = if form.is_stale() { form.at_version(start.version) } else { form };
    let (cx, number) = (cx.clone(), number.to_owned());
    Ok(Page::new(t!(cx.lang, "public_notices.publish_title"), move || view(&cx, &number, &start, &form)))
}

/// What is known already.
fn begin(start: &NoticeForm) -> Fields {
    [
        ("title", start.title.clone()),
        ("summary", start.summary.clone()),
        ("way", start.way.map_or("", |w| w.code()).to_owned()),
        ("price", start.price.map(|p| p.format_input()).unwrap_or_default()),
        ("interested", if start.related.is_empty() { "" } else { "yes" }.to_owned()),
    ]
    .into_iter()
    .collect()
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (fields, version) = (&submission.fields, submission.version());
    match public_notices::publish(&cx.market, &cx.actor, number, fields, version, submission.once()).await {
        Ok(number) => Ok(Outcome::Go(Route::PublicNotice(number), Some("public_notices.published"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// Fields and what they are called, in the order of the form.
fn labels(cx: &Cx) -> [(&'static str, &'static str); 8] {
    [
        ("title", t!(cx.lang, "public_notices.name")),
        ("summary", t!(cx.lang, "public_notices.summary")),
        ("way", t!(cx.lang, "public_notices.way")),
        ("price", t!(cx.lang, "public_notices.price")),
        ("interested", t!(cx.lang, "public_notices.interested")),
        ("interest_note", t!(cx.lang, "public_notices.interest_note")),
        ("first_refusal", t!(cx.lang, "public_notices.first_refusal")),
        ("first_refusal_note", t!(cx.lang, "public_notices.first_refusal_note")),
    ]
}

fn view(cx: &Cx, number: &str, start: &NoticeForm, form: &Form) -> AnyView {
    let body = if !start.may_publish {
        ui::empty(cx, t!(cx.lang, "public_notices.not_yet"), t!(cx.lang, "public_notices.seller_publishes"), None)
    } else if !start.at_terms || start.price.is_none() {
        let to = cx.href(&Route::DealTerms(number.to_owned()));
        let action = Some((t!(cx.lang, "public_notices.to_terms"), to));
        ui::empty(cx, t!(cx.lang, "public_notices.not_yet"), t!(cx.lang, "public_notices.terms_first"), action)
    } else {
        fields(cx, start, form)
    };
    view! {
        {ui::error_summary(cx, form, &labels(cx))}
        {ui::back_link(cx, &start.deal_title, &cx.href(&Route::Deal(number.to_owned())))}
        {ui::page_title(t!(cx.lang, "public_notices.publish_title"), Some(number), None)}
        {ui::lead(t!(cx.lang, "public_notices.publish_lead"))}
        {body}
    }
    .into_any()
}

fn fields(cx: &Cx, start: &NoticeForm, form: &Form) -> AnyView {
    let label = |name: &str| labels(cx).into_iter().find(|(n, _)| *n == name).map_or("", |(_, label)| label);
    let input = |name: &'static str| Input::new(name, label(name));
    let separator = t!(cx.lang, "listings.separator");
    let duty = if start.owed { t!(cx.lang, "public_notices.owed") } else { t!(cx.lang, "public_notices.not_owed") };
    let period = t!(cx.lang, "public_notices.period_hint", n = start.days, day = ui::day_text(cx, start.last_day));
    let made_by = if start.inventors.is_empty() {
        String::new()
    } else {
        t!(cx.lang, "public_notices.inventors", names = start.inventors.join(separator))
    };
    let related = (!start.related.is_empty()).then(|| {
        let words = t!(cx.lang, "public_notices.related_hint", names = start.related.join(separator));
        ui::notice(cx, Tone::Warn, view! { <p>{words}</p> }.into_any())
    });
    let price_hint = start.price.map(|p| t!(cx.lang, "public_notices.agreed_price", price = ui::money(cx, p.fen()))).unwrap_or_default();
    let yes_no = vec![
        ("no".to_owned(), t!(cx.lang, "public_notices.no").to_owned()),
        ("yes".to_owned(), t!(cx.lang, "public_notices.yes").to_owned()),
    ];
    let body = view! {
        {ui::hidden("version", &form.value("version").parse::<i64>().unwrap_or(start.version).to_string())}
        {ui::text(cx, form, input("title").required())}
        {ui::textarea(cx, form, input("summary").required().hint(t!(cx.lang, "public_notices.summary_hint")).rows(6).max(SUMMARY_MAX))}
        {ui::select(cx, form, input("way").required(), options::<Cooperation>(cx.lang))}
        {ui::money_input(cx, form, input("price").required().hint(price_hint))}
        {ui::definition_list(vec![(t!(cx.lang, "public_notices.buyer").to_owned(), start.buyer.clone().into_any())])}
        {related}
        {ui::radios(cx, form, input("interested").required(), yes_no)}
        {ui::textarea(cx, form, input("interest_note").hint(t!(cx.lang, "public_notices.interest_note_hint")).rows(3).max(NOTE_MAX))}
        {ui::select(cx, form, input("first_refusal").required().hint(made_by), options::<FirstRefusal>(cx.lang))}
        {ui::textarea(cx, form, input("first_refusal_note").hint(t!(cx.lang, "public_notices.first_refusal_hint")).rows(3).max(NOTE_MAX))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "public_notices.publish"), "publish", ButtonStyle::Primary)])}
    }
    .into_any();
    view! {
        {ui::notice(cx, Tone::Info, view! { <p>{duty}</p><p>{period}</p><p>{t!(cx.lang, "public_notices.all_public")}</p> }.into_any())}
        {ui::form(cx, &cx.href(&cx.route), false, body)}
    }
    .into_any()
}
