//! Disks that fail: full ones, and ones on which the machine stops in the middle.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use keqiao_search::Wrap;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

/// What a disk still does.
#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<State>);

#[derive(Debug, Default)]
struct State {
    full: AtomicBool,
    /// Writing operations so far.
    done: AtomicU64,
    /// The operation at which the machine stops; 0 for never.
    last: AtomicU64,
}

impl Disk {
    /// A disk on which everything ends with the `last` writing operation, of which half is done.
    pub fn that_stops_at(last: u64) -> Self {
        let disk = Self::default();
        disk.0.last.store(last, Ordering::SeqCst);
        disk
    }

    /// Lets it be full, or have room again.
    pub fn set_full(&self, full: bool) {
        self.0.full.store(full, Ordering::SeqCst);
    }

    /// Writing operations so far.
    pub fn operations(&self) -> u64 {
        self.0.done.load(Ordering::SeqCst)
    }

    /// Between the index and its files.
    pub fn wrap(&self) -> Option<Wrap> {
        let disk = self.clone();
        Some(Arc::new(move |inner: MmapDirectory| -> Box<dyn Directory> { Box::new(Faulty { inner, disk: disk.clone() }) }))
    }

    /// Counts an operation; what becomes of it.
    fn step(&self) -> Step {
        if self.0.full.load(Ordering::SeqCst) {
            return Step::Full;
        }
        let now = self.0.done.fetch_add(1, Ordering::SeqCst) + 1;
        match self.0.last.load(Ordering::SeqCst) {
            0 => Step::Whole,
            last if now < last => Step::Whole,
            last if now == last => Step::Half,
            _ => Step::Nothing,
        }
    }

    fn whole(&self) -> io::Result<()> {
        match self.step() {
            Step::Whole => Ok(()),
            Step::Full => Err(ErrorKind::StorageFull.into()),
            Step::Half | Step::Nothing => Err(io::Error::other("the machine has stopped")),
        }
    }
}

enum Step {
    Whole,
    Half,
    Nothing,
    Full,
}

#[derive(Debug, Clone)]
struct Faulty {
    inner: MmapDirectory,
    disk: Disk,
}

impl Directory for Faulty {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.inner.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        // A full disk can still delete.
        if let Err(error) = self.disk.whole()
            && error.kind() != ErrorKind::StorageFull
        {
            return Err(DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() });
        }
        self.inner.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inner.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.disk.whole().map_err(|error| OpenWriteError::wrap_io_error(error, path.to_owned()))?;
        let file = self.inner.open_write(path)?;
        Ok(BufWriter::new(Box::new(FaultyFile { file, disk: self.disk.clone() })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.inner.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.disk.whole()?;
        self.inner.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.disk.whole()?;
        self.inner.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.inner.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}

struct FaultyFile {
    file: WritePtr,
    disk: Disk,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.disk.step() {
            Step::Whole => self.file.write(bytes),
            Step::Full => Err(ErrorKind::StorageFull.into()),
            step => {
                if matches!(step, Step::Half) {
                    self.file.write_all(&bytes[..bytes.len() / 2])?;
                    self.file.flush()?;
                }
                Err(io::Error::other("the machine has stopped"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.disk.whole()?;
        self.file.flush()
    }
}

impl TerminatingWrite for FaultyFile {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.disk.whole()?;
        self.file.terminate_ref(token)
    }
}
