//! What a broker gets when a contract results (民法典 963: without another agreement both parties to a mediated contract pay the same), who
//! agreed to it, and what of it was paid.

mod fees;

use keqiao_model::{
    Check, CommissionMove, CommissionState, CommissionWay, ContractState, Fen, FieldError, Fields, NoticeKind, Party, Stateful,
    format_percent, parse_percent,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::fees::{Due, FeeLine, FeeScope, FeeStatement, PaymentView, fees, record_payment};
use crate::{
    Actor, Error, Market, Result,
    brokers::names_of,
    db::{Moved, Subject, Tx, from_micros},
    deals::{find_for, state_of_deal},
    entity::{commission as table, contract, deal, fee_payment},
    listings::organisation_names,
    notices::Telling,
    room,
};

/// A whole, in hundredths of a percent.
const WHOLE: i128 = 10_000;

/// Buyer or seller, as the one that pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    /// The side that buys.
    Buyer,
    /// The side that sells.
    Seller,
}

impl Payer {
    /// Both, the buyer first.
    pub const ALL: [Self; 2] = [Self::Buyer, Self::Seller];

    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Seller => "seller",
        }
    }

    /// The payer of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.code() == code)
    }
}

/// What a broker gets of a contract: a fixed sum, or a rate in hundredths of a percent of the contract's value, to the fen, half a fen up.
pub fn fee(way: CommissionWay, rate: i64, amount: i64, value: i64) -> i64 {
    match way {
        CommissionWay::Fixed => amount,
        CommissionWay::Percent => {
            let fee = (i128::from(value.max(0)) * i128::from(rate.max(0)) + WHOLE / 2) / WHOLE;
            i64::try_from(fee).unwrap_or(i64::MAX)
        }
    }
}

/// What buyer and seller pay of a fee: the buyer its share in percent, to the fen, half a fen up; the seller the rest, so that both add up
/// exactly.
pub fn shares(fee: i64, buyer_share: i64) -> (i64, i64) {
    let buyer = (i128::from(fee.max(0)) * i128::from(buyer_share.clamp(0, 100)) + 50) / 100;
    let buyer = i64::try_from(buyer).unwrap_or(fee);
    (buyer, fee - buyer)
}

/// One proposal of a commission, or one that is agreed.
#[derive(Debug, Clone)]
pub struct CommissionView {
    /// Counted up with each proposal.
    pub edition: i64,
    /// Share or sum.
    pub way: CommissionWay,
    /// Hundredths of a percent; 0 for a sum.
    pub rate: i64,
    /// The sum in fen; 0 for a share.
    pub amount: i64,
    /// What the buyer pays of it, percent; the seller pays the rest.
    pub buyer_share: i64,
    /// Whether everybody who pays agreed.
    pub state: CommissionState,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// When and by whom the buyer agreed.
    pub buyer_accepted: Option<(OffsetDateTime, String)>,
    /// When and by whom the seller agreed.
    pub seller_accepted: Option<(OffsetDateTime, String)>,
    /// For optimistic locking.
    pub version: i64,
}

impl CommissionView {
    /// Whether a side pays anything of it.
    pub fn is_paid_by(&self, payer: Payer) -> bool {
        match payer {
            Payer::Buyer => self.buyer_share > 0,
            Payer::Seller => self.buyer_share < 100,
        }
    }

    /// What a contract of this value would cost: all, the buyer's part, the seller's.
    pub fn of_value(&self, value: i64) -> (i64, i64, i64) {
        let fee = fee(self.way, self.rate, self.amount, value);
        let (buyer, seller) = shares(fee, self.buyer_share);
        (fee, buyer, seller)
    }

    /// The fields of a form that shows it.
    pub fn to_fields(&self) -> Fields {
        [
            ("way", self.way.code().to_owned()),
            ("rate", if self.rate == 0 { String::new() } else { format_percent(self.rate) }),
            ("amount", if self.amount == 0 { String::new() } else { Fen::new(self.amount).format_input() }),
            ("buyer_share", self.buyer_share.to_string()),
        ]
        .into_iter()
        .collect()
    }
}

