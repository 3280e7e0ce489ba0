//! What lives in a deal room: confidentiality agreements and term sheets.

use super::{Party, Stateful, Transition, row};
use crate::taxonomy::codes;

codes! {
    /// Where a confidentiality agreement (保密协议) stands.
    NdaState, "nda_state" {
        /// Its text is on the table.
        Proposed = "proposed",
        /// One side signed.
        HalfSigned = "half_signed",
        /// Both sides signed.
        Signed = "signed",
        /// A newer text took its place before both had signed.
        Replaced = "replaced",
    }
}

codes! {
    /// What somebody does to a confidentiality agreement.
    NdaMove, "nda_move" {
        /// Sign the text as it is.
        Sign = "sign",
        /// Sign as the second side.
        SignToo = "sign_too",
        /// Put another text in its place.
        Replace = "replace",
    }
}

impl Stateful for NdaState {
    type Move = NdaMove;
    const TABLE: &'static [Transition<Self, NdaMove>] = {
        use NdaMove as M;
        use Party::{Counterpart, Side};
        &[
            row(Self::Proposed, M::Sign, Self::HalfSigned, &[Side]),
            row(Self::Proposed, M::Replace, Self::Replaced, &[Side]),
            row(Self::HalfSigned, M::SignToo, Self::Signed, &[Counterpart]),
            row(Self::HalfSigned, M::Replace, Self::Replaced, &[Side]),
        ]
    };
}

codes! {
    /// Where a proposal of terms stands.
    TermState, "term_state" {
        /// The other side may accept it or answer with another.
        Proposed = "proposed",
        /// Both sides want these terms.
        Accepted = "accepted",
        /// The other side answered with another proposal.
        Countered = "countered",
        /// Taken back.
        Withdrawn = "withdrawn",
        /// Accepted once, opened again by both.
        Reopened = "reopened",
    }
}

codes! {
    /// What somebody does to a proposal of terms.
    TermMove, "term_move" {
        /// Accept it.
        Accept = "accept",
        /// Answer with another.
        Counter = "counter",
        /// Take it back.
        Withdraw = "withdraw",
        /// Negotiate again what was accepted.
        Reopen = "reopen",
    }
}

impl Stateful for TermState {
    type Move = TermMove;
    const TABLE: &'static [Transition<Self, TermMove>] = {
        use Party::{Counterpart, Proposer, Side};
        use TermMove as M;
        &[
            row(Self::Proposed, M::Accept, Self::Accepted, &[Counterpart]),
            row(Self::Proposed, M::Counter, Self::Countered, &[Counterpart]),
            row(Self::Proposed, M::Withdraw, Self::Withdrawn, &[Proposer]),
            row(Self::Accepted, M::Reopen, Self::Reopened, &[Side]),
        ]
    };
}

codes! {
    /// The part somebody has in a deal.
    DealRole, "deal_role" {
        /// Speaks for the side: signs, accepts, adds and removes members.
        Lead = "lead",
        /// Reads and writes, knows the technology.
        Technical = "technical",
        /// Reads and writes, knows contracts.
        Legal = "legal",
        /// The broker.
        Broker = "broker",
    }
}

codes! {
    /// What came of a trial (先用后转).
    TrialOutcome, "trial_outcome" {
        /// It does what was promised.
        Met = "met",
        /// It does part of it.
        Partly = "partly",
        /// It does not.
        NotMet = "not_met",
    }
}

codes! {
    /// What a document of a deal is.
    DocumentKind, "document_kind" {
        /// Technical description, drawings, test reports.
        Technical = "technical",
        /// Terms, drafts of the contract.
        Contract = "contract",
        /// Licences, patents, certificates.
        Proof = "proof",
        /// Anything else.
        Other = "other",
    }
}
