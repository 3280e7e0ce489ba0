//! Which terms does a text have?
//!
//! Two channels are indexed side by side and their scores are summed, because that measured far better than either alone:
//!
//! - **words**: jieba's words with the shorter dictionary words inside them; Latin words lower-cased and stemmed; stop words out;
//! - **grams**: every Han character and every adjacent pair; Latin words lower-cased, as written. They have positions, so phrases
//!   are found here, independently of how a dictionary would cut them.
//!
//! Both sides of a search, and the query of a person, go through this one function, so they cannot disagree.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

use jieba_rs::Jieba;
use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream};

use crate::analysis::normal::Normal;

pub(crate) mod normal;

/// Longer Latin runs than this many characters are no words (base64, drawings); they are cut.
const LONGEST_TOKEN: usize = 64;

/// The domain dictionary, one word a line; part of the schema's hash.
pub(crate) const WORDS: &str = include_str!("words.txt");
/// The stop words, separated by white space; part of the schema's hash.
pub(crate) const STOP_WORDS: &str = include_str!("stopwords.txt");

/// One term at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The term as it is indexed.
    pub(crate) text: String,
    /// First byte in the normalised text.
    pub(crate) start: usize,
    /// Byte after the last in the normalised text.
    pub(crate) end: usize,
    /// Place in the order of characters and words; punctuation leaves a gap.
    pub(crate) position: usize,
}

/// One word as a person reads it, with every term it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The word, normalised.
    pub(crate) surface: String,
    /// The term of the whole word in the words channel.
    pub(crate) word: String,
    /// Terms in the grams channel that together stand for the word: its pairs, its only character, or its Latin parts. Of a
    /// compound of whole words only the pairs within those.
    pub(crate) grams: Vec<String>,
    /// First byte in the normalised text.
    pub(crate) start: usize,
    /// Byte after the last in the normalised text.
    pub(crate) end: usize,
    /// Whether it says nothing about the subject.
    pub(crate) stop: bool,
    /// Whether it is of Han characters.
    pub(crate) han: bool,
}

/// Takes the terms of a text as they are found, each channel in the order of its places.
pub(crate) trait Sink {
    /// Whether it wants [`Sink::unit`], which costs a little to put together.
    const UNITS: bool;
    /// A term of the words channel; `within` are its bytes in the normalised text.
    fn word(&mut self, text: &str, within: Range<usize>, position: usize);
    /// A term of the grams channel.
    fn gram(&mut self, text: &str, within: Range<usize>, position: usize);
    /// A word as a person reads it.
    fn unit(&mut self, unit: Unit);
}

/// Everything known about a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Analysis {
    /// The text all offsets count in.
    pub(crate) normal: Normal,
    /// The words channel.
    pub(crate) words: Vec<Token>,
    /// The grams channel.
    pub(crate) grams: Vec<Token>,
    /// The words in reading order.
    pub(crate) units: Vec<Unit>,
}

impl Sink for Analysis {
    const UNITS: bool = true;

    fn word(&mut self, text: &str, within: Range<usize>, position: usize) {
        self.words.push(Token { text: text.to_owned(), start: within.start, end: within.end, position });
    }

    fn gram(&mut self, text: &str, within: Range<usize>, position: usize) {
        self.grams.push(Token { text: text.to_owned(), start: within.start, end: within.end, position });
    }

    fn unit(&mut self, unit: Unit) {
        self.units.push(unit);
    }
}

/// Loads the dictionary, which takes about a second in a debug build. Call it at start, before the first request.
pub fn warm_up() {
    dictionary();
    stop_words();
    crate::synonyms::warm_up();
}

struct Dictionary {
    jieba: Jieba,
    /// How the general dictionary cuts those domain words that are made of whole words, as numbers of characters: 数码印花 is
    /// 数码 and 印花. Whoever searches for the one word also means a text with both (数码喷墨印花); 石墨烯 has no such reading.
    compounds: HashMap<&'static str, Vec<usize>>,
}

fn dictionary() -> &'static Dictionary {
    static DICTIONARY: OnceLock<Dictionary> = OnceLock::new();
    DICTIONARY.get_or_init(|| {
        let mut jieba = Jieba::new();
        let words = || WORDS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let compounds = words()
            .map(|word| (word, jieba.cut(word, false).iter().map(|part| part.word.chars().count()).collect::<Vec<_>>()))
            .filter(|(_, parts)| parts.len() > 1 && parts.iter().all(|&length| length > 1))
            .collect();
        for word in words() {
            jieba.add_word(word, None, None);
        }
        Dictionary { jieba, compounds }
    })
}

