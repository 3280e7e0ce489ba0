//! The texts of the demo city, and their publication.

use std::collections::BTreeMap;

use anyhow::Context as _;
use keqiao_market::{Actor, listings};
use keqiao_model::{Fields, ListingKind, ListingMove, PatentNumber, format_date, parse_date};
use serde::Deserialize;
use time::{Duration, macros::date};

use super::{Story, people::People};

const PARTS: [&str; 4] = [
    include_str!("../../../tests/demo/a.json"),
    include_str!("../../../tests/demo/b.json"),
    include_str!("../../../tests/demo/c.json"),
    include_str!("../../../tests/demo/d.json"),
];

/// An organisation of the city.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Organisation {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) kind: String,
    pub(crate) legal_kind: String,
    pub(crate) region: String,
    pub(crate) industry: String,
    pub(crate) summary: String,
}

/// The words of people who do not exist.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Names {
    pub(crate) engineer: String,
    pub(crate) researcher: String,
    pub(crate) broker: String,
    pub(crate) officer: String,
    pub(crate) reviewer: String,
    pub(crate) county: String,
    pub(crate) admin: String,
    pub(crate) surnames: Vec<String>,
    pub(crate) given: Vec<String>,
}

/// Parts of the names of firms that do not exist.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Firms {
    pub(crate) first: Vec<String>,
    pub(crate) second: Vec<String>,
}

/// What people of the demo city write.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Words {
    pub(crate) people: Names,
    pub(crate) firms: Firms,
    pub(crate) interest: String,
    pub(crate) interest_to_achievement: String,
    pub(crate) messages: Vec<String>,
    pub(crate) broker_note: String,
    pub(crate) return_reason: String,
    pub(crate) decline_reason: String,
    pub(crate) lost_reason: String,
    pub(crate) document_title: String,
    pub(crate) first_refusal: String,
    pub(crate) objector: String,
    pub(crate) objector_contact: String,
    pub(crate) objection: String,
    pub(crate) objection_answer: String,
    pub(crate) sale_rules: String,
    pub(crate) exclusion: String,
    pub(crate) terms_benefit: String,
    pub(crate) terms_acceptance: String,
    pub(crate) interest_fit: String,
    pub(crate) introduction: String,
    pub(crate) broker_summary: String,
    pub(crate) broker_issuer: String,
    pub(crate) activities: Vec<String>,
    pub(crate) tasks: Vec<String>,
    pub(crate) question: String,
    pub(crate) answer: String,
    pub(crate) contract_suffix: BTreeMap<String, String>,
    pub(crate) contract_summary: String,
    pub(crate) deduction: String,
    /// Why the amount of a contract is changed.
    pub(crate) amendment: String,
    /// What an officer answers to a finding.
    pub(crate) finding_answer: String,
    pub(crate) clause_places: Vec<String>,
}

#[derive(Deserialize)]
struct Part {
    organisations: Vec<Organisation>,
    demands: Vec<serde_json::Map<String, serde_json::Value>>,
    achievements: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// A listing as its form would send it.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) kind: ListingKind,
    pub(crate) organisation: String,
    pub(crate) title: String,
    pub(crate) field: String,
    pub(crate) fields: Fields,
}

/// All texts.
pub(crate) struct City {
    pub(crate) organisations: Vec<Organisation>,
    pub(crate) listings: Vec<Text>,
    pub(crate) words: Words,
}

impl City {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let words = serde_json::from_str(include_str!("../../../tests/demo/city.json")).context("the words of the demo city")?;
        let mut city = Self { organisations: Vec::new(), listings: Vec::new(), words };
        let (mut demands, mut achievements) = (Vec::new(), Vec::new());
        for part in PARTS {
            let part: Part = serde_json::from_str(part).context("a part of the demo city")?;
            city.organisations.extend(part.organisations);
            demands.push(part.demands.into_iter().map(|d| text(ListingKind::Demand, &d)).collect::<Vec<_>>());
            achievements.push(part.achievements.into_iter().map(|a| text(ListingKind::Achievement, &a)).collect::<Vec<_>>());
        }
        // Fields come and go as they would in a real market, not one part after the other.
        city.listings = interleave(demands.into_iter().chain(achievements).collect());
        Ok(city)
    }
}

