use std::time::Duration as Patience;

use keqiao_model::{CreditCode, Figure};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use time::Duration;

use super::{
    super::{
        Filter, FindingKind, contract, export, findings,
        tests::{City, with},
    },
    *,
};
use crate::{
    Actor, Error, Result,
    entity::{contract as table, import_batch as batch_table, organisation},
    imports::BatchState,
    ledger,
};

const HEADS: &str = "登记编号,项目名称,合同类别,合同子类,卖方名称,卖方统一社会信用代码,买方名称,买方统一社会信用代码,签订日期,有效期起,有效期止,技术领域,付款方式,成交额,技术交易额,登记日期";
/// Long enough for any of these.
const LONG: Patience = Patience::from_secs(300);

fn code(body: &str) -> String {
    CreditCode::complete("91990100", body).unwrap().as_str().to_owned()
}

/// A good row as `name → text`; changed where a test says so.
fn row(changes: &[(&str, &str)]) -> String {
    let (seller, buyer) = (code("MA1CCCC3"), code("MA1DDDD4"));
    let good = [
        ("登记编号", "330001202400001"),
        ("项目名称", "轴承寿命试验台开发"),
        ("合同类别", "技术开发"),
        ("合同子类", "委托开发"),
        ("卖方名称", "旧卖方有限公司"),
        ("卖方统一社会信用代码", seller.as_str()),
        ("买方名称", "旧买方有限公司"),
        ("买方统一社会信用代码", buyer.as_str()),
        ("签订日期", "2024-03-01"),
        ("有效期起", "2024-03-01"),
        ("有效期止", "2025-02-28"),
        ("技术领域", "先进制造"),
        ("付款方式", "分期支付"),
        ("成交额", "1200000"),
        ("技术交易额", "900000"),
        ("登记日期", "2024-04-01"),
    ];
    let text =
        |name: &str, usual: &str| changes.iter().find(|(n, _)| *n == name).map_or_else(|| usual.to_owned(), |(_, v)| (*v).to_owned());
    good.iter().map(|(name, usual)| format!("\"{}\"", text(name, usual))).collect::<Vec<_>>().join(",")
}

fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADS}\n{}\n", rows.join("\n")).into_bytes()
}

/// The reasons of a batch as `line field: code`, warnings with a `~`.
fn said(view: &ImportView) -> Vec<String> {
    let mark = |warning: bool| if warning { "~" } else { "" };
    view.problems.iter().map(|p| format!("{}{} {}: {}", mark(p.warning), p.line, p.error.field, p.error.code)).collect()
}

impl City {
    async fn read(&self, actor: &Actor, bytes: Vec<u8>) -> ImportView {
        let id = preview_import(&self.t.market, actor, "旧登记.csv", bytes).await.unwrap();
        import_batch(&self.t.market, actor, id).await.unwrap()
    }

    async fn bring(&self, actor: &Actor, bytes: Vec<u8>) -> ImportView {
        let view = self.read(actor, bytes).await;
        assert!(commit_import(&self.t.market, actor, view.summary.id, view.version, LONG).await.unwrap());
        import_batch(&self.t.market, actor, view.summary.id).await.unwrap()
    }

    async fn sum(&self, figure: Figure) -> i64 {
        ledger::total(&self.t.market, figure, &ledger::LedgerFilter::default()).await.unwrap()
    }

    async fn assert_holds(&self) {
        assert_eq!(ledger::verify(&self.t.market).await.unwrap(), []);
        assert_eq!(ledger::verify_chain(&self.t.market).await.unwrap(), None);
    }
}

