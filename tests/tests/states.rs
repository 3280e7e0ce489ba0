//! What the tables of states say, printed, so that a change is seen; and that everything coded has words.

use keqiao_app::words::{code_label, find};
use keqiao_market::contracts::FindingKind;
use keqiao_model::{
    Coded, ContractKind, ContractMove, ContractState, ContractSubkind, Cooperation, DealMove, DealState, DeclineCode, Field, Figure,
    INDUSTRIES, INDUSTRY_GROUP, InterestMove, InterestState, IpKind, IpStatus, Lang, LegalKind, ListingMove, ListingState, Operator,
    OrganisationKind, Ownership, PaymentWay, PriceKind, RefusalCode, Stateful,
};

/// A table of states as text.
fn printed<S: Stateful + Coded>() -> String
where
    S::Move: Coded,
{
    let line = |t: &keqiao_model::Transition<S, S::Move>| {
        let who: Vec<String> = t.who.iter().map(|w| format!("{w:?}").to_lowercase()).collect();
        let reason = if t.reason { " (reason)" } else { "" };
        format!("{:<11} {:<14} {:<11} {}{reason}", t.from.code(), t.by.code(), t.to.code(), who.join(", "))
    };
    S::TABLE.iter().map(line).collect::<Vec<_>>().join("\n")
}

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
}

#[test]
fn listings() {
    insta::assert_snapshot!(printed::<ListingState>(), @r#"
    draft       submit         in_review   owner
    draft       withdraw       withdrawn   owner
    returned    submit         in_review   owner
    returned    withdraw       withdrawn   owner
    in_review   take_back      draft       owner
    in_review   return         returned    officer (reason)
    in_review   publish        published   officer
    published   revise         draft       owner
    published   withdraw       withdrawn   owner, officer (reason)
    published   expire         expired     system
    published   open_deal      in_deal     system
    published   complete       done        system
    in_deal     lose_deal      published   system
    in_deal     complete       done        system
    expired     reopen         draft       owner
    withdrawn   reopen         draft       owner
    "#);
}

#[test]
fn interests() {
    insta::assert_snapshot!(printed::<InterestState>(), @r#"
    sent        accept         accepted    receiver
    sent        decline        declined    receiver (reason)
    sent        withdraw       withdrawn   owner
    sent        lapse          lapsed      system
    "#);
}

#[test]
fn deals() {
    insta::assert_snapshot!(printed::<DealState>(), @r#"
    introduced  agree_nda      nda         side
    introduced  lose           lost        side (reason)
    nda         open_terms     terms       side
    nda         start_trial    trial       side
    nda         lose           lost        side (reason)
    trial       open_terms     terms       side
    trial       lose           lost        side (reason)
    terms       sign           signed      system
    terms       publish_notice notice      side
    terms       lose           lost        side (reason)
    notice      sign           signed      system
    notice      lose           lost        side (reason)
    signed      register       registered  system
    signed      lose           lost        system (reason)
    registered  perform        performing  side
    performing  accept         accepted    side
    accepted    close          closed      side
    "#);
}

#[test]
fn contracts() {
    insta::assert_snapshot!(printed::<ContractState>(), @r#"
    draft       submit         submitted   owner
    returned    submit         submitted   owner
    submitted   take_back      draft       owner
    submitted   return         returned    officer (reason)
    submitted   register       registered  officer
    submitted   refuse         refused     officer (reason)
    registered  cancel         cancelled   officer (reason)
    "#);
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
