//! Sales of achievements at a listed price (挂牌) or by auction (拍卖), the ways of pricing that need no public notice.
//!
//! Source: 促进科技成果转化法 18. Whatever happens to one sale follows one another: each change first takes the row lock of the sale, then reads
//! it, so that of many bids at once each is judged by those before it, on either database.

mod announce;
mod bidders;
mod bids;
mod settle;
mod views;

use keqiao_model::{BidderState, Party, PricingWay, SaleMove, SaleState, Stateful};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

pub(crate) use self::settle::clock_step;
pub use self::{
    announce::{REASON_MAX, announce, cancel, sale_form},
    bidders::{answer_bidder, apply},
    bids::{Placed, TIMES_MAX, place_bid},
    views::{BidView, BidderView, SalePhase, SaleSummary, SaleView, open_sale, sale, sales},
};
use crate::{
    Error, Result,
    db::{Moved, Subject, Tx},
    entity::{bid, bidder, sale as table},
};

fn state_of(row: &table::Model) -> Result<SaleState> {
    SaleState::from_code(&row.state).ok_or_else(|| Error::internal(format!("sale state {}", row.state)))
}

fn way_of(row: &table::Model) -> Result<PricingWay> {
    PricingWay::from_code(&row.way).ok_or_else(|| Error::internal(format!("way of sale {}", row.way)))
}

fn state_of_bidder(row: &bidder::Model) -> Result<BidderState> {
    BidderState::from_code(&row.state).ok_or_else(|| Error::internal(format!("bidder state {}", row.state)))
}

async fn find<C: ConnectionTrait>(db: &C, number: &str) -> Result<table::Model> {
    table::Entity::find().filter(table::Column::Number.eq(number)).one(db).await?.ok_or(Error::NotFound)
}

/// Takes the row lock of a sale for the rest of the transaction, and reads it as it is then.
async fn locked(tx: &Tx, number: &str) -> Result<table::Model> {
    table::Entity::update_many()
        .col_expr(table::Column::Version, Expr::col(table::Column::Version))
        .filter(table::Column::Number.eq(number))
        .exec(&**tx)
        .await?;
    find(&**tx, number).await
}

/// The highest accepted bid: the last one, because each is above those before it.
async fn highest<C: ConnectionTrait>(db: &C, sale: Uuid) -> Result<Option<bid::Model>> {
    Ok(bid::Entity::find()
        .filter(bid::Column::SaleId.eq(sale))
        .filter(bid::Column::Accepted.eq(true))
        .order_by_desc(bid::Column::Seq)
        .one(db)
        .await?)
}

async fn bidder_of<C: ConnectionTrait>(db: &C, sale: Uuid, organisation: Uuid) -> Result<Option<bidder::Model>> {
    Ok(bidder::Entity::find()
        .filter(bidder::Column::SaleId.eq(sale))
        .filter(bidder::Column::OrganisationId.eq(organisation))
        .one(db)
        .await?)
}

/// The organisations that take part or wanted to.
async fn taking_part<C: ConnectionTrait>(db: &C, sale: Uuid) -> Result<Vec<Uuid>> {
    let rows = bidder::Entity::find().filter(bidder::Column::SaleId.eq(sale)).all(db).await?;
    Ok(rows.into_iter().map(|b| b.organisation_id).collect())
}

/// The least that the next bid may be.
fn minimum(row: &table::Model, highest: Option<&bid::Model>) -> i64 {
    highest.map_or(row.price, |h| h.amount.saturating_add(row.step))
}

/// The page of a sale, for letters.
fn path_of(row: &table::Model) -> String {
    format!("/sales/{}", row.number)
}

/// Moves a sale inside a transaction that holds its lock.
async fn make(tx: &Tx, row: &table::Model, by: SaleMove, party: Party, reason: &str, winner: Option<Uuid>) -> Result<()> {
    let from = state_of(row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "sale_closed"))?;
    if !transition.who.contains(&party) {
        return Err(Error::Forbidden);
    }
    let done = table::Entity::update_many()
        .col_expr(table::Column::State, Expr::value(transition.to.code()))
        .col_expr(table::Column::Reason, Expr::value(reason))
        .col_expr(table::Column::WinnerId, Expr::value(winner))
        .col_expr(table::Column::SettledAt, Expr::value(Some(tx.now)))
        .col_expr(table::Column::Version, Expr::value(row.version + 1))
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(row.version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let (from, to) = (from.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::Sale, id: row.id, from, to, action: by.code(), code: "", reason }).await
}
