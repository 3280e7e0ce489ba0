//! What waits, and what waits too long: as of now, whatever year the board is about.

use keqiao_model::{AmendmentState, ContractState, DisputeState, ListingState, ObjectionState, QuestionState, ReportState, format_date};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select};
use time::{Date, Duration, OffsetDateTime};

use super::Board;
use crate::{
    Market, Result,
    contracts::today,
    db::{from_micros, micros},
    entity::{amendment, contract, dispute, interest, listing, objection, public_notice, question, report},
    interests::open_states,
};

/// Days within which something is due soon.
const SOON: i64 = 3;
/// Days that are looked back for the last one from which a period of working days is over.
const LOOK_BACK: i64 = 90;

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkKind {
    /// Contracts to be decided on.
    Contracts,
    /// Amendments of registered contracts to be decided on.
    Amendments,
    /// Listings to be published or returned.
    Listings,
    /// Interests to be answered by organisations.
    Interests,
    /// Objections to public notices to be answered.
    Objections,
    /// Questions to experts to be answered.
    Questions,
    /// Open disputes about contracts.
    Disputes,
    /// Values of indicators to be approved.
    Reports,
}

impl WorkKind {
    /// Its code; its words are `dashboard.work.<code>`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Contracts => "contracts",
            Self::Amendments => "amendments",
            Self::Listings => "listings",
            Self::Interests => "interests",
            Self::Objections => "objections",
            Self::Questions => "questions",
            Self::Disputes => "disputes",
            Self::Reports => "reports",
        }
    }
}

/// How much of a kind waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// What.
    pub kind: WorkKind,
    /// How many wait.
    pub waiting: u64,
    /// How many of them for longer than they should; `None` where no period is set.
    pub overdue: Option<u64>,
    /// How many more are due within three days.
    pub soon: Option<u64>,
    /// Since when the oldest waits.
    pub oldest: Option<OffsetDateTime>,
}

/// How many rows there are, and the earliest moment of a column.
async fn waiting<E: EntityTrait>(market: &Market, query: Select<E>, at: impl ColumnTrait) -> Result<(u64, Option<OffsetDateTime>)> {
    let row: Option<(i64, Option<i64>)> =
        query.select_only().column_as(at.count(), "n").column_as(at.min(), "oldest").into_tuple().one(&market.db).await?;
    let (n, oldest) = row.unwrap_or_default();
    Ok((super::counted(Some(n)), oldest.map(from_micros)))
}

/// What waits in the region, by kind.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn overdue(market: &Market, board: &Board) -> Result<Vec<Work>> {
    Ok(vec![
        contracts(market, board).await?,
        plain(market, WorkKind::Amendments, amendments(board), amendment::Column::CreatedAt).await?,
        plain(market, WorkKind::Listings, listings(board), listing::Column::UpdatedAt).await?,
        interests(market, board).await?,
        plain(market, WorkKind::Objections, objections(board), objection::Column::CreatedAt).await?,
        questions(market, board).await?,
        plain(market, WorkKind::Disputes, disputes(board), dispute::Column::CreatedAt).await?,
        plain(market, WorkKind::Reports, reports(board), report::Column::CreatedAt).await?,
    ])
}

/// Work without a period.
async fn plain<E: EntityTrait>(market: &Market, kind: WorkKind, query: Select<E>, at: impl ColumnTrait) -> Result<Work> {
    let (waiting, oldest) = waiting(market, query, at).await?;
    Ok(Work { kind, waiting, overdue: None, soon: None, oldest })
}

/// Whether something is about a contract of the region, the field and the kind.
fn about_contract(board: &Board, column: impl ColumnTrait) -> Condition {
    let narrowed = board.region.is_some() || board.field.is_some() || board.kind.is_some();
    Condition::all().add_option(narrowed.then(|| {
        let of = contract::Entity::find().select_only().column(contract::Column::Id).filter(board.of_contract());
        column.in_subquery(of.into_query())
    }))
}

