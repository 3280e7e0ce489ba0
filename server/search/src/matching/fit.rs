//! Which properties of a listing agree with another's, and what is that worth?

use std::collections::HashSet;

use keqiao_model::{Fit, Indicator, IndicatorFit, ListingKind, compare};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tantivy::SegmentReader;
use tantivy::columnar::{Column, StrColumn};

use crate::document::Document;
use crate::error::SearchError;
use crate::request::{Facet, FacetReason, Property, PropertyReason};
use crate::schema::{column, facet_codes};

/// What agreeing properties add, as shares of the best text score that any listing reaches for the same document. Text stays
/// dominant. Read from JSON, what is missing there is as declared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weights {
    /// The same technical field.
    pub field: f32,
    /// The same industry.
    pub industry: f32,
    /// At least one form of cooperation that both accept.
    pub cooperation: f32,
    /// The same region.
    pub region: f32,
    /// The achievement's readiness reaches what the demand wants; one level short counts half.
    pub trl: f32,
    /// The achievement speaks of the demand's link of the industry chain: of all its parts, or for a share of them a share.
    pub chain_node: f32,
    /// Budget and price overlap.
    pub price: f32,
    /// Published lately: half as much for each year that the newest listing of the market is newer.
    pub freshness: f32,
    /// The organisation answered everybody who asked within the last year; for a share of them a share, nothing when few asked.
    pub response: f32,
    /// All wanted indicators are met; each missed one counts against as much as a met one counts for.
    pub indicators: f32,
    /// Listings on the same subject fit as well as the best: what a listing inherits from its kin.
    pub kin: f32,
    /// No listing means more nearly the same, as an embeddings end point sees it; less for those that others precede.
    pub meaning: f32,
}

/// The weights as they are declared: in force until others are.
pub const WEIGHTS: Weights = Weights {
    field: 0.06,
    industry: 0.02,
    cooperation: 0.03,
    region: 0.02,
    trl: 0.04,
    chain_node: 0.03,
    price: 0.02,
    freshness: 0.01,
    response: 0.02,
    indicators: 0.08,
    kin: 0.5,
    meaning: 0.5,
};

impl Default for Weights {
    fn default() -> Self {
        WEIGHTS
    }
}

/// What has a weight beside words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weighed {
    /// [`Weights::indicators`].
    Indicators,
    /// The weight of a facet that agrees.
    Facet(Facet),
    /// The weight of another property that agrees.
    Property(Property),
    /// [`Weights::kin`].
    Kin,
}

impl Weighed {
    /// All of them, in the order of display.
    pub const ALL: [Self; 12] = [
        Self::Indicators,
        Self::Facet(Facet::Field),
        Self::Facet(Facet::Trl),
        Self::Facet(Facet::Cooperation),
        Self::Facet(Facet::Industry),
        Self::Facet(Facet::Region),
        Self::Property(Property::ChainNode),
        Self::Property(Property::Price),
        Self::Property(Property::Freshness),
        Self::Property(Property::Response),
        Self::Kin,
        Self::Property(Property::Meaning),
    ];

    /// Its name in JSON, that of its field in [`Weights`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Indicators => "indicators",
            Self::Facet(Facet::Field) => "field",
            Self::Facet(Facet::Trl) => "trl",
            Self::Facet(Facet::Cooperation) => "cooperation",
            Self::Facet(Facet::Industry) => "industry",
            Self::Facet(Facet::Region) => "region",
            Self::Property(Property::ChainNode) => "chain_node",
            Self::Property(Property::Price) => "price",
            Self::Property(Property::Freshness) => "freshness",
            Self::Property(Property::Response) => "response",
            Self::Kin => "kin",
            Self::Property(Property::Meaning) => "meaning",
        }
    }
}

const SECONDS_OF_A_YEAR: f32 = 365.0 * 86_400.0;

impl Weights {
    /// Learnt weights are at most this many times what is declared, and none is worth more than the words of the best.
    const MOST_TIMES: f32 = 3.0;

    /// The weight of one of them.
    pub fn of(mut self, what: Weighed) -> f32 {
        *self.of_mut(what)
    }

    /// The place of that weight.
    pub fn of_mut(&mut self, what: Weighed) -> &mut f32 {
        match what {
            Weighed::Indicators => &mut self.indicators,
            Weighed::Facet(Facet::Field) => &mut self.field,
            Weighed::Facet(Facet::Trl) => &mut self.trl,
            Weighed::Facet(Facet::Cooperation) => &mut self.cooperation,
            Weighed::Facet(Facet::Industry) => &mut self.industry,
            Weighed::Facet(Facet::Region) => &mut self.region,
            Weighed::Property(Property::ChainNode) => &mut self.chain_node,
            Weighed::Property(Property::Price) => &mut self.price,
            Weighed::Property(Property::Freshness) => &mut self.freshness,
            Weighed::Property(Property::Response) => &mut self.response,
            Weighed::Kin => &mut self.kin,
            Weighed::Property(Property::Meaning) => &mut self.meaning,
        }
    }

