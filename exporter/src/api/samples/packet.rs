//! `GET /packets/{id}`: one sampled packet, header by header.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{PortKey, PortProtocol, PortRank, RankedPort};

use super::one::One;
use super::series::{Series, series};
use super::{found, sampling};
use crate::api::parameter::Given;
use crate::api::problem::Problem;
use crate::catalog::{Readings, port_label};
use crate::samples::{self, Seen, Taken, headers};

/// Bytes of a line of a dump.
const LINE: usize = 16;

/// A sampled packet, header by header.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Packet {
    /// As in the list.
    #[serde(rename = "packet")]
    one: One,
    /// What it was counted under by port.
    service_port: Option<ServicePort>,
    /// Series of `/metrics` that count packets like this one now.
    series: Vec<Series>,
    /// Headers as they lie behind each other, then the payload and the padding. They are for reading: what
    /// the packet was counted as, `packet` and `series` show.
    headers: Vec<Header>,
    /// What was taken of it, 16 bytes a line: the place of the first, all in hexadecimal, and as text.
    dump: Vec<String>,
}

/// The port that a packet of TCP, UDP or SCTP was counted under, and why; null for others.
#[derive(Debug, Serialize, JsonSchema)]
struct ServicePort {
    /// `tcp`, `udp` or `sctp`.
    protocol: &'static str,
    /// A number, or `ephemeral`, or `other` where the packet shows no port.
    port: String,
    /// What decided: only this port is that of a socket that listens (`listening`), below 1024 (`system`),
    /// registered (`registered`) or outside of those that clients take (`not_ephemeral`), the first of these in which the
    /// two differ; it is the lower of two that do not differ (`lower`); both may be those of clients (`ephemeral`);
    /// there are none (`absent`). As it was when the packet was taken.
    rule: &'static str,
}

/// A header of a packet.
#[derive(Debug, Serialize, JsonSchema)]
struct Header {
    /// Name of its protocol, or `Payload` or `Padding`.
    name: &'static str,
    /// Where it begins, in bytes from the start of the packet.
    offset: usize,
    /// Bytes that there are of it.
    length: usize,
    /// Whether all of it was taken.
    complete: bool,
    /// Those of which all was taken.
    fields: Vec<Field>,
}

/// A field of a header.
#[derive(Debug, Serialize, JsonSchema)]
struct Field {
    /// As the standards name it.
    name: &'static str,
    /// Where it begins, or the byte that it shares, in bytes from the start of the packet.
    offset: usize,
    /// Bytes that it lies in.
    length: usize,
    /// As people write it.
    value: String,
}

impl Packet {
    /// Makes the answer for parameters that passed all checks.
    pub(in crate::api) fn of(
        given: &Given,
        seen: &Seen,
        readings: &Readings,
    ) -> Result<Self, Problem> {
        sampling(seen)?;
        let taken = found(given, |id| seen.kept.find(id))?;
        let Taken { sample, .. } = &**taken;
        let key = service(taken);

        Ok(Self {
            one: One::of(taken),
            service_port: key.map(|(protocol, key, rule)| ServicePort {
                protocol: protocol.label(),
                port: port_label(key).to_string(),
                rule,
            }),
            series: series(readings, sample, key.map(|(_, key, _)| key)),
            headers: headers(sample.link, &sample.bytes, &sample.parsed)
                .into_iter()
                .map(Header::of)
                .collect(),
            dump: dump(&sample.bytes),
        })
    }
}

impl Header {
    fn of(header: samples::Header) -> Self {
        let samples::Header { name, offset, length, is_whole, fields } = header;
        let field = |field: samples::Field| {
            let samples::Field { name, offset, length, value } = field;
            Field { name, offset, length, value }
        };
        let fields = fields.into_iter().map(field).collect();

        Self { name, offset, length, complete: is_whole, fields }
    }
}

/// Returns the key that a packet was counted under in the table of ports, and the rule that chose it.
fn service(taken: &Taken) -> Option<(PortProtocol, PortKey, &'static str)> {
    let Taken { sample, ranks: [source, destination], .. } = taken;
    let (_, protocol) = sample.cell()?;
    let protocol = PortProtocol::of(protocol).filter(|_| sample.is_ip())?;
    if sample.parsed.has_ports == 0 {
        return Some((protocol, PortKey::absent(protocol), "absent"));
    }
    let source = RankedPort { port: sample.parsed.source_port, rank: *source };
    let destination = RankedPort { port: sample.parsed.destination_port, rank: *destination };
    let key = source.service(destination, protocol);

    Some((protocol, key, rule(source.rank, destination.rank)))
}

fn rule(one: PortRank, other: PortRank) -> &'static str {
    let rules = [
        (PortRank::LISTENING, "listening"),
        (PortRank::SYSTEM, "system"),
        (PortRank::REGISTERED, "registered"),
        (PortRank::OUTSIDE, "not_ephemeral"),
    ];
    let different = one.0 ^ other.0;
    let decided = rules.into_iter().find(|(rank, _)| different & rank.0 != 0);

    match decided {
        Some((_, rule)) => rule,
        None if one == PortRank::default() => "ephemeral",
        None => "lower",
    }
}

fn dump(bytes: &[u8]) -> Vec<String> {
    let line = |(place, bytes): (usize, &[u8])| {
        let mut line = format!("{:04x} ", place * LINE);
        for byte in bytes {
            let _ = write!(line, " {byte:02x}");
        }
        let gap = 3 * (LINE - bytes.len()) + 2;
        let shown = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
        let text: String = bytes.iter().map(shown).collect();
        let _ = write!(line, "{:gap$}{text}", "");
        line
    };

    bytes.chunks(LINE).enumerate().map(line).collect()
}
