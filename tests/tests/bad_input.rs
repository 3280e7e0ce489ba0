//! Bad input, by name: each answers with a clear message in the reader's language, keeps everything typed, changes nothing, and is never
//! a 500 (the client fails on one).

use axum::http::Method;
use keqiao_app::{t, words::error_words};
use keqiao_model::{CreditCode, FieldError, Lang, ListingKind};
use keqiao_tests::{AchievementForm, Answer, Client, ContractForm, DemandForm, OrganisationForm, Pair, TermsForm, TestApp, Typed, pdf};

/// A reason at a field.
fn at(field: &str, code: &str) -> FieldError {
    FieldError::new(field, code)
}

/// What a page says, apart from what differs each time.
fn values(typed: &[(String, String)], name: &str) -> Vec<String> {
    typed.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.replace("\r\n", "\n")).collect()
}

/// Everything typed is still in the form.
fn assert_kept(answer: &Answer, typed: &[(String, String)], what: &str) {
    for (name, _) in typed.iter().filter(|(name, _)| name != "password" && name != "current") {
        let kept: Vec<String> = answer.values_of(name).into_iter().filter(|v| !v.is_empty()).map(|v| v.replace("\r\n", "\n")).collect();
        for value in values(typed, name) {
            assert!(kept.contains(&value), "{what}: {name} lost {:?}", value.chars().take(80).collect::<String>());
        }
    }
}

/// In both languages: the form is refused with these reasons at their fields and above it, everything typed is still there, nothing changed.
async fn refuses(client: &Client, path: &str, button: &str, typed: impl Typed, expected: &[FieldError]) {
    let typed = typed.typed();
    for lang in Lang::ALL {
        let what = format!("{}{path} {expected:?}", lang.prefix());
        let page = client.open(&format!("{}{path}", lang.prefix())).await;
        let before = client.app().rows().await;
        let answer = client.send(page.form(button).with(typed.clone())).await;
        before.assert_same(&client.app().rows().await, &what);
        assert_eq!(answer.status, 422, "{what}: {answer}");
        assert!(answer.find("title").unwrap().starts_with(t!(lang, "page.error_prefix")), "{what}");
        for error in expected {
            let words = error_words(lang, error);
            assert!(answer.summary_errors().iter().any(|e| e.contains(&words)), "{what}: {:?} without {words}", answer.summary_errors());
            if !error.field.is_empty() {
                assert_eq!(answer.error_at(&error.field).as_deref(), Some(words.as_str()), "{what}: {answer}");
                let target = format!("#{}", error.field.replace('.', "-"));
                assert!(answer.attributes(".error-summary a", "href").contains(&target), "{what}");
                assert!(
                    answer
                        .html()
                        .root_element()
                        .descendants()
                        .any(|n| n.value().as_element().is_some_and(|e| e.id() == target.strip_prefix('#')))
                );
            }
        }
        assert_kept(&answer, &typed, &what);
    }
}

#[tokio::test]
async fn a_wrong_credit_code() {
    let app = TestApp::new().await;
    let person = app.someone("沈工").await;
    let good = CreditCode::complete("91990100", "MA1AAAA1").unwrap().as_str().to_owned();
    let (head, last) = good.split_at(17);
    let other = if last == "0" { "1" } else { "0" };
    let checks = [
        ("911", at("credit_code", "credit_code_length").with("length", 3)),
        (&format!("{head}I"), at("credit_code", "credit_code_character").with("at", 18).with("found", 'I')),
        (&good.replacen("MA1", "MB1", 1), at("credit_code", "credit_code_body")),
        (&format!("{head}{other}"), at("credit_code", "credit_code_check").with("expected", last)),
        ("", at("credit_code", "required")),
    ];
    for (code, expected) in checks {
        let form = OrganisationForm::enterprise("云汀精工").credit_code(code);
        refuses(&person, "/organisations/new", "create", form, std::slice::from_ref(&expected)).await;
        if !code.is_empty() {
            let expected = FieldError { field: "join_code".to_owned(), ..expected };
            refuses(&person, "/organisations/new", "join", [("join_code", code)], &[expected]).await;
        }
    }
    refuses(&person, "/organisations/new", "join", [("join_code", good.as_str())], &[at("join_code", "organisation_unknown")]).await;
    let seller = app.institute("林研究员").await;
    let form = ContractForm::complete().buyer("某公司", "911");
    refuses(&seller, "/contracts/new", "save", form, &[at("buyer_credit_code", "credit_code_length").with("length", 3)]).await;
}

