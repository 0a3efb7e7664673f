//! Devices: what they receive and send, by everything that needs no key.

use crate::dashboards::board::{Dashboard, Row};
use crate::dashboards::kind::{Kind, Order};
use crate::dashboards::link::Board;
use crate::dashboards::panel::Panel;
use crate::dashboards::table::Table;
use crate::dashboards::traffic::Way;
use crate::dashboards::unit::Unit;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        board: Board::Device,
        description: "The chosen devices: packets and bits, protocols, sizes, what is odd, and how \
                      the traffic looks as a whole.",
        rows: vec![
            Row { title: "Now", panels: now() },
            Row { title: "Traffic", panels: traffic() },
            Row { title: "Frames", panels: frames() },
            Row { title: "What is odd", panels: odd() },
            Row { title: "The traffic as a whole", panels: signals() },
            Row { title: "The devices", panels: vec![devices()] },
            Row { title: "On request: VLANs, DSCP and ECN", panels: on_request() },
        ],
    }
}

fn now() -> Vec<Panel> {
    let number = Panel::number;

    vec![
        number(
            "Received packets",
            "Frames that the chosen devices receive, in a second.",
            Unit::PacketsPerSecond,
            "sum(rate(packet_receive_packets_total{<device>}[$__rate_interval]))",
        ),
        number(
            "Received bits",
            "Bits that the chosen devices receive, from the Ethernet header on and without the FCS.",
            Unit::BitsPerSecond,
            "sum(rate(packet_receive_bytes_total{<device>}[$__rate_interval])) * 8",
        ),
        number(
            "Mean received frame",
            "Bytes of a received frame on average. A flood of small packets pulls it down.",
            Unit::Bytes,
            "sum(rate(packet_receive_bytes_total{<device>}[$__rate_interval])) \
             / (sum(rate(packet_receive_packets_total{<device>}[$__rate_interval])) > 0)",
        ),
        number(
            "Sent packets",
            "Frames that the chosen devices send, in a second; merged ones count as their segments.",
            Unit::PacketsPerSecond,
            "sum(rate(packet_transmit_packets_total{<device>}[$__rate_interval]))",
        ),
        number(
            "Sent bits",
            "Bits that the chosen devices send, from the Ethernet header on and without the FCS.",
            Unit::BitsPerSecond,
            "sum(rate(packet_transmit_bytes_total{<device>}[$__rate_interval])) * 8",
        ),
        number(
            "Mean sent frame",
            "Bytes of a sent frame on average.",
            Unit::Bytes,
            "sum(rate(packet_transmit_bytes_total{<device>}[$__rate_interval])) \
             / (sum(rate(packet_transmit_packets_total{<device>}[$__rate_interval])) > 0)",
        ),
    ]
}

fn traffic() -> Vec<Panel> {
    let by_protocol = "sum by (family, protocol) (rate(packet_<way>_packets_total{<device>}[$__rate_interval])) > 0";
    let bits_by_protocol = "sum by (family, protocol) (rate(packet_<way>_bytes_total{<device>}[$__rate_interval])) * 8 > 0";
    let areas = |title, description, unit, way: Way, expr| {
        Panel::new(Kind::Areas, title, description, unit)
            .course(way.of(expr), "{{family}} {{protocol}}")
    };

    vec![
        Panel::new(
            Kind::Lines,
            "Packets by device",
            "Frames of each device. What is sent is below the axis.",
            Unit::PacketsPerSecond,
        )
        .both_ways(
            "sum by (job, instance, device) (rate(packet_<way>_packets_total{<device>}[$__rate_interval]))",
            "{{instance}} {{device}}",
        ),
        Panel::new(
            Kind::Lines,
            "Bits by device",
            "Bits of each device, from the Ethernet header on. What is sent is below the axis.",
            Unit::BitsPerSecond,
        )
        .both_ways(
            "sum by (job, instance, device) (rate(packet_<way>_bytes_total{<device>}[$__rate_interval])) * 8",
            "{{instance}} {{device}}",
        ),
        areas(
            "Received packets by family and protocol",
            "Every received frame is in exactly one of these; their height is all frames.",
            Unit::PacketsPerSecond,
            Way::Received,
            by_protocol,
        ),
        areas(
            "Sent packets by family and protocol",
            "Every sent frame is in exactly one of these; their height is all frames.",
            Unit::PacketsPerSecond,
            Way::Sent,
            by_protocol,
        ),
        areas(
            "Received bits by family and protocol",
            "Bits of received frames; their height is all bits.",
            Unit::BitsPerSecond,
            Way::Received,
            bits_by_protocol,
        ),
        areas(
            "Sent bits by family and protocol",
            "Bits of sent frames; their height is all bits.",
            Unit::BitsPerSecond,
            Way::Sent,
            bits_by_protocol,
        ),
    ]
}

