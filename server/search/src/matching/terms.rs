//! By which terms does a whole listing look for its other side?

use std::collections::HashMap;
use std::ops::Range;

use crate::analysis::normal::normalised;
use crate::analysis::{Sink, Unit, analyse, analyse_normal, is_han, is_idle};
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

/// Terms of one channel.
type Terms = HashMap<String, Wanted>;

/// The terms of a document.
#[derive(Default)]
struct Collected {
    words: Terms,
    grams: Terms,
    /// For each word the first way the document writes it.
    surfaces: HashMap<String, String>,
}

/// Takes the terms of one of its parts.
struct Collecting<'a> {
    into: &'a mut Collected,
    text: &'a str,
    in_title: bool,
}

fn count(terms: &mut Terms, text: &str, in_title: bool) {
    let wanted = match terms.get_mut(text) {
        Some(wanted) => wanted,
        None => terms.entry(text.to_owned()).or_default(),
    };
    wanted.count += 1;
    wanted.in_title |= in_title;
}

impl Sink for Collecting<'_> {
    const UNITS: bool = false;

    fn word(&mut self, text: &str, within: Range<usize>, _: usize) {
        if !self.into.words.contains_key(text) {
            let surface = self.text.get(within).unwrap_or(text);
            self.into.surfaces.insert(text.to_owned(), surface.to_owned());
        }
        count(&mut self.into.words, text, self.in_title);
    }

    fn gram(&mut self, text: &str, _: Range<usize>, _: usize) {
        if text.starts_with(is_han) || !is_idle(text) {
            count(&mut self.into.grams, text, self.in_title);
        }
    }

    fn unit(&mut self, _: Unit) {}
}

/// The terms by which the document looks for its other side.
pub(crate) fn document_query(snapshot: &Snapshot, fields: &Fields, document: &Document) -> Result<DocumentQuery, SearchError> {
    let mut own_terms = Collected::default();
    for (part, text) in PartTexts::new(document).iter().filter(|(part, _)| *part != Part::Names) {
        let text = normalised(text);
        analyse_normal(&text, &mut Collecting { into: &mut own_terms, text: &text, in_title: part == Part::Title });
    }
    let Collected { mut words, mut grams, surfaces } = own_terms;
    let related = add_related(&mut words, &mut grams, document);
    let (own, other) = (document.kind, document.kind.opposite());
    let (own_documents, other_documents) = (snapshot.side(own).documents, snapshot.side(other).documents);
    let mut candidates = Vec::new();
    for (channel, wanted) in [(Channel::Words, &words), (Channel::Grams, &grams)] {
        let mut terms: Vec<(&String, f32)> = wanted.iter().map(|(text, wanted)| (text, wanted.weight())).collect();
        // Equal ones in the order of their text, so that the same are kept everywhere.
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
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
fn add_related(words: &mut Terms, grams: &mut Terms, document: &Document) -> HashMap<(Channel, String), Related> {
    let text = format!("{}\n{}\n{}", document.summary, document.text, document.keywords.join("\n"));
    let mut related_to = HashMap::new();
    for (meant, weight) in related(&[&document.title, &text], TITLE) {
        let analysis = analyse(meant.word);
        let pairs: Vec<&str> =
            analysis.grams.iter().map(|token| token.text.as_str()).filter(|gram| gram.chars().nth(1).is_some()).collect();
        // The whole word if the dictionary has it; of its parts only pairs, each for its share.
        let whole = analysis.units.iter().filter(|_| analysis.units.len() == 1).map(|unit| (Channel::Words, unit.word.as_str(), weight));
        let shares = pairs.iter().map(|gram| (Channel::Grams, *gram, weight / pairs.len() as f32));
        for (channel, term, weight) in whole.chain(shares) {
            let wanted = if channel == Channel::Words { &mut *words } else { &mut *grams };
            let known = wanted.entry(term.to_owned()).or_default();
            if weight > known.related {
                known.related = weight;
                if known.count == 0 {
                    related_to.insert((channel, term.to_owned()), meant.clone());
                }
            }
        }
    }
    related_to
}
