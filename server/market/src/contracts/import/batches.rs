//! A table is read and shown; then its rows enter the register, some at a time, from wherever the last transaction ended.

use std::{collections::HashMap, time::Duration as Patience};

use keqiao_model::{ContractState, FieldError};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    super::today,
    columns::headers,
    row::{self, Row},
    writing::{Source, enter, forbidden, parties, taken, taken_by},
};
use crate::{
    Actor, Error, Market, Result,
    accounts::actor_for,
    db::{Subject, from_micros, micros},
    entity::{
        contract,
        import_batch::{self as batch_table, Column, Entity, Model},
    },
    imports::{BatchState, RowProblem, plain_name, read_table, refused},
};

/// What batches of contracts are stored as.
const KIND: &str = "contract";
/// How long a batch is kept.
const KEPT: Duration = Duration::days(30);
/// Batches one person may have; the oldest that is not being brought in gives way.
const MOST: usize = 50;
/// Rows of one transaction: others wait for the ledger meanwhile.
const CHUNK: usize = 25;
/// A batch that did not move for so long was left by a program that ended.
const LEFT: Duration = Duration::minutes(1);
/// Rows shown of a batch.
const ROWS_SHOWN: usize = 20;
/// Problems shown of a batch.
const PROBLEMS_SHOWN: usize = 200;

/// One line of the list of batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSummary {
    /// Id.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// Where it stands.
    pub state: BatchState,
    /// Good rows.
    pub good: u64,
    /// Refused rows.
    pub bad: u64,
    /// Good rows that were gone through.
    pub done: u64,
    /// Contracts entered.
    pub created: u64,
    /// When the file was read.
    pub created_at: OffsetDateTime,
    /// When it is forgotten.
    pub expires_at: OffsetDateTime,
    /// Whether it stopped in the middle: it can be taken up again.
    pub left: bool,
}

/// A good row as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Line in the file.
    pub line: u64,
    /// 登记编号.
    pub registration_number: String,
    /// 项目名称.
    pub title: String,
    /// A code of `contract_subkind`.
    pub subkind: String,
    /// Names of seller and buyer.
    pub parties: (String, String),
    /// 签订日期, ISO.
    pub signed_on: String,
    /// 登记日期, ISO.
    pub registered_on: String,
    /// 成交额 and 技术交易额, fen.
    pub amounts: (i64, i64),
}

/// A batch as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportView {
    /// What the list shows.
    pub summary: ImportSummary,
    /// Rows in the file, without the header.
    pub read: u64,
    /// The first good rows; none once it is done.
    pub rows: Vec<ImportRow>,
    /// The first problems.
    pub problems: Vec<RowProblem>,
    /// How many problems there are.
    pub problems_total: u64,
    /// Headers that are no known column.
    pub unknown_columns: Vec<String>,
    /// For optimistic locking.
    pub version: i64,
}

/// What a batch keeps besides its rows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Notes {
    read: u64,
    problems: Vec<RowProblem>,
    unknown_columns: Vec<String>,
}

/// Who brings in contracts: officers with a confirmed address. Answers the person.
fn officer(actor: &Actor) -> Result<Uuid> {
    let person = actor.signed_in()?;
    if person.officer.is_none() {
        return Err(Error::Forbidden);
    }
    if person.verified { Ok(person.id) } else { Err(Error::field("", "not_verified")) }
}

fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}

fn summary_of(market: &Market, row: &Model) -> Result<ImportSummary> {
    let state = BatchState::from_code(&row.state)?;
    let quiet = row.moved_at.is_some_and(|at| at <= micros(market.now() - LEFT));
    Ok(ImportSummary {
        id: row.id,
        file_name: row.file_name.clone(),
        state,
        good: number(row.good),
        bad: number(row.bad),
        done: number(row.done),
        created: number(row.created),
        created_at: from_micros(row.created_at),
        expires_at: from_micros(row.created_at) + KEPT,
        left: state == BatchState::Running && quiet,
    })
}

/// A batch of the actor that is not yet forgotten.
async fn own(market: &Market, actor: &Actor, id: Uuid) -> Result<Model> {
    let person = officer(actor)?;
    let found = Entity::find_by_id(id).filter(Column::Kind.eq(KIND)).filter(Column::PersonId.eq(person)).one(&market.db).await?;
    found.filter(|r| r.created_at > micros(market.now() - KEPT)).ok_or(Error::NotFound)
}

/// A file read to the end.
struct Parsed {
    rows: Vec<Row>,
    notes: Notes,
}

