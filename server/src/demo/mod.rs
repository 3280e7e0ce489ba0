//! The demo city: a fictional prefecture whose history is made by the very use cases that people use, with the clock set back.

mod content;
mod history;
pub mod paper;
mod people;
mod pricing;
mod room;
mod trade;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use keqiao_market::{Market, db, matching, notices, organisations, targets};
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
    history::deals(&mut story, &city, &people, &listings, &mut step).await?;
    trade::broker(&mut story, &city, &people).await?;
    trade::questions(&mut story, &city, &people, &listings).await?;
    pricing::sales(&mut story, &city, &people, &listings).await?;
    history::training(&mut story, &city, &people).await?;
    set_targets(&mut story).await?;
    while matching::index_step(market).await? > 0 {}
    // People find the notices of the last days, and nobody gets three years of letters.
    notices::skip_notices(market, now - Duration::days(NOTICE_DAYS)).await?;
    Ok(true)
}

/// The plan's targets for the city, split by year and by county.
async fn set_targets(story: &mut Story) -> anyhow::Result<()> {
    let market = story.market.clone();
    story.hours_ago(24 * 1_000);
    let system = keqiao_market::Actor::System;
    let config = market.config();
    let this_year = i64::from(story.now.year());
    // Shares in per cent; what rounding leaves goes to the last, so that the parts add up to the whole.
    let years = [(this_year - 2, 25), (this_year - 1, 35), (this_year, 40)];
    let weights: [i64; 6] = [30, 24, 18, 12, 9, 7];
    let counties: Vec<&str> = market.counties().map(|r| r.code.as_str()).collect();
    for (figure, whole) in targets::PLAN {
        targets::set_target(&market, &system, *figure, targets::WHOLE_PLAN, &config.city, *whole, 0).await?;
        let mut left = *whole;
        for (place, (year, share)) in years.iter().enumerate() {
            let part = if place + 1 == years.len() { left } else { whole / 100 * share };
            left -= part;
            targets::set_target(&market, &system, *figure, *year, &config.city, part, 0).await?;
        }
        let mut left = *whole;
        for (place, county) in counties.iter().enumerate() {
            let part = if place + 1 == counties.len() { left } else { whole / 100 * weights.get(place).copied().unwrap_or(0) };
            left -= part;
            targets::set_target(&market, &system, *figure, targets::WHOLE_PLAN, county, part, 0).await?;
        }
    }
    Ok(())
}
