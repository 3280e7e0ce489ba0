//! `cargo xtask test`: every test there is, in steps that can be chosen.

use crate::{
    assets, browser, house, interrupt,
    postgres::Cluster,
    tools::{self, Tool, WASM},
    workspace::{Workspace, run},
};
use anyhow::{Result, anyhow, bail};
use clap::{Args, builder::PossibleValuesParser};
use std::{
    collections::BTreeMap,
    process::Command,
    time::{Duration, Instant},
};

/// Which tests to run.
#[derive(Args)]
pub struct Options {
    /// Run only this step; may be given several times
    #[arg(long, value_name = "STEP", value_parser = PossibleValuesParser::new(STEPS.map(|step| step.name)))]
    only: Vec<String>,
    /// Leave this step out; may be given several times
    #[arg(long, value_name = "STEP", value_parser = PossibleValuesParser::new(STEPS.map(|step| step.name)))]
    skip: Vec<String>,
    /// Print the steps and run nothing
    #[arg(long)]
    list: bool,
}

/// A part of the tests that passes or fails as one.
#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    about: &'static str,
    needs: &'static [Tool],
    run: fn(&Workspace) -> Result<Outcome>,
}

enum Outcome {
    Passed,
    Skipped(&'static str),
}

/// Cheap steps first: they fail within seconds of a mistake.
const STEPS: [Step; 8] = [
    Step { name: "format", about: "every Rust file is formatted", needs: &[], run: format },
    Step { name: "house", about: "the rules of the house: who depends on whom, words, sizes", needs: &[], run: house },
    Step { name: "deny", about: "licences and sources of dependencies, where cargo-deny is installed", needs: &[], run: deny },
    Step { name: "lint", about: "clippy without a warning, for the server and for browsers", needs: &[Tool::Wasm], run: lint },
    Step { name: "sqlite", about: "unit and HTTP tests on SQLite, and those of xtask", needs: &[], run: sqlite },
    Step { name: "postgres", about: "what touches the database once more on PostgreSQL", needs: &[Tool::Postgres], run: postgres },
    Step { name: "assets", about: "the browser's part builds and stays small", needs: &[Tool::Wasm], run: assets },
    Step { name: "browser", about: "pages in a browser", needs: &[Tool::Wasm, Tool::Node, Tool::Chromium], run: browser },
];

/// Runs the chosen steps; answers whether all passed.
pub fn test(workspace: &Workspace, options: &Options) -> Result<bool> {
    let chosen = |step: &&Step| {
        let named = |names: &[String]| names.iter().any(|name| name == step.name);
        (options.only.is_empty() || named(&options.only)) && !named(&options.skip)
    };
    let steps: Vec<&Step> = STEPS.iter().filter(chosen).collect();
    if options.list {
        for step in steps {
            println!("{:<10} {}", step.name, step.about);
        }
        return Ok(true);
    }

    interrupt::catch()?;
    let lacking = prepare(workspace, &steps);
    let mut results = Vec::new();
    for step in steps {
        if interrupt::requested() {
            bail!("stopped before {}", step.name);
        }
        println!("\n=== {}: {}", step.name, step.about);
        let started = Instant::now();
        let result = match step.needs.iter().find_map(|tool| lacking.get(tool)) {
            Some(reason) => Err(anyhow!("{reason}")),
            None => (step.run)(workspace),
        };
        match &result {
            Ok(Outcome::Passed) => workspace.say(&format!("{} passed", step.name)),
            Ok(Outcome::Skipped(reason)) => workspace.say(&format!("{} skipped: {reason}", step.name)),
            Err(error) => workspace.say(&format!("{} FAILED: {error:#}", step.name)),
        }
        results.push((step.name, result, started.elapsed()));
    }
    Ok(summarise(&results))
}

/// Installs what the steps need before anything is built, so that what cannot be had is known at once.
fn prepare(workspace: &Workspace, steps: &[&Step]) -> BTreeMap<Tool, String> {
    let mut lacking = BTreeMap::new();
    let mut tools: Vec<Tool> = steps.iter().flat_map(|step| step.needs).copied().collect();
    tools.sort();
    tools.dedup();
    for tool in tools {
        if let Err(error) = tool.ensure(workspace) {
            workspace.say(&format!("{error:#}"));
            lacking.insert(tool, format!("{error:#}"));
        }
    }
    lacking
}

/// Prints the table and, alone on the last line, the counts; answers whether nothing failed.
fn summarise(results: &[(&str, Result<Outcome>, Duration)]) -> bool {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    println!();
    for (name, result, duration) in results {
        let (word, reason) = match result {
            Ok(Outcome::Passed) => ("passed", String::new()),
            Ok(Outcome::Skipped(reason)) => ("skipped", (*reason).to_owned()),
            Err(error) => ("FAILED", error.to_string().lines().next().unwrap_or_default().to_owned()),
        };
        match result {
            Ok(Outcome::Passed) => passed += 1,
            Ok(Outcome::Skipped(_)) => skipped += 1,
            Err(_) => failed += 1,
        }
        println!("{name:<10} {word:<8} {:>7.1} s  {reason}", duration.as_secs_f64());
    }
    println!("\n{}", counts(passed, failed, skipped));
    failed == 0
}

fn counts(passed: usize, failed: usize, skipped: usize) -> String {
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    format!("{passed} passed, {failed} failed{skipped}")
}

fn format(workspace: &Workspace) -> Result<Outcome> {
    all(&mut [workspace.cargo(&["fmt", "--all", "--check"])])
}

fn house(workspace: &Workspace) -> Result<Outcome> {
    house::check(workspace)?;
    Ok(Outcome::Passed)
}

fn deny(workspace: &Workspace) -> Result<Outcome> {
    if tools::in_path("cargo-deny").is_none() {
        return Ok(Outcome::Skipped("cargo-deny is not installed"));
    }
    all(&mut [workspace.cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"])])
}

fn lint(workspace: &Workspace) -> Result<Outcome> {
    let warnings = ["--", "-D", "warnings"];
    let clippy = |arguments: &[&str]| workspace.cargo(&[&["clippy", "--locked"], arguments, &warnings].concat());
    all(&mut [
        clippy(&["--all-targets"]),
        clippy(&["--all-targets", "--package", "xtask"]),
        // In the profile of the assets, whose macros and build scripts it then shares.
        clippy(&["--package", "keqiao-frontend", "--target", WASM, "--profile", "wasm"]),
    ])
}

fn sqlite(workspace: &Workspace) -> Result<Outcome> {
    let tests = |arguments: &[&str]| {
        let mut cargo = workspace.cargo(&[&["test", "--locked", "--no-fail-fast"], arguments].concat());
        // A developer's own settings must not reach the tests.
        cargo.env_remove("DATABASE_URL").env_remove("TEST_DATABASE_URL");
        cargo
    };
    all(&mut [tests(&[]), tests(&["--package", "xtask"])])
}

fn postgres(workspace: &Workspace) -> Result<Outcome> {
    let cluster = Cluster::start()?;
    let packages = ["--package", "keqiao-tests", "--package", "keqiao-market", "--package", "keqiao-migrations"];
    let mut tests = workspace.cargo(&[&["test", "--locked", "--no-fail-fast"][..], &packages].concat());
    tests.env_remove("DATABASE_URL").env("TEST_DATABASE_URL", cluster.url());
    all(&mut [tests])
}

fn assets(workspace: &Workspace) -> Result<Outcome> {
    let site = assets::build(workspace)?;
    site.print_sizes()?;
    site.check_budget()?;
    Ok(Outcome::Passed)
}

fn browser(workspace: &Workspace) -> Result<Outcome> {
    browser::test(workspace)?;
    Ok(Outcome::Passed)
}

/// Runs all commands, also those after a failure; fails if one did.
fn all(commands: &mut [Command]) -> Result<Outcome> {
    let failures: Vec<String> = commands.iter_mut().filter_map(|command| run(command).err()).map(|error| error.to_string()).collect();
    if failures.is_empty() { Ok(Outcome::Passed) } else { bail!("{}", failures.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_steps() {
        assert_eq!(counts(7, 1, 0), "7 passed, 1 failed");
        assert_eq!(counts(6, 0, 1), "6 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn no_step_fails_in_silence() {
        let took = Duration::from_secs(1);
        assert!(summarise(&[("a", Ok(Outcome::Passed), took), ("b", Ok(Outcome::Skipped("absent")), took)]));
        assert!(!summarise(&[("a", Ok(Outcome::Passed), took), ("b", Err(anyhow!("broken")), took)]));
    }
}
