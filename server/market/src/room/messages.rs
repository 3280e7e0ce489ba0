//! Messages in a deal: threaded, with files, and with how far each side has read. Letters about them carry no text.

use std::collections::HashMap;

use keqiao_model::{Check, Fields};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use time::Duration;
use uuid::Uuid;

use crate::{
    Actor, Error, Event, Market, Result,
    attachments::{self, AttachmentView, NewFile},
    db::{Subject, from_micros},
    deals::MessageView,
    entity::{attachment, deal, deal_read, message},
    listings::organisation_names,
    room::{documents::DocumentFile, locked_for, nda, side_of, touch},
};

/// Longest message, characters.
pub const MESSAGE_MAX: usize = 5_000;
/// Messages that a page shows.
const SHOWN: u64 = 500;

/// Writes a message into a deal's thread (`body`), in answer to another (`parent`) or not, with a file or not.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Invalid`] at the field, for a file before both sides signed the confidentiality agreement, and when
/// the deal is over; [`Error::TooMany`].
pub async fn write_message(
    market: &Market,
    actor: &Actor,
    number: &str,
    fields: &Fields,
    file: Option<DocumentFile<'_>>,
    once: Option<Uuid>,
) -> Result<()> {
    let author = actor.signed_in()?.id;
    let seen = crate::deals::find_for(&market.db, actor, number).await?;
    let mut check = Check::new();
    let body = check.required("body", fields.value("body"), MESSAGE_MAX);
    check.ensure(crate::deals::state_of_deal(&seen)?.is_open(), "", "deal_closed");
    check.ensure(file.is_none() || nda::is_signed(&market.db, seen.id).await?, "file", "nda_first");
    check.finish(())?;
    let stored = match file {
        Some(DocumentFile { name, bytes }) => {
            Some(attachments::prepare(market, NewFile { name, bytes, confidential: true, reason: "" }).await?)
        }
        None => None,
    };
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(&tx, actor, number).await?;
    if stored.is_some() && side_of(actor, &row).is_none() {
        return Err(Error::Forbidden);
    }
    let hour_ago = tx.now - i64::try_from(Duration::hours(1).whole_microseconds()).unwrap_or(0);
    let written = message::Entity::find()
        .filter(message::Column::PersonId.eq(author))
        .filter(message::Column::CreatedAt.gt(hour_ago))
        .count(&*tx)
        .await?;
    if written >= u64::try_from(market.config.limits.messages_per_hour).unwrap_or(0) {
        return Err(Error::TooMany { seconds: 3_600 });
    }
    let parent = match fields.value("parent").trim() {
        "" => None,
        id => {
            let id = id.parse::<Uuid>().map_err(|_| Error::NotFound)?;
            let found = message::Entity::find_by_id(id).filter(message::Column::DealId.eq(row.id)).one(&*tx).await?;
            let found = found.ok_or(Error::NotFound)?;
            // One level: an answer to an answer belongs to the same question.
            Some(found.parent_id.unwrap_or(found.id))
        }
    };
    let written = message::ActiveModel {
        id: Set(Uuid::now_v7()),
        deal_id: Set(row.id),
        person_id: Set(author),
        organisation_id: Set(side_of(actor, &row)),
        parent_id: Set(parent),
        body: Set(body),
        created_at: Set(tx.now),
    }
    .insert(&*tx)
    .await?;
    if let Some(stored) = stored {
        attachments::insert(&tx, actor, Subject::Message, written.id, stored).await?;
    }
    touch(&tx, row.id).await?;
    tx.audit("message.write", Subject::Deal, Some(row.id), serde_json::Value::Null).await?;
    tx.emit(Event::MessageWritten, written.id, serde_json::Value::Null).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Notes that the actor has read the thread of a deal up to now.
///
/// # Errors
/// [`Error::NotFound`] for others.
pub async fn mark_read(market: &Market, actor: &Actor, number: &str) -> Result<()> {
    let reader = actor.signed_in()?.id;
    let row = crate::deals::find_for(&market.db, actor, number).await?;
    if unread(market, actor, std::slice::from_ref(&row)).await?.is_empty() {
        return Ok(());
    }
    let tx = market.write(actor).await?;
    let now = deal_read::ActiveModel { deal_id: Set(row.id), person_id: Set(reader), read_at: Set(tx.now) };
    deal_read::Entity::insert(now)
        .on_conflict(
            OnConflict::columns([deal_read::Column::DealId, deal_read::Column::PersonId])
                .update_column(deal_read::Column::ReadAt)
                .to_owned(),
        )
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await
}

/// How many messages of others the actor has not read, by deal; deals without any are left out.
pub(crate) async fn unread(market: &Market, actor: &Actor, deals: &[deal::Model]) -> Result<HashMap<Uuid, u64>> {
    let Some(reader) = actor.id() else { return Ok(HashMap::new()) };
    if deals.is_empty() {
        return Ok(HashMap::new());
    }
    let read = deal_read::Entity::find()
        .filter(deal_read::Column::PersonId.eq(reader))
        .filter(deal_read::Column::DealId.is_in(deals.iter().map(|d| d.id)))
        .all(&market.db)
        .await?;
    let mut newer = Condition::any();
    for deal in deals {
        let since = read.iter().find(|r| r.deal_id == deal.id).map_or(0, |r| r.read_at);
        newer = newer.add(message::Column::DealId.eq(deal.id).and(message::Column::CreatedAt.gt(since)));
    }
    let counted: Vec<(Uuid, i64)> = message::Entity::find()
        .select_only()
        .column(message::Column::DealId)
        .column_as(Expr::col(message::Column::Id).count(), "count")
        .filter(newer)
        .filter(message::Column::PersonId.ne(reader))
        .group_by(message::Column::DealId)
        .into_tuple()
        .all(&market.db)
        .await?;
    Ok(counted.into_iter().map(|(id, count)| (id, u64::try_from(count).unwrap_or(0))).collect())
}

/// The thread of a deal, oldest first.
pub(crate) async fn messages(market: &Market, actor: &Actor, row: &deal::Model) -> Result<Vec<MessageView>> {
    let mut rows = message::Entity::find()
        .filter(message::Column::DealId.eq(row.id))
        .order_by_desc(message::Column::CreatedAt)
        .order_by_desc(message::Column::Id)
        .limit(SHOWN)
        .all(&market.db)
        .await?;
    rows.reverse();
    let people = crate::accounts::person_names(&market.db, rows.iter().map(|m| m.person_id).collect()).await?;
    let names = organisation_names(&market.db, vec![row.buyer_id, row.seller_id]).await?;
    let mut files: HashMap<Uuid, Vec<AttachmentView>> = HashMap::new();
    let attached = attachment::Entity::find()
        .filter(attachment::Column::SubjectKind.eq(Subject::Message.code()))
        .filter(attachment::Column::SubjectId.is_in(rows.iter().map(|m| m.id)))
        .order_by_asc(attachment::Column::CreatedAt)
        .all(&market.db)
        .await?;
    for file in attached {
        files.entry(file.subject_id).or_default().push(AttachmentView::of(file));
    }
    let reads = deal_read::Entity::find().filter(deal_read::Column::DealId.eq(row.id)).all(&market.db).await?;
    let own_side = side_of(actor, row);
    let colleagues = match own_side {
        Some(side) => crate::room::members::ids_of(&market.db, side).await?,
        None => actor.id().into_iter().collect(),
    };
    Ok(rows
        .into_iter()
        .map(|m| {
            let own = m.organisation_id.map_or(Some(m.person_id) == actor.id(), |o| actor.belongs_to(o));
            MessageView {
                id: m.id,
                parent: m.parent_id,
                // The broker reads no files.
                files: files.remove(&m.id).filter(|_| own_side.is_some()).unwrap_or_default(),
                read: own && reads.iter().any(|r| r.read_at >= m.created_at && !colleagues.contains(&r.person_id)),
                person: people.get(&m.person_id).cloned().unwrap_or_default(),
                organisation: m.organisation_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
                own,
                body: m.body,
                at: from_micros(m.created_at),
            }
        })
        .collect())
}
