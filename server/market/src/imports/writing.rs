//! Checked rows become listings: new, changed or left alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keqiao_model::{FieldError, ListingContent, ListingKind, ListingState};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use uuid::Uuid;

use super::{
    ImportReport, RowProblem,
    owners::{Owner, Owners},
    refused,
    row::Row,
};
use crate::{
    Actor, Error, Event, Market, Result,
    db::{Subject, Tx, from_micros},
    entity::{
        audit,
        listing::{self, Column, Model},
    },
    listings::{content_of, fill, kind_code, series, state_of},
};

/// Rows of one transaction, and of one `INSERT`: 27 columns stay below the 32,766 variables of SQLite.
const CHUNK: usize = 500;

/// A file on its way into the market.
pub(super) struct Job<'a> {
    pub(super) market: &'a Market,
    pub(super) actor: &'a Actor,
    pub(super) kind: ListingKind,
    pub(super) file_name: &'a str,
    /// Rows in the file.
    pub(super) read: u64,
    pub(super) all_or_nothing: bool,
    pub(super) publish: bool,
}

/// A good row with its owner.
pub(super) struct Good {
    pub(super) row: Row,
    pub(super) owner: Owner,
}

/// What becomes of a row.
pub(super) enum Fate {
    /// There is no such listing yet.
    New(ListingContent),
    /// The listing will say something else.
    Changed(Box<Model>, ListingContent),
    /// The listing says it already.
    Unchanged,
}

/// Finds the owners of rows, and rows that say the same thing twice. Rows without an owner are refused; of rows alike only the first is taken.
pub(super) async fn check(
    market: &Market,
    owners: &mut Owners,
    rows: Vec<Row>,
    problems: &mut Vec<RowProblem>,
) -> Result<(Vec<Good>, u64)> {
    owners.load(market, &rows).await?;
    let mut good: Vec<Good> = Vec::with_capacity(rows.len());
    let mut seen: HashMap<(Owner, String), usize> = HashMap::new();
    let mut repeated = 0;
    for row in rows {
        let owner = match owners.of(market, &row) {
            Ok((owner, note)) => {
                problems.extend(note);
                owner
            }
            Err(error) => {
                problems.push(RowProblem::refused(row.line, error));
                continue;
            }
        };
        let key = (owner.clone(), row.external_id.clone());
        if let Some(first) = seen.get(&key).and_then(|at| good.get(*at)) {
            let error = |code: &str| FieldError::new("external_id", code).with("first", first.row.line);
            if first.row.fields == row.fields {
                problems.push(RowProblem::warning(row.line, error("import_repeated_same")));
                repeated += 1;
            } else {
                problems.push(RowProblem::refused(row.line, error("import_repeated")));
            }
            continue;
        }
        seen.insert(key, good.len());
        good.push(Good { row, owner });
    }
    Ok((good, repeated))
}

/// The listings that rows may already be.
pub(super) async fn existing<C: ConnectionTrait>(
    db: &C,
    kind: ListingKind,
    owners: &Owners,
    rows: &[Good],
) -> Result<HashMap<(Uuid, String), Model>> {
    let organisations: BTreeSet<Uuid> = rows.iter().filter_map(|g| owners.known(&g.owner)).collect();
    let found = listing::Entity::find()
        .filter(Column::Kind.eq(kind_code(kind)))
        .filter(Column::OrganisationId.is_in(organisations))
        .filter(Column::ExternalId.is_in(rows.iter().map(|g| g.row.external_id.as_str())))
        .all(db)
        .await?;
    Ok(found.into_iter().filter_map(|r| r.external_id.clone().map(|id| ((r.organisation_id, id), r))).collect())
}

/// What becomes of a row, by the listing it may already be.
pub(super) fn fate(kind: ListingKind, row: &Row, existing: Option<Model>) -> Result<Result<Fate, Vec<FieldError>>> {
    let Some(before) = existing else { return Ok(row.content(kind).map(Fate::New)) };
    let content = content_of(&before)?;
    Ok(row.merged(kind, &content).map(|merged| if merged == content { Fate::Unchanged } else { Fate::Changed(Box::new(before), merged) }))
}

