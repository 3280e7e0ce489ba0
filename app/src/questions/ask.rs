//! Asking an expert who is named on a public achievement.

use keqiao_market::questions::{self, Asking, TEXT_MAX};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::summary_result,
    t,
    ui::{self, ButtonStyle, Input, Tone},
};

/// The address of the form for one achievement; the person and the demand may be empty.
pub(crate) fn ask_href(cx: &Cx, achievement: &str, expert: &str, demand: &str) -> String {
    let pairs = [("achievement", achievement), ("expert", expert), ("demand", demand)];
    let query = Query(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    format!("{}{}", cx.href(&Route::QuestionNew), query.to_search())
}

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    let achievement = cx.query.get("achievement");
    if achievement.is_empty() {
        // Whom to ask is chosen among the experts.
        let query = Query(vec![("demand".to_owned(), cx.query.get("demand").to_owned())]);
        return Err(PageError::Redirect(format!("{}{}", cx.href(&Route::Experts), query.to_search())));
    }
    let asking = questions::asking(&cx.market, &cx.actor, achievement).await?;
    let form = form.unwrap_or_else(|| {
        let chosen = [("expert", cx.query.get("expert")), ("demand", cx.query.get("demand"))];
        Form::filled(chosen.into_iter().collect())
    });
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "questions.ask"), move || view(&cx, &asking, &form)))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let mut fields = submission.fields.clone();
    fields.0.retain(|(name, _)| name != "achievement");
    fields.push("achievement", cx.query.get("achievement"));
    match questions::ask(&cx.market, &cx.actor, &fields, submission.once()).await {
        Ok(number) => Ok(Outcome::Go(Route::Question(number), Some("flash.question_asked"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, asking: &Asking, form: &Form) -> AnyView {
    let labels =
        [("expert", t!(cx.lang, "questions.expert")), ("demand", t!(cx.lang, "questions.demand")), ("text", t!(cx.lang, "questions.text"))];
    let own = cx.actor.acts_for(asking.achievement.organisation_id);
    let warn = |text: &str, link: Option<(&str, String)>| {
        let link = link.map(|(words, to)| view! { " "<a href=to>{words.to_owned()}</a> });
        ui::notice(cx, Tone::Warn, view! { <p>{text.to_owned()}{link}</p> }.into_any())
    };
    let body = if cx.actor.organisation().is_none() {
        let to = cx.href(&Route::OrganisationNew);
        warn(t!(cx.lang, "listings.need_organisation_text"), Some((t!(cx.lang, "listings.to_organisation"), to)))
    } else if own {
        warn(t!(cx.lang, "questions.own"), None)
    } else if asking.experts.is_empty() {
        let to = cx.href(&Route::InterestNew(asking.achievement.kind, asking.achievement.number.clone()));
        warn(t!(cx.lang, "questions.nobody_named"), Some((t!(cx.lang, "listings.send_interest"), to)))
    } else {
        fields(cx, asking, form)
    };
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "experts.title"), &cx.href(&Route::Experts))}
        {ui::page_title(t!(cx.lang, "questions.ask"), None, None)}
        {ui::lead(&t!(cx.lang, "questions.ask_lead", organisation = asking.achievement.organisation))}
        {ui::results(vec![summary_result(cx, &asking.achievement, false)])}
        {body}
    }
    .into_any()
}

fn fields(cx: &Cx, asking: &Asking, form: &Form) -> AnyView {
    let experts = asking.experts.iter().map(|name| (name.clone(), name.clone())).collect();
    let demands: Vec<(String, String)> =
        asking.demands.iter().map(|demand| (demand.number.clone(), format!("{} {}", demand.number, demand.title))).collect();
    let demand = (!demands.is_empty()).then(|| {
        let input = Input::new("demand", t!(cx.lang, "questions.demand"));
        ui::select(cx, form, input.hint(t!(cx.lang, "questions.demand_hint")).blank(t!(cx.lang, "questions.no_demand")), demands)
    });
    let days = cx.market.config().periods.question_days;
    let text = Input::new("text", t!(cx.lang, "questions.text")).hint(t!(cx.lang, "questions.text_hint", days = days));
    let cancel = cx.href(&Route::Listing(asking.achievement.kind, asking.achievement.number.clone()));
    let body = view! {
        {ui::select(cx, form, Input::new("expert", t!(cx.lang, "questions.expert")).required(), experts)}
        {demand}
        {ui::textarea(cx, form, text.required().rows(8).max(TEXT_MAX))}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "questions.send"), "ask", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "interests.cancel"), &cancel, ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    ui::form(cx, &cx.here(&cx.query), false, body)
}