/// The commission of a deal as a member sees it.
#[derive(Debug, Clone)]
pub struct DealCommission {
    /// Number of the deal.
    pub deal: String,
    /// What it is about.
    pub title: String,
    /// The broker.
    pub broker: String,
    /// Name of the buyer.
    pub buyer: String,
    /// Name of the seller.
    pub seller: String,
    /// What is agreed.
    pub agreed: Option<CommissionView>,
    /// What waits for an agreement.
    pub proposed: Option<CommissionView>,
    /// Value of the contract, once one is recorded, and whether it is registered.
    pub contract: Option<(i64, bool)>,
    /// Whether the actor is the broker and may propose something (else).
    pub may_propose: bool,
    /// Whether the actor may agree to the proposal for its side.
    pub may_agree: bool,
    /// The last edition, from which a proposal is made.
    pub edition: i64,
}

fn way_of(row: &table::Model) -> Result<CommissionWay> {
    CommissionWay::from_code(&row.way).ok_or_else(|| Error::internal(format!("commission way {}", row.way)))
}

fn state_of(row: &table::Model) -> Result<CommissionState> {
    CommissionState::from_code(&row.state).ok_or_else(|| Error::internal(format!("commission state {}", row.state)))
}

/// Every proposal of a deal, the last one first.
async fn editions<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Vec<table::Model>> {
    Ok(table::Entity::find().filter(table::Column::DealId.eq(deal)).order_by_desc(table::Column::Edition).all(db).await?)
}

/// What is agreed in a deal: the last edition that is.
fn agreed(rows: &[table::Model]) -> Option<&table::Model> {
    rows.iter().find(|row| row.state == CommissionState::Agreed.code())
}

/// The contract of a deal, if one is recorded: its value, and whether it is registered.
async fn contract_of<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Option<contract::Model>> {
    Ok(contract::Entity::find().filter(contract::Column::DealId.eq(deal)).one(db).await?)
}

fn is_registered(row: &contract::Model) -> bool {
    ContractState::from_code(&row.state).is_some_and(ContractState::is_registered)
}

async fn payments(tx: &Tx, deal: Uuid) -> Result<u64> {
    let ids: Vec<Uuid> = editions(&**tx, deal).await?.into_iter().map(|row| row.id).collect();
    Ok(fee_payment::Entity::find().filter(fee_payment::Column::CommissionId.is_in(ids)).count(&**tx).await?)
}

/// The commission of a deal.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member of the deal, and for deals without a broker.
pub async fn commission(market: &Market, actor: &Actor, number: &str) -> Result<DealCommission> {
    let row = find_for(&market.db, actor, number).await?;
    let broker = row.broker_id.ok_or(Error::NotFound)?;
    let rows = editions(&market.db, row.id).await?;
    let people = rows.iter().flat_map(|r| [Some(r.proposed_by), r.buyer_accepted_by, r.seller_accepted_by]).flatten();
    let names = names_of(&market.db, people.chain([broker]).collect()).await?;
    let organisations = organisation_names(&market.db, vec![row.buyer_id, row.seller_id]).await?;
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let organisation = |id: Uuid| organisations.get(&id).cloned().unwrap_or_default();
    let view = |row: &table::Model| -> Result<CommissionView> {
        let accepted = |at: Option<i64>, by: Option<Uuid>| at.map(|at| (from_micros(at), by.map(name).unwrap_or_default()));
        Ok(CommissionView {
            edition: row.edition,
            way: way_of(row)?,
            rate: row.rate,
            amount: row.amount,
            buyer_share: row.buyer_share,
            state: state_of(row)?,
            proposed_by: name(row.proposed_by),
            created_at: from_micros(row.created_at),
            buyer_accepted: accepted(row.buyer_accepted_at, row.buyer_accepted_by),
            seller_accepted: accepted(row.seller_accepted_at, row.seller_accepted_by),
            version: row.version,
        })
    };
    let proposed = rows.first().filter(|r| r.state == CommissionState::Proposed.code());
    let contract = contract_of(&market.db, row.id).await?;
    let open = state_of_deal(&row)?.is_open();
    let own = broker_of(actor, &row);
    let may_agree = match (proposed, payer_of(actor, &row)) {
        (Some(proposed), Some(payer)) if open && room::members::speaks(&market.db, actor, &row).await? => waits_for(proposed, payer),
        _ => false,
    };
    Ok(DealCommission {
        broker: name(broker),
        buyer: organisation(row.buyer_id),
        seller: organisation(row.seller_id),
        agreed: agreed(&rows).map(view).transpose()?,
        proposed: proposed.map(view).transpose()?,
        contract: contract.map(|c| (c.value, is_registered(&c))),
        may_propose: own && open,
        may_agree,
        edition: rows.first().map_or(0, |r| r.edition),
        deal: row.number,
        title: row.title,
    })
}

