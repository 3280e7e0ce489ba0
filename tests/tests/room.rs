//! The deal room: who sees it, what both sides sign, what is disclosed to whom, how terms and trials go.

use futures::future::join_all;
use keqiao_app::t;
use keqiao_market::{
    Error, Subject, attachments, deals, entity,
    interests::{self, Direction},
    organisations,
    room::{
        disclosures,
        documents::{self, DocumentFile},
        members, messages, nda, terms, trials,
    },
};
use keqiao_model::{DealMove, DealState, Fields, InterestMove, Lang::Zh, ListingKind, NdaState, TermMove, TermState, TrialOutcome};
use keqiao_tests::{AchievementForm, Answer, Client, DemandForm, Pair, TermsForm, TestApp, pdf};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use time::Duration;

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.into_iter().collect()
}

/// The codes of a refusal.
fn codes<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(String, String)> {
    match result {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|e| (e.field, e.code)).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

async fn state(app: &TestApp, who: &Client, deal: &str) -> DealState {
    deals::deal(app.market(), &who.actor().await, deal).await.unwrap().summary.state
}

/// Somebody else of an organisation, without any part in its deals.
async fn colleague(app: &TestApp, of: &Client, name: &str) -> Client {
    let colleague = app.someone(name).await;
    let organisation = of.organisation();
    let code = organisations::organisation(app.market(), &of.actor().await, organisation).await.unwrap().credit_code;
    organisations::ask_to_join(app.market(), &colleague.actor().await, &code, None).await.unwrap();
    organisations::answer_membership(app.market(), &of.actor().await, organisation, colleague.person(), true).await.unwrap();
    colleague
}

async fn add(app: &TestApp, by: &Client, deal: &str, who: &Client, role: &str) -> Result<(), Error> {
    let person = who.person().to_string();
    members::add_member(app.market(), &by.actor().await, deal, &fields([("person", &person), ("role", role)]), None).await
}

#[tokio::test]
async fn a_colleague_sees_a_deal_only_as_its_member() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    let lawyer = colleague(&app, &pair.engineer, "法务").await;
    let path = format!("/deals/{deal}");
    assert_eq!(lawyer.get(&path).await.status, 404);
    assert!(!lawyer.open("/deals").await.says(&deal));
    assert!(matches!(add(&app, &pair.researcher, &deal, &lawyer, "legal").await, Err(Error::Invalid(_))), "only one's own people");
    assert_eq!(codes(add(&app, &pair.engineer, &deal, &lawyer, "broker").await), refused("role", "choice"));
    add(&app, &pair.engineer, &deal, &lawyer, "legal").await.unwrap();
    assert!(app.last_letter_to(&lawyer.email()).await.subject.contains(&deal));
    assert!(lawyer.open("/deals").await.says(&deal));
    let page = lawyer.open(&path).await;
    let written = lawyer.send(page.form("write").with([("body", "合同由我来看。")])).await;
    assert_eq!(written.status, 303, "{written}");
    let version = deals::deal(app.market(), &lawyer.actor().await, &deal).await.unwrap().version;
    let lost = fields([("code", "other"), ("reason", "不谈了")]);
    let moved = deals::move_deal(app.market(), &lawyer.actor().await, &deal, DealMove::Lose, &lost, version, None).await;
    assert!(matches!(moved, Err(Error::Forbidden)), "only who speaks for a side moves the deal: {moved:?}");
    let members = pair.engineer.open(&format!("{path}/members")).await;
    assert!(members.says("法务") && members.says("沈工") && members.says("林研究员"), "{members}");
    members::remove_member(app.market(), &pair.engineer.actor().await, &deal, lawyer.person(), None).await.unwrap();
    assert_eq!(lawyer.get(&path).await.status, 404, "a removed member loses sight at once");
    assert_eq!(lawyer.send(page.form("write").with([("body", "还在吗")])).await.status, 404);
    assert!(!lawyer.open("/deals").await.says(&deal));
}

