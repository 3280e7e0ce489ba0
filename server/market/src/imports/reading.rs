//! From bytes to rows with known columns: what kind of file it is, its encoding, its separator, its header.

use std::{collections::HashMap, io::Read};

use encoding_rs::{Encoding, GB18030, UTF_8};
use flate2::read::MultiGzDecoder;
use keqiao_model::{FieldError, Fields, ListingKind};

use super::{
    RowProblem,
    columns::{Column, Headers, is_running},
    sheet,
};
use crate::{Error, Limits};

/// How many times larger than an upload a file may be once it is unpacked.
const UNPACKED: usize = 10;
/// Rows searched for a header: sheets often begin with a heading and a note.
const HEADER_ROWS: usize = 10;
/// Unknown headers that are told.
const UNKNOWN_MAX: usize = 50;

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Neither CSV, XLSX nor JSON lines, or damaged.
    #[error("the file is of no known type")]
    UnknownFormat,
    /// No row looks like a header.
    #[error("the file has no header")]
    NoHeader,
    /// No column is a title.
    #[error("the file has no column for the title")]
    NoTitle,
    /// No column is a registration number.
    #[error("the file has no column for the registration number")]
    NoRegistrationNumber,
    /// More rows than allowed.
    #[error("the file has more than {max} rows")]
    TooManyRows {
        /// The limit.
        max: usize,
    },
    /// Larger than allowed, as it is or unpacked.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit, bytes.
        limit: usize,
    },
}

impl From<ImportError> for Error {
    fn from(error: ImportError) -> Self {
        let at = |code: &str| FieldError::new("file", code);
        Self::Invalid(vec![match error {
            ImportError::Empty => at("file_empty"),
            ImportError::UnknownFormat => at("file_type").with("types", accepted_types().join(", ")),
            ImportError::NoHeader => at("import_no_header"),
            ImportError::NoTitle => at("import_no_title"),
            ImportError::NoRegistrationNumber => at("import_no_registration_number"),
            ImportError::TooManyRows { max } => at("import_too_many_rows").with("max", max),
            ImportError::TooLarge { limit } => at("file_too_large").with("limit", format!("{} MB", limit / 1024 / 1024)),
        }])
    }
}

/// The extensions of files that can be brought in, for hints and `accept` attributes; `.gz` may follow each.
pub fn accepted_types() -> Vec<&'static str> {
    vec!["csv", "tsv", "txt", "xlsx", "jsonl", "ndjson", "json", "gz"]
}

/// One row of a file: texts by the name of their column, as [`super::mapping`] names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Line in the file, or row of the sheet, from 1.
    pub line: u64,
    /// Texts that are not empty; a name may come several times when several columns mean it.
    pub cells: Fields,
}

/// A file with its columns known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Rows that hold anything, without the header.
    pub read: u64,
    /// Those that could be taken apart.
    pub rows: Vec<TableRow>,
    /// Those that could not.
    pub problems: Vec<RowProblem>,
    /// Headers that are no known column.
    pub unknown_columns: Vec<String>,
}

/// A row as a file has it: texts that are not empty, by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GridRow {
    pub(super) line: u64,
    pub(super) cells: Vec<(usize, String)>,
}

/// Reads a file: CSV (UTF-8, UTF-16 with a mark, or GB18030; comma, semicolon or tab), XLSX (first sheet with anything in it) or JSON lines,
/// each also gzipped.
///
/// # Errors
/// Why it cannot be read at all; what is wrong with single rows is in [`Table::problems`].
pub fn read_rows(kind: ListingKind, file_name: &str, bytes: &[u8], limits: &Limits) -> Result<Table, ImportError> {
    read_table(&Headers::new(kind), file_name, bytes, limits)
}

