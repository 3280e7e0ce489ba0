//! One public notice, its objections and their answers.

use keqiao_market::public_notices::{self, CONTACT_MAX, NOTE_MAX, NoticeView, OBJECTION_MAX, ObjectionView};
use keqiao_model::{Coded, Cooperation, FirstRefusal, NoticeMove, NoticeState, ObjectionMove, ObjectionState, PricingWay};
use leptos::prelude::*;

use super::list::{badges, left};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Input, Tone},
    words::code_label,
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let notice = public_notices::public_notice(&cx.market, &cx.actor, number).await?;
    let form = form.unwrap_or_else(|| {
        let name = cx.actor.person().map(|p| p.name.clone()).unwrap_or_default();
        Form::filled([("name", name)].into_iter().collect())
    });
    let (title, description) = (notice.summary.title.clone(), ui::excerpt(&notice.text, 150));
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &notice, &form)).public(description))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor, fields, once) = (&cx.market, &cx.actor, &submission.fields, submission.once());
    let (done, flash) = match submission.action() {
        "object" => (public_notices::raise(market, actor, number, fields, &cx.peer, once).await, "public_notices.objected"),
        "stop" => (public_notices::stop(market, actor, number, fields, submission.version(), once).await, "public_notices.stopped_now"),
        action => {
            let (Some(by), Ok(id)) = (ObjectionMove::from_code(action), submission.value("objection").parse()) else {
                return Err(PageError::NotFound);
            };
            (public_notices::answer(market, actor, number, id, by, fields, submission.version(), once).await, "public_notices.answered")
        }
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, notice: &NoticeView, form: &Form) -> AnyView {
    let s = &notice.summary;
    let stopped = (s.state == NoticeState::Stopped).then(|| {
        let why = if notice.reason.is_empty() {
            view! { <p>{t!(cx.lang, "public_notices.stopped_lost")}</p> }.into_any()
        } else {
            view! { <p><strong>{t!(cx.lang, "public_notices.stopped")}</strong></p>{ui::paragraphs(&notice.reason)} }.into_any()
        };
        ui::notice(cx, Tone::Warn, why)
    });
    let upheld = (s.state != NoticeState::Stopped && notice.objections.iter().any(|o| o.state == ObjectionState::Upheld))
        .then(|| ui::notice(cx, Tone::Bad, view! { <p>{t!(cx.lang, "public_notices.upheld")}</p> }.into_any()));
    let objections = if notice.objections.is_empty() {
        view! { <p>{t!(cx.lang, "public_notices.no_objections")}</p> }.into_any()
    } else {
        let items: Vec<AnyView> = notice.objections.iter().map(|o| view! { <li>{objection(cx, o, form)}</li> }.into_any()).collect();
        view! { <ol class="results">{items}</ol> }.into_any()
    };
    let main = view! {
        {stopped}
        {upheld}
        {ui::section("summary", t!(cx.lang, "public_notices.summary"), ui::paragraphs(&notice.text))}
        {ui::section("objections", t!(cx.lang, "public_notices.objections"), objections)}
        {raise(cx, notice, form)}
    }
    .into_any();
    let aside = view! { {stop(cx, notice, form)}{facts(cx, notice)} }.into_any();
    let beside = view! { <div class="badges">{badges(cx, s)}</div> }.into_any();
    view! {
        {ui::error_summary(cx, form, &labels(cx, notice).iter().map(|(n, l)| (n.as_str(), *l)).collect::<Vec<_>>())}
        {ui::back_link(cx, t!(cx.lang, "public_notices.title"), &cx.href(&Route::PublicNotices))}
        {ui::page_title(&s.title, Some(&s.number), Some(beside))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

fn labels(cx: &Cx, notice: &NoticeView) -> Vec<(String, &'static str)> {
    let mut labels = vec![
        ("name".to_owned(), t!(cx.lang, "public_notices.your_name")),
        ("contact".to_owned(), t!(cx.lang, "public_notices.contact")),
        ("text".to_owned(), t!(cx.lang, "public_notices.objection")),
        ("reason".to_owned(), t!(cx.lang, "public_notices.reason")),
    ];
    labels.extend(notice.objections.iter().map(|o| (format!("answer.{}", o.id), t!(cx.lang, "public_notices.answer"))));
    labels
}

fn facts(cx: &Cx, notice: &NoticeView) -> AnyView {
    let s = &notice.summary;
    let mut facts: Vec<(String, AnyView)> = Vec::new();
    let mut fact = |label: &str, value: AnyView| facts.push((label.to_owned(), value));
    let unit = view! { <a href=cx.href(&Route::Organisation(s.organisation.0))>{s.organisation.1.clone()}</a> };
    fact(t!(cx.lang, "public_notices.unit"), unit.into_any());
    fact(t!(cx.lang, "public_notices.buyer"), s.buyer.clone().into_any());
    fact(t!(cx.lang, "public_notices.way"), s.way.map(|w| code_label(cx.lang, Cooperation::GROUP, w.code())).into_any());
    fact(t!(cx.lang, "public_notices.pricing"), code_label(cx.lang, PricingWay::GROUP, PricingWay::Agreement.code()).into_any());
    fact(t!(cx.lang, "public_notices.price"), ui::money(cx, s.price.fen()).into_any());
    let (from, to) = (ui::date(cx, s.opens_at), ui::date(cx, s.ends_at));
    let left = left(cx, s).map(|words| view! { " "<strong>{words}</strong> });
    fact(t!(cx.lang, "public_notices.period"), view! { {from}" – "{to}{left} }.into_any());
    let related = if s.interested { t!(cx.lang, "public_notices.yes") } else { t!(cx.lang, "public_notices.no") };
    let note = (!notice.interest_note.is_empty()).then(|| ui::paragraphs(&notice.interest_note));
    fact(t!(cx.lang, "public_notices.interested"), view! { {related}{note} }.into_any());
    let refusal = notice.first_refusal.map(|r| code_label(cx.lang, FirstRefusal::GROUP, r.code()));
    let note = (!notice.first_refusal_note.is_empty()).then(|| ui::paragraphs(&notice.first_refusal_note));
    fact(t!(cx.lang, "public_notices.first_refusal"), view! { {refusal}{note} }.into_any());
    if let Some(deal) = &notice.deal {
        let to = cx.href(&Route::Deal(deal.clone()));
        fact(t!(cx.lang, "public_notices.deal"), view! { <a href=to>{deal.clone()}</a> }.into_any());
    }
    ui::definition_list(facts)
}

fn objection(cx: &Cx, o: &ObjectionView, form: &Form) -> AnyView {
    let own = o.own.then(|| view! { " "{ui::badge(t!(cx.lang, "public_notices.yours"), Tone::Accent)} });
    let contact = o.contact.clone().map(|contact| view! { <p class="hint">{t!(cx.lang, "public_notices.contact")}" "{contact}</p> });
    let answer = o.answered_at.map(|at| {
        view! {
            <div class="notice-body">
                <p><strong>{t!(cx.lang, "public_notices.answer")}</strong>" "{ui::date_time(cx, at)}</p>
                {ui::paragraphs(&o.answer)}
            </div>
        }
    });
    let id = o.id.to_string();
    let field = format!("answer.{id}");
    let answering = (!o.moves.is_empty()).then(|| {
        let style = |by: &ObjectionMove| if *by == ObjectionMove::Uphold { ButtonStyle::Danger } else { ButtonStyle::Primary };
        let buttons =
            o.moves.iter().map(|by| ui::button(&code_label(cx.lang, ObjectionMove::GROUP, by.code()), by.code(), style(by))).collect();
        let body = view! {
            {ui::hidden("objection", &id)}
            {ui::hidden("version", &o.version.to_string())}
            {ui::textarea(cx, form, Input::new(field.clone(), t!(cx.lang, "public_notices.answer")).required().rows(3).max(OBJECTION_MAX))}
            {ui::buttons(buttons)}
        }
        .into_any();
        ui::form(cx, &cx.href(&cx.route), false, body)
    });
    view! {
        <article class="result">
            <div class="result-main">
                <h3 class="result-title">{o.name.clone()}{own}</h3>
                <div class="badges">{ui::state_badge(cx, ObjectionState::GROUP, o.state.code())}</div>
                <p class="hint">{ui::date_time(cx, o.at)}</p>
                {contact}
                {ui::paragraphs(&o.text)}
                {answer}
                {answering}
            </div>
        </article>
    }
    .into_any()
}

/// The way to object, while the notice runs.
fn raise(cx: &Cx, notice: &NoticeView, form: &Form) -> AnyView {
    if !notice.may_object {
        return view! { <p class="hint">{t!(cx.lang, "public_notices.no_more")}</p> }.into_any();
    }
    let body = view! {
        {ui::text(cx, form, Input::new("name", t!(cx.lang, "public_notices.your_name")).required().autocomplete("name").width(20))}
        {ui::text(cx, form, Input::new("contact", t!(cx.lang, "public_notices.contact")).required().hint(t!(cx.lang, "public_notices.contact_hint", max = CONTACT_MAX)).width(30))}
        {ui::textarea(cx, form, Input::new("text", t!(cx.lang, "public_notices.objection")).required().hint(t!(cx.lang, "public_notices.objection_hint")).rows(6).max(OBJECTION_MAX))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "public_notices.object"), "object", ButtonStyle::Secondary)])}
    }
    .into_any();
    let body = view! {
        <p>{t!(cx.lang, "public_notices.object_lead", end = ui::date_time_text(cx, notice.summary.ends_at))}</p>
        {ui::form(cx, &cx.href(&cx.route), false, body)}
    };
    ui::section("object", t!(cx.lang, "public_notices.object"), body.into_any())
}

/// The way to take it back, for the unit.
fn stop(cx: &Cx, notice: &NoticeView, form: &Form) -> AnyView {
    if !notice.may_stop {
        return ().into_any();
    }
    let words = code_label(cx.lang, NoticeMove::GROUP, NoticeMove::Stop.code());
    let body = view! {
        {ui::hidden("version", &notice.version.to_string())}
        {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "public_notices.reason")).required().hint(t!(cx.lang, "public_notices.stop_hint")).rows(3).max(NOTE_MAX))}
        {ui::buttons(vec![ui::button(&words, "stop", ButtonStyle::Danger)])}
    }
    .into_any();
    let open = form.value("action") == "stop";
    view! { <div class="actions">{ui::details(&words, open, ui::form(cx, &cx.href(&cx.route), false, body))}</div> }.into_any()
}
