//! 指标: a measurable indicator of a demand or an achievement (domain rules, sections 3 and 6: name, operator, value, unit, test
//! method).

use serde::{Deserialize, Serialize};

use crate::{FieldError, taxonomy::codes, typed};

codes! {
    /// How the measured value is compared with the wanted one.
    #[derive(Default)]
    Operator, "operator" {
        /// At least.
        #[default]
        Ge = "ge",
        /// At most.
        Le = "le",
        /// Equal.
        Eq = "eq",
        /// From one value to another, both included.
        Between = "between",
    }
}

impl Operator {
    /// The mathematical sign; between two values, `～`.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Ge => "≥",
            Self::Le => "≤",
            Self::Eq => "=",
            Self::Between => "～",
        }
    }
}

/// One row of an indicator table, as typed: it is checked, not converted, so that the person's own digits are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Indicator {
    /// What is measured.
    pub name: String,
    /// How it is compared.
    pub operator: Operator,
    /// The wanted value; the lower one of a range.
    pub value: String,
    /// The upper value of a range; unused otherwise.
    pub value_max: String,
    /// The unit, empty for a plain number.
    pub unit: String,
    /// How it is tested.
    pub method: String,
}

impl Indicator {
    /// Sub-fields of text, each with the most characters it may have.
    pub const LIMITS: [(&'static str, usize); 5] = [("name", 100), ("value", 40), ("value_max", 40), ("unit", 40), ("method", 300)];

    /// Whether nothing was typed: an empty row of a form, to be left out.
    pub fn is_blank(&self) -> bool {
        self.texts().iter().all(|text| text.trim().is_empty())
    }

    /// Checks the row: a name and a number are needed, and an upper number above the lower one for a range.
    ///
    /// # Errors
    /// Pairs of a sub-field and a code: `required`, `number`, `range` (at `value_max`), `too_long`.
    pub fn check(&self) -> Result<(), Vec<(&'static str, &'static str)>> {
        let mut errors = Vec::new();
        for ((field, max), text) in Self::LIMITS.into_iter().zip(self.texts()) {
            if text.trim().chars().count() > max {
                errors.push((field, "too_long"));
            }
        }
        if self.name.trim().is_empty() {
            errors.push(("name", "required"));
        }
        let low = number_at("value", &self.value, &mut errors);
        if self.operator == Operator::Between {
            let high = number_at("value_max", &self.value_max, &mut errors);
            if let (Some(low), Some(high)) = (low, high)
                && low >= high
            {
                errors.push(("value_max", "range"));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The errors of [`Indicator::check`] at form fields below `prefix` (`indicators.0` gives `indicators.0.value`), with the
    /// placeholders `max` and `length` of `too_long` filled.
    pub fn errors_at(&self, prefix: &str) -> Vec<FieldError> {
        let error = |(field, code): (&'static str, &'static str)| {
            let error = FieldError::new(format!("{prefix}.{field}"), code);
            let limited = Self::LIMITS.into_iter().zip(self.texts()).find(|((name, _), _)| *name == field && code == "too_long");
            match limited {
                Some(((_, max), text)) => error.with("max", max).with("length", text.trim().chars().count()),
                None => error,
            }
        };
        self.check().err().unwrap_or_default().into_iter().map(error).collect()
    }

    /// The requirement in one line: `≥ 95 %`, `10～20 mm`.
    pub fn expression(&self) -> String {
        let (low, high, unit) = (self.value.trim(), self.value_max.trim(), self.unit.trim());
        let text = match self.operator {
            Operator::Between => format!("{low}～{high} {unit}"),
            operator => format!("{} {low} {unit}", operator.symbol()),
        };
        text.trim_end().to_owned()
    }

    /// The texts in the order of [`Indicator::LIMITS`].
    fn texts(&self) -> [&str; 5] {
        [&self.name, &self.value, &self.value_max, &self.unit, &self.method]
    }
}

/// The number typed in a sub-field, or the reason noted.
fn number_at(field: &'static str, text: &str, errors: &mut Vec<(&'static str, &'static str)>) -> Option<f64> {
    if text.trim().is_empty() {
        errors.push((field, "required"));
        return None;
    }
    let number = parse_number(text);
    if number.is_none() {
        errors.push((field, "number"));
    }
    number
}

/// Reads the number of an indicator: full-width digits, a sign, thousands separators, `1e-5`, `1×10^-5`, `1×10⁻⁵`. Good for
/// comparing, never for money.
pub fn parse_number(text: &str) -> Option<f64> {
    let mut typed = typed::number(text).to_ascii_lowercase();
    for power in ["×10", "*10", "x10"] {
        if let Some((factor, exponent)) = typed.split_once(power) {
            let exponent = match exponent.strip_prefix('^') {
                Some(exponent) => exponent.to_owned(),
                None => exponent.chars().map(from_superscript).collect::<Option<String>>()?,
            };
            typed = format!("{factor}e{exponent}");
            break;
        }
    }
    let (mantissa, exponent) = typed.split_once('e').unwrap_or((&typed, "0"));
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = typed::ungroup(whole)?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || exponent_digits.is_empty() || !digits(fraction) || !digits(exponent_digits) {
        return None;
    }
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    format!("{sign}{whole}.{fraction}e{exponent}").parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The digit or sign that a superscript stands for.
pub(crate) fn from_superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_digit(u32::from(c) - 0x2070, 10)?,
        '⁻' => '-',
        '⁺' => '+',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indicator(name: &str, operator: Operator, value: &str, value_max: &str) -> Indicator {
        Indicator { name: name.to_owned(), operator, value: value.to_owned(), value_max: value_max.to_owned(), ..Indicator::default() }
    }

    #[test]
    fn parses_numbers() {
        let check = |input: &str, expected: Option<f64>| assert_eq!(parse_number(input), expected, "{input}");
        check("0", Some(0.0));
        check("95", Some(95.0));
        check("９５．５", Some(95.5));
        check("-40", Some(-40.0));
        check("−40", Some(-40.0));
        check("－４０", Some(-40.0));
        check("+3", Some(3.0));
        check(".5", Some(0.5));
        check("5.", Some(5.0));
        check("1e-5", Some(1e-5));
        check("1E+5", Some(1e5));
        check("2.5×10^-5", Some(2.5e-5));
        check("2.5×10⁻⁵", Some(2.5e-5));
        check("1 x 10²", Some(100.0));
        check("10,000", Some(10_000.0));
        for text in ["", ".", "-", "abc", "1e", "e5", "1e5.5", "--1", "10⁵", "1×10", "12,34", "5%", "inf", "nan", "1e999", "1..2", "1e-5e"]
        {
            check(text, None);
        }
    }

    #[test]
    fn checks() {
        let check = |row: Indicator, expected: &[(&str, &str)]| assert_eq!(row.check().err().unwrap_or_default(), expected, "{row:?}");
        check(indicator("效率", Operator::Ge, "95", ""), &[]);
        check(indicator("温度", Operator::Between, "-40", "85"), &[]);
        check(indicator("纯度", Operator::Le, "1e-5", "ignored"), &[]);
        check(Indicator::default(), &[("name", "required"), ("value", "required")]);
        check(indicator(" ", Operator::Eq, "高", ""), &[("name", "required"), ("value", "number")]);
        check(indicator("温度", Operator::Between, "5", ""), &[("value_max", "required")]);
        check(indicator("温度", Operator::Between, "5", "x"), &[("value_max", "number")]);
        check(indicator("温度", Operator::Between, "85", "-40"), &[("value_max", "range")]);
        check(indicator("温度", Operator::Between, "5", "５.0"), &[("value_max", "range")]);
        check(indicator(&"长".repeat(100), Operator::Ge, "1", ""), &[]);
        check(indicator(&"长".repeat(101), Operator::Ge, "1", ""), &[("name", "too_long")]);
        check(indicator("a", Operator::Ge, &"1".repeat(41), ""), &[("value", "too_long")]);
        let row = Indicator { unit: "u".repeat(41), method: "m".repeat(301), ..indicator("a", Operator::Ge, "1", "") };
        check(row, &[("unit", "too_long"), ("method", "too_long")]);
    }

    #[test]
    fn places_errors() {
        let errors = indicator(&"长".repeat(101), Operator::Ge, "", "").errors_at("indicators.2");
        assert_eq!(
            errors,
            [
                FieldError::new("indicators.2.name", "too_long").with("max", 100).with("length", 101),
                FieldError::new("indicators.2.value", "required"),
            ]
        );
    }

    #[test]
    fn shows_and_travels() {
        let check = |json: &str, blank: bool, expression: &str| {
            let row: Indicator = serde_json::from_str(json).unwrap();
            assert_eq!((row.is_blank(), row.expression().as_str()), (blank, expression), "{json}");
        };
        check("{}", true, "≥");
        check(r#"{"operator":"le","name":"  "}"#, true, "≤");
        check(r#"{"operator":"ge","value":"95","unit":"%"}"#, false, "≥ 95 %");
        check(r#"{"operator":"between","value":"10","value_max":"20","unit":"mm"}"#, false, "10～20 mm");
        check(r#"{"operator":"eq","value":"3"}"#, false, "= 3");
        assert!(serde_json::from_str::<Indicator>(r#"{"operator":"lt"}"#).is_err());
    }
}
