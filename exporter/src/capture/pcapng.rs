//! pcapng. Source: draft-ietf-opsawg-pcapng, sections 3 and 4.

mod block;

use std::io::Read;

use super::input::{Input, Order, Span};
use super::{Damage, Found, LONGEST, Next, OpenError};
use crate::record::{ForeignLink, Link};
use block::{Block, Body, kind};

/// How a section begins, in either order.
pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// The option of an interface with the length of the FCS.
const FCS_LENGTH: u16 = 13;
/// The option of a packet with flags, four bits of which are the length of its FCS.
const FLAGS: u16 = 2;
const FLAGS_FCS_SHIFT: u32 = 5;
const FLAGS_FCS_MASK: u32 = 0x0f;
/// From here on the length of an FCS is in bits, as the draft has it; below it is in bytes, as
/// Wireshark once wrote it. Ethernet's is 32 bits.
const BITS: u32 = 16;
/// The shortest header of a section.
const SECTION: u32 = 28;
/// Interfaces of one section; each takes memory.
const INTERFACES: usize = 65_536;

/// The section that is being read.
#[derive(Debug)]
pub(super) struct Pcapng {
    order: Order,
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Result<Link, ForeignLink>,
    /// Most bytes captured of a frame; 0 for any.
    snap_length: u32,
    fcs: u32,
}

/// The fields of a packet before its bytes.
struct Header {
    interface: u32,
    captured: u32,
    wire_length: u32,
}

impl Pcapng {
    /// Reads the first section's header.
    pub(super) fn open(input: &mut Input<impl Read>) -> Result<Self, OpenError> {
        match section(input) {
            Ok(order) => Ok(Self { order, interfaces: Vec::new() }),
            Err(Damage::Version { major, minor }) => {
                Err(OpenError::Version { major, minor, known: "1.0 and 1.2 are" })
            }
            Err(Damage::CutOff) => Err(OpenError::CutOff),
            Err(Damage::TooMuch) => Err(OpenError::TooMuch),
            Err(Damage::Io(error)) => Err(OpenError::Io(error)),
            Err(damage) => Err(OpenError::Damaged(damage)),
        }
    }

    pub(super) fn next(&mut self, input: &mut Input<impl Read>) -> Result<Next, Damage> {
        loop {
            input.begin();
            let Some([kind, length]) = input.words()? else { return Ok(Next::End) };
            if kind == MAGIC {
                self.order = section(input)?;
                self.interfaces.clear();
                continue;
            }
            let order = self.order;
            let block = Block::new(order, length)?;
            match order.word(kind) {
                kind::INTERFACE => self.interface(block.read(input, order)?)?,
                kind::ENHANCED_PACKET => return self.packet(input, block, enhanced),
                kind::PACKET => return self.packet(input, block, obsolete),
                kind::SIMPLE_PACKET => return self.simple_packet(input, block),
                kind if kind::NUMBERED.contains(&kind) => {
                    block.skip(input, order)?;
                    return Ok(Next::NoPacket);
                }
                _ => block.skip(input, order)?,
            }
        }
    }

    pub(super) fn name(&self) -> String {
        format!("pcapng, {}", self.order.name())
    }

    fn interface(&mut self, mut body: Body<'_>) -> Result<(), Damage> {
        let most = INTERFACES;
        if self.interfaces.len() == most {
            return Err(Damage::Interfaces { most });
        }
        let [link, snap_length] = body.words()?;
        let [number, _reserved] = self.order.halves(link);
        let fcs = match body.option(FCS_LENGTH) {
            Some([length]) => u32::from(*length),
            _ => 0,
        };
        self.interfaces.push(Interface {
            link: Link::of(number).ok_or(ForeignLink(number)),
            snap_length: self.order.word(snap_length),
            fcs: if fcs < BITS { fcs } else { fcs / 8 },
        });

        Ok(())
    }

    #[inline]
    fn packet(
        &self,
        input: &mut Input<impl Read>,
        block: Block,
        header: fn(Order, [[u8; 4]; 5]) -> Header,
    ) -> Result<Next, Damage> {
        let at = block.take(input, self.order)?;
        let mut body = Body::new(input.bytes(at), self.order);
        let header = header(self.order, body.words()?);
        if header.captured as usize > body.left() {
            return Err(Damage::BlockLength { length: block.length });
        }
        let behind = body.behind(header.captured as usize);
        let fcs = behind.and_then(|mut behind| behind.option(FLAGS)?.try_into().ok());
        let fcs = fcs.map(|flags| self.order.word(flags) >> FLAGS_FCS_SHIFT & FLAGS_FCS_MASK);

        let bytes = at.from(size_of::<[[u8; 4]; 5]>()).first(header.captured as usize);
        self.found(&header, bytes, fcs.filter(|bytes| *bytes != 0))
    }

    /// Reads a simple packet, whose captured length follows from the block's length.
    fn simple_packet(&self, input: &mut Input<impl Read>, block: Block) -> Result<Next, Damage> {
        let at = block.take(input, self.order)?;
        let mut body = Body::new(input.bytes(at), self.order);
        let [wire_length] = body.words()?;
        let wire_length = self.order.word(wire_length);
        let snap_length = match self.interfaces.first().map(|interface| interface.snap_length) {
            None | Some(0) => usize::MAX,
            Some(most) => most as usize,
        };
        let captured = (wire_length as usize).min(snap_length).min(body.left());

        let bytes = at.from(size_of::<[u8; 4]>()).first(captured);
        #[expect(clippy::cast_possible_truncation, reason = "a block is shorter than 4 GiB")]
        let header = Header { interface: 0, captured: captured as u32, wire_length };
        self.found(&header, bytes, None)
    }

    fn found(&self, header: &Header, bytes: Span, fcs: Option<u32>) -> Result<Next, Damage> {
        let Header { interface, captured, wire_length } = *header;
        let Some(interface) = self.interfaces.get(interface as usize) else {
            return Ok(Next::UnknownInterface);
        };
        let link = match interface.link {
            Ok(link) => link,
            Err(foreign) => return Ok(Next::ForeignLink(foreign)),
        };
        if captured > LONGEST {
            return Err(Damage::TooLong { length: captured });
        }

        Ok(Next::Packet(Found { link, bytes, wire_length, fcs: fcs.unwrap_or(interface.fcs) }))
    }
}

fn enhanced(order: Order, words: [[u8; 4]; 5]) -> Header {
    let [interface, _high, _low, captured, wire_length] = words.map(|word| order.word(word));

    Header { interface, captured, wire_length }
}

fn obsolete(order: Order, words: [[u8; 4]; 5]) -> Header {
    let [interface, _drops] = order.halves(words[0]);

    Header { interface: u32::from(interface), ..enhanced(order, words) }
}

/// Passes over a section's header, and returns the order of what follows.
fn section(input: &mut Input<impl Read>) -> Result<Order, Damage> {
    let [_kind, length, magic, version] = input.words()?.ok_or(Damage::CutOff)?;
    let order = match magic {
        [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
        [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
        _ => return Err(Damage::ByteOrder),
    };
    let block = Block::new(order, length)?;
    if block.length < SECTION {
        return Err(Damage::BlockLength { length: block.length });
    }
    let [major, minor] = order.halves(version);
    // Some writers put 1.2 where they mean 1.0. Source: section 4.1 of the draft.
    if !matches!((major, minor), (1, 0 | 2)) {
        return Err(Damage::Version { major, minor });
    }
    block.skip(input, order)?;

    Ok(order)
}
