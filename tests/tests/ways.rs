//! The other ways through the market: joining, declining, returning, refusing, cancelling, importing, targets.

use keqiao_app::{t, words::code_label};
use keqiao_market::{accounts::Roles, ledger};
use keqiao_model::{Coded as _, DeclineCode, Figure, Lang, Lang::Zh, ListingKind, RefusalCode};
use keqiao_tests::{AchievementForm, ContractForm, DemandForm, OrganisationForm, PASSWORD, TestApp, pdf};

#[tokio::test]
async fn an_unconfirmed_address_can_prepare_but_not_act() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let person = app.visitor().register("新人", "new@example.cn").await;
    let page = person.open("/organisations/new").await;
    let refused = person.send(page.form("join").with([("join_code", keqiao_tests::credit_code(0).as_str())])).await;
    assert_eq!((refused.status, refused.summary_errors()), (422, vec![t!(Zh, "error.not_verified").to_owned()]));
    let form = OrganisationForm::enterprise("新公司").credit_code(&app.next_credit_code());
    assert_eq!(person.send(page.form("create").with(form)).await.status, 303);
    let page = person.open("/demands/new").await;
    let demand = DemandForm::complete()
        .title("印染废水深度处理")
        .summary("印染废水色度高。")
        .problem("膜污染严重。")
        .set("background", "每年排放废水十万吨。");
    let draft = person.send(page.form("save").with(demand)).await;
    let page = person.follow(draft).await;
    let refused = person.press(&page, "submit").await;
    assert_eq!((refused.status, refused.summary_errors()), (422, vec![t!(Zh, "error.not_verified").to_owned()]));
    let page = person.open(&format!("/demands/{}/interest", pair.demand)).await;
    let refused = person.send(page.form("send").with([("message", "您好")])).await;
    assert_eq!(refused.summary_errors(), [t!(Zh, "error.not_verified")]);
    // The letter can be had again; the first link still works, once.
    let page = person.open("/account").await;
    person.does(&page, "verify").await;
    let link = app.last_letter_to("new@example.cn").await.link_to("verify");
    let page = person.open(&link).await;
    person.does(&page, "confirm").await;
    let page = person.open("/demands/XQ-2026-000002").await;
    person.does(&page, "submit").await;
}

#[tokio::test]
async fn somebody_joins_an_organisation_and_switches() {
    let app = TestApp::new().await;
    let (boss, helper) = (app.enterprise("沈工").await, app.institute("林研究员").await);
    let code = boss.open(&format!("/organisations/{}", boss.organisation())).await;
    let code = code.said().split_whitespace().find(|word| word.len() == 18 && word.starts_with("9199")).unwrap().to_owned();
    let page = helper.open("/organisations/new").await;
    let asked = helper.send(page.form("join").with([("join_code", code.to_lowercase())])).await;
    assert!(helper.follow(asked).await.says(t!(Zh, "organisations.pending")));
    assert!(app.last_letter_to(&boss.email()).await.text.contains("林研究员"));
    let page = boss.open(&format!("/organisations/{}/edit", boss.organisation())).await;
    boss.does(&page, "accept").await;
    assert!(app.last_letter_to(&helper.email()).await.subject.contains("沈工科技有限公司"));
    // Acting for one at a time: what is listed belongs to it.
    let work = helper.open("/work").await;
    assert!(work.says("林研究员研究院"), "{work}");
    let page = helper.open("/account").await;
    helper.does(&page, "switch").await;
    let work = helper.open("/work").await;
    assert!(work.says("沈工科技有限公司"), "{work}");
    let page = helper.open("/demands/new").await;
    let draft = helper.send(page.form("save").with(DemandForm::complete())).await;
    assert!(boss.open(&draft.location()).await.says("沈工科技有限公司"), "the manager sees what a member wrote");
    // The last manager cannot leave; the helper can.
    let page = boss.open(&format!("/organisations/{}", boss.organisation())).await;
    let refused = boss.press(&page, "leave").await;
    assert_eq!(refused.summary_errors(), [t!(Zh, "error.last_manager")]);
    let page = helper.open(&format!("/organisations/{}", boss.organisation())).await;
    helper.does(&page, "leave").await;
    assert_eq!(helper.get(&draft.location()).await.status, 404);
}

