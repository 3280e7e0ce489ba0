//! How an organisation answers those who ask: the share it answered, and how soon.
//!
//! Counted are interests sent to it within the last twelve months, as of now. Whoever still waits within its time is not counted yet; what the
//! sender took back before anybody reacted is not counted at all. The rest was either answered (acknowledged, accepted or declined, whichever
//! came first) or not. The time is that from sending to the first reaction, nights and holidays included.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keqiao_model::InterestState;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Actor, Event, Market, Result,
    db::{from_micros, micros},
    entity::{interest, response},
    organisations::live_listings,
};

/// Interests looked at, latest first: of more, the older ones do not count.
pub const RESPONSES_MAX: u64 = 2_000;
/// How far back they are looked at.
const SPAN: Duration = Duration::days(365);

/// Whoever was asked more rarely than this within the span is not judged by it in matches.
const LEAST_ASKED: u64 = 3;
/// Matches tell shares apart in steps of so many per cent, so that not every answer indexes all listings of an organisation anew.
const STEP: u64 = 10;

/// How an organisation answers those who ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseFigures {
    /// The moment for which it holds.
    pub as_of: OffsetDateTime,
    /// Interests that still wait within their time.
    pub waiting: u64,
    /// Interests that count.
    pub counted: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// Median time until the first reaction; the mean of the middle two where their number is even.
    pub median: Option<Duration>,
}

/// State, sent, acknowledged, answered, due.
pub(crate) type Row = (String, i64, Option<i64>, Option<i64>, Option<i64>);

/// How an organisation answered the interests of the last twelve months.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn response_figures(market: &Market, organisation: Uuid) -> Result<ResponseFigures> {
    use interest::Column as C;
    let as_of = market.now();
    let rows: Vec<Row> = interest::Entity::find()
        .select_only()
        .columns([C::State, C::CreatedAt, C::AcknowledgedAt, C::AnsweredAt, C::DueAt])
        .filter(C::ToOrganisationId.eq(organisation))
        .filter(C::CreatedAt.gt(micros(as_of - SPAN)))
        .order_by_desc(C::CreatedAt)
        .order_by_desc(C::Id)
        .limit(RESPONSES_MAX)
        .into_tuple()
        .all(&market.db)
        .await?;
    Ok(figures(as_of, &rows))
}

/// What some interests come to.
pub(crate) fn figures(as_of: OffsetDateTime, rows: &[Row]) -> ResponseFigures {
    let now = micros(as_of);
    let (mut waiting, mut missed) = (0, 0);
    let mut times: Vec<i64> = Vec::new();
    for (state, sent, acknowledged, answered, due) in rows {
        match (InterestState::from_code(state), acknowledged.or(*answered)) {
            (_, Some(reacted)) => times.push((reacted - sent).max(0)),
            (Some(InterestState::Sent), None) if due.is_none_or(|due| due >= now) => waiting += 1,
            (Some(InterestState::Withdrawn), None) => {}
            (_, None) => missed += 1,
        }
    }
    times.sort_unstable();
    let middle = times.len() / 2;
    let median = match times.get(middle) {
        None => None,
        Some(upper) if times.len() % 2 == 1 => Some(*upper),
        Some(upper) => times.get(middle - 1).map(|lower| lower.midpoint(*upper)),
    };
    let answered = times.len() as u64;
    ResponseFigures { as_of: from_micros(now), waiting, counted: answered + missed, answered, median: median.map(Duration::microseconds) }
}

impl ResponseFigures {
    /// How many of a hundred it answered, in steps of ten; nothing when it was asked too rarely to tell.
    fn percent(&self) -> Option<i64> {
        let share = (self.answered * 100 / self.counted.max(1) + STEP / 2) / STEP * STEP;
        (self.counted >= LEAST_ASKED).then_some(i64::try_from(share).unwrap_or(100))
    }
}

/// How these organisations answer, as their listings are indexed with it: per cent of those who asked within twelve months.
pub(crate) async fn percents(market: &Market, organisations: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, u8>> {
    let rows = response::Entity::find().filter(response::Column::OrganisationId.is_in(organisations)).all(&market.db).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.organisation_id, u8::try_from(row.percent).ok()?))).collect())
}

