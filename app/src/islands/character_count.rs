//! How much may still be typed.

use leptos::prelude::*;

use super::typing::said;
use crate::words::fill;

/// The characters that count toward a maximum, as the server counts them.
fn length(text: &str) -> usize {
    text.trim().chars().count()
}

/// Says below a text area how many characters of its maximum are left, or too many. `left` and `over` are the words, with `{n}`.
#[island]
pub fn CharacterCount(id: String, max: usize, left: String, over: String) -> impl IntoView {
    let say = move |text: &str| {
        let length = length(text);
        match max.checked_sub(length) {
            // Nothing typed: the maximum beside it says it all.
            _ if length == 0 => String::new(),
            Some(rest) => fill(&left, &[("n", &rest.to_string())]),
            None => fill(&over, &[("n", &length.saturating_sub(max).to_string())]),
        }
    };
    said(id, Box::new(say))
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn counts_characters_not_bytes() {
        assert_eq!(length(" \u{79d1}\u{6865}\n\u{1f309} "), 4);
    }
}
