//! What of the other side fits a whole listing?
//!
//! The whole listing is the query ([`terms`]), every listing of the other side is scored in full, the best of them gain by
//! properties that agree ([`fit`]) and by their kin: a listing whose subject others share that fit well fits a little better itself.

use std::cmp::Reverse;
use std::collections::HashMap;

use keqiao_model::{Indicator, IndicatorFit};
use tantivy::columnar::Column;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, SegmentReader, TantivyDocument};
use uuid::Uuid;

use crate::document::Document;
use crate::embeddings::Embeddings;
use crate::error::SearchError;
use crate::explanation;
use crate::latent::{COLUMNS, Placed, unpack};
use crate::phrase::Texts;
use crate::request::{Match, Property, PropertyReason};
use crate::schema::{Fields, column};
use crate::scoring::{add_scores, score_segment};
use crate::snapshot::{Snapshot, each_posting};
use crate::top::{Keys, Ranked, Top, score_key};

use self::fit::{Agreement, indicator_fits, indicator_share, meaning_share};
pub use self::fit::{WEIGHTS, Weighed, Weights};
use self::learning::Features;
pub(crate) use self::terms::DocumentQuery;
use self::terms::document_query;

mod chain;
mod fit;
pub mod learning;
mod terms;

/// So many of those that the first terms choose are scored in full, half as many again as the pool, so that it is the same however few are
/// asked for; more when more are asked for.
const CHOSEN: usize = POOL + POOL / 2;
/// Equally good ones are all scored in full unless there are this many times more of them than wanted.
const MOST_EQUALS: usize = 4;
/// So many of the best are compared with each other, and indicator by indicator.
const POOL: usize = 200;
/// The pool with all whom meaning brings in.
const MOST_POOLED: usize = 2 * POOL;
/// Exponent of kinship: only close kin counts.
const CLOSE: i32 = 10;

/// What matches are worked out from.
#[derive(Clone, Copy)]
pub(crate) struct Basis<'a> {
    /// One state of the index.
    pub(crate) snapshot: &'a Snapshot,
    /// Its fields.
    pub(crate) fields: &'a Fields,
    /// What agreeing properties are worth.
    pub(crate) weights: &'a Weights,
    /// What listings mean.
    pub(crate) embeddings: &'a Embeddings,
}

/// Scores of everything on the other side.
struct Scored {
    query: DocumentQuery,
    /// The documents of each segment that share a term, ascending, with their scores.
    segments: Vec<Vec<(u32, f32)>>,
    best: f32,
    newest: i64,
    /// Whom the listing's meaning finds on a whole side, nearest first.
    nearest: Option<Vec<Uuid>>,
}

/// A listing of the other side with all that its score is made of beyond its words and columns.
struct Candidate {
    ranked: Ranked,
    /// What it inherits from its kin.
    kin: f32,
    /// What compared indicators add or take.
    indicators: f32,
    /// What the link of the industry chain adds.
    chain_node: f32,
    /// What its meaning adds.
    meaning: f32,
    /// Whether it was compared with the others of the pool and indicator by indicator; otherwise the parts above are unknown.
    close: bool,
}

impl Candidate {
    fn new(ranked: Ranked) -> Self {
        Self { ranked, kin: 0.0, indicators: 0.0, chain_node: 0.0, meaning: 0.0, close: false }
    }

    /// Its place follows from all of its score.
    fn settle(&mut self) {
        let score = self.ranked.score + self.kin + self.indicators + self.chain_node + self.meaning;
        self.ranked.rescore(score.max(f32::MIN_POSITIVE));
    }
}

/// The best of the other side with their explanations, best first.
pub(crate) fn best(basis: &Basis<'_>, document: &Document, limit: usize) -> Result<Vec<Match>, SearchError> {
    let scored = score(basis, document, limit, &[])?;
    let candidates = candidates(basis, document, &scored, limit)?;
    explain_all(basis, document, &scored, &candidates)
}

/// The best of the other side with their scores but without explanations, best first.
pub(crate) fn rank(basis: &Basis<'_>, document: &Document, limit: usize) -> Result<Vec<(Uuid, f32)>, SearchError> {
    let scored = score(basis, document, limit, &[])?;
    Ok(candidates(basis, document, &scored, limit)?.iter().map(|one| (one.ranked.id(), one.ranked.score)).collect())
}

/// How these listings of the other side fit; those that are not indexed there or share no word are left out.
pub(crate) fn some(basis: &Basis<'_>, document: &Document, others: &[Uuid]) -> Result<Vec<Match>, SearchError> {
    let (scored, wanted) = these(basis, document, others)?;
    explain_all(basis, document, &scored, &wanted)
}

