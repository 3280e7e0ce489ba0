//! What a person sent, and a form that comes back with it.

use keqiao_model::{FieldError, Fields, Lang};

use crate::words::error_words;

/// A file that came with a form.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Name of the form field.
    pub field: String,
    /// Name of the file on the sender's machine.
    pub name: String,
    /// The bytes, already within the size limit.
    pub bytes: Vec<u8>,
}

/// A posted form: fields in the order they came, and files.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    /// Names and values.
    pub fields: Fields,
    /// Files that are not empty-named.
    pub files: Vec<Upload>,
}

impl Submission {
    /// The first value of a field, empty when absent.
    pub fn value(&self, name: &str) -> &str {
        self.fields.value(name)
    }

    /// Which button was pressed: the value of `action`.
    pub fn action(&self) -> &str {
        self.value("action")
    }

    /// The hidden token that makes posting twice do nothing twice.
    pub fn once(&self) -> Option<uuid::Uuid> {
        self.value("once").parse().ok()
    }

    /// The hidden version that the form was drawn from.
    pub fn version(&self) -> i64 {
        self.value("version").parse().unwrap_or(0)
    }
}

/// A form as it is drawn: values, and what was wrong with them.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Names and values.
    pub fields: Fields,
    /// Reasons, when it was refused.
    pub errors: Vec<FieldError>,
}

impl Form {
    /// A form filled with known values.
    pub fn filled(fields: Fields) -> Self {
        Self { fields, errors: Vec::new() }
    }

    /// A refused form: everything typed, and why.
    pub fn refused(submission: &Submission, errors: Vec<FieldError>) -> Self {
        Self { fields: submission.fields.clone(), errors }
    }

    /// A posted form drawn again although nothing is wrong (one more row).
    pub fn again(submission: &Submission) -> Self {
        Self { fields: submission.fields.clone(), errors: Vec::new() }
    }

    /// The first value of a field, empty when absent.
    pub fn value(&self, name: &str) -> String {
        self.fields.value(name).to_owned()
    }

    /// Whether a field holds a value (check boxes, radios, selects).
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.fields.has(name, value)
    }

    /// Rows of a table in the form (`indicators.0.name`), by index.
    pub fn rows(&self, prefix: &str) -> Vec<(usize, Fields)> {
        self.fields.rows(prefix)
    }

    /// Whether somebody else changed the subject while this form was filled in.
    pub fn is_stale(&self) -> bool {
        self.errors.iter().any(|e| e.code == "stale")
    }

    /// The same form drawn from a newer version: sent again, it knowingly replaces what was saved meanwhile.
    #[must_use]
    pub fn at_version(mut self, version: i64) -> Self {
        self.fields.0.retain(|(name, _)| name != "version");
        self.fields.push("version", version.to_string());
        self
    }

    /// Names and saved values of the fields in which what was saved meanwhile differs from what was typed here.
    pub fn conflicts(&self, saved: &Fields) -> Vec<(String, String)> {
        let of = |fields: &Fields, name: &str| {
            fields.0.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.replace("\r\n", "\n")).collect::<Vec<_>>()
        };
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in saved.0.iter().filter(|(name, _)| name != "version") {
            if !names.contains(&name.as_str()) && of(saved, name) != of(&self.fields, name) {
                names.push(name);
            }
        }
        names.into_iter().map(|name| (name.to_owned(), of(saved, name).join(", "))).collect()
    }

    /// The words for the first reason at a field.
    pub fn error(&self, lang: Lang, name: &str) -> Option<String> {
        self.errors.iter().find(|e| e.field == name).map(|e| error_words(lang, e))
    }
}
