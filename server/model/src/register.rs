//! The code tables of the registration form, and the kinds of dated rules.

use crate::taxonomy::codes;

codes! {
    /// 社会经济目标 of the registration form (GB/T 24450).
    Objective, "objective" {
        /// 环境保护、生态建设及污染防治.
        Environment = "environment",
        /// 能源生产、分配和合理利用.
        Energy = "energy",
        /// 卫生事业发展.
        Health = "health",
        /// 教育事业发展.
        Education = "education",
        /// 基础设施以及城市和农村规划.
        Infrastructure = "infrastructure",
        /// 社会发展和社会服务.
        Society = "society",
        /// 地球和大气层的探索与利用.
        Earth = "earth",
        /// 民用空间探测及开发.
        Space = "space",
        /// 农林牧渔业发展.
        Agriculture = "agriculture",
        /// 工商业发展.
        Industry = "industry",
        /// 非定向研究.
        Undirected = "undirected",
        /// 其他民用目标.
        OtherCivil = "other_civil",
        /// 国防.
        Defence = "defence",
    }
}

codes! {
    /// 计划来源 of the registration form: the programme a contract belongs to.
    PlanSource, "plan_source" {
        /// 国家科技计划.
        National = "national",
        /// 部门计划.
        Ministry = "ministry",
        /// 省、自治区、直辖市计划.
        Province = "province",
        /// 地市县计划.
        City = "city",
        /// 计划外.
        None = "none",
    }
}

codes! {
    /// What a technology contract is about in terms of intellectual property: 知识产权类别 of the registration form.
    ContractIp, "contract_ip" {
        /// 发明专利.
        Invention = "invention",
        /// 实用新型专利.
        UtilityModel = "utility_model",
        /// 外观设计专利.
        Design = "design",
        /// 技术秘密.
        KnowHow = "know_how",
        /// 计算机软件著作权.
        Software = "software",
        /// 集成电路布图设计.
        Layout = "layout",
        /// 植物新品种.
        PlantVariety = "plant_variety",
        /// 生物、医药新品种.
        NewDrug = "new_drug",
        /// 未涉及知识产权.
        None = "none",
    }
}

codes! {
    /// How far a licence goes (最高人民法院技术合同司法解释 25).
    Licence, "licence" {
        /// 独占: nobody else, not even the licensor.
        Exclusive = "exclusive",
        /// 排他: nobody else but the licensor.
        Sole = "sole",
        /// 普通.
        Ordinary = "ordinary",
    }
}

codes! {
    /// What is not technical in the price of a contract, and taken off 成交额 to get 技术交易额 (domain rules, section 1 "Amounts").
    DeductionKind, "deduction_kind" {
        /// 设备.
        Equipment = "equipment",
        /// 仪器.
        Instruments = "instruments",
        /// 零部件.
        Parts = "parts",
        /// 原材料.
        Materials = "materials",
        /// 其他非技术性费用.
        Other = "other",
    }
}

codes! {
    /// What the text of a technology contract has to say (民法典 845).
    Clause, "clause" {
        /// 项目名称.
        Name = "name",
        /// 标的的内容、范围和要求.
        Subject = "subject",
        /// 履行的计划、地点和方式.
        Plan = "plan",
        /// 技术信息和资料的保密.
        Confidentiality = "confidentiality",
        /// 技术成果的归属和收益的分配办法.
        Ownership = "ownership",
        /// 验收标准和方法.
        Acceptance = "acceptance",
        /// 名词和术语的解释.
        Terms = "terms",
        /// 专利的名称、申请人和专利权人、申请日期、申请号、专利号以及专利权的有效期限; in contracts about patents.
        Patent = "patent",
    }
}

codes! {
    /// What illegally monopolises technology (最高人民法院技术合同司法解释 10).
    MonopolyClause, "monopoly_clause" {
        /// Bars improving the technology, or gives improvements back on unequal terms.
        Improvement = "improvement",
        /// Bars technology from rival sources.
        RivalSources = "rival_sources",
        /// Limits quantity, variety, price, channel or export without reason.
        Output = "output",
        /// Ties what is not needed.
        Tying = "tying",
        /// Limits suppliers without reason.
        Suppliers = "suppliers",
        /// Bars challenging the validity of the right.
        NoChallenge = "no_challenge",
    }
}

