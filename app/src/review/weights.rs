//! By which weights are matches worked out? What is declared, what is in force, what judgements teach, and the way to adopt it or to return.

use keqiao_market::weights::{self, Material, PAIRS_MAX, WeightSet, WeightsView};
use keqiao_search::{WEIGHTS, Weights};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission,
    listings::{weighed, weighed_words, weight_words},
    t,
    ui::{self, Align, ButtonStyle, Tone},
};

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let found = weights::overview(&cx.market, &cx.actor, cx.query.page()).await?;
    let form = form.unwrap_or_default();
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "weights.title"), move || view(&cx, &found, &form)))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor) = (&cx.market, &cx.actor);
    let (edition, once) = (submission.version(), submission.once());
    let (done, flash) = match submission.action() {
        "learn" => (weights::learn(market, actor, once).await, "flash.weights_learnt"),
        "adopt" => (weights::adopt(market, actor, edition, once).await, "flash.weights_adopted"),
        "declare" => (weights::declare(market, actor, edition, once).await, "flash.weights_declared"),
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::Go(Route::ReviewWeights, Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, found: &WeightsView, form: &Form) -> AnyView {
    let pages =
        [(t!(cx.lang, "review.title"), cx.href(&Route::Review)), (t!(cx.lang, "review.precision"), cx.href(&Route::ReviewPrecision))];
    let learnt_in_force = found.set.as_ref().is_some_and(|set| set.learnt);
    view! {
        {ui::error_summary(cx, form, &[])}
        {ui::breadcrumb(cx, &pages)}
        {ui::page_title(t!(cx.lang, "weights.title"), None, None)}
        {ui::lead(t!(cx.lang, "weights.lead"))}
        {following(cx, found)}
        {ui::section("in-force", t!(cx.lang, "weights.now"), now(cx, found))}
        {found.proposal.as_ref().map(|set| ui::section("proposal", t!(cx.lang, "weights.proposal"), proposal(cx, set, learnt_in_force, &found.in_force)))}
        {ui::section("learn", t!(cx.lang, "weights.learn_title"), material(cx, found.material))}
        {(found.sets.total > 0).then(|| ui::section("sets", t!(cx.lang, "weights.history"), history(cx, found)))}
    }
    .into_any()
}

/// A button of a form that carries the edition it was drawn from.
fn decide(cx: &Cx, words: &str, action: &str, edition: i64, style: ButtonStyle) -> AnyView {
    ui::post_button(cx, &cx.href(&cx.route), words, action, &[("version", &edition.to_string())], style)
}

fn following(cx: &Cx, found: &WeightsView) -> Option<AnyView> {
    let (done, total) = found.following?;
    let words = t!(cx.lang, "weights.following", done = ui::count(done), total = ui::count(total));
    Some(ui::notice(cx, Tone::Info, view! { <p>{words}</p> }.into_any()))
}

/// Declared, in force and proposed, side by side, and where those in force come from.
fn now(cx: &Cx, found: &WeightsView) -> AnyView {
    let columns: Vec<(&str, Weights)> = [
        Some((t!(cx.lang, "weights.declared"), WEIGHTS)),
        Some((t!(cx.lang, "weights.in_force"), found.in_force)),
        found.proposal.as_ref().map(|set| (t!(cx.lang, "weights.proposed"), set.weights)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let rows = weighed(cx)
        .map(|what| {
            let cells = columns.iter().map(|(_, weights)| cell(weights.of(what), WEIGHTS.of(what)));
            std::iter::once(view! { <span class="capital">{weighed_words(cx, what)}</span> }.into_any()).chain(cells).collect()
        })
        .collect();
    let head = std::iter::once(t!(cx.lang, "weights.property")).chain(columns.iter().map(|(name, _)| *name)).map(str::to_owned).collect();
    let align: Vec<Align> = std::iter::once(Align::Start).chain(columns.iter().map(|_| Align::End)).collect();
    let since = match &found.set {
        None => t!(cx.lang, "weights.never").to_owned(),
        Some(set) => {
            let (by, at) = set.adopted.clone().unwrap_or_else(|| (set.by.clone(), set.at));
            let day = ui::date_text(cx, at);
            if set.learnt {
                t!(cx.lang, "weights.since_learnt", day = day, name = by)
            } else {
                t!(cx.lang, "weights.since_declared", day = day, name = by)
            }
        }
    };
    let back = found
        .set
        .as_ref()
        .filter(|set| set.learnt)
        .map(|_| ui::buttons(vec![decide(cx, t!(cx.lang, "weights.declare"), "declare", found.edition, ButtonStyle::Secondary)]));
    view! {
        <div class="spaced">
            <p>{since}</p>
            {ui::table(t!(cx.lang, "weights.of_best"), head, rows, &align)}
            <p class="hint">{t!(cx.lang, "weights.bounds")}</p>
            {back}
        </div>
    }
    .into_any()
}

/// A weight, stressed where it is not as declared.
fn cell(weight: f32, declared: f32) -> AnyView {
    let words = weight_words(weight);
    if words == weight_words(declared) { words.into_any() } else { view! { <strong>{words}</strong> }.into_any() }
}

#[allow(clippy::cast_possible_truncation, reason = "a share of one")]
fn agreement(share: f64) -> String {
    ui::percent((share * 1_000.0).round() as i64, 1_000)
}

/// What was learnt last, beside what is declared and, if that is another thing, what is in force.
fn proposal(cx: &Cx, set: &WeightSet, learnt_in_force: bool, in_force: &Weights) -> AnyView {
    let mut stats = vec![
        ui::stat(t!(cx.lang, "weights.by_declared"), &agreement(set.by_declared), t!(cx.lang, "weights.held_out"), None),
        ui::stat(t!(cx.lang, "weights.by_learnt"), &agreement(set.by_learnt), t!(cx.lang, "weights.held_out"), None),
    ];
    if learnt_in_force {
        let known = t!(cx.lang, "weights.in_force_known");
        stats.insert(1, ui::stat(t!(cx.lang, "weights.by_in_force"), &agreement(set.by_in_force), known, None));
    }
    let same = weighed(cx).all(|what| weight_words(set.weights.of(what)) == weight_words(in_force.of(what)));
    let decision = if same && set.is_adoptable() {
        ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "weights.same")}</p> }.into_any())
    } else if set.is_adoptable() {
        view! {
            <p>{t!(cx.lang, "weights.better")}</p>
            {ui::buttons(vec![decide(cx, t!(cx.lang, "weights.adopt"), "adopt", set.edition, ButtonStyle::Primary)])}
        }
        .into_any()
    } else {
        let why = if set.is_better() { t!(cx.lang, "weights.worse") } else { t!(cx.lang, "weights.not_better") };
        ui::notice(cx, Tone::Info, view! { <p>{why}</p> }.into_any())
    };
    view! {
        <div class="spaced">
            <p>{t!(cx.lang, "weights.learnt_from", day = ui::date_text(cx, set.at), name = set.by, pairs = ui::count(set.pairs),
                lists = ui::count(set.lists), comparisons = ui::count(set.comparisons))}</p>
            {ui::stats(stats)}
            <p>{t!(cx.lang, "weights.lists_differ", better = ui::count(set.better), worse = ui::count(set.worse))}</p>
            {decision}
        </div>
    }
    .into_any()
}

