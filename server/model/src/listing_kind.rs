//! The two sides of the market.

use serde::{Deserialize, Serialize};

/// Which side of the market a listing stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingKind {
    /// 技术需求: a bottleneck a company wants solved.
    Demand,
    /// 科技成果: something a unit can transfer.
    Achievement,
}

impl ListingKind {
    /// The other side.
    pub fn opposite(self) -> Self {
        match self {
            Self::Demand => Self::Achievement,
            Self::Achievement => Self::Demand,
        }
    }
}
