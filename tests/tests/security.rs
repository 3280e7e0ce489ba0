//! What an attacker tries (ecosystem.md 3.4): other sites' forms, stolen and stale sessions, guessing, and looking for what is confidential.

use axum::http::Method;
use keqiao_app::t;
use keqiao_market::{
    accounts::{self, NewPerson, Roles},
    entity::session,
};
use keqiao_model::{
    Lang::{En, Zh},
    ListingKind,
};
use keqiao_tests::{AchievementForm, Answer, Client, DemandForm, PASSWORD, TestApp, pdf};
use sea_orm::{EntityTrait, PaginatorTrait};
use time::Duration;

async fn sessions(app: &TestApp) -> u64 {
    session::Entity::find().count(app.market().database()).await.unwrap()
}

/// Whether the browser's session is alive.
async fn is_signed_in(client: &Client) -> bool {
    client.get("/account").await.status == 200
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let checks: [(Option<&str>, Option<&str>); 8] = [
        (Some("cross-site"), None),
        (Some("cross-site"), Some("https://evil.example")),
        (Some("cross-site"), Some("https://keqiao.example")),
        (Some("same-site"), Some("https://other.keqiao.example")),
        (None, Some("https://evil.example")),
        (None, Some("null")),
        (None, Some("https://keqiao.example.evil.example")),
        (None, Some("https://keqiao.example:8443")),
    ];
    let before = app.rows().await;
    for (site, origin) in checks {
        let client = engineer.another_window().sending("sec-fetch-site", site).sending("origin", origin);
        for lang in [Zh, En] {
            let prefix = lang.prefix();
            let answers = [
                client.post(&format!("{prefix}/demands/new"), DemandForm::complete().set("action", "save")).await,
                client.post_files(&format!("{prefix}/import"), [("kind", "demands")], &[("file", "a.csv", b"\xe5\x90\x8d")]).await,
                client.post(&format!("{prefix}/signin"), [("email", engineer.email().as_str()), ("password", PASSWORD)]).await,
                client.post(&format!("{prefix}/signout"), ()).await,
                client.post(&format!("{prefix}/nonsense"), ()).await,
            ];
            for answer in answers {
                assert_eq!(
                    (answer.status, answer.heading()),
                    (403, t!(lang, "page.cross_site_title").to_owned()),
                    "{site:?} {origin:?}: {answer}"
                );
            }
        }
    }
    before.assert_same(&app.rows().await, "another site");
    assert_eq!(sessions(&app).await, 1);
    assert!(is_signed_in(&engineer).await);
    for (site, origin) in [(Some("same-origin"), None), (Some("none"), None), (None, Some("https://keqiao.example")), (None, None)] {
        let client = engineer.another_window().sending("sec-fetch-site", site).sending("origin", origin);
        let answer = client.post("/demands/new", DemandForm::complete().set("action", "save")).await;
        assert_eq!(answer.status, 303, "{site:?} {origin:?}: {answer}");
    }
    // Looking is harmless wherever the link stood.
    assert_eq!(engineer.another_window().sending("sec-fetch-site", Some("cross-site")).get("/demands").await.status, 200);
}

