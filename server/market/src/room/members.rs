//! Who works on a deal, and in which part. Managers of either side's organisation belong to it without being named; whoever leaves the
//! organisation or is removed loses sight of the deal at once.

use keqiao_model::{DealRole, Fields, NoticeKind};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result,
    db::{Subject, Tx, from_micros},
    entity::{deal, deal_member, membership, person},
    notices::Telling,
    room::{locked_for, path_of, side_of},
};

/// A member of a deal as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The person.
    pub person_id: Uuid,
    /// Name.
    pub name: String,
    /// The side; nothing for the broker.
    pub organisation_id: Option<Uuid>,
    /// The part.
    pub role: DealRole,
    /// Since when.
    pub added_at: OffsetDateTime,
    /// Whether the actor may remove this member or change the part.
    pub may_change: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// The members of a deal, and whom the actor may add.
#[derive(Debug, Clone)]
pub struct MembersView {
    /// Everybody named, the buyer's side first.
    pub members: Vec<MemberView>,
    /// People of the actor's own side who are not members.
    pub addable: Vec<(Uuid, String)>,
}

async fn named<C: ConnectionTrait>(db: &C, deal: Uuid, person: Uuid) -> Result<Option<deal_member::Model>> {
    Ok(deal_member::Entity::find()
        .filter(deal_member::Column::DealId.eq(deal))
        .filter(deal_member::Column::PersonId.eq(person))
        .filter(deal_member::Column::RemovedAt.is_null())
        .one(db)
        .await?)
}

fn manages_a_side(actor: &Actor, row: &deal::Model) -> bool {
    actor.person().is_some_and(|p| p.organisations.iter().any(|o| o.manager && (o.id == row.buyer_id || o.id == row.seller_id)))
}

fn is_broker(actor: &Actor, row: &deal::Model) -> bool {
    row.broker_id.is_some() && row.broker_id == actor.id()
}

/// Whether the actor sees the deal: its broker, a manager of either side, or somebody named who still belongs to that side.
pub(crate) async fn is_member<C: ConnectionTrait>(db: &C, actor: &Actor, row: &deal::Model) -> Result<bool> {
    let Some(id) = actor.id() else { return Ok(false) };
    if is_broker(actor, row) || manages_a_side(actor, row) {
        return Ok(true);
    }
    let found = named(db, row.id, id).await?;
    Ok(found.and_then(|m| m.organisation_id).is_some_and(|o| actor.belongs_to(o)))
}

/// Whether the actor speaks for the side it stands on: a manager of it, or its lead in the deal.
pub(crate) async fn speaks<C: ConnectionTrait>(db: &C, actor: &Actor, row: &deal::Model) -> Result<bool> {
    let (Some(person), Some(side)) = (actor.person(), side_of(actor, row)) else { return Ok(false) };
    if person.organisations.iter().any(|o| o.manager && o.id == side) {
        return Ok(true);
    }
    let found = named(db, row.id, person.id).await?;
    Ok(found.is_some_and(|m| m.role == DealRole::Lead.code() && m.organisation_id == Some(side)))
}

/// Names somebody a member; naming somebody again changes the part.
pub(crate) async fn put(tx: &Tx, deal: Uuid, person: Uuid, organisation: Option<Uuid>, role: DealRole, by: Option<Uuid>) -> Result<()> {
    let found = deal_member::Entity::find()
        .filter(deal_member::Column::DealId.eq(deal))
        .filter(deal_member::Column::PersonId.eq(person))
        .one(&**tx)
        .await?;
    if let Some(found) = found {
        deal_member::Entity::update_many()
            .col_expr(deal_member::Column::Role, Expr::value(role.code()))
            .col_expr(deal_member::Column::OrganisationId, Expr::value(organisation))
            .col_expr(deal_member::Column::RemovedAt, Expr::value(Option::<i64>::None))
            .col_expr(deal_member::Column::Version, Expr::value(found.version + 1))
            .filter(deal_member::Column::Id.eq(found.id))
            .exec(&**tx)
            .await?;
        return Ok(());
    }
    deal_member::ActiveModel {
        id: Set(Uuid::now_v7()),
        deal_id: Set(deal),
        person_id: Set(person),
        organisation_id: Set(organisation),
        role: Set(role.code().to_owned()),
        added_by: Set(by),
        added_at: Set(tx.now),
        removed_at: Set(None),
        version: Set(1),
    }
    .insert(&**tx)
    .await?;
    Ok(())
}

/// People who act for an organisation: its active members.
async fn people_of<C: ConnectionTrait>(db: &C, organisation: Uuid) -> Result<Vec<person::Model>> {
    let members = membership::Entity::find()
        .filter(membership::Column::OrganisationId.eq(organisation))
        .filter(membership::Column::State.eq("active"))
        .all(db)
        .await?;
    Ok(person::Entity::find()
        .filter(person::Column::Id.is_in(members.into_iter().map(|m| m.person_id)))
        .filter(person::Column::DisabledAt.is_null())
        .order_by_asc(person::Column::Name)
        .all(db)
        .await?)
}

/// Ids of the people who act for an organisation.
pub(crate) async fn ids_of<C: ConnectionTrait>(db: &C, organisation: Uuid) -> Result<Vec<Uuid>> {
    Ok(people_of(db, organisation).await?.into_iter().map(|p| p.id).collect())
}

