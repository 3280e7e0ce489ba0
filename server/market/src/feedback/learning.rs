//! What do judgements teach about the weights of matches? A pair stands in the list of the listing for which its last word was said: the
//! listing whose list was judged, the one whose owner answered an interest, the demand of a contract or a lost deal. So each pair counts once.
//! Every last word counts the same: a contract says no more about which of two should have stood first than a verdict does.
//!
//! What a pair is made of is **kept** soon after it is judged (`judged_features`), because a listing whose contract is registered leaves the
//! market and the index: without it what succeeded would be forgotten and what was refused remembered. Learning reads what was kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keqiao_model::{DeclineCode, FeedbackCode};
use keqiao_search::{
    SearchError, Weights,
    learning::{self, COMPARISONS_MIN, Features, JudgedList, LISTS_MIN, Learnt, PER_LIST},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use super::precision::{JudgedReason, LastWord, last_words};
use crate::{
    Actor, Error, Market, Result,
    entity::judged_features,
    matching::{documents_in, is_simple, live_among},
};

/// At most the latest so many judged pairs are learnt from.
pub const PAIRS_MAX: usize = 2_000;
/// So many pairs are kept in one step.
const STEP: usize = 500;
/// So many before something is learnt, so that a small market need not wait for the next step.
const AT_ONCE: usize = 50;
/// Pairs looked up at a time.
const CHUNK: usize = 500;

/// A pair in the list of the first.
type Directed = (Uuid, Uuid);

/// Judged pairs of which it is kept what they are made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Judgements {
    /// Lists in which something is useful and something is not.
    pub(crate) lists: Vec<JudgedList>,
    /// Pairs that can still be kept and are not yet.
    pub(crate) waiting: usize,
    /// Whether it would be enough, or could be, when those are kept first that are at once.
    pub(crate) within_reach: bool,
}

impl Judgements {
    pub(crate) fn pairs(&self) -> usize {
        self.lists.iter().map(|list| list.useful.len() + list.others.len()).sum()
    }

    pub(crate) fn comparisons(&self) -> usize {
        self.lists.iter().map(|list| JudgedList::comparisons_of(list.useful.len(), list.others.len())).sum()
    }
}

/// Whether a word says how well two listings fit. What is useful does. Of what is not, only reasons that the order of a list could have known:
/// that money, time, rights or the writing stand in the way, or that somebody has a solution already, says nothing of the subject, and what
/// "other" means is in words only.
fn tells_of_fit(useful: bool, reason: Option<JudgedReason>) -> bool {
    useful
        || match reason {
            Some(JudgedReason::Feedback(code)) => match code {
                FeedbackCode::TooEarly | FeedbackCode::NoAdvantage | FeedbackCode::OtherSubject | FeedbackCode::OtherField => true,
                FeedbackCode::Unclear
                | FeedbackCode::AlreadyHave
                | FeedbackCode::BudgetOrTime
                | FeedbackCode::Ownership
                | FeedbackCode::Other => false,
            },
            Some(JudgedReason::Decline(code)) => match code {
                DeclineCode::TooEarly | DeclineCode::NotStrategic => true,
                DeclineCode::AdvantageUnclear
                | DeclineCode::PathUnclear
                | DeclineCode::DescriptionUnclear
                | DeclineCode::ScientificDoubt
                | DeclineCode::HaveSolution
                | DeclineCode::BudgetOrTime
                | DeclineCode::OwnershipProblem
                | DeclineCode::Other => false,
            },
            None => false,
        }
}

/// The last words that tell of fit, latest first.
async fn telling(market: &Market) -> Result<Vec<LastWord>> {
    let words = last_words(market, None).await?.into_iter().map(|(word, _)| word);
    Ok(words.filter(|word| tells_of_fit(word.signal.useful, word.signal.reason)).collect())
}

/// What is kept of a pair.
enum Kept {
    /// What it is made of.
    Features(Features),
    /// Nothing, because it was not among those looked at closely.
    Far,
    /// Something of another time, which does not know all weights.
    Partial,
}

/// What is kept of the lists of these listings.
async fn kept(market: &Market, of: impl Iterator<Item = Uuid>) -> Result<HashMap<Directed, Kept>> {
    let ids: BTreeSet<Uuid> = of.collect();
    let mut kept = HashMap::new();
    for chunk in ids.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        let rows = judged_features::Entity::find().filter(judged_features::Column::ListingId.is_in(chunk.iter().copied()));
        for row in rows.all(&market.db).await? {
            let what = match row.text {
                None => Kept::Far,
                Some(text) => Features::read(text, &row.shares).map_or(Kept::Partial, Kept::Features),
            };
            kept.insert((row.listing_id, row.other_id), what);
        }
    }
    Ok(kept)
}

/// The lists that a word may come to stand in: the one it was said in, and the demand's, where the contract or the loss of a deal stands.
fn directions(word: &LastWord) -> impl Iterator<Item = Directed> {
    let said = (word.signal.one, word.signal.other);
    let demands = (word.demand, word.achievement);
    std::iter::once(said).chain((demands != said).then_some(demands))
}

/// At most so many pairs that are not kept and can be, those of the latest words first.
async fn missing(market: &Market, most: usize) -> Result<Vec<Directed>> {
    let mut missing = Vec::new();
    for words in telling(market).await?.chunks(CHUNK) {
        let mut wanted: Vec<Directed> = words.iter().flat_map(directions).collect();
        let kept = kept(market, wanted.iter().map(|(one, _)| *one)).await?;
        wanted.retain(|pair| matches!(kept.get(pair), None | Some(Kept::Partial)));
        let live = live_among(&market.db, wanted.iter().map(|(_, other)| *other).collect()).await?;
        missing.extend(wanted.into_iter().filter(|(_, other)| live.contains(other)));
        if missing.len() >= most {
            missing.truncate(most);
            break;
        }
    }
    Ok(missing)
}