/// Every header but those that differ each time, one a line.
fn headers_of(answer: &Answer) -> String {
    let nonce = answer
        .header("content-security-policy")
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .unwrap_or("no nonce")
        .to_owned();
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "content-length" | "date"))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap().replace(&nonce, "NONCE")))
        .collect();
    lines.sort();
    lines.join("\n")
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    insta::assert_snapshot!(headers_of(&app.visitor().get("/demands").await), @r#"
    cache-control: no-cache
    content-security-policy: default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), microphone=(), geolocation=(), payment=()
    referrer-policy: same-origin
    strict-transport-security: max-age=31536000; includeSubDomains
    vary: Cookie
    vary: accept-encoding
    x-content-type-options: nosniff
    x-frame-options: DENY
    "#);
    insta::assert_snapshot!(headers_of(&engineer.get("/work").await), @r#"
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), microphone=(), geolocation=(), payment=()
    referrer-policy: same-origin
    strict-transport-security: max-age=31536000; includeSubDomains
    vary: Cookie
    vary: accept-encoding
    x-content-type-options: nosniff
    x-frame-options: DENY
    "#);
    insta::assert_snapshot!(headers_of(&app.visitor().get("/work").await), @r#"
    cache-control: no-store
    content-security-policy: default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    location: /signin?next=%2Fwork
    permissions-policy: camera=(), microphone=(), geolocation=(), payment=()
    referrer-policy: same-origin
    set-cookie: __Host-flash=flash.sign_in_first; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60
    strict-transport-security: max-age=31536000; includeSubDomains
    x-content-type-options: nosniff
    x-frame-options: DENY
    "#);
    let draft = engineer.post("/demands/new", DemandForm::complete().set("action", "save")).await;
    let page = engineer.follow(draft).await;
    let page = engineer.send(page.form("attach").file("file", "说明 1.txt", "说明")).await;
    let file = engineer.follow(page).await.links().into_iter().find(|l| l.starts_with("/attachments/")).unwrap();
    insta::assert_snapshot!(headers_of(&engineer.get(&file).await), @r#"
    cache-control: no-store
    content-disposition: attachment; filename="file"; filename*=UTF-8''%E8%AF%B4%E6%98%8E%201.txt
    content-security-policy: sandbox; default-src 'none'
    content-type: text/plain; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), microphone=(), geolocation=(), payment=()
    referrer-policy: same-origin
    strict-transport-security: max-age=31536000; includeSubDomains
    x-content-type-options: nosniff
    x-frame-options: DENY
    "#);
    let paths = [
        "/",
        "/en",
        "/nonsense",
        "/healthz",
        "/readyz",
        "/robots.txt",
        "/sitemap.xml",
        "/assets/x.js",
        "/favicon.ico",
        "/attachments/x",
        "/demands/",
    ];
    for path in paths {
        let answer = app.visitor().get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
        for (name, value) in [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "same-origin")] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(answer.header("strict-transport-security").contains("max-age=31536000"), "{path}");
    }
    let refused = app.visitor().sending("sec-fetch-site", Some("cross-site")).post("/signin", ()).await;
    assert!(refused.header("content-security-policy").contains("script-src 'nonce-"), "{refused}");
    let plain = TestApp::with(|settings| settings.base_url = "http://keqiao.example".to_owned()).await;
    assert_eq!(plain.visitor().get("/").await.header("strict-transport-security"), "", "only where it is https");
}

#[tokio::test]
async fn pages_run_nothing_but_their_own_scripts() {
    let app = TestApp::new().await;
    let pair = app.pair().await;
    let mut nonces = Vec::new();
    for path in
        ["/", "/about", "/demands", "/demands/new", "/targets", "/account", "/import", "/contracts", "/organisations/new", "/gallery"]
    {
        let page = pair.engineer.open(path).await;
        assert_eq!(page.dangers(), [""; 0], "{path}");
        let policy = page.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
        assert!(nonce.len() >= 32, "{nonce}");
        assert!(page.attributes("script", "nonce").iter().all(|n| *n == nonce), "{path}");
        nonces.push(nonce);
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 10, "a nonce is used once");
    let attacker = app.visitor().open("/demands?q=%3Cscript%3E&nonce=0000").await;
    assert_eq!(attacker.dangers(), [""; 0]);
}

#[tokio::test]
async fn cookies_are_for_this_host_and_no_script() {
    let app = TestApp::new().await;
    let person = app.person("沈工", Roles::default()).await;
    let visitor = app.visitor();
    let page = visitor.open("/signin").await;
    let email = accounts_email(&app, person).await;
    let answer = visitor.send(page.form("sign_in").with([("email", email.as_str()), ("password", PASSWORD)])).await;
    let cookie = answer.header("set-cookie").to_owned();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    let token = pair.strip_prefix("__Host-session=").unwrap();
    assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
    insta::assert_snapshot!(attributes, @"HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600");
    let stored = session::Entity::find().one(app.market().database()).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains(token), "only its hash is stored");
    assert!(answer.header("cache-control").contains("no-store"));
    let out = visitor.post("/signout", ()).await;
    assert!(
        out.headers
            .get_all("set-cookie")
            .iter()
            .any(|c| c.to_str().unwrap().starts_with("__Host-session=; ") && c.to_str().unwrap().contains("Max-Age=0"))
    );
}

