//! What is confidential is found nowhere but where it belongs: words planted in every confidential place are looked for on every page, in every
//! feed, export, search, letter, log and derived table, as everybody.

use std::{
    io,
    sync::{Arc, Mutex},
};

use keqiao_app::Route;
use keqiao_model::{Lang, ListingKind};

use crate::world::{World, name_of, secret};

/// Where a log writes to.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether somebody may find a secret on a page.
fn belongs(world: &World, who: &str, route: &Route, word: &str) -> bool {
    let (asks, offers) = (who == "owner", who == "other side");
    let number = |route: &Route| match route {
        Route::Listing(_, number) | Route::ListingEdit(_, number) | Route::ListingDetail(_, number) => number.clone(),
        _ => String::new(),
    };
    let is_detail_page = matches!(route, Route::ListingDetail(..));
    match word {
        secret::DETAIL => number(route) == world.pair().demand && (asks || (offers && is_detail_page)),
        secret::OFFER => number(route) == world.pair().achievement && (offers || (asks && is_detail_page)),
        secret::AGREEMENT => (asks || offers) && matches!(route, Route::DealNda(_)),
        secret::TITLE | secret::FILE => {
            let logs = offers && matches!(route, Route::Disclosures);
            logs || ((asks || offers) && matches!(route, Route::Deal(_) | Route::DealDocument(..)))
        }
        secret::MESSAGE => (asks || offers) && matches!(route, Route::Deal(_)),
        secret::TERMS => (asks || offers) && matches!(route, Route::DealTerms(_)),
        _ => false,
    }
}

#[tokio::test]
async fn secrets_are_found_only_where_they_belong() {
    let log = Log::default();
    let writer = log.clone();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(everything);
    let world = World::new().await;
    world.app.index().await;
    let mut paths: Vec<(String, Option<Route>)> = Vec::new();
    for (_, route) in world.samples() {
        for lang in Lang::ALL {
            paths.push((route.href(lang), Some(route.clone())));
        }
    }
    for side in ["demands", "achievements"] {
        for word in secret::ALL {
            let typed: String = form_urlencoded::byte_serialize(word.as_bytes()).collect();
            paths.push((format!("/{side}?q={typed}"), None));
            paths.push((format!("/{side}?q={typed}&exact=1"), None));
            paths.push((format!("/suggest?kind={}&lang=zh-CN&q={typed}", side.trim_end_matches('s')), None));
        }
    }
    let plain = ["/sitemap.xml", "/robots.txt", "/readyz", "/disclosures?format=csv", "/experts?q=qelantum", "/organisations?q=qelantum"];
    paths.extend(plain.map(|path| (path.to_owned(), None)));
    let mut seen = 0;
    for (who, client) in &world.people {
        for (path, route) in &paths {
            let answer = client.get(path).await;
            for word in secret::ALL {
                // What somebody typed comes back in the field it was typed into.
                let typed = path.contains("?q=") || path.contains("&q=");
                if typed || !answer.text.contains(word) {
                    continue;
                }
                let fits =
                    route.as_ref().is_some_and(|r| belongs(&world, who, r, word)) || (*who == "other side" && path.contains("format=csv"));
                assert!(fits, "{word} on {path} ({:?}) for {who}", route.as_ref().map(name_of));
                seen += 1;
            }
            if path.starts_with("/demands?q=") || path.starts_with("/achievements?q=") {
                // Beside what is secret some of these have a word that everybody may search; as they are they find nothing.
                assert!(!path.ends_with("exact=1") || answer.all(".result-title").is_empty(), "{path} for {who}");
                assert!(answer.all(".result").iter().all(|result| !result.contains("qelantum")), "{path} for {who}");
            }
        }
    }
    assert!(seen > 20, "the secrets are seen where they belong: {seen}");
    for letter in world.app.letters().await {
        assert!(!format!("{letter:?}").contains("qelantum"), "{letter:?}");
    }
    let held = |word: &str, tables: &[&str]| (word.to_owned(), tables.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
    let expected = [
        held(secret::DETAIL, &["listing"]),
        held(secret::OFFER, &["listing"]),
        held(secret::AGREEMENT, &["nda"]),
        held(secret::TITLE, &["document"]),
        held(secret::FILE, &["attachment"]),
        held(secret::BYTES, &[]),
        held(secret::MESSAGE, &["message"]),
        held(secret::TERMS, &["term_sheet"]),
    ];
    let rows = world.app.rows().await;
    let found: Vec<(String, Vec<String>)> =
        secret::ALL.iter().map(|w| ((*w).to_owned(), rows.hold(w).iter().map(|t| (*t).to_owned()).collect())).collect();
    assert_eq!(found, expected, "no table holds what is derived from a secret");
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    let searched = log.lines().filter(|l| l.contains("qelantum") && !l.contains("q=")).collect::<Vec<_>>();
    assert!(searched.is_empty(), "{:?}", &searched[..searched.len().min(3)]);
    assert!(!log.is_empty(), "something was logged");
    // Files: their bytes for both sides alone.
    let page = world.pair().researcher.open(&Route::DealDocument(world.signed.deal.clone(), world.document).path()).await;
    let file = page.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    for (who, client) in &world.people {
        let opens = client.get(&file).await.text.contains(secret::BYTES);
        assert_eq!(opens, matches!(*who, "owner" | "other side"), "{file} for {who}");
    }
    let detail = Route::ListingDetail(ListingKind::Demand, world.pair().demand.clone()).path();
    assert!(world.pair().researcher.open(&detail).await.says(secret::DETAIL));
}
