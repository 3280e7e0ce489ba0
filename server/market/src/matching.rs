//! The index follows the outbox; matches follow the index. Both are derived and can be rebuilt at any time.

mod embeddings;
mod indexing;
mod pairs;
mod rematch;
mod simple;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keqiao_model::{ListingBody, ListingKind, ListingState, OUTSIDE};
use keqiao_search::{Also, Completion, Correction, Document, Facet, Hit, Piece, SearchRequest};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{
    Actor, Error, Event, ListingSummary, Market, PER_PAGE, Paged, Result,
    db::{from_micros, micros},
    entity::{consumer, listing, matched, organisation, outbox},
    listings::{content_of, kind_of, state_of, summaries},
    paging::within,
};

pub use self::embeddings::{EmbeddingFailure, EmbeddingStatus, embedding_status, embedding_step};
pub use self::indexing::{IndexStatus, catch_up, index_lag, index_status, index_step, match_step, needs_rebuild, open_index, reindex};
pub(crate) use self::indexing::{Indexing, is_live, is_simple, live_among, search};
use self::indexing::{explanations, index_position};
pub(crate) use self::pairs::best_answers;
pub use self::pairs::{DismissedView, MatchOrder, MatchView, PAIRS_MAX, PairFilter, PairView, best_pairs, dismissed, matches};
pub(crate) use self::rematch::{ask as ask_rematch, following, in_force};

/// Best answers kept per listing.
const KEPT: usize = 50;
/// Julian day of 1970-01-01.
const UNIX_JULIAN_DAY: i32 = 2_440_588;
/// The name under which the matches note how far they follow the outbox.
const MATCHES: &str = "matches";
/// Listings whose matches are stored in one transaction.
const CHUNK: usize = 50;
/// Outbox rows taken into the index in one step.
const STEP: u64 = 2_000;
/// Outbox rows whose matches are computed in one step; each changed listing costs up to [`KEPT`] others.
const MATCHED: u64 = 200;

/// What is indexed of a listing: public text only. The confidential detail never gets here.
pub(crate) fn document_of(row: &listing::Model, organisation: &organisation::Model) -> Result<Document> {
    let content = content_of(row)?;
    let text = match &content.body {
        ListingBody::Demand(d) => {
            [&d.background, &d.problem, &d.current, &d.tried, &d.chain_node].into_iter().map(String::as_str).collect::<Vec<_>>().join("\n")
        }
        ListingBody::Achievement(a) => {
            [&a.one_sentence, &a.advantage, &a.applications].into_iter().map(String::as_str).collect::<Vec<_>>().join("\n")
        }
    };
    let chain_node = match &content.body {
        ListingBody::Demand(d) => d.chain_node.clone(),
        ListingBody::Achievement(_) => String::new(),
    };
    let indicators = content.indicators.iter().map(|i| format!("{} {}", i.name, i.unit)).collect::<Vec<_>>().join("\n");
    Ok(Document {
        id: row.id,
        kind: kind_of(row),
        number: row.number.clone(),
        language: if content.language == keqiao_model::Lang::En { "en" } else { "zh" }.to_owned(),
        title: content.title,
        summary: content.summary,
        text,
        keywords: content.keywords,
        indicators,
        requirements: content.indicators,
        organisation: organisation.name.clone(),
        organisation_id: organisation.id,
        field: row.field.clone(),
        industry: row.industry.clone(),
        region: if row.region == OUTSIDE { String::new() } else { row.region.clone() },
        trl: row.trl,
        cooperation: content.cooperation.iter().map(|c| c.code().to_owned()).collect(),
        chain_node,
        // Known of organisations whose listings are indexed: see `documents`.
        response: None,
        price_min: row.price_min,
        price_max: row.price_max,
        deadline: content.deadline.map(|d| i64::from(d.to_julian_day() - UNIX_JULIAN_DAY)),
        published_at: row.published_at.unwrap_or_default() / 1_000_000,
    })
}

/// The documents of listings that are indexed now, by id; those that are not are missing.
async fn documents(market: &Market, ids: &[Uuid]) -> Result<HashMap<Uuid, Document>> {
    documents_in(market, ids, ListingState::is_indexed).await
}

