//! All hosts at once: is anything wrong, and where.

use super::alike;
use crate::dashboards::alerts;
use crate::dashboards::board::{Dashboard, Row};
use crate::dashboards::field::Scale;
use crate::dashboards::kind::{Kind, Order};
use crate::dashboards::link::Board;
use crate::dashboards::panel::Panel;
use crate::dashboards::table::Table;
use crate::dashboards::traffic::{Busiest, Way};
use crate::dashboards::unit::Unit;

/// Hosts with a name in panels that show the busiest.
const SHOWN: u32 = 10;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        board: Board::Fleet,
        description: "All hosts that run packet-exporter: what they receive and send together, which \
                      are the busiest, and which alerts fire.",
        rows: vec![
            Row { title: "Now", panels: now() },
            Row { title: "Traffic of all hosts", panels: traffic() },
            Row {
                title: "Hosts",
                panels: vec![by_host(Way::Received), by_host(Way::Sent), hosts()],
            },
            Row { title: "Alerts", panels: vec![alerts::table()] },
        ],
    }
}

fn now() -> Vec<Panel> {
    let fired = format!("count({}) or vector(0)", alerts::FIRING);

    vec![
        Panel::number(
            "Exporters",
            "Exporters that are scraped or push, among the chosen hosts.",
            Unit::Count,
            "count(count by (job, instance) (packet_exporter_build_info{<host>}))",
        ),
        alike::exporters_gone(),
        Panel::number(
            "Devices",
            "Devices whose received frames are counted.",
            Unit::Count,
            "count(count by (job, instance, device) \
             (packet_exporter_counting_since_timestamp_seconds{<device>,direction=\"receive\"}))",
        ),
        alike::programs_missing(),
        Panel::number(
            "Alerts",
            "Alerts of packet-exporter that fire for the chosen hosts. The table below lists them.",
            Unit::Count,
            &fired,
        )
        .scale(Scale::BadAboveZero),
        Panel::number(
            "Hosts with scans",
            "Hosts on which at least one source probes many ports.",
            Unit::Count,
            "count(max by (job, instance) (packet_receive_scanning_sources{<device>}) > 0) \
             or vector(0)",
        )
        .scale(Scale::BadAboveZero),
        Panel::number(
            "Received packets",
            "Frames that all chosen devices receive, in a second.",
            Unit::PacketsPerSecond,
            "sum(rate(packet_receive_packets_total{<device>}[$__rate_interval]))",
        ),
        Panel::number(
            "Received bits",
            "Bits that all chosen devices receive, from the Ethernet header on and without the FCS.",
            Unit::BitsPerSecond,
            "sum(rate(packet_receive_bytes_total{<device>}[$__rate_interval])) * 8",
        ),
        Panel::number(
            "Sent packets",
            "Frames that all chosen devices send, in a second; merged ones count as their segments.",
            Unit::PacketsPerSecond,
            "sum(rate(packet_transmit_packets_total{<device>}[$__rate_interval]))",
        ),
        Panel::number(
            "Sent bits",
            "Bits that all chosen devices send, from the Ethernet header on and without the FCS.",
            Unit::BitsPerSecond,
            "sum(rate(packet_transmit_bytes_total{<device>}[$__rate_interval])) * 8",
        ),
        Panel::number(
            "Malformed",
            "Share of received frames that fail a check of the parser.",
            Unit::Share,
            "sum(rate(packet_receive_malformed_packets_total{<device>}[$__rate_interval])) \
             / (sum(rate(packet_receive_packets_total{<device>}[$__rate_interval])) > 0) or vector(0)",
        )
        .scale(Scale::From { look: 0.001, bad: 0.01 }),
        Panel::number(
            "Most sources",
            "Distinct source addresses, of IPv4 and IPv6 together, on the device that has most of \
             them in its window.",
            Unit::Count,
            "max(sum by (job, instance, device) (packet_receive_distinct_sources{<device>}))",
        ),
    ]
}

