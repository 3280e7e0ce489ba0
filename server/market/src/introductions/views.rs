//! What brokers, parties and officers read of introductions.

use std::collections::{HashMap, HashSet};

use keqiao_model::{IntroductionRecord, ListingKind, OUTSIDE};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, sea_query::Query};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{buys, chain, find, organisation_of};
use crate::{
    Actor, Error, Market, Paged, Result,
    brokers::names_of,
    db::{from_micros, micros},
    entity::{deal, introduction as table, introduction_entry, listing, organisation},
    listings::{kind_of, organisation_names},
    paging::fetch,
};

/// One line of a list of introductions.
#[derive(Debug, Clone)]
pub struct IntroductionSummary {
    /// Number people see.
    pub number: String,
    /// Who introduced.
    pub broker: (Uuid, String),
    /// Who asks.
    pub buyer: (Uuid, String),
    /// Who offers.
    pub seller: (Uuid, String),
    /// On what.
    pub subject: String,
    /// Numbers of the demand and the achievement.
    pub pair: [(ListingKind, String); 2],
    /// When.
    pub made_at: OffsetDateTime,
    /// Until when it counts.
    pub valid_until: OffsetDateTime,
    /// Whether it counts no more.
    pub over: bool,
    /// When and by whom the buyer acknowledged it.
    pub buyer_acknowledged: Option<(OffsetDateTime, String)>,
    /// When and by whom the seller acknowledged it.
    pub seller_acknowledged: Option<(OffsetDateTime, String)>,
    /// Number of the deal that came of it.
    pub deal: Option<String>,
    /// Whether a contract was registered without the broker.
    pub bypassed: bool,
    /// Whether the actor may acknowledge it.
    pub may_acknowledge: bool,
    /// For optimistic locking.
    pub version: i64,
}

/// A record of the chain.
#[derive(Debug, Clone)]
pub struct EntryView {
    /// Place in the chain.
    pub seq: i64,
    /// What happened; nothing when the record was changed into something that nobody knows.
    pub kind: Option<IntroductionRecord>,
    /// The same as it is stored.
    pub code: String,
    /// When.
    pub at: OffsetDateTime,
    /// The same in microseconds since 1970, as it was hashed.
    pub micros: i64,
    /// What it says, as it was hashed.
    pub payload: String,
    /// Hash of the record before.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
    /// Whether it holds.
    pub holds: bool,
}

/// An introduction with its evidence.
#[derive(Debug, Clone)]
pub struct IntroductionView {
    /// What the list shows.
    pub summary: IntroductionSummary,
    /// Id, as it was hashed.
    pub id: Uuid,
    /// Credit codes of buyer and seller.
    pub credit_codes: (String, String),
    /// Its records in their order.
    pub entries: Vec<EntryView>,
    /// Place and hash of the last record of the whole chain.
    pub head: (i64, String),
}

/// Which introductions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Made by the broker who acts.
    Made,
    /// Of the organisation acted for.
    Received,
    /// Bypassed by contracts of the region of the officer who acts.
    Bypassed,
}

/// Regions of the two parties of which an officer answers for one.
fn answers_for(market: &Market, actor: &Actor, regions: [&str; 2]) -> bool {
    regions.iter().any(|region| actor.is_officer_of(region) || (*region == OUTSIDE && actor.is_officer_of(&market.config.city)))
}

