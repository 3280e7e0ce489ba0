//! How prices were found: public notices of public units, an auction that is over, one that is open, and a listed price.

use keqiao_market::{
    Actor, CHINA, clocks, listings,
    public_notices::{self, NoticeForm},
    sales,
};
use keqiao_model::{BidderMove, Fields, ListingKind, ListingState, ObjectionMove, format_date};
use time::{Duration, OffsetDateTime};

use super::{
    Story,
    content::{City, Listed},
    people::People,
};

/// What bidders offer, in steps above the starting price; one bid is too low.
const BIDS: [i64; 5] = [0, 1, 1, 3, 5];

fn notice_fields(city: &City, form: &NoticeForm) -> Fields {
    [
        ("title", form.title.clone()),
        ("summary", form.summary.clone()),
        ("way", "development".to_owned()),
        ("price", form.price.map(|p| p.format_input()).unwrap_or_default()),
        ("interested", "no".to_owned()),
        ("first_refusal", "declined".to_owned()),
        ("first_refusal_note", city.words.first_refusal.clone()),
    ]
    .into_iter()
    .collect()
}

/// Puts a deal on public notice when it owes one; answers whether it still stands there. A notice that shall run begins a few days ago.
pub(crate) async fn on_notice(story: &Story, city: &City, number: &str, seller: &Actor, runs: bool) -> anyhow::Result<bool> {
    let market = &story.market;
    let form = public_notices::notice_form(market, seller, number).await?;
    if !form.owed {
        return Ok(false);
    }
    if runs {
        story.hours_ago(24 * 4);
    }
    let notice = public_notices::publish(market, seller, number, &notice_fields(city, &form), form.version, None).await?;
    story.wait(Duration::days(2));
    let words = &city.words;
    let objection: Fields =
        [("name", &words.objector), ("contact", &words.objector_contact), ("text", &words.objection)].into_iter().collect();
    public_notices::raise(market, &Actor::Visitor, &notice, &objection, number, None).await?;
    if runs {
        return Ok(true);
    }
    story.wait(Duration::days(3));
    for raised in public_notices::public_notice(market, seller, &notice).await?.objections {
        let answer: Fields = [(format!("answer.{}", raised.id), words.objection_answer.clone())].into_iter().collect();
        public_notices::answer(market, seller, &notice, raised.id, ObjectionMove::Reject, &answer, raised.version, None).await?;
    }
    story.wait(Duration::days(12));
    clocks::clock_step(market).await?;
    let seen = public_notices::public_notice(market, seller, &notice).await?;
    Ok(seen.may_object)
}

/// Day and time of China as a form sends them.
fn typed(at: OffsetDateTime) -> String {
    let at = at.to_offset(CHINA);
    format!("{} {:02}:{:02}", format_date(at.date()), at.hour(), at.minute())
}

/// Three achievements that nobody negotiates yet: sold by auction last month, in an auction now, and at a listed price from next week on.
pub(crate) async fn sales(story: &mut Story, city: &City, people: &People, listed: &[Listed]) -> anyhow::Result<()> {
    let offers = [("auction", 24 * 30, 0), ("auction", 24 * 3, 0), ("listed", 24, 24 * 6)];
    let mut achievements = listed.iter().filter(|l| l.kind == ListingKind::Achievement);
    for (way, ago, later) in offers {
        story.hours_ago(ago);
        let market = story.market.clone();
        let found = loop {
            let Some(next) = achievements.next() else { return Ok(()) };
            let owner = people.of(&next.organisation)?;
            let listing = listings::listing(&market, owner, next.kind, &next.number).await?;
            if listing.summary.state == ListingState::Published {
                break (owner, listing.summary.number, next.organisation.clone());
            }
        };
        let (owner, achievement, key) = found;
        let opens = market.now() + Duration::hours(later);
        let fields: Fields = [
            ("way", way.to_owned()),
            ("price", "800000".to_owned()),
            ("step", "20000".to_owned()),
            ("deposit", "50000".to_owned()),
            ("opens_at", typed(opens + Duration::minutes(1))),
            ("closes_at", typed(opens + Duration::days(9))),
            ("rules", city.words.sale_rules.clone()),
        ]
        .into_iter()
        .collect();
        let sale = sales::announce(&market, owner, &achievement, &fields, None).await?;
        let others: Vec<&Actor> =
            people.by_organisation.iter().filter(|(other, _)| **other != key).map(|(_, actor)| actor).take(4).collect();
        for bidder in &others {
            sales::apply(&market, bidder, &sale, None).await?;
        }
        story.wait(Duration::hours(3));
        for (place, bidder) in sales::sale(&market, owner, &sale, 1).await?.bidders.unwrap_or_default().into_iter().enumerate() {
            let by = if place == 3 { BidderMove::Exclude } else { BidderMove::Admit };
            let words = if place == 3 { city.words.exclusion.clone() } else { String::new() };
            let note: Fields = [(format!("note.{}", bidder.id), words)].into_iter().collect();
            sales::answer_bidder(&market, owner, &sale, bidder.id, by, &note, bidder.version, None).await?;
        }
        if way == "auction" {
            for (place, steps) in BIDS.iter().enumerate() {
                story.wait(Duration::hours(7));
                let amount: Fields = [("amount", (800_000 + 20_000 * steps).to_string())].into_iter().collect();
                // A bid that is too low is refused, and stays in the log.
                let _ = sales::place_bid(&market, others[place % 3], &sale, &amount, None).await;
            }
        }
        story.wait(Duration::days(10));
        clocks::clock_step(&market).await?;
    }
    Ok(())
}