async fn accounts_email(app: &TestApp, person: uuid::Uuid) -> String {
    app.actor(person).await.person().unwrap().email.clone()
}

#[tokio::test]
async fn a_session_ends_when_it_should() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let thief = app.visitor();
    thief.steal_session(&engineer.session().unwrap());
    assert!(is_signed_in(&thief).await, "a token is what counts");
    let out = engineer.post("/signout", ()).await;
    assert_eq!((out.status, out.location()), (303, "/".to_owned()));
    assert!(!is_signed_in(&thief).await, "a token dies with the session");
    assert!(engineer.session().is_none() && !is_signed_in(&engineer).await);

    let idle = app.settings().session_idle_hours;
    engineer.sign_in(&engineer.email(), PASSWORD).await;
    for _ in 0..3 {
        app.wait(Duration::hours(idle) - Duration::minutes(2));
        assert!(is_signed_in(&engineer).await, "used in time");
    }
    app.wait(Duration::hours(idle) + Duration::minutes(2));
    assert!(!is_signed_in(&engineer).await, "not used for too long");
    app.wait(-Duration::hours(2 * idle));
    assert!(!is_signed_in(&engineer).await, "a clock set back revives nothing");
    app.wait(Duration::hours(2 * idle));

    engineer.sign_in(&engineer.email(), PASSWORD).await;
    let days = app.settings().session_days;
    for _ in 0..(days * 24 / (idle - 1)) {
        app.wait(Duration::hours(idle - 1));
        assert!(is_signed_in(&engineer).await);
    }
    app.wait(Duration::hours(idle - 1));
    assert!(!is_signed_in(&engineer).await, "in any case after {days} days");
}

#[tokio::test]
async fn signing_in_gives_a_new_token_and_signing_out_everywhere_ends_all() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let victim = app.visitor();
    victim.steal_session(&"f".repeat(64));
    victim.sign_in(&engineer.email(), PASSWORD).await;
    assert_ne!(victim.session().unwrap(), "f".repeat(64), "a planted token is not taken over");
    let third = app.visitor();
    third.sign_in(&engineer.email(), PASSWORD).await;
    assert_eq!(sessions(&app).await, 3);
    let page = engineer.open("/account").await;
    let first = page.forms("end")[0].clone();
    engineer.send(first).await;
    assert_eq!(sessions(&app).await, 2);
    let page = engineer.open("/account").await;
    let out = engineer.press(&page, "everywhere").await;
    assert_eq!(out.status, 303);
    for client in [&engineer, &victim, &third] {
        assert!(!is_signed_in(client).await);
    }
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let elsewhere = app.visitor();
    elsewhere.sign_in(&engineer.email(), PASSWORD).await;
    let page = engineer.open("/account").await;
    let wrong = engineer.send(page.form("password").with([("current", "wrong password"), ("password", "another long one")])).await;
    assert_eq!(wrong.error_at("current").as_deref(), Some(t!(Zh, "error.password_wrong")));
    assert!(!wrong.text.contains("another long one"), "passwords are never shown again");
    let done = engineer.send(wrong.form("password").with([("current", PASSWORD), ("password", "another long one")])).await;
    assert_eq!(done.status, 303);
    assert!(is_signed_in(&engineer).await && !is_signed_in(&elsewhere).await);
    assert_eq!(
        app.last_letter_to(&engineer.email()).await.subject,
        t!(Zh, "letters.subject", subject = t!(Zh, "letters.password_changed_subject"))
    );

    // By letter: once, within an hour, and every session ends.
    let visitor = app.visitor();
    let page = visitor.open("/forgot").await;
    visitor.send(page.form("send").with([("email", engineer.email())])).await;
    let link = app.last_letter_to(&engineer.email()).await.link_to("reset");
    let page = visitor.open(&link).await;
    let short = visitor.send(page.form("reset").with([("password", "short")])).await;
    assert!(short.status == 422 && short.error_at("password").is_some(), "{short}");
    let done = visitor.send(short.form("reset").with([("password", PASSWORD)])).await;
    assert_eq!(done.status, 303);
    assert!(!is_signed_in(&engineer).await);
    let again = visitor.send(page.form("reset").with([("password", "a third long one")])).await;
    assert_eq!((again.status, again.summary_errors()), (422, vec![t!(Zh, "error.link_expired").to_owned()]));
    visitor.sign_in(&engineer.email(), PASSWORD).await;
    let page = visitor.open("/forgot").await;
    visitor.send(page.form("send").with([("email", engineer.email())])).await;
    let link = app.last_letter_to(&engineer.email()).await.link_to("reset");
    app.wait(Duration::minutes(61));
    let page = visitor.open(&link).await;
    let late = visitor.send(page.form("reset").with([("password", "a third long one")])).await;
    assert_eq!(late.summary_errors(), [t!(Zh, "error.link_expired")]);
}

