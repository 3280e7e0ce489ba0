//! The index follows the outbox; matches follow the index. Both are derived and can be rebuilt at any time.

mod indexing;
mod simple;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keqiao_model::{ListingBody, ListingKind, ListingState, OUTSIDE, Party};
use keqiao_search::{Document, Explanation, Facet, Hit, Piece, SearchRequest};
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
    listings::{content_of, find, kind_code, kind_of, parties, state_of, summaries},
    paging::{fetch, within},
};

pub(crate) use indexing::Indexing;
pub use indexing::{IndexStatus, index_lag, index_status, index_step, needs_rebuild, open_index, reindex};
use indexing::{explanations, index_position, search};

/// Best answers kept per listing.
const KEPT: usize = 50;
/// Julian day of 1970-01-01.
const UNIX_JULIAN_DAY: i32 = 2_440_588;
/// The name under which the matches note how far they follow the outbox.
const MATCHES: &str = "matches";
/// Listings whose matches are stored in one transaction.
const CHUNK: usize = 50;
/// Outbox rows taken in one step.
const STEP: u64 = 2_000;

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
        organisation: organisation.name.clone(),
        organisation_id: organisation.id,
        field: row.field.clone(),
        industry: row.industry.clone(),
        region: if row.region == OUTSIDE { String::new() } else { row.region.clone() },
        trl: row.trl,
        cooperation: content.cooperation.iter().map(|c| c.code().to_owned()).collect(),
        price_min: row.price_min,
        price_max: row.price_max,
        deadline: content.deadline.map(|d| i64::from(d.to_julian_day() - UNIX_JULIAN_DAY)),
        published_at: row.published_at.unwrap_or_default() / 1_000_000,
    })
}

