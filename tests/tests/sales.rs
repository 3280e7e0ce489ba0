//! Sales at a listed price and by auction: who may bid, what becomes of each bid, and that many at once give one result.

use std::collections::BTreeSet;

use keqiao_app::{t, words::code_label};
use keqiao_market::{
    Actor, Error, clocks, entity, organisations,
    sales::{self, Placed, SalePhase, SaleView},
};
use keqiao_model::{BidderMove, Coded, Fen, Fields, Lang::Zh, ListingKind, SaleState};
use keqiao_tests::{AchievementForm, Client, OrganisationForm, PASSWORD, TestApp};
use sea_orm::{EntityTrait, QueryOrder};
use time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.into_iter().collect()
}

fn amount(yuan: i64) -> Fields {
    [("amount", yuan.to_string())].into_iter().collect()
}

/// The code of the one reason of a refusal.
#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|e| e.code).collect::<Vec<_>>().join(" "),
        other => panic!("{other:?}"),
    }
}

/// From the afternoon of 1 August: open at once, over at six in the evening of the third.
fn auction() -> Fields {
    fields([("way", "auction"), ("price", "100万"), ("step", "1万"), ("closes_at", "2026-08-03 18:00"), ("rules", "成交后签约。")])
}

fn listed() -> Fields {
    fields([("way", "listed"), ("price", "100万"), ("closes_at", "2026-08-03T18:00"), ("rules", "成交后签约。")])
}

/// Somebody with a published achievement.
struct Offer {
    owner: Client,
    officer: Client,
    achievement: String,
}

async fn offer(app: &TestApp) -> Offer {
    let (owner, officer) = (app.institute("林研究员").await, app.officer().await);
    let achievement = app.published(&owner, &officer, ListingKind::Achievement, AchievementForm::complete().fields()).await;
    Offer { owner, officer, achievement }
}

impl Offer {
    async fn announce(&self, form: &Fields) -> String {
        let market = self.owner.app().market();
        sales::announce(market, &self.owner.actor().await, &self.achievement, form, None).await.unwrap()
    }

    async fn view(&self, sale: &str) -> SaleView {
        sales::sale(self.owner.app().market(), &self.owner.actor().await, sale, 1).await.unwrap()
    }

    async fn answer(&self, sale: &str, organisation: &str, by: BidderMove, note: &str) -> Result<(), Error> {
        let bidders = self.view(sale).await.bidders.unwrap();
        let bidder = bidders.iter().find(|b| b.organisation.starts_with(organisation)).unwrap();
        let note: Fields = [(format!("note.{}", bidder.id), note.to_owned())].into_iter().collect();
        let market = self.owner.app().market();
        sales::answer_bidder(market, &self.owner.actor().await, sale, bidder.id, by, &note, bidder.version, None).await
    }

    /// Somebody of an enterprise who was admitted.
    async fn admitted(&self, sale: &str, name: &str) -> Actor {
        let app = self.owner.app();
        let actor = firm(app, name).await;
        sales::apply(app.market(), &actor, sale, None).await.unwrap();
        self.answer(sale, name, BidderMove::Admit, "").await.unwrap();
        actor
    }
}

/// Somebody who manages an enterprise, without a browser.
async fn firm(app: &TestApp, name: &str) -> Actor {
    let person = app.person(name, Default::default()).await;
    let form = OrganisationForm::enterprise(&format!("{name}科技有限公司")).credit_code(&app.next_credit_code());
    organisations::create(app.market(), &app.actor(person).await, &form.fields(), None).await.unwrap();
    app.actor(person).await
}

/// Bids as many times at once, each as a task of its own.
async fn at_once(app: &TestApp, sale: &str, bids: Vec<(Actor, i64)>) -> Vec<Result<Placed, Error>> {
    let mut tasks = JoinSet::new();
    for (actor, yuan) in bids {
        let (market, sale) = (app.market().clone(), sale.to_owned());
        tasks.spawn(async move { sales::place_bid(&market, &actor, &sale, &amount(yuan), None).await });
    }
    let results = tasks.join_all().await;
    for result in &results {
        assert!(matches!(result, Ok(_) | Err(Error::Invalid(_))), "{result:?}");
    }
    results
}

