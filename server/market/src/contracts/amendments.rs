//! 变更登记: what a registered contract says is changed with reason and evidence. The seller proposes, an officer of the region without part in it
//! decides; what the ledger counts follows by reversal and new entries.

use std::collections::HashMap;

use keqiao_model::{
    AmendmentKind, AmendmentMove, AmendmentState, Check, Fen, Fields, NoticeKind, Party, RuleKind, Stateful, TEXT_MAX, format_date,
    parse_date,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{
    ContractSummary, answers_for, content_of, find, has_part, is_insider, named_buyer, organisation_of, parties, read_buyer, region_of,
    state_of, views,
};
use crate::{
    Actor, Error, Market, Paged, Result,
    accounts::person_names,
    attachments::{self, AttachmentView, NewFile},
    db::{Moved, Subject, Tx, from_micros},
    entity::{
        amendment::{ActiveModel, Column, Entity, Model},
        attachment, contract, organisation,
    },
    ledger,
    notices::Telling,
    paging::fetch,
    performance, rewards, rules,
};

/// Longest reason of an amendment, characters.
pub const AMENDMENT_REASON_MAX: usize = TEXT_MAX;

/// What the register says of what an amendment is about, before or after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// 成交额 and 技术交易额, fen.
    Amount {
        /// 成交额.
        value: i64,
        /// 技术交易额.
        technical_value: i64,
    },
    /// Who buys.
    Parties {
        /// Organisation id.
        buyer: Uuid,
        /// Its name at that time.
        name: String,
        /// Its credit code.
        credit_code: String,
    },
    /// Last day of validity, `YYYY-MM-DD`.
    Term {
        /// That day.
        ends_on: String,
    },
}

impl Change {
    /// What a registered contract says now.
    async fn now<C: ConnectionTrait>(db: &C, row: &contract::Model, kind: AmendmentKind) -> Result<Self> {
        Ok(match kind {
            AmendmentKind::Amount => Self::Amount { value: row.value, technical_value: row.technical_value },
            AmendmentKind::Parties => {
                let buyer = organisation::Entity::find_by_id(row.buyer_id).one(db).await?.ok_or(Error::NotFound)?;
                Self::of_buyer(buyer)
            }
            AmendmentKind::Term => Self::Term { ends_on: row.ends_on.clone() },
        })
    }

    fn of_buyer(buyer: organisation::Model) -> Self {
        Self::Parties { buyer: buyer.id, name: buyer.name, credit_code: buyer.credit_code }
    }

    /// Whether both say the same; a buyer that changed its name is the same one.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Parties { buyer: a, .. }, Self::Parties { buyer: b, .. }) => a == b,
            (a, b) => a == b,
        }
    }
}

/// An amendment as one actor may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendmentView {
    /// Its place among those of the contract, from 1.
    pub place: i64,
    /// What it changes.
    pub kind: AmendmentKind,
    /// Where it stands.
    pub state: AmendmentState,
    /// What the register said before, and says after it; `None` for outsiders when it is not public.
    pub change: Option<(Change, Change)>,
    /// The rest, for insiders.
    pub detail: Option<AmendmentDetail>,
    /// When it was proposed.
    pub created_at: OffsetDateTime,
    /// When it was decided.
    pub decided_at: Option<OffsetDateTime>,
    /// What the actor may do with it now.
    pub moves: Vec<AmendmentMove>,
    /// For optimistic locking.
    pub version: i64,
}

/// What insiders of a contract read of an amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendmentDetail {
    /// Why.
    pub reason: String,
    /// Words of the decision; may be empty.
    pub decision: String,
    /// Name of who proposed it.
    pub person: String,
    /// Name of who decided it.
    pub decided_by: String,
    /// The evidence.
    pub file: Option<AttachmentView>,
}