/// What can be learnt from these listings of the other side. Left out are the same as in [`some`], and those that are not looked at closely:
/// what their kin, link, indicators and meaning would add is not known, and nothing would be the wrong answer.
pub(crate) fn features(basis: &Basis<'_>, document: &Document, others: &[Uuid]) -> Result<Vec<(Uuid, Features)>, SearchError> {
    let (scored, mut wanted) = these(basis, document, others)?;
    wanted.retain(|one| one.close);
    let explained = explain_all(basis, document, &scored, &wanted)?;
    Ok(explained.iter().map(|one| (one.id, Features::of(&one.explanation, basis.weights, scored.best))).collect())
}

/// These listings of the other side, scored: in full those of the pool.
fn these(basis: &Basis<'_>, document: &Document, others: &[Uuid]) -> Result<(Scored, Vec<Candidate>), SearchError> {
    let scored = score(basis, document, POOL, others)?;
    let mut pool: HashMap<Uuid, Candidate> =
        candidates(basis, document, &scored, MOST_POOLED)?.into_iter().map(|one| (one.ranked.id(), one)).collect();
    let mut wanted = Vec::new();
    for other in others {
        if let Some(candidate) = pool.remove(other) {
            wanted.push(candidate);
        } else if let Some(ranked) = find(basis, &scored, *other)? {
            wanted.push(Candidate::new(ranked));
        }
    }
    Ok((scored, wanted))
}

/// Scores the other side: all of it, or, where that would read too much, those whom the terms that tell most choose, and `others`.
fn score(basis: &Basis<'_>, document: &Document, limit: usize, others: &[Uuid]) -> Result<Scored, SearchError> {
    let Basis { snapshot, fields, weights, embeddings } = *basis;
    let nearest = if weights.meaning > 0.0 { embeddings.nearest(document.kind, document.id, POOL) } else { None };
    let query = document_query(snapshot, fields, document)?;
    let (choosing, rest) = query.resolved.split_at_checked(query.choosing).unwrap_or((&query.resolved, &[]));
    let mut all = Vec::new();
    let mut newest = i64::MIN;
    for segment in snapshot.segments() {
        all.push(score_segment(segment, choosing)?);
        newest = newest.max(segment.reader.fast_fields().i64(column::PUBLISHED_AT)?.max_value());
    }
    let mut segments: Vec<Vec<(u32, f32)>> = Vec::with_capacity(all.len());
    if rest.is_empty() {
        let sharing = |scores: Vec<f32>| (0_u32..).zip(scores).filter(|(_, score)| *score > 0.0).collect();
        segments.extend(all.into_iter().map(sharing));
    } else {
        for ((mut chosen, begun), segment) in chosen(&all, CHOSEN.max(2 * limit)).into_iter().zip(&all).zip(snapshot.segments()) {
            let reader = segment.reader;
            chosen.extend(documents(reader, fields, others)?);
            chosen.extend(documents(reader, fields, nearest.as_deref().unwrap_or_default())?);
            chosen.sort_unstable();
            chosen.dedup();
            let mut scores: Vec<f32> = chosen.iter().map(|doc| begun.get(*doc as usize).copied().unwrap_or_default()).collect();
            add_scores(segment, rest, &chosen, &mut scores)?;
            segments.push(chosen.into_iter().zip(scores).filter(|(_, score)| *score > 0.0).collect());
        }
    }
    let mut best = segments.iter().flatten().map(|(_, score)| *score).fold(0.0, f32::max);
    if best <= 0.0 && nearest.is_some() {
        // No word is shared, perhaps for want of a common language: what else agrees has to be worth something of its own.
        best = 1.0;
    }
    Ok(Scored { query, segments, best, newest, nearest })
}