#[tokio::test]
async fn a_wrong_patent_number() {
    let app = TestApp::new().await;
    let researcher = app.institute("林研究员").await;
    let at = |code: &str| at("ip.0.number", code);
    let checks = [
        ("ZL201710601862.4", at("patent_number_check").with("expected", '3')),
        ("CN107345678A", at("patent_number_length").with("length", 10)),
        ("ZL20171060186Y.3", at("patent_number_digits")),
        ("2017106018", at("patent_number_length").with("length", 10)),
        ("ZL189910601862.3", at("patent_number_year")),
        ("ZL201770601862.3", at("patent_number_kind")),
        ("ZL201730601862.4", at("patent_kind")),
    ];
    for (number, expected) in checks {
        refuses(&researcher, "/achievements/new", "save", AchievementForm::complete().set("ip.0.number", number), &[expected]).await;
    }
    let shares = AchievementForm::complete().set("inventors.1.share", "50");
    refuses(&researcher, "/achievements/new", "save", shares, &[FieldError::new("inventors", "share_sum").with("sum", 110)]).await;
    let shares = AchievementForm::complete().set("inventors.1.share", "101");
    refuses(&researcher, "/achievements/new", "save", shares, &[FieldError::new("inventors.1.share", "share")]).await;
}

#[tokio::test]
async fn negative_and_huge_money() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let seller = app.institute("林研究员").await;
    let checks = [
        ("-5", "money_negative"),
        ("-1亿", "money_negative"),
        ("1000000000001", "money_too_large"),
        ("99999999999999999999999999", "money_too_large"),
        ("12.345", "money_fraction"),
        ("十万", "money_not_a_number"),
        ("1e9", "money_not_a_number"),
        ("NaN", "money_not_a_number"),
    ];
    for (amount, code) in checks {
        refuses(&engineer, "/demands/new", "save", DemandForm::complete().set("price_max", amount), &[at("price_max", code)]).await;
        let form = ContractForm::complete().buyer("某公司", &keqiao_tests::credit_code(7)).value(amount);
        refuses(&seller, "/contracts/new", "save", form, &[at("value", code)]).await;
    }
    refuses(&engineer, "/demands/new", "submit", DemandForm::complete().set("price_min", "200万"), &[at("price_max", "price_order")]).await;
    let free = ContractForm::complete().buyer("某公司", &keqiao_tests::credit_code(7)).value("0");
    refuses(&seller, "/contracts/new", "save", free, &[at("value", "positive")]).await;
}

#[tokio::test]
async fn amounts_and_dates_that_contradict_each_other() {
    let app = TestApp::new().await;
    let (seller, engineer) = (app.institute("林研究员").await, app.enterprise("沈工").await);
    let contract = || ContractForm::complete().buyer("某公司", &keqiao_tests::credit_code(7));
    let checks = [
        (contract().ends_on("2026-07-31"), at("ends_on", "date_order")),
        (contract().set("signed_on", "2026-08-02"), at("signed_on", "future")),
        (contract().starts_on("2026-02-30"), at("starts_on", "date")),
        (contract().ends_on("tomorrow"), at("ends_on", "date")),
        (contract().set("buyer_name", ""), at("buyer_name", "required")),
    ];
    for (form, expected) in checks {
        refuses(&seller, "/contracts/new", "save", form, &[expected]).await;
    }
    let all_at_once = contract().value("-1").ends_on("2026-01-01").set("summary", "");
    let expected = [at("value", "money_negative"), at("ends_on", "date_order"), at("summary", "required")];
    refuses(&seller, "/contracts/new", "save", all_at_once, &expected).await;
    for (day, code) in [("2026-13-01", "date"), ("31.3.2027", "date"), ("", "required"), ("2026-07-31", "past")] {
        refuses(&engineer, "/demands/new", "submit", DemandForm::complete().deadline(day), &[at("deadline", code)]).await;
    }
}

