//! What the operator decides: defaults, then one TOML file, then `KEQIAO_…` variables, then flags; a bad key is named with its source.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use keqiao_market::{Department, Limits, MarketConfig, Periods, PlanYears, Region};
use keqiao_model::{Calendar, Field, parse_date};
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::{embeddings::Embeddings, extract::Texts};

/// How mail leaves the house.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// `smtp://user:password@host:port` or `smtps://…`; empty: letters are written into the folder `mail` of the data folder.
    pub smtp: String,
    /// The sender.
    pub from: String,
}

/// Everything an operator may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Folder of the embedded database, the index and attachments.
    pub data: PathBuf,
    /// `sqlite://…` or `postgres://…`; empty: a file in the data folder.
    pub database_url: String,
    /// Folder of built assets; empty: `site` beside the program, then `target/site`.
    pub assets: PathBuf,
    /// Public address without a trailing slash; empty: `http://` and the listening address.
    pub base_url: String,
    /// Load the demo city when the database is empty, and let its accounts sign in.
    pub demo: bool,
    /// `text` or `json`.
    pub log_format: String,
    /// What is logged, as `tracing` filters.
    pub log: String,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Forms one peer may post within a minute.
    pub posts_per_minute: u32,
    /// Seconds a request may take.
    pub request_seconds: u64,
    /// Hours after which an unused session ends.
    pub session_idle_hours: i64,
    /// Days after which a session ends in any case.
    pub session_days: i64,
    /// Memory of one password hash, KiB.
    pub hash_memory: u32,
    /// Code of the city.
    pub city: String,
    /// The city and its counties (`[[regions]] code, zh, en`), each with those that became it (`[[regions.former]] code, zh, en, until`).
    pub regions: Vec<Region>,
    /// Departments that have targets of their own (`[[departments]] code, zh, en, fields`); the demo city has some.
    pub departments: Vec<Department>,
    /// The years of the city's plan (`[plan] first, last`).
    pub plan: PlanYears,
    /// Limits on what people may send.
    pub limits: Limits,
    /// Periods that time ends by itself.
    pub periods: Periods,
    /// Holidays and shifted working days (`[[calendar]] year, holidays, workdays`).
    pub calendar: Calendar,
    /// How registration numbers are written: `{city}`, `{region}`, `{year}` and, at the end, `{place}`.
    pub registration_number: String,
    /// Mail.
    pub mail: Mail,
    /// What reading the text of a contract's file may cost.
    pub texts: Texts,
    /// Whom to ask what texts mean, beside their words.
    pub embeddings: Embeddings,
}

impl Default for Config {
    fn default() -> Self {
        let market = MarketConfig::default();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data: PathBuf::from("data"),
            database_url: String::new(),
            assets: PathBuf::new(),
            base_url: String::new(),
            demo: false,
            log_format: "text".to_owned(),
            log: "info,sqlx=warn,tantivy=warn".to_owned(),
            trusted_proxies: Vec::new(),
            posts_per_minute: 300,
            request_seconds: 30,
            session_idle_hours: market.session_idle.whole_hours(),
            session_days: market.session_absolute.whole_days(),
            hash_memory: market.hash_memory,
            city: market.city,
            regions: market.regions,
            departments: market.departments,
            plan: market.plan,
            limits: market.limits,
            periods: market.periods,
            calendar: market.calendar,
            registration_number: market.registration_number,
            mail: Mail { smtp: String::new(), from: "Keqiao 科桥 <keqiao@localhost>".to_owned() },
            texts: Texts::default(),
            embeddings: Embeddings::default(),
        }
    }
}

