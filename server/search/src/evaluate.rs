//! How good is the ranking, measured on judged data?
//!
//! Reads a folder in the BEIR layout: `corpus.jsonl`, `queries.jsonl` (each plain or `.gz`) and `qrels/SPLIT.tsv`. The corpus is
//! indexed as one side of the market, the queries as the other, through the very code that serves people; then every query
//! looks for its matches. Queries stand in the index as listings of their side do in the market: what is common among them weighs
//! less.
//!
//! # The files as questions
//!
//! - `dataset`: how does a judged data set look on disk?
//! - `metrics`: how good is one ranking?
//! - `trec`: how is a ranking handed to other programs?

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use keqiao_model::ListingKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Document, Embedding, SearchError, SearchIndex};

mod dataset;
mod metrics;
mod trec;

pub use dataset::{Entry, read_corpus};
pub use trec::{Ranking, write_run};

use dataset::{Judgements, read_judgements, read_queries};
use metrics::{DEEPEST, Measured, percentile};

/// Documents of one commit.
const BATCH: usize = 1_000;
/// Matches whose finding is timed.
const TIMED: usize = 10;

/// Why a folder cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// A file is missing or cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line is not what the layout wants.
    #[error("{}, line {line}: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A file without a single entry.
    #[error("{} holds nothing", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Judgements of other queries.
    #[error("{} judges none of the queries in {}", judgements.display(), folder.display())]
    Unjudged {
        /// The file of judgements.
        judgements: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// The index failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The embeddings end point failed.
    #[error("no embeddings: {0}")]
    Embeddings(String),
}

/// Answers the vectors of texts, or why there are none.
pub type Ask<'a> = dyn Fn(&[String]) -> Result<Vec<Vec<f32>>, String> + 'a;

/// An embeddings end point, and what may be asked of it.
#[derive(Clone, Copy)]
pub struct Embed<'a> {
    /// Answers the vectors of these texts, in their order. Blocking.
    pub ask: &'a Ask<'a>,
    /// What is put before each text.
    pub prefix: &'a str,
    /// Texts of one request, at least one.
    pub batch: usize,
    /// Longest text, characters.
    pub characters: usize,
}

/// The figures of one folder; all but the times are means over the judged queries, between 0 and 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Judged queries.
    pub queries: usize,
    /// Documents searched.
    pub documents: usize,
    /// nDCG of the first ten with gain 2^grade − 1; what is not judged gains nothing.
    pub ndcg10: f64,
    /// The same, with all documents left out that were not judged for the query.
    pub ndcg10_judged: f64,
    /// Reciprocal rank of the first relevant among the first ten.
    pub mrr10: f64,
    /// Share of the relevant that is among the first ten.
    pub recall10: f64,
    /// Share of the relevant that is among the first hundred.
    pub recall100: f64,
    /// Median wall time of finding ten matches as the market does it, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile of the same.
    pub p99_ms: f64,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// How good it is.
    pub figures: Figures,
    /// The first hundred of every judged query.
    pub rankings: Vec<Ranking>,
}

/// What to evaluate.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Which judgements: `qrels/{split}.tsv`.
    pub split: &'a str,
    /// The side that the queries are of; the documents are of the other.
    pub side: ListingKind,
}

