//! The report by which the city, its counties and its departments are assessed in a year or over the whole plan (监督评估; the founding plan,
//! section six).

use std::collections::BTreeMap;

use keqiao_model::{Figure, ReportedIndicator, pace};
use time::OffsetDateTime;

use super::{
    Measure, WHOLE_PLAN, has_fields,
    progress::{Known, Progress, Split, counts_in},
};
use crate::{
    Market, Result, ledger,
    reports::{self, Approved},
};

/// A part of the city that has targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    City,
    /// What counts for the city without belonging to a county.
    Elsewhere,
    /// A county, by its code.
    County(String),
    /// A department, by its code.
    Department(String),
}

impl Part {
    /// The code under which its targets are stored.
    pub fn code<'a>(&'a self, market: &'a Market) -> &'a str {
        match self {
            Self::City | Self::Elsewhere => &market.config.city,
            Self::County(code) | Self::Department(code) => code,
        }
    }
}

/// One part of one figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessmentPart {
    /// Which part.
    pub part: Part,
    /// How far it has come.
    pub progress: Progress,
    /// Its place among the counties, or among the departments, by the share of the target; nothing for the city and without a target.
    pub rank: Option<usize>,
    /// By how much its total changed on the days of closed months since the last one was closed.
    pub corrected: i64,
}

/// One figure with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureAssessment {
    /// Which.
    pub figure: Figure,
    /// The city, the counties with the best first, what belongs to none of them, the departments with the best first.
    pub parts: Vec<AssessmentPart>,
    /// The whole city by year, earliest first.
    pub years: Vec<(i64, Progress)>,
    /// What the ledger holds of other years; it counts toward no target of this report.
    pub outside: i64,
    /// Whether the parts' targets add up.
    pub splits: Vec<Split>,
}

impl FigureAssessment {
    /// The whole city.
    pub fn city(&self) -> Option<&AssessmentPart> {
        self.parts.iter().find(|part| part.part == Part::City)
    }
}

/// What one part reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedPart {
    /// Which part.
    pub part: Part,
    /// The approved value: a number, or hundredths of a per cent.
    pub value: Option<i64>,
    /// What it should come to.
    pub target: Option<i64>,
    /// Reports that the value is made of.
    pub reports: Vec<Approved>,
}

impl ReportedPart {
    /// Whether the target is reached; nothing without a target or a value.
    pub fn reached(&self) -> Option<bool> {
        Some(self.value? >= self.target?)
    }
}

/// One reported indicator with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedAssessment {
    /// Which.
    pub indicator: ReportedIndicator,
    /// The city, then the counties in the order of the configuration.
    pub parts: Vec<ReportedPart>,
    /// Whether the counties' targets add up.
    pub splits: Vec<Split>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// When this was so.
    pub as_of: OffsetDateTime,
    /// When something was last posted in the ledger.
    pub last_posted: Option<OffsetDateTime>,
    /// Year, [`WHOLE_PLAN`] for all of them.
    pub year: i64,
    /// Years in which anything counts or has a target.
    pub years: Vec<i64>,
    /// The last closed month, if any was.
    pub closed: Option<String>,
    /// Every figure.
    pub figures: Vec<FigureAssessment>,
    /// Every reported indicator.
    pub reported: Vec<ReportedAssessment>,
}

/// The report of a year, or of the whole plan, made of totals, targets and approved reports.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn assessment(market: &Market, year: i64) -> Result<Assessment> {
    let corrections = ledger::corrections_since_last(market).await?;
    report(market, year, corrections).await
}

/// The same without what was corrected since the last closed month, which takes longest: for the page of targets.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn progress(market: &Market, year: i64) -> Result<Assessment> {
    report(market, year, None).await
}

async fn report(market: &Market, year: i64, corrections: Option<ledger::Corrections>) -> Result<Assessment> {
    let known = Known::read(market).await?;
    let mut corrected: BTreeMap<(Figure, String), i64> = BTreeMap::new();
    for line in corrections.iter().flat_map(|c| &c.lines).filter(|line| counts_in(market, year, line.year)) {
        let sum = corrected.entry((line.figure, line.region.clone())).or_default();
        *sum = sum.saturating_add(line.now.saturating_sub(line.then));
    }
    let approved = reports::approved(market).await?;
    Ok(Assessment {
        as_of: market.now(),
        last_posted: ledger::last_posted(market).await?,
        year,
        years: known.all_years().into_iter().collect(),
        closed: corrections.map(|c| c.month),
        figures: Figure::ALL.iter().map(|figure| of_figure(market, &known, &corrected, *figure, year)).collect(),
        reported: ReportedIndicator::ALL.iter().map(|indicator| of_reported(market, &known, &approved, *indicator, year)).collect(),
    })
}

