//! Fields of forms. A field that was refused says why beside itself, and the summary on top links to it.

use keqiao_model::{Fields, Lang};
use leptos::prelude::*;
use uuid::Uuid;

use super::{
    content::{Tone, notice},
    format::excerpt,
    html::escape,
};
use crate::{Cx, Form, islands, t, words};

/// One field: its name, what stands beside it, and how it takes what people type.
#[derive(Debug, Clone, Default)]
pub struct Input {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) required: bool,
    pub(super) kind: &'static str,
    pub(super) autocomplete: Option<&'static str>,
    pub(super) inputmode: Option<&'static str>,
    pub(super) width: u8,
    pub(super) suffix: String,
    pub(super) rows: u8,
    pub(super) max: Option<usize>,
    pub(super) accept: Option<&'static str>,
    pub(super) multiple: bool,
    pub(super) lang: Option<Lang>,
    pub(super) no_blank: bool,
    pub(super) placeholder: Option<String>,
    pub(super) hide_label: bool,
    pub(super) credit_code: bool,
}

impl Input {
    /// A field with its name (`title`, `indicators.0.value`) and label.
    pub fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { name: name.into(), label: label.into(), kind: "text", rows: 5, ..Self::default() }
    }

    /// A sentence that helps to fill it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Marks it as required. The server decides; the browser does not check.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// `type` of the input: `email`, `tel`, `url`, `password`, `search`.
    #[must_use]
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// What the browser may fill in: `email`, `current-password`, `organization`.
    #[must_use]
    pub fn autocomplete(mut self, value: &'static str) -> Self {
        self.autocomplete = Some(value);
        self
    }

    /// Which keyboard a phone shows: `numeric`, `decimal`.
    #[must_use]
    pub fn inputmode(mut self, value: &'static str) -> Self {
        self.inputmode = Some(value);
        self
    }

    /// About so many characters wide: 5, 10, 20 or 30; full width otherwise.
    #[must_use]
    pub fn width(mut self, characters: u8) -> Self {
        self.width = characters;
        self
    }

    /// What stands behind the input, such as a unit.
    #[must_use]
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = suffix.into();
        self
    }

    /// Lines of a text area.
    #[must_use]
    pub fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    /// Most characters, said below a text area. More can be typed: the server says what is too long.
    #[must_use]
    pub fn max(mut self, characters: usize) -> Self {
        self.max = Some(characters);
        self
    }

    /// Kinds of files: `.csv,.xlsx`.
    #[must_use]
    pub fn accept(mut self, kinds: &'static str) -> Self {
        self.accept = Some(kinds);
        self
    }

    /// Several files at once.
    #[must_use]
    pub fn multiple(mut self) -> Self {
        self.multiple = true;
        self
    }

    /// The language of what is typed, when it is not the page's.
    #[must_use]
    pub fn lang(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }

    /// A choice without an empty first line.
    #[must_use]
    pub fn without_blank(mut self) -> Self {
        self.no_blank = true;
        self
    }

    /// Words of the empty first line of a choice.
    #[must_use]
    pub fn blank(mut self, words: impl Into<String>) -> Self {
        self.placeholder = Some(words.into());
        self
    }

    /// A label for readers of the screen only.
    #[must_use]
    pub fn hide_label(mut self) -> Self {
        self.hide_label = true;
        self
    }

    /// Takes a 统一社会信用代码: an awake page says below it whether it holds.
    #[must_use]
    pub fn credit_code(mut self) -> Self {
        self.credit_code = true;
        self
    }

    pub(super) fn id(&self) -> String {
        field_id(&self.name)
    }

    /// What describes the control: ids of its hint and its error.
    pub(super) fn described_by(&self, error: bool) -> Option<String> {
        let id = self.id();
        let hint = (!self.hint.is_empty()).then(|| format!("{id}-hint"));
        let error = error.then(|| format!("{id}-error"));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn width_class(&self) -> &'static str {
        match self.width {
            0 => "",
            1..=5 => "width-5",
            6..=10 => "width-10",
            11..=20 => "width-20",
            _ => "width-30",
        }
    }
}

/// The id of a field: its name with dashes for dots.
pub fn field_id(name: &str) -> String {
    name.replace('.', "-")
}

/// The word that marks a required field.
pub(super) fn required_mark(cx: &Cx, required: bool) -> Option<AnyView> {
    required.then(|| view! { <span class="required">{t!(cx.lang, "ui.form.required")}</span> }.into_any())
}

pub(super) fn hint_text(input: &Input) -> Option<AnyView> {
    let id = format!("{}-hint", input.id());
    (!input.hint.is_empty()).then(|| view! { <p class="hint" id=id>{input.hint.clone()}</p> }.into_any())
}

/// Why a field was refused.
pub fn error_text(cx: &Cx, name: &str, error: Option<String>) -> Option<AnyView> {
    let id = format!("{}-error", field_id(name));
    let prefix = t!(cx.lang, "ui.form.error_prefix");
    error.map(|words| view! { <p class="error" id=id><span class="error-prefix">{prefix}</span>{words}</p> }.into_any())
}

