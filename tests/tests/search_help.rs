//! Searching helps: conditions, other words, what was meant, what could be typed, who knows.

use keqiao_market::listings;
use keqiao_model::ListingKind;
use keqiao_tests::{AchievementForm, Answer, Client, DemandForm, TestApp};

/// A market with demands and achievements about batteries, graphene and air.
async fn stocked() -> (TestApp, Client) {
    let app = TestApp::new().await;
    let (engineer, officer) = (app.enterprise("沈工").await, app.officer().await);
    for (title, keywords) in [
        ("废旧锂电池湿法回收", "锂电池，湿法冶金"),
        ("锂离子电池隔膜涂覆", "隔膜"),
        ("石墨烯导电浆料分散", "石墨烯"),
        ("挥发性有机物催化燃烧", "催化剂"),
    ] {
        let form = DemandForm::complete().title(title).keywords(keywords).summary("寻求成套技术。").problem("寻求成套技术。");
        app.published(&engineer, &officer, ListingKind::Demand, form.fields()).await;
    }
    app.index().await;
    (app, officer)
}

fn titles(answer: &Answer) -> Vec<String> {
    let mut titles = answer.all(".result-title");
    titles.sort();
    titles
}

#[tokio::test]
async fn conditions_stand_in_the_query_and_in_the_address() {
    let (app, _) = stocked().await;
    let visitor = app.visitor();
    for (path, expected) in [
        ("/demands?q=石墨烯 OR 催化", vec!["挥发性有机物催化燃烧", "石墨烯导电浆料分散"]),
        ("/demands?q=title:隔膜", vec!["锂离子电池隔膜涂覆"]),
        ("/demands?q=关键词：湿法冶金", vec!["废旧锂电池湿法回收"]),
        ("/en/demands?q=field:manufacturing 石墨烯", vec!["石墨烯导电浆料分散"]),
        ("/demands?q=领域:先进制造 石墨烯", vec!["石墨烯导电浆料分散"]),
        ("/demands?q=地区:汀南 石墨烯 trl:%3E=7", vec!["石墨烯导电浆料分散"]),
        ("/demands?q=石墨烯 trl:%3C7", vec![]),
        ("/demands?q=石墨烯&price_min=100万", vec!["石墨烯导电浆料分散"]),
        ("/demands?q=石墨烯&price_min=121万", vec![]),
        ("/demands?q=石墨烯&price_max=500000", vec!["石墨烯导电浆料分散"]),
        ("/demands?q=石墨烯&price_max=没有", vec!["石墨烯导电浆料分散"]),
        ("/demands?q=石墨烯&trl_min=8", vec![]),
        ("/demands?q=石墨烯&trl_min=5&trl_max=7", vec!["石墨烯导电浆料分散"]),
    ] {
        let page = visitor.open(path).await;
        assert_eq!(titles(&page), expected, "{path}");
    }
    let page = visitor.open("/demands?q=石墨烯&price_min=100万&trl_max=7").await;
    assert!(
        page.links().iter().any(|link| link.contains("trl_max=7") && !link.contains("price_min")),
        "a chip takes the price back: {page}"
    );
}

#[tokio::test]
async fn other_words_are_shown_and_can_be_left_out() {
    let (app, _) = stocked().await;
    let visitor = app.visitor();
    let both = ["废旧锂电池湿法回收", "锂离子电池隔膜涂覆"];
    let page = visitor.open("/demands?q=锂电池").await;
    assert_eq!(titles(&page), both);
    let chip = page.all(".also .chip");
    assert!(chip.iter().any(|word| word == "锂离子电池"), "{chip:?}");
    let links = page.links();
    let without =
        links.iter().find(|link| link.contains("nosyn=%E9%94%82%E7%A6%BB%E5%AD%90%E7%94%B5%E6%B1%A0")).expect("a way to leave it out");
    let page = visitor.open(without).await;
    assert_eq!(titles(&page), both[..1]);
    assert!(page.says("恢复全部同义词"), "{page}");
    let page = visitor.open("/demands?q=锂电池&syn=0").await;
    assert_eq!(titles(&page), both[..1]);
    assert!(page.says("同时检索同义词"), "{page}");
    let page = visitor.open("/en/demands?q=VOCs").await;
    assert_eq!(titles(&page), ["挥发性有机物催化燃烧"]);
    assert!(page.says("Also searched:"), "{page}");
}

