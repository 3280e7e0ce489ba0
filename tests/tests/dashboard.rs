//! The officers' board: who may see what, that its figures are those of the ledger, and that what is shown is what is saved.

use keqiao_market::{
    FormerRegion, contracts,
    entity::{contract, ledger_sum, organisation, organisation_sum},
    ledger::{self, LedgerFilter},
};
use keqiao_model::{Figure, OrganisationKind};
use keqiao_tests::{ContractForm, OrganisationForm, TestApp, registered};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};

/// Sections of the board.
const SECTIONS: [&str; 6] = ["funnel", "amounts", "work", "quality", "responses", "organisations"];

/// The text of a file without its mark, line by line.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap().strip_prefix('\u{feff}').expect("spreadsheets know UTF-8 by its mark");
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn officers_and_administrators_see_the_board_and_nobody_else() {
    let app = TestApp::new().await;
    assert!(app.visitor().get("/dashboard").await.location().starts_with("/signin"), "whoever is signed out signs in first");
    for client in [app.someone("路人").await, app.enterprise("沈工").await, app.broker().await] {
        for path in ["/dashboard", "/dashboard?format=csv", "/dashboard?tab=organisations&format=xlsx"] {
            assert_eq!(client.get(path).await.status, 404, "{path}");
        }
    }
    for client in [app.officer().await, app.county_officer("990102").await, app.admin().await] {
        for section in SECTIONS {
            let page = client.get(&format!("/dashboard?tab={section}")).await;
            assert_eq!(page.status, 200, "{page}");
            assert_eq!(client.get(&format!("/en/dashboard?tab={section}")).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_new_house_says_that_there_is_nothing_yet_and_where_to_go() {
    let app = TestApp::new().await;
    let officer = app.officer().await;
    for (section, words) in [
        ("funnel", "还没有数据"),
        ("amounts", "2026 年还没有登记的合同"),
        ("work", "没有等待处理的事项"),
        ("quality", "当年还没有发布的需求和成果"),
        ("responses", "还没有合作意向"),
        ("organisations", "2026 年还没有登记的合同"),
    ] {
        let page = officer.open(&format!("/dashboard?tab={section}")).await;
        assert!(page.says(words), "{section}: {page}");
        assert!(page.find("svg.chart-drawing").is_none(), "an empty chart says nothing");
        let file = officer.get(&format!("/dashboard?format=csv&section={section}")).await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        assert!(!lines(&file.bytes).is_empty(), "heads at least");
    }
    assert_eq!(officer.get("/dashboard?format=xlsx").await.bytes.get(..2), Some(b"PK".as_slice()));
}

#[tokio::test]
async fn the_way_from_interest_to_register_is_counted_and_its_money_is_that_of_the_ledger() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    let (officer, market) = (&signed.pair.officer, app.market());
    let before = officer.open("/dashboard").await;
    assert!(before.says("2026 年发出的 1 个合作意向中，已有 0 个走到合同登记，占 0.0%。"), "{before}");
    signed.register().await;
    let page = officer.open("/dashboard").await;
    assert!(page.says("2026 年发出的 1 个合作意向中，已有 1 个走到合同登记，占 100.0%。"), "{page}");
    assert!(page.says("上一步的 1 个中有 1 个走到“完成登记”，占 100.0%。"));
    assert!(page.says("其中 1 份由本平台洽谈而来"));
    // Every drawing has a name, a sentence and its table; every step can be reached by the keyboard.
    for drawing in page.attributes("svg.chart-drawing", "aria-labelledby") {
        assert!(drawing.contains("-title") && drawing.contains("-desc"));
    }
    assert_eq!(page.all(".chart .chart-table table").len(), page.all("svg.chart-drawing").len());
    assert_eq!(page.attributes("svg.funnel [tabindex]", "tabindex").len(), 7);

    let whole = LedgerFilter::default();
    let total = |figure| ledger::total(market, figure, &whole);
    let (value, technical) = (total(Figure::ContractValue).await.unwrap(), total(Figure::TechnicalValue).await.unwrap());
    assert!(value > 0 && technical > 0);
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
    let amounts = lines(&officer.get("/dashboard?format=csv&section=amounts").await.bytes);
    let absorbed = total(Figure::AbsorbedValue).await.unwrap();
    let expected = format!("\"合计\",\"\",\"{}\",\"0.00\",\"{}\",\"{}\",\"0.00\"", yuan(value), yuan(technical), yuan(absorbed));
    assert!(amounts.contains(&expected), "{amounts:#?}");
    assert!(amounts.iter().any(|line| line.starts_with(&format!("\"月份\",\"8\",\"{}\"", yuan(value)))), "{amounts:#?}");
    let top = lines(&officer.get("/dashboard?format=csv&section=organisations").await.bytes);
    assert_eq!(top[1], format!("\"卖方（输出）\",\"1\",\"林研究员研究院\",\"1\",\"{}\",\"100.00\"", yuan(value)));

    // A year without contracts, and another county.
    assert!(officer.open("/dashboard?tab=organisations&year=2025").await.says("2025 年还没有登记的合同"));
    let narrowed = officer.open("/dashboard?tab=amounts&region=990122").await;
    assert!(narrowed.says("2026 年还没有登记的合同") && narrowed.says("青屿县"), "{narrowed}");
    // A county's officer sees that county, whatever is asked for: the seller is in 汀北区, the buyer in 汀南区.
    let county = app.county_officer("990102").await;
    for path in ["/dashboard?format=csv&section=amounts", "/dashboard?format=csv&section=amounts&region=990103"] {
        let shown = lines(&county.get(path).await.bytes);
        assert!(shown[1].starts_with(&format!("\"合计\",\"\",\"0.00\",\"0.00\",\"0.00\",\"{}\"", yuan(absorbed))), "{path}: {shown:#?}");
    }
}

#[tokio::test]
async fn what_people_typed_is_no_formula_in_the_files() {
    let app = TestApp::new().await;
    let seller = app.member("卖家", OrganisationForm::enterprise("=HYPERLINK(1)公司").kind(OrganisationKind::Enterprise)).await;
    let (market, officer) = (app.market(), app.officer().await);
    let actor = seller.actor().await;
    let fields = ContractForm::complete().set("kind", "development").buyer("+买家有限公司", &app.next_credit_code()).fields();
    let number = contracts::create_contract(market, &actor, None, &fields, None).await.unwrap();
    let id = contracts::contract(market, &actor, &number).await.unwrap().summary.id;
    let file = keqiao_market::attachments::NewFile { name: "c.pdf", bytes: keqiao_tests::pdf("c"), confidential: false, reason: "" };
    keqiao_market::attachments::attach(market, &actor, keqiao_market::Subject::Contract, id, file, None).await.unwrap();
    let version = contracts::contract(market, &actor, &number).await.unwrap().version;
    contracts::move_contract(market, &actor, &number, keqiao_model::ContractMove::Submit, "", "", version, None).await.unwrap();
    let waiting = officer.open("/dashboard?tab=work").await;
    assert!(waiting.says("共有 1 件等待处理") && waiting.links().iter().any(|to| to == "/review?tab=contracts"), "{waiting}");
    registered(market, &officer.actor().await, &number).await;
    let top = lines(&officer.get("/dashboard?format=csv&section=organisations").await.bytes);
    assert!(top[1].contains("\"'=HYPERLINK(1)公司\""), "{top:#?}");
}

#[tokio::test]
async fn what_was_registered_in_a_county_that_is_no_more_counts_for_its_successor() {
    let app = TestApp::with(|settings| {
        let county = settings.regions.iter_mut().find(|r| r.code == "990103").unwrap();
        county.former = vec![FormerRegion { code: "990193".to_owned(), ..FormerRegion::default() }];
    })
    .await;
    let signed = app.pair().await.signed().await;
    signed.register().await;
    let seller = signed.pair.researcher.organisation();
    let market = app.market();
    // As it was stored before the county merged.
    organisation::Entity::update_many()
        .col_expr(organisation::Column::Region, Expr::value("990193"))
        .filter(organisation::Column::Id.eq(seller))
        .exec(market.database())
        .await
        .unwrap();
    let own = ledger_sum::Column::Figure.eq(Figure::ContractValue.code());
    let sums = ledger_sum::Entity::update_many().col_expr(ledger_sum::Column::Region, Expr::value("990193")).filter(own);
    sums.exec(market.database()).await.unwrap();
    let sums = organisation_sum::Entity::update_many().col_expr(organisation_sum::Column::Region, Expr::value("990193"));
    sums.filter(organisation_sum::Column::OrganisationId.eq(seller)).exec(market.database()).await.unwrap();
    contract::Entity::update_many()
        .col_expr(contract::Column::Region, Expr::value("990193"))
        .filter(contract::Column::SellerId.eq(seller))
        .exec(market.database())
        .await
        .unwrap();
    for officer in [&signed.pair.officer, &app.county_officer("990103").await] {
        for (section, words) in [("funnel", "120.00 万元"), ("amounts", "120.00 万元"), ("organisations", "120.00 万元")] {
            for code in ["990103", "990193"] {
                let page = officer.open(&format!("/dashboard?tab={section}&region={code}")).await;
                assert!(page.says(words), "{section} {code}: {page}");
            }
        }
    }
    let file = signed.pair.officer.get("/dashboard?tab=amounts&format=csv").await;
    assert!(lines(&file.bytes).iter().any(|l| l.contains("汀北区") && l.contains("1200000.00")), "{}", file.text);
}
