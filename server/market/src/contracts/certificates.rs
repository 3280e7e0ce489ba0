//! Certificates of registration: what is printed, and what anybody learns who checks one. They hold what the public register holds, and no more.

use keqiao_model::{AmendmentKind, ContractState, half_width};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::{Date, Duration, OffsetDateTime};

use super::{ContractParty, ContractSummary, amendments, answers_for, contract, find, has_part, state_of, views};
use crate::{
    Actor, CHINA, Error, Market, Result, Subject,
    db::from_micros,
    entity::{
        contract::{Column, Entity, Model},
        move_log,
    },
    limits,
};

/// Unknown codes that one peer may try within an hour.
const UNKNOWN_PER_PEER: i64 = 60;
/// Longest code that is looked for, characters.
const CODE_MAX: usize = 40;

/// A certificate to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What it certifies.
    pub contract: ContractSummary,
    /// Who sells.
    pub seller: ContractParty,
    /// Who buys.
    pub buyer: ContractParty,
    /// First and last day of validity.
    pub term: (Date, Date),
    /// The verification code.
    pub code: String,
    /// What was changed since, and when.
    pub amended: Vec<(AmendmentKind, Date)>,
}

/// What a certificate is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The contract is in the register; what it says now.
    Valid {
        /// What is registered now.
        contract: Box<ContractSummary>,
        /// What was changed since, and when.
        amended: Vec<(AmendmentKind, Date)>,
    },
    /// The registration was cancelled.
    Cancelled {
        /// 登记编号.
        registration_number: String,
        /// When.
        at: OffsetDateTime,
    },
    /// There is no such certificate.
    Unknown,
}

/// A verification code as people type it: any case, with spaces and hyphens, letters that look like digits.
pub fn certificate_code(typed: &str) -> String {
    typed
        .chars()
        .map(half_width)
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .take(CODE_MAX)
        .collect()
}

/// The certificate of a registered contract; for its parties, officers of its region and administrators.
///
/// # Errors
/// [`Error::SignIn`] for visitors; [`Error::NotFound`] for everybody else, and while the contract is not in the register.
pub async fn certificate(market: &Market, actor: &Actor, number: &str) -> Result<Certificate> {
    let row = find(&market.db, number).await?;
    if !has_part(actor, &row) && !answers_for(market, actor, &row) && !actor.is_admin() {
        return Err(Error::NotFound);
    }
    let view = contract(market, actor, number).await?;
    let (Some(detail), Some(code), true) = (view.detail, row.certificate.clone(), state_of(&row)?.is_registered()) else {
        return Err(Error::NotFound);
    };
    Ok(Certificate {
        contract: view.summary,
        seller: detail.seller,
        buyer: detail.buyer,
        term: (detail.content.starts_on, detail.content.ends_on),
        code,
        amended: amendments::approved(&market.db, row.id).await?,
    })
}

/// Looks a certificate up; anybody may. `peer` is where the question comes from: whoever asks for many codes that do not exist has to wait.
///
/// # Errors
/// [`Error::TooMany`]; [`Error::Internal`].
pub async fn check_certificate(market: &Market, typed: &str, peer: &str) -> Result<Checked> {
    let code = certificate_code(typed);
    let found = if code.is_empty() { None } else { Entity::find().filter(Column::Certificate.eq(code)).one(&market.db).await? };
    let Some(row) = found else {
        limits::take_alone(market, &[(format!("certificate:peer:{peer}"), UNKNOWN_PER_PEER)], Duration::hours(1)).await?;
        return Ok(Checked::Unknown);
    };
    if state_of(&row)?.is_registered() {
        let contract = views::summaries(&market.db, std::slice::from_ref(&row)).await?.pop().ok_or(Error::NotFound)?;
        let amended = amendments::approved(&market.db, row.id).await?;
        return Ok(Checked::Valid { contract: Box::new(contract), amended });
    }
    let at = cancelled_at(market, &row).await?;
    Ok(Checked::Cancelled { registration_number: row.registration_number.unwrap_or_default(), at })
}

/// When a registration was cancelled.
async fn cancelled_at(market: &Market, row: &Model) -> Result<OffsetDateTime> {
    let cancelled = move_log::Entity::find()
        .filter(move_log::Column::SubjectKind.eq(Subject::Contract.code()))
        .filter(move_log::Column::SubjectId.eq(row.id))
        .filter(move_log::Column::ToState.eq(ContractState::Cancelled.code()))
        .order_by_desc(move_log::Column::At)
        .one(&market.db)
        .await?;
    Ok(from_micros(cancelled.map_or(row.updated_at, |m| m.at)).to_offset(CHINA))
}
