//! How fast are the pages of the register and its ledger? Each beside the plain query that scans all contracts or all entries for its figure.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use keqiao_app::{Cx, Query, Reply, Route, respond};
use keqiao_market::{
    Actor, Market,
    accounts::{self, NewPerson, Roles},
    contracts, db, ledger,
};
use keqiao_model::Lang;
use keqiao_server::{config::Config, program};
use sea_orm::ConnectionTrait as _;
use serde::Serialize;

use crate::{
    Options,
    city::{self, City},
    timing::shares,
};

/// Where PostgreSQL is: set by `cargo xtask bench` when it could start one.
const POSTGRES: &str = "BENCH_DATABASE_URL";
/// Requests before time is taken.
const WARM: usize = 3;
/// Requests of a page.
const REQUESTS: usize = 100;
/// Requests of a page at least, however long they take.
const LEAST: usize = 10;
/// Times a plain query is asked.
const SCANS: usize = 3;

/// What adds up the entries by everything the pages split them by.
const SCAN_LEDGER: &str =
    "SELECT figure, year, region, field, contract_kind, SUM(amount) FROM ledger_entry GROUP BY figure, year, region, field, contract_kind";
/// What adds up one figure.
const SCAN_FIGURE: &str = "SELECT year, region, SUM(amount) FROM ledger_entry WHERE figure = 'contract_value' GROUP BY year, region";
/// What finds the strongest sellers.
const SCAN_SELLERS: &str = "SELECT seller_id, SUM(value) FROM contract WHERE state IN ('registered', 'completed') GROUP BY seller_id ORDER BY SUM(value) DESC LIMIT 20";
/// What counts and adds up the register.
const SCAN_REGISTER: &str = "SELECT COUNT(*), SUM(value) FROM contract WHERE state IN ('registered', 'completed')";
/// What waits.
const SCAN_WAITING: &str =
    "SELECT COUNT(*), SUM(value), MIN(due_on) FROM contract WHERE state NOT IN ('registered', 'completed', 'cancelled')";

/// One page as it was measured.
#[derive(Debug, Serialize)]
struct Row {
    database: &'static str,
    page: String,
    requests: usize,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    scan_ms: Option<f64>,
    ratio: Option<f64>,
}

/// Measures on SQLite, and on PostgreSQL when there is one.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    if !options.postgres_only {
        measure("SQLite", String::new(), options, &mut rows).await?;
    }
    if let Some(url) = options.postgres.clone().or_else(|| std::env::var(POSTGRES).ok()) {
        let schema = "keqiao_bench_register";
        let plain = db::connect(&url).await.map_err(|e| anyhow::anyhow!("{e}"))?;
        plain.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await?;
        plain.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await?;
        measure("PostgreSQL", format!("{url}?options=-c%20search_path%3D{schema}"), options, &mut rows).await?;
        plain.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await?;
    }
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_string_pretty(&rows)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let slow: Vec<&Row> = rows.iter().filter(|row| row.p95_ms >= 100.0).collect();
    println!("\n{} of {} pages stay below 100 ms at the 95th percentile", rows.len() - slow.len(), rows.len());
    Ok(())
}

async fn measure(database: &'static str, url: String, options: &Options, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = Config { data: folder.path().to_owned(), database_url: url, hash_memory: 64, ..Config::default() };
    let market = program::open(&config).await?;
    let roles = Roles { officer_region: Some(market.config().city.clone()), admin: true, ..Roles::default() };
    let new = NewPerson {
        email: "officer@example.cn".to_owned(),
        name: "officer".to_owned(),
        password: "石桥 with a long tail".to_owned(),
        lang: Lang::Zh,
        roles,
        demo: false,
    };
    let officer = accounts::create_person(&market, new).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    let started = Instant::now();
    let city = city::fill(&market, officer, options.contracts).await?;
    println!(
        "\n{database}: {} contracts, {} ledger entries written in {:.0} s",
        city.contracts,
        city.entries,
        started.elapsed().as_secs_f64()
    );
    let started = Instant::now();
    let broken = ledger::verify_chain(&market).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    ensure!(broken.is_none(), "the chain breaks at {broken:?}");
    println!("chain of all entries verified in {:.1} s", started.elapsed().as_secs_f64());
    if database == "PostgreSQL" {
        // Its housekeeping does so by itself some time after much was written.
        market.database().execute_unprepared("VACUUM ANALYZE").await?;
    }
    let actor = accounts::actor_for(&market, officer).await.map_err(|e| anyhow::anyhow!("{e}"))?.context("no officer")?;
    println!("\n{:<58} {:>8} {:>8} {:>8} {:>9} {:>8}", format!("{database}, ms"), "p50", "p95", "p99", "scan", "scan/p50");
    for (path, scan) in pages(&city) {
        let scanned = match scan {
            Some(sql) => Some(scan_time(&market, sql).await?),
            None => None,
        };
        match page_times(&config, &market, &actor, &path).await? {
            Some(times) => rows.push(told(database, path, times, scanned)),
            None => println!("{path:<58} not there"),
        }
    }
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        let started = Instant::now();
        contracts::findings(&market, &actor, &city.waiting).await.map_err(|e| anyhow::anyhow!("{e}"))?;
        times.push(started.elapsed());
    }
    rows.push(told(database, format!("findings of {}", city.waiting), times, None));
    Ok(())
}

