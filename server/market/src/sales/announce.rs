//! Announcing a sale, and taking it back.

use keqiao_model::{
    Check, Fen, FieldError, Fields, ListingKind, ListingState, NoticeKind, Party, PricingWay, SaleMove, SaleState, TEXT_MAX,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, macros::format_description};
use uuid::Uuid;

use super::{highest, locked, make, path_of, taking_part};
use crate::{
    Actor, CHINA, Error, ListingSummary, Market, Result,
    db::{Moved, Subject, from_micros, micros},
    entity::{listing, sale as table},
    interests::lock_listing,
    listings::{find as find_listing, find_by_id, state_of as state_of_listing, summaries},
    notices::Telling,
};

/// Longest reason, characters.
pub const REASON_MAX: usize = 1_000;
/// The latest end of a sale, days from now.
const LONGEST: i64 = 366;

/// Day and time of China as a browser sends it or as people type it.
fn read_time(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim().replace('T', " ");
    let minutes = PrimitiveDateTime::parse(&text, format_description!("[year]-[month]-[day] [hour]:[minute]"));
    let seconds = || PrimitiveDateTime::parse(&text, format_description!("[year]-[month]-[day] [hour]:[minute]:[second]"));
    Some(minutes.or_else(|_| seconds()).ok()?.assume_offset(CHINA))
}

/// The owner's published achievement.
fn check_owner(actor: &Actor, row: &listing::Model) -> Result<()> {
    actor.signed_in()?;
    if actor.belongs_to(row.organisation_id) { Ok(()) } else { Err(Error::NotFound) }
}

/// The achievement that its owner is about to offer, and the number of the sale that is announced already.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for everyone but its owner.
pub async fn sale_form(market: &Market, actor: &Actor, number: &str) -> Result<(ListingSummary, Option<String>)> {
    let row = find_listing(&market.db, ListingKind::Achievement, number).await?;
    check_owner(actor, &row)?;
    let open = table::Entity::find()
        .filter(table::Column::ListingId.eq(row.id))
        .filter(table::Column::State.eq(SaleState::Announced.code()))
        .one(&market.db)
        .await?;
    let summary = summaries(&market.db, &[row]).await?.pop().ok_or(Error::NotFound)?;
    Ok((summary, open.map(|s| s.number)))
}

/// What was typed, read at a time.
fn read(fields: &Fields, now: OffsetDateTime) -> Result<table::ActiveModel> {
    let mut check = Check::new();
    let way = PricingWay::from_code(fields.value("way")).filter(|w| *w != PricingWay::Agreement);
    check.ensure(way.is_some(), "way", "required");
    let auction = way == Some(PricingWay::Auction);
    let amount = |check: &mut Check, name: &str, wanted: bool| {
        let typed = fields.value(name);
        if typed.trim().is_empty() && !wanted {
            return 0;
        }
        let read = check.take(Fen::parse_yuan(typed), |e| e.at(name));
        if wanted && read == Some(Fen::ZERO) {
            check.refuse(FieldError::new(name, "positive"));
        }
        read.unwrap_or_default().fen()
    };
    let price = amount(&mut check, "price", true);
    let step = if auction { amount(&mut check, "step", true) } else { 0 };
    let deposit = amount(&mut check, "deposit", false);
    let moment = |check: &mut Check, name: &str, wanted: bool| {
        let typed = fields.value(name).trim();
        let read = read_time(typed);
        check.ensure(!wanted || !typed.is_empty(), name, "required");
        check.ensure(typed.is_empty() || read.is_some(), name, "date_time");
        read
    };
    let opens = moment(&mut check, "opens_at", false).unwrap_or(now).max(now);
    if let Some(closes) = moment(&mut check, "closes_at", true) {
        check.ensure(closes > opens, "closes_at", "closes_too_early");
        check.ensure(closes <= now + Duration::days(LONGEST), "closes_at", "closes_too_late");
    }
    let rules = check.required("rules", fields.value("rules"), TEXT_MAX);
    let row = table::ActiveModel {
        way: Set(way.map_or("", |w| w.code()).to_owned()),
        rules: Set(rules),
        price: Set(price),
        step: Set(step),
        deposit: Set(deposit),
        opens_at: Set(micros(opens)),
        closes_at: Set(read_time(fields.value("closes_at")).map_or(0, micros)),
        ..Default::default()
    };
    Ok(check.finish(row)?)
}

