//! The directory, claims and the board.

use keqiao_app::{t, words::code_label};
use keqiao_market::{
    Error,
    accounts::Roles,
    brokers::{self, BrokerFilter},
    clocks, entity,
};
use keqiao_model::{ClaimStage, ClaimState, Coded as _, Field, Lang::Zh, ListingKind};
use keqiao_tests::{AchievementForm, Client, DemandForm, PASSWORD, TestApp};
use sea_orm::EntityTrait as _;
use time::Duration;
use tokio::task::JoinSet;

use super::{another_broker, claims, codes, fields};

#[tokio::test]
async fn a_broker_shows_itself_in_the_directory() {
    let app = TestApp::new().await;
    let broker = app.broker().await;
    let path = format!("/brokers/{}", broker.person());
    let typed = [
        ("grade", "senior"),
        ("certificate", "GZ-2025-0007"),
        ("issuer", "省技术市场协会"),
        ("hours_policy", "40"),
        ("summary", "轴承与润滑领域十年经验"),
    ];
    let page = broker.open(&path).await;
    let form = page.form("save").with(typed).tampered([("fields", "manufacturing"), ("regions", "990102")]);
    let saved = broker.send(form).await;
    assert_eq!(saved.status, 303, "{saved}");
    let visitor = app.visitor();
    let shown = visitor.open(&path).await;
    let labels = [
        code_label(Zh, "broker_grade", "senior"),
        code_label(Zh, Field::GROUP, "manufacturing"),
        "汀南区".to_owned(),
        "GZ-2025-0007".to_owned(),
        "省技术市场协会".to_owned(),
        t!(Zh, "brokers.n_hours", n = 40),
        "轴承与润滑领域十年经验".to_owned(),
    ];
    for label in &labels {
        assert!(shown.says(label), "{label}: {shown}");
    }
    assert!(!shown.text.contains(&broker.email()) && !shown.offers("save"), "addresses and forms are not for visitors");
    // Everybody else is no broker.
    let engineer = app.enterprise("沈工").await;
    assert_eq!(visitor.get(&format!("/brokers/{}", engineer.person())).await.status, 404);
    assert_eq!(engineer.post(&path, [("action", "save"), ("grade", "junior")]).await.status, 404);
    let plain = another_broker(&app, "另一位").await;
    assert_eq!(plain.post(&path, [("action", "save"), ("grade", "junior")]).await.status, 404);

    let listed = async |query: &str| {
        let page = visitor.open(&format!("/brokers{query}")).await;
        page.all(".results .result-title")
    };
    assert_eq!(listed("").await.len(), 2);
    for query in
        ["?field=manufacturing", "?region=990102", "?grade=senior", "?q=经理", "?field=manufacturing&region=990102&grade=senior&q=经"]
    {
        assert_eq!(listed(query).await, ["经理人"], "{query}");
    }
    assert_eq!(listed("?field=nonsense&region=1&grade=x&page=99").await.len(), 2, "an old link never fails");
    let none = visitor.open("/brokers?field=nuclear").await;
    assert!(none.says(t!(Zh, "brokers.nothing")) && none.links().contains(&"/brokers".to_owned()), "{none}");
    let paged = brokers::brokers(app.market(), &BrokerFilter::default(), 7).await.unwrap();
    assert_eq!((paged.total, paged.page), (2, 1));

    // What is wrong is said at its field, and what was typed stays.
    let page = broker.open(&path).await;
    let refused = broker.send(page.form("save").with([("certificate", ""), ("hours_policy", "many")])).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.error_at("certificate").as_deref(), Some(t!(Zh, "error.required")));
    assert_eq!(refused.error_at("hours_policy").as_deref(), Some(t!(Zh, "error.hours")));
    assert_eq!(refused.value_of("hours_policy").as_deref(), Some("many"));
    // Two windows: the second is told.
    let windows = [broker.open(&path).await, broker.open(&path).await];
    assert_eq!(broker.send(windows[0].form("save").with([("issuer", "甲")])).await.status, 303);
    let late = broker.send(windows[1].form("save").with([("issuer", "乙")])).await;
    assert_eq!((late.status, late.value_of("issuer").as_deref()), (422, Some("乙")));
    assert!(late.says(t!(Zh, "error.stale")), "{late}");
    // Without the role nobody is listed, at once.
    let roles = Roles::default();
    let admin = app.admin().await.actor().await;
    let version = keqiao_market::accounts::person(app.market(), &admin, broker.person()).await.unwrap().version;
    keqiao_market::accounts::set_roles(app.market(), &admin, broker.person(), roles, version).await.unwrap();
    assert_eq!(visitor.get(&path).await.status, 404);
    assert_eq!(listed("").await, ["另一位"]);
}

