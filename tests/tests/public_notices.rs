//! Public notices: name and price before a public unit signs, objections to the last moment, and what signing waits for.

use futures::future::join_all;
use keqiao_app::{t, words::code_label};
use keqiao_market::{Actor, Error, clocks, contracts, deals, entity, interests, public_notices, sales};
use keqiao_model::{
    Coded, DealMove, DealState, Fields, FirstRefusal, InterestMove, Lang::Zh, ListingKind, NoticeState, ObjectionMove, ObjectionState,
};
use keqiao_tests::{AchievementForm, Client, ContractForm, DemandForm, OrganisationForm, PASSWORD, Pair, TestApp};
use sea_orm::{EntityTrait, IntoActiveModel};
use time::Duration;
use uuid::Uuid;

/// From the beginning of a test in the afternoon to the end of the fifteenth day after it.
const PERIOD: Duration = Duration::hours(15 * 24 + 8);
const MOMENT: Duration = Duration::microseconds(1);

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.into_iter().collect()
}

#[track_caller]
fn codes<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(String, String)> {
    match result {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|e| (e.field, e.code)).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

/// A public institute and a company that fit each other.
async fn public_pair(app: &TestApp, achievement: AchievementForm) -> Pair {
    let engineer = app.enterprise("沈工").await;
    let researcher = app.member("林研究员", OrganisationForm::public_institute("林研究员研究院")).await;
    let officer = app.officer().await;
    let demand = app.published(&engineer, &officer, ListingKind::Demand, DemandForm::complete().fields()).await;
    let achievement = app.published(&researcher, &officer, ListingKind::Achievement, achievement.fields()).await;
    app.index().await;
    Pair { engineer, researcher, officer, demand, achievement }
}

/// A deal of theirs whose terms both sides accepted.
async fn agreed(app: &TestApp) -> (Pair, String) {
    let pair = public_pair(app, AchievementForm::complete()).await;
    let deal = pair.deal().await;
    pair.agree(&deal).await;
    (pair, deal)
}

fn notice_form() -> Fields {
    fields([
        ("title", "氮化硅陶瓷轴承及其微量润滑技术"),
        ("summary", "陶瓷球与微量油气润滑结合，温升低于 12 ℃。"),
        ("way", "development"),
        ("price", "120万"),
        ("interested", "no"),
        ("first_refusal", "declined"),
        ("first_refusal_note", "七月二十日书面征询两位完成人，均放弃。"),
    ])
}

async fn publish(pair: &Pair, deal: &str) -> Result<String, Error> {
    let (market, actor) = (pair.researcher.app().market(), pair.researcher.actor().await);
    let version = deals::deal(market, &actor, deal).await.unwrap().version;
    public_notices::publish(market, &actor, deal, &notice_form(), version, None).await
}

async fn sign(pair: &Pair, deal: &str, on: &str) -> Result<String, Error> {
    let (market, actor) = (pair.researcher.app().market(), pair.researcher.actor().await);
    let form = ContractForm::complete().set("kind", "development").set("signed_on", on);
    contracts::create_contract(market, &actor, Some(deal), &form.fields(), None).await
}

async fn object(app: &TestApp, number: &str, name: &str) -> Result<(), Error> {
    let form = fields([("name", name), ("contact", "13900000000"), ("text", "该成果另有共有单位，权属不清。")]);
    public_notices::raise(app.market(), &keqiao_market::Actor::Visitor, number, &form, "10.0.0.1", None).await
}

async fn answer(pair: &Pair, number: &str, by: ObjectionMove) -> Result<(), Error> {
    let (market, actor) = (pair.researcher.app().market(), pair.researcher.actor().await);
    let notice = public_notices::public_notice(market, &actor, number).await.unwrap();
    let raised = notice.objections.iter().find(|o| o.state == ObjectionState::Raised).unwrap();
    let words: Fields = [(format!("answer.{}", raised.id), "已核实并附证明。")].into_iter().collect();
    public_notices::answer(market, &actor, number, raised.id, by, &words, raised.version, None).await
}

async fn deal_state(pair: &Pair, deal: &str) -> DealState {
    deals::deal(pair.engineer.app().market(), &pair.engineer.actor().await, deal).await.unwrap().summary.state
}

async fn again(who: &Client) {
    who.sign_in(&who.email(), PASSWORD).await;
}

#[tokio::test]
async fn a_public_unit_signs_only_after_its_notice_ended() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    assert_eq!(codes(sign(&pair, &deal, "2026-08-01").await), refused("", "notice_missing"));
    // The seller's side publishes; the other one is told that it waits.
    let path = format!("/deals/{deal}/notice");
    assert!(pair.researcher.open(&format!("/deals/{deal}")).await.links().contains(&path));
    assert!(pair.engineer.open(&path).await.says(t!(Zh, "public_notices.seller_publishes")));
    assert_eq!(app.enterprise("路人").await.get(&path).await.status, 404);
    assert_eq!(app.visitor().get(&path).await.status, 303);
    let page = pair.researcher.open(&path).await;
    assert!(page.says(t!(Zh, "public_notices.owed")) && page.says("2026-08-16"), "{page}");
    assert!(page.says("沈工科技有限公司") && page.says("林研究员、周工程师"), "the buyer and the inventors are named: {page}");
    let form = page.form("publish");
    assert_eq!((form.value("title"), form.value("price")), ("氮化硅陶瓷轴承及其微量润滑技术", "1200000"));
    assert_eq!(form.value("way"), "development", "as the terms say");
    assert!(form.value("summary").contains("氮化硅陶瓷球"));
    let before = app.rows().await;
    let bad = form.with([("price", "100万"), ("interested", "yes"), ("first_refusal", "declined"), ("title", "")]);
    let bad = pair.researcher.send(bad).await;
    assert_eq!(bad.status, 422);
    for (field, words) in [("title", t!(Zh, "error.required")), ("interest_note", t!(Zh, "error.required"))] {
        assert_eq!(bad.error_at(field).as_deref(), Some(words), "{bad}");
    }
    assert!(bad.error_at("first_refusal_note").is_some());
    assert!(bad.error_at("price").is_some_and(|e| e.contains("1,200,000.00")), "{bad}");
    assert_eq!(bad.value_of("price").as_deref(), Some("100万"), "what was typed stays");
    let bad = bad.form("publish").with([("price", "120万"), ("title", "陶瓷轴承"), ("interested", "no"), ("first_refusal", "exercised")]);
    let bad = pair.researcher.send(bad.with([("first_refusal_note", "周工程师受让")])).await;
    assert_eq!(bad.error_at("interested").as_deref(), Some(t!(Zh, "error.exercised_is_interested")), "{bad}");
    before.assert_same(&app.rows().await, "a refused notice");
    assert_eq!(pair.engineer.post(&path, notice_form()).await.status, 403, "the buyer does not publish");

    let good = bad.form("publish").with([("interested", "yes"), ("interest_note", "买方股东之一是完成人周工程师，价格经评估。")]);
    let done = pair.researcher.send(good).await;
    assert_eq!((done.status, done.location()), (303, "/public-notices/GS-2026-000001".to_owned()), "{done}");
    let page = app.visitor().open("/public-notices/GS-2026-000001").await;
    let exercised = code_label(Zh, FirstRefusal::GROUP, FirstRefusal::Exercised.code());
    for words in ["陶瓷轴承", "1,200,000", "沈工科技有限公司", "林研究员研究院", "买方股东之一", &exercised, "周工程师受让"]
    {
        assert!(page.says(words), "{words}: {page}");
    }
    assert!(page.says(&t!(Zh, "public_notices.days_left", n = 15)) && page.says(t!(Zh, "public_notices.related")), "{page}");
    assert!(!page.links().contains(&format!("/deals/{deal}")) && !page.offers("stop"), "the deal is not for the public");
    assert_eq!(deal_state(&pair, &deal).await, DealState::Notice);
    let back = pair.engineer.get(&path).await;
    assert_eq!((back.status, back.location()), (303, "/public-notices/GS-2026-000001".to_owned()));
    assert_eq!(codes(publish(&pair, &deal).await), refused("", "not_your_turn"));
    assert_eq!(codes(sign(&pair, &deal, "2026-08-01").await), refused("", "notice_running"));
    // Neither side gets round it from the deal's own page.
    let (market, researcher) = (app.market(), pair.researcher.actor().await);
    let version = deals::deal(market, &researcher, &deal).await.unwrap().version;
    let moved = deals::move_deal(market, &researcher, &deal, DealMove::ReopenTerms, &fields([("reason", "重谈")]), version, None).await;
    assert!(matches!(moved, Err(Error::Forbidden)), "{moved:?}");

    app.wait(PERIOD - MOMENT);
    clocks::clock_step(market).await.unwrap();
    assert_eq!(codes(sign(&pair, &deal, "2026-08-16").await), refused("", "notice_running"), "the last moment belongs to the period");
    app.wait(MOMENT);
    clocks::clock_step(market).await.unwrap();
    let page = app.visitor().open("/public-notices/GS-2026-000001").await;
    assert!(page.says(&code_label(Zh, NoticeState::GROUP, NoticeState::Ended.code())) && !page.offers("object"), "{page}");
    assert_eq!(codes(sign(&pair, &deal, "2026-08-16").await), refused("signed_on", "signed_before_notice_ended"));
    sign(&pair, &deal, "2026-08-17").await.unwrap();
    assert_eq!(deal_state(&pair, &deal).await, DealState::Signed);
    let letters = app.letters().await;
    let told = |to: &str, part: &str| letters.iter().filter(|l| l.to == to && l.subject.contains(part)).count();
    let ended = t!(Zh, "told.public_notice_ended_subject", subject = "");
    for who in [&pair.engineer, &pair.researcher] {
        assert_eq!(told(&who.email(), ended.trim()), 1, "{letters:?}");
    }
    let began = t!(Zh, "told.public_notice_published_subject", subject = "");
    assert_eq!((told(&pair.engineer.email(), began.trim()), told(&pair.researcher.email(), began.trim())), (1, 0));
}

