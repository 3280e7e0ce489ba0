use std::io::Write;

use encoding_rs::GB18030;
use flate2::{Compression, write::GzEncoder};
use keqiao_model::{
    CreditCode, Lang, ListingBody, ListingContent,
    ListingKind::{self, Achievement, Demand},
    ListingState, OUTSIDE, OrganisationKind,
};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use time::Duration;
use uuid::Uuid;

use super::*;
use crate::{
    ActorOrganisation, Person,
    db::micros,
    entity::{audit, listing, organisation, outbox, person},
    listings::content_of,
    testing::TestMarket,
};

// ---- files ----

fn table(kind: ListingKind, name: &str, bytes: &[u8]) -> Result<Table, ImportError> {
    read_rows(kind, name, bytes, &Limits { import_rows: 5, import_bytes: 20_000, ..Limits::default() })
}

/// Lines and cells of a table, `field=text` joined.
fn lines(table: &Table) -> Vec<(u64, String)> {
    table.rows.iter().map(|r| (r.line, r.cells.0.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("|"))).collect()
}

fn expect(kind: ListingKind, name: &str, bytes: &[u8], expected: &[(u64, &str)]) -> Table {
    let table = table(kind, name, bytes).unwrap();
    let found = lines(&table);
    assert_eq!(found.iter().map(|(line, text)| (*line, text.as_str())).collect::<Vec<_>>(), expected, "{name}");
    table
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn csv_in_every_encoding() {
    let text =
        "外部编号,需求名称,需求内容,联系人\r\nA1,轴承淬火,\"第一行\r\n第二行, \"\"引号\"\"\",张三\r\n\r\nA2,早癌检查,提高准确率,\r\n";
    let expected: &[(u64, &str)] =
        &[(2, "external_id=A1|title=轴承淬火|text=第一行\r\n第二行, \"引号\""), (5, "external_id=A2|title=早癌检查|text=提高准确率")];
    let gb = GB18030.encode(text).0.into_owned();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), gb.clone(), utf16, gz(&gb)] {
        let table = expect(Demand, "需求.CSV", &bytes, expected);
        assert_eq!((table.read, table.unknown_columns), (2, vec!["联系人".to_owned()]));
    }
    for separator in [";", "\t"] {
        let text = format!("编号{separator}标题{separator}内容\n1{separator}甲,乙{separator}丙\n");
        expect(Demand, "a.txt", text.as_bytes(), &[(2, "external_id=1|title=甲,乙|text=丙")]);
    }
    expect(Achievement, "only.csv", "title\n一种方法\n".as_bytes(), &[(2, "title=一种方法")]);
}

#[test]
fn headings_units_and_torn_rows() {
    let text =
        "云汀市技术需求汇总表,,\n\n序号,*需求 名称（必填）,预算（万元）\n1,甲,60\n2,乙,60-100\n3,丙,面议\n4,丁,5000元\n5,\"戊\",1,多,余\n";
    let table = expect(
        Demand,
        "a.csv",
        text.as_bytes(),
        &[(4, "title=甲|price=60万元"), (5, "title=乙|price=60-100万元"), (6, "title=丙|price=面议"), (7, "title=丁|price=5000元")],
    );
    let error = FieldError::new("", "import_too_many_cells").with("cells", 5).with("columns", 3);
    assert_eq!(table.problems, [RowProblem::refused(8, error)]);
    assert!(table.unknown_columns.is_empty());
}