/// As [`read_rows`], with columns of the caller's.
pub(crate) fn read_table(headers: &Headers, file_name: &str, bytes: &[u8], limits: &Limits) -> Result<Table, ImportError> {
    let unpacked_limit = limits.import_bytes.saturating_mul(UNPACKED);
    if bytes.len() > limits.import_bytes {
        return Err(ImportError::TooLarge { limit: limits.import_bytes });
    }
    let mut name = file_name.trim().to_lowercase();
    let unpacked;
    let mut bytes = bytes;
    if bytes.starts_with(b"\x1f\x8b") {
        unpacked = gunzip(bytes, unpacked_limit)?;
        bytes = &unpacked;
    }
    // Some programs unpack a file and leave its name.
    if let Some(inner) = name.strip_suffix(".gz") {
        name = inner.to_owned();
    }
    if bytes.is_empty() {
        return Err(ImportError::Empty);
    }
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    if bytes.starts_with(b"PK\x03\x04") {
        return grid_table(headers, &sheet::read(bytes, unpacked_limit, limits.import_rows)?, limits, false);
    }
    match extension {
        "csv" | "tsv" | "txt" => csv_table(headers, &decode(bytes)?, limits),
        "jsonl" | "ndjson" | "json" => json_table(headers, &decode(bytes)?, limits),
        _ => Err(ImportError::UnknownFormat),
    }
}

fn gunzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, ImportError> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes).take(most).read_to_end(&mut unpacked).map_err(|_| ImportError::UnknownFormat)?;
    if unpacked.len() > limit {
        return Err(ImportError::TooLarge { limit });
    }
    Ok(unpacked)
}

/// The text of a file: by its mark, else UTF-8 when it is that (but for a few broken characters), else GB18030.
fn decode(bytes: &[u8]) -> Result<String, ImportError> {
    // A broken character counts when there are more than a few among those that are not ASCII.
    let broken = |text: &str| {
        let (mut bad, mut foreign) = (0_usize, 0_usize);
        for c in text.chars().filter(|c| !c.is_ascii()) {
            foreign += 1;
            bad += usize::from(c == char::REPLACEMENT_CHARACTER);
        }
        bad * 20 > foreign
    };
    let text = if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        encoding.decode_without_bom_handling(&bytes[mark..]).0
    } else {
        let (text, had_errors) = UTF_8.decode_without_bom_handling(bytes);
        if had_errors && broken(&text) { GB18030.decode_without_bom_handling(bytes).0 } else { text }
    };
    // No text file holds a zero byte; most binary files do.
    if text.contains('\0') || broken(&text) {
        return Err(ImportError::UnknownFormat);
    }
    if text.trim().is_empty() {
        return Err(ImportError::Empty);
    }
    Ok(text.into_owned())
}

/// The rows of a CSV text with their lines. `width` of the header limits nothing here; see [`grid_table`].
fn csv_rows(text: &str, delimiter: u8, most: usize) -> Result<Vec<GridRow>, ImportError> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut rows = Vec::new();
    // The reader's own position stands before empty lines; the line where the row begins is counted here.
    let (mut line, mut counted) = (1_u64, 0_usize);
    loop {
        let mut start = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(text.len());
        if rows.len() >= most || !reader.read_record(&mut record).map_err(|_| ImportError::UnknownFormat)? {
            return Ok(rows);
        }
        while matches!(text.as_bytes().get(start), Some(b'\r' | b'\n')) {
            start += 1;
        }
        line += text.as_bytes()[counted.min(start)..start].iter().filter(|b| **b == b'\n').count() as u64;
        counted = start;
        let cells: Vec<(usize, String)> = cells_of(record.iter());
        if !cells.is_empty() {
            rows.push(GridRow { line, cells });
        }
    }
}

fn cells_of<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<(usize, String)> {
    cells
        .enumerate()
        .map(|(at, cell)| (at, cell.trim()))
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(at, cell)| (at, cell.to_owned()))
        .collect()
}

fn csv_table(headers: &Headers, text: &str, limits: &Limits) -> Result<Table, ImportError> {
    // The separator that makes most of a header.
    let mut best = (0, 0, b',');
    for delimiter in *b",;\t" {
        let first = csv_rows(text, delimiter, HEADER_ROWS)?;
        let known = first.iter().map(|r| r.cells.iter().filter(|(_, c)| headers.column(c).is_some()).count()).max().unwrap_or_default();
        let width = first.first().map_or(0, |r| r.cells.len());
        if (known, width) > (best.0, best.1) {
            best = (known, width, delimiter);
        }
    }
    // One more than allowed, the header and what stands above it, so that too many is noticed without reading to the end.
    let rows = csv_rows(text, best.2, limits.import_rows.saturating_add(HEADER_ROWS + 1))?;
    grid_table(headers, &rows, limits, true)
}

