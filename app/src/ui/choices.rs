//! Fields that offer a choice. Options are pairs of a value and its words.

use leptos::prelude::*;

use super::fields::{Input, error_text, field, field_class, hint_text, required_mark};
use crate::{Cx, Form, t};

fn option(form: &Form, name: &str, (value, words): (String, String)) -> AnyView {
    let selected = form.has(name, &value);
    view! { <option value=value selected=selected>{words}</option> }.into_any()
}

fn drop_down(cx: &Cx, form: &Form, input: &Input, options: Vec<AnyView>) -> AnyView {
    let refused = form.errors.iter().any(|error| error.field == input.name);
    let blank = (!input.no_blank).then(|| {
        let words = input.placeholder.clone().unwrap_or_else(|| t!(cx.lang, "ui.form.choose").to_owned());
        view! { <option value="">{words}</option> }
    });
    let control = view! {
        <select
            class="input select"
            id=input.id()
            name=input.name.clone()
            autocomplete=input.autocomplete
            aria-required=input.required.then_some("true")
            aria-invalid=refused.then_some("true")
            aria-describedby=input.described_by(refused)
        >
            {blank}
            {options}
        </select>
    }
    .into_any();
    field(cx, form, input, control, None)
}

/// One of a list.
pub fn select(cx: &Cx, form: &Form, input: Input, options: Vec<(String, String)>) -> AnyView {
    let options = options.into_iter().map(|pair| option(form, &input.name, pair)).collect();
    drop_down(cx, form, &input, options)
}

/// One of a list in groups, each with its name.
pub fn select_grouped(cx: &Cx, form: &Form, input: Input, groups: Vec<(String, Vec<(String, String)>)>) -> AnyView {
    let groups = groups
        .into_iter()
        .map(|(label, options)| {
            let options: Vec<AnyView> = options.into_iter().map(|pair| option(form, &input.name, pair)).collect();
            view! { <optgroup label=label>{options}</optgroup> }.into_any()
        })
        .collect();
    drop_down(cx, form, &input, groups)
}

/// Any of a few.
pub fn checkboxes(cx: &Cx, form: &Form, input: Input, options: Vec<(String, String)>) -> AnyView {
    choices(cx, form, &input, "checkbox", options)
}

/// One of a few, all in sight.
pub fn radios(cx: &Cx, form: &Form, input: Input, options: Vec<(String, String)>) -> AnyView {
    choices(cx, form, &input, "radio", options)
}

/// Yes or no: one box with its label.
pub fn checkbox(cx: &Cx, form: &Form, input: Input, value: &str) -> AnyView {
    let error = form.error(cx.lang, &input.name);
    let refused = error.is_some();
    view! {
        <div class=field_class(refused)>
            {error_text(cx, &input.name, error)}
            <div class="choice">
                <input
                    type="checkbox"
                    id=input.id()
                    name=input.name.clone()
                    value=value.to_owned()
                    checked=form.has(&input.name, value)
                    aria-invalid=refused.then_some("true")
                    aria-describedby=input.described_by(refused)
                />
                <label for=input.id()>{input.label.clone()}{required_mark(cx, input.required)}</label>
            </div>
            {hint_text(&input)}
        </div>
    }
    .into_any()
}

/// The first box has the field's own id, so that the summary of errors leads to it.
fn choices(cx: &Cx, form: &Form, input: &Input, kind: &'static str, options: Vec<(String, String)>) -> AnyView {
    let error = form.error(cx.lang, &input.name);
    let class = field_class(error.is_some());
    let described = input.described_by(error.is_some());
    let boxes: Vec<AnyView> = options
        .into_iter()
        .enumerate()
        .map(|(index, (value, words))| {
            let id = if index == 0 { input.id() } else { format!("{}-{index}", input.id()) };
            let checked = form.has(&input.name, &value);
            view! {
                <div class="choice">
                    <input type=kind id=id.clone() name=input.name.clone() value=value checked=checked />
                    <label for=id>{words}</label>
                </div>
            }
            .into_any()
        })
        .collect();
    let legend_class = if input.hide_label { "hidden-text" } else { "label" };
    view! {
        <fieldset class=class aria-describedby=described>
            <legend class=legend_class>{input.label.clone()}{required_mark(cx, input.required)}</legend>
            {hint_text(input)}
            {error_text(cx, &input.name, error)}
            <div class="choices">{boxes}</div>
        </fieldset>
    }
    .into_any()
}
