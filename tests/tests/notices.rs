//! What people are told, how they choose to be told, and how mail ends.

use futures::future::join_all;
use keqiao_app::t;
use keqiao_market::{
    clocks::clock_step,
    db::micros,
    entity::{consumer, notice},
    interests,
    notices::{self, notice_step},
    room::messages,
};
use keqiao_model::{Fields, InterestMove, Lang::Zh};
use keqiao_server::mail::{Post, mail_step};
use keqiao_tests::{AchievementForm, Answer, Client, DemandForm, PASSWORD, Pair, SentLetter, TestApp};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use time::Duration;

/// Words of a confidential text that stand nowhere else.
const CANARY: &str = "xyloglyph-4471";

/// How many notices somebody has not read, as the bell says.
fn bell(page: &Answer) -> Option<String> {
    page.find(".bell-count")
}

/// Letters to somebody about interests.
fn about_interests(letters: &[SentLetter], who: &Client) -> usize {
    letters.iter().filter(|letter| letter.to == who.email() && letter.text.contains("/interests/")).count()
}

/// Takes an interest back, so that another can be sent.
async fn take_back(pair: &Pair, interest: uuid::Uuid) {
    let researcher = pair.researcher.actor().await;
    let market = pair.researcher.app().market();
    interests::answer_interest(market, &researcher, interest, InterestMove::Withdraw, &Fields::default(), 1, None).await.unwrap();
}

/// Somebody chooses by the form.
async fn choose(who: &Client, chosen: &[(&str, &str)], hidden: &[&str]) {
    let page = who.open("/notices/settings").await;
    let mut form = page.form("save").with(chosen.iter().map(|(name, way)| ((*name).to_owned(), (*way).to_owned())).collect::<Vec<_>>());
    for kind in hidden {
        form = form.unchecked(kind);
    }
    assert_eq!(who.send(form).await.status, 303);
}

#[tokio::test]
async fn each_person_is_told_of_each_event_once() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    pair.deal().await;
    let steps = (0..6).map(|_| async {
        for _ in 0..4 {
            notice_step(app.market()).await.unwrap();
        }
    });
    join_all(steps).await;
    let first = app.rows().await;
    assert!(first.count("notice") > 3, "{first:?}");
    // The events come again, from the beginning and from the middle, to several readers at once.
    for seq in [0_i64, 3, 0] {
        consumer::Entity::update_many()
            .col_expr(consumer::Column::Seq, Expr::value(seq))
            .filter(consumer::Column::Name.eq("letters"))
            .exec(app.market().database())
            .await
            .unwrap();
        join_all((0..4).map(|_| notice_step(app.market()))).await.into_iter().for_each(|step| assert!(step.is_ok()));
    }
    first.assert_same(&app.rows().await, "an event that comes again");
    let page = pair.engineer.open("/notices").await;
    assert_eq!(page.links().iter().filter(|link| link.starts_with("/interests/")).count(), 1, "{page}");
    let told = pair.researcher.open("/notices").await;
    assert!(told.says("对方接受了"), "{told}");
    assert_eq!(about_interests(&app.letters().await, &pair.engineer), 1);
}

#[tokio::test]
async fn a_person_is_told_as_it_chose() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    app.letters().await;
    // Mail without a notice in the market.
    choose(&pair.engineer, &[("mail.interest_sent", "instant")], &["in_app.interest_sent"]).await;
    let first = pair.interest().await;
    assert_eq!(about_interests(&app.letters().await, &pair.engineer), 1);
    assert!(!pair.engineer.open("/notices").await.links().contains(&format!("/interests/{first}")));
    // A notice without mail.
    take_back(&pair, first).await;
    choose(&pair.engineer, &[("mail.interest_sent", "off"), ("in_app.interest_sent", "yes")], &[]).await;
    let second = pair.interest().await;
    assert_eq!(about_interests(&app.letters().await, &pair.engineer), 1);
    assert!(pair.engineer.open("/notices").await.links().contains(&format!("/interests/{second}")));
    // What the form says is what was chosen; what is no way is refused at its field, with everything else still there.
    let page = pair.engineer.open("/notices/settings").await;
    assert_eq!(page.value_of("mail.interest_sent").as_deref(), Some("off"));
    let before = app.rows().await;
    let form = page.form("save").with([("mail.deal_moved", "daily")]).tampered([("mail.interest_sent", "pigeon")]);
    let refused = pair.engineer.send(form).await;
    assert_eq!((refused.status, refused.error_at("mail.interest_sent").as_deref()), (422, Some(t!(Zh, "error.choice"))), "{refused}");
    assert_eq!(refused.value_of("mail.deal_moved").as_deref(), Some("daily"));
    before.assert_same(&app.rows().await, "a refused choice");
    // Reviews are told to officers only, and everything can be chosen at once.
    assert!(page.value_of("mail.listing_submitted").is_none());
    let officers = pair.officer.open("/notices/settings").await;
    assert_eq!(officers.value_of("mail.listing_submitted").as_deref(), Some("instant"));
    pair.engineer.does(&page, "usual").await;
    pair.engineer.does(&page, "daily").await;
    let page = pair.engineer.open("/notices/settings").await;
    assert_eq!(page.value_of("mail.interest_sent").as_deref(), Some("daily"));
    pair.engineer.does(&page, "off").await;
    let page = pair.engineer.open("/notices/settings").await;
    assert_eq!(page.value_of("mail.deal_moved").as_deref(), Some("off"));
    assert_eq!(page.values_of("in_app.deal_moved"), ["yes"], "the market still shows it");
    assert_eq!(app.visitor().get("/notices/settings").await.status, 303);
}