/// The documents of listings whose state is so.
pub(crate) async fn documents_in(market: &Market, ids: &[Uuid], is_so: fn(ListingState) -> bool) -> Result<HashMap<Uuid, Document>> {
    let mut documents = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows = listing::Entity::find().filter(listing::Column::Id.is_in(chunk.iter().copied())).all(&market.db).await?;
        let owners: HashMap<Uuid, organisation::Model> = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(rows.iter().map(|r| r.organisation_id)))
            .all(&market.db)
            .await?
            .into_iter()
            .map(|o| (o.id, o))
            .collect();
        let responses = crate::interests::percents(market, owners.keys().copied()).await?;
        for row in rows {
            if is_so(state_of(&row)?)
                && let Some(owner) = owners.get(&row.organisation_id)
            {
                let mut document = document_of(&row, owner)?;
                // What was written in a region that is no more is found in what became of it.
                if !document.region.is_empty() {
                    document.region = market.current(&document.region).to_owned();
                }
                document.response = responses.get(&row.organisation_id).copied();
                documents.insert(row.id, document);
            }
        }
    }
    Ok(documents)
}

/// What is indexed of one listing that is on the market: for measuring and for tests.
///
/// # Errors
/// [`Error::NotFound`] when it is not.
pub async fn document(market: &Market, id: Uuid) -> Result<Document> {
    documents(market, &[id]).await?.remove(&id).ok_or(Error::NotFound)
}

/// Whom events of these kinds are about, each once.
fn subjects(events: &[outbox::Model], kinds: &[Event]) -> Vec<Uuid> {
    let of_kind = |event: &&outbox::Model| kinds.iter().any(|kind| kind.code() == event.kind);
    let subjects: BTreeSet<Uuid> = events.iter().filter(of_kind).map(|e| e.subject_id).collect();
    subjects.into_iter().collect()
}

fn changed_listings(events: &[outbox::Model]) -> Vec<Uuid> {
    subjects(events, &[Event::ListingChanged])
}

/// Recomputes what the events since the last time may have changed. Its own place in the outbox is stored after the matches are, so that a
/// crash in between only does the work again.
async fn match_changed(market: &Market) -> Result<usize> {
    let Some(indexed) = index_position(market).await? else { return Ok(0) };
    let position = consumer::Entity::find_by_id(MATCHES.to_owned()).one(&market.db).await?.map_or(0, |c| c.seq);
    let events = outbox::Entity::find()
        .filter(outbox::Column::Seq.gt(position))
        .filter(outbox::Column::Seq.lte(indexed))
        .order_by_asc(outbox::Column::Seq)
        .limit(MATCHED)
        .all(&market.db)
        .await?;
    let Some(last) = events.last().map(|e| e.seq) else { return Ok(0) };
    let changed = changed_listings(&events);
    let documents = documents(market, &changed).await?;
    for id in changed.iter().filter(|id| !documents.contains_key(id)) {
        matched::Entity::delete_many()
            .filter(matched::Column::ListingId.eq(*id).or(matched::Column::OtherId.eq(*id)))
            .exec(&market.db)
            .await?;
    }
    let mut affected = store_matches(market, documents.into_values().collect()).await?;
    for id in &changed {
        affected.remove(id);
    }
    let affected: Vec<Uuid> = affected.into_iter().collect();
    let documents = self::documents(market, &affected).await?;
    store_matches(market, documents.into_values().collect()).await?;
    followed_until(market, MATCHES, last).await?;
    Ok(events.len())
}

/// Sees to it that there is a row to update.
async fn begin_at_zero(market: &Market, name: &str) -> Result<()> {
    let row = consumer::ActiveModel { name: Set(name.to_owned()), seq: Set(0) };
    consumer::Entity::insert(row)
        .on_conflict(OnConflict::column(consumer::Column::Name).do_nothing().to_owned())
        .exec_without_returning(&market.db)
        .await?;
    Ok(())
}

