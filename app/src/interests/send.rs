//! Sending an interest, or recommending a pair as a broker.

use keqiao_market::{ListingSummary, ListingView, interests, listings};
use keqiao_model::{Coded, Cooperation, Indicator, IndicatorAnswer, ListingKind, StatedIndicator};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::{options, summary_result},
    t,
    ui::{self, ButtonStyle, Input, Tone},
    words::code_label,
};

/// Whether this person would recommend rather than ask: a broker who acts for neither side.
fn recommends(cx: &Cx, listing: &ListingView) -> bool {
    cx.actor.is_broker() && !listing.own && (cx.actor.organisation().is_none_or(|o| o.kind == keqiao_model::OrganisationKind::Agency))
}

pub(super) async fn page(cx: &Cx, kind: ListingKind, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let listing = listings::listing(&cx.market, &cx.actor, kind, number).await?;
    let recommends = recommends(cx, &listing);
    let counters = if recommends { Vec::new() } else { interests::counters(&cx.market, &cx.actor, kind).await? };
    let form = form.unwrap_or_else(|| Form::filled([("counter", cx.query.get("with"))].into_iter().collect()));
    let title = if recommends { t!(cx.lang, "matches.recommend") } else { t!(cx.lang, "listings.send_interest") };
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, title, &listing, &counters, recommends, &form)))
}

fn view(cx: &Cx, title: &str, listing: &ListingView, counters: &[ListingSummary], recommends: bool, form: &Form) -> AnyView {
    let s = &listing.summary;
    let counter_label = match s.kind {
        ListingKind::Demand => t!(cx.lang, "interests.your_achievement"),
        ListingKind::Achievement => t!(cx.lang, "interests.your_demand"),
    };
    let labels = [
        ("message", t!(cx.lang, "interests.message")),
        ("counter", counter_label),
        ("fit", t!(cx.lang, "interests.fit")),
        ("indicators", t!(cx.lang, "interests.indicators")),
        ("cooperation", t!(cx.lang, "interests.cooperation")),
    ];
    let counter = if recommends {
        let label = match s.kind {
            ListingKind::Demand => t!(cx.lang, "interests.which_achievement"),
            ListingKind::Achievement => t!(cx.lang, "interests.which_demand"),
        };
        ui::text(cx, form, Input::new("counter", label).required().width(20))
    } else {
        let options: Vec<(String, String)> = counters.iter().map(|c| (c.number.clone(), format!("{} {}", c.number, c.title))).collect();
        if options.is_empty() {
            ().into_any()
        } else {
            ui::select(
                cx,
                form,
                Input::new("counter", counter_label).hint(t!(cx.lang, "interests.counter_hint")).blank(t!(cx.lang, "interests.no_counter")),
                options,
            )
        }
    };
    let (message, hint, send) = if recommends {
        (t!(cx.lang, "interests.note"), t!(cx.lang, "interests.note_hint"), t!(cx.lang, "interests.recommend"))
    } else {
        (t!(cx.lang, "interests.message"), t!(cx.lang, "interests.message_hint"), t!(cx.lang, "interests.send"))
    };
    let body = view! {
        {counter}
        {ui::textarea(cx, form, Input::new("message", message).hint(hint).required().rows(5).max(interests::MESSAGE_MAX))}
        {(!recommends).then(|| structure(cx, listing, form))}
        {ui::buttons(vec![
            ui::button(send, if recommends { "recommend" } else { "send" }, ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "interests.cancel"), &cx.href(&Route::Listing(s.kind, s.number.clone())), ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    let to = format!("{}{}", cx.href(&cx.route), cx.query.to_search());
    let unable = (!recommends && cx.actor.organisation().is_none()).then(|| {
        let to = cx.href(&Route::OrganisationNew);
        ui::notice(
            cx,
            Tone::Warn,
            view! { <p>{t!(cx.lang, "listings.need_organisation_text")}" "<a href=to>{t!(cx.lang, "listings.to_organisation")}</a></p> }
                .into_any(),
        )
    });
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::page_title(title, None, None)}
        {unable}
        {ui::results(vec![summary_result(cx, s, false)])}
        {ui::form(cx, &to, false, body)}
    }
    .into_any()
}

/// What makes a first contact easy to answer: why the sender fits, which indicators it meets, how it would work together, and whether it
/// stays unnamed until then.
fn structure(cx: &Cx, listing: &ListingView, form: &Form) -> AnyView {
    let fit = Input::new("fit", t!(cx.lang, "interests.fit")).hint(t!(cx.lang, "interests.fit_hint"));
    let way = Input::new("cooperation", t!(cx.lang, "interests.cooperation")).blank(t!(cx.lang, "interests.cooperation_any"));
    let hidden = Input::new("hidden", t!(cx.lang, "interests.hidden")).hint(t!(cx.lang, "interests.hidden_hint"));
    view! {
        {ui::textarea(cx, form, fit.rows(5).max(interests::FIT_MAX))}
        {(listing.summary.kind == ListingKind::Demand).then(|| indicators(cx, &listing.content.indicators, form))}
        {ui::select(cx, form, way, options::<Cooperation>(cx.lang))}
        {ui::checkbox(cx, form, hidden, "yes")}
    }
    .into_any()
}

/// Each indicator that is wanted, to be answered or passed over.
fn indicators(cx: &Cx, wanted: &[Indicator], form: &Form) -> Option<AnyView> {
    if wanted.is_empty() {
        return None;
    }
    let answers: Vec<(String, String)> = IndicatorAnswer::ALL
        .iter()
        .map(|answer| (answer.code().to_owned(), code_label(cx.lang, IndicatorAnswer::GROUP, answer.code())))
        .collect();
    let rows: Vec<AnyView> = wanted
        .iter()
        .enumerate()
        .map(|(index, indicator)| {
            let shown = StatedIndicator::shown(indicator);
            let answer = Input::new(format!("indicators.{index}.answer"), t!(cx.lang, "interests.indicator_answer"));
            let answer = answer.blank(t!(cx.lang, "interests.indicator_none"));
            let value = Input::new(format!("indicators.{index}.value"), t!(cx.lang, "interests.indicator_value")).width(20);
            let body = view! {
                {ui::hidden(&format!("indicators.{index}.of"), &shown)}
                <div class="side-by-side">{ui::select(cx, form, answer, answers.clone())}{ui::text(cx, form, value)}</div>
            }
            .into_any();
            ui::fieldset(&shown, body)
        })
        .collect();
    let error = ui::error_text(cx, "indicators", form.error(cx.lang, "indicators"));
    let (legend, hint) = (t!(cx.lang, "interests.indicators"), t!(cx.lang, "interests.indicators_hint"));
    Some(view! { <div class="field" id="indicators"><p class="label">{legend}</p><p class="hint">{hint}</p>{error}{rows}</div> }.into_any())
}

pub(super) async fn submit(cx: &Cx, kind: ListingKind, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (fields, once) = (&submission.fields, submission.once());
    if submission.action() == "recommend" {
        let other = submission.value("counter").trim();
        return match interests::recommend_pair(&cx.market, &cx.actor, kind, number, other, fields, once).await {
            Ok(()) => Ok(Outcome::Go(Route::Interests, Some("flash.recommended"))),
            Err(error) => Outcome::refused(submission, error),
        };
    }
    match interests::send_interest(&cx.market, &cx.actor, kind, number, Some(submission.value("counter")), fields, once).await {
        Ok(id) => Ok(Outcome::Go(Route::Interest(id), Some("flash.interest_sent"))),
        Err(error) => Outcome::refused(submission, error),
    }
}
