//! What counts toward the city's targets: an append-only ledger (domain rules, section 7). Registering a contract posts entries, cancelling it
//! posts the same amounts negative on the same day, and every total is a sum of entries that opens down to its evidence. An entry stands on the
//! day of registration in China (a training's on the day it was passed), and so in that day's year.
//!
//! - 成交额 counts where the seller is in the city (输出), with it 技术交易额; 吸纳 counts where the buyer is. 输出 and 吸纳 are never added.
//! - An achievement is converted once, an enterprise served once, however many contracts say so: the first one registered is the evidence. When
//!   that one is cancelled, the next one still registered takes its place.
//!
//! Postings happen one transaction at a time (a counter row is locked), so that two contracts never count the same subject twice.

mod chain;
mod organisations;
mod snapshots;
#[cfg(test)]
mod tests;
mod verify;
mod views;
mod yearly;

use std::collections::{HashMap, HashSet};

use keqiao_model::{Check, ContractState, Fields, Figure, OrganisationKind, ReceiptState, format_date, parse_date};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

pub(crate) use self::yearly::{Kept, yearly};
pub use self::{
    chain::{entry_hash, rebuild_sums, verify_chain},
    organisations::{OrganisationTotal, top_organisations},
    snapshots::{
        CLOSED_EXPORT_MAX, Closed, ClosedLine, ClosedMonth, Corrections, corrections, corrections_export, corrections_since_last, snapshot,
        snapshot_step, snapshots,
    },
    verify::{Difference, verify},
    views::{By, EXPORT_MAX, LedgerFilter, LedgerLine, LedgerSubject, Total, entries, export, total, totals, totals_within},
};
use crate::{
    Actor, CHINA, Error, Market, Result,
    contracts::today,
    db::{Subject, Tx, from_micros},
    entity::{
        audit, contract,
        ledger_entry::{ActiveModel, Column, Entity, Model},
        organisation, receipt,
    },
};

/// Counter row that every posting locks.
const LOCK: &str = "ledger";
/// End of the evidence of an entry that takes another back.
const REVERSAL: &str = ":reversal";
/// Audit action that keeps where the parties were when their contract was registered; they may move.
const COUNTED: &str = "contract.counted";
/// Longest name and certificate number of a trained person, characters.
const NAME_MAX: usize = 60;

/// Whether a figure counts distinct subjects instead of adding amounts.
fn counts_subjects(figure: Figure) -> bool {
    matches!(figure, Figure::AchievementsConverted | Figure::EnterprisesServed | Figure::BrokersTrained)
}

/// Where the parties were when a contract was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Places {
    seller: String,
    buyer: String,
}

/// What a registered contract is evidence of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    figure: Figure,
    /// Registration number, achievement id or credit code.
    subject: String,
    region: String,
    /// Whose money it is, of the figures by which organisations are compared.
    organisation: Option<Uuid>,
    amount: i64,
}

/// The day of registration in China.
fn registered_on(row: &contract::Model) -> Result<Date> {
    row.registered_at
        .map(|at| from_micros(at).to_offset(CHINA).date())
        .ok_or_else(|| Error::internal(format!("contract {} has no date of registration", row.number)))
}

