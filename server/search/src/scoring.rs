//! How much does a term say about a listing?
//!
//! BM25 per field, summed over fields and channels, every listing scored in full. The engine's own top-k search skips listings
//! that cannot win, which pays for a handful of terms and costs ten to forty times as much for a whole demand's; adding up
//! term by term into one array is fast for both, and makes explaining and counting exact.

use keqiao_model::ListingKind;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, Postings as _, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet as _, Term};

use crate::error::SearchError;
use crate::phrase::DocumentSet;
use crate::schema::{Channel, Fields, Part, ScoredField};
use crate::snapshot::{Lists, Segment, Snapshot};

/// How soon further occurrences of a term stop to matter.
const K1: f32 = 1.2;
/// How much a long text is held against its occurrences.
const B: f32 = 0.75;

/// How strongly rarity counts: the exponent of the idf. A little above 1 measured better than 1 on Chinese and level on English.
const RARITY: f32 = 1.2;

/// A term that is searched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueryTerm {
    pub(crate) channel: Channel,
    pub(crate) text: String,
    /// How much the query wants it.
    pub(crate) weight: f32,
}

/// A query's term in one field, ready to score.
pub(crate) struct FieldTerm {
    /// Place of the term in the query's list.
    pub(crate) index: usize,
    pub(crate) part: Part,
    field: Field,
    lists: Lists,
    idf: f32,
    factor: f32,
    mean_length: f32,
}

