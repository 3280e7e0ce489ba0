//! The introduction ledger (民法典 961–966; domain rules, section 5): who introduced whom on what, acknowledged by both parties, chained by hash.

mod chain;
mod consequences;
mod views;

use keqiao_model::{Check, ClaimStage, FieldError, Fields, IntroductionRecord, NoticeKind};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr,
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

pub use self::{
    chain::{BrokenLink, ChainReport, Fault, GENESIS, verify},
    views::{EntryView, IntroductionSummary, IntroductionView, Scope, introduction, introductions},
};
pub(crate) use self::{
    chain::{append, lock as lock_chain},
    consequences::{contract_registered, deal_opened, disclosed, of_pair},
};
use crate::{
    Actor, Error, Market, Result,
    brokers::{acting, standing, to_stage},
    db::{Subject, from_micros, micros},
    entity::{broker_profile, introduction as table, listing, organisation},
    listings::{find_by_id, state_of as state_of_listing},
    notices::Telling,
    room::sha256,
};
use chain::{Acknowledged, Listed, Made, Named, Organisation};

/// Longest subject of an introduction, characters.
pub const SUBJECT_MAX: usize = 1_000;

/// The page of an introduction, for letters.
fn path_of(row: &table::Model) -> String {
    format!("/introductions/{}", row.number)
}

/// The same day so many months later, the last day of a shorter month.
fn months_later(from: OffsetDateTime, months: i64) -> OffsetDateTime {
    let day = from.date();
    let count = i64::from(day.year()) * 12 + i64::from(u8::from(day.month())) - 1 + months.max(0);
    let (year, month) = (i32::try_from(count.div_euclid(12)).unwrap_or(i32::MAX), u8::try_from(count.rem_euclid(12) + 1).unwrap_or(1));
    let Ok(month) = time::Month::try_from(month) else { return from };
    let last = month.length(year);
    Date::from_calendar_date(year, month, day.day().min(last)).map_or(from, |date| from.replace_date(date))
}

