//! Who knows about a subject: the people named on public achievements, and their organisations.
//!
//! Nobody has a profile of their own here. People are found through what their organisation has published with their names on it, so that
//! only public text is searched and whoever takes the achievement off the market takes the names off with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keqiao_model::{Field, ListingBody, ListingKind, ListingState};
use keqiao_search::{Also, Correction, Facet, SearchRequest};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    Actor, ListingSummary, Market, PER_PAGE, Paged, Result,
    entity::listing,
    feedback::judging_as,
    listings::{content_of, find, state_of, summaries},
    matching::{best_answers, search},
    paging::within,
};

/// Achievements that are looked through for people.
const LOOKED_THROUGH: usize = 500;
/// Achievements that count for one expert, and that are shown.
const BEST: usize = 3;

/// Whether people or organisations are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpertKind {
    /// 完成人 of achievements.
    #[default]
    Person,
    /// Organisations with achievements.
    Organisation,
}

/// A person of an organisation, or an organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Expert {
    /// The person's name; nothing for an organisation.
    pub person: Option<String>,
    /// Id of the organisation.
    pub organisation_id: Uuid,
    /// Name of the organisation.
    pub organisation: String,
    /// Region of the organisation.
    pub region: String,
    /// Fields of the achievements found, the most frequent first.
    pub fields: Vec<Field>,
    /// How many of the achievements found are theirs.
    pub achievements: usize,
    /// The best of them.
    pub best: Vec<ListingSummary>,
}

/// A page of experts.
#[derive(Debug, Clone)]
pub struct Experts {
    /// Those of this page.
    pub page: Paged<Expert>,
    /// People found in all.
    pub people: u64,
    /// Organisations found in all.
    pub organisations: u64,
    /// Counts of achievements by facet.
    pub facets: BTreeMap<Facet, Vec<(String, usize)>>,
    /// Other words that were searched too.
    pub also: Vec<Also>,
    /// What was probably meant.
    pub correction: Option<Correction>,
    /// No achievement has all the words: these have a part of them.
    pub partly: bool,
}

#[derive(Default)]
struct Group {
    /// Achievements as they were found, and how well they fit.
    found: Vec<(usize, f32)>,
}

impl Group {
    /// The sum of the best few.
    fn score(&self) -> f32 {
        self.found.iter().take(BEST).map(|(_, score)| score).sum()
    }
}

/// Who is named on the achievements that fit, best first. Anyone may ask.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal); no query is an error.
pub async fn experts(market: &Market, request: SearchRequest, by: ExpertKind, page: u64) -> Result<Experts> {
    let request = SearchRequest { kind: ListingKind::Achievement, offset: 0, limit: LOOKED_THROUGH, mark: false, ..request };
    let result = search(market, request).await?;
    let ids: Vec<Uuid> = result.hits.iter().map(|hit| hit.id).collect();
    let rows = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(&market.db).await?;
    let mut rows = on_the_market(rows);
    let found: Vec<(listing::Model, f32)> = result.hits.iter().filter_map(|hit| rows.remove(&hit.id).map(|row| (row, hit.score))).collect();
    let Grouped { page, people, organisations } = grouped(market, &found, by, page).await?;
    Ok(Experts {
        page,
        people,
        organisations,
        facets: result.facets,
        also: result.also,
        correction: result.correction,
        partly: result.partly,
    })
}

/// Who is named on the achievements that match a demand, as its owner, brokers and officers see the matches; best first.
///
/// # Errors
/// [`Error::NotFound`](crate::Error::NotFound) unless the actor may see the matches of the demand.
pub async fn experts_for(market: &Market, actor: &Actor, demand: &str, by: ExpertKind, page: u64) -> Result<(ListingSummary, Experts)> {
    let row = find(&market.db, ListingKind::Demand, demand).await?;
    judging_as(actor, &row)?;
    let matches = best_answers(market, row.id).await?;
    let rows = listing::Entity::find().filter(listing::Column::Id.is_in(matches.iter().map(|(id, _)| *id))).all(&market.db).await?;
    let mut rows = on_the_market(rows);
    let found: Vec<(listing::Model, f32)> =
        matches.into_iter().filter_map(|(id, relative)| rows.remove(&id).map(|row| (row, relative))).collect();
    let Grouped { page, people, organisations } = grouped(market, &found, by, page).await?;
    let demand = summaries(&market.db, &[row]).await?.pop().ok_or(crate::Error::NotFound)?;
    Ok((demand, Experts { page, people, organisations, facets: BTreeMap::new(), also: Vec::new(), correction: None, partly: false }))
}