/// The table of rows one of which is the header. `strict`: a cell right of the last header means that the row came apart.
fn grid_table(headers: &Headers, rows: &[GridRow], limits: &Limits, strict: bool) -> Result<Table, ImportError> {
    if rows.is_empty() {
        return Err(ImportError::Empty);
    }
    let known = |row: &GridRow| row.cells.iter().filter_map(|(_, cell)| headers.column(cell)).map(|c| c.field).collect::<Vec<_>>();
    let found: Vec<Vec<&str>> = rows.iter().take(HEADER_ROWS).map(known).collect();
    let Some(at) = found.iter().position(|fields| headers.check(fields.iter().copied()).is_ok()) else {
        headers.check(found.iter().flatten().copied())?;
        return Err(ImportError::NoHeader);
    };
    let mut table = Table::default();
    let mut columns: HashMap<usize, Column> = HashMap::new();
    for (place, header) in &rows[at].cells {
        match headers.column(header) {
            Some(column) => {
                columns.insert(*place, column);
            }
            None => unknown(&mut table, header),
        }
    }
    let width = rows[at].cells.last().map_or(0, |(place, _)| place + 1);
    let rows = &rows[at + 1..];
    if rows.len() > limits.import_rows {
        return Err(ImportError::TooManyRows { max: limits.import_rows });
    }
    table.read = rows.len() as u64;
    for row in rows {
        let last = row.cells.last().map_or(0, |(place, _)| place + 1);
        if strict && last > width {
            let error = FieldError::new("", "import_too_many_cells").with("cells", last).with("columns", width);
            table.problems.push(RowProblem::refused(row.line, error));
            continue;
        }
        let mut cells = Fields::default();
        for (place, text) in &row.cells {
            if let Some(column) = columns.get(place) {
                let bare = !column.unit.is_empty() && !text.contains(['万', '亿', '千', '元']) && text.contains(|c: char| c.is_numeric());
                cells.push(column.field, if bare { format!("{text}{}", column.unit) } else { text.clone() });
            }
        }
        table.rows.push(TableRow { line: row.line, cells });
    }
    Ok(table)
}

fn unknown(table: &mut Table, header: &str) {
    let header: String = header.chars().take(60).collect();
    if !is_running(&header) && table.unknown_columns.len() < UNKNOWN_MAX && !table.unknown_columns.contains(&header) {
        table.unknown_columns.push(header);
    }
}

fn json_table(headers: &Headers, text: &str, limits: &Limits) -> Result<Table, ImportError> {
    let mut table = Table::default();
    let mut known: Vec<&str> = Vec::new();
    for (line, text) in (1_u64..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        table.read += 1;
        if table.read > limits.import_rows as u64 {
            return Err(ImportError::TooManyRows { max: limits.import_rows });
        }
        let Ok(object) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) else {
            table.problems.push(RowProblem::refused(line, FieldError::new("", "import_not_object")));
            continue;
        };
        let mut cells = Fields::default();
        for (name, value) in &object {
            match headers.column(name) {
                Some(column) => {
                    known.push(column.field);
                    json_cell(&mut cells, column.field, value);
                }
                None => unknown(&mut table, name),
            }
        }
        known.sort_unstable();
        known.dedup();
        table.rows.push(TableRow { line, cells });
    }
    if table.rows.is_empty() {
        return Err(ImportError::UnknownFormat);
    }
    headers.check(known.iter().copied())?;
    Ok(table)
}

/// One value of a JSON object: texts as they are, lists joined, lists of objects as a table (`indicators.0.name`).
fn json_cell(cells: &mut Fields, field: &str, value: &serde_json::Value) {
    let plain = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.trim().to_owned(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    };
    let text = match value {
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                for (name, value) in item.as_object().into_iter().flatten() {
                    let value = plain(value);
                    if !value.is_empty() {
                        cells.push(format!("{field}.{at}.{name}"), value);
                    }
                }
            }
            return;
        }
        serde_json::Value::Array(items) => items.iter().map(plain).filter(|t| !t.is_empty()).collect::<Vec<_>>().join("；"),
        value => plain(value),
    };
    if !text.is_empty() {
        cells.push(field, text);
    }
}
