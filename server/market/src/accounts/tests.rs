use std::time::Instant;

use keqiao_model::Lang;
use sea_orm::{EntityTrait, PaginatorTrait};
use time::Duration;
use uuid::Uuid;

use super::*;
use crate::{
    entity::{audit, mail},
    letters::{self, MailState, due_mail, mail_log, mark_failed, mark_sent},
    testing::{PASSWORD, TestMarket, reasons},
};

fn registration(email: &str) -> Registration {
    Registration {
        email: email.to_owned(),
        name: "沈知远".to_owned(),
        password: PASSWORD.to_owned(),
        lang: Lang::Zh,
        peer: "192.0.2.1".to_owned(),
    }
}

/// The token at the end of the newest letter of a kind.
async fn token_of(market: &Market, kind: &str) -> String {
    let rows = mail::Entity::find().all(&market.db).await.unwrap();
    let row = rows.into_iter().filter(|m| m.subject == kind).max_by_key(|m| m.id).unwrap();
    let body: serde_json::Value = serde_json::from_str(&row.body).unwrap();
    body["letter"]["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn enter(market: &Market, email: &str, password: &str) -> Result<Actor> {
    let new = sign_in(market, email, password, "Firefox", "192.0.2.1").await?;
    Ok(actor_of(market, &new.token).await?.unwrap())
}

#[tokio::test]
async fn a_person_registers_confirms_and_signs_in() {
    let t = TestMarket::new().await;
    let once = Some(Uuid::now_v7());
    let id = register(&t.market, registration(" Shen@Example.cn "), once).await.unwrap();
    assert_eq!(register(&t.market, registration("shen@example.cn"), once).await.unwrap(), id, "the form posted twice");
    let token = token_of(&t.market, "verify_email").await;
    let first = sign_in(&t.market, "shen@example.cn", PASSWORD, "Firefox", "192.0.2.1").await.unwrap();
    let actor = actor_of(&t.market, &first.token).await.unwrap().unwrap();
    let person = actor.signed_in().unwrap();
    assert!(person.id == id && !person.verified && person.name == "沈知远" && person.organisation.is_none());
    verify_email(&t.market, &token).await.unwrap();
    assert_eq!(reasons(verify_email(&t.market, &token).await), [": link_expired"], "a link works once");
    assert!(actor_of(&t.market, &first.token).await.unwrap().unwrap().signed_in().unwrap().verified);
    let second = sign_in(&t.market, "SHEN@example.cn", PASSWORD, "Firefox", "192.0.2.1").await.unwrap();
    assert_ne!(first.token, second.token);
    sign_out(&t.market, &actor).await.unwrap();
    assert_eq!(actor_of(&t.market, &first.token).await.unwrap(), None);
    assert!(actor_of(&t.market, &second.token).await.unwrap().is_some());
    let stored = session::Entity::find().all(&t.market.db).await.unwrap();
    assert!(stored.iter().all(|s| s.token_hash != second.token && s.token_hash.len() == 64));
}

#[tokio::test]
async fn what_is_typed_wrong_is_refused_at_its_field() {
    let t = TestMarket::new().await;
    let wrong = Registration { email: "nobody".into(), name: " ".into(), password: "12345678".into(), ..registration("") };
    assert_eq!(reasons(register(&t.market, wrong, None).await), ["email: email", "name: required", "password: password_common"]);
}

#[tokio::test]
async fn nobody_learns_that_an_address_is_taken() {
    let t = TestMarket::new().await;
    let id = register(&t.market, registration("shen@example.cn"), None).await.unwrap();
    for _ in 0..2 {
        let other =
            register(&t.market, Registration { password: "quite another one".into(), ..registration("shen@example.cn") }, None).await;
        assert_ne!(other.unwrap(), id);
    }
    assert_eq!(person_table::Entity::find().count(&t.market.db).await.unwrap(), 1);
    let kinds: Vec<String> = mail::Entity::find().all(&t.market.db).await.unwrap().into_iter().map(|m| m.subject).collect();
    assert_eq!(kinds, ["verify_email", "address_taken"], "one warning a day");
    assert!(enter(&t.market, "shen@example.cn", PASSWORD).await.is_ok());
    assert_eq!(reasons(enter(&t.market, "shen@example.cn", "quite another one").await), [": sign_in_failed"]);
    ask_reset(&t.market, "nobody@example.cn", "192.0.2.1").await.unwrap();
    assert_eq!(mail::Entity::find().count(&t.market.db).await.unwrap(), 2);
}

#[tokio::test]
async fn signing_in_fails_alike_and_takes_alike_long() {
    let t = TestMarket::with(|c| c.hash_memory = 19 * 1024).await;
    t.person("shen", Roles::default()).await;
    let out = t.person("out", Roles { disabled: true, ..Roles::default() }).await;
    assert_eq!(actor_for(&t.market, out).await.unwrap(), None);
    let mut times = Vec::new();
    for (email, password) in
        [("shen@example.cn", "wrong password"), ("nobody@example.cn", "wrong password"), ("out@example.cn", PASSWORD), ("", "")]
    {
        let mut least = std::time::Duration::MAX;
        for _ in 0..4 {
            let start = Instant::now();
            assert_eq!(reasons(sign_in(&t.market, email, password, "", "192.0.2.1").await), [": sign_in_failed"]);
            least = least.min(start.elapsed());
        }
        times.push(least);
    }
    let (least, most) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!(*most < *least * 5, "{times:?}");
}

#[tokio::test]
async fn tries_run_out_for_one_peer_and_come_back() {
    let t = TestMarket::new().await;
    t.person("shen", Roles::default()).await;
    let tries = t.market.config.limits.sign_in_tries;
    for _ in 0..tries {
        assert_eq!(reasons(sign_in(&t.market, "shen@example.cn", "wrong password", "", "192.0.2.9").await), [": sign_in_failed"]);
    }
    // Even the right password has to wait; 15 minutes hold ten tries, so the next one is 90 seconds away.
    let refused = sign_in(&t.market, "shen@example.cn", PASSWORD, "", "192.0.2.9").await;
    assert!(matches!(refused, Err(Error::TooMany { seconds: 90 })), "{refused:?}");
    assert!(enter(&t.market, "shen@example.cn", PASSWORD).await.is_ok(), "the owner comes from elsewhere");
    t.wait(Duration::seconds(91));
    for _ in 0..3 * tries {
        sign_in(&t.market, "shen@example.cn", PASSWORD, "", "192.0.2.9").await.expect("who knows the password uses nothing up");
    }
}

#[tokio::test]
async fn simultaneous_tries_share_no_token() {
    let t = TestMarket::new().await;
    t.person("shen", Roles::default()).await;
    let tries = (0..30).map(|_| sign_in(&t.market, "shen@example.cn", "wrong password", "", "192.0.2.9"));
    let results = futures::future::join_all(tries).await;
    let slowed = results.iter().filter(|r| matches!(r, Err(Error::TooMany { .. }))).count();
    assert_eq!(slowed, 20, "{results:?}");
}

#[tokio::test]
async fn a_session_ends_when_unused_and_in_any_case() {
    let t = TestMarket::new().await;
    t.person("shen", Roles::default()).await;
    let token = sign_in(&t.market, "shen@example.cn", PASSWORD, "Firefox", "").await.unwrap().token;
    for _ in 0..27 {
        t.wait(Duration::hours(11));
        assert!(actor_of(&t.market, &token).await.unwrap().is_some(), "used again and again");
    }
    t.wait(Duration::days(2));
    assert_eq!(actor_of(&t.market, &token).await.unwrap(), None, "fourteen days are over");
    let token = sign_in(&t.market, "shen@example.cn", PASSWORD, "Firefox", "").await.unwrap().token;
    t.wait(Duration::hours(12));
    assert_eq!(actor_of(&t.market, &token).await.unwrap(), None, "nobody used it for twelve hours");
    t.wait(Duration::hours(-12));
    assert_eq!(actor_of(&t.market, &token).await.unwrap(), None, "a clock set back revives nothing");
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions() {
    let t = TestMarket::new().await;
    t.person("shen", Roles::default()).await;
    t.person("other", Roles::default()).await;
    let here = enter(&t.market, "shen@example.cn", PASSWORD).await.unwrap();
    let there = enter(&t.market, "shen@example.cn", PASSWORD).await.unwrap();
    let stranger = enter(&t.market, "other@example.cn", PASSWORD).await.unwrap();
    let mine = sessions(&t.market, &here).await.unwrap();
    assert_eq!(mine.iter().filter(|s| s.current).count(), 1);
    assert_eq!(mine.len(), 2);
    let other = there.signed_in().unwrap().session;
    assert!(matches!(end_session(&t.market, &stranger, other).await, Err(Error::NotFound)));
    end_session(&t.market, &here, other).await.unwrap();
    assert_eq!(sessions(&t.market, &here).await.unwrap().len(), 1);
    sign_out_everywhere(&t.market, &here).await.unwrap();
    assert_eq!(sessions(&t.market, &here).await.unwrap(), []);
}

#[tokio::test]
async fn a_forgotten_password_is_set_once_by_letter() {
    let t = TestMarket::new().await;
    register(&t.market, registration("shen@example.cn"), None).await.unwrap();
    let old = sign_in(&t.market, "shen@example.cn", PASSWORD, "", "").await.unwrap().token;
    ask_reset(&t.market, "shen@example.cn", "192.0.2.1").await.unwrap();
    ask_reset(&t.market, "shen@example.cn", "192.0.2.1").await.unwrap();
    let token = token_of(&t.market, "reset_password").await;
    assert_eq!(reasons(verify_email(&t.market, &token).await), [": link_expired"], "a link serves its own purpose only");
    assert_eq!(reasons(reset_password(&t.market, &token, "short").await), ["password: password_short"]);
    reset_password(&t.market, &token, "a new and better one").await.unwrap();
    assert_eq!(reasons(reset_password(&t.market, &token, "and another better one").await), [": link_expired"]);
    let open = ticket::Entity::find().filter(unused(Purpose::ResetPassword, 0)).count(&t.market.db).await.unwrap();
    assert_eq!(open, 0, "earlier letters are void");
    assert_eq!(actor_of(&t.market, &old).await.unwrap(), None, "every session ends");
    assert_eq!(reasons(enter(&t.market, "shen@example.cn", PASSWORD).await), [": sign_in_failed"]);
    let actor = enter(&t.market, "shen@example.cn", "a new and better one").await.unwrap();
    assert!(actor.signed_in().unwrap().verified, "who has the letter has the address");
    ask_reset(&t.market, "shen@example.cn", "192.0.2.1").await.unwrap();
    let late = token_of(&t.market, "reset_password").await;
    t.wait(Duration::minutes(61));
    assert_eq!(reasons(reset_password(&t.market, &late, "too late for this one").await), [": link_expired"]);
}

#[tokio::test]
async fn changing_the_password_ends_the_other_sessions() {
    let t = TestMarket::new().await;
    t.person("shen", Roles::default()).await;
    let here = sign_in(&t.market, "shen@example.cn", PASSWORD, "", "").await.unwrap().token;
    let there = sign_in(&t.market, "shen@example.cn", PASSWORD, "", "").await.unwrap().token;
    let actor = actor_of(&t.market, &here).await.unwrap().unwrap();
    assert_eq!(reasons(change_password(&t.market, &actor, "not mine", "a new and better one").await), ["current: password_wrong"]);
    change_password(&t.market, &actor, PASSWORD, "a new and better one").await.unwrap();
    assert!(actor_of(&t.market, &here).await.unwrap().is_some());
    assert_eq!(actor_of(&t.market, &there).await.unwrap(), None);
    update_profile(&t.market, &actor, "沈致远", Lang::En).await.unwrap();
    let person = actor_of(&t.market, &here).await.unwrap().unwrap();
    assert!(person.signed_in().unwrap().name == "沈致远" && person.signed_in().unwrap().lang == Lang::En);
}

#[tokio::test]
async fn administrators_give_roles_and_cannot_vanish() {
    let t = TestMarket::new().await;
    let admin = create_admin(&t.market, "root@example.cn", "管理员", PASSWORD).await.unwrap();
    let admin = t.actor(admin).await;
    let shen = t.person("shen", Roles::default()).await;
    let token = sign_in(&t.market, "shen@example.cn", PASSWORD, "", "").await.unwrap().token;
    let someone = t.actor(shen).await;
    assert!(matches!(people(&t.market, &someone, "", 1).await, Err(Error::NotFound)));
    assert!(matches!(people(&t.market, &Actor::Visitor, "", 1).await, Err(Error::SignIn)));
    let found = people(&t.market, &admin, "SHEN@", 1).await.unwrap();
    assert_eq!(found.items.iter().map(|p| p.id).collect::<Vec<_>>(), [shen]);
    assert_eq!(people(&t.market, &admin, "_%", 1).await.unwrap().total, 0, "wild cards mean themselves");
    let officer = Roles { broker: true, officer_region: Some("990102".into()), ..Roles::default() };
    set_roles(&t.market, &admin, shen, officer.clone(), 1).await.unwrap();
    assert!(matches!(set_roles(&t.market, &admin, shen, officer, 1).await, Err(Error::Stale)));
    let now = actor_of(&t.market, &token).await.unwrap().unwrap();
    assert!(now.is_broker() && now.is_officer_of("990102"), "at once");
    let unknown = Roles { officer_region: Some("110000".into()), ..Roles::default() };
    assert_eq!(reasons(set_roles(&t.market, &admin, shen, unknown, 2).await), ["officer_region: choice"]);
    let own = admin.id().unwrap();
    for lost in [Roles::default(), Roles { admin: true, disabled: true, ..Roles::default() }] {
        assert_eq!(reasons(set_roles(&t.market, &admin, own, lost, 1).await), ["admin: last_admin"]);
    }
    set_roles(&t.market, &admin, shen, Roles { disabled: true, ..Roles::default() }, 2).await.unwrap();
    assert_eq!(actor_of(&t.market, &token).await.unwrap(), None);
    assert!(person(&t.market, &admin, shen).await.unwrap().roles.disabled);
    // The command line makes an administrator of somebody who is there.
    assert_eq!(create_admin(&t.market, "shen@example.cn", "沈知远", PASSWORD).await.unwrap(), shen);
    set_roles(&t.market, &admin, own, Roles::default(), 1).await.unwrap();
}

#[tokio::test]
async fn demo_people_sign_in_only_in_the_demo() {
    for demo in [true, false] {
        let t = TestMarket::with(|c| c.demo = demo).await;
        let new = NewPerson {
            email: "demo@example.cn".into(),
            name: "演示".into(),
            password: PASSWORD.into(),
            lang: Lang::Zh,
            roles: Roles::default(),
            demo: true,
        };
        create_person(&t.market, new).await.unwrap();
        assert_eq!(sign_in(&t.market, "demo@example.cn", PASSWORD, "", "").await.is_ok(), demo);
    }
}

#[tokio::test]
async fn letters_are_sent_once_and_given_up_at_last() {
    let t = TestMarket::new().await;
    let admin = create_admin(&t.market, "root@example.cn", "管理员", PASSWORD).await.unwrap();
    let admin = t.actor(admin).await;
    register(&t.market, registration("a@example.cn"), None).await.unwrap();
    register(&t.market, Registration { lang: Lang::En, ..registration("b@example.cn") }, None).await.unwrap();
    let due = due_mail(&t.market, 10).await.unwrap();
    assert_eq!(due.len(), 2);
    let letters::Letter::VerifyEmail { link } = &due[1].letter else { panic!("{:?}", due[1]) };
    assert!(link.starts_with("http://127.0.0.1:3000/en/verify/") && due[1].lang == Lang::En);
    assert_eq!(due_mail(&t.market, 10).await.unwrap(), [], "claimed");
    mark_sent(&t.market, due[0].id).await.unwrap();
    let stored = mail::Entity::find_by_id(due[0].id).one(&t.market.db).await.unwrap().unwrap();
    assert!(stored.state == "sent" && !stored.body.contains("/verify/"), "a sent secret is forgotten");
    for attempt in 0..8 {
        mark_failed(&t.market, due[1].id, "no\r\nroute").await.unwrap();
        t.wait(Duration::minutes((1 << attempt) - 1));
        assert_eq!(due_mail(&t.market, 10).await.unwrap(), [], "too early after {attempt}");
        t.wait(Duration::minutes(1));
        assert_eq!(due_mail(&t.market, 10).await.unwrap().len(), usize::from(attempt < 7), "after {attempt}");
    }
    let log = mail_log(&t.market, &admin, 1).await.unwrap();
    let states: Vec<_> = log.items.iter().map(|m| (m.state, m.attempts, m.error.as_str())).collect();
    assert_eq!(states, [(MailState::Failed, 8, "noroute"), (MailState::Sent, 1, "")]);
    assert!(log.items.iter().all(|m| m.letter == letters::Letter::VerifyEmail { link: String::new() }));
    assert!(matches!(mail_log(&t.market, &Actor::Visitor, 1).await, Err(Error::SignIn)));
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_deeds_are_not() {
    let t = TestMarket::new().await;
    register(&t.market, registration("shen@example.cn"), Some(Uuid::now_v7())).await.unwrap();
    enter(&t.market, "shen@example.cn", PASSWORD).await.unwrap();
    assert_eq!(purge(&t.market).await.unwrap(), 0);
    let deeds = audit::Entity::find().count(&t.market.db).await.unwrap();
    t.wait(Duration::days(4));
    // A session, a link, a form, two buckets of registration and three of signing in.
    assert_eq!(purge(&t.market).await.unwrap(), 8);
    assert_eq!(audit::Entity::find().count(&t.market.db).await.unwrap(), deeds);
}
