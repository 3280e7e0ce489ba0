//! Indicators in running text: `能量密度达到280Wh/kg以上` is a row of a table that nobody filled in.
//!
//! Careful rather than complete: a name, a word or sign of comparing, a number and a unit must follow each other directly.

use crate::{Indicator, Operator, Unit, indicator::from_superscript, listing::ROWS_MAX, typed};

/// Numbers of a text that are looked at closely: what a page of junk costs.
const TRIES_MAX: usize = 200;
/// Characters of a number.
const NUMBER_MAX: usize = 20;
/// Characters of a unit.
const UNIT_MAX: usize = 16;
/// Characters before a number that are looked at for its name.
const BEFORE_MAX: usize = 48;
/// Characters of a Chinese name; longer ones are half a sentence.
const NAME_MAX: usize = 12;
/// Words and characters of an English name.
const ENGLISH_MAX: (usize, usize) = (4, 40);

/// Words and signs between a name and its number, longest first where one ends another.
const OPERATORS: &[(&str, Operator)] = &[
    ("≥", Operator::Ge),
    ("≧", Operator::Ge),
    ("⩾", Operator::Ge),
    (">=", Operator::Ge),
    (">", Operator::Ge),
    ("≤", Operator::Le),
    ("≦", Operator::Le),
    ("⩽", Operator::Le),
    ("<=", Operator::Le),
    ("<", Operator::Le),
    ("=", Operator::Eq),
    (":", Operator::Eq),
    ("不低于", Operator::Ge),
    ("不小于", Operator::Ge),
    ("不少于", Operator::Ge),
    ("不超过", Operator::Le),
    ("不高于", Operator::Le),
    ("不大于", Operator::Le),
    ("不多于", Operator::Le),
    ("不超出", Operator::Le),
    ("大于等于", Operator::Ge),
    ("大于或等于", Operator::Ge),
    ("小于等于", Operator::Le),
    ("小于或等于", Operator::Le),
    ("大于", Operator::Ge),
    ("高于", Operator::Ge),
    ("多于", Operator::Ge),
    ("超过", Operator::Ge),
    ("至少", Operator::Ge),
    ("达到", Operator::Ge),
    ("可达", Operator::Ge),
    ("高达", Operator::Ge),
    ("达", Operator::Ge),
    ("提高到", Operator::Ge),
    ("提高至", Operator::Ge),
    ("提升到", Operator::Ge),
    ("提升至", Operator::Ge),
    ("小于", Operator::Le),
    ("低于", Operator::Le),
    ("少于", Operator::Le),
    ("至多", Operator::Le),
    ("低至", Operator::Le),
    ("降至", Operator::Le),
    ("降到", Operator::Le),
    ("降低到", Operator::Le),
    ("降低至", Operator::Le),
    ("等于", Operator::Eq),
    ("控制在", Operator::Eq),
    ("稳定在", Operator::Eq),
    ("保持在", Operator::Eq),
    ("为", Operator::Eq),
    ("是", Operator::Eq),
    ("在", Operator::Eq),
    ("at least", Operator::Ge),
    ("not less than", Operator::Ge),
    ("no less than", Operator::Ge),
    ("not lower than", Operator::Ge),
    ("more than", Operator::Ge),
    ("greater than", Operator::Ge),
    ("higher than", Operator::Ge),
    ("above", Operator::Ge),
    ("exceeds", Operator::Ge),
    ("exceeding", Operator::Ge),
    ("reaches", Operator::Ge),
    ("reaching", Operator::Ge),
    ("at most", Operator::Le),
    ("no more than", Operator::Le),
    ("not more than", Operator::Le),
    ("not exceeding", Operator::Le),
    ("less than", Operator::Le),
    ("lower than", Operator::Le),
    ("below", Operator::Le),
    ("of", Operator::Eq),
    ("is", Operator::Eq),
];
/// Words between a name and its operator that say nothing of their own.
const FILLERS: [&str; 32] = [
    "约",
    "大约",
    "近",
    "应",
    "应该",
    "应当",
    "须",
    "必须",
    "需",
    "需要",
    "要",
    "要求",
    "能",
    "能够",
    "可",
    "可以",
    "均",
    "都",
    "将",
    "一般",
    "通常",
    "数值",
    "仅",
    "is",
    "be",
    "of",
    "should",
    "must",
    "shall",
    "can",
    "about",
    "approximately",
];
/// Nouns that end like a filler.
const NOUNS: [&str; 13] = ["性能", "储能", "节能", "功能", "动能", "势能", "电能", "热能", "光能", "智能", "平均", "节约", "制约"];
/// What turns the sentence round.
const NEGATIONS: [&str; 8] = ["不", "未", "无法", "没有", "难以", "没", "not", "never"];
/// What follows a number and tells its direction.
const AFTER: [(&str, Operator); 14] = [
    ("及以上", Operator::Ge),
    ("或以上", Operator::Ge),
    ("以上", Operator::Ge),
    ("及以下", Operator::Le),
    ("或以下", Operator::Le),
    ("以下", Operator::Le),
    ("以内", Operator::Le),
    ("之内", Operator::Le),
    ("内", Operator::Le),
    ("or more", Operator::Ge),
    ("or above", Operator::Ge),
    ("or higher", Operator::Ge),
    ("or less", Operator::Le),
    ("or below", Operator::Le),
];
/// Words after which a name begins.
const CUTS: [&str; 52] = [
    "的", "且", "与", "及", "或", "使", "使得", "让", "将", "把", "令", "该", "其中", "了", "和", "以及", "并", "同时", "要求", "需要",
    "目标", "指标", "实现", "保证", "确保", "满足", "具有", "拥有", "具备", "采用", "提高", "提升", "降低", "减少", "增加", "改善", "优化",
    "控制", "开发", "研制", "研发", "制备", "生产", "获得", "得到", "对于", "用于", "通过", "最终", "从而", "本", "后",
];
/// Words that have one of [`CUTS`] in them and are whole.
const KEPT: [&str; 18] = [
    "饱和",
    "中和",
    "总和",
    "柔和",
    "缓和",
    "成本",
    "样本",
    "生产率",
    "生产效率",
    "生产能力",
    "控制精度",
    "使用",
    "目标识别",
    "并联",
    "并网",
    "指令",
    "基本",
    "售后",
];
const ENGLISH_CUTS: [&str; 36] = [
    "the", "a", "an", "of", "with", "and", "or", "has", "have", "having", "had", "that", "which", "for", "to", "in", "on", "at", "by",
    "from", "its", "is", "are", "be", "needs", "need", "require", "requires", "achieve", "achieves", "as", "this", "it", "there", "these",
    "when",
];
/// Names whose `±` is a limit.
const TOLERANCES: [&str; 8] = ["精度", "误差", "偏差", "公差", "波动", "准确度", "accuracy", "error"];