/// Notes how far somebody has followed the outbox; never backwards, because another node may be further.
async fn followed_until(market: &Market, name: &str, seq: i64) -> Result<()> {
    begin_at_zero(market, name).await?;
    consumer::Entity::update_many()
        .col_expr(consumer::Column::Seq, Expr::value(seq))
        .filter(consumer::Column::Name.eq(name))
        .filter(consumer::Column::Seq.lt(seq))
        .exec(&market.db)
        .await?;
    Ok(())
}

/// Computes and stores the best answers to listings; answers the ids of those answers.
async fn store_matches(market: &Market, documents: Vec<Document>) -> Result<BTreeSet<Uuid>> {
    let mut answers = BTreeSet::new();
    for chunk in documents.chunks(CHUNK) {
        answers.extend(store_chunk(market, chunk).await?);
    }
    Ok(answers)
}

/// A listing and its best answers with their scores.
type Answers = (Uuid, Vec<(Uuid, f32)>);

/// The best answers to some listings, worked out on all processors.
async fn ranked(market: &Market, documents: &[Document]) -> Result<Vec<Answers>> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = documents.chunks(documents.len().div_ceil(processors).max(1)).map(|part| {
        let (search, part) = (market.search.clone(), part.to_vec());
        tokio::task::spawn_blocking(move || {
            let rank = |document: &Document| Ok((document.id, search.rank(document, KEPT)?));
            part.iter().map(rank).collect::<std::result::Result<Vec<Answers>, keqiao_search::SearchError>>()
        })
    });
    let mut found = Vec::new();
    for part in futures::future::join_all(parts).await {
        found.extend(part.map_err(Error::internal)??);
    }
    Ok(found)
}

/// One transaction's worth of [`store_matches`].
async fn store_chunk(market: &Market, chunk: &[Document]) -> Result<BTreeSet<Uuid>> {
    let (tx, found) = loop {
        let asked = rematch::newest(&market.db).await?;
        rematch::follow(market).await?;
        let found = ranked(market, chunk).await?;
        let tx = market.write(&Actor::System).await?;
        // Other weights may have come into force and have been followed by another node meanwhile: these are old then.
        if rematch::newest(&*tx).await?.map(|row| row.id) == asked.map(|row| row.id) {
            break (tx, found);
        }
    };
    // A listing taken off the market meanwhile must not come back into anybody's list.
    let ids = found.iter().flat_map(|(id, matches)| matches.iter().map(|(other, _)| *other).chain([*id])).collect();
    let live = live_among(&*tx, ids).await?;
    matched::Entity::delete_many().filter(matched::Column::ListingId.is_in(found.iter().map(|(id, _)| *id))).exec(&*tx).await?;
    let mut rows = Vec::new();
    for (id, matches) in found.iter().filter(|(id, _)| live.contains(id)) {
        let best =
            matches.iter().find(|(other, _)| live.contains(other)).map_or(1.0, |(_, score)| f64::from(*score)).max(f64::MIN_POSITIVE);
        for (place, (other, score)) in (0_i64..).zip(matches.iter().filter(|(other, _)| live.contains(other))) {
            rows.push(matched::ActiveModel {
                listing_id: Set(*id),
                other_id: Set(*other),
                score: Set(f64::from(*score)),
                relative: Set(f64::from(*score) / best),
                place: Set(place),
                computed_at: Set(tx.now),
            });
        }
    }
    let answers = rows.iter().map(|r| *r.other_id.as_ref()).collect();
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(1_000));
        matched::Entity::insert_many(std::mem::replace(&mut rows, rest)).exec_without_returning(&*tx).await?;
    }
    tx.commit().await?;
    Ok(answers)
}

/// Public listings by id.
pub(crate) async fn summaries_by_id(market: &Market, ids: Vec<Uuid>) -> Result<HashMap<Uuid, ListingSummary>> {
    let rows = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(&market.db).await?;
    let rows: Vec<listing::Model> = rows.into_iter().filter(|r| state_of(r).is_ok_and(ListingState::is_public)).collect();
    Ok(summaries(&market.db, &rows).await?.into_iter().map(|s| (s.id, s)).collect())
}

