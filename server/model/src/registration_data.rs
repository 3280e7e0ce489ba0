//! What the registration form asks of a contract beyond its outline: a draft may lack it, handing in may not.
//!
//! Source: form fields and amounts of the registration guide (domain rules, section 1); 民法典 845, 846; 最高人民法院技术合同司法解释 10, 25.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::{
    Check, Clauses, Coded, ContractContent, ContractIp, ContractKind, ContractSubkind, DeductionKind, Fen, FieldError, Fields, IpKind,
    Licence, Objective, PatentNumber, PaymentWay, PlanSource, RoyaltyBase, format_date, is_industry, parse_date, taxonomy::codes,
};

/// Most lines of deductions, of instalments and of numbers.
pub const LINES_MAX: usize = 50;
/// Longest words of a line, characters.
const WORDS_MAX: usize = 200;
/// Longest number of a right, characters.
const NUMBER_MAX: usize = 60;
/// Longest words on who owns what, characters.
const SHARE_MAX: usize = 500;

codes! {
    /// A part of the contract form, in the order of its task list.
    ContractSection, "contract_section" {
        /// Seller and buyer.
        Parties = "parties",
        /// What it is about, and for how long.
        Subject = "subject",
        /// 成交额, deductions, 技术交易额.
        Amounts = "amounts",
        /// How it is paid.
        Payment = "payment",
        /// Intellectual property.
        Ip = "ip",
        /// The check-lists of its clauses.
        Clauses = "clauses",
        /// The text.
        Files = "files",
        /// Everything once more, and handing in.
        Check = "check",
    }
}

impl ContractSection {
    /// The part that a field stands in.
    pub fn of(field: &str) -> Option<Self> {
        Some(match field.split('.').next().unwrap_or_default() {
            "buyer_name" | "buyer_credit_code" | "buyer_kind" | "buyer_legal_kind" | "buyer_region" | "achievement" => Self::Parties,
            "title" | "kind" | "subkind" | "field" | "industry" | "objective" | "plan_source" | "summary" | "signed_on" | "starts_on"
            | "ends_on" | "new_input" | "new_output" => Self::Subject,
            "value" | "technical_value" | "deductions" | "deduction_reason" => Self::Amounts,
            "payment" | "payments" | "royalty_base" => Self::Payment,
            "ip" | "ip_numbers" | "ip_share" | "licence" => Self::Ip,
            "clauses" | "monopoly" => Self::Clauses,
            "file" => Self::Files,
            _ => return None,
        })
    }

    /// The table with lines in this part, and its columns.
    pub fn table(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::Amounts => Some(("deductions", &["kind", "words", "amount", "reason"])),
            Self::Payment => Some(("payments", &["due", "amount", "condition"])),
            _ => None,
        }
    }
}

/// Something in the price that is not technical.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deduction {
    /// What kind of thing.
    pub kind: DeductionKind,
    /// What it is.
    pub words: String,
    /// What of the price it is.
    pub amount: Fen,
    /// Why it is not technical.
    pub reason: String,
}

/// A part of the price that is due on a day, or when something has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// On which day.
    pub due: Option<Date>,
    /// How much.
    pub amount: Fen,
    /// When what has happened.
    pub condition: String,
}

/// The rest of the registration form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrationData {
    /// 国民经济行业 (GB/T 4754), or empty.
    pub industry: String,
    /// 社会经济目标.
    pub objective: Option<Objective>,
    /// 计划来源.
    pub plan_source: Option<PlanSource>,
    /// 预计新增投入, of transfers.
    pub new_input: Option<Fen>,
    /// 预计新增产值, of transfers.
    pub new_output: Option<Fen>,
    /// What makes 技术交易额 less than 成交额.
    pub deductions: Vec<Deduction>,
    /// What is due when.
    pub payments: Vec<Instalment>,
    /// What a royalty is measured by.
    pub royalty_base: Option<RoyaltyBase>,
    /// 知识产权类别.
    pub ip: Option<ContractIp>,
    /// Numbers of its rights; of patents normalised.
    pub ip_numbers: Vec<String>,
    /// Who owns what.
    pub ip_share: String,
    /// How far a licence goes.
    pub licence: Option<Licence>,
    /// The check-lists of clauses.
    pub clauses: Clauses,
}

