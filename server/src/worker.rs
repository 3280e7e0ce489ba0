//! Background work: the index follows the outbox, letters are written and sent, listings expire, old things are forgotten.

use std::{future::Future, sync::Arc, time::Duration};

use keqiao_market::{Market, accounts, attachments, imports, matching, notices};
use tokio::{sync::Notify, sync::watch, task::JoinSet, time::timeout};

use crate::mail::{Post, mail_step};

/// How often workers look by themselves: another node may have written.
const LOOK: Duration = Duration::from_millis(250);
/// How long a worker rests after a failure.
const REST: Duration = Duration::from_secs(2);

/// Runs `step` until the program ends: again at once while there is work, otherwise when woken or after `rest`.
async fn run<F, S>(name: &'static str, mut stop: watch::Receiver<bool>, changed: Arc<Notify>, rest: Duration, step: F)
where
    F: Fn() -> S,
    S: Future<Output = keqiao_market::Result<usize>>,
{
    while !*stop.borrow() {
        let pause = match step().await {
            Ok(0) => rest,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(worker = name, %error, "a worker failed and tries again");
                REST
            }
        };
        tokio::select! {
            _ = timeout(pause, changed.notified()) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Starts every worker; they end when `stop` says so.
pub fn start(market: &Market, post: Post, changed: &Arc<Notify>, stop: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    let post = Arc::new(post);
    let of = || (market.clone(), changed.clone(), stop.clone());
    let (m, c, s) = of();
    workers.spawn(async move { run("index", s, c, LOOK, || matching::index_step(&m)).await });
    let (m, c, s) = of();
    workers.spawn(async move { run("notices", s, c, LOOK, || notices::notice_step(&m)).await });
    let (m, c, s) = of();
    workers.spawn(async move { run("mail", s, c, Duration::from_secs(1), || mail_step(&m, &post)).await });
    let (m, _, s) = of();
    let never = Arc::new(Notify::new());
    workers.spawn(async move {
        run("housekeeping", s, never, Duration::from_secs(3_600), || async {
            matching::expire_step(&m).await?;
            accounts::purge(&m).await?;
            imports::purge_batches(&m).await?;
            attachments::sweep(&m).await?;
            Ok(0)
        })
        .await;
    });
    workers
}