/// The amendments of a contract as one actor may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendments {
    /// The contract's public line.
    pub contract: ContractSummary,
    /// What the register says of each kind now; for those who may propose.
    pub now: Vec<(AmendmentKind, Change)>,
    /// Kinds the actor may propose now.
    pub may_propose: Vec<AmendmentKind>,
    /// Latest first.
    pub list: Paged<AmendmentView>,
    /// Version of the contract, which approving needs.
    pub contract_version: i64,
}

/// An amendment that waits for an officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendmentQueueItem {
    /// The contract.
    pub contract: ContractSummary,
    /// What it changes.
    pub kind: AmendmentKind,
    /// When it was proposed.
    pub created_at: OffsetDateTime,
}

fn kind_of(row: &Model) -> Result<AmendmentKind> {
    AmendmentKind::from_code(&row.kind).ok_or_else(|| Error::internal(format!("amendment kind {}", row.kind)))
}

fn state_of_amendment(row: &Model) -> Result<AmendmentState> {
    AmendmentState::from_code(&row.state).ok_or_else(|| Error::internal(format!("amendment state {}", row.state)))
}

/// The row of a contract, locked to the end of the transaction: amendments of one contract follow each other.
async fn locked(tx: &Tx, id: Uuid) -> Result<contract::Model> {
    contract::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?.ok_or(Error::NotFound)
}

fn open(contract: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::ContractId.eq(contract)).filter(Column::State.eq(AmendmentState::Proposed.code()))
}

/// Reads what the register should say, all but a buyer.
fn read(check: &mut Check, kind: AmendmentKind, fields: &Fields, row: &contract::Model) -> Option<Change> {
    match kind {
        AmendmentKind::Amount => {
            let mut amount = |name: &str| {
                let typed = fields.value(name).trim();
                check.ensure(!typed.is_empty(), name, "required");
                if typed.is_empty() { None } else { check.take(Fen::parse_yuan(typed), |e| e.at(name)) }
            };
            let (value, technical) = (amount("value"), amount("technical_value"));
            let (value, technical) = (value?, technical?);
            check.ensure(value > Fen::ZERO, "value", "positive");
            check.ensure(technical <= value, "technical_value", "technical_over_total");
            Some(Change::Amount { value: value.fen(), technical_value: technical.fen() })
        }
        AmendmentKind::Term => {
            let typed = fields.value("ends_on").trim();
            let day = parse_date(typed);
            check.ensure(day.is_some(), "ends_on", if typed.is_empty() { "required" } else { "date" });
            let day = day?;
            check.ensure(parse_date(&row.starts_on).is_none_or(|start| start <= day), "ends_on", "date_order");
            Some(Change::Term { ends_on: format_date(day) })
        }
        AmendmentKind::Parties => None,
    }
}

