//! How do terms that we found ourselves get into the engine?
//!
//! Its own way for ready-made terms writes them as JSON and reads them again, which costs more than to index them. So they travel as one
//! text, and a tokenizer takes them apart.

use tantivy::tokenizer::{Token as TantivyToken, TokenStream, Tokenizer};

use crate::analysis::Token;

/// The name of the tokenizer in the schema.
pub(crate) const GIVEN: &str = "given";
/// Stands behind each position and each term; no term has it, because terms are of letters and digits.
const END: char = '\u{1}';

/// The terms as one text.
pub(crate) fn pack(tokens: &[Token]) -> String {
    let mut text = String::with_capacity(tokens.iter().map(|token| token.text.len() + 6).sum());
    for token in tokens.iter().filter(|token| !token.text.contains(END)) {
        text.push_str(&token.position.to_string());
        text.push(END);
        text.push_str(&token.text);
        text.push(END);
    }
    text
}

/// Takes apart what [`pack`] has put together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(TantivyToken);

/// The terms one by one.
pub(crate) struct Terms<'a> {
    rest: &'a str,
    token: &'a mut TantivyToken,
}

impl Tokenizer for Given {
    type TokenStream<'a> = Terms<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Terms<'a> {
        self.0.reset();
        Terms { rest: text, token: &mut self.0 }
    }
}

impl TokenStream for Terms<'_> {
    fn advance(&mut self) -> bool {
        let next = self.rest.split_once(END).and_then(|(position, rest)| Some((position, rest.split_once(END)?)));
        let Some((position, (term, rest))) = next else { return false };
        self.token.position = position.parse().unwrap_or_default();
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
