//! Where does the index live, and how is it opened?

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use keqiao_model::ListingKind;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::{Index, ReloadPolicy};

use crate::document::{Change, Document};
use crate::error::SearchError;
use crate::help::Help;
use crate::latent::Latent;
use crate::request::{Match, SearchRequest, SearchResult, Suggestions};
use crate::schema::Fields;
use crate::snapshot::{LengthCache, Snapshot};
use crate::vocabulary::Vocabularies;
use crate::writer::{Command, Parts, Writer};
use crate::{matching, similar};

/// Version of the index's layout beyond what the schema says; raise it when analysis changes in code.
pub const VERSION: u32 = 2;

/// The file of what was learnt.
const LATENT: &str = "latent.bin";

/// How the index uses the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Memory for documents not yet written, in bytes. At least 15 MB are used.
    pub writer_memory: usize,
    /// Whether the checksums of all files are compared when opening. It reads the whole index once.
    pub validate: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { writer_memory: 64_000_000, validate: true }
    }
}

/// What [`SearchIndex::open`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// A sound index: go on from [`SearchIndex::position`].
    Existing,
    /// An empty index, new or in place of one that was damaged: fill it from the database.
    Fresh,
}

/// The index. Cheap to clone; the last clone to go stops the writer and waits for it.
#[derive(Clone)]
pub struct SearchIndex {
    inner: Arc<Inner>,
}