#[tokio::test]
async fn an_objection_on_the_last_second_counts_and_a_moment_later_it_does_not() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    let number = publish(&pair, &deal).await.unwrap();
    let path = format!("/public-notices/{number}");
    let visitor = app.visitor();
    app.wait(PERIOD - MOMENT);
    let page = visitor.open(&path).await;
    assert!(page.says(t!(Zh, "public_notices.last_day")), "{page}");
    let form = page.form("object").with([("name", "张三丰"), ("contact", "zhang@example.cn"), ("text", "价格明显偏低。")]);
    let late = form.clone();
    assert_eq!(visitor.send(form).await.status, 303);
    app.wait(MOMENT);
    let before = app.rows().await;
    // The form was open when the period ended, and the clock has not come by yet.
    let late = visitor.send(late.tampered([("once", Uuid::now_v7().to_string())])).await;
    assert_eq!((late.status, late.summary_errors()), (422, vec![t!(Zh, "error.objection_late").to_owned()]));
    before.assert_same(&app.rows().await, "an objection after the end");
    assert_eq!(codes(object(&app, &number, "李四").await), refused("", "objection_late"));
    clocks::clock_step(app.market()).await.unwrap();
    assert_eq!(codes(object(&app, &number, "李四").await), refused("", "objection_late"));
    assert_eq!(codes(sign(&pair, &deal, "2026-08-17").await), refused("", "objections_open"));
    answer(&pair, &number, ObjectionMove::Reject).await.unwrap();
    sign(&pair, &deal, "2026-08-17").await.unwrap();
}

