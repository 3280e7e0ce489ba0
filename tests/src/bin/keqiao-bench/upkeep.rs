//! What do building, changing, recomputing and memory cost?

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use keqiao_search::{Change, Document, Rebuild, SearchIndex, SearchRequest};
use tokio::{sync::mpsc, time::MissedTickBehavior};

use crate::{
    engine::{STORED, search},
    listings::Generator,
    timing::quantiles,
};

/// Listings read at a time while building, as `keqiao reindex` has it.
const BATCH: u64 = 2_000;
/// Looks, two seconds apart, that find files as they were before it is believed that they rest.
const AT_REST: u32 = 5;
/// Writes a second while others search.
const WRITES: u64 = 20;
/// Listings whose matches are recomputed to know how long all take.
const SAMPLE: u64 = 2_000;

/// Builds the index anew of this many listings, as `keqiao reindex` does, and answers how long that took.
pub async fn fill(index: &SearchIndex, generator: &Arc<Generator>, listings: u64) -> anyhow::Result<Duration> {
    let (sender, mut batches) = mpsc::channel(2);
    let sample: Vec<Document> = (0..listings)
        .step_by(usize::try_from(listings)?.div_ceil(Rebuild::LEARNT_FROM).max(1))
        .map(|number| generator.listing(number))
        .collect();
    let generator = generator.clone();
    // Making texts is not what is measured: it is done ahead, beside the index.
    let maker = tokio::task::spawn_blocking(move || {
        let mut from = 0;
        while from < listings {
            let until = (from + BATCH).min(listings);
            let batch: Vec<Document> = (from..until).map(|number| generator.listing(number)).collect();
            if sender.blocking_send(batch).is_err() {
                return;
            }
            from = until;
        }
    });
    let (mut done, mut told) = (0, Instant::now());
    let started = Instant::now();
    let mut new = index.rebuild().await?;
    new.learn(sample).await?;
    while let Some(batch) = batches.recv().await {
        done += batch.len();
        new.add(batch).await?;
        if told.elapsed() > Duration::from_secs(30) {
            eprintln!("  … {done} of {listings} listings indexed after {:.0} s", started.elapsed().as_secs_f64());
            told = Instant::now();
        }
    }
    new.finish(String::new()).await?;
    let took = started.elapsed();
    maker.await?;
    Ok(took)
}

/// Waits until the index's files rest, that is, merging has ended; at most ten minutes.
pub async fn settle(index: &SearchIndex, folder: &Path) -> anyhow::Result<u64> {
    let mut before = 0;
    for _ in 0..300 {
        // A commit also deletes what merges have left.
        index.apply(Vec::new(), String::new()).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = size(folder)?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before)
}

/// Waits until nothing below the folder has changed its size for a while; at most ten minutes.
pub async fn rest(folder: &Path) -> anyhow::Result<()> {
    let (mut before, mut still) = (0, 0);
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = size(folder)?;
        still = if now == before { still + 1 } else { 0 };
        if still == AT_REST {
            break;
        }
        before = now;
    }
    Ok(())
}

/// Bytes of all files below.
fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // Files that a merge deletes meanwhile are not there any more.
        sum += if path.is_dir() { size(&path)? } else { path.metadata().map_or(0, |metadata| metadata.len()) };
    }
    Ok(sum)
}

/// Memory of this process in megabytes, by the names of `/proc/self/status`: `VmHWM` (the most it ever was), `VmRSS` = `RssAnon` (its own) +
/// `RssFile` (pages of the index and of the program that the system can take back) + `RssShmem`. Empty where there is no such file.
pub fn memory() -> HashMap<String, f64> {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            let kilobytes: f64 = value.trim().strip_suffix(" kB")?.trim().parse().ok()?;
            Some((name.to_owned(), kilobytes / 1_024.0))
        })
        .collect()
}

