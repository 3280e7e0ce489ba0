//! Integrity checks (domain rules, section 1 "Integrity checks"): what an officer looks at and answers before a contract is registered. A finding
//! forbids nothing; it wants an answer.

use std::collections::BTreeSet;

use keqiao_model::{Check, Coded, ContractState, Fields, Party, RuleKind};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, sea_query::OnConflict,
};
use serde_json::json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{clauses, content_of, find, likeness, parties, related, state_of};
use crate::{
    Actor, Error, Market, Result, Subject,
    accounts::person_names,
    db::from_micros,
    entity::{
        contract::{Column, Entity, Model},
        finding_answer as answer,
    },
    rules::{self, Rule},
};

/// Longest answer of an officer, characters.
const ANSWER_MAX: usize = 1_000;

/// What was found; its words are `finding.<code>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// Same seller, buyer, day of signing and value.
    Duplicate,
    /// The same title between the same parties.
    SameTitle,
    /// The buyer sold to the seller within a year.
    Circle,
    /// Several contracts of the pair within some days, each below an amount, reach it together.
    Splitting,
    /// The text lacks a required clause (民法典 845).
    MissingClause,
    /// The text has a clause that may monopolise technology (最高人民法院技术合同司法解释 10).
    MonopolyClause,
    /// No file of the contract gives a text.
    TextUnreadable,
    /// The same development, by the same seller or a related one, for another client.
    SoldTwice,
    /// Title and summary are nearly the same.
    NearDuplicate,
    /// Another contract came from the same entry of another register.
    SameSource,
    /// Both credit codes are of one legal body.
    SameBody,
    /// Somebody belongs to both parties.
    SharedPeople,
    /// One party owns the other, as was said.
    RelatedParties,
}

impl FindingKind {
    /// Every kind, gravest first.
    pub const ALL: &'static [Self] = &[
        Self::Duplicate,
        Self::SameTitle,
        Self::Circle,
        Self::Splitting,
        Self::SoldTwice,
        Self::NearDuplicate,
        Self::SameSource,
        Self::SameBody,
        Self::SharedPeople,
        Self::RelatedParties,
        Self::MissingClause,
        Self::MonopolyClause,
        Self::TextUnreadable,
    ];
}

impl Coded for FindingKind {
    const GROUP: &'static str = "finding";

    fn code(&self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::SameTitle => "same_title",
            Self::Circle => "circle",
            Self::Splitting => "splitting",
            Self::MissingClause => "missing_clause",
            Self::MonopolyClause => "monopoly_clause",
            Self::TextUnreadable => "text_unreadable",
            Self::SoldTwice => "sold_twice",
            Self::NearDuplicate => "near_duplicate",
            Self::SameSource => "same_source",
            Self::SameBody => "same_body",
            Self::SharedPeople => "shared_people",
            Self::RelatedParties => "related_parties",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.code() == code)
    }

    fn all() -> &'static [Self] {
        Self::ALL
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// Numbers of the other contracts.
    pub contracts: Vec<String>,
    /// Codes of the clauses it is about.
    pub about: Vec<String>,
    /// The rule it follows from, if it is one that law or guide date.
    pub rule: Option<Rule>,
    /// What else there is to say, such as names; may be empty.
    pub note: String,
    /// What an officer answered.
    pub answer: Option<FindingAnswer>,
}

impl Finding {
    /// What an answer stands for: these other contracts, or these clauses. Should others turn up, it is a new finding.
    pub fn others(&self) -> String {
        if self.contracts.is_empty() { self.about.join(" ") } else { self.contracts.join(" ") }
    }
}

/// What an officer answered to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingAnswer {
    /// In the officer's words.
    pub text: String,
    /// Name of the officer.
    pub person: String,
    /// When.
    pub at: OffsetDateTime,
}

/// What the rules say on the day of signing.
struct Measures {
    splitting_amount: Rule,
    splitting_days: Rule,
    circle_days: Rule,
}

/// A contract to be compared.
struct Compared {
    number: String,
    title: String,
    forward: bool,
    signed_on: Date,
    value: i64,
    technical_value: i64,
}

