//! Which words do texts have, how often, and how long are texts?

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use anyhow::Context as _;
use jieba_rs::Jieba;
use keqiao_search::evaluate::read_corpus;
use serde_json::Value;

/// A small, repeatable source of variety (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall the same for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % sides.max(1) as u64).unwrap_or(0)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.roll(from.len()))
    }
}

/// The words of one kind of texts with their frequency, and the lengths of those texts in characters.
#[derive(Debug, Default)]
pub struct Texts {
    words: Vec<Box<str>>,
    /// How often each word or one before it occurs.
    cumulative: Vec<u64>,
    lengths: Vec<u32>,
}

impl Texts {
    fn learn(jieba: &Jieba, texts: &[String]) -> Self {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        let mut lengths = Vec::new();
        for text in texts.iter().filter(|text| !text.trim().is_empty()) {
            lengths.push(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
            for word in jieba.cut(text, false).into_iter().map(|word| word.word).filter(|word| !word.trim().is_empty()) {
                *counts.entry(word).or_default() += 1;
            }
        }
        // Sorted: a map's own order differs from run to run.
        let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
        counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let mut sum = 0;
        let (words, cumulative) = counts
            .into_iter()
            .map(|(word, count)| {
                sum += count;
                (Box::from(word), sum)
            })
            .unzip();
        Self { words, cumulative, lengths }
    }

    /// A word, as likely as it is frequent.
    pub fn word(&self, dice: &mut Dice) -> &str {
        let ticket = dice.next() % self.cumulative.last().copied().unwrap_or(1);
        self.words.get(self.cumulative.partition_point(|sum| *sum <= ticket)).map_or("", |word| word)
    }

    /// A word that somebody might search for.
    pub fn telling(&self, dice: &mut Dice) -> &str {
        let telling = |word: &str| word.chars().count() >= 2 && word.chars().all(char::is_alphabetic);
        let mut word = self.word(dice);
        for _ in 0..50 {
            if telling(word) {
                break;
            }
            word = self.word(dice);
        }
        word
    }

    /// The length of one of the texts.
    pub fn length(&self, dice: &mut Dice) -> usize {
        dice.pick(&self.lengths).map_or(0, |length| *length as usize)
    }

    /// About so many characters of words.
    pub fn write(&self, characters: usize, dice: &mut Dice) -> String {
        let mut text = String::with_capacity(characters * 3);
        let mut written = 0;
        while written < characters {
            let word = self.word(dice);
            let latin = |c: char| c.is_ascii_alphanumeric();
            if text.chars().next_back().is_some_and(latin) && word.chars().next().is_some_and(latin) {
                text.push(' ');
                written += 1;
            }
            text.push_str(word);
            written += word.chars().count().max(1);
        }
        text
    }
}

/// Texts of one language.
#[derive(Debug)]
pub struct Language {
    /// Titles.
    pub titles: Texts,
    /// What stands below them.
    pub bodies: Texts,
    /// How many listings it was learnt from.
    pub entries: usize,
}

/// Where words come from.
#[derive(Debug)]
pub struct Dictionary {
    /// Chinese, or English where there is nothing Chinese.
    pub main: Language,
    /// English beside Chinese.
    pub second: Option<Language>,
    /// Where it comes from.
    pub source: String,
}

impl Dictionary {
    /// Learns from every corpus in the folder's folders, or from the demo city.
    pub fn read(folder: Option<&Path>) -> anyhow::Result<Self> {
        let (entries, source) = match folder {
            Some(folder) => (corpora(folder)?, folder.display().to_string()),
            None => (demo_city()?, "the demo city".to_owned()),
        };
        let jieba = Jieba::new();
        let (chinese, english): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .partition(|(title, body)| title.chars().chain(body.chars()).any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)));
        let learn = |entries: Vec<(String, String)>| {
            let count = entries.len();
            let (titles, bodies): (Vec<String>, Vec<String>) = entries.into_iter().unzip();
            Language { titles: Texts::learn(&jieba, &titles), bodies: Texts::learn(&jieba, &bodies), entries: count }
        };
        let usable = |language: &Language| !language.titles.words.is_empty() && !language.bodies.words.is_empty();
        let mut languages = [learn(chinese), learn(english)].into_iter().filter(usable);
        let main = languages.next().with_context(|| format!("{source} holds no listings with title and text"))?;
        Ok(Self { main, second: languages.next(), source })
    }
}

/// Titles and texts of every corpus below; those that several folders share count once.
fn corpora(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let listed = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut folders: Vec<_> = listed.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path()).collect();
    folders.push(folder.to_owned());
    folders.sort();
    let mut known = HashSet::new();
    let mut entries = Vec::new();
    for folder in folders.iter().filter(|folder| ["corpus.jsonl", "corpus.jsonl.gz"].iter().any(|name| folder.join(name).is_file())) {
        for entry in read_corpus(folder)? {
            if known.insert((entry.title.clone(), entry.text.len())) {
                entries.push((entry.title, entry.text));
            }
        }
    }
    Ok(entries)
}

/// Titles and texts of the demo city's listings.
fn demo_city() -> anyhow::Result<Vec<(String, String)>> {
    let mut entries = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo").join(name).with_extension("json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let content: Value = serde_json::from_str(&text)?;
        for listing in ["demands", "achievements"].iter().filter_map(|side| content[side].as_array()).flatten() {
            let parts = ["background", "current", "problem", "tried", "one_sentence", "advantage", "summary"];
            let body: Vec<&str> = parts.iter().filter_map(|part| listing[part].as_str()).collect();
            entries.push((listing["title"].as_str().unwrap_or_default().to_owned(), body.concat()));
        }
    }
    Ok(entries)
}
