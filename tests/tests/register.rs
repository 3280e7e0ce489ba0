//! The register from outside: two reviews, the clock of the decision, rules with days, amendments, certificates.

use futures::future::join_all;
use keqiao_app::{t, words::code_label};
use keqiao_market::{
    Actor, Error, Subject,
    accounts::Roles,
    attachments::{self, NewFile},
    clocks, contracts,
    ledger::{self, LedgerFilter},
    organisations, rules,
};
use keqiao_model::{
    AmendmentMove, Coded, ContractMove, ContractSection, ContractState, Fen, Fields, Figure, Lang::Zh, RefusalCode, RuleKind, format_date,
};
use keqiao_tests::{Client, ContractForm, OrganisationForm, PASSWORD, TestApp, answered, pdf, registered};
use time::{Duration, macros::date};

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

/// Signs in again after a long time.
async fn again(who: &Client) {
    who.sign_in(&who.email(), PASSWORD).await;
}

/// A seller of 汀北区 with its contracts, and the officers of the city and of the county.
struct Registry {
    app: TestApp,
    seller: Client,
    buyer: Client,
    city: Client,
    county: Client,
}

impl Registry {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (seller, buyer) = (app.institute("林研究员").await, app.enterprise("沈工").await);
        let (city, county) = (app.officer().await, app.county_officer("990103").await);
        Self { app, seller, buyer, city, county }
    }

    /// A contract of its own subject, with its text, not handed in.
    async fn drafted(&self, form: ContractForm) -> String {
        let (market, seller) = (self.app.market(), self.seller.actor().await);
        let buyer = organisations::organisation(market, &seller, self.buyer.organisation()).await.unwrap();
        let form = form.set("kind", "development").buyer(&buyer.name, &buyer.credit_code);
        let number = contracts::create_contract(market, &seller, None, &form.fields(), None).await.unwrap();
        let id = contracts::contract(market, &seller, &number).await.unwrap().summary.id;
        let file = NewFile { name: "contract.pdf", bytes: pdf("contract"), confidential: false, reason: "" };
        attachments::attach(market, &seller, Subject::Contract, id, file, None).await.unwrap();
        number
    }

    async fn submitted(&self, form: ContractForm) -> String {
        let number = self.drafted(form).await;
        self.go(&self.seller, &number, ContractMove::Submit).await.unwrap();
        number
    }

    async fn registered(&self, form: ContractForm) -> String {
        let number = self.submitted(form).await;
        registered(self.app.market(), &self.city.actor().await, &number).await;
        number
    }

    async fn go(&self, who: &Client, number: &str, by: ContractMove) -> Result<(), Error> {
        let (code, reason) = match by {
            ContractMove::Refuse | ContractMove::Cancel => ("not_technical", "不属于技术合同。"),
            ContractMove::Return => ("", "请补充验收标准。"),
            _ => ("", ""),
        };
        let actor = who.actor().await;
        let version = contracts::contract(self.app.market(), &actor, number).await?.version;
        contracts::move_contract(self.app.market(), &actor, number, by, code, reason, version, None).await
    }

    async fn state(&self, number: &str) -> ContractState {
        contracts::contract(self.app.market(), &self.seller.actor().await, number).await.unwrap().summary.state
    }

    async fn due(&self, number: &str) -> Option<String> {
        contracts::contract(self.app.market(), &self.seller.actor().await, number).await.unwrap().summary.due_on.map(format_date)
    }

    async fn total(&self, figure: Figure) -> i64 {
        ledger::total(self.app.market(), figure, &LedgerFilter::default()).await.unwrap()
    }

    /// The seller proposes an amendment with evidence; answers its place.
    async fn proposes(&self, number: &str, form: &Fields) -> Result<i64, Error> {
        let file = NewFile { name: "supplement.pdf", bytes: pdf("supplement"), confidential: false, reason: "" };
        contracts::propose_amendment(self.app.market(), &self.seller.actor().await, number, form, Some(file), None).await
    }

    async fn decides(&self, who: &Client, number: &str, place: i64, by: AmendmentMove, words: &str) -> Result<(), Error> {
        let (market, actor) = (self.app.market(), who.actor().await);
        let found = contracts::amendments(market, &actor, number, 1).await?;
        let version = found.list.items.iter().find(|a| a.place == place).map_or(0, |a| a.version);
        contracts::decide_amendment(market, &actor, number, place, by, words, version, found.contract_version, None).await
    }
}

/// A contract whose technical value is in yuan.
fn worth(title: &str, yuan: &str) -> ContractForm {
    let summary = format!("{title}：{}", title.chars().rev().collect::<String>());
    ContractForm::complete().title(title).set("summary", &summary).value(yuan).technical_value(yuan)
}

