//! How is it measured?

use std::time::{Duration, Instant};

/// Questions asked before time is taken: they fill caches.
const WARM: usize = 5;
/// Questions asked at least, however long they take.
const LEAST: usize = 5;

/// Middle and ninety-ninth of times, in milliseconds.
pub fn quantiles(times: Vec<Duration>) -> (f64, f64) {
    let [middle, high] = shares(times, [50, 99]);
    (middle, high)
}

/// What so many per cent of the times stay below, in milliseconds.
pub fn shares<const N: usize>(mut times: Vec<Duration>, shares: [usize; N]) -> [f64; N] {
    times.sort_unstable();
    shares.map(|share| times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).map_or(0.0, |t| t.as_secs_f64() * 1_000.0))
}

/// One way to answer, and how it did.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Which way.
    pub name: String,
    /// How long each question took.
    pub times: Vec<Duration>,
    /// What all questions together found.
    pub found: usize,
}

impl Sample {
    /// Nothing measured yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), times: Vec::new(), found: 0 }
    }
}

/// Answers a question with a number of finds.
type Ask<'a, Q> = dyn FnMut(&Q) -> anyhow::Result<usize> + 'a;

/// A way to answer a question.
pub struct Way<'a, Q: ?Sized> {
    name: &'static str,
    ask: Box<Ask<'a, Q>>,
}

impl<'a, Q: ?Sized> Way<'a, Q> {
    /// A way with a name.
    pub fn new(name: &'static str, ask: impl FnMut(&Q) -> anyhow::Result<usize> + 'a) -> Self {
        Self { name, ask: Box::new(ask) }
    }
}

/// Asks every way the same questions in turn, so that whatever else the machine does hits all of them, until each had its seconds.
pub fn race<Q>(questions: &[Q], ways: &mut [Way<Q>], seconds: u64) -> anyhow::Result<Vec<Sample>> {
    for question in questions.iter().take(WARM) {
        for way in ways.iter_mut() {
            (way.ask)(question)?;
        }
    }
    let mut samples: Vec<Sample> = ways.iter().map(|way| Sample::new(way.name)).collect();
    let limit = Duration::from_secs(seconds * ways.len() as u64);
    let started = Instant::now();
    for (asked, question) in questions.iter().enumerate() {
        if asked >= LEAST && started.elapsed() > limit {
            break;
        }
        for (way, sample) in ways.iter_mut().zip(&mut samples) {
            let asked_at = Instant::now();
            let found = (way.ask)(question)?;
            sample.times.push(asked_at.elapsed());
            sample.found += found;
        }
    }
    Ok(samples)
}

/// Asks one way that waits; `None` when it cannot be asked a question.
pub async fn walk<Q>(
    name: &str,
    questions: &[Q],
    seconds: u64,
    mut ask: impl AsyncFnMut(&Q) -> anyhow::Result<Option<usize>>,
) -> anyhow::Result<Sample> {
    // What is slow enough is warm after the first.
    if let Some(question) = questions.first() {
        ask(question).await?;
    }
    let mut sample = Sample::new(name);
    let started = Instant::now();
    for question in questions {
        if sample.times.len() >= LEAST && started.elapsed() > Duration::from_secs(seconds) {
            break;
        }
        let asked_at = Instant::now();
        if let Some(found) = ask(question).await? {
            sample.times.push(asked_at.elapsed());
            sample.found += found;
        }
    }
    Ok(sample)
}
