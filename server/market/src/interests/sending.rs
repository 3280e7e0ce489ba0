//! A structured first contact: what, why it fits, which indicators are met, how to work together, and whether the sender stays unnamed.

use keqiao_model::{Check, Cooperation, Fields, InterestState, ListingKind, StatedIndicator};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use time::Duration;
use uuid::Uuid;

use super::{FIT_MAX, MESSAGE_MAX, clock::end_after, open_states, recommending::recommended_by};
use crate::{
    Actor, Error, Event, ListingSummary, Market, Result,
    db::{Moved, Subject, Tx, micros},
    entity::{interest, listing, organisation},
    listings::{content_of, find, find_by_id, state_of},
};

/// What a form says of a first contact.
struct Contact {
    message: String,
    fit: String,
    indicators: Vec<StatedIndicator>,
    cooperation: Option<Cooperation>,
    hidden: bool,
}

impl Contact {
    fn read(target: &listing::Model, fields: &Fields, check: &mut Check) -> Result<Self> {
        let message = check.required("message", fields.value("message"), MESSAGE_MAX);
        let fit = check.optional("fit", fields.value("fit"), FIT_MAX);
        let indicators = StatedIndicator::read(&content_of(target)?.indicators, fields, check);
        let way = fields.value("cooperation").trim();
        let cooperation = Cooperation::from_code(way);
        check.ensure(way.is_empty() || cooperation.is_some(), "cooperation", "choice");
        Ok(Self { message, fit, indicators, cooperation, hidden: fields.has("hidden", "yes") })
    }
}

/// Sends an interest in a public listing, naming one of the sender's own listings of the other side when `counter` is given. It must be
/// acknowledged or answered within `periods.acknowledge_days` working days.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`]: own listing, not published, another one still open, message missing, an indicator that is not
/// wanted, address not confirmed.
pub async fn send_interest(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    counter: Option<&str>,
    fields: &Fields,
    once: Option<Uuid>,
) -> Result<Uuid> {
    let person = actor.signed_in()?;
    let target = find(&market.db, kind, number).await?;
    let state = state_of(&target)?;
    if !state.is_public() && !actor.belongs_to(target.organisation_id) {
        return Err(Error::NotFound);
    }
    let from = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
    let mut check = Check::new();
    let contact = Contact::read(&target, fields, &mut check)?;
    check.ensure(person.verified, "", "not_verified");
    check.ensure(target.organisation_id != from.id, "", "own_listing");
    check.ensure(state.is_indexed(), "", "not_published");
    check.finish(())?;
    let counter = match counter.map(str::trim).filter(|c| !c.is_empty()) {
        Some(number) => {
            let row = find(&market.db, kind.opposite(), number).await.map_err(|_| Error::field("counter", "choice"))?;
            if row.organisation_id != from.id || !state_of(&row)?.is_indexed() {
                return Err(Error::field("counter", "choice"));
            }
            Some(row.id)
        }
        None => None,
    };
    let day_ago = micros(market.now() - Duration::days(1));
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    // The listing's row is touched, so that two interests in it at once follow one another on PostgreSQL too.
    lock_listing(&tx, target.id).await?;
    if !state_of(&find_by_id(&*tx, target.id).await?)?.is_indexed() {
        return Err(Error::field("", "not_published"));
    }
    let own = interest::Entity::find().filter(interest::Column::FromOrganisationId.eq(from.id));
    let open = own
        .clone()
        .filter(interest::Column::ListingId.eq(target.id))
        .filter(interest::Column::State.is_in(open_states()))
        .count(&*tx)
        .await?;
    if open > 0 {
        return Err(Error::field("", "interest_open"));
    }
    let today = own.filter(interest::Column::CreatedAt.gt(day_ago)).count(&*tx).await?;
    if today >= u64::try_from(market.config.limits.interests_per_day).unwrap_or(0) {
        return Err(Error::TooMany { seconds: 86_400 });
    }
    // A broker who recommended the pair stays named on what comes of it.
    let broker = match counter {
        Some(counter) => recommended_by(&tx, target.id, counter).await?,
        None => None,
    };
    let row = interest::ActiveModel {
        id: Set(Uuid::now_v7()),
        listing_id: Set(target.id),
        from_organisation_id: Set(from.id),
        from_person_id: Set(person.id),
        to_organisation_id: Set(target.organisation_id),
        counter_id: Set(counter),
        broker_id: Set(broker),
        answered_by: Set(None),
        message: Set(contact.message),
        fit: Set(contact.fit),
        indicators: Set(serde_json::to_string(&contact.indicators)?),
        cooperation: Set(contact.cooperation.map_or("", |c| c.code()).to_owned()),
        hidden: Set(contact.hidden),
        acknowledged_at: Set(None),
        due_at: Set(Some(end_after(market, tx.now, market.config.periods.acknowledge_days))),
        reminded_at: Set(None),
        state: Set(InterestState::Sent.code().to_owned()),
        code: Set(String::new()),
        reason: Set(String::new()),
        answered_at: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    tx.moved(Moved {
        subject: Subject::Interest,
        id: row.id,
        from: "",
        to: InterestState::Sent.code(),
        action: "send",
        code: "",
        reason: "",
    })
    .await?;
    tx.emit(Event::InterestSent, row.id, serde_json::Value::Null).await?;
    tx.result(row.id).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// Takes the row lock of a listing for the rest of the transaction.
pub(crate) async fn lock_listing(tx: &Tx, id: Uuid) -> Result<()> {
    listing::Entity::update_many()
        .col_expr(listing::Column::Version, Expr::col(listing::Column::Version))
        .filter(listing::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The listings an actor may answer a listing with: those of its organisation on the other side that are on the market.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn counters(market: &Market, actor: &Actor, kind: ListingKind) -> Result<Vec<ListingSummary>> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(Vec::new()) };
    let organisation = organisation::Entity::find_by_id(acting.id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let rows = listing::Entity::find()
        .filter(listing::Column::OrganisationId.eq(organisation.id))
        .filter(listing::Column::Kind.eq(crate::listings::kind_code(kind.opposite())))
        .filter(listing::Column::State.is_in(["published", "in_deal"]))
        .order_by_desc(listing::Column::PublishedAt)
        .limit(200)
        .all(&market.db)
        .await?;
    crate::listings::summaries(&market.db, &rows).await
}