#[tokio::test]
async fn every_reason_stands_at_its_column() {
    let c = City::new().await;
    let check = async |changes: &[(&str, &str)], expected: &[&str]| {
        let view = c.read(&c.officer, file(&[row(changes)])).await;
        assert_eq!(said(&view), expected, "{changes:?}");
        let refused = expected.iter().any(|e| !e.starts_with('~'));
        assert_eq!((view.summary.good, view.summary.bad), (u64::from(!refused), u64::from(refused)), "{changes:?}");
    };
    check(&[], &[]).await;
    check(&[("登记编号", " ")], &["2 registration_number: required"]).await;
    check(&[("项目名称", "")], &["2 title: required"]).await;
    check(&[("合同类别", "承揽")], &["2 kind: import_word"]).await;
    check(&[("合同子类", "专利权转让")], &["2 subkind: subkind"]).await;
    check(&[("合同类别", "委托开发"), ("合同子类", "")], &[]).await;
    check(&[("合同类别", "技术咨询"), ("合同子类", "")], &[]).await;
    check(&[("合同类别", "技术转让"), ("合同子类", "专利实施许可")], &["~2 kind: import_licence"]).await;
    check(&[("卖方统一社会信用代码", "123")], &["2 seller_credit_code: credit_code_length"]).await;
    check(&[("买方统一社会信用代码", &code("MA1CCCC3"))], &["2 buyer_credit_code: same_party"]).await;
    for day in ["2024年3月1日", "2024/3/1", "２０２４.３.１", "45352"] {
        check(&[("签订日期", day)], &[]).await;
    }
    check(&[("签订日期", "2024年3月")], &["2 signed_on: date"]).await;
    check(
        &[("签订日期", "2026-08-02"), ("登记日期", "2026-08-02"), ("有效期止", "2027-01-01")],
        &["2 signed_on: future", "2 registered_on: future"],
    )
    .await;
    check(&[("登记日期", "2024-02-29")], &["2 registered_on: import_registered_early"]).await;
    check(&[("有效期起", ""), ("有效期止", "2024-02-01")], &["2 ends_on: date_order"]).await;
    check(&[("技术领域", "玄学")], &["2 field: import_word"]).await;
    check(&[("技术交易额", "120万元")], &[]).await;
    check(&[("技术交易额", "1200000.01")], &["2 technical_value: technical_over_total"]).await;
    check(&[("成交额", "0"), ("技术交易额", "0")], &["2 value: positive"]).await;
}

#[tokio::test]
async fn money_at_its_limits() {
    let c = City::new().await;
    let check = async |typed: &str, expected: std::result::Result<i64, &str>| {
        let view = c.read(&c.officer, file(&[row(&[("成交额", typed), ("技术交易额", "0")])])).await;
        let read = view.rows.first().map(|r| r.amounts.0);
        let code = view.problems.first().map(|p| p.error.code.as_str());
        assert_eq!((read, code), (expected.ok(), expected.err()), "{typed}");
    };
    check("１，２００，０００．５０", Ok(120_000_050)).await;
    check("1,200,000", Ok(120_000_000)).await;
    check("0.5亿元", Ok(5_000_000_000)).await;
    check("12.3万", Ok(12_300_000)).await;
    check("0.01", Ok(1)).await;
    check("1000000000000", Ok(100_000_000_000_000)).await;
    check("1000000000000.01", Err("money_too_large")).await;
    // One fen below, at and above the largest number of 64 bits.
    for over in ["92233720368547758.06", "92233720368547758.07", "92233720368547758.08", "99999999999999999999999"] {
        check(over, Err("money_too_large")).await;
    }
    check("0.001", Err("money_fraction")).await;
    check("0.0000001万", Err("money_fraction")).await;
    check("-1", Err("money_negative")).await;
    check("一百万", Err("money_not_a_number")).await;
}

