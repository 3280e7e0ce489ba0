//! How fast are pages, beside a bare axum service? And the market's search and match, through the market.

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use axum::serve::ListenerExt as _;
use keqiao_market::{Actor, Market, imports, matching, organisations};
use keqiao_model::ListingKind;
use keqiao_server::{assets::Assets, config::Config, http, program};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{
    Options,
    engine::{self, PAGE, Plain},
    timing::quantiles,
};

/// Searches as people type them.
const QUERIES: [&str; 12] = [
    "电池回收",
    "轴承淬火",
    "石墨烯",
    "废水处理 重金属",
    "图像识别缺陷检测",
    "农产品保鲜",
    "钢管混凝土拱桥",
    "深度学习 遥感",
    "中药提取",
    "汽车轻量化材料",
    "氢燃料电池催化剂",
    "污泥",
];
/// Times each search is repeated.
const ROUNDS: usize = 40;

/// Fills a market and measures it.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = Config { data: folder.path().to_owned(), demo: options.import.is_none(), ..Config::default() };
    let market = program::open(&config).await?;
    Box::pin(fill(&config, &market, options.import.as_deref())).await?;
    println!("\n{} listings in the index, {} processors\n", market.search_index().len(), std::thread::available_parallelism()?);
    searches(&market)?;
    matches(&market).await?;
    pages(&config, &market, options).await
}

async fn fill(config: &Config, market: &Market, folder: Option<&Path>) -> anyhow::Result<()> {
    let started = Instant::now();
    let Some(folder) = folder else {
        keqiao_server::demo::load(config, market, |_, _| {}).await?;
        println!("demo city loaded in {:.1} s", started.elapsed().as_secs_f64());
        return Ok(());
    };
    let owner = organisations::collecting(market).await?;
    for (kind, name) in [(ListingKind::Demand, "demands.gb18030.csv"), (ListingKind::Achievement, "achievements.jsonl.gz")] {
        let started = Instant::now();
        let bytes = std::fs::read(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
        let request = imports::ImportRequest {
            kind,
            file_name: name.to_owned(),
            bytes,
            organisation: Some(owner),
            all_or_nothing: false,
            publish: true,
        };
        let report = imports::import(market, &Actor::System, request, |_, _| {}).await?;
        println!("{name}: {} rows imported in {:.1} s", report.created, started.elapsed().as_secs_f64());
    }
    let started = Instant::now();
    matching::catch_up(market).await?;
    println!("indexed and matched both ways in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Our search (ranking, facet counts, marked snippets) beside a plain tantivy query for the same words in the same index.
fn searches(market: &Market) -> anyhow::Result<()> {
    let bare = Plain::open(market.search_index())?;
    let (mut plain, mut ours) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for query in QUERIES {
            let started = Instant::now();
            bare.read(query, PAGE)?;
            let plain_time = started.elapsed();
            let started = Instant::now();
            engine::search(market.search_index(), query, false)?;
            // The first round fills caches.
            if round > 0 {
                plain.push(plain_time);
                ours.push(started.elapsed());
            }
        }
    }
    let (plain, ours) = (quantiles(plain), quantiles(ours));
    println!("{:<58} {:>9} {:>9}", "search, top 20 of the achievements", "p50 ms", "p99 ms");
    println!("{:<58} {:>9.2} {:>9.2}", "  plain tantivy OR query, stored documents", plain.0, plain.1);
    println!("{:<58} {:>9.2} {:>9.2}", "  Keqiao: ranking, facet counts, marked snippets", ours.0, ours.1);
    println!("{:<58} {:>9.1} {:>9.1}\n", "  ratio", ours.0 / plain.0, ours.1 / plain.1);
    Ok(())
}

/// Finding and explaining the best fifty answers to a listing, and its way into the index.
async fn matches(market: &Market) -> anyhow::Result<()> {
    let listings = keqiao_market::listings::newest(market, ListingKind::Demand, 60).await?;
    let mut times = Vec::new();
    for listing in &listings {
        let document = matching::document(market, listing.id).await?;
        let started = Instant::now();
        market.search_index().matches(&document, 50)?;
        times.push(started.elapsed());
    }
    let (middle, high) = quantiles(times);
    println!("{:<58} {:>9.2} {:>9.2}\n", "match: best 50 for a whole demand, explained", middle, high);
    Ok(())
}

/// The list page and a listing's page beside an axum service that says hello, over loopback.
async fn pages(config: &Config, market: &Market, options: &Options) -> anyhow::Result<()> {
    let assets = config.assets_folder().and_then(|folder| Assets::read(&folder)).unwrap_or_default();
    let ours = http::router(http::Parts {
        market: market.clone(),
        site: program::site(config),
        assets,
        changed: std::sync::Arc::new(tokio::sync::Notify::new()),
        trusted_proxies: Vec::new(),
        posts_per_minute: 1_000,
        request_seconds: 30,
    });
    let hello = axum::Router::new().route("/", axum::routing::get(|| async { "Hello, World!" }));
    let (ours, hello) = (serve(ours).await?, serve(hello).await?);
    let newest = keqiao_market::listings::newest(market, ListingKind::Demand, 1).await?;
    let number = newest.first().map(|l| l.number.clone()).unwrap_or_default();
    println!("{:<58} {:>9} {:>9} {:>9} {:>8}", "pages over loopback", "req/s", "p50 ms", "p99 ms", "ratio");
    let base = load(hello, "/", options).await?;
    print_load("  raw axum: Hello, World!", &base, &base);
    for (name, path) in [
        ("  home", "/".to_owned()),
        ("  demands, 20 of the list with facets", "/demands".to_owned()),
        ("  demands, searched", "/demands?q=%E7%94%B5%E6%B1%A0".to_owned()),
        ("  one demand", format!("/demands/{number}")),
        ("  targets", "/targets".to_owned()),
    ] {
        print_load(name, &load(ours, &path, options).await?, &base);
    }
    Ok(())
}

async fn serve(router: axum::Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await });
    Ok(address)
}

