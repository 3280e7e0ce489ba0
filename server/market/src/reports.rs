//! Indicators that are counted outside the ledger: officers of a county report a value of a year with its evidence, and an officer of the
//! city approves it or sends it back. The last approved value is shown to everyone; the one before it stays, replaced.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use keqiao_model::{
    Check, FieldError, Fields, NoticeKind, Party, ReportMove, ReportState, ReportedIndicator, Stateful, TEXT_MAX, parse_percent,
    parse_whole,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    Select, sea_query::Expr,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Paged, Result,
    accounts::person_names,
    contracts::today,
    db::{Moved, Subject, Tx, from_micros},
    entity::report::{ActiveModel, Column, Entity, Model},
    notices::Telling,
    paging::fetch,
};

/// First year that can be reported.
pub const FIRST_YEAR: i64 = 2000;
/// Largest number that can be reported.
const NUMBER_MAX: i64 = 1_000_000_000;
/// Counter row that reporting and deciding lock: there are few reports, and two must not take the same place.
const LOCK: &str = "reports";

/// A value that was approved and not replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// Id of its report.
    pub id: Uuid,
    /// Of what.
    pub indicator: ReportedIndicator,
    /// Region, six digits, as it was reported.
    pub region: String,
    /// Year.
    pub year: i64,
    /// A number, or hundredths of a per cent.
    pub value: i64,
    /// When it was approved.
    pub at: Option<OffsetDateTime>,
}

/// A report as somebody who may know of it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportView {
    /// Id.
    pub id: Uuid,
    /// Of what.
    pub indicator: ReportedIndicator,
    /// Region as it is called today.
    pub region: String,
    /// Year.
    pub year: i64,
    /// A number, or hundredths of a per cent.
    pub value: i64,
    /// Where it stands.
    pub state: ReportState,
    /// What shows it, in words and links.
    pub evidence: String,
    /// Why it was sent back.
    pub reason: String,
    /// Who reported it; empty for those to whom it is just public.
    pub reporter: String,
    /// Who decided; empty as above.
    pub decider: String,
    /// When it was handed in last.
    pub updated_at: OffsetDateTime,
    /// When it was decided.
    pub decided_at: Option<OffsetDateTime>,
    /// What the actor may do with it.
    pub moves: Vec<ReportMove>,
    /// For optimistic locking.
    pub version: i64,
}

/// Whether the actor reports and sees reports: officers.
pub fn may_report(actor: &Actor) -> bool {
    actor.is_officer()
}

/// Whether the actor decides on reports: officers of the city.
pub fn may_decide(market: &Market, actor: &Actor) -> bool {
    actor.is_officer_of(&market.config.city)
}

fn state_of(row: &Model) -> Result<ReportState> {
    ReportState::from_code(&row.state).ok_or_else(|| Error::internal(format!("report state {}", row.state)))
}

fn indicator_of(row: &Model) -> Result<ReportedIndicator> {
    ReportedIndicator::from_code(&row.indicator).ok_or_else(|| Error::internal(format!("indicator {}", row.indicator)))
}

/// What the actor is to a report. Who reported a value never decides on it.
fn parties(market: &Market, actor: &Actor, row: &Model) -> Vec<Party> {
    let mut parties = Vec::new();
    let reported = actor.id() == Some(row.person_id);
    let officer = actor.person().and_then(|p| p.officer.as_deref());
    // A colleague of the same region goes on where the reporter left.
    if actor.is_officer() && (reported || officer == Some(market.current(&row.region))) {
        parties.push(Party::Owner);
    }
    if may_decide(market, actor) && !reported {
        parties.push(Party::Officer);
    }
    parties
}

/// Whether the actor may know of a report that is not public.
fn is_insider(actor: &Actor, row: &Model) -> bool {
    actor.is_admin() || actor.is_officer_of(&row.region) || (actor.is_officer() && actor.id() == Some(row.person_id))
}

