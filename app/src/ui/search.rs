//! Searching: everything chosen stands in the address, and works without scripts.

use keqiao_model::ListingKind;
use leptos::prelude::*;

use super::{fields::hidden, format::count, icons::icon};
use crate::{Cx, t};

/// How many options of a facet are in sight before the rest has to be opened.
const IN_SIGHT: usize = 7;

/// The parameters of the address that a form of its own keeps: all but the page and those the form has fields for.
fn kept(cx: &Cx, own: &[&str]) -> Vec<AnyView> {
    let kept = cx.query.0.iter().filter(|(name, value)| name != "page" && !value.is_empty() && !own.contains(&name.as_str()));
    kept.map(|(name, value)| hidden(name, value)).collect()
}

/// What is about one query and not about the next.
const OF_ONE_QUERY: [&str; 3] = ["q", "exact", "nosyn"];

/// The search of this page: sets `q` and keeps the filters.
pub fn search_form(cx: &Cx, label: &str, placeholder: &str) -> AnyView {
    form_with(cx, label, placeholder, None)
}

/// The same for the listings of a side; awake, it offers ways to go on.
pub fn suggesting_form(cx: &Cx, label: &str, placeholder: &str, kind: ListingKind) -> AnyView {
    form_with(cx, label, placeholder, Some(format!("/suggest?kind={}&lang={}", kind_code(kind), cx.lang.tag())))
}

fn kind_code(kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => "demand",
        ListingKind::Achievement => "achievement",
    }
}

fn form_with(cx: &Cx, label: &str, placeholder: &str, suggest: Option<String>) -> AnyView {
    let words = suggest.is_some().then(|| (t!(cx.lang, "ui.search.suggestions"), t!(cx.lang, "ui.search.suggested")));
    view! {
        <form class="search" role="search" method="get" action=cx.href(&cx.route)>
            {kept(cx, &OF_ONE_QUERY)}
            <label class="hidden-text" for="q">{label.to_owned()}</label>
            <input
                class="input"
                id="q"
                type="search"
                name="q"
                value=cx.query.get("q").to_owned()
                placeholder=placeholder.to_owned()
                data-suggest=suggest
                data-suggest-label=words.map(|words| words.0)
                data-suggest-found=words.map(|words| words.1)
            />
            <button class="button" type="submit">{icon(cx, "search")}{t!(cx.lang, "ui.search.go")}</button>
        </form>
    }
    .into_any()
}

/// One option of a facet.
#[derive(Debug, Clone, Default)]
pub struct FacetOption {
    /// Value in the address.
    pub code: String,
    /// Words.
    pub label: String,
    /// How many would be found.
    pub count: u64,
    /// Whether it is chosen.
    pub checked: bool,
}

/// Options with counts. Those that would find nothing stay in sight but cannot be chosen.
pub fn facet(cx: &Cx, name: &str, legend: &str, options: Vec<FacetOption>) -> AnyView {
    // A heading with nothing below it helps nobody.
    if options.is_empty() {
        return ().into_any();
    }
    let open = options.iter().skip(IN_SIGHT).any(|option| option.checked);
    let mut boxes: Vec<AnyView> = options
        .into_iter()
        .enumerate()
        .map(|(index, option)| {
            let id = format!("facet-{name}-{index}");
            view! {
                <div class="choice">
                    <input
                        type="checkbox"
                        id=id.clone()
                        name=name.to_owned()
                        value=option.code
                        checked=option.checked
                        disabled=option.count == 0 && !option.checked
                    />
                    <label for=id>{option.label}" "<span class="facet-count">{count(option.count)}</span></label>
                </div>
            }
            .into_any()
        })
        .collect();
    let rest = if boxes.len() > IN_SIGHT + 2 { boxes.split_off(IN_SIGHT) } else { Vec::new() };
    let rest = (!rest.is_empty()).then(|| {
        let more = t!(cx.lang, "ui.search.more", n = rest.len());
        view! { <details class="facet-more" open=open><summary>{more}</summary>{rest}</details> }
    });
    view! { <fieldset class="facet"><legend>{legend.to_owned()}</legend>{boxes}{rest}</fieldset> }.into_any()
}

