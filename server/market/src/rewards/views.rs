//! Splits as those may read them whom they concern.

use std::collections::HashMap;

use keqiao_model::{ConversionWay, Fen, RewardMove, RewardRole, RewardState, parse_date};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{
    find, names, regions_of, shares_of, state_of, way_of,
    writing::{achievements, moves_of},
};
use crate::{
    Actor, Error, Market, Paged, Result,
    accounts::person_names,
    db::from_micros,
    entity::{contract, organisation, reward as table, reward_share, rule},
    listings::organisation_names,
    paging::fetch,
    rules::Rule,
};

/// One line of a list of splits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardSummary {
    /// Number people see.
    pub number: String,
    /// Where it stands.
    pub state: RewardState,
    /// How the achievement is converted.
    pub way: ConversionWay,
    /// Id and name of the unit.
    pub unit: (Uuid, String),
    /// Title of the contract or the achievement.
    pub title: String,
    /// Number of the contract.
    pub contract: Option<String>,
    /// Number of the achievement.
    pub achievement: Option<String>,
    /// The day whose rule applies.
    pub on: Date,
    /// Income.
    pub income: Fen,
    /// Costs.
    pub costs: Fen,
    /// What those who made it get.
    pub pool: Fen,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

impl RewardSummary {
    /// Income less costs.
    pub fn net(&self) -> Fen {
        Fen::new(self.income.fen() - self.costs.fen())
    }
}

/// Somebody's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardShare {
    /// Name.
    pub name: String,
    /// Why.
    pub role: RewardRole,
    /// Hundredths of a per cent.
    pub share: i64,
    /// Amount.
    pub amount: Fen,
}

/// A split as one actor may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardView {
    /// Id.
    pub id: Uuid,
    /// What a list shows.
    pub summary: RewardSummary,
    /// The least that the rule wants.
    pub floor: Fen,
    /// The rule it follows.
    pub rule: Option<Rule>,
    /// What the costs are.
    pub note: String,
    /// Why it was returned.
    pub reason: String,
    /// Who gets what.
    pub people: Vec<RewardShare>,
    /// Who drew it up.
    pub person: String,
    /// Who approved it, and when.
    pub approved: Option<(String, OffsetDateTime)>,
    /// What the actor may do with it now.
    pub moves: Vec<RewardMove>,
    /// Whether the actor may change it.
    pub editable: bool,
    /// Whether the actor belongs to the unit.
    pub own: bool,
    /// Whether it names the actor, who then does not decide on it.
    pub named: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// Which splits a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RewardFilter {
    /// The approved ones of the officer's region, instead of those of the organisation acted for.
    pub region: bool,
    /// Where they stand.
    pub state: Option<RewardState>,
}

/// The lines for rows, in their order.
pub(super) async fn summaries<C: ConnectionTrait>(db: &C, rows: &[table::Model]) -> Result<Vec<RewardSummary>> {
    let units = organisation_names(db, rows.iter().map(|r| r.organisation_id).collect()).await?;
    let titles: HashMap<Uuid, (String, String)> = {
        let found: Vec<(Uuid, String, String)> = contract::Entity::find()
            .select_only()
            .columns([contract::Column::Id, contract::Column::Number, contract::Column::Title])
            .filter(contract::Column::Id.is_in(rows.iter().filter_map(|r| r.contract_id)))
            .into_tuple()
            .all(db)
            .await?;
        found.into_iter().map(|(id, number, title)| (id, (number, title))).collect()
    };
    let achievements = achievements(db, rows.iter().filter_map(|r| r.achievement_id).collect()).await?;
    rows.iter()
        .map(|row| {
            let contract = row.contract_id.and_then(|id| titles.get(&id));
            let achievement = row.achievement_id.and_then(|id| achievements.get(&id));
            Ok(RewardSummary {
                number: row.number.clone(),
                state: state_of(row)?,
                way: way_of(row)?,
                unit: (row.organisation_id, units.get(&row.organisation_id).cloned().unwrap_or_default()),
                title: contract.or(achievement).map(|(_, title)| title.clone()).unwrap_or_default(),
                contract: contract.map(|(number, _)| number.clone()),
                achievement: achievement.map(|(number, _)| number.clone()),
                on: parse_date(&row.on_date).ok_or_else(|| Error::internal(format!("reward {} on {}", row.number, row.on_date)))?,
                income: Fen::new(row.income),
                costs: Fen::new(row.costs),
                pool: Fen::new(row.pool),
                updated_at: from_micros(row.updated_at),
            })
        })
        .collect()
}

