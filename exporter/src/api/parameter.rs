//! Parameters: what is allowed, and what a request has.

use std::net::IpAddr;
use std::time::Duration;

use super::kind::Kind;
use super::problem::{Fault, Problem, shown};
use super::samples::protocols::protocol;
use crate::samples::{Id, Prefix};

/// A parameter of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub place: Place,
    pub allowed: Allowed,
    /// What it is without being given; `None` where it then has no effect.
    pub default: Option<&'static str>,
    /// One sentence, without what is allowed.
    pub help: &'static str,
}

/// Where a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    /// Read by the operation itself.
    Header,
}

/// The values that a parameter may have.
#[derive(Clone, Copy, Debug)]
pub enum Allowed {
    /// From the first to the last.
    Integer(u32, u32),
    OneOf(&'static [&'static str]),
    /// Different ones of these, separated by commas.
    SomeOf(&'static [&'static str]),
    Text(Form),
}

/// The form of a text.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// In words, behind "has to be".
    pub words: &'static str,
    /// A regular expression that all allowed texts match.
    pub pattern: &'static str,
    pub example: &'static str,
    is: fn(&str) -> bool,
}

/// The parameters of a request that passed all checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given(Vec<(&'static str, String)>);

impl Form {
    /// Source: `dev_valid_name` in net/core/dev.c.
    pub(super) const DEVICE: Self = Self {
        words: "the name of a device: 1 to 15 bytes without spaces, `/` and `:`",
        pattern: "^[^\\s/:]{1,15}$",
        example: "eth0",
        is: |text| {
            let is_allowed = |it: u8| {
                !it.is_ascii_whitespace() && !it.is_ascii_control() && it != b'/' && it != b':'
            };
            (1..=15).contains(&text.len()) && text.bytes().all(is_allowed)
        },
    };
    pub(super) const ADDRESS: Self = Self {
        words: "an address of IPv4 or IPv6",
        pattern: "^[0-9A-Fa-f:.]{2,45}$",
        example: "192.0.2.1",
        is: |text| text.parse::<IpAddr>().is_ok(),
    };
    pub(super) const PORT: Self = Self {
        words: "a port, 0 to 65535, or `ephemeral`",
        pattern: "^([0-9]{1,5}|ephemeral)$",
        example: "443",
        is: |text| text == "ephemeral" || is_number(text, u16::MAX.into()),
    };
    /// The window of counts.
    pub(super) const HOUR: Self = Self {
        words: "a whole number with its unit, `s`, `m` or `h`, of 1s to 1h",
        pattern: "^[0-9]{1,5}[smh]$",
        example: "5m",
        is: |text| is_duration(text, Duration::from_hours(1)),
    };
    /// The window of charts.
    pub(super) const DAY: Self = Self {
        words: "a whole number with its unit, `s`, `m` or `h`, of 1s to 25h",
        pattern: "^[0-9]{1,5}[smh]$",
        example: "1h",
        is: |text| is_duration(text, Duration::from_hours(25)),
    };
    pub(super) const CURSOR: Self = Self {
        words: "the cursor of an answer, as its `next` has it",
        pattern: "^[0-9]{1,20}-[0-9]{1,20}-[0-9]{1,20}$",
        example: "0-0-0",
        is: |text| {
            let parts: Vec<_> = text.split('-').collect();
            parts.len() == 3 && parts.iter().all(|part| is_number(part, u64::MAX))
        },
    };
    pub(super) const ID: Self = Self {
        words: "an id, as an answer has it",
        pattern: "^[0-9]{1,20}-[0-9]{1,20}$",
        example: "1700000000000000-1",
        is: |text| Id::read(text).is_some(),
    };
    pub(super) const PREFIX: Self = Self {
        words: "an address, or a prefix whose other bits are 0",
        pattern: "^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$",
        example: "192.0.2.0/24",
        is: |text| text.parse::<Prefix>().is_ok(),
    };
    pub(super) const NUMBERED_PROTOCOL: Self = Self {
        words: "an IP protocol: its number, 0 to 255, or its name in the counts",
        pattern: "^([0-9]{1,3}|[a-z][a-z0-9]{1,7})$",
        example: "tcp",
        is: |text| protocol(text).is_some(),
    };
    pub(super) const TAGS: Self = Self {
        words: "`ETag` of an answer, or several, or `*`",
        pattern: "^(\\*|\"[^\"]*\"( *, *\"[^\"]*\")*)$",
        example: "\"189f3a-7\"",
        is: |text| text == "*" || text.starts_with('"') && text.ends_with('"'),
    };
    pub(super) const KIND: Self = Self {
        words: "the name of a kind of problem",
        pattern: "^[a-z-]{1,64}$",
        example: "unknown-parameter",
        is: |text| (1..=64).contains(&text.len()),
    };
}

