//! What is indexed, and how a change to it is told.

use keqiao_model::{Indicator, ListingKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is indexed of one published listing: public text only.
///
/// Confidential text never gets here, so that it cannot show in snippets, counts or scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The listing's id. One document per id: a second [`Change::Put`] replaces the first.
    pub id: Uuid,
    /// The side of the market.
    pub kind: ListingKind,
    /// The number people see, such as `XQ-2026-000123`. Searching for it finds exactly this listing first.
    pub number: String,
    /// `zh` or `en`. Informative: analysis decides by the script of each run of text.
    pub language: String,
    /// The title.
    pub title: String,
    /// The summary, first choice for snippets.
    pub summary: String,
    /// All other public prose: background, problem, what is reached.
    pub text: String,
    /// Keywords as entered.
    pub keywords: Vec<String>,
    /// Names and units of indicators, one a line.
    pub indicators: String,
    /// The indicators themselves, to be compared number by number: wanted by a demand, reached by an achievement.
    pub requirements: Vec<Indicator>,
    /// The name of the organisation that published it.
    pub organisation: String,
    /// The id of that organisation.
    pub organisation_id: Uuid,
    /// Code of the technical field; empty when unknown.
    pub field: String,
    /// Code of the industry; empty when unknown.
    pub industry: String,
    /// Code of the region; empty when unknown.
    pub region: String,
    /// Technology readiness level, 1 to 9: reached by an achievement, wanted by a demand.
    pub trl: Option<i64>,
    /// Codes of the acceptable forms of cooperation.
    pub cooperation: Vec<String>,
    /// The link of the industry chain that a demand is about, as written: `动力电池/正极材料`; empty when unknown, and for achievements.
    pub chain_node: String,
    /// How many of a hundred interests its organisation answered within the last year; `None` when it was asked too rarely to tell.
    pub response: Option<u8>,
    /// Lower end of the price, in fen.
    pub price_min: Option<i64>,
    /// Upper end of the price, in fen.
    pub price_max: Option<i64>,
    /// Last day for answers, in days since 1970-01-01.
    pub deadline: Option<i64>,
    /// When it was published, in seconds since 1970-01-01 UTC.
    pub published_at: i64,
}

impl Document {
    /// A document with this identity and nothing else: the start of every builder and test.
    pub fn new(id: Uuid, kind: ListingKind) -> Self {
        Self {
            id,
            kind,
            number: String::new(),
            language: "zh".to_owned(),
            title: String::new(),
            summary: String::new(),
            text: String::new(),
            keywords: Vec::new(),
            indicators: String::new(),
            requirements: Vec::new(),
            organisation: String::new(),
            organisation_id: Uuid::nil(),
            field: String::new(),
            industry: String::new(),
            region: String::new(),
            trl: None,
            cooperation: Vec::new(),
            chain_node: String::new(),
            response: None,
            price_min: None,
            price_max: None,
            deadline: None,
            published_at: 0,
        }
    }

    /// What an embeddings end point reads of it: title, summary and text, the first `most` characters.
    pub fn meaning_text(&self, most: usize) -> String {
        let parts = [&self.title, &self.summary, &self.text].into_iter().filter(|part| !part.trim().is_empty());
        let whole = parts.map(String::as_str).collect::<Vec<_>>().join("\n");
        whole.chars().take(most).collect()
    }
}

/// One change to the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Add the document, or replace the one with its id.
    Put(Box<Document>),
    /// Remove the document with this id; nothing happens when there is none.
    Remove(Uuid),
}
