//! The server program: built, measured, packed.

use crate::{
    assets, interrupt,
    postgres::Cluster,
    workspace::{self, Workspace},
};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf};

/// How the server program is built.
pub enum Build {
    /// To be worked on.
    Debug,
    /// To be worked with.
    Release,
    /// To be tested: as debug, and with the very features that `cargo test` gives the crates it shares with the tests. Else sea-orm and
    /// all that stands on it would be compiled once more.
    BesideTests,
}

/// Builds `keqiao` and answers where it lies.
pub fn build(workspace: &Workspace, build: Build) -> Result<PathBuf> {
    // Chosen among all default members, and not by package, again for the sake of shared features.
    let mut cargo = workspace.cargo(&["build", "--locked", "--bin", "keqiao"]);
    let folder = match build {
        Build::Debug => "debug",
        Build::Release => {
            cargo.arg("--release");
            "release"
        }
        Build::BesideTests => {
            cargo.arg("--tests");
            "debug"
        }
    };
    workspace::run(&mut cargo)?;
    Ok(workspace.target.join(folder).join("keqiao"))
}

/// Runs the measuring program in release; where search or the register is measured, with a PostgreSQL of its own if there is one.
pub fn bench(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo(&["run", "--locked", "--release", "--package", "keqiao-tests", "--bin", "keqiao-bench", "--"]);
    cargo.args(arguments).env_remove("BENCH_DATABASE_URL");
    if !arguments.iter().any(|argument| argument == "--search" || argument == "--register") {
        return workspace::run(&mut cargo);
    }
    // Ctrl-C ends the measuring; the cluster is then still put away.
    interrupt::catch()?;
    let cluster = Cluster::start().inspect_err(|error| workspace.say(&format!("measuring without PostgreSQL: {error:#}"))).ok();
    if let Some(cluster) = &cluster {
        cargo.env("BENCH_DATABASE_URL", cluster.url());
    }
    workspace::run(&mut cargo)
}

/// Gathers the release program and its assets in `target/dist`.
pub fn dist(workspace: &Workspace) -> Result<()> {
    let program = build(workspace, Build::Release)?;
    let site = assets::build(workspace)?;
    let dist = workspace.target.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(dist.join("site"))?;
    fs::copy(&program, dist.join("keqiao")).with_context(|| format!("{} is not there", program.display()))?;
    for entry in fs::read_dir(&site.folder)? {
        let entry = entry?;
        fs::copy(entry.path(), dist.join("site").join(entry.file_name()))?;
    }
    workspace.say(&format!("{} holds the program and its assets: keqiao serve --assets site", dist.display()));
    Ok(())
}