/// Proposes to change a registered contract; answers the place of the amendment. Whoever acts for the seller may. Fields: `kind`; of an amount
/// `value` and `technical_value`; of the parties `buyer_credit_code` and `buyer_name`; of the term `ends_on`; `reason`. A file of evidence is
/// required.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for those who may not know of the contract; [`Error::Forbidden`] for anyone but the seller's;
/// [`Error::Invalid`] with every reason at its field: `not_in_register`, `amendment_open` when one of the kind waits, `nothing_changed`,
/// `file_required`, `amount_below_received`, `amount_below_milestones`, `amount_below_splits`.
pub async fn propose_amendment(
    market: &Market,
    actor: &Actor,
    number: &str,
    fields: &Fields,
    file: Option<NewFile<'_>>,
    once: Option<Uuid>,
) -> Result<i64> {
    let person = actor.signed_in()?;
    let row = find(&market.db, number).await?;
    if !state_of(&row)?.is_registered() && !is_insider(&market.db, market, actor, &row).await? {
        return Err(Error::NotFound);
    }
    if !actor.belongs_to(row.seller_id) {
        return Err(Error::Forbidden);
    }
    let mut check = Check::new();
    let typed = fields.value("kind").trim();
    let kind = AmendmentKind::from_code(typed);
    check.ensure(kind.is_some(), "kind", if typed.is_empty() { "required" } else { "choice" });
    let change = kind.and_then(|kind| read(&mut check, kind, fields, &row));
    let buyer = (kind == Some(AmendmentKind::Parties)).then(|| read_buyer(market, fields));
    let buyer = buyer.and_then(|b| b.map_err(|errors| errors.into_iter().for_each(|e| check.refuse(e))).ok());
    let reason = check.required("reason", fields.value("reason"), AMENDMENT_REASON_MAX);
    check.ensure(file.is_some(), "file", "file_required");
    check.finish(())?;
    let (Some(kind), Some(file)) = (kind, file) else { return Err(Error::internal("an amendment without kind or file")) };
    let stored = attachments::prepare(market, file).await?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(place) = before {
        return place.parse().map_err(|_| Error::Stale);
    }
    let row = locked(&tx, row.id).await?;
    if !state_of(&row)?.is_registered() {
        return Err(Error::field("", "not_in_register"));
    }
    if open(row.id).filter(Column::Kind.eq(kind.code())).count(&*tx).await? > 0 {
        return Err(Error::field("kind", "amendment_open"));
    }
    let before = Change::now(&*tx, &row, kind).await?;
    let after = match buyer {
        Some(buyer) => Change::of_buyer(named_buyer(&tx, row.seller_id, &buyer).await?),
        None => change.ok_or_else(|| Error::internal("an amendment without change"))?,
    };
    if before.same(&after) {
        let field = match kind {
            AmendmentKind::Amount => "value",
            AmendmentKind::Parties => "buyer_credit_code",
            AmendmentKind::Term => "ends_on",
        };
        return Err(Error::field(field, "nothing_changed"));
    }
    check_performed(&tx, &row, &after, "value").await?;
    let last: Option<i64> =
        Entity::find().filter(Column::ContractId.eq(row.id)).order_by_desc(Column::Place).one(&*tx).await?.map(|a| a.place);
    let (id, place) = (Uuid::now_v7(), last.unwrap_or(0) + 1);
    let file = attachments::insert(&tx, actor, Subject::Amendment, id, stored).await?;
    let proposed = ActiveModel {
        id: Set(id),
        contract_id: Set(row.id),
        person_id: Set(person.id),
        place: Set(place),
        kind: Set(kind.code().to_owned()),
        state: Set(AmendmentState::Proposed.code().to_owned()),
        before: Set(serde_json::to_string(&before)?),
        after: Set(serde_json::to_string(&after)?),
        reason: Set(reason),
        decision: Set(String::new()),
        attachment_id: Set(Some(file)),
        decided_by: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
        decided_at: Set(None),
    };
    proposed.insert(&*tx).await?;
    tx.audit("amendment.propose", Subject::Amendment, Some(id), json!({ "contract": row.number, "place": place })).await?;
    let who = organisation_of(&tx, row.seller_id).await?.name;
    tx.tell(id, &telling(NoticeKind::AmendmentProposed, &row).by(&who).officers_of(&row.region)).await?;
    tx.result(place).await?;
    tx.commit().await?;
    Ok(place)
}

fn telling(kind: NoticeKind, row: &contract::Model) -> Telling {
    Telling::new(kind, &row.number, &row.title, format!("/contracts/{}/amend", row.number))
}

/// Whether a change of the amount takes a contract to where two officers review it, by the rule of its day of signing.
async fn passes_threshold<C: ConnectionTrait>(db: &C, row: &contract::Model, after: &Change) -> Result<bool> {
    let Change::Amount { technical_value, .. } = after else { return Ok(false) };
    let threshold = rules::needed(db, RuleKind::SecondReview, content_of(row)?.signed_on).await?.value;
    Ok(*technical_value >= threshold && *technical_value > row.technical_value)
}

