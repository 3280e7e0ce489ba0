//! What a demand or an achievement says, read from a form or an import and checked by the rules of the field.
//!
//! Source of the fields: domain rules, section 6 (需求 and 成果 fields).

use serde::{Deserialize, Serialize};
use time::{Date, macros::format_description};

use crate::{
    Check, Cooperation, Fen, Field, FieldError, Fields, Indicator, IpKind, IpStatus, Lang, ListingKind, Operator, Ownership, PatentNumber,
    PriceKind, is_industry,
};

/// Longest title, characters.
pub const TITLE_MAX: usize = 120;
/// Longest public summary, characters.
pub const SUMMARY_MAX: usize = 2_000;
/// Longest of the other texts, characters.
pub const TEXT_MAX: usize = 5_000;
/// Most indicators, rights and inventors of one listing.
pub const ROWS_MAX: usize = 30;
/// Most keywords.
pub const KEYWORDS_MAX: usize = 12;

/// One intellectual property right of an achievement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpRight {
    /// Patent, software, secret …
    pub kind: IpKind,
    /// Normalised number; empty for what has none.
    pub number: String,
    /// Applied or granted.
    pub status: IpStatus,
}

/// A person who completed an achievement, with a share in percent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventor {
    /// Name.
    pub name: String,
    /// Per cent; the shares of one achievement sum to 100.
    pub share: i64,
}

/// What only a demand says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DemandBody {
    /// 产业链节点.
    pub chain_node: String,
    /// 背景.
    pub background: String,
    /// 现有基础.
    pub current: String,
    /// 难题: what fails today.
    pub problem: String,
    /// 已试方案.
    pub tried: String,
}

/// What only an achievement says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AchievementBody {
    /// 一句话.
    pub one_sentence: String,
    /// How much better than today's solution.
    pub advantage: String,
    /// What proves the technology readiness level.
    pub trl_evidence: String,
    /// 学科, GB/T 13745.
    pub discipline: String,
    /// 知识产权.
    pub ip: Vec<IpRight>,
    /// 权属.
    pub ownership: Option<Ownership>,
    /// 资金来源.
    pub funding: String,
    /// 意向, 底价 or 一口价.
    pub price_kind: Option<PriceKind>,
    /// 完成人.
    pub inventors: Vec<Inventor>,
    /// 应用案例.
    pub applications: String,
}

/// The part of a listing that differs by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingBody {
    /// 需求.
    Demand(DemandBody),
    /// 成果.
    Achievement(AchievementBody),
}

impl ListingBody {
    /// The side it belongs to.
    pub fn kind(&self) -> ListingKind {
        match self {
            Self::Demand(_) => ListingKind::Demand,
            Self::Achievement(_) => ListingKind::Achievement,
        }
    }
}

/// Everything a listing says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingContent {
    /// Title.
    pub title: String,
    /// Language of its texts.
    pub language: Lang,
    /// Public summary.
    pub summary: String,
    /// Confidential detail: never indexed, exported or counted.
    pub detail: String,
    /// 技术领域.
    pub field: Option<Field>,
    /// GB/T 4754 division, empty when not stated.
    pub industry: String,
    /// Target level of a demand, reached level of an achievement, 1–9.
    pub trl: Option<i64>,
    /// Ways of cooperation.
    pub cooperation: Vec<Cooperation>,
    /// Lower end of budget or price.
    pub price_min: Option<Fen>,
    /// Upper end of budget or price.
    pub price_max: Option<Fen>,
    /// When a demand must be solved; how long an achievement stands.
    pub deadline: Option<Date>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Indicators wanted or reached.
    pub indicators: Vec<Indicator>,
    /// What differs by side.
    pub body: ListingBody,
}

/// Whether a text is read as a draft (only what is there must be right) or for review (nothing needed may be missing).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Saved to go on later.
    Draft,
    /// Handed in.
    Complete,
    /// Brought in from a file: a title and something to read are enough.
    Import,
}