#[tokio::test]
async fn an_objector_is_named_to_the_unit_and_the_officers_alone() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    let number = publish(&pair, &deal).await.unwrap();
    let path = format!("/public-notices/{number}");
    let objector = app.someone("欧阳明").await;
    let page = objector.open(&path).await;
    assert_eq!(page.value_of("name").as_deref(), Some("欧阳明"));
    let empty = objector.send(page.form("object").with([("name", "")])).await;
    for field in ["name", "contact", "text"] {
        assert_eq!(empty.error_at(field).as_deref(), Some(t!(Zh, "error.required")), "{empty}");
    }
    let long = "长".repeat(2_001);
    let refused = objector.send(page.form("object").with([("contact", "金丝雀@example.cn"), ("text", long.as_str())])).await;
    assert!(refused.error_at("text").is_some_and(|e| e.contains("2000")), "{refused}");
    let done = objector.send(refused.form("object").with([("text", "本人也是完成人，未列入。")])).await;
    assert_eq!(done.status, 303, "{done}");
    let county = app.county_officer("990103").await;
    let elsewhere = app.county_officer("990124").await;
    for (who, full) in [
        (&app.visitor(), false),
        (&pair.engineer, false),
        (&elsewhere, false),
        (&pair.researcher, true),
        (&pair.officer, true),
        (&county, true),
        (&objector, true),
    ] {
        let page = who.open(&path).await;
        assert!(page.says("本人也是完成人"), "the words are public: {page}");
        assert_eq!((page.says("欧阳明"), page.says("金丝雀@example.cn")), (full, full), "{page}");
        assert!(full || page.says("欧**"), "{page}");
        assert_eq!(page.offers("reject"), std::ptr::eq(who, &pair.researcher), "the unit alone answers");
    }
    let letters = app.letters().await;
    assert!(letters.iter().all(|l| !l.text.contains("金丝雀@example.cn") && !l.text.contains("欧阳明")), "{letters:?}");
    let raised = t!(Zh, "told.objection_raised_subject", subject = "");
    for to in [pair.researcher.email(), pair.officer.email(), county.email()] {
        assert!(letters.iter().any(|l| l.to == to && l.subject.contains(raised.trim())), "{to}");
    }
    // An answer needs words, and is given once.
    let page = pair.researcher.open(&path).await;
    let form = page.form("reject");
    let field = format!("answer.{}", form.value("objection"));
    let wordless = pair.researcher.send(form).await;
    assert_eq!(wordless.error_at(&field).as_deref(), Some(t!(Zh, "error.reason_required")), "{wordless}");
    let form = wordless.form("reject").with([(field.as_str(), "完成人名单以证书为准。")]);
    assert_eq!(pair.engineer.send(form.clone()).await.status, 403);
    assert_eq!(pair.researcher.send(form.clone()).await.status, 303);
    let twice = pair.researcher.send(form.tampered([("once", Uuid::now_v7().to_string())])).await;
    assert_eq!(twice.summary_errors(), [t!(Zh, "error.already_answered")], "{twice}");
    assert!(app.visitor().open(&path).await.says("完成人名单以证书为准"));
    let answered = t!(Zh, "told.objection_answered_subject", subject = "");
    assert!(app.last_letter_to(&objector.email()).await.subject.contains(answered.trim()));
}

