//! Milestones: planned and delivered by the seller, accepted or rejected by the buyer.

use keqiao_model::{Check, Fen, FieldError, Fields, MilestoneMove, MilestoneState, NoticeKind, Party, format_date, parse_date};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::{WORDS_MAX, allowed, locked_for, parties, path_of};
use crate::{
    Actor, Error, Market, Result,
    contracts::content_of,
    db::{Moved, Subject, Tx},
    entity::{contract, milestone as table},
    listings::organisation_names,
    notices::Telling,
};

/// Longest title of a milestone, characters.
pub const MILESTONE_TITLE_MAX: usize = 120;
/// Longest criteria of acceptance, characters.
pub const CRITERIA_MAX: usize = 2_000;
/// Most milestones of one contract.
const MOST: usize = 60;

pub(super) fn state_of(row: &table::Model) -> Result<MilestoneState> {
    MilestoneState::from_code(&row.state).ok_or_else(|| Error::internal(format!("milestone state {}", row.state)))
}

/// The milestones of a contract, by the day they are due.
pub(super) async fn of_contract<C: ConnectionTrait>(db: &C, contract: Uuid) -> Result<Vec<table::Model>> {
    Ok(table::Entity::find()
        .filter(table::Column::ContractId.eq(contract))
        .order_by_asc(table::Column::DueOn)
        .order_by_asc(table::Column::Place)
        .all(db)
        .await?)
}

/// One of the contract's milestones.
pub(super) async fn one_of<C: ConnectionTrait>(db: &C, contract: Uuid, id: Uuid) -> Result<table::Model> {
    table::Entity::find_by_id(id).filter(table::Column::ContractId.eq(contract)).one(db).await?.ok_or(Error::NotFound)
}

/// What was typed; the amounts of all milestones stay within the price.
fn read(fields: &Fields, row: &contract::Model, others: i64) -> Result<table::ActiveModel> {
    let mut check = Check::new();
    let title = check.required("title", fields.value("title"), MILESTONE_TITLE_MAX);
    let typed = fields.value("due_on").trim();
    let due = parse_date(typed);
    check.ensure(due.is_some(), "due_on", if typed.is_empty() { "required" } else { "date" });
    let signed = content_of(row)?.signed_on;
    check.ensure(due.is_none_or(|due| due >= signed), "due_on", "before_signing");
    let typed = fields.value("milestone_amount").trim();
    // Some milestones are not paid for.
    let amount = if typed.is_empty() { Some(Fen::ZERO) } else { check.take(Fen::parse_yuan(typed), |e| e.at("milestone_amount")) };
    let left = row.value.saturating_sub(others).max(0);
    if amount.is_some_and(|a| a.fen() > left) {
        check.refuse(FieldError::new("milestone_amount", "milestones_over_value").with("left", Fen::new(left).format_yuan()));
    }
    let criteria = check.optional("criteria", fields.value("criteria"), CRITERIA_MAX);
    let read = table::ActiveModel {
        title: Set(title),
        due_on: Set(due.map(format_date).unwrap_or_default()),
        amount: Set(amount.unwrap_or_default().fen()),
        criteria: Set(criteria),
        ..Default::default()
    };
    Ok(check.finish(read)?)
}