/// Everything a registered contract is evidence of.
fn claims(
    market: &Market,
    row: &contract::Model,
    seller: &organisation::Model,
    buyer: &organisation::Model,
    places: &Places,
) -> Vec<Claim> {
    let inside = |region: &str| market.region(region).is_some();
    let register = row.registration_number.clone().unwrap_or_default();
    let mut claims = Vec::new();
    let mut add = |figure, subject: &str, region: &str, amount| {
        if amount != 0 {
            let organisation = match figure {
                Figure::ContractValue => Some(seller.id),
                Figure::AbsorbedValue => Some(buyer.id),
                _ => None,
            };
            claims.push(Claim { figure, subject: subject.to_owned(), region: region.to_owned(), organisation, amount });
        }
    };
    if inside(&places.seller) {
        add(Figure::ContractValue, &register, &places.seller, row.value);
        add(Figure::TechnicalValue, &register, &places.seller, row.technical_value);
    }
    if inside(&places.buyer) {
        add(Figure::AbsorbedValue, &register, &places.buyer, row.value);
    }
    let here = [&places.seller, &places.buyer].into_iter().find(|r| inside(r));
    if let (Some(achievement), Some(region)) = (row.achievement_id, here) {
        add(Figure::AchievementsConverted, &achievement.to_string(), region, 1);
    }
    for (party, region) in [(seller, &places.seller), (buyer, &places.buyer)] {
        if party.kind == OrganisationKind::Enterprise.code() && inside(region) {
            add(Figure::EnterprisesServed, &party.credit_code, region, 1);
        }
    }
    claims
}

/// The parties of contracts, by id.
async fn organisations<C: ConnectionTrait>(db: &C, rows: &[contract::Model]) -> Result<HashMap<Uuid, organisation::Model>> {
    let ids: HashSet<Uuid> = rows.iter().flat_map(|r| [r.seller_id, r.buyer_id]).collect();
    Ok(organisation::Entity::find().filter(organisation::Column::Id.is_in(ids)).all(db).await?.into_iter().map(|o| (o.id, o)).collect())
}

/// What each of some registered contracts is evidence of, in their order; the parties' places are those of the day of registration.
async fn claims_of<C: ConnectionTrait>(db: &C, market: &Market, rows: &[contract::Model]) -> Result<Vec<Vec<Claim>>> {
    let organisations = organisations(db, rows).await?;
    let kept = audit::Entity::find()
        .filter(audit::Column::SubjectKind.eq(Subject::Contract.code()))
        .filter(audit::Column::SubjectId.is_in(rows.iter().map(|r| r.id)))
        .filter(audit::Column::Action.eq(COUNTED))
        .order_by_asc(audit::Column::At)
        .order_by_asc(audit::Column::Id)
        .all(db)
        .await?;
    let places: HashMap<Uuid, Places> =
        kept.into_iter().filter_map(|a| Some((a.subject_id?, serde_json::from_str(&a.detail).ok()?))).collect();
    rows.iter()
        .map(|row| {
            let party =
                |id: Uuid| organisations.get(&id).ok_or_else(|| Error::internal(format!("contract {} without a party", row.number)));
            let (seller, buyer) = (party(row.seller_id)?, party(row.buyer_id)?);
            let now = || Places { seller: seller.region.clone(), buyer: buyer.region.clone() };
            let places = places.get(&row.id).cloned().unwrap_or_else(now);
            Ok(claims(market, row, seller, buyer, &places))
        })
        .collect()
}

/// Takes the ledger for this transaction; others wait until it ends.
async fn lock(tx: &Tx) -> Result<()> {
    tx.next(LOCK).await.map(|_| ())
}

/// What a subject counts now: 0 or 1.
async fn net(tx: &Tx, figure: Figure, subject: &str) -> Result<i64> {
    let sum: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Expr::col(Column::Amount).sum().cast_as("bigint"), "amount")
        .filter(Column::Figure.eq(figure.code()))
        .filter(Column::Subject.eq(subject))
        .into_tuple()
        .one(&**tx)
        .await?;
    Ok(sum.flatten().unwrap_or(0))
}

