//! Islands as pages place them, with their words.

use leptos::prelude::*;

use super::{CharacterCount, CreditCodeCheck, MoneyEcho, SubmitOnce};
use crate::{Cx, t, ui::field_id};

/// How many characters of the text area `name` are left of `max`.
pub(crate) fn character_count(cx: &Cx, name: &str, max: usize) -> AnyView {
    let left = t!(cx.lang, "islands.count_left").to_owned();
    let over = t!(cx.lang, "islands.count_over").to_owned();
    view! { <CharacterCount id=field_id(name) max=max left=left over=over /> }.into_any()
}

/// Whether the text of the input `name` is a credit code.
pub(crate) fn credit_code_check(cx: &Cx, name: &str) -> AnyView {
    let ok = t!(cx.lang, "islands.code_ok").to_owned();
    let length = t!(cx.lang, "islands.code_length").to_owned();
    let character = t!(cx.lang, "islands.code_character").to_owned();
    let check = t!(cx.lang, "islands.code_check").to_owned();
    let island = view! { <CreditCodeCheck id=field_id(name) ok=ok length=length character=character check=check /> };
    view! { <p class="limit">{island}</p> }.into_any()
}

/// What the amount in the input `name` is in yuan.
pub(crate) fn money_echo(cx: &Cx, name: &str) -> AnyView {
    let exact = t!(cx.lang, "islands.money").to_owned();
    let rounded = t!(cx.lang, "islands.money_rounded").to_owned();
    view! { <p class="limit"><MoneyEcho id=field_id(name) lang=cx.lang exact=exact rounded=rounded /></p> }.into_any()
}

/// Keeps the form around it from being sent twice.
pub(crate) fn submit_once() -> AnyView {
    // Hidden around the island: its element would be one more item between the fields.
    view! { <div hidden=true><SubmitOnce /></div> }.into_any()
}
