//! Putting name and price on public notice, taking it back, and its end.

use std::collections::BTreeSet;

use keqiao_model::{
    Check, Cooperation, DealMove, DealState, Fen, FieldError, Fields, FirstRefusal, ListingBody, NoticeKind, NoticeMove, NoticeState,
    Party, SUMMARY_MAX, Stateful, TITLE_MAX,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use time::{Date, Duration};
use uuid::Uuid;

use super::{find, latest, locked, path_of, region_of, state_of, status};
use crate::{
    Actor, CHINA, Error, Market, Result,
    db::{Moved, Subject, Tx, from_micros, micros},
    deals::{self, find_for, make, state_of_deal},
    entity::{deal, membership, person, public_notice as table},
    listings::{content_of, find_by_id, organisation_names},
    notices::Telling,
    room::{members::speaks, terms::accepted},
};

/// Longest note, characters.
pub const NOTE_MAX: usize = 1_000;

/// What the form of a notice begins with.
#[derive(Debug, Clone)]
pub struct NoticeForm {
    /// Title of the deal.
    pub deal_title: String,
    /// Name of the achievement.
    pub title: String,
    /// Its public summary.
    pub summary: String,
    /// Who buys.
    pub buyer: String,
    /// The way of cooperation by the accepted terms.
    pub way: Option<Cooperation>,
    /// The accepted price; nothing before terms are accepted.
    pub price: Option<Fen>,
    /// Who made it.
    pub inventors: Vec<String>,
    /// Those of them whose name a person of the buyer bears.
    pub related: Vec<String>,
    /// Whether the deal owes a notice.
    pub owed: bool,
    /// Whether it can be published now: the deal is at its terms.
    pub at_terms: bool,
    /// Whether the actor speaks for the seller.
    pub may_publish: bool,
    /// Number of the notice that stands.
    pub current: Option<String>,
    /// Days it will stand.
    pub days: i64,
    /// The last day, were it published now.
    pub last_day: Date,
    /// Version of the deal.
    pub version: i64,
}

/// The last microsecond of the day in China so many days later.
fn end_of(now: i64, days: i64) -> i64 {
    let last = from_micros(now).to_offset(CHINA).date().saturating_add(Duration::days(days));
    micros(last.saturating_add(Duration::days(1)).midnight().assume_offset(CHINA)) - 1
}

/// Whoever speaks for the seller's side, and nobody else.
async fn check_seller<C: ConnectionTrait>(db: &C, actor: &Actor, row: &deal::Model) -> Result<()> {
    if speaks_for_seller(db, actor, row).await? { Ok(()) } else { Err(Error::Forbidden) }
}

async fn speaks_for_seller<C: ConnectionTrait>(db: &C, actor: &Actor, row: &deal::Model) -> Result<bool> {
    Ok(crate::room::side_of(actor, row) == Some(row.seller_id) && speaks(db, actor, row).await?)
}

/// The names of those who made the achievement of a deal, and which of them a person of the buyer bears too.
async fn inventors<C: ConnectionTrait>(db: &C, row: &deal::Model) -> Result<(Vec<String>, Vec<String>)> {
    let Some(id) = row.achievement_id else { return Ok((Vec::new(), Vec::new())) };
    let ListingBody::Achievement(body) = content_of(&find_by_id(db, id).await?)?.body else { return Ok((Vec::new(), Vec::new())) };
    let names: Vec<String> = body.inventors.into_iter().map(|i| i.name.trim().to_owned()).filter(|n| !n.is_empty()).collect();
    let members = membership::Entity::find()
        .filter(membership::Column::OrganisationId.eq(row.buyer_id))
        .filter(membership::Column::State.eq("active"))
        .all(db)
        .await?;
    let people = person::Entity::find()
        .filter(person::Column::Id.is_in(members.into_iter().map(|m| m.person_id)))
        .filter(person::Column::Name.is_in(names.clone()))
        .all(db)
        .await?;
    let related: BTreeSet<String> = people.into_iter().map(|p| p.name).collect();
    Ok((names, related.into_iter().collect()))
}

/// What the form of a deal's notice begins with.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member of the deal.
pub async fn notice_form(market: &Market, actor: &Actor, number: &str) -> Result<NoticeForm> {
    let db = &market.db;
    let row = find_for(db, actor, number).await?;
    let may_publish = speaks_for_seller(db, actor, &row).await?;
    let status = status(db, &row).await?;
    let (inventors, related) = inventors(db, &row).await?;
    let (title, summary) = match row.achievement_id {
        Some(id) => find_by_id(db, id).await.map(|l| (l.title, l.summary))?,
        None => (row.title.clone(), String::new()),
    };
    let terms = accepted(db, row.id).await?;
    let days = market.config.periods.public_notice_days;
    Ok(NoticeForm {
        buyer: organisation_names(db, vec![row.buyer_id]).await?.remove(&row.buyer_id).unwrap_or_default(),
        way: terms.as_ref().and_then(|t| Cooperation::from_code(t.kind.code())),
        price: terms.map(|t| t.price),
        owed: status.owed,
        at_terms: state_of_deal(&row)? == DealState::Terms,
        current: status.last.filter(|(_, state)| *state != NoticeState::Stopped).map(|(number, _)| number),
        last_day: from_micros(end_of(micros(market.now()), days)).to_offset(CHINA).date(),
        deal_title: row.title,
        version: row.version,
        may_publish,
        title,
        summary,
        inventors,
        related,
        days,
    })
}

/// What was typed, read; the price must be the one both sides accepted.
fn read(fields: &Fields, agreed: Option<Fen>) -> Result<table::ActiveModel> {
    let mut check = Check::new();
    let title = check.required("title", fields.value("title"), TITLE_MAX);
    let summary = check.required("summary", fields.value("summary"), SUMMARY_MAX);
    let way = Cooperation::from_code(fields.value("way"));
    check.ensure(way.is_some(), "way", "required");
    let price = check.take(Fen::parse_yuan(fields.value("price")), |e| e.at("price"));
    if let (Some(price), Some(agreed)) = (price, agreed)
        && price != agreed
    {
        check.refuse(FieldError::new("price", "price_differs").with("price", agreed));
    }
    let interested = match fields.value("interested") {
        "yes" => true,
        "no" => false,
        _ => {
            check.refuse(FieldError::new("interested", "required"));
            false
        }
    };
    let interest_note = check.optional("interest_note", fields.value("interest_note"), NOTE_MAX);
    check.ensure(!interested || !interest_note.is_empty(), "interest_note", "required");
    let refusal = FirstRefusal::from_code(fields.value("first_refusal"));
    check.ensure(refusal.is_some(), "first_refusal", "required");
    let refusal_note = check.optional("first_refusal_note", fields.value("first_refusal_note"), NOTE_MAX);
    let told = matches!(refusal, None | Some(FirstRefusal::NotApplicable));
    check.ensure(told || !refusal_note.is_empty(), "first_refusal_note", "required");
    check.ensure(refusal != Some(FirstRefusal::Exercised) || interested, "interested", "exercised_is_interested");
    let row = table::ActiveModel {
        title: Set(title),
        summary: Set(summary),
        way: Set(way.map_or("", |w| w.code()).to_owned()),
        price: Set(price.unwrap_or_default().fen()),
        interested: Set(interested),
        interest_note: Set(if interested { interest_note } else { String::new() }),
        first_refusal: Set(refusal.map_or("", |r| r.code()).to_owned()),
        first_refusal_note: Set(refusal_note),
        ..Default::default()
    };
    Ok(check.finish(row)?)
}

/// Puts the name and the price of a deal's achievement on public notice; the deal waits for its end. Answers the notice's number.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member; [`Error::Forbidden`] for those who do not speak for the seller; [`Error::Stale`];
/// [`Error::Invalid`] at the fields, and when the deal is not at accepted terms.
pub async fn publish(market: &Market, actor: &Actor, number: &str, fields: &Fields, version: i64, once: Option<Uuid>) -> Result<String> {
    let person = actor.signed_in()?.id;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(number) = before {
        return Ok(number);
    }
    let deal = crate::room::locked_for(&tx, actor, number).await?;
    check_seller(&*tx, actor, &deal).await?;
    if deal.version != version {
        return Err(Error::Stale);
    }
    let content = read(fields, accepted(&*tx, deal.id).await?.map(|t| t.price))?;
    let names = organisation_names(&*tx, vec![deal.buyer_id]).await?;
    let number = tx.number("GS", from_micros(tx.now).to_offset(CHINA).year()).await?;
    let row = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        number: Set(number.clone()),
        deal_id: Set(deal.id),
        organisation_id: Set(deal.seller_id),
        buyer: Set(names.get(&deal.buyer_id).cloned().unwrap_or_default()),
        state: Set(NoticeState::Running.code().to_owned()),
        reason: Set(String::new()),
        opens_at: Set(tx.now),
        ends_at: Set(end_of(tx.now, market.config.periods.public_notice_days)),
        person_id: Set(person),
        created_at: Set(tx.now),
        version: Set(1),
        ..content
    }
    .insert(&*tx)
    .await?;
    tx.moved(Moved { subject: Subject::PublicNotice, id: row.id, from: "", to: &row.state, action: "publish", code: "", reason: "" })
        .await?;
    make(&tx, &deal, DealMove::PublishNotice, &[Party::Seller], "", "").await?;
    let region = region_of(&*tx, deal.seller_id).await?;
    let telling = Telling::new(NoticeKind::PublicNoticePublished, &number, &row.title, path_of(&row))
        .organisations(&[deal.seller_id, deal.buyer_id])
        .officers_of(&region)
        .except(actor.id());
    tx.tell(row.id, &telling).await?;
    tx.result(&number).await?;
    tx.commit().await?;
    Ok(number)
}

