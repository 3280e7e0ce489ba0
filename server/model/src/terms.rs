//! The terms of a deal: what both sides agree on before a contract is signed.
//!
//! Source: 民法典 845 (what a technology contract says), 846 (ways of payment) and 861, 875 (ownership of what comes of it).

use serde::{Deserialize, Serialize};
use time::Date;

use crate::{Check, Coded, ContractKind, Fen, FieldError, Fields, PaymentWay, TEXT_MAX, format_date, parse_date, taxonomy::codes};

/// Most milestones of one deal.
pub const MILESTONES_MAX: usize = 20;
/// Longest title of a milestone, characters.
const MILESTONE_MAX: usize = 120;
/// A whole, in hundredths of a percent.
const WHOLE: i64 = 10_000;

codes! {
    /// What a royalty is measured by (民法典 846).
    RoyaltyBase, "royalty_base" {
        /// 产品价格.
        Price = "price",
        /// 新增产值.
        AddedOutput = "added_output",
        /// 利润.
        Profit = "profit",
        /// 销售收入.
        Sales = "sales",
    }
}

codes! {
    /// Who owns what comes of the work (民法典 861, 875).
    IpShare, "ip_share" {
        /// The side that has the technology.
        Seller = "seller",
        /// The side that wants it.
        Buyer = "buyer",
        /// Both together.
        Joint = "joint",
        /// Each what it made.
        Each = "each",
    }
}

/// Money due when something is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// What is reached.
    pub title: String,
    /// By when.
    pub due: Date,
    /// What is paid then.
    pub amount: Fen,
}

/// One proposal of terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// 合同类别.
    pub kind: ContractKind,
    /// The price, or with royalties the entry fee and what is certain.
    pub price: Fen,
    /// 付款方式.
    pub payment: PaymentWay,
    /// What a royalty is measured by, when there is one.
    pub royalty_base: Option<RoyaltyBase>,
    /// The royalty in hundredths of a percent; 0 without one.
    pub royalty_rate: i64,
    /// What is paid when.
    pub milestones: Vec<Milestone>,
    /// 知识产权归属.
    pub ip: IpShare,
    /// 利益分配: how later benefit is shared.
    pub benefit: String,
    /// 验收: standard and method.
    pub acceptance: String,
    /// Anything else: delivery, support, confidentiality.
    pub other: String,
}

/// One term that differs between two proposals; the values are codes, amounts in fen, dates and texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermChange {
    /// Name of the form field.
    pub field: &'static str,
    /// In the earlier proposal; empty when it was not there.
    pub before: String,
    /// In the later one.
    pub after: String,
}

fn choice<T: Coded>(check: &mut Check, fields: &Fields, name: &str) -> Option<T> {
    let typed = fields.value(name).trim();
    let value = T::from_code(typed);
    check.ensure(value.is_some(), name, if typed.is_empty() { "required" } else { "choice" });
    value
}

/// A percentage with up to two decimals, in hundredths of a percent.
pub fn parse_percent(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches(['%', '％']).trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || part.len() > 2 || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: i64 = if part.is_empty() { 0 } else { format!("{part:0<2}").parse().ok()? };
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(part).filter(|rate| *rate <= WHOLE)
}

/// Hundredths of a percent as people type them.
pub fn format_percent(rate: i64) -> String {
    let (whole, part) = (rate / 100, rate % 100);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}").trim_end_matches('0').to_owned() }
}

fn milestones(check: &mut Check, fields: &Fields) -> Vec<Milestone> {
    let mut milestones = Vec::new();
    for (index, row) in fields.rows("milestones") {
        let at = |column: &str| format!("milestones.{index}.{column}");
        if ["title", "due", "amount"].iter().all(|c| row.value(c).trim().is_empty()) {
            continue;
        }
        let title = check.required(&at("title"), row.value("title"), MILESTONE_MAX);
        let due = parse_date(row.value("due"));
        check.ensure(due.is_some(), &at("due"), if row.value("due").trim().is_empty() { "required" } else { "date" });
        let amount = if row.value("amount").trim().is_empty() {
            Some(Fen::ZERO)
        } else {
            check.take(Fen::parse_yuan(row.value("amount")), |e| e.at(&at("amount")))
        };
        if let (Some(due), Some(amount)) = (due, amount) {
            milestones.push(Milestone { title, due, amount });
        }
    }
    check.ensure(milestones.len() <= MILESTONES_MAX, "milestones", "too_many_rows");
    milestones
}

