//! Units of indicators: a text such as `Wh/kg` or `兆帕` as base dimensions and a factor, so that amounts in different units compare.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    indicator::from_superscript,
    typed,
    units::{CARELESS, CHINESE_PREFIXES, COUNTS, NAMES, NUMERALS, PREFIXES, Prefixed, SQUARED, SYMBOLS, Symbol, TORQUE},
};

/// Longer texts are no units.
const LENGTH_MAX: usize = 64;
/// Brackets within brackets.
const DEPTH_MAX: usize = 4;

/// A unit: what it measures and how much of it.
///
/// What is not in the tables keeps its own text as a base, so that it compares with the same text alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Base dimensions and their exponents, none of them zero.
    powers: BTreeMap<Cow<'static, str>, i32>,
    /// As [`Unit::factor`].
    factor: f64,
    /// Base units at the zero of a scale: 273.15 K at 0 ℃.
    offset: f64,
    /// Whether every part was in the tables.
    known: bool,
}

impl Unit {
    /// The unit of plain numbers.
    fn number(factor: f64) -> Self {
        Self { powers: BTreeMap::new(), factor, offset: 0.0, known: true }
    }

    fn unknown(text: String) -> Self {
        Self { powers: [(Cow::Owned(text), 1)].into(), factor: 1.0, offset: 0.0, known: false }
    }

    /// Reads a unit as people write it: `N/mm²`, `W/(m·K)`, `mAh g-1`, `千克/立方米`, `㎡`, `万次`. Never fails: see [`Unit::is_known`].
    pub fn parse(text: &str) -> Self {
        if text.chars().nth(LENGTH_MAX).is_some() {
            return Self::unknown(text.trim().to_owned());
        }
        let text = plain(text);
        if matches!(text.as_str(), "" | "-" | "/" | "1" | "无" | "无量纲") {
            return Self::number(1.0);
        }
        if let Some(unit) = symbol(&text).or_else(|| word(&text)) {
            return unit;
        }
        let chars: Vec<char> = text.chars().collect();
        let mut reader = Reader { chars: &chars, at: 0 };
        let Some(mut unit) = reader.group(0).filter(|u| u.factor.is_finite() && u.factor > 0.0) else { return Self::unknown(text) };
        if is_torque(&text) {
            unit.powers.insert(Cow::Borrowed(TORQUE), 1);
        }
        unit
    }

    /// Whether every part of the text was understood.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Base units in one of this: 1000 for `km`, 0.01 for `%`.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Whether it is of plain numbers: nothing, `%`, `倍`.
    pub fn is_number(&self) -> bool {
        self.powers.is_empty()
    }

    /// Whether it only counts: `次`, `台`, `万件`.
    pub fn is_count(&self) -> bool {
        let mut powers = self.powers.iter();
        matches!((powers.next(), powers.next()), (Some((base, 1)), None) if COUNTS.contains(&base.as_ref()))
    }

    /// Whether amounts in both can be compared.
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.powers == other.powers
    }

    /// The amount in another unit, `None` when it measures something else.
    pub fn convert(&self, amount: f64, to: &Self) -> Option<f64> {
        if self == to {
            return Some(amount);
        }
        self.is_comparable(to).then(|| (amount * self.factor + (self.offset - to.offset)) / to.factor)
    }

    /// The same without the zero of its scale: 5 ℃ of difference are 5 K.
    #[must_use]
    pub fn of_differences(mut self) -> Self {
        self.offset = 0.0;
        self
    }

    fn times(&mut self, other: &Self, exponent: i32) {
        for (base, power) in &other.powers {
            let sum = self.powers.entry(base.clone()).or_default();
            *sum = sum.saturating_add(power.saturating_mul(exponent));
        }
        self.powers.retain(|_, power| *power != 0);
        self.factor *= other.factor.powi(exponent);
        self.known &= other.known;
    }
}