async fn organisation_of<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<organisation::Model> {
    organisation::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

fn party(row: &organisation::Model) -> Organisation {
    Organisation { credit_code: row.credit_code.clone(), id: row.id, name: row.name.clone() }
}

/// What was shown of a listing: the hash of its public title and summary.
fn listed(row: &listing::Model) -> Listed {
    Listed { number: row.number.clone(), sha256: sha256(format!("{}\n{}", row.title, row.summary)) }
}

/// The broker of a claim introduces the two organisations of the pair to one another: `subject` says on what. Answers the number.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for everyone but the broker of the claim; [`Error::Stale`]; [`Error::Invalid`]: `subject`,
/// `claim_over`, `not_published`, `introduced_already` while an earlier introduction of the pair by the same broker counts.
pub async fn introduce(market: &Market, actor: &Actor, claim: Uuid, fields: &Fields, version: i64, once: Option<Uuid>) -> Result<String> {
    let broker = acting(actor)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(number) = before {
        return Ok(number);
    }
    let held = standing(&*tx, market, actor, claim).await?;
    if held.version != version {
        return Err(Error::Stale);
    }
    let mut check = Check::new();
    let subject = check.required("subject", fields.value("subject"), SUBJECT_MAX);
    let (demand, achievement) = (find_by_id(&*tx, held.demand_id).await?, find_by_id(&*tx, held.achievement_id).await?);
    check.ensure(state_of_listing(&demand)?.is_indexed() && state_of_listing(&achievement)?.is_indexed(), "", "not_published");
    let earlier = table::Entity::find()
        .filter(table::Column::BrokerId.eq(broker.id))
        .filter(table::Column::DemandId.eq(demand.id))
        .filter(table::Column::AchievementId.eq(achievement.id))
        .filter(table::Column::ValidUntil.gte(tx.now))
        .one(&*tx)
        .await?;
    if let Some(earlier) = earlier {
        check.refuse(FieldError::new("", "introduced_already").with("number", earlier.number));
    }
    check.finish(())?;
    let stage = if held.stage == ClaimStage::Talking.code() { ClaimStage::Talking } else { ClaimStage::Introduced };
    to_stage(&tx, &held, stage).await?;
    let now = from_micros(tx.now).to_offset(crate::CHINA);
    let row = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        number: Set(tx.number("JS", now.year()).await?),
        broker_id: Set(broker.id),
        buyer_id: Set(demand.organisation_id),
        seller_id: Set(achievement.organisation_id),
        demand_id: Set(demand.id),
        achievement_id: Set(achievement.id),
        deal_id: Set(None),
        subject: Set(subject),
        made_at: Set(tx.now),
        valid_until: Set(micros(months_later(now, market.config.periods.introduction_months))),
        buyer_at: Set(None),
        seller_at: Set(None),
        buyer_by: Set(None),
        seller_by: Set(None),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    let profile = broker_profile::Entity::find_by_id(broker.id).one(&*tx).await?;
    let made = Made {
        achievement: listed(&achievement),
        broker: Named { certificate: profile.map(|p| p.certificate).unwrap_or_default(), id: broker.id, name: broker.name.clone() },
        buyer: party(&organisation_of(&*tx, row.buyer_id).await?),
        demand: listed(&demand),
        number: row.number.clone(),
        seller: party(&organisation_of(&*tx, row.seller_id).await?),
        subject: row.subject.clone(),
        valid_until: row.valid_until,
    };
    append(&tx, row.id, IntroductionRecord::Made, &made).await?;
    tx.audit("introduction.make", Subject::Introduction, Some(row.id), serde_json::json!({ "number": row.number })).await?;
    let telling = Telling::new(NoticeKind::IntroductionMade, &row.number, &demand.title, path_of(&row)).by(&broker.name);
    tx.tell(row.id, &telling.organisations(&[row.buyer_id, row.seller_id]).except(actor.id())).await?;
    tx.result(&row.number).await?;
    tx.commit().await?;
    Ok(row.number)
}

pub(crate) async fn find<C: ConnectionTrait>(db: &C, number: &str) -> Result<table::Model> {
    table::Entity::find().filter(table::Column::Number.eq(number)).one(db).await?.ok_or(Error::NotFound)
}

/// Whether the side that buys is the one for which the actor would acknowledge: of two it belongs to, the one acted for, then the one that
/// has not yet; nothing for people of neither.
fn buys(actor: &Actor, row: &table::Model) -> Option<bool> {
    let (buyer, seller) = (actor.belongs_to(row.buyer_id), actor.belongs_to(row.seller_id));
    match (buyer, seller) {
        (true, true) if row.buyer_at.is_some() != row.seller_at.is_some() => Some(row.buyer_at.is_none()),
        (true, true) => Some(!actor.acts_for(row.seller_id)),
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// Somebody of a party acknowledges an introduction for that party.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for people of neither party; [`Error::Stale`]; [`Error::Invalid`]: `acknowledged_already`,
/// `introduction_over`.
pub async fn acknowledge(market: &Market, actor: &Actor, number: &str, version: i64, once: Option<Uuid>) -> Result<()> {
    let person = actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, number).await?;
    let buys = buys(actor, &row).ok_or(Error::NotFound)?;
    let mut check = Check::new();
    check.ensure(row.valid_until >= tx.now, "", "introduction_over");
    check.ensure(if buys { row.buyer_at.is_none() } else { row.seller_at.is_none() }, "", "acknowledged_already");
    check.finish(())?;
    let (at, by, organisation, record) = if buys {
        (table::Column::BuyerAt, table::Column::BuyerBy, row.buyer_id, IntroductionRecord::BuyerAcknowledged)
    } else {
        (table::Column::SellerAt, table::Column::SellerBy, row.seller_id, IntroductionRecord::SellerAcknowledged)
    };
    let done = table::Entity::update_many()
        .col_expr(at, Expr::value(tx.now))
        .col_expr(by, Expr::value(person.id))
        .col_expr(table::Column::Version, Expr::value(version + 1))
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let organisation = party(&organisation_of(&*tx, organisation).await?);
    let by = Named { certificate: String::new(), id: person.id, name: person.name.clone() };
    append(&tx, row.id, record, &Acknowledged { by, organisation }).await?;
    tx.audit("introduction.acknowledge", Subject::Introduction, Some(row.id), serde_json::json!({ "number": row.number })).await?;
    if if buys { row.seller_at.is_some() } else { row.buyer_at.is_some() } {
        let title = find_by_id(&*tx, row.demand_id).await?.title;
        let telling = Telling::new(NoticeKind::IntroductionAcknowledged, &row.number, &title, path_of(&row));
        let telling = telling.organisations(&[row.buyer_id, row.seller_id]).people([row.broker_id]).except(actor.id());
        tx.tell(row.id, &telling).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// How many introductions wait for the party acted for.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn waiting(market: &Market, actor: &Actor) -> Result<u64> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(0) };
    let open = |party: table::Column, at: table::Column| {
        let valid = table::Column::ValidUntil.gte(micros(market.now()));
        table::Entity::find().filter(party.eq(acting.id)).filter(at.is_null()).filter(valid)
    };
    let bought = open(table::Column::BuyerId, table::Column::BuyerAt).count(&market.db).await?;
    Ok(bought + open(table::Column::SellerId, table::Column::SellerAt).count(&market.db).await?)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::months_later;

    #[test]
    fn months_end_where_the_calendar_ends_them() {
        let check = |from, months, expected| assert_eq!(months_later(from, months), expected);
        check(datetime!(2026-08-01 16:00 +8), 24, datetime!(2028-08-01 16:00 +8));
        check(datetime!(2026-01-31 08:00 +8), 1, datetime!(2026-02-28 08:00 +8));
        check(datetime!(2026-12-31 08:00 +8), 2, datetime!(2027-02-28 08:00 +8));
        check(datetime!(2027-11-30 08:00 +8), 3, datetime!(2028-02-29 08:00 +8));
    }
}
