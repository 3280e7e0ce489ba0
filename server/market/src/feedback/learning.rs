//! What do judgements teach about the weights of matches? A pair stands in the list of the listing for which its last word was said: the
//! listing whose list was judged, the one whose owner answered an interest, the demand of a contract or a lost deal. So each pair counts once.
//! Every last word counts the same: a contract says no more about which of two should have stood first than a verdict does.

use std::collections::{BTreeMap, BTreeSet};

use keqiao_model::{DeclineCode, FeedbackCode};
use keqiao_search::learning::{self, Features, JudgedList, Learnt};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::precision::{JudgedReason, Signal, last_words};
use crate::{
    Error, Market, Result,
    entity::listing,
    matching::{documents_in, is_live},
};

/// At most the latest so many judged pairs are learnt from.
pub const PAIRS_MAX: usize = 2_000;

/// The judged pairs of one list, latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    listing: Uuid,
    useful: Vec<Uuid>,
    others: Vec<Uuid>,
}

/// Judgements that weights can be learnt from: of lists in which something is useful and something is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Judgements {
    lists: Vec<List>,
}

impl Judgements {
    pub(crate) fn pairs(&self) -> usize {
        self.lists.iter().map(|list| list.useful.len() + list.others.len()).sum()
    }

    pub(crate) fn lists(&self) -> usize {
        self.lists.len()
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

/// The market's judgements, as far as the judged listing can still be explained: it is on the market. The listing whose list it is need not be.
pub(crate) async fn judgements(market: &Market) -> Result<Judgements> {
    let words = last_words(market, None).await?;
    let words: Vec<Signal> =
        words.into_iter().map(|(word, _)| word.signal).filter(|word| tells_of_fit(word.useful, word.reason)).take(PAIRS_MAX).collect();
    let asked: BTreeSet<Uuid> = words.iter().map(|word| word.other).collect();
    let mut live = BTreeSet::new();
    for chunk in asked.into_iter().collect::<Vec<_>>().chunks(500) {
        let found = listing::Entity::find().select_only().column(listing::Column::Id).filter(is_live());
        live.extend(found.filter(listing::Column::Id.is_in(chunk.iter().copied())).into_tuple::<Uuid>().all(&market.db).await?);
    }
    let mut lists: BTreeMap<Uuid, List> = BTreeMap::new();
    for word in words.iter().filter(|word| live.contains(&word.other)) {
        let list = lists.entry(word.one).or_insert_with(|| List { listing: word.one, useful: Vec::new(), others: Vec::new() });
        let side = if word.useful { &mut list.useful } else { &mut list.others };
        if side.len() < learning::PER_LIST {
            side.push(word.other);
        }
    }
    Ok(Judgements { lists: lists.into_values().filter(|list| !list.useful.is_empty() && !list.others.is_empty()).collect() })
}

/// Learns weights from judgements, by the index as it is now; nothing when they are too few, or too few of them share a word.
pub(crate) async fn learn(market: &Market, judgements: Judgements) -> Result<Option<Learnt>> {
    let ids: Vec<Uuid> = judgements.lists.iter().map(|list| list.listing).collect();
    let mut documents = documents_in(market, &ids, |_| true).await?;
    let search = market.search.clone();
    let learnt = tokio::task::spawn_blocking(move || {
        let mut lists = Vec::new();
        for list in judgements.lists {
            let Some(document) = documents.remove(&list.listing) else { continue };
            let all: Vec<Uuid> = list.useful.iter().chain(&list.others).copied().collect();
            let mut features: BTreeMap<Uuid, Features> = search.features(&document, &all)?.into_iter().collect();
            let mut of = |ids: &[Uuid]| ids.iter().filter_map(|id| features.remove(id)).collect();
            lists.push(JudgedList { useful: of(&list.useful), others: of(&list.others) });
        }
        Ok::<_, keqiao_search::SearchError>(learning::learn(&lists))
    });
    Ok(learnt.await.map_err(Error::internal)??)
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
