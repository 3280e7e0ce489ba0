//! How much the listings say: of the latest that were published, what is missing, how many were sent back first, how many say the same as another.

use std::collections::HashMap;

use keqiao_model::{ListingHint, ListingKind, ListingMove, ListingState};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{Board, counted};
use crate::{
    Market, Result,
    db::Subject,
    entity::{listing, move_log},
    hints::hints,
    listings::{content_of, kind_code, public_states},
};

/// Listings of each side that are looked at, the latest published of the year.
pub const LOOKED_AT: u64 = 300;

/// How much the listings of one side say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualitySide {
    /// Which side.
    pub kind: ListingKind,
    /// Listings looked at, at most [`LOOKED_AT`].
    pub looked_at: u64,
    /// Those in which nothing is missing.
    pub complete: u64,
    /// What is missing in how many, most frequent first.
    pub missing: Vec<(ListingHint, u64)>,
    /// Those that were sent back at least once.
    pub returned: u64,
    /// Those whose title another one looked at has as well.
    pub same_title: u64,
}

/// How much the listings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// Demands, then achievements.
    pub sides: Vec<QualitySide>,
    /// Listings that were sent back and wait for their owners now.
    pub waiting: u64,
}

/// How much the listings published in the year say.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn quality(market: &Market, board: &Board) -> Result<Quality> {
    let waiting = listing::Entity::find()
        .filter(listing::Column::State.eq(ListingState::Returned.code()))
        .filter(board.of_listing())
        .count(&market.db)
        .await?;
    let mut sides = Vec::new();
    for kind in [ListingKind::Demand, ListingKind::Achievement] {
        sides.push(side(market, board, kind).await?);
    }
    Ok(Quality { sides, waiting })
}

/// The latest public listings of a side; put in order state by state, as the index has them.
async fn latest(market: &Market, board: &Board, kind: ListingKind) -> Result<Vec<listing::Model>> {
    let mut rows = Vec::new();
    for state in public_states() {
        rows.extend(
            listing::Entity::find()
                .filter(listing::Column::Kind.eq(kind_code(kind)))
                .filter(listing::Column::State.eq(state))
                .filter(board.within(listing::Column::PublishedAt))
                .filter(board.of_listing())
                .order_by_desc(listing::Column::PublishedAt)
                .limit(LOOKED_AT)
                .all(&market.db)
                .await?,
        );
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.published_at, row.id)));
    rows.truncate(usize::try_from(LOOKED_AT).unwrap_or(usize::MAX));
    Ok(rows)
}

async fn side(market: &Market, board: &Board, kind: ListingKind) -> Result<QualitySide> {
    let rows = latest(market, board, kind).await?;
    let mut complete = 0;
    let mut missing: HashMap<&'static str, (ListingHint, u64)> = HashMap::new();
    let mut titles: HashMap<String, u64> = HashMap::new();
    for row in &rows {
        let told = hints(&content_of(row)?);
        complete += u64::from(told.is_empty());
        for hint in told {
            missing.entry(hint.code()).or_insert((hint, 0)).1 += 1;
        }
        *titles.entry(row.title.split_whitespace().collect::<String>().to_lowercase()).or_default() += 1;
    }
    let mut missing: Vec<(ListingHint, u64)> = missing.into_values().collect();
    missing.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.code().cmp(b.0.code())));
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let returned: Option<i64> = move_log::Entity::find()
        .select_only()
        .column_as(Expr::col(move_log::Column::SubjectId).count_distinct(), "n")
        .filter(move_log::Column::SubjectKind.eq(Subject::Listing.code()))
        .filter(move_log::Column::SubjectId.is_in(ids))
        .filter(move_log::Column::Action.eq(ListingMove::Return.code()))
        .into_tuple()
        .one(&market.db)
        .await?;
    Ok(QualitySide {
        kind,
        looked_at: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        complete,
        missing,
        returned: counted(returned),
        same_title: titles.into_values().filter(|n| *n > 1).sum(),
    })
}
