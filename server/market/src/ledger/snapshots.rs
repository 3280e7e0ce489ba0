//! Closed months: what the ledger said when each month had ended in China. A snapshot keeps the place and the hash of the last entry posted
//! by then, and the totals of every entry up to it on days up to the month's end. What is posted later on such a day corrects it and is
//! shown against it.

use std::collections::{BTreeMap, HashMap};

use keqiao_model::Figure;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::Expr,
};
use time::{Date, Month, OffsetDateTime, Time};

use super::{LOCK, LedgerLine, views::lines, yearly};
use crate::{
    Actor, CHINA, Error, Market, PER_PAGE, Paged, Result,
    db::{from_micros, micros},
    entity::{
        ledger_entry::{Column, Entity, Model},
        ledger_snapshot, ledger_snapshot_line,
        ledger_sum::{self, Column as SumColumn},
    },
    paging,
};

/// Rows written at once.
const STEP: usize = 500;
/// Most correcting entries of one file.
pub const CLOSED_EXPORT_MAX: u64 = 50_000;

/// Totals by figure, year and region, as stored.
pub(super) type Sums = BTreeMap<(String, i64, String), i64>;

/// A month of the calendar, in China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Calendar {
    year: i32,
    month: Month,
}

impl Calendar {
    fn of(at: OffsetDateTime) -> Self {
        let at = at.to_offset(CHINA);
        Self { year: at.year(), month: at.month() }
    }

    fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        if year.len() != 4 || month.len() != 2 {
            return None;
        }
        Some(Self { year: year.parse().ok()?, month: Month::try_from(month.parse::<u8>().ok()?).ok()? })
    }

    fn code(self) -> String {
        format!("{:04}-{:02}", self.year, u8::from(self.month))
    }

    fn next(self) -> Self {
        Self { year: if self.month == Month::December { self.year + 1 } else { self.year }, month: self.month.next() }
    }

    fn before(self) -> Self {
        Self { year: if self.month == Month::January { self.year - 1 } else { self.year }, month: self.month.previous() }
    }

    /// The first moment after it, in microseconds.
    fn end(self) -> Result<i64> {
        let next = self.next();
        let day = Date::from_calendar_date(next.year, next.month, 1).map_err(Error::internal)?;
        Ok(micros(day.with_time(Time::MIDNIGHT).assume_offset(CHINA)))
    }

    /// The last day that any day of it could have, as ISO text: days compare as text.
    fn last_day(self) -> String {
        format!("{}-31", self.code())
    }
}

/// Closes every month that has ended since the last one that was closed; answers how many. A month is closed as of its end, whenever that
/// is done, once, whichever node does it.
///
/// # Errors
/// [`Error::Internal`]; the next call goes on.
pub async fn snapshot_step(market: &Market) -> Result<usize> {
    let ended = Calendar::of(market.now()).before();
    let mut closed = 0;
    loop {
        let last = ledger_snapshot::Entity::find().order_by_desc(ledger_snapshot::Column::Month).one(&market.db).await?;
        let month = match last {
            Some(last) => Calendar::parse(&last.month).ok_or_else(|| Error::internal(format!("snapshot {}", last.month)))?.next(),
            None => match Entity::find().order_by_asc(Column::Seq).one(&market.db).await? {
                Some(first) => Calendar::of(from_micros(first.posted_at)),
                None => return Ok(closed),
            },
        };
        if month > ended {
            return Ok(closed);
        }
        closed += usize::from(close(market, month).await?);
    }
}