/// What people try: tags, attributes, ends of the elements it may stand in.
const PAYLOAD: &str =
    "<script>alert('k')</script><img src=x onerror=alert(1)>\"'></textarea></title><svg onload=alert(2)>&lt;b&gt;{{7*7}}%3Cscript%3E";

#[tokio::test]
async fn html_and_script_in_every_text_field() {
    let app = TestApp::with(|settings| settings.limits.messages_per_hour = 1_000).await;
    let person = app.enterprise("沈工").await;
    let forms = [
        ("/demands/new", "save"),
        ("/achievements/new", "save"),
        ("/contracts/new", "save"),
        ("/organisations/new", "create"),
        ("/organisations/new", "join"),
        ("/account", "profile"),
        ("/signin", "sign_in"),
        ("/register", "register"),
        ("/forgot", "send"),
    ];
    let visitor = app.visitor();
    for (path, button) in forms {
        let who = if matches!(path, "/signin" | "/register") { &visitor } else { &person };
        let page = who.open(path).await;
        let form = page.form(button);
        let typed: Vec<(String, String)> = form.text_fields().into_iter().map(|name| (name, PAYLOAD.to_owned())).collect();
        assert!(!typed.is_empty());
        let answer = who.send(form.with(typed.clone())).await;
        let answer = if answer.status == 303 { who.follow(answer).await } else { answer };
        assert_eq!(answer.dangers(), [""; 0], "{path} {button}");
        if answer.status == 422 {
            assert_kept(&answer, &typed, path);
        }
    }
}

#[tokio::test]
async fn stored_script_is_inert_wherever_it_is_shown() {
    let app = TestApp::new().await;
    let text = |form: DemandForm| {
        [
            "title",
            "summary",
            "problem",
            "current",
            "tried",
            "background",
            "keywords",
            "detail",
            "chain_node",
            "indicators.0.name",
            "indicators.0.unit",
            "indicators.0.method",
        ]
        .iter()
        .fold(form, |form, name| form.set(name, &PAYLOAD[..if matches!(*name, "keywords" | "indicators.0.unit") { 25 } else { 55 }]))
    };
    let achievement = ["title", "summary", "advantage", "applications", "one_sentence", "funding", "trl_evidence", "inventors.0.name"]
        .iter()
        .fold(AchievementForm::complete(), |form, name| form.set(name, &PAYLOAD[..55]));
    let pair = app.pair_of(text(DemandForm::complete()).set("keywords", "<script>alert(1)</script>，轴承"), achievement).await;
    let interest = pair.interest().await;
    let deal = pair.accept(interest).await;
    let page = pair.engineer.open(&format!("/deals/{deal}")).await;
    pair.engineer.send(page.form("write").with([("body", PAYLOAD)])).await;
    let admin = app.admin().await;
    app.letters().await;
    let demand = format!("/demands/{}", pair.demand);
    let achievement = format!("/achievements/{}", pair.achievement);
    let query = form_urlencoded::byte_serialize(PAYLOAD.as_bytes()).collect::<String>();
    let pages = [
        (&pair.engineer, "/".to_owned()),
        (&pair.engineer, "/demands".to_owned()),
        (&pair.engineer, "/demands?q=script".to_owned()),
        (&pair.engineer, format!("/demands?q={query}&field={query}&sort={query}&page={query}")),
        (&pair.engineer, format!("/organisations?q={query}&kind={query}")),
        (&pair.engineer, format!("/contracts?q={query}&region={query}")),
        (&pair.engineer, demand.clone()),
        (&pair.engineer, format!("{demand}/matches")),
        (&pair.researcher, format!("{achievement}/matches")),
        (&pair.researcher, achievement),
        (&pair.researcher, format!("/interests/{interest}")),
        (&pair.researcher, "/interests?tab=sent".to_owned()),
        (&pair.researcher, format!("/deals/{deal}")),
        (&pair.researcher, "/deals".to_owned()),
        (&pair.researcher, "/work".to_owned()),
        (&pair.officer, demand),
        (&admin, "/admin/mail".to_owned()),
        (&admin, "/admin/audit".to_owned()),
        (&admin, format!("/signin?next={query}")),
        (&admin, format!("/admin/people?q={query}")),
    ];
    for (who, path) in pages {
        for lang in Lang::ALL {
            let page = who.get(&format!("{}{path}", lang.prefix())).await;
            let page = if page.status == 303 { who.follow(page).await } else { page };
            assert_eq!(page.dangers(), [""; 0], "{path}");
        }
    }
    let seen = pair.researcher.open(&format!("/deals/{deal}")).await;
    assert!(seen.says("<script>alert('k')</script><img src=x onerror=alert(1)>"), "it is shown as text: {seen}");
    for letter in app.letters().await {
        assert!(!letter.subject.contains(['\r', '\n']), "{letter:?}");
    }
}

