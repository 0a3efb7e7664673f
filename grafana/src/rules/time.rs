//! Times of rules, and how a test shortens them.

use std::fmt::Write;

/// What every `for`, range, offset and interval is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale(pub u32);

/// Units of PromQL that rules use, the longest first, in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Scale {
    /// That of the files that are shipped.
    pub const SHIPPED: Self = Self(1);

    /// Returns a duration divided; what is no duration comes back as it is.
    pub fn duration(self, text: &str) -> String {
        match milliseconds(text) {
            Some(whole) => written((whole / u64::from(self.0.max(1))).max(1)),
            None => text.to_owned(),
        }
    }

    /// Returns a query with its ranges and offsets divided.
    ///
    /// The weight of a baseline stays: its half-life and the interval become shorter alike.
    pub fn query(self, text: &str) -> String {
        let mut scaled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = next_time(rest) {
            let (before, from) = rest.split_at(at);
            let length = from.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(from.len());
            let (time, after) = from.split_at(length);
            scaled.push_str(before);
            scaled.push_str(&self.duration(time));
            rest = after;
        }
        scaled.push_str(rest);

        scaled
    }
}

/// Returns where the next range or offset begins.
fn next_time(text: &str) -> Option<usize> {
    let is_time = |at: &usize| text[*at..].starts_with(|it: char| it.is_ascii_digit());
    let behind = |mark: &'static str| {
        text.match_indices(mark).map(move |(at, _)| at + mark.len()).find(is_time)
    };

    [behind("["), behind("offset ")].into_iter().flatten().min()
}

fn milliseconds(text: &str) -> Option<u64> {
    let mut sum = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let end = unit.find(|it: char| it.is_ascii_digit()).unwrap_or(unit.len());
        let (_, length) = UNITS.iter().find(|(name, _)| *name == &unit[..end])?;
        sum += number * length;
        rest = &unit[end..];
    }

    (sum > 0).then_some(sum)
}

fn written(mut milliseconds: u64) -> String {
    let mut text = String::new();
    for (unit, length) in UNITS {
        let number = milliseconds / length;
        if number > 0 {
            let _ = write!(text, "{number}{unit}");
        }
        milliseconds %= length;
    }

    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_scale_changes_nothing() {
        for text in ["5m", "23h30m", "1d", "90ms", "not a time"] {
            assert_eq!(Scale::SHIPPED.duration(text), text);
        }
    }

    #[test]
    fn ranges_and_offsets_are_divided_and_nothing_else() {
        let query = r#"max_over_time(device:packets:rate5m{a="[x"}[1h] offset 23h30m) > 30"#;

        let scaled = Scale(30).query(query);

        assert_eq!(scaled, r#"max_over_time(device:packets:rate5m{a="[x"}[2m] offset 47m) > 30"#);
    }

    #[test]
    fn a_time_becomes_as_short_as_a_millisecond() {
        assert_eq!(Scale(30).duration("15s"), "500ms");
        assert_eq!(Scale(u32::MAX).duration("1s"), "1ms");
    }
}
