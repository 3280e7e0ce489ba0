//! The columns of the register: the heads of its files, and the heads under which other registers carry the same.

use keqiao_model::Lang;

use crate::imports::{Headers, ImportError, MappingRow, column};

/// Columns, each with its Chinese head, its English head, and what others call it.
const COLUMNS: &[MappingRow] = &[
    column(
        "registration_number",
        &["登记编号", "Registration number", "合同登记编号", "认定登记编号", "合同登记号", "登记号", "合同认定登记编号", "registration_no"],
    ),
    column("title", &["项目名称", "Project name", "合同名称", "技术合同名称", "合同项目名称", "名称", "title"]),
    column("kind", &["合同类别", "Contract kind", "合同类型", "类别", "kind"]),
    column("subkind", &["合同子类", "Contract subkind", "子类", "合同子类别", "合同小类", "subkind"]),
    column(
        "seller_name",
        &["卖方名称", "Seller", "卖方", "卖方（技术提供方）", "技术提供方", "受托方", "让与方", "转让方", "输出方", "seller_name"],
    ),
    column(
        "seller_credit_code",
        &["卖方统一社会信用代码", "Seller credit code", "卖方信用代码", "卖方社会信用代码", "卖方代码", "输出方统一社会信用代码"],
    ),
    column("seller_legal_kind", &["卖方法人性质", "Legal kind of the seller", "卖方性质", "seller_legal_kind"]),
    column("seller_region", &["卖方所在地区", "Region of the seller", "卖方行政区划", "卖方地区", "卖方区县", "seller_region"]),
    column("buyer_name", &["买方名称", "Buyer", "买方", "技术受让方", "委托方", "受让方", "吸纳方", "buyer_name"]),
    column(
        "buyer_credit_code",
        &["买方统一社会信用代码", "Buyer credit code", "买方信用代码", "买方社会信用代码", "买方代码", "吸纳方统一社会信用代码"],
    ),
    column("buyer_legal_kind", &["买方法人性质", "Legal kind of the buyer", "买方性质", "buyer_legal_kind"]),
    column("buyer_region", &["买方所在地区", "Region of the buyer", "买方行政区划", "买方地区", "买方区县", "buyer_region"]),
    column("signed_on", &["签订日期", "Signed on", "合同签订日期", "签订时间", "签约日期", "签约时间"]),
    column("starts_on", &["有效期起", "Valid from", "合同有效期起", "起始日期", "开始日期", "合同开始日期", "履行期限起", "starts_on"]),
    column(
        "ends_on",
        &["有效期止", "Valid until", "合同有效期止", "止", "终止日期", "截止日期", "结束日期", "合同截止日期", "履行期限止", "ends_on"],
    ),
    column("field", &["技术领域", "Technology field", "所属技术领域", "领域", "field"]),
    column("ip", &["知识产权类别", "Intellectual property", "知识产权", "知识产权类型", "ip"]),
    column("plan_source", &["计划来源", "Programme", "计划类别", "项目计划来源", "plan_source"]),
    column("objective", &["社会经济目标", "Socio-economic objective", "服务的社会经济目标", "社会-经济目标", "objective"]),
    column("industry", &["国民经济行业", "Industry", "服务的国民经济行业", "行业", "国民经济行业代码"]),
    column("payment", &["付款方式", "Way of payment", "支付方式", "价款支付方式", "payment"]),
    column(
        "value",
        &["合同成交额（元）", "Contract value (yuan)", "成交额", "成交金额", "合同金额", "合同成交金额", "合同总金额", "value"],
    ),
    column("technical_value", &["技术交易额（元）", "Technical value (yuan)", "技术交易金额", "技术金额", "technical_value"]),
    column("registered_on", &["登记日期", "Registered on", "认定登记日期", "登记时间", "认定日期", "registered_at"]),
    column("summary", &["合同内容", "Contents", "内容摘要", "合同内容摘要", "项目简介", "summary"]),
    column("note", &["备注", "Remarks", "说明", "note"]),
    column("number", &["合同编号", "Contract number"]),
    column("region", &["登记地区", "Region of registration"]),
    column("state", &["状态", "State", "合同状态", "登记状态"]),
];

/// What files of the house say besides: the house gives it itself.
const OWN: [&str; 3] = ["number", "region", "state"];
/// Columns of money.
const MONEY: &[&str] = &["value", "technical_value"];

/// A column of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterColumn {
    /// Name of the field.
    pub field: &'static str,
    /// Heads under which it is read; the first is the Chinese one, the second the English one of our own files.
    pub heads: &'static [&'static str],
    /// Whether it is brought in; what is not is only written.
    pub read: bool,
}

impl RegisterColumn {
    /// The head in files of the house.
    pub fn head(&self, lang: Lang) -> &'static str {
        self.heads.get(usize::from(lang == Lang::En)).copied().unwrap_or(self.field)
    }

    /// Whether a row may do without it.
    pub fn is_optional(&self) -> bool {
        !REQUIRED.contains(&self.field)
    }
}

/// Columns that every row fills.
const REQUIRED: [&str; 15] = [
    "registration_number",
    "title",
    "kind",
    "subkind",
    "seller_name",
    "seller_credit_code",
    "buyer_name",
    "buyer_credit_code",
    "signed_on",
    "ends_on",
    "field",
    "payment",
    "value",
    "technical_value",
    "registered_on",
];

/// The columns of the register, in the order of its files.
pub fn columns() -> Vec<RegisterColumn> {
    COLUMNS.iter().map(|c| RegisterColumn { field: c.field, heads: c.headers, read: !OWN.contains(&c.field) }).collect()
}

/// What a column is called; the name itself when there is no such column.
pub fn column_head(field: &str, lang: Lang) -> String {
    columns().iter().find(|c| c.field == field).map_or_else(|| field.to_owned(), |c| c.head(lang).to_owned())
}

/// The columns of a file, by header.
pub(super) fn headers() -> Headers {
    Headers::of(COLUMNS, MONEY, ("registration_number", ImportError::NoRegistrationNumber))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::imports::plain;

    #[test]
    fn no_head_means_two_columns() {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for column in COLUMNS {
            for head in column.headers {
                let before = seen.insert(plain(head), column.field);
                assert!(before.is_none_or(|b| b == column.field), "{head} means {} and {before:?}", column.field);
            }
        }
        assert!(REQUIRED.iter().all(|field| COLUMNS.iter().any(|c| c.field == *field)));
    }
}