async fn summaries(market: &Market, actor: &Actor, rows: Vec<table::Model>) -> Result<Vec<IntroductionSummary>> {
    let db = &market.db;
    let people = rows.iter().flat_map(|r| [Some(r.broker_id), r.buyer_by, r.seller_by]).flatten().collect();
    let people = names_of(db, people).await?;
    let organisations = organisation_names(db, rows.iter().flat_map(|r| [r.buyer_id, r.seller_id]).collect()).await?;
    let listings: Vec<Uuid> = rows.iter().flat_map(|r| [r.demand_id, r.achievement_id]).collect();
    let listings: HashMap<Uuid, (ListingKind, String)> = listing::Entity::find()
        .filter(listing::Column::Id.is_in(listings))
        .all(db)
        .await?
        .into_iter()
        .map(|l| (l.id, (kind_of(&l), l.number)))
        .collect();
    let deals: HashMap<Uuid, String> = deal::Entity::find()
        .filter(deal::Column::Id.is_in(rows.iter().filter_map(|r| r.deal_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|d| (d.id, d.number))
        .collect();
    let bypassed: HashSet<Uuid> = introduction_entry::Entity::find()
        .filter(introduction_entry::Column::IntroductionId.is_in(rows.iter().map(|r| r.id)))
        .filter(introduction_entry::Column::Kind.eq(IntroductionRecord::Bypassed.code()))
        .all(db)
        .await?
        .into_iter()
        .map(|e| e.introduction_id)
        .collect();
    let now = micros(market.now());
    let person = |id: Uuid| people.get(&id).cloned().unwrap_or_default();
    let organisation = |id: Uuid| (id, organisations.get(&id).cloned().unwrap_or_default());
    let acknowledged = |at: Option<i64>, by: Option<Uuid>| at.map(|at| (from_micros(at), by.map(person).unwrap_or_default()));
    let listed = |id: Uuid, kind: ListingKind| listings.get(&id).cloned().unwrap_or((kind, String::new()));
    Ok(rows
        .into_iter()
        .map(|row| {
            let over = row.valid_until < now;
            let waits = buys(actor, &row).is_some_and(|buys| if buys { row.buyer_at.is_none() } else { row.seller_at.is_none() });
            IntroductionSummary {
                broker: (row.broker_id, person(row.broker_id)),
                buyer: organisation(row.buyer_id),
                seller: organisation(row.seller_id),
                pair: [listed(row.demand_id, ListingKind::Demand), listed(row.achievement_id, ListingKind::Achievement)],
                made_at: from_micros(row.made_at),
                valid_until: from_micros(row.valid_until),
                over,
                buyer_acknowledged: acknowledged(row.buyer_at, row.buyer_by),
                seller_acknowledged: acknowledged(row.seller_at, row.seller_by),
                deal: row.deal_id.and_then(|id| deals.get(&id).cloned()),
                bypassed: bypassed.contains(&row.id),
                may_acknowledge: waits && !over,
                version: row.version,
                number: row.number,
                subject: row.subject,
            }
        })
        .collect())
}

/// Introductions that concern the actor, latest first.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for a scope that is not the actor's.
pub async fn introductions(market: &Market, actor: &Actor, scope: Scope, page: u64) -> Result<Paged<IntroductionSummary>> {
    let person = actor.signed_in()?;
    let mut query = table::Entity::find();
    match scope {
        Scope::Made => {
            if !person.broker {
                return Err(Error::NotFound);
            }
            query = query.filter(table::Column::BrokerId.eq(person.id));
        }
        Scope::Received => {
            let Some(acting) = actor.organisation() else { return Ok(Paged::empty()) };
            let party = Condition::any().add(table::Column::BuyerId.eq(acting.id)).add(table::Column::SellerId.eq(acting.id));
            query = query.filter(party);
        }
        Scope::Bypassed => {
            if person.officer.is_none() && !person.admin {
                return Err(Error::NotFound);
            }
            let recorded = Query::select()
                .column(introduction_entry::Column::IntroductionId)
                .from(introduction_entry::Entity)
                .and_where(introduction_entry::Column::Kind.eq(IntroductionRecord::Bypassed.code()))
                .to_owned();
            query = query.filter(table::Column::Id.in_subquery(recorded));
            if !person.admin {
                let regions: Vec<String> = crate::review::regions_of(market, &market.config.city);
                let own: Vec<String> = regions.into_iter().filter(|r| answers_for(market, actor, [r, r])).collect();
                let of_region = || {
                    Query::select()
                        .column(organisation::Column::Id)
                        .from(organisation::Entity)
                        .and_where(organisation::Column::Region.is_in(own.iter().map(String::as_str)))
                        .to_owned()
                };
                let party = Condition::any()
                    .add(table::Column::BuyerId.in_subquery(of_region()))
                    .add(table::Column::SellerId.in_subquery(of_region()));
                query = query.filter(party);
            }
        }
    }
    let query = query.order_by_desc(table::Column::MadeAt).order_by_desc(table::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(summaries(market, actor, rows).await?))
}

/// One introduction with its evidence.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone but its broker, people of both parties, officers of their regions and administrators.
pub async fn introduction(market: &Market, actor: &Actor, number: &str) -> Result<IntroductionView> {
    let person = actor.signed_in()?;
    let row = find(&market.db, number).await?;
    let (buyer, seller) = (organisation_of(&market.db, row.buyer_id).await?, organisation_of(&market.db, row.seller_id).await?);
    let concerned = row.broker_id == person.id
        || actor.belongs_to(row.buyer_id)
        || actor.belongs_to(row.seller_id)
        || person.admin
        || answers_for(market, actor, [&buyer.region, &seller.region]);
    if !concerned {
        return Err(Error::NotFound);
    }
    let entries = chain::records(market, row.id)
        .await?
        .into_iter()
        .map(|(entry, holds)| EntryView {
            seq: entry.seq,
            kind: IntroductionRecord::from_code(&entry.kind),
            code: entry.kind,
            at: from_micros(entry.at),
            micros: entry.at,
            payload: entry.payload,
            previous: entry.previous,
            hash: entry.hash,
            holds,
        })
        .collect();
    Ok(IntroductionView {
        id: row.id,
        credit_codes: (buyer.credit_code, seller.credit_code),
        entries,
        head: chain::head(market).await?,
        summary: summaries(market, actor, vec![row]).await?.pop().ok_or(Error::NotFound)?,
    })
}
