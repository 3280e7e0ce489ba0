//! From committed events to notices and letters: each event is told once to each person it concerns, however often it is read, and in the way
//! that person chose.

mod centre;
mod deliver;
mod digest;
mod kinds;
mod settings;
mod unsubscribe;

use std::collections::BTreeMap;

use keqiao_model::{ContractState, Lang, ListingMove, NoticeKind, format_date};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Event, Market, Result,
    db::{Tx, from_micros, micros},
    entity::{consumer, contract, deal, interest, listing, membership, message, organisation, outbox, person, recommendation},
    letters::Letter,
    listings::kind_of,
    organisations::receivers_of_request,
    region_contains,
};

pub use self::{
    centre::{NoticeGroup, NoticeView, mark_read, notices, open_notice, seen, unread},
    deliver::purge,
    kinds::{Kind, MailWay, Topic},
    settings::{Setting, choose_mail, save_settings, settings},
    unsubscribe::{MailChoice, Subscription, subscription, unsubscribe},
};
pub(crate) use self::{deliver::deliver, digest::digest_step, unsubscribe::token_of};

/// The name under which this reader of the outbox notes how far it has come.
const NAME: &str = "letters";
/// Events taken in one step.
const STEP: u64 = 100;

/// People with their addresses and languages.
pub(crate) type Receivers = BTreeMap<Uuid, (String, Lang)>;

/// A person as one who is told.
pub(crate) fn receiver(row: person::Model) -> (Uuid, (String, Lang)) {
    let lang = Lang::from_tag(&row.lang);
    (row.id, (row.email, lang))
}

/// What people are told, and who they are. Nothing in it may be confidential: it travels by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Telling {
    /// What happened.
    pub(crate) kind: NoticeKind,
    /// Number of its subject.
    pub(crate) number: String,
    /// Title of its subject.
    pub(crate) title: String,
    /// Who did it, or what more there is to say; may be empty.
    pub(crate) who: String,
    /// Chinese path of the page to read on.
    pub(crate) path: String,
    /// Everyone who belongs to these organisations.
    pub(crate) organisations: Vec<Uuid>,
    /// These people.
    pub(crate) people: Vec<Uuid>,
    /// The officers of this region; empty for none.
    pub(crate) officers_of: String,
    /// Who knows already.
    pub(crate) except: Option<Uuid>,
}

impl Telling {
    /// A telling of a subject, to nobody yet.
    pub(crate) fn new(kind: NoticeKind, number: &str, title: &str, path: String) -> Self {
        Self {
            kind,
            number: number.to_owned(),
            title: title.to_owned(),
            who: String::new(),
            path,
            organisations: Vec::new(),
            people: Vec::new(),
            officers_of: String::new(),
            except: None,
        }
    }

    /// Names who did it.
    pub(crate) fn by(mut self, who: &str) -> Self {
        who.clone_into(&mut self.who);
        self
    }

    /// Tells everyone who belongs to these organisations.
    pub(crate) fn organisations(mut self, organisations: &[Uuid]) -> Self {
        self.organisations.extend(organisations);
        self
    }

    /// Tells these people.
    pub(crate) fn people(mut self, people: impl IntoIterator<Item = Uuid>) -> Self {
        self.people.extend(people);
        self
    }

    /// Tells the officers of a region.
    pub(crate) fn officers_of(mut self, region: &str) -> Self {
        region.clone_into(&mut self.officers_of);
        self
    }

    /// Leaves out whoever did it.
    pub(crate) fn except(mut self, person: Option<Uuid>) -> Self {
        self.except = person;
        self
    }
}

/// Reads the next events and tells people of them; answers how many events were read. Position, notices and letters commit together, and two
/// nodes never handle the same events.
///
/// # Errors
/// [`Error::Internal`]; the next call tries the same events again.
pub async fn notice_step(market: &Market) -> Result<usize> {
    let tx = market.write(&Actor::System).await?;
    let start = consumer::ActiveModel { name: Set(NAME.to_owned()), seq: Set(0) };
    consumer::Entity::insert(start)
        .on_conflict(OnConflict::column(consumer::Column::Name).do_nothing().to_owned())
        .exec_without_returning(&*tx)
        .await?;
    let position = consumer::Entity::find_by_id(NAME.to_owned()).lock_exclusive().one(&*tx).await?.map_or(0, |c| c.seq);
    let events =
        outbox::Entity::find().filter(outbox::Column::Seq.gt(position)).order_by_asc(outbox::Column::Seq).limit(STEP).all(&*tx).await?;
    let Some(last) = events.last().map(|e| e.seq) else { return Ok(0) };
    for event in &events {
        if let Some((letter, receivers)) = letter_of(market, &tx, event).await? {
            deliver(&tx, &receivers, &letter, &format!("event:{}", event.seq)).await?;
        }
    }
    advance(&tx, last).await?;
    tx.commit().await?;
    Ok(events.len())
}

