//! pcapng. Source: draft-ietf-opsawg-pcapng, sections 3 and 4.

use std::io::Read;

use super::input::{Input, Order};
use super::{Damage, ETHERNET, LONGEST, Next, OpenError, Record};

/// How a section begins, in either order.
pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Types of blocks that matter here.
mod block {
    pub(super) const INTERFACE: u32 = 1;
    /// Obsolete, and still read by everyone.
    pub(super) const PACKET: u32 = 2;
    pub(super) const SIMPLE_PACKET: u32 = 3;
    pub(super) const ENHANCED_PACKET: u32 = 6;
}
/// The option of an interface that tells the bytes of the FCS.
const FCS_LENGTH: u16 = 13;
/// Type and length before the body of a block, and the length behind it.
const AROUND: u32 = 12;
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
    is_ethernet: bool,
    /// Most bytes captured of a frame; 0 for any.
    snap_length: u32,
    fcs: u32,
}

/// A block whose body is being read.
struct Block {
    length: u32,
    /// Bytes of the body that were not read yet.
    left: u32,
}

impl Pcapng {
    /// Reads the first section's header behind the first four bytes.
    pub(super) fn open(input: &mut Input<impl Read>) -> Result<Self, OpenError> {
        let [length] = input.expect()?;

        match section(input, length) {
            Ok(order) => Ok(Self { order, interfaces: Vec::new() }),
            Err(SectionError::Version { major, minor }) => {
                Err(OpenError::Version { major, minor, known: "1" })
            }
            Err(SectionError::Damage(Damage::CutOff)) => Err(OpenError::CutOff),
            Err(SectionError::Damage(Damage::Io(error))) => Err(OpenError::Io(error)),
            Err(SectionError::Damage(_)) => Err(OpenError::Unknown { magic: MAGIC }),
        }
    }

    pub(super) fn next(&mut self, input: &mut Input<impl Read>) -> Result<Next, Damage> {
        loop {
            input.begin();
            let Some([kind, length]) = input.words()? else { return Ok(Next::End) };
            if kind == MAGIC {
                self.order = section(input, length).map_err(|error| match error {
                    SectionError::Damage(damage) => damage,
                    SectionError::Version { .. } => Damage::Section,
                })?;
                self.interfaces.clear();
                continue;
            }
            let mut block = Block::new(self.order.word(length))?;
            let next = match self.order.word(kind) {
                block::INTERFACE => self.interface(input, &mut block).map(|()| None)?,
                block::ENHANCED_PACKET => Some(self.packet(input, &mut block, false)?),
                block::PACKET => Some(self.packet(input, &mut block, true)?),
                block::SIMPLE_PACKET => Some(self.simple_packet(input, &mut block)?),
                _ => None,
            };
            block.end(input, self.order)?;
            if let Some(next) = next {
                return Ok(next);
            }
        }
    }

    pub(super) fn name(&self) -> String {
        format!("pcapng, {}", self.order.name())
    }

    fn interface(&mut self, input: &mut Input<impl Read>, block: &mut Block) -> Result<(), Damage> {
        let most = INTERFACES;
        if self.interfaces.len() == most {
            return Err(Damage::Interfaces { most });
        }
        let [link, snap_length] = block.words(input)?;
        let [link_type, _reserved] = self.order.halves(link);
        let mut fcs = 0;
        while block.left >= 4 {
            let [option] = block.words(input)?;
            let [code, length] = self.order.halves(option);
            let padded = u32::from(length).next_multiple_of(4).min(block.left);
            match code {
                0 => break,
                FCS_LENGTH if length == 1 && padded == 4 => {
                    let [[bytes, ..]] = block.words(input)?;
                    fcs = u32::from(bytes);
                }
                _ => block.skip(input, padded)?,
            }
        }
        self.interfaces.push(Interface {
            is_ethernet: link_type == ETHERNET,
            snap_length: self.order.word(snap_length),
            fcs,
        });

        Ok(())
    }