async fn contracts(market: &Market, board: &Board) -> Result<Work> {
    use contract::Column as C;
    let query =
        || contract::Entity::find().filter(C::State.is_in(ContractState::WAITING.map(ContractState::code))).filter(board.of_contract());
    let today = today(market);
    let (all, oldest) = waiting(market, query(), C::SubmittedAt).await?;
    let overdue = query().filter(C::DueOn.lt(format_date(today))).count(&market.db).await?;
    let soon = query().filter(C::DueOn.gte(format_date(today))).filter(C::DueOn.lte(format_date(today + Duration::days(SOON))));
    let soon = soon.count(&market.db).await?;
    Ok(Work { kind: WorkKind::Contracts, waiting: all, overdue: Some(overdue), soon: Some(soon), oldest })
}

fn amendments(board: &Board) -> Select<amendment::Entity> {
    amendment::Entity::find()
        .filter(amendment::Column::State.eq(AmendmentState::Proposed.code()))
        .filter(about_contract(board, amendment::Column::ContractId))
}

fn disputes(board: &Board) -> Select<dispute::Entity> {
    dispute::Entity::find()
        .filter(dispute::Column::State.eq(DisputeState::Open.code()))
        .filter(about_contract(board, dispute::Column::ContractId))
}

fn listings(board: &Board) -> Select<listing::Entity> {
    listing::Entity::find().filter(listing::Column::State.eq(ListingState::InReview.code())).filter(board.of_listing())
}

fn reports(board: &Board) -> Select<report::Entity> {
    report::Entity::find().filter(report::Column::State.eq(ReportState::Submitted.code())).filter(board.in_region(report::Column::Region))
}

fn objections(board: &Board) -> Select<objection::Entity> {
    let notices = public_notice::Entity::find()
        .select_only()
        .column(public_notice::Column::Id)
        .filter(board.about_organisation(public_notice::Column::OrganisationId));
    objection::Entity::find()
        .filter(objection::Column::State.eq(ObjectionState::Raised.code()))
        .filter(objection::Column::NoticeId.in_subquery(notices.into_query()))
}

async fn interests(market: &Market, board: &Board) -> Result<Work> {
    use interest::Column as C;
    let query = || interest::Entity::find().filter(C::State.is_in(open_states())).filter(board.about_listing(C::ListingId));
    let now = micros(market.now());
    let (all, oldest) = waiting(market, query(), C::CreatedAt).await?;
    let overdue = query().filter(C::DueAt.lt(now)).count(&market.db).await?;
    let until = micros(market.now() + Duration::days(SOON));
    let soon = query().filter(C::DueAt.gte(now)).filter(C::DueAt.lte(until)).count(&market.db).await?;
    Ok(Work { kind: WorkKind::Interests, waiting: all, overdue: Some(overdue), soon: Some(soon), oldest })
}

async fn questions(market: &Market, board: &Board) -> Result<Work> {
    use question::Column as C;
    let query =
        || question::Entity::find().filter(C::State.eq(QuestionState::Asked.code())).filter(board.about_organisation(C::ToOrganisationId));
    let (all, oldest) = waiting(market, query(), C::CreatedAt).await?;
    let due = |day: Date| market.config.calendar.after(day, market.config.periods.question_days);
    let today = today(market);
    // Of an earlier day the period ended earlier.
    let last = (0..LOOK_BACK).map(|back| today - Duration::days(back)).find(|day| due(*day) < today);
    let overdue = match last {
        Some(day) => {
            let end = micros((day + Duration::days(1)).midnight().assume_offset(crate::CHINA));
            query().filter(C::CreatedAt.lt(end)).count(&market.db).await?
        }
        None => 0,
    };
    Ok(Work { kind: WorkKind::Questions, waiting: all, overdue: Some(overdue), soon: None, oldest })
}