#[tokio::test]
async fn an_agency_lists_nothing() {
    let app = TestApp::new().await;
    let agency = app.agency("中介").await;
    let page = agency.open("/demands/new").await;
    let refused = agency.send(page.form("save").with(DemandForm::complete())).await;
    assert_eq!((refused.status, refused.summary_errors()), (422, vec![t!(Zh, "error.agency_cannot_list").to_owned()]));
}

#[tokio::test]
async fn an_interest_is_declined_with_a_code_or_taken_back() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let path = format!("/interests/{}", pair.interest().await);
    let page = pair.engineer.open(&path).await;
    let refused = pair.engineer.press(&page, "decline").await;
    assert_eq!(refused.error_at("code").as_deref(), Some(t!(Zh, "error.required")));
    let refused = pair.engineer.send(refused.form("decline").with([("code", "other")])).await;
    assert_eq!(refused.error_at("reason").as_deref(), Some(t!(Zh, "error.reason_required")));
    assert_eq!(refused.value_of("code").as_deref(), Some("other"));
    let done = pair.engineer.send(refused.form("decline").with([("code", "too_early"), ("reason", "等中试以后")])).await;
    assert_eq!(done.status, 303);
    let page = pair.researcher.open(&path).await;
    let why = code_label(Zh, DeclineCode::GROUP, DeclineCode::TooEarly.code());
    assert!(page.says(&why) && page.says("等中试以后") && !page.offers("accept"), "{page}");
    let letter = app.last_letter_to(&pair.researcher.email()).await;
    assert!(!letter.text.contains("等中试以后"), "words stay in the market: {letter:?}");
    // Another one may follow, and be taken back; a second one at a time may not.
    let page = pair.researcher.open(&format!("/demands/{}/interest", pair.demand)).await;
    let sent = pair.researcher.send(page.form("send").with([("message", "中试做完了")])).await;
    let page = pair.researcher.open(&format!("/demands/{}/interest", pair.demand)).await;
    let refused = pair.researcher.send(page.form("send").with([("message", "再问一次")])).await;
    assert_eq!(refused.summary_errors(), [t!(Zh, "error.interest_open")]);
    let page = pair.researcher.open(&sent.location()).await;
    assert!(!page.offers("accept"), "nobody answers their own");
    pair.researcher.does(&page, "withdraw").await;
    let own = pair.engineer.open(&format!("/demands/{}/interest", pair.demand)).await;
    let refused = pair.engineer.send(own.form("send").with([("message", "自己")])).await;
    assert_eq!(refused.summary_errors(), [t!(Zh, "error.own_listing")]);
}

