//! A market of its own for one test: fresh database, fresh index, the real router, and a clock that stands still.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
};

use axum::Router;
use keqiao_app::letters::Words;
use keqiao_market::{
    Actor, Clock, Market,
    accounts::{self, NewPerson, Roles},
    db,
    letters::{self, Wording as _},
    matching, notices, organisations,
};
use keqiao_model::{Lang, OrganisationKind};
use keqiao_server::{assets::Assets, config::Config, http, program};
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{Client, OrganisationForm, PASSWORD, Rows};

/// When every test begins.
const BEGINNING: OffsetDateTime = datetime!(2026-08-01 08:00 UTC);

/// What a test may set before its market opens.
pub type Settings = Config;

/// A letter that left the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentLetter {
    /// Receiver.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
}

impl SentLetter {
    /// The path of the first link in it that leads to `page` (`verify`, `reset`).
    pub fn link_to(&self, page: &str) -> String {
        let wanted = format!("/{page}/");
        let line = self.text.lines().find(|line| line.starts_with("http") && line.contains(&wanted));
        let line = line.unwrap_or_else(|| panic!("no link to {page} in {:?}", self.text));
        let path = line.split_once("://").and_then(|(_, rest)| rest.split_once('/')).expect("an address has a path").1;
        format!("/{path}")
    }
}

/// A market of its own. Cheap to clone.
#[derive(Clone)]
pub struct TestApp(Arc<Inner>);

struct Inner {
    market: Market,
    router: Router,
    settings: Settings,
    micros: Arc<AtomicI64>,
    letters: Mutex<Vec<SentLetter>>,
    organisations: AtomicU32,
    // Last, so that database and index are closed before their folder goes.
    folder: Arc<TempDir>,
}

/// A market that was closed: its folder, its database and its clock.
pub struct Closed {
    settings: Settings,
    micros: Arc<AtomicI64>,
    organisations: u32,
    folder: Arc<TempDir>,
}

impl Closed {
    /// The folder of its index.
    pub fn index_folder(&self) -> std::path::PathBuf {
        self.settings.data.join("index")
    }

    /// Its configuration.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same, configured otherwise.
    #[must_use]
    pub fn with(mut self, configure: impl FnOnce(&mut Settings)) -> Self {
        configure(&mut self.settings);
        self
    }

    /// Opens it again.
    pub async fn open(self) -> TestApp {
        let app = TestApp::open(self.settings, self.micros, self.folder).await;
        app.0.organisations.store(self.organisations, Ordering::SeqCst);
        app
    }
}

/// A folder that goes with the test, in memory where that is possible.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

/// A database of its own: a schema of `TEST_DATABASE_URL`, or nothing for a file in the data folder.
async fn database() -> String {
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => {
            let schema = format!("t{}", Uuid::now_v7().simple());
            let db = db::connect(&url).await.unwrap();
            db.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
            db.close().await.unwrap();
            format!("{url}?options=-c%20search_path%3D{schema}")
        }
        Err(_) => String::new(),
    }
}

impl TestApp {
    /// An empty market.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// An empty market with other settings.
    pub async fn with(configure: impl FnOnce(&mut Settings)) -> Self {
        let folder = folder();
        let mut settings = Config {
            data: folder.path().join("data"),
            database_url: database().await,
            hash_memory: 64,
            posts_per_minute: 1_000_000,
            request_seconds: 300,
            base_url: "https://keqiao.example".to_owned(),
            ..Config::default()
        };
        configure(&mut settings);
        Self::open(settings, Arc::new(AtomicI64::new(db::micros(BEGINNING))), Arc::new(folder)).await
    }

    async fn open(settings: Settings, micros: Arc<AtomicI64>, folder: Arc<TempDir>) -> Self {
        let ticking = micros.clone();
        let clock: Clock = Arc::new(move || db::from_micros(ticking.load(Ordering::SeqCst)));
        let market = Box::pin(program::open_with(&settings, clock)).await.unwrap();
        let router = http::router(http::Parts {
            market: market.clone(),
            site: program::site(&settings),
            assets: Assets::default(),
            changed: Arc::new(Notify::new()),
            trusted_proxies: settings.trusted_proxies.clone(),
            posts_per_minute: settings.posts_per_minute,
            request_seconds: settings.request_seconds,
        });
        Self(Arc::new(Inner { market, router, settings, micros, letters: Mutex::default(), organisations: AtomicU32::new(0), folder }))
    }

    /// Closes it; nobody may hold it any more, no [`Client`] either.
    pub fn close(self) -> Closed {
        let inner = Arc::into_inner(self.0).expect("somebody still holds the market");
        let organisations = inner.organisations.load(Ordering::SeqCst);
        Closed { settings: inner.settings, micros: inner.micros, organisations, folder: inner.folder }
    }

    /// The use cases behind the pages.
    pub fn market(&self) -> &Market {
        &self.0.market
    }

    /// The service.
    pub fn router(&self) -> Router {
        self.0.router.clone()
    }

