use keqiao_model::{
    Clause, Coded, ContractKind, ContractMove, ContractSection, DealState, Fen, IpShare, ListingState, MonopolyClause, PaymentWay, Terms,
};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

use super::*;
use crate::{
    Event,
    accounts::Roles,
    attachments,
    entity::{deal, interest, listing, outbox, term_sheet},
    testing::{TestMarket, organisation_form, reasons},
};

/// Two parties in the city, the officers of the city, and a market around them.
pub(crate) struct City {
    pub(crate) t: TestMarket,
    pub(crate) seller: Actor,
    pub(crate) buyer: Actor,
    pub(crate) officer: Actor,
}

pub(crate) fn with(fields: &Fields, changes: &[(&str, &str)]) -> Fields {
    let kept = fields.0.iter().filter(|(n, _)| changes.iter().all(|(c, _)| c != n)).cloned();
    kept.chain(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))).collect()
}

/// The rest of the form, as handing in wants it.
fn registration() -> Vec<(String, String)> {
    let plain = [
        ("industry", "C34"),
        ("objective", "industry"),
        ("plan_source", "none"),
        ("ip", "know_how"),
        ("ip_share", "归买方所有"),
        ("deduction_reason", "检测台架等设备费"),
    ];
    let clauses = Clause::ALL.iter().flat_map(|c| [(format!("clauses.{c}"), "stated"), (format!("clauses.{c}.place"), "第一条")]);
    let monopoly = MonopolyClause::ALL.iter().map(|c| (format!("monopoly.{c}"), "none"));
    plain.into_iter().map(|(n, v)| (n.to_owned(), v)).chain(clauses).chain(monopoly).map(|(n, v)| (n, v.to_owned())).collect()
}

impl City {
    pub(crate) async fn new() -> Self {
        Self::over(|_| {}).await
    }

    pub(crate) async fn over(configure: impl FnOnce(&mut crate::MarketConfig)) -> Self {
        let t = TestMarket::with(configure).await;
        let seller = Self::member(&t, "seller", "MA1AAAA1", "990102").await;
        let buyer = Self::member(&t, "buyer", "MA1BBBB2", "990103").await;
        let officer = Self::officer_of(&t, "officer", "990100").await;
        Self { t, seller, buyer, officer }
    }

    pub(crate) async fn member(t: &TestMarket, name: &str, body: &str, region: &str) -> Actor {
        let actor = t.someone(name).await;
        organisations::create(&t.market, &actor, &organisation_form(&format!("{name}有限公司"), body, region), None).await.unwrap();
        t.actor(actor.id().unwrap()).await
    }

    pub(crate) async fn officer_of(t: &TestMarket, name: &str, region: &str) -> Actor {
        let id = t.person(name, Roles { officer_region: Some(region.to_owned()), ..Roles::default() }).await;
        t.actor(id).await
    }

    pub(crate) fn form(&self, value: &str) -> Fields {
        let buyer = organisation_form("", "MA1BBBB2", "");
        [
            ("title", "轴承在线检测装置开发"),
            ("summary", "为数印产线开发轴承在线检测装置"),
            ("kind", "development"),
            ("subkind", "commissioned"),
            ("field", "manufacturing"),
            ("payment", "lump"),
            ("signed_on", "2026-07-01"),
            ("starts_on", "2026-07-01"),
            ("ends_on", "2027-06-30"),
            ("value", value),
            ("technical_value", "100"),
            ("buyer_credit_code", buyer.value("credit_code")),
            ("buyer_name", "buyer有限公司"),
        ]
        .into_iter()
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .chain(registration())
        .collect()
    }

    pub(crate) async fn row(&self, number: &str) -> table::Model {
        find(&self.t.market.db, number).await.unwrap()
    }

    pub(crate) async fn submit(&self, number: &str) {
        let row = self.row(number).await;
        let text = b"%PDF-1.7 contract".to_vec();
        attachments::attach(
            &self.t.market,
            &self.seller,
            Subject::Contract,
            row.id,
            attachments::NewFile { name: "contract.pdf", bytes: text, confidential: true, reason: "" },
            None,
        )
        .await
        .unwrap();
        self.go(&self.seller, number, ContractMove::Submit).await.unwrap();
    }

