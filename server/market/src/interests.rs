//! First contacts: one side sends an interest, the other accepts (a deal opens) or declines with a code. Brokers recommend pairs.

use keqiao_model::{Check, DeclineCode, Fields, InterestMove, InterestState, ListingKind, Party, Stateful};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Actor, Error, Event, ListingSummary, Market, Paged, Result,
    db::{Moved, Subject, Tx, from_micros, micros},
    entity::{interest, listing, organisation, person, recommendation},
    listings::{find, kind_of, organisation_names, state_of},
    matching::summaries_by_id,
    paging::fetch,
};

/// Longest message of an interest, characters.
pub const MESSAGE_MAX: usize = 2_000;

/// An interest as its sender or receiver sees it.
#[derive(Debug, Clone)]
pub struct InterestView {
    /// Id.
    pub id: Uuid,
    /// Where it stands.
    pub state: InterestState,
    /// The listing that was asked for.
    pub listing: ListingSummary,
    /// The sender's own listing that answers it, if one was named.
    pub counter: Option<ListingSummary>,
    /// Sender.
    pub from: (Uuid, String),
    /// Name of the person who sent it.
    pub from_person: String,
    /// Receiver.
    pub to: (Uuid, String),
    /// Broker who recommended the pair.
    pub broker: Option<String>,
    /// Message.
    pub message: String,
    /// Why it was declined.
    pub code: Option<DeclineCode>,
    /// The receiver's words.
    pub reason: String,
    /// When it was sent.
    pub created_at: OffsetDateTime,
    /// When it was answered.
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

/// Sends an interest in a public listing, naming one of the sender's own listings of the other side when `counter` is given.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`]: own listing, not published, another one still open, message missing, address not confirmed.
pub async fn send_interest(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    counter: Option<&str>,
    fields: &Fields,
    once: Option<Uuid>,
) -> Result<Uuid> {
    let person = actor.signed_in()?;
    let target = find(&market.db, kind, number).await?;
    let state = state_of(&target)?;
    if !state.is_public() && !actor.belongs_to(target.organisation_id) {
        return Err(Error::NotFound);
    }
    let from = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
    let mut check = Check::new();
    let message = check.required("message", fields.value("message"), MESSAGE_MAX);
    check.ensure(person.verified, "", "not_verified");
    check.ensure(target.organisation_id != from.id, "", "own_listing");
    check.ensure(state.is_indexed(), "", "not_published");
    check.finish(())?;
    let counter = match counter.map(str::trim).filter(|c| !c.is_empty()) {
        Some(number) => {
            let row = find(&market.db, kind.opposite(), number).await.map_err(|_| Error::field("counter", "choice"))?;
            if row.organisation_id != from.id || !state_of(&row)?.is_indexed() {
                return Err(Error::field("counter", "choice"));
            }
            Some(row.id)
        }
        None => None,
    };
    let day_ago = micros(market.now() - Duration::days(1));
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    // The listing's row is touched, so that two interests in it at once follow one another on PostgreSQL too.
    lock_listing(&tx, target.id).await?;
    let own = interest::Entity::find().filter(interest::Column::FromOrganisationId.eq(from.id));
    let open = own
        .clone()
        .filter(interest::Column::ListingId.eq(target.id))
        .filter(interest::Column::State.eq(InterestState::Sent.code()))
        .count(&*tx)
        .await?;
    if open > 0 {
        return Err(Error::field("", "interest_open"));
    }
    let today = own.filter(interest::Column::CreatedAt.gt(day_ago)).count(&*tx).await?;
    if today >= u64::try_from(market.config.limits.interests_per_day).unwrap_or(0) {
        return Err(Error::TooMany { seconds: 86_400 });
    }
    // A broker who recommended the pair stays named on what comes of it.
    let broker = match counter {
        Some(counter) => recommended_by(&tx, target.id, counter).await?,
        None => None,
    };
    let row = interest::ActiveModel {
        id: Set(Uuid::now_v7()),
        listing_id: Set(target.id),
        from_organisation_id: Set(from.id),
        from_person_id: Set(person.id),
        to_organisation_id: Set(target.organisation_id),
        counter_id: Set(counter),
        broker_id: Set(broker),
        answered_by: Set(None),
        message: Set(message),
        fit: Set(String::new()),
        indicators: Set("[]".to_owned()),
        cooperation: Set(String::new()),
        hidden: Set(false),
        acknowledged_at: Set(None),
        due_at: Set(None),
        reminded_at: Set(None),
        state: Set(InterestState::Sent.code().to_owned()),
        code: Set(String::new()),
        reason: Set(String::new()),
        answered_at: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    tx.moved(Moved {
        subject: Subject::Interest,
        id: row.id,
        from: "",
        to: InterestState::Sent.code(),
        action: "send",
        code: "",
        reason: "",
    })
    .await?;
    tx.emit(Event::InterestSent, row.id, serde_json::Value::Null).await?;
    tx.result(row.id).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// Takes the row lock of a listing for the rest of the transaction.
pub(crate) async fn lock_listing(tx: &Tx, id: Uuid) -> Result<()> {
    listing::Entity::update_many()
        .col_expr(listing::Column::Version, Expr::col(listing::Column::Version))
        .filter(listing::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    Ok(())
}

async fn recommended_by(tx: &Tx, one: Uuid, other: Uuid) -> Result<Option<Uuid>> {
    let found = recommendation::Entity::find()
        .filter(
            recommendation::Column::DemandId
                .eq(one)
                .and(recommendation::Column::AchievementId.eq(other))
                .or(recommendation::Column::DemandId.eq(other).and(recommendation::Column::AchievementId.eq(one))),
        )
        .order_by_asc(recommendation::Column::CreatedAt)
        .one(&**tx)
        .await?;
    Ok(found.map(|r| r.broker_id))
}

fn parties(actor: &Actor, row: &interest::Model) -> Vec<Party> {
    let mut parties = Vec::new();
    if actor.belongs_to(row.from_organisation_id) {
        parties.push(Party::Owner);
    }
    if actor.belongs_to(row.to_organisation_id) {
        parties.push(Party::Receiver);
    }
    parties
}

/// Accepts, declines or takes back an interest; accepting answers the number of the deal that opens.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Invalid`] when it was answered already or a decline has no code; [`Error::Stale`].
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
    let state = InterestState::from_code(&row.state).ok_or_else(|| Error::internal("interest state"))?;
    let transition = state.transition(by).ok_or_else(|| Error::field("", "already_answered"))?;
    if !transition.who.iter().any(|w| parties.contains(w)) {
        return Err(Error::Forbidden);
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    let mut check = Check::new();
    let reason = check.optional("reason", fields.value("reason"), MESSAGE_MAX);
    let code = DeclineCode::from_code(fields.value("code"));
    if by == InterestMove::Decline {
        check.ensure(code.is_some(), "code", "required");
        check.ensure(code != Some(DeclineCode::Other) || !reason.is_empty(), "reason", "reason_required");
    }
    check.finish(())?;
    let code = code.filter(|_| by == InterestMove::Decline).map_or("", |c| c.code());
    let done = interest::Entity::update_many()
        .col_expr(interest::Column::State, Expr::value(transition.to.code()))
        .col_expr(interest::Column::Code, Expr::value(code))
        .col_expr(interest::Column::Reason, Expr::value(reason.as_str()))
        .col_expr(interest::Column::AnsweredBy, Expr::value(actor.id()))
        .col_expr(interest::Column::AnsweredAt, Expr::value(tx.now))
        .col_expr(interest::Column::Version, Expr::value(version + 1))
        .filter(interest::Column::Id.eq(id))
        .filter(interest::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let action = by.code();
    tx.moved(Moved { subject: Subject::Interest, id, from: state.code(), to: transition.to.code(), action, code, reason: &reason }).await?;
    let deal = if by == InterestMove::Accept { Some(crate::deals::open(&tx, actor, &row).await?) } else { None };
    if by != InterestMove::Withdraw {
        tx.emit(Event::InterestAnswered, id, serde_json::json!({ "move": action })).await?;
    }
    tx.result(deal.as_deref().unwrap_or_default()).await?;
    tx.commit().await?;
    Ok(deal)
}

/// Which interests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Asked of the actor's organisation.
    Received,
    /// Sent by the actor's organisation.
    Sent,
}

/// Interests of the organisation acted for, newest first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn interests(market: &Market, actor: &Actor, direction: Direction, page: u64) -> Result<Paged<InterestView>> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(Paged::empty()) };
    let column = match direction {
        Direction::Received => interest::Column::ToOrganisationId,
        Direction::Sent => interest::Column::FromOrganisationId,
    };
    let query = interest::Entity::find()
        .filter(column.eq(acting.id))
        .order_by_desc(interest::Column::CreatedAt)
        .order_by_desc(interest::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(views(market, actor, rows).await?))
}

/// How many interests wait for an answer of the organisation acted for.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn waiting_interests(market: &Market, actor: &Actor) -> Result<u64> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(0) };
    Ok(interest::Entity::find()
        .filter(interest::Column::ToOrganisationId.eq(acting.id))
        .filter(interest::Column::State.eq(InterestState::Sent.code()))
        .count(&market.db)
        .await?)
}

/// One interest.
///
/// # Errors
/// [`Error::NotFound`] for anyone on neither side.
pub async fn interest(market: &Market, actor: &Actor, id: Uuid) -> Result<InterestView> {
    actor.signed_in()?;
    let row = interest::Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?;
    if parties(actor, &row).is_empty() {
        return Err(Error::NotFound);
    }
    views(market, actor, vec![row]).await?.pop().ok_or(Error::NotFound)
}

async fn views(market: &Market, actor: &Actor, rows: Vec<interest::Model>) -> Result<Vec<InterestView>> {
    let ids: Vec<Uuid> = rows.iter().flat_map(|r| [Some(r.listing_id), r.counter_id]).flatten().collect();
    // Both sides may see both listings, public or not any more.
    let listings = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(&market.db).await?;
    let listings: std::collections::HashMap<Uuid, ListingSummary> =
        crate::listings::summaries(&market.db, &listings).await?.into_iter().map(|s| (s.id, s)).collect();
    let names = organisation_names(&market.db, rows.iter().flat_map(|r| [r.from_organisation_id, r.to_organisation_id]).collect()).await?;
    let people: Vec<Uuid> = rows.iter().flat_map(|r| [Some(r.from_person_id), r.broker_id]).flatten().collect();
    let people: std::collections::HashMap<Uuid, String> = person::Entity::find()
        .filter(person::Column::Id.is_in(people))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|p| (p.id, p.name))
        .collect();
    let deals = crate::deals::numbers_of(market, rows.iter().map(|r| r.id).collect()).await?;
    let mut views = Vec::new();
    for row in rows {
        let state = InterestState::from_code(&row.state).ok_or_else(|| Error::internal("interest state"))?;
        let Some(listing) = listings.get(&row.listing_id).cloned() else { continue };
        let name = |id: Uuid| (id, names.get(&id).cloned().unwrap_or_default());
        views.push(InterestView {
            id: row.id,
            state,
            listing,
            counter: row.counter_id.and_then(|id| listings.get(&id).cloned()),
            from: name(row.from_organisation_id),
            from_person: people.get(&row.from_person_id).cloned().unwrap_or_default(),
            to: name(row.to_organisation_id),
            broker: row.broker_id.and_then(|id| people.get(&id).cloned()),
            code: DeclineCode::from_code(&row.code),
            created_at: from_micros(row.created_at),
            answered_at: row.answered_at.map(from_micros),
            deal: deals.get(&row.id).cloned(),
            moves: state.moves(&parties(actor, &row)).iter().map(|t| t.by).collect(),
            outgoing: actor.belongs_to(row.from_organisation_id),
            version: row.version,
            message: row.message,
            reason: row.reason,
        });
    }
    Ok(views)
}

/// A pair a broker put before both sides.
#[derive(Debug, Clone)]
pub struct RecommendationView {
    /// Id.
    pub id: Uuid,
    /// Name of the broker.
    pub broker: String,
    /// The demand.
    pub demand: ListingSummary,
    /// The achievement.
    pub achievement: ListingSummary,
    /// Why, in the broker's words.
    pub note: String,
    /// When.
    pub created_at: OffsetDateTime,
}

/// A broker recommends a pair of public listings to both sides. Recommending it again changes nothing.
///
/// # Errors
/// [`Error::Forbidden`] unless the actor is a broker; [`Error::NotFound`]; [`Error::Invalid`].
pub async fn recommend_pair(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    other: &str,
    fields: &Fields,
    once: Option<Uuid>,
) -> Result<()> {
    let person = actor.signed_in()?;
    if !person.broker {
        return Err(Error::Forbidden);
    }
    let one = find(&market.db, kind, number).await?;
    let other = find(&market.db, kind.opposite(), other).await.map_err(|_| Error::field("counter", "choice"))?;
    if !(state_of(&one)?.is_public() && state_of(&other)?.is_public()) {
        return Err(Error::NotFound);
    }
    let mut check = Check::new();
    let note = check.required("message", fields.value("message"), MESSAGE_MAX);
    check.ensure(person.verified, "", "not_verified");
    check.ensure(state_of(&one)?.is_indexed() && state_of(&other)?.is_indexed(), "", "not_published");
    check.ensure(!actor.belongs_to(one.organisation_id) && !actor.belongs_to(other.organisation_id), "", "own_listing");
    check.ensure(one.organisation_id != other.organisation_id, "counter", "same_owner");
    check.finish(())?;
    let (demand, achievement) = if kind_of(&one) == ListingKind::Demand { (one, other) } else { (other, one) };
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    crate::brokers::recommended(market, &tx, person.id, demand.id, achievement.id).await?;
    let id = Uuid::now_v7();
    let row = recommendation::ActiveModel {
        id: Set(id),
        broker_id: Set(person.id),
        demand_id: Set(demand.id),
        achievement_id: Set(achievement.id),
        note: Set(note),
        created_at: Set(tx.now),
    };
    let unique = [recommendation::Column::BrokerId, recommendation::Column::DemandId, recommendation::Column::AchievementId];
    let inserted = recommendation::Entity::insert(row)
        .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
        .exec_without_returning(&*tx)
        .await?;
    if inserted > 0 {
        tx.audit(
            "pair.recommend",
            Subject::Listing,
            Some(demand.id),
            serde_json::json!({ "demand": demand.number, "achievement": achievement.number }),
        )
        .await?;
        tx.emit(Event::PairRecommended, id, serde_json::Value::Null).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// Recommendations that concern the organisation acted for, or were made by the actor as a broker; newest first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn recommendations(market: &Market, actor: &Actor, page: u64) -> Result<Paged<RecommendationView>> {
    let person = actor.signed_in()?;
    let mut concerns = recommendation::Column::BrokerId.eq(person.id);
    if let Some(acting) = actor.organisation() {
        let own = || {
            sea_orm::sea_query::Query::select()
                .column(listing::Column::Id)
                .from(listing::Entity)
                .and_where(listing::Column::OrganisationId.eq(acting.id))
                .to_owned()
        };
        concerns =
            concerns.or(recommendation::Column::DemandId.in_subquery(own())).or(recommendation::Column::AchievementId.in_subquery(own()));
    }
    let query = recommendation::Entity::find()
        .filter(concerns)
        .order_by_desc(recommendation::Column::CreatedAt)
        .order_by_desc(recommendation::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let listings = summaries_by_id(market, rows.iter().flat_map(|r| [r.demand_id, r.achievement_id]).collect()).await?;
    let brokers: std::collections::HashMap<Uuid, String> = person::Entity::find()
        .filter(person::Column::Id.is_in(rows.iter().map(|r| r.broker_id)))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|p| (p.id, p.name))
        .collect();
    let items = rows
        .into_iter()
        .filter_map(|r| {
            Some(RecommendationView {
                id: r.id,
                broker: brokers.get(&r.broker_id).cloned().unwrap_or_default(),
                demand: listings.get(&r.demand_id)?.clone(),
                achievement: listings.get(&r.achievement_id)?.clone(),
                note: r.note,
                created_at: from_micros(r.created_at),
            })
        })
        .collect();
    Ok(paged.with(items))
}

/// The listings an actor may answer a listing with: those of its organisation on the other side that are on the market.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn counters(market: &Market, actor: &Actor, kind: ListingKind) -> Result<Vec<ListingSummary>> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(Vec::new()) };
    let organisation = organisation::Entity::find_by_id(acting.id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let rows = listing::Entity::find()
        .filter(listing::Column::OrganisationId.eq(organisation.id))
        .filter(listing::Column::Kind.eq(crate::listings::kind_code(kind.opposite())))
        .filter(listing::Column::State.is_in(["published", "in_deal"]))
        .order_by_desc(listing::Column::PublishedAt)
        .limit(200)
        .all(&market.db)
        .await?;
    crate::listings::summaries(&market.db, &rows).await
}

/// What time does here by itself; answers how many subjects moved.
///
/// # Errors
/// [`crate::Error::Internal`].
pub(crate) async fn clock_step(_market: &Market) -> Result<usize> {
    Ok(0)
}