impl Compared {
    fn of(row: &Model, subject: &Model) -> Result<Self> {
        Ok(Self {
            number: row.number.clone(),
            // Spaces and case do not make another title.
            title: row.title.split_whitespace().collect::<String>().to_lowercase(),
            forward: row.seller_id == subject.seller_id,
            signed_on: content_of(row)?.signed_on,
            value: row.value,
            technical_value: row.technical_value,
        })
    }

    fn days_from(&self, other: &Self) -> i64 {
        (self.signed_on - other.signed_on).whole_days()
    }
}

/// What speaks against registering a contract unseen; for officers who may decide on it.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is not an officer of its region without part in it.
pub async fn findings(market: &Market, actor: &Actor, number: &str) -> Result<Vec<Finding>> {
    if *actor == Actor::Visitor {
        return Err(Error::SignIn);
    }
    let row = find(&market.db, number).await?;
    if !parties(market, actor, &row).contains(&Party::Officer) {
        return Err(Error::NotFound);
    }
    let mut found = compute(&market.db, &row).await?;
    let answers = answer::Entity::find().filter(answer::Column::ContractId.eq(row.id)).all(&market.db).await?;
    let names = person_names(&market.db, answers.iter().map(|a| a.person_id).collect()).await?;
    for finding in &mut found {
        let others = finding.others();
        finding.answer = answers.iter().find(|a| a.kind == finding.kind.code() && a.others == others).map(|a| FindingAnswer {
            text: a.answer.clone(),
            person: names.get(&a.person_id).cloned().unwrap_or_default(),
            at: from_micros(a.at),
        });
    }
    Ok(found)
}

/// How many findings wait for an answer.
pub(super) async fn unanswered<C: ConnectionTrait>(db: &C, row: &Model) -> Result<usize> {
    let found = compute(db, row).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let answers = answer::Entity::find().filter(answer::Column::ContractId.eq(row.id)).all(db).await?;
    let answered = |f: &Finding| answers.iter().any(|a| a.kind == f.kind.code() && a.others == f.others());
    Ok(found.iter().filter(|f| !answered(f)).count())
}

/// Answers a finding: why it does not, or does, speak against the contract. It stands for these other contracts; should more turn up, it is a new
/// finding. Fields: `kind`, `others` (as [`Finding::others`]), `answer`.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who may not decide on the contract, and for a finding that is none; [`Error::Forbidden`] when
/// nothing is to be decided; [`Error::Invalid`] at `answer`.
pub async fn answer_finding(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let person = actor.signed_in()?.id;
    let mut check = Check::new();
    let text = check.required("answer", fields.value("answer"), ANSWER_MAX);
    check.finish(())?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, number).await?;
    if !parties(market, actor, &row).contains(&Party::Officer) {
        return Err(Error::NotFound);
    }
    if !state_of(&row)?.waits() {
        return Err(Error::Forbidden);
    }
    let (kind, others) = (fields.value("kind"), fields.value("others"));
    let found = compute(&*tx, &row).await?;
    if !found.iter().any(|f| f.kind.code() == kind && f.others() == others) {
        return Err(Error::NotFound);
    }
    let key = [answer::Column::ContractId, answer::Column::Kind, answer::Column::Others];
    answer::Entity::insert(answer::ActiveModel {
        id: Set(Uuid::now_v7()),
        contract_id: Set(row.id),
        person_id: Set(person),
        kind: Set(kind.to_owned()),
        others: Set(others.to_owned()),
        answer: Set(text),
        at: Set(tx.now),
    })
    .on_conflict(OnConflict::columns(key).update_columns([answer::Column::PersonId, answer::Column::Answer, answer::Column::At]).to_owned())
    .exec_without_returning(&*tx)
    .await?;
    tx.audit("contract.finding_answered", Subject::Contract, Some(row.id), json!({ "kind": kind, "others": others })).await?;
    tx.result("").await?;
    tx.commit().await
}

