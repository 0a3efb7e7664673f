//! The client of a request, behind proxies that are trusted.

use std::net::{IpAddr, SocketAddr};

use hyper::header::{HeaderMap, HeaderName, VIA};

use super::forwarded::{self, FORWARDED};
use super::line::Line;
use crate::config::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    /// It is on this host, and no proxy asks for somebody else.
    pub(super) is_here: bool,
    /// Nobody on the way can read what it sends.
    pub(super) keeps_secrets: bool,
    /// No trusted proxy stands before it, whose certificate would be that of the connection.
    pub(super) is_direct: bool,
}

impl Caller {
    /// Finds the client of a request. What headers say of it counts only where a trusted proxy sends them.
    pub(super) fn of(line: Line, headers: &HeaderMap, proxies: &[Network]) -> Self {
        if is_in(proxies, line.address) {
            return Self {
                address: client_of(headers, proxies).unwrap_or(line.address),
                is_here: false,
                keeps_secrets: is_forwarded_securely(headers),
                is_direct: false,
            };
        }

        let marks = [FORWARDED, FORWARDED_FOR, VIA];
        let is_forwarded = marks.iter().any(|name| headers.contains_key(name));
        let is_here = line.address.is_loopback() && !is_forwarded;
        let keeps_secrets = line.is_tls || is_here;
        Self { address: line.address, is_here, keeps_secrets, is_direct: true }
    }
}

/// Returns the address that proxies say the client has. Where a proxy writes one of the headers, the client
/// may have written the other: nothing is known if they differ.
fn client_of(headers: &HeaderMap, proxies: &[Network]) -> Option<IpAddr> {
    let has = |name: HeaderName| headers.contains_key(name);
    let by_list = has(FORWARDED_FOR).then(|| {
        let values = headers.get_all(FORWARDED_FOR).iter().rev();
        last_stranger(values.flat_map(|it| it.to_str().unwrap_or_default().rsplit(',')), proxies)
    });
    let by_hops = has(FORWARDED).then(|| {
        let hops = forwarded::hops(headers);
        last_stranger(hops.iter().rev().map(|it| it.node.as_deref().unwrap_or_default()), proxies)
    });

    match (by_list, by_hops) {
        (Some(one), Some(other)) => one.filter(|_| one == other),
        (one, other) => one.or(other)?,
    }
}

/// Returns the last address that is no trusted proxy: what stands before it is from the client.
fn last_stranger<'a>(hops: impl Iterator<Item = &'a str>, proxies: &[Network]) -> Option<IpAddr> {
    let mut hops = hops.map(|text| address(text.trim()));

    hops.find(|hop| hop.is_none_or(|address| !is_in(proxies, address)))?
}

