//! Where a contract stands on its way into the register and after it, and what belongs to a registered contract: amendments, receipts, disputes.
//!
//! Source: domain rules, section 1 "Registration": the guide to 技术合同认定登记.

use super::{ClockKind, Need, Party, Stateful, Transition, reasoned, row};
use crate::taxonomy::codes;

codes! {
    /// Where a contract stands on its way into the register.
    ContractState, "contract_state" {
        /// Being filled in.
        Draft = "draft",
        /// Waiting to be accepted for review.
        Submitted = "submitted",
        /// Sent back for correction.
        Returned = "returned",
        /// Accepted; waiting for the first review.
        Accepted = "accepted",
        /// Passed the first review; from the threshold on, another officer reviews it again.
        SecondReview = "second_review",
        /// In the register; it counts.
        Registered = "registered",
        /// Performed; it stays in the register and counts.
        Completed = "completed",
        /// Refused, with a code.
        Refused = "refused",
        /// Registered once, then cancelled; it counts no more.
        Cancelled = "cancelled",
    }
}

codes! {
    /// What somebody does to a contract.
    ContractMove, "contract_move" {
        /// Hand in for registration.
        Submit = "submit",
        /// Take back.
        TakeBack = "take_back",
        /// Accept for review: what was handed in is complete.
        Accept = "accept",
        /// Pass the first review on to the second.
        Pass = "pass",
        /// Send back for correction.
        Return = "return",
        /// Register.
        Register = "register",
        /// Refuse, with a code.
        Refuse = "refuse",
        /// Say that it is performed.
        Complete = "complete",
        /// Cancel a registration.
        Cancel = "cancel",
    }
}

impl ContractState {
    /// The states in which a contract is in the register and counts.
    pub const IN_REGISTER: [Self; 2] = [Self::Registered, Self::Completed];
    /// The states in which an officer has to decide.
    pub const WAITING: [Self; 3] = [Self::Submitted, Self::Accepted, Self::SecondReview];

    /// Whether the parties may change it.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }

    /// Whether it is in the register and counts.
    pub fn is_registered(self) -> bool {
        Self::IN_REGISTER.contains(&self)
    }

    /// Whether an officer has to decide.
    pub fn waits(self) -> bool {
        Self::WAITING.contains(&self)
    }
}

impl Stateful for ContractState {
    type Move = ContractMove;
    const TABLE: &'static [Transition<Self, ContractMove>] = {
        use ContractMove as M;
        use Party::{Officer, Owner};
        &[
            row(Self::Draft, M::Submit, Self::Submitted, &[Owner]).clock(ClockKind::Decision),
            row(Self::Returned, M::Submit, Self::Submitted, &[Owner]).clock(ClockKind::Decision),
            row(Self::Submitted, M::TakeBack, Self::Draft, &[Owner]),
            row(Self::Submitted, M::Accept, Self::Accepted, &[Officer]),
            reasoned(Self::Submitted, M::Return, Self::Returned, &[Officer]),
            reasoned(Self::Submitted, M::Refuse, Self::Refused, &[Officer]),
            row(Self::Accepted, M::Pass, Self::SecondReview, &[Officer]).needs(&[Need::SecondReviewDue, Need::FindingsAnswered]),
            row(Self::Accepted, M::Register, Self::Registered, &[Officer]).needs(&[Need::FindingsAnswered]),
            reasoned(Self::Accepted, M::Return, Self::Returned, &[Officer]),
            reasoned(Self::Accepted, M::Refuse, Self::Refused, &[Officer]),
            row(Self::SecondReview, M::Register, Self::Registered, &[Officer]).needs(&[Need::AnotherReviewer, Need::FindingsAnswered]),
            reasoned(Self::SecondReview, M::Return, Self::Returned, &[Officer]).needs(&[Need::AnotherReviewer]),
            reasoned(Self::SecondReview, M::Refuse, Self::Refused, &[Officer]).needs(&[Need::AnotherReviewer]),
            row(Self::Registered, M::Complete, Self::Completed, &[Owner]).needs(&[Need::MilestonesAccepted, Need::DisputesSettled]),
            reasoned(Self::Registered, M::Cancel, Self::Cancelled, &[Officer]),
            reasoned(Self::Completed, M::Cancel, Self::Cancelled, &[Officer]),
        ]
    };
}

codes! {
    /// What an amendment of a registered contract changes.
    AmendmentKind, "amendment_kind" {
        /// 成交额 or 技术交易额.
        Amount = "amount",
        /// Who buys.
        Parties = "parties",
        /// Until when it is valid.
        Term = "term",
    }
}

codes! {
    /// Where an amendment (变更登记) stands.
    AmendmentState, "amendment_state" {
        /// An officer has to decide.
        Proposed = "proposed",
        /// The register says so now.
        Approved = "approved",
        /// Refused, with words.
        Refused = "refused",
        /// Taken back by the seller.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// What somebody does to an amendment.
    AmendmentMove, "amendment_move" {
        /// Enter it into the register.
        Approve = "approve",
        /// Refuse it.
        Refuse = "refuse",
        /// Take it back.
        Withdraw = "withdraw",
    }
}

impl Stateful for AmendmentState {
    type Move = AmendmentMove;
    const TABLE: &'static [Transition<Self, AmendmentMove>] = {
        use AmendmentMove as M;
        use Party::{Officer, Owner};
        &[
            row(Self::Proposed, M::Approve, Self::Approved, &[Officer]),
            reasoned(Self::Proposed, M::Refuse, Self::Refused, &[Officer]),
            row(Self::Proposed, M::Withdraw, Self::Withdrawn, &[Owner]),
        ]
    };
}