/// Evaluates the folder. Needs a tokio runtime; takes as long as indexing the corpus in memory and searching it twice per query.
/// `progress(done, total)` is called as it goes, over documents and queries together. With `embed` it tells what an embeddings end point would
/// change; the texts go there, each once, before anything is searched.
///
/// # Errors
/// When the folder cannot be read, the index fails or the embeddings end point does.
pub async fn evaluate(request: &Request<'_>, embed: Option<Embed<'_>>, progress: impl Fn(u64, u64)) -> Result<Evaluation, EvaluateError> {
    let path = request.folder.join("qrels").join(format!("{}.tsv", request.split));
    let judgements = read_judgements(&path)?;
    let (corpus, entries) = (read_corpus(request.folder)?, read_queries(request.folder)?);
    if !entries.iter().any(|query| judgements.contains_key(&query.id)) {
        return Err(EvaluateError::Unjudged { judgements: path, folder: request.folder.to_owned() });
    }
    let number = |place: usize| Uuid::from_u128(place as u128 + 1);
    let documents = corpus.iter().enumerate().map(|(at, entry)| entry.document(number(at), request.side.opposite()));
    let queries: Vec<Query> =
        entries.iter().enumerate().map(|(at, entry)| (entry, entry.document(number(corpus.len() + at), request.side))).collect();
    let total = (corpus.len() + 2 * queries.len()) as u64;
    let index =
        index(documents.chain(queries.iter().map(|(_, document)| document.clone())).collect(), |done| progress(done, total)).await?;
    if let Some(embed) = embed {
        let documents = corpus.iter().enumerate().map(|(at, entry)| entry.document(number(at), request.side.opposite()));
        let documents: Vec<Document> = documents.chain(queries.iter().map(|(_, document)| document.clone())).collect();
        for batch in documents.chunks(embed.batch.max(1)) {
            let texts: Vec<String> =
                batch.iter().map(|document| format!("{}{}", embed.prefix, document.meaning_text(embed.characters))).collect();
            let vectors = (embed.ask)(&texts).map_err(EvaluateError::Embeddings)?;
            let known = batch.iter().zip(&vectors).map(|(document, vector)| (document.kind, document.id, Embedding::new(vector)));
            index.embed(known.collect());
        }
    }
    let filled =
        Filled { index, side: request.side.opposite(), ids: (0..).map(number).zip(corpus.iter().map(|e| e.id.as_str())).collect() };
    let judged: Vec<Query> = queries.into_iter().filter(|(entry, _)| judgements.contains_key(&entry.id)).collect();
    let from = total - judged.len() as u64;
    filled.measure(&judged, &judgements, |done| progress(from + done, total))
}

/// A query and the listing that it is in the market.
type Query<'a> = (&'a Entry, Document);

/// An index of these documents, made as the market makes its own.
async fn index(documents: Vec<Document>, progress: impl Fn(u64)) -> Result<SearchIndex, SearchError> {
    let index = SearchIndex::in_memory()?;
    let mut new = index.rebuild().await?;
    new.learn(documents.clone()).await?;
    let mut done = 0;
    for batch in documents.chunks(BATCH) {
        new.add(batch.to_vec()).await?;
        done += batch.len() as u64;
        progress(done);
    }
    new.finish(String::new()).await?;
    Ok(index)
}

/// The corpus, ready to be searched.
struct Filled<'a> {
    index: SearchIndex,
    /// The side that is searched.
    side: ListingKind,
    /// What the corpus calls its listings.
    ids: HashMap<Uuid, &'a str>,
}

