//! Listings that say much the same: shown beside one another, and a warning before the same thing is posted twice.

use keqiao_app::t;
use keqiao_model::{Lang::Zh, ListingKind::Demand};
use keqiao_tests::{AchievementForm, DemandForm, TestApp};

/// A demand about the same subject in other words.
fn related() -> DemandForm {
    DemandForm::complete()
        .title("电主轴轴承温升过高")
        .summary("电主轴轴承温升高，寻求润滑方案。")
        .problem("长时间运行后轴承烧结，主轴精度下降。")
        .set("background", "公司生产磨床，电主轴依赖进口。")
        .set("current", "油雾润滑。")
        .set("tried", "")
}

#[tokio::test]
async fn the_same_demand_is_handed_in_twice_only_knowingly() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let twin = app.enterprise("钱工").await;
    let page = twin.open("/demands/new").await;
    assert!(page.value_of("similar_seen").is_none() && !page.says(t!(Zh, "listings.near")));
    let before = app.rows().await;
    let warned = twin.send(page.form("submit").with(DemandForm::complete())).await;
    assert_eq!((warned.status, warned.error_at("similar_seen").as_deref()), (422, Some(t!(Zh, "error.similar"))), "{warned}");
    before.assert_same(&app.rows().await, "a warning");
    assert!(warned.links().contains(&format!("/demands/{}", pair.demand)), "{warned}");
    assert_eq!(warned.value_of("title").as_deref(), Some("高速数控机床主轴轴承寿命不足"), "what was typed is still there");
    // Not knowingly, it comes back again; knowingly, it is handed in.
    assert_eq!(twin.send(warned.form("submit")).await.status, 422);
    let sent = twin.send(warned.form("submit").with([("similar_seen", "yes")])).await;
    assert_eq!(sent.status, 303, "{sent}");
    let number = sent.location().rsplit('/').next().unwrap().to_owned();
    let matches = twin.open(&format!("/demands/{number}/matches")).await;
    assert!(matches.says(t!(Zh, "matches.none_before")), "nothing is matched before it is published: {matches}");
    let review = pair.officer.open(&format!("/review/demands/{number}")).await;
    assert!(review.says(t!(Zh, "listings.near")) && review.links().contains(&format!("/demands/{}", pair.demand)), "{review}");
}

#[tokio::test]
async fn the_same_title_alone_is_asked_about() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let twin = app.enterprise("钱工").await;
    let form = related().title("高速数控机床主轴轴承寿命不足").keywords("磨床").set("current", "进口电主轴定期更换，停机时间长。");
    let warned = twin.send(twin.open("/demands/new").await.form("submit").with(form)).await;
    assert_eq!((warned.status, warned.error_at("similar_seen").as_deref()), (422, Some(t!(Zh, "error.similar"))), "{warned}");
    assert!(warned.links().contains(&format!("/demands/{}", pair.demand)), "{warned}");
    let other = twin.send(twin.open("/demands/new").await.form("submit").with(related())).await;
    assert_eq!(other.status, 303, "related is not the same: {other}");
}

#[tokio::test]
async fn a_draft_is_saved_without_a_warning_and_handed_in_with_one() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let twin = app.enterprise("钱工").await;
    let page = twin.open("/demands/new").await;
    let draft = twin.send(page.form("save").with(DemandForm::complete())).await;
    let page = twin.follow(draft).await;
    let warned = twin.press(&page, "submit").await;
    assert_eq!((warned.status, warned.error_at("similar_seen").as_deref()), (422, Some(t!(Zh, "error.similar"))), "{warned}");
    assert!(warned.links().contains(&format!("/demands/{}", pair.demand)));
    assert_eq!(twin.send(warned.form("submit").with([("similar_seen", "yes")])).await.status, 303);
    // What is one's own is no twin of itself: revised and handed in again, nothing is asked.
    let own = pair.engineer.open(&format!("/demands/{}", pair.demand)).await;
    pair.engineer.does(&own, "revise").await;
    let edit = pair.engineer.open(&format!("/demands/{}/edit", pair.demand)).await;
    assert_eq!(pair.engineer.send(edit.form("submit")).await.status, 303);
}

#[tokio::test]
async fn similar_demands_are_shown_beside_a_public_one() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let other = app.published(&app.enterprise("钱工").await, &pair.officer, Demand, related().fields()).await;
    app.index().await;
    let page = app.visitor().open(&format!("/demands/{}", pair.demand)).await;
    let similar = page.attributes("#similar .result-title a", "href");
    assert_eq!(similar, [format!("/demands/{other}")], "another demand, no achievement, not itself: {page}");
    let offer = app.visitor().open(&format!("/achievements/{}", pair.achievement)).await;
    assert!(page.says(t!(Zh, "ui.indicator.wanted")) && offer.says(t!(Zh, "ui.indicator.reached")), "wanted is not reached: {offer}");
    assert!(!pair.officer.open(&format!("/demands/{other}")).await.says(t!(Zh, "listings.near")), "related is not the same");
}

#[tokio::test]
async fn whoever_writes_a_demand_sees_what_would_match_it() {
    let app = TestApp::new().await;
    let pair = app.pair_of(DemandForm::complete(), AchievementForm::complete().detail("qelantum 配方")).await;
    let engineer = &pair.engineer;
    let path = "/suggest/matches?kind=demand&lang=zh-CN";
    let said = [("title", "高速主轴陶瓷轴承寿命不足"), ("summary", "主轴轴承温升过高，寻求陶瓷轴承与润滑方案")];
    let answer = engineer.post(path, said).await;
    assert!(answer.status == 200 && answer.text.contains(&pair.achievement), "{}", answer.text);
    assert!(!engineer.post(path, [("title", "轴承")]).await.text.contains(&pair.achievement), "too little to go by");
    let secret = engineer.post(path, [("detail", "qelantum 配方 陶瓷轴承 主轴轴承 润滑 温升 寿命")]).await;
    assert!(!secret.text.contains(&pair.achievement), "the confidential detail is not looked with: {}", secret.text);
    let own = pair.researcher.post(path, said).await;
    assert!(!own.text.contains(&pair.achievement), "one's own is no match: {}", own.text);
    assert_eq!(app.visitor().post(path, said).await.status, 401);
    assert_eq!(engineer.post("/suggest/matches?kind=rocket", said).await.status, 404);
    let long = "很".repeat(70_000);
    assert_eq!(engineer.post(path, [("title", long.as_str())]).await.status, 413);
    // Without scripts a button does the same, and nothing typed is lost.
    let page = engineer.open("/demands/new").await;
    let before = app.rows().await;
    let looked = engineer.send(page.form("matches").with(said)).await;
    assert!(looked.status == 200 && looked.says("氮化硅陶瓷轴承"), "{looked}");
    assert_eq!(looked.value_of("title").as_deref(), Some("高速主轴陶瓷轴承寿命不足"));
    before.assert_same(&app.rows().await, "looking");
}
