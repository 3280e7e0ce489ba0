//! First contacts: what they say, who is named, by when they are answered, and what becomes of those who do not answer.

use std::collections::{BTreeMap, BTreeSet};

use keqiao_app::{
    t,
    words::{code_label, error_words, label},
};
use keqiao_market::{Error, clocks, interests, listings, matching};
use keqiao_model::{
    Coded as _, Cooperation, DeclineCode, FieldError, Fields, InterestMove, InterestState,
    Lang::{self, Zh},
    ListingKind::{Achievement, Demand},
    ListingState, NoticeKind,
};
use keqiao_tests::{AchievementForm, Answer, Client, DemandForm, Pair, Settings, TestApp};
use time::Duration;
use uuid::Uuid;

/// Nobody is signed out while a test waits for weeks.
fn patient(settings: &mut Settings) {
    settings.session_idle_hours = 24 * 365;
    settings.session_days = 365;
}

/// Somebody asks for the demand; answers the interest's id.
async fn ask(who: &Client, pair: &Pair) -> Uuid {
    let fields: Fields = [("message", "愿意面谈")].into_iter().collect();
    interests::send_interest(who.app().market(), &who.actor().await, Demand, &pair.demand, None, &fields, None).await.unwrap()
}

async fn answer(who: &Client, id: Uuid, by: InterestMove, fields: &[(&str, &str)]) -> keqiao_market::Result<Option<String>> {
    let (market, actor) = (who.app().market(), who.actor().await);
    let version = interests::interest(market, &actor, id).await?.version;
    interests::answer_interest(market, &actor, id, by, &fields.iter().copied().collect(), version, None).await
}

async fn state(who: &Client, id: Uuid) -> InterestState {
    interests::interest(who.app().market(), &who.actor().await, id).await.unwrap().state
}

async fn tick(app: &TestApp) -> usize {
    clocks::clock_step(app.market()).await.unwrap()
}

async fn demand_state(pair: &Pair) -> ListingState {
    let engineer = pair.engineer.actor().await;
    listings::listing(pair.engineer.app().market(), &engineer, Demand, &pair.demand).await.unwrap().summary.state
}

/// The code of the one reason for which something was refused.
#[track_caller]
fn reason<T: std::fmt::Debug>(result: keqiao_market::Result<T>) -> String {
    match result {
        Err(Error::Invalid(errors)) => errors.first().unwrap().code.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Letters to somebody of a kind that is told.
async fn told(app: &TestApp, who: &Client, kind: NoticeKind, listing: &str) -> usize {
    let subject = label(Zh, "told", &format!("{}_subject", kind.code()));
    let begins = subject.split("{subject}").next().unwrap().to_owned();
    let of = |s: &str| s.contains(&begins) && s.contains(listing);
    app.letters().await.iter().filter(|l| l.to == who.email() && of(&l.subject)).count()
}

#[tokio::test]
async fn a_first_contact_says_what_why_and_which_indicators_it_meets() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let path = format!("/demands/{}/interest", pair.demand);
    let page = pair.researcher.open(&path).await;
    let typed = [
        ("counter", pair.achievement.as_str()),
        ("message", "提供陶瓷轴承"),
        ("fit", "两家机床厂已试用 18 个月"),
        ("indicators.0.value", "10000 h"),
        ("cooperation", "license"),
    ];
    // A value without a verdict is asked back for, and everything typed stays.
    let refused = pair.researcher.send(page.form("send").with(typed)).await;
    assert_eq!(refused.error_at("indicators.0.answer").as_deref(), Some(t!(Zh, "error.required")), "{refused}");
    for (name, value) in typed {
        assert_eq!(refused.value_of(name).as_deref().map(str::trim), Some(value), "{name}");
    }
    let sent = pair.researcher.send(refused.form("send").with([("indicators.0.answer", "meets")])).await;
    assert_eq!(sent.status, 303, "{sent}");
    for lang in Lang::ALL {
        let page = pair.engineer.open(&format!("{}{}", lang.prefix(), sent.location())).await;
        let way = code_label(lang, Cooperation::GROUP, Cooperation::License.code());
        let verdict = code_label(lang, "indicator_answer", "meets");
        for words in ["提供陶瓷轴承", "两家机床厂已试用", "轴承寿命", "≥ 8000 h", "10000 h", "林研究员研究院", &way, &verdict]
        {
            assert!(page.says(words), "{words}: {page}");
        }
        assert!(page.links().iter().any(|l| l.ends_with(&format!("/achievements/{}", pair.achievement))), "{page}");
    }
    assert!(app.last_letter_to(&pair.engineer.email()).await.text.contains("2026-08-07"), "by when it must be answered");
}

#[tokio::test]
async fn a_contact_that_makes_no_sense_comes_back() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let page = pair.researcher.open(&format!("/demands/{}/interest", pair.demand)).await;
    let before = app.rows().await;
    let form = || page.form("send").with([("message", "愿意面谈")]);
    let long = "长".repeat(2_001);
    let tries: [(&str, &str, &str, &str); 6] = [
        ("message", "", "message", "required"),
        ("fit", &long, "fit", "too_long"),
        ("cooperation", "marriage", "cooperation", "choice"),
        ("indicators.0.answer", "exceeds", "indicators.0.answer", "choice"),
        ("indicators.0.of", "轴承寿命 ≥ 1 h", "indicators.0.answer", "indicators_changed"),
        ("indicators.7.answer", "meets", "indicators", "indicators_changed"),
    ];
    for (name, value, at, code) in tries {
        let answer = if name == "indicators.0.of" { [("indicators.0.answer", "meets")] } else { [("message", "愿意面谈")] };
        let refused = pair.researcher.send(form().tampered(answer).tampered([(name, value)])).await;
        let words = error_words(Zh, &FieldError::new(at, code).with("max", 2_000).with("length", 2_001));
        assert_eq!((refused.status, refused.error_at(at)), (422, Some(words)), "{name}={value}");
    }
    before.assert_same(&app.rows().await, "what makes no sense");
}

