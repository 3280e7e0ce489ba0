//! How does a listing become an entry of the index?

use std::collections::BTreeSet;

use keqiao_model::ListingKind;
use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value as _};
use tantivy::{TantivyDocument, Term};
use uuid::Uuid;

use crate::analysis::normal::Normal;
use crate::analysis::{self, analyse_into};
use crate::document::Document;
use crate::given::{GIVEN, Packed};
use crate::latent::{COLUMNS, Latent, Standing, pack as pack_point};
use crate::request::Facet;

/// Longest keyword, in characters, that is offered to others.
const LONGEST_PHRASE: usize = 32;

/// A part of a listing that is searched and scored by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The title.
    Title,
    /// The summary and all other prose.
    Text,
    /// The keywords.
    Keywords,
    /// Names and units of indicators.
    Indicators,
    /// Number and organisation: found by people, no reason for a match.
    Names,
}

impl Part {
    /// Every part, for people's queries.
    pub(crate) const ALL: [Part; 5] = [Part::Title, Part::Text, Part::Keywords, Part::Indicators, Part::Names];
    /// The parts that say what a listing is about.
    pub(crate) const SUBJECT: [Part; 4] = [Part::Title, Part::Text, Part::Keywords, Part::Indicators];

    fn name(self) -> &'static str {
        match self {
            Part::Title => "title",
            Part::Text => "text",
            Part::Keywords => "keywords",
            Part::Indicators => "indicators",
            Part::Names => "names",
        }
    }
}

/// Which terms of a text (see [`crate::analysis`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Channel {
    /// Words.
    Words,
    /// Characters, pairs, and Latin words as written; with positions.
    Grams,
}

/// One tantivy field that is scored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoredField {
    pub(crate) field: Field,
    pub(crate) part: Part,
    pub(crate) channel: Channel,
}

/// The fields of the index.
///
/// Each side of the market has its own scored fields. So how rare a term is, and how long a text is, are always told about the
/// side that is searched, and the other side's lists are never read.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    pub(crate) id: Field,
    pub(crate) kind: Field,
    pub(crate) number: Field,
    pub(crate) title: Field,
    pub(crate) summary: Field,
    pub(crate) text: Field,
    pub(crate) requirements: Field,
    demand: Vec<ScoredField>,
    achievement: Vec<ScoredField>,
    /// Whole keywords of each side, normalised: what people are offered to type.
    demand_phrases: Field,
    achievement_phrases: Field,
    facets: [(Facet, Field); 5],
    price_min: Field,
    price_max: Field,
    deadline: Field,
    published_at: Field,
    chain_node: Field,
    response: Field,
    latent: [Field; COLUMNS],
    id_high: Field,
    id_low: Field,
}

/// Names of the FAST columns that order and identify results.
pub(crate) mod column {
    /// Lower end of the price, in fen.
    pub(crate) const PRICE_MIN: &str = "price_min";
    /// Upper end of the price, in fen.
    pub(crate) const PRICE_MAX: &str = "price_max";
    /// Unix day.
    pub(crate) const DEADLINE: &str = "deadline";
    /// Unix seconds.
    pub(crate) const PUBLISHED_AT: &str = "published_at";
    /// The link of the industry chain, as written.
    pub(crate) const CHAIN_NODE: &str = "chain_node";
    /// Per cent.
    pub(crate) const RESPONSE: &str = "response";
    /// Upper half of the id.
    pub(crate) const ID_HIGH: &str = "id_high";
    /// Lower half of the id.
    pub(crate) const ID_LOW: &str = "id_low";

    /// One of the columns that hold a listing's place in the learnt space.
    pub(crate) fn latent(place: usize) -> String {
        format!("latent_{place}")
    }
}

fn kind_code(kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => "demand",
        ListingKind::Achievement => "achievement",
    }
}