#[tokio::test]
async fn the_digest_comes_once_a_day() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    app.letters().await;
    choose(&pair.engineer, &[("mail.interest_sent", "daily")], &[]).await;
    let digests = async || {
        let letters = app.letters().await;
        letters.into_iter().filter(|letter| letter.to == pair.engineer.email() && letter.text.contains("/notices")).collect::<Vec<_>>()
    };
    let first = pair.interest().await;
    assert!(digests().await.is_empty(), "not at once");
    clock_step(app.market()).await.unwrap();
    assert!(digests().await.is_empty(), "and not in the afternoon");
    // Eight in the morning in China.
    app.wait(Duration::hours(16) - Duration::seconds(1));
    clock_step(app.market()).await.unwrap();
    assert!(digests().await.is_empty());
    app.wait(Duration::seconds(1));
    join_all((0..5).map(|_| clock_step(app.market()))).await.into_iter().for_each(|step| assert!(step.is_ok()));
    let letters = digests().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].text.contains(&format!("/interests/{first}")) && letters[0].text.contains("/unsubscribe/"), "{letters:?}");
    // What comes later this day waits for the next one.
    take_back(&pair, first).await;
    let second = pair.interest().await;
    app.letters().await;
    for _ in 0..3 {
        clock_step(app.market()).await.unwrap();
    }
    assert_eq!(digests().await.len(), 1);
    app.wait(Duration::days(1));
    clock_step(app.market()).await.unwrap();
    let letters = digests().await;
    assert_eq!(letters.len(), 2);
    assert!(letters[1].text.contains(&format!("/interests/{second}")) && !letters[1].text.contains(&first.to_string()));
    // What was read meanwhile is not told again, and a day without news has no letter.
    take_back(&pair, second).await;
    pair.interest().await;
    app.letters().await;
    notices::mark_read(app.market(), &pair.engineer.actor().await, "", app.now()).await.unwrap();
    app.wait(Duration::days(1));
    clock_step(app.market()).await.unwrap();
    assert_eq!(digests().await.len(), 2);
}

#[tokio::test]
async fn mail_ends_with_one_click_and_without_signing_in() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let interest = pair.interest().await;
    let letters = app.letters().await;
    let letter = letters.iter().rfind(|letter| letter.to == pair.engineer.email()).unwrap();
    let link = letter.link_to("unsubscribe");
    assert!(link.ends_with("?kind=interest_sent"), "{link}");
    let token = link.trim_start_matches("/unsubscribe/").split('?').next().unwrap();
    assert_eq!(token.len(), 64);
    let visitor = app.visitor();
    let before = app.rows().await;
    let page = visitor.open(&link).await;
    assert!(!page.text.contains(&pair.engineer.email()), "the address is covered: {page}");
    before.assert_same(&app.rows().await, "looking at the page");
    // This kind only.
    visitor.does(&page, "without").await;
    let settings = pair.engineer.open("/notices/settings").await;
    assert_eq!(settings.value_of("mail.interest_sent").as_deref(), Some("off"));
    assert_eq!(settings.value_of("mail.deal_moved").as_deref(), Some("instant"));
    take_back(&pair, interest).await;
    pair.interest().await;
    assert_eq!(about_interests(&app.letters().await, &pair.engineer), 1);
    // A mail program posts from anywhere, once, and is not sent elsewhere.
    let program = app.visitor().sending("sec-fetch-site", Some("cross-site")).sending("origin", Some("https://mail.example.org"));
    let plain = format!("/unsubscribe/{token}");
    let done = program.post(&plain, [("List-Unsubscribe", "One-Click")]).await;
    assert_eq!(done.status, 200, "{done}");
    let settings = pair.engineer.open("/notices/settings").await;
    assert_eq!(settings.value_of("mail.deal_moved").as_deref(), Some("off"));
    assert_eq!(program.post("/notices/settings", [("action", "usual")]).await.status, 403, "nothing else is open to other sites");
    assert_eq!(visitor.post(&plain, [("action", "anything")]).await.status, 404);
    // And back.
    let page = visitor.open(&plain).await;
    assert!(!page.offers("off") && !page.offers("without"), "{page}");
    visitor.does(&page, "usual").await;
    let settings = pair.engineer.open("/notices/settings").await;
    assert_eq!(settings.value_of("mail.interest_sent").as_deref(), Some("instant"));
    visitor.does(&visitor.open(&plain).await, "daily").await;
    let settings = pair.engineer.open("/notices/settings").await;
    assert_eq!(settings.value_of("mail.interest_sent").as_deref(), Some("daily"));
    // Letters of the account always go, and cannot be ended.
    let page = visitor.open("/forgot").await;
    visitor.send(page.form("send").with([("email", pair.engineer.email().as_str())])).await;
    let reset = app.last_letter_to(&pair.engineer.email()).await;
    assert!(reset.text.contains("/reset/") && !reset.text.contains("/unsubscribe/"), "{reset:?}");
}

