//! Which of what was found may stay?

use std::collections::{BTreeMap, HashMap, HashSet};

use tantivy::SegmentReader;
use tantivy::columnar::{Column, ColumnIndex, StrColumn};

use crate::error::SearchError;
use crate::query::{Condition, Query};
use crate::request::{Bounds, Facet, SearchRequest};
use crate::schema::column;

/// Values read at once.
const BLOCK: usize = 64;

/// The filters on one segment, and the counts as documents pass.
pub(crate) struct Filter {
    facets: Vec<FacetFilter>,
    counting: bool,
}

/// How many filters a document does not pass.
#[derive(Clone, Copy, Default)]
struct Failures {
    count: usize,
    /// The place of the last of them.
    last: usize,
}

struct FacetFilter {
    facet: Facet,
    column: Option<StrColumn>,
    /// Places of the accepted codes in the column's dictionary; `None` accepts everything.
    accepted: Option<HashSet<u64>>,
    counts: Vec<usize>,
}

impl Filter {
    /// Opens the columns.
    pub(crate) fn new(reader: &SegmentReader, request: &SearchRequest) -> Result<Self, SearchError> {
        let mut facets = Vec::new();
        for facet in Facet::all() {
            let column = reader.fast_fields().str(facet.code())?;
            let accepted = match request.filters.get(&facet).filter(|codes| !codes.is_empty()) {
                Some(codes) => Some(places(column.as_ref(), codes)?),
                None => None,
            };
            let counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
            facets.push(FacetFilter { facet, column, accepted, counts });
        }
        Ok(Self { facets, counting: request.count })
    }

    /// Keeps the documents that pass every filter; each is counted in the facets whose OTHER facets' filters it passes.
    pub(crate) fn keep<T>(&mut self, found: &mut Vec<T>, doc: impl Fn(&T) -> u32) {
        let filtering = self.facets.iter().any(|facet| facet.accepted.is_some());
        if !filtering && !self.counting {
            return;
        }
        let documents: Vec<u32> = found.iter().map(doc).collect();
        if !filtering {
            self.facets.iter_mut().for_each(|facet| facet.count(&documents));
            return;
        }
        let mut failures = vec![Failures::default(); documents.len()];
        for (place, facet) in self.facets.iter().enumerate() {
            facet.check(&documents, |at| {
                if let Some(failures) = failures.get_mut(at) {
                    *failures = Failures { count: failures.count + 1, last: place };
                }
            });
        }
        if self.counting {
            for (place, facet) in self.facets.iter_mut().enumerate() {
                let passes = |failures: &Failures| failures.count == 0 || failures.count == 1 && failures.last == place;
                let passing = documents.iter().zip(&failures).filter(|(_, failures)| passes(failures));
                facet.count(&passing.map(|(doc, _)| *doc).collect::<Vec<_>>());
            }
        }
        let mut failures = failures.iter();
        found.retain(|_| failures.next().is_some_and(|failures| failures.count == 0));
    }

    /// Adds the counts of this segment.
    pub(crate) fn add_to(self, counts: &mut BTreeMap<Facet, HashMap<String, usize>>) -> Result<(), SearchError> {
        for facet in self.facets {
            let (Some(column), Some(codes)) = (&facet.column, counts.get_mut(&facet.facet)) else { continue };
            for (ord, &count) in (0_u64..).zip(&facet.counts) {
                let mut code = String::new();
                if count > 0 && column.ord_to_str(ord, &mut code)? {
                    *codes.entry(code).or_default() += count;
                }
            }
        }
        Ok(())
    }
}

/// Places of codes in a column's dictionary.
fn places<'a>(column: Option<&StrColumn>, codes: impl IntoIterator<Item = &'a String>) -> Result<HashSet<u64>, SearchError> {
    let mut ords = HashSet::new();
    if let Some(column) = column {
        for code in codes {
            ords.extend(column.dictionary().term_ord(code)?);
        }
    }
    Ok(ords)
}

fn has(column: Option<&StrColumn>, doc: u32, accepted: &HashSet<u64>) -> bool {
    column.is_some_and(|column| column.ords().values_for_doc(doc).any(|ord| accepted.contains(&ord)))
}

impl FacetFilter {
    /// Calls `failed` with the places of the documents that have none of the accepted codes.
    fn check(&self, documents: &[u32], mut failed: impl FnMut(usize)) {
        let Some(accepted) = &self.accepted else { return };
        let Some(column) = &self.column else {
            (0..documents.len()).for_each(failed);
            return;
        };
        if matches!(column.ords().index, ColumnIndex::Multivalued(_)) {
            let fails = |doc: &u32| !has(Some(column), *doc, accepted);
            documents.iter().enumerate().filter(|(_, doc)| fails(doc)).for_each(|(at, _)| failed(at));
            return;
        }
        let codes: Vec<bool> = (0_u64..).take(column.num_terms()).map(|ord| accepted.contains(&ord)).collect();
        each_value(column, documents, |at, ord| {
            let passes = ord.and_then(|ord| codes.get(usize::try_from(ord).ok()?)).is_some_and(|accepted| *accepted);
            if !passes {
                failed(at);
            }
        });
    }