impl Fields {
    /// The fields of this version.
    pub(crate) fn new() -> Self {
        let mut builder = Schema::builder();
        let id = builder.add_text_field("id", STRING);
        let kind = builder.add_text_field("kind", STRING);
        let number = builder.add_text_field("number", STRING);
        let title = builder.add_text_field("title", STORED);
        let summary = builder.add_text_field("summary", STORED);
        let text = builder.add_text_field("text", STORED);
        let requirements = builder.add_text_field("requirements", STORED);
        let options = |record: IndexRecordOption| {
            TextOptions::default()
                .set_indexing_options(TextFieldIndexing::default().set_tokenizer(GIVEN).set_fieldnorms(true).set_index_option(record))
        };
        let mut scored = |side: ListingKind| {
            let mut fields = Vec::new();
            for part in Part::ALL {
                for (channel, name, record) in [
                    (Channel::Words, "words", IndexRecordOption::WithFreqs),
                    (Channel::Grams, "grams", IndexRecordOption::WithFreqsAndPositions),
                ] {
                    let name = format!("{}_{}_{name}", kind_code(side), part.name());
                    fields.push(ScoredField { field: builder.add_text_field(&name, options(record)), part, channel });
                }
            }
            fields
        };
        let demand = scored(ListingKind::Demand);
        let achievement = scored(ListingKind::Achievement);
        let demand_phrases = builder.add_text_field("demand_phrases", STRING);
        let achievement_phrases = builder.add_text_field("achievement_phrases", STRING);
        let facets = Facet::all().map(|facet| (facet, builder.add_text_field(facet.code(), TextOptions::default().set_fast("raw"))));
        let price_min = builder.add_i64_field(column::PRICE_MIN, FAST);
        let price_max = builder.add_i64_field(column::PRICE_MAX, FAST);
        let deadline = builder.add_i64_field(column::DEADLINE, FAST);
        let published_at = builder.add_i64_field(column::PUBLISHED_AT, FAST);
        let chain_node = builder.add_text_field(column::CHAIN_NODE, TextOptions::default().set_fast("raw"));
        let response = builder.add_u64_field(column::RESPONSE, FAST);
        let latent = std::array::from_fn(|place| builder.add_u64_field(&column::latent(place), FAST));
        let id_high = builder.add_u64_field(column::ID_HIGH, FAST);
        let id_low = builder.add_u64_field(column::ID_LOW, FAST);
        Self {
            schema: builder.build(),
            id,
            kind,
            number,
            title,
            summary,
            text,
            requirements,
            demand,
            achievement,
            demand_phrases,
            achievement_phrases,
            facets,
            price_min,
            price_max,
            deadline,
            published_at,
            chain_node,
            response,
            latent,
            id_high,
            id_low,
        }
    }

    /// The scored fields of one side.
    pub(crate) fn scored(&self, kind: ListingKind) -> &[ScoredField] {
        match kind {
            ListingKind::Demand => &self.demand,
            ListingKind::Achievement => &self.achievement,
        }
    }

    /// The field of whole keywords of one side.
    pub(crate) fn phrases(&self, kind: ListingKind) -> Field {
        match kind {
            ListingKind::Demand => self.demand_phrases,
            ListingKind::Achievement => self.achievement_phrases,
        }
    }

