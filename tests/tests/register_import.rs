//! Past contracts from a table, as an officer brings them in, and the register as a file.

use keqiao_market::{contracts, ledger};
use keqiao_model::Figure;
use keqiao_tests::{Answer, Client, TestApp, credit_code};

const HEAD: &str = "登记编号,项目名称,合同类别,合同子类,卖方名称,卖方统一社会信用代码,买方名称,买方统一社会信用代码,签订日期,有效期起,有效期止,技术领域,知识产权类别,国民经济行业,付款方式,成交额（万元）,技术交易额（万元）,登记日期,备注";

fn table() -> String {
    let (one, two) = (credit_code(701), credit_code(702));
    let row = |number: &str, title: &str, value: &str, day: &str| {
        format!(
            "{number},{title},技术开发,合作开发,云汀旧仪器有限公司,{one},云汀旧机床有限公司,{two},2023年3月1日,2023/3/1,2024-02-29,先进制造,发明专利,C34,分期支付,{value},10,{day},档案第七卷\n"
        )
    };
    [
        HEAD.to_owned() + "\n",
        row("YT-2023-0001", "=轴承检测仪", "120", "2023-04-01"),
        row("YT-2023-0002", "主轴动平衡", "３０", "2023-05-01"),
        row("YT-2023-0002", "主轴动平衡二期", "40", "2023-05-01"),
        row("YT-2023-0003", "日期不对", "50", "2023-13-01"),
    ]
    .concat()
}

async fn uploaded(officer: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let page = officer.open("/contracts/import").await;
    officer.follow(officer.send(page.form("read").file("file", name, bytes)).await).await
}

#[tokio::test]
async fn an_officer_reads_a_table_sees_its_errors_and_brings_in_the_rest() {
    let app = TestApp::new().await;
    let officer = app.officer().await;
    let register = officer.open("/contracts").await;
    assert!(register.links().contains(&"/contracts/import".to_owned()), "{register}");
    let preview = uploaded(&officer, "旧台账.csv", table()).await;
    assert!(preview.says("登记编号与第 3 行相同") && preview.says("请填写真实存在的日期") && preview.says("2023-13-01"), "{preview}");
    assert!(preview.says("YT-2023-0001") && preview.says("=轴承检测仪") && preview.says("导入 2 份合同"), "{preview}");
    assert!(!app.visitor().open("/contracts").await.says("YT-2023-0001"), "nothing is written yet");
    let errors = officer.get(&format!("{}?errors=csv", preview.path)).await;
    assert!(errors.text.contains("\"5\",\"登记日期\"") && errors.text.contains("\"2023-13-01\""), "{}", errors.text);
    assert!(officer.get(&format!("{}?errors=xlsx", preview.path)).await.bytes.starts_with(b"PK"));

    let done = officer.follow(officer.does(&preview, "commit").await).await;
    assert!(done.says("导入完成"), "{done}");
    let found = app.visitor().open("/contracts?year=2023").await;
    assert!(found.says("YT-2023-0001") && found.says("YT-2023-0002") && found.says("共 2 份合同"), "{found}");
    assert_eq!(ledger::total(app.market(), Figure::ContractValue, &ledger::LedgerFilter::default()).await.unwrap(), 150_000_000);
    assert_eq!(ledger::verify(app.market()).await.unwrap(), []);
    let shown = officer.open("/contracts/HT-2026-000001").await;
    assert!(shown.says("旧台账.csv") && shown.says("2023-04-01"), "{shown}");

    // Read once more, every row names the contract that has its number.
    let again = uploaded(&officer, "旧台账.csv", table()).await;
    assert!(again.says("合同 HT-2026-000001 已用这个登记编号") && again.says("没有可以导入的行"), "{again}");
    let english = officer.open(&format!("/en{}", again.path)).await;
    assert!(english.says("Contract HT-2026-000001 has this registration number already"), "{english}");

    // What is no table at all is said at the field; others have no such page.
    let page = officer.open("/contracts/import").await;
    let refused = officer.send(page.form("read").file("file", "a.csv", "甲,乙\n1,2\n")).await;
    assert_eq!(refused.status, 422);
    let nothing = officer.send(page.form("read")).await;
    assert_eq!(nothing.status, 422);
    assert_eq!(app.enterprise("沈工").await.get("/contracts/import").await.status, 403);
    assert_eq!(app.visitor().get("/contracts/import").await.status, 303);
    let other = app.county_officer("990102").await;
    assert_eq!(other.get(&preview.path).await.status, 404, "a batch belongs to who read it");
}

#[tokio::test]
async fn what_is_exported_can_be_brought_in_elsewhere() {
    let app = TestApp::new().await;
    let officer = app.officer().await;
    let preview = uploaded(&officer, "旧台账.csv", table()).await;
    officer.does(&preview, "commit").await;
    let elsewhere = TestApp::new().await;
    let there = elsewhere.officer().await;
    for (at, file) in ["/contracts?format=xlsx", "/en/contracts?format=csv"].into_iter().enumerate() {
        let exported = officer.get(file).await;
        let name = if at == 0 { "contracts.xlsx" } else { "contracts.csv" };
        assert!(exported.header("content-disposition").contains(name), "{}", exported.header("content-disposition"));
        let preview = uploaded(&there, name, exported.bytes.clone()).await;
        if at == 0 {
            assert!(preview.says("导入 2 份合同"), "{preview}");
            assert!(there.follow(there.does(&preview, "commit").await).await.says("导入完成"));
        } else {
            assert!(preview.says("没有可以导入的行") && preview.says("合同 HT-2026-000001 已用这个登记编号"), "{preview}");
        }
    }
    let filter = contracts::Filter::default();
    let here = contracts::export(app.market(), &officer.actor().await, &filter).await.unwrap();
    let copied = contracts::export(elsewhere.market(), &there.actor().await, &filter).await.unwrap();
    let said = |lines: &[contracts::RegisterLine]| -> Vec<String> {
        let mut said: Vec<String> = lines
            .iter()
            .map(|l| {
                let (s, d) = (&l.summary, l.detail.as_ref().unwrap());
                format!(
                    "{:?} {:?} {:?} {:?} {} {} {} {} {}",
                    s.registration_number,
                    s.registered_at,
                    d.content,
                    s.seller.1,
                    d.seller.credit_code,
                    d.buyer.credit_code,
                    d.ip,
                    d.industry,
                    d.seller.region
                )
            })
            .collect();
        said.sort();
        said
    };
    assert_eq!(said(&here), said(&copied));
    assert_eq!(ledger::verify(elsewhere.market()).await.unwrap(), []);

    // Others get the public columns only.
    let public = app.visitor().get("/contracts?format=csv").await;
    assert!(public.text.contains("YT-2023-0001") && public.text.contains("\"'=轴承检测仪\""), "{}", public.text);
    assert!(!public.text.contains(&credit_code(701)) && !public.text.contains("档案第七卷"), "{}", public.text);
}

#[tokio::test]
async fn the_template_is_read_as_it_is() {
    let app = TestApp::new().await;
    let officer = app.officer().await;
    for lang in ["", "/en"] {
        let template = officer.get(&format!("{lang}/contracts/import?template=xlsx")).await;
        assert!(template.bytes.starts_with(b"PK"));
        // The second sheet is words, the first only heads: nothing to bring in, and every head known.
        let preview = uploaded(&officer, "模板.xlsx", template.bytes.clone()).await;
        assert!(preview.says("没有可以导入的行") && !preview.says("没有识别的列"), "{preview}");
    }
}
