//! Totals of the ledger and the entries they are made of. Everyone may read both.

use std::collections::HashMap;

use keqiao_model::{ContractKind, Field, Figure, parse_date};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Error, Market, Paged, Result,
    contracts::{ContractSummary, summaries_by_id},
    db::from_micros,
    entity::{
        ledger_entry::{Column, Entity, Model},
        listing, organisation,
    },
    listings::state_of,
    paging::fetch,
};

/// How a total is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By year.
    Year,
    /// By region.
    Region,
    /// By year and region.
    YearRegion,
    /// By 技术领域.
    Field,
    /// By 合同类别.
    Kind,
}

impl By {
    fn columns(self) -> &'static [(Column, &'static str)] {
        match self {
            Self::Year => &[(Column::Year, "year")],
            Self::Region => &[(Column::Region, "region")],
            Self::YearRegion => &[(Column::Year, "year"), (Column::Region, "region")],
            Self::Field => &[(Column::Field, "field")],
            Self::Kind => &[(Column::ContractKind, "contract_kind")],
        }
    }
}

/// One part of a total; what it is not split by is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// Year.
    pub year: Option<i64>,
    /// Region, six digits.
    pub region: Option<String>,
    /// 技术领域; `None` also for what has none.
    pub field: Option<Field>,
    /// 合同类别; `None` also for what has none.
    pub kind: Option<ContractKind>,
    /// Fen, or a number of subjects.
    pub amount: i64,
}

/// The total of a figure split by year, region, field or kind, in their order; parts that net out to nothing are left out.
///
/// # Errors
/// [`Error::Internal`].
pub async fn totals(market: &Market, figure: Figure, by: By) -> Result<Vec<Total>> {
    // SUM of a bigint is a numeric on PostgreSQL.
    let sum = Expr::col(Column::Amount).sum();
    let mut query = Entity::find()
        .select_only()
        .column_as(sum.clone().cast_as("bigint"), "amount")
        .filter(Column::Figure.eq(figure.code()))
        .having(sum.ne(0_i64));
    for (column, name) in by.columns() {
        query = query.column_as(*column, *name).group_by(*column).order_by_asc(*column);
    }
    let rows = market.db.query_all(&query.into_query()).await?;
    let has = |name: &str| by.columns().iter().any(|(_, n)| *n == name);
    rows.iter()
        .map(|row| {
            let text = |name: &str| -> Result<Option<String>> { if has(name) { Ok(Some(row.try_get("", name)?)) } else { Ok(None) } };
            Ok(Total {
                year: if has("year") { Some(row.try_get("", "year")?) } else { None },
                region: text("region")?,
                field: text("field")?.and_then(|f| Field::from_code(&f)),
                kind: text("contract_kind")?.and_then(|k| ContractKind::from_code(&k)),
                amount: row.try_get("", "amount")?,
            })
        })
        .collect()
}

/// The total of a figure's entries that a filter lets through: what the lines of [`entries`] add up to.
///
/// # Errors
/// [`Error::Internal`].
pub async fn total(market: &Market, figure: Figure, filter: &LedgerFilter) -> Result<i64> {
    let sum: Option<Option<i64>> = filtered(figure, filter)
        .select_only()
        .column_as(Expr::col(Column::Amount).sum().cast_as("bigint"), "amount")
        .into_tuple()
        .one(&market.db)
        .await?;
    Ok(sum.flatten().unwrap_or(0))
}

/// Which entries of a figure to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerFilter {
    /// Year of the entry's day.
    pub year: Option<i64>,
    /// Region, six digits, exactly.
    pub region: Option<String>,
    /// 技术领域.
    pub field: Option<Field>,
    /// 合同类别.
    pub kind: Option<ContractKind>,
}

/// What an entry counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerSubject {
    /// A contract, by its registration number.
    Contract(String),
    /// An achievement: its number, and its title when it is public.
    Achievement(String, Option<String>),
    /// An enterprise: its id and name.
    Enterprise(Uuid, String),
    /// A certificate of a technology manager; the person stays unnamed.
    Certificate(String),
}

