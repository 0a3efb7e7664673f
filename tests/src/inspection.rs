//! What `inspect --json` has to say of given frames, as the oracle reads them.

use std::collections::BTreeMap;

use exporter::services::PortRules;
use serde_json::{Value, json};
use shared::{Count, Direction, Family, PortKey, PortProtocol};

use crate::capture::{ETHERNET, Frame};
use crate::oracle::{self, Rules};
use crate::outcome::Outcome;
use crate::service_port::port_key;

/// Sums that become the object's parts; none is 0.
#[derive(Default)]
struct Sums {
    all: Count,
    cells: BTreeMap<(Family, shared::Protocol), Count>,
    cast: BTreeMap<&'static str, u64>,
    tcp_flags: BTreeMap<&'static str, u64>,
    icmp: BTreeMap<(&'static str, &'static str), u64>,
    fragments: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    malformed: BTreeMap<&'static str, u64>,
    encapsulations: BTreeMap<&'static str, u64>,
    sources: BTreeMap<String, Count>,
    /// Numbers first.
    ports: BTreeMap<(&'static str, Result<u16, &'static str>), Count>,
}

/// Returns the object for the frames of an Ethernet capture, with its arrays in order.
pub fn expected(frames: &[Frame], rules: &PortRules) -> Value {
    expected_of(ETHERNET, frames, rules)
}

/// Returns the object for the frames of a capture of that link type.
pub fn expected_of(link: u16, frames: &[Frame], rules: &PortRules) -> Value {
    let mut sums = Sums::default();
    for Frame { bytes, wire_length } in frames {
        // A file may state less than it has.
        let length = bytes.len().max(*wire_length as usize);
        let layers = oracle::read_captured(link, bytes, length, &Rules::captured());
        sums.add(&layers.outcome(Direction::Receive), u64::from(*wire_length), rules);
    }

    sums.object()
}

/// Sorts the arrays of an object, whose order says nothing.
pub fn sorted(mut object: Value) -> Value {
    for name in ["cells", "icmp", "ports"] {
        let array = object[name].as_array_mut().expect("an array");
        array.sort_by_key(ToString::to_string);
    }

    object
}

impl Sums {
    fn add(&mut self, outcome: &Outcome, bytes: u64, rules: &PortRules) {
        let Outcome { family, protocol, ports, .. } = *outcome;
        let frame = Count { packets: 1, bytes };
        self.all.add(frame);
        self.cells.entry((family, protocol)).or_default().add(frame);
        *self.cast.entry(outcome.cast.label()).or_default() += 1;
        if let Some(flags) = outcome.tcp_flags {
            *self.tcp_flags.entry(class(flags)).or_default() += 1;
        }
        if let Some(number) = outcome.icmp_type {
            let name = message(family == Family::Ipv6, number);
            *self.icmp.entry((family.label(), name)).or_default() += 1;
        }
        if let Some(position) = outcome.fragment {
            let of_family = self.fragments.entry(family.label()).or_default();
            *of_family.entry(position.label()).or_default() += 1;
        }
        if let Some(reason) = outcome.malformed {
            *self.malformed.entry(reason.label()).or_default() += 1;
        }
        if let Some(tunnel) = outcome.encapsulation {
            *self.encapsulations.entry(tunnel.label()).or_default() += 1;
        }
        if let Some(address) = outcome.address {
            self.sources.entry(address.to_string()).or_default().add(frame);
        }
        if let Some(protocol) = PortProtocol::of(protocol) {
            let key = (protocol.label(), port(port_key(protocol, ports, rules)));
            self.ports.entry(key).or_default().add(frame);
        }
    }

    fn object(self) -> Value {
        let Self { all, cells, icmp, sources, ports, .. } = self;
        let cell =
            |((family, protocol), Count { packets, bytes }): ((Family, shared::Protocol), _)| {
                let [family, protocol] = [family.label(), protocol.label()];
                json!({"family": family, "protocol": protocol, "packets": packets, "bytes": bytes})
            };
        let message =
            |((family, name), packets)| json!({"family": family, "type": name, "packets": packets});
        let source = |(address, Count { packets, bytes })| {
            (address, json!({"packets": packets, "bytes": bytes}))
        };
        let port =
            |((protocol, port), Count { packets, bytes }): ((&str, Result<u16, &str>), _)| {
                let port = port.map_or_else(Value::from, Value::from);
                json!({"protocol": protocol, "port": port, "packets": packets, "bytes": bytes})
            };

        sorted(json!({
            "packets": all.packets,
            "bytes": all.bytes,
            "cells": cells.into_iter().map(cell).collect::<Vec<_>>(),
            "cast": self.cast,
            "tcp_flags": self.tcp_flags,
            "icmp": icmp.into_iter().map(message).collect::<Vec<_>>(),
            "fragments": self.fragments,
            "malformed": self.malformed,
            "encapsulations": self.encapsulations,
            "sources": sources.into_iter().map(source).collect::<BTreeMap<String, Value>>(),
            "ports": ports.into_iter().map(port).collect::<Vec<_>>(),
            "skipped": {},
        }))
    }
}

/// Returns the label of the service's port.
fn port(key: PortKey) -> Result<u16, &'static str> {
    match key.port() {
        Some(port) => Ok(port),
        None if key.is_ephemeral() => Err("ephemeral"),
        None => Err("other"),
    }
}

/// Classes of flags as the documentation states them.
fn class(flags: u8) -> &'static str {
    let [fin, syn, rst, psh, ack, urg] = [1, 2, 4, 8, 16, 32].map(|bit| flags & bit != 0);

    match (fin, syn, rst, psh, ack, urg) {
        (true, true, ..) => "syn_fin",
        (_, _, true, _, true, _) => "rst_ack",
        (_, _, true, ..) => "rst",
        (_, true, _, _, true, _) => "syn_ack",
        (false, true, ..) => "syn",
        (false, false, _, false, true, _) => "ack",
        (false, false, _, true, true, _) => "psh_ack",
        (true, false, _, _, true, _) => "fin_ack",
        (false, false, _, false, false, false) => "null",
        (true, false, _, true, false, true) => "xmas",
        _ => "other",
    }
}

/// Source: IANA "ICMP Type Numbers" and "ICMPv6 Type Numbers".
fn message(is_v6: bool, number: u8) -> &'static str {
    match (is_v6, number) {
        (false, 8) | (true, 128) => "echo_request",
        (false, 0) | (true, 129) => "echo_reply",
        (false, 3) | (true, 1) => "destination_unreachable",
        (true, 2) => "packet_too_big",
        (false, 11) | (true, 3) => "time_exceeded",
        (false, 5) | (true, 137) => "redirect",
        (false, 12) | (true, 4) => "parameter_problem",
        (false, 9) | (true, 134) => "router_advertisement",
        (false, 10) | (true, 133) => "router_solicitation",
        (true, 136) => "neighbor_advertisement",
        (true, 135) => "neighbor_solicitation",
        _ => "other",
    }
}
