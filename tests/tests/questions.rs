//! Companies ask experts; institutes answer.

use futures::future::join_all;
use keqiao_app::t;
use keqiao_market::{Error, clocks::clock_step, questions};
use keqiao_model::{
    Fields,
    Lang::Zh,
    ListingKind::{Achievement, Demand},
    QuestionMove,
};
use keqiao_tests::{AchievementForm, Client, DemandForm, Pair, TestApp};
use time::Duration;

/// The fields of a question about the pair.
fn question(pair: &Pair, text: &str) -> Fields {
    [("achievement", pair.achievement.as_str()), ("expert", "林研究员"), ("demand", pair.demand.as_str()), ("text", text)]
        .into_iter()
        .collect()
}

/// The engineer's side asks; answers the number.
async fn asked(pair: &Pair) -> String {
    let engineer = pair.engineer.actor().await;
    questions::ask(pair.engineer.app().market(), &engineer, &question(pair, "陶瓷轴承在断油时能坚持多久？"), None).await.unwrap()
}

async fn moves(who: &Client, number: &str, by: QuestionMove, words: &str, version: i64) -> keqiao_market::Result<()> {
    let fields: Fields = [("answer", words)].into_iter().collect();
    questions::move_question(who.app().market(), &who.actor().await, number, by, &fields, version, None).await
}

#[tokio::test]
async fn a_company_asks_an_expert_of_its_best_match_and_is_answered() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let colleague = app.someone("周工程师").await;
    let researcher = pair.researcher.actor().await;
    let institute = keqiao_market::organisations::organisation(app.market(), &researcher, pair.researcher.organisation()).await.unwrap();
    keqiao_market::organisations::ask_to_join(app.market(), &colleague.actor().await, &institute.credit_code, None).await.unwrap();
    keqiao_market::organisations::answer_membership(app.market(), &researcher, pair.researcher.organisation(), colleague.person(), true)
        .await
        .unwrap();
    app.letters().await;
    // From the demand to the experts of its matches, and to the form.
    let listing = pair.engineer.open(&format!("/demands/{}", pair.demand)).await;
    let experts = format!("/experts?demand={}", pair.demand);
    assert!(listing.links().contains(&experts), "{listing}");
    assert!(pair.engineer.open(&format!("/demands/{}/matches", pair.demand)).await.links().contains(&experts));
    let page = pair.engineer.open(&experts).await;
    assert!(page.says("林研究员") && page.says("周工程师"), "{page}");
    let link = page.links().into_iter().find(|link| link.starts_with("/questions/new")).unwrap();
    let form = pair.engineer.open(&link).await;
    assert_eq!(form.value_of("demand").as_deref(), Some(pair.demand.as_str()), "{form}");
    let form = form.form("ask").with([("expert", "林研究员"), ("text", "断油时能坚持多久？\n有没有台架数据？")]);
    let sent = pair.engineer.send(form.clone()).await;
    assert_eq!(sent.location(), "/questions/WD-2026-000001", "{sent}");
    assert_eq!(pair.engineer.send(form).await.location(), "/questions/WD-2026-000001", "the same form again asks nothing new");
    let page = pair.engineer.follow(sent).await;
    assert!(page.says("有没有台架数据？") && page.offers("withdraw") && !page.offers("answer"), "{page}");
    assert!(page.says(t!(Zh, "questions.due")) && page.says("2026-08-14"), "ten working days: {page}");
    // Everybody there is told, nobody else.
    let letters = app.letters().await;
    let told: Vec<&str> = letters.iter().filter(|l| l.text.contains("/questions/WD-2026-000001")).map(|l| l.to.as_str()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.contains(&colleague.email().as_str()) && told.contains(&pair.researcher.email().as_str()));
    assert!(colleague.open("/notices").await.links().contains(&"/questions/WD-2026-000001".to_owned()));
    // Either of them answers.
    let list = pair.researcher.open("/questions").await;
    assert!(list.says("断油时能坚持多久？"), "{list}");
    let page = colleague.open("/questions/WD-2026-000001").await;
    let refused = colleague.send(page.form("answer").with([("answer", "  ")])).await;
    assert_eq!((refused.status, refused.error_at("answer").as_deref()), (422, Some(t!(Zh, "error.required"))));
    let answered = colleague.send(refused.form("answer").with([("answer", "台架上十五分钟。")])).await;
    assert_eq!(answered.status, 303, "{answered}");
    let letter = app.last_letter_to(&pair.engineer.email()).await;
    assert!(letter.text.contains("/questions/WD-2026-000001") && !letter.text.contains("十五分钟"), "{letter:?}");
    let page = pair.engineer.open("/questions/WD-2026-000001").await;
    assert!(page.says("台架上十五分钟。") && page.says("周工程师") && !page.offers("withdraw"), "{page}");
    let page = pair.engineer.open("/questions?tab=asked&state=answered").await;
    assert_eq!(page.all(".result-title").len(), 1, "{page}");
    assert_eq!(pair.engineer.open("/questions?tab=asked&state=declined").await.all(".result-title").len(), 0);
    assert!(pair.engineer.open("/questions").await.says(t!(Zh, "questions.none_received")));
}