#[tokio::test]
async fn an_objection_that_is_right_needs_a_new_notice() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    let first = publish(&pair, &deal).await.unwrap();
    object(&app, &first, "张三丰").await.unwrap();
    answer(&pair, &first, ObjectionMove::Uphold).await.unwrap();
    app.wait(PERIOD);
    clocks::clock_step(app.market()).await.unwrap();
    assert_eq!(codes(sign(&pair, &deal, "2026-08-17").await), refused("", "objection_upheld"));
    again(&pair.researcher).await;
    again(&pair.engineer).await;
    let path = format!("/public-notices/{first}");
    let page = pair.researcher.open(&path).await;
    assert!(page.says(t!(Zh, "public_notices.upheld")), "{page}");
    let silent = pair.researcher.press(&page, "stop").await;
    assert_eq!(silent.error_at("reason").as_deref(), Some(t!(Zh, "error.required")), "{silent}");
    let stop = silent.form("stop").with([("reason", "补充共有单位后重新公示。")]);
    assert_eq!(pair.engineer.send(stop.clone()).await.status, 403);
    assert_eq!(pair.researcher.send(stop).await.status, 303);
    let page = app.visitor().open(&path).await;
    assert!(page.says("补充共有单位后重新公示") && page.says(t!(Zh, "public_notices.stopped")) && !page.offers("object"), "{page}");
    assert_eq!(deal_state(&pair, &deal).await, DealState::Terms);
    assert_eq!(codes(sign(&pair, &deal, "2026-08-17").await), refused("", "notice_missing"));
    let second = publish(&pair, &deal).await.unwrap();
    assert_eq!(second, "GS-2026-000002");
    app.wait(Duration::days(16));
    clocks::clock_step(app.market()).await.unwrap();
    sign(&pair, &deal, "2026-09-02").await.unwrap();
    // What is signed stays: the notice cannot be taken back any more.
    let researcher = pair.researcher.actor().await;
    let notice = public_notices::public_notice(app.market(), &researcher, &second).await.unwrap();
    assert!(!notice.may_stop);
    let late = public_notices::stop(app.market(), &researcher, &second, &fields([("reason", "反悔")]), notice.version, None).await;
    assert_eq!(codes(late), refused("", "not_your_turn"));
}

