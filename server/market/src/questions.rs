//! Questions to experts: a company asks somebody named on a public achievement; the question goes to the organisation of that achievement, whose
//! members answer it or say why they cannot. Only the two organisations see it.

use std::collections::{BTreeSet, HashMap};

use keqiao_model::{Check, Fields, ListingBody, ListingKind, NoticeKind, Party, QuestionMove, QuestionState, Stateful};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Actor, CHINA, Error, ListingSummary, Market, Paged, Result,
    db::{Moved, Subject, from_micros, micros},
    entity::{listing, person, question},
    limits,
    listings::{content_of, find, organisation_names, state_of, summaries},
    notices::Telling,
    paging::fetch,
};

/// Longest question, characters.
pub const TEXT_MAX: usize = 2_000;
/// Longest answer, or reason for none, characters.
pub const ANSWER_MAX: usize = 4_000;
/// Questions looked through in one step.
const STEP: u64 = 200;

/// Whose questions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Asked of the organisation acted for.
    Received,
    /// Asked by the organisation acted for.
    Asked,
}

/// A question as one of the two organisations sees it.
#[derive(Debug, Clone)]
pub struct QuestionView {
    /// Id.
    pub id: Uuid,
    /// Number.
    pub number: String,
    /// Where it stands.
    pub state: QuestionState,
    /// Who asks.
    pub from: (Uuid, String),
    /// Name of the person who asks.
    pub from_person: String,
    /// Who is asked.
    pub to: (Uuid, String),
    /// Name of the expert.
    pub expert: String,
    /// The asker's demand it is about, if one was named.
    pub demand: Option<ListingSummary>,
    /// The achievement that names the expert.
    pub achievement: Option<ListingSummary>,
    /// The question.
    pub text: String,
    /// The answer, or why there is none.
    pub answer: String,
    /// Name of the person who answered.
    pub answered_by: String,
    /// When.
    pub answered_at: Option<OffsetDateTime>,
    /// When it was asked.
    pub created_at: OffsetDateTime,
    /// Until when an answer is expected.
    pub due: Date,
    /// Whether it is later than that and nobody answered.
    pub overdue: bool,
    /// Whether the actor is on the asking side.
    pub outgoing: bool,
    /// What the actor may do.
    pub moves: Vec<QuestionMove>,
    /// For optimistic locking.
    pub version: i64,
}

/// What a question can be about, for the form.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The achievement.
    pub achievement: ListingSummary,
    /// The people named on it.
    pub experts: Vec<String>,
    /// Public demands of the organisation acted for.
    pub demands: Vec<ListingSummary>,
}

/// Names on an achievement, each once.
fn experts_of(row: &listing::Model) -> Result<Vec<String>> {
    let ListingBody::Achievement(body) = content_of(row)?.body else { return Ok(Vec::new()) };
    let mut seen = BTreeSet::new();
    let names = body.inventors.into_iter().map(|inventor| inventor.name.trim().to_owned());
    Ok(names.filter(|name| !name.is_empty() && seen.insert(name.clone())).collect())
}

/// A public achievement, and the people named on it.
async fn achievement_of<C: ConnectionTrait>(db: &C, number: &str) -> Result<(listing::Model, Vec<String>)> {
    let row = find(db, ListingKind::Achievement, number).await?;
    if !state_of(&row)?.is_public() {
        return Err(Error::NotFound);
    }
    let experts = experts_of(&row)?;
    Ok((row, experts))
}

/// What can be asked about a public achievement, and whom.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for an achievement that is not public.
pub async fn asking(market: &Market, actor: &Actor, achievement: &str) -> Result<Asking> {
    actor.signed_in()?;
    let (row, experts) = achievement_of(&market.db, achievement).await?;
    let achievement = summaries(&market.db, &[row]).await?.pop().ok_or(Error::NotFound)?;
    Ok(Asking { achievement, experts, demands: crate::interests::counters(market, actor, ListingKind::Achievement).await? })
}

