//! Every reading of a confidential text or file by somebody of another organisation: who, what by its hash, when. The owner reads and exports
//! the log; nothing in it can be changed.

use std::collections::HashMap;

use keqiao_model::ListingKind;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, ListingSummary, Market, Paged, Result,
    db::{Subject, Tx, from_micros},
    entity::{deal, disclosure, listing, person},
    listings::{find, may_read, organisation_names, state_of, summary_of},
    paging::fetch,
    room::sha256,
};

/// Most lines of one export.
const EXPORT_MAX: u64 = 100_000;

/// What was read.
pub(crate) struct Disclosed<'a> {
    /// Whose it is.
    pub(crate) owner: Uuid,
    /// The deal that opened it.
    pub(crate) deal: Uuid,
    /// The reader's organisation; nothing for the broker.
    pub(crate) reader: Option<Uuid>,
    /// The listing it belongs to, if it belongs to one.
    pub(crate) listing: Option<Uuid>,
    /// What it is.
    pub(crate) subject: Subject,
    /// Its id.
    pub(crate) id: Uuid,
    /// Name of the file, or of the listing.
    pub(crate) name: &'a str,
    /// Hash of what was read.
    pub(crate) sha256: &'a str,
}

/// Writes down that the actor reads something confidential.
///
/// # Errors
/// [`Error::SignIn`]: nothing confidential is read by nobody.
pub(crate) async fn record(tx: &Tx, actor: &Actor, read: Disclosed<'_>) -> Result<()> {
    let reader = actor.signed_in()?;
    disclosure::ActiveModel {
        id: Set(Uuid::now_v7()),
        owner_id: Set(read.owner),
        reader_id: Set(reader.id),
        reader_organisation_id: Set(read.reader),
        deal_id: Set(Some(read.deal)),
        listing_id: Set(read.listing),
        subject_kind: Set(read.subject.code().to_owned()),
        subject_id: Set(read.id),
        name: Set(read.name.to_owned()),
        sha256: Set(read.sha256.to_owned()),
        at: Set(tx.now),
    }
    .insert(&**tx)
    .await?;
    // Only what kind of thing it was: the broker and officers read the record, and a file's name may tell too much.
    crate::introductions::disclosed(tx, read.deal, read.subject.code(), read.sha256).await?;
    tx.audit("disclosure.read", read.subject, Some(read.id), serde_json::json!({ "sha256": read.sha256 })).await
}

/// The confidential detail of a listing, opened for one reader.
#[derive(Debug, Clone)]
pub struct DetailView {
    /// The listing.
    pub summary: ListingSummary,
    /// The text.
    pub detail: String,
    /// Its SHA-256, as the owner's log shows it.
    pub sha256: String,
    /// Whether the actor belongs to the owner; reading one's own leaves no entry.
    pub own: bool,
}

/// Opens the confidential detail of a listing: to its owner, and to members of a deal about it on the other side whose confidentiality
/// agreement both sides signed. Every reading by the other side is written down.
///
/// # Errors
/// [`Error::NotFound`] for everyone else, and when there is no detail.
pub async fn read_detail(market: &Market, actor: &Actor, kind: ListingKind, number: &str) -> Result<DetailView> {
    actor.signed_in()?;
    let row = find(&market.db, kind, number).await?;
    let own = actor.belongs_to(row.organisation_id);
    if row.detail.is_empty() || !(own || may_read(actor, &row, state_of(&row)?) || is_party(market, actor, &row).await?) {
        return Err(Error::NotFound);
    }
    let hash = sha256(&row.detail);
    if !own {
        let deal = crate::deals::discloses(&market.db, actor, &row).await?.ok_or(Error::NotFound)?;
        let reader = crate::room::side_of(actor, &deal);
        let tx = market.write(actor).await?;
        let read = Disclosed {
            owner: row.organisation_id,
            deal: deal.id,
            reader,
            listing: Some(row.id),
            subject: Subject::Listing,
            id: row.id,
            name: &row.number,
            sha256: &hash,
        };
        record(&tx, actor, read).await?;
        tx.commit().await?;
    }
    let names = organisation_names(&market.db, vec![row.organisation_id]).await?;
    let summary = summary_of(&row, names.get(&row.organisation_id).map_or("", String::as_str))?;
    Ok(DetailView { summary, detail: row.detail, sha256: hash, own })
}

