//! Which listings are about the same, although they share few words?
//!
//! From the market's own texts, by latent semantic analysis: the words of a sample of listings are a sparse matrix, its strongest
//! [`DIMENSIONS`] directions (a truncated singular value decomposition, found by subspace iteration) are what the market speaks of. A
//! listing is a point in that space, stored with its entry; two listings are akin as their points lie in one direction. Nothing
//! is downloaded, nothing depends on chance: the same texts give the same space.

use std::collections::HashMap;

use crate::analysis::analyse_into;
use crate::document::Document;
use crate::error::SearchError;
use crate::given::Packed;
use crate::schema::{Part, PartTexts};

/// Directions of the space.
pub(crate) const DIMENSIONS: usize = 64;
/// 64-bit columns that hold a point, one byte a direction.
pub(crate) const COLUMNS: usize = DIMENSIONS / 8;
/// Fewer listings than this say nothing about each other.
const LEAST_DOCUMENTS: usize = 100;
/// Listings that are learnt from, spread evenly over all.
pub(crate) const SAMPLE: usize = 20_000;
/// Words that are learnt, the most frequent of them.
const WORDS: usize = 40_000;
/// A word in fewer listings says nothing about others.
const LEAST_FREQUENT: u32 = 2;
/// A word in a larger share of the listings tells none from another.
const MOST_FREQUENT: f64 = 0.2;
/// Directions that are sought beyond those wanted, so that the last of them are found well.
const SPARE: usize = 8;
/// Rounds of subspace iteration.
const ROUNDS: usize = 3;
/// How often a title counts beside the rest.
const TITLE: u32 = 2;

/// A listing's place in the space, of length 127 in its longest direction.
pub(crate) type Point = [i8; DIMENSIONS];

/// The space learnt from a market's texts.
#[derive(Debug, Default)]
pub(crate) struct Latent {
    words: HashMap<String, usize>,
    /// For each word its direction, weighed by how rare it is.
    directions: Vec<[f32; DIMENSIONS]>,
}

/// A listing's point with its length, so that many can be compared with each other.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    point: [i16; DIMENSIONS],
    length: f32,
}

impl Placed {
    /// Takes the length of a point.
    pub(crate) fn new(point: &Point) -> Self {
        let point = point.map(i16::from);
        let squares: i32 = point.iter().map(|&part| i32::from(part) * i32::from(part)).sum();
        Self { point, length: (squares as f32).sqrt() }
    }

    /// How akin two listings are, from 0 to 1.
    pub(crate) fn kinship(&self, other: &Self) -> f32 {
        let product: i32 = self.point.iter().zip(&other.point).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        if product <= 0 { 0.0 } else { product as f32 / (self.length * other.length) }
    }
}

/// The point as it is stored.
pub(crate) fn pack(point: &Point) -> [u64; COLUMNS] {
    let mut columns = [0; COLUMNS];
    for (column, bytes) in columns.iter_mut().zip(point.chunks_exact(8)) {
        *column = bytes.iter().fold(0, |sum, &byte| (sum << 8) | u64::from(byte.cast_unsigned()));
    }
    columns
}

/// The stored point.
pub(crate) fn unpack(columns: &[u64; COLUMNS]) -> Point {
    let mut point = [0; DIMENSIONS];
    for (bytes, column) in point.chunks_exact_mut(8).zip(columns) {
        for (byte, stored) in bytes.iter_mut().zip(column.to_be_bytes()) {
            *byte = stored.cast_signed();
        }
    }
    point
}

/// How much the words of a part count; nothing when they say nothing about the subject.
fn part_weight(part: Part) -> u32 {
    match part {
        Part::Title => TITLE,
        Part::Text | Part::Keywords => 1,
        Part::Indicators | Part::Names => 0,
    }
}