/// The indicators that a text states, in its order, none twice, at most as many as a table has rows.
pub fn read_indicators(text: &str) -> Vec<Indicator> {
    let chars: Vec<char> = text.chars().map(plain).collect();
    let mut found: Vec<Indicator> = Vec::new();
    let (mut at, mut tries) = (0, 0);
    while at < chars.len() && tries < TRIES_MAX && found.len() < ROWS_MAX {
        // Where a number begins: never in the middle of a word or of another number.
        let begins = chars[at].is_ascii_digit() && !at.checked_sub(1).is_some_and(|b| chars[b].is_ascii_alphanumeric() || chars[b] == '.');
        let named = if begins { named_before(&chars, at) } else { None };
        tries += usize::from(named.is_some());
        match named.and_then(|named| indicator_at(&chars, at, named)) {
            Some((indicator, end)) => {
                if !found.contains(&indicator) {
                    found.push(indicator);
                }
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Half-width, but for the comma: only `1,000` has a thousand.
fn plain(c: char) -> char {
    match c {
        '，' => c,
        '\u{2212}' | '－' => '-',
        '～' | '〜' | '∼' => '~',
        '\u{3000}' | '\u{a0}' | '\t' => ' ',
        c => typed::half_width(c),
    }
}

/// What leads to a number.
struct Named {
    name: String,
    operator: Operator,
    /// What stood in brackets behind the name.
    bracket: Option<String>,
    /// `-`, `±` or `百分之` directly before the number.
    minus: bool,
    tolerance: bool,
    percent: bool,
}

/// The name and the words of comparing directly before a number.
fn named_before(chars: &[char], start: usize) -> Option<Named> {
    let mut before = skip_back(chars, start, |c| c == ' ');
    let minus = before > 0 && chars[before - 1] == '-';
    let tolerance = before > 0 && chars[before - 1] == '±';
    before = skip_back(chars, before - usize::from(minus || tolerance), |c| c == ' ');
    let percent = ends_with(chars, before, "百分之");
    if percent {
        before -= 3;
    }
    let (head, operator) = match operator_before(chars, before) {
        Some(found) => found,
        // `精度±0.1 mm` and `精度优于 ±0.1 mm`.
        None if tolerance => (before - if ends_with(chars, before, "优于") { 2 } else { 0 }, Operator::Le),
        None => return None,
    };
    if NEGATIONS.iter().any(|word| ends_with(chars, skip_back(chars, head, |c| c == ' '), word)) {
        return None;
    }
    let (name, bracket) = name_before(chars, head)?;
    let limits = TOLERANCES.iter().any(|word| name.to_lowercase().ends_with(word));
    (limits || !tolerance).then_some(Named { name, operator, bracket, minus, tolerance, percent })
}

/// The indicator whose first number begins there, and where it ends.
fn indicator_at(chars: &[char], start: usize, named: Named) -> Option<(Indicator, usize)> {
    let (mut value, mut end) = number(chars, start)?;
    if named.minus {
        value.insert(0, '-');
    }
    let mut unit = unit_at(chars, end, false);
    let mut value_max = String::new();
    if let Some((high, high_unit, high_end)) = range_end(chars, unit.as_ref().map_or(end, |(_, end)| *end)) {
        let same = unit.as_ref().is_none_or(|(low, _)| high_unit.as_ref().is_some_and(|(high, _)| high == low));
        if !same || named.tolerance {
            return None;
        }
        (value_max, unit, end) = (high, high_unit, high_end);
    } else {
        unit = unit_at(chars, end, true);
    }
    let unit = match unit {
        Some((unit, unit_end)) => {
            end = unit_end;
            unit
        }
        None if named.percent => "%".to_owned(),
        None => known_unit(&named.bracket?)?,
    };
    let after = skip(chars, end, |c| c == ' ');
    // `5 × 10 mm` is two numbers, `25±2 ℃` a range, `5A级` a grade.
    let next = |at: usize| chars.get(at).copied().unwrap_or(' ');
    if matches!(next(after), '×' | '*' | '±' | '级' | '类' | '型' | '号' | '代')
        || (matches!(next(after), 'x' | 'X') && !next(after + 1).is_alphabetic())
    {
        return None;
    }
    let said_after = AFTER.iter().find(|(word, _)| {
        let whole = *word != "内" || !next(after + 1).is_alphanumeric();
        whole && starts_with(chars, after, word)
    });
    let operator = match (value_max.is_empty(), named.tolerance, said_after) {
        (false, ..) => Operator::Between,
        (true, true, _) => Operator::Le,
        (true, false, Some((_, said))) => *said,
        (true, false, None) => named.operator,
    };
    let end = said_after.map_or(end, |(word, _)| after + word.chars().count());
    // The year 2025 is no duration.
    if unit == "年" && crate::parse_number(&value).is_some_and(|n| n >= 1000.0) {
        return None;
    }
    let indicator = Indicator { name: named.name, operator, value, value_max, unit, method: String::new() };
    indicator.check().is_ok().then_some((indicator, end))
}

/// The words of comparing that end there: where they begin, and what the last of them means.
fn operator_before(chars: &[char], end: usize) -> Option<(usize, Operator)> {
    let mut head = end;
    let mut meaning: Option<Operator> = None;
    for _ in 0..4 {
        let at = skip_back(chars, head, |c| c == ' ');
        let word = OPERATORS.iter().filter(|(word, _)| ends_with(chars, at, word)).max_by_key(|(word, _)| word.chars().count());
        let filler = FILLERS.iter().filter(|word| ends_with(chars, at, word)).max_by_key(|word| word.chars().count());
        let length = |word: &str| word.chars().count();
        let filler = filler.filter(|word| length(word) > 1 || !NOUNS.iter().any(|noun| ends_with(chars, at, noun)));
        match (word, filler) {
            (Some((word, operator)), filler) if filler.is_none_or(|f| length(f) <= length(word)) => {
                // Of `为 ≥` and `:≥` the more telling one.
                meaning = match meaning {
                    None | Some(Operator::Eq) => Some(*operator),
                    said => said,
                };
                head = at - length(word);
            }
            (_, Some(filler)) => head = at - length(filler),
            _ => break,
        }
    }
    meaning.map(|meaning| (head, meaning))
}

/// A number as it is typed, and where it ends.
fn number(chars: &[char], start: usize) -> Option<(String, usize)> {
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let mut end = start;
    while digit(end) || (matches!(chars.get(end), Some('.')) && digit(end + 1)) || is_group(chars, start, end) {
        end += 1;
        if end - start > NUMBER_MAX {
            return None;
        }
    }
    // `2.5×10^5`, `2×10⁵`.
    let times = skip(chars, end, |c| c == ' ');
    if matches!(chars.get(times), Some('×' | '*' | 'x' | 'X')) {
        let ten = skip(chars, times + 1, |c| c == ' ');
        if starts_with(chars, ten, "10") && !digit(ten + 2) {
            let raised = matches!(chars.get(ten + 2), Some('^'));
            let is_power = |c: char| if raised { c.is_ascii_digit() || c == '-' } else { from_superscript(c).is_some() };
            let from = ten + 2 + usize::from(raised);
            let power = skip(chars, from, is_power);
            if power > from && power - from <= 3 {
                let text: String = chars[start..power].iter().filter(|c| **c != ' ').collect();
                return Some((text, power));
            }
        }
    }
    (end > start).then(|| (chars[start..end].iter().collect(), end))
}

/// Whether a comma there separates thousands.
fn is_group(chars: &[char], start: usize, at: usize) -> bool {
    let digits = |from: usize| chars[from.min(chars.len())..].iter().take(4).take_while(|c| c.is_ascii_digit()).count();
    chars.get(at) == Some(&',') && at > start && digits(at + 1) == 3 && !chars[start..at].contains(&'.')
}

/// A unit, and where it ends.
type UnitEnd = (String, usize);

/// The longest known unit that begins there, and where it ends; a hyphen may begin a negative exponent or the rest of a range.
fn unit_at(chars: &[char], start: usize, hyphens: bool) -> Option<UnitEnd> {
    let start = skip(chars, start, |c| c == ' ');
    let sign = |c: char| matches!(c, '%' | '‰' | '℃' | '℉' | '°' | '"' | '″');
    let joint = |c: char| matches!(c, ' ' | '/' | '·' | '•' | '⋅' | '^' | '(' | '-' | '.' | '⁻');
    let part = |c: char| c.is_alphanumeric() || sign(c) || c == ')' || (joint(c) && (c != '-' || hyphens));
    if !chars.get(start).is_some_and(|c| c.is_alphabetic() || sign(*c)) {
        return None;
    }
    let mut ends = skip(chars, start, part).min(start + UNIT_MAX);
    while ends > start {
        let last = chars[ends - 1];
        let next = chars.get(ends).copied().unwrap_or(' ');
        let whole = !(joint(last) || last.is_ascii_alphanumeric() && next.is_ascii_alphanumeric());
        // A space joins factors where exponents show it: `mAh g-1`, not `dB in`.
        let parts = &chars[start..ends];
        let whole = whole && (!parts.contains(&' ') || parts.iter().any(|c| matches!(c, '-' | '^' | '⁻')));
        if whole && let Some(unit) = known_unit(&chars[start..ends].iter().collect::<String>()) {
            return Some((unit, ends));
        }
        ends -= 1;
    }
    None
}

/// A unit that a technical indicator may have.
fn known_unit(text: &str) -> Option<String> {
    let text = text.trim();
    let unit = Unit::parse(text);
    let has_letter = text.chars().any(|c| c.is_alphabetic() || matches!(c, '%' | '‰' | '℃' | '℉' | '°' | '"' | '″'));
    // A mark of an examination and a minute are one word, and months and days are mostly dates.
    let doubtful = matches!(
        text,
        "分" | "时"
            | "月"
            | "日"
            | "a"
            | "寸"
            | "百"
            | "千"
            | "万"
            | "亿"
            | "开"
            | "卡"
            | "法"
            | "in"
            | "平"
            | "b"
            | "B"
            | "K"
            | "T"
            | "S"
            | "H"
            | "F"
    );
    // Firms, people and money are amounts of a project.
    let technical = |unit: &Unit| {
        let is = |text: &str| unit.is_comparable(&Unit::parse(text));
        !is("元") && (!unit.is_count() || is("次"))
    };
    (unit.is_known() && has_letter && !doubtful && technical(&unit)).then(|| text.to_owned())
}

/// The other end of a range that goes on there: `～10 mm`.
fn range_end(chars: &[char], start: usize) -> Option<(String, Option<UnitEnd>, usize)> {
    let mut at = skip(chars, start, |c| c == ' ');
    at += match chars.get(at)? {
        '~' | '-' | '–' | '—' | '至' | '到' => 1,
        _ => return None,
    };
    at = skip(chars, at, |c| c == ' ' || c == '—');
    let signed = chars.get(at) == Some(&'-');
    let (mut value, end) = number(chars, at + usize::from(signed))?;
    if signed {
        value.insert(0, '-');
    }
    Some((value, unit_at(chars, end, true), end))
}

/// The name that ends there, and what stood in brackets behind it.
fn name_before(chars: &[char], end: usize) -> Option<(String, Option<String>)> {
    let mut end = skip_back(chars, end, |c| c == ' ');
    let floor = end.saturating_sub(BEFORE_MAX);
    let mut bracket = None;
    if end > 0 && chars[end - 1] == ')' {
        let open = (floor..end).rev().find(|at| chars[*at] == '(')?;
        bracket = Some(chars[open + 1..end - 1].iter().collect());
        end = skip_back(chars, open, |c| c == ' ');
    }
    let floor = end.saturating_sub(BEFORE_MAX);
    let part = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    let start = (floor..end).rev().find(|at| !part(chars[*at])).map_or(floor, |at| at + 1);
    let text: String = chars[start..end].iter().collect();
    let english = text.chars().last().is_some_and(|c| c.is_ascii_alphabetic()) && !text.chars().any(is_chinese);
    let name = if english { english_name(&text) } else { chinese_name(&text) };
    name.map(|name| (name, bracket))
}

fn chinese_name(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| *c != ' ').collect();
    let mut from = 0;
    for word in CUTS {
        for (at, _) in text.match_indices(word) {
            let end = at + word.len();
            let kept = KEPT.iter().any(|kept| text.match_indices(kept).any(|(k, _)| k <= at && end <= k + kept.len()));
            if !kept {
                from = from.max(end);
            }
        }
    }
    // What numbers a list is no part of the name.
    let name = text.get(from..)?.trim_end_matches('-');
    let bare = name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    let name = if bare.starts_with(|c: char| c.is_ascii_alphabetic()) { name.trim_start_matches('-') } else { bare };
    let length = name.chars().count();
    ((2..=NAME_MAX).contains(&length) && name.chars().any(char::is_alphabetic)).then(|| name.to_owned())
}

fn english_name(text: &str) -> Option<String> {
    let cut =
        |word: &&str| ENGLISH_CUTS.contains(&word.to_ascii_lowercase().as_str()) || word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let mut words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).rev().take_while(|word| !cut(word)).take(ENGLISH_MAX.0).collect();
    words.reverse();
    let name = words.join(" ");
    (name.len() >= 2 && name.len() <= ENGLISH_MAX.1 && name.chars().any(char::is_alphabetic)).then_some(name)
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

fn skip(chars: &[char], from: usize, of: impl Fn(char) -> bool) -> usize {
    // Bounded, so that a long run of spaces costs no more than a short one.
    let from = from.min(chars.len());
    from + chars[from..].iter().take(BEFORE_MAX).take_while(|c| of(**c)).count()
}

fn skip_back(chars: &[char], end: usize, of: impl Fn(char) -> bool) -> usize {
    end - chars[..end].iter().rev().take(BEFORE_MAX).take_while(|c| of(**c)).count()
}

/// Whether a word ends there: an English one with nothing in front.
fn ends_with(chars: &[char], end: usize, word: &str) -> bool {
    let length = word.chars().count();
    let Some(start) = end.checked_sub(length) else { return false };
    let same = chars[start..end].iter().zip(word.chars()).all(|(a, b)| a.to_ascii_lowercase() == b);
    let whole = !word.starts_with(|c: char| c.is_ascii_alphabetic()) || start == 0 || !chars[start - 1].is_ascii_alphanumeric();
    same && whole
}

fn starts_with(chars: &[char], at: usize, word: &str) -> bool {
    let mut here = chars.get(at..).unwrap_or_default().iter().map(char::to_ascii_lowercase);
    word.chars().all(|c| here.next() == Some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indicators_are_found_in_running_text() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> = read_indicators(text).iter().map(|i| format!("{} {}", i.name, i.expression())).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("能量密度达到280Wh/kg以上", &["能量密度 ≥ 280 Wh/kg"]);
        check("效率不低于95%", &["效率 ≥ 95 %"]);
        check("噪声≤60dB", &["噪声 ≤ 60 dB"]);
        check("直径为5～10 mm", &["直径 5～10 mm"]);
        check("strength of at least 900 MPa", &["strength ≥ 900 MPa"]);
        check(
            "We need an alloy with a tensile strength above 1.2 GPa and a density below 4.5 g/cm3.",
            &["tensile strength ≥ 1.2 GPa", "density ≤ 4.5 g/cm3"],
        );
        check("The conversion efficiency is 95 % in winter", &["conversion efficiency = 95 %"]);
        check("电池的能量密度要求达到３００Ｗｈ／ｋｇ，循环寿命不少于2,000次。", &["能量密度 ≥ 300 Wh/kg", "循环寿命 ≥ 2,000 次"]);
        check("工作温度：-40℃～85℃；厚度控制在0.5-0.8mm", &["工作温度 -40～85 ℃", "厚度 0.5～0.8 mm"]);
        check("低温性能：≥-40℃", &["低温性能 ≥ -40 ℃"]);
        check("厚度控制在2mm-3mm之间", &["厚度 2～3 mm"]);
        check("误差控制在5%以内，成本降低30%", &["误差 ≤ 5 %"]);
        check("识别准确率达到百分之95以上", &["识别准确率 ≥ 95 %"]);
        check("1、拉伸强度（MPa）≥900；2、定位精度±0.01mm", &["拉伸强度 ≥ 900 MPa", "定位精度 ≤ 0.01 mm"]);
        check("效率≥95，100次", &[]);
        check("比容量大于170mAh g-1", &["比容量 ≥ 170 mAh g-1"]);
        check("导热系数不低于 1.5×10³ W/(m·K)。", &["导热系数 ≥ 1.5×10³ W/(m·K)"]);
        check("压机取块时间不超过20秒", &["压机取块时间 ≤ 20 秒"]);
        check("处理能力达到5t/h以上，能耗应低于0.3千瓦时/吨", &["处理能力 ≥ 5 t/h", "能耗 ≤ 0.3 千瓦时/吨"]);
        check("效率≥95%，效率≥95%", &["效率 ≥ 95 %"]);
        check("储能效率能达到92%", &["储能效率 ≥ 92 %"]);
        check("平均为5mm", &["平均 = 5 mm"]);
        for text in [
            "",
            "效率高",
            "效率95%",
            "≥95%",
            "公司成立时间为2015年",
            "寿命提高100%以上",
            "尺寸为5×10mm",
            "尺寸为5mm×10mm",
            "温度为25±2℃",
            "合作企业达到20家",
            "研发人员达到120人",
            "投资不超过500万元",
            "完成论文不少于5篇",
            "效率未达到95%",
            "效率不能达到95%",
            "比例为1:5",
            "版本为2.0",
            "专利号为201620050734.5",
            "材质为42CrMo",
            "资质达到3A级",
            "This is 5 mm",
            "长度为5m～10",
            "在复杂工况条件下长期连续稳定运行时间达到5天",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn what_is_read_can_be_typed() {
        let text = "能量密度≥280Wh/kg；温度：-40~85℃；直径为5～10 mm；效率达到95%以上；噪声≤60dB(A)；间隙<0.05毫米";
        let found = read_indicators(text);
        assert_eq!(found.len(), 6);
        for indicator in found {
            assert_eq!(indicator.check(), Ok(()), "{indicator:?}");
            assert!(Unit::parse(&indicator.unit).is_known(), "{indicator:?}");
        }
    }

    #[test]
    fn junk_is_read_in_bounded_time() {
        let parts = [
            "1",
            "≥1",
            "为1a ",
            "效率≥",
            "效率≥1",
            "效率≥1mm-",
            "((",
            "))≥1",
            " ",
            "-",
            "±1",
            "1,",
            "1,000",
            "×10^",
            "\u{202e}",
            "😀",
            "效率为1W/(m·K)",
        ];
        for part in parts {
            let text = part.repeat(100_000 / part.chars().count());
            assert!(read_indicators(&text).len() <= ROWS_MAX, "{part}");
        }
        let rows = (0..100).map(|n| format!("效率{n}号为{n}%。")).collect::<String>();
        assert_eq!(read_indicators(&rows).len(), ROWS_MAX);
        // Every character beside every other of a set that steers the reader.
        let set: Vec<char> = "1.-±~(≥%℃×^m".chars().collect();
        for a in &set {
            for b in &set {
                for c in &set {
                    read_indicators(&format!("效率{a}{b}{c}1{c}{b}{a}"));
                }
            }
        }
    }
}