/// What was taken off the market is gone at once, whatever the index says.
fn on_the_market(rows: Vec<listing::Model>) -> HashMap<Uuid, listing::Model> {
    rows.into_iter().filter(|row| state_of(row).is_ok_and(ListingState::is_indexed)).map(|row| (row.id, row)).collect()
}

/// One page of experts, and how many there are of each kind.
struct Grouped {
    page: Paged<Expert>,
    people: u64,
    organisations: u64,
}

/// The people or organisations of achievements, which come best first with how well they fit.
async fn grouped(market: &Market, found: &[(listing::Model, f32)], by: ExpertKind, page: u64) -> Result<Grouped> {
    let mut people: BTreeMap<(Uuid, String), Group> = BTreeMap::new();
    let mut organisations: BTreeMap<(Uuid, String), Group> = BTreeMap::new();
    for (place, (row, score)) in found.iter().enumerate() {
        organisations.entry((row.organisation_id, String::new())).or_default().found.push((place, *score));
        let ListingBody::Achievement(body) = content_of(row)?.body else { continue };
        let names: BTreeSet<String> = body.inventors.into_iter().map(|inventor| inventor.name.trim().to_owned()).collect();
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            people.entry((row.organisation_id, name)).or_default().found.push((place, *score));
        }
    }
    let (n_people, n_organisations) = (people.len() as u64, organisations.len() as u64);
    let mut groups: Vec<((Uuid, String), Group)> = match by {
        ExpertKind::Person => people,
        ExpertKind::Organisation => organisations,
    }
    .into_iter()
    .collect();
    // Maps come in the order of their keys, and the sort keeps it among equals: pages never overlap.
    groups.sort_by(|(_, a), (_, b)| b.score().total_cmp(&a.score()).then_with(|| b.found.len().cmp(&a.found.len())));
    let total = groups.len() as u64;
    let page = within(page, total);
    let skipped = usize::try_from((page - 1) * PER_PAGE).unwrap_or(usize::MAX);
    let per_page = usize::try_from(PER_PAGE).unwrap_or(20);
    let mut items = Vec::new();
    for ((organisation_id, name), group) in groups.into_iter().skip(skipped).take(per_page) {
        let own: Vec<&listing::Model> = group.found.iter().filter_map(|(place, _)| found.get(*place)).map(|(row, _)| row).collect();
        let best: Vec<listing::Model> = own.iter().take(BEST).map(|row| (*row).clone()).collect();
        let best = summaries(&market.db, &best).await?;
        items.push(Expert {
            person: Some(name).filter(|name| !name.is_empty()),
            organisation_id,
            organisation: best.first().map(|listing| listing.organisation.clone()).unwrap_or_default(),
            region: own.first().map(|row| row.region.clone()).unwrap_or_default(),
            fields: fields(&own),
            achievements: own.len(),
            best,
        });
    }
    Ok(Grouped { page: Paged { items, total, page, per_page: PER_PAGE }, people: n_people, organisations: n_organisations })
}

fn fields(rows: &[&listing::Model]) -> Vec<Field> {
    let mut counts: Vec<(Field, usize)> = Vec::new();
    for field in rows.iter().filter_map(|row| Field::from_code(&row.field)) {
        match counts.iter_mut().find(|(known, _)| *known == field) {
            Some((_, count)) => *count += 1,
            None => counts.push((field, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(field, _)| field).collect()
}
