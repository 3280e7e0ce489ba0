//! An open house: database, index and market together, and the service around them.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use keqiao_app::Site;
use keqiao_market::{Clock, Market, db, matching};
use keqiao_search::{SearchIndex, Settings};
use tokio::{net::TcpListener, sync::Notify, sync::watch};

use crate::{assets::Assets, config::Config, embeddings::Embedder, extract::Extractor, http, mail::Post, worker};

/// The machine's own clock.
pub fn system_clock() -> Clock {
    #[allow(clippy::disallowed_methods, reason = "the one place where the real time comes in")]
    Arc::new(time::OffsetDateTime::now_utc)
}

/// Opens the database, migrated, and the index. An index that has to be made anew is made by the worker, while the program serves.
///
/// # Errors
/// When either cannot be opened.
pub async fn open(config: &Config) -> anyhow::Result<Market> {
    open_with(config, system_clock()).await
}

/// As [`open`], with a clock of the caller's.
///
/// # Errors
/// As [`open`].
pub async fn open_with(config: &Config, clock: Clock) -> anyhow::Result<Market> {
    std::fs::create_dir_all(&config.data).with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let database = db::connect(&config.database()).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    db::migrate(&database).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    let folder = config.data.join("index");
    let (index, _) = tokio::task::spawn_blocking(move || SearchIndex::open(&folder, Settings::default()))
        .await
        .context("opening the index")?
        .context("cannot open the index: is another keqiao using this data folder?")?;
    let market = Market::new(database, index, clock, config.market());
    matching::open_index(&market).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    Ok(market)
}

/// What pages know of the installation.
pub fn site(config: &Config) -> Site {
    Site {
        city: config.city_names(),
        base_url: config.public_url(),
        demo: config.demo,
        assets: std::collections::BTreeMap::new(),
        upload_limit: config.limits.attachment_bytes,
    }
}

/// The router over an open market; `changed` wakes the workers.
///
/// # Errors
/// When the assets cannot be read.
pub fn service(config: &Config, market: &Market, changed: &Arc<Notify>) -> anyhow::Result<axum::Router> {
    let assets = Assets::read(&config.assets_folder()?)?;
    Ok(http::router(http::Parts {
        market: market.clone(),
        site: site(config),
        assets,
        changed: changed.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        posts_per_minute: config.posts_per_minute,
        request_seconds: config.request_seconds,
    }))
}

/// Serves until the program is told to stop; then finishes what is under way.
///
/// # Errors
/// When the address cannot be bound or the service fails.
pub async fn serve(config: &Config, market: Market, ready: impl FnOnce(std::net::SocketAddr)) -> anyhow::Result<()> {
    let changed = Arc::new(Notify::new());
    let router = service(config, &market, &changed)?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let post = Post::new(&config.mail, config.data.join("mail"))?;
    let texts = Extractor::new(&config.texts)?;
    let embedder = config.embeddings.is_on().then(|| Embedder::new(&config.embeddings));
    let mut workers = worker::start(&market, post, texts, embedder, &changed, &stopped);
    // The dictionary takes a moment to load; nobody's first search should wait for it.
    tokio::task::spawn_blocking(keqiao_search::warm_up);
    // Without TCP_NODELAY a small answer waits up to 40 ms for the peer's acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    ready(address);
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    let graceful = axum::serve(listener, service).with_graceful_shutdown(async move {
        signal().await;
        tracing::info!("stopping: finishing what is under way");
        let _ = stop.send(true);
    });
    graceful.await?;
    let _ = tokio::time::timeout(Duration::from_secs(10), async { while workers.join_next().await.is_some() {} }).await;
    Ok(())
}

/// Waits for Ctrl-C or a termination signal.
async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => {
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
