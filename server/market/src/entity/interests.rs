//! The tables of interests and of how they are answered.

/// First contacts.
pub mod interest {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "interest")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub listing_id: Uuid,
        pub from_organisation_id: Uuid,
        pub from_person_id: Uuid,
        pub to_organisation_id: Uuid,
        pub counter_id: Option<Uuid>,
        pub broker_id: Option<Uuid>,
        pub answered_by: Option<Uuid>,
        pub message: String,
        pub state: String,
        pub code: String,
        pub reason: String,
        pub answered_at: Option<i64>,
        pub fit: String,
        pub indicators: String,
        pub cooperation: String,
        pub hidden: bool,
        pub acknowledged_at: Option<i64>,
        pub due_at: Option<i64>,
        pub reminded_at: Option<i64>,
        pub created_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How an organisation answers those who ask, as its listings are indexed with it. Without a row it was asked too rarely to tell.
pub mod response {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "response")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: Uuid,
        pub percent: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
