//! What listings mean, as an embeddings end point says: asked once for each text, kept, and told to the index. Off unless the operator configures
//! one; while it is silent, matches go by words as ever.

use std::{
    collections::{BTreeMap, HashMap},
    sync::PoisonError,
};

use keqiao_model::{ListingKind, ListingState};
use keqiao_search::{Document, Embedding};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, OnConflict, Query},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    STEP, begin_at_zero, changed_listings, documents, followed_until,
    indexing::{is_live, last_event, live_among, live_listings},
    rematch,
};
use crate::{
    Actor, EmbeddingConfig, Error, Event, Market, Result,
    db::{Tx, micros},
    entity::{consumer, embedding, listing, outbox},
    listings::kind_code,
    room::sha256,
};

/// A text that nobody refuses.
const HARMLESS: &str = "技术";
/// Rows read at a time.
const READ: usize = 1_000;
/// How reasons to compute matches anew begin that have to do with meanings.
const REASON: &str = "embeddings ";
/// Whose turn it is to ask: a time until which a node has it.
const TURN: &str = "embeddings turn";
const TURN_MICROS: i64 = 2 * 60 * 1_000_000;

/// Why an embeddings end point gave no vectors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddingFailure {
    /// It does not want one of these texts, or cannot do with it.
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
    /// Since when, and why, this node gets no answers; nothing when the last one came, or when nothing waits because another node was answered.
    pub failing: Option<(OffsetDateTime, String)>,
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
    let failing = market.indexing.end_point_fails.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|_| waiting > 0);
    Ok(Some(EmbeddingStatus { model: config.model.clone(), embedded, refused, waiting, failing }))
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
        .and_where(column(embedding::Column::Model).eq(config.key()))
        .and_where(column(embedding::Column::Characters).eq(characters(config)));
    if refused {
        query.and_where(column(embedding::Column::Vector).eq(Vec::<u8>::new()));
    }
    Expr::exists(query)
}

fn characters(config: &EmbeddingConfig) -> i64 {
    i64::try_from(config.characters).unwrap_or(i64::MAX)
}

/// Listings whose text, as it is now, was not answered.
fn unanswered(config: &EmbeddingConfig) -> Select<listing::Entity> {
    listing::Entity::find().filter(answered(config, false).not())
}

/// Those of them that are on the market.
fn waiting(config: &EmbeddingConfig) -> Select<listing::Entity> {
    unanswered(config).filter(is_live())
}

/// Under which name the place in the outbox is kept: what is configured otherwise begins anew.
fn place_of(config: &EmbeddingConfig) -> String {
    format!("embeddings {} {}", config.key(), config.characters)
}

/// Why matches are computed anew when a model has said of the whole market what it means; they all begin with [`REASON`].
fn reason_of(config: Option<&EmbeddingConfig>) -> String {
    config.map_or_else(|| format!("{REASON}off"), |config| format!("{REASON}{}", config.key()))
}

/// Asks `embed` for what has no vector yet and stores it; answers how many listings it looked at. It goes through the whole market once for what
/// is configured, the latest listings first, after which all matches are computed anew; then it follows the outbox, and each listing that it asked
/// about is matched anew at once. Of several nodes one asks.
///
/// # Errors
/// [`Error::Internal`], also when the end point is not available; what it answered before is stored, and the next call goes on.
pub async fn embedding_step<F, R>(market: &Market, embed: F) -> Result<usize>
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    let Some(config) = &market.config.embeddings else { return Ok(0) };
    if !take_turn(market).await? {
        return Ok(0);
    }
    let done = asked(market, config, &embed).await;
    leave_turn(market).await?;
    done
}