#[tokio::test]
async fn a_role_taken_away_is_gone_with_the_next_request() {
    let app = TestApp::new().await;
    let (admin, officer, engineer) = (app.admin().await, app.officer().await, app.enterprise("沈工").await);
    let number = keqiao_market::listings::create_listing(
        app.market(),
        &engineer.actor().await,
        ListingKind::Demand,
        &DemandForm::complete().fields(),
        true,
        None,
    )
    .await
    .unwrap();
    let review = officer.open(&format!("/review/demands/{number}")).await;
    let page = admin.open(&format!("/admin/people/{}", officer.person())).await;
    let done = admin.send(page.form("roles").with([("officer_region", "")])).await;
    assert_eq!(done.status, 303);
    let before = app.rows().await;
    assert_eq!(officer.get("/review").await.status, 404);
    let answer = officer.press(&review, "publish").await;
    assert!(matches!(answer.status, 403 | 404), "{answer}");
    before.assert_same(&app.rows().await, "a former officer");
    assert!(is_signed_in(&officer).await);

    // Shut out: every session ends, and signing in fails like any other failure.
    let page = admin.open(&format!("/admin/people/{}", engineer.person())).await;
    let form = page.form("roles");
    assert_eq!(admin.send(form.with([("disabled", "yes")])).await.status, 303);
    assert!(!is_signed_in(&engineer).await);
    let page = engineer.open("/signin").await;
    let answer = engineer.send(page.form("sign_in").with([("email", engineer.email().as_str()), ("password", PASSWORD)])).await;
    assert_eq!((answer.status, answer.summary_errors()), (422, vec![t!(Zh, "error.sign_in_failed").to_owned()]));

    // A member removed from an organisation acts for it no more.
    let boss = app.enterprise("钱工").await;
    let code =
        keqiao_market::organisations::organisation(app.market(), &boss.actor().await, boss.organisation()).await.unwrap().credit_code;
    let helper = app.someone("助手").await;
    keqiao_market::organisations::ask_to_join(app.market(), &helper.actor().await, &code, None).await.unwrap();
    let edit = boss.open(&format!("/organisations/{}/edit", boss.organisation())).await;
    boss.does(&edit, "accept").await;
    let draft = helper.post("/demands/new", DemandForm::complete().set("action", "save")).await.location();
    let edit = helper.open(&format!("{draft}/edit")).await;
    keqiao_market::organisations::remove_member(app.market(), &boss.actor().await, boss.organisation(), helper.person()).await.unwrap();
    assert_eq!(helper.send(edit.form("save").with([("title", "带走")])).await.status, 404);
}

/// An answer without what differs each time.
fn redacted(answer: &Answer, email: &str) -> String {
    let mut text = answer.text.replace(email, "EMAIL");
    let each_time = [answer.attributes("[name=once]", "value"), answer.attributes("script", "nonce")];
    for value in each_time.iter().flatten() {
        text = text.replace(value, "EACH TIME ANOTHER");
    }
    text
}

