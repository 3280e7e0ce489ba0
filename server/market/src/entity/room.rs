//! The tables of the deal room.

/// Accepted interests on their way to a contract.
pub mod deal {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub number: String,
        pub title: String,
        pub state: String,
        pub code: String,
        pub reason: String,
        pub interest_id: Uuid,
        pub buyer_id: Uuid,
        pub seller_id: Uuid,
        pub demand_id: Option<Uuid>,
        pub achievement_id: Option<Uuid>,
        pub broker_id: Option<Uuid>,
        pub due_on: Option<String>,
        pub due_what: String,
        pub created_at: i64,
        pub updated_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Messages within a deal.
pub mod message {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "message")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub deal_id: Uuid,
        pub person_id: Uuid,
        pub organisation_id: Option<Uuid>,
        pub parent_id: Option<Uuid>,
        pub body: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Confidentiality agreements of a deal: one text per edition, signed by both sides.
pub mod nda {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "nda")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub deal_id: Uuid,
        pub edition: i64,
        pub text: String,
        pub text_hash: String,
        pub state: String,
        pub person_id: Uuid,
        pub organisation_id: Uuid,
        pub created_at: i64,
        pub updated_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who signed which text of a confidentiality agreement, under which name and when.
pub mod nda_signature {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "nda_signature")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub nda_id: Uuid,
        pub organisation_id: Uuid,
        pub person_id: Uuid,
        pub name: String,
        pub text_hash: String,
        pub peer: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Every reading of a confidential text or file by somebody who does not own it.
pub mod disclosure {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "disclosure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub owner_id: Uuid,
        pub reader_id: Uuid,
        pub reader_organisation_id: Option<Uuid>,
        pub deal_id: Option<Uuid>,
        pub listing_id: Option<Uuid>,
        pub subject_kind: String,
        pub subject_id: Uuid,
        pub name: String,
        pub sha256: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// People who work on a deal, and in which part.
pub mod deal_member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deal_member")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub deal_id: Uuid,
        pub person_id: Uuid,
        pub organisation_id: Option<Uuid>,
        pub role: String,
        pub added_by: Option<Uuid>,
        pub added_at: i64,
        pub removed_at: Option<i64>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How far each member has read the thread of a deal.
pub mod deal_read {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deal_read")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub deal_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub read_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Documents of a deal; every version stays.
pub mod document {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "document")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub deal_id: Uuid,
        pub title: String,
        pub kind: String,
        pub edition: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Versions of a document: an attachment each.
pub mod document_version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "document_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub document_id: Uuid,
        pub attachment_id: Uuid,
        pub person_id: Uuid,
        pub organisation_id: Option<Uuid>,
        pub edition: i64,
        pub note: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Proposals and counter-proposals of terms, one edition each.
pub mod term_sheet {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "term_sheet")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub deal_id: Uuid,
        pub edition: i64,
        pub organisation_id: Uuid,
        pub person_id: Uuid,
        pub state: String,
        pub terms: String,
        pub note: String,
        pub created_at: i64,
        pub answered_by: Option<Uuid>,
        pub answered_at: Option<i64>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Technology tried before it is paid (先用后转), and what came of it.
pub mod trial {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "trial")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub deal_id: Uuid,
        pub starts_on: String,
        pub ends_on: String,
        pub goal: String,
        pub outcome: String,
        pub outcome_note: String,
        pub person_id: Uuid,
        pub created_at: i64,
        pub reminded_at: Option<i64>,
        pub ended_by: Option<Uuid>,
        pub ended_at: Option<i64>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
