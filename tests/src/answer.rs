//! What came back, and the forms in it.

use std::{cell::OnceCell, collections::BTreeMap, fmt};

use axum::http::{HeaderMap, header};
use keqiao_model::Fields;
use scraper::{ElementRef, Html, Node, Selector};

/// Names and values to be typed into a form.
pub trait Typed {
    /// In their order; a name may come several times.
    fn typed(self) -> Vec<(String, String)>;
}

impl Typed for Fields {
    fn typed(self) -> Vec<(String, String)> {
        self.0
    }
}

impl Typed for Vec<(String, String)> {
    fn typed(self) -> Vec<(String, String)> {
        self
    }
}

impl<N: Into<String>, V: Into<String>, const LENGTH: usize> Typed for [(N, V); LENGTH] {
    fn typed(self) -> Vec<(String, String)> {
        self.into_iter().map(|(n, v)| (n.into(), v.into())).collect()
    }
}

/// Nothing.
impl Typed for () {
    fn typed(self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// What came back.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The path and query that were asked for.
    pub path: String,
    html: OnceCell<Html>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: String = if self.status < 300 || self.status >= 400 { self.said().chars().take(700).collect() } else { self.location() };
        write!(f, "{} for {}: {said} {:?}", self.status, self.path, self.summary_errors())
    }
}

