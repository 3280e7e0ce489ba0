//! What the law saves on transfer income: advice, with its rules.

use keqiao_market::rewards::TaxNote;
use keqiao_model::format_percent;
use leptos::prelude::*;

use super::cited;
use crate::{Cx, Route, t, ui};

/// The lines of the note: labels and amounts.
pub(super) fn lines(cx: &Cx, note: &TaxNote) -> Vec<(String, i64)> {
    let limit = ui::money(cx, note.exempt.value);
    let rate = format_percent(note.rate.value.saturating_mul(10));
    vec![
        (t!(cx.lang, "rewards.tax_year", year = note.year), note.income.fen()),
        (t!(cx.lang, "rewards.tax_exempt", limit = limit), note.relief.exempt.fen()),
        (t!(cx.lang, "rewards.tax_halved").to_owned(), note.relief.halved.fen()),
        (t!(cx.lang, "rewards.tax_relief", rate = rate), note.relief.relief.fen()),
    ]
}

/// The note as a box.
pub(crate) fn card(cx: &Cx, note: &TaxNote) -> AnyView {
    let facts = lines(cx, note).into_iter().map(|(label, amount)| (label, ui::money(cx, amount).into_any())).collect();
    let to = cx.href(&Route::Rule(note.exempt.id));
    let body = view! {
        {ui::definition_list(facts)}
        <p><a href=to>{cited(cx, &note.exempt)}</a></p>
        <p class="hint">{t!(cx.lang, "rewards.tax_advice")}</p>
    }
    .into_any();
    ui::card(t!(cx.lang, "rewards.tax"), body)
}
