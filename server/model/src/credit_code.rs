//! 统一社会信用代码: the identifier of every organisation in China (GB 32100-2015, with the body code of GB 11714-1997).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{FieldError, typed};

/// The characters of GB 32100-2015; the value of a character is its index. I, O, Z, S and V are barred.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of positions 1–17: 3^(i−1) mod 31 (GB 32100-2015).
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the eight characters of a body code (GB 11714-1997).
const BODY_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Characters of a whole code.
const LENGTH: usize = 18;

/// A valid 统一社会信用代码, normalised: 18 upper-case characters whose two check characters hold (GB 32100-2015).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

/// Why a text is no 统一社会信用代码.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 characters (or, for [`CreditCode::complete`], not 8 and 8): how many there are.
    #[error("a credit code has 18 characters, not {0}")]
    Length(usize),
    /// A character that cannot stand at this place: not of the alphabet, or no digit in the region (positions 3–8).
    #[error("{found:?} cannot stand at position {at}")]
    Character {
        /// Position, from 1.
        at: usize,
        /// The character there.
        found: char,
    },
    /// The check character of the body code (positions 9–17, GB 11714-1997) does not hold.
    #[error("the body code at positions 9 to 17 fails its check")]
    BodyCheck,
    /// The last character does not hold.
    #[error("the last character should be {expected}")]
    Check {
        /// The character that would hold.
        expected: char,
    },
}

impl CreditCodeError {
    /// Key of the sentence in the locales (`error.<code>`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Length(_) => "credit_code_length",
            Self::Character { .. } => "credit_code_character",
            Self::BodyCheck => "credit_code_body",
            Self::Check { .. } => "credit_code_check",
        }
    }

    /// The reason at a form field, placeholders (`length`; `at`, `found`; `expected`) filled.
    pub fn at(self, field: &str) -> FieldError {
        let error = FieldError::new(field, self.code());
        match self {
            Self::Length(length) => error.with("length", length),
            Self::Character { at, found } => error.with("at", at).with("found", found),
            Self::BodyCheck => error,
            Self::Check { expected } => error.with("expected", expected),
        }
    }
}

impl CreditCode {
    /// Reads a code as people type it: full-width or lower case, with spaces or hyphens.
    ///
    /// # Errors
    /// The first rule of GB 32100-2015 that the text breaks.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let code = typed::identifier(text);
        let length = code.chars().count();
        if length != LENGTH {
            return Err(CreditCodeError::Length(length));
        }
        let values = values(&code)?;
        let (head, check) = code.split_at(LENGTH - 1);
        let (start, body_check) = head.split_at(LENGTH - 2);
        if !body_check.starts_with(body_check_of(&start[8..])) {
            return Err(CreditCodeError::BodyCheck);
        }
        let expected = check_of(&values);
        if !check.starts_with(expected) {
            return Err(CreditCodeError::Check { expected });
        }
        Ok(Self(code))
    }

    /// Makes a code of its first 8 characters (authority, category, region) and the 8 of its body code, computing both check
    /// characters. For the demo city and for tests: a real code is issued, never made.
    ///
    /// # Errors
    /// `Length` when a part has not 8 characters, `Character` as in [`CreditCode::parse`].
    pub fn complete(registration_and_region: &str, body: &str) -> Result<Self, CreditCodeError> {
        let (start, body) = (typed::identifier(registration_and_region), typed::identifier(body));
        for part in [&start, &body] {
            let length = part.chars().count();
            if length != 8 {
                return Err(CreditCodeError::Length(length));
            }
        }
        let mut code = start + &body;
        values(&code)?;
        code.push(body_check_of(&body));
        code.push(check_of(&values(&code)?));
        Ok(Self(code))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 登记管理机关行政区划码: positions 3–8, a GB/T 2260 code of six digits.
    pub fn region(&self) -> &str {
        &self.0[2..8]
    }

    /// 主体标识码: positions 9–17, the former organisation code (GB 11714-1997).
    pub fn body(&self) -> &str {
        &self.0[8..17]
    }
}

/// The value of each character; refuses characters out of place. After it, the text is ASCII.
fn values(code: &str) -> Result<Vec<u32>, CreditCodeError> {
    code.chars()
        .zip(1_usize..)
        .map(|(found, at)| {
            let value = ALPHABET.iter().zip(0_u32..).find(|(c, _)| char::from(**c) == found).map(|(_, value)| value);
            value.filter(|v| !(3..=8).contains(&at) || *v < 10).ok_or(CreditCodeError::Character { at, found })
        })
        .collect()
}

/// The last character for the values of the first 17.
fn check_of(values: &[u32]) -> char {
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    char::from(ALPHABET[((31 - sum % 31) % 31) as usize])
}

