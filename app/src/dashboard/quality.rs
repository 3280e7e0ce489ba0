//! How much the listings say.

use keqiao_market::dashboard::{LOOKED_AT, Quality, QualitySide};
use keqiao_model::{Coded, ListingHint, ListingKind};
use leptos::prelude::*;

use super::{share, signed};
use crate::{
    Cx, Route, t,
    ui::{self, Bar, BarChart},
    words::code_label,
};

/// What a side of the market is called.
pub(super) fn side_name(cx: &Cx, kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => t!(cx.lang, "ui.nav.demands"),
        ListingKind::Achievement => t!(cx.lang, "ui.nav.achievements"),
    }
}

pub(super) fn view(cx: &Cx, found: &Quality) -> AnyView {
    if found.sides.iter().all(|side| side.looked_at == 0) {
        let to = (t!(cx.lang, "review.title"), cx.href(&Route::Review));
        return ui::empty(cx, t!(cx.lang, "dashboard.no_listings"), t!(cx.lang, "dashboard.no_listings_text"), Some(to));
    }
    let sides: Vec<AnyView> = found.sides.iter().filter(|side| side.looked_at > 0).map(|side| side_view(cx, side)).collect();
    view! {
        {sides}
        <p class="hint">{t!(cx.lang, "dashboard.quality_rule", n = LOOKED_AT, waiting = ui::count(found.waiting))}</p>
    }
    .into_any()
}

fn side_view(cx: &Cx, side: &QualitySide) -> AnyView {
    let n = side.looked_at;
    let stats = vec![
        ui::stat(t!(cx.lang, "dashboard.looked_at"), &ui::count(n), side_name(cx, side.kind), None),
        ui::stat(t!(cx.lang, "dashboard.complete"), &share(side.complete, n), t!(cx.lang, "dashboard.complete_hint"), None),
        ui::stat(t!(cx.lang, "dashboard.returned"), &share(side.returned, n), t!(cx.lang, "dashboard.returned_hint"), None),
        ui::stat(t!(cx.lang, "dashboard.same_title"), &ui::count(side.same_title), t!(cx.lang, "dashboard.same_title_hint"), None),
    ];
    let chart = (!side.missing.is_empty()).then(|| {
        let first = side.missing.first().map(|(hint, missing)| {
            let what = code_label(cx.lang, ListingHint::GROUP, hint.code());
            t!(cx.lang, "dashboard.missing_summary", what = what, n = ui::count(*missing), percent = share(*missing, n))
        });
        ui::bar_list(
            cx,
            BarChart {
                id: format!("quality-{}", if side.kind == ListingKind::Demand { "demands" } else { "achievements" }),
                title: t!(cx.lang, "dashboard.missing", side = side_name(cx, side.kind)),
                summary: first.unwrap_or_default(),
                label_title: t!(cx.lang, "dashboard.missing_what").to_owned(),
                value_title: t!(cx.lang, "dashboard.number").to_owned(),
                series: side
                    .missing
                    .iter()
                    .map(|(hint, missing)| Bar {
                        label: code_label(cx.lang, ListingHint::GROUP, hint.code()),
                        value: signed(*missing),
                        href: None,
                    })
                    .collect(),
                target: None,
                format: Box::new(move |value| format!("{} ({})", ui::count(value), ui::percent(value, signed(n)))),
            },
        )
    });
    let id = if side.kind == ListingKind::Demand { "demands" } else { "achievements" };
    ui::section(id, side_name(cx, side.kind), view! { <div class="spaced">{ui::stats(stats)}{chart}</div> }.into_any())
}
