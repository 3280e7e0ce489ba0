//! The officers' board: how the market of a region goes, section by section. Each section asks a few questions that an index or the ledger's sums
//! answer, so that it stays quick however much was registered. Nothing is stored for it.
//!
//! - City officers and administrators see the whole city, and may choose a county; a county's officers see their county.
//! - Money is that of the ledger: 输出 where the seller is, 吸纳 where the buyer is, never added (domain rules, section 7).

mod amounts;
mod funnel;
mod overdue;
mod quality;
mod responses;
#[cfg(test)]
mod tests;

use keqiao_model::{ContractKind, Field, Figure};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::SelectStatement};

pub use self::{
    amounts::{Amounts, Money, amounts},
    funnel::{Funnel, Pipeline, Stage, Step, funnel},
    overdue::{Work, WorkKind, overdue},
    quality::{LOOKED_AT, Quality, QualitySide, quality},
    responses::{INTERESTS_MAX, Responses, responses},
};
use crate::{
    Actor, CHINA, Error, Market, Result,
    contracts::start_of_year,
    entity::{contract, ledger_sum, listing, organisation},
    ledger::{self, LedgerFilter, OrganisationTotal, top_organisations},
};

/// Organisations shown of each side.
pub const TOP: u64 = 20;

/// What somebody asks the board for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoardFilter {
    /// Year, this one when none is named.
    pub year: Option<i32>,
    /// A county, all of them when none is named.
    pub region: Option<String>,
    /// 技术领域.
    pub field: Option<Field>,
    /// 合同类别, for what has one.
    pub kind: Option<ContractKind>,
}

/// What the board is about: what was asked for, as far as the actor may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// The year.
    pub year: i32,
    /// Years that can be chosen, latest first.
    pub years: Vec<i32>,
    /// The county, if it is about one.
    pub region: Option<String>,
    /// The codes under which what is of that county may be stored.
    codes: Vec<String>,
    /// Whether the actor answers for this county only.
    pub own_county: bool,
    /// 技术领域.
    pub field: Option<Field>,
    /// 合同类别.
    pub kind: Option<ContractKind>,
}

/// The board for an actor.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone but officers and administrators.
pub async fn board(market: &Market, actor: &Actor, filter: &BoardFilter) -> Result<Board> {
    let person = actor.signed_in()?;
    let city = market.config.city.as_str();
    let county = person.officer.as_deref().filter(|region| *region != city && !person.admin);
    if person.officer.is_none() && !person.admin {
        return Err(Error::NotFound);
    }
    let chosen = filter.region.as_deref().filter(|region| *region != city && market.region(region).is_some());
    let now = market.now().to_offset(CHINA).year();
    let first: Option<Option<i64>> = ledger_sum::Entity::find()
        .select_only()
        .column_as(ColumnTrait::min(&ledger_sum::Column::Year), "year")
        .into_tuple()
        .one(&market.db)
        .await?;
    let first = first.flatten().and_then(|year| i32::try_from(year).ok()).unwrap_or(now).clamp(now - 30, now);
    let mut years: Vec<i32> = (Ord::min(first, now - 1)..=now).rev().collect();
    let year = filter.year.unwrap_or(now);
    if !years.contains(&year) {
        years.push(year);
        years.sort_unstable_by(|a, b| b.cmp(a));
    }
    let region = county.or(chosen).map(|code| market.current(code).to_owned());
    Ok(Board {
        year,
        years,
        codes: region.as_deref().map(|code| market.codes_of(code)).unwrap_or_default(),
        region,
        own_county: county.is_some(),
        field: filter.field,
        kind: filter.kind,
    })
}

impl Board {
    /// First moment of the year and of the next one, microseconds.
    fn period(&self) -> (i64, i64) {
        (start_of_year(self.year), start_of_year(self.year.saturating_add(1)))
    }

    /// Whether a moment lies within the year.
    fn within(&self, column: impl ColumnTrait) -> Condition {
        let (from, to) = self.period();
        Condition::all().add(column.gte(from)).add(column.lt(to))
    }

    /// Whether something is of the region, by a column of its own.
    fn in_region(&self, column: impl ColumnTrait) -> Condition {
        let codes = self.codes.iter().map(String::as_str);
        Condition::all().add_option(self.region.is_some().then(|| column.is_in(codes)))
    }

    /// Whether a contract is of the region, the field and the kind.
    fn of_contract(&self) -> Condition {
        use contract::Column as C;
        self.in_region(C::Region)
            .add_option(self.field.map(|field| C::Field.eq(field.code())))
            .add_option(self.kind.map(|kind| C::Kind.eq(kind.code())))
    }

    /// Listings of the region and the field, by a column of theirs.
    fn listings(&self, column: listing::Column) -> SelectStatement {
        listing::Entity::find().select_only().column(column).filter(self.of_listing()).into_query()
    }

    /// Whether a listing is of the region and the field.
    fn of_listing(&self) -> Condition {
        self.in_region(listing::Column::Region).add_option(self.field.map(|field| listing::Column::Field.eq(field.code())))
    }

    /// Whether something of a listing is of the region and the field; no question at all when neither was chosen.
    fn about_listing(&self, column: impl ColumnTrait) -> Condition {
        let narrowed = self.region.is_some() || self.field.is_some();
        Condition::all().add_option(narrowed.then(|| column.in_subquery(self.listings(listing::Column::Id))))
    }

    /// Whether something of an organisation is of the region.
    fn about_organisation(&self, column: impl ColumnTrait) -> Condition {
        Condition::all().add_option(self.region.is_some().then(|| {
            let within = organisation::Entity::find().select_only().column(organisation::Column::Id);
            column.in_subquery(within.filter(self.in_region(organisation::Column::Region)).into_query())
        }))
    }

    /// The same, as the ledger is asked.
    fn ledger(&self) -> LedgerFilter {
        LedgerFilter { year: Some(i64::from(self.year)), region: self.region.clone(), field: self.field, kind: self.kind }
    }
}

/// The organisations with the most money of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top {
    /// Sellers by 成交额 (输出).
    pub sellers: Vec<OrganisationTotal>,
    /// What all sellers come to.
    pub sold: i64,
    /// Buyers by 吸纳.
    pub buyers: Vec<OrganisationTotal>,
    /// What all buyers come to.
    pub bought: i64,
}

/// Sellers and buyers with the most 成交额 in the year, at most [`TOP`] of each.
///
/// # Errors
/// [`Error::Internal`].
pub async fn top(market: &Market, board: &Board) -> Result<Top> {
    let filter = board.ledger();
    Ok(Top {
        sellers: top_organisations(market, Figure::ContractValue, &filter, TOP).await?,
        sold: ledger::total(market, Figure::ContractValue, &filter).await?,
        buyers: top_organisations(market, Figure::AbsorbedValue, &filter, TOP).await?,
        bought: ledger::total(market, Figure::AbsorbedValue, &filter).await?,
    })
}

/// A count as it comes from a database.
fn counted(n: Option<i64>) -> u64 {
    u64::try_from(n.unwrap_or(0)).unwrap_or(0)
}
