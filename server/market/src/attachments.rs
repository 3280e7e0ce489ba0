//! Files at listings, contracts and messages. The bytes lie under their hash in a folder; the row says who may read them.

use std::path::{Path, PathBuf};

use keqiao_model::{Check, FieldError, ListingState};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result, contracts,
    db::{Subject, Tx, from_micros},
    entity::{amendment, attachment, contract, deal, document, document_version, listing, message, receipt},
    room::disclosures::{self, Disclosed},
};

/// Longest reason why a file is confidential, characters.
const REASON_MAX: usize = 200;

/// What a file must begin with to be what its name says.
const TYPES: &[(&str, &str, &[&[u8]])] = &[
    ("pdf", "application/pdf", &[b"%PDF-"]),
    ("png", "image/png", &[b"\x89PNG\r\n\x1a\n"]),
    ("jpg", "image/jpeg", &[b"\xff\xd8\xff"]),
    ("jpeg", "image/jpeg", &[b"\xff\xd8\xff"]),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", &[b"PK\x03\x04"]),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &[b"PK\x03\x04"]),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", &[b"PK\x03\x04"]),
    ("zip", "application/zip", &[b"PK\x03\x04"]),
];

/// The extensions that may be uploaded, for hints and `accept` attributes.
pub fn accepted_extensions() -> Vec<&'static str> {
    TYPES.iter().map(|(extension, _, _)| *extension).chain(["txt"]).collect()
}

/// A file as a page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentView {
    /// Id.
    pub id: Uuid,
    /// Name it was uploaded under.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256, hex.
    pub sha256: String,
    /// Whether only those who may read the confidential detail may read it.
    pub confidential: bool,
    /// Why it is confidential, in the owner's words.
    pub reason: String,
    /// When it was uploaded.
    pub created_at: OffsetDateTime,
}

impl AttachmentView {
    /// As a page lists it; whoever asks has checked who may read it.
    pub(crate) fn of(row: attachment::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            size: row.size,
            sha256: row.sha256,
            confidential: row.confidential,
            reason: row.reason,
            created_at: from_micros(row.created_at),
        }
    }
}

/// A file to be added.
#[derive(Debug, Clone)]
pub struct NewFile<'a> {
    /// Name on the sender's machine.
    pub name: &'a str,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether only those who may read the confidential detail may read it.
    pub confidential: bool,
    /// Why a file of a listing is confidential.
    pub reason: &'a str,
}

/// A file whose bytes are stored, to be named by a row.
pub(crate) struct StoredFile {
    name: String,
    media_type: &'static str,
    sha256: String,
    size: i64,
    confidential: bool,
    reason: String,
}

/// A file to be sent to a reader.
#[derive(Debug, Clone)]
pub struct Download {
    /// Name it was uploaded under.
    pub name: String,
    /// Media type by its content.
    pub media_type: String,
    /// Where the bytes lie.
    pub path: PathBuf,
}

/// The plain file name: no folders, no control characters, at most 120 characters.
fn plain_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>' | '|' | ':' | '*' | '?')).collect();
    let clean = clean.trim().trim_start_matches('.');
    let length = clean.chars().count();
    clean.chars().skip(length.saturating_sub(120)).collect()
}

/// The media type of a file by its name and its first bytes.
fn media_type(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let extension = name.rsplit_once('.')?.1.to_lowercase();
    if extension == "txt" {
        return (std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0)).then_some("text/plain; charset=utf-8");
    }
    TYPES.iter().find(|(e, _, starts)| *e == extension && starts.iter().any(|s| bytes.starts_with(s))).map(|(_, media_type, _)| *media_type)
}

/// Checks a file that came with a form.
///
/// # Errors
/// [`Error::Invalid`] at `field`: empty, too large, or of a type that is not accepted.
pub fn check_file(market: &Market, field: &str, name: &str, bytes: &[u8]) -> Result<()> {
    let limit = market.config.limits.attachment_bytes;
    if bytes.is_empty() {
        return Err(Error::field(field, "file_empty"));
    }
    if bytes.len() > limit {
        return Err(Error::Invalid(vec![FieldError::new(field, "file_too_large").with("limit", format!("{} MB", limit / 1024 / 1024))]));
    }
    if plain_name(name).is_empty() || media_type(&plain_name(name), bytes).is_none() {
        return Err(Error::Invalid(vec![FieldError::new(field, "file_type").with("types", accepted_extensions().join(", "))]));
    }
    Ok(())
}

pub(crate) fn place(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(sha256.get(..2).unwrap_or("00")).join(sha256)
}