/// The check character of the eight characters of a body code; letters count A = 10 … Z = 35 here.
fn body_check_of(body: &str) -> char {
    let sum: u32 = body.chars().filter_map(|c| c.to_digit(36)).zip(BODY_WEIGHTS).map(|(value, weight)| value * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for CreditCode {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for CreditCode {
    type Error = CreditCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        use CreditCodeError::{BodyCheck, Character, Check, Length};
        let check = |input: &str, expected: Result<&str, CreditCodeError>| {
            assert_eq!(CreditCode::parse(input), expected.map(|code| CreditCode(code.to_owned())), "{input}");
        };
        for valid in ["91350100M000100Y43", "12100000400000624D", "12100000470095016Q", "914403001922038216", "91440300708461136T"] {
            check(valid, Ok(valid));
        }
        check(" 91350100-m000100y-43\n", Ok("91350100M000100Y43"));
        check("９１３５０１００Ｍ０００１００Ｙ４３", Ok("91350100M000100Y43"));
        check("1210 0000　4000–00624D", Ok("12100000400000624D"));
        check("", Err(Length(0)));
        check("91350100M000100Y4", Err(Length(17)));
        check("91350100M000100Y433", Err(Length(19)));
        check("科桥科桥科桥科桥科桥科桥科桥科桥科桥", Err(Character { at: 1, found: '科' }));
        check("91350100O000100Y43", Err(Character { at: 9, found: 'O' }));
        for barred in ['I', 'O', 'Z', 'S', 'V'] {
            check(&format!("91350100{barred}000100Y43"), Err(Character { at: 9, found: barred }));
        }
        check("9135A100M000100Y43", Err(Character { at: 5, found: 'A' }));
        check("91350100M000100Y53", Err(BodyCheck));
        check("91350100M000101Y43", Err(BodyCheck));
        check("91350100M000100Y44", Err(Check { expected: '3' }));
        check("19350100M000100Y43", Err(Check { expected: check_of(&values("19350100M000100Y4").unwrap()) }));
    }

    #[test]
    fn completes() {
        let check = |start: &str, body: &str, expected: Result<&str, CreditCodeError>| {
            assert_eq!(CreditCode::complete(start, body), expected.map(|code| CreditCode(code.to_owned())), "{start} {body}");
        };
        check("91350100", "M000100Y", Ok("91350100M000100Y43"));
        check("12100000", "40000062", Ok("12100000400000624D"));
        check("12100000", "47009501", Ok("12100000470095016Q"));
        check("91440300", "19220382", Ok("914403001922038216"));
        check("91440300", "70846113", Ok("91440300708461136T"));
        check("9144030", "70846113", Err(CreditCodeError::Length(7)));
        check("91440300", "7084611", Err(CreditCodeError::Length(7)));
        check("91440300", "MAS46113", Err(CreditCodeError::Character { at: 11, found: 'S' }));
        // Whatever is completed is valid, with every body check character among them.
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..2000 {
            let code = CreditCode::complete("91330299", &format!("MA{n:06}")).unwrap();
            assert_eq!(CreditCode::parse(code.as_str()).as_ref(), Ok(&code));
            seen.insert(code.as_str().as_bytes()[16]);
        }
        assert_eq!(seen.len(), 11);
    }

    #[test]
    fn finds_every_slip() {
        // Both checks together find every wrong character and every swap of two neighbours.
        let code = "91350100M000100Y43";
        for at in 0..LENGTH {
            for c in ALPHABET {
                let mut typed = code.as_bytes().to_vec();
                typed[at] = *c;
                let typed = String::from_utf8(typed).unwrap();
                assert_eq!(CreditCode::parse(&typed).is_ok(), typed == code, "{typed}");
            }
            let mut typed = code.as_bytes().to_vec();
            if at + 1 < LENGTH {
                typed.swap(at, at + 1);
            }
            let typed = String::from_utf8(typed).unwrap();
            assert_eq!(CreditCode::parse(&typed).is_ok(), typed == code, "{typed}");
        }
    }

    #[test]
    fn shows_and_travels() {
        let code = CreditCode::parse("91440300708461136T").unwrap();
        assert_eq!((code.region(), code.body()), ("440300", "708461136"));
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"91440300708461136T\"");
        assert_eq!(serde_json::from_str::<CreditCode>("\"91440300 708461136t\"").unwrap(), code);
        assert!(serde_json::from_str::<CreditCode>("\"91440300708461136X\"").is_err());
        assert_eq!(CreditCodeError::Length(3).at("seller").args, [("length".to_owned(), "3".to_owned())]);
    }
}
