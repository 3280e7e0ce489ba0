//! Lists as files for spreadsheets: comma separated values in UTF-8, with the mark by which spreadsheets know it.

use keqiao_market::sheets::{Sheet, safe};

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
    format!("{}\r\n", cells.join(","))
}

/// The media type of such a file.
pub const CSV: &str = "text/csv; charset=utf-8";

/// The bytes of a file with a heading and rows of words.
pub fn csv(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut text = format!("\u{feff}{}", line(heads.iter().map(|h| safe(h))));
    for row in rows {
        text.push_str(&line(row.iter().map(|cell| safe(cell))));
    }
    text.into_bytes()
}

/// The bytes of a file with what a table says.
pub fn sheet_csv(sheet: &Sheet) -> Vec<u8> {
    let mut text = format!("\u{feff}{}", line(sheet.heads.iter().map(|h| safe(h))));
    for row in &sheet.rows {
        text.push_str(&line(row.iter().map(|cell| cell.text())));
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        let check = |cell: &str, expected: &str| {
            let file = String::from_utf8(csv(&["a"], [vec![cell.to_owned()]])).unwrap();
            assert_eq!(file, format!("\u{feff}\"a\"\r\n{expected}\r\n"), "{cell}");
        };
        check("plain", "\"plain\"");
        check("one, two", "\"one, two\"");
        check("say \"yes\"", "\"say \"\"yes\"\"\"");
        check("=1+1", "\"'=1+1\"");
        check("-2", "\"'-2\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("+86", "\"'+86\"");
        check("", "\"\"");
    }
}
