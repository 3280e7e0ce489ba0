//! Matches that are computed anew for a reason that is no listing's: other weights are in force, or another model says what listings mean. Some
//! listings a step, so that a crash goes on where it was and what is published meanwhile does not wait.

use std::collections::HashMap;

use keqiao_search::{Document, WEIGHTS};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{CHUNK, MATCHES, documents, indexing::index_position, is_live, store_matches};
use crate::{
    Market, Result,
    db::{Tx, micros},
    entity::{consumer, listing, outbox, rematch as table, weight_set},
    weights::weights_of,
};

/// The set of weights in force; none when nothing was ever adopted, which is as declared.
pub(crate) async fn in_force(market: &Market) -> Result<Option<weight_set::Model>> {
    Ok(weight_set::Entity::find()
        .filter(weight_set::Column::AdoptedAt.is_not_null())
        .order_by_desc(weight_set::Column::Edition)
        .one(&market.db)
        .await?)
}

/// Weighs by what is in force: another node may have adopted it.
pub(super) async fn follow(market: &Market) -> Result<()> {
    let weights = in_force(market).await?.map_or(WEIGHTS, |row| weights_of(&row));
    if weights != market.search.weights() {
        market.search.weigh(weights);
        tracing::info!(?weights, "matches are weighed by these from now on");
    }
    Ok(())
}

/// Asks for every match to be computed anew, once an index has taken in the events so far. Call it after them.
pub(crate) async fn ask(tx: &Tx, reason: &str) -> Result<()> {
    let last = outbox::Entity::find().order_by_desc(outbox::Column::Seq).one(&**tx).await?.map_or(0, |event| event.seq);
    let row = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        reason: Set(reason.to_owned()),
        seq: Set(last),
        asked_at: Set(tx.now),
        matched_to: Set(None),
        matched_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(())
}

/// What was asked for last.
pub(super) async fn newest<C: ConnectionTrait>(db: &C) -> Result<Option<table::Model>> {
    Ok(table::Entity::find().order_by_desc(table::Column::Id).one(db).await?)
}

/// What was asked for last for a reason that begins so.
pub(super) async fn newest_for<C: ConnectionTrait>(db: &C, reason: &str) -> Result<Option<table::Model>> {
    Ok(table::Entity::find().filter(table::Column::Reason.starts_with(reason)).order_by_desc(table::Column::Id).one(db).await?)
}

/// Computes the matches of the next listings anew that were not since it was asked for; answers how many. How far it came is noted after they are
/// stored, so that a crash in between only does the work again. What was asked for last includes what was asked for before.
pub(super) async fn step(market: &Market) -> Result<usize> {
    let Some(row) = newest(&market.db).await?.filter(|row| row.matched_at.is_none()) else { return Ok(0) };
    // An index that has not come as far as the stored matches would put older ones in their place.
    let matched = consumer::Entity::find_by_id(MATCHES.to_owned()).one(&market.db).await?.map_or(0, |c| c.seq);
    if index_position(market).await?.is_none_or(|position| position < Ord::max(matched, row.seq)) {
        return Ok(0);
    }
    let mut next = listing::Entity::find().select_only().column(listing::Column::Id).filter(is_live());
    if let Some(to) = row.matched_to {
        next = next.filter(listing::Column::Id.gt(to));
    }
    let ids: Vec<Uuid> = next.order_by_asc(listing::Column::Id).limit(CHUNK as u64).into_tuple().all(&market.db).await?;
    let Some(last) = ids.last() else {
        done(market, row.id).await?;
        return Ok(0);
    };
    let documents: HashMap<Uuid, Document> = documents(market, &ids).await?;
    store_matches(market, documents.into_values().collect()).await?;
    // Never backwards: another node may be further.
    table::Entity::update_many()
        .col_expr(table::Column::MatchedTo, Expr::value(*last))
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::MatchedTo.is_null().or(table::Column::MatchedTo.lt(*last)))
        .exec(&market.db)
        .await?;
    Ok(ids.len())
}

/// Notes that every stored match is as was asked for then, and before.
pub(super) async fn done(market: &Market, asked: Uuid) -> Result<()> {
    table::Entity::update_many()
        .col_expr(table::Column::MatchedAt, Expr::value(micros(market.now())))
        .filter(table::Column::Id.lte(asked))
        .filter(table::Column::MatchedAt.is_null())
        .exec(&market.db)
        .await?;
    Ok(())
}

/// Of how many listings on the market the matches have been computed anew, of how many; nothing when that is done.
pub(crate) async fn following(market: &Market) -> Result<Option<(u64, u64)>> {
    let Some(row) = newest(&market.db).await?.filter(|row| row.matched_at.is_none()) else { return Ok(None) };
    let live = || listing::Entity::find().filter(is_live());
    let done = match row.matched_to {
        Some(to) => live().filter(listing::Column::Id.lte(to)).count(&market.db).await?,
        None => 0,
    };
    Ok(Some((done, live().count(&market.db).await?)))
}
