//! What happens to a contract after it is registered, as both sides and the registry see it.

use keqiao_app::t;
use keqiao_market::ledger;
use keqiao_model::{ContractMove, Figure, Lang::Zh};
use keqiao_tests::{Client, ContractForm, Signed, TestApp, pdf};

async fn registered(app: &TestApp) -> (Signed, String) {
    let signed = app.pair().await.signed().await;
    signed.register().await;
    let page = format!("/contracts/{}/performance", signed.contract);
    (signed, page)
}

async fn plan(seller: &Client, page: &str, title: &str, due_on: &str, amount: &str) -> keqiao_tests::Answer {
    let typed = [("title", title), ("due_on", due_on), ("milestone_amount", amount), ("criteria", "台架试验合格。")];
    seller.send(seller.open(page).await.form("plan").with(typed)).await
}

#[tokio::test]
async fn a_contract_is_delivered_accepted_paid_and_completed() {
    let app = TestApp::new().await;
    let (signed, page) = registered(&app).await;
    let (seller, buyer) = (&signed.pair.researcher, &signed.pair.engineer);
    // The way there is on the page of the contract.
    assert!(seller.open(&format!("/contracts/{}", signed.contract)).await.links().contains(&page));
    assert_eq!(plan(seller, &page, "样机交付", "2026-09-30", "70万").await.status, 303);
    let too_much = plan(seller, &page, "验收定型", "2027-06-30", "50.01万").await;
    assert_eq!(too_much.status, 422);
    assert_eq!(too_much.error_at("milestone_amount").unwrap(), t!(Zh, "error.milestones_over_value", left = "500,000.00"));
    assert_eq!(too_much.value_of("criteria").as_deref(), Some("台架试验合格。"), "what was typed is kept");
    let open = seller.open(&page).await;
    assert!(open.says(&t!(Zh, "performance.planned_less", sum = "700,000 元", left = "500,000 元")), "{open}");
    assert_eq!(plan(seller, &page, "验收定型", "2027-06-30", "50万").await.status, 303);
    assert!(seller.open(&page).await.says(t!(Zh, "performance.planned_equal")));

    // A milestone may be changed until it is delivered.
    let edit = seller.open(&page).await.links().into_iter().find(|l| l.contains("milestone=")).unwrap();
    let form = seller.open(edit.split('#').next().unwrap()).await.form("plan");
    assert_eq!((form.value("title"), form.value("milestone_amount")), ("样机交付", "700000"));
    assert_eq!(seller.send(form.with([("due_on", "2026-10-31")])).await.status, 303);

    let before_delivery = buyer.open(&page).await;
    assert!(!before_delivery.offers("accept") && !before_delivery.offers("plan") && !before_delivery.offers("record"));
    let open = seller.open(&page).await;
    seller.does(&open, "deliver").await;
    assert!(buyer.open("/work").await.says(t!(Zh, "work.milestone_accept")));
    let asked = app.last_letter_to(&buyer.email()).await;
    assert!(asked.text.contains(&page), "{}", asked.text);
    let form = buyer.open(&page).await.form("reject");
    let refused = buyer.send(form.clone()).await;
    assert_eq!((refused.status, refused.summary_errors().len()), (422, 1));
    let reason = form.text_fields().into_iter().find(|f| f.starts_with("reason.")).unwrap();
    assert_eq!(buyer.send(form.with([(reason.as_str(), "温升超过指标")])).await.status, 303);
    assert!(seller.open(&page).await.says("温升超过指标"));
    for _ in 0..2 {
        let open = seller.open(&page).await;
        seller.does(&open, "deliver").await;
        let open = buyer.open(&page).await;
        buyer.does(&open, "accept").await;
    }

    // Money comes in, with its evidence; the buyer reads it.
    let form = seller.open(&page).await.form("record").with([("amount", "120万"), ("received_on", "2026-08-01")]);
    let without = seller.send(form.clone()).await;
    assert_eq!(without.error_at("file").unwrap(), t!(Zh, "error.file_required"));
    assert_eq!(seller.send(form.file("file", "slip.pdf", pdf("slip"))).await.status, 303);
    let open = buyer.open(&page).await;
    assert!(open.says(t!(Zh, "performance.receipts_caption")) && !open.offers("reverse"));
    let slip = open.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    assert_eq!((buyer.get(&slip).await.status, app.enterprise("钱工").await.get(&slip).await.status), (200, 404));
    assert_eq!(app.visitor().get(&slip).await.status, 404);
    let total = ledger::total(app.market(), Figure::TechnicalIncome, &Default::default()).await.unwrap();
    assert_eq!(total, 120_000_000);

    signed.move_contract(seller, ContractMove::Complete).await.unwrap();
    assert!(!seller.open(&page).await.offers("plan"));
    assert_eq!(ledger::verify(app.market()).await.unwrap(), []);
}

