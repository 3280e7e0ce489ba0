//! What interests came to, on the owner's pages: counts, refusals by code, and what to improve.

use keqiao_market::interests::{ListingOutcomes, Refusal};
use keqiao_model::{Coded, DeclineCode, InterestState};
use leptos::prelude::*;

use crate::{
    Cx, Query, Route, t, ui,
    words::{code_label, label},
};

/// Refusals by code, each with what to improve and what the latest said.
pub(super) fn refusal_list(cx: &Cx, refusals: &[Refusal]) -> AnyView {
    let items: Vec<AnyView> = refusals
        .iter()
        .map(|refusal| {
            let words: Vec<AnyView> = refusal
                .latest
                .iter()
                .map(|said| {
                    let to = cx.href(&Route::Interest(said.interest));
                    let reason = ui::excerpt(&said.reason, 200);
                    view! { <li><a href=to>{said.title.clone()}</a>" "{reason}</li> }.into_any()
                })
                .collect();
            let code = code_label(cx.lang, DeclineCode::GROUP, refusal.code.code());
            let count = t!(cx.lang, "interests.times", n = ui::count(refusal.count));
            let improve = label(cx.lang, "interests.improve", refusal.code.code());
            view! {
                <li>
                    <p><strong>{code}</strong>" "<span class="hint">{count}</span></p>
                    <p>{improve}</p>
                    <ul>{words}</ul>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="refusals">{items}</ul> }.into_any()
}

fn counts(cx: &Cx, title: &str, states: &[(InterestState, u64)]) -> Option<AnyView> {
    let label = |state: &InterestState| code_label(cx.lang, InterestState::GROUP, state.code());
    let pairs = states.iter().map(|(state, n)| (label(state), ui::count(*n).into_any())).collect();
    (!states.is_empty()).then(|| view! { {ui::heading(3, title)}{ui::definition_list(pairs)} }.into_any())
}

/// The section "feedback" of a listing, for its owner.
pub(crate) fn feedback_section(cx: &Cx, outcomes: &ListingOutcomes) -> AnyView {
    let given: Vec<(String, AnyView)> =
        outcomes.given.iter().map(|(code, n)| (code_label(cx.lang, DeclineCode::GROUP, code.code()), ui::count(*n).into_any())).collect();
    let given = (!given.is_empty())
        .then(|| view! { {ui::heading(3, t!(cx.lang, "interests.feedback_given"))}{ui::definition_list(given)} }.into_any());
    let refused = (!outcomes.refusals.is_empty())
        .then(|| view! { {ui::heading(3, t!(cx.lang, "interests.refusals"))}{refusal_list(cx, &outcomes.refusals)} }.into_any());
    let nothing = (outcomes.received.is_empty() && outcomes.sent.is_empty())
        .then(|| view! { <p>{t!(cx.lang, "interests.feedback_none")}</p> }.into_any());
    let all = |tab: &str| format!("{}{}", cx.href(&Route::Interests), Query(vec![("tab".to_owned(), tab.to_owned())]).to_search());
    let link = nothing.is_none().then(|| {
        let (received, sent) = (all(""), all("sent"));
        view! {
            <p>
                <a href=received>{t!(cx.lang, "interests.see_received")}</a>" · "<a href=sent>{t!(cx.lang, "interests.see_sent")}</a>
            </p>
        }
    });
    let body = view! {
        <div class="outcomes">
            {nothing}
            {counts(cx, t!(cx.lang, "interests.feedback_received"), &outcomes.received)}
            {given}
            {counts(cx, t!(cx.lang, "interests.feedback_sent"), &outcomes.sent)}
            {refused}
            {link}
        </div>
    }
    .into_any();
    ui::section("feedback", t!(cx.lang, "interests.feedback"), body)
}