impl Allowed {
    /// Returns what is allowed in words, behind "has to be".
    pub(super) fn words(self) -> String {
        match self {
            Self::Integer(least, most) => format!("a whole number, {least} to {most}"),
            Self::OneOf(values) => format!("one of {}", values.join(", ")),
            Self::SomeOf(values) => {
                format!("different ones of {}, separated by commas", values.join(", "))
            }
            Self::Text(form) => form.words.into(),
        }
    }

    pub(super) fn allows(self, text: &str) -> bool {
        match self {
            Self::Integer(least, most) => {
                is_number(text, most.into())
                    && text.parse().is_ok_and(|number: u32| number >= least)
            }
            Self::OneOf(values) => values.contains(&text),
            Self::SomeOf(values) => {
                let mut seen: Vec<_> = text.split(',').collect();
                let count = seen.len();
                seen.sort_unstable();
                seen.dedup();
                seen.len() == count && seen.iter().all(|item| values.contains(item))
            }
            Self::Text(form) => (form.is)(text),
        }
    }
}

impl Given {
    /// Reads the parameters of a request. All that is wrong of one kind is reported together.
    pub(super) fn read(
        parameters: &'static [Parameter],
        path: &[(String, String)],
        query: &[(String, String)],
    ) -> Result<Self, Problem> {
        let known =
            |place, name: &str| parameters.iter().find(|it| it.place == place && it.name == name);

        let mut faults = Faults::default();
        let mut given: Vec<(&'static str, String)> = Vec::new();
        let all = path.iter().map(|it| (Place::Path, it));
        for (place, (name, value)) in all.chain(query.iter().map(|it| (Place::Query, it))) {
            match known(place, name) {
                None => faults.unknown.push(unknown(parameters, name)),
                Some(parameter) if given.iter().any(|(other, _)| *other == parameter.name) => {
                    faults.doubled.push(fault(name, "is there more than once"));
                }
                Some(parameter) => {
                    if !parameter.allowed.allows(value) {
                        let words = parameter.allowed.words();
                        let detail = format!("has to be {words}, and is \"{}\"", shown(value));
                        faults.invalid.push(fault(name, &detail));
                    }
                    given.push((parameter.name, value.clone()));
                }
            }
        }

        faults.none()?;
        Ok(Self(given))
    }

    /// Returns what the parameter is: as given, else its default.
    pub(super) fn text(&self, parameter: &'static str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == parameter).map(|(_, value)| value.as_str())
    }

    /// Returns a number that was checked.
    pub(super) fn number(&self, parameter: &'static str) -> Option<usize> {
        self.text(parameter)?.parse().ok()
    }

    /// Returns all of them, in the order of the request.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

#[derive(Default)]
struct Faults {
    unknown: Vec<Fault>,
    doubled: Vec<Fault>,
    invalid: Vec<Fault>,
}

impl Faults {
    fn none(self) -> Result<(), Problem> {
        let Self { unknown, doubled, invalid } = self;
        let kinds = [
            (Kind::UnknownParameter, unknown),
            (Kind::DoubledParameter, doubled),
            (Kind::InvalidParameter, invalid),
        ];

        match kinds.into_iter().find(|(_, faults)| !faults.is_empty()) {
            Some((kind, faults)) => Err(Problem::of(kind, bounded(faults))),
            None => Ok(()),
        }
    }
}

/// A request may have thousands of parameters.
fn bounded(mut faults: Vec<Fault>) -> Vec<Fault> {
    const MOST: usize = 16;
    faults.truncate(MOST);

    faults
}

fn unknown(parameters: &[Parameter], name: &str) -> Fault {
    let query = parameters.iter().filter(|it| it.place == Place::Query);
    let names: Vec<_> = query.map(|it| it.name).collect();
    let known = if names.is_empty() { "none".into() } else { names.join(", ") };

    fault(name, &format!("is unknown here; the parameters are: {known}"))
}

fn fault(name: &str, detail: &str) -> Fault {
    let name = shown(name);

    Fault { detail: format!("`{name}` {detail}"), parameter: Some(name), pointer: None }
}

/// Reads a time, as in `90s`; `None` where the text is none.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let units = [('s', 1), ('m', 60), ('h', 3600)];
    let (number, seconds) =
        units.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    let number: u64 =
        Some(number).filter(|it| it.len() <= 5 && is_number(it, 99_999))?.parse().ok()?;

    Some(Duration::from_secs(number * seconds))
}

fn is_duration(text: &str, most: Duration) -> bool {
    duration(text).is_some_and(|it| !it.is_zero() && it <= most)
}

/// Returns whether the text is a number of digits alone that is not larger than `most`.
fn is_number(text: &str, most: u64) -> bool {
    let is_digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());

    is_digits && text.parse::<u64>().is_ok_and(|number| number <= most)
}
