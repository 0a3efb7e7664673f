//! `[ports]`: counts by protocol and port.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::PortProtocol;

use super::naming::Naming;
use super::text::{as_text, one_or_many};
use crate::services::Service;

/// Counts by protocol and port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ports {
    /// Whether packets are counted by port: true or false.
    pub enabled: bool,
    /// Most ports with series of their own at once, for each device and direction; the others are
    /// counted as `other`: 0 to 10000.
    pub limit: usize,
    /// How long a port without packets keeps its series: 1s to 24h.
    #[serde(with = "humantime_serde")]
    pub idle: Duration,
    /// How many series may change to another port per minute: 1 to 1000.
    pub churn: u32,
    /// How many ports to remember, with and without series. New series are chosen from these: twice
    /// `limit` to 1000000.
    pub remembered: usize,
    /// Ports that clients take; a packet between two of them counts as `ephemeral`, unless one is known
    /// to be a service. auto uses the range that this kernel assigns to its own clients: "auto" or a
    /// range such as "32768-60999".
    pub ephemeral: Ephemeral,
    /// Ports of services, beside those on which this host listens, those below 1024 and those of
    /// common services: a port such as 8444 or a range such as "10000-10100", also of one
    /// protocol as in "8444/tcp", or a list of them.
    #[serde(deserialize_with = "one_or_many")]
    pub services: Vec<Service>,
}

/// Which ports clients take for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ephemeral {
    /// Those that the kernel gives to its own clients.
    Auto,
    Range(PortRange),
}

/// Ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

/// Why a text is not a port or a range of ports.
#[derive(Debug, thiserror::Error)]
#[error("the first port comes first, and both are 0 to 65535")]
pub struct PortRangeError;

impl Default for Ports {
    fn default() -> Self {
        Self {
            enabled: true,
            limit: 64,
            idle: Duration::from_mins(10),
            churn: 20,
            remembered: 16_384,
            ephemeral: Ephemeral::Range(PortRange::CLIENTS),
            services: Vec::new(),
        }
    }
}

impl Ports {
    pub(super) fn naming(&self) -> Naming {
        let Self { enabled, limit, idle, churn, remembered, ephemeral: _, services: _ } = *self;

        Naming { enabled, limit, idle, churn, remembered }
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        self.naming().refusals()
    }
}

impl PortRange {
    /// What clients take by default: Linux 32768 to 60999, Windows, macOS and the BSDs 49152 to 65535, as
    /// RFC 6335 has it.
    pub const CLIENTS: Self = Self { first: 32_768, last: 65_535 };

    /// Linux's default. Source: Documentation/networking/ip-sysctl.rst, `ip_local_port_range`.
    pub const LINUX: Self = Self { first: 32_768, last: 60_999 };

    /// Reads what `/proc/sys/net/ipv4/ip_local_port_range` holds; `None` if it is no range.
    pub fn of_kernel(text: &str) -> Option<Self> {
        let (first, last) = text.trim().split_once(char::is_whitespace)?;

        Self::new(first, last.trim_start()).ok()
    }

    fn new(first: &str, last: &str) -> Result<Self, PortRangeError> {
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(PortRangeError),
        }
    }
}

impl FromStr for Ephemeral {
    type Err = PortRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let (first, last) = text.split_once('-').ok_or(PortRangeError)?;

        PortRange::new(first, last).map(Self::Range)
    }
}

impl fmt::Display for Ephemeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Range(PortRange { first, last }) => write!(f, "{first}-{last}"),
        }
    }
}

as_text!(Ephemeral);

/// Why a text does not name the ports of services.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Ports(#[from] PortRangeError),

    #[error("the protocol is tcp, udp or sctp")]
    Protocol,
}

impl FromStr for Service {
    type Err = ServiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (ports, protocol) = match text.split_once('/') {
            Some((ports, protocol)) => (ports, Some(protocol)),
            None => (text, None),
        };
        let named = |label: &str| PortProtocol::ALL.iter().find(|it| it.label() == label).copied();
        let protocol =
            protocol.map(|label| named(label).ok_or(ServiceError::Protocol)).transpose()?;
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let PortRange { first, last } = PortRange::new(first, last)?;

        Ok(Self { protocol, ports: first..=last })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, last] = [self.ports.start(), self.ports.end()];
        write!(f, "{first}")?;
        if last != first {
            write!(f, "-{last}")?;
        }

        self.protocol.map_or(Ok(()), |protocol| write!(f, "/{}", protocol.label()))
    }
}

as_text!(Service);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_ports_in_order() {
        let of = |first, last| Some(Ephemeral::Range(PortRange { first, last }));
        let cases = [
            ("auto", Some(Ephemeral::Auto)),
            ("32768-60999", of(32_768, 60_999)),
            ("1024-1024", of(1024, 1024)),
            ("60999-32768", None),
            ("32768", None),
            ("32768-70000", None),
            ("32768 60999", None),
            ("", None),
        ];

        for (text, range) in cases {
            assert_eq!(text.parse().ok(), range, "{text:?}");
        }
    }

    #[test]
    fn services_have_a_port_or_a_range_and_perhaps_a_protocol() {
        let of = |protocol, ports| Some(Service { protocol, ports });
        let cases = [
            ("8444", of(None, 8444..=8444)),
            ("8444/tcp", of(Some(PortProtocol::Tcp), 8444..=8444)),
            ("10000-10100/udp", of(Some(PortProtocol::Udp), 10_000..=10_100)),
            ("5-5/sctp", of(Some(PortProtocol::Sctp), 5..=5)),
            ("10100-10000", None),
            ("8444/dccp", None),
            ("8444/", None),
            ("/tcp", None),
            ("https", None),
            ("70000", None),
            ("", None),
        ];

        for (text, service) in cases {
            assert_eq!(text.parse().ok(), service, "{text:?}");
        }
        for text in ["8444", "8444/tcp", "10000-10100/udp"] {
            assert_eq!(text.parse::<Service>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_kernels_range_is_read_as_it_writes_it() {
        let cases = [
            ("32768\t60999\n", Some(PortRange::LINUX)),
            ("1024 65535", Some(PortRange { first: 1024, last: 65_535 })),
            ("", None),
            ("32768\n", None),
        ];

        for (text, range) in cases {
            assert_eq!(PortRange::of_kernel(text), range, "{text:?}");
        }
    }
}
