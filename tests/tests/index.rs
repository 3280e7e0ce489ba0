//! The index follows the database, and can be thrown away.

use keqiao_market::{Market, listings, matching};
use keqiao_model::{ListingKind, ListingMove};
use keqiao_search::SearchRequest;
use keqiao_tests::{AchievementForm, DemandForm, TestApp};

/// What a search finds: numbers and marked titles.
async fn found(market: &Market, kind: ListingKind, query: &str) -> Vec<String> {
    let found = matching::search_listings(market, SearchRequest::new(kind, query), 1).await.unwrap();
    let line = |item: &matching::FoundListing| {
        let title: String = item.title.iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text.clone() }).collect();
        format!("{} {title}", item.listing.number)
    };
    found.page.items.iter().map(line).collect()
}

/// Everything stored of matches, apart from when it was computed.
async fn matches(app: &TestApp) -> Vec<String> {
    use sea_orm::EntityTrait;
    let rows = keqiao_market::entity::matched::Entity::find().all(app.market().database()).await.unwrap();
    let mut lines: Vec<String> = rows.iter().map(|m| format!("{} {} {} {}", m.listing_id, m.other_id, m.place, m.score)).collect();
    lines.sort();
    lines
}

/// A small market: three demands, three achievements, on three subjects.
async fn stocked(app: &TestApp) -> keqiao_tests::Pair {
    let pair = app.pair().await;
    let subjects = [
        ("废旧动力电池湿法回收", "锂电池回收，浸出，萃取", "动力电池正极材料回收率低，锂的浸出率不足八成。"),
        ("印染废水深度处理", "印染废水，膜分离，臭氧", "印染废水色度高，膜污染严重。"),
    ];
    for (title, keywords, summary) in subjects {
        let demand = DemandForm::complete().title(&format!("{title}难题")).keywords(keywords).summary(summary).problem(summary);
        app.published(&pair.engineer, &pair.officer, ListingKind::Demand, demand.fields()).await;
        let achievement = AchievementForm::complete().title(&format!("{title}成套技术")).keywords(keywords).summary(summary);
        app.published(&pair.researcher, &pair.officer, ListingKind::Achievement, achievement.fields()).await;
    }
    app.index().await;
    pair
}

#[tokio::test]
async fn what_is_published_is_found_and_what_is_withdrawn_is_gone() {
    let app = TestApp::new().await;
    let (engineer, researcher, officer) = (app.enterprise("沈工").await, app.institute("林研究员").await, app.officer().await);
    let offer = app.published(&researcher, &officer, ListingKind::Achievement, AchievementForm::complete().fields()).await;
    let form = DemandForm::complete().fields();
    let number = listings::create_listing(app.market(), &engineer.actor().await, ListingKind::Demand, &form, true, None).await.unwrap();
    app.index().await;
    let here = async |query: &'static str| app.visitor().open(&format!("/demands?q={query}")).await.text.contains(&number);
    let matched = async || researcher.open(&format!("/achievements/{offer}/matches")).await.text.contains(&number);
    assert!(!here("").await && !matched().await, "not before it is published");
    app.publish(&officer, ListingKind::Demand, &number).await;
    assert!(!here("轴承").await, "not before the index has it");
    assert!(matching::index_lag(app.market()).await.unwrap() > 0);
    let steps = (matching::index_step(app.market()).await.unwrap(), matching::match_step(app.market()).await.unwrap());
    assert!(steps.0 > 0 && steps.1 > 0, "one step of each is enough");
    assert_eq!(matching::index_lag(app.market()).await.unwrap(), 0);
    assert!(here("轴承").await && here("").await && matched().await);
    assert!(!here("拖拉机").await);
    let ready = app.visitor().open("/readyz").await;
    assert!(ready.text.contains("\"behind\":0") && ready.text.contains("\"documents\":2"), "{}", ready.text);

    // Withdrawn by the officer, with a reason: gone from search and from matches, also before the index knows.
    let page = officer.open(&format!("/demands/{number}")).await;
    assert_eq!(officer.send(page.form("withdraw").with([("reason", "内容不实")])).await.status, 303);
    assert!(!here("轴承").await && !matched().await, "at once, whatever the index says");
    app.index().await;
    assert!(!here("轴承").await && !matched().await);
    assert_eq!(app.visitor().get(&format!("/demands/{number}")).await.status, 404);
    assert_eq!(app.rows().await.count("matched"), 0);

    // Worked on again and published again, it is back with what it says now.
    let page = engineer.open(&format!("/demands/{number}")).await;
    engineer.does(&page, "reopen").await;
    let edit = engineer.open(&format!("/demands/{number}/edit")).await;
    let again = engineer.send(edit.form("submit").with([("title", "拖拉机变速箱漏油"), ("summary", "拖拉机变速箱轴封漏油。")])).await;
    assert_eq!(again.status, 303);
    app.publish(&officer, ListingKind::Demand, &number).await;
    app.index().await;
    assert!(here("拖拉机").await);
    assert_eq!(app.market().search_index().len(), 2);
}