#[tokio::test]
async fn a_megabyte_of_message_comes_back_whole() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let page = pair.researcher.open(&format!("/demands/{}/interest", pair.demand)).await;
    let length = 1024 * 1024 / 3;
    let huge = "长".repeat(length);
    let before = app.rows().await;
    for field in ["message", "fit"] {
        let typed = [("message", "愿意面谈"), ("fit", "合适"), ("cooperation", "joint"), ("hidden", "yes")];
        let refused = pair.researcher.send(page.form("send").with(typed).with([(field, huge.as_str())])).await;
        let words = error_words(Zh, &FieldError::new(field, "too_long").with("max", 2_000).with("length", length));
        assert_eq!((refused.status, refused.error_at(field)), (422, Some(words)), "{field}");
        assert_eq!(refused.value_of(field).map(|v| v.trim().chars().count()), Some(length), "{field} is still there");
        assert_eq!(refused.value_of("cooperation").as_deref(), Some("joint"));
        assert_eq!(refused.value_of("hidden").as_deref(), Some("yes"));
    }
    before.assert_same(&app.rows().await, "a megabyte");
    let id = pair.interest().await;
    let page = pair.engineer.open(&format!("/interests/{id}")).await;
    let before = app.rows().await;
    let refused = pair.engineer.send(page.form("decline").with([("code", "other"), ("reason", huge.as_str())])).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.value_of("reason").map(|v| v.trim().chars().count()), Some(length));
    before.assert_same(&app.rows().await, "a megabyte of reason");
}

/// Every page that somebody reaches by links, and how often each names one of some texts.
async fn read_everything(who: &Client, pair: &Pair, needles: &[String]) -> BTreeMap<String, usize> {
    const MOST: usize = 120;
    let demand = format!("/demands/{}", pair.demand);
    let starts = ["/work", "/interests", "/interests?tab=recommended", "/deals", "/pairs", "/review", "/review/precision", "/notices"];
    let mut waiting: Vec<String> = starts.iter().map(|s| (*s).to_owned()).collect();
    waiting.extend([demand.clone(), format!("{demand}/matches"), format!("/organisations/{}", pair.engineer.organisation())]);
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut found = BTreeMap::new();
    while let Some(path) = waiting.pop() {
        let page = who.get(&path).await;
        if page.status != 200 {
            continue;
        }
        found.insert(path, needles.iter().map(|n| page.text.matches(n.as_str()).count()).sum());
        for link in page.links() {
            let link = link.split('#').next().unwrap_or_default().to_owned();
            if link.starts_with('/') && !link.starts_with("/attachments") && seen.len() < MOST && seen.insert(link.clone()) {
                waiting.push(link);
            }
        }
    }
    found
}

