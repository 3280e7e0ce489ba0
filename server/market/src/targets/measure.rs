//! What a target can be set for: a figure of the ledger, or an indicator that is reported.

use keqiao_model::{Figure, ReportedIndicator};

use super::{MONEY_MAX, has_fields, is_money};

/// What stands before the code of a reported indicator where a target is stored.
const REPORTED: &str = "reported.";
/// Largest target of a number of things.
const NUMBER_MAX: i64 = 1_000_000_000;
/// All of it, in hundredths of a per cent.
const WHOLE: i64 = 10_000;

/// What a target is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// A figure of the ledger.
    Figure(Figure),
    /// An indicator that counties report.
    Reported(ReportedIndicator),
}

impl From<Figure> for Measure {
    fn from(figure: Figure) -> Self {
        Self::Figure(figure)
    }
}

impl From<ReportedIndicator> for Measure {
    fn from(indicator: ReportedIndicator) -> Self {
        Self::Reported(indicator)
    }
}

impl Measure {
    /// Every measure: the figures, then the reported indicators.
    pub fn all() -> impl Iterator<Item = Self> {
        Figure::ALL.iter().copied().map(Self::Figure).chain(ReportedIndicator::ALL.iter().copied().map(Self::Reported))
    }

    /// As stored and as in addresses: `contract_value`, `reported.platforms`.
    pub fn code(self) -> String {
        match self {
            Self::Figure(figure) => figure.code().to_owned(),
            Self::Reported(indicator) => format!("{REPORTED}{}", indicator.code()),
        }
    }

    /// The measure of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code.strip_prefix(REPORTED) {
            Some(indicator) => ReportedIndicator::from_code(indicator).map(Self::Reported),
            None => Figure::from_code(code).map(Self::Figure),
        }
    }

    /// Whether its amounts are fen.
    pub fn is_money(self) -> bool {
        matches!(self, Self::Figure(figure) if is_money(figure))
    }

    /// Whether its amounts are hundredths of a per cent.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Reported(indicator) if indicator.is_share())
    }

    /// Whether departments have a part in it.
    pub fn has_departments(self) -> bool {
        matches!(self, Self::Figure(figure) if has_fields(figure))
    }

    /// Whether the targets of its parts add up to that of the whole; shares do not.
    pub fn adds_up(self) -> bool {
        !self.is_share()
    }

    /// Its largest target.
    pub(super) fn most(self) -> i64 {
        if self.is_money() {
            MONEY_MAX
        } else if self.is_share() {
            WHOLE
        } else {
            NUMBER_MAX
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_a_code_of_its_own() {
        for measure in Measure::all() {
            assert_eq!(Measure::from_code(&measure.code()), Some(measure));
        }
        assert_eq!(Measure::from_code("platforms"), None);
    }
}