impl From<&Symbol> for Unit {
    fn from(symbol: &Symbol) -> Self {
        let offset = match symbol.text {
            "℃" => 273.15,
            "℉" => 459.67 * 5.0 / 9.0,
            _ => 0.0,
        };
        let powers = symbol.powers.iter().map(|(base, power)| (Cow::Borrowed(*base), *power)).collect();
        Self { powers, factor: symbol.factor, offset, known: true }
    }
}

/// Half-width, without compatibility signs: `^` before exponents, `·` between factors, no other space.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut raised = false;
    for c in text.trim().chars().filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')).map(typed::half_width) {
        if let Some(digit) = from_superscript(c) {
            if !raised {
                out.push('^');
            }
            raised = true;
            out.push(digit);
            continue;
        }
        raised = false;
        match SQUARED.iter().find(|(sign, _)| *sign == c) {
            Some((_, text)) => out.push_str(text),
            None if c.is_whitespace() => out.push(' '),
            None => out.push(c),
        }
    }
    for (from, to) in [("°C", "℃"), ("°c", "℃"), ("°F", "℉"), ("dB(A)", "dBA"), ("db(A)", "dBA"), ("db(a)", "dBA"), ("DB(A)", "dBA")]
    {
        out = out.replace(from, to);
    }
    let chars: Vec<char> = out.chars().collect();
    let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic() || matches!(c, '%' | '‰' | '℃' | '°' | '(' | ')'));
    let mut joined = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = chars[..at].iter().rfind(|c| **c != ' ');
        let after = chars[at + 1..].iter().find(|c| **c != ' ');
        let between = (is_word(before) || before.is_some_and(char::is_ascii_digit)) && is_word(after);
        match c {
            ' ' if between && chars[at - 1] != ' ' && before != Some(&'(') && after != Some(&')') => joined.push('·'),
            ' ' => {}
            '.' | '-' if between => joined.push('·'),
            _ => joined.push(c),
        }
    }
    match joined.to_ascii_lowercase().as_str() {
        "mpas" | "mpa·s" => "mPa·s".to_owned(),
        "pas" => "Pa·s".to_owned(),
        _ => joined,
    }
}

/// Whether a text is newton times metre and nothing else.
fn is_torque(text: &str) -> bool {
    let Some((force, arm)) = text.split_once('·') else { return false };
    let is = |text: &str, of: &str| atom(text).is_some_and(|unit| symbol(of).is_some_and(|of| unit.is_comparable(&of)));
    is(force, "N") && is(arm, "m")
}

fn known_symbol(text: &str) -> Option<&'static Symbol> {
    SYMBOLS.iter().find(|symbol| symbol.text == text)
}

/// A symbol, with a prefix or without one.
fn symbol(text: &str) -> Option<Unit> {
    if let Some(symbol) = known_symbol(text) {
        return Some(symbol.into());
    }
    PREFIXES.iter().find_map(|(prefix, factor, class)| {
        let symbol = known_symbol(text.strip_prefix(*prefix)?)?;
        let allowed = match symbol.prefixed {
            Prefixed::Never => false,
            Prefixed::Up => *class == Prefixed::Up,
            Prefixed::Thousands => *class != Prefixed::All,
            Prefixed::All => true,
        };
        let mut unit = Unit::from(symbol);
        unit.factor *= factor;
        allowed.then_some(unit)
    })
}

