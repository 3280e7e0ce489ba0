//! One notice for each person who is told, and a letter as that person chose.

use std::collections::HashMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::OnConflict};
use time::Duration;
use uuid::Uuid;

use super::{MailWay, Receivers, settings::chosen};
use crate::{
    Actor, Error, Market, Result,
    db::{Tx, from_micros, micros},
    entity::notice,
    letters::{Letter, queue_notice},
};

/// How long a notice that was read is kept.
const KEPT: Duration = Duration::days(365);

/// Tells people something: each gets one notice under `dedupe`, however often this is called, and with it a letter at once, a line in the next
/// digest, or no mail. A notice that its receiver does not want to see is kept out of sight, so that the mail goes once as well.
pub(crate) async fn deliver(tx: &Tx, receivers: &Receivers, letter: &Letter, dedupe: &str) -> Result<()> {
    let kind = letter.notice_kind().ok_or_else(|| Error::internal(format!("{} is no notice", letter.code())))?;
    let body = serde_json::to_string(letter)?;
    let chosen: HashMap<Uuid, (bool, MailWay)> = chosen(&**tx, kind, receivers.keys().copied().collect()).await?;
    for (person, (address, lang)) in receivers {
        let (in_app, mail) = chosen.get(person).copied().unwrap_or((true, kind.usual()));
        let dedupe = format!("{dedupe}:{person}");
        let row = notice::ActiveModel {
            id: Set(Uuid::now_v7()),
            person_id: Set(*person),
            kind: Set(kind.code().to_owned()),
            subject: Set(letter.path().to_owned()),
            body: Set(body.clone()),
            dedupe: Set(dedupe.clone()),
            shown: Set(in_app),
            daily: Set(mail == MailWay::Daily),
            created_at: Set(tx.now),
            read_at: Set(None),
            mailed_at: Set((mail == MailWay::Instant).then_some(tx.now)),
        };
        let inserted = notice::Entity::insert(row)
            .on_conflict(OnConflict::column(notice::Column::Dedupe).do_nothing().to_owned())
            .exec_without_returning(&**tx)
            .await?;
        if inserted > 0 && mail == MailWay::Instant {
            queue_notice(tx, *person, address, *lang, letter.clone(), &dedupe).await?;
        }
    }
    Ok(())
}

/// Forgets notices older than a year that were read or never shown; answers how many.
///
/// # Errors
/// [`Error::Internal`].
pub async fn purge(market: &Market) -> Result<u64> {
    let tx = market.write(&Actor::System).await?;
    let over = Condition::any().add(notice::Column::ReadAt.is_not_null()).add(notice::Column::Shown.eq(false));
    let gone = notice::Entity::delete_many()
        .filter(notice::Column::CreatedAt.lt(micros(from_micros(tx.now) - KEPT)))
        .filter(over)
        .exec(&*tx)
        .await?
        .rows_affected;
    tx.commit().await?;
    Ok(gone)
}
