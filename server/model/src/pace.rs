//! How far a figure is on its way to a target: what is expected by today, where it goes, who comes first. Whole numbers only; no float
//! touches an amount.
//!
//! Source: the founding plan, section six (目标任务分解, 监督评估). The plan names targets and years but no way of judging; the thresholds below are
//! practice, declared in this one place and told on every page that uses them.

use time::{Date, Month};

use crate::taxonomy::codes;

/// Per mille of what is expected by today from which somebody is ahead.
pub const AHEAD_FROM: i64 = 1_050;
/// Per mille of what is expected by today from which somebody is on pace.
pub const ON_PACE_FROM: i64 = 950;
/// Per mille of what is expected by today from which somebody is behind; below that, far behind.
pub const BEHIND_FROM: i64 = 700;
/// Days of a period that must have passed before a forecast says anything.
pub const FORECAST_FROM_DAY: i64 = 30;

codes! {
    /// How a total stands against what is expected by today.
    Light, "light" {
        /// More than expected, or the whole target already.
        Ahead = "ahead",
        /// About as much as expected.
        OnPace = "on_pace",
        /// Less than expected.
        Behind = "behind",
        /// Much less than expected.
        FarBehind = "far_behind",
    }
}

/// The days in which a target is to be reached, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl Period {
    /// Whole years from one to another; `None` for years that no calendar has.
    pub fn years(first: i64, last: i64) -> Option<Self> {
        let day = |year: i64, month, number| Date::from_calendar_date(i32::try_from(year).ok()?, month, number).ok();
        let (first, last) = (day(first, Month::January, 1)?, day(last, Month::December, 31)?);
        (first <= last).then_some(Self { first, last })
    }

    /// How many days it has.
    pub fn days(self) -> i64 {
        (self.last - self.first).whole_days() + 1
    }

    /// How many of its days have begun by a day: none before it, all after it.
    pub fn elapsed(self, today: Date) -> i64 {
        ((today - self.first).whole_days() + 1).clamp(0, self.days())
    }
}

/// `amount × part ÷ whole`, rounded down; what does not fit is the largest number.
fn share_of(amount: i64, part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    i64::try_from((i128::from(amount) * i128::from(part)).div_euclid(i128::from(whole))).unwrap_or(i64::MAX)
}

/// What a target asks for by the end of a day: its share of the days that have begun. Every day asks for the same.
pub fn expected(target: i64, period: Period, today: Date) -> i64 {
    share_of(target, period.elapsed(today), period.days())
}

/// What a total comes to at the end of the period if it goes on as it did so far: total × days ÷ days begun. Nothing before the period and
/// in its first [`FORECAST_FROM_DAY`] days; after its end the total itself. No promise, and it knows nothing of seasons.
pub fn forecast(total: i64, period: Period, today: Date) -> Option<i64> {
    let elapsed = period.elapsed(today);
    (elapsed > FORECAST_FROM_DAY || elapsed == period.days()).then(|| share_of(total, period.days(), elapsed))
}

/// How a total stands against a target on a day; nothing without a target or before the period.
pub fn light(total: i64, target: i64, period: Period, today: Date) -> Option<Light> {
    if target <= 0 || period.elapsed(today) == 0 {
        return None;
    }
    if total >= target {
        return Some(Light::Ahead);
    }
    // Compared as total × days against target × days begun, so that nothing is rounded.
    let (is, asked) = (i128::from(total) * i128::from(period.days()) * 1_000, i128::from(target) * i128::from(period.elapsed(today)));
    let reaches = |permille: i64| is >= asked * i128::from(permille);
    Some(if reaches(AHEAD_FROM) {
        Light::Ahead
    } else if reaches(ON_PACE_FROM) {
        Light::OnPace
    } else if reaches(BEHIND_FROM) {
        Light::Behind
    } else {
        Light::FarBehind
    })
}