#[tokio::test]
async fn a_question_is_declined_with_a_reason_or_taken_back() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let number = asked(&pair).await;
    let page = pair.researcher.open(&format!("/questions/{number}")).await;
    let refused = pair.researcher.press(&page, "decline").await;
    assert_eq!((refused.status, refused.error_at("answer").as_deref()), (422, Some(t!(Zh, "error.reason_required"))));
    let long = "长".repeat(4_001);
    let refused = pair.researcher.send(refused.form("decline").with([("answer", long.as_str())])).await;
    assert!(refused.error_at("answer").is_some_and(|words| words.contains("4000")), "{refused}");
    assert_eq!(refused.value_of("answer").as_deref().map(str::trim), Some(long.as_str()), "what was typed is still there");
    pair.researcher.send(refused.form("decline").with([("answer", "属于国防项目。")])).await;
    let page = pair.engineer.open(&format!("/questions/{number}")).await;
    assert!(page.says("属于国防项目。") && page.says(t!(Zh, "questions.why_declined")), "{page}");
    let second = asked(&pair).await;
    let page = pair.engineer.open(&format!("/questions/{second}")).await;
    pair.engineer.does(&page, "withdraw").await;
    let late = moves(&pair.researcher, &second, QuestionMove::Answer, "来不及了", 1).await;
    assert!(matches!(&late, Err(Error::Invalid(errors)) if errors[0].code == "already_answered"), "{late:?}");
}

#[tokio::test]
async fn two_answers_at_once_make_one() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    for round in 0..4 {
        let number = asked(&pair).await;
        let answers = (0..3).map(|place| {
            let (pair, number) = (&pair, number.clone());
            async move { moves(&pair.researcher, &number, QuestionMove::Answer, &format!("答复 {place}"), 1).await }
        });
        let withdrawal = moves(&pair.engineer, &number, QuestionMove::Withdraw, "", 1);
        let (answers, withdrawn) = tokio::join!(join_all(answers), withdrawal);
        let won = answers.iter().filter(|answer| answer.is_ok()).count() + usize::from(withdrawn.is_ok());
        assert_eq!(won, 1, "{round}: {answers:?} {withdrawn:?}");
        assert!(answers.iter().filter_map(|a| a.as_ref().err()).all(|e| matches!(e, Error::Stale | Error::Invalid(_))), "{answers:?}");
    }
}

#[tokio::test]
async fn only_the_two_organisations_see_a_question() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let number = asked(&pair).await;
    let path = format!("/questions/{number}");
    let before = app.rows().await;
    let (stranger, admin, broker) = (app.enterprise("外人").await, app.admin().await, app.broker().await);
    let with_strangers = app.rows().await;
    for who in [&stranger, &admin, &broker, &pair.officer] {
        assert_eq!(who.get(&path).await.status, 404);
        assert_eq!(who.post(&path, [("action", "answer"), ("answer", "我来"), ("version", "1")]).await.status, 404);
        assert!(!who.open("/questions").await.text.contains(&number));
        assert_eq!(
            who.get(&format!("/experts?demand={}", pair.demand)).await.status == 404,
            who.email() == stranger.email() || who.email() == admin.email()
        );
    }
    assert_eq!(app.visitor().get(&path).await.status, 303, "sign in first");
    assert_eq!(app.visitor().get("/questions").await.status, 303);
    for (who, by) in [(&pair.engineer, "answer"), (&pair.engineer, "decline"), (&pair.researcher, "withdraw")] {
        assert_eq!(who.post(&path, [("action", by), ("answer", "好"), ("version", "1")]).await.status, 403, "{by}");
    }
    assert_eq!(pair.researcher.post(&path, [("action", "anything")]).await.status, 404);
    assert_eq!(pair.researcher.get("/questions/WD-2026-999999").await.status, 404);
    with_strangers.assert_same(&app.rows().await, "whoever may not");
    assert!(before.count("question") == 1);
}

