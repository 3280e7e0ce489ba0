//! What people say of matches, what becomes of it, and the best pairs of the market.

use keqiao_app::{t, words::code_label};
use keqiao_market::matching;
use keqiao_model::{
    Coded as _, DeclineCode, FeedbackCode, Fields, InterestMove,
    Lang::Zh,
    ListingHint,
    ListingKind::{Achievement, Demand},
};
use keqiao_tests::{AchievementForm, Answer, Client, DemandForm, PASSWORD, Pair, TestApp};

/// Numbers of the matches a page lists, in their order; those dismissed are not among them.
fn listed(page: &Answer) -> Vec<String> {
    page.attributes(".match-list .result-title a", "href").iter().filter_map(|link| link.rsplit('/').next().map(str::to_owned)).collect()
}

/// Numbers of the demands of a list of pairs, in their order.
fn paired(page: &Answer) -> Vec<String> {
    page.attributes(".results .result-title a", "href").iter().filter_map(|link| link.rsplit('/').next().map(str::to_owned)).collect()
}

async fn judge(who: &Client, page: &Answer, action: &str, other: &str, code: &str) -> Answer {
    let form = page.forms(action).into_iter().find(|form| form.value("other") == other).unwrap();
    let form = if code.is_empty() { form } else { form.with([(format!("code.{other}"), code.to_owned())]) };
    let done = who.send(form).await;
    assert_eq!(done.status, 303, "{done}");
    who.follow(done).await
}

/// Another demand and another achievement of the same two sides, about waste water, of the field of the environment.
async fn waste_water(app: &TestApp, pair: &Pair) -> (String, String) {
    let summary = "印染废水色度高，膜污染严重，需要臭氧与膜分离组合工艺。";
    let demand = DemandForm::complete().title("印染废水深度处理").keywords("印染废水，膜分离，臭氧").summary(summary).problem(summary);
    let demand = demand.set("background", "每年排放废水十万吨。").set("field", "environment");
    let achievement = AchievementForm::complete().title("印染废水膜分离成套技术").keywords("印染废水，膜分离，臭氧").summary(summary);
    let demand = app.published(&pair.engineer, &pair.officer, Demand, demand.fields()).await;
    let achievement = app.published(&pair.researcher, &pair.officer, Achievement, achievement.set("field", "environment").fields()).await;
    app.index().await;
    (demand, achievement)
}

