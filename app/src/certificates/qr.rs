//! A QR code as a drawing of its own: no image to load, sharp on paper.

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of white around the code (ISO/IEC 18004 wants four).
const QUIET: i32 = 4;

/// The dark modules of a text as a path, and the side of the whole drawing; nothing for a text that is too long for any code.
fn path(text: &str) -> Option<(String, i32)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    Some((path, code.size() + 2 * QUIET))
}

/// The QR code of a text with the words for those who cannot see it.
pub(super) fn qr(text: &str, label: &str) -> Option<AnyView> {
    let (path, side) = path(text)?;
    let drawing = view! {
        <svg class="qr" role="img" aria-label=label.to_owned() viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges">
            <rect width="100%" height="100%" fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    };
    Some(drawing.into_any())
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_code_has_its_three_corners_and_white_around_it() {
        let (path, side) = path("https://keqiao.example/certificates/0123456789ABCDEF0123").unwrap();
        // The outer ring of the corners: seven dark modules in a row, four away from the edge.
        for (x, y) in [(4, 4), (10, 4), (side - 11, 4), (side - 5, 4), (4, side - 11), (10, side - 5)] {
            assert!(path.contains(&format!("M{x},{y}h")), "{x},{y}");
        }
        assert!(!path.contains("M3,") && !path.contains("M0,"));
        assert!(super::path(&"x".repeat(3_000)).is_none());
    }
}
