//! States and their moves, declared once: pages draw their buttons from these tables, the market enforces them, the docs print them.
//!
//! Source: the workflows of listings, interests, deals and registrations in technology transfer practice; registration follows the
//! 技术合同认定登记 procedure.

use crate::taxonomy::codes;

/// Who may make a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Somebody of the organisation that owns it.
    Owner,
    /// An officer of the region, of another organisation than the owner's.
    Officer,
    /// Somebody of the organisation that was asked.
    Receiver,
    /// Somebody of either side of a deal.
    Side,
    /// The broker of the deal.
    Broker,
    /// The program itself, as a consequence of another move or of time.
    System,
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
    /// Whether a code or a reason must be given.
    pub reason: bool,
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

const fn row<S, M>(from: S, by: M, to: S, who: &'static [Party]) -> Transition<S, M> {
    Transition { from, by, to, who, reason: false }
}

const fn reasoned<S, M>(from: S, by: M, to: S, who: &'static [Party]) -> Transition<S, M> {
    Transition { from, by, to, who, reason: true }
}

codes! {
    /// Where a listing stands.
    ListingState, "listing_state" {
        /// Seen by its owner only.
        Draft = "draft",
        /// Waiting for an officer.
        InReview = "in_review",
        /// Sent back with reasons.
        Returned = "returned",
        /// Public and matched.
        Published = "published",
        /// Public, with a deal under way.
        InDeal = "in_deal",
        /// A demand solved or an achievement converted: a registered contract says so.
        Done = "done",
        /// Its deadline or validity is over.
        Expired = "expired",
        /// Taken off the market.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// What somebody does to a listing.
    ListingMove, "listing_move" {
        /// Hand in for review.
        Submit = "submit",
        /// Take back from review.
        TakeBack = "take_back",
        /// Send back with reasons.
        Return = "return",
        /// Publish.
        Publish = "publish",
        /// Revise something published: it goes through review again.
        Revise = "revise",
        /// Take off the market.
        Withdraw = "withdraw",
        /// Work on it again.
        Reopen = "reopen",
        /// Its validity ended.
        Expire = "expire",
        /// A deal was opened.
        OpenDeal = "open_deal",
        /// The last open deal was lost.
        LoseDeal = "lose_deal",
        /// A contract was registered.
        Complete = "complete",
    }
}

impl ListingState {
    /// Whether everyone may read the public part.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Published | Self::InDeal | Self::Done)
    }

    /// Whether it is searched and matched.
    pub fn is_indexed(self) -> bool {
        matches!(self, Self::Published | Self::InDeal)
    }

    /// Whether its owner may change its text.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }
}

impl Stateful for ListingState {
    type Move = ListingMove;
    const TABLE: &'static [Transition<Self, ListingMove>] = {
        use ListingMove as M;
        use Party::{Officer, Owner, System};
        &[
            row(Self::Draft, M::Submit, Self::InReview, &[Owner]),
            row(Self::Draft, M::Withdraw, Self::Withdrawn, &[Owner]),
            row(Self::Returned, M::Submit, Self::InReview, &[Owner]),
            row(Self::Returned, M::Withdraw, Self::Withdrawn, &[Owner]),
            row(Self::InReview, M::TakeBack, Self::Draft, &[Owner]),
            reasoned(Self::InReview, M::Return, Self::Returned, &[Officer]),
            row(Self::InReview, M::Publish, Self::Published, &[Officer]),
            row(Self::Published, M::Revise, Self::Draft, &[Owner]),
            reasoned(Self::Published, M::Withdraw, Self::Withdrawn, &[Owner, Officer]),
            row(Self::Published, M::Expire, Self::Expired, &[System]),
            row(Self::Published, M::OpenDeal, Self::InDeal, &[System]),
            row(Self::Published, M::Complete, Self::Done, &[System]),
            row(Self::InDeal, M::LoseDeal, Self::Published, &[System]),
            row(Self::InDeal, M::Complete, Self::Done, &[System]),
            row(Self::Expired, M::Reopen, Self::Draft, &[Owner]),
            row(Self::Withdrawn, M::Reopen, Self::Draft, &[Owner]),
        ]
    };
}

codes! {
    /// Where an interest stands.
    InterestState, "interest_state" {
        /// Waiting for an answer.
        Sent = "sent",
        /// Accepted; a deal was opened.
        Accepted = "accepted",
        /// Declined, with a code.
        Declined = "declined",
        /// Taken back by its sender.
        Withdrawn = "withdrawn",
        /// Nobody answered in time.
        Lapsed = "lapsed",
    }
}

codes! {
    /// What somebody does to an interest.
    InterestMove, "interest_move" {
        /// Accept and open a deal.
        Accept = "accept",
        /// Decline, with a code.
        Decline = "decline",
        /// Take it back.
        Withdraw = "withdraw",
        /// Its time is over.
        Lapse = "lapse",
    }
}

