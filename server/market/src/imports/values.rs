//! What people write into cells, made what the rules of the model read: prices, dates, codes, indicators.

use keqiao_model::{Fen, MoneyError, format_date, parse_number};
use time::{Date, Month};

use super::{
    columns::half_width,
    labels::{Label, OPERATORS, code_of},
};

/// What separates several values in one cell.
pub(super) const SEPARATORS: [char; 9] = [',', '，', ';', '；', '、', '/', '|', '\n', '\t'];

/// Whether a text has Chinese characters.
pub(super) fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}'))
}

/// A price of one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) min: Option<Fen>,
    pub(super) max: Option<Fen>,
    /// 面议: no amount is said.
    pub(super) negotiable: bool,
}

/// Reads `60万`, `60-100万`, `50000～80000元`, `100万以内`, `不低于20万`, `面议`.
pub(super) fn price(text: &str) -> Result<Price, MoneyError> {
    let text: String = text.chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
    if matches!(text.as_str(), "面议" | "面谈" | "协商" | "待定" | "可议" | "-" | "无" | "/") || text.eq_ignore_ascii_case("negotiable")
    {
        return Ok(Price { negotiable: true, ..Price::default() });
    }
    let cut = |words: &[&str], end: bool| {
        words.iter().find_map(|w| if end { text.strip_suffix(w) } else { text.strip_prefix(w) }).map(|rest| Fen::parse_yuan(rest).map(Some))
    };
    let at_most = cut(&["以内", "以下", "内"], true).or_else(|| cut(&["不超过", "不高于", "最高", "≤", "<="], false));
    if let Some(max) = at_most {
        return Ok(Price { max: max?, ..Price::default() });
    }
    let at_least = cut(&["以上", "起"], true).or_else(|| cut(&["不低于", "不少于", "至少", "≥", ">="], false));
    if let Some(min) = at_least {
        return Ok(Price { min: min?, ..Price::default() });
    }
    let text = text.trim_start_matches(['约', '~']).trim_end_matches("左右");
    for separator in ["-", "~", "～", "至", "到", "–", "—"] {
        let Some((low, high)) = text.split_once(separator).filter(|(low, _)| !low.is_empty()) else { continue };
        let max = Fen::parse_yuan(high.trim_start_matches(['-', '—']))?;
        // In `60-100万` the unit of the second number is meant for both, in `5000-1万` it is not.
        let unit: String = high.chars().filter(|c| "千百万亿萬億".contains(*c)).collect();
        let bare = !low.contains(['千', '百', '万', '亿', '元']);
        let with_unit = Fen::parse_yuan(&format!("{low}{unit}")).ok().filter(|min| bare && *min <= max);
        let min = match with_unit {
            Some(min) => min,
            None => Fen::parse_yuan(low)?,
        };
        return Ok(Price { min: Some(min), max: Some(max), negotiable: false });
    }
    let amount = Fen::parse_yuan(text)?;
    Ok(Price { min: Some(amount), max: Some(amount), negotiable: false })
}

/// Reads a day as people and spreadsheets write it; a month means its last day. Answers ISO text.
pub(crate) fn date(text: &str) -> Option<String> {
    let text: String = text.trim().chars().map(half_width).collect();
    // A moment: its day.
    let text = text.split(['T', ' ']).next().unwrap_or_default();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.len() {
            8 => day(text[..4].parse().ok()?, text[4..6].parse().ok()?, Some(text[6..].parse().ok()?)),
            // A serial number of days since 1899-12-30: a date cell that lost its format.
            5 => Date::from_calendar_date(1899, Month::December, 30)
                .ok()?
                .checked_add(time::Duration::days(text.parse().ok()?))
                .map(format_date),
            _ => None,
        };
    }
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月', '日', '号']).filter(|p| !p.is_empty()).collect();
    let number = |at: usize| parts.get(at).and_then(|p| p.parse::<u16>().ok());
    match parts.len() {
        2 => day(number(0)?.into(), number(1)?, None),
        3 => day(number(0)?.into(), number(1)?, Some(number(2)?)),
        _ => None,
    }
}

fn day(year: i32, month: u16, day: Option<u16>) -> Option<String> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = match day {
        Some(day) => u8::try_from(day).ok()?,
        None => month.length(year),
    };
    Date::from_calendar_date(year, month, day).ok().filter(|d| (1900..=2200).contains(&d.year())).map(format_date)
}

/// The level of `6`, `TRL 6`, `6级`, `第六级` …
pub(super) fn trl(text: &str) -> Option<i64> {
    let text: String = text.chars().map(half_width).filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    let text = text.trim_start_matches("TRL").trim_start_matches(['-', ':', '第']).trim_end_matches('级');
    let level = match text.strip_suffix(".0").unwrap_or(text) {
        "一" => Some(1),
        "二" => Some(2),
        "三" => Some(3),
        "四" => Some(4),
        "五" => Some(5),
        "六" => Some(6),
        "七" => Some(7),
        "八" => Some(8),
        "九" => Some(9),
        digits => digits.parse().ok(),
    };
    level.filter(|l| (1..=9).contains(l))
}

/// The code of each value of a cell; a value without one stays as it is, for the rules to refuse.
pub(super) fn codes(labels: &[Label], text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    if let Some(code) = code_of(labels, text) {
        return vec![code.to_owned()];
    }
    let parts = text.split(SEPARATORS).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| code_of(labels, part).map_or_else(|| part.to_owned(), str::to_owned)).collect()
}

/// The language tag of `en`, `英文`, `English`; Chinese for anything else.
pub(super) fn language(text: &str) -> &'static str {
    let text = text.trim().to_lowercase();
    if text.starts_with("en") || text.starts_with('英') { "en" } else { "zh-CN" }
}