codes! {
    /// Where a milestone of a contract stands.
    MilestoneState, "milestone_state" {
        /// Not reached yet.
        Planned = "planned",
        /// The seller says that it is reached; the buyer has to accept it.
        Delivered = "delivered",
        /// The buyer accepted it.
        Accepted = "accepted",
        /// The buyer does not accept it, and says why.
        Rejected = "rejected",
    }
}

codes! {
    /// What somebody does to a milestone.
    MilestoneMove, "milestone_move" {
        /// Say that it is reached.
        Deliver = "deliver",
        /// Accept it (验收).
        Accept = "accept",
        /// Not accept it.
        Reject = "reject",
    }
}

impl Stateful for MilestoneState {
    type Move = MilestoneMove;
    const TABLE: &'static [Transition<Self, MilestoneMove>] = {
        use MilestoneMove as M;
        use Party::{Receiver, Seller};
        &[
            row(Self::Planned, M::Deliver, Self::Delivered, &[Seller]),
            row(Self::Rejected, M::Deliver, Self::Delivered, &[Seller]),
            row(Self::Delivered, M::Accept, Self::Accepted, &[Receiver]),
            reasoned(Self::Delivered, M::Reject, Self::Rejected, &[Receiver]),
        ]
    };
}

codes! {
    /// Where a receipt (技术性收入 really received) stands.
    ReceiptState, "receipt_state" {
        /// It counts.
        Recorded = "recorded",
        /// Taken back; it counts no more.
        Reversed = "reversed",
    }
}

codes! {
    /// What somebody does to a receipt.
    ReceiptMove, "receipt_move" {
        /// Take it back.
        Reverse = "reverse",
    }
}

impl Stateful for ReceiptState {
    type Move = ReceiptMove;
    const TABLE: &'static [Transition<Self, ReceiptMove>] =
        &[reasoned(Self::Recorded, ReceiptMove::Reverse, Self::Reversed, &[Party::Seller])];
}

codes! {
    /// Where a dispute about a contract stands.
    DisputeState, "dispute_state" {
        /// The parties disagree.
        Open = "open",
        /// They agreed, or somebody decided.
        Settled = "settled",
    }
}

codes! {
    /// What somebody does to a dispute.
    DisputeMove, "dispute_move" {
        /// Write down how it ended.
        Settle = "settle",
    }
}

impl Stateful for DisputeState {
    type Move = DisputeMove;
    const TABLE: &'static [Transition<Self, DisputeMove>] = &[reasoned(Self::Open, DisputeMove::Settle, Self::Settled, &[Party::Side])];
}

codes! {
    /// Where the split of a reward for 职务科技成果 stands.
    RewardState, "reward_state" {
        /// Being filled in.
        Draft = "draft",
        /// A manager of the unit has to approve it.
        Proposed = "proposed",
        /// Approved; the statement can be printed.
        Approved = "approved",
        /// Sent back with words.
        Returned = "returned",
        /// Given up.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// What somebody does to the split of a reward.
    RewardMove, "reward_move" {
        /// Ask for approval.
        Propose = "propose",
        /// Approve.
        Approve = "approve",
        /// Send back.
        Return = "return",
        /// Give it up.
        Withdraw = "withdraw",
    }
}

impl Stateful for RewardState {
    type Move = RewardMove;
    const TABLE: &'static [Transition<Self, RewardMove>] = {
        use Party::{Manager, Owner};
        use RewardMove as M;
        &[
            row(Self::Draft, M::Propose, Self::Proposed, &[Owner]),
            row(Self::Returned, M::Propose, Self::Proposed, &[Owner]),
            row(Self::Proposed, M::Approve, Self::Approved, &[Manager]),
            reasoned(Self::Proposed, M::Return, Self::Returned, &[Manager]),
            row(Self::Draft, M::Withdraw, Self::Withdrawn, &[Owner]),
            row(Self::Returned, M::Withdraw, Self::Withdrawn, &[Owner]),
        ]
    };
}

codes! {
    /// Where a reported value of an indicator stands.
    ReportState, "report_state" {
        /// The city has to approve it.
        Submitted = "submitted",
        /// It is shown.
        Approved = "approved",
        /// Sent back with words.
        Returned = "returned",
        /// A newer value took its place.
        Replaced = "replaced",
    }
}

codes! {
    /// What somebody does to a reported value.
    ReportMove, "report_move" {
        /// Approve it.
        Approve = "approve",
        /// Send it back.
        Return = "return",
        /// Hand in once more.
        Submit = "submit",
        /// Put a newer value in its place.
        Replace = "replace",
    }
}

impl Stateful for ReportState {
    type Move = ReportMove;
    const TABLE: &'static [Transition<Self, ReportMove>] = {
        use Party::{Officer, Owner, System};
        use ReportMove as M;
        &[
            row(Self::Submitted, M::Approve, Self::Approved, &[Officer]),
            reasoned(Self::Submitted, M::Return, Self::Returned, &[Officer]),
            row(Self::Returned, M::Submit, Self::Submitted, &[Owner]),
            row(Self::Approved, M::Replace, Self::Replaced, &[System]),
        ]
    };
}
