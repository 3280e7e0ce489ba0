//! What people read of stored matches: the list of one listing, what its owner dismissed, and the best pairs of the whole market.

use std::collections::HashMap;

use keqiao_model::{DealState, FeedbackCode, Field, Judgement, ListingKind, ListingState};
use keqiao_search::Explanation;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{documents, explanations, summaries_by_id};
use crate::{
    Actor, Error, ListingSummary, Market, PER_PAGE, Paged, Result,
    brokers::BrokerProfile,
    db::from_micros,
    entity::{claim, deal, dismissed as dismissed_pair, interest, listing, matched, recommendation, verdict},
    feedback::{Verdict, judging_as, verdicts_of},
    interests::open_states,
    listings::{find, kind_code},
    paging::{fetch, within},
};

/// Pairs of the market that are ranked at all: nobody pages further.
pub const PAIRS_MAX: u64 = 1_000;
/// So few demands are ranked by reading all their pairs; of more, the best are found by walking the index of all pairs from the top.
const FEW: u64 = 2_000;
/// Dismissed pairs shown below a list, latest first.
const DISMISSED_SHOWN: u64 = 100;

/// One match as its owner, a broker or an officer sees it.
#[derive(Debug, Clone)]
pub struct MatchView {
    /// The other listing.
    pub other: ListingSummary,
    /// Score; only its order and its parts mean something.
    pub score: f64,
    /// Score relative to the best match of the list, per cent.
    pub relative: i64,
    /// Why.
    pub explanation: Explanation,
    /// What the actor said of it.
    pub verdict: Option<Verdict>,
}

/// Whether the owner of the list dismissed a stored match of it.
fn is_dismissed(listing: matched::Column, other: matched::Column) -> Expr {
    Expr::exists(
        Query::select()
            .expr(Expr::value(1))
            .from(dismissed_pair::Entity)
            .and_where(Expr::col((dismissed_pair::Entity, dismissed_pair::Column::ListingId)).equals((matched::Entity, listing)))
            .and_where(Expr::col((dismissed_pair::Entity, dismissed_pair::Column::OtherId)).equals((matched::Entity, other)))
            .to_owned(),
    )
}

/// The order of a list of matches. Ties keep the order of [`MatchOrder::Fit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MatchOrder {
    /// The best fit first, everything considered.
    #[default]
    Fit,
    /// By shared words alone.
    Text,
    /// Last published first.
    Newest,
    /// Nearest deadline first; listings without one come last.
    Deadline,
}

impl MatchOrder {
    /// Every order, in the order of display.
    pub const ALL: [Self; 4] = [Self::Fit, Self::Text, Self::Newest, Self::Deadline];

    /// Its name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Text => "text",
            Self::Newest => "newest",
            Self::Deadline => "deadline",
        }
    }

    /// The order of this name; [`MatchOrder::Fit`] where there is none.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|order| order.code() == code).unwrap_or_default()
    }

    fn sort(self, items: &mut [MatchView]) {
        match self {
            Self::Fit => {}
            Self::Text => items.sort_by(|a, b| b.explanation.text_score.total_cmp(&a.explanation.text_score)),
            Self::Newest => items.sort_by_key(|item| std::cmp::Reverse(item.other.published_at)),
            Self::Deadline => items.sort_by_key(|item| (item.other.deadline.is_none(), item.other.deadline)),
        }
    }
}

