//! HTTP: one fallback for every page, files, feeds for machines, and the headers and limits that hold for all.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use keqiao_app::{Cx, PageError, Query, Reply, Route, Site, failure, respond};
use keqiao_market::{Actor, Error, Market, accounts, attachments, matching, matching::IndexStatus, notices};
use keqiao_model::Lang;
use rand::Rng as _;
use tokio::sync::Notify;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer, timeout::TimeoutLayer, trace::TraceLayer};
use uuid::Uuid;

use crate::{assets::Assets, body, machines};

/// Name of the session cookie: bound to this host, sent over secure connections (and to this machine itself) only.
pub const SESSION_COOKIE: &str = "__Host-session";
/// Name of the cookie that carries one sentence over a redirect.
const FLASH_COOKIE: &str = "__Host-flash";

/// Suggestions one peer may ask for within a minute: somebody who types without a pause asks about two hundred times.
const SUGGESTIONS_PER_MINUTE: NonZeroU32 = match NonZeroU32::new(600) {
    Some(rate) => rate,
    None => NonZeroU32::MIN,
};
/// Peers remembered before those that were quiet are forgotten.
const MOST_PEERS: usize = 10_000;

/// What every handler needs.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

/// The parts of [`Web`].
pub struct Inner {
    /// Use cases.
    pub market: Market,
    /// What pages know of the installation.
    pub site: Arc<Site>,
    /// Built assets.
    pub assets: Assets,
    /// Woken after every form, so that workers look at the outbox at once.
    pub changed: Arc<Notify>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Largest body of a form, bytes.
    pub body_limit: usize,
    posts: DefaultKeyedRateLimiter<IpAddr>,
    suggestions: DefaultKeyedRateLimiter<IpAddr>,
}

impl Inner {
    /// Whether this peer may ask for suggestions once more.
    pub(crate) fn may_ask(&self, peer: IpAddr) -> bool {
        if self.suggestions.len() > MOST_PEERS {
            self.suggestions.retain_recent();
        }
        self.suggestions.check_key(&peer).is_ok()
    }
}

impl std::ops::Deref for Web {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// What the router is made of.
pub struct Parts {
    /// Use cases.
    pub market: Market,
    /// What pages know of the installation.
    pub site: Site,
    /// Built assets.
    pub assets: Assets,
    /// Woken after every form.
    pub changed: Arc<Notify>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Forms one peer may post within a minute.
    pub posts_per_minute: u32,
    /// Seconds a request may take.
    pub request_seconds: u64,
}

/// The whole HTTP service.
pub fn router(parts: Parts) -> Router {
    let limits = &parts.market.config().limits;
    let body_limit = limits.attachment_bytes.max(limits.import_bytes) + 1024 * 1024;
    let quota = Quota::per_minute(NonZeroU32::new(parts.posts_per_minute.max(1)).unwrap_or(NonZeroU32::MIN));
    let web = Web(Arc::new(Inner {
        site: Arc::new(Site { assets: parts.assets.addresses.clone(), ..parts.site }),
        market: parts.market,
        assets: parts.assets,
        changed: parts.changed,
        trusted_proxies: parts.trusted_proxies,
        body_limit,
        posts: RateLimiter::keyed(quota),
        suggestions: RateLimiter::keyed(Quota::per_minute(SUGGESTIONS_PER_MINUTE)),
    }));
    // Mail programs end mail with one post from anywhere (RFC 8058); the token in its address is all that page goes by.
    let csrf = CsrfLayer::new().with_insecure_bypass(|_, uri| matches!(Route::parse(uri.path()), Some((_, Route::Unsubscribe(_)))));
    Router::new()
        .route("/assets/{file}", get(asset))
        .route("/attachments/{id}", get(attachment))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/robots.txt", get(machines::robots))
        .route("/sitemap.xml", get(machines::sitemap))
        .route("/suggest", get(machines::suggest))
        .route("/suggest/matches", post(machines::live_matches))
        .route("/favicon.ico", get(favicon))
        .fallback(page)
        .with_state(web.clone())
        .layer(CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest))
        .layer(DefaultBodyLimit::disable())
        .layer(csrf)
        .layer(middleware::from_fn_with_state(web, outermost))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(parts.request_seconds)))
        .layer(CatchPanicLayer::custom(|_| (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response()))
        .layer(TraceLayer::new_for_http())
}