/// Reads a file off the async threads: a large one takes seconds.
async fn parse(market: &Market, file_name: &str, bytes: Vec<u8>) -> Result<Parsed> {
    let (shared, file_name) = (market.clone(), file_name.to_owned());
    let read = move || -> Result<Parsed> {
        let table = read_table(&headers(), &file_name, &bytes, &shared.config.limits)?;
        let today = today(&shared);
        let mut problems = table.problems;
        let mut rows = Vec::new();
        for cells in &table.rows {
            match row::read(&shared, today, cells, &mut problems) {
                Ok(row) => rows.push(row),
                Err(errors) => problems.extend(errors.into_iter().map(|error| RowProblem::refused(cells.line, error))),
            }
        }
        Ok(Parsed { rows, notes: Notes { read: table.read, problems, unknown_columns: table.unknown_columns } })
    };
    tokio::task::spawn_blocking(read).await.map_err(Error::internal)?
}

/// What the rows of a file say of one another: the same number twice is refused, the same contract twice is told.
fn compare(rows: Vec<Row>, problems: &mut Vec<RowProblem>) -> Vec<Row> {
    let mut numbers: HashMap<String, u64> = HashMap::new();
    let mut same: HashMap<(String, String, String, i64), u64> = HashMap::new();
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(first) = numbers.get(&row.registration_number) {
            let error = FieldError::new("registration_number", "import_number_repeated").with("first", first);
            problems.push(RowProblem::refused(row.line, error.with("value", &row.registration_number)));
            continue;
        }
        let key = (row.seller.credit_code.clone(), row.buyer.credit_code.clone(), row.signed_on.clone(), row.value);
        if let Some(first) = same.get(&key) {
            problems.push(RowProblem::warning(row.line, FieldError::new("", "import_same_as_line").with("first", first)));
        }
        numbers.insert(row.registration_number.clone(), row.line);
        same.entry(key).or_insert(row.line);
        good.push(row);
    }
    good
}

/// What the market says of rows: numbers that contracts have, organisations of the actor's own and of other regions are refused; other names
/// of organisations and the same contract under another number are told.
async fn check(market: &Market, actor: &Actor, rows: Vec<Row>, problems: &mut Vec<RowProblem>) -> Result<Vec<Row>> {
    let (taken, known) = (taken(&market.db, &rows).await?, parties(&market.db, &rows).await?);
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(number) = taken.get(&row.registration_number) {
            problems.push(taken_by(&row, number));
            continue;
        }
        if let Some(problem) = forbidden(market, actor, &row, &known) {
            problems.push(problem);
            continue;
        }
        for (field, party) in [("seller_name", &row.seller), ("buyer_name", &row.buyer)] {
            if let Some(other) = known.get(&party.credit_code).filter(|o| o.name != party.name) {
                let error = FieldError::new(field, "import_party_name").with("name", &other.name).with("value", &party.name);
                problems.push(RowProblem::warning(row.line, error));
            }
        }
        good.push(row);
    }
    let id = |code: &str| known.get(code).map(|o| o.id);
    for chunk in good.chunks(200) {
        let pairs: HashMap<(Uuid, Uuid, &str, i64), u64> = chunk
            .iter()
            .filter_map(|r| Some(((id(&r.seller.credit_code)?, id(&r.buyer.credit_code)?, r.signed_on.as_str(), r.value), r.line)))
            .collect();
        if pairs.is_empty() {
            continue;
        }
        let alike = contract::Entity::find()
            .filter(contract::Column::SellerId.is_in(pairs.keys().map(|k| k.0)))
            .filter(contract::Column::SignedOn.is_in(pairs.keys().map(|k| k.2)))
            .filter(contract::Column::State.is_in(ContractState::IN_REGISTER.map(ContractState::code)))
            .all(&market.db)
            .await?;
        for other in alike {
            if let Some(line) = pairs.get(&(other.seller_id, other.buyer_id, other.signed_on.as_str(), other.value)) {
                problems.push(RowProblem::warning(*line, FieldError::new("", "import_same_contract").with("number", &other.number)));
            }
        }
    }
    Ok(good)
}

