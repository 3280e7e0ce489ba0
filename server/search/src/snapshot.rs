//! What do we know about one committed state?
//!
//! All figures are of living documents alone, so that an index with deletions ranks exactly like one that was rebuilt. They are kept for
//! each segment from commit to commit: a commit costs what it changed, not what is there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keqiao_model::ListingKind;
use tantivy::index::SegmentId;
use tantivy::postings::{Postings as _, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet as _, Opstamp, Searcher, SegmentReader, TERMINATED, Term};

use crate::error::SearchError;
use crate::schema::Fields;

/// Looking a document up in a list costs about as much as reading this many entries of it.
const LOOK_UP: usize = 16;
/// Terms whose lists are kept of one state: some twenty megabytes where there are few segments.
const MOST_KNOWN: usize = 100_000;
/// Both sides of the market.
const SIDES: [ListingKind; 2] = [ListingKind::Demand, ListingKind::Achievement];

/// One committed state of the index.
pub(crate) struct Snapshot {
    pub(crate) searcher: Searcher,
    /// The outbox position of the commit.
    pub(crate) position: Option<String>,
    demand: Side,
    achievement: Side,
    /// For each segment, in the order of the searcher, its deleted documents.
    dead: Vec<Arc<[u32]>>,
    /// Terms that were looked up already: a whole listing asks for hundreds, and the next one for many of the same.
    known: Mutex<HashMap<Term, Lists>>,
}

/// A segment and its place among the others.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) place: u32,
    pub(crate) reader: &'a SegmentReader,
}

/// Where the lists of a term are.
#[derive(Debug, Clone)]
pub(crate) struct Lists {
    /// How many living documents have the term.
    pub(crate) frequency: u64,
    /// The places of the segments that have the term, and where their lists begin.
    of: Arc<[(u32, TermInfo)]>,
}

impl Lists {
    /// The list in one segment.
    pub(crate) fn of(&self, segment: Segment<'_>) -> Option<&TermInfo> {
        self.of.iter().find(|(place, _)| *place == segment.place).map(|(_, info)| info)
    }
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
    /// Whether any document has a term in this field.
    pub(crate) fn uses(&self, field: Field) -> bool {
        self.mean_lengths.get(&field).is_some_and(|&mean| mean > 0.0)
    }

    /// Mean number of terms in a field, at least a little above nothing so that it can divide.
    pub(crate) fn mean_length(&self, field: Field) -> f32 {
        self.mean_lengths.get(&field).copied().unwrap_or_default().max(0.001)
    }
}

/// What is known of each segment.
#[derive(Debug, Default)]
pub(crate) struct FigureCache(HashMap<SegmentId, SegmentFigures>);

/// Figures of one segment, after some of its documents were deleted.
#[derive(Debug)]
struct SegmentFigures {
    deleted_at: Option<Opstamp>,
    dead: Arc<[u32]>,
    /// Living documents of each side.
    documents: [u64; 2],
    /// Sums of lengths of each scored field over its living documents.
    lengths: HashMap<Field, u64>,
}

impl Snapshot {
    /// Takes the figures of a state.
    pub(crate) fn new(
        searcher: Searcher,
        fields: &Fields,
        position: Option<String>,
        figures: &mut FigureCache,
    ) -> Result<Self, SearchError> {
        let mut dead = Vec::new();
        for reader in searcher.segment_readers() {
            let known = figures.0.remove(&reader.segment_id());
            let known = SegmentFigures::of(reader, fields, known)?;
            dead.push(Arc::clone(&known.dead));
            figures.0.insert(reader.segment_id(), known);
        }
        figures.0.retain(|id, _| searcher.segment_readers().iter().any(|reader| reader.segment_id() == *id));
        let demand = figures.side(fields, 0);
        let achievement = figures.side(fields, 1);
        Ok(Self { searcher, position, demand, achievement, dead, known: Mutex::default() })
    }

    /// Figures of one side.
    pub(crate) fn side(&self, kind: ListingKind) -> &Side {
        match kind {
            ListingKind::Demand => &self.demand,
            ListingKind::Achievement => &self.achievement,
        }
    }

    /// All segments.
    pub(crate) fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        (0..).zip(self.searcher.segment_readers()).map(|(place, reader)| Segment { place, reader })
    }

    /// How many living documents have the term.
    pub(crate) fn frequency(&self, term: &Term) -> Result<u64, SearchError> {
        Ok(self.lists(term)?.frequency)
    }

    /// The lists of a term.
    pub(crate) fn lists(&self, term: &Term) -> Result<Lists, SearchError> {
        // Held for a look or an insertion only; a poisoned lock still holds whole values.
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(term) {
            return Ok(known.clone());
        }
        let (mut sum, mut of) = (0, Vec::new());
        for (segment, dead) in self.segments().zip(&self.dead) {
            if let Some(info) = segment.reader.inverted_index(term.field())?.get_term_info(term)? {
                sum += living(segment.reader, term, &info, dead)?;
                of.push((segment.place, info));
            }
        }
        let lists = Lists { frequency: sum, of: of.into() };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_KNOWN {
            known.insert(term.clone(), lists.clone());
        }
        Ok(lists)
    }
}