#[tokio::test]
async fn a_website_that_is_none() {
    let app = TestApp::new().await;
    let person = app.someone("沈工").await;
    for website in ["javascript:alert(1)", "ftp://example.cn", "example.cn", "https://example .cn"] {
        let form = OrganisationForm::enterprise("云汀精工").website(website);
        refuses(&person, "/organisations/new", "create", form, &[at("website", "website")]).await;
    }
}

#[tokio::test]
async fn a_megabyte_of_text() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let length = 1024 * 1024 / 3;
    let huge = "长".repeat(length);
    for field in ["title", "summary", "problem", "detail"] {
        let max = if field == "title" {
            120
        } else if field == "summary" {
            2_000
        } else {
            5_000
        };
        let expected = at(field, "too_long").with("max", max).with("length", length);
        let page = engineer.open("/demands/new").await;
        let before = app.rows().await;
        let answer = engineer.send(page.form("save").with(DemandForm::complete().set(field, &huge))).await;
        before.assert_same(&app.rows().await, field);
        assert_eq!(answer.status, 422);
        assert_eq!(answer.error_at(field), Some(error_words(Lang::Zh, &expected)));
        assert_eq!(answer.value_of(field).map(|v| v.trim().chars().count()), Some(length), "{field} is still there");
    }
    let page = engineer.open("/en/demands/new").await;
    let before = app.rows().await;
    let answer = engineer.send(page.form("save").with(DemandForm::complete().detail(&huge.repeat(9)))).await;
    before.assert_same(&app.rows().await, "nine megabytes");
    assert_eq!((answer.status, answer.heading()), (413, t!(Lang::En, "page.too_large_title").to_owned()));
}

/// Sends a form twice; the second time leads to the same place and changes nothing.
async fn twice(client: &Client, form: keqiao_tests::Form, table: &str) -> Answer {
    let count = client.app().rows().await.count(table);
    let first = client.send(form.clone()).await;
    assert_eq!(first.status, 303, "{table}: {first}");
    let between = client.app().rows().await;
    assert_eq!(between.count(table), count + 1, "{table}");
    let second = client.send(form).await;
    assert_eq!((second.status, second.location()), (303, first.location()), "{table}: {second}");
    between.assert_same(&client.app().rows().await, &format!("the second {table}"));
    first
}

