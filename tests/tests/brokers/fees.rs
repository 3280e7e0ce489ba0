//! Commissions: proposed, agreed, due, paid.

use keqiao_app::t;
use keqiao_market::{
    Error,
    commissions::{self, Due, FeeScope},
    deals, introductions,
};
use keqiao_model::{CommissionState, DealMove, Lang::Zh};
use keqiao_tests::{Client, Pair, TermsForm, TestApp};

use super::{codes, contract_of, fields, introduces, register};

/// A pair with its broker and a deal that came of the introduction, at its terms.
async fn brokered(app: &TestApp) -> (Pair, Client, String) {
    let pair = app.pair().await;
    let broker = app.broker().await;
    introduces(app, &broker, &pair).await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    pair.move_deal(&deal, DealMove::OpenTerms).await;
    pair.accept_terms(&deal, TermsForm::complete()).await;
    (pair, broker, deal)
}

async fn propose(app: &TestApp, broker: &Client, deal: &str, way: &str, value: &str, share: &str) -> Result<(), Error> {
    let actor = broker.actor().await;
    let edition = commissions::commission(app.market(), &actor, deal).await?.edition;
    let name = if way == "percent" { "rate" } else { "amount" };
    let typed = fields([("way", way), (name, value), ("buyer_share", share)]);
    commissions::propose(app.market(), &actor, deal, &typed, edition, None).await
}

async fn agree(app: &TestApp, who: &Client, deal: &str) -> Result<(), Error> {
    let actor = who.actor().await;
    let edition = commissions::commission(app.market(), &actor, deal).await?.edition;
    commissions::agree(app.market(), &actor, deal, edition, None).await
}

async fn letters_to(app: &TestApp, who: &Client, text: &str) -> usize {
    let sent = app.letters().await;
    sent.iter().filter(|l| l.to == who.email() && (l.subject.contains(text) || l.text.contains(text))).count()
}

#[tokio::test]
async fn a_commission_holds_when_everybody_who_pays_agreed() {
    let app = TestApp::new().await;
    let (pair, broker, deal) = brokered(&app).await;
    let path = format!("/deals/{deal}/commission");
    let page = broker.open(&path).await;
    assert!(page.says(t!(Zh, "brokers.law_963")) && page.says(t!(Zh, "brokers.nothing_proposed")), "{page}");
    assert_eq!(page.value_of("buyer_share").as_deref(), Some("50"), "half each unless they agree otherwise");
    let refused = broker.send(page.form("propose").with([("rate", "3.125"), ("buyer_share", "101")])).await;
    assert_eq!(refused.error_at("rate").as_deref(), Some(t!(Zh, "error.percent")));
    assert_eq!(refused.error_at("buyer_share").as_deref(), Some(t!(Zh, "error.share")));
    assert_eq!(refused.value_of("rate").as_deref(), Some("3.125"));
    for (way, value, expected) in [
        ("percent", "", "rate: required"),
        ("percent", "0", "rate: percent"),
        ("fixed", "", "amount: required"),
        ("fixed", "0", "amount: positive"),
        ("gift", "1", "way: choice"),
    ] {
        assert_eq!(codes(propose(&app, &broker, &deal, way, value, "50").await), [expected]);
    }
    let window = broker.open(&path).await;
    let sent = broker.send(page.form("propose").with([("rate", "3")])).await;
    assert_eq!(sent.status, 303, "{sent}");
    // The same form in another window: somebody proposed meanwhile.
    assert!(broker.send(window.form("propose").with([("rate", "4")])).await.says(t!(Zh, "error.stale")));
    for side in [&pair.engineer, &pair.researcher] {
        assert_eq!(letters_to(&app, side, "请确认中介报酬").await, 1);
        assert!(!side.open(&path).await.offers("propose"), "the broker proposes");
        assert!(matches!(propose(&app, side, &deal, "percent", "1", "50").await, Err(Error::NotFound)));
    }
    let state = async || {
        let shown = commissions::commission(app.market(), &broker.actor().await, &deal).await.unwrap();
        (shown.agreed.map(|c| (c.rate, c.amount)), shown.proposed.map(|c| (c.rate, c.amount)))
    };
    let page = pair.engineer.open(&path).await;
    pair.engineer.does(&page, "agree").await;
    assert_eq!(codes(agree(&app, &pair.engineer, &deal).await), ["not_your_turn"]);
    assert_eq!(state().await, (None, Some((300, 0))));
    // Changed before the other side agreed, it waits for both again.
    propose(&app, &broker, &deal, "percent", "2.5", "50").await.unwrap();
    let stale = pair.researcher.post(&path, [("action", "agree"), ("edition", "1")]).await;
    assert!(stale.status == 422 && stale.says(t!(Zh, "error.stale")), "{stale}");
    agree(&app, &pair.researcher, &deal).await.unwrap();
    assert_eq!(state().await, (None, Some((250, 0))));
    agree(&app, &pair.engineer, &deal).await.unwrap();
    assert_eq!(state().await, (Some((250, 0)), None));
    assert_eq!(letters_to(&app, &broker, "中介报酬已约定").await, 1);
    // What is agreed stays until everyone who pays agrees anew; here the buyer alone.
    propose(&app, &broker, &deal, "fixed", "5万", "100").await.unwrap();
    assert_eq!(state().await, (Some((250, 0)), Some((0, 5_000_000))));
    assert_eq!(codes(agree(&app, &pair.researcher, &deal).await), ["not_your_turn"]);
    agree(&app, &pair.engineer, &deal).await.unwrap();
    assert_eq!(state().await, (Some((0, 5_000_000)), None));
    let shown = commissions::commission(app.market(), &broker.actor().await, &deal).await.unwrap().agreed.unwrap();
    assert_eq!(shown.state, CommissionState::Agreed);
    // Others do not know of it; a deal without a broker has none.
    let stranger = app.enterprise("钱工").await;
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(stranger.post(&path, [("action", "agree"), ("edition", "3")]).await.status, 404);
    assert_eq!(app.visitor().get(&path).await.status, 303);
}

