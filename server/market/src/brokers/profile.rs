//! What a broker shows of itself, and the directory of all of them. Addresses of people are nowhere in it.

use std::collections::{BTreeMap, HashMap};

use keqiao_model::{BrokerGrade, Check, ContractState, DealState, Field, FieldError, Fields, OrganisationKind, TEXT_MAX, TrainingModule};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

use super::acting;
use crate::{
    Actor, Error, Market, Paged, Result,
    db::Subject,
    entity::{broker_profile as table, contract, deal, membership, organisation, person},
    organisations::ACTIVE,
    paging::fetch,
    text::contains,
};

/// Longest number of a certificate and name of its issuer, characters.
const NAME_MAX: usize = 120;
/// Most hours of one module.
const HOURS_MAX: i64 = 10_000;
/// Most technical fields a broker names.
const FIELDS_MAX: usize = 11;
/// Agencies shown of one broker.
pub const AGENCY_SHOWN: usize = 3;

/// What a broker says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerProfile {
    /// 初级, 中级 or 高级.
    pub grade: Option<BrokerGrade>,
    /// Number of the certificate, may be empty.
    pub certificate: String,
    /// Who issued it, may be empty.
    pub issuer: String,
    /// Technical fields in which the broker works.
    pub fields: Vec<Field>,
    /// Regions in which the broker works, by code.
    pub regions: Vec<String>,
    /// Hours of training by module; modules without any are left out.
    pub hours: Vec<(TrainingModule, i64)>,
    /// What the broker does, in its own words.
    pub summary: String,
    /// For optimistic locking; 0 before the first time it is saved.
    pub version: i64,
}

/// The name of the form field for the hours of a module.
pub fn hours_field(module: TrainingModule) -> String {
    format!("hours_{}", module.code())
}

impl BrokerProfile {
    fn read(market: &Market, fields: &Fields) -> std::result::Result<Self, Vec<FieldError>> {
        let mut check = Check::new();
        let typed = fields.value("grade").trim();
        let grade = BrokerGrade::from_code(typed);
        check.ensure(typed.is_empty() || grade.is_some(), "grade", "choice");
        let certificate = check.optional("certificate", fields.value("certificate"), NAME_MAX);
        let issuer = check.optional("issuer", fields.value("issuer"), NAME_MAX);
        check.ensure(grade.is_none() || !certificate.is_empty(), "certificate", "required");
        let mut chosen: Vec<Field> = Vec::new();
        for code in fields.values("fields") {
            match Field::from_code(&code) {
                Some(field) if !chosen.contains(&field) => chosen.push(field),
                Some(_) => {}
                None => check.refuse(FieldError::new("fields", "choice")),
            }
        }
        let mut regions: Vec<String> = Vec::new();
        for code in fields.values("regions") {
            if market.region(&code).is_none() {
                check.refuse(FieldError::new("regions", "choice"));
            } else if !regions.contains(&code) {
                regions.push(code);
            }
        }
        let mut hours = Vec::new();
        for module in TrainingModule::ALL {
            let name = hours_field(*module);
            let typed = fields.value(&name).trim();
            match typed.parse::<i64>() {
                _ if typed.is_empty() => {}
                Ok(0) => {}
                Ok(count) if (1..=HOURS_MAX).contains(&count) => hours.push((*module, count)),
                _ => check.refuse(FieldError::new(name, "hours")),
            }
        }
        let summary = check.optional("summary", fields.value("summary"), TEXT_MAX);
        chosen.truncate(FIELDS_MAX);
        check.finish(Self { grade, certificate, issuer, fields: chosen, regions, hours, summary, version: 0 })
    }

    pub(crate) fn of(row: &table::Model) -> Result<Self> {
        let fields: Vec<String> = serde_json::from_str(&row.fields)?;
        let hours: BTreeMap<String, i64> = serde_json::from_str(&row.hours)?;
        Ok(Self {
            grade: BrokerGrade::from_code(&row.grade),
            certificate: row.certificate.clone(),
            issuer: row.issuer.clone(),
            fields: fields.iter().filter_map(|code| Field::from_code(code)).collect(),
            regions: serde_json::from_str(&row.regions)?,
            hours: TrainingModule::ALL.iter().filter_map(|module| Some((*module, *hours.get(module.code())?))).collect(),
            summary: row.summary.clone(),
            version: row.version,
        })
    }

