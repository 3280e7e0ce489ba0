//! What a technology contract says.
//!
//! Source: 民法典 843–887 (types), form fields and amounts of the registration guide (domain rules, section 1).

use time::Date;

use crate::{
    Check, ContractKind, ContractSubkind, Fen, Field, FieldError, Fields, PaymentWay, TEXT_MAX, TITLE_MAX, format_date, parse_date,
    registration_data::deducted,
};

/// The data of a technology contract, apart from its parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractContent {
    /// 项目名称.
    pub title: String,
    /// 合同类别.
    pub kind: ContractKind,
    /// 子类.
    pub subkind: ContractSubkind,
    /// 技术领域.
    pub field: Field,
    /// 签订日期.
    pub signed_on: Date,
    /// First day of validity.
    pub starts_on: Date,
    /// Last day of validity, not before the first.
    pub ends_on: Date,
    /// 合同成交额: the total price.
    pub value: Fen,
    /// 技术交易额: 0 ≤ it ≤ the total price.
    pub technical_value: Fen,
    /// 付款方式 (民法典 846).
    pub payment: PaymentWay,
    /// What is done, for the officer and for the public register.
    pub summary: String,
}

impl ContractContent {
    /// Reads the outline of a contract; `today` is the last day on which it may have been signed. 技术交易额 is what the deductions leave of the
    /// price; without deductions what `technical_value` says (from a file or another register), or all of it.
    ///
    /// # Errors
    /// Every reason at its field.
    pub fn read(fields: &Fields, today: Date) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::new();
        let title = check.required("title", fields.value("title"), TITLE_MAX);
        let summary = check.required("summary", fields.value("summary"), TEXT_MAX);
        let kind = choice(&mut check, fields, "kind", ContractKind::from_code);
        let subkind = choice(&mut check, fields, "subkind", ContractSubkind::from_code);
        if let (Some(kind), Some(subkind)) = (kind, subkind) {
            check.ensure(kind.subkinds().contains(&subkind), "subkind", "subkind");
        }
        let field = choice(&mut check, fields, "field", Field::from_code);
        let payment = choice(&mut check, fields, "payment", PaymentWay::from_code);
        let signed_on = date(&mut check, fields, "signed_on");
        if let Some(day) = signed_on {
            check.ensure(day <= today, "signed_on", "future");
        }
        let starts_on = date(&mut check, fields, "starts_on");
        let ends_on = date(&mut check, fields, "ends_on");
        if let (Some(start), Some(end)) = (starts_on, ends_on) {
            check.ensure(start <= end, "ends_on", "date_order");
        }
        let value = amount(&mut check, fields, "value");
        let technical_value = value.and_then(|total| technical_value(&mut check, fields, total));
        if let Some(total) = value {
            check.ensure(total > Fen::ZERO, "value", "positive");
        }
        let all = (kind, subkind, field, payment, signed_on, starts_on, ends_on, value, technical_value);
        let (
            Some(kind),
            Some(subkind),
            Some(field),
            Some(payment),
            Some(signed_on),
            Some(starts_on),
            Some(ends_on),
            Some(value),
            Some(technical_value),
        ) = all
        else {
            return check.finish(()).and_then(|()| Err(vec![FieldError::new("", "refused")]));
        };
        check.finish(Self { title, kind, subkind, field, signed_on, starts_on, ends_on, value, technical_value, payment, summary })
    }

    /// The fields of a form that shows this contract.
    pub fn to_fields(&self) -> Fields {
        [
            ("title", self.title.clone()),
            ("summary", self.summary.clone()),
            ("kind", self.kind.code().to_owned()),
            ("subkind", self.subkind.code().to_owned()),
            ("field", self.field.code().to_owned()),
            ("payment", self.payment.code().to_owned()),
            ("signed_on", format_date(self.signed_on)),
            ("starts_on", format_date(self.starts_on)),
            ("ends_on", format_date(self.ends_on)),
            ("value", self.value.format_input()),
            ("technical_value", self.technical_value.format_input()),
        ]
        .into_iter()
        .collect()
    }
}

/// What of the price is technical.
fn technical_value(check: &mut Check, fields: &Fields, total: Fen) -> Option<Fen> {
    if let Some(deducted) = deducted(fields) {
        let left = total.checked_sub(deducted).filter(|left| *left >= Fen::ZERO);
        if left.is_none() {
            let error = FieldError::new("deductions", "deductions_over_value").with("sum", deducted.format_yuan());
            check.refuse(error.with("value", total.format_yuan()));
        }
        return left;
    }
    if fields.value("technical_value").trim().is_empty() {
        return Some(total);
    }
    let technical = amount(check, fields, "technical_value");
    check.ensure(technical.is_none_or(|t| t <= total), "technical_value", "technical_over_total");
    technical
}

fn choice<T>(check: &mut Check, fields: &Fields, name: &str, from: impl Fn(&str) -> Option<T>) -> Option<T> {
    let typed = fields.value(name).trim();
    let value = from(typed);
    check.ensure(value.is_some(), name, if typed.is_empty() { "required" } else { "choice" });
    value
}

fn date(check: &mut Check, fields: &Fields, name: &str) -> Option<Date> {
    let typed = fields.value(name).trim();
    let value = parse_date(typed);
    check.ensure(value.is_some(), name, if typed.is_empty() { "required" } else { "date" });
    value
}

fn amount(check: &mut Check, fields: &Fields, name: &str) -> Option<Fen> {
    let typed = fields.value(name).trim();
    if typed.is_empty() {
        check.refuse(FieldError::new(name, "required"));
        return None;
    }
    check.take(Fen::parse_yuan(typed), |e| e.at(name))
}
