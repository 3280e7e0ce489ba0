//! How do terms that we found ourselves get into the engine?
//!
//! Its own way for ready-made terms writes them as JSON and reads them again, which costs more than to index them. So they travel as one
//! text, and a tokenizer takes them apart.

use std::ops::Range;

use tantivy::tokenizer::{Token as TantivyToken, TokenStream, Tokenizer};

use crate::analysis::{Sink, Unit};

/// The name of the tokenizer in the schema.
pub(crate) const GIVEN: &str = "given";
/// Before each term stands a character of private use: how much further its place is than the last one's. No term has one, because terms are
/// of letters and digits.
const FIRST: u32 = 0xE000;
/// The furthest that can be said; behind so many idle characters a phrase ends anyway.
const FURTHEST: usize = 0xFFF;
/// The byte that these characters begin with, and no others.
const MARK: u8 = 0xEE;
/// How many bytes they have.
const MARK_LENGTH: usize = 3;

/// The terms of both channels, each as one text.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    /// The words; their places do not matter.
    pub(crate) words: String,
    /// The grams.
    pub(crate) grams: String,
    last: usize,
}

fn mark(further: usize) -> char {
    u32::try_from(further.min(FURTHEST)).ok().and_then(|further| char::from_u32(FIRST + further)).unwrap_or('\u{E000}')
}

impl Sink for Packed {
    const UNITS: bool = false;

    fn word(&mut self, text: &str, _: Range<usize>, _: usize) {
        self.words.push(mark(0));
        self.words.push_str(text);
    }

    fn gram(&mut self, text: &str, _: Range<usize>, position: usize) {
        self.grams.push(mark(position.saturating_sub(self.last)));
        self.grams.push_str(text);
        self.last = position;
    }

    fn unit(&mut self, _: Unit) {}
}

impl Packed {
    /// The terms of the words channel.
    pub(crate) fn each_word(&self) -> impl Iterator<Item = &str> {
        self.words.split(mark(0)).skip(1)
    }
}

/// Takes apart what [`Packed`] has put together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(TantivyToken);

/// The terms one by one.
pub(crate) struct Terms<'a> {
    rest: &'a str,
    position: usize,
    token: &'a mut TantivyToken,
}

impl Tokenizer for Given {
    type TokenStream<'a> = Terms<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Terms<'a> {
        self.0.reset();
        Terms { rest: text, position: 0, token: &mut self.0 }
    }
}

impl TokenStream for Terms<'_> {
    fn advance(&mut self) -> bool {
        let Some(mark) = self.rest.chars().next() else { return false };
        let term = self.rest.get(MARK_LENGTH..).unwrap_or_default();
        let end = term.bytes().position(|byte| byte == MARK).unwrap_or(term.len());
        let (term, rest) = term.split_at_checked(end).unwrap_or_default();
        self.position += u32::from(mark).saturating_sub(FIRST) as usize;
        self.token.position = self.position;
        self.token.position_length = 1;
        self.token.text.clear();
        self.token.text.push_str(term);
        self.rest = rest;
        true
    }

    fn token(&self) -> &TantivyToken {
        self.token
    }

    fn token_mut(&mut self) -> &mut TantivyToken {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{analyse, analyse_into};

    #[test]
    fn what_is_put_together_comes_apart_again() {
        for text in ["", "锂电池、回收 and Recycling of 10-20mm \u{E000}\u{EFFF}石墨烯", "x\u{1}y 电", "。。电池"] {
            let mut packed = Packed::default();
            analyse_into(text, &mut packed);
            let analysis = analyse(text);
            let places =
                |tokens: &[crate::analysis::Token]| tokens.iter().map(|token| (token.text.clone(), token.position)).collect::<Vec<_>>();
            let apart = |text: &str| {
                let mut given = Given::default();
                let mut stream = given.token_stream(text);
                let mut found = Vec::new();
                while stream.advance() {
                    found.push((stream.token().text.clone(), stream.token().position));
                }
                found
            };
            assert_eq!(apart(&packed.grams), places(&analysis.grams), "{text}");
            let words: Vec<String> = analysis.words.into_iter().map(|token| token.text).collect();
            assert_eq!(apart(&packed.words).into_iter().map(|(word, _)| word).collect::<Vec<_>>(), words, "{text}");
            assert_eq!(packed.each_word().collect::<Vec<_>>(), words, "{text}");
        }
    }
}