#[tokio::test]
async fn a_hidden_sender_is_named_nowhere_until_it_is_accepted() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let (broker, researcher) = (app.broker().await, &pair.researcher);
    let pages = format!("/demands/{}/interest?with={}", pair.demand, pair.achievement);
    let recommend = broker.open(&pages).await;
    broker.send(recommend.form("recommend").with([("message", "两家正好合适")])).await;
    let needles = [
        "林研究员".to_owned(),
        "氮化硅陶瓷轴承".to_owned(),
        pair.achievement.clone(),
        researcher.organisation().to_string(),
        researcher.person().to_string(),
    ];
    let readers = [("receiver", &pair.engineer), ("broker", &broker), ("officer", &pair.officer)];
    // What was told before: of the recommendation, which names the pair and nobody's interest.
    let letters = app.letters().await.len();
    let mut before = Vec::new();
    for (_, who) in readers {
        before.push(read_everything(who, &pair, &needles).await);
    }
    // What a reader finds later may name the sender no more often than it did, on pages that were not there before not at all.
    let unnamed = async |when: &str| {
        for ((name, who), before) in readers.iter().zip(&before) {
            for (path, count) in read_everything(who, &pair, &needles).await {
                let known = before.get(&path).copied().unwrap_or(0);
                assert!(count <= known, "{when}, {name} reads at {path} who it is: {count} times instead of {known}");
            }
        }
        let told = app.letters().await.into_iter().skip(letters).filter(|l| l.to != researcher.email());
        for letter in told {
            assert!(!needles.iter().any(|n| letter.text.contains(n) || letter.subject.contains(n)), "{when}: {letter:?}");
            assert_ne!(letter.to, broker.email(), "{when}, the broker is told of it: {letter:?}");
        }
    };
    let send = async || {
        let page = researcher.open(&pages).await;
        let sent = researcher.send(page.form("send").with([("message", "愿意面谈"), ("hidden", "yes")])).await;
        assert_eq!(sent.status, 303, "{sent}");
        sent.location()
    };
    let path = send().await;
    unnamed("sent").await;
    let page = pair.engineer.open(&path).await;
    assert!(page.says(t!(Zh, "interests.unnamed")) && page.says(t!(Zh, "interests.hidden_sender")), "{page}");
    assert!(researcher.open(&path).await.says(t!(Zh, "interests.hidden_own")));
    assert!(app.last_letter_to(&pair.engineer.email()).await.text.contains("接受之后再公开身份"));
    assert_eq!(broker.get(&path).await.status, 404);
    pair.engineer.does(&page, "acknowledge").await;
    unnamed("acknowledged").await;
    let page = pair.engineer.open(&path).await;
    let done = pair.engineer.send(page.form("decline").with([("code", "too_early"), ("reason", "等中试以后")])).await;
    assert_eq!(done.status, 303, "{done}");
    unnamed("declined").await;
    // Taken back, it stays unnamed too.
    let path = send().await;
    let page = researcher.open(&path).await;
    researcher.does(&page, "withdraw").await;
    unnamed("withdrawn").await;
    // Accepted, everything is there.
    let path = send().await;
    let page = pair.engineer.open(&path).await;
    let deal = pair.engineer.does(&page, "accept").await;
    let page = pair.engineer.open(&path).await;
    assert!(page.says("林研究员研究院") && page.says("经理人") && page.text.contains(&pair.achievement), "{page}");
    assert!(pair.engineer.follow(deal).await.says("林研究员研究院"));
    assert!(pair.engineer.open("/interests").await.says("林研究员研究院"));
}

