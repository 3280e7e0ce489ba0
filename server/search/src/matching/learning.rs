//! Which weights would order judged pairs best?
//!
//! People judge pairs in lists, so a list is what can be learnt from: within it, each useful listing should stand before each that is not.
//! The weights are fitted to such comparisons by logistic regression, held to the declared ones by a pull that few comparisons do not
//! overcome, and to their bounds ([`Weights::most`]). Words keep the weight one. The same lists in the same order give the same weights.

use serde_json::{Map, Value};

use crate::matching::fit::{WEIGHTS, Weighed, Weights};
use crate::request::Explanation;

/// Fewer comparisons teach nothing.
pub const COMPARISONS_MIN: usize = 40;
/// Neither do comparisons within fewer lists.
pub const LISTS_MIN: usize = 10;
/// Of one list at most this many of the useful and of the others count, so that no list drowns the rest.
pub const PER_LIST: usize = 20;

const COUNT: usize = Weighed::ALL.len();
/// How sure a difference of scores is: by a tenth of the best word score better is right in about three of four.
const SHARPNESS: f64 = 10.0;
/// How strongly weights are held where they are declared: doubling one costs half this in log-likelihood, as much as three tossed coins.
const PULL: f64 = 4.0;
/// The lists are parted into so many. What is tried on one part was learnt from the others.
const FOLDS: usize = 5;
/// How often chance alone may pass for learning.
const CHANCE: f64 = 0.05;
/// Steps over all weights, if they do not settle before.
const SWEEPS: usize = 200;
/// Weights that move less than this share of what is declared have settled.
const SETTLED: f64 = 1e-6;

/// What a pair is made of: its words beside the best of its list, and for each weight the share of it that the pair earns.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    text: f64,
    shares: [f64; COUNT],
}

impl Features {
    /// From shares in the order of [`Weighed::ALL`].
    pub fn new(text: f64, shares: [f64; COUNT]) -> Self {
        Self { text, shares }
    }

    /// Of an explained pair; `weights` and `best` are those it was explained by.
    pub(crate) fn of(explanation: &Explanation, weights: &Weights, best: f32) -> Self {
        let share = |part: f32, whole: f32| if whole > 0.0 { f64::from(part) / f64::from(whole) } else { 0.0 };
        let shares = Weighed::ALL.map(|what| share(earned(explanation, what), weights.of(what) * best));
        Self { text: share(explanation.text_score, best), shares }
    }

    /// Its words beside the best of its list.
    pub fn text(&self) -> f64 {
        self.text
    }

    /// The shares by the names of their weights, as JSON.
    pub fn shares(&self) -> String {
        let named = Weighed::ALL.iter().zip(&self.shares).map(|(what, share)| (what.name().to_owned(), Value::from(*share)));
        Value::Object(named.collect::<Map<_, _>>()).to_string()
    }

    /// From what was kept. Names that nothing is weighed by any more are passed over; nothing when a weight of now has no share.
    pub fn read(text: f64, shares: &str) -> Option<Self> {
        let Ok(Value::Object(kept)) = serde_json::from_str(shares) else { return None };
        let mut features = Self { text, shares: [0.0; COUNT] };
        for (share, what) in features.shares.iter_mut().zip(Weighed::ALL) {
            *share = kept.get(what.name())?.as_f64()?;
        }
        Some(features)
    }

    fn score(&self, weights: &Weights) -> f64 {
        let added: f64 = Weighed::ALL.iter().zip(&self.shares).map(|(what, share)| f64::from(weights.of(*what)) * share).sum();
        self.text + added
    }
}

/// What one weight added to a score.
fn earned(explanation: &Explanation, what: Weighed) -> f32 {
    match what {
        Weighed::Indicators => explanation.indicator_score,
        Weighed::Facet(facet) => explanation.facets.iter().filter(|reason| reason.facet == facet).map(|reason| reason.weight).sum(),
        Weighed::Property(property) => {
            explanation.properties.iter().filter(|reason| reason.property == property).map(|reason| reason.weight).sum()
        }
        Weighed::Kin => explanation.kin,
    }
}

/// The judged pairs of one listing's list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JudgedList {
    /// Those that are useful.
    pub useful: Vec<Features>,
    /// Those that are not.
    pub others: Vec<Features>,
}

