//! What the files of a contract say, as a program read them.

use keqiao_market::contracts::ContractText;
use keqiao_model::{Coded, TextProblem, TextState};
use leptos::prelude::*;

use crate::{Cx, t, ui, words::code_label};

/// Characters of a text that a page shows.
const SHOWN: usize = 20_000;

/// Each file with its text, to be opened, or why there is none.
pub(crate) fn part(cx: &Cx, texts: &[ContractText]) -> AnyView {
    if texts.is_empty() {
        return ().into_any();
    }
    let items: Vec<AnyView> = texts.iter().map(|text| view! { <li>{one(cx, text)}</li> }.into_any()).collect();
    view! {
        <h3>{t!(cx.lang, "contracts.texts")}</h3>
        <p class="hint">{t!(cx.lang, "contracts.texts_hint")}</p>
        <ul>{items}</ul>
    }
    .into_any()
}

fn one(cx: &Cx, text: &ContractText) -> AnyView {
    if text.state == TextState::Extracted {
        let shown: String = text.text.chars().take(SHOWN).collect();
        let cut = (shown.len() < text.text.len()).then(|| view! { <p class="hint">{t!(cx.lang, "contracts.text_cut")}</p> });
        let title = t!(cx.lang, "contracts.text_as_read", name = text.name);
        return ui::details(&title, false, view! { {ui::paragraphs(&shown)}{cut} }.into_any());
    }
    let state = code_label(cx.lang, TextState::GROUP, text.state.code());
    let why = text.problem.map(|p| format!(" · {}", code_label(cx.lang, TextProblem::GROUP, p.code())));
    view! { {text.name.clone()}" "<span class="hint">{state}{why}</span> }.into_any()
}