/// Reads an ISO date.
pub fn parse_date(text: &str) -> Option<Date> {
    Date::parse(text.trim(), format_description!("[year]-[month]-[day]")).ok().filter(|d| (1900..=2200).contains(&d.year()))
}

/// Writes an ISO date.
pub fn format_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

struct Reader<'a> {
    fields: &'a Fields,
    check: Check,
    complete: bool,
}

impl Reader<'_> {
    fn text(&mut self, name: &str, max: usize, required: bool) -> String {
        if required {
            self.check.required(name, self.fields.value(name), max)
        } else {
            self.check.optional(name, self.fields.value(name), max)
        }
    }

    fn code<T>(&mut self, name: &str, from: impl Fn(&str) -> Option<T>, required: bool) -> Option<T> {
        let text = self.fields.value(name).trim();
        if text.is_empty() {
            self.check.ensure(!required, name, "required");
            return None;
        }
        let value = from(text);
        self.check.ensure(value.is_some(), name, "choice");
        value
    }

    fn money(&mut self, name: &str) -> Option<Fen> {
        let text = self.fields.value(name).trim();
        if text.is_empty() {
            return None;
        }
        self.check.take(Fen::parse_yuan(text), |e| e.at(name))
    }

    fn indicators(&mut self) -> Vec<Indicator> {
        let mut indicators = Vec::new();
        for (index, row) in self.fields.rows("indicators") {
            let prefix = format!("indicators.{index}");
            let operator = Operator::from_code(row.value("operator")).unwrap_or_default();
            let indicator = Indicator {
                name: row.value("name").trim().to_owned(),
                operator,
                value: row.value("value").trim().to_owned(),
                value_max: if operator == Operator::Between { row.value("value_max").trim().to_owned() } else { String::new() },
                unit: row.value("unit").trim().to_owned(),
                method: row.value("method").trim().to_owned(),
            };
            if indicator.is_blank() {
                continue;
            }
            for error in indicator.errors_at(&prefix) {
                self.check.refuse(error);
            }
            indicators.push(indicator);
        }
        self.check.ensure(indicators.len() <= ROWS_MAX, "indicators", "too_many_rows");
        indicators
    }

    fn rights(&mut self) -> Vec<IpRight> {
        let mut rights = Vec::new();
        for (index, row) in self.fields.rows("ip") {
            let typed = row.value("number").trim();
            let kind = IpKind::from_code(row.value("kind"));
            if typed.is_empty() && kind.is_none_or(|k| k != IpKind::Secret) {
                continue;
            }
            let at = format!("ip.{index}.number");
            let Some(kind) = kind else {
                self.check.refuse(FieldError::new(format!("ip.{index}.kind"), "required"));
                continue;
            };
            let status = IpStatus::from_code(row.value("status")).unwrap_or(IpStatus::Applied);
            let number = if matches!(kind, IpKind::Invention | IpKind::Utility | IpKind::Design) {
                match PatentNumber::parse(typed) {
                    Ok(number) => {
                        self.check.ensure(number.kind() == kind, &at, "patent_kind");
                        number.with_granted(status == IpStatus::Granted).to_string()
                    }
                    Err(error) => {
                        self.check.refuse(error.at(&at));
                        continue;
                    }
                }
            } else {
                self.check.optional(&at, typed, 60)
            };
            rights.push(IpRight { kind, number, status });
        }
        self.check.ensure(rights.len() <= ROWS_MAX, "ip", "too_many_rows");
        rights
    }

    fn inventors(&mut self) -> Vec<Inventor> {
        let mut inventors = Vec::new();
        for (index, row) in self.fields.rows("inventors") {
            let (name, share) = (row.value("name").trim(), row.value("share").trim().trim_end_matches(['%', '％']).trim());
            if name.is_empty() && share.is_empty() {
                continue;
            }
            let name = self.check.required(&format!("inventors.{index}.name"), name, 60);
            let at = format!("inventors.{index}.share");
            match share.parse::<i64>() {
                Ok(share) if (0..=100).contains(&share) => inventors.push(Inventor { name, share }),
                _ => self.check.refuse(FieldError::new(at, "share")),
            }
        }
        if !inventors.is_empty() && self.check.is_clean() {
            let sum: i64 = inventors.iter().map(|i| i.share).sum();
            if sum != 100 {
                self.check.refuse(FieldError::new("inventors", "share_sum").with("sum", sum));
            }
        }
        inventors
    }

    fn demand(&mut self) -> DemandBody {
        let complete = self.complete;
        DemandBody {
            chain_node: self.text("chain_node", 60, false),
            background: self.text("background", TEXT_MAX, complete),
            current: self.text("current", TEXT_MAX, false),
            problem: self.text("problem", TEXT_MAX, complete),
            tried: self.text("tried", TEXT_MAX, false),
        }
    }

    fn achievement(&mut self) -> AchievementBody {
        let complete = self.complete;
        let trl_stated = !self.fields.value("trl").trim().is_empty();
        AchievementBody {
            one_sentence: self.text("one_sentence", 200, complete),
            advantage: self.text("advantage", TEXT_MAX, complete),
            trl_evidence: self.text("trl_evidence", TEXT_MAX, complete && trl_stated),
            discipline: {
                let code = self.text("discipline", 10, false);
                self.check.ensure(
                    code.chars().all(|c| c.is_ascii_digit()) && (code.is_empty() || code.len() >= 3),
                    "discipline",
                    "discipline",
                );
                code
            },
            ip: self.rights(),
            ownership: self.code("ownership", Ownership::from_code, complete),
            funding: self.text("funding", 200, false),
            price_kind: self.code("price_kind", PriceKind::from_code, complete),
            inventors: self.inventors(),
            applications: self.text("applications", TEXT_MAX, false),
        }
    }
}

