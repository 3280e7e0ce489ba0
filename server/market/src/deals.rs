//! Deals: accepted interests on their way to a contract, with a thread of messages.

use std::collections::HashMap;

use keqiao_model::{Check, DealMove, DealState, DeclineCode, Fields, ListingKind, ListingMove, ListingState, Party, Stateful};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Actor, Error, Event, ListingSummary, Market, Paged, Result,
    db::{Moved, Subject, Tx, from_micros},
    entity::{contract, deal, interest, listing, message, person},
    listings::{find_by_id, kind_of, make_move, organisation_names, state_of},
    paging::fetch,
};

/// Longest message, characters.
pub const MESSAGE_MAX: usize = 5_000;

/// One line of a list of deals.
#[derive(Debug, Clone)]
pub struct DealSummary {
    /// Id.
    pub id: Uuid,
    /// Number people see.
    pub number: String,
    /// What it is about: the title of the listing that was asked for.
    pub title: String,
    /// Where it stands.
    pub state: DealState,
    /// Who wants the technology.
    pub buyer: (Uuid, String),
    /// Who has it.
    pub seller: (Uuid, String),
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When something last happened.
    pub updated_at: OffsetDateTime,
}

/// A message of a deal.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// Who wrote it.
    pub person: String,
    /// For whom.
    pub organisation: String,
    /// The text.
    pub body: String,
    /// When.
    pub at: OffsetDateTime,
    /// Whether the actor's own side wrote it.
    pub own: bool,
}

/// A deal as a member sees it.
#[derive(Debug, Clone)]
pub struct DealView {
    /// What the list shows.
    pub summary: DealSummary,
    /// The demand.
    pub demand: Option<ListingSummary>,
    /// The achievement.
    pub achievement: Option<ListingSummary>,
    /// The broker.
    pub broker: Option<String>,
    /// The first message.
    pub opening: String,
    /// Why it was lost.
    pub code: Option<DeclineCode>,
    /// Why it was lost, in words.
    pub reason: String,
    /// The thread, oldest first.
    pub messages: Vec<MessageView>,
    /// Number and state of the contract.
    pub contract: Option<(String, keqiao_model::ContractState)>,
    /// What the actor may do.
    pub moves: Vec<DealMove>,
    /// Whether the actor may write messages.
    pub may_write: bool,
    /// Whether the actor may record the contract now.
    pub may_sign: bool,
    /// Whether the actor stands on the seller's side.
    pub selling: bool,
    /// For optimistic locking.
    pub version: i64,
}

pub(crate) fn state_of_deal(row: &deal::Model) -> Result<DealState> {
    DealState::from_code(&row.state).ok_or_else(|| Error::internal(format!("deal state {}", row.state)))
}

/// Whether the actor belongs to a side of the deal or is its broker.
pub(crate) fn is_member(actor: &Actor, row: &deal::Model) -> bool {
    actor.belongs_to(row.buyer_id) || actor.belongs_to(row.seller_id) || (row.broker_id.is_some() && row.broker_id == actor.id())
}

pub(crate) fn parties(actor: &Actor, row: &deal::Model) -> Vec<Party> {
    let mut parties = Vec::new();
    if actor.belongs_to(row.buyer_id) || actor.belongs_to(row.seller_id) {
        parties.push(Party::Side);
    }
    if row.broker_id.is_some() && row.broker_id == actor.id() {
        parties.push(Party::Broker);
    }
    parties
}

/// Numbers of the deals that interests opened.
pub(crate) async fn numbers_of(market: &Market, interests: Vec<Uuid>) -> Result<HashMap<Uuid, String>> {
    let rows = deal::Entity::find().filter(deal::Column::InterestId.is_in(interests)).all(&market.db).await?;
    Ok(rows.into_iter().map(|d| (d.interest_id, d.number)).collect())
}

/// Whether a deal opens a listing's confidential detail to the actor: one about this listing, with the actor's organisation on the other
/// side, whose confidentiality agreement is recorded and which was not lost.
pub(crate) async fn discloses(market: &Market, actor: &Actor, row: &listing::Model) -> Result<bool> {
    let Some(person) = actor.person() else { return Ok(false) };
    let own: Vec<Uuid> = person.organisations.iter().map(|o| o.id).collect();
    if own.is_empty() {
        return Ok(false);
    }
    let closed = [DealState::Introduced.code(), DealState::Lost.code()];
    let count = deal::Entity::find()
        .filter(Condition::any().add(deal::Column::DemandId.eq(row.id)).add(deal::Column::AchievementId.eq(row.id)))
        .filter(Condition::any().add(deal::Column::BuyerId.is_in(own.clone())).add(deal::Column::SellerId.is_in(own)))
        .filter(deal::Column::State.is_not_in(closed))
        .count(&market.db)
        .await?;
    Ok(count > 0)
}

