//! What every page knows of the request it answers.

use std::{collections::BTreeMap, sync::Arc};

use keqiao_market::{Actor, Market};
use keqiao_model::Lang;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;

use crate::Route;

/// What is left as it is in a query string.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What the operator configured, the same for every request.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Name of the city in Chinese and English.
    pub city: (String, String),
    /// Address without a trailing slash, for canonical links and mail: `https://keqiao.example`.
    pub base_url: String,
    /// Whether demo data is shown.
    pub demo: bool,
    /// Logical asset names to hashed file names (`main.css` → `/assets/keqiao-….css`).
    pub assets: BTreeMap<String, String>,
    /// Largest upload in bytes.
    pub upload_limit: usize,
}

impl Site {
    /// The address of an asset; empty when it was not built.
    pub fn asset(&self, name: &str) -> String {
        self.assets.get(name).cloned().unwrap_or_default()
    }
}

/// Query parameters in the order they came. Filters live here, so that every view has an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(pub Vec<(String, String)>);

impl Query {
    /// The first value, empty when absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// Every value of a name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }

    /// The page number, from 1; anything that is not a page is the first.
    pub fn page(&self) -> u64 {
        self.get("page").parse().unwrap_or(1).clamp(1, 1_000_000)
    }

    /// The same query with one name set to one value (removed when empty) and back on the first page.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.0.iter().filter(|(n, _)| n != name && n != "page").cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    /// The same query without one value of a name, back on the first page.
    #[must_use]
    pub fn without(&self, name: &str, value: &str) -> Self {
        Self(self.0.iter().filter(|(n, v)| n != "page" && !(n == name && v == value)).cloned().collect())
    }

    /// The same query on another page.
    #[must_use]
    pub fn on_page(&self, page: u64) -> Self {
        let mut query = Self(self.0.iter().filter(|(n, _)| n != "page").cloned().collect());
        if page > 1 {
            query.0.push(("page".to_owned(), page.to_string()));
        }
        query
    }

    /// `?a=b&c=d`, or nothing; empty values are left out.
    pub fn to_search(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .filter(|(_, v)| !v.is_empty())
            .map(|(n, v)| format!("{}={}", utf8_percent_encode(n, QUERY), utf8_percent_encode(v, QUERY)))
            .collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

/// What every page knows of the request it answers. Cheap to clone.
#[derive(Clone)]
pub struct Cx {
    /// The reader's language, from the address.
    pub lang: Lang,
    /// Who is asking; `Actor::Visitor`-like when not signed in.
    pub actor: Actor,
    /// Use cases.
    pub market: Market,
    /// What the operator configured.
    pub site: Arc<Site>,
    /// The page being answered.
    pub route: Route,
    /// Query parameters.
    pub query: Query,
    /// A sentence key carried over a redirect (`flash.saved`).
    pub flash: Option<String>,
    /// Nonce of this response's content security policy.
    pub nonce: String,
    /// Address of the peer, for rate limits.
    pub peer: String,
    /// The browser as it names itself, for the list of sessions.
    pub agent: String,
    /// The time of the request by the market's clock.
    pub now: OffsetDateTime,
    /// How many notices the reader has not read; none for visitors.
    pub unread: u64,
}

impl Cx {
    /// The address of a page in the reader's language.
    pub fn href(&self, route: &Route) -> String {
        route.href(self.lang)
    }

    /// The address of this page with another query.
    pub fn here(&self, query: &Query) -> String {
        format!("{}{}", self.route.href(self.lang), query.to_search())
    }

    /// The name of the city in the reader's language.
    pub fn city(&self) -> &str {
        match self.lang {
            Lang::Zh => &self.site.city.0,
            Lang::En => &self.site.city.1,
        }
    }
}