/// The places of some by the share of the target they reached: totals and targets. Equal shares share a place, and the next is left out (1,
/// 2, 2, 4); who has no target has no place.
pub fn ranks(parts: &[(i64, Option<i64>)]) -> Vec<Option<usize>> {
    let ahead = |(total, target): (i64, i64), (other, aim): (i64, i64)| {
        i128::from(total) * i128::from(aim) > i128::from(other) * i128::from(target)
    };
    let with: Vec<(i64, i64)> = parts.iter().filter_map(|(total, target)| Some((*total, target.filter(|t| *t > 0)?))).collect();
    parts
        .iter()
        .map(|(total, target)| {
            let own = (*total, target.filter(|t| *t > 0)?);
            Some(with.iter().filter(|other| ahead(**other, own)).count() + 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn year(year: i64) -> Period {
        Period::years(year, year).unwrap()
    }

    #[test]
    fn a_period_knows_its_days() {
        let check = |first, last, today, expected: (i64, i64)| {
            let period = Period::years(first, last).unwrap();
            assert_eq!((period.elapsed(today), period.days()), expected, "{first}–{last} on {today}");
        };
        check(2026, 2026, date!(2025 - 12 - 31), (0, 365));
        check(2026, 2026, date!(2026 - 01 - 01), (1, 365));
        check(2026, 2026, date!(2026 - 12 - 31), (365, 365));
        check(2026, 2026, date!(2027 - 06 - 01), (365, 365));
        check(2024, 2024, date!(2024 - 12 - 31), (366, 366));
        check(2024, 2026, date!(2025 - 12 - 31), (731, 1_096));
        assert_eq!(Period::years(2027, 2026), None);
        assert_eq!(Period::years(i64::MAX, i64::MAX), None);
    }

    #[test]
    fn a_day_asks_for_its_share() {
        for (target, today, asked) in [
            (365, date!(2025 - 12 - 31), 0),
            (365, date!(2026 - 01 - 01), 1),
            (3_650, date!(2026 - 07 - 02), 1_830),
            (365, date!(2026 - 12 - 31), 365),
            (100, date!(2027 - 01 - 01), 100),
            (100, date!(2026 - 07 - 02), 50),
            (i64::MAX, date!(2026 - 12 - 31), i64::MAX),
            (0, date!(2026 - 07 - 02), 0),
        ] {
            assert_eq!(expected(target, year(2026), today), asked, "{target} on {today}");
        }
    }

    #[test]
    fn a_forecast_goes_on_as_before_and_says_nothing_at_first() {
        for (total, today, told) in [
            (10, date!(2025 - 12 - 31), None),
            (10, date!(2026 - 01 - 01), None),
            (10, date!(2026 - 01 - 30), None),
            (31, date!(2026 - 01 - 31), Some(365)),
            (0, date!(2026 - 06 - 30), Some(0)),
            (100, date!(2026 - 12 - 31), Some(100)),
            (100, date!(2027 - 03 - 01), Some(100)),
            (-31, date!(2026 - 01 - 31), Some(-365)),
            (i64::MAX, date!(2026 - 02 - 01), Some(i64::MAX)),
        ] {
            assert_eq!(forecast(total, year(2026), today), told, "{total} on {today}");
        }
    }

    #[test]
    fn lights_follow_the_thresholds() {
        // On the 73rd day a fifth of 1,000 is expected: 200.
        let today = date!(2026 - 03 - 14);
        assert_eq!(expected(1_000, year(2026), today), 200);
        for (total, shown) in [
            (210, Light::Ahead),
            (209, Light::OnPace),
            (190, Light::OnPace),
            (189, Light::Behind),
            (140, Light::Behind),
            (139, Light::FarBehind),
            (0, Light::FarBehind),
            (-5, Light::FarBehind),
            (1_000, Light::Ahead),
        ] {
            assert_eq!(light(total, 1_000, year(2026), today), Some(shown), "{total}");
        }
        assert_eq!(light(999, 1_000, year(2026), date!(2027 - 01 - 01)), Some(Light::OnPace), "nearly all of it");
        assert_eq!(light(1_000, 1_000, year(2026), date!(2026 - 12 - 31)), Some(Light::Ahead));
        assert_eq!(light(5, 0, year(2026), today), None, "no target, no light");
        assert_eq!(light(5, 10, year(2026), date!(2025 - 12 - 31)), None, "not begun");
        assert_eq!(light(i64::MAX - 1, i64::MAX, year(2026), today), Some(Light::Ahead));
    }

    #[test]
    fn equal_shares_share_a_place_and_who_has_no_target_has_none() {
        let check = |parts: &[(i64, Option<i64>)], expected: &[Option<usize>]| assert_eq!(ranks(parts), expected, "{parts:?}");
        check(&[], &[]);
        check(&[(5, None), (0, Some(0))], &[None, None]);
        check(&[(50, Some(100)), (30, Some(20)), (1, Some(2)), (0, Some(9))], &[Some(2), Some(1), Some(2), Some(4)]);
        check(&[(7, None), (1, Some(1_000))], &[None, Some(1)]);
        // A thousandth of a per mille apart is apart.
        check(&[(1_000_000, Some(3_000_000)), (999_999, Some(3_000_000))], &[Some(1), Some(2)]);
    }
}
