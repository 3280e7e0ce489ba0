//! How income from 职务科技成果 is split: drawn up, proposed, decided, printed, reported; and who never sees any of it.

use keqiao_app::{t, words::code_label};
use keqiao_market::{
    Subject,
    attachments::{self, NewFile},
    contracts, organisations, performance, rewards, sheets,
};
use keqiao_model::{ContractMove, Fen, Fields, Lang::Zh, ListingKind};
use keqiao_tests::{AchievementForm, Client, ContractForm, TestApp, pdf, registered};

/// An institute that sold its achievement: one who made it and manages the institute, another manager, the buyer, the registry.
struct Sold {
    app: TestApp,
    researcher: Client,
    head: Client,
    buyer: Client,
    officer: Client,
    contract: String,
    achievement: String,
}

async fn colleague(app: &TestApp, of: &Client, name: &str, manager: bool) -> Client {
    let colleague = app.someone(name).await;
    let (market, organisation, actor) = (app.market(), of.organisation(), of.actor().await);
    let code = organisations::organisation(market, &actor, organisation).await.unwrap().credit_code;
    organisations::ask_to_join(market, &colleague.actor().await, &code, None).await.unwrap();
    organisations::answer_membership(market, &actor, organisation, colleague.person(), true).await.unwrap();
    organisations::set_manager(market, &actor, organisation, colleague.person(), manager).await.unwrap();
    colleague
}

async fn sold() -> Sold {
    let app = TestApp::new().await;
    let (researcher, officer, buyer) = (app.institute("林研究员").await, app.officer().await, app.enterprise("沈工").await);
    let achievement = app.published(&researcher, &officer, ListingKind::Achievement, AchievementForm::complete().fields()).await;
    let head = colleague(&app, &researcher, "何所长", true).await;
    let (market, actor) = (app.market(), researcher.actor().await);
    let bought = organisations::organisation(market, &buyer.actor().await, buyer.organisation()).await.unwrap();
    let form = ContractForm::complete().buyer(&bought.name, &bought.credit_code).set("kind", "transfer").set("subkind", "patent");
    let fields = form.set("achievement", &achievement).set("payment", "lump").set("new_input", "50万").set("new_output", "600万");
    let fields = fields.set("ip", "invention").set("ip_numbers", "ZL 2017 1 0601862.3").fields();
    let contract = contracts::create_contract(market, &actor, None, &fields, None).await.unwrap();
    let view = contracts::contract(market, &actor, &contract).await.unwrap();
    let file = NewFile { name: "contract.pdf", bytes: pdf("contract"), confidential: false, reason: "" };
    attachments::attach(market, &actor, Subject::Contract, view.summary.id, file, None).await.unwrap();
    contracts::move_contract(market, &actor, &contract, ContractMove::Submit, "", "", view.version, None).await.unwrap();
    registered(market, &officer.actor().await, &contract).await;
    let typed: Fields = [("amount", "100万"), ("received_on", "2026-07-31")].into_iter().collect();
    let slip = NewFile { name: "slip.pdf", bytes: pdf("slip"), confidential: false, reason: "" };
    performance::record_receipt(market, &actor, &contract, &typed, Some(slip), None).await.unwrap();
    Sold { app, researcher, head, buyer, officer, contract, achievement }
}

impl Sold {
    fn new_page(&self) -> String {
        format!("/rewards/new?contract={}", self.contract)
    }

    /// A split that was proposed; answers its address.
    async fn proposed(&self) -> String {
        let form = self.researcher.open(&self.new_page()).await.form("hand_in").with([
            ("costs", "10万"),
            ("note", "专利与评估费用。"),
            ("pool", "63万"),
        ]);
        let done = self.researcher.send(form).await;
        assert_eq!(done.status, 303, "{done}");
        done.location()
    }

    async fn approved(&self) -> String {
        let page = self.proposed().await;
        let open = self.head.open(&page).await;
        self.head.does(&open, "approve").await;
        page
    }
}