#[tokio::test]
async fn whoever_owes_an_answer_is_reminded_once_before_it_lapses() {
    let app = TestApp::with(patient).await;
    let pair = app.pair().await;
    // Sent on Saturday, 1 August: the fifth working day is Friday.
    let path = format!("/interests/{}", pair.interest().await);
    let left = |n: i64| t!(Zh, "interests.days_left", n = n);
    let page = pair.engineer.open(&path).await;
    assert!(page.says(&t!(Zh, "interests.due_receiver", day = "2026-08-07", left = left(5))), "{page}");
    assert!(pair.researcher.open(&path).await.says(&t!(Zh, "interests.due_sender", day = "2026-08-07", left = left(5))));
    assert!(!page.says(t!(Zh, "interests.weekends_only")));
    app.wait(Duration::days(3));
    assert_eq!(tick(&app).await, 0, "three working days are left");
    app.wait(Duration::days(1));
    assert_eq!((tick(&app).await, tick(&app).await), (1, 0), "once");
    assert_eq!(told(&app, &pair.engineer, NoticeKind::InterestDue, &pair.demand).await, 1);
    assert!(app.last_letter_to(&pair.engineer.email()).await.text.contains("2026-08-07"));
    assert_eq!(told(&app, &pair.researcher, NoticeKind::InterestDue, &pair.demand).await, 0);

    // Acknowledged on Wednesday, it may be answered until the twentieth working day after.
    let page = pair.engineer.open(&path).await;
    assert!(page.says(&left(2)), "a reminder leaves the form as it was: {page}");
    pair.engineer.does(&page, "acknowledge").await;
    assert_eq!(told(&app, &pair.researcher, NoticeKind::InterestAcknowledged, &pair.demand).await, 1);
    let page = pair.researcher.open(&path).await;
    assert!(page.says(&t!(Zh, "interests.due_sender", day = "2026-09-02", left = left(20))), "{page}");
    assert!(page.offers("withdraw") && !pair.engineer.open(&path).await.offers("acknowledge"));
    app.wait(Duration::days(5));
    assert_eq!(tick(&app).await, 0, "the first period is over and does not count any more");
    app.wait(Duration::days(21));
    assert_eq!((tick(&app).await, tick(&app).await), (1, 0), "reminded of the second");
    assert_eq!(told(&app, &pair.engineer, NoticeKind::InterestDue, &pair.demand).await, 2);

    // It is open until the last second of the day in China, 15:59:59 UTC.
    app.wait(Duration::days(2) + Duration::hours(7) + Duration::minutes(59) + Duration::seconds(59));
    assert_eq!(tick(&app).await, 0, "at {}", app.now());
    assert!(pair.engineer.open(&path).await.says(t!(Zh, "interests.due_today")));
    app.wait(Duration::seconds(1));
    assert_eq!((tick(&app).await, tick(&app).await), (1, 0));
    for who in [&pair.engineer, &pair.researcher] {
        assert_eq!(told(&app, who, NoticeKind::InterestLapsed, &pair.demand).await, 1);
        let page = who.open(&path).await;
        assert!(page.says(&code_label(Zh, InterestState::GROUP, "lapsed")) && !page.says(t!(Zh, "interests.due")), "{page}");
        assert!(!page.offers("accept") && !page.offers("withdraw"));
        // Every move is in the timeline.
        let moves: Vec<String> = ["lapse", "acknowledge", "send"].iter().map(|m| code_label(Zh, InterestMove::GROUP, m)).collect();
        assert_eq!(page.all(".timeline-title"), moves);
    }
    let another = pair.interest().await;
    assert_eq!(state(&pair.engineer, another).await, InterestState::Sent, "another may follow");
}

