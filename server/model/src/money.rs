//! Money: whole 分 in a 64-bit integer (domain rules, section 1 "Amounts"); no float ever touches an amount.

use std::{fmt, iter::Sum};

use serde::{Deserialize, Serialize};

use crate::{FieldError, typed};

/// An amount of money in 分 (1/100 yuan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(i64);

/// Why a text is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Nothing was typed.
    #[error("no amount given")]
    Empty,
    /// Not an amount in digits.
    #[error("not an amount")]
    NotANumber,
    /// Below zero.
    #[error("an amount is not negative")]
    Negative,
    /// Over [`Fen::MAX`].
    #[error("the amount is too large")]
    TooLarge,
    /// Finer than 0.01 yuan.
    #[error("an amount has whole fen")]
    FractionOfFen,
}

impl MoneyError {
    /// Key of the sentence in the locales (`error.<code>`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::NotANumber => "money_not_a_number",
            Self::Negative => "money_negative",
            Self::TooLarge => "money_too_large",
            Self::FractionOfFen => "money_fraction",
        }
    }

    /// The reason at a form field.
    pub fn at(self, field: &str) -> FieldError {
        FieldError::new(field, self.code())
    }
}

/// Units that may follow the digits, longest first, each with its power of ten in fen.
const UNITS: [(&str, usize); 8] = [("百万", 8), ("千万", 9), ("万亿", 14), ("千", 5), ("万", 6), ("萬", 6), ("亿", 10), ("億", 10)];
/// Words for the currency before the digits.
const BEFORE: [&str; 4] = ["人民币", "RMB", "CNY", "¥"];
/// Words for the currency after the digits.
const AFTER: [&str; 7] = ["人民币", "RMB", "CNY", "¥", "整", "元", "圆"];

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that may be typed: 1,000,000,000,000 yuan, far above any contract, so that sums stay in range.
    pub const MAX: Self = Self(100_000_000_000_000);

    /// An amount of so many fen.
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// An amount of whole yuan, `None` when it does not fit.
    pub const fn from_yuan(yuan: i64) -> Option<Self> {
        match yuan.checked_mul(100) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// How many fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Reads an amount as people type it, in yuan unless a unit says otherwise: full-width digits, thousands separators, spaces,
    /// `¥`, `元`, `RMB`, `CNY`, `人民币` before or after, and the units 千 万 百万 千万 亿 万亿, with or without 元.
    ///
    /// # Errors
    /// Why the text is no amount from 0 to [`Fen::MAX`] in whole fen.
    pub fn parse_yuan(text: &str) -> Result<Self, MoneyError> {
        let typed = typed::number(text).to_ascii_uppercase();
        let mut rest = typed.as_str();
        let mut negative = false;
        if rest.is_empty() {
            return Err(MoneyError::Empty);
        }
        loop {
            if let Some(after) = rest.strip_prefix('-').filter(|_| !negative) {
                (rest, negative) = (after, true);
            } else if let Some(after) = BEFORE.iter().find_map(|word| rest.strip_prefix(word)) {
                rest = after;
            } else {
                break;
            }
        }
        while let Some(before) = AFTER.iter().find_map(|word| rest.strip_suffix(word)) {
            rest = before;
        }
        let (number, power) = UNITS.iter().find_map(|(unit, power)| Some((rest.strip_suffix(unit)?, *power))).unwrap_or((rest, 2));
        let amount = Self::scaled(number, power)?;
        if negative { Err(MoneyError::Negative) } else { Ok(amount) }
    }

    /// Plain decimal digits times 10^power fen.
    fn scaled(number: &str, power: usize) -> Result<Self, MoneyError> {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let whole = typed::ungroup(whole).ok_or(MoneyError::NotANumber)?;
        if (whole.is_empty() && fraction.is_empty()) || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MoneyError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > power {
            return Err(MoneyError::FractionOfFen);
        }
        let digits = format!("{whole}{fraction:0<power$}");
        // Only digits are left, so that parsing fails for nothing but size.
        let fen: i64 = digits.parse().map_err(|_| MoneyError::TooLarge)?;
        if fen > Self::MAX.0 { Err(MoneyError::TooLarge) } else { Ok(Self(fen)) }
    }

    /// `1,234,567.00`: for reading, always two decimals.
    pub fn format_yuan(self) -> String {
        format!("{}{}", self.sign(), decimal(u128::from(self.0.unsigned_abs()), true))
    }

    /// `1234567` or `1234567.50`: what a form shows again; [`Fen::parse_yuan`] reads it back.
    pub fn format_input(self) -> String {
        let text = decimal(u128::from(self.0.unsigned_abs()), false);
        format!("{}{}", self.sign(), text.strip_suffix(".00").unwrap_or(&text))
    }

    /// `123.46 万元`, `6.00 亿元`, below 万 `1,234.50 元`; rounded half away from zero, so never for a legal text.
    pub fn format_compact_zh(self) -> String {
        let (number, unit) = self.compact(&[(10_u128.pow(8), "亿元"), (10_u128.pow(4), "万元"), (1, "元")]);
        format!("{}{number} {unit}", self.sign())
    }

    /// `¥1.23 million`, `¥6.00 billion`, below a million `¥1,234.50`; rounded like [`Fen::format_compact_zh`].
    pub fn format_compact_en(self) -> String {
        let units = [(10_u128.pow(12), " trillion"), (10_u128.pow(9), " billion"), (10_u128.pow(6), " million"), (1, "")];
        let (number, unit) = self.compact(&units);
        format!("{}¥{number}{unit}", self.sign())
    }

    /// The number with two decimals and its unit: the largest one that the amount reaches once it is rounded in the next smaller
    /// unit, so that 9999.999 万元 is shown as 1.00 亿元, never as 10,000.00 万元.
    fn compact<'a>(self, units: &[(u128, &'a str)]) -> (String, &'a str) {
        let fen = u128::from(self.0.unsigned_abs());
        // Hundredths of a unit of so many yuan.
        let rounded = |yuan: u128| (fen + yuan / 2) / yuan;
        let smaller = units.iter().skip(1).map(|(yuan, _)| *yuan).chain([1]);
        let reached = units.iter().zip(smaller).find(|((yuan, _), smaller)| rounded(*smaller) * smaller >= yuan * 100);
        let (yuan, name) = reached.map(|(unit, _)| unit).or(units.last()).copied().unwrap_or((1, ""));
        (decimal(rounded(yuan), true), name)
    }

    fn sign(self) -> &'static str {
        if self.0 < 0 { "-" } else { "" }
    }

    /// The sum, `None` when it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, `None` when it does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// Hundredths as a decimal number with two places.
