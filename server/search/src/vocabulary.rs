//! Which words are there to be typed?
//!
//! The words of titles and keywords of living listings, with how many listings have them, and how they sound. Derived from one committed
//! state and kept until a newer one is worth the work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use keqiao_model::ListingKind;
use pinyin::{ToPinyin as _, ToPinyinMulti as _};
use tantivy::schema::{Field, IndexRecordOption};

use crate::analysis::{WORDS, is_han};
use crate::error::SearchError;
use crate::schema::{Channel, Fields, Part};
use crate::snapshot::Snapshot;
use crate::synonyms;

/// Most words kept: the rarest go first.
const MOST_WORDS: usize = 200_000;
/// Shorter Latin words of synonyms are abbreviations, not to be guessed.
const LEAST_LATIN: usize = 5;
/// Shortest Latin word worth keeping, in characters.
const SHORTEST_LATIN: usize = 3;
/// Ways to read one word that are known.
const MOST_READINGS: usize = 6;
/// Up to so many listings words are collected whenever somebody asks; of more in the background.
const AT_ONCE: usize = 5_000;
/// In the background they are collected at most this often, and never more than this share of the time.
const PAUSE: Duration = Duration::from_secs(10);
const PAUSE_SHARE: u32 = 20;

/// A word.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    /// Normalised.
    pub(crate) text: Box<str>,
    /// Living listings that have it: demands, achievements. Zero of both: a word of the domain dictionary or of the synonyms.
    counts: [u32; 2],
}

impl Entry {
    /// Living listings of the side that have it.
    pub(crate) fn count(&self, kind: ListingKind) -> usize {
        self.counts.get(side(kind)).copied().unwrap_or_default() as usize
    }
}

fn side(kind: ListingKind) -> usize {
    match kind {
        ListingKind::Demand => 0,
        ListingKind::Achievement => 1,
    }
}

/// The words of one state.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// By text.
    entries: Vec<Entry>,
    /// Places in `entries` by how the word sounds, and by the first letters of its sounds.
    sounds: Vec<(Box<str>, u32)>,
    initials: Vec<(Box<str>, u32)>,
}

type Counts = HashMap<String, [u32; 2]>;

impl Vocabulary {
    /// Collects the words of a state.
    pub(crate) fn new(snapshot: &Snapshot, fields: &Fields) -> Result<Self, SearchError> {
        let mut counts = Counts::new();
        for kind in [ListingKind::Demand, ListingKind::Achievement] {
            for scored in fields.scored(kind).iter().filter(|scored| matches!(scored.part, Part::Title | Part::Keywords)) {
                // Han words are kept as jieba cuts them, Latin ones as they are written: stems are nothing to show to people.
                match scored.channel {
                    Channel::Words => collect(snapshot, scored.field, kind, &mut counts, is_han_word)?,
                    Channel::Grams => collect(snapshot, scored.field, kind, &mut counts, is_latin_word)?,
                }
            }
            collect(snapshot, fields.phrases(kind), kind, &mut counts, |_| true)?;
        }
        Ok(Self::of(counts))
    }

    fn of(mut counts: Counts) -> Self {
        shrink(&mut counts, MOST_WORDS);
        for word in WORDS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            counts.entry(word.to_owned()).or_default();
        }
        // What no listing says, but people do: it leads to what means the same.
        for word in synonyms::words().flat_map(|word| if word.contains(is_han) { vec![word] } else { word.split([' ', '-']).collect() }) {
            let word = word.to_lowercase();
            if word.contains(is_han) || (word.len() >= LEAST_LATIN && word.chars().all(|c| c.is_ascii_alphabetic())) {
                counts.entry(word).or_default();
            }
        }
        let mut entries: Vec<Entry> = counts.into_iter().map(|(text, counts)| Entry { text: text.into(), counts }).collect();
        entries.sort_by(|a, b| a.text.cmp(&b.text));
        let mut sounds = Vec::new();
        let mut initials = Vec::new();
        for (place, entry) in (0_u32..).zip(&entries) {
            if entry.text.contains(is_han) {
                sounds.extend(readings(&entry.text).into_iter().map(|reading| (reading.into_boxed_str(), place)));
                initials.push((first_letters(&entry.text).into_boxed_str(), place));
            }
        }
        sounds.sort_unstable();
        initials.sort_unstable();
        Self { entries, sounds, initials }
    }

    /// The entry of a text.
    pub(crate) fn get(&self, text: &str) -> Option<&Entry> {
        let place = self.entries.binary_search_by(|entry| (*entry.text).cmp(text)).ok()?;
        self.entries.get(place)
    }

    /// The words that begin so.
    pub(crate) fn beginning(&self, prefix: &str) -> impl Iterator<Item = &Entry> {
        let start = self.entries.partition_point(|entry| *entry.text < *prefix);
        self.entries.iter().skip(start).take_while(move |entry| entry.text.starts_with(prefix))
    }

    /// The words without Han characters in front.
    pub(crate) fn latin(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().take_while(|entry| entry.text.starts_with(|c: char| c.is_ascii()))
    }

    /// The words that sound so.
    pub(crate) fn sounding(&self, sound: &str) -> impl Iterator<Item = &Entry> {
        self.keyed(&self.sounds, sound).take_while(move |(key, _)| **key == *sound).filter_map(|(_, place)| self.at(*place))
    }

    /// The words whose sound begins so.
    pub(crate) fn beginning_to_sound(&self, sound: &str) -> impl Iterator<Item = &Entry> {
        self.keyed(&self.sounds, sound).take_while(move |(key, _)| key.starts_with(sound)).filter_map(|(_, place)| self.at(*place))
    }

    /// The words whose sounds' first letters begin so.
    pub(crate) fn beginning_with_initials(&self, letters: &str) -> impl Iterator<Item = &Entry> {
        self.keyed(&self.initials, letters).take_while(move |(key, _)| key.starts_with(letters)).filter_map(|(_, place)| self.at(*place))
    }

    /// The words with exactly these first letters.
    pub(crate) fn with_initials(&self, letters: &str) -> impl Iterator<Item = &Entry> {
        self.keyed(&self.initials, letters).take_while(move |(key, _)| **key == *letters).filter_map(|(_, place)| self.at(*place))
    }

    fn keyed<'a>(&self, keys: &'a [(Box<str>, u32)], from: &str) -> impl Iterator<Item = &'a (Box<str>, u32)> + use<'a> {
        let start = keys.partition_point(|(key, _)| **key < *from);
        keys.iter().skip(start)
    }

    fn at(&self, place: u32) -> Option<&Entry> {
        self.entries.get(place as usize)
    }
}

