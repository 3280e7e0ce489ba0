use keqiao_model::ReportState;
use time::Duration;

use super::*;
use crate::{
    accounts::Roles,
    contracts::tests::with,
    targets::{Part, WHOLE_PLAN, adopt_plan, assessment, set_target},
    testing::{TestMarket, reasons},
};

struct Officers {
    t: TestMarket,
    city: Actor,
    other: Actor,
    county: Actor,
}

impl Officers {
    async fn new() -> Self {
        let t = TestMarket::new().await;
        let (city, other) = (Self::of(&t, "city", "990100").await, Self::of(&t, "other", "990100").await);
        let county = Self::of(&t, "county", "990102").await;
        Self { t, city, other, county }
    }

    async fn of(t: &TestMarket, name: &str, region: &str) -> Actor {
        let id = t.person(name, Roles { officer_region: Some(region.to_owned()), ..Roles::default() }).await;
        t.actor(id).await
    }

    async fn go(&self, actor: &Actor, id: Uuid, by: ReportMove, fields: &[(&str, &str)]) -> Result<()> {
        let version = find(&self.t.market.db, id).await?.version;
        move_report(&self.t.market, actor, id, by, &fields.iter().copied().collect(), version, None).await
    }

    async fn state(&self, id: Uuid) -> ReportState {
        state_of(&find(&self.t.market.db, id).await.unwrap()).unwrap()
    }
}

fn form(indicator: ReportedIndicator, year: &str, value: &str) -> Fields {
    [("indicator", indicator.code()), ("year", year), ("value", value), ("evidence", "统计公报 https://example.cn/bulletin")]
        .into_iter()
        .collect()
}

