//! Demands and achievements from a file: CSV, XLSX or JSON lines, each also gzipped.
//!
//! A file is read ([`read_rows`]) into rows whose columns are known by name ([`mapping`]), every row is checked by the rules of the model and
//! for its owner, and the good ones are written. Bringing in the same file again changes nothing: a row is known by its organisation, its side
//! and its external id, or by a hash of title and text where it has none. What a file does not say of a listing stays as it is.

mod batches;
mod columns;
mod labels;
mod owners;
mod reading;
mod row;
mod sheet;
#[cfg(test)]
mod tests;
mod values;
mod writing;

use keqiao_model::{FieldError, ListingKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(test)]
pub(crate) use self::columns::plain;
pub(crate) use self::{
    batches::plain_name,
    columns::{Headers, half_width, row as column},
    labels::{FIELDS, Label, code_of, industry_of, label},
    owners::{NAME_MAX, kinds_of, region_called},
    reading::read_table,
    values::date,
};
pub use self::{
    batches::{
        BatchRow, BatchState, BatchSummary, BatchView, RowState, batch, batches, commit_batch, discard_batch, preview, purge_batches,
    },
    columns::{MappingRow, mapping},
    reading::{ImportError, Table, TableRow, accepted_types, read_rows},
};
use self::{owners::Owners, row::Row, writing::Job};
use crate::{Actor, Error, Limits, Market, Result};

/// What somebody should know of one row: why it was refused, or what was changed on the way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Line in the file, or row of the sheet, from 1.
    pub line: u64,
    /// Column and reason.
    pub error: FieldError,
    /// Whether the row was taken all the same.
    pub warning: bool,
}

impl RowProblem {
    pub(crate) fn refused(line: u64, error: FieldError) -> Self {
        Self { line, error, warning: false }
    }

    pub(crate) fn warning(line: u64, error: FieldError) -> Self {
        Self { line, error, warning: true }
    }
}

/// A file to be brought in.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// Which side its rows stand on.
    pub kind: ListingKind,
    /// Name of the file; its extension says what it is.
    pub file_name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Owner of the rows that name no organisation; without it, the organisation acted for.
    pub organisation: Option<Uuid>,
    /// Whether one refused row keeps the whole file out.
    pub all_or_nothing: bool,
    /// Whether rows are published at once, for those who may: officers (not for organisations of their own) and the command line. Everything
    /// else waits for review.
    pub publish: bool,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Rows in the file, without the header.
    pub read: u64,
    /// New listings.
    pub created: u64,
    /// Listings that now say something else.
    pub updated: u64,
    /// Rows that say what their listing says already.
    pub unchanged: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// All or nothing was asked, and a row was refused: nothing was written.
    pub stopped: bool,
    /// Why rows were refused, and what was changed on the way in.
    pub problems: Vec<RowProblem>,
    /// Headers that are no known column; what stands below them was not read.
    pub unknown_columns: Vec<String>,
}

/// A file read to the end, its rows checked by the rules of the model.
struct Parsed {
    read: u64,
    rows: Vec<Row>,
    problems: Vec<RowProblem>,
    unknown_columns: Vec<String>,
}

fn parse(kind: ListingKind, file_name: &str, bytes: &[u8], limits: &Limits) -> Result<Parsed, ImportError> {
    let table = read_rows(kind, file_name, bytes, limits)?;
    let mut parsed = Parsed { read: table.read, rows: Vec::new(), problems: table.problems, unknown_columns: table.unknown_columns };
    for cells in &table.rows {
        match row::read(kind, cells, &mut parsed.problems) {
            Ok(row) => parsed.rows.push(row),
            Err(errors) => parsed.problems.extend(errors.into_iter().map(|error| RowProblem::refused(cells.line, error))),
        }
    }
    parsed.problems.sort_by_key(|p| p.line);
    Ok(parsed)
}

/// Reads a file off the async threads: a large one takes seconds.
async fn parse_apart(market: &Market, kind: ListingKind, file_name: &str, bytes: Vec<u8>) -> Result<Parsed> {
    let (limits, file_name) = (market.config.limits.clone(), file_name.to_owned());
    let parsed = tokio::task::spawn_blocking(move || parse(kind, &file_name, &bytes, &limits)).await.map_err(Error::internal)?;
    Ok(parsed?)
}

/// How many rows were refused: one row may have several problems.
pub(crate) fn refused(problems: &[RowProblem]) -> u64 {
    let lines: std::collections::BTreeSet<u64> = problems.iter().filter(|p| !p.warning).map(|p| p.line).collect();
    lines.len() as u64
}

/// Brings in a file. `progress(done, total)` is called as rows are written.
///
/// Who may: the program itself, officers for organisations of their region, and members of an enterprise or an institute for their own.
/// Good rows are written in transactions of a few hundred, or in one when `all_or_nothing`.
///
/// # Errors
/// [`Error::Invalid`] at `file` when the file cannot be read at all, [`Error::Forbidden`], [`Error::SignIn`]; [`Error::NotFound`] when there
/// is no such organisation. Rows already written stay: bringing in the file again goes on from there.
pub async fn import(
    market: &Market,
    actor: &Actor,
    request: ImportRequest,
    progress: impl Fn(u64, u64) + Send + Sync,
) -> Result<ImportReport> {
    let ImportRequest { kind, file_name, bytes, organisation, all_or_nothing, publish } = request;
    let mut owners = Owners::new(market, actor, organisation).await?;
    let parsed = parse_apart(market, kind, &file_name, bytes).await?;
    let job = Job { market, actor, kind, file_name: &file_name, read: parsed.read, all_or_nothing, publish };
    let mut report = job.run(&mut owners, parsed.rows, parsed.problems, progress).await?;
    report.unknown_columns = parsed.unknown_columns;
    Ok(report)
}
