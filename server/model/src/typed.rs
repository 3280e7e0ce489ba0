//! What people type, made plain before it is read.

/// An identifier as typed: full-width ASCII made half-width, upper case, without white space, control characters and hyphens of any kind.
///
/// Not NFKC: its tables would be the larger part of what the browser downloads.
pub(crate) fn identifier(text: &str) -> String {
    text.chars().map(half_width).filter(|c| !is_filler(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// A full-width ASCII character made half-width.
pub fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// White space, controls, zero-width characters and dashes: what a copy from a document leaves between digits.
fn is_filler(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Full-width ASCII made half-width, `￥` made `¥`, `。` made `.`, white space and zero-width characters dropped.
///
/// Not NFKC: that turns `10⁵` into `105`, which in an amount or an indicator would be a silent error.
pub(crate) fn number(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'))
        .map(|c| match c {
            '￥' => '¥',
            '。' | '｡' => '.',
            '\u{2212}' | '\u{2013}' | '\u{2014}' => '-',
            _ => half_width(c),
        })
        .collect()
}

/// A whole number, not below zero, as people type it: full-width digits, white space, groups of three or four.
pub fn parse_whole(text: &str) -> Option<i64> {
    ungroup(&number(text))?.parse().ok()
}

/// The digits of a whole number with its separators dropped: groups of three (`1,234,567`) or of four (`1,2345,6789`) after the
/// first; `None` for anything else, because `12,34` may mean a decimal comma.
pub(crate) fn ungroup(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let size = rest.first().map_or(0, |g| g.len());
    let grouped =
        rest.is_empty() || ((size == 3 || size == 4) && !first.is_empty() && first.len() <= size && rest.iter().all(|g| g.len() == size));
    (grouped && text.bytes().all(|b| b.is_ascii_digit() || b == b',')).then(|| text.replace(',', ""))
}