    /// Counts the codes of many documents.
    fn count(&mut self, documents: &[u32]) {
        let Some(column) = &self.column else { return };
        let mut add = |ord: u64| {
            if let Some(count) = usize::try_from(ord).ok().and_then(|ord| self.counts.get_mut(ord)) {
                *count += 1;
            }
        };
        if matches!(column.ords().index, ColumnIndex::Multivalued(_)) {
            documents.iter().flat_map(|doc| column.ords().values_for_doc(*doc)).for_each(add);
        } else {
            each_value(column, documents, |_, ord| ord.into_iter().for_each(&mut add));
        }
    }
}

/// Calls `visit` with the place of each document and its value, in a column where each has at most one, a block at a time.
fn each_value(column: &StrColumn, documents: &[u32], mut visit: impl FnMut(usize, Option<u64>)) {
    let mut ords = [None; BLOCK];
    for (block, start) in documents.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
        let Some(ords) = ords.get_mut(..block.len()) else { continue };
        column.ords().first_vals(block, ords);
        ords.iter_mut().enumerate().for_each(|(at, ord)| visit(start + at, ord.take()));
    }
}

/// What must hold for a document to be counted at all, on one segment: properties asked for in the query, and ranges.
pub(crate) struct Conditions {
    /// Column, places of the codes, and whether one of them must be there or none.
    properties: Vec<(Option<StrColumn>, HashSet<u64>, bool)>,
    price: Option<(Column<i64>, Column<i64>, Bounds)>,
}

impl Conditions {
    /// Opens the columns that are needed.
    pub(crate) fn new(reader: &SegmentReader, query: &Query, request: &SearchRequest) -> Result<Self, SearchError> {
        let mut properties = Vec::new();
        let mut add = |facet: Facet, codes: &mut dyn Iterator<Item = &String>, wanted: bool| -> Result<(), SearchError> {
            let column = reader.fast_fields().str(facet.code())?;
            let places = places(column.as_ref(), codes)?;
            properties.push((column, places, wanted));
            Ok(())
        };
        for (conditions, wanted) in [(&query.conditions, true), (&query.excluded_conditions, false)] {
            for Condition { facet, codes } in conditions {
                add(*facet, &mut codes.iter(), wanted)?;
            }
        }
        if !request.trl.is_open() {
            let levels: Vec<String> = (1..=9).filter(|level| request.trl.holds(*level)).map(|level| level.to_string()).collect();
            add(Facet::Trl, &mut levels.iter(), true)?;
        }
        let price = if request.price.is_open() {
            None
        } else {
            // A segment without any price has no such column.
            let open = |name: &str| -> Result<Column<i64>, SearchError> {
                Ok(reader.fast_fields().column_opt::<i64>(name)?.unwrap_or_else(|| Column::build_empty_column(reader.max_doc())))
            };
            Some((open(column::PRICE_MIN)?, open(column::PRICE_MAX)?, request.price))
        };
        Ok(Self { properties, price })
    }

    /// Whether all of them hold.
    pub(crate) fn hold(&self, doc: u32) -> bool {
        self.properties.iter().all(|(column, codes, wanted)| has(column.as_ref(), doc, codes) == *wanted)
            && self.price.as_ref().is_none_or(|(low, high, bounds)| touches(low.first(doc), high.first(doc), *bounds))
    }
}

/// Whether a price with these ends, of which one may be missing, lies partly within the bounds.
fn touches(low: Option<i64>, high: Option<i64>, bounds: Bounds) -> bool {
    (low.is_some() || high.is_some())
        && bounds.min.is_none_or(|min| high.is_none_or(|high| high >= min))
        && bounds.max.is_none_or(|max| low.is_none_or(|low| low <= max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_touches_bounds() {
        let bounds = |min, max| Bounds { min, max };
        for (low, high, within, expected) in [
            (Some(50), Some(120), bounds(Some(100), None), true),
            (Some(50), Some(120), bounds(Some(121), None), false),
            (Some(50), Some(120), bounds(None, Some(50)), true),
            (Some(50), Some(120), bounds(None, Some(49)), false),
            (Some(50), None, bounds(Some(1_000), None), true),
            (None, Some(50), bounds(Some(60), None), false),
            (None, Some(50), bounds(None, Some(10)), true),
            (None, None, bounds(None, Some(10)), false),
        ] {
            assert_eq!(touches(low, high, within), expected, "{low:?} {high:?} {within:?}");
        }
    }
}
