//! Parties of a contract that belong together, and contracts that came from elsewhere twice.

use std::collections::HashSet;

use keqiao_model::{CreditCode, Party};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde_json::json;
use uuid::Uuid;

use super::{
    find,
    findings::{Finding, FindingKind},
    is_insider, parties, state_of,
};
use crate::{
    Actor, Error, Market, Result, Subject,
    accounts::person_names,
    entity::{
        contract::{Column, Entity, Model},
        membership, organisation,
    },
    organisations::ACTIVE,
};

/// Contracts that a finding names at most.
const NAMED: u64 = 20;
/// Names of people that a finding says at most.
const PEOPLE: usize = 10;

/// Who belongs to an organisation.
async fn members<C: ConnectionTrait>(db: &C, organisations: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    Ok(membership::Entity::find()
        .select_only()
        .column(membership::Column::OrganisationId)
        .column(membership::Column::PersonId)
        .filter(membership::Column::OrganisationId.is_in(organisations.iter().copied()))
        .filter(membership::Column::State.eq(ACTIVE))
        .into_tuple()
        .all(db)
        .await?)
}

/// Characters 9 to 17 of a credit code, which are those of the legal body (GB 11714).
async fn bodies<C: ConnectionTrait>(db: &C, organisations: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let rows = organisation::Entity::find().filter(organisation::Column::Id.is_in(organisations.iter().copied())).all(db).await?;
    let body = |row: organisation::Model| Some((row.id, CreditCode::parse(&row.credit_code).ok()?.body().to_owned()));
    Ok(rows.into_iter().filter_map(body).collect())
}

/// The seller, and those of some others that are the same legal body or have a member in common with it.
pub(super) async fn sellers<C: ConnectionTrait>(db: &C, seller: Uuid, others: &[Uuid]) -> Result<HashSet<Uuid>> {
    let mut related = HashSet::from([seller]);
    let others: HashSet<Uuid> = others.iter().copied().filter(|o| *o != seller).collect();
    if others.is_empty() {
        return Ok(related);
    }
    let all: Vec<Uuid> = others.into_iter().chain([seller]).collect();
    let members = members(db, &all).await?;
    let own: HashSet<Uuid> = members.iter().filter(|(o, _)| *o == seller).map(|(_, person)| *person).collect();
    related.extend(members.iter().filter(|(_, person)| own.contains(person)).map(|(o, _)| *o));
    let bodies = bodies(db, &all).await?;
    let body = bodies.iter().find(|(o, _)| *o == seller).map(|(_, body)| body.clone());
    related.extend(bodies.into_iter().filter(|(_, b)| Some(b) == body.as_ref()).map(|(o, _)| o));
    Ok(related)
}

/// What ties seller and buyer together, and contracts that came from the same place.
pub(super) async fn findings<C: ConnectionTrait>(db: &C, row: &Model) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    let finding = |kind, contracts, note| Finding { kind, contracts, about: Vec::new(), rule: None, note, answer: None };
    let pair = [row.seller_id, row.buyer_id];
    let bodies = bodies(db, &pair).await?;
    if let [(_, a), (_, b)] = bodies.as_slice()
        && a == b
    {
        found.push(finding(FindingKind::SameBody, Vec::new(), a.clone()));
    }
    let members = members(db, &pair).await?;
    let selling: HashSet<Uuid> = members.iter().filter(|(o, _)| *o == row.seller_id).map(|(_, person)| *person).collect();
    let both: Vec<Uuid> = members.iter().filter(|(o, p)| *o == row.buyer_id && selling.contains(p)).map(|(_, person)| *person).collect();
    if !both.is_empty() {
        let mut names: Vec<String> = person_names(db, both).await?.into_values().collect();
        names.sort_unstable();
        names.truncate(PEOPLE);
        found.push(finding(FindingKind::SharedPeople, Vec::new(), names.join(" ")));
    }
    if row.related {
        found.push(finding(FindingKind::RelatedParties, Vec::new(), String::new()));
    }
    let source = row.source.trim();
    if !source.is_empty() {
        let same = Condition::any().add(Column::Source.eq(source)).add(Column::RegistrationNumber.eq(source));
        let numbers = Entity::find()
            .select_only()
            .column(Column::Number)
            .filter(same)
            .filter(Column::Id.ne(row.id))
            .order_by_asc(Column::Number)
            .limit(NAMED)
            .into_tuple()
            .all(db)
            .await?;
        found.extend((!numbers.is_empty()).then(|| finding(FindingKind::SameSource, numbers, source.to_owned())));
    }
    Ok(found)
}

/// Says of a contract whether its parties are related: one owns all of the other, or both belong to one owner. The seller may while it is being
/// filled in, an officer while it waits for a decision.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for those who may not know of it; [`Error::Forbidden`] for those who may not say it, or not now;
/// [`Error::Stale`].
pub async fn declare_related(market: &Market, actor: &Actor, number: &str, is: bool, version: i64, once: Option<Uuid>) -> Result<()> {
    actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, number).await?;
    if !is_insider(&*tx, market, actor, &row).await? {
        return Err(Error::NotFound);
    }
    let (state, parties) = (state_of(&row)?, parties(market, actor, &row));
    let may = (state.is_editable() && parties.contains(&Party::Owner)) || (state.waits() && parties.contains(&Party::Officer));
    if !may {
        return Err(Error::Forbidden);
    }
    let done = Entity::update_many()
        .col_expr(Column::Related, Expr::value(is))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    tx.audit("contract.related", Subject::Contract, Some(row.id), json!({ "related": is })).await?;
    tx.result("").await?;
    tx.commit().await
}