#[tokio::test]
async fn a_form_posted_twice_does_nothing_twice() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let (engineer, researcher) = (&pair.engineer, &pair.researcher);
    let page = engineer.open("/demands/new").await;
    let draft = twice(engineer, page.form("save").with(DemandForm::complete()), "listing").await;
    let page = engineer.follow(draft).await;
    twice(engineer, page.form("attach").file("file", "说明.txt", "说明"), "attachment").await;
    let edit = engineer.open(&format!("{}/edit", page.path)).await;
    let demand = DemandForm::complete()
        .title("改过的标题")
        .summary("印染废水色度高。")
        .problem("膜污染严重。")
        .set("background", "每年排放废水十万吨。");
    let form = edit.form("submit").with(demand);
    twice(engineer, form, "move_log").await;
    let page = engineer.open("/organisations/new").await;
    let form = OrganisationForm::enterprise("第二公司").credit_code(&app.next_credit_code());
    // The second request finds the engineer acting for the new organisation: still the same answer.
    twice(engineer, page.form("create").with(form), "organisation").await;
    let switch = engineer.open("/account").await;
    engineer.press(&switch, "switch").await;

    let page = researcher.open(&format!("/demands/{}/interest", pair.demand)).await;
    let interest =
        twice(researcher, page.form("send").with([("counter", pair.achievement.as_str()), ("message", "愿意面谈")]), "interest").await;
    let page = engineer.open(&interest.location()).await;
    let deal = twice(engineer, page.form("accept"), "deal").await;
    let page = engineer.follow(deal).await;
    twice(engineer, page.form("write").with([("body", "您好")]), "message").await;
    for (who, name) in [(engineer, "沈工"), (researcher, "林研究员")] {
        let page = who.open(&format!("{}/nda", page.path)).await;
        twice(who, page.form("sign").with([("name", name), ("agree", "yes")]), "nda_signature").await;
    }
    let page = engineer.open(&page.path).await;
    let paper = page.form("document").with([("title", "技术方案"), ("document_kind", "technical")]).file("file", "方案.pdf", pdf("plan"));
    twice(engineer, paper, "document").await;
    twice(engineer, page.form("open_terms"), "move_log").await;
    let terms = researcher.open(&format!("{}/terms", page.path)).await;
    twice(researcher, terms.form("propose").with(TermsForm::complete().without("edition")), "term_sheet").await;
    let terms = engineer.open(&format!("{}/terms", page.path)).await;
    twice(engineer, terms.form("accept"), "move_log").await;
    let page = researcher.open(&format!("/contracts/new?deal={}", page.path.rsplit('/').next().unwrap())).await;
    let contract = twice(researcher, page.form("save").with(ContractForm::complete()), "contract").await;
    let path = contract.location().replace("/edit", "");
    let number = path.rsplit('/').next().unwrap();
    let subject = researcher.open(&format!("{path}/edit/subject")).await;
    let typed: Vec<(String, String)> = ContractForm::complete().section(keqiao_model::ContractSection::Subject);
    twice(researcher, subject.form("save").with(typed), "audit").await;
    researcher.fill_contract(number, &ContractForm::complete()).await;
    let page = researcher.open(&path).await;
    let with_file = twice(researcher, page.form("attach").file("file", "合同.pdf", pdf("contract")), "attachment").await;
    let page = researcher.follow(with_file).await;
    twice(researcher, page.form("submit"), "move_log").await;
    let review = pair.officer.open(&format!("/review{}", page.path)).await;
    twice(&pair.officer, review.form("accept"), "move_log").await;
    let review = pair.officer.open(&format!("/review{}", page.path)).await;
    let registered = pair.officer.send(review.form("register")).await;
    assert_eq!(registered.status, 303, "{registered}");
    let between = app.rows().await;
    let again = pair.officer.send(review.form("register")).await;
    assert_eq!((again.status, again.location()), (303, registered.location()), "{again}");
    between.assert_same(&app.rows().await, "the second registration");

    let broker = app.broker().await;
    let other = app.published(&app.enterprise("钱工").await, &pair.officer, ListingKind::Demand, DemandForm::complete().fields()).await;
    let fresh =
        app.published(&app.institute("周工").await, &pair.officer, ListingKind::Achievement, AchievementForm::complete().fields()).await;
    let page = broker.open(&format!("/demands/{other}/interest")).await;
    twice(&broker, page.form("recommend").with([("counter", fresh.as_str()), ("message", "很合适")]), "recommendation").await;

    let visitor = app.visitor();
    let page = visitor.open("/register").await;
    let form = page.form("register").with([("name", "新人"), ("email", "new@example.cn"), ("password", keqiao_tests::PASSWORD)]);
    visitor.send(form.clone()).await;
    let between = app.rows().await;
    app.visitor().send(form).await;
    between.assert_same(&app.rows().await, "the second registration");
}

