//! Claims: a broker works on a pair alone for a time. `held` is unique while a claim stands, so that two brokers never hold one pair.

use keqiao_model::{
    Check, ClaimMove, ClaimStage, ClaimState, DealState, FieldError, Fields, ListingKind, NoticeKind, Party, Stateful, format_date,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;
use uuid::Uuid;

use super::{acting, names_of};
use crate::{
    Actor, Error, Market, Result,
    db::{Moved, Subject, Tx, from_micros, micros},
    entity::{claim as table, deal, listing, person},
    listings::{find, find_by_id, state_of as state_of_listing},
    notices::Telling,
};

/// Longest note at a claim, characters.
pub const NOTE_MAX: usize = 2_000;
/// Days before the end of a claim at which its broker is told.
const REMINDER_DAYS: i64 = 2;
/// How often a claim is tried again when the one that stood in its way went meanwhile.
const TRIES: usize = 3;

pub(super) fn days(days: i64) -> i64 {
    days.saturating_mul(24 * 60 * 60 * 1_000_000)
}

pub(super) fn state_of(row: &table::Model) -> Result<ClaimState> {
    ClaimState::from_code(&row.state).ok_or_else(|| Error::internal(format!("claim state {}", row.state)))
}

pub(super) fn stage_of(row: &table::Model) -> Result<ClaimStage> {
    ClaimStage::from_code(&row.stage).ok_or_else(|| Error::internal(format!("claim stage {}", row.stage)))
}

/// When a claim ends: its time is over, or nothing happened for too long.
pub(super) fn ends_at(market: &Market, row: &table::Model) -> i64 {
    row.expires_at.min(row.touched_at.saturating_add(days(market.config.periods.claim_idle_days)))
}

fn key(demand: Uuid, achievement: Uuid) -> String {
    format!("{demand}:{achievement}")
}

/// A claim of the broker who acts.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for everyone else.
pub(super) async fn find_own<C: ConnectionTrait>(db: &C, actor: &Actor, id: Uuid) -> Result<table::Model> {
    let person = acting(actor)?;
    let row = table::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)?;
    if row.broker_id == person.id { Ok(row) } else { Err(Error::NotFound) }
}

/// A claim of the broker who acts that still stands.
pub(crate) async fn standing<C: ConnectionTrait>(db: &C, market: &Market, actor: &Actor, id: Uuid) -> Result<table::Model> {
    let row = find_own(db, actor, id).await?;
    if state_of(&row)? == ClaimState::Active && ends_at(market, &row) > micros(market.now()) {
        Ok(row)
    } else {
        Err(Error::field("", "claim_over"))
    }
}

async fn holder(tx: &Tx, demand: Uuid, achievement: Uuid) -> Result<Option<table::Model>> {
    Ok(table::Entity::find().filter(table::Column::Held.eq(key(demand, achievement))).one(&**tx).await?)
}

/// The claim of another broker stands in the way: whose it is.
async fn taken(tx: &Tx, row: &table::Model) -> Result<Error> {
    let name = names_of(&**tx, vec![row.broker_id]).await?.remove(&row.broker_id).unwrap_or_default();
    Ok(Error::Invalid(vec![FieldError::new("", "claim_taken").with("name", name)]))
}

/// Makes a move inside a transaction; the pair is free afterwards.
async fn make(tx: &Tx, row: &table::Model, by: ClaimMove, parties: &[Party]) -> Result<()> {
    let from = state_of(row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "claim_over"))?;
    if !transition.who.iter().any(|w| parties.contains(w)) {
        return Err(Error::Forbidden);
    }
    let done = table::Entity::update_many()
        .col_expr(table::Column::State, Expr::value(transition.to.code()))
        .col_expr(table::Column::Held, Expr::value(Option::<String>::None))
        .col_expr(table::Column::Version, Expr::value(row.version + 1))
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(row.version))
        .filter(table::Column::TouchedAt.eq(row.touched_at))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let (from, to) = (from.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::Claim, id: row.id, from, to, action: by.code(), code: "", reason: "" }).await
}

async fn tell(tx: &Tx, row: &table::Model, kind: NoticeKind, who: &str) -> Result<()> {
    let demand = find_by_id(&**tx, row.demand_id).await?;
    let telling = Telling::new(kind, &demand.number, &demand.title, format!("/board/{}", row.id)).by(who).people([row.broker_id]);
    tx.tell(row.id, &telling).await
}