codes! {
    /// Whether the text of a file was read.
    TextState, "text_state" {
        /// Not yet tried.
        Waiting = "waiting",
        /// Read.
        Extracted = "extracted",
        /// Read, but there is none: a scan.
        Empty = "empty",
        /// Not read.
        Failed = "failed",
    }
}

codes! {
    /// Why the text of a file was not read.
    TextProblem, "text_problem" {
        /// Of a kind that has no text, such as a picture.
        NoText = "no_text",
        /// Damaged, or not what its name says.
        Broken = "broken",
        /// Protected by a password.
        Locked = "locked",
        /// Too much once it is unpacked.
        TooLarge = "too_large",
        /// It takes too long.
        Time = "time",
    }
}

codes! {
    /// What is counted outside the ledger and reported by counties with evidence (the founding plan, "Targets the platform must be able to show").
    ReportedIndicator, "reported" {
        /// R&D 经费投入强度, per cent with two decimals.
        RdIntensity = "rd_intensity",
        /// 有研发活动的规上企业占比, per cent with two decimals.
        FirmsWithRd = "firms_with_rd",
        /// 新产品销售收入占比, per cent with two decimals.
        NewProductShare = "new_product_share",
        /// 各类创新平台.
        Platforms = "platforms",
        /// 双创载体.
        Incubators = "incubators",
        /// 高新技术企业.
        HighTechFirms = "high_tech_firms",
        /// 科技支行.
        TechBranches = "tech_branches",
        /// 中试基地.
        PilotBases = "pilot_bases",
        /// 概念验证中心.
        ProofCentres = "proof_centres",
        /// 科技特派员, person-times.
        Commissioners = "commissioners",
        /// 关键核心技术突破.
        Breakthroughs = "breakthroughs",
        /// 新技术.
        NewTechnologies = "new_technologies",
        /// 新产品.
        NewProducts = "new_products",
        /// 农业新品种.
        NewVarieties = "new_varieties",
    }
}

impl ReportedIndicator {
    /// Whether its values are hundredths of a per cent instead of a number of things.
    pub fn is_share(self) -> bool {
        matches!(self, Self::RdIntensity | Self::FirmsWithRd | Self::NewProductShare)
    }

    /// Whether each year brings new ones, so that the values of years are added; else a value says how it stands at the end of the year.
    pub fn is_yearly(self) -> bool {
        matches!(self, Self::Commissioners | Self::Breakthroughs | Self::NewTechnologies | Self::NewProducts | Self::NewVarieties)
    }
}

codes! {
    /// A kind of rule that the law dates: a row with value, source, article and first day (design, promise 10).
    RuleKind, "rule" {
        /// 技术交易额 from which a second officer reviews, fen.
        SecondReview = "second_review",
        /// Working days to decide on a registration.
        DecisionDays = "decision_days",
        /// Working days to decide from the threshold of the second review on, or when disputed.
        DecisionDaysLarge = "decision_days_large",
        /// Amount that several contracts of a pair reach together although each stays below, fen.
        SplittingAmount = "splitting_amount",
        /// Days within which contracts of a pair are added up.
        SplittingDays = "splitting_days",
        /// Days within which a contract the other way round is a circle.
        CircleDays = "circle_days",
        /// How alike title and summary are that count as near-duplicates, per mille of shingles in common.
        NearDuplicate = "near_duplicate",
        /// Least share of net income of transfer or licence for those who made the achievement, per mille.
        RewardTransfer = "reward_transfer",
        /// Least share of the stock for those who made an achievement that is invested, per mille.
        RewardEquity = "reward_equity",
        /// Least share of the yearly profit of an achievement that the unit uses itself, per mille.
        RewardProfit = "reward_profit",
        /// Transfer income of a year that is exempt, fen.
        TaxExempt = "tax_exempt",
        /// Rate of enterprise income tax that the exemption saves, per mille.
        TaxRate = "tax_rate",
        /// A ground on which a registration is refused; the key is a code of `refusal_code`, and 0 takes it out of use.
        Refusal = "refusal",
    }
}

/// What the value of a rule is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleUnit {
    /// Fen.
    Money,
    /// Days, or working days.
    Days,
    /// Per mille.
    Permille,
    /// 1 in use, 0 not.
    InUse,
}

