//! The port of a service as the key of a map.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::closed_set::closed_set;
use crate::sets::Protocol;

closed_set! {
    /// The protocols whose frames are counted by port.
    pub enum PortProtocol {
        Tcp = "tcp",
        Udp = "udp",
        Sctp = "sctp",
    }
}

impl PortProtocol {
    /// Returns the protocol as it is counted by port; `None` where it is not.
    #[inline(always)]
    pub const fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::Tcp => Some(Self::Tcp),
            Protocol::Udp => Some(Self::Udp),
            Protocol::Sctp => Some(Self::Sctp),
            Protocol::UdpLite
            | Protocol::Icmp
            | Protocol::Icmpv6
            | Protocol::Igmp
            | Protocol::Gre
            | Protocol::Esp
            | Protocol::Ah
            | Protocol::Dccp
            | Protocol::Ospf
            | Protocol::Ipip
            | Protocol::Ipv6
            | Protocol::Vrrp
            | Protocol::Pim
            | Protocol::Other
            | Protocol::None => None,
        }
    }
}

/// The service port of a packet, with its protocol.
///
/// Which of the two ports that is, [`crate::RankedPort::service`] decides. Where both may be a
/// client's, the key is `ephemeral` instead of a number; where the packet shows no port (a later
/// fragment, a header cut off), it is `absent`.
#[repr(transparent)]
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct PortKey(pub u32);

impl PortKey {
    const PROTOCOL: u32 = 16;
    const EPHEMERAL: u32 = 1 << 18;
    const ABSENT: u32 = 1 << 19;
    /// Bits that a key takes.
    pub const BITS: u32 = 20;

    #[inline(always)]
    pub const fn number(protocol: PortProtocol, port: u16) -> Self {
        Self((protocol as u32) << Self::PROTOCOL | port as u32)
    }

    #[inline(always)]
    pub const fn ephemeral(protocol: PortProtocol) -> Self {
        Self((protocol as u32) << Self::PROTOCOL | Self::EPHEMERAL)
    }

    #[inline(always)]
    pub const fn absent(protocol: PortProtocol) -> Self {
        Self((protocol as u32) << Self::PROTOCOL | Self::ABSENT)
    }

    /// Returns the protocol; `None` where no packet can have made the key.
    pub fn protocol(self) -> Option<PortProtocol> {
        PortProtocol::ALL.get((self.0 >> Self::PROTOCOL & 3) as usize).copied()
    }

    /// Returns the number; `None` where the key stands for no single port.
    #[expect(clippy::cast_possible_truncation, reason = "the low sixteen bits are the port")]
    pub const fn port(self) -> Option<u16> {
        if self.0 & (Self::EPHEMERAL | Self::ABSENT) == 0 { Some(self.0 as u16) } else { None }
    }

    /// Returns whether either port may have been a client's.
    pub const fn is_ephemeral(self) -> bool {
        self.0 & Self::EPHEMERAL != 0
    }
}
