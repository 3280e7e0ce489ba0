//! How does a search help people who do not find the word?

use std::sync::Arc;

use keqiao_model::ListingKind;

use crate::analysis::normal::Normal;
use crate::analysis::{cut_chars, is_han};
use crate::error::SearchError;
use crate::query::Query;
use crate::request::{Completion, Correction, SearchRequest, SearchResult, Suggestions, Synonyms};
use crate::schema::Fields;
use crate::search;
use crate::snapshot::Snapshot;
use crate::spelling::Speller;
use crate::vocabulary::{Entry, Vocabularies, Vocabulary, sound_of};

/// Whoever finds more than this is asked about the spelling only for short queries.
const FEW: usize = 3;
/// Longest query, in characters, whose spelling is always looked at.
const SHORT: usize = 24;
/// Characters of a query that are completed.
const LONGEST_PREFIX: usize = 64;
/// Shortest pinyin initials that are completed.
const SHORTEST_INITIALS: usize = 2;
/// Titles that are shown with completions.
const TITLES: usize = 3;

/// One state and its words.
pub(crate) struct Help<'a> {
    pub(crate) snapshot: &'a Arc<Snapshot>,
    pub(crate) fields: &'a Arc<Fields>,
    pub(crate) vocabularies: &'a Arc<Vocabularies>,
}

impl Help<'_> {
    fn vocabulary(&self) -> Result<Option<Arc<Vocabulary>>, SearchError> {
        self.vocabularies.of(self.snapshot, self.fields)
    }

    /// Answers a search; of a query that finds nothing, what it probably means, or else what has a part of its words.
    pub(crate) fn search(&self, request: &SearchRequest) -> Result<SearchResult, SearchError> {
        let found = self.meant(request)?;
        if found.total > 0 || request.exact || request.limit == 0 {
            return Ok(found);
        }
        let query = Query::read(request);
        if query.required_partly() == query.required {
            return Ok(found);
        }
        let part = search::run(self.snapshot, self.fields, &SearchRequest { partly: true, ..request.clone() })?;
        Ok(if part.total > 0 { SearchResult { partly: true, ..part } } else { found })
    }

    fn meant(&self, request: &SearchRequest) -> Result<SearchResult, SearchError> {
        let mut typed = search::run(self.snapshot, self.fields, request)?;
        let short = request.offset == 0 && request.query.chars().nth(SHORT).is_none();
        if request.exact || request.limit == 0 || request.query.trim().is_empty() || !(short || typed.total <= FEW) {
            return Ok(typed);
        }
        // Whoever finds enough does not wait for words to be collected.
        let vocabulary = if typed.total > FEW { self.vocabularies.last() } else { self.vocabulary()? };
        let Some(vocabulary) = vocabulary else { return Ok(typed) };
        let speller = Speller { snapshot: self.snapshot, fields: self.fields, vocabulary: &vocabulary, kind: request.kind };
        let Some(query) = speller.correct(&request.query)? else { return Ok(typed) };
        let searched = typed.total == 0;
        let limit = if searched { request.limit } else { 0 };
        let mut meant = search::run(self.snapshot, self.fields, &SearchRequest { query: query.clone(), limit, ..request.clone() })?;
        if meant.total == 0 {
            return Ok(typed);
        }
        let found = if searched { &mut meant } else { &mut typed };
        found.correction = Some(Correction { query, searched });
        Ok(if searched { meant } else { typed })
    }

    /// What could be typed next.
    pub(crate) fn suggest(&self, kind: ListingKind, typed: &str, limit: usize) -> Result<Suggestions, SearchError> {
        let mut suggestions = Suggestions::default();
        if typed.chars().nth(LONGEST_PREFIX).is_some() || limit == 0 {
            return Ok(suggestions);
        }
        let Some(vocabulary) = self.vocabulary()? else { return Ok(suggestions) };
        let (head, tail) = last_word(typed);
        suggestions.words = complete(&vocabulary, kind, tail, limit)
            .into_iter()
            .map(|(text, count)| Completion { text: format!("{head}{text}"), count })
            .collect();
        let query = match suggestions.words.first() {
            Some(first) if !tail.chars().any(is_han) => first.text.clone(),
            _ => typed.to_owned(),
        };
        if query.trim().is_empty() {
            return Ok(suggestions);
        }
        let request = SearchRequest {
            limit: TITLES,
            mark: false,
            count: false,
            exact: true,
            synonyms: Synonyms { on: false, ..Synonyms::default() },
            ..SearchRequest::new(kind, query)
        };
        let found = search::run(self.snapshot, self.fields, &request)?;
        let title = |pieces: &[crate::Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
        suggestions.titles = found.hits.iter().map(|hit| (hit.id, title(&hit.title))).collect();
        Ok(suggestions)
    }
}

