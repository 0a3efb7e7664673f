//! Captures, byte by byte, as other programs write them.

use crate::capture::input::Order;

/// Number, captured bytes and length on the wire.
type Frame = (u64, Vec<u8>, u32);

/// Numbers in the order of a file.
pub(super) struct Bytes(Order, Vec<u8>);

impl Bytes {
    fn of(order: Order) -> Self {
        Self(order, Vec::new())
    }

    fn word(mut self, word: u32) -> Self {
        self.1.extend(match self.0 {
            Order::Little => word.to_le_bytes(),
            Order::Big => word.to_be_bytes(),
        });
        self
    }

    fn half(mut self, half: u16) -> Self {
        self.1.extend(match self.0 {
            Order::Little => half.to_le_bytes(),
            Order::Big => half.to_be_bytes(),
        });
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.1.extend(bytes);
        self
    }

    fn padded(mut self) -> Self {
        self.1.resize(self.1.len().next_multiple_of(4), 0);
        self
    }

    /// A block of pcapng.
    pub(super) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len().next_multiple_of(4) + 12).unwrap();

        Self::of(order).word(kind).word(length).bytes(body).padded().word(length).1
    }
}

pub(super) fn pcap(order: Order, magic: u32, link: u32, frames: &[Frame]) -> Vec<u8> {
    let mut file = Bytes::of(order).word(magic).half(2).half(4).word(0).word(0).word(65_535);
    file = file.word(link);
    for (number, bytes, wire_length) in frames {
        let time = u32::try_from(*number).unwrap();
        let captured = u32::try_from(bytes.len()).unwrap();
        file = file.word(time).word(time).word(captured).word(*wire_length);
        if magic == 0xa1b2_cd34 {
            file = file.word(3).word(0);
        }
        file = file.bytes(bytes);
    }

    file.1
}

pub(super) fn shb(order: Order) -> Vec<u8> {
    let body = Bytes::of(order).word(0x1a2b_3c4d).half(1).half(0).word(u32::MAX).word(u32::MAX);

    Bytes::block(order, 0x0a0d_0d0a, &body.1)
}

pub(super) fn idb(order: Order, link: u16, snap_length: u32, options: &[u8]) -> Vec<u8> {
    let body = Bytes::of(order).half(link).half(0).word(snap_length).bytes(options);

    Bytes::block(order, 1, &body.1)
}

pub(super) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();

    Bytes::of(order).half(code).half(length).bytes(value).padded().word(0).1
}

pub(super) fn epb(order: Order, interface: u32, frame: &Frame) -> Vec<u8> {
    epb_with(order, interface, frame, &[])
}

pub(super) fn epb_with(order: Order, interface: u32, frame: &Frame, options: &[u8]) -> Vec<u8> {
    let head = Bytes::of(order).word(interface);

    packet(order, 6, head, frame, options)
}

/// The block that the enhanced one replaced.
pub(super) fn obsolete(order: Order, interface: u16, frame: &Frame) -> Vec<u8> {
    let head = Bytes::of(order).half(interface).half(0xffff);

    packet(order, 2, head, frame, &[])
}

fn packet(order: Order, kind: u32, head: Bytes, frame: &Frame, options: &[u8]) -> Vec<u8> {
    let (_, bytes, wire_length) = frame;
    let captured = u32::try_from(bytes.len()).unwrap();
    let body = head.word(5).word(6).word(captured).word(*wire_length).bytes(bytes);
    let body = body.padded().bytes(options);

    Bytes::block(order, kind, &body.1)
}

pub(super) fn spb(order: Order, (_, bytes, wire_length): &Frame) -> Vec<u8> {
    let body = Bytes::of(order).word(*wire_length).bytes(bytes);

    Bytes::block(order, 3, &body.1)
}
