//! The browser tests: pages as people see them, with a real server behind them.

use crate::{
    assets,
    program::{self, Build},
    tools,
    workspace::{self, Workspace},
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the tests are.
const FOLDER: &str = "tests/browser";

/// Builds the product and runs every `*.test.js` and `*.test.mjs` against it.
pub fn test(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join(FOLDER);
    let tests = test_files(&folder)?;
    let chromium = tools::chromium().context("no Chromium")?;
    let site = assets::build(workspace)?;
    let program = program::build(workspace, Build::BesideTests)?;
    install(workspace, &folder)?;
    workspace::run(
        workspace
            .command("node")
            .args(["--test", "--test-reporter=spec"])
            .args(tests)
            .env("KEQIAO_BIN", program)
            .env("KEQIAO_ASSETS", site.folder)
            .env("CHROMIUM", chromium),
    )
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{FOLDER} is missing"))? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if name.ends_with(".test.js") || name.ends_with(".test.mjs") {
            found.push(path);
        }
    }
    if found.is_empty() {
        bail!("{FOLDER} holds no *.test.js and no *.test.mjs");
    }
    found.sort();
    Ok(found)
}

/// Installs the npm packages that `package-lock.json` names, unless they are those of the last time.
fn install(workspace: &Workspace, folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json")).with_context(|| format!("{FOLDER}/package-lock.json is missing"))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    let mut npm = workspace.command("npm");
    // Scripts of packages download browsers; the browser is the machine's own.
    workspace::run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))?;
    Ok(fs::write(installed, lock)?)
}