#[tokio::test]
async fn fees_are_due_with_the_registration_and_paid_down_to_nothing() {
    let app = TestApp::new().await;
    let (pair, broker, deal) = brokered(&app).await;
    propose(&app, &broker, &deal, "percent", "3.33", "33").await.unwrap();
    for side in [&pair.engineer, &pair.researcher] {
        agree(&app, side, &deal).await.unwrap();
    }
    let page = broker.open("/fees").await;
    assert!(page.says(t!(Zh, "brokers.not_due")) && !page.offers("pay"), "{page}");
    let pay = async |who: &Client, payer: &str, amount: &str, day: &str| {
        let typed = fields([("payer", payer), ("amount", amount), ("paid_on", day), ("note", "转账")]);
        commissions::record_payment(app.market(), &who.actor().await, &deal, &typed, None).await
    };
    assert_eq!(codes(pay(&broker, "buyer", "1", "2026-08-01").await), ["fee_not_due"]);
    let contract = contract_of(&app, &pair, Some(&deal), "1234567.89").await;
    register(&app, &pair, &contract).await;
    // 3.33 % of 1,234,567.89 is 41,111.11 (41,111.110737); a third of it, 13,566.67 (13,566.6663), is the buyer's.
    assert_eq!(letters_to(&app, &pair.engineer, "¥13,566.67").await, 1);
    assert_eq!(letters_to(&app, &pair.researcher, "¥27,544.44").await, 1);
    assert_eq!(letters_to(&app, &pair.engineer, "¥27,544.44").await, 0, "each its own part");
    let statement = async |who: &Client, scope| {
        let statement = commissions::fees(app.market(), &who.actor().await, scope, 1).await.unwrap();
        (statement.lines.items, statement.total)
    };
    let (lines, total) = statement(&broker, FeeScope::Broker).await;
    assert_eq!(total, Due { due: 4_111_111, paid: 0 });
    assert_eq!(lines[0].contract.as_deref(), Some(contract.as_str()));
    // A payer sees its own part only.
    let (lines, total) = statement(&pair.engineer, FeeScope::Payer).await;
    assert_eq!(total, Due { due: 1_356_667, paid: 0 });
    assert!(lines[0].seller.is_none() && !lines[0].may_record);
    assert!(!pair.engineer.open("/fees").await.says("27,544.44"));
    // Payments are read, and never more than is open.
    for (payer, amount, day, expected) in [
        ("nobody", "1", "2026-08-01", "payer: choice"),
        ("buyer", "0", "2026-08-01", "amount: positive"),
        ("buyer", "much", "2026-08-01", "amount: money_not_a_number"),
        ("buyer", "13566.68", "2026-08-01", "amount: fee_more_than_open"),
        ("buyer", "1", "2026-09-01", "paid_on: future"),
        ("buyer", "1", "", "paid_on: required"),
    ] {
        assert_eq!(codes(pay(&broker, payer, amount, day).await), [expected]);
    }
    assert!(matches!(pay(&pair.engineer, "buyer", "1", "2026-08-01").await, Err(Error::NotFound)));
    let page = broker.open("/fees").await;
    let name = |field: &str| format!("{field}.{deal}");
    let typed = [(name("payer"), "buyer"), (name("amount"), "99999999"), (name("paid_on"), "2026-08-01")];
    let refused = broker.send(page.form("pay").with(typed)).await;
    assert!(refused.status == 422 && refused.error_at(&name("amount")).is_some_and(|e| e.contains("13,566.67")), "{refused}");
    let paid = broker.send(refused.form("pay").with([(name("amount"), "13000")])).await;
    assert_eq!(paid.status, 303, "{paid}");
    pay(&broker, "buyer", "566.67", "2026-08-01").await.unwrap();
    assert_eq!(codes(pay(&broker, "buyer", "0.01", "2026-08-01").await), ["amount: fee_more_than_open"]);
    pay(&broker, "seller", "27544.44", "2026-08-01").await.unwrap();
    let (lines, total) = statement(&broker, FeeScope::Broker).await;
    assert_eq!((total.clone(), total.open()), (Due { due: 4_111_111, paid: 4_111_111 }, 0));
    assert!(lines[0].payments.len() == 3 && !lines[0].may_record);
    assert_eq!(statement(&pair.researcher, FeeScope::Payer).await.0[0].payments.len(), 1);
    assert_eq!(codes(propose(&app, &broker, &deal, "percent", "9", "50").await), ["fee_paid_already"]);
    // Whoever owes nothing sees an empty statement; that of a broker is not for others.
    let stranger = app.enterprise("钱工").await;
    assert!(stranger.open("/fees").await.says(t!(Zh, "brokers.no_fees_payer")));
    let others = commissions::fees(app.market(), &stranger.actor().await, FeeScope::Broker, 1).await;
    assert!(matches!(others, Err(Error::NotFound)));
    assert!(introductions::verify(app.market()).await.unwrap().broken.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payments_at_once_never_come_to_more_than_is_due() {
    let app = TestApp::new().await;
    let (pair, broker, deal) = brokered(&app).await;
    propose(&app, &broker, &deal, "fixed", "100", "100").await.unwrap();
    agree(&app, &pair.engineer, &deal).await.unwrap();
    let contract = contract_of(&app, &pair, Some(&deal), "1200000").await;
    register(&app, &pair, &contract).await;
    let actor = broker.actor().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (market, actor, deal) = (app.market().clone(), actor.clone(), deal.clone());
        tasks.spawn(async move {
            let typed = fields([("payer", "buyer"), ("amount", "30"), ("paid_on", "2026-08-01")]);
            commissions::record_payment(&market, &actor, &deal, &typed, None).await.is_ok()
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|paid| *paid).count(), 3);
    let total = commissions::fees(app.market(), &actor, FeeScope::Broker, 1).await.unwrap().total;
    assert_eq!((total.due, total.paid), (10_000, 9_000));
    assert!(deals::deal(app.market(), &actor, &deal).await.is_ok());
}