/// Closes one month; `false` when somebody else was faster.
async fn close(market: &Market, month: Calendar) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    // Whoever posts now waits, so that nothing slips in below the last entry that counts.
    tx.hold(LOCK).await?;
    if ledger_snapshot::Entity::find_by_id(month.code()).one(&*tx).await?.is_some() {
        return Ok(false);
    }
    let last = Entity::find().filter(Column::PostedAt.lt(month.end()?)).order_by_desc(Column::Seq).one(&*tx).await?;
    let (seq, head) = last.map(|e| (e.seq, e.hash)).unwrap_or_default();
    let before = ledger_snapshot::Entity::find_by_id(month.before().code()).one(&*tx).await?;
    let (from, mut sums) = match before {
        Some(before) => (Some(Until::of(&before)?), lines_of(&*tx, &before.month).await?),
        None => (None, Sums::new()),
    };
    let until = Until { seq, day: month.last_day() };
    add_entries(&*tx, &mut sums, from.as_ref(), &until).await?;
    ledger_snapshot::ActiveModel { month: Set(month.code()), head: Set(head), seq: Set(seq), frozen_at: Set(tx.now) }.insert(&*tx).await?;
    let rows: Vec<ledger_snapshot_line::ActiveModel> = sums
        .into_iter()
        .filter(|(_, amount)| *amount != 0)
        .map(|((figure, year, region), amount)| ledger_snapshot_line::ActiveModel {
            month: Set(month.code()),
            figure: Set(figure),
            year: Set(year),
            region: Set(region),
            amount: Set(amount),
        })
        .collect();
    for chunk in rows.chunks(STEP) {
        ledger_snapshot_line::Entity::insert_many(chunk.to_vec()).exec_without_returning(&*tx).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The totals that a snapshot keeps.
pub(super) async fn lines_of<C: ConnectionTrait>(db: &C, month: &str) -> Result<Sums> {
    let rows = ledger_snapshot_line::Entity::find().filter(ledger_snapshot_line::Column::Month.eq(month)).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.figure, row.year, row.region), row.amount)).collect())
}

/// What a snapshot counts: entries up to a place, on days up to another.
pub(super) struct Until {
    seq: i64,
    day: String,
}

impl Until {
    pub(super) fn of(row: &ledger_snapshot::Model) -> Result<Self> {
        let month = Calendar::parse(&row.month).ok_or_else(|| Error::internal(format!("snapshot {}", row.month)))?;
        Ok(Self { seq: row.seq, day: month.last_day() })
    }
}

/// Adds what a snapshot counts beyond the one before it to that one's totals.
pub(super) async fn add_entries<C: ConnectionTrait>(db: &C, sums: &mut Sums, before: Option<&Until>, until: &Until) -> Result<()> {
    let newer = Entity::find().filter(Column::Seq.gt(before.map_or(0, |b| b.seq))).filter(Column::Seq.lte(until.seq));
    let mut parts = vec![newer.filter(Column::OnDate.lte(until.day.as_str()))];
    if let Some(before) = before {
        // Entries are posted as time goes by; whatever was written with the clock set back is found by its day.
        let figures = Figure::ALL.iter().map(|figure| figure.code());
        let known = Entity::find().filter(Column::Figure.is_in(figures)).filter(Column::OnDate.gt(before.day.as_str()));
        parts.push(known.filter(Column::OnDate.lte(until.day.as_str())).filter(Column::Seq.lte(before.seq)));
    }
    for part in parts {
        let rows: Vec<(String, i64, String, i64)> = part
            .select_only()
            .columns([Column::Figure, Column::Year, Column::Region])
            .column_as(Expr::col(Column::Amount).sum().cast_as("bigint"), "amount")
            .group_by(Column::Figure)
            .group_by(Column::Year)
            .group_by(Column::Region)
            .into_tuple()
            .all(db)
            .await?;
        for (figure, year, region, amount) in rows {
            let sum = sums.entry((figure, year, region)).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    Ok(())
}

/// A closed month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedMonth {
    /// `YYYY-MM`.
    pub month: String,
    /// Place of the last entry posted by its end; 0 when there was none.
    pub seq: i64,
    /// Hash of that entry.
    pub head: String,
    /// When it was closed.
    pub frozen_at: OffsetDateTime,
}

impl ClosedMonth {
    fn of(row: ledger_snapshot::Model) -> Self {
        Self { month: row.month, seq: row.seq, head: row.head, frozen_at: from_micros(row.frozen_at) }
    }
}

/// One total of a closed month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLine {
    /// Of which figure.
    pub figure: Figure,
    /// Year.
    pub year: i64,
    /// Region as it is called today.
    pub region: String,
    /// What the ledger said when the month was closed.
    pub then: i64,
    /// What it says now of the same days.
    pub now: i64,
}