/// Decides an amendment, or takes it back: officers of the region who belong to neither party, nor to the buyer it names, approve and refuse; the
/// seller withdraws. An amount that is raised to the threshold of the second review or beyond needs an officer other than the one who registered
/// the contract. `contract_version` is that of the contract the officer saw.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] when there is none the actor may know of; [`Error::Forbidden`] when the table does not allow the actor
/// the move; [`Error::Stale`] when amendment or contract changed meanwhile; [`Error::Invalid`]: `conflict_of_interest`, `another_officer`,
/// `not_in_register`, `amount_below_received`, `amount_below_milestones`, `amount_below_splits`, `amendment_outdated` when the register says something else than the amendment starts from, `reason_required`.
pub async fn decide_amendment(
    market: &Market,
    actor: &Actor,
    number: &str,
    place: i64,
    by: AmendmentMove,
    words: &str,
    version: i64,
    contract_version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, done) = market.write_once(actor, once).await?;
    if done.is_some() {
        return Ok(());
    }
    let row = locked(&tx, find(&*tx, number).await?.id).await?;
    let amendment = Entity::find().filter(Column::ContractId.eq(row.id)).filter(Column::Place.eq(place)).one(&*tx).await?;
    let amendment = amendment.ok_or(Error::NotFound)?;
    if !is_insider(&*tx, market, actor, &row).await? {
        return Err(if *actor == Actor::Visitor { Error::SignIn } else { Error::NotFound });
    }
    let from = state_of_amendment(&amendment)?;
    if amendment.version != version {
        return Err(Error::Stale);
    }
    let transition = from.transition(by).ok_or(Error::Forbidden)?;
    if !transition.who.iter().any(|w| parties(market, actor, &row).contains(w)) {
        let conflicted = transition.who.contains(&Party::Officer) && answers_for(market, actor, &row) && has_part(actor, &row);
        return Err(if conflicted { Error::field("", "conflict_of_interest") } else { Error::Forbidden });
    }
    let after: Change = serde_json::from_str(&amendment.after)?;
    if matches!(&after, Change::Parties { buyer, .. } if transition.who.contains(&Party::Officer) && actor.belongs_to(*buyer)) {
        return Err(Error::field("", "conflict_of_interest"));
    }
    let mut check = Check::new();
    let name = format!("words.{place}");
    let words = check.optional(&name, words, TEXT_MAX);
    check.ensure(!transition.reason || !words.is_empty(), &name, "reason_required");
    check.finish(())?;
    let change = ActiveModel {
        state: Set(transition.to.code().to_owned()),
        decision: Set(words.clone()),
        decided_by: Set(actor.id()),
        decided_at: Set(Some(tx.now)),
        version: Set(version + 1),
        ..Default::default()
    };
    let changed =
        Entity::update_many().set(change).filter(Column::Id.eq(amendment.id)).filter(Column::Version.eq(version)).exec(&*tx).await?;
    if changed.rows_affected == 0 {
        return Err(Error::Stale);
    }
    if by == AmendmentMove::Approve {
        if row.version != contract_version {
            return Err(Error::Stale);
        }
        if actor.id().is_some() && actor.id() == row.registered_by && passes_threshold(&*tx, &row, &after).await? {
            return Err(Error::field("", "another_officer"));
        }
        enter(market, &tx, &row, &amendment, &after).await?;
    }
    let (from, to, action) = (from.code(), transition.to.code(), by.code());
    tx.moved(Moved { subject: Subject::Amendment, id: amendment.id, from, to, action, code: "", reason: &words }).await?;
    if by != AmendmentMove::Withdraw {
        let told = telling(NoticeKind::AmendmentDecided, &row).organisations(&[row.seller_id, row.buyer_id]).except(actor.id());
        tx.tell(amendment.id, &told).await?;
    }
    tx.result("").await?;
    tx.commit().await
}

/// An amount stays above what was received, what milestones plan and what splits hold; whoever calls holds the contract's row, as whoever records a receipt does.
async fn check_performed(tx: &Tx, row: &contract::Model, after: &Change, field: &str) -> Result<()> {
    let Change::Amount { value, .. } = after else { return Ok(()) };
    if *value < performance::received(&**tx, row.id).await? {
        return Err(Error::field(field, "amount_below_received"));
    }
    if *value < performance::planned(&**tx, row.id).await? {
        return Err(Error::field(field, "amount_below_milestones"));
    }
    if *value < rewards::held(&**tx, row.id, None).await? {
        return Err(Error::field(field, "amount_below_splits"));
    }
    Ok(())
}

