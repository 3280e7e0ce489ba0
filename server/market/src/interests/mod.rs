//! First contacts: one side sends an interest, the other acknowledges it, accepts (a deal opens) or declines with a code and words, within
//! periods that are kept by a clock. Brokers recommend pairs. Owners learn what their interests and answers come to.

mod answering;
mod clock;
mod outcomes;
mod recommending;
mod response;
mod sending;
mod views;

use keqiao_model::{InterestState, Party};

pub use self::{
    answering::answer_interest,
    clock::Due,
    outcomes::{ListingOutcomes, Refusal, RefusalWords, listing_outcomes, refusals},
    recommending::{RecommendationView, recommend_pair, recommendations},
    response::{RESPONSES_MAX, ResponseFigures, response_figures, response_step},
    sending::{counters, send_interest},
    views::{Direction, InterestView, interest, interests, timeline},
};
pub(crate) use self::{
    clock::{check_resume, clock_step},
    response::{Row as ResponseRow, figures as response_of, percents},
    sending::lock_listing,
};
use crate::{Actor, Error, Result, entity::interest as row};

/// Longest message of an interest, and longest words of an answer, characters.
pub const MESSAGE_MAX: usize = 2_000;
/// Longest text of why the sender fits, characters.
pub const FIT_MAX: usize = 2_000;

/// Codes of the states in which an interest waits for an answer.
pub(crate) fn open_states() -> impl Iterator<Item = &'static str> {
    InterestState::ALL.iter().filter(|s| s.is_open()).map(|s| s.code())
}

fn state_of_interest(row: &row::Model) -> Result<InterestState> {
    InterestState::from_code(&row.state).ok_or_else(|| Error::internal(format!("interest state {}", row.state)))
}

fn parties(actor: &Actor, row: &row::Model) -> Vec<Party> {
    let mut parties = Vec::new();
    if actor.belongs_to(row.from_organisation_id) {
        parties.push(Party::Owner);
    }
    if actor.belongs_to(row.to_organisation_id) {
        parties.push(Party::Receiver);
    }
    parties
}

/// Whether the actor may not learn who sent an interest: a sender who wants so is unnamed until it is accepted, except to its own side.
fn conceals(actor: &Actor, row: &row::Model) -> bool {
    row.hidden && row.state != InterestState::Accepted.code() && !actor.belongs_to(row.from_organisation_id)
}
