//! What interests came to, for the owner of a listing: what it answered, and by which codes its own were refused.

use std::collections::HashMap;

use keqiao_model::{DeclineCode, InterestState, ListingKind};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result,
    entity::{interest, listing},
    listings::find,
};

/// Refusals whose words are looked at, latest first.
const LOOKED_AT: u64 = 200;
/// Refusals of one code whose words are shown.
const SHOWN: usize = 3;

/// The words of one refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalWords {
    /// The interest that was refused.
    pub interest: Uuid,
    /// Title of the listing it asked for.
    pub title: String,
    /// The receiver's words.
    pub reason: String,
}

/// Refusals of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: DeclineCode,
    /// How many.
    pub count: u64,
    /// What the latest of them said.
    pub latest: Vec<RefusalWords>,
}

/// What interests in a listing, and interests sent for it, came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingOutcomes {
    /// Interests received, by where they stand; states with none are left out.
    pub received: Vec<(InterestState, u64)>,
    /// Refusals its owner gave, by code, most frequent first.
    pub given: Vec<(DeclineCode, u64)>,
    /// Interests sent for it, by where they stand.
    pub sent: Vec<(InterestState, u64)>,
    /// Refusals they met with, most frequent first.
    pub refusals: Vec<Refusal>,
}

/// What interests in a listing, and those sent for it, came to.
///
/// # Errors
/// [`Error::NotFound`] for anyone but its owner.
pub async fn listing_outcomes(market: &Market, actor: &Actor, kind: ListingKind, number: &str) -> Result<ListingOutcomes> {
    let row = find(&market.db, kind, number).await?;
    if !actor.belongs_to(row.organisation_id) {
        return Err(Error::NotFound);
    }
    let asked = interest::Column::ListingId.eq(row.id);
    let sent = interest::Column::CounterId.eq(row.id);
    Ok(ListingOutcomes {
        received: by_state(market, asked.clone()).await?,
        given: by_code(market, asked).await?,
        sent: by_state(market, sent.clone()).await?,
        refusals: refusals_of(market, sent).await?,
    })
}

/// Refusals that interests of the organisation acted for met with, most frequent code first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn refusals(market: &Market, actor: &Actor) -> Result<Vec<Refusal>> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(Vec::new()) };
    refusals_of(market, interest::Column::FromOrganisationId.eq(acting.id)).await
}

async fn by_state(market: &Market, of: Expr) -> Result<Vec<(InterestState, u64)>> {
    use interest::Column as C;
    let rows: Vec<(String, i64)> = interest::Entity::find()
        .select_only()
        .column(C::State)
        .column_as(C::Id.count(), "interests")
        .filter(of)
        .group_by(C::State)
        .into_tuple()
        .all(&market.db)
        .await?;
    let count = |state: &InterestState| rows.iter().find(|(code, _)| code == state.code()).map(|(_, n)| (*state, n.unsigned_abs()));
    Ok(InterestState::ALL.iter().filter_map(count).collect())
}

async fn by_code(market: &Market, of: Expr) -> Result<Vec<(DeclineCode, u64)>> {
    use interest::Column as C;
    let rows: Vec<(String, i64)> = interest::Entity::find()
        .select_only()
        .column(C::Code)
        .column_as(C::Id.count(), "interests")
        .filter(of)
        .filter(C::State.eq(InterestState::Declined.code()))
        .group_by(C::Code)
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut codes: Vec<(DeclineCode, u64)> =
        rows.into_iter().filter_map(|(code, n)| Some((DeclineCode::from_code(&code)?, n.unsigned_abs()))).collect();
    codes.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
    Ok(codes)
}

async fn refusals_of(market: &Market, of: Expr) -> Result<Vec<Refusal>> {
    use interest::Column as C;
    let codes = by_code(market, of.clone()).await?;
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uuid, Uuid, String, String)> = interest::Entity::find()
        .select_only()
        .columns([C::Id, C::ListingId, C::Code, C::Reason])
        .filter(of)
        .filter(C::State.eq(InterestState::Declined.code()))
        .order_by_desc(C::AnsweredAt)
        .order_by_desc(C::Id)
        .limit(LOOKED_AT)
        .into_tuple()
        .all(&market.db)
        .await?;
    let titles: HashMap<Uuid, String> = listing::Entity::find()
        .select_only()
        .columns([listing::Column::Id, listing::Column::Title])
        .filter(listing::Column::Id.is_in(rows.iter().map(|(_, listing, ..)| *listing)))
        .into_tuple::<(Uuid, String)>()
        .all(&market.db)
        .await?
        .into_iter()
        .collect();
    let latest = |code: DeclineCode| {
        let of_code = rows.iter().filter(|(_, _, c, _)| c == code.code()).take(SHOWN);
        let words = |(interest, listing, _, reason): &(Uuid, Uuid, String, String)| RefusalWords {
            interest: *interest,
            title: titles.get(listing).cloned().unwrap_or_default(),
            reason: reason.clone(),
        };
        of_code.map(words).collect()
    };
    Ok(codes.into_iter().map(|(code, count)| Refusal { code, count, latest: latest(code) }).collect())
}
