//! The statement of fees: what is due, what was paid, what is open; for the broker in full, for payers their own part.

use std::collections::HashMap;

use keqiao_model::{Check, CommissionState, CommissionWay, ContractState, Fen, FieldError, Fields, format_date, parse_date};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    sea_query::{Expr, Query},
};
use serde_json::json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Payer, agreed, contract_of, editions, fee, is_registered, shares, way_of};
use crate::{
    Actor, Error, Market, PER_PAGE, Paged, Result,
    brokers::{acting, names_of},
    contracts::today,
    db::{Subject, from_micros},
    entity::{commission as table, contract, deal, fee_payment},
    listings::organisation_names,
    paging::within,
    room,
};

/// Longest note at a payment, characters.
const NOTE_MAX: usize = 300;

/// What one side owes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// In all, fen.
    pub due: i64,
    /// Of it paid.
    pub paid: i64,
}

impl Due {
    /// What is left.
    pub fn open(&self) -> i64 {
        Ord::max(self.due - self.paid, 0)
    }

    fn add(&mut self, other: &Self) {
        self.due = self.due.saturating_add(other.due);
        self.paid = self.paid.saturating_add(other.paid);
    }
}

/// A payment that the broker wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    /// Who paid.
    pub payer: Payer,
    /// Fen.
    pub amount: i64,
    /// On which day.
    pub paid_on: Option<Date>,
    /// What else there is to say.
    pub note: String,
    /// When it was written down.
    pub at: OffsetDateTime,
}

/// The fee of one deal.
#[derive(Debug, Clone)]
pub struct FeeLine {
    /// Number of the deal.
    pub deal: String,
    /// What it is about.
    pub title: String,
    /// Name of the broker.
    pub broker: String,
    /// Share or sum.
    pub way: CommissionWay,
    /// Hundredths of a percent; 0 for a sum.
    pub rate: i64,
    /// Number of the registered contract; nothing while none is registered, and nothing is due.
    pub contract: Option<String>,
    /// The buyer, and what it owes; only where the actor may see it.
    pub buyer: Option<(String, Due)>,
    /// The seller, and what it owes; only where the actor may see it.
    pub seller: Option<(String, Due)>,
    /// Payments that the actor may see, the last one first.
    pub payments: Vec<PaymentView>,
    /// Whether the actor may write down a payment.
    pub may_record: bool,
}

/// Whose statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeScope {
    /// Of the broker who acts.
    Broker,
    /// Of the organisation acted for.
    Payer,
}

/// A page of fees, and the sums over all of them.
#[derive(Debug, Clone)]
pub struct FeeStatement {
    /// The lines, the last agreed first.
    pub lines: Paged<FeeLine>,
    /// Over all pages.
    pub total: Due,
}

/// Amounts by deal and payer.
type Paid = HashMap<Uuid, Vec<fee_payment::Model>>;

/// Payments of deals, whichever edition they were recorded under.
async fn paid<C: ConnectionTrait>(db: &C, deals: &[Uuid]) -> Result<Paid> {
    let mut found = Paid::new();
    for chunk in deals.chunks(500) {
        let of: HashMap<Uuid, Uuid> = table::Entity::find()
            .filter(table::Column::DealId.is_in(chunk.iter().copied()))
            .all(db)
            .await?
            .into_iter()
            .map(|row| (row.id, row.deal_id))
            .collect();
        let rows = fee_payment::Entity::find()
            .filter(fee_payment::Column::CommissionId.is_in(of.keys().copied()))
            .order_by_desc(fee_payment::Column::At)
            .order_by_desc(fee_payment::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            if let Some(deal) = of.get(&row.commission_id) {
                found.entry(*deal).or_default().push(row);
            }
        }
    }
    Ok(found)
}

fn sum(rows: &[fee_payment::Model], payer: Payer) -> i64 {
    rows.iter().filter(|row| row.payer == payer.code()).map(|row| row.amount).sum()
}

/// What both sides of a deal owe by what is agreed; nothing while no contract is registered.
fn dues(agreed: &table::Model, value: Option<i64>, paid: &[fee_payment::Model]) -> Result<(Due, Due)> {
    let (buyer, seller) = match value {
        Some(value) => shares(fee(way_of(agreed)?, agreed.rate, agreed.amount, value), agreed.buyer_share),
        None => (0, 0),
    };
    Ok((Due { due: buyer, paid: sum(paid, Payer::Buyer) }, Due { due: seller, paid: sum(paid, Payer::Seller) }))
}

