//! What may go wrong in the register of contracts: many at once, odd amounts, random histories, and a program that ends at any moment.
//!
//! The test that kills runs some hundred moves. To run ten thousand:
//!
//! ```text
//! REGISTER_MOVES=10000 REGISTER_KILLS=100 cargo test -p keqiao-tests --test main -- killed_at_any_point_the_register
//! ```

mod history;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration as Real,
};

use keqiao_market::{
    Error,
    contracts::{self, Filter},
    db::{from_micros, micros},
    entity::{contract, import_batch, ledger_entry},
    ledger::{self, LedgerFilter},
};
use keqiao_model::{ContractMove, ContractState, Figure};
use keqiao_server::{config::Config, program};
use keqiao_tests::TestApp;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

use self::history::{History, Move, Numbers, actors, assert_sound, form, people, refused_at};
use crate::config::toml_of;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_parallel_registrations_of_one_contract_one_is_registered_the_others_are_told_and_one_posting_stands() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    signed.accepted().await;
    let officer = signed.pair.officer.actor().await;
    let version = contracts::contract(app.market(), &officer, &signed.contract).await.unwrap().version;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (market, officer, number) = (app.market().clone(), officer.clone(), signed.contract.clone());
        tasks.spawn(
            async move { contracts::move_contract(&market, &officer, &number, ContractMove::Register, "", "", version, None).await },
        );
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
    assert!(results.iter().all(|r| matches!(r, Ok(()) | Err(Error::Stale | Error::Forbidden))), "{results:?}");
    let posted = ledger_entry::Entity::find().filter(ledger_entry::Column::Figure.eq(Figure::ContractValue.code()));
    let posted = posted.all(app.market().database()).await.unwrap();
    assert_eq!(posted.iter().map(|e| e.amount).collect::<Vec<_>>(), [120_000_000], "one posting");
    assert_sound(app.market(), "fifty at once").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_officers_decide_at_once() {
    use ContractMove::{Accept, Cancel, Complete, Refuse, Register, Return, Submit};
    let app = TestApp::new().await;
    let (sellers, officers) = people(&app, 1, 2).await;
    let (seller, officers) = (actors(app.market(), &sellers).await.remove(0), actors(app.market(), &officers).await);
    let market = app.market();
    let version = async |number: &str| contracts::contract(market, &seller, number).await.unwrap().version;
    let reasons = |by: ContractMove| match by {
        Refuse | Cancel => ("not_technical", "不属于技术合同。"),
        Return => ("", "请补充。"),
        _ => ("", ""),
    };
    let before = [&[Submit][..], &[Submit, Accept], &[Submit, Accept, Register]];
    let rounds = [
        (0, Accept, Accept),
        (0, Accept, Return),
        (1, Register, Register),
        (1, Register, Refuse),
        (1, Register, Return),
        (1, Refuse, Return),
        (2, Cancel, Cancel),
        (2, Cancel, Complete),
    ];
    for (round, (start, one, other)) in rounds.into_iter().enumerate() {
        let fields = form(&format!("{}", 1_000 + round), "0")
            .0
            .into_iter()
            .map(|(n, v)| if n == "title" { (n, format!("第{round}份")) } else { (n, v) });
        let number = contracts::create_contract(market, &seller, None, &fields.collect(), None).await.unwrap();
        let id = contracts::contract(market, &seller, &number).await.unwrap().summary.id;
        let file = keqiao_market::attachments::NewFile { name: "a.pdf", bytes: keqiao_tests::pdf("a"), confidential: false, reason: "" };
        keqiao_market::attachments::attach(market, &seller, keqiao_market::Subject::Contract, id, file, None).await.unwrap();
        for by in before[start] {
            let actor = if *by == Submit { &seller } else { &officers[0] };
            let now = version(&number).await;
            contracts::move_contract(market, actor, &number, *by, "", "", now, None).await.unwrap();
            if *by == Accept {
                keqiao_tests::answered(market, &officers[0], &number).await;
            }
        }
        let now = version(&number).await;
        let mut tasks = JoinSet::new();
        for (place, by) in [one, other].into_iter().enumerate() {
            let actor = if by == Complete { seller.clone() } else { officers[place].clone() };
            let (market, number, (code, reason)) = (market.clone(), number.clone(), reasons(by));
            tasks.spawn(async move { contracts::move_contract(&market, &actor, &number, by, code, reason, now, None).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "round {round}: {results:?}");
        assert!(results.iter().all(|r| matches!(r, Ok(()) | Err(Error::Stale))), "round {round}: {results:?}");
        assert_sound(market, &format!("round {round}")).await;
    }
}

#[tokio::test]
async fn amounts_at_the_limits_and_fractions_of_a_fen_in_the_form() {
    let app = TestApp::new().await;
    let (sellers, officers) = people(&app, 1, 1).await;
    let (seller, officer) = (actors(app.market(), &sellers).await.remove(0), actors(app.market(), &officers).await.remove(0));
    let market = app.market();
    for (typed, code) in [
        ("1000000000000.01", "money_too_large"),
        ("92233720368547758.07", "money_too_large"),
        ("92233720368547758.08", "money_too_large"),
        ("9223372036854775808", "money_too_large"),
        ("99999999999999999999999999", "money_too_large"),
        ("0.001", "money_fraction"),
        ("1.005", "money_fraction"),
        ("0.0000001万", "money_fraction"),
        ("-0.01", "money_negative"),
        ("0", "positive"),
    ] {
        let result = contracts::create_contract(market, &seller, None, &form(typed, "0"), None).await;
        assert_eq!(refused_at(result, "value"), code, "{typed}");
    }
    let result = contracts::create_contract(market, &seller, None, &form("1", "0.001"), None).await;
    assert_eq!(refused_at(result, "technical_value"), "money_fraction");
    assert_eq!(app.rows().await.count("contract"), 0);

    // The largest amount there is, three times: sums, chain and files stay exact.
    let head = "登记编号,项目名称,合同类别,合同子类,卖方名称,卖方统一社会信用代码,买方名称,买方统一社会信用代码,签订日期,有效期止,技术领域,付款方式,成交额,技术交易额,登记日期";
    let (one, two) = (keqiao_tests::credit_code(501), keqiao_tests::credit_code(502));
    let row = |n: usize, amount: &str| {
        format!(
            "N{n},旧合同{n},技术开发,委托开发,甲,{one},乙,{two},2024-01-0{n},2025-01-01,先进制造,一次总付,{amount},{amount},2024-02-01\n"
        )
    };
    let rows: String = [(1, "10000亿元"), (2, "1000000000000"), (3, "999999999999.99"), (4, "92233720368547758.07"), (5, "0.005")]
        .map(|(n, amount)| row(n, amount))
        .concat();
    let id = contracts::preview_import(market, &officer, "大.csv", format!("{head}\n{rows}").into_bytes()).await.unwrap();
    let view = contracts::import_batch(market, &officer, id).await.unwrap();
    let codes: BTreeSet<(u64, &str)> = view.problems.iter().map(|p| (p.line, p.error.code.as_str())).collect();
    assert_eq!(codes, BTreeSet::from([(5, "money_too_large"), (6, "money_fraction")]));
    assert!(contracts::commit_import(market, &officer, id, view.version, Real::from_secs(300)).await.unwrap());
    let total = ledger::total(market, Figure::ContractValue, &LedgerFilter::default()).await.unwrap();
    assert_eq!(total, 299_999_999_999_999);
    assert_sound(market, "the largest amounts").await;
    let file = app.visitor().get("/contracts?format=csv").await;
    assert!(file.text.contains("\"999999999999.99\"") && file.text.contains("\"1000000000000.00\""), "{}", file.text);
}

#[tokio::test]
async fn a_year_with_no_contracts() {
    let app = TestApp::new().await;
    app.pair().await.signed().await.register().await;
    let visitor = app.visitor();
    let page = visitor.open("/contracts?year=1999").await;
    assert!(page.says("没有符合条件的合同") && !page.text.contains("format=csv"), "{page}");
    let file = visitor.get("/contracts?year=1999&format=csv").await;
    assert_eq!((file.status, file.text.trim_end().lines().count()), (200, 1), "only the heads: {}", file.text);
    assert!(visitor.get("/contracts?year=1999&format=xlsx").await.bytes.starts_with(b"PK"));
    let nothing = LedgerFilter { year: Some(1999), ..LedgerFilter::default() };
    assert_eq!(ledger::total(app.market(), Figure::ContractValue, &nothing).await.unwrap(), 0);
    let none = Filter { year: Some(1999), ..Filter::default() };
    assert_eq!(contracts::export(app.market(), &keqiao_market::Actor::Visitor, &none).await.unwrap(), []);
}

#[tokio::test]
async fn the_ledger_is_what_recomputing_gives_after_every_move_of_random_histories() {
    let app = TestApp::new().await;
    let (sellers, officers) = people(&app, 3, 3).await;
    let (sellers, officers) = (actors(app.market(), &sellers).await, actors(app.market(), &officers).await);
    let mut seen = BTreeMap::new();
    for seed in 1..=4 {
        let mut history = History::new(app.market(), sellers.clone(), officers.clone(), seed);
        for place in 0..60 {
            if let Some(made) = history.step().await {
                *seen.entry(made.what).or_insert(0) += 1;
                assert_sound(app.market(), &format!("seed {seed}, move {place}: {made:?}")).await;
            }
        }
    }
    assert!(seen.len() >= 10, "of every kind there were some: {seen:?}");
    assert!([Move::Amend, Move::Receive].iter().all(|what| seen.contains_key(what)), "{seen:?}");
}

/// Moves until somebody ends it. Runs inside [`killed_at_any_point_the_register_and_the_ledger_agree`], in a process of its own.
#[tokio::test]
#[ignore = "run by another test, which kills it"]
async fn move_contracts_until_killed() {
    let said = |name: &str| std::env::var(name).unwrap();
    let config = Config::read(Some(Path::new(&said("MARKET_OF_THE_TEST"))), &BTreeMap::new()).unwrap();
    let now: i64 = said("TIME_OF_THE_TEST").parse().unwrap();
    let market = Box::pin(program::open_with(&config, Arc::new(move || from_micros(now)))).await.unwrap();
    let (sellers, officers): (Vec<Uuid>, Vec<Uuid>) = serde_json::from_str(&said("PEOPLE_OF_THE_TEST")).unwrap();
    let (sellers, officers) = (actors(&market, &sellers).await, actors(&market, &officers).await);
    let mut history = History::new(&market, sellers, officers, said("SEED_OF_THE_TEST").parse().unwrap());
    loop {
        if let Some(made) = history.step().await {
            println!("moved {}", serde_json::to_string(&made.registered).unwrap());
        }
    }
}

/// A number that whoever runs the tests may set.
fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// Imports that a killed program left are finished by the next one.
async fn finish_imports(app: &TestApp) {
    app.wait(Duration::minutes(2));
    contracts::resume_imports(app.market()).await.unwrap();
    loop {
        let running = import_batch::Entity::find().filter(import_batch::Column::State.eq("running"));
        if running.count(app.market().database()).await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(Real::from_millis(5)).await;
    }
}

#[tokio::test]
async fn killed_at_any_point_the_register_and_the_ledger_agree() {
    let (moves, kills) = (setting("REGISTER_MOVES", 400), setting("REGISTER_KILLS", 15));
    let app = TestApp::new().await;
    let people = people(&app, 6, 3).await;
    let mut now = micros(app.market().now());
    let mut closed = app.close();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("keqiao.toml");
    std::fs::write(&config, toml_of(closed.settings())).unwrap();
    let mut numbers = Numbers(5);
    let (mut made, mut killed) = (0, 0);
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    while made < moves || killed < kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["register_faults::move_contracts_until_killed", "--exact", "--ignored", "--nocapture"])
            .env("MARKET_OF_THE_TEST", &config)
            .env("TIME_OF_THE_TEST", now.to_string())
            .env("PEOPLE_OF_THE_TEST", serde_json::to_string(&people).unwrap())
            .env("SEED_OF_THE_TEST", (1_000 + killed).to_string())
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut read = |line: std::io::Result<String>| {
            let line = line.unwrap_or_default();
            let Some((_, registered)) = line.split_once("moved ") else { return false };
            acknowledged.extend(serde_json::from_str::<Vec<String>>(registered).unwrap());
            true
        };
        let share = 1 + numbers.below(2 * moves / kills.max(1));
        let mut here = 0;
        while here < share {
            let line = lines.next().expect("it runs until it is killed");
            here += usize::from(read(line));
        }
        // Somewhere within the moves that follow.
        tokio::time::sleep(Real::from_micros(numbers.below(60_000) as u64)).await;
        assert!(child.try_wait().unwrap().is_none(), "it runs until it is killed");
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            here += usize::from(read(line));
        }
        (made, killed) = (made + here, killed + 1);

        let app = closed.open().await;
        let what = format!("kill {killed} after {made} moves");
        assert_sound(app.market(), &what).await;
        finish_imports(&app).await;
        assert_sound(app.market(), &format!("{what}, imports finished")).await;
        let rows = contract::Entity::find().all(app.market().database()).await.unwrap();
        let kept: BTreeSet<&str> = rows.iter().filter_map(|r| r.registration_number.as_deref()).collect();
        let lost: Vec<&String> = acknowledged.iter().filter(|n| !kept.contains(n.as_str())).collect();
        assert!(lost.is_empty(), "{what}: {lost:?} were given and are gone");
        now = micros(app.market().now());
        closed = app.close();
        if killed % 10 == 0 {
            println!("{what}: {} contracts, {} registered", rows.len(), kept.len());
        }
    }
    let app = closed.open().await;
    let cancelled = contract::Entity::find().filter(contract::Column::State.eq(ContractState::Cancelled.code()));
    assert!(cancelled.count(app.market().database()).await.unwrap() > 0, "some were cancelled");
    println!("{made} moves, {killed} kills: register and ledger agree");
}