/// How often each word of the subject occurs.
fn counts(document: &Document) -> HashMap<String, u32> {
    let mut counts = HashMap::new();
    for (part, text) in PartTexts::new(document).iter().filter(|(part, _)| part_weight(*part) > 0) {
        let mut packed = Packed::default();
        analyse_into(text, &mut packed);
        for word in packed.each_word() {
            match counts.get_mut(word) {
                Some(count) => *count += part_weight(part),
                None => {
                    counts.insert(word.to_owned(), part_weight(part));
                }
            }
        }
    }
    counts
}

/// A listing's way to its place: word by word.
pub(crate) struct Standing<'a> {
    latent: &'a Latent,
    /// The known words, each as often as it counts.
    places: Vec<usize>,
}

impl Standing<'_> {
    /// Adds the words of a part.
    pub(crate) fn add<'w>(&mut self, part: Part, words: impl Iterator<Item = &'w str>) {
        let weight = part_weight(part) as usize;
        if weight > 0 {
            let known = words.filter_map(|word| self.latent.words.get(word));
            self.places.extend(known.flat_map(|place| std::iter::repeat_n(*place, weight)));
        }
    }

    /// Where the listing stands; nowhere when it has none of the words.
    pub(crate) fn finish(mut self) -> Option<Point> {
        let mut sum = [0.0_f32; DIMENSIONS];
        // In one order, because sums of rounded numbers depend on theirs.
        self.places.sort_unstable();
        for same in self.places.chunk_by(|a, b| a == b) {
            let Some(direction) = same.first().and_then(|place| self.latent.directions.get(*place)) else { continue };
            let strength = strength(u32::try_from(same.len()).unwrap_or(u32::MAX));
            for (sum, part) in sum.iter_mut().zip(direction) {
                *sum += strength * part;
            }
        }
        let longest = sum.iter().fold(0.0_f32, |longest, part| longest.max(part.abs()));
        #[allow(clippy::cast_possible_truncation, reason = "at most 127")]
        (longest > 0.0).then(|| sum.map(|part| (part / longest * 127.0).round() as i8))
    }
}

fn strength(count: u32) -> f32 {
    1.0 + (count as f32).ln()
}

impl Latent {
    /// Learns from these listings; nothing when they are too few.
    pub(crate) fn learn(documents: &[Document]) -> Option<Self> {
        let step = documents.len().div_ceil(SAMPLE).max(1);
        let mut texts: Vec<Vec<(String, u32)>> = Vec::new();
        for document in documents.iter().step_by(step) {
            let mut words: Vec<(String, u32)> = counts(document).into_iter().collect();
            words.sort_unstable();
            texts.push(words);
        }
        if texts.len() < LEAST_DOCUMENTS {
            return None;
        }
        let mut frequencies: HashMap<&str, u32> = HashMap::new();
        for (word, _) in texts.iter().flatten() {
            *frequencies.entry(word).or_default() += 1;
        }
        let total = texts.len() as f64;
        let mut known: Vec<(&str, u32)> = frequencies
            .into_iter()
            .filter(|&(_, frequency)| frequency >= LEAST_FREQUENT && f64::from(frequency) <= MOST_FREQUENT * total)
            .collect();
        known.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        known.truncate(WORDS);
        if known.len() < DIMENSIONS {
            return None;
        }
        let words: HashMap<String, usize> = known.iter().enumerate().map(|(place, (word, _))| ((*word).to_owned(), place)).collect();
        #[allow(clippy::cast_possible_truncation, reason = "a weight")]
        let rarity: Vec<f32> = known.iter().map(|&(_, frequency)| ((total + 1.0) / (f64::from(frequency) + 0.5)).ln() as f32).collect();
        let rows: Vec<Vec<(usize, f32)>> = texts
            .iter()
            .map(|text| {
                let weight = |(word, count): &(String, u32)| {
                    let &place = words.get(word)?;
                    Some((place, strength(*count) * rarity.get(place)?))
                };
                let mut row: Vec<(usize, f32)> = text.iter().filter_map(weight).collect();
                let length = row.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
                row.iter_mut().for_each(|(_, weight)| *weight /= length);
                row
            })
            .collect();
        let directions = directions(&rows, &rarity);
        Some(Self { words, directions })
    }

