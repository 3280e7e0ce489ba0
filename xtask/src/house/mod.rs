//! The rules of the house that a machine can see broken.

mod dependencies;
mod locales;
mod rust_code;
mod text;

use crate::workspace::{self, Workspace};
use anyhow::{Result, bail};
use std::{fs, path::Path};

/// A file of the repository that can be read as text.
pub struct Source {
    /// From the top of the repository, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// Whether this is Rust below one of these folders.
    fn is_rust_in(&self, folders: &[&str]) -> bool {
        self.path.ends_with(".rs") && folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

/// Checks every rule and names what breaks it.
pub fn check(workspace: &Workspace) -> Result<()> {
    let files = tracked(workspace)?;
    let sources = read(&workspace.root, &files);
    let broken = [
        dependencies::between_crates(workspace)?,
        dependencies::versions_in_one_place(&sources),
        locales::both_languages(&sources),
        locales::every_sentence_is_used(&sources),
        text::top_level(&files),
        text::no_chinese_outside_locales(&sources),
        text::length(&sources),
        text::nothing_unfinished(&sources),
        text::one_place_for_transactions(&sources),
        text::no_blanket_for_panics(&sources),
        text::nothing_of_one_machine(&sources),
    ]
    .concat();
    for line in &broken {
        println!("{line}");
    }
    match broken.len() {
        0 => Ok(()),
        count => bail!("the rules of the house are broken in {count} places"),
    }
}

/// What git holds, and what it would hold after `git add --all`.
fn tracked(workspace: &Workspace) -> Result<Vec<String>> {
    let list = workspace::read(workspace.command("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    Ok(list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// The text files among these; what is deleted, or is no text, is left out.
fn read(root: &Path, files: &[String]) -> Vec<Source> {
    files.iter().filter_map(|path| Some(Source { path: path.clone(), text: fs::read_to_string(root.join(path)).ok()? })).collect()
}
