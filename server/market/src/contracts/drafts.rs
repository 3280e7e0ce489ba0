//! What people typed into a part of a contract's form and have not saved yet: kept as typed, unchecked, for each person by itself. It is no part of
//! the contract, and nobody else reads it.

use keqiao_model::{ContractSection, Fields};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use time::OffsetDateTime;
use uuid::Uuid;

use super::form::editable;
use crate::{
    Actor, Error, Market, Result,
    db::{Tx, from_micros},
    entity::contract_draft::{ActiveModel, Column, Entity},
};

/// Most bytes of what is kept of one part.
const BYTES_MAX: usize = 200_000;

/// What is kept of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// As typed.
    pub fields: Fields,
    /// When.
    pub at: OffsetDateTime,
    /// Whether the contract was changed since then.
    pub is_older: bool,
}

/// Keeps what was typed into a part, unchecked, in the place of what was kept before.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others than its parties; [`Error::Forbidden`] once it was handed in, and for parts without fields;
/// [`Error::Invalid`] `draft_too_large`.
pub async fn keep_draft(market: &Market, actor: &Actor, number: &str, section: ContractSection, fields: &Fields) -> Result<()> {
    let person = actor.signed_in()?.id;
    let row = editable(market, actor, number).await?;
    if matches!(section, ContractSection::Files | ContractSection::Check) {
        return Err(Error::Forbidden);
    }
    let typed: Fields = fields.0.iter().filter(|(name, _)| ContractSection::of(name) == Some(section)).cloned().collect();
    let fields = serde_json::to_string(&typed)?;
    if fields.len() > BYTES_MAX {
        return Err(Error::field("", "draft_too_large"));
    }
    let tx = market.write(actor).await?;
    let draft = ActiveModel {
        contract_id: Set(row.id),
        section: Set(section.code().to_owned()),
        person_id: Set(person),
        fields: Set(fields),
        at: Set(tx.now),
    };
    Entity::insert(draft)
        .on_conflict(
            OnConflict::columns([Column::ContractId, Column::Section, Column::PersonId])
                .update_columns([Column::Fields, Column::At])
                .to_owned(),
        )
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await
}

/// What the actor typed into a part and has not saved.
///
/// # Errors
/// As [`keep_draft`].
pub async fn draft(market: &Market, actor: &Actor, number: &str, section: ContractSection) -> Result<Option<Draft>> {
    let person = actor.signed_in()?.id;
    let row = editable(market, actor, number).await?;
    let kept = Entity::find_by_id((row.id, section.code().to_owned(), person)).one(&market.db).await?;
    kept.map(|kept| Ok(Draft { fields: serde_json::from_str(&kept.fields)?, at: from_micros(kept.at), is_older: kept.at < row.updated_at }))
        .transpose()
}

/// Throws away what is kept of a part.
///
/// # Errors
/// As [`keep_draft`].
pub async fn drop_draft(market: &Market, actor: &Actor, number: &str, section: ContractSection) -> Result<()> {
    let person = actor.signed_in()?.id;
    let row = editable(market, actor, number).await?;
    let tx = market.write(actor).await?;
    forget(&tx, row.id, section, person).await?;
    tx.commit().await
}

/// A part was saved: what its person had typed before is of no use any more.
pub(super) async fn forget(tx: &Tx, contract: Uuid, section: ContractSection, person: Uuid) -> Result<()> {
    Entity::delete_by_id((contract, section.code().to_owned(), person)).exec(&**tx).await?;
    Ok(())
}

/// The contract is decided on: nobody goes on with what was typed.
pub(super) async fn forget_all(tx: &Tx, contract: Uuid) -> Result<()> {
    Entity::delete_many().filter(Column::ContractId.eq(contract)).exec(&**tx).await?;
    Ok(())
}

/// The parts of which something of the actor's is kept, and since when.
pub(super) async fn drafted(market: &Market, actor: &Actor, contract: Uuid) -> Result<Vec<(ContractSection, OffsetDateTime)>> {
    let Some(person) = actor.id() else { return Ok(Vec::new()) };
    let kept = Entity::find().filter(Column::ContractId.eq(contract)).filter(Column::PersonId.eq(person)).all(&market.db).await?;
    Ok(kept.iter().filter_map(|k| Some((ContractSection::from_code(&k.section)?, from_micros(k.at)))).collect())
}
