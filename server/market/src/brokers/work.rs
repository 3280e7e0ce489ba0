//! What a broker has to do for a claim, and what it did.

use std::collections::HashMap;

use keqiao_model::{ActivityKind, Check, ClaimState, Fields, TEXT_MAX, format_date, parse_date};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde_json::json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{
    acting,
    claims::{find_own, state_of, touch},
};
use crate::{
    Actor, Error, Market, Paged, Result,
    db::{Subject, Tx, from_micros},
    entity::{activity, broker_task, claim, listing},
    paging::fetch,
};

/// Longest title of a task, characters.
pub const TASK_MAX: usize = 200;
/// Most tasks of one claim.
const TASKS_MAX: u64 = 100;
/// Open tasks shown beside the board.
const SHOWN: u64 = 50;

/// Something to be done by a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskView {
    /// Id.
    pub id: Uuid,
    /// The claim it belongs to.
    pub claim: Option<Uuid>,
    /// Number of the demand of that claim.
    pub number: String,
    /// What.
    pub title: String,
    /// By when, if a day was named.
    pub due_on: Option<Date>,
    /// Whether that day is over and it is not done.
    pub overdue: bool,
    /// When it was done.
    pub done_at: Option<OffsetDateTime>,
    /// For optimistic locking.
    pub version: i64,
}

/// Something a broker did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityView {
    /// What kind of thing.
    pub kind: ActivityKind,
    /// What, in the broker's words.
    pub text: String,
    /// When.
    pub at: OffsetDateTime,
}

/// A claim that is worked on: it stands, or a deal came of it.
async fn worked_on(tx: &Tx, actor: &Actor, id: Uuid) -> Result<claim::Model> {
    let row = find_own(&**tx, actor, id).await?;
    match state_of(&row)? {
        ClaimState::Active | ClaimState::Dealt => Ok(row),
        ClaimState::Released | ClaimState::Expired => Err(Error::field("", "claim_over")),
    }
}