/// Posts what a contract is evidence of. A subject that counted by this contract before and was taken back gets evidence of its own.
async fn post(tx: &Tx, row: &contract::Model, claim: &Claim) -> Result<()> {
    let on = registered_on(row)?;
    let key = if counts_subjects(claim.figure) { claim.subject.as_str() } else { "1" };
    let earlier = Entity::find()
        .filter(Column::ContractId.eq(row.id))
        .filter(Column::Figure.eq(claim.figure.code()))
        .filter(Column::Subject.eq(claim.subject.as_str()))
        .filter(Column::Evidence.not_like(format!("%{REVERSAL}")))
        .count(&**tx)
        .await?;
    let again = if earlier > 0 { format!(":{}", earlier + 1) } else { String::new() };
    let entry = ActiveModel {
        figure: Set(claim.figure.code().to_owned()),
        subject: Set(claim.subject.clone()),
        evidence: Set(format!("contract:{}:{}:{key}{again}", row.id, claim.figure.code())),
        region: Set(claim.region.clone()),
        field: Set(row.field.clone()),
        contract_kind: Set(row.kind.clone()),
        on_date: Set(format_date(on)),
        note: Set(String::new()),
        contract_id: Set(Some(row.id)),
        organisation_id: Set(claim.organisation),
        amount: Set(claim.amount),
        year: Set(i64::from(on.year())),
        posted_at: Set(tx.now),
        ..Default::default()
    };
    chain::append(tx, entry).await
}

/// Keeps where the parties are now.
async fn keep_places(tx: &Tx, row: &contract::Model) -> Result<()> {
    let organisations = organisations(&**tx, std::slice::from_ref(row)).await?;
    let place = |id: Uuid| organisations.get(&id).map(|o| o.region.clone()).ok_or(Error::NotFound);
    let places = Places { seller: place(row.seller_id)?, buyer: place(row.buyer_id)? };
    tx.audit(COUNTED, Subject::Contract, Some(row.id), serde_json::to_value(&places)?).await
}

/// Posts a contract that was just registered.
pub(crate) async fn count(market: &Market, tx: &Tx, row: &contract::Model) -> Result<()> {
    lock(tx).await?;
    keep_places(tx, row).await?;
    for claim in claims_of(&**tx, market, std::slice::from_ref(row)).await?.into_iter().flatten() {
        if !counts_subjects(claim.figure) || net(tx, claim.figure, &claim.subject).await? == 0 {
            post(tx, row, &claim).await?;
        }
    }
    Ok(())
}

/// What counts of a contract now: entries that no reversal took back.
async fn standing(tx: &Tx, contract: Uuid) -> Result<Vec<Model>> {
    let posted = Entity::find().filter(Column::ContractId.eq(contract)).order_by_asc(Column::Seq).all(&**tx).await?;
    let written: HashSet<String> = posted.iter().map(|e| e.evidence.clone()).collect();
    Ok(posted.into_iter().filter(|e| !e.evidence.ends_with(REVERSAL) && !written.contains(&reversal(&e.evidence))).collect())
}

/// Takes one entry back, and posts its subject again with other evidence if there is any.
async fn take_back(market: &Market, tx: &Tx, entry: &Model, note: &str) -> Result<()> {
    reverse(tx, entry, note).await?;
    match Figure::from_code(&entry.figure).filter(|f| counts_subjects(*f)) {
        Some(figure) => recount(market, tx, figure, &entry.subject).await,
        None => Ok(()),
    }
}

/// Takes back what a contract posted whose registration was just cancelled; `note` is the code of the reason. Subjects that other registered
/// contracts are evidence of are posted again with the first of those.
pub(crate) async fn uncount(market: &Market, tx: &Tx, row: &contract::Model, note: &str) -> Result<()> {
    lock(tx).await?;
    for entry in standing(tx, row.id).await? {
        take_back(market, tx, &entry, note).await?;
    }
    Ok(())
}

