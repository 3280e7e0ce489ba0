//! The tables of brokers and their introductions.

/// What a broker (技术经理人) shows: grade, certificate, fields, hours of training.
pub mod broker_profile {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "broker_profile")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub grade: String,
        pub certificate: String,
        pub issuer: String,
        pub fields: String,
        pub regions: String,
        pub hours: String,
        pub summary: String,
        pub updated_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Pairs a broker works on alone for a time; `held` names the pair while the claim stands.
pub mod claim {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "claim")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub broker_id: Uuid,
        pub demand_id: Uuid,
        pub achievement_id: Uuid,
        pub held: Option<String>,
        pub state: String,
        pub stage: String,
        pub note: String,
        pub claimed_at: i64,
        pub touched_at: i64,
        pub expires_at: i64,
        pub reminded_at: Option<i64>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Things a broker has to do by a day.
pub mod broker_task {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "broker_task")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub broker_id: Uuid,
        pub claim_id: Option<Uuid>,
        pub deal_id: Option<Uuid>,
        pub title: String,
        pub due_on: String,
        pub done_at: Option<i64>,
        pub created_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a broker did for a pair or a deal: calls, visits, letters.
pub mod activity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "activity")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub broker_id: Uuid,
        pub claim_id: Option<Uuid>,
        pub deal_id: Option<Uuid>,
        pub kind: String,
        pub text: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a broker gets when a contract results (民法典 963), and who pays.
pub mod commission {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "commission")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub deal_id: Uuid,
        pub broker_id: Uuid,
        pub edition: i64,
        pub way: String,
        pub rate: i64,
        pub amount: i64,
        pub buyer_share: i64,
        pub state: String,
        pub proposed_by: Uuid,
        pub buyer_accepted_by: Option<Uuid>,
        pub seller_accepted_by: Option<Uuid>,
        pub buyer_accepted_at: Option<i64>,
        pub seller_accepted_at: Option<i64>,
        pub created_at: i64,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Payments of fees that brokers were told of.
pub mod fee_payment {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fee_payment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub commission_id: Uuid,
        pub payer: String,
        pub amount: i64,
        pub paid_on: String,
        pub note: String,
        pub person_id: Uuid,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Introductions of two parties by a broker: who, to whom, on what.
pub mod introduction {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "introduction")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub number: String,
        pub broker_id: Uuid,
        pub buyer_id: Uuid,
        pub seller_id: Uuid,
        pub demand_id: Uuid,
        pub achievement_id: Uuid,
        pub deal_id: Option<Uuid>,
        pub subject: String,
        pub made_at: i64,
        pub valid_until: i64,
        pub buyer_at: Option<i64>,
        pub seller_at: Option<i64>,
        pub buyer_by: Option<Uuid>,
        pub seller_by: Option<Uuid>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The chain of evidence: each record carries the hash of the one before.
pub mod introduction_entry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "introduction_entry")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        pub introduction_id: Uuid,
        pub kind: String,
        pub payload: String,
        pub previous: String,
        pub hash: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
