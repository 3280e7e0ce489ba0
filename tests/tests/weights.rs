//! The weights of matches: learnt from what people judged, adopted by the city, followed by stored matches, and put back.

use keqiao_app::{t, words::code_label};
use keqiao_market::{
    Error,
    entity::{judged_features, listing, matched, rematch, verdict, weight_set},
    feedback, interests, matching,
    weights::{self, Material, in_force},
};
use keqiao_model::{
    Coded as _, DeclineCode, FeedbackCode, Fields, InterestMove,
    Lang::Zh,
    ListingKind::{Achievement, Demand},
};
use keqiao_search::{WEIGHTS, Weights};
use keqiao_tests::{AchievementForm, Answer, Client, ContractForm, DemandForm, OrganisationForm, TestApp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};
use uuid::Uuid;

const PAGE: &str = "/review/weights";

/// Demands that all say the same, and four achievements that all say the same: two of another field in the region of the demands, two of their
/// field elsewhere. By the declared weights the field counts for more.
struct Stock {
    app: TestApp,
    engineer: Client,
    officer: Client,
    demands: Vec<String>,
    near: Vec<String>,
    far: Vec<String>,
}

impl Stock {
    async fn new(demands: usize) -> Self {
        let app = TestApp::new().await;
        let (engineer, officer, far) = (app.enterprise("沈工").await, app.officer().await, app.institute("林研究员").await);
        let near = app.member("周研究员", OrganisationForm::institute("汀南研究院").set("region", "990102")).await;
        let mut numbers = Vec::new();
        for _ in 0..demands {
            numbers.push(app.published(&engineer, &officer, Demand, DemandForm::complete().fields()).await);
        }
        let mut offers = Vec::new();
        for (who, field) in [(&near, "environment"), (&near, "environment"), (&far, "manufacturing"), (&far, "manufacturing")] {
            offers.push(app.published(who, &officer, Achievement, AchievementForm::complete().set("field", field).fields()).await);
        }
        app.index().await;
        let far = offers.split_off(2);
        Self { app, engineer, officer, demands: numbers, near: offers, far }
    }

    /// The owner of the demands finds some useful and others not.
    async fn judge(&self, demands: &[String], useful: &[String], others: &[String], code: &str) {
        let engineer = self.engineer.actor().await;
        for demand in demands {
            for (verdict, numbers, code) in [("useful", useful, ""), ("not_useful", others, code)] {
                for other in numbers {
                    let said: Fields = [("verdict", verdict), ("code", code)].into_iter().collect();
                    feedback::judge(self.app.market(), &engineer, Demand, demand, other, &said, None).await.unwrap();
                }
            }
        }
    }

    /// A stock whose judgements contradict the declared weights in each of ten lists.
    async fn taught() -> Self {
        let stock = Self::new(10).await;
        stock.judge(&stock.demands, &stock.near, &stock.far, "other_subject").await;
        stock
    }

    /// What judged pairs are made of is kept, as every hour.
    async fn keep(&self) {
        while feedback::features_step(self.app.market()).await.unwrap() > 0 {}
    }

    async fn id(&self, number: &str) -> Uuid {
        let found = listing::Entity::find().filter(listing::Column::Number.eq(number));
        found.one(self.app.market().database()).await.unwrap().unwrap().id
    }

    async fn material(&self) -> Material {
        weights::overview(self.app.market(), &self.officer.actor().await, 1).await.unwrap().material
    }

    /// Numbers of the achievements in the stored list of a demand, best first.
    async fn list(&self, demand: &str) -> Vec<String> {
        let db = self.app.market().database();
        let row = listing::Entity::find().filter(listing::Column::Number.eq(demand)).one(db).await.unwrap().unwrap();
        let stored = matched::Entity::find().filter(matched::Column::ListingId.eq(row.id)).order_by_asc(matched::Column::Place);
        let mut numbers = Vec::new();
        for pair in stored.all(db).await.unwrap() {
            numbers.push(listing::Entity::find_by_id(pair.other_id).one(db).await.unwrap().unwrap().number);
        }
        numbers
    }

    /// Demands whose stored list begins with an achievement of their region.
    async fn following(&self) -> usize {
        let mut count = 0;
        for demand in &self.demands {
            count += usize::from(self.list(demand).await.first().is_some_and(|first| self.near.contains(first)));
        }
        count
    }