#[tokio::test]
async fn a_renamed_organisation_is_found_by_its_new_name() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let path = format!("/organisations/{}/edit", pair.engineer.organisation());
    let page = pair.engineer.open(&path).await;
    pair.engineer.send(page.form("save").with([("name", "凤凰精密机械有限公司")])).await;
    app.index().await;
    assert_eq!(found(app.market(), ListingKind::Demand, "凤凰").await.len(), 1);
}

#[tokio::test]
async fn events_twice_or_late_change_nothing() {
    let app = TestApp::new().await;
    let pair = stocked(&app).await;
    let (before, listed) = (matches(&app).await, found(app.market(), ListingKind::Demand, "").await);
    // As after a crash between commit and acknowledgement: the index forgets how far it was.
    app.market().search_index().apply(Vec::new(), "0".to_owned()).await.unwrap();
    app.index().await;
    assert_eq!((matches(&app).await, found(app.market(), ListingKind::Demand, "").await), (before, listed));
    let version = app.listing_version(&pair.engineer, ListingKind::Demand, &pair.demand).await;
    let engineer = pair.engineer.actor().await;
    listings::move_listing(app.market(), &engineer, ListingKind::Demand, &pair.demand, ListingMove::Revise, &[], version, None)
        .await
        .unwrap();
    app.market().search_index().apply(Vec::new(), "0".to_owned()).await.unwrap();
    app.index().await;
    assert!(
        found(app.market(), ListingKind::Demand, "").await.iter().all(|line| !line.starts_with(&pair.demand)),
        "what is there now counts"
    );
}

