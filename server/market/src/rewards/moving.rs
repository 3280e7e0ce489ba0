//! Proposing, approving, returning and giving up a split.

use keqiao_model::{Check, Fields, NoticeKind, RewardMove, Stateful, TEXT_MAX};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{find, names, parties, shares_of, state_of, writing};
use crate::{
    Actor, Error, Market, Result,
    db::{Moved, Subject, Tx},
    entity::{contract, membership, reward as table},
    notices::Telling,
    organisations,
};

/// What a split is about, in the words of its contract or achievement.
async fn title_of(tx: &Tx, row: &table::Model) -> Result<String> {
    if let Some(id) = row.contract_id {
        return Ok(contract::Entity::find_by_id(id).one(&**tx).await?.map(|c| c.title).unwrap_or_default());
    }
    let Some(id) = row.achievement_id else { return Ok(String::new()) };
    Ok(writing::achievements(&**tx, vec![id]).await?.remove(&id).map(|(_, title)| title).unwrap_or_default())
}

/// The managers of a unit.
async fn managers(tx: &Tx, unit: Uuid) -> Result<Vec<Uuid>> {
    let rows = membership::Entity::find()
        .filter(membership::Column::OrganisationId.eq(unit))
        .filter(membership::Column::State.eq(organisations::ACTIVE))
        .filter(membership::Column::Manager.eq(true))
        .all(&**tx)
        .await?;
    Ok(rows.into_iter().map(|m| m.person_id).collect())
}

/// Moves a split inside a transaction that read it.
pub(super) async fn make(tx: &Tx, actor: &Actor, row: &table::Model, by: RewardMove, reason: &str) -> Result<()> {
    let from = state_of(row)?;
    let transition = from.transition(by).ok_or(Error::Forbidden)?;
    if !transition.who.iter().any(|w| parties(actor, row.organisation_id).contains(w)) {
        return Err(Error::Forbidden);
    }
    let mut change = table::ActiveModel {
        state: Set(transition.to.code().to_owned()),
        updated_at: Set(tx.now),
        version: Set(row.version + 1),
        ..Default::default()
    };
    match by {
        RewardMove::Approve => {
            change.approved_by = Set(actor.id());
            change.approved_at = Set(Some(tx.now));
            change.reason = Set(String::new());
        }
        RewardMove::Return => change.reason = Set(reason.to_owned()),
        RewardMove::Propose | RewardMove::Withdraw => {}
    }
    let done = table::Entity::update_many()
        .set(change)
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(row.version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let (from, to, action) = (from.code(), transition.to.code(), by.code());
    tx.moved(Moved { subject: Subject::Reward, id: row.id, from, to, action, code: "", reason }).await?;
    let title = title_of(tx, row).await?;
    let telling = |kind| Telling::new(kind, &row.number, &title, format!("/rewards/{}", row.number)).except(actor.id());
    match by {
        RewardMove::Propose => {
            let who = actor.person().map(|p| p.name.clone()).unwrap_or_default();
            tx.tell(row.id, &telling(NoticeKind::RewardProposed).by(&who).people(managers(tx, row.organisation_id).await?)).await
        }
        RewardMove::Approve | RewardMove::Return => tx.tell(row.id, &telling(NoticeKind::RewardDecided).people([row.person_id])).await,
        RewardMove::Withdraw => Ok(()),
    }
}

/// Moves a split as the state table allows: members of the unit propose and give up, its managers approve or return with words (`reason`).
/// Nobody decides on a split that names them.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others; [`Error::Forbidden`]; [`Error::Stale`]; [`Error::Invalid`]: `named_in_split`,
/// `reason_required`, and for proposing and approving what [`super::create_reward`] refuses.
pub async fn move_reward(
    market: &Market,
    actor: &Actor,
    number: &str,
    by: RewardMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, number).await?;
    if !actor.belongs_to(row.organisation_id) {
        return Err(Error::NotFound);
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    let transition = state_of(&row)?.transition(by).ok_or(Error::Forbidden)?;
    if matches!(by, RewardMove::Approve | RewardMove::Return) && names(actor, &shares_of(&*tx, row.id).await?) {
        return Err(Error::field("", "named_in_split"));
    }
    let mut check = Check::new();
    let reason = if transition.reason { check.optional("reason", fields.value("reason"), TEXT_MAX) } else { String::new() };
    check.ensure(!transition.reason || !reason.is_empty(), "reason", "reason_required");
    check.finish(())?;
    if matches!(by, RewardMove::Propose | RewardMove::Approve) {
        writing::judge_stored(&tx, &row).await?;
    }
    make(&tx, actor, &row, by, &reason).await?;
    tx.result("").await?;
    tx.commit().await
}