/// Keeps what judged pairs are made of, some hundred a call, as the index tells it now; answers how many. Once kept it stays as it is.
///
/// # Errors
/// [`Error::Internal`]; the next call does it again.
pub async fn features_step(market: &Market) -> Result<usize> {
    keep(market, STEP).await
}

async fn keep(market: &Market, most: usize) -> Result<usize> {
    // An index that is being rebuilt knows nothing yet.
    if is_simple(market) {
        return Ok(0);
    }
    let mut lists: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (one, other) in missing(market, most).await? {
        lists.entry(one).or_default().push(other);
    }
    let documents = documents_in(market, &lists.keys().copied().collect::<Vec<_>>(), |_| true).await?;
    let search = market.search.clone();
    let found = tokio::task::spawn_blocking(move || {
        let mut found: Vec<(Directed, Option<Features>)> = Vec::new();
        for (one, others) in lists {
            let Some(document) = documents.get(&one) else { continue };
            let mut features: HashMap<Uuid, Features> = search.features(document, &others)?.into_iter().collect();
            found.extend(others.into_iter().map(|other| ((one, other), features.remove(&other))));
        }
        Ok::<_, SearchError>(found)
    });
    let found = found.await.map_err(Error::internal)??;
    if found.is_empty() {
        return Ok(0);
    }
    let tx = market.write(&Actor::System).await?;
    let rows = found.iter().map(|((one, other), features)| judged_features::ActiveModel {
        listing_id: Set(*one),
        other_id: Set(*other),
        text: Set(features.as_ref().map(Features::text)),
        shares: Set(features.as_ref().map(Features::shares).unwrap_or_default()),
        kept_at: Set(tx.now),
    });
    use judged_features::Column as C;
    // Another node may have been faster.
    let twice = OnConflict::columns([C::ListingId, C::OtherId]).update_columns([C::Text, C::Shares, C::KeptAt]).to_owned();
    judged_features::Entity::insert_many(rows).on_conflict(twice).exec_without_returning(&*tx).await?;
    tx.commit().await?;
    Ok(found.len())
}

/// The market's judgements: of the last words that tell of fit the latest [`PAIRS_MAX`] whose pair is kept, at most twenty useful ones and
/// twenty others of a list. Neither listing need be on the market any more.
pub(crate) async fn judgements(market: &Market) -> Result<Judgements> {
    let mut lists: BTreeMap<Uuid, JudgedList> = BTreeMap::new();
    let mut reach: BTreeMap<Uuid, (usize, usize)> = BTreeMap::new();
    let (mut taken, mut waiting) = (0, 0);
    for words in telling(market).await?.chunks(CHUNK) {
        let mut kept = kept(market, words.iter().map(|word| word.signal.one)).await?;
        let is_missing = |known: Option<&Kept>| matches!(known, None | Some(Kept::Partial));
        let signals = words.iter().map(|word| word.signal);
        let unknown = signals.clone().filter(|signal| is_missing(kept.get(&(signal.one, signal.other))));
        let live = live_among(&market.db, unknown.map(|signal| signal.other).collect()).await?;
        for signal in signals {
            let known = kept.remove(&(signal.one, signal.other));
            let waits = is_missing(known.as_ref()) && live.contains(&signal.other);
            waiting += usize::from(waits);
            if let Some(Kept::Features(features)) = known {
                let list = lists.entry(signal.one).or_default();
                let side = if signal.useful { &mut list.useful } else { &mut list.others };
                if side.len() >= PER_LIST || taken >= PAIRS_MAX {
                    continue;
                }
                side.push(features);
                taken += 1;
            } else if !waits || waiting > AT_ONCE {
                continue;
            }
            let (useful, others) = reach.entry(signal.one).or_default();
            *(if signal.useful { useful } else { others }) += 1;
        }
    }
    let reached: Vec<usize> = reach
        .values()
        .map(|(useful, others)| JudgedList::comparisons_of(*useful, *others))
        .filter(|comparisons| *comparisons > 0)
        .collect();
    Ok(Judgements {
        lists: lists.into_values().filter(|list| !list.useful.is_empty() && !list.others.is_empty()).collect(),
        waiting,
        within_reach: reached.len() >= LISTS_MIN && reached.iter().sum::<usize>() >= COMPARISONS_MIN,
    })
}

/// Keeps what can be kept at once and gathers all that is.
pub(crate) async fn gather(market: &Market) -> Result<Judgements> {
    keep(market, AT_ONCE).await?;
    judgements(market).await
}

/// Learns weights from judgements and tries them beside those in force; nothing when they are too few.
pub(crate) async fn learn(judgements: Judgements, in_force: Weights) -> Result<Option<Learnt>> {
    tokio::task::spawn_blocking(move || learning::learn(&judgements.lists, &in_force)).await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use keqiao_model::Coded as _;

    use super::*;

    #[test]
    fn reasons_that_say_nothing_of_fit_are_left_out() {
        assert!(tells_of_fit(true, None), "useful is useful");
        assert!(!tells_of_fit(false, None), "nobody said why");
        let told = |reason: JudgedReason| tells_of_fit(false, Some(reason));
        let feedback: Vec<&str> = FeedbackCode::ALL.iter().filter(|c| told(JudgedReason::Feedback(**c))).map(|c| c.code()).collect();
        assert_eq!(feedback, ["too_early", "no_advantage", "other_subject", "other_field"]);
        let declined: Vec<&str> = DeclineCode::ALL.iter().filter(|c| told(JudgedReason::Decline(**c))).map(|c| c.code()).collect();
        assert_eq!(declined, ["too_early", "not_strategic"]);
    }
}