/// The ranked answers of the other side to a listing, without those that its owner dismissed.
///
/// # Errors
/// [`Error::NotFound`] unless the actor owns the listing, is a broker, or an officer of its region.
pub async fn matches(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    order: MatchOrder,
    page: u64,
) -> Result<Paged<MatchView>> {
    let row = find(&market.db, kind, number).await?;
    judging_as(actor, &row)?;
    let query = matched::Entity::find()
        .filter(matched::Column::ListingId.eq(row.id))
        .filter(is_dismissed(matched::Column::ListingId, matched::Column::OtherId).not())
        .order_by_asc(matched::Column::Place)
        .order_by_asc(matched::Column::OtherId);
    let best = query.clone().one(&market.db).await?.map_or(1.0, |m| m.score);
    // Another order is one of the whole list, which is short.
    let (paged, found) = match order {
        MatchOrder::Fit => fetch(&market.db, query, page).await?.take(),
        _ => (Paged::empty(), query.all(&market.db).await?),
    };
    let ids: Vec<Uuid> = found.iter().map(|m| m.other_id).collect();
    let mut others: HashMap<Uuid, ListingSummary> = summaries_by_id(market, ids.clone()).await?;
    let mut verdicts = verdicts_of(market, actor, row.id, &ids).await?;
    // Which ones and in what order is stored; why is told by the index as it is now.
    let Some(document) = documents(market, &[row.id]).await?.remove(&row.id) else { return Ok(Paged::empty()) };
    let mut explanations = explanations(market, document, ids).await?;
    let mut items = Vec::new();
    for m in found {
        if let (Some(other), Some(explanation)) = (others.remove(&m.other_id), explanations.remove(&m.other_id)) {
            let relative = if best > 0.0 { per_cent(m.score / best) } else { 0 };
            items.push(MatchView { other, score: m.score, relative, explanation, verdict: verdicts.remove(&m.other_id) });
        }
    }
    if order == MatchOrder::Fit {
        return Ok(paged.with(items));
    }
    order.sort(&mut items);
    let total = items.len() as u64;
    let page = within(page, total);
    let skipped = usize::try_from((page - 1) * PER_PAGE).unwrap_or(usize::MAX);
    let items = items.into_iter().skip(skipped).take(usize::try_from(PER_PAGE).unwrap_or(usize::MAX)).collect();
    Ok(Paged { items, total, page, per_page: PER_PAGE })
}

/// The best stored answers to a listing with how well they fit, best first, without those that its owner dismissed.
pub(crate) async fn best_answers(market: &Market, listing: Uuid) -> Result<Vec<(Uuid, f32)>> {
    let rows = matched::Entity::find()
        .filter(matched::Column::ListingId.eq(listing))
        .filter(is_dismissed(matched::Column::ListingId, matched::Column::OtherId).not())
        .order_by_asc(matched::Column::Place)
        .order_by_asc(matched::Column::OtherId)
        .all(&market.db)
        .await?;
    #[allow(clippy::cast_possible_truncation, reason = "a share of the best")]
    Ok(rows.into_iter().map(|row| (row.other_id, row.relative as f32)).collect())
}

#[allow(clippy::cast_possible_truncation, reason = "a percentage")]
fn per_cent(share: f64) -> i64 {
    (share * 100.0).round() as i64
}

/// A match that its owner does not want to see.
#[derive(Debug, Clone)]
pub struct DismissedView {
    /// The other listing.
    pub other: ListingSummary,
    /// When it was dismissed.
    pub at: OffsetDateTime,
    /// Why.
    pub code: Option<FeedbackCode>,
    /// Why, in words.
    pub reason: String,
    /// Whether the actor may restore it.
    pub may_restore: bool,
}

/// What the owner of a listing dismissed from its list, latest first, as far as it is still public; for the owner and officers of its
/// region, nothing for others.
///
/// # Errors
/// As [`matches`].
pub async fn dismissed(market: &Market, actor: &Actor, kind: ListingKind, number: &str) -> Result<Vec<DismissedView>> {
    let row = find(&market.db, kind, number).await?;
    let role = judging_as(actor, &row)?;
    if role == Judgement::Broker {
        return Ok(Vec::new());
    }
    let rows = dismissed_pair::Entity::find()
        .filter(dismissed_pair::Column::ListingId.eq(row.id))
        .order_by_desc(dismissed_pair::Column::CreatedAt)
        .order_by_asc(dismissed_pair::Column::OtherId)
        .limit(DISMISSED_SHOWN)
        .all(&market.db)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.other_id).collect();
    let mut others = summaries_by_id(market, ids.clone()).await?;
    // The last word of the owner's people comes last and stays.
    let reasons: HashMap<Uuid, verdict::Model> = verdict::Entity::find()
        .filter(verdict::Column::ListingId.eq(row.id))
        .filter(verdict::Column::OtherId.is_in(ids))
        .filter(verdict::Column::Role.eq(Judgement::Owner.code()))
        .filter(verdict::Column::Useful.eq(false))
        .order_by_asc(verdict::Column::UpdatedAt)
        .all(&market.db)
        .await?
        .into_iter()
        .map(|v| (v.other_id, v))
        .collect();
    Ok(rows
        .into_iter()
        .filter_map(|r| {
            let why = reasons.get(&r.other_id);
            Some(DismissedView {
                other: others.remove(&r.other_id)?,
                at: from_micros(r.created_at),
                code: why.and_then(|v| FeedbackCode::from_code(&v.code)),
                reason: why.map(|v| v.reason.clone()).unwrap_or_default(),
                may_restore: role == Judgement::Owner,
            })
        })
        .collect())
}

