//! What the owner of a listing can state so that it is matched better.

use keqiao_model::{ListingBody, ListingContent, ListingHint, parse_number};

/// Hints told at once.
const HINTS_MAX: usize = 5;
/// Keywords that a listing should have.
const KEYWORDS: usize = 3;
/// Characters from which a problem or an advantage says enough to be matched.
const TOLD: usize = 40;

/// What is missing in a listing, the most valuable first, at most five.
pub fn hints(content: &ListingContent) -> Vec<ListingHint> {
    use ListingHint as H;
    let short = |text: &str| text.trim().chars().count() < TOLD;
    let (problem, advantage, demand) = match &content.body {
        ListingBody::Demand(d) => (short(&d.problem), false, true),
        ListingBody::Achievement(a) => (false, short(&a.advantage), false),
    };
    let numberless = content.indicators.iter().any(|i| parse_number(&i.value).is_none());
    let unitless = content.indicators.iter().any(|i| i.unit.trim().is_empty());
    let found = [
        (content.indicators.is_empty(), H::NoIndicators),
        (numberless, H::IndicatorNumber),
        (content.keywords.len() < KEYWORDS, H::FewKeywords),
        (problem, H::ShortProblem),
        (advantage, H::ShortAdvantage),
        (unitless, H::IndicatorUnit),
        (content.trl.is_none(), H::NoTrl),
        (content.cooperation.is_empty(), H::NoCooperation),
        (demand && content.deadline.is_none(), H::NoDeadline),
        (content.price_min.is_none() && content.price_max.is_none(), H::NoPrice),
    ];
    found.into_iter().filter_map(|(missing, hint)| missing.then_some(hint)).take(HINTS_MAX).collect()
}

/// The form field that a hint is about.
pub fn field_of(hint: ListingHint) -> &'static str {
    use ListingHint as H;
    match hint {
        H::NoIndicators | H::IndicatorNumber | H::IndicatorUnit => "indicators",
        H::FewKeywords => "keywords",
        H::ShortProblem => "problem",
        H::ShortAdvantage => "advantage",
        H::NoTrl => "trl",
        H::NoCooperation => "cooperation",
        H::NoDeadline => "deadline",
        H::NoPrice => "price_max",
    }
}

#[cfg(test)]
mod tests {
    use keqiao_model::{Fields, Indicator, ListingKind, Strictness};

    use super::*;

    fn content(fields: &[(&str, &str)]) -> ListingContent {
        let fields: Fields = fields.iter().copied().collect();
        ListingContent::read(ListingKind::Demand, &fields, Strictness::Draft).unwrap()
    }

    #[test]
    fn the_most_valuable_hints_come_first_and_no_more_than_five() {
        use ListingHint as H;
        let bare = content(&[("title", "轴承寿命不足")]);
        assert_eq!(hints(&bare), [H::NoIndicators, H::FewKeywords, H::ShortProblem, H::NoTrl, H::NoCooperation]);
        let problem = "磨损".repeat(20);
        let mut told = content(&[
            ("title", "轴承寿命不足"),
            ("problem", &problem),
            ("keywords", "主轴，轴承，润滑"),
            ("trl", "7"),
            ("cooperation", "joint"),
            ("price_max", "10"),
            ("deadline", "2027-01-01"),
        ]);
        told.indicators = vec![Indicator { name: "寿命".to_owned(), value: "长".to_owned(), ..Indicator::default() }];
        assert_eq!(hints(&told), [H::IndicatorNumber, H::IndicatorUnit]);
        told.indicators = vec![Indicator { value: "8000".to_owned(), unit: "h".to_owned(), ..told.indicators[0].clone() }];
        assert_eq!(hints(&told), []);
    }
}
