//! By which terms does a whole listing look for its other side?

use std::collections::{BTreeMap, HashMap};

use crate::analysis::{Token, analyse, is_han, is_idle};
use crate::document::Document;
use crate::error::SearchError;
use crate::schema::{Channel, Fields, Part, PartTexts};
use crate::scoring::{FieldTerm, QueryTerm, frequency, idf, resolve_term};
use crate::snapshot::Snapshot;
use crate::thesaurus::{Related, related};

/// List entries that one match may read. The terms of highest weight × idf are kept until they are used up: all of a listing's terms in a
/// market of ten thousand, the forty best in one of a million, where they measured as good and far faster.
const BUDGET: u64 = 3_000_000;
/// At least so many terms are kept, whatever they cost.
const LEAST_KEPT: usize = 24;
/// List entries that are read to find candidates. A document that needs no more is scored in full against everybody; otherwise its first terms
/// choose candidates, and only these are scored in full.
const SCAN: u64 = 200_000;
/// At least so many terms choose candidates.
const LEAST_SCANNED: usize = 12;
/// Terms that are looked up at all, of each channel, those that the listing itself weighs most.
const LOOKED_UP: usize = 400;
/// How much more a term counts when the document's title has it.
const TITLE: f32 = 3.0;
/// From this many listings of the document's own side on, what is common among them is known well enough to count less.
const OWN_SIDE_LEAST: u64 = 50;
/// How strongly: the exponent of the idf among the own side.
const OWN_SIDE_POWER: f32 = 0.7;
/// What a related word of the thesaurus counts beside the word itself.
const RELATED: f32 = 0.15;

/// A document as a query.
pub(crate) struct DocumentQuery {
    /// The terms that are searched.
    pub(crate) terms: Vec<QueryTerm>,
    /// The same, in the fields of the other side, those that tell most first.
    pub(crate) resolved: Vec<FieldTerm>,
    /// So many of them choose candidates; all of them when nothing is saved by choosing.
    pub(crate) choosing: usize,
    /// For each term of the words channel the first way the document writes it.
    pub(crate) surfaces: HashMap<String, String>,
    /// Terms that are not the document's own, with the related word they are part of.
    pub(crate) related: HashMap<(Channel, String), Related>,
}

#[derive(Default)]
struct Wanted {
    count: u32,
    in_title: bool,
    related: f32,
}

impl Wanted {
    fn weight(&self) -> f32 {
        let own = if self.count == 0 { 0.0 } else { (1.0 + (self.count as f32).ln()) * if self.in_title { TITLE } else { 1.0 } };
        own + RELATED * self.related
    }
}

/// The terms by which the document looks for its other side.
pub(crate) fn document_query(snapshot: &Snapshot, fields: &Fields, document: &Document) -> Result<DocumentQuery, SearchError> {
    let mut wanted: BTreeMap<(Channel, String), Wanted> = BTreeMap::new();
    let mut surfaces = HashMap::new();
    for (part, analysis) in PartTexts::new(document).analyses().filter(|(part, _)| *part != Part::Names) {
        for (channel, tokens) in [(Channel::Words, &analysis.words), (Channel::Grams, &analysis.grams)] {
            for Token { text, start, end, .. } in tokens {
                if channel == Channel::Grams && !text.contains(is_han) && is_idle(text) {
                    continue;
                }
                if channel == Channel::Words {
                    surfaces.entry(text.clone()).or_insert_with(|| analysis.normal.text.get(*start..*end).unwrap_or(text).to_owned());
                }
                let term = wanted.entry((channel, text.clone())).or_default();
                term.count += 1;
                term.in_title |= part == Part::Title;
            }
        }
    }
    let related = add_related(&mut wanted, document);
    let (own, other) = (document.kind, document.kind.opposite());
    let (own_documents, other_documents) = (snapshot.side(own).documents, snapshot.side(other).documents);
    let mut candidates = Vec::new();
    for channel in [Channel::Words, Channel::Grams] {
        let mut terms: Vec<(&String, f32)> =
            wanted.iter().filter(|((of, _), _)| *of == channel).map(|((_, text), w)| (text, w.weight())).collect();
        // The sort is stable and the terms come in the order of their text: equal ones are kept the same way everywhere.
        terms.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (text, mut weight) in terms.into_iter().take(LOOKED_UP) {
            let mut fields_with = resolve_term(snapshot, fields, other, &Part::SUBJECT, channel, text)?;
            let Some(found) = fields_with.iter().map(FieldTerm::frequency).max() else { continue };
            if own_documents >= OWN_SIDE_LEAST {
                // A term of this document is known to occur once on its side, whether or not the document is indexed yet.
                let common = frequency(snapshot, fields, own, channel, text)?.max(1);
                weight *= (idf(own_documents, common) / idf(own_documents, 1)).powf(OWN_SIDE_POWER);
            }
            let cost: u64 = fields_with.iter().map(FieldTerm::frequency).sum();
            for field in &mut fields_with {
                field.weigh(weight);
            }
            candidates.push((weight * idf(other_documents, found), cost, QueryTerm { channel, text: text.clone(), weight }, fields_with));
        }
    }
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut terms, mut resolved, mut spent, mut choosing) = (Vec::new(), Vec::new(), 0, 0);
    for (_, cost, term, fields_with) in candidates {
        spent += cost;
        if spent > BUDGET && terms.len() >= LEAST_KEPT {
            break;
        }
        resolved.extend(fields_with.into_iter().map(|mut field| {
            field.index = terms.len();
            field
        }));
        terms.push(term);
        if spent <= SCAN || terms.len() <= LEAST_SCANNED {
            choosing = resolved.len();
        }
    }
    Ok(DocumentQuery { terms, resolved, choosing, surfaces, related })
}

/// Adds what the document may also be called, word by word with their pairs of characters.
fn add_related(wanted: &mut BTreeMap<(Channel, String), Wanted>, document: &Document) -> HashMap<(Channel, String), Related> {
    let text = format!("{}\n{}\n{}", document.summary, document.text, document.keywords.join("\n"));
    let mut words = HashMap::new();
    for (meant, weight) in related(&[&document.title, &text], TITLE) {
        let analysis = analyse(meant.word);
        let grams: Vec<&str> =
            analysis.grams.iter().map(|token| token.text.as_str()).filter(|gram| gram.chars().nth(1).is_some()).collect();
        // The whole word if the dictionary has it; of its parts only pairs, each for its share.
        let whole = analysis.units.iter().filter(|_| analysis.units.len() == 1).map(|unit| (Channel::Words, unit.word.as_str(), weight));
        let pairs = grams.iter().map(|gram| (Channel::Grams, *gram, weight / grams.len() as f32));
        for (channel, term, weight) in whole.chain(pairs) {
            let key = (channel, term.to_owned());
            let known = wanted.entry(key.clone()).or_default();
            if weight > known.related {
                known.related = weight;
                if known.count == 0 {
                    words.insert(key, meant.clone());
                }
            }
        }
    }
    words
}