#[tokio::test]
async fn a_question_that_cannot_be_asked() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let draft = keqiao_market::listings::create_listing(
        app.market(),
        &pair.engineer.actor().await,
        Demand,
        &DemandForm::complete().fields(),
        false,
        None,
    )
    .await
    .unwrap();
    let hidden = keqiao_market::listings::create_listing(
        app.market(),
        &pair.researcher.actor().await,
        Achievement,
        &AchievementForm::complete().fields(),
        false,
        None,
    )
    .await
    .unwrap();
    let stranger = app.enterprise("外人").await;
    let foreign = app.published(&stranger, &pair.officer, Demand, DemandForm::complete().title("印染废水回用").fields()).await;
    let before = app.rows().await;
    let path = format!("/questions/new?achievement={}", pair.achievement);
    let good = [("expert", "林研究员"), ("demand", ""), ("text", "能坚持多久？")];
    let with = |name: &'static str, value: String| {
        good.map(|(n, v)| (n.to_owned(), if n == name { value.clone() } else { v.to_owned() })).to_vec()
    };
    for (name, value, code) in [
        ("text", String::new(), "required"),
        ("text", "  \n ".to_owned(), "required"),
        ("text", "长".repeat(2_001), "too_long"),
        ("expert", String::new(), "required"),
        ("expert", "查无此人".to_owned(), "choice"),
        ("demand", draft.clone(), "choice"),
        ("demand", foreign.clone(), "choice"),
        ("demand", "XQ-2026-999999".to_owned(), "choice"),
    ] {
        let page = pair.engineer.open(&path).await;
        let refused = pair.engineer.send(page.form("ask").tampered(with(name, value.clone()))).await;
        assert_eq!(refused.status, 422, "{name}: {refused}");
        let reason = refused.error_at(name).unwrap_or_default();
        let expected = keqiao_app::words::label(Zh, "error", code);
        assert!(reason == expected || (code == "too_long" && reason.contains("2000")), "{name} {code}: {reason}");
        if name != "text" {
            assert_eq!(refused.value_of("text").as_deref().map(str::trim), Some("能坚持多久？"));
        }
    }
    // An achievement that is not public, not there, or one's own.
    for number in [hidden.as_str(), "CG-2026-999999", "x"] {
        assert_eq!(pair.engineer.get(&format!("/questions/new?achievement={number}")).await.status, 404, "{number}");
        assert_eq!(pair.engineer.post(&format!("/questions/new?achievement={number}"), with("", String::new())).await.status, 404);
    }
    let own = pair.researcher.open(&path).await;
    assert!(own.says(t!(Zh, "questions.own")) && !own.offers("ask"), "{own}");
    let refused = pair.researcher.post(&path, with("", String::new())).await;
    assert_eq!((refused.status, refused.summary_errors()), (422, vec![t!(Zh, "error.own_expert").to_owned()]));
    let nobody = app.someone("散客").await;
    let joined = app.rows().await;
    let page = nobody.open(&path).await;
    assert!(!page.offers("ask"), "{page}");
    assert_eq!(nobody.post(&path, with("", String::new())).await.summary_errors(), [t!(Zh, "error.no_organisation")]);
    assert_eq!(app.visitor().get(&path).await.status, 303);
    assert_eq!(
        pair.engineer.get(&format!("/questions/new?demand={}", pair.demand)).await.location(),
        format!("/experts?demand={}", pair.demand)
    );
    assert_eq!(before.count("question"), 0);
    joined.assert_same(&app.rows().await, "a question that was refused");
    assert!(
        before.difference(&joined).iter().all(|row| row.contains("person") || row.contains("audit")),
        "{:?}",
        before.difference(&joined)
    );
}

