//! Which listings mean the like, as an embeddings end point sees it?
//!
//! Vectors come from outside and are held beside the index, not in it: it answers without them, and they can come later, change and be missing
//! one by one. Whoever has none is neither better nor worse for it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use keqiao_model::ListingKind;
use uuid::Uuid;

/// Of fewer vectors of a side nothing can be told: how near is near is learnt from how near the others are.
const LEAST_COMPARED: usize = 8;
/// Near are those that are nearer than the mean of all by this many standard deviations: cosines of one model lie between -1 and 1, those of
/// another between 0.8 and 0.95.
const NEAR: f64 = 1.0;
/// More vectors of one side are not compared one by one for every listing: then only those that words find are.
const MOST_COMPARED: usize = 200_000;

/// What a text means, as a direction: 8 bits a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedding(Vec<i8>);

impl Embedding {
    /// The direction of a vector; none of one that has no direction, or numbers that are none.
    pub fn new(vector: &[f32]) -> Option<Self> {
        let longest = vector.iter().fold(0.0_f32, |longest, number| longest.max(number.abs()));
        if !longest.is_normal() || vector.iter().any(|number| !number.is_finite()) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "at most 127")]
        let rounded = vector.iter().map(|number| (number / longest * 127.0).round() as i8).collect();
        Some(Self(rounded))
    }

    /// As bytes, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().map(|number| number.to_le_bytes()[0]).collect()
    }

    /// From such bytes; none of bytes without a direction.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let numbers: Vec<i8> = bytes.iter().map(|byte| i8::from_le_bytes([*byte])).collect();
        numbers.iter().any(|number| *number != 0).then_some(Self(numbers))
    }

    fn length(&self) -> f32 {
        (product(&self.0, &self.0) as f32).sqrt()
    }
}

fn product(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// The vectors of one side of the market, one behind the other.
#[derive(Debug, Default)]
struct Side {
    places: HashMap<Uuid, usize>,
    ids: Vec<Uuid>,
    lengths: Vec<f32>,
    numbers: Vec<i8>,
}

impl Side {
    fn put(&mut self, id: Uuid, embedding: &Embedding) {
        let size = embedding.0.len();
        let place = *self.places.entry(id).or_insert(self.ids.len());
        if place == self.ids.len() {
            self.ids.push(id);
            self.lengths.push(embedding.length());
            self.numbers.extend_from_slice(&embedding.0);
        } else if let (Some(numbers), Some(length)) = (self.numbers.get_mut(place * size..(place + 1) * size), self.lengths.get_mut(place))
        {
            numbers.copy_from_slice(&embedding.0);
            *length = embedding.length();
        }
    }

    /// The last one takes the place of the one that goes.
    fn remove(&mut self, id: Uuid, size: usize) {
        let Some(place) = self.places.remove(&id) else { return };
        self.ids.swap_remove(place);
        self.lengths.swap_remove(place);
        let last = self.ids.len() * size;
        if let Some(moved) = self.ids.get(place) {
            self.places.insert(*moved, place);
            self.numbers.copy_within(last..last + size, place * size);
        }
        self.numbers.truncate(last);
    }

    fn of(&self, id: Uuid, size: usize) -> Option<(&[i8], f32)> {
        let place = *self.places.get(&id)?;
        Some((self.numbers.get(place * size..(place + 1) * size)?, *self.lengths.get(place)?))
    }
}

/// All vectors that are known.
#[derive(Debug, Default)]
pub(crate) struct Embeddings {
    /// Numbers a vector; 0 before the first.
    size: usize,
    demands: Side,
    achievements: Side,
}

/// Cosine and id, as they are told apart: the closer first, of equals the one with the smaller id.
#[derive(PartialEq)]
struct Close(f32, Uuid);

impl Eq for Close {}

impl Ord for Close {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then_with(|| other.1.cmp(&self.1))
    }
}

impl PartialOrd for Close {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Embeddings {
    fn side(&self, kind: ListingKind) -> &Side {
        match kind {
            ListingKind::Demand => &self.demands,
            ListingKind::Achievement => &self.achievements,
        }
    }

    /// Takes a listing's vector in, replacing the one it had; without one it is forgotten. All vectors have as many numbers as the first:
    /// one of another size, which cannot be compared, is the same as none.
    pub(crate) fn put(&mut self, kind: ListingKind, id: Uuid, embedding: Option<&Embedding>) {
        if self.size == 0 {
            self.size = embedding.map_or(0, |embedding| embedding.0.len());
        }
        let size = self.size;
        let side = match kind {
            ListingKind::Demand => &mut self.demands,
            ListingKind::Achievement => &mut self.achievements,
        };
        match embedding.filter(|embedding| embedding.0.len() == size) {
            Some(embedding) => side.put(id, embedding),
            None => side.remove(id, size),
        }
    }

    /// Vectors that are known.
    pub(crate) fn len(&self) -> usize {
        self.demands.ids.len() + self.achievements.ids.len()
    }

    /// The listings of the other side that mean nearly what this one does, nearest first, at most `most`. None when nothing is known of the
    /// listing itself, or the other side is too large to be compared as a whole.
    pub(crate) fn nearest(&self, kind: ListingKind, id: Uuid, most: usize) -> Option<Vec<Uuid>> {
        let own = self.side(kind).of(id, self.size)?;
        let other = self.side(kind.opposite());
        let all = other.ids.iter().copied().zip(other.numbers.chunks_exact(self.size.max(1))).zip(other.lengths.iter().copied());
        (other.ids.len() <= MOST_COMPARED).then(|| closest(own, all.map(|((id, numbers), length)| (id, numbers, length)), most))
    }

