//! How good is one ranking?

use std::collections::{HashMap, HashSet};

/// Ranks considered, except among judged documents, where all are.
pub(super) const DEEPEST: usize = 100;

/// The figures of one query.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Measured {
    pub(super) ndcg10: f64,
    pub(super) ndcg10_judged: f64,
    pub(super) mrr10: f64,
    pub(super) recall10: f64,
    pub(super) recall100: f64,
}

impl Measured {
    /// Measures a ranking, best first, against the query's grades.
    pub(super) fn of(ranking: &[&str], grades: &HashMap<String, i32>) -> Self {
        let grade = |id: &str| grades.get(id).copied().unwrap_or(0);
        let relevant: HashSet<&str> = grades.iter().filter(|(_, grade)| **grade > 0).map(|(id, _)| id.as_str()).collect();
        let found = |depth: usize| ranking.iter().take(depth).filter(|id| relevant.contains(*id)).count() as f64;
        let all = relevant.len().max(1) as f64;
        let first = ranking.iter().take(10).position(|id| relevant.contains(id));
        let judged = ranking.iter().filter(|id| grades.contains_key(**id));
        Self {
            ndcg10: ndcg10(ranking.iter().map(|id| grade(id)), grades),
            ndcg10_judged: ndcg10(judged.map(|id| grade(id)), grades),
            mrr10: first.map_or(0.0, |place| 1.0 / (place as f64 + 1.0)),
            recall10: found(10) / all,
            recall100: found(DEEPEST) / all,
        }
    }

    /// The means over queries; nothing for none.
    pub(super) fn mean(of: &[Self]) -> Self {
        let mean = |value: fn(&Self) -> f64| of.iter().map(value).sum::<f64>() / of.len().max(1) as f64;
        Self {
            ndcg10: mean(|m| m.ndcg10),
            ndcg10_judged: mean(|m| m.ndcg10_judged),
            mrr10: mean(|m| m.mrr10),
            recall10: mean(|m| m.recall10),
            recall100: mean(|m| m.recall100),
        }
    }
}

fn ndcg10(ranking: impl Iterator<Item = i32>, grades: &HashMap<String, i32>) -> f64 {
    let mut ideal: Vec<i32> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg10(ideal.into_iter());
    if best > 0.0 { dcg10(ranking) / best } else { 0.0 }
}

fn dcg10(grades: impl Iterator<Item = i32>) -> f64 {
    grades.take(10).enumerate().map(|(place, grade)| (2_f64.powi(grade.max(0)) - 1.0) / (place as f64 + 2.0).log2()).sum()
}

/// The smallest value that this share of all reaches, of sorted values; 0 for none.
pub(super) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grades(of: &[(&str, i32)]) -> HashMap<String, i32> {
        of.iter().map(|(id, grade)| ((*id).to_owned(), *grade)).collect()
    }

    fn assert_near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-4, "{value} is not {expected}");
    }

    #[test]
    fn the_ideal_order_is_one_and_nothing_found_is_zero() {
        let grades = grades(&[("a", 3), ("b", 1), ("c", 0)]);
        assert_near(Measured::of(&["a", "b", "c"], &grades).ndcg10, 1.0);
        assert_eq!(Measured::of(&["c", "x", "y"], &grades), Measured::default());
        assert_eq!(Measured::of(&[], &grades), Measured::default());
    }

    #[test]
    fn ndcg_is_as_computed_by_hand() {
        // Gains 7, 3 and 1. Ideal: 7 + 3/log2(3) + 1/2 = 9.3928. Found at ranks 2, 4 and 1: 1 + 7/log2(3) + 3/log2(5) = 6.7086.
        let grades = grades(&[("a", 3), ("b", 2), ("c", 1)]);
        let measured = Measured::of(&["c", "a", "x", "b"], &grades);
        assert_near(measured.ndcg10, 6.7086 / 9.3928);
        // Without x: 1 + 7/log2(3) + 3/2 = 6.9165.
        assert_near(measured.ndcg10_judged, 6.9165 / 9.3928);
        assert_eq!(measured.mrr10, 1.0);
    }

    #[test]
    fn grades_below_zero_are_judged_and_gain_nothing() {
        let grades = grades(&[("a", 1), ("b", -1)]);
        let measured = Measured::of(&["b", "a"], &grades);
        assert_near(measured.ndcg10, 1.0 / 3_f64.log2());
        assert_near(measured.ndcg10_judged, 1.0 / 3_f64.log2());
        assert_eq!((measured.mrr10, measured.recall10), (0.5, 1.0));
    }

    #[test]
    fn equal_grades_may_stand_in_any_order() {
        let grades = grades(&[("a", 2), ("b", 2), ("c", 1)]);
        assert_eq!(Measured::of(&["a", "b", "c"], &grades), Measured::of(&["b", "a", "c"], &grades));
        assert_near(Measured::of(&["b", "a", "c"], &grades).ndcg10, 1.0);
    }

    #[test]
    fn ranks_ten_and_a_hundred_are_the_last_that_count() {
        let others: Vec<String> = (0..99).map(|number| format!("x{number}")).collect();
        let grades = grades(&[("a", 1), ("b", 1)]);
        let at = |place: usize| {
            let mut ranking: Vec<&str> = others.iter().map(String::as_str).collect();
            ranking.insert(place - 1, "a");
            ranking.push("b");
            Measured::of(&ranking, &grades)
        };
        assert_eq!((at(10).mrr10, at(10).recall10, at(10).recall100), (0.1, 0.5, 0.5));
        assert_eq!((at(11).mrr10, at(11).recall10, at(11).recall100), (0.0, 0.0, 0.5));
        assert_near(at(11).ndcg10_judged, 1.0);
        assert_eq!(at(100).recall100, 0.5);
    }

    #[test]
    fn means_are_over_queries() {
        let one = Measured { ndcg10: 1.0, recall100: 0.5, ..Measured::default() };
        let mean = Measured::mean(&[one, Measured::default()]);
        assert_eq!((mean.ndcg10, mean.recall100, mean.mrr10), (0.5, 0.25, 0.0));
        assert_eq!(Measured::mean(&[]), Measured::default());
    }

    #[test]
    fn percentiles_are_of_the_sorted() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((percentile(&values, 0.5), percentile(&values, 0.99), percentile(&[], 0.5)), (50.0, 99.0, 0.0));
    }
}
