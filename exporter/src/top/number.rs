//! Rates as people read them.

const PREFIXES: [&str; 6] = ["", "k", "M", "G", "T", "P"];

/// Returns a rate with three digits and a prefix of SI; what is not known is a dash.
pub(super) fn short(rate: Option<f64>) -> String {
    let Some(mut rest) = rate else { return "–".into() };
    let mut prefixes = PREFIXES.iter().peekable();
    // What would be rounded to 1000 has the next prefix.
    while rest >= 999.5 && prefixes.len() > 1 {
        rest /= 1000.0;
        prefixes.next();
    }
    let prefix = prefixes.next().copied().unwrap_or_default();
    let digits = match rest {
        _ if rest >= 99.95 => 0,
        _ if rest >= 9.995 => 1,
        _ if rest == 0.0 => 0,
        _ => 2,
    };

    if prefix.is_empty() { format!("{rest:.digits$}") } else { format!("{rest:.digits$} {prefix}") }
}

/// Returns packets a second.
pub(super) fn packets(rate: Option<f64>) -> String {
    format!("{}/s", short(rate))
}

/// Returns bits a second.
pub(super) fn bits(rate: Option<f64>) -> String {
    let text = short(rate);
    let blank = if text.contains(' ') { "" } else { " " };

    format!("{text}{blank}bit/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_three_digits() {
        let cases = [
            (None, "–"),
            (Some(0.0), "0"),
            (Some(0.5), "0.50"),
            (Some(9.994), "9.99"),
            (Some(9.996), "10.0"),
            (Some(99.96), "100"),
            (Some(999.4), "999"),
            (Some(999.6), "1.00 k"),
            (Some(1_813_535.0), "1.81 M"),
            (Some(1e21), "1000000 P"),
        ];

        for (rate, text) in cases {
            assert_eq!(short(rate), text);
        }
        assert_eq!((packets(Some(12.0)), bits(Some(12.0))), ("12.0/s".into(), "12.0 bit/s".into()));
        assert_eq!(bits(Some(1200.0)), "1.20 kbit/s");
    }
}
