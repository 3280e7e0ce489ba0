//! Whether a credit code holds, while it is typed.

use keqiao_model::{CreditCode, CreditCodeError};
use leptos::prelude::*;

use super::typing::said;
use crate::words::fill;

/// Says below an input whether its text is a 统一社会信用代码, by the rule of the server. The words: it is one (`ok`); it is too short or
/// too long (`length`, with `{length}`); a character cannot stand where it is (`character`, with `{at}` and `{found}`); a check character
/// does not hold (`check`).
#[island]
pub fn CreditCodeCheck(id: String, ok: String, length: String, character: String, check: String) -> impl IntoView {
    let say = move |text: &str| match CreditCode::parse(text) {
        _ if text.trim().is_empty() => String::new(),
        Ok(_) => ok.clone(),
        Err(CreditCodeError::Length(n)) => fill(&length, &[("length", &n.to_string())]),
        Err(CreditCodeError::Character { at, found }) => fill(&character, &[("at", &at.to_string()), ("found", &found.to_string())]),
        Err(CreditCodeError::BodyCheck | CreditCodeError::Check { .. }) => check.clone(),
    };
    said(id, Box::new(say))
}