/// A closed month with its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Which.
    pub month: ClosedMonth,
    /// Its totals by figure, year and region.
    pub lines: Vec<ClosedLine>,
}

/// The closed months, latest first, each with 技术合同成交额 as it was then.
///
/// # Errors
/// [`Error::Internal`].
pub async fn snapshots(market: &Market, page: u64) -> Result<Paged<(ClosedMonth, i64)>> {
    let query = ledger_snapshot::Entity::find().order_by_desc(ledger_snapshot::Column::Month);
    let (paged, rows) = paging::fetch(&market.db, query, page).await?.take();
    let sums: Vec<(String, i64)> = ledger_snapshot_line::Entity::find()
        .select_only()
        .column(ledger_snapshot_line::Column::Month)
        .column_as(Expr::col(ledger_snapshot_line::Column::Amount).sum().cast_as("bigint"), "amount")
        .filter(ledger_snapshot_line::Column::Figure.eq(Figure::ContractValue.code()))
        .filter(ledger_snapshot_line::Column::Month.is_in(rows.iter().map(|r| r.month.as_str())))
        .group_by(ledger_snapshot_line::Column::Month)
        .into_tuple()
        .all(&market.db)
        .await?;
    let sums: HashMap<String, i64> = sums.into_iter().collect();
    let items = rows.into_iter().map(|row| (sums.get(&row.month).copied().unwrap_or(0), ClosedMonth::of(row)));
    Ok(paged.with(items.map(|(value, month)| (month, value)).collect()))
}

/// What the sums say of all days up to the end of a month.
async fn sums_until(market: &Market, month: Calendar) -> Result<Sums> {
    let (year, number) = (i64::from(month.year), i64::from(u8::from(month.month)));
    let rows: Vec<(String, i64, String, i64)> = ledger_sum::Entity::find()
        .select_only()
        .columns([SumColumn::Figure, SumColumn::Year, SumColumn::Region])
        .column_as(Expr::col(SumColumn::Amount).sum().cast_as("bigint"), "amount")
        .filter(SumColumn::Year.eq(year))
        .filter(SumColumn::Month.lte(number))
        .group_by(SumColumn::Figure)
        .group_by(SumColumn::Year)
        .group_by(SumColumn::Region)
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut sums: Sums = rows.into_iter().map(|(figure, year, region, amount)| ((figure, year, region), amount)).collect();
    for total in yearly(market).await?.iter().filter(|total| total.year < year) {
        let sum = sums.entry((total.figure.code().to_owned(), total.year, total.region.clone())).or_default();
        *sum = sum.saturating_add(total.amount);
    }
    Ok(sums)
}

async fn found(market: &Market, month: &str) -> Result<(Calendar, ledger_snapshot::Model)> {
    let calendar = Calendar::parse(month).ok_or(Error::NotFound)?;
    let row = ledger_snapshot::Entity::find_by_id(month.to_owned()).one(&market.db).await?.ok_or(Error::NotFound)?;
    Ok((calendar, row))
}