async fn log(app: &TestApp) -> Vec<entity::bid::Model> {
    entity::bid::Entity::find().order_by_asc(entity::bid::Column::Seq).all(app.market().database()).await.unwrap()
}

async fn fifty(offer: &Offer, sale: &str) -> Vec<Actor> {
    let mut firms = Vec::new();
    for place in 0..50 {
        firms.push(offer.admitted(sale, &format!("买家{place}号")).await);
    }
    firms
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_bidders_at_once_each_is_judged_by_those_before() {
    let app = TestApp::new().await;
    let offer = offer(&app).await;
    let sale = offer.announce(&auction()).await;
    let firms = fifty(&offer, &sale).await;
    // Every amount once, in no order: 101, 118, 135 … 万.
    let bids: Vec<(Actor, i64)> = firms.iter().cloned().zip((0..50).map(|n| 1_000_000 + 10_000 * ((n * 17) % 50))).collect();
    let best = bids.iter().max_by_key(|(_, yuan)| *yuan).unwrap().0.organisation().unwrap().id;
    let results = at_once(&app, &sale, bids).await;
    let rows = log(&app).await;
    assert_eq!(rows.len(), 50, "every attempt is in the log");
    assert_eq!(rows.iter().map(|b| b.seq).collect::<Vec<_>>(), (1..=50).collect::<Vec<i64>>());
    assert_eq!(rows.iter().map(|b| b.organisation_id).collect::<BTreeSet<_>>().len(), 50);
    // Read again from the beginning, the rules give what was decided, bid by bid.
    let (start, step) = (100_000_000, 1_000_000);
    let mut highest: Option<i64> = None;
    for bid in &rows {
        let least = highest.map_or(start, |h| h + step);
        let good = bid.amount >= least;
        assert_eq!((bid.accepted, bid.code.as_str()), (good, if good { "" } else { "bid_too_low" }), "{bid:?} after {highest:?}");
        if good {
            highest = Some(bid.amount);
        }
    }
    assert_eq!(highest, Some(149_000_000), "the highest of all leads");
    let accepted = rows.iter().filter(|b| b.accepted).count();
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), accepted);
    app.wait(Duration::days(3));
    assert_eq!(clocks::clock_step(app.market()).await.unwrap(), 1);
    assert_eq!(clocks::clock_step(app.market()).await.unwrap(), 0, "settled once");
    let row = entity::sale::Entity::find().one(app.market().database()).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.winner_id), ("sold", Some(best)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_buyers_at_a_listed_price_the_first_gets_it() {
    let app = TestApp::new().await;
    let offer = offer(&app).await;
    let sale = offer.announce(&listed()).await;
    let firms = fifty(&offer, &sale).await;
    let results = at_once(&app, &sale, firms.into_iter().map(|f| (f, 1_000_000)).collect()).await;
    assert_eq!(results.iter().filter(|r| matches!(r, Ok(Placed::Won))).count(), 1);
    let rows = log(&app).await;
    assert_eq!(rows.len(), 50);
    assert!(rows[0].accepted, "the first in the log: {:?}", rows[0]);
    assert!(rows[1..].iter().all(|b| !b.accepted && b.code == "sale_closed"));
    let row = entity::sale::Entity::find().one(app.market().database()).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.winner_id), ("sold", Some(rows[0].organisation_id)));
    assert_eq!(offer.view(&sale).await.summary.highest, Some(Fen::new(100_000_000)));
}

