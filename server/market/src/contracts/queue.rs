//! What waits for an officer who registers.

use keqiao_model::{ContractState, RuleKind};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{ContractSummary, today, views::page_of};
use crate::{
    Actor, Error, Market, Paged, Person, Result,
    entity::contract::{Column, Entity},
    rules,
};

fn waiting(market: &Market, person: &Person) -> Result<Select<Entity>> {
    let region = person.officer.as_deref().ok_or(Error::NotFound)?;
    let own: Vec<Uuid> = person.organisations.iter().map(|o| o.id).collect();
    Ok(Entity::find()
        .filter(Column::State.is_in(ContractState::WAITING.map(ContractState::code)))
        .filter(Column::Region.is_in(crate::review::regions_of(market, region)))
        .filter(Column::SellerId.is_not_in(own.clone()))
        .filter(Column::BuyerId.is_not_in(own)))
}

/// Contracts handed in within the officer's region, those first whose decision is overdue or due soonest; of one stage, or of all. Those of the
/// officer's own organisations are left to others.
///
/// # Errors
/// [`Error::SignIn`], [`Error::NotFound`] for anyone who is not an officer.
pub async fn contract_queue(market: &Market, actor: &Actor, stage: Option<ContractState>, page: u64) -> Result<Paged<ContractSummary>> {
    let mut query = waiting(market, actor.signed_in()?)?.order_by_asc(Column::DueOn).order_by_asc(Column::Id);
    if let Some(stage) = stage {
        query = query.filter(Column::State.eq(stage.code()));
    }
    page_of(market, query, page).await
}

/// How many contracts wait for the officer.
///
/// # Errors
/// As [`contract_queue`].
pub async fn contract_queue_count(market: &Market, actor: &Actor) -> Result<u64> {
    Ok(waiting(market, actor.signed_in()?)?.count(&market.db).await?)
}

/// The years into which a decision on what is handed in today may reach although nobody entered their holidays: in them only weekends are off.
///
/// # Errors
/// [`Error::Internal`].
pub async fn missing_holidays(market: &Market) -> Result<Vec<i32>> {
    let day = today(market);
    let mut last = day;
    for kind in [RuleKind::DecisionDays, RuleKind::DecisionDaysLarge] {
        if let Some(rule) = rules::in_force(&market.db, kind, "", day).await? {
            last = last.max(market.config.calendar.after(day, rule.value));
        }
    }
    Ok(market.config.calendar.unknown(day, last))
}
