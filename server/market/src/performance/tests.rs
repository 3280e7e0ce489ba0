use keqiao_model::{ContractMove, Fields, Figure, MilestoneMove};
use sea_orm::{EntityTrait, QueryOrder};
use time::Duration;
use tokio::task::JoinSet;

use super::*;
use crate::{
    attachments::NewFile,
    contracts::tests::City,
    entity::{ledger_entry, organisation, outbox},
    ledger::{self, LedgerFilter},
    testing::reasons,
};

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.into_iter().collect()
}

fn slip() -> Option<NewFile<'static>> {
    Some(NewFile { name: "slip.pdf", bytes: b"%PDF-1.7 slip".to_vec(), confidential: false, reason: "" })
}

/// A registered contract of 1,000 yuan.
async fn city() -> (City, String) {
    let c = City::new().await;
    let number = c.registered(&c.form("1000")).await;
    (c, number)
}

async fn receive(c: &City, number: &str, yuan: &str) -> Result<()> {
    let typed = fields([("amount", yuan), ("received_on", "2026-07-30")]);
    record_receipt(&c.t.market, &c.seller, number, &typed, slip(), None).await
}

async fn plan(c: &City, number: &str, title: &str, due_on: &str, yuan: &str) -> Result<()> {
    let typed = fields([("title", title), ("due_on", due_on), ("milestone_amount", yuan)]);
    save_milestone(&c.t.market, &c.seller, number, None, &typed, 0, None).await
}

async fn income(c: &City) -> i64 {
    ledger::total(&c.t.market, Figure::TechnicalIncome, &LedgerFilter::default()).await.unwrap()
}

