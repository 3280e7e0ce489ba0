//! The command line.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Read as _},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use keqiao_app::{DEMO_ACCOUNTS, DEMO_PASSWORD, words};
use keqiao_market::{Actor, Market, accounts, db, imports, introductions, ledger, matching, organisations, targets};
use keqiao_model::{Lang, ListingKind};
use serde_json::{Value, json};

use crate::{config::Config, demo, evaluate, extract::Job, program};

/// Keqiao 科桥: a city's technology market in one program.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 110)]
pub struct Cli {
    /// Configuration file (TOML); without it ./keqiao.toml when there is one.
    #[arg(long, global = true, env = "KEQIAO_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the embedded database, the index and attachments.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// sqlite://… or postgres://…; without it a file in the data folder.
    #[arg(long, global = true)]
    database_url: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the market.
    Serve(Serve),
    /// Bring the schema up to date.
    Migrate,
    /// Load the demo city into an empty database.
    Demo,
    /// Rebuild index and matches from the database.
    Reindex,
    /// Bring in listings from a CSV, XLSX or JSON lines file (also gzipped).
    Import(Import),
    /// Prove the ledger, or rebuild its sums.
    Ledger {
        #[command(subcommand)]
        command: Ledger,
    },
    /// Print every state table as diagrams in Markdown; needs no database.
    States,
    /// Measure the ranking on judged data; needs no database.
    Evaluate(evaluate::Evaluate),
    /// Manage administrators.
    #[command(subcommand)]
    Admin(Admin),
    /// Write the text of the file on standard input; the program starts itself so for files of contracts.
    #[command(hide = true)]
    ExtractText(Job),
}

#[derive(Debug, Args)]
struct Serve {
    /// Where to listen.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Folder of built assets.
    #[arg(long)]
    assets: Option<PathBuf>,
    /// Public address, for links in mail and canonical links.
    #[arg(long)]
    base_url: Option<String>,
    /// Load the demo city when the database is empty, and let its accounts sign in.
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Side {
    /// 技术需求
    Demands,
    /// 科技成果
    Achievements,
}

#[derive(Debug, Args)]
struct Import {
    /// What the file holds.
    side: Side,
    /// The file; `-` reads standard input as JSON lines.
    file: PathBuf,
    /// Credit code of the organisation that owns rows which name none.
    #[arg(long)]
    organisation: Option<String>,
    /// Import nothing when a single row is bad.
    #[arg(long)]
    all_or_nothing: bool,
    /// Leave what is imported in review instead of publishing it.
    #[arg(long)]
    review: bool,
}

#[derive(Debug, Subcommand)]
enum Ledger {
    /// Recompute every figure from the contracts, every sum from the entries, and both chains of hashes, and name each difference.
    Verify,
    /// Add the sums up again from the entries.
    Rebuild,
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Make an administrator; the password comes from --password, KEQIAO_PASSWORD or standard input.
    Create {
        /// E-mail address.
        email: String,
        /// Name.
        #[arg(long, default_value = "Administrator")]
        name: String,
        /// Password; better given by environment or standard input.
        #[arg(long, env = "KEQIAO_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
}

impl Cli {
    /// The file that is to be read, when that is all there is to do. It is done without threads and without configuration: memory is limited then.
    pub fn foreign_file(&self) -> Option<&Job> {
        match &self.command {
            Command::ExtractText(job) => Some(job),
            _ => None,
        }
    }