#[tokio::test]
async fn accepting_after_the_lapse_says_so_and_changes_nothing() {
    let app = TestApp::with(patient).await;
    let pair = app.pair().await;
    let id = pair.interest().await;
    let path = format!("/interests/{id}");
    let (page, own) = (pair.engineer.open(&path).await, pair.researcher.open(&path).await);
    app.wait(Duration::days(8));
    assert!(pair.engineer.open(&path).await.says(t!(Zh, "interests.over")));
    assert_eq!(tick(&app).await, 1);
    let before = app.rows().await;
    let decline = page.form("decline").with([("code", "too_early"), ("reason", "等中试")]);
    for (who, form) in [
        (&pair.engineer, page.form("accept")),
        (&pair.engineer, page.form("acknowledge")),
        (&pair.engineer, decline),
        (&pair.researcher, own.form("withdraw")),
    ] {
        let late = who.send(form).await;
        assert_eq!((late.status, late.summary_errors()), (422, vec![t!(Zh, "error.interest_lapsed").to_owned()]), "{late}");
    }
    before.assert_same(&app.rows().await, "an answer after the lapse");
    assert_eq!((state(&pair.engineer, id).await, app.rows().await.count("deal")), (InterestState::Lapsed, 0));
}

#[tokio::test]
async fn holidays_are_no_working_days_and_a_year_nobody_entered_is_said_so() {
    let app = TestApp::with(patient).await;
    let pair = app.pair().await;
    // Wednesday, 30 September: the National Day week does not count, Saturday the 10th does.
    app.wait(Duration::days(60));
    let path = format!("/interests/{}", pair.interest().await);
    assert!(pair.engineer.open(&path).await.says("2026-10-13"), "8, 9, 10, 12 and 13 October");
    pair.researcher.does(&pair.researcher.open(&path).await, "withdraw").await;
    app.wait(Duration::days(90));
    let path = format!("/interests/{}", pair.interest().await);
    for lang in Lang::ALL {
        let page = pair.engineer.open(&format!("{}{path}", lang.prefix())).await;
        assert!(page.says(t!(lang, "interests.weekends_only")), "{page}");
    }
}

#[tokio::test]
async fn a_listing_that_leaves_interests_unanswered_is_suspended_until_its_owner_answers() {
    let app = TestApp::with(|settings| {
        patient(settings);
        settings.periods.unanswered_interests = 2;
    })
    .await;
    let pair = app.pair().await;
    let path = format!("/demands/{}", pair.demand);
    let others = [app.institute("甲").await, app.institute("乙").await, app.institute("丙").await];
    let found = async || {
        app.index().await;
        app.visitor().open("/demands?q=主轴轴承").await.all(".result-title").len()
    };
    ask(&others[0], &pair).await;
    app.wait(Duration::days(8));
    assert_eq!((tick(&app).await, demand_state(&pair).await), (1, ListingState::Published), "one is not too many");
    ask(&others[0], &pair).await;
    // The third is sent later and still within its time when the others are over.
    app.wait(Duration::days(5));
    let third = ask(&others[2], &pair).await;
    app.wait(Duration::days(3));
    assert_eq!(found().await, 1);
    assert_eq!((tick(&app).await, demand_state(&pair).await), (1, ListingState::Suspended));
    assert_eq!(found().await, 0, "it leaves the index");
    assert_eq!(app.visitor().get(&path).await.status, 404);
    assert_eq!(told(&app, &pair.engineer, NoticeKind::ListingSuspended, &pair.demand).await, 1);
    let page = pair.engineer.open(&path).await;
    assert!(page.says(t!(Zh, "interests.suspended")) && page.links().contains(&"/interests?state=open".to_owned()), "{page}");

    // Nothing opens a deal about what nobody can see; and what is overdue is answered first.
    assert_eq!(reason(answer(&pair.engineer, third, InterestMove::Accept, &[]).await), "listing_suspended");
    app.wait(Duration::days(8));
    let before = app.rows().await;
    let refused = pair.engineer.press(&pair.engineer.open(&path).await, "resume").await;
    assert_eq!((refused.status, refused.summary_errors()), (422, vec![t!(Zh, "error.interests_overdue").to_owned()]));
    before.assert_same(&app.rows().await, "a promise without an answer");
    answer(&pair.engineer, third, InterestMove::Decline, &[("code", "have_solution"), ("reason", "已经买到了")]).await.unwrap();
    pair.engineer.does(&pair.engineer.open(&path).await, "resume").await;
    assert_eq!((demand_state(&pair).await, found().await), (ListingState::Published, 1));
    assert_eq!(app.visitor().get(&path).await.status, 200);

    // The count starts anew.
    ask(&others[1], &pair).await;
    app.wait(Duration::days(8));
    assert_eq!((tick(&app).await, demand_state(&pair).await), (1, ListingState::Published));
    ask(&others[1], &pair).await;
    app.wait(Duration::days(8));
    assert_eq!((tick(&app).await, demand_state(&pair).await), (1, ListingState::Suspended));
}

