//! Odd addresses: queries nobody types, facets and pages that are not there, ids of others. Never an error page of the program.

use keqiao_app::t;
use keqiao_model::Lang;
use keqiao_tests::{DemandForm, TestApp};
use uuid::Uuid;

#[tokio::test]
async fn a_query_of_ten_kilobytes() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let admin = app.admin().await;
    for query in ["轴".repeat(3_400), "a ".repeat(5_000), "\"".repeat(10_240), "轴承 OR ".repeat(900), "%25_%25".repeat(1_400)] {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        for path in ["/demands", "/en/achievements", "/organisations", "/contracts"] {
            pair.engineer.open(&format!("{path}?q={query}")).await;
            app.visitor().open(&format!("{path}?q={query}&q={query}")).await;
        }
        admin.open(&format!("/admin/people?q={query}")).await;
        app.visitor().open(&format!("/signin?next={query}&email={query}")).await;
    }
}

#[tokio::test]
async fn characters_of_query_syntax() {
    let app = TestApp::new().await;
    app.pair().await;
    let visitor = app.visitor();
    let found = async |query: &str| {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        visitor.open(&format!("/demands?q={query}")).await.all(".result-title").len()
    };
    for query in [
        "+",
        "-",
        "--",
        "\"",
        "\"\"",
        "(",
        ")",
        "((((",
        "*",
        "?",
        "~2",
        "^",
        "title:",
        ":",
        "5G/6G:通信",
        "AND",
        "OR NOT",
        "[a TO z]",
        "{*}",
        "\\",
        "/.*/",
        "'; DROP TABLE listing;--",
        "%",
        "_",
        "\u{0}",
        "\u{feff}",
        "\u{202e}",
        "🙂",
        "é",
        "\n",
        "&&",
        "||",
        "!",
        "title:轴承^9",
        "轴承~",
        "-轴承 -寿命",
        "IN [1 2]",
        "\"轴承",
        "0x27",
        "1=1",
    ] {
        let _ = found(query).await;
    }
    assert_eq!(found("轴承").await, 1);
    assert_eq!(found("主轴 \"轴承寿命\"").await, 1);
    assert_eq!(found("主轴 -轴承").await, 0);
    assert_eq!(found("(主轴) 轴承!").await, 1, "signs are no words");
    assert_eq!(found("title:轴承").await, 1, "a known name asks for a place");
    assert_eq!(found("body:轴承").await, 1, "an unknown name is text, and half of the words are better than nothing");
}

#[tokio::test]
async fn unknown_facets_and_pages_that_are_not_there() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let admin = app.admin().await;
    for lang in Lang::ALL {
        for query in [
            "field=nonsense",
            "colour=red",
            "trl=99&trl=-1",
            "region=000000",
            "sort=colour",
            "cooperation=",
            "field=energy&field=energy",
            "field[]=energy",
        ] {
            let answer = app.visitor().open(&format!("{}/demands?{query}", lang.prefix())).await;
            assert!(answer.says(t!(lang, "listings.demands")), "{query}: {answer}");
        }
        let nothing = app.visitor().open(&format!("{}/demands?field=nonsense", lang.prefix())).await;
        assert!(
            nothing.says(t!(lang, "listings.none_found")) && nothing.links().contains(&format!("{}/demands", lang.prefix())),
            "{nothing}"
        );
    }
    for page in ["-1", "0", "1000000000", "99999999999999999999", "1.5", "one", ""] {
        for path in ["/demands", "/achievements", "/organisations", "/contracts", "/targets/contract_value"] {
            app.visitor().open(&format!("{path}?page={page}")).await;
        }
        let demands = app.visitor().open(&format!("/demands?page={page}")).await;
        assert!(demands.says("高速数控机床主轴轴承寿命不足"), "page {page} is one that is there: {demands}");
        for path in
            ["/work", "/interests", "/interests?tab=sent", "/deals", "/contracts?tab=own", &format!("/demands/{}/matches", pair.demand)]
        {
            let sign = if path.contains('?') { '&' } else { '?' };
            pair.engineer.open(&format!("{path}{sign}page={page}")).await;
        }
        for path in ["/review", "/review?tab=contracts"] {
            let sign = if path.contains('?') { '&' } else { '?' };
            pair.officer.open(&format!("{path}{sign}page={page}")).await;
        }
        for path in ["/admin/people", "/admin/mail", "/admin/audit"] {
            admin.open(&format!("{path}?page={page}")).await;
        }
    }
    for path in ["/targets/contract_value?year=nineteen&region=x", "/targets/contract_value?year=-5", "/contracts?year=0&kind=x&field=y"] {
        app.visitor().open(path).await;
    }
    assert_eq!(app.visitor().get("/targets/nonsense").await.status, 404);
}