impl ContractIp {
    /// The kind of patent it is, if it is one.
    pub fn patent(self) -> Option<IpKind> {
        match self {
            Self::Invention => Some(IpKind::Invention),
            Self::UtilityModel => Some(IpKind::Utility),
            Self::Design => Some(IpKind::Design),
            _ => None,
        }
    }
}

impl ContractSubkind {
    /// Whether it is about a patent, or the right to one.
    pub fn is_patent(self) -> bool {
        matches!(self, Self::Patent | Self::PatentApplication | Self::PatentLicence)
    }
}

impl PaymentWay {
    /// Whether a royalty is paid, so that something measures it (民法典 846).
    pub fn is_royalty(self) -> bool {
        matches!(self, Self::Royalty | Self::EntryPlusRoyalty)
    }
}

/// A choice that may be left open.
fn choice<T: Coded>(check: &mut Check, fields: &Fields, name: &str) -> Option<T> {
    let typed = fields.value(name).trim();
    let value = T::from_code(typed);
    check.ensure(value.is_some() || typed.is_empty(), name, "choice");
    value
}

/// An amount that may be left open.
fn amount(check: &mut Check, name: &str, typed: &str) -> Option<Fen> {
    if typed.trim().is_empty() { None } else { check.take(Fen::parse_yuan(typed), |e| e.at(name)) }
}

/// The lines of a table in which anything but a choice was typed.
fn lines(fields: &Fields, table: &str, typed: &[&str]) -> Vec<(usize, Fields)> {
    let filled = |row: &Fields| typed.iter().any(|column| !row.value(column).trim().is_empty());
    fields.rows(table).into_iter().filter(|(_, row)| filled(row)).collect()
}

fn deductions(check: &mut Check, fields: &Fields) -> Vec<Deduction> {
    let mut read = Vec::new();
    for (index, row) in lines(fields, "deductions", &["words", "amount", "reason"]) {
        let at = |column: &str| format!("deductions.{index}.{column}");
        let kind = DeductionKind::from_code(row.value("kind").trim());
        check.ensure(kind.is_some(), &at("kind"), if row.value("kind").trim().is_empty() { "required" } else { "choice" });
        let words = check.optional(&at("words"), row.value("words"), WORDS_MAX);
        let reason = check.optional(&at("reason"), row.value("reason"), WORDS_MAX);
        let amount = amount(check, &at("amount"), row.value("amount"));
        if row.value("amount").trim().is_empty() {
            check.refuse(FieldError::new(at("amount"), "required"));
        }
        check.ensure(amount != Some(Fen::ZERO), &at("amount"), "positive");
        if let (Some(kind), Some(amount)) = (kind, amount) {
            read.push(Deduction { kind, words, amount, reason });
        }
    }
    check.ensure(read.len() <= LINES_MAX, "deductions", "too_many_rows");
    read
}

fn payments(check: &mut Check, fields: &Fields) -> Vec<Instalment> {
    let mut read = Vec::new();
    for (index, row) in lines(fields, "payments", &["due", "amount", "condition"]) {
        let at = |column: &str| format!("payments.{index}.{column}");
        let due = row.value("due").trim();
        let day = parse_date(due);
        check.ensure(due.is_empty() || day.is_some(), &at("due"), "date");
        let condition = check.optional(&at("condition"), row.value("condition"), WORDS_MAX);
        let amount = amount(check, &at("amount"), row.value("amount"));
        if row.value("amount").trim().is_empty() {
            check.refuse(FieldError::new(at("amount"), "required"));
        }
        check.ensure(amount != Some(Fen::ZERO), &at("amount"), "positive");
        if let Some(amount) = amount {
            read.push(Instalment { due: day, amount, condition });
        }
    }
    check.ensure(read.len() <= LINES_MAX, "payments", "too_many_rows");
    read
}