/// Writes down something to be done for a claim: `title`, and by which day, `due_on`.
///
/// # Errors
/// [`Error::NotFound`] for everyone but the broker of the claim; [`Error::Invalid`].
pub async fn add_task(market: &Market, actor: &Actor, claim: Uuid, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = worked_on(&tx, actor, claim).await?;
    let mut check = Check::new();
    let title = check.required("title", fields.value("title"), TASK_MAX);
    let typed = fields.value("due_on").trim();
    let due = parse_date(typed);
    check.ensure(typed.is_empty() || due.is_some(), "due_on", "date");
    let count = broker_task::Entity::find().filter(broker_task::Column::ClaimId.eq(claim)).count(&*tx).await?;
    check.ensure(count < TASKS_MAX, "title", "too_many_rows");
    check.finish(())?;
    broker_task::ActiveModel {
        id: Set(Uuid::now_v7()),
        broker_id: Set(row.broker_id),
        claim_id: Set(Some(claim)),
        deal_id: Set(None),
        title: Set(title),
        due_on: Set(due.map(format_date).unwrap_or_default()),
        done_at: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    touch(&tx, &row).await?;
    tx.audit("claim.add_task", Subject::Claim, Some(claim), json!({})).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Marks a task as done, or as not done after all.
///
/// # Errors
/// [`Error::NotFound`] for everyone but its broker; [`Error::Stale`].
pub async fn move_task(market: &Market, actor: &Actor, id: Uuid, done: bool, version: i64, once: Option<Uuid>) -> Result<()> {
    let person = acting(actor)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = broker_task::Entity::find_by_id(id).one(&*tx).await?.filter(|t| t.broker_id == person.id).ok_or(Error::NotFound)?;
    let changed = broker_task::Entity::update_many()
        .col_expr(broker_task::Column::DoneAt, Expr::value(done.then_some(tx.now)))
        .col_expr(broker_task::Column::Version, Expr::value(version + 1))
        .filter(broker_task::Column::Id.eq(id))
        .filter(broker_task::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Error::Stale);
    }
    if let Some(claim) = row.claim_id {
        touch(&tx, &find_own(&*tx, actor, claim).await?).await?;
    }
    let action = if done { "claim.task_done" } else { "claim.task_open" };
    tx.audit(action, Subject::Claim, row.claim_id, json!({})).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Writes down what the broker did for a claim: `kind` and `text`. It keeps the claim from expiring for idleness.
///
/// # Errors
/// [`Error::NotFound`] for everyone but the broker of the claim; [`Error::Invalid`].
pub async fn add_activity(market: &Market, actor: &Actor, claim: Uuid, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = worked_on(&tx, actor, claim).await?;
    let mut check = Check::new();
    let kind = ActivityKind::from_code(fields.value("kind").trim());
    check.ensure(kind.is_some(), "kind", if fields.value("kind").trim().is_empty() { "required" } else { "choice" });
    let text = check.required("text", fields.value("text"), TEXT_MAX);
    check.finish(())?;
    activity::ActiveModel {
        id: Set(Uuid::now_v7()),
        broker_id: Set(row.broker_id),
        claim_id: Set(Some(claim)),
        deal_id: Set(None),
        kind: Set(kind.map_or("", |k| k.code()).to_owned()),
        text: Set(text),
        at: Set(tx.now),
    }
    .insert(&*tx)
    .await?;
    touch(&tx, &row).await?;
    tx.audit("claim.activity", Subject::Claim, Some(claim), json!({})).await?;
    tx.result("").await?;
    tx.commit().await
}

/// What was done for a claim, latest first.
///
/// # Errors
/// [`Error::NotFound`] for everyone but its broker.
pub async fn activities(market: &Market, actor: &Actor, claim: Uuid, page: u64) -> Result<Paged<ActivityView>> {
    find_own(&market.db, actor, claim).await?;
    let query = activity::Entity::find()
        .filter(activity::Column::ClaimId.eq(claim))
        .order_by_desc(activity::Column::At)
        .order_by_desc(activity::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let items = rows
        .into_iter()
        .map(|row| {
            let kind = ActivityKind::from_code(&row.kind).ok_or_else(|| Error::internal(format!("activity {}", row.kind)))?;
            Ok(ActivityView { kind, text: row.text, at: from_micros(row.at) })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(paged.with(items))
}

/// Tasks of a claim: open ones by their day, then those done.
///
/// # Errors
/// [`Error::NotFound`] for everyone but its broker.
pub async fn tasks(market: &Market, actor: &Actor, claim: Uuid) -> Result<Vec<TaskView>> {
    find_own(&market.db, actor, claim).await?;
    let rows = broker_task::Entity::find()
        .filter(broker_task::Column::ClaimId.eq(claim))
        .order_by_asc(broker_task::Column::CreatedAt)
        .order_by_asc(broker_task::Column::Id)
        .all(&market.db)
        .await?;
    views(market, rows).await
}

/// Everything the broker who acts still has to do for claims it holds or that came to a deal; what is due first comes first.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is no broker.
pub async fn open_tasks(market: &Market, actor: &Actor) -> Result<Vec<TaskView>> {
    let person = acting(actor)?;
    let worked_on = sea_orm::sea_query::Query::select()
        .column(claim::Column::Id)
        .from(claim::Entity)
        .and_where(claim::Column::BrokerId.eq(person.id))
        .and_where(claim::Column::State.is_in([ClaimState::Active.code(), ClaimState::Dealt.code()]))
        .to_owned();
    let rows = broker_task::Entity::find()
        .filter(broker_task::Column::BrokerId.eq(person.id))
        .filter(broker_task::Column::DoneAt.is_null())
        .filter(broker_task::Column::ClaimId.in_subquery(worked_on))
        .order_by_asc(broker_task::Column::DueOn)
        .order_by_asc(broker_task::Column::Id)
        .limit(SHOWN)
        .all(&market.db)
        .await?;
    views(market, rows).await
}

async fn views(market: &Market, rows: Vec<broker_task::Model>) -> Result<Vec<TaskView>> {
    let claims = claim::Entity::find().filter(claim::Column::Id.is_in(rows.iter().filter_map(|t| t.claim_id))).all(&market.db).await?;
    let demands: HashMap<Uuid, String> = listing::Entity::find()
        .filter(listing::Column::Id.is_in(claims.iter().map(|c| c.demand_id)))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|l| (l.id, l.number))
        .collect();
    let numbers: HashMap<Uuid, String> = claims.iter().filter_map(|c| Some((c.id, demands.get(&c.demand_id)?.clone()))).collect();
    let today = crate::contracts::today(market);
    let mut views: Vec<TaskView> = rows
        .into_iter()
        .map(|row| {
            let due_on = parse_date(&row.due_on);
            TaskView {
                id: row.id,
                claim: row.claim_id,
                number: row.claim_id.and_then(|id| numbers.get(&id).cloned()).unwrap_or_default(),
                overdue: row.done_at.is_none() && due_on.is_some_and(|day| day < today),
                due_on,
                done_at: row.done_at.map(from_micros),
                version: row.version,
                title: row.title,
            }
        })
        .collect();
    // Open before done; those without a day after those with one.
    views.sort_by_key(|t| (t.done_at.is_some(), t.due_on.is_none(), t.due_on));
    Ok(views)
}
