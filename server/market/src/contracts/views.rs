//! What people read of contracts: the public register, their own, the queue of the officers.

use std::collections::HashMap;

use keqiao_model::{
    ContractContent, ContractKind, ContractMove, ContractState, ContractSubkind, Fen, Field, OUTSIDE, RefusalCode, RegistrationData,
    parse_date,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IdenStatic, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::UnionType,
};
use time::{Date, Month, OffsetDateTime, Time};
use uuid::Uuid;

use super::{content_of, find, has_part, import::file_of, is_insider, registration::moves_of, registration_of, state_of};
use crate::{
    Actor, CHINA, Error, Market, PER_PAGE, Paged, Result,
    accounts::person_names,
    db::{from_micros, micros},
    entity::{
        contract::{Column, Entity, Model},
        deal, listing, organisation,
    },
    paging::{fetch, within},
    region_contains,
    text::contains,
};

/// What everyone may read of a registered contract: one line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractSummary {
    /// Id.
    pub id: Uuid,
    /// Number people see.
    pub number: String,
    /// Where it stands.
    pub state: ContractState,
    /// 项目名称.
    pub title: String,
    /// 合同类别.
    pub kind: ContractKind,
    /// 子类.
    pub subkind: ContractSubkind,
    /// 技术领域.
    pub field: Field,
    /// Id and name of the seller.
    pub seller: (Uuid, String),
    /// Id and name of the buyer.
    pub buyer: (Uuid, String),
    /// Where it is registered: six digits, `000000` when neither party is in the city.
    pub region: String,
    /// 签订日期.
    pub signed_on: Date,
    /// 成交额.
    pub value: Fen,
    /// 技术交易额.
    pub technical_value: Fen,
    /// 登记编号, once registered.
    pub registration_number: Option<String>,
    /// When it was registered.
    pub registered_at: Option<OffsetDateTime>,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// When it was handed in last.
    pub submitted_at: Option<OffsetDateTime>,
    /// When it was accepted for review.
    pub accepted_at: Option<OffsetDateTime>,
    /// The day by which it must be decided, while it waits.
    pub due_on: Option<Date>,
    /// When it was performed.
    pub completed_at: Option<OffsetDateTime>,
}

/// A party of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractParty {
    /// Organisation id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// 统一社会信用代码.
    pub credit_code: String,
    /// Region, six digits.
    pub region: String,
    /// 法人性质, a code of `legal_kind`.
    pub legal_kind: String,
}

/// What only insiders read of a contract: its parties, officers of its region, the broker of its deal, administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractDetail {
    /// Its outline.
    pub content: ContractContent,
    /// The rest of the registration form.
    pub registration: RegistrationData,
    /// Who sells.
    pub seller: ContractParty,
    /// Who buys.
    pub buyer: ContractParty,
    /// The file it was brought in with, when it was registered elsewhere.
    pub imported_from: Option<String>,
    /// Number of the deal it came from.
    pub deal: Option<String>,
    /// Number of the demand it answers.
    pub demand: Option<String>,
    /// Number of the achievement it converts.
    pub achievement: Option<String>,
    /// Code of the last refusal or cancellation.
    pub code: Option<RefusalCode>,
    /// Words of the last return, refusal or cancellation.
    pub reason: String,
    /// When it was recorded.
    pub created_at: OffsetDateTime,
    /// Name of the first reviewer, and when that was; while a second review is due or after it.
    pub first_review: Option<(String, OffsetDateTime)>,
}

/// A contract as one actor may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractView {
    /// What everyone may read once it is registered.
    pub summary: ContractSummary,
    /// The rest; `None` for outsiders. Attachments are for insiders, too.
    pub detail: Option<ContractDetail>,
    /// Whether the actor belongs to one of the parties.
    pub own: bool,
    /// Whether the actor belongs to the seller.
    pub selling: bool,
    /// Whether it was said that its parties are related.
    pub related: bool,
    /// Whether the actor may change it now.
    pub editable: bool,
    /// Whether everyone may see it: it is registered.
    pub is_public: bool,
    /// What the actor may do with it now.
    pub moves: Vec<ContractMove>,
    /// For optimistic locking.
    pub version: i64,
}

