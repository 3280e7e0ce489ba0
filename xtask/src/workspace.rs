//! Where things are, and how commands are run there.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// The repository and the folder that builds go to.
pub struct Workspace {
    /// The top of the repository.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    started: Instant,
}

impl Workspace {
    /// The workspace that this program belongs to.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask stands in a workspace")?.to_owned();
        let mut workspace = Self { target: root.join("target"), root, started: Instant::now() };
        let metadata = workspace.metadata()?;
        workspace.target = metadata["target_directory"].as_str().context("cargo metadata names no target folder")?.into();
        Ok(workspace)
    }

    /// Cargo, in the repository, with a fresh environment of its own.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        // `cargo run` describes xtask to us; build scripts that look at these variables would run again each time.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        if env::var_os("CI").is_some() {
            command.env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never").env("CARGO_INCREMENTAL", "0");
        }
        command
    }

    /// Any program, run at the top of the repository.
    pub fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command.current_dir(&self.root);
        command
    }

    /// What cargo knows of the members, without their dependencies' own metadata.
    pub fn metadata(&self) -> Result<Value> {
        let json = read(&mut self.cargo(&["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
        Ok(serde_json::from_str(&json)?)
    }

    /// Says what is done now, and when since the start.
    pub fn say(&self, message: &str) {
        println!("[{:6.1} s] {message}", self.started.elapsed().as_secs_f64());
    }
}

/// Runs a command that talks to the terminal; anything but success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("`{line}` does not start"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command for what it prints.
pub fn read(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("`{line}` does not start"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The command as a person would type it.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut line = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