    /// The way of a listing to its place.
    pub(crate) fn start(&self) -> Standing<'_> {
        Standing { latent: self, places: Vec::new() }
    }

    /// As a file: words, one a line, an empty line, then their directions, and last a checksum.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut words: Vec<(&str, usize)> = self.words.iter().map(|(word, &place)| (word.as_str(), place)).collect();
        words.sort_unstable_by_key(|&(_, place)| place);
        let mut bytes = Vec::new();
        for (word, _) in words {
            bytes.extend_from_slice(word.as_bytes());
            bytes.push(b'\n');
        }
        bytes.push(b'\n');
        for part in self.directions.iter().flatten() {
            bytes.extend_from_slice(&part.to_le_bytes());
        }
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// From such a file.
    ///
    /// # Errors
    /// [`SearchError::Corrupt`] when it is not whole.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, SearchError> {
        let corrupt = || SearchError::Corrupt("the learnt space is damaged".to_owned());
        let (content, sum) = bytes.split_last_chunk::<8>().ok_or_else(corrupt)?;
        if checksum(content) != u64::from_le_bytes(*sum) {
            return Err(corrupt());
        }
        let end = content.windows(2).position(|pair| pair == b"\n\n").ok_or_else(corrupt)?;
        let (names, rest) = content.split_at(end);
        let names = std::str::from_utf8(names).map_err(|_| corrupt())?;
        let words: HashMap<String, usize> = names.lines().enumerate().map(|(place, word)| (word.to_owned(), place)).collect();
        let parts: Vec<f32> = rest.get(2..).unwrap_or_default().as_chunks::<4>().0.iter().map(|part| f32::from_le_bytes(*part)).collect();
        let (directions, left) = parts.as_chunks::<DIMENSIONS>();
        if directions.len() != words.len() || !left.is_empty() {
            return Err(corrupt());
        }
        Ok(Self { words, directions: directions.to_vec() })
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    // FNV-1a, as for the schema: it only has to notice accidents.
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Rows of as many numbers as there are directions sought.
type Rows = Vec<[f32; SOUGHT]>;
const SOUGHT: usize = DIMENSIONS + SPARE;

/// The strongest directions of the matrix, as one row a word, weighed by the word's rarity.
fn directions(rows: &[Vec<(usize, f32)>], rarity: &[f32]) -> Vec<[f32; DIMENSIONS]> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut sign = || {
        // xorshift: the start only has to be in no special direction, and the same every time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state & 1 == 0 { 1.0_f32 } else { -1.0 }
    };
    let mut words: Rows = (0..rarity.len()).map(|_| std::array::from_fn(|_| sign())).collect();
    for round in 0..=ROUNDS {
        let mut texts = times(rows, &words);
        orthogonalise(&mut texts);
        words = transposed_times(rows, &texts, rarity.len());
        if round < ROUNDS {
            orthogonalise(&mut words);
        }
    }
    let (values, vectors) = eigen(gram(&words));
    let mut order: Vec<usize> = (0..SOUGHT).collect();
    let value = |place: usize| values.get(place).copied().unwrap_or_default();
    order.sort_by(|&a, &b| value(b).total_cmp(&value(a)));
    let largest = order.first().map_or(0.0, |&first| value(first));
    words
        .iter()
        .zip(rarity)
        .map(|(word, rarity)| {
            let mut direction = [0.0_f32; DIMENSIONS];
            for (part, &place) in direction.iter_mut().zip(&order) {
                // What is left of directions that the texts do not have is noise.
                if value(place) > largest * 1e-9 {
                    let product: f64 =
                        word.iter().zip(&vectors).map(|(w, row)| f64::from(*w) * row.get(place).copied().unwrap_or(0.0)).sum();
                    #[allow(clippy::cast_possible_truncation, reason = "a weight")]
                    let turned = (product / value(place).sqrt()) as f32;
                    *part = turned * rarity;
                }
            }
            direction
        })
        .collect()
}

