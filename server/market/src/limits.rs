//! How often: token buckets in the database, so that every node counts together. A bucket holds microseconds of credit; a try costs its share
//! of the period, and time fills the bucket again.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use time::Duration;

use crate::{Actor, Error, Market, Result, db::Tx, entity::bucket};

/// What one try costs, and what a full bucket holds, in microseconds.
fn sizes(capacity: i64, per: Duration) -> (i64, i64) {
    let full = i64::try_from(per.whole_microseconds()).unwrap_or(i64::MAX).max(1);
    let cost = (full / capacity.max(1)).max(1);
    (cost, cost.saturating_mul(capacity.max(0)))
}

/// What a bucket holds at `now`, at most `full`.
fn credit(now: i64, full: i64) -> Expr {
    use sea_orm::ExprTrait;
    let column = |c: bucket::Column| Expr::col((bucket::Entity, c));
    let refilled = column(bucket::Column::Tokens).add(Expr::value(now).sub(column(bucket::Column::At)));
    Expr::case(refilled.clone().gt(full), full).finally(refilled).into()
}

/// Takes one try of `capacity` in `per` from a bucket: one statement, so that simultaneous tries cannot share a token.
///
/// # Errors
/// [`Error::TooMany`] with the seconds until the next try; nothing was taken then.
pub(crate) async fn take(tx: &Tx, key: &str, capacity: i64, per: Duration) -> Result<()> {
    let (cost, full) = sizes(capacity, per);
    if full >= cost {
        use sea_orm::ExprTrait;
        let taken = bucket::Entity::insert(bucket::ActiveModel { name: Set(key.to_owned()), tokens: Set(full - cost), at: Set(tx.now) })
            .on_conflict(
                OnConflict::column(bucket::Column::Name)
                    .value(bucket::Column::Tokens, credit(tx.now, full).sub(cost))
                    .value(bucket::Column::At, tx.now)
                    .action_and_where(credit(tx.now, full).gte(cost))
                    .to_owned(),
            )
            .exec_without_returning(&**tx)
            .await?;
        if taken > 0 {
            return Ok(());
        }
    }
    let row = bucket::Entity::find_by_id(key.to_owned()).one(&**tx).await?;
    let has = row.map_or(0, |b| b.tokens.saturating_add(tx.now - b.at));
    let wait = u64::try_from(cost.saturating_sub(has)).unwrap_or(0);
    Err(Error::TooMany { seconds: std::cmp::max(1, wait.div_ceil(1_000_000)) })
}

/// Gives a try back that turned out to be rightful.
pub(crate) async fn give_back(tx: &Tx, key: &str, capacity: i64, per: Duration) -> Result<()> {
    use sea_orm::ExprTrait;
    let (cost, _) = sizes(capacity, per);
    bucket::Entity::update_many()
        .col_expr(bucket::Column::Tokens, bucket::Column::Tokens.into_expr().add(cost))
        .filter(bucket::Column::Name.eq(key))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Takes from several buckets in a transaction of its own, so that a try counts although what it tries may fail.
///
/// # Errors
/// As [`take`], of the first bucket that is empty.
pub(crate) async fn take_alone(market: &Market, buckets: &[(String, i64)], per: Duration) -> Result<()> {
    let tx = market.write(&Actor::Visitor).await?;
    for (key, capacity) in buckets {
        take(&tx, key, *capacity, per).await?;
    }
    tx.commit().await
}