/// Where a changed listing goes; `None` when a file may not change it.
fn state_after(before: ListingState, publish: bool) -> Option<ListingState> {
    match before {
        // What its owner took off the market, and what was dealt with, no file brings back.
        ListingState::Withdrawn | ListingState::Done | ListingState::Suspended => None,
        // While a deal is under way, only an officer changes what it is about.
        ListingState::InDeal => publish.then_some(ListingState::InDeal),
        // Anything else is as if handed in anew: what is published stays so only when an officer says it.
        ListingState::Draft | ListingState::Returned | ListingState::InReview | ListingState::Published | ListingState::Expired => {
            Some(if publish { ListingState::Published } else { ListingState::InReview })
        }
    }
}

/// What one transaction did.
#[derive(Default)]
struct Done {
    created: u64,
    updated: u64,
    unchanged: u64,
    problems: Vec<RowProblem>,
}

impl Job<'_> {
    /// Checks and writes rows that were read.
    pub(super) async fn run(
        &self,
        owners: &mut Owners,
        rows: Vec<Row>,
        mut problems: Vec<RowProblem>,
        progress: impl Fn(u64, u64) + Send + Sync,
    ) -> Result<ImportReport> {
        let (good, repeated) = check(self.market, owners, rows, &mut problems).await?;
        let mut report = ImportReport { read: self.read, unchanged: repeated, ..ImportReport::default() };
        if self.all_or_nothing && refused(&problems) > 0 {
            report.stopped = true;
        } else {
            self.write(owners, &good, &mut report, &mut problems, progress).await?;
        }
        problems.sort_by_key(|p| p.line);
        report.refused = refused(&problems);
        report.problems = problems;
        Ok(report)
    }

    async fn write(
        &self,
        owners: &mut Owners,
        good: &[Good],
        report: &mut ImportReport,
        problems: &mut Vec<RowProblem>,
        progress: impl Fn(u64, u64) + Send + Sync,
    ) -> Result<()> {
        let (import, total) = (Uuid::now_v7(), good.len() as u64);
        let before = (report.created, report.updated, report.unchanged);
        let mut open: Option<Tx> = None;
        let mut noted = false;
        let mut told = BTreeSet::new();
        let mut done = 0;
        progress(0, total);
        for chunk in good.chunks(CHUNK) {
            let tx = match open.take() {
                Some(tx) => tx,
                None => self.market.write(self.actor).await?,
            };
            let did = self.write_chunk(&tx, owners, chunk, &mut told).await?;
            report.created += did.created;
            report.updated += did.updated;
            report.unchanged += did.unchanged;
            let stop = self.all_or_nothing && !did.problems.is_empty();
            problems.extend(did.problems);
            if stop {
                // The transaction is dropped: nothing was written.
                (report.created, report.updated, report.unchanged) = before;
                report.stopped = true;
                return Ok(());
            }
            let wrote = did.created + did.updated > 0;
            if wrote {
                self.note(&tx, import, report, refused(problems), noted).await?;
                noted = true;
            }
            if self.all_or_nothing {
                open = Some(tx);
            } else if wrote {
                tx.commit().await?;
            }
            done += chunk.len() as u64;
            progress(done, total);
        }
        match open {
            Some(tx) if noted => tx.commit().await,
            _ => Ok(()),
        }
    }

    /// One audit entry an import: written with its first rows, brought up to date with every further transaction.
    async fn note(&self, tx: &Tx, import: Uuid, report: &ImportReport, refused: u64, again: bool) -> Result<()> {
        let detail = json!({
            "kind": kind_code(self.kind), "file": self.file_name, "read": report.read, "created": report.created, "updated": report.updated,
            "unchanged": report.unchanged, "refused": refused,
        });
        if !again {
            return tx.audit("import.rows", Subject::Import, Some(import), detail).await;
        }
        audit::Entity::update_many()
            .col_expr(audit::Column::Detail, Expr::value(detail.to_string()))
            .filter(audit::Column::SubjectKind.eq(Subject::Import.code()))
            .filter(audit::Column::SubjectId.eq(import))
            .exec(&**tx)
            .await?;
        Ok(())
    }

    async fn write_chunk(&self, tx: &Tx, owners: &mut Owners, chunk: &[Good], told: &mut BTreeSet<String>) -> Result<Done> {
        let year = from_micros(tx.now).to_offset(crate::CHINA).year();
        // Taking no number at all still locks the series: of two imports at once the second waits here, and then sees what the first wrote.
        tx.numbers(series(self.kind), year, 0).await?;
        for good in chunk {
            owners.settle(tx, &good.owner).await?;
        }
        let mut known = existing(&**tx, self.kind, owners, chunk).await?;
        let mut did = Done::default();
        let mut fresh: Vec<(&Row, Uuid, ListingContent)> = Vec::new();
        let mut indexed: Vec<Uuid> = Vec::new();
        let mut waiting: BTreeMap<String, Uuid> = BTreeMap::new();
        for Good { row, owner } in chunk {
            let organisation = owners.known(owner).ok_or_else(|| Error::internal("an owner without an id"))?;
            match fate(self.kind, row, known.remove(&(organisation, row.external_id.clone())))? {
                Err(errors) => did.problems.extend(errors.into_iter().map(|e| RowProblem::refused(row.line, e))),
                Ok(Fate::Unchanged) => did.unchanged += 1,
                Ok(Fate::New(content)) => fresh.push((row, organisation, content)),
                Ok(Fate::Changed(before, content)) => {
                    let from = state_of(&before)?;
                    let Some(to) = state_after(from, self.published(owners, organisation)) else {
                        did.problems.push(RowProblem::refused(
                            row.line,
                            FieldError::new("external_id", "import_closed").with("number", &before.number),
                        ));
                        continue;
                    };
                    self.update(tx, &before, to, &content).await?;
                    did.updated += 1;
                    if from.is_indexed() || to.is_indexed() {
                        indexed.push(before.id);
                    }
                    if to == ListingState::InReview && from != ListingState::InReview {
                        waiting.entry(before.region.clone()).or_insert(before.id);
                    }
                }
            }
        }
        let numbers = tx.numbers(series(self.kind), year, fresh.len()).await?;
        let mut rows = Vec::with_capacity(fresh.len());
        for ((row, organisation, content), number) in fresh.into_iter().zip(numbers) {
            let published = self.published(owners, organisation);
            let state = if published { ListingState::Published } else { ListingState::InReview };
            let (id, region) = (Uuid::now_v7(), owners.region(organisation));
            if published {
                indexed.push(id);
            } else {
                waiting.entry(region.to_owned()).or_insert(id);
            }
            let mut new = listing::ActiveModel {
                id: Set(id),
                kind: Set(kind_code(self.kind).to_owned()),
                number: Set(number),
                state: Set(state.code().to_owned()),
                region: Set(region.to_owned()),
                returned: Set("[]".to_owned()),
                organisation_id: Set(organisation),
                person_id: Set(self.actor.id()),
                external_id: Set(Some(row.external_id.clone())),
                published_at: Set(published.then_some(tx.now)),
                created_at: Set(tx.now),
                updated_at: Set(tx.now),
                version: Set(1),
                ..Default::default()
            };
            fill(&mut new, &content)?;
            rows.push(new);
        }
        did.created = rows.len() as u64;
        if !rows.is_empty() {
            listing::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
        }
        tx.emit_many(Event::ListingChanged, &indexed).await?;
        // Officers are told once a region of the whole file, not once a row.
        for (region, id) in waiting {
            if told.insert(region) {
                tx.emit(Event::ListingSubmitted, id, json!({ "import": true })).await?;
            }
        }
        Ok(did)
    }

    fn published(&self, owners: &Owners, organisation: Uuid) -> bool {
        self.publish && owners.may_publish(self.actor, organisation)
    }

    async fn update(&self, tx: &Tx, before: &Model, to: ListingState, content: &ListingContent) -> Result<()> {
        let mut change = listing::ActiveModel {
            state: Set(to.code().to_owned()),
            updated_at: Set(tx.now),
            version: Set(before.version + 1),
            ..Default::default()
        };
        if to == ListingState::Published {
            change.returned = Set("[]".to_owned());
            if before.published_at.is_none() {
                change.published_at = Set(Some(tx.now));
            }
        }
        fill(&mut change, content)?;
        let done = listing::Entity::update_many()
            .set(change)
            .filter(Column::Id.eq(before.id))
            .filter(Column::Version.eq(before.version))
            .exec(&**tx)
            .await?;
        if done.rows_affected == 0 { Err(Error::Stale) } else { Ok(()) }
    }
}