/// Which contracts a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// The public register: every registered contract.
    #[default]
    Public,
    /// Those of the organisation acted for, and of deals the actor is the broker of, in any state.
    Own,
}

/// What a list of contracts shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Which contracts.
    pub scope: Scope,
    /// Words of the title or of a party's name, or a part of a number.
    pub query: String,
    /// 合同类别.
    pub kind: Option<ContractKind>,
    /// 技术领域.
    pub field: Option<Field>,
    /// Region, six digits; the city means all of it.
    pub region: Option<String>,
    /// Year of registration, in China.
    pub year: Option<i32>,
    /// State; the public register holds registered contracts only.
    pub state: Option<ContractState>,
}

pub(super) async fn organisations_by_id<C: ConnectionTrait>(db: &C, ids: Vec<Uuid>) -> Result<HashMap<Uuid, organisation::Model>> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows = organisation::Entity::find().filter(organisation::Column::Id.is_in(chunk.iter().copied())).all(db).await?;
        found.extend(rows.into_iter().map(|o| (o.id, o)));
    }
    Ok(found)
}

pub(super) fn summary_of(row: &Model, content: &ContractContent, names: &HashMap<Uuid, organisation::Model>) -> Result<ContractSummary> {
    let party = |id: Uuid| (id, names.get(&id).map(|o| o.name.clone()).unwrap_or_default());
    Ok(ContractSummary {
        id: row.id,
        number: row.number.clone(),
        state: state_of(row)?,
        title: row.title.clone(),
        kind: content.kind,
        subkind: content.subkind,
        field: content.field,
        seller: party(row.seller_id),
        buyer: party(row.buyer_id),
        region: row.region.clone(),
        signed_on: content.signed_on,
        value: content.value,
        technical_value: content.technical_value,
        registration_number: row.registration_number.clone(),
        registered_at: row.registered_at.map(from_micros),
        updated_at: from_micros(row.updated_at),
        submitted_at: row.submitted_at.map(from_micros),
        accepted_at: row.accepted_at.map(from_micros),
        completed_at: row.completed_at.map(from_micros),
        due_on: row.due_on.as_deref().and_then(parse_date),
    })
}

/// The lines for rows, in their order.
pub(crate) async fn summaries<C: ConnectionTrait>(db: &C, rows: &[Model]) -> Result<Vec<ContractSummary>> {
    let names = organisations_by_id(db, rows.iter().flat_map(|r| [r.seller_id, r.buyer_id]).collect()).await?;
    rows.iter().map(|r| summary_of(r, &content_of(r)?, &names)).collect()
}

/// Public lines by id: those of registered contracts.
pub(crate) async fn summaries_by_id<C: ConnectionTrait>(db: &C, ids: Vec<Uuid>) -> Result<HashMap<Uuid, ContractSummary>> {
    // Asked for the states as well, SQLite would look through the whole register.
    let mut rows = Entity::find().filter(Column::Id.is_in(ids)).all(db).await?;
    rows.retain(|row| REGISTER.contains(&row.state.as_str()));
    Ok(summaries(db, &rows).await?.into_iter().map(|s| (s.id, s)).collect())
}

async fn listing_number(market: &Market, id: Option<Uuid>) -> Result<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    Ok(listing::Entity::find_by_id(id).one(&market.db).await?.map(|l| l.number))
}