/// The documents of listings that are indexed now, by id; those that are not are missing.
async fn documents(market: &Market, ids: &[Uuid]) -> Result<HashMap<Uuid, Document>> {
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
        for row in rows {
            if state_of(&row)?.is_indexed()
                && let Some(owner) = owners.get(&row.organisation_id)
            {
                documents.insert(row.id, document_of(&row, owner)?);
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

fn changed_listings(events: &[outbox::Model]) -> Vec<Uuid> {
    let changed: BTreeSet<Uuid> = events.iter().filter(|e| e.kind == Event::ListingChanged.code()).map(|e| e.subject_id).collect();
    changed.into_iter().collect()
}

/// Recomputes what the events since the last time may have changed. Its own place in the outbox is stored after the matches are, so that a
/// crash in between only does the work again.
async fn match_step(market: &Market) -> Result<usize> {
    let Some(indexed) = index_position(market).await? else { return Ok(0) };
    let position = consumer::Entity::find_by_id(MATCHES.to_owned()).one(&market.db).await?.map_or(0, |c| c.seq);
    let events = outbox::Entity::find()
        .filter(outbox::Column::Seq.gt(position))
        .filter(outbox::Column::Seq.lte(indexed))
        .order_by_asc(outbox::Column::Seq)
        .limit(STEP)
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
    matched_until(market, last).await?;
    Ok(events.len())
}

/// Notes how far matches have been computed; never backwards, because another node may be further.
async fn matched_until(market: &Market, seq: i64) -> Result<()> {
    let row = consumer::ActiveModel { name: Set(MATCHES.to_owned()), seq: Set(0) };
    consumer::Entity::insert(row)
        .on_conflict(OnConflict::column(consumer::Column::Name).do_nothing().to_owned())
        .exec_without_returning(&market.db)
        .await?;
    consumer::Entity::update_many()
        .col_expr(consumer::Column::Seq, Expr::value(seq))
        .filter(consumer::Column::Name.eq(MATCHES))
        .filter(consumer::Column::Seq.lt(seq))
        .exec(&market.db)
        .await?;
    Ok(())
}

/// Computes and stores the best answers to listings; answers the ids of those answers.
async fn store_matches(market: &Market, documents: Vec<Document>) -> Result<BTreeSet<Uuid>> {
    let mut answers = BTreeSet::new();
    for chunk in documents.chunks(CHUNK) {
        answers.extend(store_chunk(market, chunk.to_vec()).await?);
    }
    Ok(answers)
}

/// One transaction's worth of [`store_matches`].
async fn store_chunk(market: &Market, chunk: Vec<Document>) -> Result<BTreeSet<Uuid>> {
    let search = market.search.clone();
    let found = tokio::task::spawn_blocking(move || {
        chunk
            .iter()
            .map(|document| Ok((document.id, search.rank(document, KEPT)?)))
            .collect::<std::result::Result<Vec<_>, keqiao_search::SearchError>>()
    })
    .await
    .map_err(Error::internal)??;
    let tx = market.write(&Actor::System).await?;
    // A listing taken off the market meanwhile must not come back into anybody's list.
    let ids: BTreeSet<Uuid> = found.iter().flat_map(|(id, matches)| matches.iter().map(|(other, _)| *other).chain([*id])).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut live = BTreeSet::new();
    for part in ids.chunks(1_000) {
        let rows = listing::Entity::find()
            .select_only()
            .column(listing::Column::Id)
            .filter(listing::Column::Id.is_in(part.iter().copied()))
            .filter(listing::Column::State.is_in([ListingState::Published.code(), ListingState::InDeal.code()]))
            .into_tuple::<Uuid>()
            .all(&*tx)
            .await?;
        live.extend(rows);
    }
    matched::Entity::delete_many().filter(matched::Column::ListingId.is_in(found.iter().map(|(id, _)| *id))).exec(&*tx).await?;
    let mut rows = Vec::new();
    for (id, matches) in found.iter().filter(|(id, _)| live.contains(id)) {
        for (place, (other, score)) in (0_i64..).zip(matches.iter().filter(|(other, _)| live.contains(other))) {
            rows.push(matched::ActiveModel {
                listing_id: Set(*id),
                other_id: Set(*other),
                score: Set(f64::from(*score)),
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

/// One match as its owner, a broker or an officer sees it.
#[derive(Debug, Clone)]
pub struct MatchView {
    /// The other listing.
    pub other: ListingSummary,
    /// Score; only its order and its parts mean something.
    pub score: f64,
    /// Score relative to the best match of the list, per cent.
    pub relative: i64,
    /// Why.
    pub explanation: Explanation,
}

/// The ranked answers of the other side to a listing.
///
/// # Errors
/// [`Error::NotFound`] unless the actor owns the listing, is a broker, or an officer of its region.
pub async fn matches(market: &Market, actor: &Actor, kind: ListingKind, number: &str, page: u64) -> Result<Paged<MatchView>> {
    let row = find(&market.db, kind, number).await?;
    let parties = parties(actor, &row);
    let public = state_of(&row)?.is_public();
    if !(parties.contains(&Party::Owner) || parties.contains(&Party::Officer) || (actor.is_broker() && public)) {
        return Err(if actor.person().is_none() && public { Error::SignIn } else { Error::NotFound });
    }
    let query = matched::Entity::find()
        .filter(matched::Column::ListingId.eq(row.id))
        .order_by_asc(matched::Column::Place)
        .order_by_asc(matched::Column::OtherId);
    let best = query.clone().one(&market.db).await?.map_or(1.0, |m| m.score);
    let (paged, found) = fetch(&market.db, query, page).await?.take();
    let ids: Vec<Uuid> = found.iter().map(|m| m.other_id).collect();
    let mut others: HashMap<Uuid, ListingSummary> = summaries_by_id(market, ids.clone()).await?;
    // Which ones and in what order is stored; why is told by the index as it is now.
    let Some(document) = documents(market, &[row.id]).await?.remove(&row.id) else { return Ok(Paged::empty()) };
    let mut explanations = explanations(market, document, ids).await?;
    let mut items = Vec::new();
    for m in found {
        if let (Some(other), Some(explanation)) = (others.remove(&m.other_id), explanations.remove(&m.other_id)) {
            #[allow(clippy::cast_possible_truncation, reason = "a percentage")]
            let relative = if best > 0.0 { (m.score / best * 100.0).round() as i64 } else { 0 };
            items.push(MatchView { other, score: m.score, relative, explanation });
        }
    }
    Ok(paged.with(items))
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
    Ok(Found { page: Paged { items, total: result.total as u64, page, per_page: PER_PAGE }, facets: result.facets })
}

/// Pairs a broker may recommend: each published demand, newest first, with the achievement that fits it best.
///
/// # Errors
/// [`Error::NotFound`] for anyone who is neither broker nor officer.
pub async fn best_pairs(market: &Market, actor: &Actor, page: u64) -> Result<Paged<(ListingSummary, ListingSummary)>> {
    if !(actor.is_broker() || actor.is_officer()) {
        return Err(if actor.person().is_none() { Error::SignIn } else { Error::NotFound });
    }
    let demands = listing::Entity::find()
        .filter(listing::Column::Kind.eq(kind_code(ListingKind::Demand)))
        .filter(listing::Column::State.eq(ListingState::Published.code()))
        .order_by_desc(listing::Column::PublishedAt)
        .order_by_desc(listing::Column::Id);
    let (paged, rows) = fetch(&market.db, demands, page).await?.take();
    let firsts = matched::Entity::find()
        .filter(matched::Column::ListingId.is_in(rows.iter().map(|r| r.id)))
        .filter(matched::Column::Place.eq(0))
        .all(&market.db)
        .await?;
    let others = summaries_by_id(market, firsts.iter().map(|m| m.other_id).collect()).await?;
    let by_demand: HashMap<Uuid, &matched::Model> = firsts.iter().map(|m| (m.listing_id, m)).collect();
    let mut items = Vec::new();
    for demand in summaries(&market.db, &rows).await? {
        if let Some(m) = by_demand.get(&demand.id)
            && let Some(other) = others.get(&m.other_id)
        {
            items.push((demand, other.clone()));
        }
    }
    Ok(paged.with(items))
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
