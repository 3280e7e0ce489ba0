//! Where does the index live, and how is it opened, changed and replaced?

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use keqiao_model::ListingKind;
use tantivy::{Index, ReloadPolicy, TantivyError};

use crate::document::{Change, Document};
use crate::embeddings::{Embedding, Embeddings};
use crate::error::SearchError;
use crate::given::{GIVEN, Given};
use crate::help::Help;
use crate::home::{self, Home, Wrap, guarded};
use crate::latent::Latent;
use crate::matching::learning::Features;
use crate::matching::{self, Basis, WEIGHTS, Weights};
use crate::request::{Match, SearchRequest, SearchResult, Suggestions};
use crate::schema::Fields;
use crate::similar;
use crate::snapshot::{FigureCache, Snapshot};
use crate::vocabulary::Vocabularies;
use crate::writer::{Analysis, Command, Pace, Parts, Writer};

/// Version of the index's layout beyond what the schema says; raise it when analysis changes in code.
pub const VERSION: u32 = 2;

/// The file of what was learnt, in the folder of its generation.
const LATENT: &str = "latent.bin";
/// Fewer documents are not worth a rebuild to learn from them.
const WORTH_LEARNING: usize = 200;

/// After the files were found sound, an operation that fails is not their fault for this long. Comparing all of them costs too much to let
/// every failure ask for it.
const SOUND_FOR: Duration = Duration::from_secs(60);

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
    /// An empty index, new or in place of one that was damaged: fill it from the database, best by [`SearchIndex::rebuild`].
    Fresh,
}

/// The index. Cheap to clone; the last clone to go stops the writer and waits for it.
#[derive(Clone)]
pub struct SearchIndex {
    shared: Arc<Shared>,
}

struct Shared {
    fields: Arc<Fields>,
    settings: Settings,
    /// The one that answers; replaced as a whole.
    live: RwLock<Arc<Live>>,
    /// `None` for an index that lives in memory.
    home: Option<Home>,
    vocabularies: Arc<Vocabularies>,
    /// What agreeing properties are worth in a match.
    weights: RwLock<Weights>,
    /// What listings mean, as far as an embeddings end point was asked.
    embeddings: RwLock<Embeddings>,
    /// An operation met damage.
    suspect: AtomicBool,
    /// When the files were last found sound after such an operation.
    sound: Mutex<Option<Instant>>,
}

/// One generation of the index.
struct Live {
    /// Its folder; `None` in memory.
    path: Option<PathBuf>,
    index: Index,
    current: Arc<RwLock<Arc<Snapshot>>>,
    /// What was learnt before it was filled.
    latent: RwLock<Option<Arc<Latent>>>,
    /// Documents that were in it when it was opened; none when nothing had been learnt of them.
    filled: usize,
    writer: Writer,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// Opens the index of this version and schema below `dir`, creating what is missing. A damaged index is replaced by an empty one, and
    /// indexes of other versions are deleted. Blocking; a large index takes seconds for its checksums.
    ///
    /// # Errors
    /// [`SearchError::Locked`] when another process (or another `SearchIndex`) has it open; I/O errors when there is no such folder. A full
    /// disk is none: then the empty index lives in memory.
    pub fn open(dir: &Path, settings: Settings) -> Result<(SearchIndex, Opened), SearchError> {
        Self::open_through(dir, settings, None)
    }

    /// As [`SearchIndex::open`], with something between the index and its files: for tests in which a disk fails.
    ///
    /// # Errors
    /// As [`SearchIndex::open`].
    #[doc(hidden)]
    pub fn open_through(dir: &Path, settings: Settings, wrap: Option<Wrap>) -> Result<(SearchIndex, Opened), SearchError> {
        let fields = Arc::new(Fields::new());
        let home = Home::lock(dir, &fields, wrap)?;
        let (live, opened) = Live::open(&home, &fields, &settings)?;
        Ok((Self::new(fields, settings, live, Some(home)), opened))
    }

