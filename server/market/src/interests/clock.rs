//! What time does to interests: who owes an answer is reminded once, an interest that nobody answered lapses, and a listing whose owner left
//! too many unanswered is suspended until it promises to answer again.

use keqiao_model::{InterestMove, InterestState, ListingMove, NoticeKind, Stateful, format_date};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{lock_listing, open_states, state_of_interest};
use crate::{
    Actor, CHINA, Error, Market, Result,
    db::{Moved, Subject, Tx, from_micros, micros},
    entity::{interest, listing, move_log},
    listings::{find_by_id, make_move, state_of},
    notices::{Telling, listing_path},
};

/// Interests taken in one step.
const STEP: u64 = 100;
/// Lapses count against a listing for so long.
const COUNTS: Duration = Duration::days(365);

/// The last moment of a day in China.
fn end_of(day: time::Date) -> i64 {
    let next = day.next_day().unwrap_or(day);
    micros(next.midnight().assume_offset(CHINA)) - 1
}

/// The last moment, in China, of the day that is so many working days after a moment.
pub(super) fn end_after(market: &Market, start: i64, days: i64) -> i64 {
    end_of(market.config.calendar.after(from_micros(start).to_offset(CHINA).date(), days))
}

/// By when an open interest must be acknowledged or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The last moment.
    pub at: OffsetDateTime,
    /// Working days after today until then; none on the last day.
    pub days_left: i64,
    /// Whether it is over; it lapses within seconds unless it is answered.
    pub over: bool,
    /// Whether the holidays of its time are not entered, so that only weekends were left out.
    pub weekends_only: bool,
}

impl Due {
    pub(super) fn of(market: &Market, row: &interest::Model) -> Option<Self> {
        let at = from_micros(row.due_at?);
        let now = market.now();
        let (today, last) = (now.to_offset(CHINA).date(), at.to_offset(CHINA).date());
        let began = from_micros(row.acknowledged_at.unwrap_or(row.created_at)).to_offset(CHINA).year();
        let calendar = &market.config.calendar;
        Some(Self {
            at,
            days_left: calendar.between(today, last),
            over: now > at,
            weekends_only: (began..=last.year()).any(|year| !calendar.knows(year)),
        })
    }
}

/// What time does here by itself; answers how many subjects moved.
///
/// # Errors
/// [`crate::Error::Internal`]; what could be moved was moved.
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    use interest::Column as C;
    let now = micros(market.now());
    begin(market).await?;
    let mut done = 0;
    let mut failed = None;
    let over = ids(market, Condition::all().add(C::DueAt.lt(now))).await?;
    for id in over {
        tally(lapse(market, id).await, &mut done, &mut failed);
    }
    let soon = ids(market, due_soon(market)).await?;
    for id in soon {
        tally(remind(market, id).await, &mut done, &mut failed);
    }
    failed.map_or(Ok(done), Err)
}

fn tally(moved: Result<bool>, done: &mut usize, failed: &mut Option<Error>) {
    match moved {
        Ok(moved) => *done += usize::from(moved),
        Err(error) => *failed = Some(error),
    }
}

/// Open interests under a condition, those due first.
async fn ids(market: &Market, condition: Condition) -> Result<Vec<Uuid>> {
    use interest::Column as C;
    Ok(interest::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::State.is_in(open_states()))
        .filter(condition)
        .order_by_asc(C::DueAt)
        .order_by_asc(C::Id)
        .limit(STEP)
        .into_tuple()
        .all(&market.db)
        .await?)
}

/// Interests sent before there was a clock get their time from now on.
async fn begin(market: &Market) -> Result<()> {
    use interest::Column as C;
    let without = || interest::Entity::find().filter(C::State.is_in(open_states())).filter(C::DueAt.is_null());
    if without().count(&market.db).await? == 0 {
        return Ok(());
    }
    let tx = market.write(&Actor::System).await?;
    let due = end_after(market, tx.now, market.config.periods.acknowledge_days);
    interest::Entity::update_many()
        .col_expr(C::DueAt, Expr::value(due))
        .filter(C::State.is_in(open_states()))
        .filter(C::DueAt.is_null())
        .exec(&*tx)
        .await?;
    tx.commit().await
}

/// Interests that end within the days of the reminder, of whom nobody was reminded yet. A period that is shorter than these days has its
/// reminder a working day after it began.
fn due_soon(market: &Market) -> Condition {
    use interest::Column as C;
    let periods = &market.config.periods;
    let now = micros(market.now());
    let horizon = |length: i64| end_after(market, now, periods.reminder_days.min(length - 1).max(0));
    let soon = |state: InterestState, length: i64| Condition::all().add(C::State.eq(state.code())).add(C::DueAt.lte(horizon(length)));
    let sent = soon(InterestState::Sent, periods.acknowledge_days);
    let acknowledged = soon(InterestState::Acknowledged, periods.answer_days);
    Condition::all().add(C::RemindedAt.is_null()).add(C::DueAt.gte(now)).add(Condition::any().add(sent).add(acknowledged))
}