#[tokio::test]
async fn foreign_and_made_up_ids() {
    let app = TestApp::new().await;
    let signed = app.pair().await.signed().await;
    let pair = &signed.pair;
    let draft = pair.engineer.post("/demands/new", DemandForm::complete().set("action", "save")).await.location();
    let stranger = app.enterprise("钱工").await;
    let nobody = Uuid::nil();
    let interest = pair.engineer.open("/interests").await.links().into_iter().find(|l| l.starts_with("/interests/")).unwrap();
    let before = app.rows().await;
    let foreign = [
        draft.clone(),
        format!("{draft}/edit"),
        format!("{draft}/matches"),
        format!("{draft}/interest"),
        format!("/demands/{}/edit", pair.demand),
        format!("/demands/{}/matches", pair.demand),
        format!("/achievements/{}", pair.demand),
        format!("/deals/{}", signed.deal),
        format!("/contracts/{}", signed.contract),
        format!("/contracts/{}/edit", signed.contract),
        format!("/contracts/new?deal={}", signed.deal),
        format!("/review/contracts/{}", signed.contract),
        format!("/review{draft}"),
        interest,
    ];
    let made_up = [
        "/demands/XQ-2026-999999".to_owned(),
        "/demands/'".to_owned(),
        "/demands/%00".to_owned(),
        "/achievements/CG-2026-999999/edit".to_owned(),
        format!("/organisations/{nobody}"),
        format!("/interests/{nobody}"),
        "/deals/JY-2026-999999".to_owned(),
        "/contracts/HT-2026-999999".to_owned(),
        "/review/demands/XQ-2026-999999".to_owned(),
        format!("/import/{nobody}"),
        format!("/admin/people/{nobody}"),
        "/organisations/1".to_owned(),
        "/interests/latest".to_owned(),
        "/targets/nonsense".to_owned(),
        "/demands/XQ-2026-000001/nonsense".to_owned(),
        "/nonsense".to_owned(),
        "/en/nonsense".to_owned(),
        "/enough".to_owned(),
    ];
    for path in foreign.iter().chain(&made_up) {
        let lang = if path.starts_with("/en/") { Lang::En } else { Lang::Zh };
        let answer = stranger.get(path).await;
        assert_eq!((answer.status, answer.heading()), (404, t!(lang, "page.not_found_title").to_owned()), "{path}: {answer}");
        for action in
            ["withdraw", "submit", "write", "accept", "agree_nda", "attach", "save", "register", "publish", "return", "commit", "roles"]
        {
            let fields = [("action", action), ("version", "1"), ("body", "x"), ("message", "x"), ("reason", "x")];
            let answer = stranger.post(path, fields).await;
            assert!(matches!(answer.status, 403 | 404 | 422), "POST {action} {path}: {answer}");
        }
    }
    for path in foreign.iter().filter(|path| !path.contains('?')) {
        let answer = stranger.post_files(path, [("action", "attach")], &[("file", "a.txt", b"a")]).await;
        assert_eq!(answer.status, 404, "a file for {path}: {answer}");
    }
    before.assert_same(&app.rows().await, "a stranger");
    // What is not there and what is not one's own look the same.
    let (not_there, not_own) = (stranger.get("/deals/JY-2026-999999").await, stranger.get(&format!("/deals/{}", signed.deal)).await);
    assert_eq!(not_there.said(), not_own.said());
    let file = app.rows().await;
    assert_eq!(file.count("attachment"), 1);
    for id in [nobody.to_string(), "x".to_owned(), "../../keqiao.db".to_owned(), "..%2f..%2fkeqiao.db".to_owned()] {
        assert_eq!(stranger.get(&format!("/attachments/{id}")).await.status, 404, "{id}");
    }
    let file = pair
        .researcher
        .open(&format!("/contracts/{}", signed.contract))
        .await
        .links()
        .into_iter()
        .find(|l| l.starts_with("/attachments/"))
        .unwrap();
    assert_eq!(pair.researcher.get(&file).await.status, 200);
    for who in [&stranger, &app.visitor(), &app.broker().await] {
        assert_eq!(who.get(&file).await.status, 404, "a file is for those of its contract");
    }
}