/// Which pairs of the market to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PairFilter {
    /// Technical field of the demand.
    pub field: Option<Field>,
    /// Region of the demand.
    pub region: Option<String>,
}

/// A demand with an achievement that fits it.
#[derive(Debug, Clone)]
pub struct PairView {
    /// The demand.
    pub demand: ListingSummary,
    /// The achievement.
    pub achievement: ListingSummary,
    /// Score relative to the demand's best match, per cent.
    pub relative: i64,
    /// Whether the demand lies in a field and a region that the broker who acts named as its own.
    pub near: bool,
    /// The claim of the broker who acts.
    pub claim: Option<Uuid>,
}

/// The best pairs of the market that nobody has taken up: stored matches of published demands, best first by their score relative to the
/// demand's best, without pairs that have an open interest or deal between them, that either side dismissed, that another broker holds, or that
/// the actor recommended already. For a broker those of its own fields and regions come first. At most [`PAIRS_MAX`] are ranked.
///
/// # Errors
/// [`Error::NotFound`] for anyone who is neither broker nor officer.
pub async fn best_pairs(market: &Market, actor: &Actor, filter: &PairFilter, page: u64) -> Result<Paged<PairView>> {
    if !(actor.is_broker() || actor.is_officer()) {
        return Err(if actor.person().is_none() { Error::SignIn } else { Error::NotFound });
    }
    let demands = some_demands(market, filter).await?;
    if demands.is_empty() {
        return Ok(Paged::empty());
    }
    let mut query = matched::Entity::find()
        .select_only()
        .columns([matched::Column::ListingId, matched::Column::OtherId])
        .column(matched::Column::Relative)
        .filter(both_sides(market, actor, filter))
        .filter(is_dismissed(matched::Column::ListingId, matched::Column::OtherId).not())
        .filter(is_dismissed(matched::Column::OtherId, matched::Column::ListingId).not())
        .filter(is_asked(matched::Column::ListingId, matched::Column::OtherId).not())
        .filter(is_asked(matched::Column::OtherId, matched::Column::ListingId).not())
        .filter(is_in_deal().not())
        .filter(is_claimed_by_others(actor.id()).not());
    if let Some(person) = actor.id() {
        query = query.filter(is_recommended_by(person).not());
    }
    if demands.len() as u64 <= FEW {
        query = query.filter(matched::Column::ListingId.is_in(demands));
    }
    // The order of the index: of many demands the database stops at the limit and never sorts the whole table.
    let query = query
        .order_by_desc(matched::Column::Relative)
        .order_by_desc(matched::Column::Score)
        .order_by_asc(matched::Column::ListingId)
        .order_by_asc(matched::Column::OtherId)
        .limit(PAIRS_MAX);
    let profile = crate::brokers::own_profile(market, actor).await?;
    let near = is_near(&profile);
    let mut pairs: Vec<(Uuid, Uuid, f64)> = match &near {
        Some(near) => query.clone().filter(near.clone()).into_tuple().all(&market.db).await?,
        None => Vec::new(),
    };
    let of_own = pairs.len();
    if of_own < usize::try_from(PAIRS_MAX).unwrap_or(usize::MAX) {
        let rest = match near {
            Some(near) => query.filter(near.not()),
            None => query,
        };
        pairs.extend(rest.limit(PAIRS_MAX - of_own as u64).into_tuple::<(Uuid, Uuid, f64)>().all(&market.db).await?);
    }
    let total = pairs.len() as u64;
    let page = within(page, total);
    let per_page = usize::try_from(PER_PAGE).unwrap_or(20);
    let start = usize::try_from(page - 1).unwrap_or(0).saturating_mul(per_page);
    let shown: Vec<(usize, (Uuid, Uuid, f64))> = pairs.into_iter().enumerate().skip(start).take(per_page).collect();
    let ids = shown.iter().flat_map(|(_, (demand, achievement, _))| [*demand, *achievement]).collect();
    let listings = summaries_by_id(market, ids).await?;
    let claims = own_claims(market, actor).await?;
    let items = shown
        .into_iter()
        .filter_map(|(place, (demand, achievement, relative))| {
            let claim = claims.get(&(demand, achievement)).copied();
            let (demand, achievement) = (listings.get(&demand)?.clone(), listings.get(&achievement)?.clone());
            Some(PairView { demand, achievement, relative: per_cent(relative), near: place < of_own, claim })
        })
        .collect();
    Ok(Paged { items, total, page, per_page: PER_PAGE })
}