#[tokio::test]
async fn a_contract_is_returned_mended_registered_and_cancelled() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    let (pair, contract) = (&signed.pair, format!("/contracts/{}", signed.contract));
    let page = pair.engineer.open(&contract).await;
    assert!(!page.offers("submit"), "the seller hands in");
    let page = pair.researcher.open(&contract).await;
    pair.researcher.does(&page, "submit").await;
    let review = pair.officer.open(&format!("/review{contract}")).await;
    let refused = pair.officer.press(&review, "return").await;
    assert_eq!(refused.error_at("reason").as_deref(), Some(t!(Zh, "error.reason_required")));
    let back = pair.officer.send(refused.form("return").with([("reason", "请写明验收标准")])).await;
    assert_eq!(back.status, 303);
    let list = pair.researcher.open(&format!("{contract}/edit")).await;
    assert!(list.says("请写明验收标准"), "{list}");
    let edit = pair.researcher.open(&format!("{contract}/edit/subject")).await;
    let mended = pair.researcher.send(edit.form("save").with([("summary", "按 GB/T 24607 台架试验 8000 小时验收。")])).await;
    assert_eq!(mended.location(), format!("{contract}/edit"));
    let page = pair.researcher.open(&contract).await;
    pair.researcher.does(&page, "submit").await;
    assert!(pair.researcher.get(&format!("{contract}/edit")).await.status == 303, "what is handed in is not changed");
    let review = pair.officer.open(&format!("/review{contract}")).await;
    let accepted = pair.officer.does(&review, "accept").await;
    let review = pair.officer.follow(accepted).await;
    pair.officer.does(&review, "register").await;
    let total = async || ledger::total(app.market(), Figure::ContractValue, &ledger::LedgerFilter::default()).await.unwrap();
    assert_eq!(total().await, 120_000_000);
    assert!(app.visitor().open("/contracts").await.says("高速主轴陶瓷轴承委托开发"));

    // A registration is cancelled with a code and words: the figures take it back, the register forgets it, the ledger still adds up.
    let page = pair.officer.open(&contract).await;
    let refused = pair.officer.press(&page, "cancel").await;
    assert!(refused.error_at("code").is_some() && refused.error_at("reason").is_some(), "{refused}");
    let done = pair.officer.send(refused.form("cancel").with([("code", "not_technical"), ("reason", "实为产品买卖")])).await;
    assert_eq!(done.status, 303);
    assert_eq!(total().await, 0);
    assert_eq!(ledger::verify(app.market()).await.unwrap(), []);
    assert_eq!(app.visitor().get(&contract).await.status, 404);
    assert!(!app.visitor().open("/contracts").await.says("高速主轴陶瓷轴承委托开发"));
    let evidence = app.visitor().open("/targets/contract_value").await;
    assert!(evidence.says("990100-2026-00001") && !evidence.links().contains(&contract), "both entries stand there: {evidence}");
    assert!(pair.researcher.open(&contract).await.says("实为产品买卖"));
}

