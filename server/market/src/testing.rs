//! A market for the unit tests of this crate: a fresh database of its own, and a clock that tests set. `TEST_DATABASE_URL` makes it a schema of
//! that PostgreSQL instead of an SQLite file.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use keqiao_model::{Fields, Lang};
use keqiao_search::SearchIndex;
use sea_orm::ConnectionTrait;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::{
    Actor, Error, Market, MarketConfig,
    accounts::{self, NewPerson, Roles},
    db,
};

/// A password that nothing refuses.
pub(crate) const PASSWORD: &str = "石桥 with a long tail";

/// A market, what it lives in, and its clock.
pub(crate) struct TestMarket {
    pub(crate) market: Market,
    seconds: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl TestMarket {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(configure: impl FnOnce(&mut MarketConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => {
                let schema = format!("t{}", Uuid::now_v7().simple());
                let db = db::connect(&url).await.unwrap();
                db.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
                format!("{url}?options=-c%20search_path%3D{schema}")
            }
            Err(_) => db::sqlite_url(&folder.path().join("market.db")),
        };
        let database = db::connect(&url).await.unwrap();
        db::migrate(&database).await.unwrap();
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = seconds.clone();
        let now = move || -> OffsetDateTime { datetime!(2026-08-01 08:00 UTC) + Duration::seconds(clock.load(Ordering::SeqCst)) };
        let mut config = MarketConfig { files: folder.path().join("files"), hash_memory: 64, ..MarketConfig::default() };
        configure(&mut config);
        let market = Market::new(database, SearchIndex::in_memory().unwrap(), Arc::new(now), config);
        Self { market, seconds, _folder: folder }
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, time: Duration) {
        self.seconds.fetch_add(time.whole_seconds(), Ordering::SeqCst);
    }

    /// A person whose address is confirmed.
    pub(crate) async fn person(&self, name: &str, roles: Roles) -> Uuid {
        let email = format!("{name}@example.cn");
        let new = NewPerson { email, name: name.to_owned(), password: PASSWORD.to_owned(), lang: Lang::Zh, roles, demo: false };
        accounts::create_person(&self.market, new).await.unwrap()
    }

    /// The person as an actor, as of now.
    pub(crate) async fn actor(&self, person: Uuid) -> Actor {
        accounts::actor_for(&self.market, person).await.unwrap().unwrap()
    }

    /// A confirmed person as an actor.
    pub(crate) async fn someone(&self, name: &str) -> Actor {
        let id = self.person(name, Roles::default()).await;
        self.actor(id).await
    }
}

/// The form of an organisation; `body` is eight digits of its credit code.
pub(crate) fn organisation_form(name: &str, body: &str, region: &str) -> Fields {
    let code = keqiao_model::CreditCode::complete("91990100", body).unwrap();
    [
        ("credit_code", code.as_str()),
        ("name", name),
        ("kind", "enterprise"),
        ("legal_kind", "limited"),
        ("region", region),
        ("website", "https://example.cn"),
    ]
    .into_iter()
    .collect()
}

/// The reasons of a refusal as `field: code`.
pub(crate) fn reasons<T: std::fmt::Debug>(result: crate::Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|e| format!("{}: {}", e.field, e.code)).collect(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}
