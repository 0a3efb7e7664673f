//! A packet of a capture, and what its first bytes are.

use std::fmt::{self, Display, Formatter};

/// One packet of a capture, without its FCS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its place in the file, from 1, as Wireshark numbers it; packets that are skipped have one too.
    pub number: u64,
    pub link: Link,
    /// What was captured of it, from its link-layer header on.
    pub bytes: &'a [u8],
    /// Its length on the wire in bytes, as the file states it; may be below what was captured.
    pub wire_length: u32,
}

/// A link type that is read. Source: <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Ethernet,
    /// IPv4 or IPv6, by the first four bits.
    Ip,
    Ipv4,
    Ipv6,
    /// Linux cooked capture, as `tcpdump -i any` writes it.
    Cooked,
    /// Linux cooked capture v2.
    Cooked2,
    /// PPP, with an address and a control field in front or without.
    Ppp,
    /// PPP with these fields, or Cisco HDLC.
    PppHdlc,
    /// As pppd records it: the address field holds the direction.
    Pppd,
    /// PPP with one byte in front for the direction.
    PppWithDirection,
}

impl Link {
    /// Returns the link type of that number, if it is read.
    pub const fn of(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::Ethernet,
            // 12 and 14 are what systems wrote for 101 before there was one number for all.
            12 | 14 | 101 => Self::Ip,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            113 => Self::Cooked,
            276 => Self::Cooked2,
            9 => Self::Ppp,
            50 => Self::PppHdlc,
            166 => Self::Pppd,
            204 => Self::PppWithDirection,
            _ => return None,
        })
    }
}

/// The number of a link type that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignLink(pub u16);

const ANOTHER_DEVICE: &str = "capture on an Ethernet device or on `any`";
const MONITOR: &str = "capture without monitor mode (no `-I`), where the device delivers Ethernet";
const NO_NETWORK: &str = "it carries no packets of a network, so there is nothing to count";
/// Source: editcap(1), options `-C`, `-L` and `-T`.
const LOOPBACK: &str =
    "`editcap -L -C 4 -T rawip FILE OUT` cuts its four bytes off and makes raw IP of it";

impl ForeignLink {
    /// Returns its name and what to do about it.
    const fn about(self) -> Option<(&'static str, &'static str)> {
        let Self(number) = self;

        Some(match number {
            0 => ("BSD loopback", LOOPBACK),
            108 => ("OpenBSD loopback", LOOPBACK),
            6 => ("Token Ring", ANOTHER_DEVICE),
            8 => ("SLIP", ANOTHER_DEVICE),
            10 => ("FDDI", ANOTHER_DEVICE),
            51 => ("PPPoE without Ethernet", ANOTHER_DEVICE),
            104 => ("Cisco HDLC", ANOTHER_DEVICE),
            107 => ("Frame Relay", ANOTHER_DEVICE),
            105 => ("802.11", MONITOR),
            119 => ("802.11 with a Prism header", MONITOR),
            127 => ("802.11 with a radiotap header", MONITOR),
            163 => ("802.11 with an AVS header", MONITOR),
            192 => ("802.11 with a PPI header", MONITOR),
            186 | 189 | 220 | 249 | 266 | 288 | 293..=295 => ("USB", NO_NETWORK),
            187 | 201 | 251 | 254..=256 | 272 => ("Bluetooth", NO_NETWORK),
            190 | 227 => ("CAN", NO_NETWORK),
            195 | 215 | 230 | 283 => ("802.15.4", NO_NETWORK),
            231 => ("D-Bus", NO_NETWORK),
            239 => ("netfilter's log", ANOTHER_DEVICE),
            253 => ("netlink", NO_NETWORK),
            252 => ("Wireshark's upper PDUs", "inspect the capture that they were exported from"),
            147..=162 => (
                "a type of its own",
                "if it is Ethernet, `editcap -T ether FILE OUT` marks it as such",
            ),
            _ => return None,
        })
    }
}

/// Reads as `105 (802.11)`.
impl Display for ForeignLink {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(number) = self;

        match self.about() {
            Some((name, _)) => write!(f, "{number} ({name})"),
            None => write!(f, "{number}, see https://www.tcpdump.org/linktypes.html"),
        }
    }
}

impl ForeignLink {
    /// Returns what to do to have packets that can be read.
    pub fn advice(self) -> &'static str {
        self.about().map_or(ANOTHER_DEVICE, |(_, advice)| advice)
    }
}
