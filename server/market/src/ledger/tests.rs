use keqiao_model::ContractMove;
use time::Duration;

use super::*;
use crate::{
    contracts::{
        create_contract,
        tests::{City, with},
    },
    targets::{WHOLE_PLAN, set_target, target_page},
    testing::{organisation_form, reasons},
};

async fn sum(city: &City, figure: Figure) -> i64 {
    total(&city.t.market, figure, &LedgerFilter::default()).await.unwrap()
}

#[tokio::test]
async fn registered_contracts_count_until_they_are_cancelled() {
    let c = City::new().await;
    let market = &c.t.market;
    c.achievement("CG-2026-000001").await;
    let fields = with(&c.form("1000"), &[("achievement", "CG-2026-000001")]);
    let first = c.registered(&fields).await;
    c.t.wait(Duration::days(200));
    let second = c.registered(&with(&fields, &[("value", "500"), ("title", "第二份")])).await;
    let outside = organisation_form("", "MA1DDDD4", "");
    let outside = [("buyer_credit_code", outside.value("credit_code")), ("buyer_name", "外地公司"), ("buyer_region", "000000")];
    c.registered(&with(&c.form("70"), &[outside.as_slice(), &[("technical_value", "0")]].concat())).await;
    let figures = [
        (Figure::ContractValue, 157_000),
        (Figure::TechnicalValue, 20_000),
        (Figure::AbsorbedValue, 150_000),
        (Figure::AchievementsConverted, 1),
        (Figure::EnterprisesServed, 2),
    ];
    for (figure, amount) in figures {
        assert_eq!(sum(&c, figure).await, amount, "{figure}");
    }
    assert_eq!(verify(market).await.unwrap(), []);
    let years: Vec<_> = totals(market, Figure::ContractValue, By::Year).await.unwrap().into_iter().map(|t| (t.year, t.amount)).collect();
    assert_eq!(years, [(Some(2026), 100_000), (Some(2027), 57_000)], "the year is that of the registration");
    let regions = totals(market, Figure::AbsorbedValue, By::Region).await.unwrap();
    assert_eq!(regions.iter().map(|t| (t.region.as_deref(), t.amount)).collect::<Vec<_>>(), [(Some("990103"), 150_000)]);
    let converted = totals(market, Figure::AchievementsConverted, By::YearRegion).await.unwrap();
    assert_eq!(converted.len(), 1);
    assert_eq!((converted[0].year, converted[0].amount), (Some(2026), 1), "the first contract is the evidence");

    // The first one is cancelled: its amounts leave its year, and what the second is evidence of counts with that.
    c.go(&c.officer, &first, ContractMove::Cancel).await.unwrap();
    for (figure, amount) in [(Figure::ContractValue, 57_000), (Figure::AchievementsConverted, 1), (Figure::EnterprisesServed, 2)] {
        assert_eq!(sum(&c, figure).await, amount, "{figure}");
    }
    let years: Vec<_> = totals(market, Figure::ContractValue, By::Year).await.unwrap().into_iter().map(|t| (t.year, t.amount)).collect();
    assert_eq!(years, [(Some(2027), 57_000)]);
    let lines = entries(market, Figure::AchievementsConverted, &LedgerFilter::default(), 1).await.unwrap();
    assert_eq!(lines.items.iter().map(|l| (l.amount, l.year)).collect::<Vec<_>>(), [(1, 2027), (-1, 2026), (1, 2026)]);
    assert_eq!(lines.items[0].contract.as_ref().unwrap().number, second);
    assert_eq!(lines.items[0].subject, LedgerSubject::Achievement("CG-2026-000001".to_owned(), Some("检测装置".to_owned())));
    assert!(lines.items[1].contract.is_none() && lines.items[1].code == "not_technical", "a cancelled contract is public no more");
    assert_eq!(verify(market).await.unwrap(), []);

    // With the second the achievement and the buyer count no more; the seller is still served by the third.
    c.go(&c.officer, &second, ContractMove::Cancel).await.unwrap();
    for (figure, amount) in [(Figure::ContractValue, 7_000), (Figure::AchievementsConverted, 0), (Figure::EnterprisesServed, 1)] {
        assert_eq!(sum(&c, figure).await, amount, "{figure}");
    }
    assert_eq!(verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn verify_names_what_does_not_hold() {
    let c = City::new().await;
    let market = &c.t.market;
    c.registered(&c.form("1000")).await;
    let change = |column: Column, value: i64, figure: Figure| {
        Entity::update_many().col_expr(column, Expr::value(value)).filter(Column::Figure.eq(figure.code()))
    };
    change(Column::Amount, 99_999, Figure::ContractValue).exec(&market.db).await.unwrap();
    change(Column::Year, 2025, Figure::AbsorbedValue).exec(&market.db).await.unwrap();
    Entity::delete_many().filter(Column::Figure.eq(Figure::TechnicalValue.code())).exec(&market.db).await.unwrap();
    assert!(verify_chain(market).await.unwrap().is_some(), "no entry is changed unseen");
    let (sums, subjects): (Vec<_>, Vec<_>) = verify(market).await.unwrap().into_iter().partition(|d| d.subject.starts_with("sum "));
    let found: Vec<_> = subjects.into_iter().map(|d| (d.figure, d.expected, d.found)).collect();
    let expected =
        [(Figure::ContractValue, 100_000, 99_999), (Figure::TechnicalValue, 10_000, 0), (Figure::AbsorbedValue, 100_000, 100_000)];
    assert_eq!(found, expected);
    let wrong: Vec<_> = sums.into_iter().map(|d| (d.figure, d.expected, d.found)).collect();
    assert!(wrong.contains(&(Figure::ContractValue, 99_999, 100_000)), "{wrong:?}");
    assert_eq!(rebuild_sums(market).await.unwrap(), wrong.len());
    assert!(verify(market).await.unwrap().iter().all(|d| !d.subject.starts_with("sum ")));
}

#[tokio::test]
async fn a_party_that_moves_changes_nothing() {
    let c = City::new().await;
    let market = &c.t.market;
    let first = c.registered(&c.form("1000")).await;
    organisation::Entity::update_many().col_expr(organisation::Column::Region, Expr::value("000000")).exec(&market.db).await.unwrap();
    assert_eq!(verify(market).await.unwrap(), []);
    c.go(&c.officer, &first, ContractMove::Cancel).await.unwrap();
    assert_eq!(verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn contracts_registered_at_once_serve_an_enterprise_once() {
    let c = City::new().await;
    let market = &c.t.market;
    let mut numbers = Vec::new();
    for value in 1_000..1_010 {
        let number = create_contract(market, &c.seller, None, &c.form(&value.to_string()), None).await.unwrap();
        c.submit(&number).await;
        numbers.push(number);
    }
    let mut all = Vec::new();
    for number in numbers {
        c.go(&c.officer, &number, ContractMove::Accept).await.unwrap();
        c.answer(&c.officer, &number).await;
        let (market, officer, version) = (market.clone(), c.officer.clone(), c.row(&number).await.version);
        let register =
            async move { crate::contracts::move_contract(&market, &officer, &number, ContractMove::Register, "", "", version, None).await };
        all.push(tokio::spawn(register));
    }
    for one in all {
        one.await.unwrap().unwrap();
    }
    assert_eq!(sum(&c, Figure::EnterprisesServed).await, 2);
    assert_eq!(sum(&c, Figure::ContractValue).await, (1_000..1_010).sum::<i64>() * 100);
    assert_eq!(verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn a_training_counts_once() {
    let c = City::new().await;
    let market = &c.t.market;
    let fields: Fields = [("person_name", "沈一"), ("certificate", "js-2026 01"), ("passed_on", "2026-07-01")].into_iter().collect();
    assert!(matches!(record_training(market, &c.seller, &fields, None).await, Err(Error::Forbidden)));
    record_training(market, &c.officer, &fields, None).await.unwrap();
    let again = with(&fields, &[("certificate", "JS202601")]);
    assert_eq!(reasons(record_training(market, &c.officer, &again, None).await), ["certificate: certificate_counted"]);
    let bad = with(&fields, &[("certificate", ""), ("passed_on", "2026-09-01")]);
    assert_eq!(reasons(record_training(market, &c.officer, &bad, None).await), ["certificate: required", "passed_on: future"]);
    let line = entries(market, Figure::BrokersTrained, &LedgerFilter::default(), 1).await.unwrap().items.remove(0);
    assert_eq!((line.subject, line.code.as_str(), line.region.as_str()), (LedgerSubject::Certificate("JS202601".to_owned()), "", "990100"));
    cancel_training(market, &c.officer, "JS-2026-01", "重复登记", None).await.unwrap();
    assert!(matches!(cancel_training(market, &c.officer, "JS-2026-01", "重复登记", None).await, Err(Error::NotFound)));
    assert_eq!(sum(&c, Figure::BrokersTrained).await, 0);
    record_training(market, &c.officer, &fields, None).await.unwrap();
    assert_eq!(sum(&c, Figure::BrokersTrained).await, 1);
    assert_eq!(verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn targets_show_how_far_the_ledger_has_come() {
    let c = City::new().await;
    let market = &c.t.market;
    c.registered(&c.form("1000")).await;
    let figure = Figure::ContractValue;
    assert!(matches!(set_target(market, &c.seller, figure, WHOLE_PLAN, "990100", 1, 0).await, Err(Error::Forbidden)));
    assert!(matches!(set_target(market, &Actor::Visitor, figure, WHOLE_PLAN, "990100", 1, 0).await, Err(Error::SignIn)));
    let bad = set_target(market, &c.officer, figure, 1, "110000", -1, 0).await;
    assert_eq!(reasons(bad), ["year: choice", "region: choice", "amount: money_negative"]);
    for (region, year, amount) in [("990100", 0, 300_000), ("990102", 0, 200_000), ("990103", 0, 50_000), ("990100", 2026, 80_000)] {
        set_target(market, &c.officer, figure, year, region, amount, 0).await.unwrap();
        assert!(matches!(set_target(market, &c.officer, figure, year, region, amount, 0).await, Err(Error::Stale)));
    }
    set_target(market, &c.officer, figure, 0, "990103", 60_000, 1).await.unwrap();
    let page = target_page(market).await.unwrap();
    assert_eq!(page.figures.len(), Figure::ALL.len());
    let shown = &page.figures[0];
    assert_eq!((shown.whole.total, shown.whole.target, shown.whole.permille), (100_000, Some(300_000), Some(333)));
    assert_eq!(shown.years.iter().map(|(y, p)| (*y, p.total, p.permille)).collect::<Vec<_>>(), [(2026, 100_000, Some(1_250))]);
    assert_eq!(shown.counties.iter().map(|(r, p)| (r.as_str(), p.total)).next(), Some(("990102", 100_000)));
    assert_eq!(
        shown.splits.iter().map(|s| (s.year, s.counties, s.city, s.differs_by)).collect::<Vec<_>>(),
        [(0, 260_000, 300_000, 40_000)]
    );
    assert_eq!(shown.elsewhere, 0);
}