    /// The most that may be learnt for one of them: nothing where nothing is declared.
    pub fn most(what: Weighed) -> f32 {
        let declared = WEIGHTS.of(what);
        (declared * Self::MOST_TIMES).min(declared.max(1.0))
    }

    /// The same within what may be learnt; what is no number is as declared.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        for what in Weighed::ALL {
            let weight = self.of_mut(what);
            *weight = if weight.is_finite() { weight.clamp(0.0, Self::most(what)) } else { WEIGHTS.of(what) };
        }
        self
    }

    /// Learnt weights from JSON, whatever it holds: within what may be learnt, and as declared where there is no number. Also whether anything
    /// was there that could not be read.
    pub fn read(json: &str) -> (Self, bool) {
        let Ok(Value::Object(stored)) = serde_json::from_str(json) else { return (WEIGHTS, true) };
        let (mut weights, mut unread) = (WEIGHTS, false);
        for what in Weighed::ALL {
            if let Some(value) = stored.get(what.name()) {
                let weight = value.as_f64().map(|weight| weight as f32).filter(|weight| weight.is_finite());
                unread |= weight.is_none();
                *weights.of_mut(what) = weight.unwrap_or_else(|| WEIGHTS.of(what));
            }
        }
        (weights.bounded(), unread)
    }

    /// The most that properties read from columns can add.
    pub(crate) fn columns(&self) -> f32 {
        self.field + self.industry + self.cooperation + self.region + self.trl + self.price + self.freshness + self.response
    }
}

/// Ranks are told apart the less the further down they are: of two systems' rankings fused by rank, the usual constant (Cormack, Clarke and
/// Büttcher, 2009).
const RANK_CONSTANT: f32 = 60.0;

/// The share that the n-th nearest by meaning earns, counted from 0.
pub(crate) fn meaning_share(place: usize) -> f32 {
    (RANK_CONSTANT + 1.0) / (RANK_CONSTANT + 1.0 + place as f32)
}

/// Which properties of the documents of one segment agree with a document's.
pub(crate) struct Agreement<'a> {
    document: &'a Document,
    scale: f32,
    newest: i64,
    weights: &'a Weights,
    facets: Vec<(Facet, f32, Option<StrColumn>, HashSet<u64>)>,
    price_min: Option<Column<i64>>,
    price_max: Option<Column<i64>>,
    published_at: Column<i64>,
    response: Option<Column<u64>>,
}

impl<'a> Agreement<'a> {
    /// Opens the columns of a segment; `best` is the best text score, `newest` when the newest listing was published.
    pub(crate) fn new(
        reader: &SegmentReader,
        weights: &'a Weights,
        document: &'a Document,
        best: f32,
        newest: i64,
    ) -> Result<Self, SearchError> {
        let mut facets = Vec::new();
        for (facet, weight) in [
            (Facet::Field, weights.field),
            (Facet::Industry, weights.industry),
            (Facet::Cooperation, weights.cooperation),
            (Facet::Region, weights.region),
            (Facet::Trl, weights.trl),
        ] {
            let codes = facet_codes(document, facet);
            if codes.iter().all(String::is_empty) {
                continue;
            }
            let column = reader.fast_fields().str(facet.code())?;
            let mut wanted = HashSet::new();
            if let Some(column) = &column {
                for code in codes {
                    wanted.extend(column.dictionary().term_ord(code)?);
                }
            }
            facets.push((facet, weight * best, column, wanted));
        }
        let columns = reader.fast_fields();
        Ok(Self {
            document,
            weights,
            scale: best,
            newest,
            facets,
            price_min: columns.column_opt(column::PRICE_MIN)?,
            price_max: columns.column_opt(column::PRICE_MAX)?,
            published_at: columns.i64(column::PUBLISHED_AT)?,
            response: columns.column_opt(column::RESPONSE)?,
        })
    }

    /// What all properties of a document add.
    pub(crate) fn sum(&self, doc: u32) -> f32 {
        let properties: f32 = self.properties(doc).map(|reason| reason.weight).sum();
        self.facets(doc).map(|(.., weight)| weight).sum::<f32>() + properties
    }

