//! Who may see and do what, generated from the list of routes: a route without a row here does not compile.

use std::collections::BTreeSet;

use keqiao_app::Route;
use keqiao_model::{ListingKind, ListingMove};
use keqiao_tests::{Answer, DemandForm, TestApp};
use uuid::Uuid;

use crate::world::{NAMES, World, name_of};

const COLUMNS: [&str; 8] = ["visitor", "owner", "other side", "stranger", "broker", "county", "officer", "admin"];

/// A status as the table shows it: a redirect with where it leads.
fn cell(answer: &Answer) -> String {
    match answer.status {
        303 if answer.location().contains("/signin?next=") => "sign in".to_owned(),
        303 => "moved".to_owned(),
        status => status.to_string(),
    }
}

fn table(rows: Vec<(String, Vec<String>)>) -> String {
    let line = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|c| format!(" {c:<10}")).collect();
        format!("{name:<32}{cells}").trim_end().to_owned()
    };
    let head = line("", &COLUMNS.map(str::to_owned));
    std::iter::once(head).chain(rows.iter().map(|(name, cells)| line(name, cells))).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn who_may_open_what() {
    let world = World::new().await;
    let samples = world.samples();
    let sampled: BTreeSet<&str> = samples.iter().map(|(_, route)| name_of(route)).collect();
    assert_eq!(sampled, NAMES.iter().copied().collect(), "every route has a sample");
    let mut rows = Vec::new();
    let before = world.app.rows().await;
    for (what, route) in &samples {
        assert_eq!(Route::parse(&route.path()).map(|(_, r)| r).as_ref(), Some(route), "addresses read back");
        let mut cells = Vec::new();
        for (who, client) in &world.people {
            let answer = client.get(&route.path()).await;
            let english = client.get(&route.href(keqiao_model::Lang::En)).await;
            assert_eq!(cell(&answer), cell(&english), "{who} {route:?} in both languages");
            cells.push(cell(&answer));
        }
        let name = if what.is_empty() { name_of(route).to_owned() } else { format!("{} ({what})", name_of(route)) };
        let name = match route {
            Route::Listings(ListingKind::Achievement) | Route::ListingNew(ListingKind::Achievement) => format!("{name} (achievement)"),
            _ => name,
        };
        rows.push((name, cells));
    }
    before.assert_same(&world.app.rows().await, "reading");
    insta::assert_snapshot!(table(rows), @r#"
                                     visitor    owner      other side stranger   broker     county     officer    admin
    Home                             200        200        200        200        200        200        200        200
    About                            200        200        200        200        200        200        200        200
    Listings                         200        200        200        200        200        200        200        200
    Listings (achievement)           200        200        200        200        200        200        200        200
    ListingNew                       sign in    200        200        200        200        200        200        200
    ListingNew (achievement)         sign in    200        200        200        200        200        200        200
    Listing (in a deal)              200        200        200        200        200        200        200        200
    Listing (draft)                  404        200        404        404        404        404        404        200
    Listing (in review)              404        200        404        404        404        404        200        200
    ListingEdit (in a deal)          sign in    moved      404        404        404        404        404        404
    ListingEdit (draft)              sign in    200        404        404        404        404        404        404
    Matches (in a deal)              sign in    200        404        404        200        404        200        404
    Matches (draft)                  404        200        404        404        404        404        404        404
    InterestNew (in a deal)          sign in    200        200        200        200        200        200        200
    InterestNew (draft)              sign in    200        404        404        404        404        404        200
    Organisations                    200        200        200        200        200        200        200        200
    OrganisationNew                  sign in    200        200        200        200        200        200        200
    Organisation                     200        200        200        200        200        200        200        200
    OrganisationEdit                 sign in    200        403        403        403        403        200        200
    Experts                          200        200        200        200        200        200        200        200
    Work                             sign in    200        200        200        200        200        200        200
    Pairs                            sign in    404        404        404        200        200        200        404
    Interests                        sign in    200        200        200        200        200        200        200
    Interest                         sign in    200        200        404        404        404        404        404
    Deals                            sign in    200        200        200        200        200        200        200
    Deal                             sign in    200        200        404        404        404        404        404
    DealNda                          sign in    200        200        404        404        404        404        404
    DealTerms                        sign in    200        200        404        404        404        404        404
    DealMembers                      sign in    200        200        404        404        404        404        404
    DealDocument                     sign in    200        200        404        404        404        404        404
    DealNotice                       sign in    200        200        404        404        404        404        404
    DealCommission                   sign in    404        404        404        404        404        404        404
    ListingDetail (with a detail)    sign in    200        200        404        404        404        404        404
    ListingDetail (without)          sign in    200        200        404        404        404        404        404
    Disclosures                      sign in    200        200        200        200        200        200        200
    PublicNotices                    200        200        200        200        200        200        200        200
    PublicNotice (unknown)           404        404        404        404        404        404        404        404
    Sales                            200        200        200        200        200        200        200        200
    Sale (unknown)                   404        404        404        404        404        404        404        404
    SaleNew                          sign in    404        200        404        404        404        404        404
    Brokers                          200        200        200        200        200        200        200        200
    Broker                           200        200        200        200        200        200        200        200
    Board                            sign in    404        404        404        200        404        404        404
    Claim (unknown)                  sign in    404        404        404        404        404        404        404
    Fees                             sign in    200        200        200        200        200        200        200
    Introductions                    sign in    200        200        200        200        200        200        200
    Introduction (unknown)           sign in    404        404        404        404        404        404        404
    Questions                        sign in    200        200        200        200        200        200        200
    QuestionNew                      sign in    moved      moved      moved      moved      moved      moved      moved
    Question (unknown)               sign in    404        404        404        404        404        404        404
    Notices                          sign in    200        200        200        200        200        200        200
    NoticeSettings                   sign in    200        200        200        200        200        200        200
    Unsubscribe (unknown)            404        404        404        404        404        404        404        404
    Contracts                        200        200        200        200        200        200        200        200
    ContractNew                      sign in    200        200        200        200        200        200        200
    Contract (draft)                 404        404        200        404        404        404        404        200
    Contract (submitted)             404        200        200        404        404        404        200        200
    ContractEdit (draft)             sign in    404        200        404        404        404        404        404
    ContractEdit (submitted)         sign in    moved      moved      404        404        404        404        404
    ContractSection (draft)          sign in    404        200        404        404        404        404        404
    ContractAmend (submitted)        404        404        404        404        404        404        404        404
    ContractPerformance (submitted)  sign in    404        404        404        404        404        404        404
    Certificate (submitted)          sign in    404        404        404        404        404        404        404
    ContractImport                   sign in    403        403        403        403        200        200        403
    ContractImportBatch (unknown)    sign in    403        403        403        403        404        404        403
    Certificates                     200        200        200        200        200        200        200        200
    CertificateCheck (unknown)       404        404        404        404        404        404        404        404
    Rules                            200        200        200        200        200        200        200        200
    RuleNew                          sign in    403        403        403        403        403        200        200
    Rule (unknown)                   404        404        404        404        404        404        404        404
    Rewards                          sign in    200        200        200        200        200        200        200
    RewardNew                        sign in    200        200        200        200        200        200        200
    RewardReport                     sign in    200        200        200        200        200        200        200
    Reward (unknown)                 sign in    404        404        404        404        404        404        404
    Indicators                       200        200        200        200        200        200        200        200
    IndicatorNew                     sign in    404        404        404        404        200        200        404
    Indicator (unknown)              404        404        404        404        404        404        404        404
    Assessment                       200        200        200        200        200        200        200        200
    Snapshots                        200        200        200        200        200        200        200        200
    Snapshot (unknown)               404        404        404        404        404        404        404        404
    Dashboard                        sign in    404        404        404        404        200        200        200
    Targets                          200        200        200        200        200        200        200        200
    Target                           200        200        200        200        200        200        200        200
    Review                           sign in    404        404        404        404        200        200        404
    ReviewPrecision                  sign in    404        404        404        404        200        200        200
    ReviewWeights                    sign in    404        404        404        404        403        200        200
    ReviewListing (in review)        sign in    moved      404        404        404        404        200        moved
    ReviewListing (draft)            sign in    moved      404        404        404        404        404        moved
    ReviewContract (submitted)       sign in    moved      moved      404        404        404        200        moved
    ReviewContract (draft)           sign in    404        moved      404        404        404        404        moved
    Import                           sign in    200        200        200        200        200        200        200
    ImportBatch                      sign in    200        404        404        404        404        404        404
    Admin                            sign in    404        404        404        404        404        404        200
    AdminPeople                      sign in    404        404        404        404        404        404        200
    AdminPerson                      sign in    404        404        404        404        404        404        200
    AdminTargets                     sign in    404        404        404        404        404        200        200
    AdminMail                        sign in    404        404        404        404        404        404        200
    AdminAudit                       sign in    404        404        404        404        404        404        200
    SignIn                           200        moved      moved      moved      moved      moved      moved      moved
    Register                         200        moved      moved      moved      moved      moved      moved      moved
    Forgot                           200        200        200        200        200        200        200        200
    Reset                            200        200        200        200        200        200        200        200
    Verify                           200        200        200        200        200        200        200        200
    Account                          sign in    200        200        200        200        200        200        200
    SignOut                          moved      200        200        200        200        200        200        200
    Gallery                          200        200        200        200        200        200        200        200
    "#);
}

/// What somebody tries, and who may.
struct Attempt {
    what: &'static str,
    route: Route,
    fields: Vec<(&'static str, String)>,
    allowed: &'static [&'static str],
}

#[tokio::test]
async fn who_may_not_do_what() {
    use ListingKind::Demand;
    use Route as R;
    let world = World::new().await;
    let pair = world.pair();
    let engineer = pair.engineer.person().to_string();
    let attempt = |what, route, fields: &[(&'static str, &str)], allowed| Attempt {
        what,
        route,
        fields: fields.iter().map(|(n, v)| (*n, (*v).to_owned())).collect(),
        allowed,
    };
    let version = world.app.listing_version(&pair.engineer, Demand, &world.waiting).await.to_string();
    let listing = |action: &'static str, number: &str, allowed| {
        attempt(action, R::Listing(Demand, number.to_owned()), &[("action", action), ("version", &version), ("reason", "x")], allowed)
    };
    let mut attempts = vec![
        listing(ListingMove::TakeBack.code(), &world.waiting, &["owner"]),
        listing(ListingMove::Publish.code(), &world.waiting, &["officer"]),
        listing(ListingMove::Return.code(), &world.waiting, &["officer"]),
        listing(ListingMove::Expire.code(), &world.waiting, &[]),
        listing(ListingMove::OpenDeal.code(), &world.waiting, &[]),
        listing(ListingMove::Complete.code(), &world.waiting, &[]),
        attempt("publish", R::ReviewListing(Demand, world.waiting.clone()), &[("action", "publish"), ("version", &version)], &["officer"]),
        attempt("submit", R::Listing(Demand, world.draft.clone()), &[("action", "submit"), ("version", "1")], &["owner"]),
        attempt("attach", R::Listing(Demand, world.draft.clone()), &[("action", "attach")], &["owner"]),
        attempt("save", R::ListingEdit(Demand, world.draft.clone()), &[("action", "save"), ("version", "1"), ("title", "x")], &["owner"]),
        attempt(
            "save while in review",
            R::ListingEdit(Demand, world.waiting.clone()),
            &[("action", "save"), ("version", &version), ("title", "x")],
            &[],
        ),
        attempt("send", R::InterestNew(Demand, world.draft.clone()), &[("action", "send"), ("message", "x")], &[]),
        attempt(
            "recommend",
            R::InterestNew(Demand, pair.demand.clone()),
            &[("action", "recommend"), ("message", "x"), ("counter", &pair.achievement)],
            &["broker"],
        ),
        attempt(
            "judge",
            R::Matches(Demand, pair.demand.clone()),
            &[("action", "useful"), ("other", &pair.achievement)],
            &["owner", "broker", "officer"],
        ),
        attempt(
            "take back a verdict",
            R::Matches(Demand, pair.demand.clone()),
            &[("action", "revoke"), ("other", &pair.achievement)],
            &["owner", "broker", "officer"],
        ),
        attempt("restore", R::Matches(Demand, pair.demand.clone()), &[("action", "restore"), ("other", &pair.achievement)], &["owner"]),
        attempt("judge", R::Matches(Demand, world.draft.clone()), &[("action", "useful"), ("other", &pair.achievement)], &[]),
        attempt("answer", R::Interest(world.interest), &[("action", "decline"), ("version", "2"), ("code", "other"), ("reason", "x")], &[]),
        attempt("write", R::Deal(world.signed.deal.clone()), &[("action", "write"), ("body", "x")], &["owner", "other side"]),
        attempt("sign", R::Deal(world.signed.deal.clone()), &[("action", "sign"), ("version", "4")], &[]),
        attempt("register", R::Deal(world.signed.deal.clone()), &[("action", "register"), ("version", "4")], &[]),
        attempt("record", R::ContractNew, &[("action", "save")], &[]),
        attempt(
            "save",
            R::ContractSection(world.signed.contract.clone(), "subject".to_owned()),
            &[("action", "save"), ("version", "1"), ("title", "x")],
            &[],
        ),
        attempt("submit", R::Contract(world.signed.contract.clone()), &[("action", "submit"), ("version", "1")], &[]),
        attempt("take back", R::Contract(world.submitted.clone()), &[("action", "take_back"), ("version", "2")], &["other side"]),
        attempt("register", R::ReviewContract(world.submitted.clone()), &[("action", "register"), ("version", "2")], &["officer"]),
        attempt(
            "refuse",
            R::Contract(world.submitted.clone()),
            &[("action", "refuse"), ("version", "2"), ("code", "other"), ("reason", "x")],
            &["officer"],
        ),
        attempt(
            "cancel",
            R::Contract(world.submitted.clone()),
            &[("action", "cancel"), ("version", "2"), ("code", "other"), ("reason", "x")],
            &[],
        ),
        attempt("change", R::OrganisationEdit(pair.engineer.organisation()), &[("action", "save"), ("version", "1"), ("name", "x")], &[]),
        attempt("remove", R::OrganisationEdit(pair.engineer.organisation()), &[("action", "remove"), ("person", &engineer)], &[]),
        attempt("promote", R::OrganisationEdit(pair.engineer.organisation()), &[("action", "promote"), ("person", &engineer)], &["owner"]),
        attempt("commit", R::ImportBatch(world.batch), &[("action", "commit"), ("version", "1")], &["owner"]),
        attempt("discard", R::ImportBatch(world.batch), &[("action", "discard")], &["owner"]),
        attempt(
            "give roles",
            R::AdminPerson(pair.engineer.person()),
            &[("action", "roles"), ("version", "1"), ("admin", "yes")],
            &["admin"],
        ),
        attempt("learn", R::ReviewWeights, &[("action", "learn")], &[]),
        attempt("adopt", R::ReviewWeights, &[("action", "adopt"), ("version", "1")], &[]),
        attempt("return", R::ReviewWeights, &[("action", "declare"), ("version", "0")], &[]),
        attempt("switch", R::Account, &[("action", "switch"), ("organisation", &pair.engineer.organisation().to_string())], &["owner"]),
        attempt("end a session", R::Account, &[("action", "end"), ("session", &Uuid::nil().to_string())], &[]),
    ];
    for kind in [Demand, ListingKind::Achievement] {
        attempts.push(attempt("post", R::ListingNew(kind), &[("action", "save")], &[]));
    }
    // Nothing is posted to pages that only show something.
    for route in [
        R::Home,
        R::About,
        R::Listings(Demand),
        R::Organisations,
        R::Experts,
        R::Work,
        R::Pairs,
        R::Interests,
        R::Deals,
        R::Contracts,
        R::Targets,
        R::Target("contract_value".to_owned()),
        R::Review,
        R::ReviewPrecision,
        R::ReviewWeights,
        R::Admin,
        R::AdminPeople,
        R::AdminMail,
        R::AdminAudit,
        R::Gallery,
    ] {
        attempts.push(attempt("anything", route, &[("action", "save")], &[]));
    }
    let mut rows = Vec::new();
    let before = world.app.rows().await;
    for Attempt { what, route, fields, allowed } in attempts {
        let mut cells = Vec::new();
        for (who, client) in &world.people {
            if allowed.contains(who) {
                cells.push("may".to_owned());
                continue;
            }
            let mut path = route.path();
            if matches!(route, R::AdminTargets) {
                path.push_str("?figure=contract_value&year=2026&region=990102");
            }
            let answer = client.post(&path, fields.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect::<Vec<_>>()).await;
            before.assert_same(&world.app.rows().await, &format!("{who}: {what} {route:?} ({answer})"));
            cells.push(cell(&answer));
        }
        rows.push((format!("{} {what}", name_of(&route)), cells));
    }
    insta::assert_snapshot!(table(rows), @r#"
                                     visitor    owner      other side stranger   broker     county     officer    admin
    Listing take_back                404        may        404        404        404        404        403        403
    Listing publish                  404        403        404        404        404        404        may        403
    Listing return                   404        403        404        404        404        404        may        403
    Listing expire                   404        403        404        404        404        404        403        403
    Listing open_deal                404        403        404        404        404        404        403        403
    Listing complete                 404        403        404        404        404        404        403        403
    ReviewListing publish            404        403        404        404        404        404        may        403
    Listing submit                   404        may        404        404        404        404        404        403
    Listing attach                   404        may        404        404        404        404        404        422
    ListingEdit save                 sign in    may        404        404        404        404        404        404
    ListingEdit save while in review sign in    moved      404        404        404        404        404        404
    InterestNew send                 sign in    422        404        404        404        404        404        404
    InterestNew recommend            sign in    403        403        403        may        403        403        403
    Matches judge                    sign in    may        404        404        may        404        may        404
    Matches take back a verdict      sign in    may        404        404        may        404        may        404
    Matches restore                  sign in    may        404        404        403        404        403        404
    Matches judge                    sign in    404        404        404        404        404        404        404
    Interest answer                  sign in    422        422        404        404        404        404        404
    Deal write                       sign in    may        may        404        404        404        404        404
    Deal sign                        sign in    422        422        404        404        404        404        404
    Deal register                    sign in    403        403        404        404        404        404        404
    ContractNew record               sign in    422        422        422        422        422        422        422
    ContractSection save             sign in    404        422        404        404        404        404        404
    Contract submit                  404        404        422        404        404        404        404        403
    Contract take back               404        403        may        404        404        404        403        403
    ReviewContract register          404        403        403        404        404        404        may        403
    Contract refuse                  404        403        403        404        404        404        may        403
    Contract cancel                  404        403        403        404        404        404        403        403
    OrganisationEdit change          sign in    422        403        403        403        403        403        403
    OrganisationEdit remove          sign in    422        403        403        403        403        422        422
    OrganisationEdit promote         sign in    may        403        403        403        403        moved      moved
    ImportBatch commit               sign in    may        404        404        404        404        404        404
    ImportBatch discard              sign in    may        404        404        404        404        404        404
    AdminPerson give roles           sign in    404        404        404        404        404        404        may
    ReviewWeights learn              sign in    404        404        404        404        403        422        422
    ReviewWeights adopt              sign in    404        404        404        404        403        422        422
    ReviewWeights return             sign in    404        404        404        404        403        422        422
    Account switch                   sign in    may        404        404        404        404        404        404
    Account end a session            sign in    404        404        404        404        404        404        404
    ListingNew post                  sign in    422        422        422        422        422        422        422
    ListingNew post                  sign in    422        422        422        422        422        422        422
    Home anything                    404        404        404        404        404        404        404        404
    About anything                   404        404        404        404        404        404        404        404
    Listings anything                404        404        404        404        404        404        404        404
    Organisations anything           404        404        404        404        404        404        404        404
    Experts anything                 404        404        404        404        404        404        404        404
    Work anything                    404        404        404        404        404        404        404        404
    Pairs anything                   404        404        404        404        404        404        404        404
    Interests anything               404        404        404        404        404        404        404        404
    Deals anything                   404        404        404        404        404        404        404        404
    Contracts anything               404        404        404        404        404        404        404        404
    Targets anything                 404        404        404        404        404        404        404        404
    Target anything                  404        404        404        404        404        404        404        404
    Review anything                  404        404        404        404        404        404        404        404
    ReviewPrecision anything         404        404        404        404        404        404        404        404
    ReviewWeights anything           404        404        404        404        404        404        404        404
    Admin anything                   404        404        404        404        404        404        404        404
    AdminPeople anything             404        404        404        404        404        404        404        404
    AdminMail anything               404        404        404        404        404        404        404        404
    AdminAudit anything              404        404        404        404        404        404        404        404
    Gallery anything                 404        404        404        404        404        404        404        404
    "#);
}

#[tokio::test]
async fn fields_that_no_form_has_are_ignored() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let stranger = app.enterprise("钱工").await;
    let forged = [
        ("state", "published"),
        ("number", "XQ-2020-000001"),
        ("region", "990124"),
        ("organisation_id", &stranger.organisation().to_string()),
        ("organisation", &stranger.organisation().to_string()),
        ("person_id", &stranger.person().to_string()),
        ("published_at", "1"),
        ("id", &Uuid::nil().to_string()),
    ];
    let page = engineer.open("/demands/new").await;
    let form = forged.iter().fold(page.form("save").with(DemandForm::complete()), |form, (n, v)| form.tampered([(*n, *v)]));
    let draft = engineer.send(form).await;
    assert_eq!(draft.location(), "/demands/XQ-2026-000001");
    assert_eq!(stranger.get("/demands/XQ-2026-000001").await.status, 404);
    assert!(engineer.follow(draft).await.says("草稿"));
    let roles = [("admin", "yes"), ("broker", "yes"), ("officer_region", "990100"), ("verified", "yes"), ("email", "x@example.cn")];
    let page = engineer.open("/account").await;
    let form = roles.iter().fold(page.form("profile"), |form, (n, v)| form.tampered([(*n, *v)]));
    assert_eq!(engineer.send(form).await.status, 303);
    let actor = engineer.actor().await;
    let person = actor.person().unwrap();
    assert!(!person.admin && !person.broker && person.officer.is_none() && person.email == engineer.email());
    let new = app.visitor();
    let page = new.open("/register").await;
    let form = page.form("register").with([("name", "新人"), ("email", "new@example.cn"), ("password", keqiao_tests::PASSWORD)]);
    new.send(roles[..4].iter().fold(form, |form, (n, v)| form.tampered([(*n, *v)]))).await;
    assert_eq!(new.get("/admin").await.status, 404);
    assert_eq!(new.get("/review").await.status, 404);
}

#[tokio::test]
async fn nobody_decides_on_what_is_their_own() {
    let app = TestApp::new().await;
    let engineer = app.enterprise("沈工").await;
    let roles = keqiao_market::accounts::Roles { officer_region: Some("990100".to_owned()), ..Default::default() };
    let both = app.signed_in("两头", roles).await;
    let code = keqiao_market::organisations::organisation(app.market(), &engineer.actor().await, engineer.organisation())
        .await
        .unwrap()
        .credit_code;
    keqiao_market::organisations::ask_to_join(app.market(), &both.actor().await, &code, None).await.unwrap();
    keqiao_market::organisations::answer_membership(app.market(), &engineer.actor().await, engineer.organisation(), both.person(), true)
        .await
        .unwrap();
    let form = DemandForm::complete().fields();
    let number = keqiao_market::listings::create_listing(app.market(), &engineer.actor().await, ListingKind::Demand, &form, true, None)
        .await
        .unwrap();
    assert!(!both.open("/review").await.links().iter().any(|l| l.contains(&number)));
    let before = app.rows().await;
    let answer = both.post(&format!("/review/demands/{number}"), [("action", "publish"), ("version", "2")]).await;
    assert_eq!(answer.status, 403, "{answer}");
    before.assert_same(&app.rows().await, "an officer of the same organisation");
    let county = app.county_officer("990103").await;
    assert_eq!(county.get(&format!("/demands/{number}")).await.status, 404, "not this county's");
    assert_eq!(app.county_officer("990102").await.get(&format!("/review/demands/{number}")).await.status, 200);
}
