//! The notices of a person: what the pages they point to have to say, the newest first.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, PER_PAGE, Paged, Result,
    db::{from_micros, micros},
    entity::notice,
    letters::Letter,
    paging::within,
};

/// Notices shown of one group; its page has the rest.
const SHOWN: u64 = 5;

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeView {
    /// Id.
    pub id: Uuid,
    /// What it says.
    pub letter: Letter,
    /// When.
    pub at: OffsetDateTime,
    /// Whether it was read.
    pub read: bool,
}

/// The notices that point to one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeGroup {
    /// Chinese path of the page.
    pub path: String,
    /// How many were not read.
    pub unread: u64,
    /// How many there are.
    pub total: u64,
    /// The newest of them, the newest first.
    pub notices: Vec<NoticeView>,
}

fn own(person: Uuid) -> Select<notice::Entity> {
    notice::Entity::find().filter(notice::Column::PersonId.eq(person)).filter(notice::Column::Shown.eq(true))
}

/// What a person was told, in groups of the pages they point to, the group with the newest notice first; with `unread`, only what was not read.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn notices(market: &Market, actor: &Actor, unread: bool, page: u64) -> Result<Paged<NoticeGroup>> {
    let person = actor.signed_in()?.id;
    let of = || if unread { own(person).filter(notice::Column::ReadAt.is_null()) } else { own(person) };
    let grouped = of()
        .select_only()
        .column(notice::Column::Subject)
        .column_as(notice::Column::Id.count(), "total")
        .column_as(notice::Column::ReadAt.count(), "read")
        .group_by(notice::Column::Subject);
    let total = grouped.clone().count(&market.db).await?;
    let page = within(page, total);
    let rows: Vec<(String, i64, i64)> = grouped
        .order_by_desc(notice::Column::CreatedAt.max())
        .order_by_asc(notice::Column::Subject)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE)
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut items = Vec::new();
    for (path, all, read) in rows {
        let newest = of()
            .filter(notice::Column::Subject.eq(path.as_str()))
            .order_by_desc(notice::Column::CreatedAt)
            .order_by_desc(notice::Column::Id)
            .limit(SHOWN)
            .all(&market.db)
            .await?;
        let notices = newest
            .into_iter()
            .map(|row| {
                let letter = serde_json::from_str(&row.body)?;
                Ok(NoticeView { id: row.id, letter, at: from_micros(row.created_at), read: row.read_at.is_some() })
            })
            .collect::<Result<Vec<_>>>()?;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        items.push(NoticeGroup { path, unread: count(all - read), total: count(all), notices });
    }
    Ok(Paged { items, total, page, per_page: PER_PAGE })
}

/// How many notices a person has not read; none for visitors.
///
/// # Errors
/// [`Error::Internal`].
pub async fn unread(market: &Market, actor: &Actor) -> Result<u64> {
    match actor.id() {
        Some(person) => Ok(own(person).filter(notice::Column::ReadAt.is_null()).count(&market.db).await?),
        None => Ok(0),
    }
}

/// Opens a notice: answers the Chinese path of the page it points to. Everything that points there is read with it.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for a notice of somebody else.
pub async fn open_notice(market: &Market, actor: &Actor, id: Uuid) -> Result<String> {
    let person = actor.signed_in()?.id;
    let row = own(person).filter(notice::Column::Id.eq(id)).one(&market.db).await?.ok_or(Error::NotFound)?;
    mark_read(market, actor, &row.subject, market.now()).await?;
    Ok(row.subject)
}

/// Whoever opens a page has read what points to it; nothing is written when nothing does.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn seen(market: &Market, actor: &Actor, path: &str) -> Result<()> {
    let person = actor.signed_in()?.id;
    let told = own(person).filter(notice::Column::ReadAt.is_null()).filter(notice::Column::Subject.eq(path)).count(&market.db).await?;
    if told > 0 { mark_read(market, actor, path, market.now()).await } else { Ok(()) }
}

/// Marks what a person was told until a moment as read: of the page at this path, or everything where it is empty. What was read is left out of
/// the next digest.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn mark_read(market: &Market, actor: &Actor, path: &str, until: OffsetDateTime) -> Result<()> {
    let person = actor.signed_in()?.id;
    let tx = market.write(actor).await?;
    let mut update = notice::Entity::update_many()
        .col_expr(notice::Column::ReadAt, Expr::value(Some(tx.now)))
        .col_expr(notice::Column::Daily, Expr::value(false))
        .filter(notice::Column::PersonId.eq(person))
        .filter(notice::Column::Shown.eq(true))
        .filter(notice::Column::ReadAt.is_null())
        .filter(notice::Column::CreatedAt.lte(micros(until)));
    if !path.is_empty() {
        update = update.filter(notice::Column::Subject.eq(path));
    }
    update.exec(&*tx).await?;
    tx.commit().await
}
