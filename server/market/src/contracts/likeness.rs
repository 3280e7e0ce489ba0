//! Near-duplicates among contracts: title and summary cut into shingles of three characters, and compared by how many of them two contracts have
//! in common (Jaccard).
//!
//! Nobody can compare a contract with 200,000 others. So each contract that was handed in keeps the bands of its MinHash signature: two that have
//! seven tenths of their shingles in common share one of the sixteen bands in 99 of 100 cases, two that have two tenths in common in 3 of 100. Of
//! each band the newest few are candidates, the best of them are compared exactly: what is compared is bounded, however large the register.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use keqiao_model::{ContractState, RuleKind, half_width};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
};
use time::Duration;
use uuid::Uuid;

use super::{
    content_of,
    findings::{Finding, FindingKind},
    related,
};
use crate::{
    Actor, Market, Result,
    db::{Tx, micros},
    entity::{
        consumer,
        contract::{Column, Entity, Model},
        contract_band as band,
    },
    rules,
};

/// Characters of a shingle.
const SHINGLE: usize = 3;
/// Bands of a signature.
const BANDS: usize = 16;
/// Values of a band.
const ROWS: usize = 4;
/// Bits that are kept of a band's hash.
const BAND_BITS: u64 = 0xff_ffff_ffff;
/// Candidates of one band, the newest.
const PER_BAND: u64 = 64;
/// Candidates that are compared exactly, those that share most bands.
pub(super) const COMPARED: usize = 100;
/// Contracts that a finding names at most.
const NAMED: usize = 20;
/// Contracts whose bands are stored in one transaction.
const STEP: u64 = 200;
/// The band of a contract without any text.
const NOTHING: &str = "-";
/// Where the storing of bands of older contracts has come to.
const PLACE: &str = "contract_bands";
/// How long ago a contract must have been entered before its place is passed: an import is written in one long transaction.
const SETTLED: Duration = Duration::hours(6);
/// How far the place lies behind before it moves although nothing was stored, microseconds.
const PASSED: i64 = 3_600_000_000;

/// A number that looks random and is the same everywhere (splitmix64).
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The shingles of a text, as hashes. Case, width, spaces and punctuation make no difference.
pub(super) fn shingles(title: &str, summary: &str) -> HashSet<u64> {
    let plain: Vec<u64> = [title, "\n", summary]
        .into_iter()
        .flat_map(str::chars)
        .map(half_width)
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .map(u64::from)
        .collect();
    if plain.is_empty() {
        return HashSet::new();
    }
    let hash = |characters: &[u64]| characters.iter().fold(0_u64, |hash, c| mix(hash ^ c));
    if plain.len() < SHINGLE { HashSet::from([hash(&plain)]) } else { plain.windows(SHINGLE).map(hash).collect() }
}

/// How many shingles of both are in both, per mille.
pub(super) fn alike(a: &HashSet<u64>, b: &HashSet<u64>) -> i64 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    i64::try_from(common * 1000 / all.max(1)).unwrap_or(0)
}

/// The bands of a signature. Texts without any shingle have none: they are like nothing.
pub(super) fn bands(shingles: &HashSet<u64>) -> Vec<String> {
    if shingles.is_empty() {
        return Vec::new();
    }
    (0_u64..)
        .take(BANDS)
        .map(|place| {
            let hash = (0_u64..).take(ROWS).fold(place, |hash, row| {
                let seed = mix(place << 8 | row);
                let least = shingles.iter().map(|s| mix(s ^ seed)).min().unwrap_or_default();
                mix(hash ^ least)
            });
            format!("{place:x}{:010x}", hash & BAND_BITS)
        })
        .collect()
}

/// Keeps by what a contract is found that was handed in.
pub(super) async fn store(tx: &Tx, row: &Model) -> Result<()> {
    band::Entity::delete_many().filter(band::Column::ContractId.eq(row.id)).exec(&**tx).await?;
    insert(tx, std::slice::from_ref(row)).await
}