    pub(crate) async fn go(&self, actor: &Actor, number: &str, by: ContractMove) -> Result<()> {
        let (code, reason) = match by {
            ContractMove::Refuse | ContractMove::Cancel => ("not_technical", "不是技术合同"),
            ContractMove::Return => ("", "请补充"),
            _ => ("", ""),
        };
        let version = self.row(number).await.version;
        move_contract(&self.t.market, actor, number, by, code, reason, version, None).await
    }

    pub(crate) async fn registered(&self, fields: &Fields) -> String {
        let number = create_contract(&self.t.market, &self.seller, None, fields, None).await.unwrap();
        self.submit(&number).await;
        self.register(&self.officer, &number).await;
        number
    }

    /// An officer accepts what was handed in, answers every finding and registers.
    pub(crate) async fn register(&self, officer: &Actor, number: &str) {
        self.go(officer, number, ContractMove::Accept).await.unwrap();
        self.answer(officer, number).await;
        self.go(officer, number, ContractMove::Register).await.unwrap();
    }

    /// An officer answers every finding.
    pub(crate) async fn answer(&self, officer: &Actor, number: &str) {
        for finding in findings(&self.t.market, officer, number).await.unwrap() {
            let others = finding.others();
            let fields = [("kind", finding.kind.code()), ("others", &others), ("answer", "已核对")].into_iter().collect();
            answer_finding(&self.t.market, officer, number, &fields, None).await.unwrap();
        }
    }

    /// An achievement of the seller on the market.
    pub(crate) async fn achievement(&self, number: &str) -> Uuid {
        self.listing("achievement", number, &self.seller).await
    }

    async fn listing(&self, kind: &str, number: &str, owner: &Actor) -> Uuid {
        let text = || Set(String::new());
        let list = || Set("[]".to_owned());
        let row = listing::ActiveModel {
            id: Set(Uuid::now_v7()),
            kind: Set(kind.to_owned()),
            number: Set(number.to_owned()),
            state: Set(ListingState::InDeal.code().to_owned()),
            language: Set("zh-CN".to_owned()),
            title: Set("检测装置".to_owned()),
            summary: text(),
            detail: text(),
            field: text(),
            industry: text(),
            region: Set("990102".to_owned()),
            cooperation: list(),
            keywords: list(),
            indicators: list(),
            body: Set("{}".to_owned()),
            returned: list(),
            organisation_id: Set(owner.organisation().unwrap().id),
            person_id: Set(None),
            trl: Set(None),
            price_min: Set(None),
            price_max: Set(None),
            published_at: Set(Some(1)),
            deadline: Set(None),
            external_id: Set(None),
            created_at: Set(1),
            updated_at: Set(1),
            version: Set(1),
        };
        row.insert(&self.t.market.db).await.unwrap().id
    }

    /// A deal of the two at their terms.
    async fn deal(&self, state: DealState) -> deal::Model {
        let (seller, buyer) = (self.seller.organisation().unwrap().id, self.buyer.organisation().unwrap().id);
        let demand = self.listing("demand", "XQ-2026-000001", &self.buyer).await;
        let achievement = self.achievement("CG-2026-000001").await;
        let text = || Set(String::new());
        let asked = interest::ActiveModel {
            id: Set(Uuid::now_v7()),
            listing_id: Set(achievement),
            from_organisation_id: Set(buyer),
            from_person_id: Set(self.buyer.id().unwrap()),
            to_organisation_id: Set(seller),
            counter_id: Set(Some(demand)),
            broker_id: Set(None),
            answered_by: Set(None),
            message: text(),
            fit: text(),
            indicators: Set("[]".to_owned()),
            cooperation: text(),
            hidden: Set(false),
            acknowledged_at: Set(None),
            due_at: Set(None),
            reminded_at: Set(None),
            state: Set("accepted".to_owned()),
            code: text(),
            reason: text(),
            answered_at: Set(None),
            created_at: Set(1),
            version: Set(1),
        };
        let asked = asked.insert(&self.t.market.db).await.unwrap();
        let row = deal::ActiveModel {
            id: Set(Uuid::now_v7()),
            number: Set("JY-2026-000001".to_owned()),
            title: Set("检测装置".to_owned()),
            state: Set(state.code().to_owned()),
            code: text(),
            reason: text(),
            interest_id: Set(asked.id),
            buyer_id: Set(buyer),
            seller_id: Set(seller),
            demand_id: Set(Some(demand)),
            achievement_id: Set(Some(achievement)),
            broker_id: Set(None),
            due_on: Set(None),
            due_what: text(),
            created_at: Set(1),
            updated_at: Set(1),
            version: Set(1),
        };
        let row = row.insert(&self.t.market.db).await.unwrap();
        let terms = Terms {
            kind: ContractKind::Development,
            price: Fen::new(100_000),
            payment: PaymentWay::Lump,
            royalty_base: None,
            royalty_rate: 0,
            milestones: Vec::new(),
            ip: IpShare::Joint,
            benefit: String::new(),
            acceptance: "按约定检测。".to_owned(),
            other: String::new(),
        };
        let sheet = term_sheet::ActiveModel {
            id: Set(Uuid::now_v7()),
            deal_id: Set(row.id),
            edition: Set(1),
            organisation_id: Set(seller),
            person_id: Set(self.seller.id().unwrap()),
            state: Set("accepted".to_owned()),
            terms: Set(serde_json::to_string(&terms).unwrap()),
            note: text(),
            created_at: Set(1),
            answered_by: Set(None),
            answered_at: Set(Some(1)),
            version: Set(1),
        };
        sheet.insert(&self.t.market.db).await.unwrap();
        row
    }
}