impl JudgedList {
    /// How many comparisons there are in a list with so many useful pairs and so many others.
    pub fn comparisons_of(useful: usize, others: usize) -> usize {
        useful.min(PER_LIST).saturating_mul(others.min(PER_LIST))
    }

    fn pairs(&self) -> impl Iterator<Item = (&Features, &Features)> {
        self.useful.iter().take(PER_LIST).flat_map(|useful| self.others.iter().take(PER_LIST).map(move |other| (useful, other)))
    }

    fn len(&self) -> usize {
        Self::comparisons_of(self.useful.len(), self.others.len())
    }

    /// How many comparisons come out right; a tie is half right.
    fn right(&self, weights: &Weights) -> f64 {
        let right = |(useful, other): (&Features, &Features)| match useful.score(weights).total_cmp(&other.score(weights)) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        };
        self.pairs().map(right).sum()
    }
}

/// Learnt weights, and how they did on lists that they were not learnt from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learnt {
    /// The weights, learnt from all lists.
    pub weights: Weights,
    /// Lists in which something could be compared.
    pub lists: usize,
    /// Comparisons in them.
    pub comparisons: usize,
    /// Share of the comparisons that the declared weights order right.
    pub declared: f64,
    /// Share that the weights in force order right. They may have been learnt from these very lists, which is to their advantage.
    pub in_force: f64,
    /// The same of weights that were learnt without the list they are tried on.
    pub learnt: f64,
    /// Lists that those order better.
    pub better: usize,
    /// Lists that those order worse.
    pub worse: usize,
}

impl Learnt {
    /// As [`is_better`] says of its figures.
    pub fn is_better(&self) -> bool {
        is_better(self.declared, self.learnt, self.better, self.worse)
    }
}

/// Whether learnt weights are better than the declared ones by more than chance: they order more comparisons right, and of the lists that come
/// out differently so many better that a tossed coin would do as well at most once in twenty. This is the exact one-sided sign test (Conover,
/// Practical Nonparametric Statistics, 3rd ed. 1999, 3.4); at least five lists must differ for it.
pub fn is_better(declared: f64, learnt: f64, better: usize, worse: usize) -> bool {
    learnt > declared && better > worse && at_least_heads(better, worse) <= CHANCE
}

/// How probable it is that of as many tosses of a coin as there are `heads` and `tails` at least so many are heads.
#[allow(clippy::cast_precision_loss, reason = "counts of lists")]
fn at_least_heads(heads: usize, tails: usize) -> f64 {
    let tosses = (heads + tails) as f64;
    // At least so many heads is as probable as at most so many tails. In logarithms, because 1 / 2^1100 is no number any more.
    let mut log = -tosses * std::f64::consts::LN_2;
    let mut sum = log.exp();
    for tail in 0..tails {
        log += ((tosses - tail as f64) / (tail as f64 + 1.0)).ln();
        sum += log.exp();
    }
    sum
}

/// Learns from judged lists, and tries what was learnt beside the declared weights and those in force; nothing when there are too few.
#[allow(clippy::cast_precision_loss, reason = "counts of comparisons")]
pub fn learn(lists: &[JudgedList], in_force: &Weights) -> Option<Learnt> {
    let lists: Vec<&JudgedList> = lists.iter().filter(|list| list.len() > 0).collect();
    let comparisons = lists.iter().map(|list| list.len()).sum();
    if lists.len() < LISTS_MIN || comparisons < COMPARISONS_MIN {
        return None;
    }
    let fold = |place: usize| place % FOLDS;
    let (mut declared, mut now, mut learnt, mut better, mut worse) = (0.0, 0.0, 0.0, 0, 0);
    for held in 0..FOLDS {
        let rest: Vec<&JudgedList> = lists.iter().enumerate().filter(|(place, _)| fold(*place) != held).map(|(_, list)| *list).collect();
        let weights = fit(&rest);
        for (_, list) in lists.iter().enumerate().filter(|(place, _)| fold(*place) == held) {
            let (before, after) = (list.right(&WEIGHTS), list.right(&weights));
            declared += before;
            now += list.right(in_force);
            learnt += after;
            better += usize::from(after > before);
            worse += usize::from(after < before);
        }
    }
    let share = |right: f64| right / comparisons as f64;
    let weights = fit(&lists);
    let (declared, in_force, learnt) = (share(declared), share(now), share(learnt));
    Some(Learnt { weights, lists: lists.len(), comparisons, declared, in_force, learnt, better, worse })
}

