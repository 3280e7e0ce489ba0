//! Targets of the city's plan, split by county and year (目标任务分解; the founding plan, section six), and how far the ledger has come. Anyone
//! may read them.

use std::collections::{BTreeMap, BTreeSet};

use keqiao_model::{Check, Fen, FieldError, Figure};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result,
    db::Subject,
    entity::{ledger_entry, target},
    ledger::last_posted,
};

/// The year of a target for the whole plan.
pub const WHOLE_PLAN: i64 = 0;

/// Targets of the city for the whole plan, by the founding plan ("Targets the platform must be able to show"): 技术合同成交额 over 6,000,000,000
/// yuan (in fen here), 转化科技成果 300, 服务企业 over 1,000, 培训技术经理人 200. A beginning for an installation; the city may change them.
pub const PLAN: &[(Figure, i64)] = &[
    (Figure::ContractValue, 600_000_000_000),
    (Figure::AchievementsConverted, 300),
    (Figure::EnterprisesServed, 1_000),
    (Figure::BrokersTrained, 200),
];

/// One target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// Of which figure.
    pub figure: Figure,
    /// Year, [`WHOLE_PLAN`] for all of them.
    pub year: i64,
    /// Region, six digits: the city for all of it, or a county.
    pub region: String,
    /// Fen, or a number of subjects; 0 when the target was taken back.
    pub amount: i64,
    /// For optimistic locking.
    pub version: i64,
}

/// Whether a figure is money in fen, not a number of subjects.
pub fn is_money(figure: Figure) -> bool {
    matches!(figure, Figure::ContractValue | Figure::TechnicalValue | Figure::AbsorbedValue | Figure::TechnicalIncome)
}

/// Whether the actor may set targets: administrators and the city's officers.
pub fn may_set_targets(market: &Market, actor: &Actor) -> bool {
    *actor == Actor::System || actor.is_admin() || actor.is_officer_of(&market.config.city)
}

/// Sets the plan's targets for the whole city when no target was ever set: the state of a new house. Administrators change them afterwards.
///
/// # Errors
/// [`Error::Internal`].
pub async fn adopt_plan(market: &Market) -> Result<()> {
    if target::Entity::find().one(&market.db).await?.is_some() {
        return Ok(());
    }
    let city = market.config.city.clone();
    for (figure, amount) in PLAN {
        match set_target(market, &Actor::System, *figure, WHOLE_PLAN, &city, *amount, 0).await {
            // Another node was faster.
            Ok(()) | Err(Error::Stale) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sets a target; `version` is 0 for one that was never set. An amount of 0 takes it back.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but administrators and the city's officers; [`Error::Stale`] when somebody else set it
/// meanwhile; [`Error::Invalid`] at `year`, `region` or `amount`.
pub async fn set_target(market: &Market, actor: &Actor, figure: Figure, year: i64, region: &str, amount: i64, version: i64) -> Result<()> {
    if !may_set_targets(market, actor) {
        return Err(if *actor == Actor::Visitor { Error::SignIn } else { Error::Forbidden });
    }
    let mut check = Check::new();
    check.ensure(year == WHOLE_PLAN || (2000..=2100).contains(&year), "year", "choice");
    check.ensure(market.region(region).is_some(), "region", "choice");
    check.ensure(amount >= 0, "amount", "money_negative");
    let most = if is_money(figure) { Fen::MAX.fen() } else { 1_000_000_000 };
    if amount > most {
        check.refuse(FieldError::new("amount", "money_too_large"));
    }
    check.finish(())?;
    let tx = market.write(actor).await?;
    let same = || {
        target::Entity::find()
            .filter(target::Column::Figure.eq(figure.code()))
            .filter(target::Column::Year.eq(year))
            .filter(target::Column::Region.eq(region))
    };
    let before = same().one(&*tx).await?;
    let (id, from) = match &before {
        Some(row) => {
            let done = target::Entity::update_many()
                .col_expr(target::Column::Amount, Expr::value(amount))
                .col_expr(target::Column::Version, Expr::value(version.saturating_add(1)))
                .filter(target::Column::Id.eq(row.id))
                .filter(target::Column::Version.eq(version))
                .exec(&*tx)
                .await?;
            if done.rows_affected == 0 {
                return Err(Error::Stale);
            }
            (row.id, Some(row.amount))
        }
        None if version == 0 => {
            let row = target::ActiveModel {
                id: Set(Uuid::now_v7()),
                figure: Set(figure.code().to_owned()),
                region: Set(region.to_owned()),
                year: Set(year),
                amount: Set(amount),
                version: Set(1),
            };
            let key = [target::Column::Figure, target::Column::Year, target::Column::Region];
            let done = target::Entity::insert(row)
                .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
                .exec_without_returning(&*tx)
                .await?;
            if done == 0 {
                return Err(Error::Stale);
            }
            (same().one(&*tx).await?.ok_or(Error::NotFound)?.id, None)
        }
        None => return Err(Error::Stale),
    };
    let detail = json!({ "figure": figure.code(), "year": year, "region": region, "from": from, "to": amount });
    tx.audit("target.set", Subject::Target, Some(id), detail).await?;
    tx.commit().await
}

/// Every target, by figure, year and region.
///
/// # Errors
/// [`Error::Internal`].
pub async fn targets(market: &Market) -> Result<Vec<TargetView>> {
    let rows = target::Entity::find()
        .order_by_asc(target::Column::Figure)
        .order_by_asc(target::Column::Year)
        .order_by_asc(target::Column::Region)
        .all(&market.db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let figure = figure_of(&row.figure)?;
            Ok(TargetView { figure, year: row.year, region: row.region, amount: row.amount, version: row.version })
        })
        .collect()
}

fn figure_of(code: &str) -> Result<Figure> {
    Figure::from_code(code).ok_or_else(|| Error::internal(format!("figure {code}")))
}

/// How far a figure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// What counts now: fen, or a number of subjects.
    pub total: i64,
    /// What it should come to.
    pub target: Option<i64>,
    /// How much of the target that is, per mille, rounded down; above 1000 when it is exceeded.
    pub permille: Option<i64>,
}

impl Progress {
    fn new(total: i64, target: Option<i64>) -> Self {
        let target = target.filter(|t| *t > 0);
        let permille = target.map(|t| i64::try_from(i128::from(total) * 1_000 / i128::from(t)).unwrap_or(i64::MAX));
        Self { total, target, permille }
    }
}

/// Whether the counties' targets add up to the city's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Year, [`WHOLE_PLAN`] for all of them.
    pub year: i64,
    /// Sum of the counties' targets.
    pub counties: i64,
    /// The city's target.
    pub city: i64,
    /// What the counties' targets lack to the city's; negative when they exceed it.
    pub differs_by: i64,
}

