//! Why an input was refused: a code at a field. The words are in the locales of the app.

use serde::{Deserialize, Serialize};

/// One reason at one field.
///
/// `field` is the name of the form field (`title`, `indicators.0.value`), empty when the whole form is meant; `code` is looked up
/// as `error.<code>` in the locales; `args` fill the placeholders of that sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Name of the form field, empty for the whole form.
    pub field: String,
    /// Key of the sentence.
    pub code: String,
    /// Placeholders of the sentence.
    pub args: Vec<(String, String)>,
}

impl FieldError {
    /// A reason without placeholders.
    pub fn new(field: impl Into<String>, code: &str) -> Self {
        Self { field: field.into(), code: code.to_owned(), args: Vec::new() }
    }

    /// The same reason with one more placeholder filled.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.push((name.to_owned(), value.to_string()));
        self
    }
}

/// Collects reasons while an input is checked, so that a person sees all of them at once.
#[derive(Debug, Default)]
pub struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    /// Nothing refused yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses a field.
    pub fn refuse(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    /// Refuses a field when `condition` does not hold.
    pub fn ensure(&mut self, condition: bool, field: &str, code: &str) {
        if !condition {
            self.errors.push(FieldError::new(field, code));
        }
    }

    /// The trimmed text of a required field of at most `max` characters.
    pub fn required(&mut self, field: &str, text: &str, max: usize) -> String {
        let text = self.optional(field, text, max);
        if text.is_empty() {
            self.refuse(FieldError::new(field, "required"));
        }
        text
    }

    /// The trimmed text of a field of at most `max` characters; control characters other than line breaks and tabs are dropped.
    pub fn optional(&mut self, field: &str, text: &str, max: usize) -> String {
        let text: String = text
            .replace("\r\n", "\n")
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect::<String>()
            .trim()
            .to_owned();
        let length = text.chars().count();
        if length > max {
            self.refuse(FieldError::new(field, "too_long").with("max", max).with("length", length));
        }
        text
    }

    /// The value of a result, or its error noted at the field.
    pub fn take<T, E>(&mut self, result: Result<T, E>, at: impl FnOnce(E) -> FieldError) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(at(error));
                None
            }
        }
    }

    /// Whether nothing was refused.
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// The value when nothing was refused, otherwise every reason.
    ///
    /// # Errors
    /// The reasons collected so far.
    pub fn finish<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }
}
