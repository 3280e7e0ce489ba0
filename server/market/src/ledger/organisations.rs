//! What the ledger says of each organisation: sums kept in step with every entry that names one, so that the strongest sellers and buyers of a year
//! are found without adding up contracts.

use std::collections::{BTreeMap, HashMap};

use keqiao_model::{ContractKind, Field, Figure};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

use super::LedgerFilter;
use crate::{
    Market, Result,
    db::Tx,
    entity::{
        ledger_entry as entry, organisation,
        organisation_sum::{ActiveModel, Column, Entity},
    },
};

/// The columns that tell sums apart.
const KEY: [Column; 6] = [Column::Figure, Column::Field, Column::ContractKind, Column::Year, Column::OrganisationId, Column::Region];

/// Adds an entry to the sums of its organisation: to that of its field and kind, and to that over all of them. An entry counts one contract; one
/// that takes another back counts one less.
pub(super) async fn add(tx: &Tx, row: &entry::Model) -> Result<()> {
    let Some(organisation) = row.organisation_id else { return Ok(()) };
    let contracts = row.amount.signum();
    let sums = [(row.field.clone(), row.contract_kind.clone()), (String::new(), String::new())].map(|(field, kind)| ActiveModel {
        figure: Set(row.figure.clone()),
        field: Set(field),
        contract_kind: Set(kind),
        year: Set(row.year),
        organisation_id: Set(organisation),
        region: Set(row.region.clone()),
        amount: Set(row.amount),
        contracts: Set(contracts),
    });
    let column = |c: Column| Expr::col((Entity, c));
    for sum in sums {
        Entity::insert(sum)
            .on_conflict(
                OnConflict::columns(KEY)
                    .value(Column::Amount, column(Column::Amount).add(row.amount))
                    .value(Column::Contracts, column(Column::Contracts).add(contracts))
                    .to_owned(),
            )
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// The sums as the entries give them: by field and kind, or over all of these.
fn sums(whole: bool) -> Select<entry::Entity> {
    use entry::Column as C;
    let one = Expr::case(Expr::col(C::Amount).gt(0_i64), 1_i64).finally(-1_i64);
    let mut query = entry::Entity::find().select_only().column(C::Figure).group_by(C::Figure);
    if whole {
        query = query.column_as(Expr::cust("''"), "field").column_as(Expr::cust("''"), "contract_kind");
    } else {
        query = query.columns([C::Field, C::ContractKind]).group_by(C::Field).group_by(C::ContractKind);
    }
    query
        .columns([C::Year, C::OrganisationId, C::Region])
        .column_as(Expr::col(C::Amount).sum().cast_as("bigint"), "amount")
        .column_as(sea_orm::sea_query::Func::sum(one).cast_as("bigint"), "contracts")
        .filter(C::OrganisationId.is_not_null())
        .group_by(C::Year)
        .group_by(C::OrganisationId)
        .group_by(C::Region)
}

/// Figure, field, kind, year, organisation, region, amount, contracts.
type Sum = (String, String, String, i64, Uuid, String, i64, i64);

/// Figure, organisation and year of each sum that is not what the entries give, with the right amount and that which stands there; a sum with
/// the right amount counts other contracts.
pub(super) async fn wrong<C: ConnectionTrait>(db: &C) -> Result<Vec<(String, Uuid, i64, i64, i64)>> {
    let key = |s: &Sum| (s.0.clone(), s.1.clone(), s.2.clone(), s.3, s.4, s.5.clone());
    let mut right = BTreeMap::new();
    for whole in [false, true] {
        let found: Vec<Sum> = sums(whole).into_tuple().all(db).await?;
        right.extend(found.into_iter().map(|s| (key(&s), (s.6, s.7))));
    }
    let said: Vec<Sum> =
        Entity::find().select_only().columns(KEY).columns([Column::Amount, Column::Contracts]).into_tuple().all(db).await?;
    let mut wrong = Vec::new();
    for sum in said {
        let found = right.remove(&key(&sum)).unwrap_or((0, 0));
        if found != (sum.6, sum.7) {
            wrong.push((sum.0, sum.4, sum.3, found.0, sum.6));
        }
    }
    wrong.extend(right.into_iter().map(|((figure, _, _, year, organisation, _), (amount, _))| (figure, organisation, year, amount, 0)));
    Ok(wrong)
}

/// Deletes the sums and adds the entries up again.
pub(super) async fn rebuild(tx: &Tx) -> Result<()> {
    Entity::delete_many().exec(&**tx).await?;
    for whole in [false, true] {
        let mut insert = Query::insert();
        insert.into_table(Entity).columns(KEY.into_iter().chain([Column::Amount, Column::Contracts]));
        insert.select_from(sums(whole).into_query()).map_err(crate::Error::internal)?;
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// What an organisation sold or bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationTotal {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Fen.
    pub amount: i64,
    /// Contracts that count.
    pub contracts: i64,
}

/// The organisations with the most of a figure that counts money of organisations: 成交额 of sellers, 吸纳 of buyers; the largest first.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn top_organisations(market: &Market, figure: Figure, filter: &LedgerFilter, limit: u64) -> Result<Vec<OrganisationTotal>> {
    let whole = filter.field.is_none() && filter.kind.is_none();
    let fields = match filter.field {
        Some(field) => vec![field.code()],
        None if whole => vec![""],
        None => Field::ALL.iter().map(|f| f.code()).collect(),
    };
    let kinds = match filter.kind {
        Some(kind) => vec![kind.code()],
        None if whole => vec![""],
        None => ContractKind::ALL.iter().map(|k| k.code()).collect(),
    };
    let amount = Expr::col(Column::Amount).sum();
    let mut query = Entity::find()
        .select_only()
        .column(Column::OrganisationId)
        .column_as(amount.clone().cast_as("bigint"), "amount")
        .column_as(Expr::col(Column::Contracts).sum().cast_as("bigint"), "contracts")
        .filter(Column::Figure.eq(figure.code()))
        .filter(Column::Field.is_in(fields))
        .filter(Column::ContractKind.is_in(kinds));
    if let Some(year) = filter.year {
        query = query.filter(Column::Year.eq(year));
    }
    if let Some(region) = &filter.region {
        query = query.filter(Column::Region.is_in(market.codes_of(region)));
    }
    let rows: Vec<(Uuid, i64, i64)> = query
        .group_by(Column::OrganisationId)
        .having(amount.clone().gt(0_i64))
        .order_by(amount, Order::Desc)
        .order_by_asc(Column::OrganisationId)
        .limit(limit)
        .into_tuple()
        .all(&market.db)
        .await?;
    let names: Vec<(Uuid, String)> = organisation::Entity::find()
        .select_only()
        .columns([organisation::Column::Id, organisation::Column::Name])
        .filter(organisation::Column::Id.is_in(rows.iter().map(|(id, ..)| *id)))
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut names: HashMap<Uuid, String> = names.into_iter().collect();
    Ok(rows
        .into_iter()
        .map(|(id, amount, contracts)| OrganisationTotal { id, name: names.remove(&id).unwrap_or_default(), amount, contracts })
        .collect())
}
