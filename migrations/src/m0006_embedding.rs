//! What listings mean, as an embeddings end point said.

use sea_orm_migration::prelude::*;

use crate::table::{bytes, id, integer, table, text};

/// The table `embedding`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_embedding"
    }
}

fn embedding() -> TableCreateStatement {
    table("embedding")
        .with(id, &["listing_id"])
        .with(integer, &["listing_version", "updated_at"])
        .with(text, &["model", "text_hash"])
        .with(bytes, &["vector"])
        .keys(&["listing_id"])
        .refers("listing_id", "listing")
        .build()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // SQLite does not wrap a migration in a transaction by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(embedding()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("embedding").to_owned()).await
    }
}
