//! Listings of the same side that say much the same: shown beside one another, and a warning before the same thing is posted twice.

use keqiao_model::{Fields, ListingContent, ListingKind, ListingState, Strictness};
use keqiao_search::Document;
use sea_orm::{ActiveValue::Set, EntityTrait, TryIntoModel};
use uuid::Uuid;

use crate::{
    Actor, Error, ListingSummary, Market, Result,
    entity::{listing, organisation},
    listings::{content_of, fill, find, kind_code, may_read, state_of},
    matching::{document_of, summaries_by_id},
};

/// From this likeness on two listings may be the same one posted twice.
const NEAR: f32 = 0.85;
/// Below this likeness nothing is shown.
const LEAST: f32 = 0.15;
/// Similar listings shown at most.
const SHOWN: usize = 5;

/// Fields of a form that matches are looked for by while it is written; the confidential detail is not among them.
const LIVE: [&str; 8] = ["title", "summary", "problem", "one_sentence", "advantage", "applications", "keywords", "field"];
/// Characters from which on it is worth looking.
const LIVE_LEAST: usize = 8;

/// The form field by which somebody says that the near-duplicates were seen.
pub const SEEN: &str = "similar_seen";
/// The reason of a form that comes back with near-duplicates.
pub const SIMILAR: &str = "similar";

/// A public listing that is like another one of its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimilarListing {
    /// The listing.
    pub listing: ListingSummary,
    /// How much alike, per cent, cut off.
    pub percent: i64,
    /// Whether it may be the same thing posted twice.
    pub near: bool,
}

async fn search(market: &Market, document: Document, least: f32) -> Result<Vec<SimilarListing>> {
    let (search, title) = (market.search.clone(), document.title.trim().to_owned());
    let found = tokio::task::spawn_blocking(move || search.similar(&document, SHOWN)).await.map_err(Error::internal)??;
    let mut listings = summaries_by_id(market, found.iter().map(|(id, _)| *id).collect()).await?;
    Ok(found
        .into_iter()
        .filter_map(|(id, score)| {
            let listing = listings.remove(&id)?;
            // The same title is the same thing until somebody says otherwise, however the rest is written.
            let near = score >= NEAR || listing.title.trim() == title;
            if score < least && !near {
                return None;
            }
            #[allow(clippy::cast_possible_truncation, reason = "a percentage")]
            let percent = (score * 100.0).floor() as i64;
            Some(SimilarListing { listing, percent, near })
        })
        .collect())
}

/// Up to five public listings of the same side that are most like a listing, most alike first.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none the actor may know of.
pub async fn similar(market: &Market, actor: &Actor, kind: ListingKind, number: &str) -> Result<Vec<SimilarListing>> {
    let row = find(&market.db, kind, number).await?;
    if !may_read(actor, &row, state_of(&row)?) {
        return Err(Error::NotFound);
    }
    let owner = organisation::Entity::find_by_id(row.organisation_id).one(&market.db).await?.ok_or(Error::NotFound)?;
    search(market, document_of(&row, &owner)?, LEAST).await
}

/// Public listings of the same side that may be what the form of a listing says; nothing for a form that is not complete, which has other
/// worries. `number` is the listing the form belongs to, if it was saved before.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for a listing of others.
pub async fn near_duplicates(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: Option<&str>,
    fields: &Fields,
) -> Result<Vec<SimilarListing>> {
    actor.signed_in()?;
    let id = match number {
        Some(number) => {
            let row = find(&market.db, kind, number).await?;
            if !actor.belongs_to(row.organisation_id) {
                return Err(Error::NotFound);
            }
            row.id
        }
        None => Uuid::now_v7(),
    };
    let Ok(content) = ListingContent::read(kind, fields, Strictness::Complete) else { return Ok(Vec::new()) };
    let Some(acting) = actor.organisation() else { return Ok(Vec::new()) };
    let owner = organisation::Entity::find_by_id(acting.id).one(&market.db).await?.ok_or(Error::NotFound)?;
    search(market, document_of(&unsaved(id, kind, &owner, &content)?, &owner)?, NEAR).await
}

