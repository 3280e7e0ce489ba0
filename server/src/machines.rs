//! What machines read: the rules for robots and the map of the site.

use axum::{
    extract::{RawQuery, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use keqiao_app::Route;
use keqiao_market::{Actor, accounts, listings, matching, similar};
use keqiao_model::{Lang, ListingKind};

use crate::{
    body,
    http::{SESSION_COOKIE, Web, peer_of},
};

/// Ways to go on that are offered at once.
const SUGGESTIONS: usize = 8;

/// Most bytes of a form that matches are looked for with.
const LIVE_BYTES: usize = 64 * 1024;

/// What robots may visit: public pages, no forms and no filters.
pub(crate) async fn robots(State(web): State<Web>) -> Response {
    let text = format!(
        "User-agent: *\nDisallow: /*?\nDisallow: /admin\nDisallow: /review\nDisallow: /work\nDisallow: /deals\nDisallow: /interests\nDisallow: /pairs\nDisallow: /import\n\nSitemap: {}/sitemap.xml\n",
        web.site.base_url
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Every public page in both languages.
pub(crate) async fn sitemap(State(web): State<Web>) -> Response {
    let listings = match listings::public_numbers(&web.market).await {
        Ok(listings) => listings,
        Err(error) => {
            tracing::error!(%error, "sitemap failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    let fixed = [
        Route::Home,
        Route::About,
        Route::Listings(ListingKind::Demand),
        Route::Listings(ListingKind::Achievement),
        Route::Organisations,
        Route::Experts,
        Route::Brokers,
        Route::Contracts,
        Route::Targets,
        Route::Assessment,
        Route::Indicators,
        Route::Snapshots,
        Route::PublicNotices,
        Route::Sales,
        Route::Certificates,
        Route::Rules,
    ];
    for route in fixed {
        push(&mut xml, &web, &route, None);
    }
    for (kind, number, changed) in listings {
        push(&mut xml, &web, &Route::Listing(kind, number), Some(changed));
    }
    xml.push_str("</urlset>\n");
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response()
}

fn push(xml: &mut String, web: &Web, route: &Route, changed: Option<time::OffsetDateTime>) {
    let base = &web.site.base_url;
    let changed = changed.map(|c| format!("<lastmod>{}</lastmod>", keqiao_model::format_date(c.date()))).unwrap_or_default();
    for lang in Lang::ALL {
        let alternates: String = Lang::ALL
            .iter()
            .map(|l| format!("<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"{base}{}\"/>", l.tag(), route.href(*l)))
            .collect();
        xml.push_str(&format!("<url><loc>{base}{}</loc>{changed}{alternates}</url>\n", route.href(lang)));
    }
}

/// How a query that begins with `q` could go on, as JSON. The same for everybody, so it may be kept for a minute.
pub(crate) async fn suggest(State(web): State<Web>, RawQuery(query): RawQuery, request: Request) -> Response {
    if !web.may_ask(peer_of(&web, &request)) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "10")]).into_response();
    }
    let query = body::query(&query.unwrap_or_default());
    let kind = match query.get("kind") {
        "demand" => ListingKind::Demand,
        "achievement" => ListingKind::Achievement,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let lang = Lang::from_tag(query.get("lang"));
    let suggested = match matching::suggest(&web.market, kind, query.get("q"), SUGGESTIONS).await {
        Ok(suggested) => suggested,
        Err(error) => {
            tracing::error!(%error, "suggestions failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let words: Vec<_> = suggested.words.iter().map(|word| serde_json::json!({ "text": word.text, "count": word.count })).collect();
    let listings: Vec<_> = suggested
        .listings
        .iter()
        .map(|listing| {
            let href = Route::Listing(listing.kind, listing.number.clone()).href(lang);
            serde_json::json!({ "title": listing.title, "number": listing.number, "href": href })
        })
        .collect();
    let body = serde_json::json!({ "words": words, "listings": listings }).to_string();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=60")];
    (headers, body).into_response()
}

/// Listings of the other side that would match the form a signed-in person is writing, as JSON. Nothing of it is kept.
pub(crate) async fn live_matches(State(web): State<Web>, RawQuery(query): RawQuery, jar: CookieJar, request: Request) -> Response {
    if !web.may_ask(peer_of(&web, &request)) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "10")]).into_response();
    }
    let query = body::query(&query.unwrap_or_default());
    let kind = match query.get("kind") {
        "demand" => ListingKind::Demand,
        "achievement" => ListingKind::Achievement,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let lang = Lang::from_tag(query.get("lang"));
    let actor = match jar.get(SESSION_COOKIE) {
        Some(cookie) => accounts::actor_of(&web.market, cookie.value()).await.ok().flatten().unwrap_or(Actor::Visitor),
        None => Actor::Visitor,
    };
    if actor.person().is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let form = match body::submission(request, LIVE_BYTES).await {
        Ok(form) => form,
        Err(body::Refused::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(body::Refused::Malformed) => return StatusCode::BAD_REQUEST.into_response(),
    };
    let found = match similar::live_matches(&web.market, &actor, kind, &form.fields).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "matches for a form failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let matches: Vec<_> = found
        .iter()
        .map(|listing| {
            let href = Route::Listing(listing.kind, listing.number.clone()).href(lang);
            serde_json::json!({ "title": listing.title, "organisation": listing.organisation, "href": href })
        })
        .collect();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, serde_json::json!({ "matches": matches }).to_string()).into_response()
}