/// Whether the Latin word says nothing about a subject: a stop word, a lone letter or digit.
pub(crate) fn is_idle(word: &str) -> bool {
    word.chars().nth(1).is_none() || stop_words().words.contains(word)
}

struct StopWords {
    words: HashSet<&'static str>,
    /// Those of one character: every character of every text is looked up.
    characters: Vec<char>,
}

fn stop_words() -> &'static StopWords {
    static STOP: OnceLock<StopWords> = OnceLock::new();
    STOP.get_or_init(|| {
        let words: HashSet<&str> = STOP_WORDS.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect();
        let one = |word: &&str| Some(word.chars().next()?).filter(|_| word.chars().nth(1).is_none());
        let mut characters: Vec<char> = words.iter().filter_map(one).collect();
        characters.sort_unstable();
        StopWords { words, characters }
    })
}

/// Whether the character is a Han character.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{323AF}' | '々' | '〇')
}

/// Whether the dictionary knows the word.
pub(crate) fn is_word(text: &str) -> bool {
    dictionary().jieba.has_word(text)
}

/// Joins letters and digits of one technical token, as in `300wh/kg`, `xq-2026-000123`, `al2o3-tio2`.
fn is_connector(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '/' | '·' | '+' | '°' | '%' | '~' | '&' | '#')
}

/// Analyses a text.
pub(crate) fn analyse(text: &str) -> Analysis {
    let normal = Normal::new(text);
    let mut analysis = Analysis::default();
    Analyser::new(&mut analysis).run(&normal.text);
    Analysis { normal, ..analysis }
}

/// The Latin words of a text alone, which needs no dictionary.
pub(crate) fn analyse_latin(text: &str) -> Analysis {
    let normal = Normal::new(text);
    let mut analysis = Analysis::default();
    Analyser { latin_only: true, ..Analyser::new(&mut analysis) }.run(&normal.text);
    Analysis { normal, ..analysis }
}

/// Analyses a text for somebody who wants its terms alone.
pub(crate) fn analyse_into(text: &str, sink: &mut impl Sink) {
    analyse_normal(&normal::normalised(text), sink);
}

/// The same for a text that is normalised already.
pub(crate) fn analyse_normal(text: &str, sink: &mut impl Sink) {
    Analyser::new(sink).run(text);
}

struct Analyser<'a, S> {
    sink: &'a mut S,
    latin_only: bool,
    position: usize,
    /// Made when the first Latin word comes.
    stemmer: Option<TextAnalyzer>,
}

impl<'a, S: Sink> Analyser<'a, S> {
    fn new(sink: &'a mut S) -> Self {
        Self { sink, latin_only: false, position: 0, stemmer: None }
    }

    /// Goes through a normalised text.
    fn run(mut self, text: &str) {
        let mut rest = text;
        let mut gap = false;
        while let Some(first) = rest.chars().next() {
            let start = text.len() - rest.len();
            let length = if is_han(first) {
                rest.find(|c| !is_han(c)).unwrap_or(rest.len())
            } else if first.is_alphanumeric() {
                latin_length(rest)
            } else {
                first.len_utf8()
            };
            let (run, after) = rest.split_at(length);
            rest = after;
            if is_han(first) || first.is_alphanumeric() {
                // A phrase must not run across punctuation; white space and line breaks do not interrupt it.
                self.position += usize::from(std::mem::take(&mut gap) && self.position > 0);
                if is_han(first) { self.han(run, start) } else { self.latin(run, start) }
            } else if !first.is_whitespace() {
                gap = true;
            }
        }
    }