#[tokio::test]
async fn a_match_the_owner_finds_not_useful_never_comes_back_uninvited() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let path = format!("/demands/{}/matches", pair.demand);
    let page = pair.engineer.open(&path).await;
    assert_eq!(listed(&page), [pair.achievement.as_str()]);
    // Without a reason it is not taken, and what was typed stays.
    let (code, reason) = (format!("code.{}", pair.achievement), format!("reason.{}", pair.achievement));
    let refused = pair.engineer.send(page.form("not_useful").with([(reason.as_str(), "试过了")])).await;
    assert_eq!((refused.status, refused.error_at(&code).as_deref()), (422, Some(t!(Zh, "error.required"))));
    assert_eq!(refused.value_of(&reason).as_deref().map(str::trim), Some("试过了"));
    let refused = pair.engineer.send(refused.form("not_useful").with([(code.as_str(), "other"), (reason.as_str(), "")])).await;
    assert_eq!(refused.error_at(&reason).as_deref(), Some(t!(Zh, "error.reason_required")));
    let long = "长".repeat(501);
    let refused = pair.engineer.send(refused.form("not_useful").with([(code.as_str(), "other"), (reason.as_str(), long.as_str())])).await;
    assert!(refused.error_at(&reason).is_some_and(|e| e.contains("500")), "{refused}");
    let done = pair.engineer.send(refused.form("not_useful").with([(code.as_str(), "too_early"), (reason.as_str(), "等中试")])).await;
    assert_eq!((done.status, done.location()), (303, format!("{path}#match-{}", pair.achievement)));

    let gone = async || {
        let page = pair.engineer.open(&path).await;
        assert!(listed(&page).is_empty(), "{page}");
        let why = code_label(Zh, FeedbackCode::GROUP, FeedbackCode::TooEarly.code());
        assert!(page.says(&t!(Zh, "matches.dismissed", n = 1)) && page.says(&why) && page.says("等中试"), "{page}");
        assert!(listed(&broker.open(&path).await).is_empty());
        assert!(paired(&broker.open("/pairs").await).is_empty());
    };
    gone().await;
    let offered = format!("/achievements/{}/matches", pair.achievement);
    assert_eq!(listed(&pair.researcher.open(&offered).await), [pair.demand.as_str()], "the other side still sees it");
    assert!(!broker.open(&path).await.says("等中试"), "the owner's words are not for brokers");
    assert!(!pair.officer.open(&path).await.offers("restore") && pair.officer.open(&path).await.says("等中试"));
    // Neither a new computation nor a change of the other listing brings it back.
    matching::reindex(app.market(), true, |_, _| {}).await.unwrap();
    gone().await;

    let page = pair.engineer.open(&path).await;
    let page = judge(&pair.engineer, &page, "restore", &pair.achievement, "").await;
    assert_eq!(listed(&page), [pair.achievement.as_str()]);
    assert!(!page.offers("revoke"), "nothing is said any more");
    assert_eq!(paired(&broker.open("/pairs").await), [pair.demand.as_str()]);
    let rows = app.rows().await;
    assert_eq!((rows.count("verdict"), rows.count("dismissed")), (0, 0));
    for action in ["pair.not_useful", "pair.restore"] {
        assert_eq!(rows.hold(&format!("action: \"{action}\"")), ["audit"]);
    }
    assert!(rows.hold("pair_judged").contains(&"outbox"));
    app.letters().await;
    let audit = app.admin().await.open("/admin/audit").await;
    assert!(audit.says(t!(Zh, "admin.action.pair.restore")), "{audit}");
}

#[tokio::test]
async fn everybody_who_reads_a_list_has_one_word_and_may_change_it() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let path = format!("/demands/{}/matches", pair.demand);
    // The owner last: once it has dismissed the pair, nobody else is asked about it.
    for who in [&broker, &pair.officer, &pair.engineer] {
        let page = who.open(&path).await;
        let page = judge(who, &page, "useful", &pair.achievement, "").await;
        assert!(page.says(t!(Zh, "matches.said_useful")), "{page}");
        judge(who, &page, "not_useful", &pair.achievement, "other_field").await;
    }
    assert_eq!(app.rows().await.count("verdict"), 3, "one word each");
    assert_eq!(app.rows().await.count("dismissed"), 1, "the owner's alone dismisses");
    let page = pair.engineer.open(&path).await;
    let page = judge(&pair.engineer, &page, "restore", &pair.achievement, "").await;
    assert_eq!(listed(&page), [pair.achievement.as_str()]);
    let page = broker.open(&path).await;
    let why = code_label(Zh, FeedbackCode::GROUP, FeedbackCode::OtherField.code());
    assert!(page.says(&t!(Zh, "matches.said_not_useful", why = why)), "{page}");
    let page = judge(&broker, &page, "revoke", &pair.achievement, "").await;
    assert!(!page.offers("revoke"));
    // Posted by hand, what is no match is not judged: a listing that was never matched, one that is not public, none at all.
    let late = app.published(&pair.researcher, &pair.officer, Achievement, AchievementForm::complete().fields()).await;
    let before = app.rows().await;
    for other in [late.as_str(), "CG-2026-999999", "", pair.demand.as_str()] {
        assert_eq!(pair.engineer.post(&path, [("action", "useful"), ("other", other)]).await.status, 404, "{other}");
    }
    assert_eq!(pair.engineer.post(&path, [("action", "anything"), ("other", pair.achievement.as_str())]).await.status, 404);
    before.assert_same(&app.rows().await, "what is no match");
}

