//! Registered money of a year, from the ledger's sums.

use std::collections::BTreeMap;

use keqiao_model::{ContractKind, Field, Figure};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::Expr};

use super::Board;
use crate::{
    Market, Result,
    entity::ledger_sum::{Column, Entity},
};

/// The figures of money.
const FIGURES: [Figure; 4] = [Figure::ContractValue, Figure::TechnicalValue, Figure::AbsorbedValue, Figure::TechnicalIncome];

/// Money of the ledger, in fen. Its parts are never added to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Money {
    /// 成交额 (输出).
    pub value: i64,
    /// 技术交易额.
    pub technical: i64,
    /// 吸纳.
    pub absorbed: i64,
    /// 技术性收入.
    pub income: i64,
}

impl Money {
    fn add(&mut self, figure: &str, amount: i64) {
        let part = match Figure::from_code(figure) {
            Some(Figure::ContractValue) => &mut self.value,
            Some(Figure::TechnicalValue) => &mut self.technical,
            Some(Figure::AbsorbedValue) => &mut self.absorbed,
            Some(Figure::TechnicalIncome) => &mut self.income,
            _ => return,
        };
        *part = part.saturating_add(amount);
    }

    /// Whether there is nothing of any.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Registered money of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amounts {
    /// The twelve months, each with the same month of the year before.
    pub months: Vec<(Money, Money)>,
    /// By county, in the order of the configuration; what belongs to none comes last with the city's code.
    pub regions: Vec<(String, Money)>,
    /// By 技术领域, most 成交额 first.
    pub fields: Vec<(Field, Money)>,
    /// By 合同类别, most 成交额 first.
    pub kinds: Vec<(ContractKind, Money)>,
    /// All of the year.
    pub total: Money,
    /// All of the year before.
    pub before: Money,
}

fn narrowed(board: &Board, years: &[i32]) -> Condition {
    Condition::all()
        .add(Column::Figure.is_in(FIGURES.map(|f| f.code())))
        .add(Column::Year.is_in(years.iter().map(|year| i64::from(*year))))
        .add(board.in_region(Column::Region))
        .add_option(board.field.map(|field| Column::Field.eq(field.code())))
        .add_option(board.kind.map(|kind| Column::ContractKind.eq(kind.code())))
}

/// Registered money of the year: by month beside the year before, by county, field and kind.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn amounts(market: &Market, board: &Board) -> Result<Amounts> {
    let sum = || Expr::col(Column::Amount).sum().cast_as("bigint");
    let by_month: Vec<(String, i64, i64, i64)> = Entity::find()
        .select_only()
        .columns([Column::Figure, Column::Year, Column::Month])
        .column_as(sum(), "amount")
        .filter(narrowed(board, &[board.year, board.year.saturating_sub(1)]))
        .group_by(Column::Figure)
        .group_by(Column::Year)
        .group_by(Column::Month)
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut found = Amounts {
        months: vec![<(Money, Money)>::default(); 12],
        regions: Vec::new(),
        fields: Vec::new(),
        kinds: Vec::new(),
        total: Money::default(),
        before: Money::default(),
    };
    for (figure, year, month, amount) in by_month {
        let this = year == i64::from(board.year);
        if this { &mut found.total } else { &mut found.before }.add(&figure, amount);
        let month = usize::try_from(month - 1).ok().and_then(|at| found.months.get_mut(at));
        if let Some((now, before)) = month {
            if this { now } else { before }.add(&figure, amount);
        }
    }
    let parts: Vec<(String, String, String, String, i64)> = Entity::find()
        .select_only()
        .columns([Column::Figure, Column::Region, Column::Field, Column::ContractKind])
        .column_as(sum(), "amount")
        .filter(narrowed(board, &[board.year]))
        .group_by(Column::Figure)
        .group_by(Column::Region)
        .group_by(Column::Field)
        .group_by(Column::ContractKind)
        .into_tuple()
        .all(&market.db)
        .await?;
    let (mut regions, mut fields, mut kinds) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (figure, region, field, kind, amount) in parts {
        regions.entry(market.current(&region).to_owned()).or_insert_with(Money::default).add(&figure, amount);
        if let Some(field) = Field::from_code(&field) {
            fields.entry(field.code()).or_insert((field, Money::default())).1.add(&figure, amount);
        }
        if let Some(kind) = ContractKind::from_code(&kind) {
            kinds.entry(kind.code()).or_insert((kind, Money::default())).1.add(&figure, amount);
        }
    }
    for county in market.counties() {
        let money = regions.remove(&county.code).unwrap_or_default();
        if board.region.as_ref().is_none_or(|region| *region == county.code) {
            found.regions.push((county.code.clone(), money));
        }
    }
    // Organisations of the city that belong to no county.
    let mut elsewhere = Money::default();
    for money in regions.into_values() {
        elsewhere.value = elsewhere.value.saturating_add(money.value);
        elsewhere.technical = elsewhere.technical.saturating_add(money.technical);
        elsewhere.absorbed = elsewhere.absorbed.saturating_add(money.absorbed);
        elsewhere.income = elsewhere.income.saturating_add(money.income);
    }
    if !elsewhere.is_none() {
        found.regions.push((market.config.city.clone(), elsewhere));
    }
    found.fields = fields.into_values().collect();
    found.fields.sort_by_key(|(_, money)| std::cmp::Reverse(money.value));
    found.kinds = kinds.into_values().collect();
    found.kinds.sort_by_key(|(_, money)| std::cmp::Reverse(money.value));
    Ok(found)
}