/// Makes the register say what an amendment says, and the ledger count it.
async fn enter(market: &Market, tx: &Tx, row: &contract::Model, amendment: &Model, after: &Change) -> Result<()> {
    if !state_of(row)?.is_registered() {
        return Err(Error::field("", "not_in_register"));
    }
    let before: Change = serde_json::from_str(&amendment.before)?;
    if !Change::now(&**tx, row, kind_of(amendment)?).await?.same(&before) {
        return Err(Error::field("", "amendment_outdated"));
    }
    check_performed(tx, row, after, "").await?;
    let mut change = contract::ActiveModel { updated_at: Set(tx.now), version: Set(row.version + 1), ..Default::default() };
    match after {
        Change::Amount { value, technical_value } => {
            change.value = Set(*value);
            change.technical_value = Set(*technical_value);
        }
        Change::Parties { buyer, .. } => {
            let seller = organisation_of(tx, row.seller_id).await?;
            let buyer = organisation_of(tx, *buyer).await?;
            change.region = Set(region_of(market, &seller, &buyer));
            change.buyer_id = Set(buyer.id);
        }
        Change::Term { ends_on } => change.ends_on = Set(ends_on.clone()),
    }
    let done = contract::Entity::update_many()
        .set(change)
        .filter(contract::Column::Id.eq(row.id))
        .filter(contract::Column::Version.eq(row.version))
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let row = super::find_by_id(&**tx, row.id).await?;
    let moved = matches!(after, Change::Parties { .. });
    ledger::recount_contract(market, tx, &row, &format!("amendment:{}", amendment.place), moved).await
}

/// The amendments of a contract: for its insiders all of them, for everybody else what was approved and when, while it is in the register.
///
/// # Errors
/// [`Error::NotFound`] when there is no contract the actor may know of, or it was never registered.
pub async fn amendments(market: &Market, actor: &Actor, number: &str, page: u64) -> Result<Amendments> {
    let row = find(&market.db, number).await?;
    let inside = is_insider(&market.db, market, actor, &row).await?;
    let registered = state_of(&row)?.is_registered();
    if !(registered || inside && row.registered_at.is_some()) {
        return Err(Error::NotFound);
    }
    let mut query = Entity::find().filter(Column::ContractId.eq(row.id)).order_by_desc(Column::Place);
    if !inside {
        query = query.filter(Column::State.eq(AmendmentState::Approved.code()));
    }
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let contract = views::summaries(&market.db, std::slice::from_ref(&row)).await?.pop().ok_or(Error::NotFound)?;
    let (mut now, mut may_propose) = (Vec::new(), Vec::new());
    if registered && actor.belongs_to(row.seller_id) {
        let waiting: Vec<String> = open(row.id).all(&market.db).await?.into_iter().map(|a| a.kind).collect();
        for kind in AmendmentKind::ALL.iter().copied() {
            now.push((kind, Change::now(&market.db, &row, kind).await?));
            if !waiting.iter().any(|w| w == kind.code()) {
                may_propose.push(kind);
            }
        }
    }
    let list = paged.with(views_of(market, actor, &row, rows, inside).await?);
    Ok(Amendments { contract, now, may_propose, list, contract_version: row.version })
}