#[tokio::test]
async fn milestones_are_taken_over_from_the_payment_plan() {
    let app = TestApp::new().await;
    let form = ContractForm::complete()
        .set("payment", "instalments")
        .set("payments.0.due", "2026-10-08")
        .set("payments.0.amount", "20万")
        .set("payments.0.condition", "合同生效后十日内")
        .set("payments.1.due", "2027-06-30")
        .set("payments.1.amount", "100万");
    let signed = app.pair().await.signed_for(form).await;
    signed.register().await;
    let page = format!("/contracts/{}/performance", signed.contract);
    let (seller, buyer) = (&signed.pair.researcher, &signed.pair.engineer);
    let unplanned = async || seller.open(&page).await.links().into_iter().filter(|l| l.contains("instalment=")).collect::<Vec<_>>();
    assert_eq!(unplanned().await.len(), 2);
    let filled = seller.open(&format!("{page}?instalment=1")).await.form("plan");
    let typed = ["title", "due_on", "milestone_amount"].map(|field| filled.value(field).to_owned());
    assert_eq!(typed, ["合同生效后十日内", "2026-10-08", "200000"]);
    // What the seller changes there is kept when it is refused, and the instalment does not come back over it.
    let refused = seller.send(filled.clone().with([("title", "预付款"), ("due_on", "soon")])).await;
    assert_eq!((refused.status, refused.value_of("title").as_deref()), (422, Some("预付款")));
    assert_eq!(seller.send(filled).await.status, 303);
    let second = unplanned().await;
    assert!(second.len() == 1 && second[0].contains("instalment=2"), "{second:?}");
    let filled = seller.open(&format!("{page}?instalment=2")).await.form("plan");
    assert_eq!(filled.value("title"), t!(Zh, "performance.instalment", n = 2));
    // A milestone of the same amount on another day stands for it.
    assert_eq!(seller.send(filled.with([("due_on", "2027-05-31")])).await.status, 303);
    assert_eq!(unplanned().await, [""; 0]);
    assert!(!buyer.open(&page).await.links().iter().any(|l| l.contains("instalment=")), "only the seller plans");
    for nobody in ["1", "3", "0", "x"] {
        assert_eq!(seller.open(&format!("{page}?instalment={nobody}")).await.form("plan").value("title"), "", "{nobody}");
    }
}

#[tokio::test]
async fn a_dispute_is_told_to_the_other_side_and_the_registry() {
    let app = TestApp::new().await;
    let (signed, page) = registered(&app).await;
    let (seller, buyer, officer) = (&signed.pair.researcher, &signed.pair.engineer, &signed.pair.officer);
    let form = buyer.open(&page).await.form("raise");
    assert_eq!(buyer.send(form.clone()).await.error_at("dispute").unwrap(), t!(Zh, "error.required"));
    assert_eq!(buyer.send(form.with([("dispute", "交付推迟三个月，未说明原因。")])).await.status, 303);
    for who in [seller, officer] {
        assert!(app.last_letter_to(&who.email()).await.text.contains(&page));
        assert!(who.open(&page).await.says("交付推迟三个月"));
    }
    // The registry reads, and decides nothing here.
    let open = officer.open(&page).await;
    assert!(["plan", "record", "raise", "settle"].iter().all(|by| !open.offers(by)));
    let contract = seller.open(&format!("/contracts/{}", signed.contract)).await;
    let refused = seller.press(&contract, "complete").await;
    assert_eq!(refused.summary_errors(), [t!(Zh, "error.disputes_settled")]);
    let form = seller.open(&page).await.form("settle");
    let outcome = form.text_fields().into_iter().find(|f| f.starts_with("outcome.")).unwrap();
    assert_eq!(seller.send(form.with([(outcome.as_str(), "双方同意延期至年底。")])).await.status, 303);
    assert!(buyer.open(&page).await.says("双方同意延期至年底"));
}

#[tokio::test]
async fn only_those_whom_it_concerns_read_the_performance() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    let page = format!("/contracts/{}/performance", signed.contract);
    assert_eq!(signed.pair.researcher.get(&page).await.status, 404, "nothing is performed before it is registered");
    signed.register().await;
    let check = async |who: &Client, status: u16| assert_eq!(who.get(&page).await.status, status, "{}", who.email());
    check(&signed.pair.researcher, 200).await;
    check(&signed.pair.engineer, 200).await;
    check(&signed.pair.officer, 200).await;
    check(&app.visitor(), 303).await;
    check(&app.enterprise("钱工").await, 404).await;
    check(&app.county_officer("990124").await, 404).await;
    check(&app.broker().await, 404).await;
    // A request written by hand does no more.
    let stranger = app.enterprise("孙工").await;
    let typed = [("action", "record"), ("amount", "1"), ("received_on", "2026-08-01")];
    assert_eq!(stranger.post(&page, typed).await.status, 404);
    assert_eq!(signed.pair.engineer.post(&page, typed).await.status, 403);
    signed.move_contract(&signed.pair.officer, ContractMove::Cancel).await.unwrap();
    assert!(signed.pair.researcher.open(&page).await.says(t!(Zh, "performance.cancelled")));
}