fn broker_of(actor: &Actor, row: &deal::Model) -> bool {
    row.broker_id.is_some() && row.broker_id == actor.id()
}

/// The side for which somebody would agree.
fn payer_of(actor: &Actor, row: &deal::Model) -> Option<Payer> {
    room::side_of(actor, row).map(|side| if side == row.buyer_id { Payer::Buyer } else { Payer::Seller })
}

/// Whether a proposal waits for a side: it pays, and has not agreed.
fn waits_for(row: &table::Model, payer: Payer) -> bool {
    match payer {
        Payer::Buyer => row.buyer_share > 0 && row.buyer_accepted_at.is_none(),
        Payer::Seller => row.buyer_share < 100 && row.seller_accepted_at.is_none(),
    }
}

fn read(fields: &Fields) -> std::result::Result<(CommissionWay, i64, i64, i64), Vec<FieldError>> {
    let mut check = Check::new();
    let typed = fields.value("way").trim();
    let way = CommissionWay::from_code(typed);
    check.ensure(way.is_some(), "way", if typed.is_empty() { "required" } else { "choice" });
    let (mut rate, mut amount) = (0, 0);
    match way {
        Some(CommissionWay::Percent) => {
            let typed = fields.value("rate").trim();
            match parse_percent(typed) {
                Some(read) if read > 0 => rate = read,
                _ => check.refuse(FieldError::new("rate", if typed.is_empty() { "required" } else { "percent" })),
            }
        }
        Some(CommissionWay::Fixed) => {
            if let Some(read) = check.take(Fen::parse_yuan(fields.value("amount")), |e| e.at("amount")) {
                check.ensure(read > Fen::ZERO, "amount", "positive");
                amount = read.fen();
            }
        }
        None => {}
    }
    let share: Option<i64> = fields.value("buyer_share").trim().trim_end_matches(['%', '％']).trim().parse().ok();
    let share = share.filter(|share| (0..=100).contains(share));
    check.ensure(share.is_some(), "buyer_share", "share");
    match (way, share) {
        (Some(way), Some(share)) => check.finish((way, rate, amount, share)),
        _ => check.finish(()).and_then(|()| Err(vec![FieldError::new("", "refused")])),
    }
}