/// Two windows show the same form; the second one to be sent is refused, keeps what was typed, and overwrites nothing.
async fn stale(client: &Client, path: &str, button: &str, first: impl Typed, second: impl Typed) {
    let one = client.open(path).await;
    let (zh, en) = (client.open(path).await, client.open(&format!("/en{path}")).await);
    let done = client.send(one.form(button).with(first)).await;
    assert_eq!(done.status, 303, "{path}: {done}");
    let between = client.app().rows().await;
    let second = second.typed();
    for (lang, page) in [(Lang::Zh, zh), (Lang::En, en)] {
        let late = client.send(page.form(button).with(second.clone())).await;
        assert_eq!(late.status, 422, "{path}: {late}");
        assert!(late.summary_errors().iter().any(|e| e.contains(t!(lang, "error.stale"))), "{path}: {late}");
        assert_kept(&late, &second, path);
    }
    between.assert_same(&client.app().rows().await, path);
}

#[tokio::test]
async fn a_stale_version_overwrites_nothing() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let (engineer, researcher, admin) = (&pair.engineer, &pair.researcher, app.admin().await);
    // About something else than the demand of the deal, or it would be held for a duplicate.
    let form = DemandForm::complete().summary("污泥脱水后含水率居高不下。").problem("滤布堵塞，压滤周期长。");
    let form = form.set("background", "城镇污水处理厂每日产泥三十吨，堆放困难。");
    let draft = engineer.post("/demands/new", form.set("action", "save")).await.location();
    stale(engineer, &format!("{draft}/edit"), "save", [("title", "先到的标题")], [("title", "后到的标题"), ("problem", "后到的难题")])
        .await;
    let organisation = format!("/organisations/{}/edit", engineer.organisation());
    stale(engineer, &organisation, "save", [("name", "先到的公司")], [("name", "后到的公司"), ("summary", "后到的简介")]).await;
    stale(&admin, &format!("/admin/people/{}", researcher.person()), "roles", [("broker", "yes")], [("officer_region", "990102")]).await;
    let target = "/admin/targets?figure=contract_value&year=2026&region=990102";
    stale(&admin, target, "set", [("amount", "1亿")], [("amount", "2亿")]).await;
    let signed = pair.signed().await;
    let contract = format!("/contracts/{}", signed.contract);
    let edit = format!("{contract}/edit/subject");
    stale(&signed.pair.researcher, &edit, "save", [("title", "先到的项目")], [("title", "后到的项目"), ("summary", "后到的内容")]).await;

    // Moves: whoever comes second is told, and the first one's move stands.
    for (who, path, first, second) in [
        (&signed.pair.engineer, draft.as_str(), "submit", "withdraw"),
        (&signed.pair.officer, &format!("/review{draft}"), "publish", "return"),
        (&signed.pair.researcher, &contract, "submit", "submit"),
        (&signed.pair.officer, &format!("/review{contract}"), "accept", "refuse"),
    ] {
        let (one, other) = (who.open(path).await, who.open(path).await);
        who.does(&one, first).await;
        let between = app.rows().await;
        let typed: Vec<(String, String)> = match second {
            "return" => vec![("reason.general".to_owned(), "晚了".to_owned())],
            "refuse" => vec![("code".to_owned(), "other".to_owned()), ("reason".to_owned(), "晚了".to_owned())],
            _ => Vec::new(),
        };
        let late = who.send(other.form(second).with(typed)).await;
        let told = late.status == 422 && late.summary_errors().iter().any(|e| e.contains(t!(Lang::Zh, "error.stale")));
        let led = late.status == 303;
        assert!(told || led, "{path} {second}: {late}");
        between.assert_same(&app.rows().await, path);
    }
}

