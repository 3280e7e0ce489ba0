//! What everybody reads of the rules.

use std::collections::HashMap;

use keqiao_model::{Coded, RefusalCode, RuleKind, format_date};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Rule, may_edit};
use crate::{
    Actor, Error, Market, Result,
    accounts::person_names,
    db::{Subject, from_micros},
    entity::{
        audit,
        rule::{Column, Entity},
    },
};

/// Where a rule stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It applies to what is signed on that day.
    InForce,
    /// Its first day is yet to come.
    Later,
    /// Another one took its place.
    Earlier,
    /// Taken out again; it never applies.
    Withdrawn,
}

/// Which rules a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleFilter {
    /// Only these.
    pub kind: Option<RuleKind>,
    /// The day whose rules are in force.
    pub on: Date,
}

/// A rule in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLine {
    /// The rule.
    pub rule: Rule,
    /// Where it stands on the day asked for.
    pub standing: Standing,
    /// The first day of the rule that takes its place, if there is one.
    pub until: Option<Date>,
}

/// What somebody did to a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleChange {
    /// Action of the audit, `rule.add`.
    pub action: String,
    /// Name of who did it.
    pub person: String,
    /// When.
    pub at: OffsetDateTime,
}

/// Rules as they stand on a day, kind by kind, of each kind the latest first.
pub(super) fn standing(mut rules: Vec<Rule>, on: Date) -> Vec<RuleLine> {
    let place = |kind: RuleKind| RuleKind::ALL.iter().position(|k| *k == kind);
    let ground = |key: &str| RefusalCode::from_code(key).and_then(|c| RefusalCode::ALL.iter().position(|k| *k == c));
    rules.sort_by(|a, b| {
        (place(a.kind), ground(&a.key), b.valid_from).cmp(&(place(b.kind), ground(&b.key), a.valid_from)).then_with(|| a.key.cmp(&b.key))
    });
    let mut lines: Vec<RuleLine> = Vec::new();
    for rule in rules {
        // Lines of the same kind and key come before, latest first.
        let same: Vec<&RuleLine> = lines.iter().rev().take_while(|l| l.rule.kind == rule.kind && l.rule.key == rule.key).collect();
        let next = same.iter().find(|l| !l.rule.withdrawn).map(|l| l.rule.valid_from);
        let in_force = same.iter().any(|l| l.standing == Standing::InForce);
        let standing = match () {
            () if rule.withdrawn => Standing::Withdrawn,
            () if rule.valid_from > on => Standing::Later,
            () if in_force || same.iter().any(|l| l.standing == Standing::Earlier) => Standing::Earlier,
            () => Standing::InForce,
        };
        lines.push(RuleLine { until: next.filter(|_| !rule.withdrawn), rule, standing });
    }
    lines
}

/// The rules, as they stand on a day; open to everybody.
///
/// # Errors
/// [`Error::Internal`].
pub async fn rules(market: &Market, filter: RuleFilter) -> Result<Vec<RuleLine>> {
    let mut query = Entity::find().order_by_asc(Column::Kind);
    if let Some(kind) = filter.kind {
        query = query.filter(Column::Kind.eq(kind.code()));
    }
    let rows = query.all(&market.db).await?.into_iter().map(Rule::of).collect::<Result<Vec<_>>>()?;
    Ok(standing(rows, filter.on))
}

/// One rule as it stands today; to those who may change it, also what was done to it, newest first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn rule(market: &Market, actor: &Actor, id: Uuid) -> Result<(RuleLine, Vec<RuleChange>)> {
    let row = Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let filter = RuleFilter { kind: RuleKind::from_code(&row.kind), on: crate::contracts::today(market) };
    let line = rules(market, filter).await?.into_iter().find(|l| l.rule.id == id).ok_or(Error::NotFound)?;
    if !may_edit(market, actor) {
        return Ok((line, Vec::new()));
    }
    let entries = audit::Entity::find()
        .filter(audit::Column::SubjectKind.eq(Subject::Rule.code()))
        .filter(audit::Column::SubjectId.eq(id))
        .order_by_desc(audit::Column::At)
        .order_by_desc(audit::Column::Id)
        .all(&market.db)
        .await?;
    let names: HashMap<Uuid, String> = person_names(&market.db, entries.iter().filter_map(|e| e.person_id).collect()).await?;
    let changes = entries.into_iter().map(|e| RuleChange {
        person: e.person_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
        at: from_micros(e.at),
        action: e.action,
    });
    Ok((line, changes.collect()))
}

/// The grounds on which a contract of a day may be refused, in the order of display.
///
/// # Errors
/// [`Error::Internal`].
pub async fn grounds(market: &Market, on: Date) -> Result<Vec<RefusalCode>> {
    let rows = Entity::find()
        .filter(Column::Kind.eq(RuleKind::Refusal.code()))
        .filter(Column::Withdrawn.eq(false))
        .filter(Column::ValidFrom.lte(format_date(on)))
        .order_by_asc(Column::ValidFrom)
        .all(&market.db)
        .await?;
    let used: HashMap<String, bool> = rows.into_iter().map(|r| (r.key, r.value != 0)).collect();
    Ok(RefusalCode::ALL.iter().copied().filter(|c| used.get(c.code()).copied().unwrap_or(true)).collect())
}
