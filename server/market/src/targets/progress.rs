//! How far figures have come: totals against targets, by year, county and department.

use std::collections::{BTreeMap, BTreeSet};

use keqiao_model::{Field, Figure, Light, pace};
use time::{Date, OffsetDateTime};

use super::{Measure, TargetView, WHOLE_PLAN, has_fields, period, targets};
use crate::{
    Market, Result,
    contracts::today,
    ledger::{last_posted, yearly},
};

/// How far a figure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// What counts now: fen, or a number of subjects.
    pub total: i64,
    /// What it should come to.
    pub target: Option<i64>,
    /// How much of the target that is, per mille, rounded down; above 1000 when it is exceeded.
    pub permille: Option<i64>,
    /// What the target asks for by the end of today, when it has one.
    pub expected: Option<i64>,
    /// How the total stands against that.
    pub light: Option<Light>,
    /// What it comes to at the end of the period if it goes on like this; nothing at the beginning of the period.
    pub forecast: Option<i64>,
}

impl Progress {
    /// Progress in a year, or in the whole plan, as of a day.
    pub(super) fn new(market: &Market, year: i64, today: Date, total: i64, target: Option<i64>) -> Self {
        let target = target.filter(|t| *t > 0);
        let permille = target.map(|t| i64::try_from(i128::from(total) * 1_000 / i128::from(t)).unwrap_or(i64::MAX));
        let period = period(market, year);
        Self {
            total,
            target,
            permille,
            expected: target.zip(period).map(|(target, period)| pace::expected(target, period, today)),
            light: target.zip(period).and_then(|(target, period)| pace::light(total, target, period, today)),
            forecast: period.and_then(|period| pace::forecast(total, period, today)),
        }
    }
}

/// Whether the targets of parts add up to the city's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Year, [`WHOLE_PLAN`] for all of them.
    pub year: i64,
    /// Whether the parts are departments, not counties.
    pub departments: bool,
    /// Sum of the parts' targets.
    pub counties: i64,
    /// The city's target.
    pub city: i64,
    /// What the parts' targets lack to the city's; negative when they exceed it.
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
    /// The whole plan by department, in the order of the configuration.
    pub departments: Vec<(String, Progress)>,
    /// What counts for the city in the plan without belonging to one of its counties.
    pub elsewhere: i64,
    /// What the ledger holds of years outside the plan; it counts toward no target of the plan.
    pub outside_plan: i64,
    /// The years (and the whole plan) in which counties or departments have targets, and whether these add up.
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

/// The targets by measure, year and region.
pub(super) type Aims = BTreeMap<(Measure, i64, String), i64>;

/// Everything that totals against targets are made of.
pub(super) struct Known {
    pub(super) today: Date,
    /// Figure, year, region as it is called today, field; amount.
    totals: Vec<(Figure, i64, String, Option<Field>, i64)>,
    pub(super) aims: Aims,
}

impl Known {
    /// Reads the sums of the ledger and the targets.
    pub(super) async fn read(market: &Market) -> Result<Self> {
        let read = yearly(market).await?;
        let totals = read.iter().map(|t| (t.figure, t.year, market.current(&t.region).to_owned(), t.field, t.amount)).collect();
        Ok(Self { today: today(market), totals, aims: aims(market, targets(market).await?) })
    }

    /// The total of a figure over the entries that hold.
    pub(super) fn total(&self, figure: Figure, holds: &dyn Fn(i64, &str, Option<Field>) -> bool) -> i64 {
        let of = self.totals.iter().filter(|(f, year, region, field, _)| *f == figure && holds(*year, region, *field));
        of.fold(0_i64, |sum, (.., amount)| sum.saturating_add(*amount))
    }

    pub(super) fn aim(&self, measure: impl Into<Measure>, year: i64, region: &str) -> Option<i64> {
        self.aims.get(&(measure.into(), year, region.to_owned())).copied()
    }

    /// Years in which a figure has entries or targets.
    pub(super) fn years(&self, figure: Figure) -> BTreeSet<i64> {
        let done = self.totals.iter().filter(|(f, ..)| *f == figure).map(|(_, year, ..)| *year);
        let aimed = self.aims.keys().filter(|(measure, ..)| *measure == Measure::Figure(figure)).map(|(_, year, _)| *year);
        done.chain(aimed).filter(|year| *year != WHOLE_PLAN).collect()
    }

    /// Years in which anything has entries or targets.
    pub(super) fn all_years(&self) -> BTreeSet<i64> {
        let done = self.totals.iter().map(|(_, year, ..)| *year);
        done.chain(self.aims.keys().map(|(_, year, _)| *year)).filter(|year| *year != WHOLE_PLAN).collect()
    }

