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
//! - `query`, `search`, `conjunction`, `phrase`, `filter`, `snippet`: what does a person's query mean, what fits it, what may stay, and how is that shown?
//! - `synonyms`: which words mean the same?
//! - `vocabulary`, `spelling`, `help`: which words are there to be typed, what was meant, what could be typed next?
//! - `matching`, `explanation`: what fits a whole listing, and why? `matching/learning`: which weights order judged pairs best?
//! - `thesaurus`, `latent`: what else may it be called, and which listings are about the same?
//! - `embeddings`: which listings mean the like, where an embeddings end point says so?
//! - `similar`: what of its own side says the same?
//! - `evaluate`: how good is all this, measured?

mod analysis;
mod conjunction;
mod document;
mod embeddings;
mod error;
pub mod evaluate;
mod explanation;
mod filter;
mod given;
mod help;
mod home;
mod index;
mod latent;
mod matching;
mod phrase;
mod query;
mod request;
mod schema;
mod scoring;
mod sealed;
mod search;
mod similar;
mod snapshot;
mod snippet;
mod spelling;
mod synonyms;
mod thesaurus;
mod top;
mod vocabulary;
mod writer;

pub use document::{Change, Document};
pub use embeddings::Embedding;
pub use error::SearchError;
#[doc(hidden)]
pub use home::Wrap;
pub use index::{Opened, Rebuild, SearchIndex, Settings, VERSION};
pub use matching::{WEIGHTS, Weighed, Weights, learning};
pub use request::{
    Also, Bounds, Completion, Correction, Explanation, Facet, FacetReason, Hit, Labels, Match, Piece, Property, PropertyReason,
    SearchRequest, SearchResult, Sort, Suggestions, Synonyms, WordReason,
};

/// Loads dictionary and thesaurus, which takes about a second in a debug build. Call it at start, before the first request.
pub fn warm_up() {
    analysis::warm_up();
    thesaurus::warm_up();
}
