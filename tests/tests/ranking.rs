//! The gate of the ranking: it may not get worse unnoticed, on a graded set of our own.

use std::path::Path;

use keqiao_model::ListingKind;
use keqiao_search::evaluate::{Request, evaluate};
use serde::{Deserialize, Serialize};

/// What nDCG@10 may lose.
const LOSS: f64 = 0.01;
/// What it may win before the record must be taken anew, so that the record stays true.
const GAIN: f64 = 0.03;

/// The figures that the ranking had when they were last recorded.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Recorded {
    ndcg10: f64,
    ndcg10_judged: f64,
    mrr10: f64,
    recall10: f64,
    recall100: f64,
    queries: usize,
    documents: usize,
}

const HOW: &str = "when this is on purpose, record it: KEQIAO_RECORD=1 cargo test --package keqiao-tests ranking";

#[tokio::test]
async fn the_ranking_is_as_good_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ranking");
    let request = Request { folder: &folder, split: "gate", side: ListingKind::Demand };
    let figures = evaluate(&request, None, |_, _| {}).await.unwrap_or_else(|error| panic!("{error}")).figures;
    // Written with four digits, which says more than enough and changes with nothing but the ranking.
    let round = |value: f64| (value * 10_000.0).round() / 10_000.0;
    let now = Recorded {
        ndcg10: round(figures.ndcg10),
        ndcg10_judged: round(figures.ndcg10_judged),
        mrr10: round(figures.mrr10),
        recall10: round(figures.recall10),
        recall100: round(figures.recall100),
        queries: figures.queries,
        documents: figures.documents,
    };
    println!("{now:?}");
    let file = folder.join("recorded.json");
    if std::env::var_os("KEQIAO_RECORD").is_some_and(|value| value == "1") {
        std::fs::write(&file, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
        return;
    }
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}; {HOW}", file.display()));
    let before: Recorded = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}; {HOW}", file.display()));
    assert_eq!((now.queries, now.documents), (before.queries, before.documents), "the set has changed; {HOW}");
    let change = now.ndcg10 - before.ndcg10;
    assert!(change >= -LOSS, "nDCG@10 fell from {} to {}: {before:?}, now {now:?}; {HOW}", before.ndcg10, now.ndcg10);
    assert!(change <= GAIN, "nDCG@10 rose from {} to {}: well done; {HOW}", before.ndcg10, now.ndcg10);
}
