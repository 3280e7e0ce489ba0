//! What does a person's query mean?
//!
//! There is no query language that could be got wrong: what `syntax` does not understand is text.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::analysis::normal::Normal;
use crate::analysis::{Analysis, Unit, analyse, cut_chars};
use crate::phrase::Phrase;
use crate::query::syntax::{Item, Name, items};
use crate::request::{Bounds, Facet, Labels, SearchRequest, Synonyms};
use crate::schema::{Channel, Part};
use crate::scoring::QueryTerm;
use crate::synonyms::{self, LONGEST_SYNONYM, Synonym};

pub(crate) mod syntax;

/// Characters of a query that count.
pub(crate) const LONGEST_QUERY: usize = 2_000;
/// Distinct words of a query that count: as many as a document's mask has bits.
const MOST_CONCEPTS: usize = 64;
/// Up to this many words all must occur.
const ALL_REQUIRED: usize = 4;
/// Never are more required: a pasted paragraph should still find the listing that shares half a dozen of its words.
const MOST_REQUIRED: usize = 6;
/// Longer texts are no phrase anybody would write again.
const LONGEST_PHRASE: usize = 16;
/// Required and excluded phrases that count. Each costs a pass over its lists.
const MOST_PHRASES: usize = 8;
/// Other words for the same that are searched too. Each costs a pass over its lists.
const MOST_EXPANSIONS: usize = 12;
/// How much another word for the same counts.
const EXPANSION_WEIGHT: f32 = 0.5;
/// The levels of technology readiness.
const LEVELS: std::ops::RangeInclusive<i64> = 1..=9;

/// One word of the query. A document has it when it has the word, or all of the grams.
#[derive(Debug, PartialEq)]
pub(crate) struct Concept {
    /// The word as typed, normalised.
    pub(crate) surface: String,
    pub(crate) han: bool,
    /// Place of the word's term in [`Query::terms`].
    pub(crate) word: usize,
    /// Places of the grams' terms.
    pub(crate) grams: Vec<usize>,
}

/// What must, or must not, occur.
#[derive(Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) phrase: Phrase,
    /// A single Latin word counts in all its forms.
    pub(crate) stem: Option<String>,
    /// Where.
    pub(crate) parts: &'static [Part],
}

/// One side of an `OR`: these concepts and these places in [`Query::phrases`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Operand {
    pub(crate) concepts: u64,
    pub(crate) phrases: u64,
}

/// Another word for some concepts. A document that has it has them.
#[derive(Debug, PartialEq)]
pub(crate) struct Expansion {
    /// What was typed.
    pub(crate) typed: String,
    pub(crate) synonym: &'static str,
    pub(crate) concepts: u64,
    /// Place of its term in [`Query::terms`], if it is one word.
    pub(crate) word: Option<usize>,
    /// Places of its grams.
    pub(crate) grams: Vec<usize>,
    /// Its words in their order, if they are several.
    pub(crate) phrase: Option<Phrase>,
    /// What it looks like in a text: runs of Han characters, stems of Latin words.
    pub(crate) han: Vec<String>,
    pub(crate) latin: Vec<String>,
}

/// A property asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) facet: Facet,
    /// One of these.
    pub(crate) codes: BTreeSet<String>,
}

/// A query, understood.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) terms: Vec<QueryTerm>,
    /// Below this place terms were typed; from it on they belong to expansions.
    pub(crate) typed_terms: usize,
    pub(crate) concepts: Vec<Concept>,
    /// The concepts that count one by one.
    pub(crate) free: u64,
    /// Of each one operand must be there.
    pub(crate) groups: Vec<Vec<Operand>>,
    /// How many free concepts and groups together a document must have.
    pub(crate) required: usize,
    /// What has to occur as it stands.
    pub(crate) phrases: Vec<Wanted>,
    /// Which of `phrases` must occur in any case; the others belong to groups.
    pub(crate) strict: u64,
    pub(crate) excluded: Vec<Wanted>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) excluded_conditions: Vec<Condition>,
    /// The numbers of which one is asked for, and those that are not wanted.
    pub(crate) only: Vec<String>,
    pub(crate) except: Vec<String>,
    /// Other words for the same.
    pub(crate) expansions: Vec<Expansion>,
    /// The whole query as one phrase: whoever has it moves up.
    pub(crate) adjacent: Option<Phrase>,
    /// Words that could be the number of a listing.
    pub(crate) numbers: Vec<String>,
}