    /// The walk through all listings that was asked for last.
    async fn walk(&self) -> rematch::Model {
        let rows = rematch::Entity::find().order_by_desc(rematch::Column::Id).one(self.app.market().database());
        rows.await.unwrap().unwrap()
    }

    /// Writes the weights of every set anew.
    async fn store(&self, weights: &str) {
        let update = weight_set::Entity::update_many().col_expr(weight_set::Column::Weights, Expr::value(weights));
        update.exec(self.app.market().database()).await.unwrap();
    }

    async fn sets(&self) -> Vec<weight_set::Model> {
        weight_set::Entity::find().order_by_asc(weight_set::Column::Edition).all(self.app.market().database()).await.unwrap()
    }
}

/// Presses a button of the page and follows to where it leads.
async fn press(who: &Client, page: &Answer, action: &str) -> Answer {
    let done = who.send(page.form(action)).await;
    assert_eq!((done.status, done.location().as_str()), (303, PAGE), "{done}");
    who.follow(done).await
}

#[tokio::test]
async fn the_city_adopts_what_judgements_teach_and_returns_to_what_is_declared() {
    let stock = Stock::taught().await;
    let (app, officer) = (&stock.app, &stock.officer);
    assert_eq!(stock.following().await, 0, "by the declared weights the field counts for more");
    assert!(officer.open("/review/precision").await.links().contains(&PAGE.to_owned()));
    let page = officer.open(PAGE).await;
    assert!(page.says(t!(Zh, "weights.never")), "{page}");
    // Nothing is taken in yet, but learning would begin with that.
    assert!(page.says(&t!(Zh, "weights.material", pairs = 0, lists = 0, comparisons = 0)), "{page}");
    assert!(page.says(&t!(Zh, "weights.waiting", n = 40)), "{page}");
    assert!(page.offers("learn") && !page.offers("adopt") && !page.offers("declare"));

    let page = press(officer, &page, "learn").await;
    assert!(page.says(&t!(Zh, "weights.material", pairs = 40, lists = 10, comparisons = 40)), "{page}");
    assert!(!page.says(&t!(Zh, "weights.waiting", n = 0)), "all is taken in: {page}");
    assert_eq!(page.all("#proposal .stat-value"), ["0.0%", "100.0%"], "{page}");
    assert!(page.says(t!(Zh, "weights.better")) && page.offers("adopt"), "{page}");
    assert_eq!(in_force(app.market()).await.unwrap().weights, WEIGHTS, "a proposal changes nothing");
    app.index().await;
    assert_eq!(stock.following().await, 0);

    let page = press(officer, &page, "adopt").await;
    assert!(page.says(&t!(Zh, "weights.following", done = 0, total = 14)) && page.offers("declare") && !page.offers("adopt"), "{page}");
    app.index().await;
    let adopted = in_force(app.market()).await.unwrap();
    assert!(adopted.weights.region > WEIGHTS.region && adopted.weights.field < WEIGHTS.field, "{adopted:?}");
    assert_eq!(app.market().search_index().weights(), adopted.weights);
    assert_eq!(stock.following().await, 10, "every stored list is anew");
    let page = officer.open(PAGE).await;
    assert!(!page.says(&t!(Zh, "weights.following", done = 14, total = 14)), "all is done: {page}");
    // Whoever reads matches sees what they are made of, and since when.
    let matches = stock.engineer.open(&format!("/demands/{}/matches", stock.demands[0])).await;
    assert!(matches.says(&t!(Zh, "matches.weights_learnt", day = "2026-08-01")), "{matches}");
    assert!(matches.says("≤ 0 %"), "the field counts for nothing now: {matches}");
    // What is computed anew says the same.
    let before = app.rows().await;
    matching::reindex(app.market(), true, |_, _| {}).await.unwrap();
    before.assert_same(&app.rows().await, "computing everything anew");

    let page = press(officer, &page, "declare").await;
    assert!(!page.offers("declare"), "{page}");
    app.index().await;
    assert_eq!((app.market().search_index().weights(), stock.following().await), (WEIGHTS, 0));
    let matches = stock.engineer.open(&format!("/demands/{}/matches", stock.demands[0])).await;
    assert!(!matches.says(&t!(Zh, "matches.weights_learnt", day = "2026-08-01")));
    assert_eq!(officer.open(PAGE).await.all("#sets tbody tr").len(), 2);
    let rows = app.rows().await;
    for action in ["weights.learn", "weights.adopt", "weights.declare"] {
        assert_eq!(rows.hold(&format!("action: \"{action}\"")), ["audit"]);
    }
    assert!(rows.hold("weights_changed").contains(&"outbox"));
    app.letters().await;
    let audit = app.admin().await.open("/admin/audit").await;
    assert!(audit.says(t!(Zh, "admin.action.weights.adopt")) && audit.says(t!(Zh, "admin.subject.weights")), "{audit}");
}

