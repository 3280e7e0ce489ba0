//! What does a person's query mean?
//!
//! There is no query language that could be got wrong: quotation marks and a leading minus mean something, all else is text.

use std::collections::{HashMap, HashSet};

use crate::analysis::{Analysis, Unit, analyse, cut_chars};
use crate::schema::Channel;
use crate::scoring::QueryTerm;

/// Characters of a query that count.
const LONGEST_QUERY: usize = 2_000;
/// Distinct words of a query that count: as many as a document's mask has bits.
const MOST_CONCEPTS: usize = 64;
/// Up to this many words all must occur.
const ALL_REQUIRED: usize = 4;
/// Never are more required: a pasted paragraph should still find the listing that shares half a dozen of its words.
const MOST_REQUIRED: usize = 6;
/// Longer texts are no phrase anybody would write again.
const LONGEST_PHRASE: usize = 16;
/// Required and excluded phrases that count. Each costs a pass over its lists.
const MOST_PHRASES: usize = 8;

/// Grams at their places.
pub(crate) type Phrase = Vec<(usize, String)>;

/// One word of the query. A document has it when it has the word, or all of the grams.
#[derive(Debug, PartialEq)]
pub(crate) struct Concept {
    /// The word as typed, normalised.
    pub(crate) surface: String,
    pub(crate) han: bool,
    /// Place of the word's term in [`Query::terms`].
    pub(crate) word: usize,
    /// Places of the grams' terms.
    pub(crate) grams: Vec<usize>,
}

/// What must not occur.
#[derive(Debug, PartialEq)]
pub(crate) struct Exclusion {
    pub(crate) phrase: Phrase,
    /// A single Latin word is excluded in all its forms.
    pub(crate) stem: Option<String>,
}

/// A query, understood.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) terms: Vec<QueryTerm>,
    pub(crate) concepts: Vec<Concept>,
    /// How many concepts a document must have.
    pub(crate) required: usize,
    /// What must occur as it stands.
    pub(crate) phrases: Vec<Phrase>,
    pub(crate) excluded: Vec<Exclusion>,
    /// The whole query as one phrase: whoever has it moves up.
    pub(crate) adjacent: Option<Phrase>,
    /// Words that could be the number of a listing.
    pub(crate) numbers: Vec<String>,
}

impl Query {
    /// Whether nothing is searched for, so that everything not excluded matches.
    pub(crate) fn is_open(&self) -> bool {
        self.concepts.is_empty() && self.phrases.is_empty()
    }

    /// Understands any text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut query = Query::default();
        let mut units = Vec::new();
        let mut free = String::new();
        let segments = segments(cut_chars(text, LONGEST_QUERY));
        let quoted = segments.iter().any(|segment| segment.quoted && !segment.excluded);
        for segment in segments {
            let analysis = analyse(segment.text);
            let phrase = phrase(&analysis);
            if segment.excluded {
                if !phrase.is_empty() && query.excluded.len() < MOST_PHRASES {
                    let stem = match analysis.units.as_slice() {
                        [unit] if !unit.han => Some(unit.word.clone()),
                        _ => None,
                    };
                    query.excluded.push(Exclusion { phrase, stem });
                }
                continue;
            }
            if segment.quoted && !phrase.is_empty() && query.phrases.len() < MOST_PHRASES {
                query.phrases.push(phrase);
            }
            free.push_str(segment.text);
            free.push(' ');
            units.extend(analysis.units);
        }
        query.add_concepts(units);
        if !quoted {
            let whole = phrase(&analyse(&free));
            query.adjacent = (2..=LONGEST_PHRASE).contains(&whole.len()).then_some(whole);
        }
        query
    }

    fn add_concepts(&mut self, units: Vec<Unit>) {
        // Who searches for nothing but stop words means them.
        let telling = units.iter().any(|unit| !unit.stop);
        let mut seen = HashSet::new();
        let mut places: HashMap<(Channel, String), usize> = HashMap::new();
        for unit in units {
            if (telling && unit.stop) || self.concepts.len() == MOST_CONCEPTS || !seen.insert(unit.word.clone()) {
                continue;
            }
            if unit.surface.contains('-') {
                self.numbers.push(unit.surface.clone());
            }
            let terms = &mut self.terms;
            let mut place = |channel: Channel, text: String| {
                *places.entry((channel, text)).or_insert_with_key(|(channel, text)| {
                    terms.push(QueryTerm { channel: *channel, text: text.clone(), weight: 1.0 });
                    terms.len() - 1
                })
            };
            let word = place(Channel::Words, unit.word);
            let grams = unit.grams.into_iter().map(|gram| place(Channel::Grams, gram)).collect();
            self.concepts.push(Concept { surface: unit.surface, han: unit.han, word, grams });
        }
        self.required = required(self.concepts.len());
    }
}

/// How many of so many words must occur.
fn required(concepts: usize) -> usize {
    if concepts <= ALL_REQUIRED { concepts } else { (ALL_REQUIRED + (concepts - ALL_REQUIRED) / 4).min(MOST_REQUIRED) }
}

