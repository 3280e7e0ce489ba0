//! Rows become contracts of the register.

use std::collections::{BTreeMap, HashMap, HashSet};

use keqiao_model::{ContractState, FieldError, OUTSIDE};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use time::Time;
use uuid::Uuid;

use super::{
    super::{
        region_of,
        registration::{REGISTER, new_certificate},
    },
    row::{Party, Row},
};
use crate::{
    Actor, CHINA, Market, Result,
    db::{Subject, Tx, from_micros, micros},
    entity::{
        contract::{self as table, Column},
        organisation,
    },
    imports::RowProblem,
    introductions, ledger, organisations,
};

/// Values in one `IN`.
const MANY: usize = 400;

/// Where rows come from.
pub(super) struct Source<'a> {
    pub(super) batch: Uuid,
    pub(super) file_name: &'a str,
}

/// Contracts by registration number: their own number.
pub(super) async fn taken<C: ConnectionTrait>(db: &C, rows: &[Row]) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    for chunk in rows.chunks(MANY) {
        let pairs: Vec<(Option<String>, String)> = table::Entity::find()
            .select_only()
            .columns([Column::RegistrationNumber, Column::Number])
            .filter(Column::RegistrationNumber.is_in(chunk.iter().map(|r| r.registration_number.as_str())))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(pairs.into_iter().filter_map(|(registration, number)| Some((registration?, number))));
    }
    Ok(found)
}