async fn asked<F, R>(market: &Market, config: &EmbeddingConfig, embed: &F) -> Result<usize>
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    let name = place_of(config);
    let last = last_event(market).await?;
    let (ids, place, event) = match consumer::Entity::find_by_id(name.clone()).one(&market.db).await?.map(|c| c.seq) {
        None => {
            let query = waiting(config).select_only().column(listing::Column::Id).order_by_desc(listing::Column::Id);
            let ids = query.limit(READ as u64).into_tuple::<Uuid>().all(&market.db).await?;
            if ids.is_empty() {
                let tx = market.write(&Actor::System).await?;
                rematch::ask(&tx, &reason_of(Some(config))).await?;
                forget_others(&tx, config).await?;
                tx.commit().await?;
            }
            (ids, last, Event::ListingEmbedded)
        }
        Some(place) => {
            let query = outbox::Entity::find().filter(outbox::Column::Seq.gt(place)).order_by_asc(outbox::Column::Seq);
            let events = query.limit(STEP).all(&market.db).await?;
            let Some(last) = events.last().map(|e| e.seq) else { return Ok(0) };
            let live: Vec<Uuid> = live_among(&market.db, changed_listings(&events).into_iter().collect()).await?.into_iter().collect();
            let mut ids = Vec::new();
            for live in live.chunks(READ) {
                let query = unanswered(config).filter(listing::Column::Id.is_in(live.iter().copied()));
                ids.extend(query.select_only().column(listing::Column::Id).into_tuple::<Uuid>().all(&market.db).await?);
            }
            if ids.is_empty() {
                followed_until(market, &name, last).await?;
                return Ok(events.len());
            }
            (ids, last, Event::ListingChanged)
        }
    };
    for batch in ids.chunks(config.batch.max(1)) {
        embed_batch(market, config, batch, event, embed).await?;
        hold_turn(market).await?;
    }
    if event == Event::ListingChanged || ids.is_empty() {
        followed_until(market, &name, place).await?;
    }
    Ok(ids.len())
}

/// Deletes what other models said, and other lengths of text, once the whole market was gone through with what is configured: whoever goes back to
/// them asks again.
async fn forget_others(tx: &Tx, config: &EmbeddingConfig) -> Result<()> {
    use embedding::Column as C;
    let others = C::Model.ne(config.key()).or(C::Characters.ne(characters(config)));
    embedding::Entity::delete_many().filter(others).exec(&**tx).await?;
    consumer::Entity::delete_many()
        .filter(consumer::Column::Name.starts_with(REASON))
        .filter(consumer::Column::Name.is_not_in([TURN.to_owned(), place_of(config)]))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Remembers that no answers come, since the first time, or that they do.
fn note(market: &Market, failure: Option<&EmbeddingFailure>) {
    let mut noted = market.indexing.end_point_fails.lock().unwrap_or_else(PoisonError::into_inner);
    *noted = failure.map(|failure| (noted.as_ref().map_or_else(|| market.now(), |(since, _)| *since), failure.to_string()));
}

/// Whether it is this node's turn to ask: another one's ends by itself when it is not heard of any more.
async fn take_turn(market: &Market) -> Result<bool> {
    begin_at_zero(market, TURN).await?;
    let now = micros(market.now());
    let taken = consumer::Entity::update_many()
        .col_expr(consumer::Column::Seq, Expr::value(now + TURN_MICROS))
        .filter(consumer::Column::Name.eq(TURN))
        .filter(consumer::Column::Seq.lte(now))
        .exec(&market.db)
        .await?;
    Ok(taken.rows_affected > 0)
}

async fn hold_turn(market: &Market) -> Result<()> {
    set_turn(market, micros(market.now()) + TURN_MICROS).await
}

async fn leave_turn(market: &Market) -> Result<()> {
    set_turn(market, 0).await
}

async fn set_turn(market: &Market, until: i64) -> Result<()> {
    consumer::Entity::update_many()
        .col_expr(consumer::Column::Seq, Expr::value(until))
        .filter(consumer::Column::Name.eq(TURN))
        .exec(&market.db)
        .await?;
    Ok(())
}

/// What is to be stored of one listing.
struct Answer {
    listing: Uuid,
    number: String,
    version: i64,
    hash: String,
    /// As stored before, when the text has not changed.
    known: Option<Vec<u8>>,
    text: String,
}

/// Asks about some listings and stores what is answered, also when something is not.
async fn embed_batch<F, R>(market: &Market, config: &EmbeddingConfig, ids: &[Uuid], event: Event, embed: &F) -> Result<()>
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    let (mut known, new): (Vec<Answer>, Vec<Answer>) =
        answers(market, config, ids).await?.into_iter().partition(|answer| answer.known.is_some());
    let (vectors, failure) = ask(&new, embed).await;
    if !new.is_empty() {
        note(market, failure.as_ref());
    }
    let mut changed = Vec::new();
    for (mut answer, vector) in new.into_iter().zip(vectors) {
        changed.push(answer.listing);
        answer.known = Some(vector);
        known.push(answer);
    }
    let tx = market.write(&Actor::System).await?;
    for answer in known {
        use embedding::Column as C;
        let row = embedding::ActiveModel {
            listing_id: Set(answer.listing),
            model: Set(config.key()),
            text_hash: Set(answer.hash),
            characters: Set(characters(config)),
            listing_version: Set(answer.version),
            vector: Set(answer.known.unwrap_or_default()),
            updated_at: Set(tx.now),
        };
        // A node that was slow must not put an older text's vector in the place of a newer one's.
        let newer = Expr::col((embedding::Entity, C::ListingVersion)).lte(answer.version);
        let twice = OnConflict::columns([C::ListingId, C::Model])
            .update_columns([C::TextHash, C::Characters, C::ListingVersion, C::Vector, C::UpdatedAt])
            .action_and_where(newer)
            .to_owned();
        embedding::Entity::insert(row).on_conflict(twice).exec_without_returning(&*tx).await?;
    }
    tx.emit_many(event, &changed).await?;
    tx.commit().await?;
    failure.map_or(Ok(()), |failure| Err(Error::internal(failure)))
}

