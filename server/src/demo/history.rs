//! Three years of contracts and a market full of deals.

use anyhow::Context as _;
use keqiao_market::{
    Actor, Subject,
    attachments::{self, NewFile},
    contracts, interests, ledger, listings,
    matching::{self, MatchOrder},
};
use keqiao_model::{Clause, Coded, ContractKind, ContractMove, Fields, InterestMove, ListingKind, MonopolyClause, format_date};
use time::Duration;

use super::{
    Dice, Story,
    content::{City, Listed},
    paper,
    people::{People, credit_code},
    performance,
    room::negotiate,
    trade,
};

/// People who passed the training of technology managers.
pub(crate) const TRAINED: i64 = 86;
/// So many contracts before the last one an amount is changed, and another one should be.
const AMENDED: i64 = 40;
const AMENDING: i64 = 8;
/// Contracts signed outside the market.
pub(crate) const CONTRACTS: usize = 210;
/// Interests that the market brought about.
pub(crate) const DEALS: usize = 36;
/// Deals at the end of which public notices still run.
pub(crate) const LATEST: usize = 16;

/// A document: one empty page.
pub(crate) const PAPER: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// The text of a contract: its title, where each clause stands, what is done.
async fn attach(story: &Story, city: &City, seller: &Actor, number: &str) -> anyhow::Result<i64> {
    let contract = contracts::contract(&story.market, seller, number).await?;
    let (title, id) = (contract.summary.title, contract.summary.id);
    let mut text = vec![title];
    text.extend(city.words.clause_places.iter().skip(1).cloned());
    text.push(city.words.contract_summary.clone());
    let file = NewFile { name: "contract.pdf", bytes: paper::pdf(&text)?, confidential: false, reason: "" };
    attachments::attach(&story.market, seller, Subject::Contract, id, file, None).await?;
    Ok(contract.version)
}

fn kind_of(roll: u64) -> ContractKind {
    match roll {
        0..=44 => ContractKind::Development,
        45..=54 => ContractKind::Transfer,
        55..=64 => ContractKind::License,
        65..=74 => ContractKind::Consulting,
        _ => ContractKind::Service,
    }
}

/// The fields of a contract over so many yuan, signed now.
pub(crate) fn contract_fields(story: &mut Story, city: &City, title: &str, field: &str, yuan: u64) -> Fields {
    let kind = kind_of(story.dice.roll(100));
    let suffix = city.words.contract_suffix.get(kind.code()).cloned().unwrap_or_default();
    let technical = yuan * (70 + story.dice.roll(31)) / 100;
    let today = story.market.now().to_offset(keqiao_market::CHINA).date();
    let subkind = kind.subkinds().first().map_or("", |s| s.code());
    let title: String = title.chars().take(90).collect();
    let mut fields: Fields = [
        ("title", format!("{title}{suffix}")),
        ("summary", city.words.contract_summary.clone()),
        ("kind", kind.code().to_owned()),
        ("subkind", subkind.to_owned()),
        ("field", field.to_owned()),
        ("payment", if yuan > 2_000_000 { "instalments" } else { "lump" }.to_owned()),
        ("signed_on", format_date(today)),
        ("starts_on", format_date(today)),
        ("ends_on", format_date(today + Duration::days(365))),
        ("value", yuan.to_string()),
        ("industry", "M73".to_owned()),
        ("objective", "industry".to_owned()),
        ("plan_source", "none".to_owned()),
        ("ip", "know_how".to_owned()),
    ]
    .into_iter()
    .collect();
    if technical < yuan {
        fields.push("deductions.0.kind", "equipment");
        fields.push("deductions.0.amount", (yuan - technical).to_string());
        fields.push("deductions.0.reason", city.words.deduction.clone());
    }
    if yuan > 2_000_000 {
        for (row, amount) in [yuan * 4 / 10, yuan - yuan * 4 / 10].into_iter().enumerate() {
            fields.push(format!("payments.{row}.due"), format_date(today + Duration::days(if row == 0 { 30 } else { 330 })));
            fields.push(format!("payments.{row}.amount"), amount.to_string());
        }
    }
    if kind == ContractKind::Transfer {
        fields.push("new_input", (yuan * 2).to_string());
        fields.push("new_output", (yuan * 6).to_string());
    }
    rights_and_clauses(&mut fields, kind, &city.words.clause_places);
    fields
}