#[tokio::test]
async fn a_workbook_with_its_own_heads_units_and_dates() {
    let c = City::new().await;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("yyyy/m/d");
    let heads = [
        "成交额（万元）",
        "登记编号",
        "项目名称",
        "子类",
        "受托方",
        "卖方信用代码",
        "委托方",
        "买方信用代码",
        "签约日期",
        "止",
        "领域",
        "支付方式",
        "技术交易额（万元）",
        "登记时间",
        "国民经济行业",
        "计划来源",
        "备注",
        "联系人",
    ];
    sheet.write_string(0, 0, "云汀市技术合同登记台账").unwrap();
    for (column, head) in (0_u16..).zip(heads) {
        sheet.write_string(2, column, head).unwrap();
    }
    let at = |year, month, day| ExcelDateTime::from_ymd(year, month, day).unwrap();
    // As a formula leaves it: 0.1 × 3.
    sheet.write_number(3, 0, 0.1 * 3.0).unwrap();
    sheet.write_string(3, 1, " 3300-2023-7 ").unwrap();
    for (column, text) in [
        (2, "旧软件开发"),
        (3, "合作开发"),
        (4, "甲"),
        (6, "乙"),
        (10, "电子信息技术"),
        (11, "一次总付"),
        (14, "C39"),
        (15, "省级"),
        (16, "已归档"),
    ] {
        sheet.write_string(3, column, text).unwrap();
    }
    sheet.write_string(3, 5, code("MA1CCCC3")).unwrap();
    sheet.write_string(3, 7, code("MA1DDDD4")).unwrap();
    sheet.write_number(3, 12, 0.2).unwrap();
    for (column, date) in [(8, at(2023, 5, 6)), (9, at(2024, 5, 5)), (13, at(2023, 6, 7))] {
        sheet.write_datetime_with_format(3, column, &date, &day).unwrap();
    }
    let id = preview_import(&c.t.market, &c.officer, "台账.xlsx", book.save_to_buffer().unwrap()).await.unwrap();
    let view = import_batch(&c.t.market, &c.officer, id).await.unwrap();
    assert_eq!(said(&view), [""; 0]);
    assert_eq!(view.unknown_columns, ["联系人"]);
    assert!(commit_import(&c.t.market, &c.officer, id, 1, LONG).await.unwrap());
    let stored = table::Entity::find().one(&c.t.market.db).await.unwrap().unwrap();
    assert_eq!(stored.registration_number.as_deref(), Some("3300-2023-7"));
    assert_eq!((stored.value, stored.technical_value), (300_000, 200_000));
    assert_eq!((stored.signed_on.as_str(), stored.starts_on.as_str(), stored.ends_on.as_str()), ("2023-05-06", "2023-05-06", "2024-05-05"));
    assert_eq!((stored.kind.as_str(), stored.subkind.as_str(), stored.field.as_str()), ("development", "joint", "electronics"));
    assert_eq!((stored.industry.as_str(), stored.plan_source.as_str(), stored.summary.as_str()), ("C39", "province", "已归档"));
    assert_eq!(file_of(&stored.source).as_deref(), Some("台账.xlsx"));
    c.assert_holds().await;
}

