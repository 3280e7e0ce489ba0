//! What did a person mean to type?
//!
//! Only words that no listing of the side has are looked at: Latin letters that are pinyin (`lidianchi`), its initials (`ldc`) or an English
//! word with one letter wrong (`battrey`), and Han characters that sound like a word (里电池). What they become, some listing has.

use keqiao_model::ListingKind;
use tantivy::Term;

use crate::analysis::normal::Normal;
use crate::analysis::{analyse, cut_chars, is_han, is_word};
use crate::error::SearchError;
use crate::query::LONGEST_QUERY;
use crate::query::syntax::{Name, items};
use crate::schema::{Channel, Fields};
use crate::scoring::frequency;
use crate::snapshot::Snapshot;
use crate::synonyms::synonyms_of;
use crate::vocabulary::{Entry, Vocabulary, sound_of};

/// Longest run that is looked at, in characters.
const LONGEST: usize = 40;
/// Words of a query that are looked at.
const MOST_WORDS: usize = 16;
/// Longest word that is looked for in a run of Han characters.
const LONGEST_HAN: usize = 8;
/// Shortest pinyin of one word in a row of several.
const SHORTEST_SOUND: usize = 4;
/// Shortest English word that may be mistyped.
const SHORTEST_TYPO: usize = 4;
/// How many letters initials have.
const INITIALS: std::ops::RangeInclusive<usize> = 3..=8;
/// How much more frequent a word must be than what was typed.
const MORE_FREQUENT: u64 = 10;

/// Corrects queries of one side.
pub(crate) struct Speller<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) fields: &'a Fields,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) kind: ListingKind,
}