/// A name: 毫米, 立方厘米, 万吨, `hours`, `KG`.
fn word(text: &str) -> Option<Unit> {
    let name = |text: &str| NAMES.iter().find(|(name, _)| *name == text).map(|(_, symbol)| *symbol);
    if let Some(unit) = name(text).and_then(symbol) {
        return Some(unit);
    }
    let prefixed = CHINESE_PREFIXES.iter().find_map(|(chinese, prefix)| {
        let rest = text.strip_prefix(*chinese)?;
        symbol(&format!("{prefix}{}", name(rest)?))
    });
    if prefixed.is_some() {
        return prefixed;
    }
    for (words, exponent) in [("平方", 2), ("平", 2), ("立方", 3)] {
        let Some(rest) = text.strip_prefix(words) else { continue };
        let length = if rest.is_empty() { symbol("m") } else { word(rest) };
        let length = length.filter(|unit| symbol("m").is_some_and(|m| unit.is_comparable(&m)))?;
        let mut unit = Unit::number(1.0);
        unit.times(&length, exponent);
        return Some(unit);
    }
    for (numeral, factor) in NUMERALS {
        let Some(rest) = text.strip_prefix(numeral) else { continue };
        let mut unit = if rest.is_empty() { Unit::number(1.0) } else { symbol(rest).or_else(|| word(rest))? };
        unit.factor *= factor;
        // 万℃ is no scale.
        unit.offset = 0.0;
        return Some(unit);
    }
    let lower = text.to_ascii_lowercase();
    CARELESS.iter().find(|(spelling, _)| *spelling == lower).and_then(|(_, text)| symbol(text))
}

fn atom(text: &str) -> Option<Unit> {
    symbol(text).or_else(|| word(text))
}

