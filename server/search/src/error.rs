//! Why the index cannot do what it was asked.

use std::path::PathBuf;
use std::sync::Arc;

use tantivy::TantivyError;
use tantivy::directory::error::LockError;

/// Why the index cannot do what it was asked. A query can never be the reason: every text is a valid query.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SearchError {
    /// Files of the index are damaged. [`crate::SearchIndex::open`] repairs this by starting afresh; seen elsewhere it means that
    /// the disk changed under a running program.
    #[error("the search index is damaged: {0}")]
    Corrupt(String),
    /// Another writer, in this or another process, holds this index.
    #[error("another process is writing the search index in {}", .0.display())]
    Locked(PathBuf),
    /// The file system refused.
    #[error("the search index cannot read or write its files: {0}")]
    Io(Arc<std::io::Error>),
    /// The index engine failed in another way.
    #[error("the search engine failed: {0}")]
    Engine(TantivyError),
    /// The writer's thread has ended; the process has to open the index again.
    #[error("the search index's writer has stopped")]
    WriterGone,
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<TantivyError> for SearchError {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::IoError(io) => Self::Io(io),
            TantivyError::DataCorruption(what) => Self::Corrupt(format!("{what:?}")),
            TantivyError::LockFailure(LockError::LockBusy, path) => Self::Locked(path.map(PathBuf::from).unwrap_or_default()),
            other => Self::Engine(other),
        }
    }
}