/// Whether a deal lets the actor know of a listing that is not public any more.
async fn is_party(market: &Market, actor: &Actor, row: &listing::Model) -> Result<bool> {
    Ok(crate::deals::discloses(&market.db, actor, row).await?.is_some())
}

/// One reading, as the owner's log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureView {
    /// When.
    pub at: OffsetDateTime,
    /// Who read it.
    pub reader: String,
    /// For which organisation; empty for the broker.
    pub organisation: String,
    /// Number of the deal that opened it.
    pub deal: String,
    /// What was read: number of the listing or name of the file.
    pub name: String,
    /// Hash of what was read.
    pub sha256: String,
    /// Whether it was a file.
    pub is_file: bool,
}

fn of_owner(actor: &Actor) -> Result<Option<sea_orm::Select<disclosure::Entity>>> {
    actor.signed_in()?;
    let Some(acting) = actor.organisation() else { return Ok(None) };
    Ok(Some(
        disclosure::Entity::find()
            .filter(disclosure::Column::OwnerId.eq(acting.id))
            .order_by_desc(disclosure::Column::At)
            .order_by_desc(disclosure::Column::Id),
    ))
}

/// Who read what of the confidential texts and files of the organisation acted for, newest first; `deal` is a number to look at one only.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn disclosures(market: &Market, actor: &Actor, deal: &str, page: u64) -> Result<Paged<DisclosureView>> {
    let Some(query) = of_owner(actor)? else { return Ok(Paged::empty()) };
    let query = of_deal(market, query, deal).await?;
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(views(market, rows).await?))
}

/// The same for a file, whole or of one deal; at most a hundred thousand lines.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn export(market: &Market, actor: &Actor, deal: &str) -> Result<Vec<DisclosureView>> {
    let Some(query) = of_owner(actor)? else { return Ok(Vec::new()) };
    let query = of_deal(market, query, deal).await?;
    views(market, query.limit(EXPORT_MAX).all(&market.db).await?).await
}

/// Those of one deal, when its number is given.
async fn of_deal(market: &Market, query: sea_orm::Select<disclosure::Entity>, deal: &str) -> Result<sea_orm::Select<disclosure::Entity>> {
    if deal.is_empty() {
        return Ok(query);
    }
    let found = deal::Entity::find().filter(deal::Column::Number.eq(deal)).one(&market.db).await?;
    Ok(query.filter(disclosure::Column::DealId.eq(found.map_or(Uuid::nil(), |d| d.id))))
}

async fn views(market: &Market, rows: Vec<disclosure::Model>) -> Result<Vec<DisclosureView>> {
    let mut people = HashMap::new();
    let mut deals = HashMap::new();
    for chunk in rows.chunks(500) {
        let readers = person::Entity::find().filter(person::Column::Id.is_in(chunk.iter().map(|r| r.reader_id))).all(&market.db).await?;
        people.extend(readers.into_iter().map(|p| (p.id, p.name)));
        let found = deal::Entity::find().filter(deal::Column::Id.is_in(chunk.iter().filter_map(|r| r.deal_id))).all(&market.db).await?;
        deals.extend(found.into_iter().map(|d| (d.id, d.number)));
    }
    let names = organisation_names(&market.db, rows.iter().filter_map(|r| r.reader_organisation_id).collect()).await?;
    Ok(rows
        .into_iter()
        .map(|r| DisclosureView {
            at: from_micros(r.at),
            reader: people.get(&r.reader_id).cloned().unwrap_or_default(),
            organisation: r.reader_organisation_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            deal: r.deal_id.and_then(|id| deals.get(&id).cloned()).unwrap_or_default(),
            is_file: r.listing_id != Some(r.subject_id),
            name: r.name,
            sha256: r.sha256,
        })
        .collect())
}