/// Published demands within the filter, one more than a few at most.
async fn some_demands(market: &Market, filter: &PairFilter) -> Result<Vec<Uuid>> {
    use listing::Column as C;
    let mut query = listing::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::Kind.eq(kind_code(ListingKind::Demand)))
        .filter(C::State.eq(ListingState::Published.code()));
    if let Some(field) = filter.field {
        query = query.filter(C::Field.eq(field.code()));
    }
    if let Some(region) = &filter.region {
        query = query.filter(C::Region.is_in(market.codes_of(region)));
    }
    Ok(query.limit(FEW + 1).into_tuple().all(&market.db).await?)
}

/// A published demand within the filter and an achievement on the market, of two organisations to neither of which the actor belongs.
fn both_sides(market: &Market, actor: &Actor, filter: &PairFilter) -> Expr {
    use listing::Column as C;
    let own: Vec<Uuid> = actor.person().map(|p| p.organisations.iter().map(|o| o.id).collect()).unwrap_or_default();
    let mut sides = Query::select();
    sides
        .expr(Expr::value(1))
        .from_as(listing::Entity, "d")
        .join_as(JoinType::InnerJoin, listing::Entity, "a", Expr::col(("a", C::Id)).equals((matched::Entity, matched::Column::OtherId)))
        .and_where(Expr::col(("d", C::Id)).equals((matched::Entity, matched::Column::ListingId)))
        .and_where(Expr::col(("d", C::Kind)).eq(kind_code(ListingKind::Demand)))
        .and_where(Expr::col(("d", C::State)).eq(ListingState::Published.code()))
        .and_where(Expr::col(("a", C::State)).is_in([ListingState::Published.code(), ListingState::InDeal.code()]))
        .and_where(Expr::col(("d", C::OrganisationId)).not_equals(("a", C::OrganisationId)));
    if let Some(field) = filter.field {
        sides.and_where(Expr::col(("d", C::Field)).eq(field.code()));
    }
    if let Some(region) = &filter.region {
        sides.and_where(Expr::col(("d", C::Region)).is_in(market.codes_of(region)));
    }
    if !own.is_empty() {
        sides.and_where(Expr::col(("d", C::OrganisationId)).is_not_in(own.iter().copied()));
        sides.and_where(Expr::col(("a", C::OrganisationId)).is_not_in(own));
    }
    Expr::exists(sides)
}

