//! Officers are reminded of registrations that must be decided: some working days before, and once more when they are overdue.

use keqiao_model::{ContractState, NoticeKind, format_date, parse_date};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict};
use uuid::Uuid;

use super::today;
use crate::{
    Actor, Market, Result,
    entity::{
        consumer,
        contract::{Column, Entity, Model},
        membership,
    },
    letters::Letter,
    notices::{deliver, officers},
};

/// Working days before the last one on which officers are reminded.
const BEFORE: i64 = 2;
/// Contracts of one transaction.
const STEP: u64 = 100;
/// The last day on which reminders were written.
const PLACE: &str = "decisions_due";

/// Reminds of what must be decided, once a day: each officer once before a day and once after it. Answers how many contracts were looked at.
///
/// # Errors
/// [`crate::Error::Internal`]; the next call goes on.
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    let today = today(market);
    let day = i64::from(today.to_julian_day());
    let done = consumer::Entity::find_by_id(PLACE.to_owned()).one(&market.db).await?;
    if done.is_some_and(|c| c.seq >= day) {
        return Ok(0);
    }
    let until = market.config.calendar.after(today, BEFORE);
    let mut after: Option<Uuid> = None;
    let mut count = 0;
    loop {
        let mut query = Entity::find()
            .filter(Column::State.is_in(ContractState::WAITING.map(ContractState::code)))
            .filter(Column::DueOn.lte(format_date(until)))
            .order_by_asc(Column::Id)
            .limit(STEP);
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let rows = query.all(&market.db).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        count += rows.len();
        remind(market, &rows).await?;
    }
    let tx = market.write(&Actor::System).await?;
    consumer::Entity::insert(consumer::ActiveModel { name: Set(PLACE.to_owned()), seq: Set(day) })
        .on_conflict(OnConflict::column(consumer::Column::Name).update_column(consumer::Column::Seq).to_owned())
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await?;
    Ok(count)
}

async fn remind(market: &Market, rows: &[Model]) -> Result<()> {
    let today = today(market);
    let tx = market.write(&Actor::System).await?;
    for row in rows {
        let Some(due) = row.due_on.as_deref().and_then(parse_date) else { continue };
        let mut receivers = officers(market, &tx, &row.region).await?;
        // Nobody decides on their own.
        let own = membership::Entity::find()
            .filter(membership::Column::OrganisationId.is_in([row.seller_id, row.buyer_id]))
            .filter(membership::Column::PersonId.is_in(receivers.keys().copied()))
            .all(&*tx)
            .await?;
        for member in own {
            receivers.remove(&member.person_id);
        }
        let letter = Letter::Told {
            told: NoticeKind::DecisionDue,
            number: row.number.clone(),
            title: row.title.clone(),
            who: format_date(due),
            path: format!("/review/contracts/{}", row.number),
        };
        let when = if due < today { "over" } else { "soon" };
        deliver(&tx, &receivers, &letter, &format!("decision:{}:{due}:{when}", row.id)).await?;
    }
    tx.commit().await
}