impl RuleKind {
    /// What its values are measured in.
    pub fn unit(self) -> RuleUnit {
        match self {
            Self::SecondReview | Self::SplittingAmount | Self::TaxExempt => RuleUnit::Money,
            Self::DecisionDays | Self::DecisionDaysLarge | Self::SplittingDays | Self::CircleDays => RuleUnit::Days,
            Self::NearDuplicate | Self::RewardTransfer | Self::RewardEquity | Self::RewardProfit | Self::TaxRate => RuleUnit::Permille,
            Self::Refusal => RuleUnit::InUse,
        }
    }
}

/// A rule as the law or a guide has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSeed {
    /// Which.
    pub kind: RuleKind,
    /// Of a refusal its code, else empty.
    pub key: &'static str,
    /// In the unit of the kind.
    pub value: i64,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: &'static str,
    /// Law, guide or practice.
    pub source: &'static str,
    /// Its article, or empty.
    pub article: &'static str,
}

const GUIDE: &str = "技术合同认定登记办事指南";
const CONVERSION_LAW: &str = "中华人民共和国促进科技成果转化法（2015年修订）";
const TAX_RULES: &str = "中华人民共和国企业所得税法实施条例";
const CIVIL_CODE: &str = "中华人民共和国民法典";
const PRACTICE: &str = "本市登记工作惯例";

const fn seed(kind: RuleKind, value: i64, valid_from: &'static str, source: &'static str, article: &'static str) -> RuleSeed {
    RuleSeed { kind, key: "", value, valid_from, source, article }
}

const fn refusal(key: &'static str, source: &'static str, article: &'static str) -> RuleSeed {
    RuleSeed { kind: RuleKind::Refusal, key, value: 1, valid_from: "2000-01-01", source, article }
}

/// What a new installation begins with (domain rules, sections 1 and 2). Officers of the city add rows when law or guide change.
pub const RULE_SEEDS: &[RuleSeed] = &[
    seed(RuleKind::SecondReview, 500_000_000, "2000-01-01", GUIDE, ""),
    seed(RuleKind::DecisionDays, 15, "2000-01-01", GUIDE, ""),
    seed(RuleKind::DecisionDaysLarge, 30, "2000-01-01", GUIDE, ""),
    seed(RuleKind::SplittingAmount, 500_000_000, "2000-01-01", PRACTICE, ""),
    seed(RuleKind::SplittingDays, 90, "2000-01-01", PRACTICE, ""),
    seed(RuleKind::CircleDays, 365, "2000-01-01", PRACTICE, ""),
    seed(RuleKind::NearDuplicate, 700, "2000-01-01", PRACTICE, ""),
    seed(RuleKind::RewardTransfer, 500, "2015-10-01", CONVERSION_LAW, "45"),
    seed(RuleKind::RewardEquity, 500, "2015-10-01", CONVERSION_LAW, "45"),
    seed(RuleKind::RewardProfit, 50, "2015-10-01", CONVERSION_LAW, "45"),
    seed(RuleKind::TaxExempt, 500_000_000, "2008-01-01", TAX_RULES, "90"),
    seed(RuleKind::TaxRate, 250, "2008-01-01", TAX_RULES, "90"),
    refusal("not_in_force", GUIDE, ""),
    refusal("not_technical", CIVIL_CODE, "843"),
    refusal("unclear", CIVIL_CODE, "845"),
    refusal("approval_missing", GUIDE, ""),
    refusal("title_contradicts", GUIDE, ""),
    refusal("monopolistic", CIVIL_CODE, "850"),
    refusal("proof_missing", GUIDE, ""),
    refusal("seal_missing", GUIDE, ""),
    refusal("other", PRACTICE, ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RefusalCode, parse_date};

    #[test]
    fn every_kind_of_rule_and_every_refusal_has_a_beginning() {
        for kind in RuleKind::ALL {
            assert!(RULE_SEEDS.iter().any(|s| s.kind == *kind), "{kind}");
        }
        for code in RefusalCode::ALL {
            assert!(RULE_SEEDS.iter().any(|s| s.kind == RuleKind::Refusal && s.key == code.code()), "{code}");
        }
        assert!(RULE_SEEDS.iter().all(|s| parse_date(s.valid_from).is_some() && !s.source.is_empty()));
    }
}