    /// Of these listings of the other side those that mean nearly what this one does, nearest first.
    pub(crate) fn order(&self, kind: ListingKind, id: Uuid, these: &[Uuid]) -> Vec<Uuid> {
        let Some(own) = self.side(kind).of(id, self.size) else { return Vec::new() };
        let other = self.side(kind.opposite());
        let known = these.iter().filter_map(|id| other.of(*id, self.size).map(|(numbers, length)| (*id, numbers, length)));
        closest(own, known, these.len())
    }
}

/// Those that point nearly the same way, measured by all of them, nearest first, at most `most`.
fn closest<'a>((own, own_length): (&[i8], f32), others: impl Iterator<Item = (Uuid, &'a [i8], f32)>, most: usize) -> Vec<Uuid> {
    let mut best: BinaryHeap<Reverse<Close>> = BinaryHeap::new();
    let (mut count, mut sum, mut squares) = (0_usize, 0.0_f64, 0.0_f64);
    for (id, numbers, length) in others {
        let close = Close(product(own, numbers) as f32 / (own_length * length), id);
        count += 1;
        sum += f64::from(close.0);
        squares += f64::from(close.0).powi(2);
        if best.len() < most {
            best.push(Reverse(close));
        } else if let Some(mut least) = best.peek_mut()
            && close > least.0
        {
            *least = Reverse(close);
        }
    }
    if count < LEAST_COMPARED {
        return Vec::new();
    }
    let mean = sum / count as f64;
    // Of equals all are near, however their sum was rounded.
    let near = mean + NEAR * (squares / count as f64 - mean * mean).max(0.0).sqrt() - 1e-6;
    best.into_sorted_vec().into_iter().filter(|Reverse(close)| f64::from(close.0) >= near).map(|Reverse(Close(_, id))| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn toward(degrees: f32) -> Embedding {
        Embedding::new(&[degrees.to_radians().cos() * 0.01, degrees.to_radians().sin() * 0.01]).unwrap()
    }

    /// A demand and so many achievements, the n-th of which is so many degrees away.
    fn known(degrees: &[f32]) -> Embeddings {
        let mut known = Embeddings::default();
        known.put(ListingKind::Demand, id(1), Some(&toward(0.0)));
        for (number, degrees) in (11..).zip(degrees) {
            known.put(ListingKind::Achievement, id(number), Some(&toward(*degrees)));
        }
        known
    }

    fn nearest(known: &Embeddings, most: usize) -> Vec<u128> {
        known.nearest(ListingKind::Demand, id(1), most).unwrap().iter().map(Uuid::as_u128).collect()
    }

    #[test]
    fn the_near_come_nearest_first_and_of_equals_the_smaller_id() {
        let mut known = known(&[80.0, 10.0, 20.0, 10.0, 80.0, 85.0, 90.0, 95.0, 100.0, 170.0]);
        assert_eq!(nearest(&known, 9), [12, 14, 13]);
        assert_eq!(nearest(&known, 2), [12, 14]);
        assert!(nearest(&known, 0).is_empty());
        known.put(ListingKind::Achievement, id(12), None);
        known.put(ListingKind::Achievement, id(12), None);
        known.put(ListingKind::Achievement, id(20), Some(&toward(1.0)));
        known.put(ListingKind::Achievement, id(21), Some(&Embedding::new(&[1.0, 0.0, 0.0]).unwrap()));
        assert_eq!(nearest(&known, 9), [20, 14, 13], "the last one moved into the place that was left, a vector of another size is none");
        assert_eq!(known.len(), 10);
        let these: Vec<Uuid> = (11..99).map(id).collect();
        assert_eq!(known.order(ListingKind::Demand, id(1), &these), [20, 14, 13].map(id));
        assert_eq!(known.nearest(ListingKind::Demand, id(2), 9), None, "of whom nothing is known");
        assert!(known.order(ListingKind::Demand, id(2), &these).is_empty());
    }

    #[test]
    fn of_few_it_cannot_be_told_who_is_near_and_of_equals_all_are() {
        assert!(nearest(&known(&[1.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0]), 9).is_empty());
        assert_eq!(nearest(&known(&[1.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0]), 9), [11]);
        assert_eq!(nearest(&known(&[30.0; 8]), 99).len(), 8);
    }

    #[test]
    fn what_has_no_direction_is_no_embedding() {
        for vector in [&[][..], &[0.0, 0.0], &[1.0, f32::NAN], &[f32::INFINITY, 1.0], &[f32::MIN_POSITIVE / 2.0]] {
            assert_eq!(Embedding::new(vector), None, "{vector:?}");
        }
        let kept = Embedding::new(&[0.5, -0.25, 0.0]).unwrap();
        assert_eq!(kept.0, [127, -64, 0]);
        assert_eq!(Embedding::from_bytes(&kept.to_bytes()), Some(kept));
        assert_eq!(Embedding::from_bytes(&[]), None);
        assert_eq!(Embedding::from_bytes(&[0, 0]), None);
    }
}
