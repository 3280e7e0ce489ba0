//! How is what was found shown?
//!
//! Everything here returns plain text in pieces. Nothing is escaped: who writes HTML escapes, and nobody twice.

use std::collections::HashSet;
use std::ops::Range;

use crate::analysis::normal::Normal;
use crate::analysis::{analyse_latin, cut_chars};
use crate::query::Query;
use crate::request::Piece;

/// Longest snippet in characters, without the ellipses.
const SNIPPET: usize = 160;
/// How many characters before a hit its sentence may begin to be shown from there.
const LEAD: usize = 40;
/// Without such a beginning: characters shown before the hit.
const CONTEXT: usize = 16;
/// Only so many characters of a text are looked through for its best place.
const LOOKED_AT: usize = 20_000;
/// Only so many hits are tried as the snippet's beginning.
const TRIED: usize = 200;

/// Marks the words of a query in texts.
pub(crate) struct Marker {
    /// Runs of Han characters, found wherever they stand.
    han: Vec<String>,
    /// Latin words by their stem.
    latin: Vec<String>,
}

/// One hit in a text.
struct Mark {
    range: Range<usize>,
    /// Which word of the query.
    word: usize,
}

impl Marker {
    /// For this query, or one that marks nothing.
    pub(crate) fn new(query: Option<&Query>) -> Self {
        let concepts = || query.iter().flat_map(|query| query.concepts.iter().map(move |concept| (query, concept)));
        let expansions = || query.iter().flat_map(|query| &query.expansions);
        Self {
            han: concepts()
                .filter(|(_, concept)| concept.han)
                .map(|(_, concept)| concept.surface.clone())
                .chain(expansions().flat_map(|expansion| expansion.han.iter().cloned()))
                .collect(),
            latin: concepts()
                .filter(|(_, concept)| !concept.han)
                .filter_map(|(query, concept)| query.terms.get(concept.word))
                .map(|term| term.text.clone())
                .chain(expansions().flat_map(|expansion| expansion.latin.iter().cloned()))
                .collect(),
        }
    }

    /// The whole text in pieces.
    pub(crate) fn whole(&self, text: &str) -> Vec<Piece> {
        pieces(text, 0..text.len(), &self.marks(text))
    }

    /// A passage of the first text that has a hit; without any hit the beginning of the first that has text.
    pub(crate) fn snippet(&self, texts: &[&str]) -> Vec<Piece> {
        for text in texts {
            let text = cut_chars(text, LOOKED_AT);
            let marks = self.marks(text);
            if !marks.is_empty() {
                return passage(text, &marks);
            }
        }
        texts.iter().find(|text| !text.trim().is_empty()).map_or_else(Vec::new, |text| passage(text, &[]))
    }

    /// The hits in the order of the text, without overlaps.
    fn marks(&self, text: &str) -> Vec<Mark> {
        let mut marks = Vec::new();
        if !self.han.is_empty() {
            let normal = Normal::new(text);
            for (word, needle) in self.han.iter().enumerate() {
                for (at, _) in normal.text.match_indices(needle.as_str()) {
                    marks.push(Mark { range: normal.original(at, at + needle.len()), word });
                }
            }
        }
        if !self.latin.is_empty() {
            let analysis = analyse_latin(text);
            for unit in &analysis.units {
                if let Some(word) = self.latin.iter().position(|stem| *stem == unit.word) {
                    marks.push(Mark { range: analysis.normal.original(unit.start, unit.end), word: self.han.len() + word });
                }
            }
            for token in &analysis.words {
                if let Some(word) = self.latin.iter().position(|stem| *stem == token.text) {
                    marks.push(Mark { range: analysis.normal.original(token.start, token.end), word: self.han.len() + word });
                }
            }
        }
        marks.sort_by_key(|mark| (mark.range.start, std::cmp::Reverse(mark.range.end)));
        let mut end = 0;
        marks.retain(|mark| {
            let free = mark.range.start >= end && !mark.range.is_empty();
            if free {
                end = mark.range.end;
            }
            free
        });
        marks
    }
}

