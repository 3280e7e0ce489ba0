//! The full-text index of the market: analysis, ranking, explanation, evaluation. Knows no SQL and no HTTP.
//!
//! A [`SearchIndex`] is a directory derived from the database: it can be deleted and filled again, and then answers the same.
//! [`SearchIndex::apply`] changes it, [`SearchIndex::search`] answers people, [`SearchIndex::matches`] finds for a demand the
//! achievements that could solve it and the other way round, and says why.
//!
//! # The files as questions
//!
//! - `analysis`: which terms does a text have?
//! - `schema`, `given`: how does a listing become an entry of the index?
//! - `index`, `home`, `sealed`, `writer`: where does it live, is it sound, who changes it?
//! - `snapshot`: what do we know about one committed state (how many listings, how long, how rare is a term)?
//! - `scoring`: how much does a term say about a listing?
//! - `query`, `search`, `snippet`: what does a person's query mean, what fits it, and how is that shown?
//! - `matching`, `explanation`: what fits a whole listing, and why?
//! - `evaluate`: how good is all this, measured?

mod analysis;
mod document;
mod error;
pub mod evaluate;
mod explanation;
mod given;
mod home;
mod index;
mod matching;
mod query;
mod request;
mod schema;
mod scoring;
mod sealed;
mod search;
mod snapshot;
mod snippet;
mod top;
mod writer;

pub use analysis::warm_up;
pub use document::{Change, Document};
pub use error::SearchError;
#[doc(hidden)]
pub use home::Wrap;
pub use index::{Opened, Rebuild, SearchIndex, Settings, VERSION};
pub use matching::{FacetWeights, WEIGHTS};
pub use request::{Explanation, Facet, FacetReason, Hit, Match, Piece, SearchRequest, SearchResult, Sort, WordReason};
