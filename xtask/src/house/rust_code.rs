//! Rust without its comments.

/// The source with every comment blanked out, line for line, strings untouched.
pub fn without_comments(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (length, comment) = token(rest, first, code.chars().next_back());
        let (piece, after) = rest.split_at(length);
        if comment {
            code.extend(piece.chars().filter(|char| *char == '\n'));
        } else {
            code.push_str(piece);
        }
        rest = after;
    }
    code
}

/// The length of what stands at the start, and whether it is a comment.
fn token(rest: &str, first: char, before: Option<char>) -> (usize, bool) {
    match first {
        '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), true),
        '/' if rest.starts_with("/*") => (block_comment(rest), true),
        '"' => (quoted(rest, '"'), false),
        '\'' => (character(rest), false),
        'r' if before.is_none_or(|char| !char.is_alphanumeric() && char != '_' || char == 'b' || char == 'c') => (raw_string(rest), false),
        _ => (first.len_utf8(), false),
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Up to the closing quote, over escaped ones.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if char == '\\' {
            escaped = true;
        } else if char == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// A character, or else the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, '\''),
        _ => 1,
    }
}

/// `r"…"` or `r#"…"#`, or else the letter alone.
fn raw_string(rest: &str) -> usize {
    let hashes = rest[1..].chars().take_while(|char| *char == '#').count();
    let open = 1 + hashes;
    if !rest[open..].starts_with('"') {
        return 1;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    rest[open + 1..].find(&close).map_or(rest.len(), |at| open + 1 + at + close.len())
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_go_and_lines_stay() {
        assert_eq!(without_comments("a // b\nc"), "a \nc");
        assert_eq!(without_comments("a /* b\n/* c */ d */ e"), "a \n e");
        assert_eq!(without_comments("//! x\nfn f<'a>(x: &'a str) {} // '\n"), "\nfn f<'a>(x: &'a str) {} \n");
    }

    #[test]
    fn strings_are_no_comments() {
        for code in [
            r#"let url = "https://x";"#,
            r#"let quote = "\"// x";"#,
            "let raw = r\"\\\"; let b = br#\"/* \" */\"#;",
            "let c = ['\"', '\\'', '/', b'\"'];",
            "let for_r = r; let bar = \"//\";",
        ] {
            assert_eq!(without_comments(code), code);
        }
        assert_eq!(without_comments("'\"' // x"), "'\"' ");
    }
}