#[tokio::test]
async fn a_link_that_leads_to_nobody() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    for token in ["0".repeat(64), "x".to_owned(), "%00".to_owned(), "a".repeat(199)] {
        let before = app.rows().await;
        let page = visitor.get(&format!("/unsubscribe/{token}")).await;
        assert_eq!(page.status, 404);
        assert!(page.says(t!(Zh, "notices.unknown_link")), "{page}");
        let posted = visitor.post(&format!("/unsubscribe/{token}"), [("List-Unsubscribe", "One-Click")]).await;
        assert_eq!(posted.status, 404);
        before.assert_same(&app.rows().await, "a link that leads to nobody");
    }
}

#[tokio::test]
async fn a_letter_tells_mail_programs_how_to_end_it() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    pair.interest().await;
    while notice_step(app.market()).await.unwrap() > 0 {}
    let folder = app.folder().join("mail");
    let post = Post::new(&app.settings().mail, folder.clone()).unwrap();
    while mail_step(app.market(), &post).await.unwrap() > 0 {}
    let letters: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let header = |letter: &str, name: &str| {
        let unfolded = letter.replace("\r\n ", " ");
        unfolded.lines().find_map(|line| line.strip_prefix(name).map(str::trim).map(str::to_owned))
    };
    let letter = letters.iter().find(|letter| letter.contains(&pair.engineer.email()) && header(letter, "List-Unsubscribe:").is_some());
    let letter = letter.expect("a letter that can be ended");
    let link = header(letter, "List-Unsubscribe:").unwrap();
    assert!(link.starts_with("<https://keqiao.example/unsubscribe/") && link.ends_with('>'), "{link}");
    assert_eq!(header(letter, "List-Unsubscribe-Post:").as_deref(), Some("List-Unsubscribe=One-Click"));
    // Nothing that is kept of mail holds the link.
    let token = link.trim_start_matches("<https://keqiao.example/unsubscribe/").trim_end_matches('>');
    assert_eq!(app.rows().await.hold(token), ["unsubscribe"]);
    assert!(!app.admin().await.open("/admin/mail").await.text.contains(token));
}

#[tokio::test]
async fn what_was_told_is_read_and_counted() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    app.letters().await;
    notices::mark_read(app.market(), &pair.engineer.actor().await, "", app.now()).await.unwrap();
    let deal = pair.deal().await;
    app.wait(Duration::minutes(1));
    let write = async |text: &str| {
        let fields: Fields = [("body", text)].into_iter().collect();
        messages::write_message(app.market(), &pair.researcher.actor().await, &deal, &fields, None, None).await.unwrap();
        app.letters().await;
        app.wait(Duration::minutes(1));
    };
    write("第一条").await;
    write("第二条").await;
    let page = pair.engineer.open("/notices").await;
    let unread: usize = bell(&page).unwrap().parse().unwrap();
    let path = format!("/deals/{deal}");
    assert_eq!(page.links().iter().filter(|link| **link == path).count(), 1, "one group for the deal: {page}");
    assert_eq!(page.attributes(".results > li:first-child .result-title a", "href"), [path.as_str()], "the newest group first");
    let of_the_deal = page.all(".results > li:first-child .notice-lines .unread").len();
    assert_eq!(of_the_deal, 2, "two messages: {page}");
    // What comes after the page was drawn stays unread.
    write("第三条").await;
    let form = page.forms("read").into_iter().find(|form| form.value("path") == path).unwrap();
    assert_eq!(pair.engineer.send(form).await.status, 303);
    let page = pair.engineer.open("/notices?show=unread").await;
    assert_eq!(page.all(".results > li:first-child .notice-lines li").len(), 1, "{page}");
    assert_eq!(bell(&page), Some((unread - of_the_deal + 1).to_string()));
    // Opening marks it read and leads there.
    let form = page.forms("open").into_iter().next().unwrap();
    let opened = pair.engineer.send(form).await;
    assert_eq!(opened.location(), path);
    assert!(!pair.engineer.open("/notices?show=unread").await.links().contains(&path));
    let page = pair.engineer.open("/en/notices").await;
    let done = pair.engineer.press(&page, "read_all").await;
    assert!(done.status == 303 && done.location() == "/en/notices", "{done}");
    let page = pair.engineer.open("/notices?show=unread").await;
    assert!(bell(&page).is_none() && page.says(t!(Zh, "notices.none_unread")) && !page.offers("read_all"), "{page}");
    assert!(pair.engineer.open("/notices").await.links().contains(&path), "read is not gone");
    // A year later what was read is forgotten, what was not is kept.
    write("第四条").await;
    app.wait(Duration::days(366));
    assert!(notices::purge(app.market()).await.unwrap() > 0);
    pair.engineer.sign_in(&pair.engineer.email(), PASSWORD).await;
    let page = pair.engineer.open("/notices").await;
    assert_eq!(page.all(".notice-lines li").len(), 1, "{page}");
    assert_eq!(bell(&page).as_deref(), Some("1"));
}

