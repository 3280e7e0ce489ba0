//! The chain of evidence. Each record carries the hash of the one before, so that nothing can be changed, left out or put in between without
//! every later hash being wrong. One transaction at a time appends: the counter row that gives the place is locked until it commits.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use keqiao_model::IntroductionRecord;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Market, Result,
    db::Tx,
    entity::{
        counter, introduction,
        introduction_entry::{ActiveModel, Column, Entity, Model},
    },
    room::sha256,
};

/// The counter of records; its value is the place of the last one.
const COUNTER: &str = "introduction-chain";
/// What the first record carries as the hash of the one before.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Records read at once.
const STEP: u64 = 500;

// Fields stand in alphabetical order, which is the order in which they are written and hashed.

/// A listing as it was disclosed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) number: String,
    pub(super) sha256: String,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) certificate: String,
    pub(super) id: Uuid,
    pub(super) name: String,
}

/// A party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Organisation {
    pub(super) credit_code: String,
    pub(super) id: Uuid,
    pub(super) name: String,
}

/// An introduction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) achievement: Listed,
    pub(super) broker: Named,
    pub(super) buyer: Organisation,
    pub(super) demand: Listed,
    pub(super) number: String,
    pub(super) seller: Organisation,
    pub(super) subject: String,
    pub(super) valid_until: i64,
}

/// A party acknowledged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Acknowledged {
    pub(super) by: Named,
    pub(super) organisation: Organisation,
}

/// Something was disclosed in the deal that came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Disclosed {
    pub(super) deal: String,
    pub(super) name: String,
    pub(super) sha256: String,
}

/// The parties made a contract without the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bypassed {
    pub(super) contract: String,
    pub(super) registration: String,
    pub(super) signed_on: String,
    pub(super) title: String,
}

/// The hash of a record: SHA-256 over the hash before, the kind, the introduction's id, the time in microseconds and the payload, a line each.
/// None of the first four can hold a line end, so that no two records are hashed alike.
pub(super) fn hash_of(previous: &str, kind: &str, introduction: Uuid, at: i64, payload: &str) -> String {
    sha256(format!("{previous}\n{kind}\n{introduction}\n{at}\n{payload}"))
}

/// Whether a record's own hash is that of what it says.
pub(super) fn is_sound(row: &Model) -> bool {
    row.hash == hash_of(&row.previous, &row.kind, row.introduction_id, row.at, &row.payload)
}

/// Takes the chain's lock before anything is put into the outbox, as everybody who appends does, so that nobody waits in a circle.
pub(crate) async fn lock(tx: &Tx) -> Result<()> {
    tx.hold(COUNTER).await
}

/// Appends a record. Locks the chain until the transaction ends, so this comes after the rows that move and before anything is emitted.
pub(crate) async fn append(tx: &Tx, introduction: Uuid, kind: IntroductionRecord, payload: &impl Serialize) -> Result<()> {
    let seq = tx.next(COUNTER).await?;
    let previous = Entity::find().order_by_desc(Column::Seq).one(&**tx).await?.map_or_else(|| GENESIS.to_owned(), |last| last.hash);
    let payload = serde_json::to_string(payload)?;
    let hash = hash_of(&previous, kind.code(), introduction, tx.now, &payload);
    ActiveModel {
        seq: Set(seq),
        introduction_id: Set(introduction),
        kind: Set(kind.code().to_owned()),
        payload: Set(payload),
        previous: Set(previous),
        hash: Set(hash),
        at: Set(tx.now),
    }
    .insert(&**tx)
    .await?;
    Ok(())
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A record is missing before this place, or at it.
    Missing,
    /// It does not carry the hash of the one before.
    Previous,
    /// What it says is not what was hashed.
    Content,
    /// The introduction says something else than the record: parties, broker, subject, validity, or who acknowledged when.
    Introduction,
}

/// The first link that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLink {
    /// Place in the chain, from 1.
    pub seq: i64,
    /// Number of the introduction, empty when nobody knows it.
    pub introduction: String,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for BrokenLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let introduction = if self.introduction.is_empty() { "an unknown introduction" } else { &self.introduction };
        let fault = match self.fault {
            Fault::Missing => "is missing",
            Fault::Previous => "does not carry the hash of the record before",
            Fault::Content => "does not say what was hashed",
            Fault::Introduction => "does not agree with the introduction as it is stored",
        };
        write!(f, "record {} ({introduction}) {fault}", self.seq)
    }
}

/// The chain as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Records that hold, from the first on.
    pub records: i64,
    /// Hash of the last of them.
    pub head: String,
    /// The first link that does not hold.
    pub broken: Option<BrokenLink>,
}

/// What the chain says of one introduction.
#[derive(Default)]
struct Said {
    made: bool,
    buyer_at: Option<i64>,
    seller_at: Option<i64>,
}