    fn han(&mut self, run: &str, start: usize) {
        if self.latin_only {
            return;
        }
        let Dictionary { jieba, compounds } = dictionary();
        let stop = stop_words();
        let bounds: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
        let slice = |from: usize, to: usize| match (bounds.get(from), bounds.get(to)) {
            (Some(&from), Some(&to)) => run.get(from..to).map(|text| (text, start + from..start + to)),
            _ => None,
        };
        let count = bounds.len() - 1;
        for (at, c) in run.chars().enumerate() {
            if stop.characters.binary_search(&c).is_err()
                && let Some((text, within)) = slice(at, at + 1)
            {
                self.sink.gram(text, within, self.position + at);
            }
            if let Some((text, within)) = slice(at, at + 2) {
                self.sink.gram(text, within, self.position + at);
            }
        }
        let mut at = 0;
        for word in jieba.cut(run, true) {
            let length = word.word.chars().count();
            let stop = stop.words.contains(word.word);
            let Some((text, within)) = slice(at, at + length) else { break };
            if !stop {
                for inner in 2..length.min(4) {
                    for offset in 0..=length - inner {
                        if let Some((text, within)) = slice(at + offset, at + offset + inner)
                            && jieba.has_word(text)
                        {
                            self.sink.word(text, within, self.position + at + offset);
                        }
                    }
                }
                self.sink.word(text, within.clone(), self.position + at);
            }
            if S::UNITS {
                let grams = if length == 1 {
                    vec![text.to_owned()]
                } else {
                    let single = [length];
                    let parts = compounds.get(text).map_or(single.as_slice(), Vec::as_slice);
                    let starts = parts.iter().scan(at, |next, part| Some(std::mem::replace(next, *next + part)));
                    starts
                        .zip(parts)
                        .flat_map(|(start, part)| start..start + part - 1)
                        .filter_map(|pair| slice(pair, pair + 2))
                        .map(|(pair, _)| pair.to_owned())
                        .collect()
                };
                let (surface, word) = (text.to_owned(), text.to_owned());
                self.sink.unit(Unit { surface, word, grams, start: within.start, end: within.end, stop, han: true });
            }
            at += length;
        }
        self.position += count;
    }

    fn latin(&mut self, run: &str, start: usize) {
        let whole = cut_chars(run, LONGEST_TOKEN);
        let mut parts = Vec::new();
        latin_parts(run, 0, &mut parts);
        let compound = parts.len() > 1;
        let mut grams = Vec::new();
        let mut all_stop = true;
        for &(part, at) in &parts {
            let part = cut_chars(part, LONGEST_TOKEN);
            let within = start + at..start + at + part.len();
            if S::UNITS {
                grams.push(part.to_owned());
            }
            self.sink.gram(part, within.clone(), self.position);
            // A lone letter or digit (a list's numbering, a variable's name) is found as a gram but is no word.
            let stop = is_idle(part);
            all_stop &= stop;
            if !stop {
                let stem = self.stem(part);
                self.sink.word(&stem, within, self.position);
            }
            self.position += 1;
        }
        if compound {
            self.sink.word(whole, start..start + whole.len(), self.position - parts.len());
            all_stop = false;
        }
        if S::UNITS {
            let word = if compound { whole.to_owned() } else { self.stem(whole).into_owned() };
            let (surface, end) = (whole.to_owned(), start + run.len());
            self.sink.unit(Unit { surface, word, grams, start, end, stop: all_stop, han: false });
        }
    }

    fn stem<'t>(&mut self, word: &'t str) -> Cow<'t, str> {
        if !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Cow::Borrowed(word);
        }
        let stemmer = self
            .stemmer
            .get_or_insert_with(|| TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(Language::English)).build());
        let mut stream = stemmer.token_stream(word);
        if stream.advance() { Cow::Owned(stream.token().text.clone()) } else { Cow::Borrowed(word) }
    }
}

/// The first `count` characters.
pub(crate) fn cut_chars(text: &str, count: usize) -> &str {
    match text.char_indices().nth(count) {
        Some((at, _)) => text.get(..at).unwrap_or(text),
        None => text,
    }
}

/// Bytes of the run of letters, digits and connectors between them that the text starts with.
fn latin_length(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_alphanumeric() && !is_han(c) {
            end = at + c.len_utf8();
        } else if is_connector(c) {
            match chars.peek() {
                Some(&(_, next)) if next.is_alphanumeric() && !is_han(next) => {}
                // A trailing sign that is part of the name or the unit: `c++`, `c#`, `95%`.
                Some(&(_, '+')) if c == '+' => {}
                _ => {
                    if matches!(c, '+' | '#' | '%') {
                        end = at + c.len_utf8();
                    }
                    break;
                }
            }
        } else {
            break;
        }
    }
    end
}