/// Corrects what a registered contract posted after an amendment: what no longer holds is taken back, what holds now is posted, on the day of
/// registration. `note` says which amendment; with `moved`, the parties changed and count where they are now.
pub(crate) async fn recount_contract(market: &Market, tx: &Tx, row: &contract::Model, note: &str, moved: bool) -> Result<()> {
    lock(tx).await?;
    if moved {
        keep_places(tx, row).await?;
    }
    let claims: Vec<Claim> = claims_of(&**tx, market, std::slice::from_ref(row)).await?.into_iter().flatten().collect();
    let holds = |entry: &Model| {
        claims.iter().any(|c| {
            c.figure.code() == entry.figure
                && c.subject == entry.subject
                && c.region == entry.region
                && c.organisation == entry.organisation_id
                && c.amount == entry.amount
                && (row.field == entry.field && row.kind == entry.contract_kind)
        })
    };
    let standing = standing(tx, row.id).await?;
    for entry in standing.iter().filter(|e| e.figure != Figure::TechnicalIncome.code() && !holds(e)) {
        take_back(market, tx, entry, note).await?;
    }
    for claim in &claims {
        let stands = standing.iter().any(|e| e.figure == claim.figure.code() && e.subject == claim.subject && holds(e));
        if !stands && (!counts_subjects(claim.figure) || net(tx, claim.figure, &claim.subject).await? == 0) {
            post(tx, row, claim).await?;
        }
    }
    if moved { recount_receipts(tx, row, income_region(&claims), note).await } else { Ok(()) }
}

/// Where the receipts of a contract count: where its seller was when it was registered; nowhere when that is not in the city.
fn income_region(claims: &[Claim]) -> Option<&str> {
    claims.iter().find(|c| c.figure == Figure::ContractValue).map(|c| c.region.as_str())
}

/// Counts what was really received under a contract (技术性收入), on the day it was received, where its seller was when it was registered; nothing
/// when that is not in the city.
pub(crate) async fn count_receipt(market: &Market, tx: &Tx, row: &contract::Model, receipt: &receipt::Model) -> Result<()> {
    lock(tx).await?;
    let claims: Vec<Claim> = claims_of(&**tx, market, std::slice::from_ref(row)).await?.into_iter().flatten().collect();
    match income_region(&claims) {
        Some(region) => post_receipt(tx, row, receipt, region).await,
        None => Ok(()),
    }
}

/// Posts a receipt; one that was taken back before, because the seller is elsewhere, gets evidence of its own.
async fn post_receipt(tx: &Tx, row: &contract::Model, receipt: &receipt::Model, region: &str) -> Result<()> {
    let on =
        parse_date(&receipt.received_on).ok_or_else(|| Error::internal(format!("receipt {} on {}", receipt.id, receipt.received_on)))?;
    let earlier = Entity::find()
        .filter(Column::ContractId.eq(row.id))
        .filter(Column::Figure.eq(Figure::TechnicalIncome.code()))
        .filter(Column::Subject.eq(receipt.id.to_string()))
        .filter(Column::Evidence.not_like(format!("%{REVERSAL}")))
        .count(&**tx)
        .await?;
    let again = if earlier > 0 { format!(":{}", earlier + 1) } else { String::new() };
    let entry = ActiveModel {
        figure: Set(Figure::TechnicalIncome.code().to_owned()),
        subject: Set(receipt.id.to_string()),
        evidence: Set(format!("receipt:{}{again}", receipt.id)),
        region: Set(region.to_owned()),
        field: Set(row.field.clone()),
        contract_kind: Set(row.kind.clone()),
        on_date: Set(receipt.received_on.clone()),
        note: Set(String::new()),
        contract_id: Set(Some(row.id)),
        amount: Set(receipt.amount),
        year: Set(i64::from(on.year())),
        posted_at: Set(tx.now),
        ..Default::default()
    };
    chain::append(tx, entry).await
}