impl Config {
    /// Reads file, environment and flags; `flags` holds only what was given on the command line.
    ///
    /// # Errors
    /// A key that is unknown or of the wrong kind, named with the file, variable or flag it came from.
    pub fn read(file: Option<&Path>, flags: &BTreeMap<&'static str, serde_json::Value>) -> anyhow::Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                bail!("configuration file {} does not exist", file.display());
            }
            figment = figment.merge(Toml::file_exact(file));
        } else if Path::new("keqiao.toml").is_file() {
            figment = figment.merge(Toml::file_exact("keqiao.toml"));
        }
        let figment = figment
            .merge(Env::prefixed("KEQIAO_").ignore(&["CONFIG", "BIN", "PASSWORD"]).split("__"))
            .merge(Env::raw().only(&["DATABASE_URL"]).map(|_| "database_url".into()));
        let figment = figment.merge(Serialized::globals(flags));
        let config: Self = figment.extract().map_err(|errors| {
            let lines: Vec<String> = errors.into_iter().map(|e| format!("  {e}")).collect();
            anyhow::anyhow!("the configuration has an error:\n{}", lines.join("\n"))
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        if !self.regions.iter().any(|r| r.code == self.city) {
            bail!("the configuration has an error:\n  city: no region has the code {}", self.city);
        }
        if let Some(region) = self.regions.iter().find(|r| r.code.len() != 6 || !r.code.bytes().all(|b| b.is_ascii_digit())) {
            bail!("the configuration has an error:\n  regions: {} is not a six-digit code of GB/T 2260", region.code);
        }
        if let Some(mistake) = self.region_mistake().or_else(|| self.department_mistake()).or_else(|| self.embeddings.mistake()) {
            bail!("the configuration has an error:\n  {mistake}");
        }
        if self.plan.first > self.plan.last || self.plan.first < 2000 || self.plan.last > 2100 {
            bail!("the configuration has an error:\n  plan: {} to {} is no run of years", self.plan.first, self.plan.last);
        }
        if self.periods.public_notice_days < keqiao_market::public_notices::SHORTEST {
            let (given, least) = (self.periods.public_notice_days, keqiao_market::public_notices::SHORTEST);
            bail!("the configuration has an error:\n  periods.public_notice_days: {given} is less than the {least} days of the law");
        }
        if self.periods.auction_extension_seconds < 0 {
            bail!(
                "the configuration has an error:\n  periods.auction_extension_seconds: {} is below 0",
                self.periods.auction_extension_seconds
            );
        }
        if self.texts.seconds == 0 || self.texts.memory_mb < 64 {
            bail!("the configuration has an error:\n  texts: needs at least 1 second and 64 megabytes");
        }
        if !self.registration_number.ends_with("{place}") || !self.registration_number.contains("{year}") {
            bail!("the configuration has an error:\n  registration_number: needs `{{year}}`, and `{{place}}` at the end");
        }
        if let Some(day) = self.calendar.mistake() {
            bail!("the configuration has an error:\n  calendar: `{day}` is neither MM-DD nor MM-DD/MM-DD");
        }
        if !matches!(self.log_format.as_str(), "text" | "json") {
            bail!("the configuration has an error:\n  log_format: `{}` is neither text nor json", self.log_format);
        }
        if !(self.base_url.is_empty() || self.base_url.starts_with("http://") || self.base_url.starts_with("https://")) {
            bail!("the configuration has an error:\n  base_url: `{}` does not begin with http:// or https://", self.base_url);
        }
        Ok(())
    }

    /// A code of a region that stands twice or is none, or a day that does not exist.
    fn region_mistake(&self) -> Option<String> {
        let mut known: Vec<&str> = Vec::new();
        for region in &self.regions {
            if known.contains(&region.code.as_str()) {
                return Some(format!("regions: {} stands twice", region.code));
            }
            known.push(&region.code);
        }
        for former in self.regions.iter().flat_map(|r| &r.former) {
            if former.code.len() != 6 || !former.code.bytes().all(|b| b.is_ascii_digit()) {
                return Some(format!("regions.former: {} is not a six-digit code of GB/T 2260", former.code));
            }
            if known.contains(&former.code.as_str()) {
                return Some(format!("regions.former: {} is the code of a region already", former.code));
            }
            if !former.until.is_empty() && parse_date(&former.until).is_none() {
                return Some(format!("regions.former: `{}` is no day", former.until));
            }
            known.push(&former.code);
        }
        None
    }

    /// A department whose code is a region's or another's, or a field that two answer for.
    fn department_mistake(&self) -> Option<String> {
        for (place, department) in self.departments.iter().enumerate() {
            let code = &department.code;
            let plain = code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if code.is_empty() || code.len() > 40 || !plain {
                return Some(format!("departments: `{code}` is no code of lower-case letters"));
            }
            let before = self.departments.iter().take(place);
            for other in before {
                if other.code == *code {
                    return Some(format!("departments: {code} stands twice"));
                }
                if let Some(field) = department.fields.iter().find(|field| other.fields.contains(field)) {
                    return Some(format!("departments: both {} and {code} answer for {field}", other.code));
                }
            }
        }
        None
    }

    /// The database to open.
    pub fn database(&self) -> String {
        if self.database_url.is_empty() { keqiao_market::db::sqlite_url(&self.data.join("keqiao.db")) } else { self.database_url.clone() }
    }

    /// The public address.
    pub fn public_url(&self) -> String {
        if self.base_url.is_empty() { format!("http://{}", self.listen) } else { self.base_url.trim_end_matches('/').to_owned() }
    }

    /// The name of the city in both languages.
    pub fn city_names(&self) -> (String, String) {
        self.regions.iter().find(|r| r.code == self.city).map_or_else(Default::default, |r| (r.zh.clone(), r.en.clone()))
    }

    /// What the market needs to know.
    pub fn market(&self) -> MarketConfig {
        MarketConfig {
            city: self.city.clone(),
            regions: self.regions.clone(),
            departments: if self.demo && self.departments.is_empty() { demo_departments() } else { self.departments.clone() },
            plan: self.plan,
            base_url: self.public_url(),
            files: self.data.join("files"),
            limits: self.limits.clone(),
            periods: self.periods.clone(),
            calendar: self.calendar.clone(),
            registration_number: self.registration_number.clone(),
            session_idle: Duration::hours(self.session_idle_hours),
            session_absolute: Duration::days(self.session_days),
            hash_memory: self.hash_memory,
            demo: self.demo,
            embeddings: self.embeddings.market(),
        }
    }

    /// The folder of built assets, if there is one.
    ///
    /// # Errors
    /// When none of the places holds a manifest.
    pub fn assets_folder(&self) -> anyhow::Result<PathBuf> {
        let beside = std::env::current_exe().ok().and_then(|p| p.parent().map(|p| p.join("site")));
        let places = if self.assets.as_os_str().is_empty() {
            vec![beside.unwrap_or_default(), PathBuf::from("target/site")]
        } else {
            vec![self.assets.clone()]
        };
        places.iter().find(|p| p.join("manifest.json").is_file()).cloned().with_context(|| {
            format!(
                "no built assets in {}: run `cargo xtask assets`",
                places.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(" or ")
            )
        })
    }
}

/// Who answers for which fields in the demo city.
fn demo_departments() -> Vec<Department> {
    let department = |code: &str, zh: &str, en: &str, fields: &[Field]| Department {
        code: code.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        fields: fields.to_vec(),
    };
    use Field as F;
    vec![
        department("industry", "市工业和信息化局", "Bureau of Industry", &[F::Electronics, F::Aerospace, F::Manufacturing, F::Materials]),
        department("energy", "市发展和改革委员会", "Development and Reform Commission", &[F::Energy, F::Nuclear, F::Transport]),
        department("life", "市卫生健康委员会", "Health Commission", &[F::Biomedicine]),
        department("land", "市农业农村局", "Bureau of Agriculture", &[F::Agriculture, F::Environment]),
        department("society", "市住房和城乡建设局", "Bureau of Housing and Construction", &[F::Urban]),
    ]
}
