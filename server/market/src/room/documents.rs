//! Documents of a deal: each has versions that stay, with their hashes. They are exchanged once both sides signed the confidentiality
//! agreement, and every reading by the other side is written down.

use std::collections::HashMap;

use keqiao_model::{Check, DocumentKind, Fields, NoticeKind};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result,
    attachments::{self, NewFile},
    db::{Subject, Tx, from_micros},
    entity::{attachment, document, document_version},
    listings::organisation_names,
    notices::Telling,
    room::{locked_for, members, nda, path_of, side_of, touch},
};

/// Longest title, characters.
const TITLE_MAX: usize = 120;
/// Longest note at a version, characters.
const NOTE_MAX: usize = 500;

/// One version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionView {
    /// Which version, from 1.
    pub edition: i64,
    /// Id of the file.
    pub attachment: Uuid,
    /// Name of the file.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256.
    pub sha256: String,
    /// Who put it there.
    pub person: String,
    /// For which side; empty for the broker.
    pub organisation: String,
    /// What changed, in the words of whoever put it there.
    pub note: String,
    /// When.
    pub at: OffsetDateTime,
    /// Whether the actor may read the file: the broker of a deal may not.
    pub readable: bool,
}

/// A document with its versions, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentView {
    /// Id.
    pub id: Uuid,
    /// Title.
    pub title: String,
    /// What it is.
    pub kind: DocumentKind,
    /// Number of versions.
    pub edition: i64,
    /// Versions.
    pub versions: Vec<VersionView>,
}

/// The documents of a deal, latest first.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member.
pub async fn documents(market: &Market, actor: &Actor, number: &str) -> Result<Vec<DocumentView>> {
    let row = crate::deals::find_for(&market.db, actor, number).await?;
    let rows = document::Entity::find()
        .filter(document::Column::DealId.eq(row.id))
        .order_by_desc(document::Column::UpdatedAt)
        .order_by_desc(document::Column::Id)
        .all(&market.db)
        .await?;
    views(market, side_of(actor, &row).is_some(), rows).await
}

/// One document of a deal.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member, and when the deal has no such document.
pub async fn document(market: &Market, actor: &Actor, number: &str, id: Uuid) -> Result<DocumentView> {
    let row = crate::deals::find_for(&market.db, actor, number).await?;
    let found = document::Entity::find_by_id(id).filter(document::Column::DealId.eq(row.id)).one(&market.db).await?;
    views(market, side_of(actor, &row).is_some(), found.into_iter().collect()).await?.pop().ok_or(Error::NotFound)
}

async fn views(market: &Market, readable: bool, rows: Vec<document::Model>) -> Result<Vec<DocumentView>> {
    let versions = document_version::Entity::find()
        .filter(document_version::Column::DocumentId.is_in(rows.iter().map(|d| d.id)))
        .order_by_desc(document_version::Column::Edition)
        .all(&market.db)
        .await?;
    let files: HashMap<Uuid, attachment::Model> = attachment::Entity::find()
        .filter(attachment::Column::Id.is_in(versions.iter().map(|v| v.attachment_id)))
        .all(&market.db)
        .await?
        .into_iter()
        .map(|a| (a.id, a))
        .collect();
    let people = crate::accounts::person_names(&market.db, versions.iter().map(|v| v.person_id).collect()).await?;
    let names = organisation_names(&market.db, versions.iter().filter_map(|v| v.organisation_id).collect()).await?;
    let mut by_document: HashMap<Uuid, Vec<VersionView>> = HashMap::new();
    for version in versions {
        let Some(file) = files.get(&version.attachment_id) else { continue };
        by_document.entry(version.document_id).or_default().push(VersionView {
            edition: version.edition,
            attachment: file.id,
            name: file.name.clone(),
            size: file.size,
            sha256: file.sha256.clone(),
            person: people.get(&version.person_id).cloned().unwrap_or_default(),
            organisation: version.organisation_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            note: version.note,
            at: from_micros(version.at),
            readable,
        });
    }
    Ok(rows
        .into_iter()
        .map(|d| DocumentView {
            versions: by_document.remove(&d.id).unwrap_or_default(),
            id: d.id,
            title: d.title,
            kind: DocumentKind::from_code(&d.kind).unwrap_or(DocumentKind::Other),
            edition: d.edition,
        })
        .collect())
}

