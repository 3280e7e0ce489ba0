//! What follows registered contracts of the demo city: money that was received, and a change of an amount.

use keqiao_market::{Actor, attachments::NewFile, contracts, performance};
use keqiao_model::{AmendmentMove, Fen, Fields, format_date};

use super::{Story, content::City, paper, people::People};

/// A part of the price comes in: so many per cent of it.
pub(crate) async fn receive(story: &Story, city: &City, seller: &Actor, number: &str, percent: i64) -> anyhow::Result<()> {
    let contract = contracts::contract(&story.market, seller, number).await?;
    let amount = Fen::new(contract.summary.value.fen() / 100 * percent);
    let today = format_date(story.market.now().to_offset(keqiao_market::CHINA).date());
    let fields: Fields = [("amount", amount.format_input()), ("received_on", today)].into_iter().collect();
    performance::record_receipt(&story.market, seller, number, &fields, Some(slip(&evidence(city, &contract.summary.title)?)), None)
        .await?;
    Ok(())
}

/// The seller asks for a larger amount; with `decided`, an officer enters it.
pub(crate) async fn amend(story: &Story, city: &City, people: &People, seller: &Actor, number: &str, decided: bool) -> anyhow::Result<()> {
    let market = &story.market;
    let contract = contracts::contract(market, seller, number).await?;
    let value = Fen::new(contract.summary.value.fen() / 10 * 11);
    let fields: Fields = [
        ("kind", "amount".to_owned()),
        ("value", value.format_input()),
        ("technical_value", contract.summary.technical_value.format_input()),
        ("reason", city.words.amendment.clone()),
    ]
    .into_iter()
    .collect();
    let bytes = evidence(city, &contract.summary.title)?;
    let place = contracts::propose_amendment(market, seller, number, &fields, Some(slip(&bytes)), None).await?;
    if decided {
        let officer = &people.officer;
        contracts::decide_amendment(market, officer, number, place, AmendmentMove::Approve, "", 1, contract.version, None).await?;
    }
    Ok(())
}

fn evidence(city: &City, title: &str) -> anyhow::Result<Vec<u8>> {
    paper::pdf(&[title.to_owned(), city.words.amendment.clone()])
}

fn slip(bytes: &[u8]) -> NewFile<'static> {
    NewFile { name: "evidence.pdf", bytes: bytes.to_vec(), confidential: false, reason: "" }
}