/// One comparison: by how much the useful pair is ahead by words, and by each declared weight.
struct Comparison {
    words: f64,
    ahead: [f64; COUNT],
    /// A list counts by its judgements, not by its comparisons.
    counts: f64,
}

impl Comparison {
    fn margin(&self, times: &[f64; COUNT]) -> f64 {
        self.words + self.ahead.iter().zip(times).map(|(ahead, times)| ahead * times).sum::<f64>()
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of comparisons")]
fn comparisons(lists: &[&JudgedList]) -> Vec<Comparison> {
    let declared = Weighed::ALL.map(|what| f64::from(WEIGHTS.of(what)));
    let mut comparisons = Vec::new();
    for list in lists {
        let judged = list.useful.len().min(PER_LIST) + list.others.len().min(PER_LIST);
        let counts = judged.saturating_sub(1) as f64 / list.len().max(1) as f64;
        comparisons.extend(list.pairs().map(|(useful, other)| {
            let mut ahead = declared;
            for (ahead, (useful, other)) in ahead.iter_mut().zip(useful.shares.iter().zip(&other.shares)) {
                *ahead *= useful - other;
            }
            Comparison { words: useful.text - other.text, ahead, counts }
        }));
    }
    comparisons
}

/// The weights that order these lists best and stay near the declared ones. What is sought is how many times as declared each should be. The
/// loss is convex, and each step goes to the lowest point of a parabola above it, so that it never rises.
fn fit(lists: &[&JudgedList]) -> Weights {
    let comparisons = comparisons(lists);
    let mut times = [1.0; COUNT];
    let mut margins: Vec<f64> = comparisons.iter().map(|one| SHARPNESS * one.margin(&times)).collect();
    for _ in 0..SWEEPS {
        let mut moved: f64 = 0.0;
        for (place, what) in Weighed::ALL.into_iter().enumerate() {
            let (Some(time), declared) = (times.get_mut(place), f64::from(WEIGHTS.of(what))) else { continue };
            if declared <= 0.0 {
                continue;
            }
            let (mut slope, mut bend) = (PULL * (*time - 1.0), PULL);
            for (one, margin) in comparisons.iter().zip(&margins) {
                let ahead = SHARPNESS * one.ahead.get(place).copied().unwrap_or_default();
                slope -= one.counts * ahead / (1.0 + margin.exp());
                bend += one.counts * ahead * ahead / 4.0;
            }
            let next = (*time - slope / bend).clamp(0.0, f64::from(Weights::most(what)) / declared);
            let step = next - *time;
            *time = next;
            moved = moved.max(step.abs());
            for (one, margin) in comparisons.iter().zip(&mut margins) {
                *margin += SHARPNESS * step * one.ahead.get(place).copied().unwrap_or_default();
            }
        }
        if moved < SETTLED {
            break;
        }
    }
    let mut weights = WEIGHTS;
    for (what, times) in Weighed::ALL.into_iter().zip(times) {
        let weight = weights.of_mut(what);
        // Four places are more than anything here is known to.
        *weight = rounded(f64::from(*weight) * times);
    }
    weights.bounded()
}

#[allow(clippy::cast_possible_truncation, reason = "a share of one")]
fn rounded(weight: f64) -> f32 {
    ((weight * 1e4).round() / 1e4) as f32
}

#[cfg(test)]
#[allow(clippy::cast_precision_loss, clippy::unwrap_used, reason = "tests of small numbers that stop at the first surprise")]
mod tests {
    use super::*;
    use crate::request::Facet;

    /// A stream of numbers between 0 and 1 that is always the same.
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as f64 / (1_u64 << 31) as f64
        }

        fn features(&mut self) -> Features {
            let shares = std::array::from_fn(|_| if self.next() < 0.5 { 0.0 } else { 1.0 });
            Features::new(0.3 + 0.4 * self.next(), shares)
        }
    }