#[tokio::test]
async fn officers_see_how_precise_matching_is() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let (water, filter) = waste_water(&app, &pair).await;
    let page = pair.officer.open("/review/precision").await;
    assert!(page.says(t!(Zh, "review.nothing_judged")) && page.says(t!(Zh, "review.precision_rule")), "{page}");
    assert!(pair.officer.open("/review").await.links().contains(&"/review/precision".to_owned()));
    // In August both sides of the market say something; the last word on a pair counts.
    let path = format!("/demands/{}/matches", pair.demand);
    let page = pair.engineer.open(&path).await;
    judge(&pair.engineer, &page, "useful", &pair.achievement, "").await;
    app.wait(time::Duration::minutes(1));
    let path = format!("/achievements/{filter}/matches");
    let page = pair.researcher.open(&path).await;
    judge(&pair.researcher, &page, "not_useful", &water, "no_advantage").await;
    let page = pair.officer.open("/review/precision").await;
    assert!(page.says("50.0%"), "{page}");
    let row = |page: &Answer, section: &str| page.all(&format!("#{section} table.table tbody tr"));
    let environment = code_label(Zh, "field", "environment");
    assert!(row(&page, "fields").contains(&format!("{environment} 1 0 0.0%")), "{:?}", row(&page, "fields"));
    assert!(row(&page, "months").contains(&"2026-08 2 1 50.0%".to_owned()), "{:?}", row(&page, "months"));
    let why = code_label(Zh, FeedbackCode::GROUP, FeedbackCode::NoAdvantage.code());
    assert_eq!(row(&page, "reasons"), [format!("{why} {} 1", t!(Zh, "review.of_matches"))]);

    // In September an interest about bearings is declined: that is the last word on them now.
    app.wait(time::Duration::days(40));
    let interest = pair.interest().await;
    let reasons: Fields = [("code", "too_early"), ("reason", "等中试以后")].into_iter().collect();
    let engineer = pair.engineer.actor().await;
    keqiao_market::interests::answer_interest(app.market(), &engineer, interest, InterestMove::Decline, &reasons, 1, None).await.unwrap();
    // And waste water comes to a contract.
    let offer: Fields = [("message", "愿意面谈")].into_iter().collect();
    let researcher = pair.researcher.actor().await;
    let interest =
        keqiao_market::interests::send_interest(app.market(), &researcher, Demand, &water, Some(&filter), &offer, None).await.unwrap();
    pair.accept(interest).await;
    pair.officer.sign_in(&pair.officer.email(), PASSWORD).await;
    let page = pair.officer.open("/review/precision").await;
    assert_eq!(row(&page, "months"), ["2026-09 50.0%", "2026-09 2 1 50.0%"], "as a chart and in numbers: {page}");
    assert!(row(&page, "fields").contains(&format!("{environment} 1 1 100.0%")));
    let declined = code_label(Zh, DeclineCode::GROUP, DeclineCode::TooEarly.code());
    assert_eq!(row(&page, "reasons"), [format!("{declined} {} 1", t!(Zh, "review.of_outcomes"))]);
    // Every number leads to its pairs; everything chosen stands in the address.
    let link = page.links().into_iter().find(|link| link.contains("reason=")).unwrap();
    assert_eq!(link, "/review/precision?reason=decline_code.too_early#pairs");
    let page = pair.officer.open(link.trim_end_matches("#pairs")).await;
    let pairs = page.attributes("#pairs tbody a", "href");
    assert_eq!(pairs, [format!("/demands/{}", pair.demand), format!("/achievements/{}", pair.achievement)]);
    let count = async |query: &str| {
        let page = pair.officer.open(&format!("/review/precision?{query}")).await;
        page.all("#pairs tbody tr").len()
    };
    assert_eq!(count("year=2026").await, 2);
    assert_eq!(count("year=2025").await, 0);
    assert_eq!(count("month=2026-08").await, 2, "within a month, the last word of that month");
    assert_eq!(count("field=environment&useful=yes").await, 1);
    assert_eq!(count("region=990102").await, 2);
    assert_eq!(count("region=990124").await, 0);
    assert_eq!(count("field=none&year=x&month=2026-13&page=7").await, 0);
    let county = app.county_officer("990124").await;
    assert!(county.open("/review/precision").await.says(t!(Zh, "review.nothing_judged")), "demands of other counties are not theirs");
    assert_eq!(app.admin().await.open("/review/precision").await.all("#pairs tbody tr").len(), 2);
}

