//! Where every word must be there, the rarest one says where to look, and the others are only asked there.
//!
//! The scores are those of the exhaustive way, added up in the same order.

use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet as _, TERMINATED};

use crate::error::SearchError;
use crate::scoring::FieldTerm;
use crate::search::{DocumentSet, WORD_BITS};
use crate::snapshot::Segment;

/// So many entries of a list to one document asked for: walking is cheaper than jumping.
const WALK: usize = 12;

/// A list of documents that is asked in ascending order.
pub(crate) struct List {
    postings: SegmentPostings,
    walk: bool,
}

impl List {
    /// The list of a term, if the segment has it; `asked` says how many documents it will be asked for.
    pub(crate) fn open(
        segment: Segment<'_>,
        term: &FieldTerm,
        option: IndexRecordOption,
        asked: usize,
    ) -> Result<Option<Self>, SearchError> {
        Ok(term.postings(segment, option)?.map(|postings| {
            let walk = postings.doc_freq() as usize / WALK < asked;
            Self { postings, walk }
        }))
    }

    /// Whether the document is in the list; the documents asked for must ascend.
    #[inline]
    pub(crate) fn has(&mut self, doc: u32) -> bool {
        let mut at = self.postings.doc();
        if at < doc {
            if self.walk {
                while at < doc {
                    at = self.postings.advance();
                }
            } else {
                at = self.postings.seek(doc);
            }
        }
        at == doc
    }

    /// The list at the document it was last asked for and has.
    pub(crate) fn postings(&self) -> &SegmentPostings {
        &self.postings
    }

    fn len(&self) -> usize {
        self.postings.doc_freq() as usize
    }

    fn drain(mut self, into: &mut Vec<u32>) {
        let mut doc = self.postings.doc();
        while doc != TERMINATED {
            into.push(doc);
            doc = self.postings.advance();
        }
    }
}

/// A word, or another word for it: a document has it when it has the word, or all of the grams, each in any field; and the phrase, if there is
/// one.
pub(crate) struct Thing {
    word: Vec<List>,
    grams: Vec<Vec<List>>,
    phrase: Option<DocumentSet>,
}

impl Thing {
    /// Opens the lists of a word and of grams, by their places in the query.
    pub(crate) fn open(
        segment: Segment<'_>,
        resolved: &[FieldTerm],
        word: Option<usize>,
        grams: &[usize],
        phrase: Option<DocumentSet>,
        asked: usize,
    ) -> Result<Self, SearchError> {
        let lists = |index: usize| -> Result<Vec<List>, SearchError> {
            let terms = resolved.iter().filter(|term| term.index == index);
            let opened = terms.map(|term| List::open(segment, term, IndexRecordOption::Basic, asked));
            opened.filter_map(Result::transpose).collect()
        };
        let word = word.map_or(Ok(Vec::new()), lists)?;
        // As many as are told apart: of a longer word the first pairs count.
        let mut grams = grams.iter().take(WORD_BITS).map(|index| lists(*index)).collect::<Result<Vec<_>, _>>()?;
        grams.sort_by_key(|fields| entries(fields));
        Ok(Self { word, grams, phrase })
    }

    /// Whether a document has it; the documents asked for must ascend.
    pub(crate) fn has(&mut self, doc: u32) -> bool {
        let word = self.word.iter_mut().any(|list| list.has(doc));
        let whole = word || (!self.grams.is_empty() && self.grams.iter_mut().all(|fields| fields.iter_mut().any(|list| list.has(doc))));
        whole && self.phrase.as_ref().is_none_or(|phrase| phrase.has(doc))
    }

    /// Adds every document that has it, in no order, some twice.
    pub(crate) fn drain(self, into: &mut Vec<u32>) {
        let Self { word, grams, phrase } = self;
        let start = into.len();
        word.into_iter().for_each(|list| list.drain(into));
        let mut grams = grams.into_iter();
        if let Some(rarest) = grams.next() {
            let mut some = Vec::new();
            rarest.into_iter().for_each(|list| list.drain(&mut some));
            some.sort_unstable();
            some.dedup();
            for mut fields in grams {
                some.retain(|doc| fields.iter_mut().any(|list| list.has(*doc)));
            }
            into.append(&mut some);
        }
        if let Some(phrase) = phrase {
            let found = into.split_off(start);
            into.extend(found.into_iter().filter(|doc| phrase.has(*doc)));
        }
    }
}

fn entries(fields: &[List]) -> usize {
    fields.iter().map(List::len).sum()
}

/// One word of the query with the other words for it.
pub(crate) struct Alternatives(pub(crate) Vec<Thing>);

impl Alternatives {
    /// Every document that has one, ascending.
    pub(crate) fn documents(self) -> Vec<u32> {
        let mut documents = Vec::new();
        self.0.into_iter().for_each(|thing| thing.drain(&mut documents));
        documents.sort_unstable();
        documents.dedup();
        documents
    }

    /// Keeps those of ascending documents that have one.
    pub(crate) fn filter(mut self, documents: &mut Vec<u32>) {
        documents.retain(|doc| self.0.iter_mut().any(|thing| thing.has(*doc)));
    }
}
