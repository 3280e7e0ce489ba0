//! Deals from interest to signature: confidentiality, the deal room, public notices and sales, brokers and their introductions, notices.

use sea_orm_migration::prelude::*;

use crate::table::{flag, id, index, integer, table, text};

/// The deal room and what belongs to it; more columns for `interest`, `message` and `attachment`.
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_deals"
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table("nda")
            .id()
            .with(id, &["deal_id"])
            .with(integer, &["edition"])
            .with(text, &["text", "text_hash", "state"])
            .with(id, &["person_id", "organisation_id"])
            .with(integer, &["created_at", "updated_at", "version"])
            .refers("deal_id", "deal")
            .build(),
        table("nda_signature")
            .id()
            .with(id, &["nda_id", "organisation_id", "person_id"])
            .with(text, &["name", "text_hash", "peer"])
            .with(integer, &["at"])
            .refers("nda_id", "nda")
            .build(),
        table("disclosure")
            .id()
            .with(id, &["owner_id", "reader_id"])
            .maybe(id, &["reader_organisation_id", "deal_id", "listing_id"])
            .with(text, &["subject_kind"])
            .with(id, &["subject_id"])
            .with(text, &["name", "sha256"])
            .with(integer, &["at"])
            .refers("owner_id", "organisation")
            .build(),
        table("deal_member")
            .id()
            .with(id, &["deal_id", "person_id"])
            .maybe(id, &["organisation_id"])
            .with(text, &["role"])
            .maybe(id, &["added_by"])
            .with(integer, &["added_at"])
            .maybe(integer, &["removed_at"])
            .with(integer, &["version"])
            .refers("deal_id", "deal")
            .refers("person_id", "person")
            .build(),
        table("deal_read")
            .with(id, &["deal_id", "person_id"])
            .with(integer, &["read_at"])
            .keys(&["deal_id", "person_id"])
            .refers("deal_id", "deal")
            .refers("person_id", "person")
            .build(),
        table("document")
            .id()
            .with(id, &["deal_id"])
            .with(text, &["title", "kind"])
            .with(integer, &["edition", "created_at", "updated_at", "version"])
            .refers("deal_id", "deal")
            .build(),
        table("document_version")
            .id()
            .with(id, &["document_id", "attachment_id", "person_id"])
            .maybe(id, &["organisation_id"])
            .with(integer, &["edition"])
            .with(text, &["note"])
            .with(integer, &["at"])
            .refers("document_id", "document")
            .build(),
        table("term_sheet")
            .id()
            .with(id, &["deal_id"])
            .with(integer, &["edition"])
            .with(id, &["organisation_id", "person_id"])
            .with(text, &["state", "terms", "note"])
            .with(integer, &["created_at"])
            .maybe(id, &["answered_by"])
            .maybe(integer, &["answered_at"])
            .with(integer, &["version"])
            .refers("deal_id", "deal")
            .build(),
        table("trial")
            .id()
            .with(id, &["deal_id"])
            .with(text, &["starts_on", "ends_on", "goal", "outcome", "outcome_note"])
            .with(id, &["person_id"])
            .with(integer, &["created_at"])
            .maybe(integer, &["reminded_at"])
            .maybe(id, &["ended_by"])
            .maybe(integer, &["ended_at"])
            .with(integer, &["version"])
            .refers("deal_id", "deal")
            .build(),
        table("public_notice")
            .id()
            .with(text, &["number"])
            .with(id, &["deal_id", "organisation_id"])
            .with(text, &["title", "summary", "way"])
            .with(integer, &["price"])
            .with(text, &["buyer"])
            .with(flag, &["interested"])
            .with(text, &["interest_note", "first_refusal", "first_refusal_note", "state", "reason"])
            .with(integer, &["opens_at", "ends_at"])
            .with(id, &["person_id"])
            .with(integer, &["created_at", "version"])
            .refers("deal_id", "deal")
            .refers("organisation_id", "organisation")
            .build(),
        table("objection")
            .id()
            .with(id, &["notice_id"])
            .maybe(id, &["person_id"])
            .with(text, &["name", "contact", "text", "state", "answer"])
            .maybe(id, &["answered_by"])
            .maybe(integer, &["answered_at"])
            .with(integer, &["created_at", "version"])
            .refers("notice_id", "public_notice")
            .build(),
        table("sale")
            .id()
            .with(text, &["number"])
            .with(id, &["listing_id", "organisation_id"])
            .with(text, &["way", "state", "rules", "reason"])
            .with(integer, &["price", "step", "deposit", "opens_at", "closes_at", "extension", "extended"])
            .maybe(id, &["winner_id"])
            .with(id, &["person_id"])
            .with(integer, &["created_at"])
            .maybe(integer, &["settled_at"])
            .with(integer, &["version"])
            .refers("listing_id", "listing")
            .refers("organisation_id", "organisation")
            .build(),
        table("bidder")
            .id()
            .with(id, &["sale_id", "organisation_id", "person_id"])
            .with(text, &["state", "note"])
            .maybe(integer, &["place"])
            .with(integer, &["created_at", "updated_at", "version"])
            .refers("sale_id", "sale")
            .refers("organisation_id", "organisation")
            .build(),
        table("bid")
            .id()
            .with(id, &["sale_id"])
            .with(integer, &["seq"])
            .with(id, &["organisation_id", "person_id"])
            .with(integer, &["amount", "at"])
            .with(flag, &["accepted"])
            .with(text, &["code"])
            .refers("sale_id", "sale")
            .refers("organisation_id", "organisation")
            .build(),
        table("broker_profile")
            .with(id, &["person_id"])
            .with(text, &["grade", "certificate", "issuer", "fields", "regions", "hours", "summary"])
            .with(integer, &["updated_at", "version"])
            .keys(&["person_id"])
            .refers("person_id", "person")
            .build(),
        table("claim")
            .id()
            .with(id, &["broker_id", "demand_id", "achievement_id"])
            .maybe(text, &["held"])
            .with(text, &["state", "stage", "note"])
            .with(integer, &["claimed_at", "touched_at", "expires_at", "version"])
            .maybe(integer, &["reminded_at"])
            .refers("broker_id", "person")
            .refers("demand_id", "listing")
            .refers("achievement_id", "listing")
            .build(),
        table("broker_task")
            .id()
            .with(id, &["broker_id"])
            .maybe(id, &["claim_id", "deal_id"])
            .with(text, &["title", "due_on"])
            .maybe(integer, &["done_at"])
            .with(integer, &["created_at", "version"])
            .refers("broker_id", "person")
            .build(),
        table("activity")
            .id()
            .with(id, &["broker_id"])
            .maybe(id, &["claim_id", "deal_id"])
            .with(text, &["kind", "text"])
            .with(integer, &["at"])
            .refers("broker_id", "person")
            .build(),
        table("commission")
            .id()
            .with(id, &["deal_id", "broker_id"])
            .with(integer, &["edition"])
            .with(text, &["way"])
            .with(integer, &["rate", "amount", "buyer_share"])
            .with(text, &["state"])
            .with(id, &["proposed_by"])
            .maybe(id, &["buyer_accepted_by", "seller_accepted_by"])
            .maybe(integer, &["buyer_accepted_at", "seller_accepted_at"])
            .with(integer, &["created_at", "version"])
            .refers("deal_id", "deal")
            .refers("broker_id", "person")
            .build(),
        table("fee_payment")
            .id()
            .with(id, &["commission_id"])
            .with(text, &["payer"])
            .with(integer, &["amount"])
            .with(text, &["paid_on", "note"])
            .with(id, &["person_id"])
            .with(integer, &["at"])
            .refers("commission_id", "commission")
            .build(),
        table("introduction")
            .id()
            .with(text, &["number"])
            .with(id, &["broker_id", "buyer_id", "seller_id", "demand_id", "achievement_id"])
            .maybe(id, &["deal_id"])
            .with(text, &["subject"])
            .with(integer, &["made_at", "valid_until"])
            .maybe(integer, &["buyer_at", "seller_at"])
            .maybe(id, &["buyer_by", "seller_by"])
            .with(integer, &["version"])
            .refers("broker_id", "person")
            .refers("buyer_id", "organisation")
            .refers("seller_id", "organisation")
            .build(),
        table("introduction_entry")
            .sequence("seq")
            .with(id, &["introduction_id"])
            .with(text, &["kind", "payload", "previous", "hash"])
            .with(integer, &["at"])
            .refers("introduction_id", "introduction")
            .build(),
        table("question")
            .id()
            .with(text, &["number"])
            .with(id, &["from_organisation_id", "from_person_id", "to_organisation_id"])
            .maybe(id, &["demand_id", "achievement_id"])
            .with(text, &["expert", "text", "state", "answer"])
            .maybe(id, &["answered_by"])
            .maybe(integer, &["answered_at", "reminded_at"])
            .with(integer, &["created_at", "version"])
            .refers("from_organisation_id", "organisation")
            .refers("to_organisation_id", "organisation")
            .build(),
        table("notice")
            .id()
            .with(id, &["person_id"])
            .with(text, &["kind", "subject", "body", "dedupe"])
            .with(flag, &["shown", "daily"])
            .with(integer, &["created_at"])
            .maybe(integer, &["read_at", "mailed_at"])
            .refers("person_id", "person")
            .build(),
        table("notice_setting")
            .with(id, &["person_id"])
            .with(text, &["kind"])
            .with(flag, &["in_app"])
            .with(text, &["mail"])
            .keys(&["person_id", "kind"])
            .refers("person_id", "person")
            .build(),
        table("unsubscribe")
            .with(id, &["person_id"])
            .with(text, &["token"])
            .with(integer, &["created_at"])
            .keys(&["person_id"])
            .refers("person_id", "person")
            .build(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("nda", &["deal_id", "edition"], true),
        index("nda_signature", &["nda_id", "organisation_id"], true),
        index("disclosure", &["owner_id", "at"], false),
        index("disclosure", &["deal_id", "at"], false),
        index("disclosure", &["listing_id", "at"], false),
        index("deal_member", &["deal_id", "person_id"], true),
        index("deal_member", &["person_id"], false),
        index("document", &["deal_id"], false),
        index("document_version", &["document_id", "edition"], true),
        index("document_version", &["attachment_id"], true),
        index("term_sheet", &["deal_id", "edition"], true),
        index("trial", &["deal_id"], true),
        index("public_notice", &["number"], true),
        index("public_notice", &["deal_id"], false),
        index("public_notice", &["state", "ends_at"], false),
        index("objection", &["notice_id", "created_at"], false),
        index("sale", &["number"], true),
        index("sale", &["listing_id"], false),
        index("sale", &["state", "closes_at"], false),
        index("bidder", &["sale_id", "organisation_id"], true),
        index("bid", &["sale_id", "seq"], true),
        index("claim", &["held"], true),
        index("claim", &["broker_id", "state"], false),
        index("claim", &["demand_id"], false),
        index("claim", &["achievement_id"], false),
        index("claim", &["state", "expires_at"], false),
        index("broker_task", &["broker_id", "done_at", "due_on"], false),
        index("activity", &["broker_id", "at"], false),
        index("activity", &["claim_id", "at"], false),
        index("activity", &["deal_id", "at"], false),
        index("commission", &["deal_id", "edition"], true),
        index("commission", &["broker_id"], false),
        index("fee_payment", &["commission_id", "at"], false),
        index("introduction", &["number"], true),
        index("introduction", &["broker_id", "made_at"], false),
        index("introduction", &["buyer_id", "seller_id"], false),
        index("introduction_entry", &["introduction_id", "seq"], false),
        index("introduction_entry", &["hash"], true),
        index("question", &["number"], true),
        index("question", &["from_organisation_id", "created_at"], false),
        index("question", &["to_organisation_id", "created_at"], false),
        index("question", &["state", "created_at"], false),
        index("notice", &["dedupe"], true),
        index("notice", &["person_id", "read_at"], false),
        index("notice", &["person_id", "subject", "created_at"], false),
        index("notice", &["daily", "created_at"], false),
        index("unsubscribe", &["token"], true),
        index("interest", &["state", "due_at"], false),
    ]
}

/// Columns that older tables get: table, name, whether it is a number, an id or a text, and its value in old rows.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let text = |name: &'static str, value: &'static str| ColumnDef::new(name).text().not_null().default(value).to_owned();
    let number = |name: &'static str| ColumnDef::new(name).big_integer().null().to_owned();
    let id = |name: &'static str| ColumnDef::new(name).uuid().null().to_owned();
    vec![
        ("interest", text("fit", "")),
        ("interest", text("indicators", "[]")),
        ("interest", text("cooperation", "")),
        ("interest", ColumnDef::new("hidden").boolean().not_null().default(false).to_owned()),
        ("interest", number("acknowledged_at")),
        ("interest", number("due_at")),
        ("interest", number("reminded_at")),
        ("message", id("parent_id")),
        ("deal", ColumnDef::new("due_on").text().null().to_owned()),
        ("deal", text("due_what", "")),
        ("attachment", text("reason", "")),
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
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().table("interest").name("ix_interest_state_due_at").to_owned()).await?;
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