/// The documents of each segment that are among the best `count` of all, with all that are as good as the last of these, so that it does not
/// depend on which segment a document is in. Of too many equals none is taken.
fn chosen(segments: &[Vec<f32>], count: usize) -> Vec<Vec<u32>> {
    let mut chosen = vec![Vec::new(); segments.len()];
    if count == 0 {
        return chosen;
    }
    let most = count.saturating_mul(MOST_EQUALS);
    let (mut best, mut least, mut full): (Vec<(f32, usize, u32)>, _, _) = (Vec::new(), f32::MIN_POSITIVE, most);
    for (segment, scores) in segments.iter().enumerate() {
        for (doc, &score) in (0_u32..).zip(scores) {
            if score >= least {
                best.push((score, segment, doc));
                // Whoever is behind so many others already is forgotten: of a million documents few are ever remembered.
                if best.len() > full {
                    least = nth_best(&mut best, count);
                    best.retain(|(score, ..)| *score >= least);
                    full = most.max(2 * best.len());
                }
            }
        }
    }
    if best.len() > count {
        least = nth_best(&mut best, count);
        if best.iter().filter(|(score, ..)| *score >= least).count() > most {
            least = least.next_up();
        }
    }
    for (_, segment, doc) in best.into_iter().filter(|(score, ..)| *score >= least) {
        if let Some(chosen) = chosen.get_mut(segment) {
            chosen.push(doc);
        }
    }
    chosen.iter_mut().for_each(|chosen| chosen.sort_unstable());
    chosen
}

/// The score of the last of the best `count`, of which there are more.
fn nth_best(scored: &mut [(f32, usize, u32)], count: usize) -> f32 {
    scored.select_nth_unstable_by(count - 1, |a, b| b.0.total_cmp(&a.0)).1.0
}

/// The best by words and columns, then by everything.
fn candidates(basis: &Basis<'_>, document: &Document, scored: &Scored, limit: usize) -> Result<Vec<Candidate>, SearchError> {
    let Basis { snapshot, fields, weights, .. } = *basis;
    let readers = snapshot.searcher.segment_readers();
    let ranked = by_columns(basis, document, scored, limit.max(POOL))?;
    let Pooled { ranked, pool, meanings } = pooled(basis, document, scored, ranked)?;
    let pool = ranked.get(..pool).unwrap_or(&ranked);
    let points = points(readers, pool)?;
    // What kin passes on is what words say, without the listing's own part in it.
    let texts: Vec<f32> = pool.iter().map(|one| text_score(scored, one)).collect();
    let kin = inherited(&points, &texts);
    let other_side = Texts { snapshot, fields, kind: document.kind.opposite() };
    let chain = chain::shares(other_side, document, pool)?;
    let pool = pool.len();
    let mut candidates: Vec<Candidate> = ranked.into_iter().map(Candidate::new).collect();
    for ((candidate, kin), chain) in candidates.iter_mut().take(pool).zip(kin).zip(chain) {
        candidate.close = true;
        candidate.kin = weights.kin * kin;
        candidate.chain_node = weights.chain_node * chain * scored.best;
        if !document.requirements.is_empty() {
            let fits = indicator_fits(document, &requirements(&snapshot.searcher.doc(candidate.ranked.address)?, fields));
            candidate.indicators = indicator_share(weights, &fits) * scored.best;
        }
        if let Some(place) = meanings.get(&candidate.ranked.id()) {
            candidate.meaning = weights.meaning * meaning_share(*place) * scored.best;
        }
        candidate.settle();
    }
    candidates.sort_by_key(|candidate| Reverse(candidate.ranked));
    candidates.truncate(limit);
    Ok(candidates)
}

/// Those that are looked at closely, and the others behind them.
struct Pooled {
    ranked: Vec<Ranked>,
    /// So many of them are looked at closely.
    pool: usize,
    /// Places by meaning, counted from 0.
    meanings: HashMap<Uuid, usize>,
}

/// Beside the best by words and columns those are looked at closely whom the listing's meaning finds.
fn pooled(basis: &Basis<'_>, document: &Document, scored: &Scored, mut ranked: Vec<Ranked>) -> Result<Pooled, SearchError> {
    let others = ranked.split_off(ranked.len().min(POOL));
    let mut meanings = HashMap::new();
    let best: Vec<Uuid> = ranked.iter().map(Ranked::id).collect();
    let nearest = match &scored.nearest {
        Some(nearest) => nearest,
        None if basis.weights.meaning <= 0.0 => &Vec::new(),
        None => &basis.embeddings.order(document.kind, document.id, &best),
    };
    let new: Vec<Uuid> = nearest.iter().copied().filter(|id| !best.contains(id)).collect();
    let found = by_id(basis, document, scored, &new)?;
    for id in nearest {
        if best.contains(id) || found.iter().any(|one| one.id() == *id) {
            meanings.insert(*id, meanings.len());
        }
    }
    ranked.extend(found);
    let pool = ranked.len();
    ranked.extend(others.into_iter().filter(|one| !meanings.contains_key(&one.id())));
    Ok(Pooled { ranked, pool, meanings })
}