/// Everyone to be told of what happens in a deal: named members who still belong, managers of both sides, the broker.
pub(crate) async fn everyone<C: ConnectionTrait>(db: &C, row: &deal::Model) -> Result<Vec<Uuid>> {
    let mut people: Vec<Uuid> = row.broker_id.into_iter().collect();
    let members = membership::Entity::find()
        .filter(membership::Column::OrganisationId.is_in([row.buyer_id, row.seller_id]))
        .filter(membership::Column::State.eq("active"))
        .all(db)
        .await?;
    let named = current(db, row.id).await?;
    for member in members {
        let is_named = named.iter().any(|n| n.person_id == member.person_id && n.organisation_id == Some(member.organisation_id));
        if (member.manager || is_named) && !people.contains(&member.person_id) {
            people.push(member.person_id);
        }
    }
    Ok(people)
}

async fn current<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Vec<deal_member::Model>> {
    Ok(deal_member::Entity::find()
        .filter(deal_member::Column::DealId.eq(deal))
        .filter(deal_member::Column::RemovedAt.is_null())
        .order_by_asc(deal_member::Column::AddedAt)
        .order_by_asc(deal_member::Column::Id)
        .all(db)
        .await?)
}

/// The members of a deal.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is none.
pub async fn members(market: &Market, actor: &Actor, number: &str) -> Result<MembersView> {
    let row = crate::deals::find_for(&market.db, actor, number).await?;
    let named = current(&market.db, row.id).await?;
    let people = crate::accounts::person_names(&market.db, named.iter().map(|m| m.person_id).collect()).await?;
    let speaks = speaks(&market.db, actor, &row).await?;
    let own = side_of(actor, &row);
    let mut members: Vec<MemberView> = named
        .iter()
        .map(|m| MemberView {
            person_id: m.person_id,
            name: people.get(&m.person_id).cloned().unwrap_or_default(),
            organisation_id: m.organisation_id,
            role: DealRole::from_code(&m.role).unwrap_or(DealRole::Technical),
            added_at: from_micros(m.added_at),
            may_change: speaks && own.is_some() && m.organisation_id == own,
            version: m.version,
        })
        .collect();
    members.sort_by_key(|m| (m.organisation_id != Some(row.buyer_id), m.organisation_id.is_none()));
    let addable = match own.filter(|_| speaks) {
        Some(side) => people_of(&market.db, side)
            .await?
            .into_iter()
            .filter(|p| !named.iter().any(|m| m.person_id == p.id))
            .map(|p| (p.id, p.name))
            .collect(),
        None => Vec::new(),
    };
    Ok(MembersView { members, addable })
}

/// Makes a colleague a member (`person`, `role`), or changes the part of one.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Forbidden`] unless the actor speaks for its side; [`Error::Invalid`] at `person` or `role`.
pub async fn add_member(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(&tx, actor, number).await?;
    let side = side_of(actor, &row).ok_or(Error::Forbidden)?;
    if !speaks(&*tx, actor, &row).await? {
        return Err(Error::Forbidden);
    }
    let role = DealRole::from_code(fields.value("role").trim()).filter(|r| *r != DealRole::Broker);
    let role = role.ok_or_else(|| Error::field("role", "choice"))?;
    let person = fields.value("person").trim().parse::<Uuid>().map_err(|_| Error::field("person", "required"))?;
    let people = people_of(&*tx, side).await?;
    let person = people.into_iter().find(|p| p.id == person).ok_or_else(|| Error::field("person", "choice"))?;
    let is_new = named(&*tx, row.id, person.id).await?.is_none();
    if !is_new && role != DealRole::Lead {
        keep_a_lead(&tx, &row, side, person.id).await?;
    }
    put(&tx, row.id, person.id, Some(side), role, actor.id()).await?;
    tx.audit("deal.member", Subject::Deal, Some(row.id), serde_json::json!({ "person": person.id, "role": role.code() })).await?;
    if is_new {
        let by = actor.person().map_or("", |p| &p.name);
        let telling = Telling::new(NoticeKind::MemberAdded, &row.number, &row.title, path_of(&row)).by(by).people([person.id]);
        tx.tell(row.id, &telling.except(actor.id())).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// A side keeps somebody who speaks for it.
async fn keep_a_lead(tx: &Tx, row: &deal::Model, side: Uuid, leaving: Uuid) -> Result<()> {
    let named = current(&**tx, row.id).await?;
    let is_lead = |m: &&deal_member::Model| m.organisation_id == Some(side) && m.role == DealRole::Lead.code();
    let leaves = named.iter().filter(is_lead).any(|m| m.person_id == leaving);
    if leaves && named.iter().filter(is_lead).count() == 1 { Err(Error::field("", "last_lead")) } else { Ok(()) }
}

/// Removes a member, who loses sight of the deal at once; everybody may leave by themselves.
///
/// # Errors
/// [`Error::NotFound`] when the actor or the person is no member; [`Error::Forbidden`]; [`Error::Invalid`] for the last lead of a side.
pub async fn remove_member(market: &Market, actor: &Actor, number: &str, person: Uuid, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(&tx, actor, number).await?;
    let member = named(&*tx, row.id, person).await?.ok_or(Error::NotFound)?;
    let side = member.organisation_id.ok_or(Error::Forbidden)?;
    let leaves = actor.id() == Some(person);
    if !leaves && (side_of(actor, &row) != Some(side) || !speaks(&*tx, actor, &row).await?) {
        return Err(Error::Forbidden);
    }
    keep_a_lead(&tx, &row, side, person).await?;
    deal_member::Entity::update_many()
        .col_expr(deal_member::Column::RemovedAt, Expr::value(Some(tx.now)))
        .col_expr(deal_member::Column::Version, Expr::value(member.version + 1))
        .filter(deal_member::Column::Id.eq(member.id))
        .exec(&*tx)
        .await?;
    tx.audit("deal.member_removed", Subject::Deal, Some(row.id), serde_json::json!({ "person": person })).await?;
    tx.result("").await?;
    tx.commit().await
}