/// What somebody else saved is shown beside what was typed, and sending the same form again replaces it knowingly.
#[tokio::test]
async fn a_stale_form_shows_the_conflict_and_can_be_sent_again() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("云汀电芯").await;
    let draft = engineer.post("/demands/new", DemandForm::complete().set("action", "save")).await.location();
    let edit = format!("{draft}/edit");
    let (one, other) = (engineer.open(&edit).await, engineer.open(&edit).await);
    assert_eq!(engineer.send(one.form("save").with([("title", "先到的标题")])).await.status, 303);
    let late = engineer.send(other.form("save").with([("title", "后到的标题")])).await;
    assert_eq!(late.status, 422);
    assert!(late.says("先到的标题") && late.value_of("title").as_deref() == Some("后到的标题"), "{late}");
    assert_eq!(engineer.send(late.form("save")).await.status, 303);
    assert!(engineer.open(&draft).await.says("后到的标题"));
}

#[tokio::test]
async fn an_interest_answered_in_two_windows() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let path = format!("/interests/{}", pair.interest().await);
    let (one, other) = (pair.engineer.open(&path).await, pair.engineer.open(&path).await);
    pair.engineer.does(&one, "accept").await;
    let between = app.rows().await;
    let late = pair.engineer.send(other.form("decline").with([("code", "other"), ("reason", "不需要了")])).await;
    assert_eq!(late.status, 422);
    assert_eq!(late.summary_errors(), [t!(Lang::Zh, "error.already_answered")]);
    between.assert_same(&app.rows().await, "a late answer");
}

/// The places where one can upload: who, which page, which button.
async fn upload_places(pair: &Pair) -> Vec<(&Client, String, &'static str)> {
    let draft = pair.engineer.post("/demands/new", DemandForm::complete().set("action", "save")).await.location();
    let contract = ContractForm::complete().buyer("外地公司", &keqiao_tests::credit_code(7)).set("action", "save");
    let contract = pair.researcher.post("/contracts/new", contract).await.location().replace("/edit", "/edit/files");
    let deal = pair.deal().await;
    pair.sign_nda(&deal).await;
    let page = pair.engineer.open(&format!("/deals/{deal}")).await;
    let paper = page.form("document").with([("title", "技术方案"), ("document_kind", "technical")]).file("file", "方案.pdf", pdf("plan"));
    let document = pair.engineer.send(paper).await.location();
    vec![(&pair.engineer, draft, "attach"), (&pair.engineer, document, "version"), (&pair.researcher, contract, "attach")]
}

