//! An address to listen on, in the forms that Prometheus' exporters take.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use super::text::as_text;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    pub host: Host,
    /// 0 for any that is free.
    pub port: u16,
}

/// Where connections may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// All addresses, of IPv6 and of IPv4.
    Any,
    Address(IpAddr),
    /// An address that means something on one device only: its name or its index.
    LinkLocal(Ipv6Addr, String),
    /// The addresses that this name has.
    Name(String),
}

/// Why a text is not an address to listen on.
#[derive(Debug, thiserror::Error)]
pub enum ListenAddressError {
    #[error("it has no port; append one, as in \"{0}:10199\"")]
    NoPort(String),
    #[error("`{0}` is not a port, which is 0 to 65535")]
    BadPort(String),
    #[error("an IPv6 address is written in brackets, as in \"[::1]:10199\"")]
    BadIpv6,
    #[error("`{0}` is not the name of a host")]
    BadHost(String),
    #[error(
        "{0} is there on every device; append the one that is meant, as in \"[{0}%eth0]:10199\""
    )]
    NoDevice(Ipv6Addr),
    #[error("{0} is no link-local address, and belongs to no device; leave out \"%{1}\"")]
    NotLinkLocal(Ipv6Addr, String),
    #[error("\"%{0}\" names no device; append its name or its index, as in \"%eth0\"")]
    BadDevice(String),
}

impl ListenAddress {
    /// All addresses of the host.
    pub const fn any(port: u16) -> Self {
        Self { host: Host::Any, port }
    }
}

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(ListenAddressError::NoPort(text.into()));
        };
        let host = host.parse()?;
        let port = port.parse().map_err(|_| ListenAddressError::BadPort(port.into()))?;

        Ok(Self { host, port })
    }
}

impl FromStr for Host {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if let Some(inner) = text.strip_prefix('[') {
            return Self::ipv6(inner.strip_suffix(']').ok_or(ListenAddressError::BadIpv6)?);
        }
        if text.contains(':') && !text.contains('/') {
            return Err(ListenAddressError::BadIpv6);
        }
        if let Ok(v4) = text.parse() {
            return Ok(Self::Address(IpAddr::V4(v4)));
        }

        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if !text.bytes().all(allowed) {
            return Err(ListenAddressError::BadHost(text.into()));
        }

        Ok(Self::Name(text.into()))
    }
}

impl Host {
    /// Reads what is between brackets. Source: RFC 4007, section 11.
    fn ipv6(text: &str) -> Result<Self, ListenAddressError> {
        let (address, device) = match text.split_once('%') {
            Some((address, device)) => (address, Some(device)),
            None => (text, None),
        };
        let address: Ipv6Addr = address.parse().map_err(|_| ListenAddressError::BadIpv6)?;

        match device {
            None if address.is_unicast_link_local() => Err(ListenAddressError::NoDevice(address)),
            // As Go has it: an IPv4 address, however it is written.
            None => Ok(Self::Address(IpAddr::V6(address).to_canonical())),
            Some(device) if !address.is_unicast_link_local() => {
                Err(ListenAddressError::NotLinkLocal(address, device.into()))
            }
            Some(device) if !is_device(device) => Err(ListenAddressError::BadDevice(device.into())),
            Some(device) => Ok(Self::LinkLocal(address, device.into())),
        }
    }
}

/// Returns whether a device may have this name. Source: `dev_valid_name` in net/core/dev.c.
fn is_device(name: &str) -> bool {
    let allowed = |byte: u8| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b':' | b'%' | 0);

    (1..=15).contains(&name.len()) && name.bytes().all(allowed)
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;

        match host {
            Host::Any => write!(f, ":{port}"),
            Host::Address(IpAddr::V4(v4)) => write!(f, "{v4}:{port}"),
            Host::Address(IpAddr::V6(v6)) => write!(f, "[{v6}]:{port}"),
            Host::LinkLocal(v6, device) => write!(f, "[{v6}%{device}]:{port}"),
            Host::Name(name) => write!(f, "{name}:{port}"),
        }
    }
}

as_text!(ListenAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_exporter_is_understood_and_written_back() {
        let link_local = "fe80::1".parse().unwrap();
        let cases = [
            (":9100", Host::Any, 9100),
            ("[::1]:9100", Host::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)), 9100),
            ("[::]:0", Host::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)), 0),
            ("0.0.0.0:9100", Host::Address(IpAddr::from([0, 0, 0, 0])), 9100),
            ("[fe80::1%eth0.5]:9100", Host::LinkLocal(link_local, "eth0.5".into()), 9100),
            ("[fe80::1%12]:9100", Host::LinkLocal(link_local, "12".into()), 9100),
            ("node-1.example:9100", Host::Name("node-1.example".into()), 9100),
        ];

        for (text, host, port) in cases {
            let address: ListenAddress = text.parse().unwrap();

            assert_eq!(address, ListenAddress { host, port });
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn an_ipv4_address_in_the_form_of_ipv6_is_that_ipv4_address() {
        for (text, same) in [
            ("[::ffff:127.0.0.1]:9100", "127.0.0.1:9100"),
            ("[::ffff:0.0.0.0]:9100", "0.0.0.0:9100"),
        ] {
            assert_eq!(text.parse::<ListenAddress>().unwrap(), same.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_way_out() {
        let cases = [
            ("localhost", "it has no port; append one, as in \"localhost:10199\""),
            (":99999", "`99999` is not a port, which is 0 to 65535"),
            ("localhost:", "`` is not a port, which is 0 to 65535"),
            ("::1:9100", "an IPv6 address is written in brackets, as in \"[::1]:10199\""),
            ("[::1:9100", "an IPv6 address is written in brackets, as in \"[::1]:10199\""),
            ("[example]:9100", "an IPv6 address is written in brackets, as in \"[::1]:10199\""),
            (
                "[fe80::1]:9100",
                "fe80::1 is there on every device; append the one that is meant, \
                 as in \"[fe80::1%eth0]:10199\"",
            ),
            (
                "[::1%lo]:9100",
                "::1 is no link-local address, and belongs to no device; leave out \"%lo\"",
            ),
            (
                "[fe80::1%]:9100",
                "\"%\" names no device; append its name or its index, as in \"%eth0\"",
            ),
            (
                "[fe80::1%a/b]:9100",
                "\"%a/b\" names no device; append its name or its index, as in \"%eth0\"",
            ),
            ("vsock://:9100", "`vsock://` is not the name of a host"),
            ("a b:9100", "`a b` is not the name of a host"),
        ];

        for (text, reason) in cases {
            assert_eq!(text.parse::<ListenAddress>().unwrap_err().to_string(), reason, "{text}");
        }
    }
}
