//! The deal room: members, confidentiality, documents, terms and trials.

mod checklist;
pub mod disclosures;
pub mod documents;
pub mod members;
pub mod messages;
pub mod nda;
pub mod terms;
pub mod trials;

pub use self::checklist::{NeedView, NextMove};
pub(crate) use self::checklist::{needs_met, next_moves};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Actor, Error, Market, Result, db::Tx, entity::deal};

/// The SHA-256 of a text or of bytes, in hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Takes the row lock of a deal for the rest of the transaction, so that whatever two members do at once follows one another, and reads it as
/// it is then. The caller checks membership.
pub(crate) async fn locked(tx: &Tx, number: &str) -> Result<deal::Model> {
    deal::Entity::update_many()
        .col_expr(deal::Column::Version, Expr::col(deal::Column::Version))
        .filter(deal::Column::Number.eq(number))
        .exec(&**tx)
        .await?;
    deal::Entity::find().filter(deal::Column::Number.eq(number)).one(&**tx).await?.ok_or(Error::NotFound)
}

/// A deal locked for a member.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member.
pub(crate) async fn locked_member(tx: &Tx, actor: &Actor, number: &str) -> Result<deal::Model> {
    let row = locked(tx, number).await?;
    if members::is_member(&**tx, actor, &row).await? {
        return Ok(row);
    }
    Err(if actor.person().is_none() { Error::SignIn } else { Error::NotFound })
}

/// A deal that is not over, locked for a member's change.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member; [`Error::Invalid`] when the deal is over.
pub(crate) async fn locked_for(tx: &Tx, actor: &Actor, number: &str) -> Result<deal::Model> {
    let row = locked_member(tx, actor, number).await?;
    if !crate::deals::state_of_deal(&row)?.is_open() {
        return Err(Error::field("", "deal_closed"));
    }
    Ok(row)
}

/// Notes that something happened in a deal, so that it comes first in lists.
pub(crate) async fn touch(tx: &Tx, deal: Uuid) -> Result<()> {
    deal::Entity::update_many()
        .col_expr(deal::Column::UpdatedAt, Expr::value(tx.now))
        .filter(deal::Column::Id.eq(deal))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The side of a deal that an actor stands on: the organisation acted for if it is one of the two, otherwise the one it belongs to.
pub(crate) fn side_of(actor: &Actor, row: &deal::Model) -> Option<Uuid> {
    let sides = [row.buyer_id, row.seller_id];
    sides.into_iter().find(|o| actor.acts_for(*o)).or_else(|| sides.into_iter().find(|o| actor.belongs_to(*o)))
}

/// The other side.
pub(crate) fn other_side(row: &deal::Model, side: Uuid) -> Uuid {
    if side == row.buyer_id { row.seller_id } else { row.buyer_id }
}

/// The page of a deal, for letters.
pub(crate) fn path_of(row: &deal::Model) -> String {
    format!("/deals/{}", row.number)
}

/// What time does here by itself; answers how many subjects moved.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    trials::clock_step(market).await
}
