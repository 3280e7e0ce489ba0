//! The main job, as its users do it, over HTTP without JavaScript: every form is the page's own, filled and sent as a
//! browser would.

use keqiao_app::t;
use keqiao_market::{Actor, ledger, targets};
use keqiao_model::Lang::Zh;
use keqiao_tests::{AchievementForm, Client, ContractForm, DemandForm, OrganisationForm, TermsForm, TestApp, pdf};

/// Somebody registers, confirms the address by the letter's link, and enters an organisation.
async fn settles(app: &TestApp, name: &str, email: &str, organisation: OrganisationForm) -> Client {
    let person = app.visitor().register(name, email).await;
    let work = person.open("/work").await;
    assert!(work.says(t!(Zh, "work.verify")), "{work}");
    let link = app.last_letter_to(email).await.link_to("verify");
    let confirm = person.open(&link).await;
    let confirmed = person.does(&confirm, "confirm").await;
    assert!(person.follow(confirmed).await.says(t!(Zh, "flash.verified")));
    let used = person.press(&confirm, "confirm").await;
    assert!(used.status == 422 && used.summary_errors() == [t!(Zh, "error.link_expired")], "{used}");

    let entry = person.open("/organisations/new").await;
    let wrong = OrganisationForm::enterprise("").credit_code("91990100MA0000009X");
    let refused = person.send(entry.form("create").with(wrong)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.error_at("credit_code").unwrap().contains("校验") && refused.error_at("name").is_some(), "{refused}");
    let code = organisation.fields().value("credit_code").to_owned();
    let entered = person.send(refused.form("create").with(organisation)).await;
    let page = person.follow(entered).await;
    assert!(page.says(&code), "{page}");
    person
}

