//! Objections of named persons, and the answers of the unit.

use keqiao_model::{Check, FieldError, Fields, NoticeKind, NoticeState, ObjectionMove, ObjectionState, Party, Stateful};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use time::Duration;
use uuid::Uuid;

use super::{find, locked, path_of, region_of, state_of, views::masked};
use crate::{
    Actor, Error, Market, Result,
    db::{Moved, Subject},
    entity::{deal, objection},
    limits,
    notices::Telling,
    room::members::speaks,
};

/// Longest name of an objector, characters.
pub const NAME_MAX: usize = 60;
/// Digits of the shortest telephone number.
const CONTACT_DIGITS: usize = 7;
/// Longest contact, characters.
pub const CONTACT_MAX: usize = 120;
/// Longest objection and longest answer, characters.
pub const OBJECTION_MAX: usize = 2_000;
/// Objections from one peer within an hour.
const PER_PEER: i64 = 5;
/// Objections to one notice within an hour.
const PER_NOTICE: i64 = 100;

pub(super) fn state_of_objection(row: &objection::Model) -> Result<ObjectionState> {
    ObjectionState::from_code(&row.state).ok_or_else(|| Error::internal(format!("objection state {}", row.state)))
}

/// Objects to a notice, under a name and with a contact, to the last moment of its period. Anybody may; `peer` is where it comes from.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] at the fields and after the end; [`Error::TooMany`].
pub async fn raise(market: &Market, actor: &Actor, number: &str, fields: &Fields, peer: &str, once: Option<Uuid>) -> Result<()> {
    let mut check = Check::new();
    let name = check.required("name", fields.value("name"), NAME_MAX);
    let contact = check.required("contact", fields.value("contact"), CONTACT_MAX);
    let reaches = contact.contains('@') || contact.chars().filter(char::is_ascii_digit).count() >= CONTACT_DIGITS;
    check.ensure(contact.is_empty() || reaches, "contact", "contact");
    let text = check.required("text", fields.value("text"), OBJECTION_MAX);
    let checked = check.finish(());
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, number).await?;
    if actor.belongs_to(row.organisation_id) {
        return Err(Error::field("", "objection_own"));
    }
    if state_of(&row)? == NoticeState::Stopped || tx.now > row.ends_at {
        return Err(Error::field("", "objection_late"));
    }
    checked?;
    let hour = Duration::hours(1);
    limits::take(&tx, &format!("objection:peer:{peer}"), PER_PEER, hour).await?;
    limits::take(&tx, &format!("objection:notice:{}", row.id), PER_NOTICE, hour).await?;
    // The notice may be taken back at the same moment.
    let row = locked(&tx, number).await?;
    if state_of(&row)? == NoticeState::Stopped {
        return Err(Error::field("", "objection_late"));
    }
    let raised = objection::ActiveModel {
        id: Set(Uuid::now_v7()),
        notice_id: Set(row.id),
        person_id: Set(actor.id()),
        name: Set(name.clone()),
        contact: Set(contact),
        text: Set(text),
        state: Set(ObjectionState::Raised.code().to_owned()),
        answer: Set(String::new()),
        answered_by: Set(None),
        answered_at: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    let to = &raised.state;
    tx.moved(Moved { subject: Subject::Objection, id: raised.id, from: "", to, action: "raise", code: "", reason: "" }).await?;
    let region = region_of(&*tx, row.organisation_id).await?;
    let telling = Telling::new(NoticeKind::ObjectionRaised, &row.number, &row.title, path_of(&row))
        .by(&masked(&name))
        .organisations(&[row.organisation_id])
        .officers_of(&region)
        .except(actor.id());
    tx.tell(raised.id, &telling).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Answers an objection: the notice stands, or the objection is right. Whoever speaks for the seller may, once.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Invalid`] without words and when it was answered already; [`Error::Stale`].
pub async fn answer(
    market: &Market,
    actor: &Actor,
    number: &str,
    id: Uuid,
    by: ObjectionMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let person = actor.signed_in()?.id;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let notice = find(&*tx, number).await?;
    let deal = deal::Entity::find_by_id(notice.deal_id).one(&*tx).await?.ok_or(Error::NotFound)?;
    if !actor.belongs_to(notice.organisation_id) || !speaks(&*tx, actor, &deal).await? {
        return Err(Error::Forbidden);
    }
    let row = objection::Entity::find_by_id(id).one(&*tx).await?.filter(|o| o.notice_id == notice.id).ok_or(Error::NotFound)?;
    let from = state_of_objection(&row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "already_answered"))?;
    if !transition.who.contains(&Party::Owner) {
        return Err(Error::Forbidden);
    }
    let field = format!("answer.{id}");
    let mut check = Check::new();
    let words = check.optional(&field, fields.value(&field), OBJECTION_MAX);
    if words.is_empty() {
        check.refuse(FieldError::new(&field, "reason_required"));
    }
    check.finish(())?;
    let done = objection::Entity::update_many()
        .col_expr(objection::Column::State, Expr::value(transition.to.code()))
        .col_expr(objection::Column::Answer, Expr::value(words.as_str()))
        .col_expr(objection::Column::AnsweredBy, Expr::value(Some(person)))
        .col_expr(objection::Column::AnsweredAt, Expr::value(Some(tx.now)))
        .col_expr(objection::Column::Version, Expr::value(row.version + 1))
        .filter(objection::Column::Id.eq(row.id))
        .filter(objection::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let (from, to) = (from.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::Objection, id: row.id, from, to, action: by.code(), code: "", reason: &words }).await?;
    // The buyer waits for it too.
    let telling = Telling::new(NoticeKind::ObjectionAnswered, &notice.number, &notice.title, path_of(&notice))
        .organisations(&[deal.buyer_id])
        .people(row.person_id)
        .except(actor.id());
    tx.tell(row.id, &telling).await?;
    tx.result("").await?;
    tx.commit().await
}