fn amount(value: &str, technical: &str) -> Fields {
    fields([("kind", "amount"), ("value", value), ("technical_value", technical), ("reason", "双方签订补充协议，增加一台样机。")])
}

#[tokio::test]
async fn a_contract_is_returned_for_correction_and_handed_in_again() {
    let r = Registry::new().await;
    let number = r.submitted(worth("主轴轴承开发", "900000")).await;
    let queue = r.city.open("/review?tab=contracts").await;
    assert!(queue.says("主轴轴承开发") && queue.says(&t!(Zh, "review.days_left", n = 15)), "{queue}");
    let page = r.city.open(&format!("/review/contracts/{number}")).await;
    let bad = r.city.press(&page, "return").await;
    assert_eq!((bad.status, bad.error_at("reason").as_deref()), (422, Some(t!(Zh, "error.reason_required"))));
    r.city.send(bad.form("return").with([("reason", "请写明验收标准。")])).await;
    assert_eq!((r.state(&number).await, r.due(&number).await), (ContractState::Returned, None), "the clock stands while it is returned");
    let page = r.seller.open(&format!("/contracts/{number}")).await;
    assert!(page.says("请写明验收标准。") && page.offers("submit"), "{page}");
    r.seller.does(&page, "submit").await;
    // Accepted and returned once more: each time it can be handed in again.
    r.go(&r.county, &number, ContractMove::Accept).await.unwrap();
    r.go(&r.county, &number, ContractMove::Return).await.unwrap();
    r.go(&r.seller, &number, ContractMove::Submit).await.unwrap();
    registered(r.app.market(), &r.county.actor().await, &number).await;
    assert_eq!(r.state(&number).await, ContractState::Registered);
}

#[tokio::test]
async fn from_the_threshold_on_two_different_officers_review() {
    let r = Registry::new().await;
    let number = r.submitted(worth("大型检测平台开发", "5000000")).await;
    let path = format!("/review/contracts/{number}");
    r.city.does(&r.city.open(&path).await, "accept").await;
    let page = r.city.open(&path).await;
    assert!(page.offers("pass") && !page.offers("register"), "{page}");
    assert_eq!(codes(r.go(&r.city, &number, ContractMove::Register).await), refused("", "second_review_due"));
    r.city.does(&page, "pass").await;
    // The first reviewer has nothing left to decide.
    assert_eq!(r.city.get(&path).await.status, 303);
    for by in [ContractMove::Register, ContractMove::Refuse, ContractMove::Return] {
        assert_eq!(codes(r.go(&r.city, &number, by).await), refused("", "another_reviewer"), "{by}");
    }
    let page = r.county.open(&path).await;
    assert!(page.says("officer-990100") && page.offers("register") && page.offers("refuse"), "{page}");
    r.county.does(&page, "register").await;
    assert_eq!(r.state(&number).await, ContractState::Registered);
    // Another one: the second reviewer refuses.
    let number = r.submitted(worth("另一套装备研制", "6000000")).await;
    r.go(&r.county, &number, ContractMove::Accept).await.unwrap();
    answered(r.app.market(), &r.county.actor().await, &number).await;
    r.go(&r.county, &number, ContractMove::Pass).await.unwrap();
    r.go(&r.city, &number, ContractMove::Refuse).await.unwrap();
    assert_eq!(r.state(&number).await, ContractState::Refused);
    // Just below the threshold one review is enough, and passing on is refused.
    let number = r.submitted(worth("小批量试制服务", "4999999.99")).await;
    r.go(&r.city, &number, ContractMove::Accept).await.unwrap();
    answered(r.app.market(), &r.city.actor().await, &number).await;
    assert_eq!(codes(r.go(&r.city, &number, ContractMove::Pass).await), refused("", "second_review_due"));
    r.go(&r.city, &number, ContractMove::Register).await.unwrap();
}

#[tokio::test]
async fn a_lower_threshold_holds_for_what_is_signed_from_its_day_on() {
    let r = Registry::new().await;
    let page = r.city.open("/rules/new?kind=second_review").await;
    let form = page.form("add").with([
        ("value", "300万"),
        ("valid_from", "2026-08-10"),
        ("source", "认定登记管理办法（修订）"),
        ("article", "12"),
    ]);
    assert_eq!(r.city.send(form).await.status, 303);
    r.app.wait(Duration::days(20));
    let before = r.submitted(worth("修订前签订的开发", "4000000").set("signed_on", "2026-08-09")).await;
    let after = r.submitted(worth("修订后订立的研究", "4000000").set("signed_on", "2026-08-10")).await;
    for number in [&before, &after] {
        r.go(&r.city, number, ContractMove::Accept).await.unwrap();
        answered(r.app.market(), &r.city.actor().await, number).await;
    }
    r.go(&r.city, &before, ContractMove::Register).await.unwrap();
    assert_eq!(codes(r.go(&r.city, &after, ContractMove::Register).await), refused("", "second_review_due"));
    r.go(&r.city, &after, ContractMove::Pass).await.unwrap();
    r.go(&r.county, &after, ContractMove::Register).await.unwrap();
}

