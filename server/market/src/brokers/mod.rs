//! Brokers (技术经理人; domain rules, section 5): profile, claims of pairs, tasks, and the board on which they carry them.

mod board;
mod claims;
mod profile;
mod views;
mod work;

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

pub use self::{
    board::{Board, DealColumn, StageColumn, board},
    claims::{NOTE_MAX, claim_pair, release_claim, save_note, set_stage},
    profile::{AGENCY_SHOWN, BrokerFilter, BrokerProfile, BrokerView, broker, brokers, hours_field, save_profile},
    views::{ClaimView, PairSide, claim, past_claims},
    work::{ActivityView, TASK_MAX, TaskView, activities, add_activity, add_task, move_task, open_tasks, tasks},
};
pub(crate) use self::{
    claims::{dealt, recommended, standing, to_stage},
    profile::own_profile,
};
use crate::{Actor, Error, Market, Person, Result, entity::person};

/// The broker who acts.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is no broker: these pages are not there for others.
pub(crate) fn acting(actor: &Actor) -> Result<&Person> {
    let person = actor.signed_in()?;
    if person.broker { Ok(person) } else { Err(Error::NotFound) }
}

/// Names of people.
pub(crate) async fn names_of<C: ConnectionTrait>(db: &C, people: Vec<Uuid>) -> Result<HashMap<Uuid, String>> {
    let rows = person::Entity::find().filter(person::Column::Id.is_in(people)).all(db).await?;
    Ok(rows.into_iter().map(|p| (p.id, p.name)).collect())
}

/// Expires claims whose time is over, and reminds of those that soon end; answers how many were moved or reminded of.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    claims::clock_step(market).await
}
