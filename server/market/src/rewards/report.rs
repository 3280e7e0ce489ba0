//! A unit's annual report on the conversion of its achievements (促进科技成果转化法 21), and what the tax on its transfer income comes to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keqiao_model::{
    ContractKind, ContractState, Fen, ListingKind, OrganisationKind, ReceiptState, RewardState, RuleKind, TaxRelief, tax_relief,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use time::{Date, Month};
use uuid::Uuid;

use super::{regions_of, views::RewardSummary, views::summaries as reward_summaries};
use crate::{
    Actor, CHINA, Error, Market, Paged, Result,
    contracts::{start_of_year, summaries},
    entity::{contract, listing, organisation, receipt, reward, reward_share},
    listings::kind_code,
    paging::fetch,
    rules::{self, Rule},
};

/// Rows of one question to the database.
const CHUNK: usize = 500;

/// Conversions of one kind of contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportKind {
    /// 合同类别.
    pub kind: ContractKind,
    /// Contracts registered in the year.
    pub contracts: i64,
    /// Their 成交额.
    pub value: Fen,
    /// Their 技术交易额.
    pub technical_value: Fen,
    /// Received in the year, also under contracts registered before.
    pub received: Fen,
}

/// One contract of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportContract {
    /// Number people see.
    pub number: String,
    /// 登记编号.
    pub registration_number: String,
    /// 项目名称.
    pub title: String,
    /// Name of the buyer.
    pub buyer: String,
    /// 合同类别.
    pub kind: ContractKind,
    /// The day it was registered.
    pub registered_on: Date,
    /// 成交额.
    pub value: Fen,
}

/// What the law saves on the transfer income of a year. Advice, no assessment: costs are not known here, nor whether the buyer is related.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxNote {
    /// The year.
    pub year: i32,
    /// Received under contracts of transfer and licence.
    pub income: Fen,
    /// What follows.
    pub relief: TaxRelief,
    /// How much is exempt.
    pub exempt: Rule,
    /// The rate of the tax, per mille.
    pub rate: Rule,
}

/// The report of one unit on one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnualReport {
    /// Id and name of the unit.
    pub unit: (Uuid, String),
    /// 统一社会信用代码.
    pub credit_code: String,
    /// The year.
    pub year: i32,
    /// Achievements published in the year.
    pub listed: u64,
    /// Achievements published until its end.
    pub listed_in_all: u64,
    /// Distinct achievements that contracts of the year convert.
    pub converted: usize,
    /// Conversions by kind of contract; kinds without any are left out.
    pub kinds: Vec<ReportKind>,
    /// The contracts registered in the year.
    pub contracts: Vec<ReportContract>,
    /// Splits approved in the year.
    pub splits: Vec<RewardSummary>,
    /// Who was rewarded by them, and with how much in all.
    pub people: Vec<(String, Fen)>,
    /// The tax note, while its rules are there.
    pub tax: Option<TaxNote>,
}

impl AnnualReport {
    /// Contracts of the year.
    pub fn count(&self) -> i64 {
        self.kinds.iter().map(|k| k.contracts).sum()
    }

    /// Their 成交额.
    pub fn value(&self) -> Fen {
        Fen::new(self.kinds.iter().map(|k| k.value.fen()).sum())
    }

    /// Their 技术交易额.
    pub fn technical_value(&self) -> Fen {
        Fen::new(self.kinds.iter().map(|k| k.technical_value.fen()).sum())
    }

    /// Received in the year.
    pub fn received(&self) -> Fen {
        Fen::new(self.kinds.iter().map(|k| k.received.fen()).sum())
    }

    /// Income, net income and reward of the splits.
    pub fn rewarded(&self) -> (Fen, Fen, Fen) {
        let sum = |of: &dyn Fn(&RewardSummary) -> Fen| Fen::new(self.splits.iter().map(|s| of(s).fen()).sum());
        (sum(&|s| s.income), sum(&RewardSummary::net), sum(&|s| s.pool))
    }

    /// Whether there is nothing to report but achievements.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.splits.is_empty() && self.listed == 0
    }
}

