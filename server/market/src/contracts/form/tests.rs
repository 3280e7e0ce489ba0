use keqiao_model::{Coded, ContractMove, TextProblem, TextState};
use sea_orm::ActiveModelTrait as _;

use super::*;
use crate::{
    attachments::NewFile,
    contracts::{
        FindingKind, TextRead, create_contract, draft, drop_draft, findings, keep_draft,
        tests::{City, with},
        text_step, texts,
    },
    testing::reasons,
};

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().copied().collect()
}

fn open(sections: &[SectionView], section: ContractSection) -> Vec<String> {
    let found = sections.iter().find(|s| s.section == section).unwrap();
    found.problems.iter().map(|p| p.field.clone()).collect()
}

/// A draft with nothing but its outline; answers its number.
async fn outline(c: &City) -> String {
    let outline = ["title", "summary", "kind", "subkind", "field", "payment", "signed_on", "starts_on", "ends_on", "value"];
    let form = c.form("1000");
    let kept = form.0.iter().filter(|(n, _)| outline.contains(&n.as_str()) || n.starts_with("buyer")).cloned().collect();
    create_contract(&c.t.market, &c.seller, None, &kept, None).await.unwrap()
}

#[tokio::test]
async fn a_draft_is_completed_part_by_part() {
    use ContractSection::{Amounts, Check, Clauses, Files, Ip, Parties, Payment, Subject};
    let c = City::new().await;
    let market = &c.t.market;
    let number = outline(&c).await;
    let stand = sections(market, &c.buyer, &number).await.unwrap();
    assert_eq!(stand.len(), ContractSection::ALL.len());
    assert_eq!(open(&stand, Subject), ["industry", "objective", "plan_source"]);
    assert_eq!((open(&stand, Amounts), open(&stand, Payment), open(&stand, Parties)), (vec![], vec![], vec![]));
    assert_eq!((open(&stand, Ip), open(&stand, Files)), (vec!["ip".to_owned()], vec!["file".to_owned()]));
    assert_eq!(open(&stand, Clauses).len(), 13);
    assert_eq!(open(&stand, Check).len(), 18, "all of them once more");
    assert!(stand.iter().all(|s| !s.contradicts()));
    // A part is saved whole or not at all, whatever the others lack.
    let whole = c.form("1000");
    let half = with(&whole, &[("objective", "")]);
    assert_eq!(reasons(save_section(market, &c.seller, &number, Subject, &half, 1, None).await), ["objective: required"]);
    save_section(market, &c.seller, &number, Subject, &whole, 1, None).await.unwrap();
    assert_eq!(open(&sections(market, &c.seller, &number).await.unwrap(), Subject), [""; 0]);
    save_section(market, &c.buyer, &number, Ip, &whole, 2, None).await.unwrap();
    save_section(market, &c.seller, &number, Clauses, &whole, 3, None).await.unwrap();
    // Deductions leave the technical value; more than the price is refused.
    let line = |amount: &'static str| {
        fields(&[("value", "1000"), ("deductions.0.kind", "parts"), ("deductions.0.amount", amount), ("deductions.0.reason", "外购件")])
    };
    let over = save_section(market, &c.seller, &number, Amounts, &line("1000.01"), 4, None).await;
    assert_eq!(reasons(over), ["deductions: deductions_over_value"]);
    save_section(market, &c.seller, &number, Amounts, &line("300"), 4, None).await.unwrap();
    let row = c.row(&number).await;
    assert_eq!((row.value, row.technical_value), (100_000, 70_000));
    assert_eq!(registration_of(&row).unwrap().deducted().fen(), 30_000);
    // A changed price makes the instalments a problem, not an obstacle.
    let paid = fields(&[("payment", "instalments"), ("payments.0.amount", "1000"), ("payments.0.condition", "验收后")]);
    save_section(market, &c.seller, &number, Payment, &paid, 5, None).await.unwrap();
    save_section(market, &c.seller, &number, Amounts, &fields(&[("value", "2000")]), 6, None).await.unwrap();
    let stand = sections(market, &c.seller, &number).await.unwrap();
    assert!(stand.iter().any(|s| s.section == Payment && s.contradicts()));
    assert_eq!(open(&stand, Check), ["payments", "file"]);
    let row = c.row(&number).await;
    assert_eq!((row.value, row.technical_value), (200_000, 200_000), "without deductions all of it is technical");
    // Nothing that lacks anything is handed in, and the form is for its parties alone.
    let early = c.go(&c.seller, &number, ContractMove::Submit).await;
    assert_eq!(reasons(early), ["payments: instalments_sum", "file: contract_file_required"]);
    let stranger = City::member(&c.t, "stranger", "MA1CCCC3", "990102").await;
    for outsider in [&stranger, &c.officer] {
        assert!(matches!(sections(market, outsider, &number).await, Err(Error::NotFound)));
        assert!(matches!(save_section(market, outsider, &number, Subject, &whole, 7, None).await, Err(Error::NotFound)));
    }
    for section in [Files, Check] {
        assert!(matches!(save_section(market, &c.seller, &number, section, &whole, 7, None).await, Err(Error::Forbidden)));
    }
    assert!(
        matches!(save_section(market, &c.buyer, &number, Parties, &whole, 7, None).await, Err(Error::Forbidden)),
        "the seller names the buyer"
    );
}