#[tokio::test]
async fn what_the_inventors_own_and_what_was_sold_to_the_buyer_needs_no_notice() {
    let app = TestApp::new().await;
    let pair = public_pair(&app, AchievementForm::complete().set("ownership", "inventor")).await;
    let deal = pair.deal().await;
    pair.agree(&deal).await;
    let page = pair.researcher.open(&format!("/deals/{deal}/notice")).await;
    assert!(page.says(t!(Zh, "public_notices.not_owed")), "{page}");
    sign(&pair, &deal, "2026-08-01").await.unwrap();

    let app = TestApp::new().await;
    let pair = public_pair(&app, AchievementForm::complete()).await;
    let (market, owner, buyer) = (app.market(), pair.researcher.actor().await, pair.engineer.actor().await);
    let form = fields([("way", "listed"), ("price", "120万"), ("closes_at", "2026-08-03 18:00"), ("rules", "成交后十五个工作日内签约。")]);
    let sale = sales::announce(market, &owner, &pair.achievement, &form, None).await.unwrap();
    sales::apply(market, &buyer, &sale, None).await.unwrap();
    let bidder = sales::sale(market, &owner, &sale, 1).await.unwrap().bidders.unwrap().remove(0);
    let admit = keqiao_model::BidderMove::Admit;
    sales::answer_bidder(market, &owner, &sale, bidder.id, admit, &Fields::default(), bidder.version, None).await.unwrap();
    sales::place_bid(market, &buyer, &sale, &fields([("amount", "120万")]), None).await.unwrap();
    let message = fields([("message", "已按挂牌价成交，请签约。")]);
    let interest =
        interests::send_interest(market, &buyer, ListingKind::Achievement, &pair.achievement, None, &message, None).await.unwrap();
    let deal =
        interests::answer_interest(market, &owner, interest, InterestMove::Accept, &Fields::default(), 1, None).await.unwrap().unwrap();
    pair.agree(&deal).await;
    sign(&pair, &deal, "2026-08-01").await.unwrap();
}

#[tokio::test]
async fn a_deal_that_comes_to_nothing_takes_its_notice_back() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    let number = publish(&pair, &deal).await.unwrap();
    let (market, engineer) = (app.market(), pair.engineer.actor().await);
    let version = deals::deal(market, &engineer, &deal).await.unwrap().version;
    let why = fields([("code", "other"), ("reason", "预算被取消，内部情况")]);
    deals::move_deal(market, &engineer, &deal, DealMove::Lose, &why, version, None).await.unwrap();
    let page = app.visitor().open(&format!("/public-notices/{number}")).await;
    assert!(page.says(t!(Zh, "public_notices.stopped_lost")) && !page.offers("object"), "{page}");
    assert!(!page.says("内部情况"), "why is for the two sides");
    assert_eq!(codes(object(&app, &number, "张三").await), refused("", "objection_late"));
    app.wait(PERIOD);
    assert_eq!(clocks::clock_step(market).await.unwrap(), 0, "what was taken back does not end");
}

