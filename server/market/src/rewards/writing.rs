//! Writing a split: what its form begins with, and saving it as a draft or proposing it.

use std::collections::HashMap;

use keqiao_model::{
    Check, ConversionWay, Fen, FieldError, Fields, ListingBody, ListingKind, ListingState, RewardContent, RewardMove, RewardState,
    Stateful, Strictness, format_date, format_percent, parse_date, reward_floor,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde_json::json;
use time::Date;
use uuid::Uuid;

use super::{content_of, find, moving, parties, shares_of, state_of, unit_of};
use crate::{
    Actor, CHINA, Error, Market, Result,
    contracts::{self, ContractSummary, summaries, today},
    db::{Subject, Tx, from_micros},
    entity::{contract, listing, reward as table, reward_share},
    listings, performance,
    rules::{self, Rule},
};

/// Achievements offered to choose from.
const CHOICES: u64 = 200;

/// What the form of a split is shown with.
#[derive(Debug, Clone)]
pub struct RewardForm {
    /// Id and name of the unit.
    pub unit: (Uuid, String),
    /// The contract whose income is split.
    pub contract: Option<ContractSummary>,
    /// The ways it can be.
    pub ways: &'static [ConversionWay],
    /// The rule for each of them that is in force today, or was on the day of signing.
    pub rules: Vec<(ConversionWay, Rule)>,
    /// What was received under the contract.
    pub received: Fen,
    /// Of the contract's income, what other splits hold.
    pub split: Fen,
    /// Numbers and titles of the unit's achievements, for a split without a contract.
    pub achievements: Vec<(String, String)>,
    /// What the form begins with, or what is saved.
    pub fields: Fields,
    /// Of a saved split: its number and version.
    pub saved: Option<(String, i64)>,
}

/// What a split is about.
struct Basis {
    unit: Uuid,
    contract: Option<contract::Model>,
    achievement: Option<Uuid>,
    on: Date,
}

impl Basis {
    fn ways(&self) -> Result<&'static [ConversionWay]> {
        ways(self.contract.as_ref())
    }
}

fn ways(contract: Option<&contract::Model>) -> Result<&'static [ConversionWay]> {
    match contract {
        Some(row) => Ok(ConversionWay::of_contract(contracts::content_of(row)?.kind)),
        None => Ok(ConversionWay::WITHOUT_CONTRACT),
    }
}

/// The registered contract that the actor's unit sold.
async fn sold<C: ConnectionTrait>(db: &C, actor: &Actor, number: &str) -> Result<contract::Model> {
    let row = contracts::find(db, number).await?;
    if !actor.belongs_to(row.seller_id) {
        return Err(Error::NotFound);
    }
    unit_of(db, row.seller_id).await?;
    if contracts::state_of(&row)?.is_registered() { Ok(row) } else { Err(Error::field("", "contract_not_in_register")) }
}