struct Inner {
    fields: Arc<Fields>,
    /// The folder, for what is stored beside the engine's files; none in memory.
    folder: Option<PathBuf>,
    latent: Arc<RwLock<Option<Arc<Latent>>>>,
    current: Arc<RwLock<Arc<Snapshot>>>,
    vocabularies: Arc<Vocabularies>,
    writer: Writer,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// Opens the index of this version and schema below `dir`, creating what is missing. Damaged files are deleted and replaced by
    /// an empty index; directories of other versions are deleted. Blocking; a large index takes seconds for its checksums.
    ///
    /// # Errors
    /// [`SearchError::Locked`] when another process (or another `SearchIndex`) has it open; I/O and engine errors otherwise.
    pub fn open(dir: &Path, settings: Settings) -> Result<(SearchIndex, Opened), SearchError> {
        let fields = Fields::new();
        let name = format!("index-v{VERSION}-{}", fields.hash());
        let path = dir.join(&name);
        std::fs::create_dir_all(&path)?;
        // Whoever holds the lock may be in the middle of a commit: what looks like damage then is none, and nothing may be deleted.
        let lock = MmapDirectory::open(&path)
            .map_err(tantivy::TantivyError::from)?
            .acquire_lock(&INDEX_WRITER_LOCK)
            .map_err(|_| SearchError::Locked(path.clone()))?;
        let existing = match open_sound(&path, &fields, settings.validate) {
            Ok(index) => index,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "search index is damaged and will be rebuilt");
                None
            }
        };
        drop(lock);
        let opened = if existing.is_some() { Opened::Existing } else { Opened::Fresh };
        let index = match existing {
            Some(index) => index,
            None => {
                std::fs::remove_dir_all(&path)?;
                std::fs::create_dir_all(&path)?;
                Index::create_in_dir(&path, fields.schema.clone())?
            }
        };
        let this = Self::start(index, fields, &settings, Some(path.clone())).map_err(|error| match error {
            SearchError::Locked(_) => SearchError::Locked(path),
            other => other,
        })?;
        delete_others(dir, &name);
        Ok((this, opened))
    }

    /// An empty index that lives in memory: for tests and for measuring.
    ///
    /// # Errors
    /// When the writer cannot be started.
    pub fn in_memory() -> Result<SearchIndex, SearchError> {
        let fields = Fields::new();
        Self::start(Index::create_in_ram(fields.schema.clone()), fields, &Settings::default(), None)
    }

    fn start(index: Index, fields: Fields, settings: &Settings, folder: Option<PathBuf>) -> Result<SearchIndex, SearchError> {
        let fields = Arc::new(fields);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let position = index.load_metas()?.payload;
        let mut lengths = LengthCache::default();
        let first = Snapshot::new(reader.searcher(), &fields, position, &mut lengths)?;
        let current = Arc::new(RwLock::new(Arc::new(first)));
        let latent = match &folder {
            Some(folder) if folder.join(LATENT).exists() => Some(Arc::new(Latent::from_bytes(&std::fs::read(folder.join(LATENT))?)?)),
            _ => None,
        };
        let latent = Arc::new(RwLock::new(latent));
        let parts = Parts { fields: Arc::clone(&fields), latent: Arc::clone(&latent), current: Arc::clone(&current) };
        let writer = Writer::start(&index, reader, parts, lengths, settings.writer_memory)?;
        Ok(Self { inner: Arc::new(Inner { fields, folder, latent, current, vocabularies: Arc::default(), writer }) })
    }

    /// Learns from these listings which of them are about the same. Call it on an empty index, before it is filled: only listings that are
    /// added afterwards have a place in what was learnt. Without it, or from too few texts, matches are ranked without their kin. Blocking.
    ///
    /// # Errors
    /// When what was learnt cannot be stored.
    pub fn learn(&self, documents: &[Document]) -> Result<(), SearchError> {
        let latent = Latent::learn(documents);
        if let Some(folder) = &self.inner.folder {
            let (path, draft) = (folder.join(LATENT), folder.join(format!("{LATENT}.new")));
            match &latent {
                Some(latent) => {
                    std::fs::write(&draft, latent.to_bytes())?;
                    std::fs::rename(&draft, &path)?;
                }
                None if path.exists() => std::fs::remove_file(&path)?,
                None => {}
            }
        }
        *self.inner.latent.write().unwrap_or_else(std::sync::PoisonError::into_inner) = latent.map(Arc::new);
        Ok(())
    }

    /// How many listings [`SearchIndex::learn`] uses at most; it takes them evenly from what it is given.
    pub const LEARNT_FROM: usize = crate::latent::SAMPLE;

    /// The outbox position of the last commit: everything up to it is in the index, whatever happened since. `None` for an empty
    /// or cleared index.
    pub fn position(&self) -> Option<String> {
        self.snapshot().position.clone()
    }

    /// Applies the changes in their order and remembers the position, both in one commit. Visible to every search that starts
    /// after it returns. A failure leaves nothing applied, or all of it but not yet visible: then apply the same again.
    ///
    /// # Errors
    /// [`SearchError::WriterGone`] when the writer's thread has ended; I/O and engine errors.
    pub async fn apply(&self, changes: Vec<Change>, position: String) -> Result<(), SearchError> {
        self.inner.writer.send(|reply| Command::Apply { changes, position, reply }).await
    }

    /// Removes every document and the position.
    ///
    /// # Errors
    /// As [`SearchIndex::apply`].
    pub async fn clear(&self) -> Result<(), SearchError> {
        self.inner.writer.send(|reply| Command::Clear { reply }).await
    }

    /// Answers a person's search. Blocking: call it where blocking is allowed.
    ///
    /// # Errors
    /// Only when the index cannot be read; never because of the query.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchResult, SearchError> {
        self.help(|help| help.search(request))
    }

    /// How a query of this side that begins so could go on, at most `limit` ways. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn suggest(&self, kind: ListingKind, typed: &str, limit: usize) -> Result<Suggestions, SearchError> {
        self.help(|help| help.suggest(kind, typed, limit))
    }

    fn help<T>(&self, answer: impl FnOnce(&Help<'_>) -> T) -> T {
        answer(&Help { snapshot: &self.snapshot(), fields: &self.inner.fields, vocabularies: &self.inner.vocabularies })
    }

    /// The listings of the other side that fit this document best, best first. The document need not be indexed. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn matches(&self, document: &Document, limit: usize) -> Result<Vec<Match>, SearchError> {
        matching::best(&self.snapshot(), &self.inner.fields, document, limit)
    }

    /// Why, and how well, this listing of the other side fits the document; the score is that of [`SearchIndex::matches`]. `None`
    /// when it is not indexed there or shares no word with the document. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn explain(&self, document: &Document, other: uuid::Uuid) -> Result<Option<Match>, SearchError> {
        Ok(self.explain_each(document, &[other])?.pop())
    }

    /// As [`SearchIndex::explain`] for several listings at once, in their order; those that do not fit are left out. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn explain_each(&self, document: &Document, others: &[uuid::Uuid]) -> Result<Vec<Match>, SearchError> {
        matching::some(&self.snapshot(), &self.inner.fields, document, others)
    }

    /// The ids and scores that [`SearchIndex::matches`] would return, without the explanations, which cost most of the time. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn rank(&self, document: &Document, limit: usize) -> Result<Vec<(uuid::Uuid, f32)>, SearchError> {
        matching::rank(&self.snapshot(), &self.inner.fields, document, limit)
    }

    /// The listings of the document's own side that are most like it, with how much: 1 is the same text. The document itself is left out;
    /// it need not be indexed. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn similar(&self, document: &Document, limit: usize) -> Result<Vec<(uuid::Uuid, f32)>, SearchError> {
        similar::similar(&self.snapshot(), &self.inner.fields, document, limit)
    }

    /// Documents in the index.
    pub fn len(&self) -> usize {
        self.count(ListingKind::Demand) + self.count(ListingKind::Achievement)
    }

    /// Whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Documents of one side.
    pub fn count(&self, kind: ListingKind) -> usize {
        self.snapshot().side(kind).documents as usize
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        // The lock is held for a pointer's assignment only, which cannot panic; a poisoned lock still holds a whole snapshot.
        Arc::clone(&self.inner.current.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// Opens the index if there is one and all of it can be read.
fn open_sound(path: &Path, fields: &Fields, validate: bool) -> Result<Option<Index>, SearchError> {
    let directory = MmapDirectory::open(path).map_err(tantivy::TantivyError::from)?;
    if !Index::exists(&directory).map_err(tantivy::TantivyError::from)? {
        return Ok(None);
    }
    let index = Index::open_in_dir(path)?;
    if index.schema() != fields.schema {
        return Err(SearchError::Corrupt("the schema differs from the directory's name".to_owned()));
    }
    if validate {
        // It only looks at files that exist, so missing ones have to be noticed by opening the reader below.
        let damaged = index.validate_checksum()?;
        if !damaged.is_empty() {
            return Err(SearchError::Corrupt(format!("checksums differ: {damaged:?}")));
        }
    }
    let _reader: tantivy::IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    Ok(Some(index))
}

/// Deletes indexes of other versions. What cannot be deleted only costs space, so it is logged and left.
fn delete_others(dir: &Path, keep: &str) {
    let others = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).filter(|path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        path.is_dir() && name.starts_with("index-v") && name != keep
    });
    for path in others {
        if let Err(error) = std::fs::remove_dir_all(&path) {
            tracing::warn!(path = %path.display(), %error, "cannot delete an outdated search index");
        }
    }
}
