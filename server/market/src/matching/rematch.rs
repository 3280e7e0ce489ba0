//! The weights in force, on every node, and stored matches after they changed: some listings a step, so that a crash goes on where it was.

use std::collections::HashMap;

use keqiao_search::{Document, WEIGHTS};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{CHUNK, documents, indexing::index_position, is_live, store_matches};
use crate::{
    Market, Result,
    db::micros,
    entity::{listing, weight_set},
    weights::weights_of,
};

/// The set in force; none when nothing was ever adopted, which is as declared.
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

/// Computes the matches of the next listings anew that were not since the weights in force were adopted; answers how many. How far it came is
/// noted after they are stored, so that a crash in between only does the work again.
pub(super) async fn step(market: &Market) -> Result<usize> {
    let Some(row) = in_force(market).await?.filter(|row| row.matched_at.is_none()) else { return Ok(0) };
    if index_position(market).await?.is_none() {
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
    weight_set::Entity::update_many()
        .col_expr(weight_set::Column::MatchedTo, Expr::value(*last))
        .filter(weight_set::Column::Id.eq(row.id))
        .filter(weight_set::Column::MatchedTo.is_null().or(weight_set::Column::MatchedTo.lt(*last)))
        .exec(&market.db)
        .await?;
    Ok(ids.len())
}

/// Notes that every stored match follows a set of weights.
pub(super) async fn done(market: &Market, set: Uuid) -> Result<()> {
    weight_set::Entity::update_many()
        .col_expr(weight_set::Column::MatchedAt, Expr::value(micros(market.now())))
        .filter(weight_set::Column::Id.eq(set))
        .filter(weight_set::Column::MatchedAt.is_null())
        .exec(&market.db)
        .await?;
    Ok(())
}

/// How many listings on the market have matches by a set of weights, of how many.
pub(crate) async fn followed(market: &Market, row: &weight_set::Model) -> Result<(u64, u64)> {
    let live = || listing::Entity::find().filter(is_live());
    let total = live().count(&market.db).await?;
    let done = match (row.matched_at, row.matched_to) {
        (Some(_), _) => total,
        (None, Some(to)) => live().filter(listing::Column::Id.lte(to)).count(&market.db).await?,
        (None, None) => 0,
    };
    Ok((done, total))
}