/// One search result.
#[derive(Debug, Clone)]
pub struct FoundListing {
    /// The listing.
    pub listing: ListingSummary,
    /// Its title, hits marked.
    pub title: Vec<Piece>,
    /// A passage of its public text, hits marked.
    pub snippet: Vec<Piece>,
}

/// A page of search results.
#[derive(Debug, Clone)]
pub struct Found {
    /// Results of this page.
    pub page: Paged<FoundListing>,
    /// Counts by facet; each respects the query and the other facets.
    pub facets: BTreeMap<Facet, Vec<(String, usize)>>,
    /// Other words for the same that were searched too.
    pub also: Vec<Also>,
    /// What was probably meant.
    pub correction: Option<Correction>,
    /// No listing has all the words: these have a part of them.
    pub partly: bool,
}

/// How a query could go on.
#[derive(Debug, Clone, Default)]
pub struct Suggested {
    /// Whole queries, the most frequent first.
    pub words: Vec<Completion>,
    /// Listings that the first of them finds.
    pub listings: Vec<ListingSummary>,
}

/// Searches the public listings of one side. Anyone may.
///
/// # Errors
/// [`Error::Internal`]; no query is an error.
pub async fn search_listings(market: &Market, mut request: SearchRequest, page: u64) -> Result<Found> {
    let per_page = usize::try_from(PER_PAGE).unwrap_or(20);
    // Paging past the index's depth answers the last page, not an error.
    request.limit = per_page;
    request.offset = usize::try_from(page.saturating_sub(1)).unwrap_or(0).saturating_mul(per_page).min(100_000);
    let mut result = search(market, request.clone()).await?;
    let mut page = page;
    if result.hits.is_empty() && result.total > 0 {
        page = within(page, result.total as u64);
        request.offset = usize::try_from(page - 1).unwrap_or(0).saturating_mul(per_page);
        result = search(market, request).await?;
    }
    let mut listings = summaries_by_id(market, result.hits.iter().map(|h| h.id).collect()).await?;
    let items = result
        .hits
        .into_iter()
        .filter_map(|Hit { id, title, snippet, .. }| listings.remove(&id).map(|listing| FoundListing { listing, title, snippet }))
        .collect();
    Ok(Found {
        page: Paged { items, total: result.total as u64, page, per_page: PER_PAGE },
        facets: result.facets,
        also: result.also,
        correction: result.correction,
        partly: result.partly,
    })
}

/// How a query of one side that begins so could go on, at most `limit` ways. Anyone may ask: words and listings are public.
///
/// # Errors
/// [`Error::Internal`].
pub async fn suggest(market: &Market, kind: ListingKind, typed: &str, limit: usize) -> Result<Suggested> {
    let (search, typed) = (market.search.clone(), typed.to_owned());
    let suggestions = tokio::task::spawn_blocking(move || search.suggest(kind, &typed, limit)).await.map_err(Error::internal)??;
    let ids: Vec<Uuid> = suggestions.titles.iter().map(|(id, _)| *id).collect();
    let mut listings = summaries_by_id(market, ids.clone()).await?;
    Ok(Suggested { words: suggestions.words, listings: ids.iter().filter_map(|id| listings.remove(id)).collect() })
}

/// Takes published listings whose last day is over off the market; answers how many.
///
/// # Errors
/// [`Error::Internal`].
pub async fn expire_step(market: &Market) -> Result<u64> {
    let today = keqiao_model::format_date(from_micros(micros(market.now())).to_offset(crate::CHINA).date());
    let rows = listing::Entity::find()
        .filter(listing::Column::State.eq(ListingState::Published.code()))
        .filter(listing::Column::Deadline.lt(today))
        .limit(500)
        .all(&market.db)
        .await?;
    let mut expired = 0;
    for row in rows {
        let tx = market.write(&Actor::System).await?;
        match crate::listings::make_move(&tx, &Actor::System, &row, keqiao_model::ListingMove::Expire, &[], row.version).await {
            Ok(()) => {
                tx.commit().await?;
                expired += 1;
            }
            Err(Error::Stale) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(expired)
}
