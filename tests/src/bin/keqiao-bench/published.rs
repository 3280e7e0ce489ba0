//! How soon is a publication in everybody's list of matches? In a whole market with its database, beside the time until searches find it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use keqiao_market::{
    Actor, Market,
    accounts::{self, NewPerson, Roles},
    entity::{listing, matched, organisation},
    listings, matching,
};
use keqiao_model::{Fields, Lang, ListingContent, ListingKind, ListingMove, ListingState, Strictness};
use keqiao_search::Document;
use keqiao_server::{config::Config, program};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
    TransactionTrait as _,
};
use uuid::Uuid;

use crate::{Options, listings::Generator, timing::quantiles, upkeep, words::Dictionary};

/// Publications.
const PUBLISHED: u64 = 60;
/// Rows of one statement: SQLite takes 32,766 values.
const ROWS: usize = 1_000;
/// Listings of one transaction.
const BATCH: u64 = 10_000;
/// Characters of a title and of a text.
const TITLE: usize = 120;
const TEXT: usize = 2_000;
/// Organisations that own them.
const OWNERS: u64 = 1_000;

/// Fills a market and publishes one listing after the other.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let generator = Arc::new(Generator::new(Dictionary::read(options.dictionary.as_deref())?));
    let folder = tempfile::tempdir()?;
    let config = Config { data: folder.path().to_owned(), hash_memory: 64, ..Config::default() };
    let market = program::open(&config).await?;
    let roles = Roles { officer_region: Some(market.config().city.clone()), ..Roles::default() };
    let new = NewPerson {
        email: "officer@example.cn".to_owned(),
        name: "officer".to_owned(),
        password: "石桥 with a long tail".to_owned(),
        lang: Lang::Zh,
        roles,
        demo: false,
    };
    let officer = accounts::create_person(&market, new).await.map_err(plain)?;
    let officer = accounts::actor_for(&market, officer).await.map_err(plain)?.context("no officer")?;
    let started = Instant::now();
    fill(&market, &generator, options.listings).await?;
    println!("{} listings written in {:.0} s", options.listings, started.elapsed().as_secs_f64());
    let started = Instant::now();
    matching::reindex(&market, false, |_, _| {}).await.map_err(plain)?;
    println!("index built in {:.0} s", started.elapsed().as_secs_f64());
    // What a publication costs is not measured while what building left unmerged is being merged.
    let started = Instant::now();
    upkeep::rest(folder.path()).await?;
    println!("its files at rest after {:.0} s more", started.elapsed().as_secs_f64());
    let (mut visible, mut matches) = (Vec::new(), Vec::new());
    for at in 0..PUBLISHED {
        let document = generator.listing(options.listings + at);
        let times = publish(&market, &officer, &document).await?;
        // What is loaded at the first use is not counted.
        if at >= 10 {
            visible.push(times.0);
            matches.push(times.1);
        }
    }
    let (visible, matches) = (quantiles(visible), quantiles(matches));
    println!("\n{:<64} {:>8} {:>8}", format!("{} listings a side, ms", options.listings / 2), "p50", "p99");
    println!("{:<64} {:>8.0} {:>8.0}", "decided to found by a search", visible.0, visible.1);
    println!("{:<64} {:>8.0} {:>8.0}", "decided to stored in its own list and in those of its best 50", matches.0, matches.1);
    println!("{:<64} {:>7.1}× {:>7.1}×", "", matches.0 / visible.0, matches.1 / visible.1);
    Ok(())
}

fn plain(error: keqiao_market::Error) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

/// From the officer's decision until searches find it, and until it is in its own list and in those of its answers.
async fn publish(market: &Market, officer: &Actor, document: &Document) -> anyhow::Result<(Duration, Duration)> {
    let (kind, number) = (document.kind, document.number.as_str());
    let started = Instant::now();
    listings::move_listing(market, officer, kind, number, ListingMove::Publish, &[], 1, None).await.map_err(plain)?;
    while matching::index_step(market).await.map_err(plain)? > 0 {}
    let visible = started.elapsed();
    while matching::match_step(market).await.map_err(plain)? > 0 {}
    let matched = started.elapsed();
    let own = matched::Entity::find().filter(matched::Column::ListingId.eq(document.id)).count(market.database()).await?;
    ensure!(own > 0, "{number} has no matches");
    Ok((visible, matched))
}