/// Opens the deal of an accepted interest; answers its number.
pub(crate) async fn open(tx: &Tx, row: &interest::Model) -> Result<String> {
    let target = find_by_id(&**tx, row.listing_id).await?;
    if !state_of(&target)?.is_indexed() {
        return Err(Error::field("", "not_published"));
    }
    let demand_asked = kind_of(&target) == ListingKind::Demand;
    let (buyer, seller) =
        if demand_asked { (row.to_organisation_id, row.from_organisation_id) } else { (row.from_organisation_id, row.to_organisation_id) };
    let (demand, achievement) = if demand_asked { (Some(target.id), row.counter_id) } else { (row.counter_id, Some(target.id)) };
    let year = from_micros(tx.now).to_offset(crate::CHINA).year();
    let number = tx.number("JY", year).await?;
    let opened = deal::ActiveModel {
        id: Set(Uuid::now_v7()),
        number: Set(number.clone()),
        title: Set(target.title.clone()),
        state: Set(DealState::Introduced.code().to_owned()),
        code: Set(String::new()),
        reason: Set(String::new()),
        interest_id: Set(row.id),
        buyer_id: Set(buyer),
        seller_id: Set(seller),
        demand_id: Set(demand),
        achievement_id: Set(achievement),
        broker_id: Set(row.broker_id),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&**tx)
    .await?;
    lock_listings(tx, &opened).await?;
    for id in [demand, achievement].into_iter().flatten() {
        let row = find_by_id(&**tx, id).await?;
        if state_of(&row)? == ListingState::Published {
            make_move(tx, &Actor::System, &row, ListingMove::OpenDeal, &[], row.version).await?;
        }
    }
    tx.moved(Moved { subject: Subject::Deal, id: opened.id, from: "", to: &opened.state, action: "open", code: "", reason: "" }).await?;
    Ok(number)
}

async fn find<C: sea_orm::ConnectionTrait>(db: &C, number: &str) -> Result<deal::Model> {
    deal::Entity::find().filter(deal::Column::Number.eq(number)).one(db).await?.ok_or(Error::NotFound)
}

/// The row of a deal the actor is a member of.
///
/// # Errors
/// [`Error::NotFound`] for others.
pub(crate) async fn find_for<C: sea_orm::ConnectionTrait>(db: &C, actor: &Actor, number: &str) -> Result<deal::Model> {
    let row = find(db, number).await?;
    if is_member(actor, &row) { Ok(row) } else { Err(if actor.person().is_none() { Error::SignIn } else { Error::NotFound }) }
}

