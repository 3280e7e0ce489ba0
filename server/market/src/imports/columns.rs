//! Which headers mean which field. The import page and the manual print this table.

use keqiao_model::ListingKind;

use super::reading::ImportError;

/// A field and the headers under which a file may carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MappingRow {
    /// Name of the field.
    pub field: &'static str,
    /// Headers, Chinese and English, in any writing of width, case, spaces and underscores; `*` and what stands in brackets do not count.
    pub headers: &'static [&'static str],
}

pub(crate) const fn row(field: &'static str, headers: &'static [&'static str]) -> MappingRow {
    MappingRow { field, headers }
}

/// Columns of both sides.
const BOTH: &[MappingRow] = &[
    row(
        "title",
        &["名称", "需求名称", "成果名称", "项目名称", "技术名称", "技术需求名称", "科技成果名称", "标题", "题目", "title", "name"],
    ),
    row("external_id", &["外部编号", "编号", "需求编号", "成果编号", "项目编号", "external_id", "id"]),
    row(
        "summary",
        &["摘要", "简介", "概述", "公开摘要", "需求简介", "需求摘要", "成果简介", "成果摘要", "技术简介", "summary", "abstract"],
    ),
    row(
        "text",
        &[
            "需求内容",
            "需求描述",
            "需求详情",
            "需求说明",
            "技术需求",
            "技术需求内容",
            "成果内容",
            "成果描述",
            "成果介绍",
            "成果详情",
            "内容",
            "描述",
            "介绍",
            "详细内容",
            "正文",
            "description",
            "text",
            "content",
        ],
    ),
    row("detail", &["保密详情", "保密内容", "内部说明", "detail", "confidential_detail"]),
    row("field", &["技术领域", "所属领域", "领域", "所属技术领域", "field", "technology_field"]),
    row("industry", &["行业", "所属行业", "国民经济行业", "行业代码", "industry"]),
    row("keywords", &["关键词", "关键字", "标签", "keywords", "tags"]),
    row("trl", &["技术成熟度", "成熟度", "技术成熟度等级", "目标成熟度", "技术就绪度", "trl"]),
    row("cooperation", &["合作方式", "合作形式", "转化方式", "拟合作方式", "cooperation"]),
    row("price_min", &["预算下限", "价格下限", "最低价格", "最低预算", "price_min", "budget_min"]),
    row("price_max", &["预算上限", "价格上限", "最高价格", "最高预算", "price_max", "budget_max"]),
    row("price", &["预算", "价格", "报价", "意向价格", "转让价格", "拟投入资金", "投入预算", "预算金额", "资金预算", "price", "budget"]),
    row("deadline", &["截止日期", "截止时间", "时限", "解决时限", "期望完成时间", "有效期", "有效期至", "deadline", "valid_until"]),
    row("indicators", &["技术指标", "主要技术指标", "指标", "指标要求", "性能指标", "indicators"]),
    row(
        "organisation",
        &[
            "企业",
            "企业名称",
            "单位",
            "单位名称",
            "所属单位",
            "完成单位",
            "需求单位",
            "机构名称",
            "organisation",
            "organization",
            "company",
        ],
    ),
    row("credit_code", &["统一社会信用代码", "社会信用代码", "信用代码", "credit_code", "uscc"]),
    row("region", &["区县", "所在区县", "所属区县", "地区", "所在地区", "region", "district"]),
    row("language", &["语言", "语种", "language", "lang"]),
];

/// Columns of demands.
const DEMAND: &[MappingRow] = &[
    row("background", &["背景", "需求背景", "项目背景", "background"]),
    row("current", &["现有基础", "现状", "现有条件", "current"]),
    row("problem", &["难题", "技术难题", "技术难点", "拟解决问题", "拟解决的问题", "关键问题", "problem"]),
    row("tried", &["已试方案", "已尝试方案", "已有尝试", "tried"]),
    row("chain_node", &["产业链节点", "产业链环节", "chain_node"]),
];

/// Columns of achievements.
const ACHIEVEMENT: &[MappingRow] = &[
    row("one_sentence", &["一句话", "一句话介绍", "一句话简介", "one_sentence"]),
    row("advantage", &["优势", "技术优势", "创新点", "先进性", "advantage"]),
    row("trl_evidence", &["成熟度依据", "成熟度证明", "trl_evidence"]),
    row("discipline", &["学科", "学科代码", "discipline"]),
    row("ip", &["知识产权", "专利", "专利号", "专利情况", "ip"]),
    row("ownership", &["权属", "成果权属", "ownership"]),
    row("funding", &["资金来源", "项目来源", "课题来源", "funding"]),
    row("price_kind", &["价格类型", "定价方式", "price_kind"]),
    row("inventors", &["完成人", "发明人", "主要完成人", "inventors"]),
    row("applications", &["应用案例", "应用情况", "推广应用", "applications"]),
];

/// Headers of running numbers: they say nothing of the row and change from file to file, so they are left out without a word.
const RUNNING: &[&str] = &["序号", "行号", "no", "#", "index"];

/// The columns a file of one side may have.
pub fn mapping(kind: ListingKind) -> Vec<MappingRow> {
    let own = match kind {
        ListingKind::Demand => DEMAND,
        ListingKind::Achievement => ACHIEVEMENT,
    };
    BOTH.iter().chain(own).copied().collect()
}

/// What a header means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    /// Name of the field.
    pub(super) field: &'static str,
    /// Unit of money in the header (`预算（万元）`), to be set behind bare numbers.
    pub(super) unit: &'static str,
}

