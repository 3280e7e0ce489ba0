//! Weights of matches that were learnt, adopted or put back, one row a set, and what judged pairs are made of.

use sea_orm_migration::prelude::*;

use crate::table::{float, id, index, integer, table, text};

/// The tables `weight_set` and `judged_features`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_weights"
    }
}

/// `weights` is JSON; `declared`, `in_force` and `learnt` are shares of held-out comparisons.
fn weight_set() -> TableCreateStatement {
    table("weight_set")
        .id()
        .with(integer, &["edition"])
        .with(text, &["origin", "weights"])
        .with(integer, &["pairs", "lists", "comparisons", "better", "worse"])
        .with(float, &["declared", "in_force", "learnt"])
        .with(id, &["person_id"])
        .with(integer, &["created_at"])
        .maybe(id, &["adopted_by"])
        .maybe(integer, &["adopted_at"])
        .refers("person_id", "person")
        .refers("adopted_by", "person")
        .build()
}

/// `listing_id` is whose list it is; `shares` is JSON by name of the weight; without `text` the pair was not among those looked at closely.
fn judged_features() -> TableCreateStatement {
    table("judged_features")
        .with(id, &["listing_id", "other_id"])
        .maybe(float, &["text"])
        .with(text, &["shares"])
        .with(integer, &["kept_at"])
        .keys(&["listing_id", "other_id"])
        .refers("listing_id", "listing")
        .refers("other_id", "listing")
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
        manager.create_table(judged_features()).await?;
        manager.create_index(index("weight_set", &["edition"], true)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("judged_features").to_owned()).await?;
        manager.drop_table(Table::drop().table("weight_set").to_owned()).await
    }
}