#[tokio::test]
async fn income_is_split_among_those_who_made_it() {
    let s = sold().await;
    let performance = s.researcher.open(&format!("/contracts/{}/performance", s.contract)).await;
    assert!(performance.links().contains(&s.new_page()));
    // The form begins with what is known: income received, way of the contract, the people the achievement names.
    let form = s.researcher.open(&s.new_page()).await.form("hand_in");
    assert_eq!((form.value("income"), form.value("way"), form.value("people.1.name")), ("1000000", "transfer", "周工程师"));
    assert_eq!((form.value("people.0.share"), form.value("people.0.role")), ("60", "completer"));

    // 促进科技成果转化法 45: at least half of the net income.
    let form = form.with([("costs", "10万"), ("note", "专利与评估费用。"), ("pool", "449999.99"), ("people.1.share", "39.99")]);
    let refused = s.researcher.send(form).await;
    assert_eq!((refused.status, refused.error_at("people").unwrap()), (422, t!(Zh, "error.share_sum", sum = "99.99")));
    let refused = s.researcher.send(refused.form("hand_in").with([("people.1.share", "40")])).await;
    let floor = t!(
        Zh,
        "error.pool_below_floor",
        floor = "450,000.00",
        share = "50",
        source = "中华人民共和国促进科技成果转化法（2015年修订）",
        article = "45"
    );
    assert_eq!(refused.error_at("pool").unwrap(), floor);
    let done = s.researcher.send(refused.form("hand_in").with([("pool", "450000.01")])).await;
    assert_eq!(done.status, 303, "{done}");
    let page = done.location();
    assert_eq!(page, "/rewards/FP-2026-000001");
    let open = s.researcher.follow(done).await;
    // 60 % of 450,000.01 is 270,000.006: the largest remainder gets the fen.
    assert!(open.says("270,000.01") && open.says("180,000"), "{open}");

    // Who gets a part does not decide, manager or not.
    assert!(open.says(t!(Zh, "rewards.named")) && !open.offers("approve"));
    let version = s.head.open(&page).await.form("approve").value("version").to_owned();
    let forced = s.researcher.post(&page, [("action", "approve"), ("version", version.as_str())]).await;
    assert_eq!(forced.summary_errors(), [t!(Zh, "error.named_in_split")]);
    assert!(s.app.last_letter_to(&s.head.email()).await.text.contains(&page));
    let open = s.head.open(&page).await;
    let refused = s.head.press(&open, "return").await;
    assert_eq!(refused.error_at("reason").unwrap(), t!(Zh, "error.reason_required"));
    let returned = s.head.send(open.form("return").with([("reason", "请补充周工程师的贡献说明。")])).await;
    assert_eq!(returned.status, 303);
    let open = s.researcher.open(&page).await;
    assert!(open.says("请补充周工程师的贡献说明"));
    let edit = s.researcher.open(&format!("{page}?edit=yes")).await;
    let form = edit.form("hand_in").with([("people.1.role", "contributor"), ("pool", "63万")]);
    assert_eq!(s.researcher.send(form).await.status, 303);
    let open = s.head.open(&page).await;
    s.head.does(&open, "approve").await;
    let printed = s.researcher.open(&format!("{page}?print=yes")).await;
    assert!(printed.says(t!(Zh, "rewards.statement")) && printed.says("何所长") && !printed.says(t!(Zh, "rewards.not_approved")));
    assert!(!s.researcher.open(&page).await.offers("withdraw"), "what is approved stays");
}

