//! Where every word must be there, the rarest one says where to look, and the others are only asked there.
//!
//! The scores are those of the exhaustive way, added up in the same order.

use tantivy::schema::IndexRecordOption;

use crate::error::SearchError;
use crate::phrase::DocumentSet;
use crate::scoring::{FieldTerm, List};
use crate::search::WORD_BITS;
use crate::snapshot::Segment;

/// A word, or another word for it: a document has it when it has the word, or all of the grams, each in any field; and the phrase, if there is
/// one.
pub(crate) struct Thing<'a> {
    segment: Segment<'a>,
    word: Vec<&'a FieldTerm>,
    /// Those with the fewest entries first.
    grams: Vec<Vec<&'a FieldTerm>>,
    phrase: Option<DocumentSet>,
}

impl<'a> Thing<'a> {
    /// A word and grams, by their places in the query, in a segment.
    pub(crate) fn new(
        segment: Segment<'a>,
        resolved: &'a [FieldTerm],
        word: Option<usize>,
        grams: &[usize],
        phrase: Option<DocumentSet>,
    ) -> Self {
        let fields = |index: usize| resolved.iter().filter(|term| term.index == index).collect::<Vec<_>>();
        // As many as are told apart: of a longer word the first pairs count.
        let mut grams: Vec<Vec<&FieldTerm>> = grams.iter().take(WORD_BITS).map(|index| fields(*index)).collect();
        grams.sort_by_key(|fields| entries(segment, fields));
        Self { segment, word: word.map(fields).unwrap_or_default(), grams, phrase }
    }

    /// How many list entries are read to know every document that has it.
    fn cost(&self) -> usize {
        entries(self.segment, &self.word) + self.grams.iter().map(|fields| entries(self.segment, fields)).sum::<usize>()
    }

    /// Every document that has it.
    pub(crate) fn documents(&self) -> Result<DocumentSet, SearchError> {
        let any = |fields: &[&FieldTerm]| -> Result<DocumentSet, SearchError> {
            let mut set = DocumentSet::new(self.segment.reader);
            fields.iter().try_for_each(|term| term.add_to(self.segment, &mut set))?;
            Ok(set)
        };
        let mut set = any(&self.word)?;
        let mut grams = self.grams.iter();
        if let Some(rarest) = grams.next() {
            let mut all = any(rarest)?;
            for fields in grams {
                let documents = all.len();
                if entries(self.segment, fields) / List::WALK < documents {
                    all.keep(&any(fields)?);
                } else {
                    let mut lists = self.open(fields, documents)?;
                    all.retain(|doc| lists.iter_mut().any(|list| list.has(doc)));
                }
            }
            set.add(&all);
        }
        if let Some(phrase) = &self.phrase {
            set.keep(phrase);
        }
        Ok(set)
    }

    /// Its lists, to be asked for this many documents.
    pub(crate) fn lists(&self, asked: usize) -> Result<Lists<'_>, SearchError> {
        let grams = self.grams.iter().map(|fields| self.open(fields, asked)).collect::<Result<_, _>>()?;
        Ok(Lists { word: self.open(&self.word, asked)?, grams, phrase: self.phrase.as_ref() })
    }

    fn open(&self, fields: &[&FieldTerm], asked: usize) -> Result<Vec<List>, SearchError> {
        let lists = fields.iter().map(|term| List::open(self.segment, term, IndexRecordOption::Basic, asked));
        lists.filter_map(Result::transpose).collect()
    }
}

fn entries(segment: Segment<'_>, fields: &[&FieldTerm]) -> usize {
    fields.iter().map(|term| term.entries(segment)).sum()
}

/// The open lists of a [`Thing`].
pub(crate) struct Lists<'a> {
    word: Vec<List>,
    grams: Vec<Vec<List>>,
    phrase: Option<&'a DocumentSet>,
}

impl Lists<'_> {
    /// Whether a document has it; the documents asked for must ascend.
    pub(crate) fn has(&mut self, doc: u32) -> bool {
        let word = self.word.iter_mut().any(|list| list.has(doc));
        let whole = word || (!self.grams.is_empty() && self.grams.iter_mut().all(|fields| fields.iter_mut().any(|list| list.has(doc))));
        whole && self.phrase.is_none_or(|phrase| phrase.has(doc))
    }
}

/// One word of the query with the other words for it.
pub(crate) struct Alternatives<'a>(pub(crate) Vec<Thing<'a>>);

impl Alternatives<'_> {
    /// Every document that has one, ascending.
    pub(crate) fn documents(&self) -> Result<Vec<u32>, SearchError> {
        Ok(self.set()?.map(|set| set.to_vec()).unwrap_or_default())
    }

    /// Keeps those of ascending documents that have one.
    pub(crate) fn filter(&self, documents: &mut Vec<u32>) -> Result<(), SearchError> {
        if self.0.iter().map(Thing::cost).sum::<usize>() / List::WALK < documents.len() {
            let set = self.set()?;
            documents.retain(|doc| set.as_ref().is_some_and(|set| set.has(*doc)));
            return Ok(());
        }
        let mut lists = self.0.iter().map(|thing| thing.lists(documents.len())).collect::<Result<Vec<_>, _>>()?;
        documents.retain(|doc| lists.iter_mut().any(|lists| lists.has(*doc)));
        Ok(())
    }

    fn set(&self) -> Result<Option<DocumentSet>, SearchError> {
        let mut things = self.0.iter();
        let Some(first) = things.next() else { return Ok(None) };
        let mut set = first.documents()?;
        for thing in things {
            set.add(&thing.documents()?);
        }
        Ok(Some(set))
    }
}
