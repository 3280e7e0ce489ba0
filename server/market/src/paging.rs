//! Lists in pages.

use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, QuerySelect, Select};

use crate::Result;

/// Rows of one page.
pub const PER_PAGE: u64 = 20;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Rows in all.
    pub total: u64,
    /// This page, from 1; past the end the last one.
    pub page: u64,
    /// Rows of a full page.
    pub per_page: u64,
}

impl<T> Paged<T> {
    /// Nothing to list.
    pub fn empty() -> Self {
        Self { items: Vec::new(), total: 0, page: 1, per_page: PER_PAGE }
    }

    /// The same page with other items.
    pub fn with<U>(self, items: Vec<U>) -> Paged<U> {
        Paged { items, total: self.total, page: self.page, per_page: self.per_page }
    }

    /// The page and its items apart.
    pub fn take(mut self) -> (Paged<T>, Vec<T>) {
        let items = std::mem::take(&mut self.items);
        (self, items)
    }
}

/// A page number within a list of `total` rows.
pub(crate) fn within(page: u64, total: u64) -> u64 {
    page.clamp(1, total.div_ceil(PER_PAGE).max(1))
}

/// Fetches one page of an ordered query.
pub(crate) async fn fetch<C, E>(db: &C, query: Select<E>, page: u64) -> Result<Paged<E::Model>>
where
    C: ConnectionTrait,
    E: EntityTrait,
    E::Model: Sync,
{
    let total = query.clone().count(db).await?;
    let page = within(page, total);
    let items = query.offset((page - 1) * PER_PAGE).limit(PER_PAGE).all(db).await?;
    Ok(Paged { items, total, page, per_page: PER_PAGE })
}
