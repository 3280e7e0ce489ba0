//! What happened to a listing, an interest, a deal or a contract: every stored move, with actor and time.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Market, Result,
    db::{Subject, from_micros},
    entity::move_log,
};

/// One stored move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When.
    pub at: OffsetDateTime,
    /// Who; empty for the program itself.
    pub person: String,
    /// What was done, a code of the subject's move list.
    pub action: String,
    /// State before.
    pub from: String,
    /// State after.
    pub to: String,
    /// Code of the reason, if one was given.
    pub code: String,
    /// Words of the reason, if any were given.
    pub reason: String,
}

/// Every move of a subject, newest first. The caller has checked that the actor may see the subject.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn history(market: &Market, subject: Subject, id: Uuid) -> Result<Vec<HistoryEntry>> {
    let rows = move_log::Entity::find()
        .filter(move_log::Column::SubjectKind.eq(subject.code()))
        .filter(move_log::Column::SubjectId.eq(id))
        .order_by_desc(move_log::Column::At)
        .order_by_desc(move_log::Column::Id)
        .all(&market.db)
        .await?;
    let people: Vec<Uuid> = rows.iter().filter_map(|r| r.person_id).collect();
    let names = crate::accounts::person_names(&market.db, people).await?;
    Ok(rows
        .into_iter()
        .map(|r| HistoryEntry {
            at: from_micros(r.at),
            person: r.person_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            action: r.action,
            from: r.from_state,
            to: r.to_state,
            code: r.code,
            reason: r.reason,
        })
        .collect())
}