#[tokio::test]
async fn whoever_leaves_the_organisation_loses_sight_at_once() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    let lawyer = colleague(&app, &pair.engineer, "法务").await;
    add(&app, &pair.engineer, &deal, &lawyer, "lead").await.unwrap();
    assert_eq!(lawyer.get(&format!("/deals/{deal}")).await.status, 200);
    organisations::remove_member(app.market(), &pair.engineer.actor().await, pair.engineer.organisation(), lawyer.person()).await.unwrap();
    assert_eq!(lawyer.get(&format!("/deals/{deal}")).await.status, 404);
}

#[tokio::test]
async fn a_side_keeps_somebody_who_leads() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    let engineer = pair.engineer.actor().await;
    let left = members::remove_member(app.market(), &engineer, &deal, pair.engineer.person(), None).await;
    assert_eq!(codes(left), refused("", "last_lead"));
    let lawyer = colleague(&app, &pair.engineer, "法务").await;
    add(&app, &pair.engineer, &deal, &lawyer, "lead").await.unwrap();
    members::remove_member(app.market(), &engineer, &deal, pair.engineer.person(), None).await.unwrap();
    assert!(matches!(
        members::remove_member(app.market(), &lawyer.actor().await, &deal, pair.researcher.person(), None).await,
        Err(Error::Forbidden)
    ));
}