/// A closed month: what the ledger said then and what it says now.
///
/// # Errors
/// [`Error::NotFound`] for a month that was not closed.
pub async fn snapshot(market: &Market, month: &str) -> Result<Closed> {
    let (calendar, row) = found(market, month).await?;
    let mut both: BTreeMap<(Figure, i64, String), (i64, i64)> = BTreeMap::new();
    let mut add = |sums: Sums, now: bool| -> Result<()> {
        for ((figure, year, region), amount) in sums {
            let figure = Figure::from_code(&figure).ok_or_else(|| Error::internal(format!("ledger figure {figure}")))?;
            let line = both.entry((figure, year, market.current(&region).to_owned())).or_default();
            let side = if now { &mut line.1 } else { &mut line.0 };
            *side = side.saturating_add(amount);
        }
        Ok(())
    };
    add(lines_of(&market.db, month).await?, false)?;
    add(sums_until(market, calendar).await?, true)?;
    let lines = both.into_iter().filter(|(_, (then, now))| *then != 0 || *now != 0);
    let lines = lines.map(|((figure, year, region), (then, now))| ClosedLine { figure, year, region, then, now }).collect();
    Ok(Closed { month: ClosedMonth::of(row), lines })
}

/// What was posted after a month was closed, on one of its days or before.
fn later(calendar: Calendar, seq: i64) -> Select<Entity> {
    Entity::find()
        .filter(Column::Late.eq(true))
        .filter(Column::Seq.gt(seq))
        .filter(Column::OnDate.lte(calendar.last_day()))
        .order_by_desc(Column::Seq)
}

/// Entries of several figures with their evidence, latest first.
async fn lines_of_all(market: &Market, rows: Vec<Model>) -> Result<Vec<LedgerLine>> {
    let mut by_figure: BTreeMap<Figure, Vec<Model>> = BTreeMap::new();
    for row in rows {
        let figure = Figure::from_code(&row.figure).ok_or_else(|| Error::internal(format!("ledger figure {}", row.figure)))?;
        by_figure.entry(figure).or_default().push(row);
    }
    let mut all = Vec::new();
    for (figure, rows) in by_figure {
        all.extend(lines(market, figure, rows).await?);
    }
    all.sort_by_key(|line| std::cmp::Reverse(line.seq));
    Ok(all)
}

/// The entries that correct a closed month, latest first.
///
/// # Errors
/// [`Error::NotFound`] for a month that was not closed.
pub async fn corrections(market: &Market, month: &str, page: u64) -> Result<Paged<LedgerLine>> {
    let (calendar, row) = found(market, month).await?;
    let total = later(calendar, row.seq).count(&market.db).await?;
    let page = paging::within(page, total);
    let rows = later(calendar, row.seq).offset((page - 1) * PER_PAGE).limit(PER_PAGE).all(&market.db).await?;
    Ok(Paged { items: lines_of_all(market, rows).await?, total, page, per_page: PER_PAGE })
}

/// The same entries for a file, at most [`CLOSED_EXPORT_MAX`].
///
/// # Errors
/// As [`corrections`].
pub async fn corrections_export(market: &Market, month: &str) -> Result<Vec<LedgerLine>> {
    let (calendar, row) = found(market, month).await?;
    let rows = later(calendar, row.seq).limit(CLOSED_EXPORT_MAX).all(&market.db).await?;
    let mut all = Vec::new();
    let mut rows = rows.into_iter().peekable();
    // Contracts are looked up by id, and a database takes only so many at once.
    while rows.peek().is_some() {
        all.extend(lines_of_all(market, rows.by_ref().take(STEP).collect()).await?);
    }
    Ok(all)
}

/// What changed of the last closed month since it was closed, by figure, year and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrections {
    /// The month.
    pub month: String,
    /// Differences that are not 0.
    pub lines: Vec<ClosedLine>,
}

/// What changed since the last month was closed; `None` while none was.
///
/// # Errors
/// [`Error::Internal`].
pub async fn corrections_since_last(market: &Market) -> Result<Option<Corrections>> {
    let last = ledger_snapshot::Entity::find().order_by_desc(ledger_snapshot::Column::Month).one(&market.db).await?;
    let Some(last) = last else { return Ok(None) };
    let mut closed = snapshot(market, &last.month).await?;
    closed.lines.retain(|line| line.then != line.now);
    Ok(Some(Corrections { month: last.month, lines: closed.lines }))
}
