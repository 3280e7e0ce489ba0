//! The digest: one letter a day with what was not mailed at once, after eight in the morning in China.

use keqiao_model::Lang;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, macros::time};
use uuid::Uuid;

use crate::{
    Actor, CHINA, Market, Result,
    db::micros,
    entity::{notice, person},
    letters::{Letter, queue_notice},
};

/// When the digest of a day is due.
const MORNING: time::Time = time!(08:00);
/// Most lines of one digest; the rest is counted.
const LINES: usize = 100;

/// The last morning before or at a moment.
fn last_morning(now: OffsetDateTime) -> OffsetDateTime {
    let now = now.to_offset(CHINA);
    let morning = PrimitiveDateTime::new(now.date(), MORNING).assume_offset(CHINA);
    if now < morning { morning - Duration::days(1) } else { morning }
}

/// Writes the digests of everybody whose notices waited for this morning; answers how many. Each person gets one a day, however many nodes
/// try.
///
/// # Errors
/// [`crate::Error::Internal`]; the next call goes on.
pub(crate) async fn digest_step(market: &Market) -> Result<usize> {
    let morning = last_morning(market.now());
    let waiting: Vec<Uuid> = notice::Entity::find()
        .select_only()
        .column(notice::Column::PersonId)
        .distinct()
        .filter(notice::Column::Daily.eq(true))
        .filter(notice::Column::CreatedAt.lt(micros(morning)))
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut sent = 0;
    for person in waiting {
        sent += usize::from(digest(market, person, micros(morning), morning.date()).await?);
    }
    Ok(sent)
}

/// Writes one digest, unless this day's was written before: what came too late for that one waits for the next.
async fn digest(market: &Market, id: Uuid, until: i64, day: Date) -> Result<bool> {
    let tx = market.write(&Actor::System).await?;
    let rows = notice::Entity::find()
        .filter(notice::Column::PersonId.eq(id))
        .filter(notice::Column::Daily.eq(true))
        .filter(notice::Column::CreatedAt.lt(until))
        .order_by_asc(notice::Column::CreatedAt)
        .order_by_asc(notice::Column::Id)
        .all(&*tx)
        .await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let person = person::Entity::find_by_id(id).one(&*tx).await?.filter(|p| p.disabled_at.is_none());
    let mut mailed = None;
    if let Some(person) = person {
        let lines = rows.iter().take(LINES).map(|row| serde_json::from_str(&row.body)).collect::<Result<Vec<Letter>, _>>()?;
        let letter = Letter::Digest { more: (rows.len() - lines.len()) as u64, lines };
        let dedupe = format!("digest:{id}:{day}");
        if !queue_notice(&tx, id, &person.email, Lang::from_tag(&person.lang), letter, &dedupe).await? {
            return Ok(false);
        }
        mailed = Some(tx.now);
    }
    for chunk in rows.chunks(500) {
        notice::Entity::update_many()
            .col_expr(notice::Column::Daily, Expr::value(false))
            .col_expr(notice::Column::MailedAt, Expr::value(mailed))
            .filter(notice::Column::Id.is_in(chunk.iter().map(|row| row.id)))
            .exec(&*tx)
            .await?;
    }
    tx.commit().await?;
    Ok(mailed.is_some())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_morning_is_one_of_china() {
        for (now, morning) in [
            (datetime!(2026-08-01 23:59:59 UTC), datetime!(2026-08-01 00:00 UTC)),
            (datetime!(2026-08-02 00:00 UTC), datetime!(2026-08-02 00:00 UTC)),
            (datetime!(2026-08-02 17:00 UTC), datetime!(2026-08-02 00:00 UTC)),
        ] {
            assert_eq!(last_morning(now), morning, "{now}");
        }
    }
}
