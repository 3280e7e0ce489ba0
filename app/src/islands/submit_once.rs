//! A form that is sent once, however often its button is pressed.

use std::time::Duration;

use leptos::{ev, html, prelude::*, web_sys};

/// When a form may be sent again although no new page came: the connection broke, or the reader stopped it.
const AGAIN: Duration = Duration::from_secs(10);

/// Turns off the buttons of a form that can be pressed, and answers which.
fn turn_off(form: &web_sys::Element) -> Vec<web_sys::Element> {
    let mut off = Vec::new();
    while let Ok(Some(button)) = form.query_selector("button:not(:disabled)") {
        if button.set_attribute("disabled", "").is_err() {
            break;
        }
        off.push(button);
    }
    off
}

/// Turns off the buttons of the form around it once it is sent. The server ignores a form that comes twice; this spares the waiting.
#[island]
pub fn SubmitOnce() -> impl IntoView {
    let place = NodeRef::<html::Span>::new();
    Effect::new(move |_| {
        let Some(form) = place.get().and_then(|place| place.closest("form").ok().flatten()) else { return };
        let sent = StoredValue::new_local(false);
        let off = StoredValue::new_local(Vec::<web_sys::Element>::new());
        let release = move || {
            sent.set_value(false);
            for button in off.try_update_value(std::mem::take).unwrap_or_default() {
                let _ = button.remove_attribute("disabled");
            }
        };
        window_event_listener(ev::submit, move |event| {
            if event_target::<web_sys::Element>(&event) != form {
                return;
            }
            if sent.get_value() {
                event.prevent_default();
                return;
            }
            sent.set_value(true);
            let form = form.clone();
            // Only after this event: the button that was pressed is sent along, and would not be if it were off.
            set_timeout(move || off.set_value(turn_off(&form)), Duration::ZERO);
            set_timeout(release, AGAIN);
        });
        // Back from the page that came: browsers bring this one back as it was left.
        window_event_listener_untyped("pageshow", move |_| release());
    });
    view! { <span node_ref=place></span> }
}