#[tokio::test]
async fn from_a_bottleneck_to_a_contract_that_moves_the_target() {
    let app = TestApp::new().await;
    let officer = app.officer().await;

    // 1. An engineer registers, enters the company, and posts a demand: draft first, then handed in.
    let company = OrganisationForm::enterprise("云汀精工机床有限公司").credit_code(&app.next_credit_code());
    let engineer = settles(&app, "沈工", "shen@jinggong.example", company).await;
    let form = engineer.open("/demands/new").await;
    let draft = engineer.send(form.form("save").with([("title", "高速数控机床主轴轴承寿命不足"), ("language", "zh-CN")])).await;
    assert_eq!(draft.location(), "/demands/XQ-2026-000001");
    assert!(engineer.follow(draft).await.says("草稿"));
    assert_eq!(app.visitor().get("/demands/XQ-2026-000001").await.status, 404, "a draft is its owner's alone");

    let edit = engineer.open("/demands/XQ-2026-000001/edit").await;
    let incomplete = engineer.press(&edit, "submit").await;
    assert_eq!(incomplete.status, 422);
    for field in ["summary", "problem", "field", "trl", "cooperation", "deadline"] {
        assert_eq!(incomplete.error_at(field).as_deref(), Some(t!(Zh, "error.required")), "{field}: {incomplete}");
    }
    assert_eq!(incomplete.value_of("title").as_deref(), Some("高速数控机床主轴轴承寿命不足"));
    let demand = DemandForm::complete().detail("现用轴承型号 7014C，供应商乙公司。");
    let submitted = engineer.send(incomplete.form("submit").with(demand)).await;
    assert!(engineer.follow(submitted).await.says("审核中"));

    // 2. An officer sees it in the queue and returns it with reasons at fields; the engineer mends it; the officer publishes it.
    assert!(app.last_letter_to(&officer.email()).await.subject.contains("XQ-2026-000001"));
    let queue = officer.open("/review").await;
    assert!(queue.links().contains(&"/review/demands/XQ-2026-000001".to_owned()), "{:?}", queue.links());
    let review = officer.open("/review/demands/XQ-2026-000001").await;
    assert!(!review.text.contains("7014C"), "the confidential detail is not for officers");
    let silent = officer.press(&review, "return").await;
    assert!(silent.status == 422 && silent.summary_errors()[0].contains(t!(Zh, "error.reason_required")), "{silent}");
    let long = officer.send(silent.form("return").with([("reason.problem", "长".repeat(5_001).as_str())])).await;
    assert!(long.status == 422 && long.error_at("reason.problem").is_some_and(|error| error.contains("5001")), "{long}");
    let reasons = [("reason.problem", "请说明温升的测试条件"), ("reason.general", "其余都好")];
    let returned = officer.send(silent.form("return").with(reasons)).await;
    assert_eq!(returned.location(), "/review");
    let letter = app.last_letter_to("shen@jinggong.example").await;
    assert!(letter.subject.contains("退回") && !letter.text.contains("温升"), "{letter:?}");
    let edit = engineer.open("/demands/XQ-2026-000001/edit").await;
    assert!(edit.says("请说明温升的测试条件") && edit.links().contains(&"#problem".to_owned()), "{edit}");
    assert!(edit.value_of("problem").unwrap().contains("温升超过 25 ℃"));
    let problem = "环境温度 20 ℃ 时每分钟 24000 转连续运行一小时，温升超过 25 ℃，保持架磨损，润滑脂流失。";
    let mended = engineer.send(edit.form("submit").with([("problem", problem)])).await;
    assert_eq!(mended.location(), "/demands/XQ-2026-000001");
    let review = officer.open("/review/demands/XQ-2026-000001").await;
    let published = officer.does(&review, "publish").await;
    assert!(officer.follow(published).await.says(t!(Zh, "review.none")), "the queue is empty");

    // 3. A researcher lists an achievement the same way, with a file and a patent whose number is checked.
    let institute = OrganisationForm::institute("云汀材料研究所").credit_code(&app.next_credit_code());
    let researcher = settles(&app, "林研究员", "lin@cailiao.example", institute).await;
    let form = researcher.open("/achievements/new").await;
    let wrong = AchievementForm::complete().set("ip.0.number", "ZL201710601862.4").set("inventors.0.share", "70");
    let refused = researcher.send(form.form("save").with(wrong)).await;
    assert!(refused.error_at("ip.0.number").unwrap().contains("校验位不符"), "{refused}");
    let draft = researcher.send(refused.form("save").with(AchievementForm::complete().detail("配方见附件。"))).await;
    assert_eq!(draft.location(), "/achievements/CG-2026-000001");
    let page = researcher.follow(draft).await;
    let attached = researcher
        .send(page.form("attach").with([("confidential", "yes"), ("file_reason", "未公开的配方")]).file("file", "配方.pdf", pdf("recipe")))
        .await;
    let page = researcher.follow(attached).await;
    assert!(page.says("配方.pdf"), "{page}");
    let file = page.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    let submitted = researcher.does(&page, "submit").await;
    researcher.follow(submitted).await;
    assert_eq!(engineer.get(&file).await.status, 404, "a confidential file is not for everybody");
    let review = officer.open("/review/achievements/CG-2026-000001").await;
    officer.does(&review, "publish").await;

    // 4. Both sides see matches with reasons, and anyone finds either listing.
    app.index().await;
    let matches = engineer.open("/demands/XQ-2026-000001/matches").await;
    assert!(matches.says("氮化硅陶瓷轴承及其微量润滑技术"), "{matches}");
    let reasons = matches.all(".reasons li b");
    for reason in ["陶瓷", "轴承", "主轴", "先进制造"] {
        assert!(reasons.iter().any(|r| r.contains(reason)), "{reason}: {reasons:?}");
    }
    let matches = researcher.open("/achievements/CG-2026-000001/matches").await;
    assert!(matches.says("高速数控机床主轴轴承寿命不足"), "{matches}");
    let found = app.visitor().open("/demands?q=轴承&field=manufacturing").await;
    assert!(found.says("高速数控机床主轴轴承寿命不足") && found.marks().contains(&"轴承".to_owned()), "{found}");
    let found = app.visitor().open("/en/achievements?q=陶瓷").await;
    assert!(found.says("氮化硅陶瓷轴承") && found.marks().contains(&"陶瓷".to_owned()), "{found}");
    assert!(app.visitor().open("/demands?q=轴承&field=agriculture").await.marks().is_empty());
    let public = app.visitor().open("/demands/XQ-2026-000001").await;
    assert!(!public.text.contains("7014C") && public.says(problem), "{public}");

    // 5. The researcher's side sends an interest, the engineer's accepts; a deal opens, with messages and its states.
    let ask = researcher.open("/demands/XQ-2026-000001/interest?with=CG-2026-000001").await;
    assert_eq!(ask.value_of("counter").as_deref(), Some("CG-2026-000001"));
    let wordless = researcher.press(&ask, "send").await;
    assert_eq!(wordless.error_at("message").as_deref(), Some(t!(Zh, "error.required")));
    let sent = researcher.send(wordless.form("send").with([("message", "我们的陶瓷轴承可以达到 10000 小时，愿意面谈。")])).await;
    let interest = sent.location();
    assert!(app.last_letter_to("shen@jinggong.example").await.text.contains("云汀材料研究所"));
    let received = engineer.open(&interest).await;
    assert!(received.says("愿意面谈") && received.says("云汀材料研究所"), "{received}");
    let accepted = engineer.does(&received, "accept").await;
    assert_eq!(accepted.location(), "/deals/JY-2026-000001");
    let deal = engineer.follow(accepted).await;
    let written = engineer.send(deal.form("write").with([("body", "请先签保密协议，我们再谈参数。")])).await;
    engineer.follow(written).await;
    let deal = researcher.open("/deals/JY-2026-000001").await;
    assert!(deal.says("请先签保密协议"), "{deal}");
    assert!(!researcher.open("/demands/XQ-2026-000001").await.text.contains("7014C"), "no confidential detail before the agreement");
    assert!(deal.all("button").iter().all(|b| b != "添加文件"), "no documents before the agreement");
    let agreement = researcher.open("/deals/JY-2026-000001/nda").await;
    assert!(agreement.says("保密义务") && agreement.says("云汀材料研究所"), "{agreement}");
    let nameless = researcher.send(agreement.form("sign").with([("name", "别人")])).await;
    assert_eq!(nameless.error_at("name").as_deref(), Some("签署人姓名须为“林研究员”，与平台登记一致"), "{nameless}");
    assert_eq!(nameless.error_at("agree").as_deref(), Some(t!(Zh, "error.nda_agree")), "{nameless}");
    researcher.send(nameless.form("sign").with([("name", "林研究员"), ("agree", "yes")])).await;
    assert_eq!(researcher.get("/demands/XQ-2026-000001/detail").await.status, 404, "one signature opens nothing");
    let agreement = engineer.open("/deals/JY-2026-000001/nda").await;
    assert!(agreement.says("林研究员"), "{agreement}");
    engineer.send(agreement.form("sign").with([("name", "沈工"), ("agree", "yes")])).await;
    assert!(!researcher.open("/demands/XQ-2026-000001").await.text.contains("7014C"), "the detail has a page of its own");
    assert!(researcher.open("/demands/XQ-2026-000001/detail").await.says("7014C"), "both signatures open the detail");
    assert_eq!(engineer.get(&file).await.status, 200, "and the file");
    let log = engineer.open("/disclosures").await;
    assert!(log.says("林研究员") && log.says("XQ-2026-000001"), "{log}");
    assert!(researcher.open("/disclosures").await.says("配方.pdf"));
    let deal = engineer.open("/deals/JY-2026-000001").await;
    engineer.does(&deal, "open_terms").await;
    let proposal = researcher.open("/deals/JY-2026-000001/terms").await;
    researcher.send(proposal.form("propose").with(TermsForm::complete().without("edition").price("150万"))).await;
    let answer = engineer.open("/deals/JY-2026-000001/terms").await;
    assert_eq!(answer.value_of("price").as_deref(), Some("1500000"), "{answer}");
    engineer.send(answer.form("propose").with([("price", "120万")])).await;
    let proposal = researcher.open("/deals/JY-2026-000001/terms").await;
    assert!(proposal.all("del").iter().any(|d| d.contains("1,500,000")), "{proposal}");
    let early = researcher.open("/deals/JY-2026-000001").await;
    assert!(early.links().iter().all(|l| !l.starts_with("/contracts/new")), "no contract before terms are accepted: {early}");
    researcher.does(&proposal, "accept").await;

    // 6. The contract: recorded by the seller with its text, handed in, registered, numbered, posted.
    let deal = researcher.open("/deals/JY-2026-000001").await;
    assert!(deal.links().contains(&"/contracts/new?deal=JY-2026-000001".to_owned()), "{:?}", deal.links());
    let form = researcher.open("/contracts/new?deal=JY-2026-000001").await;
    let recorded = researcher.send(form.form("save").with(ContractForm::complete())).await;
    assert_eq!(recorded.location(), "/contracts/HT-2026-000001/edit");
    let list = researcher.follow(recorded).await;
    assert!(list.says(t!(Zh, "contracts.section_to_do")), "{list}");
    let amounts = researcher.open("/contracts/HT-2026-000001/edit/amounts").await;
    let over = [("deductions.0.kind", "equipment"), ("deductions.0.amount", "130万"), ("deductions.0.reason", "台架")];
    let refused = researcher.send(amounts.form("save").with(over)).await;
    let words = t!(Zh, "error.deductions_over_value", sum = "1,300,000.00", value = "1,200,000.00");
    assert!(refused.status == 422 && refused.error_at("deductions").as_deref() == Some(words.as_str()), "{refused}");
    assert_eq!(refused.value_of("deductions.0.amount").as_deref(), Some("130万"));
    let early = researcher.press(&researcher.open("/contracts/HT-2026-000001/edit/check").await, "submit").await;
    assert!(early.status == 422 && early.links().contains(&"/contracts/HT-2026-000001/edit/ip#ip".to_owned()), "{early}");
    researcher.fill_contract("HT-2026-000001", &ContractForm::complete()).await;
    let contract = researcher.open("/contracts/HT-2026-000001").await;
    let fileless = researcher.press(&contract, "submit").await;
    assert!(fileless.status == 422 && fileless.error_at("file").as_deref() == Some(t!(Zh, "error.contract_file_required")), "{fileless}");
    let attached = researcher.send(fileless.form("attach").file("file", "合同.pdf", pdf("contract"))).await;
    let contract = researcher.follow(attached).await;
    assert!(contract.says("合同.pdf"));
    assert_eq!(app.visitor().get("/contracts/HT-2026-000001").await.status, 404, "nobody else knows of it yet");
    researcher.does(&contract, "submit").await;
    let queue = officer.open("/review?tab=contracts").await;
    assert!(queue.says("高速主轴陶瓷轴承委托开发"), "{queue}");
    let review = officer.open("/review/contracts/HT-2026-000001").await;
    let accepted = officer.does(&review, "accept").await;
    let review = officer.follow(accepted).await;
    let registered = officer.does(&review, "register").await;
    let contract = officer.follow(registered).await;
    assert!(contract.says("990100-2026-00001"), "{contract}");
    assert!(engineer.open("/deals/JY-2026-000001").await.says("已登记"));
    assert!(app.last_letter_to("lin@cailiao.example").await.text.contains("HT-2026-000001"));

    // 7. The public target page shows the sum and opens down to the contract; everything recomputed says the same.
    let (figure, plan) = targets::PLAN[0];
    targets::set_target(app.market(), &Actor::System, figure, targets::WHOLE_PLAN, "990100", plan, 0).await.unwrap();
    let targets = app.visitor().open("/targets").await;
    assert!(targets.says("120.00 万元") && targets.says("60.00 亿元"), "{targets}");
    let to_evidence = targets.links().into_iter().find(|l| l.starts_with("/targets/contract_value")).unwrap();
    let figure = app.visitor().open(&to_evidence).await;
    assert!(figure.links().contains(&"/contracts/HT-2026-000001".to_owned()), "{figure}");
    let figure = app.visitor().open("/targets/contract_value?year=2026&region=990103").await;
    assert!(figure.links().contains(&"/contracts/HT-2026-000001".to_owned()), "{figure}");
    let evidence = app.visitor().open("/contracts/HT-2026-000001").await;
    assert!(evidence.says("1,200,000 元") && !evidence.says("合同.pdf"), "{evidence}");
    assert!(!evidence.says("寿命不低于 8000 小时"), "what is done stays with the parties");
    for figure in ["achievements_converted", "enterprises_served", "technical_value"] {
        assert!(
            app.visitor().open(&format!("/targets/{figure}")).await.links().contains(&"/contracts/HT-2026-000001".to_owned()),
            "{figure}"
        );
    }
    assert_eq!(ledger::verify(app.market()).await.unwrap(), []);
}

