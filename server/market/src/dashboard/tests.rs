use keqiao_model::ContractMove;
use time::Duration;

use super::*;
use crate::{
    contracts::tests::{City, with},
    ledger::{self, rebuild_sums, verify},
    testing::organisation_form,
};

async fn whole(city: &City) -> Board {
    board(&city.t.market, &city.officer, &BoardFilter::default()).await.unwrap()
}

/// Repeatable numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)) % sides
    }
}

#[tokio::test]
async fn the_sums_of_organisations_are_those_of_their_contracts_after_random_moves() {
    let c = City::new().await;
    let market = &c.t.market;
    let other = City::member(&c.t, "other", "MA1EEEE5", "990103").await;
    let third = organisation_form("", "MA1EEEE5", "");
    let mut dice = Dice(7);
    let mut registered: Vec<String> = Vec::new();
    for round in 0..24_u64 {
        c.t.wait(Duration::days(20));
        if dice.roll(3) == 0
            && let Some(number) = registered.pop()
        {
            c.go(&c.officer, &number, ContractMove::Cancel).await.unwrap();
        } else {
            let value = (1_000 + dice.roll(9_000)).to_string();
            let title = format!("第{round}份合同");
            let mut fields = with(&c.form(&value), &[("title", title.as_str())]);
            if dice.roll(2) == 0 {
                let changes = [("buyer_credit_code", third.value("credit_code")), ("buyer_name", "other有限公司"), ("kind", "service")];
                fields = with(&fields, &[changes.as_slice(), &[("subkind", "general")]].concat());
            }
            registered.push(c.registered(&fields).await);
        }
    }
    assert_eq!(verify(market).await.unwrap(), []);
    for year in [2026, 2027] {
        let board = board(market, &c.officer, &BoardFilter { year: Some(year), ..BoardFilter::default() }).await.unwrap();
        let top = top(market, &board).await.unwrap();
        let of = |by: &[OrganisationTotal]| by.iter().map(|o| o.amount).sum::<i64>();
        let all = ledger::total(market, Figure::ContractValue, &board.ledger()).await.unwrap();
        assert_eq!((of(&top.sellers), top.sold), (all, all), "{year}");
        let absorbed = ledger::total(market, Figure::AbsorbedValue, &board.ledger()).await.unwrap();
        assert_eq!((of(&top.buyers), top.bought), (absorbed, absorbed), "{year}");
        let amounts = amounts(market, &board).await.unwrap();
        assert_eq!((amounts.total.value, amounts.total.absorbed), (all, absorbed));
        for parts in [
            amounts.months.iter().map(|(m, _)| m.value).sum::<i64>(),
            amounts.regions.iter().map(|(_, m)| m.value).sum(),
            amounts.fields.iter().map(|(_, m)| m.value).sum(),
            amounts.kinds.iter().map(|(_, m)| m.value).sum(),
        ] {
            assert_eq!(parts, all, "{year}");
        }
        let funnel = funnel(market, &board).await.unwrap();
        let last = funnel.pipeline.last().unwrap();
        assert_eq!((last.value, last.number), (all, funnel.registered));
        assert_eq!(top.sellers.iter().map(|o| o.contracts).sum::<i64>(), i64::try_from(funnel.registered).unwrap());
        for kind in ContractKind::ALL {
            let narrowed = Board { kind: Some(*kind), ..board.clone() };
            let top = super::top(market, &narrowed).await.unwrap();
            assert_eq!(of(&top.sellers), ledger::total(market, Figure::ContractValue, &narrowed.ledger()).await.unwrap(), "{kind}");
        }
    }
    drop(other);
    assert_eq!(rebuild_sums(market).await.unwrap(), 0, "nothing to mend");
}