#[tokio::test]
async fn failures_to_sign_in_are_all_alike() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let disabled = app.person("除名", Roles { disabled: true, ..Roles::default() }).await;
    let demo = NewPerson {
        email: "demo@example.cn".to_owned(),
        name: "演示".to_owned(),
        password: PASSWORD.to_owned(),
        lang: Zh,
        roles: Roles::default(),
        demo: true,
    };
    accounts::create_person(app.market(), demo).await.unwrap();
    let disabled = keqiao_market::entity::person::Entity::find_by_id(disabled).one(app.market().database()).await.unwrap().unwrap().email;
    let tries = [
        (engineer.email(), "wrong password"),
        (engineer.email(), ""),
        ("nobody@example.cn".to_owned(), PASSWORD),
        (disabled, PASSWORD),
        ("demo@example.cn".to_owned(), PASSWORD),
        ("no address at all".to_owned(), PASSWORD),
    ];
    let mut seen = Vec::new();
    for (email, password) in &tries {
        let visitor = app.visitor();
        let page = visitor.open("/signin").await;
        let answer = visitor.send(page.form("sign_in").with([("email", email.as_str()), ("password", *password)])).await;
        assert_eq!((answer.status, answer.summary_errors()), (422, vec![t!(Zh, "error.sign_in_failed").to_owned()]), "{email}");
        assert!(visitor.session().is_none() && !answer.text.contains(PASSWORD));
        assert_eq!(answer.value_of("email").as_ref(), Some(email));
        seen.push(redacted(&answer, email));
    }
    for other in &seen {
        assert_eq!(*other, seen[0], "one page for all");
    }

    // Registering an address that is taken, and asking for a letter to one that is not there, look like success; only the owner learns more.
    let (taken, free) = (app.visitor(), app.visitor());
    for (visitor, email) in [(&taken, engineer.email()), (&free, "free@example.cn".to_owned())] {
        let page = visitor.open("/forgot").await;
        let answer = visitor.send(page.form("send").with([("email", email.as_str())])).await;
        assert_eq!((answer.status, answer.location()), (303, "/signin".to_owned()));
    }
    let page = taken.open("/register").await;
    let answer = taken
        .send(page.form("register").with([("name", "别人"), ("email", engineer.email().as_str()), ("password", "a different password")]))
        .await;
    assert!(answer.status == 303 && taken.session().is_none(), "{answer}");
    assert!(taken.follow(answer).await.says(t!(Zh, "flash.check_mail")));
    let letters = app.letters().await;
    assert!(letters.iter().any(|l| l.to == engineer.email() && l.text.contains("/forgot")), "{letters:?}");
    assert!(letters.iter().all(|l| l.to != "free@example.cn"));
    app.visitor().sign_in(&engineer.email(), PASSWORD).await;
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let app = TestApp::with(|settings| settings.limits.sign_in_tries = 5).await;
    let engineer = app.enterprise("沈工").await;
    let email = engineer.email();
    let guess = async |client: &Client, password: &str| {
        let page = client.open("/signin").await;
        client.send(page.form("sign_in").with([("email", email.as_str()), ("password", password)])).await
    };
    let attacker = app.visitor().from_peer([203, 0, 113, 7]);
    for place in 0..5 {
        assert_eq!(guess(&attacker, &format!("guess {place}")).await.summary_errors(), [t!(Zh, "error.sign_in_failed")]);
    }
    let refused = guess(&attacker, PASSWORD).await;
    assert_eq!(refused.status, 422);
    assert!(refused.summary_errors()[0].contains("操作过于频繁"), "even the right one: {refused}");
    let spoofing = app.visitor().from_peer([203, 0, 113, 7]).sending("x-forwarded-for", Some("198.51.100.1"));
    assert!(guess(&spoofing, PASSWORD).await.summary_errors()[0].contains("操作过于频繁"), "what a peer says of itself is not believed");
    let owner = app.visitor().from_peer([198, 51, 100, 9]);
    assert_eq!(guess(&owner, PASSWORD).await.status, 303, "the owner, elsewhere, still can");
    app.wait(Duration::minutes(15));
    assert_eq!(guess(&attacker, PASSWORD).await.status, 303, "time fills it again");

    // Many accounts from one peer come to an end as well.
    let sprayer = app.visitor().from_peer([203, 0, 113, 8]);
    let mut statuses = Vec::new();
    for place in 0..30 {
        let page = sprayer.open("/signin").await;
        let answer =
            sprayer.send(page.form("sign_in").with([("email", format!("p{place}@example.cn").as_str()), ("password", "guess")])).await;
        statuses.push(answer.summary_errors()[0].contains("操作过于频繁"));
    }
    assert_eq!(statuses.iter().filter(|slowed| !**slowed).count(), 25, "five times the limit of one account");
}

