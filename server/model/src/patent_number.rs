//! 专利申请号 and 专利号 (ZC 0006-2003, and the eight-digit numbers in use until September 2003).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{FieldError, IpKind, typed};

/// Weights of the digits before the dot; an old number uses the first eight (ZC 0006-2003).
const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/// Digits before the dot since October 2003.
const NEW: usize = 12;
/// Digits before the dot until September 2003.
const OLD: usize = 8;

/// A valid Chinese patent application number, normalised; with `ZL` before it, the number of the granted patent.
///
/// Shown and serialised as `ZL201710601862.3` or `CN201710601862.3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PatentNumber {
    application: String,
    granted_prefix: bool,
}

/// Why a text is no patent number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatentNumberError {
    /// Neither 12 + 1 nor 8 + 1 digits: how many there are. A publication number (公开号, `CN107345678A`) ends here.
    #[error("a patent number has 13 or 9 digits, not {0}")]
    Length(usize),
    /// Something else than digits (and X at the end), or a dot elsewhere than before the last one.
    #[error("a patent number has digits only, with a dot before the last")]
    Digits,
    /// No year of filing: 1985–2003 for old numbers, 2003–2100 for new ones.
    #[error("the number does not begin with a year of filing")]
    Year,
    /// The kind is none of 1 (发明), 2 (实用新型), 3 (外观设计), 8 and 9 (PCT).
    #[error("the digit after the year is no kind of patent")]
    Kind,
    /// The last digit does not hold.
    #[error("the digit after the dot should be {expected}")]
    Check {
        /// The digit (or X) that would hold.
        expected: char,
    },
}

impl PatentNumberError {
    /// Key of the sentence in the locales (`error.<code>`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Length(_) => "patent_number_length",
            Self::Digits => "patent_number_digits",
            Self::Year => "patent_number_year",
            Self::Kind => "patent_number_kind",
            Self::Check { .. } => "patent_number_check",
        }
    }

    /// The reason at a form field, placeholders (`length`; `expected`) filled.
    pub fn at(self, field: &str) -> FieldError {
        let error = FieldError::new(field, self.code());
        match self {
            Self::Length(length) => error.with("length", length),
            Self::Check { expected } => error.with("expected", expected),
            Self::Digits | Self::Year | Self::Kind => error,
        }
    }
}

impl PatentNumber {
    /// Reads a number as people type it: with `CN` or `ZL`, full-width, with spaces, without the dot.
    ///
    /// # Errors
    /// The first rule of the number that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PatentNumberError> {
        let (typed, granted_prefix) = split_prefix(text);
        let (base, check) = match typed.split_once('.') {
            Some((base, check)) => (base.to_owned(), check.to_owned()),
            None => {
                let last = typed.char_indices().next_back().map_or(0, |(at, _)| at);
                (typed[..last].to_owned(), typed[last..].to_owned())
            }
        };
        let length = typed.chars().filter(|c| *c != '.').count();
        if length != NEW + 1 && length != OLD + 1 {
            return Err(PatentNumberError::Length(length));
        }
        if check.len() != 1 || !check.bytes().all(|b| b.is_ascii_digit() || b == b'X') {
            return Err(PatentNumberError::Digits);
        }
        let expected = check_of(&base)?;
        if !check.starts_with(expected) {
            return Err(PatentNumberError::Check { expected });
        }
        Ok(Self { application: format!("{base}.{check}"), granted_prefix })
    }

    /// Makes a number of its 12 (or old 8) digits before the dot, computing the check digit; `CN` and `ZL` are accepted. For the
    /// demo city and for tests.
    ///
    /// # Errors
    /// As [`PatentNumber::parse`], but never `Check`.
    pub fn complete(base: &str) -> Result<Self, PatentNumberError> {
        let (base, granted_prefix) = split_prefix(base);
        let length = base.chars().count();
        if length != NEW && length != OLD {
            return Err(PatentNumberError::Length(length));
        }
        let check = check_of(&base)?;
        Ok(Self { application: format!("{base}.{check}"), granted_prefix })
    }

    /// The application number without prefix: `201710601862.3`, `97101765.4`. The same before and after grant, so compare this.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// Whether it was written as the number of a granted patent (`ZL`).
    pub fn is_granted(&self) -> bool {
        self.granted_prefix
    }

    /// The same number written as that of a granted patent, or of an application.
    #[must_use]
    pub fn with_granted(mut self, granted: bool) -> Self {
        self.granted_prefix = granted;
        self
    }

    /// The year of filing.
    pub fn year(&self) -> u16 {
        let base = self.base();
        if base.len() == NEW { base[..4].parse().unwrap_or_default() } else { old_year(base).unwrap_or_default() }
    }

    /// What the kind digit says: 1 and 8 发明, 2 and 9 实用新型, 3 外观设计.
    pub fn kind(&self) -> IpKind {
        match kind_digit(self.base()) {
            Some(b'2' | b'9') => IpKind::Utility,
            Some(b'3') => IpKind::Design,
            _ => IpKind::Invention,
        }
    }

    fn base(&self) -> &str {
        self.application.split('.').next().unwrap_or_default()
    }
}

/// The text without `CN` and `ZL`, and whether `ZL` was there.
fn split_prefix(text: &str) -> (String, bool) {
    let typed = typed::identifier(text).replace(['。', '·'], ".");
    let rest = typed.strip_prefix("CN").unwrap_or(&typed);
    match rest.strip_prefix("ZL") {
        Some(rest) => (rest.trim_start_matches([':', '.']).to_owned(), true),
        None => (rest.trim_start_matches([':', '.']).to_owned(), false),
    }
}