#[tokio::test]
async fn a_bid_that_cannot_stand_says_why_and_changes_nothing_but_the_log() {
    let app = TestApp::new().await;
    let offer = offer(&app).await;
    let mut form = auction();
    form.push("opens_at", "2026-08-02 09:00");
    let sale = offer.announce(&form).await;
    let (first, second) = (offer.admitted(&sale, "甲").await, offer.admitted(&sale, "乙").await);
    let (waiting, stranger, excluded) = (firm(&app, "丙").await, firm(&app, "丁").await, firm(&app, "戊").await);
    for who in [&waiting, &excluded] {
        sales::apply(app.market(), who, &sale, None).await.unwrap();
    }
    assert_eq!(code(offer.answer(&sale, "戊", BidderMove::Exclude, "").await), "reason_required");
    offer.answer(&sale, "戊", BidderMove::Exclude, "保证金未到账").await.unwrap();
    let owner = offer.owner.actor().await;
    let bid = async |who: &Actor, text: &str| sales::place_bid(app.market(), who, &sale, &fields([("amount", text)]), None).await;
    assert_eq!(code(bid(&first, "100万").await), "sale_not_open");
    app.wait(Duration::days(1));
    assert_eq!(bid(&first, "100万").await.unwrap(), Placed::Leads);
    offer.answer(&sale, "乙", BidderMove::Exclude, "被列入失信名单").await.unwrap();
    let before = app.rows().await;
    let refused = [
        (&first, "", "required"),
        (&first, "一百二十万", "money_not_a_number"),
        (&first, "-5", "money_negative"),
        (&first, "0.001", "money_fraction"),
        (&first, "99999999999999999999", "money_too_large"),
        (&owner, "120万", "own_sale"),
        (&stranger, "120万", "not_a_bidder"),
        (&waiting, "120万", "not_admitted"),
        (&excluded, "120万", "bidder_excluded"),
        (&first, "1009999.99", "bid_too_low"),
        (&first, "1010万", "bid_too_high"),
        (&second, "120万", "bidder_excluded"),
    ];
    for (who, text, expected) in refused {
        assert_eq!(code(bid(who, text).await), expected, "{text}");
    }
    assert!(matches!(bid(&Actor::Visitor, "120万").await, Err(Error::SignIn)));
    let after = app.rows().await;
    let changed: Vec<String> = before.difference(&after);
    assert_eq!(changed.len(), 3, "{changed:?}");
    assert!(changed.iter().all(|line| line.starts_with("+ bid:")), "{changed:?}");
    let rows = log(&app).await;
    let codes: Vec<&str> = rows.iter().map(|b| b.code.as_str()).collect();
    assert_eq!(codes, ["sale_not_open", "", "bid_too_low", "bid_too_high", "bidder_excluded"]);
    // One step above is enough; and the close is the close, even before the clock has come by.
    assert_eq!(bid(&first, "101万").await.unwrap(), Placed::Leads);
    assert_eq!(code(offer.answer(&sale, "甲", BidderMove::Exclude, "反悔").await), "leads_the_sale");
    app.wait(Duration::days(1) + Duration::hours(2));
    assert_eq!(code(bid(&first, "120万").await), "sale_closed");
    assert_eq!(code(sales::apply(app.market(), &stranger, &sale, None).await), "sale_closed");
    assert_eq!(code(offer.answer(&sale, "丙", BidderMove::Admit, "").await), "sale_closed");
    clocks::clock_step(app.market()).await.unwrap();
    assert_eq!(code(bid(&first, "120万").await), "sale_closed");
    assert_eq!(offer.view(&sale).await.summary.highest, Some(Fen::new(101_000_000)));
    // The same form sent twice is one bid.
    assert_eq!(log(&app).await.len(), 8);
    let once = Some(Uuid::now_v7());
    for _ in 0..2 {
        assert_eq!(code(sales::place_bid(app.market(), &first, &sale, &amount(1_200_000), once).await), "sale_closed");
    }
    assert_eq!(log(&app).await.len(), 9);
}

