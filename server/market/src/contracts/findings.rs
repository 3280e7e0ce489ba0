//! Integrity checks (domain rules, section 1 "Integrity checks"): what an officer should look at before deciding. A finding blocks nothing.

use std::collections::BTreeSet;

use keqiao_model::{Coded, ContractState, Party};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use time::Date;

use super::{content_of, find, parties};
use crate::{
    Actor, Error, Market, Result,
    entity::contract::{Column, Entity, Model},
};

/// From so much on, a contract is looked at twice (domain rules, section 1 "Registration": 5,000,000 yuan), in fen.
const SECOND_REVIEW: i64 = 500_000_000;
/// Days within which contracts of one pair are added up (section 1 "Integrity checks").
const SPLITTING_DAYS: i64 = 90;
/// Days within which a contract the other way round is a circle (section 1 "Integrity checks").
const CIRCLE_DAYS: i64 = 365;

/// What was found; its words are `finding.<code>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// Same seller, buyer, day of signing and value.
    Duplicate,
    /// The same title between the same parties.
    SameTitle,
    /// The buyer sold to the seller within a year.
    Circle,
    /// Several contracts of the pair within 90 days, each below 5,000,000 yuan, reach it together.
    Splitting,
}

impl FindingKind {
    /// Every kind, gravest first.
    pub const ALL: &'static [Self] = &[Self::Duplicate, Self::SameTitle, Self::Circle, Self::Splitting];
}

impl Coded for FindingKind {
    const GROUP: &'static str = "finding";

    fn code(&self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::SameTitle => "same_title",
            Self::Circle => "circle",
            Self::Splitting => "splitting",
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
    let pair = Condition::any()
        .add(Column::SellerId.eq(row.seller_id).and(Column::BuyerId.eq(row.buyer_id)))
        .add(Column::SellerId.eq(row.buyer_id).and(Column::BuyerId.eq(row.seller_id)));
    let counted = [ContractState::Submitted, ContractState::Returned, ContractState::Registered].map(ContractState::code);
    let others = Entity::find()
        .filter(pair)
        .filter(Column::Id.ne(row.id))
        .filter(Column::State.is_in(counted))
        .order_by_asc(Column::SignedOn)
        .order_by_asc(Column::Number)
        .all(&market.db)
        .await?;
    let others = others.iter().map(|o| Compared::of(o, &row)).collect::<Result<Vec<_>>>()?;
    Ok(compare(&Compared::of(&row, &row)?, &others))
}

fn compare(subject: &Compared, others: &[Compared]) -> Vec<Finding> {
    let alike = |holds: &dyn Fn(&Compared) -> bool| others.iter().filter(|o| holds(o)).map(|o| o.number.clone()).collect::<Vec<_>>();
    let found = [
        (FindingKind::Duplicate, alike(&|o| o.forward && o.signed_on == subject.signed_on && o.value == subject.value)),
        (FindingKind::SameTitle, alike(&|o| o.forward && o.title == subject.title)),
        (FindingKind::Circle, alike(&|o| !o.forward && o.days_from(subject).abs() <= CIRCLE_DAYS)),
        (FindingKind::Splitting, splitting(subject, others)),
    ];
    found.into_iter().filter(|(_, contracts)| !contracts.is_empty()).map(|(kind, contracts)| Finding { kind, contracts }).collect()
}

/// The others of every window of 90 days around the contract in which amounts below the limit reach it together, by 成交额 or by 技术交易额.
fn splitting(subject: &Compared, others: &[Compared]) -> Vec<String> {
    let mut numbers = BTreeSet::new();
    let amounts: [fn(&Compared) -> i64; 2] = [|c| c.value, |c| c.technical_value];
    for amount in amounts {
        if amount(subject) >= SECOND_REVIEW {
            continue;
        }
        let small: Vec<&Compared> = others.iter().filter(|o| o.forward && amount(o) < SECOND_REVIEW).chain([subject]).collect();
        for first in small.iter().filter(|c| (0..=SPLITTING_DAYS).contains(&subject.days_from(c))) {
            let window: Vec<&&Compared> = small.iter().filter(|c| (0..=SPLITTING_DAYS).contains(&c.days_from(first))).collect();
            let sum = window.iter().fold(0_i64, |sum, c| sum.saturating_add(amount(c)));
            if window.len() > 1 && sum >= SECOND_REVIEW {
                numbers.extend(window.iter().filter(|c| c.number != subject.number).map(|c| c.number.clone()));
            }
        }
    }
    numbers.into_iter().collect()
}