/// The value as typed: a percentage with up to two decimals, or a whole number.
fn value_of(check: &mut Check, indicator: Option<ReportedIndicator>, typed: &str) -> i64 {
    let typed = typed.trim();
    if typed.is_empty() {
        check.refuse(FieldError::new("value", "required"));
        return 0;
    }
    if indicator.is_some_and(ReportedIndicator::is_share) {
        let share = parse_percent(typed);
        check.ensure(share.is_some(), "value", "percent");
        return share.unwrap_or(0);
    }
    let number = parse_whole(typed).filter(|n| *n <= NUMBER_MAX);
    check.ensure(number.is_some(), "value", "whole_number");
    number.unwrap_or(0)
}

fn evidence_of(check: &mut Check, fields: &Fields) -> String {
    check.required("evidence", fields.value("evidence"), TEXT_MAX)
}

async fn find<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Model> {
    Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

fn path_of(id: Uuid) -> String {
    format!("/indicators/{id}")
}

/// What a notice says of a report: the code of the indicator (its words are the reader's), and the year.
fn telling(kind: NoticeKind, row: &Model) -> Telling {
    Telling::new(kind, &row.year.to_string(), &row.indicator, path_of(row.id))
}

/// Reports a value: fields `indicator`, `year`, `region` (the officer's own when empty), `value` and `evidence`. Answers its id.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but officers; [`Error::Invalid`] at the fields, `report_open` when a value of the same year
/// waits for a decision or for correction.
pub async fn report(market: &Market, actor: &Actor, fields: &Fields, once: Option<Uuid>) -> Result<Uuid> {
    let person = actor.signed_in()?;
    let own = person.officer.clone().ok_or(Error::Forbidden)?;
    let typed = fields.value("region").trim();
    let region = market.current(if typed.is_empty() { &own } else { typed }).to_owned();
    let mut check = Check::new();
    let indicator = ReportedIndicator::from_code(fields.value("indicator").trim());
    check.ensure(indicator.is_some(), "indicator", if fields.value("indicator").is_empty() { "required" } else { "choice" });
    let year = fields.value("year").trim().parse::<i64>().ok();
    let year = year.filter(|year| (FIRST_YEAR..=i64::from(today(market).year())).contains(year));
    check.ensure(year.is_some(), "year", if fields.value("year").trim().is_empty() { "required" } else { "choice" });
    check.ensure(market.region(&region).is_some() && actor.is_officer_of(&region), "region", "choice");
    let value = value_of(&mut check, indicator, fields.value("value"));
    let evidence = evidence_of(&mut check, fields);
    check.finish(())?;
    let (Some(indicator), Some(year)) = (indicator, year) else { return Err(Error::field("indicator", "choice")) };
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(Error::internal);
    }
    tx.hold(LOCK).await?;
    let open = of_place(indicator.code(), year, market.codes_of(&region))
        .filter(Column::State.is_in([ReportState::Submitted.code(), ReportState::Returned.code()]));
    if open.one(&*tx).await?.is_some() {
        return Err(Error::field("indicator", "report_open"));
    }
    let row = ActiveModel {
        id: Set(Uuid::now_v7()),
        indicator: Set(indicator.code().to_owned()),
        region: Set(region),
        state: Set(ReportState::Submitted.code().to_owned()),
        evidence: Set(evidence),
        reason: Set(String::new()),
        year: Set(year),
        value: Set(value),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
        person_id: Set(person.id),
        decided_by: Set(None),
        decided_at: Set(None),
    }
    .insert(&*tx)
    .await?;
    let to = ReportState::Submitted.code();
    tx.moved(Moved { subject: Subject::Report, id: row.id, from: "", to, action: "report", code: "", reason: "" }).await?;
    tell_city(market, &tx, actor, &row).await?;
    tx.result(row.id).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// Tells those who decide that a value waits.
async fn tell_city(market: &Market, tx: &Tx, actor: &Actor, row: &Model) -> Result<()> {
    let region = market.region(&row.region).map(|r| r.zh.as_str()).unwrap_or_default();
    let name = actor.person().map(|p| p.name.as_str()).unwrap_or_default();
    let who = if region.is_empty() { name.to_owned() } else { format!("{region} {name}") };
    let telling = telling(NoticeKind::ReportSubmitted, row).by(&who).officers_of(&market.config.city).except(actor.id());
    tx.tell(row.id, &telling).await
}

/// Reports of one indicator in one year and region.
fn of_place(indicator: &str, year: i64, regions: Vec<String>) -> Select<Entity> {
    Entity::find().filter(Column::Indicator.eq(indicator)).filter(Column::Year.eq(year)).filter(Column::Region.is_in(regions))
}

/// Approves a report (the approved one before it is replaced), sends it back (field `reason`), or hands it in once more (fields `value` and
/// `evidence`).
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for those who may not know of it; [`Error::Forbidden`]; [`Error::Invalid`] at `value`, `evidence` or `reason`,
/// `conflict_of_interest` for one's own, `already_answered`; [`Error::Stale`].
pub async fn move_report(
    market: &Market,
    actor: &Actor,
    id: Uuid,
    by: ReportMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    tx.hold(LOCK).await?;
    let row = find(&*tx, id).await?;
    if !is_insider(actor, &row) {
        return Err(Error::NotFound);
    }
    let state = state_of(&row)?;
    if row.version != version {
        return Err(Error::Stale);
    }
    let transition = state.transition(by).ok_or_else(|| Error::field("", "already_answered"))?;
    if !transition.who.iter().any(|party| parties(market, actor, &row).contains(party)) {
        let own = transition.who == [Party::Officer] && may_decide(market, actor);
        return Err(if own { Error::field("", "conflict_of_interest") } else { Error::Forbidden });
    }
    let mut check = Check::new();
    let (mut value, mut evidence, mut reason) = (row.value, row.evidence.clone(), row.reason.clone());
    match by {
        ReportMove::Submit => {
            value = value_of(&mut check, Some(indicator_of(&row)?), fields.value("value"));
            evidence = evidence_of(&mut check, fields);
        }
        ReportMove::Return => {
            reason = check.optional("reason", fields.value("reason"), TEXT_MAX);
            check.ensure(!reason.is_empty(), "reason", "reason_required");
        }
        ReportMove::Approve => reason = String::new(),
        ReportMove::Replace => {}
    }
    check.finish(())?;
    if by == ReportMove::Approve {
        replace(&tx, &row).await?;
    }
    let mut update = Entity::update_many()
        .col_expr(Column::State, Expr::value(transition.to.code()))
        .col_expr(Column::Value, Expr::value(value))
        .col_expr(Column::Evidence, Expr::value(evidence))
        .col_expr(Column::Reason, Expr::value(reason.as_str()))
        .col_expr(Column::Version, Expr::value(version + 1));
    update = if by == ReportMove::Submit {
        update.col_expr(Column::PersonId, Expr::value(actor.id())).col_expr(Column::UpdatedAt, Expr::value(tx.now))
    } else {
        update.col_expr(Column::DecidedBy, Expr::value(actor.id())).col_expr(Column::DecidedAt, Expr::value(Some(tx.now)))
    };
    let done = update.filter(Column::Id.eq(id)).filter(Column::Version.eq(version)).exec(&*tx).await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let said = if transition.reason { reason.as_str() } else { "" };
    let (from, to) = (state.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::Report, id, from, to, action: by.code(), code: "", reason: said }).await?;
    if by == ReportMove::Submit {
        tell_city(market, &tx, actor, &row).await?;
    } else {
        let telling = telling(NoticeKind::ReportDecided, &row).people([row.person_id]).except(actor.id());
        tx.tell(id, &telling).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// Puts what was approved before in the same place aside.
async fn replace(tx: &Tx, row: &Model) -> Result<()> {
    // A value reported under the code of a county that merged with others is another part of the same place.
    let approved = of_place(&row.indicator, row.year, vec![row.region.clone()]).filter(Column::State.eq(ReportState::Approved.code()));
    for old in approved.all(&**tx).await? {
        let by = ReportMove::Replace;
        let transition = state_of(&old)?.transition(by).ok_or_else(|| Error::internal("an approved report cannot be replaced"))?;
        Entity::update_many()
            .col_expr(Column::State, Expr::value(transition.to.code()))
            .col_expr(Column::Version, Expr::value(old.version + 1))
            .filter(Column::Id.eq(old.id))
            .exec(&**tx)
            .await?;
        let (from, to) = (ReportState::Approved.code(), transition.to.code());
        tx.moved(Moved { subject: Subject::Report, id: old.id, from, to, action: by.code(), code: "", reason: "" }).await?;
    }
    Ok(())
}

/// Every approved value, earliest year first.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) async fn approved(market: &Market) -> Result<Vec<Approved>> {
    let rows = Entity::find()
        .filter(Column::State.eq(ReportState::Approved.code()))
        .order_by_asc(Column::Year)
        .order_by_asc(Column::Region)
        .all(&market.db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let indicator = indicator_of(&row)?;
            let at = row.decided_at.map(from_micros);
            Ok(Approved { id: row.id, indicator, region: row.region, year: row.year, value: row.value, at })
        })
        .collect()
}

