//! Where a first contact stands.

use super::{ClockKind, Party, Stateful, Transition, reasoned, row};
use crate::taxonomy::codes;

codes! {
    /// Where an interest stands.
    InterestState, "interest_state" {
        /// Waiting to be acknowledged.
        Sent = "sent",
        /// Seen by the owner of the listing, who is thinking about it.
        Acknowledged = "acknowledged",
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
        /// Say that it was seen and is being thought about.
        Acknowledge = "acknowledge",
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

impl InterestState {
    /// Whether it still waits for an answer.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Sent | Self::Acknowledged)
    }
}

impl Stateful for InterestState {
    type Move = InterestMove;
    const TABLE: &'static [Transition<Self, InterestMove>] = {
        use InterestMove as M;
        use Party::{Owner, Receiver, System};
        &[
            row(Self::Sent, M::Accept, Self::Accepted, &[Receiver]),
            row(Self::Sent, M::Acknowledge, Self::Acknowledged, &[Receiver]).clock(ClockKind::Answer),
            reasoned(Self::Sent, M::Decline, Self::Declined, &[Receiver]),
            row(Self::Sent, M::Withdraw, Self::Withdrawn, &[Owner]),
            row(Self::Sent, M::Lapse, Self::Lapsed, &[System]),
            row(Self::Acknowledged, M::Accept, Self::Accepted, &[Receiver]),
            reasoned(Self::Acknowledged, M::Decline, Self::Declined, &[Receiver]),
            row(Self::Acknowledged, M::Withdraw, Self::Withdrawn, &[Owner]),
            row(Self::Acknowledged, M::Lapse, Self::Lapsed, &[System]),
        ]
    };
}
