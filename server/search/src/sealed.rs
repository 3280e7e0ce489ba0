//! How is a change noticed in a file that has no checksum?
//!
//! The engine puts checksums into the files of segments, but none into `meta.json`: the list of segments, of what is deleted in them,
//! and the position. Here they get one.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{Directory, DirectoryLock, FileHandle, Lock, WatchCallback, WatchHandle, WritePtr};

/// Bytes of a seal.
const SEAL: usize = 4;

/// A folder whose files that are written at once end with a checksum.
#[derive(Debug, Clone)]
pub(crate) struct Sealed(Box<dyn Directory>);

impl Sealed {
    pub(crate) fn new(inner: Box<dyn Directory>) -> Self {
        Self(inner)
    }
}

fn seal(data: &[u8]) -> [u8; SEAL] {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum().to_le_bytes()
}

impl Directory for Sealed {
    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let mut data = self.0.atomic_read(path)?;
        let end = data.len().saturating_sub(SEAL);
        if data.get(end..) != Some(seal(data.get(..end).unwrap_or_default()).as_slice()) {
            let error = io::Error::new(ErrorKind::InvalidData, "the checksum differs");
            return Err(OpenReadError::wrap_io_error(error, path.to_owned()));
        }
        data.truncate(end);
        Ok(data)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.0.atomic_write(path, &[data, &seal(data)].concat())
    }

    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.0.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.0.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.0.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.0.open_write(path)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.0.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.0.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.0.watch(callback)
    }
}
