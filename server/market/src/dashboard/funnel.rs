//! From the match to the registered contract.
//!
//! The steps follow one set of people: the interests that were sent in the year, and how far each of them has come by now. So every step is a part
//! of the one before, and a share of it means something. Contracts that were signed elsewhere come in at their own place, and are told apart.

use keqiao_model::{ContractState, DealState, Figure, ListingKind, NdaState, TermState, Terms};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select, sea_query::Expr,
};
use uuid::Uuid;

use super::{Board, counted};
use crate::{
    Market, Result,
    entity::{contract, deal, interest, listing, matched, nda, organisation_sum, term_sheet, verdict},
    ledger,
    listings::kind_code,
};

/// Accepted terms that are added up at most; more deals than these do not wait for their contract at once.
const TERMS_MAX: u64 = 2_000;

/// Deals named in one question.
const STEP: usize = 2_000;

/// A step that an interest takes on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Sent.
    Sent,
    /// Accepted; a deal was opened.
    Accepted,
    /// Both sides signed the confidentiality agreement.
    Confidential,
    /// Both sides accepted terms.
    Agreed,
    /// A contract was recorded.
    Recorded,
    /// It was handed in for registration.
    Submitted,
    /// It is in the register.
    Registered,
}

impl Step {
    /// In the order they are taken.
    pub const ALL: [Self; 7] =
        [Self::Sent, Self::Accepted, Self::Confidential, Self::Agreed, Self::Recorded, Self::Submitted, Self::Registered];

    /// Its code; its words are `dashboard.step.<code>`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Confidential => "confidential",
            Self::Agreed => "agreed",
            Self::Recorded => "recorded",
            Self::Submitted => "submitted",
            Self::Registered => "registered",
        }
    }
}

/// Where money is on its way into the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Terms are accepted, no contract is recorded yet.
    Agreed,
    /// Contracts being filled in or corrected.
    Recorded,
    /// Contracts that wait for a decision.
    Waiting,
    /// In the register, counted in the year (输出).
    Registered,
}

impl Stage {
    /// Its code; its words are `dashboard.stage.<code>`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Recorded => "recorded",
            Self::Waiting => "waiting",
            Self::Registered => "registered",
        }
    }
}

/// Money at one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Where it is.
    pub stage: Stage,
    /// Deals or contracts.
    pub number: u64,
    /// 成交额, of terms the price; fen.
    pub value: i64,
    /// 技术交易额, where there is one; fen.
    pub technical: Option<i64>,
}

/// From the match to the registered contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// Demands published in the year.
    pub demands: u64,
    /// Achievements published in the year.
    pub achievements: u64,
    /// Those of both for which the other side has something.
    pub matched: u64,
    /// Words that people said of matched pairs in the year.
    pub judged: u64,
    /// Of these: it fits.
    pub useful: u64,
    /// How far the interests sent in the year came, in the order of [`Step::ALL`].
    pub steps: Vec<(Step, u64)>,
    /// Contracts registered in the year that came from a deal here.
    pub from_deals: u64,
    /// All contracts registered in the year.
    pub registered: u64,
    /// Money on its way, as of now, and what was registered in the year.
    pub pipeline: Vec<Pipeline>,
}

/// The interests of the year.
fn interests(board: &Board) -> Select<interest::Entity> {
    interest::Entity::find().filter(board.within(interest::Column::CreatedAt)).filter(board.about_listing(interest::Column::ListingId))
}

fn of_kind(board: &Board) -> Condition {
    Condition::all().add_option(board.kind.map(|kind| contract::Column::Kind.eq(kind.code())))
}

/// How far the market of the year has come, and what money is on its way.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn funnel(market: &Market, board: &Board) -> Result<Funnel> {
    let db = &market.db;
    let published = |kind: ListingKind| {
        listing::Entity::find()
            .filter(listing::Column::Kind.eq(kind_code(kind)))
            // In any state: named, so that the index of kind, state and day answers.
            .filter(listing::Column::State.is_in(keqiao_model::ListingState::ALL.iter().map(|s| s.code())))
            .filter(board.within(listing::Column::PublishedAt))
            .filter(board.of_listing())
    };
    let mut with_match = 0;
    for kind in [ListingKind::Demand, ListingKind::Achievement] {
        let any = Expr::exists(
            matched::Entity::find()
                .select_only()
                .expr(Expr::val(1))
                .filter(Expr::col((matched::Entity, matched::Column::ListingId)).equals((listing::Entity, listing::Column::Id)))
                .into_query(),
        );
        with_match += published(kind).filter(any).count(db).await?;
    }
    let said =
        || verdict::Entity::find().filter(board.within(verdict::Column::UpdatedAt)).filter(board.about_listing(verdict::Column::ListingId));
    Ok(Funnel {
        demands: published(ListingKind::Demand).count(db).await?,
        achievements: published(ListingKind::Achievement).count(db).await?,
        matched: with_match,
        judged: said().count(db).await?,
        useful: said().filter(verdict::Column::Useful.eq(true)).count(db).await?,
        steps: steps(market, board).await?,
        from_deals: from_deals(market, board).await?,
        registered: registered(market, board).await?,
        pipeline: pipeline(market, board).await?,
    })
}

