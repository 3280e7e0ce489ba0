//! What the tables of states say, as the architecture shows it; and that everything coded has words.

use keqiao_app::words::{code_label, find};
use keqiao_market::contracts::FindingKind;
use keqiao_model::*;

/// What no table may lack or repeat.
fn check<S: Stateful + Coded>()
where
    S::Move: Coded,
{
    for (place, t) in S::TABLE.iter().enumerate() {
        assert!(!t.who.is_empty(), "nobody may {:?}", t.by);
        assert!(S::TABLE[place + 1..].iter().all(|u| u.from != t.from || u.by != t.by), "{:?} {:?} leads to two places", t.from, t.by);
        assert!(t.from.transition(t.by).is_some_and(|found| found.to == t.to));
    }
    let first = S::all()[0];
    for state in S::all() {
        assert!(*state == first || S::TABLE.iter().any(|t| t.to == *state), "nothing leads to {state:?}");
    }
    for by in S::Move::all() {
        assert!(S::TABLE.iter().any(|t| t.by == *by), "{by:?} is never possible");
    }
}

#[test]
fn every_table_is_complete() {
    check::<ListingState>();
    check::<InterestState>();
    check::<DealState>();
    check::<ContractState>();
    check::<NdaState>();
    check::<TermState>();
    check::<NoticeState>();
    check::<ObjectionState>();
    check::<SaleState>();
    check::<BidderState>();
    check::<ClaimState>();
    check::<CommissionState>();
    check::<QuestionState>();
    check::<AmendmentState>();
    check::<MilestoneState>();
    check::<ReceiptState>();
    check::<DisputeState>();
    check::<RewardState>();
    check::<ReportState>();
}

#[test]
fn the_architecture_shows_the_tables_as_they_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let shown = text.split_once("<!-- keqiao states -->\n").and_then(|(_, rest)| rest.split_once("<!-- end of states -->")).unwrap().0;
    assert!(shown == state_diagrams(), "paste what `keqiao states` prints into ARCHITECTURE.md");
}

/// Codes of a list without words in a language, or with the words of another one.
fn wordless<T: Coded>() -> Vec<String> {
    let codes = T::all().iter().flat_map(|value| Lang::ALL.map(|lang| (lang, value.code())));
    codes
        .filter(|(lang, code)| !has_words(*lang, T::GROUP, code))
        .map(|(lang, code)| format!("{} {}.{code}", lang.tag(), T::GROUP))
        .collect()
}

fn has_words(lang: Lang, group: &str, code: &str) -> bool {
    let words = find(lang, &format!("codes.{group}.{code}")).unwrap_or_default();
    let chinese = words.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let sign = group == "operator";
    !words.trim().is_empty() && words == code_label(lang, group, code) && (sign || chinese == (lang == Lang::Zh))
}

#[test]
fn every_code_has_words_in_both_languages() {
    let mut missing = [
        wordless::<ListingState>(),
        wordless::<ListingMove>(),
        wordless::<InterestState>(),
        wordless::<InterestMove>(),
        wordless::<DealState>(),
        wordless::<DealMove>(),
        wordless::<ContractState>(),
        wordless::<ContractMove>(),
        wordless::<NdaState>(),
        wordless::<NdaMove>(),
        wordless::<TermState>(),
        wordless::<TermMove>(),
        wordless::<DealRole>(),
        wordless::<TrialOutcome>(),
        wordless::<DocumentKind>(),
        wordless::<NoticeState>(),
        wordless::<NoticeMove>(),
        wordless::<ObjectionState>(),
        wordless::<ObjectionMove>(),
        wordless::<PricingWay>(),
        wordless::<SaleState>(),
        wordless::<SaleMove>(),
        wordless::<BidderState>(),
        wordless::<BidderMove>(),
        wordless::<QuestionState>(),
        wordless::<QuestionMove>(),
        wordless::<ClaimState>(),
        wordless::<ClaimMove>(),
        wordless::<ClaimStage>(),
        wordless::<BrokerGrade>(),
        wordless::<TrainingModule>(),
        wordless::<ActivityKind>(),
        wordless::<CommissionWay>(),
        wordless::<CommissionState>(),
        wordless::<CommissionMove>(),
        wordless::<IntroductionRecord>(),
        wordless::<Party>(),
        wordless::<Need>(),
        wordless::<ClockKind>(),
        wordless::<NoticeKind>(),
        wordless::<RoyaltyBase>(),
        wordless::<IpShare>(),
        wordless::<Field>(),
        wordless::<Cooperation>(),
        wordless::<ContractKind>(),
        wordless::<ContractSubkind>(),
        wordless::<LegalKind>(),
        wordless::<IpKind>(),
        wordless::<IpStatus>(),
        wordless::<Ownership>(),
        wordless::<PriceKind>(),
        wordless::<OrganisationKind>(),
        wordless::<DeclineCode>(),
        wordless::<RefusalCode>(),
        wordless::<PaymentWay>(),
        wordless::<Figure>(),
        wordless::<Operator>(),
        wordless::<FindingKind>(),
    ]
    .concat();
    let others = INDUSTRIES.iter().map(|code| (INDUSTRY_GROUP, (*code).to_owned())).chain((1..=9).map(|level| ("trl", level.to_string())));
    for (group, code) in others {
        missing
            .extend(Lang::ALL.iter().filter(|lang| !has_words(**lang, group, &code)).map(|lang| format!("{} {group}.{code}", lang.tag())));
    }
    assert_eq!(missing, [""; 0]);
}
