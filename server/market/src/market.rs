//! The market itself: what every use case needs.

use std::{path::PathBuf, sync::Arc};

use keqiao_model::{Calendar, Field};
use keqiao_search::SearchIndex;
use sea_orm::{DatabaseConnection, EntityTrait as _};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;

use crate::{
    Actor, Result,
    db::{Once, Tx},
    entity::once,
    ledger::Kept,
    matching::Indexing,
};

/// Where the time comes from; tests set their own.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// A region of GB/T 2260: the city (a prefecture, `990100`) or one of its counties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Six digits.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Regions that became it, or a part of it. What was written with their codes keeps them and is shown and counted as its own.
    #[serde(default)]
    pub former: Vec<FormerRegion>,
}

/// A region that is no more: it was renamed, merged, or got another code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormerRegion {
    /// Six digits.
    pub code: String,
    /// Chinese name, if it was another.
    #[serde(default)]
    pub zh: String,
    /// English name, if it was another.
    #[serde(default)]
    pub en: String,
    /// The last day, `YYYY-MM-DD`, if it is known.
    #[serde(default)]
    pub until: String,
}

/// A department of the city that answers for the targets of some fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Short code, such as `industry`.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// The 技术领域 it answers for.
    pub fields: Vec<Field>,
}

/// The years of the city's plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanYears {
    /// First year.
    pub first: i64,
    /// Last year.
    pub last: i64,
}

impl Default for PlanYears {
    fn default() -> Self {
        Self { first: 2024, last: 2026 }
    }
}

impl PlanYears {
    /// Whether a year belongs to the plan.
    pub fn holds(self, year: i64) -> bool {
        (self.first..=self.last).contains(&year)
    }
}

/// Limits on what people may send, with sane defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest attachment, bytes.
    pub attachment_bytes: usize,
    /// Most attachments of one listing or contract.
    pub attachments: usize,
    /// Most documents of one deal; each may have any number of versions.
    pub documents: usize,
    /// Largest import file, bytes.
    pub import_bytes: usize,
    /// Most rows of one import.
    pub import_rows: usize,
    /// Sign-in tries of one account within fifteen minutes.
    pub sign_in_tries: i64,
    /// Registrations and password letters of one peer or account within an hour.
    pub account_letters: i64,
    /// Interests of one organisation within a day.
    pub interests_per_day: i64,
    /// Messages of one person within an hour.
    pub messages_per_hour: i64,
    /// Questions of one organisation to experts within a day.
    pub questions_per_day: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attachment_bytes: 20 * 1024 * 1024,
            attachments: 20,
            documents: 200,
            import_bytes: 50 * 1024 * 1024,
            import_rows: 50_000,
            sign_in_tries: 10,
            account_letters: 20,
            interests_per_day: 50,
            messages_per_hour: 200,
            questions_per_day: 20,
        }
    }
}

/// Periods that time ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Periods {
    /// Working days within which an interest must be acknowledged or answered.
    pub acknowledge_days: i64,
    /// Working days within which an acknowledged interest must be answered.
    pub answer_days: i64,
    /// Working days before the end of such a period at which the owner is reminded.
    pub reminder_days: i64,
    /// Interests in one listing left unanswered within a year before it is suspended.
    pub unanswered_interests: i64,
    /// Days a public notice (公示) stands (促进科技成果转化法 18: not shorter than 15).
    pub public_notice_days: i64,
    /// Months an introduction by a broker counts (民法典 965).
    pub introduction_months: i64,
    /// Days a broker's claim of a pair stands.
    pub claim_days: i64,
    /// Days without any activity after which a claim expires.
    pub claim_idle_days: i64,
    /// Pairs one broker may claim at once.
    pub claims: i64,
    /// Working days within which a question to an expert should be answered.
    pub question_days: i64,
    /// Seconds by which a bid shortly before the end extends an auction.
    pub auction_extension_seconds: i64,
    /// Days before a milestone of a contract is due at which both parties are reminded.
    pub milestone_reminder_days: i64,
}

impl Default for Periods {
    fn default() -> Self {
        Self {
            acknowledge_days: 5,
            answer_days: 20,
            reminder_days: 2,
            unanswered_interests: 3,
            public_notice_days: 15,
            introduction_months: 24,
            claim_days: 30,
            claim_idle_days: 10,
            claims: 20,
            question_days: 10,
            auction_extension_seconds: 300,
            milestone_reminder_days: 7,
        }
    }
}

/// What is asked of an embeddings end point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingConfig {
    /// The model that answers. Vectors of another one are asked for anew.
    pub model: String,
    /// What is put before each text, for models that want to be told what it is.
    pub prefix: String,
    /// Listings asked about at once.
    pub batch: usize,
    /// Longest text, characters; what is longer is cut.
    pub characters: usize,
}

impl EmbeddingConfig {
    /// Which vectors can be compared: those of one model that read one prefix.
    pub fn key(&self) -> String {
        if self.prefix.is_empty() { self.model.clone() } else { format!("{} after `{}`", self.model, self.prefix) }
    }
}

/// What the operator decides.
#[derive(Debug, Clone)]
pub struct MarketConfig {
    /// Code of the city itself; its officers answer for every county.
    pub city: String,
    /// The city and its counties.
    pub regions: Vec<Region>,
    /// Departments of the city that have targets of their own.
    pub departments: Vec<Department>,
    /// The years of the plan.
    pub plan: PlanYears,
    /// Address of the site for links in mail, without a trailing slash.
    pub base_url: String,
    /// Folder of attachments.
    pub files: PathBuf,
    /// Limits.
    pub limits: Limits,
    /// Periods.
    pub periods: Periods,
    /// Holidays and shifted working days.
    pub calendar: Calendar,
    /// How registration numbers are written: `{city}`, `{region}` (six digits of the place of registration), `{year}` and, last, `{place}`, which
    /// counts without gaps within what stands before it.
    pub registration_number: String,
    /// A session nobody used for this long ends.
    pub session_idle: Duration,
    /// A session ends after this long in any case.
    pub session_absolute: Duration,
    /// Memory of one password hash, KiB (argon2id).
    pub hash_memory: u32,
    /// Whether demo accounts may sign in.
    pub demo: bool,
    /// Whether matches also go by what an embeddings end point says.
    pub embeddings: Option<EmbeddingConfig>,
}

