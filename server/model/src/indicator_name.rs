//! Which names of indicators mean the same.

use crate::typed;

/// Characters of a name that are looked at.
const LENGTH_MAX: usize = 60;
/// From here on two names are the same words, or words for the same.
pub(crate) const SAME: f64 = 0.9;
/// From here on two names are alike.
pub(crate) const ALIKE: f64 = 0.6;

/// Words for the same thing; the first stands for all of them.
const SYNONYMS: &[&[&str]] = &[
    &["能量密度", "比能量", "质量能量密度", "质量比能量", "energydensity", "specificenergy", "gravimetricenergydensity"],
    &["功率密度", "比功率", "powerdensity", "specificpower"],
    &["容量", "比容量", "克容量", "specificcapacity", "capacity"],
    &["寿命", "循环寿命", "循环次数", "使用寿命", "cyclelife", "servicelife"],
    &["抗拉强度", "强度", "拉伸强度", "tensilestrength", "strength"],
    &["屈服强度", "屈服极限", "yieldstrength"],
    &["伸长率", "延伸率", "断裂伸长率", "断后伸长率", "elongation"],
    &["准确率", "精度", "正确率", "准确度", "精确度", "识别率", "accuracy"],
    &["效率", "转换效率", "转化效率", "efficiency"],
    &["转化率", "转换率", "conversion"],
    &["收率", "产率", "得率", "yield"],
    &["噪声", "噪音", "noise", "noiselevel"],
    &["纯度", "纯净度", "purity"],
    &["合格率", "良品率", "成品率", "良率", "passrate"],
    &["工作温度", "使用温度", "运行温度", "适用温度", "operatingtemperature", "workingtemperature"],
    &["响应时间", "反应时间", "responsetime"],
    &["重量", "质量", "整机重量", "weight", "mass"],
    &["功耗", "耗电量", "电耗", "powerconsumption"],
    &["能耗", "能源消耗", "energyconsumption"],
    &["误差", "偏差", "error", "deviation"],
    &["产量", "产能", "生产能力", "output", "productioncapacity"],
    &["去除率", "脱除率", "removalrate"],
    &["导热系数", "热导率", "导热率", "thermalconductivity"],
    &["电导率", "导电率", "electricalconductivity", "conductivity"],
    &["孔隙率", "孔隙度", "porosity"],
    &["粒径", "粒度", "颗粒尺寸", "particlesize"],
    &["分辨率", "分辨力", "resolution"],
    &["硬度", "表面硬度", "hardness"],
    &["密度", "density"],
    &["厚度", "thickness"],
    &["直径", "diameter"],
    &["压力", "压强", "pressure"],
    &["温度", "temperature"],
    &["功率", "power"],
    &["速度", "speed", "velocity"],
    &["成本", "cost"],
];

/// What makes two otherwise like names speak of different things.
const OPPOSITES: [(&str, &str); 22] = [
    ("充", "放"),
    ("吸", "放"),
    ("高", "低"),
    ("最大", "最小"),
    ("上", "下"),
    ("进", "出"),
    ("入", "出"),
    ("正", "负"),
    ("内", "外"),
    ("前", "后"),
    ("左", "右"),
    ("升", "降"),
    ("冷", "热"),
    ("横", "纵"),
    ("拉", "压"),
    ("长", "宽"),
    ("干", "湿"),
    ("静", "动"),
    ("空", "满"),
    ("max", "min"),
    ("high", "low"),
    ("charg", "discharg"),
];

/// A name made ready for comparing.
#[derive(Debug)]
pub(crate) struct Name {
    /// All of it, without spaces and punctuation, in lower case.
    whole: String,
    /// Without what stands in brackets.
    plain: String,
    /// The first of its synonyms.
    common: &'static str,
    /// Pairs of neighbouring characters, in order.
    bigrams: Vec<(char, char)>,
}