#[tokio::test]
async fn behind_a_proxy_the_peer_is_what_the_proxy_says() {
    let app = TestApp::with(|settings| {
        settings.limits.sign_in_tries = 3;
        settings.trusted_proxies = vec![[10, 0, 0, 1].into()];
    })
    .await;
    let engineer = app.enterprise("沈工").await;
    let guess = async |forwarded: &'static str, password: &'static str| {
        let client = app.visitor().from_peer([10, 0, 0, 1]).sending("x-forwarded-for", Some(forwarded));
        let page = client.open("/signin").await;
        client.send(page.form("sign_in").with([("email", engineer.email().as_str()), ("password", password)])).await.status == 303
    };
    for _ in 0..3 {
        assert!(!guess("203.0.113.7", "guess").await);
    }
    assert!(!guess("203.0.113.7", PASSWORD).await);
    assert!(!guess("198.51.100.1, 203.0.113.7", PASSWORD).await, "the entry of the proxy counts, not the client's own claim");
    assert!(!guess("203.0.113.7, 10.0.0.1", PASSWORD).await);
    assert!(guess("198.51.100.1", PASSWORD).await);
}

#[tokio::test]
async fn a_peer_that_posts_without_end_is_told_to_wait() {
    let app = TestApp::with(|settings| settings.posts_per_minute = 3).await;
    let (visitor, other) = (app.visitor().from_peer([203, 0, 113, 7]), app.visitor().from_peer([203, 0, 113, 8]));
    for _ in 0..3 {
        assert_eq!(visitor.post("/signin", ()).await.status, 422);
    }
    let answer = visitor.post("/en/signin", ()).await;
    assert_eq!((answer.status, answer.heading()), (429, t!(En, "page.too_many_title").to_owned()));
    assert_eq!(visitor.get("/signin").await.status, 200, "reading goes on");
    assert_eq!(other.post("/signin", ()).await.status, 422);
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    for next in
        ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/demands\r\nset-cookie: x=1", "/signout"]
    {
        let visitor = app.visitor();
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = visitor.open(&format!("/signin?next={query}")).await;
        assert_eq!(page.form("sign_in").value("next"), "", "{next}");
        let form = page.form("sign_in").with([("email", engineer.email().as_str()), ("password", PASSWORD)]).tampered([("next", next)]);
        assert_eq!(visitor.send(form).await.location(), "/work", "{next}");
    }
    let visitor = app.visitor();
    let page = visitor.get("/contracts/new?deal=JY-2026-000001").await;
    let page = visitor.follow(page).await;
    let back = visitor.send(page.form("sign_in").with([("email", engineer.email().as_str()), ("password", PASSWORD)])).await;
    assert_eq!(back.location(), "/contracts/new?deal=JY-2026-000001", "people get where they wanted to go");
    for path in ["//evil.example/", "/\\evil.example/", "//evil.example//", "/demands//"] {
        let answer = visitor.get(path).await;
        assert!(!answer.location().starts_with("//") && !answer.location().contains("\\"), "{path}: {}", answer.location());
    }
}

