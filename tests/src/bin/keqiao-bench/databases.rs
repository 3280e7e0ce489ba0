//! How do SQLite FTS5 and PostgreSQL full text answer?
//!
//! They hold the achievements' titles and texts and nothing else, one row each: less than we do, in their favour.

use std::{collections::BTreeSet, path::Path};

use anyhow::ensure;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement, Value};

use crate::{
    engine::PAGE,
    listings::{Generator, whole},
    timing::{Sample, walk},
};

/// Rows of one statement.
const ROWS: u64 = 1_000;

/// A way to do full text in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// FTS5 over texts cut into pairs of characters.
    SqliteBigram,
    /// FTS5 with its own trigrams.
    SqliteTrigram,
    /// A tsvector of pairs of characters, GIN, ts_rank.
    Postgres,
}

impl Way {
    /// As the table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SqliteBigram => "SQLite FTS5, pairs of characters, bm25",
            Self::SqliteTrigram => "SQLite FTS5, trigrams, bm25",
            Self::Postgres => "PostgreSQL tsvector of pairs, GIN, ts_rank",
        }
    }

    fn backend(self) -> DbBackend {
        if self == Self::Postgres { DbBackend::Postgres } else { DbBackend::Sqlite }
    }

    fn preparation(self) -> &'static [&'static str] {
        match self {
            Self::SqliteBigram => &[
                "PRAGMA journal_mode = OFF",
                "PRAGMA synchronous = OFF",
                "CREATE VIRTUAL TABLE listing USING fts5(body, content = '', tokenize = 'unicode61')",
            ],
            Self::SqliteTrigram => &[
                "PRAGMA journal_mode = OFF",
                "PRAGMA synchronous = OFF",
                "CREATE VIRTUAL TABLE listing USING fts5(body, content = '', tokenize = 'trigram')",
            ],
            Self::Postgres => {
                &["DROP TABLE IF EXISTS keqiao_bench", "CREATE UNLOGGED TABLE keqiao_bench (id bigint PRIMARY KEY, body tsvector NOT NULL)"]
            }
        }
    }

    fn completion(self) -> &'static [&'static str] {
        match self {
            Self::SqliteBigram | Self::SqliteTrigram => &["INSERT INTO listing(listing) VALUES ('optimize')"],
            Self::Postgres => &["CREATE INDEX ON keqiao_bench USING gin (body)", "ANALYZE keqiao_bench"],
        }
    }

    fn insertion(self, rows: usize) -> String {
        let (head, row): (_, fn(usize) -> String) = match self {
            Self::SqliteBigram | Self::SqliteTrigram => ("INSERT INTO listing(rowid, body) VALUES ", |_| "(?, ?)".to_owned()),
            Self::Postgres => {
                ("INSERT INTO keqiao_bench VALUES ", |at| format!("(${}, to_tsvector('simple', ${}))", 2 * at + 1, 2 * at + 2))
            }
        };
        head.to_owned() + &(0..rows).map(row).collect::<Vec<_>>().join(", ")
    }

    /// What is stored of a text.
    fn cut(self, text: String) -> String {
        if self == Self::SqliteTrigram { text } else { grams(&text, 2).join(" ") }
    }

    /// Any of the text's grams; `None` where it is too short to have one.
    fn question(self, text: &str) -> Option<String> {
        let size = if self == Self::SqliteTrigram { 3 } else { 2 };
        let long_enough = |gram: &String| self != Self::SqliteTrigram || gram.chars().count() >= size;
        let distinct: BTreeSet<String> = grams(text, size).into_iter().filter(long_enough).collect();
        let (quote, or) = if self == Self::Postgres { ('\'', " | ") } else { ('"', " OR ") };
        let quoted: Vec<String> = distinct.into_iter().map(|gram| format!("{quote}{gram}{quote}")).collect();
        (!quoted.is_empty()).then(|| quoted.join(or))
    }

    fn selection(self) -> String {
        match self {
            Self::SqliteBigram | Self::SqliteTrigram => {
                format!("SELECT rowid FROM listing WHERE listing MATCH ? ORDER BY rank LIMIT {PAGE}")
            }
            Self::Postgres => format!(
                "SELECT id FROM keqiao_bench, to_tsquery('simple', $1) AS query WHERE body @@ query ORDER BY ts_rank(body, query) DESC LIMIT {PAGE}"
            ),
        }
    }
}