/// What there is to be asked about these listings, and what is known already.
async fn answers(market: &Market, config: &EmbeddingConfig, ids: &[Uuid]) -> Result<Vec<Answer>> {
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
        .filter(embedding::Column::Model.eq(config.key()))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|row| (row.listing_id, row))
        .collect();
    let documents: BTreeMap<Uuid, Document> = documents(market, ids).await?.into_iter().collect();
    let answer = |document: Document| {
        let text = format!("{}{}", config.prefix, document.meaning_text(config.characters));
        let hash = sha256(text.as_bytes());
        let known = known.remove(&document.id).filter(|row| row.text_hash == hash && !row.vector.is_empty()).map(|row| row.vector);
        Some(Answer { listing: document.id, number: document.number, version: *versions.get(&document.id)?, hash, known, text })
    };
    Ok(documents.into_values().filter_map(answer).collect())
}

/// The vectors of the first of these texts as bytes, none of them for a text that is refused, and why there are no more. When several are refused
/// together, each is asked about alone.
async fn ask<F, R>(asked: &[Answer], embed: &F) -> (Vec<Vec<u8>>, Option<EmbeddingFailure>)
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    if asked.is_empty() {
        return (Vec::new(), None);
    }
    match several(asked, embed).await {
        Ok(vectors) => return (vectors, None),
        Err(failure @ EmbeddingFailure::Unavailable(_)) => return (Vec::new(), Some(failure)),
        Err(EmbeddingFailure::Refused(_)) => {}
    }
    let mut vectors = Vec::with_capacity(asked.len());
    for answer in asked {
        match several(std::slice::from_ref(answer), embed).await {
            Ok(one) => vectors.extend(one),
            Err(failure @ EmbeddingFailure::Unavailable(_)) => return (vectors, Some(failure)),
            Err(EmbeddingFailure::Refused(why)) => {
                // Whoever refuses this too has something against the model or the key, not against the text.
                if let Err(failure) = embed(vec![HARMLESS.to_owned()]).await {
                    return (vectors, Some(EmbeddingFailure::Unavailable(failure.to_string())));
                }
                tracing::warn!(listing = answer.number, why, "a listing is matched by its words alone");
                vectors.push(Vec::new());
            }
        }
    }
    (vectors, None)
}

