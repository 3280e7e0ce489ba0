//! One spelling for what looks the same, and the way back to the original text.

use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Traditional characters and their simplified ones; part of the schema's hash.
pub(crate) const TRADITIONAL: &str = include_str!("traditional.txt");
/// The Han characters that the table is about.
const FOLDED: std::ops::RangeInclusive<u32> = 0x3400..=0x9FFF;

/// The simplified character of a traditional one; every other character as it is.
fn simplified(c: char) -> char {
    // One slot a character instead of a search: every character of every text passes here.
    static TABLE: OnceLock<Vec<char>> = OnceLock::new();
    if !FOLDED.contains(&u32::from(c)) {
        return c;
    }
    let table = TABLE.get_or_init(|| {
        let mut table: Vec<char> = FOLDED.filter_map(char::from_u32).collect();
        for pair in TRADITIONAL.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace) {
            let mut pair = pair.chars();
            if let (Some(from), Some(to)) = (pair.next(), pair.next())
                && let Some(slot) = table.get_mut((u32::from(from) - FOLDED.start()) as usize)
            {
                *slot = to;
            }
        }
        table
    });
    table.get((u32::from(c) - FOLDED.start()) as usize).copied().unwrap_or(c)
}

/// Adds a character in compatibility form, lower case, without accents, simplified.
fn normalise(c: char, text: &mut String) {
    match c {
        _ if c.is_ascii() => text.push(c.to_ascii_lowercase()),
        // Neither do these have another form, nor case or accents.
        '\u{4E00}'..='\u{9FFF}' => text.push(simplified(c)),
        _ => {
            // Lower-casing can bring a mark of its own (İ → i̇).
            let plain = std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
            text.extend(plain.filter(|c| !is_combining_mark(*c)).map(simplified));
        }
    }
}

/// The normalised text for somebody who needs no way back.
pub(crate) fn normalised(original: &str) -> String {
    let mut text = String::with_capacity(original.len());
    original.chars().for_each(|c| normalise(c, &mut text));
    text
}

/// A text in compatibility form (full-width → half-width, ₄ → 4, ㎡ → m2), lower case, without accents, in simplified characters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Normal {
    /// The normalised text.
    pub(crate) text: String,
    /// For each byte of `text` the first byte of the original character it comes from, and at the end the original's length.
    /// Empty for pure lower-case ASCII, where nothing moves.
    origins: Vec<u32>,
    original_length: usize,
}

impl Normal {
    /// Normalises a text. It goes character by character, so that every byte knows its origin; accents that follow their letter
    /// as marks of their own vanish like those within it.
    pub(crate) fn new(original: &str) -> Self {
        if original.is_ascii() {
            return Self { text: original.to_ascii_lowercase(), origins: Vec::new(), original_length: original.len() };
        }
        let mut text = String::with_capacity(original.len());
        let mut origins = Vec::with_capacity(original.len() + 1);
        for (at, c) in original.char_indices() {
            normalise(c, &mut text);
            origins.resize(text.len(), u32::try_from(at).unwrap_or(u32::MAX));
        }
        origins.push(u32::try_from(original.len()).unwrap_or(u32::MAX));
        Self { text, origins, original_length: original.len() }
    }

    /// The range of original bytes whose characters make up these normalised bytes.
    pub(crate) fn original(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        if self.origins.is_empty() {
            return start..end;
        }
        let origin = |at: usize| self.origins.get(at).map_or(self.original_length, |&origin| origin as usize);
        let from = origin(start);
        // One character can become several (① → 1 is one, ㎏ → kg two): end where the next character begins.
        let last = origin(end.saturating_sub(1));
        let until = (end..=self.text.len()).map(origin).find(|&next| next > last).unwrap_or(self.original_length);
        from..until.max(from)
    }
}

#[cfg(test)]
mod tests {
    use super::{FOLDED, Normal, TRADITIONAL};

    #[test]
    fn traditional_characters_are_read_as_simplified_ones() {
        for (traditional, simplified) in [
            ("鋰離子電池與機器學習", "锂离子电池与机器学习"),
            ("熱處理後的塗層", "热处理后的涂层"),
            ("乾坤", "乾坤"),
            ("显著", "显著"),
            ("锂", "锂"),
        ] {
            let normal = Normal::new(traditional);
            assert_eq!(normal.text, simplified);
            let last = normal.text.char_indices().last().map_or(0, |(at, _)| at);
            assert_eq!(traditional[normal.original(last, normal.text.len())].chars().count(), 1, "{traditional}");
        }
    }

    #[test]
    fn the_table_holds_pairs_in_range() {
        let pairs = || TRADITIONAL.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        let first: std::collections::HashSet<char> = pairs().filter_map(|pair| pair.chars().next()).collect();
        assert!(first.len() > 2_900 && first.len() == pairs().count());
        for pair in pairs() {
            assert_eq!(pair.chars().count(), 2, "{pair}");
            assert!(pair.chars().all(|c| FOLDED.contains(&u32::from(c))), "{pair}");
        }
    }

    #[test]
    fn leads_back_to_whole_characters() {
        let original = "容量３００㎏／㎡é";
        let normal = Normal::new(original);
        assert_eq!(normal.text, "容量300kg/m2e");
        let at = normal.text.find("kg").unwrap();
        assert_eq!(&original[normal.original(at, at + 2)], "㎏");
        assert_eq!(&original[normal.original(at, at + 1)], "㎏");
        assert_eq!(&original[normal.original(0, normal.text.len())], original);
    }
}
