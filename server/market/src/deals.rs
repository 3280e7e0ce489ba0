//! Deals: accepted interests on their way to a contract. What lives in a deal is in [`crate::room`].

use std::collections::HashMap;

use keqiao_model::{
    Check, DealMove, DealRole, DealState, DeclineCode, Fields, ListingKind, ListingMove, ListingState, Party, Stateful, format_date,
    parse_date,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, Query},
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Actor, Error, Event, ListingSummary, Market, Paged, Result,
    attachments::AttachmentView,
    db::{Moved, Subject, Tx, from_micros},
    entity::{contract, deal, deal_member, interest, listing, person},
    introductions,
    listings::{find_by_id, kind_of, make_move, organisation_names, state_of},
    paging::fetch,
    public_notices,
    room::{self, NextMove, trials::TrialView},
};

/// Longest reason for giving up, characters.
pub const REASON_MAX: usize = 2_000;
/// Longest words for what is due, characters.
const DUE_MAX: usize = 120;

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
    /// The next day by which something is due, and what.
    pub due: Option<(Date, String)>,
    /// Messages of others the actor has not read.
    pub unread: u64,
}

/// A message of a deal.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// Id, to answer it.
    pub id: Uuid,
    /// The message it answers.
    pub parent: Option<Uuid>,
    /// Files that came with it.
    pub files: Vec<AttachmentView>,
    /// Whether somebody of another side has read it; only of own ones.
    pub read: bool,
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
    /// What leads on from here, and what it needs.
    pub next: Vec<NextMove>,
    /// The trial, if there is one.
    pub trial: Option<TrialView>,
    /// Whether both sides signed the confidentiality agreement.
    pub nda_signed: bool,
    /// Whether the actor stands on a side, and does not broker it.
    pub on_a_side: bool,
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