#[tokio::test]
async fn a_bid_shortly_before_the_close_moves_it() {
    let app = TestApp::new().await;
    let offer = offer(&app).await;
    let sale = offer.announce(&auction()).await;
    let (first, second) = (offer.admitted(&sale, "甲").await, offer.admitted(&sale, "乙").await);
    let bid = async |who: &Actor, yuan: i64| sales::place_bid(app.market(), who, &sale, &amount(yuan), None).await;
    let end = offer.view(&sale).await.summary.closes_at;
    assert_eq!(end - app.now(), Duration::hours(50));
    app.wait(Duration::hours(50) - Duration::seconds(300));
    bid(&first, 1_000_000).await.unwrap();
    assert_eq!(offer.view(&sale).await.summary.closes_at, end, "five minutes before is early enough");
    app.wait(Duration::seconds(200));
    assert_eq!(code(bid(&second, 1_000_000).await), "bid_too_low");
    assert_eq!(offer.view(&sale).await.extended, 0, "a refused bid moves nothing");
    bid(&second, 1_050_000).await.unwrap();
    let moved = offer.view(&sale).await;
    assert_eq!((moved.summary.closes_at - end, moved.extended), (Duration::seconds(200), 1));
    app.wait(Duration::seconds(100));
    assert_eq!(clocks::clock_step(app.market()).await.unwrap(), 0, "the old close is not the close");
    app.wait(Duration::seconds(199));
    bid(&first, 1_060_000).await.unwrap();
    assert_eq!(offer.view(&sale).await.extended, 2);
    app.wait(Duration::seconds(300));
    assert_eq!(code(bid(&second, 2_000_000).await), "sale_closed", "the close itself is too late");
    assert_eq!(clocks::clock_step(app.market()).await.unwrap(), 1);
    let view = sales::sale(app.market(), &first, &sale, 1).await.unwrap();
    assert!(view.won && view.summary.state == SaleState::Sold && view.winner == Some(1));
    let letters = app.letters().await;
    let told = |who: &Actor, part: &str| {
        let email = &who.person().unwrap().email;
        letters.iter().filter(|l| l.to == *email && l.subject.contains(part.trim())).count()
    };
    let (outbid, settled) = (t!(Zh, "told.outbid_subject", subject = ""), t!(Zh, "told.sale_settled_subject", subject = ""));
    assert_eq!((told(&first, &outbid), told(&second, &outbid)), (1, 1));
    assert_eq!((told(&first, &settled), told(&second, &settled)), (1, 1));
}