/// The ids of deals.
async fn ids(market: &Market, deals: Select<deal::Entity>) -> Result<Vec<Uuid>> {
    Ok(deals.select_only().column(deal::Column::Id).into_tuple().all(&market.db).await?)
}

/// All steps after the first: the deals are named one by one, which every planner answers from the indexes that tell a deal's papers.
async fn steps(market: &Market, board: &Board) -> Result<Vec<(Step, u64)>> {
    let db = &market.db;
    let of = interests(board).select_only().column(interest::Column::Id).into_query();
    let deals = ids(market, deal::Entity::find().filter(deal::Column::InterestId.in_subquery(of))).await?;
    let [mut confidential, mut agreed, mut recorded, mut submitted, mut registered] = [0_u64; 5];
    for chunk in deals.chunks(STEP) {
        let these = || chunk.iter().copied();
        let signed: Option<i64> = nda::Entity::find()
            .select_only()
            .column_as(Expr::col(nda::Column::DealId).count_distinct(), "n")
            .filter(nda::Column::DealId.is_in(these()))
            .filter(nda::Column::State.eq(NdaState::Signed.code()))
            .into_tuple()
            .one(db)
            .await?;
        let accepted: Option<i64> = term_sheet::Entity::find()
            .select_only()
            .column_as(Expr::col(term_sheet::Column::DealId).count_distinct(), "n")
            .filter(term_sheet::Column::DealId.is_in(these()))
            .filter(term_sheet::Column::State.eq(TermState::Accepted.code()))
            .into_tuple()
            .one(db)
            .await?;
        let contracts: Vec<(String, Option<i64>)> = contract::Entity::find()
            .select_only()
            .columns([contract::Column::State, contract::Column::SubmittedAt])
            .filter(contract::Column::DealId.is_in(these()))
            .filter(of_kind(board))
            .into_tuple()
            .all(db)
            .await?;
        confidential += counted(signed);
        agreed += counted(accepted);
        for (state, submitted_at) in contracts {
            recorded += 1;
            submitted += u64::from(submitted_at.is_some());
            registered += u64::from(ContractState::from_code(&state).is_some_and(ContractState::is_registered));
        }
    }
    Ok(vec![
        (Step::Sent, interests(board).count(db).await?),
        (Step::Accepted, deals.len() as u64),
        (Step::Confidential, confidential),
        (Step::Agreed, agreed),
        (Step::Recorded, recorded),
        (Step::Submitted, submitted),
        (Step::Registered, registered),
    ])
}

/// Contracts that count in the year and came from a deal, whenever that began.
async fn from_deals(market: &Market, board: &Board) -> Result<u64> {
    let won = [DealState::Registered, DealState::Performing, DealState::Accepted, DealState::Closed].map(|s| s.code());
    let (from, to) = board.period();
    // A deal moves with its contract: what last moved before the year was registered before it.
    let deals = deal::Entity::find().filter(deal::Column::State.is_in(won)).filter(deal::Column::UpdatedAt.gte(from));
    let mut n = 0;
    for chunk in ids(market, deals).await?.chunks(STEP) {
        let contracts: Vec<(String, Option<i64>)> = contract::Entity::find()
            .select_only()
            .columns([contract::Column::State, contract::Column::RegisteredAt])
            .filter(contract::Column::DealId.is_in(chunk.iter().copied()))
            .filter(board.of_contract())
            .into_tuple()
            .all(&market.db)
            .await?;
        let counts = |(state, at): &&(String, Option<i64>)| {
            at.is_some_and(|at| (from..to).contains(&at)) && ContractState::from_code(state).is_some_and(ContractState::is_registered)
        };
        n += contracts.iter().filter(counts).count() as u64;
    }
    Ok(n)
}

/// Contracts in the register that were registered in the year; answered by one index.
async fn registered(market: &Market, board: &Board) -> Result<u64> {
    let mut all = 0;
    for state in ContractState::IN_REGISTER {
        let n: Option<i64> = contract::Entity::find()
            .select_only()
            .column_as(contract::Column::Id.count(), "n")
            .filter(contract::Column::State.eq(state.code()))
            .filter(board.within(contract::Column::RegisteredAt))
            .filter(board.of_contract())
            .into_tuple()
            .one(&market.db)
            .await?;
        all += counted(n);
    }
    Ok(all)
}