/// The numbers of rights, one a line; those of patents must hold.
fn numbers(check: &mut Check, fields: &Fields, ip: Option<ContractIp>) -> Vec<String> {
    let typed = fields.value("ip_numbers").split(['\n', ';', '；', '、']).map(str::trim).filter(|line| !line.is_empty());
    let mut read = Vec::new();
    for line in typed {
        let Some(kind) = ip.and_then(ContractIp::patent) else {
            read.push(check.optional("ip_numbers", line, NUMBER_MAX));
            continue;
        };
        if let Some(number) = check.take(PatentNumber::parse(line), |e| e.at("ip_numbers")) {
            check.ensure(number.kind() == kind, "ip_numbers", "patent_kind");
            read.push(number.to_string());
        }
    }
    check.ensure(read.len() <= LINES_MAX, "ip_numbers", "too_many_rows");
    read
}

/// The sum of amounts, at most what an integer holds.
fn sum(amounts: impl Iterator<Item = Fen>) -> Fen {
    Fen::new(amounts.fold(0_i64, |sum, amount| sum.saturating_add(amount.fen())))
}

/// What the deductions of a form come to; `None` without any, or when one of them cannot be read.
pub(crate) fn deducted(fields: &Fields) -> Option<Fen> {
    let mut check = Check::new();
    let read = deductions(&mut check, fields);
    (check.is_clean() && !read.is_empty()).then(|| sum(read.iter().map(|d| d.amount)))
}

