//! Tables as files: XLSX and CSV. No cell is a formula, whatever people typed.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use time::Date;

use crate::{Error, Result};

/// Media type of XLSX.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Most characters that XLSX holds in one cell.
const CELL_MAX: usize = 32_767;
/// Most characters of the name of a sheet.
const NAME_MAX: usize = 31;
/// Characters that are not allowed in the name of a sheet.
const NAME_FORBIDDEN: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Fen, written in yuan with two decimals.
    Money(i64),
    /// A number of things.
    Number(i64),
    /// Hundredths of a per cent, written in per cent with two decimals.
    Share(i64),
    /// A day.
    Day(Date),
    /// Nothing.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<Date>> for Cell {
    fn from(day: Option<Date>) -> Self {
        day.map_or(Self::Empty, Self::Day)
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Heads of the columns.
    pub heads: Vec<String>,
    /// Rows, as wide as the heads.
    pub rows: Vec<Vec<Cell>>,
}

/// A text that no spreadsheet takes for a formula: an apostrophe before `=`, `+`, `-`, `@` and control characters.
pub fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// A whole number of hundredths with two decimals: `12.34`.
fn hundredths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", value.unsigned_abs() / 100, value.unsigned_abs() % 100)
}

impl Cell {
    /// As plain text, for CSV. A number below zero stays a number.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => safe(text),
            Self::Money(value) | Self::Share(value) => hundredths(*value),
            Self::Number(value) => value.to_string(),
            Self::Day(day) => keqiao_model::format_date(*day),
            Self::Empty => String::new(),
        }
    }
}

/// The name of a sheet as XLSX allows it.
fn name_of(name: &str, place: usize) -> String {
    let name: String = name.chars().filter(|c| !NAME_FORBIDDEN.contains(c)).take(NAME_MAX).collect();
    if name.trim().is_empty() { format!("{}", place + 1) } else { name }
}

/// The tables as one XLSX file, one sheet each, heads frozen and in bold.
///
/// # Errors
/// [`Error::Internal`] when there are more rows or columns than XLSX holds.
pub fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>> {
    write(sheets).map_err(|e| Error::internal(format!("xlsx: {e}")))
}

#[expect(clippy::cast_precision_loss, reason = "amounts are below 2^53 hundredths, and a spreadsheet has no other numbers")]
fn write(sheets: &[Sheet]) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, day) = (Format::new().set_bold().set_text_wrap(), Format::new().set_num_format("yyyy-mm-dd"));
    let (hundredth, whole) = (Format::new().set_num_format("#,##0.00"), Format::new().set_num_format("#,##0"));
    for (place, table) in sheets.iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(name_of(&table.name, place))?;
        for (column, head) in (0_u16..).zip(&table.heads) {
            sheet.write_string_with_format(0, column, safe(head), &bold)?;
            sheet.set_column_width(column, 18)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        for (row, cells) in (1_u32..).zip(&table.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                match cell {
                    Cell::Text(text) => sheet.write_string(row, column, safe(text).chars().take(CELL_MAX).collect::<String>())?,
                    Cell::Money(value) | Cell::Share(value) => {
                        sheet.write_number_with_format(row, column, *value as f64 / 100.0, &hundredth)?
                    }
                    Cell::Number(value) => sheet.write_number_with_format(row, column, *value as f64, &whole)?,
                    Cell::Day(date) => {
                        let (year, month, number) = date.to_calendar_date();
                        let year = u16::try_from(year).unwrap_or(0);
                        match rust_xlsxwriter::ExcelDateTime::from_ymd(year, u8::from(month), number) {
                            Ok(at) => sheet.write_datetime_with_format(row, column, &at, &day)?,
                            // Before 1900 XLSX knows no days.
                            Err(_) => sheet.write_string(row, column, keqiao_model::format_date(*date))?,
                        }
                    }
                    Cell::Empty => continue,
                };
            }
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx};

    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_amounts_stay_exact() {
        let table = Sheet {
            name: "登记/表".to_owned(),
            heads: vec!["名称".to_owned(), "金额".to_owned(), "数".to_owned()],
            rows: vec![vec!["=1+1".into(), Cell::Money(99_999_999_999_999), Cell::Number(-3)]],
        };
        let bytes = xlsx(&[table.clone(), Sheet::default()]).unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names()[0], "登记表");
        let range = book.worksheet_range("登记表").unwrap();
        assert_eq!(range.get_value((1, 0)), Some(&Data::String("'=1+1".to_owned())));
        assert_eq!(range.get_value((1, 1)), Some(&Data::Float(999_999_999_999.99)));
        assert!(book.worksheet_formula("登记表").unwrap().is_empty());
        assert_eq!(table.rows[0][1].text(), "999999999999.99");
        assert_eq!((Cell::Number(-3).text(), Cell::Money(-5).text()), ("-3".to_owned(), "-0.05".to_owned()));
    }
}