#[tokio::test]
async fn a_listing_in_a_deal_stays_and_old_lapses_are_forgotten() {
    let app = TestApp::with(|settings| {
        patient(settings);
        settings.periods.unanswered_interests = 2;
    })
    .await;
    let pair = app.pair_of(DemandForm::complete().deadline("2029-03-31"), AchievementForm::complete()).await;
    let (one, other) = (app.institute("甲").await, app.institute("乙").await);
    ask(&one, &pair).await;
    app.wait(Duration::days(8));
    assert_eq!(tick(&app).await, 1);
    app.wait(Duration::days(400));
    ask(&one, &pair).await;
    app.wait(Duration::days(12));
    assert_eq!((tick(&app).await, demand_state(&pair).await), (1, ListingState::Published), "more than a year ago");
    pair.deal().await;
    ask(&one, &pair).await;
    ask(&other, &pair).await;
    app.wait(Duration::days(12));
    assert_eq!((tick(&app).await, demand_state(&pair).await), (2, ListingState::InDeal));
}

#[tokio::test]
async fn owners_learn_by_which_codes_they_were_refused_and_what_to_improve() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let own = format!("/achievements/{}", pair.achievement);
    assert!(pair.researcher.open(&own).await.says(t!(Zh, "interests.feedback_none")));
    let id = pair.interest().await;
    // A refusal has a code and words.
    assert_eq!(reason(answer(&pair.engineer, id, InterestMove::Decline, &[("reason", "不行")]).await), "required");
    assert_eq!(reason(answer(&pair.engineer, id, InterestMove::Decline, &[("code", "too_early")]).await), "reason_required");
    answer(&pair.engineer, id, InterestMove::Decline, &[("code", "too_early"), ("reason", "等中试以后再谈")]).await.unwrap();
    let id = pair.interest().await;
    answer(&pair.engineer, id, InterestMove::Decline, &[("code", "too_early"), ("reason", "还是没有样机")]).await.unwrap();
    let id = pair.interest().await;
    answer(&pair.engineer, id, InterestMove::Decline, &[("code", "description_unclear"), ("reason", "看不懂指标")]).await.unwrap();
    for lang in Lang::ALL {
        for path in [own.clone(), "/interests?tab=sent".to_owned()] {
            let page = pair.researcher.open(&format!("{}{path}", lang.prefix())).await;
            for code in [DeclineCode::TooEarly, DeclineCode::DescriptionUnclear] {
                assert!(page.says(&code_label(lang, DeclineCode::GROUP, code.code())), "{code}: {page}");
                assert!(page.says(&label(lang, "interests.improve", code.code())), "{code}: {page}");
            }
            assert!(page.says(&t!(lang, "interests.times", n = 2)) && page.says("还是没有样机"), "{page}");
        }
    }
    // The owner of the demand sees what it received and answered; nobody else does.
    let feedback = |page: &Answer| page.find("#feedback").unwrap_or_default();
    let page = pair.engineer.open(&format!("/demands/{}", pair.demand)).await;
    let declined = code_label(Zh, InterestState::GROUP, "declined");
    assert!(feedback(&page).contains(&format!("{declined} 3")), "{page}");
    assert!(feedback(&page).contains(&format!("{} 2", code_label(Zh, DeclineCode::GROUP, "too_early"))), "{page}");
    for who in [&pair.researcher, &pair.officer, &app.visitor()] {
        assert_eq!(feedback(&who.open(&format!("/demands/{}", pair.demand)).await), "");
    }
    let stranger = pair.officer.actor().await;
    let refused = interests::listing_outcomes(app.market(), &stranger, Achievement, &pair.achievement).await;
    assert!(matches!(refused, Err(Error::NotFound)));
    // Every code has words of its own in both languages.
    for lang in Lang::ALL {
        let hints: BTreeSet<String> = DeclineCode::ALL.iter().map(|c| label(lang, "interests.improve", c.code())).collect();
        assert!(hints.len() == DeclineCode::ALL.len() && hints.iter().all(|h| h.contains(' ') || lang == Zh), "{hints:?}");
    }
}