impl RegistrationData {
    /// Reads the rest of the form; nothing is required here. A technical value that was given without deductions (`technical_value`, from a file
    /// or another register) becomes one line over the difference, with `deduction_reason` as its reason.
    ///
    /// # Errors
    /// Every reason at its field.
    pub fn read(fields: &Fields) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::new();
        let industry = fields.value("industry").trim();
        check.ensure(industry.is_empty() || is_industry(industry), "industry", "choice");
        let objective = choice(&mut check, fields, "objective");
        let plan_source = choice(&mut check, fields, "plan_source");
        let new_input = amount(&mut check, "new_input", fields.value("new_input"));
        let new_output = amount(&mut check, "new_output", fields.value("new_output"));
        let mut deductions = deductions(&mut check, fields);
        if deductions.is_empty()
            && let (Ok(value), Ok(technical)) = (Fen::parse_yuan(fields.value("value")), Fen::parse_yuan(fields.value("technical_value")))
            && let Some(amount) = value.checked_sub(technical).filter(|rest| *rest > Fen::ZERO)
        {
            let reason = check.optional("deduction_reason", fields.value("deduction_reason"), WORDS_MAX);
            deductions.push(Deduction { kind: DeductionKind::Other, words: String::new(), amount, reason });
        }
        let payments = payments(&mut check, fields);
        let royalty_base = choice(&mut check, fields, "royalty_base");
        let ip = choice(&mut check, fields, "ip");
        let ip_numbers = numbers(&mut check, fields, ip);
        let ip_share = check.optional("ip_share", fields.value("ip_share"), SHARE_MAX);
        let licence = choice(&mut check, fields, "licence");
        let clauses = Clauses::read(&mut check, fields);
        check.finish(Self {
            industry: industry.to_owned(),
            objective,
            plan_source,
            new_input,
            new_output,
            deductions,
            payments,
            royalty_base,
            ip,
            ip_numbers,
            ip_share,
            licence,
            clauses,
        })
    }

    /// The fields of a form that shows this.
    pub fn to_fields(&self) -> Fields {
        let money = |amount: Option<Fen>| amount.map(Fen::format_input).unwrap_or_default();
        let mut fields: Fields = [
            ("industry", self.industry.clone()),
            ("objective", self.objective.map_or("", |o| o.code()).to_owned()),
            ("plan_source", self.plan_source.map_or("", |p| p.code()).to_owned()),
            ("new_input", money(self.new_input)),
            ("new_output", money(self.new_output)),
            ("royalty_base", self.royalty_base.map_or("", |b| b.code()).to_owned()),
            ("ip", self.ip.map_or("", |i| i.code()).to_owned()),
            ("ip_numbers", self.ip_numbers.join("\n")),
            ("ip_share", self.ip_share.clone()),
            ("licence", self.licence.map_or("", |l| l.code()).to_owned()),
        ]
        .into_iter()
        .collect();
        for (index, line) in self.deductions.iter().enumerate() {
            fields.push(format!("deductions.{index}.kind"), line.kind.code());
            fields.push(format!("deductions.{index}.words"), line.words.as_str());
            fields.push(format!("deductions.{index}.amount"), line.amount.format_input());
            fields.push(format!("deductions.{index}.reason"), line.reason.as_str());
        }
        for (index, line) in self.payments.iter().enumerate() {
            fields.push(format!("payments.{index}.due"), line.due.map(format_date).unwrap_or_default());
            fields.push(format!("payments.{index}.amount"), line.amount.format_input());
            fields.push(format!("payments.{index}.condition"), line.condition.as_str());
        }
        self.clauses.push_fields(&mut fields);
        fields
    }

    /// What is taken off the price.
    pub fn deducted(&self) -> Fen {
        sum(self.deductions.iter().map(|d| d.amount))
    }

    /// Whether a contract is about patents, so that its text has to name them (民法典 845).
    pub fn concerns_patents(&self, content: &ContractContent) -> bool {
        content.subkind.is_patent() || self.ip.is_some_and(|ip| ip.patent().is_some())
    }

    /// What a contract lacks before it can be handed in, each at its field; in the order of the form.
    pub fn problems(&self, content: &ContractContent) -> Vec<FieldError> {
        let mut check = Check::new();
        check.ensure(!self.industry.is_empty(), "industry", "required");
        check.ensure(self.objective.is_some(), "objective", "required");
        check.ensure(self.plan_source.is_some(), "plan_source", "required");
        if content.kind == ContractKind::Transfer {
            check.ensure(self.new_input.is_some(), "new_input", "required");
            check.ensure(self.new_output.is_some(), "new_output", "required");
        }
        for (index, line) in self.deductions.iter().enumerate() {
            check.ensure(!line.reason.is_empty(), &format!("deductions.{index}.reason"), "required");
        }
        let rest = Fen::new(content.value.fen().saturating_sub(content.technical_value.fen()));
        if self.deducted() != rest {
            check.refuse(FieldError::new("deductions", "deductions_unexplained").with("amount", rest.format_yuan()));
        }
        self.check_payment(content, &mut check);
        check.ensure(self.ip.is_some(), "ip", "required");
        if content.subkind.is_patent() && self.ip.is_some_and(|ip| ip.patent().is_none()) {
            check.refuse(FieldError::new("ip", "ip_patent_needed"));
        }
        if self.ip.is_some_and(|ip| ip.patent().is_some()) {
            check.ensure(!self.ip_numbers.is_empty(), "ip_numbers", "required");
        }
        if content.kind == ContractKind::License {
            check.ensure(self.licence.is_some(), "licence", "required");
        }
        for problem in self.clauses.problems(self.concerns_patents(content)) {
            check.refuse(problem);
        }
        check.finish(()).err().unwrap_or_default()
    }

    /// 民法典 846: instalments add up to the price, a royalty is measured by something.
    fn check_payment(&self, content: &ContractContent, check: &mut Check) {
        for (index, line) in self.payments.iter().enumerate() {
            check.ensure(line.due.is_some() || !line.condition.is_empty(), &format!("payments.{index}.due"), "day_or_condition");
        }
        if content.payment == PaymentWay::Instalments {
            let paid = sum(self.payments.iter().map(|p| p.amount));
            if self.payments.is_empty() {
                check.refuse(FieldError::new("payments", "instalments_required"));
            } else if paid != content.value {
                let error = FieldError::new("payments", "instalments_sum").with("sum", paid.format_yuan());
                check.refuse(error.with("value", content.value.format_yuan()));
            }
        }
        if content.payment.is_royalty() {
            check.ensure(self.royalty_base.is_some(), "royalty_base", "required");
        }
    }
}

