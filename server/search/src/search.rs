//! What fits a person's query?

use std::collections::{BTreeMap, HashMap, HashSet};

use keqiao_model::ListingKind;
use tantivy::schema::IndexRecordOption;
use tantivy::{SegmentReader, Term};

use crate::conjunction::{Alternatives, Thing};
use crate::error::SearchError;
use crate::filter::{Conditions, Filter};
use crate::phrase::{DocumentSet, Phrase, Texts};
use crate::query::{Expansion, Operand, Query, Wanted};
use crate::request::{Also, Facet, Hit, SearchRequest, SearchResult, Sort};
use crate::schema::{Channel, Fields, Part};
use crate::scoring::{FieldTerm, resolve};
use crate::snapshot::{Segment, Snapshot, each_posting};
use crate::snippet::Marker;
use crate::top::{Keys, Ranked, Top, score_key};

/// The whole query stands in the text as typed.
const ADJACENT: f32 = 1.25;
/// The whole query stands in the title as typed.
const ADJACENT_IN_TITLE: f32 = 1.5;
/// Longest word, in pairs of characters, whose pairs are told apart; of a longer one the first pairs count.
pub(crate) const WORD_BITS: usize = 32;

/// A document that fits.
struct Found {
    doc: u32,
    score: f32,
    /// 2: its number was asked for, 1: it has every word, 0: enough of them.
    tier: u64,
}

/// What may stay of what was found in a segment.
struct Narrow {
    conditions: Conditions,
    filter: Filter,
}

/// Answers a search.
pub(crate) fn run(snapshot: &Snapshot, fields: &Fields, request: &SearchRequest) -> Result<SearchResult, SearchError> {
    let search = Search { snapshot, fields, kind: request.kind, query: Query::read(request) };
    let resolved = resolve(snapshot, fields, request.kind, &Part::ALL, &search.query.terms)?;
    let sort = if search.query.is_open() && request.sort == Sort::Relevance { Sort::Newest } else { request.sort };
    let mut result = SearchResult { also: also(&search.query, &resolved), ..SearchResult::default() };
    // Every hit fits in the index, so a page beyond it needs no more room than that.
    let documents = usize::try_from(snapshot.side(request.kind).documents).unwrap_or(usize::MAX);
    let room = if request.limit == 0 { 0 } else { request.offset.saturating_add(request.limit).min(documents) };
    let mut top = Top::new(room);
    let mut counts: BTreeMap<Facet, HashMap<String, usize>> = Facet::all().into_iter().map(|facet| (facet, HashMap::new())).collect();
    for segment in snapshot.segments() {
        let reader = segment.reader;
        let keys = Keys::open(segment)?;
        let mut narrow = Narrow { conditions: Conditions::new(reader, &search.query, request)?, filter: Filter::new(reader, request)? };
        let found = search.segment(segment, &resolved, &mut narrow, if sort == Sort::Relevance { room } else { usize::MAX })?;
        result.total += found.len();
        for found in found {
            let primary = match sort {
                Sort::Relevance => (found.tier << 32) | score_key(found.score),
                Sort::Newest => keys.newest(found.doc),
                Sort::Deadline => keys.deadline(found.doc),
            };
            top.show(&keys, found.doc, primary, found.score);
        }
        narrow.filter.add_to(&mut counts)?;
    }
    for (facet, codes) in counts {
        let mut codes: Vec<(String, usize)> = codes.into_iter().collect();
        codes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        result.facets.insert(facet, codes);
    }
    let marker = Marker::new(if request.mark { Some(&search.query) } else { None });
    for ranked in top.finish().iter().skip(request.offset).take(request.limit) {
        result.hits.push(hit(snapshot, fields, &marker, ranked)?);
    }
    Ok(result)
}

/// The expansions that some document of the side has.
fn also(query: &Query, resolved: &[FieldTerm]) -> Vec<Also> {
    let occurs = |place: &usize| resolved.iter().any(|term| term.index == *place);
    let fits = |expansion: &&Expansion| {
        expansion.word.as_ref().is_some_and(occurs) || (!expansion.grams.is_empty() && expansion.grams.iter().all(occurs))
    };
    query
        .expansions
        .iter()
        .filter(fits)
        .map(|expansion| Also { typed: expansion.typed.clone(), word: expansion.synonym.to_owned() })
        .collect()
}

