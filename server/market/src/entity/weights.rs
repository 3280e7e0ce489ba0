//! The weights of matches, and what they are learnt from.

/// Weights of matches that were learnt, adopted or put back.
pub mod weight_set {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "weight_set")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub edition: i64,
        pub origin: String,
        pub weights: String,
        pub pairs: i64,
        pub lists: i64,
        pub comparisons: i64,
        pub better: i64,
        pub worse: i64,
        pub declared: f64,
        pub in_force: f64,
        pub learnt: f64,
        pub person_id: Uuid,
        pub created_at: i64,
        pub adopted_by: Option<Uuid>,
        pub adopted_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a judged pair was made of while it could be known; without `text` it was not among those looked at closely.
pub mod judged_features {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "judged_features")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub listing_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub other_id: Uuid,
        pub text: Option<f64>,
        pub shares: String,
        pub kept_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