impl FigureCache {
    fn side(&self, fields: &Fields, side: usize) -> Side {
        let documents = self.0.values().filter_map(|segment| segment.documents.get(side)).sum();
        let mean = |field: Field| {
            let total: u64 = self.0.values().filter_map(|segment| segment.lengths.get(&field)).sum();
            total as f32 / u64::max(documents, 1) as f32
        };
        let scored = SIDES.get(side).map(|kind| fields.scored(*kind)).unwrap_or_default();
        Side { documents, mean_lengths: scored.iter().map(|scored| (scored.field, mean(scored.field))).collect() }
    }
}

impl SegmentFigures {
    /// The figures of a segment as it is now, from those it had before.
    fn of(reader: &SegmentReader, fields: &Fields, before: Option<Self>) -> Result<Self, SearchError> {
        let mut figures = match before {
            Some(before) => before,
            None => Self::whole(reader, fields)?,
        };
        if figures.deleted_at == reader.delete_opstamp() && figures.dead.len() == reader.num_deleted_docs() as usize {
            return Ok(figures);
        }
        let dead: Arc<[u32]> =
            reader.alive_bitset().map(|alive| (0..reader.max_doc()).filter(|&doc| alive.is_deleted(doc)).collect()).unwrap_or_default();
        let mut before = figures.dead.iter().copied().peekable();
        let gone: Vec<u32> = dead.iter().copied().filter(|doc| before.next_if_eq(doc).is_none()).collect();
        for (kind, documents) in SIDES.into_iter().zip(&mut figures.documents) {
            *documents = documents.saturating_sub(among(reader, &fields.kind_term(kind), &gone)?);
            for scored in fields.scored(kind) {
                let length = length_sum(reader, scored.field, gone.iter().copied())?;
                let sum = figures.lengths.entry(scored.field).or_default();
                *sum = sum.saturating_sub(length);
            }
        }
        Ok(Self { deleted_at: reader.delete_opstamp(), dead, ..figures })
    }

    /// The figures of a segment before anything was deleted.
    fn whole(reader: &SegmentReader, fields: &Fields) -> Result<Self, SearchError> {
        let mut figures = Self { deleted_at: None, dead: Arc::default(), documents: [0; 2], lengths: HashMap::new() };
        for (kind, documents) in SIDES.into_iter().zip(&mut figures.documents) {
            *documents = frequency(reader, &fields.kind_term(kind), &[])?;
            for scored in fields.scored(kind) {
                figures.lengths.insert(scored.field, length_sum(reader, scored.field, 0..reader.max_doc())?);
            }
        }
        Ok(figures)
    }
}

/// How many documents of a segment have the term, without the deleted ones.
fn frequency(reader: &SegmentReader, term: &Term, dead: &[u32]) -> Result<u64, SearchError> {
    let info = reader.inverted_index(term.field())?.get_term_info(term)?;
    info.map_or(Ok(0), |info| living(reader, term, &info, dead))
}

/// The same where the list is known.
fn living(reader: &SegmentReader, term: &Term, info: &TermInfo, dead: &[u32]) -> Result<u64, SearchError> {
    let all = u64::from(info.doc_freq);
    match reader.alive_bitset() {
        Some(alive) if !dead.is_empty() => {
            if dead.len().saturating_mul(LOOK_UP) < info.doc_freq as usize {
                return Ok(all - among(reader, term, dead)?);
            }
            let postings = reader.inverted_index(term.field())?.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
            Ok(u64::from(postings.doc_freq_given_deletes(alive)))
        }
        _ => Ok(all),
    }
}

/// How many of these documents, in ascending order, have the term.
fn among(reader: &SegmentReader, term: &Term, documents: &[u32]) -> Result<u64, SearchError> {
    if documents.is_empty() {
        return Ok(0);
    }
    let inverted = reader.inverted_index(term.field())?;
    let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? else { return Ok(0) };
    let mut count = 0;
    for &document in documents {
        // Seeking backwards is not allowed; the list may already stand behind the document it lacks.
        let at = if postings.doc() < document { postings.seek(document) } else { postings.doc() };
        count += u64::from(at == document);
    }
    Ok(count)
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
