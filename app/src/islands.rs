//! What wakes in the browser.
