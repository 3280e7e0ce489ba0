//! `keqiao evaluate`: how good is the ranking on judged data?

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};
use keqiao_model::ListingKind;
use keqiao_search::evaluate::{Embed, Evaluation, Figures, Request, evaluate, write_run};
use serde::Serialize;

use crate::{
    cli::{progress, show},
    embeddings::{Embedder, Embeddings},
};

/// What `keqiao evaluate` is told.
#[derive(Debug, Args)]
pub struct Evaluate {
    /// Folder in the BEIR layout: corpus.jsonl, queries.jsonl (each also .gz), qrels/SPLIT.tsv. May be given several times.
    #[arg(long, required = true, value_name = "DIR")]
    dataset: Vec<PathBuf>,
    /// Which judgements: qrels/SPLIT.tsv.
    #[arg(long, default_value = "dev")]
    split: String,
    /// What the queries are; they look for the other side.
    #[arg(long, value_enum, default_value_t = Side::Demand)]
    side: Side,
    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Also go by what the configured embeddings end point says; every text is sent there.
    #[arg(long)]
    pub embeddings: bool,
    /// Write the first hundred of each query as a TREC run.
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    /// 技术需求
    Demand,
    /// 科技成果
    Achievement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line a folder.
    Table,
    /// An object; of several folders an array.
    Json,
}

/// One folder's figures, and what they are of.
#[derive(Debug, Serialize)]
struct Row {
    dataset: String,
    split: String,
    side: Side,
    #[serde(flatten)]
    figures: Figures,
}

/// Evaluates every folder and prints the figures.
///
/// # Errors
/// When a folder is not as it should be, naming file and line, or the run cannot be written.
pub async fn run(request: &Evaluate, embeddings: &Embeddings) -> anyhow::Result<()> {
    ensure!(request.run.is_none() || request.dataset.len() == 1, "--run is written for one --dataset at a time");
    ensure!(!request.embeddings || embeddings.is_on(), "--embeddings needs an end point: configure embeddings.url and embeddings.model");
    let embedder = request.embeddings.then(|| Embedder::new(embeddings));
    let ask = |texts: &[String]| embedder.as_ref().map_or_else(|| Ok(Vec::new()), |e| e.ask(texts)).map_err(|e| e.to_string());
    let Embeddings { prefix, batch, characters, .. } = embeddings;
    let embed = request.embeddings.then_some(Embed { ask: &ask, prefix, batch: *batch, characters: *characters });
    let mut rows = Vec::new();
    for folder in &request.dataset {
        let side = match request.side {
            Side::Demand => ListingKind::Demand,
            Side::Achievement => ListingKind::Achievement,
        };
        let bar = progress("documents and queries");
        let evaluated = evaluate(&Request { folder, split: &request.split, side }, embed, |done, total| show(&bar, done, total)).await;
        bar.finish_and_clear();
        let Evaluation { figures, rankings } = evaluated?;
        if let Some(path) = &request.run {
            let cannot = || format!("cannot write {}", path.display());
            let file = File::create(path).with_context(cannot)?;
            write_run(&rankings, BufWriter::new(file)).with_context(cannot)?;
        }
        let whole = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let name = whole.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        rows.push(Row { dataset: name, split: request.split.clone(), side: request.side, figures });
    }
    let text = match (request.format, rows.as_slice()) {
        (Format::Table, rows) => table(rows),
        (Format::Json, [row]) => serde_json::to_string_pretty(row)? + "\n",
        (Format::Json, rows) => serde_json::to_string_pretty(rows)? + "\n",
    };
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the figures")
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.dataset.chars().count()).max().unwrap_or(0).max("dataset".len());
    let mut text = format!("{:width$}  documents  queries  nDCG@10  judged  MRR@10    R@10   R@100  p50 ms  p99 ms\n", "dataset");
    for Row { dataset, figures: f, .. } in rows {
        text += &format!(
            "{dataset:width$}  {:9}  {:7}   {:.4}  {:.4}  {:.4}  {:.4}  {:.4}  {:6.2}  {:6.2}\n",
            f.documents, f.queries, f.ndcg10, f.ndcg10_judged, f.mrr10, f.recall10, f.recall100, f.p50_ms, f.p99_ms
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_keeps_its_columns() {
        let figures = Figures {
            queries: 117,
            documents: 12_251,
            ndcg10: 0.191,
            ndcg10_judged: 0.5,
            mrr10: 1.0,
            recall10: 0.25,
            recall100: 0.75,
            p50_ms: 1.234,
            p99_ms: 123.4,
        };
        let row =
            |dataset: &str| Row { dataset: dataset.to_owned(), split: "dev".to_owned(), side: Side::Demand, figures: figures.clone() };
        let text = table(&[row("a"), row("techdemand-zh.demand")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{text}");
        assert!(lines[2].starts_with("techdemand-zh.demand      12251      117   0.1910  0.5000"), "{text}");
    }
}