#[tokio::test]
async fn an_agreement_is_in_force_when_both_sides_signed_the_same_text() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    let (market, engineer, researcher) = (app.market(), pair.engineer.actor().await, pair.researcher.actor().await);
    pair.signs_nda(&pair.engineer, &deal).await;
    assert_eq!(state(&app, &pair.engineer, &deal).await, DealState::Introduced, "one side alone opens nothing");
    let twice = pair.engineer.open(&format!("/deals/{deal}/nda")).await;
    assert!(twice.all("button").iter().all(|b| b != t!(Zh, "deals.nda_sign")), "{twice}");
    // The text changes between view and signature.
    let shown = pair.researcher.open(&format!("/deals/{deal}/nda")).await;
    nda::replace_nda(market, &engineer, &deal, &fields([("text", "双方对一切保密，为期十年。")]), None).await.unwrap();
    let late = pair.researcher.send(shown.form("sign").with([("name", "林研究员"), ("agree", "yes")])).await;
    assert!(late.status == 422 && late.says("为期十年"), "{late}");
    assert_eq!(late.summary_errors(), [t!(Zh, "error.nda_changed")]);
    let view = nda::nda(market, &researcher, &deal).await.unwrap();
    assert_eq!((view.state, view.edition, view.signatures.len()), (NdaState::Proposed, 2, 0), "signatures under the old text are void");
    pair.sign_nda(&deal).await;
    assert_eq!(state(&app, &pair.engineer, &deal).await, DealState::Nda);
    let view = nda::nda(market, &researcher, &deal).await.unwrap();
    assert!(view.signatures.iter().all(|s| s.text_hash == keqiao_market::room::sha256("双方对一切保密，为期十年。")));
    let again = nda::replace_nda(market, &engineer, &deal, &fields([("text", "别的文本")]), None).await;
    assert_eq!(codes(again), refused("", "nda_over"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_sides_sign_at_once() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    join_all([pair.signs_nda(&pair.engineer, &deal), pair.signs_nda(&pair.researcher, &deal)]).await;
    assert_eq!(state(&app, &pair.engineer, &deal).await, DealState::Nda);
    let view = nda::nda(app.market(), &pair.engineer.actor().await, &deal).await.unwrap();
    assert_eq!((view.state, view.signatures.len()), (NdaState::Signed, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_sides_move_the_deal_at_once() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    let version = deals::deal(app.market(), &pair.engineer.actor().await, &deal).await.unwrap().version;
    let (engineer, researcher) = (pair.engineer.actor().await, pair.researcher.actor().await);
    let lost = fields([("code", "budget_or_time")]);
    let none = Fields::default();
    let (one, other) = tokio::join!(
        deals::move_deal(app.market(), &engineer, &deal, DealMove::OpenTerms, &none, version, None),
        deals::move_deal(app.market(), &researcher, &deal, DealMove::Lose, &lost, version, None),
    );
    let (won, lost) = if one.is_ok() { (DealState::Terms, other) } else { (DealState::Lost, one) };
    assert!(matches!(lost, Err(Error::Stale)), "a clear answer for the other: {lost:?}");
    assert_eq!(state(&app, &pair.engineer, &deal).await, won);
}

/// Adds a document of one page.
async fn document(app: &TestApp, who: &Client, deal: &str, text: &str) -> Result<uuid::Uuid, Error> {
    let about = fields([("title", "技术方案"), ("document_kind", "technical")]);
    let file = DocumentFile { name: "方案.pdf", bytes: pdf(text) };
    documents::add_document(app.market(), &who.actor().await, deal, None, &about, Some(file), None).await
}

#[tokio::test]
async fn documents_keep_every_version_and_every_reading() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    assert_eq!(codes(document(&app, &pair.researcher, &deal, "one").await), refused("", "nda_first"));
    pair.sign_nda(&deal).await;
    let id = document(&app, &pair.researcher, &deal, "one").await.unwrap();
    let page = pair.engineer.open(&format!("/deals/{deal}/documents/{id}")).await;
    let first = page.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    // A version replaces what somebody is reading: the old one stays as it is.
    let other = pair.researcher.open(&page.path).await;
    let newer = pair.researcher.send(other.form("version").with([("note", "改正图 3")]).file("file", "方案2.pdf", pdf("two"))).await;
    assert_eq!(newer.status, 303, "{newer}");
    assert!(pair.engineer.get(&first).await.text.contains("one"));
    let late = pair.engineer.send(page.form("version").file("file", "方案3.pdf", pdf("three"))).await;
    assert!(late.status == 422 && late.summary_errors()[0].contains(t!(Zh, "error.stale")), "{late}");
    let versions = documents::document(app.market(), &pair.engineer.actor().await, &deal, id).await.unwrap().versions;
    assert_eq!(versions.iter().map(|v| v.edition).collect::<Vec<_>>(), [2, 1]);
    let log = disclosures::export(app.market(), &pair.researcher.actor().await, "").await.unwrap();
    let expected = keqiao_market::room::sha256(pdf("one"));
    assert!(log.len() == 1 && log[0].reader == "沈工" && log[0].sha256 == expected && log[0].deal == deal, "{log:?}");
    let own = pair.researcher.get(&first).await;
    assert_eq!(own.status, 200);
    assert_eq!(disclosures::export(app.market(), &pair.researcher.actor().await, "").await.unwrap().len(), 1, "one's own leaves no line");
    let csv = pair.researcher.get("/disclosures?format=csv").await;
    assert!(csv.text.starts_with('\u{feff}') && csv.text.contains("沈工") && csv.text.contains(&expected), "{}", csv.text);
    assert_eq!(app.enterprise("钱工").await.get(&first).await.status, 404);
    assert_eq!(app.visitor().get(&first).await.status, 404);
}

#[tokio::test]
async fn a_lost_deal_closes_what_it_opened() {
    let app = TestApp::new().await;
    let pair = app.pair_of(DemandForm::complete().detail("内部结构图见第三页。"), AchievementForm::complete()).await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    let id = document(&app, &pair.engineer, &deal, "one").await.unwrap();
    let detail = format!("/demands/{}/detail", pair.demand);
    assert!(pair.researcher.open(&detail).await.says("内部结构图"));
    let file = pair.researcher.open(&format!("/deals/{deal}/documents/{id}")).await;
    let file = file.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    assert_eq!(pair.researcher.get(&file).await.status, 200);
    let (market, engineer) = (app.market(), pair.engineer.actor().await);
    let version = deals::deal(market, &engineer, &deal).await.unwrap().version;
    deals::move_deal(market, &engineer, &deal, DealMove::Lose, &fields([("code", "not_strategic")]), version, None).await.unwrap();
    assert_eq!(pair.researcher.get(&detail).await.status, 404);
    assert_eq!(pair.researcher.get(&file).await.status, 404);
    assert_eq!(pair.engineer.get(&file).await.status, 200, "one's own stays one's own");
    let late = pair.engineer.post(&format!("/deals/{deal}"), [("action", "write"), ("body", "还有一句")]).await;
    assert!(late.status == 422 && late.summary_errors() == [t!(Zh, "error.deal_closed")], "{late}");
}

#[tokio::test]
async fn messages_are_answered_and_seen() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    let path = format!("/deals/{deal}");
    let page = pair.researcher.open(&path).await;
    pair.researcher.send(page.form("write").with([("body", "样品何时寄出？")])).await;
    assert!(pair.engineer.open("/deals").await.says("1 条未读"));
    assert!(!pair.researcher.open(&path).await.says(t!(Zh, "deals.read")));
    let page = pair.engineer.open(&path).await;
    let answer = page.links().into_iter().find(|l| l.contains("?answer=")).unwrap();
    let form = pair.engineer.open(answer.split('#').next().unwrap()).await;
    assert!(form.says("样品何时寄出"), "{form}");
    pair.engineer.send(form.form("write").with([("body", "下周一。")])).await;
    let page = pair.researcher.open(&path).await;
    assert!(page.says(t!(Zh, "deals.read")) && page.all(".thread .thread .message").iter().any(|m| m.contains("下周一")), "{page}");
    assert!(!pair.engineer.open("/deals").await.says("未读"));
    let letter = app.last_letter_to(&pair.researcher.email()).await;
    assert!(!letter.text.contains("下周一") && letter.text.contains(&deal), "{letter:?}");
    // A file comes with a message once both sides signed.
    let early = DocumentFile { name: "参数.txt", bytes: "24000 转".as_bytes().to_vec() };
    let (market, engineer) = (app.market(), pair.engineer.actor().await);
    let written = messages::write_message(market, &engineer, &deal, &fields([("body", "见附件")]), Some(early.clone()), None).await;
    assert_eq!(codes(written), refused("file", "nda_first"));
    pair.sign_nda(&deal).await;
    messages::write_message(market, &engineer, &deal, &fields([("body", "见附件")]), Some(early), None).await.unwrap();
    let page = pair.researcher.open(&path).await;
    let file = page.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    assert!(pair.researcher.get(&file).await.text.contains("24000"));
    assert_eq!(disclosures::export(market, &engineer, "").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_forged_message_or_document_is_found_nowhere() {
    let app = TestApp::new().await;
    let one = app.pair().await;
    let deal = one.deal().await;
    one.sign_nda(&deal).await;
    let id = document(&app, &one.researcher, &deal, "one").await.unwrap();
    let stranger = app.enterprise("钱工").await;
    for path in
        [format!("/deals/{deal}/documents/{id}"), format!("/deals/JY-2026-009999/documents/{id}"), "/deals/JY-2026-009999".to_owned()]
    {
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(one.engineer.get(&format!("/deals/JY-2026-009999/documents/{id}")).await.status, 404);
    let parent = uuid::Uuid::now_v7().to_string();
    let answer = fields([("body", "回复"), ("parent", &parent)]);
    let written = messages::write_message(app.market(), &one.engineer.actor().await, &deal, &answer, None, None).await;
    assert!(matches!(written, Err(Error::NotFound)), "{written:?}");
}

#[tokio::test]
async fn terms_are_proposed_countered_and_accepted() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    let (market, engineer, researcher) = (app.market(), pair.engineer.actor().await, pair.researcher.actor().await);
    let early = terms::propose_terms(market, &researcher, &deal, &TermsForm::complete().fields(), None).await;
    assert_eq!(codes(early), refused("", "not_at_terms"));
    pair.sign_nda(&deal).await;
    pair.move_deal(&deal, DealMove::OpenTerms).await;
    let past = TermsForm::complete()
        .payment("instalments")
        .set("milestones.4.title", "交付样品")
        .set("milestones.4.due", "2020-01-01")
        .set("milestones.4.amount", "120万");
    let refused_terms = terms::propose_terms(market, &researcher, &deal, &past.fields(), None).await;
    assert_eq!(codes(refused_terms), refused("milestones.4.due", "past"));
    terms::propose_terms(market, &researcher, &deal, &TermsForm::complete().fields(), None).await.unwrap();
    let own = terms::move_terms(market, &researcher, &deal, 1, TermMove::Accept, &Fields::default(), None).await;
    assert!(matches!(own, Err(Error::Forbidden)), "nobody accepts the own proposal: {own:?}");
    let blind = terms::propose_terms(market, &engineer, &deal, &TermsForm::complete().fields(), None).await;
    assert!(matches!(blind, Err(Error::Stale)), "a proposal that did not see the last one: {blind:?}");
    terms::propose_terms(market, &engineer, &deal, &TermsForm::complete().price("90万").edition("1").fields(), None).await.unwrap();
    let late = terms::move_terms(market, &engineer, &deal, 1, TermMove::Withdraw, &Fields::default(), None).await;
    assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    let shown = terms::terms(market, &researcher, &deal).await.unwrap();
    assert_eq!(shown.sheets.iter().map(|s| s.state).collect::<Vec<_>>(), [TermState::Proposed, TermState::Countered]);
    let changed = &shown.sheets[0].changes;
    assert!(changed.len() == 1 && changed[0].field == "price" && changed[0].before.contains("1,200,000"), "{changed:?}");
    terms::move_terms(market, &researcher, &deal, 2, TermMove::Accept, &Fields::default(), None).await.unwrap();
    let again = terms::propose_terms(market, &engineer, &deal, &TermsForm::complete().edition("2").fields(), None).await;
    assert_eq!(codes(again), refused("", "terms_accepted"));
    let form = pair.researcher.open(&format!("/contracts/new?deal={deal}")).await;
    assert_eq!(form.value_of("value").as_deref(), Some("900000"), "the contract begins with the accepted terms");
    terms::move_terms(market, &engineer, &deal, 2, TermMove::Reopen, &Fields::default(), None).await.unwrap();
    let contract = keqiao_tests::ContractForm::complete().set("kind", "development").fields();
    let signed = keqiao_market::contracts::create_contract(market, &researcher, Some(&deal), &contract, None).await;
    assert_eq!(codes(signed), refused("", "needs_terms_accepted"));
}

#[tokio::test]
async fn a_refused_proposal_has_no_more_empty_milestones_than_before() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    pair.move_deal(&deal, DealMove::OpenTerms).await;
    let mut page = pair.researcher.open(&format!("/deals/{deal}/terms")).await;
    let rows =
        |page: &Answer| page.form("propose").text_fields().iter().filter(|f| f.starts_with("milestones.") && f.ends_with("title")).count();
    let before = rows(&page);
    for _ in 0..3 {
        page = pair.researcher.send(page.form("propose")).await;
        assert_eq!((page.status, rows(&page)), (422, before), "{page}");
    }
    let third = format!("milestones.{}.title", before - 1);
    page = pair.researcher.send(page.form("propose").with([(third.as_str(), "交付样品")])).await;
    assert_eq!((page.status, rows(&page)), (422, before + 1), "all rows are used, and one is empty: {page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_sides_propose_at_once() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    pair.move_deal(&deal, DealMove::OpenTerms).await;
    let (engineer, researcher) = (pair.engineer.actor().await, pair.researcher.actor().await);
    let form = TermsForm::complete().fields();
    let results = join_all((0..8).map(|place| {
        let actor = if place % 2 == 0 { &engineer } else { &researcher };
        terms::propose_terms(app.market(), actor, &deal, &form, None)
    }))
    .await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().filter(|r| r.is_err()).all(|r| matches!(r, Err(Error::Stale))), "{results:?}");
}

#[tokio::test]
async fn a_trial_is_planned_reminded_of_and_written_down() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    let path = format!("/deals/{deal}");
    let page = pair.engineer.open(&path).await;
    let empty = pair.engineer.press(&page, "start_trial").await;
    for field in ["starts_on", "ends_on", "goal"] {
        assert_eq!(empty.error_at(field).as_deref(), Some(t!(Zh, "error.required")), "{field}: {empty}");
    }
    let backwards = [("starts_on", "2026-10-01"), ("ends_on", "2026-09-01"), ("goal", "三台机床连续运行")];
    let refused_page = pair.engineer.send(empty.form("start_trial").with(backwards)).await;
    assert_eq!(refused_page.error_at("ends_on").as_deref(), Some(t!(Zh, "error.date_order")));
    assert_eq!(refused_page.value_of("goal").as_deref(), Some("三台机床连续运行"));
    let done = pair.engineer.send(refused_page.form("start_trial").with([("starts_on", "2026-08-05"), ("ends_on", "2026-09-05")])).await;
    assert_eq!(done.status, 303, "{done}");
    assert_eq!(state(&app, &pair.engineer, &deal).await, DealState::Trial);
    let met = fields([("outcome", "met"), ("outcome_note", "达标")]);
    let early = trials::end_trial(app.market(), &pair.researcher.actor().await, &deal, &met, None).await;
    assert_eq!(codes(early), refused("", "trial_not_begun"));
    app.wait(Duration::days(33));
    let before = app.letters().await.len();
    for _ in 0..3 {
        keqiao_market::clocks::clock_step(app.market()).await.unwrap();
    }
    let letters = app.letters().await;
    let reminders = letters[before..].iter().filter(|l| l.subject.contains("试用即将结束")).count();
    assert_eq!(reminders, 2, "each side is reminded once: {:?}", &letters[before..]);
    let (market, researcher) = (app.market(), pair.researcher.actor().await);
    let version = deals::deal(market, &researcher, &deal).await.unwrap().version;
    let early = deals::move_deal(market, &researcher, &deal, DealMove::OpenTerms, &Fields::default(), version, None).await;
    assert_eq!(codes(early), refused("", "needs_trial_outcome"));
    let outcome = fields([("outcome", TrialOutcome::Partly.code()), ("outcome_note", "两台达标，一台温升偏高。")]);
    trials::end_trial(market, &researcher, &deal, &outcome, None).await.unwrap();
    assert_eq!(codes(trials::end_trial(market, &researcher, &deal, &outcome, None).await), refused("", "trial_over"));
    pair.move_deal(&deal, DealMove::OpenTerms).await;
    pair.engineer.sign_in(&pair.engineer.email(), keqiao_tests::PASSWORD).await;
    assert!(pair.engineer.open(&path).await.says("温升偏高"));
}

#[tokio::test]
async fn a_day_due_is_seen_by_both_and_marked_when_it_is_over() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    let page = pair.engineer.open(&format!("/deals/{deal}")).await;
    let wordless = pair.engineer.send(page.form("due").with([("due_on", "2026-08-10")])).await;
    assert_eq!(wordless.error_at("due_what").as_deref(), Some(t!(Zh, "error.required")));
    pair.engineer.send(wordless.form("due").with([("due_what", "寄出样品")])).await;
    assert!(pair.researcher.open("/deals").await.says("寄出样品"));
    app.wait(Duration::days(30));
    pair.researcher.sign_in(&pair.researcher.email(), keqiao_tests::PASSWORD).await;
    assert!(pair.researcher.open("/deals").await.says("逾期"));
}