impl Query {
    /// Whether no word is searched for, so that everything matches that is not excluded.
    pub(crate) fn is_open(&self) -> bool {
        self.concepts.is_empty() && self.phrases.is_empty()
    }

    /// Whether a document must have every word and nothing else matters.
    pub(crate) fn wants_all(&self) -> bool {
        let all = self.concepts.len();
        self.groups.is_empty() && self.phrases.is_empty() && self.free.count_ones() as usize == all && self.required == all
    }

    /// How many free concepts and groups there are.
    pub(crate) fn size(&self) -> usize {
        self.free.count_ones() as usize + self.groups.len()
    }

    /// Understands a request.
    pub(crate) fn read(request: &SearchRequest) -> Self {
        let mut reader = Reader::default();
        reader.read(cut_chars(&request.query, LONGEST_QUERY), &request.labels);
        let mut query = reader.finish(&request.synonyms);
        if request.partly {
            query.required = query.required_partly();
        }
        query
    }

    /// How many free concepts and groups are enough when no document has as many as are required: any one of few, half of many. Fewer than all
    /// alternatives never are.
    pub(crate) fn required_partly(&self) -> usize {
        let part = if self.size() <= ALL_REQUIRED { self.required.min(1) } else { self.required.div_ceil(2) };
        part.max(self.groups.len())
    }

    /// Understands any text by itself.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader = Reader::default();
        reader.read(cut_chars(text, LONGEST_QUERY), &Labels::default());
        reader.finish(&Synonyms { on: false, ..Synonyms::default() })
    }
}

/// An item that is searched as words.
struct Words<'a> {
    item: Item<'a>,
    analysis: Analysis,
    parts: Option<&'static [Part]>,
}

#[derive(Default)]
struct Reader {
    query: Query,
    places: HashMap<(Channel, String), usize>,
    /// The bit of a word's concept.
    bits: HashMap<String, u64>,
    /// Words as typed, side by side, with their bits: where synonyms are looked for.
    runs: Vec<Vec<(Unit, u64)>>,
}

impl Reader {
    fn read(&mut self, text: &str, labels: &Labels) {
        let mut words: Vec<Words<'_>> = Vec::new();
        let mut broken = false;
        for mut item in items(text) {
            // An alternative to a condition or an exclusion is none.
            item.or &= !broken && !words.is_empty();
            broken = self.condition(&item, labels);
            if broken {
                continue;
            }
            let parts = item.name.and_then(parts_of);
            // A name whose value means nothing is text, colon and all; a `title:` of nothing but signs is nothing.
            let analysis = analyse(if parts.is_none() { whole(text, &item) } else { item.text });
            if item.excluded {
                self.exclude(&analysis, parts);
                broken = true;
                continue;
            }
            words.push(Words { item, analysis, parts });
        }
        self.words(words);
    }

    /// Takes the item when it is about a property.
    fn condition(&mut self, item: &Item<'_>, labels: &Labels) -> bool {
        let value = Normal::new(item.text.trim()).text;
        let (facet, codes) = match item.name {
            Some(Name::Field) => (Facet::Field, labels.codes(Facet::Field, &value)),
            Some(Name::Region) => (Facet::Region, labels.codes(Facet::Region, &value)),
            Some(Name::Trl) => {
                let bounds = levels(&value);
                let codes = bounds.map(|bounds| LEVELS.filter(|level| bounds.holds(*level)).map(|level| level.to_string()).collect());
                let Some(codes) = codes else { return false };
                (Facet::Trl, codes)
            }
            Some(Name::Number) => {
                let numbers = if item.excluded { &mut self.query.except } else { &mut self.query.only };
                if numbers.len() < MOST_CONCEPTS {
                    numbers.push(value);
                }
                return true;
            }
            _ => return false,
        };
        if codes.is_empty() && facet != Facet::Trl {
            return false;
        }
        let conditions = if item.excluded { &mut self.query.excluded_conditions } else { &mut self.query.conditions };
        match conditions.iter_mut().find(|condition| condition.facet == facet) {
            Some(condition) => condition.codes.extend(codes),
            None => conditions.push(Condition { facet, codes }),
        }
        true
    }

    fn exclude(&mut self, analysis: &Analysis, parts: Option<&'static [Part]>) {
        if let Some(wanted) = wanted(analysis, parts.unwrap_or(&Part::ALL))
            && self.query.excluded.len() < MOST_PHRASES
        {
            self.query.excluded.push(wanted);
        }
    }

