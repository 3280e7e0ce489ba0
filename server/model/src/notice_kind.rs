//! What people are told of.

use crate::taxonomy::codes;

codes! {
    /// A kind of notice; people choose for each how they want to be told.
    NoticeKind, "notice_kind" {
        /// The receiver of an interest says that it is thinking about it.
        InterestAcknowledged = "interest_acknowledged",
        /// An interest must be answered soon.
        InterestDue = "interest_due",
        /// Nobody answered an interest in time.
        InterestLapsed = "interest_lapsed",
        /// A listing was suspended because its owner does not answer.
        ListingSuspended = "listing_suspended",
        /// A confidentiality agreement waits for a signature.
        NdaProposed = "nda_proposed",
        /// Both sides signed a confidentiality agreement.
        NdaSigned = "nda_signed",
        /// Somebody was made a member of a deal.
        MemberAdded = "member_added",
        /// A document was added to a deal, or a new version of one.
        DocumentAdded = "document_added",
        /// Terms were proposed, or taken back.
        TermsProposed = "terms_proposed",
        /// Terms were accepted.
        TermsAccepted = "terms_accepted",
        /// A trial is about to end.
        TrialEnding = "trial_ending",
        /// A public notice began.
        PublicNoticePublished = "public_notice_published",
        /// A public notice ended.
        PublicNoticeEnded = "public_notice_ended",
        /// An objection was raised.
        ObjectionRaised = "objection_raised",
        /// An objection was answered.
        ObjectionAnswered = "objection_answered",
        /// Somebody wants to bid.
        BidderApplied = "bidder_applied",
        /// A bidder was admitted or excluded.
        BidderAnswered = "bidder_answered",
        /// Another bid is higher.
        Outbid = "outbid",
        /// A sale is over.
        SaleSettled = "sale_settled",
        /// A claim of a pair is about to expire.
        ClaimExpiring = "claim_expiring",
        /// A claim of a pair expired.
        ClaimExpired = "claim_expired",
        /// A broker introduced two parties.
        IntroductionMade = "introduction_made",
        /// Both parties acknowledged an introduction.
        IntroductionAcknowledged = "introduction_acknowledged",
        /// A contract was registered between introduced parties without their broker.
        IntroductionBypassed = "introduction_bypassed",
        /// A commission was proposed.
        CommissionProposed = "commission_proposed",
        /// A commission was agreed.
        CommissionAgreed = "commission_agreed",
        /// A fee became due.
        FeeDue = "fee_due",
        /// Somebody asks an expert.
        QuestionAsked = "question_asked",
        /// A question was answered or declined.
        QuestionAnswered = "question_answered",
        /// A registered contract should be changed.
        AmendmentProposed = "amendment_proposed",
        /// A change of a registered contract was decided.
        AmendmentDecided = "amendment_decided",
        /// A milestone waits for acceptance.
        MilestoneDelivered = "milestone_delivered",
        /// A milestone was accepted or not.
        MilestoneDecided = "milestone_decided",
        /// A milestone is due soon.
        MilestoneDue = "milestone_due",
        /// The parties of a contract disagree.
        DisputeRaised = "dispute_raised",
        /// A dispute ended.
        DisputeSettled = "dispute_settled",
        /// The split of a reward waits for approval.
        RewardProposed = "reward_proposed",
        /// The split of a reward was decided.
        RewardDecided = "reward_decided",
        /// A reported indicator waits for approval.
        ReportSubmitted = "report_submitted",
        /// A reported indicator was decided.
        ReportDecided = "report_decided",
        /// A registration must be decided soon.
        DecisionDue = "decision_due",
    }
}