/// Recomputes the whole chain and compares it with the introductions as they are stored.
///
/// # Errors
/// [`crate::Error::Internal`]; a broken link is no error but a finding.
pub async fn verify(market: &Market) -> Result<ChainReport> {
    let introductions: HashMap<Uuid, introduction::Model> =
        introduction::Entity::find().all(&market.db).await?.into_iter().map(|i| (i.id, i)).collect();
    let number_of = |id: Uuid| introductions.get(&id).map(|i| i.number.clone()).unwrap_or_default();
    let mut said: BTreeMap<Uuid, (i64, Said)> = BTreeMap::new();
    let mut report = ChainReport { records: 0, head: GENESIS.to_owned(), broken: None };
    loop {
        let rows = Entity::find().filter(Column::Seq.gt(report.records)).order_by_asc(Column::Seq).limit(STEP).all(&market.db).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if let Some(fault) = fault_of(&report, &row, introductions.get(&row.introduction_id), &mut said) {
                let seq = if fault == Fault::Missing { report.records + 1 } else { row.seq };
                report.broken = Some(BrokenLink { seq, introduction: number_of(row.introduction_id), fault });
                return Ok(report);
            }
            report.records = row.seq;
            report.head = row.hash;
        }
    }
    let counted = counter::Entity::find_by_id(COUNTER.to_owned()).one(&market.db).await?.map_or(0, |c| c.value);
    if counted != report.records {
        report.broken = Some(BrokenLink { seq: report.records + 1, introduction: String::new(), fault: Fault::Missing });
        return Ok(report);
    }
    // What the rows say beyond the chain: an introduction or an acknowledgement that nobody recorded.
    let mut ids: Vec<&introduction::Model> = introductions.values().collect();
    ids.sort_by(|a, b| a.number.cmp(&b.number));
    for row in ids {
        let (seq, said) = said.remove(&row.id).unwrap_or_default();
        if !said.made || said.buyer_at != row.buyer_at || said.seller_at != row.seller_at {
            report.broken = Some(BrokenLink { seq, introduction: row.number.clone(), fault: Fault::Introduction });
            return Ok(report);
        }
    }
    Ok(report)
}

fn fault_of(
    report: &ChainReport,
    row: &Model,
    introduction: Option<&introduction::Model>,
    said: &mut BTreeMap<Uuid, (i64, Said)>,
) -> Option<Fault> {
    if row.seq != report.records + 1 {
        return Some(Fault::Missing);
    }
    if row.previous != report.head {
        return Some(Fault::Previous);
    }
    if !is_sound(row) {
        return Some(Fault::Content);
    }
    let Some(introduction) = introduction else { return Some(Fault::Introduction) };
    let (seq, said) = said.entry(row.introduction_id).or_default();
    *seq = row.seq;
    match IntroductionRecord::from_code(&row.kind) {
        None => return Some(Fault::Content),
        Some(IntroductionRecord::Made) => {
            let Ok(made) = serde_json::from_str::<Made>(&row.payload) else { return Some(Fault::Content) };
            let agrees = made.number == introduction.number
                && made.broker.id == introduction.broker_id
                && made.buyer.id == introduction.buyer_id
                && made.seller.id == introduction.seller_id
                && made.subject == introduction.subject
                && made.valid_until == introduction.valid_until
                && row.at == introduction.made_at;
            if !agrees || said.made {
                return Some(Fault::Introduction);
            }
            said.made = true;
        }
        Some(IntroductionRecord::BuyerAcknowledged) => said.buyer_at = Some(row.at),
        Some(IntroductionRecord::SellerAcknowledged) => said.seller_at = Some(row.at),
        Some(IntroductionRecord::Disclosed | IntroductionRecord::Bypassed) => {}
    }
    None
}

/// Place and hash of the last record.
pub(super) async fn head(market: &Market) -> Result<(i64, String)> {
    let last = Entity::find().order_by_desc(Column::Seq).one(&market.db).await?;
    Ok(last.map_or_else(|| (0, GENESIS.to_owned()), |row| (row.seq, row.hash)))
}

/// The records of an introduction in their order, each with whether it holds: what it says is what was hashed, and the one before it in the
/// chain has the hash it carries.
pub(super) async fn records(market: &Market, introduction: Uuid) -> Result<Vec<(Model, bool)>> {
    let rows = Entity::find().filter(Column::IntroductionId.eq(introduction)).order_by_asc(Column::Seq).all(&market.db).await?;
    let before: HashMap<i64, String> = Entity::find()
        .filter(Column::Seq.is_in(rows.iter().map(|r| r.seq - 1)))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|row| (row.seq, row.hash))
        .collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let previous = if row.seq == 1 { Some(GENESIS) } else { before.get(&(row.seq - 1)).map(String::as_str) };
            let holds = is_sound(&row) && previous == Some(row.previous.as_str());
            (row, holds)
        })
        .collect())
}
