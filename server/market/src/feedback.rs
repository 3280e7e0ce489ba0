//! What people say of matches. Whoever may read a list of matches says of each whether it is useful; what the owner of the list finds not
//! useful never comes back there uninvited. [`precision`] tells officers how good the matching is.

use std::collections::HashMap;

use keqiao_model::{Check, FeedbackCode, Fields, Judgement, ListingKind, Party};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::OnConflict};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Actor, Error, Event, Market, Result,
    db::{Subject, Tx},
    entity::{dismissed, listing, matched, verdict},
    listings::{find, parties, state_of},
};

pub(crate) mod learning;
mod precision;

pub use self::learning::features_step;
pub use self::precision::{JudgedPair, JudgedReason, JudgedSide, Precision, PrecisionFilter, Share, precision};

/// Longest reason in words, characters.
pub const REASON_MAX: usize = 500;

/// What somebody said of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Useful or not.
    pub useful: bool,
    /// Why not.
    pub code: Option<FeedbackCode>,
    /// Why not, in words.
    pub reason: String,
}

/// As what the actor reads and judges the matches of a listing.
///
/// # Errors
/// [`Error::NotFound`] unless the actor owns the listing, is a broker and it is public, or an officer of its region.
pub(crate) fn judging_as(actor: &Actor, row: &listing::Model) -> Result<Judgement> {
    let parties = parties(actor, row);
    let public = state_of(row)?.is_public();
    if parties.contains(&Party::Owner) {
        Ok(Judgement::Owner)
    } else if parties.contains(&Party::Officer) {
        Ok(Judgement::Officer)
    } else if actor.is_broker() && public {
        Ok(Judgement::Broker)
    } else {
        Err(if actor.person().is_none() && public { Error::SignIn } else { Error::NotFound })
    }
}

/// What the actor said of these matches of a listing.
pub(crate) async fn verdicts_of(market: &Market, actor: &Actor, listing: Uuid, others: &[Uuid]) -> Result<HashMap<Uuid, Verdict>> {
    let Some(person) = actor.id() else { return Ok(HashMap::new()) };
    let rows = verdict::Entity::find()
        .filter(verdict::Column::ListingId.eq(listing))
        .filter(verdict::Column::OtherId.is_in(others.iter().copied()))
        .filter(verdict::Column::PersonId.eq(person))
        .all(&market.db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|v| (v.other_id, Verdict { useful: v.useful, code: FeedbackCode::from_code(&v.code), reason: v.reason }))
        .collect())
}

/// A pair that the actor may judge in the list of its first listing.
struct Judged {
    row: listing::Model,
    other: listing::Model,
    role: Judgement,
    person: Uuid,
}

impl Judged {
    async fn find(market: &Market, actor: &Actor, kind: ListingKind, number: &str, other: &str) -> Result<Self> {
        let person = actor.signed_in()?.id;
        let row = find(&market.db, kind, number).await?;
        let role = judging_as(actor, &row)?;
        let other = find(&market.db, kind.opposite(), other).await?;
        if !state_of(&other)?.is_public() {
            return Err(Error::NotFound);
        }
        Ok(Self { row, other, role, person })
    }

    /// Whether the pair is, or was for this person, in the list: nobody judges what the market did not match.
    async fn is_listed(&self, tx: &Tx) -> Result<bool> {
        let stored = matched::Entity::find_by_id((self.row.id, self.other.id)).count(&**tx).await?;
        Ok(stored > 0 || self.own(tx).await?.is_some() || self.is_dismissed(tx).await?)
    }

    async fn own(&self, tx: &Tx) -> Result<Option<verdict::Model>> {
        let query = verdict::Entity::find()
            .filter(verdict::Column::ListingId.eq(self.row.id))
            .filter(verdict::Column::OtherId.eq(self.other.id))
            .filter(verdict::Column::PersonId.eq(self.person));
        Ok(query.one(&**tx).await?)
    }

    async fn is_dismissed(&self, tx: &Tx) -> Result<bool> {
        Ok(dismissed::Entity::find_by_id((self.row.id, self.other.id)).count(&**tx).await? > 0)
    }

    async fn dismiss(&self, tx: &Tx) -> Result<()> {
        let row = dismissed::ActiveModel {
            listing_id: Set(self.row.id),
            other_id: Set(self.other.id),
            person_id: Set(self.person),
            created_at: Set(tx.now),
        };
        dismissed::Entity::insert(row)
            .on_conflict(OnConflict::columns([dismissed::Column::ListingId, dismissed::Column::OtherId]).do_nothing().to_owned())
            .exec_without_returning(&**tx)
            .await?;
        Ok(())
    }

