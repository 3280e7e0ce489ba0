use keqiao_model::CreditCode;
use sea_orm::{ActiveModelTrait, IntoActiveModel, PaginatorTrait};

use super::*;
use crate::{
    contracts::{
        answer_finding, create_contract, declare_related, findings as findings_of,
        tests::{City, with},
    },
    entity::membership,
    testing::reasons,
};

const TITLE: &str = "轴承在线检测装置开发";
const SUMMARY: &str = "为数印产线开发轴承在线检测装置，包括传感器选型、信号采集、故障判别算法和现场安装调试，交付样机两台。";

/// Words that differ from number to number.
fn words(number: u64, length: usize) -> String {
    (0_u64..).take(length).filter_map(|place| char::from_u32(0x4e00 + u32::try_from(mix(number << 16 | place) % 2_000).unwrap())).collect()
}

#[test]
fn texts_are_compared_by_their_shingles() {
    let check = |title: &str, summary: &str, near: bool| {
        let found = alike(&shingles(TITLE, SUMMARY), &shingles(title, summary));
        assert_eq!(found >= 700, near, "{title} {summary}: {found}");
    };
    check(TITLE, SUMMARY, true);
    check("轴承 在线检测装置开发", &SUMMARY.replace('，', ", "), true);
    check("轴承在线检测装置研制", SUMMARY, true);
    check(TITLE, &SUMMARY.replace("两台", "三台"), true);
    check(TITLE, "为食品产线开发灌装机视觉检测软件，交付源代码。", false);
    check("齿轮箱状态监测服务", &SUMMARY.chars().take(15).collect::<String>(), false);
    assert_eq!(alike(&shingles("ＡＢＣ检测", ""), &shingles("abc检测", "")), 1000, "width and case make no difference");
    assert_eq!(alike(&shingles("", ""), &shingles("", "")), 0);
    assert!(bands(&shingles("", "，。")).is_empty(), "no text is like nothing");
}

#[test]
fn what_is_near_shares_a_band() {
    let (mut near, mut missed, mut far, mut shared) = (0, 0, 0, 0);
    for number in 0..400 {
        let text = words(number, 120);
        let (a, b) =
            (shingles("", &text), shingles("", &format!("{}{}", text.chars().take(105).collect::<String>(), words(number + 10_000, 15))));
        let other = shingles("", &words(number + 20_000, 120));
        let in_common = |x: &HashSet<u64>, y: &HashSet<u64>| bands(x).iter().zip(bands(y)).any(|(p, q)| *p == q);
        if alike(&a, &b) >= 700 {
            near += 1;
            missed += usize::from(!in_common(&a, &b));
        }
        if alike(&a, &other) < 100 {
            far += 1;
            shared += usize::from(in_common(&a, &other));
        }
    }
    assert!(near > 350 && missed * 50 < near, "{missed} of {near} near ones are missed");
    assert!(far > 350 && shared * 100 < far, "{shared} of {far} others are looked at");
}

/// So many contracts like one that was handed in, entered as an import does: without bands.
async fn many(c: &City, like: &str, count: u64, text: impl Fn(u64) -> (String, String)) {
    let template = c.row(like).await;
    let rows: Vec<_> = (0..count)
        .map(|number| {
            let (title, summary) = text(number);
            let row = Model {
                id: Uuid::now_v7(),
                number: format!("HT-2020-{:06}", mix(number) % 1_000_000_000_000),
                state: "registered".to_owned(),
                signed_on: "2020-01-01".to_owned(),
                title,
                summary,
                ..template.clone()
            };
            row.into_active_model().reset_all()
        })
        .collect();
    for chunk in rows.chunks(400) {
        Entity::insert_many(chunk.to_vec()).exec_without_returning(&c.t.market.db).await.unwrap();
    }
}

