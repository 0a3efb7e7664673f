//! The connection of a request, as far as it decides what the request may do.

use std::net::IpAddr;

/// The connection of a request, as far as it decides what the request may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Of the other end, without IPv4 inside IPv6.
    pub(super) address: IpAddr,
    pub(super) is_http2: bool,
}
