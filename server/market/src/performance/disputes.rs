//! Disputes about a contract: either party raises one, and somebody writes down how it ended. While one is open, the contract is disputed.

use keqiao_model::{Check, DisputeMove, DisputeState, Fields, NoticeKind, Party};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

use super::{WORDS_MAX, allowed, has_open_dispute, locked_for, parties, path_of};
use crate::{
    Actor, Error, Market, Result,
    db::{Moved, Subject, Tx},
    entity::{contract, dispute as table},
    listings::organisation_names,
    notices::Telling,
};

pub(super) fn state_of(row: &table::Model) -> Result<DisputeState> {
    DisputeState::from_code(&row.state).ok_or_else(|| Error::internal(format!("dispute state {}", row.state)))
}

/// The disputes about a contract, the last one first.
pub(super) async fn of_contract<C: ConnectionTrait>(db: &C, contract: Uuid) -> Result<Vec<table::Model>> {
    Ok(table::Entity::find()
        .filter(table::Column::ContractId.eq(contract))
        .order_by_desc(table::Column::CreatedAt)
        .order_by_desc(table::Column::Id)
        .all(db)
        .await?)
}

/// Marks the contract; who edits it at the same time is not in the way.
async fn mark(tx: &Tx, contract: Uuid, disputed: bool) -> Result<()> {
    contract::Entity::update_many()
        .col_expr(contract::Column::Disputed, Expr::value(disputed))
        .filter(contract::Column::Id.eq(contract))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Tells the other party and the officers of the contract's region.
async fn tell(tx: &Tx, actor: &Actor, row: &contract::Model, kind: NoticeKind, who: &str) -> Result<()> {
    let telling = Telling::new(kind, &row.number, &row.title, path_of(row))
        .by(who)
        .organisations(&[row.seller_id, row.buyer_id])
        .officers_of(&row.region)
        .except(actor.id());
    tx.tell(row.id, &telling).await
}

/// Raises a dispute (`dispute`: what it is about). One at a time is open.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others; [`Error::Forbidden`] for everyone but the parties; [`Error::Invalid`] at the field, and
/// `dispute_open` while one is.
pub async fn raise_dispute(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(market, &tx, actor, number, Party::Side, false).await?;
    let mut check = Check::new();
    let text = check.required("dispute", fields.value("dispute"), WORDS_MAX);
    check.finish(())?;
    if has_open_dispute(&*tx, row.id).await? {
        return Err(Error::field("", "dispute_open"));
    }
    let side = if parties(actor, &row).contains(&Party::Seller) { row.seller_id } else { row.buyer_id };
    let id = Uuid::now_v7();
    table::ActiveModel {
        id: Set(id),
        contract_id: Set(row.id),
        organisation_id: Set(side),
        person_id: Set(actor.signed_in()?.id),
        state: Set(DisputeState::Open.code().to_owned()),
        text: Set(text),
        outcome: Set(String::new()),
        created_at: Set(tx.now),
        settled_at: Set(None),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    mark(&tx, row.id, true).await?;
    let to = DisputeState::Open.code();
    tx.moved(Moved { subject: Subject::Dispute, id, from: "", to, action: "raise", code: "", reason: "" }).await?;
    let name = organisation_names(&*tx, vec![side]).await?.remove(&side).unwrap_or_default();
    tell(&tx, actor, &row, NoticeKind::DisputeRaised, &name).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Writes down how a dispute ended (`outcome.{id}`); either party may.
///
/// # Errors
/// As [`raise_dispute`]; [`Error::Stale`]; [`Error::Invalid`]: `required` at the outcome, `already_answered`.
pub async fn settle_dispute(
    market: &Market,
    actor: &Actor,
    number: &str,
    id: Uuid,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(market, &tx, actor, number, Party::Side, false).await?;
    let found = table::Entity::find_by_id(id).filter(table::Column::ContractId.eq(row.id)).one(&*tx).await?.ok_or(Error::NotFound)?;
    if found.version != version {
        return Err(Error::Stale);
    }
    let from = state_of(&found)?;
    let transition = allowed(from, DisputeMove::Settle, &parties(actor, &row))?;
    let mut check = Check::new();
    let at = format!("outcome.{id}");
    let outcome = check.required(&at, fields.value(&at), WORDS_MAX);
    check.finish(())?;
    let change = table::ActiveModel {
        state: Set(transition.to.code().to_owned()),
        outcome: Set(outcome.clone()),
        settled_at: Set(Some(tx.now)),
        version: Set(version + 1),
        ..Default::default()
    };
    let done = table::Entity::update_many()
        .set(change)
        .filter(table::Column::Id.eq(id))
        .filter(table::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    mark(&tx, row.id, has_open_dispute(&*tx, row.id).await?).await?;
    let (from, to, action) = (from.code(), transition.to.code(), DisputeMove::Settle.code());
    tx.moved(Moved { subject: Subject::Dispute, id, from, to, action, code: "", reason: &outcome }).await?;
    tell(&tx, actor, &row, NoticeKind::DisputeSettled, "").await?;
    tx.result("").await?;
    tx.commit().await
}
