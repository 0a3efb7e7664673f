//! TCP packets by class of flags.

use crate::snapshot::Flow;

use super::sample::Sink;

/// Source: RFC 9293, section 3.1. ECE and CWR do not matter here.
const FIN: u8 = 1;
const SYN: u8 = 1 << 1;
const RST: u8 = 1 << 2;
const PSH: u8 = 1 << 3;
const ACK: u8 = 1 << 4;
const URG: u8 = 1 << 5;

/// What the flags of a TCP packet mean together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flags {
    Syn,
    SynAck,
    Ack,
    PshAck,
    FinAck,
    Rst,
    RstAck,
    Null,
    Xmas,
    SynFin,
    Other,
}

/// Every class, with its label.
const ALL: [(Flags, &str); 11] = [
    (Flags::Syn, "syn"),
    (Flags::SynAck, "syn_ack"),
    (Flags::Ack, "ack"),
    (Flags::PshAck, "psh_ack"),
    (Flags::FinAck, "fin_ack"),
    (Flags::Rst, "rst"),
    (Flags::RstAck, "rst_ack"),
    (Flags::Null, "null"),
    (Flags::Xmas, "xmas"),
    (Flags::SynFin, "syn_fin"),
    (Flags::Other, "other"),
];

pub(super) fn read(flow: &Flow, sink: &mut dyn Sink) {
    for (label, packets) in tcp_classes(&flow.totals.tcp_flags) {
        let labels = [&*flow.device, label].map(Into::into);
        sink.count(&labels, packets, flow.since);
    }
}

/// Sums packets by flag byte up in classes, each with its label.
pub fn tcp_classes(by_byte: &[u64; 256]) -> impl Iterator<Item = (&'static str, u64)> + use<> {
    let mut packets = [0; ALL.len()];
    for (byte, counted) in (0..=u8::MAX).zip(by_byte) {
        packets[Flags::of(byte) as usize] += counted;
    }

    ALL.into_iter().map(move |(class, label)| (label, packets[class as usize]))
}

impl Flags {
    /// Returns the class of a flag byte; the first that fits, in this order.
    ///
    /// SYN with FIN is an attack whatever else is set; a reset resets whatever else is set; the
    /// second step of the handshake may carry data. The rest are classes of one or two bytes.
    fn of(byte: u8) -> Self {
        const PSH_ACK: u8 = PSH | ACK;
        const FIN_ACK: u8 = FIN | ACK;
        const FIN_PSH_ACK: u8 = FIN | PSH | ACK;
        const XMAS: u8 = FIN | PSH | URG;

        let has = |flags| byte & flags == flags;
        if has(SYN | FIN) {
            return Self::SynFin;
        }
        if has(RST) {
            return if has(ACK) { Self::RstAck } else { Self::Rst };
        }
        if has(SYN | ACK) {
            return Self::SynAck;
        }

        match byte & (FIN | SYN | RST | PSH | ACK | URG) {
            0 => Self::Null,
            SYN => Self::Syn,
            ACK => Self::Ack,
            PSH_ACK => Self::PshAck,
            FIN_ACK | FIN_PSH_ACK => Self::FinAck,
            XMAS => Self::Xmas,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The classes as the documentation states them, `other` left out.
    fn says_so(class: Flags, byte: u8) -> bool {
        let all = |flags| byte & flags == flags;
        let none = |flags| byte & flags == 0;
        let only = |flags| byte & !(1 << 6 | 1 << 7) == flags;

        match class {
            Flags::Syn => only(SYN),
            Flags::SynAck => all(SYN | ACK) && none(FIN | RST),
            Flags::Ack => only(ACK),
            Flags::PshAck => only(PSH | ACK),
            Flags::FinAck => only(FIN | ACK) || only(FIN | PSH | ACK),
            Flags::Rst => all(RST) && none(ACK) && !all(SYN | FIN),
            Flags::RstAck => all(RST | ACK) && !all(SYN | FIN),
            Flags::Null => only(0),
            Flags::Xmas => only(FIN | PSH | URG),
            Flags::SynFin => all(SYN | FIN),
            Flags::Other => false,
        }
    }

    #[test]
    fn every_flag_byte_is_in_exactly_one_class() {
        for byte in 0..=u8::MAX {
            let fitting: Vec<_> =
                ALL.iter().map(|(class, _)| *class).filter(|class| says_so(*class, byte)).collect();
            let expected = if fitting.is_empty() { vec![Flags::Other] } else { fitting };

            assert_eq!(vec![Flags::of(byte)], expected, "{byte:#010b}");
        }
    }

    #[test]
    fn the_classes_are_in_the_order_of_their_index() {
        for (index, (class, _)) in ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
        }
    }
}