/// Steps over everything that happened before a time without telling anybody: after demo data or an import into an empty house.
///
/// # Errors
/// [`Error::Internal`].
pub async fn skip_notices(market: &Market, before: OffsetDateTime) -> Result<()> {
    let tx = market.write(&Actor::System).await?;
    let earlier = outbox::Entity::find().filter(outbox::Column::At.lt(micros(before)));
    let last = earlier.order_by_desc(outbox::Column::Seq).one(&*tx).await?.map_or(0, |e| e.seq);
    let row = consumer::ActiveModel { name: Set(NAME.to_owned()), seq: Set(last) };
    consumer::Entity::insert(row)
        .on_conflict(OnConflict::column(consumer::Column::Name).update_column(consumer::Column::Seq).to_owned())
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await
}

async fn advance(tx: &Tx, seq: i64) -> Result<()> {
    consumer::Entity::update_many()
        .col_expr(consumer::Column::Seq, Expr::value(seq))
        .filter(consumer::Column::Name.eq(NAME))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Everyone who belongs to these organisations, and these people.
async fn people(tx: &Tx, organisations: &[Uuid], also: &[Uuid], except: Option<Uuid>) -> Result<Receivers> {
    let members = membership::Entity::find()
        .filter(membership::Column::OrganisationId.is_in(organisations.iter().copied()))
        .filter(membership::Column::State.eq("active"))
        .all(&**tx)
        .await?;
    let ids: Vec<Uuid> = members.into_iter().map(|m| m.person_id).chain(also.iter().copied()).filter(|id| Some(*id) != except).collect();
    let found =
        person::Entity::find().filter(person::Column::Id.is_in(ids)).filter(person::Column::DisabledAt.is_null()).all(&**tx).await?;
    Ok(found.into_iter().map(receiver).collect())
}

/// Officers who answer for a region.
pub(crate) async fn officers(market: &Market, tx: &Tx, region: &str) -> Result<Receivers> {
    let found = person::Entity::find()
        .filter(person::Column::OfficerRegion.is_not_null())
        .filter(person::Column::DisabledAt.is_null())
        .all(&**tx)
        .await?;
    let in_charge = |own: &str| {
        region_contains(market.current(own), market.current(region)) || (region == keqiao_model::OUTSIDE && own == market.config.city)
    };
    Ok(found.into_iter().filter(|p| p.officer_region.as_deref().is_some_and(in_charge)).map(receiver).collect())
}

/// Chinese path of a listing's page.
pub(crate) fn listing_path(row: &listing::Model) -> String {
    let side = match kind_of(row) {
        keqiao_model::ListingKind::Demand => "demands",
        keqiao_model::ListingKind::Achievement => "achievements",
    };
    format!("/{side}/{}", row.number)
}

async fn name_of(tx: &Tx, id: Uuid) -> Result<String> {
    Ok(organisation::Entity::find_by_id(id).one(&**tx).await?.map(|o| o.name).unwrap_or_default())
}

/// What an event has to say, and to whom; nothing when its subject is gone or nobody needs to know.
async fn letter_of(market: &Market, tx: &Tx, event: &outbox::Model) -> Result<Option<(Letter, Receivers)>> {
    let payload: serde_json::Value = serde_json::from_str(&event.payload)?;
    let text = |name: &str| payload.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let Some(kind) = Event::from_code(&event.kind) else { return Ok(None) };
    match kind {
        Event::ListingChanged | Event::ListingEmbedded | Event::PairJudged | Event::WeightsChanged => Ok(None),
        Event::ListingSubmitted => {
            let Some(row) = listing::Entity::find_by_id(event.subject_id).one(&**tx).await? else { return Ok(None) };
            let letter = Letter::ListingSubmitted {
                organisation: name_of(tx, row.organisation_id).await?,
                path: format!("/review{}", listing_path(&row)),
                number: row.number.clone(),
                title: row.title.clone(),
            };
            Ok(Some((letter, officers(market, tx, &row.region).await?)))
        }
        Event::ListingReviewed => {
            let Some(row) = listing::Entity::find_by_id(event.subject_id).one(&**tx).await? else { return Ok(None) };
            let receivers = people(tx, &[row.organisation_id], &[], None).await?;
            let published = text("move") == ListingMove::Publish.code();
            Ok(Some((Letter::ListingReviewed { path: listing_path(&row), number: row.number, title: row.title, published }, receivers)))
        }
        Event::InterestSent | Event::InterestAnswered => {
            let Some(row) = interest::Entity::find_by_id(event.subject_id).one(&**tx).await? else { return Ok(None) };
            let Some(target) = listing::Entity::find_by_id(row.listing_id).one(&**tx).await? else { return Ok(None) };
            let (number, title, path) = (target.number, target.title, format!("/interests/{}", row.id));
            if kind == Event::InterestSent {
                // A hidden sender is named when it is accepted, not before.
                let organisation = if row.hidden { String::new() } else { name_of(tx, row.from_organisation_id).await? };
                let receivers = people(tx, &[row.to_organisation_id], &[], None).await?;
                let due = row.due_at.map(|due| format_date(from_micros(due).to_offset(crate::CHINA).date())).unwrap_or_default();
                return Ok(Some((Letter::InterestSent { number, title, organisation, due, path }, receivers)));
            }
            let accepted = text("move") == "accept";
            let broker = row.broker_id.filter(|_| accepted || !row.hidden);
            let receivers = people(tx, &[], &[Some(row.from_person_id), broker].into_iter().flatten().collect::<Vec<_>>(), None).await?;
            Ok(Some((Letter::InterestAnswered { number, title, accepted, path }, receivers)))
        }
        Event::PairRecommended => {
            let Some(row) = recommendation::Entity::find_by_id(event.subject_id).one(&**tx).await? else { return Ok(None) };
            let demand = listing::Entity::find_by_id(row.demand_id).one(&**tx).await?;
            let achievement = listing::Entity::find_by_id(row.achievement_id).one(&**tx).await?;
            let (Some(demand), Some(achievement)) = (demand, achievement) else { return Ok(None) };
            let receivers = people(tx, &[demand.organisation_id, achievement.organisation_id], &[], None).await?;
            let broker = person::Entity::find_by_id(row.broker_id).one(&**tx).await?.map(|p| p.name).unwrap_or_default();
            let letter = Letter::PairRecommended {
                number: demand.number,
                title: demand.title,
                other_number: achievement.number,
                other_title: achievement.title,
                broker,
                path: "/interests?tab=recommended".to_owned(),
            };
            Ok(Some((letter, receivers)))
        }
        Event::MessageWritten => {
            let Some(written) = message::Entity::find_by_id(event.subject_id).one(&**tx).await? else { return Ok(None) };
            let Some(row) = deal::Entity::find_by_id(written.deal_id).one(&**tx).await? else { return Ok(None) };
            let members = crate::room::members::everyone(&**tx, &row).await?;
            let receivers = people(tx, &[], &members, Some(written.person_id)).await?;
            let organisation = match written.organisation_id {
                Some(id) => name_of(tx, id).await?,
                None => String::new(),
            };
            let path = format!("/deals/{}", row.number);
            Ok(Some((Letter::MessageWritten { number: row.number, title: row.title, organisation, path }, receivers)))
        }
        Event::DealMoved => {
            let Some(row) = deal::Entity::find_by_id(event.subject_id).one(&**tx).await? else { return Ok(None) };
            let members = crate::room::members::everyone(&**tx, &row).await?;
            let receivers = people(tx, &[], &members, None).await?;
            let path = format!("/deals/{}", row.number);
            Ok(Some((Letter::DealMoved { number: row.number, title: row.title, state: row.state, path }, receivers)))
        }
        Event::ContractMoved => {
            let Some(row) = contract::Entity::find_by_id(event.subject_id).one(&**tx).await? else { return Ok(None) };
            let submitted = row.state == ContractState::Submitted.code();
            let receivers = if submitted {
                officers(market, tx, &row.region).await?
            } else {
                people(tx, &[row.seller_id, row.buyer_id], &[], None).await?
            };
            let path = if submitted { format!("/review/contracts/{}", row.number) } else { format!("/contracts/{}", row.number) };
            Ok(Some((Letter::ContractMoved { number: row.number, title: row.title, state: row.state, path }, receivers)))
        }
        Event::Told => {
            let telling: Telling = serde_json::from_value(payload)?;
            let mut receivers = people(tx, &telling.organisations, &telling.people, telling.except).await?;
            if !telling.officers_of.is_empty() {
                receivers.extend(officers(market, tx, &telling.officers_of).await?);
            }
            let Telling { kind, number, title, who, path, .. } = telling;
            Ok(Some((Letter::Told { told: kind, number, title, who, path }, receivers)))
        }
        Event::MembershipAsked => {
            let asked = text("person").parse::<Uuid>().map_err(Error::internal)?;
            let person = person::Entity::find_by_id(asked).one(&**tx).await?.map(|p| p.name).unwrap_or_default();
            let organisation = name_of(tx, event.subject_id).await?;
            let path = format!("/organisations/{}/edit", event.subject_id);
            let receivers = receivers_of_request(market, event.subject_id).await?;
            Ok(Some((Letter::MembershipAsked { organisation, person, path }, receivers)))
        }
    }
}
