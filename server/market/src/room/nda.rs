//! The confidentiality agreement (保密协议) of a deal: one text per edition, signed by both sides under name, time and hash. Only when both
//! signed the same text does the confidential tier open.

use keqiao_model::{Check, DealMove, DealState, FieldError, Fields, NdaMove, NdaState, NoticeKind, Party, Stateful};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result,
    db::{Moved, Subject, Tx, from_micros},
    entity::{deal, nda, nda_signature},
    listings::organisation_names,
    notices::Telling,
    room::{locked_for, members, other_side, path_of, sha256, side_of, touch},
};

/// Longest text of an agreement, characters.
pub const NDA_MAX: usize = 20_000;
/// Longest name under a signature, characters.
const NAME_MAX: usize = 60;
/// Version of the text that the market proposes.
pub const STANDARD_VERSION: &str = "2026-1";
const STANDARD: &str = include_str!("nda.zh-CN.txt");

/// A signature as both sides see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureView {
    /// The side.
    pub organisation: String,
    /// Name under the text.
    pub name: String,
    /// Hash of the text that was signed.
    pub text_hash: String,
    /// When.
    pub at: OffsetDateTime,
}

/// A confidentiality agreement as a member sees it.
#[derive(Debug, Clone)]
pub struct NdaView {
    /// Which text it is, from 1.
    pub edition: i64,
    /// Where it stands.
    pub state: NdaState,
    /// The text.
    pub text: String,
    /// Its SHA-256.
    pub text_hash: String,
    /// Who put it on the table; empty for the market's own text.
    pub proposed_by: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// Signatures.
    pub signatures: Vec<SignatureView>,
    /// Whether the actor may sign now.
    pub may_sign: bool,
    /// Whether the actor may put another text in its place.
    pub may_replace: bool,
    /// Earlier editions: edition, state, hash.
    pub earlier: Vec<(i64, NdaState, String)>,
}

fn state_of(row: &nda::Model) -> Result<NdaState> {
    NdaState::from_code(&row.state).ok_or_else(|| Error::internal(format!("agreement state {}", row.state)))
}

/// The text that the market proposes, with the names of both sides and what the deal is about.
async fn standard_text(tx: &Tx, row: &deal::Model) -> Result<String> {
    let names = organisation_names(&**tx, vec![row.buyer_id, row.seller_id]).await?;
    let name = |id: Uuid| names.get(&id).map_or("", String::as_str);
    Ok(STANDARD
        .replace("{version}", STANDARD_VERSION)
        .replace("{buyer}", name(row.buyer_id))
        .replace("{seller}", name(row.seller_id))
        .replace("{subject}", &row.title)
        .replace("{number}", &row.number)
        .trim()
        .to_owned())
}

async fn latest<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Option<nda::Model>> {
    Ok(nda::Entity::find().filter(nda::Column::DealId.eq(deal)).order_by_desc(nda::Column::Edition).one(db).await?)
}

async fn signatures<C: ConnectionTrait>(db: &C, nda: Uuid) -> Result<Vec<nda_signature::Model>> {
    Ok(nda_signature::Entity::find()
        .filter(nda_signature::Column::NdaId.eq(nda))
        .order_by_asc(nda_signature::Column::At)
        .order_by_asc(nda_signature::Column::Id)
        .all(db)
        .await?)
}

/// Whether both sides of a deal signed the same text.
pub(crate) async fn is_signed<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<bool> {
    Ok(latest(db, deal).await?.is_some_and(|row| row.state == NdaState::Signed.code()))
}

