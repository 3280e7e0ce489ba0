//! Import in two steps: a file is read and shown, then brought in once.

use keqiao_model::ListingKind;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    ImportReport, RowProblem,
    owners::Owners,
    parse_apart, refused,
    row::Row,
    writing::{Fate, Good, Job, check, existing, fate},
};
use crate::{
    Actor, Error, Market, Person, Result,
    db::{from_micros, micros},
    entity::{
        import_batch::{self, Column, Model},
        organisation,
    },
    listings::kind_code,
};

/// How long a batch is kept.
const KEPT: Duration = Duration::days(1);
/// Batches one person may have; the oldest gives way.
const MOST: usize = 10;
/// Rows shown of a batch.
const ROWS_SHOWN: usize = 20;
/// Problems shown of a batch.
const PROBLEMS_SHOWN: usize = 200;
/// Both sides, as batches store them; other kinds of batches are not of listings.
const KINDS: [&str; 2] = [kind_code(ListingKind::Demand), kind_code(ListingKind::Achievement)];

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    /// Read, nothing written.
    Preview,
    /// Being written now.
    Running,
    /// Written.
    Done,
}

impl BatchState {
    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Running => "running",
            Self::Done => "done",
        }
    }

    pub(crate) fn from_code(code: &str) -> Result<Self> {
        [Self::Preview, Self::Running, Self::Done]
            .into_iter()
            .find(|s| s.code() == code)
            .ok_or_else(|| Error::internal(format!("batch state {code}")))
    }
}

/// What a row would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// A new listing.
    New,
    /// A listing would say something else.
    Changed,
    /// Its listing says it already.
    Unchanged,
}

impl RowState {
    /// For the words of the page.
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A good row of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Line in the file.
    pub line: u64,
    /// Title.
    pub title: String,
    /// Owner.
    pub organisation: String,
    /// Id in the file, or a hash that begins with `sha:`.
    pub external_id: String,
    /// What it would do.
    pub state: RowState,
}

/// One line of the list of batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSummary {
    /// Id.
    pub id: Uuid,
    /// Which side its rows stand on.
    pub kind: ListingKind,
    /// Name of the file.
    pub file_name: String,
    /// Where it stands.
    pub state: BatchState,
    /// Good rows.
    pub good: u64,
    /// Refused rows.
    pub bad: u64,
    /// When the file was read.
    pub created_at: OffsetDateTime,
    /// When it is forgotten.
    pub expires_at: OffsetDateTime,
}

/// A batch as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchView {
    /// What the list shows.
    pub summary: BatchSummary,
    /// Rows in the file, without the header.
    pub read: u64,
    /// Owner of the rows that name no organisation.
    pub organisation: Option<String>,
    /// Whether the actor's rows are published at once.
    pub publishes: bool,
    /// The first good rows; none once it is done.
    pub rows: Vec<BatchRow>,
    /// The first problems.
    pub problems: Vec<RowProblem>,
    /// How many problems there are.
    pub problems_total: u64,
    /// Headers that are no known column.
    pub unknown_columns: Vec<String>,
    /// What it did, once it is done; its problems are above.
    pub report: Option<ImportReport>,
    /// For optimistic locking.
    pub version: i64,
}

/// What a batch keeps besides its rows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Notes {
    read: u64,
    repeated: u64,
    problems: Vec<RowProblem>,
    unknown_columns: Vec<String>,
    report: Option<ImportReport>,
}

/// The name of a file without folders and control characters, at most 120 characters.
pub(crate) fn plain_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    base.chars().filter(|c| !c.is_control()).take(120).collect()
}

fn summary_of(row: &Model) -> Result<BatchSummary> {
    let kind = if row.kind == kind_code(ListingKind::Achievement) { ListingKind::Achievement } else { ListingKind::Demand };
    Ok(BatchSummary {
        id: row.id,
        kind,
        file_name: row.file_name.clone(),
        state: BatchState::from_code(&row.state)?,
        good: u64::try_from(row.good).unwrap_or_default(),
        bad: u64::try_from(row.bad).unwrap_or_default(),
        created_at: from_micros(row.created_at),
        expires_at: from_micros(row.created_at) + KEPT,
    })
}

/// A batch of the actor that is not yet forgotten.
async fn own(market: &Market, actor: &Actor, id: Uuid) -> Result<(Model, Uuid)> {
    let person = actor.signed_in()?.id;
    let found = import_batch::Entity::find_by_id(id).filter(Column::Kind.is_in(KINDS)).filter(Column::PersonId.eq(person));
    let row = found.one(&market.db).await?;
    let row = row.filter(|r| r.created_at > micros(market.now() - KEPT)).ok_or(Error::NotFound)?;
    Ok((row, person))
}

