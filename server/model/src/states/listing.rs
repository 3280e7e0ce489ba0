//! Where a demand or an achievement stands.

use super::{Party, Stateful, Transition, reasoned, row};
use crate::taxonomy::codes;

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
        /// Off the market because its owner left too many interests unanswered.
        Suspended = "suspended",
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
        /// Too many interests were left unanswered.
        Suspend = "suspend",
        /// The owner promises to answer again.
        Resume = "resume",
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
            row(Self::Published, M::Suspend, Self::Suspended, &[System]),
            row(Self::Suspended, M::Resume, Self::Published, &[Owner]),
            row(Self::Suspended, M::Withdraw, Self::Withdrawn, &[Owner]),
            row(Self::InDeal, M::LoseDeal, Self::Published, &[System]),
            row(Self::InDeal, M::Complete, Self::Done, &[System]),
            row(Self::Expired, M::Reopen, Self::Draft, &[Owner]),
            row(Self::Withdrawn, M::Reopen, Self::Draft, &[Owner]),
        ]
    };
}