/// The lines of a table in a form without those in which nothing was typed, numbered anew.
#[must_use]
pub fn without_empty_lines(fields: &Fields, table: &str, columns: &[&str]) -> Fields {
    let typed: Vec<&str> = columns.iter().copied().filter(|c| *c != "kind").collect();
    let prefix = format!("{table}.");
    let mut kept = Fields(fields.0.iter().filter(|(name, _)| !name.starts_with(&prefix)).cloned().collect());
    for (index, (_, row)) in lines(fields, table, &typed).into_iter().enumerate() {
        for column in columns {
            kept.push(format!("{table}.{index}.{column}"), row.value(column));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn outline(changes: &[(&str, &str)]) -> Fields {
        let fields = [
            ("title", "高速主轴陶瓷轴承委托开发"),
            ("summary", "开发陶瓷主轴轴承。"),
            ("kind", "development"),
            ("subkind", "commissioned"),
            ("field", "manufacturing"),
            ("payment", "lump"),
            ("signed_on", "2026-07-20"),
            ("starts_on", "2026-08-01"),
            ("ends_on", "2027-07-31"),
            ("value", "120万"),
            ("industry", "C34"),
            ("objective", "industry"),
            ("plan_source", "none"),
            ("ip", "know_how"),
        ];
        let clauses = Clauses::complete();
        let kept = fields.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).chain(clauses.0);
        let kept: Vec<_> = kept.filter(|(n, _)| changes.iter().all(|(c, _)| c != n)).collect();
        kept.into_iter().chain(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))).collect()
    }

    impl Clauses {
        fn complete() -> Fields {
            let mut fields = Fields::default();
            for clause in crate::Clause::ALL {
                fields.push(format!("clauses.{clause}"), "stated");
                fields.push(format!("clauses.{clause}.place"), "第一条");
            }
            for clause in crate::MonopolyClause::ALL {
                fields.push(format!("monopoly.{clause}"), "none");
            }
            fields
        }
    }

    /// Reasons of both readers, then what is lacking.
    fn reasons(changes: &[(&str, &str)]) -> Vec<String> {
        let fields = outline(changes);
        let say = |errors: Vec<FieldError>| errors.into_iter().map(|e| format!("{}: {}", e.field, e.code)).collect::<Vec<_>>();
        match (ContractContent::read(&fields, date!(2026 - 08 - 01)), RegistrationData::read(&fields)) {
            (Ok(content), Ok(data)) => say(data.problems(&content)),
            (content, data) => say(content.err().into_iter().chain(data.err()).flatten().collect()),
        }
    }

    /// Domain rules, section 1 "Form fields"; 民法典 845, 846; 最高人民法院技术合同司法解释 25.
    #[test]
    fn what_a_contract_lacks_before_it_can_be_handed_in() {
        let check = |changes: &[(&str, &str)], expected: &[&str]| assert_eq!(reasons(changes), expected, "{changes:?}");
        check(&[], &[]);
        check(&[("industry", "")], &["industry: required"]);
        check(&[("industry", "Z99")], &["industry: choice"]);
        check(&[("objective", ""), ("plan_source", ""), ("ip", "")], &["objective: required", "plan_source: required", "ip: required"]);
        let transfer = [("kind", "transfer"), ("subkind", "know_how")];
        check(&transfer, &["new_input: required", "new_output: required"]);
        check(&[transfer[0], transfer[1], ("new_input", "50万"), ("new_output", "0")], &[]);
        check(&[("kind", "license"), ("subkind", "know_how_licence")], &["licence: required"]);
        check(&[("kind", "license"), ("subkind", "know_how_licence"), ("licence", "sole")], &[]);
        check(&[("payment", "royalty")], &["royalty_base: required"]);
        check(&[("payment", "entry_plus_royalty"), ("royalty_base", "sales")], &[]);
        check(&[("clauses.terms", "")], &["clauses.terms: required"]);
        check(&[("clauses.terms.place", "")], &["clauses.terms.place: required"]);
        check(&[("clauses.terms", "missing")], &[]);
        check(&[("monopoly.tying", "flagged")], &["monopoly.tying.words: required"]);
    }

    /// Domain rules, section 1 "Amounts": 技术交易额 = 成交额 − deductions, each a line with a reason.
    #[test]
    fn the_technical_value_follows_from_the_deductions() {
        let line = |amount: &'static str, reason: &'static str| {
            vec![
                ("deductions.0.kind", "equipment"),
                ("deductions.0.words", "台架"),
                ("deductions.0.amount", amount),
                ("deductions.0.reason", reason),
            ]
        };
        let technical =
            |changes: &[(&str, &str)]| ContractContent::read(&outline(changes), date!(2026 - 08 - 01)).map(|c| c.technical_value.fen());
        assert_eq!(technical(&[]), Ok(120_000_000), "without deductions all of it");
        assert_eq!(technical(&line("30 万元", "检测台架")), Ok(90_000_000));
        assert_eq!(technical(&line("120万", "都是设备")), Ok(0));
        assert_eq!(technical(&[&line("30万", "台架")[..], &[("technical_value", "1")]].concat()), Ok(90_000_000), "typed is not believed");
        assert_eq!(technical(&[("technical_value", "900000")]), Ok(90_000_000), "as another register has it");
        let check = |changes: &[(&str, &str)], expected: &[&str]| assert_eq!(reasons(changes), expected, "{changes:?}");
        check(&line("30万", "检测台架"), &[]);
        check(&line("30万", ""), &["deductions.0.reason: required"]);
        check(&line("120.01万", "x"), &["deductions: deductions_over_value"]);
        check(&line("", "x"), &["deductions.0.amount: required"]);
        check(&line("0", "x"), &["deductions.0.amount: positive"]);
        check(&line("-1", "x"), &["deductions.0.amount: money_negative"]);
        check(&[("deductions.3.kind", "equipment")], &[]);
        check(&[("deductions.0.amount", "1")], &["deductions.0.kind: required"]);
        check(&[("technical_value", "90万")], &["deductions.0.reason: required"]);
        check(&[("technical_value", "90万"), ("deduction_reason", "设备费")], &[]);
        check(&[("technical_value", "120.01万")], &["technical_value: technical_over_total"]);
    }

    #[test]
    fn an_amount_without_its_lines_is_unexplained() {
        let fields = outline(&[("technical_value", "90万"), ("deduction_reason", "设备费")]);
        let content = ContractContent::read(&fields, date!(2026 - 08 - 01)).unwrap();
        let older = RegistrationData { deductions: Vec::new(), ..RegistrationData::read(&fields).unwrap() };
        let problems = older.problems(&content);
        assert_eq!(problems, [FieldError::new("deductions", "deductions_unexplained").with("amount", "300,000.00")]);
    }

    /// 民法典 846.
    #[test]
    fn instalments_add_up_to_the_price() {
        let two = |first: &'static str, second: &'static str| {
            vec![
                ("payment", "instalments"),
                ("payments.0.due", "2026-09-01"),
                ("payments.0.amount", first),
                ("payments.1.amount", second),
                ("payments.1.condition", "验收合格后 30 日内"),
            ]
        };
        let check = |changes: &[(&str, &str)], expected: &[&str]| assert_eq!(reasons(changes), expected, "{changes:?}");
        check(&two("40万", "80万"), &[]);
        check(&two("40万", "79.99万"), &["payments: instalments_sum"]);
        check(&two("４０万", "８００，０００．００"), &[]);
        check(&[("payment", "instalments")], &["payments: instalments_required"]);
        check(&[("payment", "instalments"), ("payments.0.amount", "120万")], &["payments.0.due: day_or_condition"]);
        check(&[("payments.0.due", "soon"), ("payments.0.amount", "1")], &["payments.0.due: date"]);
    }

    /// ZC 0006-2003 (patent numbers); 民法典 845.
    #[test]
    fn numbers_of_patents_hold() {
        let check = |changes: &[(&str, &str)], expected: &[&str]| assert_eq!(reasons(changes), expected, "{changes:?}");
        check(&[("ip", "invention")], &["ip_numbers: required"]);
        check(&[("ip", "invention"), ("ip_numbers", "ZL 201710601862.3")], &[]);
        check(&[("ip", "invention"), ("ip_numbers", "ZL201710601862.4")], &["ip_numbers: patent_number_check"]);
        check(&[("ip", "design"), ("ip_numbers", "ZL201710601862.3")], &["ip_numbers: patent_kind"]);
        check(&[("ip", "software"), ("ip_numbers", "2026SR0001234")], &[]);
        let patent = [("kind", "transfer"), ("subkind", "patent"), ("new_input", "1"), ("new_output", "1")];
        check(&patent, &["ip: ip_patent_needed"]);
        let data = RegistrationData::read(&outline(&[("ip", "invention"), ("ip_numbers", "CN2017106018623\r\nzl 97101765.4")])).unwrap();
        assert_eq!(data.ip_numbers, ["CN201710601862.3", "ZL97101765.4"]);
    }

    #[test]
    fn a_form_shows_what_was_read() {
        let fields = outline(&[
            ("deductions.0.kind", "parts"),
            ("deductions.0.amount", "1.5万"),
            ("payments.0.due", "2026-09-01"),
            ("payments.0.amount", "3"),
            ("ip", "invention"),
            ("ip_numbers", "ZL201710601862.3"),
            ("licence", "sole"),
            ("royalty_base", "profit"),
            ("new_input", "１２万"),
        ]);
        let data = RegistrationData::read(&fields).unwrap();
        assert_eq!(RegistrationData::read(&data.to_fields()).unwrap(), data);
    }

    #[test]
    fn empty_lines_leave_no_gap() {
        let fields: Fields = [("value", "1"), ("deductions.0.kind", "parts"), ("deductions.2.amount", "5"), ("deductions.2.kind", "other")]
            .into_iter()
            .collect();
        let (table, columns) = ContractSection::Amounts.table().unwrap();
        let kept = without_empty_lines(&fields, table, columns);
        assert_eq!((kept.value("deductions.0.amount"), kept.value("deductions.0.kind"), kept.value("value")), ("5", "other", "1"));
        assert_eq!(kept.rows("deductions").len(), 1);
    }

    #[test]
    fn every_field_has_its_part() {
        let data = RegistrationData::read(&outline(&[("deductions.0.kind", "parts"), ("deductions.0.amount", "1")])).unwrap();
        let content = ContractContent::read(&outline(&[]), date!(2026 - 08 - 01)).unwrap();
        for (name, _) in data.to_fields().0.into_iter().chain(content.to_fields().0) {
            assert!(ContractSection::of(&name).is_some(), "{name}");
        }
        assert_eq!(ContractSection::of("version"), None);
    }

    /// What people type as 成交额, by name: limits of i64, fractions of a fen, full-width digits, 万元 and 亿元.
    #[test]
    fn amounts_as_people_type_them() {
        let check = |typed: &str, expected: Result<i64, &str>| {
            let read = ContractContent::read(&outline(&[("value", typed)]), date!(2026 - 08 - 01));
            let got = read.map(|c| c.value.fen()).map_err(|e| e[0].code.clone());
            assert_eq!(got, expected.map_err(str::to_owned), "{typed}");
        };
        // Limits of i64.
        check("9223372036854775807", Err("money_too_large"));
        check("92233720368547758.07", Err("money_too_large"));
        check("92233720368547758.08", Err("money_too_large"));
        check("-9223372036854775808", Err("money_too_large"));
        check("922337203685477.5807万", Err("money_too_large"));
        check("1000000000000", Ok(100_000_000_000_000));
        check("1000000000000.01", Err("money_too_large"));
        // Fractions of a fen.
        check("0.01", Ok(1));
        check("0.009", Err("money_fraction"));
        check("0.010", Ok(1));
        check("0.00000001亿", Ok(100));
        check("0.00000000001亿", Err("money_fraction"));
        // Full-width digits.
        check("１２０００００", Ok(120_000_000));
        check("１，２００，０００．５０", Ok(120_000_050));
        check("￥１２０万", Ok(120_000_000));
        // 万元 and 亿元.
        check("120万元", Ok(120_000_000));
        check("120 万元整", Ok(120_000_000));
        check("1.2亿元", Ok(12_000_000_000));
        check("０．００１２ 亿", Ok(12_000_000));
        check("120萬", Ok(120_000_000));
        check("万元", Err("money_not_a_number"));
        check("一百二十万", Err("money_not_a_number"));
        check("0", Err("positive"));
    }
}
