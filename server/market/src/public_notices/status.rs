//! Whether a deal owes a public notice, and how far it has come with it.

use keqiao_model::{FieldError, LegalKind, ListingBody, NoticeState, ObjectionState, Ownership, SaleState, format_date};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use time::{Date, OffsetDateTime};

use super::{latest, state_of};
use crate::{
    CHINA, Error, Result,
    db::{Tx, from_micros},
    entity::{deal, objection, organisation, sale},
    listings::{content_of, find_by_id},
};

/// How far a deal has come with its public notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeStatus {
    /// Whether the deal owes one before it is signed.
    pub owed: bool,
    /// Number and state of the last one, if there is any.
    pub last: Option<(String, NoticeState)>,
    /// When the last one ends or ended.
    pub ends_at: Option<OffsetDateTime>,
    /// Objections to it that wait for an answer.
    pub open: u64,
    /// Objections to it that are right.
    pub upheld: u64,
}

impl NoticeStatus {
    /// Whether one stands that was not taken back.
    pub fn stands(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, state)| *state != NoticeState::Stopped)
    }

    /// Whether one stands and its period is over.
    pub fn is_over(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, state)| *state == NoticeState::Ended)
    }

    /// Whether every objection is answered and none of them is right.
    pub fn is_clear(&self) -> bool {
        self.open == 0 && self.upheld == 0
    }
}

/// Whether the law counts an organisation as one whose prices the public may see.
fn is_public_unit(kind: LegalKind) -> bool {
    matches!(
        kind,
        LegalKind::Government | LegalKind::University | LegalKind::ResearchInstitute | LegalKind::Hospital | LegalKind::OtherInstitution
    )
}

/// Whether a deal owes a public notice: the seller is a public unit, the achievement is not its inventors' own, and no finished sale to this
/// buyer found the price.
pub(crate) async fn owed<C: ConnectionTrait>(db: &C, row: &deal::Model) -> Result<bool> {
    let Some(achievement) = row.achievement_id else { return Ok(false) };
    let seller = organisation::Entity::find_by_id(row.seller_id).one(db).await?.ok_or(Error::NotFound)?;
    if !LegalKind::from_code(&seller.legal_kind).is_some_and(is_public_unit) {
        return Ok(false);
    }
    let listing = find_by_id(db, achievement).await?;
    // What nobody said to be the inventors' is the unit's.
    if let ListingBody::Achievement(body) = content_of(&listing)?.body
        && body.ownership == Some(Ownership::Inventor)
    {
        return Ok(false);
    }
    let sold = sale::Entity::find()
        .filter(sale::Column::ListingId.eq(achievement))
        .filter(sale::Column::State.eq(SaleState::Sold.code()))
        .filter(sale::Column::WinnerId.eq(row.buyer_id))
        .count(db)
        .await?;
    Ok(sold == 0)
}

/// How far a deal has come with its public notice.
pub(crate) async fn status<C: ConnectionTrait>(db: &C, row: &deal::Model) -> Result<NoticeStatus> {
    let owed = owed(db, row).await?;
    let Some(last) = latest(db, row.id).await? else {
        return Ok(NoticeStatus { owed, last: None, ends_at: None, open: 0, upheld: 0 });
    };
    let count = async |state: ObjectionState| {
        let query = objection::Entity::find().filter(objection::Column::NoticeId.eq(last.id));
        query.filter(objection::Column::State.eq(state.code())).count(db).await
    };
    Ok(NoticeStatus {
        owed,
        open: count(ObjectionState::Raised).await?,
        upheld: count(ObjectionState::Upheld).await?,
        ends_at: Some(from_micros(last.ends_at)),
        last: Some((last.number.clone(), state_of(&last)?)),
    })
}

/// Refuses to sign a deal on a day before its public notice has ended and every objection is answered.
///
/// # Errors
/// [`Error::Invalid`]: `notice_missing`, `notice_running`, `objections_open`, `objection_upheld`; `signed_before_notice_ended` at `signed_on`.
pub(crate) async fn ready_to_sign(tx: &Tx, row: &deal::Model, signed_on: Date) -> Result<()> {
    let status = status(&**tx, row).await?;
    if !status.stands() {
        return if status.owed { Err(Error::field("", "notice_missing")) } else { Ok(()) };
    }
    let last_day = status.ends_at.map(|at| at.to_offset(CHINA).date());
    let until = last_day.map(format_date).unwrap_or_default();
    let refused = |field: &str, code: &str| Err(Error::Invalid(vec![FieldError::new(field, code).with("day", &until)]));
    if !status.is_over() {
        return refused("", "notice_running");
    }
    if status.upheld > 0 {
        return Err(Error::field("", "objection_upheld"));
    }
    if status.open > 0 {
        return Err(Error::field("", "objections_open"));
    }
    if last_day.is_some_and(|last| signed_on <= last) {
        return refused("signed_on", "signed_before_notice_ended");
    }
    Ok(())
}