#[tokio::test]
async fn an_organisation_shows_how_it_answers() {
    let app = TestApp::with(patient).await;
    let pair = app.pair().await;
    let path = format!("/organisations/{}", pair.engineer.organisation());
    let visitor = app.visitor();
    for lang in Lang::ALL {
        assert!(visitor.open(&format!("{}{path}", lang.prefix())).await.says(t!(lang, "organisations.response_none")));
    }
    let others = [app.institute("甲").await, app.institute("乙").await, app.institute("丙").await];
    let (one, other) = (ask(&others[0], &pair).await, ask(&others[1], &pair).await);
    ask(&others[2], &pair).await;
    let page = visitor.open(&path).await;
    assert!(page.says(&t!(Zh, "organisations.response_waiting", n = 3)) && !page.says("%"), "{page}");
    app.wait(Duration::hours(2));
    answer(&pair.engineer, one, InterestMove::Decline, &[("code", "other"), ("reason", "不合适")]).await.unwrap();
    app.wait(Duration::hours(28));
    answer(&pair.engineer, other, InterestMove::Acknowledge, &[]).await.unwrap();
    let page = visitor.open(&path).await;
    let share = |percent: &str, answered: u64, counted: u64| {
        t!(Zh, "organisations.response_share", percent = percent, answered = answered, counted = counted)
    };
    assert!(page.says(&share("100.0%", 2, 2)) && page.says(&t!(Zh, "organisations.hours", hours = 16)), "{page}");
    app.wait(Duration::days(7));
    assert_eq!(tick(&app).await, 1, "the third lapses");
    let page = visitor.open(&path).await;
    let rule = t!(Zh, "organisations.response_rule", day = "2026-08-09", max = "2,000");
    assert!(page.says(&share("66.6%", 2, 3)) && page.says(&rule), "{page}");
    // After twelve months nothing of it counts any more.
    app.wait(Duration::days(400));
    tick(&app).await;
    assert!(visitor.open(&path).await.says(t!(Zh, "organisations.response_none")));
}

#[tokio::test]
async fn where_the_limit_is_zero_nothing_is_suspended() {
    let app = TestApp::with(|settings| settings.periods.unanswered_interests = 0).await;
    let pair = app.pair().await;
    ask(&pair.researcher, &pair).await;
    app.wait(Duration::days(8));
    assert_eq!((tick(&app).await, demand_state(&pair).await), (1, ListingState::Published));
}

