//! The end of a sale: the best bid gets it, or nobody does.

use keqiao_model::{NoticeKind, Party, SaleMove, SaleState};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{highest, locked, make, path_of, state_of, taking_part};
use crate::{
    Actor, Market, Result,
    db::{Tx, micros},
    entity::{bid, sale as table},
    listings::find_by_id,
    notices::Telling,
};

/// Gives it to a bid, and tells everybody who took part.
pub(super) async fn sell(tx: &Tx, row: &table::Model, best: &bid::Model, by: Option<Uuid>) -> Result<()> {
    make(tx, row, SaleMove::Sell, Party::System, "", Some(best.organisation_id)).await?;
    tell(tx, row, by).await
}

async fn tell(tx: &Tx, row: &table::Model, by: Option<Uuid>) -> Result<()> {
    let title = find_by_id(&**tx, row.listing_id).await?.title;
    let telling = Telling::new(NoticeKind::SaleSettled, &row.number, &title, path_of(row))
        .organisations(&[row.organisation_id])
        .organisations(&taking_part(&**tx, row.id).await?)
        .except(by);
    tx.tell(row.id, &telling).await
}

/// Settles sales that are over; answers how many.
///
/// # Errors
/// [`crate::Error::Internal`].
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    let due = table::Entity::find()
        .filter(table::Column::State.eq(SaleState::Announced.code()))
        .filter(table::Column::ClosesAt.lte(micros(market.now())))
        .all(&market.db)
        .await?;
    let mut done = 0;
    for row in due {
        match settle(market, &row.number).await {
            Ok(settled) => done += usize::from(settled),
            Err(error) => tracing::error!(%error, sale = row.number, "a sale was not settled"),
        }
    }
    Ok(done)
}

async fn settle(market: &Market, number: &str) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    let row = locked(&tx, number).await?;
    // A bid at the last moment may have moved the end.
    if state_of(&row)? != SaleState::Announced || tx.now < row.closes_at {
        return Ok(false);
    }
    match highest(&*tx, row.id).await? {
        Some(best) => sell(&tx, &row, &best, None).await?,
        None => {
            make(&tx, &row, SaleMove::Fail, Party::System, "", None).await?;
            tell(&tx, &row, None).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}
