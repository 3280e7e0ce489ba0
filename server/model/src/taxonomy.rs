//! The code tables of the market: fields, kinds, reasons. A code is what is stored and exchanged; its words are in the locales of
//! the app (`codes.json`, key `<group>.<code>`).

use std::fmt;

/// A closed list of codes that a page can label, whatever the list is.
pub trait Coded: Copy + Eq + fmt::Debug + Send + Sync + Sized + 'static {
    /// The name of the list: first part of the key of a label (`field`, `contract_kind`).
    const GROUP: &'static str;

    /// The code: second part of the key of a label.
    fn code(&self) -> &'static str;

    /// The value of a code, exactly as [`Coded::code`] writes it.
    fn from_code(code: &str) -> Option<Self>;

    /// Every value, in the order in which people expect them.
    fn all() -> &'static [Self];
}

/// Declares an enum of codes: [`Coded`], the same as inherent functions, `ALL`, `Display`, and serde as the code.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident, $group:literal { $($(#[$variant_meta:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// Every value, in the order in which people expect them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Every value, in the order in which people expect them.
            pub const fn all() -> &'static [Self] {
                Self::ALL
            }

            /// The code that is stored and exchanged.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The value of a code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl $crate::taxonomy::Coded for $name {
            const GROUP: &'static str = $group;

            fn code(&self) -> &'static str {
                (*self).code()
            }

            fn from_code(code: &str) -> Option<Self> {
                Self::from_code(code)
            }

            fn all() -> &'static [Self] {
                Self::ALL
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.code())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::from_code(&code).ok_or_else(|| ::serde::de::Error::unknown_variant(&code, &[$($code),+]))
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// 技术领域 of the registration form: the eleven fields of the national statistics of technology contracts (domain rules, section 1
    /// "Form fields").
    Field, "field" {
        /// 电子信息.
        Electronics = "electronics",
        /// 航空航天.
        Aerospace = "aerospace",
        /// 先进制造.
        Manufacturing = "manufacturing",
        /// 生物医药和医疗器械.
        Biomedicine = "biomedicine",
        /// 新材料.
        Materials = "materials",
        /// 新能源与高效节能.
        Energy = "energy",
        /// 环境保护与资源综合利用.
        Environment = "environment",
        /// 核应用.
        Nuclear = "nuclear",
        /// 农业.
        Agriculture = "agriculture",
        /// 现代交通.
        Transport = "transport",
        /// 城市建设与社会发展.
        Urban = "urban",
    }
}

codes! {
    /// 合作方式: how the two sides of a listing would work together (domain rules, section 6; ways of conversion, 促进科技成果转化法 16).
    Cooperation, "cooperation" {
        /// 委托开发.
        Development = "development",
        /// 合作开发.
        Joint = "joint",
        /// 技术转让.
        Transfer = "transfer",
        /// 技术许可.
        License = "license",
        /// 作价投资（入股）.
        Equity = "equity",
        /// 技术咨询.
        Consulting = "consulting",
        /// 技术服务.
        Service = "service",
    }
}

codes! {
    /// 合同类别 of technology contracts (民法典 843–887).
    ContractKind, "contract_kind" {
        /// 技术开发.
        Development = "development",
        /// 技术转让.
        Transfer = "transfer",
        /// 技术许可.
        License = "license",
        /// 技术咨询.
        Consulting = "consulting",
        /// 技术服务.
        Service = "service",
    }
}

codes! {
    /// 合同子类 of technology contracts (民法典 851, 862, 863, 878, 887; domain rules, section 1 "Types").
    ContractSubkind, "contract_subkind" {
        /// 委托开发.
        Commissioned = "commissioned",
        /// 合作开发.
        Joint = "joint",
        /// 专利权转让.
        Patent = "patent",
        /// 专利申请权转让.
        PatentApplication = "patent_application",
        /// 技术秘密转让.
        KnowHow = "know_how",
        /// 其他知识产权转让.
        OtherIp = "other_ip",
        /// 专利实施许可.
        PatentLicence = "patent_licence",
        /// 技术秘密使用许可.
        KnowHowLicence = "know_how_licence",
        /// 其他知识产权许可.
        OtherLicence = "other_licence",
        /// 技术咨询.
        Consulting = "consulting",
        /// 一般技术服务.
        General = "general",
        /// 技术培训.
        Training = "training",
        /// 技术中介.
        Intermediary = "intermediary",
    }
}

