//! How good is the ranking, measured on judged data?
//!
//! Reads a folder in the BEIR layout: `corpus.jsonl`, `queries.jsonl` (each plain or `.gz`) and `qrels/SPLIT.tsv`. The corpus is
//! indexed as one side of the market, the queries as the other, through the very code that serves people; then every query
//! looks for its matches. Queries stand in the index as demands do in the market: what is common among them weighs less.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use keqiao_model::ListingKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Change, Document, SearchError, SearchIndex};

/// Documents of one commit.
const BATCH: usize = 1_000;
/// Ranks considered, except among judged documents, where all are.
const DEEPEST: usize = 100;

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
    /// The index failed.
    #[error(transparent)]
    Search(#[from] SearchError),
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
    /// Median wall time of finding and explaining ten matches, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile of the same.
    pub p99_ms: f64,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    keywords: Option<Vec<String>>,
    /// The document a query was made from, not to be found.
    #[serde(default)]
    exclude: Option<Exclude>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Exclude {
    One(String),
    Many(Vec<String>),
}

/// Grades of documents, by query.
type Judgements = BTreeMap<String, HashMap<String, i32>>;

/// Evaluates the folder on the judgements of `qrels/{split}.tsv`. Needs a tokio runtime; takes as long as indexing the corpus in
/// memory and searching it twice per query.
///
/// # Errors
/// When the folder cannot be read or the index fails.
pub async fn evaluate(folder: &Path, split: &str) -> Result<Figures, EvaluateError> {
    let judgements = read_judgements(&folder.join("qrels").join(format!("{split}.tsv")))?;
    let mut ids: HashMap<Uuid, String> = HashMap::new();
    let index = SearchIndex::in_memory()?;
    let mut number = 0_u128;
    let mut next_id = || {
        number += 1;
        Uuid::from_u128(number)
    };
    let mut documents = Vec::new();
    for line in read_lines(folder, "corpus")? {
        let id = next_id();
        documents.push(document(&line, id, ListingKind::Achievement));
        ids.insert(id, line.id);
    }
    let mut queries = Vec::new();
    for line in read_lines(folder, "queries")? {
        let document = document(&line, next_id(), ListingKind::Demand);
        documents.push(document.clone());
        if judgements.contains_key(&line.id) {
            queries.push((line, document));
        }
    }
    index.learn(&documents)?;
    while !documents.is_empty() {
        let rest = documents.split_off(documents.len().min(BATCH));
        let batch = std::mem::replace(&mut documents, rest).into_iter().map(|document| Change::Put(Box::new(document))).collect();
        index.apply(batch, "filled".to_owned()).await?;
    }
    run(&index, &queries, &judgements, &ids)
}

fn run(
    index: &SearchIndex,
    queries: &[(Line, Document)],
    judgements: &Judgements,
    ids: &HashMap<Uuid, String>,
) -> Result<Figures, EvaluateError> {
    let documents = index.count(ListingKind::Achievement);
    let mut sums = [0.0_f64; 5];
    let mut times = Vec::new();
    let empty = HashMap::new();
    for (line, document) in queries {
        let grades = judgements.get(&line.id).unwrap_or(&empty);
        let start = Instant::now();
        index.matches(document, 10)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        let excluded: HashSet<&str> = match line.metadata.as_ref().and_then(|metadata| metadata.exclude.as_ref()) {
            None => HashSet::new(),
            Some(Exclude::One(id)) => HashSet::from([id.as_str()]),
            Some(Exclude::Many(ids)) => ids.iter().map(String::as_str).collect(),
        };
        let ranked = index.rank(document, documents)?;
        let ranking: Vec<&str> =
            ranked.iter().filter_map(|(id, _)| ids.get(id)).map(String::as_str).filter(|id| !excluded.contains(id)).collect();
        let relevant = grades.values().filter(|&&grade| grade > 0).count().max(1) as f64;
        let grade = |id: &str| grades.get(id).copied().unwrap_or(0);
        let found = |depth: usize| ranking.iter().take(depth).filter(|id| grade(id) > 0).count() as f64;
        let judged = ranking.iter().copied().filter(|id| grades.contains_key(*id));
        let first = ranking.iter().take(10).position(|id| grade(id) > 0);
        let values = [
            ndcg10(ranking.iter().map(|id| grade(id)), grades),
            ndcg10(judged.map(grade), grades),
            first.map_or(0.0, |place| 1.0 / (place as f64 + 1.0)),
            found(10) / relevant,
            found(DEEPEST) / relevant,
        ];
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    let [ndcg10, ndcg10_judged, mrr10, recall10, recall100] = sums.map(|sum| sum / queries.len().max(1) as f64);
    times.sort_by(f64::total_cmp);
    Ok(Figures {
        queries: queries.len(),
        documents,
        ndcg10,
        ndcg10_judged,
        mrr10,
        recall10,
        recall100,
        p50_ms: percentile(&times, 0.5),
        p99_ms: percentile(&times, 0.99),
    })
}

fn document(line: &Line, id: Uuid, kind: ListingKind) -> Document {
    let mut document = Document::new(id, kind);
    document.title = line.title.clone().unwrap_or_default();
    // Some sets repeat the title in front of the text, which would count it twice.
    document.text = line.text.strip_prefix(document.title.as_str()).unwrap_or(&line.text).to_owned();
    document.keywords = line.metadata.as_ref().and_then(|metadata| metadata.keywords.clone()).unwrap_or_default();
    document
}

fn ndcg10(ranking: impl Iterator<Item = i32>, grades: &HashMap<String, i32>) -> f64 {
    let mut ideal: Vec<i32> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg10(ideal.into_iter());
    if best > 0.0 { dcg10(ranking) / best } else { 0.0 }
}

fn dcg10(grades: impl Iterator<Item = i32>) -> f64 {
    grades.take(10).enumerate().map(|(place, grade)| (2_f64.powi(grade.max(0)) - 1.0) / (place as f64 + 2.0).log2()).sum()
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

fn read_lines(folder: &Path, name: &str) -> Result<Vec<Line>, EvaluateError> {
    let plain = folder.join(format!("{name}.jsonl"));
    let packed = folder.join(format!("{name}.jsonl.gz"));
    let path = if plain.exists() { plain } else { packed };
    let file = File::open(&path).map_err(|source| EvaluateError::Read { path: path.clone(), source })?;
    let reader: Box<dyn Read> =
        if path.extension().is_some_and(|extension| extension == "gz") { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(reader).lines()) {
        let line = line.map_err(|source| EvaluateError::Read { path: path.clone(), source })?;
        if line.trim().is_empty() {
            continue;
        }
        lines.push(serde_json::from_str(&line).map_err(|error| EvaluateError::Line {
            path: path.clone(),
            line: number,
            message: error.to_string(),
        })?);
    }
    Ok(lines)
}

fn read_judgements(path: &Path) -> Result<Judgements, EvaluateError> {
    let text = std::fs::read_to_string(path).map_err(|source| EvaluateError::Read { path: path.to_owned(), source })?;
    let mut judgements = Judgements::new();
    // The first line names the columns.
    for (number, line) in (1..).zip(text.lines()).skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || EvaluateError::Line {
            path: path.to_owned(),
            line: number,
            message: "expected query, document and grade, separated by tabs".to_owned(),
        };
        let mut columns = line.split('\t');
        let (Some(query), Some(document), Some(grade)) = (columns.next(), columns.next(), columns.next()) else {
            return Err(wrong());
        };
        let grade = grade.trim().parse().map_err(|_| wrong())?;
        judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
    }
    Ok(judgements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ndcg_knows_best_and_worst() {
        let grades: HashMap<String, i32> = [("a", 3), ("b", 1), ("c", 0)].map(|(id, grade)| (id.to_owned(), grade)).into();
        assert!((ndcg10([3, 1, 0].into_iter(), &grades) - 1.0).abs() < 1e-9);
        assert_eq!(ndcg10([0, 0, 0].into_iter(), &grades), 0.0);
        let swapped = ndcg10([1, 3].into_iter(), &grades);
        let expected = (1.0 + 7.0 / 3_f64.log2()) / (7.0 + 1.0 / 3_f64.log2());
        assert!((swapped - expected).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_of_the_sorted() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((percentile(&values, 0.5), percentile(&values, 0.99), percentile(&[], 0.5)), (50.0, 99.0, 0.0));
    }

    #[tokio::test]
    async fn a_small_folder_is_evaluated() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("qrels")).unwrap();
        let corpus = "{\"_id\":\"d1\",\"title\":\"锂电池回收\",\"text\":\"\"}\n{\"_id\":\"d2\",\"title\":\"数码印花\",\"text\":\"\"}\n";
        std::fs::write(folder.path().join("corpus.jsonl"), corpus).unwrap();
        let queries = "{\"_id\":\"q1\",\"text\":\"废旧锂电池\"}\n{\"_id\":\"q2\",\"text\":\"印花\",\"metadata\":{\"exclude\":\"d2\"}}\n";
        std::fs::write(folder.path().join("queries.jsonl"), queries).unwrap();
        std::fs::write(folder.path().join("qrels/dev.tsv"), "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\n").unwrap();
        let figures = evaluate(folder.path(), "dev").await.unwrap();
        assert_eq!((figures.queries, figures.documents), (2, 2));
        assert_eq!((figures.ndcg10, figures.recall100), (0.5, 0.5));
        assert!(matches!(evaluate(folder.path(), "test").await, Err(EvaluateError::Read { .. })));
    }
}