#[tokio::test]
async fn a_county_reports_and_the_city_approves() {
    let o = Officers::new().await;
    let market = &o.t.market;
    let platforms = ReportedIndicator::Platforms;
    let someone = o.t.someone("someone").await;
    assert!(matches!(report(market, &someone, &form(platforms, "2026", "12"), None).await, Err(Error::Forbidden)));
    assert!(matches!(report(market, &Actor::Visitor, &form(platforms, "2026", "12"), None).await, Err(Error::SignIn)));
    let check = async |changes: &[(&str, &str)], expected: &[&str]| {
        let fields = with(&form(platforms, "2026", "12"), changes);
        assert_eq!(reasons(report(market, &o.county, &fields, None).await), expected, "{changes:?}");
    };
    check(
        &[("indicator", ""), ("year", ""), ("value", ""), ("evidence", " ")],
        &["indicator: required", "year: required", "value: required", "evidence: required"],
    )
    .await;
    check(&[("year", "2027")], &["year: choice"]).await;
    check(&[("region", "990103")], &["region: choice"]).await;
    check(&[("value", "12.5")], &["value: whole_number"]).await;
    check(&[("value", "-1")], &["value: whole_number"]).await;
    check(&[("indicator", "rd_intensity"), ("value", "1.805")], &["value: percent"]).await;

    let id = report(market, &o.county, &form(platforms, "2026", "1,200"), None).await.unwrap();
    let again = report(market, &o.city, &with(&form(platforms, "2026", "9"), &[("region", "990102")]), None).await;
    assert_eq!(reasons(again), ["indicator: report_open"]);
    assert!(matches!(one(market, &Actor::Visitor, id).await, Err(Error::NotFound)), "not public before it is approved");
    assert!(matches!(o.go(&o.county, id, ReportMove::Approve, &[]).await, Err(Error::Invalid(_) | Error::Forbidden)));
    assert_eq!(waiting(market, &o.city).await.unwrap(), 1);
    assert_eq!(reasons(o.go(&o.city, id, ReportMove::Return, &[]).await), ["reason: reason_required"]);
    o.go(&o.city, id, ReportMove::Return, &[("reason", "请附认定文件")]).await.unwrap();
    assert_eq!(one(market, &o.county, id).await.unwrap().reason, "请附认定文件");
    o.go(&o.county, id, ReportMove::Submit, &[("value", "12"), ("evidence", "认定文件第 3 号")]).await.unwrap();
    o.go(&o.city, id, ReportMove::Approve, &[]).await.unwrap();
    assert_eq!(reasons(o.go(&o.other, id, ReportMove::Return, &[("reason", "晚了")]).await), [": already_answered"]);
    let public = one(market, &Actor::Visitor, id).await.unwrap();
    assert_eq!((public.value, public.state, public.reporter.as_str()), (12, ReportState::Approved, ""), "nobody is named to the public");

    // A newer value replaces it when it is approved, and not before.
    let newer = report(market, &o.county, &form(platforms, "2026", "15"), None).await.unwrap();
    assert_eq!(o.state(id).await, ReportState::Approved);
    o.go(&o.city, newer, ReportMove::Approve, &[]).await.unwrap();
    assert_eq!((o.state(id).await, o.state(newer).await), (ReportState::Replaced, ReportState::Approved));
    assert_eq!(reports(market, &o.county, &ReportFilter::default(), 1).await.unwrap().total, 2);
    assert!(matches!(reports(market, &someone, &ReportFilter::default(), 1).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn nobody_approves_an_own_report() {
    let o = Officers::new().await;
    let market = &o.t.market;
    let id = report(market, &o.city, &form(ReportedIndicator::RdIntensity, "2025", "1.62%"), None).await.unwrap();
    assert_eq!(reasons(o.go(&o.city, id, ReportMove::Approve, &[]).await), [": conflict_of_interest"]);
    assert_eq!((waiting(market, &o.city).await.unwrap(), waiting(market, &o.other).await.unwrap()), (0, 1));
    o.go(&o.other, id, ReportMove::Approve, &[]).await.unwrap();
    assert_eq!(one(market, &Actor::Visitor, id).await.unwrap().value, 162);
}

#[tokio::test]
async fn two_officers_decide_at_once() {
    let o = Officers::new().await;
    let market = &o.t.market;
    let id = report(market, &o.county, &form(ReportedIndicator::Platforms, "2026", "12"), None).await.unwrap();
    let no: Fields = [("reason", "请补充")].into_iter().collect();
    let nothing = Fields::default();
    let (yes, no) = tokio::join!(
        move_report(market, &o.city, id, ReportMove::Approve, &nothing, 1, None),
        move_report(market, &o.other, id, ReportMove::Return, &no, 1, None),
    );
    assert!(yes.is_ok() != no.is_ok(), "exactly one wins: {yes:?} {no:?}");
    assert!([yes, no].into_iter().any(|result| matches!(result, Err(Error::Stale))));
}

#[tokio::test]
async fn counts_of_counties_add_up_and_shares_do_not() {
    let o = Officers::new().await;
    let market = &o.t.market;
    let says = async |indicator, year: &str, region: &str, value: &str| {
        let fields = with(&form(indicator, year, value), &[("region", region)]);
        let id = report(market, &o.city, &fields, None).await.unwrap();
        o.go(&o.other, id, ReportMove::Approve, &[]).await.unwrap();
    };
    use ReportedIndicator as R;
    for (indicator, year, region, value) in [
        (R::Platforms, "2025", "990102", "10"),
        (R::Platforms, "2026", "990102", "12"),
        (R::Platforms, "2025", "990103", "5"),
        (R::Platforms, "2026", "990100", "2"),
        (R::Commissioners, "2025", "990102", "300"),
        (R::Commissioners, "2026", "990102", "400"),
        (R::Commissioners, "2020", "990102", "999"),
        (R::RdIntensity, "2025", "990102", "2.5"),
        (R::RdIntensity, "2025", "990100", "1.62"),
        (R::RdIntensity, "2026", "990100", "1.8"),
    ] {
        says(indicator, year, region, value).await;
        o.t.wait(Duration::minutes(1));
    }
    adopt_plan(market).await.unwrap();
    set_target(market, &o.city, R::Platforms, WHOLE_PLAN, "990102", 60, 0).await.unwrap();
    let check = async |year: i64, indicator: R, expected: (Option<i64>, Option<i64>)| {
        let found = assessment(market, year).await.unwrap();
        let parts = &found.reported.iter().find(|r| r.indicator == indicator).unwrap().parts;
        let of = |part: Part| parts.iter().find(|p| p.part == part).unwrap().value;
        assert_eq!((of(Part::City), of(Part::County("990102".to_owned()))), expected, "{indicator} {year}");
    };
    check(WHOLE_PLAN, R::Platforms, (Some(19), Some(12))).await;
    check(2025, R::Platforms, (Some(15), Some(10))).await;
    check(WHOLE_PLAN, R::Commissioners, (Some(700), Some(700))).await;
    check(2026, R::Commissioners, (Some(400), Some(400))).await;
    check(WHOLE_PLAN, R::RdIntensity, (Some(180), Some(250))).await;
    check(2025, R::RdIntensity, (Some(162), Some(250))).await;
    check(2024, R::RdIntensity, (None, None)).await;
    let found = assessment(market, WHOLE_PLAN).await.unwrap();
    let city = |indicator: R| found.reported.iter().find(|r| r.indicator == indicator).unwrap().parts[0].clone();
    assert_eq!((city(R::RdIntensity).target, city(R::RdIntensity).reached()), (Some(180), Some(true)));
    assert_eq!((city(R::Platforms).target, city(R::Platforms).reached()), (Some(100), Some(false)));
    let splits = &found.reported.iter().find(|r| r.indicator == R::Platforms).unwrap().splits;
    assert_eq!(splits.iter().map(|s| (s.counties, s.city, s.differs_by)).collect::<Vec<_>>(), [(60, 100, 40)]);
}
