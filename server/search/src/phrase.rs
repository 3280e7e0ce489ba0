//! Which listings say this, word for word?

use tantivy::query::{EnableScoring, PhraseQuery, Query as _, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet as _, SeekDangerResult, SegmentReader, TERMINATED, Term};

use keqiao_model::ListingKind;

use crate::error::SearchError;
use crate::schema::{Channel, Fields, Part};
use crate::snapshot::{Snapshot, each_posting};

/// Grams at their places.
pub(crate) type Phrase = Vec<(usize, String)>;

/// A set of documents of one segment.
pub(crate) struct DocumentSet(Vec<u64>);

impl DocumentSet {
    /// Nothing.
    pub(crate) fn new(reader: &SegmentReader) -> Self {
        Self(vec![0; (reader.max_doc() as usize).div_ceil(64)])
    }

    pub(crate) fn insert(&mut self, doc: u32) {
        if let Some(block) = self.0.get_mut(doc as usize / 64) {
            *block |= 1 << (doc % 64);
        }
    }

    pub(crate) fn has(&self, doc: u32) -> bool {
        self.0.get(doc as usize / 64).is_some_and(|block| block & (1 << (doc % 64)) != 0)
    }

    /// Adds what another set of the segment has.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    /// Keeps what another set of the segment has, too.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own &= other);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|block| block.count_ones() as usize).sum()
    }

    /// Keeps those of which this holds; it is asked in ascending order.
    pub(crate) fn retain(&mut self, mut holds: impl FnMut(u32) -> bool) {
        for (first, block) in (0_u32..).step_by(64).zip(&mut self.0) {
            let mut left = *block;
            while left != 0 {
                let lowest = left & left.wrapping_neg();
                if !holds(first + left.trailing_zeros()) {
                    *block &= !lowest;
                }
                left &= !lowest;
            }
        }
    }

    /// All of them, ascending.
    pub(crate) fn to_vec(&self) -> Vec<u32> {
        let mut documents = Vec::with_capacity(self.len());
        for (first, block) in (0_u32..).step_by(64).zip(&self.0) {
            let mut left = *block;
            while left != 0 {
                documents.push(first + left.trailing_zeros());
                left &= left - 1;
            }
        }
        documents
    }
}

/// The texts of one side of the market.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) fields: &'a Fields,
    pub(crate) kind: ListingKind,
}

impl Texts<'_> {
    /// Documents of a segment where the phrase occurs in one of these parts.
    pub(crate) fn having(&self, reader: &SegmentReader, phrase: &Phrase, parts: &[Part]) -> Result<DocumentSet, SearchError> {
        let mut documents = DocumentSet::new(reader);
        self.each_field(Channel::Grams, parts, |field| match phrase.as_slice() {
            [] => Ok(()),
            [(_, gram)] => {
                let term = Term::from_field_text(field, gram);
                each_posting(reader, &term, IndexRecordOption::Basic, |doc, _| documents.insert(doc))
            }
            _ => {
                let mut scorer = self.weight(field, phrase)?.scorer(reader, 1.0)?;
                let mut doc = scorer.doc();
                while doc != TERMINATED {
                    documents.insert(doc);
                    doc = scorer.advance();
                }
                Ok(())
            }
        })?;
        Ok(documents)
    }

    /// Which of these documents, in ascending order, have the phrase in one of these parts. Nothing between them is looked at.
    pub(crate) fn having_among(
        &self,
        reader: &SegmentReader,
        phrase: &Phrase,
        parts: &[Part],
        documents: &[u32],
    ) -> Result<DocumentSet, SearchError> {
        let mut having = DocumentSet::new(reader);
        let Some((first, others)) = documents.split_first() else { return Ok(having) };
        let [_, _, ..] = phrase.as_slice() else { return self.having(reader, phrase, parts) };
        self.each_field(Channel::Grams, parts, |field| {
            let (mut state, mut scorer) = self.weight(field, phrase)?.scorer_danger(reader, *first, 1.0)?;
            if state == SeekDangerResult::Found {
                having.insert(*first);
            }
            for doc in others {
                // The scorer may be asked for ascending documents only, and for none that it knows not to have.
                if !matches!(state, SeekDangerResult::SeekLowerBound(bound) if bound > *doc) {
                    state = scorer.seek_danger(*doc);
                }
                if state == SeekDangerResult::Found {
                    having.insert(*doc);
                }
            }
            Ok(())
        })?;
        Ok(having)
    }

    fn weight(&self, field: Field, phrase: &Phrase) -> Result<Box<dyn Weight>, SearchError> {
        let terms = phrase.iter().map(|(at, gram)| (*at, Term::from_field_text(field, gram))).collect();
        Ok(PhraseQuery::new_with_offset(terms).weight(EnableScoring::disabled_from_searcher(&self.snapshot.searcher))?)
    }

    /// Visits the fields of these parts that any listing of the side has.
    pub(crate) fn each_field(
        &self,
        channel: Channel,
        parts: &[Part],
        mut visit: impl FnMut(Field) -> Result<(), SearchError>,
    ) -> Result<(), SearchError> {
        let side = self.snapshot.side(self.kind);
        self.fields
            .scored(self.kind)
            .iter()
            .filter(|scored| scored.channel == channel && parts.contains(&scored.part) && side.uses(scored.field))
            .try_for_each(|scored| visit(scored.field))
    }
}
