//! Units, by the names that Grafana has for them.

/// How a panel writes a value.
///
/// Source of the names: `packages/grafana-data/src/valueFormats/categories.ts` of Grafana.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// With SI prefixes, down to thousandths: for rates that are seldom below 1.
    PacketsPerSecond,
    /// Without prefixes below 1: for packets and events that are rare.
    EventsPerSecond,
    BitsPerSecond,
    Bytes,
    Seconds,
    /// 0 to 1, written as percent.
    Share,
    Count,
    /// Milliseconds since 1970, written as date and time.
    Moment,
    /// As it is: a port is a label, but any other unit would write 8080 as 8.08 K.
    Text,
}

impl Unit {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::PacketsPerSecond,
        Self::EventsPerSecond,
        Self::BitsPerSecond,
        Self::Bytes,
        Self::Seconds,
        Self::Share,
        Self::Count,
        Self::Moment,
        Self::Text,
    ];

    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::PacketsPerSecond => "pps",
            Self::EventsPerSecond => "cps",
            Self::BitsPerSecond => "bps",
            Self::Bytes => "bytes",
            Self::Seconds => "s",
            Self::Share => "percentunit",
            Self::Count => "short",
            Self::Moment => "dateTimeAsIso",
            Self::Text => "string",
        }
    }
}
