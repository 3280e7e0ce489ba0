//! State tables as diagrams for people who read the docs.

use std::fmt::Write as _;

use super::{
    AmendmentState, BidderState, ClaimState, CommissionState, ContractState, DealState, DisputeState, FIRST_CLOCKS, InterestState,
    ListingState, MilestoneState, NdaState, NoticeState, ObjectionState, QuestionState, ReceiptState, ReportState, RewardState, SaleState,
    Stateful, TermState,
};
use crate::taxonomy::Coded;

/// A state table as a Mermaid diagram.
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
        let who = t.who.iter().map(|w| w.code()).collect::<Vec<_>>().join(", ");
        let reason = if t.reason { "*" } else { "" };
        let needs = t.needs.iter().map(|n| n.code()).collect::<Vec<_>>().join(", ");
        let needs = if needs.is_empty() { needs } else { format!(" needs {needs}") };
        let clock = t.clock.map_or_else(String::new, |c| format!(" starts {}", c.code()));
        let _ = writeln!(text, "    {} --> {} : {}{reason} ({who}){needs}{clock}", t.from.code(), t.to.code(), t.by.code());
    }
    text.push_str("```\n");
    if let Some((_, clock)) = FIRST_CLOCKS.iter().find(|(group, _)| *group == S::GROUP) {
        let _ = writeln!(text, "\nIt begins with the clock {}.", clock.code());
    }
    text.push('\n');
    text
}

/// Every state table as Mermaid diagrams: what `keqiao states` prints and `ARCHITECTURE.md` holds.
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
        diagram::<AmendmentState>("Amendment"),
        diagram::<MilestoneState>("Milestone"),
        diagram::<ReceiptState>("Receipt"),
        diagram::<DisputeState>("Dispute"),
        diagram::<RewardState>("Reward"),
        diagram::<ReportState>("Reported value"),
    ]
    .concat();
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
