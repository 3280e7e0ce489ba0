//! What the next moves of a deal need, and what of it is there.

use keqiao_model::{DealMove, DealState, Need, Stateful};
use sea_orm::ConnectionTrait;

use crate::{
    Error, Result,
    entity::deal,
    public_notices,
    room::{nda, terms, trials},
};

/// One need of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedView {
    /// What is needed.
    pub need: Need,
    /// Whether it is there.
    pub met: bool,
    /// Whether the move itself brings it.
    pub brought: bool,
}

/// A move that leads on from where a deal stands, with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextMove {
    /// The move.
    pub by: DealMove,
    /// What it needs.
    pub needs: Vec<NeedView>,
}

/// Whether a need is met now. What a move brings with it (the plan of a trial, the contract, a reason) is checked when it is made.
async fn is_met<C: ConnectionTrait>(db: &C, row: &deal::Model, need: Need) -> Result<bool> {
    Ok(match need {
        Need::NdaSigned => nda::is_signed(db, row.id).await?,
        Need::TermsAccepted => terms::accepted(db, row.id).await?.is_some(),
        Need::TrialOutcome => trials::of_deal(db, row.id).await?.is_some_and(|t| t.ended_at.is_some()),
        Need::NoticePublished => {
            let status = public_notices::status(db, row).await?;
            status.stands() || !status.owed
        }
        Need::NoticeEnded => public_notices::status(db, row).await?.is_over(),
        Need::ObjectionsAnswered => public_notices::status(db, row).await?.is_clear(),
        Need::TrialPlanned
        | Need::ContractRecorded
        | Need::Reason
        | Need::SecondReviewDue
        | Need::AnotherReviewer
        | Need::FindingsAnswered
        | Need::MilestonesAccepted
        | Need::DisputesSettled => false,
    })
}

/// What a move brings with it.
fn is_brought(need: Need) -> bool {
    matches!(need, Need::TrialPlanned | Need::ContractRecorded | Need::Reason)
}

/// Refuses a move whose needs are not met.
///
/// # Errors
/// [`Error::Invalid`] with `needs_<code>` for the first that is missing.
pub(crate) async fn needs_met<C: ConnectionTrait>(db: &C, row: &deal::Model, needs: &[Need]) -> Result<()> {
    for need in needs.iter().filter(|n| !is_brought(**n)) {
        if !is_met(db, row, *need).await? {
            return Err(Error::field("", &format!("needs_{}", need.code())));
        }
    }
    Ok(())
}

/// The moves that lead on from where a deal stands, with what they need; giving up is left out.
pub(crate) async fn next_moves<C: ConnectionTrait>(db: &C, row: &deal::Model, state: DealState) -> Result<Vec<NextMove>> {
    let mut next = Vec::new();
    for transition in DealState::TABLE.iter().filter(|t| t.from == state && !t.needs.is_empty() && t.by != DealMove::Lose) {
        let mut needs = Vec::new();
        for need in transition.needs {
            needs.push(NeedView { need: *need, met: is_met(db, row, *need).await?, brought: is_brought(*need) });
        }
        next.push(NextMove { by: transition.by, needs });
    }
    Ok(next)
}
