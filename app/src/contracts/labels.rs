//! What the fields of a contract's form are called.

use keqiao_model::{Clause, Coded, MonopolyClause};

use crate::{Cx, Form, t, words::code_label};

/// Fields and tables and what they are called, in the order of the form.
pub(super) fn labels(cx: &Cx) -> Vec<(&'static str, &'static str)> {
    vec![
        ("title", t!(cx.lang, "contracts.name")),
        ("subkind", t!(cx.lang, "contracts.kind")),
        ("field", t!(cx.lang, "fields.field")),
        ("industry", t!(cx.lang, "fields.industry")),
        ("objective", t!(cx.lang, "contracts.objective")),
        ("plan_source", t!(cx.lang, "contracts.plan_source")),
        ("summary", t!(cx.lang, "contracts.summary")),
        ("buyer_name", t!(cx.lang, "contracts.buyer_name")),
        ("buyer_credit_code", t!(cx.lang, "contracts.buyer_credit_code")),
        ("buyer_region", t!(cx.lang, "contracts.buyer_region")),
        ("buyer_legal_kind", t!(cx.lang, "contracts.buyer_legal_kind")),
        ("achievement", t!(cx.lang, "contracts.achievement")),
        ("signed_on", t!(cx.lang, "contracts.signed_on")),
        ("starts_on", t!(cx.lang, "contracts.starts_on")),
        ("ends_on", t!(cx.lang, "contracts.ends_on")),
        ("new_input", t!(cx.lang, "contracts.new_input")),
        ("new_output", t!(cx.lang, "contracts.new_output")),
        ("value", t!(cx.lang, "contracts.value")),
        ("technical_value", t!(cx.lang, "contracts.technical_value")),
        ("deductions", t!(cx.lang, "contracts.deductions")),
        ("payment", t!(cx.lang, "contracts.payment")),
        ("payments", t!(cx.lang, "contracts.instalments")),
        ("royalty_base", t!(cx.lang, "contracts.royalty_base")),
        ("ip", t!(cx.lang, "contracts.ip")),
        ("ip_numbers", t!(cx.lang, "contracts.ip_numbers")),
        ("ip_share", t!(cx.lang, "contracts.ip_share")),
        ("licence", t!(cx.lang, "contracts.licence")),
        ("clauses", t!(cx.lang, "contracts.clauses")),
        ("monopoly", t!(cx.lang, "contracts.monopoly")),
        ("file", t!(cx.lang, "contracts.files")),
    ]
}

/// What a column of a table is called.
fn column(cx: &Cx, table: &str, column: &str) -> &'static str {
    match (table, column) {
        (_, "kind") => t!(cx.lang, "contracts.deduction_kind"),
        (_, "words") => t!(cx.lang, "contracts.deduction_words"),
        (_, "reason") => t!(cx.lang, "contracts.deduction_reason"),
        (_, "due") => t!(cx.lang, "contracts.instalment_due"),
        (_, "condition") => t!(cx.lang, "contracts.instalment_condition"),
        ("payments", _) => t!(cx.lang, "contracts.instalment_amount"),
        _ => t!(cx.lang, "contracts.deduction_amount"),
    }
}

/// What a field is called, also one in a line of a table or of a check-list.
pub(super) fn label(cx: &Cx, field: &str) -> String {
    let parts: Vec<&str> = field.split('.').collect();
    match parts.as_slice() {
        ["clauses", clause, rest @ ..] => {
            let name = code_label(cx.lang, Clause::GROUP, clause);
            if rest.is_empty() { name } else { t!(cx.lang, "contracts.clause_place", clause = name) }
        }
        ["monopoly", clause, rest @ ..] => {
            let name = code_label(cx.lang, MonopolyClause::GROUP, clause);
            if rest.is_empty() { name } else { t!(cx.lang, "contracts.clause_words", clause = name) }
        }
        [table, row, name] => {
            let row = row.parse::<usize>().map_or(0, |row| row + 1);
            t!(cx.lang, "contracts.line", column = column(cx, table, name), row = row)
        }
        _ => labels(cx).into_iter().find(|(name, _)| *name == field).map_or_else(String::new, |(_, label)| label.to_owned()),
    }
}

/// The labels of the fields in which a form was refused.
pub(super) fn labels_of(cx: &Cx, form: &Form) -> Vec<(String, String)> {
    form.errors.iter().map(|e| (e.field.clone(), label(cx, &e.field))).filter(|(_, label)| !label.is_empty()).collect()
}
