//! Weights of matches that were learnt, adopted or put back, one row a set.

use sea_orm_migration::prelude::*;

use crate::table::{float, id, index, integer, table, text};

/// The table `weight_set`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_weights"
    }
}

/// `weights` is JSON; `declared` and `learnt` are shares of held-out comparisons.
fn weight_set() -> TableCreateStatement {
    table("weight_set")
        .id()
        .with(integer, &["edition"])
        .with(text, &["origin", "weights"])
        .with(integer, &["pairs", "lists", "comparisons", "better", "worse"])
        .with(float, &["declared", "learnt"])
        .with(id, &["person_id"])
        .with(integer, &["created_at"])
        .maybe(id, &["adopted_by"])
        .maybe(integer, &["adopted_at"])
        .refers("person_id", "person")
        .refers("adopted_by", "person")
        .build()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // SQLite does not wrap a migration in a transaction by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(weight_set()).await?;
        manager.create_index(index("weight_set", &["edition"], true)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("weight_set").to_owned()).await
    }
}