#[test]
fn json_lines() {
    let text = concat!(
        r#"{"external_id": 7, "title": "甲", "keywords": ["一", "二"], "indicators": [{"name": "效率", "operator": "≥", "value": 95}], "extra": 1}"#,
        "\n\n[1]\n",
        r#"{"title": "乙", "summary": null, "cooperation": ["joint"]}"#,
        "\n"
    );
    let expected: &[(u64, &str)] = &[
        (1, "external_id=7|indicators.0.name=效率|indicators.0.operator=≥|indicators.0.value=95|keywords=一；二|title=甲"),
        (4, "cooperation=joint|title=乙"),
    ];
    for bytes in [text.as_bytes().to_vec(), gz(text.as_bytes())] {
        let table = expect(Achievement, "a.jsonl.gz", &bytes, expected);
        assert_eq!(table.problems, [RowProblem::refused(3, FieldError::new("", "import_not_object"))]);
        assert_eq!((table.read, table.unknown_columns), (3, vec!["extra".to_owned()]));
    }
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").unwrap();
    let sheet = book.add_worksheet();
    for (place, header) in (0..).zip(["编号", "需求名称", "截止日期", "需求内容", "预算上限"]) {
        sheet.write(1, place, header).unwrap();
    }
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(2, 0, 20_240_001.0).unwrap();
    sheet.write(2, 1, "轴承").unwrap();
    sheet.write_with_format(2, 2, ExcelDateTime::from_ymd(2027, 6, 30).unwrap(), &date).unwrap();
    sheet.write(2, 3, "一\n二").unwrap();
    sheet.write(2, 4, 1234.5).unwrap();
    sheet.write(4, 1, "阀门").unwrap();
    sheet.write(4, 7, "旁注").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn sheets() {
    let bytes = workbook();
    let expected: &[(u64, &str)] =
        &[(3, "external_id=20240001|title=轴承|deadline=2027-06-30|text=一\n二|price_max=1234.5"), (5, "title=阀门")];
    expect(Demand, "a.xlsx", &bytes, expected);
    expect(Demand, "a.xlsx.gz", &gz(&bytes), expected);
    let limits = Limits { import_bytes: bytes.len() / 9, ..Limits::default() };
    assert_eq!(read_rows(Demand, "a.xlsx", &bytes, &limits), Err(ImportError::TooLarge { limit: bytes.len() / 9 }));
}

#[test]
fn sheets_that_unpack_to_too_much() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "标题").unwrap();
    for row in 1..5 {
        for place in 0..100 {
            sheet.write(row, place, "长".repeat(2_000)).unwrap();
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    // The shared text is stored once and stands in 400 cells.
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    assert_eq!(table(Demand, "a.xlsx", &bytes), Err(ImportError::TooLarge { limit: 200_000 }));
    assert_eq!(table(Demand, "a.csv.gz", &gz(&vec![b'a'; 300_000])), Err(ImportError::TooLarge { limit: 200_000 }));
}

#[test]
fn files_that_are_none() {
    let check = |name: &str, bytes: &[u8], expected: ImportError| assert_eq!(table(Demand, name, bytes), Err(expected), "{name}");
    check("a.csv", b"", ImportError::Empty);
    check("a.csv", b"\xef\xbb\xbf \r\n", ImportError::Empty);
    check("a.pdf", b"%PDF-1.7", ImportError::UnknownFormat);
    check("a.xls", b"\xd0\xcf\x11\xe0", ImportError::UnknownFormat);
    check("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ImportError::UnknownFormat);
    check("a.xlsx", b"PK\x03\x04 nothing", ImportError::UnknownFormat);
    check("a.csv.gz", b"\x1f\x8b nothing", ImportError::UnknownFormat);
    check("a.jsonl", b"no json\n", ImportError::UnknownFormat);
    check("a.jsonl", b"{\"summary\": \"x\"}\n", ImportError::NoTitle);
    check("a.csv", "甲,乙\n丙,丁\n".as_bytes(), ImportError::NoHeader);
    check("a.csv", "摘要,乙\n丙,丁\n".as_bytes(), ImportError::NoTitle);
    check("a.csv", "标题\n1\n2\n3\n4\n5\n6\n".as_bytes(), ImportError::TooManyRows { max: 5 });
    check("a.csv", &vec![b'a'; 20_001], ImportError::TooLarge { limit: 20_000 });
    assert_eq!(table(Demand, "a.csv", "标题\n1\n2\n3\n4\n5\n".as_bytes()).unwrap().read, 5);
}

// ---- rows ----

fn parsed(kind: ListingKind, text: &str) -> Parsed {
    parse(kind, "a.csv", text.as_bytes(), &Limits::default()).unwrap()
}

fn content(kind: ListingKind, text: &str) -> (ListingContent, Vec<RowProblem>) {
    let parsed = parsed(kind, text);
    (parsed.rows[0].content(kind).unwrap(), parsed.problems)
}

#[test]
fn a_text_becomes_problem_and_summary() {
    let text = format!("{}。{}", "问".repeat(200), "题".repeat(200));
    let (demand, problems) = content(Demand, &format!("标题,内容\n甲,{text}\n"));
    let ListingBody::Demand(body) = &demand.body else { panic!() };
    assert_eq!((body.problem.as_str(), demand.summary.as_str()), (text.as_str(), format!("{}。", "问".repeat(200)).as_str()));
    assert!(problems.is_empty());
    let (achievement, _) = content(Achievement, &format!("标题,内容\n甲,{text}\n"));
    assert_eq!(achievement.summary, text);
    let (achievement, _) = content(Achievement, "标题,摘要,描述\n甲,短,长的\n");
    assert_eq!(achievement.summary, "短\n长的");
    let (bare, _) = content(Achievement, "标题\n<b>甲</b>\n");
    assert_eq!((bare.title.as_str(), bare.summary.as_str()), ("<b>甲</b>", ""));
}

#[test]
fn a_long_title_is_cut_and_kept() {
    let title = "长".repeat(130);
    let cut = format!("{}…", "长".repeat(119));
    let warning = FieldError::new("title", "import_title_cut").with("max", 120).with("length", 130);
    for kind in [Demand, Achievement] {
        let (content, problems) = content(kind, &format!("标题,内容\n{title},正文\n"));
        assert_eq!((content.title.as_str(), problems.as_slice()), (cut.as_str(), [RowProblem::warning(2, warning.clone())].as_slice()));
        let whole = match &content.body {
            ListingBody::Demand(body) => &body.problem,
            ListingBody::Achievement(_) => &content.summary,
        };
        assert_eq!(*whole, format!("{title}\n正文"));
    }
}

#[test]
fn cells_are_understood() {
    let text = "标题,技术领域,行业,关键词,成熟度,合作方式,预算,时限,主要技术指标,语言\n\
                甲,新材料及其应用,C38 电气机械和器材制造业,\"一,二；三\",TRL 6,委托开发、技术入股,60-100万,2027年6月,效率≥95%；噪声≤60dB,\n";
    let (c, _) = content(Demand, text);
    assert_eq!((c.field.unwrap().code(), c.industry.as_str(), c.trl), ("materials", "C38", Some(6)));
    assert_eq!(c.keywords, ["一", "二", "三"]);
    assert_eq!(c.cooperation.iter().map(|w| w.code()).collect::<Vec<_>>(), ["development", "equity"]);
    assert_eq!((c.price_min.unwrap().fen(), c.price_max.unwrap().fen()), (60_000_000, 100_000_000));
    assert_eq!(keqiao_model::format_date(c.deadline.unwrap()), "2027-06-30");
    assert_eq!(c.indicators.iter().map(keqiao_model::Indicator::expression).collect::<Vec<_>>(), ["≥ 95 %", "≤ 60 dB"]);
    assert_eq!(c.language, Lang::Zh);
    assert_eq!(content(Demand, "title,description\nBearing,It breaks.\n").0.language, Lang::En);
    // Indicators that are no list of numbers are text.
    let (c, _) = content(Demand, "标题,内容,技术指标\n甲,正文,噪声低\n");
    let ListingBody::Demand(body) = &c.body else { panic!() };
    assert_eq!((body.problem.as_str(), c.indicators.len()), ("正文\n噪声低", 0));
}

#[test]
fn tables_of_json_are_understood() {
    let read = |text: &str| parse(Achievement, "a.jsonl", text.as_bytes(), &Limits::default()).unwrap();
    let parsed = read(concat!(
        r#"{"title": "甲", "indicators": [{"name": "效率", "operator": "不低于", "value": 95.5, "unit": "%"}], "price": 60, "price_kind": "一口价", "#,
        r#""ip": [{"kind": "发明专利", "number": "ZL202010000000.X", "status": "granted"}], "inventors": [{"name": "某人", "share": 100}]}"#
    ));
    assert_eq!(parsed.problems.iter().map(|p| p.error.field.as_str()).collect::<Vec<_>>(), ["ip.0.number"]);
    let parsed = read(
        r#"{"title": "甲", "indicators": [{"name": "效率", "operator": "不低于", "value": 95.5, "unit": "%"}], "price": 60, "price_kind": "一口价"}"#,
    );
    let content = parsed.rows[0].content(Achievement).unwrap();
    assert_eq!((content.indicators[0].expression().as_str(), content.price_max.unwrap().fen()), ("≥ 95.5 %", 6_000));
    let parsed = read(r#"{"title": "甲", "indicators": [{"name": "效率", "operator": "比", "value": "高"}]}"#);
    assert_eq!(
        parsed.problems.iter().map(|p| (p.error.field.as_str(), p.error.code.as_str())).collect::<Vec<_>>(),
        [("indicators.0.operator", "choice"), ("indicators.0.value", "number")]
    );
}

#[test]
fn bad_rows_say_where_and_why() {
    let text = "标题,技术领域,时限,预算,统一社会信用代码,成熟度\n,新材料,,,,\n甲,魔法,明年,很多,91350100M000100Y44,12\n乙,,,,,\n";
    let parsed = parsed(Demand, text);
    let found: Vec<(u64, &str, &str)> = parsed.problems.iter().map(|p| (p.line, p.error.field.as_str(), p.error.code.as_str())).collect();
    let expected = [
        (2, "title", "required"),
        (3, "field", "choice"),
        (3, "price", "money_not_a_number"),
        (3, "credit_code", "credit_code_check"),
        (3, "trl", "trl"),
        (3, "deadline", "date"),
    ];
    assert_eq!(found, expected);
    assert_eq!((refused(&parsed.problems), parsed.read, parsed.rows.len()), (2, 3, 1));
    assert!(parsed.problems[1].error.args.contains(&("value".to_owned(), "魔法".to_owned())));
    let id = &parsed.rows[0].external_id;
    assert!(id.starts_with("sha:") && id.len() == 36, "{id}");
}

// ---- the market ----

struct City {
    market: Market,
    home: TestMarket,
    institute: organisation::Model,
    other: organisation::Model,
}

fn code(body: &str, start: &str) -> String {
    CreditCode::complete(start, body).unwrap().to_string()
}

async fn organisation(market: &Market, name: &str, credit_code: &str, kind: OrganisationKind, region: &str) -> organisation::Model {
    organisation::ActiveModel {
        id: Set(Uuid::now_v7()),
        credit_code: Set(credit_code.to_owned()),
        name: Set(name.to_owned()),
        name_en: Set(String::new()),
        kind: Set(kind.code().to_owned()),
        legal_kind: Set("limited".to_owned()),
        region: Set(region.to_owned()),
        industry: Set(String::new()),
        summary: Set(String::new()),
        website: Set(String::new()),
        created_at: Set(0),
        version: Set(1),
    }
    .insert(&market.db)
    .await
    .unwrap()
}

async fn city() -> City {
    let home = TestMarket::new().await;
    let market = home.market.clone();
    let institute = organisation(&market, "云汀大学", &code("40000062", "12990100"), OrganisationKind::Institute, "990100").await;
    let other = organisation(&market, "青屿轴承有限公司", &code("19220382", "91990122"), OrganisationKind::Enterprise, "990122").await;
    City { market, home, institute, other }
}

async fn somebody(market: &Market, officer: Option<&str>, member: Option<&organisation::Model>) -> Actor {
    let id = Uuid::now_v7();
    person::ActiveModel {
        id: Set(id),
        email: Set(format!("{id}@example.com")),
        name: Set("某人".to_owned()),
        password_hash: Set(String::new()),
        lang: Set("zh-CN".to_owned()),
        broker: Set(false),
        admin: Set(false),
        demo: Set(false),
        officer_region: Set(officer.map(str::to_owned)),
        organisation_id: Set(None),
        verified_at: Set(Some(0)),
        disabled_at: Set(None),
        created_at: Set(0),
        version: Set(1),
    }
    .insert(&market.db)
    .await
    .unwrap();
    let organisations: Vec<ActorOrganisation> = member
        .map(|o| ActorOrganisation { id: o.id, name: o.name.clone(), kind: OrganisationKind::from_code(&o.kind).unwrap(), manager: false })
        .into_iter()
        .collect();
    Actor::Person(Box::new(Person {
        id,
        session: Uuid::nil(),
        name: "某人".to_owned(),
        email: String::new(),
        verified: true,
        organisation: organisations.first().cloned(),
        organisations,
        broker: false,
        officer: officer.map(str::to_owned),
        officer_former: Vec::new(),
        admin: false,
        lang: Lang::Zh,
    }))
}

fn request(kind: ListingKind, text: &str, organisation: Option<Uuid>) -> ImportRequest {
    ImportRequest {
        kind,
        file_name: "a.csv".to_owned(),
        bytes: text.as_bytes().to_vec(),
        organisation,
        all_or_nothing: false,
        publish: true,
    }
}

fn counts(report: &ImportReport) -> (u64, u64, u64, u64, u64) {
    (report.read, report.created, report.updated, report.unchanged, report.refused)
}

async fn bring(city: &City, actor: &Actor, request: ImportRequest) -> (u64, u64, u64, u64, u64) {
    counts(&import(&city.market, actor, request, |_, _| {}).await.unwrap())
}

async fn all(market: &Market) -> Vec<listing::Model> {
    listing::Entity::find().order_by_asc(listing::Column::Number).all(&market.db).await.unwrap()
}

async fn events(market: &Market, kind: &str) -> u64 {
    outbox::Entity::find().filter(outbox::Column::Kind.eq(kind)).count(&market.db).await.unwrap()
}

const FILE: &str = "编号,标题,内容\nA,甲,一\nB,乙,二\n,丙,三\n";

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let city = city().await;
    let owner = Some(city.institute.id);
    let progress = std::sync::Mutex::new(Vec::new());
    let report =
        import(&city.market, &Actor::System, request(Achievement, FILE, owner), |done, total| progress.lock().unwrap().push((done, total)))
            .await
            .unwrap();
    assert_eq!(counts(&report), (3, 3, 0, 0, 0));
    assert_eq!(*progress.lock().unwrap(), [(0, 3), (3, 3)]);
    let rows = all(&city.market).await;
    let found: Vec<(&str, &str, &str)> = rows.iter().map(|r| (r.number.as_str(), r.title.as_str(), r.state.as_str())).collect();
    assert_eq!(
        found,
        [("CG-2026-000001", "甲", "published"), ("CG-2026-000002", "乙", "published"), ("CG-2026-000003", "丙", "published")]
    );
    assert!(rows.iter().all(|r| r.region == "990100" && r.published_at == Some(micros(city.market.now())) && r.version == 1));
    assert_eq!(events(&city.market, "listing_changed").await, 3);

    assert_eq!(bring(&city, &Actor::System, request(Achievement, FILE, owner)).await, (3, 0, 0, 3, 0));
    assert_eq!(all(&city.market).await, rows);
    assert_eq!(events(&city.market, "listing_changed").await, 3);

    // The same ids on the other side, or of another organisation, are other listings.
    assert_eq!(bring(&city, &Actor::System, request(Demand, FILE, owner)).await, (3, 3, 0, 0, 0));
    assert_eq!(bring(&city, &Actor::System, request(Achievement, FILE, Some(city.other.id))).await, (3, 3, 0, 0, 0));

    let changed = "编号,标题,内容\nA,甲,一\nB,乙,二又\nC,丁,四\n";
    assert_eq!(bring(&city, &Actor::System, request(Achievement, changed, owner)).await, (3, 1, 1, 1, 0));
    let row = listing::Entity::find_by_id(rows[1].id).one(&city.market.db).await.unwrap().unwrap();
    assert_eq!((row.number.as_str(), row.summary.as_str(), row.version), ("CG-2026-000002", "二又", 2));
    assert_eq!(events(&city.market, "listing_changed").await, 11);
    let audits = audit::Entity::find().filter(audit::Column::Action.eq("import.rows")).all(&city.market.db).await.unwrap();
    assert_eq!(audits.len(), 4);
}

#[tokio::test]
async fn what_a_file_does_not_say_stays() {
    let city = city().await;
    let owner = Some(city.institute.id);
    bring(&city, &Actor::System, request(Demand, "编号,标题,内容,保密详情,成熟度\nA,甲,一,秘密,5\n", owner)).await;
    assert_eq!(bring(&city, &Actor::System, request(Demand, "编号,标题,内容\nA,甲,一\n", owner)).await, (1, 0, 0, 1, 0));
    // A derived summary follows its text; one that somebody wrote stays.
    assert_eq!(bring(&city, &Actor::System, request(Demand, "编号,标题,内容\nA,甲,二\n", owner)).await, (1, 0, 1, 0, 0));
    let read = |row: &listing::Model| (row.summary.clone(), row.detail.clone(), row.trl);
    assert_eq!(read(&all(&city.market).await[0]), ("二".to_owned(), "秘密".to_owned(), Some(5)));
    bring(&city, &Actor::System, request(Demand, "编号,标题,摘要\nA,甲,自己写的\n", owner)).await;
    bring(&city, &Actor::System, request(Demand, "编号,标题,内容\nA,甲,三\n", owner)).await;
    let row = &all(&city.market).await[0];
    let ListingBody::Demand(body) = content_of(row).unwrap().body else { panic!() };
    assert_eq!((row.summary.as_str(), body.problem.as_str()), ("自己写的", "三"));
}

#[tokio::test]
async fn large_files_come_in_chunks() {
    let city = city().await;
    let mut text = "编号,标题\n".to_owned();
    for n in 0..1_203 {
        text.push_str(&format!("{n},标题{n}\n"));
    }
    let owner = Some(city.institute.id);
    assert_eq!(bring(&city, &Actor::System, request(Achievement, &text, owner)).await, (1_203, 1_203, 0, 0, 0));
    let rows = all(&city.market).await;
    assert_eq!((rows.first().unwrap().number.as_str(), rows.last().unwrap().number.as_str()), ("CG-2026-000001", "CG-2026-001203"));
    let audits = audit::Entity::find().all(&city.market.db).await.unwrap();
    assert_eq!(audits.len(), 1);
    assert!(audits[0].detail.contains("\"created\":1203"), "{}", audits[0].detail);
    assert_eq!(bring(&city, &Actor::System, request(Achievement, &text, owner)).await, (1_203, 0, 0, 1_203, 0));
}

#[tokio::test]
async fn the_same_file_twice_at_once() {
    let city = city().await;
    let mut text = "编号,标题\n".to_owned();
    for n in 0..600 {
        text.push_str(&format!("{n},标题{n}\n"));
    }
    let both = || bring(&city, &Actor::System, request(Demand, &text, Some(city.institute.id)));
    let (one, two) = tokio::join!(both(), both());
    assert_eq!((one.1 + two.1, one.3 + two.3), (600, 600));
    let rows = all(&city.market).await;
    assert_eq!((rows.len(), rows.last().map(|r| r.number.as_str())), (600, Some("XQ-2026-000600")));
}

#[tokio::test]
async fn all_or_nothing() {
    let city = city().await;
    let text = "编号,标题,时限\nA,甲,\nB,乙,明年\nA,又甲,\nA,甲,\n";
    let mut wanted = request(Demand, text, Some(city.other.id));
    wanted.all_or_nothing = true;
    let report = import(&city.market, &Actor::System, wanted.clone(), |_, _| {}).await.unwrap();
    assert!(report.stopped);
    assert_eq!(counts(&report), (4, 0, 0, 1, 2));
    assert!(all(&city.market).await.is_empty() && events(&city.market, "listing_changed").await == 0);
    wanted.all_or_nothing = false;
    let report = import(&city.market, &Actor::System, wanted, |_, _| {}).await.unwrap();
    assert_eq!(counts(&report), (4, 1, 0, 1, 2));
    let found: Vec<(u64, &str, bool)> = report.problems.iter().map(|p| (p.line, p.error.code.as_str(), p.warning)).collect();
    assert_eq!(found, [(3, "date", false), (4, "import_repeated", false), (5, "import_repeated_same", true)]);
    // What is refused only when it is written keeps everything out too.
    let mut row: listing::ActiveModel = all(&city.market).await.remove(0).into();
    row.state = Set(ListingState::Withdrawn.code().to_owned());
    row.update(&city.market.db).await.unwrap();
    let mut wanted = request(Demand, "编号,标题\nN,新\nA,改了\n", Some(city.other.id));
    wanted.all_or_nothing = true;
    let report = import(&city.market, &Actor::System, wanted, |_, _| {}).await.unwrap();
    assert!(report.stopped);
    assert_eq!((counts(&report), report.problems[0].error.code.as_str()), ((2, 0, 0, 0, 1), "import_closed"));
    assert_eq!(all(&city.market).await.len(), 1);
}

#[tokio::test]
async fn who_may_bring_in_what() {
    let city = city().await;
    let market = &city.market;
    let (institute, other) = (&city.institute, &city.other);
    let new_code = code("70846113", "91990122");
    let text = format!(
        "标题,信用代码,单位名称\n甲,{},\n乙,{},\n丙,{new_code},青屿阀门有限公司\n丁,,青屿轴承有限公司\n戊,,无名公司\n",
        institute.credit_code, other.credit_code
    );
    let refusals =
        |report: &ImportReport| report.problems.iter().filter(|p| !p.warning).map(|p| (p.line, p.error.code.clone())).collect::<Vec<_>>();
    let visit = import(market, &Actor::Visitor, request(Demand, &text, None), |_, _| {}).await;
    assert!(matches!(visit, Err(Error::SignIn)));
    let nobody = somebody(market, None, None).await;
    assert!(matches!(import(market, &nobody, request(Demand, &text, None), |_, _| {}).await, Err(Error::Forbidden)));
    let member = somebody(market, None, Some(institute)).await;
    assert!(matches!(import(market, &member, request(Demand, &text, Some(other.id)), |_, _| {}).await, Err(Error::Forbidden)));

    // Members: their own, and through review. Names of departments do not matter.
    let report = import(market, &member, request(Demand, &text, None), |_, _| {}).await.unwrap();
    assert_eq!(refusals(&report), [(3, "import_not_your_organisation".to_owned()), (4, "import_not_your_organisation".to_owned())]);
    let rows = all(market).await;
    assert!(
        rows.len() == 3 && rows.iter().all(|r| r.state == "in_review" && r.organisation_id == institute.id && r.person_id == member.id())
    );
    assert_eq!((events(market, "listing_changed").await, events(market, "listing_submitted").await), (0, 1));

    // A county's officer: the county. The organisation is created with its first row.
    let county = somebody(market, Some("990122"), None).await;
    let report = import(market, &county, request(Demand, &text, None), |_, _| {}).await.unwrap();
    assert_eq!(refusals(&report), [(2, "import_not_your_organisation".to_owned()), (6, "import_organisation_unknown".to_owned())]);
    assert_eq!(counts(&report), (5, 3, 0, 0, 2));
    let created =
        organisation::Entity::find().filter(organisation::Column::CreditCode.eq(&new_code)).one(&market.db).await.unwrap().unwrap();
    assert_eq!((created.name.as_str(), created.kind.as_str(), created.region.as_str()), ("青屿阀门有限公司", "enterprise", "990122"));
    let outside = format!("标题,信用代码,单位名称,区县\n甲,{},外地公司,\n", code("19220382", "91440300"));
    let report = import(market, &county, request(Demand, &outside, None), |_, _| {}).await.unwrap();
    assert_eq!(refusals(&report), [(2, "import_region".to_owned())]);

    // The city's: everything, outside too; a name nobody bears falls to the organisation meant for such rows, with a note.
    let officer = somebody(market, Some("990100"), None).await;
    let report = import(market, &officer, request(Demand, &outside, None), |_, _| {}).await.unwrap();
    assert_eq!(counts(&report), (1, 1, 0, 0, 0));
    assert!(all(market).await.iter().any(|r| r.region == OUTSIDE && r.state == "published"));
    let report = import(market, &officer, request(Demand, &text, Some(other.id)), |_, _| {}).await.unwrap();
    assert!(refusals(&report).is_empty() && report.problems[0].error.code == "import_organisation_default");

    // No officer publishes what belongs to an organisation of the officer's own.
    let both = somebody(market, Some("990100"), Some(other)).await;
    import(market, &both, request(Achievement, "标题\n自己的\n", None), |_, _| {}).await.unwrap();
    let own = listing::Entity::find().filter(listing::Column::Title.eq("自己的")).one(&market.db).await.unwrap().unwrap();
    assert_eq!(own.state, "in_review");

    // A member who changes what is published hands it in anew.
    import(market, &officer, request(Achievement, "编号,标题\nP,公开的\n", Some(institute.id)), |_, _| {}).await.unwrap();
    let before = events(market, "listing_changed").await;
    import(market, &member, request(Achievement, "编号,标题\nP,改过的\n", None), |_, _| {}).await.unwrap();
    let row = listing::Entity::find().filter(listing::Column::Title.eq("改过的")).one(&market.db).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), events(market, "listing_changed").await), ("in_review", before + 1));
}

