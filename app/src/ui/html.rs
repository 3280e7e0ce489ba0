//! HTML written by hand, where the `view!` macro does not reach: the document itself and drawings.

use leptos::{prelude::*, tachys::html::InertElement};

/// Text made safe between tags and inside double quotes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// One element that was written by hand; every text in it has gone through [`escape`].
pub(super) fn inert(html: String) -> AnyView {
    InertElement::new(html).into_any()
}

/// Draws a part of a page to text.
pub(super) fn drawn(view: AnyView) -> String {
    view.to_html()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn escapes() {
        assert_eq!(escape(r#"<a href="x">Tom & 'Jerry'</a>"#), "&lt;a href=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/a&gt;");
    }
}
