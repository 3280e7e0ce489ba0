//! What of the other side fits a whole listing?

use std::collections::{BTreeMap, HashMap, HashSet};

use keqiao_model::ListingKind;
use tantivy::columnar::{Column, StrColumn};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, SegmentReader};
use uuid::Uuid;

use crate::analysis::Token;
use crate::document::Document;
use crate::error::SearchError;
use crate::explanation;
use crate::request::{Facet, FacetReason, Match};
use crate::schema::{Channel, Fields, Part, PartTexts, facet_codes};
use crate::scoring::{FieldTerm, QueryTerm, frequency, idf, resolve, score_segment};
use crate::snapshot::{Snapshot, each_posting};
use crate::top::{Keys, Ranked, Top, score_key};

/// What agreeing properties add, as shares of the best text score that any listing reaches for the same document. Text stays
/// dominant: all together are a seventh of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FacetWeights {
    /// The same technical field.
    pub field: f32,
    /// At least one form of cooperation that both accept.
    pub cooperation: f32,
    /// The same region.
    pub region: f32,
    /// The achievement's readiness reaches what the demand wants; one level short counts half.
    pub trl: f32,
}

/// The weights in force.
pub const WEIGHTS: FacetWeights = FacetWeights { field: 0.06, cooperation: 0.03, region: 0.02, trl: 0.04 };

impl FacetWeights {
    fn sum(&self) -> f32 {
        self.field + self.cooperation + self.region + self.trl
    }
}

/// Terms kept of each channel, those of highest weight × idf. Forty are as good for demands, but lose on long texts; many more
/// are slower and, for demands, worse.
const KEPT: usize = 80;
/// How much more a term counts when the document's title has it.
const TITLE: f32 = 2.0;
/// From this many listings of the document's own side on, what is common among them is known well enough to count less.
const OWN_SIDE_LEAST: u64 = 50;
/// How strongly: the exponent of the idf among the own side.
const OWN_SIDE_POWER: f32 = 0.7;

/// A document as a query.
pub(crate) struct DocumentQuery {
    pub(crate) terms: Vec<QueryTerm>,
    /// For each term of the words channel the first way the document writes it.
    pub(crate) surfaces: HashMap<String, String>,
}

/// Scores of everything on the other side.
struct Scored {
    kind: ListingKind,
    query: DocumentQuery,
    resolved: Vec<FieldTerm>,
    segments: Vec<Vec<f32>>,
    best: f32,
}

/// The best of the other side with their explanations, best first.
pub(crate) fn best(snapshot: &Snapshot, fields: &Fields, document: &Document, limit: usize) -> Result<Vec<Match>, SearchError> {
    let (scored, ranked) = rank_scored(snapshot, fields, document, limit)?;
    explain_all(snapshot, fields, document, &scored, &ranked)
}

/// The best of the other side with their scores but without explanations, best first.
pub(crate) fn rank(snapshot: &Snapshot, fields: &Fields, document: &Document, limit: usize) -> Result<Vec<(Uuid, f32)>, SearchError> {
    Ok(rank_scored(snapshot, fields, document, limit)?.1.iter().map(|ranked| (ranked.id(), ranked.score)).collect())
}

fn rank_scored(snapshot: &Snapshot, fields: &Fields, document: &Document, limit: usize) -> Result<(Scored, Vec<Ranked>), SearchError> {
    let scored = score(snapshot, fields, document)?;
    // Properties add at most this much, so whoever is further behind the last of the best texts cannot get in.
    let margin = scored.best * WEIGHTS.sum();
    let mut texts = Top::new(limit);
    let readers = snapshot.searcher.segment_readers();
    let keys = open_keys(readers)?;
    for (keys, scores) in keys.iter().zip(&scored.segments) {
        for (doc, &score) in (0_u32..).zip(scores) {
            if score > 0.0 {
                texts.show(keys, doc, score_key(score), score);
            }
        }
    }
    let texts = texts.finish();
    let threshold = if texts.len() < limit { 0.0 } else { texts.last().map_or(0.0, |last| last.score - margin) };
    let mut top = Top::new(limit);
    for ((keys, scores), reader) in keys.iter().zip(&scored.segments).zip(readers) {
        let agreement = Agreement::new(reader, document, scored.best)?;
        for (doc, &score) in (0_u32..).zip(scores) {
            if score > 0.0 && score >= threshold {
                let sum = score + agreement.sum(doc);
                top.show(keys, doc, score_key(sum), sum);
            }
        }
    }
    Ok((scored, top.finish()))
}

