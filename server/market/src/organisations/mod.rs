//! Organisations, by credit code: who they are is public, who belongs to them is not.

mod members;
mod program;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use keqiao_model::{Check, CreditCode, FieldError, Fields, LegalKind, ListingKind, OUTSIDE, OrganisationContent, OrganisationKind};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use self::members::receivers_of_request;
pub use self::members::{JoinRequest, MemberView, answer_membership, ask_to_join, join_requests, members, remove_member, set_manager};
pub use self::program::{by_credit_code, collecting, count, is_empty};
use crate::{
    Actor, Error, Event, Market, Paged, Result,
    accounts::act_for,
    db::{Subject, Tx, from_micros},
    entity::{listing, membership, organisation},
    listings::{kind_code, public_states},
    paging::fetch,
    text::contains,
};

/// State of a membership that counts.
pub(crate) const ACTIVE: &str = "active";
/// State of a membership that was asked for.
pub(crate) const PENDING: &str = "pending";

/// How the actor stands to an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No member.
    None,
    /// Asked to join.
    Pending,
    /// Member.
    Member,
    /// Member who manages it.
    Manager,
}

/// An organisation as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationView {
    /// Id.
    pub id: Uuid,
    /// 统一社会信用代码.
    pub credit_code: String,
    /// Registered name.
    pub name: String,
    /// English name, may be empty.
    pub name_en: String,
    /// Enterprise, institute or agency.
    pub kind: OrganisationKind,
    /// 法人性质.
    pub legal_kind: LegalKind,
    /// Region, six digits.
    pub region: String,
    /// GB/T 4754 division, may be empty.
    pub industry: String,
    /// What it does.
    pub summary: String,
    /// Web site, may be empty.
    pub website: String,
    /// Public demands.
    pub demands: u64,
    /// Public achievements.
    pub achievements: u64,
    /// How the actor stands to it; `None` in lists.
    pub standing: Standing,
    /// Whether the actor may change its data.
    pub may_edit: bool,
    /// Members and requests to join, for those who may answer them.
    pub members: Option<Vec<MemberView>>,
    /// When it was entered.
    pub created_at: OffsetDateTime,
    /// For optimistic locking.
    pub version: i64,
}

/// Reads the form of an organisation, its region among those of the city and outside.
fn read(market: &Market, fields: &Fields) -> Result<OrganisationContent> {
    let content = OrganisationContent::read(fields);
    let region = fields.value("region").trim();
    let known = region.is_empty() || region == OUTSIDE || market.region(region).is_some();
    match content {
        Ok(content) if known => Ok(content),
        Ok(_) => Err(Error::field("region", "choice")),
        Err(mut errors) => {
            if !known && !errors.iter().any(|e| e.field == "region") {
                errors.push(FieldError::new("region", "choice"));
            }
            Err(Error::Invalid(errors))
        }
    }
}

