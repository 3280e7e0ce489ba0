//! The index follows the outbox, and is built anew beside the one that answers when that one is damaged, foreign or old.

use std::{
    collections::{BTreeSet, HashMap},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use keqiao_model::ListingState;
use keqiao_search::{Change, Document, Explanation, Opened, Rebuild, SearchRequest, SearchResult};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _, sea_query::Expr,
};
use time::OffsetDateTime;
use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;

use super::{MATCHES, STEP, changed_listings, documents, embeddings, followed_until, rematch, simple, store_matches, subjects};
use crate::{
    Actor, Error, Event, Market, Result,
    entity::{house, listing, matched, outbox},
};

/// Listings read at a time while the index is rebuilt.
const READ: usize = 1_000;

/// What a market remembers of its index.
pub(crate) struct Indexing {
    /// Whoever changes the index.
    turn: Mutex<()>,
    /// Whoever computes stored matches; taken before `turn` by whoever needs both.
    pub(super) matching: Mutex<()>,
    /// Set once the index knows what is stored of meanings.
    pub(super) embedded: OnceCell<()>,
    /// Since when, and why, the embeddings end point gives no answers.
    pub(super) end_point_fails: std::sync::Mutex<Option<(OffsetDateTime, String)>>,
    /// The index has no place in this outbox: what it answers is not this market.
    unusable: AtomicBool,
    rebuilding: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
}

impl Indexing {
    /// At the beginning; `unusable` when the index is empty.
    pub(crate) fn new(unusable: bool) -> Self {
        Self {
            turn: Mutex::default(),
            matching: Mutex::default(),
            embedded: OnceCell::new(),
            end_point_fails: std::sync::Mutex::default(),
            unusable: AtomicBool::new(unusable),
            rebuilding: AtomicBool::new(false),
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
        }
    }
}

/// What the index is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexStatus {
    /// It answers.
    Ready,
    /// Another one is built beside it.
    Rebuilding {
        /// Listings that are in.
        done: u64,
        /// Listings in all; 0 before they were counted.
        total: u64,
        /// Whether searches are answered by the database meanwhile, more simply. Otherwise the old index answers.
        simple: bool,
    },
}

impl IndexStatus {
    /// Whether searches are answered more simply than usual.
    pub fn is_simple(self) -> bool {
        matches!(self, Self::Rebuilding { simple: true, .. })
    }
}

/// What the index is doing.
pub fn index_status(market: &Market) -> IndexStatus {
    let state = &market.indexing;
    let simple = is_simple(market);
    if simple || state.rebuilding.load(Ordering::SeqCst) {
        IndexStatus::Rebuilding { done: state.done.load(Ordering::SeqCst), total: state.total.load(Ordering::SeqCst), simple }
    } else {
        IndexStatus::Ready
    }
}

pub(crate) fn is_simple(market: &Market) -> bool {
    market.indexing.unusable.load(Ordering::SeqCst) || market.search.is_suspect()
}

/// How far the index has read the outbox of this very database; nothing when it was filled from another one, or from a later state of this one
/// (a restored backup): it must be rebuilt then.
pub(super) async fn index_position(market: &Market) -> Result<Option<i64>> {
    let Some((house, seq)) = market.search.position().and_then(|p| p.split_once(':').map(|(h, s)| (h.to_owned(), s.parse::<i64>().ok())))
    else {
        return Ok(None);
    };
    let same = house::Entity::find().one(&market.db).await?.is_some_and(|h| h.id.to_string() == house);
    let last = last_event(market).await?;
    Ok(seq.filter(|seq| same && *seq <= last))
}

pub(super) async fn last_event(market: &Market) -> Result<i64> {
    Ok(outbox::Entity::find().order_by_desc(outbox::Column::Seq).one(&market.db).await?.map_or(0, |e| e.seq))
}

/// What travels in the index's commit: which database, and how far.
async fn position_text(market: &Market, seq: i64) -> Result<String> {
    let known = house::Entity::find().one(&market.db).await?;
    let id = match known {
        Some(house) => house.id,
        None => {
            let tx = market.write(&Actor::System).await?;
            let house = match house::Entity::find().one(&*tx).await? {
                Some(house) => house,
                None => house::ActiveModel { id: Set(Uuid::now_v7()), created_at: Set(tx.now) }.insert(&*tx).await?,
            };
            tx.commit().await?;
            house.id
        }
    };
    Ok(format!("{id}:{seq}"))
}

/// Whether the index must be rebuilt before it is used: it is new, or belongs to another database or a later state of this one.
///
/// # Errors
/// [`Error::Internal`].
pub async fn needs_rebuild(market: &Market) -> Result<bool> {
    let needed = index_position(market).await?.is_none();
    market.indexing.unusable.store(needed, Ordering::SeqCst);
    Ok(needed)
}

