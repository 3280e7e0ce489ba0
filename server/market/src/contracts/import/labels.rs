//! Words of the code lists of the register as tables carry them: the labels of the pages in both languages, and what people write instead.

use crate::imports::{Label, label};

/// 合同类别.
pub(super) const KINDS: &[Label] = &[
    label("development", &["技术开发", "技术开发合同", "开发", "Technology development"]),
    label("transfer", &["技术转让", "技术转让合同", "转让", "Technology assignment", "Technology transfer"]),
    label("license", &["技术许可", "技术许可合同", "许可", "Technology licence", "Technology license"]),
    label("consulting", &["技术咨询", "技术咨询合同", "咨询", "Technology consulting"]),
    label("service", &["技术服务", "技术服务合同", "服务", "Technology service"]),
];

/// 合同子类.
pub(super) const SUBKINDS: &[Label] = &[
    label("commissioned", &["委托开发", "技术开发（委托）", "委托", "Commissioned development"]),
    label("joint", &["合作开发", "技术开发（合作）", "合作", "Joint development"]),
    label("patent", &["专利权转让", "专利权", "Assignment of a patent"]),
    label("patent_application", &["专利申请权转让", "专利申请权", "Assignment of a patent application"]),
    label("know_how", &["技术秘密转让", "技术秘密", "专有技术转让", "Assignment of know-how"]),
    label(
        "other_ip",
        &[
            "其他知识产权转让",
            "其他知识产权",
            "计算机软件著作权转让",
            "集成电路布图设计专有权转让",
            "植物新品种权转让",
            "Assignment of other intellectual property",
        ],
    ),
    label("patent_licence", &["专利实施许可", "专利实施许可转让", "专利许可", "Patent licence", "Patent license"]),
    label("know_how_licence", &["技术秘密使用许可", "技术秘密许可", "专有技术许可", "Know-how licence", "Know-how license"]),
    label("other_licence", &["其他知识产权许可", "其他许可", "Licence of other intellectual property"]),
    label("consulting", &["技术咨询", "咨询", "Technology consulting"]),
    label("general", &["一般技术服务", "一般", "一般性技术服务", "General technical service"]),
    label("training", &["技术培训", "培训", "Technical training"]),
    label("intermediary", &["技术中介", "中介", "Technology brokerage"]),
];

/// 知识产权类别.
pub(super) const IP: &[Label] = &[
    label("invention", &["发明专利", "发明", "Invention patent"]),
    label("utility_model", &["实用新型专利", "实用新型", "Utility model"]),
    label("design", &["外观设计专利", "外观设计", "Design patent"]),
    label("know_how", &["技术秘密", "专有技术", "Know-how"]),
    label("software", &["计算机软件著作权", "软件著作权", "计算机软件", "Software copyright"]),
    label("layout", &["集成电路布图设计", "集成电路布图设计专有权", "Circuit layout"]),
    label("plant_variety", &["植物新品种", "植物新品种权", "动植物新品种", "Plant variety"]),
    label("new_drug", &["生物、医药新品种", "医药新品种", "New drug or biological product"]),
    label("none", &["未涉及知识产权", "不涉及", "无", "None involved"]),
];

/// 社会经济目标.
pub(super) const OBJECTIVES: &[Label] = &[
    label("environment", &["环境保护、生态建设及污染防治", "环境保护", "Environment and pollution control"]),
    label("energy", &["能源生产、分配和合理利用", "能源", "Energy"]),
    label("health", &["卫生事业发展", "卫生", "Health"]),
    label("education", &["教育事业发展", "教育", "Education"]),
    label("infrastructure", &["基础设施以及城市和农村规划", "基础设施", "Infrastructure and planning"]),
    label("society", &["社会发展和社会服务", "Social development and services"]),
    label("earth", &["地球和大气层的探索与利用", "Earth and atmosphere"]),
    label("space", &["民用空间探测及开发", "民用空间的探测及开发", "Civil space"]),
    label("agriculture", &["农林牧渔业发展", "农业", "Agriculture, forestry and fishery"]),
    label("industry", &["工商业发展", "促进工商业发展", "Industry and commerce"]),
    label("undirected", &["非定向研究", "Undirected research"]),
    label("other_civil", &["其他民用目标", "Other civil objectives"]),
    label("defence", &["国防", "Defence"]),
];