#[tokio::test]
async fn a_claimed_pair_is_nobody_elses() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let (broker, other) = (app.broker().await, another_broker(&app, "另一位").await);
    let page = broker.open("/pairs").await;
    let claimed = broker.press(&page, "claim").await;
    assert_eq!(claimed.status, 303, "{claimed}");
    let path = claimed.location();
    let page = broker.follow(claimed).await;
    assert!(page.says(&code_label(Zh, ClaimState::GROUP, "active")) && page.says("高速数控机床主轴轴承寿命不足"), "{page}");
    // The holder sees it marked, everybody else not at all.
    let own = broker.open("/pairs").await;
    assert!(own.says(t!(Zh, "brokers.yours")) && own.links().contains(&path), "{own}");
    assert!(other.open("/pairs").await.says(t!(Zh, "matches.no_pairs")));
    assert!(pair.officer.open("/pairs").await.says(t!(Zh, "matches.no_pairs")));
    let typed = [("action", "claim"), ("demand", pair.demand.as_str()), ("achievement", pair.achievement.as_str())];
    let refused = other.post("/pairs", typed).await;
    assert_eq!(refused.status, 422);
    assert!(refused.summary_errors().iter().any(|e| e.contains("经理人")), "whose it is: {refused}");
    // Nor may another broker recommend it meanwhile.
    let note = fields([("message", "两家合适")]);
    let actor = other.actor().await;
    let recommend =
        keqiao_market::interests::recommend_pair(app.market(), &actor, ListingKind::Demand, &pair.demand, &pair.achievement, &note, None);
    assert_eq!(codes(recommend.await), ["claim_taken"]);
    // Others do not know of the claim.
    for who in [&other, &pair.engineer, &pair.officer] {
        assert_eq!(who.get(&path).await.status, 404);
        assert_eq!(who.post(&path, [("action", "release"), ("version", "1")]).await.status, 404);
    }
    assert_eq!(pair.engineer.get("/board").await.status, 404);
    assert_eq!(pair.engineer.post("/pairs", typed).await.status, 404);
    // Claiming it again leads to the same claim; given up, it is free.
    assert_eq!(broker.post("/pairs", typed).await.location(), path);
    assert_eq!(broker.does(&broker.open(&path).await, "release").await.location(), "/board");
    let taken = other.post("/pairs", typed).await;
    assert_eq!(taken.status, 303, "{taken}");
    let past = broker.open("/board?tab=past").await;
    assert!(past.says(&code_label(Zh, ClaimState::GROUP, "released")) && past.links().contains(&path), "{past}");
    // Whoever belongs to a side does not claim it.
    let inside = app.agency("中介").await;
    let admin = app.admin().await.actor().await;
    let version = keqiao_market::accounts::person(app.market(), &admin, pair.engineer.person()).await.unwrap().version;
    let roles = Roles { broker: true, ..Roles::default() };
    keqiao_market::accounts::set_roles(app.market(), &admin, pair.engineer.person(), roles, version).await.unwrap();
    let own = brokers::claim_pair(app.market(), &pair.engineer.actor().await, &pair.demand, &pair.achievement, None).await;
    assert_eq!(codes(own), ["claim_own"]);
    assert!(matches!(
        brokers::claim_pair(app.market(), &inside.actor().await, &pair.demand, &pair.achievement, None).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        brokers::claim_pair(app.market(), &other.actor().await, "XQ-2026-000999", &pair.achievement, None).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_brokers_at_once_one_holds_the_pair() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let mut actors = Vec::new();
    for place in 0..20 {
        let id = app.person(&format!("broker{place}"), Roles { broker: true, ..Roles::default() }).await;
        actors.push(app.actor(id).await);
    }
    for round in 0..3 {
        let mut tasks = JoinSet::new();
        for actor in actors.clone() {
            let (market, demand, achievement) = (app.market().clone(), pair.demand.clone(), pair.achievement.clone());
            tasks.spawn(async move { (brokers::claim_pair(&market, &actor, &demand, &achievement, None).await, actor) });
        }
        let (mut won, mut lost) = (Vec::new(), 0);
        for (result, actor) in tasks.join_all().await {
            match result {
                Ok(id) => won.push((id, actor)),
                Err(Error::Invalid(errors)) => {
                    assert_eq!(errors[0].code, "claim_taken");
                    assert!(errors[0].args.iter().any(|(name, who)| name == "name" && who.starts_with("broker")), "{errors:?}");
                    lost += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((won.len(), lost), (1, 19), "round {round}");
        let (id, winner) = won.pop().unwrap();
        brokers::release_claim(app.market(), &winner, id, 1, None).await.unwrap();
    }
    let held = entity::claim::Entity::find().all(app.market().database()).await.unwrap();
    assert_eq!((held.len(), held.iter().filter(|c| c.held.is_some()).count()), (3, 0));
}

#[tokio::test]
async fn a_claim_ends_when_it_is_idle_or_over() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let actor = broker.actor().await;
    let claim = claims(&app, &broker, &pair).await;
    let letters = async |subject: &str| {
        let sent = app.letters().await;
        sent.iter().filter(|l| l.to == broker.email() && l.subject.contains(subject)).count()
    };
    let step = async || clocks::clock_step(app.market()).await.unwrap();
    let (soon, over) = ("认领即将到期", "认领已到期");
    app.wait(Duration::days(7));
    assert_eq!((step().await, letters(soon).await), (0, 0));
    // Two days before the tenth idle day the broker is told, once.
    app.wait(Duration::days(1) + Duration::hours(1));
    assert_eq!((step().await, step().await, letters(soon).await), (1, 0, 1));
    // A call keeps it; then it is told anew.
    let call = fields([("kind", "call"), ("text", "与沈工通话，约定下周走访。")]);
    brokers::add_activity(app.market(), &actor, claim, &call, None).await.unwrap();
    app.wait(Duration::days(5));
    assert_eq!((step().await, letters(soon).await), (0, 1));
    assert_eq!(brokers::claim(app.market(), &actor, claim).await.unwrap().state, ClaimState::Active);
    app.wait(Duration::days(4));
    assert_eq!((step().await, letters(soon).await), (1, 2));
    app.wait(Duration::days(1));
    assert_eq!((step().await, step().await, letters(over).await), (1, 0, 1));
    assert_eq!(brokers::claim(app.market(), &actor, claim).await.unwrap().state, ClaimState::Expired);
    assert_eq!(codes(brokers::add_activity(app.market(), &actor, claim, &call, None).await), ["claim_over"]);
    assert_eq!(codes(brokers::set_stage(app.market(), &actor, claim, "talking", 1, None).await), ["claim_over"]);

    // Worked on every few days, it still ends after thirty; whoever comes then need not wait for the clock.
    let claim = claims(&app, &broker, &pair).await;
    for _ in 0..5 {
        app.wait(Duration::days(6));
        let done = brokers::add_activity(app.market(), &actor, claim, &call, None).await;
        if done.is_err() {
            break;
        }
    }
    app.wait(Duration::hours(1));
    let other = another_broker(&app, "另一位").await;
    claims(&app, &other, &pair).await;
    assert_eq!(brokers::claim(app.market(), &actor, claim).await.unwrap().state, ClaimState::Expired);
    assert_eq!(step().await, 0, "it was expired by whoever took it");
    assert_eq!(letters(over).await, 2);
}

#[tokio::test]
async fn a_broker_holds_no_more_than_the_limit() {
    let app = TestApp::with(|settings| settings.periods.claims = 1).await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let second = DemandForm::complete().title("主轴轴承温升过高");
    let second = app.published(&pair.engineer, &pair.officer, ListingKind::Demand, second.fields()).await;
    claims(&app, &broker, &pair).await;
    let more = brokers::claim_pair(app.market(), &broker.actor().await, &second, &pair.achievement, None).await;
    assert_eq!(codes(more), ["claim_limit"]);
}

#[tokio::test]
async fn a_broker_carries_a_claim_over_the_board() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let empty = broker.open("/board").await;
    assert!(empty.says(t!(Zh, "brokers.board_empty")) && empty.links().contains(&"/pairs".to_owned()), "{empty}");
    let claim = claims(&app, &broker, &pair).await;
    let stage = format!("stage.{claim}");
    let column = |stage: ClaimStage| format!(r#"[data-stage="{}"] .board-card"#, stage.code());
    let (page, window) = (broker.open("/board").await, broker.open("/board").await);
    assert_eq!(page.all(&column(ClaimStage::Found)).len(), 1, "{page}");
    let moved = broker.send(page.form("stage").with([(stage.as_str(), "talking")])).await;
    assert_eq!(moved.status, 303, "{moved}");
    let board = broker.follow(moved).await;
    assert_eq!((board.all(&column(ClaimStage::Found)).len(), board.all(&column(ClaimStage::Talking)).len()), (0, 1));
    // The same card in a window that does not know of it yet.
    let late = broker.send(window.form("stage").with([(stage.as_str(), "contacted")])).await;
    assert!(late.status == 422 && late.says(t!(Zh, "error.stale")), "{late}");
    let odd = broker.send(board.form("stage").tampered([(stage.as_str(), "married")])).await;
    assert_eq!(odd.status, 422, "{odd}");
    assert!(broker.open("/board?field=manufacturing").await.says("高速数控机床"), "its own field");
    let none = broker.open("/board?field=nuclear").await;
    assert!(none.says(t!(Zh, "brokers.board_none_found")), "{none}");

    // Tasks, notes and what was done stand on the page of the claim.
    let path = format!("/board/{claim}");
    let page = broker.open(&path).await;
    let refused = broker.send(page.form("task").with([("title", ""), ("due_on", "soon")])).await;
    assert_eq!(refused.error_at("title").as_deref(), Some(t!(Zh, "error.required")));
    assert_eq!(refused.error_at("due_on").as_deref(), Some(t!(Zh, "error.date")));
    assert_eq!(broker.send(page.form("task").with([("title", "走访沈工"), ("due_on", "2026-08-03")])).await.status, 303);
    assert_eq!(broker.send(page.form("activity").with([("kind", "call"), ("text", "电话沟通需求细节")])).await.status, 303);
    let page = broker.open(&path).await;
    assert_eq!(broker.send(page.form("note").with([("note", "客户周一有空")])).await.status, 303);
    app.wait(Duration::days(3));
    for who in [&broker, &pair.engineer, &pair.researcher] {
        who.sign_in(&who.email(), PASSWORD).await;
    }
    let page = broker.open(&path).await;
    assert!(page.says("走访沈工") && page.says(t!(Zh, "brokers.overdue")) && page.says("电话沟通需求细节"), "{page}");
    let board = broker.open("/board").await;
    assert!(board.says(&t!(Zh, "brokers.n_overdue", n = 1)), "{board}");
    assert_eq!(broker.does(&board, "task_done").await.location(), "/board");
    let page = broker.open(&path).await;
    assert!(page.says(t!(Zh, "brokers.done")) && page.offers("task_open") && !page.says(t!(Zh, "brokers.overdue")), "{page}");
    // Recommended from here, it goes to both sides.
    let sent = broker.send(page.form("recommend").with([("message", "两家正好合适")])).await;
    assert_eq!(sent.status, 303, "{sent}");
    let page = broker.open(&path).await;
    assert!(page.says(t!(Zh, "brokers.recommended")) && !page.offers("recommend"), "{page}");
    for side in [&pair.engineer, &pair.researcher] {
        assert!(side.open("/interests?tab=recommended").await.says("两家正好合适"));
    }
    // A task of somebody else's is not there.
    let other = another_broker(&app, "另一位").await;
    let task = entity::broker_task::Entity::find().one(app.market().database()).await.unwrap().unwrap();
    let typed = [("action", "task_done".to_owned()), ("task", task.id.to_string()), ("version", task.version.to_string())];
    assert_eq!(other.post("/board", typed).await.status, 404);
}

#[tokio::test]
async fn the_brokers_own_fields_come_first() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let summary = "印染废水色度高，膜污染严重，需要臭氧与膜分离组合工艺。";
    let demand = DemandForm::complete().title("印染废水深度处理").keywords("印染废水，膜分离，臭氧").summary(summary).problem(summary);
    let demand = demand.set("background", "每年排放废水十万吨。").set("field", "environment");
    let water = app.published(&pair.engineer, &pair.officer, ListingKind::Demand, demand.fields()).await;
    let achievement = AchievementForm::complete().title("印染废水膜分离成套技术").keywords("印染废水，膜分离，臭氧").summary(summary);
    app.published(&pair.researcher, &pair.officer, ListingKind::Achievement, achievement.set("field", "environment").fields()).await;
    app.index().await;
    let first = async |who: &Client| {
        let links = who.open("/pairs").await.attributes(".results .result-title a", "href");
        links[0].rsplit('/').next().unwrap().to_owned()
    };
    for (field, expected) in [("environment", &water), ("manufacturing", &pair.demand)] {
        let broker = another_broker(&app, field).await;
        brokers::save_profile(app.market(), &broker.actor().await, &fields([("fields", field)]), 0, None).await.unwrap();
        assert_eq!(first(&broker).await, *expected, "{field}");
        assert!(broker.open("/pairs").await.says(t!(Zh, "brokers.near")));
    }
}