/// Reads a file and keeps its rows for a day; nothing is written to the market. Answers the id of the batch.
///
/// # Errors
/// As [`super::import`]; only a person has batches.
pub async fn preview(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    file_name: &str,
    bytes: Vec<u8>,
    organisation: Option<Uuid>,
) -> Result<Uuid> {
    let person: &Person = actor.signed_in()?;
    let mut owners = Owners::new(market, actor, organisation).await?;
    let parsed = parse_apart(market, kind, file_name, bytes).await?;
    let mut problems = parsed.problems;
    let (good, repeated) = check(market, &mut owners, parsed.rows, &mut problems).await?;
    problems.sort_by_key(|p| p.line);
    let rows: Vec<Row> = good.into_iter().map(|g| g.row).collect();
    let bad = refused(&problems);
    let notes = Notes { read: parsed.read, repeated, problems, unknown_columns: parsed.unknown_columns, report: None };
    let id = Uuid::now_v7();
    let tx = market.write(actor).await?;
    let mine = import_batch::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::PersonId.eq(person.id))
        .filter(Column::Kind.is_in(KINDS));
    let mine: Vec<Uuid> = mine.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).into_tuple().all(&*tx).await?;
    let too_many: Vec<Uuid> = mine.into_iter().skip(MOST - 1).collect();
    if !too_many.is_empty() {
        import_batch::Entity::delete_many().filter(Column::Id.is_in(too_many)).exec(&*tx).await?;
    }
    import_batch::ActiveModel {
        id: Set(id),
        kind: Set(kind_code(kind).to_owned()),
        file_name: Set(plain_name(file_name)),
        state: Set(BatchState::Preview.code().to_owned()),
        rows: Set(serde_json::to_string(&rows)?),
        problems: Set(serde_json::to_string(&notes)?),
        person_id: Set(person.id),
        organisation_id: Set(owners.default_id()),
        good: Set(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        bad: Set(i64::try_from(bad).unwrap_or(i64::MAX)),
        created_at: Set(tx.now),
        version: Set(1),
        ..Default::default()
    }
    .insert(&*tx)
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// A batch of one's own: its first rows and problems.
///
/// # Errors
/// [`Error::NotFound`] for anybody else's, and after a day.
pub async fn batch(market: &Market, actor: &Actor, id: Uuid) -> Result<BatchView> {
    let (row, _) = own(market, actor, id).await?;
    let summary = summary_of(&row)?;
    let mut owners = Owners::new(market, actor, row.organisation_id).await?;
    let mut notes: Notes = serde_json::from_str(&row.problems)?;
    let mut rows: Vec<Row> = serde_json::from_str(&row.rows)?;
    rows.truncate(ROWS_SHOWN);
    // Problems were told when the file was read; what changed since is told when it is brought in.
    let (good, _) = check(market, &mut owners, rows, &mut Vec::new()).await?;
    let rows = shown(market, &owners, summary.kind, good).await?;
    let organisation = match row.organisation_id {
        Some(id) => organisation::Entity::find_by_id(id).one(&market.db).await?.map(|o| o.name),
        None => None,
    };
    let problems_total = notes.problems.len() as u64;
    notes.problems.truncate(PROBLEMS_SHOWN);
    Ok(BatchView {
        read: notes.read,
        organisation,
        publishes: owners.publishes(),
        rows,
        problems: notes.problems,
        problems_total,
        unknown_columns: notes.unknown_columns,
        report: notes.report,
        version: row.version,
        summary,
    })
}

async fn shown(market: &Market, owners: &Owners, kind: ListingKind, good: Vec<Good>) -> Result<Vec<BatchRow>> {
    let mut known = existing(&market.db, kind, owners, &good).await?;
    let ids = good.iter().filter_map(|g| owners.known(&g.owner)).collect();
    let names = crate::listings::organisation_names(&market.db, ids).await?;
    let mut rows = Vec::new();
    for Good { row, owner } in good {
        let id = owners.known(&owner);
        let before = id.and_then(|id| known.remove(&(id, row.external_id.clone())));
        let state = match fate(kind, &row, before)? {
            Ok(Fate::New(_)) => RowState::New,
            Ok(Fate::Unchanged) => RowState::Unchanged,
            Ok(Fate::Changed(..)) | Err(_) => RowState::Changed,
        };
        let organisation = id.and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| row.organisation.clone());
        rows.push(BatchRow { line: row.line, title: row.title().to_owned(), organisation, external_id: row.external_id, state });
    }
    Ok(rows)
}

/// The batches of the actor, newest first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn batches(market: &Market, actor: &Actor) -> Result<Vec<BatchSummary>> {
    let person = actor.signed_in()?;
    let rows = import_batch::Entity::find()
        .filter(Column::PersonId.eq(person.id))
        .filter(Column::Kind.is_in(KINDS))
        .filter(Column::CreatedAt.gt(micros(market.now() - KEPT)))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .all(&market.db)
        .await?;
    rows.iter().map(summary_of).collect()
}