#[tokio::test]
async fn a_broker_brings_a_pair_together_and_stays_named() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let broker = app.broker().await;
    let work = broker.open("/work").await;
    assert!(work.says("高速数控机床主轴轴承寿命不足") && work.says("氮化硅陶瓷轴承"), "{work}");
    let form = broker.open(&format!("/demands/{}/interest?with={}", pair.demand, pair.achievement)).await;
    let sent = broker.send(form.form("recommend").with([("message", "指标和温升都对得上。")])).await;
    assert_eq!(sent.location(), "/interests");
    let letters = app.letters().await;
    for side in [&pair.engineer, &pair.researcher] {
        assert!(letters.iter().any(|l| l.to == side.email() && l.text.contains("经理人")), "{letters:?}");
    }
    let recommended = pair.engineer.open("/interests?tab=recommended").await;
    assert!(recommended.says("指标和温升都对得上"), "{recommended}");
    let deal = pair.deal().await;
    let page = broker.open(&format!("/deals/{deal}")).await;
    assert!(page.says("经理人") && page.offers("write") && !page.offers("agree_nda"), "{page}");
}

#[tokio::test]
async fn the_whole_way_in_english() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let page = pair.researcher.open(&format!("/en/demands/{}/interest", pair.demand)).await;
    let sent = pair.researcher.send(page.form("send").with([("message", "We can help.")])).await;
    assert!(sent.location().starts_with("/en/interests/"));
    let here = pair.engineer.open(&sent.location()).await;
    let accepted = pair.engineer.does(&here, "accept").await;
    assert_eq!(accepted.location(), "/en/deals/JY-2026-000001");
    let deal = pair.engineer.follow(accepted).await;
    assert!(deal.says("We can help.") && deal.says("Introduced"), "{deal}");
    for path in ["/en", "/en/about", "/en/demands", "/en/achievements", "/en/organisations", "/en/contracts", "/en/targets", "/en/signin"] {
        let page = app.visitor().open(path).await;
        assert_eq!(page.attributes("html", "lang"), ["en"], "{path}");
        assert_eq!(page.attributes("link[rel=canonical]", "href"), [format!("https://keqiao.example{path}")]);
    }
}