/// Adds a milestone, or changes one that is not delivered yet: `title`, `due_on`, `milestone_amount`, `criteria`.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others; [`Error::Forbidden`] for everyone but the seller; [`Error::Stale`]; [`Error::Invalid`] at the
/// fields, `milestones_over_value` when all of them come to more than 成交额, `milestone_fixed` when it was delivered.
pub async fn save_milestone(
    market: &Market,
    actor: &Actor,
    number: &str,
    id: Option<Uuid>,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(market, &tx, actor, number, Party::Seller, true).await?;
    let all = of_contract(&*tx, row.id).await?;
    let others = all.iter().filter(|m| Some(m.id) != id).map(|m| m.amount).sum();
    let mut change = read(fields, &row, others)?;
    let id = if let Some(id) = id {
        let found = all.iter().find(|m| m.id == id).ok_or(Error::NotFound)?;
        if state_of(found)? != MilestoneState::Planned {
            return Err(Error::field("", "milestone_fixed"));
        }
        if change.due_on.as_ref() != &found.due_on {
            // Another day is worth another reminder.
            change.reminded_at = Set(None);
        }
        update(&tx, found, version, change).await?;
        id
    } else {
        if all.len() >= MOST {
            return Err(Error::field("", "too_many_rows"));
        }
        let id = Uuid::now_v7();
        change.id = Set(id);
        change.contract_id = Set(row.id);
        change.place = Set(all.iter().map(|m| m.place).max().unwrap_or(0) + 1);
        change.state = Set(MilestoneState::Planned.code().to_owned());
        change.reason = Set(String::new());
        change.created_at = Set(tx.now);
        change.version = Set(1);
        change.insert(&*tx).await?;
        id
    };
    tx.audit("milestone.save", Subject::Milestone, Some(id), json!({ "contract": row.number })).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Takes a milestone away that is not delivered yet.
///
/// # Errors
/// As [`save_milestone`].
pub async fn remove_milestone(market: &Market, actor: &Actor, number: &str, id: Uuid, version: i64, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(market, &tx, actor, number, Party::Seller, true).await?;
    let found = one_of(&*tx, row.id, id).await?;
    if found.version != version {
        return Err(Error::Stale);
    }
    if state_of(&found)? != MilestoneState::Planned {
        return Err(Error::field("", "milestone_fixed"));
    }
    // A receipt may name it.
    crate::entity::receipt::Entity::update_many()
        .col_expr(crate::entity::receipt::Column::MilestoneId, sea_orm::sea_query::Expr::value(Option::<Uuid>::None))
        .filter(crate::entity::receipt::Column::MilestoneId.eq(id))
        .exec(&*tx)
        .await?;
    table::Entity::delete_by_id(id).exec(&*tx).await?;
    let detail = json!({ "contract": row.number, "title": found.title, "due_on": found.due_on, "amount": found.amount });
    tx.audit("milestone.remove", Subject::Milestone, Some(id), detail).await?;
    tx.result("").await?;
    tx.commit().await
}

async fn update(tx: &Tx, found: &table::Model, version: i64, change: table::ActiveModel) -> Result<()> {
    let done = table::Entity::update_many()
        .set(table::ActiveModel { version: Set(version + 1), ..change })
        .filter(table::Column::Id.eq(found.id))
        .filter(table::Column::Version.eq(version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 { Err(Error::Stale) } else { Ok(()) }
}

/// Delivers (the seller), accepts or rejects with words (the buyer) a milestone; the other side is told. Words of a rejection come in the field
/// `reason.{id}`, because a page shows many milestones.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others; [`Error::Forbidden`] for the wrong side; [`Error::Stale`]; [`Error::Invalid`]:
/// `reason_required`, `already_answered`.
pub async fn move_milestone(
    market: &Market,
    actor: &Actor,
    number: &str,
    id: Uuid,
    by: MilestoneMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(market, &tx, actor, number, Party::Side, true).await?;
    let found = one_of(&*tx, row.id, id).await?;
    if found.version != version {
        return Err(Error::Stale);
    }
    let from = state_of(&found)?;
    let transition = allowed(from, by, &parties(actor, &row))?;
    let at = format!("reason.{id}");
    let mut check = Check::new();
    let reason = if transition.reason { check.optional(&at, fields.value(&at), WORDS_MAX) } else { String::new() };
    check.ensure(!transition.reason || !reason.is_empty(), &at, "reason_required");
    check.finish(())?;
    let mut change = table::ActiveModel { state: Set(transition.to.code().to_owned()), ..Default::default() };
    match by {
        // Why it was rejected before stays readable until the next answer.
        MilestoneMove::Deliver => change.delivered_at = Set(Some(tx.now)),
        MilestoneMove::Accept | MilestoneMove::Reject => {
            change.decided_at = Set(Some(tx.now));
            change.reason = Set(reason.clone());
        }
    }
    update(&tx, &found, version, change).await?;
    let (from, to, action) = (from.code(), transition.to.code(), by.code());
    tx.moved(Moved { subject: Subject::Milestone, id, from, to, action, code: "", reason: &reason }).await?;
    let seller = organisation_names(&*tx, vec![row.seller_id]).await?.remove(&row.seller_id).unwrap_or_default();
    let (kind, who, to) = match by {
        MilestoneMove::Deliver => (NoticeKind::MilestoneDelivered, seller.as_str(), row.buyer_id),
        MilestoneMove::Accept | MilestoneMove::Reject => (NoticeKind::MilestoneDecided, found.title.as_str(), row.seller_id),
    };
    let telling = Telling::new(kind, &row.number, &row.title, path_of(&row)).by(who).organisations(&[to]).except(actor.id());
    tx.tell(row.id, &telling).await?;
    tx.result("").await?;
    tx.commit().await
}
