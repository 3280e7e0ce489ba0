//! Totals of the ledger and the entries they are made of. Everyone may read both. Totals are read from the sums by month, never by going
//! through entries; what was posted under a former code of a region counts for what became of it.

use std::collections::{BTreeMap, HashMap};

use keqiao_model::{ContractKind, Field, Figure, parse_date};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr,
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Error, Market, PER_PAGE, Paged, Result,
    contracts::{ContractSummary, summaries_by_id},
    db::from_micros,
    entity::{
        ledger_entry::{Column, Entity, Model},
        ledger_sum::{self, Column as SumColumn},
        listing, organisation,
    },
    listings::state_of,
};

/// Most entries of one file.
pub const EXPORT_MAX: u64 = 50_000;
/// Entries of a file read at once.
const EXPORT_STEP: u64 = 500;

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
    /// By year and month.
    Month,
}

impl By {
    fn columns(self) -> &'static [(SumColumn, &'static str)] {
        match self {
            Self::Year => &[(SumColumn::Year, "year")],
            Self::Region => &[(SumColumn::Region, "region")],
            Self::YearRegion => &[(SumColumn::Year, "year"), (SumColumn::Region, "region")],
            Self::Field => &[(SumColumn::Field, "field")],
            Self::Kind => &[(SumColumn::ContractKind, "contract_kind")],
            Self::Month => &[(SumColumn::Year, "year"), (SumColumn::Month, "month")],
        }
    }
}

/// One part of a total; what it is not split by is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// Year.
    pub year: Option<i64>,
    /// Month, 1 to 12.
    pub month: Option<i64>,
    /// Region, six digits, as it is called today.
    pub region: Option<String>,
    /// 技术领域; `None` also for what has none.
    pub field: Option<Field>,
    /// 合同类别; `None` also for what has none.
    pub kind: Option<ContractKind>,
    /// Fen, or a number of subjects.
    pub amount: i64,
}

/// The total of a figure split by year, region, field, kind or month, in their order; parts that net out to nothing are left out.
///
/// # Errors
/// [`Error::Internal`].
pub async fn totals(market: &Market, figure: Figure, by: By) -> Result<Vec<Total>> {
    totals_within(market, figure, by, &LedgerFilter::default()).await
}

/// As [`totals`], of what a filter lets through.
///
/// # Errors
/// [`Error::Internal`].
pub async fn totals_within(market: &Market, figure: Figure, by: By, filter: &LedgerFilter) -> Result<Vec<Total>> {
    // SUM of a bigint is a numeric on PostgreSQL.
    let mut query = ledger_sum::Entity::find()
        .select_only()
        .column_as(Expr::col(SumColumn::Amount).sum().cast_as("bigint"), "amount")
        .filter(SumColumn::Figure.eq(figure.code()))
        .filter(sums_within(market, filter));
    for (column, name) in by.columns() {
        query = query.column_as(*column, *name).group_by(*column);
    }
    let rows = market.db.query_all(&query.into_query()).await?;
    let has = |name: &str| by.columns().iter().any(|(_, n)| *n == name);
    let mut parts: BTreeMap<(i64, i64, String), i64> = BTreeMap::new();
    for row in &rows {
        let number = |name: &str| -> Result<i64> { if has(name) { Ok(row.try_get("", name)?) } else { Ok(0) } };
        let text = |name: &str| -> Result<String> { if has(name) { Ok(row.try_get("", name)?) } else { Ok(String::new()) } };
        let region = text("region")?;
        let word = [market.current(&region).to_owned(), text("field")?, text("contract_kind")?].concat();
        let amount: i64 = row.try_get("", "amount")?;
        let part = parts.entry((number("year")?, number("month")?, word)).or_default();
        *part = part.saturating_add(amount);
    }
    let parts = parts.into_iter().filter(|(_, amount)| *amount != 0);
    Ok(parts
        .map(|((year, month, word), amount)| Total {
            year: has("year").then_some(year),
            month: has("month").then_some(month),
            field: if has("field") { Field::from_code(&word) } else { None },
            kind: if has("contract_kind") { ContractKind::from_code(&word) } else { None },
            region: has("region").then_some(word),
            amount,
        })
        .collect())
}

/// The total of a figure's entries that a filter lets through: what the lines of [`entries`] add up to.
///
/// # Errors
/// [`Error::Internal`].
pub async fn total(market: &Market, figure: Figure, filter: &LedgerFilter) -> Result<i64> {
    let sum: Option<Option<i64>> = ledger_sum::Entity::find()
        .filter(SumColumn::Figure.eq(figure.code()))
        .filter(sums_within(market, filter))
        .select_only()
        .column_as(Expr::col(SumColumn::Amount).sum().cast_as("bigint"), "amount")
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
    /// Region, six digits, with its former codes; or the code of a department, for the entries of its fields.
    pub region: Option<String>,
    /// 技术领域.
    pub field: Option<Field>,
    /// 合同类别.
    pub kind: Option<ContractKind>,
}