/// These listings of the other side by words and columns; those that are not indexed there are left out.
fn by_id(basis: &Basis<'_>, document: &Document, scored: &Scored, ids: &[Uuid]) -> Result<Vec<Ranked>, SearchError> {
    let Basis { snapshot, fields, weights, .. } = *basis;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut top = Top::new(ids.len());
    for (segment, scores) in snapshot.segments().zip(&scored.segments) {
        let here = documents(segment.reader, fields, ids)?;
        if !here.is_empty() {
            let keys = Keys::open(segment)?;
            let agreement = Agreement::new(segment.reader, weights, document, scored.best, scored.newest)?;
            for doc in here {
                let sum = score_of(scores, doc).unwrap_or_default() + agreement.sum(doc);
                top.show(&keys, doc, score_key(sum), sum);
            }
        }
    }
    Ok(top.finish())
}

/// The living documents of a segment with these ids.
fn documents(reader: &SegmentReader, fields: &Fields, ids: &[Uuid]) -> Result<Vec<u32>, SearchError> {
    let mut documents = Vec::new();
    for id in ids {
        each_posting(reader, &fields.id_term(*id), IndexRecordOption::Basic, |doc, _| {
            if reader.alive_bitset().is_none_or(|alive| alive.is_alive(doc)) {
                documents.push(doc);
            }
        })?;
    }
    Ok(documents)
}

/// The best by words and columns.
fn by_columns(basis: &Basis<'_>, document: &Document, scored: &Scored, limit: usize) -> Result<Vec<Ranked>, SearchError> {
    let Basis { snapshot, weights, .. } = *basis;
    // Columns add at most this much, so whoever is further behind the last of the best texts cannot get in.
    let margin = scored.best * weights.columns();
    let mut texts = Top::new(limit);
    let keys = snapshot.segments().map(Keys::open).collect::<Result<Vec<_>, _>>()?;
    for (keys, scores) in keys.iter().zip(&scored.segments) {
        for &(doc, score) in scores {
            texts.show(keys, doc, score_key(score), score);
        }
    }
    let texts = texts.finish();
    let threshold = if texts.len() < limit { 0.0 } else { texts.last().map_or(0.0, |last| last.score - margin) };
    let mut top = Top::new(limit);
    for ((keys, scores), segment) in keys.iter().zip(&scored.segments).zip(snapshot.segments()) {
        let agreement = Agreement::new(segment.reader, weights, document, scored.best, scored.newest)?;
        for &(doc, score) in scores {
            if score >= threshold {
                let sum = score + agreement.sum(doc);
                top.show(keys, doc, score_key(sum), sum);
            }
        }
    }
    Ok(top.finish())
}

fn text_score(scored: &Scored, ranked: &Ranked) -> f32 {
    let DocAddress { segment_ord, doc_id } = ranked.address;
    scored.segments.get(segment_ord as usize).and_then(|scores| score_of(scores, doc_id)).unwrap_or_default()
}

/// The score of a document among those of its segment.
fn score_of(scores: &[(u32, f32)], doc: u32) -> Option<f32> {
    let place = scores.binary_search_by_key(&doc, |(doc, _)| *doc).ok()?;
    scores.get(place).map(|(_, score)| *score)
}

/// Where these stand in the learnt space; nowhere when nothing was learnt yet.
fn points(readers: &[SegmentReader], ranked: &[Ranked]) -> Result<Vec<Option<Placed>>, SearchError> {
    let mut columns: HashMap<u32, Option<Vec<Column<u64>>>> = HashMap::new();
    let mut points = Vec::new();
    for ranked in ranked {
        let segment = ranked.address.segment_ord;
        if let std::collections::hash_map::Entry::Vacant(vacant) = columns.entry(segment) {
            let reader = readers.get(segment as usize).map(SegmentReader::fast_fields);
            let mut opened = Vec::new();
            for place in 0..COLUMNS {
                if let Some(reader) = reader
                    && let Some(column) = reader.column_opt::<u64>(&column::latent(place))?
                {
                    opened.push(column);
                }
            }
            vacant.insert((opened.len() == COLUMNS).then_some(opened));
        }
        let point = columns.get(&segment).and_then(Option::as_ref).and_then(|columns| {
            let mut packed = [0; COLUMNS];
            for (packed, column) in packed.iter_mut().zip(columns) {
                *packed = column.first(ranked.address.doc_id)?;
            }
            Some(Placed::new(&unpack(&packed)))
        });
        points.push(point);
    }
    Ok(points)
}

