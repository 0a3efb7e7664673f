//! TCP: connections, refusals, strange flags, and scans over any protocol.

use crate::dashboards::board::{Dashboard, Row};
use crate::dashboards::field::Scale;
use crate::dashboards::kind::{Kind, Order};
use crate::dashboards::link::Board;
use crate::dashboards::panel::Panel;
use crate::dashboards::query::Query;
use crate::dashboards::table::Table;
use crate::dashboards::traffic::Way;
use crate::dashboards::unit::Unit;

/// Flags that no ordinary stack sends.
const STRANGE: &str = "null|xmas|syn_fin|other";

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        board: Board::Tcp,
        description: "TCP by class of flags on the chosen devices: who opens connections, who is \
                      refused, what probes; and which devices see scans.",
        rows: vec![
            Row { title: "Now", panels: now() },
            Row { title: "Flags", panels: flags() },
            Row { title: "Connections", panels: connections() },
            Row { title: "Scans", panels: scans() },
        ],
    }
}

fn now() -> Vec<Panel> {
    vec![
        Panel::number(
            "SYNs received",
            "Attempts of others to connect to this host, in a second.",
            Unit::EventsPerSecond,
            "sum(rate(packet_receive_tcp_packets_total{<device>,flags=\"syn\"}[$__rate_interval]))",
        )
        .runbooks(&["PacketSynFlood"]),
        Panel::number(
            "SYNs without an answer",
            "SYNs received for which neither a SYN-ACK nor a reset was sent, as a share. Answers that \
             leave by another device are missing here.",
            Unit::Share,
            "clamp_min(1 - sum(rate(packet_transmit_tcp_packets_total{<device>,flags=~\"syn_ack|rst_ack\"}[$__rate_interval])) \
             / (sum(rate(packet_receive_tcp_packets_total{<device>,flags=\"syn\"}[$__rate_interval])) > 0), 0) or vector(0)",
        )
        .scale(Scale::From { look: 0.2, bad: 0.5 }),
        Panel::number(
            "SYNs among TCP",
            "Share of received TCP packets that are SYNs. With ordinary connections it is a few \
             percent; in a SYN flood it is near 100 %.",
            Unit::Share,
            "sum(rate(packet_receive_tcp_packets_total{<device>,flags=\"syn\"}[$__rate_interval])) \
             / (sum(rate(packet_receive_tcp_packets_total{<device>}[$__rate_interval])) > 0) or vector(0)",
        )
        .scale(Scale::From { look: 0.3, bad: 0.7 }),
        Panel::number(
            "Refused here",
            "Resets that answer others (RST-ACK sent), in a second: mostly connections to closed ports.",
            Unit::EventsPerSecond,
            "sum(rate(packet_transmit_tcp_packets_total{<device>,flags=\"rst_ack\"}[$__rate_interval]))",
        ),
        Panel::number(
            "Scanning sources",
            "Sources that probe many ports of the chosen devices, by `signals.scan_ports`.",
            Unit::Count,
            "sum(packet_receive_scanning_sources{<device>})",
        )
        .scale(Scale::BadAboveZero)
        .runbooks(&["PacketPortScanReceived"]),
        Panel::number(
            "Scanned destinations",
            "Destinations of which this host probes many ports.",
            Unit::Count,
            "sum(packet_transmit_scanned_destinations{<device>})",
        )
        .scale(Scale::BadAboveZero)
        .runbooks(&["PacketPortScanSent"]),
    ]
}

fn flags() -> Vec<Panel> {
    let areas = |title, way: Way| {
        let expr =
            "sum by (flags) (rate(packet_<way>_tcp_packets_total{<device>}[$__rate_interval]))";

        Panel::new(
            Kind::Areas,
            title,
            "Every TCP packet is in exactly one class; their height is all TCP packets.",
            Unit::PacketsPerSecond,
        )
        .course(way.of(expr), "{{flags}}")
    };
    let bars = |title, way: Way| {
        let expr =
            "sum by (flags) (rate(packet_<way>_tcp_packets_total{<device>}[$__rate_interval]))";

        Panel::new(
            Kind::Bars,
            title,
            "TCP packets by class of flags at the end of the time shown, in a second.",
            Unit::EventsPerSecond,
        )
        .query(Query::now(way.of(expr), "{{flags}}"))
    };

    vec![
        areas("Received TCP packets by flags", Way::Received).width(16),
        bars("Received now", Way::Received).width(8),
        areas("Sent TCP packets by flags", Way::Sent).width(16),
        bars("Sent now", Way::Sent).width(8),
    ]
}

