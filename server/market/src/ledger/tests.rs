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

#[tokio::test]
async fn months_are_closed_once_and_later_corrections_are_shown_against_them() {
    let c = City::new().await;
    let market = &c.t.market;
    assert_eq!(snapshot_step(market).await.unwrap(), 0, "an empty ledger has no months");
    let first = c.registered(&c.form("1000")).await;
    assert_eq!(snapshot_step(market).await.unwrap(), 0, "August has not ended");
    // The program rests for two months; what was missed is caught up, as of the end of each month.
    c.t.wait(Duration::days(45));
    c.registered(&with(&c.form("500"), &[("title", "九月的合同")])).await;
    c.t.wait(Duration::days(30));
    let (one, other) = tokio::join!(snapshot_step(market), snapshot_step(market));
    assert_eq!(one.unwrap() + other.unwrap(), 2, "August and September, once, whoever does it");
    assert_eq!(snapshot_step(market).await.unwrap(), 0);
    let months = snapshots(market, 1).await.unwrap().items;
    let known: Vec<_> = months.iter().map(|(month, value)| (month.month.as_str(), *value)).collect();
    assert_eq!(known, [("2026-09", 150_000), ("2026-08", 100_000)]);
    assert!(months.iter().all(|(month, _)| month.head.len() == 64));
    assert!(matches!(snapshot(market, "2026-10").await, Err(Error::NotFound)));
    assert!(matches!(snapshot(market, "nonsense").await, Err(Error::NotFound)));

    // In October the contract of August is cancelled: both months change, and the entries that changed them are shown.
    assert!(corrections_since_last(market).await.unwrap().unwrap().lines.is_empty());
    c.go(&c.officer, &first, ContractMove::Cancel).await.unwrap();
    for (month, then, now) in [("2026-08", 100_000, 0), ("2026-09", 150_000, 50_000)] {
        let closed = snapshot(market, month).await.unwrap();
        let value = closed.lines.iter().find(|l| l.figure == Figure::ContractValue).unwrap();
        assert_eq!((value.year, value.region.as_str(), value.then, value.now), (2026, "990102", then, now), "{month}");
        let later = corrections(market, month, 1).await.unwrap();
        let of_value: i64 = later.items.iter().filter(|l| l.figure == Figure::ContractValue).map(|l| l.amount).sum();
        assert_eq!(of_value, now - then, "the entries explain the difference of {month}");
        for figure in Figure::ALL {
            let difference: i64 = closed.lines.iter().filter(|l| l.figure == *figure).map(|l| l.now - l.then).sum();
            let entries: i64 =
                corrections_export(market, month).await.unwrap().iter().filter(|l| l.figure == *figure).map(|l| l.amount).sum();
            assert_eq!(difference, entries, "{figure} in {month}");
        }
    }
    let since = corrections_since_last(market).await.unwrap().unwrap();
    assert_eq!(since.month, "2026-09");
    assert!(since.lines.iter().any(|l| l.figure == Figure::ContractValue && l.now - l.then == -100_000));
    assert_eq!(verify(market).await.unwrap(), []);
    use crate::entity::ledger_snapshot_line as line;
    line::Entity::update_many()
        .col_expr(line::Column::Amount, Expr::value(1_i64))
        .filter(line::Column::Month.eq("2026-08"))
        .filter(line::Column::Figure.eq(Figure::ContractValue.code()))
        .exec(&market.db)
        .await
        .unwrap();
    let wrong: Vec<_> = verify(market).await.unwrap().into_iter().map(|d| (d.subject, d.expected, d.found)).collect();
    assert_eq!(wrong, [("snapshot 2026-08 2026 990102".to_owned(), 100_000, 1)]);
}