/// How these listings of the other side fit; those that are not indexed there or share no word are left out.
pub(crate) fn some(snapshot: &Snapshot, fields: &Fields, document: &Document, others: &[Uuid]) -> Result<Vec<Match>, SearchError> {
    let scored = score(snapshot, fields, document)?;
    let mut ranked = Vec::new();
    for other in others {
        let term = fields.id_term(*other);
        for ((segment, reader), scores) in (0_u32..).zip(snapshot.searcher.segment_readers()).zip(&scored.segments) {
            let mut found = None;
            each_posting(reader, &term, IndexRecordOption::Basic, |doc, _| {
                if scores.get(doc as usize).is_some_and(|&score| score > 0.0) {
                    found = Some(doc);
                }
            })?;
            let Some(doc) = found else { continue };
            let mut top = Top::new(1);
            top.show(&Keys::open(segment, reader)?, doc, 0, 0.0);
            ranked.extend(top.finish());
            break;
        }
    }
    explain_all(snapshot, fields, document, &scored, &ranked)
}

fn open_keys(readers: &[SegmentReader]) -> Result<Vec<Keys>, SearchError> {
    (0_u32..).zip(readers).map(|(segment, reader)| Keys::open(segment, reader)).collect()
}

fn score(snapshot: &Snapshot, fields: &Fields, document: &Document) -> Result<Scored, SearchError> {
    let kind = document.kind.opposite();
    let query = terms(snapshot, fields, document)?;
    let resolved = resolve(snapshot, fields, kind, &Part::SUBJECT, &query.terms)?;
    let mut segments = Vec::new();
    for reader in snapshot.searcher.segment_readers() {
        segments.push(score_segment(reader, &resolved)?);
    }
    let best = segments.iter().flatten().copied().fold(0.0, f32::max);
    Ok(Scored { kind, query, resolved, segments, best })
}

/// The terms by which the document looks for its other side.
fn terms(snapshot: &Snapshot, fields: &Fields, document: &Document) -> Result<DocumentQuery, SearchError> {
    let mut counts: BTreeMap<(Channel, String), (u32, bool)> = BTreeMap::new();
    let mut surfaces = HashMap::new();
    for (part, analysis) in PartTexts::new(document).analyses().filter(|(part, _)| *part != Part::Names) {
        for (channel, tokens) in [(Channel::Words, &analysis.words), (Channel::Grams, &analysis.grams)] {
            for Token { text, start, end, .. } in tokens {
                if channel == Channel::Words {
                    surfaces.entry(text.clone()).or_insert_with(|| analysis.normal.text.get(*start..*end).unwrap_or(text).to_owned());
                }
                let (count, in_title) = counts.entry((channel, text.clone())).or_default();
                *count += 1;
                *in_title |= part == Part::Title;
            }
        }
    }
    let (own, other) = (snapshot.side(document.kind).documents, snapshot.side(document.kind.opposite()).documents);
    let mut terms = Vec::new();
    for channel in [Channel::Words, Channel::Grams] {
        let mut candidates = Vec::new();
        for ((_, text), &(count, in_title)) in counts.iter().filter(|((of, _), _)| *of == channel) {
            let found = frequency(snapshot, fields, document.kind.opposite(), channel, text)?;
            if found == 0 {
                continue;
            }
            let mut weight = (1.0 + (count as f32).ln()) * if in_title { TITLE } else { 1.0 };
            if own >= OWN_SIDE_LEAST {
                // A term of this document is known to occur once on its side, whether or not the document is indexed yet.
                let common = frequency(snapshot, fields, document.kind, channel, text)?.max(1);
                weight *= (idf(own, common) / idf(own, 1)).powf(OWN_SIDE_POWER);
            }
            candidates.push((weight * idf(other, found), QueryTerm { channel, text: text.clone(), weight }));
        }
        // The sort is stable and the candidates come in the order of their text: equal ones are kept the same way everywhere.
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        terms.extend(candidates.into_iter().take(KEPT).map(|(_, term)| term));
    }
    Ok(DocumentQuery { terms, surfaces })
}

