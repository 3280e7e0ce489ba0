//! What is wanted beside what is offered: two tables of indicators compared number by number.

use serde::{Deserialize, Serialize};

use crate::{
    Indicator, Operator, Unit,
    indicator_name::{ALIKE, Name, SAME},
    parse_number,
};

/// How one wanted indicator fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// What is offered is enough.
    Met,
    /// What is offered is not enough.
    Missed,
    /// Nothing is offered under that name.
    Unstated,
    /// The name is there, but the numbers say neither: other units, other directions, no number.
    Incomparable,
}

impl Fit {
    /// All of them, best first.
    pub const ALL: [Self; 4] = [Self::Met, Self::Missed, Self::Incomparable, Self::Unstated];

    /// Its name in the locales and in stored reasons.
    pub fn code(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unstated => "unstated",
            Self::Incomparable => "incomparable",
        }
    }
}

/// One wanted indicator beside the offered one of its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndicatorFit {
    /// What is wanted.
    pub wanted: Indicator,
    /// What is offered under that name.
    pub offered: Option<Indicator>,
    /// How they compare.
    pub fit: Fit,
    /// How far what is offered goes beyond what is wanted, as a part of it: 0.07 is 7 % better, −0.25 falls short by a quarter.
    pub margin: Option<f64>,
}

/// Numbers that differ by less than this part are equal: what converting loses.
const ROUNDING: f64 = 1e-9;
/// By how much an exact value may be missed.
const EXACT: f64 = 0.01;
/// Names whose range must be covered, not kept to: what works from −20 to 60 ℃ is also good from 0 to 40 ℃.
const COVERED: [&str; 12] =
    ["范围", "工作温度", "使用温度", "运行温度", "适用", "环境温度", "量程", "频段", "range", "operatingtemp", "workingtemp", "耐温"];
/// Names of differences: 5 ℃ there are 5 K, not 278.15 K.
const DIFFERENCES: [&str; 14] =
    ["温差", "温升", "升温", "降温", "波动", "精度", "准确度", "精确度", "误差", "偏差", "均匀", "difference", "accuracy", "rise"];

/// A row read once.
struct Row<'a> {
    indicator: &'a Indicator,
    name: Name,
    unit: Unit,
    /// Whether a unit was typed.
    has_unit: bool,
    /// The numbers in the row's unit: the lowest and the highest it allows.
    span: Option<(f64, f64)>,
}

impl<'a> Row<'a> {
    fn new(indicator: &'a Indicator) -> Self {
        let name = Name::new(&indicator.name);
        let mut unit = Unit::parse(&indicator.unit);
        if DIFFERENCES.iter().any(|word| name.has(word)) {
            unit = unit.of_differences();
        }
        let value = parse_number(&indicator.value);
        let span = match indicator.operator {
            Operator::Ge => value.map(|low| (low, f64::INFINITY)),
            Operator::Le => value.map(|high| (f64::NEG_INFINITY, high)),
            Operator::Eq => value.map(|value| (value, value)),
            Operator::Between => value.zip(parse_number(&indicator.value_max)).map(|(a, b)| (a.min(b), a.max(b))),
        };
        Self { indicator, name, unit, has_unit: !indicator.unit.trim().is_empty(), span }
    }

    /// The numbers in another row's unit, `None` when they cannot be compared.
    fn span_in(&self, wanted: &Self) -> Option<(f64, f64)> {
        let (low, high) = self.span?;
        let convert = |amount: f64| self.unit.convert(amount, &wanted.unit);
        if self.has_unit == wanted.has_unit {
            return convert(low).zip(convert(high));
        }
        let (bare, unit) = if self.has_unit { (wanted, &self.unit) } else { (self, &wanted.unit) };
        // A plain number may count, and up to 1 be a part of the whole; anything else lacks its unit.
        if unit.is_count() {
            let factor = self.unit.factor() / wanted.unit.factor();
            return Some((low * factor, high * factor));
        }
        let is_part = bare.span.is_some_and(|(low, high)| [low, high].iter().all(|n| !n.is_finite() || n.abs() <= 1.0));
        if unit.is_number() && is_part { convert(low).zip(convert(high)) } else { None }
    }

    fn is_pairable(&self, other: &Self) -> bool {
        !self.has_unit || !other.has_unit || !self.unit.is_known() || !other.unit.is_known() || self.unit.is_comparable(&other.unit)
    }
}