#[tokio::test]
async fn a_confidential_file_of_a_listing_says_why() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let draft = engineer.post("/demands/new", DemandForm::complete().set("action", "save")).await;
    let page = engineer.follow(draft).await;
    let silent = engineer.send(page.form("attach").with([("confidential", "yes")]).file("file", "图纸.pdf", pdf("drawing"))).await;
    assert_eq!(silent.error_at("file_reason").as_deref(), Some(t!(Zh, "error.required")), "{silent}");
    let kept = engineer.send(silent.form("attach").with([("file_reason", "未公开的结构")]).file("file", "图纸.pdf", pdf("drawing"))).await;
    let page = engineer.follow(kept).await;
    assert!(page.says("图纸.pdf") && page.says("未公开的结构"), "{page}");
}

/// A broker's pair: recommended, then asked for, so that the broker is in the deal.
async fn brokered(app: &TestApp) -> (Pair, Client, String) {
    let (pair, broker) = (app.pair().await, app.broker().await);
    let note = fields([("message", "很合适")]);
    interests::recommend_pair(app.market(), &broker.actor().await, ListingKind::Demand, &pair.demand, &pair.achievement, &note, None)
        .await
        .unwrap();
    let deal = pair.deal().await;
    (pair, broker, deal)
}

#[tokio::test]
async fn the_broker_sees_the_room_but_signs_for_nobody() {
    let app = TestApp::new().await;
    let (pair, broker, deal) = brokered(&app).await;
    assert!(broker.open(&format!("/deals/{deal}")).await.says("沈工科技有限公司"));
    let agreement = broker.open(&format!("/deals/{deal}/nda")).await;
    assert!(agreement.all("button").iter().all(|b| b != t!(Zh, "deals.nda_sign")), "{agreement}");
    let hash = nda::nda(app.market(), &broker.actor().await, &deal).await.unwrap().text_hash;
    let sign = fields([("name", "经理人"), ("agree", "yes"), ("hash", &hash)]);
    let signed = nda::sign_nda(app.market(), &broker.actor().await, &deal, &sign, "", None).await;
    assert!(matches!(signed, Err(Error::Forbidden)), "{signed:?}");
    pair.sign_nda(&deal).await;
    let id = document(&app, &pair.researcher, &deal, "one").await.unwrap();
    let path = format!("/deals/{deal}/documents/{id}");
    let page = broker.open(&path).await;
    assert!(page.links().iter().all(|l| !l.starts_with("/attachments/")), "a broker signed nothing and reads no document: {page}");
    let page = pair.engineer.open(&path).await;
    let file = page.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    assert_eq!(broker.get(&file).await.status, 404);
    assert!(matches!(document(&app, &broker, &deal, "two").await, Err(Error::Forbidden)));
    let detail = disclosures::read_detail(app.market(), &broker.actor().await, ListingKind::Demand, &pair.demand).await;
    assert!(matches!(detail, Err(Error::NotFound)), "a broker reads no confidential detail: {detail:?}");
}

