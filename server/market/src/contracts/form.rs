//! The form of a contract, a part at a time: what each part lacks, and saving one.

use keqiao_model::{ContractContent, ContractSection, FieldError, Fields, RegistrationData};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    both, content_of, drafts, fill, find, find_by_id, has_part, named_achievement, named_buyer, organisation_of, read_buyer, region_of,
    registration_of, state_of, today,
};
use crate::{Actor, Error, Market, Result, attachments, db::Subject, entity::contract as table};

/// A part of the form and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionView {
    /// Which.
    pub section: ContractSection,
    /// What keeps the contract from being handed in, each at its field.
    pub problems: Vec<FieldError>,
    /// When the actor typed what is kept but not saved.
    pub drafted: Option<OffsetDateTime>,
}

impl SectionView {
    /// Whether something contradicts, beyond being left open.
    pub fn contradicts(&self) -> bool {
        self.problems.iter().any(|p| !matches!(p.code.as_str(), "required" | "instalments_required" | "contract_file_required"))
    }
}

/// What keeps a contract from being handed in, by today's rules and on the complete written text (domain rules, section 1 "Registration").
pub(super) async fn problems<C: ConnectionTrait>(db: &C, market: &Market, row: &table::Model) -> Result<Vec<FieldError>> {
    let (content, data) = (content_of(row)?, registration_of(row)?);
    let read = both(ContractContent::read(&content.to_fields(), today(market)), RegistrationData::read(&data.to_fields()));
    let mut problems = read.err().unwrap_or_default();
    problems.extend(data.problems(&content));
    if attachments::count(db, Subject::Contract, row.id).await? == 0 {
        problems.push(FieldError::new("file", "contract_file_required"));
    }
    Ok(problems)
}

/// The parts of a contract's form, in their order; for either party while it can be changed.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for everyone else, and [`Error::Forbidden`] once it was handed in.
pub async fn sections(market: &Market, actor: &Actor, number: &str) -> Result<Vec<SectionView>> {
    let row = editable(market, actor, number).await?;
    let problems = problems(&market.db, market, &row).await?;
    let drafted = drafts::drafted(market, actor, row.id).await?;
    let of = |section: ContractSection| {
        let stands_in = |p: &&FieldError| section == ContractSection::Check || ContractSection::of(&p.field) == Some(section);
        SectionView {
            section,
            problems: problems.iter().filter(stands_in).cloned().collect(),
            drafted: drafted.iter().find(|(kept, _)| *kept == section).map(|(_, at)| *at),
        }
    };
    Ok(ContractSection::ALL.iter().map(|section| of(*section)).collect())
}

/// A contract that the actor may change now.
pub(super) async fn editable(market: &Market, actor: &Actor, number: &str) -> Result<table::Model> {
    actor.signed_in()?;
    let row = find(&market.db, number).await?;
    if !has_part(actor, &row) {
        return Err(Error::NotFound);
    }
    if state_of(&row)?.is_editable() { Ok(row) } else { Err(Error::Forbidden) }
}

/// The whole form as stored, with what was typed in one part in the place of what is stored of it.
fn merged(row: &table::Model, section: ContractSection, typed: &Fields) -> Result<Fields> {
    let stored = content_of(row)?.to_fields().0.into_iter().chain(registration_of(row)?.to_fields().0);
    let kept = stored.filter(|(name, _)| ContractSection::of(name) != Some(section));
    let typed = typed.0.iter().filter(|(name, _)| ContractSection::of(name) == Some(section)).cloned();
    Ok(kept.chain(typed).collect())
}

/// Reads one part: it has to be complete, whatever the others still lack.
fn read(market: &Market, row: &table::Model, section: ContractSection, typed: &Fields) -> Result<(ContractContent, RegistrationData)> {
    let fields = merged(row, section, typed)?;
    let own = |errors: Vec<FieldError>| errors.into_iter().filter(|e| ContractSection::of(&e.field) == Some(section)).collect::<Vec<_>>();
    match both(ContractContent::read(&fields, today(market)), RegistrationData::read(&fields)) {
        Ok((content, data)) => {
            let lacks = own(data.problems(&content));
            if lacks.is_empty() { Ok((content, data)) } else { Err(Error::Invalid(lacks)) }
        }
        Err(errors) => {
            let here = own(errors.clone());
            Err(Error::Invalid(if here.is_empty() { errors } else { here }))
        }
    }
}

/// Saves one part of a draft or returned contract; either party may. The part has to be complete; what is not yet is kept by
/// [`super::keep_draft`]. Of a contract that comes from no deal the seller may also correct the buyer (`buyer_credit_code` and `buyer_name`,
/// unless the first is empty) and, when the form has that field, the `achievement`.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others; [`Error::Stale`] when somebody else changed it; [`Error::Forbidden`] for a part that is not
/// the actor's to change; [`Error::Invalid`] with every reason at its field, and `not_editable` when it was handed in.
pub async fn save_section(
    market: &Market,
    actor: &Actor,
    number: &str,
    section: ContractSection,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let person = actor.signed_in()?.id;
    let row = find(&market.db, number).await?;
    if !has_part(actor, &row) {
        return Err(Error::NotFound);
    }
    let sells_freely = row.deal_id.is_none() && actor.belongs_to(row.seller_id);
    let buyer = match section {
        ContractSection::Files | ContractSection::Check => return Err(Error::Forbidden),
        ContractSection::Parties if !sells_freely => return Err(Error::Forbidden),
        ContractSection::Parties if !fields.value("buyer_credit_code").trim().is_empty() => Some(read_buyer(market, fields)?),
        _ => None,
    };
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find_by_id(&*tx, row.id).await?;
    if row.version != version {
        return Err(Error::Stale);
    }
    if !state_of(&row)?.is_editable() {
        return Err(Error::field("", "not_editable"));
    }
    let mut change = table::ActiveModel { updated_at: Set(tx.now), version: Set(version + 1), ..Default::default() };
    if section == ContractSection::Parties {
        if fields.0.iter().any(|(name, _)| name == "achievement") {
            change.achievement_id = Set(named_achievement(&tx, row.seller_id, fields).await?);
        }
        if let Some(buyer) = buyer {
            let buyer = named_buyer(&tx, row.seller_id, &buyer).await?;
            change.region = Set(region_of(market, &organisation_of(&tx, row.seller_id).await?, &buyer));
            change.buyer_id = Set(buyer.id);
        }
    } else {
        let (content, data) = read(market, &row, section, fields)?;
        fill(&mut change, &content, &data)?;
    }
    let done = table::Entity::update_many()
        .set(change)
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    drafts::forget(&tx, row.id, section, person).await?;
    tx.audit("contract.save", Subject::Contract, Some(row.id), json!({ "number": row.number, "section": section.code() })).await?;
    tx.result(&row.number).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests;