/// Looks at the index when the program starts. A market without listings needs no waiting; otherwise [`index_step`] rebuilds what has to be.
///
/// # Errors
/// [`Error::Internal`].
pub async fn open_index(market: &Market) -> Result<()> {
    rematch::follow(market).await?;
    if !needs_rebuild(market).await? {
        return Ok(());
    }
    if live_listings(market).await?.is_empty() {
        // Should it fail, for want of room, the worker tries again.
        let rebuilt = reindex(market, false, |_, _| {}).await;
        return rebuilt.map(|_| ()).or_else(|error| {
            tracing::error!(%error, "the index cannot be made");
            Ok(())
        });
    }
    tracing::warn!("the index has to be rebuilt: until then searches are answered more simply");
    Ok(())
}

/// Brings the index up to date with the outbox; answers how many events were read. An index that is damaged, or not of this database, is rebuilt
/// first, beside the one that answers. Called by the worker whenever there may be something new.
///
/// # Errors
/// [`Error::Internal`]; nothing is lost, the next call goes on where the index really is.
pub async fn index_step(market: &Market) -> Result<usize> {
    let _turn = market.indexing.turn.lock().await;
    rematch::follow(market).await?;
    embeddings::open(market).await?;
    if market.search.is_suspect() {
        match market.search.recover().await? {
            Opened::Existing => tracing::warn!("the index was looked through and is sound"),
            Opened::Fresh => tracing::warn!("the index is damaged and has to be rebuilt"),
        }
    }
    if needs_rebuild(market).await? || market.search.has_outgrown() {
        rebuild(market, &|_, _| {}).await?;
        return Ok(1);
    }
    let after = index_position(market).await?.unwrap_or(0);
    let events =
        outbox::Entity::find().filter(outbox::Column::Seq.gt(after)).order_by_asc(outbox::Column::Seq).limit(STEP).all(&market.db).await?;
    if let Some(last) = events.last().map(|e| e.seq) {
        let changed = changed_listings(&events);
        // The current rows count, not what they were when the event was written: applying an event twice or late changes nothing.
        let mut documents = documents(market, &changed).await?;
        let embedded = subjects(&events, &[Event::ListingChanged, Event::ListingEmbedded]);
        embeddings::load(market, &embedded).await?;
        let changes = changed.iter().map(|id| documents.remove(id).map_or(Change::Remove(*id), |d| Change::Put(Box::new(d)))).collect();
        market.search.apply(changes, position_text(market, last).await?).await?;
    }
    Ok(events.len())
}

/// Brings stored matches up to date with the index: what events changed, and then some of what is to be computed anew for another reason. Answers
/// how much was done. A step is small, so that what is published last does not wait for what was imported before it.
///
/// # Errors
/// [`Error::Internal`]; nothing is lost, the next call goes on where matches really are.
pub async fn match_step(market: &Market) -> Result<usize> {
    let _matching = market.indexing.matching.lock().await;
    embeddings::open(market).await?;
    match super::match_changed(market).await? {
        0 => rematch::step(market).await,
        done => Ok(done),
    }
}

/// Brings index and matches up to date, whatever there is to do.
///
/// # Errors
/// [`Error::Internal`]; nothing is lost.
pub async fn catch_up(market: &Market) -> Result<()> {
    while index_step(market).await? > 0 || match_step(market).await? > 0 {}
    Ok(())
}

/// How far the index is behind: outbox rows not yet applied.
///
/// # Errors
/// [`Error::Internal`].
pub async fn index_lag(market: &Market) -> Result<u64> {
    let after = index_position(market).await?.unwrap_or(0);
    Ok(outbox::Entity::find().filter(outbox::Column::Seq.gt(after)).count(&market.db).await?)
}

/// Rebuilds the index from the database, beside the one that answers, and, when `matches`, every stored match; `progress(done, total)` is
/// called as it goes. A crash leaves the old index, or the new one, and matches that are old or new.
///
/// # Errors
/// [`Error::Internal`].
pub async fn reindex(market: &Market, matches: bool, progress: impl Fn(u64, u64) + Sync) -> Result<u64> {
    let _matching = market.indexing.matching.lock().await;
    let _turn = market.indexing.turn.lock().await;
    let asked = rematch::newest(&market.db).await?;
    let (position, live) = rebuild(market, &progress).await?;
    if matches {
        let total = live.len() as u64;
        let mut done = 0;
        for chunk in live.chunks(200) {
            store_matches(market, documents(market, chunk).await?.into_values().collect()).await?;
            done += chunk.len() as u64;
            progress(done, total);
        }
        // Nobody sees the matches of a listing that left the market, but they would count as rows for ever.
        let living = || listing::Entity::find().select_only().column(listing::Column::Id).filter(is_live()).into_query();
        matched::Entity::delete_many()
            .filter(matched::Column::ListingId.not_in_subquery(living()).or(matched::Column::OtherId.not_in_subquery(living())))
            .exec(&market.db)
            .await?;
        followed_until(market, MATCHES, position).await?;
        if let Some(asked) = asked {
            rematch::done(market, asked.id).await?;
        }
    }
    Ok(live.len() as u64)
}

