//! What brokers and experts of the demo do beside deals: claims, introductions, questions.

use anyhow::Context as _;
use keqiao_market::{
    Actor, brokers, introductions,
    matching::{self, PairFilter},
    questions,
};
use keqiao_model::{ActivityKind, ClaimStage, Fields, ListingKind, QuestionMove, TrainingModule, format_date};
use time::Duration;
use uuid::Uuid;

use super::{
    Story,
    content::{City, Listed},
    people::People,
};

/// Pairs that the broker works on.
const CLAIMS: usize = 6;

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.into_iter().collect()
}

/// The broker introduces the two sides of a pair, and both acknowledge it. Pairs that cannot be claimed are left as they are.
pub(crate) async fn introduce(
    story: &Story,
    city: &City,
    people: &People,
    demand: &str,
    achievement: &str,
    sides: [&Actor; 2],
) -> anyhow::Result<()> {
    let market = &story.market;
    let Ok(claim) = brokers::claim_pair(market, &people.broker, demand, achievement, None).await else { return Ok(()) };
    let version = brokers::claim(market, &people.broker, claim).await?.version;
    let about = fields([("subject", &city.words.introduction)]);
    let number = introductions::introduce(market, &people.broker, claim, &about, version, None).await?;
    for side in sides {
        story.wait(Duration::hours(4));
        let version = introductions::introduction(market, side, &number).await?.summary.version;
        introductions::acknowledge(market, side, &number, version, None).await?;
    }
    Ok(())
}

/// The broker's profile, and the pairs at work now.
pub(crate) async fn broker(story: &mut Story, city: &City, people: &People) -> anyhow::Result<()> {
    let market = story.market.clone();
    let (words, broker) = (&city.words, &people.broker);
    story.hours_ago(24 * 9);
    let mut profile = fields([
        ("grade", "intermediate"),
        ("certificate", "JJR-0042"),
        ("issuer", &words.broker_issuer),
        ("fields", "manufacturing"),
        ("fields", "materials"),
        ("summary", &words.broker_summary),
    ]);
    for module in TrainingModule::ALL {
        profile.push(brokers::hours_field(*module), "24");
    }
    brokers::save_profile(&market, broker, &profile, 0, None).await?;
    let pairs = matching::best_pairs(&market, broker, &PairFilter::default(), 1).await?.items;
    let mut claimed = 0;
    for pair in pairs {
        if claimed == CLAIMS {
            break;
        }
        let Ok(claim) = brokers::claim_pair(&market, broker, &pair.demand.number, &pair.achievement.number, None).await else { continue };
        work_on(story, city, broker, claim, claimed).await?;
        claimed += 1;
    }
    Ok(())
}

async fn work_on(story: &Story, city: &City, broker: &Actor, claim: Uuid, place: usize) -> anyhow::Result<()> {
    let (market, words) = (&story.market, &city.words);
    let kinds = [ActivityKind::Call, ActivityKind::Visit, ActivityKind::Letter];
    for (kind, text) in kinds.iter().zip(&words.activities).take(place % 4) {
        story.wait(Duration::hours(7));
        brokers::add_activity(market, broker, claim, &fields([("kind", kind.code()), ("text", text)]), None).await?;
    }
    let day = format_date(market.now().to_offset(keqiao_market::CHINA).date() + Duration::days(5 + i64::try_from(place).unwrap_or(0)));
    if let Some(task) = words.tasks.get(place % words.tasks.len().max(1)) {
        brokers::add_task(market, broker, claim, &fields([("title", task), ("due_on", &day)]), None).await?;
    }
    let stage = [ClaimStage::Found, ClaimStage::Contacted, ClaimStage::Talking][place % 3];
    if stage != ClaimStage::Found {
        let version = brokers::claim(market, broker, claim).await?.version;
        brokers::set_stage(market, broker, claim, stage.code(), version, None).await?;
    }
    Ok(())
}

/// Companies ask experts; the first questions are answered.
pub(crate) async fn questions(story: &mut Story, city: &City, people: &People, listed: &[Listed]) -> anyhow::Result<()> {
    let market = story.market.clone();
    let asker = city.organisations.iter().find(|o| o.kind == "enterprise").context("the demo city has no enterprise")?;
    let asker = people.of(&asker.key)?;
    let offered = listed.iter().filter(|l| l.kind == ListingKind::Achievement).step_by(17).take(3);
    for (place, listing) in offered.enumerate() {
        story.hours_ago(24 * (12 - 4 * i64::try_from(place).unwrap_or(0)));
        let Ok(asking) = questions::asking(&market, asker, &listing.number).await else { continue };
        let Some(expert) = asking.experts.first() else { continue };
        let asked = fields([("achievement", &listing.number), ("expert", expert), ("text", &city.words.question)]);
        let Ok(number) = questions::ask(&market, asker, &asked, None).await else { continue };
        if place < 2 {
            story.wait(Duration::hours(30));
            let answerer = people.of(&listing.organisation)?;
            let version = questions::question(&market, answerer, &number).await?.version;
            let answer = fields([("answer", &city.words.answer)]);
            questions::move_question(&market, answerer, &number, QuestionMove::Answer, &answer, version, None).await?;
        }
    }
    Ok(())
}
