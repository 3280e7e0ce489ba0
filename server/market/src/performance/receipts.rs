//! Receipts: what was really received under a contract (技术性收入), with its evidence, and what was recorded wrongly.

use keqiao_model::{Check, Fen, FieldError, Fields, Party, ReceiptMove, ReceiptState, format_date, parse_date};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{WORDS_MAX, allowed, locked_for, milestones, parties, received};
use crate::{
    Actor, Error, Market, Result,
    attachments::{self, NewFile},
    contracts::{both, content_of, find, is_insider, today},
    db::{Moved, Subject, Tx},
    entity::{contract, receipt as table},
    ledger,
};

/// Longest note at a receipt, characters.
pub const RECEIPT_NOTE_MAX: usize = 500;

pub(super) fn state_of(row: &table::Model) -> Result<ReceiptState> {
    ReceiptState::from_code(&row.state).ok_or_else(|| Error::internal(format!("receipt state {}", row.state)))
}

/// What was typed, judged by what was received before.
async fn read(
    market: &Market,
    tx: &Tx,
    row: &contract::Model,
    fields: &Fields,
) -> Result<std::result::Result<table::ActiveModel, Vec<FieldError>>> {
    let mut check = Check::new();
    let amount = check.take(Fen::parse_yuan(fields.value("amount")), |e| e.at("amount"));
    check.ensure(amount != Some(Fen::ZERO), "amount", "positive");
    let left = row.value.saturating_sub(received(&**tx, row.id).await?).max(0);
    if amount.is_some_and(|a| a.fen() > left) {
        check.refuse(FieldError::new("amount", "receipts_over_value").with("left", Fen::new(left).format_yuan()));
    }
    let typed = fields.value("received_on").trim();
    let day = parse_date(typed);
    check.ensure(day.is_some(), "received_on", if typed.is_empty() { "required" } else { "date" });
    let signed = content_of(row)?.signed_on;
    check.ensure(day.is_none_or(|day| day <= today(market)), "received_on", "future");
    check.ensure(day.is_none_or(|day| day >= signed), "received_on", "before_signing");
    let typed = fields.value("milestone").trim();
    let milestone = match typed.parse::<Uuid>() {
        Ok(id) => milestones::one_of(&**tx, row.id, id).await.ok().map(|m| m.id),
        Err(_) => None,
    };
    check.ensure(typed.is_empty() || milestone.is_some(), "milestone", "choice");
    let note = check.optional("note", fields.value("note"), RECEIPT_NOTE_MAX);
    let read = table::ActiveModel {
        amount: Set(amount.unwrap_or_default().fen()),
        received_on: Set(day.map(format_date).unwrap_or_default()),
        milestone_id: Set(milestone),
        note: Set(note),
        ..Default::default()
    };
    Ok(check.finish(read))
}

/// Records what was received: `amount`, `received_on`, optionally `milestone` (an id) and `note`, with a file that shows it. It counts in the
/// ledger with the same commit. Of two at once that together come to more than 成交额, the second is refused.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for others; [`Error::Forbidden`] for everyone but the seller; [`Error::Invalid`] at the fields:
/// `receipts_over_value`, `future`, `before_signing`, `file_required` and what [`attachments::check_file`] refuses.
pub async fn record_receipt(
    market: &Market,
    actor: &Actor,
    number: &str,
    fields: &Fields,
    file: Option<NewFile<'_>>,
    once: Option<Uuid>,
) -> Result<()> {
    let row = find(&market.db, number).await?;
    if !parties(actor, &row).contains(&Party::Seller) {
        actor.signed_in()?;
        return Err(if is_insider(&market.db, market, actor, &row).await? { Error::Forbidden } else { Error::NotFound });
    }
    // Bytes are written before the transaction begins; a file that no row names is swept later.
    let file = match file {
        Some(file) => match attachments::prepare(market, file).await {
            Ok(stored) => Ok(stored),
            Err(Error::Invalid(errors)) => Err(errors),
            Err(error) => return Err(error),
        },
        None => Err(vec![FieldError::new("file", "file_required")]),
    };
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(market, &tx, actor, number, Party::Seller, false).await?;
    let (read, stored) = both(read(market, &tx, &row, fields).await?, file)?;
    let id = Uuid::now_v7();
    let attachment = attachments::insert(&tx, actor, Subject::Receipt, id, stored).await?;
    let receipt = table::ActiveModel {
        id: Set(id),
        contract_id: Set(row.id),
        person_id: Set(actor.signed_in()?.id),
        attachment_id: Set(Some(attachment)),
        state: Set(ReceiptState::Recorded.code().to_owned()),
        reason: Set(String::new()),
        created_at: Set(tx.now),
        version: Set(1),
        ..read
    }
    .insert(&*tx)
    .await?;
    ledger::count_receipt(market, &tx, &row, &receipt).await?;
    let to = ReceiptState::Recorded.code();
    tx.moved(Moved { subject: Subject::Receipt, id, from: "", to, action: "record", code: "", reason: "" }).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Takes a receipt back that was recorded wrongly, with words (`reason.{id}`); it counts no more, and stays readable.
///
/// # Errors
/// As [`record_receipt`]; [`Error::Stale`]; [`Error::Invalid`]: `reason_required`, `already_answered`.
pub async fn reverse_receipt(
    market: &Market,
    actor: &Actor,
    number: &str,
    id: Uuid,
    fields: &Fields,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = locked_for(market, &tx, actor, number, Party::Seller, false).await?;
    let found = table::Entity::find_by_id(id).filter(table::Column::ContractId.eq(row.id)).one(&*tx).await?.ok_or(Error::NotFound)?;
    if found.version != version {
        return Err(Error::Stale);
    }
    let from = state_of(&found)?;
    let transition = allowed(from, ReceiptMove::Reverse, &parties(actor, &row))?;
    let at = format!("reason.{id}");
    let mut check = Check::new();
    let reason = check.optional(&at, fields.value(&at), WORDS_MAX);
    check.ensure(!reason.is_empty(), &at, "reason_required");
    check.finish(())?;
    let change = table::ActiveModel {
        state: Set(transition.to.code().to_owned()),
        reason: Set(reason.clone()),
        version: Set(version + 1),
        ..Default::default()
    };
    let done = table::Entity::update_many()
        .set(change)
        .filter(table::Column::Id.eq(id))
        .filter(table::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    ledger::uncount_receipt(market, &tx, &found, "").await?;
    let (from, to, action) = (from.code(), transition.to.code(), ReceiptMove::Reverse.code());
    tx.moved(Moved { subject: Subject::Receipt, id, from, to, action, code: "", reason: &reason }).await?;
    tx.result("").await?;
    tx.commit().await
}
