//! Numbers as a panel writes them, read back.
//!
//! Source of the words: `packages/grafana-data/src/valueFormats` of Grafana.

/// What a text says, give or take half of its last digit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shown {
    value: f64,
    tolerance: f64,
}

/// Words behind a number, and what they multiply it by.
type Words = &'static [(&'static str, f64)];

const SI: [(&str, f64); 8] = [
    ("n", 1e-9),
    ("µ", 1e-6),
    ("m", 1e-3),
    ("", 1.0),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
];
const COUNTS: Words = &[("", 1.0), ("K", 1e3), ("Mil", 1e6), ("Bil", 1e9)];
const EVENTS: Words = &[("c/s", 1.0), ("K c/s", 1e3), ("M c/s", 1e6)];
const BYTES: Words = &[("B", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0), ("GiB", 1_073_741_824.0)];
const SECONDS: Words = &[
    ("ns", 1e-9),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("min", 60.0),
    ("mins", 60.0),
    ("hour", 3600.0),
    ("hours", 3600.0),
    ("day", 86_400.0),
    ("days", 86_400.0),
];
const SHARES: Words = &[("%", 0.01)];

/// Returns whether the text is how a value of the unit is written.
pub(super) fn shows(text: &str, unit: &str, value: f64) -> bool {
    if unit == "dateTimeAsIso" {
        return text == moment(value);
    }

    Shown::read(text, unit).is_some_and(|it| (it.value - value).abs() <= it.tolerance)
}

impl Shown {
    fn read(text: &str, unit: &str) -> Option<Self> {
        let end = text.find(|it: char| !matches!(it, '0'..='9' | '-' | '.')).unwrap_or(text.len());
        let (digits, word) = (&text[..end], text[end..].trim());
        let number: f64 = digits.parse().ok()?;
        let decimals = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
        let factor = factor(word, unit)?;
        let half_a_digit = 0.5 * 0.1_f64.powi(i32::try_from(decimals).ok()?);

        Some(Self { value: number * factor, tolerance: half_a_digit * factor * 1.000_001 })
    }
}

fn factor(word: &str, unit: &str) -> Option<f64> {
    let of = |words: Words| words.iter().find(|(it, _)| *it == word).map(|it| it.1);
    let of_si = |name: &str| {
        let prefix = word.strip_suffix(name)?;
        SI.iter().find(|(it, _)| *it == prefix).map(|it| it.1)
    };

    match unit {
        "pps" => of_si("p/s"),
        "bps" => of_si("b/s"),
        "cps" => of(EVENTS),
        "bytes" => of(BYTES),
        "s" => of(SECONDS),
        "percentunit" => of(SHARES),
        "short" => of(COUNTS),
        other => panic!("how values of the unit {other} are written is not known here"),
    }
}

/// Returns milliseconds since 1970 as date and time in UTC. Source of the calendar: Howard Hinnant,
/// "chrono-compatible low-level date algorithms", `civil_from_days`.
fn moment(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1000.0).floor() as i64;
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);

    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_what_rounds_to_it_and_for_nothing_else() {
        assert!(shows("1.23 kp/s", "pps", 1234.0));
        assert!(shows("1.23 kp/s", "pps", 1225.1));
        assert!(!shows("1.23 kp/s", "pps", 1236.0));
        assert!(shows("38.2 mp/s", "pps", 0.0382));
        assert!(!shows("38.2 Mp/s", "pps", 0.0382));
        assert!(shows("12%", "percentunit", 0.118));
        assert!(shows("1.50 KiB", "bytes", 1536.0));
        assert!(shows("2 mins", "s", 125.0));
        assert!(!shows("", "short", 0.0));
        assert!(!shows("1.23 kp/s", "bps", 1234.0));
    }

    #[test]
    fn a_moment_has_the_date_of_its_day() {
        // The last of February of a leap year, and the first of March: Unix times of `date -u`.
        assert!(shows("2024-02-29 23:59:59", "dateTimeAsIso", 1_709_251_199_000.0));
        assert!(shows("2024-03-01 00:00:00", "dateTimeAsIso", 1_709_251_200_000.0));
        assert!(shows("1970-01-01 00:00:00", "dateTimeAsIso", 999.0));
    }
}