#[tokio::test]
async fn a_contract_is_refused_with_a_code() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    let (pair, contract) = (&signed.pair, format!("/contracts/{}", signed.contract));
    let page = pair.researcher.open(&contract).await;
    pair.researcher.does(&page, "submit").await;
    let review = pair.officer.open(&format!("/review{contract}")).await;
    let done = pair.officer.send(review.form("refuse").with([("code", "seal_missing"), ("reason", "没有公章")])).await;
    assert_eq!(done.status, 303);
    let page = pair.researcher.open(&contract).await;
    let why = code_label(Zh, RefusalCode::GROUP, RefusalCode::SealMissing.code());
    assert!(page.says(&why) && page.says("没有公章"), "{page}");
    // The deal came to nothing, and both listings are on the market again.
    assert!(pair.engineer.open(&format!("/deals/{}", signed.deal)).await.says(&code_label(Zh, "deal_state", "lost")));
    let demand = app.visitor().open(&format!("/demands/{}", pair.demand)).await;
    assert!(demand.says(&code_label(Zh, "listing_state", "published")), "{demand}");
    assert_eq!(ledger::total(app.market(), Figure::ContractValue, &ledger::LedgerFilter::default()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_lost_deal_gives_the_listings_back() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = format!("/deals/{}", pair.deal().await);
    let page = pair.researcher.open(&deal).await;
    let refused = pair.researcher.press(&page, "lose").await;
    assert_eq!(refused.error_at("code").as_deref(), Some(t!(Zh, "error.required")));
    let done = pair.researcher.send(refused.form("lose").with([("code", "budget_or_time"), ("reason", "预算不够")])).await;
    assert!(pair.researcher.follow(done).await.says("预算不够"));
    let page = pair.engineer.open(&deal).await;
    assert!(!page.offers("write") && !page.offers("agree_nda"), "{page}");
    let demand = app.visitor().open(&format!("/demands/{}", pair.demand)).await;
    assert!(demand.says("已发布"), "{demand}");
    // The confidential detail is closed again.
    assert!(!pair.researcher.open(&format!("/demands/{}", pair.demand)).await.says("7014C"));
}

#[tokio::test]
async fn a_file_is_brought_in_after_a_look() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let officer = app.officer().await;
    let file = "名称,需求描述,编号\n耐高温密封材料,需要耐 300 ℃ 的密封圈,A1\n,没有名称,A2\n低温电池,需要零下 40 ℃ 可用的电池,A3\n";
    let page = engineer.open("/import").await;
    let read = engineer.send(page.form("read").with([("kind", "demands")]).file("file", "需求.csv", file)).await;
    assert_eq!(read.status, 303, "{read}");
    let before = app.rows().await.count("listing");
    let preview = engineer.follow(read).await;
    assert!(preview.says("耐高温密封材料") && preview.says("低温电池"), "{preview}");
    let problems: Vec<String> = preview.all("table tbody tr").into_iter().filter(|row| row.contains(t!(Zh, "error.required"))).collect();
    assert!(problems.len() == 1 && problems[0].contains('3'), "the line is named: {problems:?}");
    assert_eq!(app.rows().await.count("listing"), before, "a look changes nothing");
    let whole = engineer.send(preview.form("commit").with([("all_or_nothing", "yes")])).await;
    assert_eq!(whole.status, 422);
    assert_eq!(app.rows().await.count("listing"), before);
    let done = engineer.send(whole.form("commit").unchecked("all_or_nothing")).await;
    assert_eq!(done.status, 303, "{done}");
    assert_eq!(app.rows().await.count("listing"), before + 2);
    let twice = engineer.press(&preview, "commit").await;
    assert!(matches!(twice.status, 303 | 422), "{twice}");
    assert_eq!(app.rows().await.count("listing"), before + 2, "once is enough");
    assert!(officer.open("/review").await.says("低温电池"), "what a company brings in waits for review");

    // An officer brings in for others, published at once; the same file again changes nothing.
    let code = app.next_credit_code();
    let file = format!(
        "名称,一句话介绍,成果简介,单位名称,统一社会信用代码\n固态电解质,低温可用,零下 40 ℃ 可用的固态电解质,云汀能源研究所,{code}\n"
    );
    for _ in 0..2 {
        let page = officer.open("/import").await;
        let read = officer.send(page.form("read").with([("kind", "achievements")]).file("file", "成果.csv", file.clone())).await;
        let preview = officer.follow(read).await;
        if preview.offers("commit") {
            officer.does(&preview, "commit").await;
        }
    }
    app.index().await;
    let found = app.visitor().open("/achievements?q=固态电解质").await;
    assert_eq!(found.all(".result-title").len(), 1, "{found}");
}

#[tokio::test]
async fn the_city_sets_its_targets() {
    let app = TestApp::new().await;
    let officer = app.officer().await;
    let path = "/admin/targets?figure=contract_value&year=0&region=990100";
    let page = officer.open(path).await;
    for (amount, code) in [("-1", "money_negative"), ("viel", "money_not_a_number"), ("", "required")] {
        let refused = officer.send(page.form("set").with([("amount", amount)])).await;
        let words = keqiao_app::words::error_words(Zh, &keqiao_model::FieldError::new("amount", code));
        assert_eq!((refused.status, refused.error_at("amount")), (422, Some(words)), "{amount}");
    }
    let set = officer.send(page.form("set").with([("amount", "60亿")])).await;
    assert_eq!(set.status, 303);
    for lang in Lang::ALL {
        let targets = app.visitor().open(&format!("{}/targets", lang.prefix())).await;
        let expected = if lang == Zh { "60.00 亿元" } else { "6.00" };
        assert!(targets.says(expected), "{targets}");
    }
    assert_eq!(officer.get("/admin/targets?figure=contract_value&year=x&region=y").await.status, 200);
    assert_eq!(app.county_officer("990102").await.get("/admin/targets").await.status, 404);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let path = format!("/admin/people/{}", admin.person());
    let page = admin.open(&path).await;
    assert_eq!(page.value_of("admin").as_deref(), Some("yes"));
    let form = page.form("roles").unchecked("admin");
    let refused = admin.send(form).await;
    assert_eq!(refused.error_at("admin").as_deref(), Some(t!(Zh, "error.last_admin")), "{refused}");
    app.person("第二位", Roles { admin: true, ..Roles::default() }).await;
    let form = page.form("roles").unchecked("admin");
    assert_eq!(admin.send(form).await.status, 303);
    assert_eq!(admin.get("/admin").await.status, 404, "at once");
}

