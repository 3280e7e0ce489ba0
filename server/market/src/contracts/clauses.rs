//! What the form and the text of a contract tell an officer: required clauses that are missing, clauses that may monopolise technology, a text
//! that cannot be read. Each finding about clauses cites the ground of refusal it may become.

use keqiao_model::{Coded, RefusalCode, RuleKind, TextState};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{
    content_of,
    findings::{Finding, FindingKind},
    registration_of,
};
use crate::{
    Result,
    entity::{contract::Model, contract_text},
    rules,
};

/// What is found about clauses and text.
pub(super) async fn found<C: ConnectionTrait>(db: &C, row: &Model) -> Result<Vec<Finding>> {
    let (content, data) = (content_of(row)?, registration_of(row)?);
    let mut found = Vec::new();
    let missing = codes(&data.clauses.missing(data.concerns_patents(&content)));
    let flagged = codes(&data.clauses.flagged());
    for (kind, about, ground) in
        [(FindingKind::MissingClause, missing, RefusalCode::Unclear), (FindingKind::MonopolyClause, flagged, RefusalCode::Monopolistic)]
    {
        if !about.is_empty() {
            let rule = rules::in_force(db, RuleKind::Refusal, ground.code(), content.signed_on).await?;
            found.push(Finding { kind, contracts: Vec::new(), about, rule, note: String::new(), answer: None });
        }
    }
    if is_unreadable(db, row).await? {
        found.push(Finding {
            kind: FindingKind::TextUnreadable,
            contracts: Vec::new(),
            about: Vec::new(),
            rule: None,
            note: String::new(),
            answer: None,
        });
    }
    Ok(found)
}

fn codes<T: Coded>(values: &[T]) -> Vec<String> {
    values.iter().map(|v| v.code().to_owned()).collect()
}

/// Whether every file was tried and none gave a text; while one waits there is nothing to say.
async fn is_unreadable<C: ConnectionTrait>(db: &C, row: &Model) -> Result<bool> {
    let states: Vec<String> = contract_text::Entity::find()
        .select_only()
        .column(contract_text::Column::State)
        .filter(contract_text::Column::ContractId.eq(row.id))
        .into_tuple()
        .all(db)
        .await?;
    let tried = [TextState::Failed.code(), TextState::Empty.code()];
    Ok(!states.is_empty() && states.iter().all(|s| tried.contains(&s.as_str())))
}