impl Speller<'_> {
    /// The whole query with its wrong words replaced; nothing when none is.
    pub(crate) fn correct(&self, query: &str) -> Result<Option<String>, SearchError> {
        let query = cut_chars(query, LONGEST_QUERY);
        let mut corrected = String::new();
        let mut done = 0;
        let mut words = 0;
        for item in items(query) {
            if item.excluded || !matches!(item.name, None | Some(Name::Title | Name::Keyword)) {
                continue;
            }
            let mut next = item.start;
            for piece in item.text.split_inclusive(char::is_whitespace) {
                let (at, word) = (next, piece.trim_end());
                next += piece.len();
                if word.is_empty() {
                    continue;
                }
                words += 1;
                if words > MOST_WORDS {
                    break;
                }
                if let Some(better) = self.word(word)? {
                    corrected.push_str(query.get(done..at).unwrap_or_default());
                    corrected.push_str(&better);
                    done = at + word.len();
                }
            }
        }
        if done == 0 {
            return Ok(None);
        }
        corrected.push_str(query.get(done..).unwrap_or_default());
        Ok(Some(corrected))
    }

    fn word(&self, word: &str) -> Result<Option<String>, SearchError> {
        let word = Normal::new(word).text;
        if word.chars().nth(LONGEST).is_some() {
            return Ok(None);
        }
        let (mut han, mut latin, mut other) = (false, false, false);
        for c in word.chars() {
            match c {
                c if is_han(c) => han = true,
                'a'..='z' => latin = true,
                _ => other = true,
            }
        }
        match (han, latin, other) {
            (false, true, false) => self.latin(&word),
            (true, true, false) => self.mixed(&word),
            (true, false, _) => self.han(&word),
            _ => Ok(None),
        }
    }

    fn latin(&self, word: &str) -> Result<Option<String>, SearchError> {
        if word.len() < 2 || self.occurs(word)? || !synonyms_of(word).is_empty() {
            return Ok(None);
        }
        let whole = || self.best(self.vocabulary.sounding(word)).map(str::to_owned);
        let initials =
            || INITIALS.contains(&word.len()).then(|| self.best(self.vocabulary.with_initials(word)).map(str::to_owned)).flatten();
        let known = || self.known(self.vocabulary.sounding(word)).or_else(|| self.known(self.near(word))).map(str::to_owned);
        Ok(whole().or_else(|| self.row(word)).or_else(|| self.typo(word)).or_else(initials).or_else(known))
    }

    /// Whether some listing of the side has this Latin word in any form.
    fn occurs(&self, word: &str) -> Result<bool, SearchError> {
        let stem = analyse(word).words.into_iter().next().map(|token| token.text);
        for scored in self.fields.scored(self.kind) {
            let text = match scored.channel {
                Channel::Words => stem.as_deref().unwrap_or(word),
                Channel::Grams => word,
            };
            if self.snapshot.frequency(&Term::from_field_text(scored.field, text))? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn best<'v>(&self, entries: impl Iterator<Item = &'v Entry>) -> Option<&'v str> {
        let there = entries.filter(|entry| entry.count(self.kind) > 0);
        // Of equally frequent ones the first by text, so that the answer is always the same.
        there.max_by(|a, b| a.count(self.kind).cmp(&b.count(self.kind)).then_with(|| b.text.cmp(&a.text))).map(|entry| &*entry.text)
    }

    /// A word that no listing of the side says, but the dictionaries: something that means the same may be found for it.
    fn known<'v>(&self, mut entries: impl Iterator<Item = &'v Entry>) -> Option<&'v str> {
        entries.next().map(|entry| &*entry.text)
    }

    /// The pinyin of several words in a row, as few as possible.
    fn row(&self, word: &str) -> Option<String> {
        let mut best: Vec<Option<Vec<&str>>> = vec![None; word.len() + 1];
        *best.first_mut()? = Some(Vec::new());
        for end in SHORTEST_SOUND..=word.len() {
            let mut here: Option<Vec<&str>> = None;
            for start in 0..=end - SHORTEST_SOUND {
                let Some(before) = best.get(start).and_then(Option::as_ref) else { continue };
                if here.as_ref().is_some_and(|words| words.len() <= before.len() + 1) {
                    continue;
                }
                let sounding = self.vocabulary.sounding(word.get(start..end)?);
                if let Some(found) = self.best(sounding.filter(|entry| entry.text.chars().nth(1).is_some())) {
                    here = Some(before.iter().copied().chain([found]).collect());
                }
            }
            if let Some(slot) = best.get_mut(end) {
                *slot = here;
            }
        }
        best.pop().flatten().filter(|words| words.len() > 1).map(|words| words.join(" "))
    }

    fn typo(&self, word: &str) -> Option<String> {
        self.best(self.near(word)).map(str::to_owned)
    }

    /// Latin words that one slip of the finger makes of this one.
    fn near(&self, word: &str) -> impl Iterator<Item = &Entry> {
        let long = word.len() >= SHORTEST_TYPO;
        self.vocabulary.latin().filter(move |entry| long && one_edit_apart(word.as_bytes(), entry.text.as_bytes()))
    }

    /// Half typed in pinyin: 锂dianchi.
    fn mixed(&self, word: &str) -> Result<Option<String>, SearchError> {
        let latin: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        if self.occurs(&latin)? {
            return Ok(None);
        }
        let fits = |entry: &&Entry| {
            let mut chars = entry.text.chars();
            word.chars().filter(|c| is_han(*c)).all(|c| chars.any(|other| other == c))
        };
        let sound = sound_of(word);
        let sounding = || self.vocabulary.sounding(&sound).filter(fits);
        Ok(self.best(sounding()).or_else(|| self.known(sounding())).map(str::to_owned))
    }

    /// Characters that sound like those of a word.
    fn han(&self, run: &str) -> Result<Option<String>, SearchError> {
        let chars: Vec<char> = run.chars().collect();
        let mut better = String::new();
        let mut changed = false;
        let mut at = 0;
        'next: while at < chars.len() {
            for length in (2..=LONGEST_HAN.min(chars.len() - at)).rev() {
                let Some(window) = chars.get(at..at + length).filter(|window| window.iter().all(|c| is_han(*c))) else { continue };
                let text: String = window.iter().collect();
                let known = self.vocabulary.get(&text).is_some() || is_word(&text);
                let other = if known { None } else { self.same_sound(&text)? };
                if known || other.is_some() {
                    changed |= other.is_some();
                    better.push_str(other.unwrap_or(&text));
                    at += length;
                    continue 'next;
                }
            }
            better.extend(chars.get(at));
            at += 1;
        }
        Ok(changed.then_some(better))
    }

    fn same_sound(&self, text: &str) -> Result<Option<&str>, SearchError> {
        let length = text.chars().count();
        let alike = |entry: &&Entry| {
            let same = entry.text.chars().zip(text.chars()).filter(|(a, b)| a == b).count();
            entry.text.chars().count() == length && (same > 0 || length > 2)
        };
        let sound = sound_of(text);
        let Some(best) = self.best(self.vocabulary.sounding(&sound).filter(alike)) else { return Ok(None) };
        let count = self.vocabulary.get(best).map_or(0, |entry| entry.count(self.kind)) as u64;
        // Characters that do stand side by side somewhere are no mistake, unless next to nobody writes them.
        let mut least = u64::MAX;
        for pair in analyse(text).grams.into_iter().filter(|gram| gram.text.chars().nth(1).is_some()) {
            least = least.min(frequency(self.snapshot, self.fields, self.kind, Channel::Grams, &pair.text)?);
        }
        Ok((least == 0 || least.saturating_mul(MORE_FREQUENT) <= count).then_some(best))
    }
}

/// Whether one letter added, left out, changed, or two neighbours exchanged make the one the other.
fn one_edit_apart(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (short.get(same..).unwrap_or_default(), long.get(same..).unwrap_or_default());
    match (short, long) {
        ([], [_]) => true,
        ([_, short @ ..], [_, long @ ..]) if short.len() == long.len() && short == long => true,
        ([a, b, short @ ..], [c, d, long @ ..]) if a == d && b == c && short == long => true,
        (short, [_, long @ ..]) => short == long,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_is_one_letter() {
        for (typed, meant, expected) in [
            ("battrey", "battery", true),
            ("batery", "battery", true),
            ("battery", "batery", true),
            ("batterys", "battery", true),
            ("bettery", "battery", true),
            ("battery", "battery", false),
            ("batry", "battery", false),
            ("abcd", "badc", false),
            ("grapheen", "graphene", true),
            ("", "a", true),
            ("", "", false),
            ("a", "abc", false),
        ] {
            assert_eq!(one_edit_apart(typed.as_bytes(), meant.as_bytes()), expected, "{typed} {meant}");
        }
    }
}