async fn insert(tx: &Tx, rows: &[Model]) -> Result<()> {
    let of = |row: &Model| {
        let bands = bands(&shingles(&row.title, &row.summary));
        // What has no text is like nothing, and marked as seen.
        if bands.is_empty() { vec![NOTHING.to_owned()] } else { bands }
    };
    let all: Vec<band::ActiveModel> =
        rows.iter().flat_map(|row| of(row).into_iter().map(|b| band::ActiveModel { band: Set(b), contract_id: Set(row.id) })).collect();
    for chunk in all.chunks(2_000) {
        band::Entity::insert_many(chunk.to_vec())
            .on_conflict(OnConflict::columns([band::Column::Band, band::Column::ContractId]).do_nothing().to_owned())
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// The contracts that resemble one enough to be compared: never more than [`COMPARED`].
pub(super) async fn candidates<C: ConnectionTrait>(db: &C, id: Uuid, shingles: &HashSet<u64>) -> Result<Vec<Uuid>> {
    let mut shared: HashMap<Uuid, usize> = HashMap::new();
    for key in bands(shingles) {
        let found: Vec<Uuid> = band::Entity::find()
            .select_only()
            .column(band::Column::ContractId)
            .filter(band::Column::Band.eq(key))
            .filter(band::Column::ContractId.ne(id))
            .order_by_desc(band::Column::ContractId)
            .limit(PER_BAND)
            .into_tuple()
            .all(db)
            .await?;
        for other in found {
            *shared.entry(other).or_default() += 1;
        }
    }
    let mut best: Vec<(usize, Uuid)> = shared.into_iter().map(|(id, n)| (n, id)).collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    best.truncate(COMPARED);
    Ok(best.into_iter().map(|(_, id)| id).collect())
}

/// Contracts that say nearly the same: sold a second time, to another client, by the same seller or a related one; or alike in another way.
/// `named` are those that another finding about the same title names already.
pub(super) async fn findings<C: ConnectionTrait>(db: &C, row: &Model, named: &[String]) -> Result<Vec<Finding>> {
    let own = shingles(&row.title, &row.summary);
    let candidates = candidates(db, row.id, &own).await?;
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let rule = rules::needed(db, RuleKind::NearDuplicate, content_of(row)?.signed_on).await?;
    let others = Entity::find()
        .filter(Column::Id.is_in(candidates))
        .filter(Column::State.is_not_in([ContractState::Draft, ContractState::Refused, ContractState::Cancelled].map(ContractState::code)))
        .all(db)
        .await?;
    let mut near: Vec<(i64, Model)> =
        others.into_iter().map(|o| (alike(&own, &shingles(&o.title, &o.summary)), o)).filter(|(n, _)| *n >= rule.value).collect();
    near.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.number.cmp(&y.number)));
    let sellers = related::sellers(db, row.seller_id, &near.iter().map(|(_, o)| o.seller_id).collect::<Vec<_>>()).await?;
    let twice = |o: &Model| {
        let development = keqiao_model::ContractKind::Development.code();
        row.kind == development && o.kind == development && o.buyer_id != row.buyer_id && sellers.contains(&o.seller_id)
    };
    let (sold_twice, alike): (Vec<Model>, Vec<Model>) = near.into_iter().map(|(_, o)| o).partition(twice);
    let numbers = |rows: Vec<Model>| {
        let mut numbers: Vec<String> = rows.into_iter().map(|o| o.number).filter(|n| !named.contains(n)).take(NAMED).collect();
        numbers.sort_unstable();
        numbers
    };
    let found = [(FindingKind::SoldTwice, numbers(sold_twice)), (FindingKind::NearDuplicate, numbers(alike))];
    Ok(found
        .into_iter()
        .filter(|(_, contracts)| !contracts.is_empty())
        .map(|(kind, contracts)| Finding {
            kind,
            contracts,
            about: Vec::new(),
            rule: Some(rule.clone()),
            note: String::new(),
            answer: None,
        })
        .collect())
}

/// Stores the bands of contracts that came without being handed in: older ones and imported ones. Answers how many.
///
/// # Errors
/// [`crate::Error::Internal`]; the next call goes on.
pub(crate) async fn backfill_step(market: &Market) -> Result<usize> {
    let place = consumer::Entity::find_by_id(PLACE.to_owned()).one(&market.db).await?.map_or(0, |c| c.seq);
    let stored = band::Entity::find()
        .select_only()
        .column(band::Column::ContractId)
        .filter(Expr::col((band::Entity, band::Column::ContractId)).equals((Entity, Column::Id)));
    let rows = Entity::find()
        .filter(Column::CreatedAt.gte(place))
        .filter(Column::State.ne(ContractState::Draft.code()))
        .filter(Expr::exists(stored.into_query()).not())
        .order_by_asc(Column::CreatedAt)
        .limit(STEP)
        .all(&market.db)
        .await?;
    let settled = micros(market.now() - SETTLED);
    // What is left is passed once in a while, so that the next steps look at little.
    if rows.is_empty() && settled.saturating_sub(place) < PASSED {
        return Ok(0);
    }
    let whole = usize::try_from(STEP).is_ok_and(|step| rows.len() == step);
    let last = rows.last().filter(|_| whole).map_or(settled, |r| r.created_at);
    let tx = market.write(&Actor::System).await?;
    insert(&tx, &rows).await?;
    let place = std::cmp::max(place, std::cmp::min(last, settled));
    consumer::Entity::insert(consumer::ActiveModel { name: Set(PLACE.to_owned()), seq: Set(place) })
        .on_conflict(OnConflict::column(consumer::Column::Name).update_column(consumer::Column::Seq).to_owned())
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await?;
    Ok(rows.len())
}
