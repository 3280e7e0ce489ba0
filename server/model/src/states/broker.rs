//! What brokers (技术经理人) hold: claims of pairs, introductions, commissions.

use super::{Party, Stateful, Transition, row};
use crate::taxonomy::codes;

codes! {
    /// Where a broker's claim of a pair stands.
    ClaimState, "claim_state" {
        /// The broker alone works on the pair.
        Active = "active",
        /// Given up by the broker.
        Released = "released",
        /// Its time was over, or nothing happened for too long.
        Expired = "expired",
        /// A deal came of it.
        Dealt = "dealt",
    }
}

codes! {
    /// What happens to a claim.
    ClaimMove, "claim_move" {
        /// Give it up.
        Release = "release",
        /// Its time is over.
        Expire = "expire",
        /// A deal was opened.
        Deal = "deal",
    }
}

impl Stateful for ClaimState {
    type Move = ClaimMove;
    const TABLE: &'static [Transition<Self, ClaimMove>] = {
        use ClaimMove as M;
        use Party::{Broker, System};
        &[
            row(Self::Active, M::Release, Self::Released, &[Broker]),
            row(Self::Active, M::Expire, Self::Expired, &[System]),
            row(Self::Active, M::Deal, Self::Dealt, &[System]),
        ]
    };
}

codes! {
    /// Where a claimed pair stands on the broker's board; beyond it the state of the deal says so.
    ClaimStage, "claim_stage" {
        /// Just claimed.
        Found = "found",
        /// One side was spoken to.
        Contacted = "contacted",
        /// Both sides know of each other.
        Introduced = "introduced",
        /// They are in talks.
        Talking = "talking",
    }
}

codes! {
    /// Grades of 技术经理人.
    BrokerGrade, "broker_grade" {
        /// 初级.
        Junior = "junior",
        /// 中级.
        Intermediate = "intermediate",
        /// 高级.
        Senior = "senior",
    }
}

codes! {
    /// Modules of the training of 技术经理人.
    TrainingModule, "training_module" {
        /// 公共知识.
        Common = "common",
        /// 政策法规.
        Policy = "policy",
        /// 实务技能.
        Practice = "practice",
        /// 能力提升.
        Advanced = "advanced",
    }
}

codes! {
    /// What a broker did.
    ActivityKind, "activity_kind" {
        /// A telephone call.
        Call = "call",
        /// A visit or a meeting.
        Visit = "visit",
        /// A letter or a message.
        Letter = "letter",
        /// Anything else worth writing down.
        Note = "note",
    }
}

codes! {
    /// How a commission is measured.
    CommissionWay, "commission_way" {
        /// A share of the contract's value.
        Percent = "percent",
        /// A sum.
        Fixed = "fixed",
    }
}

codes! {
    /// Where a commission agreement stands.
    CommissionState, "commission_state" {
        /// Proposed by the broker; the sides that pay have not all agreed.
        Proposed = "proposed",
        /// Everybody who pays agreed.
        Agreed = "agreed",
    }
}

codes! {
    /// What happens to a commission agreement.
    CommissionMove, "commission_move" {
        /// The last side that pays agreed.
        Agree = "agree",
    }
}

impl Stateful for CommissionState {
    type Move = CommissionMove;
    const TABLE: &'static [Transition<Self, CommissionMove>] =
        &[row(Self::Proposed, CommissionMove::Agree, Self::Agreed, &[Party::Counterpart])];
}

codes! {
    /// What a record of the introduction ledger says.
    IntroductionRecord, "introduction_record" {
        /// The broker introduced two parties.
        Made = "made",
        /// The side that buys acknowledged it.
        BuyerAcknowledged = "buyer_acknowledged",
        /// The side that sells acknowledged it.
        SellerAcknowledged = "seller_acknowledged",
        /// A document or text was disclosed in the deal that came of it.
        Disclosed = "disclosed",
        /// A contract between the same parties was registered without the broker (民法典 965).
        Bypassed = "bypassed",
    }
}