#[tokio::test]
async fn a_contract_of_before_says_what_is_missing() {
    let c = City::new().await;
    let number = outline(&c).await;
    let mut old: table::ActiveModel = c.row(&number).await.into();
    old.technical_value = Set(70_000);
    old.update(&c.t.market.db).await.unwrap();
    let stand = sections(&c.t.market, &c.seller, &number).await.unwrap();
    assert_eq!(open(&stand, ContractSection::Amounts), ["deductions"]);
    assert!(stand.iter().any(|s| s.section == ContractSection::Amounts && s.contradicts()));
}

#[tokio::test]
async fn what_is_typed_is_kept_until_it_is_saved() {
    use ContractSection::{Check, Subject};
    let c = City::new().await;
    let market = &c.t.market;
    let number = outline(&c).await;
    let typed = fields(&[("title", "还没想好"), ("industry", "不是行业"), ("version", "1"), ("value", "1")]);
    keep_draft(market, &c.seller, &number, Subject, &typed).await.unwrap();
    keep_draft(market, &c.seller, &number, Subject, &typed).await.unwrap();
    let kept = draft(market, &c.seller, &number, Subject).await.unwrap().unwrap();
    assert_eq!(kept.fields, fields(&[("title", "还没想好"), ("industry", "不是行业")]), "unchecked, and only of this part");
    assert_eq!(draft(market, &c.buyer, &number, Subject).await.unwrap(), None, "for its person alone");
    let stand = sections(market, &c.seller, &number).await.unwrap();
    assert!(stand.iter().any(|s| s.section == Subject && s.drafted.is_some()));
    assert_ne!(c.row(&number).await.title, "还没想好");
    c.t.wait(time::Duration::minutes(5));
    save_section(market, &c.buyer, &number, Subject, &c.form("1000"), 1, None).await.unwrap();
    assert!(draft(market, &c.seller, &number, Subject).await.unwrap().unwrap().is_older);
    save_section(market, &c.seller, &number, Subject, &c.form("1000"), 2, None).await.unwrap();
    assert_eq!(draft(market, &c.seller, &number, Subject).await.unwrap(), None);
    keep_draft(market, &c.seller, &number, Subject, &typed).await.unwrap();
    drop_draft(market, &c.seller, &number, Subject).await.unwrap();
    assert_eq!(draft(market, &c.seller, &number, Subject).await.unwrap(), None);
    let much = fields(&[("summary", &"长".repeat(100_000))]);
    assert_eq!(reasons(keep_draft(market, &c.seller, &number, Subject, &much).await), [": draft_too_large"]);
    assert!(matches!(keep_draft(market, &c.seller, &number, Check, &typed).await, Err(Error::Forbidden)));
    assert!(matches!(keep_draft(market, &c.officer, &number, Subject, &typed).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn clauses_become_findings_that_cite_their_rule() {
    let c = City::new().await;
    let market = &c.t.market;
    let form = with(
        &c.form("1000"),
        &[("clauses.terms", "missing"), ("monopoly.tying", "flagged"), ("monopoly.tying.words", "须同时购买乙方的润滑油")],
    );
    let number = create_contract(market, &c.seller, None, &form, None).await.unwrap();
    c.submit(&number).await;
    let found = findings(market, &c.officer, &number).await.unwrap();
    let told: Vec<_> =
        found.iter().map(|f| (f.kind, f.others(), f.rule.as_ref().map(|r| (r.source.as_str(), r.article.as_str())))).collect();
    let code = "中华人民共和国民法典";
    assert_eq!(
        told,
        [
            (FindingKind::MissingClause, "terms".to_owned(), Some((code, "845"))),
            (FindingKind::MonopolyClause, "tying".to_owned(), Some((code, "850"))),
        ]
    );
    c.go(&c.officer, &number, ContractMove::Accept).await.unwrap();
    assert_eq!(reasons(c.go(&c.officer, &number, ContractMove::Register).await), [": findings_answered"]);
    c.answer(&c.officer, &number).await;
    c.go(&c.officer, &number, ContractMove::Register).await.unwrap();
}

#[tokio::test]
async fn files_wait_for_their_text_and_say_what_came_of_it() {
    let c = City::new().await;
    let market = &c.t.market;
    let number = create_contract(market, &c.seller, None, &c.form("1000"), None).await.unwrap();
    let id = c.row(&number).await.id;
    let attach = async |name: &'static str| {
        let bytes = format!("%PDF-1.7 {name}").into_bytes();
        let file = NewFile { name, bytes, confidential: false, reason: "" };
        attachments::attach(market, &c.seller, Subject::Contract, id, file, None).await.unwrap()
    };
    let states = async || texts(market, &c.seller, &number).await.unwrap().into_iter().map(|t| t.state).collect::<Vec<_>>();
    let scan = attach("扫描件.pdf").await;
    assert_eq!(states().await, [TextState::Waiting]);
    // The machine's fault leaves it waiting.
    assert!(text_step(market, |_| async { Err(Error::internal("no program")) }).await.is_err());
    assert_eq!(states().await, [TextState::Waiting]);
    let step = async |read: TextRead| text_step(market, |_| async { Ok(read.clone()) }).await.unwrap();
    assert_eq!(step(TextRead::Text(" \n".to_owned())).await, 1);
    assert_eq!(states().await, [TextState::Empty]);
    c.go(&c.seller, &number, ContractMove::Submit).await.unwrap();
    let kinds = async || findings(market, &c.officer, &number).await.unwrap().into_iter().map(|f| f.kind.code()).collect::<Vec<_>>();
    assert_eq!(kinds().await, ["text_unreadable"]);
    c.go(&c.officer, &number, ContractMove::Return).await.unwrap();
    attach("合同.pdf").await;
    assert_eq!(kinds().await, [""; 0], "while one waits there is nothing to say");
    assert_eq!(step(TextRead::Problem(TextProblem::Broken)).await, 1);
    assert_eq!(kinds().await, ["text_unreadable"]);
    attach("又一份.pdf").await;
    assert_eq!(step(TextRead::Text("第一条\0 标的".to_owned())).await, 1);
    assert_eq!(step(TextRead::Text(String::new())).await, 0, "each is read once");
    assert_eq!(kinds().await, [""; 0]);
    let read = texts(market, &c.buyer, &number).await.unwrap();
    assert_eq!((read[2].text.as_str(), read[1].problem), ("第一条 标的", Some(TextProblem::Broken)));
    // A file that goes takes its text with it; outsiders read none.
    attachments::detach(market, &c.seller, scan).await.unwrap();
    assert_eq!(states().await, [TextState::Failed, TextState::Extracted]);
    assert!(matches!(texts(market, &Actor::Visitor, &number).await, Err(Error::NotFound)));
}