#[tokio::test]
async fn a_list_of_interests_is_filtered_in_the_address_and_paged() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let other = app.institute("甲").await;
    for _ in 0..22 {
        let id = ask(&other, &pair).await;
        answer(&pair.engineer, id, InterestMove::Decline, &[("code", "other"), ("reason", "不合适")]).await.unwrap();
    }
    let waiting = ask(&other, &pair).await;
    let shown = async |query: &str| pair.engineer.open(&format!("/interests{query}")).await.all(".results .result-title").len();
    assert_eq!((shown("").await, shown("?page=2").await), (20, 3));
    assert_eq!((shown("?state=declined").await, shown("?state=declined&page=2").await), (20, 2));
    assert_eq!((shown("?state=open").await, shown("?state=accepted").await, shown("?state=anything").await), (1, 0, 20));
    let page = pair.engineer.open("/interests?state=declined").await;
    assert!(page.links().contains(&"/interests?state=declined&page=2".to_owned()), "{:?}", page.links());
    assert!(page.links().contains(&"/interests?state=open".to_owned()));
    let none = pair.engineer.open("/interests?state=accepted").await;
    assert!(none.says(t!(Zh, "interests.none_in_state")) && none.links().contains(&"/interests".to_owned()), "{none}");
    let work = pair.engineer.open("/work").await;
    assert!(work.links().contains(&format!("/interests/{waiting}")), "{work}");
    let sent = other.open("/interests?tab=sent&state=declined").await;
    assert!(sent.links().contains(&"/interests?tab=sent&state=declined&page=2".to_owned()), "{:?}", sent.links());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_an_acceptance_and_a_lapse_at_once_one_wins() {
    for round in 0..4 {
        let app = TestApp::new().await;
        let pair = app.pair().await;
        let id = pair.interest().await;
        app.wait(Duration::days(8));
        let engineer = pair.engineer.actor().await;
        let accept =
            async || interests::answer_interest(app.market(), &engineer, id, InterestMove::Accept, &Fields::default(), 1, None).await;
        let lapse = async || clocks::clock_step(app.market()).await.unwrap();
        let (accepted, lapsed) = if round % 2 == 0 {
            tokio::join!(accept(), lapse())
        } else {
            let (lapsed, accepted) = tokio::join!(lapse(), accept());
            (accepted, lapsed)
        };
        let stored = state(&pair.engineer, id).await;
        let deals = app.rows().await.count("deal");
        match accepted {
            Ok(deal) => assert_eq!((deal.is_some(), lapsed, stored, deals), (true, 0, InterestState::Accepted, 1)),
            Err(error) => {
                assert_eq!((lapsed, stored, deals), (1, InterestState::Lapsed, 0));
                assert_eq!(reason::<()>(Err(error)), "interest_lapsed");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_people_of_the_receiver_one_answers() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let id = pair.interest().await;
    let path = format!("/interests/{id}");
    let colleague = pair.engineer.another_window();
    let (one, other) = (pair.engineer.open(&path).await, colleague.open(&path).await);
    let decline = other.form("decline").with([("code", "too_early"), ("reason", "等中试")]);
    let (first, second) = tokio::join!(pair.engineer.press(&one, "acknowledge"), colleague.send(decline));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    let refused = if first.status == 422 { &first } else { &second };
    let why = refused.summary_errors();
    assert!(why == [t!(Zh, "error.stale")] || why == [t!(Zh, "error.already_answered")], "{why:?}");
    // Declined too late, the words are still there, and are sent again from the newer page.
    if second.status == 422 {
        assert_eq!(second.value_of("reason").as_deref().map(str::trim), Some("等中试"));
        assert_eq!(colleague.send(second.form("decline")).await.status, 303);
    }
    assert_eq!(state(&pair.engineer, id).await, InterestState::Declined);
}

#[tokio::test]
async fn officers_see_by_which_holidays_periods_are_counted() {
    let app = TestApp::new().await;
    let officer = app.officer().await;
    for lang in Lang::ALL {
        let about = format!("{}/about", lang.prefix());
        let page = officer.open(&about).await;
        assert!(page.says("10-01 – 10-07") && page.says(&t!(lang, "about.calendar_missing", year = 2027)), "{page}");
        assert!(!app.visitor().open(&about).await.says(t!(lang, "about.calendar_lead")));
    }
}

#[tokio::test]
async fn who_answers_is_matched_a_little_better_until_the_answers_are_a_year_old() {
    let app = TestApp::with(patient).await;
    let pair = app.pair().await;
    let market = app.market();
    let demand = listings::listing(market, &pair.engineer.actor().await, Demand, &pair.demand).await.unwrap().summary.id;
    let known = async || {
        interests::response_step(market).await.unwrap();
        app.index().await;
        matching::document(market, demand).await.unwrap().response
    };
    assert_eq!(known().await, None, "nobody has asked yet");
    for _ in 0..3 {
        let asked = ask(&pair.researcher, &pair).await;
        answer(&pair.engineer, asked, InterestMove::Decline, &[("code", "too_early"), ("reason", "等中试")]).await.unwrap();
    }
    assert_eq!(known().await, Some(100));
    let before = app.rows().await;
    assert_eq!(interests::response_step(market).await.unwrap(), 0);
    before.assert_same(&app.rows().await, "a look at the same answers");
    ask(&pair.researcher, &pair).await;
    app.wait(Duration::days(30));
    tick(&app).await;
    assert_eq!(known().await, Some(80), "three of four, in steps of ten");
    app.wait(Duration::days(340));
    assert_eq!(known().await, None, "nothing of that counts any more");
}