/// A database with the achievements of the first listings.
pub struct Filled {
    way: Way,
    connection: DatabaseConnection,
}

impl Filled {
    /// Fills a database: SQLite in the folder, PostgreSQL at the address.
    pub async fn new(way: Way, folder: &Path, address: &str, generator: &Generator, listings: u64) -> anyhow::Result<Self> {
        let url = match way {
            Way::Postgres => address.to_owned(),
            Way::SqliteBigram | Way::SqliteTrigram => format!("sqlite://{}?mode=rwc", folder.join(format!("{way:?}.db")).display()),
        };
        let mut options = ConnectOptions::new(url);
        options.sqlx_logging(false).max_connections(1);
        let connection = Database::connect(options).await?;
        for sql in way.preparation() {
            connection.execute_unprepared(sql).await?;
        }
        let mut from = 0;
        while from < listings {
            let until = (from + 2 * ROWS).min(listings);
            let achievements: Vec<u64> = (from..until).filter(|number| number % 2 == 1).collect();
            from = until;
            if achievements.is_empty() {
                continue;
            }
            let mut values: Vec<Value> = Vec::with_capacity(2 * achievements.len());
            for number in &achievements {
                values.push(i64::try_from(*number)?.into());
                values.push(way.cut(whole(&generator.listing(*number))).into());
            }
            let sql = way.insertion(achievements.len());
            connection.execute_raw(Statement::from_sql_and_values(way.backend(), sql, values)).await?;
        }
        for sql in way.completion() {
            connection.execute_unprepared(sql).await?;
        }
        Ok(Self { way, connection })
    }

    /// Asks for any gram of each text.
    pub async fn ask(&self, texts: &[String], seconds: u64) -> anyhow::Result<Sample> {
        let sql = self.way.selection();
        let mut skipped = 0;
        let mut sample = walk(self.way.name(), texts, seconds, async |text: &String| {
            let Some(question) = self.way.question(text) else {
                skipped += 1;
                return Ok(None);
            };
            let statement = Statement::from_sql_and_values(self.way.backend(), sql.clone(), [question.into()]);
            Ok(Some(self.connection.query_all_raw(statement).await?.len()))
        })
        .await?;
        ensure!(sample.found > 0, "{} found nothing at all", sample.name);
        if skipped > 0 {
            sample.name += " (too short for it: left out)";
        }
        Ok(sample)
    }

    /// Lets go of it.
    pub async fn close(self) -> anyhow::Result<()> {
        Ok(self.connection.close().await?)
    }
}

/// Runs of Chinese characters in overlapping pieces of so many, a shorter run as it is, and Latin words whole, lower-cased.
fn grams(text: &str, size: usize) -> Vec<String> {
    let is_han = |c: char| !c.is_ascii();
    let mut grams = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let letters: Vec<char> = word.chars().collect();
        for run in letters.chunk_by(|a, b| is_han(*a) == is_han(*b)) {
            if run.first().is_some_and(|c| is_han(*c)) && run.len() > size {
                grams.extend(run.windows(size).map(|piece| piece.iter().collect::<String>()));
            } else {
                grams.push(run.iter().collect::<String>().to_lowercase());
            }
        }
    }
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_into_pairs_and_words() {
        assert_eq!(grams("废旧锂电池 PEM膜，耐", 2), ["废旧", "旧锂", "锂电", "电池", "pem", "膜", "耐"]);
    }

    #[test]
    fn questions_are_any_of_the_grams() {
        assert_eq!(Way::SqliteBigram.question("锂电池").unwrap(), "\"电池\" OR \"锂电\"");
        assert_eq!(Way::Postgres.question("锂电池").unwrap(), "'电池' | '锂电'");
        assert_eq!(Way::SqliteTrigram.question("锂电池 电池").unwrap(), "\"锂电池\"");
        assert_eq!(Way::SqliteTrigram.question("电池"), None);
    }
}
