//! How far a contract is performed, as those may see it who have to do with it.

use std::collections::HashMap;

use keqiao_model::{
    ContractState, DisputeState, Fen, Instalment, MilestoneMove, MilestoneState, Party, ReceiptState, Stateful, parse_date,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{disputes, milestones, parties, receipts, received};
use crate::{
    Actor, Error, Market, Paged, Result,
    accounts::person_names,
    contracts::{ContractSummary, find, is_insider, registration_of, state_of, summaries, today},
    db::from_micros,
    entity::{attachment, milestone, receipt},
    listings::organisation_names,
    paging::fetch,
};

/// A milestone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneView {
    /// Id.
    pub id: Uuid,
    /// What is delivered.
    pub title: String,
    /// The day it is due.
    pub due_on: Date,
    /// What is paid for it.
    pub amount: Fen,
    /// When it counts as reached.
    pub criteria: String,
    /// Where it stands.
    pub state: MilestoneState,
    /// Words of the last rejection.
    pub reason: String,
    /// When it was delivered last.
    pub delivered_at: Option<OffsetDateTime>,
    /// When it was accepted or rejected last.
    pub decided_at: Option<OffsetDateTime>,
    /// Whether its day is over and it is not accepted.
    pub overdue: bool,
    /// What the actor may do with it now.
    pub moves: Vec<MilestoneMove>,
    /// Whether the actor may change it or take it away.
    pub editable: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// Something received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptView {
    /// Id.
    pub id: Uuid,
    /// How much.
    pub amount: Fen,
    /// On which day.
    pub received_on: Date,
    /// Title of the milestone it is for.
    pub milestone: Option<String>,
    /// What else there is to say.
    pub note: String,
    /// Where it stands.
    pub state: ReceiptState,
    /// Words of its reversal.
    pub reason: String,
    /// Id and name of the file that shows it.
    pub file: Option<(Uuid, String)>,
    /// Who recorded it.
    pub person: String,
    /// When it was recorded.
    pub at: OffsetDateTime,
    /// Whether the actor may take it back.
    pub reversible: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeView {
    /// Id.
    pub id: Uuid,
    /// The party that raised it.
    pub organisation: String,
    /// What it is about.
    pub text: String,
    /// How it ended.
    pub outcome: String,
    /// Where it stands.
    pub state: DisputeState,
    /// When it was raised.
    pub at: OffsetDateTime,
    /// When it was settled.
    pub settled_at: Option<OffsetDateTime>,
    /// Whether the actor may write down how it ended.
    pub may_settle: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// How far a contract is performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// 成交额.
    pub value: Fen,
    /// The amounts of all milestones.
    pub planned: Fen,
    /// The amounts of accepted milestones.
    pub accepted: Fen,
    /// What was received.
    pub received: Fen,
    /// How many milestones there are.
    pub milestones: usize,
    /// How many of them are accepted.
    pub milestones_accepted: usize,
    /// How many are overdue.
    pub overdue: usize,
    /// Whether a dispute is open.
    pub disputed: bool,
}

/// The performance of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerformanceView {
    /// The contract.
    pub contract: ContractSummary,
    /// How far it is performed.
    pub progress: Progress,
    /// Milestones, by the day they are due.
    pub milestones: Vec<MilestoneView>,
    /// One page of receipts, the last one first.
    pub receipts: Paged<ReceiptView>,
    /// Disputes, the last one first.
    pub disputes: Vec<DisputeView>,
    /// Whether the actor speaks for the seller.
    pub sells: bool,
    /// Whether the actor speaks for a party and the contract is in the register.
    pub acts: bool,
    /// Whether the actor may add milestones.
    pub plans: bool,
    /// Instalments of the payment plan that no milestone stands for yet, each with its place in the plan, for those who may add them.
    pub unplanned: Vec<(usize, Instalment)>,
}

/// Instalments without a milestone: one of the same amount on the same day stands for an instalment, or else one of the same amount.
fn unplanned(instalments: Vec<Instalment>, milestones: &[MilestoneView]) -> Vec<(usize, Instalment)> {
    let mut left: Vec<(usize, Instalment)> = instalments.into_iter().enumerate().collect();
    let mut free: Vec<&MilestoneView> = milestones.iter().collect();
    for exactly in [true, false] {
        let mut without = Vec::new();
        for (place, instalment) in left {
            let stands = |m: &&MilestoneView| m.amount == instalment.amount && (!exactly || instalment.due == Some(m.due_on));
            match free.iter().position(stands) {
                Some(at) => drop(free.remove(at)),
                None => without.push((place, instalment)),
            }
        }
        left = without;
    }
    left
}

fn progress_of(value: i64, rows: &[milestone::Model], received: i64, disputed: bool, today: &str) -> Progress {
    let accepted = || rows.iter().filter(|m| m.state == MilestoneState::Accepted.code());
    Progress {
        value: Fen::new(value),
        planned: Fen::new(rows.iter().map(|m| m.amount).sum()),
        accepted: Fen::new(accepted().map(|m| m.amount).sum()),
        received: Fen::new(received),
        milestones: rows.len(),
        milestones_accepted: accepted().count(),
        overdue: rows.iter().filter(|m| is_overdue(m, today)).count(),
        disputed,
    }
}

fn is_overdue(row: &milestone::Model, today: &str) -> bool {
    row.state != MilestoneState::Accepted.code() && row.due_on.as_str() < today
}