/// Counts the receipts of a contract whose parties changed where its seller is now.
async fn recount_receipts(tx: &Tx, row: &contract::Model, region: Option<&str>, note: &str) -> Result<()> {
    let counted: Vec<Model> = standing(tx, row.id).await?.into_iter().filter(|e| e.figure == Figure::TechnicalIncome.code()).collect();
    for entry in counted.iter().filter(|e| Some(e.region.as_str()) != region) {
        reverse(tx, entry, note).await?;
    }
    let Some(region) = region else { return Ok(()) };
    let receipts = receipt::Entity::find()
        .filter(receipt::Column::ContractId.eq(row.id))
        .filter(receipt::Column::State.eq(ReceiptState::Recorded.code()))
        .order_by_asc(receipt::Column::Id)
        .all(&**tx)
        .await?;
    for receipt in receipts {
        let subject = receipt.id.to_string();
        if !counted.iter().any(|e| e.subject == subject && e.region == region) {
            post_receipt(tx, row, &receipt, region).await?;
        }
    }
    Ok(())
}

/// Takes back what a receipt posted, when it still counts.
pub(crate) async fn uncount_receipt(market: &Market, tx: &Tx, receipt: &receipt::Model, note: &str) -> Result<()> {
    lock(tx).await?;
    let subject = receipt.id.to_string();
    for entry in standing(tx, receipt.contract_id).await?.iter().filter(|e| e.subject == subject) {
        take_back(market, tx, entry, note).await?;
    }
    Ok(())
}

fn reversal(evidence: &str) -> String {
    format!("{evidence}{REVERSAL}")
}

/// Posts an entry once more, negative, on its own day, so that the totals of its year net out.
async fn reverse(tx: &Tx, entry: &Model, note: &str) -> Result<()> {
    let reversed = ActiveModel {
        figure: Set(entry.figure.clone()),
        subject: Set(entry.subject.clone()),
        evidence: Set(reversal(&entry.evidence)),
        region: Set(entry.region.clone()),
        field: Set(entry.field.clone()),
        contract_kind: Set(entry.contract_kind.clone()),
        on_date: Set(entry.on_date.clone()),
        note: Set(note.to_owned()),
        contract_id: Set(entry.contract_id),
        organisation_id: Set(entry.organisation_id),
        amount: Set(-entry.amount),
        year: Set(entry.year),
        posted_at: Set(tx.now),
        ..Default::default()
    };
    chain::append(tx, reversed).await
}

/// Posts a subject that lost its evidence again, with the first contract still registered that is evidence of it, if any.
async fn recount(market: &Market, tx: &Tx, figure: Figure, subject: &str) -> Result<()> {
    if net(tx, figure, subject).await? != 0 {
        return Ok(());
    }
    let about = if figure == Figure::AchievementsConverted {
        let achievement: Uuid = subject.parse().map_err(|_| Error::internal(format!("ledger subject {subject}")))?;
        Condition::all().add(contract::Column::AchievementId.eq(achievement))
    } else {
        let Some(party) = organisation::Entity::find().filter(organisation::Column::CreditCode.eq(subject)).one(&**tx).await? else {
            return Ok(());
        };
        Condition::any().add(contract::Column::SellerId.eq(party.id)).add(contract::Column::BuyerId.eq(party.id))
    };
    let others = contract::Entity::find()
        .filter(contract::Column::State.is_in(ContractState::IN_REGISTER.map(ContractState::code)))
        .filter(about)
        .order_by_asc(contract::Column::RegisteredAt)
        .order_by_asc(contract::Column::Id);
    let mut offset = 0;
    // Nearly always the first one is evidence; it is not when the party was elsewhere on its day.
    loop {
        let rows = others.clone().offset(offset).limit(20).all(&**tx).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for (row, claims) in rows.iter().zip(claims_of(&**tx, market, &rows).await?) {
            if let Some(claim) = claims.iter().find(|c| c.figure == figure && c.subject == subject) {
                return post(tx, row, claim).await;
            }
        }
        offset += 20;
    }
}

/// A certificate as it is compared: upper case, without white space and hyphens.
fn certificate_key(certificate: &str) -> String {
    certificate.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect()
}