#[tokio::test]
async fn an_auction_goes_its_way_by_forms() {
    let app = TestApp::new().await;
    let offer = offer(&app).await;
    let listing = format!("/achievements/{}", offer.achievement);
    let new = format!("{listing}/sale");
    assert!(offer.owner.open(&listing).await.links().contains(&new));
    let buyer = app.enterprise("沈工").await;
    assert_eq!((buyer.get(&new).await.status, app.visitor().get(&new).await.status), (404, 303));
    let page = offer.owner.open(&new).await;
    let before = app.rows().await;
    let bad =
        offer.owner.send(page.form("announce").with([("way", "auction"), ("price", "0"), ("closes_at", "明天"), ("rules", "")])).await;
    let expected = [
        ("price", t!(Zh, "error.positive")),
        ("step", t!(Zh, "error.required")),
        ("closes_at", t!(Zh, "error.date_time")),
        ("rules", t!(Zh, "error.required")),
    ];
    for (field, words) in expected {
        assert_eq!(bad.error_at(field).as_deref(), Some(words), "{bad}");
    }
    let typed = [("price", "100万"), ("step", "1万"), ("deposit", "5万"), ("rules", "成交后签约。"), ("closes_at", "2026-07-31 09:00")];
    let bad = offer.owner.send(bad.form("announce").with(typed)).await;
    assert_eq!(bad.error_at("closes_at").as_deref(), Some(t!(Zh, "error.closes_too_early")), "{bad}");
    let bad = offer.owner.send(bad.form("announce").with([("closes_at", "2028-08-03T18:00")])).await;
    assert_eq!(bad.error_at("closes_at").as_deref(), Some(t!(Zh, "error.closes_too_late")), "{bad}");
    before.assert_same(&app.rows().await, "a refused sale");
    let done = offer.owner.send(bad.form("announce").with([("closes_at", "2026-08-03T18:00")])).await;
    assert_eq!((done.status, done.location()), (303, "/sales/PM-2026-000001".to_owned()), "{done}");
    let path = "/sales/PM-2026-000001";
    assert!(app.visitor().open(&listing).await.links().contains(&path.to_owned()));
    assert_eq!(offer.owner.get(&new).await.location(), path, "one sale at a time");
    assert_eq!(
        code(sales::announce(app.market(), &offer.owner.actor().await, &offer.achievement, &auction(), None).await),
        "sale_announced"
    );

    let page = app.visitor().open(path).await;
    assert!(page.says("50,000") && page.says("2026-08-03 18:00:00") && page.says(t!(Zh, "sales.sign_in_text")), "{page}");
    assert!(!page.offers("bid") && !page.offers("apply"));
    let page = buyer.open(path).await;
    buyer.does(&page, "apply").await;
    assert!(buyer.open(path).await.says(t!(Zh, "sales.you_applied")));
    let again = buyer.post(path, [("action", "apply")]).await;
    assert_eq!(again.summary_errors(), [t!(Zh, "error.already_applied")]);
    let own = offer.owner.post(path, [("action", "apply")]).await;
    assert_eq!(own.summary_errors(), [t!(Zh, "error.own_sale")]);
    let page = offer.owner.open(path).await;
    assert!(page.says("沈工科技有限公司"), "the owner sees who asks: {page}");
    assert_eq!(buyer.send(page.form("admit")).await.status, 403, "nobody admits himself");
    offer.owner.does(&page, "admit").await;
    let page = buyer.open(path).await;
    assert!(page.says(&t!(Zh, "sales.you_are", who = t!(Zh, "sales.bidder", n = 1))), "{page}");
    let low = buyer.send(page.form("bid").with([("amount", "99万")])).await;
    assert!(low.error_at("amount").is_some_and(|e| e.contains("1,000,000.00")), "it says the least: {low}");
    assert_eq!(low.value_of("amount").as_deref(), Some("99万"));
    let led = buyer.send(low.form("bid").with([("amount", "100万")])).await;
    assert_eq!(led.status, 303);
    let page = buyer.follow(led).await;
    assert!(page.says(t!(Zh, "sales.leads")) && page.says(t!(Zh, "sales.own")), "{page}");
    // The log is public, the names are not.
    for (who, named) in [(&app.visitor(), false), (&app.enterprise("旁人").await, false), (&offer.owner, true), (&offer.officer, true)] {
        let page = who.open(path).await;
        assert!(page.says(&t!(Zh, "sales.bidder", n = 1)) && page.says(t!(Zh, "sales.refused.bid_too_low")), "{page}");
        assert_eq!(page.says("沈工科技有限公司"), named, "{page}");
        assert!(!page.says("50,000") || page.says(t!(Zh, "sales.deposit")));
    }
    let page = offer.owner.open(path).await;
    assert!(!page.offers("cancel"), "after a bid it stands");
    let late = sales::cancel(app.market(), &offer.owner.actor().await, "PM-2026-000001", &fields([("reason", "反悔")]), 2, None).await;
    assert_eq!(code(late), "sale_has_bids");
    app.wait(Duration::days(3));
    clocks::clock_step(app.market()).await.unwrap();
    buyer.sign_in(&buyer.email(), PASSWORD).await;
    let page = buyer.open(path).await;
    assert!(page.says(t!(Zh, "sales.won_text")) && page.links().contains(&format!("{listing}/interest")), "{page}");
    let page = app.visitor().open(path).await;
    assert!(page.says(&code_label(Zh, SaleState::GROUP, SaleState::Sold.code())) && !page.says("沈工科技有限公司"), "{page}");
    assert!(app.visitor().open(&format!("/en{path}")).await.says("Bidder 1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_sale_of_an_achievement_is_announced_at_a_time() {
    let app = TestApp::new().await;
    let offer = offer(&app).await;
    let owner = offer.owner.actor().await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let (market, owner, number) = (app.market().clone(), owner.clone(), offer.achievement.clone());
        tasks.spawn(async move { sales::announce(&market, &owner, &number, &auction(), None).await });
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(Error::Invalid(_)))), "{results:?}");
    assert_eq!(app.rows().await.count("sale"), 1);
    // Taken back before the first bid, with a reason, those who asked are told; then it can be offered anew.
    let buyer = firm(&app, "甲").await;
    sales::apply(app.market(), &buyer, "PM-2026-000001", None).await.unwrap();
    let path = "/sales/PM-2026-000001";
    let page = offer.owner.open(path).await;
    let silent = offer.owner.press(&page, "cancel").await;
    assert_eq!(silent.error_at("reason").as_deref(), Some(t!(Zh, "error.required")), "{silent}");
    let stranger = sales::cancel(app.market(), &buyer, "PM-2026-000001", &fields([("reason", "捣乱")]), 1, None).await;
    assert!(matches!(stranger, Err(Error::Forbidden)));
    assert_eq!(offer.owner.send(silent.form("cancel").with([("reason", "专利权属待确认")])).await.status, 303);
    assert!(app.visitor().open(path).await.says("专利权属待确认"));
    app.letters().await;
    assert!(app.last_letter_to(&buyer.person().unwrap().email).await.text.contains(path));
    assert_eq!(offer.announce(&listed()).await, "PM-2026-000002");
}