#[tokio::test]
async fn brokers_find_the_best_pairs_that_nobody_has_taken_up() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let (water, _) = waste_water(&app, &pair).await;
    let broker = app.broker().await;
    let page = broker.open("/pairs").await;
    let best: Vec<String> = paired(&page).into_iter().take(2).collect();
    assert!(best.contains(&pair.demand) && best.contains(&water), "the best of each demand comes before second ones: {page}");
    assert_eq!(paired(&broker.open("/pairs?field=environment").await).first(), Some(&water));
    assert!(paired(&broker.open("/pairs?field=environment").await).iter().all(|demand| *demand == water));
    assert_eq!(paired(&broker.open("/pairs?region=990102").await).len(), paired(&page).len());
    let none = broker.open("/pairs?region=990124&field=nuclear").await;
    assert!(none.says(t!(Zh, "matches.no_pairs")) && none.links().contains(&"/pairs".to_owned()), "{none}");
    assert!(broker.open("/work").await.links().contains(&"/pairs".to_owned()));
    let bearings = async |who: &Client| {
        let page = who.open("/pairs").await;
        page.links().iter().any(|link| *link == format!("/demands/{}/interest?with={}", pair.demand, pair.achievement))
    };
    assert!(bearings(&broker).await);
    // Recommended, it is off this broker's list and stays on that of others.
    let form = broker.open(&format!("/demands/{}/interest?with={}", pair.demand, pair.achievement)).await;
    let sent = broker.send(form.form("recommend").with([("message", "两家正好合适")])).await;
    assert_eq!(sent.status, 303, "{sent}");
    assert!(!bearings(&broker).await);
    let roles = keqiao_market::accounts::Roles { broker: true, ..Default::default() };
    let another = app.signed_in("另一位", roles).await;
    assert!(bearings(&another).await);
    // An interest takes it off everybody's; declined, it is open again.
    let interest = pair.interest().await;
    assert!(!bearings(&another).await);
    let reasons: Fields = [("code", "too_early"), ("reason", "等中试以后")].into_iter().collect();
    let engineer = pair.engineer.actor().await;
    keqiao_market::interests::answer_interest(app.market(), &engineer, interest, InterestMove::Decline, &reasons, 1, None).await.unwrap();
    assert!(bearings(&another).await);
    assert_eq!(pair.engineer.get("/pairs").await.status, 404);
}

#[tokio::test]
async fn an_owner_learns_what_would_make_matches_better() {
    let app = TestApp::new().await;
    let demand = DemandForm::complete().keywords("主轴").without("indicators.0.name").without("indicators.0.value");
    let demand = ["operator", "unit", "method"].iter().fold(demand, |form, column| form.without(&format!("indicators.0.{column}")));
    let pair = app.pair_of(demand, AchievementForm::complete()).await;
    let path = format!("/demands/{}/matches", pair.demand);
    let hint = |hint: ListingHint| code_label(Zh, ListingHint::GROUP, hint.code());
    let page = pair.engineer.open(&path).await;
    for missing in [ListingHint::NoIndicators, ListingHint::FewKeywords, ListingHint::ShortProblem] {
        assert!(page.says(&hint(missing)), "{missing}: {page}");
    }
    assert!(page.links().contains(&format!("/demands/{}/edit#keywords", pair.demand)));
    assert!(!app.broker().await.open(&path).await.says(t!(Zh, "matches.better")), "it is the owner's to mend");
}