/// Compares each wanted indicator with the offered one of its name, in the order of `wanted`.
///
/// Names pair one to one, the surest first; a row that is left over shares an offered one only under the same name or a synonym.
pub fn compare(wanted: &[Indicator], offered: &[Indicator]) -> Vec<IndicatorFit> {
    let wanted: Vec<Row> = wanted.iter().map(Row::new).collect();
    let offered: Vec<Row> = offered.iter().map(Row::new).collect();
    let partners = pair(&wanted, &offered);
    let fit = |(row, partner): (&Row, Option<usize>)| {
        let partner = partner.and_then(|at| offered.get(at));
        let (fit, margin) = partner.map_or((Fit::Unstated, None), |partner| judge(row, partner));
        IndicatorFit { wanted: row.indicator.clone(), offered: partner.map(|p| p.indicator.clone()), fit, margin }
    };
    wanted.iter().zip(partners).map(fit).collect()
}

fn pair(wanted: &[Row], offered: &[Row]) -> Vec<Option<usize>> {
    let mut likely: Vec<(f64, bool, usize, usize)> = Vec::new();
    for (w, row) in wanted.iter().enumerate() {
        for (o, other) in offered.iter().enumerate() {
            let likeness = row.name.likeness(&other.name);
            let pairable = row.is_pairable(other);
            if likeness >= if pairable { ALIKE } else { SAME } {
                likely.push((likeness, pairable, w, o));
            }
        }
    }
    // The surest first, such as can be compared before the rest; then the order of the tables.
    likely.sort_by(|a, b| b.1.cmp(&a.1).then(b.0.total_cmp(&a.0)).then((a.2, a.3).cmp(&(b.2, b.3))));
    let mut partners = vec![None; wanted.len()];
    let mut taken = vec![false; offered.len()];
    for shared in [false, true] {
        for &(likeness, pairable, w, o) in &likely {
            let free = if shared { likeness >= SAME } else { pairable && !taken[o] };
            if partners[w].is_none() && free {
                partners[w] = Some(o);
                taken[o] = true;
            }
        }
    }
    partners
}

fn judge(wanted: &Row, offered: &Row) -> (Fit, Option<f64>) {
    let (Some((low, high)), Some((from, to))) = (wanted.span, offered.span_in(wanted)) else { return (Fit::Incomparable, None) };
    match wanted.indicator.operator {
        // What an offer promises at least decides; without it, what it promises at most can only fail.
        Operator::Ge if from.is_finite() => verdict(at_most(low, from), from - low, low),
        Operator::Ge if !at_most(low, to) => verdict(false, to - low, low),
        Operator::Le if to.is_finite() => verdict(at_most(to, high), high - to, high),
        Operator::Le if !at_most(from, high) => verdict(false, high - from, high),
        Operator::Ge | Operator::Le => (Fit::Incomparable, None),
        Operator::Eq => {
            let tolerance = EXACT * low.abs();
            let near = at_most(from, low + tolerance) && at_most(low - tolerance, to);
            let off = (from - low).max(low - to).max(0.0);
            match (from.is_finite() && to.is_finite(), near) {
                (false, true) => (Fit::Incomparable, None),
                (_, near) => verdict(near, -off, low),
            }
        }
        Operator::Between => {
            let covered = COVERED.iter().any(|word| wanted.name.has(word)) && from < to;
            let room = if covered { (low - from).min(to - high) } else { (from - low).min(high - to) };
            let enough = if covered { at_most(from, low) && at_most(high, to) } else { at_most(low, from) && at_most(to, high) };
            let apart = !at_most(low, to) || !at_most(from, high);
            if !(from.is_finite() && to.is_finite()) {
                return if apart { verdict(false, (to - low).min(high - from), high - low) } else { (Fit::Incomparable, None) };
            }
            verdict(enough, room, high - low)
        }
    }
}

/// Met or missed, with the amount over or under as a part of what is wanted.
fn verdict(met: bool, over: f64, of: f64) -> (Fit, Option<f64>) {
    let over = if over.abs() <= ROUNDING * of.abs() { 0.0 } else { over };
    let margin = over / of.abs();
    (if met { Fit::Met } else { Fit::Missed }, margin.is_finite().then_some(margin))
}