/// The passage with the most different words of the query, then with the most hits, then the first.
fn passage(text: &str, marks: &[Mark]) -> Vec<Piece> {
    let mut best = (0, 0, window(text, 0));
    if !marks.iter().any(|mark| mark.range.end <= best.2.end) {
        best.2 = 0..0;
    }
    let starts = [0].into_iter().chain(marks.iter().take(TRIED).map(|mark| lead(text, mark.range.start)));
    for start in starts {
        let window = window(text, start);
        let inside = marks.iter().filter(|mark| window.start <= mark.range.start && mark.range.end <= window.end);
        let words: HashSet<usize> = inside.clone().map(|mark| mark.word).collect();
        let value = (words.len(), inside.count());
        if value > (best.0, best.1) || best.2.is_empty() {
            best = (value.0, value.1, window);
        }
    }
    let window = best.2;
    let mut pieces = pieces(text, window.clone(), marks);
    let ellipsis = || Piece { text: "…".to_owned(), hit: false };
    if !text.get(..window.start).unwrap_or_default().trim().is_empty() {
        pieces.insert(0, ellipsis());
    }
    if !text.get(window.end..).unwrap_or_default().trim().is_empty() {
        pieces.push(ellipsis());
    }
    pieces
}

/// Where a passage about the hit at this byte begins: at its sentence, or a few characters before.
fn lead(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let mut start = at;
    for (count, (place, c)) in before.char_indices().rev().enumerate() {
        if matches!(c, '。' | '!' | '?' | ';' | '\u{FF01}' | '\u{FF1F}' | '\u{FF1B}' | '\n') {
            return place + c.len_utf8();
        }
        if count >= LEAD {
            return start;
        }
        if count < CONTEXT {
            start = place;
        }
    }
    0
}

/// The passage of full length from this byte on, without white space at its ends.
fn window(text: &str, start: usize) -> Range<usize> {
    let rest = text.get(start..).unwrap_or_default();
    let start = start + rest.len() - rest.trim_start().len();
    let passage = cut_chars(text.get(start..).unwrap_or_default(), SNIPPET).trim_end();
    start..start + passage.len()
}

/// Cuts a range of the text at its marks.
fn pieces(text: &str, range: Range<usize>, marks: &[Mark]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |range: Range<usize>, hit: bool| {
        if let Some(text) = text.get(range)
            && !text.is_empty()
        {
            match pieces.last_mut() {
                // Neighbours are joined: 电池 and 回收 in 电池回收 are one mark to the eye.
                Some(last) if last.hit == hit => last.text.push_str(text),
                _ => pieces.push(Piece { text: text.to_owned(), hit }),
            }
        }
    };
    let mut at = range.start;
    for mark in marks.iter().filter(|mark| mark.range.start >= range.start && mark.range.end <= range.end) {
        push(at..mark.range.start, false);
        push(mark.range.clone(), true);
        at = mark.range.end;
    }
    push(at..range.end, false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(query: &str, text: &str) -> String {
        show(&Marker::new(Some(&Query::parse(query))).whole(text))
    }

    fn show(pieces: &[Piece]) -> String {
        pieces.iter().map(|piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text.clone() }).collect()
    }

    #[test]
    fn marks_words_in_both_scripts() {
        assert_eq!(marked("电池 回收", "废旧电池的回收"), "废旧[电池]的[回收]");
        assert_eq!(marked("battery", "Batteries and battery-powered"), "[Batteries] and [battery]-powered");
        assert_eq!(marked("300Wh/kg", "密度≥300Wh/kg。"), "密度≥[300Wh/kg]。");
        assert_eq!(marked("lifepo4", "LiFePO₄正极"), "[LiFePO₄]正极");
        assert_eq!(marked("ABC", "全角\u{FF21}\u{FF22}\u{FF23}测试"), "全角[\u{FF21}\u{FF22}\u{FF23}]测试");
    }

    #[test]
    fn escapes_nothing() {
        assert_eq!(marked("电池", "<b>电池</b> & \"x\""), "<b>[电池]</b> & \"x\"");
    }

    #[test]
    fn a_snippet_goes_where_the_words_are() {
        let text = format!("{}。电池在这里被回收。{}", "无关的话,".repeat(100), "其他,".repeat(100));
        let marker = Marker::new(Some(&Query::parse("电池 回收")));
        let snippet = marker.snippet(&["", &text, "标题"]);
        let shown = show(&snippet);
        assert!(shown.starts_with("…[电池]在这里被[回收]。"), "{shown}");
        assert!(shown.ends_with('…'));
        assert!(snippet.iter().map(|piece| piece.text.chars().count()).sum::<usize>() <= SNIPPET + 2);
    }

    #[test]
    fn without_hits_the_beginning_is_shown() {
        let marker = Marker::new(None);
        assert_eq!(show(&marker.snippet(&["", "  正文 ", "标题"])), "正文");
        assert_eq!(show(&marker.snippet(&["", "", "标题"])), "标题");
        assert!(marker.snippet(&["", "", ""]).is_empty());
        assert_eq!(marker.snippet(&[&"字".repeat(500)]).len(), 2);
    }
}
