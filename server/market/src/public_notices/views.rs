//! Public notices as everyone, the unit and the officers see them.

use std::collections::HashMap;

use keqiao_model::{Cooperation, Fen, FirstRefusal, NoticeMove, NoticeState, ObjectionMove, ObjectionState, Party, Stateful};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{answers_for, find, objections::state_of_objection, region_of, state_of};
use crate::{
    Actor, Error, Market, Paged, Result,
    db::{from_micros, micros},
    entity::{deal, objection, public_notice as table},
    listings::organisation_names,
    paging::fetch,
    room::members::speaks,
    text::contains,
};

/// Which notices to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Only those that run, or only those that are over.
    pub running: Option<bool>,
    /// Words in the name, the number or the buyer.
    pub query: String,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct NoticeSummary {
    /// Number people see.
    pub number: String,
    /// Name of the achievement.
    pub title: String,
    /// The unit.
    pub organisation: (Uuid, String),
    /// Who buys.
    pub buyer: String,
    /// Way of cooperation.
    pub way: Option<Cooperation>,
    /// The price.
    pub price: Fen,
    /// Whether the buyer is an inventor or an interested party.
    pub interested: bool,
    /// Where it stands: over as soon as its period is.
    pub state: NoticeState,
    /// Since when.
    pub opens_at: OffsetDateTime,
    /// Until when.
    pub ends_at: OffsetDateTime,
    /// How many objections there are.
    pub objections: u64,
}

/// An objection as its reader may see it.
#[derive(Debug, Clone)]
pub struct ObjectionView {
    /// Id.
    pub id: Uuid,
    /// Who objects; masked for the public.
    pub name: String,
    /// How to reach the objector, for the unit and officers.
    pub contact: Option<String>,
    /// The words.
    pub text: String,
    /// Where it stands.
    pub state: ObjectionState,
    /// The answer.
    pub answer: String,
    /// When it was answered.
    pub answered_at: Option<OffsetDateTime>,
    /// When it was raised.
    pub at: OffsetDateTime,
    /// Whether the actor raised it.
    pub own: bool,
    /// What the actor may do.
    pub moves: Vec<ObjectionMove>,
    /// For optimistic locking.
    pub version: i64,
}