fn select(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

/// Elements within a line: what they hold is not parted from what stands around them.
const INLINE: [&str; 10] = ["a", "b", "bdi", "code", "em", "i", "mark", "span", "strong", "time"];

/// The text of an element as one reads it, white space made plain.
fn plain(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    read(element, &mut text);
    words(&text)
}

fn read(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        if let Node::Text(piece) = child.value() {
            text.push_str(piece);
        } else if let Some(inner) = ElementRef::wrap(child) {
            let block = !INLINE.contains(&inner.value().name());
            text.push_str(if block { " " } else { "" });
            read(inner, text);
            text.push_str(if block { " " } else { "" });
        }
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Answer {
    pub(crate) fn new(status: u16, headers: HeaderMap, bytes: Vec<u8>, path: String) -> Self {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { status, headers, text, bytes, path, html: OnceCell::new() }
    }

    /// The body as a document.
    pub fn html(&self) -> &Html {
        self.html.get_or_init(|| Html::parse_document(&self.text))
    }

    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Where it leads.
    pub fn location(&self) -> String {
        self.header(header::LOCATION.as_str()).to_owned()
    }

    /// The text of the first element of a selector, `None` when there is none.
    pub fn find(&self, css: &str) -> Option<String> {
        self.html().select(&select(css)).next().map(plain)
    }

    /// The texts of every element of a selector.
    pub fn all(&self, css: &str) -> Vec<String> {
        self.html().select(&select(css)).map(plain).collect()
    }

    /// An attribute of every element of a selector.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        self.html().select(&select(css)).filter_map(|e| e.value().attr(name)).map(str::to_owned).collect()
    }

    /// What the main part of the page says, as plain text.
    pub fn said(&self) -> String {
        self.find("main").unwrap_or_else(|| words(&self.text))
    }

    /// Whether the main part of the page says something.
    pub fn says(&self, text: &str) -> bool {
        self.said().contains(&words(text))
    }

    /// The heading of the page.
    pub fn heading(&self) -> String {
        self.find("h1").unwrap_or_default()
    }

    /// What is marked as a hit.
    pub fn marks(&self) -> Vec<String> {
        self.all("main mark")
    }

    /// Where the links of the main part lead.
    pub fn links(&self) -> Vec<String> {
        self.attributes("main a", "href")
    }

    /// The reasons above a refused form.
    pub fn summary_errors(&self) -> Vec<String> {
        self.all(".error-summary li")
    }

    /// The reason beside a field.
    pub fn error_at(&self, field: &str) -> Option<String> {
        let id = field.replace('.', "-");
        let (wanted, prefix) = (select(&format!("[id=\"{id}-error\"]")), select(".error-prefix"));
        let element = self.html().select(&wanted).next()?;
        let prefix = element.select(&prefix).next().map(plain).unwrap_or_default();
        Some(plain(element).trim_start_matches(&prefix).trim().to_owned())
    }

    /// What a field of the page holds now.
    pub fn value_of(&self, field: &str) -> Option<String> {
        let wanted = select(&format!("main [name=\"{field}\"]"));
        self.html().select(&wanted).find_map(value)
    }

    /// Every value that a field of the page would send (several for boxes).
    pub fn values_of(&self, field: &str) -> Vec<String> {
        let wanted = select(&format!("main [name=\"{field}\"]"));
        self.html().select(&wanted).filter_map(value).collect()
    }

    /// What could run or load something that a person typed: elements and attributes that no page of ours has.
    pub fn dangers(&self) -> Vec<String> {
        let mut found = Vec::new();
        for element in self.html().select(&select("*")) {
            let value = element.value();
            let script =
                value.name() == "script" && (value.attr("nonce").is_none_or(str::is_empty) || element.text().any(|t| !t.trim().is_empty()));
            if script || matches!(value.name(), "iframe" | "object" | "embed" | "base" | "style") {
                found.push(format!("<{}>", value.name()));
            }
            for (name, content) in value.attrs() {
                let link = matches!(name, "href" | "src" | "action" | "formaction");
                let scheme = content.trim_start().to_lowercase();
                if name.starts_with("on")
                    || name == "style"
                    || name == "srcdoc"
                    || (link && (scheme.starts_with("javascript:") || scheme.starts_with("data:")))
                {
                    found.push(format!("{name}={content}"));
                }
            }
        }
        found
    }

    /// The form whose button sets `action` to this value (for an empty one, the form of the first button without it).
    pub fn form(&self, action: &str) -> Form {
        self.forms(action).into_iter().next().unwrap_or_else(|| panic!("no button {action:?} on {self}"))
    }

    /// Whether the page has a button.
    pub fn offers(&self, action: &str) -> bool {
        !self.forms(action).is_empty()
    }

    /// Every form with a button of this value.
    pub fn forms(&self, action: &str) -> Vec<Form> {
        let buttons = select("button[type=submit]");
        let forms = select("main form[method=post]");
        let offers = |form: &ElementRef<'_>| {
            form.select(&buttons).any(|b| match b.value().attr("name") {
                Some("action") => b.value().attr("value") == Some(action),
                _ => action.is_empty(),
            })
        };
        self.html().select(&forms).filter(offers).map(|form| Form::read(form, action, &self.path)).collect()
    }
}

/// What a control would send; nothing for boxes that are not checked.
fn value(control: ElementRef<'_>) -> Option<String> {
    let element = control.value();
    match element.name() {
        "textarea" => Some(control.text().collect::<String>()),
        "select" => {
            let options = select("option");
            let chosen =
                control.select(&options).find(|o| o.value().attr("selected").is_some()).or_else(|| control.select(&options).next());
            chosen.map(|o| o.value().attr("value").map_or_else(|| plain(o), str::to_owned))
        }
        _ => match element.attr("type") {
            Some("checkbox" | "radio") => element.attr("checked").is_some().then(|| element.attr("value").unwrap_or("on").to_owned()),
            Some("file") => None,
            _ => Some(element.attr("value").unwrap_or_default().to_owned()),
        },
    }
}

/// What is sent of a form.
pub(crate) struct Posted {
    pub(crate) to: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) files: Vec<File>,
    pub(crate) multipart: bool,
}

