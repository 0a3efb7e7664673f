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

/// The label of every class.
pub const TCP_CLASSES: [&str; ALL.len()] = {
    let mut labels = [""; ALL.len()];
    let mut index = 0;
    while index < labels.len() {
        labels[index] = ALL[index].1;
        index += 1;
    }

    labels
};

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
    /// Returns the class of a flag byte: by SYN, ACK, FIN and RST where one of them is set.
    ///
    /// SYN with FIN is an attack whatever else is set, and a reset resets whatever else is set. PSH
    /// tells only whether an `ack` is a `psh_ack`. Without the four, PSH, URG and nothing tell probes
    /// apart.
    fn of(byte: u8) -> Self {
        const SYN_FIN: u8 = SYN | FIN;
        const SYN_ACK: u8 = SYN | ACK;
        const FIN_ACK: u8 = FIN | ACK;

        let has = |flags| byte & flags == flags;
        if has(SYN_FIN) {
            return Self::SynFin;
        }
        if has(RST) {
            return if has(ACK) { Self::RstAck } else { Self::Rst };
        }

        match byte & (FIN | SYN | ACK) {
            SYN => Self::Syn,
            SYN_ACK => Self::SynAck,
            FIN_ACK => Self::FinAck,
            ACK if has(PSH) => Self::PshAck,
            ACK => Self::Ack,
            FIN if has(PSH | URG) => Self::Xmas,
            0 if byte & (PSH | URG) == 0 => Self::Null,
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

        match class {
            Flags::Syn => all(SYN) && none(ACK | FIN | RST),
            Flags::SynAck => all(SYN | ACK) && none(FIN | RST),
            Flags::Ack => all(ACK) && none(SYN | FIN | RST | PSH),
            Flags::PshAck => all(ACK | PSH) && none(SYN | FIN | RST),
            Flags::FinAck => all(FIN | ACK) && none(SYN | RST),
            Flags::Rst => all(RST) && none(ACK) && !all(SYN | FIN),
            Flags::RstAck => all(RST | ACK) && !all(SYN | FIN),
            Flags::Null => none(SYN | ACK | FIN | RST | PSH | URG),
            Flags::Xmas => all(FIN | PSH | URG) && none(SYN | ACK | RST),
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
    fn flags_beside_the_four_take_no_packet_out_of_its_class() {
        let classes = [SYN, SYN | ACK, FIN | ACK, RST, RST | ACK].map(Flags::of);

        assert_eq!(classes, [Flags::Syn, Flags::SynAck, Flags::FinAck, Flags::Rst, Flags::RstAck]);
        for beside in (0..=u8::MAX).filter(|byte| byte & (FIN | SYN | RST | ACK) == 0) {
            let with = [SYN, SYN | ACK, FIN | ACK, RST, RST | ACK].map(|it| Flags::of(it | beside));
            assert_eq!(with, classes, "{beside:#010b}");
        }
    }

    #[test]
    fn the_classes_are_in_the_order_of_their_index() {
        for (index, (class, _)) in ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
        }
    }
}