#[tokio::test]
async fn a_county_renamed_or_merged() {
    // 990190 and 990191 became 汀南区.
    let former = |code: &str| crate::FormerRegion { code: code.to_owned(), ..crate::FormerRegion::default() };
    let c = City::over(|config| {
        let county = config.regions.iter_mut().find(|r| r.code == "990102").unwrap();
        county.former = vec![former("990190"), former("990191")];
    })
    .await;
    let market = &c.t.market;
    assert_eq!(market.region("990191").unwrap().zh, "汀南区", "people read the name of today");
    let seller = c.seller.organisation().unwrap().id;
    let lies_in = async |code: &str| {
        organisation::Entity::update_many()
            .col_expr(organisation::Column::Region, Expr::value(code))
            .filter(organisation::Column::Id.eq(seller))
            .exec(&market.db)
            .await
            .unwrap();
    };
    lies_in("990190").await;
    c.registered(&c.form("1000")).await;
    lies_in("990191").await;
    c.registered(&with(&c.form("500"), &[("title", "并入前的合同")])).await;
    lies_in("990102").await;
    c.registered(&with(&c.form("200"), &[("title", "并入后的合同")])).await;
    let kept: Vec<String> = Entity::find()
        .filter(Column::Figure.eq(Figure::ContractValue.code()))
        .order_by_asc(Column::Seq)
        .all(&market.db)
        .await
        .unwrap()
        .into_iter()
        .map(|e| e.region)
        .collect();
    assert_eq!(kept, ["990190", "990191", "990102"], "entries keep the code they were posted with");
    let regions = totals(market, Figure::ContractValue, By::Region).await.unwrap();
    assert_eq!(regions.iter().map(|t| (t.region.as_deref(), t.amount)).collect::<Vec<_>>(), [(Some("990102"), 170_000)]);
    for code in ["990102", "990190"] {
        let filter = LedgerFilter { region: Some(code.to_owned()), ..LedgerFilter::default() };
        assert_eq!(total(market, Figure::ContractValue, &filter).await.unwrap(), 170_000, "{code} leads to what it is today");
        let lines = entries(market, Figure::ContractValue, &filter, 1).await.unwrap();
        assert!(lines.total == 3 && lines.items.iter().all(|l| l.region == "990102"));
    }
    // A target of a county that is no more is set, and counts, as what it became.
    set_target(market, &c.officer, Figure::ContractValue, WHOLE_PLAN, "990190", 340_000, 0).await.unwrap();
    let page = target_page(market).await.unwrap();
    let county = page.figures[0].counties.iter().find(|(code, _)| code == "990102").unwrap().1;
    assert_eq!((county.total, county.target), (170_000, Some(340_000)));
    assert_eq!(page.figures[0].elsewhere, 0);
    let county = City::officer_of(&c.t, "tingnan", "990102").await;
    assert!(county.is_officer_of("990190") && !county.is_officer_of("990103"));
    let old = City::officer_of(&c.t, "old", "990191").await;
    assert!(old.is_officer_of("990102"), "who was an officer of it is one of what it became");
    assert_eq!(verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn departments_answer_for_their_fields_and_parts_that_do_not_add_up_are_told() {
    let c = City::over(|config| {
        let department = |code: &str, fields: &[keqiao_model::Field]| crate::Department {
            code: code.to_owned(),
            zh: code.to_owned(),
            en: code.to_owned(),
            fields: fields.to_vec(),
        };
        use keqiao_model::Field as F;
        config.departments = vec![department("industry", &[F::Manufacturing, F::Materials]), department("life", &[F::Biomedicine])];
    })
    .await;
    let market = &c.t.market;
    c.registered(&c.form("1000")).await;
    let of = |code: &str| LedgerFilter { region: Some(code.to_owned()), ..LedgerFilter::default() };
    assert_eq!(total(market, Figure::ContractValue, &of("industry")).await.unwrap(), 100_000);
    assert_eq!(total(market, Figure::ContractValue, &of("life")).await.unwrap(), 0);
    assert_eq!(entries(market, Figure::ContractValue, &of("industry"), 1).await.unwrap().total, 1);
    let value = Figure::ContractValue;
    for (region, amount) in [("990100", 300_000), ("industry", 200_000), ("life", 150_000), ("990102", 300_000)] {
        set_target(market, &c.officer, value, 2026, region, amount, 0).await.unwrap();
    }
    let refused = set_target(market, &c.officer, Figure::BrokersTrained, 2026, "industry", 1, 0).await;
    assert_eq!(reasons(refused), ["region: choice"], "trainings belong to no field");
    let page = target_page(market).await.unwrap();
    let splits: Vec<_> = page.figures[0].splits.iter().map(|s| (s.departments, s.counties, s.differs_by)).collect();
    assert_eq!(splits, [(false, 300_000, 0), (true, 350_000, -50_000)]);

    let report = crate::targets::assessment(market, 2026).await.unwrap();
    let parts: Vec<_> = report.figures[0].parts.iter().map(|p| (p.part.clone(), p.progress.total, p.progress.permille, p.rank)).collect();
    use crate::targets::Part;
    assert_eq!(parts[0], (Part::City, 100_000, Some(333), None));
    assert_eq!(parts[1], (Part::County("990102".to_owned()), 100_000, Some(333), Some(1)));
    let departments: Vec<_> = parts.iter().filter(|p| matches!(p.0, Part::Department(_))).collect();
    assert_eq!(departments[0], &(Part::Department("industry".to_owned()), 100_000, Some(500), Some(1)));
    assert_eq!(departments[1], &(Part::Department("life".to_owned()), 0, Some(0), Some(2)));

    // A year with no contracts: nothing, and nothing is divided by it.
    let empty = crate::targets::assessment(market, 2019).await.unwrap();
    assert!(empty.figures.iter().all(|f| f.parts.iter().all(|p| p.progress.total == 0 && p.progress.light.is_none())));
}

#[tokio::test]
async fn what_is_posted_into_a_closed_month_is_shown_even_when_the_clock_was_set_back() {
    let c = City::new().await;
    let market = &c.t.market;
    c.registered(&c.form("1000")).await;
    c.t.wait(Duration::days(40));
    assert_eq!(snapshot_step(market).await.unwrap(), 1);
    c.t.wait(Duration::days(-30));
    c.registered(&with(&c.form("300"), &[("title", "补登的合同")])).await;
    let value = |closed: Closed| closed.lines.into_iter().find(|l| l.figure == Figure::ContractValue).map(|l| (l.then, l.now));
    assert_eq!(value(snapshot(market, "2026-08").await.unwrap()), Some((100_000, 130_000)));
    let later = corrections(market, "2026-08", 1).await.unwrap();
    assert!(later.items.iter().any(|l| l.figure == Figure::ContractValue && l.amount == 30_000));
    c.t.wait(Duration::days(60));
    snapshot_step(market).await.unwrap();
    assert_eq!(verify(market).await.unwrap(), []);
    assert_eq!(value(snapshot(market, "2026-09").await.unwrap()), Some((130_000, 130_000)), "the next month knows it");
}