#[tokio::test]
async fn rebuilding_gives_the_same_matches() {
    let app = TestApp::new().await;
    stocked(&app).await;
    let before = matches(&app).await;
    assert!(before.len() >= 6, "{before:?}");
    let listed = found(app.market(), ListingKind::Achievement, "电池 废水 轴承").await;
    let count = matching::reindex(app.market(), true, |_, _| {}).await.unwrap();
    assert_eq!(count, 6);
    assert_eq!(matches(&app).await, before);
    assert_eq!(found(app.market(), ListingKind::Achievement, "电池 废水 轴承").await, listed);
    assert_eq!(matching::index_lag(app.market()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_lost_or_damaged_index_is_made_anew() {
    let app = TestApp::new().await;
    stocked(&app).await;
    let queries = ["", "轴承", "电池回收", "印染废水", "\"膜污染\""];
    let mut expected = Vec::new();
    for query in queries {
        expected.push(found(app.market(), ListingKind::Demand, query).await);
    }
    assert!(expected.iter().all(|found| !found.is_empty()), "{expected:?}");
    let stored = matches(&app).await;
    let damages: [fn(&std::path::Path); 3] = [
        |folder| std::fs::remove_dir_all(folder).unwrap(),
        |folder| {
            // A flipped bit in the largest file.
            let mut files: Vec<_> = walk(folder).into_iter().filter(|f| f.extension().is_some()).collect();
            files.sort_by_key(|f| f.metadata().unwrap().len());
            let victim = files.pop().unwrap();
            let mut bytes = std::fs::read(&victim).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(victim, bytes).unwrap();
        },
        |folder| {
            for meta in walk(folder).iter().filter(|f| f.ends_with("meta.json")) {
                std::fs::write(meta, "{").unwrap();
            }
        },
    ];
    let mut app = app;
    for (place, damage) in damages.into_iter().enumerate() {
        let closed = app.close();
        damage(&closed.index_folder());
        app = closed.open().await;
        app.index().await;
        let mut again = Vec::new();
        for query in queries {
            again.push(found(app.market(), ListingKind::Demand, query).await);
        }
        assert_eq!(again, expected, "damage {place}");
        assert_eq!(matches(&app).await, stored, "damage {place}");
        assert_eq!(matching::index_lag(app.market()).await.unwrap(), 0);
    }
    // Undamaged, it is taken as it is.
    let closed = app.close();
    let app = closed.open().await;
    assert_eq!(app.market().search_index().len(), 6);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn what_is_over_leaves_the_market_by_itself() {
    let app = TestApp::new().await;
    let pair = app.pair_of(DemandForm::complete().deadline("2026-08-10"), AchievementForm::complete()).await;
    app.wait(time::Duration::days(9));
    assert_eq!(matching::expire_step(app.market()).await.unwrap(), 0, "its last day is still a day");
    app.wait(time::Duration::days(1));
    assert_eq!(matching::expire_step(app.market()).await.unwrap(), 1);
    app.index().await;
    assert!(found(app.market(), ListingKind::Demand, "").await.is_empty());
    pair.engineer.sign_in(&pair.engineer.email(), keqiao_tests::PASSWORD).await;
    assert!(pair.engineer.open(&format!("/demands/{}", pair.demand)).await.offers("reopen"));
}

#[tokio::test]
async fn search_finds_sorts_counts_and_marks() {
    let app = TestApp::new().await;
    stocked(&app).await;
    let visitor = app.visitor();
    let page = visitor.open("/demands").await;
    assert_eq!(page.all(".result-title").len(), 3);
    assert!(page.says("先进制造 3") && page.says("TRL 7 3"), "{page}");
    let newest = visitor.open("/demands?sort=newest").await.all(".result-title");
    assert_eq!(newest.len(), 3);
    let found = visitor.open("/demands?q=印染 废水&trl=7&cooperation=joint&region=990102").await;
    assert_eq!(found.all(".result-title"), ["印染废水深度处理难题"]);
    let marks = found.marks();
    assert!(marks.iter().any(|m| m.contains("印染")) && marks.iter().any(|m| m.contains("废水")), "{marks:?}");
    // Every chip takes its own condition away and keeps the others; everything stands in the address.
    let chips: Vec<String> = found.links().into_iter().filter(|l| l.starts_with("/demands?")).collect();
    assert!(chips.iter().any(|l| !l.contains("q=") && l.contains("trl=7")), "{chips:?}");
    assert!(chips.iter().any(|l| l.contains("q=") && !l.contains("trl=7")), "{chips:?}");
    assert_eq!(visitor.open("/demands?q=印染&region=990124").await.all(".result-title").len(), 0);
    let english = AchievementForm::complete()
        .title("Solid-state electrolyte with high ionic conductivity")
        .summary("A sulfide electrolyte for lithium batteries.")
        .set("language", "en");
    let researcher = app.institute("Smith").await;
    let officer = app.county_officer("990103").await;
    app.published(&researcher, &officer, ListingKind::Achievement, english.fields()).await;
    app.index().await;
    for query in ["electrolyte", "ELECTROLYTES", "sulfide battery", "lithium"] {
        let page = visitor.open(&format!("/en/achievements?q={query}")).await;
        assert!(page.says("Solid-state electrolyte"), "{query}: {page}");
    }
}