/// Writes bytes under their hash: complete or not at all. A file that no row names is harmless and swept later.
async fn store(market: &Market, bytes: Vec<u8>) -> Result<String> {
    let sha256 = crate::room::sha256(&bytes);
    let path = place(&market.config.files, &sha256);
    let name = sha256.clone();
    tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        use std::io::Write as _;
        if path.exists() {
            return Ok(());
        }
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        std::fs::create_dir_all(&folder)?;
        let partial = folder.join(format!("{name}.{}", Uuid::now_v7()));
        let mut file = std::fs::File::create(&partial)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, &path)
    })
    .await
    .map_err(Error::internal)?
    .map_err(|e| Error::internal(format!("cannot store a file: {e}")))?;
    Ok(sha256)
}

/// Removes stored bytes that no row names, a day after they were written: what is left of uploads that were refused or taken away. Answers how
/// many files.
///
/// # Errors
/// [`Error::Internal`].
pub async fn sweep(market: &Market) -> Result<usize> {
    let folder = market.config.files.clone();
    let old = tokio::task::spawn_blocking(move || old_files(&folder)).await.map_err(Error::internal)?;
    let mut removed = 0;
    for path in old {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let named = attachment::Entity::find().filter(attachment::Column::Sha256.eq(&name)).count(&market.db).await?;
        if named == 0 && tokio::fs::remove_file(&path).await.is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Files written more than a day ago by the machine's clock; a missing folder has none.
fn old_files(folder: &Path) -> Vec<PathBuf> {
    let day = std::time::Duration::from_secs(86_400);
    let entries = |folder: &Path| {
        std::fs::read_dir(folder).into_iter().flatten().filter_map(std::io::Result::ok).map(|e| e.path()).collect::<Vec<_>>()
    };
    let age = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
    entries(folder).iter().flat_map(|f| entries(f)).filter(|p| p.is_file() && age(p).is_some_and(|a| a > day)).collect()
}

/// Checks a file and stores its bytes.
///
/// # Errors
/// [`Error::Invalid`] at `file`, or at `file_reason` when a confidential file's reason is too long.
pub(crate) async fn prepare(market: &Market, file: NewFile<'_>) -> Result<StoredFile> {
    let NewFile { name, bytes, confidential, reason } = file;
    check_file(market, "file", name, &bytes)?;
    let mut check = Check::new();
    let reason = check.optional("file_reason", reason, REASON_MAX);
    check.finish(())?;
    let name = plain_name(name);
    let media_type = media_type(&name, &bytes).unwrap_or("application/octet-stream");
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    Ok(StoredFile { sha256: store(market, bytes).await?, name, media_type, size, confidential, reason })
}

/// Names a stored file in the transaction that brings it.
pub(crate) async fn insert(tx: &Tx, actor: &Actor, subject: Subject, id: Uuid, file: StoredFile) -> Result<Uuid> {
    let row = attachment::ActiveModel {
        id: Set(Uuid::now_v7()),
        subject_kind: Set(subject.code().to_owned()),
        name: Set(file.name),
        media_type: Set(file.media_type.to_owned()),
        sha256: Set(file.sha256.clone()),
        subject_id: Set(id),
        person_id: Set(actor.id()),
        confidential: Set(file.confidential),
        reason: Set(file.reason),
        size: Set(file.size),
        created_at: Set(tx.now),
    }
    .insert(&**tx)
    .await?;
    tx.audit("attachment.add", subject, Some(id), serde_json::json!({ "sha256": file.sha256, "size": file.size })).await?;
    Ok(row.id)
}

/// Adds a file to a listing or a contract; a form posted twice adds it once.
///
/// # Errors
/// [`Error::Invalid`] at `file`, and at `file_reason` when a confidential file of a listing has none; [`Error::NotFound`] when the actor may not
/// change the subject.
pub async fn attach(market: &Market, actor: &Actor, subject: Subject, id: Uuid, file: NewFile<'_>, once: Option<Uuid>) -> Result<Uuid> {
    if !may_change(market, actor, subject, id).await? {
        return Err(Error::NotFound);
    }
    if subject == Subject::Listing && file.confidential && file.reason.trim().is_empty() {
        return Err(Error::field("file_reason", "required"));
    }
    let count = rows(&market.db, subject, id).count(&market.db).await?;
    if count >= market.config.limits.attachments as u64 {
        return Err(Error::Invalid(vec![FieldError::new("file", "too_many_files").with("max", market.config.limits.attachments)]));
    }
    let stored = prepare(market, file).await?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    let file = insert(&tx, actor, subject, id, stored).await?;
    if subject == Subject::Contract {
        contracts::expect_text(&tx, id, file).await?;
    }
    tx.result(file).await?;
    tx.commit().await?;
    Ok(file)
}

/// Takes a file away.
///
/// # Errors
/// [`Error::NotFound`] when there is none or the actor may not change its subject.
pub async fn detach(market: &Market, actor: &Actor, id: Uuid) -> Result<()> {
    let row = attachment::Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let subject = subject_of(&row)?;
    if !may_change(market, actor, subject, row.subject_id).await? {
        return Err(Error::NotFound);
    }
    let tx = market.write(actor).await?;
    tx.audit("attachment.remove", subject, Some(row.subject_id), serde_json::json!({ "sha256": row.sha256 })).await?;
    if subject == Subject::Contract {
        contracts::forget_text(&tx, row.subject_id, row.id).await?;
    }
    row.delete(&*tx).await?;
    tx.commit().await
}

fn subject_of(row: &attachment::Model) -> Result<Subject> {
    match row.subject_kind.as_str() {
        "listing" => Ok(Subject::Listing),
        "contract" => Ok(Subject::Contract),
        "deal" => Ok(Subject::Deal),
        "document" => Ok(Subject::Document),
        "message" => Ok(Subject::Message),
        "receipt" => Ok(Subject::Receipt),
        "amendment" => Ok(Subject::Amendment),
        other => Err(Error::internal(format!("attachment of {other}"))),
    }
}

fn rows<C: ConnectionTrait>(_: &C, subject: Subject, id: Uuid) -> sea_orm::Select<attachment::Entity> {
    attachment::Entity::find()
        .filter(attachment::Column::SubjectKind.eq(subject.code()))
        .filter(attachment::Column::SubjectId.eq(id))
        .order_by_asc(attachment::Column::CreatedAt)
        .order_by_asc(attachment::Column::Id)
}

/// How many files a subject has.
pub(crate) async fn count<C: ConnectionTrait>(db: &C, subject: Subject, id: Uuid) -> Result<u64> {
    Ok(rows(db, subject, id).count(db).await?)
}

/// The files of a subject that the actor may read.
///
/// # Errors
/// [`Error::Internal`].
pub async fn attachments(market: &Market, actor: &Actor, subject: Subject, id: Uuid) -> Result<Vec<AttachmentView>> {
    let files = rows(&market.db, subject, id).all(&market.db).await?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let access = access(market, actor, subject, id, None).await?;
    Ok(files
        .into_iter()
        .filter(|f| if f.confidential { access.confidential.is_some() } else { access.public })
        .map(AttachmentView::of)
        .collect())
}

/// A file to read. Reading a confidential one of somebody else writes a line into the owner's log of disclosures.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none the actor may read.
pub async fn download(market: &Market, actor: &Actor, id: Uuid) -> Result<Download> {
    let row = attachment::Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let subject = subject_of(&row)?;
    let access = access(market, actor, subject, row.subject_id, Some(row.id)).await?;
    if row.confidential {
        if let Opened::ByDeal { owner, deal, listing } = access.confidential.ok_or(Error::NotFound)? {
            let reader = crate::room::side_of(actor, &deal);
            let read =
                Disclosed { owner, deal: deal.id, reader, listing, subject, id: row.subject_id, name: &row.name, sha256: &row.sha256 };
            let tx = market.write(actor).await?;
            disclosures::record(&tx, actor, read).await?;
            tx.commit().await?;
        }
    } else if !access.public {
        return Err(Error::NotFound);
    }
    Ok(Download { name: row.name, media_type: row.media_type, path: place(&market.config.files, &row.sha256) })
}

/// Why somebody may read confidential files.
enum Opened {
    /// They are the actor's own side's, or need no log.
    Own,
    /// A deal whose confidentiality agreement both sides signed opens them.
    ByDeal { owner: Uuid, deal: Box<deal::Model>, listing: Option<Uuid> },
}

/// What an actor may read of a subject's files.
struct Access {
    public: bool,
    confidential: Option<Opened>,
}

impl Access {
    const NONE: Self = Self { public: false, confidential: None };

    fn all_of(inside: bool) -> Self {
        Self { public: inside, confidential: inside.then_some(Opened::Own) }
    }
}

/// What an actor may read of a subject's files; of a document, of the version that `file` is.
async fn access(market: &Market, actor: &Actor, subject: Subject, id: Uuid, file: Option<Uuid>) -> Result<Access> {
    match subject {
        Subject::Listing => {
            let Some(row) = listing::Entity::find_by_id(id).one(&market.db).await? else { return Ok(Access::NONE) };
            if actor.belongs_to(row.organisation_id) {
                return Ok(Access::all_of(true));
            }
            let inside = !crate::listings::parties(actor, &row).is_empty();
            let state = ListingState::from_code(&row.state).is_some_and(ListingState::is_public);
            let opened = crate::deals::discloses(&market.db, actor, &row).await?;
            let opened = opened.map(|deal| Opened::ByDeal { owner: row.organisation_id, deal: Box::new(deal), listing: Some(row.id) });
            Ok(Access { public: state || inside || opened.is_some(), confidential: opened })
        }
        // Files that deals got before they had documents name no side.
        Subject::Deal => in_room(market, actor, id, None).await,
        Subject::Document => {
            let Some(row) = document::Entity::find_by_id(id).one(&market.db).await? else { return Ok(Access::NONE) };
            let version = document_version::Entity::find()
                .filter(document_version::Column::DocumentId.eq(id))
                .filter(document_version::Column::AttachmentId.eq(file.unwrap_or_default()))
                .one(&market.db)
                .await?;
            match version {
                Some(version) => in_room(market, actor, row.deal_id, version.organisation_id).await,
                None => Ok(Access::NONE),
            }
        }
        Subject::Message => {
            let Some(row) = message::Entity::find_by_id(id).one(&market.db).await? else { return Ok(Access::NONE) };
            in_room(market, actor, row.deal_id, row.organisation_id).await
        }
        Subject::Contract => {
            let Some(row) = contract::Entity::find_by_id(id).one(&market.db).await? else { return Ok(Access::NONE) };
            Ok(Access::all_of(crate::contracts::is_insider(&market.db, market, actor, &row).await?))
        }
        Subject::Receipt => {
            let Some(receipt) = receipt::Entity::find_by_id(id).one(&market.db).await? else { return Ok(Access::NONE) };
            let Some(row) = contract::Entity::find_by_id(receipt.contract_id).one(&market.db).await? else { return Ok(Access::NONE) };
            Ok(Access::all_of(crate::contracts::is_insider(&market.db, market, actor, &row).await?))
        }
        Subject::Amendment => {
            let Some(row) = amendment::Entity::find_by_id(id).one(&market.db).await? else { return Ok(Access::NONE) };
            Box::pin(self::access(market, actor, Subject::Contract, row.contract_id, None)).await
        }
        _ => Ok(Access::NONE),
    }
}

/// Files in a deal room: open to members; what the other side put there only while its confidentiality agreement opens the deal.
async fn in_room(market: &Market, actor: &Actor, deal: Uuid, from: Option<Uuid>) -> Result<Access> {
    let Some(deal) = deal::Entity::find_by_id(deal).one(&market.db).await? else { return Ok(Access::NONE) };
    if !crate::room::members::is_member(&market.db, actor, &deal).await? {
        return Ok(Access::NONE);
    }
    if from.is_some_and(|o| actor.belongs_to(o)) {
        return Ok(Access::all_of(true));
    }
    // The broker signed no confidentiality agreement.
    if !crate::deals::state_of_deal(&deal)?.is_confidential() || crate::room::side_of(actor, &deal).is_none() {
        return Ok(Access::NONE);
    }
    // What names no side belongs to nobody's log.
    let opened = from.map_or(Opened::Own, |owner| Opened::ByDeal { owner, deal: Box::new(deal), listing: None });
    Ok(Access { public: true, confidential: Some(opened) })
}

/// Whether the actor may add and remove files of a subject now.
async fn may_change(market: &Market, actor: &Actor, subject: Subject, id: Uuid) -> Result<bool> {
    match subject {
        Subject::Listing => {
            let row = listing::Entity::find_by_id(id).one(&market.db).await?;
            Ok(row.is_some_and(|r| {
                actor.belongs_to(r.organisation_id) && ListingState::from_code(&r.state).is_some_and(ListingState::is_editable)
                    || *actor == Actor::System
            }))
        }
        Subject::Contract => {
            let row = contract::Entity::find_by_id(id).one(&market.db).await?;
            Ok(row.is_some_and(|r| {
                let editable = keqiao_model::ContractState::from_code(&r.state).is_some_and(keqiao_model::ContractState::is_editable);
                ((actor.belongs_to(r.seller_id) || actor.belongs_to(r.buyer_id)) && editable) || *actor == Actor::System
            }))
        }
        _ => Ok(false),
    }
}
