//! What people of the demo say of matches: the broker goes through lists of the last months.

use keqiao_market::{
    feedback,
    matching::{self, MatchOrder},
};
use keqiao_model::{Fields, ListingKind};

use super::{Dice, Story, content::Listed, people::People};

/// Lists the broker goes through, one a week.
const LISTS: usize = 24;
/// Matches of each that get a word.
const JUDGED: usize = 6;

/// A match this near to the best of its list, per cent, is useful whatever its field is.
const CLOSE: i64 = 55;

/// Of the best matches of some demands those of the same field and the close ones are called useful, but for one in eight that comes too early.
pub(crate) async fn matches(story: &Story, people: &People, listed: &[Listed]) -> anyhow::Result<()> {
    let (market, broker) = (story.market.clone(), &people.broker);
    // Of its own: what others do stays the same, whatever is judged.
    let mut dice = Dice(24);
    let demands: Vec<&Listed> = listed.iter().filter(|l| l.kind == ListingKind::Demand).collect();
    let every = (demands.len() / LISTS).max(1);
    for (place, demand) in (1_i64..).zip(demands.iter().step_by(every).take(LISTS)) {
        story.hours_ago(24 * 7 * (i64::try_from(LISTS)? - place) + 30);
        // What left the market, or waits for its review, has no list for a broker.
        let Ok(found) = matching::matches(&market, broker, ListingKind::Demand, &demand.number, MatchOrder::Fit, 1).await else { continue };
        for one in found.items.iter().take(JUDGED) {
            let code = match one.other.field {
                Some(field) if field.code() != demand.field && one.relative < CLOSE => "other_field",
                _ if dice.roll(8) == 0 => "too_early",
                _ => "",
            };
            let verdict = if code.is_empty() { "useful" } else { "not_useful" };
            let fields: Fields = [("verdict", verdict), ("code", code)].into_iter().collect();
            feedback::judge(&market, broker, ListingKind::Demand, &demand.number, &one.other.number, &fields, None).await?;
        }
    }
    Ok(())
}