/// For each of the pool the text scores of its kin, weighed by how close they are.
fn inherited(points: &[Option<Placed>], texts: &[f32]) -> Vec<f32> {
    let mut sums = vec![(0.0_f32, 0.0_f32); points.len()];
    let mut add = |place: usize, weight: f32, text: f32| {
        if let Some((sum, weights)) = sums.get_mut(place) {
            *sum += weight * text;
            *weights += weight;
        }
    };
    let placed: Vec<(usize, &Placed, f32)> =
        points.iter().zip(texts).enumerate().filter_map(|(place, (point, &text))| Some((place, point.as_ref()?, text))).collect();
    for (at, &(first, point, text)) in placed.iter().enumerate() {
        for &(second, other, other_text) in placed.iter().skip(at + 1) {
            let weight = point.kinship(other).powi(CLOSE);
            add(first, weight, other_text);
            add(second, weight, text);
        }
    }
    // Far kin only, far less than one close one, says nothing.
    sums.into_iter().map(|(sum, weights)| if weights > 1e-6 { sum / weights } else { 0.0 }).collect()
}

/// The stored indicators of an entry.
fn requirements(entry: &TantivyDocument, fields: &Fields) -> Vec<Indicator> {
    let stored = fields.stored_text(entry, fields.requirements);
    if stored.is_empty() { Vec::new() } else { serde_json::from_str(&stored).unwrap_or_default() }
}

/// One listing of the other side, if it shares a word.
fn find(basis: &Basis<'_>, scored: &Scored, id: Uuid) -> Result<Option<Ranked>, SearchError> {
    let term = basis.fields.id_term(id);
    for (segment, scores) in basis.snapshot.segments().zip(&scored.segments) {
        let mut found = None;
        each_posting(segment.reader, &term, IndexRecordOption::Basic, |doc, _| {
            if score_of(scores, doc).is_some() {
                found = Some(doc);
            }
        })?;
        if let Some(doc) = found {
            let mut top = Top::new(1);
            top.show(&Keys::open(segment)?, doc, 0, 0.0);
            return Ok(top.finish().pop());
        }
    }
    Ok(None)
}

/// Turns candidates into matches, in the same order.
fn explain_all(basis: &Basis<'_>, document: &Document, scored: &Scored, candidates: &[Candidate]) -> Result<Vec<Match>, SearchError> {
    let Basis { snapshot, fields, weights, .. } = *basis;
    let addresses: Vec<DocAddress> = candidates.iter().map(|one| one.ranked.address).collect();
    let contributions = explanation::contributions(snapshot, &scored.query.resolved, &addresses)?;
    let mut matches = Vec::with_capacity(candidates.len());
    for (candidate, contributions) in candidates.iter().zip(contributions) {
        let address = candidate.ranked.address;
        let reader = snapshot.searcher.segment_reader(address.segment_ord);
        let (facets, mut properties) = Agreement::new(reader, weights, document, scored.best, scored.newest)?.explain(address.doc_id);
        if candidate.chain_node > 0.0 {
            properties.push(PropertyReason { property: Property::ChainNode, weight: candidate.chain_node });
        }
        if candidate.meaning > 0.0 {
            properties.push(PropertyReason { property: Property::Meaning, weight: candidate.meaning });
        }
        let other = snapshot.searcher.doc(address)?;
        let mut explanation = explanation::build(&scored.query, &contributions, &other, fields);
        explanation.facet_score = facets.iter().map(|f| f.weight).sum::<f32>() + properties.iter().map(|p| p.weight).sum::<f32>();
        (explanation.facets, explanation.properties) = (facets, properties);
        explanation.kin = candidate.kin;
        let fits: Vec<IndicatorFit> = indicator_fits(document, &requirements(&other, fields));
        explanation.indicator_score = candidate.indicators;
        explanation.indicators = fits;
        matches.push(Match { id: candidate.ranked.id(), score: explanation.score(), explanation });
    }
    Ok(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_all_segments_are_chosen() {
        let segments = [vec![0.0, 3.0, 1.0], vec![], vec![2.0, 5.0, 0.0, 0.5, 3.0]];
        for (count, expected) in [
            (0, vec![vec![], vec![], vec![]]),
            (1, vec![vec![], vec![], vec![1]]),
            (2, vec![vec![1], vec![], vec![1, 4]]),
            (4, vec![vec![1], vec![], vec![0, 1, 4]]),
            (9, vec![vec![1, 2], vec![], vec![0, 1, 3, 4]]),
        ] {
            assert_eq!(chosen(&segments, count), expected, "{count}");
        }
        let equals = [vec![1.0; 30], vec![2.0]];
        assert_eq!(chosen(&equals, 2), [vec![], vec![0]], "too many of the same");
    }
}
