//! Sources, destinations and ports: who and what, by name.

use crate::dashboards::board::{Dashboard, Row};
use crate::dashboards::field::Scale;
use crate::dashboards::kind::{Kind, Order};
use crate::dashboards::link::Board;
use crate::dashboards::panel::Panel;
use crate::dashboards::table::Table;
use crate::dashboards::traffic::{Busiest, Way};
use crate::dashboards::unit::Unit;

/// Keys with a name in panels that show the busiest.
const SHOWN: u32 = 10;
/// Rows of a table of the busiest.
const LISTED: u32 = 20;
/// Pixels that a long address takes, and a number without a bar.
const ADDRESS: u32 = 270;
const NUMBER: u32 = 90;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        board: Board::Keys,
        description: "Which addresses and service ports the traffic of the chosen devices comes from \
                      and goes to, and how much of it has no name.",
        rows: vec![
            Row {
                title: "Sources of what is received",
                panels: vec![peers(Way::Received), peers_course(Way::Received)],
            },
            Row {
                title: "Destinations of what is sent",
                panels: vec![peers(Way::Sent), peers_course(Way::Sent)],
            },
            Row {
                title: "Service ports",
                panels: [Way::Received, Way::Sent]
                    .into_iter()
                    .flat_map(|way| [ports(way), ports_course(way)])
                    .collect(),
            },
            Row { title: "What has no name", panels: unnamed() },
        ],
    }
}

/// A table of the busiest addresses. `other` is always in it, since it is no address.
fn peers(way: Way) -> Panel {
    let (title, description, column) = match way {
        Way::Received => (
            "Busiest sources",
            "The 20 sources that send most to the chosen devices at the end of the time shown, and \
             `other`: all packets whose source has no name. Shares are of all IP packets.",
            "Source",
        ),
        Way::Sent => (
            "Busiest destinations",
            "The 20 destinations that are sent most at the end of the time shown, and `other`: all \
             packets whose destination has no name. Shares are of all IP packets.",
            "Destination",
        ),
    };
    let all = way.of("packet_<way>_<peer>_packets_total{<device>}");
    let named = way.of("packet_<way>_<peer>_packets_total{<device>,<peer>!=\"other\"}");
    let other = way.of(
        "sum by (<peer>) (rate(packet_<way>_<peer>_packets_total{<device>,<peer>=\"other\"}[$__rate_interval]))",
    );
    let busiest = Busiest { counter: &named, by: way.peer(), count: LISTED }.now();
    let rows = format!("({busiest} or {other})");
    let of_rows = |expr: &str| way.of(&format!("{expr} and on (<peer>) {rows}"));

    Table::new(title, description, Order::Largest("Packets"))
        .width(12)
        .key(way.peer(), column)
        .wide(column, ADDRESS)
        .wide("Share", NUMBER)
        .wide("Hosts", NUMBER)
        .bars("Packets", Unit::PacketsPerSecond, &rows)
        .column(
            "Bits",
            Unit::BitsPerSecond,
            of_rows("sum by (<peer>) (rate(packet_<way>_<peer>_bytes_total{<device>}[$__rate_interval])) * 8"),
        )
        .column(
            "Share",
            Unit::Share,
            format!("{rows} / on () group_left () (sum(rate({all}[$__rate_interval])) > 0)"),
        )
        .column(
            "Hosts",
            Unit::Count,
            of_rows("count by (<peer>) (count by (<peer>, job, instance) (packet_<way>_<peer>_packets_total{<device>}))"),
        )
        .panel()
}

fn peers_course(way: Way) -> Panel {
    let (title, description, rest) = match way {
        Way::Received => (
            "Received packets by source",
            "The ten busiest sources of the time shown, the others that have a name, and those that \
             have none. Their height is all IP packets.",
            "further sources",
        ),
        Way::Sent => (
            "Sent packets by destination",
            "The ten busiest destinations of the time shown, the others that have a name, and those \
             that have none. Their height is all IP packets.",
            "further destinations",
        ),
    };
    let named = way.of("packet_<way>_<peer>_packets_total{<device>,<peer>!=\"other\"}");
    let other = way.of(
        "sum(rate(packet_<way>_<peer>_packets_total{<device>,<peer>=\"other\"}[$__rate_interval]))",
    );
    let busiest = Busiest { counter: &named, by: way.peer(), count: SHOWN };

    let runbooks: &'static [&'static str] = match way {
        Way::Received => &["PacketSourceDominates"],
        Way::Sent => &[],
    };

    Panel::new(Kind::Areas, title, description, Unit::PacketsPerSecond)
        .height(10)
        .busiest(busiest, &way.of("{{<peer>}}"), rest)
        .course(other, "without a name")
        .runbooks(runbooks)
}