fn is_han_word(text: &str) -> bool {
    text.chars().nth(1).is_some() && text.chars().all(is_han)
}

fn is_latin_word(text: &str) -> bool {
    text.chars().nth(SHORTEST_LATIN - 1).is_some() && text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(is_han)
}

/// Adds the words of a field: the sum over its segments, and over fields the most.
fn collect(snapshot: &Snapshot, field: Field, kind: ListingKind, counts: &mut Counts, wanted: fn(&str) -> bool) -> Result<(), SearchError> {
    let mut here: HashMap<String, u32> = HashMap::new();
    for reader in snapshot.searcher.segment_readers() {
        let inverted = reader.inverted_index(field)?;
        let mut terms = inverted.terms().stream()?;
        while terms.advance() {
            let Some(text) = std::str::from_utf8(terms.key()).ok().filter(|text| wanted(text)) else { continue };
            let count = match reader.alive_bitset() {
                None => terms.value().doc_freq,
                // A word of listings that are gone must not be offered to anybody.
                Some(alive) => inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?.doc_freq_given_deletes(alive),
            };
            if count == 0 {
                continue;
            }
            match here.get_mut(text) {
                Some(sum) => *sum += count,
                None => {
                    here.insert(text.to_owned(), count);
                }
            }
        }
    }
    for (text, count) in here {
        if let Some(slot) = counts.entry(text).or_default().get_mut(side(kind)) {
            *slot = count.max(*slot);
        }
    }
    shrink(counts, MOST_WORDS * 2);
    Ok(())
}

/// Lets the rarest words go until there are at most so many.
fn shrink(counts: &mut Counts, most: usize) {
    let mut least = 1;
    while counts.len() > most {
        counts.retain(|_, [demands, achievements]| *demands + *achievements > least);
        least += 1;
    }
}

/// How a character sounds most often, in plain letters; Latin letters and digits sound as they are.
fn sound(c: char) -> String {
    match c.to_pinyin() {
        Some(pinyin) => letters(pinyin.plain()),
        None if c.is_ascii_alphanumeric() => c.to_string(),
        None => String::new(),
    }
}

fn letters(plain: &str) -> String {
    plain.replace('ü', "v")
}

/// How a text sounds most often.
pub(crate) fn sound_of(text: &str) -> String {
    text.chars().map(sound).collect()
}

