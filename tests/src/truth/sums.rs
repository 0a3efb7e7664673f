//! What the oracle reads in a capture, summed up in the columns of `truth.json`.

use shared::Malformed;

use super::Columns;
use crate::capture::Frame;
use crate::oracle::{Ip, Layers, Transport};

/// Columns of counts by name, which are there even when nothing is counted in them.
const COLUMNS: [&str; 17] = [
    "dst_ip",
    "dst_port",
    "ethertype",
    "ethertype_raw",
    "frag",
    "ip4_proto",
    "ip6_ext",
    "ip6_first_nh",
    "ip6_proto",
    "l2cast",
    "malformed",
    "src_ip",
    "src_port",
    "tcp_flag_bits",
    "tcp_flags",
    "vlan_depth",
    "vlan_outer_id",
];
const FLAG_BITS: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

#[derive(Default)]
pub(super) struct Sums {
    columns: Columns,
    frames: u64,
    captured: u64,
    wire: u64,
    longest: u64,
    unsendable: u64,
}

impl Sums {
    pub(super) fn add(&mut self, frame: &Frame, layers: &Layers) {
        let captured = frame.bytes.len() as u64;
        self.frames += 1;
        self.captured += captured;
        self.wire += u64::from(frame.wire_length);
        self.longest = self.longest.max(captured);
        self.unsendable += u64::from(captured < 14);

        self.add_link(layers);
        for problem in &layers.problems {
            self.add_problem(*problem);
        }
        if let Some(ip) = &layers.ip {
            self.add_ip(ip);
            if let Some(transport) = &layers.transport {
                self.add_transport(ip.protocol, transport);
            }
        }
    }

    pub(super) fn finish(self) -> Columns {
        let Self { mut columns, frames, captured, wire, longest, unsendable } = self;

        for name in COLUMNS {
            columns.entry(name.into()).or_default();
        }
        let numbers = [
            ("frames", frames),
            ("bytes_captured", captured),
            ("bytes_wire", wire),
            ("max_caplen", longest),
            ("unsendable_lt14", unsendable),
        ];
        for (name, number) in numbers {
            columns.insert(name.into(), [(String::new(), number)].into());
        }

        columns
    }

    fn count(&mut self, column: &str, row: &(impl ToString + ?Sized)) {
        let column = self.columns.entry(column.into()).or_default();

        *column.entry(row.to_string()).or_default() += 1;
    }

    fn add_link(&mut self, layers: &Layers) {
        let Some(ethernet) = layers.ethernet else { return };
        let name = |ethertype: u16| match ethertype {
            0..0x0600 => "llc".into(),
            _ => format!("{ethertype:#06x}"),
        };

        let cast = match ethernet.destination {
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => "broadcast",
            [first, ..] if first & 1 == 1 => "multicast",
            _ => "unicast",
        };
        self.count("l2cast", cast);
        self.count("ethertype_raw", &name(ethernet.ethertype));
        self.count("vlan_depth", &layers.vlans.len());
        if let Some(outer) = layers.vlans.first() {
            self.count("vlan_outer_id", outer);
        }
        if let Some(ethertype) = layers.ethertype {
            self.count("ethertype", &name(ethertype));
        }
    }

    fn add_ip(&mut self, ip: &Ip) {
        let version = if ip.source.is_ipv4() { 4 } else { 6 };
        self.count("src_ip", &ip.source);
        self.count("dst_ip", &ip.destination);

        let protocol = ip.protocol.map_or("truncated".into(), |number| number.to_string());
        self.count(&format!("ip{version}_proto"), &protocol);
        if version == 6 {
            self.count("ip6_first_nh", &ip.first);
        }
        for extension in &ip.extensions {
            self.count("ip6_ext", extension);
        }

        if ip.options {
            self.count("frag", "ip4_options");
        }
        match ip.fragment {
            Some(fragment) if fragment.offset == 0 => {
                self.count("frag", &format!("ip{version}_first"));
            }
            Some(_) => self.count("frag", &format!("ip{version}_nonfirst")),
            None if ip.extensions.contains(&44) => self.count("frag", "ip6_atomic"),
            None => {}
        }
    }

    fn add_transport(&mut self, protocol: Option<u8>, transport: &Transport) {
        let name = match protocol {
            Some(6) => "tcp",
            Some(17) => "udp",
            Some(33) => "dccp",
            Some(132) => "sctp",
            _ => return,
        };

        if let Some((source, destination)) = transport.ports {
            self.count("src_port", &format!("{name}/{source}"));
            self.count("dst_port", &format!("{name}/{destination}"));
        } else if matches!(name, "tcp" | "udp") {
            self.count("malformed", &format!("{name}_short_ports"));
        }
        if let (Some(flags), Some(words)) = (transport.tcp_flags, transport.tcp_words) {
            self.count("tcp_flags", &format!("{flags:#04x}"));
            for (bit, flag) in FLAG_BITS.iter().enumerate() {
                if flags >> bit & 1 == 1 {
                    self.count("tcp_flag_bits", flag);
                }
            }
            if words < 5 {
                self.count("malformed", "tcp_doff");
            }
        } else if name == "tcp" {
            self.count("malformed", "tcp_short_flags");
        }
    }

    fn add_problem(&mut self, problem: Malformed) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "truth.json has no name for the rest")]
        let name = match problem {
            Malformed::EthernetTruncated => "eth_short",
            Malformed::VlanTruncated => "vlan_short",
            Malformed::Ipv4Truncated => "ip4_short",
            Malformed::Ipv4Version => "ip4_version",
            Malformed::Ipv4HeaderLength => "ip4_ihl",
            Malformed::Ipv4OptionsTruncated => "ip4_opt_short",
            Malformed::Ipv4TotalLengthShort => "ip4_totlen_small",
            Malformed::Ipv4TotalLengthLong => "ip4_totlen_gt_captured",
            Malformed::Ipv6Truncated => "ip6_short",
            Malformed::Ipv6Version => "ip6_version",
            Malformed::Ipv6PayloadLengthLong => "ip6_plen_gt_captured",
            Malformed::Ipv6ExtensionTruncated => "ip6_ext_short",
            _ => return,
        };

        self.count("malformed", name);
    }
}
