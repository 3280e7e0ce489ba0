//! How is a person's text cut into words, phrases and conditions?
//!
//! Every text can be cut: what is not understood is a word.

use crate::analysis::normal::Normal;

/// Longest name before a colon, in characters.
const LONGEST_NAME: usize = 16;

/// What a value after a colon is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Title,
    Keyword,
    Organisation,
    Field,
    Region,
    Trl,
    Number,
}

/// The names people may write, in either language; normalised.
const NAMES: [(&str, Name); 23] = [
    ("title", Name::Title),
    ("标题", Name::Title),
    ("名称", Name::Title),
    ("keyword", Name::Keyword),
    ("keywords", Name::Keyword),
    ("关键词", Name::Keyword),
    ("关键字", Name::Keyword),
    ("org", Name::Organisation),
    ("organisation", Name::Organisation),
    ("organization", Name::Organisation),
    ("单位", Name::Organisation),
    ("机构", Name::Organisation),
    ("field", Name::Field),
    ("领域", Name::Field),
    ("技术领域", Name::Field),
    ("region", Name::Region),
    ("地区", Name::Region),
    ("区域", Name::Region),
    ("trl", Name::Trl),
    ("成熟度", Name::Trl),
    ("技术成熟度", Name::Trl),
    ("number", Name::Number),
    ("编号", Name::Number),
];

/// One word, phrase or condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item<'a> {
    /// Its text, without signs and name.
    pub(crate) text: &'a str,
    /// The byte of the query at which `text` begins.
    pub(crate) start: usize,
    pub(crate) quoted: bool,
    pub(crate) excluded: bool,
    pub(crate) name: Option<Name>,
    /// Whether it is an alternative to the item before it.
    pub(crate) or: bool,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '＂' | '「' | '」')
}

fn is_bar(c: char) -> bool {
    matches!(c, '|' | '｜')
}

fn first(text: &str) -> Option<char> {
    text.chars().next()
}

/// The text between the quotation mark that `body` begins with and the next one, and the bytes of all three.
fn quoted(body: &str) -> Option<(&str, usize)> {
    let opening = first(body).filter(|c| is_quote(*c))?;
    let inner = body.get(opening.len_utf8()..)?;
    let end = inner.find(is_quote)?;
    let closing = inner.get(end..).and_then(first).map_or(0, char::len_utf8);
    Some((inner.get(..end)?, opening.len_utf8() + end + closing))
}

/// The word at the beginning: up to white space, a bar or a phrase.
fn word(body: &str) -> &str {
    // Whether a quotation mark opens a phrase is asked of the last one only: each before it has a partner then.
    let last = body.rfind(is_quote).unwrap_or_default();
    let end = body.char_indices().find(|(at, c)| c.is_whitespace() || is_bar(*c) || (is_quote(*c) && *at < last)).map(|(at, _)| at);
    body.get(..end.unwrap_or(body.len())).unwrap_or_default()
}

/// A known name and its colon at the beginning with a value right behind: the name, and where the value begins.
fn named(body: &str) -> Option<(Name, usize)> {
    let (at, colon) = body.char_indices().take(LONGEST_NAME).find(|(_, c)| !c.is_alphabetic())?;
    let value = at + colon.len_utf8();
    let follows = body.get(value..).and_then(first).is_some_and(|c| !c.is_whitespace() && !is_bar(c));
    if !matches!(colon, ':' | '：') || !follows {
        return None;
    }
    let name = Normal::new(body.get(..at)?).text;
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, name)| (*name, value))
}

/// Cuts a query.
pub(crate) fn items(query: &str) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut at = 0;
    let mut or = false;
    while let Some(rest) = query.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(c) = first(rest) else { break };
        if c.is_whitespace() || is_bar(c) {
            or |= is_bar(c) && !items.is_empty();
            at += c.len_utf8();
            continue;
        }
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let excluded =
            matches!(c, '-' | '－' | '−') && first(after).is_some_and(|next| !next.is_whitespace() && next != '-' && !is_bar(next));
        let mut body = if excluded { after } else { rest };
        let name = named(body).map(|(name, value)| {
            body = body.get(value..).unwrap_or_default();
            name
        });
        let (text, offset, length, is_phrase) = match quoted(body) {
            Some((text, length)) => (text, first(body).map_or(0, char::len_utf8), length, true),
            None => {
                let text = word(body);
                // A quotation mark without its partner begins this word and is nothing else.
                let length = text.len().max(first(body).map_or(1, char::len_utf8));
                (body.get(..length).unwrap_or_default(), 0, length, false)
            }
        };
        let start = query.len() - body.len();
        let begun = !items.is_empty() && query.get(start + length..).is_some_and(|tail| !tail.trim().is_empty());
        if begun && !excluded && !is_phrase && name.is_none() && matches!(text, "OR" | "或") {
            or = true;
        } else {
            items.push(Item { text, start: start + offset, quoted: is_phrase, excluded, name, or: std::mem::take(&mut or) });
        }
        at = start + length;
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-` excluded, `|` alternative, `[…]` phrase, `Name=` named.
    fn shown(query: &str) -> String {
        let line = |item: &Item<'_>| {
            assert_eq!(query.get(item.start..item.start + item.text.len()), Some(item.text), "{query}");
            let text = if item.quoted { format!("[{}]", item.text) } else { item.text.to_owned() };
            let name = item.name.map_or_else(String::new, |name| format!("{name:?}="));
            format!("{}{}{name}{text}", if item.or { "|" } else { "" }, if item.excluded { "-" } else { "" })
        };
        items(query).iter().map(line).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_query_is_cut_into_items() {
        for (query, expected) in [
            ("锂电池 回收", "锂电池 回收"),
            ("锂电池 \"电极 材料\" -回收 −\"铅 酸\" recycling", "锂电池 [电极 材料] -回收 -[铅 酸] recycling"),
            ("电池\"电极 材料\"回收", "电池 [电极 材料] 回收"),
            ("“电极”“材料”", "[电极] [材料]"),
            ("石墨烯 OR 碳纳米管 导电", "石墨烯 |碳纳米管 导电"),
            ("石墨烯 或 碳纳米管|炭黑 ｜ \"导电 剂\"", "石墨烯 |碳纳米管 |炭黑 |[导电 剂]"),
            ("OR 电池", "OR 电池"),
            ("电池 OR", "电池 OR"),
            ("电池 | ", "电池"),
            ("| 电池", "电池"),
            ("电池 OR OR 回收", "电池 |回收"),
            ("or 电池", "or 电池"),
            ("title:锂电池 标题：\"电极 材料\" 關鍵詞:回收", "Title=锂电池 Title=[电极 材料] Keyword=回收"),
            ("-field:energy trl:>=6 TRL：6..9 编号:XQ-1", "-Field=energy Trl=>=6 Trl=6..9 Number=XQ-1"),
            ("5G/6G:通信 http://a.cn 未知:值 title: 电池 title:", "5G/6G:通信 http://a.cn 未知:值 title: 电池 title:"),
            ("XQ-2026-000123 5\" - x --y", "XQ-2026-000123 5\" - x --y"),
            ("\"", "\""),
            ("-\"", "-\""),
            ("", ""),
            (" \u{3000}\n", ""),
        ] {
            assert_eq!(shown(query), expected, "{query}");
        }
    }
}