    fn words(&mut self, words: Vec<Words<'_>>) {
        // Who searches for nothing but stop words means them.
        let telling = words.iter().flat_map(|words| &words.analysis.units).any(|unit| !unit.stop);
        let plain = words.iter().all(|words| !words.item.quoted && !words.item.or && words.parts.is_none());
        let free_text = words.iter().map(|words| words.item.text).collect::<Vec<_>>().join(" ");
        let mut rest = words.into_iter().peekable();
        let mut run = Vec::new();
        while let Some(first) = rest.next() {
            let mut group = vec![self.operand(first, telling, &mut run)];
            while let Some(other) = rest.next_if(|words| words.item.or) {
                self.runs.push(std::mem::take(&mut run));
                group.push(self.operand(other, telling, &mut run));
            }
            let alternative = group.len() > 1;
            // What has no words would be there always.
            group.retain(|operand| *operand != Operand::default());
            if alternative {
                self.runs.push(std::mem::take(&mut run));
            }
            match group.as_slice() {
                [] => {}
                [one] => {
                    self.query.free |= one.concepts;
                    self.query.strict |= one.phrases;
                }
                _ => self.query.groups.push(group),
            }
        }
        self.runs.push(run);
        self.query.required = required(self.query.size());
        if plain {
            let whole = phrase(&analyse(&free_text));
            self.query.adjacent = (2..=LONGEST_PHRASE).contains(&whole.len()).then_some(whole);
        }
    }

    /// Adds the words of an item, and what of it has to occur as it stands.
    fn operand(&mut self, words: Words<'_>, telling: bool, run: &mut Vec<(Unit, u64)>) -> Operand {
        let mut operand = Operand::default();
        if words.item.quoted || words.parts.is_some() {
            let parts = words.parts.unwrap_or(&Part::ALL);
            // In a place, too, words may stand apart unless they are quoted.
            let texts =
                if words.item.quoted { vec![words.item.text] } else { words.analysis.units.iter().map(|u| u.surface.as_str()).collect() };
            for text in texts {
                if let Some(wanted) = wanted(&analyse(text), parts)
                    && self.query.phrases.len() < MOST_PHRASES
                {
                    operand.phrases |= 1 << self.query.phrases.len();
                    self.query.phrases.push(wanted);
                }
            }
        }
        let literal = words.item.quoted || words.parts.is_some();
        if literal {
            self.runs.push(std::mem::take(run));
        }
        for unit in words.analysis.units {
            let bit = if telling && unit.stop { 0 } else { self.concept(&unit) };
            operand.concepts |= bit;
            if !literal {
                run.push((unit, bit));
            }
        }
        operand
    }

    /// The bit of a word's concept; 0 when there is no room for it.
    fn concept(&mut self, unit: &Unit) -> u64 {
        if let Some(bit) = self.bits.get(&unit.word) {
            return *bit;
        }
        let count = self.query.concepts.len();
        if count == MOST_CONCEPTS {
            return 0;
        }
        if unit.surface.contains('-') {
            self.query.numbers.push(unit.surface.clone());
        }
        let word = self.place(Channel::Words, &unit.word, 1.0);
        let grams = unit.grams.iter().map(|gram| self.place(Channel::Grams, gram, 1.0)).collect();
        self.query.concepts.push(Concept { surface: unit.surface.clone(), han: unit.han, word, grams });
        let bit = 1 << count;
        self.bits.insert(unit.word.clone(), bit);
        bit
    }

    fn place(&mut self, channel: Channel, text: &str, weight: f32) -> usize {
        let terms = &mut self.query.terms;
        *self.places.entry((channel, text.to_owned())).or_insert_with(|| {
            terms.push(QueryTerm { channel, text: text.to_owned(), weight });
            terms.len() - 1
        })
    }

    fn finish(mut self, synonyms: &Synonyms) -> Query {
        self.query.typed_terms = self.query.terms.len();
        if synonyms.on {
            for run in std::mem::take(&mut self.runs) {
                self.expand(&run, synonyms);
            }
        }
        self.query
    }

