//! Rules about the sentences that people read.

use super::Source;
use regex::Regex;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

const FIRST: &str = "app/src/locales/zh-CN/";
const SECOND: &str = "app/src/locales/en/";
/// Beginnings of keys that are put together at run time: whole files, such as `error`, or parts of them, such as `home.state`.
const DYNAMIC: &str = "app/src/locales/dynamic.json";

/// Both languages hold the same files, keys and placeholders.
pub fn both_languages(sources: &[Source]) -> Vec<String> {
    let (mut first, mut second) = (BTreeMap::new(), BTreeMap::new());
    let mut broken = Vec::new();
    for (folder, sentences) in [(FIRST, &mut first), (SECOND, &mut second)] {
        for source in sources.iter().filter(|source| source.path.starts_with(folder)) {
            match sentences_of(source) {
                Ok(own) => sentences.extend(own),
                Err(error) => broken.push(error),
            }
        }
        if sentences.is_empty() {
            broken.push(format!("{folder}: no sentences"));
        }
    }
    let keys: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    for key in keys {
        match (first.get(key), second.get(key)) {
            (Some(one), Some(other)) if placeholders(one) != placeholders(other) => {
                broken.push(format!("{key}: the two languages have different placeholders"));
            }
            (Some(_), Some(_)) => {}
            (Some(_), None) => broken.push(format!("{key}: missing in {SECOND}")),
            (None, _) => broken.push(format!("{key}: missing in {FIRST}")),
        }
    }
    broken
}

/// No sentence stays behind when its page goes: each key stands in the code, or begins like keys that are made at run time.
pub fn every_sentence_is_used(sources: &[Source]) -> Vec<String> {
    let Ok(literal) = Regex::new(r#""([\w-]+(?:\.[\w-]+)+)""#) else { return Vec::new() };
    let code: Vec<&Source> = sources.iter().filter(|source| source.is_rust_in(&["app/src/", "server/"])).collect();
    let used: BTreeSet<&str> =
        code.iter().flat_map(|source| literal.captures_iter(&source.text)).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    let keys: BTreeSet<String> = sources
        .iter()
        .filter(|source| source.path.starts_with(FIRST))
        .flat_map(|source| sentences_of(source).unwrap_or_default())
        .map(|(key, _)| key)
        .collect();
    let dynamic: Vec<String> = match sources.iter().find(|source| source.path == DYNAMIC).map(|source| serde_json::from_str(&source.text)) {
        Some(Ok(prefixes)) => prefixes,
        Some(Err(error)) => return vec![format!("{DYNAMIC}: {error}")],
        None => Vec::new(),
    };
    let below = |key: &str, prefix: &str| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
    let idle = dynamic.iter().filter(|prefix| !keys.iter().any(|key| below(key, prefix)));
    let idle = idle.map(|prefix| format!("{DYNAMIC}: no key begins with {prefix}."));
    let unused = keys.iter().filter(|key| !used.contains(key.as_str()) && !dynamic.iter().any(|prefix| below(key, prefix)));
    unused.map(|key| format!("{key}: no code uses this sentence")).chain(idle).collect()
}

/// The sentences of one file by `file.key`.
fn sentences_of(source: &Source) -> Result<Vec<(String, String)>, String> {
    let stem = source.path.rsplit('/').next().and_then(|name| name.strip_suffix(".json"));
    let stem = stem.ok_or_else(|| format!("{}: only JSON belongs here", source.path))?;
    let Entries(entries) = serde_json::from_str(&source.text).map_err(|error| format!("{}: {error}", source.path))?;
    let mut seen = BTreeSet::new();
    if let Some((twice, _)) = entries.iter().find(|(key, _)| !seen.insert(key)) {
        return Err(format!("{}: {twice} stands twice", source.path));
    }
    Ok(entries.into_iter().map(|(key, sentence)| (format!("{stem}.{key}"), sentence)).collect())
}

/// The `{names}` that are filled in, in alphabetical order.
fn placeholders(sentence: &str) -> BTreeSet<&str> {
    sentence
        .split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .filter(|name| !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_'))
        .collect()
}

/// A flat JSON object in the order of its file, keys that stand twice included.
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flat;
        impl<'de> Visitor<'de> for Flat {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object of sentences")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Flat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn languages_are_compared() {
        let zh = source("app/src/locales/zh-CN/home.json", r#"{"title": "科桥", "found": "{n} 项", "only": "一"}"#);
        let en = source("app/src/locales/en/home.json", r#"{"title": "Keqiao", "found": "{count} found", "extra": "x"}"#);
        let broken = both_languages(&[zh, en]);
        assert_eq!(broken.len(), 3, "{broken:?}");
        assert!(broken[0].starts_with("home.extra: missing in app/src/locales/zh-CN"));
        assert!(broken[1].starts_with("home.found: the two"));
        assert!(broken[2].starts_with("home.only: missing in app/src/locales/en"));
    }

    #[test]
    fn files_are_flat_and_without_repetition() {
        assert!(sentences_of(&source("a.json", r#"{"x": "1", "x": "2"}"#)).unwrap_err().contains("twice"));
        assert!(sentences_of(&source("a.json", r#"{"x": {"y": "2"}}"#)).is_err());
    }

    #[test]
    fn unused_sentences_are_named() {
        let words = source("app/src/locales/zh-CN/home.json", r#"{"title": "", "old": "", "state.a": ""}"#);
        let code = source("app/src/home.rs", r#"t!(lang, "home.title")"#);
        let dynamic = source(DYNAMIC, r#"["home.state", "hom", "gone"]"#);
        let broken = every_sentence_is_used(&[words, code, dynamic]);
        assert_eq!(
            broken,
            [
                "home.old: no code uses this sentence",
                "app/src/locales/dynamic.json: no key begins with hom.",
                "app/src/locales/dynamic.json: no key begins with gone.",
            ]
        );
    }
}