/// Reads an address, also with a port.
fn address(text: &str) -> Option<IpAddr> {
    let alone = text.parse().ok();
    let with_port = || text.parse().ok().map(|it: SocketAddr| it.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();

    let address: Option<IpAddr> = alone.or_else(with_port).or_else(in_brackets);
    address.map(|it| it.to_canonical())
}

/// Returns whether the client spoke TLS with the proxy, as far as that says.
fn is_forwarded_securely(headers: &HeaderMap) -> bool {
    let last = headers.get_all(FORWARDED_PROTO).iter().next_back();
    let last = last.map(|value| value.to_str().unwrap_or_default().rsplit(',').next());
    let of_hop = forwarded::hops(headers).pop().and_then(|it| it.proto);

    last.is_none_or(|it| it.unwrap_or_default().trim().eq_ignore_ascii_case("https"))
        && of_hop.is_none_or(|it| it.eq_ignore_ascii_case("https"))
}

pub(super) fn is_in(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::line::Door;

    fn caller(address: &str, is_tls: bool, headers: &[(&'static str, &str)]) -> Caller {
        let proxies = ["10.0.0.0/8", "127.0.0.2"].map(|text| text.parse().unwrap());
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let line = Line { is_tls, ..Line::plain(address.parse().unwrap(), Door::Web) };

        Caller::of(line, &headers.collect(), &proxies)
    }

    #[test]
    fn the_client_is_the_last_address_that_is_no_trusted_proxy() {
        let of = |address, hops| caller(address, false, &[("x-forwarded-for", hops)]).address;
        let cases = [
            ("10.0.0.1", "192.0.2.9", "192.0.2.9"),
            ("10.0.0.1", "127.0.0.1, 192.0.2.9", "192.0.2.9"),
            ("10.0.0.1", "192.0.2.9,10.0.0.2 , 10.1.0.1", "192.0.2.9"),
            ("10.0.0.1", "192.0.2.9:4711", "192.0.2.9"),
            ("10.0.0.1", "[2001:db8::1]:80", "2001:db8::1"),
            ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
            ("10.0.0.1", "::ffff:192.0.2.9", "192.0.2.9"),
            // Nothing is known of the client.
            ("10.0.0.1", "192.0.2.9, unknown", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.3", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            // Nobody who is trusted says so.
            ("192.0.2.1", "192.0.2.9", "192.0.2.1"),
        ];

        for (address, hops, client) in cases {
            assert_eq!(of(address, hops).to_string(), client, "{address}: {hops}");
        }
        let both = |list, hops| {
            let headers = [("x-forwarded-for", list), ("forwarded", hops)];
            caller("10.0.0.1", false, &headers).address.to_string()
        };
        let hops = |hops| caller("10.0.0.1", false, &[("forwarded", hops)]).address.to_string();
        assert_eq!(hops("for=192.0.2.9;proto=https"), "192.0.2.9");
        assert_eq!(hops("for=192.0.2.8, for=\"[2001:db8::1]:80\", for=10.0.0.2"), "2001:db8::1");
        assert_eq!(hops("for=192.0.2.9, for=unknown"), "10.0.0.1");
        assert_eq!(both("192.0.2.9", "for=192.0.2.9"), "192.0.2.9");
        assert_eq!(both("192.0.2.9", "for=192.0.2.8"), "10.0.0.1", "one is from the client");
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, "192.0.2.8".parse().unwrap());
        headers.append(FORWARDED_FOR, "192.0.2.9".parse().unwrap());
        let networks = ["10.0.0.0/8".parse().unwrap()];
        let line = Line::plain([10, 0, 0, 1].into(), Door::Web);
        assert_eq!(Caller::of(line, &headers, &networks).address, IpAddr::from([192, 0, 2, 9]));
    }

    #[test]
    fn a_proxy_is_never_this_host_and_says_whether_the_client_spoke_tls() {
        let proto = |value| [("x-forwarded-proto", value)];
        let cases = [
            (caller("127.0.0.1", false, &[]), true, true),
            (caller("127.0.0.1", false, &[("x-forwarded-for", "127.0.0.1")]), false, false),
            (caller("127.0.0.1", false, &[("via", "1.1 a")]), false, false),
            (caller("127.0.0.2", false, &[]), false, true),
            (caller("10.0.0.1", false, &proto("https")), false, true),
            (caller("10.0.0.1", false, &proto("http, HTTPS")), false, true),
            (caller("10.0.0.1", false, &proto("https, http")), false, false),
            (caller("10.0.0.1", true, &proto("http")), false, false),
            (caller("192.0.2.1", false, &proto("https")), false, false),
            (caller("10.0.0.1", false, &[("forwarded", "proto=http, proto=https")]), false, true),
            (caller("10.0.0.1", false, &[("forwarded", "for=_a;proto=http")]), false, false),
            (caller("192.0.2.1", true, &proto("http")), false, true),
        ];

        for (at, (caller, is_here, keeps_secrets)) in cases.into_iter().enumerate() {
            assert_eq!((caller.is_here, caller.keeps_secrets), (is_here, keeps_secrets), "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(value: Vec<u8>) {
            if let Ok(value) = hyper::header::HeaderValue::from_bytes(&value) {
                let line = Line::plain([10, 0, 0, 1].into(), Door::Web);
                let names = [FORWARDED, FORWARDED_FOR, FORWARDED_PROTO];
                let headers = names.map(|name| (name, value.clone()));
                Caller::of(line, &headers.into_iter().collect(), &["10.0.0.0/8".parse().unwrap()]);
            }
        }
    }
}
