//! A PostgreSQL cluster for one test run: empty, careless about crashes, gone afterwards.

use crate::{interrupt, tools, workspace};
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    io::Read,
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running cluster; dropping it stops the server and removes its folder.
pub struct Cluster {
    server: Child,
    password: String,
    port: u16,
    folder: TempDir,
}

impl Cluster {
    /// Creates and starts a cluster on a free port of this machine.
    pub fn start() -> Result<Self> {
        let programs = tools::postgres().context("PostgreSQL is missing")?;
        let owner = owner()?;
        let folder = tempfile::Builder::new().prefix("keqiao-postgres-").tempdir()?;
        // Others on this machine reach the port as well: a password keeps them out.
        let password = password()?;
        let password_file = folder.path().join("password");
        fs::write(&password_file, &password)?;
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group))?;
            chown(&password_file, Some(user), Some(group))?;
        }
        let data = folder.path().join("data");
        let command = |program: &str| as_owner(Command::new(programs.join(program)), folder.path(), owner);
        workspace::run(
            command("initdb")
                .args(["--no-sync", "--no-instructions", "--username=keqiao", "--encoding=UTF8", "--no-locale", "--auth=password"])
                .arg("--pwfile")
                .arg(&password_file)
                .arg("--pgdata")
                .arg(&data),
        )?;

        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let settings = ["listen_addresses=127.0.0.1", "max_connections=300", "fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        let mut server = command("postgres");
        server.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(folder.path());
        for setting in settings {
            server.args(["-c", setting]);
        }
        // Tests provoke errors on purpose: what the server says of them would bury what the tests say.
        server.stderr(fs::File::create(folder.path().join("log"))?);
        // In a group of its own, so that Ctrl-C ends the tests before their database.
        let server = server.process_group(0).spawn().context("PostgreSQL does not start")?;
        let mut cluster = Self { server, password, port, folder };
        cluster.wait(&data)?;
        Ok(cluster)
    }

    /// Where tests reach it.
    pub fn url(&self) -> String {
        format!("postgres://keqiao:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// Waits until the server's own status file says that it takes connections.
    fn wait(&mut self, data: &Path) -> Result<()> {
        let started = Instant::now();
        while !fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default().lines().any(|line| line.trim_end() == "ready") {
            if let Some(status) = self.server.try_wait()? {
                bail!("PostgreSQL ended ({status}):\n{}", fs::read_to_string(self.folder.path().join("log"))?);
            }
            if started.elapsed() > PATIENCE || interrupt::requested() {
                bail!("PostgreSQL did not become ready in {} s", started.elapsed().as_secs());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A fast shutdown; the folder goes with us, so what does not work here only leaves something behind in the temporary folder.
        let asked = kill_process(Pid::from_child(&self.server), Signal::INT);
        if asked.is_err() || self.server.wait().is_err() {
            eprintln!("PostgreSQL may still run in {}", self.folder.path().display());
        }
    }
}

/// PostgreSQL refuses to run as root: then it runs as its own user, or as nobody.
fn owner() -> Result<Option<(u32, u32)>> {
    if !tools::is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let fields: Vec<&str> = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .map(Some)
        .context("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

fn as_owner(mut command: Command, folder: &Path, owner: Option<(u32, u32)>) -> Command {
    command.current_dir(folder);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn password() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ() {
        assert_ne!(password().unwrap(), password().unwrap());
    }
}
