//! How does a judged data set look on disk?

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use keqiao_model::ListingKind;
use serde::Deserialize;
use uuid::Uuid;

use super::EvaluateError;
use crate::document::Document;

/// A line of a corpus or of queries.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Entry {
    /// What judgements call it.
    #[serde(rename = "_id", deserialize_with = "id")]
    pub id: String,
    /// The title, where there is one.
    #[serde(default, deserialize_with = "or_empty")]
    pub title: String,
    /// The text, which may begin with the title once more.
    #[serde(default, deserialize_with = "or_empty")]
    pub text: String,
    #[serde(default, deserialize_with = "or_empty")]
    metadata: Metadata,
}

/// What else is known of an entry; other keys are of no interest.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
struct Metadata {
    #[serde(default, deserialize_with = "ids")]
    keywords: Vec<String>,
    /// The documents a query was made from, not to be found.
    #[serde(default, deserialize_with = "ids")]
    exclude: Vec<String>,
}

/// An id, or several, as people write them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(serde_json::Number),
    Several(Vec<Written>),
}

impl Written {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text],
            Self::Number(number) => vec![number.to_string()],
            Self::Several(several) => several.into_iter().flat_map(Self::into_list).collect(),
        }
    }
}

fn ids<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::<Written>::deserialize(from)?.map(Written::into_list).unwrap_or_default())
}

fn id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match <[String; 1]>::try_from(Written::deserialize(from)?.into_list()) {
        Ok([id]) if !id.is_empty() => Ok(id),
        _ => Err(serde::de::Error::custom("`_id` must be one text or number")),
    }
}

fn or_empty<'de, D: serde::Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

impl Entry {
    /// The entry as a listing of this side.
    pub fn document(&self, id: Uuid, kind: ListingKind) -> Document {
        let mut document = Document::new(id, kind);
        document.title.clone_from(&self.title);
        // Some sets repeat the title in front of the text, which would count it twice.
        document.text = self.text.strip_prefix(self.title.as_str()).unwrap_or(&self.text).to_owned();
        document.keywords.clone_from(&self.metadata.keywords);
        document
    }

    /// The documents that this query must not find.
    pub(super) fn excluded(&self) -> HashSet<&str> {
        self.metadata.exclude.iter().map(String::as_str).collect()
    }
}

/// Grades of documents, by query.
pub(super) type Judgements = BTreeMap<String, HashMap<String, i32>>;

/// Reads `corpus.jsonl` or `corpus.jsonl.gz`.
///
/// # Errors
/// When there is none, a line is not as it should be, or an id stands twice.
pub fn read_corpus(folder: &Path) -> Result<Vec<Entry>, EvaluateError> {
    read_entries(folder, "corpus")
}

/// Reads `queries.jsonl` or `queries.jsonl.gz`.
pub(super) fn read_queries(folder: &Path) -> Result<Vec<Entry>, EvaluateError> {
    read_entries(folder, "queries")
}

fn read_entries(folder: &Path, name: &str) -> Result<Vec<Entry>, EvaluateError> {
    let (path, reader) = open(folder, name)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut ids = HashSet::new();
    for (number, line) in (1..).zip(reader.lines()) {
        let line = line.map_err(|source| EvaluateError::Read { path: path.clone(), source })?;
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let wrong = |message: String| EvaluateError::Line { path: path.clone(), line: number, message };
        let entry: Entry = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        if !ids.insert(entry.id.clone()) {
            return Err(wrong(format!("the id {:?} stands twice", entry.id)));
        }
        entries.push(entry);
    }
    if entries.is_empty() { Err(EvaluateError::Empty { path }) } else { Ok(entries) }
}

/// Opens `NAME.jsonl`, or `NAME.jsonl.gz` where that is not there.
fn open(folder: &Path, name: &str) -> Result<(PathBuf, Box<dyn BufRead>), EvaluateError> {
    let plain = folder.join(format!("{name}.jsonl"));
    let packed = folder.join(format!("{name}.jsonl.gz"));
    let is_packed = !plain.exists() && packed.exists();
    let path = if is_packed { packed } else { plain };
    let file = File::open(&path).map_err(|source| EvaluateError::Read { path: path.clone(), source })?;
    let reader: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok((path, Box::new(BufReader::new(reader))))
}

/// Reads `query TAB document TAB grade`; a first line without a grade names the columns.
pub(super) fn read_judgements(path: &Path) -> Result<Judgements, EvaluateError> {
    let text = std::fs::read_to_string(path).map_err(|source| EvaluateError::Read { path: path.to_owned(), source })?;
    let mut judgements = Judgements::new();
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |message: &str| EvaluateError::Line { path: path.to_owned(), line: number, message: message.to_owned() };
        let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
        let &[query, document, written] = columns.as_slice() else {
            return Err(wrong("expected query, document and grade, separated by tabs"));
        };
        match grade(written) {
            Some(grade) => {
                judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
            }
            None if number == 1 && written.parse::<f64>().is_err() => {}
            None => return Err(wrong("the grade must be a whole number from -100 to 100")),
        }
    }
    if judgements.is_empty() { Err(EvaluateError::Empty { path: path.to_owned() }) } else { Ok(judgements) }
}

