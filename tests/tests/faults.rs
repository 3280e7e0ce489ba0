//! Damage, crashes and odd orders: the index always comes to say what the database says, and the market serves meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use keqiao_market::{
    Actor, Error, Market,
    entity::{consumer, house, listing, matched, outbox},
    imports::{self, ImportReport, ImportRequest},
    listings,
    matching::{self, IndexStatus},
    organisations,
};
use keqiao_model::{ListingKind, ListingMove};
use keqiao_search::SearchRequest;
use keqiao_server::{config::Config, program};
use keqiao_tests::{DemandForm, Pair, TestApp};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _, QueryOrder as _};

use crate::config::toml_of;

const SIDES: [ListingKind; 2] = [ListingKind::Demand, ListingKind::Achievement];
const SUBJECTS: [&str; 6] =
    ["高速主轴陶瓷轴承寿命", "动力电池湿法回收", "印染废水深度处理", "石墨烯导热膜", "茶叶智能分拣", "海上风电叶片除冰"];

/// SplitMix64: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Rows of one side, published, by the command line's way. Rows brought in again under the same number say something else.
async fn bring_in(market: &Market, kind: ListingKind, rows: std::ops::Range<usize>, round: usize) {
    let lines: String = rows
        .map(|n| {
            let subject = SUBJECTS[n % SUBJECTS.len()];
            let row = serde_json::json!({
                "external_id": format!("{}-{n}", if kind == ListingKind::Demand { "D" } else { "A" }),
                "title": format!("{subject}第{n}项第{round}版"),
                "summary": format!("{subject}：第{n}项，第{round}版，提高寿命与回收率。"),
                "keywords": [subject, "寿命"],
            });
            format!("{row}\n")
        })
        .collect();
    let report = import(market, kind, lines.into_bytes()).await.unwrap();
    assert_eq!(report.refused, 0, "{report:?}");
}

async fn import(market: &Market, kind: ListingKind, bytes: Vec<u8>) -> keqiao_market::Result<ImportReport> {
    let organisation = Some(organisations::collecting(market).await?);
    let request = ImportRequest { kind, file_name: "a.jsonl".to_owned(), bytes, organisation, all_or_nothing: false, publish: true };
    imports::import(market, &Actor::System, request, |_, _| {}).await
}

/// Ids and titles of what is on the market, by the database.
async fn living(market: &Market) -> BTreeMap<uuid::Uuid, String> {
    let rows = listing::Entity::find().all(market.database()).await.unwrap();
    rows.into_iter().filter(|row| row.state == "published" || row.state == "in_deal").map(|row| (row.id, row.title)).collect()
}

/// Ids and titles of what is on the market, by the index.
fn indexed(market: &Market) -> BTreeMap<uuid::Uuid, String> {
    let mut all = BTreeMap::new();
    for kind in SIDES {
        let request = SearchRequest { limit: 100_000, mark: false, ..SearchRequest::new(kind, "") };
        let hits = market.search_index().search(&request).unwrap().hits;
        all.extend(hits.into_iter().map(|hit| (hit.id, hit.title.into_iter().map(|piece| piece.text).collect())));
    }
    all
}

/// What the index answers to some questions, in order, to the last digit.
fn answers(market: &Market) -> Vec<String> {
    let mut lines = Vec::new();
    for kind in SIDES {
        for query in ["", "轴承", "电池 回收", "\"导热膜\"", "寿命"] {
            lines.push(format!("{:?}", market.search_index().search(&SearchRequest { limit: 1_000, ..SearchRequest::new(kind, query) })));
        }
    }
    lines
}

/// Stored matches in order, apart from when they were computed.
async fn matches(market: &Market) -> Vec<String> {
    let rows = matched::Entity::find()
        .order_by_asc(matched::Column::ListingId)
        .order_by_asc(matched::Column::Place)
        .order_by_asc(matched::Column::OtherId)
        .all(market.database())
        .await
        .unwrap();
    rows.iter().map(|m| format!("{} {} {} {:?}", m.listing_id, m.place, m.other_id, m.score)).collect()
}

/// Index and database say the same, nothing is left to do, and matches are of living listings.
async fn assert_agreed(market: &Market, what: &str) {
    let living = living(market).await;
    assert_eq!(indexed(market), living, "{what}");
    assert_eq!(matching::index_lag(market).await.unwrap(), 0, "{what}");
    assert_eq!(matching::index_status(market), IndexStatus::Ready, "{what}");
    let stored = matched::Entity::find().all(market.database()).await.unwrap();
    let dead = stored.iter().find(|m| !living.contains_key(&m.listing_id) || !living.contains_key(&m.other_id));
    assert!(dead.is_none(), "{what}: {dead:?}");
    let listed: BTreeSet<_> = stored.iter().map(|m| m.listing_id).collect();
    assert_eq!(listed.len(), living.len(), "{what}: every listing has its matches");
}