/// The unit whose report the actor may read: a member's own, or one of an officer's region.
async fn readable(market: &Market, actor: &Actor, organisation: Option<Uuid>) -> Result<organisation::Model> {
    actor.signed_in()?;
    let id = organisation.or_else(|| actor.organisation().map(|o| o.id)).ok_or(Error::NotFound)?;
    let row = organisation::Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let reads = actor.belongs_to(row.id) || actor.is_officer_of(&row.region);
    if reads && row.kind == OrganisationKind::Institute.code() { Ok(row) } else { Err(Error::NotFound) }
}

/// The units an officer may read the reports of, by name.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone but an officer.
pub async fn units(market: &Market, actor: &Actor, page: u64) -> Result<Paged<(Uuid, String)>> {
    actor.signed_in()?;
    if !actor.is_officer() {
        return Err(Error::NotFound);
    }
    let query = organisation::Entity::find()
        .filter(organisation::Column::Kind.eq(OrganisationKind::Institute.code()))
        .filter(organisation::Column::Region.is_in(regions_of(market, actor)))
        .order_by_asc(organisation::Column::Name)
        .order_by_asc(organisation::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(rows.into_iter().map(|o| (o.id, o.name)).collect()))
}

/// What was received in a year by kind of contract, under the contracts in the register that the unit sold.
async fn received(market: &Market, unit: Uuid, year: i32) -> Result<BTreeMap<ContractKind, i64>> {
    let sold = contract::Entity::find()
        .select_only()
        .column(contract::Column::Id)
        .filter(contract::Column::SellerId.eq(unit))
        .filter(contract::Column::State.is_in(ContractState::IN_REGISTER.map(ContractState::code)));
    let rows: Vec<(Uuid, i64)> = receipt::Entity::find()
        .select_only()
        .columns([receipt::Column::ContractId, receipt::Column::Amount])
        .filter(receipt::Column::State.eq(ReceiptState::Recorded.code()))
        .filter(receipt::Column::ReceivedOn.gte(format!("{year:04}-01-01")))
        .filter(receipt::Column::ReceivedOn.lte(format!("{year:04}-12-31")))
        .filter(receipt::Column::ContractId.in_subquery(sold.into_query()))
        .into_tuple()
        .all(&market.db)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>().into_iter().collect();
    let mut kinds: HashMap<Uuid, String> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let found: Vec<(Uuid, String)> = contract::Entity::find()
            .select_only()
            .columns([contract::Column::Id, contract::Column::Kind])
            .filter(contract::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(&market.db)
            .await?;
        kinds.extend(found);
    }
    let mut received = BTreeMap::new();
    for (id, amount) in rows {
        if let Some(kind) = kinds.get(&id).and_then(|k| ContractKind::from_code(k)) {
            let sum: &mut i64 = received.entry(kind).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    Ok(received)
}

async fn note(market: &Market, year: i32, received: &BTreeMap<ContractKind, i64>) -> Result<Option<TaxNote>> {
    let end = Date::from_calendar_date(year, Month::December, 31).map_err(Error::internal)?;
    let exempt = rules::in_force(&market.db, RuleKind::TaxExempt, "", end).await?;
    let rate = rules::in_force(&market.db, RuleKind::TaxRate, "", end).await?;
    let (Some(exempt), Some(rate)) = (exempt, rate) else { return Ok(None) };
    let income = Fen::new(received.iter().filter(|(kind, _)| kind.is_transfer()).map(|(_, amount)| amount).sum());
    Ok(Some(TaxNote { year, income, relief: tax_relief(income, Fen::new(exempt.value), rate.value), exempt, rate }))
}

/// What the tax on a unit's transfer income of a year comes to, for its members; nothing for everyone else, and before the rules begin.
///
/// # Errors
/// [`Error::Internal`].
pub async fn tax_note(market: &Market, actor: &Actor, unit: Uuid, year: i32) -> Result<Option<TaxNote>> {
    if !actor.belongs_to(unit) {
        return Ok(None);
    }
    let received = received(market, unit, year).await?;
    note(market, year, &received).await
}

/// The report of a unit on a year: of the organisation acted for, or of one that the actor may read.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for everyone but the unit's members and officers of its region, and when it is no institute.
pub async fn annual_report(market: &Market, actor: &Actor, organisation: Option<Uuid>, year: i32) -> Result<AnnualReport> {
    let unit = readable(market, actor, organisation).await?;
    let (begin, end) = (start_of_year(year), start_of_year(year.saturating_add(1)));
    let published = |from: i64| {
        listing::Entity::find()
            .filter(listing::Column::OrganisationId.eq(unit.id))
            .filter(listing::Column::Kind.eq(kind_code(ListingKind::Achievement)))
            .filter(Condition::all().add(listing::Column::PublishedAt.gte(from)).add(listing::Column::PublishedAt.lt(end)))
            .count(&market.db)
    };
    let rows = contract::Entity::find()
        .filter(contract::Column::SellerId.eq(unit.id))
        .filter(contract::Column::State.is_in(ContractState::IN_REGISTER.map(ContractState::code)))
        .filter(contract::Column::RegisteredAt.gte(begin))
        .filter(contract::Column::RegisteredAt.lt(end))
        .order_by_asc(contract::Column::RegisteredAt)
        .order_by_asc(contract::Column::Id)
        .all(&market.db)
        .await?;
    let converted = rows.iter().filter_map(|r| r.achievement_id).collect::<BTreeSet<_>>().len();
    let received = received(market, unit.id, year).await?;
    let mut kinds: BTreeMap<ContractKind, ReportKind> = BTreeMap::new();
    let blank = |kind| ReportKind { kind, contracts: 0, value: Fen::ZERO, technical_value: Fen::ZERO, received: Fen::ZERO };
    let mut contracts = Vec::new();
    for c in summaries(&market.db, &rows).await? {
        let line = kinds.entry(c.kind).or_insert_with(|| blank(c.kind));
        line.contracts += 1;
        line.value = Fen::new(line.value.fen().saturating_add(c.value.fen()));
        line.technical_value = Fen::new(line.technical_value.fen().saturating_add(c.technical_value.fen()));
        contracts.push(ReportContract {
            number: c.number,
            registration_number: c.registration_number.unwrap_or_default(),
            title: c.title,
            buyer: c.buyer.1,
            kind: c.kind,
            registered_on: c.registered_at.map_or(c.signed_on, |at| at.to_offset(CHINA).date()),
            value: c.value,
        });
    }
    for (kind, amount) in &received {
        kinds.entry(*kind).or_insert_with(|| blank(*kind)).received = Fen::new(*amount);
    }
    let approved = reward::Entity::find()
        .filter(reward::Column::OrganisationId.eq(unit.id))
        .filter(reward::Column::State.eq(RewardState::Approved.code()))
        .filter(reward::Column::ApprovedAt.gte(begin))
        .filter(reward::Column::ApprovedAt.lt(end))
        .order_by_asc(reward::Column::ApprovedAt)
        .order_by_asc(reward::Column::Id)
        .all(&market.db)
        .await?;
    let tax = note(market, year, &received).await?;
    Ok(AnnualReport {
        listed: published(begin).await?,
        listed_in_all: published(i64::MIN).await?,
        converted,
        kinds: kinds.into_values().collect(),
        contracts,
        people: people(market, &approved).await?,
        splits: reward_summaries(&market.db, &approved).await?,
        tax,
        year,
        credit_code: unit.credit_code,
        unit: (unit.id, unit.name),
    })
}

/// Who was rewarded, with how much in all, by name.
async fn people(market: &Market, splits: &[reward::Model]) -> Result<Vec<(String, Fen)>> {
    let mut people: BTreeMap<String, i64> = BTreeMap::new();
    let ids: Vec<Uuid> = splits.iter().map(|s| s.id).collect();
    for chunk in ids.chunks(CHUNK) {
        let shares =
            reward_share::Entity::find().filter(reward_share::Column::RewardId.is_in(chunk.iter().copied())).all(&market.db).await?;
        for share in shares {
            let sum = people.entry(share.name).or_default();
            *sum = sum.saturating_add(share.amount);
        }
    }
    Ok(people.into_iter().map(|(name, amount)| (name, Fen::new(amount))).collect())
}