/// From a commission to its deal.
fn joined() -> RelationDef {
    table::Entity::belongs_to(deal::Entity).from(table::Column::DealId).to(deal::Column::Id).into()
}

/// Whether a later proposal of the same deal was agreed too.
fn is_superseded() -> Expr {
    Expr::exists(
        Query::select()
            .expr(Expr::value(1))
            .from_as(table::Entity, "later")
            .and_where(Expr::col(("later", table::Column::DealId)).equals((table::Entity, table::Column::DealId)))
            .and_where(Expr::col(("later", table::Column::State)).eq(CommissionState::Agreed.code()))
            .and_where(Expr::col(("later", table::Column::Edition)).gt(Expr::col((table::Entity, table::Column::Edition))))
            .to_owned(),
    )
}

/// Fees that are agreed: of the broker who acts, or those the organisation acted for has to pay.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for a broker's statement when the actor is none.
pub async fn fees(market: &Market, actor: &Actor, scope: FeeScope, page: u64) -> Result<FeeStatement> {
    let person = actor.signed_in()?;
    let mut query = table::Entity::find()
        .join(JoinType::InnerJoin, joined())
        .select_also(deal::Entity)
        .filter(table::Column::State.eq(CommissionState::Agreed.code()))
        .filter(is_superseded().not());
    match scope {
        FeeScope::Broker => {
            acting(actor)?;
            query = query.filter(table::Column::BrokerId.eq(person.id));
        }
        FeeScope::Payer => {
            let Some(acting) = actor.organisation() else {
                return Ok(FeeStatement { lines: Paged::empty(), total: Due::default() });
            };
            let buys = Condition::all().add(deal::Column::BuyerId.eq(acting.id)).add(table::Column::BuyerShare.gt(0));
            let sells = Condition::all().add(deal::Column::SellerId.eq(acting.id)).add(table::Column::BuyerShare.lt(100));
            query = query.filter(Condition::any().add(buys).add(sells));
        }
    }
    let rows: Vec<(table::Model, deal::Model)> = query
        .order_by_desc(table::Column::CreatedAt)
        .order_by_desc(table::Column::Id)
        .all(&market.db)
        .await?
        .into_iter()
        .filter_map(|(row, deal)| Some((row, deal?)))
        .collect();
    let deals: Vec<Uuid> = rows.iter().map(|(_, deal)| deal.id).collect();
    let mut contracts: HashMap<Uuid, contract::Model> = HashMap::new();
    for chunk in deals.chunks(500) {
        let registered = contract::Entity::find()
            .filter(contract::Column::DealId.is_in(chunk.iter().copied()))
            .filter(contract::Column::State.is_in(ContractState::IN_REGISTER.map(ContractState::code)));
        contracts.extend(registered.all(&market.db).await?.into_iter().filter_map(|c| Some((c.deal_id?, c))));
    }
    let mut paid = paid(&market.db, &deals).await?;
    let organisations = organisation_names(&market.db, rows.iter().flat_map(|(_, d)| [d.buyer_id, d.seller_id]).collect()).await?;
    let brokers = names_of(&market.db, rows.iter().map(|(row, _)| row.broker_id).collect()).await?;
    let mut total = Due::default();
    let mut lines = Vec::new();
    for (row, deal) in rows {
        let contract = contracts.remove(&deal.id);
        let payments = paid.remove(&deal.id).unwrap_or_default();
        let (buyer, seller) = dues(&row, contract.as_ref().map(|c| c.value), &payments)?;
        let sees = |organisation: Uuid| scope == FeeScope::Broker || actor.acts_for(organisation);
        let part = |organisation: Uuid, pays: bool, due: Due| {
            let name = organisations.get(&organisation).cloned().unwrap_or_default();
            (pays && sees(organisation)).then_some((name, due))
        };
        let (buyer, seller) = (part(deal.buyer_id, row.buyer_share > 0, buyer), part(deal.seller_id, row.buyer_share < 100, seller));
        for (_, due) in [&buyer, &seller].into_iter().flatten() {
            total.add(due);
        }
        let shown = |payer: &Payer| if *payer == Payer::Buyer { buyer.is_some() } else { seller.is_some() };
        let payments = payments
            .into_iter()
            .filter_map(|p| {
                let payer = Payer::from_code(&p.payer).filter(shown)?;
                Some(PaymentView { payer, amount: p.amount, paid_on: parse_date(&p.paid_on), note: p.note, at: from_micros(p.at) })
            })
            .collect();
        let open = [&buyer, &seller].into_iter().flatten().any(|(_, due)| due.open() > 0);
        lines.push(FeeLine {
            deal: deal.number,
            title: deal.title,
            broker: brokers.get(&row.broker_id).cloned().unwrap_or_default(),
            way: way_of(&row)?,
            rate: row.rate,
            may_record: scope == FeeScope::Broker && open,
            contract: contract.map(|c| c.number),
            buyer,
            seller,
            payments,
        });
    }
    let count = lines.len() as u64;
    let page = within(page, count);
    let skipped = usize::try_from((page - 1) * PER_PAGE).unwrap_or(usize::MAX);
    let items = lines.into_iter().skip(skipped).take(usize::try_from(PER_PAGE).unwrap_or(usize::MAX)).collect();
    Ok(FeeStatement { lines: Paged { items, total: count, page, per_page: PER_PAGE }, total })
}

