//! What listings mean, as an embeddings end point says: asked once for each text, kept, and told to the index. Off unless the operator configures
//! one; while it is silent, matches go by words as ever.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use keqiao_search::{Document, Embedding};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, OnConflict, Query},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    STEP, changed_listings, documents, followed_until,
    indexing::{is_live, last_event},
};
use crate::{
    Actor, EmbeddingConfig, Error, Event, Market, Result,
    entity::{consumer, embedding, listing, outbox},
    listings::kind_of,
};

/// A text that nobody refuses.
const HARMLESS: &str = "技术";
/// Rows read at a time.
const READ: usize = 1_000;

/// Why an embeddings end point gave no vectors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddingFailure {
    /// It does not want one of these texts, and will not another time.
    #[error("the embeddings end point refuses the text: {0}")]
    Refused(String),
    /// It cannot be reached, is busy, or answers what nobody can read.
    #[error("the embeddings end point fails: {0}")]
    Unavailable(String),
}

/// How far embeddings have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingStatus {
    /// The model.
    pub model: String,
    /// Listings on the market whose text was embedded.
    pub embedded: u64,
    /// Those whose text the end point refused.
    pub refused: u64,
    /// Those that wait.
    pub waiting: u64,
}

/// How far embeddings have come; nothing when there is no end point.
///
/// # Errors
/// [`Error::Internal`].
pub async fn embedding_status(market: &Market) -> Result<Option<EmbeddingStatus>> {
    let Some(config) = &market.config.embeddings else { return Ok(None) };
    let waiting = waiting(config).count(&market.db).await?;
    let live = listing::Entity::find().filter(is_live()).count(&market.db).await?;
    let refused = listing::Entity::find().filter(is_live()).filter(answered(config, true)).count(&market.db).await?;
    let embedded = live.saturating_sub(waiting).saturating_sub(refused);
    Ok(Some(EmbeddingStatus { model: config.model.clone(), embedded, refused, waiting }))
}

/// That the text of a listing as it is now was answered; or also `refused`.
fn answered(config: &EmbeddingConfig, refused: bool) -> Expr {
    let column = |column| Expr::col((embedding::Entity, column));
    let mut query = Query::select();
    query
        .expr(Expr::val(1))
        .from(embedding::Entity)
        .and_where(column(embedding::Column::ListingId).equals((listing::Entity, listing::Column::Id)))
        .and_where(column(embedding::Column::ListingVersion).equals((listing::Entity, listing::Column::Version)))
        .and_where(column(embedding::Column::Model).eq(config.model.as_str()));
    if refused {
        query.and_where(column(embedding::Column::Vector).eq(Vec::<u8>::new()));
    }
    Expr::exists(query)
}

/// Listings on the market whose text, as it is now, was not answered.
fn waiting(config: &EmbeddingConfig) -> Select<listing::Entity> {
    listing::Entity::find().filter(is_live()).filter(answered(config, false).not())
}

/// Asks `embed` for what has no vector yet, stores it and has these listings matched anew; answers how many it asked about. It goes through the
/// whole market once for each model, the latest listings first, and follows the outbox then.
///
/// # Errors
/// [`Error::Internal`], also when the end point is not available; the next call goes on.
pub async fn embedding_step<F, R>(market: &Market, embed: F) -> Result<usize>
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    let Some(config) = &market.config.embeddings else { return Ok(0) };
    let name = format!("embeddings {}", config.model);
    let last = last_event(market).await?;
    let Some(place) = consumer::Entity::find_by_id(name.clone()).one(&market.db).await?.map(|c| c.seq) else {
        let query = waiting(config).select_only().column(listing::Column::Id).order_by_desc(listing::Column::Id);
        let ids = query.limit(config.batch as u64).into_tuple::<Uuid>().all(&market.db).await?;
        embed_batch(market, config, &ids, &embed).await?;
        if ids.is_empty() {
            followed_until(market, &name, last).await?;
        }
        return Ok(ids.len());
    };
    let events =
        outbox::Entity::find().filter(outbox::Column::Seq.gt(place)).order_by_asc(outbox::Column::Seq).limit(STEP).all(&market.db).await?;
    let Some(last) = events.last().map(|e| e.seq) else { return Ok(0) };
    let changed = changed_listings(&events);
    for ids in changed.chunks(config.batch.max(1)) {
        let query = waiting(config).filter(listing::Column::Id.is_in(ids.iter().copied())).select_only().column(listing::Column::Id);
        let ids = query.into_tuple::<Uuid>().all(&market.db).await?;
        embed_batch(market, config, &ids, &embed).await?;
    }
    followed_until(market, &name, last).await?;
    Ok(events.len())
}

/// What is to be stored of one listing.
struct Answer {
    listing: Uuid,
    version: i64,
    hash: String,
    /// As stored before, when the text has not changed.
    known: Option<Vec<u8>>,
    text: String,
}