#[tokio::test]
async fn what_was_meant_is_searched_and_said() {
    let (app, _) = stocked().await;
    let visitor = app.visitor();
    for typed in ["shimoxi", "石磨烯", "石mo烯"] {
        let page = visitor.open(&format!("/demands?q={typed}")).await;
        assert_eq!(titles(&page), ["石墨烯导电浆料分散"], "{typed}");
        assert!(page.says("已显示以下检索词的结果： 石墨烯"), "{typed}: {page}");
        let instead = page.links().into_iter().find(|link| link.contains("exact=1")).expect("a way to search as typed");
        assert_eq!(titles(&visitor.open(&instead).await), Vec::<String>::new(), "{typed}");
    }
    let page = visitor.open("/en/demands?q=shimoxi").await;
    assert!(page.says("Showing results for 石墨烯") && page.says("Search instead for shimoxi"), "{page}");
    let page = visitor.open("/demands?q=里电池").await;
    assert_eq!(titles(&page), ["废旧锂电池湿法回收", "锂离子电池隔膜涂覆"]);
    let page = visitor.open("/demands?q=石磨烯 导电 浆料 分散 寻求 技术").await;
    assert_eq!(page.all(".search-meant"), ["石墨烯 导电 浆料 分散 寻求 技术"], "something is found, so it is only proposed");
    assert!(titles(&page).contains(&"石墨烯导电浆料分散".to_owned()), "{page}");
    assert!(visitor.open("/demands?q=量子纠缠").await.all(".notice").is_empty(), "nothing is invented");
}

#[tokio::test]
async fn what_has_a_part_of_the_words_is_better_than_nothing_and_says_so() {
    let (app, _) = stocked().await;
    let visitor = app.visitor();
    let page = visitor.open("/demands?q=石墨烯 催化").await;
    assert_eq!(titles(&page), ["挥发性有机物催化燃烧", "石墨烯导电浆料分散"]);
    assert!(page.says("以下结果包含其中一部分"), "{page}");
    let page = visitor.open("/en/demands?q=石墨烯 催化").await;
    assert!(page.says("These have a part of them"), "{page}");
    assert!(!visitor.open("/demands?q=石墨烯 导电").await.says("以下结果包含其中一部分"));
    let nothing = visitor.open("/demands?q=量子纠缠").await;
    assert!(nothing.all(".facet legend").iter().all(|legend| !legend.contains("领域")), "a facet without codes has no heading: {nothing}");
}

