//! What can be asked, and what is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keqiao_model::{IndicatorFit, ListingKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A property by which results are counted and narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// The technical field.
    Field,
    /// The industry.
    Industry,
    /// The region.
    Region,
    /// The technology readiness level, as a decimal number.
    Trl,
    /// The form of cooperation; a listing can have several.
    Cooperation,
}

impl Facet {
    const ALL: [Facet; 5] = [Facet::Field, Facet::Industry, Facet::Region, Facet::Trl, Facet::Cooperation];

    /// Every facet, in the order of display.
    pub fn all() -> [Facet; 5] {
        Self::ALL
    }

    /// The name in URLs, such as `field`.
    pub fn code(self) -> &'static str {
        match self {
            Facet::Field => "field",
            Facet::Industry => "industry",
            Facet::Region => "region",
            Facet::Trl => "trl",
            Facet::Cooperation => "cooperation",
        }
    }

    /// The facet of this name in a URL.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|facet| facet.code() == code)
    }
}

/// The order of results. Ties fall to the newer listing, then to the id, so that paging is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Best first; without a query the same as [`Sort::Newest`].
    #[default]
    Relevance,
    /// Last published first.
    Newest,
    /// Nearest deadline first; listings without one come last.
    Deadline,
}

impl Sort {
    const ALL: [Sort; 3] = [Sort::Relevance, Sort::Newest, Sort::Deadline];

    /// Every order, in the order of display.
    pub fn all() -> [Sort; 3] {
        Self::ALL
    }

    /// The name in URLs, such as `newest`.
    pub fn code(self) -> &'static str {
        match self {
            Sort::Relevance => "relevance",
            Sort::Newest => "newest",
            Sort::Deadline => "deadline",
        }
    }

    /// The order of this name in a URL.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.code() == code)
    }
}

/// A person's search.
///
/// # The query
///
/// Any text is a query and none is an error. `"…"` must occur as it stands, `-…` must not occur; of words with `OR`, `或` or `|`
/// between them one must occur. `title:`, `keyword:` and `org:` ask for words in these places, `field:`, `region:`, `trl:` (also
/// `6..9`, `>=6`) and `number:` for a property; their Chinese names and the full-width colon do as well, and a leading minus turns
/// them round. Everything else is literal. At most the first 2,000 characters and the first 64 distinct words count, the rest is
/// silently left out. Up to four words must all occur (a word also when all its pairs of characters do); of longer queries a share
/// suffices, and whoever holds all words comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// The side that is searched.
    pub kind: ListingKind,
    /// What the person typed.
    pub query: String,
    /// Accepted codes by facet; within a facet any of them, across facets all. An empty set does not filter.
    pub filters: BTreeMap<Facet, BTreeSet<String>>,
    /// Price in fen that the listing's own price must touch; a listing without a price is then not found.
    pub price: Bounds,
    /// Technology readiness.
    pub trl: Bounds,
    /// What people may write for a code.
    pub labels: Arc<Labels>,
    /// Whether other words for the same are searched too.
    pub synonyms: Synonyms,
    /// Search what was typed even when nothing is found, and propose nothing else.
    pub exact: bool,
    /// Any one of few words, or half of many, is enough. A search that finds nothing is answered like this by itself, unless it is `exact`.
    pub partly: bool,
    /// The order.
    pub sort: Sort,
    /// How many hits to skip.
    pub offset: usize,
    /// How many hits to return at most; 0 only counts.
    pub limit: usize,
    /// Whether hits in titles and snippets are marked.
    pub mark: bool,
    /// Whether facets are counted.
    pub count: bool,
}

impl SearchRequest {
    /// The first twenty hits for a query, unfiltered, best first, marked.
    pub fn new(kind: ListingKind, query: impl Into<String>) -> Self {
        Self {
            kind,
            query: query.into(),
            filters: BTreeMap::new(),
            price: Bounds::default(),
            trl: Bounds::default(),
            labels: Arc::default(),
            synonyms: Synonyms::default(),
            exact: false,
            partly: false,
            sort: Sort::Relevance,
            offset: 0,
            limit: 20,
            mark: true,
            count: true,
        }
    }
}

/// A lower and an upper end, both included; a missing one leaves that side open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Lower end.
    pub min: Option<i64>,
    /// Upper end.
    pub max: Option<i64>,
}