#[tokio::test]
async fn a_declined_interest_opens_no_room() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let interest = pair.interest().await;
    let why = fields([("code", "have_solution"), ("reason", "已有方案")]);
    interests::answer_interest(app.market(), &pair.engineer.actor().await, interest, InterestMove::Decline, &why, 1, None).await.unwrap();
    let received = interests::interests(app.market(), &pair.engineer.actor().await, Direction::Received, &[], 1).await.unwrap();
    assert!(received.items.iter().all(|i| i.deal.is_none()));
    assert!(deals::deals(app.market(), &pair.engineer.actor().await, None, 1).await.unwrap().items.is_empty());
    let files = attachments::attachments(app.market(), &pair.engineer.actor().await, Subject::Deal, uuid::Uuid::nil()).await.unwrap();
    assert!(files.is_empty());
}

#[tokio::test]
async fn files_from_before_deals_had_documents_stay_readable() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    document(&app, &pair.researcher, &deal, "one").await.unwrap();
    let id = deals::deal(app.market(), &pair.engineer.actor().await, &deal).await.unwrap().summary.id;
    let file = entity::attachment::Entity::find().one(app.market().database()).await.unwrap().unwrap();
    let mut old = file.into_active_model();
    (old.id, old.subject_kind, old.subject_id) = (Set(uuid::Uuid::now_v7()), Set("deal".to_owned()), Set(id));
    (old.confidential, old.name) = (Set(false), Set("旧附件.pdf".to_owned()));
    let old = old.insert(app.market().database()).await.unwrap();
    let path = format!("/attachments/{}", old.id);
    for side in [&pair.engineer, &pair.researcher] {
        assert!(side.open(&format!("/deals/{deal}")).await.says("旧附件.pdf"));
        assert_eq!(side.get(&path).await.status, 200);
    }
    assert_eq!(app.enterprise("钱工").await.get(&path).await.status, 404);
}
