//! Icons from one sprite, and the bridge.

use leptos::prelude::*;

use super::html::{escape, inert};
use crate::Cx;

/// An icon of the sprite `style/images/icons.svg`, beside words that say the same: readers of the screen skip it.
pub fn icon(cx: &Cx, name: &str) -> AnyView {
    inert(icon_html(cx, name))
}

/// [`icon`] as text.
pub(super) fn icon_html(cx: &Cx, name: &str) -> String {
    let sprite = escape(&cx.site.asset("icons.svg"));
    format!(
        r#"<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false"><use href="{sprite}#{}"/></svg>"#,
        escape(name)
    )
}

/// The bridge of the name: two piers, a deck and its arch over the water.
pub fn logo() -> AnyView {
    inert(LOGO.to_owned())
}

/// [`logo`] as text.
pub(super) const LOGO: &str = concat!(
    r#"<svg class="logo" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true" focusable="false">"#,
    r#"<rect class="logo-ground" width="40" height="40" rx="9"/>"#,
    r#"<path class="logo-bridge" d="M5 17.5C12 12.2 28 12.2 35 17.5"/>"#,
    r#"<path class="logo-bridge" d="M9.5 27V15.2M30.5 27V15.2M9.5 27C10.5 15.8 29.5 15.8 30.5 27"/>"#,
    r#"<path class="logo-water" d="M6 32.5c2.3-2 4.7-2 7 0s4.7 2 7 0 4.7-2 7 0 4.7 2 7 0"/></svg>"#
);
