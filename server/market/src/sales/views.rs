//! Sales as everyone, their owners, bidders and the officers see them. Who bids is for the owner and the officers: others see numbers.

use std::collections::HashMap;

use keqiao_model::{BidderMove, BidderState, Fen, Party, PricingWay, SaleMove, SaleState, Stateful};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{find, highest, minimum, state_of, state_of_bidder, way_of};
use crate::{
    Actor, Error, Market, Paged, Result,
    db::{from_micros, micros},
    entity::{bid, bidder, listing, organisation, sale as table},
    listings::organisation_names,
    paging::fetch,
    public_notices::answers_for,
};

/// Where a sale is by its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SalePhase {
    /// Takes bids.
    Open,
    /// Opens later.
    Coming,
    /// Takes no more bids.
    Over,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct SaleSummary {
    /// Number people see.
    pub number: String,
    /// Number of the achievement.
    pub achievement: String,
    /// Its title.
    pub title: String,
    /// Who offers it.
    pub organisation: (Uuid, String),
    /// At a listed price, or by auction.
    pub way: PricingWay,
    /// Where it stands.
    pub state: SaleState,
    /// Where it is by its times.
    pub phase: SalePhase,
    /// The listed price, or the price an auction starts at.
    pub price: Fen,
    /// The least by which a bid must be above the one before.
    pub step: Fen,
    /// What bidders deposit.
    pub deposit: Fen,
    /// The highest accepted bid.
    pub highest: Option<Fen>,
    /// How many bids were accepted.
    pub bids: u64,
    /// From when.
    pub opens_at: OffsetDateTime,
    /// Until when, with every extension so far.
    pub closes_at: OffsetDateTime,
}

/// Somebody who takes part.
#[derive(Debug, Clone)]
pub struct BidderView {
    /// Id.
    pub id: Uuid,
    /// Number among the admitted, in the order of admission.
    pub place: Option<i64>,
    /// The organisation.
    pub organisation: String,
    /// Where it stands.
    pub state: BidderState,
    /// Why it was excluded.
    pub note: String,
    /// When it asked.
    pub at: OffsetDateTime,
    /// What the actor may do.
    pub moves: Vec<BidderMove>,
    /// For optimistic locking.
    pub version: i64,
}

/// A line of the log of bids.
#[derive(Debug, Clone)]
pub struct BidView {
    /// Its place in the log.
    pub seq: i64,
    /// Number of the bidder.
    pub place: Option<i64>,
    /// Name of the bidder, for the owner and officers.
    pub organisation: Option<String>,
    /// Whether the actor's organisation made it.
    pub own: bool,
    /// How much.
    pub amount: Fen,
    /// When.
    pub at: OffsetDateTime,
    /// Why it was refused, as the code of an error; empty for accepted ones.
    pub code: String,
}

/// A sale as its reader may see it.
#[derive(Debug, Clone)]
pub struct SaleView {
    /// What the list shows.
    pub summary: SaleSummary,
    /// The rules in the owner's words.
    pub rules: String,
    /// Why it was taken back.
    pub reason: String,
    /// The least the next bid may be.
    pub least: Fen,
    /// Seconds by which a late bid moves the end.
    pub extension: i64,
    /// How often that has happened.
    pub extended: i64,
    /// Everybody who takes part, for the owner and officers.
    pub bidders: Option<Vec<BidderView>>,
    /// How many were admitted.
    pub admitted: usize,
    /// Where the organisation acted for stands.
    pub me: Option<BidderView>,
    /// The log, newest first.
    pub log: Paged<BidView>,
    /// Number of whoever got it.
    pub winner: Option<i64>,
    /// Name of whoever got it, for the owner and officers.
    pub winner_name: Option<String>,
    /// Whether the organisation acted for got it.
    pub won: bool,
    /// Whether the organisation acted for leads now.
    pub leads: bool,
    /// Whether the actor belongs to the owner.
    pub own: bool,
    /// Whether the actor may ask to take part.
    pub may_apply: bool,
    /// Whether the actor may bid now.
    pub may_bid: bool,
    /// Whether the actor may take it back.
    pub may_cancel: bool,
    /// For optimistic locking.
    pub version: i64,
}