/// One indicator taken from a text: name, operator, value, upper value, unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) name: String,
    pub(super) operator: &'static str,
    pub(super) value: String,
    pub(super) value_max: String,
    pub(super) unit: String,
}

/// The indicators of a cell such as `效率≥95%；厚度 10～20 mm`, one a line or separated by semicolons; `None` unless every part is one.
pub(super) fn measures(text: &str) -> Option<Vec<Measure>> {
    let parts = text.split([';', '；', '\n']).map(|p| p.trim().trim_end_matches(['。', '.', ',', '，'])).filter(|p| !p.is_empty());
    let found: Option<Vec<Measure>> = parts.map(measure).collect();
    found.filter(|f| !f.is_empty() && f.len() <= keqiao_model::ROWS_MAX)
}

fn measure(text: &str) -> Option<Measure> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let text: String = text.chars().map(half_width).collect();
    // The sign that stands first; of those that begin at the same place the longest.
    let signs = OPERATORS.iter().flat_map(Label::words).filter(|w| !matches!(*w, "-" | "~" | "～" | "between" | "介于"));
    let (at, sign) = signs.filter_map(|w| text.find(w).map(|at| (at, w))).min_by_key(|(at, w)| (*at, std::cmp::Reverse(w.len())))?;
    let name = text[..at].trim().trim_end_matches([':', '：']).trim();
    let rest = text[at + sign.len()..].trim();
    let digits = rest.find(|c: char| !is_number(c)).unwrap_or(rest.len());
    let (value, unit) = rest.split_at(digits);
    let unit = unit.trim();
    if name.is_empty()
        || name.chars().count() > 40
        || parse_number(value).is_none()
        || unit.chars().count() > 12
        || unit.contains(is_number)
    {
        return None;
    }
    Some(Measure {
        name: name.to_owned(),
        operator: code_of(OPERATORS, sign)?,
        value: value.to_owned(),
        value_max: String::new(),
        unit: unit.to_owned(),
    })
}

/// The beginning of a text, at most `max` characters, up to the end of a sentence where there is one.
pub(super) fn opening(text: &str, max: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let head: String = text.chars().take(max).collect();
    let mut ends = head.char_indices().filter(|(at, c)| {
        let next = head[at + c.len_utf8()..].chars().next();
        matches!(c, '。' | '！' | '？' | '!' | '?' | '；' | '\n') || (*c == '.' && next.is_some_and(char::is_whitespace))
    });
    match ends.next_back() {
        Some((at, c)) if head[..at].chars().count() * 3 >= max => head[..at + c.len_utf8()].trim().to_owned(),
        _ => head.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices() {
        let yuan = |y: i64| Fen::from_yuan(y);
        let check =
            |text: &str, min: Option<Fen>, max: Option<Fen>| assert_eq!(price(text), Ok(Price { min, max, negotiable: false }), "{text}");
        check("60万", yuan(600_000), yuan(600_000));
        check("60-100万", yuan(600_000), yuan(1_000_000));
        check("60－100 万元", yuan(600_000), yuan(1_000_000));
        check("60万～100万元", yuan(600_000), yuan(1_000_000));
        check("5000-1万", yuan(5_000), yuan(10_000));
        check("50000至80000元", yuan(50_000), yuan(80_000));
        check("100万以内", None, yuan(1_000_000));
        check("不低于20万元", yuan(200_000), None);
        check("约 30 万元左右", yuan(300_000), yuan(300_000));
        check("1,200,000", yuan(1_200_000), yuan(1_200_000));
        assert!(price("面议").unwrap().negotiable);
        for bad in ["很多", "六十万", "60-很多", "12,34"] {
            assert!(price(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dates() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(date(text).as_deref(), expected, "{text}");
        for text in [
            "2027-06-30",
            "2027/6/30",
            "2027.6.30",
            "2027年6月30日",
            "２０２７年６月",
            "20270630",
            "2027-06-30 00:00:00",
            "2027-06-30T08:00:00Z",
            "46568",
        ] {
            check(text, Some("2027-06-30"));
        }
        check("2028年2月", Some("2028-02-29"));
        for bad in ["2027-13-01", "2027-02-30", "明年", "2027", "", "6月30日", "0001-01-01"] {
            check(bad, None);
        }
    }

    #[test]
    fn levels() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(trl(text), expected, "{text}");
        check("6", Some(6));
        check("TRL 6", Some(6));
        check("trl-7级", Some(7));
        check("第六级", Some(6));
        check("10", None);
        check("中试", None);
    }

    #[test]
    fn indicators() {
        let check = |text: &str, expected: Option<&[(&str, &str, &str, &str)]>| {
            let found = measures(text);
            let found: Option<Vec<_>> =
                found.as_ref().map(|f| f.iter().map(|m| (m.name.as_str(), m.operator, m.value.as_str(), m.unit.as_str())).collect());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("效率≥95%；噪声 <= 60 dB", Some(&[("效率", "ge", "95", "%"), ("噪声", "le", "60", "dB")]));
        check("温度：不低于-40℃。", Some(&[("温度", "ge", "-40", "℃")]));
        check("效率高", None);
        check("效率≥95%；噪声低", None);
        check("深度达到5-8mm", None);
        check("厚度≥5-8mm", None);
    }

    #[test]
    fn openings() {
        let check = |text: &str, max: usize, expected: &str| assert_eq!(opening(text, max), expected, "{text}");
        check(" 短。 ", 10, "短。");
        check("第一句话。第二句话很长很长", 10, "第一句话。");
        check("一。第二句话很长很长很长很长", 10, "一。第二句话很长很…");
        check("没有标点的一句很长很长的话", 5, "没有标点…");
        check("Version 2.0 works. It is", 20, "Version 2.0 works.");
    }
}
