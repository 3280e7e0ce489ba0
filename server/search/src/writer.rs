//! Who changes the index? One thread, and nobody else. Texts are analysed before they get there, on all processors.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use tantivy::indexer::{LogMergePolicy, NoMergePolicy};
use tantivy::{Index, IndexReader, IndexWriter, TantivyDocument, TantivyError, Term};
use tokio::sync::{mpsc, oneshot};

use crate::document::Change;
use crate::error::SearchError;
use crate::latent::Latent;
use crate::schema::Fields;
use crate::snapshot::{FigureCache, Snapshot};

/// Tantivy refuses less, in bytes.
const LEAST_MEMORY: usize = 15_000_000;
/// Commands that wait while one runs; further senders wait themselves.
const QUEUE: usize = 16;
/// A segment with a larger share of deleted documents is rewritten.
const DELETED_SHARE: f32 = 0.2;
/// Segments below this many documents count as equally small. Every few commits the small ones become one: with the engine's ten thousand,
/// each of these rewrites would be as large as that, many times a minute.
const SMALL: u32 = 1_000;
/// How much more memory many documents get: they make fewer and larger segments then.
const BULK: usize = 2;
/// Changes analysed at a time. Analysed texts are large: more of them would only wait in memory.
const BATCH: usize = 128;
/// Fewer changes are not worth a second thread.
const WORTH_A_THREAD: usize = 16;
/// Threads that analyse, and threads that write many documents, at most.
const THREADS: usize = 4;

type Reply = oneshot::Sender<Result<(), SearchError>>;

/// What the thread is told to do.
pub(crate) enum Command {
    /// Apply, and commit when there is a position.
    Apply { changes: Analysed, position: Option<String>, reply: Reply },
    /// Delete everything and commit.
    Clear { reply: Reply },
}

/// A change that only has to be written.
pub(crate) struct Prepared {
    id: Term,
    entry: Option<TantivyDocument>,
}

/// Changes on their way from analysis: batches in their order, and nothing at the end. A stream that breaks off is no change.
pub(crate) struct Analysed(Receiver<Option<Vec<Prepared>>>);

/// The other end of [`Analysed`].
pub(crate) struct Analysis(SyncSender<Option<Vec<Prepared>>>);

impl Analysis {
    /// Both ends.
    pub(crate) fn new() -> (Self, Analysed) {
        // A single batch and its end fit in, so that small changes never wait for the writer.
        let (sender, receiver) = sync_channel(2);
        (Self(sender), Analysed(receiver))
    }

    /// Analyses the changes and hands them over. It waits for the writer, so it needs a thread that may.
    pub(crate) fn run(self, fields: &Fields, latent: Option<&Latent>, changes: &[Change]) {
        for batch in changes.chunks(BATCH) {
            // A writer that gave up has its reasons, and tells them itself.
            if self.0.send(Some(prepare_all(fields, latent, batch))).is_err() {
                return;
            }
        }
        let _ = self.0.send(None);
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(THREADS)
}

/// Analyses a batch, in its order.
fn prepare_all(fields: &Fields, latent: Option<&Latent>, batch: &[Change]) -> Vec<Prepared> {
    let share = batch.len().div_ceil(processors()).max(WORTH_A_THREAD);
    std::thread::scope(|scope| {
        let mut shares = batch.chunks(share);
        let own = shares.next().unwrap_or_default();
        let others: Vec<_> =
            shares.map(|share| (share, std::thread::Builder::new().spawn_scoped(scope, || prepare(fields, latent, share)))).collect();
        let mut prepared = prepare(fields, latent, own);
        for (share, thread) in others {
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(done)) => prepared.extend(done),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(_) => prepared.extend(prepare(fields, latent, share)),
            }
        }
        prepared
    })
}

fn prepare(fields: &Fields, latent: Option<&Latent>, changes: &[Change]) -> Vec<Prepared> {
    let prepare = |change: &Change| match change {
        Change::Put(document) => Prepared { id: fields.id_term(document.id), entry: Some(fields.entry(document, latent)) },
        Change::Remove(id) => Prepared { id: fields.id_term(*id), entry: None },
    };
    changes.iter().map(prepare).collect()
}

/// How a writer works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Small commits that are visible at once, onto whatever is there.
    Steady,
    /// Many documents, none of them there yet, in one commit.
    Bulk,
}