impl ListingContent {
    /// Reads what a form or an import says, in names as [`ListingContent::to_fields`] writes them.
    ///
    /// # Errors
    /// Every reason at its field.
    pub fn read(kind: ListingKind, fields: &Fields, strictness: Strictness) -> Result<Self, Vec<FieldError>> {
        let complete = strictness == Strictness::Complete;
        let mut r = Reader { fields, check: Check::new(), complete };
        let title = r.text("title", TITLE_MAX, true);
        let summary_max = if strictness == Strictness::Import { TEXT_MAX } else { SUMMARY_MAX };
        let summary = r.text("summary", summary_max, complete);
        let detail = r.text("detail", TEXT_MAX, false);
        let field = r.code("field", Field::from_code, complete);
        let industry = r.text("industry", 5, complete && kind == ListingKind::Demand);
        r.check.ensure(industry.is_empty() || is_industry(&industry), "industry", "choice");
        let trl = {
            let text = fields.value("trl").trim();
            let level = text.parse::<i64>().ok().filter(|l| (1..=9).contains(l));
            r.check.ensure(level.is_some() || (text.is_empty() && !complete), "trl", if text.is_empty() { "required" } else { "trl" });
            level
        };
        let mut cooperation = Vec::new();
        for code in fields.values("cooperation") {
            match Cooperation::from_code(&code) {
                Some(way) if !cooperation.contains(&way) => cooperation.push(way),
                Some(_) => {}
                None => r.check.refuse(FieldError::new("cooperation", "choice")),
            }
        }
        r.check.ensure(!complete || !cooperation.is_empty(), "cooperation", "required");
        let (price_min, price_max) = (r.money("price_min"), r.money("price_max"));
        if let (Some(low), Some(high)) = (price_min, price_max) {
            r.check.ensure(low <= high, "price_max", "price_order");
        }
        let deadline = {
            let text = fields.value("deadline").trim();
            let date = parse_date(text);
            r.check.ensure(date.is_some() || text.is_empty(), "deadline", "date");
            r.check.ensure(!complete || kind == ListingKind::Achievement || !text.is_empty(), "deadline", "required");
            date
        };
        let mut keywords: Vec<String> = Vec::new();
        for word in fields.value("keywords").split([',', '，', ';', '；', '、', '\n']).map(str::trim).filter(|w| !w.is_empty()) {
            if !keywords.iter().any(|k| k == word) {
                keywords.push(word.chars().take(40).collect());
            }
        }
        if strictness == Strictness::Import {
            keywords.truncate(KEYWORDS_MAX);
        }
        r.check.ensure(keywords.len() <= KEYWORDS_MAX, "keywords", "too_many_rows");
        let indicators = r.indicators();
        let body = match kind {
            ListingKind::Demand => ListingBody::Demand(r.demand()),
            ListingKind::Achievement => ListingBody::Achievement(r.achievement()),
        };
        let language = Lang::from_tag(fields.value("language"));
        let content = Self {
            title,
            language,
            summary,
            detail,
            field,
            industry,
            trl,
            cooperation,
            price_min,
            price_max,
            deadline,
            keywords,
            indicators,
            body,
        };
        r.check.finish(content)
    }