/// How far a contract is performed, for a page that shows it to insiders; nothing before it is registered and for everyone else.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contract.
pub async fn progress(market: &Market, actor: &Actor, number: &str) -> Result<Option<Progress>> {
    let row = find(&market.db, number).await?;
    if !state_of(&row)?.is_registered() || !is_insider(&market.db, market, actor, &row).await? {
        return Ok(None);
    }
    let rows = milestones::of_contract(&market.db, row.id).await?;
    let received = received(&market.db, row.id).await?;
    Ok(Some(progress_of(row.value, &rows, received, row.disputed, &keqiao_model::format_date(today(market)))))
}

/// The performance of a registered contract for its parties, officers of its region, the broker of its deal and administrators; of a cancelled one
/// to look back at.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others, and before it is registered.
pub async fn performance(market: &Market, actor: &Actor, number: &str, page: u64) -> Result<PerformanceView> {
    actor.signed_in()?;
    let row = find(&market.db, number).await?;
    let state = state_of(&row)?;
    if !(state.is_registered() || state == ContractState::Cancelled) || !is_insider(&market.db, market, actor, &row).await? {
        return Err(Error::NotFound);
    }
    let is = if state.is_registered() { parties(actor, &row) } else { Vec::new() };
    let performing = state == ContractState::Registered;
    let (sells, acts) = (is.contains(&Party::Seller), is.contains(&Party::Side));
    let today = keqiao_model::format_date(today(market));
    let rows = milestones::of_contract(&market.db, row.id).await?;
    let received = received(&market.db, row.id).await?;
    let progress = progress_of(row.value, &rows, received, row.disputed, &today);
    let titles: HashMap<Uuid, String> = rows.iter().map(|m| (m.id, m.title.clone())).collect();
    let mut milestones = Vec::new();
    for m in rows {
        let state = milestones::state_of(&m)?;
        let moves = if performing { state.moves(&is).into_iter().map(|t| t.by).collect() } else { Vec::new() };
        milestones.push(MilestoneView {
            id: m.id,
            overdue: is_overdue(&m, &today),
            due_on: parse_date(&m.due_on).ok_or_else(|| Error::internal(format!("milestone {} due on {}", m.id, m.due_on)))?,
            title: m.title,
            amount: Fen::new(m.amount),
            criteria: m.criteria,
            state,
            reason: m.reason,
            delivered_at: m.delivered_at.map(from_micros),
            decided_at: m.decided_at.map(from_micros),
            moves,
            editable: performing && sells && state == MilestoneState::Planned,
            version: m.version,
        });
    }
    let contract = summaries(&market.db, std::slice::from_ref(&row)).await?.pop().ok_or(Error::NotFound)?;
    let plans = sells && performing;
    let instalments = if plans { registration_of(&row)?.payments } else { Vec::new() };
    Ok(PerformanceView {
        contract,
        progress,
        unplanned: unplanned(instalments, &milestones),
        milestones,
        receipts: receipt_views(market, row.id, &titles, sells, page).await?,
        disputes: dispute_views(market, row.id, acts).await?,
        sells,
        acts,
        plans,
    })
}

async fn receipt_views(
    market: &Market,
    contract: Uuid,
    titles: &HashMap<Uuid, String>,
    sells: bool,
    page: u64,
) -> Result<Paged<ReceiptView>> {
    let query = receipt::Entity::find()
        .filter(receipt::Column::ContractId.eq(contract))
        .order_by_desc(receipt::Column::ReceivedOn)
        .order_by_desc(receipt::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let names = person_names(&market.db, rows.iter().map(|r| r.person_id).collect()).await?;
    let files: Vec<Uuid> = rows.iter().filter_map(|r| r.attachment_id).collect();
    let files = attachment::Entity::find().filter(attachment::Column::Id.is_in(files)).all(&market.db).await?;
    let mut views = Vec::new();
    for r in rows {
        let state = receipts::state_of(&r)?;
        views.push(ReceiptView {
            id: r.id,
            amount: Fen::new(r.amount),
            received_on: parse_date(&r.received_on).ok_or_else(|| Error::internal(format!("receipt {} on {}", r.id, r.received_on)))?,
            milestone: r.milestone_id.and_then(|id| titles.get(&id).cloned()),
            note: r.note,
            state,
            reason: r.reason,
            file: r.attachment_id.and_then(|id| files.iter().find(|f| f.id == id)).map(|f| (f.id, f.name.clone())),
            person: names.get(&r.person_id).cloned().unwrap_or_default(),
            at: from_micros(r.created_at),
            reversible: sells && state == ReceiptState::Recorded,
            version: r.version,
        });
    }
    Ok(paged.with(views))
}

async fn dispute_views(market: &Market, contract: Uuid, acts: bool) -> Result<Vec<DisputeView>> {
    let rows = disputes::of_contract(&market.db, contract).await?;
    let names = organisation_names(&market.db, rows.iter().map(|d| d.organisation_id).collect()).await?;
    rows.into_iter()
        .map(|d| {
            let state = disputes::state_of(&d)?;
            Ok(DisputeView {
                id: d.id,
                organisation: names.get(&d.organisation_id).cloned().unwrap_or_default(),
                text: d.text,
                outcome: d.outcome,
                state,
                at: from_micros(d.created_at),
                settled_at: d.settled_at.map(from_micros),
                may_settle: acts && state == DisputeState::Open,
                version: d.version,
            })
        })
        .collect()
}
