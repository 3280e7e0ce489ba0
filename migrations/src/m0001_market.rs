//! People, organisations, listings, matches, interests, deals, contracts, the ledger, and what the program itself needs.

use sea_orm_migration::prelude::*;

use crate::table::{flag, float, id, index, integer, table, text};

/// The first schema.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_market"
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("person")
            .id()
            .with(text, &["email", "name", "password_hash", "lang"])
            .with(flag, &["broker", "admin", "demo"])
            .maybe(text, &["officer_region"])
            .maybe(id, &["organisation_id"])
            .maybe(integer, &["verified_at", "disabled_at"])
            .with(integer, &["created_at", "version"])
            .build(),
        table("session")
            .id()
            .with(text, &["token_hash", "agent", "peer"])
            .with(id, &["person_id"])
            .with(integer, &["created_at", "seen_at", "expires_at"])
            .refers("person_id", "person")
            .build(),
        table("ticket")
            .id()
            .with(text, &["token_hash", "purpose"])
            .with(id, &["person_id"])
            .with(integer, &["created_at", "expires_at"])
            .maybe(integer, &["used_at"])
            .refers("person_id", "person")
            .build(),
        table("organisation")
            .id()
            .with(text, &["credit_code", "name", "name_en", "kind", "legal_kind", "region", "industry", "summary", "website"])
            .with(integer, &["created_at", "version"])
            .build(),
        table("membership")
            .id()
            .with(id, &["person_id", "organisation_id"])
            .with(flag, &["manager"])
            .with(text, &["state"])
            .with(integer, &["created_at", "version"])
            .refers("person_id", "person")
            .refers("organisation_id", "organisation")
            .build(),
        table("listing")
            .id()
            .with(text, &["kind", "number", "state", "language", "title", "summary", "detail", "field", "industry", "region"])
            .with(text, &["cooperation", "keywords", "indicators", "body", "returned"])
            .with(id, &["organisation_id"])
            .maybe(id, &["person_id"])
            .maybe(integer, &["trl", "price_min", "price_max", "published_at"])
            .maybe(text, &["deadline", "external_id"])
            .with(integer, &["created_at", "updated_at", "version"])
            .refers("organisation_id", "organisation")
            .refers("person_id", "person")
            .build(),
        table("attachment")
            .id()
            .with(text, &["subject_kind", "name", "media_type", "sha256"])
            .with(id, &["subject_id"])
            .maybe(id, &["person_id"])
            .with(flag, &["confidential"])
            .with(integer, &["size", "created_at"])
            .build(),
        table("matched")
            .with(id, &["listing_id", "other_id"])
            .with(float, &["score"])
            .with(integer, &["place", "computed_at"])
            .keys(&["listing_id", "other_id"])
            .refers("listing_id", "listing")
            .refers("other_id", "listing")
            .build(),
        table("recommendation")
            .id()
            .with(id, &["broker_id", "demand_id", "achievement_id"])
            .with(text, &["note"])
            .with(integer, &["created_at"])
            .refers("broker_id", "person")
            .refers("demand_id", "listing")
            .refers("achievement_id", "listing")
            .build(),
        table("interest")
            .id()
            .with(id, &["listing_id", "from_organisation_id", "from_person_id", "to_organisation_id"])
            .maybe(id, &["counter_id", "broker_id", "answered_by"])
            .with(text, &["message", "state", "code", "reason"])
            .maybe(integer, &["answered_at"])
            .with(integer, &["created_at", "version"])
            .refers("listing_id", "listing")
            .refers("from_organisation_id", "organisation")
            .refers("to_organisation_id", "organisation")
            .build(),
        table("deal")
            .id()
            .with(text, &["number", "title", "state", "code", "reason"])
            .with(id, &["interest_id", "buyer_id", "seller_id"])
            .maybe(id, &["demand_id", "achievement_id", "broker_id"])
            .with(integer, &["created_at", "updated_at", "version"])
            .refers("interest_id", "interest")
            .refers("buyer_id", "organisation")
            .refers("seller_id", "organisation")
            .build(),
        table("message")
            .id()
            .with(id, &["deal_id", "person_id"])
            .maybe(id, &["organisation_id"])
            .with(text, &["body"])
            .with(integer, &["created_at"])
            .refers("deal_id", "deal")
            .refers("person_id", "person")
            .build(),
        table("contract")
            .id()
            .with(
                text,
                &["number", "kind", "subkind", "title", "field", "region", "signed_on", "starts_on", "ends_on", "payment", "summary"],
            )
            .with(text, &["state", "code", "reason"])
            .maybe(text, &["registration_number"])
            .with(id, &["seller_id", "buyer_id"])
            .maybe(id, &["deal_id", "demand_id", "achievement_id", "person_id"])
            .with(integer, &["value", "technical_value", "created_at", "updated_at", "version"])
            .maybe(integer, &["registered_at"])
            .refers("seller_id", "organisation")
            .refers("buyer_id", "organisation")
            .refers("deal_id", "deal")
            .build(),
        table("ledger_entry")
            .sequence("seq")
            .with(text, &["figure", "subject", "evidence", "region", "field", "contract_kind", "on_date", "note"])
            .maybe(id, &["contract_id"])
            .with(integer, &["amount", "year", "posted_at"])
            .build(),
        table("target").id().with(text, &["figure", "region"]).with(integer, &["year", "amount", "version"]).build(),
        table("move_log")
            .id()
            .with(text, &["subject_kind", "from_state", "to_state", "action", "code", "reason"])
            .with(id, &["subject_id"])
            .maybe(id, &["person_id"])
            .with(integer, &["at"])
            .build(),
        table("audit")
            .id()
            .with(text, &["action", "subject_kind", "detail"])
            .maybe(id, &["person_id", "subject_id"])
            .with(integer, &["at"])
            .build(),
        table("outbox").sequence("seq").with(text, &["kind", "payload"]).with(id, &["subject_id"]).with(integer, &["at"]).build(),
        table("consumer").key("name").with(integer, &["seq"]).build(),
        table("mail")
            .id()
            .with(text, &["address", "subject", "body", "state", "error", "dedupe"])
            .with(integer, &["attempts", "created_at", "next_at"])
            .maybe(integer, &["sent_at"])
            .build(),
        table("counter").key("name").with(integer, &["value"]).build(),
        table("bucket").key("name").with(integer, &["tokens", "at"]).build(),
        table("once").with(id, &["token"]).with(text, &["result"]).with(integer, &["at"]).keys(&["token"]).build(),
        table("house").id().with(integer, &["created_at"]).build(),
        table("import_batch")
            .id()
            .with(text, &["kind", "file_name", "state", "rows", "problems"])
            .with(id, &["person_id"])
            .maybe(id, &["organisation_id"])
            .with(integer, &["good", "bad", "created_at", "version"])
            .build(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("person", &["email"], true),
        index("session", &["token_hash"], true),
        index("session", &["person_id"], false),
        index("ticket", &["token_hash"], true),
        index("organisation", &["credit_code"], true),
        index("organisation", &["region"], false),
        index("membership", &["person_id", "organisation_id"], true),
        index("membership", &["organisation_id"], false),
        index("listing", &["number"], true),
        index("listing", &["organisation_id", "kind", "external_id"], true),
        index("listing", &["kind", "state", "published_at"], false),
        index("listing", &["state", "updated_at"], false),
        index("attachment", &["subject_kind", "subject_id"], false),
        index("matched", &["other_id"], false),
        index("recommendation", &["broker_id", "demand_id", "achievement_id"], true),
        index("recommendation", &["demand_id"], false),
        index("recommendation", &["achievement_id"], false),
        index("interest", &["listing_id", "state"], false),
        index("interest", &["from_organisation_id", "created_at"], false),
        index("interest", &["to_organisation_id", "created_at"], false),
        index("deal", &["number"], true),
        index("deal", &["interest_id"], true),
        index("deal", &["buyer_id"], false),
        index("deal", &["seller_id"], false),
        index("deal", &["broker_id"], false),
        index("deal", &["demand_id"], false),
        index("deal", &["achievement_id"], false),
        index("message", &["deal_id", "created_at"], false),
        index("contract", &["number"], true),
        index("contract", &["deal_id"], true),
        index("contract", &["registration_number"], true),
        index("contract", &["state", "updated_at"], false),
        index("contract", &["seller_id"], false),
        index("contract", &["buyer_id"], false),
        index("ledger_entry", &["evidence"], true),
        index("ledger_entry", &["figure", "year", "region"], false),
        index("ledger_entry", &["figure", "subject"], false),
        index("ledger_entry", &["contract_id"], false),
        index("target", &["figure", "year", "region"], true),
        index("move_log", &["subject_kind", "subject_id", "at"], false),
        index("audit", &["at"], false),
        index("audit", &["subject_kind", "subject_id"], false),
        index("mail", &["dedupe"], true),
        index("mail", &["state", "next_at"], false),
        index("import_batch", &["person_id", "created_at"], false),
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
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables().into_iter().rev() {
            if let Some(name) = table.get_table_name().cloned() {
                manager.drop_table(Table::drop().table(name).to_owned()).await?;
            }
        }
        Ok(())
    }
}