async fn pipeline(market: &Market, board: &Board) -> Result<Vec<Pipeline>> {
    let (number, value) = agreed(market, board).await?;
    let counted_sellers: Option<Option<i64>> = organisation_sum::Entity::find()
        .select_only()
        .column_as(Expr::col(organisation_sum::Column::Contracts).sum().cast_as("bigint"), "n")
        .filter(organisation_sum::Column::Figure.eq(Figure::ContractValue.code()))
        .filter(organisation_sum::Column::Year.eq(i64::from(board.year)))
        .filter(of_sum(board))
        .into_tuple()
        .one(&market.db)
        .await?;
    Ok(vec![
        Pipeline { stage: Stage::Agreed, number, value, technical: None },
        contracts_in(market, board, Stage::Recorded, &[ContractState::Draft, ContractState::Returned]).await?,
        contracts_in(market, board, Stage::Waiting, &ContractState::WAITING).await?,
        Pipeline {
            stage: Stage::Registered,
            number: counted(counted_sellers.flatten()),
            value: ledger::total(market, Figure::ContractValue, &board.ledger()).await?,
            technical: Some(ledger::total(market, Figure::TechnicalValue, &board.ledger()).await?),
        },
    ])
}

/// Sums of organisations of the region, the field and the kind.
fn of_sum(board: &Board) -> Condition {
    use organisation_sum::Column as C;
    let region = board.in_region(C::Region);
    if board.field.is_none() && board.kind.is_none() {
        return region.add(C::Field.eq("")).add(C::ContractKind.eq(""));
    }
    let fields = keqiao_model::Field::ALL.iter().filter(|f| board.field.is_none_or(|field| field == **f)).map(|f| f.code());
    let kinds = keqiao_model::ContractKind::ALL.iter().filter(|k| board.kind.is_none_or(|kind| kind == **k)).map(|k| k.code());
    region.add(C::Field.is_in(fields)).add(C::ContractKind.is_in(kinds))
}

/// Deals whose terms are accepted and whose contract is not recorded: how many, and their prices.
async fn agreed(market: &Market, board: &Board) -> Result<(u64, i64)> {
    let either = Condition::any()
        .add(deal::Column::DemandId.in_subquery(board.listings(listing::Column::Id)))
        .add(deal::Column::AchievementId.in_subquery(board.listings(listing::Column::Id)));
    let open: Vec<Uuid> = deal::Entity::find()
        .select_only()
        .column(deal::Column::Id)
        .filter(deal::Column::State.is_in([DealState::Terms.code(), DealState::Notice.code()]))
        .filter(Condition::all().add_option((board.region.is_some() || board.field.is_some()).then_some(either)))
        .limit(TERMS_MAX)
        .into_tuple()
        .all(&market.db)
        .await?;
    let (mut number, mut value) = (0, 0_i64);
    for chunk in open.chunks(500) {
        let sheets: Vec<String> = term_sheet::Entity::find()
            .select_only()
            .column(term_sheet::Column::Terms)
            .filter(term_sheet::Column::DealId.is_in(chunk.iter().copied()))
            .filter(term_sheet::Column::State.eq(TermState::Accepted.code()))
            .into_tuple()
            .all(&market.db)
            .await?;
        for sheet in sheets {
            let terms: Terms = serde_json::from_str(&sheet)?;
            if board.kind.is_none_or(|kind| kind == terms.kind) {
                number += 1;
                value = value.saturating_add(terms.price.fen());
            }
        }
    }
    Ok((number, value))
}

async fn contracts_in(market: &Market, board: &Board, stage: Stage, states: &[ContractState]) -> Result<Pipeline> {
    let sum = |column: contract::Column| Expr::col(column).sum().cast_as("bigint");
    let row: Option<(i64, Option<i64>, Option<i64>)> = contract::Entity::find()
        .select_only()
        .column_as(contract::Column::Id.count(), "n")
        .column_as(sum(contract::Column::Value), "value")
        .column_as(sum(contract::Column::TechnicalValue), "technical")
        .filter(contract::Column::State.is_in(states.iter().map(|s| s.code())))
        .filter(board.of_contract())
        .into_tuple()
        .one(&market.db)
        .await?;
    let (n, value, technical) = row.unwrap_or_default();
    Ok(Pipeline { stage, number: counted(Some(n)), value: value.unwrap_or(0), technical: Some(technical.unwrap_or(0)) })
}