/// Which reports an officer lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportFilter {
    /// In this state; any when there is none.
    pub state: Option<ReportState>,
    /// Of this indicator.
    pub indicator: Option<ReportedIndicator>,
    /// Of this year.
    pub year: Option<i64>,
}

/// The reports of what the officer answers for, latest first; administrators see all.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others.
pub async fn reports(market: &Market, actor: &Actor, filter: &ReportFilter, page: u64) -> Result<Paged<ReportView>> {
    let person = actor.signed_in()?;
    let mut query = Entity::find();
    match person.officer.as_deref() {
        Some(region) => query = query.filter(Column::Region.is_in(crate::review::regions_of(market, region))),
        None if person.admin => {}
        None => return Err(Error::NotFound),
    }
    let wanted = Condition::all()
        .add_option(filter.state.map(|state| Column::State.eq(state.code())))
        .add_option(filter.indicator.map(|indicator| Column::Indicator.eq(indicator.code())))
        .add_option(filter.year.map(|year| Column::Year.eq(year)));
    let query = query.filter(wanted).order_by_desc(Column::UpdatedAt).order_by_desc(Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let ids = rows.iter().flat_map(|row| [Some(row.person_id), row.decided_by]).flatten().collect();
    let names = person_names(&market.db, ids).await?;
    let views = rows.into_iter().map(|row| view_of(market, actor, row, &names)).collect::<Result<Vec<_>>>()?;
    Ok(paged.with(views))
}

/// How many reports wait for the actor to decide; none for those who do not.
///
/// # Errors
/// [`Error::Internal`].
pub async fn waiting(market: &Market, actor: &Actor) -> Result<u64> {
    let Some(person) = actor.id().filter(|_| may_decide(market, actor)) else { return Ok(0) };
    let waiting = Entity::find().filter(Column::State.eq(ReportState::Submitted.code())).filter(Column::PersonId.ne(person));
    Ok(waiting.count(&market.db).await?)
}

/// One report: everyone may read one that was approved, also after it was replaced; others only those who answer for its region.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn one(market: &Market, actor: &Actor, id: Uuid) -> Result<ReportView> {
    let row = find(&market.db, id).await?;
    let public = matches!(state_of(&row)?, ReportState::Approved | ReportState::Replaced);
    if !public && !is_insider(actor, &row) {
        return Err(Error::NotFound);
    }
    let names = if is_insider(actor, &row) {
        person_names(&market.db, [Some(row.person_id), row.decided_by].into_iter().flatten().collect()).await?
    } else {
        HashMap::new()
    };
    view_of(market, actor, row, &names)
}

fn view_of(market: &Market, actor: &Actor, row: Model, names: &HashMap<Uuid, String>) -> Result<ReportView> {
    let state = state_of(&row)?;
    let name = |id: Option<Uuid>| id.and_then(|id| names.get(&id)).cloned().unwrap_or_default();
    let parties = parties(market, actor, &row);
    Ok(ReportView {
        id: row.id,
        indicator: indicator_of(&row)?,
        region: market.current(&row.region).to_owned(),
        year: row.year,
        value: row.value,
        state,
        reporter: name(Some(row.person_id)),
        decider: name(row.decided_by),
        evidence: row.evidence,
        reason: row.reason,
        updated_at: from_micros(row.updated_at),
        decided_at: row.decided_at.map(from_micros),
        moves: state.moves(&parties).into_iter().map(|transition| transition.by).collect(),
        version: row.version,
    })
}