/// A grade as written by people or by programs that only know decimals (`2`, `2.0`).
fn grade(written: &str) -> Option<i32> {
    let whole = written.strip_suffix(".0").unwrap_or(written);
    whole.parse().ok().filter(|grade| (-100..=100).contains(grade))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A folder with one file.
    fn folder(name: &str, content: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        folder
    }

    fn corpus(content: &str) -> Result<Vec<Entry>, EvaluateError> {
        read_corpus(folder("corpus.jsonl", content.as_bytes()).path())
    }

    fn judgements(content: &str) -> Result<Judgements, EvaluateError> {
        read_judgements(&folder("dev.tsv", content.as_bytes()).path().join("dev.tsv"))
    }

    #[test]
    fn ids_may_be_numbers_and_titles_may_lack() {
        let entries = corpus(
            "\u{feff}{\"_id\":7,\"text\":\"甲\"}\r\n\n{\"_id\":\"8\",\"title\":null,\"text\":null,\"metadata\":null,\"url\":[1]}\n\
             {\"_id\":\"9\",\"metadata\":{\"keywords\":\"锂电池\",\"exclude\":[1,\"b\"],\"year\":2020}}\n\
             {\"_id\":\"10\",\"metadata\":{\"exclude\":\"c\"}}",
        )
        .unwrap();
        let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["7", "8", "9", "10"]);
        assert_eq!((entries[0].title.as_str(), entries[0].text.as_str()), ("", "甲"));
        assert_eq!(entries[2].document(Uuid::nil(), ListingKind::Demand).keywords, ["锂电池"]);
        assert_eq!(entries[2].excluded(), HashSet::from(["1", "b"]));
        assert_eq!(entries[3].excluded(), HashSet::from(["c"]));
    }

    #[test]
    fn a_title_repeated_in_front_of_the_text_counts_once() {
        let entries = corpus("{\"_id\":\"1\",\"title\":\"数码印花\",\"text\":\"数码印花\\n墨水\"}").unwrap();
        let document = entries[0].document(Uuid::nil(), ListingKind::Achievement);
        assert_eq!((document.title.as_str(), document.text.as_str()), ("数码印花", "\n墨水"));
    }

    #[test]
    fn packed_files_are_read_and_plain_ones_win() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all("{\"_id\":\"packed\"}".as_bytes()).unwrap();
        let folder = folder("corpus.jsonl.gz", &packed.finish().unwrap());
        assert_eq!(read_corpus(folder.path()).unwrap()[0].id, "packed");
        std::fs::write(folder.path().join("corpus.jsonl"), "{\"_id\":\"plain\"}").unwrap();
        assert_eq!(read_corpus(folder.path()).unwrap()[0].id, "plain");
    }

    #[test]
    fn what_is_wrong_with_a_corpus_is_said_with_file_and_line() {
        let complaint = |content: &str| corpus(content).unwrap_err().to_string();
        for content in ["{\"_id\":\"1\"}\n{\"_id\":", "\n{\"text\":\"甲\"}", "\n{\"_id\":[1,2]}", "\n{\"_id\":\"\"}", "\n[]"] {
            let said = complaint(content);
            assert!(said.contains("corpus.jsonl, line 2: "), "{said}");
        }
        assert!(complaint("{\"_id\":1}\n{\"_id\":\"1\"}").ends_with("line 2: the id \"1\" stands twice"));
        assert!(complaint("\n").ends_with("corpus.jsonl holds nothing"));
        let nowhere = read_corpus(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(nowhere.contains("/nowhere/corpus.jsonl"), "{nowhere}");
        let torn = read_corpus(folder("corpus.jsonl.gz", b"no gzip").path()).unwrap_err().to_string();
        assert!(torn.contains("corpus.jsonl.gz"), "{torn}");
    }

    #[test]
    fn judgements_are_read_with_and_without_a_header() {
        let expected = Judgements::from([("q1".to_owned(), HashMap::from([("d1".to_owned(), 2), ("d2".to_owned(), 0)]))]);
        assert_eq!(judgements("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n").unwrap(), expected);
        assert_eq!(judgements("\u{feff}q1\td1\t2.0\r\nq1\td2\t0\r\n\r\n").unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_with_judgements_is_said_with_the_line() {
        for content in ["q1\td1\t1\nq1 d1 1\n", "a\tb\tc\nq1\td1\tmany", "a\tb\tc\nq1\td1\t1.5", "q1\td1\t1\nq1\t0\td1\t1"] {
            let said = judgements(content).unwrap_err().to_string();
            assert!(said.contains("dev.tsv, line 2: "), "{said}");
        }
        assert!(judgements("q1\td1\t99999\n").unwrap_err().to_string().contains("line 1: the grade"));
        assert!(judgements("query-id\tcorpus-id\tscore\n").unwrap_err().to_string().ends_with("dev.tsv holds nothing"));
    }
}
