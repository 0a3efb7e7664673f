//! Moments as texts. Source: RFC 3339, section 5.6.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::{format_rfc3339_millis, format_rfc3339_nanos};

/// Returns the moment in UTC to the millisecond; of one before 1970 the beginning of that year, of one
/// after 9999 the end of that.
pub(super) fn rfc3339(moment: SystemTime) -> String {
    format_rfc3339_millis(within(moment)).to_string()
}

/// The same to the nanosecond.
pub(super) fn rfc3339_nanos(moment: SystemTime) -> String {
    format_rfc3339_nanos(within(moment)).to_string()
}

fn within(moment: SystemTime) -> SystemTime {
    /// In seconds, the last of the year 9999: years have four digits.
    const LAST: Duration = Duration::from_secs(253_402_300_799);

    moment.clamp(UNIX_EPOCH, UNIX_EPOCH + LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by `date -u -d @SECONDS`.
    #[test]
    fn moments_are_those_of_the_calendar() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_700_000_000_250, "2023-11-14T22:13:20.250Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];

        for (millis, text) in cases {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(millis)), text);
        }
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00.000Z");
        let nanos = UNIX_EPOCH + Duration::new(1_700_000_000, 1);
        assert_eq!(rfc3339_nanos(nanos), "2023-11-14T22:13:20.000000001Z");
        let late = UNIX_EPOCH + Duration::from_hours(100_000_000);
        assert_eq!(rfc3339(late), "9999-12-31T23:59:59.000Z");
    }
}
