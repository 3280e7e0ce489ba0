//! What people can do in the market: one module a feature. Every use case takes the actor, checks permission, then the rules of `model`, then
//! writes in one transaction with its audit entry and outbox event, and answers with a typed error.

pub mod accounts;
mod actor;
pub mod attachments;
pub mod audit;
pub mod brokers;
pub mod clocks;
pub mod commissions;
pub mod contracts;
pub mod dashboard;
pub mod db;
pub mod deals;
pub mod entity;
mod error;
mod event;
pub mod experts;
pub mod feedback;
pub mod hints;
pub mod history;
pub mod imports;
pub mod interests;
pub mod introductions;
pub mod ledger;
pub mod letters;
mod limits;
pub mod listings;
mod market;
pub mod matching;
pub mod notices;
pub mod organisations;
mod paging;
pub mod performance;
pub mod public_notices;
pub mod questions;
pub mod reports;
pub mod review;
pub mod rewards;
pub mod room;
pub mod rules;
pub mod sales;
pub mod sheets;
pub mod similar;
pub mod targets;
#[cfg(test)]
mod testing;
mod text;
pub mod weights;

/// China Standard Time, in which days begin and numbers get their year.
pub const CHINA: time::UtcOffset = match time::UtcOffset::from_hms(8, 0, 0) {
    Ok(offset) => offset,
    Err(_) => time::UtcOffset::UTC,
};

pub use self::{
    actor::{Actor, ActorOrganisation, Person, region_contains},
    db::Subject,
    error::{Error, Result},
    event::Event,
    listings::{ListingSummary, ListingView, ReturnReason},
    market::{Clock, Department, EmbeddingConfig, FormerRegion, Limits, Market, MarketConfig, Periods, PlanYears, Region},
    paging::{PER_PAGE, Paged},
};
