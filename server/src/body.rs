//! Bodies and queries as the app reads them. Null characters are dropped: PostgreSQL cannot store them and nobody types them.

use axum::{
    body::to_bytes,
    extract::{FromRequest as _, Multipart, Request},
    http::header,
};
use keqiao_app::{Query, Submission, Upload};
use keqiao_model::Fields;

/// Most fields of one form.
const MOST_FIELDS: usize = 5_000;
/// Most files of one form.
const MOST_FILES: usize = 50;

/// Why a body was not read.
pub(crate) enum Refused {
    /// Over the limit.
    TooLarge,
    /// Not a form.
    Malformed,
}

fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// Pairs of `a=b&c=d`, with `+` for space and percent sequences; broken UTF-8 is replaced.
fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(text).take(MOST_FIELDS).map(|(n, v)| (clean(&n), clean(&v))).collect::<Vec<_>>().into_iter()
}

/// The query of an address.
pub(crate) fn query(text: &str) -> Query {
    Query(pairs(text.as_bytes()).collect())
}

/// A name in percent sequences, as RFC 5987 wants it.
pub(crate) fn percent(name: &str) -> String {
    name.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_') { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// Reads a posted form, urlencoded or multipart.
pub(crate) async fn submission(request: Request, limit: usize) -> Result<Submission, Refused> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if kind.starts_with("multipart/form-data") {
        let multipart = Multipart::from_request(request, &()).await.map_err(|_| Refused::Malformed)?;
        return parts(multipart, limit).await;
    }
    if !(kind.is_empty() || kind.starts_with("application/x-www-form-urlencoded")) {
        return Err(Refused::Malformed);
    }
    let bytes = to_bytes(request.into_body(), limit.min(8 * 1024 * 1024)).await.map_err(|_| Refused::TooLarge)?;
    Ok(Submission { fields: Fields(pairs(&bytes).collect()), files: Vec::new() })
}

async fn parts(mut multipart: Multipart, limit: usize) -> Result<Submission, Refused> {
    let mut submission = Submission::default();
    let mut size = 0;
    loop {
        let mut part = match multipart.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => return Ok(submission),
            Err(_) => return Err(Refused::Malformed),
        };
        let field = clean(part.name().unwrap_or_default());
        let file = part.file_name().map(clean);
        let mut bytes = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(|_| Refused::Malformed)? {
            size += chunk.len();
            if size > limit {
                return Err(Refused::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        match file {
            Some(name) if !name.is_empty() && submission.files.len() < MOST_FILES => submission.files.push(Upload { field, name, bytes }),
            Some(_) => {}
            None if submission.fields.0.len() < MOST_FIELDS => submission.fields.push(field, clean(&String::from_utf8_lossy(&bytes))),
            None => return Err(Refused::Malformed),
        }
    }
}