#[tokio::test]
async fn a_contract_goes_into_the_register() {
    let c = City::new().await;
    let market = &c.t.market;
    let once = Some(Uuid::now_v7());
    let number = create_contract(market, &c.seller, None, &c.form("1000"), once).await.unwrap();
    assert_eq!(number, "HT-2026-000001");
    assert_eq!(create_contract(market, &c.seller, None, &c.form("1000"), once).await.unwrap(), number);
    // The parties read it, nobody else does; the buyer edits but does not hand in.
    let stranger = City::member(&c.t, "stranger", "MA1CCCC3", "990102").await;
    for outsider in [&Actor::Visitor, &stranger] {
        assert!(matches!(contract(market, outsider, &number).await, Err(Error::NotFound)));
        assert!(matches!(c.go(outsider, &number, ContractMove::Submit).await, Err(Error::NotFound)));
    }
    let view = contract(market, &c.buyer, &number).await.unwrap();
    assert!(view.own && view.editable && !view.selling && view.moves.is_empty());
    let credit_code = view.detail.unwrap().seller.credit_code;
    assert_eq!(credit_code, organisation_form("", "MA1AAAA1", "").value("credit_code"));
    let amounts = ContractSection::Amounts;
    save_section(market, &c.buyer, &number, amounts, &c.form("2000"), 1, None).await.unwrap();
    let late = save_section(market, &c.seller, &number, amounts, &c.form("3000"), 1, None).await;
    assert!(matches!(late, Err(Error::Stale)));
    assert!(matches!(c.go(&c.buyer, &number, ContractMove::Submit).await, Err(Error::Forbidden)));
    // The text of the contract must be there.
    assert_eq!(reasons(c.go(&c.seller, &number, ContractMove::Submit).await), ["file: contract_file_required"]);
    c.submit(&number).await;
    assert_eq!(reasons(save_section(market, &c.seller, &number, amounts, &c.form("1000"), 3, None).await), [": not_editable"]);
    // The officer sends it back, the seller hands it in again, the officer registers it.
    assert_eq!(contract_queue_count(market, &c.officer).await.unwrap(), 1);
    assert_eq!(contract_queue(market, &c.officer, None, 1).await.unwrap().items[0].number, number);
    assert!(matches!(contract_queue(market, &c.seller, None, 1).await, Err(Error::NotFound)));
    let none = move_contract(market, &c.officer, &number, ContractMove::Refuse, "", " ", 3, None).await;
    assert_eq!(reasons(none), ["reason: reason_required", "code: required"]);
    c.go(&c.officer, &number, ContractMove::Return).await.unwrap();
    assert_eq!(contract(market, &c.seller, &number).await.unwrap().detail.unwrap().reason, "请补充");
    c.go(&c.seller, &number, ContractMove::Submit).await.unwrap();
    c.register(&c.officer, &number).await;
    // Everyone reads what is public, and no more.
    let view = contract(market, &Actor::Visitor, &number).await.unwrap();
    assert!(view.is_public && view.detail.is_none() && view.moves.is_empty() && !view.editable);
    assert_eq!(view.summary.registration_number.as_deref(), Some("990100-2026-00001"));
    assert_eq!((view.summary.value, view.summary.technical_value), (Fen::new(200_000), Fen::new(10_000)));
    for (filter, found) in [
        (Filter::default(), 1),
        (Filter { query: "buyer".to_owned(), year: Some(2026), region: Some("990100".to_owned()), ..Filter::default() }, 1),
        (Filter { year: Some(2025), ..Filter::default() }, 0),
        (Filter { region: Some("990103".to_owned()), ..Filter::default() }, 0),
        (Filter { kind: Some(ContractKind::Service), ..Filter::default() }, 0),
    ] {
        assert_eq!(contracts(market, &Actor::Visitor, &filter, 1).await.unwrap().total, found, "{filter:?}");
    }
    let own = Filter { scope: Scope::Own, ..Filter::default() };
    assert_eq!(contracts(market, &c.buyer, &own, 1).await.unwrap().total, 1);
    assert_eq!(contracts(market, &stranger, &own, 1).await.unwrap().total, 0);
    assert!(matches!(contracts(market, &Actor::Visitor, &own, 1).await, Err(Error::SignIn)));
    assert!(matches!(c.go(&Actor::Visitor, &number, ContractMove::Cancel).await, Err(Error::SignIn)));
    let moves = outbox::Entity::find().filter(outbox::Column::Kind.eq(Event::ContractMoved.code())).count(&market.db).await.unwrap();
    assert_eq!(moves, 5);
}