/// A file that came with a form.
#[derive(Debug, Clone)]
pub struct DocumentFile<'a> {
    /// Name on the sender's machine.
    pub name: &'a str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Adds a document (`title`, `document_kind`, `note`), or with `to` a version to it: `edition` in the form is the version the sender saw last.
/// Answers the document's id.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Invalid`] before both sides signed the confidentiality agreement, or at the field;
/// [`Error::Stale`] when somebody else put a version there meanwhile.
pub async fn add_document(
    market: &Market,
    actor: &Actor,
    number: &str,
    to: Option<Uuid>,
    fields: &Fields,
    file: Option<DocumentFile<'_>>,
    once: Option<Uuid>,
) -> Result<Uuid> {
    // Membership first: nobody else may store bytes.
    let seen = crate::deals::find_for(&market.db, actor, number).await?;
    let mut check = Check::new();
    let note = check.optional("note", fields.value("note"), NOTE_MAX);
    let (title, kind) = if to.is_none() {
        let kind = DocumentKind::from_code(fields.value("document_kind").trim());
        check.ensure(kind.is_some(), "document_kind", "required");
        (check.required("title", fields.value("title"), TITLE_MAX), kind.unwrap_or(DocumentKind::Other))
    } else {
        (String::new(), DocumentKind::Other)
    };
    check.ensure(file.is_some(), "file", "file_required");
    check.ensure(nda::is_signed(&market.db, seen.id).await?, "", "nda_first");
    check.finish(())?;
    let Some(DocumentFile { name, bytes }) = file else { return Err(Error::field("file", "file_required")) };
    let stored = attachments::prepare(market, NewFile { name, bytes, confidential: true, reason: "" }).await?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    let row = locked_for(&tx, actor, number).await?;
    // The broker signed no confidentiality agreement.
    let side = side_of(actor, &row).ok_or(Error::Forbidden)?;
    let person = actor.signed_in()?.id;
    let (id, edition) = match to {
        None => {
            let count = document::Entity::find().filter(document::Column::DealId.eq(row.id)).count(&*tx).await?;
            if count >= market.config.limits.documents as u64 {
                return Err(Error::field("file", "too_many_documents"));
            }
            let new = document::ActiveModel {
                id: Set(Uuid::now_v7()),
                deal_id: Set(row.id),
                title: Set(title),
                kind: Set(kind.code().to_owned()),
                edition: Set(1),
                created_at: Set(tx.now),
                updated_at: Set(tx.now),
                version: Set(1),
            };
            (new.insert(&*tx).await?.id, 1)
        }
        Some(id) => (id, next_edition(&tx, row.id, id, fields.value("edition").trim()).await?),
    };
    let file = attachments::insert(&tx, actor, Subject::Document, id, stored).await?;
    document_version::ActiveModel {
        id: Set(Uuid::now_v7()),
        document_id: Set(id),
        attachment_id: Set(file),
        person_id: Set(person),
        organisation_id: Set(Some(side)),
        edition: Set(edition),
        note: Set(note),
        at: Set(tx.now),
    }
    .insert(&*tx)
    .await?;
    touch(&tx, row.id).await?;
    let telling = Telling::new(NoticeKind::DocumentAdded, &row.number, &row.title, path_of(&row));
    tx.tell(row.id, &telling.people(members::everyone(&*tx, &row).await?).except(actor.id())).await?;
    tx.result(id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Takes the next version number of a document of this deal, when the sender saw the last one.
async fn next_edition(tx: &Tx, deal: Uuid, id: Uuid, seen: &str) -> Result<i64> {
    let found = document::Entity::find_by_id(id).filter(document::Column::DealId.eq(deal)).one(&**tx).await?;
    let found = found.ok_or(Error::NotFound)?;
    if seen != found.edition.to_string() {
        return Err(Error::Stale);
    }
    document::Entity::update_many()
        .col_expr(document::Column::Edition, Expr::value(found.edition + 1))
        .col_expr(document::Column::UpdatedAt, Expr::value(tx.now))
        .col_expr(document::Column::Version, Expr::value(found.version + 1))
        .filter(document::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    Ok(found.edition + 1)
}
