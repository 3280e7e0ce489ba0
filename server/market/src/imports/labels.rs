//! Words of the code lists as files carry them: the codes themselves, the labels of the pages in both languages, and what people write
//! instead.

use super::columns::half_width;

/// A code and the words that mean it.
pub(crate) struct Label {
    code: &'static str,
    words: &'static [&'static str],
}

impl Label {
    /// The words, the code not among them.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.words.iter().copied()
    }
}

pub(crate) const fn label(code: &'static str, words: &'static [&'static str]) -> Label {
    Label { code, words }
}

/// 技术领域.
pub(crate) const FIELDS: &[Label] = &[
    label(
        "electronics",
        &["电子信息", "电子信息技术", "信息技术", "新一代信息技术", "Electronics and information", "information technology"],
    ),
    label("aerospace", &["航空航天", "航空航天技术"]),
    label("manufacturing", &["先进制造", "先进制造技术", "高端装备", "装备制造", "智能制造", "先进制造与自动化", "Advanced manufacturing"]),
    label(
        "biomedicine",
        &[
            "生物医药和医疗器械",
            "生物医药和医疗器械技术",
            "生物医药",
            "医疗器械",
            "生物技术",
            "生物与新医药",
            "Biomedicine and medical devices",
        ],
    ),
    label("materials", &["新材料", "新材料及其应用", "新材料技术", "New materials"]),
    label("energy", &["新能源与高效节能", "新能源", "新能源与节能", "节能", "New energy and energy efficiency"]),
    label(
        "environment",
        &[
            "环境保护与资源综合利用",
            "环境保护与资源综合利用技术",
            "环境保护",
            "节能环保",
            "资源与环境",
            "Environmental protection and resource recovery",
        ],
    ),
    label("nuclear", &["核应用", "核应用技术", "Nuclear applications"]),
    label("agriculture", &["农业", "农业技术", "现代农业"]),
    label("transport", &["现代交通", "交通", "Modern transport"]),
    label("urban", &["城市建设与社会发展", "城市建设", "Urban construction and social development"]),
];

/// 合作方式.
pub(super) const COOPERATION: &[Label] = &[
    label("development", &["委托开发", "委托研发", "技术开发", "Commissioned development"]),
    label("joint", &["合作开发", "合作研发", "联合开发", "联合研发", "联合攻关", "共同研发", "Joint development"]),
    label("transfer", &["技术转让", "转让", "专利转让", "成果转让", "Assignment"]),
    label("license", &["技术许可", "许可", "专利许可", "实施许可", "Licence", "Licensing"]),
    label("equity", &["作价投资（入股）", "作价投资", "作价入股", "技术入股", "入股", "Technology for equity"]),
    label("consulting", &["技术咨询", "咨询"]),
    label("service", &["技术服务", "服务", "Technical service"]),
];

/// 权属.
pub(super) const OWNERSHIP: &[Label] = &[
    label("unit", &["单位所有", "Owned by the institution"]),
    label("shared", &["单位与完成人共有（赋权）", "单位与完成人共有", "Shared by the institution and its inventors"]),
    label("inventor", &["完成人所有", "Owned by the inventors"]),
    label("use_right", &["赋予完成人长期使用权", "长期使用权", "Long-term right of use for the inventors"]),
    label("joint", &["与合作单位共有", "合作单位共有", "Owned jointly with a partner organisation"]),
];

/// What a price means.
pub(super) const PRICE_KINDS: &[Label] = &[
    label("negotiable", &["面议（意向价）", "面议", "意向价", "Negotiable"]),
    label("asking", &["底价", "Reserve price"]),
    label("fixed", &["一口价", "Fixed price"]),
];

/// How an indicator is compared.
pub(super) const OPERATORS: &[Label] = &[
    label("ge", &["≥", ">=", ">", "＞", "不低于", "不小于", "大于", "大于等于", "至少", "at least"]),
    label("le", &["≤", "<=", "<", "＜", "不高于", "不大于", "不超过", "小于", "小于等于", "at most"]),
    label("eq", &["=", "＝", "等于", "equal to"]),
    label("between", &["～", "~", "-", "介于", "between"]),
];

/// Kinds of intellectual property.
pub(super) const IP_KINDS: &[Label] = &[
    label("invention", &["发明专利", "发明", "Invention patent"]),
    label("utility", &["实用新型专利", "实用新型", "Utility model"]),
    label("design", &["外观设计专利", "外观设计", "Design patent"]),
    label("software", &["计算机软件著作权", "软件著作权", "软著", "Software copyright"]),
    label("variety", &["植物新品种权", "植物新品种", "Plant variety"]),
    label("layout", &["集成电路布图设计", "Integrated circuit layout"]),
    label("secret", &["技术秘密", "专有技术", "Trade secret"]),
];

/// Divisions of GB/T 4754-2017 by their Chinese names.
const INDUSTRY_NAMES: &[(&str, &str)] = &[
    ("A01", "农业"),
    ("A02", "林业"),
    ("A03", "畜牧业"),
    ("A04", "渔业"),
    ("A05", "农、林、牧、渔专业及辅助性活动"),
    ("B06", "煤炭开采和洗选业"),
    ("B08", "黑色金属矿采选业"),
    ("B10", "非金属矿采选业"),
    ("C13", "农副食品加工业"),
    ("C14", "食品制造业"),
    ("C15", "酒、饮料和精制茶制造业"),
    ("C17", "纺织业"),
    ("C18", "纺织服装、服饰业"),
    ("C20", "木材加工和木、竹、藤、棕、草制品业"),
    ("C22", "造纸和纸制品业"),
    ("C24", "文教、工美、体育和娱乐用品制造业"),
    ("C25", "石油、煤炭及其他燃料加工业"),
    ("C26", "化学原料和化学制品制造业"),
    ("C27", "医药制造业"),
    ("C28", "化学纤维制造业"),
    ("C29", "橡胶和塑料制品业"),
    ("C30", "非金属矿物制品业"),
    ("C31", "黑色金属冶炼和压延加工业"),
    ("C32", "有色金属冶炼和压延加工业"),
    ("C33", "金属制品业"),
    ("C34", "通用设备制造业"),
    ("C35", "专用设备制造业"),
    ("C36", "汽车制造业"),
    ("C37", "铁路、船舶、航空航天和其他运输设备制造业"),
    ("C38", "电气机械和器材制造业"),
    ("C39", "计算机、通信和其他电子设备制造业"),
    ("C40", "仪器仪表制造业"),
    ("C41", "其他制造业"),
    ("C42", "废弃资源综合利用业"),
    ("C43", "金属制品、机械和设备修理业"),
    ("D44", "电力、热力生产和供应业"),
    ("D46", "水的生产和供应业"),
    ("E47", "房屋建筑业"),
    ("E48", "土木工程建筑业"),
    ("F51", "批发业"),
    ("G54", "道路运输业"),
    ("G59", "装卸搬运和仓储业"),
    ("I63", "电信、广播电视和卫星传输服务"),
    ("I64", "互联网和相关服务"),
    ("I65", "软件和信息技术服务业"),
    ("J66", "货币金融服务"),
    ("L72", "商务服务业"),
    ("M73", "研究和试验发展"),
    ("M74", "专业技术服务业"),
    ("M75", "科技推广和应用服务业"),
    ("N76", "水利管理业"),
    ("N77", "生态保护和环境治理业"),
    ("O81", "机动车、电子产品和日用产品修理业"),
    ("Q84", "卫生"),
];

/// Width, case, spaces and punctuation do not count between words; the signs of operators do.
fn plain(text: &str) -> String {
    let text: String = text.chars().map(half_width).flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect();
    let words: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if words.is_empty() { text } else { words }
}

/// The code that a text means.
pub(crate) fn code_of(labels: &[Label], text: &str) -> Option<&'static str> {
    let wanted = plain(text);
    labels.iter().find(|l| plain(l.code) == wanted || l.words.iter().any(|w| plain(w) == wanted)).map(|l| l.code)
}