/// Records that a person passed the training of technology managers (培训技术经理人: distinct people who passed; domain rules, section 7); one
/// entry a certificate. Fields: `person_name`, `certificate`, `passed_on`. For officers, who answer for it with their region.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but officers; [`Error::Invalid`] at the fields, `certificate_counted` when the certificate
/// counts already.
pub async fn record_training(market: &Market, actor: &Actor, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let region = actor.signed_in()?.officer.clone().ok_or(Error::Forbidden)?;
    let mut check = Check::new();
    let name = check.required("person_name", fields.value("person_name"), NAME_MAX);
    let certificate = certificate_key(&check.required("certificate", fields.value("certificate"), NAME_MAX));
    let typed = fields.value("passed_on").trim();
    let passed_on = parse_date(typed);
    check.ensure(passed_on.is_some(), "passed_on", if typed.is_empty() { "required" } else { "date" });
    check.ensure(passed_on.is_none_or(|day| day <= today(market)), "passed_on", "future");
    check.finish(())?;
    let passed_on = passed_on.ok_or_else(|| Error::field("passed_on", "date"))?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    lock(&tx).await?;
    if net(&tx, Figure::BrokersTrained, &certificate).await? != 0 {
        return Err(Error::field("certificate", "certificate_counted"));
    }
    // A training taken back may be recorded again, correctly.
    let earlier = Entity::find()
        .filter(Column::Figure.eq(Figure::BrokersTrained.code()))
        .filter(Column::Subject.eq(certificate.as_str()))
        .filter(Column::Amount.gt(0))
        .count(&*tx)
        .await?;
    let entry = ActiveModel {
        figure: Set(Figure::BrokersTrained.code().to_owned()),
        subject: Set(certificate.clone()),
        evidence: Set(format!("training:{certificate}:{}", earlier + 1)),
        region: Set(region),
        field: Set(String::new()),
        contract_kind: Set(String::new()),
        on_date: Set(format_date(passed_on)),
        note: Set(name),
        contract_id: Set(None),
        amount: Set(1),
        year: Set(i64::from(passed_on.year())),
        posted_at: Set(tx.now),
        ..Default::default()
    };
    chain::append(&tx, entry).await?;
    tx.audit("ledger.training", Subject::Target, None, json!({ "certificate": certificate })).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Takes back a training that was recorded by mistake, by a reversal.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but officers of the region it counts in; [`Error::NotFound`] when it does not count;
/// [`Error::Invalid`] without a reason.
pub async fn cancel_training(market: &Market, actor: &Actor, certificate: &str, reason: &str, once: Option<Uuid>) -> Result<()> {
    if actor.signed_in()?.officer.is_none() {
        return Err(Error::Forbidden);
    }
    let mut check = Check::new();
    let reason = check.optional("reason", reason, keqiao_model::TEXT_MAX);
    check.ensure(!reason.is_empty(), "reason", "reason_required");
    check.finish(())?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    lock(&tx).await?;
    let certificate = certificate_key(certificate);
    let entry = Entity::find()
        .filter(Column::Figure.eq(Figure::BrokersTrained.code()))
        .filter(Column::Subject.eq(certificate.as_str()))
        .order_by_desc(Column::Seq)
        .one(&*tx)
        .await?
        .filter(|e| e.amount > 0)
        .ok_or(Error::NotFound)?;
    if !actor.is_officer_of(&entry.region) {
        return Err(Error::Forbidden);
    }
    reverse(&tx, &entry, &reason).await?;
    tx.audit("ledger.training_cancelled", Subject::Target, None, json!({ "certificate": certificate })).await?;
    tx.result("").await?;
    tx.commit().await
}

/// When something was last posted.
///
/// # Errors
/// [`Error::Internal`].
pub async fn last_posted(market: &Market) -> Result<Option<OffsetDateTime>> {
    Ok(Entity::find().order_by_desc(Column::Seq).one(&market.db).await?.map(|e| from_micros(e.posted_at)))
}
