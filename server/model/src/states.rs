//! States and their moves, declared once: pages draw their buttons from these tables, the market enforces them, the docs print them.
//!
//! Source: the workflows of listings, interests, deals and registrations in technology transfer practice; registration follows the
//! 技术合同认定登记 procedure.

mod broker;
mod contract;
mod deal;
mod diagram;
mod interest;
mod listing;
mod room;
mod sale;

pub use self::{broker::*, contract::*, deal::*, diagram::*, interest::*, listing::*, room::*, sale::*};

use crate::taxonomy::codes;

codes! {
    /// Who may make a move.
    Party, "party" {
        /// Somebody of the organisation that owns it.
        Owner = "owner",
        /// An officer of the region, of another organisation than the owner's.
        Officer = "officer",
        /// Somebody of the organisation that was asked.
        Receiver = "receiver",
        /// A member of either side of a deal.
        Side = "side",
        /// A member of the side that sells.
        Seller = "seller",
        /// A member of the side that did not propose it.
        Counterpart = "counterpart",
        /// Whoever raised or proposed it.
        Proposer = "proposer",
        /// A manager of the organisation that owns it.
        Manager = "manager",
        /// The broker of the deal.
        Broker = "broker",
        /// The program itself, as a consequence of another move or of time.
        System = "system",
    }
}

codes! {
    /// What must be there before a move: the items of a deal's check-list.
    Need, "need" {
        /// Both sides signed the confidentiality agreement.
        NdaSigned = "nda_signed",
        /// A trial is planned: from when until when, and what it shall show.
        TrialPlanned = "trial_planned",
        /// The outcome of the trial is written down.
        TrialOutcome = "trial_outcome",
        /// Both sides accepted the same terms.
        TermsAccepted = "terms_accepted",
        /// A public unit that prices by agreement has put name and price on public notice (促进科技成果转化法 18).
        NoticePublished = "notice_published",
        /// The period of the public notice is over.
        NoticeEnded = "notice_ended",
        /// Every objection is answered.
        ObjectionsAnswered = "objections_answered",
        /// The contract is recorded.
        ContractRecorded = "contract_recorded",
        /// Its 技术交易额 reaches the threshold of a second review.
        SecondReviewDue = "second_review_due",
        /// Whoever decides is not the first reviewer.
        AnotherReviewer = "another_reviewer",
        /// Every finding of the integrity checks is answered.
        FindingsAnswered = "findings_answered",
        /// Every milestone of the contract is accepted.
        MilestonesAccepted = "milestones_accepted",
        /// No dispute about the contract is open.
        DisputesSettled = "disputes_settled",
        /// A code and, with "other", words.
        Reason = "reason",
    }
}

codes! {
    /// What time does by itself; the length of each is configuration.
    ClockKind, "clock" {
        /// An interest must be acknowledged.
        Acknowledge = "acknowledge",
        /// An acknowledged interest must be answered.
        Answer = "answer",
        /// A public notice stands.
        PublicNotice = "public_notice",
        /// A trial runs.
        Trial = "trial",
        /// A claim of a broker stands.
        Claim = "claim",
        /// A sale is open.
        Sale = "sale",
        /// A question waits for an answer.
        Question = "question",
        /// The registration must be decided.
        Decision = "decision",
    }
}

/// One row of a state table.
#[derive(Debug, Clone, Copy)]
pub struct Transition<S: 'static, M: 'static> {
    /// Before.
    pub from: S,
    /// What somebody does.
    pub by: M,
    /// After.
    pub to: S,
    /// Who may.
    pub who: &'static [Party],
    /// What must be there.
    pub needs: &'static [Need],
    /// The clock that starts with it.
    pub clock: Option<ClockKind>,
    /// Whether a code or a reason must be given.
    pub reason: bool,
}

impl<S, M> Transition<S, M> {
    const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    const fn clock(mut self, clock: ClockKind) -> Self {
        self.clock = Some(clock);
        self
    }
}

/// A subject with a state table.
pub trait Stateful: Sized + Copy + PartialEq + 'static {
    /// What somebody does to it.
    type Move: Copy + PartialEq + 'static;
    /// Its table.
    const TABLE: &'static [Transition<Self, Self::Move>];

    /// The row for a move from this state.
    fn transition(self, by: Self::Move) -> Option<&'static Transition<Self, Self::Move>> {
        Self::TABLE.iter().find(|t| t.from == self && t.by == by)
    }

    /// The moves a party may make from this state, in the order of the table.
    fn moves(self, parties: &[Party]) -> Vec<&'static Transition<Self, Self::Move>> {
        Self::TABLE.iter().filter(|t| t.from == self && t.who.iter().any(|w| parties.contains(w))).collect()
    }
}

const fn row<S: Copy, M: Copy>(from: S, by: M, to: S, who: &'static [Party]) -> Transition<S, M> {
    Transition { from, by, to, who, needs: &[], clock: None, reason: false }
}

const fn reasoned<S: Copy, M: Copy>(from: S, by: M, to: S, who: &'static [Party]) -> Transition<S, M> {
    Transition { from, by, to, who, needs: &[], clock: None, reason: true }
}
