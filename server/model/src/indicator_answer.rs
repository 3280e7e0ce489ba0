//! What the sender of an interest says of the indicators that the other side wants.

use serde::{Deserialize, Serialize};

use crate::{Check, FieldError, Fields, Indicator, taxonomy::codes};

codes! {
    /// Whether an indicator is met, by the word of who says so.
    IndicatorAnswer, "indicator_answer" {
        /// It is met.
        Meets = "meets",
        /// It is met in part, or nearly.
        Partly = "partly",
    }
}

/// One indicator of the listing that was asked for, as it stood then, and what the sender says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedIndicator {
    /// What is wanted.
    pub wanted: Indicator,
    /// Whether the sender meets it.
    pub answer: IndicatorAnswer,
    /// The value the sender states, may be empty.
    pub value: String,
}

impl StatedIndicator {
    /// Longest stated value, characters.
    pub const VALUE_MAX: usize = 100;

    /// What a form shows of an indicator, and sends back to prove that it was still the same.
    pub fn shown(wanted: &Indicator) -> String {
        format!("{} {}", wanted.name.trim(), wanted.expression())
    }

    /// Reads the rows `indicators.0.answer`, `indicators.0.value` and `indicators.0.of`; rows without an answer are left out. An indicator
    /// that is not wanted any more, or not so, is refused.
    pub fn read(wanted: &[Indicator], fields: &Fields, check: &mut Check) -> Vec<Self> {
        let mut stated = Vec::new();
        for (index, row) in fields.rows("indicators") {
            let value = check.optional(&format!("indicators.{index}.value"), row.value("value"), Self::VALUE_MAX);
            let answer = row.value("answer");
            if answer.is_empty() && value.is_empty() {
                continue;
            }
            let at = format!("indicators.{index}.answer");
            let of = row.value("of").trim();
            match (wanted.get(index), IndicatorAnswer::from_code(answer)) {
                (None, _) => check.refuse(FieldError::new("indicators", "indicators_changed")),
                (Some(wanted), _) if !of.is_empty() && of != Self::shown(wanted) => {
                    check.refuse(FieldError::new(at, "indicators_changed"));
                }
                (Some(_), None) => check.refuse(FieldError::new(at, if answer.is_empty() { "required" } else { "choice" })),
                (Some(wanted), Some(answer)) => stated.push(Self { wanted: wanted.clone(), answer, value }),
            }
        }
        stated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_indicators_is_read_row_by_row() {
        let life = Indicator { name: "轴承寿命".to_owned(), value: "8000".to_owned(), unit: "h".to_owned(), ..Indicator::default() };
        let wanted = [life.clone()];
        let read = |pairs: &[(&str, &str)]| {
            let mut check = Check::new();
            let stated = StatedIndicator::read(&wanted, &pairs.iter().copied().collect(), &mut check);
            check.finish(stated).map_err(|errors| errors.into_iter().map(|e| (e.field, e.code)).collect::<Vec<_>>())
        };
        let refused = |field: &str, code: &str| Err(vec![(field.to_owned(), code.to_owned())]);
        assert_eq!(read(&[("indicators.0.of", "轴承寿命 ≥ 8000 h"), ("indicators.0.answer", ""), ("indicators.0.value", " ")]), Ok(vec![]));
        let met = StatedIndicator { wanted: life, answer: IndicatorAnswer::Meets, value: "10000 h".to_owned() };
        let typed = [("indicators.0.of", "轴承寿命 ≥ 8000 h"), ("indicators.0.answer", "meets"), ("indicators.0.value", "10000 h")];
        assert_eq!(read(&typed), Ok(vec![met]));
        assert_eq!(read(&[("indicators.0.value", "10000 h")]), refused("indicators.0.answer", "required"));
        assert_eq!(read(&[("indicators.0.answer", "exceeds")]), refused("indicators.0.answer", "choice"));
        let changed = [("indicators.0.of", "轴承寿命 ≥ 6000 h"), ("indicators.0.answer", "meets")];
        assert_eq!(read(&changed), refused("indicators.0.answer", "indicators_changed"));
        assert_eq!(read(&[("indicators.3.answer", "meets")]), refused("indicators", "indicators_changed"));
    }
}
