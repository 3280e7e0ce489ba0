//! Forms as people fill them: complete unless a test says otherwise.

use keqiao_model::{Clause, ContractSection, CreditCode, Fen, Fields, LegalKind, MonopolyClause, OrganisationKind, PatentNumber};

use crate::Typed;

/// The credit code of the organisation of this number in 云汀市.
pub fn credit_code(number: u32) -> String {
    CreditCode::complete("91990100", &format!("MA{number:06}")).unwrap().as_str().to_owned()
}

fn set(fields: &mut Fields, name: &str, value: &str) {
    fields.0.retain(|(n, _)| n != name);
    fields.push(name, value);
}

/// What every builder can do: set any field, leave one out, be typed into a form.
macro_rules! form {
    ($(#[$meta:meta])* $name:ident { $($(#[$setter_meta:meta])* $setter:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name(Fields);

        impl $name {
            $($(#[$setter_meta])*
            #[must_use]
            pub fn $setter(self, value: &str) -> Self {
                self.set(stringify!($setter), value)
            })*

            /// The same form with another value in a field.
            #[must_use]
            pub fn set(mut self, name: &str, value: &str) -> Self {
                set(&mut self.0, name, value);
                self
            }

            /// The same form without a field.
            #[must_use]
            pub fn without(mut self, name: &str) -> Self {
                self.0.0.retain(|(n, _)| n != name);
                self
            }

            /// Its names and values.
            pub fn fields(&self) -> Fields {
                self.0.clone()
            }
        }
    };
}

/// Builders of which a form shows every field.
macro_rules! typed_whole {
    ($($name:ident),+) => {
        $(impl Typed for $name {
            fn typed(self) -> Vec<(String, String)> {
                self.0.0
            }
        })+
    };
}

typed_whole!(DemandForm, AchievementForm, TermsForm, OrganisationForm);

form! {
    /// A demand: an enterprise of 云汀 whose spindle bearings fail.
    DemandForm {
        /// 标题.
        title,
        /// 公开摘要.
        summary,
        /// 难题.
        problem,
        /// 保密详情.
        detail,
        /// 关键词.
        keywords,
        /// 截止日期.
        deadline,
    }
}

impl DemandForm {
    /// Everything that review needs.
    pub fn complete() -> Self {
        let fields = [
            ("title", "高速数控机床主轴轴承寿命不足"),
            ("language", "zh-CN"),
            ("summary", "主轴轴承在每分钟 24000 转下温升过高，寿命不到 3000 小时，寻求陶瓷轴承与润滑方案。"),
            ("background", "公司每年生产数控机床 600 台，主轴故障占售后的四成。"),
            ("current", "现用钢制角接触球轴承，油脂润滑。"),
            ("problem", "高转速下保持架磨损，润滑脂流失，温升超过 25 ℃。"),
            ("tried", "试过进口油脂，寿命只提高一成。"),
            ("indicators.0.name", "轴承寿命"),
            ("indicators.0.operator", "ge"),
            ("indicators.0.value", "8000"),
            ("indicators.0.unit", "h"),
            ("indicators.0.method", "GB/T 24607 台架试验"),
            ("trl", "7"),
            ("field", "manufacturing"),
            ("industry", "C34"),
            ("chain_node", "功能部件"),
            ("keywords", "主轴，陶瓷轴承，润滑"),
            ("cooperation", "development"),
            ("cooperation", "joint"),
            ("price_min", "50万"),
            ("price_max", "120万"),
            ("deadline", "2027-03-31"),
        ];
        Self(fields.into_iter().collect())
    }
}

form! {
    /// An achievement: an institute of 云汀 that makes ceramic bearings.
    AchievementForm {
        /// 标题.
        title,
        /// 公开摘要.
        summary,
        /// 保密详情.
        detail,
        /// 关键词.
        keywords,
    }
}

impl AchievementForm {
    /// Everything that review needs.
    pub fn complete() -> Self {
        let patent = PatentNumber::parse("ZL201710601862.3").unwrap().to_string();
        let fields = [
            ("title", "氮化硅陶瓷轴承及其微量润滑技术"),
            ("language", "zh-CN"),
            ("one_sentence", "让高速主轴轴承寿命提高到 10000 小时。"),
            ("summary", "氮化硅陶瓷球与微量油气润滑结合，主轴轴承温升低于 12 ℃，已在数控机床上试用。"),
            ("advantage", "寿命是钢制轴承的三倍，温升降低一半。"),
            ("applications", "两家机床厂试用 18 个月。"),
            ("indicators.0.name", "轴承寿命"),
            ("indicators.0.operator", "ge"),
            ("indicators.0.value", "10000"),
            ("indicators.0.unit", "h"),
            ("indicators.0.method", "台架试验"),
            ("trl", "7"),
            ("trl_evidence", "第三方检测报告与用户试用报告。"),
            ("field", "manufacturing"),
            ("industry", "C34"),
            ("discipline", "460"),
            ("keywords", "陶瓷轴承，主轴，油气润滑"),
            ("cooperation", "license"),
            ("cooperation", "development"),
            ("price_kind", "negotiable"),
            ("price_min", "80万"),
            ("price_max", "150万"),
            ("ownership", "unit"),
            ("funding", "省重点研发计划"),
            ("ip.0.kind", "invention"),
            ("ip.0.number", patent.as_str()),
            ("ip.0.status", "granted"),
            ("inventors.0.name", "林研究员"),
            ("inventors.0.share", "60"),
            ("inventors.1.name", "周工程师"),
            ("inventors.1.share", "40"),
        ];
        Self(fields.into_iter().collect())
    }
}

form! {
    /// A contract of a deal.
    ContractForm {
        /// 项目名称.
        title,
        /// 成交额.
        value,
        /// 技术交易额.
        technical_value,
        /// 第一天.
        starts_on,
        /// 最后一天.
        ends_on,
    }
}

impl ContractForm {
    /// Everything that registration needs; the parties come from the deal. Typed into the form of a new contract it is what that asks; the rest is
    /// typed part by part ([`ContractForm::section`]).
    pub fn complete() -> Self {
        let fields = [
            ("title", "高速主轴陶瓷轴承委托开发"),
            ("subkind", "commissioned"),
            ("field", "manufacturing"),
            ("summary", "乙方为甲方开发寿命不低于 8000 小时的陶瓷主轴轴承。"),
            ("signed_on", "2026-07-20"),
            ("starts_on", "2026-08-01"),
            ("ends_on", "2027-07-31"),
            ("value", "1200000"),
            ("technical_value", "900000"),
            ("deduction_reason", "检测台架等设备费"),
            ("payment", "lump"),
            ("industry", "C34"),
            ("objective", "industry"),
            ("plan_source", "none"),
            ("ip", "know_how"),
            ("ip_share", "成果归甲方所有。"),
        ];
        let mut form = Self(fields.into_iter().collect());
        for clause in Clause::ALL {
            form = form.set(&format!("clauses.{clause}"), "stated").set(&format!("clauses.{clause}.place"), "第一条");
        }
        for clause in MonopolyClause::ALL {
            form = form.set(&format!("monopoly.{clause}"), "none");
        }
        form
    }

    /// What is typed into one part of the form; the deduction that leaves its technical value as a line.
    pub fn section(&self, section: ContractSection) -> Vec<(String, String)> {
        let typed_elsewhere = ["technical_value", "deduction_reason", "clauses.patent", "clauses.patent.place"];
        let own = |name: &str| ContractSection::of(name) == Some(section) && !typed_elsewhere.contains(&name);
        let mut typed: Vec<(String, String)> = self.0.0.iter().filter(|(name, _)| own(name)).cloned().collect();
        let money = |name| Fen::parse_yuan(self.0.value(name)).unwrap();
        if section == ContractSection::Amounts {
            let rest = money("value").checked_sub(money("technical_value")).unwrap();
            let line = [("kind", "equipment"), ("words", "检测台架"), ("amount", &rest.format_input()), ("reason", "不属于技术性费用")];
            typed.extend(line.map(|(column, value)| (format!("deductions.0.{column}"), value.to_owned())));
        }
        typed
    }

    /// The same contract with a buyer that no deal names.
    #[must_use]
    pub fn buyer(self, name: &str, credit_code: &str) -> Self {
        self.set("buyer_name", name).set("buyer_credit_code", credit_code)
    }
}

impl Typed for ContractForm {
    fn typed(self) -> Vec<(String, String)> {
        const LATER: [&str; 11] = [
            "technical_value",
            "deduction_reason",
            "industry",
            "objective",
            "plan_source",
            "ip",
            "ip_share",
            "clauses",
            "monopoly",
            "deductions",
            "payments",
        ];
        self.0.0.into_iter().filter(|(name, _)| !LATER.contains(&name.split('.').next().unwrap_or_default())).collect()
    }
}

form! {
    /// A proposal of terms, the first of a deal.
    TermsForm {
        /// 价款.
        price,
        /// 付款方式.
        payment,
        /// 验收.
        acceptance,
        /// The last proposal the sender saw.
        edition,
        /// 说明.
        note,
    }
}

impl TermsForm {
    /// Everything a proposal needs.
    pub fn complete() -> Self {
        let fields = [
            ("kind", "development"),
            ("price", "120万"),
            ("payment", "lump"),
            ("ip", "seller"),
            ("benefit", "后续改进由双方另行约定。"),
            ("acceptance", "按 GB/T 24607 台架试验，寿命不低于 8000 小时。"),
            ("note", "按洽谈结果整理。"),
            ("edition", "0"),
        ];
        Self(fields.into_iter().collect())
    }
}

form! {
    /// An organisation.
    OrganisationForm {
        /// 名称.
        name,
        /// 统一社会信用代码.
        credit_code,
        /// 区县.
        region,
        /// 简介.
        summary,
        /// 网址.
        website,
    }
}

impl OrganisationForm {
    /// A company of 汀南区.
    pub fn enterprise(name: &str) -> Self {
        let fields = [
            ("credit_code", credit_code(900_000).as_str()),
            ("name", name),
            ("name_en", ""),
            ("kind", OrganisationKind::Enterprise.code()),
            ("legal_kind", LegalKind::Limited.code()),
            ("region", "990102"),
            ("industry", "C34"),
            ("summary", "从事装备制造。"),
            ("website", "https://example.cn"),
        ]
        .into_iter()
        .collect();
        Self(fields)
    }

    /// An institute of 汀北区 in the form of a company, which prices as it likes.
    pub fn institute(name: &str) -> Self {
        Self::enterprise(name)
            .kind(OrganisationKind::Institute)
            .set("legal_kind", LegalKind::Limited.code())
            .region("990103")
            .set("industry", "M73")
            .summary("从事材料与润滑研究。")
    }

    /// A public research institute (事业单位), which puts agreed prices on public notice.
    pub fn public_institute(name: &str) -> Self {
        Self::institute(name).set("legal_kind", LegalKind::ResearchInstitute.code())
    }

    /// The same organisation of another kind.
    #[must_use]
    pub fn kind(self, kind: OrganisationKind) -> Self {
        self.set("kind", kind.code())
    }
}