/// Whether the owner of `by` asked for `listing` and waits for an answer. A sender who is hidden until then gives nothing away.
fn is_asked(listing: matched::Column, by: matched::Column) -> Expr {
    Expr::exists(
        Query::select()
            .expr(Expr::value(1))
            .from(interest::Entity)
            .and_where(Expr::col((interest::Entity, interest::Column::ListingId)).equals((matched::Entity, listing)))
            .and_where(Expr::col((interest::Entity, interest::Column::CounterId)).equals((matched::Entity, by)))
            .and_where(Expr::col((interest::Entity, interest::Column::State)).is_in(open_states()))
            .and_where(Expr::col((interest::Entity, interest::Column::Hidden)).eq(false))
            .to_owned(),
    )
}

/// Whether a deal about the pair is under way.
fn is_in_deal() -> Expr {
    Expr::exists(
        Query::select()
            .expr(Expr::value(1))
            .from(deal::Entity)
            .and_where(Expr::col((deal::Entity, deal::Column::DemandId)).equals((matched::Entity, matched::Column::ListingId)))
            .and_where(Expr::col((deal::Entity, deal::Column::AchievementId)).equals((matched::Entity, matched::Column::OtherId)))
            .and_where(Expr::col((deal::Entity, deal::Column::State)).is_not_in([DealState::Lost.code(), DealState::Closed.code()]))
            .to_owned(),
    )
}

/// Pairs the broker who acts holds, with its claims.
async fn own_claims(market: &Market, actor: &Actor) -> Result<HashMap<(Uuid, Uuid), Uuid>> {
    let Some(person) = actor.person().filter(|p| p.broker) else { return Ok(HashMap::new()) };
    let rows = claim::Entity::find().filter(claim::Column::BrokerId.eq(person.id)).filter(claim::Column::Held.is_not_null());
    Ok(rows.all(&market.db).await?.into_iter().map(|c| ((c.demand_id, c.achievement_id), c.id)).collect())
}

/// Whether somebody else holds the pair.
fn is_claimed_by_others(broker: Option<Uuid>) -> Expr {
    let mut held = Query::select();
    held.expr(Expr::value(1))
        .from(claim::Entity)
        .and_where(Expr::col((claim::Entity, claim::Column::DemandId)).equals((matched::Entity, matched::Column::ListingId)))
        .and_where(Expr::col((claim::Entity, claim::Column::AchievementId)).equals((matched::Entity, matched::Column::OtherId)))
        .and_where(Expr::col((claim::Entity, claim::Column::Held)).is_not_null());
    if let Some(broker) = broker {
        held.and_where(Expr::col((claim::Entity, claim::Column::BrokerId)).ne(broker));
    }
    Expr::exists(held)
}

/// Whether the demand lies in the fields and regions of a broker; nothing when it named none. A broker of the whole city is of every region.
fn is_near(profile: &BrokerProfile) -> Option<Expr> {
    use listing::Column as C;
    let prefixes: Vec<&str> = profile.regions.iter().map(String::as_str).collect();
    if profile.fields.is_empty() && prefixes.is_empty() {
        return None;
    }
    let mut demand = Query::select();
    demand
        .expr(Expr::value(1))
        .from_as(listing::Entity, "n")
        .and_where(Expr::col(("n", C::Id)).equals((matched::Entity, matched::Column::ListingId)));
    if !profile.fields.is_empty() {
        demand.and_where(Expr::col(("n", C::Field)).is_in(profile.fields.iter().map(|f| f.code())));
    }
    if !prefixes.is_empty() && !prefixes.iter().any(|code| code.ends_with("00")) {
        demand.and_where(Expr::col(("n", C::Region)).is_in(prefixes));
    }
    Some(Expr::exists(demand))
}

fn is_recommended_by(broker: Uuid) -> Expr {
    use recommendation::Column as C;
    Expr::exists(
        Query::select()
            .expr(Expr::value(1))
            .from(recommendation::Entity)
            .and_where(Expr::col((recommendation::Entity, C::BrokerId)).eq(broker))
            .and_where(Expr::col((recommendation::Entity, C::DemandId)).equals((matched::Entity, matched::Column::ListingId)))
            .and_where(Expr::col((recommendation::Entity, C::AchievementId)).equals((matched::Entity, matched::Column::OtherId)))
            .to_owned(),
    )
}