/// The folder of the index that counts.
fn index_folder(app_data: &Path) -> PathBuf {
    let folder = app_data.join("index");
    folder.join(std::fs::read_to_string(folder.join("current")).unwrap())
}

async fn stocked() -> (TestApp, Pair) {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    for kind in SIDES {
        bring_in(app.market(), kind, 0..9, 0).await;
    }
    app.index().await;
    assert_agreed(app.market(), "stocked").await;
    (app, pair)
}

#[tokio::test]
async fn while_a_damaged_index_is_rebuilt_the_market_serves_and_says_so() {
    let (app, pair) = stocked().await;
    let (before, stored) = (answers(app.market()), matches(app.market()).await);
    let (demand, engineer) = (pair.demand.clone(), pair.engineer.email());
    drop(pair);
    let closed = app.close();
    std::fs::write(index_folder(&closed.settings().data).join("meta.json"), "{").unwrap();
    let app = closed.open().await;
    let visitor = app.visitor();
    let notice = "检索索引正在重建，这段时间的结果较为简单。";
    let english = "The search index is being rebuilt: results are simpler for a while.";
    for (path, titles) in [
        ("/demands?q=石墨烯", 1),
        ("/demands?q=轴承 寿命", 3),
        ("/demands?q=轴承 -第6项", 2),
        ("/demands?q=xq-2026-000002", 1),
        ("/demands?q=100%25_", 0),
        ("/demands?q=%22石墨烯%22&field=advanced_manufacturing", 0),
        ("/demands", 10),
        ("/achievements?sort=deadline", 10),
    ] {
        let page = visitor.open(path).await;
        assert_eq!(page.all(".result-title").len(), titles, "{path}");
        assert!(page.says(notice), "{path}: {page}");
    }
    assert!(visitor.open("/en/demands?q=石墨烯").await.says(english));
    visitor.open("/").await;
    let ready = visitor.open("/readyz").await;
    assert!(ready.text.contains("\"index\":\"rebuilding\"") && ready.text.contains("\"progress\""), "{}", ready.text);
    let owner = app.visitor();
    owner.sign_in(&engineer, keqiao_tests::PASSWORD).await;
    let page = owner.open(&format!("/demands/{demand}/matches")).await;
    assert!(page.says(notice) && !page.all(".match").is_empty(), "{page}");

    app.index().await;
    assert_agreed(app.market(), "rebuilt").await;
    assert_eq!((answers(app.market()), matches(app.market()).await), (before, stored));
    assert!(!visitor.open("/demands?q=石墨烯").await.says(notice));
    assert!(!owner.open(&format!("/demands/{demand}/matches")).await.says(notice));
    assert!(visitor.open("/readyz").await.text.contains("\"behind\":0"));
}

#[tokio::test]
async fn damage_under_the_running_market_is_repaired_by_the_next_steps() {
    let (app, pair) = stocked().await;
    let before = answers(app.market());
    // The stored texts are overwritten in place, as a failing disk would.
    for entry in std::fs::read_dir(index_folder(&app.settings().data)).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "store") {
            use std::os::unix::fs::FileExt as _;
            let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
            std::fs::OpenOptions::new().write(true).open(&file).unwrap().write_all_at(&vec![0xff; length], 0).unwrap();
        }
    }
    let page = app.visitor().open("/demands?q=石墨烯").await;
    assert_eq!(page.all(".result-title").len(), 1, "answered all the same: {page}");
    app.index().await;
    assert_agreed(app.market(), "overwritten").await;
    assert_eq!(answers(app.market()), before);

    // The whole index is deleted, and something is published.
    std::fs::remove_dir_all(index_folder(&app.settings().data)).unwrap();
    let more = DemandForm::complete().title("索引被删之后发布");
    let number = app.published(&pair.engineer, &pair.officer, ListingKind::Demand, more.fields()).await;
    let mut steps = 0;
    while !matches!(matching::index_step(app.market()).await, Ok(0)) {
        steps += 1;
        assert!(steps < 10, "it ends");
    }
    app.index().await;
    assert_agreed(app.market(), "deleted").await;
    assert!(app.visitor().open("/demands?q=索引被删").await.text.contains(&number));
}