#[tokio::test]
async fn a_wrong_sum_of_an_organisation_is_named_and_mended() {
    use crate::entity::organisation_sum::{Column, Entity};
    use sea_orm::sea_query::Expr;
    let c = City::new().await;
    let market = &c.t.market;
    c.registered(&c.form("1000")).await;
    Entity::update_many().col_expr(Column::Amount, Expr::value(1_i64)).exec(&market.db).await.unwrap();
    let named = verify(market).await.unwrap();
    assert_eq!(named.iter().map(|d| (d.expected, d.found)).collect::<Vec<_>>(), [(100_000, 1); 4], "{named:?}");
    assert_eq!(rebuild_sums(market).await.unwrap(), 4);
    assert_eq!(verify(market).await.unwrap(), []);
}

#[tokio::test]
async fn an_empty_market_has_an_empty_board() {
    let c = City::new().await;
    let market = &c.t.market;
    let board = whole(&c).await;
    assert_eq!((board.year, board.years.as_slice(), board.own_county), (2026, [2026, 2025].as_slice(), false));
    assert!(amounts(market, &board).await.unwrap().total.is_none());
    let found = funnel(market, &board).await.unwrap();
    assert!(found.steps.iter().all(|(_, n)| *n == 0) && found.pipeline.iter().all(|p| p.number == 0 && p.value == 0), "{found:?}");
    assert!(top(market, &board).await.unwrap().sellers.is_empty());
    assert!(overdue(market, &board).await.unwrap().iter().all(|w| w.waiting == 0 && w.oldest.is_none()));
    let responses = responses(market, &board).await.unwrap();
    assert_eq!((responses.whole.counted, responses.organisations.len(), responses.cut), (0, 0, false));
    assert!(quality(market, &board).await.unwrap().sides.iter().all(|s| s.looked_at == 0));
}

#[tokio::test]
async fn officers_see_their_region_and_nobody_else_sees_anything() {
    let c = City::new().await;
    let market = &c.t.market;
    let filter = BoardFilter { region: Some("990102".to_owned()), ..BoardFilter::default() };
    assert!(matches!(board(market, &Actor::Visitor, &filter).await, Err(Error::SignIn)));
    assert!(matches!(board(market, &c.seller, &filter).await, Err(Error::NotFound)));
    let county = City::officer_of(&c.t, "county", "990103").await;
    let of = board(market, &county, &filter).await.unwrap();
    assert_eq!((of.region.as_deref(), of.own_county), (Some("990103"), true), "another county cannot be chosen");
    assert_eq!(board(market, &c.officer, &filter).await.unwrap().region.as_deref(), Some("990102"));
    // Sold in 990102, bought in 990103.
    c.registered(&c.form("1000")).await;
    let amounts = amounts(market, &of).await.unwrap();
    assert_eq!((amounts.total.value, amounts.total.absorbed), (0, 100_000));
    let top = top(market, &of).await.unwrap();
    assert_eq!((top.sellers.len(), top.buyers.len(), top.buyers[0].name.as_str()), (0, 1, "buyer有限公司"));
}

#[tokio::test]
async fn what_waits_too_long_is_counted() {
    let c = City::new().await;
    let market = &c.t.market;
    let number = crate::contracts::create_contract(market, &c.seller, None, &c.form("1000"), None).await.unwrap();
    c.submit(&number).await;
    let contracts = |work: Vec<Work>| work.into_iter().find(|w| w.kind == WorkKind::Contracts).map(|w| (w.waiting, w.overdue)).unwrap();
    assert_eq!(contracts(overdue(market, &whole(&c).await).await.unwrap()), (1, Some(0)));
    c.t.wait(Duration::days(60));
    assert_eq!(contracts(overdue(market, &whole(&c).await).await.unwrap()), (1, Some(1)));
    let county = City::officer_of(&c.t, "county", "990103").await;
    let of = board(market, &county, &BoardFilter::default()).await.unwrap();
    assert_eq!(contracts(overdue(market, &of).await.unwrap()), (0, Some(0)), "another county's");
}
