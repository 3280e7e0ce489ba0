//! Who takes part in a sale: asking to, the deposit marked, exclusion.

use keqiao_model::{BidderMove, BidderState, Check, Fields, NoticeKind, Party, SaleState, Stateful};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{REASON_MAX, bidder_of, highest, locked, path_of, state_of, state_of_bidder};
use crate::{
    Actor, Error, Market, Result,
    db::{Moved, Subject},
    entity::bidder as table,
    listings::find_by_id,
    notices::Telling,
};

/// Asks to take part in a sale for the organisation acted for.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`]; [`Error::Invalid`]: no organisation, the owner's own, asked already, over.
pub async fn apply(market: &Market, actor: &Actor, number: &str, once: Option<Uuid>) -> Result<()> {
    let person = actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let sale = locked(&tx, number).await?;
    let acting = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
    let mut check = Check::new();
    check.ensure(person.verified, "", "not_verified");
    check.ensure(!actor.belongs_to(sale.organisation_id), "", "own_sale");
    check.ensure(state_of(&sale)? == SaleState::Announced && tx.now < sale.closes_at, "", "sale_closed");
    check.ensure(bidder_of(&*tx, sale.id, acting.id).await?.is_none(), "", "already_applied");
    check.finish(())?;
    let row = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        sale_id: Set(sale.id),
        organisation_id: Set(acting.id),
        person_id: Set(person.id),
        state: Set(BidderState::Applied.code().to_owned()),
        note: Set(String::new()),
        place: Set(None),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    tx.moved(Moved { subject: Subject::Bidder, id: row.id, from: "", to: &row.state, action: "apply", code: "", reason: "" }).await?;
    let title = find_by_id(&*tx, sale.listing_id).await?.title;
    let telling = Telling::new(NoticeKind::BidderApplied, &sale.number, &title, path_of(&sale))
        .by(&acting.name)
        .organisations(&[sale.organisation_id])
        .except(actor.id());
    tx.tell(row.id, &telling).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Marks a bidder's deposit as received, or excludes the bidder with a reason. Whoever holds the highest bid is bound by it and cannot be
/// excluded.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] for everyone but the owner; [`Error::Stale`]; [`Error::Invalid`].
pub async fn answer_bidder(
    market: &Market,
    actor: &Actor,
    number: &str,
    id: Uuid,
    by: BidderMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let sale = locked(&tx, number).await?;
    if !actor.belongs_to(sale.organisation_id) {
        return Err(Error::Forbidden);
    }
    let row = table::Entity::find_by_id(id).one(&*tx).await?.filter(|b| b.sale_id == sale.id).ok_or(Error::NotFound)?;
    if row.version != version {
        return Err(Error::Stale);
    }
    let from = state_of_bidder(&row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "already_answered"))?;
    if !transition.who.contains(&Party::Owner) {
        return Err(Error::Forbidden);
    }
    let field = format!("note.{id}");
    let mut check = Check::new();
    let note = check.optional(&field, fields.value(&field), REASON_MAX);
    check.ensure(!transition.reason || !note.is_empty(), &field, "reason_required");
    check.ensure(state_of(&sale)? == SaleState::Announced && tx.now < sale.closes_at, "", "sale_closed");
    let leads = highest(&*tx, sale.id).await?.is_some_and(|h| h.organisation_id == row.organisation_id);
    check.ensure(by != BidderMove::Exclude || !leads, "", "leads_the_sale");
    check.finish(())?;
    // Bidders are numbered in the order in which they are admitted.
    let admitted = table::Entity::find().filter(table::Column::SaleId.eq(sale.id)).filter(table::Column::Place.is_not_null());
    let place = match by {
        BidderMove::Admit => Some(i64::try_from(admitted.count(&*tx).await?).map_err(Error::internal)? + 1),
        BidderMove::Exclude => row.place,
    };
    table::Entity::update_many()
        .col_expr(table::Column::State, Expr::value(transition.to.code()))
        .col_expr(table::Column::Note, Expr::value(note.as_str()))
        .col_expr(table::Column::Place, Expr::value(place))
        .col_expr(table::Column::UpdatedAt, Expr::value(tx.now))
        .col_expr(table::Column::Version, Expr::value(row.version + 1))
        .filter(table::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    let (from, to) = (from.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::Bidder, id: row.id, from, to, action: by.code(), code: "", reason: &note }).await?;
    let title = find_by_id(&*tx, sale.listing_id).await?.title;
    let telling = Telling::new(NoticeKind::BidderAnswered, &sale.number, &title, path_of(&sale))
        .by(&note)
        .organisations(&[row.organisation_id])
        .except(actor.id());
    tx.tell(row.id, &telling).await?;
    tx.result("").await?;
    tx.commit().await
}