    /// The fields of a form that shows this content.
    pub fn to_fields(&self) -> Fields {
        let mut f = Fields::default();
        let money = |m: Option<Fen>| m.map_or_else(String::new, Fen::format_input);
        f.push("title", &self.title);
        f.push("language", self.language.tag());
        f.push("summary", &self.summary);
        f.push("detail", &self.detail);
        f.push("field", self.field.map_or("", |v| v.code()));
        f.push("industry", &self.industry);
        f.push("trl", self.trl.map_or_else(String::new, |l| l.to_string()));
        for way in &self.cooperation {
            f.push("cooperation", way.code());
        }
        f.push("price_min", money(self.price_min));
        f.push("price_max", money(self.price_max));
        f.push("deadline", self.deadline.map_or_else(String::new, format_date));
        f.push("keywords", self.keywords.join("，"));
        for (i, indicator) in self.indicators.iter().enumerate() {
            for (column, value) in [
                ("name", indicator.name.as_str()),
                ("operator", indicator.operator.code()),
                ("value", &indicator.value),
                ("value_max", &indicator.value_max),
                ("unit", &indicator.unit),
                ("method", &indicator.method),
            ] {
                f.push(format!("indicators.{i}.{column}"), value);
            }
        }
        match &self.body {
            ListingBody::Demand(d) => {
                for (name, value) in [
                    ("chain_node", &d.chain_node),
                    ("background", &d.background),
                    ("current", &d.current),
                    ("problem", &d.problem),
                    ("tried", &d.tried),
                ] {
                    f.push(name, value);
                }
            }
            ListingBody::Achievement(a) => {
                for (name, value) in [
                    ("one_sentence", a.one_sentence.as_str()),
                    ("advantage", &a.advantage),
                    ("trl_evidence", &a.trl_evidence),
                    ("discipline", &a.discipline),
                    ("ownership", a.ownership.map_or("", |v| v.code())),
                    ("funding", &a.funding),
                    ("price_kind", a.price_kind.map_or("", |v| v.code())),
                    ("applications", &a.applications),
                ] {
                    f.push(name, value);
                }
                for (i, right) in a.ip.iter().enumerate() {
                    f.push(format!("ip.{i}.kind"), right.kind.code());
                    f.push(format!("ip.{i}.number"), &right.number);
                    f.push(format!("ip.{i}.status"), right.status.code());
                }
                for (i, inventor) in a.inventors.iter().enumerate() {
                    f.push(format!("inventors.{i}.name"), &inventor.name);
                    f.push(format!("inventors.{i}.share"), inventor.share.to_string());
                }
            }
        }
        f
    }
}