impl Bounds {
    /// Whether neither end is given.
    pub fn is_open(self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Whether the value lies within.
    pub fn holds(self, value: i64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// What people may write for the codes of a facet: the index knows no language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(BTreeMap<Facet, Vec<(String, String)>>);

impl Labels {
    /// Adds one way to write a code.
    pub fn add(&mut self, facet: Facet, label: &str, code: &str) {
        let label = crate::analysis::normal::Normal::new(label.trim()).text;
        self.0.entry(facet).or_default().push((label, code.to_owned()));
    }

    /// The codes that are meant: those written exactly so, else those whose label holds the text. The text has to be normalised.
    pub(crate) fn codes(&self, facet: Facet, text: &str) -> BTreeSet<String> {
        let labels = self.0.get(&facet).map(Vec::as_slice).unwrap_or_default();
        let those = |fits: &dyn Fn(&str) -> bool| labels.iter().filter(|(label, _)| fits(label)).map(|(_, code)| code.clone()).collect();
        let exact: BTreeSet<String> = those(&|label| label == text);
        if exact.is_empty() && text.chars().nth(1).is_some() { those(&|label| label.contains(text)) } else { exact }
    }
}

/// Whether, and which, other words for the same are searched too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synonyms {
    /// Whether any.
    pub on: bool,
    /// Which not, as [`Also::word`] names them.
    pub without: BTreeSet<String>,
}

impl Default for Synonyms {
    fn default() -> Self {
        Self { on: true, without: BTreeSet::new() }
    }
}

/// Another word for the same that was searched too, for half the weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// What was typed.
    pub typed: String,
    /// What else was searched.
    pub word: String,
}

/// What the person probably meant to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The whole query, corrected.
    pub query: String,
    /// Whether the hits are those of the corrected query, because the typed one finds nothing.
    pub searched: bool,
}

/// What could be typed next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suggestions {
    /// Whole queries, the most frequent first.
    pub words: Vec<Completion>,
    /// Listings that the first of these finds: ids and titles.
    pub titles: Vec<(Uuid, String)>,
}

/// A query that begins as the typed one does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The query.
    pub text: String,
    /// How many listings of the side have its last word in title or keywords.
    pub count: usize,
}

/// The answer to a [`SearchRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchResult {
    /// How many listings match, on all pages together.
    pub total: usize,
    /// The hits of this page.
    pub hits: Vec<Hit>,
    /// For each facet its codes and counts, most first, then by code. A count respects the query and the filters of the OTHER
    /// facets, so it says what choosing that code instead would give.
    pub facets: BTreeMap<Facet, Vec<(String, usize)>>,
    /// Other words that were searched too.
    pub also: Vec<Also>,
    /// What the person probably meant.
    pub correction: Option<Correction>,
    /// No listing has all the words that it must: these have a part of them.
    pub partly: bool,
}

/// One listing found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The listing.
    pub id: Uuid,
    /// How well it fits the query; 0 when there was no query. Comparable within one result only.
    pub score: f32,
    /// The title in pieces.
    pub title: Vec<Piece>,
    /// At most about 160 characters that show why it was found.
    pub snippet: Vec<Piece>,
}

/// A piece of plain text. The page escapes it and wraps it in `<mark>` when it is a hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The text, unescaped.
    pub text: String,
    /// Whether this is what was searched for.
    pub hit: bool,
}

/// A listing of the other side that fits, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// The listing of the other side.
    pub id: Uuid,
    /// How well it fits; comparable among the matches of one document only.
    pub score: f32,
    /// What the score is made of.
    pub explanation: Explanation,
}

/// What a [`Match`]'s score is made of: `score == text_score + facet_score + indicator_score + kin`. The weights of `words` and `other` sum
/// to `text_score`, those of `facets` and `properties` to `facet_score` (up to rounding of `f32`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Explanation {
    /// The twelve heaviest shared words, heaviest first.
    pub words: Vec<WordReason>,
    /// What all shared words beyond `words` add.
    pub other: f32,
    /// Facets that agree.
    pub facets: Vec<FacetReason>,
    /// Other structured properties that agree.
    pub properties: Vec<PropertyReason>,
    /// The wanted indicators beside the offered ones.
    pub indicators: Vec<IndicatorFit>,
    /// What shared words add.
    pub text_score: f32,
    /// What agreeing facets and properties add.
    pub facet_score: f32,
    /// What met indicators add and missed ones take.
    pub indicator_score: f32,
    /// What it inherits from listings on the same subject that fit.
    pub kin: f32,
}

impl Explanation {
    /// The sum of all parts.
    pub fn score(&self) -> f32 {
        self.text_score + self.facet_score + self.indicator_score + self.kin
    }
}

/// A shared word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WordReason {
    /// The word as the matched document writes it (lower-cased, half-width), or a word of the other listing that is related to it.
    pub word: String,
    /// For a related word the document's own word that it stands for.
    pub stands_for: Option<String>,
    /// Where the OTHER listing has it: `title`, `summary`, `text`, `keywords`, `indicators`.
    pub fields: Vec<String>,
    /// What it adds to the score.
    pub weight: f32,
}

/// A structured property that agrees and is no facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// The achievement speaks of the demand's link of the industry chain.
    ChainNode,
    /// The budget reaches the price.
    Price,
    /// Its organisation answers those who ask.
    Response,
    /// It was published lately.
    Freshness,
    /// It means the like, as an embeddings end point sees it.
    Meaning,
}

impl Property {
    /// Its name in the locales.
    pub fn code(self) -> &'static str {
        match self {
            Property::ChainNode => "chain_node",
            Property::Price => "price",
            Property::Response => "response",
            Property::Freshness => "freshness",
            Property::Meaning => "meaning",
        }
    }
}

/// Such a property and what it adds to the score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PropertyReason {
    /// Which property.
    pub property: Property,
    /// What it adds.
    pub weight: f32,
}

/// A property that agrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacetReason {
    /// Which property.
    pub facet: Facet,
    /// The other listing's code of it.
    pub code: String,
    /// What it adds to the score.
    pub weight: f32,
}