#[tokio::test]
async fn nobody_outside_the_unit_reads_a_split() {
    let s = sold().await;
    let page = s.proposed().await;
    let named = s.app.someone("周工程师").await;
    let strangers = [&s.buyer, &named, &s.officer];
    for who in strangers {
        assert_eq!(who.get(&page).await.status, 404, "{}", who.email());
        assert!(!who.open("/rewards").await.said().contains("FP-2026"));
    }
    let open = s.head.open(&page).await;
    s.head.does(&open, "approve").await;
    assert_eq!(s.officer.get(&page).await.status, 200, "officers of the region read what is approved");
    assert!(s.officer.open("/rewards").await.says("FP-2026-000001"));
    let elsewhere = s.app.county_officer("990124").await;
    for who in [&s.buyer, &named, &elsewhere, &s.app.admin().await] {
        assert_eq!(who.get(&page).await.status, 404, "{}", who.email());
    }
    assert_eq!(s.app.visitor().get(&page).await.status, 303);
    // Not on any page of the other party, nor in what it is told.
    for path in [format!("/contracts/{}", s.contract), format!("/contracts/{}/performance", s.contract), "/notices".to_owned()] {
        let seen = s.buyer.open(&path).await.text;
        assert!(!seen.contains("FP-2026") && !seen.contains("周工程师"), "{path}");
    }
    assert!(s.app.letters().await.iter().filter(|l| l.to == s.buyer.email()).all(|l| !l.text.contains("FP-2026")));
    assert_eq!(s.buyer.get(&s.new_page()).await.status, 404);
    assert_eq!(s.buyer.get("/rewards/report").await.status, 200);
    let report = format!("/rewards/report?organisation={}", s.researcher.organisation());
    assert_eq!((s.buyer.get(&report).await.status, elsewhere.get(&report).await.status), (404, 404));
}

#[tokio::test]
async fn all_splits_of_a_contract_stay_within_its_value() {
    let s = sold().await;
    let (market, actor) = (s.app.market(), s.researcher.actor().await);
    let fields = |income: &str| -> Fields {
        [
            ("way", "transfer"),
            ("income", income),
            ("pool", "60万"),
            ("people.0.name", "林研究员"),
            ("people.0.role", "completer"),
            ("people.0.share", "100"),
        ]
        .into_iter()
        .collect()
    };
    rewards::create_reward(market, &actor, Some(&s.contract), &fields("100万"), true, None).await.unwrap();
    let more = rewards::create_reward(market, &actor, Some(&s.contract), &fields("20.01万"), false, None).await;
    assert!(format!("{more:?}").contains("pool_over_net"), "{more:?}");
    let form = s.researcher.open(&s.new_page()).await.form("save");
    assert_eq!(form.value("income"), "", "everything received is split");
    let refused = s.researcher.send(form.with([("income", "20.01万")])).await;
    assert_eq!(refused.error_at("income").unwrap(), t!(Zh, "error.income_over_contract", left = "200,000.00"));
    // A draft may lack what is not known yet, and is not proposed like that.
    let done = s.researcher.send(refused.form("save").with([("income", "20万")])).await;
    let open = s.researcher.follow(done).await;
    let refused = s.researcher.press(&open, "propose").await;
    assert_eq!(refused.status, 422);
    let open = s.researcher.open(&refused.path).await;
    s.researcher.does(&open, "withdraw").await;
    let twice = s.researcher.open(&s.new_page()).await.form("save").with([("income", "20万")]);
    assert_eq!(s.researcher.send(twice.clone()).await.location(), s.researcher.send(twice).await.location(), "a form counts once");
    // What splits hold stays covered when the amount is amended.
    let lower: Fields =
        [("kind", "amount"), ("value", "119万"), ("technical_value", "100万"), ("reason", "减少一台样机。")].into_iter().collect();
    let file = NewFile { name: "supplement.pdf", bytes: pdf("supplement"), confidential: false, reason: "" };
    let refused = contracts::propose_amendment(market, &actor, &s.contract, &lower, Some(file), None).await;
    assert!(format!("{refused:?}").contains("amount_below_splits"), "{refused:?}");
}

