//! What counties reported, and what the city approved.

use keqiao_market::{Actor, CHINA, reports};
use keqiao_model::{Fields, ReportMove, ReportedIndicator, format_percent};
use time::Duration;

use super::{Story, people::People};

const EVIDENCE: &str = "依据：年度统计公报和认定文件（演示数据）。https://example.cn/bulletin";

/// A value of a year that somebody reports.
async fn report(
    story: &Story,
    by: &Actor,
    indicator: ReportedIndicator,
    region: &str,
    year: i64,
    value: i64,
) -> anyhow::Result<uuid::Uuid> {
    let typed = if indicator.is_share() { format_percent(value) } else { value.to_string() };
    let fields: Fields = [
        ("indicator", indicator.code().to_owned()),
        ("region", region.to_owned()),
        ("year", year.to_string()),
        ("value", typed),
        ("evidence", EVIDENCE.to_owned()),
    ]
    .into_iter()
    .collect();
    Ok(reports::report(&story.market, by, &fields, None).await?)
}

/// Last year is reported and approved; of this year one value waits for the city, and one was sent back.
pub(crate) async fn indicators(story: &mut Story, people: &People) -> anyhow::Result<()> {
    use ReportedIndicator as R;
    let market = story.market.clone();
    let last = i64::from(story.now.to_offset(CHINA).year()) - 1;
    let counties: Vec<String> = market.counties().map(|county| county.code.clone()).collect();
    let city = market.config().city.clone();
    story.hours_ago(24 * 60);
    let mut values = vec![(R::RdIntensity, city.clone(), 162), (R::FirmsWithRd, city.clone(), 1_340), (R::NewProductShare, city, 2_710)];
    for (place, county) in (0_i64..).zip(&counties) {
        for (indicator, most) in
            [(R::Platforms, 22), (R::Incubators, 8), (R::HighTechFirms, 74), (R::Commissioners, 260), (R::NewProducts, 41)]
        {
            values.push((indicator, county.clone(), (most - most * place / 8).max(1)));
        }
    }
    for (indicator, region, value) in values {
        let id = report(story, &people.officer, indicator, &region, last, value).await?;
        reports::move_report(&market, &people.reviewer, id, ReportMove::Approve, &Fields::default(), 1, None).await?;
    }
    story.hours_ago(24 * 9);
    let Some(county) = counties.first() else { return Ok(()) };
    report(story, &people.county, R::Platforms, county, last + 1, 25).await?;
    let back = report(story, &people.county, R::HighTechFirms, county, last + 1, 80).await?;
    story.wait(Duration::days(2));
    let reason: Fields = [("reason", "请附本年度认定名单。")].into_iter().collect();
    reports::move_report(&market, &people.officer, back, ReportMove::Return, &reason, 1, None).await?;
    Ok(())
}
