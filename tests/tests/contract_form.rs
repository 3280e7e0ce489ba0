//! The form of a contract: its task list, what is typed and not yet saved, its parts, and everything once more before it is handed in.

use keqiao_app::{t, words::code_label};
use keqiao_market::contracts::{TextRead, text_step};
use keqiao_model::{Clause, Coded as _, ContractSection, DealMove, Lang::Zh, TextProblem};
use keqiao_tests::{ContractForm, Signed, TermsForm, TestApp, pdf};

/// A contract of which nothing but the outline is there; answers the seller's app, and its address.
async fn draft(app: &TestApp) -> (keqiao_tests::Pair, String) {
    let pair = app.pair().await;
    let form = pair.researcher.open("/contracts/new").await;
    let typed = ContractForm::complete().buyer("外省机床有限公司", &app.next_credit_code());
    let recorded = pair.researcher.send(form.form("save").with(typed)).await;
    let list = recorded.location();
    assert!(list.ends_with("/edit"), "a new contract goes on with its task list: {list}");
    (pair, list)
}

#[tokio::test]
async fn the_task_list_says_what_is_left() {
    let app = TestApp::new().await;
    let (pair, list) = draft(&app).await;
    let seller = &pair.researcher;
    let page = seller.open(&list).await;
    for section in ContractSection::ALL {
        assert!(page.says(&code_label(Zh, ContractSection::GROUP, section.code())), "{section}: {page}");
        assert!(page.links().contains(&format!("{list}/{section}")), "{section}");
        seller.open(&format!("{list}/{section}")).await;
    }
    assert!(page.says(t!(Zh, "contracts.section_to_do")) && page.says(t!(Zh, "contracts.section_not_ready")), "{page}");
    let number = list.split('/').nth(2).unwrap();
    seller.fill_contract(number, &ContractForm::complete()).await;
    let page = seller.open(&list).await;
    assert!(page.says(&t!(Zh, "contracts.sections_lead", done = 6, all = 7)), "{page}");
    let check = seller.open(&format!("{list}/check")).await;
    assert!(check.links().contains(&format!("{list}/files#file")), "{check}");
    let files = seller.open(&format!("{list}/files")).await;
    seller.send(files.form("attach").file("file", "合同.pdf", pdf("x"))).await;
    let check = seller.open(&format!("{list}/check")).await;
    assert!(check.says("检测台架") && check.says("300,000 元") && check.says("C34"), "everything is shown once more: {check}");
    let handed_in = seller.does(&check, "submit").await;
    assert_eq!(handed_in.location(), format!("/contracts/{number}"));
    assert_eq!(seller.get(&list).await.status, 303, "what is handed in is not changed");
    assert_eq!(seller.get(&format!("{list}/subject")).await.status, 303);
}

#[tokio::test]
async fn what_is_typed_comes_back_until_it_is_saved() {
    let app = TestApp::new().await;
    let (pair, list) = draft(&app).await;
    let (seller, path) = (&pair.researcher, format!("{list}/amounts"));
    let page = seller.open(&path).await;
    let row = [("value", "一百万"), ("deductions.1.kind", "parts"), ("deductions.1.amount", "30万")];
    let kept = seller.send(page.form("draft").with(row)).await;
    assert_eq!(kept.location(), list);
    assert!(seller.follow(kept).await.says(t!(Zh, "contracts.section_typed")));
    let page = seller.open(&path).await;
    assert_eq!(page.value_of("value").as_deref(), Some("一百万"), "as typed, unchecked");
    assert_eq!(page.value_of("deductions.0.amount").as_deref(), Some("30万"), "empty lines are left out");
    // The script sends the same form by itself, without a word at the next page.
    let typed = page.form("draft").with([("value", "1200000")]).tampered([("action", "autosave")]);
    let kept = seller.send(typed).await;
    assert_eq!((kept.status, kept.location()), (303, path.clone()));
    let page = seller.follow(kept).await;
    assert!(page.value_of("value").as_deref() == Some("1200000") && !page.says(t!(Zh, "flash.draft_kept")), "{page}");
    assert_eq!(page.attributes("form [data-draft]", "role"), ["status"], "a line says what was kept");
    let other = pair.engineer.get(&path).await;
    assert_eq!(other.status, 404, "nobody else");
    seller.does(&page, "discard").await;
    let page = seller.open(&path).await;
    assert!(page.value_of("deductions.0.amount").as_deref() == Some("") && !page.offers("discard"), "{page}");
    let line = [("deductions.0.kind", "parts"), ("deductions.0.amount", "30万"), ("deductions.0.reason", "外购件")];
    seller.send(page.form("draft").with(line)).await;
    let page = seller.open(&path).await;
    assert_eq!(seller.send(page.form("save")).await.status, 303);
    let page = seller.open(&path).await;
    assert!(!page.offers("discard") && page.says("900,000 元"), "saved, and the technical value follows: {page}");
    for part in ["files", "check"] {
        let answer = seller.post(&format!("{list}/{part}"), [("action", "draft")]).await;
        assert_eq!(answer.status, 303, "there is nothing to keep");
    }
    assert_eq!(seller.get(&format!("{list}/nothing")).await.status, 404);
}

