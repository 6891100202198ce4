//! Dates of results, in UTC.

use syncbench_harness::clock;

const DAY_S: u64 = 86_400;

/// A second in the Gregorian calendar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Date {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Date {
    /// Now.
    pub(crate) fn now() -> Self {
        Self::from_unix(clock::unix_seconds())
    }

    fn from_unix(seconds: u64) -> Self {
        let (days, rest) = (seconds / DAY_S, seconds % DAY_S);
        // Counted from 1 March 0000, so that leap days end a year and 400 years are one period ("days to civil" by
        // H. Hinnant).
        let days = days + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = 400 * era + year + u64::from(month <= 2);
        Self { year, month, day, hour: rest / 3_600, minute: rest / 60 % 60, second: rest % 60 }
    }

    /// As RFC 3339 writes it: `2026-11-27T12:38:00Z`.
    pub(crate) fn rfc3339(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// For names of files, in the order of time: `2026-11-27-123800`.
    pub(crate) fn for_names(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (68_169_600, "1972-02-29T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_795_783_147, "2026-11-27T12:39:07Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Date::from_unix(seconds).rfc3339(), expected);
        }
        assert_eq!(Date::from_unix(1_795_783_147).for_names(), "2026-11-27-123907");
    }

    #[test]
    fn each_day_of_four_centuries_follows_the_one_before() {
        let key = |day: u64| {
            let date = Date::from_unix(day * DAY_S);
            (date.year, date.month, date.day)
        };
        for day in 1..146_097 {
            let ((year, month, date), next) = (key(day - 1), key(day));
            let follows = [(year, month, date + 1), (year, month + 1, 1), (year + 1, 1, 1)].contains(&next);
            assert!(follows && next.1 <= 12 && next.2 <= 31, "{next:?} follows {year}-{month}-{date}");
        }
        assert_eq!(key(146_097), (2370, 1, 1));
    }
}