    /// Its configuration.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// A folder for files of the test.
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    /// The time by the market's clock.
    pub fn now(&self) -> OffsetDateTime {
        self.0.market.now()
    }

    /// Lets time pass; a negative time sets the clock back.
    pub fn wait(&self, time: Duration) {
        self.0.micros.fetch_add(i64::try_from(time.whole_microseconds()).unwrap(), Ordering::SeqCst);
    }

    /// Brings index and matches up to date, as the worker does.
    pub async fn index(&self) {
        matching::catch_up(self.market()).await.unwrap();
    }

    /// Writes and sends every letter that is due, as the workers do; answers all letters sent so far.
    pub async fn letters(&self) -> Vec<SentLetter> {
        while notices::notice_step(self.market()).await.unwrap() > 0 {}
        let words = Words::new(&self.market().config().base_url);
        loop {
            let due = letters::due_mail(self.market(), 100).await.unwrap();
            if due.is_empty() {
                return self.sent().clone();
            }
            for mail in due {
                let letter = words.mail(&mail);
                letters::mark_sent(self.market(), mail.id).await.unwrap();
                self.sent().push(SentLetter { to: mail.address, subject: letter.subject, text: letter.text });
            }
        }
    }

    fn sent(&self) -> MutexGuard<'_, Vec<SentLetter>> {
        self.0.letters.lock().unwrap()
    }

    /// The last letter to somebody.
    pub async fn last_letter_to(&self, address: &str) -> SentLetter {
        let letters = self.letters().await;
        letters.into_iter().rfind(|letter| letter.to == address).unwrap_or_else(|| panic!("no letter to {address}"))
    }

    /// Everything the database holds, apart from what a mere look changes.
    pub async fn rows(&self) -> Rows {
        Rows::of(self.market()).await
    }

    /// A person whose address is confirmed, entered by the program.
    pub async fn person(&self, name: &str, roles: Roles) -> Uuid {
        let new =
            NewPerson { email: email_of(name), name: name.to_owned(), password: PASSWORD.to_owned(), lang: Lang::Zh, roles, demo: false };
        accounts::create_person(self.market(), new).await.unwrap()
    }

    /// A person as the use cases know it now.
    pub async fn actor(&self, person: Uuid) -> Actor {
        accounts::actor_for(self.market(), person).await.unwrap().unwrap()
    }

    /// Somebody who has no account, with a fresh browser.
    pub fn visitor(&self) -> Client {
        Client::new(self)
    }

    /// A person with roles, signed in by the form.
    pub async fn signed_in(&self, name: &str, roles: Roles) -> Client {
        let id = self.person(name, roles).await;
        let client = self.visitor();
        client.sign_in(&email_of(name), PASSWORD).await;
        client.known_as(id)
    }

    /// A person who belongs to nothing yet.
    pub async fn someone(&self, name: &str) -> Client {
        self.signed_in(name, Roles::default()).await
    }

    /// Somebody who manages an enterprise of 汀南区.
    pub async fn enterprise(&self, name: &str) -> Client {
        self.member(name, OrganisationForm::enterprise(&format!("{name}科技有限公司"))).await
    }

    /// Somebody who manages a research institute of 汀北区.
    pub async fn institute(&self, name: &str) -> Client {
        self.member(name, OrganisationForm::institute(&format!("{name}研究院"))).await
    }

    /// Somebody who manages an agency.
    pub async fn agency(&self, name: &str) -> Client {
        self.member(name, OrganisationForm::enterprise(&format!("{name}服务中心")).kind(OrganisationKind::Agency)).await
    }

    /// Somebody who manages an organisation; it gets a credit code of its own.
    pub async fn member(&self, name: &str, form: OrganisationForm) -> Client {
        let client = self.someone(name).await;
        let form = form.credit_code(&self.next_credit_code());
        let id = organisations::create(self.market(), &client.actor().await, &form.fields(), None).await.unwrap();
        client.acting_for(id)
    }

    /// A credit code that no organisation of this market has.
    pub fn next_credit_code(&self) -> String {
        crate::credit_code(self.0.organisations.fetch_add(1, Ordering::SeqCst))
    }

    /// A broker without an organisation.
    pub async fn broker(&self) -> Client {
        self.signed_in("经理人", Roles { broker: true, ..Roles::default() }).await
    }

    /// An officer of the city.
    pub async fn officer(&self) -> Client {
        self.county_officer("990100").await
    }

    /// An officer of one region.
    pub async fn county_officer(&self, region: &str) -> Client {
        let roles = Roles { officer_region: Some(region.to_owned()), ..Roles::default() };
        self.signed_in(&format!("officer-{region}"), roles).await
    }

    /// An administrator.
    pub async fn admin(&self) -> Client {
        self.signed_in("admin", Roles { admin: true, ..Roles::default() }).await
    }
}

/// The address of a person by name; names need not be ASCII.
pub(crate) fn email_of(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c.to_string() } else { format!("u{:x}", u32::from(c)) }).collect();
    format!("{plain}@example.cn").to_lowercase()
}
