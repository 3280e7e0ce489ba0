//! Which folder is the index, and is it sound?
//!
//! Each index has a folder of its own, `index-v{VERSION}-{hash}-{generation}`. The file `current` names the one that counts; it is replaced
//! in one step when another one is complete. Whatever it does not name is rubbish.

use std::any::Any;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tantivy::directory::{Directory, DirectoryLock, Lock, MmapDirectory};
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyError};

use crate::error::SearchError;
use crate::index::VERSION;
use crate::schema::Fields;
use crate::sealed::Sealed;

/// Stands between the index and its files: for tests in which a disk fails.
pub type Wrap = Arc<dyn Fn(MmapDirectory) -> Box<dyn Directory> + Send + Sync>;

/// The file that names the folder that counts.
const CURRENT: &str = "current";
/// The file whose lock says that somebody has the index open.
const LOCK: &str = ".lock";

/// The folder of all generations, locked.
pub(crate) struct Home {
    dir: PathBuf,
    prefix: String,
    wrap: Option<Wrap>,
    generation: AtomicU64,
    _lock: DirectoryLock,
}

impl Home {
    /// Makes the folder when there is none, and locks it.
    pub(crate) fn lock(dir: &Path, fields: &Fields, wrap: Option<Wrap>) -> Result<Self, SearchError> {
        std::fs::create_dir_all(dir)?;
        let lock = Lock { filepath: LOCK.into(), is_blocking: false };
        let lock = MmapDirectory::open(dir).map_err(TantivyError::from)?.acquire_lock(&lock).map_err(|error| match error {
            tantivy::directory::error::LockError::LockBusy => SearchError::Locked(dir.to_owned()),
            tantivy::directory::error::LockError::IoError(error) => SearchError::Io(error),
        })?;
        let prefix = format!("index-v{VERSION}-{}-", fields.hash());
        let taken = folders(dir).iter().filter_map(|path| name_of(path).rsplit('-').next()?.parse().ok()).max().unwrap_or(0);
        Ok(Self { dir: dir.to_owned(), prefix, wrap, generation: AtomicU64::new(taken), _lock: lock })
    }

    /// The folder that counts, when there is one of this version.
    pub(crate) fn current(&self) -> Option<PathBuf> {
        let name = std::fs::read_to_string(self.dir.join(CURRENT)).ok()?;
        let generation = name.strip_prefix(&self.prefix)?;
        generation.parse::<u64>().ok()?;
        Some(self.dir.join(name)).filter(|path| path.is_dir())
    }

    /// A new folder, empty.
    pub(crate) fn make(&self) -> Result<PathBuf, SearchError> {
        let generation = self.generation.fetch_add(1, Ordering::SeqCst) + 1;
        let path = self.dir.join(format!("{}{generation}", self.prefix));
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// From now on this folder counts, also after a crash.
    pub(crate) fn choose(&self, path: &Path) -> Result<(), SearchError> {
        let new = self.dir.join(format!("{CURRENT}.new"));
        let mut file = std::fs::File::create(&new)?;
        file.write_all(name_of(path).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, self.dir.join(CURRENT))?;
        std::fs::File::open(&self.dir)?.sync_all()?;
        Ok(())
    }

    /// Deletes every other index. What cannot be deleted only costs space, so it is logged and left.
    pub(crate) fn keep_only(&self, keep: &Path) {
        for path in folders(&self.dir).into_iter().filter(|path| path != keep) {
            delete(&path);
        }
    }

    /// The files of a folder.
    pub(crate) fn directory(&self, path: &Path) -> Result<Box<dyn Directory>, SearchError> {
        let directory = MmapDirectory::open(path).map_err(TantivyError::from)?;
        Ok(Box::new(Sealed::new(match &self.wrap {
            Some(wrap) => wrap(directory),
            None => Box::new(directory),
        })))
    }
}

/// Deletes the folder of an index; what cannot be deleted only costs space.
pub(crate) fn delete(path: &Path) {
    // A merge that was under way may still add a file while the others go.
    let deleted = std::fs::remove_dir_all(path).or_else(|_| std::fs::remove_dir_all(path));
    if let Err(error) = deleted
        && path.exists()
    {
        tracing::warn!(path = %path.display(), %error, "cannot delete an outdated search index");
    }
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_dir() && name_of(path).starts_with("index-v")).collect()
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Opens the index if there is one and all of it can be read.
pub(crate) fn open_sound(directory: Box<dyn Directory>, fields: &Fields, validate: bool) -> Result<Option<Index>, SearchError> {
    guarded(|| {
        if !Index::exists(&*directory).map_err(TantivyError::from)? {
            return Ok(None);
        }
        let index = Index::open(directory)?;
        if index.schema() != fields.schema {
            return Err(SearchError::Corrupt("the schema differs from the folder's name".to_owned()));
        }
        if validate {
            validate_files(&index)?;
        }
        let _reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Some(index))
    })
}

/// Compares the checksum of every file the index is made of. The engine's own comparison passes over files that are missing, or that its
/// list of files does not name.
fn validate_files(index: &Index) -> Result<(), SearchError> {
    let directory = index.directory();
    for file in index.load_metas()?.list_segment_files() {
        if directory.exists(&file).map_err(TantivyError::from)? && !directory.validate_checksum(&file).map_err(TantivyError::from)? {
            return Err(SearchError::Corrupt(format!("the checksum of {} differs", file.display())));
        }
    }
    Ok(())
}

/// Runs what reads files. The engine trusts its files and may panic over damaged ones: that is damage, too.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, SearchError>) -> Result<T, SearchError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(SearchError::Corrupt(format!("the engine panicked: {}", said(&*panic)))))
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}
