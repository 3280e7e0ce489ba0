//! Technology contracts and their registration (技术合同认定登记; domain rules, section 1): the seller hands in, an officer of the region
//! registers, and what is registered counts in the ledger.

mod amendments;
mod certificates;
mod clauses;
mod drafts;
mod export;
mod findings;
mod form;
mod import;
pub(crate) mod likeness;
mod queue;
mod registration;
mod related;
pub(crate) mod reminders;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
mod views;

use keqiao_model::{
    Check, Coded, ContractContent, ContractKind, ContractState, ContractSubkind, CreditCode, Fen, Field, FieldError, Fields, LegalKind,
    ListingKind, OUTSIDE, OrganisationContent, OrganisationKind, Party, PaymentWay, RegistrationData, format_date, parse_date,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use time::Date;
use uuid::Uuid;

pub use self::{
    amendments::{
        AMENDMENT_REASON_MAX, AmendmentDetail, AmendmentQueueItem, AmendmentView, Amendments, Change, amendment_queue,
        amendment_queue_count, amendments, decide_amendment, propose_amendment,
    },
    certificates::{Certificate, Checked, certificate, certificate_code, check_certificate},
    drafts::{Draft, draft, drop_draft, keep_draft},
    export::{RegisterDetail, RegisterLine, export},
    findings::{Finding, FindingAnswer, FindingKind, answer_finding, findings},
    form::{SectionView, save_section, sections},
    import::{
        ImportRow, ImportSummary, ImportView, RegisterColumn, column_head, columns, commit_import, discard_import, import_batch,
        import_batches, import_problems, preview_import, purge_imports, resume_imports,
    },
    queue::{contract_queue, contract_queue_count, missing_holidays},
    registration::move_contract,
    related::declare_related,
    texts::{ContractText, TextFile, TextRead, text_step, texts},
    views::{ContractDetail, ContractParty, ContractSummary, ContractView, EXPORT_MAX, Filter, Scope, contract, contracts},
};
pub(crate) use self::{
    texts::{expect_text, forget_text},
    views::{start_of_year, summaries, summaries_by_id},
};
use crate::{
    Actor, Error, Market, Result,
    db::{Subject, Tx, from_micros},
    deals,
    entity::{contract as table, deal, organisation},
    listings, organisations, room,
};

/// Longest name of a buyer, characters.
const NAME_MAX: usize = 120;

pub(crate) fn state_of(row: &table::Model) -> Result<ContractState> {
    ContractState::from_code(&row.state).ok_or_else(|| Error::internal(format!("contract state {}", row.state)))
}

/// Everything a row says.
pub(crate) fn content_of(row: &table::Model) -> Result<ContractContent> {
    let unknown = |what: &str, stored: &str| Error::internal(format!("contract {} with {what} {stored}", row.number));
    let date = |stored: &str| parse_date(stored).ok_or_else(|| unknown("date", stored));
    Ok(ContractContent {
        title: row.title.clone(),
        kind: ContractKind::from_code(&row.kind).ok_or_else(|| unknown("kind", &row.kind))?,
        subkind: ContractSubkind::from_code(&row.subkind).ok_or_else(|| unknown("subkind", &row.subkind))?,
        field: Field::from_code(&row.field).ok_or_else(|| unknown("field", &row.field))?,
        signed_on: date(&row.signed_on)?,
        starts_on: date(&row.starts_on)?,
        ends_on: date(&row.ends_on)?,
        value: Fen::new(row.value),
        technical_value: Fen::new(row.technical_value),
        payment: PaymentWay::from_code(&row.payment).ok_or_else(|| unknown("payment", &row.payment))?,
        summary: row.summary.clone(),
    })
}

/// What a row says of the rest of the registration form.
pub(crate) fn registration_of(row: &table::Model) -> Result<RegistrationData> {
    fn code<T: Coded>(row: &table::Model, stored: &str) -> Result<Option<T>> {
        let unknown = || Error::internal(format!("contract {} with {} {stored}", row.number, T::GROUP));
        if stored.is_empty() { Ok(None) } else { T::from_code(stored).map(Some).ok_or_else(unknown) }
    }
    Ok(RegistrationData {
        industry: row.industry.clone(),
        objective: code(row, &row.objective)?,
        plan_source: code(row, &row.plan_source)?,
        new_input: row.new_input.map(Fen::new),
        new_output: row.new_output.map(Fen::new),
        deductions: serde_json::from_str(&row.deductions)?,
        payments: serde_json::from_str(&row.payments)?,
        royalty_base: code(row, &row.royalty_base)?,
        ip: code(row, &row.ip)?,
        ip_numbers: row.ip_numbers.lines().map(str::to_owned).collect(),
        ip_share: row.ip_share.clone(),
        licence: code(row, &row.licence)?,
        clauses: serde_json::from_str(&row.clauses)?,
    })
}

/// Writes what was read from a form into a row about to be saved.
fn fill(row: &mut table::ActiveModel, content: &ContractContent, data: &RegistrationData) -> Result<()> {
    row.title = Set(content.title.clone());
    row.kind = Set(content.kind.code().to_owned());
    row.subkind = Set(content.subkind.code().to_owned());
    row.field = Set(content.field.code().to_owned());
    row.signed_on = Set(format_date(content.signed_on));
    row.starts_on = Set(format_date(content.starts_on));
    row.ends_on = Set(format_date(content.ends_on));
    row.value = Set(content.value.fen());
    row.technical_value = Set(content.technical_value.fen());
    row.payment = Set(content.payment.code().to_owned());
    row.summary = Set(content.summary.clone());
    row.industry = Set(data.industry.clone());
    row.objective = Set(data.objective.map_or("", |o| o.code()).to_owned());
    row.plan_source = Set(data.plan_source.map_or("", |p| p.code()).to_owned());
    row.new_input = Set(data.new_input.map(Fen::fen));
    row.new_output = Set(data.new_output.map(Fen::fen));
    row.deductions = Set(serde_json::to_string(&data.deductions)?);
    row.payments = Set(serde_json::to_string(&data.payments)?);
    row.royalty_base = Set(data.royalty_base.map_or("", |b| b.code()).to_owned());
    row.ip = Set(data.ip.map_or("", |i| i.code()).to_owned());
    row.ip_numbers = Set(data.ip_numbers.join("\n"));
    row.ip_share = Set(data.ip_share.clone());
    row.licence = Set(data.licence.map_or("", |l| l.code()).to_owned());
    row.clauses = Set(serde_json::to_string(&data.clauses)?);
    Ok(())
}

pub(crate) async fn find<C: ConnectionTrait>(db: &C, number: &str) -> Result<table::Model> {
    table::Entity::find().filter(table::Column::Number.eq(number)).one(db).await?.ok_or(Error::NotFound)
}

async fn find_by_id<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<table::Model> {
    table::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// Takes the row lock of a contract for the rest of the transaction: what is added up over its receipts, milestones and splits follows one another.
pub(crate) async fn lock(tx: &Tx, id: Uuid) -> Result<table::Model> {
    table::Entity::update_many()
        .col_expr(table::Column::Version, Expr::col(table::Column::Version))
        .filter(table::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    find_by_id(&**tx, id).await
}

/// The day it is in China.
pub(crate) fn today(market: &Market) -> Date {
    market.now().to_offset(crate::CHINA).date()
}

/// Whether the actor belongs to the seller or the buyer.
fn has_part(actor: &Actor, row: &table::Model) -> bool {
    actor.belongs_to(row.seller_id) || actor.belongs_to(row.buyer_id)
}

/// Whether the actor is an officer who answers for the contract's region; contracts of two outsiders are for the city's officers.
fn answers_for(market: &Market, actor: &Actor, row: &table::Model) -> bool {
    actor.is_officer_of(&row.region) || (row.region == OUTSIDE && actor.is_officer_of(&market.config.city))
}

/// Which parties of the state table an actor is for a contract: the seller owns it, because the seller registers; no officer decides on a
/// contract of an organisation of the officer's own (domain rules, section 1 "Registration").
fn parties(market: &Market, actor: &Actor, row: &table::Model) -> Vec<Party> {
    if *actor == Actor::System {
        return vec![Party::Owner, Party::Officer, Party::System];
    }
    let mut parties = Vec::new();
    if actor.belongs_to(row.seller_id) {
        parties.push(Party::Owner);
    }
    if answers_for(market, actor, row) && !has_part(actor, row) {
        parties.push(Party::Officer);
    }
    parties
}

/// Whether the actor may read everything of a contract in any state: its parties, officers of its region, the broker of its deal,
/// administrators.
pub(crate) async fn is_insider<C: ConnectionTrait>(db: &C, market: &Market, actor: &Actor, row: &table::Model) -> Result<bool> {
    // No officer sees a draft.
    let handed_in = row.state != ContractState::Draft.code();
    if has_part(actor, row) || (handed_in && answers_for(market, actor, row)) || actor.is_admin() || *actor == Actor::System {
        return Ok(true);
    }
    let (Some(person), Some(deal)) = (actor.id(), row.deal_id) else { return Ok(false) };
    Ok(deal::Entity::find_by_id(deal).one(db).await?.is_some_and(|d| d.broker_id == Some(person)))
}

/// What kind of organisation the market takes a buyer for that it does not know, by the first characters of its credit code
/// (GB 32100-2015: 9 for enterprises, 1 for public institutions, 5 for social organisations).
fn kinds_of(code: &CreditCode) -> (OrganisationKind, LegalKind) {
    match code.as_str().get(..2).unwrap_or_default() {
        "92" => (OrganisationKind::Enterprise, LegalKind::Individual),
        "11" => (OrganisationKind::Institute, LegalKind::Government),
        "12" => (OrganisationKind::Institute, LegalKind::OtherInstitution),
        other if other.starts_with('5') => (OrganisationKind::Institute, LegalKind::Association),
        _ => (OrganisationKind::Enterprise, LegalKind::Limited),
    }
}

/// Reads the buyer of a contract that comes from no deal: `buyer_credit_code` and `buyer_name` are required; `buyer_kind`,
/// `buyer_legal_kind` and `buyer_region` follow from the credit code unless they are typed. They matter only when the market does not know
/// the organisation yet.
fn read_buyer(market: &Market, fields: &Fields) -> std::result::Result<OrganisationContent, Vec<FieldError>> {
    let mut check = Check::new();
    let typed = fields.value("buyer_credit_code");
    let code = if typed.trim().is_empty() {
        check.refuse(FieldError::new("buyer_credit_code", "required"));
        None
    } else {
        check.take(CreditCode::parse(typed), |e| e.at("buyer_credit_code"))
    };
    let name = check.required("buyer_name", fields.value("buyer_name"), NAME_MAX);
    let kind = fields.value("buyer_kind").trim();
    check.ensure(kind.is_empty() || OrganisationKind::from_code(kind).is_some(), "buyer_kind", "choice");
    let legal_kind = fields.value("buyer_legal_kind").trim();
    check.ensure(legal_kind.is_empty() || LegalKind::from_code(legal_kind).is_some(), "buyer_legal_kind", "choice");
    let region = fields.value("buyer_region").trim();
    check.ensure(region.is_empty() || region == OUTSIDE || market.region(region).is_some(), "buyer_region", "choice");
    let Some(code) = code else { return check.finish(()).and_then(|()| Err(vec![FieldError::new("", "refused")])) };
    let (likely_kind, likely_legal_kind) = kinds_of(&code);
    let likely_region = if market.region(code.region()).is_some() { code.region() } else { OUTSIDE };
    check.finish(OrganisationContent {
        name,
        name_en: String::new(),
        kind: OrganisationKind::from_code(kind).unwrap_or(likely_kind),
        legal_kind: LegalKind::from_code(legal_kind).unwrap_or(likely_legal_kind),
        region: if region.is_empty() { likely_region } else { region }.to_owned(),
        industry: String::new(),
        summary: String::new(),
        website: String::new(),
        credit_code: code,
    })
}

/// Both results, or the reasons of both.
pub(crate) fn both<A, B>(
    a: std::result::Result<A, Vec<FieldError>>,
    b: std::result::Result<B, Vec<FieldError>>,
) -> std::result::Result<(A, B), Vec<FieldError>> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => Err(a.err().into_iter().chain(b.err()).flatten().collect()),
    }
}

/// Where a contract is registered: at the seller's place (输出), or at the buyer's when only the buyer is in the city (吸纳). Domain rules,
/// section 1 "Registration" and section 7.
fn region_of(market: &Market, seller: &organisation::Model, buyer: &organisation::Model) -> String {
    let inside = [seller, buyer].into_iter().find(|o| market.region(&o.region).is_some());
    inside.map_or_else(|| OUTSIDE.to_owned(), |o| o.region.clone())
}

async fn organisation_of(tx: &Tx, id: Uuid) -> Result<organisation::Model> {
    organisation::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)
}