    /// Lists of pairs of which those that score best by `truth`, within some noise, are useful.
    fn lists(truth: &Weights, count: usize, noise: f64) -> Vec<JudgedList> {
        lists_from(7, truth, count, noise)
    }

    fn lists_from(seed: u64, truth: &Weights, count: usize, noise: f64) -> Vec<JudgedList> {
        let mut numbers = Numbers(seed);
        let list = |numbers: &mut Numbers| {
            let mut pairs: Vec<(f64, Features)> = (0..6)
                .map(|_| {
                    let features = numbers.features();
                    (features.score(truth) + noise * (numbers.next() - 0.5), features)
                })
                .collect();
            pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut pairs = pairs.into_iter().map(|(_, features)| features);
            JudgedList { useful: pairs.by_ref().take(3).collect(), others: pairs.collect() }
        };
        (0..count).map(|_| list(&mut numbers)).collect()
    }

    fn learn(lists: &[JudgedList]) -> Option<Learnt> {
        super::learn(lists, &WEIGHTS)
    }

    fn planted() -> Weights {
        Weights { field: 0.17, trl: 0.0, indicators: 0.22, ..WEIGHTS }
    }

    #[test]
    fn a_planted_direction_is_found_and_is_better_on_lists_that_were_not_learnt_from() {
        let learnt = learn(&lists(&planted(), 200, 0.05)).unwrap();
        let weights = learnt.weights;
        assert!(weights.field > 0.11 && weights.indicators > 0.14, "what counts for more is worth more: {weights:?}");
        assert!(weights.trl < 0.6 * WEIGHTS.trl, "what counts for nothing is worth less: {weights:?}");
        assert!(learnt.learnt > learnt.declared + 0.02 && learnt.is_better(), "{learnt:?}");
        assert_eq!((learnt.lists, learnt.comparisons), (200, 1_800));
    }

    #[test]
    fn few_judgements_change_little_and_many_more() {
        let far = |count: usize| {
            let weights = learn(&lists(&planted(), count, 0.05)).unwrap().weights;
            Weighed::ALL.map(|what| (weights.of(what) / WEIGHTS.of(what) - 1.0).abs()).into_iter().fold(0.0, f32::max)
        };
        let (few, many) = (far(LISTS_MIN), far(300));
        assert!(few < 0.6, "{few}");
        assert!(many > 2.0 * few, "{few} {many}");
    }

    #[test]
    fn the_same_lists_teach_the_same() {
        let lists = lists(&planted(), 40, 0.2);
        assert_eq!(learn(&lists), learn(&lists));
    }

    #[test]
    fn no_weight_is_ever_negative_or_beyond_its_bound() {
        // Whatever agrees makes a pair useless here, or is all that makes it useful.
        for useful in [0.0, 1.0] {
            let of = |share: f64| Features::new(0.5, [share; COUNT]);
            let list = JudgedList { useful: vec![of(useful); 4], others: vec![of(1.0 - useful); 4] };
            let weights = learn(&vec![list; 400]).unwrap().weights;
            for what in Weighed::ALL {
                assert!((0.0..=Weights::most(what)).contains(&weights.of(what)), "{what:?}: {weights:?}");
            }
            assert_eq!(weights.of(Weighed::Kin) > WEIGHTS.kin, useful > 0.5, "{weights:?}");
        }
        assert!(Weighed::ALL.iter().all(|what| Weights::most(*what) <= 1.0));
    }

    #[test]
    fn too_few_judgements_teach_nothing() {
        assert_eq!(learn(&[]), None);
        let all = lists(&planted(), LISTS_MIN, 0.05);
        assert!(learn(&all).is_some());
        assert_eq!(learn(&all[1..]), None, "one list is missing");
        let one_each: Vec<JudgedList> =
            all.iter().map(|list| JudgedList { useful: list.useful[..1].to_vec(), others: list.others[..1].to_vec() }).collect();
        assert_eq!(learn(&one_each), None, "ten comparisons are too few");
        let useful_only: Vec<JudgedList> = all.into_iter().map(|list| JudgedList { others: Vec::new(), ..list }).collect();
        assert_eq!(learn(&useful_only), None, "there is nothing to compare");
    }