#[tokio::test]
async fn uploads_of_the_wrong_kind() {
    let app = TestApp::with(|settings| {
        settings.limits.attachment_bytes = 1024 * 1024;
        settings.limits.import_bytes = 1024 * 1024;
    })
    .await;
    let pair = app.pair().await;
    let places = upload_places(&pair).await;
    let types = keqiao_market::attachments::accepted_extensions().join(", ");
    let wrong = || at("file", "file_type").with("types", &types);
    let over = vec![b'%'; 1024 * 1024 + 1];
    let mut pdf_over = pdf("x");
    pdf_over.resize(1024 * 1024 + 1, b' ');
    let files: [(&str, &[u8], FieldError); 12] = [
        ("空.pdf", b"", at("file", "file_empty")),
        ("程序.exe", b"MZ\x90\x00", wrong()),
        ("页面.html", b"<script>alert(1)</script>", wrong()),
        ("图.svg", b"<svg onload='alert(1)'/>", wrong()),
        ("伪装.pdf", b"MZ\x90\x00 no pdf at all", wrong()),
        ("伪装.png", b"<html>", wrong()),
        ("伪装.txt", b"\x00\x01\xff", wrong()),
        ("没有扩展名", b"%PDF-1.7", wrong()),
        ("..", b"%PDF-1.7", wrong()),
        ("双.pdf.exe", b"%PDF-1.7", wrong()),
        ("大.pdf", &pdf_over, at("file", "file_too_large").with("limit", "1 MB")),
        ("大.txt", &over, at("file", "file_too_large").with("limit", "1 MB")),
    ];
    for (who, path, button) in &places {
        for lang in Lang::ALL {
            let page = who.open(&format!("{}{path}", lang.prefix())).await;
            let before = app.rows().await;
            for (name, bytes, expected) in &files {
                let answer = who.send(page.form(button).file("file", name, *bytes)).await;
                assert_eq!(answer.status, 422, "{path} {name}: {answer}");
                assert_eq!(answer.error_at("file"), Some(error_words(lang, expected)), "{path} {name}");
            }
            let none = who.send(page.form(button)).await;
            assert_eq!((none.status, none.error_at("file").as_deref()), (422, Some(t!(lang, "error.file_required"))), "{path}");
            let flood = who.send(page.form(button).file("file", "很大.pdf", vec![b'%'; 3 * 1024 * 1024])).await;
            assert_eq!((flood.status, flood.heading()), (413, t!(lang, "page.too_large_title").to_owned()), "{path}");
            before.assert_same(&app.rows().await, path);
        }
        let page = who.open(path).await;
        let kept = who.send(page.form(button).file("file", "../../etc/\u{202e}pass<wd>.txt", "好".as_bytes())).await;
        let page = who.follow(kept).await;
        assert!(page.says("passwd.txt") && !page.text.contains(".."), "{page}");
    }
}

#[tokio::test]
async fn import_files_that_are_none() {
    let app = TestApp::with(|settings| settings.limits.import_bytes = 1024 * 1024).await;
    let engineer = app.enterprise("沈工").await;
    let files: [(&str, &[u8]); 6] = [
        ("空.csv", b""),
        ("程序.exe", b"MZ\x90\x00"),
        ("坏.xlsx", b"PK\x03\x04 broken"),
        ("坏.gz", b"\x1f\x8b broken"),
        ("图.pdf", b"%PDF-1.7"),
        ("没有列名.csv", b"\xff\xfe\x00\x01,,,"),
    ];
    for lang in Lang::ALL {
        let page = engineer.open(&format!("{}/import", lang.prefix())).await;
        let before = app.rows().await;
        for (name, bytes) in files {
            let answer = engineer.send(page.form("read").with([("kind", "demands")]).file("file", name, bytes)).await;
            assert!(answer.status == 422 && answer.error_at("file").is_some(), "{name}: {answer}");
        }
        before.assert_same(&app.rows().await, "import");
    }
}

#[tokio::test]
async fn bodies_that_are_no_forms() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let before = app.rows().await;
    let bodies: [(&str, &[u8]); 5] = [
        ("application/json", br#"{"title":"x"}"#),
        ("text/plain", b"title=x"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--y\r\nnothing"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nno end"),
    ];
    for (kind, body) in bodies {
        for lang in Lang::ALL {
            let answer = engineer.request(Method::POST, &format!("{}/demands/new", lang.prefix()), Some(kind), body.to_vec()).await;
            assert_eq!((answer.status, answer.heading()), (400, t!(lang, "page.malformed_title").to_owned()), "{kind}: {answer}");
        }
    }
    let odd: [&[u8]; 4] =
        [b"", b"&&&===", b"title=%00&&=", b"action=save&title=%00%00&indicators.999999999999.name=x&indicators.-1.name=y&ip..number=z"];
    for body in odd {
        let answer = engineer.request(Method::POST, "/demands/new", Some("application/x-www-form-urlencoded"), body.to_vec()).await;
        assert_eq!(answer.status, 422, "{answer}");
    }
    before.assert_same(&app.rows().await, "no form");
    // Broken percent sequences are read as browsers read them.
    let answer = engineer
        .request(Method::POST, "/demands/new", Some("application/x-www-form-urlencoded"), b"action=save&title=%ff%zz%00%".to_vec())
        .await;
    assert_eq!(engineer.follow(answer).await.heading(), "\u{fffd}%zz%");
}
