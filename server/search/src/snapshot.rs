//! What do we know about one committed state?
//!
//! All figures are of living documents alone, so that an index with deletions ranks exactly like one that was rebuilt.

use std::collections::HashMap;

use keqiao_model::ListingKind;
use tantivy::index::SegmentId;
use tantivy::postings::Postings as _;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet as _, Searcher, SegmentReader, TERMINATED, Term};

use crate::error::SearchError;
use crate::schema::Fields;

/// One committed state of the index.
pub(crate) struct Snapshot {
    pub(crate) searcher: Searcher,
    /// The outbox position of the commit.
    pub(crate) position: Option<String>,
    demand: Side,
    achievement: Side,
}

/// Figures of one side of the market.
#[derive(Debug, Clone, Default)]
pub(crate) struct Side {
    /// How many documents.
    pub(crate) documents: u64,
    /// Mean number of terms of each scored field, over all documents of the side.
    mean_lengths: HashMap<Field, f32>,
}

impl Side {
    /// Mean number of terms in a field, at least a little above nothing so that it can divide.
    pub(crate) fn mean_length(&self, field: Field) -> f32 {
        self.mean_lengths.get(&field).copied().unwrap_or_default().max(0.001)
    }
}

/// Sums of lengths over ALL documents of a segment, dead ones included: they never change, so each segment is counted once.
#[derive(Debug, Default)]
pub(crate) struct LengthCache(HashMap<SegmentId, HashMap<Field, u64>>);

impl Snapshot {
    /// Takes the figures of a state.
    pub(crate) fn new(
        searcher: Searcher,
        fields: &Fields,
        position: Option<String>,
        lengths: &mut LengthCache,
    ) -> Result<Self, SearchError> {
        // Listed once for all fields: walking a large segment's documents for each of them would be most of a small commit.
        let dead: Vec<Vec<u32>> = searcher.segment_readers().iter().map(dead_documents).collect();
        let demand = side(&searcher, fields, ListingKind::Demand, lengths, &dead)?;
        let achievement = side(&searcher, fields, ListingKind::Achievement, lengths, &dead)?;
        lengths.0.retain(|id, _| searcher.segment_readers().iter().any(|reader| reader.segment_id() == *id));
        Ok(Self { searcher, position, demand, achievement })
    }

    /// Figures of one side.
    pub(crate) fn side(&self, kind: ListingKind) -> &Side {
        match kind {
            ListingKind::Demand => &self.demand,
            ListingKind::Achievement => &self.achievement,
        }
    }

    /// How many living documents have the term.
    pub(crate) fn frequency(&self, term: &Term) -> Result<u64, SearchError> {
        frequency(&self.searcher, term)
    }
}

fn frequency(searcher: &Searcher, term: &Term) -> Result<u64, SearchError> {
    let mut sum = 0;
    for reader in searcher.segment_readers() {
        let inverted = reader.inverted_index(term.field())?;
        sum += match reader.alive_bitset() {
            None => u64::from(inverted.doc_freq(term)?),
            Some(alive) => match inverted.read_postings(term, IndexRecordOption::Basic)? {
                Some(postings) => u64::from(postings.doc_freq_given_deletes(alive)),
                None => 0,
            },
        };
    }
    Ok(sum)
}

fn side(
    searcher: &Searcher,
    fields: &Fields,
    kind: ListingKind,
    lengths: &mut LengthCache,
    dead: &[Vec<u32>],
) -> Result<Side, SearchError> {
    let documents = frequency(searcher, &fields.kind_term(kind))?;
    let mut mean_lengths = HashMap::new();
    for scored in fields.scored(kind) {
        let mut total = 0;
        for (reader, dead) in searcher.segment_readers().iter().zip(dead) {
            let cached = lengths.0.entry(reader.segment_id()).or_default();
            let all = match cached.get(&scored.field) {
                Some(&sum) => sum,
                None => *cached.entry(scored.field).or_insert(length_sum(reader, scored.field, 0..reader.max_doc())?),
            };
            let dead = length_sum(reader, scored.field, dead.iter().copied())?;
            total += all - dead;
        }
        mean_lengths.insert(scored.field, total as f32 / documents.max(1) as f32);
    }
    Ok(Side { documents, mean_lengths })
}

fn dead_documents(reader: &SegmentReader) -> Vec<u32> {
    reader.alive_bitset().map(|alive| (0..reader.max_doc()).filter(|&doc| alive.is_deleted(doc)).collect()).unwrap_or_default()
}

/// Sum of the (rounded) numbers of terms that scoring will see for these documents.
fn length_sum(reader: &SegmentReader, field: Field, docs: impl Iterator<Item = u32>) -> Result<u64, SearchError> {
    let Some(norms) = reader.fieldnorms_readers().get_field(field)? else { return Ok(0) };
    Ok(docs.map(|doc| u64::from(norms.fieldnorm(doc))).sum())
}

/// Calls `visit` with every document of the segment, dead ones included, that has the term, and how often it has it.
pub(crate) fn each_posting(
    reader: &SegmentReader,
    term: &Term,
    option: IndexRecordOption,
    mut visit: impl FnMut(u32, u32),
) -> Result<(), SearchError> {
    let inverted = reader.inverted_index(term.field())?;
    let Some(mut postings) = inverted.read_postings(term, option)? else { return Ok(()) };
    let mut doc = postings.doc();
    while doc != TERMINATED {
        visit(doc, postings.term_freq());
        doc = postings.advance();
    }
    Ok(())
}
