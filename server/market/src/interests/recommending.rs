//! Brokers put pairs before both sides.

use keqiao_model::{Check, Fields, ListingKind};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, sea_query::OnConflict};
use time::OffsetDateTime;
use uuid::Uuid;

use super::MESSAGE_MAX;
use crate::{
    Actor, Error, Event, ListingSummary, Market, Paged, Result,
    db::{Subject, Tx, from_micros},
    entity::{listing, recommendation},
    listings::{find, kind_of, state_of},
    matching::summaries_by_id,
    paging::fetch,
};

/// A pair a broker put before both sides.
#[derive(Debug, Clone)]
pub struct RecommendationView {
    /// Id.
    pub id: Uuid,
    /// Name of the broker.
    pub broker: String,
    /// The demand.
    pub demand: ListingSummary,
    /// The achievement.
    pub achievement: ListingSummary,
    /// Why, in the broker's words.
    pub note: String,
    /// When.
    pub created_at: OffsetDateTime,
}

/// A broker recommends a pair of public listings to both sides. Recommending it again changes nothing.
///
/// # Errors
/// [`Error::Forbidden`] unless the actor is a broker; [`Error::NotFound`]; [`Error::Invalid`].
pub async fn recommend_pair(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    other: &str,
    fields: &Fields,
    once: Option<Uuid>,
) -> Result<()> {
    let person = actor.signed_in()?;
    if !person.broker {
        return Err(Error::Forbidden);
    }
    let one = find(&market.db, kind, number).await?;
    let other = find(&market.db, kind.opposite(), other).await.map_err(|_| Error::field("counter", "choice"))?;
    if !(state_of(&one)?.is_public() && state_of(&other)?.is_public()) {
        return Err(Error::NotFound);
    }
    let mut check = Check::new();
    let note = check.required("message", fields.value("message"), MESSAGE_MAX);
    check.ensure(person.verified, "", "not_verified");
    check.ensure(state_of(&one)?.is_indexed() && state_of(&other)?.is_indexed(), "", "not_published");
    check.ensure(!actor.belongs_to(one.organisation_id) && !actor.belongs_to(other.organisation_id), "", "own_listing");
    check.ensure(one.organisation_id != other.organisation_id, "counter", "same_owner");
    check.finish(())?;
    let (demand, achievement) = if kind_of(&one) == ListingKind::Demand { (one, other) } else { (other, one) };
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    crate::brokers::recommended(market, &tx, person.id, demand.id, achievement.id).await?;
    let id = Uuid::now_v7();
    let row = recommendation::ActiveModel {
        id: Set(id),
        broker_id: Set(person.id),
        demand_id: Set(demand.id),
        achievement_id: Set(achievement.id),
        note: Set(note),
        created_at: Set(tx.now),
    };
    let unique = [recommendation::Column::BrokerId, recommendation::Column::DemandId, recommendation::Column::AchievementId];
    let inserted = recommendation::Entity::insert(row)
        .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
        .exec_without_returning(&*tx)
        .await?;
    if inserted > 0 {
        tx.audit(
            "pair.recommend",
            Subject::Listing,
            Some(demand.id),
            serde_json::json!({ "demand": demand.number, "achievement": achievement.number }),
        )
        .await?;
        tx.emit(Event::PairRecommended, id, serde_json::Value::Null).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// Recommendations that concern the organisation acted for, or were made by the actor as a broker; newest first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn recommendations(market: &Market, actor: &Actor, page: u64) -> Result<Paged<RecommendationView>> {
    let person = actor.signed_in()?;
    let mut concerns = recommendation::Column::BrokerId.eq(person.id);
    if let Some(acting) = actor.organisation() {
        let own = || {
            sea_orm::sea_query::Query::select()
                .column(listing::Column::Id)
                .from(listing::Entity)
                .and_where(listing::Column::OrganisationId.eq(acting.id))
                .to_owned()
        };
        concerns =
            concerns.or(recommendation::Column::DemandId.in_subquery(own())).or(recommendation::Column::AchievementId.in_subquery(own()));
    }
    let query = recommendation::Entity::find()
        .filter(concerns)
        .order_by_desc(recommendation::Column::CreatedAt)
        .order_by_desc(recommendation::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let listings = summaries_by_id(market, rows.iter().flat_map(|r| [r.demand_id, r.achievement_id]).collect()).await?;
    let brokers = crate::accounts::person_names(&market.db, rows.iter().map(|r| r.broker_id).collect()).await?;
    let items = rows
        .into_iter()
        .filter_map(|r| {
            Some(RecommendationView {
                id: r.id,
                broker: brokers.get(&r.broker_id).cloned().unwrap_or_default(),
                demand: listings.get(&r.demand_id)?.clone(),
                achievement: listings.get(&r.achievement_id)?.clone(),
                note: r.note,
                created_at: from_micros(r.created_at),
            })
        })
        .collect();
    Ok(paged.with(items))
}

/// The broker who recommended a pair first.
pub(super) async fn recommended_by(tx: &Tx, one: Uuid, other: Uuid) -> Result<Option<Uuid>> {
    let found = recommendation::Entity::find()
        .filter(
            recommendation::Column::DemandId
                .eq(one)
                .and(recommendation::Column::AchievementId.eq(other))
                .or(recommendation::Column::DemandId.eq(other).and(recommendation::Column::AchievementId.eq(one))),
        )
        .order_by_asc(recommendation::Column::CreatedAt)
        .one(&**tx)
        .await?;
    Ok(found.map(|r| r.broker_id))
}