    /// Whether the parts of a measure's target add up, in a year or the whole plan: counties, then departments; nothing where no part has
    /// one.
    pub(super) fn splits(&self, market: &Market, measure: Measure, year: i64) -> Vec<Split> {
        if !measure.adds_up() {
            return Vec::new();
        }
        let counties: Vec<&str> = market.counties().map(|county| county.code.as_str()).collect();
        let departments: Vec<&str> = market.config.departments.iter().map(|d| d.code.as_str()).collect();
        [(false, counties), (true, departments)]
            .into_iter()
            .filter_map(|(departments, codes)| {
                let parts: Vec<i64> = codes.iter().filter_map(|code| self.aim(measure, year, code)).collect();
                let sum = parts.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
                let city = self.aim(measure, year, &market.config.city).unwrap_or(0);
                let differs_by = city.saturating_sub(sum);
                (!parts.is_empty()).then_some(Split { year, departments, counties: sum, city, differs_by })
            })
            .collect()
    }
}

/// Targets that stand, by measure, year and what the region is today; those of merged counties are added, and shares are not.
pub(super) fn aims(market: &Market, targets: Vec<TargetView>) -> Aims {
    let mut aims = Aims::new();
    for target in targets.into_iter().filter(|t| t.amount > 0) {
        let today = market.current(&target.region).to_owned();
        let own = today == target.region;
        let aim = aims.entry((target.measure, target.year, today)).or_insert(0);
        if target.measure.adds_up() {
            *aim = aim.saturating_add(target.amount);
        } else if own || *aim == 0 {
            *aim = target.amount;
        }
    }
    aims
}

/// Whether the parts of a measure's targets add up, in every year and the whole plan in which parts have some.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn splits(market: &Market, measure: Measure) -> Result<Vec<Split>> {
    let known = Known::read(market).await?;
    let years: BTreeSet<i64> = known.aims.keys().filter(|(of, ..)| *of == measure).map(|(_, year, _)| *year).collect();
    Ok(years.into_iter().flat_map(|year| known.splits(market, measure, year)).collect())
}

/// Whether a year counts toward a year's target, or toward that of the whole plan.
pub(super) fn counts_in(market: &Market, asked: i64, year: i64) -> bool {
    if asked == WHOLE_PLAN { market.config.plan.holds(year) } else { asked == year }
}

/// Progress of every figure by year, county and department against its targets. Nothing is added that must not be: 输出 and 吸纳 are figures of
/// their own (domain rules, section 7).
///
/// # Errors
/// [`Error::Internal`].
pub async fn target_page(market: &Market) -> Result<Overview> {
    let known = Known::read(market).await?;
    let figures = Figure::ALL.iter().map(|figure| overview(market, *figure, &known)).collect();
    Ok(Overview { as_of: market.now(), last_posted: last_posted(market).await?, figures })
}

fn overview(market: &Market, figure: Figure, known: &Known) -> FigureOverview {
    let city = &market.config.city;
    let plan = |year: i64| counts_in(market, WHOLE_PLAN, year);
    let progress = |year, total, region: &str| Progress::new(market, year, known.today, total, known.aim(figure, year, region));
    let whole = progress(WHOLE_PLAN, known.total(figure, &|year, _, _| plan(year)), city);
    let years = known.years(figure);
    let counties: Vec<(String, Progress)> = market
        .counties()
        .map(|county| {
            let total = known.total(figure, &|year, region, _| plan(year) && region == county.code);
            (county.code.clone(), progress(WHOLE_PLAN, total, &county.code))
        })
        .collect();
    let departments = market.config.departments.iter().filter(|_| has_fields(figure)).map(|department| {
        let total = known.total(figure, &|year, _, field| plan(year) && field.is_some_and(|f| department.fields.contains(&f)));
        (department.code.clone(), progress(WHOLE_PLAN, total, &department.code))
    });
    let inside = counties.iter().fold(0_i64, |sum, (_, progress)| sum.saturating_add(progress.total));
    let splits = [WHOLE_PLAN].into_iter().chain(years.iter().copied());
    FigureOverview {
        figure,
        whole,
        departments: departments.collect(),
        elsewhere: whole.total.saturating_sub(inside),
        outside_plan: known.total(figure, &|year, _, _| !plan(year)),
        splits: splits.flat_map(|year| known.splits(market, Measure::Figure(figure), year)).collect(),
        years: years.into_iter().map(|year| (year, progress(year, known.total(figure, &|y, _, _| y == year), city))).collect(),
        counties,
    }
}