/// One entry with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// Place in the ledger.
    pub seq: i64,
    /// Fen, or a number of subjects; negative when it takes an entry back.
    pub amount: i64,
    /// The day it counts on.
    pub on: Date,
    /// Year of that day.
    pub year: i64,
    /// Region, six digits.
    pub region: String,
    /// 技术领域.
    pub field: Option<Field>,
    /// 合同类别.
    pub kind: Option<ContractKind>,
    /// What it counts.
    pub subject: LedgerSubject,
    /// The contract that is its evidence: its public part, `None` once its registration was cancelled.
    pub contract: Option<ContractSummary>,
    /// Why it takes an entry back: a code of `refusal_code`, empty otherwise.
    pub code: String,
    /// When it was posted.
    pub posted_at: OffsetDateTime,
}

fn filtered(figure: Figure, filter: &LedgerFilter) -> sea_orm::Select<Entity> {
    let mut query = Entity::find().filter(Column::Figure.eq(figure.code()));
    if let Some(year) = filter.year {
        query = query.filter(Column::Year.eq(year));
    }
    if let Some(region) = &filter.region {
        query = query.filter(Column::Region.eq(region.as_str()));
    }
    if let Some(field) = filter.field {
        query = query.filter(Column::Field.eq(field.code()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(Column::ContractKind.eq(kind.code()));
    }
    query
}

/// The entries of a figure with their evidence, latest first. Everyone may read them; they tell no more of a contract than the public register.
///
/// # Errors
/// [`Error::Internal`].
pub async fn entries(market: &Market, figure: Figure, filter: &LedgerFilter, page: u64) -> Result<Paged<LedgerLine>> {
    let (paged, rows) = fetch(&market.db, filtered(figure, filter).order_by_desc(Column::Seq), page).await?.take();
    let contracts = summaries_by_id(&market.db, rows.iter().filter_map(|r| r.contract_id).collect()).await?;
    let mut subjects = subjects(market, figure, &rows).await?;
    let items = rows
        .into_iter()
        .map(|row| {
            Ok(LedgerLine {
                seq: row.seq,
                amount: row.amount,
                on: parse_date(&row.on_date).ok_or_else(|| Error::internal(format!("ledger entry {} on {}", row.seq, row.on_date)))?,
                year: row.year,
                field: Field::from_code(&row.field),
                kind: ContractKind::from_code(&row.contract_kind),
                subject: subjects.remove(&row.seq).unwrap_or(LedgerSubject::Contract(row.subject)),
                contract: row.contract_id.and_then(|id| contracts.get(&id).cloned()),
                // The note of a training names a person.
                code: if row.contract_id.is_some() { row.note } else { String::new() },
                posted_at: from_micros(row.posted_at),
                region: row.region,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(paged.with(items))
}

/// What entries count, by their place.
async fn subjects(market: &Market, figure: Figure, rows: &[Model]) -> Result<HashMap<i64, LedgerSubject>> {
    let named = |of: &dyn Fn(&str) -> Option<LedgerSubject>| rows.iter().filter_map(|r| Some((r.seq, of(&r.subject)?))).collect();
    Ok(match figure {
        Figure::ContractValue | Figure::TechnicalValue | Figure::AbsorbedValue | Figure::TechnicalIncome => HashMap::new(),
        Figure::AchievementsConverted => {
            let ids: Vec<Uuid> = rows.iter().filter_map(|r| r.subject.parse().ok()).collect();
            let found = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(&market.db).await?;
            let mut listings = HashMap::new();
            for row in found {
                let title = state_of(&row)?.is_public().then_some(row.title);
                listings.insert(row.id.to_string(), LedgerSubject::Achievement(row.number, title));
            }
            named(&|subject| listings.get(subject).cloned())
        }
        Figure::EnterprisesServed => {
            let codes = rows.iter().map(|r| r.subject.as_str());
            let found = organisation::Entity::find().filter(organisation::Column::CreditCode.is_in(codes)).all(&market.db).await?;
            let enterprises: HashMap<String, LedgerSubject> =
                found.into_iter().map(|o| (o.credit_code, LedgerSubject::Enterprise(o.id, o.name))).collect();
            named(&|subject| enterprises.get(subject).cloned())
        }
        Figure::BrokersTrained => named(&|subject| Some(LedgerSubject::Certificate(subject.to_owned()))),
    })
}
