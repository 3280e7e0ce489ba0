//! How an organisation answers, as last put into the index of listings.

use sea_orm_migration::prelude::*;

use crate::table::{id, integer, table};

/// The table `response`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_response"
    }
}

fn response() -> TableCreateStatement {
    table("response")
        .with(id, &["organisation_id"])
        .with(integer, &["percent", "updated_at"])
        .keys(&["organisation_id"])
        .refers("organisation_id", "organisation")
        .build()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // SQLite does not wrap a migration in a transaction by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(response()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("response").to_owned()).await
    }
}