pub(super) fn field_class(refused: bool) -> &'static str {
    if refused { "field refused" } else { "field" }
}

/// Label, hint and error around a control.
pub(super) fn field(cx: &Cx, form: &Form, input: &Input, control: AnyView, below: Option<AnyView>) -> AnyView {
    let error = form.error(cx.lang, &input.name);
    let class = field_class(error.is_some());
    let label_class = if input.hide_label { "hidden-text" } else { "label" };
    view! {
        <div class=class>
            <label class=label_class for=input.id()>{input.label.clone()}{required_mark(cx, input.required)}</label>
            {hint_text(input)}
            {error_text(cx, &input.name, error)}
            {control}
            {below}
        </div>
    }
    .into_any()
}

/// The bare input of a field, with what stands behind it.
fn control(form: &Form, input: &Input) -> AnyView {
    let refused = form.errors.iter().any(|error| error.field == input.name);
    let value = if input.kind == "password" { None } else { Some(form.value(&input.name)) };
    let control = view! {
        <input
            class=format!("input {}", input.width_class())
            id=input.id()
            name=input.name.clone()
            type=input.kind
            value=value
            lang=input.lang.map(Lang::tag)
            autocomplete=input.autocomplete
            inputmode=input.inputmode
            aria-required=input.required.then_some("true")
            aria-invalid=refused.then_some("true")
            aria-describedby=input.described_by(refused)
        />
    };
    if input.suffix.is_empty() {
        control.into_any()
    } else {
        view! { <div class="with-suffix">{control}<span class="suffix">{input.suffix.clone()}</span></div> }.into_any()
    }
}

/// A line of text.
pub fn text(cx: &Cx, form: &Form, input: Input) -> AnyView {
    let below = input.credit_code.then(|| islands::credit_code_check(cx, &input.name));
    field(cx, form, &input, control(form, &input), below)
}

/// Several lines of text.
pub fn textarea(cx: &Cx, form: &Form, input: Input) -> AnyView {
    let refused = form.errors.iter().any(|error| error.field == input.name);
    // A parser drops the first line end of a text area; and what stands in one is not escaped when it is drawn.
    let value = format!("\n{}", escape(&form.value(&input.name)));
    let below = input.max.map(|max| {
        let left = islands::character_count(cx, &input.name, max);
        view! { <p class="limit">{t!(cx.lang, "ui.form.at_most", max = max)}" "{left}</p> }.into_any()
    });
    let control = view! {
        <textarea
            class="input"
            id=input.id()
            name=input.name.clone()
            rows=input.rows.to_string()
            lang=input.lang.map(Lang::tag)
            aria-required=input.required.then_some("true")
            aria-invalid=refused.then_some("true")
            aria-describedby=input.described_by(refused)
        >
            {value}
        </textarea>
    }
    .into_any();
    field(cx, form, &input, control, below)
}

/// A day, picked or typed.
pub fn date_input(cx: &Cx, form: &Form, input: Input) -> AnyView {
    text(cx, form, Input { kind: "date", width: 20, ..input })
}

/// An amount of money in the unit behind it (yuan unless the input has a suffix of its own); people may type units too.
pub fn money_input(cx: &Cx, form: &Form, input: Input) -> AnyView {
    // In another unit, what is typed means something else.
    let below = input.suffix.is_empty().then(|| islands::money_echo(cx, &input.name));
    let suffix = if input.suffix.is_empty() { t!(cx.lang, "ui.form.yuan").to_owned() } else { input.suffix.clone() };
    let input = Input { inputmode: Some("decimal"), width: 20, suffix, ..input };
    field(cx, form, &input, control(form, &input), below)
}

/// A file, or several, with the largest size allowed.
pub fn file(cx: &Cx, form: &Form, input: Input) -> AnyView {
    let refused = form.errors.iter().any(|error| error.field == input.name);
    let megabytes = cx.site.upload_limit / (1024 * 1024);
    let below = (megabytes > 0).then(|| view! { <p class="limit">{t!(cx.lang, "ui.form.file_at_most", mb = megabytes)}</p> }.into_any());
    let control = view! {
        <input
            class="file"
            id=input.id()
            name=input.name.clone()
            type="file"
            accept=input.accept
            multiple=input.multiple
            aria-required=input.required.then_some("true")
            aria-invalid=refused.then_some("true")
            aria-describedby=input.described_by(refused)
        />
    }
    .into_any();
    field(cx, form, &input, control, below)
}

/// A value that people do not see.
pub fn hidden(name: &str, value: &str) -> AnyView {
    view! { <input type="hidden" name=name.to_owned() value=value.to_owned() /> }.into_any()
}

/// Fields that belong together, with their heading.
pub fn fieldset(legend: &str, body: AnyView) -> AnyView {
    view! { <fieldset class="group"><legend>{legend.to_owned()}</legend>{body}</fieldset> }.into_any()
}

