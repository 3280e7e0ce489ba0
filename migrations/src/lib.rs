//! The schema of the market, forwards and backwards, on SQLite and PostgreSQL.
//!
//! Conventions: ids are UUIDv7; people see numbers such as `XQ-2026-000123`; times are microseconds since 1970 UTC in a 64-bit integer and
//! dates are ISO text, because both sort and compare alike on both databases; money is whole fen in a 64-bit integer; codes are text.

use sea_orm_migration::prelude::*;

mod m0001_market;
mod m0002_feedback;
mod m0003_deals;
mod m0004_register;
mod m0005_response;
mod m0006_embedding;
mod m0007_weights;
mod table;

/// Every migration in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_market::Migration),
            Box::new(m0002_feedback::Migration),
            Box::new(m0003_deals::Migration),
            Box::new(m0004_register::Migration),
            Box::new(m0005_response::Migration),
            Box::new(m0006_embedding::Migration),
            Box::new(m0007_weights::Migration),
        ]
    }
}