#[tokio::test]
async fn an_officer_of_a_party_decides_nothing_of_it() {
    let r = Registry::new().await;
    let both = r.app.signed_in("两职", Roles { officer_region: Some("990103".to_owned()), ..Roles::default() }).await;
    let form = OrganisationForm::institute("两职研究院").credit_code(&r.app.next_credit_code());
    organisations::create(r.app.market(), &both.actor().await, &form.fields(), None).await.unwrap();
    let r = Registry { seller: both, ..r };
    let number = r.submitted(worth("自己单位的合同", "100000")).await;
    assert_eq!(codes(r.go(&r.seller, &number, ContractMove::Accept).await), refused("", "conflict_of_interest"));
    let queue = r.seller.open("/review?tab=contracts").await;
    assert!(!queue.says("自己单位的合同"), "{queue}");
    assert_eq!(r.seller.get(&format!("/review/contracts/{number}")).await.status, 303, "to the contract itself");
    registered(r.app.market(), &r.county.actor().await, &number).await;
    // Nor of its amendments.
    let place = r.proposes(&number, &amount("12万", "12万")).await.unwrap();
    let own = r.decides(&r.seller, &number, place, AmendmentMove::Approve, "").await;
    assert_eq!(codes(own), refused("", "conflict_of_interest"));
    assert!(!r.seller.open("/review?tab=amendments").await.says("自己单位的合同"));
    assert!(r.county.open("/review?tab=amendments").await.says("自己单位的合同"));
}

#[tokio::test]
async fn the_decision_is_due_by_working_days_and_reminded_of() {
    let r = Registry::new().await;
    // Saturday the first of August 2026: fifteen working days without a holiday.
    let number = r.submitted(worth("主轴轴承开发", "900000")).await;
    assert_eq!(r.due(&number).await.as_deref(), Some("2026-08-21"));
    let large = r.submitted(worth("大型检测平台研制", "5000000")).await;
    assert_eq!(r.due(&large).await.as_deref(), Some("2026-09-11"), "thirty from the threshold on");
    let letters = async || r.app.letters().await.iter().filter(|l| l.subject.contains("期限提醒")).count();
    r.app.wait(Duration::days(17));
    clocks::clock_step(r.app.market()).await.unwrap();
    assert_eq!(letters().await, 0, "three working days before");
    r.app.wait(Duration::days(1));
    for _ in 0..3 {
        clocks::clock_step(r.app.market()).await.unwrap();
    }
    assert_eq!(letters().await, 2, "each officer once, two working days before");
    let letter = r.app.last_letter_to(&r.county.email()).await;
    assert!(letter.text.contains("2026-08-21") && letter.text.contains(&format!("/review/contracts/{number}")), "{letter:?}");
    r.app.wait(Duration::days(2));
    clocks::clock_step(r.app.market()).await.unwrap();
    assert_eq!(letters().await, 2);
    // Monday the 24th: one working day late.
    r.app.wait(Duration::days(3));
    for _ in 0..2 {
        clocks::clock_step(r.app.market()).await.unwrap();
    }
    assert_eq!(letters().await, 4, "once more when it is overdue");
    again(&r.city).await;
    let queue = r.city.open("/review?tab=contracts").await;
    assert!(queue.says(&t!(Zh, "review.overdue_by", n = 1)), "{queue}");
    assert_eq!(queue.all(".result-title").first().map(String::as_str), Some("主轴轴承开发"), "overdue first");
    let staged = r.city.open("/review?tab=contracts&stage=second_review").await;
    assert!(staged.all(".result-title").is_empty() && staged.says(t!(Zh, "review.none_of_stage")), "{staged}");
    assert_eq!(r.city.open("/review?tab=contracts&stage=submitted").await.all(".result-title").len(), 2);
    // Returned, and handed in before the National Day: the clock begins anew, and leaves out the holidays of the calendar.
    r.go(&r.city, &number, ContractMove::Return).await.unwrap();
    assert_eq!(r.due(&number).await, None);
    r.app.wait(Duration::days(28));
    r.go(&r.seller, &number, ContractMove::Submit).await.unwrap();
    assert_eq!(r.due(&number).await.as_deref(), Some("2026-10-19"), "Mid-Autumn and National Day off, a Saturday worked");
}