#[tokio::test]
async fn what_a_unit_uses_itself_is_rewarded_from_its_profit() {
    let s = sold().await;
    let form = s.researcher.open("/rewards/new").await.form("hand_in").with([
        ("way", "own_use"),
        ("achievement", s.achievement.as_str()),
        ("on_date", "2026-03-01"),
        ("income", "200万"),
        ("pool", "99999.99"),
        ("people.0.name", "周工程师"),
        ("people.0.role", "completer"),
        ("people.0.share", "100"),
    ]);
    let refused = s.researcher.send(form).await;
    assert!(refused.error_at("pool").unwrap().contains("100,000.00"), "5 % of the profit: {refused}");
    let done = s.researcher.send(refused.form("hand_in").with([("pool", "10万")])).await;
    let open = s.researcher.follow(done).await;
    assert!(open.says(&code_label(Zh, "conversion_way", "own_use")));
    // Before the law there was no rule.
    let form = s.researcher.open("/rewards/new").await.form("save");
    let typed = [("way", "own_use"), ("achievement", s.achievement.as_str()), ("on_date", "2015-09-30"), ("income", "1万")];
    assert_eq!(s.researcher.send(form.with(typed)).await.error_at("on_date").unwrap(), t!(Zh, "error.rule_missing"));
    // An enterprise splits by rules of its own.
    assert!(s.buyer.open("/rewards/new").await.says(t!(Zh, "error.institutes_only")));
}

#[tokio::test]
async fn a_unit_reports_its_year() {
    let s = sold().await;
    s.approved().await;
    let open = s.head.open("/rewards/report").await;
    assert!(open.heading() == t!(Zh, "rewards.report_title") && open.says("630,000 元") && open.says("周工程师"), "{open}");
    // 0.25 · 1,000,000: what was received is below the exempt amount.
    assert!(open.says("250,000 元") && open.says(t!(Zh, "rewards.tax_advice")));
    let empty = s.head.open("/rewards/report?year=2024").await;
    assert!(empty.says(&t!(Zh, "rewards.report_empty", year = 2024)));
    let csv = s.head.open("/rewards/report?format=csv").await.text;
    assert!(csv.starts_with('\u{feff}'), "{csv}");
    for (label, value) in [
        (t!(Zh, "rewards.listed"), "1"),
        (t!(Zh, "rewards.converted"), "1"),
        (t!(Zh, "rewards.contracts_value"), "1200000.00"),
        (t!(Zh, "rewards.received_year"), "1000000.00"),
        (t!(Zh, "rewards.split_net"), "900000.00"),
        (t!(Zh, "rewards.split_pool"), "630000.00"),
        (t!(Zh, "rewards.split_share"), "70.00"),
        (t!(Zh, "rewards.people_count"), "2"),
    ] {
        assert!(csv.contains(&format!("\"{label}\",\"{value}\"")), "{label}: {csv}");
    }
    let file = s.head.open("/rewards/report?format=xlsx").await;
    assert!(file.bytes.starts_with(b"PK") && file.header("content-type") == sheets::XLSX);
    // The registry picks a unit of its region.
    let units = s.officer.open("/rewards/report").await;
    let to = units.links().into_iter().find(|l| l.contains("organisation=")).unwrap();
    assert!(s.officer.open(&to).await.says("630,000 元"));
    let english = s.head.open("/en/rewards/report?print=yes").await;
    assert!(english.says(t!(keqiao_model::Lang::En, "rewards.splits")));
}

#[tokio::test]
async fn the_tax_note_follows_the_receipts_of_the_year() {
    let s = sold().await;
    let (market, actor) = (s.app.market(), s.researcher.actor().await);
    let note = rewards::tax_note(market, &actor, s.researcher.organisation(), 2026).await.unwrap().unwrap();
    assert_eq!((note.income, note.relief.relief), (Fen::from_yuan(1_000_000).unwrap(), Fen::from_yuan(250_000).unwrap()));
    assert_eq!(note.exempt.article, "90");
    let before = rewards::tax_note(market, &actor, s.researcher.organisation(), 2007).await.unwrap();
    assert_eq!(before, None, "the rules of the income tax law begin in 2008");
    let page = format!("/contracts/{}/performance", s.contract);
    assert!(s.researcher.open(&page).await.says(t!(Zh, "rewards.tax")));
    assert!(!s.buyer.open(&page).await.says(t!(Zh, "rewards.tax")));
}
