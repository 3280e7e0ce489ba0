//! Connections and transactions. Every change goes through [`Tx`]: one transaction with its audit entry and outbox event.

use std::{ops::Deref, path::Path, time::Duration};

use keqiao_migrations::Migrator;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, EntityTrait, QueryFilter, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Event, Result,
    entity::{audit, counter, move_log, once, outbox},
    rules,
};

/// Key of the PostgreSQL advisory lock under which outbox rows are numbered, so that they commit in the order of their numbers.
const OUTBOX_LOCK: i64 = 0x6b65_7169_616f;

/// Opens a database by URL (`sqlite://path?mode=rwc`, `postgres://…`) with the settings the market relies on.
///
/// # Errors
/// [`Error::Internal`] when it cannot be reached.
pub async fn connect(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.sqlx_logging(false).acquire_timeout(Duration::from_secs(30)).connect_timeout(Duration::from_secs(10));
    if url.starts_with("sqlite") {
        options.max_connections(8).map_sqlx_sqlite_opts(|o| {
            o.create_if_missing(true)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("foreign_keys", "ON")
                .pragma("cache_size", "-32000")
                .busy_timeout(Duration::from_secs(20))
        });
    } else {
        options.max_connections(16);
    }
    Database::connect(options).await.map_err(|e| Error::internal(format!("cannot open the database: {e}")))
}

/// The URL of an embedded database file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

/// Brings the schema up to date and enters the rules a new house begins with.
///
/// # Errors
/// [`Error::Internal`] when a migration fails.
pub async fn migrate(db: &DatabaseConnection) -> Result<()> {
    Migrator::up(db, None).await.map_err(|e| Error::internal(format!("migration: {e}")))?;
    rules::adopt(db).await
}

/// Microseconds since 1970 UTC.
pub fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

/// The time of microseconds since 1970 UTC.
pub fn from_micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Which table a move, an audit entry or an attachment belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the tables")]
pub enum Subject {
    Person,
    Organisation,
    Listing,
    Interest,
    Deal,
    Message,
    Contract,
    Target,
    Import,
    House,
    Nda,
    Document,
    Terms,
    PublicNotice,
    Objection,
    Sale,
    Bidder,
    Claim,
    Introduction,
    Commission,
    Question,
    Rule,
    Amendment,
    Milestone,
    Receipt,
    Dispute,
    Reward,
    Report,
    Weights,
}

impl Subject {
    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Listing => "listing",
            Self::Interest => "interest",
            Self::Deal => "deal",
            Self::Message => "message",
            Self::Contract => "contract",
            Self::Target => "target",
            Self::Import => "import",
            Self::House => "house",
            Self::Nda => "nda",
            Self::Document => "document",
            Self::Terms => "terms",
            Self::PublicNotice => "public_notice",
            Self::Objection => "objection",
            Self::Sale => "sale",
            Self::Bidder => "bidder",
            Self::Claim => "claim",
            Self::Introduction => "introduction",
            Self::Commission => "commission",
            Self::Question => "question",
            Self::Rule => "rule",
            Self::Amendment => "amendment",
            Self::Milestone => "milestone",
            Self::Receipt => "receipt",
            Self::Dispute => "dispute",
            Self::Reward => "reward",
            Self::Report => "report",
            Self::Weights => "weights",
        }
    }
}

/// A move to be stored with the change.
pub(crate) struct Moved<'a> {
    pub(crate) subject: Subject,
    pub(crate) id: Uuid,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) action: &'a str,
    pub(crate) code: &'a str,
    pub(crate) reason: &'a str,
}

/// A writing transaction: IMMEDIATE on SQLite, read committed with version guards on PostgreSQL. Dropping it changes nothing.
pub(crate) struct Tx {
    inner: DatabaseTransaction,
    /// The actor's person id.
    person: Option<Uuid>,
    /// The time of the whole change, in microseconds.
    pub(crate) now: i64,
    once: Option<Uuid>,
}