impl Default for MarketConfig {
    fn default() -> Self {
        let region =
            |code: &str, zh: &str, en: &str| Region { code: code.to_owned(), zh: zh.to_owned(), en: en.to_owned(), former: Vec::new() };
        Self {
            city: "990100".to_owned(),
            regions: vec![
                region("990100", "云汀市", "Yunting"),
                region("990102", "汀南区", "Tingnan District"),
                region("990103", "汀北区", "Tingbei District"),
                region("990181", "石桥市", "Shiqiao"),
                region("990122", "青屿县", "Qingyu County"),
                region("990123", "白鹭县", "Bailu County"),
                region("990124", "栖云县", "Qiyun County"),
            ],
            departments: Vec::new(),
            plan: PlanYears::default(),
            base_url: "http://127.0.0.1:3000".to_owned(),
            files: PathBuf::from("data/files"),
            limits: Limits::default(),
            periods: Periods::default(),
            calendar: Calendar::default(),
            registration_number: "{city}-{year}-{place}".to_owned(),
            session_idle: Duration::hours(12),
            session_absolute: Duration::days(14),
            hash_memory: 19 * 1024,
            demo: false,
            embeddings: None,
        }
    }
}

/// What a market is made of; reached through [`Market`] inside this crate only.
pub struct Inner {
    pub(crate) db: DatabaseConnection,
    pub(crate) search: SearchIndex,
    pub(crate) indexing: Indexing,
    pub(crate) clock: Clock,
    pub(crate) config: MarketConfig,
    /// Password hashes cost memory and time: only a few at once, or signing in becomes a way to stop the service.
    pub(crate) hash_slots: Semaphore,
    /// Totals of the ledger by year.
    pub(crate) yearly: Kept,
}

/// The market: database, index, clock, configuration. Cheap to clone.
#[derive(Clone)]
pub struct Market(Arc<Inner>);

impl std::ops::Deref for Market {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Market {
    /// A market over an open, migrated database and an open index.
    pub fn new(db: DatabaseConnection, search: SearchIndex, clock: Clock, config: MarketConfig) -> Self {
        let slots = std::thread::available_parallelism().map_or(2, usize::from);
        let indexing = Indexing::new(search.position().is_none());
        Self(Arc::new(Inner { db, search, indexing, clock, config, hash_slots: Semaphore::new(slots), yearly: Kept::default() }))
    }

    /// Now, by the market's clock, to the microsecond (PostgreSQL keeps no more).
    pub fn now(&self) -> OffsetDateTime {
        let now = (self.clock)();
        now.replace_nanosecond(now.nanosecond() / 1000 * 1000).unwrap_or(now)
    }

    /// The database, for health checks and tests.
    pub fn database(&self) -> &DatabaseConnection {
        &self.db
    }

    /// The index.
    pub fn search_index(&self) -> &SearchIndex {
        &self.search
    }

    /// What the operator decided.
    pub fn config(&self) -> &MarketConfig {
        &self.config
    }

    /// The region of a code, if it is the city or one of its counties; of a former code what that region is today.
    pub fn region(&self, code: &str) -> Option<&Region> {
        let today = self.config.regions.iter().find(|r| r.code == code);
        today.or_else(|| self.config.regions.iter().find(|r| r.former.iter().any(|f| f.code == code)))
    }

    /// The code of a region today; a code that is none of the city's stays as it is.
    pub fn current<'a>(&'a self, code: &'a str) -> &'a str {
        self.region(code).map_or(code, |r| r.code.as_str())
    }

    /// Every code under which something of a region may be stored: its own and those of the regions that became it.
    pub fn codes_of(&self, code: &str) -> Vec<String> {
        match self.region(code) {
            Some(region) => std::iter::once(&region.code).chain(region.former.iter().map(|f| &f.code)).cloned().collect(),
            None => vec![code.to_owned()],
        }
    }

    /// A department by its code.
    pub fn department(&self, code: &str) -> Option<&Department> {
        self.config.departments.iter().find(|d| d.code == code)
    }

    /// The counties, without the city itself.
    pub fn counties(&self) -> impl Iterator<Item = &Region> {
        self.config.regions.iter().filter(|r| r.code != self.config.city)
    }

    /// Begins the one transaction of a use case.
    pub(crate) async fn write(&self, actor: &Actor) -> Result<Tx> {
        Tx::begin(&self.db, actor, self.now()).await
    }

    /// Whether a form with this token was carried out before: for work that is done before its transaction begins, which asks again.
    pub(crate) async fn was_done(&self, token: Option<uuid::Uuid>) -> Result<bool> {
        let Some(token) = token else { return Ok(false) };
        Ok(once::Entity::find_by_id(token).one(&self.db).await?.is_some())
    }

    /// Begins the transaction of a form that may be posted twice: the earlier result when it was carried out before.
    pub(crate) async fn write_once(&self, actor: &Actor, token: Option<uuid::Uuid>) -> Result<(Tx, Option<String>)> {
        let mut tx = self.write(actor).await?;
        match tx.once(token).await? {
            Once::Free => Ok((tx, None)),
            Once::Done(result) => Ok((tx, Some(result))),
        }
    }
}
