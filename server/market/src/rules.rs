//! Rules that law or guide date: a row with value, source, article and first day (design, promise 10). The rule in force on the day of signing
//! applies to a contract, whatever came later.

mod editing;
#[cfg(test)]
mod tests;
mod views;

use keqiao_model::{RULE_SEEDS, RuleKind, format_date, parse_date};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict,
};
use time::Date;
use uuid::Uuid;

pub use self::{
    editing::{add_rule, change_rule, may_edit, withdraw_rule},
    views::{RuleChange, RuleFilter, RuleLine, Standing, grounds, rule, rules},
};
use crate::{
    Error, Result,
    entity::rule::{ActiveModel, Column, Entity, Model},
};

/// A rule as it is applied and cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Id.
    pub id: Uuid,
    /// Which.
    pub kind: RuleKind,
    /// Of a refusal its code, else empty.
    pub key: String,
    /// In the unit of the kind.
    pub value: i64,
    /// First day.
    pub valid_from: Date,
    /// Law, guide or practice.
    pub source: String,
    /// Its article, or empty.
    pub article: String,
    /// What officers add.
    pub note: String,
    /// Why it was withdrawn.
    pub reason: String,
    /// Whether it was taken out again and never applies.
    pub withdrawn: bool,
    /// For optimistic locking.
    pub version: i64,
}

impl Rule {
    pub(crate) fn of(row: Model) -> Result<Self> {
        let unknown = || Error::internal(format!("rule {} of {} from {}", row.id, row.kind, row.valid_from));
        Ok(Self {
            kind: RuleKind::from_code(&row.kind).ok_or_else(unknown)?,
            valid_from: parse_date(&row.valid_from).ok_or_else(unknown)?,
            id: row.id,
            key: row.key,
            value: row.value,
            source: row.source,
            article: row.article,
            note: row.note,
            reason: row.reason,
            withdrawn: row.withdrawn,
            version: row.version,
        })
    }
}

/// Enters the rules a new house begins with; those that are there stay as they are.
pub(crate) async fn adopt(db: &DatabaseConnection) -> Result<()> {
    let rows = RULE_SEEDS.iter().map(|seed| ActiveModel {
        id: Set(Uuid::now_v7()),
        kind: Set(seed.kind.code().to_owned()),
        key: Set(seed.key.to_owned()),
        valid_from: Set(seed.valid_from.to_owned()),
        source: Set(seed.source.to_owned()),
        article: Set(seed.article.to_owned()),
        note: Set(String::new()),
        reason: Set(String::new()),
        value: Set(seed.value),
        withdrawn: Set(false),
        person_id: Set(None),
        // They came with the program, at no time.
        created_at: Set(0),
        version: Set(1),
    });
    Entity::insert_many(rows)
        .on_conflict(OnConflict::columns([Column::Kind, Column::Key, Column::ValidFrom]).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The rule of a kind in force on a day; `None` when there was none yet.
pub(crate) async fn in_force<C: ConnectionTrait>(db: &C, kind: RuleKind, key: &str, on: Date) -> Result<Option<Rule>> {
    let row = Entity::find()
        .filter(Column::Kind.eq(kind.code()))
        .filter(Column::Key.eq(key))
        .filter(Column::Withdrawn.eq(false))
        .filter(Column::ValidFrom.lte(format_date(on)))
        .order_by_desc(Column::ValidFrom)
        .one(db)
        .await?;
    row.map(Rule::of).transpose()
}

/// The rule of a kind in force on a day, which a contract of that day needs.
///
/// # Errors
/// [`Error::Invalid`] `rule_missing` at the day of signing when there was none yet.
pub(crate) async fn needed<C: ConnectionTrait>(db: &C, kind: RuleKind, on: Date) -> Result<Rule> {
    in_force(db, kind, "", on).await?.ok_or_else(|| Error::field("signed_on", "rule_missing"))
}
