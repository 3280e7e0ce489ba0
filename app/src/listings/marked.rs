//! Hits in a title or a passage.

use keqiao_search::Piece;
use leptos::prelude::*;

/// Text with its hits marked. The pieces are plain text; drawing them escapes them.
pub(crate) fn marked(pieces: &[Piece]) -> AnyView {
    pieces
        .iter()
        .map(|piece| {
            let text = piece.text.clone();
            if piece.hit { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
        })
        .collect::<Vec<_>>()
        .into_any()
}