#[tokio::test]
async fn a_receipt_counts_until_it_is_reversed() {
    let (c, number) = city().await;
    let market = &c.t.market;
    receive(&c, &number, "600").await.unwrap();
    assert_eq!(income(&c).await, 60_000);
    assert_eq!(reasons(receive(&c, &number, "400.01").await), ["amount: receipts_over_value"]);
    let typed = fields([("amount", "0"), ("received_on", "2026-08-02"), ("milestone", "x")]);
    let refused = record_receipt(market, &c.seller, &number, &typed, None, None).await;
    assert_eq!(reasons(refused), ["amount: positive", "received_on: future", "milestone: choice", "file: file_required"]);
    let typed = fields([("amount", "1"), ("received_on", "2026-06-30")]);
    assert_eq!(reasons(record_receipt(market, &c.seller, &number, &typed, slip(), None).await), ["received_on: before_signing"]);
    assert!(matches!(record_receipt(market, &c.buyer, &number, &typed, slip(), None).await, Err(Error::Forbidden)));

    let shown = performance(market, &c.buyer, &number, 1).await.unwrap();
    let receipt = &shown.receipts.items[0];
    assert!(receipt.file.is_some() && !receipt.reversible && shown.progress.received.fen() == 60_000);
    let at = format!("reason.{}", receipt.id);
    let nothing = reverse_receipt(market, &c.seller, &number, receipt.id, &Fields::default(), receipt.version, None).await;
    assert_eq!(reasons(nothing), [format!("{at}: reason_required")]);
    let why = fields([(at.as_str(), "登记错了合同")]);
    reverse_receipt(market, &c.seller, &number, receipt.id, &why, receipt.version, None).await.unwrap();
    assert!(matches!(reverse_receipt(market, &c.seller, &number, receipt.id, &why, receipt.version, None).await, Err(Error::Stale)));
    assert_eq!(income(&c).await, 0);
    receive(&c, &number, "1000").await.unwrap();
    assert_eq!(income(&c).await, 100_000);
    assert_eq!(ledger::verify(market).await.unwrap(), []);
    assert_eq!(ledger::verify_chain(market).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn receipts_at_once_never_exceed_the_value() {
    let (c, number) = city().await;
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let (market, seller, number) = (c.t.market.clone(), c.seller.clone(), number.clone());
        tasks.spawn(async move {
            let typed = fields([("amount", "300"), ("received_on", "2026-07-30")]);
            record_receipt(&market, &seller, &number, &typed, slip(), None).await
        });
    }
    let done = tasks.join_all().await;
    assert_eq!(done.iter().filter(|r| r.is_ok()).count(), 3, "three times 300 fit into 1,000");
    for refused in done.into_iter().filter(Result::is_err) {
        assert_eq!(reasons(refused), ["amount: receipts_over_value"]);
    }
    assert_eq!(income(&c).await, 90_000);
    assert_eq!(ledger::verify(&c.t.market).await.unwrap(), []);
}

#[tokio::test]
async fn whatever_is_recorded_reversed_and_cancelled_the_ledger_adds_up() {
    let c = City::new().await;
    let market = &c.t.market;
    let mut numbers = Vec::new();
    for value in ["1000", "2000", "3000"] {
        numbers.push(c.registered(&c.form(value)).await);
    }
    let mut seed = 7_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..60 {
        let number = &numbers[next(numbers.len())];
        let standing = performance(market, &c.seller, number, 1).await.unwrap().receipts.items;
        let standing: Vec<_> = standing.into_iter().filter(|r| r.reversible).collect();
        if standing.is_empty() || next(3) > 0 {
            // What does not fit any more is refused and changes nothing.
            let _ = receive(&c, number, &(1 + next(700)).to_string()).await;
        } else {
            let receipt = &standing[next(standing.len())];
            let why = [(format!("reason.{}", receipt.id), "退款".to_owned())].into_iter().collect();
            reverse_receipt(market, &c.seller, number, receipt.id, &why, receipt.version, None).await.unwrap();
        }
    }
    let mut sum = 0;
    for number in &numbers {
        sum += progress(market, &c.seller, number).await.unwrap().unwrap().received.fen();
    }
    assert!(sum > 0 && income(&c).await == sum);
    assert_eq!(ledger::verify(market).await.unwrap(), []);
    // A registration that is cancelled takes its receipts along; they stay readable and can no longer be touched.
    c.go(&c.officer, &numbers[2], ContractMove::Cancel).await.unwrap();
    let cancelled = performance(market, &c.seller, &numbers[2], 1).await.unwrap();
    assert!(cancelled.receipts.items.iter().all(|r| !r.reversible) && !cancelled.acts);
    assert_eq!(income(&c).await, sum - cancelled.progress.received.fen());
    assert_eq!(reasons(receive(&c, &numbers[2], "1").await), [": contract_not_in_register"]);
    assert_eq!(ledger::verify(market).await.unwrap(), []);
    assert_eq!(ledger::verify_chain(market).await.unwrap(), None);
}

#[tokio::test]
async fn a_contract_is_completed_when_its_milestones_are_accepted_and_its_disputes_settled() {
    let (c, number) = city().await;
    let market = &c.t.market;
    assert_eq!(
        reasons(plan(&c, &number, "样机", "2026-06-01", "1000.01").await),
        ["due_on: before_signing", "milestone_amount: milestones_over_value"]
    );
    plan(&c, &number, "样机", "2026-09-01", "600").await.unwrap();
    assert_eq!(reasons(plan(&c, &number, "定型", "2026-12-01", "400.01").await), ["milestone_amount: milestones_over_value"]);
    plan(&c, &number, "定型", "2026-12-01", "400").await.unwrap();
    let typed = fields([("title", "x"), ("due_on", "2026-09-01")]);
    assert!(matches!(save_milestone(market, &c.buyer, &number, None, &typed, 0, None).await, Err(Error::Forbidden)));
    assert_eq!(reasons(c.go(&c.seller, &number, ContractMove::Complete).await), [": milestones_accepted"]);

    let make = async |who: &Actor, place: usize, by: MilestoneMove, why: &str| {
        let shown = performance(market, who, &number, 1).await.unwrap();
        let m = &shown.milestones[place];
        let typed = [(format!("reason.{}", m.id), why.to_owned())].into_iter().collect();
        move_milestone(market, who, &number, m.id, by, &typed, m.version, None).await
    };
    assert!(matches!(make(&c.buyer, 0, MilestoneMove::Deliver, "").await, Err(Error::Forbidden)));
    make(&c.seller, 0, MilestoneMove::Deliver, "").await.unwrap();
    assert!(matches!(make(&c.seller, 0, MilestoneMove::Accept, "").await, Err(Error::Forbidden)), "nobody accepts their own work");
    assert!(reasons(make(&c.buyer, 0, MilestoneMove::Reject, " ").await)[0].ends_with(": reason_required"));
    make(&c.buyer, 0, MilestoneMove::Reject, "温升超过指标").await.unwrap();
    let shown = performance(market, &c.seller, &number, 1).await.unwrap();
    assert_eq!(shown.milestones[0].reason, "温升超过指标");
    let (first, version) = (shown.milestones[0].id, shown.milestones[0].version);
    assert_eq!(reasons(remove_milestone(market, &c.seller, &number, first, version, None).await), [": milestone_fixed"]);
    for place in [0, 1] {
        make(&c.seller, place, MilestoneMove::Deliver, "").await.unwrap();
        make(&c.buyer, place, MilestoneMove::Accept, "").await.unwrap();
    }
    let done = performance(market, &c.officer, &number, 1).await.unwrap();
    assert_eq!((done.progress.accepted.fen(), done.progress.milestones_accepted, done.acts), (100_000, 2, false));

    raise_dispute(market, &c.buyer, &number, &fields([("dispute", "质保金未退")]), None).await.unwrap();
    assert!(c.row(&number).await.disputed);
    let again = raise_dispute(market, &c.seller, &number, &fields([("dispute", "也有意见")]), None).await;
    assert_eq!(reasons(again), [": dispute_open"]);
    assert_eq!(reasons(c.go(&c.seller, &number, ContractMove::Complete).await), [": disputes_settled"]);
    let dispute = performance(market, &c.seller, &number, 1).await.unwrap().disputes.remove(0);
    let outcome = [(format!("outcome.{}", dispute.id), "已退还".to_owned())].into_iter().collect();
    assert!(matches!(settle_dispute(market, &c.officer, &number, dispute.id, &outcome, 1, None).await, Err(Error::Forbidden)));
    settle_dispute(market, &c.seller, &number, dispute.id, &outcome, dispute.version, None).await.unwrap();
    assert!(!c.row(&number).await.disputed);
    c.go(&c.seller, &number, ContractMove::Complete).await.unwrap();
    assert_eq!(reasons(plan(&c, &number, "新增", "2026-12-01", "").await), [": contract_completed"]);
    receive(&c, &number, "1000").await.unwrap();
    assert_eq!(ledger::verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn both_parties_are_reminded_once_of_a_milestone() {
    let (c, number) = city().await;
    let market = &c.t.market;
    plan(&c, &number, "样机", "2026-08-20", "600").await.unwrap();
    let told = async || {
        let events = outbox::Entity::find().order_by_asc(outbox::Column::Seq).all(&market.db).await.unwrap();
        events.into_iter().filter(|e| e.payload.contains("milestone_due")).count()
    };
    assert_eq!((clock_step(market).await.unwrap(), due_milestones(market, &c.seller).await.unwrap().len()), (0, 0));
    c.t.wait(Duration::days(13));
    assert_eq!((clock_step(market).await.unwrap(), clock_step(market).await.unwrap(), told().await), (1, 0, 1));
    let due = due_milestones(market, &c.seller).await.unwrap();
    assert!(due.len() == 1 && due[0].kind == DueKind::Deliver && !due[0].overdue);
    assert!(due_milestones(market, &c.buyer).await.unwrap().is_empty());
    // Another day is worth another reminder; what is delivered waits for the buyer.
    let m = performance(market, &c.seller, &number, 1).await.unwrap().milestones.remove(0);
    let typed = fields([("title", "样机"), ("due_on", "2026-08-15"), ("milestone_amount", "600")]);
    save_milestone(market, &c.seller, &number, Some(m.id), &typed, m.version, None).await.unwrap();
    c.t.wait(Duration::days(3));
    assert_eq!((clock_step(market).await.unwrap(), told().await), (1, 2));
    assert!(due_milestones(market, &c.seller).await.unwrap()[0].overdue);
    move_milestone(market, &c.seller, &number, m.id, MilestoneMove::Deliver, &Fields::default(), m.version + 1, None).await.unwrap();
    assert_eq!(due_milestones(market, &c.buyer).await.unwrap()[0].kind, DueKind::Accept);
    assert!(ledger_entry::Entity::find().all(&market.db).await.unwrap().iter().all(|e| e.figure != "technical_income"));
}

#[tokio::test]
async fn receipts_count_where_the_seller_is_after_an_amendment() {
    let (c, number) = city().await;
    let market = &c.t.market;
    receive(&c, &number, "600").await.unwrap();
    let row = c.row(&number).await;
    let region = async || {
        let filter = |region: &str| LedgerFilter { region: Some(region.to_owned()), ..Default::default() };
        let total = async |region: &str| ledger::total(market, Figure::TechnicalIncome, &filter(region)).await.unwrap();
        [total("990102").await, total("990103").await]
    };
    assert_eq!(region().await, [60_000, 0]);
    // To another county, and out of the city and back.
    for (seller, expected) in [("990103", [0, 60_000]), ("000000", [0, 0]), ("990102", [60_000, 0])] {
        let tx = market.write(&c.officer).await.unwrap();
        organisation::Entity::update_many()
            .col_expr(organisation::Column::Region, Expr::value(seller))
            .filter(organisation::Column::Id.eq(row.seller_id))
            .exec(&*tx)
            .await
            .unwrap();
        ledger::recount_contract(market, &tx, &row, "amendment", true).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(region().await, expected, "{seller}");
        assert_eq!(ledger::verify(market).await.unwrap(), []);
    }
    let receipt = performance(market, &c.seller, &number, 1).await.unwrap().receipts.items.remove(0);
    let why = [(format!("reason.{}", receipt.id), "退款".to_owned())].into_iter().collect();
    reverse_receipt(market, &c.seller, &number, receipt.id, &why, receipt.version, None).await.unwrap();
    assert_eq!(region().await, [0, 0]);
    assert_eq!(ledger::verify(market).await.unwrap(), []);
    assert_eq!(ledger::verify_chain(market).await.unwrap(), None);
}