/// Which parties of the state table a member is.
pub(crate) fn parties(actor: &Actor, row: &deal::Model) -> Vec<Party> {
    let mut parties = Vec::new();
    if actor.belongs_to(row.buyer_id) || actor.belongs_to(row.seller_id) {
        parties.push(Party::Side);
    }
    if actor.belongs_to(row.seller_id) {
        parties.push(Party::Seller);
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

/// The deal that opens a listing's confidential tier to the actor: one about this listing, with the actor a member on the other side, whose
/// confidentiality agreement both sides signed and which was not lost.
pub(crate) async fn discloses<C: ConnectionTrait>(db: &C, actor: &Actor, row: &listing::Model) -> Result<Option<deal::Model>> {
    let Some(person) = actor.person() else { return Ok(None) };
    let own: Vec<Uuid> = person.organisations.iter().map(|o| o.id).filter(|o| *o != row.organisation_id).collect();
    if own.is_empty() {
        return Ok(None);
    }
    let found = deal::Entity::find()
        .filter(Condition::any().add(deal::Column::DemandId.eq(row.id)).add(deal::Column::AchievementId.eq(row.id)))
        .filter(Condition::any().add(deal::Column::BuyerId.is_in(own.clone())).add(deal::Column::SellerId.is_in(own)))
        .order_by_desc(deal::Column::CreatedAt)
        .all(db)
        .await?;
    for deal in found {
        if state_of_deal(&deal)?.is_confidential()
            && room::members::is_member(db, actor, &deal).await?
            && room::nda::is_signed(db, deal.id).await?
        {
            return Ok(Some(deal));
        }
    }
    Ok(None)
}

/// Opens the deal of an accepted interest; answers its number.
pub(crate) async fn open(tx: &Tx, actor: &Actor, row: &interest::Model) -> Result<String> {
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
    // A broker who introduced the two parties on this pair stays named on what comes of it.
    let introduced = introductions::of_pair(tx, (buyer, seller), (demand, achievement), row.broker_id).await?;
    let broker = row.broker_id.or(introduced.as_ref().map(|i| i.broker_id));
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
        broker_id: Set(broker),
        due_on: Set(None),
        due_what: Set(String::new()),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&**tx)
    .await?;
    introductions::deal_opened(tx, &opened, introduced.as_ref()).await?;
    lock_listings(tx, &opened).await?;
    for id in [demand, achievement].into_iter().flatten() {
        let row = find_by_id(&**tx, id).await?;
        if state_of(&row)? == ListingState::Published {
            make_move(tx, &Actor::System, &row, ListingMove::OpenDeal, &[], row.version).await?;
        }
    }
    // Whoever made the contact and whoever accepted it speak for their sides.
    room::members::put(tx, opened.id, row.from_person_id, Some(row.from_organisation_id), DealRole::Lead, None).await?;
    if let Some(person) = actor.id() {
        room::members::put(tx, opened.id, person, Some(row.to_organisation_id), DealRole::Lead, None).await?;
    }
    if let Some(broker) = broker {
        room::members::put(tx, opened.id, broker, None, DealRole::Broker, None).await?;
    }
    room::nda::propose_standard(tx, &opened).await?;
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
    if room::members::is_member(db, actor, &row).await? {
        Ok(row)
    } else {
        Err(if actor.person().is_none() { Error::SignIn } else { Error::NotFound })
    }
}

/// Makes a move inside a transaction.
///
/// # Errors
/// [`Error::Forbidden`] for the wrong party; [`Error::Stale`]; [`Error::Invalid`] when the state table has no such move or a need is not met.
pub(crate) async fn make(tx: &Tx, row: &deal::Model, by: DealMove, parties: &[Party], code: &str, reason: &str) -> Result<DealState> {
    let from = state_of_deal(row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "not_your_turn"))?;
    if !transition.who.iter().any(|w| parties.contains(w)) {
        return Err(Error::Forbidden);
    }
    room::needs_met(&**tx, row, transition.needs).await?;
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
    let row = room::locked_member(&tx, actor, number).await?;
    if row.version != version {
        return Err(Error::Stale);
    }
    if !room::members::speaks(&*tx, actor, &row).await? || matches!(by, DealMove::PublishNotice | DealMove::ReopenTerms) {
        return Err(Error::Forbidden);
    }
    let mut check = Check::new();
    let reason = check.optional("reason", fields.value("reason"), REASON_MAX);
    let code = DeclineCode::from_code(fields.value("code"));
    if by == DealMove::Lose {
        check.ensure(code.is_some(), "code", "required");
        check.ensure(code != Some(DeclineCode::Other) || !reason.is_empty(), "reason", "reason_required");
    }
    check.finish(())?;
    let code = code.filter(|_| by == DealMove::Lose).map_or("", |c| c.code());
    if by == DealMove::Lose {
        lock_listings(&tx, &row).await?;
        public_notices::withdraw(&tx, &row).await?;
    }
    if by == DealMove::StartTrial && state_of_deal(&row)?.transition(by).is_some() {
        room::trials::plan(&tx, actor, &row, fields).await?;
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

/// Takes the row locks of a deal and its listings, in the order in which everybody takes them.
pub(crate) async fn lock(tx: &Tx, id: Uuid) -> Result<()> {
    let row = deal::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    let row = room::locked(tx, &row.number).await?;
    lock_listings(tx, &row).await
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
pub(crate) async fn sign(tx: &Tx, actor: &Actor, row: &deal::Model, signed_on: Date) -> Result<()> {
    if *actor != Actor::System && !(parties(actor, row).contains(&Party::Side) && room::members::speaks(&**tx, actor, row).await?) {
        return Err(Error::Forbidden);
    }
    public_notices::ready_to_sign(tx, row, signed_on).await?;
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
    make(tx, &row, DealMove::Lose, &[Party::System], DeclineCode::Other.code(), reason).await?;
    release(tx, &row).await
}

pub(crate) async fn deal_summaries(market: &Market, actor: &Actor, rows: Vec<deal::Model>) -> Result<Vec<DealSummary>> {
    let mut unread = room::messages::unread(market, actor, &rows).await?;
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
                due: row.due_on.as_deref().and_then(parse_date).map(|day| (day, row.due_what.clone())),
                unread: unread.remove(&row.id).unwrap_or(0),
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
        let sides = Condition::any().add(deal::Column::BuyerId.eq(acting.id)).add(deal::Column::SellerId.eq(acting.id));
        let named = Query::select()
            .column(deal_member::Column::DealId)
            .from(deal_member::Entity)
            .and_where(deal_member::Column::PersonId.eq(person.id))
            .and_where(deal_member::Column::OrganisationId.eq(acting.id))
            .and_where(deal_member::Column::RemovedAt.is_null())
            .to_owned();
        mine = mine.add(if acting.manager { sides } else { Condition::all().add(sides).add(deal::Column::Id.in_subquery(named)) });
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
    Ok(paged.with(deal_summaries(market, actor, rows).await?))
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
    let opening = interest::Entity::find_by_id(row.interest_id).one(&market.db).await?.map(opening_words).unwrap_or_default();
    let contract = contract::Entity::find().filter(contract::Column::DealId.eq(row.id)).one(&market.db).await?;
    let contract = contract.and_then(|c| Some((c.number, keqiao_model::ContractState::from_code(&c.state)?)));
    let on_a_side = parties.contains(&Party::Side);
    let speaks = room::members::speaks(&market.db, actor, &row).await?;
    let side = on_a_side && speaks;
    let moves: Vec<DealMove> = if speaks { state.moves(&parties).iter().map(|t| t.by).collect() } else { Vec::new() };
    let today = crate::contracts::today(market);
    let next = room::next_moves(&market.db, &row, state).await?;
    let can_sign = next.iter().any(|n| n.by == DealMove::Sign && n.needs.iter().all(|v| v.met || v.brought));
    Ok(DealView {
        messages: room::messages::messages(market, actor, &row).await?,
        next,
        trial: room::trials::of_deal(&market.db, row.id).await?.and_then(|t| room::trials::view(&t, today)),
        nda_signed: room::nda::is_signed(&market.db, row.id).await?,
        on_a_side,
        demand: row.demand_id.and_then(|id| sides.remove(&id)),
        achievement: row.achievement_id.and_then(|id| sides.remove(&id)),
        broker: match row.broker_id {
            Some(id) => person::Entity::find_by_id(id).one(&market.db).await?.map(|p| p.name),
            None => None,
        },
        opening,
        code: DeclineCode::from_code(&row.code),
        reason: row.reason.clone(),
        may_sign: side && contract.is_none() && can_sign,
        contract,
        moves,
        may_write: state.is_open(),
        selling: actor.belongs_to(row.seller_id),
        version: row.version,
        summary: deal_summaries(market, actor, vec![row]).await?.pop().ok_or(Error::NotFound)?,
    })
}

/// Sets or clears the next day by which something is due (`due_on`, `due_what`), for everybody in the deal.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Invalid`] at the field.
pub async fn set_due(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = room::locked_for(&tx, actor, number).await?;
    let mut check = Check::new();
    let typed = fields.value("due_on").trim();
    let day = parse_date(typed);
    check.ensure(typed.is_empty() || day.is_some(), "due_on", "date");
    let kept = row.due_on.as_deref() == Some(typed);
    check.ensure(kept || day.is_none_or(|day| day >= crate::contracts::today(market)), "due_on", "past");
    let what = check.optional("due_what", fields.value("due_what"), DUE_MAX);
    check.ensure(day.is_none() || !what.is_empty(), "due_what", "required");
    check.finish(())?;
    let what = if day.is_some() { what } else { String::new() };
    deal::Entity::update_many()
        .col_expr(deal::Column::DueOn, Expr::value(day.map(format_date)))
        .col_expr(deal::Column::DueWhat, Expr::value(what))
        .col_expr(deal::Column::UpdatedAt, Expr::value(tx.now))
        .filter(deal::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    tx.audit("deal.due", Subject::Deal, Some(row.id), serde_json::json!({ "on": typed })).await?;
    tx.result("").await?;
    tx.commit().await
}

/// What the first contact said: what it wants, and why the sender fits.
fn opening_words(contact: interest::Model) -> String {
    if contact.fit.is_empty() { contact.message } else { format!("{}\n\n{}", contact.message, contact.fit) }
}
