//! What the outbox carries from a committed change to the workers.

/// Something happened that workers must act upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A listing's public text or state changed: index it, or take it out.
    ListingChanged,
    /// It is known what a listing means: every node takes that in, matches follow later.
    ListingEmbedded,
    /// A listing waits for review.
    ListingSubmitted,
    /// A listing was published or returned: tell its owner.
    ListingReviewed,
    /// An interest was sent: tell the receiver.
    InterestSent,
    /// An interest was answered: tell the sender.
    InterestAnswered,
    /// A broker recommended a pair: tell both sides.
    PairRecommended,
    /// Somebody said whether a match is useful, took it back, or restored a dismissed one: nobody is told, readers of the outbox learn.
    PairJudged,
    /// Other weights of matches are in force: nobody is told, every node weighs by them and stored matches follow.
    WeightsChanged,
    /// A message was written in a deal: tell the others.
    MessageWritten,
    /// A deal moved: tell the other side.
    DealMoved,
    /// A contract was submitted, returned, registered or refused: tell the parties.
    ContractMoved,
    /// Somebody asked to join an organisation: tell its managers.
    MembershipAsked,
    /// Something happened that the payload puts whole: tell the people it names.
    Told,
}

impl Event {
    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::ListingChanged => "listing_changed",
            Self::ListingEmbedded => "listing_embedded",
            Self::ListingSubmitted => "listing_submitted",
            Self::ListingReviewed => "listing_reviewed",
            Self::InterestSent => "interest_sent",
            Self::InterestAnswered => "interest_answered",
            Self::PairRecommended => "pair_recommended",
            Self::PairJudged => "pair_judged",
            Self::WeightsChanged => "weights_changed",
            Self::MessageWritten => "message_written",
            Self::DealMoved => "deal_moved",
            Self::ContractMoved => "contract_moved",
            Self::MembershipAsked => "membership_asked",
            Self::Told => "told",
        }
    }

    /// Every event.
    pub const ALL: [Self; 14] = [
        Self::ListingChanged,
        Self::ListingEmbedded,
        Self::ListingSubmitted,
        Self::ListingReviewed,
        Self::InterestSent,
        Self::InterestAnswered,
        Self::PairRecommended,
        Self::PairJudged,
        Self::WeightsChanged,
        Self::MessageWritten,
        Self::DealMoved,
        Self::ContractMoved,
        Self::MembershipAsked,
        Self::Told,
    ];

    /// The event of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.code() == code)
    }
}
