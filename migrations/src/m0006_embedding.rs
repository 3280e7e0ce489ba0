//! What listings mean, as an embeddings end point said; and walks through the market that compute matches anew.

use sea_orm_migration::prelude::*;

use crate::table::{bytes, id, integer, table, text};

/// The tables `embedding` and `rematch`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_embedding"
    }
}

fn embedding() -> TableCreateStatement {
    table("embedding")
        .with(id, &["listing_id"])
        .with(text, &["model", "text_hash"])
        .with(integer, &["characters", "listing_version", "updated_at"])
        .with(bytes, &["vector"])
        .keys(&["listing_id", "model"])
        .refers("listing_id", "listing")
        .build()
}

/// `seq` is the place in the outbox that an index must have reached; `matched_to` is the last listing done.
fn rematch() -> TableCreateStatement {
    table("rematch")
        .id()
        .with(text, &["reason"])
        .with(integer, &["seq", "asked_at"])
        .maybe(id, &["matched_to"])
        .maybe(integer, &["matched_at"])
        .build()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // SQLite does not wrap a migration in a transaction by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(embedding()).await?;
        manager.create_table(rematch()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("rematch").to_owned()).await?;
        manager.drop_table(Table::drop().table("embedding").to_owned()).await
    }
}