    /// The fields of a form that shows it.
    pub fn to_fields(&self) -> Fields {
        let mut fields: Fields = [
            ("grade", self.grade.map_or("", |g| g.code())),
            ("certificate", self.certificate.as_str()),
            ("issuer", self.issuer.as_str()),
            ("summary", self.summary.as_str()),
        ]
        .into_iter()
        .collect();
        for field in &self.fields {
            fields.push("fields", field.code());
        }
        for region in &self.regions {
            fields.push("regions", region.as_str());
        }
        for (module, hours) in &self.hours {
            fields.push(hours_field(*module), hours.to_string());
        }
        fields.push("version", self.version.to_string());
        fields
    }

    fn fill(&self, row: &mut table::ActiveModel) -> Result<()> {
        let fields: Vec<&str> = self.fields.iter().map(|f| f.code()).collect();
        let hours: BTreeMap<&str, i64> = self.hours.iter().map(|(module, hours)| (module.code(), *hours)).collect();
        row.grade = Set(self.grade.map_or("", |g| g.code()).to_owned());
        row.certificate = Set(self.certificate.clone());
        row.issuer = Set(self.issuer.clone());
        row.fields = Set(serde_json::to_string(&fields)?);
        row.regions = Set(serde_json::to_string(&self.regions)?);
        row.hours = Set(serde_json::to_string(&hours)?);
        row.summary = Set(self.summary.clone());
        Ok(())
    }
}

/// A broker as everyone may see it.
#[derive(Debug, Clone)]
pub struct BrokerView {
    /// Id of the person.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Agencies the broker belongs to.
    pub agencies: Vec<(Uuid, String)>,
    /// What the broker says of itself.
    pub profile: BrokerProfile,
    /// Deals carried, lost ones left out.
    pub deals: u64,
    /// Registered contracts that came of them.
    pub contracts: u64,
    /// Whether it is the actor's own page.
    pub own: bool,
}

/// Whom to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerFilter {
    /// Part of the name.
    pub name: String,
    /// Technical field.
    pub field: Option<Field>,
    /// Code of a region.
    pub region: Option<String>,
    /// Grade.
    pub grade: Option<BrokerGrade>,
}

/// Everybody who is a broker and may sign in.
fn listed() -> sea_orm::Select<person::Entity> {
    person::Entity::find().filter(person::Column::Broker.eq(true)).filter(person::Column::DisabledAt.is_null())
}

/// The directory of brokers by name. Anyone may ask.
///
/// # Errors
/// [`Error::Internal`].
pub async fn brokers(market: &Market, filter: &BrokerFilter, page: u64) -> Result<Paged<BrokerView>> {
    let mut query = listed();
    if !filter.name.trim().is_empty() {
        query = query.filter(contains(person::Column::Name, &filter.name));
    }
    let mut said = Query::select();
    said.column(table::Column::PersonId).from(table::Entity);
    if let Some(field) = filter.field {
        said.and_where(contains(table::Column::Fields, &format!("\"{}\"", field.code())));
    }
    if let Some(region) = &filter.region {
        said.and_where(contains(table::Column::Regions, &format!("\"{region}\"")));
    }
    if let Some(grade) = filter.grade {
        said.and_where(Expr::col(table::Column::Grade).eq(grade.code()));
    }
    if filter.field.is_some() || filter.region.is_some() || filter.grade.is_some() {
        query = query.filter(person::Column::Id.in_subquery(said));
    }
    let query = query.order_by_asc(person::Column::Name).order_by_asc(person::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(views(market, &Actor::Visitor, rows).await?))
}

/// One broker.
///
/// # Errors
/// [`Error::NotFound`] for people who are no brokers.
pub async fn broker(market: &Market, actor: &Actor, id: Uuid) -> Result<BrokerView> {
    let row = listed().filter(person::Column::Id.eq(id)).one(&market.db).await?.ok_or(Error::NotFound)?;
    views(market, actor, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// How many rows each broker has, of deals or of contracts.
async fn counts<C: ConnectionTrait>(db: &C, query: sea_orm::Select<deal::Entity>) -> Result<HashMap<Uuid, u64>> {
    let rows: Vec<(Uuid, i64)> = query
        .select_only()
        .column(deal::Column::BrokerId)
        .column_as(Expr::col((deal::Entity, deal::Column::Id)).count(), "n")
        .group_by(deal::Column::BrokerId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, n)| (id, u64::try_from(n).unwrap_or(0))).collect())
}