    /// What was given on the command line, as configuration.
    fn flags(&self) -> BTreeMap<&'static str, Value> {
        let mut flags = BTreeMap::new();
        if let Some(data) = &self.data {
            flags.insert("data", json!(data));
        }
        if let Some(url) = &self.database_url {
            flags.insert("database_url", json!(url));
        }
        if let Command::Serve(serve) = &self.command {
            if let Some(listen) = serve.listen {
                flags.insert("listen", json!(listen));
            }
            if let Some(assets) = &serve.assets {
                flags.insert("assets", json!(assets));
            }
            if let Some(base_url) = &serve.base_url {
                flags.insert("base_url", json!(base_url));
            }
            if serve.demo {
                flags.insert("demo", json!(true));
            }
        }
        if matches!(self.command, Command::Demo) {
            flags.insert("demo", json!(true));
        }
        flags
    }
}

/// Runs a command.
///
/// # Errors
/// With a sentence that says what to mend.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // Measuring and printing need no configuration, so a bad one is no reason to fail.
    let is_plain = match &cli.command {
        Command::Evaluate(request) => !request.embeddings,
        command => matches!(command, Command::States | Command::ExtractText(_)),
    };
    let config = if is_plain { Config::default() } else { Config::read(cli.config.as_deref(), &cli.flags())? };
    start_logging(&config)?;
    match cli.command {
        Command::Serve(_) => Box::pin(serve(&config)).await?,
        Command::Migrate => {
            std::fs::create_dir_all(&config.data)?;
            let database = db::connect(&config.database()).await.map_err(plain)?;
            db::migrate(&database).await.map_err(plain)?;
            println!("the schema is up to date");
        }
        Command::Demo => {
            let market = Box::pin(program::open(&config)).await?;
            if Box::pin(load_demo(&config, &market)).await? {
                print_sign_ins();
            } else {
                bail!("the database is not empty: the demo city is loaded into an empty one only");
            }
        }
        Command::Reindex => {
            let market = Box::pin(program::open(&config)).await?;
            let bar = progress("listings");
            let count = matching::reindex(&market, true, |done, total| show(&bar, done, total)).await.map_err(plain)?;
            bar.finish_and_clear();
            println!("{count} listings indexed and matched");
        }
        Command::Import(request) => return import(&config, request).await,
        Command::Ledger { command: Ledger::Verify } => verify_ledger(&config).await?,
        Command::Ledger { command: Ledger::Rebuild } => {
            let market = Box::pin(program::open(&config)).await?;
            match ledger::rebuild_sums(&market).await.map_err(plain)? {
                0 => println!("every sum equals its entries"),
                wrong => println!("{wrong} sums were wrong; all are added up again from the entries"),
            }
        }
        Command::States => print!("{}", keqiao_model::state_diagrams()),
        Command::ExtractText(job) => return Ok(job.run()),
        Command::Evaluate(request) => evaluate::run(&request, &config.embeddings).await?,
        Command::Admin(Admin::Create { email, name, password }) => {
            let market = Box::pin(program::open(&config)).await?;
            let password = match password {
                Some(password) => password,
                None => read_password()?,
            };
            accounts::create_admin(&market, &email, &name, &password).await.map_err(plain)?;
            println!("{email} is an administrator");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that can be recomputed is, before the first difference ends it.
async fn verify_ledger(config: &Config) -> anyhow::Result<()> {
    let market = program::open(config).await?;
    let differences = ledger::verify(&market).await.map_err(plain)?;
    for difference in &differences {
        println!("{difference:?}");
    }
    if differences.is_empty() {
        println!("every total of the ledger equals the sum over its contracts");
    }
    let broken = ledger::verify_chain(&market).await.map_err(plain)?;
    if broken.is_none() {
        println!("the chain of ledger entries holds");
    }
    let report = introductions::verify(&market).await.map_err(plain)?;
    println!("{} records of introductions hold; the last has the hash {}", report.records, report.head);
    if !differences.is_empty() {
        bail!("{} totals of the ledger differ from the contracts", differences.len());
    }
    if let Some(seq) = broken {
        bail!("the chain of ledger entries is broken at entry {seq}");
    }
    match report.broken {
        Some(link) => bail!("the chain of introductions is broken: {link}"),
        None => Ok(()),
    }
}

fn plain(error: keqiao_market::Error) -> anyhow::Error {
    match error {
        keqiao_market::Error::Invalid(errors) => {
            let lines: Vec<String> =
                errors.iter().map(|e| format!("{} {}", e.field, words::error_words(Lang::En, e)).trim().to_owned()).collect();
            anyhow::anyhow!(lines.join("; "))
        }
        other => anyhow::anyhow!("{other}"),
    }
}

fn start_logging(config: &Config) -> anyhow::Result<()> {
    let filter =
        tracing_subscriber::EnvFilter::try_new(&config.log).with_context(|| format!("log: `{}` is not a list of filters", config.log))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start within one process, as in tests, keeps the first logger.
    let _ = if config.log_format == "json" { builder.json().try_init() } else { builder.with_target(false).try_init() };
    Ok(())
}

fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprintln!("Password (it is shown as you type):");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("no password on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A bar on standard error; nothing where that is no terminal.
pub(crate) fn progress(unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(&format!("  {{wide_bar}} {{pos}}/{{len}} {unit}  {{elapsed}}")) {
        bar.set_style(style);
    }
    bar
}

/// Moves the bar.
pub(crate) fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}

async fn load_demo(config: &Config, market: &Market) -> anyhow::Result<bool> {
    let bar = progress("steps");
    let loaded = demo::load(config, market, |done, total| show(&bar, done, total)).await?;
    bar.finish_and_clear();
    Ok(loaded)
}

fn print_sign_ins() {
    println!("  demo sign-ins, all with the password {DEMO_PASSWORD}");
    for (email, role) in DEMO_ACCOUNTS {
        println!("    {email:<26} {}", words::label(Lang::En, "accounts.demo", role));
    }
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let market = program::open(config).await?;
    if config.demo {
        println!("  looking for the demo city …");
        Box::pin(load_demo(config, &market)).await?;
    }
    targets::adopt_plan(&market).await.map_err(plain)?;
    let demo = config.demo;
    program::serve(config, market, |address| {
        println!("\n  Keqiao 科桥 is open at http://{address}\n");
        if demo {
            print_sign_ins();
            println!();
        }
    })
    .await
}

async fn import(config: &Config, request: Import) -> anyhow::Result<ExitCode> {
    let market = program::open(config).await?;
    let (name, bytes) = if request.file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        ("stdin.jsonl".to_owned(), bytes)
    } else {
        let bytes = std::fs::read(&request.file).with_context(|| format!("cannot read {}", request.file.display()))?;
        (request.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(), bytes)
    };
    let kind = match request.side {
        Side::Demands => ListingKind::Demand,
        Side::Achievements => ListingKind::Achievement,
    };
    let organisation = match &request.organisation {
        Some(code) => Some(organisations::by_credit_code(&market, code).await.map_err(plain)?),
        None => Some(organisations::collecting(&market).await.map_err(plain)?),
    };
    let bar = progress("rows");
    let job = imports::ImportRequest {
        kind,
        file_name: name,
        bytes,
        organisation,
        all_or_nothing: request.all_or_nothing,
        publish: !request.review,
    };
    let report = imports::import(&market, &Actor::System, job, |done, total| show(&bar, done, total)).await;
    bar.finish_and_clear();
    let report = report.map_err(plain)?;
    for problem in &report.problems {
        let kind = if problem.warning { "note" } else { "refused" };
        println!("  line {}: {kind}: {} {}", problem.line, problem.error.field, words::error_words(Lang::En, &problem.error));
    }
    if !report.unknown_columns.is_empty() {
        println!("  columns that were not read: {}", report.unknown_columns.join(", "));
    }
    println!(
        "{} rows read: {} new, {} changed, {} as before, {} refused{}",
        report.read,
        report.created,
        report.updated,
        report.unchanged,
        report.refused,
        if report.stopped { "; nothing was imported" } else { "" }
    );
    let bar = progress("events indexed and matched");
    let mut done = 0;
    // Each is read twice: for the index, then for matches.
    let total = 2 * matching::index_lag(&market).await.map_err(plain)?;
    loop {
        let indexed = matching::index_step(&market).await.map_err(plain)?;
        let step = if indexed > 0 { indexed } else { matching::match_step(&market).await.map_err(plain)? };
        if step == 0 {
            break;
        }
        done += step as u64;
        show(&bar, done, total);
    }
    bar.finish_and_clear();
    println!("{} listings are in the index", market.search_index().len());
    Ok(if report.refused > 0 || report.stopped { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
