//! What people can be told of, and how they can choose to be told.

use keqiao_model::NoticeKind;

use crate::Person;

/// A kind of notice; people choose for each how they want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// To officers: a listing waits for review.
    ListingSubmitted,
    /// A listing was published or returned.
    ListingReviewed,
    /// Somebody is interested in a listing.
    InterestSent,
    /// An interest was accepted or declined.
    InterestAnswered,
    /// A broker recommends a pair.
    PairRecommended,
    /// A message was written in a deal.
    MessageWritten,
    /// A deal moved.
    DealMoved,
    /// A contract moved.
    ContractMoved,
    /// Somebody asks to join an organisation.
    MembershipAsked,
    /// A request to join was answered.
    MembershipAnswered,
    /// One of the many others.
    Told(NoticeKind),
}

/// What kinds of notices are about: the parts of the page of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Listings, interests, recommendations.
    Interests,
    /// Deals.
    Deals,
    /// Contracts, their performance and what comes of it.
    Contracts,
    /// Public notices, listed prices and auctions.
    Sales,
    /// Claims, introductions and fees.
    Brokers,
    /// Questions to experts.
    Questions,
    /// Reviews and memberships.
    Administration,
}

impl Topic {
    /// Every topic, in the order of display.
    pub const ALL: [Self; 7] =
        [Self::Interests, Self::Deals, Self::Contracts, Self::Sales, Self::Brokers, Self::Questions, Self::Administration];
}

/// How a kind of notice comes by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailWay {
    /// A letter at once.
    Instant,
    /// A line in the digest of the day.
    Daily,
    /// Not at all.
    Off,
}

impl MailWay {
    /// Every way, in the order of display.
    pub const ALL: [Self; 3] = [Self::Instant, Self::Daily, Self::Off];

    /// As stored and as in forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Daily => "daily",
            Self::Off => "off",
        }
    }

    /// The way of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.code() == code)
    }
}

/// The kinds that have a letter of their own.
const LETTERS: [Kind; 10] = [
    Kind::ListingReviewed,
    Kind::InterestSent,
    Kind::InterestAnswered,
    Kind::PairRecommended,
    Kind::MessageWritten,
    Kind::DealMoved,
    Kind::ContractMoved,
    Kind::ListingSubmitted,
    Kind::MembershipAsked,
    Kind::MembershipAnswered,
];

impl Kind {
    /// Every kind, in the order of display within its topic.
    pub fn all() -> impl Iterator<Item = Self> {
        LETTERS.into_iter().chain(NoticeKind::ALL.iter().copied().map(Self::Told))
    }

    /// As stored: the code of its letter.
    pub fn code(self) -> &'static str {
        match self {
            Self::ListingSubmitted => "listing_submitted",
            Self::ListingReviewed => "listing_reviewed",
            Self::InterestSent => "interest_sent",
            Self::InterestAnswered => "interest_answered",
            Self::PairRecommended => "pair_recommended",
            Self::MessageWritten => "message_written",
            Self::DealMoved => "deal_moved",
            Self::ContractMoved => "contract_moved",
            Self::MembershipAsked => "membership_asked",
            Self::MembershipAnswered => "membership_answered",
            Self::Told(kind) => kind.code(),
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|kind| kind.code() == code)
    }

    /// What it is about.
    pub fn topic(self) -> Topic {
        use NoticeKind as N;
        match self {
            Self::ListingReviewed | Self::InterestSent | Self::InterestAnswered | Self::PairRecommended => Topic::Interests,
            Self::MessageWritten | Self::DealMoved => Topic::Deals,
            Self::ContractMoved => Topic::Contracts,
            Self::ListingSubmitted | Self::MembershipAsked | Self::MembershipAnswered => Topic::Administration,
            Self::Told(kind) => match kind {
                N::InterestAcknowledged | N::InterestDue | N::InterestLapsed | N::ListingSuspended => Topic::Interests,
                N::NdaProposed
                | N::NdaSigned
                | N::MemberAdded
                | N::DocumentAdded
                | N::TermsProposed
                | N::TermsAccepted
                | N::TrialEnding => Topic::Deals,
                N::PublicNoticePublished
                | N::PublicNoticeEnded
                | N::ObjectionRaised
                | N::ObjectionAnswered
                | N::BidderApplied
                | N::BidderAnswered
                | N::Outbid
                | N::SaleSettled => Topic::Sales,
                N::ClaimExpiring
                | N::ClaimExpired
                | N::IntroductionMade
                | N::IntroductionAcknowledged
                | N::IntroductionBypassed
                | N::CommissionProposed
                | N::CommissionAgreed
                | N::FeeDue => Topic::Brokers,
                N::QuestionAsked | N::QuestionAnswered => Topic::Questions,
                N::AmendmentProposed
                | N::AmendmentDecided
                | N::MilestoneDelivered
                | N::MilestoneDecided
                | N::MilestoneDue
                | N::DisputeRaised
                | N::DisputeSettled
                | N::RewardProposed
                | N::RewardDecided => Topic::Contracts,
                N::ReportSubmitted | N::ReportDecided | N::DecisionDue => Topic::Administration,
            },
        }
    }

    /// Whether somebody can ever be told of it: claims are held by brokers, reviews are for officers.
    pub(crate) fn concerns(self, person: &Person) -> bool {
        match self {
            Self::ListingSubmitted | Self::Told(NoticeKind::ReportSubmitted | NoticeKind::ReportDecided | NoticeKind::DecisionDue) => {
                person.officer.is_some()
            }
            Self::Told(NoticeKind::ClaimExpiring | NoticeKind::ClaimExpired) => person.broker,
            _ => true,
        }
    }

    /// How it comes by mail until somebody chooses. Most things ask for an answer; documents come in numbers and can wait for the morning.
    pub(crate) fn usual(self) -> MailWay {
        match self {
            Self::Told(NoticeKind::DocumentAdded) => MailWay::Daily,
            _ => MailWay::Instant,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        let codes: HashSet<&str> = Kind::all().map(Kind::code).collect();
        assert_eq!(codes.len(), Kind::all().count());
        for kind in Kind::all() {
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Kind::from_code("verify_email"), None, "letters of an account always go");
    }
}
