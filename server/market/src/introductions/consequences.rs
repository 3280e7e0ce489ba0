//! What follows from an introduction: the deal that comes of it has its broker, what is disclosed there is recorded, and a contract without the
//! broker is told to everybody it concerns (民法典 965).

use std::collections::BTreeSet;

use keqiao_model::{IntroductionRecord, NoticeKind, parse_date};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

use super::{
    chain::{Bypassed, Disclosed, append},
    path_of,
};
use crate::{
    Result,
    brokers::{dealt, names_of},
    db::{Subject, Tx, from_micros},
    entity::{contract, deal, introduction as table, introduction_entry},
    notices::Telling,
};

/// The introduction that counts for a deal of these parties about this pair: that of the broker already known if there is one, otherwise the
/// first. Of a pair of which the deal names one listing only, the other does not matter.
pub(crate) async fn of_pair(
    tx: &Tx,
    parties: (Uuid, Uuid),
    pair: (Option<Uuid>, Option<Uuid>),
    broker: Option<Uuid>,
) -> Result<Option<table::Model>> {
    let mut query = table::Entity::find()
        .filter(table::Column::BuyerId.eq(parties.0))
        .filter(table::Column::SellerId.eq(parties.1))
        .filter(table::Column::DealId.is_null())
        .filter(table::Column::ValidUntil.gte(tx.now));
    if let Some(demand) = pair.0 {
        query = query.filter(table::Column::DemandId.eq(demand));
    }
    if let Some(achievement) = pair.1 {
        query = query.filter(table::Column::AchievementId.eq(achievement));
    }
    if let Some(broker) = broker {
        query = query.filter(table::Column::BrokerId.eq(broker));
    }
    Ok(query.order_by_asc(table::Column::MadeAt).order_by_asc(table::Column::Id).one(&**tx).await?)
}

/// A deal was opened: it is noted at the introduction it came of, and claims of the pair are over.
pub(crate) async fn deal_opened(tx: &Tx, opened: &deal::Model, introduced: Option<&table::Model>) -> Result<()> {
    let mut pairs = BTreeSet::new();
    if let (Some(demand), Some(achievement)) = (opened.demand_id, opened.achievement_id) {
        pairs.insert((demand, achievement));
    }
    if let Some(row) = introduced {
        pairs.insert((row.demand_id, row.achievement_id));
    }
    for (demand, achievement) in pairs {
        dealt(tx, demand, achievement).await?;
    }
    if let Some(row) = introduced {
        table::Entity::update_many()
            .col_expr(table::Column::DealId, Expr::value(opened.id))
            .filter(table::Column::Id.eq(row.id))
            .exec(&**tx)
            .await?;
        tx.audit("introduction.deal", Subject::Introduction, Some(row.id), serde_json::json!({ "deal": opened.number })).await?;
    }
    Ok(())
}

/// Something was disclosed in a deal: recorded once for the introduction of the deal, if it came of one. The name must be one that the broker
/// may read. Locks the chain, so it comes before anything is emitted.
pub(crate) async fn disclosed(tx: &Tx, deal: Uuid, name: &str, sha256: &str) -> Result<()> {
    let Some(row) = table::Entity::find().filter(table::Column::DealId.eq(deal)).one(&**tx).await? else { return Ok(()) };
    let Some(deal) = deal::Entity::find_by_id(deal).one(&**tx).await? else { return Ok(()) };
    let before = introduction_entry::Entity::find()
        .filter(introduction_entry::Column::IntroductionId.eq(row.id))
        .filter(introduction_entry::Column::Kind.eq(IntroductionRecord::Disclosed.code()))
        .all(&**tx)
        .await?;
    for entry in before {
        if serde_json::from_str::<Disclosed>(&entry.payload)?.sha256 == sha256 {
            return Ok(());
        }
    }
    let said = Disclosed { deal: deal.number, name: name.to_owned(), sha256: sha256.to_owned() };
    append(tx, row.id, IntroductionRecord::Disclosed, &said).await
}

/// A contract was registered: every introduction of its two parties that counts, and whose broker the contract leaves out, is recorded as
/// bypassed. Answers what is to be told, after everything else has moved. An introduction made after the contract was signed does not count.
pub(crate) async fn contract_registered(tx: &Tx, row: &contract::Model) -> Result<Vec<(Uuid, Telling)>> {
    let between =
        |buyer: Uuid, seller: Uuid| Condition::all().add(table::Column::BuyerId.eq(buyer)).add(table::Column::SellerId.eq(seller));
    let found = table::Entity::find()
        .filter(Condition::any().add(between(row.buyer_id, row.seller_id)).add(between(row.seller_id, row.buyer_id)))
        .filter(table::Column::ValidUntil.gte(tx.now))
        .order_by_asc(table::Column::MadeAt)
        .order_by_asc(table::Column::Id)
        .all(&**tx)
        .await?;
    let broker = match row.deal_id {
        Some(id) => deal::Entity::find_by_id(id).one(&**tx).await?.and_then(|d| d.broker_id),
        None => None,
    };
    let signed = parse_date(&row.signed_on);
    let names = names_of(&**tx, found.iter().map(|i| i.broker_id).collect()).await?;
    let mut told = Vec::new();
    for introduced in found {
        let made_on = from_micros(introduced.made_at).to_offset(crate::CHINA).date();
        if broker == Some(introduced.broker_id) || signed.is_some_and(|day| day < made_on) {
            continue;
        }
        let said = Bypassed {
            contract: row.number.clone(),
            registration: row.registration_number.clone().unwrap_or_default(),
            signed_on: row.signed_on.clone(),
            title: row.title.clone(),
        };
        append(tx, introduced.id, IntroductionRecord::Bypassed, &said).await?;
        tx.audit("introduction.bypassed", Subject::Introduction, Some(introduced.id), serde_json::json!({ "contract": row.number }))
            .await?;
        let name = names.get(&introduced.broker_id).cloned().unwrap_or_default();
        let telling = Telling::new(NoticeKind::IntroductionBypassed, &row.number, &row.title, path_of(&introduced)).by(&name);
        let telling = telling.organisations(&[row.buyer_id, row.seller_id]).people([introduced.broker_id]).officers_of(&row.region);
        told.push((introduced.id, telling));
    }
    Ok(told)
}