/// What can be learnt from now, and the button, or what is missing.
fn material(cx: &Cx, material: Material) -> AnyView {
    let count = |n: usize| ui::count(u64::try_from(n).unwrap_or(u64::MAX));
    let there = t!(
        cx.lang,
        "weights.material",
        pairs = count(material.pairs),
        lists = count(material.lists),
        comparisons = count(material.comparisons)
    );
    let waiting = (material.waiting > 0).then(|| t!(cx.lang, "weights.waiting", n = count(material.waiting)));
    let action = if material.is_enough() || material.within_reach {
        ui::buttons(vec![decide(cx, t!(cx.lang, "weights.learn"), "learn", 0, ButtonStyle::Secondary)])
    } else {
        let missing =
            t!(cx.lang, "weights.missing", lists = count(material.lists_missing()), comparisons = count(material.comparisons_missing()));
        ui::empty(cx, t!(cx.lang, "weights.too_few"), &missing, Some((t!(cx.lang, "review.precision"), cx.href(&Route::ReviewPrecision))))
    };
    view! {
        <div class="spaced">
            <p>{there}</p>
            {waiting.map(|words| view! { <p>{words}</p> })}
            <p class="hint">{t!(cx.lang, "weights.rule", most = count(PAIRS_MAX))}</p>
            {action}
        </div>
    }
    .into_any()
}

fn history(cx: &Cx, found: &WeightsView) -> AnyView {
    let rows = found.sets.items.iter().map(|set| row(cx, set)).collect();
    let head = [
        t!(cx.lang, "weights.edition"),
        t!(cx.lang, "weights.origin"),
        t!(cx.lang, "weights.made"),
        t!(cx.lang, "weights.comparisons"),
        t!(cx.lang, "weights.by_declared"),
        t!(cx.lang, "weights.by_learnt"),
        t!(cx.lang, "weights.adopted"),
    ];
    let align = [Align::End, Align::Start, Align::Start, Align::End, Align::End, Align::End, Align::Start];
    view! {
        {ui::record_table(t!(cx.lang, "weights.history"), head.map(str::to_owned).to_vec(), rows, &align)}
        {ui::pager(cx, found.sets.total, found.sets.per_page)}
    }
    .into_any()
}

fn row(cx: &Cx, set: &WeightSet) -> Vec<AnyView> {
    let figure = |words: String| if set.learnt { words } else { "–".to_owned() }.into_any();
    let adopted = set.adopted.as_ref().map_or_else(
        || t!(cx.lang, "weights.not_adopted").to_owned().into_any(),
        |(by, at)| view! { {ui::date(cx, *at)}" "{by.clone()} }.into_any(),
    );
    let origin = if set.learnt { t!(cx.lang, "weights.learnt") } else { t!(cx.lang, "weights.put_back") };
    vec![
        set.edition.to_string().into_any(),
        origin.to_owned().into_any(),
        view! { {ui::date(cx, set.at)}" "{set.by.clone()} }.into_any(),
        figure(ui::count(set.comparisons)),
        figure(agreement(set.by_declared)),
        figure(agreement(set.by_learnt)),
        adopted,
    ]
}