/// What stands before the last word with its sign or name, and the last word.
fn last_word(typed: &str) -> (&str, &str) {
    let sign = |c: char| c.is_whitespace() || matches!(c, '"' | '“' | '”' | '「' | '」' | '|' | '｜' | ':' | '：');
    let start = typed.char_indices().rev().find(|(_, c)| sign(*c)).map_or(0, |(at, c)| at + c.len_utf8());
    let start = start + typed.get(start..).map_or(0, |tail| tail.len() - tail.trim_start_matches(['-', '－']).len());
    typed.split_at_checked(start).unwrap_or((typed, ""))
}

/// The most frequent words that begin as this one is typed: in Han characters, letters, pinyin, or half in pinyin.
fn complete(vocabulary: &Vocabulary, kind: ListingKind, tail: &str, limit: usize) -> Vec<(String, usize)> {
    let tail = Normal::new(cut_chars(tail, LONGEST_PREFIX)).text;
    let (han, letters) = (tail.contains(is_han), tail.contains(|c: char| c.is_ascii_alphabetic()));
    if tail.is_empty() {
        return Vec::new();
    }
    let mut all: Vec<&Entry> = vocabulary.beginning(&tail).collect();
    if han && letters {
        let begins: String = tail.chars().take_while(|c| is_han(*c)).collect();
        all.extend(vocabulary.beginning_to_sound(&sound_of(&tail)).filter(|entry| entry.text.starts_with(&begins)));
    } else if letters && tail.chars().all(|c| c.is_ascii_alphabetic()) {
        all.extend(vocabulary.beginning_to_sound(&tail));
        if all.iter().filter(|entry| entry.count(kind) > 0).take(limit).count() < limit && tail.len() >= SHORTEST_INITIALS {
            all.extend(vocabulary.beginning_with_initials(&tail));
        }
    }
    let mut found: Vec<(&str, usize)> = all.iter().map(|entry| (&*entry.text, entry.count(kind))).filter(|(_, count)| *count > 0).collect();
    let order = |a: &(&str, usize), b: &(&str, usize)| b.1.cmp(&a.1).then_with(|| a.0.len().cmp(&b.0.len())).then_with(|| a.0.cmp(b.0));
    found.sort_unstable_by(order);
    found.dedup();
    found.into_iter().take(limit).map(|(text, count)| (text.to_owned(), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_completed() {
        for (typed, head, tail) in [
            ("锂电", "", "锂电"),
            ("废旧 锂电", "废旧 ", "锂电"),
            ("废旧 -锂电", "废旧 -", "锂电"),
            ("title:锂电", "title:", "锂电"),
            ("标题：\"锂电", "标题：\"", "锂电"),
            ("石墨烯|碳", "石墨烯|", "碳"),
            ("锂电 ", "锂电 ", ""),
            ("", "", ""),
        ] {
            assert_eq!(last_word(typed), (head, tail), "{typed}");
        }
    }

    #[test]
    fn words_are_completed_in_every_script() {
        let words = Vocabulary::of_words(&[("锂电池", 5), ("锂电池回收", 2), ("锂离子电池", 3), ("lidar", 1), ("battery", 4), ("电池", 9)]);
        for (typed, expected) in [
            ("锂", vec!["锂电池", "锂离子电池", "锂电池回收"]),
            ("锂电", vec!["锂电池", "锂电池回收"]),
            ("lidian", vec!["锂电池", "锂电池回收"]),
            ("lid", vec!["锂电池", "锂电池回收", "lidar"]),
            ("锂dian", vec!["锂电池", "锂电池回收"]),
            ("ldc", vec!["锂电池", "锂电池回收"]),
            ("鋰電", vec!["锂电池", "锂电池回收"]),
            ("BAT", vec!["battery"]),
            ("量子", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<String> = complete(&words, ListingKind::Demand, typed, 3).into_iter().map(|(text, _)| text).collect();
            assert_eq!(found, expected, "{typed}");
        }
        assert!(complete(&words, ListingKind::Achievement, "锂", 3).is_empty(), "only what the side has");
    }
}