/// The matrix times rows of words: rows of texts.
fn times(matrix: &[Vec<(usize, f32)>], words: &Rows) -> Rows {
    matrix
        .iter()
        .map(|row| {
            let mut sum = [0.0_f32; SOUGHT];
            for (place, weight) in row {
                if let Some(word) = words.get(*place) {
                    for (sum, part) in sum.iter_mut().zip(word) {
                        *sum += weight * part;
                    }
                }
            }
            sum
        })
        .collect()
}

/// The transposed matrix times rows of texts: rows of words.
fn transposed_times(matrix: &[Vec<(usize, f32)>], texts: &Rows, words: usize) -> Rows {
    let mut sums: Rows = vec![[0.0_f32; SOUGHT]; words];
    for (row, text) in matrix.iter().zip(texts) {
        for (place, weight) in row {
            if let Some(sum) = sums.get_mut(*place) {
                for (sum, part) in sum.iter_mut().zip(text) {
                    *sum += weight * part;
                }
            }
        }
    }
    sums
}

type Square = Vec<[f64; SOUGHT]>;

/// Products of all columns with each other.
fn gram(rows: &Rows) -> Square {
    let mut products: Square = vec![[0.0; SOUGHT]; SOUGHT];
    for row in rows {
        for (line, a) in products.iter_mut().zip(row) {
            for (sum, b) in line.iter_mut().zip(row) {
                *sum += f64::from(*a) * f64::from(*b);
            }
        }
    }
    products
}

/// Makes the columns orthogonal and of length 1 (Cholesky QR; a little is added to the diagonal where columns depend on each other).
fn orthogonalise(rows: &mut Rows) {
    let mut factor = gram(rows);
    let trace: f64 = (0..SOUGHT).map(|at| cell(&factor, at, at)).sum();
    let ridge = trace / SOUGHT as f64 * 1e-10 + f64::MIN_POSITIVE;
    for column in 0..SOUGHT {
        for row in column..SOUGHT {
            let sum: f64 = (0..column).map(|at| cell(&factor, row, at) * cell(&factor, column, at)).sum();
            let rest = cell(&factor, row, column) - sum;
            let new = if row == column { (rest.max(0.0) + ridge).sqrt() } else { rest / cell(&factor, column, column) };
            if let Some(slot) = factor.get_mut(row).and_then(|line| line.get_mut(column)) {
                *slot = new;
            }
        }
    }
    for row in rows {
        let mut solved = [0.0_f64; SOUGHT];
        for column in 0..SOUGHT {
            let sum: f64 = solved.iter().take(column).enumerate().map(|(at, part)| part * cell(&factor, column, at)).sum();
            let typed = row.get(column).copied().map_or(0.0, f64::from);
            if let Some(slot) = solved.get_mut(column) {
                *slot = (typed - sum) / cell(&factor, column, column);
            }
        }
        #[allow(clippy::cast_possible_truncation, reason = "a part of a unit vector")]
        for (part, solved) in row.iter_mut().zip(solved) {
            *part = solved as f32;
        }
    }
}

fn cell(square: &Square, row: usize, column: usize) -> f64 {
    square.get(row).and_then(|line| line.get(column)).copied().unwrap_or_default()
}

