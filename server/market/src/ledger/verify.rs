//! The proof of the ledger: everything recomputed from the registered contracts and compared.

use std::collections::{BTreeMap, BTreeSet};

use keqiao_model::{ContractState, Figure, ReceiptState};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{
    chain::{Sum, wrong_sums},
    claims_of, organisations, registered_on,
    snapshots::{Sums, Until, add_entries, lines_of},
};
use crate::{
    Market, Result,
    entity::{
        contract,
        ledger_entry::{Column, Entity},
        ledger_snapshot, receipt,
    },
};

/// Contracts read at once.
const STEP: u64 = 500;

/// Where the ledger and the register disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of which figure.
    pub figure: Figure,
    /// Registration number, achievement id, credit code or certificate.
    pub subject: String,
    /// What the registered contracts say: fen, or how often the subject counts.
    pub expected: i64,
    /// What the ledger says. Equal to `expected` when only the year, the region or the contract is another.
    pub found: i64,
}

/// Evidence of a subject: contract, organisation, year, region, amount.
type Evidence = (Option<Uuid>, Option<Uuid>, i64, String, i64);
/// Figure, subject, contract, organisation, year, region, amount.
type Netted = (String, String, Option<Uuid>, Option<Uuid>, i64, String, i64);
type ByFigure = BTreeMap<(Figure, String), Vec<Evidence>>;

/// Recomputes every figure from the registered contracts and names the subjects of which the ledger says something else: a contract that is
/// missing, counts twice, still counts though it was cancelled, or counts another amount, year or region; a subject counted more than once,
/// not at all, or with evidence that does not hold; the sums of which the entries give something else (their subject is the month, region,
/// field and kind); and closed months that keep other totals than the entries up to their place give. Trainings have no contract; each
/// certificate must count at most once. Nothing to name is how it should be.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn verify(market: &Market) -> Result<Vec<Difference>> {
    let expected = expected(market).await?;
    let found = found(market).await?;
    let subjects: BTreeSet<&(Figure, String)> = expected.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for key in subjects {
        let expected = expected.get(key).map_or(&[][..], Vec::as_slice);
        let found = found.get(key).map_or(&[][..], Vec::as_slice);
        let agree = match found {
            [] => expected.is_empty(),
            [(.., amount)] if key.0 == Figure::BrokersTrained => *amount == 1,
            // Of several contracts that are evidence of one subject, any may be the one that counts.
            [one] => expected.contains(one),
            _ => false,
        };
        if !agree {
            let expected = expected.first().map_or(i64::from(key.0 == Figure::BrokersTrained), |(.., amount)| *amount);
            let found = found.iter().map(|(.., amount)| amount).sum();
            differences.push(Difference { figure: key.0, subject: key.1.clone(), expected, found });
        }
    }
    for (right, said) in wrong_sums(&market.db).await? {
        let Some((figure, year, month, region, field, kind, ..)) = right.as_ref().or(said.as_ref()) else { continue };
        let figure = Figure::from_code(figure).ok_or_else(|| crate::Error::internal(format!("ledger figure {figure}")))?;
        let subject = format!("sum {year}-{month:02} {region} {field} {kind}");
        let amount = |sum: &Option<Sum>| sum.as_ref().map_or(0, |s| s.6);
        differences.push(Difference { figure, subject, expected: amount(&right), found: amount(&said) });
    }
    for (figure, organisation, year, right, said) in organisations::wrong(&market.db).await? {
        let figure = Figure::from_code(&figure).ok_or_else(|| crate::Error::internal(format!("ledger figure {figure}")))?;
        differences.push(Difference { figure, subject: format!("sum {year} {organisation}"), expected: right, found: said });
    }
    differences.extend(wrong_snapshots(market).await?);
    Ok(differences)
}