#[tokio::test]
async fn nobody_floods_a_notice_with_objections() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    let number = publish(&pair, &deal).await.unwrap();
    for place in 0..5 {
        object(&app, &number, &format!("张{place}")).await.unwrap();
    }
    let sixth = object(&app, &number, "张六").await;
    assert!(matches!(sixth, Err(Error::TooMany { .. })), "{sixth:?}");
    let form = fields([("name", "李四"), ("contact", "13900000001"), ("text", "另有异议")]);
    public_notices::raise(app.market(), &keqiao_market::Actor::Visitor, &number, &form, "10.0.0.2", None).await.unwrap();
    assert_eq!(app.rows().await.count("objection"), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_at_once_one_publishes_one_answers_and_one_stops() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    let published = join_all((0..6).map(|_| publish(&pair, &deal))).await;
    assert_eq!(published.iter().filter(|p| p.is_ok()).count(), 1, "{published:?}");
    assert!(published.iter().all(|p| !matches!(p, Err(Error::Internal(_)))), "{published:?}");
    let number = published.into_iter().find_map(Result::ok).unwrap();
    assert_eq!(app.rows().await.count("public_notice"), 1);
    object(&app, &number, "张三").await.unwrap();
    let (market, researcher) = (app.market(), pair.researcher.actor().await);
    let notice = public_notices::public_notice(market, &researcher, &number).await.unwrap();
    let raised = &notice.objections[0];
    let words: Fields = [(format!("answer.{}", raised.id), "已核实。")].into_iter().collect();
    let answers = join_all([ObjectionMove::Reject, ObjectionMove::Uphold, ObjectionMove::Reject].map(|by| {
        let (researcher, words, number) = (&researcher, &words, &number);
        async move { public_notices::answer(market, researcher, number, raised.id, by, words, raised.version, None).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1, "{answers:?}");
    // Taking it back against objections that come in: whatever is stored came before, and nothing waits in a circle.
    let reason = fields([("reason", "重新商定")]);
    let (stopped, raised) = futures::join!(
        public_notices::stop(market, &researcher, &number, &reason, notice.version, None),
        join_all((0..4).map(|_| object(&app, &number, "李四")))
    );
    stopped.unwrap();
    let stored = raised.iter().filter(|r| r.is_ok()).count();
    assert!(raised.iter().all(|r| matches!(r, Ok(()) | Err(Error::Invalid(_)))), "{raised:?}");
    assert_eq!(app.rows().await.count("objection"), 1 + stored);
    assert_eq!(deal_state(&pair, &deal).await, DealState::Terms);
}

#[tokio::test]
async fn everyone_reads_the_list_of_notices() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    assert!(visitor.open("/public-notices").await.says(t!(Zh, "public_notices.none_text")));
    let (pair, deal) = agreed(&app).await;
    let number = publish(&pair, &deal).await.unwrap();
    let listed = async |query: &str| visitor.open(&format!("/public-notices{query}")).await.all(".results .result-title").len();
    assert_eq!((listed("").await, listed("?state=running").await, listed("?state=ended").await), (1, 1, 0));
    assert!(visitor.open("/public-notices?state=ended").await.says(t!(Zh, "public_notices.none_found")));
    assert_eq!((listed("?q=陶瓷").await, listed("?q=沈工").await, listed("?q=废水").await, listed("?state=x&page=9").await), (1, 1, 0, 1));
    assert!(visitor.open("/en/public-notices").await.says("days left"));
    app.wait(PERIOD);
    assert_eq!((listed("?state=running").await, listed("?state=ended").await), (0, 1), "over at its time, clock or not");
    // Many more, all running.
    let db = app.market().database();
    let row = entity::public_notice::Entity::find().one(db).await.unwrap().unwrap();
    for place in 2..=25 {
        let copy = entity::public_notice::Model {
            id: Uuid::now_v7(),
            number: format!("GS-2026-{place:06}"),
            title: format!("第 {place} 项"),
            ends_at: row.ends_at + i64::from(place) * 86_400_000_000,
            ..row.clone()
        };
        entity::public_notice::Entity::insert(copy.into_active_model()).exec_without_returning(db).await.unwrap();
    }
    let page = visitor.open("/public-notices").await;
    assert_eq!(page.all(".results .result-title").first().map(String::as_str), Some("第 2 项"), "the next to end comes first");
    let last = visitor.open("/public-notices?page=2").await;
    assert_eq!(last.all(".results .result-title").len(), 5);
    let links = last.attributes(".results .result-title a", "href");
    assert_eq!(links.last(), Some(&format!("/public-notices/{number}")), "what is over comes last");
    assert_eq!(visitor.get("/public-notices/GS-2026-999999").await.status, 404);
    assert!(visitor.get("/sitemap.xml").await.text.contains("/public-notices"));
}

#[tokio::test]
async fn an_objection_comes_from_others_who_can_be_reached() {
    let app = TestApp::new().await;
    let (pair, deal) = agreed(&app).await;
    let number = publish(&pair, &deal).await.unwrap();
    let said = |contact: &str| fields([("name", "李四"), ("contact", contact), ("text", "另有异议")]);
    let own = public_notices::raise(app.market(), &pair.researcher.actor().await, &number, &said("13900000001"), "peer", None).await;
    assert_eq!(codes(own), refused("", "objection_own"));
    assert!(
        pair.researcher.open(&format!("/public-notices/{number}")).await.all("button").iter().all(|b| b != t!(Zh, "public_notices.object"))
    );
    let unreachable = public_notices::raise(app.market(), &Actor::Visitor, &number, &said("见面谈"), "peer", None).await;
    assert_eq!(codes(unreachable), refused("contact", "contact"));
    public_notices::raise(app.market(), &Actor::Visitor, &number, &said("li@example.cn"), "peer", None).await.unwrap();
}