#[tokio::test]
async fn methods_that_no_page_has() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let before = app.rows().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE, Method::OPTIONS] {
        for path in ["/demands", "/demands/new", "/account", "/healthz"] {
            let answer = engineer.request(method.clone(), path, None, Vec::new()).await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    before.assert_same(&app.rows().await, "other methods");
    let head = engineer.request(Method::HEAD, "/demands", None, Vec::new()).await;
    assert!(head.status == 200 && head.bytes.is_empty());
    for path in
        ["/.git/config", "/.env", "/keqiao.toml", "/data/keqiao.db", "/metrics", "/assets/../Cargo.toml", "/assets/%2e%2e%2fCargo.toml"]
    {
        assert_eq!(engineer.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_flash_that_was_planted_says_nothing_of_its_own() {
    let app = TestApp::new().await;
    let visitor = app.visitor().sending("cookie", Some("__Host-flash=<b>您已中奖</b>"));
    let page = visitor.open("/").await;
    assert!(!page.text.contains("中奖"), "{page}");
}

/// A word that stands nowhere else.
const CANARY: &str = "zanthoxylum石墨烯七号";

#[tokio::test]
async fn what_is_confidential_is_found_nowhere() {
    let app = TestApp::new().await;
    let secret = format!("只给签了保密协议的人看：{CANARY}");
    let demand = DemandForm::complete().detail(&secret);
    let achievement = AchievementForm::complete().detail(&secret);
    let engineer = app.enterprise("沈工").await;
    let draft = engineer.post("/demands/new", demand.clone().set("action", "save")).await;
    let page = engineer.follow(draft).await;
    let attached = engineer
        .send(page.form("attach").with([("confidential", "yes"), ("file_reason", "样品数据")]).file(
            "file",
            &format!("{CANARY}.pdf"),
            pdf(CANARY),
        ))
        .await;
    let page = engineer.follow(attached).await;
    engineer.does(&page, "submit").await;
    let number = page.path.rsplit('/').next().unwrap().to_owned();
    let (officer, researcher) = (app.officer().await, app.institute("林研究员").await);
    app.publish(&officer, ListingKind::Demand, &number).await;
    let offer = app.published(&researcher, &officer, ListingKind::Achievement, achievement.fields()).await;
    app.index().await;
    let message: keqiao_model::Fields = [("message", "愿意面谈")].into_iter().collect();
    let interest = keqiao_market::interests::send_interest(
        app.market(),
        &researcher.actor().await,
        ListingKind::Demand,
        &number,
        Some(&offer),
        &message,
        None,
    )
    .await
    .unwrap();
    let people =
        [app.visitor(), app.enterprise("钱工").await, app.broker().await, app.county_officer("990124").await, researcher.another_window()];
    let word: String = form_urlencoded::byte_serialize(CANARY.as_bytes()).collect();
    let paths = [
        "/".to_owned(),
        "/demands".to_owned(),
        "/achievements".to_owned(),
        format!("/demands/{number}"),
        format!("/demands/{number}/matches"),
        format!("/demands/{number}/interest"),
        format!("/interests/{interest}"),
        "/interests".to_owned(),
        "/work".to_owned(),
        "/organisations".to_owned(),
        format!("/organisations/{}", engineer.organisation()),
        "/targets".to_owned(),
        "/sitemap.xml".to_owned(),
        "/readyz".to_owned(),
        format!("/achievements/{offer}/matches"),
    ];
    for who in &people {
        for path in &paths {
            for prefix in ["", "/en"] {
                let answer = who.get(&format!("{prefix}{path}")).await;
                let own = path.contains("/achievements/") && who.email() == researcher.email();
                assert!(own || !answer.text.contains("zanthoxylum"), "{path} for {}", who.email());
            }
        }
        for kind in ["demands", "achievements"] {
            for query in [word.as_str(), "zanthoxylum", "%E7%9F%B3%E5%A2%A8%E7%83%AF%E4%B8%83%E5%8F%B7"] {
                let found = who.open(&format!("/{kind}?q={query}")).await;
                assert_eq!(found.all(".result-title").len(), 0, "{kind} {query}");
            }
        }
    }
    for letter in app.letters().await {
        assert!(!format!("{letter:?}").contains("zanthoxylum"), "{letter:?}");
    }
    // In the database it stands where it belongs: the listing and its file's name, and nothing derived.
    let mut tables = app.rows().await.hold("zanthoxylum");
    tables.sort_unstable();
    assert_eq!(tables, ["attachment", "listing"]);
    // Whoever it is for reads it, and that is noted.
    assert!(engineer.open(&format!("/demands/{number}")).await.says(CANARY));
    assert!(!officer.open(&format!("/demands/{number}")).await.text.contains("zanthoxylum"), "not even officers read it");
}

#[tokio::test]
async fn the_mail_log_shows_no_link_that_lets_in() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let visitor = app.visitor().register("新人", "new@example.cn").await;
    let link = app.last_letter_to("new@example.cn").await.link_to("verify");
    let token = link.rsplit('/').next().unwrap();
    let log = admin.open("/admin/mail").await;
    assert!(log.says("new@example.cn") && !log.text.contains(token), "{log}");
    assert!(app.rows().await.hold(token).is_empty(), "no token is kept");
    assert_eq!(visitor.get("/admin/mail").await.status, 404);
    assert_eq!(app.officer().await.get("/admin/mail").await.status, 404, "only in the demo");
}