#[tokio::test]
async fn an_organisation_asks_so_often_a_day_and_no_more() {
    let app = TestApp::with(|settings| settings.limits.questions_per_day = 25).await;
    let pair = app.pair().await;
    let engineer = pair.engineer.actor().await;
    for place in 0..25 {
        questions::ask(app.market(), &engineer, &question(&pair, &format!("第 {place} 问？")), None).await.unwrap();
    }
    let page = pair.engineer.open(&format!("/questions/new?achievement={}", pair.achievement)).await;
    let refused = pair.engineer.send(page.form("ask").with([("expert", "林研究员"), ("text", "再问一次")])).await;
    assert_eq!(refused.status, 422);
    assert!(refused.summary_errors()[0].contains("操作过于频繁"), "{refused}");
    assert_eq!(refused.value_of("text").as_deref().map(str::trim), Some("再问一次"));
    // Lists and notices come in pages.
    app.letters().await;
    for path in ["/questions", "/notices"] {
        let first = pair.researcher.open(path).await;
        let second = pair.researcher.open(&format!("{path}?page=2")).await;
        assert_eq!(first.all(".result-title").len(), 20, "{path}");
        let titles = |page: &keqiao_tests::Answer| page.attributes(".result-title a", "href");
        assert!(!titles(&second).is_empty() && titles(&second).iter().all(|link| !titles(&first).contains(link)), "{path}");
    }
    app.wait(Duration::days(1));
    questions::ask(app.market(), &engineer, &question(&pair, "第二天"), None).await.unwrap();
}

#[tokio::test]
async fn whoever_is_asked_is_reminded_once() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let number = asked(&pair).await;
    let told = async || {
        let letters = app.letters().await;
        letters.iter().filter(|l| l.to == pair.researcher.email() && l.text.contains(&format!("/questions/{number}"))).count()
    };
    assert_eq!(told().await, 1);
    // Asked on Saturday 1 August: due on Friday the 14th, reminded on Wednesday the 12th.
    app.wait(Duration::days(10));
    clock_step(app.market()).await.unwrap();
    assert_eq!(told().await, 1, "not on the 11th");
    app.wait(Duration::days(1));
    join_all((0..4).map(|_| clock_step(app.market()))).await.into_iter().for_each(|step| assert!(step.is_ok()));
    assert_eq!(told().await, 2);
    app.wait(Duration::days(5));
    clock_step(app.market()).await.unwrap();
    assert_eq!(told().await, 2, "once");
    let view = questions::question(app.market(), &pair.engineer.actor().await, &number).await.unwrap();
    assert!(view.overdue, "{view:?}");
    moves(&pair.researcher, &number, QuestionMove::Answer, "迟复为歉。", 1).await.unwrap();
    let view = questions::question(app.market(), &pair.engineer.actor().await, &number).await.unwrap();
    assert!(!view.overdue);
}

#[tokio::test]
async fn experts_can_be_asked_by_others_than_their_own() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let asks = |page: &keqiao_tests::Answer| page.links().iter().filter(|link| link.starts_with("/questions/new")).count();
    let page = pair.engineer.open("/experts?q=陶瓷轴承&field=manufacturing&region=990103").await;
    assert_eq!(asks(&page), 2, "{page}");
    assert!(page.says("汀北区") && page.links().contains(&"/questions".to_owned()));
    assert_eq!(asks(&pair.researcher.open("/experts").await), 0);
    assert_eq!(asks(&app.visitor().open("/experts").await), 2, "visitors are asked to sign in");
    assert_eq!(asks(&pair.engineer.open("/experts?by=organisations").await), 0);
    assert_eq!(asks(&pair.engineer.open("/experts?region=990124").await), 0);
    let link = format!("/questions/new?achievement={}", pair.achievement);
    let achievement = format!("/achievements/{}", pair.achievement);
    assert!(pair.engineer.open(&achievement).await.links().contains(&link));
    assert!(!pair.researcher.open(&achievement).await.links().contains(&link));
    assert!(pair.engineer.get("/experts?demand=XQ-2026-999999").await.status == 404);
    assert!(pair.engineer.open(&format!("/en/experts?demand={}&by=organisations", pair.demand)).await.status == 200);
}
