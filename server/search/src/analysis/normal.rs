//! One spelling for what looks the same, and the way back to the original text.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text in compatibility form (full-width → half-width, ₄ → 4, ㎡ → m2), lower case, without accents.
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
            for plain in std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
                // Lower-casing can bring a mark of its own (İ → i̇).
                if is_combining_mark(plain) {
                    continue;
                }
                text.push(plain);
                origins.resize(text.len(), u32::try_from(at).unwrap_or(u32::MAX));
            }
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
    use super::Normal;

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