#[tokio::test]
async fn nobody_bids_and_it_fails() {
    let app = TestApp::new().await;
    let offer = offer(&app).await;
    let sale = offer.announce(&auction()).await;
    app.wait(Duration::hours(50) - Duration::microseconds(1));
    assert_eq!(clocks::clock_step(app.market()).await.unwrap(), 0);
    app.wait(Duration::microseconds(1));
    let page = app.visitor().open(&format!("/sales/{sale}")).await;
    assert!(page.says(t!(Zh, "sales.settling_text")), "{page}");
    assert_eq!(clocks::clock_step(app.market()).await.unwrap(), 1);
    assert!(app.visitor().open(&format!("/sales/{sale}")).await.says(t!(Zh, "sales.failed")));
    assert_eq!(
        offer.announce(&fields([("way", "listed"), ("price", "50万"), ("closes_at", "2026-08-10 18:00"), ("rules", "同前")])).await,
        "PM-2026-000002"
    );
}

#[tokio::test]
async fn everyone_reads_the_list_of_sales() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    assert!(visitor.open("/sales").await.says(t!(Zh, "sales.none_text")));
    let offer = offer(&app).await;
    let open = offer.announce(&auction()).await;
    let other =
        app.published(&offer.owner, &offer.officer, ListingKind::Achievement, AchievementForm::complete().title("另一项").fields()).await;
    let mut form = listed();
    form.push("opens_at", "2026-08-03 09:00");
    sales::announce(app.market(), &offer.owner.actor().await, &other, &form, None).await.unwrap();
    let numbers = async |query: &str| {
        let page = visitor.open(&format!("/sales{query}")).await;
        page.attributes(".results .result-title a", "href")
            .iter()
            .filter_map(|l| l.rsplit('/').next().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let coming = "PM-2026-000002".to_owned();
    assert_eq!(numbers("").await, [open.clone(), coming.clone()], "open ones first");
    assert_eq!(numbers("?state=open").await, [open.as_str()]);
    assert_eq!(numbers("?state=coming").await, [coming.as_str()]);
    assert!(visitor.open("/sales?state=over").await.says(t!(Zh, "sales.none_found")));
    app.wait(Duration::hours(50));
    assert_eq!(numbers("?state=over").await.len(), 2, "over at their times, clock or not");
    assert_eq!(sales::sales(app.market(), Some(SalePhase::Open), 1).await.unwrap().total, 0);
    assert_eq!(visitor.get("/sales/PM-2026-999999").await.status, 404);
    assert_eq!(offer.owner.post("/sales/PM-2026-999999", [("action", "apply")]).await.status, 303, "signed out meanwhile");
    assert!(visitor.get("/sitemap.xml").await.text.contains("/sales"));
}
