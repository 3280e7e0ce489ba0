//! Targets, their pace, the closed months, reported indicators and the report of assessment, as people see them.

use keqiao_app::t;
use keqiao_market::{Actor, Department, FormerRegion, clocks, targets};
use keqiao_model::{ContractMove, Field, Figure, Lang, ReportedIndicator};
use keqiao_tests::{Client, Signed, TestApp};
use time::Duration;

use Lang::{En, Zh};

/// A market in which one contract of 1,200,000 yuan is registered.
async fn registered(app: &TestApp) -> Signed {
    let signed = app.pair().await.signed().await;
    signed.register().await;
    signed
}

async fn aim(app: &TestApp, measure: impl Into<targets::Measure>, year: i64, region: &str, amount: i64) {
    targets::set_target(app.market(), &Actor::System, measure, year, region, amount, 0).await.unwrap();
}

fn departments() -> Vec<Department> {
    let department = |code: &str, zh: &str, en: &str, fields: &[Field]| Department {
        code: code.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        fields: fields.to_vec(),
    };
    vec![
        department("industry", "市工业和信息化局", "Bureau of Industry", &[Field::Manufacturing]),
        department("life", "市卫生健康委员会", "Health Commission", &[Field::Biomedicine]),
    ]
}

#[tokio::test]
async fn a_target_shows_its_pace_in_words() {
    let app = TestApp::new().await;
    registered(&app).await;
    aim(&app, Figure::ContractValue, 2026, "990100", 120_000_000).await;
    aim(&app, Figure::ContractValue, 2026, "990103", 600_000_000).await;
    for lang in Lang::ALL {
        let page = app.visitor().open(&format!("{}/targets?year=2026", lang.prefix())).await;
        assert!(page.says(keqiao_app::words::code_label(lang, "light", "ahead").as_str()), "reached is ahead: {page}");
        assert!(page.says(keqiao_app::words::code_label(lang, "light", "far_behind").as_str()), "{page}");
        assert!(page.says(t!(lang, "targets.growth_expected")) && page.dangers().is_empty(), "{page}");
        // Each month so far can be reached by keyboard and says its values.
        let points = page.attributes(".line-point[tabindex='0']", "aria-label");
        assert_eq!(points.len(), 8, "January to August: {points:?}");
        assert!(
            page.says(&t!(
                lang,
                "targets.split_more",
                year = 2026,
                parts = t!(lang, "targets.of_counties"),
                sum = if lang == Zh { "600.00 万元" } else { "CNY 6.00 million" },
                difference = if lang == Zh { "480.00 万元" } else { "CNY 4.80 million" },
            )),
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_year_with_no_contracts() {
    let app = TestApp::new().await;
    for path in ["/targets?year=2019", "/targets?year=2031&region=990102", "/assessment?year=2019", "/indicators?year=2019", "/targets"] {
        let page = app.visitor().open(path).await;
        assert!(!page.said().contains("NaN") && !page.said().contains("inf"), "{path}: {page}");
    }
    assert!(app.visitor().open("/targets?year=2019").await.says("0 元"));
    assert!(app.visitor().open("/assessment?year=2019").await.says(t!(Zh, "targets.nothing_in_year")));
    aim(&app, Figure::ContractValue, 2019, "990100", 100).await;
    let page = app.visitor().open("/en/targets?year=2019").await;
    assert!(page.says("Far behind") && page.says("0.0%"), "{page}");
    assert!(app.visitor().open("/targets/contract_value?year=2019").await.says(t!(Zh, "targets.none_match")));
}

#[tokio::test]
async fn counties_are_ranked_and_departments_have_targets() {
    let app = TestApp::with(|settings| settings.departments = departments()).await;
    registered(&app).await;
    let officer = app.officer().await;
    for (region, amount) in [("990103", "300万"), ("990102", "100万"), ("industry", "240万"), ("990100", "500万")] {
        let page = officer.open(&format!("/admin/targets?figure=contract_value&year=2026&region={region}")).await;
        assert_eq!(officer.send(page.form("set").with([("amount", amount)])).await.status, 303, "{region}");
    }
    assert_eq!(officer.get("/admin/targets?figure=brokers_trained&year=2026&region=industry").await.forms("set").len(), 0);
    let page = app.visitor().open("/targets?year=2026").await;
    let rows = page.all("#ranking table tbody tr");
    let of = |name: &str| rows.iter().find(|row| row.starts_with(name)).cloned().unwrap_or_default();
    assert!(of("汀北区").contains("汀北区 1 40.0% 严重落后 120.00 万元"), "58.4 % of the year is over: {rows:?}");
    assert!(of("汀南区").contains("汀南区 2 0.0% 严重落后 0 元"), "{rows:?}");
    assert!(of("石桥市").contains(t!(Zh, "targets.no_target")), "who has no target has no place: {rows:?}");
    assert!(of("市工业和信息化局").contains("50.0%"), "{rows:?}");
    let own = app.visitor().open("/targets?year=2026&region=industry").await;
    assert!(own.says("市工业和信息化局") && own.says("50.0%"), "{own}");
    let entries = app.visitor().open("/en/targets/contract_value?region=industry").await;
    assert!(entries.links().iter().any(|l| l.starts_with("/en/contracts/HT-")) && entries.says("Bureau of Industry"), "{entries}");
    let none = app.visitor().open("/targets/contract_value?region=life").await;
    assert!(none.says(t!(Zh, "targets.none_match")), "{none}");
}

#[tokio::test]
async fn a_county_renamed_or_merged() {
    let app = TestApp::with(|settings| {
        let county = settings.regions.iter_mut().find(|r| r.code == "990103").unwrap();
        county.former = vec![FormerRegion { code: "990193".to_owned(), zh: "旧汀县".to_owned(), ..FormerRegion::default() }];
    })
    .await;
    registered(&app).await;
    for path in
        ["/targets/contract_value?region=990193", "/targets?region=990193", "/contracts?region=990193", "/organisations?region=990193"]
    {
        let page = app.visitor().open(path).await;
        assert!(page.says("汀北区"), "the old code leads to the county of today: {path}: {page}");
    }
    let entries = app.visitor().open("/targets/contract_value?region=990193").await;
    assert!(entries.links().contains(&"/contracts/HT-2026-000001".to_owned()), "{entries}");
    assert!(app.visitor().open("/achievements?region=990193").await.says("氮化硅陶瓷轴承"));
}

#[tokio::test]
async fn what_is_shown_can_be_had_as_a_file() {
    let app = TestApp::new().await;
    registered(&app).await;
    aim(&app, Figure::ContractValue, 0, "990100", 600_000_000_000).await;
    for path in ["/targets", "/targets/contract_value", "/assessment", "/indicators"] {
        let csv = app.visitor().open(&format!("{path}?format=csv")).await;
        assert!(csv.bytes.starts_with("\u{feff}".as_bytes()) && csv.header("content-type").starts_with("text/csv"), "{path}");
        let xlsx = app.visitor().open(&format!("{path}?format=xlsx")).await;
        assert!(xlsx.bytes.starts_with(b"PK") && xlsx.header("content-type").contains("spreadsheetml"), "{path}");
        assert!(app.visitor().open(path).await.links().contains(&format!("{path}?format=xlsx")), "{path}");
    }
    let csv = app.visitor().open("/targets/contract_value?year=2026&format=csv").await.text;
    assert!(csv.contains("HT-2026-000001") && csv.contains("\"1200000.00\""), "{csv}");
    let csv = app.visitor().open("/en/targets?format=csv").await.text;
    assert!(csv.contains("6000000000.00") && csv.contains("Whole city"), "{csv}");
}

#[tokio::test]
async fn a_closed_month_shows_its_corrections() {
    let app = TestApp::new().await;
    let signed = registered(&app).await;
    assert!(app.visitor().open("/snapshots").await.says(t!(Zh, "targets.no_snapshots")));
    app.wait(Duration::days(40));
    clocks::clock_step(app.market()).await.unwrap();
    clocks::clock_step(app.market()).await.unwrap();
    let list = app.visitor().open("/snapshots").await;
    assert_eq!(list.all("tbody tr").len(), 1, "{list}");
    let page = app.visitor().open("/en/snapshots/2026-08").await;
    assert!(page.says(t!(En, "targets.snapshot_unchanged")) && page.says(t!(En, "targets.no_corrections")), "{page}");
    signed.move_contract(&signed.pair.officer, ContractMove::Cancel).await.unwrap();
    let page = app.visitor().open("/snapshots/2026-08").await;
    assert!(page.says(t!(Zh, "targets.snapshot_changed")) && page.says("1,200,000 元 0 元 -1,200,000 元"), "{page}");
    assert!(!page.all("#corrections tbody tr").is_empty(), "{page}");
    let csv = app.visitor().open("/snapshots/2026-08?format=csv").await.text;
    assert!(csv.contains("\"1200000.00\",\"0.00\",\"-1200000.00\""), "{csv}");
    assert!(app.visitor().open("/assessment").await.says("-120.00 万元"), "the report shows what was corrected since");
    for month in ["2026-09", "2026-13", "26-8", "x"] {
        assert_eq!(app.visitor().get(&format!("/snapshots/{month}")).await.status, 404, "{month}");
    }
}

async fn report(who: &Client, indicator: ReportedIndicator, year: &str, value: &str) -> String {
    let form = who.open("/indicators/new").await.form("report");
    let typed = [("indicator", indicator.code()), ("year", year), ("value", value), ("evidence", "认定文件 https://example.cn/a?b=1")];
    let sent = who.send(form.with(typed)).await;
    assert_eq!(sent.status, 303, "{sent}");
    sent.location()
}

#[tokio::test]
async fn a_county_reports_and_the_city_approves() {
    let app = TestApp::new().await;
    targets::adopt_plan(app.market()).await.unwrap();
    let (county, city) = (app.county_officer("990102").await, app.officer().await);
    assert_eq!(app.enterprise("沈工").await.get("/indicators/new").await.status, 404);
    let form = county.open("/indicators/new").await.form("report");
    let refused = county.send(form.with([("indicator", "platforms"), ("value", "十二")])).await;
    assert_eq!(refused.status, 422);
    assert!(refused.error_at("value").is_some() && refused.error_at("year").is_some() && refused.error_at("evidence").is_some());
    assert_eq!(refused.value_of("value").as_deref(), Some("十二"), "what was typed is still there");
    let path = report(&county, ReportedIndicator::Platforms, "2026", "12").await;
    let letter = app.last_letter_to("officer-990100@example.cn").await;
    assert!(letter.text.contains("各类创新平台") && letter.text.contains(&path), "{letter:?}");
    assert_eq!(app.visitor().get(&path).await.status, 404, "not public yet");
    assert_eq!(app.county_officer("990103").await.get(&path).await.status, 404, "another county's");
    assert!(!county.open(&path).await.offers("approve"));
    let page = city.open(&path).await;
    let back = city.send(page.form("return").with([("reason", "请附名单")])).await;
    assert_eq!(back.status, 303, "{back}");
    assert!(app.last_letter_to("officer-990102@example.cn").await.text.contains(&path));
    let page = county.open(&path).await;
    assert!(page.says("请附名单"), "{page}");
    assert_eq!(county.send(page.form("submit").with([("value", "15")])).await.status, 303);
    let page = city.open(&path).await;
    assert_eq!(city.press(&page, "approve").await.status, 303);
    let public = app.visitor().open(&path).await;
    assert!(public.says("15") && public.links().contains(&"https://example.cn/a?b=1".to_owned()), "{public}");
    assert!(!public.says("officer-990102"), "nobody is named to the public: {public}");
    let list = app.visitor().open("/indicators").await;
    assert!(list.links().contains(&path) && list.says("15.0%"), "15 of the 100 of the plan: {list}");
    let report = app.visitor().open("/en/assessment").await;
    assert!(report.says("Innovation platforms 100 15 Not reached yet"), "{report}");
}