/// 计划来源.
pub(super) const PLAN_SOURCES: &[Label] = &[
    label("national", &["国家科技计划", "国家计划", "国家级", "National programme"]),
    label("ministry", &["部门计划", "部级", "Ministry programme"]),
    label("province", &["省、自治区、直辖市计划", "省级计划", "省级", "Provincial programme"]),
    label("city", &["地市县计划", "市级计划", "市级", "City or county programme"]),
    label("none", &["计划外", "无", "None"]),
];

/// 付款方式.
pub(super) const PAYMENTS: &[Label] = &[
    label("lump", &["一次总付", "一次性支付", "一次总算一次总付", "Lump sum"]),
    label("instalments", &["分期支付", "分期", "一次总算分期支付", "Instalments"]),
    label("royalty", &["提成支付", "提成", "Royalty"]),
    label("entry_plus_royalty", &["提成支付附加预付入门费", "入门费加提成", "入门费附加提成", "Entry fee plus royalty"]),
];

/// 法人性质.
pub(super) const LEGAL_KINDS: &[Label] = &[
    label("government", &["机关法人", "机关", "Government body"]),
    label("university", &["事业法人（高等院校）", "高等院校", "高校", "University"]),
    label("research_institute", &["事业法人（科研机构）", "科研机构", "Research institute"]),
    label("hospital", &["事业法人（医疗卫生）", "医疗卫生", "Hospital"]),
    label("other_institution", &["事业法人（其他）", "事业法人", "Other public institution"]),
    label("association", &["社团法人", "社会团体", "Association"]),
    label("state_owned", &["国有企业", "国有", "State-owned enterprise"]),
    label("collective", &["集体企业", "集体", "Collective enterprise"]),
    label("limited", &["有限责任公司", "有限公司", "Limited liability company"]),
    label("joint_stock", &["股份有限公司", "股份公司", "Joint-stock company"]),
    label("private", &["私营企业", "私营", "Private enterprise"]),
    label("hmt", &["港澳台商投资企业", "港澳台", "Enterprise funded from Hong Kong, Macao or Taiwan"]),
    label("foreign", &["外商投资企业", "外资企业", "外资", "Foreign-funded enterprise"]),
    label("individual", &["个体经营", "个体工商户", "个体", "Sole trader"]),
    label("agency", &["技术中介机构", "Technology transfer agency"]),
];

/// States of a contract that stands in a register.
pub(super) const IN_REGISTER: &[Label] = &[
    label("registered", &["已登记", "登记", "有效", "Registered"]),
    label("completed", &["已履行完毕", "履行完毕", "已完成", "Performed"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::imports::code_of;

    #[test]
    fn labels_of_the_pages_are_understood() {
        let files =
            [include_str!("../../../../../app/src/locales/zh-CN/codes.json"), include_str!("../../../../../app/src/locales/en/codes.json")];
        for file in files {
            let words: BTreeMap<String, String> = serde_json::from_str(file).unwrap();
            for (group, labels) in [
                ("contract_kind", KINDS),
                ("contract_subkind", SUBKINDS),
                ("contract_ip", IP),
                ("objective", OBJECTIVES),
                ("plan_source", PLAN_SOURCES),
                ("payment_way", PAYMENTS),
                ("legal_kind", LEGAL_KINDS),
            ] {
                for (key, word) in words.iter().filter(|(key, _)| key.starts_with(&format!("{group}."))) {
                    let code = &key[group.len() + 1..];
                    assert_eq!(code_of(labels, word), Some(code), "{key}");
                    assert_eq!(code_of(labels, code), Some(code), "{key}");
                }
            }
            for state in ["registered", "completed"] {
                assert_eq!(code_of(IN_REGISTER, &words[&format!("contract_state.{state}")]), Some(state));
            }
        }
        assert_eq!(code_of(SUBKINDS, "技术开发(委托)"), Some("commissioned"));
        assert_eq!(code_of(IN_REGISTER, "已注销"), None);
    }
}