    /// The facets that agree, the other's code in its column, and the weight.
    fn facets(&self, doc: u32) -> impl Iterator<Item = (Facet, u64, f32)> + '_ {
        self.facets.iter().filter_map(move |(facet, weight, column, wanted)| {
            let column = column.as_ref()?;
            let ords: &Column<u64> = column.ords();
            if *facet == Facet::Trl {
                let ord = ords.first(doc)?;
                let share = self.readiness(code(column, ord)?.parse().ok()?)?;
                return Some((*facet, ord, weight * share));
            }
            let ord = ords.values_for_doc(doc).find(|ord| wanted.contains(ord))?;
            Some((*facet, ord, *weight))
        })
    }

    /// The share of the weight that the other side's level earns.
    fn readiness(&self, other: i64) -> Option<f32> {
        let own = self.document.trl?;
        let (wanted, reached) = match self.document.kind {
            ListingKind::Demand => (own, other),
            ListingKind::Achievement => (other, own),
        };
        match reached - wanted {
            0.. => Some(1.0),
            -1 => Some(0.5),
            _ => None,
        }
    }

    /// The properties beyond facets that agree.
    fn properties(&self, doc: u32) -> impl Iterator<Item = PropertyReason> + '_ {
        let reason = |property, share: f32, weight: f32| {
            let weight = weight * share * self.scale;
            (weight > 0.0).then_some(PropertyReason { property, weight })
        };
        let price = if self.prices_overlap(doc) { 1.0 } else { 0.0 };
        let age = self.published_at.first(doc).map_or(f32::INFINITY, |at| self.newest.saturating_sub(at).max(0) as f32);
        let freshness = (-age / SECONDS_OF_A_YEAR).exp2();
        let percent = self.response.as_ref().and_then(|column| column.first(doc)).unwrap_or(0);
        let response = f32::from(u8::try_from(percent.min(100)).unwrap_or(100)) / 100.0;
        [
            reason(Property::Price, price, self.weights.price),
            reason(Property::Freshness, freshness, self.weights.freshness),
            reason(Property::Response, response, self.weights.response),
        ]
        .into_iter()
        .flatten()
    }

    fn prices_overlap(&self, doc: u32) -> bool {
        let own = (self.document.price_min, self.document.price_max);
        let at = |column: &Option<Column<i64>>| column.as_ref().and_then(|column| column.first(doc));
        let other = (at(&self.price_min), at(&self.price_max));
        let stated = |(low, high): (Option<i64>, Option<i64>)| low.is_some() || high.is_some();
        let (budget, price) = match self.document.kind {
            ListingKind::Demand => (own, other),
            ListingKind::Achievement => (other, own),
        };
        // Whoever can pay more than is asked is welcome too: only the budget's upper and the price's lower end matter.
        let most = budget.1.unwrap_or(i64::MAX);
        let least = price.0.or(price.1).unwrap_or(i64::MAX);
        stated(budget) && stated(price) && most >= least
    }

    /// The reasons told one by one.
    pub(crate) fn explain(&self, doc: u32) -> (Vec<FacetReason>, Vec<PropertyReason>) {
        if self.scale <= 0.0 {
            return (Vec::new(), Vec::new());
        }
        let facets = self
            .facets(doc)
            .map(|(facet, ord, weight)| {
                let column = self.facets.iter().find(|(of, ..)| *of == facet).and_then(|(_, _, column, _)| column.as_ref());
                FacetReason { facet, code: column.and_then(|column| code(column, ord)).unwrap_or_default(), weight }
            })
            .collect();
        (facets, self.properties(doc).collect())
    }
}

/// The code at this place of a column's dictionary.
fn code(column: &StrColumn, ord: u64) -> Option<String> {
    let mut code = String::new();
    column.ord_to_str(ord, &mut code).ok()?.then_some(code)
}

/// The wanted indicators beside the offered ones, whichever of the two listings is the demand.
pub(crate) fn indicator_fits(document: &Document, other: &[Indicator]) -> Vec<IndicatorFit> {
    match document.kind {
        ListingKind::Demand => compare(&document.requirements, other),
        ListingKind::Achievement => compare(other, &document.requirements),
    }
}

/// What compared indicators add, as a share of the best text score: those met less those missed, of all that are wanted.
pub(crate) fn indicator_share(weights: &Weights, fits: &[IndicatorFit]) -> f32 {
    let count = |wanted: Fit| fits.iter().filter(|fit| fit.fit == wanted).count() as f32;
    if fits.is_empty() { 0.0 } else { weights.indicators * (count(Fit::Met) - count(Fit::Missed)) / fits.len() as f32 }
}