/// Whether `a <= b`, but for what converting loses.
fn at_most(a: f64, b: f64) -> bool {
    a <= b || (a - b).abs() <= ROUNDING * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `能量密度 ≥ 280 Wh/kg`, `温度 -40～85 ℃`.
    fn row(text: &str) -> Indicator {
        let mut words = text.split(' ');
        let mut next = || words.next().unwrap_or_default().to_owned();
        let (name, sign) = (next(), next());
        let (operator, value, value_max) = match sign.as_str() {
            "≥" => (Operator::Ge, next(), String::new()),
            "≤" => (Operator::Le, next(), String::new()),
            "=" => (Operator::Eq, next(), String::new()),
            range => {
                let (low, high) = range.split_once('～').unwrap();
                (Operator::Between, low.to_owned(), high.to_owned())
            }
        };
        Indicator { name, operator, value, value_max, unit: next(), method: String::new() }
    }

    #[test]
    fn numbers_are_compared_with_their_units() {
        use Fit::{Incomparable, Met, Missed, Unstated};
        let check = |wanted: &str, offered: &str, fit: Fit, margin: Option<f64>| {
            let found = compare(&[row(wanted)], &[row(offered)]);
            assert_eq!(found.len(), 1);
            let near = match (found[0].margin, margin) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-6,
                (a, b) => a == b,
            };
            assert!(found[0].fit == fit && near, "{wanted} / {offered}: {:?} {:?}", found[0].fit, found[0].margin);
            assert_eq!(found[0].offered.is_some(), fit != Unstated, "{wanted} / {offered}");
        };
        check("能量密度 ≥ 280 Wh/kg", "能量密度 = 300 Wh/kg", Met, Some(20.0 / 280.0));
        check("能量密度 ≥ 280 Wh/kg", "比能量 ≥ 0.3 kWh/kg", Met, Some(20.0 / 280.0));
        check("强度 ≥ 1.2 GPa", "抗拉强度 = 900 MPa", Missed, Some(-0.25));
        check("强度 ≥ 900 MPa", "强度 = 0.9 GPa", Met, Some(0.0));
        check("强度 ≥ 0.9 GPa", "强度 = 900 N/mm²", Met, Some(0.0));
        check("效率 ≥ 95 %", "效率 ≥ 90 %", Missed, Some(-5.0 / 95.0));
        check("效率 ≥ 95 %", "效率 ≤ 90 %", Missed, Some(-5.0 / 95.0));
        check("效率 ≥ 95 %", "效率 ≤ 99 %", Incomparable, None);
        check("效率 ≥ 95 %", "效率 96～98 %", Met, Some(1.0 / 95.0));
        check("效率 ≥ 95 %", "效率 90～98 %", Missed, Some(-5.0 / 95.0));
        check("效率 ≥ 95 %", "效率 = 0.96", Met, Some(1.0 / 95.0));
        check("效率 ≥ 95 %", "效率 = 96", Incomparable, None);
        check("效率 ≥ 0.95", "效率 = 96 %", Met, Some(0.01 / 0.95));
        check("噪声 ≤ 60 dB", "噪音 = 55 分贝", Met, Some(5.0 / 60.0));
        check("噪声 ≤ 60 dB", "噪声 ≤ 65 dB", Missed, Some(-5.0 / 60.0));
        check("噪声 ≤ 60 dB", "噪声 ≥ 65 dB", Missed, Some(-5.0 / 60.0));
        check("噪声 ≤ 60 dB", "噪声 ≥ 50 dB", Incomparable, None);
        check("噪声 ≤ 60 dB", "噪声 ≤ 55 dBA", Incomparable, None);
        check("噪声 ≤ 60 dB", "厚度 ≤ 5 mm", Unstated, None);
        check("寿命 ≥ 2000 次", "循环寿命 = 0.3 万次", Met, Some(0.5));
        check("寿命 ≥ 2000", "循环次数 = 3000 次", Met, Some(0.5));
        check("循环寿命 ≥ 2 千次", "循环次数 = 3000", Met, Some(0.5));
        check("循环寿命 ≥ 2000 次", "循环寿命 = 10 年", Incomparable, None);
        check("厚度 = 5 mm", "厚度 = 5.04 mm", Met, Some(-0.008));
        check("厚度 = 5 mm", "厚度 = 0.52 cm", Missed, Some(-0.04));
        check("厚度 = 5 mm", "厚度 4～6 mm", Met, Some(0.0));
        check("厚度 = 5 mm", "厚度 6～8 mm", Missed, Some(-0.2));
        check("厚度 = 5 mm", "厚度 ≥ 6 mm", Missed, Some(-0.2));
        check("厚度 = 5 mm", "厚度 ≥ 4 mm", Incomparable, None);
        check("厚度 = 0 mm", "厚度 = 1 mm", Missed, None);
        check("厚度 5～10 mm", "厚度 = 7 mm", Met, Some(0.4));
        check("厚度 5～10 mm", "厚度 6～9 mm", Met, Some(0.2));
        check("厚度 5～10 mm", "厚度 = 1 cm", Met, Some(0.0));
        check("厚度 5～10 mm", "厚度 = 12 mm", Missed, Some(-0.4));
        check("厚度 5～10 mm", "厚度 4～9 mm", Missed, Some(-0.2));
        check("厚度 5～10 mm", "厚度 ≤ 8 mm", Incomparable, None);
        check("厚度 5～10 mm", "厚度 ≤ 4 mm", Missed, Some(-0.2));
        check("厚度 10～5 mm", "厚度 = 7 mm", Met, Some(0.4));
        check("工作温度 -20～60 ℃", "使用温度 -40～85 ℃", Met, Some(0.25));
        check("工作温度 -40～85 ℃", "工作温度 -20～60 ℃", Missed, Some(-0.2));
        check("工作温度 ≤ -40 ℃", "工作温度 ≤ -50 ℃", Met, Some(0.25));
        check("工作温度 ≤ 100 ℃", "工作温度 = 350 K", Met, Some(0.2315));
        check("温升 ≤ 5 K", "温升 = 4 ℃", Met, Some(0.2));
        check("功率 ≥ 1 MW", "功率 = 900 mW", Missed, Some(-0.999_999_1));
        check("扭矩 ≥ 1 N·m", "扭矩 = 2 J", Incomparable, None);
        check("毛利 ≥ 1 斑马", "毛利 = 2 斑马", Met, Some(1.0));
        check("毛利 ≥ 1 斑马", "毛利 = 2 长颈鹿", Incomparable, None);
        check("效率 ≥ 高 %", "效率 = 95 %", Incomparable, None);
        check("效率 ≥ 95 %", "效率 = 很高 %", Incomparable, None);
        check("充电效率 ≥ 95 %", "放电效率 = 96 %", Unstated, None);
        check("电池能量密度 ≥ 280 Wh/kg", "能量密度 = 300 Wh/L", Unstated, None);
        check("能量密度 ≥ 1 Wh/kg", "能量密度 = 1e400 Wh/kg", Incomparable, None);
    }

    #[test]
    fn rows_pair_surely_and_in_order() {
        let check = |wanted: &[&str], offered: &[&str], partners: &[Option<&str>]| {
            let rows = |texts: &[&str]| texts.iter().map(|text| row(text)).collect::<Vec<_>>();
            let (wanted, offered) = (rows(wanted), rows(offered));
            let found = compare(&wanted, &offered);
            assert_eq!(found.iter().map(|f| f.wanted.clone()).collect::<Vec<_>>(), wanted);
            let partners: Vec<Option<Indicator>> = partners.iter().map(|text| text.map(row)).collect();
            assert_eq!(found.iter().map(|f| f.offered.clone()).collect::<Vec<_>>(), partners);
            assert_eq!(compare(&wanted, &offered), found, "the same tables give the same answer");
        };
        check(&[], &["效率 = 95 %"], &[]);
        check(&["效率 ≥ 95 %"], &[], &[None]);
        // The same name is surer than a longer one, wherever it stands.
        check(&["电池效率 ≥ 95 %", "效率 ≥ 90 %"], &["效率 = 91 %", "电池效率 = 96 %"], &[Some("电池效率 = 96 %"), Some("效率 = 91 %")]);
        // A row that can be compared comes before one that cannot.
        check(&["容量 ≥ 5 Ah"], &["容量 = 5 L", "比容量 = 6 Ah"], &[Some("比容量 = 6 Ah")]);
        // Both ends of one range.
        check(&["工作温度 ≥ -20 ℃", "工作温度 ≤ 60 ℃"], &["工作温度 -20～60 ℃"], &[Some("工作温度 -20～60 ℃"), Some("工作温度 -20～60 ℃")]);
        // But what is only like it is not shared.
        check(&["能量密度 ≥ 1 Wh/kg", "电池包能量密度 ≥ 1 Wh/kg"], &["能量密度 = 2 Wh/kg"], &[Some("能量密度 = 2 Wh/kg"), None]);
    }

    #[test]
    fn more_is_never_worse() {
        for unit in ["MPa", "GPa", "N/mm²", "bar"] {
            let mut best: Option<f64> = None;
            for value in 1..400 {
                let value = f64::from(value) * 10.0;
                let amount = Unit::parse("MPa").convert(value, &Unit::parse(unit)).unwrap();
                let found = compare(&[row("强度 ≥ 1.2 GPa")], &[row(&format!("强度 = {amount} {unit}"))]);
                assert_eq!(found[0].fit, if value >= 1_200.0 { Fit::Met } else { Fit::Missed }, "{value} MPa as {amount} {unit}");
                assert!(found[0].margin > best, "{value}");
                best = found[0].margin;
                // Of what is wanted, what is offered is offered.
                let itself = row(&format!("强度 ≥ {amount} {unit}"));
                assert_eq!(compare(std::slice::from_ref(&itself), std::slice::from_ref(&itself))[0].fit, Fit::Met);
            }
        }
    }

    #[test]
    fn fits_travel() {
        for fit in Fit::ALL {
            assert_eq!(serde_json::to_value(fit).unwrap(), fit.code());
        }
        let found = compare(&[row("效率 ≥ 95 %")], &[row("效率 = 96 %")]);
        let text = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Vec<IndicatorFit>>(&text).unwrap(), found);
    }
}
