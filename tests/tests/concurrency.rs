//! Many at once, on whichever database the tests run.

use std::collections::BTreeSet;

use futures::future::join_all;
use keqiao_market::{
    Actor, Error, Market,
    contracts::{self, Filter},
    deals, interests, ledger, listings, organisations,
};
use keqiao_model::{ContractMove, DealMove, Fields, Figure, InterestMove, ListingKind, ListingMove};
use keqiao_tests::{Client, ContractForm, DemandForm, OrganisationForm, TestApp};
use tokio::task::JoinSet;
use uuid::Uuid;

/// What became of many tries at once; anything internal is a failure of ours.
#[track_caller]
fn done<T>(results: Vec<keqiao_market::Result<T>>) -> (Vec<T>, usize) {
    let mut good = Vec::new();
    let mut refused = 0;
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(Error::Internal(detail)) => panic!("{detail}"),
            Err(_) => refused += 1,
        }
    }
    (good, refused)
}

/// Runs a future many times at once, each as a task of its own.
async fn at_once<T, F>(times: usize, run: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for place in 0..times {
        tasks.spawn(run(place));
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_registrations_of_one_contract_one_succeeds() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    signed.accepted().await;
    let officer = signed.pair.officer.actor().await;
    let version = contracts::contract(app.market(), &officer, &signed.contract).await.unwrap().version;
    let before = app.rows().await;
    let results = at_once(50, |_| {
        let (market, officer, number) = (app.market().clone(), officer.clone(), signed.contract.clone());
        async move { contracts::move_contract(&market, &officer, &number, ContractMove::Register, "", "", version, None).await }
    })
    .await;
    let (good, refused) = done(results);
    assert_eq!((good.len(), refused), (1, 49));
    let contract = contracts::contract(app.market(), &officer, &signed.contract).await.unwrap();
    assert_eq!(contract.summary.registration_number.as_deref(), Some("990100-2026-00001"));
    let after = app.rows().await;
    assert_eq!(after.count("outbox"), before.count("outbox") + 4, "the contract, the deal and both listings, once");
    assert_eq!(ledger::total(app.market(), Figure::ContractValue, &ledger::LedgerFilter::default()).await.unwrap(), 120_000_000);
    assert_eq!(ledger::verify(app.market()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_officers_publish_at_once() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await.actor().await;
    let officers = [app.officer().await.actor().await, app.county_officer("990102").await.actor().await];
    for round in 0..10 {
        let form = DemandForm::complete().fields();
        let number = listings::create_listing(app.market(), &engineer, ListingKind::Demand, &form, true, None).await.unwrap();
        let moves = [ListingMove::Publish, if round % 2 == 0 { ListingMove::Publish } else { ListingMove::Return }];
        let results = at_once(2, |place| {
            let (market, officer, number, by) = (app.market().clone(), officers[place].clone(), number.clone(), moves[place]);
            let reasons = [listings::ReturnReason { field: String::new(), text: "请补充".to_owned() }];
            async move { listings::move_listing(&market, &officer, ListingKind::Demand, &number, by, &reasons, 2, None).await }
        })
        .await;
        let (good, refused) = done(results);
        assert_eq!((good.len(), refused), (1, 1), "round {round}");
    }
    app.index().await;
    let listed = app.visitor().open("/demands").await;
    let public = listings::count_public(app.market(), ListingKind::Demand).await.unwrap();
    assert!(listed.says(&format!("共 {public} 条")), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_have_no_gaps() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await.actor().await;
    let results = at_once(20, |place| {
        let (market, engineer) = (app.market().clone(), engineer.clone());
        async move {
            // Every third one is refused after its number could have been taken.
            let form = if place % 3 == 0 { DemandForm::complete().without("summary") } else { DemandForm::complete() };
            listings::create_listing(&market, &engineer, ListingKind::Demand, &form.fields(), true, None).await
        }
    })
    .await;
    let (numbers, refused) = done(results);
    assert_eq!(refused, 7);
    let expected: BTreeSet<String> = (1..=13).map(|n| format!("XQ-2026-{n:06}")).collect();
    assert_eq!(numbers.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_form_sent_twenty_times_at_once_is_carried_out_once() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await.actor().await;
    let once = Some(Uuid::now_v7());
    let results = at_once(20, |_| {
        let (market, engineer) = (app.market().clone(), engineer.clone());
        async move { listings::create_listing(&market, &engineer, ListingKind::Demand, &DemandForm::complete().fields(), true, once).await }
    })
    .await;
    let (numbers, refused) = done(results);
    assert_eq!((numbers.len(), refused), (20, 0));
    assert!(numbers.iter().all(|n| n == "XQ-2026-000001"), "{numbers:?}");
    assert_eq!(app.rows().await.count("listing"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_interest_accepted_in_two_browsers_opens_one_deal() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let interest = pair.interest().await;
    let windows: Vec<Client> = (0..6).map(|_| pair.engineer.another_window()).collect();
    let path = format!("/interests/{interest}");
    let pages = join_all(windows.iter().map(|w| w.open(&path))).await;
    let answers = join_all(windows.iter().zip(&pages).enumerate().map(|(place, (w, page))| async move {
        if place % 2 == 0 {
            w.press(page, "accept").await
        } else {
            w.send(page.form("decline").with([("code", "other"), ("reason", "不了")])).await
        }
    }))
    .await;
    assert_eq!(answers.iter().filter(|a| a.status == 303).count(), 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    assert!(answers.iter().all(|a| matches!(a.status, 303 | 422)));
    let actor = pair.engineer.actor().await;
    let stored = interests::interest(app.market(), &actor, interest).await.unwrap();
    assert_eq!(app.rows().await.count("deal"), usize::from(stored.deal.is_some()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_interests_in_one_listing_are_answered_at_once() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let message: Fields = [("message", "愿意面谈")].into_iter().collect();
    let mut open = Vec::new();
    for place in 0..6 {
        let client = app.institute(&format!("院{place}")).await;
        let actor = client.actor().await;
        open.push(interests::send_interest(app.market(), &actor, ListingKind::Demand, &pair.demand, None, &message, None).await.unwrap());
    }
    let engineer = pair.engineer.actor().await;
    let results = at_once(6, |place| {
        let (market, engineer, id) = (app.market().clone(), engineer.clone(), open[place]);
        async move { interests::answer_interest(&market, &engineer, id, InterestMove::Accept, &Fields::default(), 1, None).await }
    })
    .await;
    let (deals, refused) = done(results);
    assert_eq!((deals.len(), refused), (6, 0), "several deals may be under way about one listing");
    let numbers: BTreeSet<String> = deals.into_iter().flatten().collect();
    assert_eq!(numbers.len(), 6);
    let lose: Fields = [("code", "other"), ("reason", "不合适")].into_iter().collect();
    let results = at_once(6, |place| {
        let (market, engineer, lose) = (app.market().clone(), engineer.clone(), lose.clone());
        let number = numbers.iter().nth(place).unwrap().clone();
        async move { deals::move_deal(&market, &engineer, &number, DealMove::Lose, &lose, 1, None).await }
    })
    .await;
    assert_eq!(done(results).1, 0);
    let demand = listings::listing(app.market(), &engineer, ListingKind::Demand, &pair.demand).await.unwrap();
    assert_eq!(demand.summary.state, keqiao_model::ListingState::Published, "the last lost deal gives it back");
}

/// One act of a busy market; everything but a refusal succeeds.
async fn act(market: &Market, actor: &Actor, officer: &Actor, place: usize) -> keqiao_market::Result<()> {
    let kind = ListingKind::Demand;
    match place % 4 {
        0 => {
            let number = listings::create_listing(market, actor, kind, &DemandForm::complete().fields(), true, None).await?;
            listings::move_listing(market, officer, kind, &number, ListingMove::Publish, &[], 2, None).await
        }
        1 => {
            let form = OrganisationForm::enterprise(&format!("第{place}公司"))
                .credit_code(&keqiao_tests::credit_code(500_000 + u32::try_from(place).unwrap()));
            organisations::create(market, actor, &form.fields(), None).await.map(|_| ())
        }
        2 => {
            let number = listings::create_listing(market, actor, kind, &DemandForm::complete().fields(), false, None).await?;
            listings::save_listing(market, actor, kind, &number, &DemandForm::complete().title("改过").fields(), true, 1, None).await
        }
        _ => {
            let fields =
                ContractForm::complete().buyer("外地公司", &keqiao_tests::credit_code(600_000)).set("kind", "development").fields();
            contracts::create_contract(market, actor, None, &fields, None).await.map(|_| ())
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mixed_writers_never_lock_each_other_out() {
    const ACTS: usize = 160;
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let (actor, officer) = (engineer.actor().await, app.officer().await.actor().await);
    let reading = {
        let (market, actor) = (app.market().clone(), actor.clone());
        tokio::spawn(async move {
            for _ in 0..40 {
                contracts::contracts(&market, &actor, &Filter::default(), 1).await.unwrap();
                listings::own_listings(&market, &actor, None, 1).await.unwrap();
                keqiao_market::matching::catch_up(&market).await.unwrap();
            }
        })
    };
    let results = at_once(ACTS, |place| {
        let (market, actor, officer) = (app.market().clone(), actor.clone(), officer.clone());
        async move { act(&market, &actor, &officer, place).await }
    })
    .await;
    let (good, refused) = done(results);
    assert_eq!((good.len(), refused), (ACTS, 0));
    reading.await.unwrap();
    app.index().await;
    let published = listings::count_public(app.market(), ListingKind::Demand).await.unwrap();
    assert_eq!(published, ACTS as u64 / 4);
    assert_eq!(app.market().search_index().len() as u64, published, "the index has them all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ins_and_pages_at_the_same_time() {
    // A try counts until it turns out to be rightful, so that many at once need room.
    let app = TestApp::with(|settings| settings.limits.sign_in_tries = 100).await;
    let pair = app.pair().await;
    let windows: Vec<Client> = (0..24).map(|_| app.visitor()).collect();
    join_all(windows.iter().enumerate().map(|(place, window)| {
        let email = if place % 2 == 0 { pair.engineer.email() } else { pair.researcher.email() };
        async move {
            window.sign_in(&email, keqiao_tests::PASSWORD).await;
            window.open("/work").await;
            window.open("/demands?q=轴承").await;
            window.post("/signout", ()).await;
        }
    }))
    .await;
}

#[tokio::test]
async fn whatever_is_registered_and_cancelled_the_ledger_is_right() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    let (seller, officer) = (signed.pair.researcher.actor().await, signed.pair.officer.actor().await);
    let market = app.market();
    let mut expected: i64 = 0;
    let mut registered: Vec<(String, i64)> = Vec::new();
    // Knuth's generator: the same "random" history every time.
    let mut seed: u64 = 20_260_801;
    for step in 0..40_u32 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let dice = usize::try_from(seed >> 40).unwrap();
        if dice % 3 == 0 && !registered.is_empty() {
            let (number, amount) = registered.swap_remove(dice % registered.len());
            let version = contracts::contract(market, &officer, &number).await.unwrap().version;
            contracts::move_contract(market, &officer, &number, ContractMove::Cancel, "not_technical", "不属于技术合同", version, None)
                .await
                .unwrap();
            expected -= amount;
        } else {
            let amount = i64::try_from(dice % 1_000_000 + 1).unwrap();
            let fields = ContractForm::complete()
                .buyer(&format!("买方{}", step % 5), &keqiao_tests::credit_code(700_000 + step % 5))
                .set("kind", "development")
                .value(&amount.to_string())
                .technical_value(&(amount / 2).to_string())
                .fields();
            let number = contracts::create_contract(market, &seller, None, &fields, None).await.unwrap();
            let one = contracts::contract(market, &seller, &number).await.unwrap();
            let file =
                keqiao_market::attachments::NewFile { name: "合同.pdf", bytes: keqiao_tests::pdf("x"), confidential: false, reason: "" };
            keqiao_market::attachments::attach(market, &seller, keqiao_market::Subject::Contract, one.summary.id, file, None)
                .await
                .unwrap();
            contracts::move_contract(market, &seller, &number, ContractMove::Submit, "", "", 1, None).await.unwrap();
            keqiao_tests::registered(market, &officer, &number).await;
            registered.push((number, amount * 100));
            expected += amount * 100;
        }
        if step % 10 == 9 {
            assert_eq!(ledger::verify(market).await.unwrap(), []);
        }
        app.wait(time::Duration::days(5));
    }
    assert!(registered.len() > 5 && expected > 0);
    assert_eq!(ledger::total(market, Figure::ContractValue, &ledger::LedgerFilter::default()).await.unwrap(), expected);
    let by_year: i64 = ledger::totals(market, Figure::ContractValue, ledger::By::YearRegion).await.unwrap().iter().map(|t| t.amount).sum();
    assert_eq!(by_year, expected, "every split adds up to the whole");
    assert_eq!(ledger::verify(market).await.unwrap(), []);
}