/// What was measured while listings were published steadily and others searched.
pub struct Freshness {
    /// Milliseconds from published to visible, median and 99th percentile.
    pub visible: (f64, f64),
    /// Milliseconds of a search meanwhile.
    pub searched: (f64, f64),
    /// Listings published.
    pub writes: usize,
    /// Searches answered.
    pub searches: usize,
}

/// Publishes listings steadily, every other one a changed one, while somebody searches without a pause.
pub async fn freshness(index: &SearchIndex, generator: &Arc<Generator>, queries: &[String], seconds: u64) -> anyhow::Result<Freshness> {
    let known = index.len() as u64;
    let stop = Arc::new(AtomicBool::new(false));
    let (searching, stopped, asked) = (index.clone(), stop.clone(), queries.to_vec());
    let searcher = tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        for query in asked.iter().cycle().take_while(|_| !stopped.load(Ordering::Relaxed)) {
            let started = Instant::now();
            search(&searching, query, false)?;
            times.push(started.elapsed());
        }
        Ok(times)
    });
    let (sender, receiver) = mpsc::unbounded_channel();
    let indexer = tokio::spawn(publish(index.clone(), receiver));
    let mut tick = tokio::time::interval(Duration::from_millis(1_000 / WRITES));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for write in 0..WRITES * seconds {
        let document =
            if write % 2 == 0 { generator.listing(known + write / 2) } else { generator.edition(write * 7 % known.max(1), write) };
        tick.tick().await;
        sender.send((Box::new(document), Instant::now()))?;
    }
    drop(sender);
    let visible = indexer.await?;
    stop.store(true, Ordering::Relaxed);
    let (visible, searched) = (visible?, searcher.await??);
    Ok(Freshness { writes: visible.len(), searches: searched.len(), visible: quantiles(visible), searched: quantiles(searched) })
}

/// Takes what was published meanwhile into the index, as the market's worker does, and answers how long each listing waited.
async fn publish(
    index: SearchIndex,
    mut receiver: mpsc::UnboundedReceiver<(Box<keqiao_search::Document>, Instant)>,
) -> anyhow::Result<Vec<Duration>> {
    let mut waited = Vec::new();
    let mut waiting = Vec::new();
    while receiver.recv_many(&mut waiting, 1_000).await > 0 {
        let (documents, published): (Vec<_>, Vec<Instant>) = waiting.drain(..).unzip();
        let last = documents.last().map(|document| (document.kind, document.number.clone()));
        index.apply(documents.into_iter().map(Change::Put).collect(), String::new()).await?;
        waited.extend(published.iter().map(Instant::elapsed));
        if let Some((kind, number)) = last {
            let found = index.search(&SearchRequest { limit: 1, mark: false, ..SearchRequest::new(kind, &number) })?;
            ensure!(found.total == 1, "{number} is not visible");
        }
    }
    Ok(waited)
}

/// How long recomputing the stored matches of every listing takes, in seconds: measured on a sample, on all processors, and extrapolated.
pub async fn all_pairs(index: &SearchIndex, generator: &Arc<Generator>) -> anyhow::Result<(u64, f64)> {
    let listings = index.len() as u64;
    let sample = SAMPLE.min(listings);
    let documents: Vec<_> = (0..sample).map(|at| generator.listing(at * (listings / sample) / 2 * 2 + at % 2)).collect();
    let index = index.clone();
    let took = tokio::task::spawn_blocking(move || -> anyhow::Result<Duration> {
        let processors = std::thread::available_parallelism()?.get();
        let (index, started) = (&index, Instant::now());
        std::thread::scope(|scope| {
            let workers: Vec<_> = documents
                .chunks(documents.len().div_ceil(processors))
                .map(|chunk| scope.spawn(move || chunk.iter().try_for_each(|document| index.rank(document, STORED).map(|_| ()))))
                .collect();
            workers.into_iter().try_for_each(|worker| worker.join().ok().context("a thread failed")?.map_err(anyhow::Error::from))
        })?;
        Ok(started.elapsed())
    })
    .await??;
    Ok((sample, took.as_secs_f64() * listings as f64 / sample as f64))
}
