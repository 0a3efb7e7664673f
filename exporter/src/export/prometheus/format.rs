//! Which format a scrape is answered in.

use std::cmp::Ordering;

/// A format of the exposition. The versions of one format do not differ for names like ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text0_0_4,
    Text1_0_0,
    OpenMetrics0_0_1,
    OpenMetrics1_0_0,
}

/// Picks the format that `accept` likes best; text 0.0.4 where it likes none.
///
/// `accept` is the value of the header, or the values joined by commas where it came more than
/// once. Source: RFC 9110, section 12.5.1; prometheus/docs, `content_negotiation.md`.
pub fn negotiate(accept: Option<&str>) -> Format {
    let ranges: Vec<_> = accept.unwrap_or("").split(',').filter_map(Range::parse).collect();
    let liked = Format::ALL.into_iter().rev().filter_map(|format| {
        let range =
            ranges.iter().filter(|range| range.takes(format)).max_by_key(|r| r.precision())?;
        (range.weight > 0.0).then_some((format, range))
    });

    // Of equals `max_by` returns the last, which is the first of `ALL`.
    liked.max_by(|(_, a), (_, b)| a.compare(b)).map_or(Format::Text0_0_4, |(format, _)| format)
}

impl Format {
    /// In the order of preference where a client has none.
    const ALL: [Self; 4] =
        [Self::Text0_0_4, Self::OpenMetrics1_0_0, Self::OpenMetrics0_0_1, Self::Text1_0_0];

    /// The `Content-Type` of an answer. No name here needs an escape in any of the schemes.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text0_0_4 => "text/plain; version=0.0.4; charset=utf-8",
            Self::Text1_0_0 => "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
            Self::OpenMetrics0_0_1 => "application/openmetrics-text; version=0.0.1; charset=utf-8",
            Self::OpenMetrics1_0_0 => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
            }
        }
    }

    const fn media_type(self) -> [&'static str; 2] {
        match self {
            Self::Text0_0_4 | Self::Text1_0_0 => ["text", "plain"],
            Self::OpenMetrics0_0_1 | Self::OpenMetrics1_0_0 => ["application", "openmetrics-text"],
        }
    }

    const fn version(self) -> &'static str {
        match self {
            Self::Text0_0_4 => "0.0.4",
            Self::OpenMetrics0_0_1 => "0.0.1",
            Self::Text1_0_0 | Self::OpenMetrics1_0_0 => "1.0.0",
        }
    }
}

/// One of the ranges of media types in an `Accept` header.
struct Range<'a> {
    media_type: [&'a str; 2],
    version: Option<&'a str>,
    /// 0 to 1.
    weight: f32,
}

impl<'a> Range<'a> {
    /// Reads a range; `None` where it is none, which is as if it were not there.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range = Self { media_type: [kind, subtype], version: None, weight: 1.0 };

        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            if name.trim().eq_ignore_ascii_case("q") {
                range.weight = value.parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
            } else if name.trim().eq_ignore_ascii_case("version") {
                range.version = Some(value);
            }
        }

        Some(range)
    }

    fn takes(&self, format: Format) -> bool {
        let fits =
            |(ours, theirs): (&str, &str)| theirs == "*" || theirs.eq_ignore_ascii_case(ours);

        format.media_type().into_iter().zip(self.media_type).all(fits)
            && self.version.is_none_or(|version| version == format.version())
    }

    /// How specific the range is; of those that match a format, the most specific one counts.
    fn precision(&self) -> usize {
        let named = self.media_type.iter().filter(|part| **part != "*").count();

        named + usize::from(self.version.is_some())
    }

    /// A format that was asked for by name goes before one that was not.
    fn compare(&self, other: &Self) -> Ordering {
        self.weight.total_cmp(&other.weight).then(self.precision().cmp(&other.precision()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Format::{OpenMetrics0_0_1, OpenMetrics1_0_0, Text0_0_4, Text1_0_0};
    use super::*;

    const PROMETHEUS_2_42: &str = "application/openmetrics-text;version=1.0.0,\
        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;\
        q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;\
        escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    const PROMETHEUS_3_NATIVE: &str = "application/vnd.google.protobuf;\
        proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
        application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
        application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;\
        escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    const PROMETHEUS_3_TEXT: &str = "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;\
        escaping=allow-utf-8;q=0.4,*/*;q=0.3";
    const FIREFOX: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,\
        image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

    #[test]
    fn clients_get_what_they_like_best() {
        let cases = [
            (PROMETHEUS_2_42, OpenMetrics1_0_0),
            (PROMETHEUS_3, OpenMetrics1_0_0),
            (PROMETHEUS_3_NATIVE, OpenMetrics1_0_0),
            (PROMETHEUS_3_TEXT, Text1_0_0),
            (FIREFOX, Text0_0_4),
            (CHROME, Text0_0_4),
            ("*/*", Text0_0_4),
            ("", Text0_0_4),
            ("text/*", Text0_0_4),
            ("text/plain", Text0_0_4),
            ("application/*", OpenMetrics1_0_0),
            ("application/openmetrics-text", OpenMetrics1_0_0),
            ("application/openmetrics-text; version=0.0.1", OpenMetrics0_0_1),
            ("application/openmetrics-text; version=2.0.0", Text0_0_4),
            ("text/plain;version=1.0.0;escaping=dots;q=0.6,text/plain;q=0.5", Text1_0_0),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=0.9, */*;q=0.5", OpenMetrics1_0_0),
            ("text/plain;q=0.9, application/openmetrics-text;q=0.8", Text0_0_4),
            ("application/openmetrics-text;q=0, */*", Text0_0_4),
            ("text/plain;q=0, */*;q=0.5", OpenMetrics1_0_0),
            ("text/plain;q=0", Text0_0_4),
            ("application/openmetrics-text;q=nan", Text0_0_4),
            ("application/json", Text0_0_4),
        ];

        for (accept, expected) in cases {
            assert_eq!(negotiate(Some(accept)), expected, "{accept}");
        }
        assert_eq!(negotiate(None), Text0_0_4);
    }

    proptest! {
        #[test]
        fn any_header_has_an_answer(accept in ".*") {
            negotiate(Some(&accept));
        }
    }
}