#[tokio::test]
async fn a_calendar_without_the_holidays_of_a_year_counts_weekends_and_the_pages_say_so() {
    let r = Registry::new().await;
    assert!(!r.city.open("/review?tab=contracts").await.says("2027 年的节假日"));
    r.app.wait(Duration::days(141));
    for who in [&r.city, &r.seller] {
        again(who).await;
    }
    // Sunday the 20th of December: eight working days to the end of the year, seven of them in a year nobody entered.
    let number = r.submitted(worth("跨年办理的合同", "900000").set("signed_on", "2026-12-01")).await;
    assert_eq!(r.due(&number).await.as_deref(), Some("2027-01-08"), "the first of January counts as worked");
    let words = t!(Zh, "rules.holidays_missing", year = 2027);
    for path in ["/review?tab=contracts".to_owned(), format!("/review/contracts/{number}"), "/rules".to_owned()] {
        let page = r.city.open(&path).await;
        assert!(page.says(&words), "{path}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_officers_who_decide_at_once_one_is_told() {
    let r = Registry::new().await;
    for (round, title) in ["甲合同的项目", "乙方案之研究", "丙装置的试制", "丁工艺之改进"].into_iter().enumerate() {
        let number = r.submitted(worth(title, "300000")).await;
        r.go(&r.city, &number, ContractMove::Accept).await.unwrap();
        answered(r.app.market(), &r.city.actor().await, &number).await;
        let version = contracts::contract(r.app.market(), &r.city.actor().await, &number).await.unwrap().version;
        let other = if round % 2 == 0 { ContractMove::Register } else { ContractMove::Refuse };
        let moves = [(&r.city, ContractMove::Register), (&r.county, other)].map(|(who, by)| {
            let (market, number) = (r.app.market(), number.clone());
            async move {
                let code = if by == ContractMove::Refuse { "other" } else { "" };
                contracts::move_contract(market, &who.actor().await, &number, by, code, "另有理由", version, None).await
            }
        });
        let done = join_all(moves).await;
        assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1, "{done:?}");
        assert!(done.iter().any(|d| matches!(d, Err(Error::Stale))), "{done:?}");
    }
    assert_eq!(ledger::verify(r.app.market()).await.unwrap(), []);
}

#[tokio::test]
async fn a_ground_of_refusal_that_is_out_of_use_is_neither_offered_nor_taken() {
    let r = Registry::new().await;
    let ground = fields([
        ("kind", "refusal"),
        ("key", "seal_missing"),
        ("value", "no"),
        ("valid_from", "2026-07-01"),
        ("source", "关于取消印章核验的通知"),
    ]);
    rules::add_rule(r.app.market(), &r.city.actor().await, &ground, None).await.unwrap();
    let number = r.submitted(worth("主轴轴承开发", "900000")).await;
    let page = r.city.open(&format!("/review/contracts/{number}")).await;
    let offered = page.attributes("select[name=code] option", "value");
    assert!(offered.contains(&"proof_missing".to_owned()) && !offered.contains(&"seal_missing".to_owned()), "{offered:?}");
    let form = page.form("refuse").tampered([("code", "seal_missing"), ("reason", "没有盖章")]);
    let bad = r.city.send(form).await;
    assert_eq!((bad.status, bad.error_at("code").as_deref()), (422, Some(t!(Zh, "error.ground_not_in_force"))));
    // What was signed before goes by the rule of its day.
    let earlier = r.submitted(worth("此前签订的另一份", "100000").set("signed_on", "2026-06-30")).await;
    let actor = r.city.actor().await;
    let version = contracts::contract(r.app.market(), &actor, &earlier).await.unwrap().version;
    contracts::move_contract(r.app.market(), &actor, &earlier, ContractMove::Refuse, "seal_missing", "没有盖章", version, None)
        .await
        .unwrap();
}

#[tokio::test]
async fn everyone_reads_the_rules_and_the_city_changes_them() {
    let r = Registry::new().await;
    let visitor = r.app.visitor();
    let page = visitor.open("/rules").await;
    assert!(
        page.says("5,000,000 元") && page.says("技术合同认定登记办事指南") && page.says(&t!(Zh, "rules.working_days", n = 15)),
        "{page}"
    );
    assert!(page.says(&code_label(Zh, RefusalCode::GROUP, "monopolistic")) && !page.text.contains("/rules/new"), "{page}");
    assert_eq!(visitor.get("/rules/new").await.status, 303);
    for who in [&r.seller, &r.county] {
        assert_eq!(who.get("/rules/new?kind=second_review").await.status, 403);
    }
    // Added by its form: everything wrong at once, what was typed is kept.
    assert!(r.city.open("/rules/new").await.says(&code_label(Zh, RuleKind::GROUP, "near_duplicate")));
    let page = r.city.open("/rules/new?kind=near_duplicate").await;
    let bad = r.city.send(page.form("add").with([("value", "八成"), ("valid_from", ""), ("source", "")])).await;
    assert_eq!((bad.status, bad.value_of("value").as_deref()), (422, Some("八成")));
    assert_eq!(bad.error_at("value").as_deref(), Some(t!(Zh, "error.rule_percent")));
    assert_eq!(bad.error_at("valid_from").as_deref(), Some(t!(Zh, "error.required")));
    assert_eq!(bad.error_at("source").as_deref(), Some(t!(Zh, "error.required")));
    let form = bad.form("add").with([("value", "80"), ("valid_from", "2026-09-01"), ("source", "本市登记工作会议纪要")]);
    let added = r.city.send(form).await;
    assert_eq!(added.status, 303, "{added}");
    let path = added.location();
    // Not yet in force: in the list below, changed as a whole, and in force on its day.
    let list = visitor.open("/rules?kind=near_duplicate").await;
    assert!(list.says("80%") && list.says("70%") && list.says(t!(Zh, "rules.later")), "{list}");
    let list = visitor.open("/rules?kind=near_duplicate&on=2026-09-01").await;
    assert!(list.says(t!(Zh, "rules.earlier")) && !list.says(t!(Zh, "rules.later")), "{list}");
    assert_eq!(visitor.open("/rules?kind=x&on=yesterday").await.status, 200, "an old link never fails");
    let (page, meanwhile) = (r.city.open(&path).await, r.city.open(&path).await);
    let changed = r.city.send(page.form("change").with([("value", "75.5"), ("article", "3")])).await;
    assert_eq!(changed.status, 303, "{changed}");
    let stale = r.city.send(meanwhile.form("change").with([("value", "60")])).await;
    assert_eq!(stale.status, 422);
    assert!(stale.says(t!(Zh, "error.stale")), "{stale}");
    let page = r.city.open(&path).await;
    assert!(page.says("75.5%") && page.says("第 3 条") && page.says(t!(Zh, "admin.action.rule.change")), "{page}");
    assert!(!visitor.open(&path).await.says(t!(Zh, "admin.action.rule.change")), "who changed what is for those who may");
    let bad = r.city.press(&page, "withdraw").await;
    assert_eq!(bad.error_at("reason").as_deref(), Some(t!(Zh, "error.reason_required")));
    r.city.send(bad.form("withdraw").with([("reason", "会议纪要尚未定稿")])).await;
    let page = visitor.open(&path).await;
    assert!(page.says(t!(Zh, "rules.withdrawn")) && page.says("会议纪要尚未定稿"), "{page}");
    // In force: only where it is written.
    let first = rules::rules(r.app.market(), rules::RuleFilter { kind: Some(RuleKind::NearDuplicate), on: date!(2026 - 08 - 01) });
    let first = first.await.unwrap().into_iter().find(|l| l.standing == rules::Standing::InForce).unwrap();
    let page = r.app.admin().await.open(&format!("/rules/{}", first.rule.id)).await;
    assert!(page.says(t!(Zh, "rules.correct_hint")) && !page.form("change").text_fields().contains(&"value".to_owned()), "{page}");
}

#[tokio::test]
async fn a_finding_leads_to_its_rule() {
    let r = Registry::new().await;
    r.registered(worth("陶瓷轴承批量开发", "3000000")).await;
    let number = r.submitted(worth("陶瓷轴承批量开发二期", "3000000").set("signed_on", "2026-07-25")).await;
    let page = r.city.open(&format!("/review/contracts/{number}")).await;
    assert!(page.says(&code_label(Zh, "finding", "splitting")), "{page}");
    let rule = page.links().into_iter().find(|l| l.starts_with("/rules/")).unwrap();
    assert!(r.city.open(&rule).await.says("5,000,000 元"));
}

#[tokio::test]
async fn an_amount_is_amended_with_reason_and_evidence() {
    let r = Registry::new().await;
    let number = r.registered(worth("主轴轴承开发", "900000")).await;
    let path = format!("/contracts/{number}/amend");
    assert!(r.seller.open(&format!("/contracts/{number}")).await.links().contains(&path));
    assert!(r.app.visitor().open(&path).await.says(t!(Zh, "amendments.none")));
    // Reason and evidence are required, what was typed is kept.
    let page = r.seller.open(&format!("{path}?kind=amount")).await;
    let bad = r.seller.send(page.form("propose").with([("value", "１２０万"), ("technical_value", "130万"), ("reason", "")])).await;
    assert_eq!((bad.status, bad.value_of("value").as_deref()), (422, Some("１２０万")), "{bad}");
    assert_eq!(bad.error_at("technical_value").as_deref(), Some(t!(Zh, "error.technical_over_total")));
    assert_eq!(bad.error_at("reason").as_deref(), Some(t!(Zh, "error.required")));
    assert_eq!(bad.error_at("file").as_deref(), Some(t!(Zh, "error.file_required")));
    let form = bad.form("propose").with([("technical_value", "100万"), ("reason", "增加一台样机。")]);
    let sent = r.seller.send(form.file("file", "supplement.pdf", pdf("supplement"))).await;
    assert_eq!(sent.status, 303, "{sent}");
    let second = r.proposes(&number, &amount("1", "1")).await;
    assert_eq!(codes(second), refused("kind", "amendment_open"));
    assert_eq!(r.total(Figure::ContractValue).await, 90_000_000, "nothing counts yet");
    // Officers of the region are told and find it in their queue.
    assert!(r.app.last_letter_to(&r.county.email()).await.text.contains(&path));
    let queue = r.county.open("/review?tab=amendments").await;
    assert!(queue.says("主轴轴承开发") && queue.links().contains(&path), "{queue}");
    assert!(!r.app.visitor().open(&path).await.says("1,200,000"), "a proposal is not public");
    let page = r.county.open(&path).await;
    assert!(page.says("900,000 元") && page.says("1,200,000 元") && page.says("增加一台样机。"), "{page}");
    let evidence = page.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    assert_eq!(r.county.get(&evidence).await.status, 200);
    assert_eq!(r.app.visitor().get(&evidence).await.status, 404);
    let bad = r.county.press(&page, "refuse").await;
    assert_eq!(bad.error_at("words.1").as_deref(), Some(t!(Zh, "error.reason_required")), "{bad}");
    r.county.does(&page, "approve").await;
    // The register and the ledger say so; everyone reads what changed, and not why.
    let contract = contracts::contract(r.app.market(), &Actor::Visitor, &number).await.unwrap();
    assert_eq!((contract.summary.value, contract.summary.technical_value), (Fen::new(120_000_000), Fen::new(100_000_000)));
    assert_eq!((r.total(Figure::ContractValue).await, r.total(Figure::TechnicalValue).await), (120_000_000, 100_000_000));
    assert_eq!(ledger::verify(r.app.market()).await.unwrap(), []);
    assert!(r.app.last_letter_to(&r.buyer.email()).await.text.contains(&path));
    let page = r.app.visitor().open(&path).await;
    assert!(page.says("900,000 元") && page.says("1,200,000 元") && !page.says("增加一台样机。"), "{page}");
    // Refused with words, or taken back: nothing changes.
    let place = r.proposes(&number, &amount("5万", "5万")).await.unwrap();
    r.decides(&r.county, &number, place, AmendmentMove::Refuse, "补充协议没有盖章。").await.unwrap();
    assert!(r.seller.open(&path).await.says("补充协议没有盖章。"));
    let place = r.proposes(&number, &amount("6万", "5万")).await.unwrap();
    assert!(matches!(r.decides(&r.buyer, &number, place, AmendmentMove::Withdraw, "").await, Err(Error::Forbidden)));
    r.seller.does(&r.seller.open(&path).await, "withdraw").await;
    assert_eq!(r.total(Figure::ContractValue).await, 120_000_000);
    assert_eq!(codes(r.proposes(&number, &amount("120万", "100万")).await), refused("value", "nothing_changed"));
}

#[tokio::test]
async fn who_buys_and_until_when_are_amended() {
    let r = Registry::new().await;
    let number = r.registered(worth("主轴轴承开发", "900000")).await;
    assert_eq!((r.total(Figure::AbsorbedValue).await, r.total(Figure::EnterprisesServed).await), (90_000_000, 1));
    // A buyer from elsewhere takes over: nothing is absorbed in the city any more.
    let code = keqiao_model::CreditCode::complete("91110000", "MA7777Q7").unwrap();
    let buyer = fields([
        ("kind", "parties"),
        ("buyer_credit_code", code.as_str()),
        ("buyer_name", "外地轴承股份公司"),
        ("reason", "三方协议，合同权利义务转让。"),
    ]);
    let term = fields([("kind", "term"), ("ends_on", "2028-12-31"), ("reason", "延期")]);
    let early = fields([("kind", "term"), ("ends_on", "2026-07-31"), ("reason", "缩短")]);
    assert_eq!(codes(r.proposes(&number, &early).await), refused("ends_on", "date_order"));
    let nobody = fields([("kind", "parties"), ("buyer_credit_code", "1"), ("reason", "")]);
    let expected = [("buyer_credit_code", "credit_code_length"), ("buyer_name", "required"), ("reason", "required")];
    assert_eq!(codes(r.proposes(&number, &nobody).await), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    let (buyer, term) = (r.proposes(&number, &buyer).await.unwrap(), r.proposes(&number, &term).await.unwrap());
    r.decides(&r.county, &number, buyer, AmendmentMove::Approve, "").await.unwrap();
    r.decides(&r.county, &number, term, AmendmentMove::Approve, "").await.unwrap();
    assert_eq!((r.total(Figure::AbsorbedValue).await, r.total(Figure::EnterprisesServed).await), (0, 0));
    assert_eq!(r.total(Figure::ContractValue).await, 90_000_000);
    assert_eq!(ledger::verify(r.app.market()).await.unwrap(), []);
    let page = r.app.visitor().open(&format!("/contracts/{number}/amend")).await;
    assert!(page.says("外地轴承股份公司") && !page.says("2028-12-31"), "until when is for the parties: {page}");
    assert!(r.seller.open(&format!("/contracts/{number}/amend")).await.says("2028-12-31"));
    // The former buyer has no part in it any more.
    assert!(contracts::contract(r.app.market(), &r.buyer.actor().await, &number).await.unwrap().detail.is_none());
}

#[tokio::test]
async fn an_amount_amended_while_reviewed_is_refused() {
    let r = Registry::new().await;
    let number = r.submitted(worth("主轴轴承开发", "900000")).await;
    let actor = r.seller.actor().await;
    let version = contracts::contract(r.app.market(), &actor, &number).await.unwrap().version;
    let form = worth("主轴轴承开发", "100").set("kind", "development").fields();
    let saved = contracts::save_section(r.app.market(), &actor, &number, ContractSection::Amounts, &form, version, None).await;
    assert_eq!(codes(saved), refused("", "not_editable"));
    assert_eq!(codes(r.proposes(&number, &amount("100", "100")).await), refused("", "not_in_register"));
    assert_eq!(r.seller.get(&format!("/contracts/{number}/amend")).await.status, 404);
    assert_eq!(contracts::contract(r.app.market(), &actor, &number).await.unwrap().summary.value, Fen::new(90_000_000));
    // An officer who looked at it before it was taken back and changed is told.
    r.go(&r.seller, &number, ContractMove::TakeBack).await.unwrap();
    contracts::save_section(r.app.market(), &actor, &number, ContractSection::Amounts, &form, version + 1, None).await.unwrap();
    r.go(&r.seller, &number, ContractMove::Submit).await.unwrap();
    let accept =
        contracts::move_contract(r.app.market(), &r.city.actor().await, &number, ContractMove::Accept, "", "", version, None).await;
    assert!(matches!(accept, Err(Error::Stale)), "{accept:?}");
}

#[tokio::test]
async fn an_amount_is_not_amended_below_what_was_received() {
    let r = Registry::new().await;
    let number = r.registered(worth("主轴轴承开发", "900000")).await;
    let early = r.proposes(&number, &amount("50万", "50万")).await.unwrap();
    let (market, seller) = (r.app.market(), r.seller.actor().await);
    let typed = fields([("amount", "60万"), ("received_on", "2026-08-01")]);
    let slip = NewFile { name: "slip.pdf", bytes: pdf("slip"), confidential: false, reason: "" };
    keqiao_market::performance::record_receipt(market, &seller, &number, &typed, Some(slip), None).await.unwrap();
    let decided = r.decides(&r.county, &number, early, AmendmentMove::Approve, "").await;
    assert_eq!(codes(decided), refused("", "amount_below_received"), "what came in after it was asked for counts too");
    r.decides(&r.seller, &number, early, AmendmentMove::Withdraw, "").await.unwrap();
    assert_eq!(codes(r.proposes(&number, &amount("59万", "59万")).await), refused("value", "amount_below_received"));
    let place = r.proposes(&number, &amount("60万", "60万")).await.unwrap();
    r.decides(&r.county, &number, place, AmendmentMove::Approve, "").await.unwrap();
    assert_eq!(r.total(Figure::ContractValue).await, 60_000_000);
    assert_eq!(ledger::verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn an_amendment_of_what_changed_meanwhile_is_stale() {
    let r = Registry::new().await;
    let number = r.registered(worth("主轴轴承开发", "900000")).await;
    let place = r.proposes(&number, &amount("100万", "100万")).await.unwrap();
    let seen = contracts::amendments(r.app.market(), &r.county.actor().await, &number, 1).await.unwrap();
    let approve = async |contract_version| {
        let (market, actor) = (r.app.market(), r.county.actor().await);
        contracts::decide_amendment(market, &actor, &number, place, AmendmentMove::Approve, "", 1, contract_version, None).await
    };
    // The seller says that it is performed: the officer saw another contract.
    r.go(&r.seller, &number, ContractMove::Complete).await.unwrap();
    assert!(matches!(approve(seen.contract_version).await, Err(Error::Stale)));
    r.go(&r.city, &number, ContractMove::Cancel).await.unwrap();
    assert_eq!(codes(approve(seen.contract_version + 2).await), refused("", "not_in_register"));
    assert_eq!((r.total(Figure::ContractValue).await, ledger::verify(r.app.market()).await.unwrap()), (0, Vec::new()));
    // Two officers at once: one approves, the other is told.
    let number = r.registered(worth("另外一项研究", "800000")).await;
    let place = r.proposes(&number, &amount("70万", "70万")).await.unwrap();
    let both = [(&r.city, AmendmentMove::Approve), (&r.county, AmendmentMove::Refuse)];
    let done = join_all(both.map(|(who, by)| r.decides(who, &number, place, by, "理由"))).await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1, "{done:?}");
    assert!(done.iter().filter_map(|d| d.as_ref().err()).all(|e| matches!(e, Error::Stale | Error::Forbidden)), "{done:?}");
    assert_eq!(ledger::verify(r.app.market()).await.unwrap(), []);
}

#[tokio::test]
async fn who_registered_does_not_raise_it_to_the_threshold_alone() {
    let r = Registry::new().await;
    let number = r.registered(worth("主轴轴承开发", "4900000")).await;
    let place = r.proposes(&number, &amount("800万", "500万")).await.unwrap();
    assert_eq!(codes(r.decides(&r.city, &number, place, AmendmentMove::Approve, "").await), refused("", "another_officer"));
    r.decides(&r.county, &number, place, AmendmentMove::Approve, "").await.unwrap();
    // Lowering it is no such thing.
    let place = r.proposes(&number, &amount("800万", "490万")).await.unwrap();
    r.decides(&r.city, &number, place, AmendmentMove::Approve, "").await.unwrap();
}

#[tokio::test]
async fn a_certificate_is_printed_and_checked_by_anybody() {
    let r = Registry::new().await;
    let number = r.submitted(worth("主轴轴承开发", "900000")).await;
    let path = format!("/contracts/{number}/certificate");
    assert_eq!(r.seller.get(&path).await.status, 404, "nothing to certify yet");
    registered(r.app.market(), &r.city.actor().await, &number).await;
    for (who, status) in
        [(&r.seller, 200), (&r.buyer, 200), (&r.county, 200), (&r.app.enterprise("路人").await, 404), (&r.app.visitor(), 303)]
    {
        assert_eq!(who.get(&path).await.status, status);
    }
    let page = r.buyer.open(&path).await;
    assert!(page.says(t!(Zh, "certificates.heading")) && page.says("990100-2026-00001") && page.says("900,000 元"), "{page}");
    assert!(page.says("林研究员研究院") && page.find("svg.qr").is_some() && page.says(t!(Zh, "certificates.print_hint")), "{page}");
    assert!(!page.says("发轴"), "what is done is not on it: {page}");
    let code = contracts::certificate(r.app.market(), &r.seller.actor().await, &number).await.unwrap().code;
    // However it is typed.
    let visitor = r.app.visitor();
    let typed = format!(" {}-{} ", code[..7].to_lowercase(), &code[7..]);
    let to = visitor.get(&format!("/certificates?code={typed}")).await;
    assert_eq!((to.status, to.location()), (303, format!("/certificates/{code}")));
    assert!(visitor.open("/certificates").await.says(t!(Zh, "certificates.code_hint")));
    let check = format!("/certificates/{code}");
    let page = visitor.open(&check).await;
    assert!(page.says(t!(Zh, "certificates.valid")) && page.says("沈工科技有限公司"), "{page}");
    assert!(page.text.contains("noindex") && !page.says("发轴"), "{page}");
    // Amended since, cancelled since.
    let place = r.proposes(&number, &amount("100万", "90万")).await.unwrap();
    r.decides(&r.county, &number, place, AmendmentMove::Approve, "").await.unwrap();
    let page = visitor.open(&check).await;
    assert!(page.says("1,000,000 元") && page.says("变更金额"), "{page}");
    r.app.wait(Duration::days(2));
    r.go(&r.city, &number, ContractMove::Cancel).await.unwrap();
    let page = visitor.open(&check).await;
    assert!(page.says(&t!(Zh, "certificates.cancelled", day = "2026-08-03")) && !page.says("林研究员"), "{page}");
    r.seller.sign_in(&r.seller.email(), keqiao_tests::PASSWORD).await;
    let sheet = r.seller.get(&path).await;
    assert_eq!((sheet.status, sheet.location()), (303, format!("/contracts/{number}")), "the contract says that it was cancelled");
    assert_eq!(r.app.enterprise("外人").await.get(&path).await.status, 404);
    // There is none; and whoever tries too many waits, which keeps nobody from checking a real one.
    let page = visitor.get("/certificates/0123456789ABCDEF0123").await;
    assert!(page.status == 404 && page.says(t!(Zh, "certificates.unknown")), "{page}");
    let mut last = 404;
    for place in 0..70 {
        last = visitor.get(&format!("/certificates/{place:020}")).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(visitor.get(&check).await.status, 200);
}