fn phase(row: &table::Model, state: SaleState, now: i64) -> SalePhase {
    match state {
        SaleState::Announced if now < row.opens_at => SalePhase::Coming,
        SaleState::Announced if now < row.closes_at => SalePhase::Open,
        _ => SalePhase::Over,
    }
}

async fn summaries(market: &Market, rows: &[table::Model]) -> Result<Vec<SaleSummary>> {
    let db = &market.db;
    let names = organisation_names(db, rows.iter().map(|r| r.organisation_id).collect()).await?;
    let listings: HashMap<Uuid, listing::Model> = listing::Entity::find()
        .filter(listing::Column::Id.is_in(rows.iter().map(|r| r.listing_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|l| (l.id, l))
        .collect();
    let bids: HashMap<Uuid, (i64, Option<i64>)> = bid::Entity::find()
        .select_only()
        .column(bid::Column::SaleId)
        .column_as(bid::Column::Id.count(), "count")
        .column_as(bid::Column::Amount.max(), "highest")
        .filter(bid::Column::SaleId.is_in(rows.iter().map(|r| r.id)))
        .filter(bid::Column::Accepted.eq(true))
        .group_by(bid::Column::SaleId)
        .into_tuple::<(Uuid, i64, Option<i64>)>()
        .all(db)
        .await?
        .into_iter()
        .map(|(sale, count, highest)| (sale, (count, highest)))
        .collect();
    let now = micros(market.now());
    rows.iter()
        .map(|row| {
            let listing = listings.get(&row.listing_id).ok_or(Error::NotFound)?;
            let (count, highest) = bids.get(&row.id).copied().unwrap_or_default();
            let state = state_of(row)?;
            Ok(SaleSummary {
                number: row.number.clone(),
                achievement: listing.number.clone(),
                title: listing.title.clone(),
                organisation: (row.organisation_id, names.get(&row.organisation_id).cloned().unwrap_or_default()),
                way: way_of(row)?,
                phase: phase(row, state, now),
                state,
                price: Fen::new(row.price),
                step: Fen::new(row.step),
                deposit: Fen::new(row.deposit),
                highest: highest.map(Fen::new),
                bids: count.unsigned_abs(),
                opens_at: from_micros(row.opens_at),
                closes_at: from_micros(row.closes_at),
            })
        })
        .collect()
}

/// Sales: those that are open first, the next to close before the others; then those to come, then those that are over, the last first.
/// Anyone may ask.
///
/// # Errors
/// [`Error::Internal`].
pub async fn sales(market: &Market, wanted: Option<SalePhase>, page: u64) -> Result<Paged<SaleSummary>> {
    use table::Column as C;
    let now = micros(market.now());
    let announced = || Condition::all().add(C::State.eq(SaleState::Announced.code()));
    let coming = announced().add(C::OpensAt.gt(now));
    let open = announced().add(C::OpensAt.lte(now)).add(C::ClosesAt.gt(now));
    let over = Condition::any().add(C::State.ne(SaleState::Announced.code())).add(C::ClosesAt.lte(now));
    let mut query = table::Entity::find();
    if let Some(wanted) = wanted {
        query = query.filter(match wanted {
            SalePhase::Open => open.clone(),
            SalePhase::Coming => coming.clone(),
            SalePhase::Over => over,
        });
    }
    let order: Expr = Expr::case(open.clone(), 0).case(coming.clone(), 1).finally(2).into();
    let away: Expr = Expr::case(open, Expr::col(C::ClosesAt).sub(now))
        .case(coming, Expr::col(C::OpensAt).sub(now))
        .finally(Expr::value(now).sub(Expr::col(C::ClosesAt)))
        .into();
    let query = query.order_by(order, Order::Asc).order_by(away, Order::Asc).order_by_desc(C::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(summaries(market, &rows).await?))
}

/// The announced sale of an achievement, if there is one.
///
/// # Errors
/// [`Error::Internal`].
pub async fn open_sale(market: &Market, listing: Uuid) -> Result<Option<SaleSummary>> {
    let row = table::Entity::find()
        .filter(table::Column::ListingId.eq(listing))
        .filter(table::Column::State.eq(SaleState::Announced.code()))
        .one(&market.db)
        .await?;
    Ok(summaries(market, row.as_slice()).await?.pop())
}

fn bidder_view(row: &bidder::Model, name: &str, parties: &[Party]) -> Result<BidderView> {
    let state = state_of_bidder(row)?;
    Ok(BidderView {
        id: row.id,
        place: row.place,
        organisation: name.to_owned(),
        moves: state.moves(parties).iter().map(|t| t.by).collect(),
        state,
        note: row.note.clone(),
        at: from_micros(row.created_at),
        version: row.version,
    })
}

/// A sale with a page of its log. Anyone may read it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn sale(market: &Market, actor: &Actor, number: &str, page: u64) -> Result<SaleView> {
    let db = &market.db;
    let row = find(db, number).await?;
    let summary = summaries(market, std::slice::from_ref(&row)).await?.pop().ok_or(Error::NotFound)?;
    let region = organisation::Entity::find_by_id(row.organisation_id).one(db).await?.map(|o| o.region).unwrap_or_default();
    let own = actor.belongs_to(row.organisation_id);
    let named = own || answers_for(market, actor, &region);
    let takes_bidders = summary.phase != SalePhase::Over;
    let rows = bidder::Entity::find()
        .filter(bidder::Column::SaleId.eq(row.id))
        .order_by_asc(bidder::Column::CreatedAt)
        .order_by_asc(bidder::Column::Id)
        .all(db)
        .await?;
    let names = organisation_names(db, rows.iter().map(|b| b.organisation_id).collect()).await?;
    let name = |id: Uuid| names.get(&id).map_or("", String::as_str);
    let places: HashMap<Uuid, i64> = rows.iter().filter_map(|b| Some((b.organisation_id, b.place?))).collect();
    let acting = actor.organisation().map(|o| o.id);
    let mine = acting.and_then(|id| rows.iter().find(|b| b.organisation_id == id));
    let me = mine.map(|b| bidder_view(b, name(b.organisation_id), &[])).transpose()?;
    let parties: &[Party] = if own && takes_bidders { &[Party::Owner] } else { &[] };
    let bidders = match named {
        true => Some(rows.iter().map(|b| bidder_view(b, name(b.organisation_id), parties)).collect::<Result<Vec<_>>>()?),
        false => None,
    };
    let query = bid::Entity::find().filter(bid::Column::SaleId.eq(row.id)).order_by_desc(bid::Column::Seq);
    let (paged, bids) = fetch(db, query, page).await?.take();
    let log = paged.with(
        bids.into_iter()
            .map(|b| BidView {
                seq: b.seq,
                place: places.get(&b.organisation_id).copied(),
                organisation: named.then(|| name(b.organisation_id).to_owned()),
                own: acting == Some(b.organisation_id),
                amount: Fen::new(b.amount),
                at: from_micros(b.at),
                code: b.code,
            })
            .collect(),
    );
    let best = highest(db, row.id).await?;
    let is_mine = |id: Option<Uuid>| id.is_some() && id == acting;
    Ok(SaleView {
        least: Fen::new(minimum(&row, best.as_ref())),
        extension: row.extension,
        extended: row.extended,
        admitted: rows.iter().filter(|b| b.state == BidderState::Admitted.code()).count(),
        winner: row.winner_id.and_then(|id| places.get(&id).copied()),
        winner_name: row.winner_id.filter(|_| named).map(|id| name(id).to_owned()),
        won: is_mine(row.winner_id),
        leads: summary.phase == SalePhase::Open && is_mine(best.as_ref().map(|b| b.organisation_id)),
        may_apply: takes_bidders && !own && me.is_none() && acting.is_some(),
        may_bid: summary.phase == SalePhase::Open && me.as_ref().is_some_and(|m| m.state == BidderState::Admitted),
        may_cancel: own && best.is_none() && summary.state.moves(&[Party::Owner]).iter().any(|t| t.by == SaleMove::Cancel),
        rules: row.rules,
        reason: row.reason,
        version: row.version,
        bidders,
        me,
        log,
        own,
        summary,
    })
}