impl Stateful for InterestState {
    type Move = InterestMove;
    const TABLE: &'static [Transition<Self, InterestMove>] = {
        use InterestMove as M;
        use Party::{Owner, Receiver, System};
        &[
            row(Self::Sent, M::Accept, Self::Accepted, &[Receiver]),
            reasoned(Self::Sent, M::Decline, Self::Declined, &[Receiver]),
            row(Self::Sent, M::Withdraw, Self::Withdrawn, &[Owner]),
            row(Self::Sent, M::Lapse, Self::Lapsed, &[System]),
        ]
    };
}

codes! {
    /// Where a deal stands.
    DealState, "deal_state" {
        /// Both sides know of each other.
        Introduced = "introduced",
        /// Confidentiality is agreed.
        Nda = "nda",
        /// The technology is tried before it is paid (先用后转).
        Trial = "trial",
        /// Terms are negotiated.
        Terms = "terms",
        /// The price is on public notice (公示).
        Notice = "notice",
        /// A contract is signed.
        Signed = "signed",
        /// The contract is registered.
        Registered = "registered",
        /// The contract is performed.
        Performing = "performing",
        /// The result is accepted.
        Accepted = "accepted",
        /// Everything is paid and done.
        Closed = "closed",
        /// It came to nothing.
        Lost = "lost",
    }
}

codes! {
    /// What somebody does to a deal.
    DealMove, "deal_move" {
        /// Record the confidentiality agreement.
        AgreeNda = "agree_nda",
        /// Begin a trial.
        StartTrial = "start_trial",
        /// Negotiate terms.
        OpenTerms = "open_terms",
        /// Put the price on public notice.
        PublishNotice = "publish_notice",
        /// Sign: a contract is recorded.
        Sign = "sign",
        /// The contract was registered.
        Register = "register",
        /// Begin performance.
        Perform = "perform",
        /// Accept the result.
        Accept = "accept",
        /// Close.
        Close = "close",
        /// Give up, with a code.
        Lose = "lose",
    }
}

impl DealState {
    /// Whether people still work on it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Lost)
    }

    /// The way of a deal that succeeds, for progress displays.
    pub const PATH: [Self; 8] =
        [Self::Introduced, Self::Nda, Self::Terms, Self::Signed, Self::Registered, Self::Performing, Self::Accepted, Self::Closed];
}

impl Stateful for DealState {
    type Move = DealMove;
    const TABLE: &'static [Transition<Self, DealMove>] = {
        use DealMove as M;
        use Party::{Side, System};
        &[
            row(Self::Introduced, M::AgreeNda, Self::Nda, &[Side]),
            reasoned(Self::Introduced, M::Lose, Self::Lost, &[Side]),
            row(Self::Nda, M::OpenTerms, Self::Terms, &[Side]),
            row(Self::Nda, M::StartTrial, Self::Trial, &[Side]),
            reasoned(Self::Nda, M::Lose, Self::Lost, &[Side]),
            row(Self::Trial, M::OpenTerms, Self::Terms, &[Side]),
            reasoned(Self::Trial, M::Lose, Self::Lost, &[Side]),
            row(Self::Terms, M::Sign, Self::Signed, &[System]),
            row(Self::Terms, M::PublishNotice, Self::Notice, &[Side]),
            reasoned(Self::Terms, M::Lose, Self::Lost, &[Side]),
            row(Self::Notice, M::Sign, Self::Signed, &[System]),
            reasoned(Self::Notice, M::Lose, Self::Lost, &[Side]),
            row(Self::Signed, M::Register, Self::Registered, &[System]),
            reasoned(Self::Signed, M::Lose, Self::Lost, &[System]),
            row(Self::Registered, M::Perform, Self::Performing, &[Side]),
            row(Self::Performing, M::Accept, Self::Accepted, &[Side]),
            row(Self::Accepted, M::Close, Self::Closed, &[Side]),
        ]
    };
}

codes! {
    /// Where a contract stands on its way into the register.
    ContractState, "contract_state" {
        /// Being filled in.
        Draft = "draft",
        /// Waiting for an officer.
        Submitted = "submitted",
        /// Sent back for correction.
        Returned = "returned",
        /// In the register; it counts.
        Registered = "registered",
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
        /// Send back for correction.
        Return = "return",
        /// Register.
        Register = "register",
        /// Refuse, with a code.
        Refuse = "refuse",
        /// Cancel a registration.
        Cancel = "cancel",
    }
}

impl ContractState {
    /// Whether the parties may change it.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }
}

impl Stateful for ContractState {
    type Move = ContractMove;
    const TABLE: &'static [Transition<Self, ContractMove>] = {
        use ContractMove as M;
        use Party::{Officer, Owner};
        &[
            row(Self::Draft, M::Submit, Self::Submitted, &[Owner]),
            row(Self::Returned, M::Submit, Self::Submitted, &[Owner]),
            row(Self::Submitted, M::TakeBack, Self::Draft, &[Owner]),
            reasoned(Self::Submitted, M::Return, Self::Returned, &[Officer]),
            row(Self::Submitted, M::Register, Self::Registered, &[Officer]),
            reasoned(Self::Submitted, M::Refuse, Self::Refused, &[Officer]),
            reasoned(Self::Registered, M::Cancel, Self::Cancelled, &[Officer]),
        ]
    };
}