/// Moves a batch from one state to the next, guarded by its version.
async fn step(
    market: &Market,
    actor: &Actor,
    id: Uuid,
    version: i64,
    from: BatchState,
    to: BatchState,
    done: Option<&Notes>,
) -> Result<()> {
    let tx = market.write(actor).await?;
    let mut update = import_batch::Entity::update_many()
        .col_expr(Column::State, Expr::value(to.code()))
        .col_expr(Column::Version, Expr::value(version + 1))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .filter(Column::State.eq(from.code()));
    if let Some(notes) = done {
        update = update.col_expr(Column::Problems, Expr::value(serde_json::to_string(notes)?)).col_expr(Column::Rows, Expr::value("[]"));
    }
    let rows = update.exec(&*tx).await?.rows_affected;
    if rows == 0 {
        return Err(Error::Stale);
    }
    tx.commit().await
}

/// Brings in a batch, once. Officers' rows are published, others wait for review. When `all_or_nothing` keeps it out, it stays a preview.
///
/// # Errors
/// [`Error::Stale`] when it was brought in or is being brought in already, [`Error::NotFound`], and as [`super::import`].
pub async fn commit_batch(market: &Market, actor: &Actor, id: Uuid, all_or_nothing: bool, version: i64) -> Result<ImportReport> {
    // On a task of its own: a browser that goes away must not leave a batch half brought in.
    let (market, actor) = (market.clone(), actor.clone());
    tokio::spawn(async move { bring_in(&market, &actor, id, all_or_nothing, version).await }).await.map_err(Error::internal)?
}

async fn bring_in(market: &Market, actor: &Actor, id: Uuid, all_or_nothing: bool, version: i64) -> Result<ImportReport> {
    let (row, _) = own(market, actor, id).await?;
    let summary = summary_of(&row)?;
    let mut owners = Owners::new(market, actor, row.organisation_id).await?;
    step(market, actor, id, version, BatchState::Preview, BatchState::Running, None).await?;
    let carried = carry(market, actor, &summary, &row, &mut owners, all_or_nothing).await;
    match carried {
        Ok((report, notes)) if !report.stopped => {
            step(market, actor, id, version + 1, BatchState::Running, BatchState::Done, Some(&notes)).await?;
            Ok(report)
        }
        kept_out => {
            step(market, actor, id, version + 1, BatchState::Running, BatchState::Preview, None).await?;
            kept_out.map(|(report, _)| report)
        }
    }
}

async fn carry(
    market: &Market,
    actor: &Actor,
    summary: &BatchSummary,
    row: &Model,
    owners: &mut Owners,
    all_or_nothing: bool,
) -> Result<(ImportReport, Notes)> {
    let mut notes: Notes = serde_json::from_str(&row.problems)?;
    let rows: Vec<Row> = serde_json::from_str(&row.rows)?;
    // What is said of owners is said anew.
    let before = notes.problems.iter().filter(|p| p.error.code != "import_organisation_default").cloned().collect();
    let job = Job { market, actor, kind: summary.kind, file_name: &summary.file_name, read: notes.read, all_or_nothing, publish: true };
    let mut report = job.run(owners, rows, before, |_, _| {}).await?;
    report.unchanged += notes.repeated;
    report.unknown_columns.clone_from(&notes.unknown_columns);
    notes.problems.clone_from(&report.problems);
    notes.report = Some(ImportReport { problems: Vec::new(), ..report.clone() });
    Ok((report, notes))
}

/// Forgets a batch that was not brought in.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`] while it is being brought in.
pub async fn discard_batch(market: &Market, actor: &Actor, id: Uuid) -> Result<()> {
    let (row, person) = own(market, actor, id).await?;
    let tx = market.write(actor).await?;
    let gone = import_batch::Entity::delete_many()
        .filter(Column::Id.eq(row.id))
        .filter(Column::PersonId.eq(person))
        .filter(Column::State.ne(BatchState::Running.code()))
        .exec(&*tx)
        .await?;
    if gone.rows_affected == 0 {
        return Err(Error::Stale);
    }
    tx.commit().await
}

/// Deletes batches older than a day; answers how many.
///
/// # Errors
/// [`Error::Internal`].
pub async fn purge_batches(market: &Market) -> Result<u64> {
    let tx = market.write(&Actor::System).await?;
    let gone = import_batch::Entity::delete_many()
        .filter(Column::Kind.is_in(KINDS))
        .filter(Column::CreatedAt.lte(micros(market.now() - KEPT)))
        .exec(&*tx)
        .await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}