/// Brings what is known of each organisation's answers up to date and has the listings of those indexed anew that answer better or worse than
/// before; answers how many these are.
///
/// # Errors
/// [`crate::Error::Internal`]; the next call goes on.
pub async fn response_step(market: &Market) -> Result<usize> {
    use interest::Column as C;
    let now = market.now();
    let asked = interest::Entity::find()
        .select_only()
        .columns([C::ToOrganisationId, C::State, C::CreatedAt, C::AcknowledgedAt, C::AnsweredAt, C::DueAt])
        .filter(C::CreatedAt.gt(micros(now - SPAN)))
        .into_tuple::<(Uuid, String, i64, Option<i64>, Option<i64>, Option<i64>)>()
        .all(&market.db)
        .await?;
    let mut rows: BTreeMap<Uuid, Vec<Row>> = BTreeMap::new();
    for (organisation, state, sent, acknowledged, answered, due) in asked {
        rows.entry(organisation).or_default().push((state, sent, acknowledged, answered, due));
    }
    let known: HashMap<Uuid, i64> =
        response::Entity::find().all(&market.db).await?.into_iter().map(|row| (row.organisation_id, row.percent)).collect();
    let everybody: BTreeSet<Uuid> = rows.keys().chain(known.keys()).copied().collect();
    let mut changed = 0;
    for organisation in everybody {
        let percent = rows.get(&organisation).and_then(|rows| figures(now, rows).percent());
        if percent != known.get(&organisation).copied() {
            store(market, organisation, percent).await?;
            changed += 1;
        }
    }
    Ok(changed)
}

async fn store(market: &Market, organisation: Uuid, percent: Option<i64>) -> Result<()> {
    let tx = market.write(&Actor::System).await?;
    match percent {
        Some(percent) => {
            let row = response::ActiveModel { organisation_id: Set(organisation), percent: Set(percent), updated_at: Set(tx.now) };
            let twice = OnConflict::column(response::Column::OrganisationId)
                .update_columns([response::Column::Percent, response::Column::UpdatedAt])
                .to_owned();
            response::Entity::insert(row).on_conflict(twice).exec_without_returning(&*tx).await?;
        }
        None => {
            response::Entity::delete_by_id(organisation).exec(&*tx).await?;
        }
    }
    tx.emit_many(Event::ListingChanged, &live_listings(&tx, organisation).await?).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn row(state: InterestState, acknowledged: Option<i64>, answered: Option<i64>) -> Row {
        (state.code().to_owned(), 0, acknowledged.map(|h| h * HOUR), answered.map(|h| h * HOUR), Some(100 * HOUR))
    }

    #[test]
    fn the_first_reaction_counts_and_who_still_waits_does_not() {
        use InterestState as S;
        let at = |hour: i64| from_micros(hour * HOUR);
        let none = figures(at(1), &[]);
        assert_eq!((none.waiting, none.counted, none.answered, none.median), (0, 0, 0, None));
        let rows = [
            row(S::Sent, None, None),
            row(S::Withdrawn, None, None),
            row(S::Lapsed, None, None),
            row(S::Declined, None, Some(4)),
            row(S::Accepted, Some(10), Some(90)),
            row(S::Lapsed, Some(20), None),
        ];
        let some = figures(at(50), &rows);
        assert_eq!((some.waiting, some.counted, some.answered, some.median), (1, 4, 3, Some(Duration::hours(10))));
        let even = figures(at(50), &rows[..5]);
        assert_eq!((even.counted, even.answered, even.median), (3, 2, Some(Duration::hours(7))));
        assert_eq!(figures(at(101), &rows[..1]).counted, 1, "over, even where no clock has looked yet");
        assert_eq!((some.percent(), even.percent(), none.percent()), (Some(80), Some(70), None), "in steps of ten");
        assert_eq!(figures(at(50), &rows[2..4]).percent(), None, "too few to tell");
    }
}