/// Which properties of the documents of one segment agree with a document's.
struct Agreement<'a> {
    document: &'a Document,
    scale: f32,
    columns: Vec<(Facet, f32, Option<StrColumn>, HashSet<u64>)>,
}

impl<'a> Agreement<'a> {
    fn new(reader: &SegmentReader, document: &'a Document, best: f32) -> Result<Self, SearchError> {
        let mut columns = Vec::new();
        for (facet, weight) in [
            (Facet::Field, WEIGHTS.field),
            (Facet::Cooperation, WEIGHTS.cooperation),
            (Facet::Region, WEIGHTS.region),
            (Facet::Trl, WEIGHTS.trl),
        ] {
            let column = reader.fast_fields().str(facet.code())?;
            let mut wanted = HashSet::new();
            if let Some(column) = &column {
                for code in facet_codes(document, facet) {
                    wanted.extend(column.dictionary().term_ord(code)?);
                }
            }
            columns.push((facet, weight * best, column, wanted));
        }
        Ok(Self { document, scale: best, columns })
    }

    fn sum(&self, doc: u32) -> f32 {
        self.reasons(doc).map(|(_, _, weight)| weight).sum()
    }

    /// The facets that agree, the other's code in its column, and the weight.
    fn reasons(&self, doc: u32) -> impl Iterator<Item = (Facet, u64, f32)> + '_ {
        self.columns.iter().filter_map(move |(facet, weight, column, wanted)| {
            let column = column.as_ref()?;
            let ords: &Column<u64> = column.ords();
            if *facet == Facet::Trl {
                let ord = ords.first(doc)?;
                let share = self.readiness(level(column, ord)?)?;
                return Some((*facet, ord, weight * share));
            }
            let ord = ords.values_for_doc(doc).find(|ord| wanted.contains(ord))?;
            Some((*facet, ord, *weight))
        })
    }

    /// The share of the weight that the other side's level earns.
    fn readiness(&self, other: i64) -> Option<f32> {
        let own = self.document.trl?;
        let (wanted, reached) = match self.document.kind {
            ListingKind::Demand => (own, other),
            ListingKind::Achievement => (other, own),
        };
        match reached - wanted {
            0.. => Some(1.0),
            -1 => Some(0.5),
            _ => None,
        }
    }

    fn explain(&self, doc: u32) -> Vec<FacetReason> {
        if self.scale <= 0.0 {
            return Vec::new();
        }
        self.reasons(doc)
            .map(|(facet, ord, weight)| {
                let column = self.columns.iter().find(|(of, ..)| *of == facet).and_then(|(_, _, column, _)| column.as_ref());
                FacetReason { facet, code: column.and_then(|column| code(column, ord)).unwrap_or_default(), weight }
            })
            .collect()
    }
}

/// The code at this place of a column's dictionary.
fn code(column: &StrColumn, ord: u64) -> Option<String> {
    let mut code = String::new();
    column.ord_to_str(ord, &mut code).ok()?.then_some(code)
}

fn level(column: &StrColumn, ord: u64) -> Option<i64> {
    code(column, ord)?.parse().ok()
}

/// Turns ranked documents into matches, in the same order.
fn explain_all(
    snapshot: &Snapshot,
    fields: &Fields,
    document: &Document,
    scored: &Scored,
    ranked: &[Ranked],
) -> Result<Vec<Match>, SearchError> {
    debug_assert_eq!(scored.kind, document.kind.opposite());
    let addresses: Vec<DocAddress> = ranked.iter().map(|ranked| ranked.address).collect();
    let contributions = explanation::contributions(&snapshot.searcher, &scored.resolved, &addresses)?;
    let mut matches = Vec::with_capacity(ranked.len());
    for (ranked, contributions) in ranked.iter().zip(contributions) {
        let reader = snapshot.searcher.segment_reader(ranked.address.segment_ord);
        let facets = Agreement::new(reader, document, scored.best)?.explain(ranked.address.doc_id);
        let other = snapshot.searcher.doc(ranked.address)?;
        let explanation = explanation::build(&scored.query, &contributions, facets, &other, fields);
        matches.push(Match { id: ranked.id(), score: explanation.text_score + explanation.facet_score, explanation });
    }
    Ok(matches)
}
