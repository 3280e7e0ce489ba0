//! People as administrators see them: who there is, and what each may do.

use std::collections::HashMap;

use keqiao_model::{Check, Lang};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use super::sessions::{end_all, may_sign_in};
use crate::{
    Actor, Error, Market, Paged, Person, Result,
    db::{Subject, Tx, from_micros},
    entity::{membership, organisation, person},
    organisations::ACTIVE,
    paging::fetch,
    text::contains,
};

/// A person as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonView {
    /// Id.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Language of mail.
    pub lang: Lang,
    /// Whether the address was confirmed.
    pub verified: bool,
    /// Roles, and whether the person is shut out.
    pub roles: Roles,
    /// Whether it is a person of the demo city.
    pub demo: bool,
    /// Organisations the person belongs to.
    pub organisations: Vec<(Uuid, String)>,
    /// When the person registered.
    pub created_at: OffsetDateTime,
    /// For optimistic locking.
    pub version: i64,
}

/// What a person may do beyond its organisations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    /// Broker (技术经理人).
    pub broker: bool,
    /// Officer of this region: the city's code or one county's.
    pub officer_region: Option<String>,
    /// Administrator.
    pub admin: bool,
    /// Shut out: may not sign in.
    pub disabled: bool,
}

impl Roles {
    fn of(row: &person::Model) -> Self {
        Self { broker: row.broker, officer_region: row.officer_region.clone(), admin: row.admin, disabled: row.disabled_at.is_some() }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "broker": self.broker, "officer": self.officer_region, "admin": self.admin, "disabled": self.disabled,
        })
    }
}

fn admin(actor: &Actor) -> Result<&Person> {
    let person = actor.signed_in()?;
    if person.admin { Ok(person) } else { Err(Error::NotFound) }
}

async fn views<C: ConnectionTrait>(db: &C, rows: Vec<person::Model>) -> Result<Vec<PersonView>> {
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let memberships = membership::Entity::find()
        .filter(membership::Column::PersonId.is_in(ids))
        .filter(membership::Column::State.eq(ACTIVE))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id)
        .all(db)
        .await?;
    let names: HashMap<Uuid, String> = organisation::Entity::find()
        .filter(organisation::Column::Id.is_in(memberships.iter().map(|m| m.organisation_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|o| (o.id, o.name))
        .collect();
    let mut organisations: HashMap<Uuid, Vec<(Uuid, String)>> = HashMap::new();
    for m in memberships {
        if let Some(name) = names.get(&m.organisation_id) {
            organisations.entry(m.person_id).or_default().push((m.organisation_id, name.clone()));
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| PersonView {
            id: row.id,
            lang: Lang::from_tag(&row.lang),
            verified: row.verified_at.is_some(),
            roles: Roles::of(&row),
            demo: row.demo,
            organisations: organisations.remove(&row.id).unwrap_or_default(),
            created_at: from_micros(row.created_at),
            version: row.version,
            email: row.email,
            name: row.name,
        })
        .collect())
}

/// Everybody whose name or address contains `query`, newest first. Administrators only.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is no administrator.
pub async fn people(market: &Market, actor: &Actor, query: &str, page: u64) -> Result<Paged<PersonView>> {
    admin(actor)?;
    let mut select = person::Entity::find().order_by_desc(person::Column::CreatedAt).order_by_desc(person::Column::Id);
    if !query.trim().is_empty() {
        let either = Condition::any().add(contains(person::Column::Email, query)).add(contains(person::Column::Name, query));
        select = select.filter(either);
    }
    let (paged, rows) = fetch(&market.db, select, page).await?.take();
    Ok(paged.with(views(&market.db, rows).await?))
}

/// One person. Administrators only.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] when there is none, or the actor is no administrator.
pub async fn person(market: &Market, actor: &Actor, id: Uuid) -> Result<PersonView> {
    admin(actor)?;
    let row = person::Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?;
    views(&market.db, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// Gives and takes roles, at once: the next request of the person has them. Shutting a person out ends its sessions.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`]: no such region, or nobody would be administrator.
pub async fn set_roles(market: &Market, actor: &Actor, id: Uuid, roles: Roles, version: i64) -> Result<()> {
    admin(actor)?;
    let mut check = Check::new();
    let region = roles.officer_region.as_deref();
    check.ensure(region.is_none_or(|r| market.region(r).is_some()), "officer_region", "choice");
    check.finish(())?;
    let tx = market.write(actor).await?;
    // The administrators' rows are locked, so that two of them cannot take the role from one another at once.
    let others = other_admins(market, &tx, id).await?;
    let row = person::Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?;
    let loses = row.admin && may_sign_in(market, &row) && (!roles.admin || roles.disabled);
    if loses && others == 0 {
        return Err(Error::field("admin", "last_admin"));
    }
    let disabled_at = if roles.disabled { row.disabled_at.or(Some(tx.now)) } else { None };
    let changed = person::Entity::update_many()
        .col_expr(person::Column::Broker, Expr::value(roles.broker))
        .col_expr(person::Column::OfficerRegion, Expr::value(roles.officer_region.clone()))
        .col_expr(person::Column::Admin, Expr::value(roles.admin))
        .col_expr(person::Column::DisabledAt, Expr::value(disabled_at))
        .col_expr(person::Column::Version, Expr::col(person::Column::Version).add(1))
        .filter(person::Column::Id.eq(id))
        .filter(person::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Error::Stale);
    }
    if roles.disabled {
        end_all(&tx, id, None).await?;
    }
    let detail = serde_json::json!({ "from": Roles::of(&row).json(), "to": roles.json() });
    tx.audit("person.set_roles", Subject::Person, Some(id), detail).await?;
    tx.commit().await
}

/// How many other administrators can sign in.
async fn other_admins(market: &Market, tx: &Tx, id: Uuid) -> Result<usize> {
    let admins =
        person::Entity::find().filter(person::Column::Admin.eq(true)).order_by_asc(person::Column::Id).lock_exclusive().all(&**tx).await?;
    Ok(admins.iter().filter(|p| p.id != id && may_sign_in(market, p)).count())
}

/// Names of people by id.
pub(crate) async fn person_names<C: ConnectionTrait>(db: &C, ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>> {
    let mut names = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows = person::Entity::find().filter(person::Column::Id.is_in(chunk.iter().copied())).all(db).await?;
        names.extend(rows.into_iter().map(|p| (p.id, p.name)));
    }
    Ok(names)
}