/// Cuts `al2o3-tio2`, `10-20mm`, `300wh/kg` into what can be searched by itself: `al2o3` `tio2`; `10` `20` `mm`; `300` `wh/kg`.
fn latin_parts<'a>(run: &'a str, at: usize, out: &mut Vec<(&'a str, usize)>) {
    if let Some(cut) = run.find(['-', '_', '~', '&']) {
        let (left, right) = run.split_at(cut);
        let right = right.get(1..).unwrap_or_default();
        for (part, offset) in [(left, 0), (right, cut + 1)] {
            if !part.is_empty() {
                latin_parts(part, at + offset, out);
            }
        }
        return;
    }
    let number = run.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(run.len());
    if number == run.len() {
        out.push((run, at));
        return;
    }
    let (digits, unit) = run.split_at(number);
    if number > 0 {
        // `5g`, `3d`: a letter alone is no unit. `10th-wise` style tokens are rare enough to follow the same rule.
        if unit.chars().nth(1).is_some() {
            out.push((digits, at));
            out.push((unit, at + number));
        } else {
            out.push((run, at));
        }
        return;
    }
    let mut offset = 0;
    for part in run.split(['/', '.', '·']) {
        if !part.is_empty() {
            out.push((part, at + offset));
        }
        // Every separator is one character, but `·` has two bytes.
        offset += part.len();
        offset += run.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        analyse(text).words.into_iter().map(|token| token.text).collect()
    }

    fn grams(text: &str) -> Vec<String> {
        analyse(text).grams.into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn chinese_becomes_words_characters_and_pairs() {
        assert_eq!(words("石墨烯"), ["石墨", "石墨烯"]);
        assert_eq!(grams("石墨烯"), ["石", "石墨", "墨", "墨烯", "烯"]);
    }

    #[test]
    fn domain_words_stay_whole() {
        let units: Vec<_> = analyse("磷酸铁锂和数码印花").units.into_iter().map(|unit| unit.surface).collect();
        assert_eq!(units, ["磷酸铁锂", "和", "数码印花"]);
    }

    #[test]
    fn a_compound_stands_for_its_words() {
        let grams = |text: &str| analyse(text).units.remove(0).grams;
        assert_eq!(grams("数码印花"), ["数码", "印花"]);
        assert_eq!(grams("磷酸铁锂"), ["磷酸", "酸铁", "铁锂"]);
        assert_eq!(grams("铝"), ["铝"]);
    }

    #[test]
    fn formulae_and_units_are_sensible_tokens() {
        assert_eq!(words("LiFePO₄"), ["lifepo4"]);
        assert_eq!(words("≥300Wh/kg"), ["300", "wh/kg", "300wh/kg"]);
        assert_eq!(words("Wh/kg"), ["wh", "kg", "wh/kg"]);
        assert_eq!(words("10-20mm"), ["10", "20", "mm", "10-20mm"]);
        assert_eq!(words("5G"), ["5g"]);
        assert_eq!(words("N·m"), ["n·m"]);
        assert_eq!(words("C++"), ["c++"]);
    }

    #[test]
    fn english_is_stemmed_without_stop_words() {
        assert_eq!(words("The batteries of vehicles"), ["batteri", "vehicl"]);
        assert_eq!(grams("The batteries"), ["the", "batteries"]);
    }

    #[test]
    fn full_width_and_accents_are_folded() {
        assert_eq!(words("ＡＢＣ１２"), ["abc12"]);
        assert_eq!(words("Béton"), words("beton"));
    }

    #[test]
    fn punctuation_is_no_token_but_a_gap() {
        let tokens = analyse("电池、回收");
        assert!(tokens.grams.iter().all(|token| token.text != "、"));
        let positions: Vec<_> = tokens.grams.iter().map(|token| (token.text.as_str(), token.position)).collect();
        assert!(positions.contains(&("电池", 0)) && positions.contains(&("回收", 3)), "{positions:?}");
    }

    #[test]
    fn offsets_lie_in_the_normalised_text() {
        for text in ["ﬁber ㎡ 中文①②", "İstanbul·x", "a·b·c", "𠀀𠀁测试", "\u{301}e", "한국어 日本語がく", "1.2.3-4..5//6", "--", "x-"]
        {
            let analysis = analyse(text);
            for token in analysis.words.iter().chain(&analysis.grams) {
                assert!(analysis.normal.text.get(token.start..token.end).is_some(), "{text}: {token:?}");
            }
        }
    }
}