#[tokio::test]
async fn bad_contracts_are_refused_with_every_reason() {
    let c = City::new().await;
    let market = &c.t.market;
    let bad = with(
        &c.form("10"),
        &[("technical_value", "11"), ("buyer_credit_code", "1"), ("signed_on", "2026-08-02"), ("buyer_region", "110000")],
    );
    let found = reasons(create_contract(market, &c.seller, None, &bad, None).await);
    let expected =
        ["signed_on: future", "technical_value: technical_over_total", "buyer_credit_code: credit_code_length", "buyer_region: choice"];
    assert_eq!(found, expected);
    let own = organisation_form("", "MA1AAAA1", "");
    let own = with(&c.form("1000"), &[("buyer_credit_code", own.value("credit_code"))]);
    assert_eq!(reasons(create_contract(market, &c.seller, None, &own, None).await), ["buyer_credit_code: same_party"]);
    assert!(matches!(create_contract(market, &Actor::Visitor, None, &own, None).await, Err(Error::SignIn)));
    assert_eq!(reasons(create_contract(market, &c.officer, None, &c.form("1000"), None).await), [": no_organisation"]);
    c.achievement("CG-2026-000009").await;
    let foreign = with(&c.form("1000"), &[("achievement", "CG-2026-000009"), ("buyer_credit_code", own_code("MA1AAAA1").as_str())]);
    assert_eq!(reasons(create_contract(market, &c.buyer, None, &foreign, None).await), ["achievement: choice"]);
    assert_eq!(table::Entity::find().count(&market.db).await.unwrap(), 0);
}

fn own_code(body: &str) -> String {
    organisation_form("", body, "").value("credit_code").to_owned()
}

#[tokio::test]
async fn officers_have_no_part_in_what_they_decide() {
    let c = City::new().await;
    let market = &c.t.market;
    let number = create_contract(market, &c.seller, None, &c.form("1000"), None).await.unwrap();
    c.submit(&number).await;
    let elsewhere = City::officer_of(&c.t, "elsewhere", "990103").await;
    assert!(matches!(c.go(&elsewhere, &number, ContractMove::Accept).await, Err(Error::NotFound)));
    let Actor::Person(mut person) = c.officer.clone() else { panic!() };
    person.organisations.push(c.buyer.organisation().unwrap().clone());
    let conflicted = Actor::Person(person);
    assert_eq!(reasons(c.go(&conflicted, &number, ContractMove::Accept).await), [": conflict_of_interest"]);
    assert_eq!(contract_queue_count(market, &conflicted).await.unwrap(), 0);
    assert!(matches!(findings(market, &conflicted, &number).await, Err(Error::NotFound)));
    let county = City::officer_of(&c.t, "county", "990102").await;
    c.register(&county, &number).await;
}

