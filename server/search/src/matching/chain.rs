//! Does an achievement speak of the link of the industry chain that a demand is about?
//!
//! Companies write the link as a path, `动力电池/正极材料`. Achievements have none, but they say what they are for: a part of the path that an
//! achievement says word for word counts, whichever of the two looks for the other.

use std::collections::{BTreeMap, HashMap};

use keqiao_model::ListingKind;

use crate::analysis::analyse;
use crate::document::Document;
use crate::error::SearchError;
use crate::phrase::{Phrase, Texts};
use crate::query::phrase;
use crate::schema::{Part, PartTexts, column};
use crate::top::Ranked;

/// Parts of a path that count.
const MOST_PARTS: usize = 4;

/// The parts of a path as phrases.
fn parts(chain_node: &str) -> Vec<Phrase> {
    let parts = chain_node.split(['/', '／', '>', '＞', '→', '、', '，', ',', '；', ';', '|']);
    parts.map(|part| phrase(&analyse(part))).filter(|phrase| !phrase.is_empty()).take(MOST_PARTS).collect()
}

/// For each listing of the other side which share of the demand's path the achievement says, from 0 to 1.
pub(super) fn shares(texts: Texts<'_>, document: &Document, ranked: &[Ranked]) -> Result<Vec<f32>, SearchError> {
    match document.kind {
        ListingKind::Demand => said(texts, &parts(&document.chain_node), ranked),
        ListingKind::Achievement => asked(texts, document, ranked),
    }
}

fn share(found: usize, of: usize) -> f32 {
    if of == 0 { 0.0 } else { found as f32 / of as f32 }
}

/// Which share of these parts each achievement says.
fn said(texts: Texts<'_>, parts: &[Phrase], ranked: &[Ranked]) -> Result<Vec<f32>, SearchError> {
    let mut counts = vec![0; ranked.len()];
    if parts.is_empty() {
        return Ok(vec![0.0; ranked.len()]);
    }
    for segment in texts.snapshot.segments() {
        let here = ranked.iter().enumerate().filter(|(_, one)| one.address.segment_ord == segment.place);
        let places: BTreeMap<u32, usize> = here.map(|(place, one)| (one.address.doc_id, place)).collect();
        let documents: Vec<u32> = places.keys().copied().collect();
        for part in parts {
            let having = texts.having_among(segment.reader, part, &Part::SUBJECT, &documents)?;
            for (doc, place) in &places {
                if let Some(count) = counts.get_mut(*place) {
                    *count += usize::from(having.has(*doc));
                }
            }
        }
    }
    Ok(counts.into_iter().map(|count| share(count, parts.len())).collect())
}

/// Which share of each demand's path this achievement says.
fn asked(texts: Texts<'_>, achievement: &Document, ranked: &[Ranked]) -> Result<Vec<f32>, SearchError> {
    let own: Vec<Said> =
        PartTexts::new(achievement).iter().filter(|(part, _)| Part::SUBJECT.contains(part)).map(|(_, text)| Said::new(text)).collect();
    let mut columns = HashMap::new();
    let mut known: HashMap<String, f32> = HashMap::new();
    let mut shares = Vec::with_capacity(ranked.len());
    for one in ranked {
        let place = one.address.segment_ord;
        let column = match columns.entry(place) {
            std::collections::hash_map::Entry::Occupied(occupied) => occupied.into_mut(),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(texts.snapshot.searcher.segment_reader(place).fast_fields().str(column::CHAIN_NODE)?)
            }
        };
        let mut path = String::new();
        if let Some(column) = column
            && let Some(ord) = column.ords().first(one.address.doc_id)
        {
            column.ord_to_str(ord, &mut path)?;
        }
        let share = *known.entry(path).or_insert_with_key(|path| {
            let parts = parts(path);
            share(parts.iter().filter(|part| own.iter().any(|said| said.says(part))).count(), parts.len())
        });
        shares.push(share);
    }
    Ok(shares)
}

/// Where a text has which gram.
struct Said(HashMap<String, Vec<usize>>);

impl Said {
    fn new(text: &str) -> Self {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for gram in analyse(text).grams {
            places.entry(gram.text).or_default().push(gram.position);
        }
        Self(places)
    }

    fn says(&self, phrase: &Phrase) -> bool {
        let at = |gram: &String, place: usize| self.0.get(gram).is_some_and(|places| places.binary_search(&place).is_ok());
        let Some((first_at, first)) = phrase.first() else { return false };
        let starts = self.0.get(first).into_iter().flatten();
        starts.filter_map(|place| place.checked_sub(*first_at)).any(|start| phrase.iter().all(|(offset, gram)| at(gram, start + offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart_and_found_word_for_word() {
        let said = Said::new("用于动力电池的高镍正极材料，以及 cathode materials of batteries");
        for (path, expected) in [
            ("动力电池/正极材料", vec![true, true]),
            ("动力电池 → 负极材料", vec![true, false]),
            ("Cathode materials, Anode materials", vec![true, false]),
            ("材料正极", vec![false]),
            (" / ", vec![]),
            ("a/b/c/d/e", vec![false; MOST_PARTS]),
        ] {
            assert_eq!(parts(path).iter().map(|part| said.says(part)).collect::<Vec<_>>(), expected, "{path}");
        }
    }
}