#[tokio::test]
async fn a_technical_value_is_not_typed() {
    let app = TestApp::new().await;
    let (pair, list) = draft(&app).await;
    let path = format!("{list}/amounts");
    let page = pair.researcher.open(&path).await;
    let forged = page.form("save").with([("value", "100万")]).tampered([("technical_value", "1"), ("deduction_reason", "x")]);
    assert_eq!(pair.researcher.send(forged).await.status, 303);
    let page = pair.researcher.open(&path).await;
    assert_eq!(page.all("#saved-amounts dd"), ["1,000,000 元", "0 元", "1,000,000 元"], "{page}");
}

#[tokio::test]
async fn clauses_are_suggested_from_the_text_as_read() {
    let app = TestApp::new().await;
    let Signed { pair, contract, .. } = app.pair().await.signed().await;
    let path = format!("/contracts/{contract}/edit/clauses");
    let page = pair.researcher.open(&path).await;
    assert!(page.says(t!(Zh, "contracts.clauses_unread")), "{page}");
    let text = "第一条 标的\n第七条 验收的标准和方式<script>alert(1)</script>\n";
    text_step(app.market(), |_| async { Ok(TextRead::Text(text.to_owned())) }).await.unwrap();
    let page = pair.researcher.open(&path).await;
    let hint = t!(Zh, "contracts.clause_found", place = "第七条验收的标准和方式<script>alert(1)</script>");
    assert!(page.says(&hint) && page.dangers() == [""; 0], "{page}");
    assert!(!page.says(&code_label(Zh, Clause::GROUP, Clause::Patent.code())), "this contract is about no patent");
    for who in [&pair.researcher, &pair.engineer] {
        assert!(who.open(&format!("/contracts/{contract}")).await.says("第七条 验收的标准和方式"), "insiders read it");
    }
}

#[tokio::test]
async fn an_officer_sees_what_clauses_and_text_say() {
    let app = TestApp::new().await;
    let form =
        ContractForm::complete().set("clauses.terms", "missing").set("monopoly.tying", "flagged").set("monopoly.tying.words", "须买润滑油");
    let signed = app.pair().await.signed_for(form).await;
    text_step(app.market(), |_| async { Ok(TextRead::Problem(TextProblem::Locked)) }).await.unwrap();
    signed.accepted().await;
    let (officer, path) = (&signed.pair.officer, format!("/review/contracts/{}", signed.contract));
    let page = officer.open(&path).await;
    for code in ["missing_clause", "monopoly_clause", "text_unreadable"] {
        assert!(page.says(&code_label(Zh, "finding", code)), "{code}: {page}");
    }
    assert!(page.says("中华人民共和国民法典") && page.says("845") && page.says("850") && page.says("须买润滑油"), "{page}");
    assert!(page.says(&code_label(Zh, TextProblem::GROUP, TextProblem::Locked.code())), "{page}");
    for form in page.forms("answer") {
        assert_eq!(officer.send(form.with([("answer", "已与当事人核对")])).await.status, 303);
    }
    let page = officer.open(&path).await;
    officer.does(&page, "register").await;
}

#[tokio::test]
async fn the_parts_begin_with_what_the_deal_says() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    pair.move_deal(&deal, DealMove::OpenTerms).await;
    let terms = TermsForm::complete()
        .payment("instalments")
        .set("milestones.0.title", "台架试验合格")
        .set("milestones.0.due", "2027-03-01")
        .set("milestones.0.amount", "120万");
    pair.accept_terms(&deal, terms).await;
    let form = ContractForm::complete().set("payment", "instalments").without("industry").without("ip").without("ip_share");
    let Signed { pair, contract, .. } = pair.recorded(deal, form).await;
    let part = async |section: &str| pair.researcher.open(&format!("/contracts/{contract}/edit/{section}")).await;
    let payment = part("payment").await;
    assert_eq!(payment.value_of("payments.0.amount").as_deref(), Some("1200000"));
    assert_eq!(payment.value_of("payments.0.condition").as_deref(), Some("台架试验合格"));
    assert_eq!(pair.researcher.send(payment.form("save")).await.status, 303, "nothing is left to type");
    assert_eq!(part("ip").await.value_of("ip_share").as_deref(), Some(code_label(Zh, "ip_share", "seller").as_str()));
    assert_eq!(part("subject").await.form("save").value("industry"), "C34");
}