/// What the integrity checks find, without answers.
async fn compute<C: ConnectionTrait>(db: &C, row: &Model) -> Result<Vec<Finding>> {
    let pair = Condition::any()
        .add(Column::SellerId.eq(row.seller_id).and(Column::BuyerId.eq(row.buyer_id)))
        .add(Column::SellerId.eq(row.buyer_id).and(Column::BuyerId.eq(row.seller_id)));
    let counted = Entity::find()
        .filter(pair)
        .filter(Column::Id.ne(row.id))
        .filter(Column::State.is_not_in([ContractState::Draft, ContractState::Refused, ContractState::Cancelled].map(ContractState::code)))
        .order_by_asc(Column::SignedOn)
        .order_by_asc(Column::Number)
        .all(db)
        .await?;
    let others = counted.iter().map(|o| Compared::of(o, row)).collect::<Result<Vec<_>>>()?;
    let subject = Compared::of(row, row)?;
    let on = subject.signed_on;
    let measures = Measures {
        splitting_amount: rules::needed(db, RuleKind::SplittingAmount, on).await?,
        splitting_days: rules::needed(db, RuleKind::SplittingDays, on).await?,
        circle_days: rules::needed(db, RuleKind::CircleDays, on).await?,
    };
    let mut found = compare(&subject, &others, &measures);
    found.extend(clauses::found(db, row).await?);
    let named: Vec<String> = found
        .iter()
        .filter(|f| matches!(f.kind, FindingKind::Duplicate | FindingKind::SameTitle))
        .flat_map(|f| f.contracts.iter().cloned())
        .collect();
    found.extend(likeness::findings(db, row, &named).await?);
    found.extend(related::findings(db, row).await?);
    Ok(found)
}

fn compare(subject: &Compared, others: &[Compared], measures: &Measures) -> Vec<Finding> {
    let alike = |holds: &dyn Fn(&Compared) -> bool| others.iter().filter(|o| holds(o)).map(|o| o.number.clone()).collect::<Vec<_>>();
    let circle = |o: &Compared| !o.forward && o.days_from(subject).abs() <= measures.circle_days.value;
    let found = [
        (FindingKind::Duplicate, alike(&|o| o.forward && o.signed_on == subject.signed_on && o.value == subject.value), None),
        (FindingKind::SameTitle, alike(&|o| o.forward && o.title == subject.title), None),
        (FindingKind::Circle, alike(&circle), Some(&measures.circle_days)),
        (FindingKind::Splitting, splitting(subject, others, measures), Some(&measures.splitting_amount)),
    ];
    found
        .into_iter()
        .filter(|(_, contracts, _)| !contracts.is_empty())
        .map(|(kind, contracts, rule)| Finding {
            kind,
            contracts,
            about: Vec::new(),
            rule: rule.cloned(),
            note: String::new(),
            answer: None,
        })
        .collect()
}

/// The others of every window of days around the contract in which amounts below the limit reach it together, by 成交额 or by 技术交易额.
fn splitting(subject: &Compared, others: &[Compared], measures: &Measures) -> Vec<String> {
    let (limit, days) = (measures.splitting_amount.value, measures.splitting_days.value);
    let mut numbers = BTreeSet::new();
    let amounts: [fn(&Compared) -> i64; 2] = [|c| c.value, |c| c.technical_value];
    for amount in amounts {
        if amount(subject) >= limit {
            continue;
        }
        let small: Vec<&Compared> = others.iter().filter(|o| o.forward && amount(o) < limit).chain([subject]).collect();
        for first in small.iter().filter(|c| (0..=days).contains(&subject.days_from(c))) {
            let window: Vec<&&Compared> = small.iter().filter(|c| (0..=days).contains(&c.days_from(first))).collect();
            let sum = window.iter().fold(0_i64, |sum, c| sum.saturating_add(amount(c)));
            if window.len() > 1 && sum >= limit {
                numbers.extend(window.iter().filter(|c| c.number != subject.number).map(|c| c.number.clone()));
            }
        }
    }
    numbers.into_iter().collect()
}