fn frames() -> Vec<Panel> {
    let sizes = |title, way: Way| {
        let quantile = |share: &str| {
            way.of(&format!(
                "histogram_quantile({share}, sum by (le) \
                 (rate(packet_<way>_frame_size_bytes_bucket{{<device>}}[$__rate_interval])))"
            ))
        };

        Panel::new(
            Kind::Lines,
            title,
            "The size that half, 90 % and 99 % of the frames do not exceed. The bounds of the \
             histogram are powers of two, so a line may be off by half of itself.",
            Unit::Bytes,
        )
        .course(quantile("0.5"), "half")
        .course(quantile("0.9"), "90 %")
        .course(quantile("0.99"), "99 %")
    };
    let casts = |title, way: Way| {
        Panel::new(
            Kind::Areas,
            title,
            "By the destination MAC address. Devices without an Ethernet header have no such frames.",
            Unit::PacketsPerSecond,
        )
        .course(
            way.of(
                "sum by (cast) (rate(packet_<way>_cast_packets_total{<device>}[$__rate_interval]))",
            ),
            "{{cast}}",
        )
    };

    vec![
        sizes("Sizes of received frames", Way::Received),
        sizes("Sizes of sent frames", Way::Sent),
        casts("Received packets by destination type", Way::Received),
        casts("Sent packets by destination type", Way::Sent),
    ]
}

fn odd() -> Vec<Panel> {
    /// A line for all, which is there without any, and one for each part that is there.
    fn parts(title: &'static str, description: &'static str, metric: &str, by: &str) -> Panel {
        let legend: Vec<_> = by.split(", ").map(|label| format!("{{{{{label}}}}}")).collect();
        let rate = format!("rate({metric}{{<device>}}[$__rate_interval])");

        Panel::new(Kind::Lines, title, description, Unit::EventsPerSecond)
            .course(format!("sum({rate})"), "all")
            .course(format!("sum by ({by}) ({rate}) > 0"), legend.join(" "))
    }

    vec![
        parts(
            "Malformed received packets",
            "By the first check of the parser that failed. Some from broken clients are ordinary; many at once \
             are a tool or an attack.",
            "packet_receive_malformed_packets_total",
            "reason",
        )
        .runbooks(&["PacketMalformedSurge"]),
        parts(
            "Received fragments",
            "IP fragments by their position. Middle and last ones without first ones do not become a \
             datagram.",
            "packet_receive_fragments_total",
            "family, position",
        )
        .runbooks(&["PacketFragmentFlood"]),
        parts(
            "Received ICMP messages",
            "ICMP and ICMPv6 by type.",
            "packet_receive_icmp_packets_total",
            "family, type",
        )
        .runbooks(&["PacketIcmpFlood"]),
        parts(
            "Sent ICMP messages",
            "ICMP and ICMPv6 by type. Many `destination_unreachable` answer probes of closed UDP ports.",
            "packet_transmit_icmp_packets_total",
            "family, type",
        ),
        parts(
            "Received packets in tunnels",
            "Packets that carry other packets, by the outermost encapsulation.",
            "packet_receive_encapsulated_packets_total",
            "encapsulation",
        ),
        parts(
            "Sent packets in tunnels",
            "Packets that carry other packets, by the outermost encapsulation.",
            "packet_transmit_encapsulated_packets_total",
            "encapsulation",
        ),
    ]
}