/// What others of the splits of a contract hold of its income; withdrawn ones hold nothing.
pub(crate) async fn held<C: ConnectionTrait>(db: &C, contract: Uuid, except: Option<Uuid>) -> Result<i64> {
    let rows: Vec<(Uuid, i64)> = table::Entity::find()
        .select_only()
        .columns([table::Column::Id, table::Column::Income])
        .filter(table::Column::ContractId.eq(contract))
        .filter(table::Column::State.ne(RewardState::Withdrawn.code()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter(|(id, _)| Some(*id) != except).map(|(_, income)| income).sum())
}

/// The people named by an achievement, as rows of a form.
fn inventors(row: &listing::Model) -> Result<Vec<(String, String)>> {
    let ListingBody::Achievement(body) = listings::content_of(row)?.body else { return Ok(Vec::new()) };
    let rows = body.inventors.into_iter().enumerate().flat_map(|(place, i)| {
        [
            (format!("people.{place}.name"), i.name),
            (format!("people.{place}.role"), keqiao_model::RewardRole::Completer.code().to_owned()),
            (format!("people.{place}.share"), format_percent(i.share.saturating_mul(100))),
        ]
    });
    Ok(rows.collect())
}

/// The unit's achievements, newest first.
async fn choices<C: ConnectionTrait>(db: &C, unit: Uuid) -> Result<Vec<(String, String)>> {
    Ok(listing::Entity::find()
        .select_only()
        .columns([listing::Column::Number, listing::Column::Title])
        .filter(listing::Column::OrganisationId.eq(unit))
        .filter(listing::Column::Kind.eq(listings::kind_code(ListingKind::Achievement)))
        .filter(listing::Column::State.ne(ListingState::Draft.code()))
        .order_by_desc(listing::Column::UpdatedAt)
        .order_by_desc(listing::Column::Id)
        .limit(CHOICES)
        .into_tuple()
        .all(db)
        .await?)
}

async fn shown(market: &Market, basis: &Basis, own: Option<Uuid>) -> Result<RewardForm> {
    let ways = basis.ways()?;
    let mut rules = Vec::new();
    for way in ways {
        if let Some(rule) = rules::in_force(&market.db, way.rule(), "", basis.on).await? {
            rules.push((*way, rule));
        }
    }
    let (mut received, mut split, mut summary) = (0, 0, None);
    if let Some(row) = &basis.contract {
        received = performance::received(&market.db, row.id).await?;
        split = held(&market.db, row.id, own).await?;
        summary = summaries(&market.db, std::slice::from_ref(row)).await?.pop();
    }
    let unit = unit_of(&market.db, basis.unit).await?;
    Ok(RewardForm {
        achievements: if basis.contract.is_none() { choices(&market.db, unit.id).await? } else { Vec::new() },
        unit: (unit.id, unit.name),
        contract: summary,
        ways,
        rules,
        received: Fen::new(received),
        split: Fen::new(split),
        fields: Fields::default(),
        saved: None,
    })
}

/// What the form of a new split begins with: of a registered contract (`HT-…`) that the actor's institute sold, or without a contract, of an
/// achievement (`CG-…`) that the institute uses itself. Income is what was received and no other split holds; the people are those whom the
/// achievement names.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for contracts of others; [`Error::Invalid`]: `no_organisation`, `institutes_only`,
/// `contract_not_in_register`.
pub async fn reward_form(market: &Market, actor: &Actor, contract: Option<&str>, achievement: Option<&str>) -> Result<RewardForm> {
    actor.signed_in()?;
    let contract = match contract {
        Some(number) => Some(sold(&market.db, actor, number).await?),
        None => None,
    };
    let unit = match &contract {
        Some(row) => row.seller_id,
        None => actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?.id,
    };
    let on = match &contract {
        Some(row) => contracts::content_of(row)?.signed_on,
        None => today(market),
    };
    let of = match (&contract, achievement) {
        (Some(row), _) => match row.achievement_id {
            Some(id) => listing::Entity::find_by_id(id).one(&market.db).await?,
            None => None,
        },
        (None, Some(number)) => match listings::find(&market.db, ListingKind::Achievement, number).await {
            Ok(row) => Some(row),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        },
        (None, None) => None,
    };
    let of = of.filter(|row| row.organisation_id == unit);
    let basis = Basis { unit, contract, achievement: of.as_ref().map(|row| row.id), on };
    let mut form = shown(market, &basis, None).await?;
    let left = form.received.fen().saturating_sub(form.split.fen()).max(0);
    if left > 0 {
        form.fields.push("income", Fen::new(left).format_input());
    }
    if let [first, ..] = form.ways {
        form.fields.push("way", first.code());
    }
    if let Some(row) = &of {
        if basis.contract.is_none() {
            form.fields.push("achievement", row.number.as_str());
        }
        for (name, value) in inventors(row)? {
            form.fields.push(name, value);
        }
    }
    Ok(form)
}

/// The form of a saved split that may still be changed.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others; [`Error::Invalid`] `reward_fixed` when it was proposed.
pub async fn saved_form(market: &Market, actor: &Actor, number: &str) -> Result<RewardForm> {
    actor.signed_in()?;
    let row = find(&market.db, number).await?;
    if !actor.belongs_to(row.organisation_id) {
        return Err(Error::NotFound);
    }
    check_editable(&row)?;
    let basis = stored_basis(&market.db, &row).await?;
    let mut form = shown(market, &basis, Some(row.id)).await?;
    form.fields = content_of(&row, &shares_of(&market.db, row.id).await?)?.to_fields();
    if row.contract_id.is_none() {
        form.fields.push("on_date", row.on_date.as_str());
        if let Some(id) = row.achievement_id {
            form.fields.push("achievement", listings::find_by_id(&market.db, id).await?.number);
        }
    }
    form.saved = Some((row.number, row.version));
    Ok(form)
}

fn check_editable(row: &table::Model) -> Result<()> {
    if matches!(state_of(row)?, RewardState::Draft | RewardState::Returned) { Ok(()) } else { Err(Error::field("", "reward_fixed")) }
}

/// What a stored split is about.
async fn stored_basis<C: ConnectionTrait>(db: &C, row: &table::Model) -> Result<Basis> {
    let contract = match row.contract_id {
        Some(id) => contract::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let on = parse_date(&row.on_date).ok_or_else(|| Error::internal(format!("reward {} on {}", row.number, row.on_date)))?;
    Ok(Basis { unit: row.organisation_id, contract, achievement: row.achievement_id, on })
}

/// Reads what a split without a contract is about: the `achievement`, and the day its use began (`on_date`).
async fn read_basis(market: &Market, tx: &Tx, unit: Uuid, fields: &Fields) -> Result<Basis> {
    let mut check = Check::new();
    let typed = fields.value("on_date").trim();
    let on = parse_date(typed);
    check.ensure(on.is_some(), "on_date", if typed.is_empty() { "required" } else { "date" });
    check.ensure(on.is_none_or(|on| on <= today(market)), "on_date", "future");
    let number = fields.value("achievement").trim();
    let found = match listings::find(&**tx, ListingKind::Achievement, number).await {
        Ok(row) => Some(row).filter(|row| row.organisation_id == unit),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    check.ensure(found.is_some(), "achievement", if number.is_empty() { "required" } else { "choice" });
    check.finish(())?;
    let on = on.ok_or_else(|| Error::field("on_date", "date"))?;
    Ok(Basis { unit, contract: None, achievement: found.map(|row| row.id), on })
}

/// A split that was read and judged by its rule.
struct Judged {
    content: RewardContent,
    rule: Rule,
    floor: Fen,
}

/// The reason why a pool is too small, citing the rule.
fn below(rule: &Rule, floor: Fen) -> FieldError {
    let code = if rule.article.is_empty() { "pool_below_floor_source" } else { "pool_below_floor" };
    FieldError::new("pool", code)
        .with("floor", floor.format_yuan())
        .with("share", format_percent(rule.value.saturating_mul(10)))
        .with("source", &rule.source)
        .with("article", &rule.article)
}

/// Reads a split and judges it by the rule in force on its day; a draft may still be below it.
async fn judge(tx: &Tx, basis: &Basis, fields: &Fields, strictness: Strictness, own: Option<Uuid>) -> Result<Judged> {
    let content = RewardContent::read(fields, basis.ways()?, strictness)?;
    let at = if basis.contract.is_some() { "way" } else { "on_date" };
    let rule = rules::in_force(&**tx, content.way.rule(), "", basis.on).await?.ok_or_else(|| Error::field(at, "rule_missing"))?;
    let floor = reward_floor(content.net(), rule.value);
    let mut check = Check::new();
    if strictness == Strictness::Complete && content.pool < floor {
        check.refuse(below(&rule, floor));
    }
    if let Some(row) = &basis.contract {
        let left = row.value.saturating_sub(held(&**tx, row.id, own).await?).max(0);
        if content.income.fen() > left {
            check.refuse(FieldError::new("income", "income_over_contract").with("left", Fen::new(left).format_yuan()));
        }
    }
    check.finish(())?;
    Ok(Judged { content, rule, floor })
}

fn fill(row: &mut table::ActiveModel, basis: &Basis, judged: &Judged) {
    row.way = Set(judged.content.way.code().to_owned());
    row.note = Set(judged.content.note.clone());
    row.on_date = Set(format_date(basis.on));
    row.achievement_id = Set(basis.achievement);
    row.rule_id = Set(Some(judged.rule.id));
    row.income = Set(judged.content.income.fen());
    row.costs = Set(judged.content.costs.fen());
    row.pool = Set(judged.content.pool.fen());
    row.floor = Set(judged.floor.fen());
}

/// Puts the people of a split in the place of those before.
async fn write_shares(tx: &Tx, reward: Uuid, content: &RewardContent) -> Result<()> {
    reward_share::Entity::delete_many().filter(reward_share::Column::RewardId.eq(reward)).exec(&**tx).await?;
    let amounts = content.amounts().unwrap_or_default();
    let rows: Vec<reward_share::ActiveModel> = (0_i64..)
        .zip(&content.people)
        .zip(amounts.iter().map(|a| a.fen()).chain(std::iter::repeat(0)))
        .map(|((place, person), amount)| reward_share::ActiveModel {
            id: Set(Uuid::now_v7()),
            reward_id: Set(reward),
            place: Set(place),
            share: Set(person.share),
            amount: Set(amount),
            name: Set(person.name.clone()),
            role: Set(person.role.code().to_owned()),
        })
        .collect();
    if !rows.is_empty() {
        reward_share::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// Draws up a split, of a registered contract that the actor's institute sold or of an achievement it uses itself; with `propose`, hands it in
/// for approval at once. Answers its number (`FP-2026-000001`).
///
/// # Errors
/// As [`reward_form`], and [`Error::Invalid`] with every reason at its field: of [`RewardContent::read`], `pool_below_floor` with the least amount
/// and its article, `income_over_contract` when all splits of the contract come to more than 成交额, `rule_missing`.
pub async fn create_reward(
    market: &Market,
    actor: &Actor,
    contract: Option<&str>,
    fields: &Fields,
    propose: bool,
    once: Option<Uuid>,
) -> Result<String> {
    let person = actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(number) = before {
        return Ok(number);
    }
    let basis = if let Some(number) = contract {
        let row = sold(&*tx, actor, number).await?;
        let row = contracts::lock(&tx, row.id).await?;
        let on = contracts::content_of(&row)?.signed_on;
        Basis { unit: row.seller_id, achievement: row.achievement_id, contract: Some(row), on }
    } else {
        let acting = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
        unit_of(&*tx, acting.id).await?;
        read_basis(market, &tx, acting.id, fields).await?
    };
    let strictness = if propose { Strictness::Complete } else { Strictness::Draft };
    let judged = judge(&tx, &basis, fields, strictness, None).await?;
    let number = tx.number("FP", from_micros(tx.now).to_offset(CHINA).year()).await?;
    let mut row = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        number: Set(number.clone()),
        state: Set(RewardState::Draft.code().to_owned()),
        reason: Set(String::new()),
        organisation_id: Set(basis.unit),
        person_id: Set(person.id),
        contract_id: Set(basis.contract.as_ref().map(|c| c.id)),
        approved_by: Set(None),
        approved_at: Set(None),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
        ..Default::default()
    };
    fill(&mut row, &basis, &judged);
    let row = row.insert(&*tx).await?;
    write_shares(&tx, row.id, &judged.content).await?;
    tx.audit("reward.save", Subject::Reward, Some(row.id), json!({ "number": number })).await?;
    if propose {
        moving::make(&tx, actor, &row, RewardMove::Propose, "").await?;
    }
    tx.result(&number).await?;
    tx.commit().await?;
    Ok(number)
}

/// Saves a draft or returned split; with `propose`, hands it in for approval.
///
/// # Errors
/// As [`create_reward`]; [`Error::Stale`]; [`Error::Invalid`] `reward_fixed` when it was proposed.
pub async fn save_reward(
    market: &Market,
    actor: &Actor,
    number: &str,
    fields: &Fields,
    propose: bool,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, number).await?;
    if !actor.belongs_to(row.organisation_id) {
        return Err(Error::NotFound);
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    check_editable(&row)?;
    let basis = match row.contract_id {
        Some(id) => {
            contracts::lock(&tx, id).await?;
            stored_basis(&*tx, &row).await?
        }
        None => read_basis(market, &tx, row.organisation_id, fields).await?,
    };
    let strictness = if propose { Strictness::Complete } else { Strictness::Draft };
    let judged = judge(&tx, &basis, fields, strictness, Some(row.id)).await?;
    let mut change = table::ActiveModel { updated_at: Set(tx.now), version: Set(version + 1), ..Default::default() };
    fill(&mut change, &basis, &judged);
    let done = table::Entity::update_many()
        .set(change)
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    write_shares(&tx, row.id, &judged.content).await?;
    tx.audit("reward.save", Subject::Reward, Some(row.id), json!({ "number": row.number })).await?;
    if propose {
        let saved = find(&*tx, number).await?;
        moving::make(&tx, actor, &saved, RewardMove::Propose, "").await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// Judges a stored split once more as a whole, before it is handed in for approval or approved: a rule may have been added meanwhile.
pub(super) async fn judge_stored(tx: &Tx, row: &table::Model) -> Result<()> {
    if let Some(id) = row.contract_id {
        contracts::lock(tx, id).await?;
    }
    let basis = stored_basis(&**tx, row).await?;
    if let Some(contract) = &basis.contract
        && !contracts::state_of(contract)?.is_registered()
    {
        return Err(Error::field("", "contract_not_in_register"));
    }
    let shares = shares_of(&**tx, row.id).await?;
    let fields = content_of(row, &shares)?.to_fields();
    let judged = judge(tx, &basis, &fields, Strictness::Complete, Some(row.id)).await?;
    table::Entity::update_many()
        .col_expr(table::Column::RuleId, Expr::value(Some(judged.rule.id)))
        .col_expr(table::Column::Floor, Expr::value(judged.floor.fen()))
        .filter(table::Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// What may be done with a split, by the state table.
pub(super) fn moves_of(actor: &Actor, row: &table::Model) -> Result<Vec<RewardMove>> {
    Ok(state_of(row)?.moves(&parties(actor, row.organisation_id)).into_iter().map(|t| t.by).collect())
}

/// Titles of achievements by id.
pub(super) async fn achievements<C: ConnectionTrait>(db: &C, ids: Vec<Uuid>) -> Result<HashMap<Uuid, (String, String)>> {
    let rows: Vec<(Uuid, String, String)> = listing::Entity::find()
        .select_only()
        .columns([listing::Column::Id, listing::Column::Number, listing::Column::Title])
        .filter(listing::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, number, title)| (id, (number, title))).collect())
}