    async fn readmit(&self, tx: &Tx) -> Result<bool> {
        Ok(dismissed::Entity::delete_by_id((self.row.id, self.other.id)).exec(&**tx).await?.rows_affected > 0)
    }

    /// Audit entry and event, the same for everything that is said.
    async fn told(&self, tx: &Tx, what: &str, code: &str) -> Result<()> {
        let detail = json!({ "number": self.row.number, "other": self.other.number, "as": self.role.code(), "code": code });
        tx.audit(&format!("pair.{what}"), Subject::Listing, Some(self.row.id), detail).await?;
        tx.emit(Event::PairJudged, self.row.id, json!({ "other": self.other.id, "what": what, "code": code })).await
    }
}

/// Says of a match in a listing's list whether it is useful: `verdict` is `useful` or `not_useful`, the latter with a `code` and, if one
/// likes, a `reason`. Said again, it replaces what the same person said before. Not useful in the eyes of the list's owner, the pair is
/// dismissed; useful, it is readmitted.
///
/// # Errors
/// [`Error::NotFound`] unless the actor may read the list and the pair is in it; [`Error::Invalid`] when the code is missing.
pub async fn judge(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    other: &str,
    fields: &Fields,
    once: Option<Uuid>,
) -> Result<()> {
    let pair = Judged::find(market, actor, kind, number, other).await?;
    let useful = match fields.value("verdict") {
        "useful" => true,
        "not_useful" => false,
        _ => return Err(Error::field("verdict", "choice")),
    };
    let mut check = Check::new();
    let reason = if useful { String::new() } else { check.optional("reason", fields.value("reason"), REASON_MAX) };
    let code = FeedbackCode::from_code(fields.value("code")).filter(|_| !useful);
    check.ensure(useful || code.is_some(), "code", "required");
    check.ensure(code != Some(FeedbackCode::Other) || !reason.is_empty(), "reason", "reason_required");
    check.finish(())?;
    let code = code.map_or("", |c| c.code());
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    if !pair.is_listed(&tx).await? {
        return Err(Error::NotFound);
    }
    let row = verdict::ActiveModel {
        id: Set(Uuid::now_v7()),
        person_id: Set(pair.person),
        listing_id: Set(pair.row.id),
        other_id: Set(pair.other.id),
        useful: Set(useful),
        role: Set(pair.role.code().to_owned()),
        code: Set(code.to_owned()),
        reason: Set(reason),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
    };
    use verdict::Column as C;
    verdict::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([C::ListingId, C::OtherId, C::PersonId])
                .update_columns([C::Useful, C::Role, C::Code, C::Reason, C::UpdatedAt])
                .to_owned(),
        )
        .exec_without_returning(&*tx)
        .await?;
    if pair.role == Judgement::Owner {
        if useful {
            pair.readmit(&tx).await?;
        } else {
            pair.dismiss(&tx).await?;
        }
    }
    pair.told(&tx, if useful { "useful" } else { "not_useful" }, code).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Takes back what the actor said of a match; what the owner's side dismissed by it is readmitted. Nothing said, nothing happens.
///
/// # Errors
/// [`Error::NotFound`] unless the actor may read the list.
pub async fn revoke(market: &Market, actor: &Actor, kind: ListingKind, number: &str, other: &str, once: Option<Uuid>) -> Result<()> {
    let pair = Judged::find(market, actor, kind, number, other).await?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    if let Some(own) = pair.own(&tx).await? {
        verdict::Entity::delete_by_id(own.id).exec(&*tx).await?;
        if pair.role == Judgement::Owner && !own.useful {
            pair.readmit(&tx).await?;
        }
        pair.told(&tx, "revoke", &own.code).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// Brings a dismissed pair back into the list of a listing; its owner alone may. That the actor found it not useful is taken back with it,
/// what others of the organisation said stays said.
///
/// # Errors
/// [`Error::NotFound`] unless the actor may read the list; [`Error::Forbidden`] for those who do not own it.
pub async fn restore(market: &Market, actor: &Actor, kind: ListingKind, number: &str, other: &str, once: Option<Uuid>) -> Result<()> {
    let pair = Judged::find(market, actor, kind, number, other).await?;
    if pair.role != Judgement::Owner {
        return Err(Error::Forbidden);
    }
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    if pair.readmit(&tx).await? {
        if let Some(own) = pair.own(&tx).await?.filter(|own| !own.useful) {
            verdict::Entity::delete_by_id(own.id).exec(&*tx).await?;
        }
        pair.told(&tx, "restore", "").await?;
    }
    tx.result("").await?;
    tx.commit().await
}
