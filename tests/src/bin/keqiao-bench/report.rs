//! How is it told?

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::timing::{Sample, quantiles};

/// Every figure of a run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Processors that the run could use.
    pub processors: usize,
    /// Listings generated in the end.
    pub listings: u64,
    /// Where words came from.
    pub dictionary: String,
    /// Ways to answer the same questions, beside each other.
    pub races: Vec<Race>,
    /// Single figures.
    pub facts: Vec<Fact>,
}

/// Ways to answer the same questions at one size.
#[derive(Debug, Clone, Serialize)]
pub struct Race {
    /// What is asked.
    pub question: String,
    /// Listings in the index, both sides together; one side is searched.
    pub listings: u64,
    /// The ways; the first is what others are compared with.
    pub rows: Vec<Row>,
}

/// One way.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Which way.
    pub name: String,
    /// Questions asked.
    pub queries: usize,
    /// Mean number of finds.
    pub found: f64,
    /// Median, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile, in milliseconds.
    pub p99_ms: f64,
    /// Median beside the first way's.
    pub ratio_p50: f64,
    /// 99th percentile beside the first way's.
    pub ratio_p99: f64,
}

/// A single figure.
#[derive(Debug, Serialize)]
pub struct Fact {
    /// What it is, also in words.
    pub name: String,
    /// Listings in the index.
    pub listings: u64,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
}

impl Race {
    /// A race whose first way the others are compared with.
    pub fn new(question: &str, listings: u64, samples: Vec<Sample>) -> Self {
        let mut race = Self { question: question.to_owned(), listings, rows: Vec::new() };
        samples.into_iter().for_each(|sample| race.add(sample));
        race
    }

    /// Adds a way.
    pub fn add(&mut self, sample: Sample) {
        let queries = sample.times.len();
        let found = sample.found as f64 / queries.max(1) as f64;
        let (p50_ms, p99_ms) = quantiles(sample.times);
        let (base50, base99) = self.rows.first().map_or((p50_ms, p99_ms), |first| (first.p50_ms, first.p99_ms));
        let (ratio_p50, ratio_p99) = (p50_ms / base50, p99_ms / base99);
        self.rows.push(Row { name: sample.name, queries, found, p50_ms, p99_ms, ratio_p50, ratio_p99 });
    }

    /// Prints all ways.
    pub fn print(&self) {
        let heading = format!("{}, {} listings", self.question, self.listings);
        println!("\n{heading:<62} {:>7} {:>7} {:>9} {:>9} {:>8} {:>8}", "queries", "found", "p50 ms", "p99 ms", "× p50", "× p99");
        for row in &self.rows {
            println!(
                "  {:<60} {:>7} {:>7.1} {:>9.2} {:>9.2} {:>8.2} {:>8.2}",
                row.name, row.queries, row.found, row.p50_ms, row.p99_ms, row.ratio_p50, row.ratio_p99
            );
        }
    }
}

impl Report {
    /// Takes a race and prints it.
    pub fn race(&mut self, race: Race) {
        race.print();
        self.races.push(race);
    }

    /// Takes a figure and prints it.
    pub fn fact(&mut self, name: impl Into<String>, listings: u64, value: f64, unit: &'static str) {
        let name = name.into();
        println!("  {name:<78} {value:>12.2} {unit}");
        self.facts.push(Fact { name, listings, value, unit });
    }

    /// Writes all of it.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        std::fs::write(path, serde_json::to_string_pretty(self)?).with_context(|| format!("cannot write {}", path.display()))
    }
}