impl Name {
    pub(crate) fn new(text: &str) -> Self {
        let (mut whole, mut plain) = (String::new(), String::new());
        let mut depth = 0_usize;
        for c in text.chars().take(LENGTH_MAX).map(typed::half_width) {
            match c {
                '(' | '[' | '【' | '〔' | '{' => depth += 1,
                ')' | ']' | '】' | '〕' | '}' => depth = depth.saturating_sub(1),
                c if c.is_alphanumeric() => {
                    whole.extend(c.to_lowercase());
                    if depth == 0 {
                        plain.extend(c.to_lowercase());
                    }
                }
                _ => {}
            }
        }
        if plain.is_empty() {
            plain.clone_from(&whole);
        }
        let common = SYNONYMS.iter().find(|words| words.contains(&plain.as_str())).and_then(|words| words.first()).copied().unwrap_or("");
        let mut bigrams: Vec<(char, char)> = plain.chars().zip(plain.chars().skip(1)).collect();
        bigrams.sort_unstable();
        Self { whole, plain, common, bigrams }
    }

    /// How sure it is that both mean the same, from 0 to 1: below [`ALIKE`] they do not.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        if self.plain.is_empty() || other.plain.is_empty() {
            return 0.0;
        }
        if self.whole == other.whole {
            return 1.0;
        }
        if self.plain == other.plain {
            return 0.95;
        }
        if !self.common.is_empty() && self.common == other.common {
            return SAME;
        }
        let dice = self.dice(other);
        let (short, long) = if self.plain.len() <= other.plain.len() { (self, other) } else { (other, self) };
        let contained = !short.bigrams.is_empty() && long.plain.contains(&short.plain);
        if (!contained && dice < ALIKE) || self.is_opposite(other) {
            return 0.0;
        }
        // Contained names are more alike than such as merely share characters; both stay below the same words.
        if contained { 0.75 + 0.1 * dice } else { 0.5 + 0.25 * dice }.max(ALIKE)
    }

    fn dice(&self, other: &Self) -> f64 {
        let (mut a, mut b, mut shared) = (0, 0, 0_u32);
        while let (Some(x), Some(y)) = (self.bigrams.get(a), other.bigrams.get(b)) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => a += 1,
                std::cmp::Ordering::Greater => b += 1,
                std::cmp::Ordering::Equal => {
                    (a, b) = (a + 1, b + 1);
                    shared += 1;
                }
            }
        }
        let total = u32::try_from(self.bigrams.len() + other.bigrams.len()).unwrap_or(u32::MAX);
        if total == 0 { 0.0 } else { 2.0 * f64::from(shared) / f64::from(total) }
    }

    fn is_opposite(&self, other: &Self) -> bool {
        let only = |name: &Self, word: &str, not: &str| name.plain.replace(not, "").contains(word) && !name.has(not);
        OPPOSITES.iter().any(|(a, b)| {
            let split = |x: &Self, y: &Self| only(x, a, b) && y.has(b) && !y.plain.replace(b, "").contains(a);
            split(self, other) || split(other, self)
        })
    }

    /// Whether the name has a word.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.plain.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_the_same_are_found() {
        let check = |a: &str, b: &str, expected: std::ops::RangeInclusive<f64>| {
            let (a, b) = (Name::new(a), Name::new(b));
            let (there, back) = (a.likeness(&b), b.likeness(&a));
            assert!(expected.contains(&there), "{a:?} {b:?} {there}");
            assert!((there - back).abs() < 1e-12, "{a:?} {b:?} is the same from both sides");
        };
        let (same, alike, other) = (SAME..=1.0, ALIKE..=0.89, 0.0..=0.0);
        check("能量密度", "能量密度", 1.0..=1.0);
        check("能量密度", "能量 密度：", same.clone());
        check("Energy Density", "ｅｎｅｒｇｙ density", same.clone());
        check("能量密度（25℃）", "能量密度", same.clone());
        check("能量密度", "比能量", same.clone());
        check("循环寿命", "循环次数", same.clone());
        check("抗拉强度", "拉伸强度", same.clone());
        check("准确率", "正确率", same.clone());
        check("转换效率", "效率", same.clone());
        check("Tensile strength", "抗拉强度", same);
        check("电池能量密度", "能量密度", alike.clone());
        check("识别准确率", "目标识别准确率", alike.clone());
        check("最大输出功率", "最大功率输出", alike);
        check("能量密度", "噪声", other.clone());
        check("抗拉强度", "抗压强度", other.clone());
        check("充电效率", "放电效率", other.clone());
        check("最大工作压力", "最小工作压力", other.clone());
        check("charging efficiency", "discharging efficiency", other.clone());
        check("率", "效率", other.clone());
        check("", "", other.clone());
        check("（）", "——", other);
    }
}
