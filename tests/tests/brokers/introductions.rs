//! Introductions: made, acknowledged, chained, carried into deals, and bypassed.

use keqiao_app::{t, words::code_label};
use keqiao_market::{
    Error, brokers, deals, entity,
    introductions::{self, Fault, GENESIS, Scope},
    room::disclosures,
};
use keqiao_model::{ClaimState, Coded as _, DealMove, DealState, IntroductionRecord, Lang::Zh, ListingKind};
use keqiao_server::cli;
use keqiao_tests::{AchievementForm, Client, DemandForm, TermsForm, TestApp};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _};
use time::Duration;
use tokio::task::JoinSet;

use super::{acknowledges, another_broker, claims, codes, contract_of, fields, introduces, register};
use crate::config::toml_of;

async fn letters_to(app: &TestApp, who: &Client, subject: &str) -> usize {
    let sent = app.letters().await;
    sent.iter().filter(|l| l.to == who.email() && l.subject.contains(subject)).count()
}

#[tokio::test]
async fn both_sides_acknowledge_an_introduction() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let claim = claims(&app, &broker, &pair).await;
    let page = broker.open(&format!("/board/{claim}")).await;
    let refused = broker.send(page.form("introduce").with([("subject", " ")])).await;
    assert_eq!(refused.error_at("subject").as_deref(), Some(t!(Zh, "error.required")));
    let made = broker.send(refused.form("introduce").with([("subject", "主轴陶瓷轴承国产化")])).await;
    assert_eq!((made.status, made.location().as_str()), (303, "/introductions/JS-2026-000001"));
    let sheet = broker.follow(made).await;
    let number = "JS-2026-000001";
    for said in
        ["主轴陶瓷轴承国产化", "沈工科技有限公司", "林研究员研究院", &pair.demand, &pair.achievement, t!(Zh, "brokers.sound"), GENESIS]
    {
        assert!(sheet.says(said), "{said}: {sheet}");
    }
    assert!(!sheet.offers("acknowledge"), "the broker does not acknowledge");
    let path = format!("/introductions/{number}");
    for side in [&pair.engineer, &pair.researcher] {
        assert_eq!(letters_to(&app, side, "为您介绍合作方").await, 1);
        assert!(side.open("/introductions").await.links().contains(&path));
        let page = side.open(&path).await;
        assert_eq!(side.does(&page, "acknowledge").await.location(), path);
        assert!(!side.open(&path).await.offers("acknowledge"));
        assert_eq!(codes(acknowledges(&app, side, number).await), ["acknowledged_already"]);
    }
    assert_eq!(letters_to(&app, &broker, "双方确认").await, 1);
    let sheet = pair.officer.open(&path).await;
    assert!(sheet.says(t!(Zh, "brokers.acknowledged_both")) && sheet.says("沈工"), "{sheet}");
    let kinds: Vec<String> = [IntroductionRecord::Made, IntroductionRecord::BuyerAcknowledged, IntroductionRecord::SellerAcknowledged]
        .iter()
        .map(|kind| code_label(Zh, IntroductionRecord::GROUP, kind.code()))
        .collect();
    let records = sheet.all(".record h3");
    assert!(records.len() == 3 && records.iter().zip(&kinds).all(|(record, kind)| record.contains(kind)), "{records:?}");
    // Nobody else knows of it, and an introduction that counts is not made twice.
    let stranger = app.enterprise("钱工").await;
    let county = app.county_officer("990124").await;
    for who in [&stranger, &county, &another_broker(&app, "另一位").await] {
        assert_eq!(who.get(&path).await.status, 404);
        assert_eq!(who.post(&path, [("action", "acknowledge"), ("version", "3")]).await.status, 404);
    }
    assert_eq!(app.visitor().get("/introductions").await.status, 303);
    let version = brokers::claim(app.market(), &broker.actor().await, claim).await.unwrap().version;
    let again = introductions::introduce(app.market(), &broker.actor().await, claim, &fields([("subject", "再次")]), version, None).await;
    assert_eq!(codes(again), ["introduced_already"]);
    // The sheet is a file too, which needs nothing else.
    let file = broker.get(&format!("{path}?download=html")).await;
    assert!(file.header("content-disposition").contains("JS-2026-000001.html"), "{:?}", file.headers);
    assert!(file.text.starts_with("<!DOCTYPE html>") && file.text.contains(GENESIS) && !file.text.contains("<script"), "{}", file.text);
    assert_eq!(stranger.get(&format!("{path}?download=html")).await.status, 404);
    assert_eq!(introductions::verify(app.market()).await.unwrap().records, 3);
}