/// The grams that pin a text down: the pairs, and what stands alone.
fn phrase(analysis: &Analysis) -> Phrase {
    let is_pair = |text: &str| text.chars().nth(1).is_some();
    // Latin grams count as pairs here, too: they stand alone at their place.
    let pairs: HashSet<usize> = analysis.grams.iter().filter(|gram| is_pair(&gram.text)).map(|gram| gram.position).collect();
    let first = analysis.grams.iter().map(|gram| gram.position).min().unwrap_or_default();
    analysis
        .grams
        .iter()
        .filter(|gram| {
            let covered = pairs.contains(&gram.position)
                || (gram.text.chars().all(crate::analysis::is_han)
                    && gram.position > 0
                    && analysis.grams.iter().any(|pair| pair.position + 1 == gram.position && is_pair(&pair.text) && pair.end == gram.end));
            is_pair(&gram.text) || !covered
        })
        .take(MOST_CONCEPTS)
        .map(|gram| (gram.position - first, gram.text.clone()))
        .collect()
}

struct Segment<'a> {
    text: &'a str,
    quoted: bool,
    excluded: bool,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '＂' | '「' | '」')
}

/// Cuts a query at quotation marks and at words with a leading minus. A quotation mark without its partner is text.
fn segments(query: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut rest = query;
    let mut plain = 0;
    let mut at = 0;
    let mut boundary = true;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let minus = boundary && matches!(c, '-' | '－' | '−');
        let body = if minus { after } else { rest };
        let opening = body.chars().next();
        let taken = match opening {
            Some(mark) if is_quote(mark) => {
                let inner = body.get(mark.len_utf8()..).unwrap_or_default();
                inner.find(is_quote).map(|end| {
                    let closing = inner.get(end..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8);
                    (inner.get(..end).unwrap_or_default(), mark.len_utf8() + end + closing, true)
                })
            }
            Some(first) if minus && !first.is_whitespace() && first != '-' => {
                let end = body.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(body.len());
                Some((body.get(..end).unwrap_or_default(), end, false))
            }
            _ => None,
        };
        if let Some((text, length, quoted)) = taken {
            push_plain(&mut segments, query.get(plain..at).unwrap_or_default());
            segments.push(Segment { text, quoted, excluded: minus });
            at += rest.len() - body.len() + length;
            plain = at;
            boundary = true;
        } else {
            boundary = c.is_whitespace();
            at += c.len_utf8();
        }
        rest = query.get(at..).unwrap_or_default();
    }
    push_plain(&mut segments, query.get(plain..).unwrap_or_default());
    segments
}

fn push_plain<'a>(segments: &mut Vec<Segment<'a>>, text: &'a str) {
    if !text.trim().is_empty() {
        segments.push(Segment { text, quoted: false, excluded: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surfaces(query: &Query) -> Vec<&str> {
        query.concepts.iter().map(|concept| concept.surface.as_str()).collect()
    }

    fn texts(phrase: &Phrase) -> Vec<(usize, &str)> {
        phrase.iter().map(|(at, text)| (*at, text.as_str())).collect()
    }

    #[test]
    fn words_quotes_and_exclusions() {
        let query = Query::parse("锂电池 \"电极 材料\" -回收 −\"铅 酸\" recycling");
        assert_eq!(surfaces(&query), ["锂电池", "电极", "材料", "recycling"]);
        assert_eq!(texts(&query.phrases[0]), [(0, "电极"), (2, "材料")]);
        assert_eq!(query.excluded.len(), 2);
        assert_eq!(query.excluded[0].stem, None);
        assert_eq!(query.required, 4);
    }

    #[test]
    fn a_minus_inside_a_word_and_a_lone_quote_are_text() {
        let query = Query::parse("XQ-2026-000123 5\" - x");
        assert!(query.excluded.is_empty() && query.phrases.is_empty());
        assert_eq!(query.numbers, ["xq-2026-000123"]);
    }

    #[test]
    fn all_of_few_words_and_a_share_of_many() {
        assert_eq!([1, 2, 3, 4, 5, 8, 12, 64].map(required), [1, 2, 3, 4, 4, 5, 6, 6]);
    }

    #[test]
    fn stop_words_count_only_among_themselves() {
        assert_eq!(surfaces(&Query::parse("电池的回收")), ["电池", "回收"]);
        assert_eq!(surfaces(&Query::parse("of the")), ["of", "the"]);
    }

    #[test]
    fn a_phrase_is_pairs_and_what_stands_alone() {
        assert_eq!(texts(&phrase(&analyse("磷酸铁"))), [(0, "磷酸"), (1, "酸铁")]);
        assert_eq!(texts(&phrase(&analyse("铝"))), [(0, "铝")]);
        assert_eq!(texts(&phrase(&analyse("C 语言"))), [(0, "c"), (1, "语言")]);
        assert_eq!(texts(&phrase(&analyse("machine learning"))), [(0, "machine"), (1, "learning")]);
    }

    #[test]
    fn an_overlong_query_is_cut() {
        let query = Query::parse(&(0..3_000).map(|i| format!("w{i}x ")).collect::<String>());
        assert_eq!(query.concepts.len(), MOST_CONCEPTS);
    }
}
