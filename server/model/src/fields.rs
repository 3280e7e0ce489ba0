//! Names and values as a form sends them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most rows of a table in a form; what comes beyond is ignored.
const MOST_ROWS: usize = 200;

/// Names and values in the order they came; a name may come several times (check boxes).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value of a name, empty when absent.
    pub fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// Every value of a name that is not empty.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone()).collect()
    }

    /// Whether a name holds a value.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(n, v)| n == name && v == value)
    }

    /// Adds a value.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The rows of a table (`prefix.0.name`, `prefix.0.value`, …) by their index.
    pub fn rows(&self, prefix: &str) -> Vec<(usize, Fields)> {
        let mut rows: BTreeMap<usize, Fields> = BTreeMap::new();
        for (name, value) in &self.0 {
            let Some(rest) = name.strip_prefix(prefix).and_then(|r| r.strip_prefix('.')) else { continue };
            let Some((index, column)) = rest.split_once('.') else { continue };
            let Ok(index) = index.parse::<usize>() else { continue };
            if index < MOST_ROWS {
                rows.entry(index).or_default().push(column, value.as_str());
            }
        }
        rows.into_iter().collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect())
    }
}
