//! What else may somebody say who means this?
//!
//! Demands name what goes wrong (电池鼓包), achievements what was done about it (产气抑制). The thesaurus holds words that stand for
//! one need, by hand and for the fields of a technology market. Only queries are widened, never texts, so it can change freely.

use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::analysis::normal::Normal;

/// One line a word: the word, ` : `, and related words, the closest first.
const THESAURUS: &str = include_str!("thesaurus.txt");
/// What the last related word of a line counts, beside 1 for the first.
const LAST: f32 = 0.4;
/// What a line's word counts for one of its related words, as a share of the way there.
const BACK: f32 = 0.7;
/// Related words of one word that count, the closest of them.
const MOST: usize = 12;

/// Words found in a text, each with what is related to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Related {
    /// A word that the text does not have.
    pub(crate) word: &'static str,
    /// The word of the text that it stands for.
    pub(crate) stands_for: &'static str,
    /// How close the two are, above 0 and at most 1.
    pub(crate) closeness: f32,
}

struct Thesaurus {
    finder: Option<AhoCorasick>,
    words: Vec<&'static str>,
    /// For each word what is related to it, closest first.
    related: Vec<Vec<(&'static str, f32)>>,
}

fn thesaurus() -> &'static Thesaurus {
    static LOADED: OnceLock<Thesaurus> = OnceLock::new();
    LOADED.get_or_init(|| {
        let mut relations: HashMap<&'static str, HashMap<&'static str, f32>> = HashMap::new();
        let mut relate = |from: &'static str, to: &'static str, closeness: f32| {
            let known = relations.entry(from).or_default().entry(to).or_default();
            *known = known.max(closeness);
        };
        for (word, related) in THESAURUS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" : ")) {
            let related: Vec<&str> = related.split_whitespace().collect();
            for (place, other) in related.iter().enumerate() {
                let closeness = 1.0 - (1.0 - LAST) * place as f32 / (related.len() - 1).max(1) as f32;
                relate(word, other, closeness);
                relate(other, word, closeness * BACK);
            }
        }
        let mut words: Vec<&'static str> = relations.keys().copied().collect();
        words.sort_unstable();
        let related = words
            .iter()
            .map(|word| {
                let mut related: Vec<(&'static str, f32)> = relations.remove(word).unwrap_or_default().into_iter().collect();
                related.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
                related.truncate(MOST);
                related
            })
            .collect();
        // Words of a file of our own: the automaton can only fail for gigabytes of patterns.
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).build(&words).ok();
        Thesaurus { finder, words, related }
    })
}

/// Loads the thesaurus, so that the first query need not.
pub(crate) fn warm_up() {
    thesaurus();
}

/// The thesaurus' words in a normalised text from left to right, the longest at each place, and how often each occurs.
fn found(text: &str) -> Vec<(usize, u32)> {
    let Some(finder) = &thesaurus().finder else { return Vec::new() };
    let mut counts: Vec<(usize, u32)> = Vec::new();
    for found in finder.find_iter(text) {
        // A Latin word is meant only where it stands by itself: `AR` is not in `SOLAR`.
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inside =
            |at: usize| letter(text.get(..at).and_then(|t| t.chars().next_back())) && letter(text.get(at..).and_then(|t| t.chars().next()));
        if inside(found.start()) || inside(found.end()) {
            continue;
        }
        let place = found.pattern().as_usize();
        match counts.iter_mut().find(|(known, _)| *known == place) {
            Some((_, count)) => *count += 1,
            None => counts.push((place, 1)),
        }
    }
    counts
}

/// What the texts of a listing may also be called: for each related word that none of them has, how strongly it is meant. A word counts
/// as it occurs (1 + ln of how often), `title` times as much when the first text, the title, has it.
pub(crate) fn related(texts: &[&str], title: f32) -> Vec<(Related, f32)> {
    let normal: Vec<String> = texts.iter().map(|text| Normal::new(text).text).collect();
    let mut heads: Vec<(usize, u32, bool)> = Vec::new();
    for (at, text) in normal.iter().enumerate() {
        for (place, count) in found(text) {
            match heads.iter_mut().find(|(known, ..)| *known == place) {
                Some((_, sum, in_title)) => {
                    *sum += count;
                    *in_title |= at == 0;
                }
                None => heads.push((place, count, at == 0)),
            }
        }
    }
    let mut meant: Vec<(Related, f32)> = Vec::new();
    let mut places: HashMap<&'static str, usize> = HashMap::new();
    for (place, count, in_title) in heads {
        let (Some(&stands_for), Some(related)) = (thesaurus().words.get(place), thesaurus().related.get(place)) else { continue };
        let strength = (1.0 + (count as f32).ln()) * if in_title { title } else { 1.0 };
        for &(word, closeness) in related {
            if normal.iter().any(|text| text.contains(&word.to_lowercase())) {
                continue;
            }
            let weight = strength * closeness;
            match places.get(word).and_then(|&at| meant.get_mut(at)) {
                Some(known) if known.1 >= weight => {}
                Some(known) => *known = (Related { word, stands_for, closeness }, weight),
                None => {
                    places.insert(word, meant.len());
                    meant.push((Related { word, stands_for, closeness }, weight));
                }
            }
        }
    }
    meant
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Vec<&'static str> {
        related(texts, 3.0).into_iter().map(|(related, _)| related.word).collect()
    }

    #[test]
    fn what_people_call_it_leads_to_what_researchers_call_it() {
        assert!(words(&["保育猪拉稀怎么办"]).contains(&"腹泻"));
        assert!(words(&["", "仔猪下痢"]).contains(&"拉稀"), "and back");
    }

    #[test]
    fn a_word_of_the_text_is_not_added_again() {
        assert!(!words(&["拉稀", "也就是腹泻"]).contains(&"腹泻"));
    }

    #[test]
    fn a_title_means_more() {
        let weight = |texts: &[&str]| related(texts, 3.0).iter().find(|(r, _)| r.word == "腹泻").map_or(0.0, |(_, weight)| *weight);
        assert!((weight(&["拉稀", ""]) / weight(&["", "拉稀"]) - 3.0).abs() < 1e-6);
    }

    #[test]
    fn latin_words_stand_by_themselves() {
        let heads = |text: &str| found(&Normal::new(text).text).len();
        assert_eq!(heads("SOLAR"), 0);
        assert!(heads("用AGV搬运") >= 1);
    }
}