#[tokio::test]
async fn a_batch_is_shown_and_brought_in_once() {
    let city = city().await;
    let officer = somebody(&city.market, Some("990100"), None).await;
    let stranger = somebody(&city.market, Some("990100"), None).await;
    let market = &city.market;
    import(market, &officer, request(Demand, "编号,标题\nA,甲\nB,旧\n", Some(city.other.id)), |_, _| {}).await.unwrap();
    let text = "编号,标题,时限,备注\nA,甲,,\nB,新,,\nC,丙,,\nD,丁,明年,\n";
    let id = preview(market, &officer, Demand, "目录/需求.csv", text.as_bytes().to_vec(), Some(city.other.id)).await.unwrap();
    let view = batch(market, &officer, id).await.unwrap();
    let rows: Vec<(u64, &str, &str, RowState)> =
        view.rows.iter().map(|r| (r.line, r.title.as_str(), r.organisation.as_str(), r.state)).collect();
    let name = city.other.name.as_str();
    assert_eq!(rows, [(2, "甲", name, RowState::Unchanged), (3, "新", name, RowState::Changed), (4, "丙", name, RowState::New)]);
    assert_eq!((view.summary.good, view.summary.bad, view.read, view.problems_total, view.version), (3, 1, 4, 1, 1));
    assert_eq!((view.summary.file_name.as_str(), view.unknown_columns.as_slice()), ("需求.csv", ["备注".to_owned()].as_slice()));
    assert!(matches!(batch(market, &stranger, id).await, Err(Error::NotFound)));
    assert!(matches!(commit_batch(market, &stranger, id, false, 1).await, Err(Error::NotFound)));

    // One bad row keeps everything out; the batch stays, with a new version.
    assert!(commit_batch(market, &officer, id, true, 1).await.unwrap().stopped);
    assert!(matches!(commit_batch(market, &officer, id, false, 1).await, Err(Error::Stale)));
    let view = batch(market, &officer, id).await.unwrap();
    assert_eq!((view.summary.state, all(market).await.len()), (BatchState::Preview, 2));
    let report = commit_batch(market, &officer, id, false, view.version).await.unwrap();
    assert_eq!((counts(&report), report.unknown_columns.as_slice()), ((4, 1, 1, 1, 1), ["备注".to_owned()].as_slice()));
    let view = batch(market, &officer, id).await.unwrap();
    assert_eq!((view.summary.state, view.rows.len(), view.problems_total), (BatchState::Done, 0, 1));
    assert_eq!(view.report.map(|r| counts(&r)), Some((4, 1, 1, 1, 1)));
    assert!(matches!(commit_batch(market, &officer, id, false, view.version).await, Err(Error::Stale)));

    let second = preview(market, &officer, Demand, "b.csv", text.as_bytes().to_vec(), Some(city.other.id)).await.unwrap();
    assert_eq!(batches(market, &officer).await.unwrap().iter().map(|b| b.id).collect::<Vec<_>>(), [second, id]);
    discard_batch(market, &officer, second).await.unwrap();
    assert_eq!(batches(market, &officer).await.unwrap().len(), 1);
    let error = preview(market, &officer, Demand, "b.csv", Vec::new(), Some(city.other.id)).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(e) if e[0] == FieldError::new("file", "file_empty")));

    // After a day it is forgotten.
    city.home.wait(Duration::days(1));
    assert!(matches!(batch(&city.market, &officer, id).await, Err(Error::NotFound)));
    assert_eq!(purge_batches(&city.market).await.unwrap(), 1);
}

#[test]
fn patents_and_inventors_in_one_cell_are_read() {
    let csv = "成果名称,专利号,完成人\n甲,ZL201710601862.3；971017654,张三 60%、李四 40%\n乙,三项发明专利,王五、赵六、钱七\n";
    let parsed = super::parse(keqiao_model::ListingKind::Achievement, "a.csv", csv.as_bytes(), &crate::Limits::default()).unwrap();
    let said = |row: usize, name: &str| parsed.rows[row].fields.value(name).to_owned();
    assert_eq!(said(0, "ip.0.number"), "ZL201710601862.3");
    assert_eq!(said(0, "ip.1.number"), "CN97101765.4");
    assert_eq!((said(0, "inventors.0.share"), said(0, "inventors.1.name")), ("60".to_owned(), "李四".to_owned()));
    assert_eq!((said(1, "inventors.0.share"), said(1, "inventors.2.share")), ("34".to_owned(), "33".to_owned()));
    assert_eq!(parsed.problems.iter().map(|p| (p.line, p.warning, p.error.field.as_str())).collect::<Vec<_>>(), [(3, true, "ip")]);
}
