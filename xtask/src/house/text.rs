//! Rules about what stands in files, and which files there are.

use super::{Source, rust_code::without_comments};
use regex::Regex;
use std::collections::BTreeSet;

/// What the top of the repository holds beside files that begin with a dot.
const TOP_LEVEL: [&str; 17] = [
    "ARCHITECTURE.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "README.zh.md",
    "app",
    "clippy.toml",
    "deny.toml",
    "frontend",
    "migrations",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "server",
    "style",
    "tests",
    "xtask",
];

/// No room is longer than this.
const LONGEST: usize = 700;

/// The top level holds the house's rooms and nothing else.
pub fn top_level(files: &[String]) -> Vec<String> {
    let entries: BTreeSet<&str> = files.iter().filter_map(|path| path.split('/').next()).collect();
    entries
        .into_iter()
        .filter(|entry| !entry.starts_with('.') && !TOP_LEVEL.contains(entry))
        .map(|entry| format!("{entry}: does not belong on the top level"))
        .collect()
}

/// Words that people read live in `locales/`: pages hold no Chinese outside comments.
pub fn no_chinese_outside_locales(sources: &[Source]) -> Vec<String> {
    let pages = sources.iter().filter(|source| source.is_rust_in(&["app/src/"]));
    pages.flat_map(|source| lines(source, "Chinese outside locales", |line| line.chars().any(is_chinese))).collect()
}

/// Ideographs, their punctuation and full-width forms.
fn is_chinese(char: char) -> bool {
    matches!(char, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// No Rust file is longer than a person reads in one sitting.
pub fn length(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| source.path.ends_with(".rs"))
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, count)| *count > LONGEST)
        .map(|(source, count)| format!("{}: {count} lines, at most {LONGEST}", source.path))
        .collect()
}

/// Nothing is left for later, and nothing for debugging.
pub fn nothing_unfinished(sources: &[Source]) -> Vec<String> {
    // Written apart, so that this file passes its own rule.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("db", "g!(")];
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| [".rs", ".js", ".mjs", ".css"].iter().any(|extension| source.path.ends_with(extension))) {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                broken.push(format!("{}:{}: {mark}", source.path, number + 1));
            }
        }
    }
    broken
}

/// Writing transactions begin in one file, which adds their audit entry and event.
pub fn one_place_for_transactions(sources: &[Source]) -> Vec<String> {
    let begin = [concat!(".beg", "in("), concat!(".begin_", "with_")];
    sources
        .iter()
        .filter(|source| source.is_rust_in(&["app/src/", "server/"]) && source.path != "server/market/src/db.rs")
        .flat_map(|source| {
            lines(source, "transactions begin in server/market/src/db.rs", |line| begin.iter().any(|call| line.contains(call)))
        })
        .collect()
}

/// Clippy forbids `unwrap` and `expect`; no module of the product lifts that for all it holds.
pub fn no_blanket_for_panics(sources: &[Source]) -> Vec<String> {
    let Ok(blanket) = Regex::new(r"#!\[(allow|expect)\([^\]]*clippy::(unwrap_used|expect_used|panic)\b") else { return Vec::new() };
    sources
        .iter()
        .filter(|source| source.is_rust_in(&["app/", "server/", "migrations/"]) && !is_test(&source.path))
        .filter(|source| blanket.is_match(&without_comments(&source.text)))
        .map(|source| format!("{}: allows panics in a whole module", source.path))
        .collect()
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// Nothing that is committed names a folder of one machine or the host of a package registry.
pub fn nothing_of_one_machine(sources: &[Source]) -> Vec<String> {
    let marks = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/main"),
        concat!("/wo", "rk/shared"),
        concat!("registry.npm", "js.org"),
        concat!("static.crates", ".io"),
    ];
    let mut broken = Vec::new();
    for source in sources {
        if let Some(mark) = marks.iter().find(|mark| source.text.contains(**mark)) {
            broken.push(format!("{}: names {mark}", source.path));
        }
    }
    broken
}

/// The lines of code, comments aside, that break a rule.
fn lines(source: &Source, rule: &str, breaks: impl Fn(&str) -> bool) -> Vec<String> {
    without_comments(&source.text)
        .lines()
        .enumerate()
        .filter(|(_, line)| breaks(line))
        .map(|(number, line)| format!("{}:{}: {rule}: {}", source.path, number + 1, line.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn strangers_on_the_top_level_are_named() {
        let files = ["app/x.rs", ".ci/run", "notes.txt", "scripts/a.sh"].map(str::to_owned);
        assert_eq!(top_level(&files).len(), 2);
    }

    #[test]
    fn chinese_is_for_comments_and_locales() {
        let page = source("app/src/home.rs", "// 首页\nlet a = \"ok\";\nlet b = \"首页\";\nlet c = \"，\";");
        let broken = no_chinese_outside_locales(&[page, source("server/src/x.rs", "\"首页\"")]);
        assert_eq!(broken.len(), 2);
        assert!(broken[0].starts_with("app/src/home.rs:3:"));
    }

    #[test]
    fn long_files_are_named() {
        assert_eq!(length(&[source("a.rs", &"\n".repeat(LONGEST)), source("a.md", &"\n".repeat(9000))]), Vec::<String>::new());
        assert_eq!(length(&[source("a.rs", &"\n".repeat(LONGEST + 1))]), ["a.rs: 701 lines, at most 700"]);
    }

    #[test]
    fn transactions_begin_in_one_file() {
        let call = format!("let t = db{}).await?;", concat!(".beg", "in("));
        assert_eq!(one_place_for_transactions(&[source("server/market/src/db.rs", &call)]), Vec::<String>::new());
        assert_eq!(one_place_for_transactions(&[source("server/src/jobs.rs", &call), source("tests/src/lib.rs", &call)]).len(), 1);
    }

    #[test]
    fn blankets_are_for_tests() {
        let text = "#![allow(missing_docs, clippy::unwrap_used)]\n";
        let sources = [source("server/src/a.rs", text), source("server/tests/a.rs", text), source("app/src/form/tests.rs", text)];
        assert_eq!(no_blanket_for_panics(&sources).len(), 1);
    }
}