#[tokio::test]
async fn an_introduction_is_not_acknowledged_when_it_counts_no_more() {
    let app = TestApp::with(|settings| settings.periods.introduction_months = 1).await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let number = introduces(&app, &broker, &pair).await;
    app.wait(Duration::days(31) + Duration::seconds(1));
    assert_eq!(codes(acknowledges(&app, &pair.engineer, &number).await), ["introduction_over"]);
    // A deal opened now is not the broker's.
    let deal = pair.deal().await;
    assert!(deals::deal(app.market(), &pair.engineer.actor().await, &deal).await.unwrap().broker.is_none());
}

#[tokio::test]
async fn a_deal_of_an_introduced_pair_has_its_broker() {
    let app = TestApp::new().await;
    let pair = app.pair_of(DemandForm::complete(), AchievementForm::complete().detail("配方：氮化硅 92%")).await;
    let broker = app.broker().await;
    let number = introduces(&app, &broker, &pair).await;
    let deal = pair.deal().await;
    let seen = deals::deal(app.market(), &broker.actor().await, &deal).await.unwrap();
    assert_eq!(seen.broker.as_deref(), Some("经理人"));
    let actor = broker.actor().await;
    let claim = brokers::past_claims(app.market(), &actor, 1).await.unwrap().items.pop().unwrap();
    assert_eq!((claim.state, claim.deal.as_deref()), (ClaimState::Dealt, Some(deal.as_str())));
    let board = broker.open("/board").await;
    assert!(board.says(&code_label(Zh, DealState::GROUP, "introduced")) && board.says(&deal), "{board}");
    assert!(broker.open(&format!("/board/{}", claim.id)).await.says(t!(Zh, "brokers.over_dealt")));
    // What the other side reads there is recorded once, by its hash alone.
    pair.sign_nda(&deal).await;
    let engineer = pair.engineer.actor().await;
    for _ in 0..2 {
        disclosures::read_detail(app.market(), &engineer, ListingKind::Achievement, &pair.achievement).await.unwrap();
    }
    let view = introductions::introduction(app.market(), &actor, &number).await.unwrap();
    let kinds: Vec<_> = view.entries.iter().filter_map(|e| e.kind).collect();
    assert_eq!(kinds, [IntroductionRecord::Made, IntroductionRecord::Disclosed]);
    assert_eq!(view.summary.deal.as_deref(), Some(deal.as_str()));
    let payload = &view.entries[1].payload;
    assert!(payload.contains(&keqiao_market::room::sha256("配方：氮化硅 92%")) && !payload.contains("92%"), "{payload}");
    assert_eq!(introductions::verify(app.market()).await.unwrap().broken, None);
    // With its broker in the deal, the contract bypasses nobody.
    pair.move_deal(&deal, DealMove::OpenTerms).await;
    pair.accept_terms(&deal, TermsForm::complete()).await;
    let contract = contract_of(&app, &pair, Some(&deal), "1200000").await;
    register(&app, &pair, &contract).await;
    assert!(!introductions::introduction(app.market(), &actor, &number).await.unwrap().summary.bypassed);
}

