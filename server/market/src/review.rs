//! What waits for an officer.

use keqiao_model::ListingState;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use crate::{
    Actor, Error, ListingSummary, Market, Paged, Person, Result,
    entity::{listing, membership},
    listings::page_of,
};

fn officer(actor: &Actor) -> Result<(&Person, &str)> {
    let person = actor.signed_in()?;
    let region = person.officer.as_deref().ok_or(Error::NotFound)?;
    Ok((person, region))
}

/// Region codes an officer answers for: its own, and for the city every county and what lies outside the city; former ones, too.
pub(crate) fn regions_of(market: &Market, region: &str) -> Vec<String> {
    if region == market.config.city {
        let all = market.config.regions.iter().flat_map(|r| market.codes_of(&r.code));
        all.chain([keqiao_model::OUTSIDE.to_owned()]).collect()
    } else {
        market.codes_of(region)
    }
}

fn waiting(market: &Market, person: &Person, region: &str) -> Select<listing::Entity> {
    let own: Vec<uuid::Uuid> = person.organisations.iter().map(|o| o.id).collect();
    listing::Entity::find()
        .filter(listing::Column::State.eq(ListingState::InReview.code()))
        .filter(listing::Column::Region.is_in(regions_of(market, region)))
        .filter(listing::Column::OrganisationId.is_not_in(own))
}

/// Listings handed in within the officer's region, longest waiting first; those of the officer's own organisations are left to others.
///
/// # Errors
/// [`Error::SignIn`], [`Error::NotFound`] for anyone who is not an officer.
pub async fn review_queue(market: &Market, actor: &Actor, page: u64) -> Result<Paged<ListingSummary>> {
    let (person, region) = officer(actor)?;
    let query = waiting(market, person, region).order_by_asc(listing::Column::UpdatedAt).order_by_asc(listing::Column::Id);
    page_of(market, query, page).await
}

/// How many listings and requests to join wait for the officer.
///
/// # Errors
/// As [`review_queue`].
pub async fn review_count(market: &Market, actor: &Actor) -> Result<u64> {
    let (person, region) = officer(actor)?;
    Ok(waiting(market, person, region).count(&market.db).await?)
}

/// How many requests to join wait in organisations the actor manages.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn membership_requests(market: &Market, actor: &Actor) -> Result<u64> {
    let person = actor.signed_in()?;
    let managed: Vec<uuid::Uuid> = person.organisations.iter().filter(|o| o.manager).map(|o| o.id).collect();
    Ok(membership::Entity::find()
        .filter(membership::Column::OrganisationId.is_in(managed))
        .filter(membership::Column::State.eq("pending"))
        .count(&market.db)
        .await?)
}
