//! Following an input by its id, and saying something about what is typed there.

use std::{cell::RefCell, time::Duration};

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys};

/// How long nobody types before readers of the screen are told: after each character would be too many words.
const PAUSE: Duration = Duration::from_millis(900);

/// What `say` makes of the text of an input or a text area, while it is typed; nothing until the page is awake.
pub(super) fn said(id: String, say: Box<dyn Fn(&str) -> String>) -> AnyView {
    let (words, set_words) = signal(String::new());
    let (spoken, set_spoken) = signal(String::new());
    // Effects run in the browser alone; this one runs once.
    let mut start = Some((id, say));
    Effect::new(move |_| {
        let Some((id, say)) = start.take() else { return };
        let Some(input) = document().get_element_by_id(&id) else { return };
        // A text area has a `value`, too; nothing else is asked of it.
        set_words.set(say(&input.unchecked_into::<web_sys::HtmlInputElement>().value()));
        let speak = RefCell::new(debounce(PAUSE, move |words| set_spoken.set(words)));
        window_event_listener(ev::input, move |event| {
            if event_target::<web_sys::Element>(&event).id() == id {
                let words = say(&event_target_value(&event));
                set_words.set(words.clone());
                (speak.borrow_mut())(words);
            }
        });
    });
    view! { <span aria-hidden="true">{words}</span><span class="hidden-text" role="status">{spoken}</span> }.into_any()
}