/// The filters of this page: a form of facets and other fields, whose names are `own`. Folded on a phone.
pub fn filter_panel(cx: &Cx, own: &[&str], body: AnyView) -> AnyView {
    view! {
        <details class="filters">
            <summary class="button secondary">{icon(cx, "filter")}{t!(cx.lang, "ui.search.filters")}</summary>
            <form class="filters-form" method="get" action=cx.href(&cx.route)>
                {kept(cx, own)}
                {body}
                <div class="filters-end">
                    <button class="button" type="submit">{t!(cx.lang, "ui.search.apply")}</button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

/// What was chosen: label, value, and the address without it; then the address without any.
pub fn chips(cx: &Cx, chosen: Vec<(String, String, String)>, clear_href: &str) -> AnyView {
    if chosen.is_empty() {
        return ().into_any();
    }
    let items: Vec<AnyView> = chosen
        .into_iter()
        .map(|(label, value, href)| {
            let action = t!(cx.lang, "ui.search.remove", label = label, value = value);
            view! {
                <li>
                    <a class="chip" href=href aria-label=action>
                        <span class="chip-label">{label}</span>
                        " "
                        <span class="chip-value">{value}</span>
                        {icon(cx, "close")}
                    </a>
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="chips">
            <h2 class="hidden-text">{t!(cx.lang, "ui.search.chosen")}</h2>
            <ul>{items}</ul>
            <a class="chips-clear" href=clear_href.to_owned()>{t!(cx.lang, "ui.search.clear")}</a>
        </div>
    }
    .into_any()
}

/// Orders to choose from, as links that set `sort`: pairs of a value and its words. The first is the usual one.
pub fn sort_links(cx: &Cx, options: &[(&str, &str)]) -> AnyView {
    let chosen = cx.query.get("sort");
    let known = options.iter().any(|(value, _)| *value == chosen);
    let items: Vec<AnyView> = options
        .iter()
        .enumerate()
        .map(|(index, (value, words))| {
            let current = if known { *value == chosen } else { index == 0 };
            let href = cx.here(&cx.query.with("sort", if index == 0 { "" } else { value }));
            view! { <li><a href=href aria-current=current.then_some("true")>{(*words).to_owned()}</a></li> }.into_any()
        })
        .collect();
    view! { <nav class="sort" aria-label=t!(cx.lang, "ui.search.sort")><ul>{items}</ul></nav> }.into_any()
}

/// One thing found, or one line of a list.
pub struct ResultItem {
    /// Its name, marked where the words searched for occur.
    pub title: AnyView,
    /// Where it leads.
    pub href: String,
    /// States and kinds.
    pub badges: Vec<AnyView>,
    /// Facts in one line.
    pub meta: Vec<AnyView>,
    /// A few words of it.
    pub snippet: Option<AnyView>,
    /// What stands at the end: an amount, a score, buttons.
    pub side: Option<AnyView>,
}

impl ResultItem {
    /// A name that leads somewhere.
    pub fn new(title: AnyView, href: impl Into<String>) -> Self {
        Self { title, href: href.into(), badges: Vec::new(), meta: Vec::new(), snippet: None, side: None }
    }
}

/// One thing found. To be put into [`results`].
pub fn result_item(item: ResultItem) -> AnyView {
    let meta: Vec<AnyView> = item.meta.into_iter().map(|fact| view! { <li>{fact}</li> }.into_any()).collect();
    let meta = (!meta.is_empty()).then(|| view! { <ul class="meta">{meta}</ul> });
    let badges = (!item.badges.is_empty()).then(|| view! { <div class="badges">{item.badges}</div> });
    let snippet = item.snippet.map(|snippet| view! { <p class="snippet">{snippet}</p> });
    let side = item.side.map(|side| view! { <div class="result-side">{side}</div> });
    view! {
        <article class="result">
            <div class="result-main">
                <h3 class="result-title"><a href=item.href>{item.title}</a></h3>
                {badges}
                {snippet}
                {meta}
            </div>
            {side}
        </article>
    }
    .into_any()
}

/// Things found, in order.
pub fn results(items: Vec<AnyView>) -> AnyView {
    let items: Vec<AnyView> = items.into_iter().map(|item| view! { <li>{item}</li> }.into_any()).collect();
    view! { <ol class="results">{items}</ol> }.into_any()
}
