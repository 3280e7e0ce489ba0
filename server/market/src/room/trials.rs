//! Trials (先用后转): the technology is used for a time before it is paid, and what came of it is written down before terms are negotiated.

use keqiao_model::{Check, DealState, Fields, NoticeKind, TrialOutcome, format_date, parse_date};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use time::{Date, Duration};
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result,
    db::{Subject, Tx, from_micros},
    entity::{deal, trial},
    notices::Telling,
    room::{locked_for, members, path_of, touch},
};

/// Longest goal and outcome, characters.
const TEXT_MAX: usize = 2_000;
/// Longest trial.
const LONGEST: Duration = Duration::days(3 * 366);
/// Days before its end at which both sides are reminded.
const REMINDER_DAYS: i64 = 3;

/// A trial as both sides see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialView {
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// What it shall show.
    pub goal: String,
    /// What came of it, once written down.
    pub outcome: Option<TrialOutcome>,
    /// In words.
    pub outcome_note: String,
    /// Whether its last day is over and no outcome is written down.
    pub overdue: bool,
}

/// The trial of a deal, if there is one.
pub(crate) async fn of_deal<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Option<trial::Model>> {
    Ok(trial::Entity::find().filter(trial::Column::DealId.eq(deal)).one(db).await?)
}

/// As both sides see it.
pub(crate) fn view(row: &trial::Model, today: Date) -> Option<TrialView> {
    let ends_on = parse_date(&row.ends_on)?;
    Some(TrialView {
        starts_on: parse_date(&row.starts_on)?,
        ends_on,
        goal: row.goal.clone(),
        outcome: TrialOutcome::from_code(&row.outcome),
        outcome_note: row.outcome_note.clone(),
        overdue: row.ended_at.is_none() && ends_on < today,
    })
}

/// Plans the trial of a deal from the fields of its move: `starts_on`, `ends_on`, `goal`.
pub(crate) async fn plan(tx: &Tx, actor: &Actor, row: &deal::Model, fields: &Fields) -> Result<()> {
    let mut check = Check::new();
    let goal = check.required("goal", fields.value("goal"), TEXT_MAX);
    let mut day = |name: &str| {
        let typed = fields.value(name).trim();
        let day = parse_date(typed);
        check.ensure(day.is_some(), name, if typed.is_empty() { "required" } else { "date" });
        day
    };
    let (starts_on, ends_on) = (day("starts_on"), day("ends_on"));
    if let (Some(start), Some(end)) = (starts_on, ends_on) {
        check.ensure(start <= end, "ends_on", "date_order");
        check.ensure(end - start <= LONGEST, "ends_on", "trial_too_long");
        check.ensure(end >= from_micros(tx.now).to_offset(crate::CHINA).date(), "ends_on", "past");
    }
    check.finish(())?;
    let (Some(start), Some(end)) = (starts_on, ends_on) else { return Err(Error::field("starts_on", "date")) };
    trial::ActiveModel {
        id: Set(Uuid::now_v7()),
        deal_id: Set(row.id),
        starts_on: Set(format_date(start)),
        ends_on: Set(format_date(end)),
        goal: Set(goal),
        outcome: Set(String::new()),
        outcome_note: Set(String::new()),
        person_id: Set(actor.signed_in()?.id),
        created_at: Set(tx.now),
        reminded_at: Set(None),
        ended_by: Set(None),
        ended_at: Set(None),
        version: Set(1),
    }
    .insert(&**tx)
    .await?;
    Ok(())
}

/// Writes down what came of a trial: `outcome`, `outcome_note`.
///
/// # Errors
/// [`Error::NotFound`] for others, and when there is no trial; [`Error::Invalid`] at the field, or when it was written down before.
pub async fn end_trial(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(&tx, actor, number).await?;
    if crate::room::side_of(actor, &row).is_none() {
        return Err(Error::Forbidden);
    }
    let found = of_deal(&*tx, row.id).await?.ok_or(Error::NotFound)?;
    let mut check = Check::new();
    check.ensure(found.ended_at.is_none() && crate::deals::state_of_deal(&row)? == DealState::Trial, "", "trial_over");
    let begun = parse_date(&found.starts_on).is_some_and(|day| day <= crate::contracts::today(market));
    check.ensure(begun, "", "trial_not_begun");
    let outcome = TrialOutcome::from_code(fields.value("outcome").trim());
    check.ensure(outcome.is_some(), "outcome", "required");
    let note = check.required("outcome_note", fields.value("outcome_note"), TEXT_MAX);
    check.finish(())?;
    let outcome = outcome.map_or("", |o| o.code());
    trial::Entity::update_many()
        .col_expr(trial::Column::Outcome, Expr::value(outcome))
        .col_expr(trial::Column::OutcomeNote, Expr::value(note))
        .col_expr(trial::Column::EndedBy, Expr::value(actor.id()))
        .col_expr(trial::Column::EndedAt, Expr::value(Some(tx.now)))
        .col_expr(trial::Column::Version, Expr::value(found.version + 1))
        .filter(trial::Column::Id.eq(found.id))
        .exec(&*tx)
        .await?;
    touch(&tx, row.id).await?;
    tx.audit("deal.trial_outcome", Subject::Deal, Some(row.id), serde_json::json!({ "outcome": outcome })).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Reminds both sides shortly before a trial ends.
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    let soon = (market.now() + Duration::days(REMINDER_DAYS)).to_offset(crate::CHINA).date();
    let due = trial::Entity::find()
        .filter(trial::Column::EndedAt.is_null())
        .filter(trial::Column::RemindedAt.is_null())
        .filter(trial::Column::EndsOn.lte(format_date(soon)))
        .order_by_asc(trial::Column::Id)
        .limit(100)
        .all(&market.db)
        .await?;
    let mut done = 0;
    for row in due {
        let tx = market.write(&Actor::System).await?;
        let marked = trial::Entity::update_many()
            .col_expr(trial::Column::RemindedAt, Expr::value(Some(tx.now)))
            .filter(trial::Column::Id.eq(row.id))
            .filter(trial::Column::RemindedAt.is_null())
            .exec(&*tx)
            .await?;
        let deal = deal::Entity::find_by_id(row.deal_id).one(&*tx).await?;
        if let (1, Some(deal)) = (marked.rows_affected, deal) {
            if crate::deals::state_of_deal(&deal)? == DealState::Trial {
                let telling = Telling::new(NoticeKind::TrialEnding, &deal.number, &deal.title, path_of(&deal)).by(&row.ends_on);
                tx.tell(deal.id, &telling.people(members::everyone(&*tx, &deal).await?)).await?;
            }
            done += 1;
        }
        tx.commit().await?;
    }
    Ok(done)
}
