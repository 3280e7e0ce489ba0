//! Which listings are there, and what is asked?

use keqiao_model::{Cooperation, Field, INDUSTRIES, ListingKind};
use keqiao_search::Document;
use uuid::Uuid;

use crate::words::{Dice, Dictionary, Language};

/// Seed of everything generated.
const SEED: u64 = 20_261_127;
/// The counties that listings are from.
pub const REGIONS: [&str; 6] = ["990102", "990103", "990104", "990105", "990181", "990182"];
/// Organisations that publish.
const ORGANISATIONS: usize = 5_000;
/// How many characters a summary has.
const SUMMARY: usize = 80;
/// The first second of publishing.
const BEGINNING: i64 = 1_700_000_000;

/// Makes listings by their number: the same number is the same listing, so none has to be kept.
pub struct Generator {
    dictionary: Dictionary,
}

impl Generator {
    /// A generator with these words.
    pub fn new(dictionary: Dictionary) -> Self {
        Self { dictionary }
    }

    /// Where its words come from.
    pub fn source(&self) -> &str {
        &self.dictionary.source
    }

    /// The side of a number: demands are even.
    pub fn kind(number: u64) -> ListingKind {
        if number.is_multiple_of(2) { ListingKind::Demand } else { ListingKind::Achievement }
    }

    /// The listing of this number, as it was first published.
    pub fn listing(&self, number: u64) -> Document {
        self.edition(number, 0)
    }

    /// The listing of this number with other texts: an owner changed it.
    pub fn edition(&self, number: u64, edition: u64) -> Document {
        let mut dice = Dice::new(SEED ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ (edition << 48));
        let language = self.language(&mut dice);
        let kind = Self::kind(number);
        let id = Uuid::from_u64_pair(number + 1, Dice::new(SEED ^ number).next());
        let mut document = Document::new(id, kind);
        let letters = if kind == ListingKind::Demand { "XQ" } else { "CG" };
        document.number = format!("{letters}-2026-{number:08}");
        document.title = language.titles.write(language.titles.length(&mut dice).max(2), &mut dice);
        document.summary = language.bodies.write(SUMMARY, &mut dice);
        let length = language.bodies.length(&mut dice).saturating_sub(SUMMARY);
        document.text = language.bodies.write(length, &mut dice);
        document.keywords = (0..3).map(|_| language.titles.telling(&mut dice).to_owned()).collect();
        document.indicators = (0..2).map(|_| format!("{} %", language.bodies.telling(&mut dice))).collect::<Vec<_>>().join("\n");
        let organisation = dice.roll(ORGANISATIONS);
        document.organisation = format!("云汀第{organisation}科技有限公司");
        document.organisation_id = Uuid::from_u128(organisation as u128 + 1);
        document.field = dice.pick(Field::ALL).map(|field| field.code().to_owned()).unwrap_or_default();
        document.industry = dice.pick(INDUSTRIES).map(|code| (*code).to_owned()).unwrap_or_default();
        document.region = dice.pick(&REGIONS).map(|code| (*code).to_owned()).unwrap_or_default();
        document.trl = Some(1 + dice.roll(9) as i64);
        document.cooperation = (0..2).filter_map(|_| dice.pick(Cooperation::ALL)).map(|way| way.code().to_owned()).collect();
        document.published_at = BEGINNING + i64::try_from(number).unwrap_or(0);
        document.deadline = (kind == ListingKind::Demand).then(|| 20_000 + dice.roll(1_000) as i64);
        document
    }

    /// Each language as often as it was learnt from.
    fn language(&self, dice: &mut Dice) -> &Language {
        let Dictionary { main, second, .. } = &self.dictionary;
        match second {
            Some(second) if dice.roll(main.entries + second.entries) >= main.entries => second,
            _ => main,
        }
    }

    /// Searches of one to four words, as people type them.
    pub fn short_queries(&self, count: usize) -> Vec<String> {
        let mut dice = Dice::new(SEED + 1);
        (0..count)
            .map(|at| {
                let language = self.language(&mut dice);
                (0..=at % 4).map(|_| language.titles.telling(&mut dice)).collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// Whole sentences typed into the field for searching: some 60 to 200 characters.
    pub fn typed_queries(&self, count: usize) -> Vec<String> {
        let mut dice = Dice::new(SEED + 2);
        (0..count)
            .map(|_| {
                let length = 60 + dice.roll(141);
                self.language(&mut dice).bodies.write(length, &mut dice)
            })
            .collect()
    }

    /// Demands of 200 to 1,000 characters that are among the first `below` listings, spread over all of them.
    pub fn demands(&self, count: usize, below: u64) -> Vec<Document> {
        let mut dice = Dice::new(SEED + 3);
        let characters = |demand: &Document| whole(demand).chars().count();
        let numbers = std::iter::repeat_with(|| dice.next() % (below / 2).max(1) * 2);
        // Of short texts only there would be no end.
        let tried = numbers.take(count * 200).map(|number| self.listing(number));
        tried.filter(|demand| (200..=1_000).contains(&characters(demand))).take(count).collect()
    }
}

/// All that a demand says, as one text.
pub fn whole(document: &Document) -> String {
    format!("{} {} {} {}", document.title, document.summary, document.text, document.keywords.join(" "))
}
