//! Which words mean the same?
//!
//! The groups are written in `synonyms.txt`. Words are compared as analysis sees them, so that case, width, plural and spacing make no
//! difference.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::analysis::{Unit, analyse};

/// The groups, one a line.
const SYNONYMS: &str = include_str!("synonyms.txt");
/// Longest synonym in words of analysis.
pub(crate) const LONGEST_SYNONYM: usize = 6;

/// One word of a group.
#[derive(Debug)]
pub(crate) struct Synonym {
    /// As it is written in the file.
    pub(crate) text: &'static str,
    /// As analysis sees it.
    pub(crate) units: Vec<Unit>,
}

struct Table {
    groups: Vec<Vec<Synonym>>,
    /// Places in `groups` by the key of a member.
    of: HashMap<String, Vec<usize>>,
}

/// What words are compared by.
pub(crate) fn key(units: &[Unit]) -> String {
    units.iter().map(|unit| unit.word.as_str()).collect::<Vec<_>>().join(" ")
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table { groups: Vec::new(), of: HashMap::new() };
        for line in SYNONYMS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let members: Vec<Synonym> = line.split('=').map(|text| Synonym { text, units: analyse(text).units }).collect();
            for member in &members {
                table.of.entry(key(&member.units)).or_default().push(table.groups.len());
            }
            table.groups.push(members);
        }
        table
    })
}

/// The other words of the groups that have this key.
pub(crate) fn of_key(key: &str) -> impl Iterator<Item = &'static Synonym> {
    let table = table();
    let groups = table.of.get(key).map(Vec::as_slice).unwrap_or_default();
    let own = key.to_owned();
    groups.iter().filter_map(|group| table.groups.get(*group)).flatten().filter(move |member| self::key(&member.units) != own)
}

/// The words that mean the same as this one, as they are written in the file. The word may be written in any way.
pub(crate) fn synonyms_of(term: &str) -> Vec<&'static str> {
    of_key(&key(&analyse(term).units)).map(|member| member.text).collect()
}

/// Every word of every group, as it is written in the file.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    table().groups.iter().flatten().map(|member| member.text)
}

/// Analyses the groups, once.
pub(crate) fn warm_up() {
    table();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_synonyms_however_they_are_written() {
        for (term, expected) in [
            ("锂电池", "锂离子电池"),
            ("鋰電池", "锂离子电池"),
            ("VOC", "挥发性有机物"),
            ("ｖｏｃｓ", "挥发性有机物"),
            ("挥发性有机物", "VOCs"),
            ("聚乳酸", "PLA"),
            ("3d 打印", "增材制造"),
            ("增材制造", "3D打印"),
            ("Internet  of Things", "物联网"),
            ("lithium-ion batteries", "锂电池"),
        ] {
            assert!(synonyms_of(term).contains(&expected), "{term}: {:?}", synonyms_of(term));
        }
        for term in ["电位", "", "the", "量子"] {
            assert!(synonyms_of(term).is_empty(), "{term}");
        }
    }

    #[test]
    fn groups_are_whole_and_say_nothing_twice() {
        let table = table();
        assert!(table.groups.len() >= 150);
        for group in &table.groups {
            let names: Vec<&str> = group.iter().map(|member| member.text).collect();
            assert!(group.len() > 1, "{names:?}");
            let mut keys: Vec<String> = group.iter().map(|member| key(&member.units)).collect();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), group.len(), "{names:?} has a word twice");
            for member in group {
                assert!(!member.units.is_empty() && member.units.len() <= LONGEST_SYNONYM, "{}", member.text);
                assert_eq!(member.text.trim(), member.text);
                assert_eq!(table.of.get(&key(&member.units)).map(Vec::len), Some(1), "{} stands in two groups", member.text);
            }
        }
    }
}