/// What the form asks of rights, and the check-lists of clauses; every transfer and licence of the demo city is about know-how or a patent.
fn rights_and_clauses(fields: &mut Fields, kind: ContractKind, places: &[String]) {
    let patents = kind.subkinds().first().is_some_and(|s| s.is_patent());
    if patents {
        fields.0.retain(|(name, _)| name != "ip");
        fields.push("ip", "invention");
        fields.push("ip_numbers", "ZL201710601862.3");
    }
    if kind == ContractKind::License {
        fields.push("licence", "ordinary");
    }
    for (place, clause) in Clause::required(patents).enumerate() {
        fields.push(format!("clauses.{clause}"), "stated");
        fields.push(format!("clauses.{clause}.place"), places.get(place % places.len().max(1)).cloned().unwrap_or_default());
    }
    for clause in MonopolyClause::ALL {
        fields.push(format!("monopoly.{clause}"), "none");
    }
}

/// From a few hundred thousand to tens of millions of yuan, small ones more often.
fn price(story: &mut Story) -> u64 {
    let magnitude = [300_000, 800_000, 2_000_000, 6_000_000, 15_000_000, 40_000_000];
    let base = magnitude[usize::try_from(story.dice.roll(6)).unwrap_or(0)];
    (base + base * story.dice.roll(100) / 100) / 10_000 * 10_000
}

pub(crate) async fn register(story: &Story, city: &City, people: &People, seller: &Actor, number: &str) -> anyhow::Result<()> {
    let (market, officer) = (&story.market, &people.officer);
    let version = attach(story, city, seller, number).await?;
    contracts::move_contract(market, seller, number, ContractMove::Submit, "", "", version, None).await?;
    story.wait(Duration::days(2));
    contracts::move_contract(market, officer, number, ContractMove::Accept, "", "", version + 1, None).await?;
    for finding in contracts::findings(market, officer, number).await? {
        let fields: Fields =
            [("kind", finding.kind.code().to_owned()), ("others", finding.others()), ("answer", city.words.finding_answer.clone())]
                .into_iter()
                .collect();
        contracts::answer_finding(market, officer, number, &fields, None).await?;
    }
    story.wait(Duration::days(2));
    let contract = contracts::contract(market, officer, number).await?;
    if contract.moves.contains(&ContractMove::Pass) {
        contracts::move_contract(market, officer, number, ContractMove::Pass, "", "", contract.version, None).await?;
        contracts::move_contract(market, &people.reviewer, number, ContractMove::Register, "", "", contract.version + 1, None).await?;
    } else {
        contracts::move_contract(market, officer, number, ContractMove::Register, "", "", contract.version, None).await?;
    }
    Ok(())
}

/// Contracts that institutes and enterprises signed by themselves and registered with the bureau.
pub(crate) async fn contracts(story: &mut Story, city: &City, people: &People, step: &mut impl FnMut(usize)) -> anyhow::Result<()> {
    let sellers: Vec<&str> = city.organisations.iter().filter(|o| o.kind == "institute").map(|o| o.key.as_str()).collect();
    let achievements: Vec<_> = city.listings.iter().filter(|t| t.kind == ListingKind::Achievement).collect();
    let counties: Vec<String> = story.market.counties().map(|r| r.code.clone()).collect();
    let count = i64::try_from(CONTRACTS).unwrap_or(1);
    let mut registered: Vec<(&Actor, String)> = Vec::new();
    for place in 0..CONTRACTS {
        let left = count - i64::try_from(place).unwrap_or(0);
        story.hours_ago(left * 24 * 1_000 / count + 24 * 8);
        let key = *story.dice.pick(&sellers);
        let seller = people.of(key)?;
        let subject = *story.dice.pick(&achievements);
        let yuan = price(story);
        let mut fields = contract_fields(story, city, &subject.title, &subject.field, yuan);
        let county = story.dice.pick(&counties).clone();
        let (first, second) = (story.dice.pick(&city.words.firms.first).clone(), story.dice.pick(&city.words.firms.second).clone());
        let serial = 1_000
            + city.words.firms.first.iter().position(|f| *f == first).unwrap_or(0) * 10
            + city.words.firms.second.iter().position(|s| *s == second).unwrap_or(0);
        // The same name is the same firm, so it stays in the same county.
        let county = counties.get(serial % counties.len()).cloned().unwrap_or(county);
        fields.push("buyer_credit_code", credit_code("enterprise", &county, serial)?);
        fields.push(
            "buyer_name",
            format!("{}{first}{second}有限公司", story.market.region(&county).map(|r| r.zh.clone()).unwrap_or_default()),
        );
        let number = contracts::create_contract(&story.market, seller, None, &fields, None).await.context("demo contract")?;
        if left > 5 {
            register(story, city, people, seller, &number).await?;
            registered.push((seller, number));
        } else if left > 2 {
            let version = attach(story, city, seller, &number).await?;
            contracts::move_contract(&story.market, seller, &number, ContractMove::Submit, "", "", version, None).await?;
        }
        // Some two months after it was registered the first part of a price comes in.
        if let Some((seller, number)) = registered.iter().rev().nth(12).filter(|_| place % 2 == 0 && left > 5) {
            performance::receive(story, city, seller, number, 40).await?;
            if left == AMENDED || left == AMENDING {
                performance::amend(story, city, people, seller, number, left == AMENDED).await?;
            }
        }
        step(1);
    }
    Ok(())
}