#[tokio::test]
async fn events_twice_backwards_and_in_any_order_change_nothing() {
    let (app, pair) = stocked().await;
    let market = app.market();
    // Some leave and some change, so that there are several events of one listing.
    bring_in(market, ListingKind::Demand, 2..5, 1).await;
    let version = app.listing_version(&pair.engineer, ListingKind::Demand, &pair.demand).await;
    let engineer = pair.engineer.actor().await;
    listings::move_listing(market, &engineer, ListingKind::Demand, &pair.demand, ListingMove::Revise, &[], version, None).await.unwrap();
    app.index().await;
    matching::reindex(market, true, |_, _| {}).await.unwrap();
    assert_agreed(market, "at first").await;
    let expected = (answers(market), matches(market).await);

    let db = market.database();
    let house = house::Entity::find().one(db).await.unwrap().unwrap().id;
    let events = outbox::Entity::find().order_by_asc(outbox::Column::Seq).all(db).await.unwrap();
    assert!(events.len() > 20, "{}", events.len());
    let mut numbers = Numbers(7);
    for round in 0..12 {
        let mut order: Vec<usize> = (0..events.len()).collect();
        match round {
            0 => {}
            1 => order.reverse(),
            _ => numbers.shuffle(&mut order),
        }
        if round > 6 {
            // Some events are there twice, others were never written: their listings have others.
            for _ in 0..3 {
                let (from, to) = (numbers.below(order.len()), numbers.below(order.len()));
                let lost = &events[order[to]];
                let others = order.iter().filter(|at| events[**at].subject_id == lost.subject_id && events[**at].kind == lost.kind);
                if others.count() > 1 {
                    order[to] = order[from];
                }
            }
        }
        for (at, event) in order.iter().zip(&events) {
            let other = &events[*at];
            let mut row = event.clone().into_active_model();
            (row.kind, row.subject_id, row.payload) = (Set(other.kind.clone()), Set(other.subject_id), Set(other.payload.clone()));
            row.update(db).await.unwrap();
        }
        // Half of the time onto an empty index, otherwise onto what is there, from anywhere.
        let from = if round % 2 == 0 {
            market.search_index().clear().await.unwrap();
            0
        } else {
            numbers.below(events.len())
        };
        market.search_index().apply(Vec::new(), format!("{house}:{from}")).await.unwrap();
        let mut place = consumer::Entity::find_by_id("matches".to_owned()).one(db).await.unwrap().unwrap().into_active_model();
        place.seq = Set(i64::try_from(from).unwrap());
        place.update(db).await.unwrap();
        app.index().await;
        assert_agreed(market, &format!("round {round}")).await;
        assert_eq!(answers(market), expected.0, "round {round}");
        assert_eq!(matches(market).await, expected.1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rebuilding_while_others_write_loses_nothing() {
    let (app, pair) = stocked().await;
    let writing = {
        let (market, engineer, officer) = (app.market().clone(), pair.engineer.actor().await, pair.officer.actor().await);
        tokio::spawn(async move {
            let kind = ListingKind::Demand;
            for n in 0..24 {
                let form = DemandForm::complete().title(&format!("重建期间第{n}条")).fields();
                let number = listings::create_listing(&market, &engineer, kind, &form, true, None).await.unwrap();
                listings::move_listing(&market, &officer, kind, &number, ListingMove::Publish, &[], 2, None).await.unwrap();
                if n % 3 == 0 {
                    listings::move_listing(&market, &engineer, kind, &number, ListingMove::Revise, &[], 3, None).await.unwrap();
                }
            }
        })
    };
    let following = {
        let market = app.market().clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                matching::index_step(&market).await.unwrap();
                matching::match_step(&market).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    let mut rebuilt = 0;
    while !writing.is_finished() || rebuilt < 3 {
        matching::reindex(app.market(), rebuilt % 2 == 1, |_, _| {}).await.unwrap();
        rebuilt += 1;
    }
    writing.await.unwrap();
    following.await.unwrap();
    app.index().await;
    assert_agreed(app.market(), &format!("after {rebuilt} rebuilds")).await;
    assert_eq!(living(app.market()).await.len(), 20 + 16);
}

#[tokio::test]
async fn two_rebuilds_give_the_same_answers() {
    let (app, _pair) = stocked().await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        matching::reindex(app.market(), true, |_, _| {}).await.unwrap();
        seen.push((answers(app.market()), matches(app.market()).await));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[1], seen[2]);
    assert!(seen[0].1.len() > 50, "{}", seen[0].1.len());
}

#[tokio::test]
async fn lone_surrogates_are_answered() {
    let app = TestApp::new().await;
    let rows = concat!(
        "{\"title\": \"甲\\ud800\", \"summary\": \"坏的\"}\n",
        "{\"title\": \"乙\", \"summary\": \"\\udc00坏的\\ud83d\"}\n",
        "{\"\\udfff\": \"丙\"}\n",
        "{\"title\": \"丁\", \"keywords\": [\"\\ud800\\ud800\"], \"indicators\": [{\"name\": \"\\udead\", \"operator\": \"≥\", \"value\": 1}]}\n",
        "{\"title\": \"好的一行\", \"summary\": \"笑\\ud83d\\ude00\"}\n",
    );
    for kind in SIDES {
        let report = import(app.market(), kind, rows.as_bytes().to_vec()).await.unwrap();
        assert_eq!((report.read, report.created, report.refused), (5, 1, 4), "{report:?}");
        let lines: Vec<u64> = report.problems.iter().filter(|p| !p.warning).map(|p| p.line).collect();
        assert_eq!(lines, [1, 2, 3, 4]);
    }
    let only = import(app.market(), ListingKind::Demand, b"{\"title\": \"\\ud800\"}\n".to_vec()).await;
    assert!(matches!(only, Err(Error::Invalid(_))), "{only:?}");
    // As bytes: no UTF-8, so it is read as something else or refused, but answered.
    let _ = import(app.market(), ListingKind::Demand, b"{\"title\": \"\xed\xa0\x80\"}\n".to_vec()).await;
    // In an address and in a form.
    let visitor = app.visitor();
    assert_eq!(visitor.get("/demands?q=%ED%A0%80%5Cud800&field=%ED%B0%80").await.status, 200);
    let body = b"email=%ED%A0%80&password=\\ud800".to_vec();
    let answer = visitor.request(axum::http::Method::POST, "/signin", Some("application/x-www-form-urlencoded"), body).await;
    assert!(answer.status < 500, "{answer}");
    let body = b"{\"title\": \"\\ud800\"}".to_vec();
    let answer = visitor.request(axum::http::Method::POST, "/signin", Some("application/json"), body).await;
    assert!(answer.status < 500, "{answer}");
}

/// Publishes, changes, indexes and rebuilds until somebody ends it. Runs inside [`killed_at_any_point_index_and_database_agree`], in a
/// process of its own.
#[tokio::test]
#[ignore = "run by another test, which kills it"]
async fn work_until_killed() {
    let config = Config::read(Some(Path::new(&std::env::var("MARKET_OF_THE_TEST").unwrap())), &BTreeMap::new()).unwrap();
    let market = Box::pin(program::open(&config)).await.unwrap();
    println!("open");
    for round in 1.. {
        for kind in SIDES {
            let start = round * 3 % 40;
            bring_in(&market, kind, start..start + 5, round).await;
            matching::catch_up(&market).await.unwrap();
        }
        if round % 4 == 0 {
            matching::reindex(&market, round % 8 == 0, |_, _| {}).await.unwrap();
        }
    }
}

#[tokio::test]
async fn killed_at_any_point_index_and_database_agree() {
    let (app, pair) = stocked().await;
    let (engineer, officer) = (pair.engineer.actor().await, pair.officer.actor().await);
    let before = living(app.market()).await.len();
    drop(pair);
    let mut closed = app.close();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("keqiao.toml");
    std::fs::write(&config, toml_of(closed.settings())).unwrap();
    let mut numbers = Numbers(11);
    for round in 0..15 {
        if round % 5 == 4 {
            // It has to be rebuilt while it is killed.
            std::fs::remove_file(index_folder(&closed.settings().data).join("meta.json")).unwrap();
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["faults::work_until_killed", "--exact", "--ignored", "--nocapture"])
            .env("MARKET_OF_THE_TEST", &config)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("open")), "it comes so far");
        tokio::time::sleep(Duration::from_micros(numbers.below(900_000) as u64)).await;
        assert!(child.try_wait().unwrap().is_none(), "it runs until it is killed");
        child.kill().unwrap();
        child.wait().unwrap();

        let app = closed.open().await;
        app.index().await;
        assert_agreed(app.market(), &format!("round {round}")).await;
        // One is published and one leaves; the index hears of it in the next process.
        let form = DemandForm::complete().title(&format!("第{round}回")).fields();
        let (market, kind) = (app.market(), ListingKind::Demand);
        let number = listings::create_listing(market, &engineer, kind, &form, true, None).await.unwrap();
        listings::move_listing(market, &officer, kind, &number, ListingMove::Publish, &[], 2, None).await.unwrap();
        if round % 2 == 0 {
            listings::move_listing(market, &engineer, kind, &number, ListingMove::Revise, &[], 3, None).await.unwrap();
        }
        closed = app.close();
    }
    let app = closed.open().await;
    app.index().await;
    assert_agreed(app.market(), "in the end").await;
    // Every other round published one itself.
    assert!(living(app.market()).await.len() > before + 7, "they did get somewhere");
}