/// Moves a notice inside a transaction.
async fn move_notice(tx: &Tx, row: &table::Model, by: NoticeMove, parties: &[Party], reason: &str) -> Result<()> {
    let from = state_of(row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "notice_over"))?;
    if !transition.who.iter().any(|w| parties.contains(w)) {
        return Err(Error::Forbidden);
    }
    let done = table::Entity::update_many()
        .col_expr(table::Column::State, Expr::value(transition.to.code()))
        .col_expr(table::Column::Reason, Expr::value(reason))
        .col_expr(table::Column::Version, Expr::value(row.version + 1))
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(row.version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let (from, to) = (from.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::PublicNotice, id: row.id, from, to, action: by.code(), code: "", reason }).await
}

/// Takes a notice back, with a reason; the deal goes back to its terms.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] for those who do not speak for the seller; [`Error::Stale`]; [`Error::Invalid`].
pub async fn stop(market: &Market, actor: &Actor, number: &str, fields: &Fields, version: i64, once: Option<Uuid>) -> Result<()> {
    actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let deal_id = find(&*tx, number).await?.deal_id;
    let deal = deal::Entity::find_by_id(deal_id).one(&*tx).await?.ok_or(Error::NotFound)?;
    let deal = crate::room::locked(&tx, &deal.number).await?;
    check_seller(&*tx, actor, &deal).await?;
    let mut check = Check::new();
    let reason = check.required("reason", fields.value("reason"), NOTE_MAX);
    check.finish(())?;
    let row = locked(&tx, number).await?;
    if row.version != version {
        return Err(Error::Stale);
    }
    move_notice(&tx, &row, NoticeMove::Stop, &[Party::Owner], &reason).await?;
    make(&tx, &deal, DealMove::ReopenTerms, &deals::parties(actor, &deal), "", &reason).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Takes back the notice of a deal that comes to nothing. To be called before anything is put into the outbox.
pub(crate) async fn withdraw(tx: &Tx, row: &deal::Model) -> Result<()> {
    let Some(last) = latest(&**tx, row.id).await? else { return Ok(()) };
    if state_of(&last)? == NoticeState::Stopped {
        return Ok(());
    }
    let last = locked(tx, &last.number).await?;
    move_notice(tx, &last, NoticeMove::Stop, &[Party::Owner], "").await
}

/// Ends notices whose period is over; answers how many.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    let due = table::Entity::find()
        .filter(table::Column::State.eq(NoticeState::Running.code()))
        .filter(table::Column::EndsAt.lt(micros(market.now())))
        .all(&market.db)
        .await?;
    let mut done = 0;
    for row in due {
        match end(market, &row.number).await {
            Ok(ended) => done += usize::from(ended),
            Err(error) => tracing::error!(%error, notice = row.number, "a public notice did not end"),
        }
    }
    Ok(done)
}

async fn end(market: &Market, number: &str) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    let row = locked(&tx, number).await?;
    if state_of(&row)? != NoticeState::Running || row.ends_at >= tx.now {
        return Ok(false);
    }
    move_notice(&tx, &row, NoticeMove::End, &[Party::System], "").await?;
    let deal = deal::Entity::find_by_id(row.deal_id).one(&*tx).await?.ok_or(Error::NotFound)?;
    let telling =
        Telling::new(NoticeKind::PublicNoticeEnded, &row.number, &row.title, path_of(&row)).organisations(&[deal.seller_id, deal.buyer_id]);
    tx.tell(row.id, &telling).await?;
    tx.commit().await?;
    Ok(true)
}
