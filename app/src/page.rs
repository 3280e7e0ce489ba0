//! What a feature answers: a page, a refusal, a redirect.

use keqiao_market::Error;
use keqiao_model::FieldError;
use leptos::prelude::{AnyView, IntoAny};

use crate::{Form, Route, Submission};

/// A loaded page, ready to be drawn.
pub struct Page {
    /// Title in the browser, without the name of the site.
    pub title: String,
    /// One sentence for search engines; public pages have one.
    pub description: Option<String>,
    /// Whether search engines may list it.
    pub public: bool,
    /// HTTP status.
    pub status: u16,
    /// Sent instead of a page: name, media type and bytes of a file.
    pub file: Option<(String, &'static str, Vec<u8>)>,
    /// Draws the page. Called once, inside a reactive owner.
    pub view: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Page {
    /// A page for signed-in people.
    pub fn new(title: impl Into<String>, view: impl FnOnce() -> AnyView + Send + 'static) -> Self {
        Self { title: title.into(), description: None, public: false, status: 200, file: None, view: Box::new(view) }
    }

    /// A file to be saved instead of a page.
    pub fn file(name: impl Into<String>, media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { file: Some((name.into(), media_type, bytes)), ..Self::new("", || ().into_any()) }
    }

    /// The same page, open to everyone and to search engines.
    #[must_use]
    pub fn public(mut self, description: impl Into<String>) -> Self {
        self.public = true;
        self.description = Some(description.into());
        self
    }

    /// The same page with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum PageError {
    /// Nothing there, or nothing this person may know of.
    NotFound,
    /// Sign in first.
    SignIn,
    /// Signed in, but not allowed.
    Forbidden,
    /// Too many tries; seconds to wait.
    TooMany(u64),
    /// The form came from another site.
    CrossSite,
    /// More was sent than the limit, in bytes.
    TooLarge(usize),
    /// What was sent is not a form.
    Malformed,
    /// Something failed; it has been logged.
    Failed,
    /// Elsewhere.
    Redirect(String),
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::SignIn => Self::SignIn,
            Error::Forbidden => Self::Forbidden,
            Error::TooMany { seconds } => Self::TooMany(seconds),
            Error::Invalid(_) | Error::Stale => Self::NotFound,
            Error::Internal(detail) => {
                tracing::error!(error = %detail, "page failed");
                Self::Failed
            }
        }
    }
}

/// What became of a posted form.
pub enum Outcome {
    /// Done: go there (303), optionally with a sentence (`flash.…`) to show.
    Go(Route, Option<&'static str>),
    /// Done: go to this address of ours.
    GoTo(String, Option<&'static str>),
    /// Signed in: set the session cookie and go to this address of ours.
    SignedIn {
        /// The new session's token.
        token: String,
        /// Where to.
        to: String,
    },
    /// Signed out: drop the session cookie and go to the home page.
    SignedOut,
    /// Not done, nothing changed: draw the page again with this form and status 422.
    Refused(Form),
    /// Not done yet, nothing wrong: draw the page again with this form (one more row in a table, a preview).
    Again(Form),
}

impl Outcome {
    /// What became of a form that the market refused: the form comes back with the reasons, or there is no page to come back to.
    ///
    /// # Errors
    /// [`PageError`] for everything that is not the form's fault.
    pub fn refused(submission: &Submission, error: Error) -> Result<Self, PageError> {
        let errors = match error {
            Error::Invalid(errors) => errors,
            Error::Stale => vec![FieldError::new("", "stale")],
            Error::TooMany { seconds } => vec![FieldError::new("", "too_many").with("seconds", seconds)],
            other => return Err(other.into()),
        };
        Ok(Self::Refused(Form::refused(submission, errors)))
    }
}
