//! The tables of public notices and sales.

/// Names and prices on public notice (公示) before a public unit signs.
pub mod public_notice {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "public_notice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub number: String,
        pub deal_id: Uuid,
        pub organisation_id: Uuid,
        pub title: String,
        pub summary: String,
        pub way: String,
        pub price: i64,
        pub buyer: String,
        pub interested: bool,
        pub interest_note: String,
        pub first_refusal: String,
        pub first_refusal_note: String,
        pub state: String,
        pub reason: String,
        pub opens_at: i64,
        pub ends_at: i64,
        pub person_id: Uuid,
        pub created_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Objections of named persons to a public notice, and the answers.
pub mod objection {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "objection")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub notice_id: Uuid,
        pub person_id: Option<Uuid>,
        pub name: String,
        pub contact: String,
        pub text: String,
        pub state: String,
        pub answer: String,
        pub answered_by: Option<Uuid>,
        pub answered_at: Option<i64>,
        pub created_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Achievements sold at a listed price (挂牌) or by auction (拍卖).
pub mod sale {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sale")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub number: String,
        pub listing_id: Uuid,
        pub organisation_id: Uuid,
        pub way: String,
        pub state: String,
        pub rules: String,
        pub reason: String,
        pub price: i64,
        pub step: i64,
        pub deposit: i64,
        pub opens_at: i64,
        pub closes_at: i64,
        pub extension: i64,
        pub extended: i64,
        pub winner_id: Option<Uuid>,
        pub person_id: Uuid,
        pub created_at: i64,
        pub settled_at: Option<i64>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who takes part in a sale, and whether the deposit is marked as paid.
pub mod bidder {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bidder")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub sale_id: Uuid,
        pub organisation_id: Uuid,
        pub person_id: Uuid,
        pub state: String,
        pub note: String,
        pub place: Option<i64>,
        pub created_at: i64,
        pub updated_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Every bid of a sale in its order, refused ones with the reason.
pub mod bid {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bid")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub sale_id: Uuid,
        pub seq: i64,
        pub organisation_id: Uuid,
        pub person_id: Uuid,
        pub amount: i64,
        pub at: i64,
        pub accepted: bool,
        pub code: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