fn signals() -> Vec<Panel> {
    let lines = |title, description, unit| Panel::new(Kind::Lines, title, description, unit);

    vec![
        lines(
            "Distinct addresses",
            "Distinct sources of what is received, and distinct destinations of what is sent, in the \
             window (`signals.window`), with an error of about 1.6 %.",
            Unit::Count,
        )
        .course(
            "sum by (job, instance, device, family) (packet_receive_distinct_sources{<device>})",
            "{{instance}} {{device}} {{family}} sources",
        )
        .course(
            "sum by (job, instance, device, family) (packet_transmit_distinct_destinations{<device>})",
            "{{instance}} {{device}} {{family}} destinations",
        )
        .runbooks(&["PacketDistinctSourcesSurge"]),
        lines(
            "Distinct ports received",
            "Distinct destination ports of received packets in the window. A scan raises it, and so do \
             many answers to clients of this host.",
            Unit::Count,
        )
        .course(
            "sum by (job, instance, device, protocol) (packet_receive_distinct_ports{<device>})",
            "{{instance}} {{device}} {{protocol}}",
        ),
        lines(
            "How evenly addresses share the packets",
            "0: a single address has all packets. 100 %: all have the same share, as in a flood with \
             spoofed sources.",
            Unit::Share,
        )
        .course(
            "avg by (job, instance, device) (packet_receive_source_entropy_ratio{<device>})",
            "{{instance}} {{device}} sources",
        )
        .course(
            "avg by (job, instance, device) (packet_transmit_destination_entropy_ratio{<device>})",
            "{{instance}} {{device}} destinations",
        )
        .whole_axis()
        .runbooks(&["PacketSpoofedFlood"]),
        lines(
            "How evenly ports share the packets",
            "0: a single port has all packets. 100 %: all have the same share.",
            Unit::Share,
        )
        .course(
            "avg by (job, instance, device) (packet_receive_port_entropy_ratio{<device>})",
            "{{instance}} {{device}} received",
        )
        .course(
            "avg by (job, instance, device) (packet_transmit_port_entropy_ratio{<device>})",
            "{{instance}} {{device}} sent",
        )
        .whole_axis(),
    ]
}

fn devices() -> Panel {
    Table::new(
        "Devices and programs",
        "Each attached program, with the kind, driver, alias and master of its device.",
        Order::ByName("Host"),
    )
    .key("instance", "Host")
    .key("device", "Device")
    .key("hook", "Hook")
    .key("mode", "Mode")
    .key("kind", "Kind")
    .key("driver", "Driver")
    .key("alias", "Alias")
    .key("master", "Master")
    .key("program", "Program")
    .key("tag", "Tag")
    .hidden("job")
    .linked("Device", Board::Keys.of_row("Sources and ports of this device", true))
    .labels_of(
        "max by (job, instance, device, hook, mode, program, tag) (packet_exporter_program_info{<device>}) \
         * on (job, instance, device) group_left (kind, driver, alias, master) \
         max by (job, instance, device, kind, driver, alias, master) (packet_exporter_device_info{<device>})",
    )
}

fn on_request() -> Vec<Panel> {
    let areas = |title, description, expr, legend| {
        Panel::new(Kind::Areas, title, description, Unit::PacketsPerSecond)
            .width(8)
            .course(expr, legend)
    };

    vec![
        areas(
            "Received packets by VLAN",
            "By the outermost tag. Empty unless `vlans.enabled` is set, or without tags.",
            "sum by (vlan) (rate(packet_receive_vlan_packets_total{<device>}[$__rate_interval]))",
            "VLAN {{vlan}}",
        ),
        areas(
            "Received packets by DSCP",
            "IP packets by DSCP: 0 is best effort, 46 expedited. Empty unless `dscp.enabled` is set.",
            "sum by (dscp) (rate(packet_receive_dscp_packets_total{<device>}[$__rate_interval]))",
            "DSCP {{dscp}}",
        ),
        areas(
            "Received packets by ECN",
            "IP packets by ECN codepoint; `ce` met congestion. Empty unless `dscp.enabled` is set.",
            "sum by (ecn) (rate(packet_receive_ecn_packets_total{<device>}[$__rate_interval]))",
            "{{ecn}}",
        ),
    ]
}
