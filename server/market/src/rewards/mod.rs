//! How a unit splits income from 职务科技成果 among those who made it, and its annual report.
//!
//! Source: 促进科技成果转化法 21, 44, 45. The least share is a dated rule; the one in force on the day the contract was signed (without a contract,
//! on the day the unit began to use the achievement) applies and is cited. A split is the unit's own affair: nobody outside it reads one, but for
//! the officers of its region, who read those that are approved.

mod moving;
mod report;
mod views;
mod writing;

use keqiao_model::{ConversionWay, OrganisationKind, Party, RewardContent, RewardPerson, RewardRole, RewardState};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

pub(crate) use self::writing::held;
pub use self::{
    moving::move_reward,
    report::{AnnualReport, ReportContract, ReportKind, TaxNote, annual_report, tax_note, units},
    views::{RewardFilter, RewardShare, RewardSummary, RewardView, reward, rewards, rewards_of_contract},
    writing::{RewardForm, create_reward, reward_form, save_reward, saved_form},
};
use crate::{
    Actor, Error, Market, Result,
    entity::{organisation, reward as table, reward_share},
};

pub(crate) fn state_of(row: &table::Model) -> Result<RewardState> {
    RewardState::from_code(&row.state).ok_or_else(|| Error::internal(format!("reward state {}", row.state)))
}

fn way_of(row: &table::Model) -> Result<ConversionWay> {
    ConversionWay::from_code(&row.way).ok_or_else(|| Error::internal(format!("way of reward {}", row.way)))
}

async fn find<C: ConnectionTrait>(db: &C, number: &str) -> Result<table::Model> {
    table::Entity::find().filter(table::Column::Number.eq(number)).one(db).await?.ok_or(Error::NotFound)
}

async fn shares_of<C: ConnectionTrait>(db: &C, reward: Uuid) -> Result<Vec<reward_share::Model>> {
    Ok(reward_share::Entity::find()
        .filter(reward_share::Column::RewardId.eq(reward))
        .order_by_asc(reward_share::Column::Place)
        .all(db)
        .await?)
}

/// Everything a row and its shares say.
fn content_of(row: &table::Model, shares: &[reward_share::Model]) -> Result<RewardContent> {
    let people = shares
        .iter()
        .map(|s| {
            let role =
                RewardRole::from_code(&s.role).ok_or_else(|| Error::internal(format!("role {} in reward {}", s.role, row.number)))?;
            Ok(RewardPerson { name: s.name.clone(), role, share: s.share })
        })
        .collect::<Result<_>>()?;
    Ok(RewardContent {
        way: way_of(row)?,
        income: keqiao_model::Fen::new(row.income),
        costs: keqiao_model::Fen::new(row.costs),
        pool: keqiao_model::Fen::new(row.pool),
        note: row.note.clone(),
        people,
    })
}

/// Which parties of the state table an actor is: every member of the unit proposes, its managers decide.
fn parties(actor: &Actor, unit: Uuid) -> Vec<Party> {
    let Some(own) = actor.person().and_then(|p| p.organisations.iter().find(|o| o.id == unit)) else { return Vec::new() };
    let manager = own.manager.then_some(Party::Manager);
    [Party::Owner].into_iter().chain(manager).collect()
}

/// Whether a split names the actor: who gets a part of it does not decide on it.
fn names(actor: &Actor, shares: &[reward_share::Model]) -> bool {
    let plain = |name: &str| name.split_whitespace().collect::<String>().to_lowercase();
    actor.person().is_some_and(|p| shares.iter().any(|s| plain(&s.name) == plain(&p.name)))
}

/// The regions an officer answers for.
fn regions_of(market: &Market, actor: &Actor) -> Vec<String> {
    market.config.regions.iter().map(|r| r.code.clone()).filter(|r| actor.is_officer_of(r)).collect()
}

/// A unit that splits rewards: a research institute or a university.
async fn unit_of<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<organisation::Model> {
    let row = organisation::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)?;
    if row.kind == OrganisationKind::Institute.code() { Ok(row) } else { Err(Error::field("", "institutes_only")) }
}