async fn several<F, R>(asked: &[Answer], embed: &F) -> std::result::Result<Vec<Vec<u8>>, EmbeddingFailure>
where
    F: Fn(Vec<String>) -> R,
    R: Future<Output = std::result::Result<Vec<Vec<f32>>, EmbeddingFailure>>,
{
    let vectors = embed(asked.iter().map(|answer| answer.text.clone()).collect()).await?;
    if vectors.len() != asked.len() {
        return Err(EmbeddingFailure::Unavailable(format!("{} vectors for {} texts", vectors.len(), asked.len())));
    }
    Ok(vectors.iter().map(|vector| Embedding::new(vector).map(|e| e.to_bytes()).unwrap_or_default()).collect())
}

/// Once after the program starts: tells the index what is stored, and sees to it that matches are computed anew when they go by another model, or
/// go by one that is not configured any more.
pub(super) async fn open(market: &Market) -> Result<()> {
    let opened = market.indexing.embedded.get_or_try_init(|| async {
        load_all(market).await?;
        let config = market.config.embeddings.as_ref();
        let wanted = reason_of(config);
        let other = rematch::newest_for(&market.db, REASON).await?.is_some_and(|row| row.reason != wanted);
        // A model that has not gone through the whole market yet asks when it has.
        let through = match config {
            Some(config) => consumer::Entity::find_by_id(place_of(config)).one(&market.db).await?.is_some(),
            None => true,
        };
        if other && through {
            let tx = market.write(&Actor::System).await?;
            rematch::ask(&tx, &wanted).await?;
            tx.commit().await?;
        }
        Ok::<_, Error>(())
    });
    opened.await.map(|_| ())
}

/// Tells the index what these listings mean, as stored.
pub(super) async fn load(market: &Market, ids: &[Uuid]) -> Result<()> {
    let Some(config) = &market.config.embeddings else { return Ok(()) };
    for ids in ids.chunks(READ) {
        let rows = embedding::Entity::find()
            .filter(embedding::Column::ListingId.is_in(ids.iter().copied()))
            .filter(embedding::Column::Model.eq(config.key()))
            .all(&market.db)
            .await?;
        let vectors: HashMap<Uuid, Option<Embedding>> =
            rows.into_iter().map(|row| (row.listing_id, Embedding::from_bytes(&row.vector))).collect();
        use listing::Column as C;
        let query = listing::Entity::find().select_only().columns([C::Id, C::Kind, C::State]);
        let listings: Vec<(Uuid, String, String)> = query.filter(C::Id.is_in(ids.iter().copied())).into_tuple().all(&market.db).await?;
        let known = listings
            .into_iter()
            .map(|(id, kind, state)| {
                // Whoever left the market is not compared any more.
                let live = ListingState::from_code(&state).is_some_and(ListingState::is_indexed);
                let vector = vectors.get(&id).and_then(Option::as_ref).filter(|_| live).cloned();
                let kind = if kind == kind_code(ListingKind::Demand) { ListingKind::Demand } else { ListingKind::Achievement };
                (kind, id, vector)
            })
            .collect();
        let search = market.search.clone();
        tokio::task::spawn_blocking(move || search.embed(known)).await.map_err(Error::internal)?;
    }
    Ok(())
}

/// The same of everything that is stored.
pub(super) async fn load_all(market: &Market) -> Result<()> {
    if market.config.embeddings.is_none() {
        return Ok(());
    }
    let live = live_listings(market).await?;
    load(market, &live).await
}
