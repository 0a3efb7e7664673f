//! What a packet must be like to be taken.

use std::fmt;
use std::mem::discriminant;
use std::str::FromStr;
use std::sync::Arc;

use shared::{Direction, Protocol};

use super::network::{Network, NetworkError};
use super::text::as_text;
use crate::samples::Matching;

/// What a packet must be like to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Device(Arc<str>),
    Direction(Direction),
    Prefix(Network),
    Port(u16),
    Protocol(Protocol),
    Malformed,
}

/// Why a text is no condition.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error(
        "`{0}` is neither \"malformed\" nor a device, direction, prefix, port or protocol with \"=\""
    )]
    Unknown(String),
    #[error("`{0}` is no name of a device: 1 to 15 bytes without spaces, \"/\" and \":\"")]
    Device(String),
    #[error("`{0}` is neither receive nor transmit")]
    Direction(String),
    #[error(transparent)]
    Prefix(#[from] NetworkError),
    #[error("`{0}` is no port, 0 to 65535")]
    Port(String),
    #[error("`{0}` is no protocol; known are {known}", known = names().join(", "))]
    Protocol(String),
}

/// Protocols that IP has a number of.
const PROTOCOLS: [u8; 16] = {
    use shared::number as n;
    [
        n::TCP,
        n::UDP,
        n::UDP_LITE,
        n::ICMP,
        n::ICMPV6,
        n::IGMP,
        n::GRE,
        n::ESP,
        n::AH,
        n::SCTP,
        n::DCCP,
        n::OSPF,
        n::IPV4,
        n::IPV6,
        n::VRRP,
        n::PIM,
    ]
};

fn names() -> Vec<&'static str> {
    PROTOCOLS.iter().map(|number| Protocol::from_number(*number).label()).collect()
}

/// Returns what all conditions say together.
pub(super) fn together(conditions: &[Condition]) -> Matching {
    let mut matching = Matching::default();
    for condition in conditions {
        match condition {
            Condition::Device(name) => matching.device = Some(Arc::clone(name)),
            Condition::Direction(direction) => matching.direction = Some(*direction),
            Condition::Prefix(network) => matching.prefix = Some(network.prefix()),
            Condition::Port(port) => matching.port = Some(*port),
            Condition::Protocol(protocol) => {
                let is_it = |number: &u8| Protocol::from_number(*number) == *protocol;
                matching.protocol = PROTOCOLS.into_iter().find(is_it);
            }
            Condition::Malformed => matching.malformed = true,
        }
    }

    matching
}

/// Returns whether no two conditions are of one kind: no packet is on two devices.
pub(super) fn are_different(conditions: &[Condition]) -> bool {
    let is_once = |it: &Condition| {
        conditions.iter().filter(|other| discriminant(*other) == discriminant(it)).count() == 1
    };

    conditions.iter().all(is_once)
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let text = text.trim();
        let shown = |text: &str| text.escape_default().to_string();
        if text == "malformed" {
            return Ok(Self::Malformed);
        }
        let (name, value) =
            text.split_once('=').ok_or_else(|| ConditionError::Unknown(shown(text)))?;
        let value = value.trim();
        match name.trim() {
            "device" => {
                let is_name = (1..=15).contains(&value.len())
                    && !value.contains(|it: char| it.is_whitespace() || it == '/' || it == ':');
                is_name
                    .then(|| Self::Device(value.into()))
                    .ok_or_else(|| ConditionError::Device(shown(value)))
            }
            "direction" => Direction::ALL
                .iter()
                .find(|it| it.label() == value)
                .map(|it| Self::Direction(*it))
                .ok_or_else(|| ConditionError::Direction(shown(value))),
            "prefix" => Ok(Self::Prefix(value.parse()?)),
            "port" => value.parse().map(Self::Port).map_err(|_| ConditionError::Port(shown(value))),
            "protocol" => PROTOCOLS
                .iter()
                .map(|number| Protocol::from_number(*number))
                .find(|it| it.label() == value)
                .map(Self::Protocol)
                .ok_or_else(|| ConditionError::Protocol(shown(value))),
            _ => Err(ConditionError::Unknown(shown(text))),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(name) => write!(f, "device={name}"),
            Self::Direction(direction) => write!(f, "direction={}", direction.label()),
            Self::Prefix(network) => write!(f, "prefix={network}"),
            Self::Port(port) => write!(f, "port={port}"),
            Self::Protocol(protocol) => write!(f, "protocol={}", protocol.label()),
            Self::Malformed => write!(f, "malformed"),
        }
    }
}

as_text!(Condition);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Samples;
    use crate::samples::Prefix;

    fn read(text: &str) -> Result<Condition, ConditionError> {
        text.parse()
    }

    #[test]
    fn a_condition_is_read_as_it_is_written() {
        let texts = [
            "device=eth0",
            "direction=transmit",
            "prefix=192.0.2.0/24",
            "prefix=2001:db8::/32",
            "port=53",
            "protocol=icmpv6",
            "malformed",
        ];

        for text in texts {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        for name in names() {
            assert_eq!(
                read(&format!(" protocol = {name} ")).unwrap().to_string(),
                format!("protocol={name}")
            );
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_its_text() {
        let texts = [
            "",
            "=",
            "malformed=1",
            "device=",
            "device=a/b",
            "direction=up",
            "prefix=a",
            "port=65536",
            "protocol=none",
        ];

        for text in texts {
            let error = read(text).unwrap_err().to_string();
            let value = text.split_once('=').map_or(text, |(_, value)| value);
            assert!(error.contains(value), "{text}: {error}");
        }
    }

    #[test]
    fn conditions_hold_together_and_each_is_there_once() {
        let conditions: Vec<_> = ["port=53", "protocol=udp", "prefix=192.0.2.0/24"]
            .iter()
            .map(|it| read(it).unwrap())
            .collect();
        let twice = [read("port=53").unwrap(), read("port=54").unwrap()];

        let matching = together(&conditions);

        let prefix = Prefix { address: [192, 0, 2, 0].into(), length: 24 };
        let expected = Matching {
            port: Some(53),
            protocol: Some(17),
            prefix: Some(prefix),
            ..Matching::default()
        };
        assert_eq!(matching, expected);
        assert!(are_different(&conditions));
        let samples = Samples { matching: twice.into(), ..Samples::default() };
        assert_eq!(samples.refusals(), ["matching"]);
    }
}