    /// Reads an enhanced packet, or an obsolete one, whose interface has two bytes.
    fn packet(
        &self,
        input: &mut Input<impl Read>,
        block: &mut Block,
        is_obsolete: bool,
    ) -> Result<Next, Damage> {
        let [interface, _high, _low, captured, wire_length] = block.words(input)?;
        let interface = if is_obsolete {
            let [interface, _drops] = self.order.halves(interface);
            u32::from(interface)
        } else {
            self.order.word(interface)
        };
        let [captured, wire_length] = [captured, wire_length].map(|word| self.order.word(word));
        if captured > block.left {
            return Err(Damage::BlockLength { length: block.length });
        }

        self.frame(input, block, interface, [captured, wire_length])
    }

    /// Reads a packet of the first interface, whose captured length is left to conclude.
    fn simple_packet(
        &self,
        input: &mut Input<impl Read>,
        block: &mut Block,
    ) -> Result<Next, Damage> {
        let [wire_length] = block.words(input)?;
        let wire_length = self.order.word(wire_length);
        let snap_length = match self.interfaces.first().map(|interface| interface.snap_length) {
            None | Some(0) => u32::MAX,
            Some(most) => most,
        };
        let captured = wire_length.min(snap_length).min(block.left);

        self.frame(input, block, 0, [captured, wire_length])
    }

    fn frame(
        &self,
        input: &mut Input<impl Read>,
        block: &mut Block,
        interface: u32,
        [captured, wire_length]: [u32; 2],
    ) -> Result<Next, Damage> {
        let Some(interface) = self.interfaces.get(interface as usize) else {
            return Ok(Next::UnknownInterface);
        };
        if !interface.is_ethernet {
            return Ok(Next::NotEthernet);
        }
        if captured > LONGEST {
            return Err(Damage::TooLong { length: captured });
        }
        input.hold(captured)?;
        block.left -= captured;

        Ok(Next::Record(Record { wire_length, fcs: interface.fcs }))
    }
}

enum SectionError {
    Version { major: u16, minor: u16 },
    Damage(Damage),
}

/// Reads a section's header behind its type and length; gives the order of what follows.
fn section(input: &mut Input<impl Read>, length: [u8; 4]) -> Result<Order, SectionError> {
    let damage = |damage: Damage| SectionError::Damage(damage);
    let order = match input.expect().map_err(|trouble| damage(trouble.into()))? {
        [[0x1a, 0x2b, 0x3c, 0x4d]] => Order::Big,
        [[0x4d, 0x3c, 0x2b, 0x1a]] => Order::Little,
        _ => return Err(damage(Damage::Section)),
    };
    let mut block = Block::new(order.word(length)).map_err(damage)?;
    // The byte order was read.
    block.left = block.left.saturating_sub(4);
    let [version, _high, _low] = block.words(input).map_err(damage)?;
    let [major, minor] = order.halves(version);
    if major != 1 {
        return Err(SectionError::Version { major, minor });
    }
    block.end(input, order).map_err(damage)?;

    Ok(order)
}

impl Block {
    fn new(length: u32) -> Result<Self, Damage> {
        if length < AROUND || !length.is_multiple_of(4) {
            return Err(Damage::BlockLength { length });
        }

        Ok(Self { length, left: length - AROUND })
    }

    fn words<const N: usize>(
        &mut self,
        input: &mut Input<impl Read>,
    ) -> Result<[[u8; 4]; N], Damage> {
        let length = u32::try_from(N * 4).unwrap_or(u32::MAX);
        if length > self.left {
            return Err(Damage::BlockLength { length: self.length });
        }
        self.left -= length;

        Ok(input.expect()?)
    }

    fn skip(&mut self, input: &mut Input<impl Read>, length: u32) -> Result<(), Damage> {
        self.left -= length;

        Ok(input.skip(length)?)
    }

    /// Passes over what is left, and compares the lengths on both sides.
    fn end(mut self, input: &mut Input<impl Read>, order: Order) -> Result<(), Damage> {
        self.skip(input, self.left)?;
        let [last] = input.expect()?;
        let last = order.word(last);
        if last != self.length {
            return Err(Damage::Lengths { first: self.length, last });
        }

        Ok(())
    }
}
