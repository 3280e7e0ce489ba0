//! How is a ranking handed to other programs?

use std::io::Write;

/// The name of the system in a run.
const SYSTEM: &str = "keqiao";

/// What one query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The query's id.
    pub query: String,
    /// Ids and scores of documents, best first.
    pub found: Vec<(String, f32)>,
}

/// Writes rankings as a TREC run: `query Q0 document rank score keqiao`. Programs that read it sort by score and settle ties their own
/// way, so equal scores are written a hair apart: the order stays ours.
///
/// # Errors
/// When writing fails.
pub fn write_run(rankings: &[Ranking], mut out: impl Write) -> std::io::Result<()> {
    for Ranking { query, found } in rankings {
        let mut before = f32::INFINITY;
        for (rank, (document, score)) in (1..).zip(found) {
            let score = if *score < before { *score } else { before.next_down() };
            writeln!(out, "{query} Q0 {document} {rank} {score} {SYSTEM}")?;
            before = score;
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_six_columns_and_falling_scores() {
        let found = [("d1", 2.5), ("d2", 2.5), ("d3", 2.5), ("d4", 0.25)].map(|(id, score)| (id.to_owned(), score)).to_vec();
        let rankings = [Ranking { query: "q1".to_owned(), found }, Ranking { query: "q2".to_owned(), found: vec![("d9".to_owned(), 9.0)] }];
        let mut out = Vec::new();
        write_run(&rankings, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
        let columns = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<_>>();
        assert_eq!(columns(0), ["q1", "q1", "q1", "q1", "q2"]);
        assert_eq!(columns(2), ["d1", "d2", "d3", "d4", "d9"]);
        assert_eq!(columns(3), ["1", "2", "3", "4", "1"]);
        assert!(rows.iter().all(|row| row.len() == 6 && row[1] == "Q0" && row[5] == "keqiao"), "{text}");
        let scores: Vec<f32> = columns(4).iter().map(|score| score.parse().unwrap()).collect();
        assert!(scores[0] > scores[1] && scores[1] > scores[2] && scores[2] > scores[3], "{scores:?}");
        assert!((scores[2] - 2.5).abs() < 1e-5 && scores[4] == 9.0, "{scores:?}");
    }
}
