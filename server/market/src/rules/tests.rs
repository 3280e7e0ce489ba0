use keqiao_model::{Fields, RULE_SEEDS, RuleKind};
use time::{Date, Duration, macros::date};
use uuid::Uuid;

use super::{Rule, Standing, views::standing, *};
use crate::{
    Actor, Error,
    accounts::Roles,
    testing::{TestMarket, reasons},
};

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().copied().collect()
}

async fn city_officer(t: &TestMarket) -> Actor {
    let id = t.person("officer", Roles { officer_region: Some("990100".to_owned()), ..Roles::default() }).await;
    t.actor(id).await
}

/// A rule of the second review from a day, in ten thousand yuan.
fn threshold(value: &str, from: &str) -> Fields {
    fields(&[("kind", "second_review"), ("value", value), ("valid_from", from), ("source", "认定登记管理办法（修订）"), ("article", "12")])
}

#[tokio::test]
async fn the_rule_of_the_day_of_signing_applies() {
    let t = TestMarket::new().await;
    let officer = city_officer(&t).await;
    add_rule(&t.market, &officer, &threshold("300万", "2026-09-01"), None).await.unwrap();
    let check = async |kind: RuleKind, on: Date, expected: Option<i64>, source: &str| {
        let found = in_force(&t.market.db, kind, "", on).await.unwrap();
        assert_eq!(found.as_ref().map(|r| r.value), expected, "{kind} on {on}");
        if let Some(found) = found {
            assert!(found.source.contains(source), "{kind} on {on} by {}", found.source);
        }
    };
    // 认定登记办事指南: a second officer from five million yuan of 技术交易额.
    check(RuleKind::SecondReview, date!(2026 - 08 - 31), Some(500_000_000), "办事指南").await;
    // Its revision, made up by this test, from the first of September.
    check(RuleKind::SecondReview, date!(2026 - 09 - 01), Some(300_000_000), "修订").await;
    check(RuleKind::SecondReview, date!(2030 - 01 - 01), Some(300_000_000), "修订").await;
    // 认定登记办事指南: fifteen working days, thirty for large or disputed contracts.
    check(RuleKind::DecisionDays, date!(2026 - 08 - 01), Some(15), "办事指南").await;
    check(RuleKind::DecisionDaysLarge, date!(2026 - 08 - 01), Some(30), "办事指南").await;
    // 促进科技成果转化法 (2015) 45: at least half of the net income, in force from 2015-10-01.
    check(RuleKind::RewardTransfer, date!(2015 - 10 - 01), Some(500), "转化法").await;
    check(RuleKind::RewardTransfer, date!(2015 - 09 - 30), None, "").await;
    // 企业所得税法实施条例 90: five million yuan a year, in force from 2008-01-01.
    check(RuleKind::TaxExempt, date!(2008 - 01 - 01), Some(500_000_000), "所得税").await;
    check(RuleKind::TaxExempt, date!(2007 - 12 - 31), None, "").await;
    assert_eq!(reasons(needed(&t.market.db, RuleKind::TaxRate, date!(2007 - 12 - 31)).await), ["signed_on: rule_missing"]);
}

#[test]
fn rules_stand_by_their_days() {
    let rule = |value: i64, valid_from: Date, withdrawn: bool| Rule {
        id: Uuid::from_u128(value.unsigned_abs().into()),
        kind: RuleKind::DecisionDays,
        key: String::new(),
        value,
        valid_from,
        source: "指南".to_owned(),
        article: String::new(),
        note: String::new(),
        reason: String::new(),
        withdrawn,
        version: 1,
    };
    let rules = vec![
        rule(15, date!(2000 - 01 - 01), false),
        rule(20, date!(2020 - 01 - 01), false),
        rule(99, date!(2022 - 01 - 01), true),
        rule(10, date!(2026 - 09 - 01), false),
    ];
    let check = |on: Date, expected: [Standing; 4]| {
        let lines = standing(rules.clone(), on);
        assert_eq!(lines.iter().map(|l| l.standing).collect::<Vec<_>>(), expected, "{on}");
        assert_eq!(lines[2].until, Some(date!(2026 - 09 - 01)), "the withdrawn one takes nobody's place");
    };
    check(date!(2026 - 09 - 01), [Standing::InForce, Standing::Withdrawn, Standing::Earlier, Standing::Earlier]);
    check(date!(2026 - 08 - 31), [Standing::Later, Standing::Withdrawn, Standing::InForce, Standing::Earlier]);
    check(date!(2019 - 12 - 31), [Standing::Later, Standing::Withdrawn, Standing::Later, Standing::InForce]);
}

