//! The connection of a request, as far as it decides what the request may do.

use std::net::IpAddr;

/// The connection of a request, as far as it decides what the request may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Of the other end, without IPv4 inside IPv6.
    pub(super) address: IpAddr,
    pub(super) is_tls: bool,
    pub(super) is_http2: bool,
}

impl Line {
    /// Returns whether nobody on the way can read what is sent.
    pub(super) fn keeps_secrets(&self) -> bool {
        self.is_tls || self.address.is_loopback()
    }
}
