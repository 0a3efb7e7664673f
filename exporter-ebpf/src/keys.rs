//! Counting under everything that has a key. The same source is part of the program of one device
//! and of that of a pool, each with maps of its own.

use exporter_ebpf::attribute::Found;
use exporter_ebpf::count;
use exporter_ebpf::packet::Packet;
use exporter_ebpf::service::{self, Ports};
use shared::{PortProtocol, Protocol, Rare, SourceSlot, hash_address, hash_port};

use super::maps::{OfCpu, Partition, ranks, settings};

/// Counts `packets`, of which `packet` is or becomes the bytes, under everything that has a key.
#[inline(always)]
pub(crate) fn count(
    place: Partition,
    memory: &mut OfCpu,
    packets: u64,
    packet: impl FnOnce() -> Packet,
) {
    let cell = memory.parsed.cell;

    if memory.parsed.rare & Rare::VLAN != 0 && settings::vlans() {
        place.vlan(memory.parsed.vlan, packets);
    }
    if !count::is_ip(cell) {
        return;
    }
    if settings::traffic_classes()
        && let Some(class) = count::traffic_class(packet(), &memory.parsed)
    {
        place.traffic_class(class, packets);
    }
    let marks = port(place, memory, cell & 31, packets);
    let hash = hash_address(memory.parsed.address, settings::address_seeds());
    let mut found = Found::First;
    if settings::sources() {
        found = place.source(memory, packets, hash, marks);
    }
    // A source that has packets was noted with the first of them.
    if found != Found::Known && settings::signals() {
        place.distinct_source(memory, cell, hash);
    }
}

/// Counts `packets` under their port; returns the marks that the source gets: for a port that it
/// probes, and for its part in a TCP handshake.
#[inline(always)]
fn port(place: Partition, memory: &mut OfCpu, protocol: u8, packets: u64) -> u64 {
    if !settings::ports() && !settings::signals() {
        return 0;
    }
    let protocol = match protocol {
        _ if protocol == Protocol::Tcp as u8 => PortProtocol::Tcp,
        _ if protocol == Protocol::Udp as u8 => PortProtocol::Udp,
        _ if protocol == Protocol::Sctp as u8 => PortProtocol::Sctp,
        _ => return 0,
    };
    let ports = Ports::of(protocol, &memory.parsed, ranks::rank);
    let key = ports.key(protocol, &memory.parsed);
    let hash = hash_port(key, settings::port_seed());
    if settings::ports() {
        place.port(memory, packets, key, hash);
    }
    if !settings::signals() {
        return 0;
    }
    // A known key tells nothing about this port: its first packet may have been a reply from it.
    if memory.parsed.has_ports != 0 {
        place.distinct_port(memory, protocol);
    }

    let probes = match ports.probed(protocol, &memory.parsed) {
        Some(probed) if probed == key => SourceSlot::mark(hash),
        Some(probed) => SourceSlot::mark(hash_port(probed, settings::port_seed())),
        None => 0,
    };

    probes | service::handshake(protocol, &memory.parsed)
}
