//! The wasm entry point: it wakes the islands, nothing else.

// The islands are exported by the app crate: mentioned here, it is linked.
use keqiao_app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the page ready for islands; `boot.js` calls it once and then each island's own function.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