#[tokio::test]
async fn ways_to_go_on_are_answered_to_machines() {
    let (app, officer) = stocked().await;
    let visitor = app.visitor();
    let asked = async |query: &'static str| {
        let answer = visitor.get(&format!("/suggest?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "public, max-age=60");
        serde_json::from_str::<serde_json::Value>(&answer.text).unwrap()
    };
    let json = asked("kind=demand&q=lidian&lang=en").await;
    let words = json["words"].as_array().unwrap();
    assert!(words.contains(&serde_json::json!({ "text": "锂电池", "count": 1 })), "{json}");
    assert_eq!(json["listings"][0]["title"], "废旧锂电池湿法回收");
    let href = json["listings"][0]["href"].as_str().unwrap().to_owned();
    assert!(href.starts_with("/en/demands/XQ-"), "{href}");
    for empty in ["kind=achievement&q=lidian", "kind=demand&q=", "kind=demand", "kind=demand&q=%E9%87%8F%E5%AD%90"] {
        assert_eq!(asked(empty).await, serde_json::json!({ "words": [], "listings": [] }), "{empty}");
    }
    for wrong in ["", "kind=deal&q=a", "q=a"] {
        assert_eq!(visitor.get(&format!("/suggest?{wrong}")).await.status, 404, "{wrong}");
    }
    // What is withdrawn is offered to nobody.
    let number = href.rsplit('/').next().unwrap().to_owned();
    let page = officer.open(&format!("/demands/{number}")).await;
    assert_eq!(officer.send(page.form("withdraw").with([("reason", "内容不实")])).await.status, 303);
    app.index().await;
    assert_eq!(asked("kind=demand&q=lidian").await, serde_json::json!({ "words": [], "listings": [] }));
    let page = visitor.open("/demands").await;
    assert!(page.text.contains("data-suggest=\"/suggest?kind=demand"), "the search field knows where to ask");
}

#[tokio::test]
async fn somebody_who_asks_without_end_is_slowed_down() {
    let (app, _) = stocked().await;
    let (eager, other) = (app.visitor().from_peer([10, 0, 0, 1]), app.visitor().from_peer([10, 0, 0, 2]));
    let mut refused = 0;
    for _ in 0..700 {
        refused += usize::from(eager.get("/suggest?kind=demand&q=").await.status == 429);
    }
    assert!(refused > 0);
    assert_eq!(other.get("/suggest?kind=demand&q=").await.status, 200);
}

#[tokio::test]
async fn experts_are_found_through_public_achievements() {
    let app = TestApp::new().await;
    let (researcher, officer) = (app.institute("林研究员").await, app.county_officer("990103").await);
    let visitor = app.visitor();
    assert!(visitor.open("/experts").await.says("还没有写明完成人的公开成果"), "nobody yet");
    let bearings = app.published(&researcher, &officer, ListingKind::Achievement, AchievementForm::complete().fields()).await;
    let graphene = AchievementForm::complete()
        .title("石墨烯散热膜")
        .keywords("石墨烯")
        .summary("石墨烯散热膜制备。")
        .set("inventors.1.name", "吴博士");
    app.published(&researcher, &officer, ListingKind::Achievement, graphene.fields()).await;
    let hidden = AchievementForm::complete().title("保密的陶瓷轴承").set("inventors.0.name", "不公开者");
    let actor = researcher.actor().await;
    listings::create_listing(app.market(), &actor, ListingKind::Achievement, &hidden.fields(), false, None).await.unwrap();
    app.index().await;
    for (path, expected) in [
        ("/experts", vec!["吴博士", "周工程师", "林研究员"]),
        ("/experts?q=石墨烯", vec!["吴博士", "林研究员"]),
        ("/experts?q=shimoxi", vec!["吴博士", "林研究员"]),
        ("/experts?q=陶瓷轴承 -石墨烯", vec!["周工程师", "林研究员"]),
        ("/experts?q=石墨烯&field=energy", vec![]),
        ("/experts?q=石墨烯&field=manufacturing&region=990103", vec!["吴博士", "林研究员"]),
        ("/experts?q=不公开者", vec![]),
    ] {
        let page = visitor.open(path).await;
        assert_eq!(titles(&page), expected, "{path}");
        assert!(!page.text.contains("不公开者") || path.contains("不公开者"), "{path}: drafts name nobody");
    }
    let page = visitor.open("/experts?q=轴承").await;
    assert!(page.links().contains(&format!("/achievements/{bearings}")), "{page}");
    let page = visitor.open("/en/experts?q=轴承&by=organisations").await;
    assert_eq!(page.all(".result-title").len(), 1);
    assert!(page.links().contains(&format!("/en/organisations/{}", researcher.organisation())), "{page}");
    assert!(visitor.open("/experts?q=拖拉机").await.says("没有找到专家"));
    // Off the market, the names go with it, before the index knows.
    let page = officer.open(&format!("/achievements/{bearings}")).await;
    assert_eq!(officer.send(page.form("withdraw").with([("reason", "内容不实")])).await.status, 303);
    assert!(!visitor.open("/experts?q=轴承").await.says("周工程师"));
}

#[tokio::test]
async fn any_query_is_answered() {
    let (app, _) = stocked().await;
    let visitor = app.visitor();
    for query in [
        "电".repeat(3_000),
        "lidianchi".repeat(1_000),
        "%22".repeat(3_000),
        "a%7C".repeat(2_000),
        "%E2%80%AE%E9%94%82%00%07%1B".to_owned(),
        "%F0%9F%94%8B%20-%22%20title:%20trl:x".to_owned(),
        "%FF%FE%ED%A0%80".to_owned(),
    ] {
        for path in ["/demands", "/en/achievements", "/experts"] {
            let answer = visitor.get(&format!("{path}?q={query}")).await;
            assert_eq!(answer.status, 200, "{path} {}", &query.chars().take(30).collect::<String>());
        }
        assert_eq!(visitor.get(&format!("/suggest?kind=demand&q={query}")).await.status, 200);
    }
}