/// Eigenvalues of a symmetric matrix, and its eigenvectors as columns (cyclic Jacobi rotations).
fn eigen(mut square: Square) -> (Vec<f64>, Square) {
    let mut vectors: Square = (0..SOUGHT).map(|at| std::array::from_fn(|other| if at == other { 1.0 } else { 0.0 })).collect();
    for _ in 0..30 {
        let mut off = 0.0;
        for p in 0..SOUGHT {
            for q in p + 1..SOUGHT {
                let beside = cell(&square, p, q);
                off += beside * beside;
                if beside.abs() < 1e-14 {
                    continue;
                }
                let theta = (cell(&square, q, q) - cell(&square, p, p)) / (2.0 * beside);
                let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for line in square.iter_mut().chain(vectors.iter_mut()) {
                    rotate_columns(line, p, q, cosine, sine);
                }
                for at in 0..SOUGHT {
                    let (a, b) = (cell(&square, p, at), cell(&square, q, at));
                    set(&mut square, p, at, cosine * a - sine * b);
                    set(&mut square, q, at, sine * a + cosine * b);
                }
            }
        }
        if off < 1e-18 {
            break;
        }
    }
    ((0..SOUGHT).map(|at| cell(&square, at, at).max(0.0)).collect(), vectors)
}

fn rotate_columns(line: &mut [f64; SOUGHT], p: usize, q: usize, cosine: f64, sine: f64) {
    let (a, b) = (line.get(p).copied().unwrap_or_default(), line.get(q).copied().unwrap_or_default());
    if let Some(slot) = line.get_mut(p) {
        *slot = cosine * a - sine * b;
    }
    if let Some(slot) = line.get_mut(q) {
        *slot = sine * a + cosine * b;
    }
}

fn set(square: &mut Square, row: usize, column: usize, value: f64) {
    if let Some(slot) = square.get_mut(row).and_then(|line| line.get_mut(column)) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use keqiao_model::ListingKind;
    use uuid::Uuid;

    use super::*;
    use crate::analysis::analyse;

    fn listing(title: &str, text: &str) -> Document {
        let mut document = Document::new(Uuid::nil(), ListingKind::Achievement);
        document.title = title.to_owned();
        document.text = text.to_owned();
        document
    }

    /// Three subjects of a hundred words each, which occur together and never with another's.
    fn market() -> Vec<Document> {
        let text =
            |subject: &str, n: usize| (0..8).map(|at| format!("{subject}{}", (n * 7 + at * at * 13 + n * at) % 100)).collect::<Vec<_>>();
        let listing = |subject, n| listing("", &text(subject, n).join(" "));
        (0..300).flat_map(|n| ["battery", "piglet", "bridge"].map(|subject| listing(subject, n))).collect()
    }

    #[test]
    fn few_texts_teach_nothing() {
        assert!(Latent::learn(&market()[..40]).is_none());
    }

    #[test]
    fn words_of_one_subject_are_akin() {
        let documents = market();
        let latent = Latent::learn(&documents).unwrap();
        let point = |latent: &Latent, document: &Document| {
            let mut standing = latent.start();
            standing.add(Part::Title, analyse(&document.title).words.iter().map(|token| token.text.as_str()));
            standing.add(Part::Text, analyse(&document.text).words.iter().map(|token| token.text.as_str()));
            standing.finish()
        };
        let placed = |text: &str| Placed::new(&point(&latent, &listing(text, "")).unwrap());
        let kinship = |a: &str, b: &str| placed(a).kinship(&placed(b));
        let same = kinship("battery1 battery2 battery3", "battery51 battery52 battery53");
        let other = kinship("battery1 battery2 battery3", "piglet51 piglet52 piglet53");
        assert!(same > 0.2 && other < 0.05, "{same} {other}");
        assert_eq!(point(&latent, &listing("拖拉机", "")), None);
        let again = Latent::from_bytes(&latent.to_bytes()).unwrap();
        assert_eq!(point(&again, &documents[0]), point(&latent, &documents[0]));
        let mut damaged = latent.to_bytes();
        damaged[5] ^= 1;
        assert!(matches!(Latent::from_bytes(&damaged), Err(SearchError::Corrupt(_))));
    }

    #[test]
    fn a_point_survives_its_columns() {
        let point: Point = std::array::from_fn(|at| i8::try_from(at).unwrap().wrapping_mul(37));
        assert_eq!(unpack(&pack(&point)), point);
    }
}