struct Load {
    per_second: f64,
    middle: f64,
    high: f64,
}

fn print_load(name: &str, load: &Load, base: &Load) {
    println!(
        "{name:<58} {:>9.0} {:>9.2} {:>9.2} {:>7.1}%",
        load.per_second,
        load.middle,
        load.high,
        load.per_second / base.per_second * 100.0
    );
}

/// Asks for a page over several connections, one request after the other on each.
async fn load(address: SocketAddr, path: &str, options: &Options) -> anyhow::Result<Load> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let until = Instant::now() + Duration::from_secs(options.seconds);
    let started = Instant::now();
    let clients: Vec<_> = (0..options.connections).map(|_| tokio::spawn(client(address, request.clone(), until))).collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let per_second = times.len() as f64 / started.elapsed().as_secs_f64();
    let (middle, high) = quantiles(times);
    Ok(Load { per_second, middle, high })
}

async fn client(address: SocketAddr, request: String, until: Instant) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut buffer = Vec::new();
    while Instant::now() < until {
        let started = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        buffer.clear();
        let (head, length) = loop {
            ensure!(stream.read_buf(&mut buffer).await? > 0, "the server closed the connection");
            if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                let text = String::from_utf8_lossy(buffer.get(..end).unwrap_or_default()).to_lowercase();
                ensure!(text.starts_with("http/1.1 200"), "{}", text.lines().next().unwrap_or_default());
                let length =
                    text.lines().find_map(|l| l.strip_prefix("content-length: ")).context("no content-length")?.trim().parse::<usize>()?;
                break (end + 4, length);
            }
        };
        while buffer.len() < head + length {
            ensure!(stream.read_buf(&mut buffer).await? > 0, "the server closed the connection");
        }
        times.push(started.elapsed());
    }
    Ok(times)
}