fn hit(snapshot: &Snapshot, fields: &Fields, marker: &Marker, ranked: &Ranked) -> Result<Hit, SearchError> {
    let entry: tantivy::TantivyDocument = snapshot.searcher.doc(ranked.address)?;
    let text = |field| fields.stored_text(&entry, field);
    let (title, summary, text) = (text(fields.title), text(fields.summary), text(fields.text));
    Ok(Hit { id: ranked.id(), score: ranked.score, title: marker.whole(&title), snippet: marker.snippet(&[&summary, &text, &title]) })
}

struct Search<'a> {
    snapshot: &'a Snapshot,
    fields: &'a Fields,
    kind: ListingKind,
    query: Query,
}

impl Search<'_> {
    /// Everything in the segment that fits the query and may stay, in the order of the segment. The best `wanted` have the scores by which they
    /// are told apart; others may have a little less.
    fn segment(&self, segment: Segment<'_>, resolved: &[FieldTerm], narrow: &mut Narrow, wanted: usize) -> Result<Vec<Found>, SearchError> {
        let reader = segment.reader;
        let numbered = self.numbered(reader)?;
        if !self.query.is_open() && numbered.is_empty() && self.query.wants_all() {
            let mut documents = self.conjunction(segment, resolved)?;
            self.narrow(reader, narrow, &mut documents, |doc| *doc)?;
            return self.scored_all(segment, resolved, documents, wanted);
        }
        let mut found = if self.query.is_open() { self.everything(reader)? } else { self.scored(segment, resolved, &numbered)? };
        self.narrow(reader, narrow, &mut found, |found| found.doc)?;
        Ok(found)
    }

    /// Keeps what is alive, not excluded, and passes conditions and filters.
    fn narrow<T>(&self, reader: &SegmentReader, narrow: &mut Narrow, found: &mut Vec<T>, doc: fn(&T) -> u32) -> Result<(), SearchError> {
        if let Some(alive) = reader.alive_bitset() {
            found.retain(|one| alive.is_alive(doc(one)));
        }
        for wanted in &self.query.excluded {
            let excluded = self.wanted(reader, wanted)?;
            found.retain(|one| !excluded.has(doc(one)));
        }
        if !self.query.only.is_empty() {
            let only = self.numbers(reader, &self.query.only)?;
            found.retain(|one| only.contains(&doc(one)));
        }
        if !self.query.except.is_empty() {
            let except = self.numbers(reader, &self.query.except)?;
            found.retain(|one| !except.contains(&doc(one)));
        }
        found.retain(|one| narrow.conditions.hold(doc(one)));
        narrow.filter.keep(found, doc);
        Ok(())
    }

    fn texts(&self) -> Texts<'_> {
        Texts { snapshot: self.snapshot, fields: self.fields, kind: self.kind }
    }

    fn everything(&self, reader: &SegmentReader) -> Result<Vec<Found>, SearchError> {
        let mut found = Vec::new();
        let term = self.fields.kind_term(self.kind);
        each_posting(reader, &term, IndexRecordOption::Basic, |doc, _| found.push(Found { doc, score: 0.0, tier: 0 }))?;
        Ok(found)
    }

    /// What has every word, ascending.
    fn conjunction(&self, segment: Segment<'_>, resolved: &[FieldTerm]) -> Result<Vec<u32>, SearchError> {
        let reader = segment.reader;
        let open = |bit: usize| -> Result<Alternatives<'_>, SearchError> {
            let Some(concept) = self.query.concepts.get(bit) else { return Ok(Alternatives(Vec::new())) };
            let mut things = vec![Thing::new(segment, resolved, Some(concept.word), &concept.grams, None)];
            for expansion in self.query.expansions.iter().filter(|expansion| expansion.concepts & (1 << bit) != 0) {
                let phrase = expansion.phrase.as_ref().map(|phrase| self.texts().having(reader, phrase, &Part::ALL)).transpose()?;
                things.push(Thing::new(segment, resolved, expansion.word, &expansion.grams, phrase));
            }
            Ok(Alternatives(things))
        };
        let mut order: Vec<usize> = (0..self.query.concepts.len()).collect();
        order.sort_by_cached_key(|bit| self.at_most(*bit, resolved));
        let mut order = order.into_iter();
        let Some(rarest) = order.next() else { return Ok(Vec::new()) };
        let mut documents = open(rarest)?.documents()?;
        for bit in order {
            if documents.is_empty() {
                break;
            }
            open(bit)?.filter(&mut documents)?;
        }
        Ok(documents)
    }

    /// Scores documents that have every word.
    fn scored_all(
        &self,
        segment: Segment<'_>,
        resolved: &[FieldTerm],
        documents: Vec<u32>,
        wanted: usize,
    ) -> Result<Vec<Found>, SearchError> {
        let scores = self.scores(segment, resolved, &documents)?;
        let adjacent = match &self.query.adjacent {
            Some(phrase) if wanted > 0 => {
                // Whoever would be behind the last wanted one with the phrase in its title need not be looked through for it.
                let least = nth_best(&scores, wanted) / ADJACENT_IN_TITLE;
                let able: Vec<u32> = documents.iter().zip(&scores).filter(|(_, score)| **score >= least).map(|(doc, _)| *doc).collect();
                let among = |parts: &[Part]| self.texts().having_among(segment.reader, phrase, parts, &able);
                Some((among(&Part::ALL)?, among(&[Part::Title])?))
            }
            _ => None,
        };
        let found = documents.into_iter().zip(scores).map(|(doc, score)| Found { doc, score: score * adjacency(&adjacent, doc), tier: 1 });
        Ok(found.collect())
    }

    /// How many documents have a word of the query, or another word for it, at most.
    fn at_most(&self, bit: usize, resolved: &[FieldTerm]) -> u64 {
        let entries = |index: usize| resolved.iter().filter(|term| term.index == index).map(FieldTerm::frequency).sum::<u64>();
        let most = |word: Option<usize>, grams: &[usize]| {
            word.map_or(0, entries) + grams.iter().take(WORD_BITS).map(|index| entries(*index)).min().unwrap_or(0)
        };
        let own = self.query.concepts.get(bit).map_or(0, |concept| most(Some(concept.word), &concept.grams));
        let expansions = self.query.expansions.iter().filter(|expansion| expansion.concepts & (1 << bit) != 0);
        own + expansions.map(|expansion| most(expansion.word, &expansion.grams)).sum::<u64>()
    }

    /// Scores of some documents that have every word.
    fn scores(&self, segment: Segment<'_>, resolved: &[FieldTerm], documents: &[u32]) -> Result<Vec<f32>, SearchError> {
        let mut scores = vec![0.0_f32; documents.len()];
        let mut done = HashSet::new();
        for concept in &self.query.concepts {
            for index in concept.grams.iter().copied().chain([concept.word]).filter(|index| done.insert(*index)) {
                for term in resolved.iter().filter(|term| term.index == index) {
                    term.of_ascending(segment, documents, |place, weight| {
                        if let Some(score) = scores.get_mut(place) {
                            *score += weight;
                        }
                    })?;
                }
            }
        }
        for expansion in &self.query.expansions {
            let among = |phrase: &Phrase| self.texts().having_among(segment.reader, phrase, &Part::ALL, documents);
            let phrase = expansion.phrase.as_ref().map(among).transpose()?;
            let thing = Thing::new(segment, resolved, expansion.word, &expansion.grams, phrase);
            let mut whole = thing.lists(documents.len())?;
            let has: Vec<bool> = documents.iter().map(|doc| whole.has(*doc)).collect();
            let mut added = vec![0.0_f32; documents.len()];
            let typed = self.query.typed_terms;
            for index in expansion.grams.iter().copied().chain(expansion.word).filter(|index| *index >= typed) {
                for term in resolved.iter().filter(|term| term.index == index) {
                    term.of_ascending(segment, documents, |place, weight| {
                        if let Some(score) = added.get_mut(place) {
                            *score += weight;
                        }
                    })?;
                }
            }
            for ((score, added), has) in scores.iter_mut().zip(added).zip(has) {
                if has {
                    *score += added;
                }
            }
        }
        Ok(scores)
    }

    fn scored(&self, segment: Segment<'_>, resolved: &[FieldTerm], numbered: &HashSet<u32>) -> Result<Vec<Found>, SearchError> {
        let reader = segment.reader;
        let size = reader.max_doc() as usize;
        let mut scores = vec![0.0_f32; size];
        let mut concepts_of = vec![0_u64; size];
        let mut grams_of = vec![0_u32; size];
        let mut touched = Vec::new();
        // A pair can belong to several words: it counts for each of them, but only once for the score.
        let mut done = HashSet::new();
        for (bit, concept) in self.query.concepts.iter().enumerate() {
            let all_grams = mask(concept.grams.len());
            for (place, index) in concept.grams.iter().copied().enumerate().chain([(usize::MAX, concept.word)]) {
                let gram_bit = if place == usize::MAX {
                    u32::MAX
                } else if place < WORD_BITS {
                    1 << place
                } else {
                    0
                };
                let first = done.insert(index);
                for term in resolved.iter().filter(|term| term.index == index) {
                    term.each(segment, |doc, weight| {
                        let at = doc as usize;
                        if first && let Some(score) = scores.get_mut(at) {
                            *score += weight;
                        }
                        if let Some(grams) = grams_of.get_mut(at) {
                            if *grams == 0 {
                                touched.push(doc);
                            }
                            *grams |= gram_bit;
                        }
                    })?;
                }
            }
            for doc in touched.drain(..) {
                if let (Some(grams), Some(concepts)) = (grams_of.get_mut(doc as usize), concepts_of.get_mut(doc as usize)) {
                    if *grams & all_grams == all_grams {
                        *concepts |= 1 << bit;
                    }
                    *grams = 0;
                }
            }
        }
        self.expansions(segment, resolved, &mut scores, &mut concepts_of)?;
        let mut phrases = Vec::new();
        for wanted in &self.query.phrases {
            phrases.push(self.wanted(reader, wanted)?);
        }
        let adjacent = match &self.query.adjacent {
            Some(phrase) => Some((self.texts().having(reader, phrase, &Part::ALL)?, self.texts().having(reader, phrase, &[Part::Title])?)),
            None => None,
        };
        let all = self.query.size();
        let mut found = Vec::new();
        for ((doc, score), concepts) in (0_u32..).zip(scores).zip(concepts_of) {
            let asked = numbered.contains(&doc);
            let mut has = (concepts & self.query.free).count_ones() as usize;
            if !asked {
                let holds = |wanted: u64| wanted == 0 || (0..).zip(&phrases).all(|(place, set)| wanted & (1 << place) == 0 || set.has(doc));
                let operand = |operand: &Operand| concepts & operand.concepts == operand.concepts && holds(operand.phrases);
                let groups = self.query.groups.iter().filter(|group| group.iter().any(operand)).count();
                has += groups;
                if groups < self.query.groups.len() || has < self.query.required || !holds(self.query.strict) {
                    continue;
                }
            }
            let coverage = if all == 0 { 1.0 } else { has as f32 / all as f32 };
            let tier = if asked { 2 } else { u64::from(has == all) };
            found.push(Found { doc, score: score * coverage * coverage * adjacency(&adjacent, doc), tier });
        }
        Ok(found)
    }

    /// Adds what other words for the same say: a document that has the whole of one has the concepts it stands for.
    fn expansions(
        &self,
        segment: Segment<'_>,
        resolved: &[FieldTerm],
        scores: &mut [f32],
        concepts_of: &mut [u64],
    ) -> Result<(), SearchError> {
        let mut parts: HashMap<u32, (f32, u32)> = HashMap::new();
        for expansion in &self.query.expansions {
            parts.clear();
            let all_grams = mask(expansion.grams.len());
            for (place, index) in expansion.grams.iter().copied().enumerate().chain(expansion.word.map(|word| (usize::MAX, word))) {
                let bit =
                    if place == usize::MAX { u32::MAX } else { 1_u32.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0) };
                // What was typed as well has been counted in full.
                let counts = if index < self.query.typed_terms { 0.0 } else { 1.0 };
                for term in resolved.iter().filter(|term| term.index == index) {
                    term.each(segment, |doc, weight| {
                        let part = parts.entry(doc).or_default();
                        part.0 += weight * counts;
                        part.1 |= bit;
                    })?;
                }
            }
            let phrase = match &expansion.phrase {
                Some(phrase) => Some(self.texts().having(segment.reader, phrase, &Part::ALL)?),
                None => None,
            };
            for (doc, (score, grams)) in parts.drain() {
                let whole = grams & all_grams == all_grams && phrase.as_ref().is_none_or(|phrase| phrase.has(doc));
                if let (true, Some(sum), Some(concepts)) = (whole, scores.get_mut(doc as usize), concepts_of.get_mut(doc as usize)) {
                    *sum += score;
                    *concepts |= expansion.concepts;
                }
            }
        }
        Ok(())
    }

    /// Documents whose number was typed.
    fn numbered(&self, reader: &SegmentReader) -> Result<HashSet<u32>, SearchError> {
        self.numbers(reader, &self.query.numbers)
    }

    /// Documents of the side with one of these numbers.
    fn numbers(&self, reader: &SegmentReader, numbers: &[String]) -> Result<HashSet<u32>, SearchError> {
        let mut documents = HashSet::new();
        let mut of_kind = HashSet::new();
        for number in numbers {
            let term = Term::from_field_text(self.fields.number, number);
            each_posting(reader, &term, IndexRecordOption::Basic, |doc, _| {
                documents.insert(doc);
            })?;
        }
        if !documents.is_empty() {
            let term = self.fields.kind_term(self.kind);
            each_posting(reader, &term, IndexRecordOption::Basic, |doc, _| {
                if documents.contains(&doc) {
                    of_kind.insert(doc);
                }
            })?;
        }
        Ok(of_kind)
    }

    /// Documents where this occurs.
    fn wanted(&self, reader: &SegmentReader, wanted: &Wanted) -> Result<DocumentSet, SearchError> {
        let mut documents = self.texts().having(reader, &wanted.phrase, wanted.parts)?;
        if let Some(stem) = &wanted.stem {
            self.texts().each_field(Channel::Words, wanted.parts, |field| {
                let term = Term::from_field_text(field, stem);
                each_posting(reader, &term, IndexRecordOption::Basic, |doc, _| documents.insert(doc))
            })?;
        }
        Ok(documents)
    }
}

