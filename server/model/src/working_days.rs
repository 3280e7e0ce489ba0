//! Working days by a calendar of holidays, so that periods end when people can be expected to work.
//!
//! Source of the default calendar: the holiday arrangements that the State Council announces each year (国务院办公厅关于部分节假日安排的通知).

use serde::{Deserialize, Serialize};
use time::{Date, Duration, Weekday};

/// The holidays of one year and the weekend days that are worked instead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalendarYear {
    /// The year.
    pub year: i32,
    /// Holidays as `MM-DD` or `MM-DD/MM-DD` for a run of days.
    pub holidays: Vec<String>,
    /// Weekend days on which people work, `MM-DD`.
    pub workdays: Vec<String>,
}

/// A calendar of holidays, year by year. A year it does not know has its weekends and no holidays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calendar(pub Vec<CalendarYear>);

impl Default for Calendar {
    fn default() -> Self {
        let year = |year: i32, holidays: &[&str], workdays: &[&str]| CalendarYear {
            year,
            holidays: holidays.iter().map(|d| (*d).to_owned()).collect(),
            workdays: workdays.iter().map(|d| (*d).to_owned()).collect(),
        };
        Self(vec![
            year(
                2025,
                &["01-01", "01-28/02-04", "04-04/04-06", "05-01/05-05", "05-31/06-02", "10-01/10-08"],
                &["01-26", "02-08", "04-27", "09-28", "10-11"],
            ),
            year(
                2026,
                &["01-01/01-03", "02-15/02-23", "04-04/04-06", "05-01/05-05", "06-19/06-21", "09-25/09-27", "10-01/10-07"],
                &["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
            ),
        ])
    }
}

fn day_of(text: &str) -> Option<(u8, u8)> {
    let (month, day) = text.trim().split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((month, day))
}

/// The first and the last day of `MM-DD` or `MM-DD/MM-DD`, in order.
fn days_of(text: &str) -> Option<((u8, u8), (u8, u8))> {
    let (from, to) = text.split_once('/').unwrap_or((text, text));
    let (from, to) = (day_of(from)?, day_of(to)?);
    (from <= to).then_some((from, to))
}

impl Calendar {
    /// The first entry that is no day, for the check of a configuration.
    pub fn mistake(&self) -> Option<String> {
        self.0
            .iter()
            .flat_map(|y| {
                let holidays = y.holidays.iter().filter(|d| days_of(d).is_none());
                holidays.chain(y.workdays.iter().filter(|d| day_of(d).is_none()))
            })
            .next()
            .cloned()
    }

    /// Whether the holidays of a year are known.
    pub fn knows(&self, year: i32) -> bool {
        self.0.iter().any(|y| y.year == year)
    }

    /// The years of a period whose holidays are not known.
    pub fn unknown(&self, from: Date, to: Date) -> Vec<i32> {
        (from.year()..=to.year()).filter(|year| !self.knows(*year)).collect()
    }

    /// Whether people work on a day.
    pub fn is_working(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let Some(year) = self.0.iter().find(|y| y.year == day.year()) else { return !weekend };
        let key = (u8::from(day.month()), day.day());
        if year.workdays.iter().any(|d| day_of(d) == Some(key)) {
            return true;
        }
        !weekend && !year.holidays.iter().filter_map(|d| days_of(d)).any(|(from, to)| (from..=to).contains(&key))
    }

    /// The day `days` working days after `start`; `start` itself does not count.
    pub fn after(&self, start: Date, days: i64) -> Date {
        let mut day = start;
        let mut left = days.max(0);
        while left > 0 {
            let Some(next) = day.checked_add(Duration::days(1)) else { return day };
            day = next;
            if self.is_working(day) {
                left -= 1;
            }
        }
        day
    }

    /// How many working days lie after `start` up to and including `end`; none when `end` is not later.
    pub fn between(&self, start: Date, end: Date) -> i64 {
        let mut day = start;
        let mut count = 0;
        while day < end {
            let Some(next) = day.checked_add(Duration::days(1)) else { return count };
            day = next;
            count += i64::from(self.is_working(day));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn periods_skip_weekends_and_holidays_and_count_shifted_workdays() {
        let calendar = Calendar::default();
        let check = |start: Date, days: i64, expected: Date| {
            assert_eq!(calendar.after(start, days), expected, "{start} + {days}");
            assert_eq!(calendar.between(start, expected), days, "{start} – {expected}");
        };
        // An ordinary week: Monday to the next Monday.
        check(date!(2026 - 08 - 03), 5, date!(2026 - 08 - 10));
        // National Day 2026: Thursday to Wednesday off, Saturday the 10th worked.
        check(date!(2026 - 09 - 30), 1, date!(2026 - 10 - 08));
        check(date!(2026 - 10 - 08), 2, date!(2026 - 10 - 10));
        // Spring Festival 2026: the Saturday before is worked.
        check(date!(2026 - 02 - 13), 2, date!(2026 - 02 - 24));
        check(date!(2026 - 08 - 03), 0, date!(2026 - 08 - 03));
    }

    #[test]
    fn a_year_nobody_entered_has_weekends_only() {
        let calendar = Calendar::default();
        assert!(!calendar.knows(2035));
        assert!(calendar.is_working(date!(2035 - 10 - 01)), "a Monday");
        assert!(!calendar.is_working(date!(2035 - 10 - 06)), "a Saturday");
        assert_eq!(calendar.unknown(date!(2026 - 12 - 20), date!(2027 - 01 - 10)), [2027]);
        assert_eq!(calendar.unknown(date!(2025 - 12 - 20), date!(2026 - 01 - 10)), [0; 0]);
    }

    #[test]
    fn a_mistyped_day_is_named() {
        let check = |day: &str, expected: Option<&str>| {
            let calendar = Calendar(vec![CalendarYear { year: 2027, holidays: vec![day.to_owned()], workdays: Vec::new() }]);
            assert_eq!(calendar.mistake().as_deref(), expected, "{day}");
        };
        check("01-01", None);
        check("02-10/02-16", None);
        check("13-01", Some("13-01"));
        check("02-16/02-10", Some("02-16/02-10"));
        check("New Year", Some("New Year"));
    }
}
