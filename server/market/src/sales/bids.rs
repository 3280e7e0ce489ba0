//! Bids: each is judged by those before it and kept in the log, refused ones with the reason.

use keqiao_model::{BidderState, Fen, FieldError, Fields, NoticeKind, PricingWay, SaleState};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use time::Duration;
use uuid::Uuid;

use super::{bidder_of, find, highest, locked, minimum, path_of, settle::sell, state_of, state_of_bidder, way_of};
use crate::{
    Actor, Error, Market, Result,
    db::{Subject, Tx},
    entity::{bid, sale as table},
    limits,
    listings::find_by_id,
    notices::Telling,
};

/// A bid must stay below so many times the least bid: a slip of the finger buys nothing.
pub const TIMES_MAX: i64 = 10;
/// Bids of one organisation in one sale within a minute.
const PER_MINUTE: i64 = 60;

/// What became of an accepted bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is the highest for now.
    Leads,
    /// It got the achievement at the listed price.
    Won,
}

/// Why a bid of an admitted or excluded bidder is refused.
fn objection(row: &table::Model, state: BidderState, least: i64, amount: i64, now: i64) -> Result<Option<FieldError>> {
    let at = |code: &str| FieldError::new("amount", code);
    let yuan = |fen: i64| Fen::new(fen).format_yuan();
    Ok(if state == BidderState::Excluded {
        Some(at("bidder_excluded"))
    } else if state_of(row)? != SaleState::Announced || now >= row.closes_at {
        Some(at("sale_closed"))
    } else if now < row.opens_at {
        Some(at("sale_not_open"))
    } else if amount < least {
        Some(at("bid_too_low").with("least", yuan(least)))
    } else if amount >= least.saturating_mul(TIMES_MAX) {
        Some(at("bid_too_high").with("least", yuan(least)).with("times", TIMES_MAX))
    } else {
        None
    })
}

/// Bids for the organisation acted for. Every bid of somebody who was admitted goes into the log, whatever becomes of it.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`]; [`Error::TooMany`]; [`Error::Invalid`] at `amount`, which changes nothing but the log.
pub async fn place_bid(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<Placed> {
    let person = actor.signed_in()?;
    let sale = find(&market.db, number).await?;
    let acting = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
    if actor.belongs_to(sale.organisation_id) {
        return Err(Error::field("amount", "own_sale"));
    }
    let amount = Fen::parse_yuan(fields.value("amount")).map_err(|e| Error::Invalid(vec![e.at("amount")]))?.fen();
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(before) = before {
        return match before.as_str() {
            "leads" => Ok(Placed::Leads),
            "won" => Ok(Placed::Won),
            refused => Err(Error::Invalid(vec![serde_json::from_str(refused)?])),
        };
    }
    limits::take(&tx, &format!("bid:{}:{}", sale.id, acting.id), PER_MINUTE, Duration::minutes(1)).await?;
    let sale = locked(&tx, number).await?;
    let state = match bidder_of(&*tx, sale.id, acting.id).await? {
        None => return Err(Error::field("amount", "not_a_bidder")),
        Some(row) if row.state == BidderState::Applied.code() => return Err(Error::field("amount", "not_admitted")),
        // Excluded before being admitted: never had a place in the log.
        Some(row) if row.place.is_none() => return Err(Error::field("amount", "bidder_excluded")),
        Some(row) => state_of_bidder(&row)?,
    };
    let before = highest(&*tx, sale.id).await?;
    let refused = objection(&sale, state, minimum(&sale, before.as_ref()), amount, tx.now)?;
    let last = bid::Entity::find().filter(bid::Column::SaleId.eq(sale.id)).order_by_desc(bid::Column::Seq).one(&*tx).await?;
    let row = bid::ActiveModel {
        id: Set(Uuid::now_v7()),
        sale_id: Set(sale.id),
        seq: Set(last.map_or(0, |b| b.seq) + 1),
        organisation_id: Set(acting.id),
        person_id: Set(person.id),
        amount: Set(amount),
        at: Set(tx.now),
        accepted: Set(refused.is_none()),
        code: Set(refused.as_ref().map_or_else(String::new, |e| e.code.clone())),
    }
    .insert(&*tx)
    .await?;
    if let Some(refused) = refused {
        tx.result(serde_json::to_string(&refused)?).await?;
        tx.commit().await?;
        return Err(Error::Invalid(vec![refused]));
    }
    tx.audit("bid.place", Subject::Sale, Some(sale.id), serde_json::json!({ "seq": row.seq, "amount": Fen::new(amount).format_yuan() }))
        .await?;
    let placed = if way_of(&sale)? == PricingWay::Listed {
        sell(&tx, &sale, &row, actor.id()).await?;
        Placed::Won
    } else {
        lead(&tx, &sale, &row, before.as_ref()).await?;
        Placed::Leads
    };
    tx.result(if placed == Placed::Won { "won" } else { "leads" }).await?;
    tx.commit().await?;
    Ok(placed)
}

/// A higher bid: shortly before the end it moves the end, and whoever led is told.
async fn lead(tx: &Tx, sale: &table::Model, row: &bid::Model, before: Option<&bid::Model>) -> Result<()> {
    let extension = i64::try_from(Duration::seconds(sale.extension).whole_microseconds()).unwrap_or(0);
    let late = sale.closes_at - row.at < extension;
    table::Entity::update_many()
        .col_expr(table::Column::ClosesAt, Expr::value(if late { row.at + extension } else { sale.closes_at }))
        .col_expr(table::Column::Extended, Expr::value(sale.extended + i64::from(late)))
        .col_expr(table::Column::Version, Expr::value(sale.version + 1))
        .filter(table::Column::Id.eq(sale.id))
        .exec(&**tx)
        .await?;
    if let Some(led) = before.filter(|b| b.organisation_id != row.organisation_id) {
        let title = find_by_id(&**tx, sale.listing_id).await?.title;
        let telling = Telling::new(NoticeKind::Outbid, &sale.number, &title, path_of(sale))
            .by(&format!("¥{}", Fen::new(row.amount).format_yuan()))
            .organisations(&[led.organisation_id]);
        tx.tell(sale.id, &telling).await?;
    }
    Ok(())
}