fn ports(way: Way) -> Panel {
    let (title, description) = match way {
        Way::Received => (
            "Busiest ports received",
            "The 20 service ports with the most received packets at the end of the time shown. \
             `ephemeral`: both ports may be a client's; `other`: the port has no name, or the packet \
             shows none.",
        ),
        Way::Sent => (
            "Busiest ports sent",
            "The 20 service ports with the most sent packets at the end of the time shown. \
             `ephemeral`: both ports may be a client's; `other`: the port has no name, or the packet \
             shows none.",
        ),
    };
    let all = way.of("packet_<way>_port_packets_total{<device>}");
    let rows = Busiest { counter: &all, by: "protocol, port", count: LISTED }.now();
    let of_rows = |expr: &str| way.of(&format!("{expr} and on (protocol, port) {rows}"));

    Table::new(title, description, Order::Largest("Packets"))
        .width(12)
        .key("protocol", "Protocol")
        .key("port", "Port")
        .bars("Packets", Unit::PacketsPerSecond, &rows)
        .column(
            "Bits",
            Unit::BitsPerSecond,
            of_rows("sum by (protocol, port) (rate(packet_<way>_port_bytes_total{<device>}[$__rate_interval])) * 8"),
        )
        .column(
            "Share",
            Unit::Share,
            format!("{rows} / on () group_left () (sum(rate({all}[$__rate_interval])) > 0)"),
        )
        .panel()
}

fn ports_course(way: Way) -> Panel {
    let (title, description) = match way {
        Way::Received => (
            "Received packets by port",
            "The ten busiest service ports of the time shown, and all others as one. Their height is \
             all packets of TCP, UDP and SCTP.",
        ),
        Way::Sent => (
            "Sent packets by port",
            "The ten busiest service ports of the time shown, and all others as one. Their height is \
             all packets of TCP, UDP and SCTP.",
        ),
    };
    let counter = way.of("packet_<way>_port_packets_total{<device>}");
    let busiest = Busiest { counter: &counter, by: "protocol, port", count: SHOWN };

    Panel::new(Kind::Areas, title, description, Unit::PacketsPerSecond).height(10).busiest(
        busiest,
        "{{protocol}} {{port}}",
        "all others",
    )
}

fn unnamed() -> Vec<Panel> {
    vec![
        Panel::new(
            Kind::Areas,
            "Packets without a name, by reason",
            "unnamed: raise `sources.limit` or `ports.limit`. evicted: raise \
             `datapath.source_overflow_entries`. guard: raise `datapath.miss_budget`, unless it is a \
             flood.",
            Unit::PacketsPerSecond,
        )
        .course(
            "sum by (direction, dimension, reason) \
             (rate(packet_exporter_unattributed_packets_total{<device>}[$__rate_interval]))",
            "{{direction}} {{dimension}} {{reason}}",
        )
        .runbooks(&["PacketExporterCountsSampled", "PacketExporterCountsEvicted"]),
        Panel::new(
            Kind::Lines,
            "Guard",
            "Devices whose new keys are sampled because there are too many, as in a flood with spoofed \
             sources. Totals stay exact.",
            Unit::Count,
        )
        .course(
            "sum by (direction, dimension) (packet_exporter_guard_active{<device>})",
            "{{direction}} {{dimension}}",
        )
        .scale(Scale::BadAboveZero),
        Panel::new(
            Kind::Lines,
            "Names in use",
            "Named series over their limit, of each host. At 100 % a new name takes the place of a less \
             busy one.",
            Unit::Share,
        )
        .course(
            "sum by (job, instance, dimension) (packet_exporter_series{<host>}) \
             / sum by (job, instance, dimension) (packet_exporter_series_limit{<host>})",
            "{{instance}} {{dimension}}",
        )
        .whole_axis(),
        Panel::new(
            Kind::Lines,
            "Names lost",
            "Series that lost their name to a busier key or a lower limit, in a second.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (job, instance, dimension) \
             (rate(packet_exporter_series_evicted_total{<host>}[$__rate_interval]))",
            "{{instance}} {{dimension}}",
        ),
    ]
}
