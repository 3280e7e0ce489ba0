//! What happens to a contract once it is registered: milestones that the seller delivers and the buyer accepts, what was really received
//! (技术性收入), and disputes. Each receipt posts its entry of the ledger in the transaction that records it.
//!
//! Source: domain rules, section 1 "Amounts" and "Registration". Every change first takes the row lock of the contract, then reads it, so that
//! of two receipts at once the second is judged by the first, on either database.

mod disputes;
mod due;
mod milestones;
mod receipts;
#[cfg(test)]
mod tests;
mod views;

use keqiao_model::{ContractState, DisputeState, MilestoneState, Party, ReceiptState, Stateful};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect, sea_query::Expr};
use uuid::Uuid;

pub(crate) use self::due::clock_step;
pub use self::{
    disputes::{raise_dispute, settle_dispute},
    due::{DueKind, DueMilestone, due_milestones},
    milestones::{CRITERIA_MAX, MILESTONE_TITLE_MAX, move_milestone, remove_milestone, save_milestone},
    receipts::{RECEIPT_NOTE_MAX, record_receipt, reverse_receipt},
    views::{DisputeView, MilestoneView, PerformanceView, Progress, ReceiptView, performance, progress},
};
use crate::{
    Actor, Error, Market, Result,
    contracts::{find, is_insider, lock, state_of},
    db::Tx,
    entity::{contract, dispute, milestone, receipt},
};

/// Longest words of a rejection, a reversal or a dispute, characters.
pub const WORDS_MAX: usize = 2_000;

/// Which parties of the state tables an actor is for a contract. Whoever belongs to both sides speaks for the one acted for.
fn parties(actor: &Actor, row: &contract::Model) -> Vec<Party> {
    let speaks = |own: Uuid, other: Uuid| actor.belongs_to(own) && (!actor.belongs_to(other) || actor.acts_for(own));
    let mut parties = Vec::new();
    if speaks(row.seller_id, row.buyer_id) {
        parties.extend([Party::Seller, Party::Side]);
    }
    if speaks(row.buyer_id, row.seller_id) {
        parties.extend([Party::Receiver, Party::Side]);
    }
    parties
}

/// The contract of a change under its lock, for a party. With `performing`, it must not be completed yet.
async fn locked_for(market: &Market, tx: &Tx, actor: &Actor, number: &str, party: Party, performing: bool) -> Result<contract::Model> {
    actor.signed_in()?;
    let row = find(&**tx, number).await?;
    if !is_insider(&**tx, market, actor, &row).await? {
        return Err(Error::NotFound);
    }
    let row = lock(tx, row.id).await?;
    let state = state_of(&row)?;
    if !state.is_registered() && state != ContractState::Cancelled {
        return Err(Error::NotFound);
    }
    if !parties(actor, &row).contains(&party) {
        return Err(Error::Forbidden);
    }
    if !state.is_registered() {
        return Err(Error::field("", "contract_not_in_register"));
    }
    if performing && state != ContractState::Registered {
        return Err(Error::field("", "contract_completed"));
    }
    Ok(row)
}

/// The row of a state table for a move that one of the parties may make.
fn allowed<S: Stateful>(from: S, by: S::Move, parties: &[Party]) -> Result<&'static keqiao_model::Transition<S, S::Move>> {
    let transition = from.transition(by).ok_or_else(|| Error::field("", "already_answered"))?;
    if transition.who.iter().any(|w| parties.contains(w)) { Ok(transition) } else { Err(Error::Forbidden) }
}

/// The page of a contract's performance, for letters.
fn path_of(row: &contract::Model) -> String {
    format!("/contracts/{}/performance", row.number)
}

/// What stands of the receipts of a contract, fen.
pub(crate) async fn received<C: ConnectionTrait>(db: &C, contract: Uuid) -> Result<i64> {
    let sum: Option<Option<i64>> = receipt::Entity::find()
        .select_only()
        .column_as(Expr::col(receipt::Column::Amount).sum().cast_as("bigint"), "amount")
        .filter(receipt::Column::ContractId.eq(contract))
        .filter(receipt::Column::State.eq(ReceiptState::Recorded.code()))
        .into_tuple()
        .one(db)
        .await?;
    Ok(sum.flatten().unwrap_or(0))
}

/// What the milestones of a contract come to, fen.
pub(crate) async fn planned<C: ConnectionTrait>(db: &C, contract: Uuid) -> Result<i64> {
    let sum: Option<Option<i64>> = milestone::Entity::find()
        .select_only()
        .column_as(Expr::col(milestone::Column::Amount).sum().cast_as("bigint"), "amount")
        .filter(milestone::Column::ContractId.eq(contract))
        .into_tuple()
        .one(db)
        .await?;
    Ok(sum.flatten().unwrap_or(0))
}

/// Whether a milestone of the contract is not accepted yet.
pub(crate) async fn has_open_milestones<C: ConnectionTrait>(db: &C, contract: Uuid) -> Result<bool> {
    let open = milestone::Entity::find()
        .filter(milestone::Column::ContractId.eq(contract))
        .filter(milestone::Column::State.ne(MilestoneState::Accepted.code()))
        .count(db)
        .await?;
    Ok(open > 0)
}

/// Whether a dispute about the contract is open.
pub(crate) async fn has_open_dispute<C: ConnectionTrait>(db: &C, contract: Uuid) -> Result<bool> {
    let open = dispute::Entity::find()
        .filter(dispute::Column::ContractId.eq(contract))
        .filter(dispute::Column::State.eq(DisputeState::Open.code()))
        .count(db)
        .await?;
    Ok(open > 0)
}