async fn agencies(market: &Market, people: &[Uuid]) -> Result<HashMap<Uuid, Vec<(Uuid, String)>>> {
    let rows = membership::Entity::find()
        .filter(membership::Column::PersonId.is_in(people.iter().copied()))
        .filter(membership::Column::State.eq(ACTIVE))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id)
        .all(&market.db)
        .await?;
    let found: HashMap<Uuid, String> = organisation::Entity::find()
        .filter(organisation::Column::Id.is_in(rows.iter().map(|m| m.organisation_id)))
        .filter(organisation::Column::Kind.eq(OrganisationKind::Agency.code()))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|o| (o.id, o.name))
        .collect();
    let mut agencies: HashMap<Uuid, Vec<(Uuid, String)>> = HashMap::new();
    for row in rows {
        let Some(name) = found.get(&row.organisation_id) else { continue };
        let own = agencies.entry(row.person_id).or_default();
        if own.len() < AGENCY_SHOWN {
            own.push((row.organisation_id, name.clone()));
        }
    }
    Ok(agencies)
}

async fn views(market: &Market, actor: &Actor, rows: Vec<person::Model>) -> Result<Vec<BrokerView>> {
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let mut profiles: HashMap<Uuid, table::Model> = table::Entity::find()
        .filter(table::Column::PersonId.is_in(ids.iter().copied()))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|p| (p.person_id, p))
        .collect();
    let mut agencies = agencies(market, &ids).await?;
    let carried = deal::Entity::find().filter(deal::Column::BrokerId.is_in(ids));
    let deals = counts(&market.db, carried.clone().filter(deal::Column::State.ne(DealState::Lost.code()))).await?;
    let registered = Query::select()
        .column(contract::Column::DealId)
        .from(contract::Entity)
        .and_where(Expr::col(contract::Column::State).is_in(ContractState::IN_REGISTER.map(ContractState::code)))
        .and_where(Expr::col(contract::Column::DealId).is_not_null())
        .to_owned();
    let contracts = counts(&market.db, carried.filter(deal::Column::Id.in_subquery(registered))).await?;
    rows.into_iter()
        .map(|row| {
            Ok(BrokerView {
                profile: profiles.remove(&row.id).map_or_else(|| Ok(BrokerProfile::default()), |p| BrokerProfile::of(&p))?,
                agencies: agencies.remove(&row.id).unwrap_or_default(),
                deals: deals.get(&row.id).copied().unwrap_or(0),
                contracts: contracts.get(&row.id).copied().unwrap_or(0),
                own: actor.id() == Some(row.id),
                id: row.id,
                name: row.name,
            })
        })
        .collect()
}

/// The profile of the broker who acts, as far as it was saved; nothing for others.
pub(crate) async fn own_profile(market: &Market, actor: &Actor) -> Result<BrokerProfile> {
    let Some(person) = actor.person().filter(|p| p.broker) else { return Ok(BrokerProfile::default()) };
    let row = table::Entity::find_by_id(person.id).one(&market.db).await?;
    row.map_or_else(|| Ok(BrokerProfile::default()), |row| BrokerProfile::of(&row))
}

/// Saves the profile of the broker who acts.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is no broker; [`Error::Invalid`]; [`Error::Stale`].
pub async fn save_profile(market: &Market, actor: &Actor, fields: &Fields, version: i64, once: Option<Uuid>) -> Result<()> {
    let person = acting(actor)?;
    let profile = BrokerProfile::read(market, fields)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let mut row = table::ActiveModel { updated_at: Set(tx.now), version: Set(version + 1), ..Default::default() };
    profile.fill(&mut row)?;
    let saved = if version == 0 {
        row.person_id = Set(person.id);
        table::Entity::insert(row)
            .on_conflict(OnConflict::column(table::Column::PersonId).do_nothing().to_owned())
            .exec_without_returning(&*tx)
            .await?
    } else {
        table::Entity::update_many()
            .set(row)
            .filter(table::Column::PersonId.eq(person.id))
            .filter(table::Column::Version.eq(version))
            .exec(&*tx)
            .await?
            .rows_affected
    };
    if saved == 0 {
        return Err(Error::Stale);
    }
    tx.audit("broker.profile", Subject::Person, Some(person.id), serde_json::Value::Null).await?;
    tx.result("").await?;
    tx.commit().await
}