fn connections() -> Vec<Panel> {
    /// Packets with these flags that all chosen devices receive or send.
    fn with(way: Way, flags: &str) -> String {
        let rate = way.of(
            "rate(packet_<way>_tcp_packets_total{<device>,flags=\"<flags>\"}[$__rate_interval])",
        );

        format!("sum({})", rate.replace("<flags>", flags))
    }
    let strange = |way: Way| {
        let rate = way.of(
            "rate(packet_<way>_tcp_packets_total{<device>,flags=~\"<flags>\"}[$__rate_interval])",
        );

        format!("sum by (flags) ({})", rate.replace("<flags>", STRANGE))
    };
    let lines =
        |title, description| Panel::new(Kind::Lines, title, description, Unit::EventsPerSecond);

    vec![
        lines(
            "Connections to this host",
            "SYNs that arrive, and what they are answered with. Where SYNs rise and SYN-ACKs do not, \
             the queue of a listener is full or answers take another way; where both rise and nothing \
             follows, the sources may be spoofed.",
        )
        .course(with(Way::Received, "syn"), "asked for (SYN received)")
        .course(with(Way::Sent, "syn_ack"), "accepted (SYN-ACK sent)")
        .course(with(Way::Sent, "rst_ack"), "refused (RST-ACK sent)")
        .runbooks(&["PacketSynFlood"]),
        lines(
            "Connections from this host",
            "SYNs that leave, and what they are answered with. SYN-ACKs without SYNs are backscatter: \
             somebody uses the address of this host in a flood.",
        )
        .course(with(Way::Sent, "syn"), "asked for (SYN sent)")
        .course(with(Way::Received, "syn_ack"), "accepted (SYN-ACK received)")
        .course(with(Way::Received, "rst_ack"), "refused (RST-ACK received)")
        .runbooks(&["PacketBackscatter", "PacketPortScanSent", "PacketSynFloodSent"]),
        Panel::new(
            Kind::Lines,
            "Who opens without going on",
            "Sources that sent a SYN in the window and no ACK since: spoofed addresses, scanners, and \
             clients without an answer. In a flood from random addresses most sources have no place, \
             and this is too low. The same for destinations of this host.",
            Unit::Count,
        )
        .course(
            "sum by (job, instance, device) (packet_receive_syn_sources{<device>})",
            "{{instance}} {{device}} sources",
        )
        .course(
            "sum by (job, instance, device) (packet_transmit_syn_destinations{<device>})",
            "{{instance}} {{device}} destinations",
        )
        .width(8)
        .runbooks(&["PacketSynFlood", "PacketSweepSent"]),
        lines(
            "Ends of connections",
            "FIN-ACKs are orderly ends, resets without ACK are aborts in the middle.",
        )
        .course(with(Way::Received, "fin_ack"), "FIN-ACK received")
        .course(with(Way::Sent, "fin_ack"), "FIN-ACK sent")
        .course(with(Way::Received, "rst"), "RST received")
        .course(with(Way::Sent, "rst"), "RST sent")
        .width(8),
        lines(
            "Flags that no ordinary stack sends",
            "NULL, XMAS, SYN with FIN, and others without SYN, ACK or RST: probes that look for systems \
             or around filters.",
        )
        .course(strange(Way::Received), "{{flags}} received")
        .course(strange(Way::Sent), "{{flags}} sent")
        .width(8)
        .runbooks(&["PacketStrangeFlags"]),
    ]
}

fn scans() -> Vec<Panel> {
    let lines = |title, description| Panel::new(Kind::Lines, title, description, Unit::Count);

    vec![
        lines(
            "Scanning sources",
            "Sources that probe many ports of each device in the window: TCP without ACK and RST, UDP \
             from no service. Answers do not count.",
        )
        .course(
            "sum by (job, instance, device) (packet_receive_scanning_sources{<device>})",
            "{{instance}} {{device}}",
        )
        .runbooks(&["PacketPortScanReceived"]),
        lines(
            "Scanned destinations",
            "Destinations of which many ports are probed through each device in the window.",
        )
        .course(
            "sum by (job, instance, device) (packet_transmit_scanned_destinations{<device>})",
            "{{instance}} {{device}}",
        )
        .runbooks(&["PacketPortScanSent"]),
        suspects(),
    ]
}

/// The devices with most probes. The gauge says that somebody scans; the busiest sources say who.
fn suspects() -> Panel {
    let rows =
        "topk(20, sum by (job, instance, device) (packet_receive_scanning_sources{<device>}))";
    let of_rows = |expr: &str| format!("{expr} and on (job, instance, device) {rows}");

    Table::new(
        "Devices by scanning sources",
        "The 20 devices with most scanning sources at the end of the time shown, with what a scan \
         leaves behind. The device leads to its sources and ports.",
        Order::Largest("Scanning sources"),
    )
    .key("instance", "Host")
    .key("device", "Device")
    .hidden("job")
    .linked("Device", Board::Keys.of_row("Sources and ports of this device", true))
    .colored("Scanning sources", Unit::Count, Scale::BadAboveZero, rows)
    .column(
        "Scanned destinations",
        Unit::Count,
        of_rows("sum by (job, instance, device) (packet_transmit_scanned_destinations{<device>})"),
    )
    .column(
        "Distinct ports",
        Unit::Count,
        of_rows("sum by (job, instance, device) (packet_receive_distinct_ports{<device>})"),
    )
    .column(
        "SYNs received",
        Unit::EventsPerSecond,
        of_rows(
            "sum by (job, instance, device) \
             (rate(packet_receive_tcp_packets_total{<device>,flags=\"syn\"}[$__rate_interval]))",
        ),
    )
    .column(
        "Refused",
        Unit::EventsPerSecond,
        of_rows(
            "sum by (job, instance, device) \
             (rate(packet_transmit_tcp_packets_total{<device>,flags=\"rst_ack\"}[$__rate_interval]))",
        ),
    )
    .panel()
}
