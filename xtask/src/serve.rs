//! `cargo xtask serve`: everything that the product needs, built if need be, then the product.

use crate::{
    assets, interrupt,
    program::{self, Build},
    workspace::Workspace,
};
use anyhow::{Context, Result};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeMap,
    os::unix::process::CommandExt,
    path::{self, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant, SystemTime},
};
use walkdir::WalkDir;

/// What a running product is made of.
const WATCHED: [&str; 5] = ["app", "server", "frontend", "migrations", "style"];

/// How long a server may take to finish its requests.
const PATIENCE: Duration = Duration::from_secs(15);

/// How to run the product.
#[derive(Args)]
pub struct Options {
    /// Build the server with optimisations
    #[arg(long)]
    release: bool,
    /// Build and start again when a source changes
    #[arg(long)]
    watch: bool,
    /// Address to listen on, such as 127.0.0.1:3000
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Folder of the database, the index and attachments
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Database to use in place of SQLite in the data folder
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Start without the demo city
    #[arg(long)]
    empty: bool,
}

/// Builds and runs the product until it ends.
pub fn serve(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.watch {
        return watch(workspace, options);
    }
    let mut server = build(workspace, options)?;
    // The server takes our place: signals and the exit code are its own.
    Err(server.exec()).context("the server does not start")
}

/// The command that starts what has just been built.
fn build(workspace: &Workspace, options: &Options) -> Result<Command> {
    // The server first: assets are replaced only when a server that wants the new ones exists.
    let program = program::build(workspace, if options.release { Build::Release } else { Build::Debug })?;
    let site = assets::build(workspace)?;
    workspace.say("starting the server");
    let mut server = workspace.command(program);
    server.arg("serve").arg("--assets").arg(site.folder);
    if let Some(listen) = &options.listen {
        server.arg("--listen").arg(listen);
    }
    if let Some(data) = &options.data {
        server.arg("--data").arg(path::absolute(data)?);
    }
    if let Some(url) = &options.database_url {
        server.arg("--database-url").arg(url);
    }
    if !options.empty {
        server.arg("--demo");
    }
    Ok(server)
}

fn watch(workspace: &Workspace, options: &Options) -> Result<()> {
    interrupt::catch()?;
    let mut seen = None;
    let mut server: Option<Child> = None;
    while !interrupt::requested() {
        let now = snapshot(workspace);
        if seen.as_ref() != Some(&now) {
            seen = Some(now);
            match build(workspace, options) {
                Ok(mut command) => {
                    if let Some(old) = server.take() {
                        stop(old)?;
                    }
                    // In a group of its own: Ctrl-C reaches us alone, and we end the server once, politely.
                    server = Some(command.process_group(0).spawn().context("the server does not start")?);
                }
                Err(_) if interrupt::requested() => break,
                Err(error) if server.is_some() => workspace.say(&format!("{error:#}; the previous server keeps running")),
                Err(error) => workspace.say(&format!("{error:#}; waiting for a change")),
            }
        }
        if let Some(child) = &mut server
            && let Some(status) = child.try_wait()?
        {
            workspace.say(&format!("the server ended ({status}); waiting for a change"));
            server = None;
        }
        thread::sleep(Duration::from_secs(1));
    }
    server.map_or(Ok(()), stop)
}

/// Asks the server to end, and waits for it.
fn stop(mut server: Child) -> Result<()> {
    kill_process(Pid::from_child(&server), Signal::TERM)?;
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE {
        if server.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    server.kill()?;
    server.wait()?;
    Ok(())
}

/// Every watched file and when it was written.
fn snapshot(workspace: &Workspace) -> BTreeMap<PathBuf, SystemTime> {
    WATCHED
        .iter()
        .flat_map(|folder| WalkDir::new(workspace.root.join(folder)))
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| Some((entry.path().to_owned(), entry.metadata().ok()?.modified().ok()?)))
        .collect()
}