async fn remind(market: &Market, id: Uuid) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    let Some(row) = interest::Entity::find_by_id(id).one(&*tx).await? else { return Ok(false) };
    let Some(due) = row.due_at else { return Ok(false) };
    // A reminder changes nothing that a form was drawn from, so the version stays.
    let done = interest::Entity::update_many()
        .col_expr(interest::Column::RemindedAt, Expr::value(tx.now))
        .filter(interest::Column::Id.eq(id))
        .filter(interest::Column::Version.eq(row.version))
        .filter(interest::Column::State.is_in(open_states()))
        .filter(interest::Column::RemindedAt.is_null())
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Ok(false);
    }
    let target = find_by_id(&*tx, row.listing_id).await?;
    let day = format_date(from_micros(due).to_offset(CHINA).date());
    tx.audit("interest.remind", Subject::Interest, Some(id), serde_json::Value::Null).await?;
    let telling = Telling::new(NoticeKind::InterestDue, &target.number, &target.title, format!("/interests/{id}"));
    tx.tell(id, &telling.by(&day).organisations(&[row.to_organisation_id])).await?;
    tx.commit().await?;
    Ok(true)
}

async fn lapse(market: &Market, id: Uuid) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    let Some(row) = interest::Entity::find_by_id(id).one(&*tx).await? else { return Ok(false) };
    let state = state_of_interest(&row)?;
    let Some(transition) = state.transition(InterestMove::Lapse) else { return Ok(false) };
    if row.due_at.is_none_or(|due| due >= tx.now) {
        return Ok(false);
    }
    let done = interest::Entity::update_many()
        .col_expr(interest::Column::State, Expr::value(transition.to.code()))
        .col_expr(interest::Column::Version, Expr::value(row.version + 1))
        .filter(interest::Column::Id.eq(id))
        .filter(interest::Column::Version.eq(row.version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Ok(false);
    }
    let (from, to, action) = (state.code(), transition.to.code(), InterestMove::Lapse.code());
    tx.moved(Moved { subject: Subject::Interest, id, from, to, action, code: "", reason: "" }).await?;
    lock_listing(&tx, row.listing_id).await?;
    let target = find_by_id(&*tx, row.listing_id).await?;
    let telling = Telling::new(NoticeKind::InterestLapsed, &target.number, &target.title, format!("/interests/{id}"));
    let limit = u64::try_from(market.config.periods.unanswered_interests).unwrap_or(0);
    if limit > 0 && state_of(&target)?.transition(ListingMove::Suspend).is_some() && unanswered(&tx, &target).await? >= limit {
        make_move(&tx, &Actor::System, &target, ListingMove::Suspend, &[], target.version).await?;
        let suspended = Telling::new(NoticeKind::ListingSuspended, &target.number, &target.title, listing_path(&target));
        tx.tell(target.id, &suspended.organisations(&[target.organisation_id])).await?;
    }
    tx.tell(id, &telling.organisations(&[row.from_organisation_id, row.to_organisation_id])).await?;
    tx.commit().await?;
    Ok(true)
}

/// Interests in a listing that lapsed within a year and since it last came out of suspension.
async fn unanswered(tx: &Tx, row: &listing::Model) -> Result<u64> {
    use move_log::Column as L;
    let left = move_log::Entity::find()
        .filter(L::SubjectKind.eq(Subject::Listing.code()))
        .filter(L::SubjectId.eq(row.id))
        .filter(L::FromState.eq(keqiao_model::ListingState::Suspended.code()))
        .order_by_desc(L::At)
        .one(&**tx)
        .await?
        .map_or(0, |left| left.at);
    let year_ago = micros(from_micros(tx.now) - COUNTS);
    Ok(interest::Entity::find()
        .filter(interest::Column::ListingId.eq(row.id))
        .filter(interest::Column::State.eq(InterestState::Lapsed.code()))
        .filter(interest::Column::DueAt.gt(left.max(year_ago)))
        .count(&**tx)
        .await?)
}

/// Whoever wants a suspended listing back on the market first answers what is overdue.
pub(crate) async fn check_resume(tx: &Tx, row: &listing::Model) -> Result<()> {
    let overdue = interest::Entity::find()
        .filter(interest::Column::ListingId.eq(row.id))
        .filter(interest::Column::State.is_in(open_states()))
        .filter(interest::Column::DueAt.lt(tx.now))
        .count(&**tx)
        .await?;
    if overdue > 0 { Err(Error::field("", "interests_overdue")) } else { Ok(()) }
}
