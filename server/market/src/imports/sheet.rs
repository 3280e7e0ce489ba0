//! The first sheet of an XLSX workbook, read cell by cell so that no file, however it was made, takes more memory than it may.

use std::io::{Cursor, Read, sink};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};

use super::reading::{GridRow, ImportError};

/// Most cells of a sheet, empty ones counted.
const CELLS_MAX: usize = 4_000_000;
/// Serial of 9999-12-31, the last day a sheet knows.
const LAST_DAY: f64 = 2_958_465.0;

/// The rows of the first sheet that has any.
pub(super) fn read(bytes: &[u8], unpacked_limit: usize, rows_max: usize) -> Result<Vec<GridRow>, ImportError> {
    check_size(bytes, unpacked_limit)?;
    let mut book: Xlsx<Cursor<&[u8]>> = Xlsx::new(Cursor::new(bytes)).map_err(|_| ImportError::UnknownFormat)?;
    for name in book.sheet_names() {
        let rows = read_sheet(&mut book, &name, unpacked_limit, rows_max)?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Err(ImportError::Empty)
}

/// Unpacks every part into nothing: what a part says of its own size proves nothing.
fn check_size(bytes: &[u8], limit: usize) -> Result<(), ImportError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::UnknownFormat)?;
    let mut left = u64::try_from(limit).unwrap_or(u64::MAX);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| ImportError::UnknownFormat)?;
        let size = std::io::copy(&mut part.take(left.saturating_add(1)), &mut sink()).map_err(|_| ImportError::UnknownFormat)?;
        left = left.checked_sub(size).ok_or(ImportError::TooLarge { limit })?;
    }
    Ok(())
}

fn read_sheet(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, unpacked_limit: usize, rows_max: usize) -> Result<Vec<GridRow>, ImportError> {
    // Charts and macros are sheets too, without cells.
    let Ok(mut cells) = book.worksheet_cells_reader(name) else { return Ok(Vec::new()) };
    let mut rows: Vec<GridRow> = Vec::new();
    let (mut seen, mut size) = (0_usize, 0_usize);
    while let Some(cell) = cells.next_cell().map_err(|_| ImportError::UnknownFormat)? {
        seen += 1;
        let text = text_of(cell.get_value());
        // A shared text may stand in a million cells: what counts is how often it is copied.
        size = size.saturating_add(text.len());
        if seen > CELLS_MAX || size > unpacked_limit {
            return Err(ImportError::TooLarge { limit: unpacked_limit });
        }
        if text.is_empty() {
            continue;
        }
        let (row, column) = cell.get_position();
        let (line, place) = (u64::from(row) + 1, usize::try_from(column).unwrap_or(usize::MAX));
        match rows.last_mut() {
            Some(last) if last.line == line => last.cells.push((place, text)),
            Some(last) if last.line > line => return Err(ImportError::UnknownFormat),
            _ => rows.push(GridRow { line, cells: vec![(place, text)] }),
        }
        if rows.len() > rows_max.saturating_add(12) {
            return Err(ImportError::TooManyRows { max: rows_max });
        }
    }
    Ok(rows)
}

/// A cell as text: whole numbers without a fraction, dates as ISO days.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => plain(text),
        DataRef::SharedString(text) => plain(text),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => shown(*number),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(moment) => day_of(moment),
        DataRef::DateTimeIso(text) => text.split('T').next().unwrap_or_default().to_owned(),
        DataRef::DurationIso(_) | DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A number with a fraction as a spreadsheet shows it, to fifteen digits: what was computed as 0.1 × 3 is 0.3, not 0.30000000000000004.
fn shown(number: f64) -> String {
    let rounded = if number.fract() == 0.0 { number } else { format!("{number:.14e}").parse().unwrap_or(number) };
    rounded.to_string()
}

/// Excel writes a carriage return before a line break as `_x000D_`.
fn plain(text: &str) -> String {
    text.replace("_x000D_", "").trim().to_owned()
}

fn day_of(moment: &ExcelDateTime) -> String {
    if moment.is_datetime() && (1.0..=LAST_DAY).contains(&moment.as_f64()) {
        let (year, month, day, ..) = moment.to_ymd_hms_milli();
        return format!("{year:04}-{month:02}-{day:02}");
    }
    moment.as_f64().to_string()
}