/// What came of the best matches: some declined, some lost, most on their way, a third signed and registered.
pub(crate) async fn deals(
    story: &mut Story,
    city: &City,
    people: &People,
    listed: &[Listed],
    step: &mut impl FnMut(usize),
) -> anyhow::Result<()> {
    let demands: Vec<&Listed> = listed.iter().filter(|l| l.kind == ListingKind::Demand).collect();
    let words = &city.words;
    for place in 0..DEALS {
        step(1);
        let Some(demand) = demands.get(place * demands.len() / DEALS) else { continue };
        let buyer = people.of(&demand.organisation)?;
        let left = i64::try_from(DEALS - place).unwrap_or(1);
        story.hours_ago(left * 24 * 12 + 24 * 25);
        let found = matching::matches(&story.market, buyer, ListingKind::Demand, &demand.number, MatchOrder::Fit, 1).await?;
        let Some(best) = found.items.iter().find(|m| m.other.organisation_id != buyer.organisation().map(|o| o.id).unwrap_or_default())
        else {
            continue;
        };
        let Some(seller) = listed.iter().find(|l| l.number == best.other.number) else { continue };
        let (seller_key, achievement) = (seller.organisation.clone(), seller.number.clone());
        let seller = people.of(&seller_key)?;
        let market = story.market.clone();
        if place % 4 == 1 {
            let note: Fields = [("message", words.broker_note.clone())].into_iter().collect();
            interests::recommend_pair(&market, &people.broker, ListingKind::Demand, &demand.number, &achievement, &note, None).await?;
            trade::introduce(story, city, people, &demand.number, &achievement, [buyer, seller]).await?;
            story.wait(Duration::hours(20));
        }
        let asks_demand = place % 3 != 0;
        let (from, to, kind, target, own, text) = if asks_demand {
            (seller, buyer, ListingKind::Demand, &demand.number, &achievement, &words.interest)
        } else {
            (buyer, seller, ListingKind::Achievement, &achievement, &demand.number, &words.interest_to_achievement)
        };
        let fields: Fields = [("message", text.clone()), ("fit", words.interest_fit.clone())].into_iter().collect();
        let Ok(id) = interests::send_interest(&market, from, kind, target, Some(own), &fields, None).await else { continue };
        if place % 9 == 8 || place + 2 >= DEALS {
            continue;
        }
        story.wait(Duration::hours(30));
        let version = interests::interest(&market, to, id).await?.version;
        if place % 9 == 4 {
            let why: Fields = [("code", "budget_or_time".to_owned()), ("reason", words.decline_reason.clone())].into_iter().collect();
            interests::answer_interest(&market, to, id, InterestMove::Decline, &why, version, None).await?;
            continue;
        }
        let Some(number) = interests::answer_interest(&market, to, id, InterestMove::Accept, &Fields::default(), version, None).await?
        else {
            continue;
        };
        negotiate(story, city, people, place, &number, buyer, seller).await?;
    }
    Ok(())
}

/// People who passed the training of technology managers, one every ten days: these of [`TRAINED`].
pub(crate) async fn training(story: &mut Story, city: &City, people: &People, places: std::ops::Range<i64>) -> anyhow::Result<()> {
    let names = &city.words.people;
    // Names of their own dice: what the others do stays the same, whoever was trained.
    let others = std::mem::replace(&mut story.dice, Dice(places.start.unsigned_abs() + 1));
    for place in places {
        story.hours_ago((TRAINED - place) * 24 * 10);
        let name = format!("{}{}", story.dice.pick(&names.surnames), story.dice.pick(&names.given));
        let day = format_date(story.market.now().to_offset(keqiao_market::CHINA).date());
        let fields: Fields =
            [("person_name", name), ("certificate", format!("JJR-{:04}", place + 1)), ("passed_on", day)].into_iter().collect();
        ledger::record_training(&story.market, &people.officer, &fields, None).await?;
    }
    story.dice = others;
    let listed = listings::count_public(&story.market, ListingKind::Demand).await?;
    anyhow::ensure!(listed > 0, "the demo city has no demands");
    Ok(())
}