fn decimal(hundredths: u128, grouped: bool) -> String {
    let whole = (hundredths / 100).to_string();
    let mut text = String::with_capacity(whole.len() * 2);
    for (digit, left) in whole.chars().zip((0..whole.len()).rev()) {
        text.push(digit);
        if grouped && left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    format!("{text}.{:02}", hundredths % 100)
}

/// `1,234,567.00`, as [`Fen::format_yuan`].
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.format_yuan())
    }
}

/// The sum of amounts, `None` when it does not fit: `amounts.sum::<Option<Fen>>()`. There is no unchecked sum.
impl Sum<Fen> for Option<Fen> {
    fn sum<I: Iterator<Item = Fen>>(mut amounts: I) -> Self {
        amounts.try_fold(Fen::ZERO, Fen::checked_add)
    }
}

/// The sum of borrowed amounts, `None` when it does not fit.
impl<'a> Sum<&'a Fen> for Option<Fen> {
    fn sum<I: Iterator<Item = &'a Fen>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        use MoneyError::{Empty, FractionOfFen, Negative, NotANumber, TooLarge};
        let check = |input: &str, expected: Result<i64, MoneyError>| assert_eq!(Fen::parse_yuan(input), expected.map(Fen), "{input}");
        check("0", Ok(0));
        check("1", Ok(100));
        check("0.01", Ok(1));
        check(".5", Ok(50));
        check("5.", Ok(500));
        check("007", Ok(700));
        check("1.100", Ok(110));
        check("1234567", Ok(123_456_700));
        check("1,234,567.89", Ok(123_456_789));
        check("１，２３４，５６７．８９", Ok(123_456_789));
        check("1 234 567", Ok(123_456_700));
        check("1,2345,6789", Ok(12_345_678_900));
        check("¥500", Ok(50_000));
        check("￥ 500 元", Ok(50_000));
        check("rmb500", Ok(50_000));
        check("500 CNY", Ok(50_000));
        check("人民币500万元整", Ok(500_000_000));
        check("500万", Ok(500_000_000));
        check("500 万元", Ok(500_000_000));
        check("123.456789万", Ok(123_456_789));
        check("1.2亿", Ok(12_000_000_000));
        check("1.2 亿元", Ok(12_000_000_000));
        check("3千万", Ok(3_000_000_000));
        check("3百万", Ok(300_000_000));
        check("0.2999999999亿", Ok(2_999_999_999));
        check("12。5", Ok(1_250));
        check("1000000000000", Ok(100_000_000_000_000));
        check("10000亿", Ok(100_000_000_000_000));
        check("1万亿", Ok(100_000_000_000_000));
        check("", Err(Empty));
        check(" 　\t", Err(Empty));
        for text in [
            "元",
            "万",
            ".",
            "-",
            "¥",
            "abc",
            "12,34",
            "1,23,456",
            ",123",
            "1.2.3",
            "1.2,345",
            "1e5",
            "10⁵",
            "+5",
            "½",
            "五百",
            "1亿2000万",
            "12 kg",
            "$5",
            "0x10",
        ] {
            check(text, Err(NotANumber));
        }
        check("-1", Err(Negative));
        check("－1万", Err(Negative));
        check("¥-5", Err(Negative));
        check("−5", Err(Negative));
        check("--5", Err(NotANumber));
        check("1000000000000.01", Err(TooLarge));
        check("10000.0000000001亿", Err(TooLarge));
        check("99999999999999999999999999", Err(TooLarge));
        check("0.001", Err(FractionOfFen));
        check("1.2345678万", Err(FractionOfFen));
    }

    #[test]
    fn formats() {
        let check = |fen: i64, yuan: &str, input: &str, zh: &str, en: &str| {
            let amount = Fen(fen);
            let got = [amount.format_yuan(), amount.format_input(), amount.format_compact_zh(), amount.format_compact_en()];
            assert_eq!(got, [yuan, input, zh, en], "{fen}");
        };
        check(0, "0.00", "0", "0.00 元", "¥0.00");
        check(5, "0.05", "0.05", "0.05 元", "¥0.05");
        check(-5, "-0.05", "-0.05", "-0.05 元", "-¥0.05");
        check(123_450, "1,234.50", "1234.50", "1,234.50 元", "¥1,234.50");
        check(999_999, "9,999.99", "9999.99", "9,999.99 元", "¥9,999.99");
        check(1_000_000, "10,000.00", "10000", "1.00 万元", "¥10,000.00");
        check(123_456_700, "1,234,567.00", "1234567", "123.46 万元", "¥1.23 million");
        check(123_450_000, "1,234,500.00", "1234500", "123.45 万元", "¥1.23 million");
        check(123_500_000, "1,235,000.00", "1235000", "123.50 万元", "¥1.24 million");
        check(99_999_999, "999,999.99", "999999.99", "100.00 万元", "¥999,999.99");
        check(9_999_999_999, "99,999,999.99", "99999999.99", "1.00 亿元", "¥100.00 million");
        check(9_999_499_999, "99,994,999.99", "99994999.99", "9,999.50 万元", "¥99.99 million");
        check(60_000_000_000, "600,000,000.00", "600000000", "6.00 亿元", "¥600.00 million");
        check(600_000_000_000, "6,000,000,000.00", "6000000000", "60.00 亿元", "¥6.00 billion");
        check(99_999_999_999, "999,999,999.99", "999999999.99", "10.00 亿元", "¥1.00 billion");
        check(100_000_000_000_000, "1,000,000,000,000.00", "1000000000000", "10,000.00 亿元", "¥1.00 trillion");
        check(-123_456_700, "-1,234,567.00", "-1234567", "-123.46 万元", "-¥1.23 million");
        check(i64::MIN, "-92,233,720,368,547,758.08", "-92233720368547758.08", "-922,337,203.69 亿元", "-¥92,233.72 trillion");
    }

    #[test]
    fn reads_back_what_it_shows() {
        for fen in [0, 1, 99, 100, 101, 12_345, 123_456_789, Fen::MAX.0] {
            assert_eq!(Fen::parse_yuan(&Fen(fen).format_input()), Ok(Fen(fen)));
            assert_eq!(Fen::parse_yuan(&Fen(fen).format_yuan()), Ok(Fen(fen)));
        }
    }

    #[test]
    fn adds_checked() {
        let check = |amounts: &[i64], expected: Option<i64>| {
            let amounts: Vec<Fen> = amounts.iter().copied().map(Fen).collect();
            assert_eq!(amounts.iter().sum::<Option<Fen>>(), expected.map(Fen));
            assert_eq!(amounts.into_iter().sum::<Option<Fen>>(), expected.map(Fen));
        };
        check(&[], Some(0));
        check(&[1, 2, 3], Some(6));
        check(&[i64::MAX, 1], None);
        assert_eq!(Fen(1).checked_sub(Fen(2)), Some(Fen(-1)));
        assert_eq!(Fen(i64::MIN).checked_sub(Fen(1)), None);
        assert_eq!(Fen::from_yuan(5_000_000), Some(Fen(500_000_000)));
        assert_eq!(Fen::from_yuan(i64::MAX), None);
        assert_eq!(serde_json::to_string(&Fen(5)).unwrap(), "5");
    }
}
