//! Built assets: read once at start, served from memory with their hashed names.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

struct Asset {
    media_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

/// Every asset by its hashed name.
#[derive(Default)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
    /// Logical names to addresses.
    pub addresses: BTreeMap<String, String>,
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, e)| e) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}

impl Assets {
    /// Reads a folder with a `manifest.json`.
    ///
    /// # Errors
    /// When a file that the manifest names cannot be read.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let manifest = std::fs::read_to_string(folder.join("manifest.json"))
            .with_context(|| format!("cannot read the manifest in {}", folder.display()))?;
        let manifest: BTreeMap<String, String> = serde_json::from_str(&manifest).context("the asset manifest is damaged")?;
        let mut assets = Self::default();
        for (name, file) in manifest {
            let path = folder.join(&file);
            let plain = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let packed = |extension: &str| std::fs::read(folder.join(format!("{file}.{extension}"))).ok().map(Bytes::from);
            let asset = Asset { media_type: media_type(&file), plain: Bytes::from(plain), gzip: packed("gz"), brotli: packed("br") };
            assets.addresses.insert(name, format!("/assets/{file}"));
            assets.files.insert(file, asset);
        }
        Ok(assets)
    }

    /// Answers a request for an asset.
    pub fn serve(&self, file: &str, headers: &HeaderMap) -> Response {
        let Some(asset) = self.files.get(file) else { return StatusCode::NOT_FOUND.into_response() };
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let accepts =
            |name: &str| accepted.split(',').any(|e| e.trim().split(';').next() == Some(name) && !e.replace(' ', "").ends_with(";q=0"));
        let common = [
            (header::CONTENT_TYPE, asset.media_type),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (header::VARY, "Accept-Encoding"),
        ];
        match (&asset.brotli, &asset.gzip) {
            (Some(bytes), _) if accepts("br") => (common, [(header::CONTENT_ENCODING, "br")], bytes.clone()).into_response(),
            (_, Some(bytes)) if accepts("gzip") => (common, [(header::CONTENT_ENCODING, "gzip")], bytes.clone()).into_response(),
            _ => (common, asset.plain.clone()).into_response(),
        }
    }
}