/// The columns a file may have, by header.
pub(crate) struct Headers {
    fields: std::collections::HashMap<String, &'static str>,
    /// Columns of money: a unit in their header counts.
    money: &'static [&'static str],
    /// The column without which nothing can be read, and what is said when it is missing.
    key: (&'static str, ImportError),
}

impl Headers {
    /// The columns of one side.
    pub(super) fn new(kind: ListingKind) -> Self {
        Self::of(&mapping(kind), &["price", "price_min", "price_max"], ("title", ImportError::NoTitle))
    }

    pub(crate) fn of(rows: &[MappingRow], money: &'static [&'static str], key: (&'static str, ImportError)) -> Self {
        let fields = rows.iter().flat_map(|m| m.headers.iter().map(move |h| (plain(h), m.field))).collect();
        Self { fields, money, key }
    }

    /// Whether the columns found suffice; without any there is no header at all.
    pub(super) fn check<'a>(&self, mut found: impl Iterator<Item = &'a str> + Clone) -> Result<(), ImportError> {
        if found.clone().any(|field| field == self.key.0) {
            return Ok(());
        }
        Err(if found.next().is_some() { self.key.1.clone() } else { ImportError::NoHeader })
    }

    /// The column of a header, if it is known.
    pub(super) fn column(&self, header: &str) -> Option<Column> {
        let field = *self.fields.get(&plain(header))?;
        let unit = if !self.money.contains(&field) {
            ""
        } else if header.contains("亿元") {
            "亿元"
        } else if header.contains("万") {
            "万元"
        } else if header.contains("千元") {
            "千元"
        } else {
            ""
        };
        Some(Column { field, unit })
    }
}

/// Whether a header is left out without a word: a running number, or nothing.
pub(super) fn is_running(header: &str) -> bool {
    let plain = plain(header);
    plain.is_empty() || RUNNING.contains(&plain.as_str())
}

/// Full-width ASCII made half-width.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// A header without width, case, spaces, underscores, stars and what stands in brackets.
pub(crate) fn plain(header: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for c in header.chars().map(half_width) {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            _ if depth > 0 || c.is_whitespace() || c.is_control() => {}
            '*' | '_' | '-' | ':' | '.' | '\u{feff}' | '\u{200b}' => {}
            _ => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_writing() {
        let headers = Headers::new(ListingKind::Demand);
        let check = |header: &str, expected: Option<(&'static str, &'static str)>| {
            assert_eq!(headers.column(header), expected.map(|(field, unit)| Column { field, unit }), "{header}");
        };
        check("需求名称", Some(("title", "")));
        check(" *需求 名称（必填）", Some(("title", "")));
        check("Title", Some(("title", "")));
        check("\u{feff}External_ID", Some(("external_id", "")));
        check("External ID", Some(("external_id", "")));
        check("预算（万元）", Some(("price", "万元")));
        check("预算下限/万元", None);
        check("价格上限(万元)", Some(("price_max", "万元")));
        check("预算", Some(("price", "")));
        check("背景", Some(("background", "")));
        check("一句话", None);
        check("序号", None);
        assert!(is_running("序号") && is_running("No.") && is_running(" ") && !is_running("联系人"));
    }

    #[test]
    fn no_header_means_two_fields() {
        for kind in [ListingKind::Demand, ListingKind::Achievement] {
            let mut seen = std::collections::BTreeMap::new();
            for m in mapping(kind) {
                assert_eq!(Headers::new(kind).column(m.field).map_or(m.field, |c| c.field), m.field);
                for header in m.headers {
                    let before = seen.insert(plain(header), m.field);
                    assert!(before.is_none(), "{header} means {} and {before:?}", m.field);
                }
            }
        }
    }
}
