//! The board: a broker's claims by stage, then its open deals by state.

use keqiao_model::{ClaimStage, ClaimState, DealState, Field};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query};

use super::{
    acting,
    views::{ClaimView, views},
};
use crate::{
    Actor, Market, Result,
    deals::{DealSummary, deal_summaries},
    entity::{claim, deal, listing},
};

/// Deals on the board at most; the list of deals has them all.
const DEALS_SHOWN: u64 = 200;

/// Claims at one stage.
#[derive(Debug, Clone)]
pub struct StageColumn {
    /// The stage.
    pub stage: ClaimStage,
    /// Those that end first come first.
    pub claims: Vec<ClaimView>,
}

/// Deals in one state.
#[derive(Debug, Clone)]
pub struct DealColumn {
    /// The state.
    pub state: DealState,
    /// Latest activity first.
    pub deals: Vec<DealSummary>,
}

/// Everything a broker carries.
#[derive(Debug, Clone)]
pub struct Board {
    /// A column for each stage, in their order.
    pub stages: Vec<StageColumn>,
    /// A column for each state in which there is a deal, in the order of the way.
    pub deals: Vec<DealColumn>,
    /// Claims in all, whatever the filter.
    pub held: u64,
    /// Whether there are more deals than shown.
    pub more: bool,
}

/// The board of the broker who acts; `field` is that of the demand, or of the achievement where no demand is named.
///
/// # Errors
/// [`crate::Error::SignIn`]; [`crate::Error::NotFound`] for anyone who is no broker.
pub async fn board(market: &Market, actor: &Actor, field: Option<Field>) -> Result<Board> {
    let person = acting(actor)?;
    let of_field = |field: Field| {
        Query::select().column(listing::Column::Id).from(listing::Entity).and_where(listing::Column::Field.eq(field.code())).to_owned()
    };
    let rows = claim::Entity::find()
        .filter(claim::Column::BrokerId.eq(person.id))
        .filter(claim::Column::State.eq(ClaimState::Active.code()))
        .order_by_asc(claim::Column::ExpiresAt)
        .order_by_asc(claim::Column::Id)
        .all(&market.db)
        .await?;
    let mut claims = views(market, person.id, rows).await?;
    claims.retain(|c| c.state == ClaimState::Active);
    let held = claims.len() as u64;
    claims.retain(|c| field.is_none_or(|field| c.demand.summary.as_ref().is_none_or(|s| s.field == Some(field))));
    claims.sort_by_key(|c| c.ends_at);
    let stages = ClaimStage::ALL
        .iter()
        .map(|stage| StageColumn { stage: *stage, claims: claims.iter().filter(|c| c.stage == *stage).cloned().collect() })
        .collect();
    let mut query = deal::Entity::find()
        .filter(deal::Column::BrokerId.eq(person.id))
        .filter(deal::Column::State.is_not_in([DealState::Closed.code(), DealState::Lost.code()]));
    if let Some(field) = field {
        let demand = deal::Column::DemandId.in_subquery(of_field(field));
        let achievement =
            Condition::all().add(deal::Column::DemandId.is_null()).add(deal::Column::AchievementId.in_subquery(of_field(field)));
        query = query.filter(Condition::any().add(demand).add(achievement));
    }
    let mut rows =
        query.order_by_desc(deal::Column::UpdatedAt).order_by_desc(deal::Column::Id).limit(DEALS_SHOWN + 1).all(&market.db).await?;
    let shown = usize::try_from(DEALS_SHOWN).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let summaries = deal_summaries(market, actor, rows).await?;
    let deals = DealState::ALL
        .iter()
        .map(|state| DealColumn { state: *state, deals: summaries.iter().filter(|d| d.state == *state).cloned().collect() })
        .filter(|column| !column.deals.is_empty())
        .collect();
    Ok(Board { stages, deals, held, more })
}
