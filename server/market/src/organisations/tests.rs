use keqiao_model::Fields;
use sea_orm::{EntityTrait, PaginatorTrait};
use uuid::Uuid;

use super::*;
use crate::{
    accounts::{Roles, switch_organisation},
    entity::{mail, outbox},
    testing::{TestMarket, organisation_form, reasons},
};

fn code_of(fields: &Fields) -> String {
    fields.value("credit_code").to_owned()
}

fn changed(fields: &Fields, name: &str, value: &str) -> Fields {
    let kept = fields.0.iter().filter(|(n, _)| n != name).cloned();
    kept.chain([(name.to_owned(), value.to_owned())]).collect()
}

#[tokio::test]
async fn whoever_enters_an_organisation_manages_it() {
    let t = TestMarket::new().await;
    let actor = t.someone("shen").await;
    let form = organisation_form("云汀数印科技有限公司", "MA1AAAA1", "990102");
    assert!(matches!(create(&t.market, &Actor::Visitor, &form, None).await, Err(Error::SignIn)));
    let outside = changed(&form, "region", "110000");
    assert_eq!(reasons(create(&t.market, &actor, &changed(&outside, "name", ""), None).await), ["name: required", "region: choice"]);
    assert_eq!(reasons(create(&t.market, &actor, &outside, None).await), ["region: choice"]);
    let once = Some(Uuid::now_v7());
    let id = create(&t.market, &actor, &form, once).await.unwrap();
    assert_eq!(create(&t.market, &actor, &form, once).await.unwrap(), id);
    assert_eq!(reasons(create(&t.market, &actor, &form, None).await), ["credit_code: organisation_exists"]);
    let actor = t.actor(actor.id().unwrap()).await;
    assert!(actor.acts_for(id) && actor.organisation().unwrap().manager);
    let view = organisation(&t.market, &actor, id).await.unwrap();
    assert!(view.standing == Standing::Manager && view.may_edit && view.members.unwrap().len() == 1);
    let view = organisation(&t.market, &Actor::Visitor, id).await.unwrap();
    assert!(view.standing == Standing::None && view.members.is_none() && view.name == "云汀数印科技有限公司");
    assert!(matches!(organisation(&t.market, &actor, Uuid::now_v7()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn people_ask_and_managers_answer() {
    let t = TestMarket::new().await;
    let manager = t.someone("shen").await;
    let form = organisation_form("云汀数印科技有限公司", "MA1AAAA1", "990102");
    let id = create(&t.market, &manager, &form, None).await.unwrap();
    let manager = t.actor(manager.id().unwrap()).await;
    let lin = t.someone("lin").await;
    let person = lin.id().unwrap();
    assert_eq!(reasons(ask_to_join(&t.market, &lin, "911", None).await), ["credit_code: credit_code_length"]);
    let other = organisation_form("别的公司", "MA1BBBB2", "990102");
    assert_eq!(reasons(ask_to_join(&t.market, &lin, &code_of(&other), None).await), ["credit_code: organisation_unknown"]);
    for _ in 0..2 {
        assert_eq!(ask_to_join(&t.market, &lin, &code_of(&form).to_lowercase(), None).await.unwrap(), id, "asking twice is fine");
    }
    assert_eq!(outbox::Entity::find().count(&t.market.db).await.unwrap(), 1);
    assert_eq!(receivers_of_request(&t.market, id).await.unwrap().into_values().map(|r| r.0).collect::<Vec<_>>(), ["shen@example.cn"]);
    assert!(!t.actor(person).await.belongs_to(id), "asking is not belonging");
    assert!(matches!(switch_organisation(&t.market, &lin, id).await, Err(Error::NotFound)));
    assert!(matches!(members(&t.market, &lin, id).await, Err(Error::Forbidden)));
    assert!(matches!(answer_membership(&t.market, &lin, id, person, true).await, Err(Error::Forbidden)));
    let waiting = join_requests(&t.market, &manager, 1).await.unwrap();
    assert!(waiting.total == 1 && waiting.items[0].member.pending && waiting.items[0].organisation.0 == id);
    answer_membership(&t.market, &manager, id, person, true).await.unwrap();
    assert_eq!(reasons(answer_membership(&t.market, &manager, id, person, false).await), [": already_answered"]);
    let lin = t.actor(person).await;
    assert!(lin.acts_for(id) && !lin.organisation().unwrap().manager);
    assert_eq!(mail::Entity::find().count(&t.market.db).await.unwrap(), 1);
    // The last manager stays until there is another one.
    let me = manager.id().unwrap();
    assert_eq!(reasons(remove_member(&t.market, &manager, id, me).await), [": last_manager"]);
    assert_eq!(reasons(set_manager(&t.market, &manager, id, me, false).await), [": last_manager"]);
    assert!(matches!(set_manager(&t.market, &lin, id, person, true).await, Err(Error::Forbidden)));
    set_manager(&t.market, &manager, id, person, true).await.unwrap();
    remove_member(&t.market, &manager, id, me).await.unwrap();
    assert!(!t.actor(me).await.belongs_to(id), "at once");
    assert!(t.actor(person).await.organisation().unwrap().manager);
}

#[tokio::test]
async fn two_managers_cannot_remove_one_another() {
    let t = TestMarket::new().await;
    let first = t.someone("shen").await;
    let form = organisation_form("云汀数印科技有限公司", "MA1AAAA1", "990102");
    let id = create(&t.market, &first, &form, None).await.unwrap();
    let first = t.actor(first.id().unwrap()).await;
    let second = t.person("lin", Roles::default()).await;
    ask_to_join(&t.market, &t.actor(second).await, &code_of(&form), None).await.unwrap();
    answer_membership(&t.market, &first, id, second, true).await.unwrap();
    set_manager(&t.market, &first, id, second, true).await.unwrap();
    let second = t.actor(second).await;
    let (one, other) = (first.id().unwrap(), second.id().unwrap());
    let (a, b) = tokio::join!(remove_member(&t.market, &first, id, other), remove_member(&t.market, &second, id, one));
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
}

#[tokio::test]
async fn officers_answer_where_nobody_manages() {
    let t = TestMarket::new().await;
    let form = organisation_form("青屿县水产研究所", "MA1CCCC3", "990122");
    let content = OrganisationContent::read(&form).unwrap();
    let tx = t.market.write(&Actor::System).await.unwrap();
    let (row, new) = find_or_create(&tx, &content).await.unwrap();
    assert!(new && !find_or_create(&tx, &content).await.unwrap().1);
    tx.commit().await.unwrap();
    let officer = |region: &str| Roles { officer_region: Some(region.to_owned()), ..Roles::default() };
    let city = t.person("city", officer("990100")).await;
    let county = t.person("county", officer("990122")).await;
    let elsewhere = t.person("elsewhere", officer("990123")).await;
    let lin = t.someone("lin").await;
    let person = lin.id().unwrap();
    ask_to_join(&t.market, &lin, &code_of(&form), None).await.unwrap();
    let told: Vec<String> = receivers_of_request(&t.market, row.id).await.unwrap().into_values().map(|r| r.0).collect();
    assert_eq!(told, ["county@example.cn"]);
    let (city, county, elsewhere) = (t.actor(city).await, t.actor(county).await, t.actor(elsewhere).await);
    assert_eq!(join_requests(&t.market, &city, 1).await.unwrap().total, 1);
    assert_eq!(join_requests(&t.market, &elsewhere, 1).await.unwrap().total, 0);
    assert!(matches!(answer_membership(&t.market, &elsewhere, row.id, person, true).await, Err(Error::Forbidden)));
    ask_to_join(&t.market, &county, &code_of(&form), None).await.unwrap();
    assert_eq!(reasons(answer_membership(&t.market, &county, row.id, county.id().unwrap(), true).await), [": conflict_of_interest"]);
    answer_membership(&t.market, &county, row.id, person, true).await.unwrap();
    assert!(t.actor(person).await.organisation().unwrap().manager, "the first one manages");
    assert_eq!(join_requests(&t.market, &city, 1).await.unwrap().total, 0, "now its managers answer");
    assert_eq!(join_requests(&t.market, &t.actor(person).await, 1).await.unwrap().total, 1);
}

#[tokio::test]
async fn managers_change_what_may_change() {
    let t = TestMarket::new().await;
    let actor = t.someone("shen").await;
    let stranger = t.someone("lin").await;
    let form = organisation_form("云汀数印科技有限公司", "MA1AAAA1", "990102");
    let id = create(&t.market, &actor, &form, None).await.unwrap();
    let actor = t.actor(actor.id().unwrap()).await;
    let other = organisation_form("云汀数印科技有限公司", "MA1BBBB2", "990102");
    assert_eq!(reasons(update(&t.market, &actor, id, &other, 1).await), ["credit_code: fixed"]);
    assert_eq!(reasons(update(&t.market, &actor, id, &changed(&form, "kind", "agency"), 1).await), ["kind: fixed"]);
    let form = changed(&changed(&form, "name", "云汀100%数印"), "name_en", "Yunting Digital Print");
    assert!(matches!(update(&t.market, &stranger, id, &form, 1).await, Err(Error::Forbidden)));
    update(&t.market, &actor, id, &form, 1).await.unwrap();
    assert!(matches!(update(&t.market, &actor, id, &form, 1).await, Err(Error::Stale)));
    let found = async |query: &str, kind, region| organisations(&t.market, query, kind, region, 1).await.unwrap().total;
    assert_eq!(found("", None, None).await, 1);
    assert_eq!(found("digital PRINT", None, None).await, 1);
    assert_eq!(found("100%数", None, None).await, 1);
    assert_eq!(found("1%数", None, None).await, 0, "wild cards mean themselves");
    assert_eq!(found(&code_of(&form), Some(OrganisationKind::Enterprise), Some("990102")).await, 1);
    assert_eq!(found("", Some(OrganisationKind::Agency), None).await, 0);
    assert_eq!(found("", None, Some("990103")).await, 0);
}
