//! What the parser found in one frame.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::address::Address;
use crate::sets::Family;

/// Marks in [`Parsed::rare`] that most frames do not have.
pub struct Rare;

impl Rare {
    /// [`Parsed::malformed`] holds a reason.
    pub const MALFORMED: u8 = 1;
    /// [`Parsed::fragment`] holds a position.
    pub const FRAGMENT: u8 = 1 << 1;
    /// [`Parsed::encapsulation`] holds one.
    pub const ENCAPSULATION: u8 = 1 << 2;
    /// [`Parsed::icmp_type`] holds a type.
    pub const ICMP: u8 = 1 << 3;
    /// [`Parsed::vlan`] holds an id.
    pub const VLAN: u8 = 1 << 4;
    /// The destination MAC address is a multicast or the broadcast address.
    pub const CAST: u8 = 1 << 5;
}

/// The fields of one frame. Fields whose mark is missing have no meaning.
///
/// It lies in memory, not in registers: so the verifier meets one state behind the parser
/// instead of one for each way through it.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Parsed {
    /// The far end: the source of what is received, the destination of what is sent.
    /// Meant only where the cell's family is IP.
    pub address: Address,
    /// Marks of [`Rare`].
    pub rare: u8,
    /// 1 where the frame has the ports of its transport header.
    pub has_ports: u8,
    /// 1 where [`Self::tcp_flags`] holds the flag byte of a TCP header.
    pub has_tcp_flags: u8,
    /// 1 where the frame is a fragment and more of its datagram follow.
    pub has_more: u8,
    /// The protocol number of the transport header, or of a fragment's payload.
    pub number: u8,
    /// The IP version that the link layer leads to, 4 or 6; 0 where it leads to none.
    pub version: u8,
    /// Where the network header begins, in bytes from the start of the frame, also where it does
    /// not hold; 0 without one, and in a frame that begins with it.
    pub network_offset: u16,
    /// Length on the wire in bytes, from the Ethernet header on and without the FCS.
    pub length: u32,
    /// Where the IP packet ends, in bytes from the start of the frame: as its header claims
    /// where that can be, else where the frame ends. Meant only with a transport header; before that
    /// is found, the end that PPPoE or LLC states, far away where nothing states one.
    pub end: u32,
    /// Host order; meant only with `has_ports`.
    pub source_port: u16,
    /// Host order; meant only with `has_ports`.
    pub destination_port: u16,
    /// Where the transport header begins; 0 without one.
    pub transport_offset: u16,
    /// The id of the outermost VLAN tag, 0 to 4095.
    pub vlan: u16,
    /// The index of the (family, protocol) cell, see [`crate::cell`].
    pub cell: u8,
    /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. Source: RFC 9293, section 3.1.
    pub tcp_flags: u8,
    /// A [`crate::Malformed`].
    pub malformed: u8,
    /// A [`crate::FragmentPosition`].
    pub fragment: u8,
    /// An [`crate::Encapsulation`].
    pub encapsulation: u8,
    /// The type of the ICMP or ICMPv6 message.
    pub icmp_type: u8,
    /// A [`crate::Cast`].
    pub cast: u8,
    /// The size bucket of the segments at hand, of a frame that is cut into some. No result of the
    /// parser.
    pub bucket: u8,
    /// Bytes that can be read and belong to the frame: behind the end that PPPoE or LLC states lies
    /// padding. For the parser alone, as is the next one.
    pub readable: u32,
    /// What the link layer names where that is not IP, as it lies in memory.
    pub ethertype: u16,
    pub unused: u16,
}

impl Parsed {
    /// Clears what has no meaning, so that two results can be compared.
    #[must_use]
    pub fn meant(mut self) -> Self {
        let rare = self.rare;
        let is_marked = |mark| rare & mark != 0;
        let fields = [
            (&mut self.malformed, is_marked(Rare::MALFORMED)),
            (&mut self.fragment, is_marked(Rare::FRAGMENT)),
            (&mut self.encapsulation, is_marked(Rare::ENCAPSULATION)),
            (&mut self.icmp_type, is_marked(Rare::ICMP)),
            (&mut self.cast, is_marked(Rare::CAST)),
            (&mut self.tcp_flags, self.has_tcp_flags != 0),
        ];
        for (field, _) in fields.into_iter().filter(|(_, is_meant)| !is_meant) {
            *field = 0;
        }
        if !is_marked(Rare::VLAN) {
            self.vlan = 0;
        }
        if self.has_ports == 0 {
            (self.source_port, self.destination_port) = (0, 0);
        }
        if self.cell >> 5 > Family::Ipv6 as u8 {
            self.address = Address::default();
        }
        if self.transport_offset == 0 {
            self.end = 0;
        }
        (self.readable, self.ethertype, self.bucket) = (0, 0, 0);

        self
    }
}

const _: () = {
    assert!(size_of::<Parsed>() == 56);
    // The parser clears these eight bytes with one store.
    assert!(core::mem::offset_of!(Parsed, rare) == 16);
    assert!(core::mem::offset_of!(Parsed, length) == 24);
};
