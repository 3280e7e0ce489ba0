//! What the machine must have: found, installed where that is possible, or named.

use crate::workspace::{self, Workspace};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The target that the browser's part is built for.
pub const WASM: &str = "wasm32-unknown-unknown";

const OLDEST_NODE: u32 = 20;

/// Something that is not built here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// Rust's standard library for wasm.
    Wasm,
    /// The PostgreSQL server.
    Postgres,
    /// A browser to drive.
    Chromium,
    /// Node.js and npm, which drive it.
    Node,
}

impl Tool {
    /// Installs the tool if it is missing and that can be done here; the error names what a person has to do.
    pub fn ensure(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Wasm => ensure_wasm(workspace),
            Self::Postgres => install_unless(postgres, &["postgresql"]),
            Self::Chromium => install_unless(chromium, &["chromium", "fonts-noto-cjk"]),
            Self::Node => ensure_node(),
        }
    }
}

fn ensure_wasm(workspace: &Workspace) -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let library = workspace::read(workspace.command(rustc).args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    workspace::run(workspace.command("rustup").args(["target", "add", WASM])).with_context(|| {
        format!("Rust's standard library for {WASM} is missing; without rustup, take it from where rustc came from (Debian: libstd-rust-dev-wasm32)")
    })
}

fn ensure_node() -> Result<()> {
    let hint = || format!("the browser tests need Node.js {OLDEST_NODE} or newer, with npm");
    in_path("npm").with_context(hint)?;
    let version = workspace::read(Command::new("node").arg("--version")).with_context(hint)?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|number| number.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!("{}; this is {version}", hint());
    }
    Ok(())
}

fn install_unless(find: fn() -> Option<PathBuf>, packages: &[&str]) -> Result<()> {
    if find().is_some() {
        return Ok(());
    }
    apt_install(packages)?;
    find().with_context(|| format!("{} is installed, yet its program is not found", packages[0])).map(|_| ())
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !is_root() || in_path("apt-get").is_none() {
        bail!("please install {names}, for example: sudo apt-get install {names}");
    }
    let apt = |arguments: &[&str]| workspace::run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments));
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--quiet", "--yes", "--no-install-recommends"], packages].concat())
        .with_context(|| format!("{names} cannot be installed"))
}

/// The folder that holds PostgreSQL's server programs.
pub fn postgres() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(folder) = path_folders().into_iter().find(complete) {
        return Some(folder);
    }
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| complete(folder))
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder)
}

/// The browser: the one that `CHROMIUM` names, or the first that is found.
pub fn chromium() -> Option<PathBuf> {
    env::var_os("CHROMIUM")
        .map(PathBuf::from)
        .or_else(|| ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].into_iter().find_map(in_path))
}

/// A program of that name in `PATH`.
pub fn in_path(name: &str) -> Option<PathBuf> {
    path_folders().into_iter().map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn path_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    // Not in everybody's PATH, but Debian's place for what apt installs.
    folders.push("/usr/bin".into());
    folders
}
