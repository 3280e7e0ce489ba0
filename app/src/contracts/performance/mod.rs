//! What happens to a contract after it is registered: milestones, receipts, disputes.

mod disputes;
mod milestones;
mod receipts;

use keqiao_market::{
    attachments::NewFile,
    contracts,
    performance::{self as market, PerformanceView, Progress},
    rewards::{self, RewardSummary, TaxNote},
};
use keqiao_model::{Coded, ContractState, MilestoneMove, OrganisationKind, RewardState};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    ui::{self, ButtonStyle, Tone},
};

/// What the page shows beside the performance itself.
struct Around {
    /// Splits of the contract's income, for the institute that sold it.
    splits: Vec<RewardSummary>,
    /// Whether the reader may draw one up.
    may_split: bool,
    /// What the tax on transfer income comes to, for the seller.
    tax: Option<TaxNote>,
}

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let shown = market::performance(&cx.market, &cx.actor, number, cx.query.page()).await?;
    let seller = shown.contract.seller.0;
    let institute =
        cx.actor.person().is_some_and(|p| p.organisations.iter().any(|o| o.id == seller && o.kind == OrganisationKind::Institute));
    let around = Around {
        splits: if institute { rewards::rewards_of_contract(&cx.market, &cx.actor, number).await? } else { Vec::new() },
        may_split: institute && shown.contract.state.is_registered(),
        tax: if shown.sells && shown.contract.kind.is_transfer() {
            rewards::tax_note(&cx.market, &cx.actor, seller, cx.now.to_offset(keqiao_market::CHINA).year()).await?
        } else {
            None
        },
    };
    let title = format!("{} {}", t!(cx.lang, "performance.title"), shown.contract.number);
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &shown, &around, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (kq, actor, fields) = (&cx.market, &cx.actor, &submission.fields);
    let (version, once) = (submission.version(), submission.once());
    let id = |name: &str| submission.value(name).parse::<Uuid>().map_err(|_| PageError::NotFound);
    let (done, flash) = match submission.action() {
        "plan" => {
            let milestone = if submission.value("milestone_id").is_empty() { None } else { Some(id("milestone_id")?) };
            (market::save_milestone(kq, actor, number, milestone, fields, version, once).await, "performance.told_saved")
        }
        "remove_milestone" => {
            (market::remove_milestone(kq, actor, number, id("milestone_id")?, version, once).await, "performance.told_removed")
        }
        "record" => {
            let file = submission.files.iter().find(|f| f.field == "file");
            let file = file.map(|f| NewFile { name: &f.name, bytes: f.bytes.clone(), confidential: false, reason: "" });
            (market::record_receipt(kq, actor, number, fields, file, once).await, "performance.told_recorded")
        }
        "reverse" => (market::reverse_receipt(kq, actor, number, id("receipt")?, fields, version, once).await, "performance.told_reversed"),
        "raise" => (market::raise_dispute(kq, actor, number, fields, once).await, "performance.told_raised"),
        "settle" => (market::settle_dispute(kq, actor, number, id("dispute_id")?, fields, version, once).await, "performance.told_settled"),
        action => {
            let Some(by) = MilestoneMove::from_code(action) else { return Err(PageError::NotFound) };
            let flash = match by {
                MilestoneMove::Deliver => "performance.told_delivered",
                MilestoneMove::Accept => "performance.told_accepted",
                MilestoneMove::Reject => "performance.told_rejected",
            };
            (market::move_milestone(kq, actor, number, id("milestone_id")?, by, fields, version, once).await, flash)
        }
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, shown: &PerformanceView, around: &Around, form: &Form) -> AnyView {
    let contract = &shown.contract;
    let to_contract = cx.href(&Route::Contract(contract.number.clone()));
    let mut labels: Vec<(String, &str)> = [
        ("title", t!(cx.lang, "performance.milestone_title")),
        ("due_on", t!(cx.lang, "performance.due_on")),
        ("milestone_amount", t!(cx.lang, "performance.milestone_amount")),
        ("criteria", t!(cx.lang, "performance.criteria")),
        ("amount", t!(cx.lang, "performance.amount")),
        ("received_on", t!(cx.lang, "performance.received_on")),
        ("milestone", t!(cx.lang, "performance.for_milestone")),
        ("note", t!(cx.lang, "performance.note")),
        ("file", t!(cx.lang, "performance.file")),
        ("dispute", t!(cx.lang, "performance.dispute_text")),
    ]
    .into_iter()
    .map(|(name, label)| (name.to_owned(), label))
    .collect();
    labels.extend(shown.milestones.iter().map(|m| (format!("reason.{}", m.id), t!(cx.lang, "performance.reject_reason"))));
    labels.extend(shown.receipts.items.iter().map(|r| (format!("reason.{}", r.id), t!(cx.lang, "performance.reversal_reason"))));
    labels.extend(shown.disputes.iter().map(|d| (format!("outcome.{}", d.id), t!(cx.lang, "performance.outcome"))));
    let labels: Vec<(&str, &str)> = labels.iter().map(|(name, label)| (name.as_str(), *label)).collect();
    let cancelled = (contract.state == ContractState::Cancelled)
        .then(|| ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "performance.cancelled")}</p> }.into_any()));
    let main = view! {
        {cancelled}
        {milestones::part(cx, shown, form)}
        {receipts::part(cx, shown, form)}
        {disputes::part(cx, shown, form)}
    }
    .into_any();
    let aside = view! {
        {ui::card(t!(cx.lang, "performance.progress"), progress(cx, &shown.progress))}
        {splits(cx, &contract.number, around)}
        {around.tax.as_ref().map(|note| crate::rewards::tax_card(cx, note))}
    }
    .into_any();
    let badge = ui::state_badge(cx, ContractState::GROUP, contract.state.code());
    let trail = [(t!(cx.lang, "contracts.title"), cx.href(&Route::Contracts)), (contract.number.as_str(), to_contract)];
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::breadcrumb(cx, &trail)}
        {ui::page_title(t!(cx.lang, "performance.title"), Some(&contract.title), Some(badge))}
        {ui::lead(t!(cx.lang, "performance.lead"))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

/// How far the contract is performed, in bars and words.
fn progress(cx: &Cx, p: &Progress) -> AnyView {
    let value = p.value.fen();
    let part = |amount: i64| t!(cx.lang, "performance.of_value", amount = ui::money(cx, amount), share = ui::percent(amount, value));
    let planned = if p.milestones == 0 {
        t!(cx.lang, "performance.no_milestones").to_owned()
    } else if p.planned == p.value {
        t!(cx.lang, "performance.planned_equal").to_owned()
    } else if p.planned.fen() == 0 {
        t!(cx.lang, "performance.planned_none").to_owned()
    } else {
        let (sum, left) = (ui::money(cx, p.planned.fen()), ui::money(cx, value - p.planned.fen()));
        t!(cx.lang, "performance.planned_less", sum = sum, left = left)
    };
    let count = (p.milestones > 0)
        .then(|| view! { <p>{t!(cx.lang, "performance.accepted_count", n = p.milestones_accepted, total = p.milestones)}</p> });
    let overdue =
        (p.overdue > 0).then(|| view! { <p>{ui::badge(&t!(cx.lang, "performance.overdue_count", n = p.overdue), Tone::Bad)}</p> });
    let disputed = p.disputed.then(|| view! { <p>{ui::badge(t!(cx.lang, "performance.in_dispute"), Tone::Bad)}</p> });
    view! {
        {ui::progress(t!(cx.lang, "performance.accepted"), p.accepted.fen(), value, &part(p.accepted.fen()))}
        {ui::progress(t!(cx.lang, "performance.received"), p.received.fen(), value, &part(p.received.fen()))}
        {count}
        <p class="hint">{planned}</p>
        {overdue}
        {disputed}
    }
    .into_any()
}

/// The way from a registered contract to its performance, with how far it is, for those who may read it.
pub(super) async fn beside(cx: &Cx, contract: &contracts::ContractView) -> Result<Option<Progress>, PageError> {
    if contract.detail.is_none() || cx.actor.person().is_none() {
        return Ok(None);
    }
    Ok(market::progress(&cx.market, &cx.actor, &contract.summary.number).await?)
}

/// The box on the page of a contract.
pub(super) fn card(cx: &Cx, number: &str, p: &Progress) -> AnyView {
    let to = cx.href(&Route::ContractPerformance(number.to_owned()));
    let open = ui::buttons(vec![ui::button_link(t!(cx.lang, "performance.open"), &to, ButtonStyle::Secondary)]);
    ui::card(t!(cx.lang, "performance.title"), view! { {progress(cx, p)}{open} }.into_any())
}

/// The splits of the contract's income, and the way to a new one.
fn splits(cx: &Cx, number: &str, around: &Around) -> AnyView {
    if !around.may_split && around.splits.is_empty() {
        return ().into_any();
    }
    let items: Vec<AnyView> = around
        .splits
        .iter()
        .map(|s| {
            let to = cx.href(&Route::Reward(s.number.clone()));
            view! { <li><a href=to>{s.number.clone()}</a>" "{ui::state_badge(cx, RewardState::GROUP, s.state.code())}</li> }.into_any()
        })
        .collect();
    let list = (!items.is_empty()).then(|| view! { <ul>{items}</ul> });
    let new = around.may_split.then(|| {
        let query = Query(vec![("contract".to_owned(), number.to_owned())]);
        let to = format!("{}{}", cx.href(&Route::RewardNew), query.to_search());
        ui::buttons(vec![ui::button_link(t!(cx.lang, "performance.rewards_new"), &to, ButtonStyle::Secondary)])
    });
    let text = view! { <p class="hint">{t!(cx.lang, "performance.rewards_text")}</p> };
    ui::card(t!(cx.lang, "performance.rewards"), view! { {text}{list}{new} }.into_any())
}