/// The score of the last of so many best ones; 0 when there are not so many.
fn nth_best(scores: &[f32], count: usize) -> f32 {
    let Some(last) = count.checked_sub(1).filter(|last| *last < scores.len()) else { return 0.0 };
    let mut scores = scores.to_vec();
    *scores.select_nth_unstable_by(last, |a, b| b.total_cmp(a)).1
}

/// How much more a document is worth that says the whole query as typed, anywhere or in its title.
fn adjacency(adjacent: &Option<(DocumentSet, DocumentSet)>, doc: u32) -> f32 {
    match adjacent {
        Some((_, title)) if title.has(doc) => ADJACENT_IN_TITLE,
        Some((anywhere, _)) if anywhere.has(doc) => ADJACENT,
        _ => 1.0,
    }
}

/// The lowest bits set, at most all.
fn mask(bits: usize) -> u32 {
    if bits >= WORD_BITS { u32::MAX } else { (1 << bits) - 1 }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{Change, Document, SearchIndex};

    const WORDS: [&str; 14] = [
        "锂离子电池",
        "电池",
        "回收",
        "磷酸铁锂",
        "正极",
        "battery",
        "recycling",
        "3D打印",
        "增材制造",
        "VOCs",
        "挥发性有机物",
        "治理",
        "钴",
        "电机",
    ];

    /// Documents that share words in every way, some of them gone again.
    async fn index() -> SearchIndex {
        let index = SearchIndex::in_memory().unwrap();
        let word = |n: usize| WORDS[n % WORDS.len()];
        for part in 0..3_usize {
            let put = (part * 100..part * 100 + 100).map(|n| {
                let mut document = Document::new(uuid::Uuid::from_u128(n as u128 + 1), ListingKind::Demand);
                document.title = format!("{}{}", word(n), word(n / 3 + 1));
                document.summary = format!("{} {}的{}", word(n / 7), word(n * 5 + 2), word(n / 2 + 4));
                document.text = [word(n / 11), word(n + 9), "与", word(n * 3)].concat();
                document.published_at = n as i64;
                Change::Put(Box::new(document))
            });
            index.apply(put.collect(), part.to_string()).await.unwrap();
        }
        index.apply((0..300).step_by(17).map(|n| Change::Remove(uuid::Uuid::from_u128(n + 1))).collect(), "4".to_owned()).await.unwrap();
        index
    }

    #[tokio::test]
    async fn some_documents_score_as_they_do_among_all() {
        let index = index().await;
        let (snapshot, fields) = index.parts();
        let query = Query::read(&SearchRequest::new(ListingKind::Demand, "锂离子电池 回收 VOCs battery"));
        let resolved = resolve(&snapshot, &fields, ListingKind::Demand, &Part::ALL, &query.terms).unwrap();
        for segment in snapshot.segments() {
            let reader = segment.reader;
            let all = crate::scoring::score_segment(segment, &resolved).unwrap();
            let alive = |doc: &u32| reader.alive_bitset().is_none_or(|alive| alive.is_alive(*doc));
            let chosen: Vec<u32> = (0..reader.max_doc()).step_by(3).filter(alive).collect();
            // Some terms for everybody, then the others for some.
            let (first, others) = resolved.split_at(resolved.len() / 2);
            let begun = crate::scoring::score_segment(segment, first).unwrap();
            let mut some: Vec<f32> = chosen.iter().map(|doc| begun[*doc as usize]).collect();
            crate::scoring::add_scores(segment, others, &chosen, &mut some).unwrap();
            for (doc, some) in chosen.iter().zip(some) {
                assert_eq!(some.to_bits(), all[*doc as usize].to_bits(), "{doc}");
            }
        }
    }

    #[tokio::test]
    async fn asking_the_rarest_word_first_finds_and_scores_what_scoring_everything_does() {
        let index = index().await;
        let (snapshot, fields) = index.parts();
        let (mut compared, mut hits) = (0, 0);
        for n in 0..200 {
            let words: Vec<&str> = (0..=n % 4).map(|k| WORDS[(n * 7 + k * (n + 3)) % WORDS.len()]).collect();
            let request = SearchRequest::new(ListingKind::Demand, words.join(" "));
            let search = Search { snapshot: &snapshot, fields: &fields, kind: request.kind, query: Query::read(&request) };
            if !search.query.wants_all() {
                continue;
            }
            let resolved = resolve(&snapshot, &fields, request.kind, &Part::ALL, &search.query.terms).unwrap();
            for segment in snapshot.segments() {
                let key = |found: Found| (found.doc, found.score.to_bits(), found.tier);
                let all: Vec<_> = search.scored(segment, &resolved, &HashSet::new()).unwrap().into_iter().map(key).collect();
                let documents = search.conjunction(segment, &resolved).unwrap();
                let scored = |wanted: usize| -> Vec<_> {
                    search.scored_all(segment, &resolved, documents.clone(), wanted).unwrap().into_iter().map(key).collect()
                };
                assert_eq!(scored(usize::MAX), all, "{}", request.query);
                hits += all.len();
                // The best few are the same where the phrase is looked for in them alone.
                let best = |mut found: Vec<(u32, u32, u64)>| {
                    found.sort_by_key(|(doc, score, _)| (std::cmp::Reverse(*score), *doc));
                    found.truncate(3);
                    found
                };
                assert_eq!(best(scored(3)), best(all), "{}", request.query);
            }
            compared += 1;
        }
        assert!(compared > 100 && hits > 500, "{compared} {hits}");
    }
}
