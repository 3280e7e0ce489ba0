//! How good is the matching? Of the pairs that somebody judged, or whose outcome is known, the share that is useful.
//!
//! The last word on a pair counts, whoever or whatever said it: a verdict of its owner, an officer or a broker; an interest that was accepted
//! or declined; a contract that was recorded; a deal that was lost. Outcomes are read where they stand and stored nowhere else.

use std::collections::{BTreeMap, HashMap};

use keqiao_model::{ContractState, DealState, DeclineCode, FeedbackCode, Field, InterestState, Judgement, ListingKind};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::{Date, Month, OffsetDateTime, Time};
use uuid::Uuid;

use crate::{
    Actor, CHINA, Error, Market, PER_PAGE, Paged, Result,
    db::{from_micros, micros},
    entity::{contract, deal, interest, listing, verdict},
    listings::{kind_code, kind_of, may_read, state_of},
    paging::within,
    review::regions_of,
};

/// Why a pair did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JudgedReason {
    /// Said of the match.
    Feedback(FeedbackCode),
    /// Said when an interest was declined or a deal given up.
    Decline(DeclineCode),
}

impl JudgedReason {
    /// Group and code of its words.
    pub fn label(self) -> (&'static str, &'static str) {
        use keqiao_model::Coded;
        match self {
            Self::Feedback(code) => (FeedbackCode::GROUP, code.code()),
            Self::Decline(code) => (DeclineCode::GROUP, code.code()),
        }
    }

    /// Group and code in one word, for addresses: `feedback_code.too_early`.
    pub fn key(self) -> String {
        let (group, code) = self.label();
        format!("{group}.{code}")
    }

    /// The reason of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        use keqiao_model::Coded;
        match key.split_once('.')? {
            (group, code) if group == FeedbackCode::GROUP => FeedbackCode::from_code(code).map(Self::Feedback),
            (group, code) if group == DeclineCode::GROUP => DeclineCode::from_code(code).map(Self::Decline),
            _ => None,
        }
    }
}

/// Which judged pairs to count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrecisionFilter {
    /// Year of the last word, in China.
    pub year: Option<i32>,
    /// Year and month of the last word.
    pub month: Option<(i32, u8)>,
    /// Region of the demand.
    pub region: Option<String>,
    /// Technical field of the demand; `Some(None)` for demands without one.
    pub field: Option<Option<Field>>,
    /// Why it did not fit.
    pub reason: Option<JudgedReason>,
    /// Only the useful ones, or only the others.
    pub useful: Option<bool>,
}

/// Judged pairs, and how many of them are useful.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Pairs with a last word.
    pub judged: u64,
    /// Of which it says useful.
    pub useful: u64,
}

impl Share {
    fn add(&mut self, useful: bool) {
        self.judged += 1;
        self.useful += u64::from(useful);
    }
}

/// One listing of a judged pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedSide {
    /// Side of the market.
    pub kind: ListingKind,
    /// Number.
    pub number: String,
    /// Title, when the actor may read the listing.
    pub title: Option<String>,
}

/// A judged pair with its last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedPair {
    /// The demand.
    pub demand: JudgedSide,
    /// The achievement.
    pub achievement: JudgedSide,
    /// Whether it fits.
    pub useful: bool,
    /// Who or what says so.
    pub by: Judgement,
    /// Why it does not.
    pub reason: Option<JudgedReason>,
    /// When.
    pub at: OffsetDateTime,
}

/// How good the matching was within a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precision {
    /// All of it.
    pub whole: Share,
    /// By technical field of the demand, most judged first.
    pub fields: Vec<(Option<Field>, Share)>,
    /// By year and month of the last word, latest first.
    pub months: Vec<((i32, u8), Share)>,
    /// Why pairs did not fit, most frequent first.
    pub reasons: Vec<(JudgedReason, u64)>,
    /// Years that can be chosen, latest first.
    pub years: Vec<i32>,
    /// Regions that can be chosen: those the actor answers for.
    pub regions: Vec<String>,
    /// The pairs, last word first.
    pub pairs: Paged<JudgedPair>,
}

