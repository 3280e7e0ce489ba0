//! Background work: the index follows the outbox, letters are written and sent, texts of contracts are read, listings expire, old things are forgotten.

use std::{future::Future, sync::Arc, time::Duration};

use keqiao_market::{Market, accounts, attachments, clocks, contracts, feedback, imports, interests, matching, notices};
use tokio::{
    sync::Notify,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    embeddings::Embedder,
    extract::Extractor,
    mail::{Post, mail_step},
};

/// How often workers look by themselves: another node may have written.
const LOOK: Duration = Duration::from_millis(250);
/// How long a worker rests after a failure, and twice as long after each further one.
const REST: Duration = Duration::from_secs(2);
/// How long at most.
const LONG_REST: Duration = Duration::from_secs(60);

/// Runs `step` until the program ends: again at once while there is work, otherwise when woken or after `rest`. After a failure nothing
/// wakes it early: what failed for want of room or of a database must not be tried with every form.
async fn run<F, S>(name: &'static str, mut stop: watch::Receiver<bool>, changed: Arc<Notify>, rest: Duration, step: F)
where
    F: Fn() -> S,
    S: Future<Output = keqiao_market::Result<usize>>,
{
    let mut failures = 0_u32;
    while !*stop.borrow() {
        match step().await {
            Ok(done) => {
                failures = 0;
                if done == 0 {
                    tokio::select! {
                        _ = timeout(rest, changed.notified()) => {}
                        _ = stop.changed() => {}
                    }
                }
            }
            Err(error) => {
                let pause = REST.saturating_mul(1 << failures.min(5)).min(LONG_REST);
                failures = failures.saturating_add(1);
                tracing::error!(worker = name, %error, seconds = pause.as_secs(), "a worker failed and tries again");
                tokio::select! {
                    () = sleep(pause) => {}
                    _ = stop.changed() => {}
                }
            }
        }
    }
}

/// Starts every worker; they end when `stop` says so.
pub fn start(
    market: &Market,
    post: Post,
    texts: Extractor,
    embedder: Option<Embedder>,
    changed: &Arc<Notify>,
    stop: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    let post = Arc::new(post);
    let of = || (market.clone(), changed.clone(), stop.clone());
    let (m, c, s) = of();
    let indexed = Arc::new(Notify::new());
    let news = indexed.clone();
    let index = move || {
        let (market, news) = (m.clone(), news.clone());
        async move {
            let done = matching::index_step(&market).await?;
            if done > 0 {
                news.notify_one();
            }
            Ok(done)
        }
    };
    workers.spawn(run("index", s, c, LOOK, index));
    let (m, _, s) = of();
    workers.spawn(async move { run("matches", s, indexed, LOOK, || matching::match_step(&m)).await });
    let (m, c, s) = of();
    workers.spawn(async move { run("notices", s, c, LOOK, || notices::notice_step(&m)).await });
    let (m, c, s) = of();
    workers.spawn(async move { run("mail", s, c, Duration::from_secs(1), || mail_step(&m, &post)).await });
    let (m, c, s) = of();
    workers.spawn(async move { run("clocks", s, c, Duration::from_secs(5), || clocks::clock_step(&m)).await });
    let (m, c, s) = of();
    workers.spawn(async move { run("texts", s, c, Duration::from_secs(5), || contracts::text_step(&m, |file| texts.read(file))).await });
    if let Some(embedder) = embedder {
        let (m, c, s) = of();
        let step = move || {
            let (market, embedder) = (m.clone(), embedder.clone());
            async move { matching::embedding_step(&market, |texts| embedder.embed(texts)).await }
        };
        workers.spawn(run("embeddings", s, c, Duration::from_secs(1), step));
    }
    let (m, _, s) = of();
    let never = Arc::new(Notify::new());
    workers.spawn(async move {
        run("housekeeping", s, never, Duration::from_secs(3_600), || async {
            matching::expire_step(&m).await?;
            interests::response_step(&m).await?;
            accounts::purge(&m).await?;
            imports::purge_batches(&m).await?;
            contracts::purge_imports(&m).await?;
            notices::purge(&m).await?;
            attachments::sweep(&m).await?;
            feedback::features_step(&m).await?;
            Ok(0)
        })
        .await;
    });
    workers
}