impl Deref for Tx {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

/// What a form posted twice finds: its first result, or the way free to carry it out.
pub(crate) enum Once {
    /// Not carried out before.
    Free,
    /// Carried out before, with this result.
    Done(String),
}

impl Tx {
    /// Begins the one transaction of a use case.
    pub(crate) async fn begin(db: &DatabaseConnection, actor: &Actor, now: OffsetDateTime) -> Result<Self> {
        let options = TransactionOptions {
            sqlite_transaction_mode: (db.get_database_backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        #[expect(clippy::disallowed_methods, reason = "the one place where writing transactions begin")]
        let inner = db.begin_with_options(options).await?;
        Ok(Self { inner, person: actor.id(), now: micros(now), once: None })
    }

    /// Asks whether a form with this token was carried out before. On PostgreSQL a concurrent twin waits here until the first one ends.
    pub(crate) async fn once(&mut self, token: Option<Uuid>) -> Result<Once> {
        let Some(token) = token else { return Ok(Once::Free) };
        let inserted = once::Entity::insert(once::ActiveModel { token: Set(token), result: Set(String::new()), at: Set(self.now) })
            .on_conflict(sea_orm::sea_query::OnConflict::column(once::Column::Token).do_nothing().to_owned())
            .exec_without_returning(&self.inner)
            .await?;
        if inserted == 0 {
            let before = once::Entity::find_by_id(token).one(&self.inner).await?;
            return Ok(Once::Done(before.map(|o| o.result).unwrap_or_default()));
        }
        self.once = Some(token);
        Ok(Once::Free)
    }

    /// Notes what a form posted again is answered with.
    pub(crate) async fn result(&self, result: impl ToString) -> Result<()> {
        if let Some(token) = self.once {
            once::Entity::update_many()
                .col_expr(once::Column::Result, sea_orm::sea_query::Expr::value(result.to_string()))
                .filter(once::Column::Token.eq(token))
                .exec(&self.inner)
                .await?;
        }
        Ok(())
    }

    /// Writes who did what.
    pub(crate) async fn audit(&self, action: &str, subject: Subject, id: Option<Uuid>, detail: Value) -> Result<()> {
        audit::ActiveModel {
            id: Set(Uuid::now_v7()),
            action: Set(action.to_owned()),
            subject_kind: Set(subject.code().to_owned()),
            detail: Set(detail.to_string()),
            person_id: Set(self.person),
            subject_id: Set(id),
            at: Set(self.now),
        }
        .insert(&self.inner)
        .await?;
        Ok(())
    }

    /// Stores a move and its audit entry.
    pub(crate) async fn moved(&self, moved: Moved<'_>) -> Result<()> {
        move_log::ActiveModel {
            id: Set(Uuid::now_v7()),
            subject_kind: Set(moved.subject.code().to_owned()),
            from_state: Set(moved.from.to_owned()),
            to_state: Set(moved.to.to_owned()),
            action: Set(moved.action.to_owned()),
            code: Set(moved.code.to_owned()),
            reason: Set(moved.reason.to_owned()),
            subject_id: Set(moved.id),
            person_id: Set(self.person),
            at: Set(self.now),
        }
        .insert(&self.inner)
        .await?;
        let action = format!("{}.{}", moved.subject.code(), moved.action);
        self.audit(&action, moved.subject, Some(moved.id), serde_json::json!({ "from": moved.from, "to": moved.to })).await
    }

    /// Puts an event into the outbox. On PostgreSQL a lock makes events commit in the order of their numbers, so that a reader never steps
    /// over a gap that is still being written.
    pub(crate) async fn emit(&self, event: Event, subject: Uuid, payload: Value) -> Result<()> {
        self.lock_outbox().await?;
        outbox::ActiveModel {
            kind: Set(event.code().to_owned()),
            payload: Set(payload.to_string()),
            subject_id: Set(subject),
            at: Set(self.now),
            ..Default::default()
        }
        .insert(&self.inner)
        .await?;
        Ok(())
    }

    /// Tells people of something: the worker that reads the outbox writes each of them a notice and, as they wish, a letter.
    pub(crate) async fn tell(&self, subject: Uuid, telling: &crate::notices::Telling) -> Result<()> {
        self.emit(Event::Told, subject, serde_json::to_value(telling)?).await
    }

    async fn lock_outbox(&self) -> Result<()> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            let lock = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_advisory_xact_lock($1)", [OUTBOX_LOCK.into()]);
            self.inner.execute_raw(lock).await?;
        }
        Ok(())
    }

    /// Puts one event for each of many subjects into the outbox, as [`Tx::emit`] does for one.
    pub(crate) async fn emit_many(&self, event: Event, subjects: &[Uuid]) -> Result<()> {
        if subjects.is_empty() {
            return Ok(());
        }
        self.lock_outbox().await?;
        for chunk in subjects.chunks(1_000) {
            let rows = chunk.iter().map(|subject| outbox::ActiveModel {
                kind: Set(event.code().to_owned()),
                payload: Set(Value::Null.to_string()),
                subject_id: Set(*subject),
                at: Set(self.now),
                ..Default::default()
            });
            outbox::Entity::insert_many(rows).exec_without_returning(&self.inner).await?;
        }
        Ok(())
    }

    /// The next number of a series (`XQ`, `CG`, `JY`, `HT` and the year): without gaps, because it is taken inside the transaction.
    pub(crate) async fn number(&self, series: &str, year: i32) -> Result<String> {
        let next = self.next(&format!("{series}-{year}")).await?;
        Ok(format!("{series}-{year}-{next:06}"))
    }

    /// The next numbers of a series. Asking for none still locks the series until the transaction ends.
    pub(crate) async fn numbers(&self, series: &str, year: i32, count: usize) -> Result<Vec<String>> {
        let count = i64::try_from(count).map_err(Error::internal)?;
        let last = self.advance(&format!("{series}-{year}"), count).await?;
        Ok((last - count + 1..=last).map(|next| format!("{series}-{year}-{next:06}")).collect())
    }

    /// The next value of a counter.
    pub(crate) async fn next(&self, name: &str) -> Result<i64> {
        self.advance(name, 1).await
    }

    /// Takes the row lock of a counter for the rest of the transaction, without counting.
    pub(crate) async fn hold(&self, name: &str) -> Result<()> {
        self.advance(name, 0).await?;
        Ok(())
    }

    async fn advance(&self, name: &str, by: i64) -> Result<i64> {
        use sea_orm::{
            ExprTrait,
            sea_query::{Expr, OnConflict},
        };
        counter::Entity::insert(counter::ActiveModel { name: Set(name.to_owned()), value: Set(0) })
            .on_conflict(OnConflict::column(counter::Column::Name).do_nothing().to_owned())
            .exec_without_returning(&self.inner)
            .await?;
        // The update locks the row, so the value read afterwards is this transaction's own.
        counter::Entity::update_many()
            .col_expr(counter::Column::Value, Expr::col(counter::Column::Value).add(by))
            .filter(counter::Column::Name.eq(name))
            .exec(&self.inner)
            .await?;
        let row = counter::Entity::find_by_id(name.to_owned()).one(&self.inner).await?;
        row.map(|r| r.value).ok_or_else(|| Error::internal("counter vanished"))
    }

    /// Commits everything.
    pub(crate) async fn commit(self) -> Result<()> {
        self.inner.commit().await?;
        Ok(())
    }
}