/// A form that posts to an address of ours, with the token that makes posting twice do nothing twice.
pub fn form(_cx: &Cx, action: &str, multipart: bool, body: AnyView) -> AnyView {
    let encoding = multipart.then_some("multipart/form-data");
    view! {
        <form class="form" method="post" action=action.to_owned() enctype=encoding novalidate=true>
            {hidden("once", &Uuid::now_v7().to_string())}
            {islands::submit_once()}
            {body}
        </form>
    }
    .into_any()
}

/// How much a button asks to be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonStyle {
    /// What the page is for; one a form.
    #[default]
    Primary,
    /// Something else that can be done.
    Secondary,
    /// Looks like a link.
    Quiet,
    /// Cannot be undone.
    Danger,
}

impl ButtonStyle {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Primary => "button",
            Self::Secondary => "button secondary",
            Self::Quiet => "button quiet",
            Self::Danger => "button danger",
        }
    }
}

/// A button that sends its form with `action` set to a value (none when the value is empty).
pub fn button(label: &str, action: &str, style: ButtonStyle) -> AnyView {
    let name = (!action.is_empty()).then_some("action");
    let value = (!action.is_empty()).then(|| action.to_owned());
    view! { <button class=style.class() type="submit" name=name value=value>{label.to_owned()}</button> }.into_any()
}

/// A link that looks like a button.
pub fn button_link(label: &str, href: &str, style: ButtonStyle) -> AnyView {
    view! { <a class=style.class() href=href.to_owned()>{label.to_owned()}</a> }.into_any()
}

/// Buttons beside each other, the first the most important.
pub fn buttons(items: Vec<AnyView>) -> AnyView {
    view! { <div class="buttons">{items}</div> }.into_any()
}

/// A form that is nothing but its button, with hidden values.
pub fn post_button(cx: &Cx, url: &str, label: &str, action: &str, values: &[(&str, &str)], style: ButtonStyle) -> AnyView {
    let values: Vec<AnyView> = values.iter().map(|(name, value)| hidden(name, value)).collect();
    let body = view! { {values} {button(label, action, style)} }.into_any();
    view! { <div class="post-button">{form(cx, url, false, body)}</div> }.into_any()
}

/// What was wrong with a form, above it, each reason with a link to its field. `labels` names the fields; rows of a table
/// (`indicators.0.value`) go by the label of the table unless they have their own. Nothing when nothing was wrong.
pub fn error_summary(cx: &Cx, form: &Form, labels: &[(&str, &str)]) -> AnyView {
    if form.errors.is_empty() {
        return ().into_any();
    }
    let title = match form.errors.len() {
        1 => t!(cx.lang, "ui.form.errors_one").to_owned(),
        n => t!(cx.lang, "ui.form.errors_many", n = n),
    };
    let items: Vec<AnyView> = form
        .errors
        .iter()
        .map(|error| {
            let words = words::error_words(cx.lang, error);
            if error.field.is_empty() {
                return view! { <li>{words}</li> }.into_any();
            }
            let words = match field_name(cx, &error.field, labels) {
                Some(name) => t!(cx.lang, "ui.form.error_at", field = name, error = words),
                None => words,
            };
            view! { <li><a href=format!("#{}", field_id(&error.field))>{words}</a></li> }.into_any()
        })
        .collect();
    view! {
        <div class="error-summary" role="alert" tabindex="-1" aria-labelledby="error-summary-title">
            <h2 id="error-summary-title">{title}</h2>
            <ul>{items}</ul>
        </div>
    }
    .into_any()
}

/// What a field is called; a field in a row of a table by the table's name and the number of the row.
fn field_name(cx: &Cx, field: &str, labels: &[(&str, &str)]) -> Option<String> {
    let label = |name: &str| labels.iter().find(|(field, _)| *field == name).map(|(_, label)| (*label).to_owned());
    if let Some(name) = label(field) {
        return Some(name);
    }
    let mut parts = field.split('.');
    let table = label(parts.next()?)?;
    match parts.next().and_then(|index| index.parse::<usize>().ok()) {
        Some(index) => Some(t!(cx.lang, "ui.form.row", table = table, row = index + 1)),
        None => Some(table),
    }
}

/// What somebody else saved while a form was filled in, field by field as far as it differs; nothing for a form that is not stale. `labels`
/// names the fields; what it does not name (a kind that another field says) is left out.
pub fn conflict(cx: &Cx, form: &Form, saved: &Fields, labels: &[(&str, &str)]) -> AnyView {
    if !form.is_stale() {
        return ().into_any();
    }
    let items: Vec<AnyView> = form
        .conflicts(saved)
        .into_iter()
        .filter_map(|(name, saved)| {
            let field = name.split_once('.').map_or(name.as_str(), |(field, _)| field);
            let (_, label) = labels.iter().find(|(known, _)| *known == field)?;
            Some(view! { <li><strong>{(*label).to_owned()}</strong>" "{excerpt(&saved, 300)}</li> }.into_any())
        })
        .collect();
    notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "ui.form.conflict")}</p><ul>{items}</ul> }.into_any())
}