async fn embed_batch<F, R>(market: &Market, config: &EmbeddingConfig, ids: &[Uuid], embed: &F) -> Result<()>
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    if ids.is_empty() {
        return Ok(());
    }
    // The version is read first: a text that is changed meanwhile is looked at again.
    let versions: HashMap<Uuid, i64> = listing::Entity::find()
        .select_only()
        .columns([listing::Column::Id, listing::Column::Version])
        .filter(listing::Column::Id.is_in(ids.iter().copied()))
        .into_tuple::<(Uuid, i64)>()
        .all(&market.db)
        .await?
        .into_iter()
        .collect();
    let mut known: HashMap<Uuid, embedding::Model> = embedding::Entity::find()
        .filter(embedding::Column::ListingId.is_in(ids.iter().copied()))
        .filter(embedding::Column::Model.eq(config.model.as_str()))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|row| (row.listing_id, row))
        .collect();
    let documents: BTreeMap<Uuid, Document> = documents(market, ids).await?.into_iter().collect();
    let mut answers = Vec::new();
    for document in documents.into_values() {
        let Some(version) = versions.get(&document.id) else { continue };
        let text = document.meaning_text(config.characters);
        let hash = hash(&text);
        let same = known.remove(&document.id).filter(|row| row.text_hash == hash);
        answers.push(Answer { listing: document.id, version: *version, hash, known: same.map(|row| row.vector), text });
    }
    let asked: Vec<&Answer> = answers.iter().filter(|answer| answer.known.is_none()).collect();
    let texts: Vec<String> = asked.iter().map(|answer| answer.text.clone()).collect();
    let mut new: HashMap<Uuid, Vec<u8>> = asked.iter().map(|answer| answer.listing).zip(ask(texts, embed).await?).collect();
    let changed: Vec<Uuid> = asked.iter().map(|answer| answer.listing).collect();
    let tx = market.write(&Actor::System).await?;
    for answer in answers {
        let vector = answer.known.or_else(|| new.remove(&answer.listing)).unwrap_or_default();
        let row = embedding::ActiveModel {
            listing_id: Set(answer.listing),
            listing_version: Set(answer.version),
            model: Set(config.model.clone()),
            text_hash: Set(answer.hash),
            vector: Set(vector),
            updated_at: Set(tx.now),
        };
        use embedding::Column as C;
        let columns = [C::ListingVersion, C::Model, C::TextHash, C::Vector, C::UpdatedAt];
        let twice = OnConflict::column(C::ListingId).update_columns(columns).to_owned();
        embedding::Entity::insert(row).on_conflict(twice).exec_without_returning(&*tx).await?;
    }
    tx.emit_many(Event::ListingChanged, &changed).await?;
    tx.commit().await
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The vectors of these texts as bytes, none of them for a text that is refused: of several, each is then asked about alone.
async fn ask<F, R>(texts: Vec<String>, embed: &F) -> Result<Vec<Vec<u8>>>
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let count = texts.len();
    match embed(texts.clone()).await {
        Ok(vectors) if vectors.len() == count => {
            Ok(vectors.iter().map(|vector| Embedding::new(vector).map(|e| e.to_bytes()).unwrap_or_default()).collect())
        }
        Ok(vectors) => Err(Error::internal(EmbeddingFailure::Unavailable(format!("{} vectors for {count} texts", vectors.len())))),
        Err(EmbeddingFailure::Refused(_)) if count > 1 => {
            let mut all = Vec::with_capacity(count);
            for text in texts {
                all.extend(Box::pin(ask(vec![text], embed)).await?);
            }
            Ok(all)
        }
        Err(EmbeddingFailure::Refused(why)) => {
            // Whoever refuses this too has something against the model or the key, not against the text.
            if let Err(failure) = embed(vec![HARMLESS.to_owned()]).await {
                return Err(Error::internal(EmbeddingFailure::Unavailable(failure.to_string())));
            }
            tracing::warn!(why, "a listing is matched by its words alone");
            Ok(vec![Vec::new()])
        }
        Err(failure) => Err(Error::internal(failure)),
    }
}

/// Tells the index what these listings mean, as stored.
pub(super) async fn load(market: &Market, ids: &[Uuid]) -> Result<()> {
    let Some(config) = &market.config.embeddings else { return Ok(()) };
    for ids in ids.chunks(READ) {
        let rows = embedding::Entity::find()
            .filter(embedding::Column::ListingId.is_in(ids.iter().copied()))
            .filter(embedding::Column::Model.eq(config.model.as_str()))
            .all(&market.db)
            .await?;
        let vectors: HashMap<Uuid, Option<Embedding>> =
            rows.into_iter().map(|row| (row.listing_id, Embedding::from_bytes(&row.vector))).collect();
        let listings = listing::Entity::find().filter(listing::Column::Id.is_in(ids.iter().copied())).all(&market.db).await?;
        for row in listings {
            // Whoever left the market is not compared any more.
            let vector = vectors.get(&row.id).and_then(Option::as_ref);
            let live = crate::listings::state_of(&row)?.is_indexed();
            market.search.embed(kind_of(&row), row.id, vector.filter(|_| live));
        }
    }
    Ok(())
}

/// The same of everything that is stored.
pub(super) async fn load_all(market: &Market) -> Result<()> {
    if market.config.embeddings.is_none() {
        return Ok(());
    }
    let live = super::indexing::live_listings(market).await?;
    load(market, &live).await
}