#[allow(clippy::disallowed_methods, reason = "a market is made in bulk, around the use cases")]
async fn fill(market: &Market, generator: &Generator, count: u64) -> anyhow::Result<()> {
    let tx = market.database().begin().await?;
    let owners: Vec<organisation::Model> = (0..OWNERS).map(|at| owner(market, at)).collect::<anyhow::Result<_>>()?;
    for rows in owners.chunks(ROWS) {
        let rows = rows.iter().cloned().map(|row| row.into_active_model().reset_all());
        organisation::Entity::insert_many(rows).exec_without_returning(&tx).await?;
    }
    tx.commit().await?;
    let numbers: Vec<u64> = (0..count + PUBLISHED).collect();
    for batch in numbers.chunks(usize::try_from(BATCH)?) {
        let tx = market.database().begin().await?;
        let rows: Vec<listing::Model> = batch
            .iter()
            .map(|at| {
                let owner = owners.get(usize::try_from(at % OWNERS)?).context("no owner")?;
                row(&generator.listing(*at), owner, *at < count)
            })
            .collect::<anyhow::Result<_>>()?;
        for rows in rows.chunks(ROWS) {
            let rows = rows.iter().cloned().map(|row| row.into_active_model().reset_all());
            listing::Entity::insert_many(rows).exec_without_returning(&tx).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

fn owner(market: &Market, at: u64) -> anyhow::Result<organisation::Model> {
    let code = keqiao_model::CreditCode::complete("91990100", &format!("MA{at:06}")).context("no credit code")?;
    Ok(organisation::Model {
        id: Uuid::from_u64_pair(7, at + 1),
        credit_code: code.as_str().to_owned(),
        name: format!("云汀第{at}科技有限公司"),
        name_en: String::new(),
        kind: "enterprise".to_owned(),
        legal_kind: "limited".to_owned(),
        region: market.config().city.clone(),
        industry: String::new(),
        summary: String::new(),
        website: String::new(),
        created_at: 0,
        version: 1,
    })
}

/// The row of a generated listing; what is published later waits for its review.
fn row(document: &Document, owner: &organisation::Model, published: bool) -> anyhow::Result<listing::Model> {
    let text = if document.kind == ListingKind::Demand { "problem" } else { "advantage" };
    let keywords = document.keywords.join("，");
    // As long as people may write.
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let (title, whole) = (cut(&document.title, TITLE), cut(&document.text, TEXT));
    let fields: Fields = [("title", title.as_str()), ("summary", &document.summary), (text, &whole), ("keywords", &keywords), ("trl", "6")]
        .into_iter()
        .collect();
    let content = ListingContent::read(document.kind, &fields, Strictness::Draft).map_err(|e| anyhow::anyhow!("{e:?}"))?;
    let at = document.published_at * 1_000_000;
    Ok(listing::Model {
        id: document.id,
        kind: if document.kind == ListingKind::Demand { "demand" } else { "achievement" }.to_owned(),
        number: document.number.clone(),
        state: if published { ListingState::Published } else { ListingState::InReview }.code().to_owned(),
        language: "zh-CN".to_owned(),
        title: content.title.clone(),
        summary: content.summary.clone(),
        detail: String::new(),
        field: document.field.clone(),
        industry: document.industry.clone(),
        region: owner.region.clone(),
        cooperation: serde_json::to_string(&document.cooperation)?,
        keywords: serde_json::to_string(&content.keywords)?,
        indicators: "[]".to_owned(),
        body: serde_json::to_string(&content.body)?,
        returned: "[]".to_owned(),
        organisation_id: owner.id,
        person_id: None,
        trl: document.trl,
        price_min: None,
        price_max: None,
        published_at: published.then_some(at),
        deadline: None,
        external_id: None,
        created_at: at,
        updated_at: at,
        version: 1,
    })
}
