//! What an amount means that was typed in one of many ways.

use keqiao_model::{Fen, Lang};
use leptos::prelude::*;

use super::typing::said;
use crate::words::fill;

/// The amount in words; nothing for what is no amount, which the server explains when the form is sent.
fn echo(typed: &str, lang: Lang, exact: &str, rounded: &str) -> String {
    let Ok(amount) = Fen::parse_yuan(typed) else { return String::new() };
    let yuan = amount.format_yuan();
    let compact = match lang {
        Lang::Zh => amount.format_compact_zh(),
        Lang::En => amount.format_compact_en().replace('\u{a5}', "CNY "),
    };
    let mut words = fill(exact, &[("yuan", yuan.strip_suffix(".00").unwrap_or(&yuan))]);
    // A small amount is not rounded: it would only stand there twice.
    if !compact.contains(&yuan) {
        words.push_str(&fill(rounded, &[("compact", &compact)]));
    }
    words
}

/// Says below an input how many yuan its text is, by the rule of the server: `120万` is 1,200,000. `exact` has `{yuan}`, `rounded`
/// `{compact}`.
#[island]
pub fn MoneyEcho(id: String, lang: Lang, exact: String, rounded: String) -> impl IntoView {
    said(id, Box::new(move |text| echo(text, lang, &exact, &rounded)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_meant() {
        let check = |typed: &str, expected: &str| assert_eq!(echo(typed, Lang::En, "{yuan}", " ~ {compact}"), expected, "{typed}");
        check("1200\u{4e07}", "12,000,000 ~ CNY 12.00 million");
        check("1,234.50", "1,234.50");
        check("100", "100");
        check("about ten", "");
        check("", "");
    }
}