fn traffic() -> Vec<Panel> {
    vec![
        Panel::new(
            Kind::Lines,
            "Packets",
            "Frames of all chosen devices together. What is sent is below the axis.",
            Unit::PacketsPerSecond,
        )
        .both_ways("sum(rate(packet_<way>_packets_total{<device>}[$__rate_interval]))", "all"),
        Panel::new(
            Kind::Lines,
            "Bits",
            "Bits of all chosen devices together, from the Ethernet header on. What is sent is below \
             the axis.",
            Unit::BitsPerSecond,
        )
        .both_ways("sum(rate(packet_<way>_bytes_total{<device>}[$__rate_interval])) * 8", "all"),
        by_protocol(Way::Received),
        by_protocol(Way::Sent),
    ]
}

fn by_protocol(way: Way) -> Panel {
    let (title, description) = match way {
        Way::Received => (
            "Received packets by family and protocol",
            "Every received frame is in exactly one of these; their height is all frames.",
        ),
        Way::Sent => (
            "Sent packets by family and protocol",
            "Every sent frame is in exactly one of these; their height is all frames.",
        ),
    };
    let expr = "sum by (family, protocol) (rate(packet_<way>_packets_total{<device>}[$__rate_interval])) > 0";

    Panel::new(Kind::Areas, title, description, Unit::PacketsPerSecond)
        .course(way.of(expr), "{{family}} {{protocol}}")
}

fn by_host(way: Way) -> Panel {
    let (title, description) = match way {
        Way::Received => (
            "Received packets by host",
            "The ten hosts that received most in the time shown, and all others as one.",
        ),
        Way::Sent => (
            "Sent packets by host",
            "The ten hosts that sent most in the time shown, and all others as one.",
        ),
    };
    let busiest = Busiest {
        counter: &way.of("packet_<way>_packets_total{<device>}"),
        by: "job, instance",
        count: SHOWN,
    };

    Panel::new(Kind::Areas, title, description, Unit::PacketsPerSecond).busiest(
        busiest,
        "{{instance}}",
        "all others",
    )
}

fn hosts() -> Panel {
    let busiest = Busiest {
        counter: "packet_receive_packets_total{<device>}",
        by: "job, instance",
        count: 25,
    }
    .now();
    let of_these = |expr: &str| format!("{expr} and on (job, instance) {busiest}");

    Table::new(
        "Busiest hosts",
        "The 25 hosts that receive most at the end of the time shown. The name leads to the devices \
         of the host.",
        Order::Largest("Received packets"),
    )
    .key("instance", "Host")
    .hidden("job")
    .linked("Host", Board::Device.of_row("Devices of this host", false))
    .bars("Received packets", Unit::PacketsPerSecond, &busiest)
    .column(
        "Received bits",
        Unit::BitsPerSecond,
        of_these(
            "sum by (job, instance) (rate(packet_receive_bytes_total{<device>}[$__rate_interval])) * 8",
        ),
    )
    .bars(
        "Sent packets",
        Unit::PacketsPerSecond,
        of_these(
            "sum by (job, instance) (rate(packet_transmit_packets_total{<device>}[$__rate_interval]))",
        ),
    )
    .column(
        "Sent bits",
        Unit::BitsPerSecond,
        of_these(
            "sum by (job, instance) (rate(packet_transmit_bytes_total{<device>}[$__rate_interval])) * 8",
        ),
    )
    .column(
        "Distinct sources",
        Unit::Count,
        of_these(
            "max by (job, instance) (sum by (job, instance, device) \
             (packet_receive_distinct_sources{<device>}))",
        ),
    )
    .colored(
        "Scanning sources",
        Unit::Count,
        Scale::BadAboveZero,
        of_these("max by (job, instance) (packet_receive_scanning_sources{<device>})"),
    )
    .colored(
        "Malformed",
        Unit::Share,
        Scale::From { look: 0.001, bad: 0.01 },
        of_these(
            "sum by (job, instance) (rate(packet_receive_malformed_packets_total{<device>}[$__rate_interval])) \
             / (sum by (job, instance) (rate(packet_receive_packets_total{<device>}[$__rate_interval])) > 0)",
        ),
    )
    .panel()
}
