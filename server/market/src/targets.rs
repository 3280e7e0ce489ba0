//! Targets of the city's plan, split by year, by county and by department (目标任务分解; the founding plan, section six), and how far the ledger
//! has come. Anyone may read them.

mod assessment;
mod measure;
mod progress;

use keqiao_model::{Check, Fen, FieldError, Figure, Period, ReportedIndicator};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;
use uuid::Uuid;

pub use self::{
    assessment::{Assessment, AssessmentPart, FigureAssessment, Part, ReportedAssessment, ReportedPart, assessment, progress},
    measure::Measure,
    progress::{FigureOverview, Overview, Progress, Split, splits, target_page},
};
use crate::{Actor, Error, Market, Result, db::Subject, entity::target};

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

/// What the founding plan asks of the indicators that are reported, for the whole city and plan; shares in hundredths of a per cent.
pub const REPORTED_PLAN: &[(ReportedIndicator, i64)] = &[
    (ReportedIndicator::RdIntensity, 180),
    (ReportedIndicator::FirmsWithRd, 1_500),
    (ReportedIndicator::NewProductShare, 3_000),
    (ReportedIndicator::Platforms, 100),
    (ReportedIndicator::Incubators, 30),
    (ReportedIndicator::HighTechFirms, 300),
    (ReportedIndicator::TechBranches, 10),
    (ReportedIndicator::PilotBases, 4),
    (ReportedIndicator::ProofCentres, 1),
    (ReportedIndicator::Commissioners, 2_000),
    (ReportedIndicator::Breakthroughs, 50),
    (ReportedIndicator::NewTechnologies, 300),
    (ReportedIndicator::NewProducts, 300),
    (ReportedIndicator::NewVarieties, 50),
];

/// One target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// Of what.
    pub measure: Measure,
    /// Year, [`WHOLE_PLAN`] for all of them.
    pub year: i64,
    /// Region, six digits: the city for all of it, or a county; or the code of a department.
    pub region: String,
    /// Fen, a number, or hundredths of a per cent; 0 when the target was taken back.
    pub amount: i64,
    /// For optimistic locking.
    pub version: i64,
}

/// Whether a figure is money in fen, not a number of subjects.
pub fn is_money(figure: Figure) -> bool {
    matches!(figure, Figure::ContractValue | Figure::TechnicalValue | Figure::AbsorbedValue | Figure::TechnicalIncome)
}

/// Whether the entries of a figure belong to fields, so that departments have a part in it. A training has none.
pub fn has_fields(figure: Figure) -> bool {
    figure != Figure::BrokersTrained
}

/// Whether the actor may set targets: administrators and the city's officers.
pub fn may_set_targets(market: &Market, actor: &Actor) -> bool {
    *actor == Actor::System || actor.is_admin() || actor.is_officer_of(&market.config.city)
}

/// The days of a year's target, or of the whole plan.
pub fn period(market: &Market, year: i64) -> Option<Period> {
    let plan = market.config.plan;
    if year == WHOLE_PLAN { Period::years(plan.first, plan.last) } else { Period::years(year, year) }
}

/// Sets the plan's targets for the whole city when no target was ever set: the state of a new house. Those of reported indicators are set
/// when none of them ever was. Administrators change them afterwards.
///
/// # Errors
/// [`Error::Internal`].
pub async fn adopt_plan(market: &Market) -> Result<()> {
    let known = targets(market).await?;
    let mut missing: Vec<(Measure, i64)> = Vec::new();
    if known.is_empty() {
        missing.extend(PLAN.iter().map(|(figure, amount)| (Measure::Figure(*figure), *amount)));
    }
    if !known.iter().any(|target| matches!(target.measure, Measure::Reported(_))) {
        missing.extend(REPORTED_PLAN.iter().map(|(indicator, amount)| (Measure::Reported(*indicator), *amount)));
    }
    let city = market.config.city.clone();
    for (measure, amount) in missing {
        match set_target(market, &Actor::System, measure, WHOLE_PLAN, &city, amount, 0).await {
            // Another node was faster.
            Ok(()) | Err(Error::Stale) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sets a target of a figure or of a reported indicator, for the city, a county or a department; `version` is 0 for one that was never set.
/// An amount of 0 takes it back.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but administrators and the city's officers; [`Error::Stale`] when somebody else set it
/// meanwhile; [`Error::Invalid`] at `year`, `region` or `amount`.
pub async fn set_target(
    market: &Market,
    actor: &Actor,
    measure: impl Into<Measure>,
    year: i64,
    region: &str,
    amount: i64,
    version: i64,
) -> Result<()> {
    let measure = measure.into();
    if !may_set_targets(market, actor) {
        return Err(if *actor == Actor::Visitor { Error::SignIn } else { Error::Forbidden });
    }
    // What was a county is set as what it became.
    let region = market.current(region);
    let department = measure.has_departments() && market.department(region).is_some();
    let mut check = Check::new();
    check.ensure(year == WHOLE_PLAN || (2000..=2100).contains(&year), "year", "choice");
    check.ensure(market.region(region).is_some() || department, "region", "choice");
    check.ensure(amount >= 0, "amount", "money_negative");
    if amount > measure.most() {
        let code = match measure {
            Measure::Reported(indicator) if indicator.is_share() => "percent",
            _ => "money_too_large",
        };
        check.refuse(FieldError::new("amount", code));
    }
    check.finish(())?;
    let code = measure.code();
    let tx = market.write(actor).await?;
    let same = || {
        target::Entity::find()
            .filter(target::Column::Figure.eq(code.as_str()))
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
                figure: Set(code.clone()),
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
    let detail = json!({ "figure": code, "year": year, "region": region, "from": from, "to": amount });
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
            let measure = Measure::from_code(&row.figure).ok_or_else(|| Error::internal(format!("figure {}", row.figure)))?;
            Ok(TargetView { measure, year: row.year, region: row.region, amount: row.amount, version: row.version })
        })
        .collect()
}

/// The largest target of an amount of money.
const MONEY_MAX: i64 = Fen::MAX.fen();