/// Asks an expert: fields `achievement` (its number), `expert` (a name on it), `demand` (a public one of the asker's organisation, or empty) and
/// `text`. Answers the number of the question.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for an achievement that is not public; [`Error::Invalid`]; [`Error::TooMany`] when the organisation asked
/// too often within a day.
pub async fn ask(market: &Market, actor: &Actor, fields: &Fields, once: Option<Uuid>) -> Result<String> {
    let person = actor.signed_in()?;
    let from = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(number) = before {
        return Ok(number);
    }
    let (achievement, experts) = achievement_of(&*tx, fields.value("achievement").trim()).await?;
    let mut check = Check::new();
    let expert = check.required("expert", fields.value("expert"), 200);
    check.ensure(expert.is_empty() || experts.contains(&expert), "expert", "choice");
    let text = check.required("text", fields.value("text"), TEXT_MAX);
    check.ensure(person.verified, "", "not_verified");
    check.ensure(achievement.organisation_id != from.id, "", "own_expert");
    let demand = match fields.value("demand").trim() {
        "" => None,
        number => {
            let row = find(&*tx, ListingKind::Demand, number).await.ok();
            let row = row.filter(|row| row.organisation_id == from.id && state_of(row).is_ok_and(|state| state.is_public()));
            check.ensure(row.is_some(), "demand", "choice");
            row.map(|row| row.id)
        }
    };
    check.finish(())?;
    limits::take(&tx, &format!("question:{}", from.id), market.config.limits.questions_per_day, Duration::days(1)).await?;
    let number = tx.number("WD", from_micros(tx.now).to_offset(CHINA).year()).await?;
    let id = Uuid::now_v7();
    question::ActiveModel {
        id: Set(id),
        number: Set(number.clone()),
        from_organisation_id: Set(from.id),
        from_person_id: Set(person.id),
        to_organisation_id: Set(achievement.organisation_id),
        demand_id: Set(demand),
        achievement_id: Set(Some(achievement.id)),
        expert: Set(expert),
        text: Set(text),
        state: Set(QuestionState::Asked.code().to_owned()),
        answer: Set(String::new()),
        answered_by: Set(None),
        answered_at: Set(None),
        reminded_at: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    tx.moved(Moved { subject: Subject::Question, id, from: "", to: QuestionState::Asked.code(), action: "ask", code: "", reason: "" })
        .await?;
    let telling = Telling::new(NoticeKind::QuestionAsked, &number, &achievement.title, path_of(&number))
        .by(&from.name)
        .organisations(&[achievement.organisation_id])
        .except(actor.id());
    tx.tell(id, &telling).await?;
    tx.result(&number).await?;
    tx.commit().await?;
    Ok(number)
}

fn path_of(number: &str) -> String {
    format!("/questions/{number}")
}

fn parties(actor: &Actor, row: &question::Model) -> Vec<Party> {
    let mut parties = Vec::new();
    if actor.belongs_to(row.from_organisation_id) {
        parties.push(Party::Proposer);
    }
    if actor.belongs_to(row.to_organisation_id) {
        parties.push(Party::Receiver);
    }
    parties
}

fn state_of_question(row: &question::Model) -> Result<QuestionState> {
    QuestionState::from_code(&row.state).ok_or_else(|| Error::internal("question state"))
}

async fn found<C: ConnectionTrait>(db: &C, actor: &Actor, number: &str) -> Result<(question::Model, Vec<Party>)> {
    actor.signed_in()?;
    let row = question::Entity::find().filter(question::Column::Number.eq(number)).one(db).await?.ok_or(Error::NotFound)?;
    let parties = parties(actor, &row);
    if parties.is_empty() {
        return Err(Error::NotFound);
    }
    Ok((row, parties))
}

/// Answers a question (field `answer`), declines it (field `answer` says why), or takes it back.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others than the two organisations; [`Error::Forbidden`] for the wrong one; [`Error::Invalid`] when it
/// was answered already or words are missing; [`Error::Stale`].
pub async fn move_question(
    market: &Market,
    actor: &Actor,
    number: &str,
    by: QuestionMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let (row, parties) = found(&*tx, actor, number).await?;
    let state = state_of_question(&row)?;
    let transition = state.transition(by).ok_or_else(|| Error::field("", "already_answered"))?;
    if !transition.who.iter().any(|party| parties.contains(party)) {
        return Err(Error::Forbidden);
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    let mut check = Check::new();
    let answer = match by {
        QuestionMove::Answer => check.required("answer", fields.value("answer"), ANSWER_MAX),
        QuestionMove::Decline => {
            let reason = check.optional("answer", fields.value("answer"), ANSWER_MAX);
            check.ensure(!fields.value("answer").trim().is_empty(), "answer", "reason_required");
            reason
        }
        QuestionMove::Withdraw => String::new(),
    };
    check.finish(())?;
    let mut update = question::Entity::update_many()
        .col_expr(question::Column::State, Expr::value(transition.to.code()))
        .col_expr(question::Column::Version, Expr::value(version + 1));
    if by != QuestionMove::Withdraw {
        update = update
            .col_expr(question::Column::Answer, Expr::value(answer.as_str()))
            .col_expr(question::Column::AnsweredBy, Expr::value(actor.id()))
            .col_expr(question::Column::AnsweredAt, Expr::value(Some(tx.now)));
    }
    let done = update.filter(question::Column::Id.eq(row.id)).filter(question::Column::Version.eq(version)).exec(&*tx).await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let reason = if transition.reason { answer.as_str() } else { "" };
    let (from, to) = (state.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::Question, id: row.id, from, to, action: by.code(), code: "", reason }).await?;
    if by != QuestionMove::Withdraw {
        let title = title_of(&*tx, &row).await?;
        let telling = Telling::new(NoticeKind::QuestionAnswered, &row.number, &title, path_of(&row.number))
            .organisations(&[row.from_organisation_id])
            .except(actor.id());
        tx.tell(row.id, &telling).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// The title of the achievement a question is about.
async fn title_of<C: ConnectionTrait>(db: &C, row: &question::Model) -> Result<String> {
    let Some(id) = row.achievement_id else { return Ok(String::new()) };
    Ok(listing::Entity::find_by_id(id).one(db).await?.map(|listing| listing.title).unwrap_or_default())
}

/// Questions of the organisation acted for, newest first, all or those in one state.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn questions(market: &Market, actor: &Actor, side: Side, state: Option<QuestionState>, page: u64) -> Result<Paged<QuestionView>> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(Paged::empty()) };
    let column = match side {
        Side::Received => question::Column::ToOrganisationId,
        Side::Asked => question::Column::FromOrganisationId,
    };
    let mut query = question::Entity::find().filter(column.eq(acting.id));
    if let Some(state) = state {
        query = query.filter(question::Column::State.eq(state.code()));
    }
    let query = query.order_by_desc(question::Column::CreatedAt).order_by_desc(question::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(views(market, actor, rows).await?))
}

/// How many questions wait for an answer of the organisation acted for.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn waiting_questions(market: &Market, actor: &Actor) -> Result<u64> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(0) };
    let open = question::Entity::find()
        .filter(question::Column::ToOrganisationId.eq(acting.id))
        .filter(question::Column::State.eq(QuestionState::Asked.code()));
    Ok(open.count(&market.db).await?)
}

/// One question.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone on neither side.
pub async fn question(market: &Market, actor: &Actor, number: &str) -> Result<QuestionView> {
    let (row, _) = found(&market.db, actor, number).await?;
    views(market, actor, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// The day by which a question of this moment should be answered.
fn due(market: &Market, created_at: i64) -> Date {
    market.config.calendar.after(from_micros(created_at).to_offset(CHINA).date(), market.config.periods.question_days)
}

async fn views(market: &Market, actor: &Actor, rows: Vec<question::Model>) -> Result<Vec<QuestionView>> {
    let ids: Vec<Uuid> = rows.iter().flat_map(|row| [row.demand_id, row.achievement_id]).flatten().collect();
    // Both sides know both listings, public or not any more.
    let listings = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(&market.db).await?;
    let listings: HashMap<Uuid, ListingSummary> = summaries(&market.db, &listings).await?.into_iter().map(|s| (s.id, s)).collect();
    let names =
        organisation_names(&market.db, rows.iter().flat_map(|row| [row.from_organisation_id, row.to_organisation_id]).collect()).await?;
    let people: Vec<Uuid> = rows.iter().flat_map(|row| [Some(row.from_person_id), row.answered_by]).flatten().collect();
    let people: HashMap<Uuid, String> = person::Entity::find()
        .filter(person::Column::Id.is_in(people))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|person| (person.id, person.name))
        .collect();
    let today = market.now().to_offset(CHINA).date();
    rows.into_iter()
        .map(|row| {
            let state = state_of_question(&row)?;
            let due = due(market, row.created_at);
            let name = |id: Uuid| (id, names.get(&id).cloned().unwrap_or_default());
            let listed = |id: Option<Uuid>| id.and_then(|id| listings.get(&id).cloned());
            Ok(QuestionView {
                id: row.id,
                state,
                from: name(row.from_organisation_id),
                from_person: people.get(&row.from_person_id).cloned().unwrap_or_default(),
                to: name(row.to_organisation_id),
                demand: listed(row.demand_id),
                achievement: listed(row.achievement_id),
                answered_by: row.answered_by.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
                answered_at: row.answered_at.map(from_micros),
                created_at: from_micros(row.created_at),
                due,
                overdue: state == QuestionState::Asked && today > due,
                outgoing: actor.belongs_to(row.from_organisation_id),
                moves: state.moves(&parties(actor, &row)).iter().map(|transition| transition.by).collect(),
                version: row.version,
                number: row.number,
                expert: row.expert,
                text: row.text,
                answer: row.answer,
            })
        })
        .collect()
}

/// Reminds of questions that should be answered soon, each once; answers how many.
///
/// # Errors
/// [`crate::Error::Internal`].
pub(crate) async fn clock_step(market: &Market) -> Result<usize> {
    let (now, periods) = (market.now(), &market.config.periods);
    let today = now.to_offset(CHINA).date();
    // Working days are not fewer than days: whatever is younger is not due yet.
    let oldest = micros(now - Duration::days((periods.question_days - periods.reminder_days - 1).max(0)));
    let open = question::Entity::find()
        .filter(question::Column::State.eq(QuestionState::Asked.code()))
        .filter(question::Column::RemindedAt.is_null())
        .filter(question::Column::CreatedAt.lte(oldest))
        .order_by_asc(question::Column::CreatedAt)
        .limit(STEP)
        .all(&market.db)
        .await?;
    let mut done = 0;
    for row in open {
        if market.config.calendar.between(today, due(market, row.created_at)) <= periods.reminder_days {
            done += usize::from(remind(market, &row).await?);
        }
    }
    Ok(done)
}

async fn remind(market: &Market, row: &question::Model) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    let marked = question::Entity::update_many()
        .col_expr(question::Column::RemindedAt, Expr::value(Some(tx.now)))
        .filter(question::Column::Id.eq(row.id))
        .filter(question::Column::State.eq(QuestionState::Asked.code()))
        .filter(question::Column::RemindedAt.is_null())
        .exec(&*tx)
        .await?;
    if marked.rows_affected == 0 {
        return Ok(false);
    }
    let from = organisation_names(&*tx, vec![row.from_organisation_id]).await?.remove(&row.from_organisation_id).unwrap_or_default();
    let telling = Telling::new(NoticeKind::QuestionAsked, &row.number, &title_of(&*tx, row).await?, path_of(&row.number))
        .by(&from)
        .organisations(&[row.to_organisation_id]);
    tx.tell(row.id, &telling).await?;
    tx.commit().await?;
    Ok(true)
}