    #[test]
    fn chance_is_not_taken_for_learning() {
        let learnt = learn(&lists(&WEIGHTS, 60, 0.05)).unwrap();
        for what in Weighed::ALL {
            let (before, after) = (WEIGHTS.of(what), learnt.weights.of(what));
            assert!((after - before).abs() < 0.8 * before, "{what:?}: {before} {after}");
        }
        // Judged by tossing a coin, however often. At one in twenty, more than five of forty come up once in seventy times.
        let adoptable = |truth: &Weights, count: usize, noise: f64| {
            let learnt = (0..40).filter_map(|seed| learn(&lists_from(1_000 + 77 * seed, truth, count, noise)));
            learnt.filter(Learnt::is_better).count()
        };
        let chance = adoptable(&WEIGHTS, 40, 1e6);
        assert!(chance <= 5, "{chance} of 40");
        let found = adoptable(&planted(), 150, 0.05);
        assert!(found >= 36, "what is there is found: {found} of 40");
    }

    #[test]
    fn a_coin_passes_for_learning_once_in_twenty_times_at_most() {
        let least = |worse: usize| (0..).find(|better| is_better(0.7, 0.8, *better, worse)).unwrap();
        // Tables of the sign test for one side and 5 per cent: at most 0 of 5, 1 of 8, 2 of 11, 3 of 13, 10 of 30.
        assert_eq!([0, 1, 2, 3, 10].map(least), [5, 7, 9, 10, 20]);
        assert!(!is_better(0.7, 0.7, 9, 0), "over all comparisons it has to be better, too");
        assert!((at_least_heads(5, 0) - 1.0 / 32.0).abs() < 1e-12 && (at_least_heads(2, 1) - 0.5).abs() < 1e-12);
        assert!(is_better(0.7, 0.8, 1_300, 1_100) && !is_better(0.7, 0.8, 1_220, 1_180), "large numbers stay numbers");
    }

    #[test]
    fn weights_in_force_are_tried_on_the_same_comparisons() {
        let lists = lists(&planted(), 100, 0.05);
        let learnt = super::learn(&lists, &planted()).unwrap();
        assert!(learnt.in_force > learnt.declared && learnt.in_force >= learnt.learnt, "the truth orders best: {learnt:?}");
        let declared = super::learn(&lists, &WEIGHTS).unwrap();
        assert_eq!((declared.in_force, declared.learnt), (declared.declared, learnt.learnt));
    }

    #[test]
    fn what_a_pair_is_made_of_is_kept_whatever_weights_come_and_go() {
        let features = Numbers(3).features();
        let shares = features.shares();
        assert_eq!(Features::read(features.text(), &shares), Some(features.clone()));
        let more = shares.replacen('{', r#"{"astrology": 1, "#, 1);
        assert_eq!(Features::read(features.text(), &more), Some(features), "a weight that went");
        let fewer = shares.replacen("\"kin\"", "\"family\"", 1);
        for unreadable in [fewer.as_str(), "", "null", "[]", "{}", r#"{"kin": null}"#] {
            assert_eq!(Features::read(0.5, unreadable), None, "{unreadable}");
        }
    }

    #[test]
    fn stored_weights_are_read_whatever_is_missing_unknown_or_out_of_bounds() {
        let read = Weights { field: 0.1, price: 0.0, region: Weights::most(Weighed::Facet(Facet::Region)), ..WEIGHTS };
        assert_eq!(Weights::read(r#"{"field": 0.1, "price": -4, "region": 99, "astrology": 1}"#), (read, false));
        assert_eq!(Weights::read(&serde_json::to_string(&read).unwrap()), (read, false), "every name is that of its field");
        for unreadable in ["null", "\"0.1\"", "[0.1]", "1e39", "{}", "true"] {
            let stored = format!(r#"{{"field": 0.1, "kin": {unreadable}}}"#);
            assert_eq!(Weights::read(&stored), (Weights { field: 0.1, ..WEIGHTS }, true), "{stored}");
        }
        for unreadable in ["", "null", "[]", "weights", r#"{"field": 0.1, "kin": 1e400}"#] {
            assert_eq!(Weights::read(unreadable), (WEIGHTS, true), "{unreadable}");
        }
        let none = Weights { kin: f32::NAN, ..WEIGHTS };
        assert_eq!(none.bounded(), WEIGHTS);
    }
}