codes! {
    /// 法人性质 of a party of a contract (domain rules, section 1 "Form fields").
    LegalKind, "legal_kind" {
        /// 机关法人.
        Government = "government",
        /// 事业法人（高等院校）.
        University = "university",
        /// 事业法人（科研机构）.
        ResearchInstitute = "research_institute",
        /// 事业法人（医疗卫生）.
        Hospital = "hospital",
        /// 事业法人（其他）.
        OtherInstitution = "other_institution",
        /// 社团法人.
        Association = "association",
        /// 国有企业.
        StateOwned = "state_owned",
        /// 集体企业.
        Collective = "collective",
        /// 有限责任公司.
        Limited = "limited",
        /// 股份有限公司.
        JointStock = "joint_stock",
        /// 私营企业.
        Private = "private",
        /// 港澳台商投资企业.
        Hmt = "hmt",
        /// 外商投资企业.
        Foreign = "foreign",
        /// 个体经营.
        Individual = "individual",
        /// 技术中介机构.
        Agency = "agency",
    }
}

codes! {
    /// 知识产权类别 (专利法 2; domain rules, section 1 "Types" and "Form fields").
    IpKind, "ip_kind" {
        /// 发明专利.
        Invention = "invention",
        /// 实用新型专利.
        Utility = "utility",
        /// 外观设计专利.
        Design = "design",
        /// 计算机软件著作权.
        Software = "software",
        /// 植物新品种权.
        Variety = "variety",
        /// 集成电路布图设计.
        Layout = "layout",
        /// 技术秘密.
        Secret = "secret",
    }
}

codes! {
    /// Where an application for an intellectual property right stands (domain rules, section 6: number, status, encumbrance).
    IpStatus, "ip_status" {
        /// 已申请.
        Applied = "applied",
        /// 已授权（登记）.
        Granted = "granted",
    }
}

codes! {
    /// 权属 of an achievement, 赋权 among it (domain rules, section 2).
    Ownership, "ownership" {
        /// 单位所有.
        Unit = "unit",
        /// 单位与完成人共有（赋权）.
        Shared = "shared",
        /// 完成人所有.
        Inventor = "inventor",
        /// 赋予完成人长期使用权.
        UseRight = "use_right",
        /// 与合作单位共有.
        Joint = "joint",
    }
}

codes! {
    /// What the price of a listing means: 意向, 底价, 一口价 (domain rules, section 6).
    PriceKind, "price_kind" {
        /// 面议（意向价）.
        Negotiable = "negotiable",
        /// 底价.
        Asking = "asking",
        /// 一口价.
        Fixed = "fixed",
    }
}

codes! {
    /// What an organisation is in the market.
    OrganisationKind, "organisation_kind" {
        /// 企业.
        Enterprise = "enterprise",
        /// 高校院所.
        Institute = "institute",
        /// 服务机构.
        Agency = "agency",
    }
}

codes! {
    /// Why an interest was declined (domain rules, section 6 "Refusal codes").
    DeclineCode, "decline_code" {
        /// 太早期.
        TooEarly = "too_early",
        /// 优势不明.
        AdvantageUnclear = "advantage_unclear",
        /// 商业路径不明.
        PathUnclear = "path_unclear",
        /// 描述不清.
        DescriptionUnclear = "description_unclear",
        /// 科学疑问.
        ScientificDoubt = "scientific_doubt",
        /// 非战略方向.
        NotStrategic = "not_strategic",
        /// 已有方案.
        HaveSolution = "have_solution",
        /// 预算或时间.
        BudgetOrTime = "budget_or_time",
        /// 权属问题.
        OwnershipProblem = "ownership_problem",
        /// 其他.
        Other = "other",
    }
}

codes! {
    /// Why a match is not useful (domain rules, section 6 "Refusal codes", and what only a ranking can get wrong).
    FeedbackCode, "feedback_code" {
        /// 太早期.
        TooEarly = "too_early",
        /// 没有优势.
        NoAdvantage = "no_advantage",
        /// 描述不清.
        Unclear = "unclear",
        /// 不是同一个问题.
        OtherSubject = "other_subject",
        /// 技术领域不符.
        OtherField = "other_field",
        /// 已有方案.
        AlreadyHave = "already_have",
        /// 预算或时间.
        BudgetOrTime = "budget_or_time",
        /// 权属问题.
        Ownership = "ownership",
        /// 其他.
        Other = "other",
    }
}

codes! {
    /// Who or what says whether a pair fits: people who read a list of matches, or what became of the pair.
    Judgement, "judgement" {
        /// Somebody of the organisation that owns the listing.
        Owner = "owner",
        /// An officer of the region.
        Officer = "officer",
        /// A broker.
        Broker = "broker",
        /// An interest between the two was accepted.
        Accepted = "accepted",
        /// It was declined.
        Declined = "declined",
        /// A contract was recorded.
        Signed = "signed",
        /// Their deal was lost.
        Lost = "lost",
    }
}

