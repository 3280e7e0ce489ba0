//! The best few of many, in an order without ties.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::DocAddress;
use tantivy::columnar::{Column, ColumnValues};
use uuid::Uuid;

use crate::error::SearchError;
use crate::schema::column;
use crate::snapshot::Segment;

/// A listing in its place: the larger, the earlier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ranked {
    /// What the order is about.
    pub(crate) primary: u64,
    /// Unix seconds; the newer goes first.
    published_at: i64,
    /// Settles what is left.
    id: u128,
    pub(crate) score: f32,
    pub(crate) address: DocAddress,
}

impl Ranked {
    /// The listing's id.
    pub(crate) fn id(&self) -> Uuid {
        Uuid::from_u128(self.id)
    }

    /// Gives it another score and the place that goes with it.
    pub(crate) fn rescore(&mut self, score: f32) {
        self.score = score;
        self.primary = score_key(score);
    }
}

impl Eq for Ranked {}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.primary, self.published_at, Reverse(self.id)).cmp(&(other.primary, other.published_at, Reverse(other.id)))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Keeps the best `limit` of what it is shown.
pub(crate) struct Top {
    limit: usize,
    heap: BinaryHeap<Reverse<Ranked>>,
}

impl Top {
    /// Room for this many.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::new() }
    }

    /// Shows one document. Its columns are only read when it could get in.
    pub(crate) fn show(&mut self, keys: &Keys, doc: u32, primary: u64, score: f32) {
        if self.limit == 0 {
            return;
        }
        if self.heap.len() == self.limit
            && let Some(Reverse(worst)) = self.heap.peek()
            && primary < worst.primary
        {
            return;
        }
        let ranked = keys.rank(doc, primary, score);
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(ranked));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && ranked > worst.0
        {
            *worst = Reverse(ranked);
        }
    }

    /// The best, best first.
    pub(crate) fn finish(self) -> Vec<Ranked> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(ranked)| ranked).collect()
    }
}

/// A primary key that sorts like this score, which must not be negative.
pub(crate) fn score_key(score: f32) -> u64 {
    u64::from(score.max(0.0).to_bits())
}

/// The columns of one segment that settle ties.
pub(crate) struct Keys {
    segment: u32,
    published_at: Column<i64>,
    deadline: Column<i64>,
    id_high: Arc<dyn ColumnValues<u64>>,
    id_low: Arc<dyn ColumnValues<u64>>,
}

impl Keys {
    /// Opens them.
    pub(crate) fn open(segment: Segment<'_>) -> Result<Self, SearchError> {
        let (reader, columns) = (segment.reader, segment.reader.fast_fields());
        Ok(Self {
            segment: segment.place,
            published_at: columns.i64(column::PUBLISHED_AT)?,
            // A segment without any deadline has no such column.
            deadline: columns.column_opt::<i64>(column::DEADLINE)?.unwrap_or_else(|| Column::build_empty_column(reader.max_doc())),
            id_high: columns.column_first_or_default(column::ID_HIGH)?,
            id_low: columns.column_first_or_default(column::ID_LOW)?,
        })
    }

    /// A primary key that puts the newest first.
    pub(crate) fn newest(&self, doc: u32) -> u64 {
        ascending(self.published_at.first(doc).unwrap_or(i64::MIN))
    }

    /// A primary key that puts the nearest deadline first and those without one last.
    pub(crate) fn deadline(&self, doc: u32) -> u64 {
        self.deadline.first(doc).map_or(0, |day| u64::MAX - ascending(day))
    }

    /// The listing's id.
    pub(crate) fn id(&self, doc: u32) -> u128 {
        (u128::from(self.id_high.get_val(doc)) << 64) | u128::from(self.id_low.get_val(doc))
    }

    fn rank(&self, doc: u32, primary: u64, score: f32) -> Ranked {
        Ranked {
            primary,
            published_at: self.published_at.first(doc).unwrap_or(i64::MIN),
            id: self.id(doc),
            score,
            address: DocAddress::new(self.segment, doc),
        }
    }
}

/// Maps signed to unsigned numbers, keeping their order.
fn ascending(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}