#[tokio::test]
async fn a_contract_past_the_broker_is_told_to_everybody_it_concerns() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let number = introduces(&app, &broker, &pair).await;
    let contract = contract_of(&app, &pair, None, "1200000").await;
    assert!(pair.officer.open("/introductions").await.says(t!(Zh, "brokers.none_bypassed")));
    register(&app, &pair, &contract).await;
    for who in [&broker, &pair.engineer, &pair.researcher, &pair.officer] {
        assert_eq!(letters_to(&app, who, "经介绍的双方已签约").await, 1, "{}", who.email());
    }
    let cases = pair.officer.open("/introductions?tab=bypassed").await;
    let path = format!("/introductions/{number}");
    assert!(cases.links().contains(&path) && cases.says(t!(Zh, "brokers.bypassed")), "{cases}");
    let sheet = pair.officer.open(&path).await;
    assert!(sheet.says(t!(Zh, "brokers.bypassed_text")) && sheet.text.contains(&contract), "{sheet}");
    let county = app.county_officer("990124").await;
    assert!(county.open("/introductions?tab=bypassed").await.says(t!(Zh, "brokers.none_bypassed")), "not of its region");
    let scope = introductions::introductions(app.market(), &pair.engineer.actor().await, Scope::Bypassed, 1).await;
    assert!(matches!(scope, Err(Error::NotFound)));
    assert_eq!(introductions::verify(app.market()).await.unwrap().broken, None);
}

#[tokio::test]
async fn a_contract_that_is_older_than_the_introduction_bypasses_nobody() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    app.wait(Duration::days(3));
    // Signed on 1 August, introduced on the 4th.
    let number = introduces(&app, &broker, &pair).await;
    let contract = contract_of(&app, &pair, None, "1200000").await;
    register(&app, &pair, &contract).await;
    let view = introductions::introduction(app.market(), &broker.actor().await, &number).await.unwrap();
    assert!(!view.summary.bypassed && view.entries.len() == 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_introductions_at_once_make_one_chain() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let mut listed = vec![pair.demand.clone()];
    for place in 0..7 {
        let form = DemandForm::complete().title(&format!("主轴轴承难题之{place}"));
        listed.push(app.published(&pair.engineer, &pair.officer, ListingKind::Demand, form.fields()).await);
    }
    let mut tasks = JoinSet::new();
    for (place, demand) in listed.iter().enumerate() {
        let broker = another_broker(&app, &format!("broker{place}")).await.actor().await;
        let claim = brokers::claim_pair(app.market(), &broker, demand, &pair.achievement, None).await.unwrap();
        let market = app.market().clone();
        tasks.spawn(async move {
            let subject = fields([("subject", "介绍")]);
            // Sent three times at once, each claim makes one introduction.
            let tries = (0..3).map(|_| introductions::introduce(&market, &broker, claim, &subject, 1, None));
            futures::future::join_all(tries).await.into_iter().filter_map(Result::ok).count()
        });
    }
    assert_eq!(tasks.join_all().await, [1; 8]);
    let report = introductions::verify(app.market()).await.unwrap();
    assert_eq!((report.records, report.broken), (8, None));
}

/// Changes the stored record of a place.
async fn tamper(app: &TestApp, seq: i64, change: impl FnOnce(&mut entity::introduction_entry::ActiveModel)) {
    let db = app.market().database();
    let row = entity::introduction_entry::Entity::find_by_id(seq).one(db).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    change(&mut row);
    row.update(db).await.unwrap();
}