    /// An empty index that lives in memory: for tests and for measuring.
    ///
    /// # Errors
    /// When the writer cannot be started.
    pub fn in_memory() -> Result<SearchIndex, SearchError> {
        let fields = Arc::new(Fields::new());
        let settings = Settings::default();
        let live = Live::in_memory(&fields, &settings, Pace::Steady)?;
        Ok(Self::new(fields, settings, live, None))
    }

    fn new(fields: Arc<Fields>, settings: Settings, live: Live, home: Option<Home>) -> Self {
        let live = RwLock::new(Arc::new(live));
        let (suspect, sound) = (AtomicBool::new(false), Mutex::new(None));
        let (vocabularies, weights, embeddings) = (Arc::default(), RwLock::new(WEIGHTS), RwLock::default());
        Self { shared: Arc::new(Shared { fields, settings, live, home, vocabularies, weights, embeddings, suspect, sound }) }
    }

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
        let outcome = self.live().apply(&self.shared.fields, changes, Some(position)).await;
        self.noted(outcome)
    }

    /// Removes every document and the position.
    ///
    /// # Errors
    /// As [`SearchIndex::apply`].
    pub async fn clear(&self) -> Result<(), SearchError> {
        let outcome = self.live().writer.send(|reply| Command::Clear { reply }).await;
        self.noted(outcome)
    }

    /// Whether an operation met what looks like damage: then [`SearchIndex::recover`] should look.
    pub fn is_suspect(&self) -> bool {
        self.shared.suspect.load(Ordering::SeqCst)
    }

    /// Opens the index again under the running program, as [`SearchIndex::open`] does at its start: what is sound goes on, what is damaged
    /// is replaced by an empty index, which has no position.
    ///
    /// # Errors
    /// As [`SearchIndex::open`]; the old index then goes on answering, without a writer.
    pub async fn recover(&self) -> Result<Opened, SearchError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.recover_now()).await.map_err(broken)?
    }

    fn recover_now(&self) -> Result<Opened, SearchError> {
        let shared = &self.shared;
        // Nobody but the new writer may have the folder.
        self.live().writer.stop();
        let (live, opened) = match &shared.home {
            Some(home) => Live::open(home, &shared.fields, &shared.settings)?,
            None => (Live::in_memory(&shared.fields, &shared.settings, Pace::Steady)?, Opened::Fresh),
        };
        self.replace(live);
        if opened == Opened::Existing {
            *shared.sound.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        shared.suspect.store(false, Ordering::SeqCst);
        Ok(opened)
    }

    /// Whether so much was added since it was filled that it should learn anew: see [`Rebuild::learn`].
    pub fn has_outgrown(&self) -> bool {
        let len = self.len();
        len >= WORTH_LEARNING && len >= self.live().filled.saturating_mul(2)
    }

    /// Begins a new index beside this one, which goes on answering until [`Rebuild::finish`].
    ///
    /// # Errors
    /// I/O and engine errors; nothing was changed.
    pub async fn rebuild(&self) -> Result<Rebuild, SearchError> {
        let this = self.clone();
        let live = tokio::task::spawn_blocking(move || {
            let shared = &this.shared;
            let Some(home) = &shared.home else { return Live::in_memory(&shared.fields, &shared.settings, Pace::Bulk) };
            Live::make(home, &shared.fields, &shared.settings, Pace::Bulk)
        });
        Ok(Rebuild { index: self.clone(), live: Some(Arc::new(live.await.map_err(broken)??)), failed: false })
    }

    /// The engine's own index, for measuring beside it: its files are sealed, so nothing else opens them.
    #[doc(hidden)]
    pub fn engine(&self) -> Index {
        self.live().index.clone()
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

    fn help<T>(&self, ask: impl FnOnce(&Help<'_>) -> Result<T, SearchError>) -> Result<T, SearchError> {
        let (fields, vocabularies) = (&self.shared.fields, &self.shared.vocabularies);
        self.noted(guarded(|| ask(&Help { snapshot: &self.snapshot(), fields, vocabularies })))
    }

    /// The listings of the other side that fit this document best, best first. The document need not be indexed. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn matches(&self, document: &Document, limit: usize) -> Result<Vec<Match>, SearchError> {
        self.fit(|basis| matching::best(basis, document, limit))
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
        self.fit(|basis| matching::some(basis, document, others))
    }

    /// What can be learnt from these listings of the other side about the weights, whichever are in force; those that do not fit are left
    /// out. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn features(&self, document: &Document, others: &[uuid::Uuid]) -> Result<Vec<(uuid::Uuid, Features)>, SearchError> {
        self.fit_by(&WEIGHTS, |basis| matching::features(basis, document, others))
    }

    /// The ids and scores that [`SearchIndex::matches`] would return, without the explanations, which cost most of the time. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn rank(&self, document: &Document, limit: usize) -> Result<Vec<(uuid::Uuid, f32)>, SearchError> {
        self.fit(|basis| matching::rank(basis, document, limit))
    }

    /// The listings of the document's own side that are most like it, with how much: 1 is the same text. The document itself is left out;
    /// it need not be indexed. Blocking.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn similar(&self, document: &Document, limit: usize) -> Result<Vec<(uuid::Uuid, f32)>, SearchError> {
        self.read(|snapshot, fields| similar::similar(snapshot, fields, document, limit))
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

    /// Asks one state of the index.
    fn read<T>(&self, ask: impl FnOnce(&Snapshot, &Fields) -> Result<T, SearchError>) -> Result<T, SearchError> {
        self.noted(guarded(|| ask(&self.snapshot(), &self.shared.fields)))
    }

    /// Asks one state of the index by the weights in force.
    fn fit<T>(&self, ask: impl FnOnce(&Basis<'_>) -> Result<T, SearchError>) -> Result<T, SearchError> {
        self.fit_by(&self.weights(), ask)
    }

    fn fit_by<T>(&self, weights: &Weights, ask: impl FnOnce(&Basis<'_>) -> Result<T, SearchError>) -> Result<T, SearchError> {
        let embeddings = self.shared.embeddings.read().unwrap_or_else(PoisonError::into_inner);
        self.read(|snapshot, fields| ask(&Basis { snapshot, fields, weights, embeddings: &embeddings }))
    }

    /// Tells what listings mean, or that it is not known any more. They need not be indexed. Blocking: waits for whoever compares.
    pub fn embed(&self, known: Vec<(ListingKind, uuid::Uuid, Option<Embedding>)>) {
        let mut embeddings = self.shared.embeddings.write().unwrap_or_else(PoisonError::into_inner);
        for (kind, id, embedding) in known {
            embeddings.put(kind, id, embedding.as_ref());
        }
    }

    /// Listings of which it is known what they mean.
    pub fn embedded(&self) -> usize {
        self.shared.embeddings.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What agreeing properties are worth now.
    pub fn weights(&self) -> Weights {
        *self.shared.weights.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Matches are worked out by these weights from now on.
    pub fn weigh(&self, weights: Weights) {
        *self.shared.weights.write().unwrap_or_else(PoisonError::into_inner) = weights;
    }

    /// Remembers damage for [`SearchIndex::is_suspect`].
    fn noted<T>(&self, outcome: Result<T, SearchError>) -> Result<T, SearchError> {
        if let Err(error) = &outcome
            && error.is_damage()
        {
            let sound = *self.shared.sound.lock().unwrap_or_else(PoisonError::into_inner);
            let suspect = sound.is_none_or(|at| at.elapsed() > SOUND_FOR) || matches!(error, SearchError::WriterGone);
            if suspect && !self.shared.suspect.swap(true, Ordering::SeqCst) {
                tracing::error!(%error, "the search index seems to be damaged");
            }
        }
        outcome
    }

    // These locks are held for a pointer's assignment only, which cannot panic; a poisoned lock still holds a whole value.
    fn live(&self) -> Arc<Live> {
        Arc::clone(&self.shared.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, live: Live) -> Arc<Live> {
        std::mem::replace(&mut *self.shared.live.write().unwrap_or_else(PoisonError::into_inner), Arc::new(live))
    }

    /// What is asked, for tests of a single step.
    #[cfg(test)]
    pub(crate) fn parts(&self) -> (Arc<Snapshot>, Arc<Fields>) {
        (self.snapshot(), Arc::clone(&self.shared.fields))
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.live().current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A blocking task that ended early.
fn broken(error: tokio::task::JoinError) -> SearchError {
    SearchError::Engine(TantivyError::ErrorInThread(error.to_string()))
}

impl Live {
    /// The index that counts, or an empty one when there is none, or none that is sound.
    fn open(home: &Home, fields: &Arc<Fields>, settings: &Settings) -> Result<(Self, Opened), SearchError> {
        if let Some(path) = home.current() {
            match Self::existing(home, &path, fields, settings) {
                Ok(Some(live)) => {
                    home.keep_only(&path);
                    return Ok((live, Opened::Existing));
                }
                Ok(None) => tracing::warn!(path = %path.display(), "the search index is gone and has to be rebuilt"),
                Err(error) => tracing::warn!(path = %path.display(), %error, "the search index is damaged and has to be rebuilt"),
            }
        }
        let fresh = Self::make(home, fields, settings, Pace::Steady).and_then(|live| {
            if let Some(path) = &live.path {
                home.choose(path)?;
                home.keep_only(path);
            }
            Ok(live)
        });
        let live = fresh.or_else(|error| {
            tracing::error!(%error, "there is no room for a search index");
            Self::in_memory(fields, settings, Pace::Steady)
        })?;
        Ok((live, Opened::Fresh))
    }

    fn existing(home: &Home, path: &Path, fields: &Arc<Fields>, settings: &Settings) -> Result<Option<Self>, SearchError> {
        let Some(index) = home::open_sound(home.directory(path)?, fields, settings.validate)? else { return Ok(None) };
        guarded(|| Self::start(index, Some(path.to_owned()), fields, settings, Pace::Steady)).map(Some)
    }

    /// An empty index in a folder of its own.
    fn make(home: &Home, fields: &Arc<Fields>, settings: &Settings, pace: Pace) -> Result<Self, SearchError> {
        let path = home.make()?;
        let made = home.directory(&path).and_then(|directory| {
            let index = Index::create(directory, fields.schema.clone(), tantivy::IndexSettings::default())?;
            Self::start(index, Some(path.clone()), fields, settings, pace)
        });
        if made.is_err() {
            home::delete(&path);
        }
        made
    }

    fn in_memory(fields: &Arc<Fields>, settings: &Settings, pace: Pace) -> Result<Self, SearchError> {
        Self::start(Index::create_in_ram(fields.schema.clone()), None, fields, settings, pace)
    }

    /// Learns which listings are about the same, and stores it beside the index.
    fn learn(&self, documents: &[Document]) -> Result<(), SearchError> {
        let Some(latent) = Latent::learn(documents) else { return Ok(()) };
        if let Some(path) = &self.path {
            std::fs::write(path.join(LATENT), latent.to_bytes())?;
        }
        *self.latent.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(latent));
        Ok(())
    }

    fn learnt(&self) -> Option<Arc<Latent>> {
        self.latent.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start(index: Index, path: Option<PathBuf>, fields: &Arc<Fields>, settings: &Settings, pace: Pace) -> Result<Self, SearchError> {
        index.tokenizers().register(GIVEN, Given::default());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let position = index.load_metas()?.payload;
        let mut figures = FigureCache::default();
        let first = Snapshot::new(reader.searcher(), fields, position, &mut figures)?;
        let filled = (first.side(ListingKind::Demand).documents + first.side(ListingKind::Achievement).documents) as usize;
        let current = Arc::new(RwLock::new(Arc::new(first)));
        let parts = Parts { reader, fields: Arc::clone(fields), current: Arc::clone(&current), figures };
        let file = path.as_ref().map(|path| path.join(LATENT)).filter(|file| file.exists());
        let latent = file.map(|file| Latent::from_bytes(&std::fs::read(file)?)).transpose()?;
        let writer = Writer::start(&index, settings.writer_memory, pace, parts)?;
        let filled = if latent.is_some() || pace == Pace::Steady && path.is_none() { filled } else { 0 };
        Ok(Self { path, index, current, latent: RwLock::new(latent.map(Arc::new)), filled, writer })
    }

    async fn apply(&self, fields: &Arc<Fields>, changes: Vec<Change>, position: Option<String>) -> Result<(), SearchError> {
        let (analysis, analysed) = Analysis::new();
        let (fields, latent) = (Arc::clone(fields), self.learnt());
        let analysing = tokio::task::spawn_blocking(move || analysis.run(&fields, latent.as_deref(), &changes));
        let outcome = self.writer.send(|reply| Command::Apply { changes: analysed, position, reply }).await;
        outcome.and(analysing.await.map_err(broken))
    }
}

/// A new index, filled beside the one that answers. Dropped before it is finished, it leaves nothing; so does a crash.
pub struct Rebuild {
    index: SearchIndex,
    live: Option<Arc<Live>>,
    failed: bool,
}

impl Rebuild {
    /// Listings that [`Rebuild::learn`] uses at most; it takes them evenly from what it is given.
    pub const LEARNT_FROM: usize = crate::latent::SAMPLE;

    /// Learns from these listings which of them are about the same. Before the first is added: only what is added afterwards has its place
    /// in what was learnt. Without it, or from too few texts, matches are ranked without their kin.
    ///
    /// # Errors
    /// When what was learnt cannot be stored.
    pub async fn learn(&mut self, documents: Vec<Document>) -> Result<(), SearchError> {
        let Some(live) = self.live.clone() else { return Err(SearchError::WriterGone) };
        tokio::task::spawn_blocking(move || live.learn(&documents)).await.map_err(broken)?
    }

    /// Adds documents, none of them twice. They are on disk, and visible, when all are: see [`Rebuild::finish`].
    ///
    /// # Errors
    /// I/O and engine errors; then this rebuild cannot be finished any more.
    pub async fn add(&mut self, documents: Vec<Document>) -> Result<(), SearchError> {
        let Some(live) = self.live.as_ref().filter(|_| !self.failed) else { return Err(SearchError::WriterGone) };
        let changes = documents.into_iter().map(|document| Change::Put(Box::new(document))).collect();
        // Until it is known to have gone well it has failed: a future can be dropped at any await.
        self.failed = true;
        live.apply(&self.index.shared.fields, changes, None).await?;
        self.failed = false;
        Ok(())
    }

    /// Commits with the position and puts the new index in the place of the old one, which is deleted; a crash leaves one or the other.
    /// Changes that were applied to the old one meanwhile are not in the new one: they come after the position.
    ///
    /// # Errors
    /// I/O and engine errors; then the old index stays.
    pub async fn finish(mut self, position: String) -> Result<(), SearchError> {
        self.add(Vec::new()).await?;
        let Some(live) = &self.live else { return Err(SearchError::WriterGone) };
        live.apply(&self.index.shared.fields, Vec::new(), Some(position.clone())).await?;
        let index = self.index.clone();
        tokio::task::spawn_blocking(move || self.put_in_place()).await.map_err(broken)??;
        // Bulk writing merges nothing; with its first commit the new writer begins to. What it says is not needed.
        let merging = index.apply(Vec::new(), position).await;
        if let Err(error) = merging {
            tracing::warn!(%error, "the new search index is in place but cannot be written");
        }
        Ok(())
    }

    fn put_in_place(mut self) -> Result<(), SearchError> {
        let shared = Arc::clone(&self.index.shared);
        let Some(bulk) = &self.live else { return Err(SearchError::WriterGone) };
        bulk.writer.stop();
        let (index, path) = (bulk.index.clone(), bulk.path.clone());
        let steady = Live::start(index, path, &shared.fields, &shared.settings, Pace::Steady)?;
        // In memory there is no file to read it from.
        *steady.latent.write().unwrap_or_else(PoisonError::into_inner) = bulk.learnt();
        if let (Some(home), Some(path)) = (&shared.home, &steady.path) {
            home.choose(path)?;
        }
        let old = self.index.replace(steady);
        self.live = None;
        shared.suspect.store(false, Ordering::SeqCst);
        old.writer.stop();
        if let Some(path) = &old.path {
            home::delete(path);
        }
        Ok(())
    }
}

impl Drop for Rebuild {
    fn drop(&mut self) {
        let Some(live) = self.live.take() else { return };
        live.writer.stop();
        if let Some(path) = &live.path {
            home::delete(path);
        }
    }
}