/// How a word can sound: as it most often does, then with one character read otherwise.
fn readings(text: &str) -> Vec<String> {
    let usual: Vec<String> = text.chars().map(sound).collect();
    let mut readings = vec![usual.concat()];
    for (place, c) in text.chars().enumerate() {
        for other in c.to_pinyin_multi().into_iter().flatten().map(|pinyin| letters(pinyin.plain())) {
            let mut reading = usual.clone();
            if let Some(slot) = reading.get_mut(place) {
                *slot = other;
            }
            let reading = reading.concat();
            if readings.len() < MOST_READINGS && !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    readings
}

fn first_letters(text: &str) -> String {
    text.chars().filter_map(|c| sound(c).chars().next()).collect()
}

/// The vocabulary of the latest state, or of one not long before.
#[derive(Debug, Default)]
pub(crate) struct Vocabularies(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    vocabulary: Option<Arc<Vocabulary>>,
    /// The state it was collected from. Weak, so that files of old states can go.
    of: Weak<Snapshot>,
    /// When the next may be collected in the background.
    next: Option<Instant>,
    collecting: bool,
}

impl Vocabularies {
    /// The words of this state. Of a large index perhaps those of an earlier one, or none as long as nobody has collected any.
    pub(crate) fn of(self: &Arc<Self>, snapshot: &Arc<Snapshot>, fields: &Arc<Fields>) -> Result<Option<Arc<Vocabulary>>, SearchError> {
        let mut kept = self.kept();
        if Weak::ptr_eq(&kept.of, &Arc::downgrade(snapshot)) {
            return Ok(kept.vocabulary.clone());
        }
        let documents = snapshot.side(ListingKind::Demand).documents + snapshot.side(ListingKind::Achievement).documents;
        if documents <= AT_ONCE as u64 {
            let vocabulary = Arc::new(Vocabulary::new(snapshot, fields)?);
            kept.vocabulary = Some(Arc::clone(&vocabulary));
            kept.of = Arc::downgrade(snapshot);
            return Ok(Some(vocabulary));
        }
        if !kept.collecting && kept.next.is_none_or(|next| next <= Instant::now()) {
            let (this, snapshot, fields) = (Arc::clone(self), Arc::clone(snapshot), Arc::clone(fields));
            std::thread::Builder::new().name("search-words".to_owned()).spawn(move || this.collect(&snapshot, &fields))?;
            kept.collecting = true;
        }
        Ok(kept.vocabulary.clone())
    }

    /// The words last collected, however old.
    pub(crate) fn last(&self) -> Option<Arc<Vocabulary>> {
        self.kept().vocabulary.clone()
    }

    fn collect(&self, snapshot: &Arc<Snapshot>, fields: &Fields) {
        let begun = Instant::now();
        let collected = Vocabulary::new(snapshot, fields);
        let mut kept = self.kept();
        match collected {
            Ok(vocabulary) => {
                kept.vocabulary = Some(Arc::new(vocabulary));
                kept.of = Arc::downgrade(snapshot);
            }
            Err(error) => tracing::warn!(%error, "the words of the search index cannot be collected"),
        }
        kept.collecting = false;
        kept.next = Some(Instant::now() + PAUSE.max(begun.elapsed() * PAUSE_SHARE));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is kept is replaced as a whole; a panic in between leaves the former.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Vocabulary {
    /// Of words with how many demands have them.
    pub(crate) fn of_words(words: &[(&str, u32)]) -> Self {
        Self::of(words.iter().map(|(word, count)| ((*word).to_owned(), [*count, 0])).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each once, though it can sound in several ways.
    fn texts<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<&'a str> {
        let mut texts: Vec<&str> = entries.filter(|entry| entry.count(ListingKind::Demand) > 0).map(|entry| &*entry.text).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    }

    #[test]
    fn words_are_found_by_text_sound_and_initials() {
        let words = Vocabulary::of_words(&[("锂电池", 3), ("锂电池回收", 1), ("电池", 9), ("重金属", 2), ("绿色制造", 1), ("battery", 4)]);
        assert_eq!(texts(words.beginning("锂电")), ["锂电池", "锂电池回收"]);
        assert_eq!(texts(words.beginning("bat")), ["battery"]);
        assert_eq!(texts(words.sounding("lidianchi")), ["锂电池"]);
        assert_eq!(texts(words.sounding("zhongjinshu")), ["重金属"]);
        assert_eq!(texts(words.sounding("lvsezhizao")), ["绿色制造"]);
        assert_eq!(texts(words.beginning_to_sound("lidian")), ["锂电池", "锂电池回收"]);
        assert_eq!(texts(words.with_initials("ldc")), ["锂电池"]);
        assert_eq!(texts(words.beginning_with_initials("ldc")), ["锂电池", "锂电池回收"]);
        assert_eq!(texts(words.latin()), ["battery"]);
        assert_eq!(words.get("电池").map(|entry| entry.count(ListingKind::Demand)), Some(9));
        assert!(words.get("增材制造").is_some(), "the domain dictionary is known");
        assert!(texts(words.sounding("zengcaizhizao")).is_empty(), "but nothing has it");
    }

    #[test]
    fn a_word_is_read_in_all_its_ways() {
        assert!(readings("增长").contains(&"zengzhang".to_owned()), "{:?}", readings("增长"));
        assert_eq!(sound_of("锂dianchi"), "lidianchi");
    }

    #[test]
    fn the_rarest_words_go_first() {
        let mut counts: Counts = [("a", 1), ("b", 2), ("c", 3)].into_iter().map(|(word, count)| (word.to_owned(), [count, 0])).collect();
        shrink(&mut counts, 2);
        assert_eq!(counts.len(), 2);
        assert!(!counts.contains_key("a"));
    }
}
