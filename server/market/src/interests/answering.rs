//! What sender and receiver do with an interest: acknowledge, accept, decline with a code and words, take back.

use keqiao_model::{Check, DeclineCode, Fields, InterestMove, InterestState, ListingState, NoticeKind, Stateful};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{MESSAGE_MAX, clock::end_after, parties, state_of_interest};
use crate::{
    Actor, Error, Event, Market, Result,
    db::{Moved, Subject, Tx},
    entity::interest,
    listings::{find_by_id, organisation_names, state_of},
    notices::Telling,
};

/// Why nothing can be done with an interest any more.
fn closed(state: InterestState) -> Error {
    Error::field("", if state == InterestState::Lapsed { "interest_lapsed" } else { "already_answered" })
}

/// The reason and the words of an answer, as the form gives them.
fn read(by: InterestMove, fields: &Fields) -> Result<(&'static str, String)> {
    if by != InterestMove::Decline {
        return Ok(("", String::new()));
    }
    let mut check = Check::new();
    let reason = check.optional("reason", fields.value("reason"), MESSAGE_MAX);
    let code = DeclineCode::from_code(fields.value("code"));
    check.ensure(code.is_some(), "code", "required");
    check.ensure(!reason.is_empty(), "reason", "reason_required");
    check.finish(())?;
    Ok((code.map_or("", DeclineCode::code), reason))
}

/// Acknowledges, accepts, declines or takes back an interest; accepting answers the number of the deal that opens. Every refusal has a code
/// and words. What was acknowledged must be answered within `periods.answer_days` working days.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Invalid`] when it was answered or lapsed already, a decline has no code or no words, or the
/// listing is suspended; [`Error::Stale`].
pub async fn answer_interest(
    market: &Market,
    actor: &Actor,
    id: Uuid,
    by: InterestMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<Option<String>> {
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(deal) = before {
        return Ok((!deal.is_empty()).then_some(deal));
    }
    let row = interest::Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?;
    let parties = parties(actor, &row);
    if parties.is_empty() {
        return Err(if actor.person().is_none() { Error::SignIn } else { Error::NotFound });
    }
    let state = state_of_interest(&row)?;
    let transition = state.transition(by).ok_or_else(|| if state.is_open() { Error::Stale } else { closed(state) })?;
    if !transition.who.iter().any(|w| parties.contains(w)) {
        return Err(Error::Forbidden);
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    let (code, reason) = read(by, fields)?;
    if by == InterestMove::Accept && state_of(&find_by_id(&*tx, row.listing_id).await?)? == ListingState::Suspended {
        return Err(Error::field("", "listing_suspended"));
    }
    let mut update = interest::Entity::update_many()
        .col_expr(interest::Column::State, Expr::value(transition.to.code()))
        .col_expr(interest::Column::Version, Expr::value(version + 1));
    match by {
        InterestMove::Acknowledge => {
            let due = end_after(market, tx.now, market.config.periods.answer_days);
            update = update
                .col_expr(interest::Column::AcknowledgedAt, Expr::value(tx.now))
                .col_expr(interest::Column::DueAt, Expr::value(due))
                .col_expr(interest::Column::RemindedAt, Expr::value(None::<i64>));
        }
        InterestMove::Accept | InterestMove::Decline => {
            update = update
                .col_expr(interest::Column::Code, Expr::value(code))
                .col_expr(interest::Column::Reason, Expr::value(reason.as_str()))
                .col_expr(interest::Column::AnsweredBy, Expr::value(actor.id()))
                .col_expr(interest::Column::AnsweredAt, Expr::value(tx.now));
        }
        InterestMove::Withdraw | InterestMove::Lapse => {}
    }
    let done = update.filter(interest::Column::Id.eq(id)).filter(interest::Column::Version.eq(version)).exec(&*tx).await?;
    if done.rows_affected == 0 {
        // Whoever came first on PostgreSQL has committed by now.
        let now = interest::Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?;
        let now = state_of_interest(&now)?;
        return Err(if now.is_open() { Error::Stale } else { closed(now) });
    }
    let action = by.code();
    tx.moved(Moved { subject: Subject::Interest, id, from: state.code(), to: transition.to.code(), action, code, reason: &reason }).await?;
    let deal = if by == InterestMove::Accept { Some(crate::deals::open(&tx, actor, &row).await?) } else { None };
    match by {
        InterestMove::Acknowledge => tell_acknowledged(&tx, &row).await?,
        InterestMove::Accept | InterestMove::Decline => tx.emit(Event::InterestAnswered, id, serde_json::json!({ "move": action })).await?,
        InterestMove::Withdraw | InterestMove::Lapse => {}
    }
    tx.result(deal.as_deref().unwrap_or_default()).await?;
    tx.commit().await?;
    Ok(deal)
}

/// Tells whoever sent it, and the broker as far as it may know of it.
async fn tell_acknowledged(tx: &Tx, row: &interest::Model) -> Result<()> {
    let target = find_by_id(&**tx, row.listing_id).await?;
    let receiver = organisation_names(&**tx, vec![row.to_organisation_id]).await?.remove(&row.to_organisation_id).unwrap_or_default();
    let people = [Some(row.from_person_id), row.broker_id.filter(|_| !row.hidden)];
    let telling = Telling::new(NoticeKind::InterestAcknowledged, &target.number, &target.title, format!("/interests/{}", row.id));
    tx.tell(row.id, &telling.by(&receiver).people(people.into_iter().flatten())).await
}
