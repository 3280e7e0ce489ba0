//! Where a deal stands on its way from the introduction to the last payment.

use super::{ClockKind, Need, Party, Stateful, Transition, reasoned, row};
use crate::taxonomy::codes;

codes! {
    /// Where a deal stands.
    DealState, "deal_state" {
        /// Both sides know of each other.
        Introduced = "introduced",
        /// Confidentiality is agreed: both sides signed.
        Nda = "nda",
        /// The technology is tried before it is paid (先用后转).
        Trial = "trial",
        /// Terms are negotiated.
        Terms = "terms",
        /// Name and price are on public notice (公示).
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
        /// Both sides signed the confidentiality agreement.
        AgreeNda = "agree_nda",
        /// Begin a trial.
        StartTrial = "start_trial",
        /// Negotiate terms.
        OpenTerms = "open_terms",
        /// Put name and price on public notice.
        PublishNotice = "publish_notice",
        /// Take the public notice back and negotiate again.
        ReopenTerms = "reopen_terms",
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

    /// Whether both sides signed the confidentiality agreement and the deal was not lost: the confidential tier is open.
    pub fn is_confidential(self) -> bool {
        !matches!(self, Self::Introduced | Self::Lost)
    }

    /// The way of a deal that succeeds, for progress displays.
    pub const PATH: [Self; 8] =
        [Self::Introduced, Self::Nda, Self::Terms, Self::Signed, Self::Registered, Self::Performing, Self::Accepted, Self::Closed];
}

impl Stateful for DealState {
    type Move = DealMove;
    const TABLE: &'static [Transition<Self, DealMove>] = {
        use DealMove as M;
        use Party::{Seller, Side, System};
        &[
            row(Self::Introduced, M::AgreeNda, Self::Nda, &[System]).needs(&[Need::NdaSigned]),
            reasoned(Self::Introduced, M::Lose, Self::Lost, &[Side]).needs(&[Need::Reason]),
            row(Self::Nda, M::OpenTerms, Self::Terms, &[Side]),
            row(Self::Nda, M::StartTrial, Self::Trial, &[Side]).needs(&[Need::TrialPlanned]).clock(ClockKind::Trial),
            reasoned(Self::Nda, M::Lose, Self::Lost, &[Side]).needs(&[Need::Reason]),
            row(Self::Trial, M::OpenTerms, Self::Terms, &[Side]).needs(&[Need::TrialOutcome]),
            reasoned(Self::Trial, M::Lose, Self::Lost, &[Side]).needs(&[Need::Reason]),
            row(Self::Terms, M::Sign, Self::Signed, &[System]).needs(&[Need::TermsAccepted, Need::NoticePublished, Need::ContractRecorded]),
            row(Self::Terms, M::PublishNotice, Self::Notice, &[Seller]).needs(&[Need::TermsAccepted]).clock(ClockKind::PublicNotice),
            reasoned(Self::Terms, M::Lose, Self::Lost, &[Side]).needs(&[Need::Reason]),
            row(Self::Notice, M::Sign, Self::Signed, &[System]).needs(&[
                Need::NoticeEnded,
                Need::ObjectionsAnswered,
                Need::ContractRecorded,
            ]),
            reasoned(Self::Notice, M::ReopenTerms, Self::Terms, &[Seller]),
            reasoned(Self::Notice, M::Lose, Self::Lost, &[Side]).needs(&[Need::Reason]),
            row(Self::Signed, M::Register, Self::Registered, &[System]),
            reasoned(Self::Signed, M::Lose, Self::Lost, &[System]),
            row(Self::Registered, M::Perform, Self::Performing, &[Side]),
            row(Self::Performing, M::Accept, Self::Accepted, &[Side]),
            row(Self::Accepted, M::Close, Self::Closed, &[Side]),
        ]
    };
}