async fn insert(tx: &Tx, row: &deal::Model, edition: i64, text: String, by: Option<(Uuid, Uuid)>) -> Result<nda::Model> {
    // The market's own text is nobody's.
    let (person, organisation) = by.unwrap_or((Uuid::nil(), Uuid::nil()));
    let new = nda::ActiveModel {
        id: Set(Uuid::now_v7()),
        deal_id: Set(row.id),
        edition: Set(edition),
        text_hash: Set(sha256(&text)),
        text: Set(text),
        state: Set(NdaState::Proposed.code().to_owned()),
        person_id: Set(person),
        organisation_id: Set(organisation),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
    };
    let new = new.insert(&**tx).await?;
    tx.moved(Moved { subject: Subject::Nda, id: new.id, from: "", to: &new.state, action: "propose", code: "", reason: "" }).await?;
    Ok(new)
}

/// Puts the market's own text on the table of a new deal.
pub(crate) async fn propose_standard(tx: &Tx, row: &deal::Model) -> Result<()> {
    let text = standard_text(tx, row).await?;
    insert(tx, row, 1, text, None).await?;
    Ok(())
}

/// The confidentiality agreement of a deal.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member.
pub async fn nda(market: &Market, actor: &Actor, number: &str) -> Result<NdaView> {
    let row = crate::deals::find_for(&market.db, actor, number).await?;
    let rows = nda::Entity::find().filter(nda::Column::DealId.eq(row.id)).order_by_desc(nda::Column::Edition).all(&market.db).await?;
    let mut rows = rows.into_iter();
    let current = rows.next().ok_or(Error::NotFound)?;
    let state = state_of(&current)?;
    let signed = signatures(&market.db, current.id).await?;
    let names = organisation_names(&market.db, vec![row.buyer_id, row.seller_id, current.organisation_id]).await?;
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let side = side_of(actor, &row);
    let is_open = crate::deals::state_of_deal(&row)? == DealState::Introduced;
    let speaks = is_open && side.is_some() && members::speaks(&market.db, actor, &row).await?;
    let has_signed = signed.iter().any(|s| Some(s.organisation_id) == side);
    Ok(NdaView {
        edition: current.edition,
        state,
        text_hash: current.text_hash,
        text: current.text,
        proposed_by: name(current.organisation_id),
        created_at: from_micros(current.created_at),
        signatures: signed
            .into_iter()
            .map(|s| SignatureView { organisation: name(s.organisation_id), name: s.name, text_hash: s.text_hash, at: from_micros(s.at) })
            .collect(),
        may_sign: speaks && !has_signed && state != NdaState::Signed,
        may_replace: speaks && state.transition(NdaMove::Replace).is_some(),
        earlier: rows.map(|r| Ok((r.edition, state_of(&r)?, r.text_hash))).collect::<Result<_>>()?,
    })
}

