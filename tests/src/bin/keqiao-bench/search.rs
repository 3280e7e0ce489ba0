//! How fast are search and match on many listings, and in which order is that measured?

use std::{path::Path, sync::Arc, time::Instant};

use keqiao_search::{Document, SearchIndex, Settings};

use crate::{
    Options,
    databases::{Filled, Way},
    engine::{self, Plain},
    listings::{Generator, whole},
    report::{Race, Report},
    timing::quantiles,
    upkeep::{self, memory},
    words::Dictionary,
};

/// Where PostgreSQL is: set by `cargo xtask bench` when it could start one.
const POSTGRES: &str = "BENCH_DATABASE_URL";
const SHORT: &str = "Short query of 1 to 4 words";
const TYPED: &str = "Typed query of 60 to 200 characters";
const MATCH: &str = "A whole demand of 200 to 1,000 characters";

/// What is asked.
struct Questions {
    short: Vec<String>,
    typed: Vec<String>,
    demands: Vec<Document>,
}

/// Measures at the size of the databases and at the full size, then the databases.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let generator = Arc::new(Generator::new(Dictionary::read(options.dictionary.as_deref())?));
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("index");
    std::fs::create_dir(&data)?;
    let (index, _) = SearchIndex::open(&data, Settings::default())?;
    keqiao_search::warm_up();
    let small = options.baseline_listings.min(options.listings);
    let mut report = Report {
        processors: std::thread::available_parallelism()?.get(),
        listings: options.listings,
        dictionary: generator.source().to_owned(),
        ..Report::default()
    };
    println!("{} listings with the words of {}, {} processors", report.listings, report.dictionary, report.processors);
    let questions = Questions {
        short: generator.short_queries(1_000),
        typed: generator.typed_queries(500),
        // Of the first listings, so that the same ones are asked at both sizes.
        demands: generator.demands(500, small),
    };
    for size in if small < options.listings { vec![small, options.listings] } else { vec![small] } {
        build(&mut report, &index, &generator, size, &data).await?;
        stage(&mut report, &index, &generator, &questions, options).await?;
    }
    drop(index);
    databases(&mut report, &generator, &questions, folder.path(), small, options.seconds).await?;
    if let Some(path) = &options.json {
        report.write(path)?;
    }
    Ok(())
}

async fn build(report: &mut Report, index: &SearchIndex, generator: &Arc<Generator>, size: u64, data: &Path) -> anyhow::Result<()> {
    println!("\nBuilding, {size} listings");
    let took = upkeep::fill(index, generator, size).await?;
    report.fact("index build", size, size as f64 / took.as_secs_f64(), "listings/s");
    report.fact("memory while building, the most so far (VmHWM)", size, memory().get("VmHWM").copied().unwrap_or(0.0), "MB");
    let bytes = upkeep::settle(index, data).await?;
    report.fact("index on disk", size, bytes as f64 / 1_000_000.0, "MB");
    report.fact("index on disk, per listing", size, bytes as f64 / size as f64, "bytes");
    Ok(())
}

/// Everything that is measured of us at one size.
async fn stage(
    report: &mut Report,
    index: &SearchIndex,
    generator: &Arc<Generator>,
    questions: &Questions,
    options: &Options,
) -> anyhow::Result<()> {
    let size = index.len() as u64;
    // Before the plain reader maps the same files once more.
    for query in questions.short.iter().chain(questions.typed.iter().take(50)) {
        engine::search(index, query, false)?;
    }
    for demand in questions.demands.iter().take(50) {
        index.rank(demand, engine::STORED)?;
    }
    // Of the races the first way would pay for all others: this is asked by nobody before.
    let mut first = Vec::new();
    for demand in questions.demands.iter().skip(50) {
        let asked = Instant::now();
        index.rank(demand, engine::MATCHES)?;
        first.push(asked.elapsed());
    }
    let count = first.len();
    let first = quantiles(first);
    report.fact(format!("{count} whole demands asked for the first time, best {}, p50", engine::MATCHES), size, first.0, "ms");
    report.fact("the same, p99", size, first.1, "ms");
    let memory = memory();
    for (name, what) in [
        ("VmRSS", "memory after searching, all that is resident"),
        ("RssAnon", "of it the program's own"),
        ("RssFile", "of it pages of files, mostly of the index, which the system can take back"),
    ] {
        report.fact(format!("{what} ({name})"), size, memory.get(name).copied().unwrap_or(0.0), "MB");
    }
    let plain = Plain::open(index)?;
    report.race(engine::searches(index, &plain, SHORT, &questions.short, options.seconds)?);
    report.race(engine::searches(index, &plain, TYPED, &questions.typed, options.seconds)?);
    report.race(engine::matches(index, &plain, MATCH, &questions.demands, options.seconds)?);
    drop(plain);
    println!("\nUpkeep, {size} listings");
    let (sample, seconds) = upkeep::all_pairs(index, generator).await?;
    report.fact(format!("all matches of both sides anew, extrapolated from {sample} listings"), size, seconds / 60.0, "minutes");
    let fresh = upkeep::freshness(index, generator, &questions.short, options.writing_seconds).await?;
    report.fact(format!("published to visible, {} writes at 20/s beside searches, p50", fresh.writes), size, fresh.visible.0, "ms");
    report.fact("published to visible, p99", size, fresh.visible.1, "ms");
    report.fact(format!("short query meanwhile, {} searches, p50", fresh.searches), size, fresh.searched.0, "ms");
    report.fact("short query meanwhile, p99", size, fresh.searched.1, "ms");
    Ok(())
}

/// Puts the databases' figures below ours of the same size.
async fn databases(
    report: &mut Report,
    generator: &Generator,
    questions: &Questions,
    folder: &Path,
    size: u64,
    seconds: u64,
) -> anyhow::Result<()> {
    let postgres = std::env::var(POSTGRES).unwrap_or_default();
    println!("\nDatabases with the same {} achievements, top {}; beside the figures above", size / 2, engine::PAGE);
    let demands: Vec<String> = questions.demands.iter().map(whole).collect();
    let asked = [(SHORT, &questions.short), (TYPED, &questions.typed), (MATCH, &demands)];
    // The races at this size are the first three.
    let mut races: Vec<Race> = report.races.drain(..asked.len().min(report.races.len())).collect();
    for way in [Way::SqliteBigram, Way::SqliteTrigram, Way::Postgres] {
        if way == Way::Postgres && postgres.is_empty() {
            println!("  PostgreSQL is left out: {POSTGRES} names none");
            continue;
        }
        eprintln!("  … filling: {}", way.name());
        let filled = Filled::new(way, folder, &postgres, generator, size).await?;
        for (race, (_, texts)) in races.iter_mut().zip(&asked) {
            race.add(filled.ask(texts, seconds).await?);
        }
        filled.close().await?;
    }
    races.iter().for_each(Race::print);
    report.races.splice(0..0, races);
    Ok(())
}
