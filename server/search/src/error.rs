//! Why the index cannot do what it was asked.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

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
    /// The writer's thread has ended; the index has to be opened again, see [`crate::SearchIndex::recover`].
    #[error("the search index's writer has stopped")]
    WriterGone,
}

impl SearchError {
    /// Whether the files may be damaged, so that trying again is of no use before they were looked at. A full disk is no damage: what is
    /// there stays sound.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Corrupt(_) | Self::Engine(_) | Self::WriterGone => true,
            Self::Io(error) => !matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem),
            Self::Locked(_) => false,
        }
    }
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<TantivyError> for SearchError {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::IoError(io)
            | TantivyError::OpenReadError(OpenReadError::IoError { io_error: io, .. })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: io, .. })
            | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error: io, .. })
            | TantivyError::LockFailure(LockError::IoError(io), _) => Self::Io(io),
            TantivyError::DataCorruption(what) => Self::Corrupt(format!("{what:?}")),
            TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) => Self::Corrupt(format!("{} is missing", file.display())),
            TantivyError::IncompatibleIndex(what) => Self::Corrupt(format!("{what:?}")),
            TantivyError::LockFailure(LockError::LockBusy, path) => Self::Locked(path.map(PathBuf::from).unwrap_or_default()),
            other => Self::Engine(other),
        }
    }
}
