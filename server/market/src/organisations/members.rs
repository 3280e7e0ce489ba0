//! Who belongs to an organisation: people ask, managers answer. Where nobody manages yet, the officers of the region answer, and the first who
//! is accepted manages it. What changes here holds from the next request on.

use std::collections::HashMap;

use keqiao_model::{CreditCode, OUTSIDE};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{ACTIVE, PENDING, Standing, find, manages};
use crate::{
    Actor, Error, Event, Market, Paged, Result,
    accounts::act_for,
    db::{Subject, Tx, from_micros},
    entity::{membership, organisation, person},
    letters::Letter,
    limits::take,
    notices::{Receivers, deliver, receiver},
    paging::fetch,
    region_contains,
    review::regions_of,
};

/// Organisations one person may ask to join within a day.
const REQUESTS_PER_DAY: i64 = 20;

/// A member, or somebody who asks to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Person id.
    pub person_id: Uuid,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Whether the person manages the organisation.
    pub manager: bool,
    /// Whether the person only asks to join.
    pub pending: bool,
    /// When the person asked or joined.
    pub since: OffsetDateTime,
}

/// A request to join that the actor may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinRequest {
    /// Organisation.
    pub organisation: (Uuid, String),
    /// Who asks.
    pub member: MemberView,
}

/// Whether the actor answers requests to join and looks after the members: manager, officer of the region, administrator.
pub(super) fn may_answer(market: &Market, actor: &Actor, row: &organisation::Model) -> bool {
    let officer = actor.person().and_then(|p| p.officer.as_deref());
    manages(actor, row.id) || actor.is_admin() || officer.is_some_and(|o| regions_of(market, o).contains(&row.region))
}

fn answering(market: &Market, actor: &Actor, row: &organisation::Model) -> Result<Uuid> {
    let person = actor.signed_in()?;
    if may_answer(market, actor, row) { Ok(person.id) } else { Err(Error::Forbidden) }
}

fn of(organisation: Uuid, person: Uuid) -> Condition {
    Condition::all().add(membership::Column::OrganisationId.eq(organisation)).add(membership::Column::PersonId.eq(person))
}

/// How a person stands to an organisation.
pub(super) async fn standing<C: ConnectionTrait>(db: &C, organisation: Uuid, person: Uuid) -> Result<Standing> {
    let row = membership::Entity::find().filter(of(organisation, person)).one(db).await?;
    Ok(match row {
        None => Standing::None,
        Some(row) if row.state != ACTIVE => Standing::Pending,
        Some(row) if row.manager => Standing::Manager,
        Some(_) => Standing::Member,
    })
}

/// Members and requests of an organisation, requests first, then by time.
pub(super) async fn list<C: ConnectionTrait>(db: &C, organisation: Uuid) -> Result<Vec<MemberView>> {
    let rows = membership::Entity::find()
        .filter(membership::Column::OrganisationId.eq(organisation))
        .order_by_desc(membership::Column::State)
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id)
        .all(db)
        .await?;
    with_people(db, rows).await.map(|rows| rows.into_iter().map(|(_, member)| member).collect())
}

async fn with_people<C: ConnectionTrait>(db: &C, rows: Vec<membership::Model>) -> Result<Vec<(Uuid, MemberView)>> {
    let people = person::Entity::find().filter(person::Column::Id.is_in(rows.iter().map(|r| r.person_id))).all(db).await?;
    let people: HashMap<Uuid, person::Model> = people.into_iter().map(|p| (p.id, p)).collect();
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let person = people.get(&row.person_id)?;
            let view = MemberView {
                person_id: person.id,
                name: person.name.clone(),
                email: person.email.clone(),
                manager: row.manager,
                pending: row.state != ACTIVE,
                since: from_micros(row.created_at),
            };
            Some((row.organisation_id, view))
        })
        .collect())
}

/// Members of an organisation and requests to join it.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`]; [`Error::Forbidden`] for anyone but managers, officers of its region and administrators.
pub async fn members(market: &Market, actor: &Actor, organisation: Uuid) -> Result<Vec<MemberView>> {
    let row = find(&market.db, organisation).await?;
    answering(market, actor, &row)?;
    list(&market.db, organisation).await
}