/// The splits of the organisation acted for, or the approved ones of an officer's region; the last changed first.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for the region's to anyone but an officer.
pub async fn rewards(market: &Market, actor: &Actor, filter: RewardFilter, page: u64) -> Result<Paged<RewardSummary>> {
    actor.signed_in()?;
    let mut query = table::Entity::find();
    if filter.region {
        if !actor.is_officer() {
            return Err(Error::NotFound);
        }
        let units = organisation::Entity::find()
            .select_only()
            .column(organisation::Column::Id)
            .filter(organisation::Column::Region.is_in(regions_of(market, actor)));
        query = query
            .filter(table::Column::OrganisationId.in_subquery(units.into_query()))
            .filter(table::Column::State.eq(RewardState::Approved.code()));
    } else {
        let Some(acting) = actor.organisation() else { return Ok(Paged::empty()) };
        query = query.filter(table::Column::OrganisationId.eq(acting.id));
        if let Some(state) = filter.state {
            query = query.filter(table::Column::State.eq(state.code()));
        }
    }
    let query = query.order_by_desc(table::Column::UpdatedAt).order_by_desc(table::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(summaries(&market.db, &rows).await?))
}

/// The splits of a contract's income, for members of the institute that sold it; nothing for everyone else.
///
/// # Errors
/// [`Error::Internal`].
pub async fn rewards_of_contract(market: &Market, actor: &Actor, number: &str) -> Result<Vec<RewardSummary>> {
    let row = crate::contracts::find(&market.db, number).await?;
    if !actor.belongs_to(row.seller_id) {
        return Ok(Vec::new());
    }
    let rows = table::Entity::find()
        .filter(table::Column::ContractId.eq(row.id))
        .filter(table::Column::OrganisationId.eq(row.seller_id))
        .order_by_desc(table::Column::Id)
        .all(&market.db)
        .await?;
    summaries(&market.db, &rows).await
}

/// A split for members of its unit, and an approved one for officers of the unit's region.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for everyone else, also for those whom it names.
pub async fn reward(market: &Market, actor: &Actor, number: &str) -> Result<RewardView> {
    actor.signed_in()?;
    let row = find(&market.db, number).await?;
    let own = actor.belongs_to(row.organisation_id);
    let state = state_of(&row)?;
    if !own {
        let unit = organisation::Entity::find_by_id(row.organisation_id).one(&market.db).await?.ok_or(Error::NotFound)?;
        if state != RewardState::Approved || !actor.is_officer_of(&unit.region) {
            return Err(Error::NotFound);
        }
    }
    let shares = shares_of(&market.db, row.id).await?;
    let rule = match row.rule_id {
        Some(id) => rule::Entity::find_by_id(id).one(&market.db).await?.map(Rule::of).transpose()?,
        None => None,
    };
    let mut people = person_names(&market.db, [Some(row.person_id), row.approved_by].into_iter().flatten().collect()).await?;
    let approved = match (row.approved_by, row.approved_at) {
        (Some(id), Some(at)) => Some((people.get(&id).cloned().unwrap_or_default(), from_micros(at))),
        _ => None,
    };
    let summary = summaries(&market.db, std::slice::from_ref(&row)).await?.pop().ok_or(Error::NotFound)?;
    Ok(RewardView {
        id: row.id,
        summary,
        floor: Fen::new(row.floor),
        rule,
        people: shares.iter().map(|s| share_of(&row, s)).collect::<Result<_>>()?,
        person: people.remove(&row.person_id).unwrap_or_default(),
        approved,
        moves: moves_of(actor, &row)?,
        editable: own && matches!(state, RewardState::Draft | RewardState::Returned),
        own,
        named: names(actor, &shares),
        version: row.version,
        note: row.note,
        reason: row.reason,
    })
}

fn share_of(row: &table::Model, share: &reward_share::Model) -> Result<RewardShare> {
    let role = RewardRole::from_code(&share.role).ok_or_else(|| Error::internal(format!("role {} in {}", share.role, row.number)))?;
    Ok(RewardShare { name: share.name.clone(), role, share: share.share, amount: Fen::new(share.amount) })
}
