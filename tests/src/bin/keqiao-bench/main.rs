//! `cargo xtask bench`: what people wait for, beside a baseline measured in the same run. Machines differ, ratios stay.
//!
//! # The files as questions
//!
//! - `pages`: how fast are pages, beside a bare axum service?
//! - `search`: how fast are search and match on many listings, and in which order is that measured?
//! - `words`, `listings`: which texts are searched, and what is asked?
//! - `engine`: how do our index and a plain tantivy query on the same index answer?
//! - `databases`: how do SQLite FTS5 and PostgreSQL full text answer?
//! - `register`, `city`: how fast are the pages of the register and its ledger, beside plain queries that scan it, in which city?
//! - `upkeep`: what do building, changing, recomputing and memory cost?
//! - `published`: how soon is a publication found, and in everybody's list of matches?
//! - `timing`, `report`: how is it measured and told?

mod city;
mod databases;
mod engine;
mod listings;
mod pages;
mod published;
mod register;
mod report;
mod search;
mod timing;
mod upkeep;
mod words;

use std::path::PathBuf;

use clap::Parser;

/// Measures the market side by side with baselines.
#[derive(Parser)]
struct Options {
    /// Folder with `demands.gb18030.csv` and `achievements.jsonl.gz` to import; without it the demo city is measured.
    #[arg(long, conflicts_with = "search")]
    import: Option<PathBuf>,
    /// Seconds of load on each page, or on each way to search.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Connections that ask at once.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Measure search and match on generated listings instead of pages.
    #[arg(long)]
    search: bool,
    /// Measure the pages of the register and the ledger on a generated city instead.
    #[arg(long, conflicts_with_all = ["search", "import"])]
    register: bool,
    /// Measure how soon a publication is matched, in a market of so many listings.
    #[arg(long, conflicts_with_all = ["search", "import", "register"])]
    published: bool,
    /// Contracts of that city, with some ten ledger entries each.
    #[arg(long, default_value_t = 200_000)]
    contracts: u64,
    /// PostgreSQL to measure the register on as well.
    #[arg(long)]
    postgres: Option<String>,
    /// Measure the register on PostgreSQL alone.
    #[arg(long)]
    postgres_only: bool,
    /// Listings to generate, half of them demands.
    #[arg(long, default_value_t = 1_000_000)]
    listings: u64,
    /// Folder with folders that hold a corpus.jsonl or corpus.jsonl.gz: words, their frequency and the lengths of texts come from there,
    /// without it from the demo city.
    #[arg(long)]
    dictionary: Option<PathBuf>,
    /// Listings that the databases get at most; we are measured at that size as well.
    #[arg(long, default_value_t = 100_000)]
    baseline_listings: u64,
    /// Seconds of steady writing.
    #[arg(long, default_value_t = 20)]
    writing_seconds: u64,
    /// File for all figures.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.register {
        return Box::pin(register::run(&options)).await;
    }
    if options.published {
        return Box::pin(published::run(&options)).await;
    }
    if options.search { Box::pin(search::run(&options)).await } else { Box::pin(pages::run(&options)).await }
}
