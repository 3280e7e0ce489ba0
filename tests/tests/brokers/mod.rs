//! Brokers: what they show, the pairs they hold, whom they introduced, and what they are paid.

mod claims;
mod fees;
mod introductions;

use keqiao_market::{Error, Subject, accounts::Roles, attachments, brokers, contracts, introductions as ledger};
use keqiao_model::{ContractMove, Fields};
use keqiao_tests::{Client, ContractForm, Pair, TestApp, pdf};
use uuid::Uuid;

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.into_iter().collect()
}

/// The codes of a refusal.
#[track_caller]
fn codes<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(errors)) => {
            errors.into_iter().map(|e| if e.field.is_empty() { e.code } else { format!("{}: {}", e.field, e.code) }).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn another_broker(app: &TestApp, name: &str) -> Client {
    app.signed_in(name, Roles { broker: true, ..Roles::default() }).await
}

async fn claims(app: &TestApp, broker: &Client, pair: &Pair) -> Uuid {
    brokers::claim_pair(app.market(), &broker.actor().await, &pair.demand, &pair.achievement, None).await.unwrap()
}

/// A broker claims the pair and introduces the two sides; answers the number.
async fn introduces(app: &TestApp, broker: &Client, pair: &Pair) -> String {
    let claim = claims(app, broker, pair).await;
    let actor = broker.actor().await;
    let version = brokers::claim(app.market(), &actor, claim).await.unwrap().version;
    let subject = fields([("subject", "主轴陶瓷轴承国产化")]);
    ledger::introduce(app.market(), &actor, claim, &subject, version, None).await.unwrap()
}

async fn acknowledges(app: &TestApp, who: &Client, number: &str) -> Result<(), Error> {
    let actor = who.actor().await;
    let version = ledger::introduction(app.market(), &actor, number).await?.summary.version;
    ledger::acknowledge(app.market(), &actor, number, version, None).await
}

/// A deal of the pair with a contract, drafted by the seller with its text attached; answers both numbers.
async fn contract_of(app: &TestApp, pair: &Pair, deal: Option<&str>, value: &str) -> String {
    let seller = pair.researcher.actor().await;
    let form = ContractForm::complete().value(value).technical_value("100").set("kind", "development");
    let form = form.set("signed_on", "2026-08-01").set("starts_on", "2026-08-01");
    let form = match deal {
        Some(_) => form,
        None => {
            let buyer = pair.engineer.organisation();
            let buyer = keqiao_market::organisations::organisation(app.market(), &seller, buyer).await.unwrap();
            form.buyer(&buyer.name, &buyer.credit_code)
        }
    };
    let contract = contracts::create_contract(app.market(), &seller, deal, &form.fields(), None).await.unwrap();
    let id = contracts::contract(app.market(), &seller, &contract).await.unwrap().summary.id;
    let file = attachments::NewFile { name: "contract.pdf", bytes: pdf("contract"), confidential: false, reason: "" };
    attachments::attach(app.market(), &seller, Subject::Contract, id, file, None).await.unwrap();
    contract
}

async fn register(app: &TestApp, pair: &Pair, contract: &str) {
    let seller = pair.researcher.actor().await;
    let version = contracts::contract(app.market(), &seller, contract).await.unwrap().version;
    contracts::move_contract(app.market(), &seller, contract, ContractMove::Submit, "", "", version, None).await.unwrap();
    keqiao_tests::registered(app.market(), &pair.officer.actor().await, contract).await;
}
