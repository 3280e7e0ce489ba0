//! State tables as diagrams for people who read the docs.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    BidderState, ClaimState, CommissionState, ContractState, DealState, FIRST_CLOCKS, InterestState, ListingState, NdaState, NoticeState,
    ObjectionState, QuestionState, SaleState, Stateful, TermState,
};
use crate::taxonomy::Coded;

/// A state table as a Mermaid diagram and a table in Markdown.
fn diagram<S>(name: &str) -> String
where
    S: Stateful + Coded,
    S::Move: Coded,
{
    let mut text = format!("### {name}\n\n```mermaid\nstateDiagram-v2\n");
    if let Some(first) = S::all().first() {
        let _ = writeln!(text, "    [*] --> {}", first.code());
    }
    for t in S::TABLE {
        let _ = writeln!(text, "    {} --> {}: {}", t.from.code(), t.to.code(), t.by.code());
    }
    let left: BTreeSet<&str> = S::TABLE.iter().map(|t| t.from.code()).collect();
    for state in S::all().iter().filter(|s| !left.contains(s.code())) {
        let _ = writeln!(text, "    {} --> [*]", state.code());
    }
    text.push_str("```\n\n| from | move | to | who | needs | clock | reason |\n|---|---|---|---|---|---|---|\n");
    for t in S::TABLE {
        let who = t.who.iter().map(|w| w.code()).collect::<Vec<_>>().join(", ");
        let needs = t.needs.iter().map(|n| n.code()).collect::<Vec<_>>().join(", ");
        let clock = t.clock.map_or("", |c| c.code());
        let reason = if t.reason { "yes" } else { "" };
        let _ = writeln!(text, "| {} | {} | {} | {who} | {needs} | {clock} | {reason} |", t.from.code(), t.by.code(), t.to.code());
    }
    if let Some((_, clock)) = FIRST_CLOCKS.iter().find(|(group, _)| *group == S::GROUP) {
        let _ = writeln!(text, "\nIt begins with the clock `{}`.", clock.code());
    }
    text.push('\n');
    text
}

/// Every state table as Mermaid diagrams and Markdown tables: what `keqiao states` prints and `ARCHITECTURE.md` holds.
pub fn state_diagrams() -> String {
    let mut text = [
        diagram::<ListingState>("Listing"),
        diagram::<InterestState>("Interest"),
        diagram::<DealState>("Deal"),
        diagram::<NdaState>("Confidentiality agreement"),
        diagram::<TermState>("Term sheet"),
        diagram::<NoticeState>("Public notice"),
        diagram::<ObjectionState>("Objection"),
        diagram::<SaleState>("Sale"),
        diagram::<BidderState>("Bidder"),
        diagram::<ClaimState>("Claim"),
        diagram::<CommissionState>("Commission"),
        diagram::<QuestionState>("Question"),
        diagram::<ContractState>("Contract"),
    ]
    .concat();
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