/// A filter as conditions on a table with these columns for year, region, field and kind.
fn within<C: ColumnTrait>(market: &Market, filter: &LedgerFilter, [year, region, field, kind]: [C; 4]) -> Condition {
    let department = filter.region.as_deref().and_then(|code| market.department(code));
    let place = filter.region.as_deref().filter(|_| department.is_none());
    Condition::all()
        .add_option(filter.year.map(|value| year.eq(value)))
        .add_option(place.map(|code| region.is_in(market.codes_of(code))))
        .add_option(department.map(|d| field.is_in(d.fields.iter().map(|f| f.code()))))
        .add_option(filter.field.map(|value| field.eq(value.code())))
        .add_option(filter.kind.map(|value| kind.eq(value.code())))
}

fn sums_within(market: &Market, filter: &LedgerFilter) -> Condition {
    within(market, filter, [SumColumn::Year, SumColumn::Region, SumColumn::Field, SumColumn::ContractKind])
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
    /// Money received under the contract that is the evidence.
    Receipt,
}

/// One entry with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// Of which figure.
    pub figure: Figure,
    /// Place in the ledger.
    pub seq: i64,
    /// Fen, or a number of subjects; negative when it takes an entry back.
    pub amount: i64,
    /// The day it counts on.
    pub on: Date,
    /// Year of that day.
    pub year: i64,
    /// Region, six digits, as it is called today; the entry keeps the code it was posted with.
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

fn filtered(market: &Market, figure: Figure, filter: &LedgerFilter) -> sea_orm::Select<Entity> {
    let columns = [Column::Year, Column::Region, Column::Field, Column::ContractKind];
    Entity::find().filter(Column::Figure.eq(figure.code())).filter(within(market, filter, columns)).order_by_desc(Column::Seq)
}

/// The entries of a figure with their evidence, latest first. Everyone may read them; they tell no more of a contract than the public
/// register.
///
/// # Errors
/// [`Error::Internal`].
pub async fn entries(market: &Market, figure: Figure, filter: &LedgerFilter, page: u64) -> Result<Paged<LedgerLine>> {
    let count = count(market, figure, filter).await?;
    let page = crate::paging::within(page, count);
    // Places first: they are found in an index, however far down the list.
    let places: Vec<i64> = filtered(market, figure, filter)
        .select_only()
        .column(Column::Seq)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE)
        .into_tuple()
        .all(&market.db)
        .await?;
    let rows = Entity::find().filter(Column::Seq.is_in(places)).order_by_desc(Column::Seq).all(&market.db).await?;
    Ok(Paged { items: lines(market, figure, rows).await?, total: count, page, per_page: PER_PAGE })
}

/// How many entries a filter lets through, by the sums.
async fn count(market: &Market, figure: Figure, filter: &LedgerFilter) -> Result<u64> {
    let sum: Option<Option<i64>> = ledger_sum::Entity::find()
        .filter(SumColumn::Figure.eq(figure.code()))
        .filter(sums_within(market, filter))
        .select_only()
        .column_as(Expr::col(SumColumn::Entries).sum().cast_as("bigint"), "entries")
        .into_tuple()
        .one(&market.db)
        .await?;
    Ok(u64::try_from(sum.flatten().unwrap_or(0)).unwrap_or(0))
}

/// The same entries for a file, at most [`EXPORT_MAX`].
///
/// # Errors
/// [`Error::Internal`].
pub async fn export(market: &Market, figure: Figure, filter: &LedgerFilter) -> Result<Vec<LedgerLine>> {
    let (mut all, mut before) = (Vec::new(), i64::MAX);
    // Contracts are looked up by id, and a database takes only so many at once.
    for _ in 0..EXPORT_MAX / EXPORT_STEP {
        let rows = filtered(market, figure, filter).filter(Column::Seq.lt(before)).limit(EXPORT_STEP).all(&market.db).await?;
        let Some(last) = rows.last() else { break };
        before = last.seq;
        all.extend(lines(market, figure, rows).await?);
    }
    Ok(all)
}

/// Entries with their evidence.
pub(super) async fn lines(market: &Market, figure: Figure, rows: Vec<Model>) -> Result<Vec<LedgerLine>> {
    let contracts = summaries_by_id(&market.db, rows.iter().filter_map(|r| r.contract_id).collect()).await?;
    let mut subjects = subjects(market, figure, &rows).await?;
    rows.into_iter()
        .map(|row| {
            Ok(LedgerLine {
                figure,
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
                region: market.current(&row.region).to_owned(),
            })
        })
        .collect()
}

/// What entries count, by their place.
async fn subjects(market: &Market, figure: Figure, rows: &[Model]) -> Result<HashMap<i64, LedgerSubject>> {
    let named = |of: &dyn Fn(&str) -> Option<LedgerSubject>| rows.iter().filter_map(|r| Some((r.seq, of(&r.subject)?))).collect();
    Ok(match figure {
        Figure::ContractValue | Figure::TechnicalValue | Figure::AbsorbedValue => HashMap::new(),
        Figure::TechnicalIncome => named(&|_| Some(LedgerSubject::Receipt)),
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
