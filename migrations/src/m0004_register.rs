//! The register of contracts and the ledger: dated rules, reviews, amendments, performance, rewards, reported indicators, and the sums, the
//! chain and the monthly snapshots of the ledger.

use sea_orm_migration::prelude::*;

use crate::table::{flag, id, index, integer, table, text};

/// What belongs to registered contracts; more columns for `contract` and `ledger_entry`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_register"
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("rule")
            .id()
            .with(text, &["kind", "key", "valid_from", "source", "article", "note", "reason"])
            .with(integer, &["value"])
            .with(flag, &["withdrawn"])
            .maybe(id, &["person_id"])
            .with(integer, &["created_at", "version"])
            .build(),
        table("contract_text")
            .with(id, &["contract_id", "attachment_id"])
            .with(text, &["state", "text", "problem"])
            .with(integer, &["at"])
            .keys(&["contract_id", "attachment_id"])
            .refers("contract_id", "contract")
            .build(),
        table("contract_draft")
            .with(id, &["contract_id", "person_id"])
            .with(text, &["section", "fields"])
            .with(integer, &["at"])
            .keys(&["contract_id", "section", "person_id"])
            .refers("contract_id", "contract")
            .build(),
        table("contract_band")
            .with(text, &["band"])
            .with(id, &["contract_id"])
            .keys(&["band", "contract_id"])
            .refers("contract_id", "contract")
            .build(),
        table("finding_answer")
            .id()
            .with(id, &["contract_id", "person_id"])
            .with(text, &["kind", "others", "answer"])
            .with(integer, &["at"])
            .refers("contract_id", "contract")
            .build(),
        table("amendment")
            .id()
            .with(id, &["contract_id", "person_id"])
            .with(integer, &["place"])
            .with(text, &["kind", "state", "before", "after", "reason", "decision"])
            .maybe(id, &["attachment_id", "decided_by"])
            .with(integer, &["created_at", "version"])
            .maybe(integer, &["decided_at"])
            .refers("contract_id", "contract")
            .build(),
        table("milestone")
            .id()
            .with(id, &["contract_id"])
            .with(integer, &["place", "amount"])
            .with(text, &["title", "due_on", "criteria", "state", "reason"])
            .maybe(integer, &["delivered_at", "decided_at", "reminded_at"])
            .with(integer, &["created_at", "version"])
            .refers("contract_id", "contract")
            .build(),
        table("receipt")
            .id()
            .with(id, &["contract_id", "person_id"])
            .maybe(id, &["milestone_id", "attachment_id"])
            .with(text, &["received_on", "note", "state", "reason"])
            .with(integer, &["amount", "created_at", "version"])
            .refers("contract_id", "contract")
            .build(),
        table("dispute")
            .id()
            .with(id, &["contract_id", "organisation_id", "person_id"])
            .with(text, &["state", "text", "outcome"])
            .with(integer, &["created_at", "version"])
            .maybe(integer, &["settled_at"])
            .refers("contract_id", "contract")
            .build(),
        table("reward")
            .id()
            .with(text, &["number", "way", "state", "note", "reason", "on_date"])
            .with(id, &["organisation_id", "person_id"])
            .maybe(id, &["contract_id", "achievement_id", "rule_id", "approved_by"])
            .with(integer, &["income", "costs", "floor", "pool", "created_at", "updated_at", "version"])
            .maybe(integer, &["approved_at"])
            .refers("organisation_id", "organisation")
            .build(),
        table("reward_share")
            .id()
            .with(id, &["reward_id"])
            .with(integer, &["place", "share", "amount"])
            .with(text, &["name", "role"])
            .refers("reward_id", "reward")
            .build(),
        table("ledger_sum")
            .with(text, &["figure", "region", "field", "contract_kind"])
            .with(integer, &["year", "month", "amount", "entries"])
            .keys(&["figure", "year", "month", "region", "field", "contract_kind"])
            .build(),
        table("organisation_sum")
            .with(text, &["figure", "field", "contract_kind"])
            .with(integer, &["year"])
            .with(id, &["organisation_id"])
            .with(text, &["region"])
            .with(integer, &["amount", "contracts"])
            .keys(&["figure", "field", "contract_kind", "year", "organisation_id", "region"])
            .build(),
        table("ledger_snapshot").key("month").with(text, &["head"]).with(integer, &["seq", "frozen_at"]).build(),
        table("ledger_snapshot_line")
            .with(text, &["month", "figure", "region"])
            .with(integer, &["year", "amount"])
            .keys(&["month", "figure", "year", "region"])
            .build(),
        table("report")
            .id()
            .with(text, &["indicator", "region", "state", "evidence", "reason"])
            .with(integer, &["year", "value", "created_at", "updated_at", "version"])
            .with(id, &["person_id"])
            .maybe(id, &["decided_by"])
            .maybe(integer, &["decided_at"])
            .build(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("rule", &["kind", "key", "valid_from"], true),
        index("contract_text", &["state", "at"], false),
        index("contract_band", &["contract_id"], false),
        index("finding_answer", &["contract_id", "kind", "others"], true),
        index("amendment", &["contract_id", "place"], true),
        index("amendment", &["state", "created_at"], false),
        index("milestone", &["contract_id", "place"], false),
        index("milestone", &["state", "due_on"], false),
        index("receipt", &["contract_id", "received_on"], false),
        index("dispute", &["contract_id"], false),
        index("reward", &["number"], true),
        index("reward", &["organisation_id", "on_date"], false),
        index("reward", &["contract_id"], false),
        index("reward_share", &["reward_id", "place"], false),
        index("ledger_sum", &["year", "month"], false),
        // With what is added up: no total reads a row.
        index("ledger_sum", &["figure", "year", "month", "region", "field", "contract_kind", "amount", "entries"], false),
        index("report", &["indicator", "year", "region", "state"], false),
        index("contract", &["state", "due_on"], false),
        // In the order of the register, with everything it is filtered by: lists and counts read no row that they do not show.
        index("contract", &["state", "registered_at", "id", "kind", "field", "region"], false),
        index("contract", &["seller_id", "buyer_id"], false),
        index("contract", &["certificate"], true),
        index("contract", &["source"], false),
        index("contract", &["created_at"], false),
        index("contract", &["achievement_id"], false),
        index("ledger_entry", &["figure", "on_date"], false),
        index("interest", &["created_at"], false),
        index("ledger_entry", &["figure", "seq"], false),
        index("ledger_entry", &["figure", "year", "seq"], false),
        index("ledger_entry", &["figure", "region", "seq"], false),
        index("ledger_entry", &["late", "seq", "on_date"], false),
    ]
}

