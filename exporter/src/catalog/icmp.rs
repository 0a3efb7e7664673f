//! ICMP messages by type.

use shared::IpFamily;

use crate::snapshot::Flow;

use super::sample::Sink;

/// A type with a name, and its number in ICMP and in ICMPv6.
struct Type {
    label: &'static str,
    number: [Option<u8>; IpFamily::ALL.len()],
}

/// Source: IANA "ICMP Type Numbers" and "ICMPv6 Type Numbers".
const TYPES: [Type; 11] = [
    Type { label: "echo_request", number: [Some(8), Some(128)] },
    Type { label: "echo_reply", number: [Some(0), Some(129)] },
    Type { label: "destination_unreachable", number: [Some(3), Some(1)] },
    Type { label: "packet_too_big", number: [None, Some(2)] },
    Type { label: "time_exceeded", number: [Some(11), Some(3)] },
    Type { label: "redirect", number: [Some(5), Some(137)] },
    Type { label: "parameter_problem", number: [Some(12), Some(4)] },
    Type { label: "router_advertisement", number: [Some(9), Some(134)] },
    Type { label: "router_solicitation", number: [Some(10), Some(133)] },
    Type { label: "neighbor_advertisement", number: [None, Some(136)] },
    Type { label: "neighbor_solicitation", number: [None, Some(135)] },
];

/// The label of every type, `other` among them.
pub const ICMP_TYPES: [&str; TYPES.len() + 1] = {
    let mut labels = ["other"; TYPES.len() + 1];
    let mut index = 0;
    while index < TYPES.len() {
        labels[index] = TYPES[index].label;
        index += 1;
    }

    labels
};

pub(super) fn read(flow: &Flow, sink: &mut dyn Sink) {
    for family in IpFamily::ALL {
        for (label, packets) in icmp_types(*family, &flow.totals.icmp[family.index()]) {
            let labels = [&*flow.device, family.label(), label].map(Into::into);
            sink.count(&labels, packets, flow.since);
        }
    }
}

/// Sums messages by type up in those that have a label and `other`, each with its label.
pub fn icmp_types(
    family: IpFamily,
    by_type: &[u64; 256],
) -> impl Iterator<Item = (&'static str, u64)> {
    let named = TYPES.iter().filter_map(move |Type { label, number }| {
        number[family.index()].map(|number| (*label, by_type[usize::from(number)]))
    });
    let other =
        by_type.iter().sum::<u64>() - named.clone().map(|(_, packets)| packets).sum::<u64>();

    named.chain([("other", other)])
}
