//! Who lives in the demo city.

use std::collections::BTreeMap;

use anyhow::Context as _;
use keqiao_app::{DEMO_ACCOUNTS, DEMO_PASSWORD};
use keqiao_market::{
    Actor,
    accounts::{self, NewPerson, Roles},
    organisations,
};
use keqiao_model::{CreditCode, Fields, Lang};
use uuid::Uuid;

use super::{Story, content::City};

/// Actors by what they do.
pub(crate) struct People {
    /// Somebody of each organisation, by its key.
    pub(crate) by_organisation: BTreeMap<String, Actor>,
    pub(crate) broker: Actor,
    /// The city's officer.
    pub(crate) officer: Actor,
    /// The city's officer who does the second reviews.
    pub(crate) reviewer: Actor,
    /// An officer of the first county.
    pub(crate) county: Actor,
}

impl People {
    pub(crate) fn of(&self, organisation: &str) -> anyhow::Result<&Actor> {
        self.by_organisation.get(organisation).with_context(|| format!("nobody of {organisation}"))
    }
}

/// A credit code for something that does not exist; `serial` tells one from another.
pub(crate) fn credit_code(kind: &str, region: &str, serial: usize) -> anyhow::Result<String> {
    let head = match kind {
        "institute" => "12",
        _ => "91",
    };
    let code = CreditCode::complete(&format!("{head}{region}"), &format!("MA{serial:06}"));
    Ok(code.map_err(|e| anyhow::anyhow!("demo credit code: {e:?}"))?.as_str().to_owned())
}

async fn enter(story: &Story, email: &str, name: &str, roles: Roles) -> anyhow::Result<Uuid> {
    let new =
        NewPerson { email: email.to_owned(), name: name.to_owned(), password: DEMO_PASSWORD.to_owned(), lang: Lang::Zh, roles, demo: true };
    Ok(accounts::create_person(&story.market, new).await?)
}

async fn actor(story: &Story, id: Uuid) -> anyhow::Result<Actor> {
    accounts::actor_for(&story.market, id).await?.context("a demo person vanished")
}

/// Founds every organisation with one person in it, and the people who act for the whole city.
pub(crate) async fn settle(story: &mut Story, city: &City, step: &mut impl FnMut(usize)) -> anyhow::Result<People> {
    let names = &city.words.people;
    let [engineer, researcher, broker, officer, reviewer, county, admin] = DEMO_ACCOUNTS.map(|(email, _)| email);
    let market = story.market.clone();
    let city_code = market.config().city.clone();
    let county_code = market.counties().next().map_or_else(|| city_code.clone(), |r| r.code.clone());
    enter(story, admin, &names.admin, Roles { admin: true, ..Roles::default() }).await?;
    let county = enter(story, county, &names.county, Roles { officer_region: Some(county_code), ..Roles::default() }).await?;
    let of_city = Roles { officer_region: Some(city_code), ..Roles::default() };
    let officer = enter(story, officer, &names.officer, of_city.clone()).await?;
    let reviewer = enter(story, reviewer, &names.reviewer, of_city).await?;
    let broker = enter(story, broker, &names.broker, Roles { broker: true, ..Roles::default() }).await?;
    let mut by_organisation = BTreeMap::new();
    let (mut engineer, mut researcher) = (Some(engineer), Some(researcher));
    for (place, o) in city.organisations.iter().enumerate() {
        let chosen = if o.kind == "enterprise" {
            engineer.take().map(|e| (e, &names.engineer))
        } else {
            researcher.take().map(|r| (r, &names.researcher))
        };
        let (email, name) = match chosen {
            Some((email, name)) => (email.to_owned(), name.clone()),
            None => (format!("{}@demo.keqiao", o.key), format!("{}{}", story.dice.pick(&names.surnames), story.dice.pick(&names.given))),
        };
        let id = enter(story, &email, &name, Roles::default()).await?;
        let fields: Fields = [
            ("credit_code", credit_code(&o.kind, &o.region, place + 1)?),
            ("name", o.name.clone()),
            ("name_en", o.name_en.clone()),
            ("kind", o.kind.clone()),
            ("legal_kind", o.legal_kind.clone()),
            ("region", o.region.clone()),
            ("industry", o.industry.clone()),
            ("summary", o.summary.clone()),
        ]
        .into_iter()
        .collect();
        let person = actor(story, id).await?;
        organisations::create(&market, &person, &fields, None).await.with_context(|| format!("demo organisation {}", o.key))?;
        by_organisation.insert(o.key.clone(), actor(story, id).await?);
        step(1);
    }
    let (officer, reviewer, county) = (actor(story, officer).await?, actor(story, reviewer).await?, actor(story, county).await?);
    Ok(People { by_organisation, broker: actor(story, broker).await?, officer, reviewer, county })
}
