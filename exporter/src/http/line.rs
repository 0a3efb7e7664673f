//! The connection of a request, as far as it decides what the request may do.

use std::net::IpAddr;

/// The connection of a request, as far as it decides what the request may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Of the other end, without IPv4 inside IPv6.
    pub(super) address: IpAddr,
    pub(super) door: Door,
    pub(super) is_tls: bool,
    pub(super) is_http2: bool,
}

/// Which addresses a connection came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// `web.listen_address`, or the sockets that systemd has passed.
    Web,
    /// `api.listen_address`.
    Api,
}

impl Line {
    /// A connection without TLS.
    pub(super) fn plain(address: IpAddr, door: Door) -> Self {
        Self { address: address.to_canonical(), door, is_tls: false, is_http2: false }
    }
}