#[tokio::test]
async fn a_deal_has_one_contract_and_is_registered_with_it() {
    let c = City::new().await;
    let market = &c.t.market;
    let deal = c.deal(DealState::Terms).await;
    let stranger = City::member(&c.t, "stranger", "MA1CCCC3", "990102").await;
    assert!(matches!(create_contract(market, &stranger, Some(&deal.number), &c.form("1000"), None).await, Err(Error::NotFound)));
    let number = create_contract(market, &c.buyer, Some(&deal.number), &c.form("1000"), None).await.unwrap();
    let again = create_contract(market, &c.seller, Some(&deal.number), &c.form("1000"), None).await;
    assert_eq!(reasons(again), [": contract_exists"]);
    let detail = contract(market, &c.buyer, &number).await.unwrap().detail.unwrap();
    assert_eq!((detail.deal.as_deref(), detail.demand.as_deref()), (Some("JY-2026-000001"), Some("XQ-2026-000001")));
    assert_eq!(detail.achievement.as_deref(), Some("CG-2026-000001"));
    c.submit(&number).await;
    c.register(&c.officer, &number).await;
    let deal = deal::Entity::find_by_id(deal.id).one(&market.db).await.unwrap().unwrap();
    assert_eq!(deal.state, "registered");
    for row in listing::Entity::find().all(&market.db).await.unwrap() {
        assert_eq!(row.state, "done", "{}", row.number);
    }
}

#[tokio::test]
async fn of_fifty_registrations_one_succeeds() {
    let c = City::new().await;
    let market = &c.t.market;
    let mut numbers = Vec::new();
    for value in ["1000", "2000", "3000"] {
        let number = create_contract(market, &c.seller, None, &c.form(value), None).await.unwrap();
        c.submit(&number).await;
        c.go(&c.officer, &number, ContractMove::Accept).await.unwrap();
        numbers.push(number);
    }
    // Each is a finding of the others: answered once all are there, so that none comes up while they are registered.
    for number in &numbers {
        c.answer(&c.officer, number).await;
    }
    let mut all = Vec::new();
    for number in &numbers {
        let version = c.row(number).await.version;
        for _ in 0..50 {
            let (market, officer, number) = (market.clone(), c.officer.clone(), number.clone());
            all.push(tokio::spawn(async move {
                move_contract(&market, &officer, &number, ContractMove::Register, "", "", version, None).await
            }));
        }
    }
    let mut registered = 0;
    for one in all {
        match one.await.unwrap() {
            Ok(()) => registered += 1,
            Err(Error::Stale) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(registered, 3);
    let mut given: Vec<String> =
        table::Entity::find().all(&market.db).await.unwrap().into_iter().filter_map(|r| r.registration_number).collect();
    given.sort();
    assert_eq!(given, ["990100-2026-00001", "990100-2026-00002", "990100-2026-00003"]);
    assert_eq!(crate::ledger::verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn findings_name_the_other_contracts() {
    let c = City::new().await;
    let market = &c.t.market;
    let first = c.registered(&c.form("3000000")).await;
    let same = create_contract(market, &c.seller, None, &c.form("3000000"), None).await.unwrap();
    let officer = &c.officer;
    let found = |number: String| async move { findings(market, officer, &number).await.unwrap() };
    let kinds = |found: Vec<Finding>| found.into_iter().map(|f| (f.kind, f.contracts)).collect::<Vec<_>>();
    let one = |kind| (kind, vec![first.clone()]);
    let first_found = kinds(found(same.clone()).await);
    assert_eq!(first_found, [one(FindingKind::Duplicate), one(FindingKind::SameTitle), one(FindingKind::Splitting)]);
    let other = [("title", "别的"), ("signed_on", "2026-03-01"), ("value", "2500000")];
    let other = with(&c.form("1"), &other);
    save_section(market, &c.seller, &same, ContractSection::Subject, &other, 1, None).await.unwrap();
    save_section(market, &c.seller, &same, ContractSection::Amounts, &other, 2, None).await.unwrap();
    assert_eq!(found(same.clone()).await, [], "more than 90 days apart");
    let back = with(&c.form("700"), &[("buyer_credit_code", own_code("MA1AAAA1").as_str()), ("title", "回程")]);
    let back = create_contract(market, &c.buyer, None, &back, None).await.unwrap();
    let circle = found(back).await;
    assert_eq!(circle[0].rule.as_ref().map(|r| (r.kind, r.value)), Some((keqiao_model::RuleKind::CircleDays, 365)));
    assert_eq!(kinds(circle), [one(FindingKind::Circle)]);
    assert!(matches!(findings(market, &c.seller, &first).await, Err(Error::NotFound)));
}
