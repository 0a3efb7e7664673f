//! Blocks of a pcapng file, and the words and options in them.

use std::io::Read;

use super::super::Damage;
use super::super::input::{Input, Order, Span};

/// Types of blocks that matter here.
pub(super) mod kind {
    pub(in super::super) const INTERFACE: u32 = 1;
    /// Obsolete, and still read by all tools.
    pub(in super::super) const PACKET: u32 = 2;
    pub(in super::super) const SIMPLE_PACKET: u32 = 3;
    pub(in super::super) const ENHANCED_PACKET: u32 = 6;
    /// No packets, but Wireshark numbers them as if they were: an entry of systemd's journal,
    /// custom blocks, and sysdig's events. Source: `pcapng_read_block` in wiretap/pcapng.c.
    pub(in super::super) const NUMBERED: [u32; 9] =
        [9, 0x0bad, 0x4000_0bad, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222];
}

/// Type and length before the body.
const BEFORE: usize = 8;
/// And the length behind it.
const AROUND: u32 = 12;
/// The longest block that is held as a whole: a packet of 256 KiB and very many options.
const LONGEST: u32 = 4 << 20;

/// A block whose type and length were looked at.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) length: u32,
}

impl Block {
    pub(super) fn new(order: Order, length: [u8; 4]) -> Result<Self, Damage> {
        let length = order.word(length);
        if length < AROUND || !length.is_multiple_of(4) {
            return Err(Damage::BlockLength { length });
        }

        Ok(Self { length })
    }

    /// Takes the block, and returns where its body is held.
    pub(super) fn take(self, input: &mut Input<impl Read>, order: Order) -> Result<Span, Damage> {
        let length = self.length;
        if length > LONGEST {
            return Err(Damage::BlockLength { length });
        }
        let block = input.take(length as usize)?;
        let behind = block.length - 4;
        self.compare(order, input.bytes(block.from(behind)))?;

        Ok(block.first(behind).from(BEFORE))
    }

    /// Takes the block, and returns its body.
    pub(super) fn read(
        self,
        input: &mut Input<impl Read>,
        order: Order,
    ) -> Result<Body<'_>, Damage> {
        let at = self.take(input, order)?;

        Ok(Body::new(input.bytes(at), order))
    }

    /// Passes over the block.
    pub(super) fn skip(self, input: &mut Input<impl Read>, order: Order) -> Result<(), Damage> {
        input.skip(self.length - 4)?;
        let behind = input.take(4)?;

        self.compare(order, input.bytes(behind))
    }

    fn compare(self, order: Order, behind: &[u8]) -> Result<(), Damage> {
        let first = self.length;
        let last = order.word(behind.try_into().unwrap_or_default());
        if last != first {
            return Err(Damage::Lengths { first, last });
        }

        Ok(())
    }
}

/// What was not read yet of a block's body.
pub(super) struct Body<'a> {
    bytes: &'a [u8],
    order: Order,
    length: u32,
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a [u8], order: Order) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "a block is shorter than 4 GiB")]
        let length = bytes.len() as u32 + AROUND;

        Self { bytes, order, length }
    }

    /// Reads words that every block of its type has.
    pub(super) fn words<const N: usize>(&mut self) -> Result<[[u8; 4]; N], Damage> {
        let length = self.length;
        let (words, rest) =
            self.bytes.split_at_checked(N * 4).ok_or(Damage::BlockLength { length })?;
        self.bytes = rest;

        words.as_chunks().0.try_into().map_err(|_| Damage::BlockLength { length })
    }

    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Returns what is behind `length` bytes and their padding; `None` where nothing is.
    pub(super) fn behind(self, length: usize) -> Option<Self> {
        let bytes = self.bytes.get(length.next_multiple_of(4)..)?;

        (!bytes.is_empty()).then_some(Self { bytes, ..self })
    }

    /// Looks for the option with that code.
    pub(super) fn option(&mut self, wanted: u16) -> Option<&'a [u8]> {
        while let Some((head, rest)) = self.bytes.split_first_chunk() {
            let [code, length] = self.order.halves(*head);
            let length = usize::from(length);
            if code == 0 {
                return None;
            }
            if code == wanted {
                return rest.get(..length);
            }
            self.bytes = rest.get(length.next_multiple_of(4)..)?;
        }

        None
    }
}