/// One figure of the targets page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureOverview {
    /// Which.
    pub figure: Figure,
    /// The whole plan in the whole city.
    pub whole: Progress,
    /// The whole city by year, earliest first.
    pub years: Vec<(i64, Progress)>,
    /// The whole plan by county, in the order of the configuration; the target of a county is that of the whole plan.
    pub counties: Vec<(String, Progress)>,
    /// What counts for the city without belonging to one of its counties.
    pub elsewhere: i64,
    /// The years (and the whole plan) in which counties have targets, and whether these add up.
    pub splits: Vec<Split>,
}

/// The targets page: every figure with its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// When this was so.
    pub as_of: OffsetDateTime,
    /// When something was last posted in the ledger.
    pub last_posted: Option<OffsetDateTime>,
    /// Every figure.
    pub figures: Vec<FigureOverview>,
}

/// Progress of every figure by year and by county against its targets. Two grouped queries; nothing is added that must not be: 输出 and 吸纳 are
/// figures of their own (domain rules, section 7).
///
/// # Errors
/// [`Error::Internal`].
pub async fn target_page(market: &Market) -> Result<Overview> {
    let sum = Expr::col(ledger_entry::Column::Amount).sum().cast_as("bigint");
    let rows: Vec<(String, i64, String, i64)> = ledger_entry::Entity::find()
        .select_only()
        .columns([ledger_entry::Column::Figure, ledger_entry::Column::Year, ledger_entry::Column::Region])
        .column_as(sum, "amount")
        .group_by(ledger_entry::Column::Figure)
        .group_by(ledger_entry::Column::Year)
        .group_by(ledger_entry::Column::Region)
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut totals: BTreeMap<Figure, Vec<(i64, String, i64)>> = BTreeMap::new();
    for (figure, year, region, amount) in rows {
        totals.entry(figure_of(&figure)?).or_default().push((year, region, amount));
    }
    let mut aims: BTreeMap<Figure, BTreeMap<(i64, String), i64>> = BTreeMap::new();
    for aim in targets(market).await?.into_iter().filter(|t| t.amount > 0) {
        aims.entry(aim.figure).or_default().insert((aim.year, aim.region), aim.amount);
    }
    let none = (Vec::new(), BTreeMap::new());
    let figures = Figure::ALL
        .iter()
        .map(|figure| overview(market, *figure, totals.get(figure).unwrap_or(&none.0), aims.get(figure).unwrap_or(&none.1)))
        .collect();
    Ok(Overview { as_of: market.now(), last_posted: last_posted(market).await?, figures })
}

fn overview(market: &Market, figure: Figure, totals: &[(i64, String, i64)], aims: &BTreeMap<(i64, String), i64>) -> FigureOverview {
    let city = &market.config.city;
    let add = |holds: &dyn Fn(i64, &str) -> bool| {
        totals.iter().filter(|(year, region, _)| holds(*year, region)).fold(0_i64, |sum, (_, _, amount)| sum.saturating_add(*amount))
    };
    let aim = |year: i64, region: &str| aims.get(&(year, region.to_owned())).copied();
    let whole = Progress::new(add(&|_, _| true), aim(WHOLE_PLAN, city));
    let years: BTreeSet<i64> =
        totals.iter().map(|(year, _, _)| *year).chain(aims.keys().map(|(year, _)| *year)).filter(|y| *y != WHOLE_PLAN).collect();
    let counties: Vec<(String, Progress)> = market
        .counties()
        .map(|county| (county.code.clone(), Progress::new(add(&|_, region| region == county.code), aim(WHOLE_PLAN, &county.code))))
        .collect();
    let inside = counties.iter().fold(0_i64, |sum, (_, progress)| sum.saturating_add(progress.total));
    let splits = [WHOLE_PLAN]
        .into_iter()
        .chain(years.iter().copied())
        .filter_map(|year| {
            let parts: Vec<i64> = market.counties().filter_map(|county| aim(year, &county.code)).collect();
            let sum = parts.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
            let city = aim(year, city).unwrap_or(0);
            (!parts.is_empty()).then_some(Split { year, counties: sum, city, differs_by: city.saturating_sub(sum) })
        })
        .collect();
    FigureOverview {
        figure,
        whole,
        years: years.into_iter().map(|year| (year, Progress::new(add(&|y, _| y == year), aim(year, city)))).collect(),
        counties,
        elsewhere: whole.total.saturating_sub(inside),
        splits,
    }
}