/// The parties that the market knows, by credit code.
pub(super) async fn parties<C: ConnectionTrait>(db: &C, rows: &[Row]) -> Result<HashMap<String, organisation::Model>> {
    let codes: HashSet<&str> = rows.iter().flat_map(|r| [&r.seller, &r.buyer]).map(|p| p.credit_code.as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let mut found = HashMap::new();
    for chunk in codes.chunks(MANY) {
        let rows = organisation::Entity::find().filter(organisation::Column::CreditCode.is_in(chunk.iter().copied())).all(db).await?;
        found.extend(rows.into_iter().map(|o| (o.credit_code.clone(), o)));
    }
    Ok(found)
}

/// Why a number is refused that a contract has already.
pub(super) fn taken_by(row: &Row, number: &str) -> RowProblem {
    let error = FieldError::new("registration_number", "import_number_taken").with("number", number);
    RowProblem::refused(row.line, error.with("value", &row.registration_number))
}

/// Why an actor may not bring in a row: it is about an organisation of the actor's own, or of another region.
pub(super) fn forbidden(market: &Market, actor: &Actor, row: &Row, known: &HashMap<String, organisation::Model>) -> Option<RowProblem> {
    if *actor == Actor::System {
        return None;
    }
    let own = |party: &Party| known.get(&party.credit_code).is_some_and(|o| actor.belongs_to(o.id));
    for (field, party) in [("seller_credit_code", &row.seller), ("buyer_credit_code", &row.buyer)] {
        if own(party) {
            let error = FieldError::new(field, "conflict_of_interest").with("value", &party.name);
            return Some(RowProblem::refused(row.line, error));
        }
    }
    let seat = |party: &Party| known.get(&party.credit_code).map_or_else(|| party.region.clone(), |o| o.region.clone());
    let inside = [seat(&row.seller), seat(&row.buyer)].into_iter().find(|r| market.region(r).is_some());
    let region = inside.unwrap_or_else(|| OUTSIDE.to_owned());
    let answers = actor.is_officer_of(&region) || (region == OUTSIDE && actor.is_officer_of(&market.config.city));
    (!answers).then(|| RowProblem::refused(row.line, FieldError::new("seller_region", "import_contract_region")))
}

/// Enters rows into the register in one transaction; answers how many, and why others were not.
pub(super) async fn enter(market: &Market, actor: &Actor, tx: &Tx, source: &Source<'_>, rows: &[Row]) -> Result<(i64, Vec<RowProblem>)> {
    let known = parties(&**tx, rows).await?;
    let (mut problems, mut good) = (Vec::new(), Vec::new());
    for row in rows {
        match forbidden(market, actor, row, &known) {
            Some(problem) => problems.push(problem),
            None => good.push(row),
        }
    }
    // In the order of their codes, so that two imports never wait for one another in a circle.
    let named: BTreeMap<&str, &Party> = good.iter().flat_map(|r| [&r.seller, &r.buyer]).map(|p| (p.credit_code.as_str(), p)).collect();
    let mut settled: HashMap<&str, organisation::Model> = HashMap::new();
    for (code, party) in named {
        let organisation = match known.get(code) {
            Some(organisation) => organisation.clone(),
            None => organisations::find_or_create(tx, &party.content()?).await?.0,
        };
        settled.insert(code, organisation);
    }
    let year = from_micros(tx.now).to_offset(CHINA).year();
    tx.numbers("HT", year, 0).await?;
    introductions::lock_chain(tx).await?;
    // From here on nobody else gives registration numbers: what is free now stays so.
    tx.hold(REGISTER).await?;
    let mut taken = taken(&**tx, rows).await?;
    let mut free = Vec::new();
    for row in good {
        match taken.get(&row.registration_number) {
            Some(number) => problems.push(taken_by(row, number)),
            None => {
                taken.insert(row.registration_number.clone(), row.registration_number.clone());
                free.push(row);
            }
        }
    }
    let numbers = tx.numbers("HT", year, free.len()).await?;
    let (mut created, mut told) = (0, Vec::new());
    for (row, number) in free.into_iter().zip(numbers) {
        let (Some(seller), Some(buyer)) = (settled.get(row.seller.credit_code.as_str()), settled.get(row.buyer.credit_code.as_str()))
        else {
            continue;
        };
        let stored = insert(market, actor, tx, source, row, number, seller, buyer).await?;
        ledger::count(market, tx, &stored).await?;
        told.extend(introductions::contract_registered(tx, &stored).await?);
        let detail = json!({
            "number": stored.number, "registration_number": row.registration_number, "batch": source.batch, "file": source.file_name,
            "line": row.line,
        });
        tx.audit("contract.import", Subject::Contract, Some(stored.id), detail).await?;
        created += 1;
    }
    for (subject, telling) in told {
        tx.tell(subject, &telling).await?;
    }
    Ok((created, problems))
}

async fn insert(
    market: &Market,
    actor: &Actor,
    tx: &Tx,
    source: &Source<'_>,
    row: &Row,
    number: String,
    seller: &organisation::Model,
    buyer: &organisation::Model,
) -> Result<table::Model> {
    let registered_at = micros(row.registered()?.with_time(Time::MIDNIGHT).assume_offset(CHINA));
    let contract = table::ActiveModel {
        id: Set(Uuid::now_v7()),
        number: Set(number),
        kind: Set(row.kind.clone()),
        subkind: Set(row.subkind.clone()),
        title: Set(row.title.clone()),
        field: Set(row.field.clone()),
        region: Set(region_of(market, seller, buyer)),
        signed_on: Set(row.signed_on.clone()),
        starts_on: Set(row.starts_on.clone()),
        ends_on: Set(row.ends_on.clone()),
        payment: Set(row.payment.clone()),
        summary: Set(row.summary.clone()),
        state: Set(ContractState::Registered.code().to_owned()),
        code: Set(String::new()),
        reason: Set(String::new()),
        registration_number: Set(Some(row.registration_number.clone())),
        certificate: Set(Some(new_certificate()?)),
        seller_id: Set(seller.id),
        buyer_id: Set(buyer.id),
        person_id: Set(actor.id()),
        value: Set(row.value),
        technical_value: Set(row.technical_value),
        industry: Set(row.industry.clone()),
        objective: Set(row.objective.clone()),
        plan_source: Set(row.plan_source.clone()),
        ip: Set(row.ip.clone()),
        source: Set(super::source_text(source.batch, source.file_name)),
        registered_at: Set(Some(registered_at)),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
        ..Default::default()
    };
    Ok(contract.insert(&**tx).await?)
}