/// Closed months that keep other totals than the entries up to their place give.
async fn wrong_snapshots(market: &Market) -> Result<Vec<Difference>> {
    let months = ledger_snapshot::Entity::find().order_by_asc(ledger_snapshot::Column::Month).all(&market.db).await?;
    let (mut sums, mut before, mut wrong) = (Sums::new(), None, Vec::new());
    for month in months {
        let until = Until::of(&month)?;
        add_entries(&market.db, &mut sums, before.as_ref(), &until).await?;
        before = Some(until);
        let kept = lines_of(&market.db, &month.month).await?;
        let keys: BTreeSet<_> = sums.keys().chain(kept.keys()).collect();
        for key in keys {
            let of = |sums: &Sums| sums.get(key).copied().unwrap_or(0);
            if of(&sums) != of(&kept) {
                let (code, year, region) = key;
                let figure = Figure::from_code(code).ok_or_else(|| crate::Error::internal(format!("ledger figure {code}")))?;
                let subject = format!("snapshot {} {year} {region}", month.month);
                wrong.push(Difference { figure, subject, expected: of(&sums), found: of(&kept) });
            }
        }
    }
    Ok(wrong)
}

/// What the registered contracts are evidence of.
async fn expected(market: &Market) -> Result<ByFigure> {
    let mut expected = ByFigure::new();
    let mut last = Uuid::nil();
    loop {
        let rows = contract::Entity::find()
            .filter(contract::Column::State.is_in(ContractState::IN_REGISTER.map(ContractState::code)))
            .filter(contract::Column::Id.gt(last))
            .order_by_asc(contract::Column::Id)
            .limit(STEP)
            .all(&market.db)
            .await?;
        let Some(end) = rows.last() else { return Ok(expected) };
        last = end.id;
        let receipts = receipts(market, &rows).await?;
        for (row, claims) in rows.iter().zip(claims_of(&market.db, market, &rows).await?) {
            let year = i64::from(registered_on(row)?.year());
            if let Some(region) = claims.iter().find(|c| c.figure == Figure::ContractValue).map(|c| c.region.clone()) {
                for receipt in receipts.iter().filter(|r| r.contract_id == row.id) {
                    let year = receipt.received_on.get(..4).and_then(|y| y.parse().ok()).unwrap_or(0);
                    let key = (Figure::TechnicalIncome, receipt.id.to_string());
                    expected.entry(key).or_default().push((Some(row.id), None, year, region.clone(), receipt.amount));
                }
            }
            for claim in claims {
                expected.entry((claim.figure, claim.subject)).or_default().push((
                    Some(row.id),
                    claim.organisation,
                    year,
                    claim.region,
                    claim.amount,
                ));
            }
        }
    }
}

/// What was received under some contracts and stands.
async fn receipts(market: &Market, rows: &[contract::Model]) -> Result<Vec<receipt::Model>> {
    Ok(receipt::Entity::find()
        .filter(receipt::Column::ContractId.is_in(rows.iter().map(|r| r.id)))
        .filter(receipt::Column::State.eq(ReceiptState::Recorded.code()))
        .all(&market.db)
        .await?)
}

/// What the ledger says, netted; what nets out to nothing is left out.
async fn found(market: &Market) -> Result<ByFigure> {
    let sum = Expr::col(Column::Amount).sum();
    let columns = [Column::Figure, Column::Subject, Column::ContractId, Column::OrganisationId, Column::Year, Column::Region];
    let mut query = Entity::find().select_only().columns(columns).column_as(sum.clone().cast_as("bigint"), "amount").having(sum.ne(0_i64));
    for column in columns {
        query = query.group_by(column);
    }
    let rows: Vec<Netted> = query.into_tuple().all(&market.db).await?;
    let mut found = ByFigure::new();
    for (figure, subject, contract, organisation, year, region, amount) in rows {
        let figure = Figure::from_code(&figure).ok_or_else(|| crate::Error::internal(format!("ledger figure {figure}")))?;
        found.entry((figure, subject)).or_default().push((contract, organisation, year, region, amount));
    }
    Ok(found)
}
