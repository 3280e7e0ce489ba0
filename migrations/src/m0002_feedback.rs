//! What people say of matches, which pairs they do not want to see again, and how a stored match compares with the best of its list.

use sea_orm_migration::prelude::*;

use crate::table::{flag, id, index, integer, table, text};

/// Verdicts and dismissals of pairs; `matched.relative`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_feedback"
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("verdict")
            .id()
            .with(id, &["person_id", "listing_id", "other_id"])
            .with(flag, &["useful"])
            .with(text, &["role", "code", "reason"])
            .with(integer, &["created_at", "updated_at"])
            .refers("person_id", "person")
            .refers("listing_id", "listing")
            .refers("other_id", "listing")
            .build(),
        table("dismissed")
            .with(id, &["listing_id", "other_id", "person_id"])
            .with(integer, &["created_at"])
            .keys(&["listing_id", "other_id"])
            .refers("listing_id", "listing")
            .refers("other_id", "listing")
            .build(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("verdict", &["listing_id", "other_id", "person_id"], true),
        index("verdict", &["updated_at"], false),
        index("matched", &["relative", "score"], false),
        index("listing", &["kind", "state", "field", "region"], false),
        index("interest", &["state", "answered_at"], false),
        index("deal", &["state", "updated_at"], false),
    ]
}

/// What new rows get when they are stored: the share of the best score of the same list.
fn relative_of_stored() -> UpdateStatement {
    let best = Query::select()
        .expr(Func::max(Expr::col(("best", "score"))))
        .from_as("matched", "best")
        .and_where(Expr::col(("best", "listing_id")).equals(("matched", "listing_id")))
        .to_owned();
    Query::update()
        .table("matched")
        .value("relative", Expr::col(("matched", "score")).div(Expr::from(best)))
        .and_where(Expr::col("score").gt(0.0))
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // SQLite does not wrap a migration in a transaction by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        let relative = ColumnDef::new("relative").double().not_null().default(0.0).to_owned();
        manager.alter_table(Table::alter().table("matched").add_column(relative).to_owned()).await?;
        manager.execute(relative_of_stored()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in [
            ("matched", "ix_matched_relative_score"),
            ("listing", "ix_listing_kind_state_field_region"),
            ("interest", "ix_interest_state_answered_at"),
            ("deal", "ix_deal_state_updated_at"),
        ] {
            manager.drop_index(Index::drop().table(table).name(name).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table("matched").drop_column("relative").to_owned()).await?;
        for table in tables().into_iter().rev() {
            if let Some(name) = table.get_table_name().cloned() {
                manager.drop_table(Table::drop().table(name).to_owned()).await?;
            }
        }
        Ok(())
    }
}