fn of_figure(market: &Market, known: &Known, corrected: &BTreeMap<(Figure, String), i64>, figure: Figure, year: i64) -> FigureAssessment {
    let corrected_in = |holds: &dyn Fn(&str) -> bool| {
        let of = corrected.iter().filter(|((f, region), _)| *f == figure && holds(region));
        of.fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount))
    };
    let part = |part: Part, total: i64, corrected: i64| {
        let target = if part == Part::Elsewhere { None } else { known.aim(figure, year, part.code(market)) };
        AssessmentPart { progress: Progress::new(market, year, known.today, total, target), part, rank: None, corrected }
    };
    let in_year = |y: i64| counts_in(market, year, y);
    let city = part(Part::City, known.total(figure, &|y, _, _| in_year(y)), corrected_in(&|_| true));
    let counties = market.counties().map(|county| {
        let total = known.total(figure, &|y, region, _| in_year(y) && region == county.code);
        part(Part::County(county.code.clone()), total, corrected_in(&|region| region == county.code))
    });
    let counties = ranked(counties.collect());
    let inside = counties.iter().fold(0_i64, |sum, part| sum.saturating_add(part.progress.total));
    let elsewhere = city.progress.total.saturating_sub(inside);
    let of_city = |region: &str| market.counties().all(|county| county.code != region);
    let elsewhere = (elsewhere != 0).then(|| part(Part::Elsewhere, elsewhere, corrected_in(&of_city)));
    // Snapshots are kept by region, so that nothing can be said of what was corrected in a field.
    let departments = market.config.departments.iter().filter(|_| has_fields(figure)).map(|department| {
        let total = known.total(figure, &|y, _, field| in_year(y) && field.is_some_and(|f| department.fields.contains(&f)));
        part(Part::Department(department.code.clone()), total, 0)
    });
    let departments = ranked(departments.collect());
    let by_year = known.years(figure).into_iter().map(|y| {
        let total = known.total(figure, &|of, _, _| of == y);
        (y, Progress::new(market, y, known.today, total, known.aim(figure, y, &market.config.city)))
    });
    FigureAssessment {
        figure,
        years: by_year.collect(),
        outside: known.total(figure, &|y, _, _| !in_year(y)),
        parts: std::iter::once(city).chain(counties).chain(elsewhere).chain(departments).collect(),
        splits: known.splits(market, Measure::Figure(figure), year),
    }
}

/// Parts with their places, the best first; who has no target comes last.
fn ranked(mut parts: Vec<AssessmentPart>) -> Vec<AssessmentPart> {
    let shares: Vec<(i64, Option<i64>)> = parts.iter().map(|part| (part.progress.total, part.progress.target)).collect();
    for (part, rank) in parts.iter_mut().zip(pace::ranks(&shares)) {
        part.rank = rank;
    }
    parts.sort_by_key(|part| part.rank.unwrap_or(usize::MAX));
    parts
}

fn of_reported(market: &Market, known: &Known, approved: &[Approved], indicator: ReportedIndicator, year: i64) -> ReportedAssessment {
    let own: Vec<&Approved> = approved.iter().filter(|a| a.indicator == indicator && counts_in(market, year, a.year)).collect();
    let part = |part: Part| {
        let code = part.code(market);
        // A share of the city is no sum of shares: the city reports it. What is counted is the sum of its counties and of what it reports
        // itself.
        let whole = part == Part::City && !indicator.is_share();
        let mut reports: Vec<Approved> = own.iter().filter(|a| whole || market.current(&a.region) == code).map(|a| (*a).clone()).collect();
        if !indicator.is_yearly() {
            reports = latest(market, reports);
        }
        let value = reports.iter().map(|a| a.value).reduce(i64::saturating_add);
        ReportedPart { value, target: known.aim(indicator, year, code), reports, part }
    };
    let counties = market.counties().map(|county| part(Part::County(county.code.clone())));
    ReportedAssessment {
        indicator,
        parts: std::iter::once(part(Part::City)).chain(counties).collect(),
        splits: known.splits(market, Measure::Reported(indicator), year),
    }
}

/// Of each region the reports of its latest year: how it stands, not what came each year. Counties that merged count as the one they
/// became.
fn latest(market: &Market, mut reports: Vec<Approved>) -> Vec<Approved> {
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for report in &reports {
        let year = last.entry(market.current(&report.region).to_owned()).or_insert(report.year);
        *year = report.year.max(*year);
    }
    reports.retain(|report| last.get(market.current(&report.region)) == Some(&report.year));
    reports
}

impl Assessment {
    /// Whether it is about the whole plan and not about one year.
    pub fn is_whole(&self) -> bool {
        self.year == WHOLE_PLAN
    }
}
