//! What a broker reads of its claims.

use std::collections::{HashMap, HashSet};

use keqiao_model::{ClaimMove, ClaimStage, ClaimState, ListingKind, Party, Stateful, format_date};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    acting,
    claims::{ends_at, find_own, stage_of, state_of},
};
use crate::{
    Actor, Error, ListingSummary, Market, Paged, Result,
    db::{from_micros, micros},
    entity::{broker_task, claim as table, deal, introduction, listing, recommendation},
    listings::{kind_of, state_of as state_of_listing, summaries},
    paging::fetch,
};

/// One side of a claimed pair. Its summary is there as long as it is public.
#[derive(Debug, Clone)]
pub struct PairSide {
    /// Demand or achievement.
    pub kind: ListingKind,
    /// Number people see.
    pub number: String,
    /// What lists show of it.
    pub summary: Option<ListingSummary>,
}

/// A claim as its broker sees it.
#[derive(Debug, Clone)]
pub struct ClaimView {
    /// Id.
    pub id: Uuid,
    /// Whether it stands.
    pub state: ClaimState,
    /// Column of the board.
    pub stage: ClaimStage,
    /// What the broker noted.
    pub note: String,
    /// Who asks.
    pub demand: PairSide,
    /// Who offers.
    pub achievement: PairSide,
    /// Since when.
    pub claimed_at: OffsetDateTime,
    /// When the broker last did something for it.
    pub touched_at: OffsetDateTime,
    /// When it ends unless something happens.
    pub ends_at: OffsetDateTime,
    /// Tasks not done.
    pub tasks: u64,
    /// Those of them that are overdue.
    pub overdue: u64,
    /// Whether the broker recommended the pair to both sides.
    pub recommended: bool,
    /// Number of the broker's introduction of the pair, the last one.
    pub introduction: Option<String>,
    /// Number of the broker's deal about the pair, the last one.
    pub deal: Option<String>,
    /// What the broker may do with it.
    pub moves: Vec<ClaimMove>,
    /// For optimistic locking.
    pub version: i64,
}

pub(super) async fn views(market: &Market, broker: Uuid, rows: Vec<table::Model>) -> Result<Vec<ClaimView>> {
    let listings: Vec<Uuid> = rows.iter().flat_map(|r| [r.demand_id, r.achievement_id]).collect();
    let demands: Vec<Uuid> = rows.iter().map(|r| r.demand_id).collect();
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let found = listing::Entity::find().filter(listing::Column::Id.is_in(listings)).all(&market.db).await?;
    let shown: Vec<listing::Model> =
        found.iter().filter(|row| state_of_listing(row).is_ok_and(keqiao_model::ListingState::is_public)).cloned().collect();
    let shown: HashMap<Uuid, ListingSummary> = summaries(&market.db, &shown).await?.into_iter().map(|s| (s.id, s)).collect();
    let sides: HashMap<Uuid, PairSide> = found
        .into_iter()
        .map(|row| (row.id, PairSide { kind: kind_of(&row), summary: shown.get(&row.id).cloned(), number: row.number }))
        .collect();
    let recommended: HashSet<(Uuid, Uuid)> = recommendation::Entity::find()
        .filter(recommendation::Column::BrokerId.eq(broker))
        .filter(recommendation::Column::DemandId.is_in(demands.iter().copied()))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|r| (r.demand_id, r.achievement_id))
        .collect();
    let introductions: HashMap<(Uuid, Uuid), String> = introduction::Entity::find()
        .filter(introduction::Column::BrokerId.eq(broker))
        .filter(introduction::Column::DemandId.is_in(demands.iter().copied()))
        .order_by_asc(introduction::Column::MadeAt)
        .all(&market.db)
        .await?
        .into_iter()
        .map(|i| ((i.demand_id, i.achievement_id), i.number))
        .collect();
    let deals: HashMap<(Option<Uuid>, Option<Uuid>), String> = deal::Entity::find()
        .filter(deal::Column::BrokerId.eq(broker))
        .filter(deal::Column::DemandId.is_in(demands))
        .order_by_asc(deal::Column::CreatedAt)
        .all(&market.db)
        .await?
        .into_iter()
        .map(|d| ((d.demand_id, d.achievement_id), d.number))
        .collect();
    let today = format_date(crate::contracts::today(market));
    let mut tasks: HashMap<Uuid, (u64, u64)> = HashMap::new();
    let open = broker_task::Entity::find().filter(broker_task::Column::ClaimId.is_in(ids)).filter(broker_task::Column::DoneAt.is_null());
    for task in open.all(&market.db).await? {
        let Some(claim) = task.claim_id else { continue };
        let counted = tasks.entry(claim).or_default();
        counted.0 += 1;
        counted.1 += u64::from(!task.due_on.is_empty() && task.due_on < today);
    }
    let now = micros(market.now());
    let mut views = Vec::new();
    for row in rows {
        let (Some(demand), Some(achievement)) = (sides.get(&row.demand_id).cloned(), sides.get(&row.achievement_id).cloned()) else {
            continue;
        };
        let ends = ends_at(market, &row);
        let stored = state_of(&row)?;
        let state = if stored == ClaimState::Active && ends <= now { ClaimState::Expired } else { stored };
        let pair = (row.demand_id, row.achievement_id);
        let (open, overdue) = tasks.get(&row.id).copied().unwrap_or_default();
        views.push(ClaimView {
            id: row.id,
            state,
            stage: stage_of(&row)?,
            demand,
            achievement,
            claimed_at: from_micros(row.claimed_at),
            touched_at: from_micros(row.touched_at),
            ends_at: from_micros(ends),
            tasks: open,
            overdue,
            recommended: recommended.contains(&pair),
            introduction: introductions.get(&pair).cloned(),
            deal: deals.get(&(Some(pair.0), Some(pair.1))).cloned(),
            moves: state.moves(&[Party::Broker]).iter().map(|t| t.by).collect(),
            version: row.version,
            note: row.note,
        });
    }
    Ok(views)
}

/// One claim.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for everyone but its broker.
pub async fn claim(market: &Market, actor: &Actor, id: Uuid) -> Result<ClaimView> {
    let row = find_own(&market.db, actor, id).await?;
    views(market, row.broker_id, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// Claims of the broker who acts that stand no more, latest first.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is no broker.
pub async fn past_claims(market: &Market, actor: &Actor, page: u64) -> Result<Paged<ClaimView>> {
    let person = acting(actor)?;
    let query = table::Entity::find()
        .filter(table::Column::BrokerId.eq(person.id))
        .filter(table::Column::State.ne(ClaimState::Active.code()))
        .order_by_desc(table::Column::TouchedAt)
        .order_by_desc(table::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(views(market, person.id, rows).await?))
}