/// Asks to join the organisation of a credit code; its id. Asking twice is fine. The address must be confirmed: it is what a manager knows
/// the person by.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Invalid`] at `credit_code`; [`Error::TooMany`].
pub async fn ask_to_join(market: &Market, actor: &Actor, credit_code: &str, once: Option<Uuid>) -> Result<Uuid> {
    let person = actor.signed_in()?;
    if credit_code.trim().is_empty() {
        return Err(Error::field("credit_code", "required"));
    }
    let code = CreditCode::parse(credit_code).map_err(|e| Error::Invalid(vec![e.at("credit_code")]))?;
    if !person.verified {
        return Err(Error::field("", "not_verified"));
    }
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    let found = organisation::Entity::find().filter(organisation::Column::CreditCode.eq(code.as_str())).one(&*tx).await?;
    let found = found.ok_or_else(|| Error::field("credit_code", "organisation_unknown"))?;
    let row = membership::ActiveModel {
        id: Set(Uuid::now_v7()),
        person_id: Set(person.id),
        organisation_id: Set(found.id),
        manager: Set(false),
        state: Set(PENDING.to_owned()),
        created_at: Set(tx.now),
        version: Set(1),
    };
    let asked = membership::Entity::insert(row)
        .on_conflict(OnConflict::columns([membership::Column::PersonId, membership::Column::OrganisationId]).do_nothing().to_owned())
        .exec_without_returning(&*tx)
        .await?;
    if asked > 0 {
        take(&tx, &format!("join:{}", person.id), REQUESTS_PER_DAY, Duration::days(1)).await?;
        let payload = serde_json::json!({ "organisation": found.id, "person": person.id });
        tx.emit(Event::MembershipAsked, found.id, payload).await?;
        tx.audit("organisation.ask_to_join", Subject::Organisation, Some(found.id), serde_json::Value::Null).await?;
    }
    tx.result(found.id).await?;
    tx.commit().await?;
    Ok(found.id)
}

/// Who is to be told that somebody asks to join: the managers, or the officers of the region where there are none; addresses and languages.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn receivers_of_request(market: &Market, organisation: Uuid) -> Result<Receivers> {
    let row = find(&market.db, organisation).await?;
    let managers = membership::Entity::find().filter(active_managers()).filter(membership::Column::OrganisationId.eq(organisation));
    let ids: Vec<Uuid> = managers.all(&market.db).await?.into_iter().map(|m| m.person_id).collect();
    let people = person::Entity::find().filter(person::Column::DisabledAt.is_null());
    let people = if ids.is_empty() {
        // Of the officers in charge, those of the county itself rather than of the whole city.
        let officers = people.filter(person::Column::OfficerRegion.is_not_null()).all(&market.db).await?;
        let county: Vec<person::Model> =
            officers.iter().filter(|p| p.officer_region.as_deref() == Some(row.region.as_str())).cloned().collect();
        if county.is_empty() { officers.into_iter().filter(|p| in_charge(market, p, &row.region)).collect() } else { county }
    } else {
        people.filter(person::Column::Id.is_in(ids)).all(&market.db).await?
    };
    Ok(people.into_iter().map(receiver).collect())
}

fn in_charge(market: &Market, officer: &person::Model, region: &str) -> bool {
    let Some(own) = officer.officer_region.as_deref() else { return false };
    region_contains(market.current(own), market.current(region)) || (region == OUTSIDE && own == market.config.city)
}

fn active_managers() -> Condition {
    Condition::all().add(membership::Column::State.eq(ACTIVE)).add(membership::Column::Manager.eq(true))
}

/// The memberships of an organisation, locked until the transaction ends, so that two managers cannot remove one another at once.
async fn locked(tx: &Tx, organisation: Uuid) -> Result<Vec<membership::Model>> {
    Ok(membership::Entity::find()
        .filter(membership::Column::OrganisationId.eq(organisation))
        .order_by_asc(membership::Column::Id)
        .lock_exclusive()
        .all(&**tx)
        .await?)
}

/// Whether anybody but `person` manages.
fn managed_by_others(rows: &[membership::Model], person: Uuid) -> bool {
    rows.iter().any(|m| m.manager && m.state == ACTIVE && m.person_id != person)
}

/// Accepts or declines a request to join; nobody answers their own. Where nobody manages, the accepted person does. Who asked gets a letter.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] when there is no such request; [`Error::Forbidden`]; [`Error::Invalid`]: already answered, own
/// request.
pub async fn answer_membership(market: &Market, actor: &Actor, organisation: Uuid, person_id: Uuid, accept: bool) -> Result<()> {
    let row = find(&market.db, organisation).await?;
    if answering(market, actor, &row)? == person_id {
        return Err(Error::field("", "conflict_of_interest"));
    }
    let tx = market.write(actor).await?;
    let rows = locked(&tx, organisation).await?;
    let asked = rows.iter().find(|m| m.person_id == person_id).ok_or(Error::NotFound)?;
    if asked.state != PENDING {
        return Err(Error::field("", "already_answered"));
    }
    if accept {
        let manager = !managed_by_others(&rows, person_id);
        membership::Entity::update_many()
            .col_expr(membership::Column::State, Expr::value(ACTIVE))
            .col_expr(membership::Column::Manager, Expr::value(manager))
            .col_expr(membership::Column::CreatedAt, Expr::value(tx.now))
            .col_expr(membership::Column::Version, Expr::col(membership::Column::Version).add(1))
            .filter(membership::Column::Id.eq(asked.id))
            .exec(&*tx)
            .await?;
    } else {
        asked.clone().delete(&*tx).await?;
    }
    let member = person::Entity::find_by_id(person_id).one(&*tx).await?.ok_or(Error::NotFound)?;
    if accept && member.organisation_id.is_none() {
        act_for(&tx, person_id, organisation).await?;
    }
    let letter = Letter::MembershipAnswered { organisation: row.name, accepted: accept, path: format!("/organisations/{organisation}") };
    deliver(&tx, &Receivers::from([receiver(member)]), &letter, &format!("membership:{}", asked.id)).await?;
    let action = if accept { "organisation.accept_member" } else { "organisation.decline_member" };
    tx.audit(action, Subject::Organisation, Some(organisation), serde_json::json!({ "person": person_id })).await?;
    tx.commit().await
}