#[tokio::test]
async fn nobody_reads_or_marks_the_notices_of_others() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let interest = pair.interest().await;
    app.letters().await;
    let path = format!("/interests/{interest}");
    let own = pair.engineer.open("/notices").await;
    let form = own.forms("open").into_iter().next().unwrap();
    let stranger = app.enterprise("外人").await;
    let before = app.rows().await;
    let page = stranger.open("/notices").await;
    assert!(page.says(t!(Zh, "notices.none")) && bell(&page).is_none(), "{page}");
    assert_eq!(stranger.post("/notices", [("action", "open"), ("notice", form.value("notice"))]).await.status, 404);
    for notice in ["", "x", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(stranger.post("/notices", [("action", "open"), ("notice", notice)]).await.status, 404, "{notice}");
    }
    let until = micros(app.now() + Duration::days(99)).to_string();
    for fields in [
        [("action", "read"), ("path", path.as_str()), ("until", until.as_str())],
        [("action", "read_all"), ("path", ""), ("until", until.as_str())],
        [("action", "read_all"), ("path", ""), ("until", "x")],
    ] {
        assert_eq!(stranger.post("/notices", fields).await.status, 303);
    }
    assert_eq!(stranger.post("/notices", [("action", "read"), ("path", "")]).await.status, 404);
    let visitor = app.visitor();
    assert_eq!(visitor.get("/notices").await.status, 303);
    assert_eq!(visitor.post("/notices", [("action", "read_all")]).await.status, 303);
    before.assert_same(&app.rows().await, "whoever is not told");
    assert!(notice::Entity::find().filter(notice::Column::ReadAt.is_not_null()).one(app.market().database()).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_confidential_is_told() {
    let app = TestApp::new().await;
    let detail = format!("炉号 {CANARY}");
    let pair = app.pair_of(DemandForm::complete().detail(&detail), AchievementForm::complete().detail(&detail)).await;
    for who in [&pair.engineer, &pair.researcher] {
        let page = who.open("/notices/settings").await;
        who.does(&page, "daily").await;
    }
    let deal = pair.deal().await;
    let fields: Fields = [("body", detail.as_str())].into_iter().collect();
    messages::write_message(app.market(), &pair.researcher.actor().await, &deal, &fields, None, None).await.unwrap();
    app.letters().await;
    for who in [&pair.engineer, &pair.researcher, &pair.officer] {
        let page = who.open("/notices").await;
        assert!(!page.text.contains(CANARY), "{page}");
    }
    app.wait(Duration::hours(20));
    clock_step(app.market()).await.unwrap();
    let letters = app.letters().await;
    assert!(letters.iter().any(|letter| letter.text.contains(&deal)), "the digest tells of the deal: {letters:?}");
    assert!(letters.iter().all(|letter| !format!("{letter:?}").contains(CANARY)));
    let held = app.rows().await.hold(CANARY);
    for table in ["notice", "mail", "outbox", "audit"] {
        assert!(!held.contains(&table), "{held:?}");
    }
}

#[tokio::test]
async fn whoever_opens_a_page_has_read_what_points_to_it() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let interest = pair.interest().await;
    app.letters().await;
    let unread = || async { keqiao_market::notices::unread(app.market(), &pair.engineer.actor().await).await.unwrap() };
    let before = unread().await;
    assert!(before > 0);
    pair.engineer.open("/work").await;
    assert_eq!(unread().await, before, "another page tells nothing of it");
    pair.engineer.open(&format!("/en/interests/{interest}")).await;
    assert_eq!(unread().await, before - 1);
}
