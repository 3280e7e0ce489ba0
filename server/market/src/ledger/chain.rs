//! How entries are written: each carries a hash of itself and of the one before, so that none can be changed, dropped or slipped in unseen;
//! and each is added to the sums that pages read, in the same transaction.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::organisations;
use crate::{
    Actor, CHINA, Error, Market, Result,
    db::{Tx, from_micros},
    entity::{
        ledger_entry::{ActiveModel, Column, Entity, Model},
        ledger_snapshot, ledger_sum,
    },
};

/// Entries read at once.
const STEP: u64 = 5_000;

/// The month of an ISO day, 1 to 12.
pub(super) fn month_of(on_date: &str) -> Result<i64> {
    on_date.get(5..7).and_then(|m| m.parse().ok()).ok_or_else(|| Error::internal(format!("ledger day {on_date}")))
}

/// The hash of an entry after another: SHA-256 over the hash before and everything the entry says, in hex.
pub fn entry_hash(before: &str, entry: &Model) -> String {
    let said = json!([
        before,
        entry.figure,
        entry.subject,
        entry.evidence,
        entry.region,
        entry.field,
        entry.contract_kind,
        entry.on_date,
        entry.note,
        entry.contract_id,
        entry.organisation_id,
        entry.amount,
        entry.year,
        entry.posted_at
    ]);
    Sha256::digest(said.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether an entry on a day comes after the end of its month, or after that month was closed: only such entries can correct a closed
/// month, and they are few.
async fn is_late(tx: &Tx, on_date: &str) -> Result<bool> {
    let posted = from_micros(tx.now).to_offset(CHINA);
    let month = on_date.get(..7).unwrap_or_default();
    if *month < *format!("{:04}-{:02}", posted.year(), u8::from(posted.month())) {
        return Ok(true);
    }
    Ok(ledger_snapshot::Entity::find().filter(ledger_snapshot::Column::Month.gte(month)).one(&**tx).await?.is_some())
}

/// Writes an entry at the end of the chain and into the sums. Whoever calls holds the ledger.
pub(super) async fn append(tx: &Tx, mut entry: ActiveModel) -> Result<()> {
    let before = Entity::find().order_by_desc(Column::Seq).one(&**tx).await?.map(|e| e.hash).unwrap_or_default();
    entry.hash = Set(String::new());
    entry.late = Set(is_late(tx, entry.on_date.try_as_ref().map_or("", String::as_str)).await?);
    let row = entry.insert(&**tx).await?;
    let hash = entry_hash(&before, &row);
    Entity::update_many().col_expr(Column::Hash, Expr::value(hash)).filter(Column::Seq.eq(row.seq)).exec(&**tx).await?;
    let column = |c: ledger_sum::Column| Expr::col((ledger_sum::Entity, c));
    let sum = ledger_sum::ActiveModel {
        figure: Set(row.figure.clone()),
        year: Set(row.year),
        month: Set(month_of(&row.on_date)?),
        region: Set(row.region.clone()),
        field: Set(row.field.clone()),
        contract_kind: Set(row.contract_kind.clone()),
        amount: Set(row.amount),
        entries: Set(1),
    };
    let key = [
        ledger_sum::Column::Figure,
        ledger_sum::Column::Year,
        ledger_sum::Column::Month,
        ledger_sum::Column::Region,
        ledger_sum::Column::Field,
        ledger_sum::Column::ContractKind,
    ];
    ledger_sum::Entity::insert(sum)
        .on_conflict(
            OnConflict::columns(key)
                .value(ledger_sum::Column::Amount, column(ledger_sum::Column::Amount).add(row.amount))
                .value(ledger_sum::Column::Entries, column(ledger_sum::Column::Entries).add(1_i64))
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    organisations::add(tx, &row).await
}

/// The first entry whose hash is not that of what it says after the one before it; `None` when the chain holds. Entries from before there
/// was a chain carry no hash and may only stand at its beginning.
///
/// # Errors
/// [`Error::Internal`].
pub async fn verify_chain(market: &Market) -> Result<Option<i64>> {
    let (mut last, mut before, mut chained) = (0_i64, String::new(), false);
    loop {
        let rows = Entity::find().filter(Column::Seq.gt(last)).order_by_asc(Column::Seq).limit(STEP).all(&market.db).await?;
        let Some(end) = rows.last() else { return Ok(None) };
        last = end.seq;
        for row in &rows {
            if row.hash.is_empty() && !chained {
                continue;
            }
            chained = true;
            if row.hash != entry_hash(&before, row) {
                return Ok(Some(row.seq));
            }
            before.clone_from(&row.hash);
        }
    }
}

/// The sums as the entries give them.
fn sums() -> sea_orm::Select<Entity> {
    let month = Expr::cust("CAST(SUBSTR(on_date, 6, 2) AS BIGINT)");
    Entity::find()
        .select_only()
        .columns([Column::Figure, Column::Year])
        .column_as(month.clone(), "month")
        .columns([Column::Region, Column::Field, Column::ContractKind])
        .column_as(Expr::col(Column::Amount).sum().cast_as("bigint"), "amount")
        .column_as(Expr::col(Column::Seq).count().cast_as("bigint"), "entries")
        .group_by(Column::Figure)
        .group_by(Column::Year)
        .group_by(month)
        .group_by(Column::Region)
        .group_by(Column::Field)
        .group_by(Column::ContractKind)
}

/// One sum: figure, year, month, region, field, kind, amount, number of entries.
pub(super) type Sum = (String, i64, i64, String, String, String, i64, i64);

/// What the entries add up to, and what the sums say, where these differ.
pub(super) async fn wrong_sums<C: ConnectionTrait>(db: &C) -> Result<Vec<(Option<Sum>, Option<Sum>)>> {
    let key = |s: &Sum| (s.0.clone(), s.1, s.2, s.3.clone(), s.4.clone(), s.5.clone());
    let right: Vec<Sum> = sums().into_tuple().all(db).await?;
    let mut right: std::collections::BTreeMap<_, Sum> = right.into_iter().map(|s| (key(&s), s)).collect();
    let mut wrong = Vec::new();
    for row in ledger_sum::Entity::find().all(db).await? {
        let said = (row.figure, row.year, row.month, row.region, row.field, row.contract_kind, row.amount, row.entries);
        match right.remove(&key(&said)) {
            Some(found) if found == said => {}
            found => wrong.push((found, Some(said))),
        }
    }
    wrong.extend(right.into_values().map(|s| (Some(s), None)));
    Ok(wrong)
}

/// Deletes the sums and adds all entries up again; answers how many sums were wrong.
///
/// # Errors
/// [`Error::Internal`].
pub async fn rebuild_sums(market: &Market) -> Result<usize> {
    let tx = market.write(&Actor::System).await?;
    super::lock(&tx).await?;
    let wrong = wrong_sums(&*tx).await?.len();
    let wrong_organisations = organisations::wrong(&*tx).await?.len();
    if wrong_organisations > 0 {
        organisations::rebuild(&tx).await?;
    }
    if wrong > 0 {
        ledger_sum::Entity::delete_many().exec(&*tx).await?;
        let mut insert = sea_orm::sea_query::Query::insert();
        insert.into_table(ledger_sum::Entity).columns([
            ledger_sum::Column::Figure,
            ledger_sum::Column::Year,
            ledger_sum::Column::Month,
            ledger_sum::Column::Region,
            ledger_sum::Column::Field,
            ledger_sum::Column::ContractKind,
            ledger_sum::Column::Amount,
            ledger_sum::Column::Entries,
        ]);
        insert.select_from(sums().into_query()).map_err(Error::internal)?;
        tx.execute(&insert).await?;
    }
    let wrong = wrong + wrong_organisations;
    if wrong > 0 {
        tx.audit("ledger.sums_rebuilt", crate::Subject::Target, None, json!({ "wrong": wrong })).await?;
    }
    tx.commit().await?;
    market.yearly.forget();
    Ok(wrong)
}