/// Makes a member manager, or no longer.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] when there is no such member; [`Error::Forbidden`]; [`Error::Invalid`] `last_manager`.
pub async fn set_manager(market: &Market, actor: &Actor, organisation: Uuid, person_id: Uuid, manager: bool) -> Result<()> {
    let row = find(&market.db, organisation).await?;
    answering(market, actor, &row)?;
    let tx = market.write(actor).await?;
    let rows = locked(&tx, organisation).await?;
    let member = rows.iter().find(|m| m.person_id == person_id && m.state == ACTIVE).ok_or(Error::NotFound)?;
    if member.manager == manager {
        return Ok(());
    }
    if !manager && !managed_by_others(&rows, person_id) {
        return Err(Error::field("", "last_manager"));
    }
    membership::Entity::update_many()
        .col_expr(membership::Column::Manager, Expr::value(manager))
        .col_expr(membership::Column::Version, Expr::col(membership::Column::Version).add(1))
        .filter(membership::Column::Id.eq(member.id))
        .exec(&*tx)
        .await?;
    let detail = serde_json::json!({ "person": person_id, "manager": manager });
    tx.audit("organisation.set_manager", Subject::Organisation, Some(organisation), detail).await?;
    tx.commit().await
}

/// Ends a membership or takes back a request; everybody may leave. The last manager cannot go.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] when there is no such member; [`Error::Forbidden`]; [`Error::Invalid`] `last_manager`.
pub async fn remove_member(market: &Market, actor: &Actor, organisation: Uuid, person_id: Uuid) -> Result<()> {
    let row = find(&market.db, organisation).await?;
    if actor.signed_in()?.id != person_id {
        answering(market, actor, &row)?;
    }
    let tx = market.write(actor).await?;
    let rows = locked(&tx, organisation).await?;
    let member = rows.iter().find(|m| m.person_id == person_id).ok_or(Error::NotFound)?;
    if member.manager && member.state == ACTIVE && !managed_by_others(&rows, person_id) {
        return Err(Error::field("", "last_manager"));
    }
    member.clone().delete(&*tx).await?;
    person::Entity::update_many()
        .col_expr(person::Column::OrganisationId, Expr::value(Option::<Uuid>::None))
        .filter(person::Column::Id.eq(person_id))
        .filter(person::Column::OrganisationId.eq(organisation))
        .exec(&*tx)
        .await?;
    tx.audit("organisation.remove_member", Subject::Organisation, Some(organisation), serde_json::json!({ "person": person_id })).await?;
    tx.commit().await
}

/// The requests to join that wait for the actor, longest waiting first: those of organisations it manages, and for officers those of
/// organisations of the region that nobody manages.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn join_requests(market: &Market, actor: &Actor, page: u64) -> Result<Paged<JoinRequest>> {
    let me = actor.signed_in()?;
    let managed: Vec<Uuid> = me.organisations.iter().filter(|o| o.manager).map(|o| o.id).collect();
    let mut mine = Condition::any().add(membership::Column::OrganisationId.is_in(managed));
    if let Some(officer) = me.officer.as_deref() {
        let region = organisation::Entity::find()
            .select_only()
            .column(organisation::Column::Id)
            .filter(organisation::Column::Region.is_in(regions_of(market, officer)))
            .into_query();
        let managed =
            membership::Entity::find().select_only().column(membership::Column::OrganisationId).filter(active_managers()).into_query();
        mine = mine.add(
            Condition::all()
                .add(membership::Column::OrganisationId.in_subquery(region))
                .add(membership::Column::OrganisationId.not_in_subquery(managed)),
        );
    }
    let query = membership::Entity::find()
        .filter(membership::Column::State.eq(PENDING))
        .filter(membership::Column::PersonId.ne(me.id))
        .filter(mine)
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let names = crate::listings::organisation_names(&market.db, rows.iter().map(|r| r.organisation_id).collect()).await?;
    let items = with_people(&market.db, rows)
        .await?
        .into_iter()
        .map(|(id, member)| JoinRequest { organisation: (id, names.get(&id).cloned().unwrap_or_default()), member })
        .collect();
    Ok(paged.with(items))
}
