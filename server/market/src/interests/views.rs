//! Interests as their sender and their receiver see them.

use std::collections::HashMap;

use keqiao_model::{Cooperation, DeclineCode, InterestMove, InterestState, StatedIndicator, Stateful};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Due, conceals, parties, state_of_interest};
use crate::{
    Actor, Error, ListingSummary, Market, Paged, Result, Subject,
    db::from_micros,
    entity::{interest, listing},
    history::{HistoryEntry, history},
    listings::organisation_names,
    paging::fetch,
};

/// An interest as its sender or receiver sees it.
#[derive(Debug, Clone)]
pub struct InterestView {
    /// Id.
    pub id: Uuid,
    /// Where it stands.
    pub state: InterestState,
    /// The listing that was asked for.
    pub listing: ListingSummary,
    /// The sender's own listing that answers it, if one was named and the actor may know it.
    pub counter: Option<ListingSummary>,
    /// Sender; nothing while it is hidden from the actor.
    pub from: Option<(Uuid, String)>,
    /// Name of the person who sent it; empty while it is hidden from the actor.
    pub from_person: String,
    /// Receiver.
    pub to: (Uuid, String),
    /// Broker who recommended the pair, if the actor may know it.
    pub broker: Option<String>,
    /// What it is about.
    pub message: String,
    /// Why the sender fits.
    pub fit: String,
    /// Which indicators the sender meets.
    pub indicators: Vec<StatedIndicator>,
    /// How the sender would like to work together.
    pub cooperation: Option<Cooperation>,
    /// Whether the sender stays unnamed until it is accepted.
    pub hidden: bool,
    /// Why it was declined.
    pub code: Option<DeclineCode>,
    /// The receiver's words.
    pub reason: String,
    /// When it was sent.
    pub created_at: OffsetDateTime,
    /// When it was acknowledged.
    pub acknowledged_at: Option<OffsetDateTime>,
    /// By when it must be answered, while it is open.
    pub due: Option<Due>,
    /// When it was accepted or declined.
    pub answered_at: Option<OffsetDateTime>,
    /// Number of the deal it opened.
    pub deal: Option<String>,
    /// What the actor may do.
    pub moves: Vec<InterestMove>,
    /// Whether the actor is on the sender's side.
    pub outgoing: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// Which interests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Asked of the actor's organisation.
    Received,
    /// Sent by the actor's organisation.
    Sent,
}

/// Interests of the organisation acted for, newest first, in some states (none for all). Of open ones alone, those due first come first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn interests(
    market: &Market,
    actor: &Actor,
    direction: Direction,
    states: &[InterestState],
    page: u64,
) -> Result<Paged<InterestView>> {
    use interest::Column as C;
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(Paged::empty()) };
    let column = match direction {
        Direction::Received => C::ToOrganisationId,
        Direction::Sent => C::FromOrganisationId,
    };
    let mut query = interest::Entity::find().filter(column.eq(acting.id));
    if !states.is_empty() {
        query = query.filter(C::State.is_in(states.iter().map(|s| s.code())));
        if states.iter().all(|s| s.is_open()) {
            query = query.order_by_asc(C::DueAt);
        }
    }
    let (paged, rows) = fetch(&market.db, query.order_by_desc(C::CreatedAt).order_by_desc(C::Id), page).await?.take();
    Ok(paged.with(views(market, actor, rows).await?))
}

/// The row of an interest, for both sides.
async fn find_for(market: &Market, actor: &Actor, id: Uuid) -> Result<interest::Model> {
    actor.signed_in()?;
    let row = interest::Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?;
    if parties(actor, &row).is_empty() { Err(Error::NotFound) } else { Ok(row) }
}

/// One interest.
///
/// # Errors
/// [`Error::NotFound`] for anyone on neither side.
pub async fn interest(market: &Market, actor: &Actor, id: Uuid) -> Result<InterestView> {
    let row = find_for(market, actor, id).await?;
    views(market, actor, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// Every move of an interest, newest first; people of a hidden sender are not named.
///
/// # Errors
/// [`Error::NotFound`] for anyone on neither side.
pub async fn timeline(market: &Market, actor: &Actor, id: Uuid) -> Result<Vec<HistoryEntry>> {
    let row = find_for(market, actor, id).await?;
    let mut entries = history(market, Subject::Interest, id).await?;
    if conceals(actor, &row) {
        // The sender's side makes these two moves and no others.
        for entry in entries.iter_mut().filter(|e| e.action == "send" || e.action == InterestMove::Withdraw.code()) {
            entry.person.clear();
        }
    }
    Ok(entries)
}

async fn views(market: &Market, actor: &Actor, rows: Vec<interest::Model>) -> Result<Vec<InterestView>> {
    let ids: Vec<Uuid> = rows.iter().flat_map(|r| [Some(r.listing_id), r.counter_id]).flatten().collect();
    // Both sides may see both listings, public or not any more.
    let listings = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(&market.db).await?;
    let listings: HashMap<Uuid, ListingSummary> =
        crate::listings::summaries(&market.db, &listings).await?.into_iter().map(|s| (s.id, s)).collect();
    let names = organisation_names(&market.db, rows.iter().flat_map(|r| [r.from_organisation_id, r.to_organisation_id]).collect()).await?;
    let people: Vec<Uuid> = rows.iter().flat_map(|r| [Some(r.from_person_id), r.broker_id]).flatten().collect();
    let people = crate::accounts::person_names(&market.db, people).await?;
    let deals = crate::deals::numbers_of(market, rows.iter().map(|r| r.id).collect()).await?;
    let mut views = Vec::new();
    for row in rows {
        let state = state_of_interest(&row)?;
        let Some(listing) = listings.get(&row.listing_id).cloned() else { continue };
        let name = |id: Uuid| (id, names.get(&id).cloned().unwrap_or_default());
        // The one door: what a hidden sender is, has and was recommended with stays behind it.
        let known = !conceals(actor, &row);
        views.push(InterestView {
            id: row.id,
            state,
            listing,
            counter: row.counter_id.filter(|_| known).and_then(|id| listings.get(&id).cloned()),
            from: known.then(|| name(row.from_organisation_id)),
            from_person: people.get(&row.from_person_id).filter(|_| known).cloned().unwrap_or_default(),
            to: name(row.to_organisation_id),
            broker: row.broker_id.filter(|_| known).and_then(|id| people.get(&id).cloned()),
            indicators: serde_json::from_str(&row.indicators)?,
            cooperation: Cooperation::from_code(&row.cooperation),
            hidden: row.hidden,
            code: DeclineCode::from_code(&row.code),
            created_at: from_micros(row.created_at),
            acknowledged_at: row.acknowledged_at.map(from_micros),
            due: if state.is_open() { Due::of(market, &row) } else { None },
            answered_at: row.answered_at.map(from_micros),
            deal: deals.get(&row.id).cloned(),
            moves: state.moves(&parties(actor, &row)).iter().map(|t| t.by).collect(),
            outgoing: actor.belongs_to(row.from_organisation_id),
            version: row.version,
            message: row.message,
            fit: row.fit,
            reason: row.reason,
        });
    }
    Ok(views)
}