codes! {
    /// What the owner of a listing can state so that it is matched better, the most valuable first.
    ListingHint, "listing_hint" {
        /// There is no indicator.
        NoIndicators = "no_indicators",
        /// An indicator has no number.
        IndicatorNumber = "indicator_number",
        /// An indicator has no unit.
        IndicatorUnit = "indicator_unit",
        /// Fewer than three keywords.
        FewKeywords = "few_keywords",
        /// The problem is told in a few words.
        ShortProblem = "short_problem",
        /// The advantage is told in a few words.
        ShortAdvantage = "short_advantage",
        /// No readiness.
        NoTrl = "no_trl",
        /// No way of cooperation.
        NoCooperation = "no_cooperation",
        /// No deadline.
        NoDeadline = "no_deadline",
        /// Neither budget nor price.
        NoPrice = "no_price",
    }
}

codes! {
    /// Why the registration of a contract was refused (domain rules, section 1 "Registration").
    RefusalCode, "refusal_code" {
        /// 合同未生效或无效.
        NotInForce = "not_in_force",
        /// 不属于技术合同.
        NotTechnical = "not_technical",
        /// 当事人、标的或价款不明确.
        Unclear = "unclear",
        /// 缺少必需的批准文件.
        ApprovalMissing = "approval_missing",
        /// 合同名称与内容不符.
        TitleContradicts = "title_contradicts",
        /// 含非法垄断技术或侵害他人技术成果的条款.
        Monopolistic = "monopolistic",
        /// 缺少证明材料.
        ProofMissing = "proof_missing",
        /// 印章缺失或与名称不符.
        SealMissing = "seal_missing",
        /// 其他.
        Other = "other",
    }
}

codes! {
    /// 付款方式 (民法典 846).
    PaymentWay, "payment_way" {
        /// 一次总付.
        Lump = "lump",
        /// 分期支付.
        Instalments = "instalments",
        /// 提成支付.
        Royalty = "royalty",
        /// 提成支付附加预付入门费.
        EntryPlusRoyalty = "entry_plus_royalty",
    }
}

codes! {
    /// Figures of the city's ledger (domain rules, section 7). 输出 and 吸纳 are never added, 成交额 and 技术交易额 never shown for one another.
    Figure, "figure" {
        /// 技术合同成交额.
        ContractValue = "contract_value",
        /// 技术交易额.
        TechnicalValue = "technical_value",
        /// 吸纳技术成交额.
        AbsorbedValue = "absorbed_value",
        /// 转化科技成果.
        AchievementsConverted = "achievements_converted",
        /// 服务企业.
        EnterprisesServed = "enterprises_served",
        /// 培训技术经理人.
        BrokersTrained = "brokers_trained",
        /// 技术性收入: what was really received as contracts were performed.
        TechnicalIncome = "technical_income",
    }
}

impl ContractKind {
    /// The subkinds that a contract of this kind may have (民法典 851, 862, 863, 878, 887).
    pub fn subkinds(self) -> &'static [ContractSubkind] {
        use ContractSubkind as S;
        match self {
            Self::Development => &[S::Commissioned, S::Joint],
            Self::Transfer => &[S::Patent, S::PatentApplication, S::KnowHow, S::OtherIp],
            Self::License => &[S::PatentLicence, S::KnowHowLicence, S::OtherLicence],
            Self::Consulting => &[S::Consulting],
            Self::Service => &[S::General, S::Training, S::Intermediary],
        }
    }
}

impl ContractSubkind {
    /// The kind that this is a subkind of.
    pub fn kind(self) -> ContractKind {
        match self {
            Self::Commissioned | Self::Joint => ContractKind::Development,
            Self::Patent | Self::PatentApplication | Self::KnowHow | Self::OtherIp => ContractKind::Transfer,
            Self::PatentLicence | Self::KnowHowLicence | Self::OtherLicence => ContractKind::License,
            Self::Consulting => ContractKind::Consulting,
            Self::General | Self::Training | Self::Intermediary => ContractKind::Service,
        }
    }
}

impl IpKind {
    /// Whether it is a patent, which has a patent number (专利法 2).
    pub fn is_patent(self) -> bool {
        matches!(self, Self::Invention | Self::Utility | Self::Design)
    }
}

/// Group of the labels of [`INDUSTRIES`] (`industry.C38`).
pub const INDUSTRY_GROUP: &str = "industry";

