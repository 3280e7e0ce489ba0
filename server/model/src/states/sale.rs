//! Public notices (公示), objections, and sales at a listed price or by auction.

use super::{ClockKind, Party, Stateful, Transition, reasoned, row};
use crate::taxonomy::codes;

codes! {
    /// Where a public notice (公示) stands.
    NoticeState, "notice_state" {
        /// It is on public notice; objections may be raised until its end.
        Running = "running",
        /// Its period is over.
        Ended = "ended",
        /// Taken back before its end.
        Stopped = "stopped",
    }
}

codes! {
    /// What happens to a public notice.
    NoticeMove, "notice_move" {
        /// Its period is over.
        End = "end",
        /// Take it back, with a reason.
        Stop = "stop",
    }
}

impl Stateful for NoticeState {
    type Move = NoticeMove;
    const TABLE: &'static [Transition<Self, NoticeMove>] = {
        use NoticeMove as M;
        use Party::{Owner, System};
        &[
            row(Self::Running, M::End, Self::Ended, &[System]),
            reasoned(Self::Running, M::Stop, Self::Stopped, &[Owner]),
            reasoned(Self::Ended, M::Stop, Self::Stopped, &[Owner]),
        ]
    };
}

codes! {
    /// Where an objection (异议) stands.
    ObjectionState, "objection_state" {
        /// Waiting for an answer.
        Raised = "raised",
        /// Answered: the notice stands.
        Rejected = "rejected",
        /// Answered: the objection is right, and the notice must be taken back.
        Upheld = "upheld",
    }
}

codes! {
    /// What somebody does to an objection.
    ObjectionMove, "objection_move" {
        /// Answer that the notice stands.
        Reject = "reject",
        /// Answer that the objection is right.
        Uphold = "uphold",
    }
}

impl Stateful for ObjectionState {
    type Move = ObjectionMove;
    const TABLE: &'static [Transition<Self, ObjectionMove>] = {
        use ObjectionMove as M;
        use Party::Owner;
        &[reasoned(Self::Raised, M::Reject, Self::Rejected, &[Owner]), reasoned(Self::Raised, M::Uphold, Self::Upheld, &[Owner])]
    };
}

codes! {
    /// How the price of an achievement is found (促进科技成果转化法 18).
    PricingWay, "pricing_way" {
        /// 协议定价: the sides agree; a public unit puts the price on public notice.
        Agreement = "agreement",
        /// 挂牌交易: a listed price, and the first acceptable offer by the rules shown gets it.
        Listed = "listed",
        /// 拍卖: open ascending bids.
        Auction = "auction",
    }
}

codes! {
    /// What the inventors said to their first refusal when the unit transfers (民法典 847).
    FirstRefusal, "first_refusal" {
        /// Asked, and not taken up.
        Declined = "declined",
        /// An inventor takes it on equal terms: the buyer is an inventor.
        Exercised = "exercised",
        /// Nothing is transferred, or there is nobody to ask.
        NotApplicable = "not_applicable",
    }
}

codes! {
    /// Where a sale stands. Whether an announced sale is open yet, or still, is read from its times.
    SaleState, "sale_state" {
        /// Announced: it opens and closes at the times shown.
        Announced = "announced",
        /// Somebody got it.
        Sold = "sold",
        /// It closed without an acceptable bid.
        Failed = "failed",
        /// Taken back before the first bid.
        Cancelled = "cancelled",
    }
}

codes! {
    /// What happens to a sale.
    SaleMove, "sale_move" {
        /// The best bid gets it.
        Sell = "sell",
        /// Nobody bid.
        Fail = "fail",
        /// Take it back before the first bid, with a reason.
        Cancel = "cancel",
    }
}

impl Stateful for SaleState {
    type Move = SaleMove;
    const TABLE: &'static [Transition<Self, SaleMove>] = {
        use Party::{Owner, System};
        use SaleMove as M;
        &[
            row(Self::Announced, M::Sell, Self::Sold, &[System]),
            row(Self::Announced, M::Fail, Self::Failed, &[System]),
            reasoned(Self::Announced, M::Cancel, Self::Cancelled, &[Owner]),
        ]
    };
}

codes! {
    /// Where somebody who wants to bid stands.
    BidderState, "bidder_state" {
        /// Asked to take part; the deposit is not marked yet.
        Applied = "applied",
        /// The owner marked the deposit as received: may bid.
        Admitted = "admitted",
        /// Excluded by the owner, with a reason.
        Excluded = "excluded",
    }
}

codes! {
    /// What the owner does to a bidder.
    BidderMove, "bidder_move" {
        /// Mark the deposit as received.
        Admit = "admit",
        /// Exclude, with a reason.
        Exclude = "exclude",
    }
}

impl Stateful for BidderState {
    type Move = BidderMove;
    const TABLE: &'static [Transition<Self, BidderMove>] = {
        use BidderMove as M;
        use Party::Owner;
        &[
            row(Self::Applied, M::Admit, Self::Admitted, &[Owner]),
            reasoned(Self::Applied, M::Exclude, Self::Excluded, &[Owner]),
            reasoned(Self::Admitted, M::Exclude, Self::Excluded, &[Owner]),
        ]
    };
}

codes! {
    /// Where a question to an expert stands.
    QuestionState, "question_state" {
        /// Waiting for an answer.
        Asked = "asked",
        /// Answered.
        Answered = "answered",
        /// The expert or the institute cannot answer it.
        Declined = "declined",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// What somebody does to a question.
    QuestionMove, "question_move" {
        /// Answer it.
        Answer = "answer",
        /// Say that it cannot be answered, with a reason.
        Decline = "decline",
        /// Take it back.
        Withdraw = "withdraw",
    }
}

impl Stateful for QuestionState {
    type Move = QuestionMove;
    const TABLE: &'static [Transition<Self, QuestionMove>] = {
        use Party::{Proposer, Receiver};
        use QuestionMove as M;
        &[
            row(Self::Asked, M::Answer, Self::Answered, &[Receiver]),
            reasoned(Self::Asked, M::Decline, Self::Declined, &[Receiver]),
            row(Self::Asked, M::Withdraw, Self::Withdrawn, &[Proposer]),
        ]
    };
}

/// The clock that starts when a subject comes into being, for the diagrams.
pub const FIRST_CLOCKS: &[(&str, ClockKind)] = &[
    ("interest_state", ClockKind::Acknowledge),
    ("notice_state", ClockKind::PublicNotice),
    ("sale_state", ClockKind::Sale),
    ("claim_state", ClockKind::Claim),
    ("question_state", ClockKind::Question),
];