#[tokio::test]
async fn the_first_broken_link_is_named() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    assert_eq!(introductions::verify(app.market()).await.unwrap().head, GENESIS, "nothing yet");
    let number = introduces(&app, &broker, &pair).await;
    for side in [&pair.engineer, &pair.researcher] {
        acknowledges(&app, side, &number).await.unwrap();
    }
    let found = async || {
        let report = introductions::verify(app.market()).await.unwrap();
        report.broken.map(|link| (link.seq, link.introduction, link.fault))
    };
    let broken = |seq, fault| Some((seq, number.clone(), fault));
    assert_eq!(found().await, None);
    let db = app.market().database();
    let second = entity::introduction_entry::Entity::find_by_id(2).one(db).await.unwrap().unwrap();
    let subject = entity::introduction::Entity::find().one(db).await.unwrap().unwrap();

    // Another payload, another time, another kind: the record does not say what was hashed.
    let payload = second.payload.replace("沈工", "某人");
    tamper(&app, 2, |row| row.payload = Set(payload)).await;
    assert_eq!(found().await, broken(2, Fault::Content));
    let sheet = broker.open(&format!("/introductions/{number}")).await;
    assert!(sheet.says(t!(Zh, "brokers.unsound")) && sheet.says(t!(Zh, "brokers.broken")), "{sheet}");
    tamper(&app, 2, |row| row.payload = Set(second.payload.clone())).await;
    tamper(&app, 2, |row| row.kind = Set("nonsense".to_owned())).await;
    assert_eq!(found().await, broken(2, Fault::Content));
    assert_eq!(broker.get(&format!("/introductions/{number}")).await.status, 200, "it is shown all the same");
    tamper(&app, 2, |row| row.kind = Set(second.kind.clone())).await;
    // Hashed anew after it was changed, the next record gives it away.
    tamper(&app, 2, |row| row.hash = Set("0".repeat(63) + "1")).await;
    assert_eq!(found().await, broken(2, Fault::Content));
    tamper(&app, 2, |row| row.hash = Set(second.hash.clone())).await;
    tamper(&app, 3, |row| row.previous = Set(GENESIS.to_owned())).await;
    assert_eq!(found().await, broken(3, Fault::Previous));
    tamper(&app, 3, |row| row.previous = Set(second.hash.clone())).await;
    assert_eq!(found().await, None);
    // The introduction itself.
    let mut row = subject.clone().into_active_model();
    row.subject = Set("别的事情".to_owned());
    row.update(db).await.unwrap();
    assert_eq!(found().await, broken(1, Fault::Introduction));
    let mut row = subject.clone().into_active_model();
    row.subject = Set(subject.subject.clone());
    row.buyer_at = Set(None);
    row.update(db).await.unwrap();
    assert_eq!(found().await.map(|(_, number, fault)| (number, fault)), Some((number.clone(), Fault::Introduction)));
    let mut row = subject.clone().into_active_model();
    row.buyer_at = Set(subject.buyer_at);
    row.update(db).await.unwrap();
    assert_eq!(found().await, None);
    // Records that are gone, from the middle and from the end.
    let removed = entity::introduction_entry::Entity::delete_by_id(2).exec(db).await.unwrap();
    assert_eq!(removed.rows_affected, 1);
    assert_eq!(found().await, broken(2, Fault::Missing));
    db.execute_unprepared("DELETE FROM introduction_entry WHERE seq >= 2").await.unwrap();
    assert_eq!(found().await, Some((2, String::new(), Fault::Missing)));
}

#[tokio::test]
async fn the_command_line_proves_the_chain() {
    use clap::Parser as _;
    let app = TestApp::new().await;
    let closed = app.close();
    let text = toml_of(closed.settings());
    let app = closed.open().await;
    let config = app.folder().join("keqiao.toml");
    std::fs::write(&config, text).unwrap();
    let pair = app.pair().await;
    let broker = app.broker().await;
    let number = introduces(&app, &broker, &pair).await;
    drop((pair, broker));
    let run = async |app: TestApp, arguments: &[&str]| {
        let closed = app.close();
        let line = ["keqiao", "--config", config.to_str().unwrap()].into_iter().chain(arguments.iter().copied());
        let result = Box::pin(cli::run(cli::Cli::try_parse_from(line).unwrap())).await;
        (closed.open().await, result)
    };
    let (app, result) = run(app, &["ledger", "verify"]).await;
    result.unwrap();
    tamper(&app, 1, |row| row.at = Set(1)).await;
    let (app, result) = run(app, &["ledger", "verify"]).await;
    let complaint = format!("{:#}", result.unwrap_err());
    assert!(complaint.contains("record 1") && complaint.contains(&number), "{complaint}");
    let (_app, result) = run(app, &["ledger", "rebuild"]).await;
    result.unwrap();
}