    /// Looks for words with synonyms, the longest first.
    fn expand(&mut self, run: &[(Unit, u64)], synonyms: &Synonyms) {
        let mut at = 0;
        while at < run.len() {
            let longest = (1..=LONGEST_SYNONYM.min(run.len() - at)).rev().find_map(|length| {
                let typed = run.get(at..at + length)?;
                let units: Vec<Unit> = typed.iter().map(|(unit, _)| unit.clone()).collect();
                let key = synonyms::key(&units);
                let found: Vec<&'static Synonym> = synonyms::of_key(&key).collect();
                (!found.is_empty()).then_some((typed, found))
            });
            let Some((typed, found)) = longest else {
                at += 1;
                continue;
            };
            for synonym in found.into_iter().filter(|synonym| !synonyms.without.contains(synonym.text)) {
                self.add_expansion(typed, synonym);
            }
            at += typed.len();
        }
    }

    fn add_expansion(&mut self, typed: &[(Unit, u64)], synonym: &'static Synonym) {
        let concepts = typed.iter().fold(0, |bits, (_, bit)| bits | bit);
        if concepts == 0 || self.query.expansions.len() == MOST_EXPANSIONS {
            return;
        }
        // Who typed both, or one twice, gets nothing new.
        let there = self.query.expansions.iter().any(|expansion| expansion.synonym == synonym.text);
        if there || synonym.units.iter().all(|unit| self.bits.contains_key(&unit.word)) {
            return;
        }
        let joiner = if typed.iter().all(|(unit, _)| unit.han) { "" } else { " " };
        let surfaces: Vec<&str> = typed.iter().map(|(unit, _)| unit.surface.as_str()).collect();
        let mut grams = Vec::new();
        let mut word = None;
        for unit in &synonym.units {
            word = Some(self.place(Channel::Words, &unit.word, EXPANSION_WEIGHT));
            grams.extend(unit.grams.iter().map(|gram| self.place(Channel::Grams, gram, EXPANSION_WEIGHT)));
        }
        let several = synonym.units.len() > 1;
        self.query.expansions.push(Expansion {
            typed: surfaces.join(joiner),
            synonym: synonym.text,
            concepts,
            word: word.filter(|_| !several),
            grams,
            phrase: several.then(|| phrase(&analyse(synonym.text))),
            han: synonym.units.iter().filter(|unit| unit.han && !unit.stop).map(|unit| unit.surface.clone()).collect(),
            latin: synonym.units.iter().filter(|unit| !unit.han && !unit.stop).map(|unit| unit.word.clone()).collect(),
        });
    }
}

fn parts_of(name: Name) -> Option<&'static [Part]> {
    match name {
        Name::Title => Some(&[Part::Title]),
        Name::Keyword => Some(&[Part::Keywords]),
        Name::Organisation => Some(&[Part::Names]),
        Name::Field | Name::Region | Name::Trl | Name::Number => None,
    }
}

/// The item's text with the name that turned out to be none.
fn whole<'a>(query: &'a str, item: &Item<'a>) -> &'a str {
    if item.name.is_none() {
        return item.text;
    }
    let before = query.get(..item.start).unwrap_or_default();
    let start =
        before.rfind(char::is_whitespace).map_or(0, |at| at + before.get(at..).and_then(|c| c.chars().next()).map_or(1, char::len_utf8));
    query.get(start..item.start + item.text.len()).unwrap_or(item.text).trim_start_matches(['-', '－', '−'])
}

/// The levels that `6`, `6..9`, `6-9`, `>=6`, `<4` or `6+` name.
fn levels(value: &str) -> Option<Bounds> {
    let number = |text: &str| text.trim().parse::<i64>().ok().filter(|level| (0..=99).contains(level));
    let at_least = |level: i64| Bounds { min: Some(level), max: None };
    let at_most = |level: i64| Bounds { min: None, max: Some(level) };
    for (sign, bounds) in [(">=", 0_i64), ("≥", 0), (">", 1)] {
        if let Some(level) = value.strip_prefix(sign) {
            return number(level).map(|level| at_least(level + bounds));
        }
    }
    for (sign, bounds) in [("<=", 0_i64), ("≤", 0), ("<", 1)] {
        if let Some(level) = value.strip_prefix(sign) {
            return number(level).map(|level| at_most(level - bounds));
        }
    }
    if let Some(level) = value.strip_suffix('+') {
        return number(level).map(at_least);
    }
    for sign in ["..", "-", "~", "至"] {
        if let Some((low, high)) = value.split_once(sign) {
            let (low, high) = (number(low)?, number(high)?);
            return Some(Bounds { min: Some(low.min(high)), max: Some(low.max(high)) });
        }
    }
    number(value).map(|level| Bounds { min: Some(level), max: Some(level) })
}