/// Columns that older tables get.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let text = |name: &'static str, value: &'static str| ColumnDef::new(name).text().not_null().default(value).to_owned();
    let number = |name: &'static str| ColumnDef::new(name).big_integer().null().to_owned();
    let count = |name: &'static str| ColumnDef::new(name).big_integer().not_null().default(0).to_owned();
    let id = |name: &'static str| ColumnDef::new(name).uuid().null().to_owned();
    let named = |name: &'static str| ColumnDef::new(name).text().null().to_owned();
    vec![
        ("contract", text("industry", "")),
        ("contract", text("objective", "")),
        ("contract", text("plan_source", "")),
        ("contract", text("ip", "")),
        ("contract", text("ip_numbers", "")),
        ("contract", text("ip_share", "")),
        ("contract", text("licence", "")),
        ("contract", text("royalty_base", "")),
        ("contract", text("deductions", "[]")),
        ("contract", text("clauses", "{}")),
        ("contract", text("payments", "[]")),
        ("contract", text("source", "")),
        ("contract", ColumnDef::new("disputed").boolean().not_null().default(false).to_owned()),
        ("contract", ColumnDef::new("related").boolean().not_null().default(false).to_owned()),
        ("contract", named("due_on")),
        ("contract", named("certificate")),
        ("contract", number("new_input")),
        ("contract", number("new_output")),
        ("contract", number("submitted_at")),
        ("contract", number("accepted_at")),
        ("contract", number("first_reviewed_at")),
        ("contract", number("completed_at")),
        ("contract", id("accepted_by")),
        ("contract", id("first_reviewer_id")),
        ("contract", id("registered_by")),
        ("ledger_entry", text("hash", "")),
        ("ledger_entry", id("organisation_id")),
        ("import_batch", count("done")),
        ("import_batch", count("created")),
        ("import_batch", text("late", "[]")),
        ("import_batch", number("moved_at")),
        // Of what was there before nobody looked.
        ("ledger_entry", ColumnDef::new("late").boolean().not_null().default(true).to_owned()),
    ]
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
        for (table, mut column) in columns() {
            manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        manager.execute(sums_of_stored()).await?;
        manager.execute(texts_to_be_read()).await?;
        for (figure, party) in [("contract_value", "seller_id"), ("absorbed_value", "buyer_id")] {
            manager.execute(organisation_of_stored(figure, party)).await?;
        }
        for whole in [false, true] {
            manager.execute(organisation_sums_of_stored(whole)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in [
            ("contract", "ix_contract_state_due_on"),
            ("contract", "ix_contract_state_registered_at_id_kind_field_region"),
            ("interest", "ix_interest_created_at"),
            ("contract", "ix_contract_seller_id_buyer_id"),
            ("contract", "uq_contract_certificate"),
            ("contract", "ix_contract_achievement_id"),
            ("contract", "ix_contract_source"),
            ("contract", "ix_contract_created_at"),
            ("ledger_entry", "ix_ledger_entry_figure_on_date"),
            ("ledger_entry", "ix_ledger_entry_figure_seq"),
            ("ledger_entry", "ix_ledger_entry_figure_year_seq"),
            ("ledger_entry", "ix_ledger_entry_figure_region_seq"),
            ("ledger_entry", "ix_ledger_entry_late_seq_on_date"),
        ] {
            manager.drop_index(Index::drop().table(table).name(name).to_owned()).await?;
        }
        for (table, column) in columns().into_iter().rev() {
            manager.alter_table(Table::alter().table(table).drop_column(column.get_column_name()).to_owned()).await?;
        }
        for table in tables().into_iter().rev() {
            if let Some(name) = table.get_table_name().cloned() {
                manager.drop_table(Table::drop().table(name).to_owned()).await?;
            }
        }
        Ok(())
    }
}

/// The sums of what the ledger holds already. The month is the sixth and seventh character of the day.
fn sums_of_stored() -> InsertStatement {
    let month = || Expr::cust("CAST(SUBSTR(on_date, 6, 2) AS BIGINT)");
    let mut select = Query::select();
    select
        .columns(["figure", "year"])
        .expr(month())
        .columns(["region", "field", "contract_kind"])
        .expr(Expr::cust("CAST(SUM(amount) AS BIGINT)"))
        .expr(Expr::cust("COUNT(*)"))
        .from("ledger_entry")
        .group_by_columns(["figure", "year"])
        .add_group_by([month()])
        .group_by_columns(["region", "field", "contract_kind"]);
    let mut insert = Query::insert();
    insert.into_table("ledger_sum").columns(["figure", "year", "month", "region", "field", "contract_kind", "amount", "entries"]);
    // The number of columns is the same by construction.
    let _ = insert.select_from(select);
    insert
}

/// The files that contracts have already wait for their text to be read.
fn texts_to_be_read() -> InsertStatement {
    let mut select = Query::select();
    select
        .columns(["subject_id", "id"])
        .exprs([Expr::val("waiting"), Expr::val(""), Expr::val("")].map(SimpleExpr::from))
        .column("created_at")
        .from("attachment")
        .and_where(Expr::col("subject_kind").eq("contract"));
    let mut insert = Query::insert();
    insert.into_table("contract_text").columns(["contract_id", "attachment_id", "state", "text", "problem", "at"]);
    // The number of columns is the same by construction.
    let _ = insert.select_from(select);
    insert
}

/// Whose the stored entries of a figure are: a party of their contract.
fn organisation_of_stored(figure: &'static str, party: &'static str) -> UpdateStatement {
    let whose = Query::select()
        .column(("contract", party))
        .from("contract")
        .and_where(Expr::col(("contract", "id")).equals(("ledger_entry", "contract_id")))
        .to_owned();
    Query::update()
        .table("ledger_entry")
        .value("organisation_id", SimpleExpr::SubQuery(None, Box::new(whose.into())))
        .and_where(Expr::col("figure").eq(figure))
        .to_owned()
}

/// The sums by organisation of what the ledger holds already; `whole` for those over all fields and kinds.
fn organisation_sums_of_stored(whole: bool) -> InsertStatement {
    let mut select = Query::select();
    select.column("figure");
    if whole {
        select.expr(Expr::val("")).expr(Expr::val(""));
    } else {
        select.columns(["field", "contract_kind"]).group_by_columns(["field", "contract_kind"]);
    }
    select
        .columns(["year", "organisation_id", "region"])
        .expr(Expr::cust("CAST(SUM(amount) AS BIGINT)"))
        .expr(Expr::cust("CAST(SUM(CASE WHEN amount > 0 THEN 1 ELSE -1 END) AS BIGINT)"))
        .from("ledger_entry")
        .and_where(Expr::col("organisation_id").is_not_null())
        .group_by_columns(["figure", "year", "organisation_id", "region"]);
    let mut insert = Query::insert();
    insert.into_table("organisation_sum").columns([
        "figure",
        "field",
        "contract_kind",
        "year",
        "organisation_id",
        "region",
        "amount",
        "contracts",
    ]);
    // The number of columns is the same by construction.
    let _ = insert.select_from(select);
    insert
}