/// 国民经济行业: the divisions (letter and two digits) of GB/T 4754-2017 that a listing may be filed under.
pub const INDUSTRIES: &[&str] = &[
    "A01", "A02", "A03", "A04", "A05", "B06", "B08", "B10", "C13", "C14", "C15", "C17", "C18", "C20", "C22", "C24", "C25", "C26", "C27",
    "C28", "C29", "C30", "C31", "C32", "C33", "C34", "C35", "C36", "C37", "C38", "C39", "C40", "C41", "C42", "C43", "D44", "D46", "E47",
    "E48", "F51", "G54", "G59", "I63", "I64", "I65", "J66", "L72", "M73", "M74", "M75", "N76", "N77", "O81", "Q84",
];

/// Whether a code is one of [`INDUSTRIES`].
pub fn is_industry(code: &str) -> bool {
    INDUSTRIES.contains(&code)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::{Serialize, de::DeserializeOwned};

    use super::*;
    use crate::Operator;

    /// Checks one list, and gives the keys of its labels.
    fn keys<T: Coded + Serialize + DeserializeOwned + fmt::Display>() -> Vec<String> {
        for value in T::all() {
            let code = value.code();
            let json = serde_json::to_string(value).unwrap();
            assert_eq!(T::from_code(code), Some(*value));
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value);
            assert_eq!(value.to_string(), code);
        }
        let codes: BTreeSet<&str> = T::all().iter().map(T::code).collect();
        assert_eq!(codes.len(), T::all().len(), "{} repeats a code", T::GROUP);
        for unknown in ["", "ELECTRONICS", " other", "不"] {
            assert_eq!(T::from_code(unknown), None);
            assert!(serde_json::from_str::<T>(&format!("\"{unknown}\"")).is_err());
        }
        T::all().iter().map(|value| format!("{}.{}", T::GROUP, value.code())).collect()
    }

    #[test]
    fn every_code_has_its_words() {
        let mut keys: Vec<String> = [
            keys::<Operator>(),
            keys::<Field>(),
            keys::<Cooperation>(),
            keys::<ContractKind>(),
            keys::<ContractSubkind>(),
            keys::<LegalKind>(),
            keys::<IpKind>(),
            keys::<IpStatus>(),
            keys::<Ownership>(),
            keys::<PriceKind>(),
            keys::<OrganisationKind>(),
            keys::<DeclineCode>(),
            keys::<FeedbackCode>(),
            keys::<Judgement>(),
            keys::<ListingHint>(),
            keys::<RefusalCode>(),
            keys::<PaymentWay>(),
            keys::<Figure>(),
            keys::<crate::Objective>(),
            keys::<crate::PlanSource>(),
            keys::<crate::ContractIp>(),
            keys::<crate::Licence>(),
            keys::<crate::DeductionKind>(),
            keys::<crate::Clause>(),
            keys::<crate::TextState>(),
            keys::<crate::TextProblem>(),
            keys::<crate::ContractSection>(),
            keys::<crate::MonopolyClause>(),
            keys::<crate::ReportedIndicator>(),
            keys::<crate::RuleKind>(),
            keys::<crate::Light>(),
        ]
        .concat();
        keys.extend(INDUSTRIES.iter().map(|code| format!("{INDUSTRY_GROUP}.{code}")));
        let zh = include_str!("../../../app/src/locales/zh-CN/codes.json");
        let en = include_str!("../../../app/src/locales/en/codes.json");
        for file in [zh, en] {
            let words: BTreeMap<String, String> = serde_json::from_str(file).unwrap();
            let missing: Vec<_> = keys.iter().filter(|key| words.get(*key).is_none_or(String::is_empty)).collect();
            assert!(missing.is_empty(), "no words for {missing:?}");
        }
    }

    #[test]
    fn subkinds_belong_to_their_kind() {
        let listed: Vec<_> = ContractKind::ALL.iter().flat_map(|kind| kind.subkinds()).copied().collect();
        assert_eq!(listed, ContractSubkind::ALL);
        for kind in ContractKind::ALL {
            assert!(kind.subkinds().iter().all(|subkind| subkind.kind() == *kind));
        }
    }

    #[test]
    fn industries_are_divisions() {
        let check = |code: &str, expected: bool| assert_eq!(is_industry(code), expected, "{code}");
        check("C38", true);
        check("A01", true);
        check("C99", false);
        check("c38", false);
        check("C381", false);
        check("", false);
        assert!(INDUSTRIES.is_sorted());
        assert!(INDUSTRIES.iter().all(|code| code.len() == 3 && code.starts_with(|c: char| c.is_ascii_uppercase())));
    }
}
