//! Ways from page to page.

use leptos::prelude::*;

use super::{format::count, icons::icon};
use crate::{Cx, t};

/// The pages above this one, from the top: pairs of a label and an address. The page itself is not among them.
pub fn breadcrumb(cx: &Cx, pages: &[(&str, String)]) -> AnyView {
    let items: Vec<AnyView> =
        pages.iter().map(|(label, href)| view! { <li><a href=href.clone()>{(*label).to_owned()}</a></li> }.into_any()).collect();
    view! { <nav class="breadcrumb" aria-label=t!(cx.lang, "ui.nav.breadcrumb")><ol>{items}</ol></nav> }.into_any()
}

/// One step back.
pub fn back_link(cx: &Cx, label: &str, href: &str) -> AnyView {
    view! { <p class="back"><a href=href.to_owned()>{icon(cx, "arrow-left")}{label.to_owned()}</a></p> }.into_any()
}

/// Views of the same thing, each with an address: label, address, whether it is this one, and how many are in it.
pub fn tabs(label: &str, items: Vec<(String, String, bool, Option<u64>)>) -> AnyView {
    let items: Vec<AnyView> = items
        .into_iter()
        .map(|(label, href, current, number)| {
            let number = number.map(|number| view! { <span class="tab-count">{count(number)}</span> });
            view! { <li><a href=href aria-current=current.then_some("page")>{label}{number}</a></li> }.into_any()
        })
        .collect();
    view! { <nav class="tabs" aria-label=label.to_owned()><ul>{items}</ul></nav> }.into_any()
}

/// The sections of a long page, beside it: label and fragment (`#terms`).
pub fn steps_nav(label: &str, items: Vec<(String, String)>) -> AnyView {
    let items: Vec<AnyView> = items.into_iter().map(|(label, href)| view! { <li><a href=href>{label}</a></li> }.into_any()).collect();
    view! { <nav class="steps-nav" aria-label=label.to_owned()><ul>{items}</ul></nav> }.into_any()
}

/// Pages to offer around the current one; zero is a gap.
fn offered(current: u64, last: u64) -> Vec<u64> {
    let mut pages: Vec<u64> = Vec::new();
    for page in 1..=last.min(1_000_000) {
        let near = page == 1 || page == last || page.abs_diff(current) <= 1;
        if near {
            pages.push(page);
        } else if pages.last().is_some_and(|last| *last != 0) {
            pages.push(0);
        }
    }
    pages
}

/// Which of how many are shown, and links to the other pages of the same query.
pub fn pager(cx: &Cx, total: u64, per_page: u64) -> AnyView {
    let per_page = per_page.max(1);
    let last = total.div_ceil(per_page).max(1);
    let current = cx.query.page().min(last);
    if total == 0 {
        return ().into_any();
    }
    let from = (current - 1) * per_page + 1;
    let to = (current * per_page).min(total);
    let shown = t!(cx.lang, "ui.pager.shown", from = count(from), to = count(to), total = count(total));
    let href = |page: u64| cx.here(&cx.query.on_page(page));
    let numbers: Vec<AnyView> = offered(current, last)
        .into_iter()
        .map(|page| match page {
            0 => view! { <li class="pager-gap" aria-hidden="true">"…"</li> }.into_any(),
            page => {
                let label = t!(cx.lang, "ui.pager.page", n = page);
                let here = (page == current).then_some("page");
                view! { <li><a class="pager-page" href=href(page) aria-label=label aria-current=here>{page.to_string()}</a></li> }
                    .into_any()
            }
        })
        .collect();
    let previous = (current > 1).then(|| {
        view! { <a class="pager-step" rel="prev" href=href(current - 1)>{icon(cx, "arrow-left")}{t!(cx.lang, "ui.pager.previous")}</a> }
    });
    let next = (current < last).then(|| {
        view! { <a class="pager-step" rel="next" href=href(current + 1)>{t!(cx.lang, "ui.pager.next")}{icon(cx, "arrow-right")}</a> }
    });
    let links = (last > 1).then(|| view! { <div class="pager-links">{previous}<ul>{numbers}</ul>{next}</div> });
    view! { <nav class="pager" aria-label=t!(cx.lang, "ui.pager.label")><p class="pager-shown">{shown}</p>{links}</nav> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::offered;

    #[test]
    fn pages_around_the_current_one() {
        assert_eq!(offered(1, 1), [1]);
        assert_eq!(offered(1, 4), [1, 2, 0, 4]);
        assert_eq!(offered(5, 9), [1, 0, 4, 5, 6, 0, 9]);
        assert_eq!(offered(9, 9), [1, 0, 8, 9]);
    }
}
