//! Who depends on whom.

use super::Source;
use crate::{
    tools::WASM,
    workspace::{self, Workspace},
};
use anyhow::Result;
use std::collections::BTreeSet;

/// What must not be found below a crate, however far down.
struct Below {
    package: &'static str,
    target: Option<&'static str>,
    /// The only members of the workspace that it may reach.
    members: &'static [&'static str],
    strangers: &'static [&'static str],
}

/// The arrows of the house run one way.
const BELOW: [Below; 5] = [
    Below { package: "keqiao-model", target: None, members: &[], strangers: &["axum", "leptos", "sea-orm", "sqlx", "tantivy", "tokio"] },
    Below { package: "keqiao-search", target: None, members: &["keqiao-model"], strangers: &["axum", "leptos", "sea-orm", "sqlx"] },
    Below { package: "keqiao-migrations", target: None, members: &["keqiao-model"], strangers: &["axum", "leptos", "tantivy"] },
    Below {
        package: "keqiao-market",
        target: None,
        members: &["keqiao-model", "keqiao-search", "keqiao-migrations"],
        strangers: &["axum", "leptos"],
    },
    Below {
        package: "keqiao-frontend",
        target: Some(WASM),
        members: &["keqiao-app", "keqiao-model"],
        strangers: &["axum", "sea-orm", "sqlx", "tantivy", "tokio"],
    },
];

/// Pages reach the database and the index through the market, and HTTP not at all.
const NOT_NAMED_BY_APP: [&str; 3] = ["axum", "sea-orm", "tantivy"];

/// Arrows between crates run one way, and libraries stay in their rooms.
pub fn between_crates(workspace: &Workspace) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for rule in &BELOW {
        let mut tree =
            workspace.cargo(&["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", rule.package]);
        if let Some(target) = rule.target {
            tree.args(["--target", target]);
        }
        broken.extend(reached(rule, &workspace::read(&mut tree)?));
    }
    let metadata = workspace.metadata()?;
    let app = metadata["packages"].as_array().into_iter().flatten().find(|package| package["name"] == "keqiao-app");
    for dependency in app.and_then(|app| app["dependencies"].as_array()).into_iter().flatten() {
        let name = dependency["name"].as_str().unwrap_or_default();
        if dependency["kind"].is_null() && NOT_NAMED_BY_APP.contains(&name) {
            broken.push(format!("app/Cargo.toml: {name} is the business of the crates below"));
        }
    }
    Ok(broken)
}

/// What a tree, one package a line, holds against its rule.
fn reached(rule: &Below, tree: &str) -> Vec<String> {
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    names
        .into_iter()
        .filter(|name| *name != rule.package)
        .filter(|name| rule.strangers.contains(name) || name.starts_with("keqiao-") && !rule.members.contains(name))
        .map(|name| format!("{} must not depend on {name}", rule.package))
        .collect()
}

/// Versions stand once, in the workspace: members only say that they take part.
pub fn versions_in_one_place(sources: &[Source]) -> Vec<String> {
    let members = sources.iter().filter(|source| source.path.ends_with("/Cargo.toml"));
    members.flat_map(|source| not_inherited(&source.path, &source.text)).collect()
}

fn not_inherited(path: &str, manifest: &str) -> Vec<String> {
    let manifest: toml::Table = match toml::from_str(manifest) {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("{path}: {error}")],
    };
    let per_target =
        manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table);
    let mut broken = Vec::new();
    for table in [&manifest].into_iter().chain(per_target) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, dependency) in table.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
                if dependency.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    broken.push(format!("{path}: the version of {name} belongs into the workspace"));
                }
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_and_members_above_are_named() {
        let tree = "keqiao-search v0.1.0 (path)\nkeqiao-model v0.1.0 (path)\ntokio v1.0.0\nsqlx v0.9.0\nkeqiao-market v0.1.0 (*)\n";
        assert_eq!(reached(&BELOW[1], tree), ["keqiao-search must not depend on keqiao-market", "keqiao-search must not depend on sqlx"]);
    }

    #[test]
    fn versions_of_members_are_named() {
        let manifest = "[dependencies]\na.workspace = true\nb = { workspace = true, optional = true }\nc = \"1\"\n\
            [target.'cfg(unix)'.dev-dependencies]\nd = { version = \"1\" }\n";
        let broken = not_inherited("x/Cargo.toml", manifest);
        assert_eq!(broken.len(), 2);
        assert!(broken[0].contains(" c ") && broken[1].contains(" d "));
    }
}