#[tokio::test]
async fn too_little_was_judged_to_learn_from() {
    let stock = Stock::new(10).await;
    let page = stock.officer.open(PAGE).await;
    assert!(page.says(t!(Zh, "weights.too_few")) && page.says(&t!(Zh, "weights.missing", lists = 10, comparisons = 40)), "{page}");
    // Nine lists are one too few, and in the tenth nothing is said of fit.
    stock.judge(&stock.demands[..9], &stock.near, &stock.far, "no_advantage").await;
    stock.judge(&stock.demands[9..], &stock.near, &stock.far, "already_have").await;
    let page = stock.officer.open(PAGE).await;
    assert!(!page.offers("learn") && page.says(&t!(Zh, "weights.waiting", n = 38)), "{page}");
    stock.keep().await;
    let page = stock.officer.open(PAGE).await;
    assert!(page.says(&t!(Zh, "weights.missing", lists = 1, comparisons = 4)) && !page.offers("learn"), "{page}");
    let before = stock.app.rows().await;
    let refused = stock.officer.post(PAGE, [("action", "learn")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.says(&t!(Zh, "error.learn_too_few", lists = 10, comparisons = 40)), "{refused}");
    before.assert_same(&stock.app.rows().await, "learning from too little");
}

#[tokio::test]
async fn what_is_not_better_is_not_adopted() {
    let stock = Stock::new(10).await;
    stock.judge(&stock.demands, &stock.far, &stock.near, "other_field").await;
    let page = press(&stock.officer, &stock.officer.open(PAGE).await, "learn").await;
    assert_eq!(page.all("#proposal .stat-value"), ["100.0%", "100.0%"], "{page}");
    assert!(page.says(t!(Zh, "weights.not_better")) && !page.offers("adopt"), "{page}");
    let refused = stock.officer.post(PAGE, [("action", "adopt"), ("version", "1")]).await;
    assert!(refused.status == 422 && refused.says(t!(Zh, "error.weights_not_better")), "{refused}");
    assert_eq!(stock.sets().await[0].adopted_at, None);
}

#[tokio::test]
async fn of_two_who_decide_the_later_one_is_told() {
    let stock = Stock::taught().await;
    let admin = stock.app.admin().await;
    let page = press(&stock.officer, &stock.officer.open(PAGE).await, "learn").await;
    press(&admin, &admin.open(PAGE).await, "learn").await;
    let stale = stock.officer.send(page.form("adopt")).await;
    assert!(stale.status == 422 && stale.says(t!(Zh, "error.stale")), "{stale}");
    // The page that comes back holds the newest proposal. Sent twice, it is adopted once.
    let form = stale.form("adopt");
    assert_eq!(form.value("version"), "2");
    assert_eq!(stock.officer.send(form.clone()).await.status, 303);
    assert_eq!(stock.officer.send(form).await.status, 303, "the same form again");
    assert_eq!(stock.officer.post(PAGE, [("action", "adopt"), ("version", "2")]).await.status, 422, "adopted is adopted");
    let (officer, market) = (stock.officer.actor().await, stock.app.market());
    assert!(matches!(weights::declare(market, &officer, 1, None).await, Err(Error::Stale)));
    weights::declare(market, &officer, 2, None).await.unwrap();
    assert!(matches!(weights::declare(market, &officer, 3, None).await, Err(Error::Stale)), "they are in force");
    assert!(matches!(weights::adopt(market, &officer, 2, None).await, Err(Error::Stale)), "what was left is learnt anew");
    let adopted: Vec<bool> = stock.sets().await.iter().map(|set| set.adopted_at.is_some()).collect();
    assert_eq!(adopted, [false, true, true]);
}

#[tokio::test]
async fn the_city_alone_decides_on_weights() {
    let stock = Stock::taught().await;
    let county = stock.app.county_officer("990102").await;
    assert!(!county.open("/review/precision").await.links().contains(&PAGE.to_owned()));
    let market = stock.app.market();
    for who in [&county, &stock.engineer, &stock.app.broker().await] {
        let actor = who.actor().await;
        let expected = if actor.is_officer() { "Forbidden" } else { "NotFound" };
        let before = stock.app.rows().await;
        let outcomes = [
            weights::learn(market, &actor, None).await,
            weights::adopt(market, &actor, 0, None).await,
            weights::declare(market, &actor, 0, None).await,
            weights::overview(market, &actor, 1).await.map(|_| ()),
        ];
        for outcome in outcomes {
            assert_eq!(format!("{:?}", outcome.unwrap_err()), expected);
        }
        before.assert_same(&stock.app.rows().await, "those who may not");
    }
}

#[tokio::test]
async fn stored_matches_go_on_following_where_they_were_when_the_program_ended() {
    let stock = Stock::new(60).await;
    stock.judge(&stock.demands[..10], &stock.near, &stock.far, "other_subject").await;
    let officer = stock.officer.actor().await;
    weights::learn(stock.app.market(), &officer, None).await.unwrap();
    weights::adopt(stock.app.market(), &officer, 1, None).await.unwrap();
    while matching::index_step(stock.app.market()).await.unwrap() > 0 {}
    // What judging and adopting left in the outbox comes first.
    while stock.following().await == 0 {
        assert!(matching::match_step(stock.app.market()).await.unwrap() > 0);
    }
    let walk = stock.walk().await;
    assert!(walk.matched_to.is_some() && walk.matched_at.is_none(), "{walk:?}");
    assert_eq!(stock.following().await, 50, "a step does not do everything");
    assert!(stock.officer.open(PAGE).await.says(&t!(Zh, "weights.following", done = 50, total = 64)));

    // The program ends here and begins again. What was done is not done again.
    let Stock { app, engineer, officer, demands, near, far } = stock;
    let computed = async |app: &TestApp| {
        let stored = matched::Entity::find().order_by_asc(matched::Column::ListingId).all(app.market().database()).await.unwrap();
        stored.into_iter().map(|row| (row.listing_id, row.computed_at)).collect::<Vec<_>>()
    };
    let before = computed(&app).await;
    let officer_email = officer.email();
    drop((engineer, officer));
    let app = app.close().open().await;
    assert!(app.market().search_index().weights().region > WEIGHTS.region, "from the first moment on");
    app.wait(time::Duration::minutes(1));
    app.index().await;
    let after = computed(&app).await;
    let to = walk.matched_to.unwrap();
    assert!(before.iter().filter(|(id, _)| *id <= to).all(|row| after.contains(row)), "not again");
    assert!(after.iter().filter(|(id, _)| *id > to).all(|row| !before.contains(row)), "the others are");
    let officer = app.visitor();
    officer.sign_in(&officer_email, keqiao_tests::PASSWORD).await;
    let stock = Stock { engineer: app.visitor(), officer, app, demands, near, far };
    assert_eq!(stock.following().await, 60);
    assert!(stock.walk().await.matched_at.is_some());
    let steps = (matching::index_step(stock.app.market()).await.unwrap(), matching::match_step(stock.app.market()).await.unwrap());
    assert_eq!(steps, (0, 0), "then there is rest");
}

#[tokio::test]
async fn a_set_from_another_time_is_read_as_far_as_it_is_understood() {
    let stock = Stock::taught().await;
    let (market, officer) = (stock.app.market(), stock.officer.actor().await);
    weights::learn(market, &officer, None).await.unwrap();
    weights::adopt(market, &officer, 1, None).await.unwrap();
    stock.store(r#"{"region":0.05,"field":-3,"price":1000000,"omens":0.5}"#).await;
    let read = in_force(market).await.unwrap().weights;
    assert_eq!(read, Weights { region: 0.05, field: 0.0, price: WEIGHTS.price * 3.0, ..WEIGHTS });
    assert!(stock.officer.open(PAGE).await.all("#in-force tbody strong").contains(&"5 %".to_owned()));

    // What nobody can read is as declared, and nothing stops for it: neither the program that runs nor one that begins.
    let numbers = |value: &str| format!(r#"{{"region":0.05,"field":{value}}}"#);
    let unreadable = [numbers("null"), numbers("\"0.1\""), numbers("[0.1]"), numbers("1e39")];
    for stored in unreadable {
        stock.store(&stored).await;
        assert_eq!(in_force(market).await.unwrap().weights, Weights { region: 0.05, ..WEIGHTS }, "{stored}");
    }
    for stored in ["", "null", "[]", "以前的权重", &numbers("1e400")] {
        stock.store(stored).await;
        assert_eq!(in_force(market).await.unwrap().weights, WEIGHTS, "{stored}");
        matching::index_step(market).await.unwrap();
    }
    let Stock { app, engineer, officer, .. } = stock;
    drop((engineer, officer));
    let app = app.close().open().await;
    assert_eq!(app.market().search_index().weights(), WEIGHTS);
}

#[tokio::test]
async fn a_registered_contract_goes_on_teaching() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let market = app.market().clone();
    let (engineer, researcher) = (pair.engineer.actor().await, pair.researcher.actor().await);
    let message: Fields = [("message", "正是我们要的轴承，想到现场看看。")].into_iter().collect();
    let asked =
        interests::send_interest(&market, &engineer, Achievement, &pair.achievement, Some(&pair.demand), &message, None).await.unwrap();
    let deal = interests::answer_interest(&market, &researcher, asked, InterestMove::Accept, &Fields::default(), 1, None).await;
    let deal = deal.unwrap().unwrap();
    let kept = async || judged_features::Entity::find().all(market.database()).await.unwrap();
    // The interest was sent to the achievement's owner and answered in its list; the contract will stand in the demand's.
    assert_eq!(feedback::features_step(&market).await.unwrap(), 2, "the list of either");
    assert_eq!(feedback::features_step(&market).await.unwrap(), 0, "once is enough");
    let before = kept().await;
    assert!(before.len() == 2 && before.iter().all(|row| row.text.is_some()), "{before:?}");
    pair.agree(&deal).await;
    let signed = pair.recorded(deal, ContractForm::complete()).await;
    signed.register().await;
    app.index().await;
    assert_eq!(market.search_index().len(), 0, "both have left the market");
    assert_eq!(feedback::features_step(&market).await.unwrap(), 0);
    assert_eq!(kept().await, before);

    // A refusal in the demand's list, and there is something to compare: the contract is not forgotten.
    let (pair, demand) = (&signed.pair, signed.pair.demand.clone());
    let other = app.published(&pair.researcher, &pair.officer, Achievement, AchievementForm::complete().fields()).await;
    app.index().await;
    let db = market.database();
    let find = async |number: &str| listing::Entity::find().filter(listing::Column::Number.eq(number)).one(db).await.unwrap().unwrap().id;
    let officer = pair.officer.actor().await;
    let refused = verdict::ActiveModel {
        id: Set(Uuid::now_v7()),
        person_id: Set(officer.id().unwrap()),
        listing_id: Set(find(&demand).await),
        other_id: Set(find(&other).await),
        useful: Set(false),
        role: Set("officer".to_owned()),
        code: Set("other_subject".to_owned()),
        reason: Set(String::new()),
        created_at: Set(1),
        updated_at: Set(1),
    };
    verdict::Entity::insert(refused).exec_without_returning(db).await.unwrap();
    assert_eq!(feedback::features_step(&market).await.unwrap(), 1);
    let material = weights::overview(&market, &officer, 1).await.unwrap().material;
    assert_eq!((material.pairs, material.lists, material.comparisons, material.waiting), (2, 1, 1, 0));
}

#[tokio::test]
async fn what_is_kept_is_of_the_latest_words_first_and_never_of_what_left_the_market() {
    let stock = Stock::new(15).await;
    stock.judge(&stock.demands, &stock.near, &stock.far, "other_subject").await;
    let (market, officer) = (stock.app.market(), stock.officer.actor().await);
    let db = market.database();
    let count = async || judged_features::Entity::find().count(db).await.unwrap();
    assert_eq!((stock.material().await.waiting, stock.material().await.within_reach), (60, true));
    // Learning takes in the latest fifty and does with them.
    weights::learn(market, &officer, None).await.unwrap();
    assert_eq!((count().await, stock.material().await.waiting), (50, 10));
    // An achievement that is withdrawn before is not looked for any more.
    let gone = &stock.near[0];
    let withdrawn = listing::Entity::update_many().col_expr(listing::Column::State, Expr::value("withdrawn"));
    withdrawn.filter(listing::Column::Number.eq(gone)).exec(db).await.unwrap();
    let waiting = stock.material().await.waiting;
    assert!(waiting < 10);
    stock.keep().await;
    assert_eq!((count().await, stock.material().await.waiting), (50 + waiting as u64, 0));

    // What was kept before there was one of the weights is taken in anew, as long as that can be.
    let row =
        judged_features::Entity::find().filter(judged_features::Column::OtherId.ne(stock.id(gone).await)).one(db).await.unwrap().unwrap();
    let whole = row.shares.clone();
    let mut old = row.clone().into_active_model();
    old.shares = Set(whole.replacen("meaning", "omens", 1));
    judged_features::Entity::update(old).exec(db).await.unwrap();
    let material = stock.material().await;
    assert_eq!(material.waiting, 1);
    assert_eq!(feedback::features_step(market).await.unwrap(), 1);
    let row = judged_features::Entity::find_by_id((row.listing_id, row.other_id)).one(db).await.unwrap().unwrap();
    assert_eq!(row.shares, whole);
    assert_eq!(stock.material().await.pairs, material.pairs + 1);
}

#[tokio::test]
async fn a_form_that_comes_twice_learns_once() {
    let stock = Stock::taught().await;
    let form = stock.officer.open(PAGE).await.form("learn");
    for _ in 0..2 {
        assert_eq!(stock.officer.send(form.clone()).await.status, 303);
    }
    let (market, officer, once) = (stock.app.market(), stock.officer.actor().await, Some(Uuid::now_v7()));
    weights::learn(market, &officer, once).await.unwrap();
    // Nothing is looked at any more when it comes again: there would be too little by now.
    judged_features::Entity::delete_many().exec(market.database()).await.unwrap();
    weights::learn(market, &officer, once).await.unwrap();
    assert_eq!(judged_features::Entity::find().count(market.database()).await.unwrap(), 0);
    assert_eq!(stock.sets().await.len(), 2);
}

#[tokio::test]
async fn what_is_worse_than_the_weights_in_force_is_not_adopted() {
    let stock = Stock::taught().await;
    let page = press(&stock.officer, &stock.officer.open(PAGE).await, "learn").await;
    assert_eq!(page.all("#proposal .stat-value").len(), 2, "the declared weights are in force: {page}");
    press(&stock.officer, &page, "adopt").await;
    let page = press(&stock.officer, &stock.officer.open(PAGE).await, "learn").await;
    assert_eq!(page.all("#proposal .stat-value"), ["0.0%", "100.0%", "100.0%"], "as good as those in force: {page}");
    assert!(page.says(t!(Zh, "weights.by_in_force")) && page.says(t!(Zh, "weights.same")) && !page.offers("adopt"), "{page}");

    // Had it been only a little less often right than those in force, it would not be offered, better as it is than the declared ones.
    let set = stock.sets().await.pop().unwrap();
    let (id, mut worse) = (set.id, set.into_active_model());
    worse.learnt = Set(0.99);
    weight_set::Entity::update(worse).exec(stock.app.market().database()).await.unwrap();
    let page = stock.officer.open(PAGE).await;
    assert!(page.says(t!(Zh, "weights.worse")) && !page.offers("adopt"), "{page}");
    let refused = stock.officer.post(PAGE, [("action", "adopt"), ("version", "2")]).await;
    assert!(refused.status == 422 && refused.says(t!(Zh, "error.weights_not_better")), "{refused}");
    assert!(stock.sets().await.iter().any(|set| set.id == id && set.adopted_at.is_none()));
}

#[test]
fn the_rule_names_every_reason_that_is_left_out() {
    let taken = ["too_early", "no_advantage", "other_subject", "other_field", "not_strategic"];
    let rule = t!(Zh, "weights.rule", most = 0);
    let reasons = FeedbackCode::ALL.iter().map(|code| (FeedbackCode::GROUP, code.code()));
    for (group, code) in reasons.chain(DeclineCode::ALL.iter().map(|code| (DeclineCode::GROUP, code.code()))) {
        assert_eq!(rule.contains(&*code_label(Zh, group, code)), !taken.contains(&code), "{code}");
    }
}
