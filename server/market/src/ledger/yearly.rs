//! Totals by figure, year, region and field, kept in memory until something is posted: every page of targets begins with them, and in a
//! large city the sums have a hundred thousand rows.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use keqiao_model::{Field, Figure};
use sea_orm::{EntityTrait, ExprTrait, QueryOrder, QuerySelect, sea_query::Expr};

use crate::{
    Error, Market, Result,
    entity::{
        ledger_entry,
        ledger_sum::{Column, Entity},
    },
};

/// How long totals are kept at most: another process may have added the sums up again.
const KEPT: Duration = Duration::from_secs(60);

/// One total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Yearly {
    pub(crate) figure: Figure,
    pub(crate) year: i64,
    /// As it was posted.
    pub(crate) region: String,
    pub(crate) field: Option<Field>,
    pub(crate) amount: i64,
}

/// What was read last.
struct Read {
    /// The last entry there was before.
    last: i64,
    at: Instant,
    totals: Arc<Vec<Yearly>>,
}

/// Where totals are kept.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<Read>>);

impl Kept {
    /// Forgets what was read.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn of(&self, last: i64) -> Option<Arc<Vec<Yearly>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|read| read.last == last && read.at.elapsed() < KEPT).map(|read| read.totals.clone())
    }

    fn keep(&self, last: i64, totals: Arc<Vec<Yearly>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Read { last, at: Instant::now(), totals });
    }
}

/// Every total. Sums change with entries only, so what was read holds as long as the last entry is the same.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) async fn yearly(market: &Market) -> Result<Arc<Vec<Yearly>>> {
    let last: Option<i64> = ledger_entry::Entity::find()
        .select_only()
        .column(ledger_entry::Column::Seq)
        .order_by_desc(ledger_entry::Column::Seq)
        .limit(1)
        .into_tuple()
        .one(&market.db)
        .await?;
    let last = last.unwrap_or(0);
    if let Some(totals) = market.yearly.of(last) {
        return Ok(totals);
    }
    let rows: Vec<(String, i64, String, String, i64)> = Entity::find()
        .select_only()
        .columns([Column::Figure, Column::Year, Column::Region, Column::Field])
        .column_as(Expr::col(Column::Amount).sum().cast_as("bigint"), "amount")
        .group_by(Column::Figure)
        .group_by(Column::Year)
        .group_by(Column::Region)
        .group_by(Column::Field)
        .into_tuple()
        .all(&market.db)
        .await?;
    let totals = rows
        .into_iter()
        .map(|(figure, year, region, field, amount)| {
            let figure = Figure::from_code(&figure).ok_or_else(|| Error::internal(format!("ledger figure {figure}")))?;
            Ok(Yearly { figure, year, region, field: Field::from_code(&field), amount })
        })
        .collect::<Result<Vec<_>>>()?;
    let totals = Arc::new(totals);
    market.yearly.keep(last, totals.clone());
    Ok(totals)
}
