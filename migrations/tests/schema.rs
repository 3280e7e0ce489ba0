//! The schema goes up, down and up again, on SQLite and, when `TEST_DATABASE_URL` names one, on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use keqiao_migrations::Migrator;
use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection},
};

async fn up_down_up(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    assert!(Migrator::get_pending_migrations(db).await.unwrap().is_empty());
    Migrator::down(db, None).await.unwrap();
    assert!(Migrator::get_applied_migrations(db).await.unwrap().is_empty());
    Migrator::up(db, None).await.unwrap();
    // What was made again works: a row goes in and comes out.
    db.execute_unprepared("INSERT INTO counter (name, value) VALUES ('a', 1)").await.unwrap();
    db.execute_unprepared("INSERT INTO counter (name, value) VALUES ('a', 2)").await.unwrap_err();
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::connect(format!("sqlite://{}?mode=rwc", folder.path().join("a.db").display())).await.unwrap();
    up_down_up(&db).await;
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_on_postgresql() {
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else { return };
    let schema = format!("m{}", std::process::id());
    let plain = Database::connect(&url).await.unwrap();
    plain.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
    let mut options = ConnectOptions::new(url);
    options.set_schema_search_path(&schema).max_connections(2);
    up_down_up(&Database::connect(options).await.unwrap()).await;
    plain.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
}