#[tokio::test]
async fn what_is_brought_in_stands_in_the_register_and_counts_once() {
    let c = City::new().await;
    let market = &c.t.market;
    let second = row(&[("登记编号", "330001202400002"), ("登记日期", "2025-01-10"), ("成交额", "50万"), ("技术交易额", "0")]);
    let read = c.read(&c.officer, file(&[row(&[]), second.clone()])).await;
    assert_eq!((read.read, read.summary.good), (2, 2));
    assert_eq!(table::Entity::find().count(&market.db).await.unwrap(), 0, "nothing is written before it is brought in");
    assert_eq!(organisation::Entity::find().count(&market.db).await.unwrap(), 2);
    let done = c.bring(&c.officer, file(&[row(&[]), second])).await;
    assert_eq!((done.summary.state, done.summary.created, done.summary.bad), (BatchState::Done, 2, 0));
    assert_eq!(c.sum(Figure::ContractValue).await, 170_000_000);
    assert_eq!(c.sum(Figure::TechnicalValue).await, 90_000_000);
    let years = ledger::totals(market, Figure::ContractValue, ledger::By::Year).await.unwrap();
    assert_eq!(years.iter().map(|t| (t.year, t.amount)).collect::<Vec<_>>(), [(Some(2024), 120_000_000), (Some(2025), 50_000_000)]);
    let shown = contract(market, &c.officer, "HT-2026-000001").await.unwrap();
    assert!(shown.is_public);
    assert_eq!(shown.summary.registration_number.as_deref(), Some("330001202400001"));
    assert_eq!(shown.detail.unwrap().imported_from.as_deref(), Some("旧登记.csv"));
    let stored = table::Entity::find().all(&market.db).await.unwrap();
    assert!(stored.iter().all(|r| r.certificate.as_ref().is_some_and(|code| code.len() == 20)));
    c.assert_holds().await;

    // Once more: the contract that has the number is named.
    let again = c.read(&c.officer, file(&[row(&[])])).await;
    assert_eq!(said(&again), ["2 registration_number: import_number_taken"]);
    let named = again.problems[0].error.args.iter().find(|(name, _)| name == "number").unwrap();
    assert_eq!(named.1, "HT-2026-000001");
    let nothing = commit_import(market, &c.officer, again.summary.id, again.version, LONG).await.unwrap();
    assert!(nothing && table::Entity::find().count(&market.db).await.unwrap() == 2);

    // In one file twice: only the first. The same contract under two numbers is told, and found by the officer who reviews.
    let other = |number: &str| row(&[("登记编号", number), ("签订日期", "2023-01-01"), ("登记日期", "2023-02-01")]);
    let twice = c.bring(&c.officer, file(&[other("A-1"), other("A-1"), other("A-2")])).await;
    assert_eq!(said(&twice), ["3 registration_number: import_number_repeated", "~4 : import_same_as_line"]);
    assert_eq!(twice.summary.created, 2);
    let number = table::Entity::find().filter(table::Column::RegistrationNumber.eq("A-2")).one(&market.db).await.unwrap().unwrap().number;
    let found = findings(market, &c.officer, &number).await.unwrap();
    assert!(found.iter().any(|f| f.kind == FindingKind::Duplicate), "{found:?}");
    c.assert_holds().await;

    // Only by the officer, only once, and the batch stays the officer's.
    assert!(matches!(commit_import(market, &c.officer, twice.summary.id, twice.version, LONG).await, Err(Error::Stale)));
    assert!(matches!(import_batches(market, &c.seller).await, Err(Error::Forbidden)));
    assert!(matches!(preview_import(market, &Actor::Visitor, "a.csv", file(&[row(&[])])).await, Err(Error::SignIn)));
    let other = City::officer_of(&c.t, "other", "990100").await;
    assert!(matches!(import_batch(market, &other, twice.summary.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn officers_bring_in_what_their_region_registers_and_nothing_of_their_own() {
    let c = City::new().await;
    let county = City::officer_of(&c.t, "county", "990102").await;
    let rows = [
        row(&[("卖方统一社会信用代码", &code("MA1AAAA1")), ("登记编号", "1")]),
        row(&[("卖方统一社会信用代码", &code("MA1BBBB2")), ("登记编号", "2")]),
    ];
    let view = c.read(&county, file(&rows)).await;
    let wrong: Vec<String> = said(&view).into_iter().filter(|s| !s.starts_with('~')).collect();
    assert_eq!(wrong, ["3 seller_region: import_contract_region"], "the seller of the second is in another county");
    assert_eq!(said(&view)[0], "~2 seller_name: import_party_name", "the market knows it under another name");

    // An officer who manages the buyer.
    let id = c.t.person("both", crate::accounts::Roles { officer_region: Some("990100".to_owned()), ..Default::default() }).await;
    let both = c.t.actor(id).await;
    let form = crate::testing::organisation_form("自己的公司", "MA1DDDD4", "990103");
    organisations_of(&c, &both, &form).await;
    let both = c.t.actor(id).await;
    let view = c.read(&both, file(&[row(&[])])).await;
    assert_eq!(said(&view), ["2 buyer_credit_code: conflict_of_interest"]);
}

async fn organisations_of(c: &City, actor: &Actor, form: &keqiao_model::Fields) {
    crate::organisations::create(&c.t.market, actor, form, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_batches_with_one_number_committed_at_once_one_wins() {
    let c = City::new().await;
    let market = &c.t.market;
    let officers = [c.officer.clone(), City::officer_of(&c.t, "second", "990100").await];
    let rows: Vec<String> = (0..40).map(|n| row(&[("登记编号", &format!("N-{n}")), ("成交额", &format!("{}", 1_000_000 + n))])).collect();
    let mut views = Vec::new();
    for officer in &officers {
        views.push(c.read(officer, file(&rows)).await);
    }
    let both = officers.iter().zip(&views).map(|(officer, view)| {
        let (market, officer, id, version) = (market.clone(), officer.clone(), view.summary.id, view.version);
        tokio::spawn(async move { commit_import(&market, &officer, id, version, LONG).await })
    });
    for running in both.collect::<Vec<_>>() {
        assert!(running.await.unwrap().unwrap());
    }
    let mut created = 0;
    for (officer, view) in officers.iter().zip(&views) {
        let done = import_batch(market, officer, view.summary.id).await.unwrap();
        assert_eq!(done.summary.created + done.summary.bad, 40, "{:?}", said(&done));
        assert!(done.problems.iter().all(|p| p.warning || p.error.code == "import_number_taken"));
        created += done.summary.created;
    }
    assert_eq!((created, table::Entity::find().count(&market.db).await.unwrap()), (40, 40));
    c.assert_holds().await;
}

#[tokio::test]
async fn the_house_gives_no_number_that_was_brought_in() {
    let c = City::new().await;
    let first = c.registered(&c.form("1000")).await;
    let rows = [2, 3, 5].map(|n| row(&[("登记编号", &format!("990100-2026-{n:05}")), ("成交额", &format!("{}", 2_000_000 + n))]));
    assert_eq!(c.bring(&c.officer, file(&rows)).await.summary.created, 3);
    let mut given = vec![c.row(&first).await.registration_number.unwrap()];
    for n in 0..2 {
        let number = c.registered(&with(&c.form(&format!("{}", 3_000 + n)), &[("title", &format!("第{n}份"))])).await;
        given.push(c.row(&number).await.registration_number.unwrap());
    }
    assert_eq!(given, ["990100-2026-00001", "990100-2026-00004", "990100-2026-00006"]);
    // The other way round: what the house gave is refused.
    let view = c.read(&c.officer, file(&[row(&[("登记编号", "990100-2026-00004")])])).await;
    assert_eq!(said(&view), ["2 registration_number: import_number_taken"]);
    c.assert_holds().await;
}

#[tokio::test]
async fn an_import_left_in_the_middle_goes_on_where_it_stopped() {
    let c = City::new().await;
    let market = &c.t.market;
    let rows: Vec<String> = (0..60).map(|n| row(&[("登记编号", &format!("L-{n}")), ("成交额", &format!("{}", 1_000_000 + n))])).collect();
    let view = c.read(&c.officer, file(&rows)).await;
    let id = view.summary.id;
    // As a program leaves it that ends at once: begun, nothing entered.
    batch_table::Entity::update_many()
        .col_expr(batch_table::Column::State, Expr::value("running"))
        .col_expr(batch_table::Column::MovedAt, Expr::value(crate::db::micros(market.now())))
        .exec(&market.db)
        .await
        .unwrap();
    let left = async || import_batch(market, &c.officer, id).await.unwrap().summary.left;
    assert!(!left().await, "perhaps it still runs");
    assert!(matches!(commit_import(market, &c.officer, id, 1, LONG).await, Err(Error::Stale)));
    assert!(matches!(discard_import(market, &c.officer, id).await, Err(Error::Stale)));
    assert_eq!(resume_imports(market).await.unwrap(), 0);
    c.t.wait(Duration::minutes(2));
    assert!(left().await);
    assert_eq!(resume_imports(market).await.unwrap(), 1);
    while import_batch(market, &c.officer, id).await.unwrap().summary.state != BatchState::Done {
        tokio::time::sleep(Patience::from_millis(5)).await;
    }
    let done = import_batch(market, &c.officer, id).await.unwrap();
    assert_eq!((done.summary.created, done.summary.done, done.rows.len()), (60, 60, 0));
    c.assert_holds().await;
    c.t.wait(Duration::days(31));
    assert_eq!(purge_imports(market).await.unwrap(), 1);
}

#[tokio::test]
async fn a_file_holds_what_its_reader_may_see() -> Result<()> {
    let c = City::new().await;
    let market = &c.t.market;
    c.registered(&c.form("1000")).await;
    let county = City::officer_of(&c.t, "county", "990124").await;
    for (actor, whole) in [(&Actor::Visitor, false), (&c.seller, true), (&c.buyer, true), (&c.officer, true), (&county, false)] {
        let lines = export(market, actor, &Filter::default()).await?;
        assert_eq!(lines.iter().map(|l| l.detail.is_some()).collect::<Vec<_>>(), [whole], "{actor:?}");
    }
    let none = Filter { year: Some(1999), ..Filter::default() };
    assert_eq!(export(market, &c.officer, &none).await?, []);
    Ok(())
}