#[tokio::test]
async fn values_are_typed_in_their_units_and_checked() {
    let t = TestMarket::new().await;
    let officer = city_officer(&t).await;
    let place = std::cell::Cell::new(0_i64);
    let check = async |kind: &str, key: &str, value: &str, expected: Result<i64, &str>| {
        place.set(place.get() + 1);
        let day = keqiao_model::format_date(date!(2030 - 01 - 01) + Duration::days(place.get()));
        let form = fields(&[("kind", kind), ("key", key), ("value", value), ("valid_from", &day), ("source", "文件")]);
        let added = add_rule(&t.market, &officer, &form, None).await;
        match expected {
            Ok(expected) => {
                let (line, changes) = rule(&t.market, &officer, added.unwrap()).await.unwrap();
                assert_eq!(line.rule.value, expected, "{kind} {value}");
                assert_eq!(changes.len(), 1);
            }
            Err(code) => assert_eq!(reasons(added), [code], "{kind} {value}"),
        }
    };
    check("second_review", "", "600万", Ok(600_000_000)).await;
    check("second_review", "", "６０００００", Ok(60_000_000)).await;
    check("second_review", "", "0", Err("value: positive")).await;
    check("second_review", "", "much", Err("value: money_not_a_number")).await;
    check("decision_days", "", "２０", Ok(20)).await;
    check("decision_days", "", "0", Err("value: rule_days")).await;
    check("decision_days", "", "2.5", Err("value: rule_days")).await;
    check("reward_transfer", "", "70％", Ok(700)).await;
    check("reward_transfer", "", "62.5", Ok(625)).await;
    check("reward_transfer", "", "101", Err("value: rule_percent")).await;
    check("reward_transfer", "", "62.55", Err("value: rule_percent")).await;
    check("refusal", "monopolistic", "no", Ok(0)).await;
    check("refusal", "monopolistic", "0", Err("value: choice")).await;
    check("refusal", "nothing", "yes", Err("key: choice")).await;
    check("refusal", "", "yes", Err("key: required")).await;
    check("rain", "", "1", Err("kind: choice")).await;
    let bad = add_rule(&t.market, &officer, &fields(&[("kind", "circle_days"), ("value", ""), ("valid_from", "soon")]), None).await;
    assert_eq!(reasons(bad), ["value: required", "valid_from: date", "source: required"]);
}

#[tokio::test]
async fn what_is_in_force_is_followed_and_not_changed() {
    let t = TestMarket::new().await;
    let officer = city_officer(&t).await;
    let market = &t.market;
    let county = t.person("county", Roles { officer_region: Some("990102".to_owned()), ..Roles::default() }).await;
    assert!(matches!(add_rule(market, &t.actor(county).await, &threshold("1", "2026-09-01"), None).await, Err(Error::Forbidden)));
    assert!(matches!(add_rule(market, &Actor::Visitor, &threshold("1", "2026-09-01"), None).await, Err(Error::SignIn)));
    let once = Some(Uuid::now_v7());
    let later = add_rule(market, &officer, &threshold("300万", "2026-09-01"), once).await.unwrap();
    assert_eq!(add_rule(market, &officer, &threshold("300万", "2026-09-01"), once).await.unwrap(), later, "posted twice");
    assert_eq!(reasons(add_rule(market, &officer, &threshold("200万", "2026-09-01"), None).await), ["valid_from: rule_exists"]);
    // Not yet in force: everything but the kind.
    change_rule(market, &officer, later, &threshold("250万", "2026-09-15"), 1, None).await.unwrap();
    assert!(matches!(change_rule(market, &officer, later, &threshold("1", "2026-09-15"), 1, None).await, Err(Error::Stale)));
    let same_day = change_rule(market, &officer, later, &threshold("1万", "2000-01-01"), 2, None).await;
    assert_eq!(reasons(same_day), ["valid_from: rule_exists"]);
    t.wait(Duration::days(60));
    let refused = change_rule(market, &officer, later, &threshold("200万", "2026-10-15"), 2, None).await;
    assert_eq!(reasons(refused), ["value: rule_in_force", "valid_from: rule_in_force"]);
    let corrected = fields(&[("source", "认定登记管理办法（2026年修订）"), ("article", "13"), ("note", "条次更正")]);
    change_rule(market, &officer, later, &corrected, 2, None).await.unwrap();
    let (line, changes) = rule(market, &officer, later).await.unwrap();
    assert_eq!((line.rule.value, line.rule.article.as_str(), line.standing), (250_000_000, "13", Standing::InForce));
    assert_eq!(changes.iter().map(|c| c.action.as_str()).collect::<Vec<_>>(), ["rule.change", "rule.change", "rule.add"]);
    assert!(rule(market, &Actor::Visitor, later).await.unwrap().1.is_empty());
    // Withdrawn with a reason, the one before applies again; the first one stays.
    assert_eq!(reasons(withdraw_rule(market, &officer, later, " ", 3, None).await), ["reason: reason_required"]);
    withdraw_rule(market, &officer, later, "文件尚未公布", 3, None).await.unwrap();
    assert_eq!(reasons(withdraw_rule(market, &officer, later, "再次", 4, None).await), [": rule_withdrawn"]);
    let first = in_force(&market.db, RuleKind::SecondReview, "", crate::contracts::today(market)).await.unwrap().unwrap();
    assert_eq!(first.value, 500_000_000);
    assert_eq!(reasons(withdraw_rule(market, &officer, first.id, "误录", first.version, None).await), [": rule_first"]);
    // The day is free for a better one.
    let again = add_rule(market, &officer, &threshold("280万", "2026-09-15"), None).await.unwrap();
    let (line, _) = rule(market, &officer, again).await.unwrap();
    assert_eq!((line.rule.value, line.standing, line.rule.reason.as_str()), (280_000_000, Standing::InForce, ""));
    let all = rules(market, RuleFilter { kind: None, on: date!(2026 - 08 - 01) }).await.unwrap();
    assert_eq!(all.len(), RULE_SEEDS.len() + 1);
    assert_eq!(all.iter().filter(|l| l.standing == Standing::InForce).count(), RULE_SEEDS.len(), "each seed applied in August");
}