/// A notice as its reader may see it.
#[derive(Debug, Clone)]
pub struct NoticeView {
    /// What the list shows.
    pub summary: NoticeSummary,
    /// The abstract.
    pub text: String,
    /// How the buyer is related.
    pub interest_note: String,
    /// What the inventors said to their first refusal.
    pub first_refusal: Option<FirstRefusal>,
    /// When and how they were asked.
    pub first_refusal_note: String,
    /// Why it was taken back.
    pub reason: String,
    /// Objections, oldest first.
    pub objections: Vec<ObjectionView>,
    /// Number of the deal, for its two sides.
    pub deal: Option<String>,
    /// Whether objections can be raised now.
    pub may_object: bool,
    /// Whether the actor may take it back.
    pub may_stop: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// A name of which only the beginning is shown.
pub(super) fn masked(name: &str) -> String {
    name.trim().chars().next().map_or_else(|| "**".to_owned(), |first| format!("{first}**"))
}

/// The state a reader sees: a period that is over is over, whether or not the clock has noted it.
fn state_at(row: &table::Model, now: i64) -> Result<NoticeState> {
    let state = state_of(row)?;
    Ok(if state == NoticeState::Running && now > row.ends_at { NoticeState::Ended } else { state })
}

async fn summaries(market: &Market, rows: &[table::Model]) -> Result<Vec<NoticeSummary>> {
    let names = organisation_names(&market.db, rows.iter().map(|r| r.organisation_id).collect()).await?;
    let counts: HashMap<Uuid, i64> = objection::Entity::find()
        .select_only()
        .column(objection::Column::NoticeId)
        .column_as(objection::Column::Id.count(), "count")
        .filter(objection::Column::NoticeId.is_in(rows.iter().map(|r| r.id)))
        .group_by(objection::Column::NoticeId)
        .into_tuple::<(Uuid, i64)>()
        .all(&market.db)
        .await?
        .into_iter()
        .collect();
    let now = micros(market.now());
    rows.iter()
        .map(|row| {
            Ok(NoticeSummary {
                number: row.number.clone(),
                title: row.title.clone(),
                organisation: (row.organisation_id, names.get(&row.organisation_id).cloned().unwrap_or_default()),
                buyer: row.buyer.clone(),
                way: Cooperation::from_code(&row.way),
                price: Fen::new(row.price),
                interested: row.interested,
                state: state_at(row, now)?,
                opens_at: from_micros(row.opens_at),
                ends_at: from_micros(row.ends_at),
                objections: counts.get(&row.id).copied().unwrap_or(0).unsigned_abs(),
            })
        })
        .collect()
}

/// Public notices: those that run first, the next to end before the others; then those that are over, the last to end first. Anyone may ask.
///
/// # Errors
/// [`Error::Internal`].
pub async fn public_notices(market: &Market, filter: &NoticeFilter, page: u64) -> Result<Paged<NoticeSummary>> {
    use table::Column as C;
    let now = micros(market.now());
    let runs = Condition::all().add(C::State.eq(NoticeState::Running.code())).add(C::EndsAt.gte(now));
    let mut query = table::Entity::find();
    match filter.running {
        Some(true) => query = query.filter(runs.clone()),
        Some(false) => query = query.filter(runs.clone().not()),
        None => {}
    }
    if !filter.query.trim().is_empty() {
        let any = [C::Title, C::Number, C::Buyer].into_iter().fold(Condition::any(), |any, c| any.add(contains(c, &filter.query)));
        query = query.filter(any);
    }
    // How far the end is away in either direction.
    let away: Expr = Expr::case(runs.clone(), Expr::col(C::EndsAt).sub(now)).finally(Expr::value(now).sub(Expr::col(C::EndsAt))).into();
    let over: Expr = Expr::case(runs, 0).finally(1).into();
    let query = query.order_by(over, Order::Asc).order_by(away, Order::Asc).order_by_desc(C::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(summaries(market, &rows).await?))
}

/// A notice with its objections. Anyone may read it; names in full and contacts are for the unit and the officers of its region.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn public_notice(market: &Market, actor: &Actor, number: &str) -> Result<NoticeView> {
    let db = &market.db;
    let row = find(db, number).await?;
    let deal = deal::Entity::find_by_id(row.deal_id).one(db).await?.ok_or(Error::NotFound)?;
    let seller = actor.belongs_to(row.organisation_id);
    let inside = seller || answers_for(market, actor, &region_of(db, row.organisation_id).await?);
    let answering = seller && speaks(db, actor, &deal).await?;
    let parties: &[Party] = if answering { &[Party::Owner] } else { &[] };
    let objections = objection::Entity::find()
        .filter(objection::Column::NoticeId.eq(row.id))
        .order_by_asc(objection::Column::CreatedAt)
        .order_by_asc(objection::Column::Id)
        .all(db)
        .await?
        .into_iter()
        .map(|o| {
            let own = o.person_id.is_some() && o.person_id == actor.id();
            let state = state_of_objection(&o)?;
            Ok(ObjectionView {
                name: if inside || own { o.name } else { masked(&o.name) },
                contact: (inside || own).then_some(o.contact),
                moves: state.moves(parties).iter().map(|t| t.by).collect(),
                answered_at: o.answered_at.map(from_micros),
                at: from_micros(o.created_at),
                id: o.id,
                text: o.text,
                answer: o.answer,
                version: o.version,
                state,
                own,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let summary = summaries(market, std::slice::from_ref(&row)).await?.pop().ok_or(Error::NotFound)?;
    let on_a_side = crate::deals::find_for(db, actor, &deal.number).await.is_ok();
    let at_notice = crate::deals::state_of_deal(&deal)? == keqiao_model::DealState::Notice;
    Ok(NoticeView {
        may_object: summary.state == NoticeState::Running && !actor.belongs_to(row.organisation_id),
        may_stop: at_notice && state_of(&row)?.moves(parties).iter().any(|t| t.by == NoticeMove::Stop),
        first_refusal: FirstRefusal::from_code(&row.first_refusal),
        deal: on_a_side.then_some(deal.number),
        text: row.summary,
        interest_note: row.interest_note,
        first_refusal_note: row.first_refusal_note,
        reason: row.reason,
        version: row.version,
        objections,
        summary,
    })
}
