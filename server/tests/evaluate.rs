//! `keqiao evaluate`, run as people run it.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

const CORPUS: &str = r#"{"_id": "d1", "title": "锂电池回收工艺", "text": "从废旧锂电池中回收镍钴锰。", "metadata": {"keywords": ["锂电池"]}}
{"_id": "d2", "title": "数码印花墨水", "text": "用于棉织物的活性染料墨水。"}
{"_id": 3, "text": "Corrosion resistant bearing steel with long fatigue life."}
"#;
const QUERIES: &str = r#"{"_id": "q1", "text": "废旧锂电池怎么回收"}
{"_id": "q2", "title": "印花墨水", "text": "棉织物数码印花的墨水堵喷头"}
{"_id": 4, "text": "bearing steel for corrosive environments"}
"#;
const JUDGEMENTS: &str = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t3\n4\t3\t1\n";

/// A judged folder in a folder of its own.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(folder.path().join("set/qrels")).unwrap();
        folder.write("corpus.jsonl", CORPUS).write("queries.jsonl", QUERIES).write("qrels/dev.tsv", JUDGEMENTS)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(self, name: &str, content: &str) -> Self {
        std::fs::write(self.path().join("set").join(name), content).unwrap();
        self
    }

    fn without(self, name: &str) -> Self {
        std::fs::remove_file(self.path().join("set").join(name)).unwrap();
        self
    }

    /// Runs `keqiao evaluate --dataset set …` beside the folder.
    fn evaluate(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_keqiao"));
        program.args(["evaluate", "--dataset", "set"]).args(arguments).current_dir(self.path());
        program.output().unwrap()
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.evaluate(arguments);
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says when it fails.
    fn complaint(&self, arguments: &[&str]) -> String {
        let output = self.evaluate(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn meanings_are_measured_only_where_an_end_point_is_configured() {
    let refused = Folder::new().evaluate(&["--embeddings"]);
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("embeddings.url"), "{refused:?}");
}

#[test]
fn both_sides_find_what_was_judged() {
    let folder = Folder::new();
    for side in ["demand", "achievement"] {
        let figures: Value = serde_json::from_str(&folder.succeed(&["--side", side, "--format", "json"])).unwrap();
        for key in ["ndcg10", "ndcg10_judged", "mrr10", "recall10", "recall100"] {
            assert_eq!(figures[key], 1.0, "{side} {key}: {figures}");
        }
        assert!(figures["p50_ms"].as_f64().unwrap() > 0.0 && figures["p99_ms"].as_f64() >= figures["p50_ms"].as_f64(), "{figures}");
        let rest = [("queries", Value::from(3)), ("documents", 3.into()), ("dataset", "set".into()), ("split", "dev".into())];
        for (key, expected) in rest.into_iter().chain([("side", side.into())]) {
            assert_eq!(figures[key], expected, "{figures}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn demands_ask_unless_told_otherwise() {
    let figures: Value = serde_json::from_str(&Folder::new().succeed(&["--format", "json"])).unwrap();
    assert_eq!(figures["side"], "demand");
}

#[test]
fn a_table_has_a_line_a_folder_and_json_an_object_each() {
    let folder = Folder::new().write("qrels/test.tsv", "q1\td1\t1\n");
    let table = folder.succeed(&["--dataset", "set"]);
    assert_eq!(table.lines().map(|line| line.split_whitespace().next().unwrap()).collect::<Vec<_>>(), ["dataset", "set", "set"]);
    assert!(table.contains("nDCG@10") && table.contains("1.0000"), "{table}");
    let all: Value = serde_json::from_str(&folder.succeed(&["--dataset", "set", "--format", "json", "--split", "test"])).unwrap();
    assert_eq!(
        all.as_array().map(|rows| rows.iter().map(|row| row["queries"].clone()).collect::<Vec<_>>()),
        Some(vec![1.into(), 1.into()])
    );
}

#[test]
fn a_run_is_written_for_other_programs() {
    let folder = Folder::new();
    folder.succeed(&["--run", "run.trec"]);
    let run = std::fs::read_to_string(folder.path().join("run.trec")).unwrap();
    let first: Vec<&str> = run.lines().filter(|line| line.contains(" 1 ")).map(|line| line.rsplit_once(' ').unwrap().0).collect();
    let found: Vec<(&str, &str)> = first.iter().map(|line| (&line[..line.find(" Q0").unwrap()], line.split(' ').nth(2).unwrap())).collect();
    assert_eq!(found, [("q1", "d1"), ("q2", "d2"), ("4", "3")]);
    assert!(run.lines().all(|line| line.split(' ').count() == 6 && line.ends_with(" keqiao")), "{run}");
    assert!(folder.complaint(&["--run", "nowhere/run.trec"]).contains("nowhere/run.trec"));
    assert!(folder.complaint(&["--dataset", "set", "--run", "run.trec"]).contains("--run"));
}

#[test]
fn what_is_broken_is_named() {
    let check = |folder: Folder, expected: &[&str]| {
        let complaint = folder.complaint(&[]);
        for part in expected {
            assert!(complaint.contains(part), "{part:?} is not in {complaint:?}");
        }
    };
    check(Folder::new().without("corpus.jsonl"), &["corpus.jsonl"]);
    check(Folder::new().without("queries.jsonl"), &["queries.jsonl"]);
    check(Folder::new().without("qrels/dev.tsv"), &["dev.tsv"]);
    check(Folder::new().write("corpus.jsonl", "{\"_id\": \"d1\"}\nd2\n"), &["corpus.jsonl, line 2:"]);
    check(Folder::new().write("queries.jsonl", "{\"text\": \"锂\"}\n"), &["queries.jsonl, line 1:", "_id"]);
    check(Folder::new().write("qrels/dev.tsv", "q1\td1\t1\nq1 d2 1\n"), &["dev.tsv, line 2:", "tabs"]);
    check(Folder::new().write("corpus.jsonl", "\n"), &["corpus.jsonl holds nothing"]);
    check(Folder::new().write("qrels/dev.tsv", "q8\td1\t1\n"), &["dev.tsv", "none of the queries"]);
    assert!(Folder::new().complaint(&["--split", "test"]).contains("test.tsv"));
}

#[test]
fn no_configuration_is_needed() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("keqiao.toml"), "colour = 1").unwrap();
    assert!(folder.succeed(&[]).contains("set"));
}
