//! The demo city: a fictional prefecture whose history is made by the very use cases that people use, with the clock set back.

mod content;
mod history;
mod judged;
pub mod paper;
mod people;
mod performance;
mod pricing;
mod reported;
mod room;
mod trade;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use keqiao_market::{Market, db, ledger, matching, notices, organisations, targets};
use time::{Duration, OffsetDateTime};

use crate::config::Config;
use content::City;

/// Days of the story that people are told of.
const NOTICE_DAYS: i64 = 21;

/// A small, repeatable source of variety: the demo city looks the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    /// The next number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        // Knuth's MMIX generator.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let place = usize::try_from(self.roll(from.len() as u64)).unwrap_or(0);
        &from[place.min(from.len() - 1)]
    }
}

/// The market with a clock that the story sets.
pub(crate) struct Story {
    pub(crate) market: Market,
    clock: Arc<AtomicI64>,
    /// When the story is told.
    pub(crate) now: OffsetDateTime,
    pub(crate) dice: Dice,
}

impl Story {
    /// Sets the clock to so many hours before now.
    pub(crate) fn hours_ago(&self, hours: i64) {
        self.clock.store(db::micros(self.now - Duration::hours(hours)), Ordering::SeqCst);
    }

    /// Lets some time pass.
    pub(crate) fn wait(&self, time: Duration) {
        let added = i64::try_from(time.whole_microseconds()).unwrap_or(0);
        // The story never runs ahead of the real time.
        let _ = self.clock.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |t| Some((t + added).min(db::micros(self.now))));
    }
}

/// Loads the demo city when nobody and nothing is there yet; answers whether it did. `progress(done, total)` is called as it goes.
///
/// # Errors
/// When a step fails; the database then holds a part of the city, and says so by not being empty.
pub async fn load(config: &Config, market: &Market, progress: impl Fn(u64, u64)) -> anyhow::Result<bool> {
    if !organisations::is_empty(market).await? {
        return Ok(false);
    }
    let city = City::read()?;
    let now = market.now();
    let clock = Arc::new(AtomicI64::new(db::micros(now)));
    let ticking = clock.clone();
    let clocked = Market::new(
        market.database().clone(),
        market.search_index().clone(),
        Arc::new(move || db::from_micros(ticking.load(Ordering::SeqCst))),
        keqiao_market::MarketConfig { demo: true, ..config.market() },
    );
    let mut story = Story { market: clocked, clock, now, dice: Dice(20_261_124) };
    let total = (city.organisations.len() + city.listings.len() + history::CONTRACTS + history::DEALS) as u64;
    let mut done = 0;
    let mut step = |by: usize| {
        done += by as u64;
        progress(done, total);
    };
    story.hours_ago(24 * 1_100);
    let people = people::settle(&mut story, &city, &mut step).await?;
    let listings = content::publish(&mut story, &city, &people, &mut step).await?;
    // All at once, so that kinship is learnt from the whole city before matches are stored.
    matching::reindex(market, true, |_, _| {}).await?;
    history::contracts(&mut story, &city, &people, &mut step).await?;
    // The last one passes when all else has happened, so that entries are posted in about the order of their days.
    history::training(&mut story, &city, &people, 0..history::TRAINED - 1).await?;
    history::deals(&mut story, &city, &people, &listings, &mut step).await?;
    trade::broker(&mut story, &city, &people).await?;
    trade::questions(&mut story, &city, &people, &listings).await?;
    pricing::sales(&mut story, &city, &people, &listings).await?;
    judged::matches(&story, &people, &listings).await?;
    history::training(&mut story, &city, &people, history::TRAINED - 1..history::TRAINED).await?;
    set_targets(&mut story).await?;
    reported::indicators(&mut story, &people).await?;
    // Months are closed as of their ends, whenever that is done.
    story.hours_ago(0);
    ledger::snapshot_step(&story.market).await?;
    matching::catch_up(market).await?;
    // People find the notices of the last days, and nobody gets three years of letters.
    notices::skip_notices(market, now - Duration::days(NOTICE_DAYS)).await?;
    Ok(true)
}

/// A whole cut into shares of a hundred; what rounding leaves goes to the last, so that the parts add up to it.
fn cut(whole: i64, shares: &[i64]) -> Vec<i64> {
    let mut left = whole;
    let last = shares.len().saturating_sub(1);
    let part = |(place, share): (usize, &i64)| {
        let part = if place == last { left } else { whole.saturating_mul(*share) / 100 };
        left -= part;
        part
    };
    shares.iter().enumerate().map(part).collect()
}

/// The plan's targets for the city, split by year, by county and by department.
async fn set_targets(story: &mut Story) -> anyhow::Result<()> {
    let market = story.market.clone();
    story.hours_ago(24 * 1_000);
    let system = keqiao_market::Actor::System;
    let config = market.config();
    let years: Vec<i64> = (config.plan.first..=config.plan.last).collect();
    let by_year: Vec<i64> =
        if years.len() == 3 { vec![25, 35, 40] } else { vec![100 / i64::try_from(years.len()).unwrap_or(1); years.len()] };
    let counties: Vec<&str> = market.counties().map(|r| r.code.as_str()).collect();
    let by_county: Vec<i64> = [30, 24, 18, 12, 9, 7].into_iter().chain(std::iter::repeat(0)).take(counties.len()).collect();
    let departments: Vec<&str> = config.departments.iter().map(|d| d.code.as_str()).collect();
    let by_department: Vec<i64> = [46, 20, 14, 12, 8].into_iter().chain(std::iter::repeat(0)).take(departments.len()).collect();
    for (figure, whole) in targets::PLAN {
        let mut aims = vec![(targets::WHOLE_PLAN, config.city.as_str(), *whole)];
        for (year, of_year) in years.iter().zip(cut(*whole, &by_year)) {
            aims.push((*year, &config.city, of_year));
            aims.extend(counties.iter().zip(cut(of_year, &by_county)).map(|(county, part)| (*year, *county, part)));
        }
        aims.extend(counties.iter().zip(cut(*whole, &by_county)).map(|(county, part)| (targets::WHOLE_PLAN, *county, part)));
        if targets::has_fields(*figure) {
            aims.extend(departments.iter().zip(cut(*whole, &by_department)).map(|(code, part)| (targets::WHOLE_PLAN, *code, part)));
        }
        for (year, region, amount) in aims {
            targets::set_target(&market, &system, *figure, year, region, amount, 0).await?;
        }
    }
    for (indicator, whole) in targets::REPORTED_PLAN {
        targets::set_target(&market, &system, *indicator, targets::WHOLE_PLAN, &config.city, *whole, 0).await?;
    }
    Ok(())
}