fn interleave<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(lists.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(s) => s.clone(),
        serde_json::Value::Number(n) => n.to_string(),
        _ => String::new(),
    }
}

/// The day on which the texts were written; deadlines move with the day on which the city is loaded.
const WRITTEN: time::Date = date!(2026 - 11 - 24);

fn text(kind: ListingKind, from: &serde_json::Map<String, serde_json::Value>) -> Text {
    let mut fields = Fields::default();
    for (name, value) in from {
        match (name.as_str(), value) {
            ("organisation", _) => {}
            ("cooperation", serde_json::Value::Array(ways)) => ways.iter().for_each(|w| fields.push("cooperation", plain(w))),
            ("keywords", serde_json::Value::Array(words)) => fields.push("keywords", words.iter().map(plain).collect::<Vec<_>>().join(",")),
            ("target_trl", level) => fields.push("trl", plain(level)),
            ("budget_min", amount) => fields.push("price_min", plain(amount)),
            ("budget_max", amount) => fields.push("price_max", plain(amount)),
            ("language", language) => fields.push("language", if plain(language) == "en" { "en" } else { "zh-CN" }),
            (table, serde_json::Value::Array(rows)) => {
                for (i, row) in rows.iter().enumerate() {
                    for (column, cell) in row.as_object().into_iter().flatten() {
                        let mut cell = plain(cell);
                        if table == "ip" && column == "number" {
                            // The texts give patents without their check digit.
                            cell = PatentNumber::complete(&cell).map_or(cell, |n| n.to_string());
                        }
                        fields.push(format!("{table}.{i}.{column}"), cell);
                    }
                }
            }
            (name, value) => fields.push(name, plain(value)),
        }
    }
    let get = |name: &str| from.get(name).map(plain).unwrap_or_default();
    Text { kind, organisation: get("organisation"), title: get("title"), field: get("field"), fields }
}

/// A listing on the market.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) kind: ListingKind,
    pub(crate) number: String,
    pub(crate) organisation: String,
    /// Code of its technical field.
    pub(crate) field: String,
}

/// Lists everything over the last two years; the last few are left waiting, sent back or in draft, so that every queue has something in it.
pub(crate) async fn publish(story: &mut Story, city: &City, people: &People, step: &mut impl FnMut(usize)) -> anyhow::Result<Vec<Listed>> {
    let count = i64::try_from(city.listings.len()).unwrap_or(1);
    let shift = story.now.date() - WRITTEN;
    let mut listed = Vec::new();
    for (place, text) in (0_i64..).zip(&city.listings) {
        let left = count - place;
        story.hours_ago(left * 24 * 700 / count + 6);
        let owner = people.of(&text.organisation)?;
        let officer = &people.officer;
        let mut fields = text.fields.clone();
        for (name, value) in &mut fields.0 {
            if name == "deadline"
                && let Some(day) = parse_date(value)
            {
                *value = format_date(day + Duration::days(shift.whole_days().max(0)));
            }
        }
        let market = &story.market;
        let draft = left <= 2;
        let number = listings::create_listing(market, owner, text.kind, &fields, !draft, None)
            .await
            .with_context(|| format!("demo listing “{}”", text.title))?;
        if !draft && left > 8 {
            decide(story, officer, text.kind, &number, ListingMove::Publish, "").await?;
            listed.push(Listed { kind: text.kind, number, organisation: text.organisation.clone(), field: text.field.clone() });
        } else if left > 6 {
            decide(story, officer, text.kind, &number, ListingMove::Return, &city.words.return_reason).await?;
        }
        step(1);
    }
    Ok(listed)
}

async fn decide(story: &Story, officer: &Actor, kind: ListingKind, number: &str, by: ListingMove, reason: &str) -> anyhow::Result<()> {
    story.wait(Duration::hours(3));
    let view = listings::listing(&story.market, officer, kind, number).await?;
    let field = if kind == ListingKind::Demand { "problem" } else { "advantage" };
    let reasons = [listings::ReturnReason { field: field.to_owned(), text: reason.to_owned() }];
    listings::move_listing(&story.market, officer, kind, number, by, &reasons, view.version, None).await?;
    Ok(())
}
