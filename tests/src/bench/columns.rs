//! The kinds of traffic that the programs are measured with.

use exporter::datapath::{Options, SizeChoice};

use crate::corpus::bytes::{IPV4, IPV6, VLAN, ethernet, ipv4, ipv6, tcp, udp, vlan};
use crate::load::{Traffic, frame};

const ACK: u8 = 0x10;
/// Sets of 2 MiB of sources for each CPU and generation.
const WIDE: usize = 16_384;
/// With this budget the guard is closed after the first miss, as it is in a flood that goes on.
const CLOSED: u32 = 1;
/// With this one it never closes.
const OPEN: u32 = 2_000_000_000;

/// One kind of traffic, and how the program is loaded for it.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) traffic: Traffic,
    /// The generator runs in front; else the programs get the frame as it is.
    pub(super) is_generated: bool,
    pub(super) options: Options,
}

/// Returns every column, in the order of the table.
pub(super) fn columns() -> Vec<Column> {
    let tcp_6 = ethernet(IPV6, &ipv6(6, &tcp(ACK, &[0; 10])));
    let tagged = ethernet(VLAN, &vlan(7, IPV4, &ipv4(6, &tcp(ACK, &[0; 10]))));
    let udp_4 = ethernet(IPV4, &ipv4(17, &udp(53, &[0; 22])));
    let budget = |budget| Options { budget, ..Options::default() };
    let sizes = SizeChoice { source_sets: Some(WIDE), ..SizeChoice::default() };
    let wide = Options { sizes, ..budget(OPEN) };

    vec![
        fixed("v4_tcp", frame()),
        fixed("v4_udp", udp_4),
        fixed("v6_tcp", tcp_6),
        fixed("vlan", tagged),
        generated("src_1k", Traffic::in_turn(1000), Options::default()),
        generated("src_50k", Traffic::at_random(50_000), budget(CLOSED)),
        generated("src_50k_wide", Traffic::at_random(50_000), wide),
        generated("flood_half", Traffic::flooded(5), budget(CLOSED)),
        generated("flood", Traffic::flood(), budget(CLOSED)),
        generated("flood_ports", Traffic::flood_with_ports(), budget(CLOSED)),
    ]
}

fn fixed(name: &'static str, frame: Vec<u8>) -> Column {
    let traffic = Traffic::fixed(frame);

    Column { name, traffic, is_generated: false, options: Options::default() }
}

fn generated(name: &'static str, traffic: Traffic, options: Options) -> Column {
    Column { name, traffic, is_generated: true, options }
}