/// Claims an unclaimed pair; answers the id of the claim. Claiming what one holds already answers the same claim.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is no broker and for listings that are not public; [`Error::Invalid`]: `claim_taken` by
/// another broker, `claim_limit`, `claim_in_deal`, `not_published`, `claim_own`, `same_owner`, `not_verified`.
pub async fn claim_pair(market: &Market, actor: &Actor, demand: &str, achievement: &str, once: Option<Uuid>) -> Result<Uuid> {
    let person = acting(actor)?;
    let demand = find(&market.db, ListingKind::Demand, demand).await?;
    let achievement = find(&market.db, ListingKind::Achievement, achievement).await?;
    if !(state_of_listing(&demand)?.is_public() && state_of_listing(&achievement)?.is_public()) {
        return Err(Error::NotFound);
    }
    let mut check = Check::new();
    check.ensure(person.verified, "", "not_verified");
    check.ensure(state_of_listing(&demand)?.is_indexed() && state_of_listing(&achievement)?.is_indexed(), "", "not_published");
    check.ensure(!actor.belongs_to(demand.organisation_id) && !actor.belongs_to(achievement.organisation_id), "", "claim_own");
    check.ensure(demand.organisation_id != achievement.organisation_id, "", "same_owner");
    check.finish(())?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    // The broker's row is locked, so that nobody claims more than the limit in two windows.
    person::Entity::update_many()
        .col_expr(person::Column::Version, Expr::col(person::Column::Version))
        .filter(person::Column::Id.eq(person.id))
        .exec(&*tx)
        .await?;
    let id = hold(market, &tx, person.id, &demand, &achievement).await?;
    tx.result(id).await?;
    tx.commit().await?;
    Ok(id)
}

async fn hold(market: &Market, tx: &Tx, broker: Uuid, demand: &listing::Model, achievement: &listing::Model) -> Result<Uuid> {
    let in_deal = deal::Entity::find()
        .filter(deal::Column::DemandId.eq(demand.id))
        .filter(deal::Column::AchievementId.eq(achievement.id))
        .filter(deal::Column::State.is_not_in([DealState::Lost.code(), DealState::Closed.code()]))
        .count(&**tx)
        .await?;
    if in_deal > 0 {
        return Err(Error::field("", "claim_in_deal"));
    }
    let periods = &market.config.periods;
    for _ in 0..TRIES {
        if let Some(row) = holder(tx, demand.id, achievement.id).await? {
            if ends_at(market, &row) <= tx.now {
                // Time is over, only the clock has not come round yet.
                match make(tx, &row, ClaimMove::Expire, &[Party::System]).await {
                    Ok(()) => tell(tx, &row, NoticeKind::ClaimExpired, "").await?,
                    Err(Error::Stale) => {}
                    Err(error) => return Err(error),
                }
                continue;
            }
            if row.broker_id == broker {
                return Ok(row.id);
            }
            return Err(taken(tx, &row).await?);
        }
        let held = table::Entity::find()
            .filter(table::Column::BrokerId.eq(broker))
            .filter(table::Column::State.eq(ClaimState::Active.code()))
            .count(&**tx)
            .await?;
        if held >= u64::try_from(periods.claims).unwrap_or(0) {
            return Err(Error::Invalid(vec![FieldError::new("", "claim_limit").with("n", periods.claims)]));
        }
        let id = Uuid::now_v7();
        let row = table::ActiveModel {
            id: Set(id),
            broker_id: Set(broker),
            demand_id: Set(demand.id),
            achievement_id: Set(achievement.id),
            held: Set(Some(key(demand.id, achievement.id))),
            state: Set(ClaimState::Active.code().to_owned()),
            stage: Set(ClaimStage::Found.code().to_owned()),
            note: Set(String::new()),
            claimed_at: Set(tx.now),
            touched_at: Set(tx.now),
            expires_at: Set(tx.now.saturating_add(days(periods.claim_days))),
            reminded_at: Set(None),
            version: Set(1),
        };
        let inserted = table::Entity::insert(row)
            .on_conflict(OnConflict::column(table::Column::Held).do_nothing().to_owned())
            .exec_without_returning(&**tx)
            .await?;
        if inserted > 0 {
            let to = ClaimState::Active.code();
            tx.moved(Moved { subject: Subject::Claim, id, from: "", to, action: "claim", code: "", reason: "" }).await?;
            return Ok(id);
        }
    }
    Err(Error::Stale)
}

