//! Milestones that wait: reminders before the day they are due, and what waits for whom.

use keqiao_model::{ContractState, MilestoneState, NoticeKind, format_date, parse_date};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, sea_query::Expr};
use time::{Date, Duration};
use uuid::Uuid;

use super::{milestones::state_of, path_of};
use crate::{
    Actor, Market, Result,
    contracts::today,
    entity::{contract, milestone as table},
    notices::Telling,
};

/// Milestones reminded of in one step.
const STEP: u64 = 100;
/// Milestones shown to one person.
const SHOWN: u64 = 20;

/// The ids of contracts that are being performed.
fn performing() -> Select<contract::Entity> {
    contract::Entity::find().select_only().column(contract::Column::Id).filter(contract::Column::State.eq(ContractState::Registered.code()))
}

/// The states in which the seller still has to deliver.
const UNDELIVERED: [&str; 2] = [MilestoneState::Planned.code(), MilestoneState::Rejected.code()];

/// Reminds both parties of a milestone some days before it is due, once.
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    let soon = today(market).saturating_add(Duration::days(market.config.periods.milestone_reminder_days));
    let due = table::Entity::find()
        .filter(table::Column::State.is_in(UNDELIVERED))
        .filter(table::Column::RemindedAt.is_null())
        .filter(table::Column::DueOn.lte(format_date(soon)))
        .filter(table::Column::ContractId.in_subquery(performing().into_query()))
        .order_by_asc(table::Column::DueOn)
        .order_by_asc(table::Column::Id)
        .limit(STEP)
        .all(&market.db)
        .await?;
    let mut done = 0;
    for row in due {
        let tx = market.write(&Actor::System).await?;
        let marked = table::Entity::update_many()
            .col_expr(table::Column::RemindedAt, Expr::value(Some(tx.now)))
            .filter(table::Column::Id.eq(row.id))
            .filter(table::Column::RemindedAt.is_null())
            .filter(table::Column::State.is_in(UNDELIVERED))
            .exec(&*tx)
            .await?;
        let contract = contract::Entity::find_by_id(row.contract_id).one(&*tx).await?;
        if let (1, Some(contract)) = (marked.rows_affected, contract) {
            let telling = Telling::new(NoticeKind::MilestoneDue, &contract.number, &contract.title, path_of(&contract))
                .by(&row.due_on)
                .organisations(&[contract.seller_id, contract.buyer_id]);
            tx.tell(contract.id, &telling).await?;
            done += 1;
        }
        tx.commit().await?;
    }
    Ok(done)
}

/// What a milestone waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueKind {
    /// The reader's organisation has to deliver it soon.
    Deliver,
    /// The reader's organisation has to accept it.
    Accept,
}

/// A milestone that waits for the organisation acted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMilestone {
    /// Number of its contract.
    pub contract: String,
    /// Title of its contract.
    pub contract_title: String,
    /// Its own title.
    pub title: String,
    /// The day it is due.
    pub due_on: Date,
    /// Whether that day is over.
    pub overdue: bool,
    /// What it waits for.
    pub kind: DueKind,
}

/// Milestones that the organisation acted for has to deliver soon or to accept, those first that are due first.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn due_milestones(market: &Market, actor: &Actor) -> Result<Vec<DueMilestone>> {
    let Some(acting) = actor.organisation() else { return Ok(Vec::new()) };
    let today = today(market);
    let soon = today.saturating_add(Duration::days(market.config.periods.milestone_reminder_days));
    let sold = performing().filter(contract::Column::SellerId.eq(acting.id)).into_query();
    let bought = performing().filter(contract::Column::BuyerId.eq(acting.id)).into_query();
    let deliver = Condition::all()
        .add(table::Column::State.is_in(UNDELIVERED))
        .add(table::Column::DueOn.lte(format_date(soon)))
        .add(table::Column::ContractId.in_subquery(sold));
    let accept =
        Condition::all().add(table::Column::State.eq(MilestoneState::Delivered.code())).add(table::Column::ContractId.in_subquery(bought));
    let rows = table::Entity::find()
        .filter(Condition::any().add(deliver).add(accept))
        .order_by_asc(table::Column::DueOn)
        .order_by_asc(table::Column::Id)
        .limit(SHOWN)
        .all(&market.db)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|m| m.contract_id).collect();
    let contracts = contract::Entity::find().filter(contract::Column::Id.is_in(ids)).all(&market.db).await?;
    let mut due = Vec::new();
    for row in rows {
        let Some(contract) = contracts.iter().find(|c| c.id == row.contract_id) else { continue };
        let due_on = parse_date(&row.due_on).unwrap_or(today);
        let kind = if state_of(&row)? == MilestoneState::Delivered { DueKind::Accept } else { DueKind::Deliver };
        due.push(DueMilestone {
            contract: contract.number.clone(),
            contract_title: contract.title.clone(),
            title: row.title,
            overdue: due_on < today,
            due_on,
            kind,
        });
    }
    Ok(due)
}