/// The achievement named by the field `achievement` (`CG-…`), which the seller must own; empty for none.
async fn named_achievement(tx: &Tx, seller: Uuid, fields: &Fields) -> Result<Option<Uuid>> {
    let number = fields.value("achievement").trim();
    if number.is_empty() {
        return Ok(None);
    }
    match listings::find(&**tx, ListingKind::Achievement, number).await {
        Ok(row) if row.organisation_id == seller => Ok(Some(row.id)),
        Ok(_) | Err(Error::NotFound) => Err(Error::field("achievement", "choice")),
        Err(error) => Err(error),
    }
}

/// The other side of a contract that comes from no deal; entered when the market does not know it.
async fn named_buyer(tx: &Tx, seller: Uuid, buyer: &OrganisationContent) -> Result<organisation::Model> {
    let (buyer, _) = organisations::find_or_create(tx, buyer).await?;
    if buyer.id == seller { Err(Error::field("buyer_credit_code", "same_party")) } else { Ok(buyer) }
}

/// Records a contract as a draft; answers its number (`HT-2026-000001`). From a deal either side may, and seller, buyer, demand and
/// achievement come from it; the deal is signed with it. Without a deal, whoever acts for the seller names the buyer (`buyer_credit_code`,
/// `buyer_name`; see the fields of the contract in [`ContractContent::read`]) and, if one was converted, the `achievement`. What the rest of the
/// form asks ([`RegistrationData::read`]) is saved as far as it is given.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for a deal of others; [`Error::Stale`] when the deal moved meanwhile; [`Error::Invalid`] with every
/// reason at its field: of the contract and the buyer, `contract_exists` when the deal has its contract, `not_your_turn` when the deal is not at
/// its terms, `no_organisation`, `same_party`.
pub async fn create_contract(
    market: &Market,
    actor: &Actor,
    deal_number: Option<&str>,
    fields: &Fields,
    once: Option<Uuid>,
) -> Result<String> {
    actor.signed_in()?;
    let content = both(ContractContent::read(fields, today(market)), RegistrationData::read(fields));
    let ((content, data), buyer) = match deal_number {
        Some(_) => (content?, None),
        None => both(content, read_buyer(market, fields)).map(|(content, buyer)| (content, Some(buyer)))?,
    };
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(number) = before {
        return Ok(number);
    }
    let mut row: table::ActiveModel = Default::default();
    let (seller, buyer) = match (deal_number, buyer) {
        (Some(number), _) => {
            let deal = room::locked_member(&tx, actor, number).await?;
            if table::Entity::find().filter(table::Column::DealId.eq(deal.id)).one(&*tx).await?.is_some() {
                return Err(Error::field("", "contract_exists"));
            }
            deals::sign(&tx, actor, &deal, content.signed_on).await?;
            row.deal_id = Set(Some(deal.id));
            row.demand_id = Set(deal.demand_id);
            row.achievement_id = Set(deal.achievement_id);
            (organisation_of(&tx, deal.seller_id).await?, organisation_of(&tx, deal.buyer_id).await?)
        }
        (None, Some(buyer)) => {
            let acting = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
            let seller = organisation_of(&tx, acting.id).await?;
            row.achievement_id = Set(named_achievement(&tx, seller.id, fields).await?);
            let buyer = named_buyer(&tx, seller.id, &buyer).await?;
            (seller, buyer)
        }
        (None, None) => return Err(Error::internal("a contract without a buyer")),
    };
    fill(&mut row, &content, &data)?;
    row.id = Set(Uuid::now_v7());
    row.number = Set(tx.number("HT", from_micros(tx.now).to_offset(crate::CHINA).year()).await?);
    row.region = Set(region_of(market, &seller, &buyer));
    row.state = Set(ContractState::Draft.code().to_owned());
    row.code = Set(String::new());
    row.reason = Set(String::new());
    row.seller_id = Set(seller.id);
    row.buyer_id = Set(buyer.id);
    row.person_id = Set(actor.id());
    row.created_at = Set(tx.now);
    row.updated_at = Set(tx.now);
    row.version = Set(1);
    let row = row.insert(&*tx).await?;
    tx.audit("contract.create", Subject::Contract, Some(row.id), json!({ "number": row.number })).await?;
    tx.result(&row.number).await?;
    tx.commit().await?;
    Ok(row.number)
}