#[tokio::test]
async fn in_a_register_of_thousands_few_are_compared() {
    let c = City::new().await;
    let market = &c.t.market;
    let number = create_contract(market, &c.seller, None, &c.form("1000"), None).await.unwrap();
    let own = [("title", TITLE), ("summary", SUMMARY), ("value", "777")];
    let number =
        {
            let other = create_contract(market, &c.seller, None, &with(&c.form("1000"), &own), None).await.unwrap();
            many(&c, &number, 3_000, |n| {
                if n % 2 == 0 { (TITLE.to_owned(), SUMMARY.to_owned()) } else { (words(n, 12), words(n + 50_000, 60)) }
            })
            .await;
            c.submit(&other).await;
            other
        };
    let mut stored = 0;
    loop {
        let step = backfill_step(market).await.unwrap();
        if step == 0 {
            break;
        }
        stored += step;
    }
    assert_eq!(stored, 3_000);
    assert_eq!(backfill_step(market).await.unwrap(), 0, "once is enough");
    let row = c.row(&number).await;
    // Half of the register says the same; still no more than this many are compared.
    let found = candidates(&market.db, row.id, &shingles(&row.title, &row.summary)).await.unwrap();
    assert!(found.len() <= COMPARED && found.len() >= 60, "{}", found.len());
    let found = findings(&market.db, &row, &[]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].contracts.len()), (FindingKind::NearDuplicate, NAMED));
    assert_eq!(found[0].rule.as_ref().map(|r| (r.kind, r.value)), Some((RuleKind::NearDuplicate, 700)));
    // One among thousands of others is found by its bands.
    let twin = Model { title: words(1_001, 12), summary: format!("{}样", words(51_001, 60)), ..row };
    let near = candidates(&market.db, twin.id, &shingles(&twin.title, &twin.summary)).await.unwrap();
    let near = Entity::find().filter(Column::Id.is_in(near)).filter(Column::Title.eq(twin.title.clone())).count(&market.db).await.unwrap();
    assert_eq!(near, 1);
}

#[tokio::test]
async fn the_same_development_is_not_sold_to_two_clients_unseen() {
    let c = City::new().await;
    let market = &c.t.market;
    let first = c.registered(&with(&c.form("1000"), &[("title", TITLE), ("summary", SUMMARY)])).await;
    City::member(&c.t, "client", "MA1DDDD4", "990103").await;
    let client = CreditCode::complete("91990100", "MA1DDDD4").unwrap();
    let again = [
        ("title", "轴承在线检测装置研制"),
        ("summary", SUMMARY),
        ("buyer_credit_code", client.as_str()),
        ("buyer_name", "client有限公司"),
        ("signed_on", "2026-01-05"),
    ];
    let second = create_contract(market, &c.seller, None, &with(&c.form("900"), &again), None).await.unwrap();
    c.submit(&second).await;
    let kinds = async |number: &str| {
        let found = findings_of(market, &c.officer, number).await.unwrap();
        found.into_iter().map(|f| (f.kind, f.contracts)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&second).await, [(FindingKind::SoldTwice, vec![first.clone()])]);
    // It forbids nothing, and wants an answer.
    c.go(&c.officer, &second, keqiao_model::ContractMove::Accept).await.unwrap();
    let register = c.go(&c.officer, &second, keqiao_model::ContractMove::Register).await;
    assert_eq!(reasons(register), [": findings_answered"]);
    let answer = [("kind", "sold_twice"), ("others", first.as_str()), ("answer", "为不同产线分别开发，交付物不同。")];
    answer_finding(market, &c.officer, &second, &answer.into_iter().collect(), None).await.unwrap();
    c.go(&c.officer, &second, keqiao_model::ContractMove::Register).await.unwrap();
    // Another seller who says the same is alike; one that a person of the first seller belongs to sells it once more.
    let other = City::member(&c.t, "rival", "MA1EEEE5", "990102").await;
    let third = create_contract(market, &other, None, &with(&c.form("800"), &again), None).await.unwrap();
    let rival = City { t: c.t, seller: other.clone(), buyer: c.buyer, officer: c.officer };
    rival.submit(&third).await;
    let found = findings_of(&rival.t.market, &rival.officer, &third).await.unwrap();
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), [FindingKind::NearDuplicate]);
    assert_eq!(found[0].contracts, [first, second]);
    join(&rival, c.seller.id().unwrap(), other.organisation().unwrap().id).await;
    let found = findings_of(&rival.t.market, &rival.officer, &third).await.unwrap();
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), [FindingKind::SoldTwice, FindingKind::NearDuplicate]);
}