/// The broker of a deal proposes what it gets: `way` (`percent` with `rate`, `fixed` with `amount`) and `buyer_share` in percent. What was agreed
/// stays in force until everybody who pays agrees to the new proposal; a proposal not agreed yet is replaced. `edition` is the last one known.
///
/// # Errors
/// [`Error::NotFound`] for everyone but the broker of the deal; [`Error::Stale`]; [`Error::Invalid`]: the fields, `deal_closed`,
/// `fee_paid_already` once something was paid.
pub async fn propose(market: &Market, actor: &Actor, number: &str, fields: &Fields, edition: i64, once: Option<Uuid>) -> Result<()> {
    let person = actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = room::locked_for(&tx, actor, number).await?;
    if !broker_of(actor, &row) {
        return Err(Error::NotFound);
    }
    let (way, rate, amount, buyer_share) = read(fields)?;
    let rows = editions(&*tx, row.id).await?;
    if rows.first().map_or(0, |r| r.edition) != edition {
        return Err(Error::Stale);
    }
    if payments(&tx, row.id).await? > 0 {
        return Err(Error::field("", "fee_paid_already"));
    }
    let proposed = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        deal_id: Set(row.id),
        broker_id: Set(person.id),
        edition: Set(edition + 1),
        way: Set(way.code().to_owned()),
        rate: Set(rate),
        amount: Set(amount),
        buyer_share: Set(buyer_share),
        state: Set(CommissionState::Proposed.code().to_owned()),
        proposed_by: Set(person.id),
        buyer_accepted_by: Set(None),
        seller_accepted_by: Set(None),
        buyer_accepted_at: Set(None),
        seller_accepted_at: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
    }
    .insert(&*tx)
    .await?;
    let to = CommissionState::Proposed.code();
    tx.moved(Moved { subject: Subject::Commission, id: proposed.id, from: "", to, action: "propose", code: "", reason: "" }).await?;
    let payers: Vec<Uuid> = [(row.buyer_id, buyer_share > 0), (row.seller_id, buyer_share < 100)]
        .into_iter()
        .filter(|(_, pays)| *pays)
        .map(|(id, _)| id)
        .collect();
    let telling = Telling::new(NoticeKind::CommissionProposed, &row.number, &row.title, path_of(&row)).by(&person.name);
    tx.tell(row.id, &telling.organisations(&payers).except(actor.id())).await?;
    tx.result("").await?;
    tx.commit().await
}

fn path_of(row: &deal::Model) -> String {
    format!("/deals/{}/commission", row.number)
}