/// The address a request comes from: the connection's, or what a trusted proxy says.
pub(crate) fn peer_of(web: &Inner, request: &Request) -> IpAddr {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.0.ip());
    if !web.trusted_proxies.contains(&connected) {
        return connected;
    }
    let forwarded = request.headers().get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    // The last entry that is not one of our own proxies: earlier ones are the client's own claim.
    let entries: Vec<IpAddr> = forwarded.filter_map(|e| e.trim().parse().ok()).collect();
    entries.into_iter().rev().find(|ip| !web.trusted_proxies.contains(ip)).unwrap_or(connected)
}

/// Nonce of one response.
#[derive(Clone)]
struct Nonce(String);

fn nonce() -> String {
    let bytes: [u8; 16] = rand::rng().random();
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Adds the headers that hold for every answer, and answers what inner layers refuse with a page.
async fn outermost(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let nonce = nonce();
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let is_post = request.method() == Method::POST;
    let (lang, uri) = (language(request.uri()), request.uri().clone());
    if is_post && web.posts.check_key(&peer_of(&web, &request)).is_err() {
        let response = error_page(&web, lang, &nonce, PageError::TooMany(60)).await;
        return with_headers(response, &web, &nonce);
    }
    let mut response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN && is_post && response.extensions().get::<tower_http::csrf::ProtectionError>().is_some() {
        tracing::warn!(path = %uri.path(), "a form from another site was refused");
        response = error_page(&web, lang, &nonce, PageError::CrossSite).await;
    }
    if is_post {
        web.changed.notify_waiters();
    }
    with_headers(response, &web, &nonce)
}

fn with_headers(mut response: Response, web: &Inner, nonce: &str) -> Response {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let (false, Ok(value)) = (headers.contains_key(name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    set("content-security-policy", &policy);
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()");
    set("cache-control", "no-store");
    if web.site.base_url.starts_with("https://") {
        set("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    response
}

fn language(uri: &Uri) -> Lang {
    if uri.path() == "/en" || uri.path().starts_with("/en/") { Lang::En } else { Lang::Zh }
}

async fn error_page(web: &Web, lang: Lang, nonce: &str, error: PageError) -> Response {
    let cx = Cx {
        lang,
        actor: Actor::Visitor,
        market: web.market.clone(),
        site: web.site.clone(),
        route: Route::Home,
        query: Query::default(),
        flash: None,
        nonce: nonce.to_owned(),
        peer: String::new(),
        agent: String::new(),
        now: web.market.now(),
        unread: 0,
    };
    answer(failure(&cx, error), CookieJar::new(), false, 0)
}

/// Every page: finds the route, the actor and the query, and lets the app answer.
async fn page(State(web): State<Web>, jar: CookieJar, request: Request) -> Response {
    let nonce = request.extensions().get::<Nonce>().map(|n| n.0.clone()).unwrap_or_default();
    let path = request.uri().path().to_owned();
    if path.len() > 1 && path.ends_with('/') {
        let search = request.uri().query().map(|q| format!("?{q}")).unwrap_or_default();
        let plain = format!("/{}", path.trim_matches('/'));
        // To pages of ours only: browsers take `/\` for the beginning of another host's address.
        if Route::parse(&plain).is_some() {
            return Redirect::permanent(&format!("{plain}{search}")).into_response();
        }
    }
    let lang = language(request.uri());
    let parsed = Route::parse(&path);
    let is_post = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response(),
    };
    let actor = match jar.get(SESSION_COOKIE) {
        Some(cookie) => match accounts::actor_of(&web.market, cookie.value()).await {
            Ok(actor) => actor.unwrap_or(Actor::Visitor),
            Err(error) => {
                tracing::error!(%error, "cannot read the session");
                return error_page(&web, lang, &nonce, PageError::Failed).await;
            }
        },
        None => Actor::Visitor,
    };
    let unread = match notices::unread(&web.market, &actor).await {
        Ok(unread) => unread,
        Err(error) => {
            tracing::error!(%error, "cannot count notices");
            return error_page(&web, lang, &nonce, PageError::Failed).await;
        }
    };
    let agent: String =
        request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().chars().take(300).collect();
    let flash = jar.get(FLASH_COOKIE).map(|c| c.value().to_owned());
    let cx = Cx {
        lang,
        actor,
        market: web.market.clone(),
        site: web.site.clone(),
        route: parsed.as_ref().map_or(Route::Home, |(_, route)| route.clone()),
        query: body::query(request.uri().query().unwrap_or_default()),
        flash: flash.clone().filter(|_| !is_post),
        nonce,
        peer: peer_of(&web, &request).to_string(),
        agent,
        now: web.market.now(),
        unread,
    };
    if parsed.is_none() {
        return answer(failure(&cx, PageError::NotFound), jar, false, 0);
    }
    let submission = if is_post {
        match body::submission(request, web.body_limit).await {
            Ok(submission) => Some(submission),
            Err(body::Refused::TooLarge) => return answer(failure(&cx, PageError::TooLarge(web.body_limit)), jar, false, 0),
            Err(body::Refused::Malformed) => return answer(failure(&cx, PageError::Malformed), jar, false, 0),
        }
    } else {
        None
    };
    let spent_flash = flash.is_some() && !is_post;
    let session_seconds = web.market.config().session_absolute.whole_seconds();
    answer(Box::pin(respond(&cx, submission)).await, jar, spent_flash, session_seconds)
}

fn cookie(name: &'static str, value: String, seconds: i64) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(seconds))
        .build()
}

/// `session_seconds`: how long a browser keeps a new session's cookie.
fn answer(reply: Reply, mut jar: CookieJar, spent_flash: bool, session_seconds: i64) -> Response {
    match reply {
        Reply::Html { status, body, public } => {
            if spent_flash {
                jar = jar.add(cookie(FLASH_COOKIE, String::new(), 0));
            }
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let cache = if public && status == StatusCode::OK { "no-cache" } else { "no-store" };
            let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, cache), (header::VARY, "Cookie")];
            (status, headers, jar, Body::from(body)).into_response()
        }
        Reply::File { name, media_type, bytes } => {
            let disposition = format!("attachment; filename=\"{name}\"");
            let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-store")];
            let named = [(header::CONTENT_DISPOSITION, disposition)];
            (StatusCode::OK, headers, named, Body::from(bytes)).into_response()
        }
        Reply::Redirect { to, flash, session } => {
            if let Some(flash) = flash {
                jar = jar.add(cookie(FLASH_COOKIE, flash.to_owned(), 60));
            }
            match session {
                Some(token) if token.is_empty() => jar = jar.add(cookie(SESSION_COOKIE, token, 0)),
                Some(token) => jar = jar.add(cookie(SESSION_COOKIE, token, session_seconds)),
                None => {}
            }
            (jar, Redirect::to(&to)).into_response()
        }
    }
}

async fn asset(State(web): State<Web>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    web.assets.serve(&file, &headers)
}

async fn favicon(State(web): State<Web>) -> Response {
    match web.site.assets.get("favicon.svg") {
        Some(address) => Redirect::temporary(address).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file: always as an attachment, never rendered inside the site.
async fn attachment(State(web): State<Web>, Path(id): Path<String>, jar: CookieJar) -> Response {
    let Ok(id) = id.parse::<Uuid>() else { return StatusCode::NOT_FOUND.into_response() };
    let actor = match jar.get(SESSION_COOKIE) {
        Some(cookie) => accounts::actor_of(&web.market, cookie.value()).await,
        None => Ok(None),
    };
    let found = match actor {
        Ok(actor) => attachments::download(&web.market, &actor.unwrap_or(Actor::Visitor), id).await,
        Err(error) => Err(error),
    };
    let file = match found {
        Ok(file) => file,
        Err(Error::Internal(detail)) => {
            tracing::error!(error = %detail, "attachment failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        Err(_) => return StatusCode::NOT_FOUND.into_response(),
    };
    match tokio::fs::read(&file.path).await {
        Ok(bytes) => {
            // RFC 6266: an ASCII name for old readers and the real one in UTF-8.
            let disposition = format!("attachment; filename=\"file\"; filename*=UTF-8''{}", body::percent(&file.name));
            let headers = [
                (header::CONTENT_TYPE, file.media_type),
                (header::CONTENT_DISPOSITION, disposition),
                (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a stored file is missing");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether this node can serve: the database answers, and how many events its index is behind.
async fn ready(State(web): State<Web>) -> Response {
    let lag = matching::index_lag(&web.market).await;
    let (status, database, behind) = match lag {
        Ok(lag) => {
            (if lag > 1_000 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }, "ok", i64::try_from(lag).unwrap_or(i64::MAX))
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unreachable", -1),
    };
    // While the index is rebuilt the program serves, only more simply: whoever balances the load must not take it for gone.
    let (status, report) = match matching::index_status(&web.market) {
        IndexStatus::Rebuilding { done, total, .. } => {
            let status = if behind < 0 { status } else { StatusCode::OK };
            (status, serde_json::json!({ "database": database, "index": "rebuilding", "progress": { "done": done, "total": total } }))
        }
        IndexStatus::Ready => {
            let documents = web.market.search_index().len();
            (status, serde_json::json!({ "database": database, "index": { "documents": documents, "behind": behind } }))
        }
    };
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{report}\n")).into_response()
}