/// Inverse document frequency: `documents` in all, `frequency` of them with the term.
pub(crate) fn idf(documents: u64, frequency: u64) -> f32 {
    let (documents, frequency) = (documents as f32, frequency as f32);
    (1.0 + (documents - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
}

/// In how many documents of the side the term occurs: in their texts, or, where no text has it, in the first other part that does. The price
/// of counting exactly across fields is not worth paying for a weight.
pub(crate) fn frequency(snapshot: &Snapshot, fields: &Fields, kind: ListingKind, channel: Channel, text: &str) -> Result<u64, SearchError> {
    let side = snapshot.side(kind);
    for part in [Part::Text, Part::Title, Part::Keywords, Part::Indicators] {
        for scored in
            fields.scored(kind).iter().filter(|scored| scored.channel == channel && scored.part == part && side.uses(scored.field))
        {
            let frequency = snapshot.frequency(&Term::from_field_text(scored.field, text))?;
            if frequency > 0 {
                return Ok(frequency);
            }
        }
    }
    Ok(0)
}

/// The terms in every field of these parts of a side that has them, in the order of `terms`.
pub(crate) fn resolve(
    snapshot: &Snapshot,
    fields: &Fields,
    kind: ListingKind,
    parts: &[Part],
    terms: &[QueryTerm],
) -> Result<Vec<FieldTerm>, SearchError> {
    let mut resolved = Vec::new();
    for (index, query) in terms.iter().enumerate() {
        for mut field in resolve_term(snapshot, fields, kind, parts, query.channel, &query.text)? {
            field.index = index;
            field.weigh(query.weight);
            resolved.push(field);
        }
    }
    Ok(resolved)
}

/// One term in every field of these parts of a side that has it, not yet weighed.
pub(crate) fn resolve_term(
    snapshot: &Snapshot,
    fields: &Fields,
    kind: ListingKind,
    parts: &[Part],
    channel: Channel,
    text: &str,
) -> Result<Vec<FieldTerm>, SearchError> {
    let side = snapshot.side(kind);
    let mut resolved = Vec::new();
    let wanted = |scored: &&ScoredField| scored.channel == channel && parts.contains(&scored.part) && side.uses(scored.field);
    for scored in fields.scored(kind).iter().filter(wanted) {
        let term = Term::from_field_text(scored.field, text);
        let lists = snapshot.lists(&term)?;
        if lists.frequency > 0 {
            let idf = idf(side.documents, lists.frequency).powf(RARITY);
            let mean_length = side.mean_length(scored.field);
            resolved.push(FieldTerm { index: 0, part: scored.part, field: scored.field, lists, idf, factor: 0.0, mean_length });
        }
    }
    Ok(resolved)
}

impl FieldTerm {
    /// Sets how much the query wants the term.
    pub(crate) fn weigh(&mut self, weight: f32) {
        self.factor = weight * self.idf * (K1 + 1.0);
    }

    /// How many listings have it there.
    pub(crate) fn frequency(&self) -> u64 {
        self.lists.frequency
    }

    /// Its list in a segment.
    pub(crate) fn postings(&self, segment: Segment<'_>, option: IndexRecordOption) -> Result<Option<SegmentPostings>, SearchError> {
        let Some(info) = self.lists.of(segment) else { return Ok(None) };
        Ok(Some(segment.reader.inverted_index(self.field)?.read_postings_from_terminfo(info, option)?))
    }

    /// How many entries its list in a segment has.
    pub(crate) fn entries(&self, segment: Segment<'_>) -> usize {
        self.lists.of(segment).map_or(0, |info| info.doc_freq as usize)
    }

    fn blocks(&self, segment: Segment<'_>, option: IndexRecordOption) -> Result<Option<BlockSegmentPostings>, SearchError> {
        let Some(info) = self.lists.of(segment) else { return Ok(None) };
        Ok(Some(segment.reader.inverted_index(self.field)?.read_block_postings_from_terminfo(info, option)?))
    }

    /// Adds every document of the segment that has the term in this field, dead ones included.
    pub(crate) fn add_to(&self, segment: Segment<'_>, set: &mut DocumentSet) -> Result<(), SearchError> {
        let Some(mut blocks) = self.blocks(segment, IndexRecordOption::Basic)? else { return Ok(()) };
        while !blocks.docs().is_empty() {
            blocks.docs().iter().for_each(|doc| set.insert(*doc));
            blocks.advance();
        }
        Ok(())
    }

    /// The denominators for every code of a length: lengths are stored as one of 256 codes.
    fn norms(&self) -> [f32; 256] {
        let mut table = [0.0_f32; 256];
        for (code, slot) in (0..=u8::MAX).zip(table.iter_mut()) {
            *slot = self.norm(code);
        }
        table
    }

    /// Calls `visit` with every document of the segment that has the term in this field, dead ones included, and what it adds to
    /// the score.
    pub(crate) fn each(&self, segment: Segment<'_>, mut visit: impl FnMut(u32, f32)) -> Result<(), SearchError> {
        let Some(mut blocks) = self.blocks(segment, IndexRecordOption::WithFreqs)? else { return Ok(()) };
        let Some(norms) = segment.reader.fieldnorms_readers().get_field(self.field)? else { return Ok(()) };
        let table = self.norms();
        while !blocks.docs().is_empty() {
            for (doc, count) in blocks.docs().iter().zip(blocks.freqs()) {
                let norm = table.get(usize::from(norms.fieldnorm_id(*doc))).copied().unwrap_or(K1);
                visit(*doc, self.weight(*count, norm));
            }
            blocks.advance();
        }
        Ok(())
    }

    /// As [`FieldTerm::each`], for the documents given, in ascending order; `visit` gets the place of each that has the term.
    pub(crate) fn of_ascending(
        &self,
        segment: Segment<'_>,
        documents: &[u32],
        mut visit: impl FnMut(usize, f32),
    ) -> Result<(), SearchError> {
        let Some(norms) = segment.reader.fieldnorms_readers().get_field(self.field)? else { return Ok(()) };
        if self.entries(segment) / List::WALK < documents.len() {
            return self.walk(segment, documents, |place, doc, count, table| {
                let norm = table.get(usize::from(norms.fieldnorm_id(doc))).copied().unwrap_or(K1);
                visit(place, self.weight(count, norm));
            });
        }
        let Some(mut list) = List::open(segment, self, IndexRecordOption::WithFreqs, documents.len())? else { return Ok(()) };
        for (place, doc) in documents.iter().enumerate() {
            if list.has(*doc) {
                visit(place, self.weight(list.postings.term_freq(), self.norm(norms.fieldnorm_id(*doc))));
            }
        }
        Ok(())
    }

    /// Goes through the list and the ascending documents side by side; `visit` gets the place of each that has the term, the document, how
    /// often it has it, and the denominators.
    fn walk(
        &self,
        segment: Segment<'_>,
        documents: &[u32],
        mut visit: impl FnMut(usize, u32, u32, &[f32; 256]),
    ) -> Result<(), SearchError> {
        let Some(mut blocks) = self.blocks(segment, IndexRecordOption::WithFreqs)? else { return Ok(()) };
        let table = self.norms();
        let mut wanted = documents.iter().copied().enumerate().peekable();
        while !blocks.docs().is_empty() {
            for (doc, count) in blocks.docs().iter().zip(blocks.freqs()) {
                while wanted.next_if(|(_, wanted)| wanted < doc).is_some() {}
                let Some((place, next)) = wanted.peek() else { return Ok(()) };
                if next == doc {
                    visit(*place, *doc, *count, &table);
                }
            }
            blocks.advance();
        }
        Ok(())
    }

    /// As [`FieldTerm::each`], for the few documents given, in ascending order.
    pub(crate) fn of_documents(
        &self,
        segment: Segment<'_>,
        documents: impl Iterator<Item = u32>,
        mut visit: impl FnMut(u32, f32),
    ) -> Result<(), SearchError> {
        let Some(norms) = segment.reader.fieldnorms_readers().get_field(self.field)? else { return Ok(()) };
        let Some(mut postings) = self.postings(segment, IndexRecordOption::WithFreqs)? else { return Ok(()) };
        for doc in documents {
            // Seeking backwards is not allowed; the list may already stand behind the document it lacks.
            let at = if postings.doc() < doc { postings.seek(doc) } else { postings.doc() };
            if at == doc {
                visit(doc, self.weight(postings.term_freq(), self.norm(norms.fieldnorm_id(doc))));
            }
        }
        Ok(())
    }

    fn norm(&self, length_code: u8) -> f32 {
        let length = FieldNormReader::id_to_fieldnorm(length_code) as f32;
        K1 * (1.0 - B + B * length / self.mean_length)
    }

    fn weight(&self, count: u32, norm: f32) -> f32 {
        let count = count as f32;
        self.factor * count / (count + norm)
    }
}

/// A list of documents that is asked in ascending order.
pub(crate) struct List {
    postings: SegmentPostings,
    walk: bool,
}

impl List {
    /// So many entries of a list to one document asked for: walking is cheaper than jumping.
    pub(crate) const WALK: usize = 12;

    /// The list of a term, if the segment has it; `asked` says how many documents it will be asked for.
    pub(crate) fn open(
        segment: Segment<'_>,
        term: &FieldTerm,
        option: IndexRecordOption,
        asked: usize,
    ) -> Result<Option<Self>, SearchError> {
        Ok(term.postings(segment, option)?.map(|postings| {
            let walk = postings.doc_freq() as usize / Self::WALK < asked;
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
}

/// Scores of all documents of one segment; dead ones and those of the other side have 0.
pub(crate) fn score_segment(segment: Segment<'_>, terms: &[FieldTerm]) -> Result<Vec<f32>, SearchError> {
    let reader = segment.reader;
    let mut scores = vec![0.0_f32; reader.max_doc() as usize];
    for term in terms {
        term.each(segment, |doc, weight| {
            if let Some(score) = scores.get_mut(doc as usize) {
                *score += weight;
            }
        })?;
    }
    if let Some(alive) = reader.alive_bitset() {
        for (doc, score) in (0_u32..).zip(scores.iter_mut()) {
            if *score > 0.0 && alive.is_deleted(doc) {
                *score = 0.0;
            }
        }
    }
    Ok(scores)
}

/// Adds to the scores of some documents of one segment, which ascend, what these terms say.
pub(crate) fn add_scores(segment: Segment<'_>, terms: &[FieldTerm], documents: &[u32], scores: &mut [f32]) -> Result<(), SearchError> {
    if documents.is_empty() {
        return Ok(());
    }
    for term in terms {
        term.of_ascending(segment, documents, |place, weight| {
            if let Some(score) = scores.get_mut(place) {
                *score += weight;
            }
        })?;
    }
    Ok(())
}