/// Listings of the other side that would match what a form says so far, best first: nothing is stored, and what else is wrong with the form does
/// not matter. The confidential detail is left out, and so are one's own listings.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn live_matches(market: &Market, actor: &Actor, kind: ListingKind, fields: &Fields) -> Result<Vec<ListingSummary>> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(Vec::new()) };
    let said: Fields = fields.0.iter().filter(|(name, _)| LIVE.contains(&name.as_str())).cloned().collect();
    let length: usize = said.0.iter().map(|(_, value)| value.chars().count()).sum();
    if length < LIVE_LEAST {
        return Ok(Vec::new());
    }
    let Ok(content) = ListingContent::read(kind, &said, Strictness::Draft) else { return Ok(Vec::new()) };
    let owner = organisation::Entity::find_by_id(acting.id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let document = document_of(&unsaved(Uuid::now_v7(), kind, &owner, &content)?, &owner)?;
    let search = market.search.clone();
    let found = tokio::task::spawn_blocking(move || search.rank(&document, 2 * SHOWN)).await.map_err(Error::internal)??;
    let mut listings = summaries_by_id(market, found.iter().map(|(id, _)| *id).collect()).await?;
    let others = found.into_iter().filter_map(|(id, _)| listings.remove(&id)).filter(|l| !actor.belongs_to(l.organisation_id));
    Ok(others.take(SHOWN).collect())
}

/// The row that a form would become.
fn unsaved(id: Uuid, kind: ListingKind, owner: &organisation::Model, content: &ListingContent) -> Result<listing::Model> {
    let mut row = listing::ActiveModel {
        id: Set(id),
        kind: Set(kind_code(kind).to_owned()),
        number: Set(String::new()),
        state: Set(ListingState::Draft.code().to_owned()),
        region: Set(owner.region.clone()),
        returned: Set("[]".to_owned()),
        organisation_id: Set(owner.id),
        person_id: Set(None),
        external_id: Set(None),
        published_at: Set(None),
        created_at: Set(0),
        updated_at: Set(0),
        version: Set(0),
        ..Default::default()
    };
    fill(&mut row, content)?;
    Ok(row.try_into_model()?)
}

/// Stops a form from being handed in once when a public listing of the same side says nearly the same: whoever has seen them says so with
/// [`SEEN`] and goes on. What else is wrong with the form is left to the use case that takes it.
///
/// # Errors
/// [`Error::Invalid`] with [`SIMILAR`] at [`SEEN`]; otherwise as [`near_duplicates`].
pub async fn check_similar(market: &Market, actor: &Actor, kind: ListingKind, number: Option<&str>, fields: &Fields) -> Result<()> {
    let verified = actor.signed_in()?.verified;
    if !verified || fields.has(SEEN, "yes") || near_duplicates(market, actor, kind, number, fields).await?.is_empty() {
        return Ok(());
    }
    Err(Error::field(SEEN, SIMILAR))
}

/// As [`check_similar`], for a draft that its owner hands in as it was saved; what others try is left to the use case.
///
/// # Errors
/// As [`check_similar`].
pub async fn check_saved(market: &Market, actor: &Actor, kind: ListingKind, number: &str, seen: bool) -> Result<()> {
    let row = find(&market.db, kind, number).await?;
    if seen || !actor.belongs_to(row.organisation_id) {
        return Ok(());
    }
    check_similar(market, actor, kind, Some(number), &content_of(&row)?.to_fields()).await
}

/// Near-duplicates of a draft as it was saved.
///
/// # Errors
/// As [`near_duplicates`].
pub async fn near_saved(market: &Market, actor: &Actor, kind: ListingKind, number: &str) -> Result<Vec<SimilarListing>> {
    let row = find(&market.db, kind, number).await?;
    near_duplicates(market, actor, kind, Some(number), &content_of(&row)?.to_fields()).await
}