/// Makes a move inside a transaction.
async fn make(tx: &Tx, row: &deal::Model, by: DealMove, parties: &[Party], code: &str, reason: &str) -> Result<DealState> {
    let from = state_of_deal(row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "not_your_turn"))?;
    if !transition.who.iter().any(|w| parties.contains(w)) {
        return Err(Error::Forbidden);
    }
    let done = deal::Entity::update_many()
        .col_expr(deal::Column::State, Expr::value(transition.to.code()))
        .col_expr(deal::Column::Code, Expr::value(code))
        .col_expr(deal::Column::Reason, Expr::value(reason))
        .col_expr(deal::Column::UpdatedAt, Expr::value(tx.now))
        .col_expr(deal::Column::Version, Expr::value(row.version + 1))
        .filter(deal::Column::Id.eq(row.id))
        .filter(deal::Column::Version.eq(row.version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    tx.moved(Moved { subject: Subject::Deal, id: row.id, from: from.code(), to: transition.to.code(), action: by.code(), code, reason })
        .await?;
    tx.emit(Event::DealMoved, row.id, serde_json::json!({ "move": by.code() })).await?;
    Ok(transition.to)
}

/// Moves a deal as the state table allows; giving up needs a code.
///
/// # Errors
/// [`Error::NotFound`] for others, [`Error::Forbidden`], [`Error::Stale`], [`Error::Invalid`].
pub async fn move_deal(
    market: &Market,
    actor: &Actor,
    number: &str,
    by: DealMove,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find_for(&*tx, actor, number).await?;
    if row.version != version {
        return Err(Error::Stale);
    }
    let mut check = Check::new();
    let reason = check.optional("reason", fields.value("reason"), MESSAGE_MAX);
    let code = DeclineCode::from_code(fields.value("code"));
    if by == DealMove::Lose {
        check.ensure(code.is_some(), "code", "required");
        check.ensure(code != Some(DeclineCode::Other) || !reason.is_empty(), "reason", "reason_required");
    }
    check.finish(())?;
    let code = code.filter(|_| by == DealMove::Lose).map_or("", |c| c.code());
    if by == DealMove::Lose {
        lock_listings(&tx, &row).await?;
    }
    make(&tx, &row, by, &parties(actor, &row), code, &reason).await?;
    if by == DealMove::Lose {
        release(&tx, &row).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// Takes the row locks of a deal's listings in one order and before the outbox is locked, so that nobody waits in a circle.
async fn lock_listings(tx: &Tx, row: &deal::Model) -> Result<()> {
    let mut ids: Vec<Uuid> = [row.demand_id, row.achievement_id].into_iter().flatten().collect();
    ids.sort_unstable();
    for id in ids {
        crate::interests::lock_listing(tx, id).await?;
    }
    Ok(())
}

/// A lost deal gives its listings back to the market unless another deal still holds them.
async fn release(tx: &Tx, lost: &deal::Model) -> Result<()> {
    for id in [lost.demand_id, lost.achievement_id].into_iter().flatten() {
        let others = deal::Entity::find()
            .filter(Condition::any().add(deal::Column::DemandId.eq(id)).add(deal::Column::AchievementId.eq(id)))
            .filter(deal::Column::Id.ne(lost.id))
            .filter(deal::Column::State.is_not_in([DealState::Lost.code(), DealState::Closed.code()]))
            .count(&**tx)
            .await?;
        let row = find_by_id(&**tx, id).await?;
        if others == 0 && state_of(&row)? == ListingState::InDeal {
            make_move(tx, &Actor::System, &row, ListingMove::LoseDeal, &[], row.version).await?;
        }
    }
    Ok(())
}

/// The contract was recorded: the deal is signed.
pub(crate) async fn sign(tx: &Tx, actor: &Actor, row: &deal::Model) -> Result<()> {
    if !parties(actor, row).contains(&Party::Side) && *actor != Actor::System {
        return Err(Error::Forbidden);
    }
    make(tx, row, DealMove::Sign, &[Party::System], "", "").await?;
    Ok(())
}

/// The contract was registered: the deal says so, and both listings are done.
pub(crate) async fn registered(tx: &Tx, id: Uuid) -> Result<()> {
    let row = deal::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    make(tx, &row, DealMove::Register, &[Party::System], "", "").await?;
    for id in [row.demand_id, row.achievement_id].into_iter().flatten() {
        let listing = find_by_id(&**tx, id).await?;
        if state_of(&listing)?.transition(ListingMove::Complete).is_some() {
            make_move(tx, &Actor::System, &listing, ListingMove::Complete, &[], listing.version).await?;
        }
    }
    Ok(())
}

/// The registration was refused for good: the deal came to nothing, and its listings are free again.
pub(crate) async fn refused(tx: &Tx, id: Uuid, reason: &str) -> Result<()> {
    let row = deal::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    lock_listings(tx, &row).await?;
    make(tx, &row, DealMove::Lose, &[Party::System], DeclineCode::Other.code(), reason).await?;
    release(tx, &row).await
}

/// Writes a message into a deal's thread.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Invalid`]; [`Error::TooMany`].
pub async fn write_message(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let author = actor.signed_in()?.id;
    let row = find_for(&market.db, actor, number).await?;
    let mut check = Check::new();
    let body = check.required("body", fields.value("body"), MESSAGE_MAX);
    check.ensure(state_of_deal(&row)?.is_open(), "", "deal_closed");
    check.finish(())?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let hour_ago = tx.now - i64::try_from(Duration::hours(1).whole_microseconds()).unwrap_or(0);
    let written = message::Entity::find()
        .filter(message::Column::PersonId.eq(author))
        .filter(message::Column::CreatedAt.gt(hour_ago))
        .count(&*tx)
        .await?;
    if written >= u64::try_from(market.config.limits.messages_per_hour).unwrap_or(0) {
        return Err(Error::TooMany { seconds: 3_600 });
    }
    let organisation = [row.buyer_id, row.seller_id]
        .into_iter()
        .find(|o| actor.acts_for(*o))
        .or_else(|| [row.buyer_id, row.seller_id].into_iter().find(|o| actor.belongs_to(*o)));
    let written = message::ActiveModel {
        id: Set(Uuid::now_v7()),
        deal_id: Set(row.id),
        person_id: Set(author),
        organisation_id: Set(organisation),
        parent_id: Set(None),
        body: Set(body),
        created_at: Set(tx.now),
    }
    .insert(&*tx)
    .await?;
    deal::Entity::update_many()
        .col_expr(deal::Column::UpdatedAt, Expr::value(tx.now))
        .filter(deal::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    tx.audit("message.write", Subject::Deal, Some(row.id), serde_json::Value::Null).await?;
    tx.emit(Event::MessageWritten, written.id, serde_json::Value::Null).await?;
    tx.result("").await?;
    tx.commit().await
}

async fn deal_summaries(market: &Market, rows: Vec<deal::Model>) -> Result<Vec<DealSummary>> {
    let names = organisation_names(&market.db, rows.iter().flat_map(|r| [r.buyer_id, r.seller_id]).collect()).await?;
    rows.into_iter()
        .map(|row| {
            let name = |id: Uuid| (id, names.get(&id).cloned().unwrap_or_default());
            Ok(DealSummary {
                state: state_of_deal(&row)?,
                buyer: name(row.buyer_id),
                seller: name(row.seller_id),
                created_at: from_micros(row.created_at),
                updated_at: from_micros(row.updated_at),
                id: row.id,
                number: row.number,
                title: row.title,
            })
        })
        .collect()
}

/// Deals of the organisation acted for and those the actor is the broker of, latest activity first; `open` leaves out closed and lost ones.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn deals(market: &Market, actor: &Actor, open: Option<bool>, page: u64) -> Result<Paged<DealSummary>> {
    let person = actor.signed_in()?;
    let mut mine = Condition::any().add(deal::Column::BrokerId.eq(person.id));
    if let Some(acting) = actor.organisation() {
        mine = mine.add(deal::Column::BuyerId.eq(acting.id)).add(deal::Column::SellerId.eq(acting.id));
    }
    let mut query = deal::Entity::find().filter(mine);
    let over = [DealState::Closed.code(), DealState::Lost.code()];
    query = match open {
        Some(true) => query.filter(deal::Column::State.is_not_in(over)),
        Some(false) => query.filter(deal::Column::State.is_in(over)),
        None => query,
    };
    let query = query.order_by_desc(deal::Column::UpdatedAt).order_by_desc(deal::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(deal_summaries(market, rows).await?))
}

/// A deal with its thread.
///
/// # Errors
/// [`Error::NotFound`] for anyone who is no member.
pub async fn deal(market: &Market, actor: &Actor, number: &str) -> Result<DealView> {
    let row = find_for(&market.db, actor, number).await?;
    let state = state_of_deal(&row)?;
    let parties = parties(actor, &row);
    let mut sides = HashMap::new();
    for id in [row.demand_id, row.achievement_id].into_iter().flatten() {
        let listing = find_by_id(&market.db, id).await?;
        sides.extend(crate::listings::summaries(&market.db, &[listing]).await?.into_iter().map(|s| (s.id, s)));
    }
    let opening = interest::Entity::find_by_id(row.interest_id).one(&market.db).await?.map(|i| i.message).unwrap_or_default();
    let contract = contract::Entity::find().filter(contract::Column::DealId.eq(row.id)).one(&market.db).await?;
    let contract = contract.and_then(|c| Some((c.number, keqiao_model::ContractState::from_code(&c.state)?)));
    let side = parties.contains(&Party::Side);
    Ok(DealView {
        messages: messages(market, actor, &row).await?,
        demand: row.demand_id.and_then(|id| sides.remove(&id)),
        achievement: row.achievement_id.and_then(|id| sides.remove(&id)),
        broker: match row.broker_id {
            Some(id) => person::Entity::find_by_id(id).one(&market.db).await?.map(|p| p.name),
            None => None,
        },
        opening,
        code: DeclineCode::from_code(&row.code),
        reason: row.reason.clone(),
        may_sign: side && contract.is_none() && state.transition(DealMove::Sign).is_some(),
        contract,
        moves: state.moves(&parties).iter().map(|t| t.by).collect(),
        may_write: state.is_open(),
        selling: actor.belongs_to(row.seller_id),
        version: row.version,
        summary: deal_summaries(market, vec![row]).await?.pop().ok_or(Error::NotFound)?,
    })
}

async fn messages(market: &Market, actor: &Actor, row: &deal::Model) -> Result<Vec<MessageView>> {
    let mut rows = message::Entity::find()
        .filter(message::Column::DealId.eq(row.id))
        .order_by_desc(message::Column::CreatedAt)
        .order_by_desc(message::Column::Id)
        .limit(500)
        .all(&market.db)
        .await?;
    rows.reverse();
    let people: HashMap<Uuid, String> = person::Entity::find()
        .filter(person::Column::Id.is_in(rows.iter().map(|m| m.person_id)))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|p| (p.id, p.name))
        .collect();
    let names = organisation_names(&market.db, vec![row.buyer_id, row.seller_id]).await?;
    Ok(rows
        .into_iter()
        .map(|m| MessageView {
            person: people.get(&m.person_id).cloned().unwrap_or_default(),
            organisation: m.organisation_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            own: m.organisation_id.map_or(Some(m.person_id) == actor.id(), |o| actor.belongs_to(o)),
            body: m.body,
            at: from_micros(m.created_at),
        })
        .collect())
}