pub(crate) fn is_live() -> Expr {
    listing::Column::State.is_in([ListingState::Published.code(), ListingState::InDeal.code()])
}

/// Which of these listings are on the market. They are read by their ids and looked at here: asked for both, SQLite goes through everything
/// that is on the market instead.
pub(crate) async fn live_among(db: &impl ConnectionTrait, ids: BTreeSet<Uuid>) -> Result<BTreeSet<Uuid>> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut live = BTreeSet::new();
    for ids in ids.chunks(READ) {
        let query = listing::Entity::find().select_only().columns([listing::Column::Id, listing::Column::State]);
        let rows: Vec<(Uuid, String)> = query.filter(listing::Column::Id.is_in(ids.iter().copied())).into_tuple().all(db).await?;
        let is_live = |state: &str| ListingState::from_code(state).is_some_and(ListingState::is_indexed);
        live.extend(rows.into_iter().filter(|(_, state)| is_live(state)).map(|(id, _)| id));
    }
    Ok(live)
}

pub(super) async fn live_listings(market: &Market) -> Result<Vec<Uuid>> {
    let ids = listing::Entity::find().select_only().column(listing::Column::Id).filter(is_live()).order_by_asc(listing::Column::Id);
    Ok(ids.into_tuple::<Uuid>().all(&market.db).await?)
}

/// A new index in the place of the old one: how far in the outbox, and of which listings. Events that commit meanwhile are applied
/// afterwards, because the position is taken before the rows are read.
async fn rebuild(market: &Market, progress: &(impl Fn(u64, u64) + Sync)) -> Result<(i64, Vec<Uuid>)> {
    let state = &market.indexing;
    state.done.store(0, Ordering::SeqCst);
    state.total.store(0, Ordering::SeqCst);
    state.rebuilding.store(true, Ordering::SeqCst);
    let built = build(market, progress).await;
    state.rebuilding.store(false, Ordering::SeqCst);
    match &built {
        Ok((_, live)) => {
            state.unusable.store(false, Ordering::SeqCst);
            if !live.is_empty() {
                tracing::info!(listings = live.len(), "the index was rebuilt from the database");
            }
        }
        Err(error) => tracing::error!(%error, "the index could not be rebuilt"),
    }
    built
}

async fn build(market: &Market, progress: &(impl Fn(u64, u64) + Sync)) -> Result<(i64, Vec<Uuid>)> {
    let state = &market.indexing;
    let position = last_event(market).await?;
    let text = position_text(market, position).await?;
    // Events before that position are read by nobody any more.
    embeddings::load_all(market).await?;
    let live = live_listings(market).await?;
    let total = live.len() as u64;
    state.total.store(total, Ordering::SeqCst);
    if total > 0 {
        tracing::info!(listings = total, "the index is being rebuilt from the database");
    }
    let mut new = market.search.rebuild().await?;
    let sample: Vec<Uuid> = live.iter().step_by(live.len().div_ceil(Rebuild::LEARNT_FROM).max(1)).copied().collect();
    let mut texts: Vec<Document> = documents(market, &sample).await?.into_values().collect();
    texts.sort_unstable_by_key(|document| document.id);
    new.learn(texts).await?;
    let mut ready: Vec<Document> = Vec::new();
    let mut done = 0;
    for chunk in live.chunks(READ) {
        // The next listings are read while the last ones are analysed.
        let (read, added) = tokio::join!(documents(market, chunk), new.add(std::mem::take(&mut ready)));
        added?;
        ready = read?.into_values().collect();
        ready.sort_unstable_by_key(|document| document.id);
        done += chunk.len() as u64;
        state.done.store(done, Ordering::SeqCst);
        progress(done, total);
    }
    new.add(ready).await?;
    new.finish(text).await?;
    Ok((position, live))
}

/// Answers a search: by the index, or by the database when the index cannot.
pub(crate) async fn search(market: &Market, request: SearchRequest) -> Result<SearchResult> {
    if !is_simple(market) {
        let (index, asked) = (market.search.clone(), request.clone());
        match tokio::task::spawn_blocking(move || index.search(&asked)).await.map_err(Error::internal)? {
            Ok(result) => return Ok(result),
            Err(error) => tracing::error!(%error, "the index cannot answer; the database does"),
        }
    }
    simple::search(market, &request).await
}

/// Why these listings fit the document; without reasons when the index cannot tell them.
pub(super) async fn explanations(market: &Market, document: Document, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Explanation>> {
    let silent = || ids.iter().map(|id| (*id, Explanation::default())).collect();
    if is_simple(market) {
        return Ok(silent());
    }
    let (index, asked) = (market.search.clone(), ids.clone());
    match tokio::task::spawn_blocking(move || index.explain_each(&document, &asked)).await.map_err(Error::internal)? {
        Ok(explained) => Ok(explained.into_iter().map(|m| (m.id, m.explanation)).collect()),
        Err(error) => {
            tracing::error!(%error, "the index cannot explain");
            Ok(silent())
        }
    }
}