    /// A short name of everything that decides how entries look: the fields, and the words and characters analysis knows. It changes whenever
    /// the index has to be rebuilt.
    pub(crate) fn hash(&self) -> String {
        let schema = serde_json::to_string(&self.schema).unwrap_or_default();
        // FNV-1a: the hash has to be the same in every build, which the standard library does not promise of its own.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in [schema.as_str(), analysis::WORDS, analysis::STOP_WORDS, analysis::normal::TRADITIONAL].into_iter().flat_map(str::bytes)
        {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        format!("{hash:016x}")
    }

    /// The term that finds, and deletes, one listing.
    pub(crate) fn id_term(&self, id: Uuid) -> Term {
        Term::from_field_text(self.id, &id.as_hyphenated().to_string())
    }

    /// The term that finds all listings of a side.
    pub(crate) fn kind_term(&self, kind: ListingKind) -> Term {
        Term::from_field_text(self.kind, kind_code(kind))
    }

    /// A stored text of an entry; empty when there is none.
    pub(crate) fn stored_text(&self, entry: &TantivyDocument, field: Field) -> String {
        entry.get_first(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The entry for a listing, with its place in the learnt space.
    pub(crate) fn entry(&self, document: &Document, latent: Option<&Latent>) -> TantivyDocument {
        let mut entry = TantivyDocument::new();
        entry.add_text(self.id, document.id.as_hyphenated().to_string());
        entry.add_text(self.kind, kind_code(document.kind));
        entry.add_text(self.number, document.number.to_lowercase());
        entry.add_text(self.title, &document.title);
        entry.add_text(self.summary, &document.summary);
        entry.add_text(self.text, &document.text);
        let mut point = latent.map(Latent::start);
        for (part, text) in PartTexts::new(document).iter() {
            let mut packed = Packed::default();
            analyse_into(text, &mut packed);
            if let Some(point) = &mut point {
                point.add(part, packed.each_word());
            }
            for scored in self.scored(document.kind).iter().filter(|scored| scored.part == part) {
                let terms = match scored.channel {
                    Channel::Words => &mut packed.words,
                    Channel::Grams => &mut packed.grams,
                };
                entry.add_text(scored.field, std::mem::take(terms));
            }
        }
        for (facet, field) in self.facets {
            for code in facet_codes(document, facet).into_iter().filter(|code| !code.is_empty()) {
                entry.add_text(field, code);
            }
        }
        let phrases: BTreeSet<String> = document.keywords.iter().filter_map(|keyword| keyword_phrase(keyword)).collect();
        for phrase in phrases {
            entry.add_text(self.phrases(document.kind), phrase);
        }
        for (field, price) in [(self.price_min, document.price_min), (self.price_max, document.price_max)] {
            if let Some(fen) = price {
                entry.add_i64(field, fen);
            }
        }
        if let Some(day) = document.deadline {
            entry.add_i64(self.deadline, day);
        }
        entry.add_i64(self.published_at, document.published_at);
        if !document.chain_node.is_empty() {
            entry.add_text(self.chain_node, &document.chain_node);
        }
        if let Some(percent) = document.response {
            entry.add_u64(self.response, u64::from(percent));
        }
        // Plain texts and numbers: they can always be written as JSON.
        if !document.requirements.is_empty()
            && let Ok(requirements) = serde_json::to_string(&document.requirements)
        {
            entry.add_text(self.requirements, requirements);
        }
        if let Some(point) = point.and_then(Standing::finish) {
            for (field, value) in self.latent.into_iter().zip(pack_point(&point)) {
                entry.add_u64(field, value);
            }
        }
        let (high, low) = document.id.as_u64_pair();
        entry.add_u64(self.id_high, high);
        entry.add_u64(self.id_low, low);
        entry
    }
}

/// A keyword as it is offered to others; nothing when it is a sentence rather than a word.
fn keyword_phrase(keyword: &str) -> Option<String> {
    let words = Normal::new(keyword).text.split_whitespace().collect::<Vec<_>>().join(" ");
    (2..=LONGEST_PHRASE).contains(&words.chars().count()).then_some(words)
}

/// The codes a listing has for a facet.
pub(crate) fn facet_codes(document: &Document, facet: Facet) -> Vec<String> {
    match facet {
        Facet::Field => vec![document.field.clone()],
        Facet::Industry => vec![document.industry.clone()],
        Facet::Region => vec![document.region.clone()],
        Facet::Trl => document.trl.iter().map(i64::to_string).collect(),
        // A code entered twice is still one listing in a count.
        Facet::Cooperation => document.cooperation.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
    }
}

/// The texts of a listing's parts.
pub(crate) struct PartTexts(Vec<(Part, String)>);

impl PartTexts {
    /// Collects them. Joined pieces stand on lines of their own behind a stop, so that no phrase runs across.
    pub(crate) fn new(document: &Document) -> Self {
        Self(vec![
            (Part::Title, document.title.clone()),
            (Part::Text, format!("{} .\n{}", document.summary, document.text)),
            (Part::Keywords, document.keywords.join(" ;\n")),
            (Part::Indicators, document.indicators.replace('\n', " ;\n")),
            (Part::Names, format!("{} ;\n{}", document.number, document.organisation)),
        ])
    }

    /// The texts, part by part.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Part, &str)> {
        self.0.iter().map(|(part, text)| (*part, text.as_str()))
    }
}