/// The broker of a deal writes down what a side paid: `payer`, `amount`, `paid_on`, `note`. Not more than is open.
///
/// # Errors
/// [`Error::NotFound`] for everyone but the broker of the deal; [`Error::Invalid`]: the fields, `fee_not_due`, `fee_more_than_open`.
pub async fn record_payment(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let person = acting(actor)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    // The lock on the deal makes payments recorded in two windows follow one another.
    let row = room::locked(&tx, number).await?;
    if row.broker_id != Some(person.id) {
        return Err(Error::NotFound);
    }
    let rows = editions(&*tx, row.id).await?;
    let (Some(agreed), Some(contract)) = (agreed(&rows), contract_of(&*tx, row.id).await?.filter(is_registered)) else {
        return Err(Error::field("", "fee_not_due"));
    };
    let mut check = Check::new();
    let typed = fields.value("payer").trim();
    let payer = Payer::from_code(typed);
    check.ensure(payer.is_some(), "payer", if typed.is_empty() { "required" } else { "choice" });
    let amount = check.take(Fen::parse_yuan(fields.value("amount")), |e| e.at("amount"));
    let typed = fields.value("paid_on").trim();
    let paid_on = parse_date(typed);
    check.ensure(paid_on.is_some(), "paid_on", if typed.is_empty() { "required" } else { "date" });
    check.ensure(paid_on.is_none_or(|day| day <= today(market)), "paid_on", "future");
    let note = check.optional("note", fields.value("note"), NOTE_MAX);
    if let (Some(payer), Some(amount)) = (payer, amount) {
        let before = paid(&*tx, &[row.id]).await?.remove(&row.id).unwrap_or_default();
        let (buyer, seller) = dues(agreed, Some(contract.value), &before)?;
        let open = if payer == Payer::Buyer { buyer.open() } else { seller.open() };
        check.ensure(amount > Fen::ZERO, "amount", "positive");
        if amount.fen() > open {
            check.refuse(FieldError::new("amount", "fee_more_than_open").with("open", Fen::new(open).format_yuan()));
        }
    }
    check.finish(())?;
    let (Some(payer), Some(amount), Some(paid_on)) = (payer, amount, paid_on) else {
        return Err(Error::internal("a payment that was not read"));
    };
    fee_payment::ActiveModel {
        id: Set(Uuid::now_v7()),
        commission_id: Set(agreed.id),
        payer: Set(payer.code().to_owned()),
        amount: Set(amount.fen()),
        paid_on: Set(format_date(paid_on)),
        note: Set(note),
        person_id: Set(person.id),
        at: Set(tx.now),
    }
    .insert(&*tx)
    .await?;
    let detail = json!({ "deal": row.number, "payer": payer.code(), "amount": amount.fen() });
    tx.audit("commission.payment", Subject::Commission, Some(agreed.id), detail).await?;
    tx.result("").await?;
    tx.commit().await
}