/// Whoever speaks for a side that pays agrees to the proposal of an edition.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Forbidden`] for members who do not speak for their side; [`Error::Stale`] when another proposal was
/// made meanwhile; [`Error::Invalid`]: `not_your_turn`, `deal_closed`.
pub async fn agree(market: &Market, actor: &Actor, number: &str, edition: i64, once: Option<Uuid>) -> Result<()> {
    let person = actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = room::locked_for(&tx, actor, number).await?;
    if !room::members::speaks(&*tx, actor, &row).await? {
        return Err(Error::Forbidden);
    }
    let payer = payer_of(actor, &row).ok_or(Error::NotFound)?;
    let proposed = editions(&*tx, row.id).await?.into_iter().next().filter(|r| r.edition == edition).ok_or(Error::Stale)?;
    let state = state_of(&proposed)?;
    if state != CommissionState::Proposed || !waits_for(&proposed, payer) {
        return Err(Error::field("", "not_your_turn"));
    }
    let (at, by, other) = match payer {
        Payer::Buyer => (table::Column::BuyerAcceptedAt, table::Column::BuyerAcceptedBy, Payer::Seller),
        Payer::Seller => (table::Column::SellerAcceptedAt, table::Column::SellerAcceptedBy, Payer::Buyer),
    };
    let complete = !waits_for(&proposed, other);
    let transition = state.transition(CommissionMove::Agree).filter(|t| t.who.contains(&Party::Counterpart));
    let transition = transition.ok_or_else(|| Error::field("", "not_your_turn"))?;
    let to = if complete { transition.to } else { state };
    let done = table::Entity::update_many()
        .col_expr(at, Expr::value(tx.now))
        .col_expr(by, Expr::value(person.id))
        .col_expr(table::Column::State, Expr::value(to.code()))
        .col_expr(table::Column::Version, Expr::value(proposed.version + 1))
        .filter(table::Column::Id.eq(proposed.id))
        .filter(table::Column::Version.eq(proposed.version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let (from, to) = (state.code(), to.code());
    tx.moved(Moved { subject: Subject::Commission, id: proposed.id, from, to, action: "agree", code: payer.code(), reason: "" }).await?;
    if complete {
        let telling = Telling::new(NoticeKind::CommissionAgreed, &row.number, &row.title, path_of(&row));
        let telling = telling.organisations(&[row.buyer_id, row.seller_id]).people(row.broker_id).except(actor.id());
        tx.tell(row.id, &telling).await?;
        // Agreed only after the registration: it is due at once.
        if let Some(contract) = contract_of(&*tx, row.id).await?.filter(is_registered) {
            for (subject, telling) in due(&row, &proposed, &contract)? {
                tx.tell(subject, &telling).await?;
            }
        }
    }
    tx.result("").await?;
    tx.commit().await
}

/// What the payers of a fee are told when it is due, each its own part.
fn due(row: &deal::Model, agreed: &table::Model, contract: &contract::Model) -> Result<Vec<(Uuid, Telling)>> {
    let fee = fee(way_of(agreed)?, agreed.rate, agreed.amount, contract.value);
    let (buyer, seller) = shares(fee, agreed.buyer_share);
    let parts = [(row.buyer_id, buyer), (row.seller_id, seller)];
    Ok(parts
        .into_iter()
        .filter(|(_, part)| *part > 0)
        .map(|(payer, part)| {
            let amount = format!("¥{}", Fen::new(part).format_yuan());
            let telling = Telling::new(NoticeKind::FeeDue, &row.number, &row.title, "/fees?as=payer".to_owned()).by(&amount);
            (row.id, telling.organisations(&[payer]))
        })
        .collect())
}

/// A contract was registered: the fee agreed for its deal is due. Answers what is to be told, after everything else has moved.
pub(crate) async fn contract_registered(tx: &Tx, row: &contract::Model) -> Result<Vec<(Uuid, Telling)>> {
    let Some(id) = row.deal_id else { return Ok(Vec::new()) };
    let rows = editions(&**tx, id).await?;
    let (Some(agreed), Some(deal)) = (agreed(&rows), deal::Entity::find_by_id(id).one(&**tx).await?) else { return Ok(Vec::new()) };
    tx.audit("commission.due", Subject::Commission, Some(agreed.id), json!({ "deal": deal.number, "contract": row.number })).await?;
    due(&deal, agreed, row)
}

#[cfg(test)]
mod tests {
    use keqiao_model::CommissionWay::{Fixed, Percent};

    use super::{fee, shares};

    #[test]
    fn fees_are_rounded_to_the_fen() {
        let check = |way, rate, amount, value, expected| assert_eq!(fee(way, rate, amount, value), expected, "{way} {rate} {value}");
        check(Percent, 300, 0, 120_000_000, 3_600_000);
        check(Percent, 1, 0, 9_999, 1);
        check(Percent, 1, 0, 4_999, 0);
        check(Percent, 1, 0, 5_000, 1);
        check(Percent, 10_000, 0, 123, 123);
        check(Percent, 333, 0, 100, 3);
        check(Percent, 0, 0, 100, 0);
        check(Percent, 10_000, 0, i64::MAX, i64::MAX);
        check(Fixed, 0, 5_000_000, 1, 5_000_000);
    }

    #[test]
    fn both_parts_add_up_to_the_fee() {
        let check = |fee, share, buyer, seller| {
            assert_eq!(shares(fee, share), (buyer, seller), "{fee} {share}");
            assert_eq!(buyer + seller, fee);
        };
        check(3_600_000, 50, 1_800_000, 1_800_000);
        check(1, 50, 1, 0);
        check(3, 50, 2, 1);
        check(101, 33, 33, 68);
        check(100, 0, 0, 100);
        check(100, 100, 100, 0);
        check(0, 50, 0, 0);
        for fee in 0..500 {
            for share in 0..=100 {
                let (buyer, seller) = shares(fee, share);
                assert!(buyer >= 0 && seller >= 0 && buyer + seller == fee, "{fee} {share}");
            }
        }
    }
}