impl Filled<'_> {
    fn measure(&self, queries: &[Query], judgements: &Judgements, progress: impl Fn(u64)) -> Result<Evaluation, EvaluateError> {
        // The first query pays for what is loaded once.
        if let Some((_, document)) = queries.first() {
            self.index.rank(document, TIMED)?;
        }
        let (mut measured, mut times, mut rankings) = (Vec::new(), Vec::new(), Vec::new());
        for (done, (entry, document)) in (1..).zip(queries) {
            let Some(grades) = judgements.get(&entry.id) else { continue };
            let start = Instant::now();
            self.index.rank(document, TIMED)?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            let found = self.found(entry, document)?;
            let ids: Vec<&str> = found.iter().map(|(id, _)| *id).collect();
            measured.push(Measured::of(&ids, grades));
            let found = found.into_iter().take(DEEPEST).map(|(id, score)| (id.to_owned(), score)).collect();
            rankings.push(Ranking { query: entry.id.clone(), found });
            progress(done);
        }
        Ok(Evaluation { figures: self.figures(&measured, times), rankings })
    }

    /// Everything the query finds, best first, without what it must not find.
    fn found(&self, entry: &Entry, document: &Document) -> Result<Vec<(&str, f32)>, SearchError> {
        let excluded = entry.excluded();
        let ranked = self.index.rank(document, self.index.count(self.side))?;
        let named = ranked.into_iter().filter_map(|(id, score)| Some((*self.ids.get(&id)?, score)));
        Ok(named.filter(|(id, _)| !excluded.contains(id)).collect())
    }

    fn figures(&self, measured: &[Measured], mut times: Vec<f64>) -> Figures {
        times.sort_by(f64::total_cmp);
        let mean = Measured::mean(measured);
        Figures {
            queries: measured.len(),
            documents: self.index.count(self.side),
            ndcg10: mean.ndcg10,
            ndcg10_judged: mean.ndcg10_judged,
            mrr10: mean.mrr10,
            recall10: mean.recall10,
            recall100: mean.recall100,
            p50_ms: percentile(&times, 0.5),
            p99_ms: percentile(&times, 0.99),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A folder of three documents and three queries, of which two are judged.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("qrels")).unwrap();
        let corpus = "{\"_id\":\"d1\",\"title\":\"锂电池回收\",\"text\":\"\"}\n{\"_id\":\"d2\",\"title\":\"数码印花\",\"text\":\"\"}\n{\"_id\":\"d3\",\"title\":\"印花墨水\"}";
        std::fs::write(folder.path().join("corpus.jsonl"), corpus).unwrap();
        let queries = "{\"_id\":\"q1\",\"text\":\"废旧锂电池\"}\n{\"_id\":\"q2\",\"text\":\"印花\",\"metadata\":{\"exclude\":\"d2\"}}\n{\"_id\":\"q3\",\"text\":\"印花\"}";
        std::fs::write(folder.path().join("queries.jsonl"), queries).unwrap();
        std::fs::write(folder.path().join("qrels/dev.tsv"), "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\nq9\td1\t1\n").unwrap();
        folder
    }

    async fn evaluated(folder: &Path, split: &str, side: ListingKind) -> Result<Evaluation, EvaluateError> {
        evaluate(&Request { folder, split, side }, None, |_, _| {}).await
    }

    #[tokio::test]
    async fn a_small_folder_is_evaluated_from_either_side() {
        let folder = folder();
        for side in [ListingKind::Demand, ListingKind::Achievement] {
            let Evaluation { figures, rankings } = evaluated(folder.path(), "dev", side).await.unwrap();
            assert_eq!((figures.queries, figures.documents), (2, 3), "{side:?}");
            assert_eq!((figures.ndcg10, figures.recall100), (0.5, 0.5), "what is excluded is not found");
            let found: Vec<(&str, Vec<&str>)> =
                rankings.iter().map(|r| (r.query.as_str(), r.found.iter().map(|(id, _)| id.as_str()).collect())).collect();
            assert_eq!(found, [("q1", vec!["d1"]), ("q2", vec!["d3"])], "{side:?}");
        }
    }

    #[tokio::test]
    async fn an_embeddings_end_point_is_asked_once_about_every_text() {
        let (folder, asked) = (folder(), std::cell::RefCell::new(Vec::new()));
        let request = Request { folder: folder.path(), split: "dev", side: ListingKind::Demand };
        let ask = |texts: &[String]| {
            asked.borrow_mut().push(texts.to_vec());
            Ok(texts.iter().map(|text| vec![text.chars().count() as f32, 1.0]).collect())
        };
        let embed = Embed { ask: &ask, prefix: "query: ", batch: 4, characters: 3 };
        evaluate(&request, Some(embed), |_, _| {}).await.unwrap();
        assert_eq!(asked.borrow().iter().map(Vec::len).collect::<Vec<_>>(), [4, 2], "six texts by four");
        assert_eq!(asked.borrow()[0][0], "query: 锂电池", "the first characters");

        let broken = |_: &[String]| Err("nobody answers".to_owned());
        let failed = evaluate(&request, Some(Embed { ask: &broken, ..embed }), |_, _| {}).await.unwrap_err();
        assert!(matches!(&failed, EvaluateError::Embeddings(why) if why == "nobody answers"), "{failed}");
    }

    #[tokio::test]
    async fn progress_ends_at_the_total() {
        let last = Cell::new((0, 0));
        let folder = folder();
        let request = Request { folder: folder.path(), split: "dev", side: ListingKind::Demand };
        evaluate(&request, None, |done, total| last.set((done, total))).await.unwrap();
        assert_eq!(last.get(), (9, 9));
    }

    #[tokio::test]
    async fn missing_and_foreign_judgements_are_named() {
        let folder = folder();
        let error = evaluated(folder.path(), "test", ListingKind::Demand).await.unwrap_err();
        assert!(matches!(&error, EvaluateError::Read { path, .. } if path.ends_with("qrels/test.tsv")), "{error}");
        std::fs::write(folder.path().join("qrels/other.tsv"), "q7\td1\t1\n").unwrap();
        let error = evaluated(folder.path(), "other", ListingKind::Demand).await.unwrap_err();
        assert!(error.to_string().contains("other.tsv judges none of the queries"), "{error}");
    }
}