/// A chosen file: field, name, bytes.
pub(crate) type File = (String, String, Vec<u8>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Control {
    Hidden,
    Text,
    Choice(Vec<String>),
    File,
}

/// A form as a browser holds it: what is in its fields now, to be typed over and sent.
#[derive(Debug, Clone)]
pub struct Form {
    to: String,
    multipart: bool,
    controls: BTreeMap<String, Control>,
    fields: Vec<(String, String)>,
    files: Vec<File>,
}

impl Form {
    fn read(form: ElementRef<'_>, action: &str, page: &str) -> Self {
        let mut controls: BTreeMap<String, Control> = BTreeMap::new();
        let mut fields = Vec::new();
        for control in form.select(&select("input, select, textarea")) {
            let element = control.value();
            let Some(name) = element.attr("name").map(str::to_owned) else { continue };
            if element.attr("disabled").is_some() {
                continue;
            }
            let own = element.attr("value").unwrap_or_default().to_owned();
            let kind = match (element.name(), element.attr("type")) {
                ("select", _) => {
                    let options = select("option");
                    Control::Choice(control.select(&options).map(|o| o.value().attr("value").unwrap_or_default().to_owned()).collect())
                }
                (_, Some("hidden")) => Control::Hidden,
                (_, Some("checkbox" | "radio")) => Control::Choice(vec![own]),
                (_, Some("file")) => Control::File,
                _ => Control::Text,
            };
            match (controls.get_mut(&name), kind) {
                (Some(Control::Choice(known)), Control::Choice(more)) => known.extend(more),
                (_, kind) => {
                    controls.insert(name.clone(), kind);
                }
            }
            if let Some(value) = value(control) {
                fields.push((name, value));
            }
        }
        if !action.is_empty() {
            fields.push(("action".to_owned(), action.to_owned()));
        }
        let to = form.value().attr("action").filter(|to| !to.is_empty()).unwrap_or(page).to_owned();
        Self { to, multipart: form.value().attr("enctype") == Some("multipart/form-data"), controls, fields, files: Vec::new() }
    }

    /// Types into the fields. A browser can only fill fields that are there, with options that are offered.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, typed: impl Typed) -> Self {
        let typed = typed.typed();
        for (name, value) in &typed {
            match self.controls.get(name) {
                None => panic!("the form has no field {name}; it has {:?}", self.controls.keys().collect::<Vec<_>>()),
                Some(Control::Hidden | Control::File) => panic!("nobody can type into {name}"),
                Some(Control::Choice(options)) => {
                    assert!(value.is_empty() || options.contains(value), "{name} does not offer {value}: {options:?}")
                }
                Some(Control::Text) => {}
            }
        }
        self.put(typed);
        self
    }

    /// Takes the marks out of boxes.
    #[must_use]
    #[track_caller]
    pub fn unchecked(mut self, name: &str) -> Self {
        assert!(self.fields.iter().any(|(n, _)| n == name), "{name} is not checked");
        self.fields.retain(|(n, _)| n != name);
        self
    }

    /// Changes fields as somebody does who writes requests by hand.
    #[must_use]
    pub fn tampered(mut self, typed: impl Typed) -> Self {
        self.put(typed.typed());
        self
    }

    fn put(&mut self, typed: Vec<(String, String)>) {
        self.fields.retain(|(name, _)| !typed.iter().any(|(n, _)| n == name));
        self.fields.extend(typed);
    }

    /// Chooses a file.
    #[must_use]
    #[track_caller]
    pub fn file(mut self, field: &str, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        assert_eq!(self.controls.get(field), Some(&Control::File), "{field} takes no file");
        self.files.push((field.to_owned(), name.to_owned(), bytes.into()));
        self
    }

    /// Sends it elsewhere than the page says.
    #[must_use]
    pub fn to(mut self, path: &str) -> Self {
        path.clone_into(&mut self.to);
        self
    }

    /// What it would send for a field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// The names of the fields one can type text into.
    pub fn text_fields(&self) -> Vec<String> {
        self.controls.iter().filter(|(_, control)| **control == Control::Text).map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn into_request(self) -> Posted {
        Posted { to: self.to, fields: self.fields, files: self.files, multipart: self.multipart }
    }
}