/// Reads products, quotients, exponents and brackets.
struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Everything up to the closing bracket or the end. All that follows a stroke is below it: `W/m·K` is written for `W/(m·K)`.
    fn group(&mut self, depth: usize) -> Option<Unit> {
        let mut unit = Unit::number(1.0);
        let mut sign = 1;
        loop {
            let Some(c) = self.peek() else { return (depth == 0).then_some(unit) };
            match c {
                '/' => {
                    sign = -1;
                    self.at += 1;
                }
                '·' => self.at += 1,
                ')' => {
                    self.at += 1;
                    return (depth > 0).then_some(unit);
                }
                '(' if depth < DEPTH_MAX => {
                    self.at += 1;
                    let inner = self.group(depth + 1)?;
                    unit.times(&inner, sign * self.exponent(9)?);
                }
                '0'..='9' => {
                    let factor = Unit::number(self.number()?);
                    unit.times(&factor, sign * self.exponent(30)?);
                }
                c if is_word(c) => {
                    let token = self.token();
                    let exponent = self.exponent(9)?;
                    // A normal cubic metre is an amount of gas.
                    let (part, exponent) = match (token.as_str(), exponent) {
                        ("Nm", 3) => (Unit { powers: [(Cow::Borrowed("Nm^3"), 1)].into(), ..Unit::number(1.0) }, 1),
                        _ => (atom(&token).unwrap_or_else(|| Unit::unknown(token)), exponent),
                    };
                    unit.times(&part, sign * exponent);
                }
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect::<String>().parse().ok()
    }

    /// The letters from here on, with such digits as are no exponent: `HV10`, `HV0.3`.
    fn token(&mut self) -> String {
        let start = self.at;
        while let Some(c) = self.peek() {
            let next = self.chars.get(self.at + 1).copied();
            let in_number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
            let exponent =
                matches!(c, '1'..='9') && !in_number(next) && !(self.at > start && in_number(self.chars.get(self.at - 1).copied()));
            if !(is_word(c) || in_number(Some(c)) && !exponent) {
                break;
            }
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// `^2`, `^-1`, `^(-1)`, `2`, `-1`, or nothing, which is 1.
    fn exponent(&mut self, max: i32) -> Option<i32> {
        let raised = self.peek() == Some('^');
        let mut at = self.at + usize::from(raised);
        let bracket = raised && self.chars.get(at) == Some(&'(');
        at += usize::from(bracket);
        let negative = self.chars.get(at) == Some(&'-');
        at += usize::from(negative || (raised && self.chars.get(at) == Some(&'+')));
        let digits: String = self.chars[at.min(self.chars.len())..].iter().take_while(|c| c.is_ascii_digit()).take(3).collect();
        if digits.is_empty() {
            return (!raised && !negative).then_some(1);
        }
        at += digits.len();
        if bracket {
            if self.chars.get(at) != Some(&')') {
                return None;
            }
            at += 1;
        }
        self.at = at;
        let exponent: i32 = digits.parse().ok().filter(|e| *e <= max)?;
        Some(if negative { -exponent } else { exponent })
    }
}

fn is_word(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '%' | '‰' | '℃' | '℉' | '°' | '"' | '¥' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of equal amounts.
    const EQUAL: &[(f64, &str, f64, &str)] = &[
        (1.0, "m", 1_000.0, "mm"),
        (1.0, "mm", 1_000.0, "μm"),
        (1.0, "um", 1_000.0, "nm"),
        (1.0, "µm", 1.0, "微米"),
        (1.0, "㎛", 1.0, "μm"),
        (1.0, "km", 1_000.0, "米"),
        (1.0, "英寸", 25.4, "毫米"),
        (1.0, "inch", 2.54, "cm"),
        (1.0, "MM", 1.0, "mm"),
        (1.0, "kg", 1_000.0, "g"),
        (1.0, "t", 1_000.0, "公斤"),
        (1.0, "吨", 1e6, "克"),
        (1.0, "g", 1_000.0, "毫克"),
        (1.0, "万吨/年", 1e4, "t/a"),
        (1.0, "h", 3_600.0, "s"),
        (1.0, "小时", 60.0, "分钟"),
        (1.0, "天", 24.0, "个小时"),
        (1.0, "年", 365.25, "d"),
        (1.0, "s", 1e3, "ms"),
        (1.0, "毫秒", 1e3, "μs"),
        (0.0, "℃", 273.15, "K"),
        (100.0, "°C", 212.0, "℉"),
        (-40.0, "摄氏度", -40.0, "°F"),
        (1.2, "GPa", 1_200.0, "MPa"),
        (1.0, "MPa", 1.0, "N/mm²"),
        (1.0, "兆帕", 1.0, "N/mm2"),
        (1.0, "mpa", 1.0, "MPa"),
        (1.0, "bar", 100.0, "kPa"),
        (1.0, "atm", 101_325.0, "Pa"),
        (1.0, "MPa", 10.0, "bar"),
        (1.0, "psi", 6_894.757_293_168, "帕"),
        (1.0, "kWh", 3.6, "MJ"),
        (1.0, "千瓦时", 1_000.0, "Wh"),
        (1.0, "kW·h", 1.0, "千瓦小时"),
        (1.0, "Ah", 1_000.0, "mAh"),
        (1.0, "安时", 3_600.0, "A·s"),
        (1.0, "MW", 1_000.0, "kW"),
        (1.0, "W", 1_000.0, "mW"),
        (1.0, "兆瓦", 1e6, "瓦"),
        (1.0, "kWh/kg", 1_000.0, "Wh/kg"),
        (1.0, "Wh/kg", 1.0, "Wh·kg⁻¹"),
        (1.0, "Wh/kg", 1.0, "瓦时/千克"),
        (1.0, "mAh/g", 1.0, "Ah/kg"),
        (1.0, "mAh/g", 1.0, "mAh g-1"),
        (1.0, "mAh/g", 1.0, "mAh·g^-1"),
        (1.0, "g/cm³", 1_000.0, "kg/m³"),
        (1.0, "t/m³", 1.0, "g/cm3"),
        (1.0, "克/立方厘米", 1.0, "g·cm^(-3)"),
        (1.0, "g/L", 1_000.0, "mg/L"),
        (1.0, "μg/mL", 1.0, "mg/L"),
        (1.0, "毫克/升", 1_000.0, "mg/m³"),
        (1.0, "%", 10.0, "‰"),
        (1.0, "％", 0.01, ""),
        (1.0, "百分之", 1.0, "%"),
        (1.0, "ppm", 1_000.0, "ppb"),
        (1.0, "%", 1e4, "ppm"),
        (1.0, "倍", 100.0, "%"),
        (1.0, "个百分点", 1.0, "百分点"),
        (1.0, "rpm", 1.0, "r/min"),
        (60.0, "转/分", 1.0, "r/s"),
        (60.0, "转每分钟", 60.0, "rpm"),
        (1.0, "万次", 1e4, "次"),
        (60.0, "次/min", 1.0, "次/s"),
        (1.0, "GHz", 1_000.0, "MHz"),
        (1.0, "kHz", 1_000.0, "赫兹"),
        (1.0, "m/s", 3.6, "km/h"),
        (1.0, "m/s", 60.0, "m/min"),
        (1.0, "公里/小时", 1.0, "km/h"),
        (1.0, "kN", 1_000.0, "牛"),
        (1.0, "kN·m", 1_000.0, "N·m"),
        (1.0, "N·m", 1.0, "N.m"),
        (1.0, "Nm", 1.0, "牛·米"),
        (1.0, "kV", 1_000.0, "伏"),
        (1.0, "A", 1_000.0, "mA"),
        (1.0, "kΩ", 1_000.0, "Ω"),
        (1.0, "V/A", 1.0, "欧姆"),
        (1.0, "Ω·m", 100.0, "Ω·cm"),
        (1.0, "S/cm", 100.0, "S/m"),
        (1.0, "S/m", 1.0, "Ω⁻¹·m⁻¹"),
        (1.0, "dB", 1.0, "分贝"),
        (1.0, "dB(A)", 1.0, "dBA"),
        (1.0, "mPa·s", 1.0, "cP"),
        (1.0, "mpa.s", 1e-3, "Pa·s"),
        (1.0, "㎡", 1e4, "cm²"),
        (1.0, "m2", 1e6, "平方毫米"),
        (15.0, "亩", 1.0, "公顷"),
        (1.0, "m³", 1_000.0, "L"),
        (1.0, "立方米", 1e6, "mL"),
        (1.0, "㎥/h", 1_000.0 / 60.0, "L/min"),
        (1.0, "W/(m·K)", 1.0, "W/m·K"),
        (1.0, "W/(m·K)", 1.0, "W·m⁻¹·K⁻¹"),
        (1.0, "W/(m·K)", 1.0, "W m-1 K-1"),
        (1.0, "W/(m·℃)", 1.0, "W/(m·K)"),
        (1.0, "W/（m2.K）", 1.0, "W/m²/K"),
        (1.0, "万元", 1e4, "元"),
        (1.0, "亿元", 1e4, "万元"),
        (1.0, "HV", 1.0, "hv"),
        (1.0, "万台", 1e4, "台"),
        (1.0, "Mbps", 1.0, "Mbit/s"),
        (1.0, "MB/s", 8.0, "Mbps"),
        (1.0, "万像素", 1e4, "pixel"),
        (1.0, "帧/秒", 1.0, "fps"),
        (1.0, "10^4 t", 1.0, "万吨"),
        (1.0, "mg/100g", 10.0, "mg/kg"),
        (1.0, "KW", 1.0, "kW"),
        (1.0, "KWH/吨", 1.0, "kWh/t"),
        (1.0, "Nm3/h", 1.0, "Nm³/h"),
        (1.0, "目", 1.0, " 目 "),
        (1.0, "斑马", 1.0, "斑马"),
        (1.0, "kg/斑马", 1_000.0, "g/斑马"),
    ];

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-9)
    }

    #[test]
    fn amounts_in_different_units_are_equal() {
        for (a, from, b, to) in EQUAL {
            let (here, there) = (Unit::parse(from), Unit::parse(to));
            let (got, back) = (here.convert(*a, &there), there.convert(*b, &here));
            assert!(got.is_some_and(|got| near(got, *b)), "{a} {from} is {b} {to}, not {got:?}");
            assert!(back.is_some_and(|back| near(back, *a)), "{b} {to} is {a} {from}, not {back:?}");
            let unknown = from.contains("斑马");
            assert_eq!((here.is_known(), there.is_known()), (!unknown, !unknown), "{from} {to}");
        }
    }

    #[test]
    fn amounts_of_different_things_do_not_compare() {
        let pairs = [
            ("mm", "mg"),
            ("Wh", "Ah"),
            ("N·m", "J"),
            ("dB", "dBA"),
            ("dB", "%"),
            ("%", "百分点"),
            ("Hz", "rpm"),
            ("Hz", "次/s"),
            ("台", "件"),
            ("HV", "HRC"),
            ("元", "USD"),
            ("m", "m2"),
            ("Pa", "Pa·s"),
            ("S/m", "Ω·m"),
            ("", "mm"),
            ("m3/h", "Nm3/h"),
            ("Wh/kg", "Wh/L"),
            ("斑马", "长颈鹿"),
            ("kg/斑马", "kg"),
            ("HV10", "HV"),
            ("mw", "MW"),
            ("C", "℃"),
        ];
        for (a, b) in pairs {
            let (a, b) = (Unit::parse(a), Unit::parse(b));
            assert!(!a.is_comparable(&b) && !b.is_comparable(&a), "{a:?} {b:?}");
            assert_eq!(a.convert(1.0, &b), None, "{a:?} {b:?}");
        }
    }

    #[test]
    fn every_unit_converts_there_and_back() {
        let units: Vec<Unit> = EQUAL.iter().flat_map(|(_, a, _, b)| [Unit::parse(a), Unit::parse(b)]).collect();
        for a in &units {
            for b in &units {
                assert_eq!(a.is_comparable(b), b.is_comparable(a), "{a:?} {b:?}");
                for amount in [-40.0, 0.001, 1.0, 95.5, 1e6] {
                    let back = a.convert(amount, b).and_then(|there| b.convert(there, a));
                    // What the zero of a scale takes from small amounts is no more than its own rounding.
                    let near = |back: f64| (back - amount).abs() <= 1e-9 * amount.abs() + 1e-9 * a.offset.abs();
                    assert!(back.map_or(!a.is_comparable(b), near), "{amount} {a:?} {b:?} {back:?}");
                }
            }
        }
    }

    #[test]
    fn differences_have_no_zero() {
        let (celsius, kelvin) = (Unit::parse("℃").of_differences(), Unit::parse("K").of_differences());
        assert_eq!(celsius.convert(5.0, &kelvin), Some(5.0));
        assert_eq!(Unit::parse("℃/min").convert(5.0, &Unit::parse("K/min")), Some(5.0));
    }

    #[test]
    fn kinds_of_units_are_told() {
        let check = |text: &str, known: bool, number: bool, count: bool| {
            let unit = Unit::parse(text);
            assert_eq!((unit.is_known(), unit.is_number(), unit.is_count()), (known, number, count), "{text} {unit:?}");
        };
        check("", true, true, false);
        check("无量纲", true, true, false);
        check("%", true, true, false);
        check("万次", true, false, true);
        check("次/s", true, false, false);
        check("m", true, false, false);
        check("wt%", false, false, false);
        check("m^10", false, false, false);
        check("m^", false, false, false);
        check("m)", false, false, false);
        check("(m", false, false, false);
        check("((((((m))))))", false, false, false);
        check("0 m", false, false, false);
        check("5^-", false, false, false);
        check("🙂", false, false, false);
        check(&"m".repeat(65), false, false, false);
    }

    #[test]
    fn any_text_is_some_unit() {
        let set: Vec<char> = "m1-^( /·²⁻万每℃\u{feff}".chars().collect();
        for a in &set {
            for b in &set {
                for c in &set {
                    for text in [format!("{a}{b}{c}"), format!("k{a}{b}{c}g"), format!("{a}{b}{c}{c}{b}{a}")] {
                        let unit = Unit::parse(&text);
                        assert!(unit.factor().is_finite() && unit.factor() > 0.0, "{text:?}");
                        assert_eq!(unit, Unit::parse(&text), "{text:?} is the same unit every time");
                    }
                }
            }
        }
        assert!(!Unit::parse(&"(".repeat(100_000)).is_known());
    }
}