/// Reads a table of contracts (CSV, XLSX or JSON lines) and keeps its rows for a month; nothing enters the register. Answers the id of the batch.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but officers; [`Error::Invalid`] at `file` when it cannot be read at all, `not_verified`.
pub async fn preview_import(market: &Market, actor: &Actor, file_name: &str, bytes: Vec<u8>) -> Result<Uuid> {
    let person = officer(actor)?;
    let Parsed { rows, mut notes } = parse(market, file_name, bytes).await?;
    let rows = compare(rows, &mut notes.problems);
    let rows = check(market, actor, rows, &mut notes.problems).await?;
    notes.problems.sort_by_key(|p| p.line);
    let id = Uuid::now_v7();
    let tx = market.write(actor).await?;
    let mine = Entity::find().select_only().column(Column::Id).filter(Column::PersonId.eq(person)).filter(Column::Kind.eq(KIND));
    let idle = mine.filter(Column::State.ne(BatchState::Running.code())).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    let too_many: Vec<Uuid> = idle.into_tuple::<Uuid>().all(&*tx).await?.into_iter().skip(MOST - 1).collect();
    if !too_many.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(too_many)).exec(&*tx).await?;
    }
    batch_table::ActiveModel {
        id: Set(id),
        kind: Set(KIND.to_owned()),
        file_name: Set(plain_name(file_name)),
        state: Set(BatchState::Preview.code().to_owned()),
        rows: Set(serde_json::to_string(&rows)?),
        problems: Set(serde_json::to_string(&notes)?),
        person_id: Set(person),
        organisation_id: Set(None),
        good: Set(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        bad: Set(i64::try_from(refused(&notes.problems)).unwrap_or(i64::MAX)),
        created_at: Set(tx.now),
        version: Set(1),
        ..Default::default()
    }
    .insert(&*tx)
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// Everything that was found wrong with the rows of a batch, in the order of its lines.
fn problems_of(row: &Model, notes: Notes) -> Result<Vec<RowProblem>> {
    let late: Vec<RowProblem> = serde_json::from_str(&row.late)?;
    let mut problems = notes.problems;
    problems.extend(late);
    problems.sort_by_key(|p| p.line);
    Ok(problems)
}

/// A batch of one's own: how far it is, its first rows and problems.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`]; [`Error::NotFound`] for anybody else's, and after a month.
pub async fn import_batch(market: &Market, actor: &Actor, id: Uuid) -> Result<ImportView> {
    let row = own(market, actor, id).await?;
    let mut notes: Notes = serde_json::from_str(&row.problems)?;
    let unknown_columns = std::mem::take(&mut notes.unknown_columns);
    let read = notes.read;
    let mut problems = problems_of(&row, notes)?;
    let mut summary = summary_of(market, &row)?;
    summary.bad = refused(&problems);
    let problems_total = problems.len() as u64;
    problems.truncate(PROBLEMS_SHOWN);
    let rows: Vec<Row> = serde_json::from_str(&row.rows)?;
    let rows = rows
        .into_iter()
        .take(ROWS_SHOWN)
        .map(|r| ImportRow {
            line: r.line,
            registration_number: r.registration_number,
            title: r.title,
            subkind: r.subkind,
            parties: (r.seller.name, r.buyer.name),
            signed_on: r.signed_on,
            registered_on: r.registered_on,
            amounts: (r.value, r.technical_value),
        })
        .collect();
    Ok(ImportView { read, rows, problems, problems_total, unknown_columns, version: row.version, summary })
}

/// Everything that was found wrong with a batch of one's own, for a file.
///
/// # Errors
/// As [`import_batch`].
pub async fn import_problems(market: &Market, actor: &Actor, id: Uuid) -> Result<Vec<RowProblem>> {
    let row = own(market, actor, id).await?;
    problems_of(&row, serde_json::from_str(&row.problems)?)
}

/// The batches of the actor, newest first.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for anyone but officers.
pub async fn import_batches(market: &Market, actor: &Actor) -> Result<Vec<ImportSummary>> {
    let person = actor.signed_in()?;
    if person.officer.is_none() {
        return Err(Error::Forbidden);
    }
    let rows = Entity::find()
        .filter(Column::Kind.eq(KIND))
        .filter(Column::PersonId.eq(person.id))
        .filter(Column::CreatedAt.gt(micros(market.now() - KEPT)))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .all(&market.db)
        .await?;
    rows.iter().map(|row| summary_of(market, row)).collect()
}

/// Brings in a batch, or takes it up where a program that ended left it. Rows enter the register some at a time, each transaction together with
/// how far it came, so that none is entered twice and none is lost, whenever the program ends. Waits for the end at most so long; answers whether
/// it was reached. The rest happens meanwhile.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`] when it was brought in or is being brought in already;
/// [`Error::Internal`].
pub async fn commit_import(market: &Market, actor: &Actor, id: Uuid, version: i64, patience: Patience) -> Result<bool> {
    let row = own(market, actor, id).await?;
    let summary = summary_of(market, &row)?;
    if row.version != version || !(summary.state == BatchState::Preview || summary.left) {
        return Err(Error::Stale);
    }
    let tx = market.write(actor).await?;
    let begun = Entity::update_many()
        .col_expr(Column::State, Expr::value(BatchState::Running.code()))
        .col_expr(Column::Version, Expr::value(version + 1))
        .col_expr(Column::MovedAt, Expr::value(tx.now))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if begun.rows_affected == 0 {
        return Err(Error::Stale);
    }
    tx.audit("contract.import_started", Subject::Import, Some(id), serde_json::json!({ "file": row.file_name, "rows": row.good })).await?;
    tx.commit().await?;
    // On a task of its own: a browser that goes away must not leave a batch half brought in.
    let (market, actor) = (market.clone(), actor.clone());
    let running = tokio::spawn(async move {
        let done = carry(&market, &actor, id, version + 1).await;
        if let Err(error) = &done {
            tracing::error!(%error, batch = %id, "an import of contracts stopped");
        }
        done
    });
    match tokio::time::timeout(patience, running).await {
        Ok(done) => done.map_err(Error::internal)?.map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Enters what is still missing of a batch. `version` is that of whoever took it up: who finds another one was replaced, and ends.
async fn carry(market: &Market, actor: &Actor, id: Uuid, mut version: i64) -> Result<()> {
    let row = own(market, actor, id).await?;
    let rows: Vec<Row> = serde_json::from_str(&row.rows)?;
    let source = Source { batch: id, file_name: &row.file_name };
    let mut late: Vec<RowProblem> = serde_json::from_str(&row.late)?;
    let (mut done, mut created) = (usize::try_from(row.done).unwrap_or_default(), row.created);
    loop {
        let end = rows.len().min(done.saturating_add(CHUNK));
        let chunk = rows.get(done..end).unwrap_or_default();
        let tx = market.write(actor).await?;
        let held = Entity::update_many()
            .col_expr(Column::Version, Expr::value(version + 1))
            .col_expr(Column::MovedAt, Expr::value(tx.now))
            .filter(Column::Id.eq(id))
            .filter(Column::Version.eq(version))
            .filter(Column::State.eq(BatchState::Running.code()))
            .exec(&*tx)
            .await?;
        if held.rows_affected == 0 {
            return Err(Error::Stale);
        }
        version += 1;
        let (entered, problems) = enter(market, actor, &tx, &source, chunk).await?;
        (done, created) = (end, created + entered);
        let mut update = Entity::update_many()
            .col_expr(Column::Done, Expr::value(i64::try_from(done).unwrap_or(i64::MAX)))
            .col_expr(Column::Created, Expr::value(created))
            .filter(Column::Id.eq(id));
        if !problems.is_empty() {
            late.extend(problems);
            update = update.col_expr(Column::Late, Expr::value(serde_json::to_string(&late)?));
        }
        let ended = done == rows.len();
        if ended {
            update = update.col_expr(Column::State, Expr::value(BatchState::Done.code())).col_expr(Column::Rows, Expr::value("[]"));
        }
        update.exec(&*tx).await?;
        if ended {
            let detail = serde_json::json!({ "file": row.file_name, "entered": created, "refused": refused(&late) });
            tx.audit("contract.import_done", Subject::Import, Some(id), detail).await?;
        }
        tx.commit().await?;
        if ended {
            return Ok(());
        }
    }
}

/// Takes up batches that a program which ended left in the middle; answers how many.
///
/// # Errors
/// [`Error::Internal`].
pub async fn resume_imports(market: &Market) -> Result<usize> {
    let left: Vec<(Uuid, Uuid, i64)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::PersonId, Column::Version])
        .filter(Column::Kind.eq(KIND))
        .filter(Column::State.eq(BatchState::Running.code()))
        .filter(Column::MovedAt.lte(micros(market.now() - LEFT)))
        .into_tuple()
        .all(&market.db)
        .await?;
    let mut resumed = 0;
    for (id, person, version) in left {
        let Some(actor) = actor_for(market, person).await? else { continue };
        match commit_import(market, &actor, id, version, Patience::ZERO).await {
            Ok(_) => resumed += 1,
            // Somebody else took it up, or its officer is one no more.
            Err(Error::Internal(detail)) => return Err(Error::Internal(detail)),
            Err(_) => {}
        }
    }
    Ok(resumed)
}

/// Forgets a batch that is not being brought in. What it brought in stays.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`] while it is being brought in.
pub async fn discard_import(market: &Market, actor: &Actor, id: Uuid) -> Result<()> {
    let row = own(market, actor, id).await?;
    let tx = market.write(actor).await?;
    let idle = Entity::delete_many().filter(Column::Id.eq(row.id)).filter(Column::State.ne(BatchState::Running.code()));
    if idle.exec(&*tx).await?.rows_affected == 0 {
        return Err(Error::Stale);
    }
    tx.commit().await
}

/// Deletes batches older than a month; answers how many.
///
/// # Errors
/// [`Error::Internal`].
pub async fn purge_imports(market: &Market) -> Result<u64> {
    let tx = market.write(&Actor::System).await?;
    let old = Entity::delete_many().filter(Column::Kind.eq(KIND)).filter(Column::CreatedAt.lte(micros(market.now() - KEPT)));
    let gone = old.exec(&*tx).await?.rows_affected;
    tx.commit().await?;
    Ok(gone)
}