/// What a writer works with.
pub(crate) struct Parts {
    pub(crate) reader: IndexReader,
    pub(crate) fields: Arc<Fields>,
    pub(crate) current: Arc<RwLock<Arc<Snapshot>>>,
    pub(crate) figures: FigureCache,
}

/// The handle to the writing thread.
pub(crate) struct Writer {
    sender: Mutex<Option<mpsc::Sender<Command>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Takes the index's lock and starts the thread.
    pub(crate) fn start(index: &Index, memory: usize, pace: Pace, parts: Parts) -> Result<Self, SearchError> {
        // One thread for small changes: a commit of a few documents then makes one small segment instead of several.
        let (threads, memory) = if pace == Pace::Bulk { (processors(), memory.saturating_mul(BULK)) } else { (1, memory) };
        let writer: IndexWriter = index.writer_with_num_threads(threads, memory.max(LEAST_MEMORY * threads))?;
        if pace == Pace::Bulk {
            // Analysis needs the processors; merging comes afterwards, while the index answers already.
            writer.set_merge_policy(Box::new(NoMergePolicy));
        } else {
            let mut policy = LogMergePolicy::default();
            policy.set_del_docs_ratio_before_merge(DELETED_SHARE);
            policy.set_min_layer_size(SMALL);
            writer.set_merge_policy(Box::new(policy));
        }
        let (sender, receiver) = mpsc::channel(QUEUE);
        let task = Task { writer, pace, parts };
        let thread = std::thread::Builder::new().name("search-writer".to_owned()).spawn(move || task.run(receiver))?;
        Ok(Self { sender: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Sends a command and waits for its outcome.
    pub(crate) async fn send(&self, command: impl FnOnce(Reply) -> Command) -> Result<(), SearchError> {
        let (reply, answer) = oneshot::channel();
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(SearchError::WriterGone)?;
        sender.send(command(reply)).await.map_err(|_| SearchError::WriterGone)?;
        drop(sender);
        answer.await.map_err(|_| SearchError::WriterGone)?
    }

    /// Lets the thread finish what it was told and waits for it: then the lock is free. Blocking.
    pub(crate) fn stop(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the search index's writer panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Task {
    writer: IndexWriter,
    pace: Pace,
    parts: Parts,
}

impl Task {
    fn run(mut self, mut receiver: mpsc::Receiver<Command>) {
        while let Some(command) = receiver.blocking_recv() {
            let (outcome, reply) = match command {
                Command::Apply { changes, position, reply } => (self.apply(&changes, position), reply),
                Command::Clear { reply } => (self.clear(), reply),
            };
            let failed = outcome.is_err();
            // Nobody waits any more when the sender was cancelled; the commit stands all the same.
            let _ = reply.send(outcome);
            if failed && let Err(error) = self.writer.rollback() {
                // Without a clean state half a batch could slip into the next commit: better no writer than a wrong one.
                tracing::error!(%error, "the search index's writer cannot roll back and stops");
                return;
            }
        }
    }

    fn apply(&mut self, changes: &Analysed, position: Option<String>) -> Result<(), SearchError> {
        loop {
            match changes.0.recv() {
                Ok(Some(batch)) => batch.into_iter().try_for_each(|change| self.change(change))?,
                Ok(None) => break,
                Err(_) => return Err(TantivyError::ErrorInThread("the analysis of changes broke off".to_owned()).into()),
            }
        }
        if position.is_some() { self.commit(position) } else { Ok(()) }
    }

    fn change(&mut self, change: Prepared) -> Result<(), SearchError> {
        if self.pace == Pace::Steady {
            self.writer.delete_term(change.id);
        }
        if let Some(entry) = change.entry {
            self.writer.add_document(entry)?;
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), SearchError> {
        self.writer.delete_all_documents()?;
        self.commit(None)
    }

    fn commit(&mut self, position: Option<String>) -> Result<(), SearchError> {
        let mut commit = self.writer.prepare_commit()?;
        if let Some(position) = &position {
            commit.set_payload(position);
        }
        commit.commit()?;
        let Parts { reader, fields, current, figures } = &mut self.parts;
        reader.reload()?;
        let next = Snapshot::new(reader.searcher(), fields, position, figures)?;
        *current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }
}