#[tokio::test]
async fn one_token_in_two_kinds_of_forms_is_no_failure() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let page = engineer.open("/demands/new").await;
    let once = page.form("save").value("once").to_owned();
    engineer.send(page.form("save").with(DemandForm::complete())).await;
    // Nobody's browser does this; somebody's script may.
    let page = engineer.open("/organisations/new").await;
    let form = OrganisationForm::enterprise("第二公司").credit_code(&app.next_credit_code());
    let answer = engineer.send(page.form("create").with(form).tampered([("once", once.as_str())])).await;
    assert!(matches!(answer.status, 303 | 422), "{answer}");
    let visitor = app.visitor();
    let page = visitor.open("/register").await;
    let form = page.form("register").with([("name", "新人"), ("email", "new@example.cn"), ("password", PASSWORD)]);
    let answer = visitor.send(form.tampered([("once", once.as_str())])).await;
    assert!(matches!(answer.status, 303 | 422), "{answer}");
}

#[tokio::test]
async fn a_contract_without_a_deal_names_its_buyer() {
    let app = TestApp::new().await;
    let (researcher, officer) = (app.institute("林研究员").await, app.officer().await);
    let offer = app.published(&researcher, &officer, ListingKind::Achievement, AchievementForm::complete().fields()).await;
    let form = researcher.open("/contracts/new").await;
    let contract = ContractForm::complete()
        .buyer("外省机床有限公司", &app.next_credit_code())
        .set("achievement", &offer)
        .set("buyer_region", "000000");
    let recorded = researcher.send(form.form("save").with(contract.clone())).await;
    let number = recorded.location().split('/').nth(2).unwrap().to_owned();
    researcher.fill_contract(&number, &contract).await;
    let page = researcher.open(&format!("/contracts/{number}")).await;
    assert!(page.says("外省机床有限公司") && page.links().contains(&format!("/achievements/{offer}")), "{page}");
    let attached = researcher.send(page.form("attach").file("file", "合同.pdf", pdf("x"))).await;
    let page = researcher.follow(attached).await;
    researcher.does(&page, "submit").await;
    let review = officer.open(&format!("/review{}", page.path)).await;
    let accepted = officer.does(&review, "accept").await;
    let review = officer.follow(accepted).await;
    officer.does(&review, "register").await;
    let total = async |figure| ledger::total(app.market(), figure, &ledger::LedgerFilter::default()).await.unwrap();
    assert_eq!(total(Figure::ContractValue).await, 120_000_000, "sold from here");
    assert_eq!(total(Figure::AbsorbedValue).await, 0, "not bought here");
    assert_eq!(total(Figure::AchievementsConverted).await, 1);
    assert!(
        app.visitor().open(&format!("/achievements/{offer}")).await.says(&code_label(Zh, "listing_state", "done")),
        "the achievement is done"
    );
}

#[tokio::test]
async fn the_register_is_saved_as_a_file_with_what_is_filtered() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed_for(ContractForm::complete().title("=HYPERLINK(轴承)")).await;
    assert!(!app.visitor().get("/contracts?format=csv").await.text.contains("HYPERLINK"), "a draft is in no register");
    signed.register().await;
    let file = app.visitor().get("/contracts?format=csv").await;
    assert!(file.status == 200 && file.text.starts_with('\u{feff}'), "{}", file.text);
    assert!(
        file.text.contains("\"'=HYPERLINK(轴承)\"") && file.text.contains("\"1200000.00\"") && file.text.contains("990100-2026-00001"),
        "{}",
        file.text
    );
    assert!(!app.visitor().get("/contracts?kind=license&format=csv").await.text.contains("HYPERLINK"));
    assert!(app.visitor().get("/en/contracts?format=csv").await.text.contains("Technology development"));
    assert_eq!(app.visitor().get("/contracts?tab=own&format=csv").await.status, 303, "one's own only when signed in");
}