/// A contract as the actor may see it: everything for its parties, officers of its region, the broker of its deal and administrators; the public
/// part for everyone once it is registered.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none the actor may know of.
pub async fn contract(market: &Market, actor: &Actor, number: &str) -> Result<ContractView> {
    let row = find(&market.db, number).await?;
    let state = state_of(&row)?;
    let inside = is_insider(&market.db, market, actor, &row).await?;
    let is_public = state.is_registered();
    if !inside && !is_public {
        return Err(Error::NotFound);
    }
    let content = content_of(&row)?;
    let names = organisations_by_id(&market.db, vec![row.seller_id, row.buyer_id]).await?;
    let summary = summary_of(&row, &content, &names)?;
    let own = has_part(actor, &row);
    let moves = moves_of(&market.db, market, actor, &row).await?;
    let detail = if inside { Some(detail_of(market, &row, content, &names).await?) } else { None };
    let editable = own && state.is_editable();
    let (selling, related) = (actor.belongs_to(row.seller_id), row.related && inside);
    Ok(ContractView { summary, detail, own, selling, related, editable, is_public, moves, version: row.version })
}

/// A party of a contract, by its id.
pub(super) fn party_of(row: &Model, id: Uuid, names: &HashMap<Uuid, organisation::Model>) -> Result<ContractParty> {
    let o = names.get(&id).ok_or_else(|| Error::internal(format!("contract {} without a party", row.number)))?;
    let (name, credit_code, region, legal_kind) = (o.name.clone(), o.credit_code.clone(), o.region.clone(), o.legal_kind.clone());
    Ok(ContractParty { id, name, credit_code, region, legal_kind })
}

async fn detail_of(
    market: &Market,
    row: &Model,
    content: ContractContent,
    names: &HashMap<Uuid, organisation::Model>,
) -> Result<ContractDetail> {
    Ok(ContractDetail {
        content,
        registration: registration_of(row)?,
        seller: party_of(row, row.seller_id, names)?,
        buyer: party_of(row, row.buyer_id, names)?,
        imported_from: file_of(&row.source),
        deal: match row.deal_id {
            Some(id) => deal::Entity::find_by_id(id).one(&market.db).await?.map(|d| d.number),
            None => None,
        },
        demand: listing_number(market, row.demand_id).await?,
        achievement: listing_number(market, row.achievement_id).await?,
        code: RefusalCode::from_code(&row.code),
        reason: row.reason.clone(),
        created_at: from_micros(row.created_at),
        first_review: match (row.first_reviewer_id, row.first_reviewed_at) {
            (Some(id), Some(at)) => {
                let name = person_names(&market.db, vec![id]).await?.remove(&id).unwrap_or_default();
                Some((name, from_micros(at)))
            }
            _ => None,
        },
    })
}

/// The codes of the states in which a contract is in the register.
const REGISTER: [&str; 2] = [ContractState::IN_REGISTER[0].code(), ContractState::IN_REGISTER[1].code()];
/// Most contracts of one file.
pub const EXPORT_MAX: u64 = 50_000;

/// The first moment of a year in China, microseconds since 1970 UTC.
pub(crate) fn start_of_year(year: i32) -> i64 {
    Date::from_calendar_date(year, Month::January, 1).map_or(i64::MAX, |day| micros(day.with_time(Time::MIDNIGHT).assume_offset(CHINA)))
}

/// Contracts as a filter says, latest first.
///
/// # Errors
/// [`Error::SignIn`] for one's own without being signed in.
pub async fn contracts(market: &Market, actor: &Actor, filter: &Filter, page: u64) -> Result<Paged<ContractSummary>> {
    if filter.scope == Scope::Public && filter.state.is_none() && filter.query.trim().is_empty() {
        return register_page(market, filter, page).await;
    }
    page_of(market, filtered(market, actor, filter)?, page).await
}

