//! Why does a listing fit?
//!
//! The score is a sum over terms and fields, so it can be told exactly. But nobody wants to read characters and pairs: what a
//! part of a word adds is told with the word, as long as the other listing has the whole word.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use tantivy::{DocAddress, TantivyDocument};

use crate::analysis::{analyse, is_han};
use crate::error::SearchError;
use crate::matching::DocumentQuery;
use crate::request::{Explanation, WordReason};
use crate::schema::{Channel, Fields, Part};
use crate::scoring::{FieldTerm, QueryTerm};
use crate::snapshot::Snapshot;

/// Words told one by one.
const WORDS: usize = 12;

/// What one term adds to one document's score through one field.
pub(crate) struct Contribution {
    /// Place of the term in the query's list.
    pub(crate) index: usize,
    pub(crate) part: Part,
    pub(crate) weight: f32,
}

/// What every term adds to each of these documents, in the order in which scoring added it up.
pub(crate) fn contributions(
    snapshot: &Snapshot,
    terms: &[FieldTerm],
    addresses: &[DocAddress],
) -> Result<Vec<Vec<Contribution>>, SearchError> {
    let mut all: Vec<Vec<Contribution>> = addresses.iter().map(|_| Vec::new()).collect();
    for segment in snapshot.segments() {
        let wanted: BTreeMap<u32, usize> = (0..)
            .zip(addresses)
            .filter(|(_, address)| address.segment_ord == segment.place)
            .map(|(place, address)| (address.doc_id, place))
            .collect();
        for term in terms {
            term.of_documents(segment, wanted.keys().copied(), |doc, weight| {
                if let Some(list) = wanted.get(&doc).and_then(|&place| all.get_mut(place)) {
                    list.push(Contribution { index: term.index, part: term.part, weight });
                }
            })?;
        }
    }
    Ok(all)
}

#[derive(Default)]
struct Reason {
    weight: f32,
    fields: BTreeSet<&'static str>,
}

/// Tells a score in words.
pub(crate) fn build(query: &DocumentQuery, contributions: &[Contribution], other: &TantivyDocument, fields: &Fields) -> Explanation {
    let text_score = contributions.iter().map(|contribution| contribution.weight).sum();
    let summary = TermSet::new(&fields.stored_text(other, fields.summary));
    let text = TermSet::new(&fields.stored_text(other, fields.text));
    let matched: BTreeSet<usize> = contributions.iter().map(|contribution| contribution.index).collect();
    let terms = || matched.iter().filter_map(|&index| query.terms.get(index));
    let own = |term: &&QueryTerm| !query.related.contains_key(&(term.channel, term.text.clone()));
    let matched_words: Vec<&str> =
        terms().filter(own).filter(|term| term.channel == Channel::Words).map(|term| term.text.as_str()).collect();
    let matched_grams: Vec<&str> =
        terms().filter(own).filter(|term| term.channel == Channel::Grams).map(|term| term.text.as_str()).collect();

    let mut reasons: BTreeMap<(String, Option<&str>), Reason> = BTreeMap::new();
    for contribution in contributions {
        let Some(term) = query.terms.get(contribution.index) else { continue };
        let told = match query.related.get(&(term.channel, term.text.clone())) {
            Some(related) => (related.word.to_lowercase(), Some(related.stands_for)),
            None => (shown_with(&term.text, &matched_words, &matched_grams, query), None),
        };
        let reason = reasons.entry(told).or_default();
        reason.weight += contribution.weight;
        match contribution.part {
            Part::Title => reason.fields.extend(["title"]),
            Part::Keywords => reason.fields.extend(["keywords"]),
            Part::Indicators => reason.fields.extend(["indicators"]),
            Part::Text => {
                if summary.has(term.channel, &term.text) {
                    reason.fields.insert("summary");
                }
                if text.has(term.channel, &term.text) {
                    reason.fields.insert("text");
                }
            }
            Part::Names => {}
        }
    }
    let mut words: Vec<WordReason> = reasons
        .into_iter()
        .map(|((word, stands_for), reason)| WordReason {
            word,
            stands_for: stands_for.map(str::to_owned),
            fields: ["title", "summary", "text", "keywords", "indicators"]
                .into_iter()
                .filter(|name| reason.fields.contains(name))
                .map(str::to_owned)
                .collect(),
            weight: reason.weight,
        })
        .collect();
    words.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.word.cmp(&b.word)));
    let other = words.iter().skip(WORDS).map(|reason| reason.weight).sum();
    words.truncate(WORDS);
    Explanation { words, other, text_score, ..Explanation::default() }
}

/// The word a term is told with: the longest shared word that contains it, else the longest shared pair, else itself.
fn shown_with(term: &str, words: &[&str], grams: &[&str], query: &DocumentQuery) -> String {
    let surface = |word: &str| query.surfaces.get(word).map_or(word, String::as_str).to_owned();
    if !term.chars().all(is_han) {
        // A Latin gram is a word as written: it belongs to the stem it was written for.
        return words
            .iter()
            .copied()
            .find(|word| *word == term || query.surfaces.get(*word).is_some_and(|surface| surface == term))
            .map_or_else(|| term.to_owned(), surface);
    }
    let longest = |candidates: &[&str]| {
        candidates
            .iter()
            .copied()
            .filter(|candidate| candidate.contains(term))
            // Of two equally long words the first in alphabetical order, so that the same score is always told the same way.
            .max_by(|a, b| a.len().cmp(&b.len()).then_with(|| b.cmp(a)))
            .map(str::to_owned)
    };
    longest(words).or_else(|| longest(grams)).unwrap_or_else(|| term.to_owned())
}

/// The terms of one stored text.
struct TermSet {
    words: HashSet<String>,
    grams: HashSet<String>,
}

impl TermSet {
    fn new(text: &str) -> Self {
        let analysis = analyse(text);
        Self {
            words: analysis.words.into_iter().map(|token| token.text).collect(),
            grams: analysis.grams.into_iter().map(|token| token.text).collect(),
        }
    }

    fn has(&self, channel: Channel, term: &str) -> bool {
        match channel {
            Channel::Words => self.words.contains(term),
            Channel::Grams => self.grams.contains(term),
        }
    }
}
