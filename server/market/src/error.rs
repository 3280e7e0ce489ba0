//! Why a use case was not carried out. Which error belongs where:
//! what a person can mend is `Invalid` at a field; what a person may not know of is `NotFound`; what failed inside is `Internal`, logged once
//! and never shown.

use keqiao_model::FieldError;

/// Why a use case was not carried out; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input was refused, with a reason at each field.
    #[error("invalid input: {0:?}")]
    Invalid(Vec<FieldError>),
    /// There is no such thing, or the actor may not know of it.
    #[error("not found")]
    NotFound,
    /// Somebody must be signed in.
    #[error("sign in first")]
    SignIn,
    /// The actor may see it but not do this.
    #[error("not allowed")]
    Forbidden,
    /// Somebody else changed it since the form was drawn.
    #[error("stale version")]
    Stale,
    /// Too many tries.
    #[error("too many tries, wait {seconds} s")]
    TooMany {
        /// Seconds to wait.
        seconds: u64,
    },
    /// Something failed inside.
    #[error("internal: {0}")]
    Internal(String),
}

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One reason at one field.
    pub fn field(field: &str, code: &str) -> Self {
        Self::Invalid(vec![FieldError::new(field, code)])
    }

    /// Something failed inside.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Self::Internal(detail.to_string())
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Internal(format!("database: {error}"))
    }
}

impl From<keqiao_search::SearchError> for Error {
    fn from(error: keqiao_search::SearchError) -> Self {
        Self::Internal(format!("index: {error}"))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("json: {error}"))
    }
}

impl From<Vec<FieldError>> for Error {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors)
    }
}