/// A person becomes a member of another organisation, too.
async fn join(c: &City, person: Uuid, organisation: Uuid) {
    let row = membership::ActiveModel {
        id: Set(Uuid::now_v7()),
        person_id: Set(person),
        organisation_id: Set(organisation),
        manager: Set(false),
        state: Set("active".to_owned()),
        created_at: Set(1),
        version: Set(1),
    };
    membership::Entity::insert(row).exec_without_returning(&c.t.market.db).await.unwrap();
}

#[tokio::test]
async fn parties_that_belong_together_are_found() {
    let c = City::new().await;
    let market = &c.t.market;
    // The same legal body under another credit code: only the registering authority before it differs.
    let twin = CreditCode::complete("92990100", "MA1AAAA1").unwrap();
    let twins = [("buyer_credit_code", twin.as_str()), ("buyer_name", "seller经营部")];
    let number = create_contract(market, &c.seller, None, &with(&c.form("1000"), &twins), None).await.unwrap();
    c.submit(&number).await;
    let kinds = async |number: &str| {
        let found = findings_of(market, &c.officer, number).await.unwrap();
        found.into_iter().map(|f| (f.kind, f.note)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&number).await, [(FindingKind::SameBody, twin.body().to_owned())]);
    // Somebody who belongs to both.
    let number = create_contract(market, &c.seller, None, &with(&c.form("2000"), &[("title", "别的"), ("summary", "另一件事")]), None)
        .await
        .unwrap();
    c.submit(&number).await;
    assert_eq!(kinds(&number).await, []);
    join(&c, c.buyer.id().unwrap(), c.seller.organisation().unwrap().id).await;
    assert_eq!(kinds(&number).await, [(FindingKind::SharedPeople, "buyer".to_owned())]);
    // Said by an officer; the seller says it while the contract is being filled in, nobody else.
    let version = c.row(&number).await.version;
    assert!(matches!(declare_related(market, &c.seller, &number, true, version, None).await, Err(crate::Error::Forbidden)));
    declare_related(market, &c.officer, &number, true, version, None).await.unwrap();
    assert!(matches!(declare_related(market, &c.officer, &number, false, version, None).await, Err(crate::Error::Stale)));
    assert_eq!(kinds(&number).await.last().map(|(kind, _)| *kind), Some(FindingKind::RelatedParties));
    c.go(&c.officer, &number, keqiao_model::ContractMove::Return).await.unwrap();
    declare_related(market, &c.seller, &number, false, version + 2, None).await.unwrap();
    let stranger = City::member(&c.t, "stranger", "MA1CCCC3", "990102").await;
    assert!(matches!(declare_related(market, &stranger, &number, true, version + 3, None).await, Err(crate::Error::NotFound)));
}

#[tokio::test]
async fn the_same_earlier_registration_number_twice_is_found() {
    let c = City::new().await;
    let market = &c.t.market;
    let mut numbers = Vec::new();
    for (title, summary) in [("甲项目", "第一件事情的说明"), ("乙方案", "完全不同的另外一份约定")] {
        let form = with(
            &c.form("1000"),
            &[("title", title), ("summary", summary), ("signed_on", if title == "甲项目" { "2026-01-01" } else { "2026-06-01" })],
        );
        let number = create_contract(market, &c.seller, None, &form, None).await.unwrap();
        c.submit(&number).await;
        Entity::update_many()
            .col_expr(Column::Source, Expr::value("2019330000001234"))
            .filter(Column::Number.eq(number.as_str()))
            .exec(&market.db)
            .await
            .unwrap();
        numbers.push(number);
    }
    let found = findings_of(market, &c.officer, &numbers[1]).await.unwrap();
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), [FindingKind::SameSource]);
    assert_eq!((found[0].contracts.as_slice(), found[0].note.as_str()), (&numbers[..1], "2019330000001234"));
}