impl Terms {
    /// Reads the form of a proposal.
    ///
    /// # Errors
    /// Every reason at its field.
    pub fn read(fields: &Fields) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::new();
        let kind = choice::<ContractKind>(&mut check, fields, "kind");
        let payment = choice::<PaymentWay>(&mut check, fields, "payment");
        let ip = choice::<IpShare>(&mut check, fields, "ip");
        let price = fields.value("price").trim();
        let price = if price.is_empty() {
            check.refuse(FieldError::new("price", "required"));
            None
        } else {
            check.take(Fen::parse_yuan(price), |e| e.at("price"))
        };
        let by_royalty = matches!(payment, Some(PaymentWay::Royalty | PaymentWay::EntryPlusRoyalty));
        let (mut royalty_base, mut royalty_rate) = (None, 0);
        if by_royalty {
            royalty_base = choice::<RoyaltyBase>(&mut check, fields, "royalty_base");
            let typed = fields.value("royalty_rate").trim();
            match parse_percent(typed) {
                Some(rate) if rate > 0 => royalty_rate = rate,
                _ => check.refuse(FieldError::new("royalty_rate", if typed.is_empty() { "required" } else { "percent" })),
            }
        }
        if let Some(price) = price {
            check.ensure(by_royalty || price > Fen::ZERO, "price", "positive");
        }
        let mut rows = Check::new();
        let milestones = milestones(&mut rows, fields);
        let rows_are_right = rows.is_clean();
        for error in rows.finish(()).err().into_iter().flatten() {
            check.refuse(error);
        }
        // A sum of rows that are not right yet would say something untrue.
        if let (Some(price), Some(PaymentWay::Instalments), true) = (price, payment, rows_are_right) {
            let sum = milestones.iter().try_fold(Fen::ZERO, |sum, m| sum.checked_add(m.amount));
            if sum != Some(price) {
                let sum = sum.unwrap_or(Fen::ZERO);
                check.refuse(
                    FieldError::new("milestones", "milestones_sum").with("sum", sum.format_yuan()).with("price", price.format_yuan()),
                );
            }
        }
        let benefit = check.optional("benefit", fields.value("benefit"), TEXT_MAX);
        let acceptance = check.required("acceptance", fields.value("acceptance"), TEXT_MAX);
        let other = check.optional("other", fields.value("other"), TEXT_MAX);
        let (Some(kind), Some(payment), Some(ip), Some(price)) = (kind, payment, ip, price) else {
            return check.finish(()).and_then(|()| Err(vec![FieldError::new("", "refused")]));
        };
        check.finish(Self { kind, price, payment, royalty_base, royalty_rate, milestones, ip, benefit, acceptance, other })
    }

    /// The fields of a form that shows these terms.
    pub fn to_fields(&self) -> Fields {
        let mut fields: Fields = [
            ("kind", self.kind.code().to_owned()),
            ("price", self.price.format_input()),
            ("payment", self.payment.code().to_owned()),
            ("royalty_base", self.royalty_base.map_or("", |b| b.code()).to_owned()),
            ("royalty_rate", if self.royalty_rate == 0 { String::new() } else { format_percent(self.royalty_rate) }),
            ("ip", self.ip.code().to_owned()),
            ("benefit", self.benefit.clone()),
            ("acceptance", self.acceptance.clone()),
            ("other", self.other.clone()),
        ]
        .into_iter()
        .collect();
        for (index, milestone) in self.milestones.iter().enumerate() {
            fields.push(format!("milestones.{index}.title"), &*milestone.title);
            fields.push(format!("milestones.{index}.due"), format_date(milestone.due));
            fields.push(format!("milestones.{index}.amount"), milestone.amount.format_input());
        }
        fields
    }

    /// Every term by the name of its form field, in the order of the form; milestones as one line each.
    fn named(&self) -> [(&'static str, String); 10] {
        let milestones: Vec<String> =
            self.milestones.iter().map(|m| format!("{} · {} · {}", m.title, format_date(m.due), m.amount.format_yuan())).collect();
        [
            ("kind", self.kind.code().to_owned()),
            ("price", self.price.format_yuan()),
            ("payment", self.payment.code().to_owned()),
            ("royalty_base", self.royalty_base.map_or("", |b| b.code()).to_owned()),
            ("royalty_rate", if self.royalty_rate == 0 { String::new() } else { format!("{} %", format_percent(self.royalty_rate)) }),
            ("milestones", milestones.join("\n")),
            ("ip", self.ip.code().to_owned()),
            ("benefit", self.benefit.clone()),
            ("acceptance", self.acceptance.clone()),
            ("other", self.other.clone()),
        ]
    }

    /// What differs from an earlier proposal, in the order of the form.
    pub fn changes_from(&self, earlier: &Self) -> Vec<TermChange> {
        earlier
            .named()
            .into_iter()
            .zip(self.named())
            .filter(|((_, before), (_, after))| before != after)
            .map(|((field, before), (_, after))| TermChange { field, before, after })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Fields {
        [
            ("kind", "license"),
            ("price", "100万"),
            ("payment", "instalments"),
            ("ip", "seller"),
            ("acceptance", "按 GB/T 24607 台架试验 8000 小时。"),
            ("milestones.0.title", "交付样品"),
            ("milestones.0.due", "2026-12-01"),
            ("milestones.0.amount", "40万"),
            ("milestones.3.title", "验收"),
            ("milestones.3.due", "2027-06-01"),
            ("milestones.3.amount", "60万"),
        ]
        .into_iter()
        .collect()
    }

    fn with(name: &str, value: &str) -> Fields {
        let mut fields = complete();
        fields.0.retain(|(n, _)| n != name);
        fields.push(name, value);
        fields
    }

    #[test]
    fn terms_are_read_and_written_alike() {
        let terms = Terms::read(&complete()).unwrap();
        assert_eq!(Terms::read(&terms.to_fields()).unwrap(), terms);
        assert_eq!(terms.milestones.len(), 2);
    }

    #[test]
    fn each_mistake_is_named_at_its_field() {
        let check = |fields: &Fields, field: &str, code: &str| {
            let errors = Terms::read(fields).unwrap_err();
            assert!(errors.iter().any(|e| e.field == field && e.code == code), "{field} {code}: {errors:?}");
        };
        check(&with("kind", ""), "kind", "required");
        check(&with("kind", "gift"), "kind", "choice");
        check(&with("price", "0"), "price", "positive");
        check(&with("milestones.0.amount", "50万"), "milestones", "milestones_sum");
        check(&with("milestones.0.due", "soon"), "milestones.0.due", "date");
        check(&with("acceptance", " "), "acceptance", "required");
        check(&with("payment", "royalty"), "royalty_rate", "required");
        let mut royalty = with("payment", "royalty");
        royalty.push("royalty_base", "sales");
        royalty.push("royalty_rate", "120");
        check(&royalty, "royalty_rate", "percent");
    }

    #[test]
    fn percentages_are_hundredths() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(parse_percent(text), expected, "{text}");
            if let Some(rate) = expected {
                assert_eq!(parse_percent(&format_percent(rate)), expected);
            }
        };
        check("5", Some(500));
        check("3.5 %", Some(350));
        check("0.25％", Some(25));
        check("100", Some(10_000));
        check("100.01", None);
        check("3.125", None);
        check("-1", None);
        check("", None);
        check("９", None);
    }

    #[test]
    fn only_what_changed_is_shown() {
        let (before, after) = (Terms::read(&complete()).unwrap(), Terms::read(&with("ip", "joint")).unwrap());
        assert_eq!(after.changes_from(&before), [TermChange { field: "ip", before: "seller".to_owned(), after: "joint".to_owned() }]);
        assert_eq!(before.changes_from(&before), []);
    }
}