/// A page of the whole register: as many contracts as a city has in ten years are counted and put in order within one index, state by state, and only
/// those shown are read.
async fn register_page(market: &Market, filter: &Filter, page: u64) -> Result<Paged<ContractSummary>> {
    let part = |state: &str| chosen(market, filter, Entity::find().select_only().filter(Column::State.eq(state)));
    let mut total = 0_u64;
    for state in REGISTER {
        let counted: Option<i64> = part(state).column_as(Column::Id.count(), "n").into_tuple().one(&market.db).await?;
        total += u64::try_from(counted.unwrap_or(0)).unwrap_or(0);
    }
    let page = within(page, total);
    let columns = [Column::Id, Column::RegisteredAt];
    let [first, rest @ ..] = REGISTER;
    let mut query = part(first).columns(columns).into_query();
    for state in rest {
        query.union(UnionType::All, part(state).columns(columns).into_query());
    }
    query
        .order_by(Column::RegisteredAt.as_str(), Order::Desc)
        .order_by(Column::Id.as_str(), Order::Desc)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE);
    let found = market.db.query_all(&query).await?;
    let ids = found.iter().map(|row| Ok(row.try_get("", Column::Id.as_str())?)).collect::<Result<Vec<Uuid>>>()?;
    let mut rows = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(&market.db).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(Paged { items: summaries(&market.db, &rows).await?, total, page, per_page: PER_PAGE })
}

/// The contracts that are asked for, the latest first.
pub(super) fn filtered(market: &Market, actor: &Actor, filter: &Filter) -> Result<Select<Entity>> {
    let mut query = Entity::find();
    query = match filter.scope {
        Scope::Public => query.filter(Column::State.is_in(REGISTER)).order_by_desc(Column::RegisteredAt),
        Scope::Own => {
            let person = actor.signed_in()?;
            let brokered = deal::Entity::find().select_only().column(deal::Column::Id).filter(deal::Column::BrokerId.eq(person.id));
            let mut mine = Condition::any().add(Column::DealId.in_subquery(brokered.into_query()));
            if let Some(acting) = actor.organisation() {
                mine = mine.add(Column::SellerId.eq(acting.id)).add(Column::BuyerId.eq(acting.id));
            }
            query.filter(mine).order_by_desc(Column::UpdatedAt)
        }
    };
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state.code()));
    }
    query = chosen(market, filter, query);
    if !filter.query.trim().is_empty() {
        let named = organisation::Entity::find()
            .select_only()
            .column(organisation::Column::Id)
            .filter(contains(organisation::Column::Name, &filter.query));
        let any = Condition::any()
            .add(contains(Column::Title, &filter.query))
            .add(contains(Column::Number, &filter.query))
            .add(contains(Column::RegistrationNumber, &filter.query))
            .add(Column::SellerId.in_subquery(named.clone().into_query()))
            .add(Column::BuyerId.in_subquery(named.into_query()));
        query = query.filter(any);
    }
    Ok(query.order_by_desc(Column::Id))
}

/// Those of the kind, field, region and year that are asked for.
fn chosen(market: &Market, filter: &Filter, mut query: Select<Entity>) -> Select<Entity> {
    if let Some(kind) = filter.kind {
        query = query.filter(Column::Kind.eq(kind.code()));
    }
    if let Some(field) = filter.field {
        query = query.filter(Column::Field.eq(field.code()));
    }
    if let Some(region) = filter.region.as_deref().filter(|r| !r.is_empty()) {
        query = query.filter(Column::Region.is_in(regions_in(market, region)));
    }
    if let Some(year) = filter.year {
        query = query
            .filter(Column::RegisteredAt.gte(start_of_year(year)))
            .filter(Column::RegisteredAt.lt(start_of_year(year.saturating_add(1))));
    }
    query
}

/// The market's regions within a region: the city means all of it.
fn regions_in(market: &Market, outer: &str) -> Vec<String> {
    let today = market.current(outer);
    let within = market.config.regions.iter().filter(|r| region_contains(today, &r.code)).flat_map(|r| market.codes_of(&r.code));
    within.chain((outer == OUTSIDE).then(|| outer.to_owned())).collect()
}

pub(super) async fn page_of(market: &Market, query: Select<Entity>, page: u64) -> Result<Paged<ContractSummary>> {
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(summaries(&market.db, &rows).await?))
}