/// One word on a pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal {
    /// The listing for whose list it was said.
    pub(super) one: Uuid,
    pub(super) other: Uuid,
    pub(super) useful: bool,
    by: Judgement,
    pub(super) reason: Option<JudgedReason>,
    at: i64,
}

/// What has to be known of a listing to count it.
struct Known {
    kind: ListingKind,
    field: Option<Field>,
    region: String,
}

/// The last word on a pair, with what it is counted by.
pub(super) struct LastWord {
    pub(super) demand: Uuid,
    pub(super) achievement: Uuid,
    field: Option<Field>,
    month: (i32, u8),
    pub(super) signal: Signal,
}

/// Precision of matching within a filter, with one page of the pairs behind it. Officers see the demands of their region, those of the city
/// and administrators all.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is neither officer nor administrator.
pub async fn precision(market: &Market, actor: &Actor, filter: &PrecisionFilter, page: u64) -> Result<Precision> {
    let person = actor.signed_in()?;
    let regions = match person.officer.as_deref() {
        _ if person.admin => regions_of(market, &market.config.city),
        Some(region) => regions_of(market, region),
        None => return Err(Error::NotFound),
    };
    let span = filter.month.map_or_else(|| filter.year.and_then(year_span), month_span);
    let mut words = last_words(market, span).await?;
    words.retain(|(word, region)| {
        regions.contains(region)
            && filter.region.as_ref().is_none_or(|r| market.current(r) == market.current(region))
            && filter.field.is_none_or(|f| word.field == f)
            && filter.reason.is_none_or(|r| word.signal.reason == Some(r))
            && filter.useful.is_none_or(|u| word.signal.useful == u)
    });
    let words: Vec<LastWord> = words.into_iter().map(|(word, _)| word).collect();
    let (mut whole, mut fields, mut months, mut reasons) = (Share::default(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for word in &words {
        let useful = word.signal.useful;
        whole.add(useful);
        fields.entry(word.field).or_insert_with(Share::default).add(useful);
        months.entry(word.month).or_insert_with(Share::default).add(useful);
        if let Some(reason) = word.signal.reason {
            *reasons.entry(reason).or_insert(0_u64) += 1;
        }
    }
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by_key(|(_, share)| std::cmp::Reverse(share.judged));
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(Precision {
        whole,
        fields,
        months: months.into_iter().rev().collect(),
        reasons,
        years: years(market).await?,
        regions,
        pairs: page_of(market, actor, words, page).await?,
    })
}

fn day_start(year: i32, month: Month) -> Option<i64> {
    let day = Date::from_calendar_date(year, month, 1).ok()?;
    Some(micros(day.with_time(Time::MIDNIGHT).assume_offset(CHINA)))
}

fn year_span(year: i32) -> Option<(i64, i64)> {
    Some((day_start(year, Month::January)?, day_start(year + 1, Month::January)?))
}

fn month_span((year, month): (i32, u8)) -> Option<(i64, i64)> {
    let first = Month::try_from(month).ok()?;
    let next = if first == Month::December { year + 1 } else { year };
    Some((day_start(year, first)?, day_start(next, first.next())?))
}

/// Rows whose time lies in the span.
fn during<C: ColumnTrait>(column: C, span: Option<(i64, i64)>) -> Condition {
    span.map_or_else(Condition::all, |(from, until)| Condition::all().add(column.gte(from)).add(column.lt(until)))
}

async fn said(market: &Market, span: Option<(i64, i64)>) -> Result<Vec<Signal>> {
    use verdict::Column as C;
    let rows: Vec<(Uuid, Uuid, bool, String, String, i64)> = verdict::Entity::find()
        .select_only()
        .columns([C::ListingId, C::OtherId, C::Useful, C::Role, C::Code, C::UpdatedAt])
        .filter(during(C::UpdatedAt, span))
        .into_tuple()
        .all(&market.db)
        .await?;
    let signal = |(one, other, useful, role, code, at): (Uuid, Uuid, bool, String, String, i64)| {
        let reason = FeedbackCode::from_code(&code).map(JudgedReason::Feedback);
        Some(Signal { one, other, useful, by: Judgement::from_code(&role)?, reason, at })
    };
    Ok(rows.into_iter().filter_map(signal).collect())
}

/// An answered interest: both listings, state, code, and when.
type Answered = (Uuid, Option<Uuid>, String, String, Option<i64>);

async fn answered(market: &Market, span: Option<(i64, i64)>) -> Result<Vec<Signal>> {
    use interest::Column as C;
    let rows: Vec<Answered> = interest::Entity::find()
        .select_only()
        .columns([C::ListingId, C::CounterId, C::State, C::Code, C::AnsweredAt])
        .filter(C::State.is_in([InterestState::Accepted.code(), InterestState::Declined.code()]))
        .filter(C::CounterId.is_not_null())
        // A pair whose sender was never named is nobody's to see.
        .filter(Condition::any().add(C::Hidden.eq(false)).add(C::State.eq(InterestState::Accepted.code())))
        .filter(during(C::AnsweredAt, span))
        .into_tuple()
        .all(&market.db)
        .await?;
    let signal = |(one, other, state, code, at): Answered| {
        let useful = state == InterestState::Accepted.code();
        let by = if useful { Judgement::Accepted } else { Judgement::Declined };
        let reason = DeclineCode::from_code(&code).filter(|_| !useful).map(JudgedReason::Decline);
        Some(Signal { one, other: other?, useful, by, reason, at: at? })
    };
    Ok(rows.into_iter().filter_map(signal).collect())
}

async fn lost(market: &Market, span: Option<(i64, i64)>) -> Result<Vec<Signal>> {
    use deal::Column as C;
    // Nothing happens to a lost deal any more: when it changed last is when it was lost.
    let rows: Vec<(Option<Uuid>, Option<Uuid>, String, i64)> = deal::Entity::find()
        .select_only()
        .columns([C::DemandId, C::AchievementId, C::Code, C::UpdatedAt])
        .filter(C::State.eq(DealState::Lost.code()))
        .filter(C::DemandId.is_not_null())
        .filter(C::AchievementId.is_not_null())
        .filter(during(C::UpdatedAt, span))
        .into_tuple()
        .all(&market.db)
        .await?;
    let signal = |(one, other, code, at): (Option<Uuid>, Option<Uuid>, String, i64)| {
        let reason = DeclineCode::from_code(&code).map(JudgedReason::Decline);
        Some(Signal { one: one?, other: other?, useful: false, by: Judgement::Lost, reason, at })
    };
    Ok(rows.into_iter().filter_map(signal).collect())
}

async fn signed(market: &Market, span: Option<(i64, i64)>) -> Result<Vec<Signal>> {
    use contract::Column as C;
    let rows: Vec<(Option<Uuid>, Option<Uuid>, i64)> = contract::Entity::find()
        .select_only()
        .columns([C::DemandId, C::AchievementId, C::CreatedAt])
        .filter(C::State.is_not_in([ContractState::Refused.code(), ContractState::Cancelled.code()]))
        .filter(C::DemandId.is_not_null())
        .filter(C::AchievementId.is_not_null())
        .filter(during(C::CreatedAt, span))
        .into_tuple()
        .all(&market.db)
        .await?;
    let signal = |(one, other, at): (Option<Uuid>, Option<Uuid>, i64)| {
        Some(Signal { one: one?, other: other?, useful: true, by: Judgement::Signed, reason: None, at })
    };
    Ok(rows.into_iter().filter_map(signal).collect())
}

/// The last word on each pair within the span, latest first, with the demand's region.
pub(super) async fn last_words(market: &Market, span: Option<(i64, i64)>) -> Result<Vec<(LastWord, String)>> {
    let mut signals = said(market, span).await?;
    signals.extend(answered(market, span).await?);
    signals.extend(lost(market, span).await?);
    signals.extend(signed(market, span).await?);
    let known = known(market, &signals).await?;
    let mut last: HashMap<(Uuid, Uuid), Signal> = HashMap::new();
    for signal in signals {
        let Some(kind) = known.get(&signal.one).map(|k| k.kind) else { continue };
        let pair = if kind == ListingKind::Demand { (signal.one, signal.other) } else { (signal.other, signal.one) };
        // Of two words at the same moment the one further along the way from match to contract.
        let later = |before: &Signal| (signal.at, signal.by) > (before.at, before.by);
        if last.get(&pair).is_none_or(later) {
            last.insert(pair, signal);
        }
    }
    let mut words: Vec<(LastWord, String)> = last
        .into_iter()
        .filter_map(|((demand, achievement), signal)| {
            let of = known.get(&demand)?;
            let day = from_micros(signal.at).to_offset(CHINA).date();
            let month = (day.year(), u8::from(day.month()));
            Some((LastWord { demand, achievement, field: of.field, month, signal }, of.region.clone()))
        })
        .collect();
    words.sort_by_key(|(word, _)| (std::cmp::Reverse(word.signal.at), word.demand, word.achievement));
    Ok(words)
}

async fn known(market: &Market, signals: &[Signal]) -> Result<HashMap<Uuid, Known>> {
    use listing::Column as C;
    let mut ids: Vec<Uuid> = signals.iter().flat_map(|s| [s.one, s.other]).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<(Uuid, String, String, String)> = listing::Entity::find()
            .select_only()
            .columns([C::Id, C::Kind, C::Field, C::Region])
            .filter(C::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(&market.db)
            .await?;
        known.extend(rows.into_iter().map(|(id, kind, field, region)| {
            let kind = if kind == kind_code(ListingKind::Demand) { ListingKind::Demand } else { ListingKind::Achievement };
            (id, Known { kind, field: Field::from_code(&field), region })
        }));
    }
    Ok(known)
}

/// From the year of the first verdict or answer to this one, latest first.
async fn years(market: &Market) -> Result<Vec<i32>> {
    let verdict = verdict::Entity::find().order_by_asc(verdict::Column::UpdatedAt).one(&market.db).await?.map(|v| v.updated_at);
    let answer = interest::Entity::find()
        .filter(interest::Column::AnsweredAt.is_not_null())
        .order_by_asc(interest::Column::AnsweredAt)
        .one(&market.db)
        .await?
        .and_then(|i| i.answered_at);
    let year = |at: OffsetDateTime| at.to_offset(CHINA).year();
    let now = year(market.now());
    let first = [verdict, answer].into_iter().flatten().min().map_or(now, |at| year(from_micros(at)));
    Ok((first..=now).rev().collect())
}

async fn page_of(market: &Market, actor: &Actor, words: Vec<LastWord>, page: u64) -> Result<Paged<JudgedPair>> {
    let total = words.len() as u64;
    let page = within(page, total);
    let per_page = usize::try_from(PER_PAGE).unwrap_or(20);
    let start = usize::try_from(page - 1).unwrap_or(0).saturating_mul(per_page);
    let shown: Vec<LastWord> = words.into_iter().skip(start).take(per_page).collect();
    let ids: Vec<Uuid> = shown.iter().flat_map(|word| [word.demand, word.achievement]).collect();
    let mut sides = HashMap::new();
    for row in listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(&market.db).await? {
        let readable = may_read(actor, &row, state_of(&row)?);
        sides.insert(row.id, JudgedSide { kind: kind_of(&row), title: readable.then_some(row.title), number: row.number });
    }
    let items = shown
        .into_iter()
        .filter_map(|word| {
            Some(JudgedPair {
                demand: sides.get(&word.demand)?.clone(),
                achievement: sides.get(&word.achievement)?.clone(),
                useful: word.signal.useful,
                by: word.signal.by,
                reason: word.signal.reason,
                at: from_micros(word.signal.at),
            })
        })
        .collect();
    Ok(Paged { items, total, page, per_page: PER_PAGE })
}
