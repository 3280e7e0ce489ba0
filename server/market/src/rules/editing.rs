//! Officers of the city and administrators change the rules. What is in force is not changed but followed by another row; only where it is
//! written can be corrected. Each change is in the audit.

use keqiao_model::{
    Check, Fen, FieldError, Fields, RefusalCode, RuleKind, RuleUnit, TEXT_MAX, format_date, parse_date, parse_percent, parse_whole,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use time::Date;
use uuid::Uuid;

use super::Rule;
use crate::{
    Actor, Error, Market, Result,
    contracts::today,
    db::{Subject, Tx},
    entity::rule::{ActiveModel, Column, Entity},
};

/// Longest source, characters.
const SOURCE_MAX: usize = 200;
/// Longest article, characters.
const ARTICLE_MAX: usize = 60;
/// Most days of a period.
const DAYS_MAX: i64 = 3_650;

/// Whether the actor may change the rules: officers of the city, administrators, the program.
pub fn may_edit(market: &Market, actor: &Actor) -> bool {
    *actor == Actor::System || actor.is_admin() || actor.is_officer_of(&market.config.city)
}

fn editing(market: &Market, actor: &Actor) -> Result<()> {
    if *actor == Actor::Visitor {
        return Err(Error::SignIn);
    }
    if may_edit(market, actor) { Ok(()) } else { Err(Error::Forbidden) }
}

/// A value in the unit of its kind: yuan for money, days, per cent for shares, `yes` or `no` for what is in use.
fn read_value(check: &mut Check, kind: RuleKind, typed: &str) -> i64 {
    let typed = typed.trim();
    if typed.is_empty() {
        check.refuse(FieldError::new("value", "required"));
        return 0;
    }
    match kind.unit() {
        RuleUnit::Money => {
            let amount = check.take(Fen::parse_yuan(typed), |e| e.at("value")).map_or(1, Fen::fen);
            check.ensure(amount > 0, "value", "positive");
            amount
        }
        RuleUnit::Days => {
            let days = parse_whole(typed).filter(|d| (1..=DAYS_MAX).contains(d));
            check.ensure(days.is_some(), "value", "rule_days");
            days.unwrap_or_default()
        }
        RuleUnit::Permille => {
            let plain: String = typed.chars().map(|c| if c == '％' { '%' } else { c }).collect();
            // Hundredths of a per cent; a rule has one decimal.
            let rate = parse_percent(plain.trim_end_matches('%')).filter(|rate| *rate > 0 && rate % 10 == 0);
            check.ensure(rate.is_some(), "value", "rule_percent");
            rate.unwrap_or_default() / 10
        }
        RuleUnit::InUse => {
            check.ensure(matches!(typed, "yes" | "no"), "value", "choice");
            i64::from(typed == "yes")
        }
    }
}

/// Where a rule is written.
struct Written {
    source: String,
    article: String,
    note: String,
}

fn read_written(check: &mut Check, fields: &Fields) -> Written {
    Written {
        source: check.required("source", fields.value("source"), SOURCE_MAX),
        article: check.optional("article", fields.value("article"), ARTICLE_MAX),
        note: check.optional("note", fields.value("note"), TEXT_MAX),
    }
}

fn read_day(check: &mut Check, fields: &Fields) -> Option<Date> {
    let typed = fields.value("valid_from").trim();
    let day = parse_date(typed);
    check.ensure(day.is_some(), "valid_from", if typed.is_empty() { "required" } else { "date" });
    day
}

/// The row of a kind and key that begins on a day.
async fn on_day(tx: &Tx, kind: RuleKind, key: &str, day: Date) -> Result<Option<crate::entity::rule::Model>> {
    let same = Entity::find().filter(Column::Kind.eq(kind.code())).filter(Column::Key.eq(key));
    Ok(same.filter(Column::ValidFrom.eq(format_date(day))).one(&**tx).await?)
}

/// What the audit keeps of a rule.
fn kept(rule: &Rule) -> serde_json::Value {
    json!({
        "kind": rule.kind.code(),
        "key": rule.key,
        "value": rule.value,
        "valid_from": format_date(rule.valid_from),
        "source": rule.source,
        "article": rule.article,
        "note": rule.note,
    })
}

/// Adds a rule; answers its id. Fields: `kind`, of a refusal `key`, `value` in the unit of the kind, `valid_from`, `source`, `article`, `note`. A day
/// whose rule was withdrawn gets it anew.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but officers of the city and administrators; [`Error::Invalid`] at the fields, `rule_exists`
/// when there is one of that kind and day.
pub async fn add_rule(market: &Market, actor: &Actor, fields: &Fields, once: Option<Uuid>) -> Result<Uuid> {
    editing(market, actor)?;
    let mut check = Check::new();
    let typed = fields.value("kind").trim();
    let kind = RuleKind::from_code(typed);
    check.ensure(kind.is_some(), "kind", if typed.is_empty() { "required" } else { "choice" });
    let Some(kind) = kind else { return Ok(check.finish(Uuid::nil())?) };
    let key = if kind == RuleKind::Refusal { fields.value("key").trim() } else { "" };
    check.ensure(
        kind != RuleKind::Refusal || RefusalCode::from_code(key).is_some(),
        "key",
        if key.is_empty() { "required" } else { "choice" },
    );
    let value = read_value(&mut check, kind, fields.value("value"));
    let day = read_day(&mut check, fields);
    let written = read_written(&mut check, fields);
    check.finish(())?;
    let day = day.ok_or_else(|| Error::field("valid_from", "date"))?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    // Two at once follow each other.
    tx.hold("rules").await?;
    let there = on_day(&tx, kind, key, day).await?;
    if there.as_ref().is_some_and(|r| !r.withdrawn) {
        return Err(Error::field("valid_from", "rule_exists"));
    }
    let row = ActiveModel {
        id: Set(there.as_ref().map_or_else(Uuid::now_v7, |r| r.id)),
        kind: Set(kind.code().to_owned()),
        key: Set(key.to_owned()),
        valid_from: Set(format_date(day)),
        source: Set(written.source),
        article: Set(written.article),
        note: Set(written.note),
        reason: Set(String::new()),
        value: Set(value),
        withdrawn: Set(false),
        person_id: Set(actor.id()),
        created_at: Set(tx.now),
        version: Set(there.as_ref().map_or(1, |r| r.version + 1)),
    };
    let row = if there.is_some() { row.update(&*tx).await? } else { row.insert(&*tx).await? };
    let rule = Rule::of(row)?;
    tx.audit("rule.add", Subject::Rule, Some(rule.id), kept(&rule)).await?;
    tx.result(rule.id).await?;
    tx.commit().await?;
    Ok(rule.id)
}

/// The rule to be changed, as it was when the form was drawn.
async fn changing(tx: &Tx, id: Uuid, version: i64) -> Result<Rule> {
    tx.hold("rules").await?;
    let rule = Rule::of(Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?)?;
    if rule.version != version {
        return Err(Error::Stale);
    }
    if rule.withdrawn { Err(Error::field("", "rule_withdrawn")) } else { Ok(rule) }
}

/// Changes a rule: all of it but kind and key before its first day; from then on only source, article and note, because what it said then applied.
///
/// # Errors
/// As [`add_rule`]; [`Error::NotFound`]; [`Error::Stale`] when somebody else changed it; [`Error::Invalid`] `rule_in_force` for another value or
/// day of a rule that is in force, `rule_withdrawn`.
pub async fn change_rule(market: &Market, actor: &Actor, id: Uuid, fields: &Fields, version: i64, once: Option<Uuid>) -> Result<()> {
    editing(market, actor)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let rule = changing(&tx, id, version).await?;
    let mut check = Check::new();
    let written = read_written(&mut check, fields);
    let (mut value, mut day) = (rule.value, rule.valid_from);
    if rule.valid_from > today(market) {
        value = read_value(&mut check, rule.kind, fields.value("value"));
        day = read_day(&mut check, fields).unwrap_or(day);
    } else {
        let mut apart = Check::new();
        let other = |name: &str| !fields.value(name).trim().is_empty();
        let same_value = !other("value") || (read_value(&mut apart, rule.kind, fields.value("value")) == rule.value && apart.is_clean());
        check.ensure(same_value, "value", "rule_in_force");
        check.ensure(!other("valid_from") || parse_date(fields.value("valid_from").trim()) == Some(day), "valid_from", "rule_in_force");
    }
    check.finish(())?;
    if on_day(&tx, rule.kind, &rule.key, day).await?.is_some_and(|r| r.id != id) {
        return Err(Error::field("valid_from", "rule_exists"));
    }
    let change = ActiveModel {
        value: Set(value),
        valid_from: Set(format_date(day)),
        source: Set(written.source),
        article: Set(written.article),
        note: Set(written.note),
        version: Set(version + 1),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Version.eq(version)).exec(&*tx).await?;
    let after = Rule::of(Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?)?;
    tx.audit("rule.change", Subject::Rule, Some(id), json!({ "before": kept(&rule), "after": kept(&after) })).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Withdraws a rule that should never have been entered; the one before it applies again.
///
/// # Errors
/// As [`change_rule`]; [`Error::Invalid`] without a `reason`; `rule_first` when no other rule would be in force on its first day.
pub async fn withdraw_rule(market: &Market, actor: &Actor, id: Uuid, reason: &str, version: i64, once: Option<Uuid>) -> Result<()> {
    editing(market, actor)?;
    let mut check = Check::new();
    let reason = check.optional("reason", reason, TEXT_MAX);
    check.ensure(!reason.is_empty(), "reason", "reason_required");
    check.finish(())?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let rule = changing(&tx, id, version).await?;
    let earlier = Entity::find()
        .filter(Column::Kind.eq(rule.kind.code()))
        .filter(Column::Key.eq(rule.key.as_str()))
        .filter(Column::Withdrawn.eq(false))
        .filter(Column::ValidFrom.lt(format_date(rule.valid_from)))
        .one(&*tx)
        .await?;
    if earlier.is_none() && rule.valid_from <= today(market) {
        return Err(Error::field("", "rule_first"));
    }
    let change = ActiveModel { withdrawn: Set(true), reason: Set(reason.clone()), version: Set(version + 1), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Version.eq(version)).exec(&*tx).await?;
    tx.audit("rule.withdraw", Subject::Rule, Some(id), json!({ "rule": kept(&rule), "reason": reason })).await?;
    tx.result("").await?;
    tx.commit().await
}
