//! Who changes the index? One thread, and nobody else.

use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;

use tantivy::indexer::LogMergePolicy;
use tantivy::{Index, IndexReader, IndexWriter, TantivyDocument};
use tokio::sync::{mpsc, oneshot};

use crate::document::Change;
use crate::error::SearchError;
use crate::latent::Latent;
use crate::schema::Fields;
use crate::snapshot::{LengthCache, Snapshot};

/// Tantivy refuses less, in bytes.
const LEAST_MEMORY: usize = 15_000_000;
/// Commands that wait while one runs; further senders wait themselves.
const QUEUE: usize = 16;
/// A segment with a larger share of deleted documents is rewritten.
const DELETED_SHARE: f32 = 0.2;

type Reply = oneshot::Sender<Result<(), SearchError>>;

/// What the thread is told to do.
pub(crate) enum Command {
    /// Apply and commit.
    Apply { changes: Vec<Change>, position: String, reply: Reply },
    /// Delete everything and commit.
    Clear { reply: Reply },
}

/// What the thread shares with the index.
pub(crate) struct Parts {
    pub(crate) fields: Arc<Fields>,
    /// What was learnt of the texts.
    pub(crate) latent: Arc<RwLock<Option<Arc<Latent>>>>,
    /// The state that searches see.
    pub(crate) current: Arc<RwLock<Arc<Snapshot>>>,
}

/// The handle to the writing thread.
pub(crate) struct Writer {
    sender: Option<mpsc::Sender<Command>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Takes the index's lock and starts the thread.
    pub(crate) fn start(
        index: &Index,
        reader: IndexReader,
        parts: Parts,
        lengths: LengthCache,
        memory: usize,
    ) -> Result<Self, SearchError> {
        // One thread: a commit of a few documents then makes one small segment instead of several.
        let writer: IndexWriter = index.writer_with_num_threads(1, memory.max(LEAST_MEMORY))?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(DELETED_SHARE);
        writer.set_merge_policy(Box::new(policy));
        let (sender, receiver) = mpsc::channel(QUEUE);
        let task = Task { writer, reader, parts, lengths };
        let thread = std::thread::Builder::new().name("search-writer".to_owned()).spawn(move || task.run(receiver))?;
        Ok(Self { sender: Some(sender), thread: Mutex::new(Some(thread)) })
    }

    /// Sends a command and waits for its outcome.
    pub(crate) async fn send(&self, command: impl FnOnce(Reply) -> Command) -> Result<(), SearchError> {
        let (reply, answer) = oneshot::channel();
        let sender = self.sender.as_ref().ok_or(SearchError::WriterGone)?;
        sender.send(command(reply)).await.map_err(|_| SearchError::WriterGone)?;
        answer.await.map_err(|_| SearchError::WriterGone)?
    }
}

impl Drop for Writer {
    /// Waits for the thread, so that the lock is free as soon as the index is gone.
    fn drop(&mut self) {
        self.sender = None;
        let thread = self.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the search index's writer panicked");
        }
    }
}

struct Task {
    writer: IndexWriter,
    reader: IndexReader,
    parts: Parts,
    lengths: LengthCache,
}

impl Task {
    fn run(mut self, mut receiver: mpsc::Receiver<Command>) {
        while let Some(command) = receiver.blocking_recv() {
            let (outcome, reply) = match command {
                Command::Apply { changes, position, reply } => (self.apply(changes, position), reply),
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

    fn apply(&mut self, changes: Vec<Change>, position: String) -> Result<(), SearchError> {
        let latent = self.parts.latent.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        for change in changes {
            match change {
                Change::Put(document) => {
                    let entry: TantivyDocument = self.parts.fields.entry(&document, latent.as_deref());
                    self.writer.delete_term(self.parts.fields.id_term(document.id));
                    self.writer.add_document(entry)?;
                }
                Change::Remove(id) => {
                    self.writer.delete_term(self.parts.fields.id_term(id));
                }
            }
        }
        self.commit(Some(position))
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
        self.reader.reload()?;
        let next = Snapshot::new(self.reader.searcher(), &self.parts.fields, position, &mut self.lengths)?;
        *self.parts.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }
}