/// Gives a claim up; others may claim the pair at once.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Stale`]; [`Error::Invalid`] (`claim_over`) when it stands no more.
pub async fn release_claim(market: &Market, actor: &Actor, id: Uuid, version: i64, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find_own(&*tx, actor, id).await?;
    if state_of(&row)? != ClaimState::Active {
        return Err(Error::field("", "claim_over"));
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    make(&tx, &row, ClaimMove::Release, &[Party::Broker]).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Notes that the broker did something for a claim: it does not expire for idleness.
pub(super) async fn touch(tx: &Tx, row: &table::Model) -> Result<()> {
    table::Entity::update_many()
        .col_expr(table::Column::TouchedAt, Expr::value(tx.now))
        .col_expr(table::Column::RemindedAt, Expr::value(Option::<i64>::None))
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::State.eq(ClaimState::Active.code()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Puts a claim at a stage, if that is another one, and touches it.
pub(crate) async fn to_stage(tx: &Tx, row: &table::Model, stage: ClaimStage) -> Result<()> {
    let from = stage_of(row)?;
    let done = table::Entity::update_many()
        .col_expr(table::Column::Stage, Expr::value(stage.code()))
        .col_expr(table::Column::TouchedAt, Expr::value(tx.now))
        .col_expr(table::Column::RemindedAt, Expr::value(Option::<i64>::None))
        .col_expr(table::Column::Version, Expr::value(row.version + 1))
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::State.eq(ClaimState::Active.code()))
        .filter(table::Column::Version.eq(row.version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    if from != stage {
        let (from, to) = (from.code(), stage.code());
        tx.moved(Moved { subject: Subject::Claim, id: row.id, from, to, action: "stage", code: "", reason: "" }).await?;
    }
    Ok(())
}

/// Moves a claim to a stage of the board.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Stale`]; [`Error::Invalid`]: `claim_over`, or `stage` is none.
pub async fn set_stage(market: &Market, actor: &Actor, id: Uuid, stage: &str, version: i64, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = standing(&*tx, market, actor, id).await?;
    let stage = ClaimStage::from_code(stage.trim()).ok_or_else(|| Error::field("stage", "choice"))?;
    if row.version != version {
        return Err(Error::Stale);
    }
    to_stage(&tx, &row, stage).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Saves what the broker notes at a claim.
///
/// # Errors
/// As [`set_stage`]; [`Error::Invalid`] when the note is too long.
pub async fn save_note(market: &Market, actor: &Actor, id: Uuid, fields: &Fields, version: i64, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    standing(&*tx, market, actor, id).await?;
    let mut check = Check::new();
    let note = check.optional("note", fields.value("note"), NOTE_MAX);
    check.finish(())?;
    let done = table::Entity::update_many()
        .col_expr(table::Column::Note, Expr::value(note))
        .col_expr(table::Column::TouchedAt, Expr::value(tx.now))
        .col_expr(table::Column::RemindedAt, Expr::value(Option::<i64>::None))
        .col_expr(table::Column::Version, Expr::value(version + 1))
        .filter(table::Column::Id.eq(id))
        .filter(table::Column::Version.eq(version))
        .filter(table::Column::State.eq(ClaimState::Active.code()))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    tx.audit("claim.note", Subject::Claim, Some(id), json!({})).await?;
    tx.result("").await?;
    tx.commit().await
}

/// A broker recommends a pair: its own claim is touched, that of another broker stands in the way.
///
/// # Errors
/// [`Error::Invalid`] (`claim_taken`).
pub(crate) async fn recommended(market: &Market, tx: &Tx, broker: Uuid, demand: Uuid, achievement: Uuid) -> Result<()> {
    let Some(row) = holder(tx, demand, achievement).await? else { return Ok(()) };
    if row.broker_id != broker {
        return if ends_at(market, &row) > tx.now { Err(taken(tx, &row).await?) } else { Ok(()) };
    }
    if stage_of(&row)? == ClaimStage::Found { to_stage(tx, &row, ClaimStage::Contacted).await } else { touch(tx, &row).await }
}

/// A deal about a pair was opened: whoever held it holds it no more.
pub(crate) async fn dealt(tx: &Tx, demand: Uuid, achievement: Uuid) -> Result<()> {
    if let Some(row) = holder(tx, demand, achievement).await? {
        make(tx, &row, ClaimMove::Deal, &[Party::System]).await?;
    }
    Ok(())
}

/// Expires what is over and reminds of what soon will be, each in a transaction of its own.
pub(super) async fn clock_step(market: &Market) -> Result<usize> {
    let now = micros(market.now());
    let soon = now.saturating_add(days(REMINDER_DAYS));
    let idle_since = soon.saturating_sub(days(market.config.periods.claim_idle_days));
    let due = table::Entity::find()
        .filter(table::Column::State.eq(ClaimState::Active.code()))
        .filter(Condition::any().add(table::Column::ExpiresAt.lte(soon)).add(table::Column::TouchedAt.lte(idle_since)))
        .all(&market.db)
        .await?;
    let mut done = 0;
    for row in due.into_iter().filter(|row| row.reminded_at.is_none() || ends_at(market, row) <= now) {
        match end_or_remind(market, row.id).await {
            Ok(true) => done += 1,
            // Somebody was quicker; the next round looks again.
            Ok(false) | Err(Error::Stale) => {}
            Err(error) => tracing::error!(%error, claim = %row.id, "a claim cannot be moved"),
        }
    }
    Ok(done)
}

async fn end_or_remind(market: &Market, id: Uuid) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    let Some(row) = table::Entity::find_by_id(id).one(&*tx).await? else { return Ok(false) };
    if state_of(&row)? != ClaimState::Active {
        return Ok(false);
    }
    let ends = ends_at(market, &row);
    if ends <= tx.now {
        make(&tx, &row, ClaimMove::Expire, &[Party::System]).await?;
        tell(&tx, &row, NoticeKind::ClaimExpired, "").await?;
    } else if row.reminded_at.is_none() && ends <= tx.now.saturating_add(days(REMINDER_DAYS)) {
        let done = table::Entity::update_many()
            .col_expr(table::Column::RemindedAt, Expr::value(tx.now))
            .filter(table::Column::Id.eq(id))
            .filter(table::Column::RemindedAt.is_null())
            .filter(table::Column::TouchedAt.eq(row.touched_at))
            .exec(&*tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        let day = from_micros(ends).to_offset(crate::CHINA).date();
        tell(&tx, &row, NoticeKind::ClaimExpiring, &format_date(day)).await?;
    } else {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}
