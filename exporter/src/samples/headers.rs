//! Every header of a packet, field by field, as far as its bytes go.
//!
//! It is for reading alone: what a packet was counted as, [`shared::Parsed`] holds.

mod link;
mod names;
mod network;
mod part;
mod transport;
mod tunnel;

use shared::{Encapsulation, Parsed, Rare};

use crate::record::Link;

use self::part::Part;

/// More are not followed.
const MOST: usize = 32;

/// A header, or what lies behind all headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: &'static str,
    /// In bytes from the start of the packet.
    pub offset: usize,
    /// Bytes that there are of it.
    pub length: usize,
    /// The packet, or what was taken of it, does not end within it.
    pub is_whole: bool,
    pub fields: Vec<Field>,
}

/// A field of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// In bytes from the start of the packet, where it begins or the byte that it shares.
    pub offset: usize,
    /// In bytes.
    pub length: usize,
    pub value: String,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Ethernet,
    /// What an EtherType names.
    Named(u64),
    Llc,
    Ppp,
    /// IPv4 or IPv6, by its first four bits.
    Ip,
    /// What a protocol number of IP names.
    Protocol(u64),
    Vxlan,
    Geneve,
    Gtpu,
    /// Nothing that is read.
    End,
}

/// Decodes the headers of a packet. `parsed` decides only which datagrams of UDP are tunnels.
pub fn headers(link: Link, bytes: &[u8], parsed: &Parsed) -> Vec<Header> {
    let is_marked = parsed.rare & Rare::ENCAPSULATION != 0;
    let mut tunnel = Encapsulation::ALL.get(usize::from(parsed.encapsulation)).copied();
    tunnel = tunnel.filter(|_| is_marked);

    let mut headers = Vec::new();
    let mut next = if link == Link::Ethernet { Next::Ethernet } else { Next::Ip };
    let (mut at, mut end) = (0, bytes.len());
    while headers.len() < MOST && at < end && next != Next::End {
        let mut part = Part::new(&bytes[at..end], at);
        next = match next {
            Next::Ethernet => link::ethernet(&mut part),
            Next::Named(ethertype) => link::named(&mut part, ethertype),
            Next::Llc => link::llc(&mut part),
            Next::Ppp => link::ppp(&mut part),
            Next::Ip => network::ip(&mut part),
            Next::Protocol(number) => transport::protocol(&mut part, number, &mut tunnel),
            Next::Vxlan => tunnel::vxlan(&mut part),
            Next::Geneve => tunnel::geneve(&mut part),
            Next::Gtpu => tunnel::gtpu(&mut part),
            Next::End => Next::End,
        };
        let (header, stated) = part.ended();
        end = stated.map_or(end, |length| end.min(at + length));
        // What is not known has neither a name nor a length, and ends this.
        if let Some(header) = header {
            at += header.length;
            next = if header.is_whole { next } else { Next::End };
            headers.push(header);
        }
    }

    let rest = [("Payload", at, end), ("Padding", end.max(at), bytes.len())];
    headers.extend(rest.into_iter().filter(|(_, from, to)| from < to).map(|(name, from, to)| {
        Header { name, offset: from, length: to - from, is_whole: true, fields: Vec::new() }
    }));
    headers
}

#[cfg(test)]
mod tests;