/// Offers an achievement at a listed price or by auction. Answers the number of the sale.
///
/// # Errors
/// [`Error::NotFound`] for everyone but the owner; [`Error::Invalid`] at the fields, when the achievement is not published, and while another
/// sale of it is announced.
pub async fn announce(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<String> {
    let person = actor.signed_in()?;
    let listing = find_listing(&market.db, ListingKind::Achievement, number).await?;
    check_owner(actor, &listing)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(number) = before {
        return Ok(number);
    }
    if !person.verified {
        return Err(Error::field("", "not_verified"));
    }
    let content = read(fields, from_micros(tx.now))?;
    // Two people of the owner may announce at once.
    lock_listing(&tx, listing.id).await?;
    let listing = find_by_id(&*tx, listing.id).await?;
    if state_of_listing(&listing)? != ListingState::Published {
        return Err(Error::field("", "not_published"));
    }
    let announced = table::Entity::find()
        .filter(table::Column::ListingId.eq(listing.id))
        .filter(table::Column::State.eq(SaleState::Announced.code()))
        .count(&*tx)
        .await?;
    if announced > 0 {
        return Err(Error::field("", "sale_announced"));
    }
    let auction = content.way.as_ref() == PricingWay::Auction.code();
    let number = tx.number("PM", from_micros(tx.now).to_offset(CHINA).year()).await?;
    let row = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        number: Set(number.clone()),
        listing_id: Set(listing.id),
        organisation_id: Set(listing.organisation_id),
        state: Set(SaleState::Announced.code().to_owned()),
        reason: Set(String::new()),
        extension: Set(if auction { market.config.periods.auction_extension_seconds } else { 0 }),
        extended: Set(0),
        winner_id: Set(None),
        person_id: Set(person.id),
        created_at: Set(tx.now),
        settled_at: Set(None),
        version: Set(1),
        ..content
    }
    .insert(&*tx)
    .await?;
    tx.moved(Moved { subject: Subject::Sale, id: row.id, from: "", to: &row.state, action: "announce", code: "", reason: "" }).await?;
    tx.result(&number).await?;
    tx.commit().await?;
    Ok(number)
}

/// Takes a sale back before anybody bid, with a reason.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] for everyone but the owner; [`Error::Stale`]; [`Error::Invalid`] without a reason, after a bid, and
/// when it is over.
pub async fn cancel(market: &Market, actor: &Actor, number: &str, fields: &Fields, version: i64, once: Option<Uuid>) -> Result<()> {
    actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked(&tx, number).await?;
    if !actor.belongs_to(row.organisation_id) {
        return Err(Error::Forbidden);
    }
    let mut check = Check::new();
    let reason = check.required("reason", fields.value("reason"), REASON_MAX);
    check.finish(())?;
    if row.version != version {
        return Err(Error::Stale);
    }
    if highest(&*tx, row.id).await?.is_some() {
        return Err(Error::field("", "sale_has_bids"));
    }
    make(&tx, &row, SaleMove::Cancel, Party::Owner, &reason, None).await?;
    let title = find_by_id(&*tx, row.listing_id).await?.title;
    let telling = Telling::new(NoticeKind::SaleSettled, &row.number, &title, path_of(&row))
        .organisations(&taking_part(&*tx, row.id).await?)
        .except(actor.id());
    tx.tell(row.id, &telling).await?;
    tx.result("").await?;
    tx.commit().await
}