async fn views_of(market: &Market, actor: &Actor, row: &contract::Model, rows: Vec<Model>, inside: bool) -> Result<Vec<AmendmentView>> {
    let people = rows.iter().flat_map(|a| [Some(a.person_id), a.decided_by]).flatten().collect();
    let (names, mut files) = if inside {
        let files = attachment::Entity::find().filter(attachment::Column::Id.is_in(rows.iter().filter_map(|a| a.attachment_id)));
        let files: HashMap<Uuid, AttachmentView> =
            files.all(&market.db).await?.into_iter().map(|f| (f.id, AttachmentView::of(f))).collect();
        (person_names(&market.db, people).await?, files)
    } else {
        (HashMap::new(), HashMap::new())
    };
    let acting = parties(market, actor, row);
    rows.into_iter()
        .map(|a| {
            let (kind, state) = (kind_of(&a)?, state_of_amendment(&a)?);
            let name = |id: Option<Uuid>| id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
            // Until when a contract is valid is for insiders.
            let readable = inside || kind != AmendmentKind::Term;
            let change = if readable { Some((serde_json::from_str(&a.before)?, serde_json::from_str(&a.after)?)) } else { None };
            let detail = inside.then(|| AmendmentDetail {
                person: name(Some(a.person_id)),
                decided_by: name(a.decided_by),
                file: a.attachment_id.and_then(|id| files.remove(&id)),
                reason: a.reason,
                decision: a.decision,
            });
            Ok(AmendmentView {
                place: a.place,
                kind,
                state,
                change,
                detail,
                created_at: from_micros(a.created_at),
                decided_at: a.decided_at.map(from_micros),
                moves: state.moves(&acting).iter().map(|t| t.by).collect(),
                version: a.version,
            })
        })
        .collect()
}

/// The days on which a contract was changed in the register, and what was, oldest first.
pub(super) async fn approved<C: ConnectionTrait>(db: &C, contract: Uuid) -> Result<Vec<(AmendmentKind, Date)>> {
    let rows = Entity::find()
        .filter(Column::ContractId.eq(contract))
        .filter(Column::State.eq(AmendmentState::Approved.code()))
        .order_by_asc(Column::DecidedAt)
        .all(db)
        .await?;
    rows.iter().map(|a| Ok((kind_of(a)?, from_micros(a.decided_at.unwrap_or(a.created_at)).to_offset(crate::CHINA).date()))).collect()
}

fn queue(market: &Market, actor: &Actor) -> Result<Select<Entity>> {
    let person = actor.signed_in()?;
    let region = person.officer.as_deref().ok_or(Error::NotFound)?;
    let own: Vec<Uuid> = person.organisations.iter().map(|o| o.id).collect();
    let contracts = contract::Entity::find()
        .select_only()
        .column(contract::Column::Id)
        .filter(contract::Column::Region.is_in(crate::review::regions_of(market, region)))
        .filter(contract::Column::SellerId.is_not_in(own.clone()))
        .filter(contract::Column::BuyerId.is_not_in(own));
    Ok(Entity::find()
        .filter(Column::State.eq(AmendmentState::Proposed.code()))
        .filter(Column::ContractId.in_subquery(contracts.into_query())))
}

/// Amendments that wait for the officer, longest waiting first; those of the officer's own organisations are left to others.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is not an officer.
pub async fn amendment_queue(market: &Market, actor: &Actor, page: u64) -> Result<Paged<AmendmentQueueItem>> {
    let query = queue(market, actor)?.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let contracts = contract::Entity::find().filter(contract::Column::Id.is_in(rows.iter().map(|a| a.contract_id))).all(&market.db).await?;
    let contracts: HashMap<Uuid, ContractSummary> =
        views::summaries(&market.db, &contracts).await?.into_iter().map(|c| (c.id, c)).collect();
    let items = rows.iter().filter_map(|a| {
        let contract = contracts.get(&a.contract_id)?.clone();
        Some(kind_of(a).map(|kind| AmendmentQueueItem { contract, kind, created_at: from_micros(a.created_at) }))
    });
    let items = items.collect::<Result<Vec<_>>>()?;
    Ok(paged.with(items))
}

/// How many amendments wait for the officer.
///
/// # Errors
/// As [`amendment_queue`].
pub async fn amendment_queue_count(market: &Market, actor: &Actor) -> Result<u64> {
    Ok(queue(market, actor)?.count(&market.db).await?)
}
