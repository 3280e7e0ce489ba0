//! Every sentence a person reads, in both languages. `t!(lang, "file.key")` is checked when the program is compiled.

use keqiao_model::{FieldError, Lang};

include!(concat!(env!("OUT_DIR"), "/locales.rs"));

const fn compare(a: &[u8], b: &[u8]) -> i8 {
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return if a[i] < b[i] { -1 } else { 1 };
        }
        i += 1;
    }
    if a.len() == b.len() {
        0
    } else if a.len() < b.len() {
        -1
    } else {
        1
    }
}

/// Where a key stands in the tables.
#[doc(hidden)]
pub const fn position(key: &str) -> Option<usize> {
    let (mut low, mut high) = (0, KEYS.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        match compare(KEYS[middle].as_bytes(), key.as_bytes()) {
            0 => return Some(middle),
            -1 => low = middle + 1,
            _ => high = middle,
        }
    }
    None
}

/// The sentence at a position.
#[doc(hidden)]
pub fn at(lang: Lang, position: usize) -> &'static str {
    match lang {
        Lang::Zh => ZH[position],
        Lang::En => EN[position],
    }
}

/// The sentence of a key that is only known at run time, such as the label of a state.
pub fn find(lang: Lang, key: &str) -> Option<&'static str> {
    position(key).map(|p| at(lang, p))
}

/// The sentence of a key known at run time; the key itself when nobody wrote it (a test keeps that from happening).
pub fn label(lang: Lang, group: &str, code: &str) -> String {
    find(lang, &format!("{group}.{code}")).map_or_else(|| code.to_owned(), str::to_owned)
}

/// The label of a coded value (`field.energy`, `industry.C38`, `listing_state.draft`) from the `codes` files.
pub fn code_label(lang: Lang, group: &str, code: &str) -> String {
    find(lang, &format!("codes.{group}.{code}")).map_or_else(|| code.to_owned(), str::to_owned)
}

/// Fills `{name}` placeholders.
pub fn fill(sentence: &str, args: &[(&str, &str)]) -> String {
    let mut filled = sentence.to_owned();
    for (name, value) in args {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

/// The sentence for a refused field.
pub fn error_words(lang: Lang, error: &FieldError) -> String {
    let sentence = find(lang, &format!("error.{}", error.code)).unwrap_or_else(|| at(lang, const { position("error.refused").unwrap() }));
    let args: Vec<(&str, &str)> = error.args.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fill(sentence, &args)
}

/// A sentence in the reader's language, checked at compile time: `t!(lang, "home.title")`, with placeholders
/// `t!(lang, "search.found", n = total)`.
#[macro_export]
macro_rules! t {
    ($lang:expr, $key:literal) => {{
        const POSITION: usize = match $crate::words::position($key) {
            Some(position) => position,
            None => panic!(concat!("no such sentence in locales: ", $key)),
        };
        $crate::words::at($lang, POSITION)
    }};
    ($lang:expr, $key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::words::fill($crate::t!($lang, $key), &[$((stringify!($name), &$value.to_string())),+])
    };
}