/// Moves an agreement inside a transaction that holds the deal's lock.
async fn make(tx: &Tx, row: &nda::Model, by: NdaMove) -> Result<NdaState> {
    let from = state_of(row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "nda_over"))?;
    let done = nda::Entity::update_many()
        .col_expr(nda::Column::State, Expr::value(transition.to.code()))
        .col_expr(nda::Column::UpdatedAt, Expr::value(tx.now))
        .col_expr(nda::Column::Version, Expr::value(row.version + 1))
        .filter(nda::Column::Id.eq(row.id))
        .filter(nda::Column::Version.eq(row.version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let moved =
        Moved { subject: Subject::Nda, id: row.id, from: from.code(), to: transition.to.code(), action: by.code(), code: "", reason: "" };
    tx.moved(moved).await?;
    Ok(transition.to)
}

/// The side an actor may sign for, of a deal that still waits for its agreement.
async fn signing_side(tx: &Tx, actor: &Actor, row: &deal::Model) -> Result<Uuid> {
    let side = side_of(actor, row).ok_or(Error::Forbidden)?;
    if !members::speaks(&**tx, actor, row).await? {
        return Err(Error::Forbidden);
    }
    if crate::deals::state_of_deal(row)? == DealState::Introduced { Ok(side) } else { Err(Error::field("", "nda_over")) }
}

/// Puts another text (`text`; empty for the market's own) on the table. Signatures under the text before are void.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Forbidden`] unless the actor speaks for a side; [`Error::Invalid`] when it is signed already or the
/// text is too long.
pub async fn replace_nda(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(&tx, actor, number).await?;
    let side = signing_side(&tx, actor, &row).await?;
    let mut check = Check::new();
    let text = check.optional("text", fields.value("text"), NDA_MAX);
    check.finish(())?;
    let text = if text.is_empty() { standard_text(&tx, &row).await? } else { text };
    let current = latest(&*tx, row.id).await?.ok_or(Error::NotFound)?;
    if current.text_hash == sha256(&text) {
        return Err(Error::field("text", "nda_same"));
    }
    make(&tx, &current, NdaMove::Replace).await?;
    let person = actor.signed_in()?.id;
    insert(&tx, &row, current.edition + 1, text, Some((person, side))).await?;
    touch(&tx, row.id).await?;
    let telling = Telling::new(NoticeKind::NdaProposed, &row.number, &row.title, format!("{}/nda", path_of(&row)));
    tx.tell(row.id, &telling.people(members::everyone(&*tx, &row).await?).except(actor.id())).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Signs the text whose hash the form carries (`hash`), under the signer's own `name`. When the other side has signed it too, the deal moves
/// on and the confidential tier opens. Answers whether it is in force now.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Forbidden`] unless the actor speaks for a side; [`Error::Invalid`]: the text changed since it was
/// shown, the name is not the signer's, not agreed to, signed already.
pub async fn sign_nda(market: &Market, actor: &Actor, number: &str, fields: &Fields, peer: &str, once: Option<Uuid>) -> Result<bool> {
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(state) = before {
        return Ok(state == NdaState::Signed.code());
    }
    let row = locked_for(&tx, actor, number).await?;
    let side = signing_side(&tx, actor, &row).await?;
    let current = latest(&*tx, row.id).await?.ok_or(Error::NotFound)?;
    let signer = actor.signed_in()?;
    let mut check = Check::new();
    check.ensure(fields.value("hash") == current.text_hash, "", "nda_changed");
    let name = check.required("name", fields.value("name"), NAME_MAX);
    if !name.is_empty() && name != signer.name {
        check.refuse(FieldError::new("name", "name_differs").with("name", &signer.name));
    }
    check.ensure(fields.value("agree") == "yes", "agree", "nda_agree");
    let signed = signatures(&*tx, current.id).await?;
    check.ensure(!signed.iter().any(|s| s.organisation_id == side), "", "nda_signed_already");
    check.finish(())?;
    let by = if signed.is_empty() { NdaMove::Sign } else { NdaMove::SignToo };
    nda_signature::ActiveModel {
        id: Set(Uuid::now_v7()),
        nda_id: Set(current.id),
        organisation_id: Set(side),
        person_id: Set(signer.id),
        name: Set(name),
        text_hash: Set(current.text_hash.clone()),
        peer: Set(peer.to_owned()),
        at: Set(tx.now),
    }
    .insert(&*tx)
    .await?;
    let state = make(&tx, &current, by).await?;
    touch(&tx, row.id).await?;
    if state == NdaState::Signed {
        crate::deals::make(&tx, &row, DealMove::AgreeNda, &[Party::System], "", "").await?;
        let telling = Telling::new(NoticeKind::NdaSigned, &row.number, &row.title, path_of(&row));
        tx.tell(row.id, &telling.people(members::everyone(&*tx, &row).await?).except(actor.id())).await?;
    } else {
        let by = organisation_names(&*tx, vec![side]).await?.remove(&side).unwrap_or_default();
        let other = other_side(&row, side);
        let telling = Telling::new(NoticeKind::NdaProposed, &row.number, &row.title, format!("{}/nda", path_of(&row)));
        tx.tell(row.id, &telling.by(&by).organisations(&[other]).except(actor.id())).await?;
    }
    tx.result(state.code()).await?;
    tx.commit().await?;
    Ok(state == NdaState::Signed)
}