/// Enters an organisation; the actor becomes its manager and acts for it.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Invalid`], `organisation_exists` at `credit_code` when it can be joined instead.
pub async fn create(market: &Market, actor: &Actor, fields: &Fields, once: Option<Uuid>) -> Result<Uuid> {
    let person = actor.signed_in()?;
    let content = read(market, fields)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    let (row, new) = find_or_create(&tx, &content).await?;
    if !new {
        return Err(Error::field("credit_code", "organisation_exists"));
    }
    membership::ActiveModel {
        id: Set(Uuid::now_v7()),
        person_id: Set(person.id),
        organisation_id: Set(row.id),
        manager: Set(true),
        state: Set(ACTIVE.to_owned()),
        created_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    act_for(&tx, person.id, row.id).await?;
    tx.result(row.id).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// The organisation of a credit code, entered with an audit entry when the market does not know it; whether it was.
pub(crate) async fn find_or_create(tx: &Tx, content: &OrganisationContent) -> Result<(organisation::Model, bool)> {
    let row = organisation::ActiveModel {
        id: Set(Uuid::now_v7()),
        credit_code: Set(content.credit_code.as_str().to_owned()),
        name: Set(content.name.clone()),
        name_en: Set(content.name_en.clone()),
        kind: Set(content.kind.code().to_owned()),
        legal_kind: Set(content.legal_kind.code().to_owned()),
        region: Set(content.region.clone()),
        industry: Set(content.industry.clone()),
        summary: Set(content.summary.clone()),
        website: Set(content.website.clone()),
        created_at: Set(tx.now),
        version: Set(1),
    };
    let inserted = organisation::Entity::insert(row)
        .on_conflict(OnConflict::column(organisation::Column::CreditCode).do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    let found = organisation::Entity::find().filter(organisation::Column::CreditCode.eq(content.credit_code.as_str())).one(&**tx).await?;
    let found = found.ok_or_else(|| Error::internal("an organisation vanished"))?;
    if inserted > 0 {
        let detail = serde_json::json!({ "credit_code": content.credit_code.as_str() });
        tx.audit("organisation.create", Subject::Organisation, Some(found.id), detail).await?;
    }
    Ok((found, inserted > 0))
}

/// Changes the data of an organisation; its credit code and kind stay. Its live listings are indexed again when its name changes.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`]; [`Error::Forbidden`] for anyone but its managers; [`Error::Invalid`]; [`Error::Stale`].
pub async fn update(market: &Market, actor: &Actor, id: Uuid, fields: &Fields, version: i64) -> Result<()> {
    let before = find(&market.db, id).await?;
    actor.signed_in()?;
    if !manages(actor, id) {
        return Err(Error::Forbidden);
    }
    let content = read(market, fields)?;
    let mut check = Check::new();
    check.ensure(content.credit_code.as_str() == before.credit_code, "credit_code", "fixed");
    check.ensure(content.kind.code() == before.kind, "kind", "fixed");
    check.finish(())?;
    let tx = market.write(actor).await?;
    let changed = organisation::Entity::update_many()
        .col_expr(organisation::Column::Name, Expr::value(content.name.clone()))
        .col_expr(organisation::Column::NameEn, Expr::value(content.name_en))
        .col_expr(organisation::Column::LegalKind, Expr::value(content.legal_kind.code()))
        .col_expr(organisation::Column::Region, Expr::value(content.region.clone()))
        .col_expr(organisation::Column::Industry, Expr::value(content.industry))
        .col_expr(organisation::Column::Summary, Expr::value(content.summary))
        .col_expr(organisation::Column::Website, Expr::value(content.website))
        .col_expr(organisation::Column::Version, Expr::col(organisation::Column::Version).add(1))
        .filter(organisation::Column::Id.eq(id))
        .filter(organisation::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Error::Stale);
    }
    if content.name != before.name {
        for listing in live_listings(&tx, id).await? {
            tx.emit(Event::ListingChanged, listing, serde_json::Value::Null).await?;
        }
    }
    let detail = serde_json::json!({ "name": [before.name, content.name], "region": [before.region, content.region] });
    tx.audit("organisation.update", Subject::Organisation, Some(id), detail).await?;
    tx.commit().await
}

pub(crate) async fn live_listings(tx: &Tx, organisation: Uuid) -> Result<Vec<Uuid>> {
    Ok(listing::Entity::find()
        .select_only()
        .column(listing::Column::Id)
        .filter(listing::Column::OrganisationId.eq(organisation))
        .filter(listing::Column::State.is_in(public_states()))
        .order_by_asc(listing::Column::Id)
        .into_tuple()
        .all(&**tx)
        .await?)
}

/// An organisation's page. Anyone may read it; members are for its managers, officers of its region and administrators.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn organisation(market: &Market, actor: &Actor, id: Uuid) -> Result<OrganisationView> {
    let row = find(&market.db, id).await?;
    let mut view = views(&market.db, vec![row.clone()]).await?.pop().ok_or(Error::NotFound)?;
    if let Some(person) = actor.person() {
        view.standing = members::standing(&market.db, id, person.id).await?;
        view.may_edit = manages(actor, id);
        if members::may_answer(market, actor, &row) {
            view.members = Some(members::list(&market.db, id).await?);
        }
    }
    Ok(view)
}

/// The organisations whose name contains `query` or whose credit code it is, by name. Anyone may.
///
/// # Errors
/// [`Error::Internal`].
pub async fn organisations(
    market: &Market,
    query: &str,
    kind: Option<OrganisationKind>,
    region: Option<&str>,
    page: u64,
) -> Result<Paged<OrganisationView>> {
    let mut select = organisation::Entity::find().order_by_asc(organisation::Column::Name).order_by_asc(organisation::Column::Id);
    if !query.trim().is_empty() {
        let mut any = Condition::any().add(contains(organisation::Column::Name, query)).add(contains(organisation::Column::NameEn, query));
        if let Ok(code) = CreditCode::parse(query) {
            any = any.add(organisation::Column::CreditCode.eq(code.as_str()));
        }
        select = select.filter(any);
    }
    if let Some(kind) = kind {
        select = select.filter(organisation::Column::Kind.eq(kind.code()));
    }
    if let Some(region) = region.filter(|r| !r.is_empty()) {
        select = select.filter(organisation::Column::Region.is_in(market.codes_of(region)));
    }
    let (paged, rows) = fetch(&market.db, select, page).await?.take();
    Ok(paged.with(views(&market.db, rows).await?))
}

pub(crate) async fn find<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<organisation::Model> {
    organisation::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// Whether the actor manages an organisation.
fn manages(actor: &Actor, id: Uuid) -> bool {
    actor.person().is_some_and(|p| p.organisations.iter().any(|o| o.id == id && o.manager))
}

async fn views<C: ConnectionTrait>(db: &C, rows: Vec<organisation::Model>) -> Result<Vec<OrganisationView>> {
    let counts: Vec<(Uuid, String, i64)> = listing::Entity::find()
        .select_only()
        .columns([listing::Column::OrganisationId, listing::Column::Kind])
        .column_as(listing::Column::Id.count(), "listings")
        .filter(listing::Column::OrganisationId.is_in(rows.iter().map(|r| r.id)))
        .filter(listing::Column::State.is_in(public_states()))
        .group_by(listing::Column::OrganisationId)
        .group_by(listing::Column::Kind)
        .into_tuple()
        .all(db)
        .await?;
    let counts: HashMap<(Uuid, String), i64> = counts.into_iter().map(|(id, kind, n)| ((id, kind), n)).collect();
    let count = |id: Uuid, kind| counts.get(&(id, kind_code(kind).to_owned())).copied().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let unknown = |what: &str, code: &str| Error::internal(format!("organisation with {what} {code}"));
    rows.into_iter()
        .map(|row| {
            Ok(OrganisationView {
                id: row.id,
                kind: OrganisationKind::from_code(&row.kind).ok_or_else(|| unknown("kind", &row.kind))?,
                legal_kind: LegalKind::from_code(&row.legal_kind).ok_or_else(|| unknown("legal kind", &row.legal_kind))?,
                demands: count(row.id, ListingKind::Demand),
                achievements: count(row.id, ListingKind::Achievement),
                credit_code: row.credit_code,
                name: row.name,
                name_en: row.name_en,
                region: row.region,
                industry: row.industry,
                summary: row.summary,
                website: row.website,
                standing: Standing::None,
                may_edit: false,
                members: None,
                created_at: from_micros(row.created_at),
                version: row.version,
            })
        })
        .collect()
}