/// The check digit of 12 or 8 digits that begin with a plausible year and a known kind.
fn check_of(base: &str) -> Result<char, PatentNumberError> {
    if !base.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PatentNumberError::Digits);
    }
    let plausible = match base.len() {
        NEW => base[..4].parse::<u16>().is_ok_and(|year| (2003..=2100).contains(&year)),
        OLD => old_year(base).is_some(),
        // A dot at the wrong place.
        _ => return Err(PatentNumberError::Digits),
    };
    if !plausible {
        return Err(PatentNumberError::Year);
    }
    if !matches!(kind_digit(base), Some(b'1' | b'2' | b'3' | b'8' | b'9')) {
        return Err(PatentNumberError::Kind);
    }
    let sum: u32 = base.chars().filter_map(|c| c.to_digit(10)).zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    Ok(char::from_digit(sum % 11, 10).unwrap_or('X'))
}

/// The year of an old number; the first were filed in 1985, the last in 2003.
fn old_year(base: &str) -> Option<u16> {
    match base.get(..2)?.parse().ok()? {
        year @ 85..=99 => Some(1900 + year),
        year @ 0..=3 => Some(2000 + year),
        _ => None,
    }
}

fn kind_digit(base: &str) -> Option<u8> {
    base.as_bytes().get(if base.len() == NEW { 4 } else { 2 }).copied()
}

impl fmt::Display for PatentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.granted_prefix { "ZL" } else { "CN" }, self.application)
    }
}

impl FromStr for PatentNumber {
    type Err = PatentNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PatentNumber {
    type Error = PatentNumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<PatentNumber> for String {
    fn from(number: PatentNumber) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        use PatentNumberError::{Check, Digits, Kind, Length, Year};
        let check = |input: &str, expected: Result<&str, PatentNumberError>| {
            assert_eq!(PatentNumber::parse(input).map(|n| n.to_string()), expected.map(str::to_owned), "{input}");
        };
        check("201710601862.3", Ok("CN201710601862.3"));
        check("2017106018623", Ok("CN201710601862.3"));
        check("ZL201710601862.3", Ok("ZL201710601862.3"));
        check("ZL 2017 1 0601862.3", Ok("ZL201710601862.3"));
        check("zl:2017-1-0601862。3", Ok("ZL201710601862.3"));
        check("CN ZL201710601862.3", Ok("ZL201710601862.3"));
        check("ＣＮ２０１７１０６０１８６２．３", Ok("CN201710601862.3"));
        check("97101765.4", Ok("CN97101765.4"));
        check("ZL95115608.x", Ok("ZL95115608.X"));
        check("95115608X", Ok("CN95115608.X"));
        check("", Err(Length(0)));
        check("201710601862", Err(Length(12)));
        check("CN107345678A", Err(Length(10)));
        check("20171060186.23", Err(Digits));
        check("2017.10601862.3", Err(Digits));
        check("2017106O1862.3", Err(Digits));
        check("201710601862.科", Err(Digits));
        check("科桥科桥科桥科桥科", Err(Digits));
        check("201710601862.A", Err(Digits));
        check("198510601862.3", Err(Year));
        check("210110601862.3", Err(Year));
        check("04101765.4", Err(Year));
        check("201750601862.3", Err(Kind));
        check("97001765.4", Err(Kind));
        check("201710601862.4", Err(Check { expected: '3' }));
        check("201710601826.3", Err(Check { expected: '7' }));
        check("95115608.0", Err(Check { expected: 'X' }));
    }

    #[test]
    fn completes() {
        let check = |input: &str, expected: Result<&str, PatentNumberError>| {
            assert_eq!(PatentNumber::complete(input).map(|n| n.to_string()), expected.map(str::to_owned), "{input}");
        };
        check("201710601862", Ok("CN201710601862.3"));
        check("ZL 201710601862", Ok("ZL201710601862.3"));
        check("97101765", Ok("CN97101765.4"));
        check("95115608", Ok("CN95115608.X"));
        check("9511560", Err(PatentNumberError::Length(7)));
        check("X5115608", Err(PatentNumberError::Digits));
        check("95415608", Err(PatentNumberError::Kind));
    }

    #[test]
    fn tells_year_and_kind() {
        let check = |base: &str, year: u16, kind: IpKind| {
            let number = PatentNumber::complete(base).unwrap();
            assert_eq!((number.year(), number.kind()), (year, kind), "{base}");
        };
        check("201710601862", 2017, IpKind::Invention);
        check("202320000001", 2023, IpKind::Utility);
        check("202330000001", 2023, IpKind::Design);
        check("202380000001", 2023, IpKind::Invention);
        check("202390000001", 2023, IpKind::Utility);
        check("97101765", 1997, IpKind::Invention);
        check("03201765", 2003, IpKind::Utility);
    }

    #[test]
    fn travels() {
        let number = PatentNumber::parse("ZL97101765.4").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"ZL97101765.4\"");
        assert_eq!(serde_json::from_str::<PatentNumber>("\"ZL97101765.4\"").unwrap(), number);
        assert_eq!(number.clone().with_granted(false).to_string(), "CN97101765.4");
        assert_eq!(number.application(), "97101765.4");
    }
}