fn wanted(analysis: &Analysis, parts: &'static [Part]) -> Option<Wanted> {
    let phrase = phrase(analysis);
    let stem = match analysis.units.as_slice() {
        [unit] if !unit.han => Some(unit.word.clone()),
        _ => None,
    };
    (!phrase.is_empty()).then_some(Wanted { phrase, stem, parts })
}

/// How many of so many words must occur.
fn required(concepts: usize) -> usize {
    if concepts <= ALL_REQUIRED { concepts } else { (ALL_REQUIRED + (concepts - ALL_REQUIRED) / 4).min(MOST_REQUIRED) }
}

/// The grams that pin a text down: the pairs, and what stands alone.
pub(crate) fn phrase(analysis: &Analysis) -> Phrase {
    let is_pair = |text: &str| text.chars().nth(1).is_some();
    // Latin grams count as pairs here, too: they stand alone at their place.
    let pairs: HashSet<usize> = analysis.grams.iter().filter(|gram| is_pair(&gram.text)).map(|gram| gram.position).collect();
    let first = analysis.grams.iter().map(|gram| gram.position).min().unwrap_or_default();
    analysis
        .grams
        .iter()
        .filter(|gram| {
            let covered = pairs.contains(&gram.position)
                || (gram.text.chars().all(crate::analysis::is_han)
                    && gram.position > 0
                    && analysis.grams.iter().any(|pair| pair.position + 1 == gram.position && is_pair(&pair.text) && pair.end == gram.end));
            is_pair(&gram.text) || !covered
        })
        .take(MOST_CONCEPTS)
        .map(|gram| (gram.position - first, gram.text.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surfaces(query: &Query) -> Vec<&str> {
        query.concepts.iter().map(|concept| concept.surface.as_str()).collect()
    }

    fn texts(phrase: &Phrase) -> Vec<(usize, &str)> {
        phrase.iter().map(|(at, text)| (*at, text.as_str())).collect()
    }

    #[test]
    fn words_quotes_and_exclusions() {
        let query = Query::parse("锂电池 \"电极 材料\" -回收 −\"铅 酸\" recycling");
        assert_eq!(surfaces(&query), ["锂电池", "电极", "材料", "recycling"]);
        assert_eq!(texts(&query.phrases[0].phrase), [(0, "电极"), (2, "材料")]);
        assert_eq!(query.strict, 1);
        assert_eq!(query.excluded.len(), 2);
        assert_eq!(query.excluded[0].stem, None);
        assert_eq!(query.required, 4);
    }

    #[test]
    fn a_minus_inside_a_word_and_a_lone_quote_are_text() {
        let query = Query::parse("XQ-2026-000123 5\" - x");
        assert!(query.excluded.is_empty() && query.phrases.is_empty());
        assert_eq!(query.numbers, ["xq-2026-000123"]);
    }

    #[test]
    fn all_of_few_words_and_a_share_of_many() {
        assert_eq!([1, 2, 3, 4, 5, 8, 12, 64].map(required), [1, 2, 3, 4, 4, 5, 6, 6]);
    }

    #[test]
    fn a_word_of_few_half_of_many_and_every_choice_are_a_part() {
        for (typed, expected) in
            [("锂电池", 1), ("锂电池 回收 钛合金", 1), ("石墨烯 导电 浆料 分散 稳定性", 2), ("石墨烯 OR 碳纳米管 导电", 1)]
        {
            assert_eq!(Query::parse(typed).required_partly(), expected, "{typed}");
        }
    }

    #[test]
    fn stop_words_count_only_among_themselves() {
        assert_eq!(surfaces(&Query::parse("电池的回收")), ["电池", "回收"]);
        assert_eq!(surfaces(&Query::parse("of the")), ["of", "the"]);
    }

    #[test]
    fn a_phrase_is_pairs_and_what_stands_alone() {
        assert_eq!(texts(&phrase(&analyse("磷酸铁"))), [(0, "磷酸"), (1, "酸铁")]);
        assert_eq!(texts(&phrase(&analyse("铝"))), [(0, "铝")]);
        assert_eq!(texts(&phrase(&analyse("C 语言"))), [(0, "c"), (1, "语言")]);
        assert_eq!(texts(&phrase(&analyse("machine learning"))), [(0, "machine"), (1, "learning")]);
    }

    fn read(text: &str) -> Query {
        let mut labels = Labels::default();
        for (label, code) in [("energy", "energy"), ("新能源", "energy"), ("New materials", "materials"), ("新材料", "materials")] {
            labels.add(Facet::Field, label, code);
        }
        Query::read(&SearchRequest { labels: std::sync::Arc::new(labels), ..SearchRequest::new(keqiao_model::ListingKind::Demand, text) })
    }

    #[test]
    fn names_ask_for_properties_and_places() {
        for (text, facet, codes) in [
            ("field:energy", Facet::Field, vec!["energy"]),
            ("领域：新能源", Facet::Field, vec!["energy"]),
            ("FIELD:materials", Facet::Field, vec!["materials"]),
            ("field:\"new materials\"", Facet::Field, vec!["materials"]),
            ("field:energy 领域:新材料", Facet::Field, vec!["energy", "materials"]),
            ("领域:新", Facet::Field, vec![]),
            ("trl:6", Facet::Trl, vec!["6"]),
            ("trl:>=8", Facet::Trl, vec!["8", "9"]),
            ("成熟度：＞7", Facet::Trl, vec!["8", "9"]),
            ("TRL:<3", Facet::Trl, vec!["1", "2"]),
            ("trl:9..7", Facet::Trl, vec!["7", "8", "9"]),
            ("trl:7-8", Facet::Trl, vec!["7", "8"]),
            ("trl:8+", Facet::Trl, vec!["8", "9"]),
            ("trl:高", Facet::Trl, vec![]),
        ] {
            let query = read(text);
            let found: Vec<&str> =
                query.conditions.iter().filter(|c| c.facet == facet).flat_map(|c| &c.codes).map(String::as_str).collect();
            assert_eq!(found, codes, "{text}");
            assert_eq!(query.is_open(), !codes.is_empty(), "{text}: what means nothing is text");
        }
        let query = read("-field:energy number:XQ-2026-000001 -编号:xq-2 title:电池");
        assert_eq!(query.excluded_conditions.len(), 1);
        assert_eq!(
            (query.only.as_slice(), query.except.as_slice()),
            (["xq-2026-000001".to_owned()].as_slice(), ["xq-2".to_owned()].as_slice())
        );
        assert_eq!(query.phrases.len(), 1);
        assert_eq!(query.phrases[0].parts, [Part::Title]);
        assert_eq!(surfaces(&read("5G/6G:通信")), ["5g/6g", "通信"]);
    }

    #[test]
    fn of_alternatives_one_counts() {
        let query = Query::parse("石墨烯 OR 碳纳米管 导电");
        assert_eq!((query.groups.len(), query.free.count_ones(), query.required), (1, 1, 2));
        let query = Query::parse("石墨烯 或 的");
        assert_eq!((query.groups.len(), query.required), (0, 1), "a stop word is no alternative");
        let query = Query::parse("石墨烯 | \"碳 纳米管\"");
        assert_eq!((query.groups.len(), query.strict, query.phrases.len()), (1, 0, 1));
        assert!(query.adjacent.is_none());
    }

    #[test]
    fn words_bring_their_synonyms() {
        let synonyms = |text: &str| read(text).expansions.iter().map(|expansion| expansion.synonym).collect::<Vec<_>>();
        assert!(synonyms("VOCs 治理").contains(&"挥发性有机物"));
        assert!(synonyms("3D打印").contains(&"增材制造"));
        assert!(synonyms("增材制造 3D打印").iter().all(|synonym| !["增材制造", "3D打印"].contains(synonym)));
        for text in ["\"VOCs\"", "-VOCs 治理", "title:VOCs", "治理"] {
            assert!(synonyms(text).is_empty(), "{text}");
        }
        let without = Synonyms { on: true, without: ["挥发性有机物".to_owned()].into() };
        let request = SearchRequest { synonyms: without, ..SearchRequest::new(keqiao_model::ListingKind::Demand, "VOCs") };
        assert!(Query::read(&request).expansions.iter().all(|expansion| expansion.synonym != "挥发性有机物"));
    }

    #[test]
    fn an_overlong_query_is_cut() {
        let query = Query::parse(&(0..3_000).map(|i| format!("w{i}x ")).collect::<String>());
        assert_eq!(query.concepts.len(), MOST_CONCEPTS);
    }
}