/// The division that a text means: `C38`, `c3812`, `38`, `电气机械和器材制造业`, `C38 电气机械和器材制造业`.
pub(crate) fn industry_of(text: &str) -> Option<&'static str> {
    let wanted = plain(text);
    let by_code = |text: &str| {
        let letter = text.chars().next().filter(char::is_ascii_alphabetic);
        let text = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let name = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = text.get(..2).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        let found = INDUSTRY_NAMES.iter().find(|(code, _)| code[1..] == *digits)?;
        let fits = text.len() - name.len() <= 4 && (name.is_empty() || name == plain(found.1));
        (fits && letter.is_none_or(|l| found.0.starts_with(l.to_ascii_uppercase()))).then_some(found.0)
    };
    let by_name = INDUSTRY_NAMES.iter().find(|(_, name)| plain(name) == wanted).map(|(code, _)| *code);
    by_name.or_else(|| by_code(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_the_pages_are_understood() {
        let files =
            [include_str!("../../../../app/src/locales/zh-CN/codes.json"), include_str!("../../../../app/src/locales/en/codes.json")];
        for (file, language) in files.into_iter().zip(["zh", "en"]) {
            let words: std::collections::BTreeMap<String, String> = serde_json::from_str(file).unwrap();
            for (group, labels) in [("field", FIELDS), ("cooperation", COOPERATION), ("ownership", OWNERSHIP), ("price_kind", PRICE_KINDS)]
            {
                for (key, word) in words.iter().filter(|(key, _)| key.starts_with(&format!("{group}."))) {
                    let code = &key[group.len() + 1..];
                    assert_eq!(code_of(labels, word), Some(code), "{key}");
                    assert_eq!(code_of(labels, code), Some(code), "{key}");
                }
            }
            for (key, word) in words.iter().filter(|(key, _)| key.starts_with("industry.") && language == "zh") {
                let code = &key["industry.".len()..];
                for text in [word.as_str(), code, &format!("{code} {word}"), &format!("{code}12"), &code[1..]] {
                    assert_eq!(industry_of(text), Some(code), "{text}");
                }
            }
        }
        assert_eq!(INDUSTRY_NAMES.iter().map(|(code, _)| *code).collect::<Vec<_>>(), keqiao_model::INDUSTRIES);
    }

    #[test]
    fn words_and_signs() {
        let check = |labels: &[Label], text: &str, expected: Option<&str>| assert_eq!(code_of(labels, text), expected, "{text}");
        check(FIELDS, "生物、医药和医疗器械技术", Some("biomedicine"));
        check(FIELDS, " NEW  materials", Some("materials"));
        check(FIELDS, "其他", None);
        check(FIELDS, "", None);
        check(COOPERATION, "技术入股", Some("equity"));
        check(OPERATORS, "≥", Some("ge"));
        check(OPERATORS, "＜", Some("le"));
        check(OPERATORS, "!", None);
        assert_eq!(industry_of("A38"), None);
        assert_eq!(industry_of("软件"), None);
        assert_eq!(industry_of("2027年"), None);
        assert_eq!(industry_of(""), None);
    }
}