fn told(database: &'static str, page: String, times: Vec<Duration>, scan_ms: Option<f64>) -> Row {
    let requests = times.len();
    let [p50_ms, p95_ms, p99_ms] = shares(times, [50, 95, 99]);
    let ratio = scan_ms.map(|scan| scan / p50_ms);
    let maybe = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    println!("{page:<58} {p50_ms:>8.1} {p95_ms:>8.1} {p99_ms:>8.1} {:>9} {:>8}", maybe(scan_ms), maybe(ratio));
    Row { database, page, requests, p50_ms, p95_ms, p99_ms, scan_ms, ratio }
}

/// The pages, each with the plain query of its figure.
fn pages(city: &City) -> Vec<(String, Option<&'static str>)> {
    let last = city.year - 1;
    let page = |path: String, scan: &'static str| (path, Some(scan));
    vec![
        page("/dashboard".to_owned(), SCAN_REGISTER),
        page("/dashboard?tab=amounts".to_owned(), SCAN_LEDGER),
        page(format!("/dashboard?tab=amounts&year={last}"), SCAN_LEDGER),
        page(format!("/dashboard?tab=amounts&year={last}&region=990102&kind=service"), SCAN_LEDGER),
        page("/dashboard?tab=work".to_owned(), SCAN_WAITING),
        page("/dashboard?tab=quality".to_owned(), SCAN_WAITING),
        page(format!("/dashboard?tab=responses&year={last}"), SCAN_WAITING),
        page("/dashboard?tab=organisations".to_owned(), SCAN_SELLERS),
        page(format!("/dashboard?tab=organisations&year={last}&field=materials"), SCAN_SELLERS),
        page(format!("/dashboard?tab=organisations&year={last}&kind=service&region=990103"), SCAN_SELLERS),
        page("/targets".to_owned(), SCAN_LEDGER),
        page("/targets/contract_value".to_owned(), SCAN_FIGURE),
        page(format!("/targets/contract_value?year={last}&region=990102"), SCAN_FIGURE),
        page("/targets/enterprises_served".to_owned(), SCAN_LEDGER),
        page("/assessment".to_owned(), SCAN_LEDGER),
        page("/snapshots".to_owned(), SCAN_LEDGER),
        page("/contracts".to_owned(), SCAN_REGISTER),
        page("/contracts?page=5000".to_owned(), SCAN_REGISTER),
        page(format!("/contracts?year={last}&region=990124&kind=transfer"), SCAN_REGISTER),
        page("/review?tab=contracts".to_owned(), SCAN_WAITING),
        page("/".to_owned(), SCAN_LEDGER),
        page("/work".to_owned(), SCAN_WAITING),
    ]
}

/// Milliseconds of a plain query: the middle one of several.
async fn scan_time(market: &Market, sql: &str) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..SCANS {
        let started = Instant::now();
        market.database().query_all_raw(sea_orm::Statement::from_string(market.database().get_database_backend(), sql)).await?;
        times.push(started.elapsed());
    }
    let [middle] = shares(times, [50]);
    Ok(middle)
}

/// Asks for a page again and again, as the server does after it knows who asks; nothing when there is no such page.
async fn page_times(config: &Config, market: &Market, actor: &Actor, path: &str) -> anyhow::Result<Option<Vec<Duration>>> {
    let (address, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let (lang, route) = Route::parse(address).with_context(|| format!("no route {path}"))?;
    let cx = Cx {
        lang,
        actor: actor.clone(),
        market: market.clone(),
        site: Arc::new(program::site(config)),
        route,
        query: Query(pairs),
        flash: None,
        nonce: String::new(),
        peer: String::new(),
        agent: String::new(),
        now: market.now(),
        unread: 0,
    };
    let (mut times, begun) = (Vec::new(), Instant::now());
    for round in 0..WARM + REQUESTS {
        let started = Instant::now();
        match respond(&cx, None).await {
            Reply::Html { status: 200, .. } => {}
            Reply::Html { status: 404, .. } => return Ok(None),
            Reply::Html { status, .. } => bail!("{status} for {path}"),
            Reply::File { .. } | Reply::Redirect { .. } => bail!("no page at {path}"),
        }
        if round >= WARM {
            times.push(started.elapsed());
        }
        if times.len() >= LEAST && begun.elapsed() > Duration::from_secs(10) {
            break;
        }
    }
    Ok(Some(times))
}
