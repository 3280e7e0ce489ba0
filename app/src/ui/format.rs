//! Times, amounts and numbers in the reader's language.

use keqiao_model::{Fen, Lang};
use leptos::prelude::*;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use crate::{Cx, t};

/// China has one time zone, and no summer time.
const HOURS_EAST: i8 = 8;

fn local(at: OffsetDateTime) -> OffsetDateTime {
    UtcOffset::from_hms(HOURS_EAST, 0, 0).map_or(at, |offset| at.to_offset(offset))
}

fn month(month: Month) -> &'static str {
    match month {
        Month::January => "Jan",
        Month::February => "Feb",
        Month::March => "Mar",
        Month::April => "Apr",
        Month::May => "May",
        Month::June => "Jun",
        Month::July => "Jul",
        Month::August => "Aug",
        Month::September => "Sep",
        Month::October => "Oct",
        Month::November => "Nov",
        Month::December => "Dec",
    }
}

fn iso(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// A moment in China as machines read it.
pub fn iso_time(at: OffsetDateTime) -> String {
    let at = local(at);
    format!("{}T{:02}:{:02}:{:02}+{HOURS_EAST:02}:00", iso(at.date()), at.hour(), at.minute(), at.second())
}

/// `2026-11-24`, in English `24 Nov 2026`.
pub fn day_text(cx: &Cx, date: Date) -> String {
    match cx.lang {
        Lang::Zh => iso(date),
        Lang::En => format!("{} {} {}", date.day(), month(date.month()), date.year()),
    }
}

/// The day of a moment in China, as text.
pub fn date_text(cx: &Cx, at: OffsetDateTime) -> String {
    day_text(cx, local(at).date())
}

/// Day, hour and minute of a moment in China, as text.
pub fn date_time_text(cx: &Cx, at: OffsetDateTime) -> String {
    let at = local(at);
    let separator = if cx.lang == Lang::En { ", " } else { " " };
    format!("{}{separator}{:02}:{:02}", day_text(cx, at.date()), at.hour(), at.minute())
}

fn time(datetime: String, text: String) -> AnyView {
    view! { <time datetime=datetime>{text}</time> }.into_any()
}

/// A day.
pub fn day(cx: &Cx, date: Date) -> AnyView {
    time(iso(date), day_text(cx, date))
}

/// The day of a moment in China.
pub fn date(cx: &Cx, at: OffsetDateTime) -> AnyView {
    time(iso_time(at), date_text(cx, at))
}

/// Day, hour and minute of a moment in China.
pub fn date_time(cx: &Cx, at: OffsetDateTime) -> AnyView {
    time(iso_time(at), date_time_text(cx, at))
}

/// An exact amount in yuan.
pub fn money(cx: &Cx, fen: i64) -> String {
    let yuan = Fen::new(fen).format_yuan();
    t!(cx.lang, "ui.money.exact", yuan = yuan.strip_suffix(".00").unwrap_or(&yuan))
}

/// A rounded amount for lists and charts, never for a legal text.
pub fn money_compact(cx: &Cx, fen: i64) -> String {
    match cx.lang {
        Lang::Zh => Fen::new(fen).format_compact_zh(),
        Lang::En => Fen::new(fen).format_compact_en().replace('\u{a5}', "CNY "),
    }
}

/// A whole number with its thousands apart.
pub fn count(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (digit, left) in digits.chars().zip((0..digits.len()).rev()) {
        text.push(digit);
        if left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    text
}

/// The beginning of a text, at most so many characters; what was cut off is marked.
pub fn excerpt(text: &str, characters: usize) -> String {
    let beginning: String = text.chars().take(characters).collect();
    if beginning.len() == text.len() { beginning } else { format!("{}…", beginning.trim_end()) }
}

/// How much of a whole, with one decimal, cut off rather than rounded up: 99.96 % of a target is not all of it.
pub fn percent(part: i64, whole: i64) -> String {
    let tenths = if whole <= 0 { 0 } else { i128::from(part) * 1000 / i128::from(whole) };
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}%", (tenths / 10).abs(), (tenths % 10).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn thousands_and_percent() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(count(number), text);
        }
        for (part, whole, text) in [(0, 0, "0.0%"), (1, 3, "33.3%"), (9_996, 10_000, "99.9%"), (3, 2, "150.0%"), (-1, 200, "-0.5%")] {
            assert_eq!(percent(part, whole), text);
        }
    }

    #[test]
    fn what_was_cut_off_is_marked() {
        for (text, expected) in [("", ""), ("a bc", "a…")] {
            assert_eq!(excerpt(text, 2), expected);
        }
    }

    #[test]
    fn moments_are_those_of_china() {
        assert_eq!(iso_time(datetime!(2026-11-24 17:30 UTC)), "2026-11-25T01:30:00+08:00");
    }
}
